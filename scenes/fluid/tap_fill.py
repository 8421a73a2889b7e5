"""A tap runs and fills a glass, a cup or a bowl."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.key import Key
from simgen.material import material
from simgen.scene import Domain, Fluid, Inflow, RigidBody, Scene, Shape, Vector
from simgen.scenes.fluid._parts import (
    LIQUID_WORDS,
    Vessel,
    any_material,
    bowl_vessel,
    carafe,
    liquid_look,
    round_body,
    spacing_for,
    tumbler,
)
from simgen.shapes.build import tube
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words

LIQUIDS = ("water", "milk", "olive_oil", "syrup", "orange_juice", "coffee", "tomato_juice")
GLASSES = ("glass/soda_lime", "glass/borosilicate")
TAPS = ("metal/steel", "metal/brass", "metal/copper", "metal/aluminium")
PARTICLES = 12_000
THICKNESS = 0.0035


class TapFill(SceneTemplate):
    """A tap runs and fills a glass, a cup or a bowl that stands under it."""

    engines: ClassVar[tuple[str, ...]] = ("apic", "warp")
    physics_iq: ClassVar[str] = "fill-glass-red-drink"
    words: ClassVar[Words] = Words(
        short=(
            "[a tap runs {liquid} into|{liquid} runs from a tap into|a tap pours {liquid} into] "
            "a glass {vessel}"
        ),
        setup="a {vessel.material} {vessel} stands under the mouth of a {tap.material} tap",
        event=(
            "[the tap runs and {liquid} streams into it|{liquid} runs from the tap into the "
            "{vessel}]"
        ),
        parameters=(
            "{liquid} leaves a tap of {tap.material} at {speed}, {drop} above the rim of a "
            "{vessel} of {vessel.material}, radius about {radius}"
        ),
        terms={"liquid": LIQUID_WORDS},
    )

    frame_count: int = 60
    camera_elevation: Annotated[Radian, Uniform(0.12, 0.5)]
    camera_azimuth: Annotated[Radian, Uniform(-0.9, 0.9)]
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("coffee",))]
    vessel: Annotated[str, Choice("tumbler", "carafe", "bowl")]
    radius: Annotated[Metre, Uniform(0.034, 0.042)]
    """Of the vessel; a bowl is wider."""
    slenderness: Annotated[Ratio, Uniform(1.5, 2.2)]
    """Height over radius."""
    speed: Annotated[MetrePerSecond, Uniform(0.5, 0.9, held_out=(0.82, 0.9))]
    """Of the liquid at the tap's mouth."""
    fill_time: Annotated[Ratio, Uniform(0.75, 1.1)]
    """Time to fill the vessel, over the clip's; it makes the tap's mouth wide or narrow."""
    drop: Annotated[Metre, Uniform(0.02, 0.06)]
    """Of the mouth above the rim."""
    offset: Annotated[Ratio, Uniform(0.0, 0.45)]
    """Of the stream from the vessel's axis, over the radius."""
    start_level: Annotated[Ratio, Uniform(0.0, 0.3)]
    """Of the liquid that is in the vessel at the start, over its height."""

    def build(self, key: Key) -> Scene:
        form = self._vessel()
        duration = (self.frame_count - 1) / self.fps
        bearing = float(key.child("bearing").rng().uniform(-math.pi, math.pi))
        level = max(self.start_level * form.height, 0.0)
        room = 0.88 * form.volume(form.height) - form.volume(level)
        nozzle = math.sqrt(room / (math.pi * self.speed * self.fill_time * duration))
        nozzle = min(max(nozzle, 0.005), 0.011)
        flow = math.pi * nozzle**2 * self.speed
        stop = min(duration, room / flow)
        spacing = spacing_for(flow * stop + form.volume(level), PARTICLES)
        shift = self.offset * form.rim
        mouth = (shift * math.cos(bearing), shift * math.sin(bearing), form.height + self.drop)
        half = float(form.profile[:, 0].max()) + 0.03
        stuff = material(f"liquid/{self.liquid}")
        pool = np.zeros((0, 3))
        if level > form.thickness + 2 * spacing:
            pool = form.liquid(level, spacing, key.child("pool"))
        liquid = Fluid(
            name="liquid",
            positions=pool,
            spacing=spacing,
            material=stuff,
            domain=Domain(lower=(-half, -half, 0.0), upper=(half, half, mouth[2] + 0.03)),
            look=liquid_look(stuff, key.child("look")),
            inflows=(
                Inflow(
                    position=mouth,
                    direction=(0.0, 0.0, -1.0),
                    radius=nozzle,
                    speed=self.speed,
                    stop=stop,
                ),
            ),
        )
        glass = any_material(GLASSES, key.child("glass"))
        body = round_body("vessel", form, glass, glass.look(key.child("glass look")))
        tap = self._tap(key, mouth, bearing, nozzle)
        reach = float(form.profile[:, 0].max())
        focus = Focus(
            lower=(-reach, -reach, 0.0),
            upper=(reach, reach, mouth[2] + 0.005),
        )
        return self.stage(key, [liquid, body, tap], focus=focus)

    def _vessel(self) -> Vessel:
        height = self.slenderness * self.radius
        match self.vessel:
            case "carafe":
                return carafe(1.05 * self.radius, 1.25 * height, THICKNESS, neck=0.72)
            case "bowl":
                return bowl_vessel(1.6 * self.radius, 0.75 * height, THICKNESS)
            case _:
                return tumbler(self.radius, height, THICKNESS)

    def _tap(self, key: Key, mouth: Vector, bearing: float, nozzle: float) -> RigidBody:
        """A bent spout whose open end is just above the mouth; it leads away from the vessel."""
        x, y, z = mouth
        rng = key.child("tap").rng()
        outer, rise = 1.45 * nozzle, float(rng.uniform(0.05, 0.08))
        away = bearing + float(rng.uniform(-0.6, 0.6))
        arc = np.linspace(0.0, 0.5 * math.pi, 9)
        bend = 0.035
        run = [(0.0, 0.0), (0.0, rise - bend)]
        run += [(bend * (1 - math.cos(a)), rise - bend + bend * math.sin(a)) for a in arc[1:]]
        run.append((0.5, rise))
        path = [(x + s * math.cos(away), y + s * math.sin(away), z + 0.0015 + h) for s, h in run]
        stuff = any_material(TAPS, key.child("tap material"))
        shape = Shape(
            geometry=tube(path, outer, sides=24, hulls=len(path) - 1),
            material=stuff,
            look=stuff.look(key.child("tap look")),
            collides=False,
        )
        return RigidBody(name="tap", shapes=(shape,), motion="static")
