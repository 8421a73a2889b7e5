"""The hand that pulls a whip stops: the lash overtakes it, and its tip gains speed."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from simgen.camera import Focus
from simgen.geometry import Box, Capsule, Cylinder
from simgen.key import Key
from simgen.scene import Element, Keyframes, RigidBody, Scene
from simgen.scenes.rope._parts import ROPES, body, rope, solid, vec
from simgen.shapes import bevelled_box, can
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio, Second, Unit
from simgen.words import Words

_GRIP = 0.16
"""Length of the handle [m]."""
_STALK = 0.13
"""Height of the lash over the end of the handle [m]; its first points do not meet the handle."""
_RUN = 0.03
"""Time [s] before the hand brakes."""


class WhipCrack(SceneTemplate):
    """The hand that pulls a whip stops: the lash overtakes it, and its tip gains speed."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short=(
            "a whip is swung forward and [its handle stops|its handle is braked|the handle "
            "halts] {targets.short}"
        ),
        setup=(
            "a {rope_material} whip with a {handle_material} handle on a carriage is stretched out "
            "backwards{targets}"
        ),
        event="[the handle rushes forward and stops abruptly|the moving handle is suddenly braked]",
        parameters=(
            "a {rope_material}, {length} long and of radius {rope_radius}, moves at {speed} "
            "behind a handle of {handle_material} that is stopped within {brake}{targets}"
        ),
        terms={
            "targets": {
                "cans": ", with four cans on a bench in front",
                "blocks": ", with four blocks on a bench in front",
                "nothing": "",
            },
            "targets.short": {
                "cans": "in front of cans",
                "blocks": "in front of blocks",
                "nothing": "in mid-air",
            },
        },
    )

    fps: Annotated[float, Field(gt=0, le=1000), Unit("1/s")] = 96.0
    """Slow motion: the lash unrolls within a fifth of a second."""
    length: Annotated[Metre, Uniform(0.8, 1.0)]
    """Of the lash."""
    height: Annotated[Metre, Uniform(0.65, 0.8)]
    """Of the hand."""
    rise: Annotated[Radian, Uniform(0.25, 0.5)]
    """Of the lash behind the hand."""
    speed: Annotated[MetrePerSecond, Uniform(8.0, 12.0)]
    """Of hand and lash at the start."""
    brake: Annotated[Second, Uniform(0.03, 0.06)]
    """Time in which the hand stops."""
    targets: Annotated[str, Choice("cans", "blocks", "nothing")]
    target_place: Annotated[Ratio, Uniform(0.6, 0.9)]
    """Distance of the targets from the hand in lengths of the lash."""
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.018, 0.024)]
    handle_material: Annotated[str, Choice("wood/beech", "wood/walnut", "plastic/abs")]

    def build(self, key: Key) -> Scene:
        side = 1.0 if key.child("side").rng().random() < 0.5 else -1.0
        handle = self._handle(key, side)
        first = np.asarray(handle.position) + [0.0, 0.0, _GRIP / 2 + _STALK]
        out = np.array([-side * math.cos(self.rise), 0.0, math.sin(self.rise)])
        cord = rope(
            key,
            np.linspace(first, first + self.length * out, 60),
            self.rope_radius,
            self.rope_material,
            name="lash",
            first="handle",
            velocity=(side * self.speed, 0.0, 0.0),
        )
        way = float(np.abs(handle.position[0]))
        props: list[Element] = [
            handle,
            self._rail(key, side, way),
            cord,
            *self._targets(key, side),
        ]
        ends = sorted((1.02 * side * self.length, float(cord.points[-1][0])))
        top = float(cord.points[-1][2]) + 0.15 * self.length
        return self.stage(
            key,
            props,
            focus=Focus(lower=(ends[0], -0.1, 0.3 * self.height), upper=(ends[1], 0.1, top)),
        )

    def _handle(self, key: Key, side: float) -> RigidBody:
        """An upright grip on a carriage that runs and stops at x = 0."""
        times = np.linspace(0.0, _RUN + self.brake, 60)
        slow = np.clip((times - _RUN) / self.brake, 0.0, 1.0)
        x = self.speed * (np.minimum(times, _RUN) + self.brake * (slow - slow**2 / 2))
        x -= x[-1]
        route = np.stack([side * x, 0.0 * x, self.height + 0.0 * x], axis=1)
        grip = solid(key.child("grip"), Capsule(0.022, _GRIP), self.handle_material)
        tall = _STALK + 0.02
        stalk = solid(key.child("stalk"), Cylinder(0.008, tall), self.handle_material,
                      position=(0, 0, _GRIP / 2 + _STALK - tall / 2), collides=False)  # fmt: skip
        low = -_GRIP / 2 - 0.03
        carriage = solid(key.child("carriage"), Box((0.1, 0.07, 0.04)), "metal/steel",
                         position=(0, 0, low), collides=False)  # fmt: skip
        return body(
            "handle",
            grip,
            stalk,
            carriage,
            position=route[0],
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=route),
        )

    def _rail(self, key: Key, side: float, way: float) -> RigidBody:
        """The rail on two posts that the carriage runs on."""
        top = self.height - _GRIP / 2 - 0.05
        long = way + 0.16
        stuff = str(key.child("rail").rng().choice(["wood/oak", "wood/walnut", "metal/steel"]))
        x = side * (0.06 - long / 2)
        rail = solid(key, Box((long, 0.04, 0.03)), stuff, position=(x, 0, top - 0.015))
        parts = [rail]
        for end in (-0.4, 0.4):
            at, tall = x + end * long, top - 0.03
            parts.append(solid(key, Box((0.04, 0.04, tall)), stuff, position=(at, 0, tall / 2)))
            parts.append(solid(key, Box((0.06, 0.3, 0.03)), stuff, position=(at, 0, 0.015)))
        return body("rail", *parts, motion="static")

    def _targets(self, key: Key, side: float) -> list[RigidBody]:
        """Light things on a pedestal in front."""
        if self.targets == "nothing":
            return []
        x, tall = side * self.target_place * self.length, 0.75 * self.height
        bench = solid(key.child("bench"), Box((0.22, 0.34, tall)), "wood/oak")
        found = [body("bench", bench, position=vec((x, 0, tall / 2)), motion="static")]
        for i in range(4):
            where, name = key.child("target", i), f"target_{i}"
            at = (x + (i % 2 - 0.5) * 0.1, (i // 2 - 0.5) * 0.12)
            if self.targets == "cans":
                part, lift = solid(where, can(radius=0.035, height=0.12), "metal/aluminium"), 0.0
            else:
                block = bevelled_box(size=(0.07, 0.07, 0.11), bevel=0.005)
                part, lift = solid(where, block, "wood/pine"), 0.055
            found.append(body(name, part, position=vec((*at, tall + lift + 4e-4)), mass=0.05))
        return found
