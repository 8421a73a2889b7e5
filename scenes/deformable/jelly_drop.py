"""Soft shapes of jelly, rubber or foam are dropped and wobble."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Cylinder, Geometry, bounds
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, random, rotate
from simgen.scene import Quaternion, RigidBody, Scene, Shape, SoftBody
from simgen.scenes.deformable._tetrahedra import tetrahedralize
from simgen.shapes import bowl, stairs, wedge
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, RadianPerSecond

CELLS = 9
"""Lattice cells along a shape: about 1,000 vertices."""
FORMS = ("cube", "pudding", "ring", "ball", "star", "bear")


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
    """Vertices [m] about the origin and tetrahedra of a form whose longest side is about `size` [m]."""
    field = _FIELDS[form]
    box = np.full(3, 0.56)
    points, tets = tetrahedralize(field, -box, box, 1.0 / CELLS)
    return points * size, tets


class JellyDrop(SceneTemplate):
    """Puddings, rings, stars, bears and cubes of jelly or soft rubber drop, squash, bounce and wobble."""

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
    drop: Annotated[Metre, Uniform(0.06, 0.2)]
    """From the lowest shape to what it falls on."""
    fall: Annotated[MetrePerSecond, Uniform(0.8, 1.8)]
    """Downward speed at the start."""
    speed: Annotated[MetrePerSecond, Uniform(0.0, 0.4)]
    """Horizontal, at the start."""
    spin: Annotated[RadianPerSecond, Uniform(0.0, 6.0)]
    obstacle: Annotated[str, Choice("none", "none", "log", "wedge", "stairs", "blocks", "bowl")]

    def build(self, key: Key) -> Scene:
        obstacles, top = self._obstacles(key)
        shapes = [self._shape(key, i, top) for i in range(self.count)]
        half = 1.1 * self.size + (0.06 * self.count if self.count > 1 else 0.0)
        half = max(half, 1.5 * self.size if obstacles else 0.0)
        high = min(
            max(float(np.asarray(s.vertices)[:, 2].max()) for s in shapes), top + 2.6 * self.size
        )
        focus = Focus(lower=(-half, -0.8 * half, 0.0), upper=(half, 0.8 * half, high))
        return self.stage(key, (*shapes, *obstacles), focus=focus)

    def _shape(self, key: Key, index: int, top: float) -> SoftBody:
        rng = key.child("shape", index).rng()
        form = self.form if index == 0 else FORMS[int(rng.integers(len(FORMS)))]
        size = self.size * (1.0 if index == 0 else float(rng.uniform(0.75, 1.0)))
        points, tets = form_mesh(form, size)
        points = rotate(random(rng), points)
        # One after the other: the next is a shape and a half higher, so none starts in another.
        points[:, 2] += top + self.drop + index * 1.6 * self.size - points[:, 2].min()
        side = (0.0, -1.0, 1.0)[index] * 0.45 * self.size + rng.uniform(-0.2, 0.2) * self.size
        points[:, 0] += side
        points[:, 1] += rng.uniform(-0.2, 0.2) * self.size
        axis = rng.normal(size=3)
        spin = self.spin * axis / np.linalg.norm(axis)
        way = rng.uniform(-math.pi, math.pi)
        stuff = material(self.stuff)
        return SoftBody(
            name=f"{form}_{index}",
            vertices=points,
            tetrahedra=tets,
            material=stuff,
            look=stuff.look(key.child("look", index)),
            velocity=(self.speed * math.cos(way), 0.5 * self.speed * math.sin(way), -self.fall),
            angular_velocity=(float(spin[0]), float(spin[1]), float(spin[2])),
        )

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
            case "blocks":
                low, high = Box((0.8 * s, 1.6 * s, 0.4 * s)), Box((0.6 * s, 1.6 * s, 0.8 * s))
                return [
                    put("block_0", low, -0.6 * s, yaw),
                    put("block_1", high, 0.7 * s, yaw),
                ], 0.8 * s
            case "bowl":
                dish = bowl(radius=1.5 * s, height=0.7 * s, thickness=0.09 * s, wedges=20)
                return [put("bowl", dish, 0.0, yaw)], 0.7 * s
            case _:
                return [], 0.0
