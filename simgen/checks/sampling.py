"""Shared by the checks: which frames and pixels are looked at, and reading between pixels."""

from __future__ import annotations

import numpy as np

from simgen.key import Key
from simgen.material import Look
from simgen.record import AnyArray, Frames
from simgen.scene import Scene

PAIRS = 8
"""Frame pairs looked at per clip."""
PIXELS = 2000
"""Pixels looked at per frame."""


def looks(scene: Scene) -> list[list[Look]]:
    """Of the surfaces of every instance, in the order of their ids; the first, none, has none."""
    found = {e.name: [getattr(e, "look", Look())] for e in scene.elements}
    found |= {b.name: [shape.look for shape in b.shapes] for b in scene.bodies}
    return [[], *(found.get(o.name, []) for o in scene.objects)]


def sampled_frames(count: int, most: int = PAIRS) -> list[int]:
    """Frame indices spread over the clip, first and last included."""
    return sorted({int(i) for i in np.linspace(0, count - 1, min(most, count))})


def sampled_pixels(
    mask: AnyArray, ids: AnyArray, name: str, t: int, most: int = PIXELS
) -> tuple[AnyArray, AnyArray]:
    """Rows and columns of about `most` true pixels, as many of each instance; always the same."""
    rows, columns = np.nonzero(mask)
    if len(rows) <= most:
        return rows, columns
    present, stratum, count = np.unique(ids[rows, columns], return_inverse=True, return_counts=True)
    chance = most / len(present) / count[stratum]
    chosen = Key(0).child("check", name, t).rng().random(len(rows)) < chance
    return rows[chosen], columns[chosen]


def unproject(frames: Frames, t: int, row: AnyArray, column: AnyArray) -> AnyArray:
    """(N, 3) world points [m] at pixel centres."""
    matrix = frames.intrinsics
    z = frames.read("depth", t)[row, column].astype(float)
    x = (column + 0.5 - matrix[0, 2]) / matrix[0, 0] * z
    y = (row + 0.5 - matrix[1, 2]) / matrix[1, 1] * z
    pose = frames.camera_to_world[t]
    return np.stack([x, y, z], 1) @ pose[:3, :3].T + pose[:3, 3]


def bilinear(image: AnyArray, xy: AnyArray) -> AnyArray:
    """(N, C) values at positions (x, y) in pixels, edges held."""
    height, width = image.shape[:2]
    x = np.clip(xy[:, 0] - 0.5, 0, width - 1)
    y = np.clip(xy[:, 1] - 0.5, 0, height - 1)
    i, j = np.minimum(y.astype(int), height - 2), np.minimum(x.astype(int), width - 2)
    i, j = np.maximum(i, 0), np.maximum(j, 0)
    fy, fx = (y - i)[:, None], (x - j)[:, None]
    pixels = image.reshape(height, width, -1).astype(float)
    below, right = np.minimum(i + 1, height - 1), np.minimum(j + 1, width - 1)
    top = pixels[i, j] * (1 - fx) + pixels[i, right] * fx
    bottom = pixels[below, j] * (1 - fx) + pixels[below, right] * fx
    return top * (1 - fy) + bottom * fy


def share(values: AnyArray, quantile: float) -> float:
    """A quantile, 0 for no values."""
    return float(np.quantile(values, quantile)) if len(values) else 0.0
