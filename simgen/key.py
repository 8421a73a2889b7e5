"""Named random streams: every draw is a pure function of a seed and a path of names."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np


@dataclass(frozen=True)
class Key:
    """A node in the tree of random streams.

    Equal `(seed, path)` gives equal numbers in any process, order or resume; a new child moves no
    other child's numbers. Seed 0 is a seed like any other.
    """

    seed: int
    path: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed must be >= 0, got {self.seed}")

    def child(self, *names: str | int) -> Key:
        """The stream below this one under `names`; integers count as their decimal text."""
        return Key(self.seed, self.path + tuple(str(name) for name in names))

    def rng(self) -> np.random.Generator:
        """A fresh generator at the start of this stream."""
        digest = blake2b("\x00".join(self.path).encode(), digest_size=32).digest()
        words = tuple(int(word) for word in np.frombuffer(digest, dtype="<u4"))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=words))

    def __str__(self) -> str:
        return f"{self.seed}:{'/'.join(self.path)}"
