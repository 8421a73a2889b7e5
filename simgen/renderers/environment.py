"""The light from far away as a panorama: what the sky or an interior sends from every direction."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array
from simgen.scene import Scene

ROWS, COLUMNS = 256, 512


def directions(rows: int, columns: int) -> Array:
    """(rows, columns, 3) unit vector of the centre of every pixel of a panorama, world frame.

    Row 0 looks up (+z), the last row down; column 0 looks along +x, columns run towards +y.
    """
    theta = np.pi * (np.arange(rows) + 0.5) / rows
    phi = 2 * np.pi * (np.arange(columns) + 0.5) / columns
    flat = np.stack([np.cos(phi), np.sin(phi), np.zeros(columns)], axis=-1)
    up = np.array([0.0, 0.0, 1.0])
    return np.sin(theta)[:, None, None] * flat + np.cos(theta)[:, None, None] * up


def panorama(scene: Scene) -> NDArray[np.float32]:
    """(rows, columns, 3) linear RGB radiance of everything beyond the scene, the sun's disc
    excepted."""
    sky = scene.sky
    z = directions(ROWS, COLUMNS)[..., 2:3]
    zenith, horizon, ground = (np.array(c) for c in (sky.zenith, sky.horizon, sky.ground))
    above = horizon + (zenith - horizon) * np.maximum(z, 0.0) ** 0.55
    below = horizon + (ground - horizon) * np.minimum(1.0, -6.0 * np.minimum(z, 0.0))
    return np.where(z >= 0.0, above, below).astype(np.float32)


def solid_angles(rows: int, columns: int) -> Array:
    """(rows,) solid angle of one pixel in each row [sr]."""
    edges = np.cos(np.pi * np.arange(rows + 1) / rows)
    return (edges[:-1] - edges[1:]) * (2 * math.pi / columns)
