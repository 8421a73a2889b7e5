"""MOVi and MotionCrafter read back by readers that follow their published loaders."""

from dataclasses import replace

import av
import h5py
import numpy as np
import pytest

import simgen
from simgen.annotators.tracks import project
from simgen.export import ExportOptions, export
from simgen.exporters.movi_instances import collisions
from simgen.footage import Footage, windows
from simgen.record import Contacts
from simgen.stride import strided

CLIP = "rigid-ball_bounce-000000"


@pytest.fixture(scope="module")
def clip(clips_shard):
    return simgen.load(clips_shard)[0]


def test_movi_is_decoded_as_its_dataset_says(clips_shard, clip, tmp_path) -> None:
    """The formulas of movi_a.py; values are those of the shard within half a code."""
    folder = tmp_path / "out"
    export(clips_shard, "movi", folder)
    with np.load(folder / f"{CLIP}.npz", allow_pickle=False) as file:
        movi = {name: file[name] for name in file.files}

    def decoded(name):
        low, high = movi[f"metadata/{name}_range"]
        return movi[name] / 65535 * (high - low) + low, 0.51 * (high - low) / 65535 + 1e-5

    frames = clip.frames
    matrix = frames.intrinsics
    rows, columns = np.mgrid[0.5:36, 0.5:64]
    ray = np.stack([(columns - 32) / matrix[0, 0], (rows - 18) / matrix[1, 1]], -1)
    stretch = np.sqrt(1 + (ray**2).sum(-1))
    distance, half = decoded("depth")
    depth = frames.stack("depth")
    hit = np.isfinite(depth)
    assert np.array_equal(movi["valid"][..., 0], hit)
    assert np.abs(distance[..., 0] - depth * stretch)[hit].max() < half
    assert (movi["depth"][..., 0][~hit] == 65535).all()
    for name, sign in (("forward_flow", 1), ("backward_flow", -1)):
        flow, half = decoded(name)
        stored = frames.stack(name)
        known = np.isfinite(stored).all(-1)
        assert np.array_equal(movi[f"{name}_valid"][..., 0], known)
        assert np.abs(flow - sign * stored[..., ::-1])[known].max() < half
        assert np.abs(flow[~known]).max() < half
    normal = movi["normal"] / 65535 * 2 - 1
    assert np.abs(normal - frames.stack("normal")).max() < 2e-5
    places = movi["object_coordinates"] / 65535
    assert np.abs(places - np.clip(frames.stack("object_coordinates"), 0, 1)).max() < 2e-5
    assert np.array_equal(movi["video"], frames.stack("rgb"))
    assert_instances(movi, clip)


def assert_instances(movi, clip) -> None:
    names = list(movi["instances/name"])
    ids = clip.frames.stack("segmentation")
    moving = {o.name: o.id for o in clip.objects if o.dynamic}
    counts = [int((ids == moving[name]).sum()) for name in names]
    assert counts == sorted(counts, reverse=True)
    assert set(names) == {name for name, i in moving.items() if (ids == i).any()}
    expected = np.zeros_like(ids)
    for k, name in enumerate(names):
        expected[ids == moving[name]] = k + 1
    assert movi["segmentations"].dtype == np.uint8
    assert np.array_equal(movi["segmentations"][..., 0], expected)
    assert movi["instances/visibility"].sum(1).tolist() == counts
    bodies = clip.trajectory.bodies
    index = [bodies.names.index(name) for name in names]
    positions = np.moveaxis(bodies.position[:, index], 0, 1)
    assert np.allclose(movi["instances/positions"], positions, atol=1e-6)
    assert np.allclose(movi["instances/mass"], bodies.mass[index])
    box = movi["instances/bboxes_3d"]
    assert np.allclose(box.mean(2), positions, atol=1e-5)  # balls
    for row in range(len(movi["instances/bboxes"])):
        k, t = movi["instances/bbox_instance"][row], movi["instances/bbox_frames"][row]
        where = np.nonzero(expected[t] == k + 1)
        low, high = movi["instances/bboxes"][row, :2], movi["instances/bboxes"][row, 2:]
        assert np.allclose(low * (36, 64), [w.min() for w in where])
        assert np.allclose(high * (36, 64), [w.max() + 1 for w in where])
    assert_camera(movi, positions)


def assert_camera(movi, positions) -> None:
    """Kubric's PerspectiveCamera.project_point finds the stored image positions."""
    from scipy.spatial.transform import Rotation

    focal, sensor = movi["camera/focal_length"], movi["camera/sensor_width"]
    assert movi["camera/field_of_view"] == pytest.approx(2 * np.arctan2(sensor / 2, focal))
    fx, fy = focal / sensor, focal / (sensor / 64 * 36)
    matrix = np.array([[fx, 0, -0.5], [0, -fy, -0.5], [0, 0, -1]])
    for t, (place, turn) in enumerate(
        zip(movi["camera/positions"], movi["camera/quaternions"], strict=True)
    ):
        rotation = Rotation.from_quat(np.roll(turn, -1)).as_matrix()
        seen = (positions[:, t] - place) @ rotation @ matrix.T
        shown = seen[:, :2] / seen[:, 2:]
        assert np.allclose(shown, movi["instances/image_positions"][:, t], atol=1e-4)


def test_motioncrafter_is_read_by_its_loaders_logic(clips_shard, clip, tmp_path) -> None:
    """Video.__init__, _get_output_numpy and PointMaptoWorld of its datasets/."""
    folder = tmp_path / "out"
    export(clips_shard, "motioncrafter", folder, ExportOptions(fps=24))
    lines = (folder / "meta_infos.txt").read_text().splitlines()
    video, data = lines[0].split()[:2]
    assert (video, data) == (
        f"rigid-ball_bounce/{CLIP}.mp4",
        f"rigid-ball_bounce/{CLIP}.hdf5",
    )
    with av.open(str(folder / video)) as pictures:
        assert pictures.streams.video[0].frames == int(lines[0].split()[2]) == 7
    with h5py.File(folder / data) as file:
        found = {name: file[name][:] for name in file}  # type: ignore[index]
        assert file["point_map"].chunks == (1, 32, 64, 3)  # type: ignore[union-attr]
    kinds = {name: str(array.dtype) for name, array in found.items()}
    assert kinds == {
        "camera_pose": "float16",
        "deform_mask": "bool",
        "point_map": "float16",
        "scene_flow": "float16",
        "valid_mask": "bool",
    }
    pose = found["camera_pose"].astype(float)
    points = found["point_map"].astype(float)
    world = np.einsum("tij,thwj->thwi", pose[:, :3, :3], points) + pose[:, None, None, :3, 3]
    moved = points[:-1] + found["scene_flow"][:-1].astype(float)
    after = np.einsum("tij,thwj->thwi", pose[1:, :3, :3], moved) + pose[1:, None, None, :3, 3]
    flow = (after - world[:-1]) * found["deform_mask"][:-1, ..., None]
    footage = Footage(clip, fps=24, size=(64, 32))
    frames = list(footage.frames(frozenset({"depth", "segmentation"})))
    first = np.linalg.inv(footage.camera_to_world[0])
    still = [item.id for item in clip.objects if not item.dynamic]
    bodies = clip.trajectory.bodies
    for t, frame in enumerate(frames[:-1]):
        hit = np.isfinite(frame["depth"])
        assert np.array_equal(found["valid_mask"][t], hit)
        assert np.array_equal(found["deform_mask"][t], hit)
        z = points[t, ..., 2]
        assert (np.abs(z - frame["depth"])[hit] <= frame["depth"][hit] / 1024).all()
        rigid = np.isin(frame["segmentation"], still) & hit
        slack = 4e-3 * z[rigid] + 1e-3  # half precision of points and poses
        assert (np.linalg.norm(flow[t][rigid], axis=-1) < slack).all()
    shown = max(
        (o for o in clip.objects if o.dynamic),
        key=lambda o: int((frames[2]["segmentation"] == o.id).sum()),
    )
    index = bodies.names.index(shown.name)
    way = bodies.position[6, index] - bodies.position[4, index]
    on = frames[2]["segmentation"] == shown.id
    assert np.linalg.norm(np.median(flow[2][on], 0) - first[:3, :3] @ way) < 0.02
    assert not found["scene_flow"][-1].any()
    assert not found["deform_mask"][-1].any()


def test_movi_collisions_are_those_of_the_window(clip) -> None:
    """Of three contacts one lies between the exported instants; statics are 65535."""
    footage = Footage(clip, fps=24)
    moving = [item for item in clip.objects if item.dynamic][:2]
    floor = next(item for item in clip.objects if not item.dynamic)
    contacts = Contacts(
        frame=np.array([2, 3, 4]),
        instance_a=np.array([moving[0].id, moving[0].id, floor.id]),
        instance_b=np.array([moving[1].id, moving[1].id, moving[1].id]),
        position=np.tile(clip.trajectory.bodies.position[0, 0], (3, 1)),
        normal=np.tile([0.0, 0.0, 1.0], (3, 1)),
        depth=np.zeros(3),
        impulse=np.array([1.0, 2.0, 3.0]),
    )
    footage.__dict__["trajectory"] = strided(
        replace(clip.trajectory, contacts=contacts), slice(None, None, 2)
    )
    (window,) = windows(footage, "x", frozenset({"depth"}), 7, 1)
    found = collisions(window, moving)
    assert found["events/collisions/frame"].tolist() == [1, 2]
    assert found["events/collisions/instances"].tolist() == [[0, 1], [65535, 1]]
    force = np.array([1.0, 3.0]) / clip.trajectory.solver.dt
    assert np.allclose(found["events/collisions/force"], force)
    assert (found["events/collisions/contact_normal"] == [0, 0, -1]).all()  # b to a
    shown = found["events/collisions/image_position"]
    pixels, _ = project(contacts.position[:1, None].repeat(7, 1), *camera_of(window))
    assert np.allclose(shown * (64, 36), pixels[0, [1, 2]], atol=1e-3)


def camera_of(window):
    return window.camera_to_world, window.footage.intrinsics
