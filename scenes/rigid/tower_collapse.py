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
from simgen.units import Metre, MetrePerSecond, Ratio

Piece = tuple[Geometry, Vector, Quaternion]


class TowerCollapse(SceneTemplate):
    """A tower of blocks, planks, bricks or discs is knocked down by a thrown or rolling ball."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")

    style: Annotated[
        str, Choice("column", "planks", "wall", "pyramid", "house", "discs", held_out=("house",))
    ]
    layers: Annotated[int, Integers(4, 8)]
    block: Annotated[Metre, Uniform(0.035, 0.07, held_out=(0.06, 0.07))]
    """Edge of a block."""
    disorder: Annotated[Ratio, Uniform(0.0, 0.12)]
    """Random shift of each block, over its edge."""
    speed: Annotated[MetrePerSecond, Uniform(1.6, 4.0)]
    aim: Annotated[Ratio, Uniform(0.3, 0.85)]
    """Height the ball hits, over the tower's."""
    ball_radius: Annotated[Ratio, Uniform(0.7, 1.25)]
    """Over the block's edge."""
    ball: Annotated[
        str, Choice("metal/steel", "metal/cast_iron", "rubber/natural", "stone/granite")
    ]
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
        top = float(places[:, 2].max()) + self.block
        left, right = float(places[:, 0].min()), float(places[:, 0].max())
        elements.append(self._ball(key, left - self.block, top))
        start = min(float(elements[-1].position[0]), left - self.block)
        depth = max(float(np.ptp(places[:, 1])) / 2, 0.0) + 1.6 * self.block
        focus = Focus(
            lower=(start - self.block, -depth, 0.0),
            upper=(right + 0.75 * top, depth, 1.02 * top),
        )
        return self.stage(key, elements, focus=focus)

    def _ball(self, key: Key, face: float, top: float) -> RigidBody:
        """The ball meets the tower's face after about 0.15 s."""
        r = self.ball_radius * self.block
        speed = self.speed * (1.0 if self.throw == "fly" else 0.8)
        delay = min(0.16, 1.0 * top / speed)
        x = face - r - delay * speed
        side = float(key.child("aim").rng().uniform(-0.35, 0.35)) * self.block
        velocity = np.array([speed, 0.0, 0.0])
        if self.throw == "roll":
            z, spin = r + GAP, rolling(velocity, r)
        else:
            z = max(r + 0.02, self.aim * top) + 0.5 * 9.81 * delay**2
            spin = (0.0, 0.0, 0.0)
        return body(
            key,
            "ball",
            Sphere(r),
            self.ball,
            position=(x, side, z),
            velocity=velocity,
            angular_velocity=spin,
            color=(0.62, 0.13, 0.11) if self.ball == "rubber/natural" else None,
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
                dx, dy = (0.4 * dx, dy) if self.style != "planks" else (dx, 0.0)
                dx = min(max(dx, -0.03 * self.block), 0.03 * self.block)
            pieces.append((geometry, (x + dx, y + dy, z), turn))
        return pieces

    def _column(self) -> list[Piece]:
        b = self.block
        return [
            (Box((b, b, b)), (0.0, y * 1.35 * b, b / 2 + GAP + i * (b + GAP)), IDENTITY)
            for i in range(self.layers)
            for y in (-1, 0, 1)
        ]

    def _planks(self) -> list[Piece]:
        """Layers of three planks, each layer across the one below."""
        b, t = self.block, 0.6 * self.block
        length = 3 * b + 2 * 0.1 * b
        found: list[Piece] = []
        for i in range(2 * self.layers):
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
                y = (k - (count - 1) / 2) * pitch
                found.append((Box((deep, length, tall)), (0.0, y, z), IDENTITY))
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
            (Cylinder(r, t), (0.0, y * 2.3 * r, t / 2 + GAP + i * (t + GAP)), IDENTITY)
            for i in range(self.layers)
            for y in (-1, 0, 1)
        ]
