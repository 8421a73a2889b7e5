"""A balloon grows on a pump and moves what is in its way."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.scene import Inflatable, RigidBody, Scene, Shape
from simgen.scenes.inflatable._equilibrium import settled
from simgen.scenes.inflatable._parts import (
    balloon_gauge,
    film,
    pick_colours,
    printed,
    sphere_mesh,
    turn,
    vec,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, Ratio, Second
from simgen.words import Words

START = 1.12
"""Stretch of the rubber at the start: taut, so that it does not sag before the pump starts."""

REACH = 3.1
"""Half the length of the board in radii of the limp balloon."""


class BalloonInflating(SceneTemplate):
    """A rubber balloon is pumped up and lifts a laid board or pushes towers of blocks over."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    physics_iq: ClassVar[str] = "blow-balloon"
    words: ClassVar[Words] = Words(
        short=(
            "a {balloon.colour} balloon is pumped up [{event.short}|as it lies "
            "{event.short}|little by little {event.short}]"
        ),
        setup="a small {balloon.colour} balloon{pattern} sits on a nozzle {event}",
        event="[air is pumped into the balloon|a pump blows the balloon up]",
        parameters=(
            "a balloon of latex, limp radius {radius} and {rubber} thick, is pumped towards "
            "{growth} times that radius from {starts} on; {event.numbers}"
        ),
        terms={
            "pattern": {"plain": "", "dots": " with dots", "stripes": " with stripes"},
            "event": {
                "lift": (
                    "under one end of a {wood} board that carries {things coloured "
                    "cube/coloured cubes}"
                ),
                "push": "between two towers of {things block/blocks} each",
            },
            "event.short": {"lift": "under a board", "push": "between two towers of blocks"},
            "event.numbers": {
                "lift": "a board of {wood}, {load}, with {things} cubes",
                "push": "two towers of {things} blocks of {wood}",
            },
        },
    )

    event: Annotated[str, Choice("lift", "push")]
    radius: Annotated[Metre, Uniform(0.06, 0.075)]
    """Of the limp rubber."""
    rubber: Annotated[Metre, Uniform(0.00025, 0.0004)]
    """Its thickness."""
    growth: Annotated[Ratio, Uniform(2.4, 2.9)]
    """Radius at the end over that of the limp rubber, if nothing were in the way."""
    starts: Annotated[Second, Uniform(0.1, 0.3)]
    """When the pump starts; it stops 0.25 s before the end."""
    load: Annotated[Kilogram, Uniform(0.1, 0.35)]
    """Mass of the board."""
    things: Annotated[int, Integers(2, 5)]
    """Lying on the board, or blocks in each tower."""
    wood: Annotated[str, Choice("wood/pine", "wood/beech", "wood/balsa", "plastic/acrylic")]
    pattern: Annotated[str, Choice("plain", "plain", "dots", "stripes")]

    def build(self, key: Key) -> Scene:
        balloon, nozzle = self._balloon(key)
        top = float(np.asarray(balloon.vertices)[:, 2].max())
        others = self._board(key, top + 0.002) if self.event == "lift" else self._towers(key)
        end = self.radius * self.growth
        left, right, tall = -1.9 * end, 1.9 * end, 2.1 * end
        if self.event == "lift":  # the board is pushed away from the balloon as it tips
            side = math.copysign(1.0, others[0].position[0])
            left, right = sorted((-1.3 * side * end, side * (1.5 * REACH * self.radius + 0.2)))
            tall = 2.3 * end
        focus = Focus(lower=(left, -1.1 * end, 0.0), upper=(right, 1.1 * end, tall))
        return self.stage(key, (balloon, nozzle, *others), focus=focus)

    def _balloon(self, key: Key) -> tuple[Inflatable, RigidBody]:
        """The limp balloon with its neck on a nozzle that comes out of the floor."""
        points, faces = sphere_mesh(self.radius, 3)
        low = np.clip(-points[:, 2] / self.radius, 0.0, 1.0) ** 8
        points = points * (1.0 - 0.3 * low)[:, None]
        points[:, 2] += 0.012 - points[:, 2].min()
        held = np.argsort(points[:, 2])[:7]
        stuff = film("rubber/latex", self.rubber)
        (colour,) = pick_colours(key.child("colour"), 1)
        volume = 4 / 3 * math.pi * self.radius**3
        stop = self.duration - 0.25
        ramp = 0.15 * (stop - self.starts)
        flow = 1.22 * volume * (self.growth**3 - START**3) / (stop - self.starts - ramp)
        balloon = Inflatable(
            name="balloon",
            vertices=points,
            faces=faces,
            material=stuff,
            look=printed(
                stuff, key.child("look"), colour, texture=self.pattern, scale=0.6 * self.radius
            ),
            pressure=balloon_gauge(stuff, self.radius, START),
            supply=(
                (self.starts, 0.0),
                (self.starts + ramp, flow),
                (stop - ramp, flow),
                (stop, 0.0),
            ),
            pinned=tuple(int(v) for v in held),
        )
        brass = material("metal/brass")
        nozzle = RigidBody(
            name="nozzle",
            shapes=(
                Shape(
                    geometry=Cylinder(0.012, 0.01),
                    material=brass,
                    look=brass.look(key.child("nozzle")),
                    position=(0.0, 0.0, 0.005),
                    collides=False,
                ),
            ),
            motion="static",
        )
        return settled(balloon), nozzle

    def _board(self, key: Key, top: float) -> list[RigidBody]:
        """A board `top` above the floor [m] over the balloon and on a block beside it, with things
        on it."""
        rng = key.child("board").rng()
        stuff = material(self.wood)
        thick, deep = 0.014, 3.0 * self.radius
        half = REACH * self.radius
        side = float(rng.choice([-1.0, 1.0]))
        block = 0.5 * half
        board = Shape(
            geometry=Box((2 * half, deep, thick)),
            material=stuff,
            look=stuff.look(key.child("board_look")),
        )
        prop_height = top - 0.002
        prop = Shape(
            geometry=Box((0.05, deep, prop_height)),
            material=stuff,
            look=stuff.look(key.child("prop_look")),
            position=(0.0, 0.0, prop_height / 2),
        )
        middle = top + thick / 2
        found = [
            RigidBody(
                name="board",
                shapes=(board,),
                position=(side * block, 0.0, middle),
                mass=self.load,
            ),
            RigidBody(
                name="prop",
                shapes=(prop,),
                position=(side * (block + half - 0.04), 0.0, 0.0),
                motion="static",
            ),
        ]
        colours = pick_colours(key.child("cubes"), self.things)
        for i in range(self.things):
            pitch = 1.5 * half / self.things
            size = min(float(rng.uniform(0.045, 0.065)), 0.69 * pitch)  # free at any turn
            x = side * block + (i + 0.5) * pitch - 0.75 * half
            cube = material("wood/pine")
            found.append(
                RigidBody(
                    name=f"cube_{i}",
                    shapes=(
                        Shape(
                            geometry=Box((size, size, size)),
                            material=cube,
                            look=printed(cube, key.child("cube", i), colours[i]),
                        ),
                    ),
                    position=(x, float(rng.uniform(-0.3, 0.3)) * deep, top + thick + size / 2),
                    quaternion=turn((0, 0, 1), float(rng.uniform(0, 1.5))),
                    mass=0.03,
                )
            )
        return found

    def _towers(self, key: Key) -> list[RigidBody]:
        """Two towers of light blocks that stand close to the balloon."""
        rng = key.child("towers").rng()
        stuff = material(self.wood)
        found: list[RigidBody] = []
        for side in (-1.0, 1.0):
            size = float(rng.uniform(0.055, 0.075))
            at = side * (self.radius * float(rng.uniform(1.25, 1.6)) + size / 2 + 0.01)
            colours = pick_colours(key.child("blocks", int(side)), self.things)
            for i in range(self.things):
                where = [at, float(rng.uniform(-0.006, 0.006)), (i + 0.5) * size + 0.0004 * (i + 1)]
                found.append(
                    RigidBody(
                        name=f"block_{len(found)}",
                        shapes=(
                            Shape(
                                geometry=Box((size, 1.5 * size, size)),
                                material=stuff,
                                look=printed(stuff, key.child("block", len(found)), colours[i]),
                            ),
                        ),
                        position=vec(where),
                        quaternion=turn((0, 0, 1), float(rng.uniform(-0.08, 0.08))),
                        mass=float(rng.uniform(0.02, 0.05)),
                    )
                )
        return found
