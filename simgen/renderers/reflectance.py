"""How much of all light a rough surface reflects: the GGX lobe integrated once, as a table."""

from __future__ import annotations

from functools import cache

import numpy as np

from simgen.geometry import Array

ANGLES, ROUGHNESSES = 32, 32
SAMPLES = 1024


@cache
def reflectance_table() -> Array:
    """(ANGLES, ROUGHNESSES, 2) factors A, B: a surface of reflectance f0 reflects f0 A + B.

    Rows are the cosine of the view, columns the roughness (the square root of the GGX width), both
    evenly from 0 to 1. Split sum of Schlick's Fresnel term (Karis 2013) over the visible normals of
    Smith's height-correlated GGX (Heitz, JCGT 7(4) 2018).
    """
    cosine = np.linspace(0.0, 1.0, ANGLES).clip(0.02)[:, None, None]
    width = (np.linspace(0.0, 1.0, ROUGHNESSES) ** 2).clip(0.002)[None, :, None]
    k = np.arange(SAMPLES) + 0.5
    u, turn = k / SAMPLES, 2 * np.pi * (k * 0.6180339887 % 1.0)
    sine = np.sqrt(1 - cosine**2)
    stretched = np.stack(np.broadcast_arrays(width * sine, 0.0 * width, cosine + 0.0 * width))
    vx, _, vz = stretched / np.linalg.norm(stretched, axis=0)
    r = np.sqrt(u)
    a, b = r * np.cos(turn), r * np.sin(turn)
    s = 0.5 * (1 + vz)
    b = (1 - s) * np.sqrt(1 - a**2) + s * b
    up = np.sqrt((1 - a**2 - b**2).clip(0.0))
    # the stretched view lies in the plane y = 0: its frame is (0, 1, 0), (-vz, 0, vx)
    nx, ny, nz = -vz * b + vx * up, a, vx * b + vz * up
    nx, ny = width * nx, width * ny
    length = np.sqrt(nx**2 + ny**2 + nz**2)
    nx, nz = nx / length, nz / length
    vh = (sine * nx + cosine * nz).clip(0.0)
    out = 2 * vh * nz - cosine

    def masked(c: Array) -> Array:
        return 0.5 * (np.sqrt(1 + width**2 * (1 - c**2) / c**2) - 1)

    view = masked(cosine)
    share = np.where(out > 0.0, (1 + view) / (1 + view + masked(out.clip(1e-4))), 0.0)
    grazing = (1 - vh) ** 5
    return np.stack([(share * (1 - grazing)).mean(-1), (share * grazing).mean(-1)], axis=-1)
