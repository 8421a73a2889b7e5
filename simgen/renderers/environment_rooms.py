"""The interiors an `Interior` can show, each drawn anew from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from simgen.geometry import Array
from simgen.renderers.environment_room import (
    CEILING,
    EAST,
    FLOOR,
    NORTH,
    SOUTH,
    WEST,
    Block,
    Colour,
    Cover,
    Field,
    Patch,
    Room,
    paint,
)
from simgen.sky import Interior
from simgen.spectrum import white

Random = np.random.Generator
T = TypeVar("T")
PAINTS: tuple[Colour, ...] = (
    (0.78, 0.76, 0.71),
    (0.72, 0.7, 0.64),
    (0.62, 0.66, 0.68),
    (0.55, 0.6, 0.52),
    (0.7, 0.58, 0.48),
    (0.34, 0.42, 0.5),
)
WOODS: tuple[Colour, ...] = ((0.36, 0.22, 0.12), (0.24, 0.13, 0.07), (0.5, 0.34, 0.19))
CLOTHS: tuple[Colour, ...] = (
    (0.12, 0.16, 0.25),
    (0.3, 0.28, 0.25),
    (0.35, 0.14, 0.1),
    (0.14, 0.22, 0.16),
    (0.5, 0.44, 0.34),
)
WHITE: Colour = (0.82, 0.82, 0.8)


def interior(sky: Interior, directions: Array) -> Field:
    """(N, 3) linear RGB radiance in `directions` (N, 3)."""
    room = ROOMS[sky.room](np.random.default_rng([sky.seed, 0]))
    return paint(room, sky.outside, directions, sky.seed) * np.asarray(sky.brightness, np.float32)


def _one(rng: Random, choices: tuple[T, ...]) -> T:
    return choices[int(rng.integers(len(choices)))]


def _glow(kelvin: float, radiance: float) -> Colour:
    """A lamp's radiance by colour temperature [K] and luminance."""
    r, g, b = (float(radiance * c) for c in white(kelvin))
    return (r, g, b)


def _framed(patch: Patch, width: float, albedo: Colour) -> tuple[Patch, Patch]:
    """A patch with a border of `width` [m] around it."""
    a, b = patch.half
    frame = Patch(
        side=patch.side, center=patch.center, half=(a + width, b + width), albedo=albedo,
        round=patch.round,
    )  # fmt: skip
    return frame, patch


def _pictures(rng: Random, sides: tuple[int, ...], half: tuple[float, float]) -> list[Patch]:
    """One or two pictures on each of some walls."""
    found: list[Patch] = []
    for side in sides:
        along = half[1] if side < SOUTH else half[0]
        for u in np.linspace(-0.55, 0.55, int(rng.integers(1, 4))) * along:
            size = (float(rng.uniform(0.2, 0.55)), float(rng.uniform(0.25, 0.45)))
            r, g, b = rng.uniform(0.05, 0.6, 3)
            found += _framed(
                Patch(side=side, center=(float(u), 1.6), half=size, albedo=(r, g, b)),
                0.04, _one(rng, (*WOODS, (0.03, 0.03, 0.03), WHITE)),
            )  # fmt: skip
    return found


def _chest(rng: Random, half: tuple[float, float], side: int, height: float, depth: float) -> Block:
    """A piece of furniture against a wall."""
    along, away = (half[1], half[0]) if side < SOUTH else (half[0], half[1])
    width = float(rng.uniform(0.5, 0.9))
    u = float(rng.uniform(-0.7, 0.7)) * (along - width)
    inner, outer = away - depth, away - 0.01
    if side % 2 == 0:
        inner, outer = -outer, -inner
    colour = _one(rng, (*WOODS, WHITE, (0.08, 0.08, 0.09)))
    if side < SOUTH:
        return Block(lower=(inner, u - width, 0.0), upper=(outer, u + width, height), albedo=colour)
    return Block(lower=(u - width, inner, 0.0), upper=(u + width, outer, height), albedo=colour)


def _photo_studio(rng: Random) -> Room:
    half, height = (float(rng.uniform(3.0, 4.5)), float(rng.uniform(3.0, 4.5))), 3.4
    tone = float(_one(rng, (0.06, 0.2, 0.6)))
    kelvin = float(rng.uniform(5000, 6000))
    patches: list[Patch] = []
    spots = rng.permutation(np.array([EAST, WEST, SOUTH, NORTH]))
    for side in spots[: int(rng.integers(2, 4))]:
        u = float(rng.uniform(-1.2, 1.2))
        size = _one(rng, ((0.5, 0.8), (0.25, 0.9), (0.7, 0.7)))
        lamp = Patch(
            side=int(side), center=(u, 1.9), half=size,
            radiance=_glow(kelvin, float(rng.uniform(6, 14))), round=size[0] == size[1],
        )  # fmt: skip
        patches += _framed(lamp, 0.07, (0.02, 0.02, 0.02))
    over = Patch(
        side=CEILING, center=(float(rng.uniform(-0.8, 0.8)), float(rng.uniform(-0.8, 0.8))),
        half=(0.9, 0.6), radiance=_glow(kelvin, float(rng.uniform(5, 10))),
    )  # fmt: skip
    patches += _framed(over, 0.06, (0.02, 0.02, 0.02))
    boards = [
        Block(lower=(x, y, 0.0), upper=(x + 0.06, y + 1.1, 2.1), albedo=colour)
        for x, y, colour in ((-2.4, -1.6, WHITE), (2.2, 0.9, (0.02, 0.02, 0.02)))
    ]
    grey = (tone, tone, tone * 1.02)
    return Room(
        half=half, height=height, walls=Cover(albedo=grey), ceiling=Cover(albedo=grey),
        floor=Cover(albedo=(0.3, 0.3, 0.3), pattern="blotched", scale=4.0),
        patches=tuple(patches), blocks=tuple(boards),
    )  # fmt: skip


def _windows(rng: Random, side: int, along: float, sill: float, top: float) -> list[Patch]:
    """A row of windows in a wall of half-width `along`."""
    count = int(rng.integers(1, 4))
    width = float(rng.uniform(0.55, 0.8)) * along / count
    panes = _one(rng, ((2, 2), (2, 3), (1, 1), (3, 2)))
    found: list[Patch] = []
    for u in (np.arange(count) + 0.5) / count * 2 - 1:
        glass = Patch(
            side=side, center=(float(u) * along, (sill + top) / 2), half=(width, (top - sill) / 2),
            panes=panes,
        )  # fmt: skip
        found += _framed(glass, 0.07, WHITE)
    return found


def _living_room(rng: Random) -> Room:
    half, height = (float(rng.uniform(2.2, 3.2)), float(rng.uniform(2.5, 3.6))), 2.6
    patches = _windows(rng, EAST, half[1], float(rng.uniform(0.2, 0.9)), 2.3)
    patches += _pictures(rng, (WEST, NORTH, SOUTH), half)
    rug = Patch(side=FLOOR, center=(0.0, 0.0), half=(1.3, 1.8), albedo=_one(rng, CLOTHS))
    door = Patch(side=SOUTH, center=(-half[0] + 0.8, 1.02), half=(0.45, 1.02), albedo=WHITE)
    cloth = _one(rng, CLOTHS)
    x, y = -half[0] + 0.05, float(rng.uniform(-0.6, 0.6))
    sofa = [
        Block(lower=(x, y - 1.0, 0.1), upper=(x + 0.9, y + 1.0, 0.45), albedo=cloth),
        Block(lower=(x, y - 1.0, 0.1), upper=(x + 0.25, y + 1.0, 0.85), albedo=cloth),
        Block(lower=(x, y - 1.1, 0.1), upper=(x + 0.9, y - 0.95, 0.62), albedo=cloth),
        Block(lower=(x, y + 0.95, 0.1), upper=(x + 0.9, y + 1.1, 0.62), albedo=cloth),
    ]
    shade = _glow(3200, float(rng.uniform(5, 9)))
    lx, ly = -half[0] + 0.35, y + 1.45
    lamp = [
        Block(lower=(lx - 0.17, ly - 0.17, 1.35), upper=(lx + 0.17, ly + 0.17, 1.65),
              albedo=WHITE, radiance=shade),
        Block(lower=(lx - 0.015, ly - 0.015, 0.0), upper=(lx + 0.015, ly + 0.015, 1.35),
              albedo=(0.05, 0.05, 0.05)),
    ]  # fmt: skip
    chests = [_chest(rng, half, NORTH, 0.8, 0.42), _chest(rng, half, SOUTH, 1.9, 0.35)]
    return Room(
        half=half, height=height, walls=Cover(albedo=_one(rng, PAINTS)),
        floor=Cover(albedo=_one(rng, WOODS), pattern="planks", scale=0.14),
        ceiling=Cover(albedo=WHITE), patches=(*patches, rug, door),
        blocks=(*sofa, *lamp, *chests),
    )  # fmt: skip


def _hall(rng: Random) -> Room:
    half, height = (float(rng.uniform(5, 8)), float(rng.uniform(7, 11))), float(rng.uniform(4, 6))
    glow = _glow(float(rng.uniform(4300, 5800)), float(rng.uniform(14, 26)))
    patches = _windows(rng, EAST, half[1], height - 1.9, height - 0.6)
    for x in np.linspace(-0.6, 0.6, int(rng.integers(2, 4))) * half[0]:
        for y in np.linspace(-0.75, 0.75, int(rng.integers(3, 6))) * half[1]:
            tube = Patch(side=CEILING, center=(float(x), float(y)), half=(0.09, 0.75),
                         radiance=glow)  # fmt: skip
            patches += _framed(tube, 0.05, WHITE)
    gate = Patch(side=SOUTH, center=(0.0, 1.6), half=(1.7, 1.6), albedo=(0.16, 0.22, 0.3))
    blocks = [
        _chest(rng, half, side, float(rng.uniform(0.9, 2.6)), 0.7)
        for side in (WEST, WEST, NORTH, NORTH, SOUTH)
    ]
    for _ in range(3):
        x, y = (float(v) for v in rng.uniform(1.6, 3.5, 2) * rng.choice([-1.0, 1.0], 2))
        r, g, b = rng.uniform(0.08, 0.4, 3)
        blocks.append(Block(lower=(x, y, 0.0), upper=(x + 0.9, y + 0.7, 1.1), albedo=(r, g, b)))
    walls = _one(rng, (Cover(albedo=(0.36, 0.17, 0.12), pattern="bricks", scale=0.25),
                       Cover(albedo=(0.5, 0.5, 0.48), pattern="blotched", scale=5.0)))  # fmt: skip
    return Room(
        half=half, height=height, walls=walls, ceiling=Cover(albedo=(0.45, 0.45, 0.44)),
        floor=Cover(albedo=(0.32, 0.31, 0.29), pattern="blotched", scale=6.0),
        patches=(*patches, gate), blocks=tuple(blocks),
    )  # fmt: skip


def _kitchen(rng: Random) -> Room:
    half, height = (float(rng.uniform(1.9, 2.5)), float(rng.uniform(2.2, 3.0))), 2.5
    x, y = half
    front = _one(rng, (WHITE, *WOODS, (0.14, 0.2, 0.19), (0.3, 0.36, 0.4)))
    top = _one(rng, ((0.05, 0.05, 0.05), (0.5, 0.34, 0.19), (0.6, 0.6, 0.58)))
    patches = _windows(rng, EAST, y, 1.05, 2.15)
    panel = Patch(side=CEILING, center=(0.0, 0.0), half=(0.6, 0.3),
                  radiance=_glow(float(rng.uniform(3800, 5000)), float(rng.uniform(8, 14)))
    )  # fmt: skip
    patches += _framed(panel, 0.03, WHITE)
    strip = _glow(4000, float(rng.uniform(14, 22)))
    blocks = [
        Block(lower=(x - 0.62, -y, 0.08), upper=(x, y, 0.86), albedo=front),
        Block(lower=(x - 0.64, -y, 0.86), upper=(x, y, 0.9), albedo=top),
        Block(lower=(-x, y - 0.62, 0.08), upper=(x, y, 0.86), albedo=front),
        Block(lower=(-x, y - 0.64, 0.86), upper=(x, y, 0.9), albedo=top),
        Block(lower=(-x + 0.7, y - 0.36, 1.45), upper=(x, y, 2.15), albedo=front),
        Block(lower=(-x + 0.8, y - 0.3, 1.43), upper=(x - 0.1, y - 0.26, 1.45), radiance=strip),
        Block(lower=(-x, y - 0.66, 0.0), upper=(-x + 0.66, y, 1.9), albedo=(0.55, 0.56, 0.57)),
        _chest(rng, half, WEST, 0.75, 0.7),
    ]
    return Room(
        half=half, height=height,
        walls=_one(rng, (Cover(albedo=WHITE, pattern="tiles", scale=0.2),
                         Cover(albedo=_one(rng, PAINTS)))),
        floor=Cover(albedo=_one(rng, ((0.45, 0.42, 0.37), (0.2, 0.2, 0.2), (0.5, 0.3, 0.2))),
                    pattern="tiles", scale=0.4),
        ceiling=Cover(albedo=WHITE), patches=tuple(patches), blocks=tuple(blocks),
    )  # fmt: skip


def _gallery(rng: Random) -> Room:
    half, height = (float(rng.uniform(3.5, 5.0)), float(rng.uniform(4.5, 7.0))), 4.2
    patches = _pictures(rng, (EAST, WEST, NORTH, SOUTH), half)
    roof = Patch(side=CEILING, center=(0.0, 0.0), half=(1.0, 0.6 * half[1]), panes=(2, 6))
    patches += _framed(roof, 0.1, WHITE)
    glow = _glow(4200, float(rng.uniform(50, 90)))
    for x in (-0.72 * half[0], 0.72 * half[0]):
        for y in np.linspace(-0.8, 0.8, int(rng.integers(4, 7))) * half[1]:
            spot = Patch(side=CEILING, center=(x, float(y)), half=(0.09, 0.09), radiance=glow,
                         round=True)  # fmt: skip
            patches += _framed(spot, 0.05, (0.03, 0.03, 0.03))
    bench = Block(lower=(1.2, -0.9, 0.05), upper=(1.7, 0.9, 0.45), albedo=_one(rng, WOODS))
    plinth = Block(lower=(-2.3, 1.2, 0.0), upper=(-1.9, 1.6, 1.1), albedo=WHITE)
    bust = Block(lower=(-2.2, 1.3, 1.1), upper=(-2.0, 1.5, 1.5), albedo=(0.3, 0.22, 0.12))
    return Room(
        half=half, height=height, walls=Cover(albedo=WHITE), ceiling=Cover(albedo=WHITE),
        floor=_one(rng, (Cover(albedo=(0.5, 0.36, 0.22), pattern="planks", scale=0.12),
                         Cover(albedo=(0.42, 0.42, 0.41), pattern="blotched", scale=5.0))),
        patches=tuple(patches), blocks=(bench, plinth, bust),
    )  # fmt: skip


def _greenhouse(rng: Random) -> Room:
    half, height = (float(rng.uniform(2.5, 3.5)), float(rng.uniform(4, 6))), 3.2
    x, y = half
    walls = [
        Patch(side=side, center=(0.0, 0.5 * height + 0.25), half=(a, 0.5 * height - 0.3),
              panes=(int(a / 0.45), 2))
        for side, a in ((EAST, y), (WEST, y), (NORTH, x), (SOUTH, x))
    ]  # fmt: skip
    roof = Patch(side=CEILING, center=(0.0, 0.0), half=(x - 0.05, y - 0.05),
                 panes=(int(x / 0.4), int(y / 0.5)))  # fmt: skip
    blocks: list[Block] = []
    for side in (-1.0, 1.0):
        inner = side * (x - 0.9)
        low, high = sorted((inner, side * (x - 0.1)))
        blocks.append(Block(lower=(low, -y + 0.3, 0.7), upper=(high, y - 0.3, 0.78),
                            albedo=_one(rng, WOODS)))  # fmt: skip
        for v in np.arange(-y + 0.6, y - 0.6, 0.8):
            size, tall = rng.uniform(0.1, 0.22), rng.uniform(0.2, 0.7)
            u = float(rng.uniform(low + 0.22, high - 0.22))
            leaf = (0.05 + 0.08 * rng.random(), 0.16 + 0.14 * rng.random(), 0.04)
            v = float(v)
            blocks += [
                Block(lower=(u - 0.1, v - 0.1, 0.78), upper=(u + 0.1, v + 0.1, 0.98),
                      albedo=(0.4, 0.17, 0.09)),
                Block(lower=(u - size, v - size, 0.98), upper=(u + size, v + size, 0.98 + tall),
                      albedo=leaf),
            ]  # fmt: skip
    return Room(
        half=half, height=height, walls=Cover(albedo=(0.4, 0.38, 0.36), pattern="bricks",
        scale=0.25), ceiling=Cover(albedo=WHITE),
        floor=Cover(albedo=(0.36, 0.34, 0.3), pattern="tiles", scale=0.5),
        patches=(*walls, roof), blocks=tuple(blocks),
    )  # fmt: skip


def _theatre(rng: Random) -> Room:
    half, height = (float(rng.uniform(6, 8)), float(rng.uniform(7, 10))), 7.0
    patches: list[Patch] = []
    for y in np.linspace(-0.5, 0.5, int(rng.integers(3, 6))) * half[1]:
        for x in (-2.5, 2.5):
            spot = Patch(
                side=CEILING, center=(x + float(rng.uniform(-0.5, 0.5)), float(y)),
                half=(0.2, 0.2), radiance=_glow(float(rng.uniform(3800, 5000)), 45.0), round=True,
            )  # fmt: skip
            patches += _framed(spot, 0.08, (0.02, 0.02, 0.02))
    curtain = Patch(side=WEST, center=(0.0, 2.6), half=(half[1], 2.6), albedo=(0.3, 0.02, 0.03))
    sconces = [
        Patch(side=side, center=(float(u) * half[0], 2.3), half=(0.12, 0.2),
              radiance=_glow(3600, 5.0))
        for side in (NORTH, SOUTH) for u in np.linspace(-0.8, 0.4, 4)
    ]  # fmt: skip
    exits = [
        Patch(side=side, center=(0.6 * half[0], 2.4), half=(0.3, 0.12), radiance=(0.1, 2.2, 0.6))
        for side in (NORTH, SOUTH)
    ]
    seat = _one(rng, ((0.28, 0.03, 0.04), (0.05, 0.07, 0.2)))
    rows = [
        Block(lower=(x, -0.8 * half[1], 0.0), upper=(x + 0.35, 0.8 * half[1], 0.5 + 0.25 * k),
              albedo=seat)
        for k, x in enumerate(np.arange(2.2, half[0] - 0.6, 0.9).tolist())
    ]  # fmt: skip
    return Room(
        half=half, height=height,
        walls=Cover(albedo=(0.2, 0.14, 0.12), pattern="blotched", scale=4.0),
        ceiling=Cover(albedo=(0.06, 0.06, 0.06)),
        floor=Cover(albedo=(0.12, 0.08, 0.05), pattern="planks", scale=0.12),
        patches=(curtain, *patches, *sconces, *exits), blocks=tuple(rows),
    )  # fmt: skip


ROOMS: dict[str, Callable[[Random], Room]] = {
    "photo_studio": _photo_studio,
    "living_room": _living_room,
    "hall": _hall,
    "kitchen": _kitchen,
    "gallery": _gallery,
    "greenhouse": _greenhouse,
    "theatre": _theatre,
}
