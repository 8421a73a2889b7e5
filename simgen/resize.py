"""Cutting pictures and annotations to another size so that they still belong together.

A crop is a scaling about pixel edges and a cut: the point at (x, y) px is then at
(x s - left, y s - top). Pictures are filtered; annotations are taken at the nearest pixel centre,
never mixed across an edge; flow is scaled, and what leaves the cut is occluded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgen.errors import SimgenError
from simgen.record import AnyArray

Size = tuple[int, int]
"""Width and height [px]."""


@dataclass(frozen=True)
class Crop:
    """The part of a picture of size `source` that fills `size`."""

    source: Size
    size: Size
    across: float = 0.5
    """Where the cut lies in what is too wide: 0 left, 1 right."""
    down: float = 0.5
    """Where the cut lies in what is too high: 0 top, 1 bottom."""

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise SimgenError(f"size {self.size} must be at least 1 x 1 px")

    @cached_property
    def scale(self) -> float:
        """Pixels of the cut per pixel of the source."""
        return max(a / b for a, b in zip(self.size, self.source, strict=True))

    @cached_property
    def corner(self) -> tuple[float, float]:
        """(left, top) of the cut in the scaled picture [px]."""
        spare = [b * self.scale - a for a, b in zip(self.size, self.source, strict=True)]
        return spare[0] * self.across, spare[1] * self.down

    def intrinsics(self, matrix: AnyArray) -> AnyArray:
        """(3, 3) of the cut [px]."""
        out = np.array(matrix, float)
        out[:2] *= self.scale
        out[:2, 2] -= self.corner
        return out

    def field_of_view(self, angle: float) -> float:
        """Vertical angle of the cut [rad], of that of the source."""
        shown = self.size[1] / self.scale / self.source[1]
        if shown == 1:  # to the last digit
            return angle
        return 2 * math.atan(shown * math.tan(angle / 2))

    def pixels(self, places: AnyArray) -> AnyArray:
        """(..., 2) places (x, y) in the cut [px]."""
        return places * self.scale - np.array(self.corner)

    def inside(self, places: AnyArray) -> AnyArray:
        """(...) whether places (x, y) of the cut lie in it."""
        with np.errstate(invalid="ignore"):
            return np.all((places >= 0) & (places < self.size), axis=-1)

    def picture(self, rgb: AnyArray) -> AnyArray:
        """(H, W, 3) uint8, filtered (bicubic, its support grown to the source pixels that a new
        pixel covers, so that nothing aliases)."""
        from PIL import Image

        left, top = (c / self.scale for c in self.corner)
        width, height = (n / self.scale for n in self.size)
        box = (left, top, min(left + width, self.source[0]), min(top + height, self.source[1]))
        return np.asarray(Image.fromarray(rgb).resize(self.size, Image.Resampling.BICUBIC, box=box))

    def nearest(self, stack: AnyArray) -> AnyArray:
        """(T, H, W, ...) the values at the nearest pixel centres."""
        (x, y) = (
            np.clip(((np.arange(n) + 0.5 + c) / self.scale).astype(int), 0, limit - 1)
            for n, c, limit in zip(self.size, self.corner, self.source, strict=True)
        )
        return stack[:, y[:, None], x]

    def annotations(self, passes: dict[str, AnyArray]) -> dict[str, AnyArray]:
        """Every pass (T, H, W, ...) of some frames in the cut."""
        out: dict[str, AnyArray] = {}
        for name, stack in passes.items():
            if name == "rgb":
                out[name] = np.stack([self.picture(picture) for picture in stack])
            elif name.endswith("_flow"):
                out[name] = self.nearest(stack) * np.float32(self.scale)
            else:
                out[name] = self.nearest(stack)
        y, x = np.mgrid[: self.size[1], : self.size[0]] + 0.5
        for way in ("forward", "backward"):
            if f"{way}_occlusion" in out and f"{way}_flow" in out:
                flow = out[f"{way}_flow"]
                left = ~self.inside(np.stack([x, y], -1) + flow) & np.isfinite(flow).all(axis=-1)
                out[f"{way}_occlusion"] = out[f"{way}_occlusion"] | left
        return out
