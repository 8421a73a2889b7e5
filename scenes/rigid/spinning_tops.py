"""Spinning tops on a dish."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, NamedTuple

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Cylinder, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import RigidBody, Scene, Shape
from simgen.scenes.rigid._things import (
    PALETTES,
    Color,
    against,
    body,
    colors,
    fixed,
    shape,
    vec,
    yaw,
)
from simgen.shapes import spinning_top
from simgen.shapes.build import circle, moved, ring, vessel
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

GLAZE: Color = (0.17, 0.24, 0.3)
"""Of a board or dish of tile, which the tops stand out from."""
HOLLOW = 0.06
"""Height of the dish at radius r: HOLLOW r^2 / half its width."""


class _Ground(NamedTuple):
    """Under a top: height [m], half-width [m] of all, sense of the swirl."""

    level: float
    wide: float
    swirl: float


class SpinningTops(SceneTemplate):
    """Tops precess, run into each other on a board or dish, lose their spin and topple."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[{count spinning top/spinning tops} move|{count top/tops} of {material} "
            "spin|{count fast top/fast tops} circle] on a round {surface}"
        ),
        setup=(
            "{count painted top/painted tops} of {material} stand leaning on their points on a "
            "round {ground} {surface}"
        ),
        event=(
            "[all of them spin fast and drift around and towards the middle|they have just been "
            "spun and are sent inwards in a swirl]"
        ),
        parameters=(
            "{count} tops of {material}, radius {radius}, height {slimness*radius:m}, leaning "
            "up to {lean}, sent off at up to {speed} on a {surface} of {ground}, spinning at "
            "{pace} times the least rate of a stable top"
        ),
    )

    camera_elevation: Annotated[Radian, Uniform(0.42, 0.8)]
    count: Annotated[int, Integers(5, 8)]
    radius: Annotated[Metre, Uniform(0.05, 0.09, held_out=(0.084, 0.09))]
    slimness: Annotated[Ratio, Uniform(0.85, 1.15)]
    """Height over radius."""
    pace: Annotated[Ratio, Uniform(1.2, 2.0)]
    """Spin over the least at which a top of this size can sleep upright."""
    lean: Annotated[Radian, Uniform(0.12, 0.35)]
    speed: Annotated[MetrePerSecond, Uniform(0.5, 1.0)]
    """Towards the middle."""
    surface: Annotated[str, Choice("board", "dish")]
    material: Annotated[str, Choice("wood/beech", "plastic/abs", "wood/oak", "plastic/hdpe")]
    ground: Annotated[
        str, Choice("ceramic/porcelain", "ceramic/tile", "glass/coloured", "metal/steel")
    ]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        r, height = self.radius, 0.02
        around = self.count - 1
        spread = max(1.3 * r / math.sin(math.pi / around), 2.5 * r)
        wide = spread + 1.5 * r
        rng = key.child("places").rng()
        phase = float(rng.uniform(0, 2 * math.pi))
        paint = colors(key.child("colors"), self.palette, self.count + 1)
        swirl = float(rng.choice([-1.0, 1.0]))
        elements: list[RigidBody] = []
        for i in range(self.count):
            a, off = phase + 2 * math.pi * i / around, spread * float(rng.uniform(1.0, 1.12))
            if i == around:
                off = 0.2 * r
            level = height
            if self.surface == "dish":
                level += HOLLOW * off**2 / wide + 0.0016
            place = off * np.array([math.cos(a), math.sin(a), 0.0])
            elements.append(self._top(key, i, place, _Ground(level, wide, swirl), paint[i : i + 2]))
        elements.append(self._ground(key, wide, height))
        tall = self.slimness * r
        seen = 0.88 * wide
        focus = Focus.around(circle(seen, 0.0), circle(0.9 * seen, height + 0.8 * tall))
        return self.stage(key, elements, focus=focus)

    def _ground(self, key: Key, wide: float, height: float) -> RigidBody:
        color = GLAZE if self.ground == "ceramic/tile" else None
        if self.surface == "board":
            return fixed(
                key,
                "board",
                Cylinder(1.15 * wide, height),
                self.ground,
                position=(0, 0, height / 2),
                color=color,
            )
        s = np.linspace(0.0, 1.0, 9)
        bottom = np.stack([1.2 * wide * s, HOLLOW * 1.44 * wide * s * s], -1)
        rise = [(1.24 * wide, bottom[-1, 1] + 0.012)]
        outer = np.concatenate([bottom, rise])
        dish = vessel(outer, thickness=height, base=1, slices=5, wedges=16, segments=96)
        return fixed(key, "dish", dish, self.ground, color=color)

    def _top(
        self, key: Key, i: int, place: Array, ground: _Ground, paint: list[Color]
    ) -> RigidBody:
        rng = key.child("top", i).rng()
        r, h = self.radius, self.slimness * self.radius
        level, wide, swirl = ground
        lean = self.lean * float(rng.uniform(0.4, 1.0))
        around = float(rng.uniform(0, 2 * math.pi))
        tilt = from_axis_angle((math.cos(around), math.sin(around), 0.0), lean)
        if self.surface == "dish":
            slope = 2 * HOLLOW * float(np.linalg.norm(place)) / wide
            tilt = multiply(from_axis_angle(vec(np.cross((0, 0, 1), -place)), slope), tilt)
        axis = rotate(tilt, (0.0, 0.0, 1.0))
        sense = 1.0 if rng.random() < 0.5 else -1.0
        spin = self.pace * _sleeping(r, h) * float(rng.uniform(0.8, 1.2))
        out = place / max(float(np.linalg.norm(place)), 1e-9)
        across = np.array([-out[1], out[0], 0.0])
        drift = self.speed * (swirl * float(rng.uniform(0.3, 1.0)) * across - 0.4 * out)
        tip = 0.07 * r
        peg = shape(key.child("peg", i), Sphere(tip), "metal/steel", position=(0, 0, tip))
        return body(
            key,
            f"top_{i}",
            moved(spinning_top(radius=r, height=h, tip=0.8 * tip), position=(0, 0, 0.4 * tip)),
            self.material,
            position=(place[0], place[1], level + tip * (1 - math.cos(lean)) + 0.0006),
            quaternion=multiply(tilt, yaw(float(rng.uniform(0, 6.28)))),
            velocity=drift,
            angular_velocity=sense * spin * axis,
            color=paint[0],
            trim=(peg, *self._sectors(key.child("paint", i), r, h, paint, 0.4 * tip)),
        )

    def _sectors(
        self, key: Key, r: float, h: float, paint: list[Color], lift: float
    ) -> tuple[Shape, ...]:
        """A wide and a narrow painted sector on the upper cone: no symmetry, so that the spin is
        seen; they are never touched."""
        skin = [(0.98 * r, 0.536 * h), (0.92 * r, 0.58 * h), (0.4 * r, 0.671 * h)]
        section = [(x + 0.004 * r, z + 0.01 * h) for x, z in skin]
        section += [(x, z - 0.02 * h) for x, z in (skin[2], skin[0])]
        stuff = material("plastic/abs")
        pair = (against(paint[0]), paint[1])
        return tuple(
            shape(
                key.child(k),
                ring(section, wedges=wedges, start=start, end=end),
                stuff,
                color=pair[k],
                position=(0, 0, lift),
                collides=False,
            )
            for k, (start, end, wedges) in enumerate(((0.0, 2.8, 5), (3.9, 5.1, 3)))
        )


def _sleeping(radius: float, height: float) -> float:
    """About the least spin [rad/s] at which the upright top is stable, 2 sqrt(m g l A) / C with A
    and C its moments about the tip across and along its axis (Goldstein, Classical Mechanics, 5.7):
    a disc with C = 0.38 m r^2 whose centre lies l = 0.5 of the height above the tip."""
    arm = 0.5 * height
    across = 0.2 * radius**2 + arm**2
    return 2 * math.sqrt(9.81 * arm * across) / (0.38 * radius**2)
