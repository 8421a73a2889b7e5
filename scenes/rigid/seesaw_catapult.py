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
from simgen.units import Metre, MetrePerSecond, Ratio, Second
from simgen.words import Words

KINDS = ("balls", "blocks", "cup", "solids", "stars")
"""What may lie on the plank."""


class SeesawCatapult(SceneTemplate):
    """A falling weight lands on one end of a loose plank; what lies on the other end flies."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[a weight is dropped onto a seesaw with|an iron {weight_shape} drops towards a "
            "seesaw carrying|a heavy {weight_shape} is let go above a seesaw with] {thrown}"
        ),
        setup=(
            "a {plank} plank lies on a fulcrum as a seesaw, with {load} {thrown} on its lower "
            "end and an iron {weight_shape} in the air above the raised end"
        ),
        event=(
            "[the weight is dropped onto the raised end, and a moment later a second one onto "
            "the other end|the iron weight is let go; shortly after, another weight is dropped "
            "onto the other end]"
        ),
        parameters=(
            "a plank of {plank}, {length} long, on a fulcrum {rise*length:m} high; {load} "
            "{thrown}; a weight of cast iron drops from {drop} at {push} and a lighter one "
            "follows after {answer}"
        ),
        terms={
            "thrown": {
                "mixed": "small things",
                "balls": "rubber balls",
                "blocks": "wooden blocks",
                "solids": "many-sided plastic dice",
                "stars": "plastic stars",
            },
        },
    )

    length: Annotated[Metre, Uniform(0.6, 1.0)]
    pivot: Annotated[Ratio, Uniform(-0.12, 0.1)]
    """Fulcrum's place from the plank's middle towards the weight's end, over the length."""
    rise: Annotated[Ratio, Uniform(0.08, 0.14, held_out=(0.13, 0.14))]
    """Height of the fulcrum over the plank's length."""
    drop: Annotated[Metre, Uniform(0.15, 0.3)]
    """From the weight to the plank."""
    push: Annotated[MetrePerSecond, Uniform(0.6, 1.5)]
    """Downward speed of the weight at the start."""
    answer: Annotated[Second, Uniform(0.62, 0.78)]
    """After which a second weight, dropped from high above, lands on the other end."""
    weight: Annotated[Ratio, Uniform(1.1, 1.9)]
    """Mass of the weight over all that is thrown plus half the plank."""
    load: Annotated[int, Integers(6, 9)]
    """Things on the plank's end."""
    thrown: Annotated[
        str, Choice("mixed", "balls", "blocks", "solids", "stars", held_out=("stars",))
    ]
    weight_shape: Annotated[str, Choice("ball", "cylinder", "block")]
    plank: Annotated[str, Choice("wood/pine", "wood/oak", "wood/birch_plywood", "plastic/hdpe")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        length, wide, thick = self.length, 0.27 * self.length, 0.03 * self.length
        height = self.rise * length
        lay = self._lay(thick, height)
        paint = colors(key.child("colors"), self.palette, 10)
        support = fulcrum(length=1.1 * wide, width=1.1 * height, height=height)
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
        top = float(elements[-1].position[2]) + 0.09 * length
        elements.append(self._answer(key, elements[-1].mass_properties.mass, paint[8]))
        focus = Focus(
            lower=(-0.7 * length, -0.6 * wide, 0.0),
            upper=(0.58 * length, 0.6 * wide, max(top, 0.64 * length)),
        )
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
        size = 0.095 * self.length
        found: list[RigidBody] = []
        along, next_along = -self.length / 2 + 0.4 * size, 0.0
        rng = key.child("cargo").rng()
        for i in range(self.load):
            kind = str(rng.choice(KINDS)) if self.thrown == "mixed" else self.thrown
            geometry, stuff = self._thing(kind, size * float(rng.uniform(0.75, 1.0)))
            span, mid = extent(geometry), middle(geometry)
            if i % 2 == 0 and i > 0:
                along = next_along + 0.004
            side = 0.26 * wide * (-1) ** i
            local = np.array([along + span[0] / 2, side, thick / 2 + span[2] / 2 + GAP])
            next_along = max(next_along, along + float(span[0])) if i else along + float(span[0])
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

    def _thing(self, kind: str, size: float) -> tuple[Geometry, str]:
        match kind:
            case "balls":
                return Sphere(0.5 * size), "rubber/natural"
            case "blocks":
                return bevelled_box(size=(size, size, size), bevel=0.06 * size), "wood/beech"
            case "cup":
                r = 0.6 * size
                return cup(radius=r, height=1.5 * size, thickness=0.004, wedges=10), "plastic/abs"
            case "solids":
                return polyhedron(faces=12, radius=0.6 * size), "plastic/phenolic"
            case _:
                return star(radius=0.62 * size, height=0.5 * size), "plastic/abs"

    def _weight(
        self, key: Key, lay: tuple[Array, Array], thick: float, mass: float, paint: list[Color]
    ) -> RigidBody:
        center, turn = lay
        size = 0.18 * self.length
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
            color=None if metal else paint[9],
            mass=mass,
        )

    def _answer(self, key: Key, mass: float, color: Color) -> RigidBody:
        """The second weight, somewhat lighter; it starts above the picture."""
        size = 0.15 * self.length
        high = 0.3 * self.length + 0.5 * 9.81 * self.answer**2
        return body(
            key,
            "answer",
            bevelled_box(size=(size, size, size), bevel=0.08 * size),
            "plastic/abs",
            position=(-0.36 * self.length, 0.0, high),
            quaternion=from_axis_angle((0, 0, 1), float(key.child("answer").rng().uniform(0, 1.5))),
            color=color,
            mass=0.7 * mass,
        )
