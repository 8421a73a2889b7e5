"""Balls on a sloping board of pegs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Array, Box, Cylinder, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import RigidBody, Scene
from simgen.scenes.rigid._things import PALETTES, body, colors, fixed
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

Place = Callable[[float, float, float], Array]
"""From board coordinates to the world [m]."""


class PegBoard(SceneTemplate):
    """Balls run down a tilted board through rows of pegs and settle in the bins below."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[balls are let go at the top of|{ball} balls start down|a cluster of balls is "
            "released on] a tilted board of pegs"
        ),
        setup=(
            "a cluster of {ball} balls lies at the top of a tilted {board} board with {rows "
            "row/rows} of brass pegs and a row of bins at its foot"
        ),
        event="[the balls are let go|the balls start to roll down the board]",
        parameters=(
            "balls of {ball}, radius {ball_radius*pitch:m}, on a board of {board} sloping "
            "{slope}; {rows} rows of brass pegs {pitch} apart, {columns} bins"
        ),
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.35, 0.35)]
    camera_elevation: Annotated[Radian, Uniform(0.2, 0.5)]
    rows: Annotated[int, Integers(5, 8)]
    columns: Annotated[int, Integers(6, 9)]
    pitch: Annotated[Metre, Uniform(0.034, 0.046, held_out=(0.044, 0.046))]
    """Between pegs of a row."""
    slope: Annotated[Radian, Uniform(0.5, 1.1)]
    """Of the board against the floor."""
    balls: Annotated[int, Integers(10, 30)]
    ball_radius: Annotated[Ratio, Uniform(0.22, 0.3)]
    """Over the pitch."""
    ball: Annotated[str, Choice("metal/steel", "glass/coloured", "plastic/phenolic", "wood/beech")]
    board: Annotated[str, Choice("wood/birch_plywood", "wood/pine", "wood/walnut", "plastic/hdpe")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        p, r = self.pitch, self.ball_radius * self.pitch
        wide = self.columns * p
        bins, field, head = 2.6 * p, self.rows * 0.87 * p, 4.2 * p
        tall = bins + field + head
        # Board coordinates: x across, y up the slope, z out of the board.
        turn = from_axis_angle((1, 0, 0), self.slope)
        foot = np.array([0.0, -0.5 * tall * math.cos(self.slope), 0.02])

        def at(x: float, y: float, z: float) -> Array:
            return foot + rotate(turn, (x, y, z))

        depth = 2.4 * r
        paint = colors(key.child("colors"), self.palette, 3)
        plank = Box((wide + 0.03, tall, 0.012))
        elements: list[RigidBody] = [
            fixed(
                key,
                "board",
                plank,
                self.board,
                position=at(0, tall / 2, -0.006),
                quaternion=turn,
                color=paint[2] if self.board.startswith("plastic") else None,
            )
        ]
        walls = [("left", -wide / 2 - 0.005, tall / 2, 0.01, tall)]
        walls += [("right", wide / 2 + 0.005, tall / 2, 0.01, tall)]
        walls += [("foot", 0.0, 0.004, wide, 0.008), ("head", 0.0, tall - 0.004, wide, 0.008)]
        for k in range(1, self.columns):
            walls.append((f"bin_{k}", -wide / 2 + k * p, bins / 2 + 0.004, 0.004, bins - 0.01))
        for name, x, y, sx, sy in walls:
            geometry = Box((sx, sy, depth))
            elements.append(
                fixed(
                    key,
                    f"wall_{name}",
                    geometry,
                    "wood/walnut",
                    position=at(x, y, depth / 2),
                    quaternion=turn,
                )
            )
        elements += self._pegs(key, at, turn, bins, depth, wide)
        elements += self._balls(key, at, tall, head, wide, r)
        slab = corners((-wide / 2 - 0.02, 0.0, -0.012), (wide / 2 + 0.02, tall, depth))
        focus = Focus.around(foot + rotate(turn, slab))
        return self.stage(key, elements, focus=focus)

    def _pegs(
        self, key: Key, at: Place, turn: Array, bins: float, depth: float, wide: float
    ) -> list[RigidBody]:
        """Rows of pegs, every second one shifted by half the pitch, as one static body per row."""
        p, radius = self.pitch, 0.11 * self.pitch
        found: list[RigidBody] = []
        for row in range(self.rows):
            shift = 0.5 * p if row % 2 else 0.0
            count = self.columns - 1 if row % 2 == 0 else self.columns - 2
            for k in range(count):
                x = -wide / 2 + p * (k + 1) + shift
                y = bins + (row + 0.6) * 0.87 * p
                found.append(
                    fixed(
                        key,
                        f"peg_{row}_{k}",
                        Cylinder(radius, depth),
                        "metal/brass",
                        position=at(x, y, depth / 2),
                        quaternion=turn,
                    )
                )
        return found

    def _balls(
        self, key: Key, at: Place, tall: float, head: float, wide: float, r: float
    ) -> list[RigidBody]:
        """A loose heap of balls at the top of the board."""
        rng = key.child("balls").rng()
        paint = colors(key.child("paint"), self.palette, self.balls)
        across = min(self.columns - 1, 5)
        per_row = max(2, int(across * self.pitch / (2.3 * r)))
        found: list[RigidBody] = []
        for i in range(self.balls):
            row, k = divmod(i, per_row)
            y = tall - head + (0.9 + 2.25 * row) * r + 0.2 * self.pitch
            if y > tall - 0.012 - r:
                break
            x = (k - (per_row - 1) / 2) * 2.3 * r + (0.5 if row % 2 else 0.0) * r
            jitter = rng.uniform(-0.1, 0.1, 2) * r
            found.append(
                body(
                    key,
                    f"ball_{i:02d}",
                    Sphere(r),
                    self.ball,
                    position=at(x + jitter[0], y + 0.3 * jitter[1], r + 0.0005),
                    color=None if self.ball == "metal/steel" else paint[i],
                )
            )
        return found
