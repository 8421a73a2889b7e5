"""Things fall and roll onto a bridge of planks on two ropes, which gives and swings."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle
from simgen.scene import Element, RigidBody, Rope, Scene
from simgen.scenes.rope._parts import ROPES, body, quat, resample, rope, sag, solid, vec
from simgen.shapes import bevelled_box
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Ratio
from simgen.words import Words

_THICK = 0.022
"""Of a plank [m]."""


class RopeBridge(SceneTemplate):
    """Things fall and roll onto a bridge of planks on two ropes, which gives and swings."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "warp")
    words: ClassVar[Words] = Words(
        short=(
            "{guests} {count? is/are} [dropped onto|let go above|released over] a bridge of planks"
        ),
        setup=(
            "a bridge of {planks {plank_material} plank/{plank_material} planks} hangs on two "
            "{rope_material}s between two {cliff_material} blocks, with {guests} in the air "
            "above it"
        ),
        event="{count? it is/they are} [dropped onto the bridge|let go{count.after}]",
        parameters=(
            "{planks} planks of {plank_material} on two ropes of radius {rope_radius}, with a "
            "slack of {slack} over a span of {span}; {guests}, about {guest_size} large, "
            "dropped from {fall} at {push} along the bridge"
        ),
        terms={
            "guests": {
                "balls": "{count {guest_material} ball/{guest_material} balls}",
                "boxes": "{count wooden box/wooden boxes}",
                "both": "{count.both}",
            },
            "count.both": {
                "1": "one {guest_material} ball",
                "2": "a {guest_material} ball and a wooden box",
                "3": "two {guest_material} balls and a wooden box",
            },
            "count.after": {"1": "", "*": " one after the other"},
        },
    )

    span: Annotated[Metre, Uniform(1.0, 1.25)]
    """Between the cliffs."""
    slack: Annotated[Ratio, Uniform(0.02, 0.08)]
    """Length of the ropes over the span, less one."""
    breadth: Annotated[Metre, Uniform(0.26, 0.36)]
    """Of the bridge."""
    height: Annotated[Metre, Uniform(0.4, 0.5)]
    """Of the cliffs."""
    planks: Annotated[int, Integers(6, 9)]
    plank_material: Annotated[str, Choice("wood/oak", "wood/pine", "wood/walnut", "wood/beech")]
    guests: Annotated[str, Choice("balls", "boxes", "both")]
    count: Annotated[int, Integers(1, 3)]
    """Things that fall."""
    guest_size: Annotated[Metre, Uniform(0.11, 0.16)]
    guest_material: Annotated[str, Choice("stone/granite", "rubber/natural", "wood/beech")]
    fall: Annotated[Metre, Uniform(0.12, 0.4)]
    """Height of the first one over the bridge."""
    push: Annotated[MetrePerSecond, Uniform(-0.8, 0.8)]
    """Speed of the things along the bridge."""
    rope_material: Annotated[str, Choice(*ROPES)]
    rope_radius: Annotated[Metre, Uniform(0.011, 0.015)]
    cliff_material: Annotated[
        str, Choice("stone/sandstone", "stone/granite", "stone/brick", "wood/pine")
    ]

    def build(self, key: Key) -> Scene:
        half = self.span / 2
        props: list[Element] = [self._cliff(key, s) for s in (-1, 1)]
        lines = [self._rope(key, k) for k in (0, 1)]
        decks, tied = self._decks(key, lines[0].points)
        for cord in lines:
            props.append(replace(cord, attachments=(*cord.attachments, *tied)))
        deepest = float(lines[0].points[:, 2].min())
        props += decks
        props += self._guests(key)
        wide = half + 0.2
        low = max(0.0, deepest - 0.25)
        return self.stage(
            key,
            props,
            focus=Focus(
                lower=(-wide, -self.breadth, low), upper=(wide, self.breadth, self.height + 0.25)
            ),
        )

    def _cliff(self, key: Key, side: int) -> RigidBody:
        """A block on one side."""
        size = (0.4, self.breadth + 0.3, self.height)
        block = solid(key.child("cliff"), Box(size), self.cliff_material)
        x = side * (self.span / 2 + 0.2)
        name = "left_cliff" if side < 0 else "right_cliff"
        return body(name, block, position=(x, 0, self.height / 2), motion="static")

    def _rope(self, key: Key, number: int) -> Rope:
        """One of the two ropes that carry the planks, from edge to edge of the cliffs."""
        y = (number - 0.5) * (self.breadth - 4 * self.rope_radius)
        x, z = self.span / 2 - self.rope_radius - 1e-3, self.height - 2 * self.rope_radius
        curve = sag((-x, y, z), (x, y, z), 2 * x * (1.0 + self.slack))
        points = resample(curve, max(0.033, 2.6 * self.rope_radius))
        return rope(
            key,
            points,
            self.rope_radius,
            self.rope_material,
            name=f"rope_{number}",
            first="left_cliff",
            last="right_cliff",
            step=max(0.033, 2.6 * self.rope_radius),
        )

    def _decks(self, key: Key, line: Array) -> tuple[list[RigidBody], list[tuple[int, str]]]:
        """Planks across the ropes and the rope points that each is lashed to, under both of its
        edges: lashed in its middle alone a plank would tip over under what lands beside it."""
        found, tied = list[RigidBody](), list[tuple[int, str]]()
        pitch = self.span / (self.planks + 1)
        step = float(np.linalg.norm(line[1] - line[0]))
        under = max(1, int(0.72 * pitch / step))
        for k, at in enumerate(np.linspace(0, len(line) - 1, self.planks + 2)[1:-1]):
            i = round(float(at) - under / 2)
            chord = line[i + under] - line[i]
            tilt = -float(np.arctan2(chord[2], chord[0]))
            up = np.array([np.sin(tilt), 0.0, np.cos(tilt)])
            plank = bevelled_box(size=(0.72 * pitch, self.breadth, _THICK), bevel=0.003)
            name = f"plank_{k}"
            middle = 0.5 * (line[i] + line[i + under]) * [1, 0, 1]
            center = middle + up * (self.rope_radius + _THICK / 2 + 1e-3)
            part = solid(key.child(name), plank, self.plank_material)
            turn = quat(from_axis_angle((0, 1, 0), tilt))
            found.append(body(name, part, position=center, quaternion=turn))
            tied += [(i, name), (i + under, name)]
        return found, tied

    def _guests(self, key: Key) -> list[RigidBody]:
        """What falls on the bridge, one after the other."""
        rng = key.child("guests").rng()
        found: list[RigidBody] = []
        for i in range(self.count):
            where = key.child("guest", i)
            size = self.guest_size * float(rng.uniform(0.85, 1.1))
            ball = self.guests == "balls" or (self.guests == "both" and i % 2 == 0)
            part = solid(where, Sphere(size / 2), self.guest_material)
            if not ball:
                part = solid(where, bevelled_box(size=(size, size, size), bevel=0.01), "wood/pine")
            x = float(rng.uniform(-0.3, 0.3)) * self.span * (0.6 if self.push else 1.0)
            x -= 0.15 * self.push
            y = float(rng.uniform(-0.2, 0.2)) * self.breadth
            z = self.height + self.fall + size / 2 + i * 0.35
            mass = 2.2 if ball else 1.2
            found.append(
                body(
                    f"guest_{i}",
                    part,
                    position=vec((x, y, z)),
                    velocity=(self.push, 0, 0),
                    mass=mass,
                )
            )
        return found
