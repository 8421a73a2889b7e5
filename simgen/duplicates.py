"""Near-duplicates among many clips, from their fingerprints (simgen.summary).

Clips are put into buckets by parts of their fingerprints and compared within them only, so that a
million rows take seconds. Two clips of one draw, takes or counterfactuals, are alike on purpose
and do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simgen.record import AnyArray

PARTS = 8
"""Parts of a fingerprint; a pair is compared when it agrees in one."""
NEIGHBOURS = 16
"""With how many of the clips in its bucket a clip is compared."""
BITS = 7
"""Bits of 192 in which two pictures' fingerprints may differ. A pair that differs in fewer than
PARTS bits agrees in a part, so it is overlooked only when its buckets are crowded."""
STEPS = 1
"""Steps of 7 % by which the states of two trajectories may differ; a pair that differs so at every
instant is overlooked."""
STILL = 0x80
"""Byte of a trajectory's fingerprint for no change since the start."""


@dataclass(frozen=True)
class Duplicates:
    """Pairs of clips that are alike."""

    pairs: AnyArray
    """(N, 2) indices of clips, the smaller first."""

    @property
    def clips(self) -> int:
        """How many clips are like another one."""
        return len(np.unique(self.pairs))


def like_pictures(
    index: AnyArray, draw: AnyArray, fingerprints: Sequence[str | None]
) -> Duplicates:
    """Clips whose first, middle and last pictures look alike.

    Args:
        index: (N,) of the clips.
        draw: (N,) their draws.
        fingerprints: N hashes of three pictures, 48 hex digits each; others are left out.
    """
    kept, codes = _bytes(fingerprints, 24)

    def alike(a: AnyArray, b: AnyArray) -> AnyArray:
        return np.bitwise_count(codes[a] ^ codes[b]).sum(1, dtype=int) <= BITS

    return _found(index[kept], draw[kept], codes, np.ones((len(codes), PARTS), bool), alike)


def like_motion(index: AnyArray, draw: AnyArray, fingerprints: Sequence[str | None]) -> Duplicates:
    """Clips in which the middle of all that moves goes the same way and spreads as far, to 7 % at
    every instant; arguments as of `like_pictures`, 64 hex digits each."""
    kept, codes = _bytes(fingerprints, 32)
    moved = (codes.reshape(len(codes), PARTS, 4) != STILL).any(2)

    def alike(a: AnyArray, b: AnyArray) -> AnyArray:
        return np.abs(codes[a].astype(int) - codes[b]).max(1) <= STEPS

    return _found(index[kept], draw[kept], codes, moved, alike)


def _bytes(fingerprints: Sequence[str | None], size: int) -> tuple[AnyArray, AnyArray]:
    """Which fingerprints are there, and their bytes (K, size)."""
    kept = [i for i, text in enumerate(fingerprints) if text and len(text) == 2 * size]
    joined = bytes.fromhex("".join(str(fingerprints[i]) for i in kept))
    return np.array(kept, int), np.frombuffer(joined, np.uint8).reshape(len(kept), size)


def _found(
    index: AnyArray,
    draw: AnyArray,
    codes: AnyArray,
    usable: AnyArray,
    alike: Callable[[AnyArray, AnyArray], AnyArray],
) -> Duplicates:
    """Pairs that agree in a usable part (N, PARTS) of their codes (N, bytes) and are alike."""
    width = codes.shape[1] // PARTS
    weights: AnyArray = np.array([256**k for k in range(width)])
    parts: AnyArray = codes.reshape(len(codes), PARTS, width)
    keys: AnyArray = (parts * weights).sum(2)
    pairs = [np.zeros((0, 2), int)]
    for part in range(PARTS):
        own = np.nonzero(usable[:, part])[0]
        order = own[np.lexsort((keys[own, (part + 1) % PARTS], keys[own, part]))]
        bucket: AnyArray = keys[order, part]
        for offset in range(1, NEIGHBOURS + 1):
            same = np.nonzero(bucket[offset:] == bucket[:-offset])[0]
            if not len(same):
                break
            a, b = order[same], order[same + offset]
            chosen = (draw[a] != draw[b]) & alike(a, b)
            pairs.append(np.sort(np.stack([index[a[chosen]], index[b[chosen]]], 1), axis=1))
    return Duplicates(np.unique(np.concatenate(pairs), axis=0))
