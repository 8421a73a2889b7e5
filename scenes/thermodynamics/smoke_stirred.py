"""Moving bodies stir smoke: a swinging paddle, a turning fan, a flying ball."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Sphere
from simgen.key import Key
from simgen.rotation import from_axis_angle, multiply
from simgen.scene import Element, Gas, GasSource, Keyframes, RigidBody, Scene, Shape
from simgen.scenes.thermodynamics._fire import box
from simgen.scenes.thermodynamics._parts import fixed, part
from simgen.space import Choice, Uniform
from simgen.stage.light import dim
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

_CELL = 0.018
"""Of the grid [m]."""
_HALF, _HIGH = 0.32, 0.72
"""Half the width and the height of the gas [m]."""
_SMOKES = {
    "white": (0.92, 0.92, 0.93),
    "grey": (0.45, 0.45, 0.47),
    "blue": (0.35, 0.5, 0.9),
    "green": (0.4, 0.8, 0.45),
    "orange": (0.95, 0.5, 0.2),
}
"""sRGB albedo."""


class SmokeStirred(SceneTemplate):
    """A column of smoke is cut by a swinging paddle, a turning fan or a ball that flies through."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="{stirrer} [moves through|passes through|cuts into] a column of {smoke} smoke",
        setup="a column of {smoke} smoke rises from an iron pot",
        event="[{stirrer} {stirrer.how} the smoke|{stirrer} {stirrer.other} the column of smoke]",
        parameters=(
            "smoke at {source_temperature} from a pot of radius {source_radius}; {stirrer}, "
            "{size} in half its width, moves at {speed}, {height} above the ground"
        ),
        terms={
            "stirrer": {
                "paddle": "a {material} paddle",
                "fan": "a fan with three {material} blades",
                "ball": "a {material} ball",
            },
            "stirrer.how": {
                "paddle": "swings through",
                "fan": "turns in",
                "ball": "flies to and fro through",
            },
            "stirrer.other": {
                "paddle": "is swung through",
                "fan": "spins in",
                "ball": "is moved to and fro through",
            },
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.5, 0.5)]
    camera_elevation: Annotated[Radian, Uniform(0.08, 0.35)]
    stirrer: Annotated[str, Choice("paddle", "fan", "ball", held_out=("fan",))]
    speed: Annotated[MetrePerSecond, Uniform(0.6, 1.2)]
    """Of the stirrer where it meets the smoke."""
    size: Annotated[Metre, Uniform(0.055, 0.075)]
    """Radius of the ball, half width of paddle and blades."""
    height: Annotated[Metre, Uniform(0.26, 0.36)]
    source_radius: Annotated[Metre, Uniform(0.06, 0.075)]
    source_temperature: Annotated[Kelvin, Uniform(340.0, 420.0)]
    smoke: Annotated[str, Choice(*_SMOKES)]
    absorption: Annotated[float, Uniform(22.0, 36.0)]
    material: Annotated[
        str, Choice("wood/beech", "metal/brass", "plastic/abs", "ceramic/porcelain")
    ]
    shade: Annotated[Ratio, Uniform(0.5, 1.0)]

    def build(self, key: Key) -> Scene:
        r = self.source_radius
        tall = 0.06
        pot = part(key.child("pot"), Cylinder(1.15 * r, tall), "metal/cast_iron")
        source = GasSource(
            position=(0.0, 0.0, tall + 0.5 * r), radius=r, temperature=self.source_temperature
        )
        gas = Gas(
            name="smoke",
            domain=box((-_HALF, -_HALF, 0.0), (_HALF, _HALF, _HIGH), _CELL),
            cell=_CELL,
            sources=(source,),
            color=_SMOKES[self.smoke],
            absorption=self.absorption,
            cooling=0.2,
            turbulence=0.35,
            seed=int(key.child("flicker").rng().integers(2**31)),
            start_time=0.9,
        )
        solids: list[Element] = [fixed("pot", (0.0, 0.0, tall / 2), pot), self._stirrer(key)]
        focus = Focus(lower=(-0.25, -0.25, 0.0), upper=(0.25, 0.25, 0.6))
        return dim(self.stage(key, [gas, *solids], focus=focus), self.shade)

    def _stirrer(self, key: Key) -> Element:
        rng = key.child("stirrer").rng()
        t = np.linspace(0.0, self.duration + 0.1, 120)
        s, z = self.size, self.height
        if self.stirrer == "ball":
            # To and fro through the column, as on an arm that is not drawn.
            reach = 0.24
            x = reach * np.sin(self.speed / reach * t - math.pi / 2)
            y = float(rng.uniform(-0.03, 0.03)) + 0 * t
            points = np.stack([x, y, z + 0.02 * np.cos(3 * t)], 1)
            shape = part(key, Sphere(s), self.material)
            return _moving("ball", t, points, None, shape)
        if self.stirrer == "paddle":
            length = 0.34
            angle = 0.75 * np.sin(self.speed / length / 0.75 * t - math.pi / 2)
            turns = np.array([from_axis_angle((0.0, 1.0, 0.0), float(a)) for a in angle])
            pivot = np.tile([0.0, 0.0, z + length], (len(t), 1))
            blade = Box((0.03, 2.6 * s, 1.8 * s))
            parts = [part(key, blade, self.material, position=(0.0, 0.0, -length))]
            rod = Cylinder(0.008, length)
            parts.append(part(key, rod, "metal/steel", position=(0.0, 0.0, -length / 2)))
            return _moving("paddle", t, pivot, turns, *parts)
        radius = 0.2
        turns = np.array([from_axis_angle((0.0, 0.0, 1.0), self.speed / 0.1 * a) for a in t])
        hub = np.tile([0.03, 0.0, z], (len(t), 1))
        parts = [part(key, Cylinder(0.03, 0.05), "metal/steel")]
        for n in range(3):
            a = 2 * math.pi * n / 3
            spot = (0.55 * radius * math.cos(a), 0.55 * radius * math.sin(a), 0.0)
            twist = _blade(a, 0.6)
            blade = part(key, Box((0.9 * radius, 1.6 * s, 0.022)), self.material, position=spot)
            parts.append(part(key, blade.geometry, self.material, position=spot, quaternion=twist))
        return _moving("fan", t, hub, turns, *parts)


def _blade(turn: float, pitch: float) -> tuple[float, float, float, float]:
    """A blade turned about z, then pitched about its own length."""
    q = multiply(from_axis_angle((0, 0, 1), turn), from_axis_angle((1, 0, 0), pitch))
    w, x, y, z = (float(v) for v in q)
    return (w, x, y, z)


def _moving(
    name: str, times: Array, points: Array, turns: Array | None, *shapes: Shape
) -> RigidBody:
    """A kinematic body on a path [m] with orientations (wxyz)."""
    x, y, z = (float(v) for v in points[0])
    return RigidBody(
        name=name,
        shapes=shapes,
        position=(x, y, z),
        motion="kinematic",
        keyframes=Keyframes(times=times, positions=points, quaternions=turns),
    )
