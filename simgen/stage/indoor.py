"""Indoor environments: rooms with the furniture, the wall coverings and the objects of their
use."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simgen.geometry import Plane
from simgen.key import Key
from simgen.scene import Vector
from simgen.stage import furniture_home as home
from simgen.stage import furniture_work as work
from simgen.stage import hangings as wall
from simgen.stage.bench import Bench, build_bench
from simgen.stage.decals import floor_marks, rug
from simgen.stage.finish import laid
from simgen.stage.furniture import furnish
from simgen.stage.kit import Kit, Maker
from simgen.stage.landscape import view_outside
from simgen.stage.place import MARGIN, Part, Site, Stuff
from simgen.stage.props import scatter
from simgen.stage.room import build_room, plan_room

PAINTED = ("wall_paint", "wall_paint", "wall_paint")


@dataclass(frozen=True, kw_only=True)
class Interior:
    """One kind of room. Names are of finishes or materials."""

    walls: tuple[str, ...]
    dado: tuple[str, ...] = ("",)
    """Coverings of the lower wall; '' for none."""
    ground: tuple[str, ...]
    """Materials of the room's floor where the event stands on a bench."""
    bench: Bench | None = None
    back: tuple[float, float] = (0.45, 1.0)
    """Distance from the event's margin to the wall behind it, in sizes of the event, though of one
    metre at least and of two at most: rooms are no halls."""
    standing: tuple[Maker, ...] = ()
    hanging: tuple[Maker, ...] = ()
    objects: tuple[str, ...] = ()
    rug: float = 0.0
    """Chance of a rug on the floor."""
    marks: float = 0.0
    """Chance of painted lines and patches on the floor."""
    words: str = "in a room"
    noun: str = "table"
    """What captions call the bench."""


INTERIORS: dict[str, Interior] = {
    "living_room": Interior(
        walls=(*PAINTED, "wall_paint", "stone/brick", "wood/pine"),
        dado=("", "", "gloss_paint"),
        ground=("wood/oak", "textile/carpet", "wood/walnut", "wood/pine"),
        bench=Bench(kind="table", height=0.42, largest=0.35),
        standing=(home.sofa, home.sofa, home.sideboard, home.bookcase, home.floor_lamp,
                  home.tub_plant, home.door, home.radiator),
        hanging=(wall.picture, wall.picture, wall.clock),
        objects=("books", "mug", "vase", "plant", "small_plant", "table_lamp", "cushion", "blocks",
                 "ball", "stool", "chair", "big_plant", "carton", "small_box", "marbles",
                 "fruit_bowl", "tumbler", "dice", "coins", "pencils"),
        rug=0.5, words="in a living room", noun="coffee table",
    ),
    "dining_room": Interior(
        walls=(*PAINTED, "stone/brick"),
        dado=("", "gloss_paint"),
        ground=("wood/oak", "wood/walnut", "ceramic/tile", "textile/carpet"),
        bench=Bench(kind="table", height=0.74, largest=1.1),
        standing=(home.sideboard, home.bookcase, home.tub_plant, home.door, home.floor_lamp,
                  home.low_bench),
        hanging=(wall.picture, wall.clock, wall.jar_shelf),
        objects=("mug", "bottle", "tumbler", "fruit_bowl", "plates", "vase", "small_plant", "books",
                 "can", "chair", "stool", "plant", "big_plant", "small_box", "cutlery",
                 "dice", "coins"),
        words="in a dining room", noun="table",
    ),
    "kitchen": Interior(
        walls=("wall_paint", "subway_tiles", "wall_paint"),
        dado=("subway_tiles", "subway_tiles", ""),
        ground=("ceramic/tile", "ceramic/terracotta", "wood/oak", "plastic/vinyl"),
        bench=Bench(kind="counter", height=0.9, largest=0.9),
        standing=(work.base_units, work.base_units, work.fridge, work.cooker, home.door),
        hanging=(wall.wall_units, wall.jar_shelf, wall.clock, wall.picture),
        objects=("mug", "bottle", "can", "tumbler", "fruit_bowl", "plates", "vase", "small_plant",
                 "small_box", "stool", "bucket", "crate", "chair", "cutlery", "coins"),
        words="in a kitchen", noun="kitchen counter",
    ),
    "workshop": Interior(
        walls=("stone/brick", "stone/concrete", "wood/pine", "strand_board", "wall_paint"),
        ground=("stone/concrete", "wood/pine"),
        bench=Bench(kind="workbench", height=0.88, largest=0.9),
        standing=(work.workbench, work.workbench, work.rack, work.locker, home.door, work.drums),
        hanging=(wall.tool_wall, wall.tool_wall, wall.sign, wall.jar_shelf, wall.clock),
        objects=("hammer", "wrench", "screwdriver", "hardware", "paint_tin", "bucket", "toolbox",
                 "crate", "small_box", "can", "carton", "stool", "pallet", "bricks", "log",
                 "coins", "pencils"),
        marks=0.3, words="in a workshop", noun="workbench",
    ),
    "garage": Interior(
        walls=("stone/concrete", "stone/brick", "sheet_metal", "wall_paint"),
        dado=("", "gloss_paint"),
        ground=("stone/concrete",),
        standing=(work.rack, work.rack, work.locker, work.tyre_stack, work.drums, home.door,
                  work.workbench),
        hanging=(wall.sign, wall.tool_wall, wall.sign),
        objects=("paint_tin", "bucket", "toolbox", "crate", "carton", "tyres", "traffic_cone",
                 "barrel", "pallet", "can", "hardware", "wrench", "bricks", "small_box"),
        marks=0.6, words="in a garage",
    ),
    "laboratory": Interior(
        walls=("wall_paint", "subway_tiles"),
        dado=("subway_tiles", ""),
        ground=("plastic/vinyl", "ceramic/tile", "stone/concrete"),
        bench=Bench(kind="counter", height=0.92, largest=0.9),
        standing=(work.lab_bench, work.lab_bench, work.fridge, work.locker, work.gas_bottles,
                  home.door),
        hanging=(wall.whiteboard, wall.clock, wall.sign, wall.wall_units),
        objects=("flask", "beaker", "tube_rack", "flask", "papers", "books", "small_box", "laptop",
                 "pencil_cup", "stool", "carton", "bucket", "bottle", "pencils"),
        marks=0.15, words="in a laboratory", noun="laboratory bench",
    ),
    "office": Interior(
        walls=(*PAINTED, "stone/concrete"),
        ground=("textile/carpet", "wood/oak", "plastic/vinyl"),
        bench=Bench(kind="table", height=0.73, largest=1.0),
        standing=(work.desk, work.desk, work.filing_cabinet, home.bookcase, home.tub_plant,
                  home.door, home.radiator),
        hanging=(wall.whiteboard, wall.picture, wall.clock),
        objects=("books", "mug", "papers", "laptop", "pencil_cup", "small_plant", "table_lamp",
                 "small_box", "carton", "plant", "chair", "tumbler", "pencils", "coins",
                 "dice"),
        rug=0.2, words="in an office", noun="desk",
    ),
    "gallery": Interior(
        walls=("wall_paint", "wall_paint", "stone/concrete"),
        ground=("wood/oak", "stone/concrete", "stone/marble", "stone/granite"),
        bench=Bench(kind="plinth", height=0.95, largest=0.7),
        back=(0.8, 1.8),
        standing=(home.plinth, home.plinth, home.low_bench, home.tub_plant),
        hanging=(wall.canvas, wall.canvas, wall.picture),
        objects=("form", "form", "vase", "stool", "plant", "ball"),
        words="in a gallery", noun="plinth",
    ),
}  # fmt: skip
"""Every kind of room by name."""


def build_interior(
    key: Key, site: Site, interior: Interior, bench: Bench | None, floor: Stuff, window: Vector
) -> float:
    """Everything but the floor the event stands on, of which a bench's top is made too.

    Returns the half-width of the room's floor about the event [m].
    """
    place = site.place
    kit = Kit(key.child("interior"))
    deep = float(np.abs(place.toward) @ (place.upper - place.lower)[:2])
    back = 0.5 * deep + MARGIN * place.size + kit.u(*interior.back) * min(max(place.size, 1.0), 2.0)
    lift = 0.15
    if bench is not None:
        gap = 0.0 if bench.kind in ("counter", "workbench") else kit.u(0.4, 1.8)
        back = bench.half(place) + gap + 0.001
        lift = bench.height + 0.06 if gap == 0.0 else lift
    room = plan_room(site, window, back=back, lift=lift)
    build_room(key, site, room, walls=kit.pick(*interior.walls), dado=kit.pick(*interior.dado))
    center = (*place.center, site.base)
    extent = float(np.abs(np.stack([room.lower, room.upper]) - place.center).max()) + 0.3
    if bench is not None:
        build_bench(kit, site, bench, floor)
        ground = laid(key.child("room"), "floor", kit.pick(*interior.ground))
        site.lay("room_floor", [Part(Plane(extent=extent), ground)], center)
    view_outside(key.child("outside"), site, room)
    if bench is not None and bench.kind == "table" and bench.height > 0.6:
        _seats(Kit(key.child("seats")), site, bench.half(place))
    furnish(key.child("furniture"), site, room, interior.standing, interior.hanging)
    if kit.rng.random() < interior.rug:
        rug(Kit(key.child("rug")), site, under_event=bench is not None)
    if bench is None and kit.rng.random() < interior.marks:
        floor_marks(Kit(key.child("marks")), site)
    half = bench.reach(place) if bench is not None else None
    scatter(key.child("props"), site, interior.objects, level=0.0, half=half)
    return extent


def _seats(kit: Kit, site: Site, half: float) -> None:
    """Chairs at the sides of a table where they hide nothing."""
    chair = home.side_chair(kit)
    for side in range(4):
        if kit.rng.random() < 0.6:
            turn = side * math.pi / 2 + kit.u(-0.2, 0.2)
            x, y, z = site.place.at(
                side * math.pi / 2 + math.pi, half + kit.u(0.05, 0.25), site.base
            )
            site.put("set_chair", chair, (x, y, z), turn)
