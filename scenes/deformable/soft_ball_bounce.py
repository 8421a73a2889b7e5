"""Soft balls of several stiffness drop, squash, bounce and roll over a step or a wedge."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box
from simgen.key import Key
from simgen.material import Look, material
from simgen.rotation import from_axis_angle, random, rotate
from simgen.scene import RigidBody, Scene, SoftBody
from simgen.scenes.deformable._parts import BRIGHT, coloured, form_mesh
from simgen.scenes.rigid._things import fixed
from simgen.shapes import wedge
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Ratio, Unit
from simgen.words import Words


class SoftBallBounce(SceneTemplate):
    """Soft balls of several stiffness drop, squash, bounce and roll over a step or a wedge."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco", "genesis")
    words: ClassVar[Words] = Words(
        short=(
            "{count soft ball/soft balls} {obstacle.short} [are dropped|are let go and drop|are "
            "tossed down]"
        ),
        setup=(
            "{count patterned ball/patterned balls} of {stuff} hang in the air between two "
            "boards{obstacle}"
        ),
        event="[they are dropped with a sideways toss|each of them drops, moving sideways]",
        parameters=(
            "{count} balls of {stuff}, about {size} across, the stiffest with {spread} times "
            "the Young's modulus of the softest, dropped from about {drop} at {speed} sideways, "
            "spinning at {spin}"
        ),
        terms={
            "obstacle": {
                "none": "",
                "step": ", with a low step below",
                "wedge": ", with a low wedge below",
            },
            "obstacle.short": {
                "none": "of {stuff}",
                "step": "above a step",
                "wedge": "above a wedge",
            },
        },
    )

    stuff: Annotated[
        str,
        Choice(
            "rubber/stress_ball",
            "rubber/ecoflex",
            "food/marshmallow",
            "rubber/natural",
            held_out=("food/marshmallow",),
        ),
    ]
    count: Annotated[int, Integers(2, 3)]
    size: Annotated[Metre, Uniform(0.11, 0.16)]
    """Diameter of the largest ball."""
    squash: Annotated[Ratio, Uniform(0.15, 0.35)]
    """Speed of the landing over sqrt(E / density), of the softest ball."""
    spread: Annotated[Ratio, Uniform(1.5, 4.0)]
    """Young's modulus of the stiffest ball over that of the softest."""
    drop: Annotated[Metre, Uniform(0.35, 0.55)]
    """Height of fall."""
    speed: Annotated[MetrePerSecond, Uniform(0.1, 0.5)]
    """Thrown along x."""
    spin: Annotated[float, Unit("rad/s"), Uniform(-12.0, 12.0)]
    """Backspin and topspin at the start."""
    obstacle: Annotated[str, Choice("none", "step", "wedge")]

    def build(self, key: Key) -> Scene:
        rng = key.child("layout").rng()
        paint = [BRIGHT[int(i)] for i in rng.permutation(len(BRIGHT))]
        pitch = 1.15 * self.size
        elements: list[SoftBody | RigidBody] = []
        landing = math.sqrt(2 * 9.81 * self.drop)
        raw = material(self.stuff)
        density, poisson = raw.require("density", "poissons_ratio")
        soft = density * (landing / self.squash) ** 2
        for i in range(self.count):
            stiff = soft * self.spread ** (i / max(self.count - 1, 1))
            radius = self.size * float(rng.uniform(0.78, 1.0)) / 0.9
            points, tets = form_mesh("ball", radius, cells=6)
            points = rotate(random(key.child("turn", i).rng()), points)
            along = (i - (self.count - 1) / 2) * pitch
            start = -self.speed * 0.35 + float(rng.uniform(-0.04, 0.04))
            high = self.drop + float(rng.uniform(0.0, 0.12)) + 0.45 * radius
            # Beyond 0.46 waves only get faster and the steps shorter.
            stuff = replace(raw, youngs_modulus=stiff, poissons_ratio=min(poisson, 0.46))
            elements.append(
                SoftBody(
                    name=f"ball_{i}",
                    vertices=points + np.array([start, along, high]),
                    tetrahedra=tets,
                    material=stuff,
                    look=_patterned(stuff.look(key.child("look", i)), paint[i], key, i, radius),
                    velocity=(self.speed, 0.0, 0.0),
                    angular_velocity=(float(rng.uniform(-3, 3)), self.spin, 0.0),
                )
            )
        wide = self.count * pitch
        elements += self._obstacle(key, wide)
        near, far = -self.speed * 0.35 - 0.9 * self.size, 0.26 + 0.7 * self.speed
        elements += self._boards(near, far, wide)
        focus = Focus(
            lower=(near, -wide / 2, 0.0), upper=(far, wide / 2, self.drop + 0.12 + 1.3 * self.size)
        )
        return self.stage(key, elements, focus=focus)

    def _boards(self, near: float, far: float, wide: float) -> list[RigidBody]:
        """Two that keep the balls in the picture."""
        key, high, thick = Key(0), 0.7 * self.size, 0.02
        board = Box((thick, 1.3 * wide, high))
        return [
            fixed(key, f"board_{i}", board, "wood/pine", position=(x, 0.0, high / 2))
            for i, x in enumerate((near - thick / 2, far + thick / 2))
        ]

    def _obstacle(self, key: Key, wide: float) -> list[RigidBody]:
        rng = key.child("obstacle").rng()
        stuff = ("wood/beech", "stone/marble", "wood/walnut", "metal/copper")[int(rng.integers(4))]
        low = 0.35 * self.size
        at = 0.03 + 0.2 * self.speed
        if self.obstacle == "step":
            block = Box((0.22, 1.05 * wide, low))
            return [fixed(key, "step", block, stuff, position=(at + 0.11, 0, low / 2))]
        if self.obstacle == "wedge":
            ramp = wedge(length=0.24, width=1.05 * wide, height=1.4 * low)
            turn = from_axis_angle((0, 0, 1), math.pi if rng.random() < 0.5 else 0.0)
            place = (at + 0.24 * (turn[0] < 0.5), 0, 0)
            return [fixed(key, "wedge", ramp, stuff, position=place, quaternion=turn)]
        return []


def _patterned(
    look: Look, colour: tuple[float, float, float], key: Key, index: int, size: float
) -> Look:
    """Paint that shows how the ball turns."""
    kind = ("beach_ball", "dots", "stripes")[int(key.child("paint", index).rng().integers(3))]
    scale = size if kind == "beach_ball" else 0.35 * size
    return replace(
        coloured(look, colour), accent=(0.96, 0.94, 0.88), texture=kind, scale=scale, roughness=0.45
    )
