"""Streaming into a trainer: what is served is what is stored, in an order that nothing disturbs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simgen.catalog import load
from simgen.cluster import RunOptions, run_job
from simgen.codec import CODECS
from simgen.errors import SimgenError
from simgen.job import Job

torch = pytest.importorskip("torch")

from simgen.dataset import ClipDataset, Loader, MapDataset, Source, collate  # noqa: E402
from simgen.resize import Crop  # noqa: E402
from simgen.samples import Window  # noqa: E402

FRAMES = 20
SMALL = Window(frames=5, passes=("rgb", "depth"))


def make(folder: Path, **fields) -> Path:
    """A dataset of 7 bouncing balls in 4 shards."""
    content = {
        "name": "streamed",
        "templates": {"rigid/ball_bounce": 1},
        "clips": 7,
        "frames": FRAMES,
        "width": 64,
        "height": 36,
        "samples": 1,
        "shard_size": 2,
    }
    run_job(Job(**content | fields), RunOptions(out=folder, progress=False))
    return folder


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Path:
    return make(tmp_path_factory.mktemp("full") / "d")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory) -> Path:
    return make(tmp_path_factory.mktemp("replay") / "d", profile="replay", clips=2)


def names(batches) -> list[tuple[str, int]]:
    """What came: clip and first frame, in order."""
    return [
        (name, int(start))
        for batch in batches
        for name, start in zip(batch["name"], batch["start"], strict=True)
    ]


def test_samples_are_the_stored_arrays(stored) -> None:
    passes = tuple(p for p in load(stored)[0].frames.passes)
    window = Window(frames=5, passes=passes, tracks=True, arrays=("trajectory/bodies/position",))
    served = MapDataset(stored, window)
    clips = {clip.name: clip for clip in load(stored)}
    assert len(served) == len(clips)
    for n in range(3):
        sample = served[n]
        clip, start = clips[sample["name"]], sample["start"]
        for name in passes:
            kept = clip.frames.stack(name)[start : start + 5]
            if kept.ndim == 4:
                kept = np.moveaxis(kept, -1, 1)
            np.testing.assert_array_equal(sample[name].numpy(), kept)
        span = slice(start, start + 5)
        assert np.array_equal(sample["camera_to_world"], clip.frames.camera_to_world[span])
        tracks = clip.annotations.tracks
        assert np.array_equal(sample["tracks"]["pixels"], tracks.pixels[:, span], equal_nan=True)
        position = sample["trajectory/bodies/position"]
        assert np.array_equal(position, clip.trajectory.bodies.position[span])
        assert sample["caption"] == clip.captions["prompt"] != ""


def test_an_epoch_serves_every_clip_once_in_an_order_of_its_own(stored) -> None:
    loader = Loader(ClipDataset(stored, SMALL, batch=2))
    epochs = [names(loader) for _ in range(3)]
    assert all(sorted({n for n, _ in e}) == sorted(n for n, _ in e) for e in epochs)
    assert [len(e) for e in epochs] == [7, 7, 7]
    assert epochs[0] != epochs[1]
    again = Loader(ClipDataset(stored, SMALL, batch=2))
    assert names(again) == epochs[0]
    assert len(again) == 4


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_do_not_change_the_order(stored, start) -> None:
    alone = names(Loader(ClipDataset(stored, SMALL, batch=2)))
    options = {"multiprocessing_context": start}
    assert names(Loader(ClipDataset(stored, SMALL, batch=2), workers=2, **options)) == alone


def test_ranks_share_an_epoch(stored) -> None:
    parts = [
        names(Loader(ClipDataset(stored, SMALL, batch=2, rank=r, ranks=3), workers=r))
        for r in range(3)
    ]
    assert sorted(n for part in parts for n, _ in part) == sorted(c.name for c in load(stored))
    dropped = [ClipDataset(stored, SMALL, rank=r, ranks=3, drop_last=True) for r in range(3)]
    assert [len(d) for d in dropped] == [2, 2, 2]


TRAINING = """
import json, sys, time
from simgen.dataset import ClipDataset, Loader
from simgen.samples import Window
root, rank, workers, place, out = sys.argv[1:]
data = ClipDataset(root, Window(frames=5), batch=1, rank=int(rank), ranks=2)
loader = Loader(data, workers=int(workers))
try:
    loader.load_state_dict(json.load(open(place)))
except FileNotFoundError:
    pass
with open(out, "a") as log:
    while data.epoch < 2:
        for batch in loader:
            log.write(json.dumps([batch["name"], batch["start"].tolist()]) + "\\n")
            log.flush()
            json.dump(loader.state_dict(), open(place, "w"))
            time.sleep(0.05)
"""


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_training_run_resumes_with_the_same_samples(stored, tmp_path, rank) -> None:
    """Two ranks of two workers: killed in the middle of an epoch, resumed with one worker."""

    def training(place: str, out: str, workers: int, lines: int | None) -> list[str]:
        command = [sys.executable, "-c", TRAINING, str(stored), str(rank), str(workers)]
        process = subprocess.Popen([*command, str(tmp_path / place), str(tmp_path / out)])
        log = tmp_path / out
        while process.poll() is None and lines is not None:
            if log.exists() and len(log.read_text().splitlines()) >= lines:
                process.kill()
                break
        process.wait(120)
        return log.read_text().splitlines()

    whole = training("a.json", "a.log", 2, None)
    assert len(whole) in (6, 8)
    begun = training("b.json", "b.log", 2, 2)
    state = json.loads((tmp_path / "b.json").read_text())
    done = state["epoch"] * len(whole) // 2 + state["position"] // 2
    assert 1 <= done <= len(begun)
    (tmp_path / "b.log").write_text("".join(line + "\n" for line in begun[:done]))
    assert training("b.json", "b.log", 1, None) == whole


def test_a_state_at_the_end_of_an_epoch_goes_on_with_the_next(stored) -> None:
    first = Loader(ClipDataset(stored, SMALL))
    states = [first.state_dict() for _ in first]
    after = first.state_dict()
    following = names(first)
    for state in (states[-1], after):
        resumed = Loader(ClipDataset(stored, SMALL))
        resumed.load_state_dict(state)
        assert names(resumed) == following


def test_a_state_resumes_with_other_ranks_and_workers(stored) -> None:
    whole = names(Loader(ClipDataset(stored, SMALL)))
    data = ClipDataset(stored, SMALL, rank=0, ranks=2)
    loader = Loader(data)
    next(iter(loader))
    state = loader.state_dict()
    assert state["position"] == 2
    resumed = Loader(ClipDataset(stored, SMALL), workers=2)
    resumed.load_state_dict(state)
    assert names(resumed) == whole[2:]


def test_a_state_of_something_else_is_refused(stored) -> None:
    state = ClipDataset(stored, SMALL).state_dict()
    for other in (
        ClipDataset(stored, SMALL, seed=1),
        ClipDataset(stored, Window(frames=5, starts="all")),
        ClipDataset(stored, SMALL, where="index<4"),
    ):
        with pytest.raises(SimgenError, match="does not belong"):
            other.load_state_dict(state)


def test_a_dataset_that_grows_shows_committed_shards_and_keeps_its_order(stored, tmp_path) -> None:
    folder = tmp_path / "growing"
    shutil.copytree(stored, folder)
    (folder / "index.json").unlink()
    (folder / "catalog.duckdb").unlink()
    record = folder / "manifest/shard-00003.json"
    kept = record.read_bytes()
    record.unlink()
    before = Loader(ClipDataset(folder, SMALL))
    order = names(before)
    assert len(order) == 6
    fresh = Loader(ClipDataset(folder, SMALL))
    next(iter(fresh))
    state = fresh.state_dict()
    record.write_bytes(kept)
    grown = Loader(ClipDataset(folder, SMALL))
    assert len(grown) == 7
    grown.load_state_dict(state)
    assert names(grown) == order[1:]


def test_windows_end_to_end_cover_every_frame(stored) -> None:
    served = MapDataset(stored, Window(frames=8, starts="all", passes=("depth",)))
    seen: dict[str, set[int]] = {}
    for n in range(len(served)):
        sample = served[n]
        seen.setdefault(sample["name"], set()).update(range(sample["start"], sample["start"] + 8))
    assert all(frames == set(range(FRAMES)) for frames in seen.values())


def test_lower_rates_take_every_second_frame(stored) -> None:
    stored_fps = float(load(stored)[0].attributes["fps"])
    served = MapDataset(stored, Window(frames=4, fps=stored_fps / 2, passes=("rgb", "depth")))
    clips = {clip.name: clip for clip in load(stored)}
    sample = served[1]
    at = [sample["start"] + 2 * k for k in range(4)]
    depth = clips[sample["name"]].frames.stack("depth")[at]
    assert np.array_equal(sample["depth"], depth)
    assert sample["fps"] == stored_fps / 2
    with pytest.raises(SimgenError, match=r"not 17.*fps="):
        MapDataset(stored, Window(frames=2, fps=17))


def test_motion_between_distant_frames_is_rendered_or_refused(stored) -> None:
    fps = float(load(stored)[0].attributes["fps"]) / 2
    passes = ("forward_flow", "depth", "segmentation")
    with pytest.raises(SimgenError, match="replay=True"):
        MapDataset(stored, Window(frames=3, fps=fps, passes=passes))[0]
    sample = MapDataset(stored, Window(frames=3, fps=fps, passes=passes, replay=True))[0]
    single = MapDataset(stored, Window(frames=FRAMES, passes=passes))
    whole = next(s for n in range(len(single)) if (s := single[n])["name"] == sample["name"])
    at = sample["start"]
    steps = whole["forward_flow"][at] + whole["forward_flow"][at + 1]
    assert (sample["forward_flow"][0] - steps).abs().nanmedian() < 0.1 * steps.abs().nanmedian()


def test_replay_serves_what_the_full_profile_stores(stored, replayed) -> None:
    passes = tuple(n for n in CODECS if n in load(stored)[0].frames.passes)
    full = MapDataset(stored, Window(frames=FRAMES, passes=passes), where="index<2")
    fresh = MapDataset(replayed, Window(frames=FRAMES, passes=passes, replay=True))
    assert load(replayed)[0].frames.passes == ("rgb",)
    for n in range(2):
        for name in passes:
            made = CODECS[name].quantize(fresh[n][name].numpy())
            np.testing.assert_array_equal(made.astype(float), full[n][name].numpy().astype(float))
    with pytest.raises(SimgenError, match="replay=True"):
        MapDataset(replayed, Window(frames=5, passes=("depth",)))[0]


def test_short_clips_are_refused_skipped_or_padded(stored) -> None:
    with pytest.raises(SimgenError, match='short="skip"'):
        MapDataset(stored, Window(frames=25))
    with pytest.raises(SimgenError, match="no clip has 25 frames"):
        MapDataset(stored, Window(frames=25, short="skip"))
    passes = ("rgb", "forward_flow", "forward_occlusion")
    sample = MapDataset(stored, Window(frames=25, short="pad", passes=passes, tracks=True))[0]
    assert sample["frame_valid"].tolist() == [True] * FRAMES + [False] * 5
    assert torch.equal(sample["rgb"][24], sample["rgb"][FRAMES - 1])
    assert sample["forward_flow"][FRAMES:].isnan().all()
    assert not sample["tracks"]["visible"][:, FRAMES:].any()
    assert sample["camera_to_world"].shape == (25, 4, 4)


def test_a_smaller_picture_keeps_its_geometry(stored) -> None:
    """Depth and camera still lift every pixel onto the surface that was seen there."""
    passes = ("rgb", "depth", "forward_flow", "forward_occlusion", "segmentation")
    whole = MapDataset(stored, Window(frames=FRAMES, passes=passes, tracks=True))[0]
    window = Window(frames=FRAMES, passes=passes, tracks=True, size=(48, 30), crop="random")
    part = MapDataset(stored, window)[0]
    assert part["rgb"].shape == (FRAMES, 3, 30, 48)
    scale = part["intrinsics"][0, 0] / whole["intrinsics"][0, 0]
    assert scale == pytest.approx(max(48 / 64, 30 / 36))
    # A tracked point lies at the same ray: K^-1 x is equal.
    for name, k in (("whole", whole), ("part", part)):
        homogeneous = torch.cat(
            [k["tracks"]["pixels"], torch.ones_like(k["tracks"]["pixels"][..., :1])], -1
        )
        rays = homogeneous.double() @ torch.linalg.inv(k["intrinsics"].double()).T
        if name == "whole":
            expected = rays
    assert torch.allclose(rays, expected, atol=1e-4, equal_nan=True)
    n = part["tracks"]["visible"][:, 3].nonzero()[:, 0]
    x, y = part["tracks"]["pixels"][n, 3].long().T
    around = torch.nn.functional.pad(part["segmentation"][3], (1, 1, 1, 1))
    found = torch.stack([around[y + dy, x + dx] for dy in range(3) for dx in range(3)])
    assert (found == part["tracks"]["instance"][n]).any(0).float().mean() > 0.9
    flow = part["forward_flow"][5]
    assert flow[~flow.isnan()].abs().max() <= whole["forward_flow"][5].nan_to_num().abs().max()


def test_a_crop_of_known_fields() -> None:
    """x and y of every pixel as a field: after the crop they are the places themselves."""
    y, x = np.mgrid[:60, :80] + 0.5
    crop = Crop((80, 60), (32, 32), across=0.25, down=1.0)
    places = np.stack([x, y], -1)[None].astype(np.float32)
    taken = crop.nearest(places)[0]
    want = np.stack(np.meshgrid(np.arange(32) + 0.5, np.arange(32) + 0.5), -1)
    back = crop.pixels(taken)
    assert np.abs(back - want).max() <= 0.5 * crop.scale + 1e-9
    moved = crop.annotations(
        {
            "forward_flow": np.full((1, 60, 80, 2), 3.0, np.float32),
            "forward_occlusion": np.zeros((1, 60, 80), bool),
        }
    )
    assert np.allclose(moved["forward_flow"], 3.0 * crop.scale)
    assert moved["forward_occlusion"][0, :, -1].all()
    assert not moved["forward_occlusion"][0, 0, 0]


def test_ragged_things_are_padded_or_listed() -> None:
    def sample(points: int, bodies: int):
        tracks = {"pixels": torch.ones(points, 3, 2), "instance": torch.ones(points)}
        return {"tracks": tracks, "poses": torch.zeros(3, bodies), "name": str(points), "fps": 24.0}

    batch = collate([sample(4, 2), sample(7, 3)])
    assert batch["tracks"]["pixels"].shape == (2, 7, 3, 2)
    assert batch["tracks"]["present"].sum(1).tolist() == [4, 7]
    assert batch["tracks"]["pixels"][0, 4:].abs().sum() == 0
    assert [len(p[0]) for p in batch["poses"]] == [2, 3]
    assert batch["fps"].tolist() == [24, 24]


def test_weights_and_filters_choose(stored) -> None:
    twice = Loader(ClipDataset(stored, SMALL, weights={"rigid": 2.0}))
    assert sorted(n for n, _ in names(twice)) == sorted([c.name for c in load(stored)] * 2)
    some = MapDataset(stored, SMALL, where="index<3", templates=("rigid",))
    assert len(some) == 3
    with pytest.raises(SimgenError, match="no accepted clip matches"):
        MapDataset(stored, SMALL, templates=("fluid",))
    with pytest.raises(SimgenError, match="fluidity"):
        MapDataset(stored, SMALL, templates=("fluidity",))
    with pytest.raises(SimgenError, match="category or template in weights"):
        MapDataset(stored, SMALL, weights={"rope": 1.0})


def test_a_shard_deleted_while_workers_read_stops_the_epoch(stored, tmp_path) -> None:
    folder = tmp_path / "d"
    shutil.copytree(stored, folder)
    loader = Loader(ClipDataset(folder, Window(frames=5), prefetch=0), workers=1, prefetch_factor=1)
    stream = iter(loader)
    next(stream)
    for shard in (folder / "shards").glob("*.h5"):
        shard.unlink()
    with pytest.raises(SimgenError, match="does not exist"):
        names(stream)


def test_memory_stays_flat_over_an_epoch(stored) -> None:
    """Peak memory after the first epochs grows by less than a clip's worth over many more."""
    import tracemalloc

    loader = Loader(ClipDataset(stored, SMALL, prefetch=0))
    for _ in range(2):
        names(loader)
    tracemalloc.start()
    names(loader)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(6):
        names(loader)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 200_000


def test_a_cache_serves_the_same(stored, tmp_path) -> None:
    cached = Source(cache=tmp_path / "cache", cache_limit=64 << 20)
    plain = MapDataset(stored, SMALL)
    kept = MapDataset(stored, SMALL, source=cached)
    for n in (0, 3, 0):
        assert torch.equal(kept[n]["depth"], plain[n]["depth"])
