"""Check 5: stored tracks agree with the stored passes."""

from __future__ import annotations

import numpy as np

from simgen.annotators.tracks import project
from simgen.check import Check
from simgen.checks.sampling import sampled_frames
from simgen.record import Annotations, Finding, Frames, Trajectory, finding
from simgen.scene import Scene


class TracksAgree(Check):
    """Pixels are projections of points; visible points lie on their instance, at its depth."""

    name = "tracks"
    needs = frozenset({"depth", "segmentation"})

    def applies(self, scene: Scene, trajectory: Trajectory) -> bool:
        return True

    def check(
        self,
        scene: Scene,
        trajectory: Trajectory,
        frames: Frames,
        annotations: Annotations,
    ) -> Finding:
        tracks = annotations.tracks
        if tracks is None:
            return finding(self.name, {"points": 0.0}, {}, "nothing to track")
        pixels, z = project(tracks.points, frames.camera_to_world, frames.intrinsics)
        ahead = z > 0.05
        off = np.linalg.norm(pixels - tracks.pixels, axis=-1)[ahead]
        wrong = in_front = 0
        seen = 0
        height, width = frames.read("depth", 0).shape
        for t in sampled_frames(len(frames)):
            visible = tracks.visible[:, t]
            at = tracks.pixels[visible, t]
            column, row = (
                np.clip(at[:, 0].astype(int), 0, width - 1),
                np.clip(at[:, 1].astype(int), 0, height - 1),
            )
            seen += int(visible.sum())
            wrong += int(
                (frames.read("segmentation", t)[row, column] != tracks.instance[visible]).sum()
            )
            depth = frames.read("depth", t)[row, column]
            in_front += int((depth < 0.8 * z[visible, t] - 0.1).sum())
        inside = np.nanmax(off) if off.size else 0.0
        return finding(
            self.name,
            {
                "projection_px": float(inside),
                "wrong_id": float(wrong),
                "wrong_depth": float(in_front),
                "visible": float(seen),
            },
            {"projection_px": 0.05, "wrong_id": 0, "wrong_depth": 0},
        )
