"""Where a stage is built: sizes that follow from event and camera, and looks of large areas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simgen.camera import Focus
from simgen.geometry import Array, Geometry
from simgen.key import Key
from simgen.material import Look, Material, material
from simgen.scene import Camera, RigidBody, Shape, Vector

LAID: dict[str, dict[str, tuple[tuple[str, float, float], ...]]] = {
    "floor": {
        "wood": (("planks", 0.07, 0.2), ("planks", 0.1, 0.16), ("parquet", 0.25, 0.5)),
        "plastic": (("planks", 0.12, 0.2), ("tiles", 0.3, 0.6), ("terrazzo", 0.006, 0.014)),
        "ceramic": (("tiles", 0.15, 0.6),),
    },
    "deck": {
        "wood": (("planks", 0.1, 0.15),),
        "plastic": (("planks", 0.1, 0.15),),
        "ceramic": (("tiles", 0.3, 0.6),),
    },
    "table": {
        "wood": (("wood", 0.3, 0.6), ("planks", 0.12, 0.25)),
        "plastic": (("plain", 0.3, 0.5), ("wood", 0.35, 0.7)),
        "ceramic": (("tiles", 0.08, 0.15),),
    },
    "wall": {"wood": (("planks", 0.1, 0.2),), "ceramic": (("tiles", 0.1, 0.2),)},
}
"""How a family of materials covers an area: texture, smallest and largest scale [m]."""
OUTDOORS = frozenset({"outdoor"})
"""Environments under the open sky; the others have walls."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """The event and the camera in numbers. Lengths [m], heights above the floor."""

    center: tuple[float, float]
    """Of the focus, on the floor."""
    size: float
    """Largest edge of the focus."""
    reach: float
    """Largest horizontal distance of the eye from the centre."""
    eye_height: float
    """Highest eye."""
    bearing: float
    """Azimuth from the centre to the mean eye [rad]."""
    top: float
    """Steepest upward angle seen, at the top of the picture [rad]."""

    def sight(self, distance: float) -> float:
        """Height seen at the top of the picture, `distance` beyond the centre."""
        return self.eye_height + math.tan(min(self.top, 1.2)) * (self.reach + distance)

    def at(self, azimuth: float, distance: float, height: float = 0.0) -> Vector:
        """The point at `distance` from the centre in the direction `azimuth`."""
        x = self.center[0] + math.sin(azimuth) * distance
        return (x, self.center[1] - math.cos(azimuth) * distance, height)


def measure(focus: Focus, camera: Camera) -> Place:
    """The place of a focus seen by a camera."""
    pose = camera.camera_to_world
    offset = pose[:, :2, 3] - focus.center[:2]
    mean = offset.mean(axis=0)
    pitch = np.arcsin(np.clip(pose[:, 2, 2], -1.0, 1.0))
    return Place(
        center=(float(focus.center[0]), float(focus.center[1])),
        size=float(np.max(np.asarray(focus.upper) - np.asarray(focus.lower))),
        reach=float(np.linalg.norm(offset, axis=1).max()),
        eye_height=float(pose[:, 2, 3].max()),
        bearing=math.atan2(float(mean[0]), -float(mean[1])),
        top=float(pitch.max()) + camera.field_of_view / 2 + 0.03,
    )


def cover(key: Key, place: str, stuff: Material) -> Look:
    """The look of a floor, deck, table or wall of a material: boards and tiles at real sizes."""
    look = stuff.look(key.child(place))
    ways = LAID[place].get(stuff.name.split("/")[0])
    if not ways:
        return look
    rng = key.child(place, "laid").rng()
    texture, low, high = ways[int(rng.integers(len(ways)))]
    accent = look.accent
    if texture == "tiles":
        accent = (0.45, 0.43, 0.4) if sum(look.color) > 1.5 else (0.7, 0.68, 0.64)
    return replace(look, texture=texture, scale=float(rng.uniform(low, high)), accent=accent)


def fixture(
    name: str,
    parts: Sequence[tuple[Geometry, Vector]],
    look: Look,
    stuff: str,
    position: Vector = (0.0, 0.0, 0.0),
    *,
    collides: bool = True,
) -> RigidBody:
    """A static body of several solids, each at its own place in the body."""
    shapes = tuple(
        Shape(geometry=g, material=material(stuff), look=look, position=p, collides=collides)
        for g, p in parts
    )
    return RigidBody(name=name, shapes=shapes, position=position, motion="static")


def direction_of(azimuth: float) -> Array:
    """(2,) horizontal unit vector of an azimuth; 0 points along -y."""
    return np.array([math.sin(azimuth), -math.cos(azimuth)])
