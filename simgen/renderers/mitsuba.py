# pyright: basic
"""Photoreal pictures by Mitsuba 3 (Jakob et al. 2022), and the oracle of ours: an independent path
tracer that sees the same geometry, looks and light.

It draws `rgb`; every other pass comes from our own ray caster, so labels are the same with either.
Geometry, looks and light mean the same in both: opaque matter is `mitsuba_matter`, and textures are
read by our texture functions at every hit. What Mitsuba lacks: flames are refused, dusty air is
left out, light beneath surfaces leaves where it entered, grains are polyhedra of one brightness.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from simgen.device import warp_device
from simgen.errors import SimgenError
from simgen.geometry import Array
from simgen.record import PASSES, AnyArray, Frame, Trajectory
from simgen.renderer import Renderer, View, require_passes
from simgen.renderers.warp import WarpRenderer
from simgen.scene import Camera, Gas, Scene

FROM_OPENCV = np.diag([-1.0, -1.0, 1.0, 1.0])
"""OpenCV camera axes (x right, y down) to Mitsuba's (x left, y up), both z forward."""
FAR = 1e6
"""Where the camera ends to see [m]."""
WAVE = 1 << 20
"""Samples drawn at once; more go over the picture again, so memory stays below some GB."""
EARLIEST_LLVM = 17
"""LLVM 14 is refused by Dr.Jit, 15 and 16 abort the process on some processors."""


class MitsubaRenderer(Renderer):
    """`rgb` by Mitsuba (`path`, or `volpath` with clear matter and smoke), the rest by `warp`."""

    name = "mitsuba"
    package = "mitsuba"
    passes = frozenset(PASSES)

    def render(
        self, scene: Scene, trajectory: Trajectory, view: View, passes: frozenset[str]
    ) -> Iterator[Frame]:
        require_passes(self, passes)
        labels = WarpRenderer(device=self.device, threads=self.threads).render(
            scene, trajectory, view, passes - {"rgb"}
        )
        if "rgb" not in passes:
            yield from labels
            return
        pictures = Pictures(scene, trajectory, view, device=self.device, threads=self.threads)
        for frame in labels:
            given = {**frame.passes, "rgb": pictures.rgb(frame.index)}
            yield Frame(frame.index, {n: given[n] for n in PASSES if n in given}, pictures.exposure)


def library(device: str, threads: int) -> Any:
    """Mitsuba with its variant for the device set: just-in-time compiled where LLVM or CUDA is
    there, else `scalar_rgb`, which casts rays but draws no pictures."""
    import drjit
    import mitsuba

    from simgen.renderers.launch import thread_count

    compiled = device != "cpu" or drjit.detail.llvm_version()[0] >= EARLIEST_LLVM
    wanted = "scalar_rgb" if not compiled else "llvm_ad_rgb" if device == "cpu" else "cuda_ad_rgb"
    if mitsuba.variant() != wanted:
        mitsuba.set_variant(wanted)
    mitsuba.set_log_level(mitsuba.LogLevel.Error)
    drjit.set_thread_count(thread_count(threads))
    return mitsuba


class Pictures:
    """Draws the frames of one clip; the exposure is set by the first and then held."""

    def __init__(
        self,
        scene: Scene,
        trajectory: Trajectory,
        view: View,
        *,
        device: str = "cpu",
        threads: int = 0,
        textured: bool = True,
    ) -> None:
        """`textured` False draws every look in its mean colour, which is faster."""
        self._mi = library(device, threads)
        if "scalar" in self._mi.variant():
            raise SimgenError(
                f"renderer 'mitsuba' draws with LLVM {EARLIEST_LLVM} or newer, which it did not "
                "find; install it (Debian: libllvm19), name it in DRJIT_LIBLLVM_PATH, or use "
                "renderer=warp"
            )
        if any(isinstance(e, Gas) and e.fuel is not None for e in scene.elements):
            raise SimgenError(
                "renderer 'mitsuba' cannot draw flames (its media send no light); "
                "use renderer=warp for this scene"
            )
        from simgen.renderers.denoise import Denoiser
        from simgen.renderers.mitsuba_stage import Stage

        self._denoiser = (
            Denoiser(view.width, view.height, view.samples, "cpu") if view.denoise else None
        )
        self._stage = Stage(self._mi, scene, trajectory, textured=textured, threads=threads)
        self._camera, self._view = scene.camera(view.camera), view
        self._held: tuple[tuple[int, range], Any] | None = None
        self.exposure: tuple[float, ...] = ()
        """Factors on linear RGB; set before the first frame, they replace the automatic ones."""

    def _scene(self, t: int, rows: range) -> Any:
        """Frame t as Mitsuba holds it, kept until another is asked for."""
        if self._held is None or self._held[0] != (t, rows):
            mi = self._mi
            description = self._stage.description(t)
            description |= _sensor(mi, self._camera, t, self._view, rows)
            description["integrator"] = {
                "type": "aov",
                "aovs": "albedo:albedo,normal:sh_normal",
                "light": description["integrator"],
            }
            self._held = (t, rows), mi.load_dict(description)
        return self._held[1]

    def layers(self, t: int, rows: range | None = None) -> Array:
        """(rows, width, 9) means over the samples of frame t: linear radiance, albedo, normal; of
        some rows of the picture or of all."""
        mi, view, rows = self._mi, self._view, rows or range(self._view.height)
        scene = self._scene(t, rows)
        most = max(1, WAVE // (view.width * len(rows)))
        total, done = np.zeros((len(rows), view.width, 9)), 0
        with self._stage.flags():
            while done < view.samples:
                count = min(most, view.samples - done)
                total += count * np.array(mi.render(scene, spp=count, seed=done), float)
                done += count
        return total / view.samples

    def radiance(self, t: int) -> Array:
        """(height, width, 3) linear radiance of frame t, denoised if the view asks for it."""
        layers = self.layers(t)
        if self._denoiser is None:
            return layers[..., :3]
        wp = warp_device("cpu")
        flat = layers.reshape(-1, 3, 3).astype(np.float32).transpose(1, 0, 2)
        clean = wp.empty(flat.shape[1], dtype=wp.vec3)
        color, albedo, normal = (wp.array(part, dtype=wp.vec3) for part in flat)
        self._denoiser(color, albedo, normal, clean)
        return clean.numpy().reshape(*layers.shape[:2], 3).astype(float)

    def rgb(self, t: int) -> AnyArray:
        """(height, width, 3) uint8 sRGB, developed as our own pictures are."""
        from simgen.renderers.tone import auto_exposure

        picture = self.radiance(t)
        if not self.exposure:
            bias = 2.0**self._camera.exposure_bias
            self.exposure = tuple(float(f) for f in auto_exposure(picture) * bias)
        return developed(picture, self.exposure)


def developed(picture: Array, exposure: tuple[float, ...]) -> AnyArray:
    """(height, width, 3) uint8 sRGB of linear radiance: exposure, film curve, display curve."""
    from simgen.renderers.tone import develop

    wp = warp_device("cpu")
    flat = wp.array(picture.reshape(-1, 3).astype(np.float32), dtype=wp.vec3)
    out = wp.empty(picture.size, dtype=wp.uint8)
    wp.launch(develop, dim=len(flat), inputs=[0, wp.vec3(*exposure), flat, out])
    return out.numpy().reshape(picture.shape)


def _sensor(mi: Any, camera: Camera, t: int, view: View, rows: range) -> dict[str, Any]:
    pose = np.asarray(camera.camera_to_world[t], float) @ FROM_OPENCV
    film = {"type": "hdrfilm", "width": view.width, "height": view.height, "pixel_format": "rgb"}
    film |= {"component_format": "float32", "rfilter": {"type": "box"}}
    film |= {"crop_offset_x": 0, "crop_offset_y": rows.start}
    film |= {"crop_width": view.width, "crop_height": len(rows)}
    sensor = {
        "fov": math.degrees(camera.field_of_view),
        "fov_axis": "y",
        "near_clip": 1e-3,
        "far_clip": FAR,
        "to_world": mi.ScalarTransform4f(pose),
        "film": film,
        "sampler": {"type": "independent"},
    }
    if camera.focus_distance is None or camera.lens_radius <= 0.0:
        return {"sensor": {"type": "perspective", **sensor}}
    lens = {
        "aperture_radius": camera.lens_radius,
        "focus_distance": float(camera.focus_distance[t]),
    }
    return {"sensor": {"type": "thinlens", **sensor, **lens}}
