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
UNSEEN = 0.5
"""Share of the kinetic energy of a mesh that may be in vibrations too fast for the frames: a film
that rings after an impact has true velocities that displacements between frames do not show."""


class Kinematics(Check):
    """Displacements between frames are those of the recorded velocities; nothing is NaN.

    The trapezoid rule is exact for constant acceleration and off where an impact falls into a frame
    interval. So all moving samples of an element are taken together: mean velocity is regressed on
    displacement over time, and the slope must be 1. Displacements are the regressor because they
    are exact: vibrations above half the frame rate scatter the velocities and would flatten the
    slope the other way round (errors in variables; Fuller, Measurement Error Models, 1987, ch. 1).
    A wrong frame, unit, sign or reference point shows in the slope, noise in the correlation.
    """

    name = "kinematics"

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        step = 1.0 / scene.clock.fps
        bodies = trajectory.bodies
        pairs: list[tuple[Array, Array]] = []
        films: list[tuple[Array, Array]] = []
        free = np.isfinite(bodies.mass)
        unit = flips = 0.0
        if len(bodies.names):
            centre = bodies.position + rotate(bodies.quaternion, bodies.center_of_mass)
            pairs.append(_shifts(centre[:, free], bodies.velocity[:, free], step))
            pairs.append(_turns(bodies.quaternion[:, free], bodies.angular_velocity[:, free], step))
            unit = float(np.abs(np.linalg.norm(bodies.quaternion, axis=-1) - 1).max())
            dots = np.sum(bodies.quaternion[1:] * bodies.quaternion[:-1], axis=-1)
            flips = float((dots < 0).sum())
        for group, records in ((films, trajectory.meshes), (pairs, trajectory.particles)):
            for states in records.values():
                some = slice(None, None, max(1, states.position.shape[1] // 500))
                group.append(_shifts(states.position[:, some], states.velocity[:, some], step))
        fits = [_fit(found, given) for found, given in pairs if len(found) >= ENOUGH]
        rings = [_fit(found, given) for found, given in films if len(found) >= ENOUGH]
        return finding(
            self.name,
            {
                "velocity_slope_error": max((abs(s - 1) for s, _ in fits + rings), default=0.0),
                "velocity_correlation_min": min((c for _, c in fits), default=1.0),
                "unseen_vibration": max((1.0 - c * abs(c) for _, c in rings), default=0.0),
                "quaternion_norm": unit,
                "quaternion_sign_flips": flips,
                "not_finite_arrays": float(len(not_finite(trajectory))),
            },
            {
                "velocity_slope_error": 0.25,
                "velocity_correlation_min": 0.85,
                "unseen_vibration": UNSEEN,
                "quaternion_norm": 1e-6,
                "quaternion_sign_flips": 0,
                "not_finite_arrays": 0,
            },
        )


def _fit(found: Array, given: Array) -> tuple[float, float]:
    """Slope of `given` on `found` through the origin, and their correlation; NaN for NaN samples,
    infinite and 0 where nothing moved or nothing was to move."""
    product, moved, told = (
        float(np.sum(a * b)) for a, b in ((found, given), (found, found), (given, given))
    )
    if moved == 0.0 or told == 0.0:
        return float("inf"), 0.0
    return product / moved, product / float(np.sqrt(moved * told))


def _moving(found: Array, rates: AnyArray, fastest: float) -> tuple[Array, Array]:
    """(N, 3) displacement rates and mean recorded rates of the intervals that move and are steady.

    Steady: the rate changes by less than half of itself, so that no impact falls into the interval.
    """
    before, after = rates[:-1].astype(float), rates[1:].astype(float)
    speed = np.maximum(np.linalg.norm(before, axis=-1), np.linalg.norm(after, axis=-1))
    steady = ~(np.linalg.norm(after - before, axis=-1) > 0.5 * speed)
    moves = ~(np.maximum(speed, np.linalg.norm(found, axis=-1)) <= STILL)
    keep = steady & moves & ~(speed > fastest)
    return found[keep], (before + after)[keep] / 2


def _shifts(position: AnyArray, velocity: AnyArray, step: float) -> tuple[Array, Array]:
    """Displacement rate and mean velocity over frame intervals [m/s]."""
    return _moving(np.diff(position, axis=0).astype(float) / step, velocity, np.inf)


def _turns(quaternion: AnyArray, angular_velocity: AnyArray, step: float) -> tuple[Array, Array]:
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
