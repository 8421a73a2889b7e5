"""Balls and boxes jump on a bouncy castle."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Geometry, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.scene import Inflatable, RigidBody, Scene, Shape, Valve
from simgen.scenes.inflatable._equilibrium import SKIN, settled
from simgen.scenes.inflatable._parts import (
    Colour,
    film,
    pad_mesh,
    pick_colours,
    printed,
    rim_lines,
    rounded,
    swept_mesh,
    turn,
    vec,
)
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, MetrePerSecond, Pascal, Ratio


class BouncyCastle(SceneTemplate):
    """Balls and boxes jump about on the ribbed floor of a bouncy castle between soft towers."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)

    width: Annotated[Metre, Uniform(2.0, 2.6)]
    depth: Annotated[Metre, Uniform(1.6, 2.0)]
    thickness: Annotated[Metre, Uniform(0.28, 0.4)]
    pressure: Annotated[Pascal, Uniform(1000.0, 1800.0)]
    """Gauge pressure of the blower (EN 14960: above 1 kPa)."""
    film: Annotated[Metre, Uniform(0.0008, 0.0012)]
    """Thickness of the PVC of a castle for the garden."""
    seams: Annotated[int, Integers(3, 5)]
    tower: Annotated[Metre, Uniform(0.17, 0.24)]
    """Radius of the four towers."""
    tall: Annotated[Metre, Uniform(0.9, 1.3)]
    """Their height."""
    count: Annotated[int, Integers(3, 5)]
    """Of jumpers."""
    jumpers: Annotated[str, Choice("balls", "boxes", "mixed", "mixed")]
    mass: Annotated[Kilogram, Uniform(4.0, 12.0)]
    drop: Annotated[MetrePerSecond, Uniform(2.5, 4.0)]
    """Downward speed at the start."""
    push: Annotated[Ratio, Uniform(0.0, 0.25)]
    """Sideways over downward speed."""

    def build(self, key: Key) -> Scene:
        colours = pick_colours(key.child("colour"), 3)
        floor = self._floor(key, colours[0])
        towers = [self._tower(key, i, colours[1 + i % 2]) for i in range(4)]
        things = [self._jumper(key, i) for i in range(self.count)]
        x, y = (size / 2 + 2.1 * self.tower + 0.1 for size in (self.width, self.depth))
        focus = Focus(lower=(-x, -y, 0.0), upper=(x, y, self.tall + 0.45))
        return self.stage(key, (floor, *towers, *things), focus=focus)

    def _floor(self, key: Key, colour: Colour) -> Inflatable:
        pitch = self.width / (self.seams + 1)
        edge = self.thickness / 2
        cells = 4 * (self.seams + 1)
        x = np.linspace(0, self.width, cells + 1)
        x = np.sort(np.concatenate([x, [0.3 * edge, self.width - 0.3 * edge]])) - self.width / 2
        y = rim_lines(self.depth, 10, edge)
        waves = np.abs(np.sin(math.pi * (x + self.width / 2) / pitch))
        height = rounded(x, y, self.thickness, edge) * (0.62 + 0.38 * waves)[:, None]
        points, faces, pairs = pad_mesh(x, y, height)
        lines = [
            int(np.argmin(np.abs(x + self.width / 2 - pitch * k))) for k in range(1, self.seams + 1)
        ]
        stuff = film("plastic/pvc_film", self.film)
        points = points + [0.0, 0.0, self.thickness / 2 + SKIN]
        low = np.flatnonzero(points[:, 2] < 0.05 * self.thickness)
        corner = low[np.argsort(-np.abs(points[low, 0]) - np.abs(points[low, 1]))[:4]]
        castle = Inflatable(
            name="castle",
            vertices=points,
            faces=faces,
            ribs=pairs[lines][:, 3:-3].reshape(-1, 2),
            material=stuff,
            look=printed(stuff, key.child("look"), colour, roughness=0.45),
            pressure=self.pressure,
            valves=(Valve(area=0.008, discharge=0.8, pressure=self.pressure),),
            pinned=tuple(int(v) for v in corner),
        )
        return settled(castle)

    def _tower(self, key: Key, index: int, colour: Colour) -> Inflatable:
        """A tube with a cone on top, pinned to the ground."""
        side = (-1.0 if index % 2 else 1.0, -1.0 if index // 2 else 1.0)
        reach = np.array([self.width, self.depth]) / 2 + self.tower + 0.15
        at = [side[0] * reach[0], side[1] * reach[1], 0.003]
        heights = np.array([0.0, 0.02, 0.2, 0.4, 0.6, 0.8, 1.0, 1.12, 1.24]) * self.tall
        radii = np.array([0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.66, 0.25]) * self.tower
        line = np.stack([0 * heights, 0 * heights, heights], -1) + at
        return self._tube(key, f"tower_{index}", line, radii, 12, colour, 0.03 * self.tall)

    def _tube(
        self,
        key: Key,
        name: str,
        line: Array,
        radii: Array,
        sides: int,
        colour: Colour,
        sewn: float,
    ) -> Inflatable:
        """A closed tube whose vertices below `sewn` [m] are held by the ground sheet."""
        points, faces = swept_mesh(line, radii, sides)
        stuff = film("plastic/pvc_film", self.film)
        ground = np.flatnonzero(points[:, 2] < sewn + 0.003)
        tube = Inflatable(
            name=name,
            vertices=points,
            faces=faces,
            material=stuff,
            look=printed(stuff, key.child(name), colour, roughness=0.45),
            pressure=0.25 * self.pressure,  # towers are soft
            pinned=tuple(int(v) for v in ground),
        )
        return settled(tube)

    def _jumper(self, key: Key, index: int) -> RigidBody:
        rng = key.child("jumper", index).rng()
        ball = self.jumpers == "balls" or (self.jumpers == "mixed" and index % 2 == 0)
        size = float(rng.uniform(0.26, 0.32))
        solid: Geometry = Sphere(size / 2) if ball else Box((size, 0.9 * size, 0.8 * size))
        stuff = material(str(rng.choice(["rubber/natural", "wood/beech", "plastic/abs"])))
        colour = pick_colours(key.child("thing", index), 1)[0]
        slots = self.count
        place = np.array(
            [
                (index + 0.5 - slots / 2) / slots * (self.width - 0.8),
                float(rng.uniform(-0.25, 0.25)) * self.depth,
                self.thickness + 0.25 + size / 2 + 0.45 * index,
            ]
        )
        angle = float(rng.uniform(0, 2 * math.pi))
        side = self.drop * self.push
        return RigidBody(
            name=f"jumper_{index}",
            shapes=(
                Shape(
                    geometry=solid,
                    material=stuff,
                    look=printed(
                        stuff,
                        key.child("thing_look", index),
                        colour,
                        texture="stripes" if ball else "plain",
                        accent=(0.95, 0.94, 0.9),
                        scale=0.5 * size,
                    ),
                ),
            ),
            position=vec(place),
            quaternion=turn(rng.normal(size=3), float(rng.uniform(0, 1.0))),
            velocity=(side * math.cos(angle), side * math.sin(angle), -self.drop),
            angular_velocity=vec(rng.uniform(-2, 2, 3)),
            mass=self.mass * float(rng.uniform(0.6, 1.0)),
        )
