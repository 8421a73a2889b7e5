"""What lies flat on a floor: rugs, painted lines, patches. Thinner than a millimetre, and clear of
the event, which stands on the bare floor."""

from __future__ import annotations

import math

import numpy as np

from simgen.geometry import Box, Cylinder
from simgen.stage.kit import Kit
from simgen.stage.place import Part, Site, about_z, part_box

THIN = 0.0008
"""Thickness [m]."""


def _lay(site: Site, name: str, parts: list[Part], x: float, y: float, turn: float) -> None:
    """Lay it on the ground unless it would reach under the event."""
    position = (x, y, site.base)
    boxes = np.array([part_box(p, position, about_z(turn)) for p in parts])
    low, high = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    busy = site.place.busy
    under = ((low < busy[:, 1]) & (high > busy[:, 0]))[:, :2].all(axis=1)
    if site.base < 0.0 or not under.any():
        count = sum(e.name.startswith(f"{name}_") for e in site.elements)
        site.lay(f"{name}_{count}", parts, position, turn)


def rug(kit: Kit, site: Site, *, under_event: bool) -> None:
    """A rug with a border, below the table or behind the event."""
    size = max(site.place.size, 0.6)
    long, wide = kit.u(1.2, 2.2) * size, kit.u(0.8, 1.5) * size
    cloth = kit.pick("textile/carpet", "rug", "rug", "cushion")
    parts = [
        kit.part(Box((long, wide, THIN)), "textile/wool", (0.0, 0.0, THIN)),
        kit.part(Box((0.88 * long, 0.84 * wide, THIN)), cloth, (0.0, 0.0, 1.6 * THIN)),
    ]
    distance = 0.0 if under_event else 0.8 * size + 0.6 * math.hypot(long, wide)
    azimuth = site.place.bearing + math.pi + kit.u(-0.9, 0.9)
    x, y, _ = site.place.at(azimuth, distance)
    _lay(site, "set_rug", parts, x, y, kit.u(-0.4, 0.4) + azimuth)


def floor_marks(kit: Kit, site: Site) -> None:
    """Painted lines behind and beside the event, and a few stains."""
    size = site.place.size
    width = float(np.clip(0.06 * size, 0.02, 0.12))
    for k in range(int(kit.rng.integers(1, 4))):
        azimuth = site.place.bearing + math.pi + (k - 1) * math.pi / 2 + kit.u(-0.1, 0.1)
        distance = kit.u(0.8, 1.3) * size + 0.05
        x, y, _ = site.place.at(azimuth, distance)
        line = kit.part(Box((12.0 * size, width, THIN)), "road_paint", (0.0, 0.0, 0.6 * THIN))
        _lay(site, "set_line", [line], x, y, azimuth)
    for _ in range(int(kit.rng.integers(0, 4))):
        azimuth = site.place.bearing + math.pi + kit.u(-1.4, 1.4)
        x, y, _ = site.place.at(azimuth, kit.u(0.8, 2.0) * size)
        radius = kit.u(0.04, 0.2) * max(size, 0.3)
        stain = kit.part(Cylinder(radius, THIN), "bitumen", (0.0, 0.0, 0.55 * THIN))
        _lay(site, "set_stain", [stain], x, y, 0.0)
