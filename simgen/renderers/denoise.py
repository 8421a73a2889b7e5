"""Open Image Denoise: takes the noise of few samples out of a picture, guided by its surfaces."""

from __future__ import annotations

import warnings
from typing import Any

import warp as _wp

from simgen.errors import SimgenError
from simgen.renderers.band import OutOfMemory

wp: Any = _wp  # partly typed

FINE_SAMPLES = 8
"""From so many samples per pixel on a network four times as dear, which trusts albedo and normal to
be free of noise, is a cheaper way to better pictures than more samples."""
LEAST_MEMORY = 64
"""MB of scratch memory below which the filter is not asked to tile further."""


class Denoiser:
    """The library's filter on one device, for pictures of one size."""

    def __init__(self, width: int, height: int, samples: int, device: str) -> None:
        """For pictures of so many samples per pixel. Raises SimgenError if the library is missing
        or has no code for the device."""
        try:
            import mitsuba_oidn as _oidn
        except ImportError:
            raise SimgenError(
                "denoising needs the package mitsuba-oidn: pip install mitsuba-oidn, "
                "or draw with denoise=False"
            ) from None
        self._oidn: Any = _oidn
        self._shape = (height, width, 3)
        on = wp.get_device(device)
        try:
            if on.is_cpu:
                self._device = self._oidn.Device(self._oidn.DeviceType.CPU)
                # the last bits of its sums depend on the number of threads; pictures must not
                self._device.set_int("numThreads", 1)
                self._device.set_bool("setAffinity", False)
            else:
                stream = int(on.stream.cuda_stream or 0)
                self._device = self._oidn.Device.cuda(on.ordinal, stream=stream)
            self._device.commit()
            self._filter = self._device.new_filter("RT")
        except self._oidn.Error as error:
            raise SimgenError(f"denoising on {device}: {error}; draw with denoise=False") from None
        self._filter.hdr = True
        fine = samples >= FINE_SAMPLES
        self._filter.quality = self._oidn.Quality.High if fine else self._oidn.Quality.Fast
        self._filter.clean_aux = fine

    def __call__(self, color: Any, albedo: Any, normal: Any, out: Any) -> None:
        """Fill `out` with `color` less its noise; (pixels) of linear vec3 on the device."""
        named = {"color": color, "albedo": albedo, "normal": normal, "output": out}
        for name, array in named.items():
            self._filter.set_image(name, self._image(array))
        while True:
            try:
                self._filter.commit()
                self._filter.execute()
                return
            except self._oidn.Error as error:
                self._shrink(error)

    def _shrink(self, error: Any) -> None:
        """After the device ran out of memory: smaller tiles, as long as that may help."""
        limit = int(self._filter.max_memory_mb)
        if "memory" not in str(error).lower():
            raise SimgenError(f"denoising: {error}; draw with denoise=False") from None
        if 0 <= limit <= LEAST_MEMORY:
            raise OutOfMemory(f"denoising: {error}") from None
        smaller = max(LEAST_MEMORY, limit // 2 if limit > 0 else 1024)
        warnings.warn(f"denoising: {error}; going on with tiles of {smaller} MB", stacklevel=3)
        self._filter.max_memory_mb = smaller

    def _image(self, array: Any) -> Any:
        """The same memory as (height, width, 3) floats."""
        return wp.array(
            ptr=array.ptr, dtype=wp.float32, shape=self._shape, device=array.device, copy=False
        )
