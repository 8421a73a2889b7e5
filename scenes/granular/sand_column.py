"""A column of grains drops, collapses and spreads."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.particles import cylinder, fill
from simgen.rotation import from_axis_angle
from simgen.scene import Domain, Grains, Quaternion, RigidBody, Scene, Shape
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio

GRAINS = ("dry_sand", "sugar", "rice", "wheat", "glass_beads", "gravel", "coffee_beans")
OBSTACLES = ("wood/oak", "stone/granite", "plastic/abs", "metal/copper", "ceramic/terracotta")
PARTICLES = 6_000


class SandColumn(SceneTemplate):
    """A tall column of grains, let go above the floor, drops and runs out into a heap.

    Final radius of a collapse from rest: Lube et al., J. Fluid Mech. 508 (2004).
    """

    engines: ClassVar[tuple[str, ...]] = ("newton",)

    camera_elevation: Annotated[Radian, Uniform(0.2, 0.5)]
    grains: Annotated[str, Choice(*GRAINS, held_out=("coffee_beans",))]
    form: Annotated[str, Choice("cylinder", "box", "wall")]
    width: Annotated[Metre, Uniform(0.3, 0.5)]
    """Diameter or edge of the column."""
    slenderness: Annotated[Ratio, Uniform(1.0, 1.8, held_out=(1.65, 1.8))]
    """Height over width."""
    drop: Annotated[Metre, Uniform(0.15, 0.45)]
    """Height of the column's foot above the floor, or above a ramp."""
    obstacle: Annotated[str, Choice("none", "box", "post", "ball", "ramp")]
    offset: Annotated[Ratio, Uniform(0.3, 0.9)]
    """Distance of the obstacle from the axis over the width."""
    side: Annotated[Radian, Uniform(-math.pi, math.pi)]
    """Direction of the obstacle."""

    def build(self, key: Key) -> Scene:
        foot = self.drop + (0.5 * self.width if self.obstacle == "ramp" else 0.0)
        half, tall = self.width / 2, self.width * self.slenderness
        long = 2.0 * half if self.form == "wall" else half
        area = math.pi * half**2 if self.form == "cylinder" else 4 * half * long
        spacing = (area * tall / PARTICLES) ** (1 / 3)
        points = fill(
            (-long, -half, foot),
            (long, half, foot + tall),
            spacing,
            key,
            inside=cylinder((0.0, 0.0, 0.0), half) if self.form == "cylinder" else None,
        )
        reach = self.width * 0.5 * (1.0 + 1.6 * math.sqrt(2 * self.slenderness)) + 0.3 * foot
        wide = 1.8 * reach + long
        top = float(points[:, 2].max())
        stuff = material(f"granular/{self.grains}")
        heap = Grains(
            name="grains",
            positions=points,
            radius=0.6 * spacing,
            spacing=spacing,
            material=stuff,
            domain=Domain(lower=(-wide, -wide, 0.0), upper=(wide, wide, top + 0.5)),
            look=stuff.look(key.child("grains")),
        )
        focus = Focus(
            lower=(-0.72 * reach - long / 2, -0.72 * reach, 0.0),
            upper=(0.72 * reach + long / 2, 0.72 * reach, top),
        )
        return self.stage(key, [heap, *self._obstacle(key)], focus=focus)

    def _obstacle(self, key: Key) -> list[RigidBody]:
        """What stands in the way; a ramp leans under the column itself."""
        if self.obstacle == "none":
            return []
        rng = key.child("obstacle").rng()
        size = self.width * float(rng.uniform(0.35, 0.6))
        tall = min(size * float(rng.uniform(0.8, 1.6)), 0.8 * self.drop)
        tilt = float(rng.uniform(0.5, 0.75))
        solid: Geometry
        turn = from_axis_angle((0, 0, 1), self.side)
        away = self.offset * self.width
        height = tall / 2
        match self.obstacle:
            case "box":
                solid = Box((size, size, tall))
            case "post":
                solid = Cylinder(size / 2, tall)
            case "ball":
                size = min(size, 0.8 * self.drop)
                solid, height = Sphere(size / 2), size / 2
            case _:
                run = 0.7 * self.width
                solid = Box((run, 1.6 * self.width, 0.05))
                slope = from_axis_angle((0, 1, 0), tilt)
                turn, away = slope, 0.0
                height = 0.5 * run * math.sin(tilt) + 0.02
        stuff = material(str(rng.choice(OBSTACLES)))
        w, x, y, z = (float(v) for v in turn)
        quaternion: Quaternion = (w, x, y, z)
        shape = Shape(geometry=solid, material=stuff, look=stuff.look(key.child("obstacle")))
        at = (away * math.cos(self.side), away * math.sin(self.side), height)
        body = RigidBody(
            name="obstacle", shapes=(shape,), position=at, quaternion=quaternion, motion="static"
        )
        return [body]
