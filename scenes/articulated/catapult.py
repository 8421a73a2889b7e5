"""A trebuchet: a falling counterweight swings an arm that hurls balls at a tower of blocks."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Array, Box, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import Articulation, Joint, RigidBody, Scene, Shape
from simgen.scenes.articulated._parts import fixture, rod, shape, turn, vector, xyz
from simgen.shapes import bevelled_box
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

_TILT = 0.6
"""Of the arm at the start: the cup end is down [rad]."""


_SHARE = 0.7
"""Of the work of gravity that reaches arm and balls."""


class Catapult(SceneTemplate):
    """A counterweight swings the arm of a trebuchet and hurls balls at a tower of blocks."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[a trebuchet hurls a ball towards|a trebuchet with a {ball_material} ball is aimed "
            "at|a counterweight is released on a trebuchet aimed at] a tower of blocks"
        ),
        setup=(
            "a trebuchet with a {arm_material} arm, a {weight_material} counterweight and a "
            "{ball_material} ball in its cup stands in front of a tower of {block_material} "
            "blocks"
        ),
        event=(
            "[the counterweight is released and swings the arm|the arm is let go and the "
            "counterweight pulls it round]"
        ),
        parameters=(
            "an arm of {arm_material}, {arm_length} from axle to cup, its short side "
            "{lever*arm_length:m}, stopped {release_angle} above the horizontal; a ball of "
            "{ball_material}, radius {ball_radius*arm_length:m}; a tower of {block_material}, "
            "{tower_rows} rows high, {distance*arm_length:m} away"
        ),
    )

    arm_length: Annotated[Metre, Uniform(0.6, 0.9)]
    """From the axle to the cup."""
    lever: Annotated[Ratio, Uniform(0.26, 0.36)]
    """Short arm over long arm."""
    release_angle: Annotated[Radian, Uniform(0.85, 1.15)]
    """Of the arm from the horizontal where a stop halts it."""
    balls: Annotated[int, Integers(1, 3)]
    ball_radius: Annotated[Ratio, Uniform(0.058, 0.08)]
    """Over the arm's length."""
    tower_columns: Annotated[int, Integers(2, 3)]
    tower_rows: Annotated[int, Integers(5, 6)]
    distance: Annotated[Ratio, Uniform(1.0, 1.3)]
    """Of the tower from the axle over the arm's length; the counterweight is made to reach it."""
    arm_material: Annotated[str, Choice("wood/pine", "wood/beech", "wood/oak")]
    frame_material: Annotated[str, Choice("wood/oak", "wood/walnut", "metal/cast_iron")]
    weight_material: Annotated[str, Choice("metal/lead", "metal/cast_iron", "metal/steel")]
    ball_material: Annotated[
        str, Choice("stone/granite", "stone/marble", "rubber/natural", "ceramic/terracotta")
    ]
    block_material: Annotated[
        str,
        Choice(
            "wood/pine", "wood/cork", "plastic/polystyrene_foam", "wood/balsa", "paper/cardboard"
        ),
    ]

    def build(self, key: Key) -> Scene:
        n = self.arm_length
        tower, top = self._tower(key, self.distance * n)
        swung = self._axle + 1.1 * n * math.sin(self.release_angle) + 0.1 * n
        focus = Focus(
            lower=(-0.95 * n, -0.22 * n, 0.0),
            upper=((self.distance + 0.55) * n, 0.22 * n, max(swung, 1.1 * top)),
        )
        return self.stage(key, [self._machine(key), *self._balls(key), *tower], focus=focus)

    @property
    def _axle(self) -> float:
        """Height of the axle [m]: the cup hangs just above the floor at the start."""
        return self.arm_length * math.sin(_TILT) + 0.05 + 0.1 * self.arm_length

    @property
    def _pose(self) -> tuple[float, float, float, float]:
        """Arm frame: x runs from the counterweight's end to the cup, which starts at -x, low."""
        return turn((0, 1, 0), math.pi - _TILT)

    def _at(self, x: float, z: float) -> Array:
        """(3,) world [m] of a point of the arm at the start; z is on the cup's open side."""
        return xyz(0, 0, self._axle) + rotate(self._pose, xyz(x, 0.0, -z))

    def _throw(self, height: float) -> float:
        """Speed [m/s] with which a ball that leaves at the stop hits the tower at `height` [m]."""
        n, angle = self.arm_length, math.pi / 2 - self.release_angle
        far = self.distance * n + n * math.cos(self.release_angle)
        fall = self._axle + n * math.sin(self.release_angle) - height
        drop = fall + far * math.tan(angle)
        return math.sqrt(9.81 * far**2 / (2 * drop)) / math.cos(angle)

    def _counterweight(self, key: Key) -> float:
        """Mass [kg] that gives the balls their speed: the work of gravity on arm, balls and weight
        becomes the energy of their turning, less what the swinging weight keeps."""
        n, lever = self.arm_length, self.lever * self.arm_length
        arm = self._arm(key).mass_properties
        balls = sum(b.mass_properties.mass for b in self._balls(key))
        center = float(arm.center_of_mass[0])
        spin = float(arm.inertia[1, 1]) + arm.mass * center**2 + balls * n**2
        kinetic = 0.5 * (self._throw(0.4 * self._tower(key, 0.0)[1]) / n) ** 2
        work = 9.81 * _SHARE * (math.sin(_TILT) + math.sin(self.release_angle))
        need = kinetic * spin + work * (arm.mass * center + balls * n)
        # The weight hangs free, so only the upright part of its pin's motion moves it.
        own = kinetic * (lever * math.cos(self.release_angle)) ** 2
        return need / max(work * lever - own, 0.3 * work * lever)

    def _machine(self, key: Key) -> Articulation:
        end = self._at(self._short, 0.0)
        swing = _TILT + self.release_angle
        joints = (
            Joint(
                name="axle",
                kind="hinge",
                child="arm",
                parent="trestle",
                position=vector(self._at(0, 0)),
                axis=(0.0, 1.0, 0.0),
                range=(-0.02, swing),
                damping=0.02,
            ),
            Joint(
                name="weight_pin",
                kind="hinge",
                child="counterweight",
                parent="arm",
                position=vector(end),
                axis=(0.0, 1.0, 0.0),
                damping=0.05,
            ),
        )
        return Articulation(
            name="trebuchet",
            links=(self._trestle(key), self._arm(key), self._weight(key)),
            joints=joints,
            self_collision=False,
        )

    @property
    def _short(self) -> float:
        """Where the counterweight hangs, along the arm's frame [m]."""
        return -self.lever * self.arm_length

    def _arm(self, key: Key) -> RigidBody:
        """A tapered beam with a cup of five boards at its end; +z of the frame is down at first."""
        n = self.arm_length
        thick, cup, board = 0.045 * n, 0.22 * n, 0.012 * n
        beam = Box((n + self.lever * n, 0.06 * n, thick))
        parts = [
            shape(beam, self.arm_material, key, position=((n - self.lever * n) / 2, 0, 0)),
            shape(
                Box((cup, cup, board)),
                self.frame_material,
                key,
                position=(n, 0, -thick / 2 - board / 2),
            ),
        ]
        tall = 0.09 * n
        middle = -thick / 2 - board - tall / 2
        for s in (-1, 1):
            parts += [
                shape(
                    Box((board, cup, tall)),
                    self.frame_material,
                    key,
                    position=(n + s * (cup - board) / 2, 0, middle),
                ),
                shape(
                    Box((cup - 2 * board, board, tall)),
                    self.frame_material,
                    key,
                    position=(n, s * (cup - board) / 2, middle),
                ),
            ]
        return RigidBody(
            name="arm",
            shapes=tuple(parts),
            position=vector(self._at(0, 0)),
            quaternion=self._pose,
        )

    def _weight(self, key: Key) -> RigidBody:
        """A block on a short hanger below the end of the short arm."""
        n = self.arm_length
        mass, (density,) = (
            self._counterweight(key),
            material(self.weight_material).require("density"),
        )
        size = (mass / (0.9 * density)) ** (1 / 3)
        pin = self._at(self._short, 0.0)
        block = bevelled_box(size=(size, 0.9 * size, size), bevel=0.06 * size)
        drop = 0.05 * n + size / 2
        return RigidBody(
            name="counterweight",
            position=vector(pin),
            shapes=(
                shape(block, self.weight_material, key, position=(0, 0, -drop)),
                rod((0, 0, 0.02 * n), (0, 0, -0.06 * n), 0.02 * n, "metal/steel", key),
            ),
        )

    def _trestle(self, key: Key) -> RigidBody:
        """Two A-frames that carry the axle, and a bed."""
        n, z, stuff = self.arm_length, self._axle, self.frame_material
        wide = 0.16 * n
        parts: list[Shape] = [
            rod((0, -wide, z), (0, wide, z), 0.022 * n, "metal/steel", key),
        ]
        for sy in (-1, 1):
            for sx in (-1, 1):
                foot = xyz(sx * 0.32 * n, sy * wide, 0.0)
                parts.append(rod(foot, xyz(0, sy * wide, z), 0.026 * n, stuff, key))
            sill = Box((0.85 * n, 0.07 * n, 0.03 * n))
            parts.append(shape(sill, stuff, key, position=(0, sy * wide, 0.015 * n)))
        return fixture("trestle", *parts)

    def _balls(self, key: Key) -> list[RigidBody]:
        """Balls that lie in the cup, side by side across the arm."""
        n, r = self.arm_length, self.ball_radius * self.arm_length
        found: list[RigidBody] = []
        count = min(self.balls, int(0.194 / (2.06 * self.ball_radius)))
        floor = 0.0225 * n + 0.012 * n
        for i in range(count):
            name = f"ball_{i}"
            side = (i - (count - 1) / 2) * 2.06 * r
            # The cup leans by _TILT: the ball starts against its low wall.
            place = self._at(n + 0.098 * n - r - 0.002, floor + r + 0.001) + xyz(0, side, 0)
            ball = shape(Sphere(r), self.ball_material, key.child(name))
            found.append(RigidBody(name=name, shapes=(ball,), position=vector(place)))
        return found

    def _tower(self, key: Key, x: float) -> tuple[list[RigidBody], float]:
        """A wall of blocks across the flight, and its height [m]."""
        n = self.arm_length
        wide, tall, deep = 0.2 * n, 0.19 * n, 0.12 * n
        found: list[RigidBody] = []
        for row in range(self.tower_rows):
            for column in range(self.tower_columns):
                name = f"block_{row}_{column}"
                y = (column - (self.tower_columns - 1) / 2 + (0.1 if row % 2 else -0.1)) * wide
                block = bevelled_box(size=(deep, wide - 0.001, tall), bevel=0.05 * tall)
                place = (x, y, row * (tall + 4e-4) + tall / 2 + 4e-4)
                found.append(
                    RigidBody(
                        name=name,
                        shapes=(shape(block, self.block_material, key.child(name)),),
                        position=place,
                    )
                )
        return found, self.tower_rows * tall
