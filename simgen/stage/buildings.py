"""Houses, fences, roads and roofs."""

from __future__ import annotations

import math

import numpy as np

from simgen import shapes
from simgen.geometry import Array, Box, Cylinder, Plane
from simgen.stage import foliage
from simgen.stage.finish import stuff
from simgen.stage.joinery import box_surfaces
from simgen.stage.kit import Kit
from simgen.stage.landscape import around, far_of, hazy
from simgen.stage.place import Part, Site


def fence(kit: Kit, site: Site, *, distance: float, height: float) -> None:
    """Posts, rails and pales across the back."""
    (x, y, _), turn = around(kit, site.place, distance, distance, 0.2)
    long = 3.0 * far_of(site.place)
    gap = kit.u(0.1, 0.18)
    pales = np.arange(-long / 2, long / 2, gap)[:160]
    wide = kit.u(0.5, 0.8) * gap
    boxes = [
        np.array([(u, -0.01, 0.06), (u + wide, 0.01, height * kit.u(0.96, 1.0))]) for u in pales
    ]
    boxes += [
        np.array([(-long / 2, 0.01, z), (long / 2, 0.05, z + 0.08)])
        for z in (0.25 * height, 0.75 * height)
    ]
    mesh = foliage.merged(box_surfaces(np.array(boxes)), smooth=False)
    name = kit.pick("wood/pine", "wood/oak", "gloss_paint")
    site.put("set_fence", [kit.part(mesh, name)], (x, y, site.ground), turn)


def houses(
    kit: Kit, site: Site, *, distance: float, count: int, azimuth: float | None = None
) -> None:
    """A front of houses with windows and doors across the back, or towards `azimuth` [rad]."""
    (x, y, _), other = around(kit, site.place, distance, distance, 0.15)
    if azimuth is None:
        turn = other
    else:
        (x, y, _), turn = site.place.at(azimuth, distance), azimuth + math.pi
    u = -0.5 * count * 9.0 + kit.u(-3.0, 3.0)
    for i in range(count):
        house = Kit(kit.key.child("house", i))
        wide, floors = house.u(6.0, 12.0), int(house.rng.integers(2, 6))
        parts = _house(house, wide, floors)
        c, s = math.cos(turn), math.sin(turn)
        middle = u + wide / 2
        spot = (x + c * middle, y + s * middle, site.ground)
        site.lay(f"set_house_{i}", parts, spot, turn)
        u += wide


def _house(kit: Kit, wide: float, floors: int) -> list[Part]:
    """One front, its street side at y = 0 towards -y."""
    storey = 3.1
    tall = floors * storey + 0.6
    wall = kit.pick("facade", "facade", "stone/brick")
    pitch = round(wide / kit.u(1.8, 2.8))
    panes: list[Array] = []
    frames: list[Array] = []
    for level in range(floors):
        for k in range(pitch):
            middle = (k + 0.5) * wide / pitch - wide / 2
            half, low = 0.28 * wide / pitch, level * storey + 0.95
            high = low + 1.55
            if level == 0 and k == pitch // 2:
                low, high, half = 0.1, 2.3, 0.55
            panes.append(np.array([(middle - half, -0.02, low), (middle + half, 0.1, high)]))
            for a, b in ((low - 0.1, low), (high, high + 0.12)):
                ends = ((middle - half - 0.09, -0.05, a), (middle + half + 0.09, -0.01, b))
                frames.append(np.array(ends))
    return [
        kit.part(Box((wide, 4.0, tall)), wall, (0.0, 2.0, tall / 2)),
        kit.part(Box((wide + 0.3, 4.4, 0.25)), "stone/concrete", (0.0, 2.0, tall)),
        kit.part(Box((wide, 0.06, 0.6)), "stone/concrete", (0.0, -0.03, 0.3)),
        kit.part(foliage.merged(box_surfaces(np.array(panes)), smooth=False), "pane"),
        kit.part(foliage.merged(box_surfaces(np.array(frames)), smooth=False), "gloss_paint"),
    ]


def skyline(kit: Kit, site: Site, *, near: float, count: int, sunk: float) -> None:
    """Tower blocks near and far below a roof, with rows of windows."""
    for i in range(count):
        block = Kit(kit.key.child("block", i))
        (x, y, _), turn = around(block, site.place, near, 3.5 * near, 1.5)
        wide, tall = block.u(0.2, 0.5) * near, sunk + block.u(-0.1, 0.9) * near
        storey = max(3.1, tall / 18)
        rows: list[Array] = []
        for z in np.arange(0.5 * storey, tall - 0.6 * storey, storey):
            z0, z1 = float(z), float(z) + 0.5 * storey
            edge = 0.5 * wide * 1.004
            rows.append(np.array([(-edge, -edge, z0), (edge, edge, z1)]))
        body = [
            Part(Box((wide, wide, tall)), hazy(stuff(block.key.child("wall"), "facade"), 0.25),
                 (0.0, 0.0, tall / 2)),
        ]  # fmt: skip
        if rows:
            mesh = foliage.merged(box_surfaces(np.array(rows)), smooth=False)
            body.append(Part(mesh, hazy(stuff(block.key.child("pane"), "pane"), 0.2)))
        site.lay(f"set_block_{i}", body, (x, y, site.base - sunk), turn + block.u(-0.3, 0.3))


def road(kit: Kit, site: Site, azimuth: float, start: float, wide: float) -> None:
    """A road across the back from `start` [m] on, with its kerb and a dashed line."""
    long = 14.0 * far_of(site.place)
    x, y, _ = site.place.at(azimuth, start + wide / 2)
    dashes = np.array([
        [(u, -0.06, 0.0), (u + 2.0, 0.06, 0.002)] for u in np.arange(-long / 4, long / 4, 4.0)[:90]
    ])  # fmt: skip
    parts = [
        kit.part(Box((long, wide, 0.01)), "asphalt", (0.0, 0.0, 0.003)),
        kit.part(foliage.merged(box_surfaces(dashes), smooth=False), "road_paint", (0, 0, 0.009)),
    ]
    for side in (-1, 1):
        kerb = (0.0, side * (wide / 2 + 0.07), 0.04)
        parts.append(kit.part(Box((long, 0.14, 0.12)), "stone/granite", kerb))
    site.lay("set_road", parts, (x, y, site.ground), azimuth)


def parapet(kit: Kit, site: Site, half: float, height: float) -> None:
    """A low wall around a roof of this half-width [m]."""
    name = kit.pick("stone/brick", "stone/concrete", "stone/plaster")
    parts: list[Part] = []
    for sx, sy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        size = (0.25, 2 * half, height) if sx else (2 * half, 0.25, height)
        cap = (0.33, 2 * half + 0.08, 0.05) if sx else (2 * half + 0.08, 0.33, 0.05)
        parts.append(kit.part(Box(size), name, (sx * half, sy * half, height / 2)))
        parts.append(kit.part(Box(cap), "metal/aluminium", (sx * half, sy * half, height)))
    site.lay("set_parapet", parts, (*site.place.center, site.ground))


def town_ground(kit: Kit, site: Site, sunk: float) -> None:
    """The streets far below a roof."""
    plane = Plane(extent=20.0 * far_of(site.place))
    finish = hazy(stuff(kit.key.child("town"), "asphalt"), 0.3)
    site.lay("set_town", [Part(plane, finish)], (*site.place.center, site.base - sunk))


def vent(kit: Kit) -> list[Part]:
    """A hooded pipe."""
    r, h = kit.u(0.08, 0.2), kit.u(0.5, 1.1)
    steel = kit.pick("metal/aluminium", "metal/stainless_steel", "machine_paint")
    return [
        kit.part(Cylinder(r, h), steel, (0.0, 0.0, h / 2)),
        kit.part(shapes.cone(radius=1.7 * r, height=0.8 * r, tip=0.1), steel, (0.0, 0.0, h + 0.05)),
        kit.part(Cylinder(0.6 * r, 0.2), steel, (0.0, 0.0, h)),
    ]


def air_unit(kit: Kit) -> list[Part]:
    """A cooling unit with louvres and a fan."""
    w, d, h = kit.u(0.9, 1.8), kit.u(0.8, 1.2), kit.u(0.7, 1.1)
    slats = np.array([
        [(-0.45 * w, -d / 2 - 0.015, z), (0.45 * w, -d / 2, z + 0.03)]
        for z in np.arange(0.2, h - 0.1, 0.06)
    ])  # fmt: skip
    white = (0.8, 0.8, 0.78)
    return [
        kit.part(Box((w, d, h)), "gloss_paint", (0.0, 0.0, h / 2 + 0.1), color=white),
        kit.part(foliage.merged(box_surfaces(slats), smooth=False), "metal/steel", (0, 0, 0.1)),
        kit.part(Cylinder(0.36 * d, 0.08), "screen", (0.0, 0.0, h + 0.11)),
        *(kit.part(Box((0.08, d, 0.1)), "metal/steel", (x, 0.0, 0.05)) for x in (-w / 3, w / 3)),
    ]


def chimney(kit: Kit) -> list[Part]:
    """A brick stack with two pots."""
    w, h = kit.u(0.5, 0.9), kit.u(0.8, 1.5)
    pot = shapes.plant_pot(radius=0.12, height=0.3)
    return [
        kit.part(Box((w, 0.5, h)), "stone/brick", (0.0, 0.0, h / 2)),
        kit.part(Box((w + 0.1, 0.6, 0.08)), "stone/concrete", (0.0, 0.0, h)),
        *(kit.part(pot, "ceramic/terracotta", (x, 0.0, h + 0.04)) for x in (-w / 4, w / 4)),
    ]
