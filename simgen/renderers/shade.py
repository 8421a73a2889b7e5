# pyright: basic, reportInvalidTypeForm=false, reportGeneralTypeIssues=false
# pyright: reportCallIssue=false, reportReturnType=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false
"""The picture: `Shader` draws `rgb` from the geometry of one frame by path tracing."""

from collections.abc import Sequence

import numpy as np
import warp as wp

from simgen.material import Look
from simgen.renderer import View
from simgen.renderers.band import MARGIN, Band, bands
from simgen.renderers.denoise import Denoiser
from simgen.renderers.flame import Flame
from simgen.renderers.frame_geometry import FrameGeometry
from simgen.renderers.launch import PICTURE_OPTIONS, launch_pixels
from simgen.renderers.light import Light
from simgen.renderers.lighting import make_light, set_flames, set_lamps
from simgen.renderers.path import follow
from simgen.renderers.sample import even_index, sample_index, sample_square
from simgen.renderers.texture import LookTable, look_table
from simgen.renderers.tone import auto_exposure, develop
from simgen.renderers.trace import Geometry, Pinhole, lens_ray
from simgen.renderers.volume import Volume
from simgen.renderers.volume_light import light_haze, light_volume
from simgen.scene import Scene

wp.set_module_options(PICTURE_OPTIONS)

LENS = wp.constant(1 << 20)
"""The use of samples for places on the lens, far beyond those of paths."""
BOUNCES = 8
"""How often light may scatter on its way to the eye. More would add 0.1 % of light in a white room
(5 lost 0.6 to 0.9 %) and cost nothing to speak of, as dim paths end by chance."""


@wp.struct
class Layers:
    """Per pixel, all arrays (width * height): means over its samples."""

    radiance: wp.array(dtype=wp.vec3)
    air: wp.array(dtype=wp.vec3)
    """Light of smoke and flame before the first surface."""
    albedo: wp.array(dtype=wp.vec3)
    normal: wp.array(dtype=wp.vec3)
    met: wp.array(dtype=wp.int32)
    """How many of its samples met a surface; not a mean."""


@wp.func
def jitter(sample: wp.int32) -> wp.vec2:
    """Place of a sample in its pixel, the same for all (Roberts' R2): edges without noise."""
    a = 0.5 + wp.float32(sample) * 0.7548776662
    b = 0.5 + wp.float32(sample) * 0.5698402910
    return wp.vec2(a - wp.floor(a), b - wp.floor(b))


@wp.kernel
def gather(
    offset: wp.int32,
    geometry: Geometry,
    camera: Pinhole,
    looks: LookTable,
    light: Light,
    volume: Volume,
    samples: wp.int32,
    bounces: wp.int32,
    layers: Layers,
):
    i = wp.tid() + offset
    x = i % camera.width
    y = i // camera.width + camera.top
    spread = 0.6 / wp.float32(camera.fy)
    radiance = wp.vec3(0.0, 0.0, 0.0)
    air = wp.vec3(0.0, 0.0, 0.0)
    albedo = wp.vec3(0.0, 0.0, 0.0)
    normal = wp.vec3(0.0, 0.0, 0.0)
    met = wp.int32(0)
    for s in range(samples):
        place = jitter(s)
        index = sample_index(x, y, s, samples)
        lens = sample_square(index, LENS)
        ray = lens_ray(camera, wp.float32(x) + place[0], wp.float32(y) + place[1], lens)
        even = even_index(x, y, s, samples)
        sight = follow(
            geometry, looks, light, volume, ray.origin, ray.direction, spread, index, even, bounces
        )
        radiance += sight.radiance
        air += sight.air
        albedo += sight.albedo
        normal += sight.normal
        met += sight.met
    k = 1.0 / wp.float32(samples)
    layers.radiance[i] = radiance * k
    layers.air[i] = air * k
    layers.albedo[i] = albedo * k
    layers.normal[i] = normal * k
    layers.met[i] = met


@wp.kernel
def keep_background(offset: wp.int32, layers: Layers, picture: wp.array(dtype=wp.vec3)):
    """Undo the denoiser where only the panorama is seen: it has no noise."""
    i = wp.tid() + offset
    if layers.met[i] == 0:
        picture[i] = layers.radiance[i]


@wp.kernel
def add_air(offset: wp.int32, layers: Layers, picture: wp.array(dtype=wp.vec3)):
    """Lay smoke and flame over the denoised picture: they have no noise to lose, but detail."""
    i = wp.tid() + offset
    picture[i] += layers.air[i]


class Canvas:
    """What the pixels of a band take on the device, and the filter for a band."""

    def __init__(self, view: View, rows: int, device: str) -> None:
        self.rows, self.count = rows, view.width * rows
        self.denoiser: Denoiser | None = None
        if view.denoise:
            self.denoiser = Denoiser(view.width, rows, view.samples, device)
        self.layers = Layers()
        for name in ("radiance", "air", "albedo", "normal"):
            setattr(self.layers, name, wp.zeros(self.count, dtype=wp.vec3, device=device))
        self.layers.met = wp.zeros(self.count, dtype=wp.int32, device=device)
        self.picture = wp.zeros(self.count, dtype=wp.vec3, device=device)


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
        self._bias = scene.camera(view.camera).exposure_bias
        self._emits = any(max(look.emission) > 0.0 for look in looks)
        self.exposure: np.ndarray | None = None
        """(3,) factor on linear RGB before the film curve; None before the first frame."""
        self._rows = view.height
        self._canvas: Canvas | None = None

    def use_bands(self, rows: int) -> None:
        """Draw in bands of so many rows from now on; gives the memory of larger ones back."""
        self._rows, self._canvas = rows, None

    def _launch(self, kernel: wp.Kernel, count: int, inputs: list[object], device: str) -> None:
        launch_pixels(kernel, count, inputs, device=device, threads=self._threads)

    def rgb(
        self, here: FrameGeometry, camera: Pinhole, volume: Volume, flames: Sequence[Flame] = ()
    ) -> np.ndarray:
        """(height, width, 3) uint8 sRGB; `flames` light the surfaces."""
        picture = self.radiance(here, camera, volume, flames)
        exposure = self.exposure
        if exposure is None:
            exposure = self.exposure = auto_exposure(picture.numpy()) * 2.0**self._bias
        device = str(picture.device)
        bytes_ = wp.empty(3 * picture.size, dtype=wp.uint8, device=device)
        self._launch(develop, picture.size, [wp.vec3(*exposure), picture, bytes_], device)
        return bytes_.numpy().reshape(self._view.height, self._view.width, 3).copy()

    def radiance(
        self, here: FrameGeometry, camera: Pinhole, volume: Volume, flames: Sequence[Flame] = ()
    ) -> wp.array:
        """(pixels) linear radiance of one frame, smoke included; in host memory if it is drawn in
        bands."""
        light, view = self._light, self._view
        if flames or light.flames:
            set_flames(light, flames, self._device)
        if self._emits:
            set_lamps(light, here.lamps(), self._device)
        if volume.haze.extinction > 0.0:
            light_haze(volume.haze, here.geometry, self._looks, light)
        if volume.present:
            light_volume(volume, here.geometry, self._looks, light, self._threads)
        parts: list[np.ndarray] = []
        strips = bands(view.height, self._rows, MARGIN if view.denoise else 0)
        for band in strips:
            picture = self._band(here, camera, volume, band)
            if len(strips) == 1:
                return picture
            parts.append(picture.numpy().reshape(band.rows, view.width, 3)[band.keep].copy())
        whole = np.concatenate(parts).reshape(-1, 3)
        return wp.array(whole, dtype=wp.vec3, device="cpu", copy=False)

    def _band(self, here: FrameGeometry, camera: Pinhole, volume: Volume, band: Band) -> wp.array:
        """(pixels) linear radiance of the rows of a band; valid until the next is drawn."""
        light, view, device = self._light, self._view, self._device
        if self._canvas is None or self._canvas.rows != band.rows:
            self._canvas = Canvas(view, band.rows, device)
        canvas, layers = self._canvas, self._canvas.layers
        camera.top = band.top
        inputs = [here.geometry, camera, self._looks, light, volume, view.samples, BOUNCES, layers]
        self._launch(gather, canvas.count, inputs, device)
        if canvas.denoiser is None:
            wp.copy(canvas.picture, layers.radiance)
        else:
            canvas.denoiser(layers.radiance, layers.albedo, layers.normal, canvas.picture)
            if volume.haze.extinction <= 0.0:
                self._launch(keep_background, canvas.count, [layers, canvas.picture], device)
        if volume.present:
            self._launch(add_air, canvas.count, [layers, canvas.picture], device)
        return canvas.picture
