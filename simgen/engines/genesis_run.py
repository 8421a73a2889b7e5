"""Drives Genesis: a Setup in, States out. Runs in a process of its own, one thread on a CPU.

The library's quantities are converted here: positions count from the domain's corner, masses and
volumes of material points are a thousandfold inside its solver, quaternions are wxyz as ours.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from simgen.engines.genesis_setup import Matter, Setup, Solid, States
from simgen.engines.genesis_volume import relaxed
from simgen.engines.primitive import convex_distance, primitive_distance
from simgen.geometry import Array, Box, Capsule, Cylinder, Geometry, Plane, Sphere, TriangleMesh
from simgen.rotation import to_matrix

SHARP = 1e-3
"""Cells over which the grip of a solid on the grid fades out of its surface."""
HEAVY = 1e7
"""Density [kg/m^3] of prescribed solids, which matter must not slow down between two settings."""


def run(setup: Setup) -> States:
    """Simulate; raises what the library raises."""
    gs, torch = _library(setup.device)
    scene = gs.Scene(
        show_viewer=False,
        sim_options=gs.options.SimOptions(
            dt=setup.frame_time / setup.pieces, substeps=setup.steps, gravity=setup.gravity
        ),
        mpm_options=gs.options.MPMOptions(
            particle_size=setup.spacing,
            grid_density=1.0 / setup.cell,
            # the solver's walls stand three cells within these bounds; a hair less, and the
            # uppermost node counts as wall whatever its rounding
            lower_bound=tuple(np.full(3, -3.0 * setup.cell)),
            upper_bound=tuple((setup.cells + 3 - 1e-3) * setup.cell),
        ),
        rigid_options=gs.options.RigidOptions(enable_collision=False),
    )
    with tempfile.TemporaryDirectory() as folder:
        for solid in setup.solids:
            _add_solid(gs, scene, solid, setup, Path(folder))
        for part in setup.matter:
            points = gs.morphs.Nowhere(n_particles=len(part.position))
            scene.add_entity(points, material=_material(gs, part))
        scene.build()
    try:
        return _roll_out(scene, torch, setup)
    finally:
        scene.destroy()


@cache
def _library(device: str) -> tuple[Any, Any]:
    """genesis and torch, started on a device of ours (`cpu`, `cuda`, `cuda:1`)."""
    name, _, index = device.partition(":")
    if index:
        os.environ["CUDA_VISIBLE_DEVICES"] = index
    import torch

    torch.set_num_threads(1)
    import genesis

    gs: Any = genesis
    backend = gs.cpu if name == "cpu" else gs.cuda
    gs.init(backend=backend, seed=0, precision="32", logging_level="error")
    return gs, torch


def _material(gs: Any, part: Matter) -> Any:
    kinds = gs.materials.MPM
    match part.kind:
        case "liquid":
            return kinds.Liquid(**part.constants)
        case "sand":
            return kinds.Sand(**part.constants)
        case "elastic":
            return kinds.Elastic(model="neohooken", **part.constants)
        case "plastic":
            return kinds.ElastoPlastic(use_von_mises=True, **part.constants)
        case "tracer":  # bears no stress
            return kinds.Liquid(lam=0.0, mu=0.0)


def _add_solid(gs: Any, scene: Any, solid: Solid, setup: Setup, folder: Path) -> None:
    pose: dict[str, Any] = {
        "pos": tuple(solid.position - setup.origin),
        "quat": tuple(solid.quaternion),
    }
    if not isinstance(solid.geometry, Plane):
        pose["fixed"] = solid.moving < 0
    match solid.geometry:
        case Plane():
            morph = gs.morphs.Plane(**pose)
        case Sphere(radius):
            morph = gs.morphs.Sphere(radius=radius, **pose)
        case Box(size):
            morph = gs.morphs.Box(size=size, **pose)
        case Cylinder(radius, height):
            morph = gs.morphs.Cylinder(radius=radius, height=height, **pose)
        case TriangleMesh():
            path = folder / f"{len(scene.entities)}.obj"
            path.write_text(_wavefront(solid.geometry))
            morph = gs.morphs.Mesh(file=str(path), convexify=True, **pose)
        case Capsule():
            raise TypeError("capsules come as meshes")
    material = gs.materials.Rigid(
        rho=HEAVY,
        gravity_compensation=1.0,
        coup_friction=solid.friction,
        coup_softness=SHARP * setup.cell,
        sdf_cell_size=min(0.005, 0.25 * setup.cell),
    )
    scene.add_entity(morph, material=material)


def _wavefront(mesh: TriangleMesh) -> str:
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in mesh.vertices]
    return "\n".join(lines + [f"f {a} {b} {c}" for a, b, c in mesh.faces + 1])


def _roll_out(scene: Any, torch: Any, setup: Setup) -> States:
    solver = scene.sim.mpm_solver
    mass = np.concatenate([part.mass for part in setup.matter])
    solver.particles_info.mass.from_numpy((mass * solver.particle_volume_scale).astype(np.float32))
    _start(solver, torch, setup)
    found = [_state(solver, setup.origin)]
    for frame in range(setup.frames - 1):
        for piece in range(frame * setup.pieces, (frame + 1) * setup.pieces):
            if setup.poses.shape[1]:
                _place(scene, setup, piece)
            scene.step(update_visualizer=False)
            if setup.mended:
                _mend(solver, torch, setup, piece)
        found.append(_state(solver, setup.origin))
        if not all(np.isfinite(part).all() for part in found[-1]):
            break
    position, velocity, ratio = (np.stack(parts) for parts in zip(*found, strict=True))
    return States(position=position, velocity=velocity, volume_ratio=ratio)


def _start(solver: Any, torch: Any, setup: Setup) -> None:
    """The points' first state."""
    state = solver.get_state(0)
    first = 0
    for part in setup.matter:
        own = slice(first, first + len(part.position))
        first = own.stop
        x, y, z = part.spin
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        stretch = np.broadcast_to(part.stretch, len(part.position))
        for tensor, value in (
            (state.pos, part.position - setup.origin),
            (state.vel, part.velocity),
            (state.C, np.broadcast_to(cross, (len(part.position), 3, 3))),
            (state.F, stretch[:, None, None] * np.eye(3)),
        ):
            tensor[0, own] = torch.as_tensor(
                np.ascontiguousarray(value), dtype=tensor.dtype, device=tensor.device
            )
    state.active.fill_(True)
    solver.set_state(0, state)


def _state(solver: Any, origin: Array) -> tuple[Any, Any, Any]:
    """Positions [m], velocities [m/s] and volume ratios of all points."""
    state = solver.get_state(0)
    position = state.pos[0].cpu().numpy().astype(float) + origin
    velocity = state.vel[0].cpu().numpy().copy()
    ratio = np.linalg.det(state.F[0].cpu().numpy().astype(float))
    solver._queried_states.clear()  # kept for gradients, which nobody asks for
    return position.astype(np.float32), velocity, ratio.astype(np.float32)


def _place(scene: Any, setup: Setup, piece: int) -> None:
    """Set the moving solids on their paths, coasting from there."""
    pose = setup.poses[piece].copy()
    pose[:, :3] -= setup.origin
    solver = scene.rigid_solver
    solver.set_qpos(pose.astype(np.float32).ravel())
    solver.set_dofs_velocity(setup.rates[piece].astype(np.float32).ravel())


def _mend(solver: Any, torch: Any, setup: Setup, piece: int) -> None:
    """Take points out of solids, and keep the volume of liquids."""
    state = solver.get_state(0)
    position, velocity = (t[0].cpu().numpy().astype(float) for t in (state.pos, state.vel))
    _push_out(position, velocity, setup, piece)
    changed = [(state.pos, position), (state.vel, velocity)]
    if any(part.kind == "liquid" for part in setup.matter):
        ratio = np.linalg.det(state.F[0].cpu().numpy().astype(float))
        volume = np.concatenate([np.full(len(p.position), p.volume) for p in setup.matter])
        time = setup.frame_time / setup.pieces
        ratio = relaxed(position, ratio, volume, setup.cell, setup.cells, time)
        changed.append((state.F, np.cbrt(ratio)[:, None, None] * np.eye(3)))
    for tensor, value in changed:
        tensor[0] = torch.as_tensor(value, dtype=tensor.dtype, device=tensor.device)
    solver.set_state(0, state)
    solver._queried_states.clear()


def _push_out(position: Array, velocity: Array, setup: Setup, piece: int) -> None:
    """Lay points that got into a solid on its surface, without their velocity into it: the grid
    resolves neither what is thinner than a cell nor where in a cell a surface is."""
    for solid in setup.solids:
        at, turn, rate = solid.position, solid.quaternion, np.zeros(6)
        if solid.moving >= 0:
            pose = setup.poses[piece + 1, solid.moving]
            at, turn, rate = pose[:3], pose[3:], setup.rates[piece, solid.moving]
        at = at - setup.origin
        near = np.flatnonzero(np.linalg.norm(position - at, axis=1) < solid.reach)
        axes = to_matrix(turn)
        distance, normal = _distance(solid.geometry, (position[near] - at) @ axes)
        deep = distance < 0
        own, out = near[deep], normal[deep] @ axes.T
        position[own] -= distance[deep, None] * out
        relative = velocity[own] - rate[:3] - np.cross(rate[3:], position[own] - at)
        velocity[own] -= np.minimum(np.sum(relative * out, axis=1), 0.0)[:, None] * out


def _distance(geometry: Geometry, points: Array) -> tuple[Array, Array]:
    if isinstance(geometry, TriangleMesh):
        return convex_distance(geometry, points)
    return primitive_distance(geometry, points)
