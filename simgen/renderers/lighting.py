"""The lights of a scene on the device: a `Light` for every frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import warp as _wp

from simgen.geometry import Array
from simgen.material import Look
from simgen.record import AnyArray
from simgen.renderers.environment import panorama, solid_angles
from simgen.renderers.flame import Flame
from simgen.renderers.frame_geometry import Lamps
from simgen.renderers.light import Light
from simgen.renderers.reflectance import reflectance_table
from simgen.renderers.tone import FLAME_RADIANCE, flame_blue, flame_table, glow_table
from simgen.scene import Gas, Scene
from simgen.spectrum import LUMINANCE

wp: Any = _wp  # partly typed

EVEN = 12.0
"""A panorama whose brightest direction is brighter than this times its mean is asked for light;
others are met by chance often enough."""
BRIGHTEST = 12.0
"""Indirect light of one path is held below this times the mean of what sun and panorama send (and
below the brightest lamp): what sparkles more is noise that no denoiser takes out."""
FLAT_SIZE = (16, 32)
"""Rows and columns to average a panorama to, before its contrast is judged."""


def make_light(scene: Scene, looks: Sequence[Look], device: str) -> Any:
    """Sun and panorama of the scene, neither lamps nor flames."""
    light: Any = Light()
    light.has_sun = int(scene.sun is not None)
    level = 0.0
    if scene.sun is not None:
        direction = np.asarray(scene.sun.direction, float)
        light.sun = wp.vec3(*(direction / np.linalg.norm(direction)))
        light.irradiance = wp.vec3(*scene.sun.irradiance)
        # single precision: a radius below 0.5 mrad would leave no disc
        light.sun_cosine = float(np.cos(max(scene.sun.angular_radius, 1e-3)))
        level += float(np.asarray(scene.sun.irradiance) @ LUMINANCE) / np.pi
    far = panorama(scene)
    level += _set_panorama(light, far, device)
    lamps = [float(np.asarray(look.emission) @ LUMINANCE) for look in looks]
    burns = any(isinstance(e, Gas) and e.fuel is not None for e in scene.elements)
    light.brightest = BRIGHTEST * level + max([*lamps, FLAME_RADIANCE * burns])
    table = reflectance_table().astype(np.float32)
    light.reflectance = wp.array(table, dtype=wp.vec2, device=device)
    light.glow = wp.array(glow_table().astype(np.float32), dtype=wp.vec3, device=device)
    light.clear = int(any(look.transmission > 0 for look in looks))
    light.flame = wp.array(flame_table().astype(np.float32), dtype=wp.vec3, device=device)
    light.blue = wp.vec3(*flame_blue())
    set_flames(light, [], device)
    light.lamps = 0
    return light


def _set_panorama(light: Any, far: AnyArray, device: str) -> float:
    """The map with the tables to sample it; returns its mean luminance."""
    rows, columns = int(far.shape[0]), int(far.shape[1])
    colors: Array = far.astype(float)
    solid: Array = solid_angles(rows, columns)
    bright = colors @ LUMINANCE
    weight = bright * solid[:, None]
    power = float(weight.sum())
    row: Array = weight.sum(axis=1)
    light.panorama = wp.array(far, dtype=wp.vec3, device=device)
    light.power = max(power, 1e-12)
    light.row_sum = _cumulated(row, device)
    light.column_sum = _cumulated(weight, device)
    mean = power / (4 * np.pi)
    light.mean = mean if mean > 0.0 and _contrast(weight, solid) > EVEN else 0.0
    return mean


def _contrast(weight: Array, solid: Array) -> float:
    """How much brighter than the mean the brightest part of the panorama is."""
    rows, columns = weight.shape
    share = weight.reshape(FLAT_SIZE[0], -1, FLAT_SIZE[1], columns // FLAT_SIZE[1])
    area = np.broadcast_to(solid[:, None], (rows, columns)).reshape(share.shape)
    return float((share.sum((1, 3)) / area.sum((1, 3))).max() / (weight.sum() / (4 * np.pi)))


def _cumulated(weight: Array, device: str) -> Any:
    total: Array = weight.sum(axis=-1, keepdims=True)
    even = np.full_like(weight, 1.0 / weight.shape[-1])
    share = np.divide(weight, total, out=even, where=total > 0.0)
    return wp.array(np.cumsum(share, axis=-1), dtype=wp.float32, device=device)


def set_lamps(light: Any, lamps: Lamps, device: str) -> None:
    """Let these triangles and spheres light the scene."""
    light.lamps = len(lamps.kind)
    light.lamp_kind = wp.array(lamps.kind, dtype=wp.int32, device=device)
    light.lamp_primitive = wp.array(lamps.primitive, dtype=wp.int32, device=device)
    places = np.concatenate([lamps.middle, lamps.power[:, None]], axis=1)
    light.lamp_place = wp.array(places, dtype=wp.vec4, device=device)
    light.lamp_normal = wp.array(lamps.normal, dtype=wp.vec3, device=device)


def set_flames(light: Any, flames: Sequence[Flame], device: str) -> None:
    """Let these flames light the scene."""
    light.flames = len(flames)
    places = [(*f.center, f.radius) for f in flames] or [(0.0, 0.0, 0.0, 1.0)]
    power = [f.intensity for f in flames] or [(0.0, 0.0, 0.0)]
    light.flame_place = wp.array(np.array(places, np.float32), dtype=wp.vec4, device=device)
    light.flame_power = wp.array(np.array(power, np.float32), dtype=wp.vec3, device=device)
