"""Liquid sloshes in a clear tank that is shaken, tilted or stopped short."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array
from simgen.key import Key
from simgen.material import material
from simgen.particles import fill
from simgen.rotation import from_axis_angle
from simgen.scene import Domain, Fluid, Keyframes, Scene
from simgen.scenes.fluid._parts import (
    LIQUID_WORDS,
    any_material,
    boxes,
    liquid_look,
    smoothstep,
    spacing_for,
    tank_parts,
)
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

LIQUIDS = ("water", "milk", "ethanol", "olive_oil", "red_wine", "orange_juice", "glycerol", "paint")
CLEAR = ("plastic/acrylic", "glass/soda_lime", "plastic/polycarbonate")
PARTICLES = 11_000
WALL = 0.006
RAISED = 0.02
"""Height of the tank's bottom above the floor [m]."""


class SloshingTank(SceneTemplate):
    """Liquid sloshes in a clear tank that is shaken, rocked or stopped short.

    The first mode of a tank of length L and depth h has omega^2 = g k tanh(k h), k = pi / L.
    """

    engines: ClassVar[tuple[str, ...]] = ("apic",)
    words: ClassVar[Words] = Words(
        short="a tank of {liquid} is [{motion}|moved: it is {motion}|at rest and is then {motion}]",
        setup="a {tank.material} tank is partly filled with {liquid}",
        event="[the tank is {motion}|then the tank is {motion}]",
        parameters=(
            "{liquid}, {depth*length:m} deep, in a tank of {tank.material}, {length} by "
            "{width*length:m}, that is {motion} at {strength} of the full strength, {pace} "
            "times the pace of its first wave"
        ),
        terms={
            "liquid": LIQUID_WORDS,
            "motion": {
                "shake": "shaken from side to side",
                "rock": "rocked to and fro",
                "stop": "pushed sideways, stopped short and pushed back",
            },
        },
    )

    frame_count: int = 60
    camera_azimuth: Annotated[Radian, Uniform(-0.5, 0.5)]
    camera_elevation: Annotated[Radian, Uniform(0.15, 0.5)]
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("paint",))]
    motion: Annotated[str, Choice("shake", "rock", "stop")]
    length: Annotated[Metre, Uniform(0.26, 0.42)]
    """Of the tank, inside."""
    width: Annotated[Ratio, Uniform(0.28, 0.45)]
    """Of the tank over its length."""
    depth: Annotated[Ratio, Uniform(0.18, 0.32, held_out=(0.3, 0.32))]
    """Of the liquid over the tank's length."""
    strength: Annotated[Ratio, Uniform(0.6, 1.0)]
    """Of the motion."""
    pace: Annotated[Ratio, Uniform(0.85, 1.1)]
    """Frequency of shaking over that of the first mode."""

    def build(self, key: Key) -> Scene:
        deep = self.depth * self.length
        spacing = spacing_for(self.length * self.length * self.width * deep, PARTICLES)
        across = max(4, round(self.length * self.width / spacing)) * spacing
        along = round(self.length / spacing) * spacing
        deep = round(deep / spacing) * spacing
        tall = deep + 0.36 * self.length
        path = self._path(deep)
        start = path.positions[0]
        corner = (start[0] - along / 2, -across / 2, start[2])
        stuff = material(f"liquid/{self.liquid}")
        shift = float(np.abs(path.positions[:, 0]).max()) + 0.12 * tall + 4 * spacing
        half = along / 2 + shift
        liquid = Fluid(
            name="liquid",
            positions=fill(
                corner, (corner[0] + along, across / 2, corner[2] + deep), spacing, key, jitter=0.15
            ),
            spacing=spacing,
            material=stuff,
            domain=Domain(
                lower=(-half, -across / 2 - 4 * spacing, 0.0),
                upper=(half, across / 2 + 4 * spacing, RAISED + 1.35 * tall),
            ),
            look=liquid_look(stuff, key.child("look")),
        )
        clear = any_material(CLEAR, key.child("tank"))
        parts = tank_parts((along, across, tall), WALL, base=0.01)
        look = clear.look(key.child("tank look"))
        tank = boxes("tank", parts, clear, look, keyframes=path, position=tuple(start))
        wide = along / 2 + float(np.abs(path.positions[:, 0]).max()) + 0.03
        focus = Focus(
            lower=(-wide, -across / 2, 0.0), upper=(wide, across / 2, RAISED + 1.05 * tall)
        )
        return self.stage(key, [liquid, tank], focus=focus)

    def _path(self, deep: float) -> Keyframes:
        """How the tank's inner bottom moves."""
        duration = (self.frame_count - 1) / self.fps
        times: Array = np.linspace(0.0, duration, 4 * self.frame_count)
        k = math.pi / self.length
        omega = self.pace * math.sqrt(9.81 * k * math.tanh(k * deep))
        x, angle = np.zeros(len(times)), np.zeros(len(times))
        grow = smoothstep(times, 0.0, 2.0 / omega)
        match self.motion:
            case "shake":
                x = 0.035 * self.length * self.strength * grow * np.sin(omega * times)
            case "rock":
                angle = 0.09 * self.strength * grow * np.sin(omega * times)
            case _:
                way = 0.3 * self.length * self.strength
                x = way * (smoothstep(times, 0.0, 0.55) - 0.5)
                x += -0.5 * way * smoothstep(times, 1.1, 1.6)
        lift = RAISED + 0.01 + np.abs(np.sin(angle)) * self.length / 2
        raised = float(lift.max()) if self.motion == "rock" else RAISED
        turns = np.array([from_axis_angle((0.0, 1.0, 0.0), float(a)) for a in angle])
        places = np.stack([x, 0 * x, 0 * x + raised], -1)
        return Keyframes(times=times, positions=places, quaternions=turns)
