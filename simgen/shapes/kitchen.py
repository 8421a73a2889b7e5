"""Kitchen ware, hollow where it should be. Base on z = 0, axis z, metres."""

from __future__ import annotations

import math

import numpy as np

from simgen.errors import SimgenError
from simgen.geometry import Array, TriangleMesh
from simgen.shapes.build import WEDGES, joined, moved, positive, solid, tube, turned, vessel


def _smooth(points: list[tuple[float, float]], count: int) -> Array:
    """A monotone curve r(z) through (r, z) points, rising in z, as (count, 2)."""
    from scipy.interpolate import PchipInterpolator

    r, z = np.array(points, float).T
    heights = np.linspace(float(z[0]), float(z[-1]), count)
    return np.stack([PchipInterpolator(z, r)(heights), heights], -1)


def _wall(foot: float, wall: Array) -> Array:
    """An outer profile: a flat floor of radius `foot` from the axis, then the wall."""
    return np.concatenate([[[0.0, 0.0], [0.5 * foot, 0.0], [0.92 * foot, 0.0]], wall])


def cup(
    *,
    radius: float = 0.038,
    height: float = 0.095,
    taper: float = 0.78,
    thickness: float = 0.002,
    wedges: int = WEDGES,
) -> TriangleMesh:
    """A tumbler open at the top; `taper` is the foot's radius over the rim's `radius` [m]."""
    positive(radius=radius, height=height, taper=taper, thickness=thickness)
    foot = taper * radius
    z = np.linspace(0.0, 1.0, 5)
    wall = np.stack([foot + (radius - foot) * z, 0.02 * height + 0.98 * height * z], -1)
    outer = np.concatenate([[[0.0, 0.0], [0.5 * foot, 0.0], [0.97 * foot, 0.0]], wall])
    mesh = vessel(outer, thickness=thickness, base=3, slices=1, wedges=wedges)
    return _fit_height(mesh, height)


def _fit_height(mesh: TriangleMesh, height: float) -> TriangleMesh:
    """Scaled along z so that the rounded rim ends at exactly `height` [m]."""
    return moved(mesh, scale=(1.0, 1.0, height / float(mesh.vertices[:, 2].max())))


def mug(
    *,
    radius: float = 0.041,
    height: float = 0.095,
    thickness: float = 0.004,
    handle: float = 0.6,
    wedges: int = WEDGES,
) -> TriangleMesh:
    """A mug with a handle towards +x; `handle` is the handle's height over the mug's."""
    positive(radius=radius, height=height, thickness=thickness, handle=handle)
    z = np.array([0.03, 0.06, 0.25, 0.5, 0.75, 1.0]) * height
    wall = np.stack([np.array([0.96, 1.0, 1.0, 1.0, 1.0, 1.0]) * radius, z], -1)
    body = _fit_height(
        vessel(_wall(radius, wall), thickness=thickness, base=4, slices=1, wedges=wedges), height
    )
    a = np.linspace(-0.5 * math.pi, 0.5 * math.pi, 13)
    reach, tall = 0.62 * radius, 0.5 * handle * height
    arc = np.stack([radius + reach * np.cos(a), 0 * a, 0.52 * height + tall * np.sin(a)], -1)
    inside = radius - 0.5 * thickness
    path = np.concatenate([[[inside, 0.0, arc[0, 2]]], arc, [[inside, 0.0, arc[-1, 2]]]])
    return joined(body, tube(path, 0.13 * radius, sides=12, hulls=5))


def bowl(
    *, radius: float = 0.075, height: float = 0.06, thickness: float = 0.004, wedges: int = WEDGES
) -> TriangleMesh:
    """A round bowl open at the top; `radius` [m] at the rim."""
    positive(radius=radius, height=height, thickness=thickness)
    a = np.linspace(0.0, 0.5 * math.pi, 13)
    foot = 0.4 * radius
    wall = np.stack([foot + (radius - foot) * np.sin(a), height * (1 - np.cos(a))], -1)
    wall[0, 1] = 0.0
    outer = np.concatenate([[[0.0, 0.0], [0.5 * foot, 0.0]], wall])
    return _fit_height(vessel(outer, thickness=thickness, base=2, slices=3, wedges=wedges), height)


def plate(
    *, radius: float = 0.12, height: float = 0.022, thickness: float = 0.004, wedges: int = WEDGES
) -> TriangleMesh:
    """A dinner plate with a raised rim."""
    positive(radius=radius, height=height, thickness=thickness)
    wall = _smooth(
        [(0.62 * radius, 0.0), (0.72 * radius, 0.35 * height), (radius, height - thickness)], 7
    )
    outer = np.concatenate([[[0.0, 0.0], [0.3 * radius, 0.0], [0.55 * radius, 0.0]], wall])
    return _fit_height(vessel(outer, thickness=thickness, base=3, slices=2, wedges=wedges), height)


def vase(
    *,
    radius: float = 0.06,
    height: float = 0.2,
    neck: float = 0.45,
    thickness: float = 0.005,
    wedges: int = WEDGES,
) -> TriangleMesh:
    """A vase with a belly of `radius` [m] and an open neck of `neck` times that radius."""
    positive(radius=radius, height=height, neck=neck, thickness=thickness)
    r, h = radius, height
    wall = _smooth([(0.6 * r, 0.0), (r, 0.38 * h), (neck * r, 0.8 * h), (1.25 * neck * r, h)], 21)
    return _fit_height(
        vessel(_wall(0.6 * r, wall), thickness=thickness, base=3, slices=4, wedges=wedges), height
    )


def wine_glass(
    *,
    radius: float = 0.036,
    height: float = 0.18,
    thickness: float = 0.002,
    wedges: int = WEDGES,
) -> TriangleMesh:
    """A stemmed glass: a hollow bowl over a stem on a round foot."""
    positive(radius=radius, height=height, thickness=thickness)
    stem, r = 0.48 * height, 0.1 * radius
    bowl_height = height - stem
    wall = _smooth(
        [
            (0.3 * radius, 0.0),
            (0.85 * radius, 0.25 * bowl_height),
            (radius, 0.5 * bowl_height),
            (0.8 * radius, bowl_height),
        ],
        17,
    )
    outer = np.concatenate([[[0.0, 0.0], [0.15 * radius, 0.0]], wall])
    top = vessel(outer, thickness=thickness, base=2, slices=3, wedges=wedges)
    top = moved(_fit_height(top, bowl_height), position=(0, 0, stem))
    foot = turned(
        [
            (0.0, 0.0),
            (0.9 * radius, 0.0),
            (0.9 * radius, 0.012 * height),
            (2.2 * r, 0.05 * height),
            (r, 0.1 * height),
            (r, 0.4 * height),
            (2.0 * r, stem + 0.5 * thickness),
        ]
    )
    return joined(foot, top)


def bottle(*, radius: float = 0.036, height: float = 0.24, neck: float = 0.38) -> TriangleMesh:
    """A stoppered bottle, solid for contact and mass; `neck` is its neck's radius over `radius`."""
    positive(radius=radius, height=height, neck=neck)
    r, h = radius, height
    shoulder = [
        (r * (neck + (1 - neck) * 0.5 * (1 + math.cos(math.pi * s))), h * (0.58 + 0.18 * s))
        for s in np.linspace(0, 1, 7)
    ]
    cap = [
        (neck * r, 0.89 * h),
        (1.18 * neck * r, 0.9 * h),
        (1.18 * neck * r, 0.985 * h),
        (neck * r, h),
        (0.0, h),
    ]
    base = [(0.0, 0.0), (0.9 * r, 0.0), (r, 0.012 * h), (r, 0.3 * h)]
    return turned([*base, *shoulder, *cap])


def can(*, radius: float = 0.033, height: float = 0.115) -> TriangleMesh:
    """A drinks can, full: tapered at both ends, rolls on its side."""
    positive(radius=radius, height=height)
    r, h = radius, height
    return turned(
        [
            (0.0, 0.0),
            (0.8 * r, 0.0),
            (r, 0.07 * h),
            (r, 0.9 * h),
            (0.84 * r, 0.97 * h),
            (0.84 * r, h),
            (0.0, h),
        ],
        tolerance=0.001,
    )


def pan(
    *,
    radius: float = 0.11,
    height: float = 0.045,
    thickness: float = 0.004,
    handle: float = 0.17,
    wedges: int = WEDGES,
) -> TriangleMesh:
    """A frying pan; its handle of length `handle` [m] points to +x."""
    positive(radius=radius, height=height, thickness=thickness, handle=handle)
    wall = _smooth([(0.8 * radius, 0.0), (0.92 * radius, 0.3 * height), (radius, height)], 6)
    body = vessel(_wall(0.8 * radius, wall), thickness=thickness, base=3, slices=1, wedges=wedges)
    start = radius - 0.3 * thickness
    path = np.linspace((start, 0, 0.8 * height), (start + handle, 0, 1.15 * height), 8)
    width = 0.011 * np.array([0.7, 0.9, 1.0, 1.0, 1.0, 1.0, 1.05, 0.8])
    return joined(_fit_height(body, height), tube(path, width, sides=12, hulls=2))


def spoon(*, length: float = 0.19, width: float = 0.04, wedges: int = 8) -> TriangleMesh:
    """A spoon along x: a hollow oval bowl at the origin, a flat handle towards +x."""
    positive(length=length, width=width)
    if width > 0.4 * length:
        raise SimgenError(f"spoon: width {width} must be at most 0.4 of length {length}")
    half, thick = width / 2, 0.07 * width
    a = np.linspace(0.0, 0.5 * math.pi, 9)
    wall = np.stack([half * (0.35 + 0.65 * np.sin(a)), 0.28 * width * (1 - np.cos(a))], -1)
    outer = np.concatenate([[[0.0, 0.0], [0.2 * half, 0.0]], wall])
    scoop = vessel(outer, thickness=thick, base=2, slices=2, wedges=wedges)
    scoop = moved(scoop, scale=(1.35, 1.0, 1.0))
    top, rim = float(scoop.vertices[:, 2].max()), 1.35 * half
    x = np.array([rim - 0.7 * thick, rim + 0.2 * (length - rim), length - rim])
    y = np.array([0.12, 0.1, 0.22]) * width
    z = np.array([top - 0.6 * thick, top + 0.02 * length, top - 0.01 * length])
    corners = [
        [(x[i], s * y[i], z[i] + u * 0.5 * thick) for s in (-1, 1) for u in (-1, 1)]
        for i in range(3)
    ]
    handle = [solid(corners[0] + corners[1]), solid(corners[1] + corners[2])]
    grown = moved(handle[1], position=(-0.002 * length, 0.0, 0.0))
    return joined(scoop, handle[0], grown)
