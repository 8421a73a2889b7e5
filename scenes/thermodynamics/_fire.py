"""Shared by the gas templates: fuels, domains of whole cells, candles, logs, wind."""

from __future__ import annotations

import math

import numpy as np

from simgen.scene import Domain, Draught, Fuel, Vector

FUELS = {
    "wax": Fuel(heat=43.4e6, air=14.9, radiant=0.17, soot=16.0, blue=0.0001),
    "wood": Fuel(heat=16.0e6, air=5.7, radiant=0.3, soot=3.0, smoke=3.0),
    "resin": Fuel(heat=38.0e6, air=13.0, radiant=0.35, soot=9.0, smoke=4.0),
    "alcohol": Fuel(heat=26.8e6, air=9.0, radiant=0.2, soot=2.5, blue=0.0015),
    "natural_gas": Fuel(heat=50.0e6, air=17.2, radiant=0.14, blue=0.004),
    "propane": Fuel(heat=46.4e6, air=15.7, radiant=0.2, soot=0.6, blue=0.004),
}
"""Net heats, air ratios and radiant shares: Tewarson, SFPE Handbook of Fire Protection Engineering,
4th ed., table 3-4.16 (wood volatiles: red oak); candle: Hamins, Bundy & Dillon, J. Fire Prot. Eng.
15 (2005) 265. Soot: 1 ppm in a candle (Santoro), about 3 1/m in wood flames (de Ris 1979)."""
VISCOSITY, DIFFUSIVITY = 1.5e-5, 2.1e-5
"""Of air at 293 K [m^2/s] (Incropera, table A.4); heat diffuses as 2.1e-5."""


GUST = 1.4
"""Most that `gusts` swing, over their `swing`."""


def box(lower: Vector, upper: Vector, cell: float) -> Domain:
    """The smallest box of whole cells, on the lattice of the origin, that holds these bounds."""
    low = np.floor(np.asarray(lower) / cell + 1e-6) * cell
    high = np.ceil(np.asarray(upper) / cell - 1e-6) * cell
    (x0, y0, z0), (x1, y1, z1) = (tuple(float(v) for v in c) for c in (low, high))
    return Domain(lower=(x0, y0, z0), upper=(x1, y1, z1))


def gusts(
    rng: np.random.Generator, duration: float, azimuth: float, steady: float, swing: float
) -> Draught:
    """Wind [m/s] towards `azimuth` [rad] that soon swings about its mean by up to GUST times
    `swing`: three sines of a room's draught (0.5-3 Hz), and half of that across."""
    t = np.arange(0.0, duration + 0.05, 1 / 24)
    waves = np.zeros((2, len(t)))
    for row in waves:
        for rate, size in ((0.6, 0.6), (1.3, 0.5), (2.7, 0.3)):
            turn = 2 * math.pi * (rate * float(rng.uniform(0.8, 1.25)) * t + float(rng.random()))
            row += size * np.sin(turn)
    waves *= np.clip(t / 0.4, 0.0, 1.0)
    along = steady + swing * waves[0]
    across = 0.5 * swing * waves[1]
    c, s = math.cos(azimuth), math.sin(azimuth)
    velocity = np.stack([c * along - s * across, s * along + c * across, 0 * t], 1)
    return Draught(times=t, velocities=velocity)


def puff(azimuth: float, steady: float, peak: float, start: float, length: float) -> Draught:
    """A still draught of `steady` [m/s] with one breath of `peak` [m/s] from `start` [s] on."""
    knots = np.array([start, start + 0.25 * length, start + 0.7 * length, start + length])
    speed = np.array([steady, peak, peak, steady])
    way = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
    return Draught(times=knots, velocities=speed[:, None] * way)
