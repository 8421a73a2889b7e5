"""Warp set-up in one place: quiet, no gradients, one cache of compiled kernels for all workers."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

from simgen.errors import SimgenError


@cache
def warp_device(device: str) -> Any:
    """The initialised `warp` module, after a check that `device` (`cpu`, `cuda`, `cuda:1`)
    exists."""
    import warp

    wp: Any = warp
    wp.config.log_level = wp.LOG_ERROR
    wp.config.enable_backward = False
    with _no_driver_notice():
        wp.init()
    have = [d.alias for d in wp.get_devices()]
    if device != "cpu" and device not in have and not (device == "cuda" and len(have) > 1):
        raise SimgenError(
            f"device {device!r} is not here (it has: {', '.join(have)}); "
            f"use device=cpu, or install the NVIDIA driver"
        )
    return wp


def require_device(device: str) -> None:
    """Refuse a device that is not here; `cpu` always is, and loads nothing."""
    if device != "cpu":
        warp_device(device)


@contextmanager
def _no_driver_notice() -> Generator[None]:
    """Warp's native code reports a missing CUDA driver on stderr, unasked; devices are checked
    here."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
