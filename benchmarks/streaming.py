"""How fast clips reach a trainer, against MosaicML streaming (MDS) and WebDataset.

python benchmarks/streaming.py                                  # renders three clips first
python benchmarks/streaming.py --dataset DIR --work DIR         # clips that are there
python benchmarks/streaming.py --mds-python VENV/bin/python     # MDS too
python benchmarks/streaming.py --parts random cold memory

The clips of a small real dataset are copied under new indices into many shards; tars and MDS hold
the same encoded bytes, decoded by the same functions. mosaicml-streaming needs another NumPy than
simgen: `--mds-python` names the Python of an environment with mosaicml-streaming, torch, av and
zstandard. Epochs of the contenders alternate; the figures are medians, ratios are of the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from contenders import BATCH, PASSES
from payload import multiply, render, write_tars

from simgen.codec import CODECS, compress, decompress, planes
from simgen.dataset import ClipDataset, Loader
from simgen.listing import list_clips
from simgen.manifest import read_manifest
from simgen.reader import ClipEntry, DatasetReader
from simgen.replay import Replay
from simgen.samples import Window
from simgen.store import Store

HERE = Path(__file__).parent
WINDOW = 16
SIZES = ((256, 256), (832, 480), (1920, 1080))
REPLAYED = ("depth", "forward_flow", "segmentation")


class Contender:
    """A loader in a process of its own, asked for one epoch at a time."""

    def __init__(self, name: str, python: str, folder: Path) -> None:
        self.name = name
        # Only what lies here: the other environment has its own libraries.
        environment = os.environ | {"PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            # -P: beside the script lies this file, which is called as MDS's package is.
            [python, "-P", str(HERE / "contenders.py"), name, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.versions = self._answer()

    def ask(self, command: dict[str, int]) -> dict[str, Any]:
        """What an epoch took."""
        print(json.dumps(command), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} failed: run benchmarks/contenders.py by hand to see why")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()


def race(contenders: list[Contender], workers: int, frames: int, repeat: int) -> None:
    """Rows of the table for one number of workers."""
    shapes = [c.ask({"workers": workers, "frames": frames})["batch"] for c in contenders]
    if shapes.count(shapes[0]) < len(shapes):
        raise SystemExit(f"the contenders give different batches: {shapes}")
    found: dict[str, list[dict[str, Any]]] = {c.name: [] for c in contenders}
    for k in range(repeat):
        for contender in contenders if k % 2 else reversed(contenders):
            found[contender.name].append(contender.ask({}))
    unit = "samples" if frames else "frames"
    rates = {n: statistics.median(e[unit] / e["wall"] for e in es) for n, es in found.items()}
    costs = {n: statistics.median(e["cpu"] / e[unit] for e in es) for n, es in found.items()}
    for name, epochs in found.items():
        spread = [e[unit] / e["wall"] for e in epochs]
        print(
            f"| {workers} | {name} | {rates[name]:.1f} ({min(spread):.1f}-{max(spread):.1f}) "
            f"| {rates['simgen'] / rates[name]:.2f} | {1e3 * costs[name]:.1f} "
            f"| {costs[name] / costs['simgen']:.2f} | {os.getloadavg()[0]:.1f} |",
            flush=True,
        )


def loaders(folder: Path, arguments: argparse.Namespace, frames: int) -> None:
    """The table of random windows, or of whole clips one after the other (`frames` 0)."""
    what = f"random windows of {frames} frames, batches of {BATCH}" if frames else "whole clips"
    unit = "windows" if frames else "frames"
    pythons = {"simgen": sys.executable, "webdataset": sys.executable}
    if arguments.mds_python:
        pythons["mds"] = arguments.mds_python
    with ExitStack() as stack:
        contenders = [Contender(name, python, folder) for name, python in pythons.items()]
        for contender in contenders:
            stack.callback(contender.close)
        print(f"\n{what}, {', '.join(PASSES)}; {[c.versions for c in contenders]}")
        print(f"| workers | loader | {unit}/s (range) | simgen is | CPU ms | simgen needs | load |")
        print("|---|---|---|---|---|---|---|")
        for workers in arguments.workers:
            race(contenders, workers, frames, arguments.repeat)


@contextmanager
def s3(folder: Path) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    """The dataset in an S3 server: its URL, options to reach it, and a log of requests."""
    import logging

    import s3fs
    from moto.server import ThreadedMotoServer

    lines: list[str] = []
    log, handler = logging.getLogger("werkzeug"), logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=True)
    server.start()
    host, port = server.get_host_and_port()
    options = {
        "key": "a",
        "secret": "b",
        "client_kwargs": {"endpoint_url": f"http://{host}:{port}"},
    }
    system = s3fs.S3FileSystem(**options, skip_instance_cache=True)
    system.mkdir("clips")
    system.put(f"{folder}/", "clips/d/", recursive=True)
    yield "s3://clips/d", options, lines
    server.stop()


def cold(folder: Path) -> None:
    """Requests and bytes of one window from a shard never seen before."""
    listing = list_clips(Store(folder / "simgen"))
    with s3(folder / "simgen") as (root, options, lines):
        counts, sizes = [], []
        for number in range(0, len(listing), 4):
            entry = listing.entry(number)
            store = Store(root, options=options)
            store.read("dataset.json")  # connects
            reader, before = DatasetReader(store), len(lines)
            first = 7 * number % (int(listing.frame_count[number]) - WINDOW)
            wanted = ["camera/camera_to_world", "camera/intrinsics"]
            reader.window(entry, PASSES, range(first, first + WINDOW), wanted)
            counts.append(len(lines) - before)
            sizes.append((folder / "simgen/shards" / entry.shard).stat().st_size)
    print(
        f"\ncold shard on S3 (moto), random window of {WINDOW} frames with camera: requests "
        f"median {statistics.median(counts):.0f}, most {max(counts)} of {len(counts)} shards "
        f"(goal 3); a shard here is {statistics.mean(sizes) / 1e6:.0f} MB"
    )


def writing(datasets: list[Path]) -> None:
    """Share of generation that writing takes."""
    print("\nwriting (stages store and commit, goal 10 %)")
    for dataset in datasets:
        rows = [o.seconds for info in read_manifest(dataset) for o in info.outcomes]
        total = sum(sum(row.values()) for row in rows)
        share = sum(row.get("store", 0) + row.get("commit", 0) for row in rows) / total
        print(f"{dataset.name}: {100 * share:.1f} % of {total:.0f} s, {len(rows)} clips")


def memory(folder: Path) -> None:
    """Resident memory of a worker along an epoch of windows end to end."""
    window = Window(frames=WINDOW, passes=PASSES, starts="all")
    data = ClipDataset(folder / "simgen", window, batch=BATCH)
    # Pages shared with the trainer come and go with the batches in flight: told apart.
    rows: list[tuple[float, float]] = []
    for _ in Loader(data, workers=1):
        (worker,) = (
            Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()[-1:]
        )
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{worker}/status").read_text().splitlines()
        )
        rows.append(tuple(int(status[k].split()[0]) / 1e3 for k in ("RssAnon", "RssShmem")))
    at = [round(share * (len(rows) - 1)) for share in (0.05, 0.25, 0.5, 0.75, 1)]
    print(f"\nmemory of a worker along an epoch of {len(rows)} batches, at 5, 25, 50, 75, 100 %")
    print("own    " + "".join(f"{rows[n][0]:7.0f}" for n in at) + " MB")
    print("shared " + "".join(f"{rows[n][1]:7.0f}" for n in at) + " MB")


def took(act: Callable[[], Any], repeat: int) -> tuple[float, float]:
    """Median wall and CPU seconds of something."""
    walls, cpus = [], []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def replay(source: Path, repeat: int) -> None:
    """Frames per second of passes rendered again against unpacking stored ones."""
    reader = DatasetReader(Store(source))
    listing = list_clips(reader.store)
    print(f"\nreplay of {', '.join(REPLAYED)} on one CPU thread")
    print("| size | template | replayed frames/s | CPU ms/frame | stored frames/s | CPU ms/frame |")
    print("|---|---|---|---|---|---|")
    for size in SIZES:
        for number in np.unique(listing.template, return_index=True)[1]:
            _replayed(reader, listing.entry(int(number)), size, repeat)


def _replayed(reader: DatasetReader, entry: ClipEntry, size: tuple[int, int], repeat: int) -> None:
    """A row: four frames of a clip in one size."""
    again, frames = Replay(reader), range(40, 44)
    passes = again.passes(entry, REPLAYED, frames, size=size)
    wall, cpu = took(lambda: again.passes(entry, REPLAYED, frames, size=size), repeat)
    chunks = [
        (compress(plane), plane.dtype.str, plane.shape)
        for name, stack in passes.items()
        for picture in stack
        for _, plane in planes(CODECS[name], picture)
    ]
    dense, unpack = took(lambda: [decompress(*chunk) for chunk in chunks], repeat)
    n = len(frames)
    print(
        f"| {size[0]}x{size[1]} | {entry.template} | {n / wall:.1f} | {1e3 * cpu / n:.0f} "
        f"| {n / dense:.0f} | {1e3 * unpack / n:.1f} |",
        flush=True,
    )


def main() -> None:
    """Make the payload and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ("random", "sequential", "cold", "writing", "memory", "replay")
    parser.add_argument("--dataset", type=Path, help="a dataset of few clips of one size")
    parser.add_argument("--work", type=Path, help="folder of the payload, kept; none: temporary")
    parser.add_argument("--mds-python", default="", help="Python with mosaicml-streaming")
    parser.add_argument("--clips", type=int, default=48)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with ExitStack() as stack:
        folder = arguments.work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        source = arguments.dataset or folder / "source"
        if not arguments.dataset:
            render(source)
        if not (folder / "wds").is_dir():
            multiply(source, folder / "simgen", arguments.clips)
            write_tars(folder / "simgen", folder / "wds")
        print(f"{arguments.clips} clips, copies of {source.name}; load {os.getloadavg()[0]:.1f}")
        if not arguments.mds_python:
            print("MDS is left out: --mds-python names no environment with mosaicml-streaming")
        tasks: dict[str, Callable[[], None]] = {
            "random": lambda: loaders(folder, arguments, WINDOW),
            "sequential": lambda: loaders(folder, arguments, 0),
            "cold": lambda: cold(folder),
            "writing": lambda: writing([source]),
            "memory": lambda: memory(folder),
            "replay": lambda: replay(source, arguments.repeat),
        }
        for part in arguments.parts:
            tasks[part]()


if __name__ == "__main__":
    main()
