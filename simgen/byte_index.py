"""Where every chunk of a shard lies: arrays are read by ranges of bytes, without the HDF5 library.

`shard-00000.index` lies beside `shard-00000.h5`. It is one zstd frame with a content checksum
around: the length of the header (u8), the header (JSON), the offset (u8) and the size (u4) of every
chunk. The header has, for every clip, the attributes that a reader needs (certificates and
materials stay in the shard), those of the groups in it and, for every array, its type, shape, chunk
shape and first chunk in the list; the chunks of an array are in row-major order. The chunk of the
camera's intrinsics, which every sample needs, is kept in the header too (`content`, base64). All
numbers are little-endian.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from simgen.codec import decompress
from simgen.errors import SimgenError
from simgen.record import AnyArray

FORMAT = "simgen-index"
VERSION = 1
_KEPT = "camera/intrinsics"
_LEFT_OUT = frozenset({"certificate", "materials", "ambient"})


@dataclass(frozen=True, eq=False)
class StoredArray:
    """One array of a clip and the places of its chunks in the shard."""

    dtype: str
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    """() for an array without elements, which has no chunks."""
    offsets: AnyArray
    """(chunk,) first byte in the shard."""
    sizes: AnyArray
    """(chunk,) [byte]"""
    axes: tuple[str, ...] = ()
    """Names of the axes."""
    content: bytes = b""
    """Its only chunk, where the index keeps it."""

    @cached_property
    def _per_row(self) -> int:
        """Chunks that share their rows, e.g. the channels of a frame."""
        counts = [-(-size // step) for size, step in zip(self.shape[1:], self.chunk[1:])]
        return int(np.prod(counts, dtype=int))

    def chunks(self, start: int, stop: int) -> range:
        """Numbers of the chunks that hold rows `start` to `stop` (one past the last)."""
        if not self.chunk or stop <= start:
            return range(0)
        rows = self.chunk[0]
        return range(start // rows * self._per_row, -(-stop // rows) * self._per_row)

    def assemble(self, parts: Sequence[bytes | memoryview], start: int, stop: int) -> AnyArray:
        """Rows `start` to `stop` from the bytes of `chunks(start, stop)`.

        Raises:
            SimgenError: a chunk is damaged.
        """
        if not self.chunk or stop <= start:
            return np.zeros((max(0, stop - start), *self.shape[1:]), self.dtype)
        rows = self.chunk[0]
        first = start // rows * rows
        last = min(-(-stop // rows) * rows, self.shape[0])
        out = _empty((last - first, *self.shape[1:]), self.dtype, self.chunk)
        grid = [
            range(0, size, step) for size, step in zip((last - first, *self.shape[1:]), self.chunk)
        ]
        for part, place in zip(
            parts, np.stack(np.meshgrid(*grid, indexing="ij"), -1).reshape(-1, out.ndim)
        ):
            where = tuple(slice(p, p + step) for p, step in zip(place, self.chunk))
            target = out[where]
            if target.shape == self.chunk and target.flags.c_contiguous:
                decompress(part, self.dtype, self.chunk, target)
            else:
                values = decompress(part, self.dtype, self.chunk)
                target[...] = values[tuple(slice(0, n) for n in target.shape)]
        return out[start - first : stop - first]


@dataclass(frozen=True, eq=False)
class ClipIndex:
    """What can be known of a clip without opening the shard."""

    attributes: Mapping[str, Any]
    arrays: Mapping[str, StoredArray]
    """Path in the clip, e.g. `passes/depth` -> array."""
    groups: Mapping[str, Mapping[str, Any]]
    """Path in the clip, e.g. `trajectory/bodies` -> attributes."""

    @property
    def span(self) -> tuple[int, int]:
        """First byte of the clip's chunks in the shard and one past the last."""
        full = [a for a in self.arrays.values() if len(a.sizes)]
        return (
            min(int(a.offsets.min()) for a in full),
            max(int((a.offsets + a.sizes).max()) for a in full),
        )


@dataclass(frozen=True, eq=False)
class ShardIndex:
    """The byte index of one shard."""

    clips: Mapping[int, ClipIndex]
    """Index in the job -> clip."""


def index_path(shard: Path) -> Path:
    """Where the byte index of a shard lies."""
    return shard.with_suffix(".index")


def build_index(shard: Path) -> bytes:
    """The content of the index file of a finished shard.

    Raises:
        SimgenError: an array misses chunks; the shard was not written to its end.
    """
    clips: dict[str, Any] = {}
    offsets: list[int] = []
    sizes: list[int] = []
    with h5py.File(shard, "r", locking=False) as file:
        root: Any = file["clips"]
        for name, clip in root.items():
            arrays: dict[str, Any] = {}
            for path in _paths(clip, h5py.Dataset):
                dataset = clip[path]
                places = _places(dataset, f"{shard.name}: clip {name}, {path}")
                arrays[path] = {
                    "dtype": dataset.dtype.str,
                    "shape": dataset.shape,
                    "chunk": dataset.chunks or (),
                    "first": len(offsets),
                    "count": len(places),
                    "axes": [str(axis) for axis in dataset.attrs.get("axes", ())],
                }
                if path == _KEPT:
                    _, chunk = dataset.id.read_direct_chunk((0,) * dataset.ndim)
                    arrays[path]["content"] = b64encode(chunk).decode()
                offsets += [offset for offset, _ in places]
                sizes += [size for _, size in places]
            clips[name] = {
                "attributes": {k: v for k, v in _attributes(clip).items() if k not in _LEFT_OUT},
                "groups": {path: _attributes(clip[path]) for path in _paths(clip, h5py.Group)},
                "arrays": arrays,
            }
    header = {"format": FORMAT, "version": VERSION, "chunks": len(offsets), "clips": clips}
    text = json.dumps(header, sort_keys=True).encode()
    numbers = np.array(offsets, "<u8").tobytes() + np.array(sizes, "<u4").tobytes()
    return _pack(len(text).to_bytes(8, "little") + text + numbers)


def parse_index(content: bytes, where: str) -> ShardIndex:
    """The index from the bytes of its file; `where` names it in errors.

    Raises:
        SimgenError: truncated, damaged, foreign or of another version.
    """
    import zstandard

    try:
        plain = zstandard.ZstdDecompressor().decompress(content, allow_extra_data=False)
        length = int.from_bytes(plain[:8], "little")
        header = json.loads(plain[8 : 8 + length])
    except (zstandard.ZstdError, ValueError) as error:
        raise SimgenError(
            f"{where} is truncated or no byte index ({error}); `simgen repair` makes it anew"
        ) from None
    if header.get("format") != FORMAT or header.get("version") != VERSION:
        raise SimgenError(
            f"{where} is {header.get('format')!r} version {header.get('version')!r}; this simgen "
            f"reads {FORMAT!r} version {VERSION}"
        )
    count = header["chunks"]
    offsets = np.frombuffer(plain, "<u8", count, 8 + length)
    sizes = np.frombuffer(plain, "<u4", count, 8 + length + 8 * count)
    return ShardIndex(
        {
            int(name): ClipIndex(
                clip["attributes"],
                {path: _array(a, offsets, sizes) for path, a in clip["arrays"].items()},
                clip["groups"],
            )
            for name, clip in header["clips"].items()
        }
    )


def _empty(shape: tuple[int, ...], dtype: str, chunk: tuple[int, ...]) -> AnyArray:
    """An array in which every chunk lies in one piece: axes that chunks divide singly come first
    in memory, e.g. the channels of a frame apart."""
    order = sorted(range(len(shape)), key=lambda k: chunk[k] > 1 or shape[k] == 1)
    memory = np.empty([shape[k] for k in order], dtype)
    return memory.transpose(np.argsort(order))


def _array(entry: dict[str, Any], offsets: AnyArray, sizes: AnyArray) -> StoredArray:
    part = slice(entry["first"], entry["first"] + entry["count"])
    return StoredArray(
        entry["dtype"],
        tuple(entry["shape"]),
        tuple(entry["chunk"]),
        offsets[part],
        sizes[part],
        tuple(entry["axes"]),
        b64decode(entry.get("content", "")),
    )


def _pack(plain: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=9, write_checksum=True).compress(plain)


def _paths(clip: Any, kind: type) -> list[str]:
    """Paths of the arrays or of the groups in a clip."""
    found: list[str] = []
    clip.visit(found.append)
    return [path for path in sorted(found) if isinstance(clip[path], kind)]


def _attributes(item: Any) -> dict[str, Any]:
    return {k: v.item() if hasattr(v, "item") else v for k, v in item.attrs.items()}


def _places(dataset: Any, where: str) -> list[tuple[int, int]]:
    """(offset, size) of every chunk in row-major order."""
    if dataset.chunks is None:
        if dataset.size:
            raise SimgenError(f"{where} is not stored in chunks; write it with simgen.hdf5")
        return []
    found: list[Any] = []
    dataset.id.chunk_iter(found.append)
    expected = int(np.prod([-(-n // c) for n, c in zip(dataset.shape, dataset.chunks)]))
    if len(found) != expected:
        raise SimgenError(f"{where} has {len(found)} of {expected} chunks")
    return [(c.byte_offset, c.size) for c in sorted(found, key=lambda c: c.chunk_offset)]
