"""A weight dropped on a seesaw."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import GAP, PALETTES, Color, body, colors, extent, middle, quat
from simgen.shapes import bevelled_box, cup, fulcrum, polyhedron, star
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Ratio


class SeesawCatapult(SceneTemplate):
    """A falling weight lands on one end of a loose plank; what lies on the other end flies."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")

    length: Annotated[Metre, Uniform(0.6, 1.0)]
    pivot: Annotated[Ratio, Uniform(-0.12, 0.1)]
    """Fulcrum's place from the plank's middle towards the weight's end, over the length."""
    rise: Annotated[Ratio, Uniform(0.08, 0.14, held_out=(0.13, 0.14))]
    """Height of the fulcrum over the plank's length."""
    drop: Annotated[Metre, Uniform(0.15, 0.35)]
    """From the weight to the plank."""
    push: Annotated[MetrePerSecond, Uniform(0.3, 1.2)]
    """Downward speed of the weight at the start."""
    weight: Annotated[Ratio, Uniform(0.6, 1.4)]
    """Mass of the weight over all that is thrown plus half the plank."""
    load: Annotated[int, Integers(2, 4)]
    """Things on the plank's end."""
    thrown: Annotated[str, Choice("balls", "blocks", "cup", "solids", "stars", held_out=("stars",))]
    weight_shape: Annotated[str, Choice("ball", "cylinder", "block")]
    plank: Annotated[str, Choice("wood/pine", "wood/oak", "wood/birch_plywood", "plastic/hdpe")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        length, wide, thick = self.length, 0.14 * self.length, 0.02 * self.length
        height = self.rise * length
        lay = self._lay(thick, height)
        paint = colors(key.child("colors"), self.palette, 8)
        support = fulcrum(length=1.25 * wide, width=1.1 * height, height=height)
        elements: list[RigidBody] = [
            body(key, "fulcrum", support, "wood/oak", position=(0, 0, GAP / 5), mass=4.0 * length),
            body(
                key,
                "plank",
                Box((length, wide, thick)),
                self.plank,
                position=lay[0],
                quaternion=lay[1],
                color=paint[0] if self.plank.startswith("plastic") else None,
            ),
        ]
        load = self._load(key, lay, thick, wide, paint)
        elements += load
        thrown = sum(b.mass_properties.mass for b in load)
        plank = elements[1].mass_properties.mass
        elements.append(self._weight(key, lay, thick, self.weight * (thrown + 0.5 * plank), paint))
        top = float(elements[-1].position[2]) + 0.05 * length
        x = length * 0.55
        focus = Focus(lower=(-1.5 * x, -wide, 0.0), upper=(0.95 * x, wide, max(top, 0.68 * length)))
        return self.stage(key, elements, focus=focus)

    def _lay(self, thick: float, height: float) -> tuple[Array, Array]:
        """The plank rests on the fulcrum at the origin with its left (loaded) end on the floor."""
        arm = self.length * (0.5 + self.pivot)
        # The underside passes through (0, height) and touches the floor at the left end.
        angle = math.asin(min(0.9, (height - GAP) / arm))
        turn = from_axis_angle((0, 1, 0), -angle)
        # The flat on the fulcrum's edge is 0.044 of its height wide to either side.
        touch = np.array([0.0, 0.0, height * (1 + 0.05 * math.tan(angle)) + 2 * GAP])
        middle_along = self.length / 2 - arm
        center = touch + rotate(turn, (middle_along, 0.0, thick / 2))
        return center, turn

    def _load(
        self, key: Key, lay: tuple[Array, Array], thick: float, wide: float, paint: list[Color]
    ) -> list[RigidBody]:
        center, turn = lay
        size = 0.06 * self.length
        found: list[RigidBody] = []
        along = -self.length / 2 + 0.6 * size
        for i in range(self.load):
            geometry, stuff = self._thing(size)
            span, mid = extent(geometry), middle(geometry)
            local = np.array([along + span[0] / 2, 0.0, thick / 2 + span[2] / 2 + GAP])
            along += float(span[0]) + 0.004
            if self.thrown == "balls":
                local[1] = 0.25 * wide * (-1) ** i
                along -= 0.45 * float(span[0])
            place = center + rotate(turn, local - mid)
            found.append(
                body(
                    key,
                    f"load_{i}",
                    geometry,
                    stuff,
                    position=place,
                    quaternion=turn,
                    color=paint[1 + i],
                )
            )
        return found

    def _thing(self, size: float) -> tuple[Geometry, str]:
        match self.thrown:
            case "balls":
                return Sphere(0.5 * size), "rubber/natural"
            case "blocks":
                return bevelled_box(size=(size, size, size), bevel=0.06 * size), "wood/beech"
            case "cup":
                r = 0.65 * size
                return cup(radius=r, height=1.7 * size, thickness=0.003, wedges=10), "plastic/abs"
            case "solids":
                return polyhedron(faces=12, radius=0.6 * size), "plastic/phenolic"
            case _:
                return star(radius=0.62 * size, height=0.5 * size), "plastic/abs"

    def _weight(
        self, key: Key, lay: tuple[Array, Array], thick: float, mass: float, paint: list[Color]
    ) -> RigidBody:
        center, turn = lay
        size = 0.11 * self.length
        shapes: dict[str, Geometry] = {
            "ball": Sphere(size / 2),
            "cylinder": Cylinder(size / 2, 0.9 * size),
            "block": bevelled_box(size=(size, size, size), bevel=0.05 * size),
        }
        end = center + rotate(turn, (self.length / 2 - 0.75 * size, 0.0, thick / 2))
        side = float(key.child("side").rng().uniform(-0.1, 0.1)) * size
        place = end + np.array([0.0, side, self.drop + size / 2])
        lean = from_axis_angle((0, 1, 0), float(key.child("lean").rng().uniform(-0.2, 0.2)))
        metal = self.weight > 1.0
        return body(
            key,
            "weight",
            shapes[self.weight_shape],
            "metal/cast_iron" if metal else "wood/oak",
            position=place,
            quaternion=quat(multiply(lean, (1.0, 0.0, 0.0, 0.0))),
            velocity=(0.0, 0.0, -self.push),
            color=None if metal else paint[6],
            mass=mass,
        )
