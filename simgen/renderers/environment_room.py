"""Rooms as panoramas: boxes, furniture of boxes, lamps and windows, lit in closed form.

Light that has bounced is one constant, as in an integrating sphere; surfaces darken towards the
corners. Everything is seen from one eye, lengths are metres, z = 0 is the floor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.atmosphere import sun_irradiance
from simgen.geometry import Array
from simgen.renderers.environment_clouds import periodic_noise
from simgen.renderers.environment_sky import open_sky
from simgen.sky import OpenSky

Field = NDArray[np.float32]
Colour = tuple[float, float, float]
DARK: Colour = (0.0, 0.0, 0.0)

WEST, EAST, SOUTH, NORTH, FLOOR, CEILING = range(6)
"""Sides of a room: towards -x, +x, -y, +y, -z, +z. Side k lies across axis k // 2."""
PROBES = 24
"""Directions that measure what a side's windows let in."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A rectangle or an ellipse on a side: paint, a lamp, or a window."""

    side: int
    center: tuple[float, float]
    """Along the two other axes, in their order."""
    half: tuple[float, float]
    albedo: Colour = DARK
    radiance: Colour = DARK
    panes: tuple[int, int] | None = None
    """Panes of a window along both axes."""
    round: bool = False


@dataclass(frozen=True, kw_only=True)
class Block:
    """A box in the room; with a radiance it is a lamp."""

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]
    albedo: Colour = (0.5, 0.5, 0.5)
    radiance: Colour = DARK


@dataclass(frozen=True, kw_only=True)
class Cover:
    """Paint or paving of a side."""

    albedo: Colour
    pattern: str = "plain"
    """One of `_PATTERNS`."""
    scale: float = 1.0
    """Of the pattern [m]."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """Half-widths along x and y and height; walls, floor and ceiling; what is in it."""

    half: tuple[float, float]
    height: float
    walls: Cover
    floor: Cover
    ceiling: Cover
    patches: tuple[Patch, ...]
    blocks: tuple[Block, ...] = ()
    eye: tuple[float, float, float] = (0.0, 0.0, 1.3)

    def bounds(self) -> Array:
        """(3, 2) lowest and highest coordinate."""
        x, y = self.half
        return np.array([[-x, x], [-y, y], [0.0, self.height]])


@dataclass(eq=False)
class _Seen:
    """What each ray meets first."""

    place: Field
    """(3, N)."""
    side: NDArray[np.int8]
    """The side its normal points away from, as of the room's own sides."""
    distance: Field
    albedo: Field
    """(3, N)."""
    radiance: Field
    """(3, N)."""
    outside: NDArray[np.bool_]
    """Through a window."""


def paint(room: Room, outside: OpenSky, directions: Array, seed: int) -> Field:
    """(N, 3) linear RGB radiance in `directions` (N, 3); the east wall faces the outside's sun."""
    azimuth = math.atan2(outside.source[1], outside.source[0])
    c, s = math.cos(azimuth), math.sin(azimuth)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    ways = turn.T.astype(np.float32) @ np.ascontiguousarray(directions.T, np.float32)
    seen = _sides(room, ways, np.random.default_rng([seed, 1]))
    for block in room.blocks:
        _meet(seen, room, block, ways)
    sides = sorted({patch.side for patch in room.patches if patch.panes})
    probes = _probes(sides) @ turn.T
    looks = open_sky(outside, np.concatenate([directions[seen.outside], probes]))
    views = looks[len(looks) - len(probes) :].reshape(len(sides), PROBES, 3).mean(axis=1)
    light = _lit(room, seen, dict(zip(sides, views, strict=True)), outside)
    light[:, seen.outside] = looks[: len(looks) - len(probes)].T
    return light.T


def _probes(sides: list[int]) -> Array:
    """(sides * PROBES, 3) directions out of each side, cosine-weighted."""
    k = np.arange(PROBES) + 0.5
    r, turn = np.sqrt(k / PROBES), 2.399963 * k
    flat = np.stack([r * np.cos(turn), r * np.sin(turn)])
    found: list[Array] = []
    for side in sides:
        axis = side // 2
        ways = np.insert(flat, axis, np.sqrt(1 - r * r) * (1 if side % 2 else -1), axis=0)
        found.append(ways.T)
    return np.concatenate(found) if found else np.zeros((0, 3))


def _sides(room: Room, ways: Field, rng: np.random.Generator) -> _Seen:
    """The empty room."""
    bounds = room.bounds()
    room_eye = np.array(room.eye)[:, None]
    ends = np.where(ways > 0, bounds[:, 1:] - room_eye, bounds[:, :1] - room_eye)
    with np.errstate(divide="ignore"):
        far: Field = ends.astype(np.float32) / ways
    axis = np.argmin(far, axis=0)
    distance: Field = far.min(axis=0)
    place: Field = (room_eye + ways * distance).astype(np.float32)
    side = (2 * axis + (np.take_along_axis(ways, axis[None], 0)[0] > 0)).astype(np.int8)
    blank = np.zeros_like(ways)
    seen = _Seen(place, side, distance, blank.copy(), blank, np.zeros_like(side, np.bool_))
    noise = periodic_noise(rng, 256, 0.8, 1.0, 100.0)
    for k in range(6):
        here = np.flatnonzero(side == k)
        cover = room.floor if k == FLOOR else room.ceiling if k == CEILING else room.walls
        u, v = (place[a, here] for a in range(3) if a != k // 2)
        tone = _PATTERNS[cover.pattern](u / cover.scale, v / cover.scale, noise)
        seen.albedo[:, here] = np.array(cover.albedo, np.float32)[:, None] * tone
        for patch in room.patches:
            if patch.side == k:
                _stick(seen, patch, here, u, v)
    return seen


def _stick(seen: _Seen, patch: Patch, here: NDArray[np.intp], u: Field, v: Field) -> None:
    """Put a patch on the rays `here` of its side."""
    a = (u - np.float32(patch.center[0])) / np.float32(patch.half[0])
    b = (v - np.float32(patch.center[1])) / np.float32(patch.half[1])
    inside = a * a + b * b < 1.0 if patch.round else np.maximum(np.abs(a), np.abs(b)) < 1.0
    rays = here[inside]
    seen.albedo[:, rays] = np.array(patch.albedo, np.float32)[:, None]
    seen.radiance[:, rays] = np.array(patch.radiance, np.float32)[:, None]
    if patch.panes:
        clear = np.ones(len(rays), bool)
        for x, count, half in zip((a, b), patch.panes, patch.half, strict=True):
            bar = 0.035 / (2 * half)
            share = (x[inside] * 0.5 + 0.5) * (1 - bar) * count % 1.0
            clear &= (share > bar * count) & (np.abs(x[inside]) < 1 - bar)
        seen.outside[rays] = clear
        seen.albedo[:, rays] = 0.7


def _meet(seen: _Seen, room: Room, block: Block, ways: Field) -> None:
    """Let a block hide what lies behind it (slab test on the rays that pass near it)."""
    eye = np.array(room.eye, np.float32)
    low, high = np.array(block.lower, np.float32) - eye, np.array(block.upper, np.float32) - eye
    middle, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
    away = float(np.linalg.norm(middle))
    if away > radius * 1.01:
        edge = np.float32(math.sqrt(away**2 - radius**2))
        toward: Field = np.dot(middle, ways)
        near: NDArray[np.intp] = np.flatnonzero(toward > edge)
    else:
        near = np.arange(ways.shape[1], dtype=np.intp)
    d = ways[:, near]
    with np.errstate(divide="ignore", invalid="ignore"):
        first, last = low[:, None] / d, high[:, None] / d
    near_far = np.minimum(first, last)
    axis = np.argmax(near_far, axis=0)
    enter = np.take_along_axis(near_far, axis[None], 0)[0]
    leave = np.maximum(first, last).min(axis=0)
    hit = (enter < leave) & (enter > 0) & (enter < seen.distance[near])
    rays, axis, enter = near[hit], axis[hit], enter[hit]
    seen.distance[rays] = enter
    seen.place[:, rays] = eye[:, None] + ways[:, rays] * enter
    seen.side[rays] = 2 * axis + (np.take_along_axis(ways[:, rays], axis[None], 0)[0] > 0)
    seen.albedo[:, rays] = np.array(block.albedo, np.float32)[:, None]
    seen.radiance[:, rays] = np.array(block.radiance, np.float32)[:, None]
    seen.outside[rays] = False


@dataclass(frozen=True, eq=False)
class _Source:
    """A small lamp or a part of a large one."""

    place: tuple[float, float, float]
    side: int | None
    """It lies on; None: it shines to all sides."""
    radiance: Colour
    area: float


def _sources(room: Room, views: dict[int, Array]) -> list[_Source]:
    """All lamps and windows in parts of about a metre."""
    bounds, found = room.bounds(), list[_Source]()
    for patch in room.patches:
        radiance = patch.radiance
        if patch.panes:
            r, g, b = (float(0.85 * v) for v in views[patch.side])
            radiance = (r, g, b)
        if not any(radiance):
            continue
        axis = patch.side // 2
        counts = [int(np.clip(math.ceil(half / 0.8), 1, 3)) for half in patch.half]
        steps = [(np.arange(n) + 0.5) / n * 2 - 1 for n in counts]
        area = 4 * patch.half[0] * patch.half[1] * (math.pi / 4 if patch.round else 1.0)
        for a in steps[0] * patch.half[0] + patch.center[0]:
            for b in steps[1] * patch.half[1] + patch.center[1]:
                x, y, z = np.insert([a, b], axis, bounds[axis, patch.side % 2]).tolist()
                part = area / (counts[0] * counts[1])
                found.append(_Source((x, y, z), patch.side, radiance, part))
    for block in room.blocks:
        if any(block.radiance):
            low, high = np.array(block.lower), np.array(block.upper)
            a, b, c = high - low
            x, y, z = ((low + high) / 2).tolist()
            shadow = 0.5 * float(a * b + b * c + c * a)  # a convex body's mean one
            found.append(_Source((x, y, z), None, block.radiance, shadow))
    return found


def _lit(room: Room, seen: _Seen, views: dict[int, Array], outside: OpenSky) -> Field:
    """(3, N) radiance of everything under the lamps, the windows and the sun through them."""
    sources = _sources(room, views)
    received = np.zeros_like(seen.albedo)
    for side in range(6):
        here = np.flatnonzero(seen.side == side)
        received[:, here] = _received(sources, side, seen.place[:, here])
    flux = np.zeros(3)
    for source in sources:
        around = math.pi if source.side is not None else 4 * math.pi
        flux += np.array(source.radiance) * source.area * around
    received += (_bounced(room, flux) * _open(room, seen.place)).astype(np.float32)
    received += _sunlit(room, seen, outside)
    return seen.albedo * received / np.float32(math.pi) + seen.radiance


def _received(sources: list[_Source], side: int, place: Field) -> Field:
    """(3, N) irradiance of the sources on places (3, N) that face away from a side."""
    shares: dict[Colour, Field] = {}
    for source in sources:
        if source.side == side:
            continue
        x, y, z = (np.float32(c) - p for c, p in zip(source.place, place, strict=True))
        way = (x, y, z)
        facing = np.maximum(way[side // 2] if side % 2 == 0 else -way[side // 2], 0.0)
        square = x * x + y * y + z * z + np.float32(source.area / math.pi)
        if source.side is None:
            facing /= square * np.sqrt(square)
        else:
            across = way[source.side // 2]
            facing *= np.maximum(across if source.side % 2 else -across, 0.0)
            facing /= square * square
        facing *= np.float32(source.area)
        before = shares.get(source.radiance)
        shares[source.radiance] = facing if before is None else before + facing
    received = np.zeros_like(place)
    for radiance, share in shares.items():
        received += np.array(radiance, np.float32)[:, None] * share
    return received


def _bounced(room: Room, flux: Array) -> Array:
    """(3, 1) irradiance from light that has bounced: of an integrating sphere of the room's area
    and mean albedo."""
    x, y = (2 * h for h in room.half)
    floor, wall = x * y, 2 * (x + y) * room.height
    area = 2 * floor + wall
    albedo = floor * (np.array(room.floor.albedo) + room.ceiling.albedo)
    albedo = 0.85 * (albedo + wall * np.array(room.walls.albedo)) / area
    return (flux / area * albedo / (1 - albedo))[:, None]


def _open(room: Room, place: Field) -> Field:
    """Share of bounced light that reaches a place: less in corners."""
    share = np.ones(place.shape[1], np.float32)
    for p, (low, high) in zip(place, room.bounds(), strict=True):
        gap = np.minimum(p - np.float32(low), np.float32(high) - p)
        share *= 1.0 - 0.3 * np.exp(-np.maximum(gap, 0.0) / np.float32(0.35))
    return share / np.float32(0.7)


def _sunlit(room: Room, seen: _Seen, outside: OpenSky) -> Field:
    """Irradiance of the sun that shines through the windows of the east wall and the roof."""
    elevation = math.asin(max(-1.0, min(1.0, outside.source[2])))
    toward = (math.cos(elevation), 0.0, math.sin(elevation))
    received = np.zeros_like(seen.albedo)
    if elevation <= 0.0 or outside.clouds > 0.9:
        return received
    irradiance = sun_irradiance(elevation, round(outside.turbidity, 2)) * outside.brightness
    for side, slant in ((WEST, toward[0]), (FLOOR, toward[2])):
        here = np.flatnonzero(seen.side == side)
        place = seen.place[:, here]
        lit = np.zeros(len(here), bool)
        for patch in room.patches:
            if patch.panes is None or patch.side not in (EAST, CEILING):
                continue
            axis = patch.side // 2
            run = (np.float32(room.bounds()[axis, 1]) - place[axis]) / np.float32(toward[axis])
            at = [p + np.float32(t) * run for p, t in zip(place, toward, strict=True)]
            u, v = (at[k] for k in range(3) if k != axis)
            a, b = (
                np.abs(x - c) < h for x, c, h in zip((u, v), patch.center, patch.half, strict=True)
            )
            lit |= a & b
        received[:, here[lit]] = (irradiance * slant)[:, None]
    return received


def _hash(a: Field, b: Field) -> Field:
    """0..1 for each pair of whole numbers."""
    value = np.sin(a * np.float32(12.9898) + b * np.float32(78.233)) * np.float32(43758.547)
    return value - np.floor(value)


def _speckle(u: Field, v: Field, noise: Field) -> Field:
    row, column = ((x * 64).astype(np.int32) & 255 for x in (u, v))
    return noise[row, column]


def _plain(u: Field, v: Field, noise: Field) -> Field:
    return 1.0 + np.float32(0.02) * _speckle(u, v, noise)


def _blotched(u: Field, v: Field, noise: Field) -> Field:
    return np.exp(np.float32(0.13) * _speckle(u, v, noise))


def _planks(u: Field, v: Field, noise: Field) -> Field:
    row = np.floor(v)
    shift = u / 9.0 + _hash(row, row)
    tone = 0.75 + 0.4 * _hash(row, np.floor(shift))
    seam = (v % 1.0 < 0.04) | (shift % 1.0 < 0.005)
    grain = 1.0 + 0.08 * _speckle(u * 0.05, v, noise)
    return np.where(seam, 0.4, tone * grain).astype(np.float32)


def _tiles(u: Field, v: Field, noise: Field) -> Field:
    tone = 0.92 + 0.12 * _hash(np.floor(u), np.floor(v))
    seam = (u % 1.0 < 0.025) | (v % 1.0 < 0.025)
    return np.where(seam, 0.6, tone + 0.02 * _speckle(u, v, noise)).astype(np.float32)


def _bricks(u: Field, v: Field, noise: Field) -> Field:
    course = v * 3.0
    row = np.floor(course)
    along = u + 0.5 * (row % 2)
    seam = (along % 1.0 < 0.04) | (course % 1.0 < 0.12)
    tone = 0.75 + 0.4 * _hash(np.floor(along), row) + 0.05 * _speckle(u, v, noise)
    return np.where(seam, 1.25, tone).astype(np.float32)


_PATTERNS = {
    "plain": _plain,
    "blotched": _blotched,
    "planks": _planks,
    "tiles": _tiles,
    "bricks": _bricks,
}
