"""Solids of light and heavy matter drop into a basin; some float, some sink, all splash."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Geometry, Sphere, bounds
from simgen.key import Key
from simgen.material import Look, material
from simgen.particles import fill
from simgen.rotation import random as random_quaternion
from simgen.scene import Domain, Fluid, RigidBody, Scene, Shape, Vector
from simgen.shapes import regular_prism, torus
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, RadianPerSecond, Ratio
from simgen.words import Words

LIQUIDS = ("water", "milk", "paint", "ethanol", "olive_oil")
LIGHT = ("wood/cork", "wood/balsa", "wood/pine", "wood/oak", "plastic/polystyrene_foam")
HEAVY = ("stone/granite", "metal/steel", "ceramic/terracotta", "plastic/abs", "metal/aluminium")
BASINS = ("ceramic/porcelain", "stone/concrete", "plastic/abs", "metal/steel", "stone/marble")
PARTICLES = 18_000
WALL, MARGIN, ABOVE = 0.03, 0.06, 0.25
"""About the thickness of the basin and the room for liquid around and above it [m]."""
STAGGER, G = 0.08, 9.81
"""Time between two solids [s]; gravity [m/s^2]."""
DYES = ((0.16, 0.47, 0.78), (0.1, 0.56, 0.6), (0.2, 0.6, 0.36), (0.12, 0.3, 0.6))
"""sRGB colours that clear liquids are dyed with; clear ones hide their surface."""


class ObjectSplash(SceneTemplate):
    """Light and heavy solids drop into a basin, where some float and some sink."""

    engines: ClassVar[tuple[str, ...]] = ("apic",)
    physics_iq: ClassVar[str] = "potato-in-water"
    words: ClassVar[Words] = Words(
        short=(
            "{count solid/solids} [are dropped|are let go one after another|drop one by one] "
            "into a basin of {liquid}"
        ),
        setup=(
            "{count solid/solids} of {solid.materials} are in the air above a {basin} basin of "
            "{liquid}"
        ),
        event="[they are dropped into it one after another|one by one they are let go]",
        parameters=(
            "{count} solids of {solid.materials}, about {size} large, dropped from {drop} and "
            "more, spinning at {spin}, into {liquid}, {depth} deep, in a basin of {basin}, "
            "{length} by {width*length:m}"
        ),
    )

    camera_elevation: Annotated[Radian, Uniform(0.5, 0.85)]
    """High enough to see the surface over the rim."""
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("olive_oil",))]
    length: Annotated[Metre, Uniform(0.5, 0.7)]
    """Of the basin, inside."""
    width: Annotated[Ratio, Uniform(0.65, 0.9)]
    """Over the length."""
    depth: Annotated[Metre, Uniform(0.12, 0.2, held_out=(0.185, 0.2))]
    """Of the liquid."""
    rim: Annotated[Metre, Uniform(0.03, 0.06)]
    """Of the basin above the liquid."""
    count: Annotated[int, Integers(2, 5)]
    floating: Annotated[Ratio, Uniform(0.3, 0.9)]
    """Chance of each solid to be lighter than water."""
    size: Annotated[Metre, Uniform(0.08, 0.12)]
    drop: Annotated[Metre, Uniform(0.1, 0.35)]
    """Of the first solid above the liquid; the others fall from higher, to land STAGGER apart."""
    throw: Annotated[MetrePerSecond, Uniform(0.0, 0.8)]
    spin: Annotated[RadianPerSecond, Uniform(0.0, 8.0)]
    basin: Annotated[str, Choice(*BASINS)]

    def build(self, key: Key) -> Scene:
        wanted = (self.length, self.length * self.width, self.depth)
        spacing = (math.prod(wanted) / PARTICLES) ** (1 / 3)
        # a basin of whole cells (two particles): a cramped layer at a wall would swell at once
        cell = 2 * spacing
        length, width, depth = (cell * round(size / cell) for size in wanted)
        wall, margin, above = (cell * round(size / cell) for size in (WALL, MARGIN, ABOVE))
        x, y, surface = length / 2, width / 2, wall + depth
        stuff = material(f"liquid/{self.liquid}")
        domain = Domain(
            lower=(-x - wall - margin, -y - wall - margin, 0.0),
            upper=(x + wall + margin, y + wall + margin, surface + above),
        )
        liquid = Fluid(
            name="liquid",
            positions=fill((-x, -y, wall), (x, y, surface), spacing, key, jitter=0.2),
            spacing=spacing,
            material=stuff,
            domain=domain,
            look=self._dyed(key, stuff.look(key.child("liquid"))),
        )
        places = key.child("places").rng().permutation(self.count)
        solids = [
            self._solid(key.child("solid", i), i, int(places[i]), x, y, surface)
            for i in range(self.count)
        ]
        focus = Focus(
            lower=(-x - wall, -y - wall, surface - 0.08),
            upper=(x + wall, y + wall, surface + 0.12),
        )
        return self.stage(
            key, [liquid, self._basin(key, x, y, surface, wall), *solids], focus=focus
        )

    def _dyed(self, key: Key, look: Look) -> Look:
        """A clear liquid with a dye of random strength; others as they are."""
        if look.transmission < 0.9:
            return look
        rng = key.child("dye").rng()
        dye, strength = DYES[int(rng.integers(len(DYES)))], float(rng.uniform(0.2, 0.45))
        r, g, b = (c + strength * (d - c) for c, d in zip(look.color, dye, strict=True))
        return replace(look, color=(r, g, b))

    def _basin(self, key: Key, x: float, y: float, surface: float, wall: float) -> RigidBody:
        stuff = material(self.basin)
        look = stuff.look(key.child("basin"))
        tall = surface + self.rim
        boxes: list[tuple[Vector, Vector]] = [
            ((2 * x, 2 * y, wall), (0.0, 0.0, wall / 2)),
        ]
        for side in (-1.0, 1.0):
            boxes.append(((2 * x + 2 * wall, wall, tall), (0.0, side * (y + wall / 2), tall / 2)))
            boxes.append(((wall, 2 * y, tall), (side * (x + wall / 2), 0.0, tall / 2)))
        shapes = tuple(
            Shape(geometry=Box(size), material=stuff, look=look, position=at) for size, at in boxes
        )
        return RigidBody(name="basin", shapes=shapes, motion="static")

    def _solid(
        self, key: Key, index: int, place: int, x: float, y: float, surface: float
    ) -> RigidBody:
        """The `index`-th to fall, over its own part of the length."""
        rng = key.rng()
        light = float(rng.uniform()) < self.floating
        stuff = material(str(rng.choice(LIGHT if light else HEAVY)))
        solid = self._form(rng, self.size * float(rng.uniform(0.8, 1.15)))
        reach = float(np.linalg.norm(np.abs(bounds(solid)).max(axis=0)))
        fall = math.sqrt(2 * self.drop / G) + STAGGER * index
        room = 2 * x / self.count
        along = -x + room * (place + 0.5 + float(rng.uniform(-0.1, 0.1)))
        along = float(np.clip(along, -x + reach, x - reach))
        across = float(rng.uniform(-0.5, 0.5)) * (y - reach)
        speed = self.throw * float(rng.uniform(-1.0, 1.0))
        w, a, b, c = (float(v) for v in random_quaternion(rng))
        turn = rng.normal(size=3)
        turn *= self.spin / np.linalg.norm(turn)
        return RigidBody(
            name=f"solid_{index}",
            shapes=(Shape(geometry=solid, material=stuff, look=stuff.look(key.child("look"))),),
            position=(along - speed * fall, across, surface + reach + G * fall**2 / 2),
            quaternion=(w, a, b, c),
            velocity=(speed, 0.0, 0.0),
            angular_velocity=(float(turn[0]), float(turn[1]), float(turn[2])),
        )

    def _form(self, rng: np.random.Generator, size: float) -> Geometry:
        match str(rng.choice(["ball", "box", "cylinder", "ring", "prism"])):
            case "ball":
                return Sphere(size / 2)
            case "box":
                long, wide = float(rng.uniform(1.0, 1.4)), float(rng.uniform(0.7, 1.0))
                return Box((size * long, size * wide, 0.8 * size))
            case "cylinder":
                return Cylinder(0.45 * size, size * float(rng.uniform(0.6, 1.1)))
            case "ring":
                return torus(radius=0.52 * size, thickness=0.2 * size)
            case _:
                return regular_prism(sides=int(rng.integers(3, 7)), radius=0.5 * size, height=size)
