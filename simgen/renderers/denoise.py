"""Open Image Denoise: takes the noise of few samples out of a picture, guided by its surfaces."""

from __future__ import annotations

from typing import Any

from simgen.errors import SimgenError


def denoise(layers: Any, picture: Any, width: int, height: int) -> None:
    """Fill `picture` (pixels) with the radiance of `layers` less its noise; on their device."""
    try:
        import mitsuba_oidn as _oidn
    except ImportError:
        raise SimgenError(
            "denoising needs the package mitsuba-oidn: pip install mitsuba-oidn, "
            "or draw with denoise=false"
        ) from None
    oidn: Any = _oidn

    def image(array: Any) -> Any:
        flat = array.numpy() if array.device.is_cpu else array
        return flat.reshape((height, width, 3))

    color, albedo, normal, out = map(
        image, (layers.radiance, layers.albedo, layers.normal, picture)
    )
    oidn.denoise(
        color, albedo=albedo, normal=normal, hdr=True, quality=oidn.Quality.High, output=out
    )
