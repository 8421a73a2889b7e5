"""A motor-driven toy car runs over bumps or a ramp and into a stack of blocks."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, TriangleMesh
from simgen.key import Key
from simgen.scene import Articulation, Drive, Joint, RigidBody, Scene, Shape
from simgen.scenes.articulated._parts import ALONG_Y, fixture, shape, turn, vector
from simgen.shapes import bevelled_box, ramp
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words


class ToyCar(SceneTemplate):
    """A toy car drives over bumps, steps or a jump ramp and into a stack of light blocks."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[a toy car drives towards|a {body_material} toy car runs at|a toy car is sent at] "
            "{obstacle.short} and a stack of blocks"
        ),
        setup=(
            "a {body_material} toy car stands in front of {obstacle} and a stack of "
            "{block_material} blocks"
        ),
        event="[the car drives off towards them|the motor of the car starts and drives it forward]",
        parameters=(
            "a car of {body_material}, {car_length} long, on wheels of {wheel_material}, radius "
            "{wheel_radius*car_length:m}, driven at {speed}; {obstacle} and {block_rows} rows "
            "of blocks of {block_material}"
        ),
        terms={
            "obstacle": {
                "bumps": "three {obstacle_material} bumps",
                "ramp": "a {obstacle_material} ramp",
                "steps": "a low double step of {obstacle_material}",
                "seesaw": "a {obstacle_material} seesaw",
            },
            "obstacle.short": {
                "bumps": "three bumps",
                "ramp": "a ramp",
                "steps": "a double step",
                "seesaw": "a seesaw",
            },
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.25, 0.55)]
    car_length: Annotated[Metre, Uniform(0.24, 0.36)]
    wheel_radius: Annotated[Ratio, Uniform(0.12, 0.18)]
    """Over the car's length."""
    speed: Annotated[MetrePerSecond, Uniform(0.7, 1.15)]
    """Rim speed of the driven wheels, and start speed of the car."""
    obstacle: Annotated[str, Choice("bumps", "ramp", "steps", "seesaw")]
    obstacle_height: Annotated[Ratio, Uniform(0.25, 0.5)]
    """Over the wheel radius; the ramp and the seesaw are three times as tall."""
    block_rows: Annotated[int, Integers(2, 3)]
    all_wheels: Annotated[int, Choice(0, 1)]
    """1 drives all wheels, 0 only the rear ones."""
    yaw: Annotated[Radian, Uniform(-0.02, 0.02)]
    """Start heading off the track."""
    body_material: Annotated[
        str, Choice("plastic/abs", "wood/beech", "plastic/hdpe", "metal/aluminium")
    ]
    wheel_material: Annotated[
        str, Choice("rubber/natural", "rubber/neoprene", "plastic/polyurethane")
    ]
    obstacle_material: Annotated[str, Choice("wood/oak", "wood/birch_plywood", "plastic/abs")]
    block_material: Annotated[
        str, Choice("wood/balsa", "plastic/polystyrene_foam", "paper/cardboard", "wood/pine")
    ]

    def build(self, key: Key) -> Scene:
        length = self.car_length
        first = 0.75 * length
        obstacles, last = self._obstacles(key, first)
        stack, side = last + 0.3 * length, 0.38 * length
        blocks = self._blocks(key, stack, side)
        end = stack + 1.9 * length
        pen = self._pen(key, stack + 0.6 * length, end)
        top = max(self.block_rows * side, 0.8 * length)
        focus = Focus(lower=(-0.55 * length, -0.7 * length, 0.0), upper=(end, 0.7 * length, top))
        return self.stage(key, [self._car(key), *obstacles, *blocks, pen], focus=focus)

    def _pen(self, key: Key, start: float, end: float) -> RigidBody:
        """A low board across the end of the track and one along each side: nothing drives off."""
        n, stuff = self.car_length, self.obstacle_material
        thick, tall, half = 0.06 * n, 0.2 * n, 0.95 * n
        long = end - start
        back = shape(Box((thick, 2 * half, 1.7 * tall)), stuff, key, position=(end, 0, 0.85 * tall))
        sides = [
            shape(Box((long, thick, tall)), stuff, key,
                  position=(start + long / 2 - thick / 2, s * half, tall / 2))
            for s in (-1, 1)
        ]  # fmt: skip
        return fixture("pen", back, *sides)

    @property
    def _radius(self) -> float:
        return self.wheel_radius * self.car_length

    def _car(self, key: Key) -> Articulation:
        n, r = self.car_length, self._radius
        width, tread = 0.46 * n, 0.55 * r
        go = np.array([math.cos(self.yaw), math.sin(self.yaw), 0.0])
        left = np.array([-go[1], go[0], 0.0])
        clear = 0.002
        start = np.array([0.0, 0.0, r + clear])
        velocity = vector(self.speed * go)
        pose = turn((0, 0, 1), self.yaw)
        body = RigidBody(
            name="car",
            shapes=self._body(key, width),
            position=vector(start),
            quaternion=pose,
            velocity=velocity,
        )
        links, joints = [body], list[Joint]()
        spin = self.speed / r
        for x, row in ((0.31 * n, "front"), (-0.31 * n, "rear")):
            for s, side in ((1, "left"), (-1, "right")):
                name = f"wheel_{row}_{side}"
                place = vector(start + x * go + s * (width / 2 + tread / 2 + 0.003) * left)
                driven = self.all_wheels or row == "rear"
                drive = Drive(kind="velocity", target=spin, gain=0.06, limit=1.5)
                links.append(
                    RigidBody(
                        name=name,
                        shapes=self._wheel(key, tread),
                        position=place,
                        quaternion=pose,
                        velocity=velocity,
                        angular_velocity=vector(spin * left),
                    )
                )
                joints.append(
                    Joint(
                        name=f"axle_{row}_{side}",
                        kind="hinge",
                        child=name,
                        parent="car",
                        position=place,
                        axis=vector(left),
                        velocity=spin,
                        damping=1e-5,
                        drive=drive if driven else None,
                    )
                )
        return Articulation(
            name="toy_car", links=tuple(links), joints=tuple(joints), self_collision=False
        )

    def _body(self, key: Key, width: float) -> tuple[Shape, ...]:
        """Body frame: the axles are at z = 0, +x is forward."""
        n, r = self.car_length, self._radius
        hull = bevelled_box(size=(n, width, 0.16 * n), bevel=0.025 * n)
        cabin = self._cabin(0.5 * n, 0.84 * width, 0.16 * n)
        floor = 0.12 * r
        bumper = Box((0.03 * n, 0.8 * width, 0.05 * n))
        return (
            shape(hull, self.body_material, key.child("body"), position=(0, 0, floor + 0.08 * n)),
            shape(
                cabin, "plastic/abs", key.child("cabin"), position=(-0.06 * n, 0, floor + 0.16 * n)
            ),
            *(
                shape(
                    bumper,
                    "plastic/pvc",
                    key.child("bumper"),
                    position=(s * 0.51 * n, 0, floor + 0.05 * n),
                )
                for s in (-1, 1)
            ),
        )

    def _cabin(self, length: float, width: float, height: float) -> TriangleMesh:
        """A cabin with raked windscreens."""
        from simgen.shapes.build import solid

        low = [(sx * length / 2, sy * width / 2, 0.0) for sx in (-1, 1) for sy in (-1, 1)]
        high = [
            (sx * length * (0.2 if sx > 0 else 0.34), sy * 0.4 * width, height)
            for sx in (-1, 1)
            for sy in (-1, 1)
        ]
        return solid(low + high)

    def _wheel(self, key: Key, tread: float) -> tuple[Shape, ...]:
        r = self._radius
        tyre = shape(Cylinder(r, tread), self.wheel_material, key.child("tyre"), quaternion=ALONG_Y)
        hub = Cylinder(0.52 * r, 1.06 * tread)
        bar = Box((1.0 * r, 1.12 * tread, 0.18 * r))
        trim = [
            shape(hub, "metal/aluminium", key, quaternion=ALONG_Y, collides=False),
            shape(bar, "plastic/pvc", key.child("spoke"), collides=False),
        ]
        return (tyre, *trim)

    def _obstacles(self, key: Key, x: float) -> tuple[list[RigidBody | Articulation], float]:
        """What lies in the way from `x` on, and where it ends [m]."""
        n, h = self.car_length, self.obstacle_height * self._radius
        width, stuff = 1.0 * n, self.obstacle_material
        if self.obstacle == "ramp":
            mesh = ramp(length=1.3 * n, width=width, height=3 * h, base=0.004)
            body = fixture("ramp", shape(mesh, stuff, key, position=(x, 0, 0)))
            return [body], x + 1.3 * n + 0.6 * n
        if self.obstacle == "seesaw":
            return [self._seesaw(key, x, width)], x + 2.1 * n
        if self.obstacle == "steps":
            parts = [
                shape(
                    Box(((5 - 2 * i) * 0.45 * n, width, 0.3 * h)),
                    stuff,
                    key.child(f"step_{i}"),
                    position=(x + 1.125 * n, 0, (i + 0.5) * 0.3 * h),
                )
                for i in range(2)
            ]
            return [fixture("steps", *parts)], x + 2.25 * n
        count = 3
        bumps = [
            shape(
                Cylinder(2.2 * h, width),
                stuff,
                key,
                position=(x + 0.55 * n * (i + 0.3), 0, -1.2 * h),
                quaternion=ALONG_Y,
            )
            for i in range(count)
        ]
        return [fixture("bumps", *bumps)], x + 0.55 * n * count

    def _seesaw(self, key: Key, x: float, width: float) -> Articulation:
        """A plank on an axle that tips when the car has passed its middle."""
        n, h = self.car_length, 1.6 * self.obstacle_height * self._radius
        half, thick = 1.05 * n, 0.03 * n
        tilt = math.asin(min(0.9, (h - 0.6 * thick) / half))
        middle = (x + half, 0.0, h + 0.002)
        plank = RigidBody(
            name="plank",
            shapes=(shape(Box((2 * half, width, thick)), self.obstacle_material, key),),
            position=middle,
            quaternion=turn((0, 1, 0), -tilt),
        )
        stand = fixture(
            "stand",
            *(
                shape(
                    Box((0.1 * n, 0.04 * n, h + 0.02)),
                    "metal/steel",
                    key,
                    position=(middle[0], s * (width / 2 + 0.03 * n), (h + 0.02) / 2),
                )
                for s in (-1, 1)
            ),
        )
        axle = Joint(
            name="seesaw_axle",
            kind="hinge",
            child="plank",
            parent="stand",
            position=middle,
            axis=(0.0, 1.0, 0.0),
            damping=0.002,
        )
        return Articulation(name="seesaw", links=(stand, plank), joints=(axle,))

    def _blocks(self, key: Key, x: float, side: float) -> list[RigidBody]:
        """A pyramid of cubes across the track."""
        found: list[RigidBody] = []
        for row in range(self.block_rows):
            count = self.block_rows - row
            for i in range(count):
                name = f"block_{row}_{i}"
                # A block, not a gap, waits in the middle of the track.
                y = (i - (count - 1) / 2 + 0.5 * ((self.block_rows + 1) % 2)) * 1.06 * side
                cube = bevelled_box(size=(side, side, side), bevel=0.04 * side)
                found.append(
                    RigidBody(
                        name=name,
                        shapes=(shape(cube, self.block_material, key.child(name)),),
                        position=(x + side / 2, y, (row + 0.5) * side + 0.0005 * (row + 1)),
                    )
                )
        return found
