"""From spectra to linear sRGB: the eye's matching functions, hot bodies, sums over a few bands."""

from __future__ import annotations

import numpy as np

from simgen.geometry import Array

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Weights of linear sRGB (BT.709)."""
XYZ_TO_RGB = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)
"""CIE XYZ to linear sRGB (IEC 61966-2-1)."""


def cie_xyz(wavelength: Array) -> Array:
    """(N, 3) CIE 1931 matching functions at [nm]: Wyman, Sloan & Shirley, JCGT 2(2) 2013."""

    def lobe(center: float, low: float, high: float) -> Array:
        width = np.where(wavelength < center, low, high)
        return np.exp(-0.5 * ((wavelength - center) * width) ** 2)

    x = 0.362 * lobe(442.0, 0.0624, 0.0374) + 1.056 * lobe(599.8, 0.0264, 0.0323)
    x = x - 0.065 * lobe(501.1, 0.0490, 0.0382)
    y = 0.821 * lobe(568.8, 0.0213, 0.0247) + 0.286 * lobe(530.9, 0.0613, 0.0322)
    z = 1.217 * lobe(437.0, 0.0845, 0.0278) + 0.681 * lobe(459.0, 0.0385, 0.0725)
    return np.stack([x, y, z], axis=-1)


def clip_to_gamut(rgb: Array, y: float) -> Array:
    """(3,) a colour outside sRGB without its negative parts, at the luminance `y`."""
    inside = np.maximum(rgb, 0.0)
    return inside * (y / max(float(inside @ LUMINANCE), 1e-300))


def blackbody(temperature: float, *, slope: float = 0.0) -> Array:
    """(3,) linear sRGB of Planck's law; the luminance is relative to 1 W/(sr m^2 nm) at 683 lm/W.

    The emissivity goes as (550 nm / wavelength)^slope. Negative components (saturated reds outside
    sRGB) are clipped at equal luminance.
    """
    nm = np.arange(380.0, 781.0, 5.0)
    m = nm * 1e-9
    c1, c2 = 1.191042972e-16, 1.438776877e-2
    radiance = c1 / m**5 / np.expm1(c2 / (m * temperature)) * 1e-9
    if slope:
        radiance = radiance * (550.0 / nm) ** slope
    xyz = (radiance[:, None] * cie_xyz(nm)).sum(axis=0) * 5.0
    return clip_to_gamut(XYZ_TO_RGB @ xyz, float(xyz[1]))


def white(temperature: float) -> Array:
    """(3,) linear sRGB of a hot body's hue at luminance 1: the colour of a lamp of so many
    kelvin."""
    rgb = blackbody(temperature)
    return rgb / float(rgb @ LUMINANCE)


def bands_to_rgb(wavelengths: Array) -> Array:
    """(N, 3) matrix from values at `wavelengths` [nm], linear in between, to linear sRGB.

    A flat spectrum of 1 has luminance 1.
    """
    nm = np.arange(380.0, 781.0, 5.0)
    hats = np.stack([np.interp(nm, wavelengths, row) for row in np.eye(len(wavelengths))])
    xyz = hats @ cie_xyz(nm)
    return (xyz / xyz[:, 1].sum()) @ XYZ_TO_RGB.T
