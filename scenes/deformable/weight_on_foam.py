"""Heavy things fall into a foam block or a pillow, sink in, bounce and come to rest."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from simgen.camera import Focus
from simgen.geometry import Cylinder, Geometry, Sphere
from simgen.key import Key
from simgen.material import Look, Material, material
from simgen.rotation import from_axis_angle, multiply
from simgen.scene import RigidBody, Scene, Shape, SoftBody, Vector
from simgen.scenes.deformable._parts import distinct, form_mesh, rounded_mesh, usual
from simgen.scenes.rigid._things import quat, vec
from simgen.shapes import bevelled_box, torus
from simgen.space import Choice, Integers, LogUniform, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, Pascal, Radian, Ratio, Unit
from simgen.words import Words

WEIGHTS = ("kettlebell", "ball", "disc", "brick")


class WeightOnFoam(SceneTemplate):
    """Heavy things fall into a foam block or a pillow, sink in, bounce and come to rest."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    physics_iq: ClassVar[str] = "weight-on-pillow"
    words: ClassVar[Words] = Words(
        short="{listed} {count? is/are} [dropped onto|let go above|released over] {cushion.short}",
        setup="{listed} {count? hangs/hang} in the air above {cushion}",
        event="{count? it is/they are} [dropped onto it|let go]",
        parameters=(
            "{listed}, about {size*width:m} large, dropped from about {drop} onto "
            "{cushion.short}, {width} wide, with a Young's modulus of {softness}"
        ),
        terms={
            "cushion": {"block": "a block of soft foam", "pillow": "a soft foam pillow"},
            "cushion.short": {"block": "a foam block", "pillow": "a pillow"},
        },
        kinds={
            "kettlebell": "kettlebell/kettlebells",
            "ball": "metal ball/metal balls",
            "disc": "metal disc/metal discs",
            "brick": "brick/bricks",
        },
    )

    fps: Annotated[float, Field(gt=0, le=1000), Unit("1/s")] = 48.0
    """Slow motion: the foam throws a weight back within 0.05 to 0.1 s."""
    weight: Annotated[str, Choice(*WEIGHTS, held_out=("disc",))]
    count: Annotated[int, Integers(1, 2)]
    cushion: Annotated[str, Choice("block", "pillow")]
    softness: Annotated[Pascal, LogUniform(3e4, 7e4)]
    """Young's modulus of the foam; upholstery foams have 5 to 100 kPa."""
    width: Annotated[Metre, Uniform(0.36, 0.44)]
    height: Annotated[Ratio, Uniform(0.28, 0.42)]
    """Of the foam over its width."""
    size: Annotated[Ratio, Uniform(0.24, 0.3)]
    """Of the weight over the width."""
    drop: Annotated[Metre, Uniform(0.06, 0.16)]
    tilt: Annotated[Radian, Uniform(0.0, 0.35)]
    """Lean of the weight as it falls."""
    camera_elevation: Annotated[Radian, Uniform(0.2, 0.45)]

    def build(self, key: Key) -> Scene:
        rng = key.child("layout").rng()
        foam = material("rubber/cushion_foam")
        slow, fast = foam.require("youngs_modulus", "relaxing_modulus")
        stuff = replace(
            foam, youngs_modulus=self.softness, relaxing_modulus=self.softness * fast / slow
        )
        colours = [usual(material(self.floor))]
        look = distinct(stuff, key.child("foam"), colours)
        if self.cushion == "pillow":
            points, tets = form_mesh("pillow", self.width / 0.96, cells=8)
            points[:, 2] *= 1.15
        else:
            deep = self.width * float(rng.uniform(0.75, 1.0))
            box = (self.width, deep, self.height * self.width)
            points, tets = rounded_mesh(box, cells=8, edge=0.14)
        points[:, 2] -= points[:, 2].min() - 0.001
        top = float(points[:, 2].max())
        block = SoftBody(
            name="cushion", vertices=points, tetrahedra=tets, material=stuff, look=look
        )
        elements: list[SoftBody | RigidBody] = [block]
        radius = self.size * self.width / 2
        high = top
        for i in range(self.count):
            kind = self.weight if i == 0 else WEIGHTS[int(rng.integers(len(WEIGHTS)))]
            scale = radius * (1.0 if i == 0 else 0.8)
            aside = 0.0 if self.count == 1 else (-1) ** i * 0.24 * self.width
            start = top + (self.drop if i == 0 else self.drop + 0.08) + 1.7 * scale
            place = (
                aside + float(rng.uniform(-0.02, 0.02)),
                float(rng.uniform(-0.03, 0.03)),
                start,
            )
            colours.append(look.color)
            elements.append(self._weight(key, i, kind, scale, place))
            high = max(high, start + 1.9 * scale)
        half = 0.5 * self.width + 0.03
        focus = Focus(lower=(-half, -half, 0.0), upper=(half, half, high))
        return self.stage(key, elements, focus=focus)

    def _weight(self, key: Key, index: int, kind: str, r: float, place: Vector) -> RigidBody:
        rng = key.child("weight", index).rng()
        iron = material(("metal/cast_iron", "metal/steel", "metal/brass")[int(rng.integers(3))])
        look = iron.look(key.child("iron", index))
        parts: list[tuple[Geometry, Vector]]
        match kind:
            case "kettlebell":
                handle = torus(radius=0.62 * r, thickness=0.17 * r)
                parts = [(Sphere(r), (0, 0, 0)), (handle, (0, 0, 1.35 * r))]
            case "ball":
                parts = [(Sphere(r), (0, 0, 0))]
            case "disc":
                parts = [(Cylinder(1.25 * r, 0.8 * r), (0, 0, 0))]
            case _:
                iron = material("stone/brick")
                look = iron.look(key.child("iron", index))
                parts = [(bevelled_box(size=(2.3 * r, 1.4 * r, 1.1 * r), bevel=0.1 * r), (0, 0, 0))]
        shapes = tuple(_solid(g, iron, look, p) for g, p in parts)
        way = float(rng.uniform(-math.pi, math.pi))
        lean = from_axis_angle((math.cos(way), math.sin(way), 0), self.tilt)
        yaw = from_axis_angle((0, 0, 1), float(rng.uniform(-math.pi, math.pi)))
        return RigidBody(
            name=f"{kind}_{index}",
            shapes=shapes,
            position=vec(place),
            quaternion=quat(multiply(lean, yaw)),
        )


def _solid(geometry: Geometry, stuff: Material, look: Look, at: Vector) -> Shape:
    """A part of a weight; a handle above it stands upright."""
    turn = quat(from_axis_angle((1, 0, 0), math.pi / 2 if at[2] > 0 else 0.0))
    return Shape(geometry=geometry, material=stuff, look=look, position=at, quaternion=turn)
