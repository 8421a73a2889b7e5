"""Stuffed toys are thrown onto a staircase and tumble down it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Box
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, random, rotate
from simgen.scene import RigidBody, Scene, SoftBody
from simgen.scenes.deformable._parts import distinct, form_mesh, usual
from simgen.scenes.rigid._things import fixed
from simgen.shapes import stairs
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, RadianPerSecond, Ratio
from simgen.words import Words

TOYS = ("bear", "bunny", "star", "pillow")


class PlushOnStairs(SceneTemplate):
    """Stuffed toys are thrown onto a staircase and tumble down it."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="{listed} {count? is/are} [thrown down|tossed onto|flung onto] a staircase",
        setup=(
            "{listed} {count? is/are} in the air just above the top of a {stairs} staircase "
            "with {steps step/steps}, brick walls standing beyond and beside its foot"
        ),
        event=(
            "{count? it is/they are} [thrown forward down the stairs|flung towards the steps "
            "with a spin]"
        ),
        parameters=(
            "{listed} of plush with {softness} times its usual Young's modulus, about {size} "
            "large, thrown at {speed} with {tumble} onto {steps} steps of {stairs}, each {rise} "
            "high and {run*rise:m} deep"
        ),
        kinds={
            "bear": "teddy bear/teddy bears",
            "bunny": "toy rabbit/toy rabbits",
            "star": "plush star/plush stars",
            "pillow": "cushion/cushions",
        },
    )

    toy: Annotated[str, Choice(*TOYS, held_out=("star",))]
    count: Annotated[int, Integers(1, 2)]
    size: Annotated[Metre, Uniform(0.29, 0.37)]
    softness: Annotated[Ratio, Uniform(0.6, 1.6)]
    """Young's modulus over the material's."""
    steps: Annotated[int, Integers(4, 5)]
    rise: Annotated[Metre, Uniform(0.09, 0.125)]
    run: Annotated[Ratio, Uniform(1.1, 1.45)]
    """Depth of a step over its rise."""
    speed: Annotated[MetrePerSecond, Uniform(1.0, 1.4)]
    """Down the stairs at the start."""
    tumble: Annotated[RadianPerSecond, Uniform(2.0, 8.0)]
    stairs: Annotated[str, Choice("stone/concrete", "wood/oak", "wood/pine", "stone/marble")]
    camera_azimuth: Annotated[Radian, Uniform(-0.7, 0.3)]

    def build(self, key: Key) -> Scene:
        run = self.run * self.rise
        width = 1.8 * self.size
        high, far = self.steps * self.rise, self.steps * run
        flight = stairs(steps=self.steps, width=width, rise=self.rise, run=run)
        turn = from_axis_angle((0, 0, 1), math.pi)
        landing = (1.3 if self.count == 1 else 2.3) * self.size
        back = Box((landing, width, high))
        at = (-landing / 2 - 0.0005, 0, high / 2)
        elements: list[SoftBody | RigidBody] = [
            fixed(key, "stairs", flight, self.stairs, position=(far, 0, 0), quaternion=turn),
            fixed(key, "landing", back, self.stairs, position=at),
        ]
        stop = far + 1.3 * self.size
        wall = Box((0.05, width + 0.2, 0.7 * self.size))
        at = (stop + 0.025, 0, 0.35 * self.size)
        elements.append(fixed(key, "wall", wall, "stone/brick", position=at))
        # A second one at the far side of the foot, from where a toy would roll out of sight.
        beside = Box((stop - far, 0.05, 0.7 * self.size))
        at = ((far + stop) / 2, width / 2 + 0.075, 0.35 * self.size)
        elements.append(fixed(key, "side_wall", beside, "stone/brick", position=at))
        colours = [usual(material(self.floor)), usual(material(self.stairs))]
        raw = material("plastic/plush")
        slow, fast = raw.require("youngs_modulus", "relaxing_modulus")
        stuff = replace(
            raw, youngs_modulus=self.softness * slow, relaxing_modulus=self.softness * fast
        )
        for i in range(self.count):
            rng = key.child("toy", i).rng()
            form = self.toy if i == 0 else TOYS[int(rng.integers(len(TOYS)))]
            size = self.size * (1.0 if i == 0 else 0.85)
            points, tets = form_mesh(form, size)
            points = rotate(random(rng), points)
            points -= points.mean(axis=0)
            low = -float(points[:, 2].min())
            place = np.array([-0.1 * self.size, 0.0, high + low + 0.02])
            place += np.array([0.0, float(rng.uniform(-0.1, 0.1)) * self.size, 0.0])
            place[0] -= 1.1 * i * self.size
            look = distinct(stuff, key.child("look", i), colours)
            colours.append(look.color)
            elements.append(
                SoftBody(
                    name=f"{form}_{i}",
                    vertices=points + place,
                    tetrahedra=tets,
                    material=stuff,
                    look=look,
                    velocity=(self.speed * (1.0 + 0.4 * i), float(rng.uniform(-0.05, 0.05)), 0.2),
                    angular_velocity=(0.0, self.tumble, float(rng.uniform(-0.8, 0.8))),
                )
            )
        first = -0.6 * self.size - 1.1 * (self.count - 1) * self.size
        side, over = 0.5 * self.size, high + 1.1 * self.size
        focus = Focus.around(
            corners((first, -side, high), (0.0, side, over)),
            corners((far, -2.3 * side, 0.0), (stop + 0.05, 1.2 * side, 0.8 * self.size)),
        )
        return self.stage(key, elements, focus=focus)
