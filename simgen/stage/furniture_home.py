"""Furniture of living rooms and galleries. Every piece stands on z = 0 with its
back at y = 0; x runs along the wall, y into the room."""

from __future__ import annotations

import numpy as np

from simgen import shapes
from simgen.geometry import Cylinder, Sphere
from simgen.stage import foliage
from simgen.stage.joinery import block, book_row, box_surfaces, moved, on_top, soft, wooden
from simgen.stage.kit import Kit
from simgen.stage.place import Part


def sofa(kit: Kit) -> list[Part]:
    """Two or three seats between arms."""
    seats = int(kit.rng.integers(1, 4))
    w, d = 0.36 + 0.62 * seats, kit.u(0.82, 0.95)
    cloth = kit.pick("cushion", "textile/leather", "textile/wool", "textile/denim")
    left = -w / 2
    parts: list[Part] = []
    parts.append(soft(kit, cloth, (left, -left), (0.05, d), (0.12, 0.3)))
    parts.append(soft(kit, cloth, (left, -left), (0.04, 0.26), (0.14, 0.82)))
    parts += [soft(kit, cloth, (s, s + 0.18), (0.04, d), (0.13, 0.6)) for s in (left, -left - 0.18)]
    for k in range(seats):
        a = left + 0.18 + 0.62 * k
        parts.append(soft(kit, cloth, (a + 0.005, a + 0.615), (0.22, d + 0.02), (0.28, 0.45)))
        parts.append(soft(kit, cloth, (a + 0.01, a + 0.61), (0.2, 0.36), (0.43, 0.85)))
    feet = [(s * (w / 2 - 0.1), y) for s in (-1, 1) for y in (0.12, d - 0.1)]
    parts += [kit.part(Cylinder(0.025, 0.13), "wood/walnut", (x, y, 0.065)) for x, y in feet]
    return parts


def sideboard(kit: Kit) -> list[Part]:
    """A low cabinet on feet with doors and knobs, and something on it."""
    w, d, h = kit.u(0.9, 1.7), kit.u(0.36, 0.45), kit.u(0.6, 0.85)
    body, knob = wooden(kit), kit.pick("metal/brass", "metal/steel")
    parts = [block(kit, body, (-w / 2, w / 2), (0.0, d), (0.12, h))]
    parts += [
        block(kit, body, (s, s + 0.04), (0.04, d - 0.04), (0.0, 0.12))
        for s in (-w / 2 + 0.06, w / 2 - 0.1)
    ]
    doors = round(w / 0.45)
    for k in range(doors):
        a = -w / 2 + w * k / doors
        parts.append(
            block(kit, body, (a + 0.006, a + w / doors - 0.006), (d, d + 0.018), (0.14, h - 0.03))
        )
        parts.append(kit.part(Sphere(0.014), knob, (a + 0.05, d + 0.03, 0.5 * h + 0.07)))
    return parts + on_top(kit, w, d, h)


def bookcase(kit: Kit) -> list[Part]:
    """Open shelves with books and boxes."""
    w, d, h = kit.u(0.7, 1.2), 0.3, kit.u(1.1, 2.1)
    body, levels = wooden(kit), np.linspace(0.06, h - 0.02, round(h / 0.36) + 1)
    parts = [block(kit, body, (s, s + 0.025), (0.0, d), (0.0, h)) for s in (-w / 2, w / 2 - 0.025)]
    parts.append(block(kit, body, (-w / 2, w / 2), (0.0, 0.01), (0.0, h)))
    for z in levels:
        parts.append(block(kit, body, (-w / 2, w / 2), (0.0, d), (z - 0.012, z + 0.012)))
    for i, z in enumerate(levels[:-1]):
        part = kit.u(0.3, 0.95) * (w - 0.06)
        row = Kit(kit.key.child("row", i))
        shift = (kit.u(-0.5, 0.5) * (w - 0.06 - part), 0.15, float(z) + 0.012)
        parts += [moved(p, shift) for p in book_row(row, part, 0.25, 0.2)]
    return parts


def floor_lamp(kit: Kit) -> list[Part]:
    """A standing lamp that is off."""
    h = kit.u(1.3, 1.65)
    metal = kit.pick("metal/brass", "metal/steel", "gloss_paint")
    shade = shapes.hoop(radius=kit.u(0.16, 0.24), width=kit.u(0.22, 0.32), thickness=0.003)
    return [
        kit.part(Cylinder(0.15, 0.02), metal, (0.0, 0.25, 0.01)),
        kit.part(Cylinder(0.012, h), metal, (0.0, 0.25, h / 2)),
        kit.part(shade, "lamp_shade", (0.0, 0.25, h)),
    ]


def tub_plant(kit: Kit) -> list[Part]:
    """A tall plant in a tub."""
    height = kit.u(0.7, 1.3)
    pot = shapes.plant_pot(radius=kit.u(0.14, 0.2), height=kit.u(0.26, 0.38))
    green = foliage.potted(kit.rng, height=height, spread=0.38 * height)
    top = float(pot.vertices[:, 2].max())
    name = kit.pick("ceramic/terracotta", "stone/concrete", "gloss_paint", "ceramic/porcelain")
    return [kit.part(pot, name, (0, 0.4, 0)), kit.part(green, "leaf", (0, 0.4, top - 0.02))]


def door(kit: Kit) -> list[Part]:
    """A closed door in its frame."""
    w, h, frame = kit.u(0.8, 0.95), 2.03, 0.07
    leaf = kit.pick("gloss_paint", "wood/oak", "wood/pine")
    parts = [block(kit, leaf, (-w / 2, w / 2), (0.0, 0.03), (0.0, h))]
    parts += [
        block(kit, "wood/oak" if leaf != "gloss_paint" else leaf, x, (0.0, 0.045), z)
        for x, z in (((-w / 2 - frame, -w / 2), (0.0, h)), ((w / 2, w / 2 + frame), (0.0, h)),
                     ((-w / 2 - frame, w / 2 + frame), (h, h + frame)))
    ]  # fmt: skip
    for low in (0.18, 1.1):
        parts.append(block(kit, leaf, (-0.3 * w, 0.3 * w), (0.03, 0.038), (low, low + 0.78)))
    parts.append(kit.part(Sphere(0.025), "metal/steel", (0.42 * w, 0.06, 1.02)))
    return parts


def radiator(kit: Kit) -> list[Part]:
    """A panel radiator with ribs."""
    w, h = kit.u(0.7, 1.4), kit.u(0.45, 0.6)
    ribs = round(w / 0.06)
    starts = w * ((np.arange(ribs) + 0.15) / ribs - 0.5)
    boxes = np.array([[(x, 0.04, 0.12), (x + 0.7 * w / ribs, 0.12, 0.12 + h)] for x in starts])
    mesh = foliage.merged(box_surfaces(boxes), smooth=False)
    white = (0.92, 0.92, 0.9)
    return [
        kit.part(mesh, "gloss_paint", color=white),
        block(kit, "gloss_paint", (-w / 2, w / 2), (0.05, 0.1), (0.16, 0.2), color=white),
        block(kit, "gloss_paint", (-w / 2, w / 2), (0.05, 0.1), (h, h + 0.04), color=white),
    ]


def plinth(kit: Kit) -> list[Part]:
    """A white plinth with a form on it."""
    w, h, size = kit.u(0.3, 0.5), kit.u(0.6, 1.1), kit.u(0.16, 0.3)
    y = 0.2 + w / 2
    forms = (
        shapes.vase(radius=0.6 * size, height=1.8 * size, wedges=2),
        shapes.rock(key=kit.key.child("form"), radius=size, points=24),
        shapes.torus(radius=0.7 * size, thickness=0.22 * size),
        shapes.polyhedron(faces=20, radius=size),
    )
    form = forms[int(kit.rng.integers(len(forms)))]
    name = kit.pick("stone/marble", "metal/bronze", "ceramic/terracotta", "wood/walnut")
    top = h - float(form.vertices[:, 2].min())
    return [
        block(kit, "gloss_paint", (-w / 2, w / 2), (0.2, 0.2 + w), (0.0, h),
               color=(0.93, 0.93, 0.92)),
        kit.part(form, name, (0.0, y, top)),
    ]  # fmt: skip


def low_bench(kit: Kit) -> list[Part]:
    """A plain bench."""
    w, d, h = kit.u(1.0, 1.8), 0.38, 0.45
    wood = wooden(kit)
    parts = [block(kit, wood, (-w / 2, w / 2), (0.05, 0.05 + d), (h - 0.05, h))]
    parts += [
        block(kit, wood, (x, x + 0.06), (0.08, 0.02 + d), (0.0, h - 0.05))
        for x in (-w / 2 + 0.1, w / 2 - 0.16)
    ]
    return parts


def side_chair(kit: Kit) -> list[Part]:
    """A chair whose back is at +y."""
    return [
        kit.part(shapes.chair(), kit.pick("wood/beech", "wood/walnut", "wood/oak", "gloss_paint"))
    ]
