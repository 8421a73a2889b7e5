"""Stored clips rendered again: the same bits with the stored settings, and exact in others."""

import json
from dataclasses import replace
from pathlib import Path

import av
import h5py
import numpy as np
import pytest

from simgen.catalog import load
from simgen.certificate import Certificate
from simgen.cli import main
from simgen.cluster import RunOptions, run_job
from simgen.errors import SimgenError
from simgen.footage import Footage
from simgen.job import Job
from simgen.listing import list_clips
from simgen.pipeline import generate, simulate, write_shard
from simgen.reader import DatasetReader
from simgen.record import PASSES
from simgen.recording import Recording, Stopwatch, of_configuration, of_scene, record
from simgen.renderer import View, make_renderer
from simgen.replay import Replay
from simgen.reshoot import RenderOptions, reshoot
from simgen.rotation import look_at, to_matrix
from simgen.scene import Clock
from simgen.shot import CameraPath, Shot
from simgen.store import Store
from simgen.verify import verify

LABELS = tuple(name for name in PASSES if name != "rgb")
MATTER = {
    "liquid": "fluid/dam_break",
    "cloth": "garment/towel_fold",
    "grains": "granular/sand_column",
    "gas": "thermodynamics/smoke_plume",
    "rope": "rope/rope_release",
}


def arrays(clip, *names) -> dict:
    """Every stored array in these groups of a clip."""
    found = {}
    for name in names:
        clip.group[name].visititems(
            lambda path, item, name=name: (
                found.update({f"{name}/{path}": item[()]})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


def assert_equal_bits(one: dict, other: dict) -> None:
    assert set(one) == set(other)
    for name, array in one.items():
        assert array.tobytes() == other[name].tobytes(), name


@pytest.fixture(scope="module")
def again(clips_dataset, tmp_path_factory) -> Path:
    """The dataset rendered again with the stored settings, with videos."""
    folder = tmp_path_factory.mktemp("again") / "d"
    done = reshoot(clips_dataset, folder, RenderOptions(videos=True))
    assert (done.clips, done.rejected) == (3, {})
    return folder


def test_stored_settings_give_the_stored_clips(clips_dataset, again) -> None:
    for old, new in zip(load(clips_dataset), load(again), strict=True):
        parts = ("passes", "camera", "tracks", "trajectory")
        assert_equal_bits(arrays(old, *parts), arrays(new, *parts))
        assert old.certificate == new.certificate
        changed = {"config_hash", "shots", "recorded_size"}
        for name in set(new.attributes) - changed:
            assert new.attributes[name] == old.attributes[name], name
        assert new.attributes["config_hash"] != old.attributes["config_hash"]
    assert verify(again).ok


def test_pictures_are_the_stored_ones_before_encoding(clips_dataset) -> None:
    clip = load(clips_dataset)[0]
    view = View(width=64, height=36, samples=1)
    frames = make_renderer("warp").render(clip.scene(), clip.trajectory, view, frozenset({"rgb"}))
    for frame, stored in zip(frames, clip.frames.stack("rgb"), strict=True):
        error = frame["rgb"].astype(float) - stored
        assert 10 * np.log10(255**2 / np.mean(error**2)) > 30


def test_videos_are_the_stored_pictures(again) -> None:
    for clip in load(again):
        with av.open(str(again / "videos" / f"{clip.name.replace('/', '-')}.mp4")) as file:
            frames = list(file.decode(video=0))
        assert [frame.time for frame in frames] == pytest.approx(np.arange(14) / 24)
        shown = [f.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray() for f in frames]
        assert np.array_equal(shown, clip.frames.stack("rgb"))


def swaying(trajectory, size: float = 0.02):
    """States that move: matter sways as a whole and shears, smoke drifts."""
    t = np.arange(trajectory.frames)[:, None]

    def moved(states):
        place = states.position
        shift = size * np.sin(0.7 * t + 3 * place[..., 2])
        return replace(states, position=(place + shift[..., None] * [1, 0.5, 0.2]).astype("f4"))

    def drifted(states):
        x, y, z = np.indices(states.smoke.shape[1:])
        smoke = 0.5 + 0.5 * np.sin(0.3 * (x + y) + 0.2 * z - t[..., None, None])
        return replace(states, smoke=smoke.astype("f4"))

    return replace(
        trajectory,
        meshes={k: moved(v) for k, v in trajectory.meshes.items()},
        particles={k: moved(v) for k, v in trajectory.particles.items()},
        grids={k: drifted(v) for k, v in trajectory.grids.items()},
    )


@pytest.fixture(scope="module")
def matter(tmp_path_factory) -> Path:
    """A shard of clips of soft and loose matter whose motion is made up."""
    folder = tmp_path_factory.mktemp("matter")
    for name in ("shards", "manifest", "quarantine"):
        (folder / name).mkdir()
    small = {"frames": 4, "width": 48, "height": 28, "passes": LABELS, "shard_size": 8}
    job = Job(templates=list(MATTER.values()), engine="null", **small)

    def make(index, file):
        configuration, key = job.configuration(index), job.key_of(index)
        scene = job.scene(index)
        recording = Recording(
            key=key,
            configuration=configuration,
            scene=scene,
            trajectory=swaying(simulate(scene, engine="null")),
            of_states=Certificate(findings=()),
        )
        template = configuration.name()
        row = {"index": index, "name": f"{template}/{index:06d}", "seed": 0, "template": template}
        row |= {"category": configuration.category(), "split": "all", "draw": index, "take": 1}
        row |= {"changed": "", "engine": "null", "width": 48, "height": 28}
        row |= of_configuration(job, key, 1, configuration) | of_scene(
            job, key, configuration, scene
        )
        return record(job, recording, file, row, Stopwatch(), make_renderer("warp"))

    info = write_shard(job, 0, folder, job.indices(0), make)
    assert [o.detail for o in info.outcomes if not o.accepted] == []
    return folder / info.file


@pytest.mark.parametrize("kind", MATTER)
def test_every_kind_of_matter_is_drawn_again_to_the_bit(kind, matter, tmp_path) -> None:
    (stored,) = (c for c in load(matter) if c.name.startswith(MATTER[kind]))
    reshoot(matter, tmp_path / "d", RenderOptions(clips=(stored.name,)))
    (drawn,) = load(tmp_path / "d")
    assert_equal_bits(arrays(stored, "passes"), arrays(drawn, "passes"))
    if kind == "gas":
        assert stored.frames.stack("transmittance").min() < 0.9
    else:
        assert np.abs(stored.frames.read("forward_flow", 0)).max() > 0.05


SOME = ("depth", "segmentation", "forward_flow", "backward_flow", "forward_occlusion")


def rendered(path, folder, *, clip: str = "0", passes=SOME, **shot):
    """One clip rendered with a shot."""
    reshoot(path, folder, RenderOptions(shot=Shot(**shot), clips=(clip,), passes=passes))
    (found,) = load(folder)
    return found


def test_a_lower_rate_has_the_motion_between_its_own_instants(clips_dataset, tmp_path) -> None:
    stored = load(clips_dataset)[0]
    slow = rendered(clips_dataset, tmp_path / "d", fps=8)
    assert (len(slow.frames), slow.attributes["fps"]) == (5, 8)
    assert np.array_equal(slow.trajectory.time, stored.trajectory.time[::3])
    assert np.array_equal(slow.frames.camera_to_world, stored.frames.camera_to_world[::3])
    assert slow.trajectory.solver.substeps == 3 * stored.trajectory.solver.substeps
    for name in ("depth", "segmentation"):
        assert np.array_equal(slow.frames.stack(name), stored.frames.stack(name)[::3])
    for t in range(4):
        for body in (o for o in slow.objects if o.dynamic):
            seen = slow.frames.read("segmentation", t) == body.id
            missed = np.abs(slow.frames.read("forward_flow", t) - carried(slow, t, body.name))
            assert missed[seen].max(initial=0) < 0.02
    assert np.isnan(slow.frames.read("forward_flow", 4)).all()
    assert verify(tmp_path / "d").ok


def carried(clip, t, name):
    """(H, W, 2) where a body takes what is seen at frame t until the next one [px]."""
    depth, matrix = clip.frames.read("depth", t).astype(float), clip.frames.intrinsics
    y, x = np.indices(depth.shape) + 0.5
    pixel = np.stack([x, y, np.ones_like(x)], -1)
    local = pixel @ np.linalg.inv(matrix).T * depth[..., None]
    bodies, i = clip.trajectory.bodies, clip.trajectory.bodies.names.index(name)
    before, after = (pose(bodies.position[k, i], bodies.quaternion[k, i]) for k in (t, t + 1))
    eyes = clip.frames.camera_to_world
    move = np.linalg.inv(eyes[t + 1]) @ after @ np.linalg.inv(before) @ eyes[t]
    there = (local @ move[:3, :3].T + move[:3, 3]) @ matrix.T
    return there[..., :2] / there[..., 2:] - pixel[..., :2]


def pose(position, quaternion):
    """(4, 4) body to world."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = to_matrix(quaternion), position
    return matrix


def test_another_size_is_what_an_export_of_that_size_has(clips_dataset, tmp_path) -> None:
    stored = load(clips_dataset)[0]
    square = rendered(clips_dataset, tmp_path / "d", size=(48, 48), frames=(0, 3))
    footage = Footage(stored, size=(48, 48))
    assert np.allclose(square.frames.intrinsics, footage.intrinsics, rtol=1e-12)
    frames = footage.frames(frozenset({"depth", "segmentation"}))
    for frame, t in zip(frames, range(3), strict=False):
        assert np.array_equal(frame["segmentation"], square.frames.read("segmentation", t))
        near = np.isclose(frame["depth"], square.frames.read("depth", t), rtol=7e-5)
        assert near[np.isfinite(frame["depth"])].all()


def test_the_own_camera_from_a_file_gives_the_same_bits(clips_shard, tmp_path) -> None:
    stored = load(clips_shard)[0]
    camera = stored.scene().camera()
    content = {
        "field_of_view": camera.field_of_view,
        "camera_to_world": camera.camera_to_world.tolist(),
    }
    (tmp_path / "own.json").write_text(json.dumps(content))
    words = ["render", str(clips_shard), "--out", str(tmp_path / "d"), "--clip", "0"]
    assert main([*words, "--camera", str(tmp_path / "own.json"), "--passes", ",".join(LABELS)]) == 0
    (drawn,) = load(tmp_path / "d")
    old = {k: v for k, v in arrays(stored, "passes", "camera").items() if k != "passes/rgb"}
    assert_equal_bits(old, arrays(drawn, "passes", "camera"))
    prompt = drawn.captions["prompt"].lower()
    assert prompt.endswith(("the camera moves.", "moving shot."))


def test_keyframes_are_met_and_never_overshot() -> None:
    steps = [(0, (2, 0, 1)), (0.5, (2, 0, 1)), (1, (0, 2, 1.5))]
    keyframes = [{"time": t, "eye": eye, "target": (0, 0, 0.2)} for t, eye in steps]
    path = CameraPath(field_of_view=0.8, keyframes=keyframes)
    poses = path.camera(Clock(frames=13, fps=8)).camera_to_world
    for t, eye in steps:
        assert np.allclose(poses[round(8 * t)], look_at(eye, (0, 0, 0.2)))
    assert np.allclose(poses[:5], poses[0])
    assert np.allclose(poses[8:], poses[8])
    assert (np.diff(poses[4:9, 2, 3]) > 0).all()


def test_shots_add_up_and_readers_see_what_is_shown(clips_dataset, tmp_path) -> None:
    """Every second instant of a wider picture, then a part of it: rendered, read and replayed."""
    first = tmp_path / "first"
    reshoot(clips_dataset, first, RenderOptions(shot=Shot(fps=12, size=(80, 36)), passes=SOME))
    part = rendered(first, tmp_path / "second", frames=(2, 6))
    whole = load(first)[0]
    assert part.scene().camera().field_of_view == whole.scene().camera().field_of_view
    for name in ("depth", "segmentation"):
        assert np.array_equal(part.frames.stack(name), whole.frames.stack(name)[2:6])
    store = Store(tmp_path / "second")
    reader, entry = DatasetReader(store), list_clips(store).entry(0)
    drawn = Replay(reader).passes(entry, ("segmentation", "forward_flow"), range(4))
    assert np.array_equal(drawn["segmentation"], part.frames.stack("segmentation"))
    moved = np.abs(drawn["forward_flow"] - part.frames.stack("forward_flow"))
    assert np.nanmax(moved) <= 1 / 256
    (frame, *_) = Footage(part, fps=6).frames(frozenset({"depth"}))
    assert np.array_equal(frame["depth"], part.frames.read("depth", 0))


def test_the_new_job_makes_the_clips_from_nothing(clips_dataset, again) -> None:
    shown = load(again)
    assert generate(shown.job, 1).digest() == shown[1].digest()


def test_a_still_is_a_clip_of_one_frame(clips_dataset, tmp_path) -> None:
    still = rendered(clips_dataset, tmp_path / "d", frames=(6, 7), passes=("depth", "segmentation"))
    stored = load(clips_dataset)[0]
    assert np.array_equal(still.frames.stack("depth")[0], stored.frames.read("depth", 6))


def test_a_killed_rendering_goes_on(clips_dataset, tmp_path) -> None:
    folder, names = tmp_path / "d", []

    def stop_at_second_shard(name: str) -> None:
        names.append(name)
        if len(names) == 3:
            raise KeyboardInterrupt

    options = RenderOptions(passes=SOME)
    with pytest.raises(KeyboardInterrupt):
        reshoot(clips_dataset, folder, options, progress=stop_at_second_shard)
    (first,) = (folder / "shards").glob("*.h5")
    before = first.stat().st_mtime_ns
    (folder / "shards" / "shard-00001.h5.tmp-4194305-1").write_bytes(b"half")
    done = reshoot(clips_dataset, folder, options, progress=names.append)
    assert [name[-1] for name in names] == ["0", "1", "2", "2"]
    assert first.stat().st_mtime_ns == before
    assert done.clips == 3
    assert list(folder.rglob("*.tmp-*")) == []
    with pytest.raises(SimgenError, match=r"holds clips \[0, 1\] in shard 0, now \[1\]"):
        reshoot(clips_dataset, folder, replace(options, clips=("1",)))
    with pytest.raises(SimgenError, match="holds the dataset of another job"):
        reshoot(clips_dataset, folder, replace(options, samples=2))


POSE = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
CAMERAS = {
    "two.yaml": {"field_of_view": 1, "camera_to_world": [POSE, POSE]},
    "mirror.yaml": {"field_of_view": 1, "camera_to_world": [[[-1, 0, 0, 0], *POSE[1:]]]},
    "both.yaml": {
        "field_of_view": 1,
        "camera_to_world": [POSE],
        "keyframes": [{"eye": [1, 0, 0], "target": [0, 0, 0]}],
    },
    "down.yaml": {"field_of_view": 1, "keyframes": [{"eye": [0, 0, 3], "target": [0, 0, 0]}]},
    "wide.yaml": {"field_of_view": 60, "camera_to_world": [POSE]},
    "fov.yaml": {"field_of_veiw": 1, "camera_to_world": [POSE]},
    "list.yaml": [1, 2],
}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fps", "48"], "not 48: instants in between were not simulated"),
        (["--fps", "16"], "make the job anew with fps=48"),
        (["--frames", "10:20"], "has 14 frames at 24 frames/s; frames 10:20 are not among them"),
        (["--frames", "5:5"], "choose A:B with 0 <= A < B <= 14"),
        (["--size", "8x8"], "greater than or equal to 16"),
        (["--size", "63x35", "--video"], "take --size 64x36"),
        (["--passes", "depth,flow"], "unknown pass 'flow'"),
        (["--samples", "0"], "samples"),
        (["--clip", "7"], "unknown clip '7'"),
        (["--clip", "rigid/ball_bounce/000009"], "did you mean rigid/ball_bounce/00000"),
        (["--camera", "left"], "no camera 'left' (it has: main)"),
        (["--camera", "gone.yaml"], "cannot read the camera 'gone.yaml': No such file"),
        (["--camera", "two.yaml"], "2 poses in camera_to_world for 14 frames"),
        (["--camera", "mirror.yaml"], "camera_to_world[0] is no pose"),
        (["--camera", "both.yaml"], "either keyframes or camera_to_world"),
        (["--camera", "down.yaml"], "for a view from above: up: [0, 1, 0]"),
        (["--camera", "wide.yaml"], "'field_of_view' got 60"),
        (["--camera", "fov.yaml"], "did you mean field_of_view"),
        (["--camera", "list.yaml"], "must hold field_of_view"),
        (["--renderer", "wrap"], "did you mean warp"),
        (["--renderer", "pyrender", "--passes", "rgb,normal"], "cannot give normal"),
        (["--device", "cuda:9"], "device 'cuda:9'"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    words, message, clips_dataset, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in CAMERAS.items():
        (tmp_path / name).write_text(json.dumps(content))
    assert main(["render", str(clips_dataset), "--out", "d", *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "d").exists()


def test_foreign_folders_and_files_are_refused(clips_dataset, tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SimgenError, match="is not a simgen dataset"):
        reshoot(clips_dataset, tmp_path)
    with pytest.raises(SimgenError, match="holds the dataset of another job"):
        reshoot(clips_dataset, clips_dataset)
    with pytest.raises(SimgenError, match="not HDF5"):
        reshoot(tmp_path / "notes.txt", tmp_path / "d")
    with pytest.raises(SimgenError, match="does not exist"):
        reshoot(tmp_path / "gone.h5", tmp_path / "d")


def test_rejected_clips_and_clips_without_states_are_refused(null_job, tmp_path) -> None:
    folder = tmp_path / "d"
    run_job(null_job(clips=2, passes=("rgb", "segmentation")), RunOptions(out=folder))
    (rejected, _) = sorted((folder / "quarantine").glob("*.h5"))
    with pytest.raises(SimgenError, match="domino_chain/000000 was rejected when it was made"):
        reshoot(rejected, tmp_path / "out")
    with pytest.raises(SimgenError, match="was rejected when it was made"):
        reshoot(folder, tmp_path / "out", RenderOptions(clips=("1",)))
    with pytest.raises(SimgenError, match="holds no accepted clip"):
        reshoot(folder, tmp_path / "out")


def test_a_shard_without_states_says_so(clips_shard, tmp_path) -> None:
    bare = tmp_path / "bare.h5"
    bare.write_bytes(clips_shard.read_bytes())
    with h5py.File(bare, "a") as file:
        del file["clips/00000001/trajectory"]
    with pytest.raises(SimgenError, match=r"ball_bounce/000001 holds no states"):
        reshoot(bare, tmp_path / "out")
    assert not (tmp_path / "out").exists()
