"""Hot stamps leave prints on a sheet with thermochromic paint."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Box
from simgen.key import Key
from simgen.scene import Ambient, RigidBody, Scene, ThermalBody
from simgen.scenes.thermodynamics._paint import painted
from simgen.scenes.thermodynamics._parts import TOOLS, fixed, part, path, tool
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio, Unit
from simgen.words import Words


class ThermochromicPrints(SceneTemplate):
    """Warm tools touch a sheet one after another; each leaves a print that blurs and fades."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "warm stamps [touch|are pressed onto|are set down on] a sheet with heat-sensitive paint"
        ),
        setup=(
            "a sheet covered with {sheet.colour} heat-sensitive paint lies on two wooden rails, "
            "a warm brass tool above it"
        ),
        event=(
            "[{prints} different warm brass tools are pressed onto it one after another|one "
            "after another, {prints} warm brass tools touch the sheet]"
        ),
        parameters=(
            "{prints} tools of brass at {temperature} touch a sheet of {sheet}, {size} long and "
            "{thickness} thick, at {room_temperature}, whose paint changes {margin} above that"
        ),
    )

    fps: float = 16.0
    frame_count: int = 64
    camera_elevation: Annotated[Radian, Uniform(0.55, 0.95)]
    prints: Annotated[int, Integers(2, 3)]
    sheet: Annotated[str, Choice("plastic/abs", "glass/soda_lime", "metal/stainless_steel")]
    thickness: Annotated[Metre, Uniform(0.0006, 0.001)]
    size: Annotated[Metre, Uniform(0.14, 0.18)]
    tool_size: Annotated[Ratio, Uniform(0.24, 0.3)]
    """Longest edge of a tool over the sheet's."""
    temperature: Annotated[Kelvin, Uniform(335.0, 365.0, held_out=(360.0, 365.0))]
    """Of the tools."""
    room_temperature: Annotated[Kelvin, Uniform(288.0, 297.0)]
    margin: Annotated[Kelvin, Uniform(7.0, 11.0)]
    """How far above the room the paint changes."""
    contact_conductance: Annotated[float, LogUniform(3000.0, 10000.0), Unit("W/(m^2 K)")]
    """Metal pressed on a painted sheet (Incropera, 6th ed., table 3.1)."""
    stay: Annotated[Ratio, Uniform(0.35, 0.5)]
    """Share of its turn that a tool is in touch."""

    def build(self, key: Key) -> Scene:
        rng = key.child("place").rng()
        base, size = 0.014, self.size
        top = base + self.thickness
        sheet = part(key.child("sheet"), Box((size, 0.75 * size, self.thickness)), self.sheet)
        look = painted(sheet.look, key, self.room_temperature + self.margin)
        plate = ThermalBody(
            name="sheet",
            body=fixed("sheet", (0, 0, base + self.thickness / 2), replace(sheet, look=look)),
            temperature=self.room_temperature,
            cell=size / 60,
            contact_conductance=self.contact_conductance,
        )
        kinds = [TOOLS[int(i)] for i in rng.permutation(len(TOOLS))]
        long = self.tool_size * size
        elements: list[ThermalBody | RigidBody] = [plate]
        turn_of = self.duration / (self.prints + 0.35)
        for n in range(self.prints):
            x = (n - (self.prints - 1) / 2) * size / self.prints * 0.95
            y = float(rng.uniform(-0.1, 0.1)) * size
            start = 0.12 + n * turn_of
            stay = self.stay * turn_of
            up, back = top + 0.35 * long, 0.6 * size
            stops = [(x, y, up), (x, y, top), (x, y, top), (x, y, up), (x, y + back, 1.6 * up)]
            times = [
                start,
                start + 0.2,
                start + 0.2 + stay,
                start + 0.45 + stay,
                start + 0.9 + stay,
            ]
            if n:
                stops, times = [(x, y + back, 1.6 * up), *stops], [max(start - 0.45, 0.0), *times]
            keyframes = path(times, stops)
            hot, cool = tool(key.child("tool", n), kinds[n], "metal/brass", long)
            elements.append(
                ThermalBody(
                    name=f"tool_{n}",
                    body=RigidBody(
                        name=f"tool_{n}", shapes=hot, motion="kinematic", keyframes=keyframes
                    ),
                    temperature=self.temperature,
                    cell=long / 10,
                    contact_conductance=self.contact_conductance,
                )
            )
            elements.append(
                RigidBody(name=f"grip_{n}", shapes=cool, motion="kinematic", keyframes=keyframes)
            )
        frame = 0.75 * size
        legs = [
            part(
                key.child("legs"),
                Box((0.012, frame, base)),
                "wood/beech",
                position=(side * 0.47 * size, 0, 0),
            )
            for side in (-1, 1)
        ]
        elements.append(fixed("legs", (0, 0, base / 2), *legs))
        half = 0.5 * size
        focus = Focus(
            lower=(-half, -0.38 * size, 0.5 * base), upper=(half, 0.42 * size, top + 0.8 * long)
        )
        ambient = Ambient(temperature=self.room_temperature)
        return self.stage(key, elements, focus=focus, ambient=ambient)
