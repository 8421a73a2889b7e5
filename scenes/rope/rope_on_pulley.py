"""Two weights hang from a rope over wheels that turn freely: the heavier one falls."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Sphere
from simgen.key import Key
from simgen.scene import Articulation, Element, Joint, RigidBody, Scene, Shape
from simgen.scenes.rope._parts import ALONG_Y, ROPES, SPACING, arc, body, gantry, path, rope, solid
from simgen.shapes import bevelled_box, dumbbell
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, Ratio
from simgen.words import Words

_WIDTH = 0.1
"""Of a wheel between its rims [m]."""


class RopeOnPulley(SceneTemplate):
    """Two weights hang from a rope over wheels that turn freely: the heavier one falls."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "warp")
    words: ClassVar[Words] = Words(
        short=(
            "[two unequal weights on a rope over {wheels wheel/wheels} are let go|two "
            "{solids.bare} on a rope over {wheels free wheel/free wheels} are released|a rope "
            "over {wheels pulley/pulleys} connects two weights that are let go]"
        ),
        setup=(
            "{solids} of different mass hang at different heights from the ends of a "
            "{rope_material} over {wheels spoked wheel/spoked wheels} on a {stand_material} "
            "stand"
        ),
        event="[the weights are let go|both weights are released]",
        parameters=(
            "weights of {mass} and {excess*mass:kg} on a {rope_material}, radius {rope_radius}, "
            "over {wheels} {wheels? wheel/wheels} of {wheel_material}, radius {wheel_radius} "
            "and {wheel_mass}"
        ),
        terms={
            "solids": {
                "boxes": "two walnut wood blocks",
                "balls": "two brass balls",
                "dumbbells": "two iron dumbbells",
                "cylinders": "two granite cylinders",
            },
            "solids.bare": {
                "boxes": "blocks",
                "balls": "balls",
                "dumbbells": "dumbbells",
                "cylinders": "cylinders",
            },
        },
    )

    wheels: Annotated[int, Integers(1, 2)]
    wheel_radius: Annotated[Metre, Uniform(0.12, 0.16)]
    wheel_mass: Annotated[Kilogram, Uniform(0.5, 1.5)]
    """Spoked, so lighter than a full one."""
    wheel_material: Annotated[
        str, Choice("wood/beech", "wood/walnut", "plastic/abs", "metal/aluminium")
    ]
    span: Annotated[Metre, Uniform(0.5, 0.8)]
    """Between the axles of two wheels."""
    height: Annotated[Metre, Uniform(1.05, 1.2)]
    """Of the axles over the floor."""
    lift: Annotated[Metre, Uniform(0.03, 0.08)]
    """Of the lighter weight over the floor at the start."""
    drop: Annotated[Metre, Uniform(0.32, 0.38)]
    """From the axle to the top of the heavier weight at the start."""
    mass: Annotated[Kilogram, Uniform(4.0, 8.0)]
    """Mass of the lighter weight."""
    excess: Annotated[Ratio, Uniform(1.3, 1.6)]
    """Heavier mass over lighter mass; the rope, longer on the lighter side, weighs up to 1 kg."""
    solids: Annotated[str, Choice("boxes", "balls", "dumbbells", "cylinders")]
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.018, 0.022)]
    stand_material: Annotated[str, Choice("wood/oak", "wood/pine", "metal/steel")]

    def build(self, key: Key) -> Scene:
        bare = self.wheel_radius + self.rope_radius + 3e-4
        r = bare / math.cos(1.1 * SPACING * self.rope_radius / (2 * bare))  # chords stay outside
        axles = [-self.span / 2, self.span / 2] if self.wheels == 2 else [0.0]
        left, right = axles[0] - r, axles[-1] + r
        heavy_left = bool(key.child("side").rng().random() < 0.5)
        low, high = self.lift, self.height - self.drop - self._tall
        feet = (high, low) if heavy_left else (low, high)
        curve = path(
            (left, 0, feet[0] + self._tall + self.rope_radius),
            arc((axles[0], 0, self.height), r, math.pi, math.pi / 2),
            arc((axles[-1], 0, self.height), r, math.pi / 2, 0.0),
            (right, 0, feet[1] + self._tall + self.rope_radius),
        )
        masses = (self.mass * self.excess, self.mass)
        masses = masses if heavy_left else masses[::-1]
        props: list[Element] = [self._stand(key, axles), *self._wheels(key, axles)]
        for name, x, z, mass in zip(("left", "right"), (left, right), feet, masses, strict=True):
            props.append(self._weight(key, name, (x, 0.0, z), mass))
        props.append(
            rope(key, curve, self.rope_radius, self.rope_material, first="left", last="right")
        )
        wide = right + 0.2
        top = self.height + self.wheel_radius + 0.16
        return self.stage(
            key, props, focus=Focus(lower=(-wide, -0.15, 0.0), upper=(wide, 0.15, top))
        )

    @property
    def _tall(self) -> float:
        """Height of a weight [m]."""
        return 0.2

    def _weight(
        self, key: Key, name: str, foot: tuple[float, float, float], mass: float
    ) -> RigidBody:
        """A weight whose lowest point is at `foot`."""
        stuff = {"boxes": "wood/walnut", "balls": "metal/brass", "dumbbells": "metal/cast_iron"}
        made = stuff.get(self.solids, "stone/granite")
        size, tall = (mass / 4.0) ** (1 / 3), self._tall
        x, y, z = foot
        center = (x, y, z + tall / 2)
        match self.solids:
            case "boxes":
                shape = solid(
                    key.child(name),
                    bevelled_box(size=(0.15 * size, 0.15 * size, tall), bevel=0.01),
                    made,
                )
            case "balls":
                shape = solid(key.child(name), Sphere(tall / 2), made)
            case "dumbbells":
                shape = solid(
                    key.child(name),
                    dumbbell(length=tall, radius=0.06 * size, bar=0.5),
                    made,
                    position=(0, 0, -tall / 2),
                )
            case _:
                shape = solid(key.child(name), Cylinder(0.075 * size, tall), made)
        eye = solid(
            key.child("eye"),
            Cylinder(0.012, 0.04),
            "metal/steel",
            position=(0, 0, tall / 2),
            collides=False,
        )
        return body(name, shape, eye, position=center, mass=mass)

    def _wheels(self, key: Key, axles: list[float]) -> list[Articulation]:
        """Wheels with rims and painted spokes, each on its axle."""
        made: list[Articulation] = []
        for i, x in enumerate(axles):
            where = key.child("wheel", i)
            radius, rim = self.wheel_radius, self.wheel_radius + 2.2 * self.rope_radius
            parts: list[Shape] = [solid(where, Cylinder(radius, _WIDTH), self.wheel_material)]
            for side in (-1, 1):
                y = side * (_WIDTH / 2 + 0.008)
                disc = solid(where, Cylinder(rim, 0.016), self.wheel_material, position=(0, 0, y))
                parts.append(disc)
                for k in range(3):
                    turn = (math.cos(k * math.pi / 6), 0.0, 0.0, math.sin(k * math.pi / 6))
                    spoke = Box((1.9 * rim, 0.02, 0.006))
                    parts.append(
                        solid(
                            key.child("spoke"),
                            spoke,
                            "plastic/pvc",
                            position=(0, 0, y + side * 0.008),
                            quaternion=turn,
                            collides=False,
                        )
                    )
            at = (x, 0.0, self.height)
            link = body(f"wheel_{i}", *parts, position=at, quaternion=ALONG_Y, mass=self.wheel_mass)
            axle = Joint(name="axle", kind="hinge", child=link.name, position=at,
                         axis=(0.0, 1.0, 0.0), damping=2e-4)  # fmt: skip
            made.append(Articulation(name=f"pulley_{i}", links=(link,), joints=(axle,)))
        return made

    def _stand(self, key: Key, axles: list[float]) -> RigidBody:
        """A gantry behind the wheels with an arm to each axle."""
        wide = axles[-1] - axles[0] + 2 * self.wheel_radius + 0.5
        frame = gantry(key, wide, self.height - 0.02, self.stand_material, depth=0.17)
        arms = [
            solid(key, Cylinder(0.014, 0.26), "metal/steel", position=(x, 0.06, self.height),
                  quaternion=ALONG_Y, collides=False)
            for x in axles
        ]  # fmt: skip
        return body("stand", *frame.shapes, *arms, motion="static")
