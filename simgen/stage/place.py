"""Where a stage is built: the event and the camera in numbers, and what has been put up so far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simgen.camera import Focus, corners
from simgen.geometry import Array, Geometry, Plane, bounds
from simgen.material import Look, Material
from simgen.rotation import IDENTITY, from_axis_angle, multiply, rotate
from simgen.scene import (
    Articulation,
    Camera,
    Element,
    Quaternion,
    RigidBody,
    Shape,
    ThermalBody,
    Vector,
)

OUTDOORS = frozenset({"terrace", "garden", "playground", "beach", "street", "forest", "rooftop"})
"""Environments under the open sky; the others have walls."""
MARGIN = 0.12
"""Distance that whatever stands around keeps from the event, in sizes of the event."""
PAD = 0.03
"""Height of a pad above the ground it lies on [m]."""
EYES = 7
"""Poses of the camera that are looked from."""


@dataclass(frozen=True, eq=False)
class Stuff:
    """A material and how it looks this time."""

    material: Material
    look: Look


@dataclass(frozen=True, eq=False)
class Part:
    """One solid of a thing that stands around, at a pose in that thing's frame."""

    geometry: Geometry
    stuff: Stuff
    position: Vector = (0.0, 0.0, 0.0)
    quaternion: Quaternion = IDENTITY


@dataclass(frozen=True, eq=False, kw_only=True)
class Place:
    """The event and the camera in numbers. Lengths [m], heights above the floor."""

    center: tuple[float, float]
    """Of the focus, on the floor."""
    size: float
    """Largest edge of the focus."""
    lower: Array
    """(3,) lowest corner of the focus."""
    upper: Array
    """(3,) highest corner of the focus."""
    busy: Array
    """(B, 2, 3) lowest and highest corners of the focus and of everything in the event."""
    eyes: Array
    """(K, 3) places of the camera."""
    spots: Array
    """(M, 3) places all over the focus that must be seen from every eye."""
    reach: float
    """Largest horizontal distance of an eye from the centre."""
    bearing: float
    """Azimuth from the centre to the mean eye [rad]."""
    top: float
    """Steepest upward angle seen, at the top of the picture [rad]."""

    @property
    def eye_height(self) -> float:
        """Of the highest eye."""
        return float(self.eyes[:, 2].max())

    @property
    def toward(self) -> Array:
        """(2,) the axis of the plan, with its sign, that points most to the camera."""
        way = direction_of(self.bearing)
        return np.sign(way) * (np.abs(way) == np.abs(way).max())

    @property
    def half(self) -> float:
        """Half-width of the square about the centre that holds the event [m]."""
        return float(np.abs(self.busy[..., :2] - self.center).max())

    def sight(self, distance: float) -> float:
        """Height seen at the top of the picture, `distance` beyond the centre."""
        return self.eye_height + math.tan(min(self.top, 1.2)) * (self.reach + distance)

    def at(self, azimuth: float, distance: float, height: float = 0.0) -> Vector:
        """The point at `distance` from the centre in the direction `azimuth`."""
        x, y = np.asarray(self.center) + direction_of(azimuth) * distance
        return (float(x), float(y), height)

    def free(self, box: Array) -> bool:
        """Whether a box (2, 3) keeps clear of the event and the camera and hides nothing."""
        gap = MARGIN * self.size
        if meets(box, self.busy + np.array([[-gap], [gap]])):
            return False
        nearest = np.clip(self.eyes, *box) - self.eyes
        if np.linalg.norm(nearest, axis=1).min() < 0.2 * self.reach:
            return False
        low, high = box + 0.5 * gap * np.array([[-1.0], [1.0]])
        start = self.eyes[:, None]
        way = self.spots[None] - start
        way = np.where(np.abs(way) < 1e-9, 1e-9, way)
        one, two = (low - start) / way, (high - start) / way
        enter, leave = np.minimum(one, two).max(-1), np.maximum(one, two).min(-1)
        return not bool(((enter <= leave) & (leave > 0.0) & (enter < 1.0)).any())


def meets(box: Array, others: Array) -> bool:
    """Whether a box (2, 3) overlaps one of the boxes (B, 2, 3)."""
    return bool(((box[0] < others[:, 1]) & (box[1] > others[:, 0])).all(-1).any())


def measure(focus: Focus, camera: Camera, elements: Sequence[Element] = ()) -> Place:
    """The place of a focus seen by a camera, with what the event consists of."""
    lower, upper = np.asarray(focus.lower, float), np.asarray(focus.upper, float)
    poses = camera.camera_to_world
    eyes = poses[np.linspace(0, len(poses) - 1, min(EYES, len(poses))).astype(int), :3, 3]
    offset = poses[:, :2, 3] - focus.center[:2]
    mean = offset.mean(axis=0)
    pitch = np.arcsin(np.clip(poses[:, 2, 2], -1.0, 1.0))
    share = np.stack(np.meshgrid(*(np.linspace(0.0, 1.0, n) for n in (5, 5, 4))), -1)
    return Place(
        center=(float(focus.center[0]), float(focus.center[1])),
        size=float(np.max(upper - lower)),
        lower=lower,
        upper=upper,
        busy=np.array([(lower, upper), *(box for e in elements for box in boxes_of(e))]),
        eyes=eyes,
        spots=lower + share.reshape(-1, 3) * (upper - lower),
        reach=float(np.linalg.norm(offset, axis=1).max()),
        bearing=math.atan2(float(mean[0]), -float(mean[1])),
        top=float(pitch.max()) + camera.field_of_view / 2 + 0.03,
    )


def boxes_of(element: Element) -> list[Array]:
    """Boxes (2, 3) around every solid of an element, on all of a driven body's path."""
    match element:
        case RigidBody():
            path = np.zeros((1, 3))
            if element.keyframes is not None:
                path = np.asarray(element.keyframes.positions) - element.position
            around = [part_box(s, element.position, element.quaternion) for s in element.shapes
                      if not isinstance(s.geometry, Plane)]  # fmt: skip
            return [
                np.array([box[0] + path.min(axis=0), box[1] + path.max(axis=0)]) for box in around
            ]
        case Articulation():
            return [box for link in element.links for box in boxes_of(link)]
        case ThermalBody():
            return boxes_of(element.body)
        case _:
            for name in ("vertices", "points", "positions"):
                places = np.asarray(getattr(element, name, ()), float).reshape(-1, 3)
                if len(places):
                    return [np.array([places.min(axis=0), places.max(axis=0)])]
            return []


def part_box(part: Part | Shape, position: Vector, quaternion: Quaternion) -> Array:
    """(2, 3) the box around a part of a body at a pose."""
    low, high = bounds(part.geometry)
    places = rotate(part.quaternion, corners(low, high)) + part.position
    places = rotate(quaternion, places) + position
    return np.array([places.min(axis=0), places.max(axis=0)])


@dataclass(eq=False)
class Site:
    """What has been put up so far around the event of `place`."""

    place: Place
    base: float = 0.0
    """Height of a floor all around [m]; below 0 where the event stands on a table."""
    pad: float = 0.0
    """Half-width of the pad the event stands on outdoors [m]; 0: there is none."""
    elements: list[RigidBody] = field(default_factory=list[RigidBody])
    boxes: list[Array] = field(default_factory=list[Array])
    """(2, 3) of everything that stands, for the next thing to keep clear of."""

    @property
    def ground(self) -> float:
        """Height of the ground outdoors [m]: the pad lies on it, a table stands on it."""
        return self.base - (PAD if self.base == 0.0 else 0.0)

    def level(self, x: float, y: float, width: float = 0.0) -> float | None:
        """Height of what a thing of this half-width [m] stands on: the pad or the ground around.

        None: it would stand across the edge."""
        out = float(np.abs(np.array([x, y]) - self.place.center).max()) - self.pad
        if self.pad > 0.0 and abs(out) < width:
            return None
        return 0.0 if out < 0.0 else self.ground

    def lay(
        self,
        name: str,
        parts: Sequence[Part],
        position: Vector = (0.0, 0.0, 0.0),
        turn: float = 0.0,
        *,
        collides: bool = False,
    ) -> None:
        """A static body wherever it is, turned about z [rad]: ground, walls, what lies flat."""
        shapes = tuple(
            Shape(
                geometry=p.geometry,
                material=p.stuff.material,
                look=p.stuff.look,
                position=p.position,
                quaternion=p.quaternion,
                collides=collides,
            )
            for p in parts
        )
        body = RigidBody(
            name=name,
            shapes=shapes,
            position=position,
            quaternion=about_z(turn),
            motion="static",
        )
        self.elements.append(body)

    def put_many(self, name: str, things: Sequence[tuple[Sequence[Part], Vector, float]]) -> None:
        """One body of all those things, each at a position and turn, that hide nothing."""
        kept: list[Part] = []
        for parts, position, turn in things:
            box = _around(parts, position, turn)
            if self.place.free(box) and not (self.boxes and meets(box, np.array(self.boxes))):
                kept += [_carried(p, position, turn) for p in parts]
        if kept:
            self.lay(name, kept)

    def put(
        self, name: str, parts: Sequence[Part], position: Vector, turn: float = 0.0
    ) -> Array | None:
        """A static body if it keeps clear of event, camera and other things and hides nothing.

        Returns the box (2, 3) around it; None: it was left out."""
        box = _around(parts, position, turn)
        if self.boxes and meets(box, np.array(self.boxes)):
            return None
        if not self.place.free(box):
            return None
        count = sum(e.name.startswith(f"{name}_") for e in self.elements)
        self.lay(f"{name}_{count}", parts, position, turn)
        self.boxes.append(box)
        return box


def _around(parts: Sequence[Part], position: Vector, turn: float) -> Array:
    """(2, 3) the box around parts of a body at a pose."""
    boxes = np.array([part_box(p, position, about_z(turn)) for p in parts])
    return np.array([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])


def _carried(part: Part, position: Vector, turn: float) -> Part:
    """A part of a body at a pose as a part in the world's frame."""
    x, y, z = (rotate(about_z(turn), part.position) + position).tolist()
    w, i, j, k = multiply(about_z(turn), part.quaternion).tolist()
    return Part(part.geometry, part.stuff, (x, y, z), (w, i, j, k))


def about_z(turn: float) -> Quaternion:
    """The quaternion of a turn about z [rad]."""
    w, x, y, z = from_axis_angle((0.0, 0.0, 1.0), turn).tolist()
    return (w, x, y, z)


def direction_of(azimuth: float) -> Array:
    """(2,) horizontal unit vector of an azimuth; 0 points along -y."""
    return np.array([math.sin(azimuth), -math.cos(azimuth)])
