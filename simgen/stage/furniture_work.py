"""Furniture of kitchens, workshops, laboratories and offices. Every piece stands on z = 0 with its
back at y = 0; x runs along the wall, y into the room."""

from __future__ import annotations

import math

import numpy as np

from simgen import shapes
from simgen.geometry import Cylinder
from simgen.stage.finish import stuff
from simgen.stage.joinery import block, on_top
from simgen.stage.kit import Kit, turned_about
from simgen.stage.place import Part


def base_units(kit: Kit) -> list[Part]:
    """A run of kitchen cabinets under a worktop."""
    count, unit, d, h = int(kit.rng.integers(2, 5)), 0.6, 0.6, 0.88
    w = count * unit
    front, top = kit.pick("gloss_paint", "wood/oak", "wood/birch_plywood"), _worktop(kit)
    parts = [
        block(kit, front, (-w / 2, w / 2), (0.0, d - 0.03), (0.1, h)),
        block(kit, "plastic/abs", (-w / 2, w / 2), (0.0, d - 0.08), (0.0, 0.1)),
        block(kit, top, (-w / 2, w / 2), (0.0, d + 0.02), (h, h + 0.035)),
    ]
    for k in range(count):
        a, b = -w / 2 + unit * k + 0.004, -w / 2 + unit * (k + 1) - 0.004
        levels = [(0.11, h - 0.01)] if kit.rng.random() < 0.6 else [(0.11, 0.42), (0.43, h - 0.01)]
        for low, high in levels:
            parts.append(block(kit, front, (a, b), (d - 0.03, d - 0.01), (low, high)))
            parts.append(
                block(kit, "metal/stainless_steel", (a + 0.15, b - 0.15), (d - 0.01, d + 0.012),
                       (high - 0.06, high - 0.048))
            )  # fmt: skip
    return parts + on_top(kit, w, d, h + 0.035)


def _worktop(kit: Kit) -> str:
    return kit.pick("stone/granite", "wood/oak", "stone/marble", "stone/slate", "wood/beech")


def fridge(kit: Kit) -> list[Part]:
    """A tall refrigerator."""
    w, d, h = 0.6, 0.62, kit.u(1.5, 1.95)
    name = kit.pick("metal/stainless_steel", "gloss_paint")
    split = 0.62 * h
    parts = [block(kit, name, (-w / 2, w / 2), (0.0, d - 0.05), (0.03, h))]
    for low, high in ((0.05, split - 0.004), (split + 0.004, h)):
        parts.append(block(kit, name, (-w / 2, w / 2), (d - 0.045, d), (low, high)))
        grip = (low + 0.1, min(high - 0.05, low + 0.5))
        parts.append(
            block(kit, "metal/steel", (-w / 2 + 0.04, -w / 2 + 0.06), (d, d + 0.035), grip)
        )
    return parts


def cooker(kit: Kit) -> list[Part]:
    """An oven below four plates."""
    w, d, h = 0.6, 0.6, 0.9
    body = kit.pick("metal/stainless_steel", "gloss_paint")
    parts = [
        block(kit, body, (-w / 2, w / 2), (0.0, d), (0.0, h)),
        block(kit, "pane", (-0.24, 0.24), (d, d + 0.012), (0.22, 0.62)),
        block(kit, "metal/steel", (-0.24, 0.24), (d + 0.02, d + 0.04), (0.66, 0.68)),
        block(kit, "screen", (-w / 2 + 0.02, w / 2 - 0.02), (0.05, d - 0.03), (h, h + 0.006)),
    ]
    parts += [
        kit.part(Cylinder(0.02, 0.03), "metal/steel", (x, d + 0.01, 0.78),
                 turned_about((1.0, 0.0, 0.0), math.pi / 2))
        for x in (-0.2, -0.07, 0.07, 0.2)
    ]  # fmt: skip
    return parts


def workbench(kit: Kit) -> list[Part]:
    """A stout bench with a shelf below, a vice and drawers."""
    w, d, h = kit.u(1.2, 2.0), kit.u(0.6, 0.75), kit.u(0.82, 0.92)
    top = kit.pick("wood/beech", "wood/pine", "wood/birch_plywood")
    frame = kit.pick("wood/pine", "machine_paint")
    leg = 0.08
    parts = [block(kit, top, (-w / 2, w / 2), (0.0, d), (h - 0.05, h))]
    parts += [
        block(kit, frame, (x, x + leg), (y, y + leg), (0.0, h - 0.05))
        for x in (-w / 2 + 0.04, w / 2 - 0.04 - leg)
        for y in (0.04, d - 0.04 - leg)
    ]
    parts.append(block(kit, top, (-w / 2 + 0.05, w / 2 - 0.05), (0.05, d - 0.06), (0.18, 0.21)))
    x = kit.u(-0.3, 0.1) * w
    parts.append(block(kit, "machine_paint", (x, x + 0.4), (0.08, d - 0.03), (h - 0.25, h - 0.05)))
    parts.append(block(kit, "metal/steel", (x + 0.1, x + 0.3), (d - 0.03, d), (h - 0.16, h - 0.14)))
    vice = w / 2 - 0.25
    parts.append(block(kit, "metal/cast_iron", (vice, vice + 0.12), (d - 0.2, d), (h, h + 0.12)))
    parts.append(
        block(
            kit, "metal/cast_iron", (vice, vice + 0.12), (d + 0.05, d + 0.09), (h - 0.02, h + 0.12)
        )
    )
    return parts


def rack(kit: Kit) -> list[Part]:
    """Steel shelves with boxes and tins."""
    w, d, h = kit.u(0.9, 1.5), kit.u(0.4, 0.5), kit.u(1.5, 2.1)
    steel = kit.pick("machine_paint", "metal/steel")
    parts = [
        block(kit, steel, (x, x + 0.035), (y, y + 0.035), (0.0, h))
        for x in (-w / 2, w / 2 - 0.035)
        for y in (0.0, d - 0.035)
    ]
    for i, z in enumerate(np.linspace(0.12, h - 0.05, 4)):
        level = float(z)
        parts.append(block(kit, steel, (-w / 2, w / 2), (0.0, d), (level - 0.03, level)))
        if i == 3:
            break
        x = -w / 2 + 0.06
        while x < w / 2 - 0.35:
            wide, tall = kit.u(0.14, 0.34), kit.u(0.12, 0.34)
            name = kit.pick("paper/cardboard", "plastic/hdpe", "wood/pine", "machine_paint")
            if kit.rng.random() < 0.8:
                deep = (0.05, d - 0.05 - kit.u(0.0, 0.1))
                parts.append(block(kit, name, (x, x + wide), deep, (level, level + tall)))
            x += wide + kit.u(0.02, 0.12)
    return parts


def locker(kit: Kit) -> list[Part]:
    """A steel cupboard with vents."""
    count, d, h = int(kit.rng.integers(1, 4)), 0.48, kit.u(1.6, 1.9)
    w = 0.4 * count
    parts = [block(kit, "machine_paint", (-w / 2, w / 2), (0.0, d), (0.06, h))]
    for k in range(count):
        a = -w / 2 + 0.4 * k
        parts.append(
            block(kit, "machine_paint", (a + 0.01, a + 0.39), (d, d + 0.012), (0.1, h - 0.04))
        )
        for z in (h - 0.2, h - 0.23, h - 0.26):
            parts.append(
                block(kit, "screen", (a + 0.1, a + 0.3), (d + 0.012, d + 0.014), (z, z + 0.012))
            )
        parts.append(
            block(kit, "metal/steel", (a + 0.33, a + 0.35), (d + 0.012, d + 0.03), (0.85, 1.0))
        )
    return parts


def desk(kit: Kit) -> list[Part]:
    """A desk with a screen, a keyboard and drawers."""
    w, d, h = kit.u(1.2, 1.7), kit.u(0.65, 0.8), 0.73
    top = kit.pick("wood/oak", "wood/beech", "wood/birch_plywood", "gloss_paint")
    leg = kit.pick("metal/steel", "gloss_paint")
    parts = [block(kit, top, (-w / 2, w / 2), (0.0, d), (h - 0.03, h))]
    parts += [
        block(kit, leg, (x, x + 0.05), (y, y + 0.05), (0.0, h - 0.03))
        for x in (-w / 2 + 0.03, w / 2 - 0.08)
        for y in (0.05, d - 0.1)
    ]
    parts.append(
        block(kit, "gloss_paint", (w / 2 - 0.5, w / 2 - 0.1), (0.1, d - 0.08), (0.08, 0.6))
    )
    x = kit.u(-0.25, 0.1) * w
    parts += [
        block(kit, "screen", (x - 0.28, x + 0.28), (0.18, 0.21), (h + 0.12, h + 0.46)),
        block(kit, "metal/aluminium", (x - 0.03, x + 0.03), (0.15, 0.18), (h, h + 0.3)),
        block(kit, "metal/aluminium", (x - 0.12, x + 0.12), (0.1, 0.28), (h, h + 0.01)),
        block(kit, "plastic/abs", (x - 0.21, x + 0.21), (0.42, 0.55), (h, h + 0.018)),
    ]
    return parts


def filing_cabinet(kit: Kit) -> list[Part]:
    """Steel drawers."""
    w, d, drawers = 0.42, 0.6, int(kit.rng.integers(2, 5))
    h = 0.04 + 0.32 * drawers
    parts = [block(kit, "machine_paint", (-w / 2, w / 2), (0.0, d), (0.0, h))]
    for k in range(drawers):
        z = 0.03 + 0.32 * k
        parts.append(
            block(kit, "machine_paint", (-w / 2 + 0.01, w / 2 - 0.01), (d, d + 0.015), (z, z + 0.3))
        )
        parts.append(
            block(kit, "metal/steel", (-0.06, 0.06), (d + 0.015, d + 0.03), (z + 0.2, z + 0.22))
        )
    return parts


def lab_bench(kit: Kit) -> list[Part]:
    """Drawers under a dark top with glassware, shelves of bottles above."""
    w, d, h = kit.u(1.4, 2.4), 0.7, 0.9
    white = (0.9, 0.91, 0.9)
    parts = [
        block(kit, "gloss_paint", (-w / 2, w / 2), (0.0, d - 0.04), (0.08, h), color=white),
        block(kit, kit.pick("stone/slate", "screen"), (-w / 2, w / 2), (0.0, d), (h, h + 0.03)),
    ]
    for a in np.arange(-w / 2, w / 2 - 0.4, 0.45):
        for low, high in ((0.1, 0.34), (0.35, 0.6), (0.61, h - 0.02)):
            x = (float(a) + 0.01, float(a) + 0.44)
            parts.append(
                block(kit, "gloss_paint", x, (d - 0.04, d - 0.025), (low, high), color=white)
            )
            grip = (float(a) + 0.15, float(a) + 0.3)
            level = (high - 0.05, high - 0.035)
            parts.append(block(kit, "metal/steel", grip, (d - 0.025, d - 0.005), level))
    shelf = h + 0.45
    parts.append(block(kit, "gloss_paint", (-w / 2, w / 2), (0.0, 0.25), (shelf, shelf + 0.025)))
    tall = kit.u(0.12, 0.2)
    forms = (
        shapes.flask(radius=0.3 * tall, height=tall, wedges=2),
        shapes.bottle(radius=0.2 * tall, height=1.2 * tall),
    )
    for k in range(int(kit.rng.integers(4, 9))):
        x = -w / 2 + 0.12 + (w - 0.24) * kit.u(0.0, 1.0)
        glass = kit.pick("glass/borosilicate", "glass/coloured", "plastic/hdpe")
        parts.append(kit.part(forms[k % 2], glass, (x, 0.13, shelf + 0.025)))
    return parts


def gas_bottles(kit: Kit) -> list[Part]:
    """Two gas cylinders."""
    parts: list[Part] = []
    for i, x in enumerate((-0.14, 0.14)):
        body = shapes.bottle(radius=0.11, height=1.45, neck=0.25)
        look = stuff(kit.key.child("gas", i), "machine_paint")
        parts.append(Part(body, look, (x, 0.16, 0.0)))
    return parts


def tyre_stack(kit: Kit) -> list[Part]:
    """Tyres against the wall."""
    return [
        kit.part(shapes.tyre(), "rubber/natural", (0.0, 0.34, 0.2 * k), color=(0.06, 0.06, 0.065))
        for k in range(int(kit.rng.integers(1, 5)))
    ]


def drums(kit: Kit) -> list[Part]:
    """One or two steel drums."""
    parts: list[Part] = []
    for i in range(int(kit.rng.integers(1, 3))):
        look = stuff(kit.key.child("drum", i), "machine_paint")
        parts.append(Part(shapes.barrel(), look, (-0.31 + 0.62 * i, 0.32, 0.0)))
    return parts
