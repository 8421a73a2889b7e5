"""Small things of workshops, laboratories, yards and woods. Each stands on z = 0 about the
origin."""

from __future__ import annotations

import math

import numpy as np

from simgen import shapes
from simgen.geometry import Box, Cylinder
from simgen.shapes import build
from simgen.stage import foliage
from simgen.stage.finish import stuff
from simgen.stage.kit import Kit, turned_about
from simgen.stage.place import Part


def hammer(kit: Kit) -> list[Part]:
    """A hammer that lies on its side."""
    mesh = shapes.hammer()
    low = float(mesh.vertices[:, 2].min())
    return [kit.part(mesh, kit.pick("metal/steel", "wood/beech", "machine_paint"), (0, 0, -low))]


def wrench(kit: Kit) -> list[Part]:
    """A spanner."""
    mesh = shapes.wrench(length=kit.u(0.14, 0.24))
    low = float(mesh.vertices[:, 2].min())
    return [kit.part(mesh, kit.pick("metal/steel", "metal/stainless_steel"), (0, 0, -low))]


def screwdriver(kit: Kit) -> list[Part]:
    """A screwdriver."""
    mesh = shapes.screwdriver(length=kit.u(0.15, 0.24))
    return [kit.part(mesh, "machine_paint", (0.0, 0.0, -float(mesh.vertices[:, 2].min())))]


def hardware(kit: Kit) -> list[Part]:
    """Some nuts and bolts."""
    parts: list[Part] = []
    for i in range(int(kit.rng.integers(3, 7))):
        mesh = shapes.nut(width=0.02, thickness=0.009) if i % 2 else shapes.bolt(length=0.035)
        spot = (*(kit.rng.uniform(-0.05, 0.05, 2).tolist()), 0.0)
        parts.append(kit.part(mesh, kit.pick("metal/steel", "metal/brass"), spot))
    return parts


def paint_tin(kit: Kit) -> list[Part]:
    """A tin of paint with a coloured band."""
    radius, height = kit.u(0.045, 0.09), kit.u(0.1, 0.19)
    return [
        kit.part(Cylinder(radius, height), "metal/tin", (0.0, 0.0, height / 2)),
        kit.part(Cylinder(1.006 * radius, 0.7 * height), "machine_paint", (0, 0, height / 2)),
        kit.part(shapes.hoop(radius=1.03 * radius, width=0.006), "metal/tin", (0, 0, height)),
    ]


def bucket(kit: Kit) -> list[Part]:
    """A pail."""
    height = kit.u(0.2, 0.32)
    mesh = shapes.bucket(radius=0.5 * height, height=height, wedges=2)
    return [kit.part(mesh, kit.pick("plastic/hdpe", "metal/steel", "machine_paint"))]


def toolbox(kit: Kit) -> list[Part]:
    """A tool box with a handle."""
    x, y, z = kit.u(0.34, 0.5), kit.u(0.17, 0.23), kit.u(0.16, 0.22)
    body = shapes.bevelled_box(size=(x, y, z), bevel=0.01)
    lid = shapes.bevelled_box(size=(x + 0.01, y + 0.01, 0.05), bevel=0.012)
    return [
        kit.part(body, "machine_paint", (0.0, 0.0, z / 2)),
        kit.part(lid, "plastic/abs", (0.0, 0.0, z), color=(0.1, 0.1, 0.11)),
        kit.part(Box((0.5 * x, 0.025, 0.025)), "plastic/hdpe", (0.0, 0.0, z + 0.055)),
        *(kit.part(Box((0.02, 0.02, 0.05)), "plastic/hdpe", (s * 0.23 * x, 0.0, z + 0.03))
          for s in (-1, 1)),
    ]  # fmt: skip


def flask(kit: Kit) -> list[Part]:
    """A conical flask with some coloured liquid."""
    radius = kit.u(0.032, 0.05)
    mesh = shapes.flask(radius=radius, height=3.1 * radius, wedges=2)
    fill = shapes.cone(radius=0.88 * radius, height=2.2 * radius, tip=0.55)
    drink = kit.pick("liquid/milk", "liquid/tomato_juice", "liquid/orange_juice", "liquid/paint")
    lift = (0.0, 0.0, 0.1 * radius)
    return [kit.part(mesh, "glass/borosilicate"), kit.part(fill, drink, lift)]


def beaker(kit: Kit) -> list[Part]:
    """A beaker."""
    mesh = shapes.cup(radius=kit.u(0.03, 0.045), height=kit.u(0.08, 0.12), taper=0.99, wedges=2)
    return [kit.part(mesh, "glass/borosilicate")]


def tube_rack(kit: Kit) -> list[Part]:
    """A rack of test tubes."""
    parts = [
        kit.part(Box((0.2, 0.05, 0.008)), "wood/beech", (0.0, 0.0, z)) for z in (0.004, 0.06, 0.085)
    ]
    parts += [
        kit.part(Box((0.008, 0.05, 0.085)), "wood/beech", (x, 0.0, 0.0425)) for x in (-0.1, 0.1)
    ]
    for i in range(6):
        look = stuff(kit.key.child("tube", i), kit.pick("glass/coloured", "liquid/paint"))
        parts.append(Part(Cylinder(0.008, 0.12), look, (-0.075 + 0.03 * i, 0.0, 0.07)))
    return parts


def stone(kit: Kit) -> list[Part]:
    """A stone."""
    return [_stone(kit, kit.u(0.02, 0.07))]


def boulder(kit: Kit) -> list[Part]:
    """A rock as large as a chair."""
    return [_stone(kit, kit.u(0.2, 0.45))]


def _stone(kit: Kit, radius: float) -> Part:
    mesh = build.moved(foliage.pebble(kit.rng), scale=radius)
    return kit.part(mesh, kit.pick("stone/granite", "stone/sandstone", "stone/slate"))


def fallen_leaves(kit: Kit) -> list[Part]:
    """A handful of fallen leaves."""
    spots = np.column_stack([kit.rng.normal(0.0, 0.07, (9, 2)), np.zeros(9)])
    return [kit.part(foliage.litter(kit.rng, spots, length=kit.u(0.04, 0.07)), "dry_leaf")]


def mushrooms(kit: Kit) -> list[Part]:
    """A few mushrooms."""
    parts: list[Part] = []
    name = kit.pick("organic/apple", "wood/walnut", "food/bread_dough")
    for _ in range(int(kit.rng.integers(2, 5))):
        x, y = kit.rng.uniform(-0.06, 0.06, 2).tolist()
        tall = kit.u(0.04, 0.09)
        wide = kit.u(0.5, 0.8) * tall
        stem = build.turned([(0, 0), (0.2 * wide, 0), (0.16 * wide, tall), (0, tall)])
        a = np.linspace(0.0, math.pi / 2, 9)
        dome = np.stack([wide * np.cos(a), 0.7 * wide * np.sin(a)], -1)
        cap = build.turned([(0.0, 0.0), *dome.tolist()])
        parts.append(kit.part(stem, "food/butter", (x, y, 0.0), texture="plain"))
        parts.append(kit.part(cap, name, (x, y, 0.92 * tall)))
    return parts


def log(kit: Kit) -> list[Part]:
    """A log on its side."""
    radius, length = kit.u(0.06, 0.14), kit.u(0.4, 1.1)
    lying = turned_about((0.0, 1.0, 0.0), math.pi / 2)
    return [
        kit.part(Cylinder(radius, length), "bark", (0.0, 0.0, 0.95 * radius), lying),
        kit.part(Cylinder(0.9 * radius, length + 0.004), "wood/pine", (0, 0, 0.95 * radius), lying),
    ]


def bush(kit: Kit) -> list[Part]:
    """A small bush."""
    radius = kit.u(0.15, 0.35)
    return [kit.part(foliage.bush(kit.rng, radius=radius, height=kit.u(1.0, 1.6) * radius), "leaf",
                     texture="grass", scale=0.25)]  # fmt: skip


def crate(kit: Kit) -> list[Part]:
    """An open wooden crate, maybe on another one."""
    size = (kit.u(0.35, 0.55), kit.u(0.25, 0.4), kit.u(0.2, 0.32))
    mesh = shapes.crate(size=size, slats=int(kit.rng.integers(2, 4)))
    parts = [kit.part(mesh, "wood/pine", texture="wood", scale=0.3)]
    if kit.rng.random() < 0.3:
        turn = turned_about((0.0, 0.0, 1.0), kit.u(-0.15, 0.15))
        parts.append(kit.part(mesh, "wood/pine", (0.0, 0.0, size[2] + 0.002), turn, texture="wood",
                              scale=0.3))  # fmt: skip
    return parts


def pallet(kit: Kit) -> list[Part]:
    """One or a few pallets."""
    count = int(kit.rng.integers(1, 6))
    return [
        kit.part(shapes.pallet(), "wood/pine", (0.0, 0.0, 0.145 * k),
                 turned_about((0.0, 0.0, 1.0), kit.u(-0.06, 0.06)), texture="wood", scale=0.3)
        for k in range(count)
    ]  # fmt: skip


def barrel(kit: Kit) -> list[Part]:
    """A steel drum."""
    return [kit.part(shapes.barrel(), kit.pick("machine_paint", "metal/steel"))]


def tyres(kit: Kit) -> list[Part]:
    """A pile of tyres."""
    mesh = shapes.tyre()
    return [
        kit.part(mesh, "rubber/natural", (kit.u(-0.03, 0.03), kit.u(-0.03, 0.03), 0.2 * k),
                 color=(0.06, 0.06, 0.065))
        for k in range(int(kit.rng.integers(1, 5)))
    ]  # fmt: skip


def traffic_cone(kit: Kit) -> list[Part]:
    """A road cone with a white band."""
    height = kit.u(0.4, 0.72)
    band = [(0.16 * height, 0.3 * height), (0.115 * height, 0.55 * height)]
    sleeve = shapes.cone(radius=band[0][0], height=0.25 * height, tip=band[1][0] / band[0][0])
    return [
        kit.part(shapes.traffic_cone(height=height), "plastic/pvc", color=(0.88, 0.28, 0.07)),
        kit.part(sleeve, "plastic/pvc", (0, 0, band[0][1]), color=(0.9, 0.9, 0.88)),
    ]


def bricks(kit: Kit) -> list[Part]:
    """A stack of bricks."""
    parts: list[Part] = []
    for layer in range(int(kit.rng.integers(1, 5))):
        for k in range(3):
            spot = (-0.12 + 0.12 * k, kit.u(-0.006, 0.006), 0.0355 + 0.071 * layer)
            parts.append(kit.part(Box((0.115, 0.24, 0.071)), "stone/brick", spot, texture="noise"))
    return parts
