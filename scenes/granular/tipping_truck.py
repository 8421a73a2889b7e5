"""The bed of a toy truck tips and its load of grains slides out into a heap."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import Domain, Element, RigidBody, Scene
from simgen.scenes.granular import _parts as parts
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Radian, Ratio
from simgen.words import Words

COUNT = 1_700


class TippingTruck(SceneTemplate):
    """The bed of a toy truck tips and its load of grains slides out into a heap."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "[the bed of a toy truck tips up|a toy truck raises its bed|a toy truck tips its "
            "bed] with a load of {dye}{grains}"
        ),
        setup="a toy truck with a {paint}cab carries a load of {dye}{grains} on its {bed} bed",
        event="[the bed of the truck tips up|slowly the truck raises its bed]",
        parameters=(
            "{grains} on a bed of {bed}, {length} long and {width*length:m} wide, that is "
            "tipped to {steepest}"
        ),
        terms={"dye": parts.DYE_WORDS, "paint": parts.DYE_WORDS},
    )

    camera_elevation: Annotated[Radian, Uniform(0.15, 0.45)]
    camera_azimuth: Annotated[Radian, Uniform(-0.25, 0.6)]
    grains: Annotated[str, Choice(*parts.GRAINS, held_out=("sugar",))]
    dye: Annotated[int, Integers(-12, 9)]
    """Colour of the grains; below zero, their own."""
    length: Annotated[Metre, Uniform(0.26, 0.34)]
    """Of the bed."""
    width: Annotated[Ratio, Uniform(0.55, 0.7)]
    """Over the length."""
    load: Annotated[Ratio, Uniform(0.6, 0.95)]
    """Height of the load over that of the sides."""
    steepest: Annotated[Radian, Uniform(0.75, 0.95)]
    """Of the bed, at the end."""
    pace: Annotated[Ratio, Uniform(0.8, 1.3)]
    heading: Annotated[Radian, Uniform(-0.7, 0.1)]
    """Where the load goes; 0 is across the picture, below zero it comes towards the camera, so that
    the truck does not hide it."""
    paint: Annotated[int, Integers(0, 9)]
    bed: Annotated[str, Choice("metal/steel", "plastic/abs", "wood/pine")]

    def build(self, key: Key) -> Scene:
        long, wide = self.length, self.width * self.length
        side, wall, axle = 0.26 * long, 0.007, 0.3 * long
        radius = parts.radius_for(0.96 * long * wide * side * self.load, COUNT)
        yaw = np.asarray(parts.turn((0, 0, 1), self.heading))
        # Bed frame: rear hinge at the origin, +x out of the truck, z up.
        tray: list[parts.Part] = [
            parts.at(Box((long, wide + 2 * wall, wall)), -long / 2, 0, -wall / 2),
            parts.at(Box((wall, wide + 2 * wall, 1.15 * side)), -long - wall / 2, 0, 0.55 * side),
        ]
        for s in (-1, 1):
            tray.append(
                parts.at(Box((long, wall, side)), -long / 2, s * (wide + wall) / 2, side / 2 - wall)
            )
        times = np.linspace(0.0, max(self.duration, 0.1), 49)
        end = 0.75 * self.duration / self.pace
        angles = 0.12 + (self.steepest - 0.12) * parts.eased(times, -0.35, end)
        axis = parts.vector(rotate(yaw, np.array([0.0, 1.0, 0.0])))
        hinge = np.array([0.0, 0.0, axle])
        path = parts.swing(times, parts.vector(hinge), axis, angles, parts.quaternion(yaw))
        stuff = material(f"granular/{self.grains}")
        gate = 0.03 * long
        load = parts.heap(
            "grains",
            key,
            stuff,
            lower=(-long, -wide / 2, 0.0),
            upper=(-gate, wide / 2, side * self.load),
            radius=radius,
            domain=Domain(lower=(-1.0, -1.0, 0.0), upper=(1.0, 1.0, 1.0)),
            look=parts.grain_look(stuff, key.child("grains"), self.dye),
        )
        assert path.quaternions is not None
        load = parts.moved(load, parts.quaternion(path.quaternions[0]), hinge)
        elements: list[Element] = [
            load,
            parts.solid("bed", key, self.bed, tray, path=path),
            *self._truck(key, yaw, wide, axle),
        ]
        top, half = axle + math.sin(self.steepest) * long + 0.3 * side, 0.5 * wide
        places = np.concatenate(
            [
                corners((-1.6 * long, -half, 0.0), (-1.1 * long, half, 0.6 * long)),
                corners((-long, -half, 0.0), (-0.3 * long, half, top)),
                corners((0.0, -1.1 * half, 0.0), (0.75 * long, 1.1 * half, 0.1 * long)),
            ]
        )
        focus = Focus.around(rotate(yaw, places))
        return self.stage(key, elements, focus=focus)

    def _truck(self, key: Key, yaw: np.ndarray, wide: float, axle: float) -> list[RigidBody]:
        """Frame, cab and wheels, standing still."""
        long = self.length
        turned = parts.quaternion(yaw)
        wheel = 0.34 * axle
        beam = 0.28 * axle
        top = axle - 0.035 - 0.12 * long * math.sin(0.12)
        frame = [parts.at(Box((1.42 * long, 0.5 * wide, beam)), -0.75 * long, 0, top - beam / 2)]
        cab_high = 0.52 * long
        cab_x = -1.28 * long
        cab = [
            parts.at(Box((0.3 * long, 0.95 * wide, cab_high)), cab_x, 0, wheel + cab_high / 2),
            parts.at(
                Box((0.13 * long, 0.95 * wide, 0.5 * cab_high)),
                cab_x - 0.21 * long,
                0,
                wheel + 0.25 * cab_high,
            ),
        ]
        lying = parts.turn((1, 0, 0), math.pi / 2)
        wheels: list[parts.Part] = []
        for x in (-0.22 * long, -0.5 * long, -1.3 * long):
            for s in (-1, 1):
                wheels.append((Cylinder(wheel, 0.16 * wide), (x, s * 0.42 * wide, wheel), lying))
        color = parts.DYES[self.paint]
        return [
            parts.solid("frame", key, "metal/steel", frame, turned=turned),
            parts.solid("cab", key, "plastic/abs", cab, turned=turned, color=color),
            parts.solid("wheels", key, "rubber/natural", wheels, turned=turned),
        ]
