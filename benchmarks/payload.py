"""The payload of the data path's benchmark: many clips from a few, and their copies in other
containers with the very same encoded bytes.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import h5py

from simgen.cluster import RunOptions, run_job
from simgen.job import load_job, parse_job
from simgen.listing import list_clips
from simgen.manifest import ShardInfo, prepare_folder, read_json, read_manifest, write_manifest
from simgen.reader import DatasetReader
from simgen.shard import ShardWriter
from simgen.store import Store

SOURCES = ("rigid/ball_bounce", "rigid/domino_chain", "rope/rope_release")
"""Templates of the real clips."""
PER_SHARD = 4


def render(folder: Path) -> None:
    """A few real clips, unless they are there: 96 frames of 480x270 px, profile train."""
    fields = {"templates": list(SOURCES), "frames": 96, "width": 480, "height": 270}
    job = load_job("demo", fields | {"samples": 2, "profile": "train"})
    run_job(job, RunOptions(out=folder))


def multiply(source: Path, folder: Path, clips: int) -> None:
    """A dataset of `clips` clips: those of `source` again and again under new indices."""
    content = read_json(source / "dataset.json")["job"]
    job = parse_job(content | {"clips": clips, "shard_size": PER_SHARD})
    prepare_folder(folder, job)
    with ExitStack() as opened:
        found: list[Any] = []
        for info in read_manifest(source):
            file: Any = opened.enter_context(h5py.File(source / info.file, locking=False))
            accepted = [outcome for outcome in info.outcomes if outcome.accepted]
            found += [(outcome, file[f"clips/{outcome.index:08d}"]) for outcome in accepted]
        for number in range(-(-clips // PER_SHARD)):
            indices = range(number * PER_SHARD, min((number + 1) * PER_SHARD, clips))
            own = [(i, *found[i % len(found)]) for i in indices]
            _write_shard(folder, job.resolved(), number, own)


def _write_shard(folder: Path, job: dict[str, Any], number: int, clips: list[Any]) -> None:
    """One committed shard of (index, outcome of the original, group of the original)."""
    path = folder / f"shards/shard-{number:05d}.h5"
    with ShardWriter(path, job) as shard:
        for index, outcome, clip in clips:
            with h5py.File("copy", "w", driver="core", backing_store=False) as memory:
                memory.copy(clip, memory, "clip")
                memory["clip"].attrs.update(index=index, name=f"{outcome.template}/{index:06d}")
                shard.write(memory["clip"], index)
    first = clips[0][0]
    rows = [
        outcome.__class__(**outcome.__dict__ | {"index": i, "name": f"{outcome.template}/{i:06d}"})
        for i, outcome, _ in clips
    ]
    write_manifest(
        folder,
        ShardInfo(
            number=number,
            file=str(path.relative_to(folder)),
            sha256=shard.sha256,
            size=path.stat().st_size,
            indices=(first, first + len(clips)),
            outcomes=tuple(rows),
        ),
    )


def write_tars(dataset: Path, folder: Path) -> None:
    """The passes of every clip as a WebDataset: per pass the chunks after each other, and in JSON
    their sizes."""
    import webdataset

    folder.mkdir(parents=True, exist_ok=True)
    reader = DatasetReader(Store(dataset))
    listing = list_clips(reader.store)
    with webdataset.ShardWriter(f"{folder}/%05d.tar", maxcount=PER_SHARD, verbose=0) as tars:
        for number in range(len(listing)):
            entry = listing.entry(number)
            passes = {
                path.removeprefix("passes/"): array
                for path, array in reader.clip(entry).arrays.items()
                if path.startswith("passes/")
            }
            about: dict[str, Any] = {}
            sample: dict[str, Any] = {"__key__": f"{entry.index:08d}"}
            for name, array in passes.items():
                spans = list(zip(array.offsets, array.offsets + array.sizes, strict=True))
                sample[f"{name}.bin"] = b"".join(
                    reader.store.read_spans(f"shards/{entry.shard}", spans)
                )
                about[name] = {
                    "dtype": array.dtype,
                    "shape": array.shape,
                    "chunk": array.chunk,
                    "sizes": array.sizes.tolist(),
                }
            tars.write(sample | {"about.json": json.dumps(about).encode()})
