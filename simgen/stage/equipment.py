"""What people put up in gardens, streets and on playgrounds and beaches, each on z = 0."""

from __future__ import annotations

import math

import numpy as np

from simgen import shapes
from simgen.geometry import Array, Box, Cylinder, Sphere
from simgen.shapes import build
from simgen.stage import foliage
from simgen.stage.kit import Kit, turned_about
from simgen.stage.place import Part

LYING = turned_about((0.0, 1.0, 0.0), math.pi / 2)
"""Lays a cylinder along x."""


def slide(kit: Kit) -> list[Part]:
    """A slide with its ladder."""
    h, run, wide = kit.u(1.2, 1.9), kit.u(1.8, 2.6), 0.5
    slope = math.atan2(h - 0.2, run)
    tilt = turned_about((1.0, 0.0, 0.0), slope)
    long = math.hypot(run, h - 0.2)
    chute = shapes.channel(length=long, width=wide, height=0.16, thickness=0.02)
    chute = build.moved(chute, quaternion=turned_about((0.0, 0.0, 1.0), math.pi / 2))
    parts = [kit.part(chute, kit.pick("metal/stainless_steel", "machine_paint"),
                      (0.0, -0.1, (h + 0.2) / 2), tilt)]  # fmt: skip
    top = run / 2 - 0.1
    for x in (-0.28, 0.28):
        for y in (top + 0.05, top + 0.6):
            parts.append(kit.part(Cylinder(0.03, h + 0.7), "machine_paint", (x, y, (h + 0.7) / 2)))
    parts.append(kit.part(Box((0.56, 0.6, 0.04)), "wood/pine", (0.0, top + 0.32, h)))
    for z in np.arange(0.25, h, 0.25):
        parts.append(
            kit.part(Cylinder(0.02, 0.56), "metal/steel", (0.0, top + 0.6, float(z)), LYING)
        )
    return parts


def swing(kit: Kit) -> list[Part]:
    """A frame with two swings at rest."""
    h, w = kit.u(1.9, 2.3), kit.u(2.0, 2.8)
    parts = [kit.part(Cylinder(0.045, w + 0.2), "machine_paint", (0.0, 0.0, h), LYING)]
    for x in (-w / 2, w / 2):
        for s in (-1, 1):
            leg = math.hypot(h, 0.7)
            tilt = turned_about((1.0, 0.0, 0.0), s * math.atan2(0.7, h))
            parts.append(
                kit.part(Cylinder(0.045, leg), "machine_paint", (x, -s * 0.35, h / 2), tilt)
            )
    for x in (-w / 4, w / 4):
        parts += [
            kit.part(Cylinder(0.008, h - 0.45), "metal/steel", (x + d, 0.0, (h + 0.45) / 2))
            for d in (-0.2, 0.2)
        ]
        parts.append(kit.part(Box((0.44, 0.18, 0.03)), "rubber/natural", (x, 0.0, 0.45)))
    return parts


def climbing_frame(kit: Kit) -> list[Part]:
    """A cube of bars."""
    n, cell = int(kit.rng.integers(2, 4)), kit.u(0.5, 0.7)
    span = n * cell
    parts: list[Part] = []
    levels = np.arange(n + 1) * cell
    facing = turned_about((1.0, 0.0, 0.0), math.pi / 2)
    for a in levels - span / 2:
        for b in levels - span / 2:
            x, y = float(a), float(b)
            parts.append(kit.part(Cylinder(0.022, span), "machine_paint", (x, y, span / 2)))
            z = y + span / 2
            if z > 0.1:
                parts.append(kit.part(Cylinder(0.02, span), "metal/steel", (x, 0.0, z), facing))
                parts.append(kit.part(Cylinder(0.02, span), "metal/steel", (0.0, x, z), LYING))
    return parts


def spring_rocker(kit: Kit) -> list[Part]:
    """A seat on a spring."""
    body = build.moved(shapes.cushion(width=0.5, height=0.3), scale=(1.5, 0.6, 1.0))
    return [
        kit.part(Cylinder(0.08, 0.4), "metal/steel", (0.0, 0.0, 0.2)),
        kit.part(body, "machine_paint", (0.0, 0.0, 0.4)),
        kit.part(Sphere(0.14), "machine_paint", (0.38, 0.0, 0.78)),
        kit.part(Cylinder(0.015, 0.4), "metal/steel", (0.2, 0.0, 0.85),
                 turned_about((1.0, 0.0, 0.0), math.pi / 2)),
    ]  # fmt: skip


def park_bench(kit: Kit) -> list[Part]:
    """A bench of slats; its back at +y."""
    w, wood, iron = kit.u(1.4, 1.9), kit.pick("wood/oak", "wood/pine", "gloss_paint"), "metal/steel"
    parts = [
        kit.part(Box((w, 0.09, 0.03)), wood, (0.0, y, 0.44)) for y in (-0.17, -0.06, 0.05, 0.16)
    ]
    parts += [kit.part(Box((w, 0.025, 0.09)), wood, (0.0, 0.25, z)) for z in (0.6, 0.72, 0.84)]
    for x in (-0.4 * w, 0.4 * w):
        parts.append(kit.part(Box((0.05, 0.45, 0.04)), iron, (x, 0.0, 0.4)))
        parts.append(kit.part(Box((0.05, 0.05, 0.42)), iron, (x, -0.18, 0.21)))
        parts.append(kit.part(Box((0.05, 0.05, 0.9)), iron, (x, 0.22, 0.45)))
    return parts


def lamp_post(kit: Kit) -> list[Part]:
    """A street lamp that is off."""
    h, name = kit.u(3.5, 5.0), kit.pick("metal/cast_iron", "machine_paint", "metal/steel")
    return [
        kit.part(Cylinder(0.045, h), name, (0.0, 0.0, h / 2)),
        kit.part(Cylinder(0.09, 0.5), name, (0.0, 0.0, 0.25)),
        kit.part(shapes.cone(radius=0.25, height=0.22, tip=0.2), name, (0.0, 0.0, h)),
    ]


def bollard(kit: Kit) -> list[Part]:
    """A post that keeps cars away."""
    h, r = kit.u(0.7, 1.0), kit.u(0.05, 0.09)
    name = kit.pick("metal/cast_iron", "machine_paint", "stone/concrete")
    return [kit.part(Cylinder(r, h), name, (0.0, 0.0, h / 2)), kit.part(Sphere(r), name, (0, 0, h))]


def bin_(kit: Kit) -> list[Part]:
    """A litter bin."""
    h, r, name = kit.u(0.7, 0.95), kit.u(0.18, 0.26), kit.pick("machine_paint", "metal/steel")
    return [
        kit.part(Cylinder(r, h), name, (0.0, 0.0, h / 2)),
        kit.part(shapes.hoop(radius=1.08 * r, width=0.08), name, (0.0, 0.0, h)),
    ]


def street_tree(kit: Kit) -> list[Part]:
    """A tree in a square of earth."""
    h = kit.u(3.5, 5.5)
    crown = foliage.crown(kit.rng, radius=0.28 * h, height=0.3 * h)
    return [
        kit.part(Box((0.9, 0.9, 0.02)), "earth", (0.0, 0.0, 0.01)),
        kit.part(Cylinder(0.07, 0.7 * h), "bark", (0.0, 0.0, 0.35 * h)),
        kit.part(crown, "leaf", (0.0, 0.0, 0.75 * h), texture="grass", scale=0.8),
    ]


def car(kit: Kit) -> list[Part]:
    """A parked car along x, as rounded blocks."""
    w, h = kit.u(3.8, 4.5), kit.u(1.4, 1.6)
    body = shapes.bevelled_box(size=(w, 1.75, 0.5 * h), bevel=0.14)
    low, high, half = 0.62 * h, h, 0.28 * w
    cabin = build.solid(
        [(sx * x, sy * y, z) for x, y, z in ((half, 0.8, 0.0), (0.68 * half, 0.64, high - low))
         for sx in (-1, 1) for sy in (-1, 1)]
    )  # fmt: skip
    wheel = shapes.tyre(radius=0.31, width=0.2)
    stand = turned_about((1.0, 0.0, 0.0), math.pi / 2)
    parts = [
        kit.part(body, "machine_paint", (0.0, 0.0, 0.2 + 0.25 * h)),
        kit.part(cabin, "pane", (-0.04 * w, 0.0, low)),
        kit.part(Box((1.25 * half, 1.24, 0.03)), "machine_paint", (-0.04 * w, 0.0, high)),
    ]
    for x in (-0.31 * w, 0.31 * w):
        for y in (-0.68, 0.88):
            parts.append(
                kit.part(wheel, "rubber/natural", (x, y, 0.31), stand, color=(0.06, 0.06, 0.065))
            )
            hub = (x, y - 0.1, 0.31)
            parts.append(kit.part(Cylinder(0.2, 0.19), "metal/aluminium", hub, stand))
    return parts


def shed(kit: Kit) -> list[Part]:
    """A garden shed of boards."""
    w, d, h = kit.u(2.0, 3.2), kit.u(1.8, 2.4), kit.u(1.9, 2.3)
    wood = kit.pick("wood/pine", "wood/oak", "gloss_paint")
    gable = shapes.fulcrum(length=w + 0.3, width=d + 0.4, height=0.7)
    turn = turned_about((0.0, 0.0, 1.0), math.pi / 2)
    return [
        kit.part(Box((w, d, h)), wood, (0.0, 0.0, h / 2), texture="planks", scale=0.14),
        kit.part(gable, "bitumen", (0.0, 0.0, h), turn),
        kit.part(Box((0.85, 0.04, 1.85)), "gloss_paint", (0.2 * w, -d / 2 - 0.01, 0.93)),
        kit.part(Box((0.6, 0.04, 0.5)), "pane", (-0.25 * w, -d / 2 - 0.01, 1.3)),
    ]


def parasol(kit: Kit) -> list[Part]:
    """An open sunshade."""
    r, h = kit.u(0.9, 1.3), kit.u(1.8, 2.2)
    top = shapes.regular_prism(sides=8, radius=r, height=0.02)
    roof = shapes.pyramid(sides=8, radius=r, height=0.35 * r)
    return [
        kit.part(Cylinder(0.02, h), "wood/beech", (0.0, 0.0, h / 2)),
        kit.part(roof, "cushion", (0.0, 0.0, h - 0.3 * r), texture="stripes", scale=0.3),
        kit.part(top, "cushion", (0.0, 0.0, h - 0.31 * r), texture="stripes", scale=0.3),
    ]


def deck_chair(kit: Kit) -> list[Part]:
    """A folding chair with a cloth."""
    back = turned_about((1.0, 0.0, 0.0), 0.75)
    seat = turned_about((1.0, 0.0, 0.0), 0.25)
    parts = [
        kit.part(Box((0.5, 0.7, 0.008)), "cushion", (0.0, 0.42, 0.55), back),
        kit.part(Box((0.5, 0.55, 0.008)), "cushion", (0.0, -0.08, 0.27), seat),
    ]
    for x in (-0.27, 0.27):
        parts.append(kit.part(Box((0.03, 1.35, 0.04)), "wood/beech", (x, 0.18, 0.42), back))
        parts.append(
            kit.part(Box((0.03, 1.0, 0.04)), "wood/beech", (x, 0.05, 0.22),
                     turned_about((1.0, 0.0, 0.0), -0.35))
        )  # fmt: skip
    return parts


def rowing_boat(kit: Kit) -> list[Part]:
    """A boat drawn up on the sand."""
    rings: list[Array] = []
    for s in np.linspace(-1.0, 1.0, 15):
        wide = 0.62 * (1 - abs(s) ** 2.2) + 0.04
        a = np.linspace(0.0, math.pi, 9)
        keel = 0.12 * abs(s) ** 2
        depth = 0.5 - (0.48 - keel) * np.sin(a) ** 0.7
        rings.append(np.stack([np.full(9, 1.6 * s), wide * np.cos(a), depth], -1))
    hull = foliage.sheet(np.array(rings))
    rim = np.array([r[0] for r in rings] + [r[-1] for r in rings[::-1]])
    gunwale = build.tube(np.concatenate([rim, rim[:1]]), 0.03, sides=8)
    parts = [kit.part(hull, "gloss_paint"), kit.part(gunwale, "wood/oak")]
    parts += [kit.part(Box((0.22, 1.0, 0.03)), "wood/oak", (x, 0.0, 0.36)) for x in (-0.6, 0.5)]
    return parts
