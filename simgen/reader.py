"""Windows of clips from a dataset near or far, by ranges of bytes; without HDF5 and without torch.

A `DatasetReader` reads any rows of any arrays of a clip that it is told of (simgen.listing). The
passes of a window lie together in the shard, so a window is one request (two where the picture's
group begins far before it), and opening a shard is one small request for its byte index.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from simgen.byte_index import ClipIndex, ShardIndex, StoredArray, parse_index
from simgen.cache import CachedStore
from simgen.codec import GOP, DamagedChunk, decode_window
from simgen.errors import SimgenError
from simgen.record import PASSES, AnyArray
from simgen.store import Span, Store

_OPEN_INDICES = 64
"""Byte indices kept in memory."""
MAX_GAP = 1 << 20
"""Bytes read in vain rather than making another request: what a store sends in one round trip."""


@dataclass(frozen=True)
class ClipEntry:
    """A clip of a dataset: where it is and what one may choose by."""

    index: int
    template: str
    shard: str
    """File name of the shard in `shards/`."""

    @property
    def category(self) -> str:
        """First part of the template's name."""
        return self.template.split("/")[0]


class DatasetReader:
    """Clips of a dataset's committed shards."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._indices: OrderedDict[str, ShardIndex] = OrderedDict()
        self._lock = Lock()

    def __reduce__(self) -> tuple[type[DatasetReader], tuple[Store]]:
        return DatasetReader, (self.store,)

    def clip(self, entry: ClipEntry) -> ClipIndex:
        """What the byte index says of a clip; fetches the index of its shard once."""
        try:
            return self._index(entry.shard).clips[entry.index]
        except KeyError:
            raise SimgenError(
                f"{self.store.root}/shards/{entry.shard} does not hold clip {entry.index}; its "
                f"byte index belongs to another shard: `simgen repair` makes it anew"
            ) from None

    def _index(self, shard: str) -> ShardIndex:
        with self._lock:
            index = self._indices.get(shard)
            if index is None:
                name = f"shards/{shard.removesuffix('.h5')}.index"
                index = parse_index(self.store.read(name), f"{self.store.root}/{name}")
                self._indices[shard] = index
                if len(self._indices) > _OPEN_INDICES:
                    self._indices.popitem(last=False)
            self._indices.move_to_end(shard)
            return index

    def read(self, entry: ClipEntry, rows: Mapping[str, range]) -> dict[str, AnyArray]:
        """Rows of some arrays of a clip by path, fetched together.

        Raises:
            SimgenError: an array is not stored, a chunk is damaged, or the store fails.
        """
        clip = self.clip(entry)
        wanted = [_Wanted(path, _stored(clip, path), rows[path]) for path in rows]
        spans = merged([span for item in wanted for span in item.spans], MAX_GAP)
        name = f"shards/{entry.shard}"
        try:
            try:
                return _assembled(wanted, spans, self.store.read_spans(name, spans))
            except DamagedChunk:
                if not isinstance(self.store, CachedStore):
                    raise
                for span in spans:  # perhaps only the copy here is damaged
                    self.store.forget(name, span)
                return _assembled(wanted, spans, self.store.read_spans(name, spans))
        except DamagedChunk as error:
            raise SimgenError(
                f"{self.store.root}/{name}, clip {entry.index}: {error}; `simgen check` tells what "
                f"is damaged, `simgen repair` what to rerun"
            ) from None

    def window(
        self, entry: ClipEntry, passes: Sequence[str], frames: range, also: Sequence[str] = ()
    ) -> tuple[dict[str, AnyArray], dict[str, AnyArray]]:
        """Stored passes at some frames, and other arrays by path, read together.

        Returns:
            name -> (frames, H, W, ...) of the types in PASSES, and path -> array, cut to the frames
            where it has an axis of time.
        """
        clip = self.clip(entry)
        arrays = {path: _stored(clip, path) for path in also}
        rows = {
            path: frames if array.axes[:1] == ("time",) else range(array.shape[0])
            for path, array in arrays.items()
        }
        rows |= {f"passes/{name}": frames for name in passes}
        groups = range(frames[0] // GOP, frames[-1] // GOP + 1)
        if "rgb" in passes:
            rows["passes/rgb"] = groups
        found = self.read(entry, rows)
        given: dict[str, AnyArray] = {}
        for name in passes:
            values = found.pop(f"passes/{name}")
            if name == "rgb":
                first = groups[0] * GOP
                asked = range(frames.start - first, frames.stop - first, frames.step)
                given[name] = decode_window((row.tobytes() for row in values), asked)
            else:
                given[name] = values.astype(PASSES[name].dtype, copy=False)
        for path, array in arrays.items():
            if array.axes[1:2] == ("time",):
                found[path] = found[path][:, frames.start : frames.stop : frames.step]
        return given, found


def merged(spans: Sequence[Span], gap: int) -> list[Span]:
    """Spans that cover the given ones, those joined that lie within `gap` bytes of each other."""
    out: list[Span] = []
    for start, stop in sorted(spans):
        if out and start - out[-1][1] <= gap:
            out[-1] = (out[-1][0], max(out[-1][1], stop))
        else:
            out.append((start, stop))
    return out


def _stored(clip: ClipIndex, path: str) -> StoredArray:
    if path not in clip.arrays:
        have = ", ".join(sorted(clip.arrays))
        raise SimgenError(f"{clip.attributes['name']} does not store {path!r}; it stores {have}")
    return clip.arrays[path]


class _Wanted:
    """Some rows of an array and the chunks that hold them."""

    def __init__(self, path: str, array: StoredArray, rows: range) -> None:
        self.path, self._array = path, array
        together = [(rows.start, rows.stop)] if rows.step == 1 else [(r, r + 1) for r in rows]
        self._parts = [(start, stop, array.chunks(start, stop)) for start, stop in together]

    @property
    def spans(self) -> list[Span]:
        """What must be fetched."""
        if self._array.content:
            return []
        return [self._span(i) for _, _, chunks in self._parts for i in chunks]

    def _span(self, chunk: int) -> Span:
        start = int(self._array.offsets[chunk])
        return start, start + int(self._array.sizes[chunk])

    def assembled(self, part: Callable[[Span], memoryview]) -> AnyArray:
        found = [
            self._array.assemble(
                [self._array.content or part(self._span(i)) for i in chunks], start, stop
            )
            for start, stop, chunks in self._parts
        ]
        return found[0] if len(found) == 1 else np.concatenate(found)


def _assembled(
    wanted: Sequence[_Wanted], spans: Sequence[Span], contents: Sequence[bytes]
) -> dict[str, AnyArray]:
    """Arrays from the bytes of merged spans."""
    starts = [start for start, _ in spans]
    views = [memoryview(content) for content in contents]

    def part(span: Span) -> memoryview:
        n = bisect_right(starts, span[0]) - 1
        return views[n][span[0] - starts[n] : span[1] - starts[n]]

    return {item.path: item.assembled(part) for item in wanted}
