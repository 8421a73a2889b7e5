"""A burning torch is waved to and fro."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Capsule, Cylinder
from simgen.key import Key
from simgen.rotation import from_axis_angle
from simgen.scene import Element, Gas, GasSource, Keyframes, RigidBody, Scene
from simgen.scenes.thermodynamics._fire import FUELS, box
from simgen.scenes.thermodynamics._parts import fixed, part
from simgen.space import Choice, Uniform
from simgen.stage.light import dim
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Second, Watt
from simgen.words import Words

_CELL = 0.02
"""Of the grid [m]."""
_ARM = 0.3
"""From the foot of the stick to the flame [m]."""


class TorchSwing(SceneTemplate):
    """A torch swings in an arc; its flame trails behind, flares up at the turns and gives light."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="a burning torch [swings|is waved|is swung] to and fro",
        setup="a burning torch with a {stick} stick stands on a granite base",
        event="[the torch swings to and fro about its foot|the torch is waved from side to side]",
        parameters=(
            "a flame of {power} on a head of radius {head} swings by {swing} to either side in "
            "{period}; stick of {stick}"
        ),
        light="evening",
    )

    camera_elevation: Annotated[Radian, Uniform(0.05, 0.25)]
    swing: Annotated[Radian, Uniform(0.35, 0.7)]
    """Half of the arc."""
    period: Annotated[Second, Uniform(1.1, 2.0)]
    phase: Annotated[Radian, Uniform(-math.pi, math.pi)]
    power: Annotated[Watt, Uniform(8e3, 15e3, held_out=(14e3, 15e3))]
    head: Annotated[Metre, Uniform(0.04, 0.055)]
    """Radius of the burning head."""
    fuel: Annotated[str, Choice("resin", "wax")]
    stick: Annotated[str, Choice("wood/oak", "wood/walnut", "metal/cast_iron")]
    evening: Annotated[Ratio, Uniform(0.02, 0.2)]
    """Light that is left of the day's."""

    def build(self, key: Key) -> Scene:
        times = np.linspace(0.0, self.duration + 0.1, 60)
        angle = self.swing * np.sin(2 * math.pi * times / self.period + self.phase)
        pivot = np.array([0.0, 0.0, 0.12])
        tip = pivot + _ARM * np.stack([np.sin(angle), 0 * angle, np.cos(angle)], 1)
        torch = self._torch(key, times, angle, pivot)
        path = Keyframes(times=times, positions=tip)
        x, y, z = (float(v) for v in tip[0])
        source = GasSource(
            position=(x, y, z),
            radius=self.head,
            temperature=600.0,
            power=self.power,
            path=path,
        )
        reach, low = float(np.abs(tip[:, 0]).max()), float(tip[:, 2].min())
        high = float(tip[:, 2].max()) + 0.54
        gas = Gas(
            name="flame",
            domain=box((-reach - 0.18, -0.17, low - 0.1), (reach + 0.18, 0.17, high), _CELL),
            cell=_CELL,
            sources=(source,),
            fuel=FUELS[self.fuel],
            color=(0.3, 0.3, 0.3),
            absorption=1.0,
            cooling=0.5,
            turbulence=0.03,
            seed=int(key.child("flicker").rng().integers(2**31)),
            start_time=0.5,
        )
        side = reach + 0.06
        focus = Focus(lower=(-side, -0.08, 0.04), upper=(side, 0.08, high - 0.26))
        base = part(key.child("base"), Cylinder(0.08, 0.1), "stone/granite")
        solids: list[Element] = [torch, fixed("base", (0.0, 0.0, 0.05), base)]
        return dim(self.stage(key, [gas, *solids], focus=focus), self.evening)

    def _torch(self, key: Key, times: Array, angle: Array, pivot: Array) -> Element:
        """A stick with a wrapped head that turns about its foot."""
        turns = np.array([from_axis_angle((0.0, 1.0, 0.0), float(a)) for a in angle])
        long = _ARM - 0.03
        stick = part(key, Cylinder(0.013, long), self.stick, position=(0.0, 0.0, long / 2))
        wrap = Capsule(0.7 * self.head, 0.9 * self.head)
        head = part(key, wrap, "textile/hemp_rope", position=(0.0, 0.0, long - 0.02))
        head = replace(head, collides=False)  # gas seeps through
        x, y, z = (float(v) for v in pivot)
        positions = np.tile(pivot, (len(times), 1))
        return RigidBody(
            name="torch",
            shapes=(stick, head),
            position=(x, y, z),
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=positions, quaternions=turns),
        )
