"""Sets furniture along the walls of a room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simgen.key import Key
from simgen.stage.kit import Kit, Maker
from simgen.stage.place import Part, Site, part_box
from simgen.stage.room import Room, Wall

MOST = 18
"""Pieces of furniture in a room."""


def furnish(
    key: Key, site: Site, room: Room, standing: Sequence[Maker], hanging: Sequence[Maker]
) -> None:
    """Stand and hang pieces along the walls that are seen, clear of windows and of the event."""
    left = MOST
    for i, wall in enumerate(room.walls[:3]):
        low = Kit(key.child("standing", i))
        left -= _along(low, site, wall, standing, gap=(0.1, 0.3 + 0.05 * wall.length), most=left)
    for i, wall in enumerate(room.walls[:3]):
        high = Kit(key.child("hanging", i))
        _along(high, site, wall, hanging, gap=(0.3, 0.4 + 0.15 * wall.length), most=4)


def _along(
    kit: Kit, site: Site, wall: Wall, pieces: Sequence[Maker], *, gap: tuple[float, float],
    most: int,
) -> int:  # fmt: skip
    """Set pieces one after another along a wall; returns how many."""
    u = -wall.length / 2 + kit.u(0.1, max(gap))
    count = 0
    for k in range(24):
        if not pieces or count >= most:
            break
        make = pieces[int(kit.rng.integers(len(pieces)))]
        parts = make(Kit(kit.key.child("piece", k)))
        span, rise = extent(parts)
        u -= span[0]
        if u + span[1] > wall.length / 2 - 0.05:
            break
        turn, spot = wall.turn, wall.point(u, 0.004, 0.0)
        if not _before_window(wall, u + span[0], u + span[1], rise):
            count += site.put(f"set_{make.__name__}", parts, spot, turn) is not None
        u += span[1] + kit.u(*gap)
    return count


def extent(parts: Sequence[Part]) -> tuple[tuple[float, float], float]:
    """How far parts reach along x, and their highest z [m]."""
    boxes = np.array([part_box(p, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)) for p in parts])
    low, high = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    return (float(low[0]), float(high[0])), float(high[2])


def _before_window(wall: Wall, start: float, end: float, rise: float) -> bool:
    """Whether something from `start` to `end` along a wall and `rise` tall covers its window."""
    if wall.hole is None:
        return False
    u0, u1, z0, _ = wall.hole
    return start < u1 + 0.05 and end > u0 - 0.05 and rise > z0
