"""Launching per-pixel kernels: on CPU the pixels are split over threads, on CUDA one launch."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import warp as _wp

wp: Any = _wp  # partly typed
CHUNKS_PER_THREAD = 16
PICTURE_OPTIONS = {
    "max_unroll": 1,
    "cpu_compiler_flags": (
        f"{wp.config.cpu_compiler_flags or ''} -ffast-math -Wno-nan-infinity-disabled"
    ),
}
"""Of modules that draw pictures. Loops that are not unrolled compile much faster and run the same;
rays are a quarter faster where the compiler need not mind NaN, so no picture may depend on NaN."""


def thread_count(threads: int) -> int:
    """The asked number of CPU threads, or every core this process may use for 0."""
    return threads if threads > 0 else len(os.sched_getaffinity(0))


def launch_pixels(
    kernel: Any, count: int, inputs: list[Any], *, device: str = "cpu", threads: int = 0
) -> None:
    """Run `kernel` for items 0..count-1. Its first parameter is the offset added to `wp.tid()`.

    A Warp launch on CPU runs on the calling thread but releases the GIL, so slices of the range run
    on Python threads. Every item writes its own outputs only: results do not depend on the split.
    """
    workers = thread_count(threads)
    if device != "cpu" or workers == 1 or count < 1024:
        wp.launch(kernel, dim=count, inputs=[0, *inputs], device=device)
        return
    wp.load_module(module=kernel.module, device=device)
    step = -(-count // (CHUNKS_PER_THREAD * workers))
    starts: Iterator[int] = iter(range(0, count, step))
    lock = threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while True:
                with lock:
                    start = next(starts, None)
                if start is None:
                    return
                dim = min(step, count - start)
                wp.launch(kernel, dim=dim, inputs=[start, *inputs], device=device)
        except BaseException as error:
            failures.append(error)

    team = [threading.Thread(target=work) for _ in range(workers)]
    for thread in team:
        thread.start()
    for thread in team:
        thread.join()
    if failures:
        raise failures[0]
