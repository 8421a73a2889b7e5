"""Balls and boxes jump on a bouncy castle."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

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
from simgen.units import Kilogram, Metre, MetrePerSecond, Pascal, Ratio, Unit
from simgen.words import Words


class BouncyCastle(SceneTemplate):
    """Balls and boxes jump about on the ribbed floor of a bouncy castle between soft towers."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="{count} {jumpers} are [dropped onto|let go above|thrown down onto] a bouncy castle",
        setup=(
            "{count} {jumpers} are in the air above the ribbed {castle.colour} floor of a "
            "bouncy castle with four round towers"
        ),
        event="[they are dropped onto it one after another|one by one they drop towards it]",
        parameters=(
            "{count} {jumpers} of up to {mass}, sent down at {drop}; a castle of "
            "{castle.material}, {width} by {depth} and {thickness} thick, at {pressure}"
        ),
        terms={
            "jumpers": {
                "balls": "coloured balls",
                "boxes": "coloured boxes",
                "mixed": "coloured balls and boxes",
            },
        },
    )

    fps: Annotated[float, Field(gt=0, le=1000), Unit("1/s")] = 48.0
    """Slow motion: the taut film rings at 20 to 50 Hz under the jumpers."""
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
    tall: Annotated[Metre, Uniform(0.6, 0.9)]
    """Their height below the dome."""
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
        half = np.abs(np.asarray(floor.vertices)[:, :2]).max(axis=0)
        tower = self._tower(key)
        towers = [self._placed(tower, key, i, half, colours[1 + i % 2]) for i in range(4)]
        things = [self._jumper(key, i, half) for i in range(self.count)]
        x, y = (float(size) + 1.8 * self.tower + 0.06 for size in half)
        focus = Focus(lower=(-x, -y, 0.0), upper=(x, y, 1.25 * self.tall))
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

    def _tower(self, key: Key) -> Inflatable:
        """A tube with a dome on top; the ground sheet holds what is below 3 % of its height."""
        heights = np.array([0.0, 0.02, 0.2, 0.4, 0.6, 0.8, 1.0, 1.09, 1.17, 1.24]) * self.tall
        radii = np.array([0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.87, 0.62, 0.28]) * self.tower
        line = np.stack([0 * heights, 0 * heights, heights + 0.003], -1)
        points, faces = swept_mesh(line, radii, 16)
        ground = np.flatnonzero(points[:, 2] < 0.03 * self.tall + 0.003)
        tube = Inflatable(
            name="tower",
            vertices=points,
            faces=faces,
            material=film("plastic/pvc_film", self.film),
            pressure=0.25 * self.pressure,  # towers are soft
            pinned=tuple(int(v) for v in ground),
        )
        return settled(tube)

    def _placed(
        self, tower: Inflatable, key: Key, index: int, half: Array, colour: Colour
    ) -> Inflatable:
        """A tower at one of the corners of the floor, `half` as large as that [m]."""
        name = f"tower_{index}"
        side = np.array([-1.0 if index % 2 else 1.0, -1.0 if index // 2 else 1.0])
        at = np.array([*(side * (half + 0.8 * self.tower + 0.06)), 0.0])
        look = printed(tower.material, key.child(name), colour, roughness=0.45)
        return replace(
            tower,
            name=name,
            vertices=tower.vertices + at,
            rest_vertices=None if tower.rest_vertices is None else tower.rest_vertices + at,
            look=look,
        )

    def _jumper(self, key: Key, index: int, half: Array) -> RigidBody:
        rng = key.child("jumper", index).rng()
        ball = self.jumpers == "balls" or (self.jumpers == "mixed" and index % 2 == 0)
        size = float(rng.uniform(0.26, 0.32))
        solid: Geometry = Sphere(size / 2) if ball else Box((size, 0.9 * size, 0.8 * size))
        stuff = material(str(rng.choice(["rubber/natural", "wood/beech", "plastic/abs"])))
        colour = pick_colours(key.child("thing", index), 1)[0]
        slots = self.count
        place = np.array(
            [
                (index + 0.5 - slots / 2) / slots * 2 * (float(half[0]) - 0.3),
                float(rng.uniform(-0.45, 0.45)) * float(half[1]),
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
