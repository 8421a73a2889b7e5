"""A loose knot is pulled tight by its two ends."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Cylinder
from simgen.key import Key
from simgen.scene import Keyframes, RigidBody, Scene
from simgen.scenes.rope._parts import (
    ALONG_Y,
    ROPES,
    SPACING,
    body,
    path,
    resample,
    rope,
    solid,
)
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Second
from simgen.words import Words

_TIGHT = {3: 19.0, 5: 31.0}
"""Length of rope in a tight knot by its crossings, in rope diameters, with room: the shortest open
trefoil takes about 10 (Pieranski et al. 2001)."""

_ROD = 0.27
"""Length of the rod below a handle [m]: it stays in its tube over the whole lift."""


class KnotPull(SceneTemplate):
    """A loose knot is pulled tight by its two ends."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short=(
            "[a loose knot in a {rope_material} is pulled|the ends of a knotted {rope_material} "
            "are pulled|two handles pull on a knotted {rope_material}]"
        ),
        setup=(
            "a {rope_material} tied in a loose {crossings} is held by a {hand_material} handle "
            "on a cart at each end"
        ),
        event="[the two handles pull its ends apart|its ends are pulled away from each other]",
        parameters=(
            "a {rope_material}, radius {rope_radius}, tied in a {crossings} with loops of "
            "{loop} diameters, {height} above the ground, pulled by its ends for {pull}"
        ),
        terms={
            "crossings": {"3": "overhand knot", "5": "double overhand knot"},
        },
    )

    crossings: Annotated[int, Choice(3, 5)]
    """Of the knot: 3 is an overhand knot, 5 one with a double turn."""
    loop: Annotated[Ratio, Uniform(2.9, 3.5)]
    """Radius of the knot's loops in rope diameters."""
    tail: Annotated[Metre, Uniform(0.05, 0.15)]
    """From the knot to either end at the start."""
    height: Annotated[Metre, Uniform(0.45, 0.6)]
    """Of the hands over the floor."""
    lift: Annotated[Metre, Uniform(-0.08, 0.12)]
    """Of the hands while they pull."""
    roll: Annotated[Radian, Uniform(0.0, 6.28)]
    """Of the knot about the line of pull at the start."""
    pull: Annotated[Second, Uniform(1.3, 1.8)]
    """How long it takes."""
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.018, 0.024)]
    hand_material: Annotated[str, Choice("wood/beech", "wood/walnut", "plastic/abs", "metal/brass")]

    def build(self, key: Key) -> Scene:
        curve = self._curve()
        points = resample(curve, SPACING * self.rope_radius)
        length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
        final = length - _TIGHT[self.crossings] * 2 * self.rope_radius
        start = points[-1] - points[0]
        half_start, half_final = start[0] / 2, max(final, 1.02 * start[0]) / 2
        cord = rope(
            key,
            curve,
            self.rope_radius,
            self.rope_material,
            ties=[(i % len(points), hand) for i, hand in
                  ((0, "left"), (1, "left"), (-2, "right"), (-1, "right"))],
        )  # fmt: skip
        pull = half_final - half_start
        ends = [(0, points[0]), (1, points[-1])]
        hands = [self._hand(key, side, end, pull) for side, end in ends]
        carts = [self._cart(key, side, end, pull) for side, end in ends]
        reach = half_final + 0.14
        loops = self._size + 0.05
        low = max(0.0, self.height - max(loops, 0.3))
        return self.stage(
            key,
            [cord, *hands, *carts],
            focus=Focus(
                lower=(-reach, -0.1, low),
                upper=(reach, 0.1, self.height + max(loops, self.lift + 0.1)),
            ),
        )

    @property
    def _size(self) -> float:
        """Largest distance of the knot from the line of pull [m]."""
        return 1.5 * self.loop * 2 * self.rope_radius

    def _curve(self) -> Array:
        """A (2, q) torus knot cut open on its outside, its ends led away along x."""
        q, minor = self.crossings, 0.55
        t = np.linspace(0.0, 2 * math.pi, 800)
        major = 1.0 + 0.5 * (1.0 - t / math.pi) / 2  # a spiral, so that the ends pass each other
        ring = major + minor * np.cos(q * t)
        size = self.loop * 2 * self.rope_radius
        knot = size * np.stack(
            [ring * np.sin(2 * t), ring * np.cos(2 * t), minor * np.sin(q * t)], 1
        )
        first, last = knot[0], knot[-1]
        ahead = np.linspace(0.0, 1.0, 200)[1:, None]
        far = size * (1 + minor + 0.3) + self.tail
        away = knot[0] - [far, 0.0, 0.0]
        gone = knot[-1] + [far, 0.0, 0.0]
        level = 0.5 * (first + last)[1]
        curve = path((away + (first - away) * ahead[:-1]), knot, (last + (gone - last) * ahead))
        curve[:, 1] -= level
        c, s = math.cos(self.roll), math.sin(self.roll)
        turned = np.stack([curve[:, 0], c * curve[:, 1] - s * curve[:, 2],
                           s * curve[:, 1] + c * curve[:, 2]], 1)  # fmt: skip
        return turned + [0.0, 0.0, self.height]

    def _path(self, side: int, end: Array, pull: float) -> tuple[Array, Array]:
        """Times [s] and places (N, 3) [m] of a hand: it pulls gently on and off."""
        times = np.linspace(0.0, self.pull, 40)
        s = times / self.pull
        ease = s * s * s * (10 - 15 * s + 6 * s * s)
        sign = 1.0 if side else -1.0
        out = sign * (pull * ease + 0.02)
        rise = self.lift * np.sin(math.pi * s) ** 2
        return times, end + np.stack([out, 0 * s, rise], axis=1)

    def _hand(self, key: Key, side: int, end: Array, pull: float) -> RigidBody:
        """A handle at one end of the rope, on a rod."""
        times, route = self._path(side, end, pull)
        where = key.child("hand", side)
        grip = solid(where, Capsule(0.026, 0.13), self.hand_material)
        rod = solid(where, Cylinder(0.011, _ROD), "metal/steel",
                    position=(0, 0, -0.08 - _ROD / 2), collides=False)  # fmt: skip
        return body(
            "right" if side else "left",
            grip,
            rod,
            position=route[0],
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=route),
        )

    def _cart(self, key: Key, side: int, end: Array, pull: float) -> RigidBody:
        """A cart with an upright tube that the rod of a handle slides in."""
        times, route = self._path(side, end, pull)
        top = float(end[2]) - 0.2
        where, stuff = key.child("cart"), "metal/steel"
        parts = [
            solid(where, Box((0.2, 0.14, 0.03)), "wood/oak", position=(0, 0, 0.05)),
            solid(where, Cylinder(0.018, top - 0.06), stuff, position=(0, 0, 0.03 + top / 2)),
        ]
        parts += [
            solid(where, Cylinder(0.03, 0.02), "rubber/natural", position=(x, y, 0.031),
                  quaternion=ALONG_Y, collides=False)
            for x in (-0.06, 0.06)
            for y in (-0.08, 0.08)
        ]  # fmt: skip
        return body(
            "right_cart" if side else "left_cart",
            *parts,
            position=route[0] * [1, 1, 0],
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=route * [1, 1, 0]),
        )
