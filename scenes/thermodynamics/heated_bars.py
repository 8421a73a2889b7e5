"""A cold block is pushed against red-hot bars of different materials."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box
from simgen.key import Key
from simgen.scene import Ambient, RigidBody, Scene, ThermalBody
from simgen.scenes.thermodynamics._parts import fixed, part, path
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio, Second, Unit
from simgen.words import Words

_BARS = (
    "metal/copper",
    "metal/gold",
    "metal/bronze",
    "metal/cast_iron",
    "metal/steel",
    "metal/bearing_steel",
    "metal/stainless_steel",
    "ceramic/alumina",
    "stone/granite",
)
"""All stay solid at the highest temperature drawn."""


class HeatedBars(SceneTemplate):
    """A cold block meets red-hot bars: each leads its heat away and fades at its own pace."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "fem")
    words: ClassVar[Words] = Words(
        short=(
            "a cold {block} block is [pushed against|pressed onto the ends of|brought to] {bars "
            "red-hot bar/red-hot bars}"
        ),
        setup=(
            "{bars red-hot bar/red-hot bars} of different materials lie side by side, their "
            "ends in line in front of a cold {block} block"
        ),
        event=(
            "[the block is pushed against their ends and later drawn back|the cold block moves "
            "up to their ends, stays a moment and withdraws]"
        ),
        parameters=(
            "{bars} bars{two_part}, {length} long and {width} wide, at {temperature}; a block "
            "of {block} at {block_temperature} touches them from {landing} on for {contact}"
        ),
        terms={
            "two_part": {
                "<0.66667": " of {bar.materials}",
                "*": ", each joined from two materials",
            },
        },
    )

    fps: float = 12.0
    light: Annotated[str, Choice("overcast", "lamp", "golden_hour")]
    camera_elevation: Annotated[Radian, Uniform(0.5, 0.9)]
    bars: Annotated[int, Integers(3, 6)]
    length: Annotated[Metre, Uniform(0.022, 0.032)]
    width: Annotated[Metre, Uniform(0.005, 0.007)]
    spacing: Annotated[Ratio, Uniform(1.35, 1.8)]
    """Distance of the bars' axes over their width."""
    block: Annotated[str, Choice("metal/copper", "metal/aluminium", "metal/brass")]
    temperature: Annotated[Kelvin, Uniform(1200.0, 1310.0, held_out=(1290.0, 1310.0))]
    """Of the bars at the start."""
    block_temperature: Annotated[Kelvin, Uniform(283.0, 303.0)]
    """The block is held at it by water inside; the room has it too."""
    contact_conductance: Annotated[float, LogUniform(30000.0, 90000.0), Unit("W/(m^2 K)")]
    """Of the block pressed on lapped ends: Incropera, Fundamentals of Heat and Mass Transfer,
    6th ed., table 3.1."""
    two_part: Annotated[Ratio, Uniform(0.0, 1.0)]
    """Below two thirds every bar is of one material; above, each is joined from two."""
    landing: Annotated[Second, Uniform(0.2, 0.35)]
    """When the block meets the bars."""
    contact: Annotated[Second, Uniform(2.3, 2.9)]
    """How long it stays; then it is drawn back."""

    def build(self, key: Key) -> Scene:
        rng = key.child("materials").rng()
        names: list[str] = [_BARS[i] for i in rng.permutation(len(_BARS))]
        w, lift = self.width, 0.6 * self.width
        pitch = self.spacing * w
        span = pitch * (self.bars - 1) + 2.2 * w
        block_size = (2.2 * w, span, 1.6 * w)
        z = lift + w / 2
        way = 1.6 * w
        middle = (-block_size[0] / 2, 0.0, lift + block_size[2] / 2)
        off = (middle[0] - way, 0.0, middle[2])
        times = [0.0, self.landing, self.landing + self.contact, self.landing + self.contact + 0.35]
        keyframes = path(times, [off, middle, middle, off])
        block = ThermalBody(
            name="block",
            body=RigidBody(
                name="block",
                shapes=(part(key.child("block"), Box(block_size), self.block),),
                motion="kinematic",
                keyframes=keyframes,
            ),
            temperature=self.block_temperature,
            held=True,
            cell=w / 4,
            contact_conductance=self.contact_conductance,
        )
        ys = (np.arange(self.bars) - (self.bars - 1) / 2) * pitch
        bars = [self._bar(key.child("bar", n), n, names, float(y), z) for n, y in enumerate(ys)]
        rest = fixed(
            "rest",
            (0.85 * self.length, 0.0, lift / 2),
            part(key.child("rest"), Box((0.8 * w, span, lift)), "ceramic/terracotta"),
        )
        foot = fixed(
            "foot",
            (middle[0] - way / 2, 0.0, lift / 2),
            part(key.child("foot"), Box((2.2 * w + way, 1.1 * span, lift)), "stone/brick"),
        )
        focus = Focus(
            lower=(off[0] - 0.2 * block_size[0], -0.42 * span, lift),
            upper=(0.95 * self.length, 0.42 * span, lift + 0.8 * block_size[2]),
        )
        return self.stage(
            key,
            [block, *bars, rest, foot],
            focus=focus,
            ambient=Ambient(temperature=self.block_temperature),
        )

    def _bar(self, key: Key, n: int, names: list[str], y: float, z: float) -> ThermalBody:
        """Bar number `n` along x from the block, of one material or of two joined end to end."""
        w, length = self.width, self.length
        pieces = [names[n]]
        if self.two_part > 2 / 3:
            pieces.append(names[(n + self.bars) % len(names)])
        each = length / len(pieces)
        shapes = tuple(
            part(key.child(i), Box((each, w, w)), name, position=((i + 0.5) * each, 0.0, 0.0))
            for i, name in enumerate(pieces)
        )
        return ThermalBody(
            name=f"bar_{n}",
            body=RigidBody(name=f"bar_{n}", shapes=shapes, position=(0.0, y, z), motion="static"),
            temperature=self.temperature,
            cell=w / 8,
            contact_conductance=self.contact_conductance,
        )
