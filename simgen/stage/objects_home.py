"""Small things of rooms: what stands on tables and floors. Each stands on z = 0 about the
origin."""

from __future__ import annotations

import math

from simgen import shapes
from simgen.geometry import Box, Cylinder, Geometry, Sphere
from simgen.rotation import multiply
from simgen.stage import foliage
from simgen.stage.finish import stuff
from simgen.stage.kit import Kit, turned_about
from simgen.stage.place import Part


def books(kit: Kit) -> list[Part]:
    """A small stack of books, askew."""
    parts: list[Part] = []
    height = 0.0
    for i in range(int(kit.rng.integers(1, 5))):
        thick, tall = kit.u(0.015, 0.045), kit.u(0.17, 0.24)
        mesh = shapes.book(width=0.7 * tall, height=tall, thickness=thick)
        look = stuff(kit.key.child("cover", i), "book_cloth")
        turn = turned_about((0.0, 0.0, 1.0), kit.u(-0.3, 0.3))
        parts.append(Part(mesh, look, (kit.u(-0.01, 0.01), kit.u(-0.01, 0.01), height), turn))
        height += thick + 0.0004
    return parts


def mug(kit: Kit) -> list[Part]:
    """A mug."""
    return [kit.part(shapes.mug(radius=kit.u(0.036, 0.046), height=kit.u(0.085, 0.11), wedges=2),
                     kit.pick("ceramic/porcelain", "ceramic/terracotta"))]  # fmt: skip


def bottle(kit: Kit) -> list[Part]:
    """A bottle of glass or plastic."""
    mesh = shapes.bottle(radius=kit.u(0.03, 0.045), height=kit.u(0.2, 0.31))
    return [kit.part(mesh, kit.pick("glass/coloured", "plastic/hdpe", "ceramic/porcelain"))]


def can(kit: Kit) -> list[Part]:
    """A can."""
    return [kit.part(shapes.can(), kit.pick("metal/aluminium", "machine_paint", "metal/tin"))]


def tumbler(kit: Kit) -> list[Part]:
    """A drinking glass."""
    return [kit.part(shapes.cup(radius=kit.u(0.03, 0.04), height=kit.u(0.09, 0.13), wedges=2),
                     "glass/soda_lime")]  # fmt: skip


def fruit_bowl(kit: Kit) -> list[Part]:
    """A bowl with some apples."""
    radius = kit.u(0.1, 0.13)
    bowl = shapes.bowl(radius=radius, height=0.55 * radius, wedges=2)
    parts = [kit.part(bowl, kit.pick("ceramic/porcelain", "wood/walnut", "ceramic/terracotta"))]
    for i in range(int(kit.rng.integers(3, 6))):
        angle, ball = 2.1 * i, kit.u(0.033, 0.04)
        place = (0.04 * math.cos(angle), 0.04 * math.sin(angle), 0.03 + ball + 0.012 * i)
        look = stuff(kit.key.child("apple", i), "organic/apple")
        parts.append(Part(Sphere(ball), look, place))
    return parts


def plates(kit: Kit) -> list[Part]:
    """A stack of plates."""
    mesh = shapes.plate(radius=kit.u(0.1, 0.13), wedges=2)
    count = int(kit.rng.integers(1, 6))
    return [kit.part(mesh, "ceramic/porcelain", (0.0, 0.0, 0.0085 * k)) for k in range(count)]


def vase(kit: Kit) -> list[Part]:
    """A vase with a few leafy twigs."""
    height = kit.u(0.16, 0.24)
    mesh = shapes.vase(radius=0.32 * height, height=height, wedges=2)
    stuffs = ("ceramic/porcelain", "ceramic/terracotta", "glass/coloured")
    parts = [kit.part(mesh, kit.pick(*stuffs))]
    if kit.rng.random() < 0.6:
        green = foliage.potted(kit.rng, height=height, spread=0.4 * height)
        parts.append(kit.part(green, "leaf", (0.0, 0.0, 0.85 * height)))
    return parts


def plant(kit: Kit) -> list[Part]:
    """A house plant in a pot."""
    radius = kit.u(0.08, 0.15)
    pot = shapes.plant_pot(radius=radius, height=1.7 * radius)
    green = foliage.potted(
        kit.rng, height=kit.u(2.2, 3.6) * radius, spread=kit.u(1.2, 2.0) * radius
    )
    return [
        kit.part(pot, kit.pick("ceramic/terracotta", "ceramic/porcelain", "stone/concrete")),
        kit.part(green, "leaf", (0.0, 0.0, 1.65 * radius)),
    ]


def small_plant(kit: Kit) -> list[Part]:
    """A seedling in a small pot."""
    radius = kit.u(0.028, 0.045)
    green = foliage.potted(kit.rng, height=2.4 * radius, spread=1.3 * radius)
    return [
        kit.part(shapes.plant_pot(radius=radius, height=1.7 * radius), "ceramic/terracotta"),
        kit.part(green, "leaf", (0.0, 0.0, 1.65 * radius)),
    ]


def table_lamp(kit: Kit) -> list[Part]:
    """A lamp that is off: foot, stem and shade."""
    height = kit.u(0.34, 0.48)
    shade = shapes.hoop(radius=0.3 * height, width=0.36 * height, thickness=0.003)
    foot = shapes.vase(radius=0.16 * height, height=0.6 * height, neck=0.3, wedges=2)
    body = kit.pick("ceramic/porcelain", "metal/brass", "wood/oak", "ceramic/terracotta")
    return [
        kit.part(foot, body),
        kit.part(Cylinder(0.006, 0.25 * height), "metal/brass", (0.0, 0.0, 0.65 * height)),
        kit.part(shade, "lamp_shade", (0.0, 0.0, 0.82 * height)),
    ]


def cushion(kit: Kit) -> list[Part]:
    """A cushion on the floor."""
    return [kit.part(shapes.cushion(width=kit.u(0.36, 0.48), height=kit.u(0.11, 0.17)), "cushion")]


def blocks(kit: Kit) -> list[Part]:
    """Some toy blocks of painted wood."""
    parts: list[Part] = []
    for i in range(int(kit.rng.integers(2, 5))):
        edge = kit.u(0.026, 0.036)
        mesh = shapes.bevelled_box(size=(edge, edge, edge), bevel=0.0015)
        look = stuff(kit.key.child("block", i), kit.pick("machine_paint", "wood/beech"))
        spot = (0.045 * (i % 2) - 0.02, 0.045 * (i // 2) - 0.02, edge / 2)
        parts.append(Part(mesh, look, spot, turned_about((0.0, 0.0, 1.0), kit.u(0.0, 1.5))))
    return parts


def ball(kit: Kit) -> list[Part]:
    """A ball that lies still."""
    radius = kit.u(0.03, 0.11)
    return [kit.part(Sphere(radius), kit.pick("rubber/natural", "textile/leather", "plastic/pvc"),
                     (0.0, 0.0, radius))]  # fmt: skip


def marbles(kit: Kit) -> list[Part]:
    """A few glass marbles or pebbles."""
    name = kit.pick("glass/coloured", "stone/marble", "metal/brass")
    spots = kit.rng.uniform(-0.03, 0.03, (4, 2)).tolist()
    return [
        Part(Sphere(0.008), stuff(kit.key.child("marble", i), name), (x, y, 0.008))
        for i, (x, y) in enumerate(spots)
    ]


def laptop(kit: Kit) -> list[Part]:
    """An open laptop, seen from its keyboard's side at -y."""
    lean = turned_about((1.0, 0.0, 0.0), kit.u(-0.35, -0.1))
    y, z = 0.11 + 0.105 * math.sin(0.2), 0.125
    return [
        kit.part(shapes.bevelled_box(size=(0.33, 0.22, 0.016), bevel=0.004), "metal/aluminium",
                 (0.0, 0.0, 0.008)),
        kit.part(Box((0.28, 0.1, 0.001)), "screen", (0.0, 0.03, 0.0165)),
        kit.part(Box((0.33, 0.008, 0.21)), "metal/aluminium", (0.0, y + 0.006, z), lean),
        kit.part(Box((0.31, 0.004, 0.19)), "screen", (0.0, y, z), lean),
    ]  # fmt: skip


def pencil_cup(kit: Kit) -> list[Part]:
    """Pencils in a cup."""
    parts = [kit.part(shapes.cup(radius=0.038, height=0.1, taper=0.95, wedges=2),
                      kit.pick("metal/steel", "ceramic/porcelain", "plastic/abs"))]  # fmt: skip
    for i in range(int(kit.rng.integers(3, 7))):
        lean, way = kit.u(0.05, 0.18), kit.u(0.0, 6.2)
        turn = turned_about((math.cos(way), math.sin(way), 0.0), lean)
        pencil = shapes.regular_prism(sides=6, radius=0.0036, height=0.16)
        look = stuff(kit.key.child("pencil", i), kit.pick("machine_paint", "wood/pine"))
        foot = (-0.012 * math.sin(way), 0.012 * math.cos(way), 0.006)
        parts.append(Part(pencil, look, foot, turn))
    return parts


def papers(kit: Kit) -> list[Part]:
    """Loose sheets of paper."""
    parts: list[Part] = []
    for i in range(int(kit.rng.integers(2, 5))):
        turn = turned_about((0.0, 0.0, 1.0), kit.u(-0.5, 0.5))
        spot = (kit.u(-0.03, 0.03), kit.u(-0.03, 0.03), 0.0006 + 0.0008 * i)
        parts.append(kit.part(Box((0.21, 0.297, 0.0006)), "paper/paper", spot, turn))
    return parts


def stool(kit: Kit) -> list[Part]:
    """A stool."""
    mesh = shapes.stool(height=kit.u(0.4, 0.65), legs=int(kit.rng.integers(3, 5)))
    return [kit.part(mesh, kit.pick("wood/beech", "wood/oak", "gloss_paint"))]


def chair(kit: Kit) -> list[Part]:
    """A chair."""
    return [kit.part(shapes.chair(), kit.pick("wood/beech", "wood/walnut", "gloss_paint"))]


def big_plant(kit: Kit) -> list[Part]:
    """A tall plant in a tub."""
    height = kit.u(0.8, 1.4)
    pot = shapes.plant_pot(radius=0.2, height=0.36)
    green = foliage.potted(kit.rng, height=height, spread=0.4 * height)
    return [
        kit.part(pot, kit.pick("ceramic/terracotta", "stone/concrete", "gloss_paint")),
        kit.part(green, "leaf", (0.0, 0.0, 0.34)),
    ]


def form(kit: Kit) -> list[Part]:
    """A plain block, ball, cone or arch for still lifes, as large as suits the event."""
    size = kit.u(0.12, 0.45) * kit.scale
    name = kit.pick("stone/plaster", "wood/beech", "stone/concrete", "gloss_paint", "stone/marble",
                    "metal/brass", "ceramic/terracotta")  # fmt: skip
    forms: list[tuple[Geometry, float]] = [
        (shapes.bevelled_box(size=(size, size, 1.4 * size), bevel=0.02 * size), 0.7 * size),
        (Sphere(0.5 * size), 0.5 * size),
        (shapes.cone(radius=0.5 * size, height=1.3 * size), 0.0),
        (Cylinder(0.5 * size, 0.8 * size), 0.4 * size),
        (shapes.arch(width=1.4 * size, height=size, depth=0.5 * size), 0.0),
    ]
    solid, lift = forms[int(kit.rng.integers(len(forms)))]
    return [kit.part(solid, name, (0.0, 0.0, lift))]


def dice(kit: Kit) -> list[Part]:
    """Three dice."""
    edge = kit.u(0.012, 0.018)
    mesh = shapes.bevelled_box(size=(edge, edge, edge), bevel=0.12 * edge)
    name = kit.pick("plastic/acrylic", "wood/beech", "plastic/abs", "stone/marble")
    spots = ((0.0, 0.0), (2.2 * edge, 0.6 * edge), (0.5 * edge, 2.4 * edge))
    return [
        kit.part(mesh, name, (x, y, edge / 2), turned_about((0.0, 0.0, 1.0), kit.u(0.0, 1.5)))
        for x, y in spots
    ]


def coins(kit: Kit) -> list[Part]:
    """A few coins, some on a pile."""
    parts: list[Part] = []
    for k in range(int(kit.rng.integers(3, 8))):
        name, radius = kit.pick("metal/brass", "metal/copper", "metal/steel"), kit.u(0.009, 0.013)
        pile = k < 3
        x, y = (0.0, 0.0) if pile else kit.rng.uniform(-0.05, 0.05, 2).tolist()
        height = 0.001 + (0.0021 * k if pile else 0.0)
        parts.append(kit.part(Cylinder(radius, 0.002), name, (x, y, height)))
    return parts


def pencils(kit: Kit) -> list[Part]:
    """Pencils that lie about."""
    mesh = shapes.regular_prism(sides=6, radius=0.0036, height=0.15)
    parts: list[Part] = []
    for i in range(int(kit.rng.integers(1, 4))):
        lying = multiply(turned_about((0.0, 0.0, 1.0), kit.u(-0.5, 0.5)),
                         turned_about((0.0, 1.0, 0.0), math.pi / 2))  # fmt: skip
        w, x, y, z = lying.tolist()
        look = stuff(kit.key.child("pencil", i), kit.pick("machine_paint", "wood/pine"))
        parts.append(Part(mesh, look, (-0.07, 0.018 * i - 0.015, 0.0034), (w, x, y, z)))
    return parts


def cutlery(kit: Kit) -> list[Part]:
    """A spoon."""
    mesh = shapes.spoon(length=kit.u(0.13, 0.2))
    low = float(mesh.vertices[:, 2].min())
    return [kit.part(mesh, kit.pick("metal/stainless_steel", "wood/beech"), (-0.06, 0.0, -low))]


def carton(kit: Kit) -> list[Part]:
    """A cardboard box closed with tape."""
    x, y, z = kit.u(0.2, 0.42), kit.u(0.16, 0.32), kit.u(0.12, 0.3)
    tape = (x + 0.0012, 0.05, 0.0012)
    return [
        kit.part(shapes.bevelled_box(size=(x, y, z), bevel=0.004), "paper/cardboard",
                 (0.0, 0.0, z / 2)),
        kit.part(Box(tape), "plastic/vinyl", (0.0, 0.0, z), color=(0.62, 0.5, 0.33)),
    ]  # fmt: skip


def small_box(kit: Kit) -> list[Part]:
    """A packet."""
    x, y, z = kit.u(0.05, 0.1), kit.u(0.03, 0.07), kit.u(0.04, 0.14)
    mesh = shapes.bevelled_box(size=(x, y, z), bevel=0.0015)
    return [kit.part(mesh, kit.pick("book_cloth", "paper/cardboard", "print"), (0.0, 0.0, z / 2))]
