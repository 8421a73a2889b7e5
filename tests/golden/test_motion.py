"""Flow, depth change and occlusion against closed forms, and every sign.

Tolerance of flow: float32 output of a number of a few px, 1e-5 px, unless a test says otherwise.
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
    trajectory_of,
)

from simgen.geometry import Box, Plane, Sphere
from simgen.record import MeshStates, Trajectory
from simgen.rotation import from_axis_angle, look_at, to_matrix
from simgen.scene import Camera, Clock, Cloth, Domain, Grains, Scene

W, H = 96, 72
PIXEL = 1e-5


def with_mesh(scene: Scene, name: str, positions: np.ndarray) -> Trajectory:
    """The still trajectory of a scene with one mesh's vertices replaced, (T, V, 3)."""
    still = trajectory_of(scene)
    states = MeshStates(position=positions, velocity=np.zeros_like(positions))
    return Trajectory(
        time=still.time, bodies=still.bodies, solver=still.solver, meshes={name: states}
    )


def test_ball_moving_right_has_positive_forward_and_negative_backward_dx() -> None:
    """A ball moves by v = (0.1, 0, 0.04) m per frame: the point at X is next at X + v, so
    flow = project(X + v) - project(X), backward with -v; x is right, y is down (z up: dy < 0)."""
    v = np.array([0.1, 0.0, 0.04])
    path = [np.array([0.0, 4, 0]) + v * (t - 1) for t in range(3)]
    frame = render(scene_of([body("ball", Sphere(0.5), path=path)]), width=W, height=H)[1]
    depth = sphere_depth(W, H, path[1], 0.5)
    hit = np.isfinite(depth)
    assert (frame["valid"] == hit).all()
    points = rays(W, H) * depth[..., None]
    for name, step in (("forward_flow", v), ("backward_flow", -v)):
        expected = project(points + step, W, H) - centers(W, H)
        np.testing.assert_allclose(frame[name][hit], expected[hit], atol=PIXEL)
        assert np.isnan(frame[name][~hit]).all()
    assert (frame["forward_flow"][hit][:, 0] > 0).all()
    assert (frame["forward_flow"][hit][:, 1] < 0).all()
    assert (frame["backward_flow"][hit][:, 0] < 0).all()
    np.testing.assert_allclose(frame["forward_depth_change"][hit], 0.0, atol=1e-7)


def test_depth_change_of_a_ball_that_comes_closer() -> None:
    """Towards the camera by 0.3 m per frame: depth change is -0.3 forward and +0.3 backward, and
    the flow spreads from the principal point: x' - x = (x - cx) (z / (z - 0.3) - 1)."""
    path = [(0, 5.3, 0), (0, 5.0, 0), (0, 4.7, 0)]
    frame = render(scene_of([body("ball", Sphere(0.8), path=path)]), width=W, height=H)[1]
    hit = frame["valid"]
    np.testing.assert_allclose(frame["forward_depth_change"][hit], -0.3, atol=1e-6)
    np.testing.assert_allclose(frame["backward_depth_change"][hit], 0.3, atol=1e-6)
    off = centers(W, H) - [W / 2, H / 2]
    z = frame["depth"].astype(float)
    expected = off[hit] * (z[hit] / (z[hit] - 0.3) - 1)[:, None]
    np.testing.assert_allclose(frame["forward_flow"][hit], expected, atol=2e-5)


@pytest.mark.parametrize("shape", ["ball", "box"])
def test_rotation_in_place(shape: str) -> None:
    """A body turns by 0.2 rad per frame about a slanted axis through its centre: the point at
    c + r is next at c + R r (for a small turn r + omega dt x r)."""
    axis = np.array([0.3, -0.5, 0.8]) / np.linalg.norm([0.3, -0.5, 0.8])
    angle, center = 0.2, np.array([0.1, 4.0, -0.1])
    turns = np.stack([from_axis_angle(axis, angle * (t - 1)) for t in range(3)])
    geometry = Sphere(0.7) if shape == "ball" else Box((1.0, 0.9, 0.8))
    scene = scene_of([body("b", geometry, path=[center] * 3, turns=turns)])
    frame = render(scene, width=W, height=H)[1]
    hit = frame["valid"]
    offset = rays(W, H)[hit] * frame["depth"][hit][:, None].astype(float) - center
    for name, sign in (("forward_flow", 1), ("backward_flow", -1)):
        moved = offset @ to_matrix(from_axis_angle(axis, sign * angle)).T + center
        expected = project(moved, W, H) - centers(W, H)[hit]
        # the reference starts from the float32 depth: 4 m * 6e-8 * focal / depth = 2.4e-5 px
        np.testing.assert_allclose(frame[name][hit], expected, atol=5e-5)
    small = np.cross(angle * axis, offset) + offset + center
    rough = project(small, W, H) - centers(W, H)[hit]
    assert np.abs(frame["forward_flow"][hit] - rough).max() < 0.03 * focal(H) * 0.7 / 3.3


def test_object_coordinates_stick_to_a_turning_ball() -> None:
    """Follow the flow: the rest position at the landing point is the one at the start."""
    turns = np.stack([from_axis_angle((0, 0, 1), 0.1 * t) for t in range(2)])
    scene = scene_of(
        [body("b", Sphere(1.0), path=[(0, 3, 0), (0.02, 3, 0)], turns=turns)], frames=2
    )
    first, second = render(scene, width=W, height=H)
    hit = first["valid"] & ~first["forward_occlusion"]
    landing = centers(W, H)[hit] + first["forward_flow"][hit]
    column, row = np.floor(landing).astype(int).T
    same = second["valid"][row, column]
    change = second["object_coordinates"][row, column] - first["object_coordinates"][hit]
    # up to half a pixel apart: 0.5 px * 2 m / focal / sin(slope), over the 2 m box
    assert np.median(np.abs(change[same]).max(-1)) < 0.75 * 2.0 / focal(H) / 2
    turned = np.abs(second["object_coordinates"] - first["object_coordinates"])[hit]
    assert np.median(turned.max(-1)) > 0.03


def test_moving_camera_over_a_static_wall() -> None:
    """The eye moves by (0.05, 0.1, -0.02) per frame towards a wall at y = 4: a static point's flow
    is its projection from the next eye minus the pixel's centre; depth change is -0.1 exactly."""
    step = np.array([0.05, 0.1, -0.02])
    eyes = np.array([t * step for t in range(3)])
    scene = scene_of([body("wall", Box((30, 1, 30)), position=(0, 4.5, 0))], eyes=eyes)
    frame = render(scene, width=W, height=H)[1]
    points = rays(W, H) * (4.0 - eyes[1][1]) + eyes[1]
    np.testing.assert_allclose(frame["depth"], 4.0 - eyes[1][1], rtol=3e-7)
    for name, eye in (("forward", eyes[2]), ("backward", eyes[0])):
        expected = project(points, W, H, eye) - centers(W, H)
        np.testing.assert_allclose(frame[f"{name}_flow"], expected, atol=PIXEL)
        change = -(eye - eyes[1])[1]
        np.testing.assert_allclose(frame[f"{name}_depth_change"], change, atol=1e-6)
    assert (frame["forward_flow"][:, W // 4 : W // 3, 0] < 0).all()


def test_turning_camera() -> None:
    """The camera pans right by 0.01 rad per frame: the world moves left by focal tan(0.01) at the
    centre of the picture."""
    angle = 0.01 * np.arange(3)
    target = np.stack([np.sin(angle), np.cos(angle), 0 * angle], 1)
    scene = scene_of([body("wall", Box((90, 1, 90)), position=(0, 4.5, 0))])
    camera = Camera(camera_to_world=look_at(np.zeros((3, 3)), target), field_of_view=0.7)
    scene = Scene(elements=scene.elements, clock=Clock(frames=3, fps=10), cameras=(camera,))
    flow = render(scene, width=37, height=23)[1]["forward_flow"][11, 18]
    np.testing.assert_allclose(flow, [-focal(23) * np.tan(0.01), 0.0], atol=PIXEL)


def test_frame_t_shows_the_pose_at_t() -> None:
    """A ball at x = 0, 0.3, 0.9, 1.8: the picture of frame t is the ball at its place at t, and the
    flow of frame t leads to t + 1 (no lag of one frame in either)."""
    path = np.array([[0, 6, 0], [0.3, 6, 0], [0.9, 6, 0], [1.8, 6, 0]], float)
    frames = render(scene_of([body("ball", Sphere(0.4), path=path)], frames=4), width=W, height=H)
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    for t, frame in enumerate(frames):
        assert (frame["valid"] == np.isfinite(sphere_depth(W, H, path[t], 0.4))).all()
        hit = frame["valid"]
        points = rays(W, H)[hit] * frame["depth"][hit][:, None].astype(float)
        for name, other in (("forward_flow", t + 1), ("backward_flow", t - 1)):
            if 0 <= other < 4:
                expected = project(points + path[other] - path[t], W, H) - centers(W, H)[hit]
                np.testing.assert_allclose(frame[name][hit], expected, atol=5e-5)


def test_zero_motion_is_exactly_zero_flow() -> None:
    """Still matter of every kind under a still camera: zero to the last bit, nothing occluded."""
    corners = np.array([[-1, 3, -1], [0, 3.2, -1], [0, 3, 1], [-1, 3, 1]], float)
    sheet = Cloth(
        name="sheet",
        vertices=corners,
        faces=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        material=STUFF,
    )
    heap = Grains(
        name="heap",
        positions=np.random.default_rng(0).uniform((0, 3, -1), (1, 5, 1), (200, 3)),
        radius=0.08,
        spacing=0.1,
        material=STUFF,
        domain=Domain(lower=(-1, 0, -1), upper=(1, 9, 1)),
    )
    turn = from_axis_angle((1, 2, 3), 0.7)
    things = [
        body("floor", Plane(30), position=(0, 0, -1)),
        body("box", Box((1, 1, 1)), position=(1.3, 7, 0.3), quaternion=turn),
        body("ball", Sphere(0.5), position=(-0.3, 5, 0.9), quaternion=turn),
        sheet,
        heap,
    ]
    frame = render(scene_of(things), width=W, height=H)[1]
    hit = frame["valid"]
    assert set(np.unique(frame["segmentation"])) >= {1, 2, 3, 4, 5}
    for side in ("forward", "backward"):
        assert (frame[f"{side}_flow"][hit] == 0).all()
        assert (frame[f"{side}_depth_change"][hit] == 0).all()
        assert not frame[f"{side}_occlusion"].any()


def test_first_and_last_frame_have_no_neighbour() -> None:
    """Backward is invalid in frame 0, forward in the last one; a clip of one frame has neither."""
    scene = scene_of([body("ball", Sphere(1.0), position=(0, 5, 0))], frames=3)
    frames = render(scene)
    for t, side, valid in (
        (0, "backward", False),
        (0, "forward", True),
        (1, "backward", True),
        (1, "forward", True),
        (2, "forward", False),
        (2, "backward", True),
    ):
        hit = frames[t]["valid"]
        assert np.isfinite(frames[t][f"{side}_flow"][hit]).all() == valid
        assert np.isfinite(frames[t][f"{side}_depth_change"][hit]).all() == valid
        assert not frames[t][f"{side}_occlusion"].any()
    (single,) = render(scene_of([body("ball", Sphere(1.0), position=(0, 5, 0))], frames=1))
    assert np.isnan(single["forward_flow"]).all()
    assert np.isnan(single["backward_flow"]).all()


def test_occlusion_behind_a_passing_plate() -> None:
    """A plate at y = 4 steps right by 0.2 m per frame before a wall at y = 8. A wall pixel is
    occluded at t + 1 exactly where the ray of its centre crosses the plate's place at t + 1."""
    path = [(-0.2, 4, 0), (0.0, 4, 0), (0.2, 4, 0)]
    things = [
        body("wall", Box((40, 1, 40)), position=(0, 8.5, 0)),
        body("plate", Box((0.8, 0.01, 0.6)), path=path),
    ]
    frame = render(scene_of(things), width=W, height=H)[1]
    front = rays(W, H) * 3.995
    for side, x in (("forward", 0.2), ("backward", -0.2)):
        covered = (np.abs(front[..., 0] - x) < 0.4) & (np.abs(front[..., 2]) < 0.3)
        wall = frame["segmentation"] == 1
        occluded = frame[f"{side}_occlusion"]
        assert occluded[wall].sum() > 50
        # the plate's own thickness hides a further sliver: compare away from its edges
        edge = (np.abs(np.abs(front[..., 0] - x) - 0.4) < 0.003) | (
            np.abs(np.abs(front[..., 2]) - 0.3) < 0.003
        )
        assert (occluded == covered)[wall & ~edge].all()
        assert not occluded[frame["segmentation"] == 2].any()


def test_outside_the_picture_counts_as_occluded() -> None:
    """The eye moves right by 1 m before a wall at y = 4: what lands left of column 0 is out."""
    eyes = np.array([[0.0, 0, 0], [1.0, 0, 0]])
    scene = scene_of([body("wall", Box((40, 1, 40)), position=(0, 4.5, 0))], eyes=eyes, frames=2)
    first, second = render(scene, width=W, height=H)
    x = centers(W, H)[..., 0]
    shift = focal(H) / 4.0
    assert ((x - shift < 0) == first["forward_occlusion"]).all()
    assert ((x + shift >= W) == second["backward_occlusion"]).all()
    assert np.isfinite(first["forward_flow"]).all()


def test_behind_the_camera_has_no_flow() -> None:
    """The eye passes through a plate: its points are behind it then, flow NaN and occluded."""
    eyes = np.array([[0.0, 0, 0], [0.0, 3, 0]])
    things = [body("plate", Box((0.5, 0.1, 0.5)), position=(0, 2, 0))]
    first, _ = render(scene_of(things, eyes=eyes, frames=2))
    hit = first["valid"]
    assert hit.sum() > 100
    assert np.isnan(first["forward_flow"]).all()
    assert np.isnan(first["forward_depth_change"]).all()
    assert first["forward_occlusion"][hit].all()


def test_a_point_that_turns_away_is_occluded() -> None:
    """A ball turned by half a turn in one frame: every point that was seen is on the far side."""
    turns = np.stack([from_axis_angle((0, 0, 1), np.pi * t * 0.999) for t in range(2)])
    scene = scene_of([body("b", Sphere(1.0), path=[(0, 5, 0)] * 2, turns=turns)], frames=2)
    first, _ = render(scene, width=W, height=H)
    hit = first["valid"]
    # from 5 m a little more than the near half is hidden afterwards: all of the seen cap is
    assert first["forward_occlusion"][hit].all()
    assert np.isfinite(first["forward_flow"][hit]).all()


def test_shearing_cloth_moves_by_its_vertices() -> None:
    """A sheet at y = 3 whose vertices move by (0.1 z, 0, 0) per frame: linear in each triangle, so
    the flow of every pixel is focal * 0.1 z / 3."""
    grid = np.linspace(-1, 1, 5)
    vertices = np.array([[x, 3.0, z] for z in grid for x in grid])
    faces = []
    for i in range(4):
        for j in range(4):
            a = 5 * i + j
            faces += [[a, a + 1, a + 6], [a, a + 6, a + 5]]
    sheet = Cloth(name="sheet", vertices=vertices, faces=np.array(faces, np.int32), material=STUFF)
    scene = scene_of([sheet])
    shear = vertices[:, 2:] * np.array([0.1, 0, 0])
    positions = np.stack([vertices + (t - 1) * shear for t in range(3)])
    frame = render(scene, width=W, height=H, trajectory=with_mesh(scene, "sheet", positions))[1]
    hit = frame["valid"]
    z = (rays(W, H) * 3.0)[..., 2]
    expected = focal(H) * 0.1 * z / 3.0
    # vertices are recorded as float32: 1.2e-7 m * focal / 3
    np.testing.assert_allclose(frame["forward_flow"][hit][:, 0], expected[hit], atol=5e-5)
    np.testing.assert_allclose(frame["backward_flow"][hit][:, 0], -expected[hit], atol=5e-5)
    np.testing.assert_allclose(frame["forward_flow"][hit][:, 1], 0, atol=5e-5)
    coordinates = frame["object_coordinates"][hit]
    np.testing.assert_allclose(coordinates[:, 2], (z[hit] + 1) / 2, atol=1e-6)


def test_forward_then_backward_returns() -> None:
    """A turning box, a moving eye: backward flow at the landing pixel undoes forward flow."""
    angle = 0.05 * np.arange(3)
    turns = np.stack([from_axis_angle((0.2, 0.1, 1), a) for a in angle])
    things = [
        body("floor", Plane(30), position=(0, 0, -0.8)),
        body("box", Box((1, 1, 1)), path=[(0.1 * t, 4, 0) for t in range(3)], turns=turns),
    ]
    eyes = np.array([[0.02 * t, 0.03 * t, 0.3] for t in range(3)])
    frames = render(scene_of(things, eyes=eyes), width=320, height=240)
    a, b = frames[0], frames[1]
    seen = a["valid"] & ~a["forward_occlusion"]
    landing = centers(320, 240) + np.nan_to_num(a["forward_flow"])
    column, row = (
        np.clip(np.floor(landing[..., k]).astype(int), 0, n - 1) for k, n in ((0, 320), (1, 240))
    )
    same = seen & (b["segmentation"][row, column] == a["segmentation"])
    residual = np.linalg.norm(a["forward_flow"] + b["backward_flow"][row, column], axis=-1)[same]
    # the flow is sampled up to half a pixel off its landing point and changes by < 0.1 px per px
    assert np.median(residual) < 0.02
    assert np.percentile(residual, 99) < 0.5
    assert same.sum() > 0.9 * seen.sum()


def test_annotations_do_not_depend_on_what_else_is_asked_for() -> None:
    """Each pass alone equals the same pass among all."""
    scene = scene_of([body("ball", Sphere(0.5), path=[(0, 4, 0), (0.1, 4, 0), (0.2, 4, 0)])])
    whole = render(scene)
    for name in sorted(ANNOTATIONS - {"temperature", "transmittance", "volume_depth"}):
        alone = render(scene, passes=frozenset({name}))
        for one, all_of_it in zip(alone, whole, strict=True):
            assert list(one.passes) == [name]
            np.testing.assert_array_equal(one[name], all_of_it[name])


def test_nothing_hides_in_a_concave_corner() -> None:
    """Floor, back wall and side wall seen by a moving eye: no surface hides another, so no point
    that stays in the picture is occluded, not even next to the seams."""
    eyes = np.array([[0.02 * t, 0.05 * t, 0.6] for t in range(3)])
    things = [
        body("floor", Plane(30)),
        body("back", Box((40, 1, 10)), position=(0, 8.5, 4)),
        body("side", Box((1, 40, 10)), position=(-3.5, 0, 4)),
    ]
    frame = render(scene_of(things, eyes=eyes), width=320, height=240)[1]
    assert frame["valid"].all()
    for side in ("forward", "backward"):
        landing = centers(320, 240) + frame[f"{side}_flow"]
        stays = ((landing >= 0) & (landing < [320, 240])).all(-1)
        assert stays.mean() > 0.9
        assert (frame[f"{side}_occlusion"] == ~stays).all()
