"""Check 4: every instance is in every pass, and no others are."""

from __future__ import annotations

import numpy as np

from simgen.annotators.tracks import project
from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.checks.sampling import sampled_frames
from simgen.record import Annotations, AnyArray, Frames, Tracks, Trajectory
from simgen.scene import Scene

UNIT = 0.015
"""By how much the length of a stored normal may differ from 1: it is rounded to 1/64 at worst."""


class Instances(Check):
    """Ids are declared, passes agree on what was hit, and no instance in plain sight is missing."""

    name = "instances"
    needs = frozenset({"valid", "depth", "segmentation", "normal"})

    def check(
        self,
        scene: Scene,
        trajectory: Trajectory,
        frames: Frames,
        annotations: Annotations,
    ) -> Finding:
        undeclared = disagreeing = missing = 0
        for t in sampled_frames(len(frames)):
            ids, depth = frames.read("segmentation", t), frames.read("depth", t)
            hit = frames.read("valid", t)
            undeclared += int((ids > len(scene.objects)).sum())
            length = np.linalg.norm(frames.read("normal", t), axis=-1)
            agree = (ids > 0) == hit
            agree &= np.isfinite(depth) == hit
            agree &= np.abs(length - hit) < UNIT
            agree &= ~(np.isposinf(depth) & hit) & ~np.isnan(depth)
            disagreeing += int((~agree).sum())
            if annotations.tracks is not None:
                missing += _missing(frames, t, depth, annotations.tracks)
        return finding(
            self.name,
            {
                "undeclared_ids": float(undeclared),
                "disagreeing_pixels": float(disagreeing),
                "missing_instances": float(missing),
            },
            {"undeclared_ids": 0, "disagreeing_pixels": 0, "missing_instances": 0},
        )


def _missing(frames: Frames, t: int, depth: AnyArray, tracks: Tracks) -> int:
    """Instances of which most points in the picture have nothing drawn at or before them, in their
    pixel or beside it. What is thinner than a pixel covers few pixel centres, and what is straight
    too may cover none."""
    pixels, z = project(tracks.points[:, [t]], frames.camera_to_world[[t]], frames.intrinsics)
    pixels, z = pixels[:, 0], z[:, 0]
    height, width = depth.shape
    inside = (z > 0.02) & np.isfinite(pixels).all(1)
    inside &= (pixels >= 2).all(1) & (pixels[:, 0] < width - 2) & (pixels[:, 1] < height - 2)
    column, row = (np.where(inside, pixels[:, k], 0).astype(int) for k in (0, 1))
    beside = [depth[row + dy, column + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    through = inside & (np.min(beside, axis=0) > z * 1.02 + 0.01)
    found = 0
    for instance in np.unique(tracks.instance[inside]):
        mine = inside & (tracks.instance == instance)
        if mine.sum() >= 6 and through[mine].mean() > 0.7:
            found += int(_width(pixels[mine]) > 1.0)
    return found


def _width(pixels: AnyArray) -> float:
    """Extent of points (N, 2) across the direction in which they spread most."""
    away = pixels - pixels.mean(0)
    return float(np.ptp(away @ np.linalg.svd(away, full_matrices=False)[2][1]))
