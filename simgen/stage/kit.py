"""What makers of furniture and objects draw from: sizes, materials and parts of one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simgen.geometry import Geometry
from simgen.key import Key
from simgen.rotation import IDENTITY, from_axis_angle
from simgen.scene import Quaternion, Vector
from simgen.stage.finish import stuff
from simgen.stage.place import Part


class Kit:
    """Random sizes and materials of one thing."""

    def __init__(self, key: Key, scale: float = 1.0) -> None:
        self.key, self.rng = key, key.rng()
        self.scale = scale
        """Size of the event [m], for what has no size of its own."""

    def u(self, low: float, high: float) -> float:
        """A uniform draw."""
        return float(self.rng.uniform(low, high))

    def pick(self, *names: str) -> str:
        """One of the names."""
        return names[int(self.rng.integers(len(names)))]

    def part(
        self,
        geometry: Geometry,
        name: str,
        position: Vector = (0.0, 0.0, 0.0),
        quaternion: Quaternion = IDENTITY,
        **look: Any,
    ) -> Part:
        """A solid of a finish or material; each name looks the same all over one thing."""
        return Part(geometry, stuff(self.key.child(name), name, **look), position, quaternion)


Maker = Callable[[Kit], list[Part]]


def turned_about(axis: Vector, angle: float) -> Quaternion:
    """The quaternion of a turn [rad] about an axis."""
    w, x, y, z = from_axis_angle(axis, angle).tolist()
    return (w, x, y, z)
