"""In which order a training epoch visits its samples: a pure function of (seed, epoch, position).

Nothing is stored and nothing drawn one after another, so any rank, worker or resumed run finds the
sample at any position by itself, in constant time and memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgen.errors import SimgenError
from simgen.key import Key
from simgen.record import AnyArray

_ROUNDS = 6


def permuted(positions: AnyArray, count: int, key: Key) -> AnyArray:
    """Where each position 0..count-1 goes in the permutation of `count` things named by `key`.

    A Feistel network over the next even power of two, walked until it falls inside (Black &
    Rogaway 2002, "Ciphers with arbitrary finite domains").
    """
    half = max(1, (max(1, count - 1).bit_length() + 1) // 2)
    mask = np.uint64((1 << half) - 1)
    rounds = key.rng().integers(0, 2**64, _ROUNDS, dtype=np.uint64)
    at = np.array(positions, np.uint64)
    todo = np.ones(at.shape, bool)
    while todo.any():
        left, right = at[todo] >> np.uint64(half), at[todo] & mask
        for salt in rounds:
            left, right = right, left ^ (_mixed(right + salt) & mask)
        at[todo] = (left << np.uint64(half)) | right
        todo = at >= np.uint64(count)
    return at.astype(np.int64)


def _mixed(x: AnyArray) -> AnyArray:
    """SplitMix64's finalizer (Steele et al. 2014): every input bit sways every output bit."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@dataclass(frozen=True)
class Order:
    """Epochs over groups of samples; samples are numbered group after group."""

    sizes: tuple[int, ...]
    """Samples in each group."""
    seed: int = 0
    shuffle: bool = True
    weights: tuple[float, ...] | None = None
    """How often each group's samples come in an epoch, on average; None: every sample once. A group
    of weight .5 gives half of its samples, the other half in the next epoch."""

    def __post_init__(self) -> None:
        weights = self.weights
        if weights is not None and (len(weights) != len(self.sizes) or min(weights, default=1) < 0):
            raise SimgenError(
                f"weights {weights} must be {len(self.sizes)} numbers >= 0, one per group"
            )

    @cached_property
    def draws(self) -> AnyArray:
        """(group,) samples that an epoch takes from each group."""
        weights = np.ones(len(self.sizes)) if self.weights is None else np.array(self.weights)
        return np.round(np.array(self.sizes, float) * weights).astype(np.int64)

    def __len__(self) -> int:
        """Samples in an epoch."""
        return int(self.draws.sum())

    def samples(self, epoch: int, positions: Sequence[int] | AnyArray) -> AnyArray:
        """Numbers of the samples at these positions of an epoch."""
        places = np.asarray(positions, np.int64)
        key = Key(self.seed, ("order",))
        if self.shuffle:
            places = permuted(places, len(self), key.child("epoch", epoch))
        ends = np.cumsum(self.draws)
        group = np.searchsorted(ends, places, side="right")
        draw = places - (ends - self.draws)[group] + epoch * self.draws[group]
        starts = np.cumsum(self.sizes) - self.sizes
        out = np.empty(len(places), np.int64)
        present: list[int] = np.unique(group).tolist()
        for g in present:
            mine, size = group == g, self.sizes[g]
            inside: AnyArray = draw[mine] % size
            if self.shuffle and self.weights is not None:
                inside = self._shuffled(key.child("group", g), draw[mine] // size, inside, size)
            out[mine] = starts[g] + inside
        return out

    def _shuffled(self, key: Key, rounds: AnyArray, inside: AnyArray, size: int) -> AnyArray:
        """A new order of the group each time all of it was seen, so that the part of it that an
        epoch takes is no fixed one."""
        out = np.empty(len(inside), np.int64)
        for n in np.unique(rounds):
            mine = rounds == n
            out[mine] = permuted(inside[mine], size, key.child("round", int(n)))
        return out


@dataclass(frozen=True)
class Share:
    """Which positions of an epoch a worker of a rank reads, batch by batch.

    The batches of all ranks at a step are the next `ranks * batch` positions, so after any step the
    positions seen are 0..consumed-1 whatever the number of ranks and workers: a run resumes on
    another machine without a sample lost or doubled.
    """

    batch: int
    rank: int = 0
    ranks: int = 1
    worker: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        if self.batch < 1 or not 0 <= self.rank < self.ranks or not 0 <= self.worker < self.workers:
            raise SimgenError(
                f"{self}: batch must be >= 1, rank in 0..ranks-1 and worker in 0..workers-1"
            )

    def batches(self, start: int, stop: int) -> Iterator[range]:
        """Positions of this worker's batches between `start` (consumed before) and `stop`."""
        step = self.batch * self.ranks
        for at in range(start + self.worker * step, stop, self.workers * step):
            batch = range(at + self.rank, min(at + step, stop), self.ranks)
            if batch:
                yield batch

    def count(self, stop: int) -> int:
        """Batches of this rank in an epoch of `stop` positions, by all its workers."""
        steps, rest = divmod(stop, self.batch * self.ranks)
        return steps + (rest > self.rank)
