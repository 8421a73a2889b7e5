"""A cabinet whose doors and drawers swing to and fro on springs, with balls inside and around."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Capsule, Sphere
from simgen.key import Key
from simgen.rotation import rotate
from simgen.scene import Articulation, Drive, Joint, RigidBody, Scene, Shape, Vector
from simgen.scenes.articulated._parts import ALONG_X, fixture, shape, turn, vector, xyz
from simgen.scenes.rigid._things import Color, colors
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio, Second
from simgen.words import Words

_BOARD = 0.018
"""Thickness of boards [m]."""
_SEAM = 0.003
"""Gap around fronts [m]."""

_MIDDLE = 0.52
"""Where a spring is slack, over the travel of its leaf."""


@dataclass(frozen=True)
class _Cell:
    """The opening of a leaf, seen from the front: left, bottom, width, height [m]."""

    name: str
    kind: str
    x: float
    z: float
    width: float
    height: float


class DoorAndDrawers(SceneTemplate):
    """Doors swing and drawers slide in and out of a cabinet; balls roll in them and hit them."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[balls are thrown at|{balls ball/balls} fly towards|{balls ball/balls} are tossed "
            "at] a cabinet with swinging doors and drawers"
        ),
        setup=(
            "there is a {carcass_material} cabinet with coloured doors and drawers, balls lying "
            "inside it and rolling on its top"
        ),
        event=(
            "[doors and drawers swing and slide to and fro on springs while {balls ball/balls} "
            "are thrown at the front|springs set the doors and drawers moving, and {balls "
            "ball/balls} fly towards the cabinet]"
        ),
        parameters=(
            "a cabinet of {carcass_material} with {columns} columns, each {width} wide, "
            "{height} high and {depth} deep, fronts of {front_material}; springs with periods "
            "from {swing_period}; {balls} balls of {ball_material}, radius {ball_radius}, "
            "thrown at about {ball_speed}"
        ),
    )

    camera_elevation: Annotated[Radian, Uniform(0.28, 0.6)]
    columns: Annotated[int, Integers(2, 3)]
    drawers: Annotated[int, Integers(2, 4)]
    """In a column of drawers."""
    width: Annotated[Metre, Uniform(0.34, 0.5)]
    """Of one column."""
    height: Annotated[Metre, Uniform(0.55, 0.9)]
    depth: Annotated[Metre, Uniform(0.32, 0.42)]
    swing_period: Annotated[Second, Uniform(0.7, 1.2)]
    """Of the springs that drive doors and drawers to and fro; each has its own, up to 2.2 times
    as long."""
    swing_damping: Annotated[Ratio, Uniform(0.03, 0.12)]
    """Of the springs, over critical damping."""
    closing: Annotated[Ratio, Uniform(0.25, 0.6)]
    """Share of leaves that start open and slam shut."""
    balls: Annotated[int, Integers(2, 4)]
    """Thrown against the doors."""
    ball_speed: Annotated[MetrePerSecond, Uniform(1.5, 3.5)]
    ball_radius: Annotated[Metre, Uniform(0.03, 0.06)]
    palette: Annotated[str, Choice("primary", "nordic", "candy", "ocean")]
    """Paint of the fronts and the balls."""
    carcass_material: Annotated[str, Choice("wood/oak", "wood/walnut", "wood/birch_plywood")]
    front_material: Annotated[
        str, Choice("wood/pine", "wood/oak", "plastic/pvc", "wood/walnut", "plastic/abs")
    ]
    handle_material: Annotated[str, Choice("metal/brass", "metal/stainless_steel", "metal/copper")]
    ball_material: Annotated[
        str, Choice("rubber/natural", "plastic/abs", "wood/beech", "glass/coloured")
    ]

    def build(self, key: Key) -> Scene:
        cells = self._cells(key)
        links, joints, loose = [self._carcass(key, cells)], list[Joint](), list[RigidBody]()
        for cell in cells:
            link, joint, inside = self._leaf(key, cell)
            links.append(link)
            joints.append(joint)
            loose += inside
        cabinet = Articulation(name="cabinet", links=tuple(links), joints=tuple(joints))
        loose += [b for c in cells if c.kind == "door" for b in self._stored(key, c)]
        loose += self._on_top(key)
        loose += [self._thrown(key, k) for k in range(self.balls)]
        half = 0.5 * self.columns * self.width + 0.05
        reach = 0.62 * max(self.width, self.depth)
        focus = Focus(
            lower=(-half, -self.depth / 2 - reach, 0.0),
            upper=(half, self.depth / 2, self.height + 0.03),
        )
        return self.stage(key, [cabinet, *loose], focus=focus)

    @property
    def _front(self) -> float:
        """The plane of the carcass's front edges, y [m]."""
        return -self.depth / 2

    def _cells(self, key: Key) -> list[_Cell]:
        """Columns of drawers or with one door; the first column has drawers, the last a door."""
        rng = key.child("columns").rng()
        base, left = 0.06, -0.5 * self.columns * self.width
        tall = self.height - base - _BOARD
        found: list[_Cell] = []
        flip = bool(rng.integers(2))
        for c in range(self.columns):
            first, last = c == 0, c == self.columns - 1
            drawers = (first != flip) if first or last else bool(rng.integers(2))
            count = self.drawers if drawers else 1
            for k in range(count):
                found.append(
                    _Cell(
                        name=f"{'drawer' if drawers else 'door'}_{c}_{k}",
                        kind="drawer" if drawers else "door",
                        x=left + c * self.width,
                        z=base + k * tall / count,
                        width=self.width,
                        height=tall / count,
                    )
                )
        return found

    def _carcass(self, key: Key, cells: list[_Cell]) -> RigidBody:
        stuff, wide, deep = self.carcass_material, self.columns * self.width, self.depth
        parts = [
            shape(Box((wide + 0.02, deep + 0.02, _BOARD)), stuff, key,
                  position=(0, -0.01, self.height - _BOARD / 2)),
            shape(Box((wide, deep, _BOARD)), stuff, key, position=(0, 0, 0.06 - _BOARD / 2)),
            shape(Box((wide, 0.006, self.height - 0.06)), stuff, key,
                  position=(0, deep / 2 - 0.003, 0.03 + self.height / 2)),
        ]  # fmt: skip
        tall = self.height - 0.06 - _BOARD
        for c in range(self.columns + 1):
            x = (c - self.columns / 2) * self.width
            x -= math.copysign(_BOARD / 2, x) if c in (0, self.columns) else 0.0
            side = Box((_BOARD, deep - 0.006, tall))
            parts.append(shape(side, stuff, key, position=(x, -0.003, 0.06 + tall / 2)))
        for sx in (-1, 1):
            for sy in (-1, 1):
                foot = Box((0.04, 0.04, 0.06 - _BOARD))
                place = (sx * (wide / 2 - 0.03), sy * (deep / 2 - 0.03), (0.06 - _BOARD) / 2)
                parts.append(shape(foot, stuff, key, position=place))
        for cell in cells:
            if cell.kind == "door":
                shelf = Box((cell.width - _BOARD - 0.002, deep - 0.04, 0.014))
                place = (cell.x + cell.width / 2, 0.01, self._shelf(cell) - 0.007)
                parts.append(shape(shelf, stuff, key, position=place))
        return fixture("carcass", *parts)

    @staticmethod
    def _shelf(cell: _Cell) -> float:
        """Top of the shelf behind a door, z [m]."""
        return cell.z + 0.5 * cell.height

    def _leaf(self, key: Key, cell: _Cell) -> tuple[RigidBody, Joint, list[RigidBody]]:
        rng = key.child(cell.name).rng()
        shut = bool(rng.random() < self.closing)
        time = self.swing_period * float(rng.uniform(1.0, 2.2))
        if cell.kind == "drawer":
            return self._drawer(key, cell, shut, time)
        # A door that starts open stays clear of an open drawer next to it.
        travel = float(rng.uniform(1.2, 1.35 if shut else 2.0))
        right = bool(rng.integers(2))
        link, joint = self._door(key, cell, shut=shut, travel=travel, right=right, time=time)
        return link, joint, []

    def _door(
        self, key: Key, cell: _Cell, *, shut: bool, travel: float, right: bool, time: float
    ) -> tuple[RigidBody, Joint]:
        """Hung on the front corner of its left or right edge, so that it clears its neighbour."""
        w, h = cell.width - _SEAM, cell.height - _SEAM
        side = -1 if right else 1
        start = side * travel if shut else 0.0
        edge = cell.x + (cell.width - _SEAM / 2 if right else _SEAM / 2)
        hinge = xyz(edge, self._front - 0.002 - _BOARD, cell.z + cell.height / 2)
        panel = shape(
            Box((w, _BOARD, h)), self.front_material, key, color=self._paint(key, cell.name)
        )
        grip = shape(
            Capsule(0.007, 0.1),
            self.handle_material,
            key,
            position=(side * (w / 2 - 0.04), -_BOARD / 2 - 0.022, 0.0),
        )
        stub = shape(
            Box((0.01, 0.022, 0.01)),
            self.handle_material,
            key,
            position=(side * (w / 2 - 0.04), -_BOARD / 2 - 0.011, 0.0),
        )
        pose = turn((0, 0, 1), -start)
        mass = panel.material.require("density")[0] * w * h * _BOARD
        inertia = mass * w * w / 3
        drive = Drive(
            kind="position",
            target=(-start if shut else -side * travel) * _MIDDLE,
            gain=inertia * (2 * math.pi / time) ** 2,
            damping=2 * self.swing_damping * inertia * 2 * math.pi / time,
        )
        limits = sorted((0.0, side * travel if shut else -side * travel))
        link = RigidBody(
            name=cell.name,
            shapes=(panel, grip, stub),
            position=vector(hinge + rotate(pose, xyz(side * w / 2, _BOARD / 2, 0.0))),
            quaternion=pose,
        )
        joint = Joint(
            name=f"{cell.name}_hinge",
            kind="hinge",
            child=cell.name,
            parent="carcass",
            position=vector(hinge),
            range=(limits[0], limits[1]),
            damping=0.02 * inertia / time,
            drive=drive,
        )
        return link, joint

    def _drawer(
        self, key: Key, cell: _Cell, shut: bool, time: float
    ) -> tuple[RigidBody, Joint, list[RigidBody]]:
        """Body frame: the middle of the front panel; the tray reaches to +y."""
        travel = 0.72 * self.depth
        tray = self._tray(key, cell)
        y = self._front - 0.002 - _BOARD / 2 - (travel if shut else 0.0)
        place = xyz(cell.x + cell.width / 2, y, cell.z + cell.height / 2)
        link = RigidBody(name=cell.name, shapes=tray, position=vector(place))
        mass = link.mass_properties.mass
        drive = Drive(
            kind="position",
            target=(-travel if shut else travel) * _MIDDLE,
            gain=mass * (2 * math.pi / time) ** 2,
            damping=2 * self.swing_damping * mass * 2 * math.pi / time,
        )
        joint = Joint(
            name=f"{cell.name}_slide",
            kind="slide",
            child=cell.name,
            parent="carcass",
            position=vector(place),
            axis=(0.0, -1.0, 0.0),
            range=(-travel, 0.0) if shut else (0.0, travel),
            friction=0.3,
            drive=drive,
        )
        return link, joint, self._contents(key, cell, place)

    def _tray(self, key: Key, cell: _Cell) -> tuple[Shape, ...]:
        w, h = cell.width - _SEAM, cell.height - _SEAM
        inner, deep, tall = w - 2 * _BOARD - 0.006, self.depth - 0.03, 0.55 * h
        t = 0.01
        low = -h / 2 + 0.014
        stuff = self.carcass_material
        parts = [
            shape(Box((w, _BOARD, h)), self.front_material, key,
                  color=self._paint(key, cell.name)),
            shape(Box((inner, deep, t)), stuff, key,
                  position=(0, _BOARD / 2 + deep / 2, low + t / 2)),
            shape(Box((inner, t, tall)), stuff, key,
                  position=(0, _BOARD / 2 + deep - t / 2, low + t + tall / 2)),
            shape(Capsule(0.007, 0.1), self.handle_material, key, quaternion=ALONG_X,
                  position=(0, -_BOARD / 2 - 0.022, 0.1 * h)),
            shape(Box((0.01, 0.022, 0.01)), self.handle_material, key,
                  position=(0, -_BOARD / 2 - 0.011, 0.1 * h)),
        ]  # fmt: skip
        for s in (-1, 1):
            wall = Box((t, deep - t, tall))
            place = (s * (inner - t) / 2, _BOARD / 2 + (deep - t) / 2, low + t + tall / 2)
            parts.append(shape(wall, stuff, key, position=place))
        return tuple(parts)

    def _contents(self, key: Key, cell: _Cell, place: np.ndarray) -> list[RigidBody]:
        """One to three balls on the drawer's floor."""
        rng = key.child(cell.name, "contents").rng()
        h = cell.height - _SEAM
        low = float(place[2]) - h / 2 + 0.024
        count = int(rng.integers(2, 5))
        found: list[RigidBody] = []
        for i in range(count):
            name = f"{cell.name}_ball_{i}"
            r = min(0.3 * h, 0.25 * cell.width / count) * float(rng.uniform(0.6, 0.9))
            x = float(place[0]) + ((i + 0.5) / count - 0.5) * (cell.width - 0.1)
            y = float(place[1]) + _BOARD / 2 + float(rng.uniform(0.25, 0.7)) * self.depth
            paint = self._paint(key, name)
            ball = shape(Sphere(r), self.ball_material, key.child(name), color=paint)
            found.append(RigidBody(name=name, shapes=(ball,), position=(x, y, low + r + 0.001)))
        return found

    def _stored(self, key: Key, cell: _Cell) -> list[RigidBody]:
        """Balls behind a door, on its shelf and below, that roll towards it."""
        found: list[RigidBody] = []
        for level, low in enumerate((cell.z, self._shelf(cell))):
            rng = key.child(cell.name, "stored", level).rng()
            count = 3 if level else 2
            for i in range(count):
                r = min(0.13 * cell.height, 0.3 * cell.width / count) * float(rng.uniform(0.7, 1))
                x = cell.x + cell.width * (i + 0.75) / (count + 0.5)
                y = -0.1 * self.depth + float(rng.uniform(-0.2, 0.3)) * self.depth
                speed = float(rng.uniform(0.3, 0.9))
                name = f"{cell.name}_stored_{level}_{i}"
                found.append(self._ball(key, name, r, (x, y, low + r + 0.0005), speed))
        return found

    def _on_top(self, key: Key) -> list[RigidBody]:
        """Two to four balls that roll over the top to its front edge."""
        rng = key.child("top").rng()
        count = int(rng.integers(2, 5))
        found: list[RigidBody] = []
        for i in range(count):
            r = self.ball_radius * float(rng.uniform(0.8, 1.1))
            x = ((i + 0.5) / count - 0.5) * 0.9 * self.columns * self.width
            y = float(rng.uniform(-0.2, 0.3)) * self.depth
            place = (x, y, self.height + r + 0.0005)
            found.append(self._ball(key, f"rolling_{i}", r, place, float(rng.uniform(0.15, 0.5))))
        return found

    def _ball(self, key: Key, name: str, r: float, place: Vector, speed: float) -> RigidBody:
        """A ball that rolls towards the front, without slipping."""
        paint = self._paint(key, name)
        ball = shape(Sphere(r), self.ball_material, key.child(name), color=paint)
        return RigidBody(
            name=name,
            shapes=(ball,),
            position=place,
            velocity=(0.0, -speed, 0.0),
            angular_velocity=(speed / r, 0.0, 0.0),
        )

    def _paint(self, key: Key, name: str) -> Color:
        """A colour of the palette for the thing called so."""
        return colors(key.child("paint", name), self.palette, 1)[0]

    def _thrown(self, key: Key, number: int) -> RigidBody:
        """A ball that flies at the cabinet from the front, spaced so that none touch."""
        name = f"thrown_{number}"
        rng = key.child(name).rng()
        r = self.ball_radius
        start = xyz(
            (number - (self.balls - 1) / 2) * 0.3 * self.columns * self.width,
            self._front - 0.8 - 0.35 * number,
            float(rng.uniform(0.3, 0.8)) * self.height,
        )
        aim = xyz(
            float(rng.uniform(-0.4, 0.4)) * self.columns * self.width,
            self._front,
            float(rng.uniform(0.4, 0.8)) * self.height,
        )
        flight = float(np.linalg.norm(aim - start)) / self.ball_speed
        velocity = (aim - start) / flight + xyz(0.0, 0.0, 0.5 * 9.81 * flight)
        paint = self._paint(key, name)
        ball = shape(Sphere(r), self.ball_material, key.child(name), color=paint)
        return RigidBody(
            name=name, shapes=(ball,), position=vector(start), velocity=vector(velocity)
        )
