"""Balloons are squeezed by a board or rest in a heap."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import Inflatable, Keyframes, RigidBody, Scene, Shape
from simgen.scenes.inflatable._equilibrium import SKIN, settled
from simgen.scenes.inflatable._parts import (
    Colour,
    balloon_gauge,
    film,
    pick_colours,
    printed,
    round_mesh,
    vec,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, MetrePerSecond, Ratio, Unit
from simgen.words import Words


class BalloonPress(SceneTemplate):
    """Two to four balloons side by side carry a falling crate or are squeezed by a board."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="{event.short} {count balloon/balloons}",
        setup=(
            "{count balloons/balloons}{pattern} lie side by side in a low {wood} frame, with a "
            "{wood} {event} above them"
        ),
        event="{event.go}",
        parameters=(
            "{count} balloons of latex, radius {radius} and {rubber} thick, stretched {stretch} "
            "times; {event.numbers}"
        ),
        terms={
            "pattern": {"plain": "", "dots": " with dots", "stripes": " with stripes"},
            "event": {"crate": "crate in the air", "board": "board on a rod"},
            "event.short": {
                "crate": (
                    "[a crate drops onto|a crate drops towards|a {wood} crate comes down on]"
                ),
                "board": "[a board presses on|a board moves up and down on|a press works on]",
            },
            "event.go": {
                "crate": "[the crate drops onto the balloons|the crate comes down on them]",
                "board": (
                    "[the board presses down on the balloons and rises, again and again|the "
                    "board moves down and up over and over]"
                ),
            },
            "event.numbers": {
                "crate": "a crate of {wood}, {crate}, drops from {height} at {speed}",
                "board": "a board of {wood} presses by {squeeze} of their height at {strokes:Hz}",
            },
        },
    )

    event: Annotated[str, Choice("crate", "crate", "board")]
    count: Annotated[int, Integers(2, 4)]
    radius: Annotated[Metre, Uniform(0.11, 0.15)]
    rubber: Annotated[Metre, Uniform(0.0004, 0.0008)]
    """Thickness of the limp rubber; stout balloons for rides are 0.5-1 mm."""
    stretch: Annotated[Ratio, Uniform(1.04, 1.12)]
    """Of the rubber, which makes 0.7 to 2 kPa."""
    crate: Annotated[Kilogram, Uniform(1.5, 5.0)]
    """Mass of what falls."""
    height: Annotated[Metre, Uniform(0.08, 0.2)]
    """Of the last part of its fall onto the balloons."""
    speed: Annotated[MetrePerSecond, Uniform(1.2, 1.9)]
    """Of its fall at the start."""
    squeeze: Annotated[Ratio, Uniform(0.35, 0.6)]
    """Way of the board over the height of a balloon."""
    strokes: Annotated[float, Unit("1/s"), Uniform(1.3, 2.1)]
    wood: Annotated[str, Choice("wood/oak", "wood/pine", "wood/walnut", "plastic/abs")]
    pattern: Annotated[str, Choice("plain", "plain", "dots", "stripes")]

    def build(self, key: Key) -> Scene:
        r = self.radius
        rows, columns = (1, self.count) if self.count < 4 else (2, 2)
        step = 2.0 * r + 0.7 * 0.235 * r + 0.004  # vertices keep a third of an edge apart
        colours = pick_colours(key.child("colour"), self.count)
        balloons: list[Inflatable] = []
        for i in range(self.count):
            x = (i % columns - (columns - 1) / 2) * step
            y = (i // columns - (rows - 1) / 2) * step
            balloons.append(self._balloon(key, i, x, y, colours[i]))
        wide, deep = 0.5 * step * columns + 0.6 * r, 0.5 * step * rows + 0.6 * r
        pen = self._pen(key, wide, deep)
        if self.event == "board":
            high = max(float(np.asarray(b.vertices)[:, 2].max()) for b in balloons)
            mover, top = self._board(key, wide, deep, high), 2.6 * r
        else:
            mover, top = self._crate(key, wide, deep), 2.0 * r + self.height + 0.12
        x, y = wide + 0.04, deep + 0.04
        focus = Focus.around(
            corners((-x, -y, 0.0), (x, y, 2.0 * r)),
            corners((-0.8 * x, -0.8 * y, top), (0.8 * x, 0.8 * y, top)),
        )
        return self.stage(key, (*balloons, pen, mover), focus=focus)

    def _balloon(self, key: Key, index: int, x: float, y: float, colour: Colour) -> Inflatable:
        rng = key.child("balloon", index).rng()
        limp = self.radius / self.stretch
        points, faces = round_mesh(limp, 260)
        turned = rotate(rng.normal(size=4) / 1.0, points)
        turned *= limp / np.linalg.norm(turned, axis=1, keepdims=True)
        stuff = film("rubber/latex", self.rubber)
        balloon = Inflatable(
            name=f"balloon_{index}",
            vertices=turned + [x, y, limp + SKIN],
            faces=faces,
            material=stuff,
            look=printed(
                stuff,
                key.child("look", index),
                colour,
                texture=self.pattern,
                accent=(0.95, 0.93, 0.9),
                scale=0.5 * self.radius,
            ),
            pressure=balloon_gauge(stuff, limp, self.stretch),
        )
        return settled(balloon)

    def _pen(self, key: Key, wide: float, deep: float) -> RigidBody:
        """A low frame that keeps the balloons together."""
        stuff = material(self.wood)
        look = stuff.look(key.child("pen"))
        low = 0.55 * self.radius
        parts = [
            (Box((2 * wide + 0.04, 0.02, low)), (0.0, deep + 0.01, low / 2)),
            (Box((2 * wide + 0.04, 0.02, 0.5 * low)), (0.0, -deep - 0.01, low / 4)),
            (Box((0.02, 2 * deep, low)), (wide + 0.01, 0.0, low / 2)),
            (Box((0.02, 2 * deep, low)), (-wide - 0.01, 0.0, low / 2)),
        ]
        shapes = tuple(Shape(geometry=g, material=stuff, look=look, position=p) for g, p in parts)
        return RigidBody(name="frame", shapes=shapes, motion="static")

    def _crate(self, key: Key, wide: float, deep: float) -> RigidBody:
        """A crate that falls on the balloons and reaches over the middles of all."""
        stuff = material(self.wood)
        look = stuff.look(key.child("crate"))
        rng = key.child("crate").rng()
        high = float(rng.uniform(0.1, 0.18))
        size = (1.4 * wide, 1.25 * deep, high)
        edge = printed(stuff, key.child("edge"), (0.25, 0.2, 0.16))
        shapes = [Shape(geometry=Box(size), material=stuff, look=look)]
        for side in (-0.3, 0.3):
            strap = Box((0.03, size[1] + 0.006, high + 0.006))
            shapes.append(
                Shape(
                    geometry=strap,
                    material=stuff,
                    look=edge,
                    position=(side * size[0], 0.0, 0.0),
                    collides=False,
                )
            )
        tilt = rng.uniform(-0.06, 0.06, 2)
        fallen = 2.0 * self.radius + self.height + high / 2
        return RigidBody(
            name="crate",
            shapes=tuple(shapes),
            position=(0.0, 0.0, fallen),
            quaternion=(
                math.sqrt(1 - float(tilt @ tilt) / 4),
                float(tilt[0]) / 2,
                float(tilt[1]) / 2,
                0.0,
            ),
            velocity=(0.0, 0.0, -self.speed),
            mass=self.crate,
        )

    def _board(self, key: Key, wide: float, deep: float, high: float) -> RigidBody:
        stuff = material(self.wood)
        look = stuff.look(key.child("board"))
        thick = 0.03
        shapes = (
            Shape(
                geometry=Box((1.9 * wide, 1.9 * deep, thick)),
                material=stuff,
                look=look,
                position=(0.0, 0.0, thick / 2),
            ),
            Shape(
                geometry=Cylinder(0.02, 1.2),
                material=stuff,
                look=look,
                position=(0.0, 0.0, thick + 0.6),
            ),
        )
        times = np.linspace(0.0, max(self.duration, 0.1), 97)
        way = 2.0 * self.radius * self.squeeze
        down = 0.5 * way * (1 - np.cos(2 * math.pi * self.strokes * times))
        path = np.stack([0 * down, 0 * down, high + 0.004 - down], -1)
        return RigidBody(
            name="board",
            shapes=shapes,
            position=vec(path[0]),
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=path),
        )
