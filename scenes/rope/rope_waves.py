"""A hand shakes one end of a rope: waves run to the other end and come back."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Capsule, Sphere
from simgen.key import Key
from simgen.scene import Element, Keyframes, RigidBody, Scene
from simgen.scenes.rope._parts import ALONG_X, ROPES, between, body, rope, sag, solid
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Unit
from simgen.words import Words

_ROD = 0.1
"""Place of the rod that the hand slides on, beyond the end of the rope [m]."""


class RopeWaves(SceneTemplate):
    """A hand shakes one end of a rope: waves run to the other end and come back."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short=(
            "one end of a {rope_material} is [shaken up and down|shaken|jerked up and "
            "down]{weight.short}"
        ),
        setup=(
            "a {rope_material} hangs slightly slack between a {hand_material} handle on a rod and "
            "a {post_material} post{weight}"
        ),
        event=(
            "[the handle shakes the end of the rope {shakes time/times}|the handle jerks the "
            "end of the rope up and down {shakes time/times}]"
        ),
        parameters=(
            "a {rope_material}, radius {rope_radius}, with a slack of {slack} over a span of "
            "{span}, shaken {shakes} {shakes? time/times} at {rate:Hz} by {amplitude}{weight}"
        ),
        terms={
            "weight": {"none": "", "*": ", with a {weight.material.name} ball tied to its middle"},
            "weight.short": {"none": "", "*": " with a ball tied to its middle"},
            "weight.material.name": {
                "wood/beech": "wooden",
                "metal/brass": "brass",
                "rubber/natural": "rubber",
            },
        },
    )

    span: Annotated[Metre, Uniform(1.2, 1.5)]
    """Between the hand and the post."""
    slack: Annotated[Ratio, Uniform(0.02, 0.045)]
    """Length of the rope over the span, less one: more than the shaking asks for."""
    height: Annotated[Metre, Uniform(0.5, 0.65)]
    rate: Annotated[float, Uniform(1.5, 3.5), Unit("1/s")]
    """Shakes per second."""
    shakes: Annotated[int, Integers(1, 6)]
    amplitude: Annotated[Metre, Uniform(0.14, 0.22)]
    direction: Annotated[Radian, Uniform(-0.5, 0.5)]
    """Of the shaking, from the vertical."""
    weight: Annotated[str, Choice("none", "wood/beech", "metal/brass", "rubber/natural")]
    """A ball that is tied to the middle of the rope."""
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.018, 0.025)]
    post_material: Annotated[str, Choice("wood/oak", "metal/steel", "stone/marble", "wood/pine")]
    hand_material: Annotated[str, Choice("wood/beech", "plastic/abs", "rubber/natural")]

    def build(self, key: Key) -> Scene:
        side = 1.0 if key.child("side").rng().random() < 0.5 else -1.0
        half = self.span / 2
        start = np.array([-side * half, 0.0, self.height])
        stop = np.array([side * half, 0.0, self.height])
        curve = sag(start, stop, self.span * (1.0 + self.slack))
        cord = rope(
            key, curve, self.rope_radius, self.rope_material, first="hand", last="post", step=0.04
        )
        props: list[Element] = [
            self._hand(key, start, -side),
            self._guide(key, start, -side),
            self._post(key, stop, side),
        ]
        if self.weight != "none":
            k = len(cord.points) // 2
            middle = (cord.points[k] + cord.points[k + 1]) / 2
            at = middle - [0.0, 0.0, 0.06 + self.rope_radius]
            ball = solid(key.child("ball"), Sphere(0.055), self.weight)
            props.append(body("ball", ball, position=at, mass=0.15))
            lashed = ((k, "ball"), (k + 1, "ball"))  # at one point it would roll around the rope
            cord = replace(cord, attachments=(*cord.attachments, *lashed))
        props.append(cord)
        wide, high = half + 0.14, self.height + 1.8 * self.amplitude + 0.06
        low = max(0.0, float(curve[:, 2].min()) - 1.3 * self.amplitude - 0.1)
        return self.stage(
            key,
            props,
            focus=Focus(lower=(-wide, -0.2, low), upper=(wide, 0.2, high)),
        )

    def _hand(self, key: Key, start: np.ndarray, side: float) -> RigidBody:
        """A grip that goes up and down a few times, out of rest and back to it."""
        times = np.linspace(0.0, self.duration + 0.1, 500)
        last = self.shakes / self.rate
        s = np.clip(times, 0.0, last)
        soft = np.clip(times / (0.25 / self.rate), 0, 1) * np.clip(
            (last - times) / (0.25 / self.rate), 0, 1
        )
        shake = self.amplitude * np.sin(2 * math.pi * self.rate * s) * soft * soft * (3 - 2 * soft)
        along = self._shaken
        route = start + shake[:, None] * along
        grip = solid(key.child("hand"), Capsule(0.028, 0.06), self.hand_material,
                     position=(side * 0.03, 0, 0), quaternion=ALONG_X)  # fmt: skip
        reach = np.array([side * _ROD, 0.0, 0.0])
        sleeve = between(key.child("sleeve"), reach - 0.035 * along, reach + 0.035 * along, 0.022,
                         "metal/steel", collides=False)  # fmt: skip
        return body(
            "hand",
            grip,
            sleeve,
            position=route[0],
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=route),
        )

    @property
    def _shaken(self) -> np.ndarray:
        """(3,) the unit direction the hand is shaken along."""
        return np.array([0.0, math.sin(self.direction), math.cos(self.direction)])

    def _guide(self, key: Key, start: np.ndarray, side: float) -> RigidBody:
        """The rod on a foot that the grip slides on."""
        along = self._shaken
        at = start + [side * _ROD, 0.0, 0.0]
        low = at - along * (at[2] - 0.02) / along[2]
        rod = between(key, low, at + along * (self.amplitude + 0.06), 0.012, "metal/steel")
        foot = solid(key, Box((0.16, 0.3, 0.03)), self.post_material, position=(*low[:2], 0.015))
        return body("guide", rod, foot, motion="static")

    def _post(self, key: Key, stop: np.ndarray, side: float) -> RigidBody:
        """A square post on a foot; the rope ends at its face."""
        tall = self.height + 0.1
        x = float(stop[0]) + side * 0.045
        post = solid(key, Box((0.07, 0.07, tall)), self.post_material, position=(x, 0, tall / 2))
        foot = Box((0.3, 0.3, 0.03))
        base = solid(key, foot, self.post_material, position=(x, 0, 0.015))
        return body("post", post, base, motion="static")
