"""A column of liquid collapses in a trough and strikes what stands there."""

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
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio

LIQUIDS = ("water", "milk", "olive_oil", "ethanol", "glycerol", "paint", "syrup")
TROUGHS = ("stone/concrete", "plastic/abs", "metal/steel", "ceramic/porcelain", "wood/beech")
OBSTACLES = ("wood/oak", "stone/granite", "plastic/abs", "metal/copper", "ceramic/terracotta")
PARTICLES = 10_000
BASE = 0.012
"""Thickness of the trough's bottom [m]."""


class DamBreak(SceneTemplate):
    """A column of liquid, suddenly free, floods a trough with a low front wall, past obstacles."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)

    camera_azimuth: Annotated[Radian, Uniform(-0.45, 0.45)]
    camera_elevation: Annotated[Radian, Uniform(0.38, 0.7)]
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("syrup",))]
    height: Annotated[Metre, Uniform(0.25, 0.45, held_out=(0.41, 0.45))]
    """Of the column."""
    slenderness: Annotated[Ratio, Uniform(1.0, 1.9)]
    """Height over width of the column."""
    span: Annotated[Ratio, Uniform(0.65, 1.0)]
    """Share of the trough's depth that the column takes, from the back wall."""
    length: Annotated[Ratio, Uniform(2.6, 3.6)]
    """Of the trough over the width of the column."""
    depth: Annotated[Metre, Uniform(0.24, 0.36)]
    """Of the trough, from the back wall to the front wall."""
    front: Annotated[Ratio, Uniform(0.25, 0.4)]
    """Height of the front wall over that of the column; liquid may spill over it."""
    trough: Annotated[str, Choice(*TROUGHS)]
    obstacles: Annotated[int, Integers(0, 3)]

    def build(self, key: Key) -> Scene:
        width = self.height / self.slenderness
        spacing = (width * self.height * self.depth * self.span / PARTICLES) ** (1 / 3)

        def whole(extent: float) -> float:
            return max(3, round(extent / spacing)) * spacing

        length, depth = whole(width * self.length), whole(self.depth)
        rim = 2.5 * spacing  # thicker than a cell of the solver, or liquid on both sides would meet
        apron = whole(0.6 * self.height)
        lower = (-length / 2, depth / 2 - depth - rim - apron, BASE)
        upper = (length / 2, depth / 2, BASE + 1.35 * self.height)
        back = upper[1]
        column = fill(
            (lower[0], back - whole(self.depth * self.span), BASE),
            (lower[0] + whole(width), back, BASE + whole(self.height)),
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
            look=stuff.look(key.child("liquid")),
        )
        bodies = [self._trough(key, lower, upper, rim, apron)]
        bodies += self._obstacles(key, lower[0] + 1.5 * width, upper[0], back - depth, back)
        focus = Focus(
            lower=(lower[0], lower[1], 0.0), upper=(upper[0], back, BASE + 1.1 * self.height)
        )
        return self.stage(key, [liquid, *bodies], focus=focus)

    def _trough(
        self, key: Key, lower: Vector, upper: Vector, rim: float, apron: float
    ) -> RigidBody:
        """Bottom, three high walls around the domain, a low front wall and an outer rim."""
        stuff = material(self.trough)
        look = stuff.look(key.child("trough"))
        wall = 0.02
        tall = upper[2]
        across, along = upper[0] - lower[0], upper[1] - lower[1]
        middle = (lower[1] + upper[1]) / 2
        low = self.front * self.height
        front = lower[1] + apron
        boxes: list[tuple[Vector, Vector]] = [
            ((across + 2 * wall, along + 2 * wall, BASE), (0.0, middle, BASE / 2)),
            ((across + 2 * wall, wall, tall), (0.0, upper[1] + wall / 2, tall / 2)),
            ((wall, along, tall), (lower[0] - wall / 2, middle, tall / 2)),
            ((wall, along, tall), (upper[0] + wall / 2, middle, tall / 2)),
            ((across, rim, low), (0.0, front + rim / 2, BASE + low / 2)),
            ((across + 2 * wall, wall, 0.06), (0.0, lower[1] - wall / 2, 0.03)),
        ]
        shapes = tuple(
            Shape(geometry=Box(size), material=stuff, look=look, position=at) for size, at in boxes
        )
        return RigidBody(name="trough", shapes=shapes, motion="static")

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
