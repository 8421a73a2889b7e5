"""Everyday objects that stand about and take no part in the event: up to 8 of them, out of its way
and never before it. They are drawn, not touched."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simgen.geometry import Array
from simgen.key import Key
from simgen.rotation import IDENTITY
from simgen.stage import objects_home as home
from simgen.stage import objects_yard as yard
from simgen.stage.kit import Kit, Maker
from simgen.stage.place import Place, Site, direction_of, part_box

LEAST, MOST = 2, 8
"""Objects that are tried."""
TRIES = 14
"""Spots tried for one object before it is left out."""
PROPS: dict[str, tuple[float, Maker]] = {
    "books": (0.21, home.books),
    "mug": (0.1, home.mug),
    "bottle": (0.26, home.bottle),
    "can": (0.12, home.can),
    "tumbler": (0.12, home.tumbler),
    "fruit_bowl": (0.24, home.fruit_bowl),
    "plates": (0.24, home.plates),
    "vase": (0.22, home.vase),
    "plant": (0.5, home.plant),
    "small_plant": (0.16, home.small_plant),
    "table_lamp": (0.42, home.table_lamp),
    "cushion": (0.42, home.cushion),
    "carton": (0.35, home.carton),
    "small_box": (0.12, home.small_box),
    "blocks": (0.1, home.blocks),
    "ball": (0.2, home.ball),
    "marbles": (0.06, home.marbles),
    "hammer": (0.3, yard.hammer),
    "wrench": (0.2, yard.wrench),
    "screwdriver": (0.2, yard.screwdriver),
    "hardware": (0.06, yard.hardware),
    "paint_tin": (0.12, yard.paint_tin),
    "bucket": (0.3, yard.bucket),
    "toolbox": (0.45, yard.toolbox),
    "flask": (0.14, yard.flask),
    "beaker": (0.12, yard.beaker),
    "tube_rack": (0.22, yard.tube_rack),
    "laptop": (0.34, home.laptop),
    "pencil_cup": (0.14, home.pencil_cup),
    "papers": (0.28, home.papers),
    "stone": (0.1, yard.stone),
    "boulder": (0.6, yard.boulder),
    "fallen_leaves": (0.12, yard.fallen_leaves),
    "mushrooms": (0.09, yard.mushrooms),
    "log": (0.5, yard.log),
    "bush": (0.3, yard.bush),
    "crate": (0.5, yard.crate),
    "pallet": (1.2, yard.pallet),
    "barrel": (0.88, yard.barrel),
    "tyres": (0.62, yard.tyres),
    "traffic_cone": (0.55, yard.traffic_cone),
    "bricks": (0.5, yard.bricks),
    "stool": (0.5, home.stool),
    "chair": (0.9, home.chair),
    "big_plant": (1.5, home.big_plant),
    "form": (0.0, home.form),
    "dice": (0.05, home.dice),
    "coins": (0.08, home.coins),
    "pencils": (0.15, home.pencils),
    "cutlery": (0.18, home.cutlery),
}
"""Name -> usual largest edge [m] (0: any) and what makes one."""


def scatter(
    key: Key,
    site: Site,
    names: Sequence[str],
    *,
    level: float | None,
    half: tuple[float, float] | None,
) -> None:
    """Stand up to MOST objects of these names about the event, as large as suits it.

    `level` is the height they stand on [m], None: on the ground or the pad, wherever they are;
    `half` how far that reaches from the centre along x and y; None: as far as one likes.
    """
    place = site.place
    count = int(key.child("count").rng().integers(LEAST, MOST + 1))
    largest = max(1.2 * place.size, 0.13)
    fitting = [n for n in names if not PROPS[n][0] or 0.1 * place.size <= PROPS[n][0] <= largest]
    if not fitting:
        fitting = sorted(names, key=lambda n: abs(math.log(PROPS[n][0] / (0.4 * place.size))))[:2]
    for i in range(count):
        kit = Kit(key.child("object", i), place.size)
        name = kit.pick(*fitting)
        parts = PROPS[name][1](kit)
        boxes = np.array([part_box(p, (0.0, 0.0, 0.0), IDENTITY) for p in parts])
        width = float(np.abs(boxes[..., :2]).max())
        for _ in range(TRIES):
            x, y = _spot(kit, place, width)
            inside = half is None or (
                abs(x - place.center[0]) < half[0] - width
                and abs(y - place.center[1]) < half[1] - width
            )
            turn = kit.u(0.0, 2 * math.pi)
            z = site.level(x, y, width) if level is None else level
            if z is None or not inside:
                continue
            if site.put(f"prop_{name}", parts, (x, y, z), turn) is not None:
                break


def _spot(kit: Kit, place: Place, width: float) -> Array:
    """(2,) somewhere behind or beside the event for a thing of this half-width, large things
    further away [m]."""
    azimuth = place.bearing + math.pi + kit.u(-1.0, 1.0) * kit.u(0.2, 2.2)
    near = 0.6 * place.size + 1.5 * width
    distance = near + kit.u(0.0, 0.8) * (place.size + 3.0 * width) * kit.u(0.3, 2.0)
    return np.asarray(place.center) + direction_of(azimuth) * distance
