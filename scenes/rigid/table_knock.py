"""Things on a table are knocked off it."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Geometry, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle
from simgen.scene import Keyframes, RigidBody, Scene, Shape
from simgen.scenes.rigid._things import (
    GAP,
    PALETTES,
    body,
    colors,
    extent,
    fixed,
    middle,
    rolling,
    shape,
    yaw,
)
from simgen.shapes import bevelled_box, bottle, bowl, can, cup, mug, table, vase
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

TRAY = 0.5
"""How far the tray on the floor reaches beyond the table [m]."""


class TableKnock(SceneTemplate):
    """A rolling ball, a swinging bob or a sweeping bar knocks things over and off a table."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "{striker.short} [things on a table|a table set with things|household things on a "
            "table]"
        ),
        setup="{listed} stand on a small {table} table with an open tray on the floor beside it",
        event="{striker}",
        parameters=(
            "{listed} on a table of {table}, {width} by {depth*width:m} and {height} high; "
            "{striker.numbers}"
        ),
        terms={
            "striker": {
                "ball": (
                    "[a dark ball rolls along the table towards them|a heavy dark ball is "
                    "rolled at them]"
                ),
                "bob": (
                    "[an iron bob on a rod swings down towards them|a heavy pendulum swings in "
                    "over the table]"
                ),
                "bar": (
                    "[a wooden bar sweeps along the table towards them|a wooden bar is pushed "
                    "across the table top]"
                ),
            },
            "striker.short": {
                "ball": "a ball rolls at",
                "bob": "an iron bob swings towards",
                "bar": "a bar sweeps towards",
            },
            "striker.numbers": {
                "ball": "a ball of phenolic resin rolls at {speed}",
                "bob": "a bob of cast iron on a rod of 0.75 m swings at up to {0.6*speed:m/s}",
                "bar": "a bar of walnut wood moves at {0.45*speed:m/s}",
            },
        },
        kinds={
            "mug": "mug/mugs",
            "bottle": "bottle/bottles",
            "vase": "vase/vases",
            "can": "can/cans",
            "cup": "cup/cups",
            "bowl": "bowl/bowls",
            "block": "wooden block/wooden blocks",
            "apple": "apple/apples",
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.25, 0.55)]
    striker: Annotated[str, Choice("ball", "bob", "bar")]
    things: Annotated[int, Integers(5, 9)]
    width: Annotated[Metre, Uniform(0.55, 0.75)]
    depth: Annotated[Ratio, Uniform(0.45, 0.6)]
    """Over the width."""
    height: Annotated[Metre, Uniform(0.18, 0.32, held_out=(0.3, 0.32))]
    speed: Annotated[MetrePerSecond, Uniform(1.1, 2.0)]
    scale: Annotated[Ratio, Uniform(1.1, 1.45)]
    table: Annotated[str, Choice("wood/oak", "wood/pine", "wood/walnut", "plastic/hdpe")]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        width, depth, height = self.width, self.depth * self.width, self.height
        top = table(width=width, depth=depth, height=height, thickness=0.025, leg=0.035)
        elements: list[RigidBody] = [fixed(key, "table", top, self.table)]
        elements += self._set(key, width, depth, height)
        elements.append(self._striker(key, width, depth, height))
        elements.append(self._tray(key, width, depth))
        left = 0.02 if self.striker != "bob" else 0.12
        focus = Focus(
            lower=(-width / 2 - left, -depth / 2 - 0.06, 0.0),
            upper=(width / 2 + TRAY + 0.06, depth / 2 + 0.06, height + 0.17 * self.scale),
        )
        return self.stage(key, elements, focus=focus)

    def _tray(self, key: Key, width: float, depth: float) -> RigidBody:
        """A low frame on the floor at the right end of the table that keeps what falls there."""
        thick, tall, long = 0.02, 0.07, TRAY + 0.1
        y, stuff = depth / 2 + 0.06, key.child("tray")
        x = width / 2 - 0.1 + long / 2
        end = Box((thick, 2 * y, 2.2 * tall))
        parts = [shape(stuff, end, self.table, position=(width / 2 + TRAY, 0, 1.1 * tall))]
        for s in (-1, 1):
            parts.append(
                shape(stuff, Box((long, thick, tall)), self.table, position=(x, s * y, tall / 2))
            )
        return RigidBody(name="tray", shapes=tuple(parts), motion="static")

    def _thing(self, key: Key) -> tuple[str, Geometry, str, bool]:
        s = self.scale * float(key.child("size").rng().uniform(0.9, 1.1))
        pick = int(key.rng().integers(8))
        choices: list[tuple[str, Geometry, str, bool]] = [
            ("mug", mug(radius=0.036 * s, height=0.085 * s, wedges=10), "ceramic/porcelain", True),
            ("bottle", bottle(radius=0.03 * s, height=0.19 * s), "plastic/hdpe", True),
            (
                "vase",
                vase(radius=0.045 * s, height=0.15 * s, wedges=10),
                "ceramic/terracotta",
                False,
            ),
            ("can", can(radius=0.03 * s, height=0.1 * s), "metal/aluminium", True),
            ("cup", cup(radius=0.035 * s, height=0.09 * s, thickness=0.003), "plastic/abs", True),
            ("bowl", bowl(radius=0.055 * s, height=0.045 * s, wedges=8), "ceramic/porcelain", True),
            ("block", bevelled_box(size=(0.06 * s, 0.06 * s, 0.09 * s)), "wood/beech", False),
            ("apple", Sphere(0.035 * s), "organic/apple", False),
        ]
        return choices[pick]

    def _set(self, key: Key, width: float, depth: float, height: float) -> list[RigidBody]:
        """Things spread over the right two thirds of the table, apart from each other."""
        rng = key.child("places").rng()
        paint = colors(key.child("colors"), self.palette, self.things)
        found: list[RigidBody] = []
        taken: list[tuple[Array, float]] = []
        for i in range(self.things):
            name, geometry, stuff, colored = self._thing(key.child("thing", i))
            r = float(np.hypot(*(extent(geometry)[:2] / 2)))
            for _ in range(200):
                at = np.array(
                    [
                        rng.uniform(-0.12 * width, width / 2 - 0.8 * r),
                        rng.uniform(-1, 1) * (depth / 2 - r),
                    ]
                )
                if all(np.linalg.norm(at - p) > r + q + 0.004 for p, q in taken):
                    break
            else:
                continue
            taken.append((at, r))
            angle = float(rng.uniform(-math.pi, math.pi))
            turn = yaw(angle)
            mid = middle(geometry)
            c, s = math.cos(angle), math.sin(angle)
            off = np.array([c * mid[0] - s * mid[1], s * mid[0] + c * mid[1]])
            low = mid[2] - extent(geometry)[2] / 2
            found.append(
                body(
                    key,
                    f"{name}_{i}",
                    geometry,
                    stuff,
                    position=(at[0] - off[0], at[1] - off[1], height + GAP / 2 - low),
                    quaternion=turn,
                    color=paint[i] if colored else None,
                )
            )
        return found

    def _striker(self, key: Key, width: float, depth: float, height: float) -> RigidBody:
        if self.striker == "ball":
            r = 0.055 * self.scale
            velocity = np.array([self.speed, 0.0, 0.0])
            y = float(key.child("side").rng().uniform(-0.4, 0.4)) * depth / 2
            return body(
                key,
                "ball",
                Sphere(r),
                "plastic/phenolic",
                position=(-width / 2 + 1.05 * r, y, height + r + GAP / 2),
                velocity=velocity,
                angular_velocity=rolling(velocity, r),
                color=(0.12, 0.13, 0.2),
            )
        return (
            self._bob(key, width, height) if self.striker == "bob" else self._bar(key, width, depth)
        )

    def _bob(self, key: Key, width: float, height: float) -> RigidBody:
        """A heavy bob on a rod, swinging as a pendulum would: a = A cos(w t), w = sqrt(g / l)."""
        length, r = 0.75, 0.06 * self.scale
        swing = 2 * math.asin(min(0.8, 0.6 * self.speed / (2 * math.sqrt(9.81 * length))))
        rate = math.sqrt(9.81 / length)
        pivot = np.array([-0.12 * width, 0.0, height + r + 0.02 + length])
        times = np.linspace(0.0, 2.2, 89)
        angle = swing * np.cos(rate * (times + 0.1))
        quaternions = np.array([from_axis_angle((0, 1, 0), float(a)) for a in angle])
        rod: Shape = shape(
            key.child("rod"),
            Capsule(0.006, length - 0.01),
            "metal/steel",
            position=(0, 0, -length / 2),
        )
        return RigidBody(
            name="bob",
            shapes=(
                shape(key.child("bob"), Sphere(r), "metal/cast_iron", position=(0, 0, -length)),
                rod,
            ),
            position=(float(pivot[0]), 0.0, float(pivot[2])),
            motion="kinematic",
            keyframes=Keyframes(
                times=times, positions=np.tile(pivot, (len(times), 1)), quaternions=quaternions
            ),
        )

    def _bar(self, key: Key, width: float, depth: float) -> RigidBody:
        """A wooden bar that sweeps along the table from the left and stops near its right edge."""
        tall = 0.05 * self.scale
        speed = 0.45 * self.speed
        way = 0.73 * width
        times = np.array([0.0, way / speed, 3.0 + way / speed])
        x = -0.3 * width
        z = self.height + tall / 2 + 0.003
        stops = np.array([x, x + way, x + way])
        path = np.stack([stops, 0 * stops, 0 * stops + z], -1)
        return body(
            key,
            "bar",
            Box((0.02, 0.9 * depth, tall)),
            "wood/walnut",
            position=path[0],
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=path),
        )
