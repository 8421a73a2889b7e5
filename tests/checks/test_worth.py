"""What is seen to move: behind glass but not behind wood; what flows, whatever the camera does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgen.annotator import annotate
from simgen.camera import still
from simgen.checks.worth import Worth
from simgen.engine import make_engine
from simgen.geometry import Box, Plane, Sphere
from simgen.key import Key
from simgen.material import material
from simgen.pipeline import render
from simgen.record import Annotations, Trajectory
from simgen.scene import Clock, RigidBody, Scene, Shape

CLOCK = Clock(frames=6, fps=24)


@pytest.mark.parametrize(("transmission", "seen"), [(0.95, True), (0.0, False)])
def test_motion_behind_a_pane(transmission: float, seen: bool) -> None:
    stuff = material("stone/concrete")
    look = replace(stuff.look(Key(0)), transmission=transmission)
    pane = Shape(geometry=Box((4.0, 0.02, 3.0)), material=stuff, look=look)
    ball = Shape(geometry=Sphere(0.15), material=stuff)
    scene = Scene(
        elements=(
            RigidBody(name="ball", shapes=(ball,), position=(0, 0, 1.2)),
            RigidBody(name="pane", shapes=(pane,), position=(0, -0.5, 1.0), motion="static"),
            RigidBody(
                name="floor", shapes=(Shape(geometry=Plane(), material=stuff),), motion="static"
            ),
        ),
        clock=CLOCK,
        cameras=(still(CLOCK, eye=(0.0, -3.0, 1.0), target=(0.0, 0.0, 0.9)),),
    )
    (trajectory,) = make_engine("mujoco").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    frames = render(scene, trajectory, width=96, height=54)
    found = Worth().check(scene, trajectory, frames, annotate(scene, trajectory, frames))
    assert (found.measured["active_share_min"] > 0.5) == seen


@pytest.mark.parametrize(("height", "seen"), [(1.5, True), (0.15, False)])
def test_motion_of_pixels_counts_without_tracks(height: float, seen: bool) -> None:
    # A ball that falls, and one that lies still before a camera that passes by.
    stuff = material("stone/concrete")
    ball = Shape(geometry=Sphere(0.15), material=stuff)
    camera = still(CLOCK, eye=(0.0, -3.0, 1.0), target=(0.0, 0.0, 0.9))
    poses = camera.camera_to_world.copy()
    poses[:, 0, 3] += 0.05 * np.arange(CLOCK.frames)
    scene = Scene(
        elements=(
            RigidBody(name="ball", shapes=(ball,), position=(0, 0, height)),
            RigidBody(
                name="floor", shapes=(Shape(geometry=Plane(), material=stuff),), motion="static"
            ),
        ),
        clock=CLOCK,
        cameras=(replace(camera, camera_to_world=poses),),
    )
    (trajectory,) = make_engine("mujoco").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    frames = render(scene, trajectory, width=96, height=54)
    found = Worth().check(scene, trajectory, frames, Annotations())
    assert (found.measured["active_share_min"] > 0.5) == seen
