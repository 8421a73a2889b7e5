"""What hangs on walls, at its height above the floor. Every piece has its
back at y = 0; x runs along the wall, y into the room."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from simgen import shapes
from simgen.geometry import Box, Cylinder
from simgen.stage.joinery import block, wooden
from simgen.stage.kit import Kit, turned_about
from simgen.stage.place import Part


def picture(kit: Kit) -> list[Part]:
    """A framed print."""
    w, h, z = kit.u(0.3, 0.9), kit.u(0.3, 0.8), kit.u(1.35, 1.6)
    frame = kit.pick("wood/oak", "wood/walnut", "gloss_paint", "metal/aluminium")
    x, low, high = (-w / 2, w / 2), z - h / 2, z + h / 2
    return [
        block(kit, frame, (x[0] - 0.025, x[1] + 0.025), (0.0, 0.02), (low - 0.025, high + 0.025)),
        block(kit, "paper/paper", x, (0.02, 0.022), (low, high)),
        block(kit, "print", (0.8 * x[0], 0.8 * x[1]), (0.022, 0.023),
               (low + 0.1 * h, high - 0.1 * h)),
    ]  # fmt: skip


def canvas(kit: Kit) -> list[Part]:
    """A large painting without a frame."""
    w, h = kit.u(0.9, 2.2), kit.u(0.8, 1.6)
    z = max(kit.u(1.1, 1.5), h / 2 + 0.15)
    return [block(kit, "print", (-w / 2, w / 2), (0.0, 0.04), (z - h / 2, z + h / 2))]


def clock(kit: Kit) -> list[Part]:
    """A round wall clock."""
    r, z = kit.u(0.12, 0.2), kit.u(1.5, 1.8)
    facing = turned_about((1.0, 0.0, 0.0), math.pi / 2)
    angle = kit.u(0.0, 6.2)
    hand = turned_about((0.0, 1.0, 0.0), angle)
    tip = (0.3 * r * math.sin(angle), 0.037, z + 0.3 * r * math.cos(angle))
    return [
        kit.part(Cylinder(r, 0.03), kit.pick("gloss_paint", "metal/steel"), (0, 0.015, z), facing),
        kit.part(Cylinder(0.9 * r, 0.004), "whiteboard", (0, 0.032, z), facing),
        kit.part(Box((0.03 * r, 0.004, 0.6 * r)), "screen", tip, hand),
    ]


def whiteboard(kit: Kit) -> list[Part]:
    """A whiteboard with a tray."""
    w, h, z = kit.u(1.2, 2.0), kit.u(0.8, 1.1), 1.4
    x = (-w / 2, w / 2)
    return [
        block(kit, "metal/aluminium", x, (0.0, 0.02), (z - h / 2, z + h / 2)),
        block(kit, "whiteboard", (x[0] + 0.02, x[1] - 0.02), (0.02, 0.022),
               (z - h / 2 + 0.02, z + h / 2 - 0.02)),
        block(kit, "metal/aluminium", (-0.3, 0.3), (0.0, 0.07), (z - h / 2 - 0.02, z - h / 2)),
    ]  # fmt: skip


def tool_wall(kit: Kit) -> list[Part]:
    """A board of hooks with tools."""
    w, h, z = kit.u(1.0, 1.8), kit.u(0.7, 1.0), 1.45
    parts = [block(kit, "pegboard", (-w / 2, w / 2), (0.0, 0.012), (z - h / 2, z + h / 2))]
    upright = turned_about((0.0, 1.0, 0.0), math.pi / 2)
    makers: list[tuple[Callable[[], Any], str]] = [
        (shapes.hammer, "metal/steel"),
        (shapes.wrench, "metal/stainless_steel"),
        (shapes.screwdriver, "machine_paint"),
    ]
    for x in np.arange(-w / 2 + 0.12, w / 2 - 0.1, 0.15):
        make, name = makers[int(kit.rng.integers(3))]
        if kit.rng.random() < 0.8:
            level = z + kit.u(-0.2, 0.2) * h
            parts.append(kit.part(make(), name, (float(x), 0.035, level), upright))
    return parts


def wall_units(kit: Kit) -> list[Part]:
    """Kitchen cabinets on the wall."""
    count, z, h = int(kit.rng.integers(1, 4)), 1.42, 0.7
    w = 0.6 * count
    front = kit.pick("gloss_paint", "wood/oak", "wood/birch_plywood")
    parts = [block(kit, front, (-w / 2, w / 2), (0.0, 0.32), (z, z + h))]
    for k in range(count):
        a = -w / 2 + 0.6 * k
        parts.append(
            block(kit, front, (a + 0.005, a + 0.595), (0.32, 0.338), (z + 0.004, z + h - 0.004))
        )
        parts.append(
            block(kit, "metal/steel", (a + 0.5, a + 0.515), (0.338, 0.36), (z + 0.05, z + 0.2))
        )
    return parts


def jar_shelf(kit: Kit) -> list[Part]:
    """A board on the wall with jars, cups and bottles."""
    w, z = kit.u(0.7, 1.5), kit.u(1.3, 1.5)
    parts = [block(kit, wooden(kit), (-w / 2, w / 2), (0.0, 0.2), (z - 0.025, z))]
    tall = kit.u(0.1, 0.2)
    forms = (
        shapes.bottle(radius=0.18 * tall, height=1.2 * tall),
        shapes.cup(radius=0.3 * tall, height=0.8 * tall, wedges=2),
        shapes.vase(radius=0.3 * tall, height=tall, wedges=2),
    )
    x = -w / 2 + 0.08
    while x < w / 2 - 0.06:
        name = kit.pick("glass/coloured", "ceramic/porcelain", "ceramic/terracotta", "metal/copper")
        parts.append(kit.part(forms[int(kit.rng.integers(3))], name, (x, 0.1, z)))
        x += kit.u(0.09, 0.25)
    return parts


def sign(kit: Kit) -> list[Part]:
    """A painted sheet on the wall."""
    w, h, z = kit.u(0.3, 0.7), kit.u(0.3, 0.6), kit.u(1.3, 1.7)
    inner = (-0.4 * w, 0.4 * w)
    return [
        block(kit, "machine_paint", (-w / 2, w / 2), (0.0, 0.004), (z - h / 2, z + h / 2)),
        block(kit, "whiteboard", inner, (0.004, 0.005), (z - 0.3 * h, z + 0.2 * h)),
    ]
