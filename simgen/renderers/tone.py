# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""From physical light to the picture: the colour of hot bodies, exposure, the film curve, sRGB."""

import math
from functools import cache

import numpy as np
import warp as wp

from simgen.geometry import Array
from simgen.spectrum import LUMINANCE, XYZ_TO_RGB, blackbody, cie_xyz, clip_to_gamut

GLOW_FIRST, GLOW_LAST, GLOW_STEP = 700.0, 3600.0, 25.0
"""Temperatures of the glow table [K]: below the Draper point (798 K) nothing is seen to glow."""
GLOW_REFERENCE = 1500.0
"""Temperature that is drawn at the radiance of a surface in full sun [K]."""
GLOW_CONTRAST = 0.3
"""Exponent that fits nine decades of luminance (800..3000 K) to the range of a display."""


KEY = 0.30
"""Linear display-referred target of the log-mean radiance (before the film curve)."""
NIGHT = 0.08
"""A tenth of the light is shown at 0.83 of the brightness; eyes adapt less than cameras can."""
WHITE = 1.4
"""Linear display-referred value that at most a twentieth of the first picture exceeds."""


@cache
def glow_table() -> Array:
    """(K, 3) linear radiance of a glowing body, drawn at GLOW_FIRST + k GLOW_STEP.

    The hue is Planck's. The strength of the brightest channel goes as Planck's luminance to the
    power GLOW_CONTRAST, as a camera whose aperture follows the subject shows it. It fades to 0 at
    the Draper point.
    """
    reference = float(blackbody(GLOW_REFERENCE) @ LUMINANCE)
    rows = []
    for temperature in np.arange(GLOW_FIRST, GLOW_LAST + 1.0, GLOW_STEP):
        rgb = blackbody(float(temperature))
        luminance = float(rgb @ LUMINANCE)
        fade = float(np.clip((temperature - 750.0) / 250.0, 0.0, 1.0)) ** 2
        strength = 2.3 * (luminance / reference) ** GLOW_CONTRAST * fade
        rows.append(rgb / rgb.max() * strength)
    return np.array(rows)


FLAME_REFERENCE = 1850.0
"""Usual temperature of glowing soot [K]; drawn at FLAME_RADIANCE where it is dense."""
FLAME_RADIANCE = 25.0
"""A candle of a few percent emissivity is as bright as a white wall in the sun."""
FLAME_CONTRAST = 0.5


@cache
def flame_table() -> Array:
    """(K, 3) linear radiance of dense soot at GLOW_FIRST + k GLOW_STEP; strength as `glow_table`.

    The emissivity of particles much smaller than light goes as 1 / wavelength (Rayleigh; Hottel &
    Broughton, Ind. Eng. Chem. Anal. Ed. 4 (1932) 166).
    """
    reference = float(blackbody(FLAME_REFERENCE, slope=1.0) @ LUMINANCE)
    rows: list[Array] = []
    for temperature in np.arange(GLOW_FIRST, GLOW_LAST + 1.0, GLOW_STEP):
        rgb = blackbody(float(temperature), slope=1.0)
        y = float(rgb @ LUMINANCE)
        rows.append(rgb / y * (FLAME_RADIANCE * (y / reference) ** FLAME_CONTRAST))
    return np.array(rows)


@cache
def flame_blue() -> Array:
    """(3,) linear radiance of a dense blue flame sheet at the radiance of soot at FLAME_REFERENCE.

    Bands of CH (431 nm) and C2 (473 and 516 nm) as in a premixed hydrocarbon flame (Gaydon &
    Wolfhard, Flames, 4th ed., ch. 6).
    """
    nm = np.array([431.0, 471.5, 473.7, 512.9, 516.5])
    power = np.array([1.0, 0.10, 0.15, 0.15, 0.3])
    rgb = XYZ_TO_RGB @ (power[:, None] * cie_xyz(nm)).sum(axis=0)
    return clip_to_gamut(rgb, FLAME_RADIANCE)


@wp.func
def glow(table: wp.array(dtype=wp.vec3), temperature: wp.float32) -> wp.vec3:
    """Radiance of a body at `temperature` [K]."""
    if temperature <= 750.0:
        return wp.vec3(0.0, 0.0, 0.0)
    x = (temperature - wp.static(GLOW_FIRST)) / wp.static(GLOW_STEP)
    last = table.shape[0] - 2
    i = wp.min(wp.int32(x), last)
    return wp.lerp(table[i], table[i + 1], wp.clamp(x - wp.float32(i), 0.0, 1.0))


@wp.func
def luminance(color: wp.vec3) -> wp.float32:
    """Relative luminance of linear sRGB (BT.709)."""
    return 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]


@wp.func
def _film_channel(x: wp.float32) -> wp.float32:
    a = x * (x + 0.0245786) - 0.000090537
    b = x * (0.983729 * x + 0.4329510) + 0.238081
    return a / b


@wp.func
def film(color: wp.vec3) -> wp.vec3:
    """Linear scene light to linear display light: S. Hill's fit of the ACES RRT and sRGB ODT."""
    r = _film_channel(0.59719 * color[0] + 0.35458 * color[1] + 0.04823 * color[2])
    g = _film_channel(0.07600 * color[0] + 0.90834 * color[1] + 0.01566 * color[2])
    b = _film_channel(0.02840 * color[0] + 0.13383 * color[1] + 0.83777 * color[2])
    return wp.vec3(
        1.60475 * r - 0.53108 * g - 0.07367 * b,
        -0.10208 * r + 1.10813 * g - 0.00605 * b,
        -0.00327 * r - 0.07276 * g + 1.07602 * b,
    )


@wp.func
def to_srgb8(x: wp.float32) -> wp.uint8:
    """Linear [0, 1] to an sRGB byte (IEC 61966-2-1)."""
    c = wp.clamp(x, 0.0, 1.0)
    if c <= 0.0031308:
        c = 12.92 * c
    else:
        c = 1.055 * wp.pow(c, 1.0 / 2.4) - 0.055
    return wp.uint8(wp.int32(c * 255.0 + 0.5))


@wp.kernel
def develop(
    offset: wp.int32,
    exposure: wp.vec3,
    picture: wp.array(dtype=wp.vec3),
    bytes_: wp.array(dtype=wp.uint8),
):
    """Exposure and white balance, film curve, sRGB."""
    i = wp.tid() + offset
    color = film(wp.cw_mul(picture[i], exposure))
    bytes_[3 * i] = to_srgb8(color[0])
    bytes_[3 * i + 1] = to_srgb8(color[1])
    bytes_[3 * i + 2] = to_srgb8(color[2])


def auto_exposure(picture: np.ndarray) -> np.ndarray:
    """(3,) factors per channel that bring a linear picture to KEY and take back part of its tint.

    The brightness is the mean of the log and the plain mean of the luminance, pixels above 8 times
    the median (sun glints, glow) left out; but a lit event before the dark keeps its highlights.
    What is darker than daylight is shown a little darker, as NIGHT says.
    """
    y = np.maximum(picture @ LUMINANCE, 1e-4)
    middle = y[y <= 8.0 * float(np.median(y))]
    level = math.sqrt(float(np.exp(np.log(middle).mean())) * float(middle.mean()))
    level = max(level, float(np.quantile(y, 0.95)) * KEY / WHITE)
    mean = np.maximum(picture.reshape(-1, 3).mean(axis=0), 1e-6)
    tint = (mean / mean.mean()) ** -0.25
    key = KEY * min(level, 1.0) ** NIGHT
    return np.clip(key / level, 0.05, 30.0) * tint
