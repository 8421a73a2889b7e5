"""Bars of different materials lead heat away from a hot block."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box
from simgen.key import Key
from simgen.scene import Ambient, RigidBody, Scene, ThermalBody
from simgen.scenes.thermodynamics._parts import WARM_METALS, fixed, part
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio, Unit

_BARS = (
    "metal/copper",
    "metal/aluminium",
    "metal/brass",
    "metal/bronze",
    "metal/steel",
    "metal/stainless_steel",
    "ceramic/alumina",
    "stone/granite",
    "glass/borosilicate",
)


class HeatedBars(SceneTemplate):
    """Bars of different materials touch a red-hot block; each leads heat at its own pace."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)

    camera_elevation: Annotated[Radian, Uniform(0.4, 0.9)]
    bars: Annotated[int, Integers(3, 6)]
    length: Annotated[Metre, Uniform(0.05, 0.08)]
    width: Annotated[Metre, Uniform(0.008, 0.014)]
    spacing: Annotated[Ratio, Uniform(1.5, 2.2)]
    """Distance of the bars' axes over their width."""
    block: Annotated[str, Choice(*WARM_METALS)]
    temperature: Annotated[Kelvin, Uniform(850.0, 1200.0, held_out=(1120.0, 1200.0))]
    """The block is held at it."""
    bar_temperature: Annotated[Kelvin, Uniform(283.0, 303.0)]
    contact_conductance: Annotated[float, LogUniform(4000.0, 40000.0), Unit("W/(m^2 K)")]
    """Of the clamped ends."""
    two_part: Annotated[Ratio, Uniform(0.0, 1.0)]
    """Below a half every bar is of one material; above, each is joined from two."""

    def build(self, key: Key) -> Scene:
        rng = key.child("materials").rng()
        names = [_BARS[i] for i in rng.permutation(len(_BARS))]
        w, lift = self.width, 0.012
        pitch = self.spacing * w
        span = pitch * (self.bars - 1) + 2.2 * w
        block_size = (2.5 * w, span, 2.2 * w)
        z = lift + w / 2
        block = ThermalBody(
            name="block",
            body=fixed(
                "block",
                (-block_size[0] / 2, 0.0, lift + block_size[2] / 2),
                part(key.child("block"), Box(block_size), self.block),
            ),
            temperature=self.temperature,
            held=True,
            cell=w / 5,
            contact_conductance=self.contact_conductance,
        )
        ys = (np.arange(self.bars) - (self.bars - 1) / 2) * pitch
        bars = [self._bar(key.child("bar", n), n, names, float(y), z) for n, y in enumerate(ys)]
        rest = fixed(
            "rest",
            (0.85 * self.length, 0.0, lift / 2),
            part(key.child("rest"), Box((0.012, span, lift)), "ceramic/alumina"),
        )
        foot = fixed(
            "foot",
            (-block_size[0] / 2, 0.0, lift / 2),
            part(key.child("foot"), Box((2.5 * w, span, lift)), "stone/brick"),
        )
        focus = Focus(
            lower=(-block_size[0], -span / 2, 0.0),
            upper=(self.length, span / 2, lift + block_size[2]),
        )
        return self.stage(
            key,
            [block, *bars, rest, foot],
            focus=focus,
            ambient=Ambient(temperature=self.bar_temperature),
        )

    def _bar(self, key: Key, n: int, names: list[str], y: float, z: float) -> ThermalBody:
        """Bar number `n` along x from the block, of one material or of two joined end to end."""
        w, length = self.width, self.length
        pieces = [names[n]]
        if self.two_part > 0.5:
            pieces.append(names[(n + self.bars) % len(names)])
        each = length / len(pieces)
        shapes = tuple(
            part(key.child(i), Box((each, w, w)), name, position=((i + 0.5) * each, 0.0, 0.0))
            for i, name in enumerate(pieces)
        )
        return ThermalBody(
            name=f"bar_{n}",
            body=RigidBody(name=f"bar_{n}", shapes=shapes, position=(0.0, y, z), motion="static"),
            temperature=self.bar_temperature,
            cell=w / 8,
            contact_conductance=self.contact_conductance,
        )
