"""Pictures of things at rest: every pass that needs one frame, against closed forms.

Positions are solved in double precision and stored as float32, so depth is right to 1 part in 1e7.
"""

from __future__ import annotations

import numpy as np
import pytest
from golden_scenes import (
    ANNOTATIONS,
    STUFF,
    body,
    centers,
    focal,
    project,
    rays,
    render,
    scene_of,
    sphere_depth,
)

from simgen.geometry import Box, Capsule, Cylinder, Plane, Sphere, TriangleMesh
from simgen.rotation import from_axis_angle, to_matrix
from simgen.scene import Cloth, Domain, Grains

ULP = 3e-7
"""Relative size of a float32 rounding step, with room for two of them."""


@pytest.mark.parametrize(("width", "height"), [(64, 48), (37, 23), (1, 1), (2, 5)])
def test_fronto_parallel_wall_at_any_size(width: int, height: int) -> None:
    """A wall across the view at y = 4: depth 4 in every pixel (planar z, not ray length), normal
    towards the camera, nothing moves. Odd sizes: the centre pixel looks along the axis."""
    scene = scene_of([body("wall", Box((40.0, 1.0, 40.0)), position=(0, 4.5, 0))])
    frame = render(scene, width=width, height=height)[1]
    assert frame["valid"].all()
    assert (frame["segmentation"] == 1).all()
    np.testing.assert_allclose(frame["depth"], 4.0, rtol=ULP)
    np.testing.assert_allclose(frame["normal"], np.broadcast_to([0, -1, 0], (height, width, 3)))
    assert (frame["forward_flow"] == 0).all()
    assert (frame["backward_flow"] == 0).all()
    # object coordinates: linear across the wall's 40 m, front face at 0 in y
    expected = rays(width, height) * 4.0
    coordinates = frame["object_coordinates"]
    np.testing.assert_allclose(coordinates[..., 0], expected[..., 0] / 40 + 0.5, atol=1e-6)
    np.testing.assert_allclose(coordinates[..., 1], 0.0, atol=1e-6)
    np.testing.assert_allclose(coordinates[..., 2], expected[..., 2] / 40 + 0.5, atol=1e-6)


def test_background_is_invalid_everywhere() -> None:
    """Nothing hit: valid false, depth +inf, id 0, normal 0, flow NaN, no occlusion."""
    scene = scene_of([body("ball", Sphere(0.5), position=(0, -5, 0))])
    frame = render(scene)[1]
    assert not frame["valid"].any()
    assert np.isposinf(frame["depth"]).all()
    assert (frame["segmentation"] == 0).all()
    assert (frame["normal"] == 0).all()
    for side in ("forward", "backward"):
        assert np.isnan(frame[f"{side}_flow"]).all()
        assert np.isnan(frame[f"{side}_depth_change"]).all()
        assert not frame[f"{side}_occlusion"].any()


def test_camera_inside_a_sphere() -> None:
    """From the centre of a sphere of radius 2 every point is 2 m away: depth = 2 cos(off axis),
    normals point back at the eye."""
    frame = render(scene_of([body("dome", Sphere(2.0))]))[1]
    d = rays(64, 48)
    d /= np.linalg.norm(d, axis=-1, keepdims=True)
    np.testing.assert_allclose(frame["depth"], 2.0 * d[..., 1], rtol=ULP)
    np.testing.assert_allclose(frame["normal"], -d, atol=1e-6)


@pytest.mark.parametrize("center", [(0.0, 6.0, 0.0), (0.9, 5.0, -0.7)])
def test_sphere_silhouette_depth_and_normals(center: tuple[float, float, float]) -> None:
    """An analytic sphere: the exact set of pixels whose centres see it, exact depth and normal."""
    width, height = 81, 61
    frame = render(scene_of([body("ball", Sphere(0.8), position=center)]), width=81, height=61)[1]
    depth = sphere_depth(width, height, center, 0.8)
    hit = np.isfinite(depth)
    assert 200 < hit.sum() < 2000
    assert (frame["valid"] == hit).all()
    np.testing.assert_allclose(frame["depth"][hit], depth[hit], rtol=ULP)
    normal = (rays(width, height) * depth[..., None] - center) / 0.8
    np.testing.assert_allclose(frame["normal"][hit], normal[hit], atol=2e-6)


def test_cube_at_a_known_pose() -> None:
    """A unit cube turned 30 degrees about z shows two sides: their corners land on the pixels that
    projection says, each side has its plane's depth and its normal."""
    turn = from_axis_angle((0, 0, 1), np.radians(30))
    center = np.array([0.2, 5.0, 0.1])
    scene = scene_of(
        [
            body("wall", Box((60, 1, 60)), position=(0, 20.5, 0)),
            body("cube", Box((1, 1, 1)), position=center, quaternion=turn),
        ]
    )
    width, height = 160, 120
    frame = render(scene, width=width, height=height)[1]
    mask = frame["segmentation"] == 2
    assert ((frame["segmentation"] == 1) == ~mask).all()
    r = to_matrix(turn)
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    image = project(corners @ r.T + center, width, height)
    rows, columns = np.nonzero(mask)
    # the silhouette's extremes are corners: pixel centres lie within half a pixel inside them
    assert columns.min() + 0.5 == pytest.approx(image[:, 0].min() + 0.5, abs=0.51)
    assert columns.max() + 0.5 == pytest.approx(image[:, 0].max() - 0.5, abs=0.51)
    assert rows.min() + 0.5 == pytest.approx(image[:, 1].min() + 0.5, abs=0.51)
    assert rows.max() + 0.5 == pytest.approx(image[:, 1].max() - 0.5, abs=0.51)
    d = rays(width, height)
    seen = np.zeros_like(mask)
    for axis, sign in ((0, -1), (0, 1), (1, -1), (2, 1), (2, -1)):
        normal = sign * r[:, axis]
        side = mask & (np.abs(frame["normal"] - normal).max(-1) < 1e-5)
        depth = (normal @ (center + 0.5 * normal)) / (d @ normal)
        np.testing.assert_allclose(frame["depth"][side], depth[side], rtol=ULP)
        seen |= side
    assert (seen == mask).all()
    # rest position of a pixel on the cube, from depth alone
    rest = (d * frame["depth"][..., None] - center) @ r + 0.5
    np.testing.assert_allclose(frame["object_coordinates"][mask], rest[mask], atol=5e-6)


@pytest.mark.parametrize(
    ("geometry", "half_width", "half_height"),
    [
        (Box((0.6, 0.4, 1.0)), 0.3, 0.5),
        (Cylinder(0.3, 1.0), 0.3, 0.5),
        (Capsule(0.3, 0.5), 0.3, 0.55),
        (Sphere(0.5), 0.5, 0.5),
    ],
)
def test_primitives_are_centred_and_sized(
    geometry: object, half_width: float, half_height: float
) -> None:
    """Seen from 50 m (nearly parallel rays) each primitive fills its extents about its origin."""
    scene = scene_of([body("thing", geometry)], eyes=(0, -50, 0))  # type: ignore[arg-type]
    width = height = 1201
    mask = render(scene, width=width, height=height)[1]["valid"]
    pixel = 50.0 / focal(height)
    rows, columns = np.nonzero(mask)
    # one pixel of quantisation plus a 48-gon's error (radius (1 - cos(pi/48)) = 0.2 %)
    room = 1.1 * pixel + 0.0022 * half_width
    assert (columns.max() - columns.min() + 1) * pixel / 2 == pytest.approx(half_width, abs=room)
    assert (rows.max() - rows.min() + 1) * pixel / 2 == pytest.approx(half_height, abs=room)
    assert abs(columns.mean() - (width - 1) / 2) < 1.0
    assert abs(rows.mean() - (height - 1) / 2) < 1.0


def test_nearest_of_triangles_and_spheres_wins() -> None:
    """A ball before a box before a floor: at each pixel the smallest closed-form depth."""
    scene = scene_of(
        [
            body("floor", Plane(50.0), position=(0, 0, -1)),
            body("box", Box((2, 2, 2)), position=(0, 7, 0)),
            body("ball", Sphere(0.6), position=(0.5, 4, 0)),
        ]
    )
    frame = render(scene)[1]
    d = rays(64, 48)
    with np.errstate(divide="ignore"):
        floor = np.where(d[..., 2] < 0, -1 / d[..., 2], np.inf)
        floor[np.abs(d[..., 0] * floor) > 50] = np.inf
        floor[floor > 50] = np.inf
    inside = (np.abs(d[..., 0] * 6) < 1) & (np.abs(d[..., 2] * 6) < 1)
    box = np.where(inside, 6.0, np.inf)
    ball = np.nan_to_num(sphere_depth(64, 48, (0.5, 4, 0), 0.6), nan=np.inf)
    stacked = np.stack([floor, box, ball])
    expected = np.where(np.isfinite(stacked.min(0)), stacked.argmin(0) + 1, 0)
    # the box's top and bottom faces are edge-on or hidden below the floor: not in these formulas
    agree = frame["segmentation"] == expected
    assert agree.mean() > 0.995
    hit = agree & (expected > 0)
    np.testing.assert_allclose(frame["depth"][hit], stacked.min(0)[hit], rtol=ULP)


def test_cloth_has_two_sides() -> None:
    """The same sheet with either winding: identical but for nothing; the normal faces the eye."""
    corners = np.array([[-1, 3, -1], [1, 3, -1], [1, 3, 1], [-1, 3, 1]], float)
    pictures = []
    for faces in ([[0, 1, 2], [0, 2, 3]], [[0, 2, 1], [0, 3, 2]]):
        sheet = Cloth(
            name="sheet", vertices=corners, faces=np.array(faces, np.int32), material=STUFF
        )
        pictures.append(render(scene_of([sheet]))[1])
    for picture in pictures:
        mask = picture["valid"]
        assert mask.sum() > 500
        np.testing.assert_allclose(picture["depth"][mask], 3.0, rtol=ULP)
        np.testing.assert_allclose(
            picture["normal"][mask], np.broadcast_to([0, -1, 0], (mask.sum(), 3)), atol=1e-7
        )
    assert (pictures[0]["segmentation"] == pictures[1]["segmentation"]).all()
    # a sheet without thickness: its flat axis has no extent and sits at 0.5
    assert (pictures[0]["object_coordinates"][pictures[0]["valid"]][:, 1] == 0.5).all()


def test_grains_are_exact_spheres() -> None:
    """Three grains: the union of three analytic spheres, one id, nearest first."""
    places = np.array([[-0.5, 4, 0], [0.5, 5, 0.3], [0.1, 3, -0.2]], float)
    heap = Grains(
        name="heap",
        positions=places,
        radius=0.3,
        spacing=0.5,
        material=STUFF,
        domain=Domain(lower=(-1, 0, -1), upper=(1, 9, 1)),
    )
    frame = render(scene_of([heap]))[1]
    depth = np.nanmin(
        np.stack([sphere_depth(64, 48, p, 0.3) for p in places] + [np.full((48, 64), np.inf)]), 0
    )
    hit = np.isfinite(depth)
    assert (frame["valid"] == hit).all()
    assert (frame["segmentation"] == hit).all()
    np.testing.assert_allclose(frame["depth"][hit], depth[hit], rtol=ULP)


def test_depth_is_planar_and_centred_on_pixels() -> None:
    """A ball on the axis of an odd picture: the centre pixel sees depth 5 - 1 exactly; its row and
    column are symmetric (a shift by half a pixel would break both)."""
    frame = render(scene_of([body("b", Sphere(1.0), position=(0, 5, 0))]), width=37, height=23)[1]
    depth = frame["depth"]
    assert depth[11, 18] == pytest.approx(4.0, rel=ULP)
    np.testing.assert_array_equal(np.isfinite(depth), np.isfinite(depth[::-1]))
    finite = np.isfinite(depth)
    np.testing.assert_allclose(depth[finite], depth[:, ::-1][finite], rtol=ULP)
    np.testing.assert_allclose(depth[finite], depth[::-1][finite], rtol=ULP)


def test_flow_origin_is_the_pixel_centre() -> None:
    """depth times the ray of the pixel's centre is the point that object coordinates name."""
    frame = render(scene_of([body("b", Box((1, 1, 1)), position=(0, 4, 0))]))[1]
    mask = frame["valid"]
    points = rays(64, 48)[mask] * frame["depth"][mask][:, None]
    np.testing.assert_allclose(project(points, 64, 48), centers(64, 48)[mask], atol=1e-5)
    rest = points - [0, 4, 0] + 0.5
    np.testing.assert_allclose(frame["object_coordinates"][mask], rest, atol=2e-6)


def test_smooth_and_faceted_meshes() -> None:
    """An octagonal prism: facet normals when faceted; drawn smooth, its 45 degree edges are sharper
    than 40 and stay facets; those of a 16-gon (22.5 degrees) are rounded: the normal is radial."""
    for sides, smooth, radial in ((8, False, False), (8, True, False), (16, True, True)):
        angle = 2 * np.pi * np.arange(sides) / sides
        ring = np.stack([np.cos(angle), np.sin(angle)], 1)
        vertices = np.concatenate([np.c_[ring, -np.ones(sides)], np.c_[ring, np.ones(sides)]])
        faces = []
        for i in range(sides):
            j = (i + 1) % sides
            faces += [[i, j, sides + j], [i, sides + j, sides + i]]
        mesh = TriangleMesh(vertices, np.array(faces, np.int32), smooth=smooth)
        frame = render(scene_of([body("prism", mesh, position=(0, 8, 0))]))[1]
        mask = frame["valid"]
        normal = frame["normal"][mask]
        azimuth = np.arctan2(normal[:, 1], normal[:, 0])
        if radial:
            points = rays(64, 48)[mask] * frame["depth"][mask][:, None] - [0, 8, 0]
            off = np.angle(np.exp(1j * (azimuth - np.arctan2(points[:, 1], points[:, 0]))))
            assert np.abs(off).max() < np.radians(1.5)
        else:
            steps = (azimuth - np.pi / sides) / (2 * np.pi / sides)
            np.testing.assert_allclose(steps, np.round(steps), atol=1e-5)


def test_ids_follow_objects_and_optional_passes_stay_away() -> None:
    """Segmentation = index into `objects` + 1; no temperature or smoke pass without such matter."""
    scene = scene_of(
        [body(f"b{i}", Sphere(0.4), position=(i - 2.0, 8, 0)) for i in range(5)], frames=1
    )
    (frame,) = render(scene)
    ids = frame["segmentation"]
    columns = [np.nonzero(ids == o.id)[1].mean() for o in scene.objects]
    assert (np.diff(columns) > 0).all()
    assert set(frame.passes) == ANNOTATIONS - {"temperature", "transmittance", "volume_depth"}


def test_smooth_normals_face_the_eye_from_inside_too() -> None:
    """From the axis of a smooth 32-sided tube (wound outward): normals are minus radial, to the
    1.3 degrees by which interpolated normals of a polygon may differ between corners."""
    sides = 32
    angle = 2 * np.pi * np.arange(sides) / sides
    ring = 2.0 * np.stack([np.cos(angle), np.sin(angle)], 1)
    vertices = np.concatenate([np.c_[ring, np.full(sides, -5.0)], np.c_[ring, np.full(sides, 5.0)]])
    i = np.arange(sides)
    j = (i + 1) % sides
    faces = np.concatenate([np.stack([i, j, sides + j], 1), np.stack([i, sides + j, sides + i], 1)])
    frame = render(scene_of([body("tube", TriangleMesh(vertices, faces.astype(np.int32)))]))[1]
    points = rays(64, 48) * frame["depth"][..., None].astype(float)
    radial = points[..., :2] / np.linalg.norm(points[..., :2], axis=-1, keepdims=True)
    cosine = -np.sum(frame["normal"][..., :2] * radial, axis=-1)
    assert cosine.min() > np.cos(np.radians(1.3))
