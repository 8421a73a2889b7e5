"""What small events stand on: a table, a counter along the wall, a workbench or a plinth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simgen.geometry import Array, Box
from simgen.stage.kit import Kit
from simgen.stage.place import Part, Place, Site, Stuff


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A kind of furniture whose top is z = 0."""

    kind: Literal["table", "counter", "workbench", "plinth"]
    height: float
    """Of the top above the ground [m]."""
    largest: float
    """Size of the largest event that stands on it [m]."""

    def half(self, place: Place) -> float:
        """Half-width of the square top on which the event stands [m]."""
        own = {"table": 0.5, "counter": 0.34, "workbench": 0.4, "plinth": 0.25}[self.kind]
        share = 0.75 if self.kind in ("counter", "workbench") else 0.9
        return max(own, share * place.size + 0.06, place.half + 0.04)

    def reach(self, place: Place) -> tuple[float, float]:
        """Half-widths along x and y that objects may stand on [m]."""
        half = self.half(place)
        long = half + (0.9 if self.kind == "counter" else 0.45 if self.kind == "workbench" else 0.0)
        return (half, long) if abs(place.toward[0]) > 0.5 else (long, half)


def build_bench(kit: Kit, site: Site, bench: Bench, top: Stuff) -> None:
    """The top, of what the floor is made of, and what carries it."""
    place = site.place
    x, y = bench.reach(place)
    drop, thick = bench.height, kit.u(0.025, 0.045)
    slab = Part(Box((2 * x, 2 * y, thick)), top, (0.0, 0.0, -thick / 2 - 0.0008))
    center = (*place.center, 0.0)
    site.lay("table_top", [slab], center)
    under = drop - thick - 0.001
    middle = -thick - 0.001 - under / 2
    match bench.kind:
        case "table" | "workbench":
            parts = _legs(kit, bench, (x, y), under, middle)
        case "counter":
            parts = _cabinets(kit, (x, y), under, middle, place.toward)
        case "plinth":
            inset = 0.02
            size = (2 * (x - inset), 2 * (y - inset), under)
            white = (0.93, 0.93, 0.92)
            parts = [kit.part(Box(size), "gloss_paint", (0.0, 0.0, middle), color=white)]
    site.lay("table_legs", parts, center)


def _legs(
    kit: Kit, bench: Bench, half: tuple[float, float], under: float, middle: float
) -> list[Part]:
    """Four legs and rails between them; a shelf under a workbench."""
    stout = bench.kind == "workbench"
    name = kit.pick("wood/pine", "machine_paint") if stout else kit.pick(
        "wood/oak", "wood/walnut", "metal/steel", "gloss_paint")  # fmt: skip
    leg = kit.u(0.07, 0.1) if stout else kit.u(0.035, 0.06)
    x, y = half[0] - 0.04 - leg / 2, half[1] - 0.04 - leg / 2
    parts = [
        kit.part(Box((leg, leg, under)), name, (sx * x, sy * y, middle))
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    rail, level = kit.u(0.05, 0.1), middle + under / 2
    for s in (-1, 1):
        parts.append(kit.part(Box((2 * x, 0.02, rail)), name, (0.0, s * y, level - rail / 2)))
        parts.append(kit.part(Box((0.02, 2 * y, rail)), name, (s * x, 0.0, level - rail / 2)))
    if stout:
        low = (0.0, 0.0, middle - under / 2 + 0.2)
        parts.append(kit.part(Box((2 * x, 2 * y, 0.03)), "wood/pine", low))
    return parts


def _cabinets(
    kit: Kit, half: tuple[float, float], under: float, middle: float, toward: Array
) -> list[Part]:
    """Cupboards below a counter, their doors towards the camera."""
    front = kit.pick("gloss_paint", "wood/oak", "wood/birch_plywood", "wood/walnut")
    along = np.array([abs(toward[1]), abs(toward[0])])
    long, deep = float(along @ half), float(np.abs(toward) @ half)
    doors = max(2, math.ceil(2 * long / 0.6))
    foot = 0.1
    body = np.abs(toward) * 2 * (deep - 0.05) + along * 2 * long
    base = np.abs(toward) * 2 * (deep - 0.09) + along * 2 * long
    tall = under - foot
    parts = [
        kit.part(Box((float(body[0]), float(body[1]), tall)), front, (0, 0, middle + foot / 2)),
        kit.part(Box((float(base[0]), float(base[1]), foot)), "plastic/abs",
                 (0.0, 0.0, middle - tall / 2)),
    ]  # fmt: skip
    wide = 2 * long / doors
    for k in range(doors):
        x, y = along * (wide * (k + 0.5) - long) + toward * (deep - 0.04)
        sx, sy = along * (wide - 0.008) + np.abs(toward) * 0.02
        spot = (float(x), float(y), middle + foot / 2)
        parts.append(kit.part(Box((float(sx), float(sy), tall - 0.01)), front, spot))
        gx, gy = along * 0.4 * wide + np.abs(toward) * 0.02
        grip = (float(x + 0.02 * toward[0]), float(y + 0.02 * toward[1]), middle + 0.42 * tall)
        parts.append(kit.part(Box((float(gx), float(gy), 0.012)), "metal/stainless_steel", grip))
    return parts
