"""Soft beach balls bounce in a pen or are pressed flat."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Geometry, bounds
from simgen.key import Key
from simgen.material import Look, material
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Inflatable, Keyframes, RigidBody, Scene, Shape, Vector
from simgen.scenes.inflatable._parts import COLOURS, Colour, film, sphere_mesh
from simgen.shapes import ramp
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Pascal, RadianPerSecond, Ratio, Unit
from simgen.words import Words

PATTERNS = ("beach_ball", "beach_ball", "stripes", "stripes", "checker")
PEN = (2.7, 1.6)
"""Half length and half depth of the pen in radii."""
SUBDIVISIONS = 3
"""Of an icosahedron: 642 vertices; finer film waves need more substeps than a frame has."""


class BeachBall(SceneTemplate):
    """One or two soft beach balls bounce in a pen, or a board presses them flat and lets go."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short="[{event.short}|{event.other}|{event.third}]",
        setup="{count beach ball/beach balls} {event}",
        event="{event.go}",
        parameters=(
            "{count} {count? ball/balls} of PVC film, radius {radius} and {film} thick, at "
            "{pressure:Pa}; {event.numbers}"
        ),
        terms={
            "event": {
                "press": "{count? lies/lie} under a {wood} board on a rod",
                "*": "{count? is/are} in the air inside a pen with {wood} walls{obstacle}",
            },
            "event.short": {
                "press": "{count beach ball/beach balls} {count? is/are} pressed by a board",
                "throw": "{count beach ball/beach balls} {count? is/are} thrown into a pen",
                "drop": "{count beach ball/beach balls} {count? is/are} dropped into a pen",
            },
            "event.other": {
                "press": "a board comes down on {count beach ball/beach balls}",
                "throw": "{count thrown beach ball flies/thrown beach balls fly} down into a pen",
                "drop": "{count beach ball drops/beach balls drop} towards the ground of a pen",
            },
            "event.third": {
                "press": "a {wood} board presses on {count? a beach ball/beach balls}, up and down",
                "throw": "{count? a beach ball is/two beach balls are} hurled down between walls",
                "drop": "{count? a beach ball is/two beach balls are} let go between walls",
            },
            "event.go": {
                "press": (
                    "[the board presses down and rises again|the board moves slowly down and up]"
                ),
                "throw": (
                    "[{count? it is/they are} thrown down and sideways|with a sideways throw "
                    "{count? it flies/they fly} down]"
                ),
                "drop": (
                    "[{count? it is/they are} dropped with a downward push|{count? it "
                    "drops/they drop} fast towards the ground]"
                ),
            },
            "event.numbers": {
                "press": "a board of {wood} comes down {press}",
                "throw": "the first meets the ground at {impact}, thrown sideways at about {throw}",
                "drop": "the first meets the ground at {impact}",
            },
            "obstacle": {
                "none": "",
                "block": ", with a low block in it",
                "ramp": ", with a ramp in it",
                "post": ", with a round post in it",
            },
        },
    )

    event: Annotated[str, Choice("throw", "drop", "press")]
    count: Annotated[int, Integers(1, 2)]
    radius: Annotated[Metre, Uniform(0.22, 0.34)]
    film: Annotated[Metre, LogUniform(0.0003, 0.001)]
    """Thickness: 0.3 mm is a beach toy; 1 mm a play ball."""
    impact: Annotated[MetrePerSecond, Uniform(2.8, 3.9)]
    """Downward speed of the first ball when it meets the floor."""
    squash: Annotated[Ratio, Uniform(0.5, 0.75)]
    """Depth of the dent of that impact, or of the board's, over the radius. The gas needs
    p = m v^2 / (2 pi R d^2): its work on the area 2 pi R x, x from 0 to d, is m v^2 / 2; the film's
    own stiffness makes the dent smaller."""
    throw: Annotated[MetrePerSecond, Uniform(0.8, 1.8)]
    """Horizontal speed of a throw, left to right or back; a drop has a fifth of it."""
    spin: Annotated[RadianPerSecond, Uniform(1.0, 7.0)]
    press: Annotated[float, Unit("1/s"), Uniform(0.55, 1.1)]
    """Strokes of the board."""
    obstacle: Annotated[str, Choice("none", "block", "ramp", "post")]
    """What lies in the pen."""
    wood: Annotated[str, Choice("wood/oak", "wood/pine", "plastic/abs", "stone/concrete")]

    def build(self, key: Key) -> Scene:
        side = float(key.child("throw").rng().choice([-1.0, 1.0]))
        balls = [self._ball(key, i, side) for i in range(self.count)]
        r = self.radius
        if self.event == "press":
            wide = 1.35 * r * self.count + 0.35 * r
            focus = Focus(lower=(-wide, -1.2 * r, 0.0), upper=(wide, 1.2 * r, 2.5 * r))
            return self.stage(key, (*balls, self._board(key)), focus=focus)
        apex = max(max(float(np.asarray(b.vertices)[:, 2].max()) for b in balls), 3.2 * r)
        focus = Focus(
            lower=(-PEN[0] * r, -PEN[1] * r, 0.0),
            upper=(PEN[0] * r, PEN[1] * r, apex),
        )
        return self.stage(key, (*balls, *self._pen(key), *self._obstacle(key, side)), focus=focus)

    @property
    def pressure(self) -> Pascal:
        """Gauge pressure [Pa] that stops the impact after `squash`."""
        (areal,) = film("plastic/pvc_film", self.film).require("areal_density")
        mass = areal * 4 * math.pi * self.radius**2
        depth = self.squash * self.radius
        needed = mass * self.impact**2 / (2 * math.pi * self.radius * depth**2)
        return float(np.clip(needed, 150.0, 2000.0))

    def _ball(self, key: Key, index: int, side: float) -> Inflatable:
        rng = key.child("ball", index).rng()
        hues = [int(i) for i in key.child("hue").rng().permutation(len(COLOURS)).tolist()]
        colour, second = COLOURS[hues[index]], COLOURS[hues[index + 2]]
        stuff = film("plastic/pvc_film", self.film)
        texture = PATTERNS[int(rng.integers(len(PATTERNS)))]
        if self.event == "press":
            radius = self.radius
            place = [1.2 * radius * (2 * index - self.count + 1), 0.0, radius + 0.002]
            points, faces = sphere_mesh(radius, SUBDIVISIONS)
            motion: tuple[Vector, Vector] = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        else:
            radius = self.radius * (1.0 if index == 0 else float(rng.uniform(0.7, 0.85)))
            points, faces = sphere_mesh(radius, SUBDIVISIONS)
            place, motion = self._flight(rng, index, side, radius)
        turn = rng.normal(size=4)
        look = stuff.look(key.child("look", index))
        return Inflatable(
            name=f"ball_{index}",
            vertices=rotate(turn / np.linalg.norm(turn), points) + place,
            faces=faces,
            material=stuff,
            look=_patterned(replace(look, color=colour), texture, radius, second),
            pressure=self.pressure,
            velocity=motion[0],
            angular_velocity=motion[1],
        )

    def _flight(
        self, rng: np.random.Generator, index: int, side: float, radius: float
    ) -> tuple[list[float], tuple[Vector, Vector]]:
        """Where a ball starts and how it moves; the second comes from the other side."""
        way = side if index == 0 else -side
        share = 1.0 if self.event == "throw" else 0.2
        start = 0.55 * (PEN[0] * self.radius - radius) + 0.1 * self.radius
        low = (0.5, 1.1)[index] * self.radius
        down = math.sqrt(max(self.impact**2 - 2 * 9.81 * low, 0.5)) if index == 0 else 1.5
        place = [-way * start, self.radius * float(rng.uniform(-0.2, 0.2)), radius + low]
        axis = rng.normal(size=3) * [0.06, 1.0, 0.3]
        spin = self.spin * share * axis / np.linalg.norm(axis)
        speed = self.throw * share * float(rng.uniform(0.8, 1.0))
        velocity = (way * speed, -0.3 * place[1], -down)
        return place, (velocity, (float(spin[0]), float(spin[1]), float(spin[2])))

    def _pen(self, key: Key) -> list[RigidBody]:
        """Low walls around the event that send the balls back; the front one is a sill."""
        r = self.radius
        x, y, thick = PEN[0] * r, PEN[1] * r, 0.05
        walls = [
            (Box((2 * x, thick, 2.2 * r)), (0.0, y, 1.1 * r)),
            (Box((2 * x, thick, 0.6 * r)), (0.0, -y, 0.3 * r)),
        ]
        for sign in (-1.0, 1.0):
            walls.append((Box((thick, 2 * y - thick, 2.2 * r)), (sign * x, 0.0, 1.1 * r)))
        stuff = material(self.wood)
        look = stuff.look(key.child("pen_look"))
        shapes = tuple(Shape(geometry=g, material=stuff, look=look, position=at) for g, at in walls)
        return [RigidBody(name="pen", shapes=shapes, motion="static")]

    def _board(self, key: Key) -> RigidBody:
        """A board on a rod that goes down on the balls and up again."""
        r, thick = self.radius, 0.06
        stuff = material(self.wood)
        look = stuff.look(key.child("board_look"))
        plate = Box((2.4 * r * self.count, 2.2 * r, thick))
        rod = Cylinder(0.035, 2.0)
        shapes = (
            Shape(geometry=plate, material=stuff, look=look, position=(0.0, 0.0, thick / 2)),
            Shape(geometry=rod, material=stuff, look=look, position=(0.0, 0.0, 1.0 + thick)),
        )
        times = np.linspace(0.0, max(self.duration, 0.1), 97)
        stroke = (1.3 * self.squash + 0.05) * r  # flatter, the rim would strain beyond 0.2
        low = 0.5 * stroke * (1 - np.cos(2 * math.pi * self.press * times))
        path = np.stack([0 * low, 0 * low, 2.05 * r + 0.004 - low], -1)
        return RigidBody(
            name="board",
            shapes=shapes,
            position=(0.0, 0.0, float(path[0, 2])),
            motion="kinematic",
            keyframes=Keyframes(times=times, positions=path),
        )

    def _obstacle(self, key: Key, side: float) -> list[RigidBody]:
        rng = key.child("obstacle").rng()
        r = self.radius
        tall = r * float(rng.uniform(0.3, 0.55))
        turn = float(rng.uniform(-0.4, 0.4))
        match self.obstacle:
            case "block":
                solid: Geometry = Box((1.1 * r, 1.6 * r, tall))
            case "ramp":
                solid = ramp(length=1.8 * r, width=1.8 * r, height=1.3 * tall)
                turn += 0.0 if side > 0 else math.pi
            case "post":
                solid = Cylinder(0.4 * r, 1.4 * tall)
            case _:
                return []
        stuff = material(str(rng.choice(["wood/beech", "plastic/abs", "stone/granite"])))
        w, x, y, z = (float(v) for v in from_axis_angle((0, 0, 1), turn))
        shape = Shape(geometry=solid, material=stuff, look=stuff.look(key.child("obstacle_look")))
        return [
            RigidBody(
                name=self.obstacle,
                shapes=(shape,),
                position=(side * 0.9 * r, 0.0, -float(bounds(solid)[0, 2])),
                quaternion=(w, x, y, z),
                motion="static",
            )
        ]


def _patterned(look: Look, texture: str, radius: float, second: Colour) -> Look:
    """The film printed with a pattern of a size that suits the ball, white or `second` against its
    colour."""
    scale = {"stripes": 0.5, "checker": 0.7}.get(texture, 1.0) * radius
    accent = second if texture == "beach_ball" else (0.95, 0.94, 0.9)
    return replace(look, texture=texture, scale=scale, accent=accent, roughness=0.25)
