"""A paddle makes a wave in a flume that runs up a beach or breaks over a step."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box
from simgen.key import Key
from simgen.material import material
from simgen.particles import fill
from simgen.scene import Domain, Fluid, Keyframes, RigidBody, Scene, Shape, Vector
from simgen.scenes.fluid._parts import (
    LIQUID_WORDS,
    TANKS,
    boxes,
    inset,
    liquid_look,
    smoothstep,
    spacing_for,
    tank_parts,
)
from simgen.shapes.build import solid
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio, Second
from simgen.words import Words

LIQUIDS = ("water", "brine", "milk", "ethanol", "red_wine", "coffee", "olive_oil")
PADDLES = ("metal/aluminium", "plastic/abs", "wood/oak", "metal/copper", "plastic/polycarbonate")
BEACHES = ("stone/granite", "stone/concrete", "wood/oak", "ceramic/terracotta", "plastic/abs")
PARTICLES = 12_000
BASE = 0.015


class WavePaddle(SceneTemplate):
    """A paddle makes a wave in a flume that runs up a beach or breaks over a step.

    Long waves run at sqrt(g h) (Lagrange 1781). The flume's front is an undrawn pane.
    """

    engines: ClassVar[tuple[str, ...]] = ("apic", "warp", "genesis")
    words: ClassVar[Words] = Words(
        short=(
            "a paddle [is pushed through|makes a wave in|moves in] a flume of {liquid}{shore.short}"
        ),
        setup=(
            "an upright {paddle.material} paddle stands at one end of a long {tank} flume of "
            "{liquid}{shore}"
        ),
        event="[the paddle is pushed {strokes}|a push moves the paddle {strokes}]",
        parameters=(
            "{liquid}, {depth*length:m} deep, in a flume of {tank}, {length} long and "
            "{width*length:m} wide; a paddle of {paddle.material} moves {stroke} times that "
            "depth {strokes} in {push} for each stroke{shore}"
        ),
        terms={
            "liquid": LIQUID_WORDS,
            "strokes": {"one": "forward once", "back_and_forth": "forward, back and forward again"},
            "shore": {
                "step": ", with a {shore.material} step at the far end",
                "beach": ", with a sloping {shore.material} beach at the far end",
                "none": "",
            },
            "shore.short": {"step": " with a step", "beach": " with a beach", "none": ""},
        },
    )

    frame_count: int = 60
    camera_azimuth: Annotated[Radian, Uniform(-0.25, 0.25)]
    camera_elevation: Annotated[Radian, Uniform(0.15, 0.45)]
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("coffee",))]
    length: Annotated[Metre, Uniform(0.9, 1.3)]
    """Of the flume."""
    depth: Annotated[Ratio, Uniform(0.085, 0.12, held_out=(0.115, 0.12))]
    """Of the liquid over the flume's length."""
    width: Annotated[Ratio, Uniform(0.12, 0.2)]
    """Of the flume over its length."""
    stroke: Annotated[Ratio, Uniform(1.0, 1.7)]
    """Of the paddle over the liquid's depth."""
    push: Annotated[Second, Uniform(0.35, 0.5)]
    """Time of one stroke."""
    strokes: Annotated[str, Choice("one", "back_and_forth")]
    shore: Annotated[str, Choice("step", "beach", "none")]
    tank: Annotated[str, Choice(*TANKS)]

    def build(self, key: Key) -> Scene:
        deep = self.depth * self.length
        across = self.width * self.length
        spacing = spacing_for(0.85 * self.length * across * deep, PARTICLES)
        deep = max(5, round(deep / spacing)) * spacing
        across = max(4, round(across / spacing)) * spacing
        along = round(self.length / spacing) * spacing
        lower = (-along / 2, -across / 2, BASE)
        upper = (along / 2, across / 2, BASE + 2.6 * deep)
        thick = 3 * spacing
        stroke = self.stroke * deep
        front = lower[0] + thick
        points = fill(
            (front + 0.5 * spacing, lower[1], BASE),
            (upper[0], upper[1], BASE + deep),
            spacing,
            key,
            jitter=0.15,
        )
        shore = self._shore(key, upper, across, deep)
        if shore is not None:
            points = points[self._wet(points, upper, deep, spacing)]
        stuff = material(f"liquid/{self.liquid}")
        liquid = Fluid(
            name="liquid",
            positions=inset(points, lower, upper, spacing),
            spacing=spacing,
            material=stuff,
            domain=Domain(lower=lower, upper=upper),
            look=liquid_look(stuff, key.child("look")),
        )
        ware = material(self.tank)
        parts = tank_parts((along, across, 2.2 * deep), 0.015, base=BASE, front=False)
        look = ware.look(key.child("tank"))
        tank = boxes("flume", parts, ware, look, position=(0.0, 0.0, BASE))
        paddle = self._paddle(key, front - thick / 2, thick, across, deep, stroke)
        bodies = [tank, paddle, *([shore] if shore else [])]
        focus = Focus(
            lower=(lower[0], lower[1], 0.0), upper=(upper[0], upper[1], BASE + 2.4 * deep)
        )
        return self.stage(key, [liquid, *bodies], focus=focus)

    def _paddle(
        self, key: Key, x: float, thick: float, across: float, deep: float, stroke: float
    ) -> RigidBody:
        """A plate across the flume that is pushed along it."""
        times: Array = np.linspace(0.0, 3.0, 181)
        way = stroke * smoothstep(times, 0.05, 0.05 + self.push)
        if self.strokes == "back_and_forth":
            way -= stroke * smoothstep(times, 0.15 + self.push, 0.15 + 2.2 * self.push)
            way += stroke * smoothstep(times, 0.25 + 2.2 * self.push, 0.25 + 3.2 * self.push)
        size: Vector = (thick, across + 0.004, 2.1 * deep + 0.01)
        middle = BASE + 2.1 * deep / 2 - 0.005
        places = np.stack([x + way, 0 * way, 0 * way + middle], -1)
        stuff = material(str(key.child("paddle").rng().choice(PADDLES)))
        return boxes(
            "paddle",
            [(size, (0.0, 0.0, 0.0))],
            stuff,
            stuff.look(key.child("paddle look")),
            keyframes=Keyframes(times=times, positions=places),
            position=(x, 0.0, middle),
        )

    def _extent(self, deep: float) -> tuple[float, float]:
        """Length and height [m] of what stands at the far end."""
        return (
            (0.28 * self.length, 0.62 * deep)
            if self.shore == "step"
            else (0.4 * self.length, 1.6 * deep)
        )

    def _shore(self, key: Key, upper: Vector, across: float, deep: float) -> RigidBody | None:
        """A step or a beach at the far end."""
        if self.shore == "none":
            return None
        long, tall = self._extent(deep)
        stuff = material(str(key.child("shore").rng().choice(BEACHES)))
        look = stuff.look(key.child("shore look"))
        wide = across + 0.004
        if self.shore == "step":
            shape = Shape(geometry=Box((long, wide, tall)), material=stuff, look=look)
            at = (upper[0] - long / 2, 0.0, BASE + tall / 2)
        else:
            x, y = long / 2, wide / 2
            corners = [(a, b, 0.0) for a in (-x, x) for b in (-y, y)]
            corners += [(x, b, tall) for b in (-y, y)]
            shape = Shape(geometry=solid(corners), material=stuff, look=look)
            at = (upper[0] - long / 2, 0.0, BASE)
        return RigidBody(name="shore", shapes=(shape,), position=at, motion="static")

    def _wet(self, points: Array, upper: Vector, deep: float, spacing: float) -> np.ndarray:
        """Which particles are outside the step or beach."""
        long, tall = self._extent(deep)
        into = np.clip((points[:, 0] - (upper[0] - long)) / long, 0.0, 1.0)
        if self.shore == "step":
            ground = np.where(points[:, 0] > upper[0] - long - 0.3 * spacing, tall, 0.0)
        else:
            ground = tall * into
        return points[:, 2] > BASE + ground + 0.3 * spacing * (into > 0)
