"""The curved skin of soft matter: through the coarse vertices, closed, round where they are."""

import numpy as np
import pytest

from simgen.annotators.tracks import material_points
from simgen.engine import make_engine
from simgen.geometry import Sphere, triangulate
from simgen.key import Key
from simgen.record import Trajectory
from simgen.scene import Inflatable, SoftBody
from simgen.surface import SurfaceModel, skin_of
from simgen.surface.mesh import split_sharp
from simgen.surface.skin import Skin
from simgen.template import find


def ball() -> tuple[np.ndarray, np.ndarray]:
    """A coarse ball of radius 1, its vertices shared."""
    mesh = triangulate(Sphere(1.0), segments=12)
    _, first, index = np.unique(
        np.round(mesh.vertices, 9), axis=0, return_index=True, return_inverse=True
    )
    return mesh.vertices[first], index.reshape(-1)[mesh.faces].astype(np.int32)


def test_a_coarse_ball_is_drawn_rounder_through_its_own_vertices() -> None:
    vertices, faces = ball()
    skin = Skin(faces)
    fine = skin.spread(vertices)
    np.testing.assert_array_equal(fine[: len(vertices)], vertices)
    assert len(skin.faces) == 16 * len(faces)
    before = 1 - np.linalg.norm(vertices[faces].mean(axis=1), axis=1).min()
    after = np.abs(np.linalg.norm(fine[skin.faces].mean(axis=1), axis=1) - 1).max()
    assert after < 0.25 * before


def test_a_skin_is_closed_and_faces_outward() -> None:
    vertices, faces = ball()
    skin = Skin(faces)
    directed = skin.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    assert len(np.unique(directed, axis=0)) == len(directed)
    pairs, counts = np.unique(np.sort(directed, axis=1), axis=0, return_counts=True)
    assert (counts == 2).all()
    assert len(pairs) * 2 == 3 * len(skin.faces)
    a, b, c = (skin.spread(vertices)[skin.faces[:, k]] for k in range(3))
    volume = np.sum(a * np.cross(b, c)) / 6
    assert 0.97 < volume / (4 / 3 * np.pi) < 1.0


def test_flat_facets_and_folds_stay_straight() -> None:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([t for a, b, c, d in sides for t in ((a, b, c), (a, c, d))], np.int32)
    split = split_sharp(corners, faces)
    fine = Skin(split.faces).spread(corners[split.source])
    assert np.abs(np.abs(fine - 0.5).max(axis=1) - 0.5).max() < 1e-12  # on the cube's surface


@pytest.mark.parametrize("name", ["deformable/squeezed_sponge", "inflatable/beach_ball"])
def test_tracks_lie_on_the_skin_that_is_drawn(name) -> None:
    template = find(name)
    scene = template.sample(Key(0).child("a")).build(Key(0).child("b"))
    (states,) = make_engine("null").simulate([scene])
    assert isinstance(states, Trajectory)
    body = next(e for e in scene.elements if isinstance(e, SoftBody | Inflatable))
    item = next(o for o in scene.objects if o.name == body.name)
    points = material_points(scene, states, item, 40, (np.zeros(3), 1.0))
    assert points is not None
    model = SurfaceModel(scene, states)
    patch = next(p for p in model.patches if p.instance == item.id)
    a, b, c = (patch.vertices(0)[patch.faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    for point in points[:, 0]:
        # Within a facet: the three part-triangles about the point add up to it.
        parts = [np.cross(q - p, point - p) for p, q in ((a, b), (b, c), (c, a))]
        inside = np.min([np.sum(n * normal, axis=1) for n in parts], axis=0) > -1e-9
        height = np.abs(np.sum((point - a) * normal, axis=1))
        assert height[inside].min() < 1e-6
    soft = isinstance(body, SoftBody)
    coarse = body.surface_faces if soft else body.faces
    assert len(skin_of(body)[1].faces) == (16 if soft else 4) * len(coarse)
