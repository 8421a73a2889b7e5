"""Weights fall on an air mattress."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from simgen.camera import Focus
from simgen.geometry import Box, Capsule, Cylinder, Geometry, Sphere, bounds
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle
from simgen.scene import Inflatable, RigidBody, Scene, Shape, Vector
from simgen.scenes.inflatable._equilibrium import SKIN, settled
from simgen.scenes.inflatable._parts import (
    film,
    pad_mesh,
    pick_colours,
    printed,
    rim_lines,
    rounded,
)
from simgen.shapes import dumbbell
from simgen.shapes.build import moved
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, MetrePerSecond, Pascal, RadianPerSecond, Unit
from simgen.words import Words

WEIGHTS = ("ball", "box", "cylinder", "dumbbell", "capsule")


class AirMattressDrop(SceneTemplate):
    """Weights fall on an air mattress with ribs, sink in and are thrown up again."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="{listed} are [dropped onto|let go above|thrown down onto] an air mattress",
        setup=(
            "{listed} are in the air above a {mattress.colour} air mattress with {ribs "
            "seam/seams} across it"
        ),
        event="[they are dropped onto it one after another|one by one they drop towards it]",
        parameters=(
            "{listed} with up to {heaviest}, the first meeting the mattress at {impact}; a "
            "mattress of {mattress.material}, {length} by {width} and {thickness} thick, at "
            "{pressure}"
        ),
        kinds={
            "ball": "heavy ball/heavy balls",
            "box": "heavy block/heavy blocks",
            "cylinder": "heavy cylinder/heavy cylinders",
            "dumbbell": "dumbbell/dumbbells",
            "capsule": "heavy capsule/heavy capsules",
        },
    )

    fps: Annotated[float, Field(gt=0, le=1000), Unit("1/s")] = 36.0
    """Slow motion: the taut film rings at 20 to 50 Hz under the weights."""
    length: Annotated[Metre, Uniform(1.1, 1.5)]
    width: Annotated[Metre, Uniform(0.7, 0.9)]
    thickness: Annotated[Metre, Uniform(0.14, 0.22)]
    ribs: Annotated[int, Integers(3, 6)]
    """Seams across the mattress."""
    film: Annotated[Metre, LogUniform(0.0004, 0.0008)]
    """Thickness of the PVC: 0.4 mm is a camping bed, 0.8 mm a sturdy one."""
    pressure: Annotated[Pascal, LogUniform(700.0, 2200.0)]
    """Of the air before anything falls."""
    count: Annotated[int, Integers(2, 4)]
    weight: Annotated[str, Choice(*WEIGHTS, "mixed", "mixed")]
    heaviest: Annotated[Kilogram, Uniform(4.0, 12.0)]
    impact: Annotated[MetrePerSecond, Uniform(2.2, 3.6)]
    """Speed of the first weight when it meets the mattress."""
    tumble: Annotated[RadianPerSecond, Uniform(0.0, 3.0)]

    def build(self, key: Key) -> Scene:
        mattress = self._mattress(key)
        x, y, top = np.asarray(mattress.vertices).max(axis=0).tolist()
        weights = [self._weight(key, i, top) for i in range(self.count)]
        focus = Focus(lower=(-x, -y, 0.0), upper=(x, y, top + 0.35))
        return self.stage(key, (mattress, *weights), focus=focus)

    def _mattress(self, key: Key) -> Inflatable:
        pitch = self.length / (self.ribs + 1)
        cells = 4 * (self.ribs + 1)
        edge = self.thickness / 2
        x = np.concatenate([[0.0, 0.3 * edge], np.linspace(0, self.length, cells + 1)[1:-1]])
        x = np.concatenate([x, [self.length - 0.3 * edge, self.length]]) - self.length / 2
        y = rim_lines(self.width, 9, edge)
        seams = np.abs(np.sin(math.pi * (x + self.length / 2) / pitch))
        height = rounded(x, y, self.thickness, edge) * (0.7 + 0.3 * seams)[:, None]
        points, faces, pairs = pad_mesh(x, y, height)
        lines = 1 + 4 * np.arange(1, self.ribs + 1)
        ribs = pairs[lines][:, 3:-3].reshape(-1, 2)
        stuff = film("plastic/pvc_film", self.film)
        (colour,) = pick_colours(key.child("colour"), 1)
        mattress = Inflatable(
            name="mattress",
            vertices=points + [0.0, 0.0, self.thickness / 2 + SKIN],
            faces=faces,
            ribs=ribs,
            material=stuff,
            look=printed(stuff, key.child("look"), colour, roughness=0.35),
            pressure=self.pressure,
        )
        return settled(mattress)

    def _weight(self, key: Key, index: int, top: float) -> RigidBody:
        """A weight over the mattress, whose top is at `top` [m]."""
        rng = key.child("weight", index).rng()
        name = self.weight if self.weight != "mixed" else WEIGHTS[int(rng.integers(len(WEIGHTS)))]
        mass = self.heaviest * (1.0 if index == 0 else float(rng.uniform(0.3, 0.8)))
        stuff = material(str(rng.choice(["metal/steel", "metal/brass", "stone/granite"])))
        solid = _solid(name, mass / (stuff.density or 2000.0))
        size = float(np.linalg.norm(np.ptp(bounds(solid), axis=0))) / 2
        share = (index + 0.5) / self.count - 0.5
        reach = 0.5 * self.length - size - 0.05
        place = (
            float(np.clip((share + rng.uniform(-0.1, 0.1)) * 2 * reach, -reach, reach)),
            float(rng.uniform(-0.15, 0.15)) * self.width,
            top + size + 0.05 + (0.0, 0.3, 0.75, 1.3)[index],
        )
        fall = math.sqrt(max(self.impact**2 - 2 * 9.81 * 0.05, 1.0)) if index == 0 else 1.2
        axis = rng.normal(size=3)
        w, x, y, z = (float(v) for v in from_axis_angle(axis, float(rng.uniform(0, math.pi))))
        spin = self.tumble * rng.uniform(-1, 1, 3)
        velocity: Vector = (0.0, 0.0, -fall)
        return RigidBody(
            name=f"{name}_{index}",
            shapes=(
                Shape(geometry=solid, material=stuff, look=stuff.look(key.child("look", index))),
            ),
            position=place,
            quaternion=(w, x, y, z),
            velocity=velocity,
            angular_velocity=(float(spin[0]), float(spin[1]), float(spin[2])),
            mass=mass,
        )


def _solid(name: str, volume: float) -> Geometry:
    """A solid of that volume [m^3] about its middle, but big enough to be seen (hollow ones weigh
    the same)."""
    size = max(volume, 2.5e-3) ** (1 / 3)
    match name:
        case "ball":
            return Sphere(0.62 * size)
        case "box":
            return Box((1.2 * size, 1.0 * size, 0.83 * size))
        case "cylinder":
            return Cylinder(0.5 * size, 1.27 * size)
        case "capsule":
            return Capsule(0.45 * size, 1.0 * size)
        case _:
            return moved(
                dumbbell(length=2.2 * size, radius=0.5 * size), position=(0, 0, -1.1 * size)
            )
