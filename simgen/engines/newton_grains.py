"""Grains by Newton's SolverImplicitMPM: the model of a scene, its roll-out and its checks.

Quaternions are converted to Newton's xyzw here and nowhere else; velocities of kinematic bodies are
those of the centre of mass, as Newton's `body_qd` wants them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.device import warp_device
from simgen.engines.escape import escaped
from simgen.errors import Rejected, SimgenError
from simgen.geometry import (
    Array,
    Box,
    Capsule,
    Cylinder,
    Geometry,
    Plane,
    Sphere,
    TriangleMesh,
)
from simgen.material import pair_friction
from simgen.motion import pose_at, velocity_at
from simgen.record import ParticleStates
from simgen.rotation import multiply, rotate
from simgen.scene import Grains, RigidBody, Scene, Shape

Floats = NDArray[np.float32]
ITERATIONS = 60
"""Sweeps of the rheology solver per step."""
TOLERANCE = 1e-4
MAX_DT = 1.0 / 72.0
"""Largest step [s]; the method is implicit, so it bounds accuracy, not stability."""
VOXEL = 2.0
"""Cell edge in particle spacings: eight particles fill a cell."""


@dataclass(frozen=True, kw_only=True)
class GrainsSolved:
    """The record of every grains element and how it was made."""

    states: dict[str, ParticleStates]
    substeps: int
    parameters: dict[str, float | int | str]


def solve(scene: Scene, device: str) -> GrainsSolved | Rejected:
    """Simulate all grains of a scene; states at every frame instant."""
    wp = warp_device(device)
    import newton
    from newton.solvers import SolverImplicitMPM

    grains = [e for e in scene.elements if isinstance(e, Grains)]
    spacing = _check(grains)
    voxel = VOXEL * spacing
    substeps = scene.clock.resolve(max_dt(scene, grains, voxel))
    with wp.ScopedDevice(device):
        builder = newton.ModelBuilder(gravity=scene.gravity)
        SolverImplicitMPM.register_custom_attributes(builder)
        for element in grains:
            _add_grains(wp, builder, element)
        moving = [_add_body(wp, newton, builder, b, grains) for b in scene.bodies]
        _add_domain(newton, builder, scene, grains)
        model: Any = builder.finalize(device=device)
        model.mpm.friction.assign(_per_particle(grains, internal_friction))
        config = SolverImplicitMPM.Config(
            voxel_size=voxel, tolerance=TOLERANCE, max_iterations=ITERATIONS, air_drag=0.0
        )
        solver = SolverImplicitMPM(model, config=config)
        path = [(b, i) for b, i in zip(scene.bodies, moving) if i >= 0]
        states = _roll_out(scene, model, solver, path, substeps)
    lower = np.min([g.domain.lower for g in grains], axis=0) - voxel
    upper = np.max([g.domain.upper for g in grains], axis=0) + voxel
    upper[2] = math.inf
    failed = escaped(scene, [position for position, _ in states], lower, upper, voxel)
    if failed is not None:
        return failed
    return GrainsSolved(
        states=_record(grains, states),
        substeps=substeps,
        parameters={
            "method": "implicit MPM, Drucker-Prager",
            "particles": sum(len(g.positions) for g in grains),
            "voxel": voxel,
            "tolerance": TOLERANCE,
        },
    )


def internal_friction(grains: Grains) -> float:
    """Coefficient mu in sqrt(J2) <= mu p: sin(phi) is Mohr-Coulomb at angle phi in plane strain.

    tan(phi), the ratio of shear to normal stress on the slip plane, would be a larger angle here.
    """
    return math.sin(grains.material.require("friction_angle")[0])


def _check(grains: list[Grains]) -> float:
    """The particle distance [m] that all grains of a scene share."""
    distances = {g.spacing for g in grains}
    if max(distances) > 1.5 * min(distances):
        raise SimgenError(
            f"grains: spacings {sorted(distances)} m differ too much for one grid; use equal ones"
        )
    for g in grains:
        p = np.asarray(g.positions)
        outside = int(
            ((p < np.asarray(g.domain.lower)) | (p > np.asarray(g.domain.upper))).any(1).sum()
        )
        if outside or not len(p):
            raise SimgenError(
                f"grains {g.name!r}: {outside} of {len(p)} particles start outside the domain "
                f"{g.domain.lower}..{g.domain.upper}; sample positions inside it"
            )
    return max(distances)


def max_dt(scene: Scene, grains: list[Grains], voxel: float) -> float:
    """Largest step [s]: no grain crosses more than two cells at the speed its fall can give."""
    fastest = 1e-4
    g = float(np.linalg.norm(scene.gravity))
    for element in grains:
        fall = float(np.asarray(element.positions)[:, 2].max()) - element.domain.lower[2]
        start = float(np.dot(element.velocity, element.velocity))
        fastest = max(fastest, start + 2.0 * g * max(fall, 0.0))
    return min(MAX_DT, 2.0 * voxel / math.sqrt(fastest))


def _per_particle(grains: list[Grains], value: Callable[[Grains], float]) -> Floats:
    return np.concatenate([np.full(len(g.positions), value(g)) for g in grains]).astype(np.float32)


def _add_grains(wp: Any, builder: Any, grains: Grains) -> None:
    count = len(grains.positions)
    (density,) = grains.material.require("density")
    builder.add_particles(
        pos=[wp.vec3(*p) for p in np.asarray(grains.positions, float)],
        vel=[wp.vec3(*grains.velocity)] * count,
        mass=[float(m) for m in density * grains.spacing**3 * _sizes(grains) ** 3],
        radius=[float(r) for r in 0.5 * grains.spacing * _sizes(grains)],
    )


def _sizes(grains: Grains) -> Array:
    """(N,) size of every grain over the middle one."""
    if grains.radii is None:
        return np.ones(len(grains.positions))
    return np.asarray(grains.radii, float) / grains.radius


def _add_body(wp: Any, newton: Any, builder: Any, body: RigidBody, grains: list[Grains]) -> int:
    """Add a body's shapes; the index of a kinematic body, -1 for a static one."""
    index = -1
    position, turn = np.asarray(body.position, float), np.asarray(body.quaternion, float)
    if body.motion == "kinematic":
        frame = wp.transform(position, _xyzw(turn))
        center = body.mass_properties.center_of_mass
        index = builder.add_body(xform=frame, com=wp.vec3(*center), is_kinematic=True)
        position, turn = np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0])
    for shape in body.shapes:
        if shape.collides:
            mu = max(pair_friction(g.material, shape.material) for g in grains)
            _add_shape(wp, newton, builder, index, shape, position, turn, mu)
    return index


def _xyzw(quaternion: Array) -> Array:
    return np.roll(quaternion, -1)


def _add_shape(
    wp: Any, newton: Any, builder: Any, body: int, shape: Shape, at: Array, turn: Array, mu: float
) -> None:
    place = at + rotate(turn, shape.position)
    xform = wp.transform(place, _xyzw(multiply(turn, shape.quaternion)))
    config = newton.ModelBuilder.ShapeConfig(mu=mu, density=0.0)
    geometry: Geometry = shape.geometry
    match geometry:
        case Sphere(radius):
            builder.add_shape_sphere(body, xform=xform, radius=radius, cfg=config)
        case Box((x, y, z)):
            builder.add_shape_box(body, xform=xform, hx=x / 2, hy=y / 2, hz=z / 2, cfg=config)
        case Capsule(radius, length):
            builder.add_shape_capsule(
                body, xform=xform, radius=radius, half_height=length / 2, cfg=config
            )
        case Cylinder(radius, height):
            builder.add_shape_cylinder(
                body, xform=xform, radius=radius, half_height=height / 2, cfg=config
            )
        case Plane():
            _add_plane(builder, rotate(multiply(turn, shape.quaternion), (0, 0, 1)), place, config)
        case TriangleMesh(vertices, faces):
            mesh = newton.Mesh(vertices.astype(np.float32), faces.ravel())
            builder.add_shape_mesh(body, xform=xform, mesh=mesh, cfg=config)


def _add_plane(builder: Any, normal: Array, point: Array, config: Any) -> None:
    plane = (*(float(v) for v in normal), -float(np.dot(normal, point)))
    builder.add_shape_plane(plane=plane, width=0.0, length=0.0, cfg=config)


def _add_domain(newton: Any, builder: Any, scene: Scene, grains: list[Grains]) -> None:
    """The walls of the domain, and its floor unless a plane of the scene is one."""
    lower = np.min([g.domain.lower for g in grains], axis=0)
    upper = np.max([g.domain.upper for g in grains], axis=0)
    mu = max(g.material.require("friction")[0] for g in grains)
    config = newton.ModelBuilder.ShapeConfig(mu=mu, density=0.0)
    for axis in range(3):
        normal = np.eye(3)[axis]
        if axis < 2 or not _has_floor(scene, float(lower[2])):
            _add_plane(builder, normal, lower, config)
        if axis < 2:
            _add_plane(builder, -normal, upper, config)


def _has_floor(scene: Scene, height: float) -> bool:
    return any(
        isinstance(s.geometry, Plane)
        and abs(b.position[2] + s.position[2] - height) < 1e-3
        and rotate(multiply(b.quaternion, s.quaternion), (0.0, 0.0, 1.0))[2] > 0.999
        for b in scene.bodies
        for s in b.shapes
    )


def _roll_out(
    scene: Scene, model: Any, solver: Any, moving: list[tuple[RigidBody, int]], substeps: int
) -> list[tuple[Array, Array]]:
    """Positions and velocities at every frame instant.

    A step adds all of its gravity before it moves the grains. They begin half of it behind, so that
    free flight is exact and velocities belong to the middles of steps (leapfrog); the mean of those
    before and after an instant is recorded.
    """
    now, after = model.state(), model.state()
    dt = 1.0 / (scene.clock.fps * substeps)
    floor = min(e.domain.lower[2] for e in scene.elements if isinstance(e, Grains))
    start = np.array(now.particle_qd.numpy())
    states = [(np.array(now.particle_q.numpy()), start)]
    now.particle_qd.assign((start - 0.5 * dt * np.asarray(scene.gravity)).astype(np.float32))
    for step in range((scene.clock.frames - 1) * substeps + 1):
        for state, t in ((now, step * dt), (after, (step + 1) * dt)):
            _place(state, moving, t, (step + 0.5) * dt)
        solver.step(now, after, None, None, dt)
        solver.project_outside(after, after, dt)
        _catch(after, floor)
        if step and step % substeps == 0:
            velocity = (now.particle_qd.numpy() + after.particle_qd.numpy()) / 2
            states.append((np.array(now.particle_q.numpy()), velocity))
        now, after = after, now
    return states


def _catch(state: Any, floor: float) -> None:
    """Lay grains that slipped under the floor [m] back on it: the solver takes a grain out of one
    collider only, which beside another body need not be the floor."""
    under = state.particle_q.numpy()[:, 2] < floor
    if under.any():
        position = np.array(state.particle_q.numpy())
        velocity = np.array(state.particle_qd.numpy())
        position[under, 2] = floor
        velocity[under, 2] = np.maximum(velocity[under, 2], 0.0)
        state.particle_q.assign(position)
        state.particle_qd.assign(velocity)


def _place(state: Any, moving: list[tuple[RigidBody, int]], time: float, middle: float) -> None:
    """Write poses at `time` and velocities at `middle` [s] of the kinematic bodies."""
    if not moving:
        return
    poses, rates = np.array(state.body_q.numpy()), np.array(state.body_qd.numpy())
    for body, index in moving:
        position, turn = pose_at(body, time)
        poses[index] = [*position, *_xyzw(turn)]
        rates[index] = np.concatenate(velocity_at(body, middle))
    state.body_q.assign(poses)
    state.body_qd.assign(rates)


def _record(grains: list[Grains], states: list[tuple[Array, Array]]) -> dict[str, ParticleStates]:
    position, velocity = (np.stack(part) for part in zip(*states))
    found: dict[str, ParticleStates] = {}
    start = 0
    for g in grains:
        own = slice(start, start + len(g.positions))
        start = own.stop
        (density,) = g.material.require("density")
        found[g.name] = ParticleStates(
            position=position[:, own],
            velocity=velocity[:, own],
            mass=density * g.spacing**3 * _sizes(g) ** 3,
            radius=g.radii,
        )
    return found
