"""Soft rubber rings roll down a ramp, hop over a bump and run into each other and a stop."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import RigidBody, Scene, SoftBody
from simgen.scenes.deformable._parts import BRIGHT, coloured, ring_mesh
from simgen.scenes.rigid._things import fixed
from simgen.shapes import ramp
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian, Ratio
from simgen.words import Words


class RubberRingRoll(SceneTemplate):
    """Soft rubber rings roll down a ramp, hop over a bump and run into each other and a stop."""

    engines: ClassVar[tuple[str, ...]] = ("warp", "mujoco")
    words: ClassVar[Words] = Words(
        short=(
            "[{count soft ring/soft rings} {count? rolls/roll} down a ramp|{count striped "
            "rubber ring/striped rubber rings} {count? is/are} let go on a ramp|{count? a "
            "rubber ring starts/two rubber rings start} to roll down a ramp]"
        ),
        setup=(
            "{count striped ring/striped rings} of {stuff} {count? stands/stand} upright on a "
            "{wood} ramp, with {bump}a brick stop some way beyond its foot"
        ),
        event="{count? the ring starts/both start} to roll [down the ramp|downhill]",
        parameters=(
            "{count} {count? ring/rings} of {stuff} with sqrt(E / density) of {sound}, radius "
            "{radius}, tube {tube*radius:m}, rolling at about {speed} down a ramp of {wood} "
            "sloping {slope}{bump.numbers}"
        ),
        terms={
            "bump": {"<0.0800001": "", "*": "a steel bar and "},
            "bump.numbers": {
                "<0.0800001": "",
                "*": "; a steel bar of radius {bump*radius:m} lies beyond its foot",
            },
        },
    )

    stuff: Annotated[str, Choice("rubber/ecoflex", "rubber/stress_ball", "rubber/silicone")]
    sound: Annotated[MetrePerSecond, Uniform(6.0, 10.0)]
    """sqrt(E / density) of the rings: sets the squash. Soft grades of rubber have 8 m/s."""
    count: Annotated[int, Integers(1, 2)]
    radius: Annotated[Metre, Uniform(0.075, 0.105)]
    """Of the whole ring."""
    tube: Annotated[Ratio, Uniform(0.26, 0.36)]
    """Radius of the tube over that of the ring."""
    slope: Annotated[Radian, Uniform(0.2, 0.36)]
    speed: Annotated[MetrePerSecond, Uniform(0.2, 0.8)]
    """Rolling at the start."""
    bump: Annotated[Ratio, Uniform(0.0, 0.3)]
    """Radius of the bump at the ramp's foot over that of the ring."""
    wood: Annotated[str, Choice("wood/beech", "wood/oak", "wood/pine", "stone/marble")]
    camera_azimuth: Annotated[Radian, Uniform(-0.45, 0.45)]

    def build(self, key: Key) -> Scene:
        rng = key.child("layout").rng()
        paint = [BRIGHT[int(i)] for i in rng.permutation(len(BRIGHT))]
        r = self.radius
        length = 4.6 * r
        rise = length * math.tan(self.slope)
        width = 5.0 * self.tube * r + (1.5 * r if self.count == 2 else 0.0)
        slide = ramp(length=length, width=width, height=rise + 0.004, base=0.004)
        back = from_axis_angle((0, 0, 1), math.pi)
        stop_at = 4.6 * r
        elements: list[SoftBody | RigidBody] = [
            fixed(key, "ramp", slide, self.wood, position=(0, 0, 0), quaternion=back),
            fixed(
                key,
                "stop",
                Box((0.04, width, 1.1 * r)),
                "stone/brick",
                position=(stop_at + 0.02, 0, 0.55 * r),
            ),
        ]
        if self.bump > 0.08:
            bar = Cylinder(self.bump * r, width)
            lying = from_axis_angle((1, 0, 0), math.pi / 2)
            elements.append(
                fixed(key, "bump", bar, "metal/steel", position=(1.4 * r, 0, 0), quaternion=lying)
            )
        raw = material(self.stuff)
        (density,) = raw.require("density")
        stuff = replace(raw, youngs_modulus=density * self.sound**2, poissons_ratio=0.42)
        uphill = np.array([-math.cos(self.slope), 0.0, math.sin(self.slope)])
        normal = np.array([math.sin(self.slope), 0.0, math.cos(self.slope)])
        for i in range(self.count):
            tube = self.tube * r
            points, tets = ring_mesh(r - tube, tube, cells=11)
            points = rotate(from_axis_angle((1, 0, 0), math.pi / 2), points)
            turn = from_axis_angle((0, 1, 0), float(rng.uniform(0, 2 * math.pi)))
            points = rotate(turn, points)
            along = 2.2 * r + i * float(rng.uniform(0.3, 0.9)) * r
            aside = 0.0 if self.count == 1 else (i - 0.5) * (2.4 * tube + 0.7 * r)
            at = uphill * along / math.cos(self.slope) * math.cos(self.slope)
            place = at + normal * (r + 0.0015) + np.array([0.0, aside, 0.004])
            speed = self.speed * (1.0 + 0.3 * i)
            velocity = -uphill * speed
            look = coloured(stuff.look(key.child("look", i)), paint[i])
            look = replace(look, accent=(0.96, 0.94, 0.88), texture="stripes", scale=0.5 * r)
            elements.append(
                SoftBody(
                    name=f"ring_{i}",
                    vertices=points + place,
                    tetrahedra=tets,
                    material=stuff,
                    look=look,
                    velocity=(float(velocity[0]), 0.0, float(velocity[2])),
                    angular_velocity=(0.0, speed / r, 0.0),
                )
            )
        top = 3.0 * r * math.tan(self.slope) + 2.2 * r
        focus = Focus.around(
            corners((-3.9 * r, -width / 2, 0.0), (-1.2 * r, width / 2, top)),
            corners((stop_at, -width / 2, 0.0), (stop_at + 0.05, width / 2, 1.8 * r)),
        )
        return self.stage(key, elements, focus=focus)
