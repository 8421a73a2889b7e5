"""Cloth by Newton's SolverStyle3D: implicit steps, projective dynamics, contact with bodies.

Baraff & Witkin (1998) membranes along warp and weft without Poisson's coupling, quadratic bending
(Bergou et al. 2006), solved as by Liu et al. (2013). Stretch is right to a few parts in 1,000, a
bending cantilever sinks 9 to 14 % too deep. Implicit steps and sweeps that end early damp swinging
and flutter, more so in stiff fabrics, so cloth that is held in a wind is refused. So are free
bodies, which the solver does not push.
"""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np

from simgen.device import warp_device
from simgen.engines import newton_grains as shared
from simgen.errors import Rejected
from simgen.geometry import Array
from simgen.motion import pose_at
from simgen.record import MeshStates
from simgen.rotation import conjugate, rotate
from simgen.scene import Cloth, RigidBody, Scene

STEPS, ITERATIONS, SWEEPS = 20, 8, 10
"""Fewest steps per frame at 24 frames per second, Newton iterations in each, and PCG iterations in
those."""
COURANT = 10.0
"""Edges that a membrane wave may cross in a step: stiffer fabrics get shorter steps, or the sweeps
would end before they can bend two ways, and a sheet would lie on things like a board."""
CONTACT = 300.0
"""Contact stiffness of a vertex [N/m]: it stops 1e-4 kg at 2 m/s within a millimetre."""
KEPT = 0.998
"""Share of every velocity that Style3D's `update_velocity` leaves after a step, whatever moves;
what it took is given back, or cloth would fall and slide too slowly."""
PLATE_DRAG = 1.17
"""Normal force coefficient of a flat plate (Hoerner, Fluid-Dynamic Drag, 1965, ch. 3)."""


@dataclass(frozen=True, kw_only=True)
class ClothSolved:
    """The record of every cloth and how it was made."""

    states: dict[str, MeshStates]
    substeps: int
    parameters: dict[str, float | int | str]


def refusal(scene: Scene) -> str:
    """Why a scene with cloth cannot be run, '' if it can."""
    free = [b.name for b in scene.bodies if b.motion == "dynamic"]
    if free:
        return f"the dynamic body {free[0]!r} beside cloth, which does not push it"
    if any(not isinstance(e, Cloth | RigidBody) for e in scene.elements):
        return "cloth beside matter of another kind"
    held = [e.name for e in scene.elements if isinstance(e, Cloth) and (e.pinned or e.attachments)]
    if held and any(scene.ambient.wind):
        return f"the cloth {held[0]!r}, held in a wind, whose flutter implicit steps would damp"
    stuffs = {e.material.name for e in scene.elements if isinstance(e, Cloth)}
    return "cloths of several materials" if len(stuffs) > 1 else ""


def solve(scene: Scene, device: str) -> ClothSolved | Rejected:
    """Simulate all cloths of a scene; states at every frame instant."""
    wp = warp_device(device)
    import newton
    from newton.solvers import SolverStyle3D

    from simgen.engines.warp_solvers.xpbd_build import build_part
    from simgen.engines.warp_solvers.xpbd_output import record, starts_inside, starts_overlapping

    cloths = [e for e in scene.elements if isinstance(e, Cloth)]
    parts = [build_part(element, scene) for element in cloths]
    waves = min(COURANT * part.spacing / part.wave_speed for part in parts)
    steps = scene.clock.resolve(min(1.0 / (24.0 * STEPS), waves))
    from simgen.engines.warp_solvers.collider import Colliders

    tied = {tie.body for part in parts for tie in part.ties}
    colliders = Colliders(scene, device, followed=tied)
    overlap = starts_inside(parts, colliders)
    if overlap:
        return Rejected("simulation/starts_inside_obstacle", overlap)
    overlap = starts_overlapping(parts)
    if overlap:
        return Rejected("simulation/starts_overlapping", overlap)
    with wp.ScopedDevice(device):
        builder = newton.ModelBuilder(gravity=scene.gravity)
        SolverStyle3D.register_custom_attributes(builder)
        for element, part in zip(cloths, parts, strict=True):
            _add_cloth(wp, builder, element, part)
        moving = [_add_body(wp, newton, builder, b) for b in scene.bodies]
        model: Any = builder.finalize(device=device)
        model.soft_contact_ke, model.soft_contact_kd = CONTACT, 0.0
        model.soft_contact_mu = parts[0].friction
        config = SolverStyle3D.Config(iterations=ITERATIONS, linear_iterations=SWEEPS)
        with redirect_stdout(StringIO()):  # it prints how long it takes
            solver = SolverStyle3D(model, config=config)
        path = [(b, i) for b, i in zip(scene.bodies, moving, strict=True) if i >= 0]
        run = _Run(scene, newton, model, solver, path, parts, steps, device)
        position, velocity = run.roll_out()
    offsets = np.cumsum([0, *(len(p.position) for p in parts)])
    amount = np.zeros((scene.clock.frames, 0))
    states, trouble = record(scene, parts, offsets, position, velocity, amount, colliders)
    if trouble is not None:
        return trouble
    return ClothSolved(
        states=states,
        substeps=steps,
        parameters={"method": "Style3D", "vertices": len(position[0]), "pcg": SWEEPS},
    )


def _add_cloth(wp: Any, builder: Any, cloth: Cloth, part: Any) -> None:
    from newton.solvers import style3d

    stretch, bending, areal = cloth.material.require(
        "stretch_stiffness", "bending_stiffness", "areal_density"
    )
    nu = cloth.material.poissons_ratio
    shear = cloth.material.shear_stiffness
    shear = stretch / (2.0 + 2.0 * (0.3 if nu is None else nu)) if shear is None else shear
    corners = part.pattern if part.pattern is not None else _flat(part.rest[part.faces])
    panel = np.asarray(corners, float)[..., :2].copy()
    a, b = panel[:, 1] - panel[:, 0], panel[:, 2] - panel[:, 0]
    mirrored = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] < 0
    panel[mirrored, :, 1] *= -1.0
    # The solver's quadratic bending is three times E = k/2 (|edge| angle)^2 / (A0 + A1).
    builder.default_edge_ke = bending / 3.0
    start = len(builder.particle_q)
    style3d.add_cloth_mesh(
        builder,
        pos=wp.vec3(0.0, 0.0, 0.0),
        rot=wp.quat_identity(),
        vel=wp.vec3(0.0, 0.0, 0.0),
        vertices=[wp.vec3(*p) for p in part.position],
        indices=[int(i) for i in part.faces.ravel()],
        panel_verts=[wp.vec2(*p) for p in panel.reshape(-1, 2)],
        panel_indices=list(range(3 * len(part.faces))),
        density=areal,
        tri_aniso_ke=wp.vec3(stretch, stretch, shear),
        particle_radius=float(part.radius),
    )
    for vertex, speed in enumerate(part.velocity):
        builder.particle_qd[start + vertex] = wp.vec3(*speed)
    for vertex in part.held:
        builder.particle_mass[start + vertex] = 0.0
        builder.particle_qd[start + vertex] = wp.vec3(0.0, 0.0, 0.0)


def _flat(corners: Array) -> Array:
    """(F, 3, 2) triangles (F, 3, 3) in their own planes, the first axis along the rest shape's x
    (y where x is normal), as the panels of `xpbd_mesh.membrane_frames`."""
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    n = np.cross(e1, e2)
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    axis = np.where(np.abs(n[:, :1]) > 0.9, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    u = axis - n * np.sum(n * axis, axis=1, keepdims=True)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(n, u)
    local = corners - corners[:, :1]
    return np.stack([np.einsum("fkj,fj->fk", local, d) for d in (u, v)], -1)


def _add_body(wp: Any, newton: Any, builder: Any, body: RigidBody) -> int:
    """Add a body's shapes; the index of a kinematic body, -1 for a static one. A pair slides with
    the geometric mean of its own friction and the cloth's."""
    index = -1
    position, turn = np.asarray(body.position, float), np.asarray(body.quaternion, float)
    if body.motion == "kinematic":
        frame = wp.transform(position, np.roll(turn, -1))
        center = body.mass_properties.center_of_mass
        index = builder.add_body(xform=frame, com=wp.vec3(*center), is_kinematic=True)
        position, turn = np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0])
    add = shared._add_shape  # pyright: ignore[reportPrivateUsage]
    for shape in body.shapes:
        if shape.collides:
            (mu,) = shape.material.require("friction")
            add(wp, newton, builder, index, shape, position, turn, mu)
    return index


class _Run:
    """A model and its steps through the clock."""

    def __init__(
        self,
        scene: Scene,
        newton: Any,
        model: Any,
        solver: Any,
        moving: list[tuple[RigidBody, int]],
        parts: list[Any],
        steps: int,
        device: str,
    ) -> None:
        from simgen.engines.warp_solvers.xpbd_part import air_density

        self.scene, self.model, self.solver, self.moving = scene, model, solver, moving
        self.device = device
        self.steps, self.dt = steps, 1.0 / (scene.clock.fps * steps)
        gap = 2.0 * max(p.radius for p in parts)
        self.pipeline = newton.CollisionPipeline(model, soft_contact_gap=gap)
        self.contacts = self.pipeline.contacts()
        self.push = 0.5 * air_density(scene.ambient) * PLATE_DRAG
        bodies = {b.name: b for b in scene.bodies}
        offset, self.held = 0, list[tuple[int, RigidBody, Array]]()
        for part in parts:
            for tie in part.ties:
                body = bodies[tie.body]
                at, turn = pose_at(body, 0.0)
                local = rotate(conjugate(turn), part.position[tie.vertex] - at)
                if body.motion == "kinematic":
                    self.held.append((offset + tie.vertex, body, local))
            offset += len(part.position)

    def roll_out(self) -> tuple[Any, Any]:
        """(frames, V, 3) positions and velocities."""
        now, after = self.model.state(), self.model.state()
        frames: list[tuple[Any, Any]] = [self._read(now)]
        place = shared._place  # pyright: ignore[reportPrivateUsage]
        for k in range(self.scene.clock.frames - 1):
            for step in range(self.steps):
                time = k / self.scene.clock.fps + step * self.dt
                for state, t in ((now, time), (after, time + self.dt)):
                    place(state, self.moving, t, time + self.dt / 2)
                now, after = self._step(now, after, time)
            frames.append(self._read(now))
        position, velocity = zip(*frames, strict=True)
        return np.stack(position), np.stack(velocity)

    def _step(self, now: Any, after: Any, time: float) -> tuple[Any, Any]:
        from simgen.engines.warp_solvers import sheet_air

        wp: Any = warp_device(self.device)
        air: Any = sheet_air
        now.clear_forces()
        if self.push > 0.0:
            wind = wp.vec3(*self.scene.ambient.wind)
            surface = [self.model.tri_indices, wind, self.push, now.particle_f]
            inputs = [now.particle_q, now.particle_qd, *surface]
            wp.launch(air.push_sheets, dim=self.model.tri_count, inputs=inputs)
        if self.held:
            poses = {b.name: pose_at(b, time + self.dt) for _, b, _ in self.held}
            goal = [rotate(poses[b.name][1], at) + poses[b.name][0] for _, b, at in self.held]
            vertex = wp.array([v for v, _, _ in self.held], dtype=int)
            target = wp.array(np.array(goal, np.float32), dtype=wp.vec3)
            wp.launch(air.hold_vertices, dim=len(goal), inputs=[vertex, target, now.particle_q])
        self.pipeline.collide(now, self.contacts)
        self.solver.step(now, after, None, self.contacts, self.dt)
        inputs = [after.particle_qd, 1.0 / KEPT]
        wp.launch(air.scale_velocities, dim=len(after.particle_qd), inputs=inputs)
        return after, now

    def _read(self, state: Any) -> tuple[Any, Any]:
        return np.array(state.particle_q.numpy()), np.array(state.particle_qd.numpy())
