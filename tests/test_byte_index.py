"""The byte index reads what HDF5 reads, by one range per window, and notices damage."""

import h5py
import hdf5plugin  # noqa: F401
import numpy as np
import pytest

from simgen.byte_index import build_index, index_path, parse_index
from simgen.codec import DamagedChunk
from simgen.errors import SimgenError
from simgen.job import parse_job
from simgen.pipeline import generate_shard
from simgen.record import PASSES


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    folder = tmp_path_factory.mktemp("indexed")
    for name in ("shards", "quarantine", "manifest"):
        (folder / name).mkdir()
    content = {"templates": ["rigid/ball_bounce"], "clips": 2, "frames": 40, "shard_size": 2}
    job = parse_job(content | {"width": 64, "height": 36, "samples": 1})
    return folder / generate_shard(job, 0, folder, threads=1).file


@pytest.fixture(scope="module")
def index(shard):
    return parse_index(index_path(shard).read_bytes(), "the index")


def test_every_array_reads_as_through_hdf5(shard, index) -> None:
    content = shard.read_bytes()
    with h5py.File(shard) as file:
        assert sorted(index.clips) == sorted(int(n) for n in file["clips"])
        for number, clip in index.clips.items():
            for path, array in clip.arrays.items():
                stored = file[f"clips/{number:08d}/{path}"]
                for start, stop in [(0, len(stored)), (7, min(19, len(stored)))]:
                    parts = [
                        content[array.offsets[i] : array.offsets[i] + array.sizes[i]]
                        for i in array.chunks(start, stop)
                    ]
                    read = array.assemble(parts, start, stop)
                    assert read.dtype == stored.dtype
                    np.testing.assert_array_equal(read, stored[start:stop])


def test_a_window_of_all_passes_is_one_range_without_gaps(index) -> None:
    for clip in index.clips.values():
        dense = [clip.arrays[f"passes/{n}"] for n in PASSES if f"passes/{n}" in clip.arrays][1:]
        for start, stop in [(0, 30), (3, 20), (31, 40)]:
            places = [
                (int(a.offsets[i]), int(a.sizes[i])) for a in dense for i in a.chunks(start, stop)
            ]
            span = max(o + n for o, n in places) - min(o for o, _ in places)
            assert span == sum(n for _, n in places)


def test_equal_shards_have_equal_indices(shard) -> None:
    assert build_index(shard) == index_path(shard).read_bytes()


def test_spans_of_clips_lie_apart_and_hold_all_bytes(shard, index) -> None:
    spans = sorted(clip.span for clip in index.clips.values())
    assert spans[0][1] <= spans[1][0]
    assert spans[-1][1] <= shard.stat().st_size
    for clip in index.clips.values():
        stored = sum(int(array.sizes.sum()) for array in clip.arrays.values())
        assert stored == pytest.approx(clip.span[1] - clip.span[0], rel=0.1)


@pytest.mark.parametrize("change", ["cut", "flip", "foreign"])
def test_a_damaged_index_says_so(shard, change) -> None:
    content = bytearray(index_path(shard).read_bytes())
    if change == "cut":
        content = content[: len(content) // 2]
    elif change == "flip":
        content[len(content) // 2] ^= 16
    else:
        content = bytearray(b"something else")
    with pytest.raises(SimgenError, match="simgen repair"):
        parse_index(bytes(content), "shard-00000.index")


def test_a_damaged_chunk_raises(shard, index) -> None:
    """Bits that a frame does not use may flip: its checksum holds and the values are the same."""
    content = shard.read_bytes()
    array = next(iter(index.clips.values())).arrays["passes/depth"]
    (number,) = array.chunks(5, 6)
    start, size = int(array.offsets[number]), int(array.sizes[number])
    whole = array.assemble([content[start : start + size]], 5, 6)
    flags = 4  # byte of a frame's header that says whether a checksum follows, in its third bit
    places = (flags, *range(0, size, max(1, size // 40)))
    raised: list[int] = []
    for at in places:
        damaged = bytearray(content[start : start + size])
        damaged[at] ^= 4
        try:
            found = array.assemble([bytes(damaged)], 5, 6)
        except DamagedChunk:
            raised.append(at)
        else:
            np.testing.assert_array_equal(found, whole)
    assert flags in raised
    assert len(raised) >= len(places) - 2


def test_an_index_of_another_version_is_refused(shard, monkeypatch) -> None:
    monkeypatch.setattr("simgen.byte_index.VERSION", 9)
    content = build_index(shard)
    monkeypatch.undo()
    with pytest.raises(SimgenError, match="version 9; this simgen reads"):
        parse_index(content, "shard-00000.index")
