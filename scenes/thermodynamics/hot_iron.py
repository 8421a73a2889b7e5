"""A hot iron is set on a cooler plate."""

from __future__ import annotations

from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.scene import Ambient, Keyframes, RigidBody, Scene, ThermalBody
from simgen.scenes.thermodynamics._parts import TOOLS, fixed, part, path, tool
from simgen.space import Choice, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio, Second, Unit
from simgen.words import Words

_PLATES = ("metal/cast_iron", "metal/steel", "metal/stainless_steel")
"""Metals that stay solid under the hottest tool and keep the print long enough to glow."""
_TOOL_METALS = ("metal/steel", "metal/bearing_steel")
"""Metals that stay solid at yellow heat and hold much of it."""


class HotIron(SceneTemplate):
    """A glowing iron or stamp meets a thin plate; its print glows and fades."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a glowing {tool} is [{motion.short}|brought down and {motion.short}|lowered and "
            "{motion.short}] a metal plate"
        ),
        setup="a glowing hot {tool} of {tool_metal} is held just above a thin {plate} {plate_form}",
        event="[the {tool} {motion}|then the {tool} {motion}]",
        parameters=(
            "a {tool} of {tool_metal}, {tool_size} long, at {temperature} meets a {plate_form} "
            "of {plate}, {plate_size} wide and {plate_thickness} thick, at {room_temperature}, "
            "after {landing}"
        ),
        terms={
            "tool": {
                "flat_iron": "flat iron",
                "block": "block",
                "stamp": "round stamp",
                "ring": "ring stamp",
            },
            "plate_form": {"rectangle": "sheet", "disc": "disc"},
            "motion": {
                "press": "is set down on it, stays a moment and is lifted away",
                "slide": "is set down on it, slides along and is lifted away",
                "stamp": "is set down on it twice, side by side, and lifted away",
            },
            "motion.short": {
                "press": "pressed onto",
                "slide": "slid across",
                "stamp": "pressed twice onto",
            },
        },
    )

    light: Annotated[str, Choice("overcast", "lamp", "golden_hour")]
    camera_elevation: Annotated[Radian, Uniform(0.5, 0.9)]
    tool: Annotated[str, Choice(*TOOLS, held_out=("ring",))]
    tool_metal: Annotated[str, Choice(*_TOOL_METALS)]
    tool_size: Annotated[Metre, Uniform(0.055, 0.075)]
    """Longest edge of the hot part."""
    temperature: Annotated[Kelvin, Uniform(1420.0, 1580.0, held_out=(1550.0, 1580.0))]
    """Of the tool at the start."""
    plate: Annotated[str, Choice(*_PLATES)]
    plate_form: Annotated[str, Choice("rectangle", "disc")]
    plate_size: Annotated[Metre, Uniform(0.13, 0.16)]
    plate_thickness: Annotated[Metre, Uniform(0.0004, 0.0007)]
    motion: Annotated[str, Choice("press", "slide", "stamp")]
    """What the tool does: it is pressed once, slides, or stamps twice; then it is lifted."""
    landing: Annotated[Second, Uniform(0.15, 0.25)]
    """When the tool touches down."""
    slide: Annotated[Ratio, Uniform(0.35, 0.5)]
    """Way of a slide, or from one stamp to the next, over the size of the plate."""
    contact_conductance: Annotated[float, LogUniform(10000.0, 25000.0), Unit("W/(m^2 K)")]
    """Metals pressed at 10 MPa: Incropera, Fundamentals of Heat and Mass Transfer, 6th ed., table
    3.1 (stainless steel 2,500-14,000, copper 20,000-100,000)."""
    room_temperature: Annotated[Kelvin, Uniform(283.0, 303.0)]

    def build(self, key: Key) -> Scene:
        rng = key.child("place").rng()
        wide, deep = self.plate_size, self.plate_size * float(rng.uniform(0.7, 0.95))
        if self.plate_form == "disc":
            deep = wide
        base, thick = float(rng.uniform(0.015, 0.03)), self.plate_thickness
        top = base + thick
        keyframes = self._path(key, wide, deep, top)
        plate_shape = (
            Cylinder(wide / 2, thick) if self.plate_form == "disc" else Box((wide, deep, thick))
        )
        h = self.contact_conductance
        plate = ThermalBody(
            name="plate",
            body=fixed(
                "plate", (0, 0, base + thick / 2), part(key.child("plate"), plate_shape, self.plate)
            ),
            temperature=self.room_temperature,
            cell=wide / 90,
            contact_conductance=h,
        )
        hot, cool = tool(key, self.tool, self.tool_metal, self.tool_size)
        iron = ThermalBody(
            name="iron",
            body=RigidBody(name="iron", shapes=hot, motion="kinematic", keyframes=keyframes),
            temperature=self.temperature,
            cell=self.tool_size / 36,
            contact_conductance=h,
        )
        handle = RigidBody(name="handle", shapes=cool, motion="kinematic", keyframes=keyframes)
        stone = ("stone/brick", "stone/granite", "ceramic/terracotta")[int(rng.integers(3))]
        support = fixed(
            "support",
            (0, 0, base / 2),
            part(key.child("support"), Box((0.8 * wide, 0.8 * deep, base)), stone),
        )
        reach = (0.65 if self.tool in ("flat_iron", "block") else 0.9) * self.tool_size
        focus = Focus(
            lower=(-0.5 * wide, -0.45 * deep, 0.6 * base),
            upper=(0.5 * wide, 0.5 * deep, top + reach),
        )
        ambient = Ambient(temperature=self.room_temperature)
        return self.stage(key, [plate, iron, handle, support], focus=focus, ambient=ambient)

    def _path(self, key: Key, wide: float, deep: float, top: float) -> Keyframes:
        """Down on the plate, then what `motion` says, and off it while the print still glows."""
        rng = key.child("path").rng()
        size = self.tool_size
        lift = float(rng.uniform(0.25, 0.4)) * size
        side = float(rng.choice([-1.0, 1.0]))
        way = self.slide * wide if self.motion != "press" else 0.4 * size
        x0, x1 = -side * way / 2, side * way / 2
        y0 = -float(rng.uniform(0.05, 0.4)) * max(deep - 0.6 * size, 0.0) * 0.4
        rest = max(self.duration, 1.2) - self.landing
        stops: list[tuple[float, float, float, float]] = [(0.0, x0, y0, lift), (0.0, x0, y0, 0.0)]
        if self.motion == "slide":
            stops += [(0.05, x0, y0, 0.0), (0.62, x1, y0, 0.0)]
        elif self.motion == "stamp":
            stops += [(0.22, x0, y0, 0.0), (0.32, (x0 + x1) / 2, y0, 0.7 * lift)]
            stops += [(0.42, x1, y0, 0.0), (0.64, x1, y0, 0.0)]
        else:
            stops += [(0.38, x0, y0, 0.0)]
        _, x, y, _ = stops[-1]
        stops += [(stops[-1][0] + 0.08, x, y, 0.6 * lift)]
        stops += [(1.0, x + 0.35 * side * size, 0.45 * deep, 1.2 * lift)]
        times = [0.0, *(self.landing + share * rest for share, _, _, _ in stops[1:])]
        return path(times, [(x, y, top + z) for _, x, y, z in stops])
