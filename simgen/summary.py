"""A clip in a few numbers: how much moves, what became of it, and fingerprints to find its likes.

The pictures are measured while they stream to the shard, so no frame is read again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from simgen.annotators.tracks import project
from simgen.checks.worth import MOTION
from simgen.record import AnyArray, Frame, GridStates, Trajectory
from simgen.rotation import conjugate, rotate
from simgen.scene import Camera, Scene

PIXELS = 2_000_000
"""Pixels of a clip whose flow is kept, 4096 of a frame at most."""
ACTIVE = 0.001
"""Share of the picture that must move for a frame to count as active."""
VISIBLE = 0.02
"""Lengths count from this share of the distance to the camera on: about 2 % of the picture."""
SPIN = 0.2
"""Bodies that turn slower than this rest [rad/s]."""
TOPPLED = 60.0
"""Angle by which the axis that was up has turned in a body that toppled [degree]."""
INSTANTS = 8
"""At which a trajectory's fingerprint looks, evenly spread, the last included."""


class Meter:
    """Watches the frames of a clip go by."""

    def __init__(self, camera: Camera, intrinsics: AnyArray, frame_count: int) -> None:
        self._poses = camera.camera_to_world
        self._intrinsics = intrinsics
        self._most = max(64, min(4096, PIXELS // frame_count))
        self._looked_at = sorted({0, frame_count // 2, frame_count - 1})
        self._lengths: list[AnyArray] = []
        self._own: list[AnyArray] = []
        self._moving: list[float] = []
        self._width = 0
        self._hashes: list[str] = []

    def add(self, frame: Frame) -> None:
        """Look at the next frame, with all the passes that were rendered."""
        if "rgb" in frame and frame.index in self._looked_at:
            self._hashes.append(picture_hash(frame["rgb"]))
        if {"forward_flow", "depth"} <= set(frame.passes) and frame.index + 1 < len(self._poses):
            self._add_flow(frame)

    def _add_flow(self, frame: Frame) -> None:
        height, width = frame["depth"].shape
        step = max(1, round((height * width / self._most) ** 0.5))
        flow = frame["forward_flow"][::step, ::step].reshape(-1, 2).astype(float)
        depth = frame["depth"][::step, ::step].reshape(-1).astype(float)
        row, column = np.mgrid[0:height:step, 0:width:step].reshape(2, -1) + 0.5
        seen = np.isfinite(flow).all(1) & np.isfinite(depth)
        start = np.stack([column, row], 1)[seen]
        matrix, (now, then) = self._intrinsics, self._poses[frame.index : frame.index + 2]
        ray = (start - matrix[:2, 2]) / matrix[[0, 1], [0, 1]]
        local = np.concatenate([ray, np.ones((len(ray), 1))], 1) * depth[seen, None]
        world = local @ now[:3, :3].T + now[:3, 3]
        pixels, _ = project(world[:, None], then[None], matrix)
        own = np.linalg.norm(flow[seen] - (pixels[:, 0] - start), axis=1)
        self._lengths.append(np.linalg.norm(flow[seen], axis=1).astype(np.float32))
        moves = own > MOTION * width
        self._own.append(own[moves].astype(np.float32))
        self._moving.append(float(moves.sum() / len(flow)))
        self._width = width

    def motion(self) -> dict[str, float]:
        """Of the pixels with flow in all frames: `flow_median` and `flow_p95` [px per frame],
        `flow_p95_share` of the picture's width; `moving_share` of the picture that moves by more
        than the camera does, on average, `moving_flow` [px per frame], the median of by how much,
        and `active_share` of the frames in which any of it does."""
        if not self._lengths:
            return {}
        lengths = np.concatenate([*self._lengths, np.zeros(1, np.float32)])
        median, most = (float(q) for q in np.quantile(lengths, [0.5, 0.95]))
        moving = np.array(self._moving)
        own = np.concatenate(self._own)
        return {
            "flow_median": median,
            "flow_p95": most,
            "flow_p95_share": most / self._width,
            "moving_share": float(moving.mean()),
            "moving_flow": float(np.median(own)) if len(own) else 0.0,
            "active_share": float((moving > ACTIVE).mean()),
        }

    def fingerprint(self) -> str:
        """Hashes of the first, the middle and the last picture, 16 hex digits each."""
        return "".join(self._hashes)


def picture_hash(picture: AnyArray) -> str:
    """64 bits of an (H, W, 3) picture as hex: whether each of 8 x 9 cells is brighter than the next
    (Buchner's dHash); like pictures differ in few bits."""
    grey: AnyArray = picture.astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    for axis, cells in enumerate((8, 9)):
        parts: list[AnyArray] = np.array_split(grey, cells, axis)
        grey = np.stack([part.mean(axis) for part in parts], axis)
    brighter: AnyArray = grey[:, :-1] > grey[:, 1:]
    return np.packbits(brighter).tobytes().hex()


def events(
    scene: Scene, trajectory: Trajectory, camera: Camera, width: int, height: int
) -> dict[str, float]:
    """What became of the things that physics moves, bodies and pieces of matter alike.

    `speed_max` [m/s] of anything; the shares that `moved` from their start, came to rest
    (`resting`), ended outside the picture (`left`); of bodies, those that `toppled`.
    """
    free = [i for i, body in enumerate(scene.bodies) if body.motion == "dynamic"]
    bodies = trajectory.bodies
    found = {"speed_max": max(_speeds(scene, trajectory), default=0.0)}
    if free:
        first, last = bodies.quaternion[0, free], bodies.quaternion[-1, free]
        up = rotate(last, rotate(conjugate(first), np.array([0.0, 0.0, 1.0])))
        toppled = up[:, 2] < np.cos(np.radians(TOPPLED))
        found["toppled_share"] = float(toppled.mean())
    speed = [float(s) for s in np.linalg.norm(bodies.velocity[-1, free], axis=1)]
    spin = [float(s) for s in np.linalg.norm(bodies.angular_velocity[-1, free], axis=1)]
    centre = [_body_centre(trajectory, i) for i in free]
    for states in (*trajectory.meshes.values(), *trajectory.particles.values()):
        centre.append(states.position.mean(axis=1, dtype=float))
        speed.append(float(np.quantile(np.linalg.norm(states.velocity[-1], axis=1), 0.95)))
        spin.append(0.0)
    if not centre:
        return found
    path, pose = np.stack(centre), camera.camera_to_world
    distance = np.linalg.norm(path - pose[:, :3, 3], axis=2)
    away = np.linalg.norm(path - path[:, :1], axis=2)
    pixels, z = project(path[:, -1:], pose[-1:], camera.intrinsics(width, height))
    inside = (z[:, 0] > 0) & (pixels[:, 0] >= 0).all(1) & (pixels[:, 0] < [width, height]).all(1)
    rest = (np.array(speed) < VISIBLE * distance[:, -1]) & (np.array(spin) < SPIN)
    return found | {
        "moved_share": float((away > VISIBLE * distance).any(1).mean()),
        "resting_share": float(rest.mean()),
        "left_share": float((~inside).mean()),
    }


def _body_centre(trajectory: Trajectory, body: int) -> AnyArray:
    """(T, 3) centre of mass of a body [m], world."""
    states = trajectory.bodies
    turned = rotate(states.quaternion[:, body], states.center_of_mass[body])
    return states.position[:, body] + turned


def _speeds(scene: Scene, trajectory: Trajectory) -> Iterator[float]:
    """Largest speed of every kind of matter at every frame [m/s]; of gas, where there is smoke or
    flame."""
    moved = [i for i, body in enumerate(scene.bodies) if body.motion != "static"]
    for velocity in trajectory.bodies.velocity[:, moved]:
        yield _fastest(velocity)
    for states in (*trajectory.meshes.values(), *trajectory.particles.values()):
        for velocity in states.velocity:
            yield _fastest(velocity)
    for grid in trajectory.grids.values():
        for velocity, filled in zip(grid.velocity, _filled(grid)):
            yield _fastest(velocity[filled])


def _fastest(velocity: AnyArray) -> float:
    """Largest length of velocities (..., 3), 0 for none."""
    return float(np.linalg.norm(velocity, axis=-1).max(initial=0.0))


def _filled(grid: GridStates) -> AnyArray:
    """(T, X, Y, Z) bool: cells with smoke or glowing soot in them."""
    smoke = grid.smoke > 0.05
    return smoke if grid.soot is None else smoke | (grid.soot > 0.05)


def trajectory_fingerprint(scene: Scene, trajectory: Trajectory) -> str:
    """Where the middle of all that moves is at some instants, and how far it has spread, relative
    to the start: 8 hex digits per instant, '' when nothing is there to move.

    Four bytes each: x, y, z and spread, on a scale on which a step is 7 % (0.7 mm near zero).
    """
    times = np.linspace(0, trajectory.frames - 1, INSTANTS + 1).round().astype(int)
    middles: list[AnyArray] = []
    squares: list[AnyArray] = []
    for i, body in enumerate(scene.bodies):
        if body.motion != "static":
            middles.append(_body_centre(trajectory, i)[times])
            squares.append(np.zeros(len(times)))
    for states in (*trajectory.meshes.values(), *trajectory.particles.values()):
        points = states.position[times].astype(float)
        middles.append(points.mean(1))
        squares.append(points.var(1).sum(-1))
    for grid in trajectory.grids.values():
        middle, square = _cloud(grid, times)
        middles.append(middle)
        squares.append(square)
    if not middles:
        return ""
    all_middles = np.stack(middles)
    spread = np.sqrt(np.mean(squares, axis=0) + all_middles.var(0).sum(-1))
    state: AnyArray = np.concatenate([all_middles.mean(0), spread[:, None]], 1)
    change: AnyArray = state[1:] - state[0]
    steps: AnyArray = np.sign(change) * np.log1p(np.abs(change) / 0.01) / np.log(1.07)
    return (np.clip(np.round(steps), -127, 127) + 128).astype(np.uint8).tobytes().hex()


def _cloud(grid: GridStates, times: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Middle (K, 3) [m] and mean square extent (K,) [m^2] of smoke and soot in the grid's frame."""
    density: AnyArray = grid.smoke[times].astype(float)
    if grid.soot is not None:
        density = density + grid.soot[times]
    total = np.maximum(density.sum((1, 2, 3)), 1e-9)
    middle: AnyArray = np.zeros((len(times), 3))
    square: AnyArray = np.zeros(len(times))
    for axis in range(3):
        size = int(density.shape[axis + 1])
        place: AnyArray = (np.arange(size) + 0.5) * grid.cell
        others = tuple(k + 1 for k in range(3) if k != axis)
        share: AnyArray = density.sum(others) / total[:, None]
        middle[:, axis] = share @ place
        square = square + share @ place**2 - middle[:, axis] ** 2
    return middle, square


def parameter_fingerprint(template: str, parameters: Mapping[str, Any]) -> str:
    """16 hex digits; equal for equal parameters of a template, whatever the seed."""
    text = json.dumps([template, dict(parameters)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def six_digits(values: Mapping[str, float]) -> dict[str, float]:
    """Values as precise as a catalog needs them."""
    return {name: float(f"{value:.6g}") for name, value in values.items()}


def stored_bytes(clip: Any) -> dict[str, int]:
    """What every pass, and every other part, of a clip's HDF5 group takes in the file [byte]."""
    total: dict[str, int] = {}

    def add(path: str, item: Any) -> None:
        if hasattr(item, "dtype"):
            part, _, rest = path.partition("/")
            name = rest.partition("/")[0] if part == "passes" else part
            total[name] = total.get(name, 0) + int(item.id.get_storage_size())

    clip.visititems(add)
    return total
