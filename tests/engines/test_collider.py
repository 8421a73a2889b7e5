"""Obstacles of the Warp solvers: distances, normals and velocities against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simgen.geometry import Box, Capsule, Cylinder, Plane, Sphere, TriangleMesh, triangulate
from simgen.material import Material
from simgen.rotation import from_axis_angle, rotate
from simgen.scene import Clock, Keyframes, RigidBody, Scene, Shape

pytest.importorskip("warp")
STUFF = Material(name="test/stuff", density=1000.0, friction=0.5)


def colliders(*bodies: RigidBody):
    from simgen.engines.warp_solvers.collider import Colliders

    return Colliders(Scene(elements=bodies, clock=Clock(frames=2, fps=24)))


def body(geometry, **rest) -> RigidBody:
    options: dict[str, Any] = {"name": "thing", "motion": "static"} | rest
    return RigidBody(shapes=(Shape(geometry=geometry, material=STUFF),), **options)


@pytest.mark.parametrize(
    ("geometry", "point", "distance", "normal"),
    [
        (Sphere(0.5), (0, 0, 0.7), 0.2, (0, 0, 1)),
        (Sphere(0.5), (0.3, 0, 0), -0.2, (1, 0, 0)),
        (Box((1, 2, 3)), (0.4, 0, 0), -0.1, (1, 0, 0)),
        (Box((1, 2, 3)), (0.8, 1.4, 0), 0.5, (0.6, 0.8, 0)),
        (Capsule(0.2, 1.0), (0, 0.5, 0.3), 0.3, (0, 1, 0)),
        (Capsule(0.2, 1.0), (0, 0, 0.9), 0.2, (0, 0, 1)),
        (Cylinder(0.5, 1.0), (0, 0, 0.45), -0.05, (0, 0, 1)),
        (Cylinder(0.5, 1.0), (0.8, 0, 0.9), 0.5, (0.6, 0, 0.8)),
        (Plane(), (5, 5, -0.3), -0.3, (0, 0, 1)),
        (triangulate(Box((1, 2, 3))), (0.45, 0.1, 0.2), -0.05, (1, 0, 0)),
        (triangulate(Box((1, 2, 3))), (0.8, 1.4, 0), 0.5, (0.6, 0.8, 0)),
    ],
)
def test_distance_and_normal(geometry, point, distance, normal) -> None:
    """Closed forms in the shape frame, at a turned and moved pose (tolerance: float32)."""
    turn, place = from_axis_angle((1, 2, 3), 0.7), np.array([1.0, -2.0, 0.5])
    where = place + rotate(turn, point)
    thing = body(geometry, position=tuple(place), quaternion=tuple(turn))
    d, n, v, shape = colliders(thing).distances(where[None], 0.0)
    assert d[0] == pytest.approx(distance, abs=2e-6)
    np.testing.assert_allclose(n[0], rotate(turn, normal), atol=2e-5)
    assert shape[0] == 0
    np.testing.assert_array_equal(v[0], 0)


def test_union_of_hulls_keeps_the_gap_between_them() -> None:
    """A mesh with hulls collides as their union: the middle of a gap of 1 m is 0.5 m from both."""
    cube = triangulate(Box((1, 1, 1)))
    offset = np.array([1.0, 0.0, 0.0])
    left, right = cube.vertices - offset, cube.vertices + offset
    mesh = TriangleMesh(
        np.vstack([left, right]),
        np.vstack([cube.faces, cube.faces + len(left)]),
        hulls=(left, right),
    )
    d, *_ = colliders(body(mesh)).distances(np.array([[0, 0, 0], [1.0, 0, 0.45]]), 0.0)
    np.testing.assert_allclose(d, [0.5, -0.05], atol=2e-6)


def test_kinematic_bodies_move_and_carry_their_surface_velocity() -> None:
    """v = v0 + w x r for a body that slides at 1 m/s and turns at 2 rad/s about z."""
    times = np.linspace(0, 1, 101)
    quaternions = np.array([from_axis_angle((0, 0, 1), 2 * t) for t in times])
    path = Keyframes(times=times, positions=np.outer(times, [1.0, 0, 0]), quaternions=quaternions)
    thing = body(Sphere(0.5), motion="kinematic", keyframes=path)
    d, _, v, _ = colliders(thing).distances(np.array([[0.5, 0.6, 0.0]]), 0.5)
    assert d[0] == pytest.approx(0.1, abs=1e-5)
    np.testing.assert_allclose(v[0], [1.0 - 2 * 0.6, 0.0, 0.0], atol=1e-3)


def test_nothing_within_reach() -> None:
    """Shapes farther than the reach are not looked at; a scene without obstacles answers too."""
    d, _, _, shape = colliders(body(Sphere(0.1))).distances(np.array([[5.0, 0, 0]]), 0.0)
    assert shape[0] == -1
    assert d[0] > 1e5
    _, _, _, shape = colliders().distances(np.zeros((1, 3)), 0.0)
    assert shape[0] == -1
