"""What furniture is put together from: boards, upholstery, rows of books."""

from __future__ import annotations

from typing import Any

import numpy as np

from simgen import shapes
from simgen.geometry import Array, Box
from simgen.scene import Ints
from simgen.stage import foliage
from simgen.stage.finish import stuff
from simgen.stage.kit import Kit
from simgen.stage.place import Part


def block(
    kit: Kit, name: str, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float],
    **look: Any,
) -> Part:  # fmt: skip
    """A box between coordinates along x, y and z [m]."""
    low, high = np.array([x[0], y[0], z[0]]), np.array([x[1], y[1], z[1]])
    sx, sy, sz = (high - low).tolist()
    cx, cy, cz = ((low + high) / 2).tolist()
    return kit.part(Box((sx, sy, sz)), name, (cx, cy, cz), **look)


def soft(
    kit: Kit, name: str, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]
) -> Part:
    """An upholstered block: its edges are rounded off."""
    size = (x[1] - x[0], y[1] - y[0], z[1] - z[0])
    mesh = shapes.bevelled_box(size=size, bevel=0.2 * min(size))
    return kit.part(mesh, name, (sum(x) / 2, sum(y) / 2, sum(z) / 2))


def wooden(kit: Kit) -> str:
    return kit.pick("wood/oak", "wood/walnut", "wood/pine", "wood/beech", "gloss_paint")


def on_top(kit: Kit, w: float, d: float, h: float) -> list[Part]:
    """A vase, some books or nothing on a piece `h` tall."""
    x, roll = kit.u(-0.35, 0.35) * w, kit.rng.random()
    if roll < 0.35:
        tall = kit.u(0.18, 0.32)
        mesh = shapes.vase(radius=0.3 * tall, height=tall, wedges=2)
        name = kit.pick("ceramic/porcelain", "ceramic/terracotta", "glass/coloured")
        return [kit.part(mesh, name, (x, d / 2, h))]
    if roll < 0.6:
        return [moved(p, (x, d / 2, h)) for p in book_row(kit, kit.u(0.15, 0.3), 0.22, 0.15)]
    return []


def moved(part: Part, shift: tuple[float, float, float]) -> Part:
    x, y, z = (np.asarray(part.position) + shift).tolist()
    return Part(part.geometry, part.stuff, (x, y, z), part.quaternion)


_CORNERS = np.array([[i >> k & 1 for k in range(3)] for i in range(8)], float)
_SIDES = np.array(
    [(0, 2, 1), (1, 2, 3), (4, 5, 6), (5, 7, 6), (0, 1, 4), (1, 5, 4), (2, 6, 3), (3, 6, 7),
     (0, 4, 2), (2, 4, 6), (1, 3, 5), (3, 7, 5)], np.int32,
)  # fmt: skip


def box_surfaces(boxes: Array) -> list[tuple[Array, Ints]]:
    """Boxes (N, 2, 3) as surfaces to merge."""
    return [(low + _CORNERS * (high - low), _SIDES) for low, high in boxes]


def book_row(kit: Kit, length: float, height: float, depth: float) -> list[Part]:
    """Upright books in a row of `length` about x = 0, in a few colours."""
    colours = int(kit.rng.integers(3, 6))
    groups: list[list[Array]] = [[] for _ in range(colours)]
    x = -length / 2
    while x < length / 2 - 0.02:
        thick = kit.u(0.014, 0.045)
        low = np.array([x, 0.02 * kit.u(0, 1) - depth / 2, 0.0])
        high = np.array([x + thick - 0.001, depth / 2 - 0.03 * kit.u(0, 1), height * kit.u(0.7, 1)])
        groups[int(kit.rng.integers(colours))].append(np.array([low, high]))
        x += thick
    return [
        Part(foliage.merged(box_surfaces(np.array(g)), smooth=False),
             stuff(kit.key.child("books", i), "book_cloth"))
        for i, g in enumerate(groups) if g
    ]  # fmt: skip
