"""Soft shapes of jelly, rubber or foam are dropped and wobble."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Cylinder, Geometry, bounds
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, random, rotate
from simgen.scene import Keyframes, Quaternion, RigidBody, Scene, Shape, SoftBody
from simgen.scenes.deformable._tetrahedra import tetrahedralize
from simgen.shapes import bowl, stairs, wedge
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, RadianPerSecond

FORMS = ("cube", "pudding", "ring", "ball", "star", "bear")


CELLS = {"cube": 8, "pudding": 9, "ring": 10, "ball": 9, "star": 9, "bear": 11}
"""Lattice cells along a form: 500 to 1,300 vertices."""


def _cube(p: Array) -> Array:
    q = np.abs(p) - 0.36
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.1


def _pudding(p: Array) -> Array:
    """A fluted, tapering mould."""
    angle = np.arctan2(p[..., 1], p[..., 0])
    wall = (0.4 - 0.16 * p[..., 2]) * (1.0 + 0.05 * np.cos(10 * angle))
    q = np.stack([np.hypot(p[..., 0], p[..., 1]) - wall + 0.06, np.abs(p[..., 2]) - 0.3], -1)
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.06


def _ring(p: Array) -> Array:
    return np.hypot(np.hypot(p[..., 0], p[..., 1]) - 0.33, p[..., 2]) - 0.17


def _ball(p: Array) -> Array:
    return np.linalg.norm(p, axis=-1) - 0.45


def _star(p: Array) -> Array:
    angle = np.arctan2(p[..., 1], p[..., 0])
    wall = 0.33 + 0.11 * np.cos(5 * angle)
    q = np.stack([np.hypot(p[..., 0], p[..., 1]) - wall, np.abs(p[..., 2]) - 0.14], -1)
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=-1)
    return outside + np.minimum(q.max(axis=-1), 0.0) - 0.06


_BEAR = np.array(
    [
        (0.0, 0.0, -0.1, 0.24), (0.0, 0.02, 0.24, 0.17), (0.13, 0.0, 0.4, 0.075),
        (-0.13, 0.0, 0.4, 0.075), (0.24, 0.1, 0.02, 0.1), (-0.24, 0.1, 0.02, 0.1),
        (0.15, 0.1, -0.34, 0.12), (-0.15, 0.1, -0.34, 0.12), (0.0, 0.17, 0.2, 0.085),
    ]
)  # fmt: skip
"""Balls of a gummy bear: centre and radius."""


def _bear(p: Array) -> Array:
    """Balls joined by a smooth minimum."""
    distance = np.stack([np.linalg.norm(p - b[:3], axis=-1) - b[3] for b in _BEAR])
    return -0.04 * np.log(np.exp(-distance / 0.04).sum(axis=0))


_FIELDS: dict[str, Callable[[Array], Array]] = {
    "cube": _cube,
    "pudding": _pudding,
    "ring": _ring,
    "ball": _ball,
    "star": _star,
    "bear": _bear,
}
"""Form -> function of points in a box of unit size, negative inside."""


def form_mesh(form: str, size: float) -> tuple[Array, np.ndarray]:
    """Vertices [m] about the origin and tetrahedra of a form whose longest side is about `size`
    [m]."""
    field = _FIELDS[form]
    box = np.full(3, 0.56)
    points, tets = tetrahedralize(field, -box, box, 1.0 / CELLS[form])
    return points * size, tets


class JellyDrop(SceneTemplate):
    """Things of jelly or soft rubber drop, squash, bounce and wobble."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)

    count: Annotated[int, Integers(1, 3)]
    form: Annotated[str, Choice(*FORMS, held_out=("bear",))]
    """Of the first shape; the others are drawn."""
    stuff: Annotated[
        str,
        Choice(
            "food/gelatin",
            "food/gelatin",
            "food/gelatin",
            "food/tofu",
            "food/marshmallow",
            "rubber/ecoflex",
        ),
    ]
    size: Annotated[Metre, Uniform(0.12, 0.2)]
    impact: Annotated[float, Uniform(0.2, 0.35)]
    """Speed of the landing over sqrt(E / density), the speed of sound of a bar: sets the squash."""
    toss: Annotated[float, Uniform(-0.9, 0.9)]
    """Vertical speed at the start over that of the landing; the height follows."""
    speed: Annotated[MetrePerSecond, Uniform(0.2, 0.9)]
    """Horizontal, at the start."""
    spin: Annotated[RadianPerSecond, Uniform(0.0, 8.0)]
    obstacle: Annotated[str, Choice("none", "plate", "plate", "log", "wedge", "stairs", "bowl")]

    def build(self, key: Key) -> Scene:
        obstacles, top = self._obstacles(key)
        shapes = [self._shape(key, i, top) for i in range(self.count)]
        half = max(0.75 + 0.35 * self.count, 1.35 if obstacles else 0.0) * self.size
        high = max(float(np.asarray(s.vertices)[:, 2].max()) for s in shapes)
        high = min(high, top + 1.8 * self.size)
        focus = Focus(lower=(-half, -0.7 * half, 0.0), upper=(half, 0.7 * half, high))
        return self.stage(key, (*shapes, *obstacles), focus=focus)

    def _shape(self, key: Key, index: int, top: float) -> SoftBody:
        """One shape; the three start side by side and drift towards the middle."""
        rng = key.child("shape", index).rng()
        form = self.form if index == 0 else FORMS[int(rng.integers(len(FORMS)))]
        size = self.size * (1.0 if index == 0 else float(rng.uniform(0.75, 0.95)))
        points, tets = form_mesh(form, size)
        points = rotate(random(rng), points)
        stuff = material(self.stuff)
        young, density = stuff.require("youngs_modulus", "density")
        landing = self.impact * math.sqrt(young / density)
        start = landing * float(np.clip(self.toss + (0.0, 0.3, -0.3)[index], -0.9, 0.9))
        drop = (landing**2 - start**2) / (2 * 9.81)
        points[:, 2] += top + drop + 0.01 - points[:, 2].min()
        apart = (0.0, -1.0, 1.0)[index] * 1.2 + (0.6 if self.count == 2 else 0.0)
        points[:, 0] += apart * self.size
        points[:, 1] += rng.uniform(-0.2, 0.2) * self.size
        axis = rng.normal(size=3)
        spin = self.spin * axis / np.linalg.norm(axis)
        along = -np.sign(apart) if apart else float(rng.choice([-1.0, 1.0]))
        return SoftBody(
            name=f"{form}_{index}",
            vertices=points,
            tetrahedra=tets,
            material=stuff,
            look=stuff.look(key.child("look", index)),
            velocity=(self.speed * float(along), self.speed * float(rng.uniform(-0.3, 0.3)), start),
            angular_velocity=(float(spin[0]), float(spin[1]), float(spin[2])),
        )

    def _shaken(self, key: Key, center: tuple[float, float, float]) -> Keyframes:
        """To and fro along x at 2 to 3.5 Hz, growing in half a second from the start."""
        rng = key.child("shake").rng()
        rate, reach = rng.uniform(2.0, 3.5), rng.uniform(0.1, 0.2) * self.size
        times = np.linspace(0.0, max(self.duration, 1.0), 1 + round(96 * max(self.duration, 1.0)))
        growth = np.clip(times / 0.5, 0.0, 1.0) ** 2 * (3 - 2 * np.clip(times / 0.5, 0.0, 1.0))
        positions = np.tile(np.array(center), (len(times), 1))
        positions[:, 0] += reach * growth * np.sin(2 * math.pi * rate * times)
        return Keyframes(times=times, positions=positions)

    def _obstacles(self, key: Key) -> tuple[list[RigidBody], float]:
        """What they fall on, and its height [m]."""
        rng = key.child("obstacle").rng()
        names = ("wood/oak", "wood/walnut", "ceramic/porcelain", "stone/marble", "plastic/abs")
        stuff = material(names[int(rng.integers(len(names)))])
        s = self.size

        def put(
            name: str, geometry: Geometry, x: float, turn: Array, lift: float | None = None
        ) -> RigidBody:
            z = -float(bounds(geometry)[0, 2]) if lift is None else lift
            look = stuff.look(key.child("obstacle_look"))
            quaternion: Quaternion = tuple(turn)  # type: ignore[assignment]
            return RigidBody(
                name=name,
                shapes=(Shape(geometry=geometry, material=stuff, look=look),),
                position=(x, 0.0, z),
                quaternion=quaternion,
                motion="static",
            )

        yaw = from_axis_angle((0, 0, 1), float(rng.uniform(-0.5, 0.5)))
        match self.obstacle:
            case "log":
                lying = from_axis_angle((1, 0, 0), math.pi / 2)
                radius = 0.35 * s
                return [put("log", Cylinder(radius, 3.2 * s), 0.25 * s, lying, radius)], 2 * radius
            case "wedge":
                block = wedge(length=2.4 * s, width=2.0 * s, height=0.9 * s)
                return [put("wedge", block, 0.0, yaw)], 0.9 * s
            case "stairs":
                flight = stairs(steps=3, width=3.0 * s, rise=0.3 * s, run=0.7 * s)
                return [put("stairs", flight, -0.9 * s, yaw)], 0.9 * s
            case "plate":
                disc = Cylinder(1.5 * s, 0.12 * s)
                still = put("plate", disc, 0.0, yaw)
                moved = self._shaken(key, still.position)
                return [replace(still, motion="kinematic", keyframes=moved)], 0.12 * s
            case "bowl":
                dish = bowl(radius=1.25 * s, height=0.6 * s, thickness=0.09 * s, wedges=20)
                return [put("bowl", dish, 0.0, yaw)], 0.6 * s
            case _:
                return [], 0.0
