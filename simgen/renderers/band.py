"""Pictures larger than the device's memory: drawn in bands of rows.

What grows with the picture are the buffers of its pixels. When they do not fit, the picture is
drawn in bands of half as many rows, and each band is copied to the host before the next is drawn.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from simgen.errors import SimgenError

STEP = 16
"""Bands have a multiple of so many rows, as the denoiser's coarsest pixels do; what does not fit
beside so few is the scene."""
MARGIN = 64
"""Rows around a band that are drawn for the denoiser and dropped: noise further away changes what
it gives by less than 0.0003 of its range."""


class OutOfMemory(SimgenError):
    """What is drawn does not fit into the device's memory; `what` says where."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what}; draw smaller pictures, a scene of less matter, or with device=cpu"
        )


@dataclass(frozen=True)
class Band:
    """Rows that are drawn at once."""

    top: int
    """First row drawn."""
    rows: int
    """Number of rows drawn."""
    keep: slice
    """Which of the rows drawn are kept; those of all bands make the picture."""


def bands(height: int, rows: int, margin: int = 0) -> list[Band]:
    """Bands of equal size that give `rows` rows each, the last one perhaps fewer, with at least
    `margin` rows drawn around those but at the picture's border."""
    drawn = min(rows + 2 * margin, height)
    found: list[Band] = []
    for first in range(0, height, rows):
        top = min(max(first - margin, 0), height - drawn)
        found.append(Band(top, drawn, slice(first - top, min(first + rows, height) - top)))
    return found


@contextmanager
def memory_errors() -> Generator[None]:
    """Warp's errors about memory as OutOfMemory."""
    try:
        yield
    except RuntimeError as error:
        if not any(word in str(error).lower() for word in ("failed to allocate", "out of memory")):
            raise
        raise OutOfMemory(str(error)) from None
