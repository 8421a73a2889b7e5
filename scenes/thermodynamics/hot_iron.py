"""A hot iron is set on a cooler plate."""

from __future__ import annotations

from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.scene import Ambient, Keyframes, RigidBody, Scene, ThermalBody
from simgen.scenes.thermodynamics._parts import TOOLS, WARM_METALS, fixed, part, path, tool
from simgen.space import Choice, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kelvin, Metre, Radian, Ratio, Second, Unit

_PLATES = ("metal/copper", "metal/aluminium", "metal/brass", "metal/bronze", "metal/steel")
"""Metals in which heat spreads by 1-3 cm in two seconds."""


class HotIron(SceneTemplate):
    """A hot iron or stamp is pressed on a cooler plate, slid over it or lifted off again."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)

    camera_elevation: Annotated[Radian, Uniform(0.35, 0.75)]
    tool: Annotated[str, Choice(*TOOLS, held_out=("ring",))]
    tool_metal: Annotated[str, Choice(*WARM_METALS)]
    tool_size: Annotated[Metre, Uniform(0.1, 0.17)]
    """Longest edge of the hot part."""
    temperature: Annotated[Kelvin, Uniform(850.0, 1250.0, held_out=(1150.0, 1250.0))]
    """Of the tool at the start."""
    plate: Annotated[str, Choice(*_PLATES)]
    plate_form: Annotated[str, Choice("rectangle", "disc")]
    plate_size: Annotated[Metre, Uniform(0.22, 0.3)]
    plate_thickness: Annotated[Metre, Uniform(0.002, 0.006)]
    motion: Annotated[str, Choice("press", "slide", "stamp")]
    """What the tool does: it stays, slides on or is lifted off."""
    landing: Annotated[Second, Uniform(0.2, 0.45)]
    """When the tool touches down."""
    slide: Annotated[Ratio, Uniform(0.3, 0.55)]
    """Way of a slide over the size of the plate."""
    contact_conductance: Annotated[float, LogUniform(2000.0, 12000.0), Unit("W/(m^2 K)")]
    room_temperature: Annotated[Kelvin, Uniform(283.0, 303.0)]

    def build(self, key: Key) -> Scene:
        rng = key.child("place").rng()
        wide, deep = self.plate_size, self.plate_size * float(rng.uniform(0.7, 0.95))
        if self.plate_form == "disc":
            deep = wide
        base, thick = float(rng.uniform(0.02, 0.05)), self.plate_thickness
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
            contact_conductance=h,
        )
        hot, cool = tool(key, self.tool, self.tool_metal, self.tool_size)
        iron = ThermalBody(
            name="iron",
            body=RigidBody(name="iron", shapes=hot, motion="kinematic", keyframes=keyframes),
            temperature=self.temperature,
            contact_conductance=h,
        )
        handle = RigidBody(name="handle", shapes=cool, motion="kinematic", keyframes=keyframes)
        stone = ("stone/brick", "stone/granite", "ceramic/terracotta")[int(rng.integers(3))]
        support = fixed(
            "support",
            (0, 0, base / 2),
            part(key.child("support"), Box((0.8 * wide, 0.8 * deep, base)), stone),
        )
        reach = (0.75 if self.tool in ("flat_iron", "block") else 1.1) * self.tool_size
        focus = Focus(lower=(-wide / 2, -deep / 2, 0.0), upper=(wide / 2, deep / 2, top + reach))
        ambient = Ambient(temperature=self.room_temperature)
        return self.stage(key, [plate, iron, handle, support], focus=focus, ambient=ambient)

    def _path(self, key: Key, wide: float, deep: float, top: float) -> Keyframes:
        """Down on the plate, then what `motion` says, within the clip."""
        rng = key.child("path").rng()
        lift = float(rng.uniform(0.25, 0.5)) * self.tool_size
        way = self.slide * wide if self.motion == "slide" else 0.0
        side = float(rng.choice([-1.0, 1.0]))
        room = 0.1 * (wide - self.tool_size)
        x0 = -side * way / 2 + float(rng.uniform(-1, 1)) * max(room, 0.0)
        y0 = float(rng.uniform(-0.5, 0.5)) * max(deep - 0.6 * self.tool_size, 0.0) * 0.5
        end = max(self.duration, self.landing + 0.5)
        times = [0.0, self.landing]
        points = [(x0, y0, top + lift), (x0, y0, top)]
        if self.motion == "slide":
            times += [self.landing + 0.1, end]
            points += [(x0, y0, top), (x0 + side * way, y0, top)]
        elif self.motion == "stamp":
            leave = self.landing + 0.45 * (end - self.landing)
            away = (x0 + side * 0.25 * wide, y0, top + 1.1 * lift)
            times += [leave, leave + 0.35 * (end - self.landing)]
            points += [(x0, y0, top), away]
        return path(times, points)
