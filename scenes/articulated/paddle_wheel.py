"""A free wheel with buckets, turned by the balls that roll off a chute into it."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Sphere
from simgen.key import Key
from simgen.scene import Articulation, Joint, RigidBody, Scene, Shape
from simgen.scenes.articulated._parts import ALONG_Y, fixture, rod, shape, turn, vector, xyz
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, RadianPerSecond, Ratio, Unit
from simgen.words import Words


class PaddleWheel(SceneTemplate):
    """Balls roll down a chute into the buckets of a wheel and set it turning."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[balls roll down a chute towards|{ball_material} balls are let go above|a line of "
            "balls runs down to] a paddle wheel"
        ),
        setup=(
            "a sloping {frame_material} chute with two rows of {ball_material} balls leads to "
            "the top of a {wheel_material} wheel with {paddles bucket/buckets}"
        ),
        event="[the balls roll down the chute towards the wheel|the balls are let go on the chute]",
        parameters=(
            "a wheel of {wheel_material}, radius {wheel_radius}, with {paddles} buckets, "
            "turning at {start_speed} at first; {2*rows:1} balls of {ball_material}, radius "
            "{ball_radius*wheel_radius:m}, on a chute sloping {slope}"
        ),
    )

    paddles: Annotated[int, Integers(6, 10)]
    wheel_radius: Annotated[Metre, Uniform(0.22, 0.34)]
    hub: Annotated[Ratio, Uniform(0.25, 0.4)]
    """Radius of the hub over the wheel's."""
    lean: Annotated[Radian, Uniform(0.0, 0.5)]
    """Of the paddles' tips against the turning: they hold the balls longer."""
    start_angle: Annotated[Radian, Uniform(0.0, 0.6)]
    start_speed: Annotated[RadianPerSecond, Uniform(-1.5, 2.0)]
    """Of the wheel, positive the way the balls turn it."""
    rows: Annotated[int, Integers(5, 9)]
    """Of balls on the chute, two in each."""
    ball_radius: Annotated[Ratio, Uniform(0.12, 0.16)]
    """Over the wheel's radius."""
    slope: Annotated[Radian, Uniform(0.1, 0.26)]
    """Of the chute."""
    damping: Annotated[float, Uniform(0.002, 0.02), Unit("N m s/rad")]
    wheel_material: Annotated[
        str, Choice("wood/oak", "wood/pine", "plastic/abs", "wood/birch_plywood", "plastic/hdpe")
    ]
    frame_material: Annotated[str, Choice("wood/oak", "metal/cast_iron", "wood/birch_plywood")]
    ball_material: Annotated[
        str, Choice("metal/brass", "metal/lead", "metal/copper", "stone/granite", "wood/beech")
    ]

    def build(self, key: Key) -> Scene:
        r = self.wheel_radius
        top = self._height + r
        chute, start, down = self._chute(key)
        balls = self._balls(key, start, down)
        far = start - down * 2.1 * self._ball * (self.rows + 0.5)
        wheel = self._wheel(key)
        focus = Focus(
            lower=(float(far[0]), -self._depth, 0.0),
            upper=(r * 1.8, self._depth, max(top, float(far[2]) + 2 * self._ball) + 0.02),
        )
        return self.stage(key, [wheel, chute, *balls], focus=focus)

    @property
    def _ball(self) -> float:
        return self.ball_radius * self.wheel_radius

    @property
    def _depth(self) -> float:
        """Width of the wheel along its axle [m]."""
        return 5.0 * self._ball

    @property
    def _height(self) -> float:
        return self.wheel_radius + 2.6 * self._ball

    def _wheel(self, key: Key) -> Articulation:
        """The wheel turns about y; its right side (+x) goes down under the balls."""
        center = xyz(0.0, 0.0, self._height)
        rotor = RigidBody(
            name="wheel",
            shapes=self._rotor(key),
            position=vector(center),
            quaternion=turn((0, 1, 0), self.start_angle),
        )
        axle = Joint(
            name="axle",
            kind="hinge",
            child="wheel",
            parent="wheel_stand",
            position=vector(center),
            axis=(0.0, 1.0, 0.0),
            damping=self.damping,
            velocity=self.start_speed,
        )
        return Articulation(name="paddle_wheel", links=(self._stand(key), rotor), joints=(axle,))

    def _rotor(self, key: Key) -> tuple[Shape, ...]:
        r, depth, stuff = self.wheel_radius, self._depth, self.wheel_material
        inner, thick = self.hub * r, 0.03 * r
        hub = shape(Cylinder(inner, depth), stuff, key.child("hub"), quaternion=ALONG_Y)
        back = shape(
            Cylinder(r, thick),
            stuff,
            key.child("disc"),
            position=(0, depth / 2 + thick / 2, 0),
            quaternion=ALONG_Y,
        )
        cap = Cylinder(0.5 * inner, 0.1 * r)
        parts = [
            hub,
            back,
            shape(
                cap, "metal/brass", key, position=(0, -depth / 2 - 0.02 * r, 0), quaternion=ALONG_Y
            ),
        ]
        for i in range(self.paddles):
            a = 2 * math.pi * i / self.paddles
            root = 0.94 * inner * xyz(math.cos(a), 0.0, math.sin(a))
            b = a + self.lean * (1 - self.hub)
            tip = 0.98 * r * xyz(math.cos(b), 0.0, math.sin(b))
            parts += self._paddle(key, root, tip)
        return tuple(parts)

    def _paddle(self, key: Key, root: np.ndarray, tip: np.ndarray) -> list[Shape]:
        """A board across the wheel with a low lip at its front end that keeps the balls in."""
        length = float(np.linalg.norm(tip - root))
        angle = math.atan2(float((tip - root)[2]), float((tip - root)[0]))
        pose, middle = turn((0, 1, 0), -angle), (root + tip) / 2
        board = Box((length, self._depth, 0.035 * self.wheel_radius))
        lip = Box((length, 0.02 * self.wheel_radius, 1.1 * self._ball))
        key = key.child("paddle")
        front = middle + xyz(0.0, -0.5 * self._depth, 0.0)
        return [
            shape(board, self.wheel_material, key, position=middle, quaternion=pose),
            shape(lip, self.wheel_material, key, position=front, quaternion=pose),
        ]

    def _stand(self, key: Key) -> RigidBody:
        """Two posts behind the wheel, spread apart, that carry the axle."""
        r, y = self.wheel_radius, 0.5 * self._depth + 0.1 * self.wheel_radius
        center = xyz(0.0, y + 0.05, self._height)
        parts = [rod(xyz(0, y - 0.04 * r, self._height), center, 0.06 * r, "metal/steel", key)]
        for s in (-1, 1):
            foot = xyz(s * 0.55 * r, y + 0.05, 0.0)
            parts.append(rod(foot, center, 0.05 * r, self.frame_material, key))
        base = Box((1.5 * r, 0.25 * r, 0.03))
        parts.append(shape(base, self.frame_material, key, position=(0, y + 0.05, 0.015)))
        return fixture("wheel_stand", *parts)

    def _chute(self, key: Key) -> tuple[RigidBody, np.ndarray, np.ndarray]:
        """The chute, the centre of its first ball and the way down."""
        r, b, d = self.wheel_radius, self._ball, self._depth
        down = xyz(math.cos(self.slope), 0.0, -math.sin(self.slope))
        up = xyz(math.sin(self.slope), 0.0, math.cos(self.slope))
        end = xyz(0.12 * r, 0.0, self._height + r + 1.2 * b)
        start = end - down * 3.0 * b + up * (b + 0.001)
        length = 3.0 * b + 2.1 * b * (self.rows + 1)
        middle, pose, stuff = (
            end - down * length / 2,
            turn((0, 1, 0), self.slope),
            (self.frame_material),
        )
        parts = [
            shape(
                Box((length, 0.96 * d, 0.01)),
                stuff,
                key,
                position=middle - up * 0.005,
                quaternion=pose,
            )
        ]
        for s in (-1, 1):
            side = xyz(0.0, s * 0.49 * d, 0.0) + up * 0.3 * b
            wall = Box((length, 0.02 * d, 0.9 * b))
            parts.append(shape(wall, stuff, key, position=middle + side, quaternion=pose))
        for share in (0.3, 0.85):
            place = end - down * length * share - up * 0.01
            for s in (-1, 1):
                top = place + xyz(0.0, s * 0.4 * d, 0.0)
                if abs(top[0]) > r * 1.05:
                    parts.append(rod(top * xyz(1, 1, 0), top, 0.012, stuff, key))
        back = end - down * length + up * 0.4 * b
        parts.append(
            shape(Box((0.01, 0.96 * d, 1.6 * b)), stuff, key, position=back, quaternion=pose)
        )
        return fixture("chute", *parts), start, down

    def _balls(self, key: Key, start: np.ndarray, down: np.ndarray) -> list[RigidBody]:
        found: list[RigidBody] = []
        for i in range(2 * self.rows):
            name = f"ball_{i}"
            rng = key.child(name).rng()
            side = (1 if i % 2 else -1) * float(rng.uniform(1.03, 1.35)) * self._ball
            place = start - down * 2.1 * self._ball * (i // 2) + xyz(0.0, side, 0.0)
            ball = shape(Sphere(self._ball), self.ball_material, key.child(name))
            found.append(RigidBody(name=name, shapes=(ball,), position=vector(place)))
        return found
