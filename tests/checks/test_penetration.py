"""The penetration check passes a sheet that drapes a ball and fails what went through it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgen.certify import certify
from simgen.engine import make_engine
from simgen.geometry import Box, Plane, Sphere
from simgen.lattice import sheet
from simgen.material import material
from simgen.record import Trajectory
from simgen.scene import Clock, Cloth, RigidBody, Scene, Shape


@pytest.fixture(scope="module")
def draped() -> tuple[Scene, Trajectory]:
    vertices, faces = sheet(0.5, 0.5, 0.036)
    stone = material("stone/concrete")
    scene = Scene(
        elements=(
            Cloth(
                name="cloth",
                vertices=vertices + [0.0, 0.0, 0.45],
                faces=faces,
                material=material("textile/cotton"),
            ),
            RigidBody(
                name="ball",
                position=(0.0, 0.0, 0.2),
                motion="static",
                shapes=(Shape(geometry=Sphere(0.2), material=stone),),
            ),
            RigidBody(
                name="floor", motion="static", shapes=(Shape(geometry=Plane(), material=stone),)
            ),
        ),
        clock=Clock(frames=13, fps=24),
    )
    (trajectory,) = make_engine("warp").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    return scene, trajectory


def depth(scene: Scene, trajectory: Trajectory) -> tuple[bool, float, str]:
    found = next(f for f in certify(scene, trajectory).findings if f.check == "penetration")
    return found.passed, found.measured["depth_in_spacings"], found.detail


def test_a_drape_stays_outside(draped) -> None:
    passed, deepest, _ = depth(*draped)
    assert passed
    assert deepest < 0.2


@pytest.mark.parametrize("sink", [0.08, 0.25])
def test_a_sheet_inside_the_ball_is_found(draped, sink: float) -> None:
    scene, trajectory = draped
    states = trajectory.meshes["cloth"]
    lower = states.position - np.array([0.0, 0.0, sink], np.float32)
    broken = replace(trajectory, meshes={"cloth": replace(states, position=lower)})
    passed, deepest, detail = depth(scene, broken)
    assert not passed
    assert deepest > 1.0
    assert "m deep in" in detail


def test_fixed_vertices_are_left_out(draped) -> None:
    scene, trajectory = draped
    states = trajectory.meshes["cloth"]
    cloth = next(e for e in scene.elements if isinstance(e, Cloth))
    inside = states.position.copy()
    inside[:, 0] = (0.0, 0.0, 0.2)
    pinned = replace(scene, elements=(replace(cloth, pinned=(0,)), *scene.elements[1:]))
    broken = replace(trajectory, meshes={"cloth": replace(states, position=inside)})
    assert not depth(scene, broken)[0]
    assert depth(pinned, broken)[0]


@pytest.mark.parametrize(("below", "whole"), [(0.0, False), (0.01, True)])
def test_a_bar_that_cuts_through_a_sheet_is_found(below: float, whole: bool) -> None:
    """A bar thinner than the vertices are apart, between two rows of them or just under them."""
    vertices, faces = sheet(0.5, 0.5, 0.036)
    rows = np.unique(vertices[:, 1].round(6))
    bar = Shape(geometry=Box((0.6, 0.01, 0.01)), material=material("metal/steel"))
    middle = len(rows) // 2
    across = float(rows[middle : middle + 2].mean())
    scene = Scene(
        elements=(
            Cloth(
                name="cloth",
                vertices=vertices + [0.0, 0.0, 0.4],
                faces=faces,
                material=material("textile/cotton"),
            ),
            RigidBody(
                name="bar", motion="static", position=(0.0, across, 0.395 - below), shapes=(bar,)
            ),
        ),
        clock=Clock(frames=2, fps=1000),
    )
    (trajectory,) = make_engine("warp").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    states = trajectory.meshes["cloth"]
    level = states.position * [1.0, 1.0, 0.0] + [0.0, 0.0, 0.396]
    flat = replace(trajectory, meshes={"cloth": replace(states, position=level)})
    found = next(f for f in certify(scene, flat).findings if f.check == "penetration")
    assert found.passed == whole
    assert (found.measured["cloth_cut"] == 0.0) == whole
    assert found.measured["depth_in_spacings"] == 0.0
