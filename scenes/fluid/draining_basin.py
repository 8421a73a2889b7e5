"""A plug is pulled and a basin drains through the hole in its bottom into a tank below."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.particles import fill
from simgen.scene import Domain, Fluid, Keyframes, RigidBody, Scene, Shape, Vector
from simgen.scenes.fluid._parts import (
    LIQUID_WORDS,
    any_material,
    boxes,
    liquid_look,
    smoothstep,
    spacing_for,
    tank_body,
    tank_mesh,
    tank_parts,
)
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Second
from simgen.words import Words

LIQUIDS = ("water", "milk", "olive_oil", "orange_juice", "coffee", "tomato_juice", "ethanol")
CLEAR = ("plastic/acrylic", "glass/soda_lime", "plastic/polycarbonate")
POSTS = ("metal/steel", "wood/oak", "metal/aluminium", "plastic/abs")
TRAYS = ("ceramic/porcelain", "plastic/abs", "metal/steel", "wood/beech", "ceramic/terracotta")
PLUGS = ("rubber/natural", "plastic/abs", "metal/brass", "wood/oak")
PARTICLES = 8_000
WALL = 0.008
TRAY = 0.01


class DrainingBasin(SceneTemplate):
    """A plug is pulled and a clear basin drains through its hole into a tray below.

    The jet leaves at sqrt(2 g h) (Torricelli 1643) and contracts to about 0.62 of the hole.
    """

    engines: ClassVar[tuple[str, ...]] = ("apic", "warp")
    words: ClassVar[Words] = Words(
        short=(
            "[the plug is pulled from|a plug is drawn out of|the plug is removed from] a clear "
            "basin of {liquid}"
        ),
        setup=(
            "a {basin.material} basin of {liquid} stands on four legs in a {tray.material} "
            "tray, a plug closing the hole in its bottom"
        ),
        event="[the plug is pulled out|a rod pulls up the plug]",
        parameters=(
            "{liquid}, {depth*side:m} deep, in a basin of {basin.material}, {side} square, with "
            "a square hole of {hole*side:m}, {drop} above a tray of {tray.material}; the plug "
            "is pulled out in about {2*pull:s}"
        ),
        terms={"liquid": LIQUID_WORDS},
    )

    frame_count: int = 60
    camera_elevation: Annotated[Radian, Uniform(0.1, 0.35)]
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("coffee",))]
    side: Annotated[Metre, Uniform(0.13, 0.18)]
    """Of the square basin, inside."""
    depth: Annotated[Ratio, Uniform(0.5, 0.8)]
    """Of the liquid over the basin's side."""
    hole: Annotated[Ratio, Uniform(0.28, 0.35, held_out=(0.34, 0.35))]
    """Edge of the square hole over the basin's side."""
    place: Annotated[Ratio, Uniform(-0.5, 0.5)]
    """Of the hole from the middle towards a side."""
    drop: Annotated[Metre, Uniform(0.07, 0.12)]
    """From the basin's bottom to the tray's rim."""
    pull: Annotated[Second, Uniform(0.25, 0.45)]
    """Time in which the plug is pulled out."""

    def build(self, key: Key) -> Scene:
        deep = self.depth * self.side
        spacing = spacing_for(self.side**2 * deep, PARTICLES)
        side = round(self.side / spacing) * spacing
        deep = round(deep / spacing) * spacing
        rim = 0.06
        floor = TRAY + rim + self.drop + WALL
        hole = self.hole * side
        where = 0.5 * self.place * (side - hole) * 0.8
        plug = self._plug(key, where, hole, floor, deep)
        points = fill(
            (-side / 2, -side / 2, floor),
            (side / 2, side / 2, floor + deep),
            spacing,
            key,
            jitter=0.15,
        )
        stem = np.hypot(points[:, 0] - where, points[:, 1]) < 0.72 * hole + 0.4 * spacing
        low = points[:, 2] < floor + 0.014 + 0.4 * spacing
        thin = np.hypot(points[:, 0] - where, points[:, 1]) < 0.005 + 0.4 * spacing
        stuff = material(f"liquid/{self.liquid}")
        wide = 0.75 * side + 0.02
        liquid = Fluid(
            name="liquid",
            positions=points[~((stem & low) | thin)],
            spacing=spacing,
            material=stuff,
            domain=Domain(lower=(-wide, -wide, TRAY), upper=(wide, wide, floor + 1.4 * deep)),
            look=liquid_look(stuff, key.child("look")),
        )
        basin = self._basin(key, side, deep, floor, hole, where)
        ware = any_material(TRAYS, key.child("tray"))
        parts = tank_parts((2 * wide, 2 * wide, rim), WALL, base=TRAY)
        tray = boxes("tray", parts, ware, ware.look(key.child("tray look")), position=(0, 0, TRAY))
        focus = Focus(lower=(-wide, -wide, 0.0), upper=(wide, wide, floor + 1.45 * deep))
        posts = self._posts(key, side, floor)
        return self.stage(key, [liquid, basin, tray, posts, plug], focus=focus)

    def _basin(
        self, key: Key, side: float, deep: float, floor: float, hole: float, where: float
    ) -> RigidBody:
        """A clear box with a square hole in its bottom."""
        clear = any_material(CLEAR, key.child("basin"))
        form = tank_mesh((side, side, 1.25 * deep), WALL, base=WALL, hole=(where, hole))
        look = clear.look(key.child("basin look"))
        return tank_body("basin", form, clear, look, position=(0.0, 0.0, floor))

    def _plug(self, key: Key, x: float, hole: float, floor: float, deep: float) -> RigidBody:
        """A disc on the hole with a rod to pull it by."""
        stuff = any_material(PLUGS, key.child("plug"))
        look = stuff.look(key.child("plug look"))
        disc, rod = Cylinder(0.72 * hole, 0.014), Cylinder(0.005, 1.5 * deep)
        shapes = (
            Shape(geometry=disc, material=stuff, look=look),
            Shape(geometry=rod, material=stuff, look=look, position=(0.0, 0.0, 0.75 * deep)),
        )
        times: Array = np.linspace(0.0, 3.0, 181)
        up = 1.6 * deep * smoothstep(times, 0.12, 0.12 + 2.0 * self.pull)
        z = floor + 0.0075
        path = Keyframes(times=times, positions=np.stack([0 * up + x, 0 * up, z + up], -1))
        return RigidBody(
            name="plug", shapes=shapes, position=(x, 0.0, z), motion="kinematic", keyframes=path
        )

    def _posts(self, key: Key, side: float, floor: float) -> RigidBody:
        """Four legs under the basin's corners, in the tray."""
        stuff = any_material(POSTS, key.child("posts"))
        tall, at = floor - WALL - TRAY, side / 2 - 0.004
        size = (0.012, 0.012, tall)
        parts: list[tuple[Vector, Vector]] = [
            (size, (a, b, TRAY + tall / 2)) for a in (-at, at) for b in (-at, at)
        ]
        return boxes("posts", parts, stuff, stuff.look(key.child("posts look")))
