"""An airbag inflates before a crash-test dummy."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Cylinder, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.rotation import rotate
from simgen.scene import (
    Articulation,
    Inflatable,
    Ints,
    Joint,
    RigidBody,
    Scene,
    Shape,
    Valve,
    Vector,
)
from simgen.scenes.inflatable._parts import printed, turn, vec
from simgen.shapes import torus
from simgen.space import Choice, Uniform
from simgen.template import SceneTemplate
from simgen.units import Kilogram, Metre, MetrePerSecond, Ratio, Second, Unit
from simgen.words import Words


class Airbag(SceneTemplate):
    """In slow motion an airbag shoots out of a steering wheel and catches a dummy or a ball."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)
    words: ClassVar[Words] = Words(
        short="an airbag is [fired in front of|set off before|triggered in front of] {occupant}",
        setup=(
            "a steering wheel with a folded airbag stands on its column, and {occupant} moves "
            "towards it"
        ),
        event="[the airbag is fired|the inflator of the airbag goes off]",
        parameters=(
            "{occupant} moves at {speed} with {mass.part}; the airbag, sewn from discs of "
            "radius {radius}, fires after {fires} and is blown up in {filling} with {fullness} "
            "times the gas that fills it, with two vents of radius {vents}"
        ),
        terms={
            "occupant": {
                "dummy": "a crash-test dummy",
                "ball": "a rubber ball",
                "box": "a wooden box",
            },
            "mass.part": {"*": "{occupant.mass}"},
            "occupant.mass": {"dummy": "a head of {mass}", "*": "a mass of {mass}"},
        },
    )

    fps: Annotated[float, Field(gt=0, le=1000), Unit("1/s")] = 240.0
    occupant: Annotated[str, Choice("dummy", "dummy", "ball", "box")]
    radius: Annotated[Metre, Uniform(0.29, 0.35)]
    """Of the two discs that the bag is sewn from."""
    speed: Annotated[MetrePerSecond, Uniform(3.5, 6.0)]
    """Of the occupant towards the wheel."""
    mass: Annotated[Kilogram, Uniform(4.0, 7.0)]
    """Of the head, the ball or the box."""
    fires: Annotated[Second, Uniform(0.004, 0.015)]
    """When the inflator starts."""
    filling: Annotated[Second, Uniform(0.035, 0.05)]
    """How long it blows."""
    fullness: Annotated[Ratio, Uniform(0.9, 1.15)]
    """Gas over what fills the bag at ambient pressure."""
    vents: Annotated[Metre, Uniform(0.018, 0.028)]
    """Radius of each of the two holes in its back."""
    tilt: Annotated[float, Uniform(0.2, 0.5)]
    """Of the wheel's plane out of the upright [rad]."""

    def build(self, key: Key) -> Scene:
        hub = np.array([0.0, 0.0, 0.62])
        normal = np.array([-math.cos(self.tilt), 0.0, math.sin(self.tilt)])
        bag, wheel = self._bag(key, hub, normal), self._wheel(key, hub, normal)
        reach = -(0.62 * self.radius + 0.1) - self.speed * (self.fires + 0.8 * self.filling)
        focus = Focus(lower=(reach - 0.1, -0.3, 0.3), upper=(0.16, 0.3, 0.98))
        return self.stage(key, (bag, wheel, self._occupant(key, reach)), focus=focus)

    def _bag(self, key: Key, hub: Array, normal: Array) -> Inflatable:
        points, faces, back = _discs(self.radius, 12, 40)
        quaternion = turn((0, 1, 0), -math.pi / 2 + self.tilt)
        placed = rotate(quaternion, points) + hub + 0.035 * normal
        stuff = material("textile/airbag_nylon")
        reach = np.hypot(points[:, 0], points[:, 1])
        held = [int(v) for v in back if reach[v] < 0.09]
        angle = np.arctan2(points[back, 1], points[back, 0])
        vents: list[Valve] = []
        for side in (0.7, math.pi - 0.7):
            away = np.hypot(reach[back] / self.radius - 0.55, np.sin((angle - side) / 2))
            rim = back[np.argsort(away)[:4]]
            area = math.pi * self.vents**2
            vents.append(Valve(area=area, discharge=0.7, vertices=tuple(int(v) for v in rim)))
        # Volume of a sphere flattened by sewing two discs: the mylar balloon (Paulsen 1994).
        volume = 1.2185 * self.radius**3
        flow = 1.2 * volume * self.fullness / self.filling
        t0, t1 = self.fires, self.fires + self.filling
        ramp = 0.2 * self.filling
        return Inflatable(
            name="airbag",
            vertices=placed,
            rest_vertices=points,
            faces=faces,
            material=stuff,
            look=stuff.look(key.child("look")),
            pressure=0.0,
            supply=((t0, 0.0), (t0 + ramp, 1.25 * flow), (t1 - ramp, 1.25 * flow), (t1, 0.0)),
            valves=tuple(vents),
            pinned=tuple(held),
        )

    def _stand(self, key: Key, hub: Array, end: Array) -> list[Shape]:
        """What carries the steering column, in the frame of the wheel: a post on a foot."""
        metal = material("metal/steel")
        look = printed(metal, key.child("stand"), (0.2, 0.22, 0.25), roughness=0.5, metallic=0.0)
        tall = float(end[2]) + 0.06
        parts = [
            (Box((0.09, 0.12, tall)), (end[0], 0.0, tall / 2)),
            (Box((0.5, 0.5, 0.03)), (end[0], 0.0, 0.015)),
        ]
        return [
            Shape(geometry=part, material=metal, look=look, position=vec(at - hub))
            for part, at in parts
        ]

    def _wheel(self, key: Key, hub: Array, normal: Array) -> RigidBody:
        stuff = material("plastic/abs")
        look = printed(stuff, key.child("wheel"), (0.12, 0.12, 0.13), roughness=0.5)
        metal = material("metal/steel")
        toward = turn((0, 1, 0), -math.pi / 2 + self.tilt)
        shapes = [
            Shape(
                geometry=torus(radius=0.19, thickness=0.028),
                material=stuff,
                look=look,
                position=vec(-0.02 * normal),
                quaternion=toward,
            ),
            Shape(
                geometry=Cylinder(0.075, 0.05),
                material=stuff,
                look=look,
                position=vec(-0.01 * normal),
                quaternion=toward,
            ),
            Shape(
                geometry=Cylinder(0.025, 0.45),
                material=metal,
                look=metal.look(key.child("column")),
                position=vec(-0.255 * normal),
                quaternion=toward,
            ),
            *self._stand(key, hub, hub - 0.46 * normal),
        ]
        for k in range(3):
            along = rotate(toward, [math.cos(2.09 * k - 1.57), math.sin(2.09 * k - 1.57), 0.0])
            spoke = turn(np.cross([0, 0, 1.0], along), math.acos(float(along[2])))
            shapes.append(
                Shape(
                    geometry=Capsule(0.012, 0.12),
                    material=stuff,
                    look=look,
                    position=vec(0.12 * along - 0.02 * normal),
                    quaternion=spoke,
                )
            )
        return RigidBody(name="wheel", shapes=tuple(shapes), position=vec(hub), motion="static")

    def _occupant(self, key: Key, reach: float) -> RigidBody | Articulation:
        velocity: Vector = (self.speed, 0.0, 0.0)
        stuff = material("plastic/vinyl")
        skin = printed(stuff, key.child("skin"), (0.86, 0.66, 0.2), roughness=0.5)
        if self.occupant != "dummy":
            what = material("rubber/natural" if self.occupant == "ball" else "wood/pine")
            solid = Sphere(0.12) if self.occupant == "ball" else Box((0.2, 0.2, 0.2))
            return RigidBody(
                name=self.occupant,
                shapes=(Shape(geometry=solid, material=what, look=what.look(key.child("thing"))),),
                position=(reach - 0.12, 0.0, 0.72),
                velocity=velocity,
                mass=self.mass,
            )
        head = RigidBody(
            name="head",
            shapes=(
                Shape(geometry=Capsule(0.078, 0.07), material=stuff, look=skin),
                Shape(
                    geometry=Capsule(0.05, 0.06),
                    material=stuff,
                    look=skin,
                    position=(0.03, 0.0, -0.1),
                ),
            ),
            position=(reach - 0.09, 0.0, 0.83),
            velocity=velocity,
            mass=self.mass,
        )
        shirt = printed(stuff, key.child("shirt"), (0.16, 0.2, 0.3), roughness=0.8)
        chest = RigidBody(
            name="chest",
            shapes=(
                Shape(
                    geometry=Capsule(0.11, 0.16),
                    material=stuff,
                    look=shirt,
                    quaternion=turn((1, 0, 0), math.pi / 2),
                ),
                Shape(
                    geometry=Capsule(0.11, 0.2),
                    material=stuff,
                    look=shirt,
                    position=(-0.02, 0.0, -0.16),
                ),
            ),
            position=(reach - 0.16, 0.0, 0.56),
            velocity=velocity,
            mass=3.0 * self.mass,
        )
        neck = Joint(
            name="neck",
            kind="hinge",
            child="head",
            parent="chest",
            position=(reach - 0.12, 0.0, 0.68),
            axis=(0.0, 1.0, 0.0),
            range=(-0.9, 1.2),
            damping=1.0,
            stiffness=20.0,
        )
        return Articulation(name="dummy", links=(chest, head), joints=(neck,), self_collision=False)


def _discs(radius: float, rings: int, around: int) -> tuple[Array, Ints, np.ndarray]:
    """Two flat discs sewn at the rim, 12 mm apart inside; and the vertices of the lower one."""
    points = [(0.0, 0.0, 1.0), (0.0, 0.0, -1.0)]
    rows: list[list[list[int]]] = []
    for r in range(1, rings + 1):
        count = max(6, around * r // rings)
        row: list[list[int]] = []
        for sheet in (1.0, -1.0):
            if r == rings and sheet < 0:
                row.append(row[0])
                continue
            row.append([len(points) + k for k in range(count)])
            for k in range(count):
                u = 2 * math.pi * (k + 0.5 * (r % 2)) / count
                reach = radius * r / rings
                points.append((reach * math.cos(u), reach * math.sin(u), sheet * (r < rings)))
        rows.append(row)
    p = np.array(points, float)
    faces: list[tuple[int, ...]] = []
    for sheet, flip in ((0, 1), (1, -1)):
        inner = [sheet]
        for row in rows:
            faces += [(a, b, c)[::flip] for a, b, c in _zip(p, inner, row[sheet])]
            inner = row[sheet]
    back = np.flatnonzero(p[:, 2] < 0)
    p[:, 2] *= 0.006
    return p, np.array(faces, np.int32), back


def _zip(p: Array, inner: list[int], outer: list[int]) -> list[tuple[int, int, int]]:
    """Triangles between two rings, anticlockwise; the inner may be one point."""
    if len(inner) == 1:
        return [(inner[0], a, b) for a, b in zip(outer, outer[1:] + outer[:1], strict=True)]
    angle = np.arctan2(p[:, 1], p[:, 0]) % (2 * math.pi)
    a, b = sorted(inner, key=lambda v: angle[v]), sorted(outer, key=lambda v: angle[v])
    found: list[tuple[int, int, int]] = []
    i = j = 0
    while i < len(a) or j < len(b):
        next_a = angle[a[(i + 1) % len(a)]] + 2 * math.pi * ((i + 1) // len(a))
        next_b = angle[b[(j + 1) % len(b)]] + 2 * math.pi * ((j + 1) // len(b))
        if j < len(b) and (i >= len(a) or next_b <= next_a):
            found.append((a[i % len(a)], b[j % len(b)], b[(j + 1) % len(b)]))
            j += 1
        else:
            found.append((a[i % len(a)], b[j % len(b)], a[(i + 1) % len(a)]))
            i += 1
    return found
