"""A tank on a turntable is spun up: its liquid climbs the walls, then swirls on when it stops."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.particles import fill
from simgen.rotation import from_axis_angle
from simgen.scene import Domain, Fluid, Keyframes, RigidBody, Scene, Shape
from simgen.scenes.fluid._parts import (
    LIQUID_WORDS,
    any_material,
    boxes,
    liquid_look,
    smoothstep,
    spacing_for,
    tank_parts,
)
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, RadianPerSecond, Ratio
from simgen.words import Words

LIQUIDS = ("water", "milk", "olive_oil", "orange_juice", "red_wine", "paint", "glycerol")
CLEAR = ("plastic/acrylic", "glass/soda_lime", "plastic/polycarbonate")
TURNTABLES = ("metal/steel", "wood/oak", "plastic/abs", "stone/marble")
PARTICLES = 9_000
WALL = 0.006
TABLE = 0.025


class SpinningTank(SceneTemplate):
    """A square tank on a turntable is spun up or stopped: its liquid climbs the walls and swirls.

    Turning with the tank the surface is the paraboloid z = omega^2 r^2 / 2 g.
    """

    engines: ClassVar[tuple[str, ...]] = ("apic", "warp")
    words: ClassVar[Words] = Words(
        short=(
            "a tank of {liquid} [{motion} on a turntable|stands on a turntable that {motion}|on "
            "a turntable {motion}]"
        ),
        setup=(
            "a rectangular {tank.material} tank of {liquid} stands on a round "
            "{turntable.material} turntable"
        ),
        event="[the turntable {motion}|together with the tank the turntable {motion}]",
        parameters=(
            "{liquid}, {depth*side:m} deep, in a tank of {tank.material}, {side} by "
            "{shape*side:m}, on a turntable that {motion} with up to {spin}"
        ),
        terms={
            "liquid": LIQUID_WORDS,
            "motion": {
                "spin_up": "starts to spin faster and faster",
                "spin_and_stop": "is spun up and then stopped",
                "stir": "turns to and fro",
            },
        },
    )

    frame_count: int = 60
    camera_elevation: Annotated[Radian, Uniform(0.6, 1.0)]
    """High enough to see the surface over the rim."""
    liquid: Annotated[str, Choice(*LIQUIDS, held_out=("glycerol",))]
    side: Annotated[Metre, Uniform(0.14, 0.2)]
    """Of the tank, inside."""
    shape: Annotated[Ratio, Uniform(0.65, 1.0)]
    """Its other side over this one."""
    depth: Annotated[Ratio, Uniform(0.25, 0.4)]
    """Of the liquid over the side."""
    spin: Annotated[RadianPerSecond, Uniform(7.0, 10.5, held_out=(10.0, 10.5))]
    """Fastest rate of the turntable."""
    motion: Annotated[str, Choice("spin_up", "spin_and_stop", "stir")]
    sense: Annotated[str, Choice("left", "right")]

    def build(self, key: Key) -> Scene:
        deep, other = self.depth * self.side, self.shape * self.side
        spacing = spacing_for(self.side * other * deep, PARTICLES)
        side = round(self.side / spacing) * spacing
        other = round(other / spacing) * spacing
        deep = round(deep / spacing) * spacing
        tall = deep + 0.45 * self.side
        bottom = TABLE + WALL
        stuff = material(f"liquid/{self.liquid}")
        wide = math.hypot(side, other) / 2 + 3 * spacing
        liquid = Fluid(
            name="liquid",
            positions=fill(
                (-side / 2, -other / 2, bottom),
                (side / 2, other / 2, bottom + deep),
                spacing,
                key,
                jitter=0.15,
            ),
            spacing=spacing,
            material=stuff,
            domain=Domain(lower=(-wide, -wide, bottom), upper=(wide, wide, bottom + 1.2 * tall)),
            look=liquid_look(stuff, key.child("look")),
        )
        times, turns = self._turns()
        clear = any_material(CLEAR, key.child("tank"))
        tank = boxes(
            "tank",
            tank_parts((side, other, tall), WALL),
            clear,
            clear.look(key.child("tank look")),
            keyframes=_about(times, turns, bottom),
            position=(0.0, 0.0, bottom),
        )
        ware = any_material(TURNTABLES, key.child("table"))
        disc = Shape(
            geometry=Cylinder(wide + 0.01, TABLE),
            material=ware,
            look=ware.look(key.child("table look")),
        )
        table = RigidBody(
            name="turntable",
            shapes=(disc,),
            position=(0.0, 0.0, TABLE / 2),
            motion="kinematic",
            keyframes=_about(times, turns, TABLE / 2),
        )
        focus = Focus(
            lower=(-0.7 * wide, -0.7 * wide, TABLE),
            upper=(0.7 * wide, 0.7 * wide, bottom + tall),
        )
        return self.stage(key, [liquid, tank, table], focus=focus)

    def _turns(self) -> tuple[Array, Array]:
        """Times [s] and angles [rad] of the turntable."""
        times: Array = np.linspace(0.0, (self.frame_count - 1) / self.fps, 40 * self.frame_count)
        match self.motion:
            case "spin_up":
                rate = smoothstep(times, 0.0, 0.9)
            case "spin_and_stop":
                rate = smoothstep(times, 0.0, 0.7) - smoothstep(times, 1.4, 1.75)
            case _:
                rate = np.sin(2.6 * times) * smoothstep(times, 0.0, 0.3)
        rate = rate * (self.spin if self.sense == "left" else -self.spin)
        step = np.diff(times, prepend=times[0])
        angle = np.cumsum(rate * step)
        return times[::10], angle[::10]


def _about(times: Array, turns: Array, height: float) -> Keyframes:
    """A turn about the vertical axis of a body whose origin is at `height` [m] on it."""
    return Keyframes(
        times=times,
        positions=np.tile([0.0, 0.0, height], (len(times), 1)),
        quaternions=np.array([from_axis_angle((0.0, 0.0, 1.0), float(a)) for a in turns]),
    )
