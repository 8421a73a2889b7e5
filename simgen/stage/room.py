"""The shell of a room: walls, skirting, a dado, a frieze, and windows where the light comes in.

Rooms have no ceiling that a camera could see, so the light from afar reaches the event from above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from simgen.geometry import Array, Box
from simgen.key import Key
from simgen.scene import Vector
from simgen.stage.finish import laid, stuff
from simgen.stage.place import Part, Place, Site, Stuff

FRIEZE = (2.5, 2.9)
"""Height from which the painted walls of high rooms are white [m]."""
THICK = 0.12
"""Of walls [m]."""
PANES = 0.06
"""Depth of a window's panes in its wall [m]."""
Hole = tuple[float, float, float, float]
"""(u0, u1, z0, z1) of a window: along the wall from its middle, and above the floor [m]."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Wall:
    """One wall in its own frame: x along it from its middle, y into the room, z up from the
    floor."""

    position: Vector
    """Middle of its foot on the room's side [m]."""
    turn: float
    """About z, from the world's frame to the wall's [rad]."""
    length: float
    hole: Hole | None = None
    beam: tuple[float, float] = (0.0, 0.0)
    """Where light to the event passes the panes of its window: u, z [m]."""

    def point(self, u: float, v: float, z: float) -> Vector:
        """A point of the wall's frame in the world [m]."""
        c, s = math.cos(self.turn), math.sin(self.turn)
        x, y, floor = self.position
        return (x + c * u - s * v, y + s * u + c * v, floor + z)


@dataclass(frozen=True, eq=False, kw_only=True)
class Room:
    """Four walls: the one behind the event, its neighbours, and the one behind the camera."""

    walls: tuple[Wall, ...]
    height: float
    lower: Array
    """(2,) inner corner [m]."""
    upper: Array
    """(2,) opposite corner [m]."""

    @property
    def half(self) -> float:
        """Half the room's larger side [m]."""
        return float((self.upper - self.lower).max()) / 2


def plan_room(site: Site, window: Vector, *, back: float, lift: float) -> Room:
    """A room that holds event, camera and lamps, its back wall `back` [m] or more from the centre.

    `window` is the direction that the light comes from: a wall in its way gets a window `lift` [m]
    above the floor or higher, and the room is so wide that the beam misses its corners.
    """
    place, base = site.place, site.base
    toward = place.toward
    side = np.array([-toward[1], toward[0]])
    center = np.asarray(place.center)
    boxes = np.concatenate([place.busy, *(box[None] for box in site.boxes)])
    inside = boxes[..., :2].reshape(-1, 2) - center
    eyes = place.eyes[:, :2] - center
    back = max(back, float(-(inside @ toward).min()) + 0.05, float(-(eyes @ toward).min()) + 0.6)
    front = max(float((eyes @ toward).max()) + 0.6, float((inside @ toward).max()) + 0.6)
    wide = max(float(np.abs(inside @ side).max()) + min(0.4 * place.size, 0.8) + 0.5,
               float(np.abs(eyes @ side).max()) + 0.8, 1.6)  # fmt: skip
    corners = np.stack(
        [center + front * toward + wide * side, center - back * toward - wide * side]
    )
    lower, upper = corners.min(axis=0), corners.max(axis=0)
    lower, upper = _room_for_beam(place, np.asarray(window[:2]), lower, upper)
    far = float(np.linalg.norm(upper - lower))
    height = max(2.6, place.sight(0.6 * far) - base)
    walls: list[Wall] = []
    for inward in (toward, -side, side, -toward):
        middle, span = (lower + upper) / 2, np.abs(upper - lower)
        foot = middle - inward * float(np.abs(inward) @ span) / 2
        walls.append(
            _with_window(
                Wall(
                    position=(float(foot[0]), float(foot[1]), base),
                    turn=math.atan2(-float(inward[0]), float(inward[1])),
                    length=float(np.abs(inward[::-1]) @ span),
                ),
                place,
                window,
                height,
                lift,
            )
        )
    return Room(walls=tuple(walls), height=height, lower=lower, upper=upper)


def _window_width(place: Place) -> float:
    return max(1.5, 1.8 * place.size)


def _room_for_beam(place: Place, way: Array, lower: Array, upper: Array) -> tuple[Array, Array]:
    """The room's corners moved apart until the beam from the event to `way` has a window's width
    around it where it leaves."""
    center = np.asarray(place.center)
    with np.errstate(divide="ignore"):
        runs = np.where(way > 0, upper - center, center - lower) / np.maximum(np.abs(way), 1e-9)
    other = 1 - int(np.argmin(runs))
    hit = float(center[other] + runs.min() * way[other])
    margin = 0.5 * _window_width(place) + 0.3
    lower, upper = lower.copy(), upper.copy()
    lower[other], upper[other] = min(lower[other], hit - margin), max(upper[other], hit + margin)
    return lower, upper


def _with_window(wall: Wall, place: Place, window: Vector, height: float, lift: float) -> Wall:
    """The wall, with a window where it keeps the light from the event."""
    c, s = math.cos(wall.turn), math.sin(wall.turn)
    along, outward = c * window[0] + s * window[1], s * window[0] - c * window[1]
    if outward < 0.1:
        return wall
    x, y = place.center[0] - wall.position[0], place.center[1] - wall.position[1]
    run = (-s * x + c * y) / outward
    u = c * x + s * y + run * along
    z = 0.3 * place.size + run * window[2] - wall.position[2]
    tall, wide = max(1.3, 1.3 * place.size), _window_width(place)
    if z - tall / 2 > height - 0.3:
        return wall
    edge = wall.length / 2 - 0.1
    u0, u1 = max(u - wide / 2, -edge), min(u + wide / 2, edge)
    if u1 - u0 < 0.35:
        return wall
    z0, z1 = max(z - tall / 2, lift), max(z + tall / 2, lift + 0.6)
    hole = (u0, u1, z0, z1 if z1 < height - 0.1 else height)
    deeper = PANES / outward
    return replace(wall, hole=hole, beam=(u + deeper * along, z + deeper * window[2]))


def build_room(key: Key, site: Site, room: Room, *, walls: str, dado: str = "") -> None:
    """Put up the walls of a finish or material, with skirting, and a dado of another."""
    rng = key.child("walls").rng()
    own = walls in ("stone/brick", "stone/concrete", "wood/pine")
    face = laid(key, "wall", walls) if own else stuff(key.child("wall"), walls)
    wooden = rng.random() < 0.3
    trim = stuff(key.child("trim"), "wood/oak" if wooden else "gloss_paint", scale=0.4)
    if not wooden:
        trim = stuff(key.child("trim"), "gloss_paint", color=(0.93, 0.93, 0.91))
    lower = stuff(key.child("dado"), dado) if dado else None
    rise, frieze = float(rng.uniform(0.9, 1.4)), float(rng.uniform(*FRIEZE))
    white = stuff(key.child("frieze"), "gloss_paint", color=(0.9, 0.9, 0.88))
    for i, wall in enumerate(room.walls):
        half = wall.length / 2
        site.lay(f"wall_{i}", _wall_parts(wall, room.height, face), wall.position, wall.turn,
                 collides=True)  # fmt: skip
        bars = [_slab(trim, -half, half, 0.0, 0.09, 0.0, 0.015)]
        if lower is not None and (wall.hole is None or wall.hole[2] > rise + 0.05):
            bars.append(_slab(lower, -half, half, 0.0, rise, 0.0, 0.01))
            bars.append(_slab(trim, -half, half, rise, rise + 0.03, 0.0, 0.018))
        if not own and room.height > frieze + 0.4:
            bars += _frieze(wall, frieze, room.height, white, trim)
        if wall.hole:
            bars += _window_parts(wall.hole, wall.beam, room.height, trim)
        site.lay(f"trim_{i}", bars, wall.position, wall.turn)


def _slab(finish: Stuff, u0: float, u1: float, z0: float, z1: float, v0: float, v1: float) -> Part:
    """A box in a wall's frame."""
    size = (u1 - u0, v1 - v0, z1 - z0)
    return Part(Box(size), finish, ((u0 + u1) / 2, (v0 + v1) / 2, (z0 + z1) / 2))


def _wall_parts(wall: Wall, height: float, finish: Stuff) -> list[Part]:
    half = wall.length / 2 + THICK
    if wall.hole is None:
        return [_slab(finish, -half, half, 0.0, height, -THICK, 0.0)]
    u0, u1, z0, z1 = wall.hole
    parts = [
        _slab(finish, -half, u0, 0.0, height, -THICK, 0.0),
        _slab(finish, u1, half, 0.0, height, -THICK, 0.0),
        _slab(finish, u0, u1, 0.0, z0, -THICK, 0.0),
    ]
    if z1 < height:
        parts.append(_slab(finish, u0, u1, z1, height, -THICK, 0.0))
    return parts


def _frieze(wall: Wall, start: float, height: float, white: Stuff, trim: Stuff) -> list[Part]:
    """A rail, and white paint above it, beside and above the window."""
    half = wall.length / 2
    spans = [(-half, half, start)]
    if wall.hole is not None and wall.hole[3] > start:
        u0, u1, _, z1 = wall.hole
        spans = [(-half, u0, start), (u1, half, start)]
        if z1 < height:
            spans.append((u0, u1, z1))
    parts = [_slab(white, u0, u1, z, height, 0.0, 0.004) for u0, u1, z in spans]
    return parts + [
        _slab(trim, u0, u1, z, z + 0.05, 0.0, 0.03) for u0, u1, z in spans if z == start
    ]


def _window_parts(hole: Hole, beam: tuple[float, float], height: float, trim: Stuff) -> list[Part]:
    """Frame, sill and glazing bars, slim enough to let the sun through and none in mid-beam."""
    u0, u1, z0, z1 = hole
    wide, slim, near, far = 0.05, 0.025, -PANES - 0.025, -PANES + 0.025
    bars = [
        _slab(trim, u0, u0 + wide, z0, z1, near, far),
        _slab(trim, u1 - wide, u1, z0, z1, near, far),
        _slab(trim, u0 - 0.06, u1 + 0.06, z0 - 0.03, z0 + 0.01, -0.1, 0.1),
    ]
    if z1 < height:
        bars.append(_slab(trim, u0, u1, z1 - wide, z1, near, far))
    panes = 1 + 2 * round((u1 - u0) / 2.0)
    for k in range(1, panes):
        u = u0 + (u1 - u0) * k / panes
        if abs(u - beam[0]) > 0.1:
            bars.append(_slab(trim, u - slim / 2, u + slim / 2, z0, z1, near, far))
    rail = z0 + 0.72 * (z1 - z0)
    if abs(rail - beam[1]) < 0.15:
        rail = z0 + 0.3 * (z1 - z0)
    bars.append(_slab(trim, u0, u1, rail - slim / 2, rail + slim / 2, near, far))
    return bars
