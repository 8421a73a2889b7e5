"""Two jaws with soft pads close on a thing, lift it by friction and swing it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Box, Capsule, Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.lattice import block
from simgen.material import material
from simgen.rotation import from_axis_angle, multiply
from simgen.scene import RigidBody, Scene, Shape, SoftBody
from simgen.scenes.deformable._parts import BRIGHT, coloured, inside, path
from simgen.scenes.rigid._things import quat
from simgen.shapes import mug, polyhedron
from simgen.space import Choice, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Pascal, Radian, Ratio, Second
from simgen.words import Words

THINGS = ("ball", "can", "box", "egg", "die", "mug")
ON_A_FACE = math.atan((1 + math.sqrt(5)) / 2)
"""Turn about x that lays a dodecahedron, built on an edge, on a face [rad]."""


class SoftGripper(SceneTemplate):
    """Two jaws with soft pads close on a thing, lift it by friction and swing it."""

    engines: ClassVar[tuple[str, ...]] = ("mujoco", "warp")
    words: ClassVar[Words] = Words(
        short=(
            "[a gripper with soft pads closes on|two soft-padded jaws close on|soft jaws grip] "
            "a {thing}"
        ),
        setup="a {stuff} {thing} stands between two {metal} jaws with soft pads of {pad}",
        event=(
            "[the jaws close on it, move up and then swing to and fro|the jaws press their pads "
            "against it, rise and sway]"
        ),
        parameters=(
            "a {thing} of {stuff}, {thing.size} wide, between pads of {pad} with a Young's "
            "modulus of {softness}, pressed by {squeeze} of their thickness in {close}; the "
            "jaws rise by {lift} and sway by {sway}"
        ),
        terms={
            "thing": {"die": "many-sided die"},
            "thing.size": {"mug": "0.08 m", "egg": "{0.9*size:m}", "*": "{size}"},
        },
    )

    thing: Annotated[str, Choice(*THINGS, held_out=("die",))]
    stuff: Annotated[
        str, Choice("plastic/abs", "wood/beech", "rubber/natural", "ceramic/terracotta")
    ]
    pad: Annotated[str, Choice("rubber/ecoflex", "rubber/foam", "rubber/stress_ball")]
    softness: Annotated[Pascal, LogUniform(4e4, 1e5)]
    """Young's modulus of the pads."""
    size: Annotated[Metre, Uniform(0.06, 0.085)]
    """Width of the thing."""
    squeeze: Annotated[Ratio, Uniform(0.22, 0.4)]
    """How far the pads are pressed, over their thickness."""
    close: Annotated[Second, Uniform(0.35, 0.5)]
    lift: Annotated[Metre, Uniform(0.12, 0.2)]
    sway: Annotated[Metre, Uniform(0.02, 0.06)]
    """To and fro at the top."""
    metal: Annotated[str, Choice("metal/steel", "metal/aluminium", "metal/brass")]
    camera_azimuth: Annotated[Radian, Uniform(-0.45, 0.45)]

    def build(self, key: Key) -> Scene:
        s = self.size
        rng = key.child("layout").rng()
        paint = [BRIGHT[int(i)] for i in rng.permutation(len(BRIGHT))]
        geometry, tall, width = self._thing(s)
        solid = material(self.stuff)
        look = coloured(solid.look(key.child("thing")), paint[0])
        lean = from_axis_angle((0, 0, 1), float(rng.uniform(-0.1, 0.1)))
        if self.thing == "die":
            lean = multiply(lean, from_axis_angle((1, 0, 0), ON_A_FACE))
        if self.thing == "mug":  # its handle out of the way of the pads
            lean = multiply(lean, from_axis_angle((0, 0, 1), -math.pi / 2))
        middle = 0.0 if self.thing == "mug" else tall / 2
        thing = RigidBody(
            name=self.thing,
            shapes=(Shape(geometry=geometry, material=solid, look=look),),
            position=(0.0, 0.0, middle + 0.0005),
            quaternion=quat(lean),
        )
        thick, high, deep = 0.32 * s, 0.72 * s, 0.7 * s
        bottom = max(0.012, 0.5 * tall - 0.5 * high)
        raw = material(self.pad)
        stuff = replace(raw, youngs_modulus=self.softness, poissons_ratio=0.4)
        elements: list[SoftBody | RigidBody] = [thing]
        apart, shut = width / 2 + 0.03, width / 2 - self.squeeze * thick
        for side in (-1.0, 1.0):
            name = "left" if side < 0 else "right"
            at = side * (apart + thick + 0.006)
            points, tets = block((thick, deep, high), (3, 5, 5))
            points += np.array([side * (apart + thick / 2), 0.0, bottom + high / 2])
            outer = side * (apart + thick)
            held = inside(points, (outer - 1e-6, -1, -1), (outer + 1e-6, 1, 1))
            elements += [
                self._jaw(key, name, at, bottom, high, deep, side, apart - shut),
                SoftBody(
                    name=f"{name}_pad",
                    vertices=points,
                    tetrahedra=tets,
                    material=stuff,
                    look=coloured(stuff.look(key.child("pad")), paint[1]),
                    attachments=tuple((i, f"{name}_jaw") for i in held),
                ),
            ]
        reach = apart + thick + 0.03 + self.sway
        focus = Focus(
            lower=(-reach, -0.7 * s, 0.0),
            upper=(reach, 0.7 * s, self.lift + max(tall, high) + 0.06),
        )
        return self.stage(key, elements, focus=focus)

    def _thing(self, s: float) -> tuple[Geometry, float, float]:
        """Geometry, height [m] and width between the jaws [m]."""
        match self.thing:
            case "ball":
                return Sphere(s / 2), s, s
            case "can":
                return Cylinder(s / 2, 1.4 * s), 1.4 * s, s
            case "box":
                return Box((s, 0.8 * s, 1.1 * s)), 1.1 * s, s
            case "egg":
                return Capsule(0.45 * s, 0.4 * s), 1.3 * s, 0.9 * s
            case "mug":
                return mug(), 0.095, 0.08
            case _:
                r = 0.55 * s
                return polyhedron(faces=12, radius=r), 1.589 * r, 1.868 * r

    def _jaw(
        self, key: Key, side: str, at: float, bottom: float, high: float, deep: float, sign: float,
        travel: float,
    ) -> RigidBody:  # fmt: skip
        stuff = material(self.metal)
        look = stuff.look(key.child("metal"))
        plate = Box((0.012, deep, high))
        arm = Cylinder(0.008, 0.3)
        z = bottom + high / 2
        shapes = (
            Shape(geometry=plate, material=stuff, look=look),
            Shape(
                geometry=arm,
                material=stuff,
                look=look,
                position=(sign * 0.008, 0.0, high / 2 + 0.13),
                collides=False,
            ),
        )
        shut = at - sign * travel
        begin, grip = 0.05, 0.05 + self.close
        up = grip + 0.1
        top = up + 0.55
        times = [0.0, begin, grip, up, top]
        places = [(at, 0, z), (at, 0, z), (shut, 0, z), (shut, 0, z), (shut, 0, z + self.lift)]
        way = 1.0
        while times[-1] < max(self.duration, 1.0) + 0.3:
            times.append(times[-1] + 0.3)
            places.append((shut + way * self.sway, 0, z + self.lift))
            way = -way
        return RigidBody(
            name=f"{side}_jaw",
            shapes=shapes,
            position=(at, 0.0, z),
            motion="kinematic",
            keyframes=path(times, places),
        )
