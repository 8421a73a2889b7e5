"""Round things race down a ramp."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import RigidBody, Scene, Shape
from simgen.scenes.rigid._things import GAP, PALETTES, Color, band, body, colors, fixed, shape
from simgen.shapes import can, hoop, ramp
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

SIDE = from_axis_angle((1, 0, 0), math.pi / 2)
"""Turns +z to -y: things that roll along x."""
RACERS = ("ball", "disc", "hoop", "can", "shell", "roller")


class RollingRace(SceneTemplate):
    """Balls, discs, hoops and cans roll down a ramp; their inertia decides who wins."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "pybullet")
    words: ClassVar[Words] = Words(
        short=(
            "[{racers round thing/round things} race down|{racers round thing/round things} are "
            "let go on|a race of {racers round thing/round things} starts at the top of] a ramp"
        ),
        setup=(
            "{listed} lie side by side at the top of a {ramp} ramp, with {barrier} some way "
            "beyond its foot"
        ),
        event="[they are let go at the same time|all of them start to roll at once]",
        parameters=(
            "{listed}, radius about {radius}, on a ramp of {ramp}, {length} long and sloping "
            "{slope}"
        ),
        terms={
            "barrier": {"wall": "a wall", "blocks": "a row of blocks and a wall"},
        },
        kinds={
            "ball": "ball/balls",
            "shell": "ball/balls",
            "disc": "wooden disc/wooden discs",
            "roller": "metal roller/metal rollers",
            "hoop": "hoop/hoops",
            "can": "can/cans",
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.5, 0.7)]
    camera_elevation: Annotated[Radian, Uniform(0.25, 0.6)]
    racers: Annotated[int, Integers(3, 6)]
    slope: Annotated[Radian, Uniform(0.1, 0.22, held_out=(0.2, 0.22))]
    length: Annotated[Metre, Uniform(0.9, 1.2)]
    radius: Annotated[Metre, Uniform(0.046, 0.068)]
    spread: Annotated[Ratio, Uniform(0.0, 0.3)]
    """Variation of the racers' radii."""
    barrier: Annotated[str, Choice("wall", "blocks")]
    """What stands at the end of the run-out."""
    ramp: Annotated[str, Choice("wood/pine", "wood/birch_plywood", "plastic/abs", "stone/concrete")]
    dividers: Annotated[bool, Choice(True, False)]
    palette: Annotated[str, Choice(*PALETTES)]

    def build(self, key: Key) -> Scene:
        lane = 2.3 * self.radius * (1 + self.spread)
        wide = lane * self.racers + 0.02
        run, rise = self.length * math.cos(self.slope), self.length * math.sin(self.slope)
        board = ramp(length=run, width=wide, height=rise + 0.006, base=0.006)
        # The library's ramp climbs towards +x; the race goes the other way, to the right.
        flip = from_axis_angle((0, 0, 1), math.pi)
        paint = colors(key.child("colors"), self.palette, 2 * self.racers)
        elements: list[RigidBody] = [
            fixed(key, "ramp", board, self.ramp, position=(0, 0, 0), quaternion=flip)
        ]
        down = np.array([math.cos(self.slope), 0.0, -math.sin(self.slope)])
        normal = np.array([math.sin(self.slope), 0.0, math.cos(self.slope)])
        top = np.array([-run, 0.0, rise + 0.006])
        kinds = [RACERS[int(i)] for i in key.child("kinds").rng().permutation(len(RACERS))]
        for i in range(self.racers):
            y = (i - (self.racers - 1) / 2) * lane
            r = self.radius * (1 + self.spread * float(key.child("r", i).rng().uniform(-1, 1)))
            start = top + down * (1.35 * self.radius) + normal * (r + GAP) + [0, y, 0]
            elements.append(
                self._racer(key, i, kinds[i % len(kinds)], r, start, down, paint[2 * i : 2 * i + 2])
            )
        if self.dividers:
            elements += self._dividers(key, lane, top, down, normal)
        elements += self._end(key, wide)
        focus = Focus(
            lower=(-run, -wide / 2, 0.0),
            upper=(0.52, wide / 2, rise + 1.2 * self.radius),
        )
        return self.stage(key, elements, focus=focus)

    def _racer(
        self, key: Key, i: int, kind: str, r: float, start: Array, down: Array, paint: list[Color]
    ) -> RigidBody:
        width = 1.2 * r
        makes: dict[str, tuple[Geometry, str]] = {
            "ball": (Sphere(r), "rubber/natural"),
            "shell": (Sphere(r), "plastic/abs"),
            "disc": (Cylinder(r, width), "wood/beech"),
            "roller": (Cylinder(r, width), "metal/aluminium"),
            "hoop": (hoop(radius=r, width=width, thickness=0.13 * r, wedges=24), "metal/brass"),
            "can": (can(radius=r, height=1.7 * r), "plastic/hdpe"),
        }
        geometry, stuff = makes[kind]
        turn = multiply(
            SIDE, from_axis_angle((0, 0, 1), float(key.child("phase", i).rng().random()))
        )
        shift = rotate(turn, (0.0, 0.0, -0.85 * r)) if kind == "can" else np.zeros(3)
        speed = 0.15
        return body(
            key,
            f"{kind}_{i}",
            geometry,
            stuff,
            position=start + shift,
            quaternion=turn,
            velocity=speed * down,
            angular_velocity=(0.0, speed / r, 0.0),
            color=None if kind in ("roller", "hoop") else paint[0],
            trim=self._mark(key.child("mark", i), kind, r, width, paint[1]),
        )

    def _mark(
        self, key: Key, kind: str, r: float, width: float, color: tuple[float, float, float]
    ) -> tuple[Shape, ...]:
        """Paint that shows the turning, never touched."""
        stuff = material("plastic/abs")
        if kind in ("ball", "shell"):
            belt = band(key, r, "plastic/abs", color, width=0.35)
            tilted = from_axis_angle((1, 0, 0), math.pi / 2)
            return (
                Shape(
                    geometry=belt.geometry,
                    material=belt.material,
                    look=belt.look,
                    quaternion=(float(tilted[0]), float(tilted[1]), 0.0, 0.0),
                    collides=False,
                ),
            )
        if kind == "hoop":
            spoke = Box((1.74 * r, 0.1 * r, 0.12 * r))
            turns = [from_axis_angle((0, 0, 1), a) for a in (0.0, math.pi / 2)]
            return tuple(
                shape(key.child(k), spoke, stuff, color=color, quaternion=q, collides=False)
                for k, q in enumerate(turns)
            )
        middle = 0.85 * r if kind == "can" else 0.0
        tall = 1.7 * r if kind == "can" else width
        inset = 0.84 * r if kind == "can" else r
        stripe = Box((1.5 * inset, 0.3 * r, tall + 0.002))
        return (shape(key, stripe, stuff, color=color, position=(0, 0, middle), collides=False),)

    def _dividers(
        self, key: Key, lane: float, top: Array, down: Array, normal: Array
    ) -> list[RigidBody]:
        turn = from_axis_angle((0, 1, 0), self.slope)
        rail = Box((self.length - 0.004, 0.005, 0.02))
        middle = top + down * self.length / 2 + normal * 0.0095
        return [
            fixed(
                key,
                f"divider_{i}",
                rail,
                "wood/walnut",
                position=middle + np.array([0.0, (i - self.racers / 2) * lane, 0.0]),
                quaternion=turn,
            )
            for i in range(self.racers + 1)
        ]

    def _end(self, key: Key, wide: float) -> list[RigidBody]:
        """A wall that sends the racers back, and perhaps a row of blocks before it."""
        wall = Box((0.03, wide + 0.06, 0.09))
        stop = fixed(key, "wall", wall, "wood/oak", position=(0.5, 0, 0.045))
        if self.barrier == "wall":
            return [stop]
        size = 1.5 * self.radius
        count = max(3, int(wide / (1.25 * size)))
        paint = colors(key.child("blocks"), self.palette, count)
        return [stop] + [
            body(
                key,
                f"block_{i}",
                Box((0.5 * size, size, 1.6 * size)),
                "wood/balsa",
                position=(0.26, (i - (count - 1) / 2) * wide / count, 0.8 * size + GAP / 5),
                color=paint[i],
            )
            for i in range(count)
        ]
