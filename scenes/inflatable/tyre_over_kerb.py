"""A soft tyre rolls over a kerb, and back and forth between two walls."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Cylinder
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import Inflatable, RigidBody, Scene, Shape
from simgen.scenes.inflatable._parts import printed, sheet_of, torus_mesh, turn, vec
from simgen.space import Choice, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, MetrePerSecond, Pascal, Ratio
from simgen.words import Words


class TyreOverKerb(SceneTemplate):
    """A wheel with a soft balloon tyre rolls over a kerb or bumps between two walls."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short=(
            "a wheel with a soft tyre rolls towards [{obstacle}|{obstacle} on the "
            "ground|{obstacle} in its way]"
        ),
        setup=(
            "a wheel with a black balloon tyre stands in front of {obstacle}, between two walls "
            "of {stuff}"
        ),
        event=(
            "[the wheel rolls towards the {obstacle.name}|a push sends the wheel rolling at the "
            "{obstacle.name}]"
        ),
        parameters=(
            "a tyre of natural rubber, {rubber} thick, radius {ring} to the middle of a tube of "
            "radius {fatness*ring:m}, at {pressure}, on a rim of {rim}, {hub}, rolls at "
            "{speed}; {obstacle}"
        ),
        terms={
            "obstacle": {
                "kerb": "a {stuff} kerb",
                "step": "a {stuff} step",
                "bumps": "three {stuff} bumps",
                "plank": "a flat slab of {stuff}",
            },
            "obstacle.name": {"kerb": "kerb", "step": "step", "bumps": "bumps", "plank": "slab"},
        },
    )

    obstacle: Annotated[str, Choice("kerb", "step", "bumps", "plank")]
    ring: Annotated[Metre, Uniform(0.2, 0.25)]
    """From the axle to the middle of the tyre."""
    fatness: Annotated[Ratio, Uniform(0.32, 0.42)]
    """Tube radius over that."""
    rubber: Annotated[Metre, Uniform(0.002, 0.003)]
    """Thickness of the tyre's wall."""
    pressure: Annotated[Pascal, LogUniform(4000.0, 12000.0)]
    hub: Annotated[Kilogram, Uniform(4.0, 9.0)]
    """Mass of the rim."""
    speed: Annotated[MetrePerSecond, Uniform(1.7, 2.6)]
    height: Annotated[Ratio, Uniform(0.35, 0.7)]
    """Of the kerb over the tube's radius."""
    stuff: Annotated[str, Choice("stone/granite", "stone/concrete", "wood/oak", "stone/sandstone")]
    rim: Annotated[str, Choice("metal/aluminium", "plastic/abs", "metal/steel")]

    def build(self, key: Key) -> Scene:
        tube = self.ring * self.fatness
        outer = self.ring + tube
        start = np.array([-2.6 * outer, 0.0, outer + 0.002])
        tyre, rim = self._wheel(key, start, tube)
        kerb = self._obstacle(key, tube, outer)
        focus = Focus(
            lower=(-4.1 * outer, -1.1 * outer, 0.0), upper=(2.8 * outer, 1.1 * outer, 2.3 * outer)
        )
        return self.stage(key, (tyre, rim, kerb), focus=focus)

    def _wheel(self, key: Key, start: np.ndarray, tube: float) -> tuple[Inflatable, RigidBody]:
        across = 12
        points, faces = torus_mesh(self.ring, tube, 40, across)
        upright = turn((1, 0, 0), math.pi / 2)
        placed = rotate(upright, points) + start
        rubber = sheet_of(material("rubber/natural"), self.rubber)
        (stretch,) = rubber.require("stretch_stiffness")
        inner = np.arange(len(points)).reshape(-1, across)[:, across // 2 - 1 : across // 2 + 2]
        spin = vec([0.0, self.speed / (self.ring + tube), 0.0])
        colour = [(0.75, 0.14, 0.1), (0.1, 0.3, 0.65), (0.85, 0.65, 0.1)]
        pick = int(key.child("hub_colour").rng().integers(3))
        tyre = Inflatable(
            name="tyre",
            vertices=placed,
            faces=faces,
            rest_vertices=points / (1.0 + 0.38 * self.pressure * tube / stretch),
            material=rubber,
            look=printed(
                rubber,
                key.child("tyre"),
                (0.13, 0.13, 0.135),
                accent=(0.08, 0.08, 0.085),
                roughness=0.7,
            ),
            pressure=self.pressure,
            velocity=(self.speed, 0.0, 0.0),
            angular_velocity=spin,
            attachments=tuple((int(v), "rim") for v in inner.ravel()),
        )
        stuff = material(self.rim)
        look = printed(stuff, key.child("rim"), colour[pick], roughness=0.35)
        reach = self.ring - tube * math.cos(math.pi / across)
        shapes = [
            Shape(geometry=Cylinder(reach, 1.1 * tube), material=stuff, look=look, collides=False),
            Shape(
                geometry=Cylinder(0.35 * reach, 1.7 * tube),
                material=stuff,
                look=printed(stuff, key.child("cap"), (0.8, 0.8, 0.78)),
                collides=False,
            ),
        ]
        for k in range(5):  # the spokes show that it turns
            angle = 2 * math.pi * k / 5
            shapes.append(
                Shape(
                    geometry=Box((0.55 * reach, 0.16 * reach, 1.3 * tube)),
                    material=stuff,
                    look=printed(stuff, key.child("cap"), (0.8, 0.8, 0.78)),
                    position=(0.62 * reach * math.cos(angle), 0.62 * reach * math.sin(angle), 0.0),
                    quaternion=turn((0, 0, 1), angle),
                    collides=False,
                )
            )
        rim = RigidBody(
            name="rim",
            shapes=tuple(shapes),
            position=vec(start),
            quaternion=upright,
            velocity=(self.speed, 0.0, 0.0),
            angular_velocity=spin,
            mass=self.hub,
        )
        return tyre, rim

    def _obstacle(self, key: Key, tube: float, outer: float) -> RigidBody:
        stuff = material(self.stuff)
        look = stuff.look(key.child("obstacle"))
        high, wide = self.height * tube, 2.2 * outer
        match self.obstacle:
            case "kerb":
                parts = [((0.16, wide, 2 * high), (0.0, 0.0))]
            case "step":
                parts = [((2.6 * outer, wide, 2 * high), (1.3 * outer, 0.0))]
            case "plank":
                parts = [((0.9 * outer, wide, 1.4 * high), (0.2 * outer, 0.0))]
            case _:
                rng = key.child("bumps").rng()
                parts = [
                    ((0.1, wide, 2 * high * float(rng.uniform(0.4, 0.8))), (0.75 * k * outer, 0.0))
                    for k in range(3)
                ]
        walls = [((0.12, wide, 2.4 * outer), (x * outer, 0.0)) for x in (-3.9, 2.6)]
        shapes = tuple(
            Shape(geometry=Box(size), material=stuff, look=look, position=(*at, 0.0))
            for size, at in (*parts, *walls)
        )
        return RigidBody(name=self.obstacle, shapes=shapes, motion="static")
