# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""The picture: `Shader` draws `rgb` from the geometry of one frame.

Per pixel some jittered samples; per sample a sun ray and a mirror ray where the surface shines, for
every other sample a sky ray whose hit sends light back. The noise left in the light is filtered,
colours are not. A path tracer can replace `_gather` and keep everything after it.
"""

import math
from collections.abc import Sequence

import numpy as np
import warp as wp

from simgen.material import Look
from simgen.renderer import View
from simgen.renderers.flame import Flame
from simgen.renderers.launch import launch_pixels
from simgen.renderers.shade_filter import Layers, compose, develop, smooth_light
from simgen.renderers.shade_glass import OPAQUE, through, total
from simgen.renderers.shade_light import Light, seen_sky
from simgen.renderers.shade_surface import SKY_NONE, SKY_RAY, light_point, visible_point
from simgen.renderers.shade_volume import add_smoke
from simgen.renderers.texture import LookTable, linear_from_srgb, look_table
from simgen.renderers.tone import flame_blue, flame_table, glow_table
from simgen.renderers.trace import (
    FAR,
    NOTHING,
    Geometry,
    Pinhole,
    camera_direction,
    camera_origin,
    hit_instance,
    trace,
)
from simgen.renderers.volume import Volume
from simgen.scene import Scene

wp.set_module_options({"max_unroll": 1})  # compiles much faster, runs the same

FILTER_STEPS = (1, 2, 4)
"""Tap distances of the a-trous passes [px]."""
EDGE_FACTOR = wp.constant(2)
"""Pixels on an edge take so many times the samples: their noise cannot be filtered."""
SOFT_SUN = 0.03
"""Suns of a larger angular radius [rad] cast shadows whose noise is filtered."""
BRIGHTEST = wp.constant(12.0)
"""Clamp of mirrored radiance of one sample, against sparkle."""
KEY = 0.30
"""Linear display-referred target of the log-mean radiance (before the film curve)."""


@wp.func
def jitter(sample: wp.int32) -> wp.vec2:
    """Place of a sample in its pixel, the same for all (R2 sequence): edges without noise."""
    a = 0.5 + wp.float32(sample) * 0.7548776662
    b = 0.5 + wp.float32(sample) * 0.5698402910
    return wp.vec2(a - wp.floor(a), b - wp.floor(b))


@wp.kernel
def _gather(
    offset: wp.int32,
    geometry: Geometry,
    camera: Pinhole,
    looks: LookTable,
    light: Light,
    volume: Volume,
    samples: wp.int32,
    layers: Layers,
):
    i = wp.tid() + offset
    x = i % camera.width
    y = i / camera.width
    origin = camera_origin(camera)
    zero = wp.vec3(0.0, 0.0, 0.0)
    rest = zero
    diffuse = zero
    sky = zero
    diffuse_sky = zero
    factor = zero
    sun = zero
    factor_sun = zero
    gloss = zero
    mirror = zero
    gloss_mirror = zero
    normal = zero
    distance = wp.float32(0.0)
    rough = wp.float32(0.0)
    instance = wp.int32(0)
    solid = wp.float32(0.0)
    found = wp.float32(0.0)
    angle = 0.6 / wp.float32(camera.fy)
    first = wp.int32(-1)
    before = wp.int32(-1)
    last_sky = zero
    last_normal = zero
    mixed = wp.bool(False)
    count = samples
    s = wp.int32(0)
    while s < count:
        place = jitter(s)
        way = camera_direction(camera, wp.float32(x) + place[0], wp.float32(y) + place[1])
        hit = trace(geometry, origin, way, FAR)
        here = wp.int32(0)
        if hit.kind != NOTHING:
            here = hit_instance(geometry, hit)
        if s == 0:
            first = here
        mixed = mixed or here != first
        if hit.kind == NOTHING:
            rest += seen_sky(light, way)
        else:
            at = origin + way * hit.t
            size = hit.t * angle
            point = visible_point(geometry, looks, light.glow, hit, at, way, size)
            found += 1.0
            distance += hit.t
            clear = looks.transmission[point.look]
            if clear > OPAQUE:
                rest += clear * through(
                    geometry, looks, light, volume, point, way, size, x, y, s, samples
                )
            if clear <= 0.9:
                sky_mode = SKY_RAY
                alike = here == before and wp.dot(point.smooth, last_normal) > 0.9
                if s % 2 == 1 and alike and s < samples:
                    sky_mode = SKY_NONE
                lit = light_point(
                    geometry, looks, light, volume, point, way, x, y, s, samples, sky_mode
                )
                if sky_mode == SKY_NONE:
                    lit.sky = last_sky
                last_sky = lit.sky
                before = here
                last_normal = point.smooth
                if clear > OPAQUE:
                    rest += total(lit) * (1.0 - clear)
                else:
                    bright = wp.max(lit.mirror)
                    if bright > BRIGHTEST:
                        lit.mirror = lit.mirror * (BRIGHTEST / bright)
                    solid += 1.0
                    rest += lit.emission
                    diffuse += lit.diffuse
                    sky += lit.sky
                    diffuse_sky += wp.cw_mul(lit.diffuse, lit.sky)
                    factor += lit.sun_factor
                    sun += lit.sun
                    factor_sun += wp.cw_mul(lit.sun_factor, lit.sun)
                    gloss += lit.gloss
                    mirror += lit.mirror
                    gloss_mirror += wp.cw_mul(lit.gloss, lit.mirror)
                    normal += point.smooth
                    rough += point.roughness
                    instance = here
        s += 1
        if s == samples and s > 1:  # noqa: SIM102
            if mixed or wp.length_sq(normal) < 0.9 * solid * solid:
                count = samples * EDGE_FACTOR
    n = wp.float32(count)
    k = 1.0 / wp.max(solid, 1.0)
    sky = sky * k
    sun = sun * k
    mirror = mirror * k
    diffuse = diffuse / n
    factor = factor / n
    gloss = gloss / n
    left = diffuse_sky / n - wp.cw_mul(diffuse, sky)
    left += factor_sun / n - wp.cw_mul(factor, sun)
    left += gloss_mirror / n - wp.cw_mul(gloss, mirror)
    layers.rest[i] = rest / n + left
    layers.diffuse[i] = diffuse
    layers.sky[i] = sky
    layers.sun_factor[i] = factor
    layers.sun[i] = sun
    layers.gloss[i] = gloss
    layers.mirror[i] = mirror
    if count > samples:
        normal = wp.vec3(0.0, 0.0, 0.0)
    layers.normal[i] = normal * k
    layers.depth[i] = distance / wp.max(found, 1.0)
    layers.roughness[i] = rough * k
    layers.instance[i] = instance


def make_light(scene: Scene, looks: list[Look], device: str) -> Light:
    """The scene's sun and sky on the device."""
    light = Light()
    light.has_sun = int(scene.sun is not None)
    if scene.sun is not None:
        direction = np.asarray(scene.sun.direction, float)
        light.sun = wp.vec3(*(direction / np.linalg.norm(direction)))
        light.irradiance = wp.vec3(*scene.sun.irradiance)
        light.radius = float(scene.sun.angular_radius)
    light.zenith = wp.vec3(*scene.sky.zenith)
    light.horizon = wp.vec3(*scene.sky.horizon)
    light.ground = wp.vec3(*scene.sky.ground)
    light.clouds = float(scene.sky.clouds)
    light.glow = wp.array(glow_table().astype(np.float32), dtype=wp.vec3, device=device)
    light.clear = int(any(look.transmission > 0 for look in looks))
    light.flame = wp.array(flame_table().astype(np.float32), dtype=wp.vec3, device=device)
    light.blue = wp.vec3(*flame_blue())
    set_flames(light, [], device)
    return light


def set_flames(light: Light, flames: Sequence[Flame], device: str) -> None:
    """Let these flames light the scene."""
    light.flames = len(flames)
    places = [(*f.center, f.radius) for f in flames] or [(0.0, 0.0, 0.0, 1.0)]
    power = [f.intensity for f in flames] or [(0.0, 0.0, 0.0)]
    light.flame_place = wp.array(np.array(places, np.float32), dtype=wp.vec4, device=device)
    light.flame_power = wp.array(np.array(power, np.float32), dtype=wp.vec3, device=device)


def auto_exposure(picture: np.ndarray) -> np.ndarray:
    """(3,) factors per channel that bring a linear picture to KEY and take back part of its tint.

    The brightness is the mean of the log and the plain mean of the luminance, pixels above 8 times
    the median (sun glints, glow) left out.
    """
    y = picture @ np.array([0.2126, 0.7152, 0.0722])
    y = np.maximum(y[y <= 8.0 * max(float(np.median(y)), 1e-6)], 1e-4)
    level = math.sqrt(float(np.exp(np.log(y).mean())) * float(y.mean()))
    mean = np.maximum(picture.reshape(-1, 3).mean(axis=0), 1e-6)
    tint = (mean / mean.mean()) ** -0.25
    return np.clip(KEY / level, 0.05, 30.0) * tint


class Shader:
    """Draws `rgb`. Made once per clip; `looks` is the table that `hit_look` indexes.

    The exposure is set by the first frame drawn and then held, so brightness changes are events.
    """

    def __init__(
        self, scene: Scene, looks: list[Look], view: View, device: str, threads: int
    ) -> None:
        self._view, self._device, self._threads = view, device, threads
        self._looks = look_table(scene, looks, device)
        self._light = make_light(scene, looks, device)
        self._soft_sun = int(scene.sun is not None and scene.sun.angular_radius > SOFT_SUN)
        self.exposure: np.ndarray | None = None
        """(3,) factor on linear RGB before the film curve; None before the first frame."""
        count = view.width * view.height

        def vectors() -> wp.array:
            return wp.zeros(count, dtype=wp.vec3, device=device)

        layers = Layers()
        for name in ("rest", "diffuse", "sky", "sun_factor", "sun", "gloss", "mirror", "normal"):
            setattr(layers, name, vectors())
        layers.depth = wp.zeros(count, dtype=wp.float32, device=device)
        layers.roughness = wp.zeros(count, dtype=wp.float32, device=device)
        layers.instance = wp.zeros(count, dtype=wp.int32, device=device)
        self._layers = layers
        self._swap = [[vectors() for _ in range(3)] for _ in range(2)]
        self._picture = vectors()
        self._bytes = wp.zeros(3 * count, dtype=wp.uint8, device=device)

    def _launch(self, kernel: wp.Kernel, inputs: list[object]) -> None:
        count = self._view.width * self._view.height
        launch_pixels(kernel, count, inputs, device=self._device, threads=self._threads)

    def rgb(
        self,
        geometry: Geometry,
        camera: Pinhole,
        frame_index: int,
        volume: Volume,
        flames: Sequence[Flame] = (),
    ) -> np.ndarray:
        """(height, width, 3) uint8 sRGB; `flames` light the surfaces."""
        if flames or self._light.flames:
            set_flames(self._light, flames, self._device)
        picture = self.radiance(geometry, camera, volume)
        if self.exposure is None:
            self.exposure = auto_exposure(picture.numpy())
        self._launch(develop, [wp.vec3(*self.exposure), picture, self._bytes])
        shape = (self._view.height, self._view.width, 3)
        return self._bytes.numpy().reshape(shape).copy()

    def radiance(self, geometry: Geometry, camera: Pinhole, volume: Volume) -> wp.array:
        """(pixels) linear radiance of one frame, smoke included."""
        layers, light = self._layers, self._light
        samples = self._view.samples
        inputs = [geometry, camera, self._looks, light, volume, samples, layers]
        self._launch(_gather, inputs)
        now = [layers.sky, layers.sun, layers.mirror]
        pixel = 1.0 / float(camera.fy)
        for k, step in enumerate(FILTER_STEPS):
            out = self._swap[k % 2]
            size = [self._view.width, self._view.height, step, pixel, self._soft_sun]
            self._launch(smooth_light, [*size, layers, *now, *out])
            now = out
        self._launch(compose, [layers, *now, self._picture])
        if volume.present:
            albedo = wp.vec3(*linear_from_srgb(np.array([float(c) for c in volume.color])))
            smoke = [camera, light, volume, albedo, layers.depth, self._picture]
            self._launch(add_smoke, smoke)
        return self._picture
