"""Marbles on zigzag tracks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Array, Box, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import (
    PALETTES,
    Color,
    against,
    band,
    body,
    colors,
    fixed,
    quat,
    vec,
)
from simgen.shapes import channel
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

BOARDS: dict[str, Color] = {
    "sky": (0.52, 0.68, 0.78),
    "sage": (0.5, 0.6, 0.46),
    "sand": (0.78, 0.7, 0.55),
    "slate": (0.31, 0.36, 0.43),
}
"""What can be painted behind the run."""


class MarbleRun(SceneTemplate):
    """Marbles roll down tilted channels, drop from one to the next and gather in a tray."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    physics_iq: ClassVar[str] = "marble-run-x"
    words: ClassVar[Words] = Words(
        short=(
            "[marbles roll down|marbles of {marble} are let go on|many marbles run along] a "
            "zigzag marble run"
        ),
        setup=(
            "a marble run with {levels tilted channel/tilted channels} of {track} stands in "
            "front of a {board} board, with marbles of {marble} on it"
        ),
        event=(
            "[the marbles start to roll down the channels|the marbles are let go along the "
            "channels]"
        ),
        parameters=(
            "marbles of {marble}, radius {radius}, on {levels} channels of {track} tilted by "
            "{tilt}, {width} wide between the posts; the run leans back by {lean}"
        ),
        terms={
            "marble": {"glass/coloured": "glass", "wood/beech": "wood", "stone/marble": "stone"},
            "board": {
                "sky": "sky blue",
                "sage": "sage green",
                "sand": "sand-coloured",
                "slate": "slate grey",
            },
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.4, 0.4)]
    camera_elevation: Annotated[Radian, Uniform(0.1, 0.35)]
    levels: Annotated[int, Integers(3, 4)]
    width: Annotated[Metre, Uniform(0.9, 1.15, held_out=(1.1, 1.15))]
    """Between the side posts."""
    lean: Annotated[Radian, Uniform(0.12, 0.26)]
    """Of the whole run, backwards: it keeps the marbles on their tracks."""
    tilt: Annotated[Radian, Uniform(0.08, 0.14)]
    """Of every channel."""
    radius: Annotated[Metre, Uniform(0.026, 0.034)]
    marbles: Annotated[int, Integers(22, 40)]
    opening: Annotated[Ratio, Uniform(3.6, 5.0)]
    """Gap at a channel's low end, in marble radii."""
    marble: Annotated[str, Choice("glass/coloured", "metal/steel", "wood/beech", "stone/marble")]
    board: Annotated[str, Choice(*BOARDS)]
    """Paint behind the run."""
    track: Annotated[str, Choice("wood/beech", "wood/pine", "wood/birch_plywood", "plastic/abs")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        r, w = self.radius, self.width
        run = w - self.opening * r
        step = run * math.tan(self.tilt) + 3.8 * r
        base = 0.05 + r
        top = base + self.levels * step
        elements: list[RigidBody] = []
        axes: list[tuple[Array, Array]] = []
        for i in range(self.levels):
            right = i % 2 == 0
            side = 1.0 if right else -1.0
            # An even level is fixed at the left post and falls to the right, an odd one mirrors it.
            middle = np.array([-side * (w - run) / 2, 0.0, top - (i + 0.5) * step + 2.0 * r])
            turn = from_axis_angle((0, 1, 0), side * self.tilt)
            length = run / math.cos(self.tilt)
            geometry = channel(
                length=length - 0.002, width=2.5 * r, height=0.8 * r, thickness=0.004
            )
            elements.append(
                fixed(
                    key,
                    f"channel_{i}",
                    geometry,
                    self.track,
                    position=middle,
                    quaternion=turn,
                    color=against(BOARDS[self.board]) if self.track.startswith("plastic") else None,
                )
            )
            axes.append((middle, rotate(turn, (side, 0.0, 0.0))))
        elements += self._frame(key, top + step * 0.25)
        elements += self._marbles(key, axes, run)
        high = top + 0.25 * step + 0.5 * r
        run = corners((-w / 2, -0.5 * self._deep, 0.0), (w / 2, 0.5 * self._deep, high))
        turn = from_axis_angle((1, 0, 0), -self.lean)
        focus = Focus.around(self._edge + rotate(turn, run - self._edge))
        return self.stage(key, [self._leant(e) for e in elements], focus=focus)

    def _leant(self, thing: RigidBody) -> RigidBody:
        """The body of an upright run after the lean, about the lower edge of the back board."""
        turn = from_axis_angle((1, 0, 0), -self.lean)
        edge = self._edge
        return replace(
            thing,
            position=vec(edge + rotate(turn, np.asarray(thing.position) - edge)),
            quaternion=quat(multiply(turn, thing.quaternion)),
            velocity=vec(rotate(turn, thing.velocity)),
            angular_velocity=vec(rotate(turn, thing.angular_velocity)),
        )

    @property
    def _edge(self) -> Array:
        """(3,) the lower edge of the back board."""
        return np.array([0.0, 0.5 * self._deep + 0.008, 0.0])

    @property
    def _deep(self) -> float:
        """From the lip to the back board [m]."""
        return 2.5 * self.radius + 0.03

    def _frame(self, key: Key, height: float) -> list[RigidBody]:
        """Two posts, a back board and a tray in front of its foot."""
        r, w = self.radius, self.width
        post, deep = 0.02, self._deep
        found = [
            fixed(
                key,
                f"post_{name}",
                Box((post, deep, height)),
                "textile/felt",
                color=(0.3, 0.18, 0.11),
                position=(s * (w / 2 + post / 2), 0.0, height / 2),
            )
            for name, s in (("left", -1), ("right", 1))
        ]
        back = Box((w + 2 * post, 0.008, height))
        y = deep / 2 + 0.004
        found.append(
            fixed(
                key,
                "board",
                back,
                "textile/felt",
                position=(0, y, height / 2),
                color=BOARDS[self.board],
            )
        )
        tall = r + 0.012
        tray = Box((w, 0.006, tall))
        found.append(
            fixed(key, "lip", tray, "wood/walnut", position=(0, -deep / 2 - 0.003, tall / 2))
        )
        return found

    def _marbles(self, key: Key, axes: list[tuple[Array, Array]], run: float) -> list[RigidBody]:
        """A dense queue at rest on the top channel, looser ones on the way down the others."""
        r = self.radius
        rng = key.child("starts").rng()
        paint = colors(key.child("marbles"), self.palette, self.marbles)
        start, room = -run / 2 + 1.3 * r, 0.86 * run
        first = min(int(room / (2.15 * r)), self.marbles // 2)
        slots = [(0, start + 2.15 * r * k) for k in range(first)]
        rest = self.marbles - first
        for level in range(1, self.levels):
            share = rest // (self.levels - level)
            rest -= share
            gap = room / min(max(share, 1), int(room / (3.3 * r)))
            slots += [
                (level, start + gap * (k + 0.3 * float(rng.random())))
                for k in range(min(share, int(room / (3.3 * r))))
            ]
        found: list[RigidBody] = []
        for i, (level, along) in enumerate(slots):
            middle, ahead = axes[level]
            up = np.array([-ahead[2] * np.sign(ahead[0]), 0.0, abs(ahead[0])])
            at = middle + along * ahead + up * (r + 0.0005)
            at[1] += rng.uniform(-1, 1) * 0.1 * r
            speed = self._pace(along + run / 2) if level else 0.05
            metal = self.marble == "metal/steel"
            trim = (
                ()
                if metal
                else (band(key.child("band", i), r, "plastic/abs", against(paint[i]), width=0.5),)
            )
            found.append(
                body(
                    key,
                    f"marble_{i:02d}",
                    Sphere(r),
                    self.marble,
                    position=at,
                    velocity=speed * ahead,
                    angular_velocity=vec(np.cross(up, speed * ahead) / r),
                    color=None if metal else paint[i],
                    trim=trim,
                )
            )
        return found

    def _pace(self, rolled: float) -> float:
        """Speed [m/s] of a ball that rolled so far from rest, a = 5/7 g sin(tilt)."""
        return math.sqrt(2 * 5 / 7 * 9.81 * math.sin(self.tilt) * max(rolled, 0.0))
