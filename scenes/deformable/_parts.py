"""What templates of the category share: shapes of soft matter, looks that differ, paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from simgen.geometry import Array
from simgen.lattice import Ints, tetrahedralize
from simgen.material import Look
from simgen.scene import Keyframes, Vector
from simgen.scenes.garment._parts import distinct as distinct
from simgen.scenes.garment._parts import usual as usual
from simgen.scenes.rigid._things import Color

CELLS = {
    "cube": 7, "pudding": 7, "ring": 9, "ball": 7, "star": 8, "bear": 8, "bunny": 10, "pillow": 9,
    "loaf": 8, "worm": 16,
}  # fmt: skip
"""Lattice cells along a form."""
BRIGHT: tuple[Color, ...] = (
    (0.86, 0.2, 0.2), (0.95, 0.55, 0.12), (0.96, 0.82, 0.2), (0.3, 0.68, 0.3), (0.15, 0.5, 0.8),
    (0.55, 0.35, 0.72), (0.93, 0.45, 0.62), (0.2, 0.7, 0.68),
)  # fmt: skip
"""Colors of toys, sRGB."""


def _cube(p: Array) -> Array:
    q = np.abs(p) - 0.36
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.1


def _pudding(p: Array) -> Array:
    """A fluted, tapering mould."""
    angle = np.arctan2(p[..., 1], p[..., 0])
    wall = (0.4 - 0.16 * p[..., 2]) * (1.0 + 0.05 * np.cos(10 * angle))
    q = np.stack([np.hypot(p[..., 0], p[..., 1]) - wall + 0.06, np.abs(p[..., 2]) - 0.3], -1)
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.06


def _ring(p: Array) -> Array:
    return np.hypot(np.hypot(p[..., 0], p[..., 1]) - 0.33, p[..., 2]) - 0.17


def _ball(p: Array) -> Array:
    return np.linalg.norm(p, axis=-1) - 0.45


def _star(p: Array) -> Array:
    angle = np.arctan2(p[..., 1], p[..., 0])
    wall = 0.35 + 0.08 * np.cos(5 * angle)
    q = np.stack([np.hypot(p[..., 0], p[..., 1]) - wall, np.abs(p[..., 2]) - 0.2], -1)
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.06


_BEAR = np.array(
    [
        (0.0, 0.0, -0.1, 0.24), (0.0, 0.02, 0.24, 0.17), (0.13, 0.0, 0.4, 0.075),
        (-0.13, 0.0, 0.4, 0.075), (0.24, 0.1, 0.02, 0.1), (-0.24, 0.1, 0.02, 0.1),
        (0.15, 0.1, -0.34, 0.12), (-0.15, 0.1, -0.34, 0.12), (0.0, 0.17, 0.2, 0.085),
    ]
)  # fmt: skip
"""Balls of a gummy bear: centre and radius."""


def _bear(p: Array) -> Array:
    """Balls joined by a smooth minimum."""
    distance = np.stack([np.linalg.norm(p - b[:3], axis=-1) - b[3] for b in _BEAR])
    return -0.04 * np.log(np.exp(-distance / 0.04).sum(axis=0))


_BUNNY = np.array(
    [
        (0.0, 0.0, -0.22, 0.22), (0.0, 0.0, 0.1, 0.17), (0.08, 0.02, 0.34, 0.07),
        (-0.08, 0.02, 0.34, 0.07), (0.09, 0.02, 0.44, 0.06), (-0.09, 0.02, 0.44, 0.06),
        (0.18, 0.08, -0.16, 0.09), (-0.18, 0.08, -0.16, 0.09), (0.13, 0.16, -0.38, 0.1),
        (-0.13, 0.16, -0.38, 0.1), (0.0, -0.2, -0.3, 0.08), (0.0, 0.14, 0.07, 0.09),
    ]
)  # fmt: skip
"""Balls of a toy rabbit."""


def _bunny(p: Array) -> Array:
    distance = np.stack([np.linalg.norm(p - b[:3], axis=-1) - b[3] for b in _BUNNY])
    return -0.035 * np.log(np.exp(-distance / 0.035).sum(axis=0))


def _pillow(p: Array) -> Array:
    """A square cushion, thin at its rim."""
    side = np.maximum(np.abs(p[..., 0]), np.abs(p[..., 1])) / 0.48
    round_ = (np.abs(p[..., 0]) ** 4 + np.abs(p[..., 1]) ** 4) ** 0.25 / 0.48
    side = 0.5 * (side + round_)
    thick = 0.05 + 0.13 * np.sqrt(np.maximum(1.0 - side**2, 0.0))
    q = np.stack([0.48 * (side - 1.0) + 0.04, np.abs(p[..., 2]) - thick + 0.04], -1)
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.04


def _loaf(p: Array) -> Array:
    """A lump with rounded ends, along x."""
    x = np.maximum(np.abs(p[..., 0]) - 0.24, 0.0)
    return np.sqrt(x**2 + p[..., 1] ** 2 + p[..., 2] ** 2) - 0.24


def _worm(p: Array) -> Array:
    """A ridged candy worm along x."""
    x = np.maximum(np.abs(p[..., 0]) - 0.42, 0.0)
    ridge = 0.062 + 0.008 * np.cos(2 * np.pi * p[..., 0] / 0.1)
    return np.sqrt(x**2 + p[..., 1] ** 2 + p[..., 2] ** 2) - ridge


_FIELDS: dict[str, Callable[[Array], Array]] = {
    "cube": _cube,
    "pudding": _pudding,
    "ring": _ring,
    "ball": _ball,
    "star": _star,
    "bear": _bear,
    "bunny": _bunny,
    "pillow": _pillow,
    "loaf": _loaf,
    "worm": _worm,
}
"""Form -> function of points in a box of unit size, negative inside."""


def form_mesh(form: str, size: float, *, cells: int | None = None) -> tuple[Array, Ints]:
    """Vertices [m] about the origin and tetrahedra of a form whose longest side is about `size`
    [m]; `cells` lattice cells along it, None: the form's own."""
    field = _FIELDS[form]
    box = np.full(3, 0.56)
    points, tets = tetrahedralize(field, -box, box, 1.0 / (cells or CELLS[form]))
    return points * size, tets


def rounded_mesh(size: Vector, *, cells: int, edge: float = 0.15) -> tuple[Array, Ints]:
    """A box of `size` [m] with rounded edges, radius `edge` times the shortest side; `cells`
    lattice cells along the longest."""
    half = np.asarray(size, float) / 2
    radius = edge * 2 * float(half.min())

    def field(p: Array) -> Array:
        q = np.abs(p) - (half - radius)
        outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
        return outside + np.minimum(q.max(axis=-1), 0.0) - radius

    cell = 2 * float(half.max()) / cells
    return tetrahedralize(field, -half - cell, half + cell, cell)


def ring_mesh(radius: float, tube: float, *, cells: int) -> tuple[Array, Ints]:
    """A torus about z, `radius` [m] of its centre line; `cells` lattice cells across it."""

    def field(p: Array) -> Array:
        return np.hypot(np.hypot(p[..., 0], p[..., 1]) - radius, p[..., 2]) - tube

    cell = 2 * (radius + tube) / cells
    reach = np.array([radius + tube, radius + tube, tube]) + cell
    return tetrahedralize(field, -reach, reach, cell)


def placed(points: Array, at: ArrayLike) -> Array:
    """Points with the middle of their footprint over `at` and their lowest point at its height."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    return points - middle + np.asarray(at, float)


def inside(points: Array, lower: ArrayLike, upper: ArrayLike) -> tuple[int, ...]:
    """Numbers of the points within a box."""
    within = ((points >= np.asarray(lower)) & (points <= np.asarray(upper))).all(axis=1)
    return tuple(int(i) for i in np.flatnonzero(within))


def path(times: Sequence[float], points: ArrayLike, *, turns: Array | None = None) -> Keyframes:
    """A smooth way through points [m] at times [s]: at rest at each of them."""
    fine = np.linspace(times[0], times[-1], 1 + round(120 * (times[-1] - times[0])))
    place = np.asarray(points, float)
    stage = np.clip(np.searchsorted(times, fine, side="right") - 1, 0, len(times) - 2)
    begin, end = np.asarray(times)[stage], np.asarray(times)[stage + 1]
    s = ((fine - begin) / (end - begin))[:, None]
    ease = s * s * (3 - 2 * s)
    along = place[stage] * (1 - ease) + place[stage + 1] * ease
    return Keyframes(times=fine, positions=along, quaternions=turns)


def coloured(look: Look, colour: Color) -> Look:
    """The look in another colour."""
    r, g, b = colour
    return replace(look, color=colour, accent=(0.75 * r, 0.75 * g, 0.75 * b))
