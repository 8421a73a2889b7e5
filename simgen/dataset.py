"""Streaming clips into a trainer: PyTorch datasets over a simgen dataset, near or far.

    dataset = ClipDataset("s3://bucket/clips", Window(frames=49, passes=("rgb", "depth")), batch=2)
    loader = Loader(dataset, workers=4)
    for batch in loader:
        ...
    state = loader.state_dict()  # resumes at the next batch, on any number of ranks and workers

Which sample comes when is a pure function of (seed, epoch, position): every rank and every worker
finds its own without talking to the others.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, tee
from typing import Any

import numpy as np
import torch
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    default_collate,  # pyright: ignore[reportUnknownVariableType]
    get_worker_info,
)

from simgen.cache import CachedStore
from simgen.errors import SimgenError
from simgen.key import Key
from simgen.listing import Listing, list_clips
from simgen.order import Order, Share
from simgen.reader import DatasetReader
from simgen.record import PASSES
from simgen.samples import ClipSamples, Sample, Window
from simgen.store import Retry, Store

Batch = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Source:
    """How the bytes of a dataset are reached and kept."""

    cache: str | os.PathLike[str] | None = None
    """Local folder that keeps what was read from an object store; processes may share it."""
    cache_limit: int = 64 << 30
    """[byte]"""
    retry: Retry = field(default_factory=Retry)
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of the fsspec file system: endpoint, credentials..."""

    def store(self, root: str | os.PathLike[str]) -> Store:
        """The files of the dataset at `root`, a folder or a URL."""
        store = Store(root, retry=self.retry, options=dict(self.options))
        if self.cache is None:
            return store
        return CachedStore(store, self.cache, limit=self.cache_limit)


class MapDataset(Dataset[Sample]):
    """Samples by number, as torch tensors; for samplers of one's own."""

    def __init__(
        self,
        root: str | os.PathLike[str],
        window: Window,
        *,
        seed: int = 0,
        templates: Sequence[str] = (),
        where: str = "",
        weights: Mapping[str, float] | None = None,
        source: Source | None = None,
        device: str = "cpu",
    ) -> None:
        """List the clips.

        Args:
            root: folder or URL of a dataset.
            window: what a sample is.
            seed: of every random choice.
            templates: categories and templates to take; none: all.
            where: filters on the catalog as of `simgen query`.
            weights: category or template -> how often its samples come in an epoch, on average.
            source: cache, retries, credentials.
            device: where passes are rendered again (`Window.replay`).

        Raises:
            SimgenError: nothing is there, nothing matches, or a clip cannot give the window.
        """
        self.window, self.seed = window, seed
        self.reader = DatasetReader((source or Source()).store(root))
        self.weights, self._device = weights, device
        self.take(list_clips(self.reader.store, templates=templates, where=where))

    def take(self, clips: Listing) -> None:
        """Serve these clips."""
        self.listing = clips
        self.samples = ClipSamples(
            self.reader, clips, self.window, weights=self.weights, device=self._device
        )

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, number: int) -> Sample:
        """Sample `number`; its random choices depend on the seed and the number alone."""
        if not 0 <= number < len(self):
            raise IndexError(f"sample {number} of {len(self)}")
        return self.sample(number, Key(self.seed, ("sample",)).child(number))

    def sample(self, number: int, key: Key) -> Sample:
        """A sample whose place in clip and picture is drawn by `key`."""
        return tensors(self.samples(number, key))


class ClipDataset(IterableDataset[Batch]):
    """Batches of an epoch, shuffled, shared between ranks and workers, from any position on.

    Use it with `Loader`, or with a DataLoader of `batch_size=None`.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        window: Window,
        *,
        batch: int = 1,
        shuffle: bool = True,
        drop_last: bool = False,
        rank: int | None = None,
        ranks: int | None = None,
        prefetch: int = 2,
        **options: Any,
    ) -> None:
        """List the clips.

        Args:
            root: folder or URL of a dataset.
            window: what a sample is.
            batch: samples per batch of one rank.
            shuffle: another order every epoch.
            drop_last: leave out the last samples of an epoch that make no whole batch on each rank.
            rank: of this process; None: torch.distributed's, or RANK's, or 0.
            ranks: how many; None likewise.
            prefetch: samples a worker reads ahead, in threads; fewer from a folder where workers
                leave it fewer cores.
            options: of MapDataset.
        """
        self.map = MapDataset(root, window, **options)
        self.batch, self.shuffle, self.drop_last = batch, shuffle, drop_last
        self.rank, self.ranks = _place(rank, ranks)
        self.prefetch = prefetch
        self.epoch = 0
        self.position = 0
        """Samples of the epoch that all ranks together have consumed."""

    @property
    def order(self) -> Order:
        """Of the samples in every epoch."""
        weights = self.map.weights
        share = None if weights is None else (*weights.values(), 1.0)
        return Order(self.map.samples.sizes, self.map.seed, self.shuffle, share)

    @property
    def stop(self) -> int:
        """Positions of an epoch."""
        step, count = self.batch * self.ranks, len(self.order)
        return count // step * step if self.drop_last else count

    def __len__(self) -> int:
        """Batches of a whole epoch on this rank."""
        return Share(self.batch, self.rank, self.ranks).count(self.stop)

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        number, count = (worker.id, worker.num_workers) if worker else (0, 1)
        share = Share(self.batch, self.rank, self.ranks, number, count)
        batches, ahead = tee(share.batches(self.position, self.stop))
        samples = self._read(chain.from_iterable(ahead), self._threads(count))
        for batch in batches:
            yield collate([next(samples) for _ in batch])

    def _threads(self, workers: int) -> int:
        """How many threads read ahead: from a folder no more than this worker's share of the cores,
        because decoding takes the time; an object store's latency wants more."""
        if self.map.reader.store.local is None:
            return self.prefetch
        return min(self.prefetch, max(1, (os.cpu_count() or 1) // workers))

    def _read(self, positions: Iterable[int], threads: int) -> Iterator[Sample]:
        """Samples at positions of the epoch, read ahead in threads."""
        order, key = self.order, Key(self.map.seed, ("sample",)).child(self.epoch)

        def sample(position: int) -> Sample:
            (number,) = order.samples(self.epoch, [position])
            return self.map.sample(int(number), key.child(position))

        if threads < 1:
            yield from map(sample, positions)
            return
        with ThreadPoolExecutor(threads) as pool:
            todo = iter(positions)
            flying: deque[Future[Sample]] = deque()
            try:
                while True:
                    while len(flying) <= threads and (at := next(todo, None)) is not None:
                        flying.append(pool.submit(sample, at))
                    if not flying:
                        return
                    yield flying.popleft().result()
            finally:
                for waiting in flying:
                    waiting.cancel()

    def state_dict(self) -> dict[str, Any]:
        """Where the epoch stands; independent of the number of ranks and workers."""
        listing = self.map.listing
        return {
            "version": 1,
            "epoch": self.epoch,
            "position": self.position,
            "seed": self.map.seed,
            "shuffle": self.shuffle,
            "samples": len(self.order),
            "clips": listing.digest(),
            "shards": [listing.shards[int(n)] for n in np.unique(listing.shard)],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state. Shards committed since are left out, so that the order stays.

        Raises:
            SimgenError: the dataset, its filters or the window are others than those of the state.
        """
        listing = self.map.listing
        with suppress(ValueError):  # a shard that is gone: the digest tells
            self.map.take(listing.of_shards(state["shards"]))
        mine = self.state_dict()
        for name in ("version", "clips", "samples", "seed", "shuffle"):
            if mine[name] != state.get(name):
                self.map.take(listing)
                raise SimgenError(
                    f"this state does not belong to the dataset: {name} is {state.get(name)!r} in "
                    f"the state and {mine[name]!r} here; resume with the dataset, filters, window, "
                    f"weights, seed and shuffle it was saved with"
                )
        self.epoch, self.position = int(state["epoch"]), int(state["position"])


class Loader(Iterable[Batch]):
    """A DataLoader over a ClipDataset that knows where it stands.

    Each `for` loop is an epoch, or what is left of it after `load_state_dict`. A state taken inside
    the loop resumes at the batch after the last one given, whatever workers had read ahead.
    """

    def __init__(
        self, dataset: ClipDataset, *, workers: int = 0, pin_memory: bool = False, **options: Any
    ) -> None:
        """`options` go to torch's DataLoader, e.g. `multiprocessing_context="spawn"`."""
        self.dataset = dataset
        self._options: dict[str, Any] = {
            "num_workers": workers,
            "pin_memory": pin_memory,
            **options,
        }

    def __len__(self) -> int:
        """Batches of a whole epoch on this rank."""
        return len(self.dataset)

    def __iter__(self) -> Iterator[Batch]:
        data, step = self.dataset, self.dataset.batch * self.dataset.ranks
        if data.position >= data.stop:
            data.epoch, data.position = data.epoch + 1, 0
        batches: Any = DataLoader(data, batch_size=None, **self._options)
        for batch in batches:
            data.position = min(data.position + step, data.stop)
            yield batch
        data.epoch, data.position = data.epoch + 1, 0

    def state_dict(self) -> dict[str, Any]:
        """As of the dataset."""
        return self.dataset.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """As of the dataset."""
        self.dataset.load_state_dict(state)


def tensors(sample: Sample) -> Sample:
    """Arrays as tensors, channels before rows: (frames, C, H, W)."""
    out: Sample = {}
    for name, value in sample.items():
        if isinstance(value, dict):
            out[name] = tensors(value)  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, np.ndarray):
            array: Any = value  # pyright: ignore[reportUnknownVariableType]
            if name in PASSES and array.ndim == 4:
                array = np.moveaxis(array, -1, 1)
            if array.dtype == np.uint16:  # torch computes little with it
                array = array.astype(np.int32)
            out[name] = torch.as_tensor(np.ascontiguousarray(array))
        else:
            out[name] = value
    return out


def collate(samples: Sequence[Sample]) -> Batch:
    """A batch: tensors of one shape stacked, numbers as tensors, tracks padded to the longest with
    a mask `tracks["present"]`, the rest as lists."""
    batch: Batch = {}
    for name, first in samples[0].items():
        values = [sample[name] for sample in samples]
        if name == "tracks":
            batch[name] = _tracks(values)
        elif isinstance(first, torch.Tensor):
            alike = all(v.shape == first.shape for v in values)
            if name in PASSES and not alike:
                raise SimgenError(
                    f"{name} in shapes {sorted({tuple(v.shape) for v in values})} makes no batch: "
                    f"the dataset has pictures of several sizes; set size=(width, height)"
                )
            batch[name] = default_collate(values) if alike else values
        elif isinstance(first, int | float):
            batch[name] = torch.tensor(values)
        else:
            batch[name] = values
    return batch


def _tracks(values: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """(batch, point, ...) with `present` (batch, point)."""
    longest = max(len(v["instance"]) for v in values)
    out = {
        name: torch.stack(
            [
                torch.cat([v[name], v[name].new_zeros(longest - len(v[name]), *v[name].shape[1:])])
                for v in values
            ]
        )
        for name in values[0]
    }
    out["present"] = torch.stack([torch.arange(longest) < len(v["instance"]) for v in values])
    return out


def _place(rank: int | None, ranks: int | None) -> tuple[int, int]:
    """This process among the ranks."""
    if ranks is not None:
        return rank or 0, ranks
    distributed: Any = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
