"""Our ray caster in Warp kernels: every annotation pass exact, the same source on CPU and CUDA."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from simgen.device import warp_device
from simgen.errors import SimgenError
from simgen.record import OPTIONAL_PASSES, PASSES, AnyArray, Frame, Trajectory
from simgen.renderer import Renderer, View, require_passes
from simgen.renderers.band import STEP, Band, OutOfMemory, bands, memory_errors
from simgen.scene import Fluid, Gas, Melt, Scene

SURFACE_PASSES = (
    "valid",
    "depth",
    "segmentation",
    "normal",
    "object_coordinates",
    "temperature",
)
MOTION_PASSES = {
    1: ("forward_flow", "forward_depth_change", "forward_occlusion"),
    -1: ("backward_flow", "backward_depth_change", "backward_occlusion"),
}
SMOKE_PASSES = ("transmittance", "volume_depth")


class WarpRenderer(Renderer):
    """All passes. Keeps three frames of geometry at a time, whatever the clip's length."""

    name = "warp"
    package = "warp"
    passes = frozenset(PASSES)

    def render(
        self, scene: Scene, trajectory: Trajectory, view: View, passes: frozenset[str]
    ) -> Iterator[Frame]:
        require_passes(self, passes)
        gases = [e for e in scene.elements if isinstance(e, Gas)]
        if len({(g.cell, g.color, g.extinction, g.asymmetry, g.fuel) for g in gases}) > 1:
            raise SimgenError(
                "renderer 'warp' draws gases of one cell size, colour, absorption and fuel in a "
                "scene; make them alike"
            )
        warp_device(self.device)
        with memory_errors():
            clip = _Clip(scene, trajectory, view, passes, self.device, self.threads)
        for t in view.frames or range(trajectory.frames):
            passes_of_t = clip.frame(t)
            yield Frame(t, passes_of_t, clip.exposure)


class _Clip:
    """Device buffers and geometry of one clip while it is rendered, frame after frame."""

    def __init__(
        self,
        scene: Scene,
        trajectory: Trajectory,
        view: View,
        passes: frozenset[str],
        device: str,
        threads: int,
    ) -> None:
        from simgen.renderers.frame_geometry import FrameGeometry, looks_table
        from simgen.surface import SurfaceModel

        self._scene, self._view, self._device, self._threads = scene, view, device, threads
        self._camera = scene.camera(view.camera)
        self._model = SurfaceModel(scene, trajectory)
        optional = {"temperature"} if self._model.has_temperature else set[str]()
        optional |= set(SMOKE_PASSES) if self._model.gases else set[str]()
        self._passes = passes - (OPTIONAL_PASSES - optional)
        self._last = trajectory.frames - 1
        self._ring = [FrameGeometry(self._model, device) for _ in range(3)]
        self._rows = view.height
        self._buffers: Any = None
        """`_Buffers`, made with the first band."""
        self._shader: Any = None
        if "rgb" in self._passes:
            from simgen.renderers.shade import Shader

            looks = looks_table(self._model)
            self._shader = Shader(scene, looks, view, device, threads)

    @property
    def exposure(self) -> tuple[float, ...]:
        """Factors on linear RGB, set by the first frame drawn; none without pictures."""
        if self._shader is None or self._shader.exposure is None:
            return ()
        return tuple(float(factor) for factor in self._shader.exposure)

    def _at(self, t: int) -> Any:
        """The geometry of frame t, moved there if its slot still holds an older frame."""
        slot = self._ring[t % 3]
        if slot.t != t:
            slot.move_to(t)
        return slot

    def _pinhole(self, t: int, top: int = 0) -> Any:
        from simgen.renderers.frame_geometry import pinhole

        return pinhole(self._camera, t, self._view.width, self._view.height, top=top)

    def frame(self, t: int) -> dict[str, AnyArray]:
        """Every asked pass of frame t; in narrower bands where the device's memory is too small."""
        while True:
            try:
                with memory_errors():
                    return self._frame(t)
            except OutOfMemory as error:
                self._narrow(error)

    def _narrow(self, error: OutOfMemory) -> None:
        """Half as many rows at once from now on, if that may help."""
        if self._rows <= STEP:
            raise error
        self._rows = -(-self._rows // (2 * STEP)) * STEP
        warnings.warn(f"{error.what}; going on in bands of {self._rows} rows", stacklevel=3)
        self._buffers = None
        if self._shader is not None:
            self._shader.use_bands(self._rows)

    def _frame(self, t: int) -> dict[str, AnyArray]:
        from simgen.renderers.flame import flames_at
        from simgen.renderers.frame_geometry import volume_at

        volume = volume_at(self._model, self._scene, t, self._device)
        given: dict[str, AnyArray] = {}
        if self._passes - {"rgb"}:
            parts = [self._labels(t, band, volume) for band in bands(self._view.height, self._rows)]
            given |= {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        if self._shader is not None:
            flames = flames_at(self._model.gases, t)
            given["rgb"] = self._shader.rgb(self._at(t), self._pinhole(t), volume, flames)
        return {name: given[name] for name in PASSES if name in self._passes}

    def _labels(self, t: int, band: Band, volume: Any) -> dict[str, AnyArray]:
        """Every asked pass but the picture, of the rows that a band keeps."""
        if self._buffers is None:
            count = self._view.width * band.rows
            self._buffers = _Buffers(count, self._model, self._scene, self._device)
        here, camera = self._at(t), self._pinhole(t, band.top)
        self._launch("first_hit", self._buffers.first_hit(here, camera))
        read = self._passes & set(SURFACE_PASSES)
        for step, names in MOTION_PASSES.items():
            if self._passes & set(names):
                self._motion(t, step, camera)
                read |= self._passes & set(names)
        if self._passes & set(SMOKE_PASSES):
            self._launch("smoke", self._buffers.smoke(volume, camera))
            read |= self._passes & set(SMOKE_PASSES)
        return {name: self._read(name, band) for name in read}

    def _motion(self, t: int, step: int, camera: Any) -> None:
        """Fill the passes of the motion from frame t to t + step; empty where there is no such
        frame."""
        if 0 <= t + step <= self._last:
            here, other, other_camera = self._at(t), self._at(t + step), self._pinhole(t + step)
            self._launch("motion", self._buffers.motion(here, other, camera, other_camera, step))
            return
        for name, nothing in zip(MOTION_PASSES[step], (np.nan, np.nan, False), strict=True):
            self._buffers.arrays[name].fill_(nothing)

    def _launch(self, kernel: str, inputs: list[Any]) -> None:
        from simgen.renderers import gbuffer
        from simgen.renderers.launch import launch_pixels

        launch_pixels(
            getattr(gbuffer, kernel),
            self._buffers.count,
            inputs,
            device=self._device,
            threads=self._threads,
        )

    def _read(self, name: str, band: Band) -> AnyArray:
        """The rows of a pass that a band keeps, in the shape and dtype of PASSES."""
        array: AnyArray = self._buffers.arrays[name].numpy()
        rows = array.reshape(band.rows, self._view.width, *array.shape[1:])[band.keep]
        return rows.astype(PASSES[name].dtype, copy=True)


class _Buffers:
    """Per-pixel outputs of a band on the device, and the kernels' argument lists."""

    def __init__(self, count: int, model: Any, scene: Scene, device: str) -> None:
        from simgen.renderers.gbuffer import Seen, Surfaces

        wp = warp_device(device)
        self.count = count
        kinds: dict[str, Any] = {
            "valid": wp.bool,
            "depth": wp.float32,
            "segmentation": wp.uint16,
            "normal": wp.vec3,
            "object_coordinates": wp.vec3,
            "temperature": wp.float32,
            "transmittance": wp.float32,
            "volume_depth": wp.float32,
        }
        for names in MOTION_PASSES.values():
            kinds |= dict(zip(names, (wp.vec2, wp.float32, wp.bool), strict=True))
        self.arrays: dict[str, Any] = {
            n: wp.empty(count, dtype=k, device=device) for n, k in kinds.items()
        }
        self._surfaces, self._seen = Surfaces(), Seen()
        for name in SURFACE_PASSES:
            setattr(self._surfaces, name, self.arrays[name])
        for name in ("kind", "primitive", "instance"):
            setattr(self._seen, name, wp.zeros(count, dtype=wp.int32, device=device))
        self._seen.place = wp.zeros(count, dtype=wp.vec3d, device=device)
        self._rest = [
            wp.array(a, dtype=wp.vec3, device=device) for a in (model.rest_lower, model.rest_extent)
        ]
        spacing = {e.name: e.spacing for e in scene.elements if isinstance(e, Fluid | Melt)}
        tolerance = [0.0, *(spacing.get(o.name, 0.0) for o in scene.objects)]
        self._tolerance = wp.array(tolerance, dtype=wp.float32, device=device)

    def first_hit(self, here: Any, camera: Any) -> list[Any]:
        return [here.geometry, here.places, camera, *self._rest, self._seen, self._surfaces]

    def motion(self, here: Any, other: Any, camera: Any, other_camera: Any, step: int) -> list[Any]:
        out = [self.arrays[name] for name in MOTION_PASSES[step]]
        moved = here.places_at(other)
        there = [moved, other.geometry, other_camera]
        return [here.geometry, here.places, camera, self._seen, *there, self._tolerance, *out]

    def smoke(self, volume: Any, camera: Any) -> list[Any]:
        out = [self.arrays[name] for name in SMOKE_PASSES]
        return [volume, camera, self.arrays["depth"], volume.cell / 2, *out]
