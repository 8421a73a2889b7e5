"""Hot smoke rises past obstacles."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Capsule, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.scene import Ambient, Domain, Element, Gas, GasSource, Scene, Vector
from simgen.scenes.thermodynamics._parts import fixed, part, turn
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, MetrePerSecond, Radian, Ratio, Second, Unit
from simgen.words import Words

_SMOKES = {
    "white": (0.92, 0.92, 0.93),
    "grey": (0.45, 0.45, 0.47),
    "black": (0.07, 0.07, 0.08),
    "blue": (0.35, 0.5, 0.9),
    "orange": (0.95, 0.5, 0.2),
    "green": (0.4, 0.8, 0.45),
    "violet": (0.65, 0.4, 0.85),
}
"""sRGB albedo."""
_POTS = ("ceramic/terracotta", "stone/granite", "metal/cast_iron", "metal/copper")
_CELL = 0.024
"""Of the grid [m]."""
_HALF, _HIGH = 22, 45
"""Cells from the middle to a side and from the floor to the top."""
_SEEN = 0.86
"""Height [m] that fills the picture, below the top of the grid: smoke leaves it unseen."""
_DRIFT = 2.0
"""Way [m] of the wind while smoke crosses the picture, per its speed [m/s]."""


class SmokePlume(SceneTemplate):
    """Hot smoke rises from one or two pots, past hanging obstacles, in still air or wind."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "hot {smoke} smoke rises from [{sources pot/pots}|{sources {pot} pot/{pot} "
            "pots}|{sources low round pot/low round pots}]"
        ),
        setup="there {sources? is/are} {sources round {pot} pot/round {pot} pots}{obstacle}",
        event=(
            "[hot {smoke} smoke rises from {sources? it/them} in {wind}|in {wind}, hot {smoke} "
            "smoke comes out of {sources? the pot/the pots}]"
        ),
        parameters=(
            "smoke at {source_temperature} from {sources} {sources? pot/pots} of {pot}, radius "
            "about {source_radius}, absorbing {absorption:per metre}, in {wind.numbers}"
        ),
        terms={
            "obstacle": {
                "none": "",
                "sphere": ", with a ball hanging on a wire above",
                "box": ", with a block hanging on a wire above",
                "bar": ", with a round bar across two posts above",
                "two": ", with a ball and a block hanging on wires above",
            },
            "wind": {"<0.06": "still air", "*": "a light wind"},
            "wind.numbers": {"<0.06": "still air", "*": "a wind of {wind:m/s}"},
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.05, 0.3)]
    sources: Annotated[int, Integers(1, 2)]
    source_radius: Annotated[Metre, Uniform(0.065, 0.085)]
    source_temperature: Annotated[Kelvin, Uniform(370.0, 520.0, held_out=(490.0, 520.0))]
    turbulence: Annotated[Ratio, Uniform(0.4, 0.75)]
    """Flicker of the gas in a source over its own speed."""
    obstacle: Annotated[str, Choice("none", "sphere", "box", "bar", "two", held_out=("bar",))]
    wind: Annotated[MetrePerSecond, Uniform(0.0, 0.13)]
    """Below 0.06 the air is still."""
    wind_azimuth: Annotated[Radian, Uniform(-math.pi, math.pi)]
    smoke: Annotated[str, Choice(*_SMOKES)]
    absorption: Annotated[float, Uniform(20.0, 36.0), Unit("1/m")]
    cooling: Annotated[float, Uniform(0.1, 0.6), Unit("1/s")]
    pot: Annotated[str, Choice(*_POTS)]
    start_time: Annotated[Second, Uniform(0.3, 1.0)]
    """How long the smoke has been rising at frame 0."""

    def build(self, key: Key) -> Scene:
        speed = self.wind if self.wind >= 0.06 else 0.0
        wind = (speed * math.cos(self.wind_azimuth), speed * math.sin(self.wind_azimuth), 0.0)
        pots, sources = self._pots(key)
        gas = Gas(
            name="smoke",
            domain=_domain(wind),
            cell=_CELL,
            sources=sources,
            color=_SMOKES[self.smoke],
            absorption=self.absorption,
            cooling=self.cooling,
            turbulence=self.turbulence,
            seed=int(key.child("flicker").rng().integers(2**31)),
            start_time=self.start_time,
        )
        solids = [*pots, *self._obstacles(key, sources)]
        side, seen = 0.3, _SEEN
        if self.camera_motion == "dolly":  # begins or ends up to 1.4 times as far
            side, seen = 0.8 * side, 0.8 * seen
        x, y = (0.25 * _DRIFT * v for v in wind[:2])
        focus = Focus(lower=(x - side, y - side, 0.0), upper=(x + side, y + side, seen))
        return self.stage(key, [gas, *solids], focus=focus, ambient=Ambient(wind=wind))

    def _pots(self, key: Key) -> tuple[list[Element], tuple[GasSource, ...]]:
        """Pots and the source in the mouth of each."""
        rng = key.child("sources").rng()
        start = float(rng.uniform(0, math.pi))
        reach = 0.0 if self.sources == 1 else float(rng.uniform(0.09, 0.12))
        pots: list[Element] = []
        sources: list[GasSource] = []
        for n in range(self.sources):
            a = start + 2 * math.pi * n / self.sources
            r = self.source_radius * float(rng.uniform(0.9, 1.1)) / self.sources**0.33
            tall = float(rng.uniform(0.05, 0.12))
            x, y = reach * math.cos(a), reach * math.sin(a)
            body = part(key.child("pot", n), Cylinder(1.15 * r, tall), self.pot)
            pots.append(fixed(f"pot_{n}", (x, y, tall / 2), body))
            excess = (self.source_temperature - 293.15) * float(rng.uniform(0.8, 1.0))
            sources.append(
                GasSource(position=(x, y, tall + 0.5 * r), radius=r, temperature=293.15 + excess)
            )
        return pots, tuple(sources)

    def _obstacles(self, key: Key, sources: tuple[GasSource, ...]) -> list[Element]:
        """Things in the way of the smoke, hung on wires or held by two posts."""
        rng = key.child("obstacles").rng()
        kinds = {"none": [], "two": ["sphere", "box"]}.get(self.obstacle, [self.obstacle])
        stuffs = ("wood/oak", "stone/marble", "metal/brass", "ceramic/porcelain", "plastic/abs")
        found: list[Element] = []
        for n, kind in enumerate(kinds):
            over = np.array(sources[n % len(sources)].position[:2])
            x, y = over + rng.normal(size=2) * 0.035
            z = 0.48 + 0.18 * n + float(rng.uniform(-0.04, 0.06))
            stuff = stuffs[int(rng.integers(len(stuffs)))]
            own = key.child("obstacle", n)
            if kind == "bar":
                found.append(self._gate(own, stuff, float(y), z, float(rng.uniform(0.018, 0.026))))
                continue
            size = float(rng.uniform(0.045, 0.065))
            q = turn((0.3, 0.5, 1.0), float(rng.uniform(0, 1.5)))
            form: Geometry = (
                Sphere(size) if kind == "sphere" else Box((2 * size, 1.7 * size, 1.2 * size))
            )
            wire_length = 3.0
            wire = part(
                own,
                Cylinder(0.002, wire_length),
                "metal/steel",
                position=(0.0, 0.0, wire_length / 2),
            )
            shapes = (part(own, form, stuff, quaternion=q), wire)
            found.append(fixed(f"{kind}_{n}", (float(x), float(y), z), *shapes))
        return found

    def _gate(self, key: Key, stuff: str, y: float, z: float, radius: float) -> Element:
        """A round bar along x on two posts that stand beside the smoke."""
        length = 0.62
        q = turn((0, 1, 0), math.pi / 2)
        posts = [
            part(key, Box((0.03, 0.03, z)), stuff, position=(side * length / 2, 0.0, -z / 2))
            for side in (-1, 1)
        ]
        bar = part(key, Capsule(radius, length - 2 * radius), stuff, quaternion=q)
        return fixed("gate", (0.0, y, z), bar, *posts)


def _domain(wind: Vector) -> Domain:
    """Whole cells about the smoke, wider on the lee side."""
    lower, upper = [-_HALF, -_HALF, 0], [_HALF, _HALF, _HIGH]
    for axis in range(2):
        drift = round(_DRIFT * wind[axis] / _CELL)
        lower[axis] += min(drift, 0)
        upper[axis] += max(drift, 0)
    x0, y0, z0, x1, y1, z1 = (_CELL * n for n in (*lower, *upper))
    return Domain(lower=(x0, y0, z0), upper=(x1, y1, z1))
