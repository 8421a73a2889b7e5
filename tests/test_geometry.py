"""Mass properties against closed forms; rotations against their definitions."""

import numpy as np
import pytest

from simgen.errors import SimgenError
from simgen.geometry import (
    Box,
    Capsule,
    Cylinder,
    Plane,
    Sphere,
    TriangleMesh,
    bounds,
    mass_properties,
    triangulate,
)
from simgen.key import Key
from simgen.rotation import (
    align_z,
    continuous,
    from_axis_angle,
    from_matrix,
    look_at,
    multiply,
    random,
    rotate,
    to_matrix,
)


@pytest.mark.parametrize(
    "solid", [Sphere(0.3), Box((0.2, 0.4, 0.6)), Capsule(0.1, 0.5), Cylinder(0.2, 0.3)], ids=str
)
def test_closed_forms_agree_with_a_fine_mesh(solid) -> None:
    # A polyhedron inscribed with 128 facets per circle misses O((2 pi/128)^2 / 6) = 0.04 % of the
    # area,
    # twice that of the volume and of the inertia.
    exact = mass_properties(solid, 700.0)
    fine = triangulate(solid, segments=128)
    meshed = mass_properties(TriangleMesh(fine.vertices + [0.1, 0, -0.2], fine.faces), 700.0)
    assert meshed.mass == pytest.approx(exact.mass, rel=4e-3)
    assert np.allclose(meshed.center_of_mass, exact.center_of_mass + [0.1, 0, -0.2], atol=1e-4)
    assert np.allclose(meshed.inertia, exact.inertia, rtol=8e-3, atol=1e-9)
    assert np.allclose(bounds(fine), bounds(solid), atol=2e-3)


def test_a_plane_has_no_mass() -> None:
    with pytest.raises(SimgenError, match="static"):
        mass_properties(Plane(), 1.0)


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        (np.zeros((3, 2)), [[0, 1, 2]]),
        (np.zeros((3, 3)), [[0, 1, 3]]),
        (np.full((3, 3), np.nan), [[0, 1, 2]]),
        (np.zeros((3, 3)), np.zeros((0, 3), int)),
        (np.outer(np.arange(3.0), [0.3, 0.2, 0.1]), [[0, 1, 2]]),
    ],
)
def test_bad_meshes_are_refused(vertices, faces) -> None:
    with pytest.raises(SimgenError, match="mesh"):
        TriangleMesh(vertices, np.asarray(faces))


def test_quaternions_compose_like_matrices() -> None:
    rng = Key(0).rng()
    for _ in range(20):
        a, b, v = random(rng), random(rng), rng.normal(size=3)
        assert np.allclose(to_matrix(multiply(a, b)), to_matrix(a) @ to_matrix(b))
        assert np.allclose(rotate(a, v), to_matrix(a) @ v)
        assert np.allclose(to_matrix(from_matrix(to_matrix(a))), to_matrix(a))
        assert np.allclose(rotate(align_z(v), [0, 0, 1]), v / np.linalg.norm(v))
    # right-handed: a quarter turn about z takes x to y
    assert np.allclose(rotate(from_axis_angle((0, 0, 2), np.pi / 2), [1, 0, 0]), [0, 1, 0])


def test_quaternion_signs_become_continuous() -> None:
    angles = np.linspace(0, 9 * np.pi, 60)
    raw = np.stack([from_axis_angle((0, 0, 1), a % (2 * np.pi)) for a in angles])
    smooth = continuous(raw[:, None])[:, 0]
    assert (np.sum(smooth[1:] * smooth[:-1], axis=1) > 0).all()
    assert np.allclose(to_matrix(smooth), to_matrix(raw))


def test_look_at_has_opencv_axes() -> None:
    pose = look_at([0, -2, 1], [0, 0, 1])
    assert np.allclose(pose[:3, 2], [0, 1, 0])  # z forward
    assert np.allclose(pose[:3, 0], [1, 0, 0])  # x right
    assert np.allclose(pose[:3, 1], [0, 0, -1])  # y down
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)
