"""A gate between two liquids lifts: the heavier one slides under the lighter."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array
from simgen.key import Key
from simgen.material import Look, material
from simgen.particles import fill
from simgen.scene import Domain, Fluid, Keyframes, Scene, Vector
from simgen.scenes.fluid._parts import (
    LIQUID_WORDS,
    TANKS,
    boxes,
    inset,
    liquid_look,
    smoothstep,
    spacing_for,
    tank_parts,
)
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Second
from simgen.words import Words

HEAVY = ("water", "brine", "milk", "glycerol", "syrup")
LIGHT = ("olive_oil", "ethanol", "cream", "red_wine", "coffee")
GATES = ("plastic/abs", "metal/steel", "wood/oak", "metal/copper")
PARTICLES = 12_000
BASE = 0.012


class TwoLiquids(SceneTemplate):
    """A gate between two liquids lifts: the heavier one slides under the lighter.

    The lock exchange: fronts run at about sqrt(g' H) / 2, g' = g (rho1 - rho2) / rho1 (Benjamin
    1968, Gravity currents and related phenomena). The tank's front is an undrawn pane.
    """

    engines: ClassVar[tuple[str, ...]] = ("warp", "apic")
    words: ClassVar[Words] = Words(
        short=(
            "[a gate between {heavy_liquid} and {light_liquid} is lifted|{heavy_liquid} and "
            "{light_liquid} are separated by a gate that is pulled out|a gate that parts "
            "{heavy_liquid} from {light_liquid} is drawn up]"
        ),
        setup=(
            "a {gate.material} gate parts {heavy_liquid} on the {left} from {light_liquid} on "
            "the {left.other} in a {tank} tank open towards the camera"
        ),
        event="[the gate is lifted out|the gate is pulled up]",
        parameters=(
            "{heavy_liquid} and {light_liquid}, {height*length:m} deep, in a tank of {tank}, "
            "{length} long and {depth*length:m} deep from front to back; the gate of "
            "{gate.material} is pulled out in {lift}"
        ),
        terms={
            "heavy_liquid": {k: v.replace("liquid.", "heavy.") for k, v in LIQUID_WORDS.items()},
            "light_liquid": {k: v.replace("liquid.", "light.") for k, v in LIQUID_WORDS.items()},
            "left": {"heavy": "left", "light": "right"},
            "left.other": {"heavy": "right", "light": "left"},
        },
    )

    frame_count: int = 60
    camera_azimuth: Annotated[Radian, Uniform(-0.3, 0.3)]
    camera_elevation: Annotated[Radian, Uniform(0.12, 0.4)]
    heavy_liquid: Annotated[str, Choice(*HEAVY, held_out=("glycerol",))]
    light_liquid: Annotated[str, Choice(*LIGHT, held_out=("cream",))]
    length: Annotated[Metre, Uniform(0.32, 0.5)]
    """Of the tank."""
    height: Annotated[Ratio, Uniform(0.34, 0.46)]
    """Of the liquids over the tank's length."""
    depth: Annotated[Ratio, Uniform(0.2, 0.32)]
    """Of the tank from back to front over its length."""
    place: Annotated[Ratio, Uniform(0.38, 0.62)]
    """Of the gate over the tank's length."""
    left: Annotated[str, Choice("heavy", "light")]
    """Which liquid stands left."""
    lift: Annotated[Second, Uniform(0.2, 0.4)]
    """Time in which the gate is pulled out."""
    tank: Annotated[str, Choice(*TANKS)]

    def build(self, key: Key) -> Scene:
        tall, deep = self.height * self.length, self.depth * self.length
        spacing = spacing_for(self.length * tall * deep, PARTICLES)
        along = max(10, round(self.length / spacing)) * spacing
        deep = max(4, round(deep / spacing)) * spacing
        top = round(tall / spacing) * spacing
        lower = (-along / 2, -deep / 2, BASE)
        upper = (along / 2, deep / 2, BASE + 1.3 * top)
        gate = -along / 2 + round(self.place * along / spacing) * spacing
        half = 1.5 * spacing
        spans = ((lower[0], gate - half), (gate + half, upper[0]))
        names = ("heavy", "light") if self.left == "heavy" else ("light", "heavy")
        looks = self._looks(key)
        liquids: list[Fluid] = []
        for name, (start, end) in zip(names, spans, strict=True):
            liquids.append(
                Fluid(
                    name=name,
                    positions=inset(
                        fill(
                            (start, lower[1], BASE),
                            (end, upper[1], BASE + top),
                            spacing,
                            key.child(name),
                            jitter=0.15,
                        ),
                        lower,
                        upper,
                        spacing,
                    ),
                    spacing=spacing,
                    material=material(f"liquid/{getattr(self, f'{name}_liquid')}"),
                    domain=Domain(lower=lower, upper=upper),
                    look=looks[name],
                    no_slip=False,
                )
            )
        stuff = material(self.tank)
        parts = tank_parts((along, deep, 1.25 * top), 0.015, base=BASE, front=False)
        look = stuff.look(key.child("tank"))
        tank = boxes("tank", parts, stuff, look, position=(0.0, 0.0, BASE))
        wall = self._gate(key, gate, half, deep, top)
        focus = Focus(lower=(lower[0], lower[1], 0.0), upper=(upper[0], upper[1], BASE + 1.3 * top))
        return self.stage(key, [*liquids, tank, wall], focus=focus)

    def _looks(self, key: Key) -> dict[str, Look]:
        """Looks of both liquids, told apart: draw again while they are alike."""
        heavy = liquid_look(material(f"liquid/{self.heavy_liquid}"), key.child("heavy look"))
        light = heavy
        for attempt in range(12):
            stuff = material(f"liquid/{self.light_liquid}")
            light = liquid_look(stuff, key.child("light look", attempt))
            if float(np.abs(np.subtract(light.color, heavy.color)).max()) > 0.3:
                break
        return {"heavy": heavy, "light": light}

    def _gate(self, key: Key, x: float, half: float, deep: float, top: float):
        stuff = material(str(key.child("gate").rng().choice(GATES)))
        size: Vector = (1.6 * half, deep + 0.004, 1.35 * top)
        times: Array = np.linspace(0.0, 2.5, 121)
        up = 1.5 * top * smoothstep(times, 0.08, 0.08 + self.lift)
        middle = BASE + 1.35 * top / 2
        places = np.stack([0 * up + x, 0 * up, middle + up], -1)
        path = Keyframes(times=times, positions=places)
        return boxes(
            "gate",
            [(size, (0.0, 0.0, 0.0))],
            stuff,
            stuff.look(key.child("gate look")),
            keyframes=path,
            position=(x, 0.0, middle),
        )
