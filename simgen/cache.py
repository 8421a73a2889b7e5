"""A cache of remote bytes on a local disk, shared by processes and bounded in size."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from simgen.errors import SimgenError
from simgen.shard import temporary_for
from simgen.store import Span, Store

_SLACK = 0.9
"""Share of the limit that is kept when old blocks are dropped."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class CachedStore(Store):
    """A store whose reads go through blocks of files in a local folder.

    Blocks are files that appear whole (written beside, then renamed) and are found by name, so any
    number of processes share a folder without waiting for each other. When the folder holds more
    than `limit` bytes, whoever notices first drops the blocks that were used longest ago. A disk
    without space costs speed, never a sample: blocks are then not kept, and a warning says so once.
    """

    def __init__(
        self, store: Store, folder: str | os.PathLike[str], *, limit: int, block: int = 1 << 22
    ) -> None:
        super().__init__(store.root, retry=store.retry, options=store.options)
        if limit < 2 * block:
            raise SimgenError(
                f"a cache of {limit} bytes is too small: it must hold two blocks of {block} bytes; "
                f"give limit={2 * block} or more"
            )
        self.folder = Path(folder)
        self.limit, self.block = limit, block
        self.folder.mkdir(parents=True, exist_ok=True)
        self._written = 0
        self._warned = False

    def read_spans(self, name: str, spans: Sequence[Span | None]) -> list[bytes]:
        """As of a store; whole files are not kept."""
        whole = super().read_spans
        return [
            whole(name, [span])[0] if span is None else self._through(name, span) for span in spans
        ]

    def forget(self, name: str, span: Span) -> None:
        """Drop the blocks of a span: they turned out to be damaged."""
        for number in self._blocks(span):
            self._path(name, number).unlink(missing_ok=True)

    def _blocks(self, span: Span) -> range:
        return range(span[0] // self.block, -(-span[1] // self.block))

    def _path(self, name: str, number: int) -> Path:
        place = hashlib.sha256(f"{self.root}/{name}".encode()).hexdigest()[:24]
        return self.folder / place[:2] / f"{place}-{self.block:x}-{number:06x}"

    def _through(self, name: str, span: Span) -> bytes:
        numbers = self._blocks(span)
        kept = {n: found for n in numbers if (found := self._kept(name, n)) is not None}
        missing = [n for n in numbers if n not in kept]
        if missing:  # one request from the first to the last that is missing
            first, last = missing[0], missing[-1]
            fetched = self._fetched(name, first, last)
            for n in range(first, last + 1):
                part = fetched[(n - first) * self.block : (n - first + 1) * self.block]
                if n not in kept:
                    self._keep(name, n, part)
                kept[n] = part
        start = numbers[0] * self.block
        return self._whole(
            name, span, b"".join(kept[n] for n in numbers)[span[0] - start : span[1] - start]
        )

    def _fetched(self, name: str, first: int, last: int) -> bytes:
        """Whole blocks; the last one of a file may be short."""
        span = (first * self.block, (last + 1) * self.block)
        self.requests += 1
        return self._parts(name, [span])[0]

    def _kept(self, name: str, number: int) -> bytes | None:
        path = self._path(name, number)
        try:
            content = path.read_bytes()
            os.utime(path)  # used now
            return content
        except OSError:
            return None

    def _keep(self, name: str, number: int, content: bytes) -> None:
        path = self._path(name, number)
        temporary = temporary_for(path)
        try:
            path.parent.mkdir(exist_ok=True)
            temporary.write_bytes(content)
            os.replace(temporary, path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            if error.errno not in _FULL:
                raise SimgenError(f"cannot write to the cache {self.folder}: {error}") from None
            if not self._warned:
                warnings.warn(
                    f"the disk of the cache {self.folder} is full: reading on without keeping",
                    stacklevel=2,
                )
            self._warned = True
            return
        self._written += len(content)
        if self._written >= self.limit * (1 - _SLACK) / 2:
            self._written = 0
            self._evict()

    def _evict(self) -> None:
        """Drop the blocks used longest ago until enough space is left; one process at a time."""
        with open(self.folder / "lock", "a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return  # another process is at it
            found: list[tuple[float, int, Path]] = []
            for path in self.folder.glob("*/*-??????"):
                with suppress(FileNotFoundError):
                    about = path.stat()
                    found.append((about.st_mtime, about.st_size, path))
            total = sum(size for _, size, _ in found)
            for _, size, path in sorted(found):
                if total <= self.limit * _SLACK:
                    break
                path.unlink(missing_ok=True)
                total -= size
