"""Cold fog pours from a bowl of dry ice over steps and edges."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Sphere
from simgen.key import Key
from simgen.scene import Ambient, Element, Gas, GasSource, Scene
from simgen.scenes.thermodynamics._fire import box
from simgen.scenes.thermodynamics._parts import fixed, part, turn
from simgen.shapes import bowl
from simgen.space import Choice, Integers, Uniform
from simgen.stage.light import dim
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio
from simgen.words import Words

_CELL = 0.018
"""Of the grid [m]."""
_WIDE = 0.33
"""Width of the steps [m]."""
_STUFFS = ("wood/oak", "wood/walnut", "wood/ebony", "stone/slate", "stone/granite")


class FogOverEdge(SceneTemplate):
    """Heavy cold fog spills out of a bowl of dry ice, flows down steps and around obstacles."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="cold fog [wells up from|rises from|comes out of] a bowl on {material} steps",
        setup=(
            "a porcelain bowl of dry ice stands on top of {steps {material} step/{material} "
            "steps}{obstacle}"
        ),
        event="[cold white fog wells up from the bowl|dense white fog comes out of the bowl]",
        parameters=(
            "fog at {fog_temperature} with a share of {carbon_dioxide} carbon dioxide leaves a "
            "bowl on {steps} {steps? step/steps} of {material}, {step_height} high and "
            "{step_depth} deep, in air of {humidity} relative humidity"
        ),
        terms={
            "obstacle": {
                "none": "",
                "ball": ", with a ball lying at their foot",
                "post": ", with a post standing at their foot",
                "posts": ", with three posts standing at their foot",
            },
        },
    )

    camera_azimuth: Annotated[Radian, Uniform(-0.9, 0.5)]
    camera_elevation: Annotated[Radian, Uniform(0.2, 0.5)]
    steps: Annotated[int, Integers(1, 3)]
    step_height: Annotated[Metre, Uniform(0.06, 0.11)]
    step_depth: Annotated[Metre, Uniform(0.13, 0.2)]
    material: Annotated[str, Choice(*_STUFFS, held_out=("stone/slate",))]
    fog_temperature: Annotated[Kelvin, Uniform(225.0, 265.0)]
    carbon_dioxide: Annotated[Ratio, Uniform(0.3, 0.8)]
    """Mass share in the fog that leaves the bowl; it is 1.53 times as dense as air."""
    droplets: Annotated[Ratio, Uniform(0.03, 0.05)]
    """Water in the fog, by mass of gas."""
    humidity: Annotated[Ratio, Uniform(0.65, 0.95)]
    """Of the room: in dry air fog vanishes sooner."""
    obstacle: Annotated[str, Choice("none", "ball", "post", "posts")]
    shade: Annotated[Ratio, Uniform(0.3, 0.8)]

    def build(self, key: Key) -> Scene:
        rng = key.child("layout").rng()
        height, depth = self.steps * self.step_height, self.step_depth
        solids: list[Element] = []
        for n in range(self.steps):
            top = height - n * self.step_height
            long = 0.26 if n == 0 else depth
            middle = -0.13 if n == 0 else (n - 0.5) * depth
            shape = part(key.child("step"), Box((long, _WIDE, top)), self.material)
            solids.append(fixed(f"step_{n}", (middle, 0.0, top / 2), shape))
        r = float(rng.uniform(0.08, 0.1))
        x0 = -0.13
        rim = 0.45 * r
        vessel = part(key.child("bowl"), bowl(radius=r, height=rim), "ceramic/porcelain")
        solids.append(fixed("bowl", (x0, 0.0, height), vessel))
        solids += self._obstacles(key, height)
        reach = (self.steps - 1) * depth + 0.3
        source = GasSource(
            position=(x0, 0.0, height + rim),
            radius=0.85 * r,
            thickness=1.6 * _CELL,
            temperature=self.fog_temperature,
            smoke=self.carbon_dioxide,
            velocity=(0.0, 0.0, float(rng.uniform(0.35, 0.55))),
            humidity=1.0,
            droplets=self.droplets,
        )
        side = _WIDE / 2 + 0.1
        gas = Gas(
            name="fog",
            domain=box((-0.32, -side, 0.0), (reach, side, height + 0.16), _CELL),
            cell=_CELL,
            sources=(source,),
            color=(0.95, 0.95, 0.96),
            cooling=0.0,
            smoke_weight=0.53,
            humidity=self.humidity,
            droplet_radius=2e-6,
            turbulence=0.35,
            seed=int(key.child("flicker").rng().integers(2**31)),
            start_time=0.5,
        )
        focus = Focus(
            lower=(-0.24, -_WIDE / 2, 0.0), upper=(reach - 0.08, _WIDE / 2, height + 0.08)
        )
        scene = self.stage(key, [gas, *solids], focus=focus, ambient=Ambient(temperature=288.0))
        return dim(scene, self.shade)

    def _obstacles(self, key: Key, height: float) -> list[Element]:
        """Things in the way of the fog, on the last step or the floor."""
        rng = key.child("obstacles").rng()
        x = (self.steps - 1) * self.step_depth + float(rng.uniform(0.07, 0.12))
        count = {"none": 0, "ball": 1, "post": 1, "posts": 3}[self.obstacle]
        found: list[Element] = []
        for n in range(count):
            y = (n - (count - 1) / 2) * 0.1 + float(rng.uniform(-0.015, 0.015))
            size = float(rng.uniform(0.022, 0.032))
            own = key.child("obstacle", n)
            stuff = ("metal/copper", "wood/beech", "ceramic/terracotta", "plastic/abs")
            name = stuff[int(rng.integers(len(stuff)))]
            if self.obstacle == "ball":
                found.append(fixed("ball", (x, y, 1.4 * size), part(own, Sphere(1.4 * size), name)))
            else:
                tall = 0.09 + 0.05 * float(rng.random())
                q = turn((0, 0, 1), float(rng.uniform(0, math.pi)))
                shape = part(own, Cylinder(0.8 * size, tall), name, quaternion=q)
                found.append(fixed(f"post_{n}", (x, y, tall / 2), shape))
        return found
