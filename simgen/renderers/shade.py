# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""The picture: sun and sky on matt surfaces."""

import numpy as np
import warp as wp

from simgen.material import Look
from simgen.renderer import View
from simgen.renderers.launch import launch_pixels
from simgen.renderers.trace import (
    FAR,
    NOTHING,
    Geometry,
    Pinhole,
    camera_direction,
    camera_origin,
    hit_geometric_normal,
    hit_look,
    hit_normal,
    occluded_opaque,
    trace,
)
from simgen.renderers.volume import Volume
from simgen.scene import Scene


@wp.kernel
def _lambert(
    offset: wp.int32,
    geometry: Geometry,
    camera: Pinhole,
    colors: wp.array(dtype=wp.vec3),
    sun: wp.vec3,
    picture: wp.array(dtype=wp.vec3),
):
    i = wp.tid() + offset
    origin = camera_origin(camera)
    x = float(i % camera.width) + 0.5
    y = float(i / camera.width) + 0.5
    direction = camera_direction(camera, x, y)
    hit = trace(geometry, origin, direction, FAR)
    if hit.kind == NOTHING:
        picture[i] = wp.vec3(0.6, 0.7, 0.85)
        return
    point = origin + direction * hit.t
    facet = hit_geometric_normal(geometry, hit, point)
    normal = hit_normal(geometry, hit, point)
    if wp.dot(facet, direction) > 0.0:
        facet = -facet
        normal = -normal
    light = 0.35 + 0.1 * normal[2]
    if wp.dot(facet, sun) > 0.0 and not occluded_opaque(geometry, point + facet * 1.0e-3, sun, FAR):
        light += 0.6 * wp.max(wp.dot(normal, sun), 0.0)
    picture[i] = colors[hit_look(geometry, hit)] * light


class Shader:
    """Draws `rgb`. Made once per clip; `looks` is the table that `hit_look` indexes."""

    def __init__(
        self, scene: Scene, looks: list[Look], view: View, device: str, threads: int
    ) -> None:
        self._view, self._device, self._threads = view, device, threads
        colors = np.array([look.color for look in looks], np.float32).reshape(-1, 3)
        self._colors = wp.array(colors**2.2, dtype=wp.vec3, device=device)
        self._sun = wp.vec3(*(scene.sun.direction if scene.sun else (0.0, 0.0, 1.0)))

    def rgb(
        self, geometry: Geometry, camera: Pinhole, frame_index: int, volume: Volume
    ) -> np.ndarray:
        """(height, width, 3) uint8 sRGB."""
        count = self._view.width * self._view.height
        picture = wp.zeros(count, dtype=wp.vec3, device=self._device)
        inputs = [geometry, camera, self._colors, self._sun, picture]
        launch_pixels(_lambert, count, inputs, device=self._device, threads=self._threads)
        linear = np.clip(picture.numpy(), 0.0, 1.0) ** (1 / 2.2)
        return (linear * 255 + 0.5).astype(np.uint8).reshape(self._view.height, self._view.width, 3)
