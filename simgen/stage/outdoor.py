"""Outdoor environments. The event stands on a pad of the floor's material laid on the ground, or,
when it is small, on a garden table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.geometry import Box
from simgen.key import Key
from simgen.stage import buildings as built
from simgen.stage import equipment as things
from simgen.stage import landscape as land
from simgen.stage import objects_yard as yard
from simgen.stage.bench import Bench, build_bench
from simgen.stage.kit import Kit, Maker
from simgen.stage.place import Part, Place, Site, Stuff
from simgen.stage.props import scatter


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """One kind of outdoor place."""

    build: Callable[[Kit, Site], None]
    """Puts up everything but the pad and the objects."""
    objects: tuple[str, ...]
    pad: float = 1.3
    """Half-width of the pad in sizes of the event."""
    bench: Bench | None = None
    words: str = "outdoors"
    noun: str = "garden table"
    """What captions call the bench."""
    pad_noun: str = "terrace"
    """What captions call the pad."""

    def half(self, place: Place) -> float:
        """Half-width of the pad [m]; it ends within the picture."""
        return max(self.pad * place.size, place.half + 0.08 * place.size, 0.25)


def terrace(kit: Kit, site: Site) -> None:
    """A terrace before a lawn, with planters, a balustrade or a hedge, and trees."""
    place = site.place
    far, near = land.far_of(place), land.near_of(place)
    land.ground(kit, site, kit.pick("lawn", "paving", "gravel", "lawn"))
    land.hills(kit, site)
    land.trees(kit, site, count=int(kit.rng.integers(6, 14)), near=far, far=3.5 * far,
               tall=(0.35 * far, 0.7 * far))  # fmt: skip
    roll = kit.rng.random()
    if roll < 0.4:
        land.border(kit, site, distance=near + kit.u(0.5, 3.0), height=kit.u(0.5, 1.0),
                    finish=kit.pick("stone/brick", "stone/plaster", "stone/sandstone"))  # fmt: skip
    elif roll < 0.7:
        built.fence(kit, site, distance=near + kit.u(1.5, 4.0), height=kit.u(0.9, 1.6))
    else:
        built.houses(kit, site, distance=1.3 * far, count=3)
    _stand(kit, site, (planter, things.park_bench, planter), count=int(kit.rng.integers(1, 5)),
           low=near, high=near + 3.0)  # fmt: skip
    land.bushes(kit, site, count=5, near=near + 1.0, far=1.5 * far, radius=0.5)


def garden(kit: Kit, site: Site) -> None:
    """A lawn with tufts, flower beds, a hedge or a fence, a shed."""
    place = site.place
    far, near = land.far_of(place), land.near_of(place)
    land.ground(kit, site, "lawn")
    land.hills(kit, site)
    height = float(np.clip(0.12 * place.size, 0.03, 0.12))
    edge = LANDSCAPES["garden"].half(place)
    land.tufts(kit, site, count=260, low=1.05 * edge, high=edge + 3.0 * place.reach, height=height)
    if kit.rng.random() < 0.5:
        built.fence(kit, site, distance=near + kit.u(1.5, 5.0), height=kit.u(0.9, 1.7))
    else:
        land.border(kit, site, distance=near + kit.u(2.0, 5.0), height=kit.u(0.9, 1.8),
                    finish="hedge", thick=0.7)  # fmt: skip
    land.bushes(kit, site, count=7, near=near, far=near + 5.0, radius=0.55)
    if kit.rng.random() < 0.6:
        _stand(kit, site, (things.shed,), count=1, low=near + 2.0, high=near + 7.0, spread=0.9)
    land.trees(kit, site, count=int(kit.rng.integers(5, 11)), near=1.1 * far, far=3.0 * far,
               tall=(0.4 * far, 0.8 * far))  # fmt: skip
    _stand(kit, site, (planter, things.park_bench), count=2, low=near, high=near + 3.0)


def playground(kit: Kit, site: Site) -> None:
    """Rubber or sand with a slide, a swing, a climbing frame and a fence."""
    place = site.place
    far, near = land.far_of(place), land.near_of(place)
    land.ground(kit, site, kit.pick("safety_rubber", "safety_rubber", "sand", "lawn"))
    land.hills(kit, site)
    makers = (things.slide, things.swing, things.climbing_frame, things.park_bench,
              things.spring_rocker)  # fmt: skip
    _stand(kit, site, makers, count=7, low=near + 0.4, high=near + 6.0, askew=0.8)
    built.fence(kit, site, distance=near + kit.u(6.0, 9.0), height=kit.u(0.9, 1.2))
    land.trees(kit, site, count=int(kit.rng.integers(6, 12)), near=1.2 * far, far=3.0 * far,
               tall=(0.4 * far, 0.8 * far))  # fmt: skip


def beach(kit: Kit, site: Site) -> None:
    """Sand down to the sea, stones, beach grass, a parasol."""
    place = site.place
    far, near = land.far_of(place), land.near_of(place)
    land.ground(kit, site, "sand")
    azimuth = place.bearing + math.pi + kit.u(-0.35, 0.35)
    shore = near + kit.u(1.5, 5.0) + 0.3 * far
    x, y, _ = place.at(azimuth, shore + 40.0 * far)
    sea = [
        kit.part(Box((160.0 * far, 80.0 * far, 0.02)), "sea", (0.0, 0.0, 0.0)),
        kit.part(Box((160.0 * far, 0.25, 0.01)), "whiteboard", (0.0, -40.0 * far, 0.008)),
    ]
    site.lay("set_sea", sea, (x, y, site.base - 0.028), azimuth)
    edge = LANDSCAPES["beach"].half(place)
    reed = float(np.clip(0.35 * place.size, 0.08, 0.5))
    land.tufts(kit, site, count=40, low=1.3 * edge, high=shore, height=reed, finish="reed")
    stone = float(np.clip(0.05 * place.size, 0.015, 0.15))
    land.stones(kit, site, count=30, low=1.1 * edge, high=shore, radius=stone)
    _stand(kit, site, (things.parasol, things.deck_chair, things.rowing_boat),
           count=int(kit.rng.integers(0, 5)), low=near, high=shore, askew=0.6)  # fmt: skip
    if kit.rng.random() < 0.6:
        land.cliffs(kit, site, azimuth)


def street(kit: Kit, site: Site) -> None:
    """A pavement beside a road, a row of houses, lamp posts, bollards, trees, a parked car."""
    place = site.place
    far, near = land.far_of(place), land.near_of(place)
    land.ground(kit, site, kit.pick("paving", "paving", "asphalt"))
    azimuth = place.bearing + math.pi + kit.u(-0.3, 0.3)
    start, wide = near + kit.u(0.3, 1.2), kit.u(4.5, 7.0) + 0.1 * far
    built.road(kit, site, azimuth, start, wide)
    built.houses(kit, site, distance=start + wide + kit.u(2.0, 5.0), count=6, azimuth=azimuth)
    makers = (things.lamp_post, things.bollard, things.street_tree, things.park_bench, things.bin_)
    _stand(kit, site, makers, count=6, low=near, high=start + 0.2, spread=1.3)
    for k in range(int(kit.rng.integers(0, 4))):
        x, y, z = place.at(azimuth, start + kit.u(0.25, 0.8) * wide)
        u = kit.u(-0.8, 0.8) * far
        spot = (x + u * math.cos(azimuth), y + u * math.sin(azimuth), z)
        site.put("set_car", things.car(Kit(kit.key.child("car", k))), _on(site, spot), azimuth)


def forest(kit: Kit, site: Site) -> None:
    """A clearing: trunks, bushes, fallen leaves, logs, stones and ferns."""
    place = site.place
    far, near = land.far_of(place), land.near_of(place)
    land.ground(kit, site, kit.pick("earth", "forest_floor", "forest_floor"))
    edge = LANDSCAPES["forest"].half(place)
    leaf = float(np.clip(0.06 * place.size, 0.03, 0.09))
    if place.size < 2.5:
        land.scattered(kit, site, count=550, low=edge, high=edge + 2.5 * place.reach + 1.0,
                       leaf=leaf)  # fmt: skip
    blade = float(np.clip(0.2 * place.size, 0.08, 0.3))
    land.tufts(kit, site, count=90, low=1.2 * edge, high=edge + 3.0 * place.reach + 2.0,
               height=blade)  # fmt: skip
    land.stones(kit, site, count=12, low=1.2 * edge, high=near + 3.0,
                radius=float(np.clip(0.1 * place.size, 0.05, 0.4)))  # fmt: skip
    pines = kit.u(0.0, 1.0)
    tall = (max(6.0, 0.5 * far), max(11.0, 1.1 * far))
    land.trees(kit, site, count=22, near=near + 0.5, far=1.6 * far, tall=tall, conifers=pines,
               name="trees", fine=4)  # fmt: skip
    land.trees(kit, site, count=16, near=1.6 * far, far=4.0 * far, tall=(0.6 * far, 1.1 * far),
               conifers=pines, name="wood", fine=0)  # fmt: skip
    land.bushes(kit, site, count=8, near=near + 0.4, far=1.4 * far, radius=0.6)
    _stand(kit, site, (yard.log, yard.boulder), count=3, low=near, high=near + 3.0, askew=1.5)


def rooftop(kit: Kit, site: Site) -> None:
    """A flat roof with a parapet, vents and boxes, high over a town."""
    place = site.place
    far, near = land.far_of(place), land.near_of(place)
    land.ground_patch(kit, site, kit.pick("bitumen", "gravel", "paving"), 2.5 * near + place.reach)
    built.parapet(kit, site, 2.5 * near + place.reach, kit.u(0.5, 1.0))
    makers = (built.vent, built.air_unit, built.chimney, planter)
    _stand(kit, site, makers, count=7, low=near, high=2.3 * near + 1.0)
    sunk = kit.u(10.0, 25.0)
    built.town_ground(kit, site, sunk)
    built.skyline(kit, site, near=2.0 * far, count=18, sunk=sunk)


def _stand(
    kit: Kit, site: Site, makers: Sequence[Maker], *, count: int, low: float, high: float,
    spread: float = 1.2, askew: float = 0.3,
) -> None:  # fmt: skip
    """Up to `count` large things, their backs away from the event, `low` to `high` [m] behind."""
    for k in range(count):
        spot, turn = land.around(kit, site.place, low, high, spread)
        make = makers[int(kit.rng.integers(len(makers)))]
        parts = make(Kit(kit.key.child("stand", make.__name__, k)))
        site.put(f"set_{make.__name__}", parts, _on(site, spot), turn + kit.u(-askew, askew))


def planter(kit: Kit) -> list[Part]:
    """A box with bushes."""
    w, d, h = kit.u(0.5, 1.3), kit.u(0.35, 0.5), kit.u(0.3, 0.5)
    green = land.foliage.bush(kit.rng, radius=0.32, height=0.55)
    name = kit.pick("wood/pine", "stone/concrete", "ceramic/terracotta", "gloss_paint")
    parts = [kit.part(Box((w, d, h)), name, (0.0, 0.0, h / 2))]
    for x in np.arange(-w / 2 + 0.2, w / 2 - 0.1, 0.3):
        parts.append(kit.part(green, "leaf", (float(x), 0.0, h - 0.05), texture="grass", scale=0.3))
    return parts


def _on(site: Site, spot: tuple[float, float, float]) -> tuple[float, float, float]:
    """The spot on the ground or the pad."""
    level = site.level(spot[0], spot[1])
    return (spot[0], spot[1], site.ground if level is None else level)


TABLE = Bench(kind="table", height=0.72, largest=0.45)
LANDSCAPES: dict[str, Landscape] = {
    "terrace": Landscape(
        build=terrace, pad=2.0, bench=TABLE, words="outdoors on a terrace",
        objects=("mug", "bottle", "tumbler", "fruit_bowl", "small_plant", "books", "plant",
                 "big_plant", "chair", "stool", "crate", "cushion", "ball", "stone", "can"),
    ),
    "garden": Landscape(
        build=garden, pad=0.8, bench=TABLE, words="outdoors in a garden",
        objects=("plant", "bucket", "stone", "ball", "crate", "small_plant", "bush", "stool",
                 "fallen_leaves", "boulder", "mug", "chair", "bricks"), pad_noun="platform",
    ),
    "playground": Landscape(
        build=playground, pad=1.1, words="outdoors on a playground",
        objects=("ball", "bucket", "blocks", "stone", "fallen_leaves", "tyres", "cushion",
                 "traffic_cone", "marbles", "small_box"), pad_noun="platform",
    ),
    "beach": Landscape(
        build=beach, pad=0.8, words="outdoors on a beach",
        objects=("ball", "bucket", "stone", "bottle", "cushion", "crate", "boulder", "log", "can",
                 "barrel"), pad_noun="deck",
    ),
    "street": Landscape(
        build=street, pad=1.1, words="outdoors in a street",
        objects=("traffic_cone", "crate", "carton", "bottle", "can", "stone", "fallen_leaves",
                 "bricks", "barrel", "pallet", "big_plant", "bucket", "paint_tin"),
        pad_noun="platform",
    ),
    "forest": Landscape(
        build=forest, pad=0.75, bench=TABLE, words="outdoors in a forest clearing",
        objects=("stone", "fallen_leaves", "mushrooms", "log", "boulder", "bush", "mug", "crate",
                 "bucket"), noun="picnic table", pad_noun="platform",
    ),
    "rooftop": Landscape(
        build=rooftop, pad=0.8, bench=TABLE, words="outdoors on a rooftop",
        objects=("plant", "crate", "bucket", "carton", "bottle", "can", "stool", "paint_tin",
                 "bricks", "big_plant", "chair", "mug", "toolbox", "small_plant"),
        noun="table", pad_noun="deck",
    ),
}  # fmt: skip
"""Every kind of outdoor place by name."""


def build_landscape(
    key: Key, site: Site, here: Landscape, bench: Bench | None, floor: Stuff
) -> float:
    """Everything but the floor the event stands on, of which a bench's top or the pad is made too.

    Returns the half-width of the floor [m].
    """
    place = site.place
    half, reach = here.half(place), None
    if bench is not None:
        build_bench(Kit(key.child("bench")), site, bench, floor)
        reach = bench.reach(place)
    else:
        kerb = Part(Box((2 * half, 2 * half, 0.05)), floor, (0.0, 0.0, -0.0258))
        site.lay("set_pad", [kerb], (*place.center, 0.0))
        site.pad = half
    here.build(Kit(key.child("outdoor")), site)
    level = None if bench is None else 0.0
    scatter(key.child("props"), site, here.objects, level=level, half=reach)
    return half
