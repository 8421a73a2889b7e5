"""Warp set-up in one place: quiet, no gradients, kernels cached where workers share them."""

from __future__ import annotations

from functools import cache
from typing import Any

from simgen.errors import SimgenError


@cache
def warp_device(device: str) -> Any:
    """The initialised `warp` module, after a check that `device` (`cpu`, `cuda`, `cuda:1`)
    exists."""
    import warp as wp

    wp.config.log_level = wp.LOG_ERROR
    wp.config.enable_backward = False
    wp.init()
    if device != "cpu" and device not in [d.alias for d in wp.get_devices()] + ["cuda"]:
        have = ", ".join(d.alias for d in wp.get_devices())
        raise SimgenError(f"device {device!r} is not here; devices: {have}")
    if device == "cuda" and not wp.is_cuda_available():
        raise SimgenError("device 'cuda' is not here: no CUDA driver; use device=cpu")
    return wp
