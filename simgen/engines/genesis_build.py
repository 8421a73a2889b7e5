"""A scene as a Setup for Genesis: the grid, the solver's steps, obstacles and their paths."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from simgen.engines.genesis_grains import grain_points
from simgen.engines.genesis_liquid import GLUE, liquid_points, liquid_sticks
from simgen.engines.genesis_setup import Domain, Points, Setup, Solid
from simgen.engines.genesis_soft import soft_points
from simgen.engines.warp_solvers.liquid_scene import overlaps, surface_speed
from simgen.errors import SimgenError
from simgen.geometry import Array, Capsule, Plane, TriangleMesh, triangulate
from simgen.material import Material, pair_friction
from simgen.motion import pose_at, velocity_at
from simgen.rotation import multiply, rotate
from simgen.scene import Fluid, Grains, RigidBody, Scene, Shape, SoftBody

LAG = 4e-3
"""Time [s] that a prescribed body coasts at constant velocity: at 10 m/s^2 it strays .1 mm."""
SLACK = 0.05
"""Cells by which a static body must reach into a domain of smooth walls to be an obstacle."""
MAX_NODES = 8_000_000
SIDES = ((0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0), (2, 1.0))
"""Axis and inward normal of the walls of a domain, without its top."""


def build(scene: Scene, device: str) -> tuple[Setup, Points]:
    """What the library is to run, and the matter it is made of."""
    fastest = max((surface_speed(b, scene.clock.duration) for b in scene.bodies), default=0.0)
    points = _points(scene, fastest)
    clock = scene.clock
    frame_time = 1.0 / clock.fps
    corner, cell, cells = _grid(scene, points)
    movers = [(b, s) for b in scene.bodies if b.keyframes is not None for s in _solids(b)]
    # walls that slip stand for the bodies there; rough ones yield to them
    slack = cell * (-SLACK if points.domain.friction > 0 else SLACK)
    inner, outer = points.domain.lower + slack, points.domain.upper - slack
    obstacles = [
        _solid(scene, body, shape, -1)
        for body in scene.bodies
        if body.keyframes is None
        for shape in _solids(body)
        if overlaps(body, shape, inner, outer)
    ]
    obstacles += [_solid(scene, b, s, k) for k, (b, s) in enumerate(movers)]
    if points.domain.friction > 0:
        obstacles += _walls(points.domain)
    pieces, steps = _divide(
        clock.resolve(points.max_dt),
        frame_time,
        pieces=bool(obstacles) or points.mended,
        fixed=bool(clock.substeps),
    )
    matter = points.matter(frame_time / (pieces * steps))
    poses, rates = _paths(scene, movers, pieces)
    setup = Setup(
        device=device,
        gravity=scene.gravity,
        frames=clock.frames,
        frame_time=frame_time,
        pieces=pieces,
        steps=steps,
        origin=corner,
        cell=cell,
        cells=cells,
        spacing=points.spacing,
        mended=points.mended,
        matter=matter,
        solids=tuple(obstacles),
        poses=poses,
        rates=rates,
    )
    return setup, points


def _points(scene: Scene, fastest: float) -> Points:
    fluids = [e for e in scene.elements if isinstance(e, Fluid)]
    if fluids:
        return liquid_points(scene, fluids, fastest)
    grains = [e for e in scene.elements if isinstance(e, Grains)]
    if grains:
        return grain_points(scene, grains, fastest)
    return soft_points(scene, [e for e in scene.elements if isinstance(e, SoftBody)], fastest)


def _divide(substeps: int, frame_time: float, *, pieces: bool, fixed: bool) -> tuple[int, int]:
    """Pieces of a frame and solver steps in each: together at least `substeps`, or exactly that
    many when `fixed`; without `pieces` one is enough, else they last LAG at most."""
    if not pieces:
        return 1, substeps
    fewest = min(math.ceil(frame_time / LAG), substeps)
    if not fixed:
        return fewest, math.ceil(substeps / fewest)
    count = next(n for n in range(fewest, substeps + 1) if substeps % n == 0)
    return count, substeps // count


def _grid(scene: Scene, points: Points) -> tuple[Array, float, NDArray[np.int64]]:
    """Lowest corner [m], edge of a cell [m] and number of cells.

    The library's cells are cubes, and a wall stands at the node nearest to it: the edge is the one
    near the wanted one that fits the domain best along x and y. Rough walls stand a cell within
    the grid, which ends in smooth ones; above an open top there is room for what the fastest
    matter can climb.
    """
    domain = points.domain
    size = domain.upper - domain.lower
    edges = np.linspace(0.95, 1.05, 41) * points.cell
    misfit = edges[:, None] * np.abs(
        size[:2] / edges[:, None] - np.round(size[:2] / edges[:, None])
    )
    cell = float(edges[np.argmin(misfit.max(axis=1))])
    corner = domain.lower.astype(float)
    cells = np.maximum(np.round(size / cell), 2).astype(np.int64)
    if domain.friction > 0:
        corner, cells = corner - cell, cells + [2, 2, 1]
    if domain.open_top:
        pull = float(np.linalg.norm(scene.gravity))
        climb = points.speed**2 / (2.0 * pull) if pull > 0 else 0.0
        cells[2] += max(4, math.ceil(climb / cell))
    if np.prod(cells.astype(float) + 7) > MAX_NODES:
        raise SimgenError(
            f"engine 'genesis': the domain needs {'x'.join(map(str, cells))} cells, more than "
            f"{MAX_NODES:.0e}; make it smaller or the spacing larger"
        )
    return corner, cell, cells


def _walls(domain: Domain) -> Iterator[Solid]:
    """The rough walls of a domain."""
    for axis, sign in SIDES:
        corner = domain.lower if sign > 0 else domain.upper
        normal = sign * np.eye(3)[axis]
        turn = np.array([1.0 + normal[2], -normal[1], normal[0], 0.0])
        yield Solid(
            geometry=Plane(),
            position=corner,
            quaternion=turn / np.linalg.norm(turn),
            friction=domain.friction,
        )


def _solids(body: RigidBody) -> Iterator[Shape]:
    """The shapes of a body that touch, capsules and meshes as convex meshes about their middle."""
    for shape in body.shapes:
        geometry = shape.geometry
        if not shape.collides:
            continue
        if isinstance(geometry, Capsule):
            yield _hull(shape, triangulate(geometry).vertices)
        elif isinstance(geometry, TriangleMesh):
            yield from (_hull(shape, hull) for hull in geometry.contact_hulls)
        else:
            yield shape


def _hull(shape: Shape, points: Array) -> Shape:
    import trimesh

    library = trimesh
    mesh = library.PointCloud(points).convex_hull
    middle = np.asarray(mesh.center_mass, float)
    x, y, z = np.asarray(shape.position) + rotate(shape.quaternion, middle)
    part = TriangleMesh(np.asarray(mesh.vertices) - middle, np.asarray(mesh.faces, np.int32))
    return Shape(
        geometry=part,
        material=shape.material,
        position=(float(x), float(y), float(z)),
        quaternion=shape.quaternion,
    )


def _solid(scene: Scene, body: RigidBody, shape: Shape, moving: int) -> Solid:
    position, turn = pose_at(body, 0.0)
    return Solid(
        geometry=shape.geometry,
        position=position + rotate(turn, shape.position),
        quaternion=multiply(turn, np.asarray(shape.quaternion, float)),
        friction=_friction(scene, shape.material),
        moving=moving,
    )


def _friction(scene: Scene, solid: Material) -> float:
    """Of the matter on a solid; the largest where several kinds of it slide there."""
    fluids = [e for e in scene.elements if isinstance(e, Fluid)]
    if fluids:
        return GLUE if liquid_sticks(scene, fluids) else 0.0
    matter = [e.material for e in scene.elements if isinstance(e, Grains | SoftBody)]
    return max(pair_friction(m, solid) for m in matter)


def _paths(scene: Scene, movers: list[tuple[RigidBody, Shape]], pieces: int) -> tuple[Array, Array]:
    """Poses of the moving solids at the start of every piece of a frame, and their velocities in
    its middle."""
    count = (scene.clock.frames - 1) * pieces
    step = 1.0 / (scene.clock.fps * pieces)
    poses, rates = np.zeros((count + 1, len(movers), 7)), np.zeros((count, len(movers), 6))
    for j, (body, shape) in enumerate(movers):
        for k in range(count + 1):
            position, turn = pose_at(body, k * step)
            poses[k, j, :3] = position + rotate(turn, shape.position)
            poses[k, j, 3:] = multiply(turn, np.asarray(shape.quaternion, float))
        for k in range(count):
            _, turn = pose_at(body, (k + 0.5) * step)
            velocity, spin = velocity_at(body, (k + 0.5) * step)
            arm = rotate(turn, np.subtract(shape.position, body.mass_properties.center_of_mass))
            rates[k, j] = np.concatenate([velocity + np.cross(spin, arm), spin])
    return poses, rates
