"""Checks 1-3: flow agrees with geometry, with itself backwards, and with the pictures."""

from __future__ import annotations

import numpy as np

from simgen.annotators.tracks import project
from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.checks.sampling import bilinear, looks, sampled_frames, sampled_pixels, share, unproject
from simgen.record import Annotations, AnyArray, Frames, Trajectory
from simgen.rotation import rotate, to_matrix
from simgen.scene import Fluid, Melt, Scene

ENOUGH = 100
"""Pixels that travel, fewer of which are not compared."""
MOVING = 0.1
"""Pixels whose flow is longer than this [px] move."""
CONTRAST = 0.5
"""Mean change of moving pixels [8-bit steps] below which a picture shows no motion: bare walls."""


class FlowGeometry(Check):
    """Depth, camera and body poses reproduce both flows and depth changes on rigid pixels."""

    name = "flow_geometry"
    needs = frozenset(
        {"depth", "segmentation", "forward_flow", "backward_flow"}
        | {"forward_depth_change", "backward_depth_change"}
    )

    def check(
        self,
        scene: Scene,
        trajectory: Trajectory,
        frames: Frames,
        annotations: Annotations,
    ) -> Finding:
        body_of = _body_of_instance(scene, trajectory)
        pixels: list[AnyArray] = []
        metres: list[AnyArray] = []
        moving: list[AnyArray] = []
        for t in sampled_frames(len(frames)):
            for side, step in (("forward", 1), ("backward", -1)):
                if not 0 <= t + step < len(frames):
                    continue
                ids = frames.read("segmentation", t)
                body = body_of[np.where(ids < len(body_of), ids, 0)]
                flow = frames.read(f"{side}_flow", t)
                usable = (body >= 0) & np.isfinite(flow).all(-1)
                row, column = sampled_pixels(usable, ids, f"geometry {side}", t)
                start = unproject(frames, t, row, column)
                there = _carried(trajectory, start, body[row, column], t, step)
                pose = frames.camera_to_world[[t + step]]
                target, z = project(there[:, None], pose, frames.intrinsics)
                expected = target[:, 0] - np.stack([column + 0.5, row + 0.5], 1)
                given = flow[row, column]
                pixels.append(np.linalg.norm(expected - given, axis=1))
                moving.append(np.abs(np.concatenate([expected, given], 1)).max(1) > MOVING)
                change = frames.read(f"{side}_depth_change", t)[row, column]
                depth = frames.read("depth", t)[row, column]
                metres.append(np.abs(z[:, 0] - depth - change) / depth)
        none = np.zeros(0)
        off, away = np.concatenate([*pixels, none]), np.concatenate([*metres, none])
        moves = np.concatenate([*moving, none]).astype(bool)
        return finding(
            self.name,
            {
                "median_px": share(off[moves], 0.5),
                "p99_px": share(off[moves], 0.99),
                "still_p99_px": share(off[~moves], 0.99),
                "depth_change_p99": share(away, 0.99),
            },
            {"median_px": 0.05, "p99_px": 0.5, "still_p99_px": 0.05, "depth_change_p99": 1e-3},
            "depth change relative to depth; pixels that move are judged apart from still ones",
        )


def _body_of_instance(scene: Scene, trajectory: Trajectory) -> AnyArray:
    """Instance id -> index into trajectory.bodies, -1 for background and deforming matter."""
    index = {name: i for i, name in enumerate(trajectory.bodies.names)}
    return np.array([-1, *(index.get(o.name, -1) for o in scene.objects)])


def _carried(
    trajectory: Trajectory, world: AnyArray, body: AnyArray, t: int, step: int
) -> AnyArray:
    """World points moved rigidly with their bodies from frame t to t + step."""
    states = trajectory.bodies
    now, then = to_matrix(states.quaternion[t, body]), to_matrix(states.quaternion[t + step, body])
    local = np.einsum("nji,nj->ni", now, world - states.position[t, body])
    return np.einsum("nij,nj->ni", then, local) + states.position[t + step, body]


class FlowCycle(Check):
    """Forward then backward flow returns to the start, on points seen in both frames."""

    name = "flow_cycle"
    needs = frozenset(
        {"depth", "segmentation", "forward_flow", "backward_flow", "forward_occlusion"}
        | {"forward_depth_change"}
    )

    def check(
        self,
        scene: Scene,
        trajectory: Trajectory,
        frames: Frames,
        annotations: Annotations,
    ) -> Finding:
        errors: list[AnyArray] = []
        for t in sampled_frames(len(frames) - 1) if len(frames) > 1 else []:
            flow, ids = frames.read("forward_flow", t), frames.read("segmentation", t)
            usable = (ids > 0) & np.isfinite(flow).all(-1) & ~frames.read("forward_occlusion", t)
            row, column = sampled_pixels(usable, ids, "cycle", t)
            land = np.stack([column + 0.5, row + 0.5], 1) + flow[row, column]
            z = (
                frames.read("depth", t)[row, column]
                + frames.read("forward_depth_change", t)[row, column]
            )
            backward = np.nan_to_num(frames.read("backward_flow", t + 1))
            same = _one_surface(frames, t + 1, land, ids[row, column], z)
            same &= _agree(backward, land)
            back = bilinear(backward, land)
            errors.append(np.linalg.norm(flow[row, column] + back, axis=1)[same])
        error = np.concatenate(errors or [np.zeros(0)])
        return finding(
            self.name,
            {"median_px": share(error, 0.5), "p99_px": share(error, 0.99)},
            {"p99_px": 1.0},
        )


def _one_surface(frames: Frames, t: int, land: AnyArray, ids: AnyArray, z: AnyArray) -> AnyArray:
    """Landing points whose four neighbours show the same instance at about the expected depth."""
    drawn_ids, depth = frames.read("segmentation", t), frames.read("depth", t)
    height, width = depth.shape
    j, i = np.floor(land[:, 0] - 0.5).astype(int), np.floor(land[:, 1] - 0.5).astype(int)
    good = (i >= 0) & (j >= 0) & (i < height - 1) & (j < width - 1)
    i, j = np.clip(i, 0, max(height - 2, 0)), np.clip(j, 0, max(width - 2, 0))
    for di in (0, 1):
        for dj in (0, 1):
            a, b = np.minimum(i + di, height - 1), np.minimum(j + dj, width - 1)
            good &= (drawn_ids[a, b] == ids) & (np.abs(depth[a, b] - z) < 0.03 * z)
    return good


def _agree(flow: AnyArray, land: AnyArray) -> AnyArray:
    """(N,) bool: the four pixels around a point move alike, to a pixel. Grains of one instance that
    lie side by side do not, and between them there is no flow to read."""
    height, width = flow.shape[:2]
    j = np.clip(np.floor(land[:, 0] - 0.5).astype(int), 0, width - 2)
    i = np.clip(np.floor(land[:, 1] - 0.5).astype(int), 0, height - 2)
    around = np.stack([flow[i + di, j + dj] for di in (0, 1) for dj in (0, 1)])
    return np.ptp(around, axis=0).max(axis=-1) < 1.0


def _comparable(
    scene: Scene, trajectory: Trajectory, frames: Frames, t: int, usable: AnyArray
) -> AnyArray:
    """(H, W) bool: pixels of dull instances that travel more than 1 px from frame t to t + 1.

    Reflections and refractions are not in the flow, and matter that spins or streams in place goes
    round under shading that stays: there the picture may well change less than its motion field.
    So bodies and liquids count while their centre of mass travels.
    """
    flow, ids = frames.read("forward_flow", t), frames.read("segmentation", t)
    count = np.bincount(ids[usable], minlength=len(scene.objects) + 1)
    total = [np.bincount(ids[usable], flow[usable, k], len(count)) for k in (0, 1)]
    shift = np.hypot(*total) / np.maximum(count, 1)
    bodies = trajectory.bodies
    body_of = _body_of_instance(scene, trajectory)
    surfaces = looks(scene)
    liquids = {e.name for e in scene.elements if isinstance(e, Fluid | Melt)}

    def travelled(centre: AnyArray) -> float:
        pixels, _ = project(centre[None], frames.camera_to_world[t : t + 2], frames.intrinsics)
        return float(np.linalg.norm(pixels[0, 1] - pixels[0, 0]))

    for instance, body in enumerate(body_of):
        if instance == 0:
            continue
        if body < 0:
            name = scene.objects[instance - 1].name
            if name in liquids:
                shift[instance] = travelled(trajectory.particles[name].position[t : t + 2].mean(1))
        if any(look.metallic > 0.5 or look.transmission > 0 for look in surfaces[instance]):
            shift[instance] = 0.0
        elif body >= 0 and scene.bodies[int(body)].motion != "static":
            turn, local = bodies.quaternion[t : t + 2, body], bodies.center_of_mass[body]
            shift[instance] = travelled(bodies.position[t : t + 2, body] + rotate(turn, local))
    return usable & (shift > 1.0)[np.minimum(ids, len(shift) - 1)]


def _one_instance(ids: AnyArray, place: AnyArray, instance: AnyArray) -> AnyArray:
    """(N,) bool: within 1 px of each place only its instance is seen, so no edge is mixed in."""
    same = np.ones(len(place), bool)
    height, width = ids.shape
    for dx in (-1.0, 0.0, 1.0):
        for dy in (-1.0, 0.0, 1.0):
            column = np.clip(np.floor(place[:, 0] + dx), 0, width - 1).astype(int)
            row = np.clip(np.floor(place[:, 1] + dy), 0, height - 1).astype(int)
            same &= ids[row, column] == instance
    return same


class FlowWarp(Check):
    """Frame t+1 warped by the flow looks more like frame t than wrongly warped ones do: opposite,
    with x and y swapped, and twice as far.

    The unwarped frame is no such rival: the noise of few samples per pixel stays with the pixel,
    so it agrees with itself wherever things move, and shading may stay where a plain surface turns.
    So a wrong flow speaks against the given one only where it is better than no flow, too.
    """

    name = "flow_warp"
    needs = frozenset({"rgb", "segmentation", "forward_flow", "forward_occlusion"})

    def check(
        self,
        scene: Scene,
        trajectory: Trajectory,
        frames: Frames,
        annotations: Annotations,
    ) -> Finding:
        found: list[AnyArray] = []
        for t in sampled_frames(len(frames) - 1) if len(frames) > 1 else []:
            flow, ids = frames.read("forward_flow", t), frames.read("segmentation", t)
            usable = np.isfinite(flow).all(-1) & ~frames.read("forward_occlusion", t)
            usable = _comparable(scene, trajectory, frames, t, usable)
            row, column = sampled_pixels(usable, ids, "warp", t)
            centre, move = np.stack([column + 0.5, row + 0.5], 1), flow[row, column]
            inside = _one_instance(ids, centre, ids[row, column])
            inside &= _one_instance(
                frames.read("segmentation", t + 1), centre + move, ids[row, column]
            )
            row, column, centre, move = row[inside], column[inside], centre[inside], move[inside]
            now = frames.read("rgb", t)[row, column].astype(float)
            after = frames.read("rgb", t + 1)
            shifts = (move, 0 * move, -move, move[:, ::-1], 2 * move)
            warped = [bilinear(after, centre + shift) for shift in shifts]
            found.append(np.stack([np.abs(w - now).mean(1) for w in warped], axis=1))
        errors = np.concatenate(found) if found else np.zeros((0, 5))
        moving = len(errors)
        if moving < ENOUGH:
            return finding(self.name, {"pixels": float(moving)}, {}, "too little motion to compare")
        right, still = errors[:, :2].mean(axis=0)
        if still < CONTRAST:
            return finding(
                self.name, {"unwarped_error": still}, {}, "too little contrast to compare"
            )
        return finding(
            self.name,
            {
                "error": right,
                "unwarped_error": still,
                "over_wrong_flow": _surely_over(errors[:, :2, None] - errors[:, None, 2:]),
                "pixels": float(moving),
            },
            {"over_wrong_flow": 0.25},
            "mean absolute difference of 8-bit values; the margin is a quarter of a step and three "
            "standard errors",
        )


def _surely_over(excess: AnyArray) -> float:
    """How much the best wrong flow is better than both the given flow and none, from the `excess`
    (N, 2, K) of their errors over those of K wrong ones, less three standard errors of each."""
    spread = excess.std(axis=0) / np.sqrt(len(excess))
    return float((excess.mean(axis=0) - 3.0 * spread).min(axis=0).max())
