"""What outdoor places are made of: grounds, hills, trees, walls and houses, near and far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simgen.geometry import Array, Box, Cylinder, Plane, TriangleMesh
from simgen.key import Key
from simgen.scene import Ints, Vector
from simgen.shapes.build import moved
from simgen.stage import foliage
from simgen.stage.finish import stuff
from simgen.stage.kit import Kit
from simgen.stage.place import Part, Place, Site, Stuff
from simgen.stage.room import Room

HAZE = (0.66, 0.74, 0.82)
"""Colour far things fade to (sRGB)."""
DETAIL = (1.0, 1.0, 0.15, 0.15)
"""Share of the leaves and twigs of two forms of near trees and two of far ones."""


def hazy(finish: Stuff, share: float) -> Stuff:
    """A finish mixed with haze."""

    def fade(colour: Vector) -> Vector:
        r, g, b = (c + share * (h - c) for c, h in zip(colour, HAZE, strict=True))
        return (r, g, b)

    look = finish.look
    return Stuff(finish.material, replace(look, color=fade(look.color), accent=fade(look.accent)))


def far_of(place: Place) -> float:
    """Distance of the background [m]: as deep as the picture, never nearer than a small garden."""
    return max(9.0, 3.0 * place.reach)


def near_of(place: Place) -> float:
    """Distance behind the event at which larger things may begin [m]."""
    return max(1.2 * place.size, 0.35 * place.reach) + 0.8


def ground(kit: Kit, site: Site, finish: str) -> None:
    """The ground to the horizon."""
    extent = 14 * far_of(site.place)
    place = (*site.place.center, site.ground)
    site.lay("set_ground", [kit.part(Plane(extent=extent), finish)], place)


def around(kit: Kit, place: Place, low: float, high: float, spread: float) -> tuple[Vector, float]:
    """A place behind or beside the event, `low` to `high` [m] away within `spread` [rad] of
    straight behind, and the turn by which its -y faces the event."""
    azimuth = place.bearing + math.pi + kit.u(-spread, spread)
    return place.at(azimuth, kit.u(low, high)), azimuth + math.pi


def hills(kit: Kit, site: Site) -> None:
    """A ring of rolling hills on the horizon."""
    rng, far = kit.rng, far_of(site.place)
    turns = np.linspace(0.0, 2 * math.pi, 129)[:-1]
    radii = far * np.array([4.5, 6.0, 8.0, 10.0, 13.0])
    height = np.zeros(len(turns))
    for k in range(2, 14):
        height += rng.normal() / k * np.cos(k * turns + rng.uniform(0, 2 * math.pi))
    height = far * (0.5 + 0.35 * (height - height.min()) / np.ptp(height)) - 0.3 * far
    rise = np.array([0.0, 0.25, 0.8, 1.0, 0.0])
    points = np.zeros((len(turns), len(radii), 3))
    points[..., 0] = np.sin(turns)[:, None] * radii
    points[..., 1] = np.cos(turns)[:, None] * radii
    points[..., 2] = height[:, None] * rise
    green = hazy(stuff(kit.key.child("hills"), "lawn", scale=8.0), 0.5)
    site.lay("set_hills", [Part(_ring(points), green)], (*site.place.center, site.base - 0.05))


def _ring(points: Array) -> TriangleMesh:
    """Rows of points (N, K, 3) as a closed band."""
    return foliage.sheet(np.concatenate([points, points[:1]]))


def trees(
    kit: Kit, site: Site, *, count: int, near: float, far: float, tall: tuple[float, float],
    spread: float = 1.3, conifers: float = 0.3, name: str = "trees", fine: int = 5,
) -> None:  # fmt: skip
    """Broad-leaved trees and conifers from `near` to `far` [m] away, `tall` [m]; the nearest `fine`
    of them have all their leaves and twigs."""
    leaf = stuff(kit.key.child(name, "leaf"), "leaf", texture="grass", scale=1.5)
    dark = stuff(kit.key.child(name, "needle"), "leaf", texture="grass", scale=0.8)
    bark = stuff(kit.key.child(name, "bark"), "bark")
    crowns = [foliage.crown(kit.rng, radius=0.5, height=0.55, detail=d) for d in DETAIL]
    spruces = [foliage.conifer(kit.rng, radius=0.24, height=1.0, detail=d) for d in DETAIL]
    spots = [around(kit, site.place, near, far, spread)[0] for _ in range(count)]
    spots.sort(key=lambda at: math.dist(at[:2], site.place.center))
    things: list[tuple[Sequence[Part], Vector, float]] = []
    for rank, (x, y, _) in enumerate(spots):
        height = kit.u(*tall)
        form = int(kit.rng.integers(2)) + (0 if rank < fine else 2)
        haze = 0.35 * min(1.0, math.hypot(x, y) / (6.0 * far_of(site.place)))
        trunk = Cylinder(0.025 * height, 0.6 * height)
        parts = [Part(trunk, bark, (0.0, 0.0, 0.3 * height))]
        if kit.rng.random() < conifers:
            mesh = moved(spruces[form], scale=height)
            parts.append(Part(mesh, hazy(dark, haze)))
        else:
            scale = (kit.u(0.55, 0.8) * height, kit.u(0.55, 0.8) * height, kit.u(0.7, 0.9) * height)
            mesh = moved(crowns[form], scale=scale)
            parts.append(Part(mesh, hazy(leaf, haze), (0.0, 0.0, 0.68 * height)))
        things.append((parts, (x, y, site.ground), kit.u(0.0, 6.2)))
    site.put_many(f"set_{name}", things)


def bushes(kit: Kit, site: Site, *, count: int, near: float, far: float, radius: float) -> None:
    """Bushes of about `radius` [m]."""
    leaf = stuff(kit.key.child("bushes"), "leaf", texture="grass", scale=0.4)
    forms = [foliage.bush(kit.rng, radius=1.0, height=1.3) for _ in range(2)]
    things: list[tuple[Sequence[Part], Vector, float]] = []
    for _ in range(count):
        spot, _ = around(kit, site.place, near, far, 1.3)
        mesh = moved(forms[int(kit.rng.integers(2))], scale=radius * kit.u(0.5, 1.2))
        things.append(([Part(mesh, leaf)], (spot[0], spot[1], site.ground), kit.u(0.0, 6.2)))
    site.put_many("set_bushes", things)


def tufts(
    kit: Kit, site: Site, *, count: int, low: float, high: float, height: float,
    finish: str = "grass",
) -> None:  # fmt: skip
    """Tufts of grass on the ground from `low` to `high` [m] around, where they hide nothing."""
    place, rng = site.place, kit.rng
    azimuth = place.bearing + math.pi + rng.uniform(-1.9, 1.9, count)
    distance = low + (high - low) * rng.uniform(0.0, 1.0, count) ** 1.6
    spots = np.stack([np.sin(azimuth), -np.cos(azimuth)], -1) * distance[:, None] + place.center
    kept = [
        (x, y)
        for x, y in spots.tolist()
        if site.level(x, y, height) == site.ground
        and place.free(
            np.array([[x - 2 * height, y - 2 * height, site.ground],
                      [x + 2 * height, y + 2 * height, site.base + 1.2 * height]])
        )
    ]  # fmt: skip
    if not kept:
        return
    each = 14
    roots = np.repeat(np.array(kept), each, axis=0) + rng.normal(
        0.0, 0.35 * height, (each * len(kept), 2)
    )
    level = np.full((len(roots), 1), site.ground)
    mesh = foliage.blades(rng, np.hstack([roots, level]), height=height, width=0.09 * height)
    site.lay(f"set_tufts_{finish}", [kit.part(mesh, finish)])


def scattered(kit: Kit, site: Site, *, count: int, low: float, high: float, leaf: float) -> None:
    """Fallen leaves of a few kinds, up to `leaf` [m] long, all over the ground."""
    place, rng = site.place, kit.rng
    azimuth, share = rng.uniform(0, 2 * math.pi, count), rng.uniform(0.0, 1.0, count)
    distance = low + (high - low) * share**1.3
    spots = np.stack([np.sin(azimuth), -np.cos(azimuth)], -1) * distance[:, None] + place.center
    level = np.full((count, 1), site.ground)
    kinds = np.array_split(np.hstack([spots, level]), 4)
    site.lay("set_litter", [
        Part(foliage.litter(rng, some, length=leaf * kit.u(0.6, 1.0)),
             stuff(kit.key.child("litter", k), "dry_leaf"))
        for k, some in enumerate(kinds)
    ])  # fmt: skip


def stones(kit: Kit, site: Site, *, count: int, low: float, high: float, radius: float) -> None:
    """Stones of about `radius` [m] on the ground."""
    rock = stuff(kit.key.child("stones"), kit.pick("stone/granite", "stone/sandstone",
                                                   "stone/slate", "stone/concrete"))  # fmt: skip
    forms = [foliage.pebble(kit.rng, detail=2) for _ in range(4)]
    things: list[tuple[Sequence[Part], Vector, float]] = []
    for _ in range(count):
        spot, _ = around(kit, site.place, low, high, 1.6)
        size = radius * float(np.clip(kit.rng.lognormal(-0.4, 0.5), 0.2, 1.8))
        mesh = moved(forms[int(kit.rng.integers(4))], scale=size)
        if site.level(spot[0], spot[1], size) == site.ground:
            things.append(([Part(mesh, rock)], (spot[0], spot[1], site.ground), kit.u(0, 6)))
    site.put_many("set_stones", things)


def border(
    kit: Kit, site: Site, *, distance: float, height: float, finish: str, thick: float = 0.4
) -> None:
    """A long hedge, wall or parapet across the back."""
    (x, y, _), turn = around(kit, site.place, distance, distance, 0.2)
    long = 8.0 * far_of(site.place)
    parts = [kit.part(Box((long, thick, height)), finish, (0.0, 0.0, height / 2))]
    if finish not in ("leaf", "grass"):
        cap = Box((long, thick + 0.08, 0.06))
        parts.append(kit.part(cap, "stone/concrete", (0.0, 0.0, height + 0.03)))
    site.put("set_border", parts, (x, y, site.base - 0.04), turn)


def view_outside(key: Key, site: Site, room: Room) -> None:
    """What a room's windows show: ground, bushes and trees beyond the wall."""
    kit = Kit(key)
    window = next((w for w in room.walls if w.hole is not None), None)
    if window is None:
        return
    low, high = room.lower - 0.13, room.upper + 0.13
    inner = np.array([(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])])
    center = (low + high) / 2
    outer = center + np.sign(inner - center) * (room.half + 60.0)
    points = np.zeros((4, 2, 3))
    points[:, 0, :2], points[:, 1, :2] = outer, inner
    points[..., 2] = site.base + 0.004
    site.lay("set_outside", [kit.part(_ring(points), kit.pick("lawn", "paving", "gravel"))])
    leaf = stuff(key.child("hedge"), "leaf", texture="grass", scale=0.5)
    x, y, z = window.point(0.0, -kit.u(2.5, 6.0) - 0.5 * room.half, 0.0)
    clumps: list[tuple[Array, Ints]] = []
    for _ in range(9):
        points, faces = foliage.clump(kit.rng, kit.u(0.6, 1.6), kit.u(0.7, 1.8))
        clumps.append((points + (kit.u(-9.0, 9.0), kit.u(-1.5, 1.5), 0.6), faces))
    hedge = foliage.merged(clumps)
    site.lay("set_garden", [Part(hedge, leaf)], (x, y, z), window.turn)


def ground_patch(kit: Kit, site: Site, finish: str, half: float) -> None:
    """A square of ground of this half-width [m], with a thickness."""
    slab = kit.part(Box((2 * half, 2 * half, 0.4)), finish, (0.0, 0.0, -0.2))
    site.lay("set_ground", [slab], (*site.place.center, site.ground))


def cliffs(kit: Kit, site: Site, azimuth: float) -> None:
    """A headland beside the sea, `azimuth` [rad] looks out to it."""
    far = far_of(site.place)
    side = kit.pick("left", "right") == "left"
    turn = azimuth + (1.0 if side else -1.0) * kit.u(0.35, 0.6)
    across, away = (
        np.array([math.cos(turn), math.sin(turn)]),
        np.array([math.sin(turn), -math.cos(turn)]),
    )
    spread, row = np.meshgrid(np.linspace(-1.0, 1.0, 160), np.linspace(0.0, 5.0, 26), indexing="ij")
    depth = np.interp(row, np.arange(6), (-0.3, -0.1, 0.1, 0.5, 1.2, 2.0))
    rise = np.interp(row, np.arange(6), (-0.02, 0.25, 0.6, 0.8, 0.9, -0.05))
    crag, skyline = _rough(kit, spread, row), _rough(kit, spread, 0 * row)
    out = far * (9.0 + 1.5 * depth) * (1.0 + 0.05 * crag)
    points = np.zeros((*spread.shape, 3))
    points[..., :2] = out[..., None] * away + (spread * 5.0 * far)[..., None] * across
    tall = 1.1 * far * rise * (1.0 - spread**2)
    points[..., 2] = tall * np.where(rise > 0, 1.0 + 0.22 * skyline + 0.06 * crag, 1.0)
    rock = hazy(stuff(kit.key.child("cliff"), "stone/sandstone", scale=20.0), 0.45)
    site.lay("set_cliffs", [Part(foliage.sheet(points), rock)], (*site.place.center, site.base))


def _rough(kit: Kit, x: Array, y: Array) -> Array:
    """Noise of unit spread over x in -1..1 and y in 0..5, coarse to fine."""
    total = np.zeros_like(x)
    for frequency in (3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0):
        lean = 0.3 * frequency * kit.u(-1.0, 1.0)
        total += 1.5 / frequency**0.7 * np.sin(frequency * x + lean * y + kit.u(0.0, 6.3))
    return total
