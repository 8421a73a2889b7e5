"""Wax figures collapse on a hot plate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array
from simgen.key import Key
from simgen.particles import Inside
from simgen.scene import Ambient, Domain, Melt, Scene, Vector
from simgen.scenes.thermodynamics._melting import (
    WAX,
    Mask,
    block,
    hot_plate,
    make_melt,
    piece_points,
    share_of,
    spread_out,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio
from simgen.words import Words

PARTICLES = 3600
COLORS = (
    (0.78, 0.13, 0.1),
    (0.1, 0.35, 0.7),
    (0.93, 0.62, 0.08),
    (0.16, 0.5, 0.2),
    (0.5, 0.16, 0.5),
    (0.92, 0.89, 0.8),
    (0.86, 0.42, 0.5),
)
"""sRGB dyes of candle wax."""


def _star(size: Vector, points_: int = 5) -> Inside:
    def inside(points: Array) -> Mask:
        angle = np.arctan2(points[:, 1], points[:, 0])
        wave = np.abs(np.mod(angle * points_ / (2 * math.pi), 1.0) - 0.5) * 2
        radius = size[0] / 2 * (0.5 + 0.5 * wave)
        return (np.hypot(points[:, 0], points[:, 1]) < radius) & (points[:, 2] < size[2])

    return inside


def _cone(size: Vector) -> Inside:
    def inside(points: Array) -> Mask:
        return np.hypot(points[:, 0], points[:, 1]) < size[0] / 2 * (
            1 - 0.85 * points[:, 2] / size[2]
        )

    return inside


def _heart(size: Vector) -> Inside:
    def inside(points: Array) -> Mask:
        x, y = points[:, 0] / (0.43 * size[0]), points[:, 1] / (0.43 * size[0]) + 0.1
        return ((x**2 + y**2 - 1) ** 3 < x**2 * y**3) & (points[:, 2] < size[2])

    return inside


def _tube(size: Vector) -> Inside:
    def inside(points: Array) -> Mask:
        r = np.hypot(points[:, 0], points[:, 1])
        return (r < size[0] / 2) & (r > 0.24 * size[0]) & (points[:, 2] < size[2])

    return inside


def _flower(size: Vector) -> Inside:
    return _star(size, 8)


def _cube(size: Vector) -> Inside:
    return block(size, 0.1 * size[0])


FIGURES: dict[str, Callable[[Vector], Inside]] = {
    "star": _star,
    "flower": _flower,
    "cone": _cone,
    "heart": _heart,
    "ring": _tube,
    "cube": _cube,
}


class WaxFigures(SceneTemplate):
    """Coloured figures of wax sink on a hot plate, and their melts run into each other."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "{figures coloured wax figure/coloured wax figures} [stand on|are heated on|rest "
            "on] a hot {plate} plate"
        ),
        setup=(
            "{figures wax figure/wax figures} of different shapes and colours stand on a "
            "{plate_form} {plate} hot plate"
        ),
        event="[the plate heats them from below|heat from the plate reaches the wax]",
        parameters=(
            "{figures} figures of paraffin wax at {wax_temperature}, {width} wide and "
            "{slenderness*width:m} high, on a plate of {plate} at {temperature}"
        ),
        terms={
            "plate_form": {"disc": "round", "square": "square"},
        },
    )

    fps: float = 8.0
    frame_count: int = 56
    camera_elevation: Annotated[Radian, Uniform(0.4, 0.75)]
    figures: Annotated[int, Integers(2, 5)]
    width: Annotated[Metre, Uniform(0.016, 0.021)]
    slenderness: Annotated[Ratio, Uniform(0.4, 0.65)]
    """Height over width."""
    gap: Annotated[Ratio, Uniform(1.1, 1.4)]
    plate: Annotated[
        str, Choice("metal/cast_iron", "metal/steel", "metal/aluminium", "metal/brass")
    ]
    plate_form: Annotated[str, Choice("disc", "square")]
    temperature: Annotated[Kelvin, Uniform(450.0, 500.0, held_out=(490.0, 500.0))]
    """Of the plate; paraffin burns only above 500 K."""
    wax_temperature: Annotated[Kelvin, Uniform(296.0, 312.0)]

    def build(self, key: Key) -> Scene:
        rng = key.child("figures").rng()
        w, tall = self.width, self.width * self.slenderness
        spacing = share_of(0.55 * self.figures * w * w * tall, PARTICLES)
        w, z = (max(4, round(v / spacing)) * spacing for v in (w, tall))
        size = (w, w, z)
        places = spread_out(self.figures, self.gap * w, rng)
        reach = max(math.hypot(x, y) for x, y in places) + 0.6 * w
        wide, top = 2.0 * (reach + 0.025), 0.022
        hot, foot = hot_plate(key, self.plate, self.plate_form, wide, self.temperature, height=top)
        domain = Domain(
            lower=(-wide / 2 - 0.02, -wide / 2 - 0.02, 0.0),
            upper=(wide / 2 + 0.02, wide / 2 + 0.02, top + 1.6 * z),
        )
        names = [str(n) for n in rng.permutation(list(FIGURES))]
        dyes = rng.permutation(len(COLORS))
        melts: list[Melt] = []
        for n, (x, y) in enumerate(places):
            points = piece_points(
                key.child("figure", n),
                FIGURES[names[n]](size),
                size,
                spacing,
                position=(x, y, top),
                yaw=float(rng.uniform(0, 2 * math.pi)),
            )
            melt = make_melt(
                key.child("wax"), f"wax_{n}", WAX, points, spacing, domain, self.wax_temperature
            )
            color = COLORS[int(dyes[n])]
            r, g, b = (0.85 * c for c in color)
            molten = replace(melt.molten_look or melt.look, color=(r, g, b))
            melts.append(replace(melt, look=replace(melt.look, color=color), molten_look=molten))
        focus = Focus(
            lower=(-reach - 0.008, -0.85 * reach, top - 0.004),
            upper=(reach + 0.008, reach, top + z),
        )
        return self.stage(key, [*melts, hot, foot], focus=focus, ambient=Ambient())
