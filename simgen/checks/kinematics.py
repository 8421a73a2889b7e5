"""Check 6: recorded positions, velocities and orientations agree; nothing is NaN or overflowed."""

from __future__ import annotations

import numpy as np

from simgen.check import Check
from simgen.checks.sampling import share
from simgen.geometry import Array
from simgen.record import (
    Annotations,
    AnyArray,
    Finding,
    Frames,
    Trajectory,
    finding,
    not_finite,
)
from simgen.rotation import conjugate, multiply, rotate
from simgen.scene import Scene

STILL = 0.1
"""Speeds below this [m/s, rad/s] are left out of relative residuals."""


class Kinematics(Check):
    """Displacements equal mean velocities times the frame interval, for the median sample.

    The trapezoid rule is exact for constant acceleration; impacts within a frame interval are the
    outliers that the median passes over, while a wrong frame, unit or sign shows in every sample.
    """

    name = "kinematics"

    def check(
        self, scene: Scene, trajectory: Trajectory, frames: Frames, annotations: Annotations
    ) -> Finding:
        step = 1.0 / scene.clock.fps
        bodies = trajectory.bodies
        residuals: list[Array] = []
        free = np.isfinite(bodies.mass)
        unit = continuous = 0.0
        if len(bodies.names):
            centre = bodies.position + rotate(bodies.quaternion, bodies.center_of_mass)
            residuals.append(_linear(centre[:, free], bodies.velocity[:, free], step))
            residuals.append(
                _angular(bodies.quaternion[:, free], bodies.angular_velocity[:, free], step)
            )
            unit = float(np.abs(np.linalg.norm(bodies.quaternion, axis=-1) - 1).max())
            dots = np.sum(bodies.quaternion[1:] * bodies.quaternion[:-1], axis=-1)
            continuous = float((dots < 0).sum())
        for states in [*trajectory.meshes.values(), *trajectory.particles.values()]:
            some = slice(None, None, max(1, states.position.shape[1] // 500))
            residuals.append(_linear(states.position[:, some], states.velocity[:, some], step))
        medians = [share(r, 0.5) for r in residuals if len(r) >= 10]
        return finding(
            self.name,
            {
                "median_velocity_residual": max(medians, default=0.0),
                "quaternion_norm": unit,
                "quaternion_sign_flips": continuous,
                "not_finite_arrays": float(len(not_finite(trajectory))),
            },
            {
                "median_velocity_residual": 0.35,
                "quaternion_norm": 1e-6,
                "quaternion_sign_flips": 0,
                "not_finite_arrays": 0,
            },
        )


def _linear(position: AnyArray, velocity: AnyArray, step: float) -> Array:
    """Relative residual of displacement against mean velocity, for samples that move."""
    mean = (velocity[1:] + velocity[:-1]) / 2
    found = np.diff(position, axis=0) / step
    scale = np.maximum(np.linalg.norm(mean, axis=-1), np.linalg.norm(found, axis=-1))
    return (np.linalg.norm(found - mean, axis=-1) / np.maximum(scale, STILL))[scale > STILL]


def _angular(quaternion: AnyArray, angular_velocity: AnyArray, step: float) -> Array:
    """The same for turns; samples that turn more than 1 rad per frame are left out."""
    turn = multiply(quaternion[1:], conjugate(quaternion[:-1]))
    turn = np.where(turn[..., :1] < 0, -turn, turn)
    sine = np.linalg.norm(turn[..., 1:], axis=-1)
    angle = 2 * np.arctan2(sine, turn[..., 0])
    found = turn[..., 1:] * (angle / np.maximum(sine, 1e-12) / step)[..., None]
    mean = (angular_velocity[1:] + angular_velocity[:-1]) / 2
    scale = np.maximum(np.linalg.norm(mean, axis=-1), np.linalg.norm(found, axis=-1))
    residual = np.linalg.norm(found - mean, axis=-1) / np.maximum(scale, STILL)
    return residual[(scale > STILL) & (scale * step < 1.0)]


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
