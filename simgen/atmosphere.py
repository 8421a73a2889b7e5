"""The clear sky: sunlight through air, haze and ozone, scattered once and many times.

Single scattering in a spherical atmosphere (Nishita et al., SIGGRAPH 1993) at nine wavelengths,
plus all higher orders as an isotropic source in an infinite sum (Hillaire, CGF 39(4) 2020). Lengths
are kilometres, heights are above the sea. Radiance is relative: the sun above the air gives a
luminance-weighted irradiance of `SUN` on a surface that faces it, so that 1 is about 13 kcd/m^2, a
bright overcast sky.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array
from simgen.spectrum import LUMINANCE, bands_to_rgb

Floats = NDArray[np.floating[Any]]

SUN = 10.0
WAVELENGTHS = np.array([380.0, 420.0, 460.0, 500.0, 540.0, 580.0, 620.0, 660.0, 720.0])
"""[nm]; everything spectral has them as its last axis."""
_SOLAR = np.array([1.012, 1.689, 2.020, 1.917, 1.851, 1.815, 1.682, 1.556, 1.390])
"""Irradiance above the air [W/(m^2 nm)], 10 nm means of ASTM G173."""
_OZONE = np.array([0.0028, 0.0552, 0.367, 1.480, 3.091, 4.398, 3.740, 1.852, 0.510]) * 1e-25
"""Cross section [m^2] at 233 K (Serdyuchenko et al., Atmos. Meas. Tech. 7 (2014) 625)."""
OZONE_COLUMN = 8.06e22
"""Molecules over a square metre: 300 Dobson units."""
GROUND, TOP = 6360.0, 6460.0
"""Radii of the ground and of the top of the air [km]."""
AIR_SCALE, HAZE_SCALE = 8.0, 1.2
"""Heights over which air and haze thin out by 1/e [km]."""
HAZE_SLOPE = 1.3
"""Angstrom's exponent of the haze's optical depth against wavelength."""
HAZE_FORWARD, HAZE_ALBEDO = 0.76, 0.92
"""Asymmetry of the haze's phase function and share of light it does not absorb (continental
aerosol; Hess, Koepke & Schult, Bull. Am. Meteorol. Soc. 79 (1998) 831)."""
LAND = 0.2
"""Albedo of the land that lights the air from below."""
RADIUS = 0.00465
"""Angular radius of the sun and nearly of the moon [rad]."""

_TO_RGB = bands_to_rgb(WAVELENGTHS)
_UNIT = SUN / float(_SOLAR @ _TO_RGB @ LUMINANCE)


def to_rgb(spectrum: Array) -> Array:
    """(..., 3) linear sRGB of (..., 9) irradiance or radiance."""
    return np.maximum(spectrum @ _TO_RGB, 0.0) * _UNIT


@dataclass(frozen=True, eq=False)
class _Air:
    """Vertical optical depths (9,) and the tables made from them."""

    molecules: Array
    haze: Array
    ozone: Array
    transmittance: Array
    """(heights, sines, 9) from a point to the top of the air, see `_grid`."""
    multiple: Array
    """(heights, sines, 9) isotropic source of light scattered twice and more, per irradiance above
    the air [1/sr] and per unit of scattering, for the sun at each sine of elevation."""


def _grid(rows: int, columns: int) -> tuple[Array, Array]:
    """(rows, columns) heights [km] and sines of elevation of a table: finer near the ground and
    near the horizon. `_lookup` inverts it."""
    spread = np.linspace(-1.0, 1.0, columns)
    heights = (TOP - GROUND) * np.linspace(0.0, 1.0, rows) ** 2.5
    height, sine = np.meshgrid(heights, spread * np.abs(spread), indexing="ij")
    return height, sine


def _densities(height: Array) -> tuple[Array, Array, Array]:
    """Of air, haze and ozone [1/km]: each integrates to 1 over height."""
    tent = np.maximum(0.0, 1.0 - np.abs(height - 25.0) / 15.0) / 15.0
    air = np.exp(-height / AIR_SCALE) / AIR_SCALE
    return air, np.exp(-height / HAZE_SCALE) / HAZE_SCALE, tent


def _exit(radius: Array, sine: Array) -> Array:
    """Length [km] of a ray from `radius` at an elevation of this sine to the top of the air."""
    return -radius * sine + np.sqrt(np.maximum(TOP**2 - radius**2 * (1 - sine**2), 0.0))


def _ground_distance(radius: Array, sine: Array) -> Array:
    """Length [km] to the ground, infinite where the ray misses it."""
    below = GROUND**2 - radius**2 * (1 - sine**2)
    meets = (below > 0) & (sine < 0)
    return np.where(meets, -radius * sine - np.sqrt(np.maximum(below, 0.0)), np.inf)


def _steps(length: Array, count: int) -> tuple[Array, Array]:
    """Midpoints and widths (..., count) of steps that grow along a ray."""
    edges = length[..., None] * np.linspace(0.0, 1.0, count + 1) ** 2
    return (edges[..., 1:] + edges[..., :-1]) / 2, np.diff(edges, axis=-1)


def _phase_air(cosine: Floats) -> Floats:
    """Rayleigh's phase function [1/sr]."""
    return 3.0 / (16.0 * np.pi) * (1.0 + cosine**2)


def _phase_haze(cosine: Floats) -> Floats:
    """Cornette & Shanks (Appl. Opt. 31 (1992) 3152) [1/sr]."""
    g = HAZE_FORWARD
    top = 3.0 * (1 - g * g) * (1 + cosine**2)
    return top / (8 * np.pi * (2 + g * g) * (1 + g * g - 2 * g * cosine) ** 1.5)


def _lookup(table: Array, height: Array, sine: Array) -> Array:
    """(..., 9) of a table, bilinear."""
    rows, columns = table.shape[0] - 1, table.shape[1] - 1
    row = (np.clip(height / (TOP - GROUND), 0.0, 1.0)) ** 0.4 * rows
    column = (1 + np.sign(sine) * np.sqrt(np.minimum(np.abs(sine), 1.0))) / 2 * columns
    i = np.minimum(row.astype(int), rows - 1)
    j = np.minimum(column.astype(int), columns - 1)
    u, v = (row - i)[..., None], (column - j)[..., None]
    low = (1 - v) * table[i, j] + v * table[i, j + 1]
    return (1 - u) * low + u * ((1 - v) * table[i + 1, j] + v * table[i + 1, j + 1])


@lru_cache(maxsize=16)
def _air(turbidity: float) -> _Air:
    """`turbidity`: optical depth of air and haze over that of air alone, at 550 nm."""
    # Bodhaine et al., J. Atmos. Ocean. Tech. 16 (1999) 1854, in Hansen & Travis' form.
    um = WAVELENGTHS / 1000.0
    molecules = 0.008569 * um**-4 * (1 + 0.0113 * um**-2 + 0.00013 * um**-4)
    haze = (turbidity - 1.0) * 0.0973 * (um / 0.55) ** -HAZE_SLOPE
    air = _Air(molecules, haze, OZONE_COLUMN * _OZONE, np.empty(0), np.empty(0))
    clear = _transmittance(air, *_grid(33, 97))
    air = _Air(molecules, haze, air.ozone, clear, np.empty(0))
    return _Air(molecules, haze, air.ozone, clear, _multiple(air, *_grid(9, 23)))


def _extinction(air: _Air, height: Array) -> Array:
    """(..., 9) [1/km]."""
    parts = zip(_densities(height), (air.molecules, air.haze, air.ozone), strict=True)
    return sum((d[..., None] * depth for d, depth in parts), np.zeros(len(WAVELENGTHS)))


def _transmittance(air: _Air, height: Array, sine: Array) -> Array:
    """(..., 9) from a height up to the top of the air; 0 behind the ground."""
    radius = GROUND + height
    at, width = _steps(_exit(radius, sine), 48)
    there = np.sqrt(radius[..., None] ** 2 + at**2 + 2 * (radius * sine)[..., None] * at) - GROUND
    depth = (_extinction(air, np.maximum(there, 0.0)) * width[..., None]).sum(axis=-2)
    return np.exp(-depth) * np.isinf(_ground_distance(radius, sine))[..., None]


def _multiple(air: _Air, height: Array, sine: Array) -> Array:
    """The table `_Air.multiple`, after Hillaire 2020, equations 5 to 10."""
    turns = 2 * np.pi * (np.arange(6) + 0.5) / 6
    sines = (np.arange(8) + 0.5) / 4 - 1
    up, turn = (a.ravel() for a in np.meshgrid(sines, turns, indexing="ij"))
    shape = (*height.shape, len(up))
    radius = np.broadcast_to(GROUND + height[..., None], shape)
    way = np.broadcast_to(up, shape)
    floor = _ground_distance(radius, way)
    at, width = _steps(np.minimum(_exit(radius, way), floor), 10)
    cosine = sine[..., None] * up + np.sqrt((1 - sine[..., None] ** 2) * (1 - up**2)) * np.cos(turn)
    there = np.sqrt(radius[..., None] ** 2 + at**2 + 2 * (radius * way)[..., None] * at)
    # Sine of the sun's elevation where the light is scattered: (r z + s w) . sun / |r z + s w|.
    sun = ((radius * sine[..., None])[..., None] + at * cosine[..., None]) / there
    level = np.maximum(there - GROUND, 0.0)
    path = np.cumsum(_extinction(air, level) * width[..., None], axis=-2)
    seen = np.exp(-path + 0.5 * _extinction(air, level) * width[..., None]) * width[..., None]
    dense, hazy, _ = _densities(level)
    scatter = dense[..., None] * air.molecules + hazy[..., None] * (HAZE_ALBEDO * air.haze)
    lit = _lookup(air.transmittance, level, sun) / (4 * np.pi)
    second = (seen * scatter * lit).sum(axis=-2)
    # The sun's light that the ground sends back.
    end = np.where(np.isinf(floor), 0.0, floor)
    foot = (radius * sine[..., None] + end * cosine) / GROUND
    direct = _lookup(air.transmittance, np.zeros(shape), foot) * np.maximum(foot, 0.0)[..., None]
    grounded = np.isfinite(floor)[..., None] * np.exp(-path[..., -1, :])
    second = (second + grounded * direct * (LAND / np.pi)).mean(axis=-2)
    share = (seen * scatter).sum(axis=-2).mean(axis=-2)
    return second / (1.0 - np.minimum(share, 0.98))


def sun_irradiance(elevation: float, turbidity: float, height: float = 0.0) -> Array:
    """(3,) linear RGB of the sun on a surface that faces it, `height` [km] above the ground;
    `elevation` [rad]. 0 where the sun has set."""
    table = _air(turbidity).transmittance
    return to_rgb(_SOLAR * _lookup(table, np.array(height), np.array(np.sin(elevation))))


def clear_sky(directions: Array, sun: Array, turbidity: float) -> Floats:
    """(N, 3) linear RGB radiance of the clear sky in `directions` (N, 3), unit and z >= 0, without
    the sun's disc. `sun` (3,) is the unit vector to the sun, which may be below the horizon.

    The two phase functions are exact at every direction; what they multiply is smooth and taken
    from a grid of elevation and azimuth about the sun.
    """
    rows, columns = 33, 17
    sines, turns = np.linspace(0.0, 1.0, rows) ** 2, np.linspace(0.0, np.pi, columns)
    grid = _inscattered(_air(turbidity), sines, turns, float(sun[2])).astype(np.float32)
    d, toward = directions.astype(np.float32), sun.astype(np.float32)
    row = np.sqrt(np.clip(d[:, 2], 0.0, 1.0)) * (rows - 1)
    flat = np.hypot(d[:, 0], d[:, 1]) * np.hypot(toward[0], toward[1])
    along = d[:, 0] * toward[0] + d[:, 1] * toward[1]
    turn = np.arccos(np.clip(along / np.maximum(flat, 1e-9), -1.0, 1.0))
    column = turn * np.float32((columns - 1) / np.pi)
    i = np.minimum(row.astype(np.int32), rows - 2)
    j = np.minimum(column.astype(np.int32), columns - 2)
    u, v, corner = (row - i)[:, None], (column - j)[:, None], i * columns + j
    values = grid.reshape(-1, 9)
    low = values[corner] * (1 - v) + values[corner + 1] * v
    high = values[corner + columns] * (1 - v) + values[corner + columns + 1] * v
    smooth = low + (high - low) * u
    cosine = (d @ toward)[:, None]
    scattered = smooth[:, :3] * _phase_air(cosine) + smooth[:, 3:6] * _phase_haze(cosine)
    return scattered + smooth[:, 6:]


def sky_irradiance(sun: Array, turbidity: float) -> Array:
    """(3,) linear RGB of level land under the clear sky, the sun's own light left out."""
    sines, turns = (np.arange(8) + 0.5) / 8, 2 * np.pi * (np.arange(16) + 0.5) / 16
    up, turn = (a.ravel() for a in np.meshgrid(sines, turns, indexing="ij"))
    flat = np.sqrt(1 - up**2)
    ways = np.stack([flat * np.cos(turn), flat * np.sin(turn), up], axis=1)
    mean = (clear_sky(ways, sun, turbidity) * up[:, None]).sum(axis=0) / up.sum()
    return mean.astype(float) * np.pi


def _inscattered(air: _Air, sines: Array, turns: Array, sun: float) -> Array:
    """(sines, turns, 9) RGB that air, RGB that haze and RGB that light scattered many times add
    along rays from the ground, without the phase functions of the first two."""
    up, turn = np.meshgrid(sines, turns, indexing="ij")
    radius = np.full(up.shape, GROUND + 0.002)
    at, width = _steps(_exit(radius, up), 28)
    cosine = up * sun + np.sqrt((1 - up**2) * (1 - sun**2)) * np.cos(turn)
    there = np.sqrt(radius[..., None] ** 2 + at**2 + 2 * (radius * up)[..., None] * at)
    level = there - GROUND
    foot = ((radius * sun)[..., None] + at * cosine[..., None]) / there
    step = _extinction(air, level) * width[..., None]
    # The exact mean of exp(-depth) over a step: dark near the horizon without it.
    before = np.exp(-(np.cumsum(step, axis=-2) - step))
    seen = before * -np.expm1(-step) / np.maximum(step, 1e-12) * width[..., None] * _SOLAR
    lit = _lookup(air.transmittance, level, foot)
    dense, hazy, _ = (d[..., None] for d in _densities(level))
    many = _lookup(air.multiple, level, foot)
    molecules, haze = dense * air.molecules, hazy * (HAZE_ALBEDO * air.haze)
    sources = (lit * molecules, lit * haze, many * (molecules + haze))
    return np.concatenate([to_rgb((seen * source).sum(axis=-2)) for source in sources], axis=-1)
