"""Shared by the templates of matter that melts: pieces of it, and what they lie on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array, Box, Cylinder, TriangleMesh
from simgen.key import Key
from simgen.material import Look, material
from simgen.particles import Inside, fill
from simgen.rotation import rotate
from simgen.scene import Domain, Melt, Quaternion, RigidBody, Shape, ThermalBody, Vector
from simgen.scenes.thermodynamics._parts import part, ring, turn

Mask = NDArray[np.bool_]
"""(N,) whether each point is inside."""


@dataclass(frozen=True, kw_only=True)
class Substance:
    """What melts: the solid, the molten material and how much of it is seen."""

    solid: str
    molten: str
    film: float
    """Thickness of the squeezed film of melt under a piece [m]."""
    glossy: float = 0.08
    """Roughness of the melt."""
    shade: float = 0.92
    """Colour of the melt over that of the solid, where it keeps its hue."""
    own_color: bool = False
    """The melt has the colours of its own material."""

    def looks(self, key: Key) -> tuple[Look, Look]:
        """Of the solid and of the melt."""
        solid = material(self.solid).look(key.child("solid"))
        if self.own_color:
            return solid, material(self.molten).look(key.child("molten"))
        r, g, b = (self.shade * c for c in solid.color)
        return solid, replace(solid, color=(r, g, b), roughness=self.glossy)

    @property
    def conductance(self) -> float:
        """Of that film [W/(m^2 K)]."""
        (k,) = material(self.molten).require("thermal_conductivity")
        return k / self.film


CHOCOLATE = Substance(solid="food/chocolate", molten="liquid/chocolate", film=4e-4, glossy=0.1)
BUTTER = Substance(solid="food/butter", molten="liquid/butter", film=2e-4, own_color=True)
WAX = Substance(solid="food/paraffin_wax", molten="liquid/paraffin", film=1e-4)
ICE = Substance(solid="ice/ice", molten="liquid/water", film=1e-4, own_color=True)
"""Films: delta^3 = mu R^2 V / p of a piece of 1 cm that melts at V = 1 mm/s under its own weight p
(Bejan, J. Heat Transfer 111, 1989: squeeze flow), rounded."""


def block(size: Vector, round_off: float = 0.0) -> Inside:
    """A box of `size` [m] on z = 0 whose upright edges and top are rounded by `round_off` [m]."""
    half = np.asarray(size) / 2

    def inside(points: Array) -> Mask:
        q = np.abs(points[:, :2]) - half[:2] + round_off
        up = points[:, 2] - size[2] + round_off
        out = np.maximum(np.column_stack([q, up]), 0.0)
        return (np.linalg.norm(out, axis=1) <= max(round_off, 1e-9)) & (points[:, 2] > 0)

    return inside


def piece_points(
    key: Key, inside: Inside, size: Vector, spacing: float, *, position: Vector, yaw: float
) -> Array:
    """(N, 3) particles of a shape given about its foot, set down at `position`, turned by `yaw`."""
    low = (-size[0] / 2, -size[1] / 2, 0.0)
    high = (size[0] / 2, size[1] / 2, size[2])
    points = fill(low, high, spacing, key, inside=inside, jitter=0.08)
    shift = key.child("sideways").rng().uniform(-0.25, 0.25, (len(points), 2))
    points[:, :2] += spacing * shift  # no rows that melt and flow as combs; layers stay flat
    return rotate(turn((0.0, 0.0, 1.0), yaw), points) + np.asarray(position)


def tilted(points: Array, slope: Quaternion, pivot: Vector) -> Array:
    """Points that lie on a level plate, when the plate is turned by `slope` about `pivot`."""
    return rotate(slope, points - np.asarray(pivot)) + np.asarray(pivot)


def make_melt(
    key: Key,
    name: str,
    stuff: Substance,
    points: Array,
    spacing: float,
    domain: Domain,
    temperature: float,
) -> Melt:
    """The element of a piece."""
    solid, molten = stuff.looks(key.child("look"))
    return Melt(
        name=name,
        positions=points,
        spacing=spacing,
        material=material(stuff.solid),
        molten=material(stuff.molten),
        domain=domain,
        temperature=temperature,
        look=solid,
        molten_look=molten,
        contact_conductance=stuff.conductance,
    )


def wall(outer: float, inner: float, height: float, sectors: int = 24) -> TriangleMesh:
    """An upright ring [m] on z = 0 that matter touches from inside, too.

    Its hulls overlap: where they only met, what is near the joint would be pushed along the wall
    instead of off it."""
    edges = np.arange(sectors + 1) * (2 * math.pi / sectors)
    rim = np.stack([np.cos(edges), np.sin(edges)], 1)
    hulls: list[Array] = []
    for a, b in pairwise(rim):
        thick = outer + 0.02  # to the outside, where nothing else is: it holds what slides
        more = (b - a) / 2
        flat = np.array([(a - more) * inner, (a - more) * thick])
        flat = np.concatenate([flat, [(b + more) * inner, (b + more) * thick]])
        hulls.append(np.concatenate([np.c_[flat, np.full(4, z)] for z in (0.0, height)]))
    return replace(ring(outer, inner, height), hulls=tuple(hulls))


def pan(
    key: Key,
    metal: str,
    radius: float,
    temperature: float,
    *,
    thickness: float = 0.004,
    rim: float = 0.018,
    base: Vector = (0.0, 0.0, 0.0),
    slope: Quaternion = (1.0, 0.0, 0.0, 0.0),
    handle_yaw: float = 0.0,
) -> tuple[ThermalBody, RigidBody]:
    """A frying pan [m, K]: its heated bottom, top face centred on `base`; its rim and handle.

    The bottom reaches under the rim: a seam between them would swallow what flows into it."""
    bottom = part(key.child("pan"), Cylinder(radius + 0.002, thickness), metal)
    center = np.asarray(base) - rotate(slope, np.array([0.0, 0.0, thickness / 2]))
    x, y, z = (float(v) for v in center)
    hot = ThermalBody(
        name="pan",
        body=RigidBody(
            name="pan", shapes=(bottom,), position=(x, y, z), quaternion=slope, motion="static"
        ),
        temperature=temperature,
        cell=max(radius / 24, thickness / 2),
        contact_conductance=20_000.0,
    )
    long, w = 1.1 * radius, 0.16 * radius
    yaw = turn((0.0, 0.0, 1.0), handle_yaw)
    at = rotate(yaw, np.array([radius + 0.002 + long / 2, 0.0, 0.75 * rim]))
    ax, ay, az = (float(v) for v in at)
    side = wall(radius + 0.003, radius, thickness + rim)
    shapes: tuple[Shape, ...] = (
        replace(bottom, geometry=side, position=(0.0, 0.0, -thickness)),
        part(key, Box((long, w, 0.35 * w)), "plastic/abs", position=(ax, ay, az), quaternion=yaw),
    )
    return hot, RigidBody(
        name="pan_side", shapes=shapes, position=base, quaternion=slope, motion="static"
    )


def share_of(total: float, count: int) -> float:
    """Spacing [m] at which `count` particles fill a volume `total` [m^3]."""
    return float((total / count) ** (1 / 3))


def around(points: Array, margin: float, floor: float, height: float) -> Domain:
    """A domain [m] about pieces and the ground they may flow over."""
    low, high = points.min(0) - margin, points.max(0) + margin
    return Domain(
        lower=(float(low[0]), float(low[1]), floor),
        upper=(float(high[0]), float(high[1]), float(points[:, 2].max()) + height),
    )


def lattice_angle(count: int, n: int, rng: np.random.Generator) -> float:
    """Direction of the n-th of `count` things spread about a centre [rad]."""
    return 2 * math.pi * (n + float(rng.uniform(-0.15, 0.15))) / count


def hot_plate(
    key: Key,
    metal: str,
    form: str,
    size: float,
    temperature: float,
    *,
    height: float,
    thickness: float = 0.006,
    support: str = "stone/granite",
) -> tuple[ThermalBody, RigidBody]:
    """A hot plate, a "disc" or "square" of `size` [m] across with its face at z = `height`, on a
    foot of another material."""
    solid = Cylinder(size / 2, thickness) if form == "disc" else Box((size, size, thickness))
    low = height - thickness
    foot = Cylinder(0.42 * size, low) if form == "disc" else Box((0.85 * size, 0.85 * size, low))
    hot = ThermalBody(
        name="plate",
        body=RigidBody(
            name="plate",
            shapes=(part(key.child("plate"), solid, metal),),
            position=(0.0, 0.0, height - thickness / 2),
            motion="static",
        ),
        temperature=temperature,
        cell=size / 40,
        contact_conductance=20_000.0,
    )
    return hot, RigidBody(
        name="foot",
        shapes=(part(key.child("foot"), foot, support),),
        position=(0.0, 0.0, low / 2),
        motion="static",
    )


def spread_out(
    count: int, gap: float, rng: np.random.Generator, *, skew: float = 0.15
) -> list[tuple[float, float]]:
    """Places about the origin [m] at least about `gap` apart: one, a pair, or a ring, maybe with
    one in the middle."""
    if count == 1:
        return [(0.0, 0.0)]
    outer = count - 1 if count >= 5 else count
    radius = max(gap / (2 * math.sin(math.pi / outer)), gap if count >= 5 else 0.0)
    first = float(rng.uniform(0, 2 * math.pi))
    found = [(0.0, 0.0)] if count >= 5 else []
    for n in range(outer):
        angle = first + 2 * math.pi * (n + float(rng.uniform(-skew, skew)) / 4) / outer
        found.append((radius * math.cos(angle), radius * math.sin(angle)))
    return found
