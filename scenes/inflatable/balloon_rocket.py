"""A balloon flies along a string on the recoil of its own air."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import (
    Articulation,
    Inflatable,
    Ints,
    Joint,
    RigidBody,
    Scene,
    Shape,
    Valve,
)
from simgen.scenes.inflatable._parts import (
    balloon_gauge,
    film,
    pick_colours,
    printed,
    round_mesh,
    turn,
    vec,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, Radian, Ratio, Second
from simgen.words import Words


class BalloonRocket(SceneTemplate):
    """A rubber balloon lets its air out and flies along a string, hung from a straw."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "{racers balloon/balloons} on {racers? a string/strings} {racers? lets/let} the air "
            "out[| along the {racers? string/strings}| through the neck]"
        ),
        setup=(
            "{racers inflated balloon hangs/inflated balloons hang} from {racers? a "
            "straw/straws} on {racers? a taut string/two taut strings} between posts"
        ),
        event=(
            "[the {racers? neck of the balloon is/necks of the balloons are} opened and air "
            "rushes out|air is let out of the {racers? balloon/balloons} at the back]"
        ),
        parameters=(
            "{racers} {racers? balloon/balloons} of latex, limp radius {radius}, stretched "
            "{stretch} times, with an opening of radius {nozzle} after {opens}; a straw of "
            "{straw} on a string {length} long that rises by {slope}"
        ),
    )

    radius: Annotated[Metre, Uniform(0.06, 0.075)]
    """Of the rubber when limp."""
    stretch: Annotated[Ratio, Uniform(2.3, 2.7)]
    """Of the rubber at the start."""
    rubber: Annotated[Metre, Uniform(0.0002, 0.0003)]
    """Thickness when limp."""
    nozzle: Annotated[Metre, Uniform(0.007, 0.01)]
    """Radius of the opening."""
    opens: Annotated[Second, Uniform(0.1, 0.35)]
    slope: Annotated[Radian, Uniform(-0.12, 0.3)]
    """Rise of the string along the flight."""
    length: Annotated[Metre, Uniform(1.5, 1.9)]
    """Of the string."""
    straw: Annotated[Kilogram, Uniform(0.003, 0.006)]
    """Mass of straw and tape."""
    racers: Annotated[int, Integers(1, 2)]
    pattern: Annotated[str, Choice("plain", "plain", "stripes", "dots")]

    def build(self, key: Key) -> Scene:
        elements: list[Articulation | Inflatable | RigidBody] = []
        big = self.radius * self.stretch
        high = 3.2 * big + 0.5 * self.length * max(0.0, -math.sin(self.slope)) * 2
        way = np.array([math.cos(self.slope), 0.0, math.sin(self.slope)])
        colours = pick_colours(key.child("colour"), self.racers)
        for i in range(self.racers):
            side = (i - (self.racers - 1) / 2) * 2.6 * big
            start = np.array([-self.length / 2 * way[0], side, high])
            elements += self._racer(key, i, start, way, colours[i])
        top = high + max(0.0, way[2]) * self.length + 0.1
        half = self.length / 2 * way[0] + 0.12
        deep = 1.3 * big * self.racers
        low = high + min(0.0, way[2]) * self.length - 2.3 * big
        focus = Focus(lower=(-half, -deep, low), upper=(half, deep, top))
        return self.stage(key, elements, focus=focus)

    def _racer(
        self, key: Key, index: int, start: Array, way: Array, colour: tuple[float, float, float]
    ) -> list[Articulation | Inflatable | RigidBody]:
        """String, straw and balloon; the string is a thin bar that the straw slides on."""
        rng = key.child("racer", index).rng()
        stretch = self.stretch * float(rng.uniform(0.9, 1.0)) if index else self.stretch
        big = self.radius * stretch
        tilt = turn((0, 1, 0), math.pi / 2 - self.slope)
        at = start + way * (1.4 * big + 0.05)
        stuff = film("rubber/latex", self.rubber)
        points, faces, ring = _balloon(self.radius, way)
        center = at - [0.0, 0.0, big + 0.014]
        placed = points * stretch
        name = f"balloon_{index}"
        top = np.argsort(-placed[:, 2])[:3]
        balloon = Inflatable(
            name=name,
            vertices=placed + center,
            rest_vertices=points,
            faces=faces,
            material=stuff,
            look=printed(
                stuff, key.child("look", index), colour, texture=self.pattern, scale=self.radius
            ),
            pressure=balloon_gauge(stuff, self.radius, stretch),
            valves=(Valve(area=math.pi * self.nozzle**2, opens=self.opens, vertices=ring),),
            attachments=tuple((int(v), f"straw_{index}") for v in top),
        )
        plastic = material("plastic/hdpe")
        straw = RigidBody(
            name=f"straw_{index}",
            shapes=(
                Shape(
                    geometry=Capsule(0.009, 1.4 * big),
                    material=plastic,
                    look=printed(plastic, key.child("straw", index), (0.92, 0.9, 0.86)),
                    collides=False,
                ),
            ),
            position=vec(at),
            quaternion=tilt,
            mass=self.straw,
        )
        free = self.length - 2.8 * big - 0.1
        slide = Joint(
            name="slide", kind="slide", child=straw.name, position=vec(at), axis=vec(way),
            range=(-0.01, free), friction=0.1 * 9.81 * self.straw,
        )  # fmt: skip
        return [
            balloon,
            Articulation(name=f"runner_{index}", links=(straw,), joints=(slide,)),
            self._string(key, index, start, way, tilt),
        ]

    def _string(
        self, key: Key, index: int, start: Array, way: Array, tilt: tuple[float, ...]
    ) -> RigidBody:
        """The taut string between two posts."""
        end = start + way * self.length
        wood, cord = material("wood/pine"), material("textile/nylon_rope")
        line = Shape(
            geometry=Cylinder(0.003, self.length),
            material=cord,
            look=cord.look(key.child("cord")),
            position=vec((start + end) / 2),
            quaternion=(tilt[0], tilt[1], tilt[2], tilt[3]),
            collides=False,
        )
        posts = [
            Shape(
                geometry=Box((0.04, 0.04, float(p[2]) + 0.04)),
                material=wood,
                look=wood.look(key.child("post")),
                position=(float(p[0] + s * 0.02), float(p[1]), float(p[2] + 0.04) / 2),
            )
            for p, s in ((start, -1.0), (end, 1.0))
        ]
        return RigidBody(name=f"string_{index}", shapes=(line, *posts), motion="static")


def _balloon(radius: float, way: Array) -> tuple[Array, Ints, tuple[int, ...]]:
    """A pear-shaped membrane about the origin with its neck against `way`, and the neck's rim."""
    points, faces = round_mesh(radius, 400)
    along = points[:, 2] / radius
    # Longer towards the neck at -z, as a party balloon is.
    neck = np.clip(-along, 0.0, 1.0) ** 6
    points = points * [1.0, 1.0, 1.0] + np.outer(-0.35 * radius * neck, [0.0, 0.0, 1.0])
    points[:, :2] *= (1.0 - 0.45 * neck)[:, None]
    angle = math.pi / 2 - math.atan2(float(way[2]), float(way[0]))
    turned = rotate(turn((0, 1, 0), angle), points)
    tip = int(np.argmin(along))
    rim = np.unique(faces[(faces == tip).any(axis=1)])
    return turned, faces, tuple(int(v) for v in rim)
