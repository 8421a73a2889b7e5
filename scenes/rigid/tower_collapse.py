"""A tower hit by a ball."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.rotation import IDENTITY
from simgen.scene import Quaternion, RigidBody, Scene, Vector
from simgen.scenes.rigid._things import GAP, PALETTES, body, colors, rolling, yaw
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

Piece = tuple[Geometry, Vector, Quaternion]


class TowerCollapse(SceneTemplate):
    """A tower of blocks, planks, bricks or discs is knocked down by a thrown or rolling ball."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short="a {ball} ball [{throw.short}|{throw.other}|{throw}] {style.short}",
        setup="{style}",
        event="[a {ball} ball {throw} {style.it}|a {ball} ball {throw.short} {style.it}]",
        parameters=(
            "blocks of {material} with an edge of {block} in {style.layers}; a ball of {ball}, "
            "radius {ball_radius*block:m}, {throw.numbers}"
        ),
        terms={
            "style": {
                "column": "three columns of stacked {material} blocks stand side by side",
                "planks": "there is a tower of crossed {material} planks",
                "wall": "there is a wall of loose {material} bricks",
                "pyramid": "there is a pyramid of loose {material} bricks",
                "house": "there is a tower of {material} posts and slabs",
                "discs": "three stacks of {material} discs stand side by side",
            },
            "style.short": {
                "column": "three columns of blocks",
                "planks": "a tower of crossed planks",
                "wall": "a wall of bricks",
                "pyramid": "a pyramid of bricks",
                "house": "a tower of posts and slabs",
                "discs": "three stacks of discs",
            },
            "style.it": {"column": "them", "discs": "them", "*": "it"},
            "style.layers": {
                "planks": "crossed layers",
                "house": "storeys of posts and a slab",
                "*": "{layers} layers",
            },
            "throw": {"fly": "is thrown at", "roll": "rolls towards"},
            "throw.bare": {"fly": "flies", "roll": "rolls"},
            "throw.short": {"fly": "flies towards", "roll": "is rolled at"},
            "throw.other": {"fly": "approaches", "roll": "runs towards"},
            "throw.numbers": {"fly": "thrown at {speed}", "roll": "rolled at {0.8*speed:m/s}"},
        },
    )

    style: Annotated[
        str, Choice("column", "planks", "wall", "pyramid", "house", "discs", held_out=("house",))
    ]
    layers: Annotated[int, Integers(4, 8)]
    block: Annotated[Metre, Uniform(0.035, 0.07, held_out=(0.06, 0.07))]
    """Edge of a block."""
    disorder: Annotated[Ratio, Uniform(0.0, 0.12)]
    """Random shift of each block, over its edge."""
    speed: Annotated[MetrePerSecond, Uniform(2.2, 4.8)]
    aim: Annotated[Ratio, Uniform(0.35, 0.9)]
    """Height the ball hits, over the tower's."""
    angle: Annotated[Radian, Uniform(-0.8, 0.8)]
    """Direction of the ball against straight away from the camera."""
    ball_radius: Annotated[Ratio, Uniform(0.85, 1.35)]
    """Over the block's edge."""
    ball: Annotated[str, Choice("metal/steel", "metal/cast_iron", "metal/brass", "stone/granite")]
    throw: Annotated[str, Choice("fly", "roll")]
    material: Annotated[
        str, Choice("wood/beech", "wood/pine", "wood/birch_plywood", "plastic/abs", "stone/brick")
    ]
    palette: Annotated[str, Choice(*PALETTES, "natural")]

    def build(self, key: Key) -> Scene:
        pieces = self._pieces(key)
        natural = self.palette == "natural" or self.material == "stone/brick"
        paint = colors(key.child("colors"), "earth" if natural else self.palette, len(pieces))
        elements: list[RigidBody] = [
            body(
                key,
                f"block_{i:02d}",
                geometry,
                self.material,
                position=position,
                quaternion=quaternion,
                color=None if natural else paint[i],
            )
            for i, (geometry, position, quaternion) in enumerate(pieces)
        ]
        places = np.array([p for _, p, _ in pieces])
        top = float(places[:, 2].max()) + 0.5 * self.block
        elements.append(self._ball(key, top))
        half = float(np.abs(places[:, 0]).max()) + 1.2 * self.block
        focus = Focus(
            lower=(-half - 0.5 * top, -3.0 * self.block, 0.0),
            upper=(half + 0.5 * top, 0.8 * top, 1.02 * top),
        )
        return self.stage(key, elements, focus=focus)

    def _ball(self, key: Key, top: float) -> RigidBody:
        """It comes from the camera's side and meets the tower after about 0.15 s."""
        r = self.ball_radius * self.block
        speed = self.speed * (1.0 if self.throw == "fly" else 0.8)
        delay = 0.15
        side = float(key.child("aim").rng().uniform(-0.4, 0.4)) * self.block
        depth = {"planks": 1.7, "house": 2.0, "discs": 0.9}.get(self.style, 1.1) * self.block
        ahead = np.array([math.sin(self.angle), math.cos(self.angle), 0.0])
        start = np.array([side, 0.0, 0.0]) - ahead * (delay * speed + r + depth)
        if self.throw == "roll":
            start[2], spin = r + GAP, rolling(speed * ahead, r)
        else:
            start[2] = max(r + 0.02, self.aim * top) + 0.5 * 9.81 * delay**2
            spin = (0.0, 0.0, 0.0)
        return body(
            key,
            "ball",
            Sphere(r),
            self.ball,
            position=start,
            velocity=speed * ahead,
            angular_velocity=spin,
        )

    def _pieces(self, key: Key) -> list[Piece]:
        """Blocks from the ground up, each lying on the ones below with a hair between."""
        make = {
            "column": self._column,
            "planks": self._planks,
            "wall": self._wall,
            "pyramid": self._wall,
            "house": self._house,
            "discs": self._discs,
        }[self.style]
        rng = key.child("disorder").rng()
        pieces: list[Piece] = []
        for geometry, (x, y, z), turn in make():
            dx, dy = rng.uniform(-1, 1, 2) * self.disorder * self.block * 0.5
            if self.style in ("planks", "wall", "pyramid"):
                dx = min(max(dx, -0.03 * self.block), 0.03 * self.block)
                dy *= 0.0 if self.style == "planks" else 1.0
            pieces.append((geometry, (x + dx, y + dy, z), turn))
        return pieces

    def _column(self) -> list[Piece]:
        b = self.block
        return [
            (Box((b, b, b)), (x * 1.35 * b, 0.0, b / 2 + GAP + i * (b + GAP)), IDENTITY)
            for i in range(self.layers)
            for x in (-1, 0, 1)
        ]

    def _planks(self) -> list[Piece]:
        """Layers of three planks, each layer across the one below."""
        b, t = self.block, 0.6 * self.block
        length = 3 * b + 2 * 0.1 * b
        found: list[Piece] = []
        for i in range(self.layers + 2):
            z = t / 2 + GAP + i * (t + GAP)
            for k in (-1, 0, 1):
                off = k * 1.1 * b
                turn = yaw(math.pi / 2) if i % 2 else IDENTITY
                place = (off, 0.0, z) if i % 2 else (0.0, off, z)
                found.append((Box((length, b, t)), place, turn))
        return found

    def _wall(self) -> list[Piece]:
        """Courses of bricks with half an overlap; a pyramid loses half a brick on each side."""
        length, deep, tall = 2.0 * self.block, self.block, 0.9 * self.block
        pitch = length * 1.05
        found: list[Piece] = []
        for i in range(self.layers):
            count = max(1, self.layers - i) if self.style == "pyramid" else 4 + i % 2
            z = tall / 2 + GAP + i * (tall + GAP)
            for k in range(count):
                x = (k - (count - 1) / 2) * pitch
                found.append((Box((length, deep, tall)), (x, 0.0, z), IDENTITY))
        return found

    def _house(self) -> list[Piece]:
        """Storeys of four posts under a slab."""
        b, post = self.block, 0.55 * self.block
        tall, slab, half = 1.6 * b, 0.35 * b, 1.3 * b
        found: list[Piece] = []
        z = GAP
        for _ in range(max(2, self.layers // 2)):
            for sx in (-1, 1):
                for sy in (-1, 1):
                    found.append(
                        (Box((post, post, tall)), (sx * half, sy * half, z + tall / 2), IDENTITY)
                    )
            z += tall + GAP
            wide = 2 * half + 1.3 * b
            found.append((Box((wide, wide, slab)), (0.0, 0.0, z + slab / 2), IDENTITY))
            z += slab + GAP
        return found

    def _discs(self) -> list[Piece]:
        r, t = 0.85 * self.block, 0.6 * self.block
        return [
            (Cylinder(r, t), (x * 2.3 * r, 0.0, t / 2 + GAP + i * (t + GAP)), IDENTITY)
            for i in range(self.layers)
            for x in (-1, 0, 1)
        ]
