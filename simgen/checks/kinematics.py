"""Check 6: recorded positions, velocities and orientations agree; nothing is NaN or overflowed."""

from __future__ import annotations

import numpy as np

from simgen.certificate import Finding, finding
from simgen.certify import Check
from simgen.geometry import Array
from simgen.record import Annotations, AnyArray, Frames, Trajectory, not_finite
from simgen.rotation import conjugate, multiply, rotate
from simgen.scene import Scene

STILL = 0.1
"""Slower samples [m/s, rad/s] are left out."""
ENOUGH = 12
"""Samples a regression needs."""
AGREES = 0.5
"""A sample agrees when rate and velocity differ by less than this share of the larger one."""


class Kinematics(Check):
    """Displacements between frames are those of the recorded velocities; nothing is NaN.

    The trapezoid rule is exact for constant acceleration, off where an impact falls into a frame
    interval, and blind to vibrations above half the frame rate. So all moving samples of an element
    are taken together, by figures that such outliers do not sway (Rousseeuw & Leroy, Robust
    Regression and Outlier Detection, 1987, ch. 2): the median ratio of mean velocity to
    displacement over time must be 1, among all samples or among those on smooth paths, and most
    samples must agree. A wrong unit, scale or sign shows in both ratios, a wrong frame, axis or
    reference point in the agreement; ringing sways the ratio of all samples, creep that of the few
    on smooth paths. The ratio of matter that the frames show on no smooth path says nothing.
    """

    name = "kinematics"

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        step = 1.0 / scene.clock.fps
        bodies = trajectory.bodies
        pairs: list[_Samples] = []
        free = np.isfinite(bodies.mass)
        unit = flips = 0.0
        if len(bodies.names):
            centre = bodies.position + rotate(bodies.quaternion, bodies.center_of_mass)
            pairs.append(_shifts(centre[:, free], bodies.velocity[:, free], step))
            pairs.append(_turns(bodies.quaternion[:, free], bodies.angular_velocity[:, free], step))
            unit = float(np.abs(np.linalg.norm(bodies.quaternion, axis=-1) - 1).max())
            dots = np.sum(bodies.quaternion[1:] * bodies.quaternion[:-1], axis=-1)
            flips = float((dots < 0).sum())
        for states in (*trajectory.meshes.values(), *trajectory.particles.values()):
            some = slice(None, None, max(1, states.position.shape[1] // 500))
            pairs.append(_shifts(states.position[:, some], states.velocity[:, some], step))
        fits = [_fit(*samples) for samples in pairs if len(samples[0]) >= ENOUGH]
        return finding(
            self.name,
            {
                "velocity_slope_error": max((error for error, _ in fits), default=0.0),
                "velocity_agreement_min": min((a for _, a in fits), default=1.0),
                "quaternion_norm": unit,
                "quaternion_sign_flips": flips,
                "not_finite_arrays": float(len(not_finite(trajectory))),
            },
            {
                "velocity_slope_error": 0.2,
                "velocity_agreement_min": 0.5,
                "quaternion_norm": 1e-6,
                "quaternion_sign_flips": 0,
                "not_finite_arrays": 0,
            },
        )


_Samples = tuple[Array, Array, Array]
"""(N, 3) displacement rates, (N, 3) mean recorded rates, (N,) whether the path is smooth there."""


def _fit(found: Array, given: Array, smooth: Array) -> tuple[float, float]:
    """How far the median ratio of `given` to `found` along it is from 1, and the share of samples
    that agree; NaN and 0 for NaN samples, infinite where nothing moved that was to."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.sum(found * given, axis=1) / np.sum(found**2, axis=1)
    larger = np.maximum(np.linalg.norm(found, axis=1), np.linalg.norm(given, axis=1))
    agree = np.linalg.norm(given - found, axis=1) <= AGREES * larger
    error = 0.0
    if smooth.sum() >= ENOUGH:
        error = min(abs(float(np.median(ratio[part])) - 1) for part in (smooth, ...))
    return error, float(agree.mean())


def _moving(found: Array, rates: AnyArray, fastest: float) -> _Samples:
    """The samples of the intervals that move and are steady.

    Steady: the recorded rate changes by less than half of itself, so that no impact falls into the
    interval. Smooth: so does the displacement rate from the interval before and to the next.
    """
    before, after = rates[:-1].astype(float), rates[1:].astype(float)
    speed = np.maximum(np.linalg.norm(before, axis=-1), np.linalg.norm(after, axis=-1))
    steady = ~(np.linalg.norm(after - before, axis=-1) > 0.5 * speed)
    pace = np.linalg.norm(found, axis=-1)
    jump = np.linalg.norm(np.diff(found, axis=0), axis=-1) > 0.5 * np.maximum(pace[1:], pace[:-1])
    smooth = np.ones(pace.shape, bool)
    smooth[1:] &= ~jump
    smooth[:-1] &= ~jump
    moves = ~(np.maximum(speed, pace) <= STILL)
    keep = steady & moves & ~(speed > fastest)
    return found[keep], ((before + after) / 2)[keep], smooth[keep]


def _shifts(position: AnyArray, velocity: AnyArray, step: float) -> _Samples:
    """Displacement rate and mean velocity over frame intervals [m/s]."""
    return _moving(np.diff(position, axis=0).astype(float) / step, velocity, np.inf)


def _turns(quaternion: AnyArray, angular_velocity: AnyArray, step: float) -> _Samples:
    """The same for turns [rad/s], of bodies that turn less than 1 rad per frame."""
    turn = multiply(quaternion[1:], conjugate(quaternion[:-1]))
    turn = np.where(turn[..., :1] < 0, -turn, turn)
    sine = np.linalg.norm(turn[..., 1:], axis=-1)
    angle = 2 * np.arctan2(sine, turn[..., 0])
    found = turn[..., 1:] * (angle / np.maximum(sine, 1e-12) / step)[..., None]
    return _moving(found, angular_velocity, 1.0 / step)


class EngineWarnings(Check):
    """Engine warnings (overflowing buffers, bad states) mean silently lost physics: none are
    allowed."""

    name = "engine_warnings"

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        warnings = trajectory.solver.warnings
        ratio = trajectory.solver.dt * trajectory.solver.substeps * scene.clock.fps
        return finding(
            self.name,
            {"warnings": float(len(warnings)), "clock_ratio": abs(ratio - 1.0)},
            {"warnings": 0, "clock_ratio": 1e-9},
            "; ".join(warnings),
        )
