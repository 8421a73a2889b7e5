"""Which rigid piece a solid particle belongs to: pieces split as they melt through, matter that
freezes joins the piece beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as _ndimage
from scipy import spatial as _spatial

from simgen.geometry import Array

ndimage: Any = _ndimage  # partly typed
spatial: Any = _spatial
Labels = NDArray[np.int32]
MOST_PIECES = 1024
"""Pieces that are told apart; the smallest beyond it are taken as molten."""
SOLID_SHARE = 0.5
"""Matter is rigid while less than this share is molten: crystals touch each other down to about
half (the coherency point of solidification, 0.2-0.6 solid: Arnberg, Dahle et al. 1993)."""
MARGIN = 0.05
"""Molten matter is rigid again when its molten share is this much lower."""


def start_pieces(points: Array, molten: Array, kind: Labels, spacing: float) -> Labels:
    """(N,) piece of every particle at the start: connected solid matter of one element."""
    solid = molten < SOLID_SHARE
    return _split(points, np.where(solid, kind, -1).astype(np.int32), spacing)


def next_pieces(points: Array, molten: Array, piece: Labels, spacing: float) -> Labels:
    """(N,) pieces after melting and freezing; `piece` are those before, -1 what flows."""
    solid = np.where(piece >= 0, molten < SOLID_SHARE, molten < SOLID_SHARE - MARGIN)
    label = np.where(solid, piece, -1).astype(np.int32)
    fresh = np.flatnonzero(solid & (piece < 0))
    if len(fresh):
        old = np.flatnonzero(label >= 0)
        beside = np.full(len(fresh), len(old))
        if len(old):
            reach = 1.5 * spacing
            beside = spatial.cKDTree(points[old]).query(points[fresh], distance_upper_bound=reach)[
                1
            ]
        joins = beside < len(old)
        label[fresh[joins]] = label[old[beside[joins]]]
        label[fresh[~joins]] = int(label.max(initial=0)) + 1
    return _split(points, label, spacing)


def _split(points: Array, label: Labels, spacing: float) -> Labels:
    """Connected parts of every label get numbers of their own, the largest first."""
    out = np.full(len(points), -1, np.int32)
    count = 0
    sizes: list[int] = []
    cell = np.floor(points / (1.5 * spacing)).astype(int)
    for one in np.unique(label[label >= 0]):
        own = np.flatnonzero(label == one)
        at = cell[own] - cell[own].min(0)
        grid = np.zeros(at.max(0) + 1, bool)
        grid[tuple(at.T)] = True
        parts, found = ndimage.label(grid, np.ones((3, 3, 3)))
        number = parts[tuple(at.T)] - 1
        out[own] = number + count
        sizes += list(np.bincount(number, minlength=found))
        count += found
    if count == 0:
        return out
    order = np.argsort(-np.array(sizes), kind="stable")
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count)
    rank[rank >= MOST_PIECES] = -1
    return np.where(out >= 0, rank[np.maximum(out, 0)], -1).astype(np.int32)
