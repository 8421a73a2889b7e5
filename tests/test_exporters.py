"""Every export format read back: by its consumer's library where there is one without torchvision,
else by a reader that follows the consumer's published loader."""

import csv
import json
import pickle
import shutil
from pathlib import Path

import av
import h5py
import numpy as np
import pytest
from PIL import Image

import simgen
from simgen.errors import SimgenError
from simgen.export import ExportOptions, export
from simgen.footage import Footage
from simgen.job import Job
from simgen.pipeline import produce
from simgen.shard import write_header

CLIP = "rigid-ball_bounce-000000"


def exported(clips_shard, folder: Path, to: str, **options) -> Path:
    export(clips_shard, to, folder, ExportOptions(**options))
    return folder


@pytest.fixture(scope="module")
def clip(clips_shard):
    return simgen.load(clips_shard)[0]


def pictures_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as video:
        frames = [
            f.reformat(format="rgb24", src_colorspace="ITU709") for f in video.decode(video=0)
        ]
    return np.stack([f.to_ndarray() for f in frames])


def difference(a, b) -> float:
    return float(np.abs(np.asarray(a, float) - np.asarray(b, float)).mean())


# folder


@pytest.fixture(scope="module")
def videos(clips_shard, tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos") / "out"
    return exported(clips_shard, folder, "folder", fps=16)


def test_videos_hold_the_stored_instants(videos, clip) -> None:
    path = videos / "videos" / f"{CLIP}.mp4"
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.width, context.height) == (64, 32)
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        assert context.color_range == 1
        assert (stream.average_rate, stream.frames) == (16, 5)
        assert float(stream.duration * stream.time_base) == pytest.approx(
            5 / 16, abs=1e-3
        )  # ticks of MP4
    pictures = pictures_of(path)
    assert pictures.shape == (5, 32, 64, 3)
    for t, picture in enumerate(pictures):
        kept = clip.frames.read("rgb", 3 * t)[2:34]
        assert difference(picture, kept) < 4
        others = [clip.frames.read("rgb", k)[2:34] for k in range(14) if k != 3 * t]
        assert difference(picture, kept) < min(difference(picture, other) for other in others)
    first = np.asarray(Image.open(videos / "first_frames" / f"{CLIP}.png"))
    assert np.array_equal(first, clip.frames.read("rgb", 0)[2:34])


def test_hugging_face_datasets_read_the_folder(videos, clip, tmp_path) -> None:
    import datasets

    for words in (("videofolder", {"data_dir": str(videos)}), (str(videos), {})):
        found = datasets.load_dataset(
            words[0], split="train", cache_dir=str(tmp_path), **words[1]
        ).cast_column("video", datasets.Video(decode=False))
        assert found.column_names == ["video", "caption", "clip", "template"]
        assert len(found) == 2
        assert found[0]["clip"] == clip.name
        assert Path(found[0]["video"]["path"]).name == f"{CLIP}.mp4"
        assert found[0]["caption"] == clip.captions["prompt"]
        assert found[0]["caption"] == (videos / "videos" / f"{CLIP}.txt").read_text().strip()


def test_trainers_read_the_folder(videos) -> None:
    """What finetrainers, diffusion-pipe, musubi-tuner, DiffSynth, VideoX-Fun and Open-Sora do."""
    stems = {CLIP, "rigid-ball_bounce-000001"}
    # finetrainers: exactly one of these; diffusion-pipe: every file of the folder is a video or
    # its caption; musubi-tuner: all videos there
    lists = [videos / f"metadata.{kind}" for kind in ("json", "jsonl", "csv")]
    assert [path.name for path in lists if path.exists()] == ["metadata.jsonl"]
    media = [p for p in (videos / "videos").iterdir() if p.suffix not in (".txt", ".json")]
    assert {p.stem for p in media} == stems
    assert all(p.suffix == ".mp4" and p.with_suffix(".txt").read_text() for p in media)
    # DiffSynth (pandas) and VideoX-Fun (JSON) join their base folder with the path
    with open(videos / "videos.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    items = json.loads((videos / "videos.json").read_text())
    for row, item in zip(rows, items, strict=True):
        assert (videos / row["video"]).is_file()
        assert row["video"] == item["file_path"]
        assert item["type"] == "video"
        assert (item["width"], item["height"]) == (64, 32)
        assert row["prompt"] == row["text"] == item["text"]
        # Open-Sora opens the path as it is, from any folder
        assert Path(row["path"]).is_absolute()
        assert Path(row["path"]).is_file()
        assert (int(row["num_frames"]), float(row["fps"])) == (5, 16)
        assert int(row["resolution"]) == int(row["height"]) * int(row["width"])
        assert float(row["aspect_ratio"]) == 0.5


# WebDataset


def test_webdataset_reads_the_shards(clips_shard, clip, tmp_path) -> None:
    import webdataset

    passes = ("depth", "segmentation", "forward_flow", "backward_flow")
    options = {"frames": 7, "passes": passes, "shard_size": 1}
    folder = exported(clips_shard, tmp_path / "out", "webdataset", **options)
    tars = sorted(str(p) for p in folder.glob("*.tar"))
    assert [Path(p).name for p in tars] == ["shard-000000.tar", "shard-000001.tar"]
    samples = list(webdataset.WebDataset(tars, shardshuffle=False).decode())
    assert [s["__key__"] for s in samples] == [
        f"rigid-ball_bounce-00000{i}-0{k}" for i in (0, 1) for k in (0, 1)
    ]
    for number, sample in enumerate(samples[:2]):
        arrays, about = sample["npz"], sample["json"]
        assert about["clip"] == clip.name
        assert about["start"] == pytest.approx(7 * number / 48)
        assert sample["txt"] == clip.captions["prompt"]
        assert about["captions"] == clip.captions
        assert [item["name"] for item in about["objects"]] == [o.name for o in clip.objects]
        for t in range(7):
            for name in passes:
                stored = clip.frames.read(name, 7 * number + t)
                outside = (name, t) in (("forward_flow", 6), ("backward_flow", 0))
                expected = np.full_like(stored, np.nan) if outside else stored
                assert np.array_equal(arrays[name][t], expected, equal_nan=True), (name, t)
        poses = clip.frames.camera_to_world[7 * number : 7 * number + 7]
        assert np.array_equal(arrays["camera_to_world"], poses)
        assert np.allclose(arrays["intrinsics"], clip.frames.intrinsics)
        (tmp_path / "v.mp4").write_bytes(sample["mp4"])
        shown = pictures_of(tmp_path / "v.mp4")
        assert difference(shown, [clip.frames.read("rgb", 7 * number + t) for t in range(7)]) < 4
    again = exported(clips_shard, tmp_path / "again", "webdataset", **options)
    assert (again / "shard-000000.tar").read_bytes() == Path(tars[0]).read_bytes()


def test_hugging_face_datasets_read_the_shards(clips_shard, tmp_path) -> None:
    """As finetrainers does; a pass that the scenes do not have is empty, never left out."""
    import datasets

    passes = ("depth", "transmittance")
    folder = exported(clips_shard, tmp_path / "out", "webdataset", fps=16, passes=passes)
    files = [str(folder / "shard-000000.tar")]
    found = datasets.load_dataset("webdataset", data_files=files, split="train", streaming=True)
    samples = list(found.cast_column("mp4", datasets.Video(decode=False)))
    assert [s["__key__"] for s in samples] == [CLIP, "rigid-ball_bounce-000001"]
    assert all({"mp4", "txt", "json", "npz"} <= set(s) for s in samples)
    assert (np.asarray(samples[0]["npz"]["transmittance"]) == 1).all()


def test_a_stopped_webdataset_loses_no_sample(clips_shard, tmp_path, monkeypatch) -> None:
    from simgen.exporters.webdataset import WebDatasetExporter

    options = ExportOptions(frames=7, passes=("depth",), shard_size=1)
    write = WebDatasetExporter.write

    def stops(self, window):
        if window.name.endswith("000001-01"):
            raise KeyboardInterrupt
        return write(self, window)

    monkeypatch.setattr(WebDatasetExporter, "write", stops)
    with pytest.raises(KeyboardInterrupt):
        export(clips_shard, "webdataset", tmp_path / "out", options)
    assert [p.name for p in (tmp_path / "out").glob("*.tar")] == ["shard-000000.tar"]
    monkeypatch.setattr(WebDatasetExporter, "write", write)
    assert export(clips_shard, "webdataset", tmp_path / "out", options).items == 4
    export(clips_shard, "webdataset", tmp_path / "whole", options)
    for name in ("shard-000000.tar", "shard-000001.tar"):
        one, other = tmp_path / "out" / name, tmp_path / "whole" / name
        assert one.read_bytes() == other.read_bytes()


# TAP-Vid


def test_tapvid_is_read_as_the_benchmark_does(clips_shard, clip, tmp_path) -> None:
    """create_davis_dataset and sample_queries_first of tapnet's evaluation_datasets.py."""
    folder = exported(clips_shard, tmp_path / "out", "tapvid", fps=24)
    with open(folder / "tapvid.pkl", "rb") as file:
        found = pickle.load(file)
    assert type(found) is dict
    assert list(found) == [CLIP, "rigid-ball_bounce-000001"]
    element = found[CLIP]
    frames, occluded = element["video"], element["occluded"]
    assert (frames.shape, frames.dtype) == ((7, 36, 64, 3), np.uint8)
    assert (element["points"].dtype, occluded.dtype) == (np.float32, bool)
    target = element["points"] * np.array([frames.shape[2], frames.shape[1]])
    tracks = clip.annotations.tracks
    seen = tracks.visible[:, ::2].any(axis=1)
    visible = tracks.visible[seen, ::2]
    assert np.array_equal(~occluded, visible)
    assert np.abs(target - tracks.pixels[seen, ::2])[visible].max() < 1e-4
    assert np.isfinite(target).all()
    assert np.array_equal(frames, clip.frames.stack("rgb")[::2])
    for row in range(len(target)):
        index = np.where(occluded[row] == 0)[0][0]
        x, y = target[row, index]
        assert 0 <= x <= 64
        assert 0 <= y <= 36
    with np.load(folder / "npz" / f"{CLIP}.npz", allow_pickle=False) as file:
        assert sorted(file.files) == ["occluded", "points", "video"]
        for name in file.files:
            assert np.array_equal(file[name], element[name])


# Physics-IQ


@pytest.fixture(scope="module")
def two_takes(tmp_path_factory):
    """A shard of grey clips: two scenarios in two takes, 150 frames at 30 frames/s."""
    job = Job(
        name="takes",
        templates={"rigid/domino_chain": 1},
        clips=2,
        takes=2,
        frames=150,
        fps=30,
        width=24,
        height=16,
        engine="null",
        renderer="null",
        overrides={"camera_motion": "static"},
        passes=("rgb", "depth", "segmentation"),
    )
    path = tmp_path_factory.mktemp("takes") / "shard.h5"
    with h5py.File(path, "w") as file:
        write_header(file, job.resolved())
        for index in range(4):
            produce(job, index, file)
            file[f"clips/{index:08d}"].attrs["accepted"] = True  # grey, for a test of names
    return path


def test_physics_iq_names_are_parsed_as_its_code_does(two_takes, tmp_path) -> None:
    """validate_video_files of run_physics_iq.py and the first pass of process_videos."""
    folder = exported(two_takes, tmp_path / "out", "physics_iq")
    testing = folder / "split-videos" / "testing" / "30FPS"
    with open(folder / "descriptions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["scenario", "description", "category", "generated_video_name"]
    expected, generated = set(), []
    for number, row in enumerate(rows):
        identifier, view, take, scenario = row["scenario"].split("_")
        assert int(identifier) == number + 1
        assert take == ("take-1" if number < 6 else "take-2")
        expected.add(f"{identifier}_testing-videos_30FPS_{view}_{take}_{scenario}")
        if take == "take-1":
            generated.append(row["generated_video_name"])
            assert row["generated_video_name"] == f"{identifier}_{view}_{scenario}"
    assert {path.name for path in testing.iterdir()} == expected
    assert len(generated) == 6
    scenarios: dict = {}
    for name in sorted(expected):
        parts = name.split("_")
        assert len(parts) == 6
        scenarios.setdefault(parts[5], {}).setdefault(parts[4], set()).add(parts[3])
    views = {"perspective-left", "perspective-center", "perspective-right"}
    assert scenarios == {
        f"rigid-domino-chain-00000{i}.mp4": {"take-1": views, "take-2": views} for i in (0, 2)
    }
    assert {row["category"] for row in rows} == {"Solid Mechanics"}
    clips = simgen.load(two_takes)
    assert rows[3]["description"] == clips[2].captions["prompt"]
    assert "camera" in rows[3]["description"]
    with av.open(str(testing / sorted(expected)[0])) as video:
        stream = video.streams.video[0]
        assert (stream.frames, stream.average_rate) == (150, 30)
        assert video.duration == 5_000_000  # us; run_physics_iq.py wants 5 s within 1 ms
    frames = sorted(path.name for path in (folder / "switch-frames").iterdir())
    assert len(frames) == 6
    assert frames[0] == ("0001_switch-frames_anyFPS_perspective-left_rigid-domino-chain-000000.jpg")


def test_physics_iq_wants_two_takes_and_five_seconds(two_takes, clips_shard, tmp_path) -> None:
    one = tmp_path / "one.h5"
    shutil.copy(two_takes, one)
    with h5py.File(one, "a") as file:
        del file["clips/00000003"]
    with pytest.raises(SimgenError, match=r"1 of 2 have one .*takes=2.*--allow-missing"):
        export(one, "physics_iq", tmp_path / "out")
    with pytest.raises(SimgenError, match="gives 48, 24, 16"):
        export(clips_shard, "physics_iq", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with h5py.File(one, "a") as file:
        poses = file["clips/00000000/camera/camera_to_world"]
        poses[7, 0, 3] += 0.01  # type: ignore[index]
    with pytest.raises(SimgenError, match="moving camera.*camera_motion=static"):
        export(one, "physics_iq", tmp_path / "out")
    shutil.copy(two_takes, one)
    with h5py.File(one, "a") as file:
        del file["clips/00000003"]
    options = ExportOptions(allow_missing=True)
    done = export(one, "physics_iq", tmp_path / "out", options)
    assert (done.clips, done.items) == (3, 9)
    with h5py.File(one, "a") as file:
        del file["clips/00000002"]
    with pytest.raises(SimgenError, match="counts 2 scenarios, now there are 1"):
        export(one, "physics_iq", tmp_path / "out", options)


def test_only_the_first_seconds_go_to_physics_iq(two_takes, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("simgen.exporters.physics_iq.SECONDS", 1)
    assert export(two_takes, "physics_iq", tmp_path / "out").items == 12
    path = next((tmp_path / "out" / "split-videos" / "testing" / "30FPS").iterdir())
    with av.open(str(path)) as video:
        assert video.streams.video[0].frames == 30


def test_side_cameras_turn_about_what_moves(clip) -> None:
    from simgen.exporters.physics_iq import event, orbited, side_angles

    footage = Footage(clip, fps=24)
    camera = clip.scene().camera()
    center = event(footage.scene, footage.trajectory, camera)
    eye = camera.camera_to_world[0, :3, 3]
    for angle, side in ((40.0, 1), (-40.0, -1)):
        pose = orbited(camera, center, angle).camera_to_world[0]
        assert np.linalg.norm(pose[:3, 3] - center) == pytest.approx(np.linalg.norm(eye - center))
        assert pose[2, 3] == pytest.approx(eye[2])
        away = (pose[:3, 3] - eye) @ camera.camera_to_world[0, :3, 0]
        assert np.sign(away) == side
        local = (center - pose[:3, 3]) @ pose[:3, :3]
        assert np.allclose(local[:2], 0, atol=1e-9)  # still in the middle of the picture
    angles = side_angles(footage, camera)
    assert list(angles) == ["left", "center", "right"]
    assert angles["center"] == 0
    assert angles["left"] < 0 < angles["right"]
