"""A campfire flickers over its logs and sways in the wind."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Cylinder, TriangleMesh
from simgen.key import Key
from simgen.material import Look
from simgen.scene import (
    Element,
    Gas,
    GasSource,
    Quaternion,
    RigidBody,
    Scene,
    Shape,
    ThermalBody,
    Vector,
)
from simgen.scenes.thermodynamics._fire import FUELS, box, gusts
from simgen.scenes.thermodynamics._parts import fixed, part
from simgen.shapes import rock
from simgen.shapes.build import joined, moved
from simgen.space import Choice, Integers, Uniform
from simgen.stage.light import dim
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, MetrePerSecond, Radian, Ratio, Watt
from simgen.words import Words

_CELL = 0.026
"""Of the grid [m]."""
_HALF, _HIGH = 0.34, 1.1
"""Half the width and the height of the gas [m]."""


class Campfire(SceneTemplate):
    """A wood fire flickers over logs and embers inside a ring of stones and sways in the wind."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="a wood fire burns [between|over|among] charred logs",
        setup="charred {wood} logs {layout} over glowing embers{stones}",
        event="[a wood fire burns among them {wind}|flames flicker over the logs {wind}]",
        parameters=(
            "a fire of {power} over logs of {wood}, radius about {log_radius}, and embers of "
            "{embers}, radius {fire_radius}, in a wind of {wind:m/s}"
        ),
        light="evening",
        terms={
            "layout": {
                "teepee": "lean against each other",
                "star": "lie in a star",
                "crossed": "are laid crosswise",
            },
            "stones": {"<8": "", "*": " inside a ring of stones"},
            "wind": {"<0.1": "in almost still air", "*": "in a light wind"},
        },
    )

    environment: Annotated[str, Choice("garden", "beach", "forest", "terrace", "studio")]
    floor: Annotated[str, Choice("stone/concrete", "stone/granite", "ceramic/terracotta")]
    camera_elevation: Annotated[Radian, Uniform(0.1, 0.35)]
    logs: Annotated[int, Integers(4, 7)]
    log_radius: Annotated[Metre, Uniform(0.022, 0.038)]
    layout: Annotated[str, Choice("teepee", "star", "crossed", held_out=("crossed",))]
    wood: Annotated[str, Choice("wood/oak", "wood/pine", "wood/birch_plywood", "wood/walnut")]
    power: Annotated[Watt, Uniform(16e3, 36e3, held_out=(32e3, 36e3))]
    """Heat release of the fire."""
    fire_radius: Annotated[Metre, Uniform(0.11, 0.16)]
    embers: Annotated[Kelvin, Uniform(950.0, 1150.0)]
    stones: Annotated[int, Integers(0, 14)]
    """In the ring about the fire; fewer than 8 leave it out."""
    wind: Annotated[MetrePerSecond, Uniform(0.0, 0.5)]
    wind_azimuth: Annotated[Radian, Uniform(-math.pi, math.pi)]
    evening: Annotated[Ratio, Uniform(0.03, 0.25)]
    """Light that is left of the day's."""

    def build(self, key: Key) -> Scene:
        r = self.fire_radius
        wind = gusts(
            key.child("wind").rng(), self.duration, self.wind_azimuth, self.wind, 0.5 * self.wind
        )
        source = GasSource(
            position=(0.0, 0.0, 0.75 * _CELL),
            radius=r,
            thickness=1.5 * _CELL,
            temperature=600.0,
            power=self.power,
            smoke=0.0,
        )
        c, s = math.cos(self.wind_azimuth), math.sin(self.wind_azimuth)
        drift = 0.45 * self.wind
        lower = (-_HALF + min(c * drift, 0), -_HALF + min(s * drift, 0), 0.0)
        upper = (_HALF + max(c * drift, 0), _HALF + max(s * drift, 0), _HIGH)
        gas = Gas(
            name="fire",
            domain=box(lower, upper, _CELL),
            cell=_CELL,
            sources=(source,),
            fuel=FUELS["wood"],
            color=(0.35, 0.34, 0.33),
            absorption=1.0,
            cooling=0.5,
            turbulence=0.04,
            seed=int(key.child("flicker").rng().integers(2**31)),
            draught=wind,
            start_time=0.7,
        )
        solids = [*self._logs(key), self._embers(key), *self._ring(key)]
        edge = 0.22
        tall = 0.235 * (1e-3 * self.power) ** 0.4 - 1.02 * 2 * r  # Heskestad, Fire Saf. J. 5 (1983)
        seen = max(0.7 * tall, 0.36)  # tips that flicker higher may leave the picture
        focus = Focus(lower=(-edge, -edge, 0.0), upper=(edge, edge, seen))
        return dim(self.stage(key, [gas, *solids], focus=focus), self.evening)

    def _logs(self, key: Key) -> list[Element]:
        rng = key.child("logs").rng()
        found: list[Element] = []
        count = self.logs if self.layout != "crossed" else self.logs // 2 * 2
        for n in range(count):
            a = 2 * math.pi * n / self.logs + float(rng.uniform(-0.2, 0.2))
            r = self.log_radius * float(rng.uniform(0.85, 1.2))
            long = float(rng.uniform(0.3, 0.4))
            if self.layout == "teepee":
                foot, top = self.fire_radius + 0.06, 0.03
                ends = ((foot, 0.0, r), (top, 0.05, 0.24 + 0.02 * n))
            elif self.layout == "star":
                ends = ((0.06, 0.0, r), (0.06 + long, 0.0, r))
            else:  # layers of two about the fire
                r, layer = self.log_radius, n // 2
                a = (layer % 2) * math.pi / 2
                y, z = (2 * (n % 2) - 1) * self.fire_radius, r * (1 + 2 * layer)
                ends = ((-long / 2, y, z), (long / 2, y, z))
            found.append(self._log(key.child("log", n), n, r, a, ends))
        return found

    def _log(self, key: Key, n: int, r: float, turn: float, ends: tuple[Vector, Vector]) -> Element:
        """A charred log between two points of a frame turned about z by `turn`."""
        c, s = math.cos(turn), math.sin(turn)
        spin = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
        p, q = (spin @ np.asarray(e, float) for e in ends)
        x, y, z = (float(v) for v in (p + q) / 2)
        shape = part(key, Cylinder(r, float(np.linalg.norm(q - p))), self.wood)
        look = Look(
            color=tuple(0.35 * v for v in shape.look.color),  # type: ignore[arg-type]
            accent=tuple(0.15 * v for v in shape.look.color),  # type: ignore[arg-type]
            texture="wood",
            scale=0.12,
            roughness=0.95,
            seed=shape.look.seed,
        )
        charred = Shape(geometry=shape.geometry, material=shape.material, look=look)
        return RigidBody(
            name=f"log_{n}",
            shapes=(charred,),
            position=(x, y, z),
            quaternion=_along(q - p),
            motion="static",
        )

    def _embers(self, key: Key) -> Element:
        """A glowing heap of coals, held at its temperature."""
        rng = key.child("embers").rng()
        coals: list[TriangleMesh] = []
        for n in range(14):
            a, d = float(rng.uniform(0, 2 * math.pi)), self.fire_radius * float(rng.random()) ** 0.5
            lump = rock(radius=float(rng.uniform(0.015, 0.028)), key=key.child("coal", n))
            coals.append(moved(lump, position=(d * math.cos(a), d * math.sin(a), 0.014)))
        heap = replace(
            part(key, joined(*coals), "stone/slate"), collides=False
        )  # gas seeps through
        body = fixed("embers", (0.0, 0.0, 0.0), heap)
        return ThermalBody(name="embers", body=body, temperature=self.embers, held=True, cell=0.02)

    def _ring(self, key: Key) -> list[Element]:
        if self.stones < 8:
            return []
        rng = key.child("ring").rng()
        found: list[Element] = []
        for n in range(self.stones):
            a = 2 * math.pi * n / self.stones
            size = float(rng.uniform(0.03, 0.05))
            d = self.fire_radius + 0.16
            mesh = rock(radius=size, key=key.child("stone", n))
            shape = part(key.child("stone", n), mesh, "stone/granite")
            found.append(fixed(f"stone_{n}", (d * math.cos(a), d * math.sin(a), 0.6 * size), shape))
        return found


def _along(way: Array) -> Quaternion:
    """The turn of the z axis onto a direction."""
    d = way / np.linalg.norm(way)
    q = np.array([1.0 + d[2], -d[1], d[0], 0.0])
    w, x, y, z = (float(v) for v in q / np.linalg.norm(q))
    return (w, x, y, z)
