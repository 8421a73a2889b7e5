"""A tube puffs smoke rings upwards."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Sphere
from simgen.key import Key
from simgen.scene import Element, Gas, GasSource, Scene
from simgen.scenes.thermodynamics._fire import VISCOSITY, box
from simgen.scenes.thermodynamics._parts import fixed, part, turn
from simgen.shapes.build import ring
from simgen.space import Choice, Integers, Uniform
from simgen.stage.light import dim
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

_CELL = 0.011
"""Of the grid [m]."""
_HALF = 0.2
"""Half the width of the gas [m]."""
_BLEEDS = 20
"""Small holes along the lip that smoke comes out of."""
_SMOKES = {
    "white": (0.92, 0.92, 0.93),
    "grey": (0.5, 0.5, 0.52),
    "blue": (0.35, 0.5, 0.9),
    "violet": (0.65, 0.4, 0.85),
    "orange": (0.95, 0.5, 0.2),
}
"""sRGB albedo."""


class SmokeRings(SceneTemplate):
    """A tube puffs smoke rings that rise, pass through each other and break on what hangs above.

    Smoke is bled in along the lip, where the ring's vorticity comes from (Maxworthy, J. Fluid Mech.
    81 (1977) 465, marked his rings so): it stays in the core and the air inside stays clear.
    """

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a {tube} tube [puffs out|blows|pushes out] {smoke} smoke upwards, {puffs time/times}"
        ),
        setup="a short upright {tube} tube stands on thin legs{target}",
        event=(
            "[the tube puffs {smoke} smoke upwards {puffs time/times}|{puffs puff/puffs} of "
            "{smoke} smoke are pushed up out of the tube]"
        ),
        parameters=(
            "{puffs} puffs of air at {speed}, each {faster} times as fast as the one before, "
            "from a tube of {tube}, radius {tube_radius} and {tube_height} long"
        ),
        terms={
            "target": {
                "none": "",
                "ball": ", with a ball hanging above its mouth",
                "plate": ", with a brass disc hanging above its mouth",
            },
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.35, 0.65)]
    """From above their holes show."""
    tube_radius: Annotated[Metre, Uniform(0.07, 0.085)]
    tube_height: Annotated[Metre, Uniform(0.12, 0.2)]
    stroke: Annotated[Ratio, Uniform(0.8, 1.1)]
    """Length of air pushed out per diameter of the tube."""
    speed: Annotated[MetrePerSecond, Uniform(0.75, 1.0)]
    """Of the air that a puff pushes out; its ring rises about half as fast."""
    puffs: Annotated[int, Integers(2, 3)]
    faster: Annotated[Ratio, Uniform(1.0, 1.25)]
    """Speed of each puff over that of the one before: a faster ring slips through."""
    smoke: Annotated[str, Choice(*_SMOKES)]
    smoke_temperature: Annotated[Kelvin, Uniform(293.15, 294.5)]
    target: Annotated[str, Choice("none", "ball", "plate", held_out=("plate",))]
    tube: Annotated[str, Choice("metal/copper", "plastic/pvc", "paper/cardboard", "metal/steel")]
    shade: Annotated[Ratio, Uniform(0.4, 1.0)]

    def build(self, key: Key) -> Scene:
        r, low = self.tube_radius, 0.05
        top = low + self.tube_height
        gas = Gas(
            name="smoke",
            domain=box((-_HALF, -_HALF, 0.0), (_HALF, _HALF, top + 0.62), _CELL),
            cell=_CELL,
            sources=self._puffs(low, top),
            color=_SMOKES[self.smoke],
            absorption=40.0,
            cooling=0.0,
            viscosity=VISCOSITY,
        )
        wall = 2.2 * _CELL
        pipe = ring(
            [(r, 0.0), (r + wall, 0.0), (r + wall, self.tube_height), (r, self.tube_height)]
        )
        legs = [
            part(
                key.child("legs"),
                Box((0.012, 0.012, low + 0.02)),
                "metal/steel",
                position=(
                    (r + wall / 2) * math.cos(a),
                    (r + wall / 2) * math.sin(a),
                    -low / 2 + 0.01,
                ),
            )
            for a in (0.3, 2.4, 4.5)
        ]
        tube = fixed("tube", (0.0, 0.0, low), part(key, pipe, self.tube), *legs)
        focus = Focus(lower=(-0.14, -0.14, top - 0.06), upper=(0.14, 0.14, top + 0.42))
        solids = [tube, *self._target(key, top)]
        return dim(self.stage(key, [gas, *solids], focus=focus), self.shade)

    def _puffs(self, low: float, top: float) -> tuple[GasSource, ...]:
        """A timed piston of air inside the tube for every puff, and smoke along its lip."""
        found: list[GasSource] = []
        start, speed = 0.02, self.speed
        for _ in range(self.puffs):
            length = self.stroke * 2 * self.tube_radius / speed
            active = (start, start + length)
            found.append(
                GasSource(
                    position=(0.0, 0.0, low + 0.6 * self.tube_height),
                    radius=self.tube_radius,
                    thickness=0.4 * self.tube_height,
                    temperature=self.smoke_temperature,
                    smoke=0.0,
                    velocity=(0.0, 0.0, speed),
                    active=active,
                )
            )
            for n in range(_BLEEDS):
                a = 2 * math.pi * n / _BLEEDS
                r = self.tube_radius - _CELL
                found.append(
                    GasSource(
                        position=(r * math.cos(a), r * math.sin(a), top - _CELL),
                        radius=_CELL,
                        temperature=self.smoke_temperature,
                        active=(start, start + 0.7 * length),
                    )
                )
            start += length + 0.45
            speed *= self.faster
        return tuple(found)

    def _target(self, key: Key, top: float) -> list[Element]:
        """What the rings hit, hung on a wire."""
        if self.target == "none":
            return []
        rng = key.child("target").rng()
        spot = (float(rng.normal()) * 0.015, float(rng.normal()) * 0.015, top + 0.32)
        own = key.child("target")
        wire = part(own, Cylinder(0.0015, 2.0), "metal/steel", position=(0.0, 0.0, 1.0))
        if self.target == "ball":
            shape = part(own, Sphere(0.6 * self.tube_radius), "wood/beech")
        else:
            q = turn((1, 0, 0), float(rng.uniform(-0.3, 0.3)))
            shape = part(own, Cylinder(1.1 * self.tube_radius, 0.03), "metal/brass", quaternion=q)
        return [fixed(self.target, spot, shape, wire)]
