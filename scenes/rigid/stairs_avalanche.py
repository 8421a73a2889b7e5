"""Blocks and balls tumble down stairs."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Box, Geometry, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, random
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import (
    PALETTES,
    band,
    body,
    colors,
    drop_layers,
    fixed,
    place_middle,
    quat,
    reach,
)
from simgen.shapes import bevelled_box, can, hoop, polyhedron, rock, stairs
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words


class StairsAvalanche(SceneTemplate):
    """A load of blocks, balls or stones is tipped onto the top of a staircase and tumbles down."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[{load} are pushed down|a load of {load} starts down|a heap of {load} is thrown "
            "onto] a staircase"
        ),
        setup=(
            "a heap of {load} is in the air just above the top of a {stairs} staircase with "
            "{steps step/steps}, with a brick kerb on the floor beyond"
        ),
        event=(
            "[the heap is thrown forward down the stairs|the whole load is flung towards the steps]"
        ),
        parameters=(
            "a heap of {load}, about {size*rise:m} large, thrown at {speed} down {steps} steps "
            "of {stairs}, each {rise} high, {run*rise:m} deep and {width} wide"
        ),
        terms={
            "load": {
                "blocks": "wooden blocks",
                "balls": "rubber balls",
                "stones": "stones",
                "solids": "many-sided solids",
                "mixed": "assorted things",
            },
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.7, 0.3)]
    steps: Annotated[int, Integers(3, 6)]
    rise: Annotated[Metre, Uniform(0.06, 0.11)]
    run: Annotated[Ratio, Uniform(1.1, 1.7)]
    """Depth of a step over its rise."""
    width: Annotated[Metre, Uniform(0.35, 0.6)]
    load: Annotated[
        str, Choice("blocks", "balls", "stones", "mixed", "solids", held_out=("solids",))
    ]
    count: Annotated[int, Integers(10, 24)]
    size: Annotated[Ratio, Uniform(0.5, 0.85)]
    """Of a thing over the rise; a heap that grows too tall is cut off."""
    speed: Annotated[MetrePerSecond, Uniform(0.8, 1.8)]
    """Of the load at the start, down the stairs."""
    stairs: Annotated[str, Choice("stone/concrete", "wood/oak", "wood/pine", "stone/marble")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        run = self.run * self.rise
        flight = stairs(steps=self.steps, width=self.width, rise=self.rise, run=run)
        high = self.steps * self.rise
        landing = 2.0 * run
        back = Box((landing, self.width, high))
        turn = from_axis_angle((0, 0, 1), np.pi)
        far = self.steps * run
        elements: list[RigidBody] = [
            fixed(key, "stairs", flight, self.stairs, position=(far, 0, 0), quaternion=turn),
            fixed(key, "landing", back, self.stairs, position=(-landing / 2 - 0.0005, 0, high / 2)),
        ]
        curb = Box((0.03, self.width + 0.25, 0.05))
        elements.append(fixed(key, "curb", curb, "stone/brick", position=(far + 0.5, 0, 0.025)))
        things = [self._thing(key.child("thing", i)) for i in range(self.count)]
        radii = [reach(g) for g, _, _ in things]
        half = (0.8 * run + 0.07, 0.42 * self.width)
        centers = drop_layers(key.child("places"), radii, half=half, start=high + 0.01)
        paint = colors(key.child("colors"), self.palette, self.count)
        for i, ((geometry, stuff, colored), at) in enumerate(zip(things, centers, strict=True)):
            if at[2] > high + 0.42:  # the heap is full
                continue
            rng = key.child("start", i).rng()
            q = quat(random(rng))
            trim = ()
            if isinstance(geometry, Sphere):
                shade = (0.15, 0.16, 0.2)
                trim = (
                    band(key.child("band", i), geometry.radius, "plastic/abs", shade, width=0.3),
                )
            at = at + np.array([-0.6 * run, 0.0, 0.0])
            speed = self.speed * float(rng.uniform(0.7, 1.2))
            elements.append(
                body(
                    key,
                    f"thing_{i:02d}",
                    geometry,
                    stuff,
                    position=place_middle(geometry, q, at),
                    quaternion=q,
                    velocity=(speed, float(rng.uniform(-0.15, 0.15)), -0.3),
                    angular_velocity=(0.0, 6.0 * float(rng.random()), 0.0),
                    color=paint[i] if colored else None,
                    trim=trim,
                )
            )
        side = self.width / 2 + 0.05
        focus = Focus.around(
            corners((-1.3 * run, -side, 0.0), (far + 0.52, side, high + 0.16)),
            corners((0.0, -side - 0.12, 0.0), (far + 0.52, side + 0.25, 0.0)),
        )
        return self.stage(key, elements, focus=focus)

    def _thing(self, key: Key) -> tuple[Geometry, str, bool]:
        rng = key.rng()
        s = self.size * self.rise * float(rng.uniform(0.8, 1.2))
        kind = self.load
        if kind == "mixed":
            kind = ("blocks", "balls", "stones", "solids", "cans", "hoops")[int(rng.integers(6))]
        match kind:
            case "blocks":
                size = (s, s * float(rng.uniform(0.7, 1.3)), s * float(rng.uniform(0.6, 1.0)))
                return bevelled_box(size=size, bevel=0.06 * s), "wood/beech", True
            case "balls":
                return Sphere(0.55 * s), "rubber/natural", True
            case "stones":
                stone = ("stone/granite", "stone/sandstone", "stone/slate")[int(rng.integers(3))]
                return rock(key=key.child("rock"), radius=0.65 * s), stone, False
            case "cans":
                return can(radius=0.4 * s, height=1.1 * s), "metal/aluminium", True
            case "hoops":
                return hoop(radius=0.6 * s, width=0.4 * s, thickness=0.12 * s), "plastic/abs", True
            case _:
                faces = (4, 8, 12, 20)[int(rng.integers(4))]
                return polyhedron(faces=faces, radius=0.7 * s), "plastic/phenolic", True
