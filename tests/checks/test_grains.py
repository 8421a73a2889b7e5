"""The check of grains passes on a true roll-out and fails on broken ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simgen.certify import certify
from simgen.engine import make_engine
from simgen.geometry import Plane
from simgen.key import Key
from simgen.material import material
from simgen.particles import bulk_spacing, pack
from simgen.record import Trajectory
from simgen.scene import Clock, Domain, Grains, RigidBody, Scene, Shape

RADIUS = 0.01


@pytest.fixture(scope="module")
def rolled() -> tuple[Scene, Trajectory]:
    """Some sixty grains that fall a hand's breadth onto a floor."""
    stuff = material("granular/gravel")
    points, radii = pack((-0.05, -0.05, 0.05), (0.05, 0.05, 0.1), RADIUS, Key(0), spread=0.1)
    grains = Grains(
        name="sand",
        positions=points,
        radius=RADIUS,
        spacing=bulk_spacing(RADIUS),
        material=stuff,
        domain=Domain(lower=(-0.2, -0.2, 0.0), upper=(0.2, 0.2, 0.4)),
        radii=radii,
    )
    shape = Shape(geometry=Plane(), material=stuff)
    floor = RigidBody(name="floor", shapes=(shape,), motion="static")
    scene = Scene(elements=(grains, floor), clock=Clock(frames=6, fps=24))
    (trajectory,) = make_engine("warp").simulate([scene])
    assert isinstance(trajectory, Trajectory)
    return scene, trajectory


def measured(scene: Scene, trajectory: Trajectory) -> tuple[bool, dict[str, float]]:
    finding = next(f for f in certify(scene, trajectory).findings if f.check == "particles")
    return finding.passed, dict(finding.measured)


def changed(trajectory: Trajectory, **arrays: Any) -> Trajectory:
    sand = replace(trajectory.particles["sand"], **arrays)
    return replace(trajectory, particles={"sand": sand})


def test_a_true_fall_passes(rolled: tuple[Scene, Trajectory]) -> None:
    passed, values = measured(*rolled)
    assert passed, values
    assert values["overlap"] < 0.1


def test_broken_grains_are_found(rolled: tuple[Scene, Trajectory]) -> None:
    scene, trajectory = rolled
    sand = trajectory.particles["sand"]
    assert sand.quaternion is not None
    assert sand.radius is not None
    middle = sand.position.mean(axis=1, keepdims=True)
    pressed = np.where(np.arange(6)[:, None, None] == 5, 0.6, 1.0)
    kept = slice(None, -1)
    cases = {
        "overlap": changed(trajectory, position=middle + pressed * (sand.position - middle)),
        "energy_gain": changed(trajectory, velocity=2.0 * sand.velocity),
        "outside": changed(trajectory, position=sand.position + [0.4, 0.0, 0.0]),
        "lost": changed(
            trajectory,
            position=sand.position[:, kept],
            velocity=sand.velocity[:, kept],
            quaternion=sand.quaternion[:, kept],
            mass=sand.mass[kept],
            radius=sand.radius[kept],
        ),
    }
    sound = measured(scene, trajectory)[1]
    for name, case in cases.items():
        passed, values = measured(scene, case)
        assert not passed, name
        assert values[name] > sound[name], name
