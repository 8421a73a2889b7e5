"""Candles burn in a draught or in gusts."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Capsule, Cylinder
from simgen.key import Key
from simgen.material import Look, material
from simgen.scene import Draught, Element, Gas, GasSource, Scene, Shape
from simgen.scenes.thermodynamics._fire import (
    DIFFUSIVITY,
    FUELS,
    GUST,
    VISCOSITY,
    box,
    gusts,
    puff,
)
from simgen.scenes.thermodynamics._parts import fixed, part
from simgen.shapes import plate
from simgen.space import Choice, Integers, Uniform
from simgen.stage.light import dim
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio, Watt
from simgen.words import Words

_CELL = 0.0025
"""Of the grid [m]: the flame is some four cells wide, as it is drawn."""
_WAX = {
    "ivory": (0.93, 0.89, 0.78),
    "white": (0.94, 0.93, 0.91),
    "red": (0.62, 0.09, 0.08),
    "green": (0.16, 0.33, 0.2),
    "honey": (0.85, 0.62, 0.25),
    "blue": (0.2, 0.3, 0.5),
}
CANDLE_TERMS = {
    "wax": {"ivory": "ivory-coloured", "honey": "honey-coloured"},
    "plate": {"none": "", "*": " on a {plate.material} plate"},
}
"""Words for both candle templates."""
_WICK = 0.009
"""Length above the wax [m]."""
_FLAME = 0.0027
"""Radius of the gas about it that feeds the flame [m]."""
_STRAIN = 375.0
"""Rate 2 V / radius [1/s] at which a cross wind puts it out (Tsuji 1982)."""
_BEARABLE = 0.65 * _STRAIN * _FLAME / 2
"""Wind that it bears [m/s], which blows faster about the candle's edge."""


class CandleFlame(SceneTemplate):
    """Candles burn with a steady flame, lean in a draught or flicker in gusts."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    physics_iq: ClassVar[str] = "lit-candle"
    words: ClassVar[Words] = Words(
        short=(
            "{candles {wax} candle burns/{wax} candles burn} [in {air.short}|while "
            "{air.other}|with {air.short} around]"
        ),
        setup="there {candles? is/are} {candles burning {wax} candle/burning {wax} candles}{plate}",
        event="[{air}|around {candles? it/them} {air}]",
        parameters=(
            "{candles} {candles? candle/candles} of paraffin wax, radius {candle_radius} and "
            "about {candle_height} high, each flame of {power}, in a draught of {draught}"
        ),
        light="evening",
        terms={
            **CANDLE_TERMS,
            "air": {"draught": "a light draught moves the air", "gusts": "gusts of air blow"},
            "air.short": {"draught": "a light draught", "gusts": "gusts of air"},
            "air.other": {"draught": "a draught stirs the air", "gusts": "the air blows in gusts"},
        },
    )
    blown: ClassVar[bool] = False
    """Whether a breath puts the first flame out, as in `candle_blown_out`."""

    camera_elevation: Annotated[Radian, Uniform(0.08, 0.3)]
    candles: Annotated[int, Integers(1, 3)]
    candle_radius: Annotated[Metre, Uniform(0.01, 0.03)]
    candle_height: Annotated[Metre, Uniform(0.03, 0.09)]
    wax: Annotated[str, Choice(*_WAX)]
    air: Annotated[str, Choice("draught", "gusts")]
    """What the air does: sways a little, or blows as hard as the flames just bear."""
    draught: Annotated[MetrePerSecond, Uniform(0.08, 0.2)]
    """Its usual speed."""
    draught_azimuth: Annotated[Radian, Uniform(-math.pi, math.pi)]
    power: Annotated[Watt, Uniform(60.0, 85.0)]
    """Heat release of one flame."""
    evening: Annotated[Ratio, Uniform(0.02, 0.2)]
    """Light that is left of the day's."""
    plate: Annotated[str, Choice("none", "ceramic/porcelain", "metal/brass", "wood/walnut")]

    def build(self, key: Key) -> Scene:
        places = self._places(key)
        winds = self._winds(key)
        solids: list[Element] = []
        gases: list[Element] = []
        for n, (x, y, top) in enumerate(places):
            solids.append(self._candle(key.child("candle", n), n, x, y, top))
            gases.append(self._flame(n, x, y, top, winds[min(n, 1)], blown=self.blown and n == 0))
        if self.plate != "none":
            wide = max(math.hypot(x, y) for x, y, _ in places) + self.candle_radius + 0.02
            dish = plate(radius=wide / 0.62, height=0.012, thickness=0.003)
            solids.append(fixed("plate", (0.0, 0.0, 0.0), part(key, dish, self.plate)))
        xs, ys, tops = (np.array(v) for v in zip(*places))
        high = float(tops.max()) + (0.09 if self.blown else 0.055)
        edge = self.candle_radius + 0.012
        low = float(tops.min()) - min(0.03, float(tops.min()))
        focus = Focus(
            lower=(float(xs.min()) - edge, float(ys.min()) - edge, low),
            upper=(float(xs.max()) + edge, float(ys.max()) + edge, high),
        )
        return dim(self.stage(key, [*gases, *solids], focus=focus), self.evening)

    def _places(self, key: Key) -> list[tuple[float, float, float]]:
        """(x, y, height of the wax) of every candle, clear of each other."""
        rng = key.child("places").rng()
        reach = 0.0 if self.candles == 1 else max(1.5 * self.candle_radius, 0.028)
        turn = float(rng.uniform(0, 2 * math.pi))
        base = 0.005 if self.plate != "none" else 0.0
        found: list[tuple[float, float, float]] = []
        for n in range(self.candles):
            a = turn + 2 * math.pi * n / self.candles
            tall = self.candle_height * float(rng.uniform(0.8, 1.25)) + base
            tall = _CELL * round(tall / _CELL)
            found.append((reach * math.cos(a), reach * math.sin(a), tall))
        return found

    def _winds(self, key: Key) -> tuple[Draught, Draught]:
        """At the first candle and at the others."""
        rng = key.child("draught").rng()
        hard = 1.6 if self.air == "gusts" else 1.0
        swing = min(hard * self.draught, (_BEARABLE - self.draught) / GUST)
        usual = gusts(rng, self.duration, self.draught_azimuth, self.draught, swing)
        if not self.blown:
            return usual, usual
        start = float(rng.uniform(0.25, 0.45)) * self.duration
        peak = self.draught * float(rng.uniform(3.0, 5.0)) + 0.7
        return puff(self.draught_azimuth, 0.3 * self.draught, peak, start, 0.24), usual

    def _candle(self, key: Key, n: int, x: float, y: float, top: float) -> Element:
        """A cylinder of wax with a pool of molten wax about its wick."""
        base = 0.005 if self.plate != "none" else 0.0
        tall = top - base
        stuff = material("food/paraffin_wax")
        color = _WAX[self.wax]
        look = Look(color=color, texture="plain", roughness=0.45)
        pool = Look(color=tuple(0.85 * c for c in color), texture="plain", roughness=0.06)  # type: ignore[arg-type]
        body = Shape(
            geometry=Cylinder(self.candle_radius, tall),
            material=stuff,
            look=look,
            position=(0.0, 0.0, -tall / 2),
        )
        melt = Shape(
            geometry=Cylinder(0.72 * self.candle_radius, 0.0008),
            material=stuff,
            look=pool,
            position=(0.0, 0.0, 0.0002),
            collides=False,
        )
        wick = Shape(
            geometry=Capsule(0.0007, _WICK),
            material=material("textile/cotton"),
            look=Look(color=(0.06, 0.05, 0.05), texture="plain", roughness=0.9),
            position=(0.0, 0.0, _WICK / 2 - 0.001),
            collides=False,
        )
        return fixed(f"candle_{n}", (x, y, top), body, melt, wick)

    def _flame(self, n: int, x: float, y: float, top: float, wind: Draught, *, blown: bool) -> Gas:
        """A small box of gas about one flame, wider on the lee side; high where it will smoke."""
        source = GasSource(
            position=(x, y, top + 0.65 * _WICK),
            radius=_FLAME,
            thickness=0.006,
            temperature=600.0,
            power=self.power,
            extinction_strain=_STRAIN,
            smoulder=1.0,
        )
        c, s = math.cos(self.draught_azimuth), math.sin(self.draught_azimuth)
        drift = 0.03 if blown else 0.07 * self.draught * (2.0 if self.air == "gusts" else 1.0)
        side, high = 0.0125, 0.13 if blown else 0.06
        below = 3 * _CELL if self.candle_radius < 0.018 else 0.0
        lower = (x - side + min(c * drift, 0), y - side + min(s * drift, 0), top - below)
        upper = (x + side + max(c * drift, 0), y + side + max(s * drift, 0), top + high)
        return Gas(
            name=f"flame_{n}",
            domain=box(lower, upper, _CELL),
            cell=_CELL,
            sources=(source,),
            fuel=FUELS["wax"],
            color=(0.85, 0.85, 0.88),
            absorption=250.0,
            cooling=0.0,
            viscosity=VISCOSITY,
            diffusivity=DIFFUSIVITY,
            draught=wind,
            start_time=0.25,
        )
