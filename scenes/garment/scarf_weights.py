"""A scarf over a rail with a weight at each end: the heavier one pulls the other up."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Geometry
from simgen.key import Key
from simgen.lattice import sheet
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle
from simgen.scene import Cloth, RigidBody, Scene
from simgen.scenes.garment._parts import body, distinct, usual
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, Radian
from simgen.words import Words

SPACING = 0.026
"""Edge of the mesh [m]."""


class ScarfWeights(SceneTemplate):
    """A scarf slides over a round rail as the heavier of the weights sewn to its ends falls."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a {fabric} scarf with [a weight at each end|unequal weights at its ends|a light "
            "and a heavy weight] is let go over a rail"
        ),
        setup=(
            "a {fabric} scarf hangs over a round {rail} rail, with a light {weights} bar sewn "
            "to one end and a heavy one to the other"
        ),
        event="[the weights are let go|both ends are released]",
        parameters=(
            "a scarf of {fabric}, {length} by {width}, over a rail of {rail}, radius {radius}; "
            "weights of {light_weight} and {ratio*light_weight:kg}"
        ),
    )

    fabric: Annotated[
        str, Choice("textile/cotton", "textile/polyester", "textile/silk", "textile/wool")
    ]
    width: Annotated[Metre, Uniform(0.12, 0.22)]
    length: Annotated[Metre, Uniform(0.8, 1.1)]
    radius: Annotated[Metre, Uniform(0.02, 0.07)]
    """Of the rail."""
    rail: Annotated[str, Choice("metal/steel", "wood/beech", "plastic/abs", "metal/brass")]
    light_weight: Annotated[Kilogram, Uniform(0.07, 0.15)]
    ratio: Annotated[float, Uniform(4.5, 10.0)]
    """Of the heavy weight to the light one."""
    share: Annotated[float, Uniform(0.4, 0.6)]
    """Of the scarf on the heavy side at the start."""
    weights: Annotated[str, Choice("wood/oak", "metal/aluminium", "plastic/abs")]
    camera_azimuth: Annotated[Radian, Uniform(0.6, 1.1)]

    def build(self, key: Key) -> Scene:
        stuff = material(self.fabric)
        seen = [usual(material(self.rail)), usual(material(self.floor))]
        look = distinct(stuff, key.child("scarf"), seen)
        top = 0.62 * self.length + 0.3
        scarf, ends = self._scarf(top, stuff, look)
        masses = (self.light_weight, self.light_weight * self.ratio)
        bars = [
            self._weight(key, name, at, mass)
            for name, at, mass in zip(("light", "heavy"), ends, masses, strict=True)
        ]
        long = self.width + 0.3
        turn = from_axis_angle((1, 0, 0), math.pi / 2)
        rail = body(
            key,
            "rail",
            Capsule(self.radius, long),
            self.rail,
            position=(0, 0, top),
            quaternion=turn,
        )
        posts: list[tuple[Geometry, Array]] = [
            (Box((0.04, 0.04, top)), np.array([0.0, y, top / 2]))
            for y in (-long / 2 - 0.02, long / 2 + 0.02)
        ]
        stand = body(key, "posts", posts, self.rail)
        wide = self.radius + 0.25
        focus = Focus(
            lower=(-wide, -long / 2, 0.0), upper=(wide, long / 2, top + self.radius + 0.05)
        )
        return self.stage(key, (rail, stand, scarf, *bars), focus=focus)

    def _scarf(self, top: float, stuff: Material, look: Look) -> tuple[Cloth, list[Array]]:
        """The scarf around the rail, ends down, and where its ends are."""
        flat, faces = sheet(self.length, self.width, SPACING)
        radius = self.radius + 0.25 * SPACING
        s = flat[:, 0] + (0.5 - self.share) * self.length
        turn = np.clip(s / radius, -math.pi / 2, math.pi / 2)
        hang = np.abs(s) - np.abs(turn) * radius
        x = radius * np.sin(turn)
        z = top + radius * np.cos(turn) - hang
        placed = np.stack([x, flat[:, 1], z], -1)
        ties: list[tuple[int, str]] = []
        ends: list[Array] = []
        for name, sign in (("light", -1.0), ("heavy", 1.0)):
            rim = np.flatnonzero(sign * flat[:, 0] > self.length / 2 - 1e-9)
            ties += [(int(i), name) for i in rim]
            ends.append(placed[rim].mean(axis=0))
        cloth = Cloth(
            name="scarf",
            vertices=placed,
            faces=faces,
            rest_vertices=flat,
            material=stuff,
            look=look,
            attachments=tuple(ties),
            self_collision=True,
        )
        return cloth, ends

    def _weight(self, key: Key, name: str, at: Array, mass: float) -> RigidBody:
        """A bar under an end of the scarf, as thick as its mass."""
        edge = 0.02 + 0.09 * mass ** (1 / 3) * 0.6
        place = at - [0.0, 0.0, edge / 2 + 0.0055]
        shape = Box((edge, self.width + 0.02, edge))
        return body(
            key, name, shape, self.weights, position=place, motion="dynamic", mass=float(mass)
        )
