"""A T-shirt, trousers or a skirt is tossed up, tumbles and lands in a heap or over a thing."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Cylinder, Sphere
from simgen.key import Key
from simgen.material import Material, material
from simgen.rotation import from_axis_angle, multiply, rotate
from simgen.scene import RigidBody, Scene
from simgen.scenes.garment._parts import (
    FABRICS,
    body,
    distinct,
    rumpled,
    sinking_speed,
    usual,
    vec,
    worn,
)
from simgen.shapes import chair, stool
from simgen.shapes.build import circle
from simgen.shapes.garment import Garment, flared, t_shirt, trousers
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Unit
from simgen.words import Words

SPACING = 0.03
"""Edge of the mesh [m]."""
LAYERS = 2.0
"""Of fabric in a garment that flies."""
AROUND = 0.15
"""How far from the middle a garment may slide or roll off [m]."""


class GarmentDrop(SceneTemplate):
    """A tossed garment tumbles and lands crumpled on the floor, a chair, stool, ball or rail."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "newton")
    words: ClassVar[Words] = Words(
        short=(
            "a {fabric} {garment} [is tossed up|is thrown into the air|flies up from a toss] "
            "{target.short}"
        ),
        setup="a {fabric} {garment} is in the air {target}",
        event="[it has just been tossed up|a toss sends it upwards with a spin]",
        parameters=(
            "a {garment} of {fabric}, {size} times the usual size, tossed up by {rise} with "
            "{speed} sideways, spinning at {spin:rad/s}, {gap} {target}"
        ),
        terms={
            "garment": {"t_shirt": "T-shirt", "trousers": "pair of trousers", "skirt": "skirt"},
            "target": {
                "floor": "above the bare ground",
                "chair": "above a {stuff} chair",
                "stool": "above a {stuff} stool",
                "ball": "above a large {stuff} ball",
                "rail": "above a {stuff} rail",
            },
            "target.short": {
                "floor": "above the ground",
                "chair": "above a chair",
                "stool": "above a stool",
                "ball": "above a ball",
                "rail": "above a rail",
            },
        },
    )

    fps: Annotated[float, Field(gt=0, le=1000), Unit("1/s")] = 36.0
    garment: Annotated[str, Choice("t_shirt", "trousers", "skirt")]
    fabric: Annotated[str, Choice(*FABRICS)]
    size: Annotated[float, Uniform(0.9, 1.2)]
    target: Annotated[str, Choice("floor", "chair", "stool", "ball", "rail")]
    gap: Annotated[Metre, Uniform(0.04, 0.12)]
    """From the garment's lowest point to what is under it, at the start."""
    rise: Annotated[Metre, Uniform(0.08, 0.25)]
    """How far it would fly up without air."""
    pitch: Annotated[Radian, Uniform(-1.0, 1.0)]
    """Of the garment at the start, from lying to hanging."""
    speed: Annotated[MetrePerSecond, Uniform(0.2, 0.9)]
    """Horizontal, at the start."""
    spin: Annotated[float, Uniform(-6.0, 6.0)]
    """About the horizontal axis across its way, at the start [rad/s]."""
    stuff: Annotated[str, Choice("wood/oak", "wood/walnut", "plastic/abs", "metal/steel")]

    def build(self, key: Key) -> Scene:
        fabric = material(self.fabric)
        things, top, half = self._things(key)
        seen = [usual(material(self.floor)), usual(material(self.stuff))]
        look = distinct(fabric, key.child("garment"), seen)
        cut = self._cut()
        rng = key.child("throw").rng()
        lying = from_axis_angle((1, 0, 0), -math.pi / 2 + self.pitch)
        turn = multiply(from_axis_angle((0, 0, 1), rng.uniform(-math.pi, math.pi)), lying)
        points = rumpled(cut.vertices - cut.vertices.mean(axis=0), (0, 1, 0), key, 0.004)
        placed = rotate(turn, points)
        azimuth = rng.uniform(-math.pi, math.pi)
        way = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
        toss = self.speed * way + [0.0, 0.0, math.sqrt(2 * 9.81 * self.rise)]
        low = float(placed[:, 2].min())
        flight = _flight(fabric, toss, -low + self.gap)
        placed += [0.0, 0.0, top + self.gap - low] - flight[-1] * [1.0, 1.0, 0.0]
        axis = np.array([-way[1], way[0], 0.0])
        cloth = worn(
            self.garment,
            cut,
            placed,
            fabric,
            look,
            velocity=vec(toss),
            angular_velocity=vec(self.spin * axis),
        )
        highest = placed.mean(axis=0) + flight[int(flight[:, 2].argmax())]
        tumbling = highest + 0.8 * rotate(from_axis_angle(axis, math.pi / 2), rotate(turn, points))
        focus = Focus.around(placed, tumbling, circle(half + AROUND, 0.0), circle(half, top))
        return self.stage(key, (cloth, *things), focus=focus)

    def _cut(self) -> Garment:
        s = self.size
        match self.garment:
            case "t_shirt":
                return t_shirt(
                    chest=0.46 * s, length=0.62 * s, sleeve=0.2 * s, spacing=SPACING, gap=0.03
                )
            case "trousers":
                return trousers(
                    waist=0.38 * s, length=0.8 * s, hem=0.19 * s, spacing=SPACING, gap=0.03
                )
            case _:
                skirt = flared(waist=0.13 * s, length=0.42 * s, fullness=0.7, spacing=SPACING)
                # Lying means the waist up.
                up = rotate(from_axis_angle((1, 0, 0), math.pi / 2), skirt.vertices)
                return Garment(up, skirt.faces, skirt.pattern, skirt.loops)

    def _things(self, key: Key) -> tuple[list[RigidBody], float, float]:
        """What the garment falls on, its height and half width [m]."""
        match self.target:
            case "floor":
                return [], 0.0, 0.3
            case "chair":
                tall = 0.55 * self.size
                seat = chair(width=0.4, depth=0.4, seat=0.5 * tall, height=tall)
                turn = from_axis_angle((0, 0, 1), key.child("turn").rng().uniform(-0.8, 0.8))
                return [body(key, "chair", seat, self.stuff, quaternion=turn)], tall, 0.25
            case "stool":
                tall = 0.3 * self.size
                return [body(key, "stool", stool(radius=0.18, height=tall), self.stuff)], tall, 0.2
            case "ball":
                r = 0.17 * self.size
                ring = body(key, "ring", Cylinder(0.08, 0.03), self.stuff, position=(0, 0, 0.015))
                place = (0, 0, r + 0.02)
                return [body(key, "ball", Sphere(r), self.stuff, position=place), ring], 2 * r, r
            case _:
                return self._rail(key), 0.5 * self.size + 0.02, 0.4

    def _rail(self, key: Key) -> list[RigidBody]:
        tall = 0.5 * self.size
        turn = from_axis_angle((0, 1, 0), math.pi / 2)
        rail = body(
            key, "rail", Capsule(0.02, 0.76), self.stuff, position=(0, 0, tall), quaternion=turn
        )
        posts: list[tuple[Box, Array]] = [
            (Box((0.04, 0.04, tall)), np.array([x, 0.0, tall / 2])) for x in (-0.4, 0.4)
        ]
        return [rail, body(key, "posts", posts, self.stuff)]


def _flight(stuff: Material, toss: Array, fall: float) -> Array:
    """(N, 3) way [m] of a tumbling garment from the toss [m/s] until it is `fall` [m] below its
    start: a point with the drag of a plate of all attitudes alike, half that of one face on."""
    drag = 0.5 * 9.81 / (LAYERS * sinking_speed(stuff) ** 2)
    step, v = 0.005, toss.copy()
    way = [np.zeros(3)]
    while way[-1][2] > -fall:
        v = v + step * (np.array([0.0, 0.0, -9.81]) - drag * np.linalg.norm(v) * v)
        way.append(way[-1] + step * v)
    return np.stack(way)
