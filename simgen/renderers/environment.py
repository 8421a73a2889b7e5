"""The light from far away as a panorama: what the sky or an interior sends from every direction."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgen.geometry import Array
from simgen.renderers.environment_rooms import interior
from simgen.renderers.environment_sky import open_sky, star_field
from simgen.scene import Scene
from simgen.sky import Interior, OpenSky, Sky

ROWS, COLUMNS = 512, 1024


def directions(rows: int, columns: int) -> Array:
    """(rows, columns, 3) unit vector of the centre of every pixel of a panorama, world frame.

    Row 0 looks up (+z), the last row down; column 0 looks along +x, columns run towards +y.
    """
    theta = np.pi * (np.arange(rows) + 0.5) / rows
    phi = 2 * np.pi * (np.arange(columns) + 0.5) / columns
    flat = np.stack([np.cos(phi), np.sin(phi), np.zeros(columns)], axis=-1)
    up = np.array([0.0, 0.0, 1.0])
    return np.sin(theta)[:, None, None] * flat + np.cos(theta)[:, None, None] * up


def panorama(scene: Scene, rows: int = ROWS, columns: int = COLUMNS) -> NDArray[np.float32]:
    """(rows, columns, 3) linear RGB radiance of everything beyond the scene, the sun's disc
    excepted."""
    ways = directions(rows, columns).reshape(-1, 3)
    match scene.sky:
        case Sky():
            light = _linear(scene.sky, ways)
        case OpenSky():
            light = open_sky(scene.sky, ways)
            if scene.sky.stars > 0.0:
                light += star_field(scene.sky, rows, columns).reshape(-1, 3)
        case Interior():
            light = interior(scene.sky, ways)
    return light.reshape(rows, columns, 3).astype(np.float32)


def _linear(sky: Sky, ways: Array) -> Array:
    z = ways[:, 2:]
    zenith, horizon, ground = (np.array(c) for c in (sky.zenith, sky.horizon, sky.ground))
    above = horizon + (zenith - horizon) * np.maximum(z, 0.0) ** 0.55
    below = horizon + (ground - horizon) * np.minimum(1.0, -6.0 * np.minimum(z, 0.0))
    return np.where(z >= 0.0, above, below) * np.asarray(sky.brightness)


def gradient(scene: Scene) -> Sky:
    """The panorama of a scene as a plain gradient, for renderers that draw no panorama."""
    rows = panorama(scene, 24, 48).mean(axis=1).astype(float)
    zenith, horizon, ground = (rows[k : k + 4].mean(axis=0).tolist() for k in (3, 9, 18))
    return Sky(zenith=tuple(zenith), horizon=tuple(horizon), ground=tuple(ground))


def solid_angles(rows: int, columns: int) -> Array:
    """(rows,) solid angle of one pixel in each row [sr]."""
    edges = np.cos(np.pi * np.arange(rows + 1) / rows)
    return (edges[:-1] - edges[1:]) * (2 * math.pi / columns)
