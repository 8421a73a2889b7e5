"""Check 5: stored tracks agree with the stored passes."""

from __future__ import annotations

import numpy as np

from simgen.annotators.tracks import buried, project, seen
from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.checks.sampling import sampled_frames
from simgen.record import Annotations, Frames, Trajectory
from simgen.scene import Scene


class TracksAgree(Check):
    """Pixels are projections of points; visible points lie on their instance, at its depth."""

    name = "tracks"
    needs = frozenset({"depth", "segmentation", "normal"})

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
        size = np.array(frames.read("depth", 0).shape[::-1])
        near = (z > 0) & (np.abs(pixels - size / 2) < size).all(-1)
        off = np.linalg.norm(pixels - tracks.pixels, axis=-1)[near]
        slack = np.array([0.0, *(buried(scene, o.name) for o in scene.objects)])[tracks.instance]
        wrong = visible = 0
        looked_at = sampled_frames(len(frames))
        for t in looked_at:
            agrees = seen(frames, t, pixels[:, t], z[:, t], tracks.instance, slack)
            wrong += int((agrees != tracks.visible[:, t]).sum())
            visible += int(agrees.sum())
        return finding(
            self.name,
            {
                "projection_px": float(np.max(off, initial=0.0)),
                "wrong_visibility": wrong / (len(looked_at) * len(tracks.instance)),
                "visible_points": float(visible),
            },
            {"projection_px": 0.05, "wrong_visibility": 0.002},
            "rounding of stored depth may flip a point at the edge of the tolerance",
        )
