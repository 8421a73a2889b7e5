"""Spinning tops on a dish."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Cylinder, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import RigidBody, Scene, Shape
from simgen.scenes.rigid._things import PALETTES, body, colors, fixed, shape, yaw
from simgen.shapes import spinning_top
from simgen.shapes.build import moved, ring, vessel
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, RadianPerSecond, Ratio

HOLLOW = 0.12
"""Height of the dish at radius r: HOLLOW r^2 / half its width."""


class SpinningTops(SceneTemplate):
    """Fast tops precess, wander over a board or dish, bump into each other and topple."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")

    camera_elevation: Annotated[Radian, Uniform(0.25, 0.65)]
    count: Annotated[int, Integers(3, 6)]
    radius: Annotated[Metre, Uniform(0.02, 0.04, held_out=(0.036, 0.04))]
    slimness: Annotated[Ratio, Uniform(1.1, 1.7)]
    """Height over radius."""
    spin: Annotated[RadianPerSecond, Uniform(35.0, 100.0)]
    lean: Annotated[Radian, Uniform(0.25, 0.55)]
    speed: Annotated[MetrePerSecond, Uniform(0.12, 0.4)]
    """Towards the middle."""
    surface: Annotated[str, Choice("board", "dish")]
    material: Annotated[str, Choice("wood/beech", "metal/brass", "plastic/abs", "metal/steel")]
    ground: Annotated[
        str, Choice("ceramic/porcelain", "ceramic/tile", "glass/coloured", "metal/steel")
    ]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        r = self.radius
        spread = 0.0 if self.count == 1 else 2.6 * r / math.sin(math.pi / max(self.count, 2)) / 2
        spread = max(spread, 2.4 * r) if self.count > 1 else 0.0
        height = 0.02
        wide = spread + 1.9 * r
        paint = colors(key.child("colors"), self.palette, 2 * self.count)
        elements: list[RigidBody] = []
        for i in range(self.count):
            a = 2 * math.pi * i / self.count + float(key.child("turn").rng().uniform(0, 6.28))
            place = spread * np.array([math.cos(a), math.sin(a), 0.0])
            level = height
            if self.surface == "dish":
                level += HOLLOW * spread**2 / wide + 0.0016
            elements.append(self._top(key, i, place, level, paint[2 * i : 2 * i + 2]))
        elements.append(self._ground(key, wide, height))
        tall = self.slimness * r
        focus = Focus(
            lower=(-wide, -0.9 * wide, 0.0), upper=(wide, 0.9 * wide, height + 1.05 * tall)
        )
        return self.stage(key, elements, focus=focus)

    def _ground(self, key: Key, wide: float, height: float) -> RigidBody:
        if self.surface == "board":
            return fixed(
                key,
                "board",
                Cylinder(1.15 * wide, height),
                self.ground,
                position=(0, 0, height / 2),
            )
        s = np.linspace(0.0, 1.0, 9)
        bottom = np.stack([1.2 * wide * s, HOLLOW * 1.44 * wide * s * s], -1)
        rise = [(1.24 * wide, bottom[-1, 1] + 0.012)]
        outer = np.concatenate([bottom, rise])
        dish = vessel(outer, thickness=height, base=1, slices=5, wedges=16)
        return fixed(key, "dish", dish, self.ground, position=(0, 0, 0.0))

    def _top(
        self, key: Key, i: int, place: Array, level: float, paint: list[tuple[float, float, float]]
    ) -> RigidBody:
        rng = key.child("top", i).rng()
        r, h = self.radius, self.slimness * self.radius
        lean = self.lean * float(rng.uniform(0.4, 1.0))
        around = float(rng.uniform(0, 2 * math.pi))
        tilt = from_axis_angle((math.cos(around), math.sin(around), 0.0), lean)
        axis = rotate(tilt, (0.0, 0.0, 1.0))
        sense = 1.0 if rng.random() < 0.5 else -1.0
        natural = not self.material.startswith(("plastic", "wood"))
        out = place / max(float(np.linalg.norm(place)), 1e-9)
        across = np.array([-out[1], out[0], 0.0])
        tip = 0.07 * r
        peg = shape(key.child("peg", i), Sphere(tip), "metal/steel", position=(0, 0, tip))
        return body(
            key,
            f"top_{i}",
            moved(spinning_top(radius=r, height=h, tip=0.8 * tip), position=(0, 0, 0.4 * tip)),
            self.material,
            position=(place[0], place[1], level + tip * (1 - math.cos(lean)) + 0.0006),
            quaternion=multiply(tilt, yaw(float(rng.uniform(0, 6.28)))),
            velocity=self.speed * (0.5 * across - 0.8 * out) if self.count > 1 else (0, 0, 0),
            angular_velocity=sense * self.spin * float(rng.uniform(0.8, 1.2)) * axis,
            color=None if natural else paint[0],
            trim=(peg, *self._sectors(key.child("paint", i), r, h, paint[1], 0.4 * tip)),
        )

    def _sectors(
        self, key: Key, r: float, h: float, color: tuple[float, float, float], lift: float
    ) -> tuple[Shape, ...]:
        """Painted sectors on the upper cone, so that the spin is seen; they are never touched."""
        profile = [(0.93 * r, 0.585 * h), (0.4 * r, 0.678 * h)]
        section = [(x, z + 0.004 * h) for x, z in profile]
        section += [(x, z - 0.02 * h) for x, z in profile[::-1]]
        stuff = material("plastic/abs")
        return tuple(
            shape(
                key.child(k),
                ring(section, wedges=2, start=a, end=a + math.pi / 3),
                stuff,
                color=color,
                position=(0, 0, lift),
                collides=False,
            )
            for k, a in enumerate((0.0, 2 * math.pi / 3, 4 * math.pi / 3))
        )
