"""Loaders that the data path is measured against, each in a process of its own.

python -P benchmarks/contenders.py NAME FOLDER   # commands and answers are lines of JSON

`FOLDER` holds `simgen` (a dataset), `wds` (tars of the same bytes) and `mds`, which the process
called `mds` makes of the tars. Every loader gives the same tensors in batches, decoded by
simgen.codec; what differs are containers and loaders. Only torch, NumPy and simgen.codec are
needed here, and the package under test.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from simgen.codec import GOP, decode_window, decompress

PASSES = ("rgb", "depth", "forward_flow", "segmentation")
BATCH = 2
SHUFFLE_BUFFER = 8
"""Whole clips that WebDataset holds to draw from."""


def decoded(sample: dict[str, Any], about: dict[str, Any], frames: int) -> dict[str, torch.Tensor]:
    """A random window of a whole clip's bytes; 0 frames: the whole clip."""
    count = about["depth"]["shape"][0]
    start = int(np.random.default_rng().integers(count - frames + 1)) if frames else 0
    window = range(start, start + (frames or count))
    return {name: torch.from_numpy(_pass(sample[name], about[name], window)) for name in PASSES}


def _pass(content: bytes, about: dict[str, Any], window: range) -> Any:
    """(frames, C, H, W) of one pass, (frames, H, W) of one without channels."""
    ends = np.cumsum(about["sizes"])
    view = memoryview(content)

    def chunk(number: int) -> memoryview:
        return view[ends[number] - about["sizes"][number] : ends[number]]

    dtype, shape = about["dtype"], tuple(about["chunk"])
    if len(shape) == 2:  # groups of pictures
        groups = range(window[0] // GOP, window[-1] // GOP + 1)
        streams = (decompress(chunk(g), dtype, shape).tobytes() for g in groups)
        first = groups[0] * GOP
        return np.moveaxis(
            decode_window(streams, range(window[0] - first, window[-1] + 1 - first)), -1, 1
        )
    channels = about["shape"][3] if len(shape) == 4 else 1
    out = np.empty((len(window), channels, *shape[1:3]), dtype)
    for k, frame in enumerate(window):
        for c in range(channels):
            decompress(chunk(frame * channels + c), dtype, shape[1:3], out[k, c])
    if out.dtype == np.uint16:
        out = out.astype(np.int32)
    return out if len(shape) == 4 else out[:, 0]


def simgen_loader(folder: Path, workers: int, frames: int) -> Iterable[Any]:
    """Ours."""
    from simgen.dataset import ClipDataset
    from simgen.samples import Window

    everything = {"starts": "all"} if not frames else {}
    window = Window(frames=frames or _length(folder), passes=PASSES, **everything)
    data = ClipDataset(
        folder / "simgen", window, batch=BATCH if frames else 1, shuffle=bool(frames)
    )
    return DataLoader(data, batch_size=None, **_workers(workers, frames))


def _length(folder: Path) -> int:
    from simgen.listing import list_clips
    from simgen.store import Store

    return int(list_clips(Store(folder / "simgen")).frame_count.min())


def webdataset_loader(folder: Path, workers: int, frames: int) -> Iterable[Any]:
    """WebDataset: tars one after the other, a buffer to draw from."""
    import webdataset

    tars = sorted(str(path) for path in (folder / "wds").glob("*.tar"))
    shards = len(tars) if frames else False
    data = webdataset.WebDataset(
        tars, shardshuffle=shards, nodesplitter=webdataset.single_node_only
    )
    if frames:
        data = data.shuffle(SHUFFLE_BUFFER)

    def sample(found: dict[str, Any]) -> dict[str, torch.Tensor]:
        passes = {name: found[f"{name}.bin"] for name in PASSES}
        return decoded(passes, json.loads(found["about.json"]), frames)

    return DataLoader(
        data.map(sample), batch_size=BATCH if frames else 1, **_workers(workers, frames)
    )


class Mds:
    """MosaicML streaming: random access by index, whole samples."""

    def __init__(self, folder: Path) -> None:
        import streaming
        from streaming.base.util import clean_stale_shared_memory

        class Clips(streaming.StreamingDataset):
            frames = 0

            def __getitem__(self, at: int) -> dict[str, torch.Tensor]:
                sample = super().__getitem__(at)
                return decoded(sample, sample["about"], self.frames)

        clean_stale_shared_memory()
        if not (folder / "mds/index.json").is_file():
            write_mds(folder)
        self.data = Clips(local=str(folder / "mds"), batch_size=BATCH, num_canonical_nodes=1)

    def __call__(self, _: Path, workers: int, frames: int) -> Iterable[Any]:
        self.data.frames, self.data.shuffle = frames, bool(frames)
        self.data.batch_size = BATCH if frames else 1
        return DataLoader(self.data, batch_size=self.data.batch_size, **_workers(workers, frames))


def write_mds(folder: Path) -> None:
    """The samples of the tars as MDS."""
    import streaming

    columns = {"about": "json"} | dict.fromkeys(_columns(folder), "bytes")
    options = {"out": str(folder / "mds"), "columns": columns, "size_limit": 1 << 25}
    with streaming.MDSWriter(**options) as writer:
        for sample in _samples(folder):
            passes = {
                name.removesuffix(".bin"): sample[name] for name in sample if name != "about.json"
            }
            writer.write(passes | {"about": json.loads(sample["about.json"])})


def _columns(folder: Path) -> list[str]:
    return list(json.loads(next(_samples(folder))["about.json"]))


def _samples(folder: Path) -> Any:
    """Extension -> content of every sample in the tars."""
    for path in sorted((folder / "wds").glob("*.tar")):
        found: dict[str, dict[str, bytes]] = {}
        with tarfile.open(path) as tar:
            for member in tar:
                key, _, extension = member.name.partition(".")
                found.setdefault(key, {})[extension] = tar.extractfile(member).read()
        yield from found.values()


def _workers(workers: int, frames: int) -> dict[str, Any]:
    """Options of DataLoader; whole clips are large: one is read ahead."""
    ahead = 2 if frames else 1
    return {"num_workers": workers, "persistent_workers": True, "prefetch_factor": ahead}


def cpu_seconds() -> float:
    """Of this process and its workers so far."""
    pids = [os.getpid(), *(child.pid for child in multiprocessing.active_children())]
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def epoch(loader: Iterable[Any]) -> dict[str, Any]:
    """Wall and CPU seconds of an epoch, its samples and frames, and what a batch looks like."""
    samples = frames = 0
    batch: dict[str, Any] = {}
    wall, cpu = time.perf_counter(), cpu_seconds()
    for batch in loader:
        samples += len(batch["rgb"])
        frames += batch["rgb"].shape[0] * batch["rgb"].shape[1]
    return {
        "wall": time.perf_counter() - wall,
        "cpu": cpu_seconds() - cpu,
        "samples": samples,
        "frames": frames,
        "batch": {name: [str(batch[name].dtype), *batch[name].shape[1:]] for name in PASSES},
    }


def main() -> None:
    """Answer commands: `{"workers": n, "frames": n}` opens a loader and runs an epoch unmeasured,
    `{}` runs an epoch."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries that print do not disturb
    torch.set_num_threads(1)
    make = {"simgen": simgen_loader, "webdataset": webdataset_loader}.get(name) or Mds(folder)
    loader: Any = None
    print(
        json.dumps({"torch": torch.__version__, "numpy": np.__version__}), file=answers, flush=True
    )
    for line in sys.stdin:
        command = json.loads(line)
        if command:
            del loader
            loader = make(folder, **command)
        print(json.dumps(epoch(loader)), file=answers, flush=True)


if __name__ == "__main__":
    main()
