"""Clouds of a panorama: one layer of flat-based heaps lit by the sun and the sky."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.atmosphere import Floats, sun_irradiance
from simgen.geometry import Array

Field = NDArray[np.float32]

TEXELS, TILE = 1024, 15.0
"""The layer repeats every TILE [km]."""
BASE, DEPTH = 1.3, 1.1
"""Height of the base and of the tallest clouds above it [km]."""
EXTINCTION = 22.0
"""Of the inside of a cloud [1/km] (cumulus humilis: 10-100; Hess, Koepke & Schult 1998)."""
FORWARD = 0.85
"""Asymmetry of scattering by droplets."""
STEPS, SHADOW_STEPS = 6, 6
ROWS, COLUMNS = 256, 1024
"""Elevations and azimuths at which the layer is looked at."""
VISIBILITY = 35.0
"""Distance at which haze hides 1 - 1/e of a cloud [km]."""


@dataclass(frozen=True, eq=False)
class Clouds:
    """A periodic layer."""

    columns: Field
    """(TEXELS * TEXELS, 3) rows along y: height above the base [km], 0 where the sky is clear, and
    the optical depths from base and from top towards the sun."""
    open_share: float
    """Share of the light above the layer that reaches the land."""

    @classmethod
    def make(cls, cover: float, seed: int, sun: Array) -> Clouds:
        """A layer that covers a share `cover` of the sky; the sun stands in a gap where there is
        one."""
        height = _gap_at_sun(_heaps(cover, np.random.default_rng([seed, 4])), sun)
        depths = [_sun_depth(height, start, sun) for start in (np.zeros_like(height), height)]
        columns = np.stack([height, *depths], axis=-1).reshape(-1, 3)
        return cls(columns, float(np.mean(_diffusion(EXTINCTION * height))))

    def seen(
        self, directions: Array, sun: Array, turbidity: float, sky: Floats
    ) -> tuple[Floats, Floats]:
        """(N, 3) radiance of the layer seen from the ground along `directions` (N, 3), unit and
        upward, and (N, 1) the share of the light behind that passes. `sky` (3,) is the mean
        radiance of the clear sky."""
        dome = self._dome(sun, turbidity, sky)
        d = directions.astype(np.float32)
        turn = np.arctan2(d[:, 1], d[:, 0]) / np.float32(2 * math.pi) % 1.0 * COLUMNS - 0.5
        height = np.arcsin(np.clip(d[:, 2], 0.0, 1.0)) / np.float32(math.pi / 2) * ROWS - 0.5
        row = np.clip(height, 0.0, ROWS - 1.001)
        i, j = row.astype(np.int32), np.floor(turn).astype(np.int32)
        u, v = (row - i)[:, None], (turn - j)[:, None]
        left, right = i * COLUMNS + j % COLUMNS, i * COLUMNS + (j + 1) % COLUMNS
        low = dome[left] * (1 - v) + dome[right] * v
        high = dome[left + COLUMNS] * (1 - v) + dome[right + COLUMNS] * v
        found = low * (1 - u) + high * u
        return found[:, :3], found[:, 3:]

    def _dome(self, sun: Array, turbidity: float, sky: Floats) -> Field:
        """(ROWS * COLUMNS, 4) radiance and share let through by elevation and azimuth. Places on
        the layer and steps are dithered (Jimenez, SIGGRAPH 2014), which the blur takes out."""
        j, i = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS))
        shake = np.stack([
            52.9829189 * ((0.06711056 * (j + 17 * k) + 0.00583715 * (i + 31 * k)) % 1.0) % 1.0
            for k in range(3)
        ]).reshape(3, -1).astype(np.float32)  # fmt: skip
        elevation = (i.ravel() + 0.5) * (math.pi / 2 / ROWS)
        turn = (j.ravel() + 0.5) * (2 * math.pi / COLUMNS)
        flat = np.cos(elevation)
        ways = np.stack([flat * np.cos(turn), flat * np.sin(turn), np.sin(elevation)], axis=1)
        light, through = self._march(ways, shake, sun, turbidity, sky)
        dome = np.concatenate([light, through[:, None]], axis=1).reshape(ROWS, COLUMNS, 4)
        beyond = np.pad(dome, ((1, 1), (0, 0), (0, 0)), mode="edge")
        dome = 0.5 * dome + 0.25 * (beyond[:-2] + beyond[2:])
        dome = 0.5 * dome + 0.25 * (np.roll(dome, 1, axis=1) + np.roll(dome, -1, axis=1))
        return dome.reshape(-1, 4).astype(np.float32)

    def _march(
        self, directions: Array, shake: Field, sun: Array, turbidity: float, sky: Floats
    ) -> tuple[Floats, Floats]:
        """(N, 3) radiance along `directions` (N, 3) and (N,) share let through; `shake` (3, N)
        moves the place on the layer and the steps by shares of one."""
        d = directions.astype(np.float32)
        d[:, 2] = np.maximum(d[:, 2], 0.01)
        entry, leave = (_layer_distance(d[:, 2], h) for h in (BASE, BASE + DEPTH))
        step = (leave - entry) / STEPS
        through = np.ones(len(d), np.float32)
        direct, deep, diffuse, crown = np.zeros((4, len(d)), np.float32)
        for k in range(STEPS):
            t = entry + (np.float32(k) + shake[2]) * step
            tall, low, high = self.columns[_cells(d, t, shake)].T
            level = _layer_height(d[:, 2], t) - np.float32(BASE)
            edge = np.clip((tall - level) / (0.12 * tall + 0.02), 0.0, 1.0)
            opacity = -np.expm1(edge * np.minimum(step, 2.0) * np.float32(-EXTINCTION))
            part = np.clip(level / np.maximum(tall, 0.05), 0.0, 1.0)
            sunny = np.exp((low + (high - low) * part) * np.float32(-0.25))
            gain = through * opacity
            deep += gain * sunny
            direct += gain * sunny**4
            diffuse += gain * _diffusion(low)
            crown += gain * part
            through *= 1.0 - opacity
        sunlight, cosine = _sunlight(sun, turbidity), d @ sun.astype(np.float32)
        lit = direct * _henyey(cosine, FORWARD) + deep * _henyey(cosine, 0.4)
        level_light = sunlight * max(float(sun[2]), 0.05) + math.pi * sky
        # An overcast sky is three times as bright overhead as at the horizon (Moon & Spencer 1942).
        glow = diffuse * (1.0 + 2.0 * d[:, 2]) * np.float32(3.0 / 7.0 / math.pi)
        light = np.stack([lit, glow, crown], axis=1) @ np.stack([sunlight, level_light, 0.5 * sky])
        haze = np.exp(-entry / VISIBILITY)
        return light * haze[:, None], 1.0 - (1.0 - through) * haze


def _cells(d: Field, t: Field, shake: Field) -> NDArray[np.int32]:
    """Flat index of the column at a distance `t` [km] along each ray, dithered by up to a texel:
    a hard raster would show overhead."""
    scale = t * np.float32(TEXELS / TILE)
    column = (d[:, 0] * scale + shake[0]).astype(np.int32) & (TEXELS - 1)
    row = (d[:, 1] * scale + shake[1]).astype(np.int32) & (TEXELS - 1)
    return row * TEXELS + column


def _layer_distance(sine: Field, height: float) -> Field:
    """Length [km] of a ray from the ground to a height, over the curved Earth."""
    radius = np.float32(6360.0)
    root = np.sqrt((radius * sine) ** 2 + np.float32(2 * radius * height + height**2))
    return (root - radius * sine).astype(np.float32)


def _layer_height(sine: Field, t: Field) -> Field:
    """Height [km] of the point at `t` along a ray; the Earth's curve to second order."""
    rise = sine * t + t * t * (1 - sine**2) * np.float32(0.5 / 6360.0)
    return rise.astype(np.float32)


def _sunlight(sun: Array, turbidity: float) -> Array:
    """(3,) irradiance of the sun on the upper half of the clouds."""
    elevation = math.asin(float(np.clip(sun[2], -1.0, 1.0)))
    return sun_irradiance(elevation, turbidity, BASE + 0.5 * DEPTH)


def _henyey(cosine: Floats, g: float) -> Floats:
    """Henyey & Greenstein's phase function [1/sr]."""
    return (1 - g * g) / (4 * math.pi * (1 + g * g - 2 * g * cosine) ** 1.5)


def _diffusion(depth: Field) -> Field:
    """Share of light that a cloud of this optical depth lets through, scattered many times (two
    streams without absorption; Bohren, Am. J. Phys. 55 (1987) 524)."""
    return 1.0 / (1.0 + 0.5 * (1.0 - np.float32(FORWARD)) * depth)


def periodic_noise(
    rng: np.random.Generator, size: int, slope: float, lowest: float, highest: float
) -> Field:
    """(size, size) periodic Gaussian field of unit variance. Its amplitude falls as
    wavenumber^-slope per octave, between two wavenumbers in periods."""
    k = _wavenumbers(size)
    band = (k >= lowest) & (k <= highest)
    amplitude = np.where(band, np.maximum(k, 1.0) ** np.float32(-slope - 1.0), 0.0)
    white = rng.standard_normal((size, size), np.float32)
    wave = np.fft.irfft2(np.fft.rfft2(white) * amplitude, (size, size))
    return (wave / wave.std()).astype(np.float32)


def _wavenumbers(size: int) -> Field:
    """(size, size // 2 + 1) of a real Fourier transform, in periods."""
    k = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]) * size
    return k.astype(np.float32)


def _heaps(cover: float, rng: np.random.Generator) -> Field:
    """Heights [km] of heaps with billowed tops that cover a share `cover` of the plane."""
    broad = periodic_noise(rng, TEXELS, 0.9, 3.0, 400.0)
    billow = periodic_noise(rng, TEXELS, 0.5, 14.0, 400.0)
    field = broad - 0.45 * np.abs(billow)
    threshold = np.quantile(field[::4, ::4], 1.0 - cover) if cover < 1.0 else field.min()
    rise = np.maximum(field - np.float32(threshold), 0.0) / np.float32(2.2)
    height = DEPTH * np.minimum(rise, 1.0) ** np.float32(0.75)
    closed = max(0.0, 4.0 * (cover - 0.75))
    return (height * (1 - 0.5 * closed) + np.float32(0.5 * closed * DEPTH)).astype(np.float32)


def _gap_at_sun(height: Field, sun: Array) -> Field:
    """The layer moved so that its clearest place is before the sun."""
    blur = np.exp(-((_wavenumbers(TEXELS) / 14.0) ** 2))
    blurred = np.fft.irfft2(np.fft.rfft2(height) * blur, height.shape)
    row, column = divmod(int(np.argmin(blurred)), TEXELS)
    sine = np.float32(max(float(sun[2]), 0.03))
    t = float(_layer_distance(np.array([sine], np.float32), BASE)[0]) * TEXELS / TILE
    return np.roll(height, (int(sun[1] * t) - row, int(sun[0] * t) - column), axis=(0, 1))


def _sun_depth(height: Field, start: Field, sun: Array) -> Field:
    """Optical depth from the level `start` [km] in each column towards the sun."""
    up = max(float(sun[2]), 0.08)
    reach = DEPTH / up
    step = min(reach, 6.0) / SHADOW_STEPS
    depth = np.zeros_like(height)
    for k in range(SHADOW_STEPS):
        far = (k + 0.5) * step
        shift = (-round(sun[1] * far * TEXELS / TILE), -round(sun[0] * far * TEXELS / TILE))
        inside = np.roll(height, shift, axis=(0, 1)) - (start + np.float32(far * up))
        depth += np.clip(inside / np.float32(0.1), 0.0, 1.0)
    return depth * np.float32(EXTINCTION * step)
