"""Open Image Denoise: takes the noise of few samples out of a picture, guided by its surfaces."""

from __future__ import annotations

from typing import Any

import warp as _wp

from simgen.errors import SimgenError

wp: Any = _wp  # partly typed


class Denoiser:
    """The library's filter on one device, for pictures of one size."""

    def __init__(self, width: int, height: int, device: str) -> None:
        """Raises SimgenError if the library is missing or has no code for the device."""
        try:
            import mitsuba_oidn as _oidn
        except ImportError:
            raise SimgenError(
                "denoising needs the package mitsuba-oidn: pip install mitsuba-oidn, "
                "or draw with denoise=False"
            ) from None
        oidn: Any = _oidn
        on = wp.get_device(device)
        try:
            if on.is_cpu:
                self._device = oidn.Device(oidn.DeviceType.CPU)
                # the last bits of its sums depend on the number of threads; pictures must not
                self._device.set_int("numThreads", 1)
                self._device.set_bool("setAffinity", False)
            else:
                self._device = oidn.Device.cuda(on.ordinal, stream=on.stream.cuda_stream or 0)
            self._device.commit()
        except oidn.Error as error:
            raise SimgenError(f"denoising on {device}: {error}; draw with denoise=False") from None
        self._oidn = oidn
        self._shape = (height, width, 3)

    def __call__(self, color: Any, albedo: Any, normal: Any, out: Any) -> None:
        """Fill `out` with `color` less its noise; (pixels) of linear vec3 on the device."""
        self._oidn.denoise(
            self._image(color),
            albedo=self._image(albedo),
            normal=self._image(normal),
            hdr=True,
            quality=self._oidn.Quality.High,
            device=self._device,
            output=self._image(out),
        )

    def _image(self, array: Any) -> Any:
        """The same memory as (height, width, 3) floats."""
        return wp.array(
            ptr=array.ptr, dtype=wp.float32, shape=self._shape, device=array.device, copy=False
        )
