"""Velocities of films: true vibrations pass, broken records do not."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.certificate import Finding
from simgen.checks.kinematics import Kinematics
from simgen.motion import rigid_states
from simgen.record import Annotations, Frames, MeshStates, Solver, Trajectory
from simgen.scene import Clock, Scene

CLOCK = Clock(frames=48, fps=24.0)
DRIFT = np.array([0.6, 0.0, 0.3])
"""Mean velocity of the film [m/s]."""


def ringing(speed: float, frequency: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions and velocities (T, V, 3) of vertices that drift on a slow sway and vibrate with
    `speed` [m/s] at about `frequency` [Hz], every one with its own phase."""
    t, rng = CLOCK.times[:, None, None], np.random.default_rng(3)
    rate = 2 * np.pi * frequency * rng.uniform(0.9, 1.1, (1, 60, 1))
    phase = rng.uniform(0, 2 * np.pi, (1, 60, 1))
    way = rng.normal(size=(1, 60, 3))
    way /= np.linalg.norm(way, axis=-1, keepdims=True)
    place = DRIFT * np.sin(2.0 * t) / 2.0 + way * speed / rate * np.sin(rate * t + phase)
    return place, DRIFT * np.cos(2.0 * t) + way * speed * np.cos(rate * t + phase)


def kinematics(position: np.ndarray, velocity: np.ndarray) -> Finding:
    scene = Scene(elements=(), clock=CLOCK)
    empty = np.zeros((CLOCK.frames, 0, 3))
    bodies = rigid_states(scene, empty, np.zeros((CLOCK.frames, 0, 4)), empty, empty)
    solver = Solver(
        engine="test", version="1", device="cpu", dt=1 / 24, substeps=1, iterations=1
    )  # fmt: skip
    film = MeshStates(position=position, velocity=velocity)
    trajectory = Trajectory(
        time=CLOCK.times, bodies=bodies, solver=solver, meshes={"film": film}
    )  # fmt: skip
    frames = Frames([], np.zeros((0, 4, 4)), np.eye(3))
    return Kinematics().check(scene, trajectory, frames, Annotations())


@pytest.mark.parametrize("frequency", [30.0, 100.0, 700.0])
def test_a_true_vibration_above_the_frame_rate_passes(frequency: float) -> None:
    """Half a metre per second of ringing on a sway of 0.67 m/s: no fault of the record."""
    found = kinematics(*ringing(0.45, frequency))
    assert found.passed, found.measured


@pytest.mark.parametrize("ring", [0.0, 0.3])
@pytest.mark.parametrize("kind", ["half", "double", "reversed", "turned", "scrambled", "noise"])
def test_broken_velocities_fail(kind: str, ring: float) -> None:
    position, velocity = ringing(ring, 200.0)
    rng = np.random.default_rng(5)
    broken = {
        "half": 0.5 * velocity,
        "double": 2.0 * velocity,
        "reversed": -velocity,
        "turned": velocity[..., [2, 0, 1]],
        "scrambled": rng.permutation(velocity, axis=0),
        "noise": velocity + rng.normal(size=velocity.shape),
    }
    assert not kinematics(position, broken[kind]).passed


def test_a_film_at_rest_has_no_speed() -> None:
    position, velocity = ringing(0.0, 1.0)
    assert not kinematics(np.zeros_like(position), velocity).passed


def test_creep_in_jerks_is_not_taken_for_a_wrong_scale() -> None:
    """Foam that is struck: each jerk dies down within two frames, so that velocities at frame
    instants say less than the displacements; between jerks it drifts."""
    t = CLOCK.times[:, None, None]
    since = (t + np.linspace(0, 0.25, 40)[:, None]) % 0.25
    drift, jerk, decay = 0.15, 1.0, 18.0
    way = np.array([0.0, 0.0, 1.0])
    done = np.floor((t + np.linspace(0, 0.25, 40)[:, None]) / 0.25)
    whole = jerk / decay * (1 - np.exp(-0.25 * decay))
    place = way * (drift * t + done * whole + jerk / decay * (1 - np.exp(-decay * since)))
    speed = way * (drift + jerk * np.exp(-decay * since))
    assert kinematics(place, speed).passed
    assert not kinematics(place, -speed).passed
    assert not kinematics(place, 2 * speed).passed


def test_a_scale_that_is_off_by_a_quarter_shows_among_ringing() -> None:
    position, velocity = ringing(0.3, 200.0)
    found = kinematics(position, 0.75 * velocity)
    assert found.measured["velocity_slope_error"] > 0.2
