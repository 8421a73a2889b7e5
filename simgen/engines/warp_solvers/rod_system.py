# pyright: basic, reportArgumentType=false, reportIndexIssue=false
"""The rods on a device: arrays, one small step, and the run through a scene's clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import warp as wp

from simgen.engines.rope import DAMPING
from simgen.engines.warp_solvers import rod_contact as contact
from simgen.engines.warp_solvers import rod_kernels as kernels
from simgen.engines.warp_solvers.collider import Colliders
from simgen.engines.warp_solvers.partner import Partner
from simgen.engines.warp_solvers.rod_build import LOOSE, WORLD, Strands, local
from simgen.errors import Rejected
from simgen.motion import pose_at
from simgen.rotation import multiply, rotate
from simgen.scene import Clock, Scene

ROUNDS = 2
"""Newton's iterations per step."""
SEARCH = 8
"""Steps between two searches for segments that may touch."""
PASSES = 2
"""Corrections of segments per step."""


class System:
    """Rods, ties and contacts of one scene."""

    def __init__(
        self, scene: Scene, made: Strands, colliders: Colliders, dt: float, rows: int
    ) -> None:
        self.scene, self.made, self.colliders = scene, made, colliders
        self.dt, self.rows, self.device = dt, rows, colliders.device
        self.count = len(made.point)
        self.gravity = wp.vec3d(*scene.gravity)
        self.rods = self._rods()
        self.ties, self.tie_of = self._ties()
        self.targets = self._zeros((rows, max(1, len(made.holders))), wp.vec3d)
        self._anchors = [
            made.point[p] if b == WORLD else local(scene.bodies[b], made.point[p])
            for p, b in made.holders
        ]
        self.meeting = self._meeting()
        self._pairs()

    def _put(self, values: Any, dtype: Any) -> Any:
        scalar = getattr(dtype, "_wp_scalar_type_", dtype)
        array = np.ascontiguousarray(values, dtype=wp.dtype_to_numpy(scalar))
        return wp.array(array, dtype=dtype, device=self.device)

    def _zeros(self, shape: Any, dtype: Any) -> Any:
        return wp.zeros(shape, dtype=dtype, device=self.device)

    def _rods(self) -> Any:
        made, rods = self.made, kernels.Rods()
        rods.first = self._put(made.first, wp.int32)
        rods.x, rods.p = self._put(made.point, wp.vec3d), self._put(made.point, wp.vec3d)
        rods.v = self._put(made.velocity, wp.vec3d)
        rods.held = self._put(made.held, wp.int32)
        for name in ("mass", "length", "stretch", "bend", "curl", "radius", "friction"):
            setattr(rods, name, self._put(getattr(made, name), wp.float64))
        rods.stencil = self._put(made.stencil, wp.vec3d)
        rods.tension = self._zeros(self.count, wp.float64)
        for name, kind in (("d", wp.mat33d), ("a", wp.mat33d), ("b", wp.mat33d), ("r", wp.vec3d)):
            setattr(rods, name, self._zeros(self.count, kind))
        return rods

    def _ties(self) -> tuple[Any, Any]:
        made, ties = self.made, kernels.Ties()
        free = {id(b): row for row, b in enumerate(self.colliders.free)}
        bodies = [self.scene.bodies[b] for _, b in made.ties]
        self._tie_rows = np.array([free[id(b)] for b in bodies], int)
        self._tie_arms = np.array(
            [
                local(b, made.point[p]) - b.mass_properties.center_of_mass
                for b, (p, _) in zip(bodies, made.ties, strict=True)
            ]
        ).reshape(-1, 3)
        shared = np.bincount(self._tie_rows, minlength=1)
        self._tie_share = shared[self._tie_rows].astype(float)
        size = max(1, len(bodies))
        ties.count = len(bodies)
        ties.point = self._put([p for p, _ in made.ties] or [0], wp.int32)
        ties.body = self._put(self._tie_rows if len(bodies) else [0], wp.int32)
        ties.start, ties.ahead = self._zeros(size, wp.vec3d), self._zeros(size, wp.vec3d)
        ties.inertia = self._zeros(size, wp.mat33d)
        tie_of = np.full(self.count, -1, np.int32)
        for row, (point, _) in enumerate(made.ties):
            tie_of[point] = row
        return ties, self._put(tie_of, wp.int32)

    def _meeting(self) -> Any:
        made, meeting = self.made, contact.Meeting()
        number = {id(b): i for i, b in enumerate(self.scene.bodies)}
        owners = [number[id(body)] for body, _ in self.colliders.solids]
        free = max(1, len(self.colliders.free))
        meeting.body = self._put(owners or [0], wp.int32)
        meeting.quiet = wp.array(made.quiet, dtype=wp.int32, device=self.device)
        mobile = np.where(made.held == LOOSE, 1.0 / made.mass, 0.0)
        meeting.mobile = self._put(mobile, wp.float64)
        meeting.mobility = self._zeros(free, wp.spatial_matrixd)
        meeting.center = self._zeros(free, wp.vec3d)
        meeting.touching = self._zeros(free, wp.int32)
        meeting.touched = self._zeros(free, wp.int32)
        return meeting

    def _pairs(self) -> None:
        segments = self.made.segments
        self.edges = len(segments)
        self.segments = self._put(segments, wp.int32)
        number = np.full(self.count, -1, np.int32)
        number[segments] = np.arange(self.edges)
        self.segment_of = self._put(number, wp.int32)
        self.found = self._zeros(self.edges, wp.int32)
        self.pairs = self._zeros((self.edges, int(contact.CAPACITY)), wp.int32)
        self.crowds = [self._zeros(self.edges, wp.int32) for _ in range(2)]
        self.near = self._zeros(self.edges, wp.vec3d)
        self.far = self._zeros(self.edges, wp.vec3d)
        self.lost = self._zeros(1, wp.int32)
        self.margin = 0.5 * float(self.made.radius.max())

    def _launch(self, kernel: Any, dim: int, *inputs: Any) -> None:
        wp.launch(kernel, dim=dim, inputs=list(inputs), device=self.device)

    def step(self, row: int, number: int) -> None:
        """One small step against row `row` of obstacles and holders; `number` counts searches."""
        k, dt, rods = kernels, self.dt, self.rods
        self._launch(k.begin, self.count, rods, self.targets, row, self.gravity, dt)
        if self.ties.count:
            self._launch(k.begin_ties, self.ties.count, rods, self.ties)
        ends = (self.tie_of, self.gravity, dt, DAMPING, ROUNDS)
        self._launch(k.solve, len(self.made.ropes), rods, self.ties, *ends)
        obstacles = self.colliders.data
        if self.ties.count:
            self._launch(k.finish_ties, self.ties.count, rods, self.ties, obstacles, dt)
        self._touch(row, number)
        self._launch(k.finish, self.count, rods, dt)

    def _touch(self, row: int, number: int) -> None:
        c, dt, rods, meeting = contact, self.dt, self.rods, self.meeting
        if number % SEARCH == 0:
            search = (self.edges, self.margin, self.found, self.pairs, self.lost)
            self._launch(c.find_pairs, self.edges, rods, self.segments, *search)
        listed = (self.segments, self.found, self.pairs)
        for turn in range(PASSES):
            crowds = (self.crowds[turn % 2], self.crowds[1 - turn % 2])
            moves = (self.near, self.far)
            self._launch(c.meet_pairs, self.edges, rods, meeting, *listed, *crowds, *moves)
            self._launch(c.part_pairs, self.count, rods, self.segment_of, *moves)
        if not len(self.colliders):
            return
        obstacles = self.colliders.data
        if self.colliders.free:
            self._launch(c.count_touches, len(self.colliders.free), meeting)
        for parity in (0, 1):
            where = (self.segments, parity, row, dt)
            self._launch(c.touch_segments, self.edges, rods, meeting, obstacles, *where)
        self._launch(c.touch_points, self.count, rods, meeting, obstacles, row, dt)

    def _lead(self, times: np.ndarray) -> None:
        """Prescribed positions at (rows,) times [s]."""
        if self._anchors:
            self.targets.assign(
                np.array(
                    [[self._led(h, float(t)) for h in range(len(self._anchors))] for t in times]
                )
            )

    def _led(self, holder: int, time: float) -> np.ndarray:
        body, anchor = self.made.holders[holder][1], self._anchors[holder]
        if body == WORLD:
            return anchor
        position, turn = pose_at(self.scene.bodies[body], time)
        return position + rotate(turn, anchor)

    def _capture(self, first: int, last: int) -> Any:
        with wp.ScopedCapture(device=self.device) as capture:
            for number in range(first, last):
                self.step(number, number)
        return capture.graph

    def run(self, clock: Clock) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities (frames, N, 3) float32 without free bodies. Velocities start
        half a step early (leapfrog), so that free fall is exact; a recorded one is the mean of the
        half steps before and after its frame."""
        made, rows = self.made, self.rows
        position = np.empty((clock.frames, self.count, 3), np.float32)
        velocity = np.empty_like(position)
        position[0], velocity[0] = made.point, made.velocity
        graphs = (self._capture(0, 1), self._capture(1, rows))
        self.rods.x.assign(made.point)
        loose = (made.held == LOOSE)[:, None]
        lead = np.where(loose, 0.5 * self.dt * np.asarray(self.scene.gravity), 0.0)
        self.rods.v.assign(made.velocity - lead)
        share = (1.0 + np.arange(rows)) / rows
        for frame in range(clock.frames):
            before = np.array(self.rods.v.numpy())
            times = (frame + share) / clock.fps
            self.colliders.load(times)
            self._lead(times)
            wp.capture_launch(graphs[0])
            if frame > 0:
                velocity[frame] = 0.5 * (before + self.rods.v.numpy())
            if frame + 1 < clock.frames:
                wp.capture_launch(graphs[1])
                position[frame + 1] = self.rods.x.numpy()
        return position, velocity

    def run_with(self, clock: Clock, partner: Partner) -> tuple[np.ndarray, np.ndarray] | Rejected:
        """The same beside free bodies, step by step; all velocities are those of the step before,
        as those of the bodies are."""
        made = self.made
        position = np.empty((clock.frames, self.count, 3), np.float32)
        velocity = np.empty_like(position)
        position[0], velocity[0] = made.point, made.velocity
        graphs = [self._capture_one(number) for number in (0, 1)]
        self.rods.x.assign(made.point)
        self.rods.v.assign(made.velocity)
        steps = (clock.frames - 1) * partner.steps + 1
        for number in range(steps):
            trouble = partner.begin()
            if trouble is not None:
                return trouble
            self._follow(partner)
            self._lead(np.array([(number + 1) * self.dt]))
            wp.capture_launch(graphs[min(number % SEARCH, 1)])
            trouble = partner.end()
            if trouble is not None:
                return trouble
            frame, rest = divmod(number + 1, partner.steps)
            if rest == 0 and frame < clock.frames:
                position[frame], velocity[frame] = self.rods.x.numpy(), self.rods.v.numpy()
        return position, velocity

    def _capture_one(self, number: int) -> Any:
        with wp.ScopedCapture(device=self.device) as capture:
            self.step(0, number)
        return capture.graph

    def _follow(self, partner: Partner) -> None:
        """Ties and mobilities where the bodies are now."""
        motion = partner.now
        twist, mobility = partner.response()
        self.meeting.center.assign(motion.center)
        self.meeting.mobility.assign(mobility)
        rows = self._tie_rows
        if not len(rows):
            return
        arm = rotate(motion.quaternion[rows], self._tie_arms)
        half = 0.5 * self.dt * twist[rows, 3:]
        size = np.linalg.norm(half, axis=1, keepdims=True)
        turn = np.concatenate([np.cos(size), half * np.sinc(size / np.pi)], axis=1)
        later = rotate(multiply(turn, motion.quaternion[rows]), self._tie_arms)
        self.ties.start.assign(motion.center[rows] + arm)
        self.ties.ahead.assign(motion.center[rows] + self.dt * twist[rows, :3] + later)
        cross = np.zeros((len(rows), 3, 6))
        cross[:, :, :3] = np.eye(3)
        x, y, z = arm.T
        zero = np.zeros(len(rows))
        cross[:, :, 3:] = np.array([[zero, z, -y], [-z, zero, x], [y, -x, zero]]).transpose(2, 0, 1)
        give = cross @ mobility[rows] @ cross.transpose(0, 2, 1)
        give = give * self._tie_share[:, None, None] + 1e-12 * np.eye(3)
        self.ties.inertia.assign(np.linalg.inv(give))
