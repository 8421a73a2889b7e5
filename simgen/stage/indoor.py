"""Indoor surroundings: a photo studio, a room with a window for the sun, a table in that room."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from simgen.geometry import Array, Box, Cylinder, Geometry, Plane, Sphere, TriangleMesh
from simgen.key import Key
from simgen.material import Look, material
from simgen.scene import Element, Vector
from simgen.stage.place import Place, cover, direction_of, fixture

BACKDROPS = (
    (0.92, 0.91, 0.89),
    (0.75, 0.75, 0.76),
    (0.55, 0.56, 0.58),
    (0.85, 0.78, 0.68),
    (0.62, 0.72, 0.78),
    (0.66, 0.73, 0.62),
    (0.78, 0.6, 0.5),
    (0.86, 0.8, 0.83),
    (0.33, 0.35, 0.38),
)
PAINTS = (
    (0.93, 0.92, 0.89),
    (0.9, 0.87, 0.8),
    (0.82, 0.84, 0.83),
    (0.75, 0.8, 0.84),
    (0.78, 0.81, 0.73),
    (0.87, 0.79, 0.71),
    (0.7, 0.66, 0.62),
    (0.55, 0.62, 0.64),
)
"""sRGB of backdrops and of painted walls."""
WALLS = ("stone/plaster", "stone/plaster", "stone/plaster", "stone/brick", "stone/concrete")
THICK = 0.12
"""Of walls [m]."""
Piece = tuple[Geometry, Vector]


def cove_radius(place: Place) -> float:
    """Distance from the centre to the studio's backdrop [m]."""
    return max(1.3 * place.reach, place.reach + 0.8 * place.size, 1.7 * place.size)


def cove_height(place: Place) -> float:
    """Height of the backdrop [m]: it fills the picture."""
    radius = cove_radius(place)
    return max(place.sight(radius) + 0.1 * radius, 0.55 * radius)


def studio(key: Key, place: Place) -> list[Element]:
    """A paper sweep that curves up behind the event."""
    rng = key.child("backdrop").rng()
    radius, height = cove_radius(place), cove_height(place)
    bend = 0.4 * radius
    arc = np.linspace(0.0, math.pi / 2, 13)
    outward = np.concatenate([radius - bend + bend * np.sin(arc), [radius]])
    upward = np.concatenate([0.0006 * radius + bend * (1 - np.cos(arc)), [max(height, 1.2 * bend)]])
    back = direction_of(place.bearing + math.pi)
    side = np.array([-back[1], back[0]])
    across = np.linspace(-1.0, 1.0, 25) * 4.0 * radius
    rows, columns = len(outward), len(across)
    points = np.zeros((columns, rows, 3))
    points[..., :2] = outward[:, None] * back + (across[:, None] * side)[:, None]
    points[..., 2] = upward
    index = np.arange(columns * rows).reshape(columns, rows)
    a, b = index[:-1, :-1].ravel(), index[1:, :-1].ravel()
    c, d = index[1:, 1:].ravel(), index[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)
    mesh = TriangleMesh(points.reshape(-1, 3), faces, smooth=True)
    colour = BACKDROPS[int(rng.integers(len(BACKDROPS)))]
    look = Look(color=colour, accent=colour, texture="plain", scale=1.5, roughness=0.9)
    position = (*place.center, 0.0)
    return [
        fixture(
            "backdrop", [(mesh, (0.0, 0.0, 0.0))], look, "paper/paper", position, collides=False
        )
    ]


def room_half(place: Place) -> float:
    """Half-width of the room [m]: camera and event fit, never smaller than a small real room."""
    return max(1.25 * place.reach, place.reach + 0.5, place.reach + 0.3 * place.size, 1.7)


def room(key: Key, place: Place, sun: Vector, *, base: float = 0.0) -> list[Element]:
    """Four walls without a ceiling, skirting, pictures, some furniture; `base` is the floor [m].

    Walls that would keep the sun from the event have a window there.
    """
    rng = key.child("walls").rng()
    stuff = WALLS[int(rng.integers(len(WALLS)))]
    look = cover(key, "wall", material(stuff))
    if stuff == "stone/plaster":
        paint = PAINTS[int(rng.integers(len(PAINTS)))]
        look = replace(look, color=paint, accent=tuple(0.93 * c for c in paint))  # type: ignore[arg-type]
    halves = _halves(place, sun)
    height = max(2.6, place.sight(max(halves) * 1.25) - base)
    parts: list[Element] = []
    windows: list[int] = []
    trim = Look(color=(0.93, 0.93, 0.91), texture="plain", roughness=0.4)
    if stuff == "stone/brick" or rng.random() < 0.3:
        trim = replace(cover(key, "wall", material("wood/oak")), texture="wood", scale=0.4)
    for i, out in enumerate(_OUTWARD):
        far, half = (halves[1], halves[0]) if out[1] else (halves[0], halves[1])
        opening = _opening(place, sun, out, far, half, height, base)
        windows += [i] if opening else []
        origin = (
            place.center[0] + out[0] * (far + THICK / 2),
            place.center[1] + out[1] * (far + THICK / 2),
            base,
        )
        pieces = _wall(half + THICK, height, opening, out)
        parts.append(fixture(f"wall_{i}", pieces, look, stuff, origin))
        board = _panel(-half, half, 0.0, 0.09, 0.015, out, -THICK / 2 - 0.0075)
        bars = [board, *(_window(opening, height, out) if opening else [])]
        parts.append(fixture(f"trim_{i}", bars, trim, "wood/oak", origin, collides=False))
    return parts + _furnish(key, place, halves, base, windows)


def _window_width(place: Place) -> float:
    return max(1.5, 1.8 * place.size)


def _halves(place: Place, sun: Vector) -> tuple[float, float]:
    """Half-widths of the room along x and y [m], so wide that the sunbeam misses the corners."""
    half = room_half(place)
    out = _OUTWARD[_exit_wall(np.array(sun[:2]))]
    along = abs(sun[0] * out[0] + sun[1] * out[1])
    aside = abs(sun[0] * out[1] + sun[1] * out[0])
    wide = half * aside / max(along, 1e-6) + 0.5 * _window_width(place) + 0.3
    return (max(half, wide), half) if out[1] else (half, max(half, wide))


_OUTWARD = ((0, 1), (0, -1), (1, 0), (-1, 0))


def _exit_wall(direction: Array) -> int:
    """The wall of a square room that a horizontal ray from its centre meets."""
    return int(np.argmax([float(np.dot(direction, out)) for out in _OUTWARD]))


def _panel(
    u0: float, u1: float, z0: float, z1: float, thick: float, out: tuple[int, int], along: float
) -> Piece:
    """A slab in the plane of a wall: u runs along it, z up; `along` is its offset outwards [m]."""
    u, z = (u0 + u1) / 2, (z0 + z1) / 2
    if out[1]:
        return Box((u1 - u0, thick, z1 - z0)), (u, out[1] * along, z)
    return Box((thick, u1 - u0, z1 - z0)), (out[0] * along, u, z)


def _opening(
    place: Place,
    sun: Vector,
    out: tuple[int, int],
    far: float,
    half: float,
    height: float,
    base: float,
) -> tuple[float, float, float, float] | None:
    """(u0, u1, z0, z1) of the window through which the sun shines on the event, None when it shines
    over the wall or from elsewhere."""
    along = sun[0] * out[0] + sun[1] * out[1]
    if along < 0.1:
        return None
    run = far / along
    u = run * (sun[0] if out[1] else sun[1])
    z = 0.3 * place.size + run * sun[2] - base
    tall, wide = max(1.3, 1.3 * place.size), _window_width(place)
    if z - tall / 2 > height - 0.3:
        return None
    edge = half - 0.1
    u0, u1 = max(u - wide / 2, -edge), min(u + wide / 2, edge)
    if u1 - u0 < 0.35:
        return None
    z0, z1 = max(z - tall / 2, 0.15), z + tall / 2
    return (u0, u1, z0, z1 if z1 < height - 0.1 else height)


def _wall(
    half: float, height: float, hole: tuple[float, float, float, float] | None, out: tuple[int, int]
) -> list[Piece]:
    if hole is None:
        return [_panel(-half, half, 0.0, height, THICK, out, 0.0)]
    u0, u1, z0, z1 = hole
    pieces = [
        _panel(-half, u0, 0.0, height, THICK, out, 0.0),
        _panel(u1, half, 0.0, height, THICK, out, 0.0),
        _panel(u0, u1, 0.0, z0, THICK, out, 0.0),
    ]
    if z1 < height:
        pieces.append(_panel(u0, u1, z1, height, THICK, out, 0.0))
    return pieces


def _window(
    hole: tuple[float, float, float, float], height: float, out: tuple[int, int]
) -> list[Piece]:
    """Frame and glazing bars, slim enough to let the sun through."""
    u0, u1, z0, z1 = hole
    wide, slim = 0.05, 0.025
    bars = [
        _panel(u0, u0 + wide, z0, z1, wide, out, 0.0),
        _panel(u1 - wide, u1, z0, z1, wide, out, 0.0),
        _panel(u0 - 0.06, u1 + 0.06, z0 - 0.03, z0 + 0.01, 0.2, out, -0.06),
    ]
    if z1 < height:
        bars.append(_panel(u0, u1, z1 - wide, z1, wide, out, 0.0))
    panes = 1 + 2 * round((u1 - u0) / 2.0)  # odd: no bar before the middle of the beam
    for k in range(1, panes):
        u = u0 + (u1 - u0) * k / panes
        bars.append(_panel(u - slim / 2, u + slim / 2, z0, z1, slim, out, 0.0))
    rail = z0 + (0.72 if z1 < height else 0.28) * (z1 - z0)  # not in the middle of the beam
    bars.append(_panel(u0, u1, rail - slim / 2, rail + slim / 2, slim, out, 0.0))
    return bars


def _furnish(
    key: Key, place: Place, halves: tuple[float, float], base: float, windows: list[int]
) -> list[Element]:
    """Pictures and some furniture along the far walls, clear of the event and of the windows."""
    rng = key.child("furniture").rng()
    parts: list[Element] = []
    back = _exit_wall(-direction_of(place.bearing))
    for i, out in enumerate(_OUTWARD):
        if out == tuple(-v for v in _OUTWARD[back]) or i in windows:
            continue
        far, half = (halves[1], halves[0]) if out[1] else (halves[0], halves[1])
        wall = (place.center[0] + out[0] * far, place.center[1] + out[1] * far, base)
        spots = np.linspace(-0.7, 0.7, 4)[rng.permutation(4)] * half
        if rng.random() < 0.75:
            parts.append(_picture(rng, f"picture_{i}", float(spots[0]), out, wall))
        if far - 0.45 > 0.75 * place.size and rng.random() < 0.8:
            parts.append(_furniture(rng, key, f"furniture_{i}", float(spots[1]), out, wall))
        if far - 0.45 > 0.75 * place.size and rng.random() < 0.45:
            parts.append(_plant(rng, f"plant_{i}", float(spots[2]), out, wall))
    return parts


def _picture(
    rng: np.random.Generator, name: str, u: float, out: tuple[int, int], wall: Vector
) -> Element:
    width, height = rng.uniform(0.35, 0.8), rng.uniform(0.35, 0.8)
    low = 1.55 - height / 2
    colours = rng.uniform(0.15, 0.85, (2, 3))
    look = Look(
        color=tuple(colours[0]),
        accent=tuple(colours[1]),
        texture=str(rng.choice(["noise", "marble", "checker", "stripes", "dots"])),
        scale=float(rng.uniform(0.15, 0.5)),
        roughness=0.5,
        seed=int(rng.integers(2**31)),
    )
    panel = _panel(u - width / 2, u + width / 2, low, low + height, 0.025, out, -0.0125)
    return fixture(name, [panel], look, "paper/paper", wall, collides=False)


def _furniture(
    rng: np.random.Generator, key: Key, name: str, u: float, out: tuple[int, int], wall: Vector
) -> Element:
    """A cabinet, a bench or open shelves against a wall."""
    kind = int(rng.integers(3))
    stuff = str(rng.choice(["wood/oak", "wood/walnut", "wood/pine", "wood/beech"]))
    look = replace(material(stuff).look(key.child(name)), texture="wood", scale=0.5)
    if rng.random() < 0.4:
        look = replace(look, color=PAINTS[int(rng.integers(len(PAINTS)))], texture="plain")
    w, d = rng.uniform(0.7, 1.3), 0.36
    a, b, middle = u - w / 2, u + w / 2, -d / 2 - 0.01
    if kind == 0:
        h = rng.uniform(0.7, 1.1)
        pieces = [_panel(a, b, 0.1, h, d, out, middle), _panel(a, b, 0.0, 0.1, 0.3, out, middle)]
        pieces.append(_panel(u - 0.004, u + 0.004, 0.14, h - 0.04, 0.01, out, -d - 0.012))
    elif kind == 1:
        pieces = [_panel(a, b, 0.4, 0.45, d, out, middle)]
        pieces += [_panel(s, s + 0.05, 0.0, 0.4, 0.3, out, middle) for s in (a + 0.05, b - 0.1)]
    else:
        h = rng.uniform(1.2, 1.9)
        pieces = [_panel(s, s + 0.03, 0.0, h, d, out, middle) for s in (a, b - 0.03)]
        pieces += [
            _panel(a, b, z, z + 0.025, d, out, middle) for z in np.linspace(0.08, h - 0.03, 5)
        ]
        pieces.append(_panel(a, b, 0.0, h, 0.012, out, -0.016))
    return fixture(name, pieces, look, stuff, wall)


def _plant(
    rng: np.random.Generator, name: str, u: float, out: tuple[int, int], wall: Vector
) -> Element:
    """A potted bush: a cylinder and a heap of leafy balls."""
    inward = -0.3
    x, y = (u, out[1] * inward) if out[1] else (out[0] * inward, u)
    pieces: list[Piece] = [(Cylinder(0.14, 0.3), (x, y, 0.15))]
    for _ in range(9):
        offset = rng.normal(size=3) * (0.09, 0.09, 0.13)
        spot = (x + float(offset[0]), y + float(offset[1]), 0.62 + float(offset[2]))
        pieces.append((Sphere(float(rng.uniform(0.06, 0.12))), spot))
    look = Look(
        color=(0.2, 0.36, 0.14), accent=(0.33, 0.48, 0.2), texture="grass", scale=0.2, roughness=0.9
    )
    return fixture(name, pieces, look, "organic/clay", wall)


def table_half(place: Place) -> float:
    """Half-width of the table top [m]: half the event's size to spare on every side."""
    return max(0.5, 1.0 * place.size + 0.05)


def tabletop(key: Key, place: Place, floor: str, sun: Vector) -> list[Element]:
    """A table (a low stage for large events) whose top is z = 0, in a room."""
    rng = key.child("table").rng()
    half = table_half(place)
    drop = 0.74 if place.size < 1.0 else 0.35
    thick = 0.035
    stuff = floor
    look = cover(key, "table", material(stuff))
    top = (Box((2 * half, 2 * half, thick)), (0.0, 0.0, -thick / 2 - 0.0008))
    position = (*place.center, 0.0)
    leg = 0.03 if place.size < 1.0 else 0.06
    legs: list[Piece] = [
        (Box((2 * leg, 2 * leg, drop - thick)), (x, y, -(drop + thick) / 2 - 0.001))
        for x in (-half + 2 * leg, half - 2 * leg)
        for y in (-half + 2 * leg, half - 2 * leg)
    ]
    dark = Look(color=(0.2, 0.2, 0.21), texture="plain", roughness=0.4)
    ground = str(rng.choice(["wood/oak", "stone/concrete", "textile/carpet", "ceramic/tile"]))
    plane = Plane(extent=2.5 * room_half(place) + place.size)
    below = cover(key, "floor", material(ground))
    return [
        fixture("table_top", [top], look, stuff, position, collides=False),
        fixture("table_legs", legs, dark, "metal/steel", position, collides=False),
        fixture(
            "room_floor",
            [(plane, (0.0, 0.0, 0.0))],
            below,
            ground,
            (*place.center, -drop),
            collides=False,
        ),
        *room(key, place, sun, base=-drop),
    ]
