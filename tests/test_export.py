"""Exports: rates, sizes and windows of stored clips; folders that are continued or refused."""

import json
import shutil

import h5py
import numpy as np
import pytest

import simgen
import simgen.exporters.folder
from simgen.annotators.tracks import project
from simgen.cli import main
from simgen.errors import SimgenError
from simgen.export import CAPTIONS, EXPORTERS, ExportOptions, export
from simgen.footage import BACKWARD, FORWARD, Footage, windows
from simgen.rotation import look_at
from simgen.scene import Camera

DENSE = frozenset({"depth", "segmentation"}) | FORWARD | BACKWARD


@pytest.fixture(scope="module")
def clip(clips_shard):
    return simgen.load(clips_shard)[0]


@pytest.fixture
def quick(monkeypatch):
    """Exports to `folder` without the video encoder; gives the names of the videos written."""
    written = []

    def write(path, pictures, size, fps) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(p.tobytes() for p in pictures))
        written.append(path.name)

    monkeypatch.setattr(simgen.exporters.folder, "write_mp4", write)
    return written


def test_stored_frames_are_given_as_they_are(clip) -> None:
    footage = Footage(clip)
    assert (footage.step, footage.fps, len(footage)) == (1, 48, 14)
    for frame in footage.frames(DENSE | {"rgb"}):
        for name, values in frame.passes.items():
            assert np.array_equal(values, clip.frames.read(name, frame.index), equal_nan=True)


def test_at_another_rate_instants_are_stored_and_motion_is_rendered(clip) -> None:
    footage = Footage(clip, fps=16)
    frames = list(footage.frames(DENSE | {"rgb"}))
    assert (footage.step, len(frames)) == (3, 5)
    for frame in frames:
        for name in ("rgb", "depth", "segmentation"):
            assert np.array_equal(frame[name], clip.frames.read(name, 3 * frame.index))
        assert_flow_reaches(frame, footage)
    assert np.isnan(frames[-1]["forward_flow"]).all()
    three = sum(np.nan_to_num(clip.frames.read("forward_flow", t)) for t in range(3))
    known = np.isfinite(frames[0]["forward_flow"]).all(-1)
    assert np.abs(three - frames[0]["forward_flow"])[known].max() > 0.5  # not a sum of flows
    assert np.array_equal(footage.camera_to_world, clip.frames.camera_to_world[::3])
    pixels = clip.annotations.tracks.pixels[:, ::3]
    assert np.array_equal(footage.tracks().pixels, pixels, equal_nan=True)


def assert_flow_reaches(frame, footage) -> None:
    """Points of what stands still, moved by flow and depth change, are where the next camera sees
    them."""
    t, matrix = frame.index, footage.intrinsics
    if t + 1 == len(footage):
        return
    height, width = frame["depth"].shape
    still = [item.id for item in footage.clip.objects if not item.dynamic]
    rows, columns = np.nonzero(np.isin(frame["segmentation"], still))
    z = frame["depth"][rows, columns].astype(float)
    pixel = np.stack([columns + 0.5, rows + 0.5], 1)
    world = lift(pixel, z, matrix, footage.camera_to_world[t])
    flow = frame["forward_flow"][rows, columns]
    deeper = z + frame["forward_depth_change"][rows, columns]
    there = lift(pixel + flow, deeper, matrix, footage.camera_to_world[t + 1])
    assert len(z) > width * height / 4
    assert np.median(np.linalg.norm(there - world, axis=1) / z) < 1e-4
    assert np.percentile(np.linalg.norm(there - world, axis=1) / z, 99) < 2e-3


def lift(pixel, z, matrix, pose):
    """World points of pixels at planar depth z."""
    local = (pixel - matrix[:2, 2]) / matrix[[0, 1], [0, 1]]
    local = np.concatenate([local, np.ones((len(z), 1))], 1) * z[:, None]
    return local @ pose[:3, :3].T + pose[:3, 3]


@pytest.mark.parametrize("size", [(32, 18), (32, 32), (48, 16), (96, 54)])
def test_another_size_is_the_middle_rendered_anew(clip, size) -> None:
    """Smaller, narrower, wider and larger than the stored 64x36."""
    footage = Footage(clip, size=size)
    frames = list(footage.frames(DENSE | {"rgb"}))
    for frame in frames[:3]:
        assert frame["rgb"].shape == (size[1], size[0], 3)
        assert frame["rgb"].dtype == np.uint8
        assert_flow_reaches(frame, footage)
    scale = max(size[0] / 64, size[1] / 36)
    assert footage.intrinsics[0, 0] == pytest.approx(clip.frames.intrinsics[0, 0] * scale)
    # the same points are at the same places of the picture
    ids, stored = frames[0]["segmentation"], clip.frames.read("segmentation", 0)
    rows, columns = np.mgrid[: size[1], : size[0]] + 0.5
    across = ((columns - size[0] / 2) / scale + 32).astype(int)
    down = ((rows - size[1] / 2) / scale + 18).astype(int)
    assert (ids == stored[down, across]).mean() > 0.85  # thin things differ
    # and the picture is that of the instances: resampled, or rendered where it is larger
    colour = frames[0]["rgb"].astype(float) - clip.frames.read("rgb", 0)[down, across]
    assert np.median(np.abs(colour)) < 12
    tracks = footage.tracks()
    places, _ = project(tracks.points, footage.camera_to_world, footage.intrinsics)
    assert np.nanmax(np.abs(places - tracks.pixels)[tracks.visible]) < 1e-2
    assert (tracks.visible <= clip.annotations.tracks.visible).all()


def test_another_camera_sees_the_same_states(clip) -> None:
    own = Footage(clip, fps=24)
    eye, center = own.camera_to_world[0, :3, 3], np.array([0.0, 0.0, 0.1])
    pose = look_at(2 * center - eye * (1, 1, -1) - (0, 0, 0.2), center)
    camera = Camera(camera_to_world=np.tile(pose, (14, 1, 1)), field_of_view=0.8)
    other = Footage(clip, fps=24, size=(32, 32), camera=camera)
    assert other.intrinsics[0, 0] == pytest.approx(18 / np.tan(0.4) * 32 / 36)
    frames = list(other.frames(DENSE | {"rgb"}))
    assert len(frames) == len(own) == 7
    for frame in frames:
        assert frame["rgb"].shape == (32, 32, 3)
        assert_flow_reaches(frame, other)
    moving = {item.id for item in clip.objects if item.dynamic}
    assert moving & set(np.unique(frames[0]["segmentation"]).tolist())


def test_passes_that_are_not_stored_are_rendered(clips_shard, clip, tmp_path) -> None:
    """A clip that keeps pictures and states only gives the same passes."""
    bare = tmp_path / "bare.h5"
    shutil.copy(clips_shard, bare)
    with h5py.File(bare, "a") as file:
        for name in DENSE:
            del file[f"clips/00000000/passes/{name}"]
    footage = Footage(simgen.load(bare)[0], fps=24)
    for given, frame in zip(Footage(clip, fps=24).frames(DENSE), footage.frames(DENSE)):
        for name, values in frame.passes.items():
            assert np.allclose(values, given[name], atol=5e-3, rtol=7e-5, equal_nan=True), name


def test_windows_are_clips_of_their_own(clip) -> None:
    footage = Footage(clip)
    cut = []
    for window in windows(footage, "x", DENSE, 5, 2):
        frames = list(window.frames)
        cut.append(window.name)
        assert [f.index for f in frames] == [0, 1, 2, 3, 4]
        for name in ("forward_flow", "forward_depth_change"):
            assert np.isnan(frames[-1][name]).all()
            assert np.array_equal(
                frames[0][name], clip.frames.read(name, window.start), equal_nan=True
            )
        assert np.isnan(frames[0]["backward_flow"]).all()
        assert not frames[0]["backward_occlusion"].any()
        assert np.array_equal(
            window.tracks().points, clip.annotations.tracks.points[:, window.span]
        )
    assert cut == ["x-00", "x-01"]
    unread = [w.start for w in windows(footage, "x", DENSE, 7, 2)]
    assert unread == [0, 7]


def test_only_stored_instants(clips_shard, tmp_path) -> None:
    with pytest.raises(SimgenError) as caught:
        export(clips_shard, "folder", tmp_path / "out", ExportOptions(fps=30))
    message = str(caught.value)
    assert "2 of 2 clips cannot be exported to folder" in message
    assert "gives 48, 24, 16, 12" in message
    assert "fps=120 or fps=240" in message
    with pytest.raises(SimgenError, match=r"14 frames at 48 frames/s, not 17; .* frames=17"):
        export(clips_shard, "folder", tmp_path / "out", ExportOptions(frames=17))
    with pytest.raises(SimgenError, match=r"5 frames at 16 frames/s, not 9; .* frames=27"):
        export(clips_shard, "folder", tmp_path / "out", ExportOptions(fps=16, frames=9))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("to", "options", "message"),
    [
        ("foldr", {}, "did you mean folder"),
        ("folder", {"frames": 16}, r"16 frames are not 4n\+1.*take 13 or 17"),
        ("folder", {"size": (60, 30)}, "multiples of 16; take 64x32"),
        ("webdataset", {"size": (63, 36)}, "multiples of 2"),
        ("folder", {"caption": "long"}, "unknown caption 'long'"),
        ("folder", {"passes": ("deepth",)}, "did you mean depth"),
        ("folder", {"categories": ("liquid",)}, "did you mean"),
        ("folder", {"templates": ("rigid/ball_bounc",)}, "did you mean rigid/ball_bounce"),
        ("folder", {"templates": ("rigid/billiards",)}, "no accepted clip"),
        ("folder", {"categories": ("fluid",)}, "no accepted clip"),
        ("folder", {"fps": -1.0}, "must be positive"),
        ("physics_iq", {"fps": 24.0}, "fps=24 is not the benchmark's"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(
    clips_shard, tmp_path, to, options, message
) -> None:
    with pytest.raises(SimgenError, match=message):
        export(clips_shard, to, tmp_path / "out", ExportOptions(**options))
    assert not (tmp_path / "out").exists()


def test_foreign_folders_and_other_exports_are_refused(clips_shard, tmp_path, quick) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(SimgenError, match="is no simgen export"):
        export(clips_shard, "folder", tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    export(clips_shard, "folder", tmp_path / "out", ExportOptions(fps=16))
    before = (tmp_path / "out" / "export.json").read_text()
    with pytest.raises(SimgenError, match="another export: its options"):
        export(clips_shard, "folder", tmp_path / "out", ExportOptions(fps=24))
    with pytest.raises(SimgenError, match="another export: its to"):
        export(clips_shard, "tapvid", tmp_path / "out", ExportOptions(fps=16))
    assert (tmp_path / "out" / "export.json").read_text() == before


def test_a_stopped_export_goes_on_where_it_was(clips_shard, tmp_path, quick, monkeypatch) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    export(clips_shard, "folder", whole, ExportOptions(frames=5))
    exporter = simgen.exporters.folder.FolderExporter
    write = exporter.write

    def stops(self, window):
        if window.name.endswith("000001-01"):
            raise KeyboardInterrupt
        return write(self, window)

    monkeypatch.setattr(exporter, "write", stops)
    with pytest.raises(KeyboardInterrupt):
        export(clips_shard, "folder", part, ExportOptions(frames=5))
    assert json.loads((part / "export.json").read_text())["complete"] is False
    with open(part / "export.jsonl", "a") as journal:
        journal.write('[{"clip": "rigid/ball_bou')  # what a killed writer leaves
    (part / "videos" / "x.mp4.tmp-999999999-1").touch()
    monkeypatch.setattr(exporter, "write", write)
    quick.clear()
    done = export(clips_shard, "folder", part, ExportOptions(frames=5))
    assert (done.clips, done.items) == (2, 4)
    assert quick == ["rigid-ball_bounce-000001-00.mp4", "rigid-ball_bounce-000001-01.mp4"]
    files = sorted(p.relative_to(part) for p in part.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file())
    for name in files:
        if name.name not in ("videos.csv",):  # has absolute paths
            assert (part / name).read_bytes() == (whole / name).read_bytes()
    assert json.loads((part / "export.json").read_text())["complete"] is True


def test_a_full_disk_is_one_clear_error(clips_shard, tmp_path, quick, monkeypatch) -> None:
    exporter = simgen.exporters.folder.FolderExporter

    def full(self, window):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporter, "write", full)
    with pytest.raises(SimgenError, match="000000 could not be exported: .*No space left"):
        export(clips_shard, "folder", tmp_path / "out")
    monkeypatch.undo()
    assert json.loads((tmp_path / "out" / "export.json").read_text())["complete"] is False


def test_what_cannot_be_exported_is_left_out_when_asked(
    clips_shard, tmp_path, quick, monkeypatch
) -> None:
    exporter = simgen.exporters.folder.FolderExporter
    survey = exporter.survey

    def picky(self, clip) -> None:
        survey(self, clip)
        if clip.index == 0:
            raise SimgenError("too red")

    monkeypatch.setattr(exporter, "survey", picky)
    with pytest.raises(SimgenError, match=r"1 of 2 clips .*rigid/ball_bounce.* too red"):
        export(clips_shard, "folder", tmp_path / "out")
    done = export(clips_shard, "folder", tmp_path / "out", ExportOptions(allow_missing=True))
    assert (done.clips, done.left_out) == (1, ("too red",))
    assert quick == ["rigid-ball_bounce-000001.mp4"]


def test_clips_without_captions_are_refused(clips_shard, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("simgen.clip.Clip.captions", {})
    with pytest.raises(SimgenError, match="no caption 'short'"):
        export(clips_shard, "folder", tmp_path / "out", ExportOptions(caption="short"))


@pytest.mark.parametrize("kind", CAPTIONS)
def test_the_chosen_caption_is_written(clips_shard, clip, tmp_path, quick, kind) -> None:
    export(clips_shard, "folder", tmp_path / "out", ExportOptions(caption=kind))
    text = (tmp_path / "out" / "videos" / "rigid-ball_bounce-000000.txt").read_text()
    assert text == clip.captions[kind] + "\n"
    assert text.count(" ") > 2


def test_rejected_clips_are_not_exported(clips_shard, tmp_path, quick, monkeypatch) -> None:
    monkeypatch.setattr("simgen.clip.Clip.accepted", property(lambda clip: clip.index == 1))
    assert export(clips_shard, "folder", tmp_path / "out").clips == 1
    assert quick == ["rigid-ball_bounce-000001.mp4"]


def test_the_command_line(clips_shard, tmp_path, quick, capsys) -> None:
    words = ["export", str(clips_shard), "--to", "folder", "--out", str(tmp_path / "out")]
    assert main([*words, "--fps", "16", "--size", "32x16", "--category", "rigid"]) == 0
    assert "2 items of 2 clips for folder" in capsys.readouterr().out
    header = json.loads((tmp_path / "out" / "export.json").read_text())
    assert header["options"]["size"] == [32, 16]
    assert header["options"]["categories"] == ["rigid"]
    assert main([*words, "--fps", "17"]) == 2
    assert "not 17" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main([*words, "--size", "wide"])
    assert stop.value.code == 2
    assert "not WIDTHxHEIGHT" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert all(name in shown for name in [*EXPORTERS, *CAPTIONS])
