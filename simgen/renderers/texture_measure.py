# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""Textures read outside of pictures: surfaces of a look at given points, means, reliefs."""

import numpy as np
import warp as wp

from simgen.material import Look
from simgen.renderers.texture import LookTable, look_table
from simgen.renderers.texture_surface import (
    interference,
    pattern_at,
    spot_at,
    surface_at,
    weights_of,
)
from simgen.renderers.texture_tables import FINEST
from simgen.scene import Clock, Scene
from simgen.texture import Texture

SIZES = 14
"""Sample sizes in `texture_spreads`: up to 8 scales, which see no relief of any texture."""
_NOWHERE = Scene(elements=(), clock=Clock(frames=1, fps=1.0))


@wp.kernel
def _surfaces(
    looks: LookTable,
    points: wp.array(dtype=wp.vec3),
    normals: wp.array(dtype=wp.vec3),
    footprint: wp.float32,
    albedo: wp.array(dtype=wp.vec3),
    slope: wp.array(dtype=wp.vec3),
    finish: wp.array(dtype=wp.vec2),
):
    i = wp.tid()
    surface = surface_at(looks, 0, points[i], normals[i], footprint)
    albedo[i] = surface.albedo
    slope[i] = surface.slope
    finish[i] = wp.vec2(surface.roughness, surface.metallic)


@wp.kernel
def _patterns(
    looks: LookTable,
    points: wp.array(dtype=wp.vec3),
    normal: wp.vec3,
    footprint: wp.float32,
    weights: wp.array(dtype=wp.vec3),
    finish: wp.array(dtype=wp.vec2),
    relief: wp.array(dtype=wp.vec4),
):
    i = wp.tid()
    spot = spot_at(looks, 0, points[i], normal, footprint)
    pattern = pattern_at(looks.pattern[0], spot, looks.knobs[0])
    tint = wp.vec3(1.0, 1.0, 1.0)
    if pattern.film > 0.0:
        tint = interference(pattern.film)
    weights[i] = weights_of(pattern) * ((tint[0] + tint[1] + tint[2]) / 3.0)
    finish[i] = wp.vec2(pattern.rough, pattern.metal)
    relief[i] = pattern.relief


def _vectors(rows: np.ndarray) -> wp.array:
    return wp.array(np.ascontiguousarray(rows, np.float32), dtype=wp.vec3, device="cpu")


def surfaces(
    look: Look,
    points: np.ndarray,
    normals: np.ndarray,
    footprint: float,
    *,
    scene: Scene = _NOWHERE,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Albedo (n, 3), slope (n, 3), roughness and metallic (n, 2) of a look at rest positions
    (n, 3) [m] with unit normals (n, 3); `scene` holds the body that wears it."""
    count = len(points)
    albedo, slope = (wp.zeros(count, dtype=wp.vec3, device="cpu") for _ in range(2))
    finish = wp.zeros(count, dtype=wp.vec2, device="cpu")
    table = look_table(scene, [look], "cpu")
    inputs = [table, _vectors(points), _vectors(normals), footprint, albedo, slope, finish]
    wp.launch(_surfaces, dim=count, inputs=inputs, device="cpu")
    return albedo.numpy().copy(), slope.numpy().copy(), finish.numpy().copy()


def patterns(
    look: Look, points: np.ndarray, normal: tuple[float, float, float], footprint: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the bare pattern at places in it (n, 3) [m]: weights of colour, accent and white (n, 3),
    what is added to the roughness and the factor on `metallic` (n, 2), and the relief as gradient
    and height [m] (n, 4)."""
    count = len(points)
    weights = wp.zeros(count, dtype=wp.vec3, device="cpu")
    finish = wp.zeros(count, dtype=wp.vec2, device="cpu")
    relief = wp.zeros(count, dtype=wp.vec4, device="cpu")
    table = look_table(_NOWHERE, [look], "cpu")
    table.offset.zero_()
    inputs = [table, _vectors(points), wp.vec3(*normal), footprint, weights, finish, relief]
    wp.launch(_patterns, dim=count, inputs=inputs, device="cpu")
    return weights.numpy().copy(), finish.numpy().copy(), relief.numpy().copy()


def _places(kind: Texture, count: int) -> np.ndarray:
    """(count, 3) points of a texture all over [m]."""
    reach = 0.5 if kind.pattern == "gores" else 40.0 * max(kind.fade, 1.0)
    points = np.random.default_rng(5).uniform(-reach, reach, (count, 3)) * kind.scale
    if kind.pattern == "gores":  # about its poles, not on a plane
        points *= kind.scale / np.linalg.norm(points, axis=1, keepdims=True)
    return points


def spreads(kind: Texture, count: int) -> np.ndarray:
    """(SIZES,) squared mean slopes that are lost, as `texture_spreads` holds them, from `count`
    points."""
    points, up = _places(kind, count), np.tile((0.0, 0.0, 1.0), (count, 1))
    sizes = [1e-3 * 2.0**FINEST, *(2.0 ** (FINEST + k) for k in range(SIZES))]
    whole, *seen = (surfaces(kind.look(), points, up, s * kind.scale)[1][:, :2] for s in sizes)
    return np.array([np.linalg.norm(whole - part, axis=1).mean() ** 2 for part in seen])


def means(kind: Texture, count: int) -> np.ndarray:
    """(5,) means of a texture over its area, as `texture_means` holds them, from `count` points."""
    points = _places(kind, count)
    weights, finish, _ = patterns(kind.look(), points, (0.0, 0.0, 1.0), 1e-5)
    return np.concatenate([weights.mean(axis=0), finish.mean(axis=0)])
