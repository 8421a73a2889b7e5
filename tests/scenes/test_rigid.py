"""The rigid templates: clear starts, a pure function of their key, and something happens."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.engine import make_engine
from simgen.key import Key
from simgen.record import Trajectory
from simgen.rotation import to_matrix
from simgen.scene import RigidBody, Scene
from simgen.surface import surface_mesh
from simgen.template import find, template_names

NAMES = [name for name in template_names() if name.startswith("rigid/")]


def make(name: str, seed: int) -> Scene:
    key = Key(seed).child(name)
    return find(name).sample(key).build(key.child("build"))


def vertices(body: RigidBody) -> np.ndarray:
    """(V, 3) world positions at the start of everything drawn of a body."""
    turn = to_matrix(body.quaternion)
    return surface_mesh(body).vertices @ turn.T + np.asarray(body.position)


def simulate(scene: Scene) -> Trajectory:
    (result,) = make_engine("mujoco").simulate([scene])
    assert isinstance(result, Trajectory), result
    return result


def test_there_are_many_rigid_templates() -> None:
    assert len(NAMES) >= 15


@pytest.mark.parametrize("name", NAMES)
def test_nothing_starts_below_the_floor(name: str) -> None:
    """1 mm: painted trim may stand that far out of a ball on the floor."""
    for seed in range(3):
        for body in make(name, seed).bodies:
            if body.motion == "dynamic":
                assert vertices(body)[:, 2].min() > -1e-3, (seed, body.name)


@pytest.mark.parametrize("name", NAMES)
def test_equal_keys_build_equal_scenes_and_others_differ(name: str) -> None:
    a, b, c = make(name, 4), make(name, 4), make(name, 5)
    assert [x.name for x in a.bodies] == [x.name for x in b.bodies]
    for x, y in zip(a.bodies, b.bodies, strict=True):
        assert x.position == y.position
        assert x.velocity == y.velocity
        assert [s.look for s in x.shapes] == [s.look for s in y.shapes]
    assert [x.position for x in a.bodies] != [x.position for x in c.bodies]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_something_moves_and_no_energy_appears(name: str) -> None:
    """Two clips each: overlap at the start is refused by the engine; a free body moves or turns in
    >= 40 % of the frames; without kinematic bodies the energy never exceeds its start by more
    than 1 % (one step of the impact law)."""
    for seed in range(2):
        scene = make(name, seed)
        states = simulate(scene)
        free = np.array([b.motion == "dynamic" for b in scene.bodies])
        speed = np.linalg.norm(states.bodies.velocity[:, free], axis=-1).max(axis=1)
        turning = np.linalg.norm(states.bodies.angular_velocity[:, free], axis=-1).max(axis=1)
        assert ((speed > 0.03) | (turning > 1.0)).mean() > 0.4
        moved = np.linalg.norm(np.ptp(states.bodies.position[:, free], axis=0), axis=-1)
        assert moved.max() > 0.01
        driven = any(b.motion == "kinematic" for b in scene.bodies)
        if states.energy is not None and not driven:
            start = float(states.energy[0])
            assert states.energy.max() - start < 0.01 * abs(start) + 1e-3
