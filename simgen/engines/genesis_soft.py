"""Soft bodies as material points of Genesis' MPM: neo-Hookean, or plastic beyond von Mises stress.

A body is filled with a lattice of points, eight to a cell as large as its tetrahedra. Its vertices
are material points too, of next to no mass and no stress: the same velocity field moves them, so
its surface follows its matter exactly and nothing is skinned. All bodies share one grid: they stick
to each other where they touch, and a light one rests up to a fifth of a cell above a floor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from simgen.engines.genesis_setup import Domain, Kind, Matter, Points
from simgen.engines.warp_solvers.mpm_setup import CFL
from simgen.errors import SimgenError
from simgen.geometry import Array, Plane
from simgen.material import pressure_wave_modulus
from simgen.rotation import multiply, rotate
from simgen.scene import Scene, SoftBody

LIGHT = 1e-3
"""Mass of a tracer over that of a material point."""
MOST_STEPS = 40_000
"""Solver steps per second that a stiff body may ask for."""


def soft_points(scene: Scene, bodies: Sequence[SoftBody], speed_of_bodies: float) -> Points:
    """The material points and tracers of all soft bodies of a scene."""
    corners = [np.asarray(b.vertices, float)[np.asarray(b.tetrahedra)] for b in bodies]
    volumes = [np.linalg.det(c[:, 1:] - c[:, :1]) / 6.0 for c in corners]
    # a cube is cut into six tetrahedra
    cell = min((6.0 * float(v.mean())) ** (1 / 3) for v in volumes)
    spacing = cell / 2.0
    lower, upper = _room(scene, bodies, cell)
    gravity = float(np.linalg.norm(scene.gravity))
    parts: list[Matter] = []
    sound = 0.0
    for body, corner, volume in zip(bodies, corners, volumes, strict=True):
        inside = _lattice(corner, spacing)
        total = float(volume.sum())
        share = total / (len(inside) * spacing**3)
        (density,) = body.material.require("density")
        kind, constants, modulus = _law(body, share)
        sound = max(sound, math.sqrt(modulus / density))
        center = (corner.mean(axis=1) * volume[:, None]).sum(axis=0) / total
        spin = np.asarray(body.angular_velocity, float)
        vertices = np.asarray(body.vertices, float)
        mass = density * total / len(inside)
        sets: list[tuple[Kind, dict[str, float], Array, float]] = [
            (kind, constants, inside, mass),
            ("tracer", {}, vertices, LIGHT * mass),
        ]
        for name, numbers, points, weight in sets:
            parts.append(
                Matter(
                    kind=name,
                    constants=numbers,
                    position=points,
                    velocity=np.asarray(body.velocity) + np.cross(spin, points - center),
                    spin=spin,
                    mass=np.full(len(points), weight),
                    volume=total / len(inside),
                )
            )
    fastest = (2.0 * speed_of_bodies) ** 2
    for part in parts:
        fall = float(part.position[:, 2].max()) - lower[2]
        fastest = max(fastest, float((part.velocity**2).sum(1).max()) + 2.0 * gravity * fall)
    speed = math.sqrt(fastest)
    max_dt = CFL * cell / (sound + speed)
    if max_dt * MOST_STEPS < 1.0:
        raise SimgenError(
            f"engine 'genesis' would need {1.0 / max_dt:.0f} steps a second for the stiffest of "
            f"{', '.join(b.name for b in bodies)}, more than {MOST_STEPS}; use a coarser mesh or "
            f"engine 'warp'"
        )
    return Points(
        owners=tuple(b.name for b in bodies for _ in range(2)),
        matter=lambda dt: tuple(parts),
        spacing=spacing,
        cell=cell,
        max_dt=max_dt,
        speed=speed,
        mended=False,
        domain=Domain(lower=lower, upper=upper, open_top=False, friction=0.0),
        parameters={"sound_speed": sound, "expected_speed": speed},
    )


def _law(body: SoftBody, share: float) -> tuple[Kind, dict[str, float], float]:
    """Kind, constants and P-wave modulus [Pa]; `share` scales moduli and yield stress."""
    stuff = body.material
    young, poisson = stuff.require("youngs_modulus", "poissons_ratio")
    constants = {"E": share * young, "nu": poisson}
    modulus = pressure_wave_modulus(stuff)
    if stuff.yield_stress is None:
        return "elastic", constants, modulus
    # the library bounds the norm of the deviatoric stress, von Mises sqrt(3/2) of it
    constants["von_mises_yield_stress"] = share * math.sqrt(2.0 / 3.0) * stuff.yield_stress
    return "plastic", constants, modulus


def _lattice(corners: Array, spacing: float) -> Array:
    """(N, 3) points of a cubic lattice inside tetrahedra (K, 4, 3) [m]."""
    low = corners.min(axis=(0, 1))
    count = np.ceil((corners.max(axis=(0, 1)) - low) / spacing - 1e-6).astype(int)
    held = np.zeros(count, bool)
    first: NDArray[np.int64] = np.ceil((corners.min(axis=1) - low) / spacing - 0.5 - 1e-6).astype(
        int
    )
    last: NDArray[np.int64] = np.floor((corners.max(axis=1) - low) / spacing - 0.5 + 1e-6).astype(
        int
    )
    for corner, a, b in zip(corners, first, np.minimum(last, count - 1), strict=True):
        if (b < a).any():
            continue
        nodes: NDArray[np.int64] = np.argwhere(np.ones(b - a + 1)) + a
        points = low + (nodes + 0.5) * spacing
        inverse = np.asarray(np.linalg.inv(corner[1:] - corner[0]), float)
        weights: Array = (points - corner[0]) @ inverse
        held[tuple(nodes[_inside(weights)].T)] = True
    return low + (np.argwhere(held) + 0.5) * spacing


def _inside(weights: Array) -> NDArray[np.bool_]:
    """Whether points with three barycentric weights (N, 3) are in their tetrahedron."""
    return (weights.min(axis=1) > -1e-6) & (weights.sum(axis=1) < 1 + 1e-6)


def _room(scene: Scene, bodies: Sequence[SoftBody], cell: float) -> tuple[Array, Array]:
    """Corners of the box the grid covers: as far as the bodies may get in the clip, and the two
    cells beyond that a point's velocity comes from."""
    points = np.concatenate([np.asarray(b.vertices, float) for b in bodies])
    low, high = points.min(axis=0), points.max(axis=0)
    speeds = [np.asarray(b.velocity, float) for b in bodies]
    duration, pull = scene.clock.duration, float(np.linalg.norm(scene.gravity))
    sink = max(max(-float(v[2]), 0.0) for v in speeds) * duration + 0.5 * pull * duration**2
    floor = max((z for z in _floors(scene) if z < low[2] + cell), default=float(low[2]) - sink)
    drift = max(float(np.hypot(v[0], v[1])) for v in speeds) * duration
    rise = max(max(float(v[2]), 0.0) for v in speeds) ** 2 / (2.0 * max(pull, 1.0))
    size = max(float(np.ptp(np.asarray(b.vertices), axis=0).max()) for b in bodies)
    side = drift + 0.5 * size + 0.3 * (float(high[2]) - floor) + 2 * cell
    lower = np.array([low[0] - side, low[1] - side, floor - 2 * cell])
    upper = np.array([high[0] + side, high[1] + side, high[2] + rise + 0.5 * size + 2 * cell])
    return lower, lower + cell * np.ceil((upper - lower) / cell)


def _floors(scene: Scene) -> Iterator[float]:
    """Heights [m] of level planes."""
    for body in scene.bodies:
        for shape in body.shapes:
            up = rotate(multiply(body.quaternion, shape.quaternion), (0.0, 0.0, 1.0))
            if isinstance(shape.geometry, Plane) and up[2] > 0.999:
                yield float(body.position[2] + rotate(body.quaternion, shape.position)[2])
