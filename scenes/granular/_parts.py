"""Shared builders of granular scenes: heaps of grains, vessels turned on a lathe, moving bodies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array, Geometry, TriangleMesh
from simgen.key import Key
from simgen.material import Look, Material, material
from simgen.particles import LOOSE, Inside, bulk_spacing, pack
from simgen.rotation import from_axis_angle as from_axis_angle
from simgen.rotation import multiply as multiply
from simgen.rotation import rotate as rotate
from simgen.scene import Domain, Element, Grains, Keyframes, Quaternion, RigidBody, Shape, Vector

GRAINS = (
    "dry_sand",
    "sugar",
    "rice",
    "wheat",
    "glass_beads",
    "gravel",
    "coffee_beans",
    "soybeans",
    "maize",
    "plastic_pellets",
    "iron_ore_pellets",
)
DYES = (
    (0.82, 0.16, 0.14),
    (0.93, 0.55, 0.1),
    (0.95, 0.8, 0.15),
    (0.2, 0.6, 0.25),
    (0.1, 0.55, 0.6),
    (0.13, 0.35, 0.75),
    (0.45, 0.2, 0.6),
    (0.9, 0.45, 0.6),
    (0.92, 0.91, 0.88),
    (0.15, 0.15, 0.17),
)
"""sRGB colours of dyed grains, as aquarium gravel and craft sand are sold in."""
DYE_WORDS = {
    "<0": "",
    "0": "red ",
    "1": "orange ",
    "2": "yellow ",
    "3": "green ",
    "4": "teal ",
    "5": "blue ",
    "6": "purple ",
    "7": "pink ",
    "8": "white ",
    "9": "black ",
}
"""What they are called, by their number; below zero grains have their own colour."""
UPRIGHT: Quaternion = (1.0, 0.0, 0.0, 0.0)
Part = tuple[Geometry, Vector, Quaternion]
"""Geometry and its pose in the body."""


def agree(one: str, many: str) -> dict[str, str]:
    """The form of a verb for each kind of grains: sand runs, beans run."""
    mass = ("dry_sand", "sugar", "rice", "wheat", "gravel", "maize")
    return {**dict.fromkeys(mass, one), "*": many}


def quaternion(values: Array) -> Quaternion:
    """Four numbers as a tuple."""
    w, x, y, z = (float(v) for v in values)
    return (w, x, y, z)


def turn(axis: Vector, angle: float) -> Quaternion:
    """About `axis` by `angle` [rad]."""
    return quaternion(from_axis_angle(axis, angle))


def vector(values: Array) -> Vector:
    """Three numbers as a tuple."""
    x, y, z = (float(v) for v in values)
    return (x, y, z)


def grain_look(stuff: Material, key: Key, dye: int = -1) -> Look:
    """The material's own look, or that look in one of DYES."""
    look = stuff.look(key.child("look"))
    return look if dye < 0 else replace(look, color=DYES[dye % len(DYES)], texture="plain")


def radius_for(volume: float, count: int) -> float:
    """Radius [m] of `count` spheres that lie loose in a volume [m^3]."""
    return (LOOSE * volume / (count * 4.0 / 3.0 * math.pi)) ** (1 / 3)


def heap(
    name: str,
    key: Key,
    stuff: Material,
    *,
    lower: Vector,
    upper: Vector,
    radius: float,
    domain: Domain,
    inside: Inside | None = None,
    spread: float = 0.12,
    look: Look | None = None,
    velocity: Vector = (0.0, 0.0, 0.0),
) -> Grains:
    """Grains that lie loose in a box, or where `inside` holds their centres."""
    points, sizes = pack(lower, upper, radius, key.child(name), spread=spread, inside=inside)
    return grains_at(name, key, stuff, points, sizes, radius, domain, look, velocity)


def grains_at(
    name: str,
    key: Key,
    stuff: Material,
    points: Array,
    sizes: Array,
    radius: float,
    domain: Domain,
    look: Look | None = None,
    velocity: Vector = (0.0, 0.0, 0.0),
) -> Grains:
    """Spheres at points as grains of a material."""
    return Grains(
        name=name,
        positions=points,
        radius=radius,
        spacing=bulk_spacing(radius),
        material=stuff,
        domain=domain,
        look=look or grain_look(stuff, key.child(name)),
        velocity=velocity,
        radii=sizes,
    )


def moved(grains: Grains, turned: Quaternion, shift: Array) -> Grains:
    """The grains turned about the origin, then shifted [m]."""
    return replace(grains, positions=rotate(np.asarray(turned), grains.positions) + shift)


def split(grains: Grains, chosen: NDArray[np.bool_], look: Look) -> list[Element]:
    """The grains in two elements: those not chosen, and the chosen ones in another look."""
    found: list[Element] = []
    for name, mask, seen in ((grains.name, ~chosen, grains.look), ("others", chosen, look)):
        radii = None if grains.radii is None else grains.radii[mask]
        part = replace(grains, name=name, positions=grains.positions[mask], radii=radii, look=seen)
        found.append(part)
    return found


def solid(
    name: str,
    key: Key,
    stuff: str,
    parts: Sequence[Part],
    *,
    position: Vector = (0.0, 0.0, 0.0),
    turned: Quaternion = UPRIGHT,
    path: Keyframes | None = None,
    dynamic: bool = False,
    color: tuple[float, float, float] | None = None,
    velocity: Vector = (0.0, 0.0, 0.0),
) -> RigidBody:
    """A body of one material: static, on a path, or free."""
    made_of = material(stuff)
    look = made_of.look(key.child(name))
    if color is not None:
        look = replace(look, color=color)
    shapes = tuple(
        Shape(geometry=g, material=made_of, look=look, position=p, quaternion=q)
        for g, p, q in parts
    )
    if path is not None:
        position = vector(path.positions[0])
        turned = turned if path.quaternions is None else quaternion(path.quaternions[0])
    return RigidBody(
        name=name,
        shapes=shapes,
        position=position,
        quaternion=turned,
        motion="kinematic" if path is not None else "dynamic" if dynamic else "static",
        keyframes=path,
        velocity=velocity,
    )


def at(geometry: Geometry, x: float, y: float, z: float, turned: Quaternion = UPRIGHT) -> Part:
    """A part at a place."""
    return (geometry, (x, y, z), turned)


def shell(profile: Sequence[tuple[float, float]], thickness: float, sides: int) -> TriangleMesh:
    """A vessel turned on a lathe about z: wall of `thickness` [m] outside a profile of inner radius
    and height (r, z), from bottom to top. Each flat between two profile points and two sides is one
    convex part, so that contact is exact."""
    inner = np.asarray(profile, float)
    normals = np.zeros_like(inner)
    slope = np.diff(inner, axis=0)
    out = np.stack([slope[:, 1], -slope[:, 0]], 1)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    normals[:-1] += out
    normals[1:] += out
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    outer = inner + thickness * normals
    outer[0, 1], outer[-1, 1] = inner[0, 1], inner[-1, 1]
    rings = len(inner)
    angle = 2 * math.pi * np.arange(sides) / sides
    loop = np.stack([np.cos(angle), np.sin(angle)], 1)

    def ring(points: Array) -> Array:
        flat = points[:, None, :1] / math.cos(math.pi / sides) * loop[None]
        high = np.broadcast_to(points[:, None, 1:], (*flat.shape[:2], 1))
        return np.concatenate([flat, high], 2)

    both = np.stack([ring(inner), ring(outer)])
    index = np.arange(2 * rings * sides).reshape(2, rings, sides)
    nxt = np.roll(index, -1, axis=2)
    hulls: list[Array] = []
    faces: list[tuple[int, int, int]] = []

    def quad(a: int, b: int, c: int, d: int) -> None:
        faces.extend([(a, b, c), (a, c, d)])

    flat = both.reshape(-1, 3)
    for s in range(sides):
        for k in range(rings - 1):
            i, o = index[0], index[1]
            ni, no = nxt[0], nxt[1]
            quad(i[k, s], i[k + 1, s], ni[k + 1, s], ni[k, s])
            quad(o[k, s], no[k, s], no[k + 1, s], o[k + 1, s])
            corners = [p[r, s] for p in (i, ni, o, no) for r in (k, k + 1)]
            hulls.append(flat[corners])
        quad(index[0, 0, s], nxt[0, 0, s], nxt[1, 0, s], index[1, 0, s])
        quad(index[0, -1, s], index[1, -1, s], nxt[1, -1, s], nxt[0, -1, s])
    return TriangleMesh(flat, np.array(faces, np.int32), hulls=tuple(hulls), smooth=sides >= 16)


def within(profile: Sequence[tuple[float, float]], margin: float) -> Inside:
    """Whether points lie in a vessel of that profile about z, `margin` [m] from its wall."""
    line = np.asarray(profile, float)

    def held(points: Array) -> NDArray[np.bool_]:
        p = np.stack([np.hypot(points[:, 0], points[:, 1]), points[:, 2]], 1)
        inside = p[:, 0] < np.interp(p[:, 1], line[:, 1], line[:, 0])
        for a, b in pairwise(line):
            along = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
            inside &= np.linalg.norm(p - a - along[:, None] * (b - a), axis=1) > margin
        return inside

    return held


def eased(times: Array, start: float, end: float) -> Array:
    """0 before `start`, 1 after `end` [s], smooth between."""
    s = np.clip((times - start) / max(end - start, 1e-6), 0.0, 1.0)
    return s * s * (3 - 2 * s)


def slide(times: Array, origin: Vector, way: Vector, share: Array) -> Keyframes:
    """From `origin` along `way` [m] by the share done at each time."""
    return Keyframes(
        times=times, positions=np.asarray(origin) + share[:, None] * np.asarray(way, float)
    )


def swing(
    times: Array, pivot: Vector, axis: Vector, angles: Array, first: Quaternion = UPRIGHT
) -> Keyframes:
    """Turns by `angles` [rad] about an axis through `pivot`, the origin of the body."""
    turns = [multiply(from_axis_angle(axis, float(a)), first) for a in angles]
    return Keyframes(
        times=times, positions=np.tile(pivot, (len(times), 1)), quaternions=np.array(turns)
    )


def prism(outline: Sequence[tuple[float, float]], near: float, far: float) -> TriangleMesh:
    """A convex outline (x, z), counter-clockwise seen from -y, drawn out in y from near to far."""
    flat = np.asarray(outline, float)
    count = len(flat)
    vertices = np.concatenate([np.insert(flat, 1, near, axis=1), np.insert(flat, 1, far, axis=1)])
    faces = [(0, k, k + 1) for k in range(1, count - 1)]
    faces += [(count, count + k + 1, count + k) for k in range(1, count - 1)]
    for k in range(count):
        n = (k + 1) % count
        faces += [(k, count + k, count + n), (k, count + n, n)]
    return TriangleMesh(vertices, np.array(faces, np.int32), smooth=False)
