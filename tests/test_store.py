"""Bytes from folders and object stores: few requests, patience with failures, a bounded cache."""

import errno
import logging
import multiprocessing
import os
import socket
import time

import fsspec
import pytest

from simgen.byte_index import parse_index
from simgen.cache import CachedStore
from simgen.cluster import RunOptions, run_job
from simgen.codec import GOP
from simgen.errors import SimgenError
from simgen.job import Job
from simgen.listing import list_clips
from simgen.reader import DatasetReader, merged
from simgen.store import Retry, Store

QUICK = Retry(attempts=3, first_wait=0.01)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards/a.h5").write_bytes(bytes(range(256)) * 4096)
    return tmp_path


def test_spans_come_as_asked(folder) -> None:
    store = Store(folder)
    whole = (folder / "shards/a.h5").read_bytes()
    assert store.read("shards/a.h5") == whole
    assert store.read_spans("shards/a.h5", [(3, 10), (1000, 4000)]) == [
        whole[3:10],
        whole[1000:4000],
    ]
    assert store.names("shards") == ["a.h5"]
    assert store.names("nothing") == []


@pytest.mark.parametrize(
    ("name", "span", "says"),
    [("shards/b.h5", None, "does not exist"), ("shards/a.h5", (0, 1 << 21), "truncated")],
)
def test_what_is_not_there_is_one_error(folder, name, span, says) -> None:
    for store in (Store(folder), CachedStore(Store(folder), folder / "c", limit=1 << 24)):
        if span is None and isinstance(store, CachedStore):
            continue
        with pytest.raises(SimgenError, match=says):
            store.read(name, span)


def test_near_spans_are_joined() -> None:
    assert merged([(50, 60), (0, 10), (12, 20)], gap=2) == [(0, 20), (50, 60)]
    assert merged([(0, 10), (4, 6)], gap=0) == [(0, 10)]


class Unreliable(fsspec.AbstractFileSystem):
    """An object store that fails as often as it is told to."""

    protocol = "unreliable"
    failures: list[Exception] = []  # noqa: RUF012
    calls = 0

    def cat_file(self, path, start=None, end=None, **_):
        type(self).calls += 1
        if self.failures:
            raise self.failures.pop()
        return b"x" * ((end or 10) - (start or 0))


@pytest.fixture
def unreliable():
    fsspec.register_implementation("unreliable", Unreliable, clobber=True)
    Unreliable.failures, Unreliable.calls = [], 0
    return Store("unreliable://bucket/d", retry=QUICK)


@pytest.mark.parametrize("error", [TimeoutError("slow"), OSError(errno.EIO, "503 SlowDown")])
def test_failures_of_a_store_are_tried_again_then_told(unreliable, error) -> None:
    Unreliable.failures = [error] * 2
    assert unreliable.read("shards/shard-00001.h5", (0, 4)) == b"xxxx"
    assert Unreliable.calls == 3
    Unreliable.failures = [error] * 3
    with pytest.raises(SimgenError, match=r"shard-00001\.h5 after 3 attempts"):
        unreliable.read("shards/shard-00001.h5", (0, 4))


def test_what_is_missing_or_forbidden_is_not_tried_again(unreliable) -> None:
    for error, says in [(FileNotFoundError(), "does not exist"), (PermissionError(), "may not")]:
        Unreliable.failures, Unreliable.calls = [error], 0
        with pytest.raises(SimgenError, match=says):
            unreliable.read("a", (0, 1))
        assert Unreliable.calls == 1


def test_an_unknown_protocol_says_what_to_install() -> None:
    with pytest.raises(SimgenError, match="fsspec package"):
        Store("nosuch://bucket", retry=QUICK).read("a")


def test_a_cache_keeps_blocks_and_forgets_the_oldest(folder, tmp_path) -> None:
    content = (folder / "shards/a.h5").read_bytes()
    block = 1 << 16
    cache = CachedStore(Store(folder), tmp_path / "cache", limit=4 * block, block=block)
    assert cache.read("shards/a.h5", (10, block + 5)) == content[10 : block + 5]
    asked = cache.requests
    assert cache.read("shards/a.h5", (100, block)) == content[100:block]
    assert cache.requests == asked
    for n in range(2, 16):
        start = n * block
        assert cache.read("shards/a.h5", (start, start + block)) == content[start : start + block]
        kept = sum(p.stat().st_size for p in (tmp_path / "cache").glob("*/*"))
        assert kept <= 5 * block
    asked = cache.requests
    cache.read("shards/a.h5", (15 * block, 16 * block))
    assert cache.requests == asked
    cache.read("shards/a.h5", (0, block))
    assert cache.requests == asked + 1


def test_a_short_last_block_is_kept(folder, tmp_path) -> None:
    content = (folder / "shards/a.h5").read_bytes()
    cache = CachedStore(Store(folder), tmp_path / "cache", limit=1 << 24, block=1000_000)
    for _ in range(2):
        assert cache.read("shards/a.h5", (len(content) - 7, len(content))) == content[-7:]
    assert cache.requests == 1
    with pytest.raises(SimgenError, match="truncated"):
        cache.read("shards/a.h5", (len(content) - 7, len(content) + 1))


def hammer(root: str, cache: str, seed: int) -> bool:
    """Read spans all over the file through a cache that is far too small."""
    import random

    store = CachedStore(Store(root), cache, limit=3 << 16, block=1 << 16)
    content = (store.local / "shards/a.h5").read_bytes()
    draw = random.Random(seed)
    for _ in range(150):
        start = draw.randrange(len(content) - 200_000)
        stop = start + draw.randrange(1, 200_000)
        if store.read("shards/a.h5", (start, stop)) != content[start:stop]:
            return False
    return True


def test_processes_share_a_small_cache(folder, tmp_path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        jobs = [(str(folder), str(tmp_path / "cache"), seed) for seed in range(3)]
        assert all(pool.starmap(hammer, jobs))
    assert not list((tmp_path / "cache").rglob("*.tmp-*"))


def test_a_full_disk_costs_a_warning_and_no_sample(folder, tmp_path, monkeypatch) -> None:
    content = (folder / "shards/a.h5").read_bytes()
    cache = CachedStore(Store(folder), tmp_path / "cache", limit=1 << 24, block=1 << 16)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(UserWarning, match="full: reading on"):
        assert cache.read("shards/a.h5", (5, 90_000)) == content[5:90_000]
    assert cache.read("shards/a.h5", (5, 90_000)) == content[5:90_000]
    assert not list((tmp_path / "cache").glob("*/*"))


def test_a_cache_smaller_than_its_blocks_is_refused(folder, tmp_path) -> None:
    with pytest.raises(SimgenError, match="too small"):
        CachedStore(Store(folder), tmp_path / "cache", limit=1 << 20)


def test_a_damaged_copy_in_the_cache_is_fetched_again(clips_dataset, tmp_path) -> None:
    store = CachedStore(Store(clips_dataset), tmp_path / "cache", limit=1 << 26)
    entry = list_clips(store).entry(0)
    first = DatasetReader(store).window(entry, ("depth",), range(3, 6))[0]
    for block in (tmp_path / "cache").glob("*/*"):
        content = bytearray(block.read_bytes())
        content[::50] = bytes(len(content[::50]))
        block.write_bytes(content)
    again = DatasetReader(store).window(entry, ("depth",), range(3, 6))[0]
    assert (again["depth"] == first["depth"]).all()


@pytest.fixture(scope="module")
def bucket(clips_dataset):
    """The dataset in an S3 server, the log of its requests, and options to reach it."""
    server = pytest.importorskip("moto.server")
    s3fs = pytest.importorskip("s3fs")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines: list[str] = []
    log = logging.getLogger("werkzeug")
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    running = server.ThreadedMotoServer("127.0.0.1", port, verbose=True)
    running.start()
    options = {
        "key": "a",
        "secret": "b",
        "client_kwargs": {"endpoint_url": f"http://127.0.0.1:{port}"},
    }
    system = s3fs.S3FileSystem(**options, skip_instance_cache=True)
    system.mkdir("clips")
    system.put(f"{clips_dataset}/", "clips/d/", recursive=True)
    yield "s3://clips/d", options, lines
    running.stop()
    log.removeHandler(handler)


def test_a_window_of_a_cold_shard_takes_two_requests(bucket, clips_dataset) -> None:
    root, options, lines = bucket
    store = Store(root, options=options)
    listing = list_clips(store)
    assert len(listing) == len(list_clips(Store(clips_dataset)))
    reader = DatasetReader(store)
    del lines[:]
    passes = ("rgb", "depth", "forward_flow", "segmentation")
    camera = ("camera/camera_to_world", "camera/intrinsics")
    found = reader.window(listing.entry(0), passes, range(3, 11), camera)[0]
    assert len(lines) == 2, lines
    del lines[:]
    reader.window(listing.entry(0), passes, range(4))
    assert len(lines) == 1, lines
    local = DatasetReader(Store(clips_dataset)).window(listing.entry(0), passes, range(3, 11))[0]
    assert all((found[name] == local[name]).all() for name in ("rgb", "depth", "segmentation"))


def test_the_camera_is_where_the_window_is(tmp_path) -> None:
    """The poses lie with their group of pictures, the intrinsics with the index."""
    size = {"frames": GOP + 6, "width": 64, "height": 36, "samples": 1}
    job = Job(templates={"rigid/ball_bounce": 1}, profile="train", **size)
    run_job(job, RunOptions(out=tmp_path / "d", progress=False))
    index = parse_index((tmp_path / "d/shards/shard-00000.index").read_bytes(), "index")
    arrays = index.clips[0].arrays
    rgb, poses = arrays["passes/rgb"], arrays["camera/camera_to_world"]
    assert len(poses.offsets) == 2
    assert (poses.offsets == rgb.offsets + rgb.sizes).all()
    assert arrays["camera/intrinsics"].content


def test_training_from_an_object_store_through_a_cache(bucket, tmp_path) -> None:
    pytest.importorskip("torch")
    from simgen.dataset import ClipDataset, Loader, Source
    from simgen.samples import Window

    root, options, lines = bucket
    source = Source(options=options, cache=tmp_path / "cache", cache_limit=1 << 26)
    data = ClipDataset(root, Window(frames=5, passes=("rgb", "depth")), source=source)
    seen = [name for batch in Loader(data, workers=2) for name in batch["name"]]
    assert len(seen) == len(set(seen)) == len(data)
    del lines[:]
    again = [name for batch in Loader(data, workers=1) for name in batch["name"]]
    assert sorted(again) == sorted(seen)
    assert not [line for line in lines if ".h5" in line]


def test_a_server_that_is_gone_is_one_error(bucket) -> None:
    root, options, _ = bucket
    gone = options | {"client_kwargs": {"endpoint_url": "http://127.0.0.1:9"}}
    start = time.monotonic()
    with pytest.raises(SimgenError, match=r"dataset\.json after 2 attempts"):
        Store(root, options=gone, retry=Retry(attempts=2, first_wait=0.01)).read("dataset.json")
    assert time.monotonic() - start < 60
