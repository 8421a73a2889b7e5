"""A robot arm sweeps along a table and knocks over what stands on it."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.scene import Articulation, Drive, Joint, RigidBody, Scene
from simgen.scenes.articulated._parts import along, fixture, rod, shape, turn, vector, xyz
from simgen.shapes import SHAPES, bevelled_box
from simgen.shapes.build import circle
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, RadianPerSecond, Ratio
from simgen.words import Words

_THINGS = (
    ("can", "metal/aluminium"),
    ("bottle", "plastic/hdpe"),
    ("bowling_pin", "wood/beech"),
    ("mug", "ceramic/porcelain"),
    ("block", "wood/pine"),
    ("ball", "rubber/natural"),
    ("cone", "plastic/abs"),
    ("star", "plastic/polyurethane"),
)


_SHOULDER, _ELBOW, _WRIST = 0.26, (0.46, 0.56), (0.9, 0.24)
"""Where the joints are at the start, (out, up) from the foot over the reach."""


def _servo_targets(stretch: float) -> tuple[float, float, float]:
    """Turns [rad, positive up] of shoulder, elbow and wrist that move the tip out by `stretch`.

    Two-link inverse kinematics by the law of cosines; height and tilt of the hand stay.
    """

    def angles(out: float) -> tuple[float, float]:
        across, up = out, _WRIST[1] - _SHOULDER
        far = math.hypot(across, up)
        upper = math.hypot(_ELBOW[0], _ELBOW[1] - _SHOULDER)
        fore = math.hypot(_WRIST[0] - _ELBOW[0], _WRIST[1] - _ELBOW[1])
        inner = math.acos((upper**2 + far**2 - fore**2) / (2 * upper * far))
        outer = math.acos((fore**2 + far**2 - upper**2) / (2 * fore * far))
        slope = math.atan2(up, across)
        return slope + inner, slope - outer

    (a, b), (c, d) = angles(_WRIST[0]), angles(_WRIST[0] + stretch)
    return c - a, (d - c) - (b - a), b - d


class RobotArm(SceneTemplate):
    """A motor-driven arm turns on its pedestal and sweeps a table of standing objects."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco",)
    words: ClassVar[Words] = Words(
        short=(
            "a robot arm sweeps [its paddle|a {blade_material} paddle|a flat paddle] along a "
            "table with {objects thing/things} on it"
        ),
        setup=(
            "{listed} stand on a {table_material} table around a robot arm of {arm_material} "
            "with a {blade_material} paddle"
        ),
        event=(
            "[the arm turns and sweeps the paddle over the table towards them|the arm swings "
            "round with its paddle just above the table top]"
        ),
        parameters=(
            "{listed} on a table of {table_material}, {table_height} high; an arm of "
            "{arm_material}, reach {reach}, with a blade of {blade_material}, turning at "
            "{sweep_speed}"
        ),
        kinds={
            "can": "can/cans",
            "bottle": "bottle/bottles",
            "bowling_pin": "skittle/skittles",
            "mug": "mug/mugs",
            "block": "wooden block/wooden blocks",
            "ball": "ball/balls",
            "cone": "cone/cones",
            "star": "star/stars",
        },
    )

    reach: Annotated[Metre, Uniform(0.55, 0.8)]
    """From the pedestal to the tip."""
    sweep_speed: Annotated[RadianPerSecond, Uniform(1.1, 1.8)]
    clockwise: Annotated[int, Choice(0, 1)]
    start_angle: Annotated[Radian, Uniform(1.2, 1.45)]
    """Of the arm away from the direction of the camera."""
    stretch: Annotated[Ratio, Uniform(-0.2, 0.08)]
    """How far the tip moves out (+) or in (-) on the way, over the reach."""
    blade: Annotated[Ratio, Uniform(0.1, 0.22)]
    """Width of the paddle at the tip over the reach."""
    objects: Annotated[int, Integers(6, 9)]
    table_height: Annotated[Metre, Uniform(0.2, 0.36)]
    table_material: Annotated[
        str, Choice("wood/oak", "wood/birch_plywood", "stone/marble", "plastic/acrylic")
    ]
    arm_material: Annotated[str, Choice("plastic/abs", "metal/aluminium", "metal/cast_iron")]
    blade_material: Annotated[str, Choice("rubber/neoprene", "plastic/polyurethane", "wood/beech")]

    def build(self, key: Key) -> Scene:
        arm, table = self._arm(key), self._table(key)
        things = self._things(key)
        r, h = 1.08 * self.reach, self.table_height
        high = h + 0.58 * self.reach
        sweep = np.concatenate([circle(1.15 * r, h), circle(1.2 * r, 0.0), circle(0.75 * r, high)])
        focus = Focus.around(sweep[sweep[:, 1] <= 0.2 * r])
        return self.stage(key, [table, arm, *things], focus=focus)

    @property
    def _sign(self) -> int:
        return -1 if self.clockwise else 1

    def _table(self, key: Key) -> RigidBody:
        """A top whose near edge lies inside the sweep, so that things fall off it."""
        h, t = self.table_height, 0.03
        wide, near, far = 1.9 * self.reach, -1.02 * self.reach, 0.28 * self.reach
        size = (wide, far - near, t)
        middle = (near + far) / 2
        top = Box(size)
        parts = [shape(top, self.table_material, key, position=(0, middle, h - t / 2))]
        for sx in (-1, 1):
            for y in (near + 0.05, far - 0.05):
                x = sx * (wide / 2 - 0.05)
                parts.append(rod((x, y, 0), (x, y, h - t), 0.022, "metal/steel", key))
        return fixture("table", *parts)

    def _point(self, radius: float, height: float) -> Array:
        """(3,) [m] at `radius` along the arm's start direction, `height` above the table."""
        a = -math.pi / 2 - self._sign * self.start_angle
        return xyz(radius * math.cos(a), radius * math.sin(a), self.table_height + height)

    @property
    def _side(self) -> Array:
        """(3,) axis of shoulder, elbow and wrist; a positive turn lowers what it carries."""
        return np.cross(xyz(0, 0, 1), self._point(1, 0) - self._point(0, 0))

    def _arm(self, key: Key) -> Articulation:
        n = self.reach
        base, shoulder = self._point(0, 0.0), self._point(0, _SHOULDER * n)
        elbow = self._point(_ELBOW[0] * n, _ELBOW[1] * n)
        wrist = self._point(_WRIST[0] * n, _WRIST[1] * n)
        thick = 0.042 * n
        upper = self._link(key, "upper_arm", shoulder, elbow, thick)
        fore = self._link(key, "forearm", elbow, wrist, 0.85 * thick)
        hand = self._hand(key, wrist)
        foot = Cylinder(0.12 * n, 0.02 * n)
        stand = shape(foot, "metal/cast_iron", key, position=base + xyz(0, 0, 0.01 * n))
        mass = sum(b.mass_properties.mass for b in (upper, fore, hand))
        hold = 9.81 * mass * n
        lift, bend, level = _servo_targets(self.stretch)
        joints = (
            self._turning(base, mass),
            self._held("shoulder", "upper_arm", "turret", shoulder, lift, hold),
            self._held("elbow", "forearm", "upper_arm", elbow, bend, hold),
            self._held("wrist", "hand", "forearm", wrist, level, 0.4 * hold),
        )
        links = (fixture("pedestal", stand), self._turret(key, base, thick), upper, fore, hand)
        return Articulation(name="robot", links=links, joints=joints, self_collision=False)

    def _turret(self, key: Key, base: Array, thick: float) -> RigidBody:
        n, paint = self.reach, key.child("arm")
        drum, neck = Cylinder(0.1 * n, 0.08 * n), Capsule(1.2 * thick, 0.1 * n)
        motor, across = Cylinder(1.5 * thick, 3.0 * thick), along((0, 0, 0), self._side)[1]
        up = xyz(0, 0, _SHOULDER * n)
        return RigidBody(
            name="turret",
            position=vector(base),
            shapes=(
                shape(drum, self.arm_material, paint, position=(0, 0, 0.065 * n)),
                shape(neck, self.arm_material, paint, position=(0, 0, 0.17 * n)),
                shape(motor, "metal/steel", key, position=up, quaternion=across),
            ),
        )

    def _link(self, key: Key, name: str, start: Array, end: Array, thick: float) -> RigidBody:
        """A bar with a motor housing at its far end."""
        middle, pose, length = along(start, end)
        # `along` turns z onto the bar about the hinge axis, which so reads the same in both frames.
        across = along((0, 0, 0), self._side)[1]
        solid = Capsule(thick, length)
        housing = Cylinder(1.35 * thick, 2.7 * thick)
        return RigidBody(
            name=name,
            position=middle,
            quaternion=pose,
            shapes=(
                shape(solid, self.arm_material, key.child("arm")),
                shape(housing, "metal/steel", key, position=(0, 0, length / 2), quaternion=across),
            ),
        )

    def _hand(self, key: Key, wrist: Array) -> RigidBody:
        """A shaft down to a blade that moves just above the table."""
        n = self.reach
        drop = float(wrist[2]) - self.table_height - 0.018
        a = -math.pi / 2 - self._sign * self.start_angle
        blade = bevelled_box(size=(self.blade * n, 0.035 * n, 0.16 * n), bevel=0.006)
        return RigidBody(
            name="hand",
            position=vector(wrist),
            quaternion=turn((0, 0, 1), a),
            shapes=(
                rod((0, 0, 0), (0, 0, -drop + 0.1 * n), 0.022 * n, "metal/stainless_steel", key),
                shape(blade, self.blade_material, key, position=(0, 0, -drop + 0.08 * n)),
            ),
        )

    def _turning(self, base: Array, mass: float) -> Joint:
        inertia = 0.4 * mass * self.reach**2
        target = self._sign * self.sweep_speed
        drive = Drive(kind="velocity", target=target, gain=40 * inertia, limit=30 * inertia)
        return Joint(
            name="turntable",
            kind="hinge",
            child="turret",
            parent="pedestal",
            position=vector(base),
            drive=drive,
        )

    def _held(
        self,
        name: str,
        child: str,
        parent: str,
        place: Array,
        target: float,
        hold: float,
    ) -> Joint:
        """A joint servo: stiff enough to sag by about a hundredth of a radian."""
        drive = Drive(kind="position", target=-target, gain=60 * hold, damping=30 * hold)
        return Joint(
            name=name,
            kind="hinge",
            child=child,
            parent=parent,
            position=vector(place),
            axis=vector(self._side),
            drive=drive,
        )

    def _tip_at(self, angle: float) -> float:
        """Where the blade is when the arm has turned to `angle` [rad], over the reach.

        The servos (gain over damping of `_held`) close the stretch with a time constant of 0.5 s.
        """
        time = (angle + self.start_angle) / self.sweep_speed
        return _WRIST[0] + self.stretch * (1.0 - math.exp(-time / 0.5))

    def _things(self, key: Key) -> list[RigidBody]:
        """Objects on the ring that the blade sweeps, spread over its angles."""
        rng = key.child("things").rng()
        found: list[RigidBody] = []
        kinds = [int(rng.integers(len(_THINGS))) for _ in range(self.objects)]
        angles = np.linspace(-0.95, 1.15, self.objects) + rng.uniform(-0.03, 0.03, self.objects)
        for i, (kind, angle) in enumerate(zip(kinds, angles, strict=True)):
            name, stuff = _THINGS[kind]
            label = f"{name}_{i}"
            solid, lift = _thing(name, 0.05 * self.reach / 0.65)
            out = self._tip_at(float(angle)) + self.blade * float(rng.uniform(-0.3, 0.3))
            radius = self.reach * min(out, 0.93)
            a = -math.pi / 2 + self._sign * float(angle)
            place = (radius * math.cos(a), radius * math.sin(a), self.table_height + lift + 0.001)
            found.append(
                RigidBody(
                    name=label,
                    shapes=(shape(solid, stuff, key.child(label)),),
                    position=place,
                    quaternion=turn((0, 0, 1), float(rng.uniform(-math.pi, math.pi))),
                )
            )
        return found


def _thing(name: str, size: float) -> tuple[Geometry, float]:
    """A standing object about two `size` [m] wide, and its origin's height above its base."""
    if name == "block":
        side = 1.5 * size
        return bevelled_box(size=(side, side, 1.5 * side), bevel=0.05 * side), 0.75 * side
    if name == "ball":
        return Sphere(0.8 * size), 0.8 * size
    if name in ("can", "bottle", "mug"):
        radius = 0.75 * size
        height = {"can": 3.2, "bottle": 6.0, "mug": 2.6}[name] * radius
        return SHAPES[name](radius=radius, height=height), 0.0
    if name == "bowling_pin":
        return SHAPES[name](height=4.2 * size), 0.0
    if name == "cone":
        return SHAPES[name](radius=0.9 * size, height=2.6 * size), 0.0
    return SHAPES[name](), 0.0
