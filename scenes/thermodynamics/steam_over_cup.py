"""Steam rises from hot drinks."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Cylinder
from simgen.key import Key
from simgen.material import Look, material
from simgen.scene import Ambient, Element, Gas, GasSource, RigidBody, Scene, Shape
from simgen.scenes.thermodynamics._fire import DIFFUSIVITY, VISCOSITY, box, gusts
from simgen.scenes.thermodynamics._parts import part, turn
from simgen.shapes import bowl, cup, mug
from simgen.space import Choice, Integers, Uniform
from simgen.stage.light import dim
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

_CELL = 0.0065
"""Of the grid [m]."""
_DRINKS = {
    "black_tea": (0.25, 0.08, 0.03),
    "green_tea": (0.55, 0.52, 0.16),
    "coffee": (0.09, 0.045, 0.03),
    "cocoa": (0.33, 0.19, 0.12),
    "broth": (0.72, 0.5, 0.2),
}
_RISE = 0.2
"""Height of steam above a rim that the grid holds [m]."""


class SteamOverCup(SceneTemplate):
    """Steam condenses over cups of hot drinks, curls in the draught and vanishes as it mixes."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "steam rises from {cups {vessel}/{vessel}s} of [{drink}|hot {drink}|freshly filled "
            "{drink}]"
        ),
        setup="there {cups? is/are} {cups {stuff} {vessel}/{stuff} {vessel}s} of hot {drink}",
        event=(
            "[steam rises from the {drink} in a gentle draught|in the cool, slowly moving air "
            "steam comes off the {drink}]"
        ),
        parameters=(
            "{drink} at {drink_temperature} in {cups {vessel}/{vessel}s} of {stuff}, radius "
            "{radius}, in air of {air_temperature} and {humidity} relative humidity that moves "
            "at {draught}"
        ),
    )

    camera_elevation: Annotated[Radian, Uniform(0.12, 0.4)]
    vessel: Annotated[str, Choice("mug", "cup", "bowl", held_out=("bowl",))]
    cups: Annotated[int, Integers(1, 2)]
    radius: Annotated[Metre, Uniform(0.038, 0.055)]
    drink: Annotated[str, Choice(*_DRINKS)]
    drink_temperature: Annotated[Kelvin, Uniform(350.0, 370.0)]
    air_temperature: Annotated[Kelvin, Uniform(272.0, 288.0)]
    """Steam shows better in the cold."""
    humidity: Annotated[Ratio, Uniform(0.4, 0.75)]
    droplet_radius: Annotated[Metre, Uniform(1.5e-6, 2.5e-6)]
    draught: Annotated[MetrePerSecond, Uniform(0.01, 0.07)]
    draught_azimuth: Annotated[Radian, Uniform(-math.pi, math.pi)]
    stuff: Annotated[
        str, Choice("ceramic/porcelain", "ceramic/terracotta", "metal/stainless_steel")
    ]
    shade: Annotated[Ratio, Uniform(0.25, 0.6)]
    """Light that is left of the day's: steam shows before a darker room."""

    def build(self, key: Key) -> Scene:
        rng = key.child("cups").rng()
        half = 0.0 if self.cups == 1 else 1.35 * self.radius
        a = float(rng.uniform(-0.5, 0.5))
        places = [
            (half * math.cos(a), half * math.sin(a)),
            (-half * math.cos(a), -half * math.sin(a)),
        ]
        solids: list[Element] = []
        sources: list[GasSource] = []
        top = 0.0
        for n, (x, y) in enumerate(places[: self.cups]):
            body, level, rim = self._cup(key.child("cup", n), n, x, y, float(rng.uniform(0, 6.28)))
            solids.append(body)
            top = max(top, rim)
            sources.append(self._source(x, y, level))
        wind = gusts(
            key.child("draught").rng(),
            self.duration,
            self.draught_azimuth,
            self.draught,
            0.8 * self.draught,
        )
        c, s = math.cos(self.draught_azimuth), math.sin(self.draught_azimuth)
        side, drift = half + self.radius + 0.035, 0.8 * self.draught
        lower = (-side + min(c * drift, 0), -side + min(s * drift, 0), 0.4 * top)
        upper = (side + max(c * drift, 0), side + max(s * drift, 0), top + _RISE)
        gas = Gas(
            name="steam",
            domain=box(lower, upper, _CELL),
            cell=_CELL,
            sources=tuple(sources),
            color=(0.93, 0.93, 0.94),
            cooling=0.0,
            humidity=self.humidity,
            droplet_radius=self.droplet_radius,
            viscosity=VISCOSITY,
            diffusivity=DIFFUSIVITY,
            turbulence=0.9,
            seed=int(key.child("flicker").rng().integers(2**31)),
            draught=wind,
            start_time=0.7,
        )
        wide = half + self.radius
        focus = Focus(lower=(-wide, -wide, 0.0), upper=(wide, wide, top + 0.5 * _RISE))
        air = Ambient(temperature=self.air_temperature)
        scene = self.stage(key, [gas, *solids], focus=focus, ambient=air)
        return dim(scene, self.shade)

    def _cup(
        self, key: Key, n: int, x: float, y: float, angle: float
    ) -> tuple[Element, float, float]:
        """The vessel with its drink; heights of the drink and of the rim [m]."""
        r = self.radius
        if self.vessel == "mug":
            mesh, rim, inside = mug(radius=r, height=2.1 * r), 2.1 * r, r - 0.005
        elif self.vessel == "cup":
            mesh, rim, inside = cup(radius=r, height=1.9 * r), 1.9 * r, 0.86 * r
        else:
            mesh, rim, inside = bowl(radius=1.25 * r, height=1.05 * r), 1.05 * r, 1.06 * r
        level = 0.85 * rim
        drink = Shape(
            geometry=Cylinder(inside, 0.004),
            material=material(self.stuff),  # a wall to the gas
            look=Look(color=_DRINKS[self.drink], texture="plain", roughness=0.05),
            position=(0.0, 0.0, level - 0.002),
        )
        shapes = (part(key, mesh, self.stuff), drink)
        body = RigidBody(
            name=f"cup_{n}",
            shapes=shapes,
            position=(x, y, 0.0),
            quaternion=turn((0, 0, 1), angle),
            motion="static",
        )
        return body, level, rim

    def _source(self, x: float, y: float, level: float) -> GasSource:
        """Saturated air, a cell and a half thick, on the drink."""
        return GasSource(
            position=(x, y, level + 0.75 * _CELL),
            radius=0.82 * self.radius,
            thickness=1.5 * _CELL,
            temperature=self.drink_temperature,
            humidity=1.0,
            smoke=0.0,
        )
