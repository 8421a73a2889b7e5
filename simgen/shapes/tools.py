"""Tools and hardware: hammer, wrench, screwdriver, gear, nut, bolt. They lie along x on z = 0."""

from __future__ import annotations

import math

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import Array, TriangleMesh
from simgen.rotation import from_axis_angle
from simgen.shapes.build import box, joined, loft, moved, positive, prism, ring, solid, turned

LIE = from_axis_angle((0, 1, 0), math.pi / 2)
"""Turns +z to +x."""


def hammer(*, length: float = 0.3, head: float = 0.11, thickness: float = 0.03) -> TriangleMesh:
    """A hammer: round handle along x of `length` [m], a head across y with a tapered peen."""
    positive(length=length, head=head, thickness=thickness)
    r, t = 0.42 * thickness, thickness
    handle = turned(
        [
            (0.0, 0.0),
            (0.9 * r, 0.0),
            (r, 0.05 * length),
            (0.8 * r, 0.5 * length),
            (0.62 * r, length - 0.4 * t),
            (0.0, length - 0.4 * t),
        ],
        segments=24,
    )
    handle = moved(handle, position=(0, 0, 0.5 * t), quaternion=LIE)
    core = box((t, 0.6 * head, t), center=(length - 0.5 * t, 0.02 * head, 0.5 * t))
    face = turned(
        [(0, 0), (0.62 * t, 0), (0.62 * t, 0.14 * head), (0.4 * t, 0.22 * head), (0, 0.22 * head)]
    )
    face = moved(
        face,
        position=(length - 0.5 * t, -0.5 * head, 0.5 * t),
        quaternion=from_axis_angle((1, 0, 0), -math.pi / 2),
    )
    x, y0, y1 = length - 0.5 * t, 0.3 * head, 0.5 * head
    peen = solid(
        [(x + sx * 0.48 * t, y0, 0.5 * t + sz * 0.48 * t) for sx in (-1, 1) for sz in (-1, 1)]
        + [(x + sx * 0.48 * t, y1, 0.5 * t + sz * 0.1 * t) for sx in (-1, 1) for sz in (-1, 1)]
    )
    return joined(handle, core, face, peen)


def wrench(*, length: float = 0.2, width: float = 0.042, thickness: float = 0.009) -> TriangleMesh:
    """A combination wrench: an open jaw at +x, a ring at the other end."""
    positive(length=length, width=width, thickness=thickness)
    if length < 3 * width:
        raise SimgenError(f"wrench: length {length} must be at least 3 widths ({width})")
    outer, t = width / 2, thickness
    jaw = ring(
        [(0.5 * outer, 0), (outer, 0), (outer, t), (0.5 * outer, t)],
        wedges=8,
        start=math.radians(50),
        end=math.radians(310),
    )
    eye = ring([(0.48 * outer, 0), (0.85 * outer, 0), (0.85 * outer, t), (0.48 * outer, t)])
    span = length - 2 * outer
    left, right = -0.5 * span, 0.5 * span
    low, high = left + 0.7 * outer, right - 0.75 * outer
    bar = box((high - low, 0.45 * width, 0.6 * t), center=((low + high) / 2, 0.0, 0.5 * t))
    return joined(moved(jaw, position=(right, 0, 0)), moved(eye, position=(left, 0, 0)), bar)


def screwdriver(*, length: float = 0.2, radius: float = 0.014) -> TriangleMesh:
    """A screwdriver along x on its grip of `radius` [m]; shaft and flat blade towards +x."""
    positive(length=length, radius=radius)
    r, grip, shaft = radius, 0.45 * length, 0.22 * radius
    handle = turned(
        [
            (0, 0),
            (0.7 * r, 0),
            (r, 0.08 * grip),
            (r, 0.6 * grip),
            (0.72 * r, 0.82 * grip),
            (0.85 * r, grip),
            (0, grip),
        ],
        segments=16,
    )
    rod = turned(
        [(0, 0.9 * grip), (shaft, 0.9 * grip), (shaft, 0.93 * length), (0, 0.93 * length)],
        segments=16,
    )
    x0, x1 = 0.92 * length, length
    blade = solid(
        [(x0, sy * 1.2 * shaft, sz * 0.9 * shaft) for sy in (-1, 1) for sz in (-1, 1)]
        + [(x1, sy * 1.6 * shaft, sz * 0.25 * shaft) for sy in (-1, 1) for sz in (-1, 1)]
    )
    whole = joined(moved(handle, quaternion=LIE), moved(rod, quaternion=LIE), blade)
    return moved(whole, position=(0, 0, r))


def gear(
    *, radius: float = 0.05, teeth: int = 12, thickness: float = 0.015, bore: float = 0.25
) -> TriangleMesh:
    """A spur gear flat on z = 0 with a hole of `bore` times its tip `radius` [m]."""
    positive(radius=radius, teeth=teeth, thickness=thickness, bore=bore)
    if teeth < 5 or bore > 0.6:
        raise SimgenError(f"gear: needs teeth >= 5 and bore <= 0.6, got {teeth} and {bore}")
    root, hole = 0.8 * radius, bore * radius
    step = 2 * math.pi / teeth
    shares = np.array([-0.5, -0.28, -0.16, 0.16, 0.28])
    radii = np.array([root, root, radius, radius, root])
    angles = (np.arange(teeth)[:, None] + shares).ravel() * step
    reach = np.tile(radii, teeth)

    def circle_of(r: Array | float, z: float) -> Array:
        return np.stack([r * np.cos(angles), r * np.sin(angles), np.full(len(angles), z)], -1)

    hulls: list[Array] = []
    for i in range(teeth):
        a = (i + np.array([-0.5, 0.0, 0.5])) * step
        b = (i + shares[1:]) * step
        body = [(r * math.cos(x), r * math.sin(x)) for r in (hole, root) for x in a]
        tooth = [(r * math.cos(x), r * math.sin(x)) for r, x in zip(radii[1:], b)]
        tooth += [(0.85 * root * math.cos(x), 0.85 * root * math.sin(x)) for x in (b[0], b[-1])]
        hulls += [
            np.array([(x, y, z) for x, y in part for z in (0.0, thickness)])
            for part in (body, tooth)
        ]
    rings = [
        circle_of(r, z) for r, z in ((reach, 0), (reach, thickness), (hole, thickness), (hole, 0))
    ]
    return loft(rings, wrap=True, hulls=hulls, smooth=False)


def nut(*, width: float = 0.03, thickness: float = 0.013, bore: float = 0.55) -> TriangleMesh:
    """A hexagonal nut, `width` [m] across its corners, with a round hole."""
    positive(width=width, thickness=thickness, bore=bore)
    count, sides, hole = 24, 6, 0.5 * bore * width
    a = np.arange(count) * (2 * math.pi / count)
    sector = math.pi / sides
    hexagon = 0.5 * width * math.cos(sector) / np.cos(a % (2 * sector) - sector)

    def around(r: Array | float, z: float) -> Array:
        return np.stack([r * np.cos(a), r * np.sin(a), np.full(count, z)], -1)

    loops = ((hexagon, 0.0), (hexagon, thickness), (hole, thickness), (hole, 0.0))
    rings = [around(r, z) for r, z in loops]
    if float(np.min(hexagon)) <= hole:
        raise SimgenError(f"nut: bore {bore} leaves no wall; use at most 0.8")
    hulls: list[Array] = []
    for i in range(sides):
        pick = (np.arange(5) + 4 * i) % count
        hulls.append(np.concatenate([r[pick] for r in rings]))
    return loft(rings, wrap=True, hulls=hulls, smooth=True)


def bolt(*, length: float = 0.06, radius: float = 0.006) -> TriangleMesh:
    """A hexagon-head bolt standing on its head; `radius` [m] of the shank."""
    positive(length=length, radius=radius)
    a = np.arange(6) * (math.pi / 3)
    head = prism(2.0 * radius * np.stack([np.cos(a), np.sin(a)], -1), 1.4 * radius)
    z = 1.3 * radius
    shank = turned(
        [(0, z), (radius, z), (radius, length - 0.5 * radius), (0.6 * radius, length), (0, length)],
        segments=24,
    )
    return joined(head, shank)
