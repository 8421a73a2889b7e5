"""A jet rises from the middle of a basin and falls back into it."""

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
    any_material,
    bowl_vessel,
    liquid_look,
    round_body,
    spacing_for,
)
from simgen.shapes.build import tube
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

LIQUIDS = ("water", "milk", "orange_juice", "red_wine", "ethanol", "tomato_juice")
BASINS = ("stone/granite", "stone/marble", "stone/concrete", "ceramic/terracotta", "metal/copper")
PIPES = ("metal/brass", "metal/copper", "metal/stainless_steel", "metal/bronze")
PARTICLES = 16_000
THICKNESS = 0.008


class Fountain(SceneTemplate):
    """Jets rise from the middle of a round basin and fall back into it.

    Without air a jet of speed v at an angle a to the vertical reaches v^2 cos(a)^2 / 2 g.
    """

    engines: ClassVar[tuple[str, ...]] = ("apic",)
    words: ClassVar[Words] = Words(
        short=(
            "[{jets jet/jets} of {liquid} {jets? rises/rise} from|{jets jet/jets} of {liquid} "
            "{jets? spouts/spout} above|a fountain with {jets jet/jets} of {liquid} runs in] a "
            "round basin"
        ),
        setup=(
            "{jets upright {pipes.material} pipe stands/upright {pipes.material} pipes stand} "
            "in the middle of a round {basin} basin of {liquid}"
        ),
        event=(
            "[the fountain is turned on{play} and off again|{liquid} spouts up from {jets? the "
            "pipe/the pipes}{play} until the fountain is turned off]"
        ),
        parameters=(
            "{jets} {jets? jet/jets} of {liquid} {jets? rises/rise} {rise} above pipes of "
            "{pipes.material} in a basin of {basin}, radius {radius}"
        ),
        terms={
            "liquid": LIQUID_WORDS,
            "play": {"pulses": ", in pulses,", "*": ""},
        },
    )

    camera_elevation: Annotated[Radian, Uniform(0.2, 0.5)]
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("red_wine",))]
    basin: Annotated[str, Choice(*BASINS)]
    jets: Annotated[int, Integers(1, 3)]
    radius: Annotated[Metre, Uniform(0.1, 0.13)]
    """Of the basin."""
    rise: Annotated[Metre, Uniform(0.09, 0.16, held_out=(0.15, 0.16))]
    """Height of the jets above their mouths."""
    lean: Annotated[Ratio, Uniform(0.2, 0.55)]
    """How far from the axis the jets come down, over the basin's radius; one jet leans less."""
    depth: Annotated[Ratio, Uniform(0.35, 0.6)]
    """Of the liquid at the start over the basin's height."""
    play: Annotated[str, Choice("steady", "pulses", "in_turn")]
    """When the jets run; a single one has no turn to wait for, and runs in pulses."""

    def build(self, key: Key) -> Scene:
        form = bowl_vessel(self.radius, 0.4 * self.radius, THICKNESS)
        level = max(self.depth * form.height, 2.2 * THICKNESS)
        duration = (self.frame_count - 1) / self.fps
        up = math.sqrt(2 * 9.81 * self.rise)
        flight = 2 * up / 9.81
        landing = self.lean * self.radius * (0.4 if self.jets == 1 else 1.0)
        aside = landing / flight
        speed = math.hypot(up, aside)
        room = 0.5 * (form.volume(0.9 * form.height) - form.volume(level))
        times = [self._times(i, 0.8 * duration) for i in range(self.jets)]
        running = sum(stop - start for spells in times for start, stop in spells)
        nozzle = math.sqrt(room / (speed * running * math.pi))
        nozzle = min(max(nozzle, 0.004), 0.006 if self.jets > 1 else 0.008)
        flow = math.pi * nozzle**2 * speed * running
        spacing = spacing_for(form.volume(level) + flow, PARTICLES)
        nozzle = max(nozzle, 1.5 * spacing)
        mouth = form.height + 0.02
        turn = float(key.child("turn").rng().uniform(0, 2 * math.pi))
        bearings = turn + 2 * math.pi * np.arange(self.jets) / self.jets
        offset = 0.0 if self.jets == 1 else 2.2 * nozzle
        inflows = tuple(
            Inflow(
                position=(offset * math.cos(b), offset * math.sin(b), mouth),
                direction=(aside * math.cos(b), aside * math.sin(b), up),
                radius=nozzle,
                speed=speed,
                start=start,
                stop=stop,
            )
            for b, spells in zip(bearings, times, strict=True)
            for start, stop in spells
        )
        stuff = material(f"liquid/{self.liquid}")
        wide = self.radius + 0.04
        liquid = Fluid(
            name="liquid",
            positions=self._pool(form.liquid(level, spacing, key.child("pool")), inflows, spacing),
            spacing=spacing,
            material=stuff,
            domain=Domain(lower=(-wide, -wide, 0.0), upper=(wide, wide, mouth + 1.15 * self.rise)),
            look=liquid_look(stuff, key.child("look")),
            inflows=inflows,
        )
        ware = material(self.basin)
        mouths = tuple(dict.fromkeys(inflow.position for inflow in inflows))
        bodies = [
            round_body("basin", form, ware, ware.look(key.child("basin look"))),
            self._pipes(key, mouths, nozzle),
        ]
        reach = self.radius
        focus = Focus(lower=(-reach, -reach, 0.0), upper=(reach, reach, mouth + 1.1 * self.rise))
        return self.stage(key, [liquid, *bodies], focus=focus)

    def _times(self, jet: int, end: float) -> list[tuple[float, float]]:
        """Spells [s] in which a jet runs, until `end`."""
        begin = 0.08
        if self.play == "steady":
            return [(begin, end)]
        if self.play == "in_turn" and self.jets > 1:
            wait = (end - begin) / (self.jets + 1)
            return [(begin + jet * wait, begin + (jet + 2) * wait)]
        burst, count = (end - begin) / 5, 3
        return [(begin + 2 * k * burst, begin + (2 * k + 1) * burst) for k in range(count)]

    def _pool(self, points: np.ndarray, inflows: tuple[Inflow, ...], spacing: float) -> np.ndarray:
        """The pool without what the pipes take."""
        free = np.ones(len(points), bool)
        for inflow in inflows:
            x, y, _ = inflow.position
            wide = 1.4 * inflow.radius + 0.5 * spacing
            free &= np.hypot(points[:, 0] - x, points[:, 1] - y) > wide
        return points[free]

    def _pipes(self, key: Key, mouths: tuple[Vector, ...], nozzle: float) -> RigidBody:
        """Upright pipes from the basin's floor to the mouths."""
        stuff = any_material(PIPES, key.child("pipes"))
        look = stuff.look(key.child("pipe look"))
        shapes: list[Shape] = []
        for x, y, z in mouths:
            path: list[Vector] = [(x, y, 0.4 * THICKNESS), (x, y, 0.5 * z), (x, y, z - 0.001)]
            shapes.append(
                Shape(
                    geometry=tube(path, 1.35 * nozzle, sides=24, hulls=2),
                    material=stuff,
                    look=look,
                )
            )
        return RigidBody(name="pipes", shapes=tuple(shapes), motion="static")
