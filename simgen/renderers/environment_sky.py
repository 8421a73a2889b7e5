"""The open sky as a camera sees it: air, clouds and land to the horizon."""

from __future__ import annotations

import math

import numpy as np

from simgen.atmosphere import Floats, clear_sky, sky_irradiance, sun_irradiance
from simgen.geometry import Array
from simgen.renderers.environment_clouds import Clouds, periodic_noise
from simgen.sky import OpenSky
from simgen.spectrum import LUMINANCE

HAZE_ANGLE = 0.03
"""Angle below the horizon at which most of the land is still hidden by haze [rad]."""
SKYLINE = 1024
"""Points of the outline of hills, trees or houses."""


def open_sky(sky: OpenSky, directions: Array) -> Floats:
    """(N, 3) linear RGB radiance in `directions` (N, 3), without the sun's disc and the stars."""
    source, turbidity = np.asarray(sky.source, float), round(sky.turbidity, 2)
    from_sky = sky_irradiance(source, turbidity)
    elevation = math.asin(np.clip(source[2], -1.0, 1.0))
    ground = from_sky + sun_irradiance(elevation, turbidity) * max(float(source[2]), 0.0)
    light = np.zeros((len(directions), 3), np.float32)
    above = directions[:, 2] >= 0.0
    upward = directions[above]
    seen = clear_sky(upward, source, turbidity)
    if sky.clouds > 0.0:
        clouds = Clouds.make(sky.clouds, sky.seed, source)
        added, through = clouds.seen(upward, source, turbidity, from_sky / math.pi)
        seen = seen * through + added
        ground *= clouds.open_share
    light[above] = seen
    height = np.arcsin(directions[:, 2])
    turn = np.arctan2(directions[:, 1], directions[:, 0]) / (2 * math.pi) % 1.0
    outline, haze = _skyline(sky.seed)
    far = height < 0.1
    hidden = np.flatnonzero(far)[height[far] < _around(outline, turn[far])]
    horizon = _around(_horizon(source, turbidity), turn[hidden])
    share = np.where(height[hidden] < 0.0, np.exp(height[hidden] / HAZE_ANGLE), 1.0) * haze
    land = _land(sky, directions[hidden], ground)
    light[hidden] = land + (horizon - land) * share[:, None]
    return light * np.asarray(sky.brightness, np.float32)


def _around(values: Floats, turn: Array) -> Floats:
    """Values of a circle (K, ...), linear in between, at shares of a full turn (N,)."""
    at = turn * len(values)
    i, share = at.astype(int) % len(values), at % 1.0
    share = share.reshape(-1, *([1] * (values.ndim - 1)))
    return values[i] + (values[(i + 1) % len(values)] - values[i]) * share


def _horizon(source: Array, turbidity: float) -> Floats:
    """(64, 3) radiance of the clear sky just above the horizon, by azimuth."""
    turns = 2 * math.pi * np.arange(64) / 64
    ways = np.stack([np.cos(turns), np.sin(turns), np.full(64, 0.01)], axis=1)
    return clear_sky(ways, source, turbidity)


def _waves(rng: np.random.Generator, lowest: int, highest: int, slope: float) -> Array:
    """(SKYLINE,) a periodic random outline in 0..1."""
    spectrum = np.zeros(SKYLINE // 2 + 1, complex)
    k = np.arange(lowest, highest)
    phases = np.exp(2j * math.pi * rng.random(len(k)))
    spectrum[k] = k**-slope * phases
    wave = np.fft.irfft(spectrum, SKYLINE)
    return (wave - wave.min()) / np.ptp(wave)


def _skyline(seed: int) -> tuple[Array, float]:
    """(SKYLINE,) elevation [rad] of the outline of far hills, woods or a town by azimuth, and the
    share of haze before them."""
    rng = np.random.default_rng([seed, 1])
    kind = int(rng.integers(3))
    if kind == 0:
        return 0.01 + 0.07 * _waves(rng, 2, 40, 1.6), 0.55
    if kind == 1:
        return 0.01 + 0.05 * _waves(rng, 3, 500, 0.75), 0.25
    blocks = np.repeat(rng.uniform(0.0, 1.0, SKYLINE // 8) ** 2, 8)
    return 0.01 + 0.05 * blocks * _waves(rng, 2, 12, 1.0), 0.35


def _land(sky: OpenSky, directions: Array, irradiance: Array) -> Floats:
    """(N, 3) radiance of fields and meadows seen from 12 m up, without haze."""
    rng = np.random.default_rng([sky.seed, 2])
    size = 256
    plane = directions[:, :2] * (12.0 / np.maximum(-directions[:, 2:], 0.02))
    tone = np.zeros(len(directions))
    for texel, strength in ((4.0, 0.2), (0.25, 0.12)):
        cell = (plane / texel).astype(int) % size
        tone += strength * periodic_noise(rng, size, 1.0, 2.0, 60.0)[cell[:, 1], cell[:, 0]]
    return np.asarray(sky.land) * np.exp(tone)[:, None] * irradiance / math.pi


def star_field(sky: OpenSky, rows: int, columns: int) -> Array:
    """(rows, columns, 3) radiance of the stars of a panorama, one pixel each."""
    field = np.zeros((rows, columns, 3))
    rng = np.random.default_rng([sky.seed, 3])
    count = 500
    row = (np.arccos(rng.uniform(0.05, 1.0, count)) / math.pi * rows).astype(int)
    column = rng.integers(columns, size=count)
    # Four times as many stars are a magnitude fainter: their number goes as flux^-1.5.
    flux = sky.stars * np.minimum(0.05 * rng.random(count) ** (-1 / 1.5), 1.0)
    warm = rng.uniform(-0.25, 0.15, (count, 1)) * (1.0, 0.0, -1.0)
    tint = (1.0 + warm) / ((1.0 + warm) @ LUMINANCE)[:, None]
    field[row, column] = flux[:, None] * tint
    return field
