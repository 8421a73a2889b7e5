"""Butter melts on a hot pan."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.key import Key
from simgen.scene import Ambient, Domain, Melt, Scene
from simgen.scenes.thermodynamics._melting import (
    BUTTER,
    block,
    make_melt,
    pan,
    piece_points,
    share_of,
    tilted,
)
from simgen.scenes.thermodynamics._parts import turn
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio
from simgen.words import Words

PARTICLES = 3600


class ButterOnPan(SceneTemplate):
    """Pats of butter melt on a hot pan, slide on their own film and run down its slope."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "{pats pat/pats} of butter [{pats? lies/lie} on|{pats? is/are} heated in|{pats? "
            "rests/rest} in] a hot {pan} frying pan"
        ),
        setup="{pats pat/pats} of butter {pats? lies/lie} in a {pan} frying pan{slope}",
        event=(
            "[the pan is hot and heats the butter from below|heat from the hot pan reaches the "
            "butter]"
        ),
        parameters=(
            "{pats} {pats? pat/pats} of butter at {butter_temperature}, {length} long and "
            "{height} high, in a pan of {pan} at {temperature}, sloping {slope:rad}"
        ),
        terms={
            "slope": {"<0.05": "", "*": " that stands slightly tilted"},
        },
    )

    fps: float = 12.0
    frame_count: int = 60
    camera_elevation: Annotated[Radian, Uniform(0.45, 0.8)]
    pats: Annotated[int, Integers(1, 3)]
    length: Annotated[Metre, Uniform(0.02, 0.028)]
    """Longest edge of a pat."""
    slenderness: Annotated[Ratio, Uniform(0.6, 1.0)]
    """Width over length."""
    height: Annotated[Metre, Uniform(0.006, 0.009)]
    pan: Annotated[str, Choice("metal/cast_iron", "metal/steel", "metal/aluminium", "metal/copper")]
    temperature: Annotated[Kelvin, Uniform(440.0, 510.0, held_out=(500.0, 510.0))]
    """Of the pan: 170-240 C."""
    butter_temperature: Annotated[Kelvin, Uniform(281.0, 292.0)]
    slope: Annotated[Radian, Uniform(0.0, 0.14)]

    def build(self, key: Key) -> Scene:
        rng = key.child("place").rng()
        size = (self.length, self.length * self.slenderness, self.height)
        spacing = share_of(self.pats * math.prod(size), PARTICLES)
        x, y, z = (max(3, round(v / spacing)) * spacing for v in size)
        size = (x, y, z)
        radius = max(0.06, 1.25 * self.length * math.sqrt(self.pats) + 0.025)
        top = 0.02 + radius * math.sin(self.slope)
        tilt = turn((0.0, 1.0, 0.0), self.slope)
        hot, side = pan(
            key,
            self.pan,
            radius,
            self.temperature,
            base=(0.0, 0.0, top),
            slope=tilt,
            handle_yaw=float(rng.uniform(-0.6, 0.6)) + math.pi,
        )
        domain = self._domain(radius, top)
        melts: list[Melt] = []
        first = float(rng.uniform(0, 2 * math.pi))
        for n in range(self.pats):
            angle = first + 2 * math.pi * n / self.pats
            reach = 0.0 if self.pats == 1 else 0.85 * self.length
            upward = -0.15 * radius * (self.slope > 0.05)
            at = (upward + reach * math.cos(angle), reach * math.sin(angle), top)
            yaw = float(rng.uniform(0, math.pi)) if self.pats == 1 else angle
            points = piece_points(
                key.child("pat", n),
                block(size, 0.12 * self.height),
                size,
                spacing,
                position=at,
                yaw=yaw,
            )
            points = tilted(points, tilt, (0.0, 0.0, top))
            own = key.child("butter")
            melts.append(
                make_melt(
                    own, f"butter_{n}", BUTTER, points, spacing, domain, self.butter_temperature
                )
            )
        focus = Focus(
            lower=(-0.8 * radius, -0.75 * radius, 0.6 * top),
            upper=(0.8 * radius, 0.75 * radius, top + self.height),
        )
        return self.stage(key, [*melts, hot, side], focus=focus, ambient=Ambient())

    def _domain(self, radius: float, top: float) -> Domain:
        drop = radius * np.sin(self.slope) + 0.004
        return Domain(
            lower=(-radius - 0.004, -radius - 0.004, float(top - drop)),
            upper=(radius + 0.004, radius + 0.004, float(top + drop + 1.2 * self.height)),
        )
