"""Rods of several materials, painted with thermochromic paint, are heated at one end."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.scene import Ambient, RigidBody, Scene, ThermalBody
from simgen.scenes.thermodynamics._paint import painted
from simgen.scenes.thermodynamics._parts import fixed, part, path, turn
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio, Second, Unit
from simgen.words import Words

_RODS = (
    "metal/copper",
    "metal/aluminium",
    "metal/brass",
    "metal/steel",
    "metal/stainless_steel",
    "metal/gold",
    "metal/cast_iron",
    "metal/bronze",
    "ceramic/alumina",
    "stone/granite",
)


class ThermochromicRods(SceneTemplate):
    """A hot block meets painted rods: the colour retreats along each as fast as it leads heat.

    Ingenhousz' comparison of conductors (1789), with paint for his wax.
    """

    engines: ClassVar[tuple[str, ...]] = ("warp", "fem")
    words: ClassVar[Words] = Words(
        short=(
            "a hot {block} block is [pushed against|brought to the ends of|pressed onto] {rods "
            "painted rod/painted rods}"
        ),
        setup=(
            "{rods} {section} rods of different materials, all covered with {rod.colour} "
            "heat-sensitive paint, lie side by side in front of a hot {block} block"
        ),
        event=(
            "[the block is pushed against their ends|the hot block moves up to their ends and "
            "stays there]"
        ),
        parameters=(
            "{rods} rods of {rod.materials}, {length} long and {width} thick, at "
            "{room_temperature}, with paint that changes {margin} above that; a block of "
            "{block} at {block_temperature} touches them after {landing}"
        ),
    )

    fps: float = 16.0
    frame_count: int = 64
    camera_elevation: Annotated[Radian, Uniform(0.5, 0.9)]
    rods: Annotated[int, Integers(3, 6)]
    length: Annotated[Metre, Uniform(0.04, 0.055)]
    width: Annotated[Metre, Uniform(0.004, 0.006)]
    spacing: Annotated[Ratio, Uniform(1.5, 2.2)]
    """Distance of axes over the width."""
    section: Annotated[str, Choice("square", "round")]
    block: Annotated[str, Choice("metal/copper", "metal/brass", "metal/aluminium")]
    block_temperature: Annotated[Kelvin, Uniform(355.0, 373.0, held_out=(370.0, 373.0))]
    """Held by hot water inside."""
    room_temperature: Annotated[Kelvin, Uniform(288.0, 297.0)]
    margin: Annotated[Kelvin, Uniform(8.0, 14.0)]
    """How far above the room the paint changes."""
    contact_conductance: Annotated[float, LogUniform(20000.0, 60000.0), Unit("W/(m^2 K)")]
    """Lapped ends with grease (Incropera, Heat and Mass Transfer, 6th ed., table 3.1)."""
    landing: Annotated[Second, Uniform(0.25, 0.5)]

    def build(self, key: Key) -> Scene:
        rng = key.child("materials").rng()
        names = ["metal/copper", *(str(n) for n in rng.permutation(_RODS[1:]))][: self.rods]
        names = [str(n) for n in rng.permutation(names)]
        w, lift = self.width, 0.9 * self.width
        pitch = self.spacing * w
        span = pitch * (self.rods - 1) + 2.4 * w
        z = lift + w / 2
        size = (2.6 * w, span, 2.0 * w)
        at = (-size[0] / 2, 0.0, lift + size[2] / 2)
        away = (at[0] - 1.8 * w, 0.0, at[2])
        block = ThermalBody(
            name="block",
            body=RigidBody(
                name="block",
                shapes=(part(key.child("block"), Box(size), self.block),),
                motion="kinematic",
                keyframes=path([0.0, self.landing], [away, at]),
            ),
            temperature=self.block_temperature,
            held=True,
            cell=w / 3,
            contact_conductance=self.contact_conductance,
        )
        paint = key.child("paint")
        ys = (np.arange(self.rods) - (self.rods - 1) / 2) * pitch
        rods = [self._rod(paint, n, names[n], float(y), z) for n, y in enumerate(ys)]
        rests = fixed(
            "rests",
            (0.0, 0.0, lift / 2),
            *(
                part(
                    key.child("rest"), Box((0.6 * w, span, lift)), "wood/beech", position=(x, 0, 0)
                )
                for x in (0.3 * self.length, 0.9 * self.length)
            ),
        )
        focus = Focus(
            lower=(away[0] - 0.3 * size[0], -0.5 * span, 0.0),
            upper=(1.02 * self.length, 0.5 * span, lift + size[2]),
        )
        ambient = Ambient(temperature=self.room_temperature)
        return self.stage(key, [block, *rods, rests], focus=focus, ambient=ambient)

    def _rod(self, key: Key, n: int, name: str, y: float, z: float) -> ThermalBody:
        """Rod number `n` along x from the block."""
        w, length = self.width, self.length
        if self.section == "square":
            shape = part(key, Box((length, w, w)), name, position=(length / 2, 0.0, 0.0))
        else:
            lie = turn((0, 1, 0), np.pi / 2)
            shape = part(
                key, Cylinder(w / 2, length), name, position=(length / 2, 0, 0), quaternion=lie
            )
        look = painted(shape.look, key, self.room_temperature + self.margin)
        body = fixed(f"rod_{n}", (0.0, y, z), replace(shape, look=look))
        return ThermalBody(
            name=f"rod_{n}",
            body=body,
            temperature=self.room_temperature,
            cell=w / 4,
            contact_conductance=self.contact_conductance,
        )
