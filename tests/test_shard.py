"""Shards: round trip, self-description, plain h5py, truncation, flipped bytes, foreign files."""

import json
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

import simgen
from simgen.catalog import load, open_shard
from simgen.clip import StoredFrames
from simgen.errors import SimgenError
from simgen.hdf5 import read_record, write_record
from simgen.key import Key
from simgen.manifest import remove_orphans
from simgen.pipeline import generate, generate_shard
from simgen.record import PASSES, Frame, Record, Tracks, array_specs
from simgen.shard import ClipWriter, ShardWriter, write_header


def random_pass(name: str, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    spec = PASSES[name]
    shape = (height, width, *(int(a) for a in spec.axes.split()[2:]))
    if spec.dtype == "?":
        return rng.random(shape) < 0.5
    if spec.dtype in ("u1", "u2"):
        return rng.integers(0, 200, shape).astype(spec.dtype)
    values = rng.uniform(0.1, 0.9, shape).astype("f4")
    values[0, 0] = np.inf if name == "depth" else np.nan if "flow" in name else 0.5
    return values


@pytest.fixture
def shard(tmp_path):
    """A shard with one clip of 5 frames of random passes, and the frames that went in."""
    rng = Key(0).child("shard").rng()
    frames = [Frame(t, {n: random_pass(n, 12, 20, rng) for n in PASSES}) for t in range(5)]
    scratch = tmp_path / "scratch.h5"
    with h5py.File(scratch, "w", libver=("v110", "v110")) as file:
        write_header(file, {})
        group = file.create_group("clips/00000003")
        writer = ClipWriter(
            group,
            frame_count=5,
            fps=24.0,
            camera_to_world=np.tile(np.eye(4), (5, 1, 1)),
            intrinsics=np.eye(3),
        )
        for frame in frames:
            writer.add(frame)
        writer.finish_frames()
        with ShardWriter(tmp_path / "shard.h5", {"seed": 0}) as out:
            out.write(group, 3)
    return tmp_path / "shard.h5", frames


def test_passes_come_back_within_their_bounds(shard) -> None:
    path, frames = shard
    with open_shard(path) as file:
        stored = StoredFrames(file["clips/00000003"], 5)
        assert stored.passes == tuple(PASSES)
        for name in PASSES:
            if name == "rgb":
                continue
            for t in (0, 4):
                back = stored.read(name, t)
                assert back.dtype == np.dtype(PASSES[name].dtype)
                assert np.allclose(back, frames[t][name], atol=8e-3, rtol=7e-5, equal_nan=True)
                if PASSES[name].dtype in ("u2", "?"):
                    assert (back == frames[t][name]).all()
        assert stored.stack("rgb").shape == (5, 12, 20, 3)


def test_plain_h5py_reads_it_and_finds_units(shard) -> None:
    path, frames = shard
    code = f"""
import h5py, hdf5plugin, json
f = h5py.File({str(path)!r}, "r")
d = f["clips/00000003/passes/depth"]
print(json.dumps([f.attrs["format"], d.attrs["unit"], [x.label for x in d.dims], float(d[2][3, 4]),
    sorted(json.loads(f.attrs["conventions"]))[:2], list(d.chunks)]))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kind, unit, labels, value, header, chunks = json.loads(run.stdout)
    assert (kind, unit, labels) == ("simgen-shard", "m", ["time", "row", "column"])
    assert value == pytest.approx(float(frames[2]["depth"][3, 4]), rel=1e-4)
    assert header == ["backward_flow", "camera"]
    assert chunks == [1, 12, 20]


def test_every_flipped_byte_of_a_chunk_raises(shard) -> None:
    path, _ = shard
    with h5py.File(path) as file:
        info = file["clips/00000003/passes/depth"].id.get_chunk_info(2)  # type: ignore[union-attr]
    whole = path.read_bytes()
    for position in range(0, info.size, max(1, info.size // 40)):
        damaged = bytearray(whole)
        damaged[info.byte_offset + position] ^= 0x10
        path.write_bytes(damaged)
        with open_shard(path) as file, pytest.raises(OSError, match="."):
            file["clips/00000003/passes/depth"][2]
    path.write_bytes(whole)


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.95])
def test_truncated_files_are_refused(shard, keep) -> None:
    path, _ = shard
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(SimgenError, match="truncated or not HDF5"):
        load(path)


def test_foreign_files_are_refused(tmp_path) -> None:
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(SimgenError, match="not HDF5"):
        load(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(SimgenError, match="no simgen shard"):
        load(tmp_path / "other.h5")
    with h5py.File(tmp_path / "new.h5", "w") as file:
        write_header(file, {})
        file.attrs["version"] = 99
    with pytest.raises(SimgenError, match="version 99"):
        load(tmp_path / "new.h5")
    with pytest.raises(SimgenError, match="does not exist"):
        load(tmp_path / "none.h5")
    with pytest.raises(SimgenError, match=r"no dataset\.json"):
        load(tmp_path)


def test_a_failed_writer_leaves_nothing(tmp_path) -> None:
    with pytest.raises(RuntimeError), ShardWriter(tmp_path / "s.h5", {}):
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


def test_orphans_of_dead_workers_go_and_others_stay(tmp_path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f"a.h5.tmp-{dead.pid}-1").touch()
    (tmp_path / f"b.h5.tmp-{os.getpid()}-1").touch()
    (tmp_path / "shard-00001.h5").touch()
    remove_orphans(tmp_path)
    assert sorted(p.name.split(".")[0] for p in tmp_path.iterdir()) == ["b", "shard-00001"]


def all_records(base: type = Record) -> list[type]:
    return [c for c in base.__subclasses__() if c.__name__ != "Trajectory"]


@pytest.mark.parametrize("record", all_records(), ids=lambda c: c.__name__)
def test_every_record_round_trips(record, tmp_path) -> None:
    rng = Key(0).child(record.__name__).rng()
    sizes: dict[str, int] = {}
    values = {}
    for name, spec in array_specs(record).items():
        shape = [
            int(a) if a.isdigit() else sizes.setdefault(a, 2 + len(sizes))
            for a in spec.axes.split()
        ]
        values[name] = (rng.random(shape) * 50).astype(spec.dtype)
    if "names" in record.__dataclass_fields__:
        values["names"] = tuple("abcdefg"[: sizes["body"]])
    if "cell" in record.__dataclass_fields__:
        values["cell"] = 0.25
    made = record(**values)
    with h5py.File(tmp_path / "r.h5", "w") as file:
        write_record(file, made)
        back = read_record(file, record)
        for name, spec in array_specs(record).items():
            assert (getattr(back, name) == getattr(made, name)).all()
            assert file[name].attrs["unit"] == spec.unit
    for name in set(values) - set(array_specs(record)):
        assert getattr(back, name) == values[name]


def test_records_refuse_wrong_shapes() -> None:
    good = {
        "points": np.zeros((2, 3, 3)),
        "pixels": np.zeros((2, 3, 2)),
        "visible": np.zeros((2, 3)),
    }
    Tracks(**good, instance=np.zeros(2))
    with pytest.raises(SimgenError, match="axis 'time' has size 4, expected 3"):
        Tracks(**good | {"pixels": np.zeros((2, 4, 2))}, instance=np.zeros(2))
    with pytest.raises(SimgenError, match=r"its axes are \(point time 3\)"):
        Tracks(**good | {"points": np.zeros((2, 3))}, instance=np.zeros(2))


def test_generate_equals_the_stored_clip(null_job, tmp_path) -> None:
    job = null_job()
    for name in ("shards", "manifest", "quarantine"):
        (tmp_path / name).mkdir()
    info = generate_shard(job, 1, tmp_path)
    alone = generate(job, 2)
    assert alone.digest() == info.outcomes[0].digest
    assert simgen.generate is generate


def test_a_missing_filter_is_one_error(clips_shard) -> None:
    code = (
        "import sys; sys.modules['hdf5plugin'] = None\n"
        "import simgen\n"
        f"print(simgen.load({str(clips_shard)!r})[0].frames.read('depth', 0))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stderr.splitlines()[-1].endswith("pip install hdf5plugin")
