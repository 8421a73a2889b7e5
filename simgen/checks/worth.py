"""Check 8: the clip is worth training on."""

from __future__ import annotations

import numpy as np

from simgen.annotators.tracks import project
from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.checks.sampling import looks, sampled_frames, unproject
from simgen.record import Annotations, AnyArray, Frames, Trajectory
from simgen.scene import Scene

MOTION = 1.0 / 1000.0
"""A point moves when it shifts by this share of the picture's width between frames."""
PIXELS = 4
"""Pixels that must flow: fewer are not seen."""
ACTIVE = 0.5
"""Share of frame intervals in which something must move."""


class Worth(Check):
    """Something that physics moves is seen moving for most of the clip; the picture is well
    exposed."""

    name = "worth"
    needs = frozenset({"rgb", "segmentation"})

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        luminance: list[float] = []
        dark: list[float] = []
        blown: list[float] = []
        for t in sampled_frames(len(frames)):
            grey = frames.read("rgb", t).astype(float) @ np.array([0.2126, 0.7152, 0.0722]) / 255
            luminance.append(float(grey.mean()))
            dark.append(float((grey < 0.02).mean()))
            blown.append(float((grey > 0.985).mean()))
        active = _active(scene, frames, annotations) | _field_active(frames, trajectory)
        active |= _flow_active(scene, frames)
        return finding(
            self.name,
            {
                "active_share_min": float(active.mean()) if len(active) else 0.0,
                "luminance_min": min(luminance),
                "luminance": max(luminance),
                "black_share": max(dark),
                "blown_share": max(blown),
            },
            {
                "active_share_min": ACTIVE,
                "luminance_min": 0.05,
                "luminance": 0.92,
                "black_share": 0.6,
                "blown_share": 0.35,
            },
        )


def _active(scene: Scene, frames: Frames, annotations: Annotations) -> AnyArray:
    """(T-1,) whether a point of a dynamic instance that can be seen, straight or through glass,
    moves by more than its camera does."""
    tracks = annotations.tracks
    count = max(len(frames) - 1, 0)
    if tracks is None:
        return np.zeros(count, bool)
    dynamic = np.array([False, *(o.dynamic for o in scene.objects)])[tracks.instance]
    points, seen = tracks.points[dynamic], tracks.visible[dynamic]
    clear = np.array([any(look.transmission > 0 for look in own) for own in looks(scene)])
    width = frames.read("segmentation", 0).shape[1]
    found = np.zeros(count, bool)
    for t in range(count):
        shown = seen[:, t]
        if clear.any():
            shown = shown | _behind(clear, frames, t, points[:, [t]])
        pair = points[shown][:, [t, t + 1]]
        if len(pair):
            pose = frames.camera_to_world[[t + 1, t + 1]]
            pixels, _ = project(pair, pose, frames.intrinsics)
            shift = np.linalg.norm(pixels[:, 1] - pixels[:, 0], axis=1)
            found[t] = bool(np.nanmax(shift, initial=0.0) > MOTION * width)
    return found


def _flow_active(scene: Scene, frames: Frames) -> AnyArray:
    """(T-1,) whether pixels of a dynamic instance flow otherwise than their camera makes still
    ones: tracked points are few where most of an instance is hidden, as of grains in a hopper."""
    count = max(len(frames) - 1, 0)
    found = np.zeros(count, bool)
    if not {"depth", "forward_flow"} <= set(frames.passes):
        return found
    dynamic = np.array([False, *(o.dynamic for o in scene.objects)])
    for t in range(count):
        ids, flow = frames.read("segmentation", t), frames.read("forward_flow", t)
        moves = dynamic[np.where(ids < len(dynamic), ids, 0)] & np.isfinite(flow).all(-1)
        row, column = np.nonzero(moves)
        if len(row):
            points = unproject(frames, t, row, column)[:, None]
            then, _ = project(points, frames.camera_to_world[[t + 1]], frames.intrinsics)
            still = then[:, 0] - np.stack([column + 0.5, row + 0.5], 1)
            shift = np.linalg.norm(flow[row, column] - still, axis=1)
            found[t] = int((shift > MOTION * ids.shape[1]).sum()) >= PIXELS
    return found


def _behind(clear: AnyArray, frames: Frames, t: int, points: AnyArray) -> AnyArray:
    """(N,) whether a clear instance is drawn where `points` (N, 1, 3) lie at frame t."""
    ids = frames.read("segmentation", t)
    pixels, z = project(points, frames.camera_to_world[[t]], frames.intrinsics)
    column, row = (
        np.nan_to_num(pixels[:, 0, k], nan=-1.0, posinf=-1.0, neginf=-1.0) for k in (0, 1)
    )
    inside = (z[:, 0] > 0) & (column >= 0) & (column < ids.shape[1])
    inside &= (row >= 0) & (row < ids.shape[0])
    at = np.where(inside, row, 0).astype(int), np.where(inside, column, 0).astype(int)
    return inside & clear[np.minimum(ids[at], len(clear) - 1)]


def _field_active(frames: Frames, trajectory: Trajectory) -> AnyArray:
    """(T-1,) whether smoke, a flame or a temperature field changes visibly."""
    count = max(len(frames) - 1, 0)
    found = np.zeros(count, bool)
    for states in trajectory.heat.values():
        found |= np.abs(np.diff(states.temperature, axis=0)).max(1) > 0.2
    if "transmittance" in frames.passes:
        before = frames.read("transmittance", 0)
        for t in range(count):
            after = frames.read("transmittance", t + 1)
            found[t] |= bool((np.abs(after - before) > 0.02).mean() > 0.001)
            if any(grid.soot is not None for grid in trajectory.grids.values()):
                found[t] |= _flickers(frames, t, (before < 0.999) | (after < 0.999))
            before = after
    return found


def _flickers(frames: Frames, t: int, flame: AnyArray) -> bool:
    """Whether the light of a flame, which is nearly clear itself, changes from frame t to t + 1."""
    pair = [frames.read("rgb", k).astype(float).mean(-1) / 255 for k in (t, t + 1)]
    return bool((flame & (np.abs(pair[1] - pair[0]) > 0.05)).mean() > 0.0005)
