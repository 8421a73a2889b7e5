"""A flag on a pole streams and flutters in the wind, straight or a little from below."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Cylinder, Sphere
from simgen.key import Key
from simgen.lattice import sheet
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Ambient, Cloth, Scene
from simgen.scenes.garment._parts import (
    LIGHT,
    body,
    distinct,
    patterned,
    rumpled,
    sinking_speed,
    usual,
    vec,
)
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian
from simgen.words import Words

SPACING = 0.045
"""Edge of the mesh [m]."""


PATTERN = 0.15
"""Least scale of what is printed on a flag, to be seen from afar, over its height."""

PRINTS = ("stripes", "checker", "dots", "tartan")
"""Patterns that are seen from afar; flags of other looks are striped."""


class FlagInWind(SceneTemplate):
    """A flag or pennant on a pole streams and flutters in a wind."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="wind blows [at|against|along] a {form} on a pole",
        setup="a {form} hangs in folds from the top of a {pole} pole",
        event="[a steady wind blows along it|the wind starts to blow]",
        parameters=(
            "a {form}, {height} along the pole of {pole}, in a wind of {wind} times the speed "
            "at which the cloth sinks in still air, {wind_azimuth} off the way it hangs; the "
            "pole leans by {lean}"
        ),
        terms={
            "form": {
                "flag": "{fabric} flag",
                "banner": "square {fabric} banner",
                "pennant": "pointed {fabric} pennant",
            },
        },
    )

    fabric: Annotated[str, Choice(*LIGHT, "textile/wool")]
    form: Annotated[str, Choice("flag", "banner", "pennant")]
    height: Annotated[Metre, Uniform(0.6, 1.0)]
    """Along the pole."""
    ratio: Annotated[float, Uniform(1.3, 1.8)]
    """Length over height."""
    wind: Annotated[float, Uniform(2.2, 3.6)]
    """Over the speed at which the flat sheet sinks in still air. Faster winds raise ripples that
    24 frames per second do not show, and that the air on a flat plate does not describe: its
    inertia and boundary layer hold back waves of a few centimetres on light cloth."""
    wind_azimuth: Annotated[Radian, Uniform(-0.5, 0.5)]
    """Off the way that the flag hangs at the start."""
    updraught: Annotated[float, Uniform(-0.1, 0.1)]
    """Of the wind, over its speed."""
    lean: Annotated[Radian, Uniform(0.0, 0.25)]
    """Of the pole."""
    pole: Annotated[str, Choice("metal/steel", "metal/aluminium", "wood/beech", "metal/brass")]

    def build(self, key: Key) -> Scene:
        stuff = material(self.fabric)
        look = distinct(stuff, key.child("flag"), [usual(material(self.floor)), (0.6, 0.7, 0.85)])
        if look.texture not in PRINTS:
            look = replace(patterned(look, key), texture="stripes")
        look = replace(look, scale=max(look.scale, PATTERN * self.height))
        tall = self.height + 0.75
        tilt = from_axis_angle((0.0, 1.0, 0.0), -self.lean)
        flag = self._flag(key, tilt, tall, stuff, look)
        shaft = body(
            key,
            "pole",
            [(Cylinder(0.02, tall), (0, 0, tall / 2)), (Sphere(0.035), (0, 0, tall + 0.02))],
            self.pole,
            quaternion=tilt,
        )
        foot = body(key, "foot", Cylinder(0.12, 0.04), "stone/granite", position=(0, 0, 0.02))
        speed = self.wind * sinking_speed(stuff)
        way = speed * np.array(
            [math.cos(self.wind_azimuth), math.sin(self.wind_azimuth), self.updraught]
        )
        streaming = [
            rotate(from_axis_angle((0, 0, 1), self.wind_azimuth + a), np.asarray(flag.vertices))
            for a in (-0.3, 0.3)
        ]
        low = streaming[0] - [0.0, 0.0, 0.3 * self.height]
        focus = Focus.around(flag.vertices, *streaming, low)
        return self.stage(key, (flag, shaft, foot), focus=focus, ambient=Ambient(wind=vec(way)))

    def _flag(self, key: Key, tilt: Array, tall: float, stuff: Material, look: Look) -> Cloth:
        long = self.height * (1.0 if self.form == "banner" else self.ratio)
        flat, faces = sheet(long, self.height, SPACING)
        along = flat[:, 0] / long + 0.5
        if self.form == "pennant":
            flat = flat * np.stack([np.ones_like(along), 1.0 - 0.75 * along, along], -1)
        # It hangs in pleats at the start, shorter by what they take up.
        phase = float(key.child("pleats").rng().uniform(0, 2 * math.pi))
        turn = 0.7 * along
        step = long / max(1, round(long / SPACING))
        pleat = turn * np.sin(2 * math.pi * 2.2 * along + phase)
        columns = np.unique(along)
        angles = np.interp(columns, along[np.argsort(along)], pleat[np.argsort(along)])
        x = np.concatenate([[0.0], np.cumsum(step * np.cos(angles[1:]))])
        y = np.concatenate([[0.0], np.cumsum(step * np.sin(angles[1:]))])
        place = np.searchsorted(columns, along)
        hung = np.stack([x[place] + 0.03, y[place], flat[:, 1] + tall - self.height / 2], -1)
        hung = rotate(tilt, rumpled(hung, (0, 1, 0), key, 0.002))
        pinned = np.flatnonzero(along < 1e-9)
        if self.form == "flag":
            # Tied by cords at the corners and in between.
            order = np.argsort(flat[pinned, 1])
            pinned = pinned[order][:: max(1, len(order) // 4)]
        return Cloth(
            name="flag",
            vertices=hung,
            faces=faces,
            rest_vertices=flat,
            material=stuff,
            look=look,
            pinned=tuple(int(i) for i in pinned),
            self_collision=True,
        )
