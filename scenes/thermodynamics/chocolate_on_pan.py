"""Chocolate melts on a hot pan."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array
from simgen.key import Key
from simgen.particles import Inside
from simgen.scene import Ambient, Domain, Scene, Vector
from simgen.scenes.thermodynamics._melting import (
    CHOCOLATE,
    Mask,
    block,
    make_melt,
    pan,
    piece_points,
    share_of,
    spread_out,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio
from simgen.words import Words

PARTICLES = 3200


def _dome(size: Vector) -> Inside:
    """A praline: half an ellipsoid."""

    def inside(points: Array) -> Mask:
        q = points / np.array([size[0] / 2, size[1] / 2, size[2]])
        return (q**2).sum(1) < 1.0

    return inside


def _wedge(size: Vector) -> Inside:
    """A piece of a triangular bar: a prism along x."""

    def inside(points: Array) -> Mask:
        half = size[1] / 2 * (1 - points[:, 2] / size[2])
        return (np.abs(points[:, 1]) < half) & (np.abs(points[:, 0]) < size[0] / 2)

    return inside


class ChocolateOnPan(SceneTemplate):
    """Pieces of chocolate sag on a hot pan and flow out into thick, glossy puddles."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "{pieces {form}/{form.many}} of chocolate [lie in|are heated in|rest in] a hot "
            "{pan} frying pan"
        ),
        setup="{pieces {form}/{form.many}} of chocolate lie in a {pan} frying pan",
        event=(
            "[the pan is hot and heats the chocolate from below|heat from the hot pan reaches "
            "the chocolate]"
        ),
        parameters=(
            "{pieces} {form.many} of chocolate at {chocolate_temperature}, {width} wide, in a "
            "pan of {pan} at {temperature}"
        ),
        terms={
            "form": {"square": "square", "praline": "dome", "prism": "prism"},
            "form.many": {"square": "squares", "praline": "domes", "prism": "prisms"},
        },
    )

    fps: float = 8.0
    frame_count: int = 64
    camera_elevation: Annotated[Radian, Uniform(0.45, 0.75)]
    pieces: Annotated[int, Integers(2, 6)]
    form: Annotated[str, Choice("square", "praline", "prism", held_out=("prism",))]
    width: Annotated[Metre, Uniform(0.015, 0.021)]
    height: Annotated[Metre, Uniform(0.006, 0.009)]
    gap: Annotated[Ratio, Uniform(1.35, 1.8)]
    """Distance of pieces over their width."""
    pan: Annotated[str, Choice("metal/cast_iron", "metal/steel", "metal/aluminium", "metal/copper")]
    temperature: Annotated[Kelvin, Uniform(440.0, 500.0, held_out=(490.0, 500.0))]
    chocolate_temperature: Annotated[Kelvin, Uniform(294.0, 301.0)]

    def build(self, key: Key) -> Scene:
        rng = key.child("place").rng()
        full = {"square": 0.95, "praline": 0.52, "prism": 0.5}[self.form]
        tall = self.height if self.form == "square" else 1.5 * self.height
        spacing = share_of(self.pieces * full * self.width**2 * tall, PARTICLES)
        w, z = (max(3, round(v / spacing)) * spacing for v in (self.width, tall))
        size = (w, w, z)
        inside = {
            "square": block(size, 0.15 * z),
            "praline": _dome(size),
            "prism": _wedge(size),
        }[self.form]
        places = spread_out(self.pieces, self.gap * w, rng)
        reach = max(math.hypot(x, y) for x, y in places) + 0.6 * w
        radius, top = reach + 0.025, 0.012
        hot, side = pan(
            key,
            self.pan,
            radius,
            self.temperature,
            base=(0.0, 0.0, top),
            handle_yaw=float(rng.uniform(0.3, 2.8)),
            rim=0.014,
        )
        domain = Domain(
            lower=(-radius - 0.004, -radius - 0.004, top - 0.004),
            upper=(radius + 0.004, radius + 0.004, top + 1.6 * z),
        )
        melts = [
            make_melt(
                key.child("chocolate", n if rng.random() < 0.3 else 0),
                f"chocolate_{n}",
                CHOCOLATE,
                piece_points(
                    key.child("piece", n),
                    inside,
                    size,
                    spacing,
                    position=(x, y, top),
                    yaw=float(rng.uniform(0, math.pi)),
                ),
                spacing,
                domain,
                self.chocolate_temperature,
            )
            for n, (x, y) in enumerate(places)
        ]
        wide = reach + 0.012
        focus = Focus(lower=(-wide, -0.8 * wide, 0.0), upper=(wide, 0.9 * wide, top + z))
        return self.stage(key, [*melts, hot, side], focus=focus, ambient=Ambient())
