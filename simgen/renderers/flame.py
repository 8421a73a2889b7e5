"""Flames as lights: where they are and how much they send to the surfaces around."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgen.geometry import Array
from simgen.record import AnyArray, GridStates
from simgen.renderers.tone import GLOW_FIRST, GLOW_STEP, flame_blue, flame_table
from simgen.scene import Gas


@dataclass(frozen=True, eq=False)
class Flame:
    """One flame as a light: an upright line about a centre."""

    center: Array
    """(3,) world [m]."""
    radius: float
    """Half its length [m]."""
    intensity: Array
    """(3,) radiance times area [m^2], linear RGB."""


def flames_at(gases: Sequence[tuple[Gas, GridStates]], t: int) -> list[Flame]:
    """The flames at frame t: one for each burning gas that shines."""
    found: list[Flame] = []
    for gas, grid in gases:
        if gas.fuel is not None and grid.soot is not None and grid.flame_sheet is not None:
            flame = _flame(gas.fuel.blue, grid, grid.soot[t], grid.flame_sheet[t], t)
            found += [flame] if flame else []
    return found


def _flame(blue: float, grid: GridStates, soot: AnyArray, sheet: AnyArray, t: int) -> Flame | None:
    where = np.argwhere((soot > 0.0) | (blue * sheet > 0.0))
    if not len(where):
        return None
    i, j, k = where.T
    table = flame_table()
    x = (grid.temperature[t][i, j, k].astype(float) - GLOW_FIRST) / GLOW_STEP
    low = np.clip(x.astype(int), 0, len(table) - 2)
    share = np.clip(x - low, 0.0, 1.0)[:, None]
    hot = (1 - share) * table[low] + share * table[low + 1]
    hot = np.where((x * GLOW_STEP + GLOW_FIRST > 750.0)[:, None], hot, 0.0)
    kappa = soot[i, j, k].astype(float)
    light = kappa[:, None] * hot + blue * sheet[i, j, k].astype(float)[:, None] * flame_blue()
    weight = light.sum(axis=1)
    total = float(weight.sum())
    if total <= 0.0:
        return None
    points = grid.origin + (where + 0.5) * grid.cell
    center = (weight[:, None] * points).sum(axis=0) / total
    spread = float(np.sqrt((weight * (points[:, 2] - center[2]) ** 2).sum() / total))
    # A thick flame hides part of itself: mean escape (1 - exp(-tau)) / tau over its width.
    tau = float((weight * kappa).sum() / total) * (len(where) * grid.cell**3) ** (1 / 3)
    escape = (1.0 - np.exp(-tau)) / tau if tau > 1e-3 else 1.0
    radius = max(1.5 * spread, grid.cell)
    return Flame(center, radius, light.sum(axis=0) * grid.cell**3 * escape)
