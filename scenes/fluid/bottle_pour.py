"""A carafe or a jug tips over its lip and pours into a glass."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Domain, Fluid, Keyframes, Scene, Vector
from simgen.scenes.fluid._parts import (
    LIQUID_WORDS,
    Vessel,
    any_material,
    carafe,
    liquid_look,
    pose_of,
    round_body,
    smoothstep,
    spacing_for,
    tumbler,
    turning,
)
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

LIQUIDS = ("water", "milk", "olive_oil", "orange_juice", "coffee", "tomato_juice", "red_wine")
JUGS = ("ceramic/porcelain", "ceramic/terracotta", "glass/soda_lime", "metal/stainless_steel")
GLASSES = ("glass/soda_lime", "glass/borosilicate")
PARTICLES = 9_000
THICKNESS = 0.006
HEAD = 0.12
"""Angle [rad] beyond that of the level liquid, for the head that drives it over the lip."""
TIP: Vector = (0.0, 1.0, 0.0)
"""The jug turns about y, its mouth towards +x."""


class BottlePour(SceneTemplate):
    """A carafe or a jug tips over its lip and pours into a glass that stands beside it."""

    engines: ClassVar[tuple[str, ...]] = ("apic",)
    physics_iq: ClassVar[str] = "fill-glass-red-drink"
    words: ClassVar[Words] = Words(
        short=(
            "[{liquid} is poured from a {jug} into|a {jug} of {liquid} is tipped over|a {jug} "
            "pours {liquid} towards] a glass"
        ),
        setup="a {jug.material} {jug} full of {liquid} is tilted next to an empty glass",
        event=(
            "[the {jug} tips further over the glass|slowly the {jug} is tipped towards the glass]"
        ),
        parameters=(
            "{liquid} from a {jug} of {jug.material}, {jug_height} high, tilted by {tilt} at "
            "first, its lip {drop} above a glass of {glass.material}, radius {glass_radius} and "
            "height {glass_height}"
        ),
        terms={"liquid": LIQUID_WORDS},
    )

    frame_count: int = 60
    camera_azimuth: Annotated[Radian, Uniform(-0.6, 0.6)]
    camera_elevation: Annotated[Radian, Uniform(0.12, 0.4)]
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("red_wine",))]
    jug: Annotated[str, Choice("carafe", "beaker")]
    jug_radius: Annotated[Metre, Uniform(0.042, 0.05)]
    jug_height: Annotated[Metre, Uniform(0.13, 0.165)]
    glass_radius: Annotated[Metre, Uniform(0.037, 0.045)]
    glass_height: Annotated[Metre, Uniform(0.085, 0.12)]
    drop: Annotated[Metre, Uniform(0.025, 0.06)]
    """Of the jug's lip above the glass's rim."""
    tilt: Annotated[Radian, Uniform(0.85, 1.05)]
    """Of the jug at the start; its liquid is just below the lip."""
    poured: Annotated[Ratio, Uniform(0.6, 0.85, held_out=(0.8, 0.85))]
    """Share of the glass that is filled."""

    def build(self, key: Key) -> Scene:
        jug, glass = self._jug(), tumbler(self.glass_radius, self.glass_height, THICKNESS)
        start = self._upright(jug)
        deep = float(-(rotate(from_axis_angle(TIP, self.tilt), _rim(jug) + start))[:, 2].min())
        lip = (-0.8 * glass.rim, 0.0, max(self.glass_height + self.drop, deep + 0.012))
        path = self._path(jug, glass, lip)
        now = pose_of(path)
        level = lip[2] - 0.003
        rough = jug.liquid(level, 0.006, key.child("rough"), pose=now)
        spacing = spacing_for(len(rough) * 0.006**3, PARTICLES)
        stuff = material(f"liquid/{self.liquid}")
        lower = (lip[0] - 0.19, -0.08, 0.0)
        upper = (self.glass_radius + 0.09, 0.08, lip[2] + 0.04)
        liquid = Fluid(
            name="liquid",
            positions=jug.liquid(level, spacing, key.child("liquid"), pose=now),
            spacing=spacing,
            material=stuff,
            domain=Domain(lower=lower, upper=upper),
            look=liquid_look(stuff, key.child("look")),
        )
        ware = any_material(JUGS, key.child("jug"))
        clear = any_material(GLASSES, key.child("glass"))
        bodies = [
            round_body("jug", jug, ware, ware.look(key.child("jug look")), keyframes=path),
            round_body("glass", glass, clear, clear.look(key.child("glass look"))),
        ]
        focus = Focus(
            lower=(lip[0] - 0.15, -0.05, 0.0), upper=(self.glass_radius + 0.02, 0.05, lip[2] + 0.06)
        )
        return self.stage(key, [liquid, *bodies], focus=focus)

    def _jug(self) -> Vessel:
        if self.jug == "carafe":
            return carafe(self.jug_radius, self.jug_height, THICKNESS, neck=0.68)
        return tumbler(0.92 * self.jug_radius, self.jug_height, THICKNESS, taper=0.95)

    def _upright(self, jug: Vessel) -> Array:
        """From the lip to the upright jug's origin (3,) [m]."""
        return np.array([-(jug.rim + 0.5 * jug.thickness), 0.0, -jug.height])

    def _path(self, jug: Vessel, glass: Vessel, lip: Vector) -> Keyframes:
        """Tip until the glass has its share, then back a little."""
        duration = (self.frame_count - 1) / self.fps
        start = self._upright(jug)
        cell = 0.005
        reach = np.arange(-0.2, 0.2, cell) + cell / 2
        cloud = np.stack(np.meshgrid(reach, reach, reach + 0.1, indexing="ij"), -1).reshape(-1, 3)
        hollow = cloud[jug.contains(cloud, 0.0)] + start

        def held(angle: float) -> float:
            """Volume [m^3] that stays in the jug at an angle."""
            return float((rotate(from_axis_angle(TIP, angle), hollow)[:, 2] < 0.0).sum()) * cell**3

        wanted = 0.7 * self.poured * glass.volume(glass.height)
        angles = np.linspace(self.tilt, 2.0, 60)
        given = held(self.tilt) - np.array([held(float(a)) for a in angles])
        most = float(np.interp(wanted, np.maximum.accumulate(given), angles))
        times = np.linspace(0.0, duration, 61)
        up = smoothstep(times, -0.1 * duration, 0.55 * duration)
        back = smoothstep(times, 0.68 * duration, 0.95 * duration)
        path = self.tilt + (most + HEAD - self.tilt) * (up - up[0]) / (1 - up[0]) - 0.6 * back
        return turning(lip, np.asarray(lip) + start, TIP, times, path)


def _rim(jug: Vessel) -> Array:
    """Points (N, 3) around the wall of a jug, its own frame [m]."""
    a = np.linspace(0.0, 2.0 * math.pi, 24)
    r, z = jug.profile[:, 0], jug.profile[:, 1]
    ring = np.stack([np.cos(a), np.sin(a)], -1)
    flat = (r[:, None, None] * ring).reshape(-1, 2)
    return np.concatenate([flat, np.repeat(z, len(a))[:, None]], axis=1)
