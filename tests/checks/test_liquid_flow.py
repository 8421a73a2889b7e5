"""Which pixels the picture test of flow compares: matter that turns in place keeps its shading."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.camera import still
from simgen.checks.flow import _comparable
from simgen.geometry import Cylinder
from simgen.material import material
from simgen.motion import prescribed_states
from simgen.record import Frame, Frames, ParticleStates, Solver, Trajectory
from simgen.scene import Clock, Domain, Fluid, Keyframes, RigidBody, Scene, Shape

SIZE = (54, 96)


def seen(scene: Scene, particles: dict[str, ParticleStates]) -> np.ndarray:
    """Which pixels count when all of the picture shows instance 1 and moves by 3 px."""
    passes = {
        "segmentation": np.ones(SIZE, np.uint16),
        "forward_flow": np.full((*SIZE, 2), 3.0, np.float32),
    }
    camera = scene.camera("main")
    frames = Frames(
        [Frame(0, passes), Frame(1, passes)], camera.camera_to_world, camera.intrinsics(*SIZE[::-1])
    )
    trajectory = Trajectory(
        time=scene.clock.times,
        bodies=prescribed_states(scene),
        solver=Solver(engine="null", version="1", device="cpu", dt=1 / 24, substeps=1),
        particles=particles,
    )
    return _comparable(scene, trajectory, frames, 0, np.ones(SIZE, bool))


@pytest.mark.parametrize("speed", [0.0, 2.0])
def test_a_liquid_counts_while_its_centre_travels(speed: float) -> None:
    clock = Clock(frames=2, fps=24)
    corners = np.array([[x, y, z] for x in (-0.1, 0.1) for y in (-0.1, 0.1) for z in (-0.1, 0.1)])
    milk = Fluid(
        name="milk",
        positions=corners,
        spacing=0.1,
        material=material("liquid/milk"),
        domain=Domain(lower=(-1, -1, -1), upper=(1, 1, 1)),
    )
    scene = Scene(
        elements=(milk,), clock=clock, cameras=(still(clock, eye=(0, -2, 0.5), target=(0, 0, 0)),)
    )
    angle = 0.4
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    later = corners @ turn.T + [speed / 24, 0.0, 0.0]
    at = np.stack([corners, later]).astype(np.float32)
    states = ParticleStates(position=at, velocity=0 * at, mass=np.ones(8, np.float32))
    assert seen(scene, {"milk": states}).all() == (speed > 0)


@pytest.mark.parametrize("speed", [0.0, 2.0])
def test_a_turntable_counts_while_it_travels(speed: float) -> None:
    clock = Clock(frames=2, fps=24)
    times = np.array([0.0, 1 / 24])
    turns = np.array([[1.0, 0, 0, 0], [np.cos(0.2), 0, 0, np.sin(0.2)]])
    path = Keyframes(times=times, positions=np.outer(times, [speed, 0.0, 0.0]), quaternions=turns)
    disc = RigidBody(
        name="disc",
        shapes=(Shape(geometry=Cylinder(0.2, 0.02), material=material("wood/oak")),),
        motion="kinematic",
        keyframes=path,
    )
    scene = Scene(
        elements=(disc,), clock=clock, cameras=(still(clock, eye=(0, -2, 0.5), target=(0, 0, 0)),)
    )
    assert seen(scene, {}).all() == (speed > 0)
