"""Closed membranes and films that templates of inflatables share."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from simgen.geometry import Array
from simgen.key import Key
from simgen.lattice import triangles
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle
from simgen.scene import Ints, Quaternion, Vector

Colour = tuple[float, float, float]
COLOURS: tuple[Colour, ...] = (
    (0.82, 0.1, 0.1),
    (0.06, 0.28, 0.72),
    (0.04, 0.48, 0.24),
    (0.9, 0.38, 0.03),
    (0.42, 0.1, 0.5),
    (0.02, 0.45, 0.52),
    (0.93, 0.72, 0.04),
    (0.88, 0.2, 0.45),
)
"""sRGB of common toys."""


def sphere_mesh(radius: float, subdivisions: int) -> tuple[Array, Ints]:
    """A geodesic sphere about the origin, outward."""
    import trimesh as _trimesh

    trimesh: Any = _trimesh  # partly typed
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return np.array(mesh.vertices, float), np.array(mesh.faces, np.int32)


def round_mesh(radius: float, count: int) -> tuple[Array, Ints]:
    """A sphere of `count` vertices on Fibonacci's spiral, outward."""
    from scipy.spatial import ConvexHull

    k = np.arange(count) + 0.5
    polar, azimuth = np.arccos(1 - 2 * k / count), math.pi * (1 + math.sqrt(5)) * k
    ring = np.sin(polar)
    points = np.stack([ring * np.cos(azimuth), ring * np.sin(azimuth), np.cos(polar)], -1)
    faces: list[list[int]] = ConvexHull(points).simplices.tolist()
    for face in faces:
        a, b, c = points[face]
        if np.cross(b - a, c - a) @ a < 0:
            face.reverse()
    return radius * points, np.array(sorted(faces), np.int32)


def torus_mesh(ring: float, tube: float, around: int, across: int) -> tuple[Array, Ints]:
    """A torus about z, outward. Vertex i * across + j: i around the axis, j around the tube from
    the outside over the top."""
    u = 2 * math.pi * np.arange(around)[:, None] / around
    v = 2 * math.pi * np.arange(across)[None, :] / across
    reach = ring + tube * np.cos(v)
    points = np.stack([reach * np.cos(u), reach * np.sin(u), tube * np.sin(v) + 0 * u], -1)
    number = np.arange(around * across).reshape(around, across)
    return points.reshape(-1, 3), triangles(np.pad(number, (0, 1), mode="wrap"))


def swept_mesh(line: Array, radii: Array, sides: int) -> tuple[Array, Ints]:
    """A tube of circles of `radii` (N,) along a plane curve `line` (N, 3), closed by a fan at both
    ends, outward. Ring i has vertices i * sides...; the two tips come last."""
    tangent = np.gradient(line, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    plane = np.linalg.svd(line - line.mean(0))[2][-1]
    if abs(plane @ tangent[0]) > 1e-6:  # a straight line has no plane of its own
        plane = np.cross(tangent[0], [1.0, 0.0, 0.0] if abs(tangent[0, 0]) < 0.9 else [0, 1.0, 0])
        plane /= np.linalg.norm(plane)
    second = np.cross(tangent, plane)
    angle = 2 * math.pi * np.arange(sides) / sides
    circle = np.cos(angle)[None, :, None] * plane + np.sin(angle)[None, :, None] * -second[:, None]
    rings = line[:, None] + radii[:, None, None] * circle
    n = len(line)
    points = np.concatenate([rings.reshape(-1, 3), line[:1], line[-1:]])
    number = np.pad(np.arange(n * sides).reshape(n, sides), ((0, 0), (0, 1)), mode="wrap")
    low, high = np.full(sides, n * sides), np.full(sides, n * sides + 1)
    caps = ((low, number[0, :-1], number[0, 1:]), (high, number[-1, 1:], number[-1, :-1]))
    faces = np.concatenate([triangles(number), *(np.stack(c, -1).astype(np.int32) for c in caps)])
    return points, faces if enclosed(points, faces) > 0 else faces[:, ::-1].copy()


def pad_mesh(x: Array, y: Array, height: Array) -> tuple[Array, Ints, Ints]:
    """Two sheets over the grid of the lines `x` and `y`, sewn at the rim.

    `height` (X, Y) [m] is between the sheets inside the rim. Returns vertices, faces and (X, Y, 2)
    the numbers of the upper and the lower vertex of each grid point, equal on the rim.
    """
    nx, ny = len(x), len(y)
    rim = np.ones((nx, ny), bool)
    rim[1:-1, 1:-1] = False
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), -1)
    upper = np.arange(nx * ny).reshape(nx, ny)
    lower = upper.copy()
    lower[~rim] = nx * ny + np.arange((~rim).sum())
    half = np.where(rim, 0.0, height / 2)
    top = np.concatenate([grid, half[..., None]], -1).reshape(-1, 3)
    bottom = np.concatenate([grid[~rim], -half[~rim][:, None]], -1)
    slash = np.indices((nx - 1, ny - 1)).sum(axis=0) % 2 == 1
    slash[[0, -1], [0, -1]], slash[[0, -1], [-1, 0]] = True, False  # none has three rim vertices
    faces = np.concatenate([triangles(upper, slash), triangles(lower, slash)[:, ::-1]])
    return np.concatenate([top, bottom]), faces, np.stack([upper, lower], -1).astype(np.int32)


def rounded(x: Array, y: Array, height: float, edge: float) -> Array:
    """(X, Y) height [m] of a pad that is round within `edge` [m] of its rim."""
    reach = np.minimum.outer(np.minimum(x - x[0], x[-1] - x), np.minimum(y - y[0], y[-1] - y))
    inward = np.clip(reach / edge, 0.0, 1.0)
    return height * np.sqrt(1.0 - (1.0 - inward) ** 2)


def rim_lines(length: float, inner: int, edge: float) -> Array:
    """Grid lines from -length / 2 to length / 2 with two narrow cells at each rim."""
    half = length / 2
    middle = np.linspace(-half + edge, half - edge, inner + 1)
    steps = np.array([0.0, 0.3]) * edge
    return np.concatenate([-half + steps, middle, half - steps[::-1]])


def enclosed(points: Array, faces: Ints) -> float:
    """Volume [m^3] inside a closed surface."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    return float(np.einsum("fi,fi->", a, np.cross(b, c)) / 6)


def film(name: str, thickness: float) -> Material:
    """A film of another thickness [m]: mass and stretch grow with it, bending with its cube."""
    base = material(name)
    areal, stretch, bending, own = base.require(
        "areal_density", "stretch_stiffness", "bending_stiffness", "thickness"
    )
    times = thickness / own
    return replace(
        base,
        areal_density=areal * times,
        stretch_stiffness=stretch * times,
        bending_stiffness=bending * times**3,
        thickness=thickness,
    )


def balloon_gauge(stuff: Material, radius: float, stretch: float) -> float:
    """Gauge pressure [Pa] of a Mooney-Rivlin sphere: 4 C1 h / r (1/l - 1/l^7) (1 + C2/C1 l^2)
    (Mueller & Strehlow, Rubber and Rubber Balloons, 2004)."""
    (stiffness,) = stuff.require("stretch_stiffness")
    ratio = stuff.mooney_ratio or 0.0
    first = stiffness / 6 / (1 + ratio)
    return 4 * first / radius * (1 / stretch - stretch**-7) * (1 + ratio * stretch**2)


def sheet_of(stuff: Material, thickness: float) -> Material:
    """A uniform sheet [m] of a solid material: E t and E t^3 / (12 (1 - nu^2))."""
    density, young, poisson = stuff.require("density", "youngs_modulus", "poissons_ratio")
    return replace(
        stuff,
        areal_density=density * thickness,
        stretch_stiffness=young * thickness,
        bending_stiffness=young * thickness**3 / (12 * (1 - poisson**2)),
        thickness=thickness,
    )


def vec(values: Any) -> Vector:
    """Three numbers as a plain tuple."""
    x, y, z = (float(v) for v in np.asarray(values, float))
    return (x, y, z)


def turn(axis: Any, angle: float) -> Quaternion:
    """A turn by `angle` [rad] about an axis."""
    w, x, y, z = (float(v) for v in from_axis_angle(axis, angle))
    return (w, x, y, z)


def printed(stuff: Material, key: Key, colour: Colour, **changes: Any) -> Look:
    """A look of the film in a colour."""
    return replace(stuff.look(key), color=colour, **{"texture": "plain", **changes})


def pick_colours(key: Key, count: int) -> list[Colour]:
    """Distinct colours."""
    order = key.rng().permutation(len(COLOURS)).tolist()
    return [COLOURS[int(i)] for i in order[:count]]
