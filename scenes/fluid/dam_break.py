"""A column of liquid collapses in a tank, strikes what stands there and sloshes back."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.particles import fill
from simgen.rotation import from_axis_angle
from simgen.scene import Domain, Fluid, Quaternion, RigidBody, Scene, Shape, Vector
from simgen.scenes.fluid._parts import liquid_look
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

LIQUIDS = ("water", "milk", "olive_oil", "ethanol", "glycerol", "paint", "syrup")
TANKS = ("stone/concrete", "plastic/abs", "metal/steel", "ceramic/porcelain", "wood/beech")
OBSTACLES = ("wood/oak", "stone/granite", "plastic/abs", "metal/copper", "ceramic/terracotta")
PARTICLES = 10_000
BASE = 0.012
"""Thickness of the tank's bottom [m]."""


class DamBreak(SceneTemplate):
    """A column of liquid, suddenly free, floods a tank cut open towards the camera.

    The front of the liquid's domain is a slip wall that is not drawn: a perfectly clean pane. So
    the column, the surge beneath it and the waves that come back are seen at once.
    """

    engines: ClassVar[tuple[str, ...]] = ("apic", "warp", "genesis")
    words: ClassVar[Words] = Words(
        short=(
            "a column of {liquid} [is suddenly set free|is released all at once|is let go at "
            "once] in a tank"
        ),
        setup=(
            "a column of {liquid} stands at one end of a {tank} tank that is open towards the "
            "camera{obstacles}"
        ),
        event="[the column is suddenly released|all at once nothing holds the liquid any more]",
        parameters=(
            "a column of {liquid}, {height} high and {slenderness} times as high as wide, in a "
            "tank of {tank}, {depth*height:m} deep from front to back; {obstacles.numbers}"
        ),
        terms={
            "obstacles": {
                "0": "",
                "1": ", with one solid obstacle in it",
                "2": ", with two solid obstacles in it",
            },
            "obstacles.numbers": {"0": "no obstacle", "1": "1 obstacle", "2": "2 obstacles"},
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.1, 0.4)]
    """Seldom from the column's side, where the tank's end wall would hide it."""
    camera_elevation: Annotated[Radian, Uniform(0.2, 0.45)]
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("syrup",))]
    height: Annotated[Metre, Uniform(0.25, 0.45, held_out=(0.41, 0.45))]
    """Of the column."""
    slenderness: Annotated[Ratio, Uniform(1.0, 1.6)]
    """Height over width of the column."""
    span: Annotated[Ratio, Uniform(0.7, 1.0)]
    """Share of the tank's depth that the column takes, from the back wall."""
    length: Annotated[Ratio, Uniform(3.0, 4.0)]
    """Of the tank over the width of the column."""
    depth: Annotated[Ratio, Uniform(0.5, 0.8)]
    """Of the tank, from back to front, over the height of the column."""
    tank: Annotated[str, Choice(*TANKS)]
    obstacles: Annotated[int, Integers(0, 2)]

    def build(self, key: Key) -> Scene:
        width, deep = self.height / self.slenderness, self.height * self.depth
        spacing = (width * self.height * deep * self.span / PARTICLES) ** (1 / 3)

        def whole(extent: float) -> float:
            return max(3, round(extent / spacing)) * spacing

        length, depth = whole(width * self.length), whole(deep)
        lower = (-length / 2, -depth / 2, BASE)
        upper = (length / 2, depth / 2, BASE + 1.25 * self.height)
        column = fill(
            (lower[0], upper[1] - whole(deep * self.span), BASE),
            (lower[0] + whole(width), upper[1], BASE + whole(self.height)),
            spacing,
            key,
        )
        stuff = material(f"liquid/{self.liquid}")
        liquid = Fluid(
            name="liquid",
            positions=np.clip(
                column, np.add(lower, 0.1 * spacing), np.subtract(upper, 0.1 * spacing)
            ),
            spacing=spacing,
            material=stuff,
            domain=Domain(lower=lower, upper=upper),
            look=liquid_look(stuff, key),
        )
        bodies = [self._tank(key, lower, upper)]
        bodies += self._obstacles(key, lower[0] + 1.5 * width, upper[0], lower[1], upper[1])
        focus = Focus(lower=(lower[0], lower[1], 0.0), upper=upper)
        return self.stage(key, [liquid, *bodies], focus=focus)

    def _tank(self, key: Key, lower: Vector, upper: Vector) -> RigidBody:
        """Bottom, back and the two ends around the domain."""
        stuff = material(self.tank)
        look = stuff.look(key.child("tank"))
        wall, tall = 0.02, upper[2]
        across, along = upper[0] - lower[0], upper[1] - lower[1]
        boxes: list[tuple[Vector, Vector]] = [
            ((across + 2 * wall, along + 2 * wall, BASE), (0.0, 0.0, BASE / 2)),
            ((across + 2 * wall, wall, tall), (0.0, upper[1] + wall / 2, tall / 2)),
            ((wall, along, tall), (lower[0] - wall / 2, 0.0, tall / 2)),
            ((wall, along, tall), (upper[0] + wall / 2, 0.0, tall / 2)),
        ]
        shapes = tuple(
            Shape(geometry=Box(size), material=stuff, look=look, position=at) for size, at in boxes
        )
        return RigidBody(name="tank", shapes=shapes, motion="static")

    def _obstacles(
        self, key: Key, left: float, right: float, front: float, back: float
    ) -> list[RigidBody]:
        """Boxes, cylinders and balls in the way of the flood, apart from each other."""
        found: list[RigidBody] = []
        room = (right - left) / max(self.obstacles, 1)
        for i in range(self.obstacles):
            rng = key.child("obstacle", i).rng()
            size = float(rng.uniform(0.2, 0.32)) * min(self.height, 1.3 * (back - front))
            size = min(size, 0.75 * room)
            tall = size * float(rng.uniform(1.0, 2.2))
            kind = str(rng.choice(["box", "cylinder", "ball"]))
            solid: Geometry = {
                "box": Box((size, size, tall)),
                "cylinder": Cylinder(size / 2, tall),
                "ball": Sphere(size / 2),
            }[kind]
            turn = from_axis_angle(
                (0, 0, 1), float(rng.uniform(0, math.pi)) if kind == "box" else 0
            )
            stuff = material(str(rng.choice(OBSTACLES)))
            slack = (room - size) / 2
            x = left + (i + 0.5) * room + float(rng.uniform(-0.5, 0.5)) * max(slack, 0.0)
            y = float(rng.uniform(front + 0.75 * size, back - 0.75 * size))
            z = BASE + (size if kind == "ball" else tall) / 2
            w, a, b, c = (float(v) for v in turn)
            quaternion: Quaternion = (w, a, b, c)
            shape = Shape(geometry=solid, material=stuff, look=stuff.look(key.child("look", i)))
            found.append(
                RigidBody(
                    name=f"obstacle_{i}",
                    shapes=(shape,),
                    position=(x, y, z),
                    quaternion=quaternion,
                    motion="static",
                )
            )
        return found
