"""A sheet of cloth falls over things and drapes."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Box, Capsule, Cylinder, Geometry, Sphere, bounds
from simgen.key import Key
from simgen.material import material
from simgen.rotation import from_axis_angle, multiply, rotate, to_matrix
from simgen.scene import Ambient, Cloth, Keyframes, Quaternion, RigidBody, Scene, Shape
from simgen.shapes import chair, cone, stool, table, torus, vase
from simgen.space import Choice, Integers, Uniform
from simgen.template import SceneTemplate
from simgen.units import Metre, MetrePerSecond, Radian

FABRICS = (
    "textile/cotton",
    "textile/denim",
    "textile/polyester",
    "textile/silk",
    "textile/wool",
    "textile/felt",
)
THINGS = ("sphere", "box", "cylinder", "capsule", "cone", "vase", "torus")
FURNITURE = ("chair", "stool", "table")
STUFFS = (
    "wood/oak",
    "wood/walnut",
    "stone/marble",
    "ceramic/porcelain",
    "plastic/abs",
    "metal/brass",
)
CELLS = 52
"""Squares along an edge of the sheet."""


def square_sheet(size: float, cells: int) -> tuple[Array, np.ndarray]:
    """A flat square of edge `size` [m] about the origin; diagonals alternate, so no direction is
    stiff."""
    line = np.linspace(-size / 2, size / 2, cells + 1)
    points = np.stack(np.meshgrid(line, line, [0.0], indexing="ij"), -1).reshape(-1, 3)
    i, j = (g.ravel() for g in np.meshgrid(np.arange(cells), np.arange(cells), indexing="ij"))
    a, b = i * (cells + 1) + j, (i + 1) * (cells + 1) + j
    c, d = b + 1, a + 1
    even = ((i + j) % 2 == 0)[:, None]
    first = np.where(even, np.stack([a, b, c], -1), np.stack([a, b, d], -1))
    second = np.where(even, np.stack([a, c, d], -1), np.stack([b, c, d], -1))
    return points, np.stack([first, second], 1).reshape(-1, 3).astype(np.int32)


class ClothOverObjects(SceneTemplate):
    """A falling sheet of cloth drapes in folds over one to three things."""

    engines: ClassVar[tuple[str, ...]] = ("warp",)

    fabric: Annotated[str, Choice(*FABRICS)]
    size: Annotated[Metre, Uniform(0.85, 1.3)]
    """Edge of the square sheet."""
    thing: Annotated[str, Choice(*THINGS, *FURNITURE)]
    """The first thing; furniture stands alone."""
    count: Annotated[int, Integers(1, 3)]
    height: Annotated[Metre, Uniform(0.35, 0.65)]
    """Of the tallest thing."""
    drop: Annotated[Metre, Uniform(0.25, 0.6)]
    """From the lowest corner of the sheet to the tallest thing."""
    tilt: Annotated[Radian, Uniform(0.0, 0.5)]
    speed: Annotated[MetrePerSecond, Uniform(0.0, 0.8)]
    """Horizontal, at the start."""
    motion: Annotated[str, Choice("still", "turn", "slide")]
    """What the things do under the sheet once it has landed."""
    wind: Annotated[MetrePerSecond, Uniform(0.0, 1.5)]
    camera_elevation: Annotated[Radian, Uniform(0.2, 0.5)]

    def build(self, key: Key) -> Scene:
        things = self._things(key)
        top = max(_top(t) for t in things)
        cloth = self._cloth(key, top)
        points = np.asarray(cloth.vertices)
        reach = 0.45 * self.size
        focus = Focus(
            lower=(-reach, -reach, 0.0),
            upper=(reach, reach, float(points[:, 2].max())),
        )
        way = key.child("wind").rng().uniform(-math.pi, math.pi)
        wind = (self.wind * math.cos(way), self.wind * math.sin(way), 0.0)
        return self.stage(key, (cloth, *things), focus=focus, ambient=Ambient(wind=wind))

    def _cloth(self, key: Key, top: float) -> Cloth:
        rng = key.child("sheet").rng()
        points, faces = square_sheet(self.size, CELLS)
        lean = rng.uniform(-math.pi, math.pi)
        axis = (math.cos(lean), math.sin(lean), 0.0)
        turn = multiply(
            from_axis_angle(axis, self.tilt),
            from_axis_angle((0, 0, 1), rng.uniform(-math.pi, math.pi)),
        )
        # A sheet is never quite flat: waves of a few millimetres decide where folds begin.
        for _ in range(6):
            wave = rng.normal(size=2) * 2 * math.pi / self.size
            points[:, 2] += 0.004 * np.sin(points[:, :2] @ wave + rng.uniform(0, 2 * math.pi))
        way = rng.uniform(-math.pi, math.pi)
        drift = self.speed * np.array([math.cos(way), math.sin(way), 0.0])
        placed = rotate(turn, points)
        placed[:, 2] += top + self.drop - placed[:, 2].min()
        # Where the sheet arrives is where it started plus the drift of the fall at its terminal
        # speed.
        placed -= 0.25 * drift
        stuff = material(self.fabric)
        return Cloth(
            name="cloth",
            vertices=placed,
            faces=faces,
            material=stuff,
            look=stuff.look(key.child("cloth")),
            rest_vertices=square_sheet(self.size, CELLS)[0],
            velocity=(float(drift[0]), float(drift[1]), -0.3),
            self_collision=True,
        )

    def _things(self, key: Key) -> list[RigidBody]:
        """The things, side by side on the floor, the first in the middle when alone."""
        rng = key.child("things").rng()
        count = 1 if self.thing in FURNITURE else self.count
        kinds = [self.thing] + [THINGS[int(i)] for i in rng.integers(len(THINGS), size=count - 1)]
        start = rng.uniform(-math.pi, math.pi)
        found: list[RigidBody] = []
        for i, kind in enumerate(kinds):
            tall = self.height * (1.0 if i == 0 else rng.uniform(0.5, 0.95))
            geometry, turn = _geometry(kind, tall)
            low, _ = _extent(geometry, turn)
            angle = start + 2 * math.pi * i / count
            away = 0.0 if count == 1 else (0.19 if count == 2 else 0.23) * self.size
            stuff = material(STUFFS[int(rng.integers(len(STUFFS)))])
            yaw = from_axis_angle((0, 0, 1), rng.uniform(-math.pi, math.pi))
            x, y, z = away * math.cos(angle), away * math.sin(angle), -float(low[2])
            quaternion: Quaternion = tuple(multiply(yaw, turn))  # type: ignore[assignment]
            found.append(
                RigidBody(
                    name=f"{kind}_{i}",
                    shapes=(
                        Shape(
                            geometry=geometry, material=stuff, look=stuff.look(key.child("look", i))
                        ),
                    ),
                    position=(x, y, z),
                    quaternion=quaternion,
                    motion="static" if self.motion == "still" else "kinematic",
                    keyframes=self._path(key, np.array([x, y, z]), np.array(quaternion)),
                )
            )
        return found

    def _path(self, key: Key, start: Array, turn: Array) -> Keyframes | None:
        """Things that turn about the middle or slide along, softly 0.8 s into the clip."""
        if self.motion == "still":
            return None
        rng = key.child("motion").rng()
        times = np.linspace(0.0, max(self.duration, 1.0), 64)
        late = np.maximum(times - 0.8, 0.0)
        gone = late**2 / (2 * (late + 0.25))  # eases in to half a unit per second
        sign, pace = float(rng.choice([-1.0, 1.0])), float(rng.uniform(0.6, 1.0))
        positions = np.tile(start, (len(times), 1))
        quaternions = None
        if self.motion == "turn":
            angles = sign * pace * 5.0 * gone
            turns = np.array([from_axis_angle((0, 0, 1), float(a)) for a in angles])
            positions = np.stack([rotate(q, start) for q in turns])
            quaternions = np.stack([multiply(q, turn) for q in turns])
        else:
            positions[:, 0] += sign * pace * 0.9 * gone
        return Keyframes(times=times, positions=positions, quaternions=quaternions)


def _geometry(kind: str, tall: float) -> tuple[Geometry, Quaternion]:
    """A thing of about this height [m] and the turn that makes it stand."""
    upright: Quaternion = (1.0, 0.0, 0.0, 0.0)
    lying: Quaternion = tuple(from_axis_angle((1, 0, 0), math.pi / 2))  # type: ignore[assignment]
    match kind:
        case "sphere":
            return Sphere(tall / 2), upright
        case "box":
            return Box((0.8 * tall, 0.6 * tall, tall)), upright
        case "cylinder":
            return Cylinder(0.3 * tall, tall), upright
        case "capsule":
            return Capsule(0.25 * tall, 0.7 * tall), lying
        case "cone":
            return cone(radius=0.45 * tall, height=tall, tip=0.08 * tall), upright
        case "vase":
            return vase(radius=0.3 * tall, height=tall), upright
        case "torus":
            return torus(radius=0.42 * tall, thickness=0.16 * tall), upright
        case "chair":
            return chair(
                height=1.25 * tall, seat=0.68 * tall, width=0.65 * tall, depth=0.65 * tall
            ), upright
        case "stool":
            return stool(radius=0.35 * tall, height=tall), upright
        case _:
            return table(width=1.2 * tall, depth=0.8 * tall, height=tall), upright


def _extent(geometry: Geometry, turn: Quaternion) -> Array:
    """(2, 3) bounds of the turned geometry [m]."""
    low, high = bounds(geometry)
    corners = np.array([[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)])
    turned = corners @ to_matrix(turn).T
    return np.stack([turned.min(axis=0), turned.max(axis=0)])


def _top(body: RigidBody) -> float:
    return body.position[2] + float(_extent(body.shapes[0].geometry, body.quaternion)[1, 2])
