"""Reading bytes of a dataset from a local folder or an object store, with retries."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from simgen.errors import SimgenError

T = TypeVar("T")
Span = tuple[int, int]
"""First byte and one past the last."""
_NO_END = 1 << 40


@dataclass(frozen=True, kw_only=True)
class Retry:
    """How often and after which waits a failed request to an object store is tried again."""

    attempts: int = 5
    first_wait: float = 0.2
    """[s], doubled after every attempt."""


class Store:
    """A dataset's files by name relative to its root: a folder or a URL such as `s3://bucket/d`.

    Safe to carry into forked and spawned processes: connections are opened where they are used.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        retry: Retry | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.root = os.fspath(root).rstrip("/")
        self.retry = retry or Retry()
        self.options = options or {}
        """Of the fsspec file system: endpoint, credentials..."""
        self.requests = 0
        """Reads so far, in this process."""
        self._opened: tuple[int, Any] = (-1, None)

    @property
    def local(self) -> Path | None:
        """The folder, None for an object store."""
        return Path(self.root) if "://" not in self.root else None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_opened": (-1, None), "requests": 0}

    def read(self, name: str, span: Span | None = None) -> bytes:
        """A whole file or a span of it.

        Raises:
            SimgenError: the file is gone or shorter than the span, or the store keeps failing.
        """
        return self.read_spans(name, [span])[0]

    def read_spans(self, name: str, spans: Sequence[Span | None]) -> list[bytes]:
        """Several spans of a file, fetched together; None stands for the whole file."""
        if not spans:
            return []
        self.requests += len(spans)
        parts = self._parts(name, spans)
        for span, part in zip(spans, parts, strict=True):
            self._whole(name, span, part)
        return parts

    def _whole(self, name: str, span: Span | None, part: bytes) -> bytes:
        """The part, refused when it is shorter than its span."""
        if span is not None and len(part) != span[1] - span[0]:
            raise SimgenError(
                f"{self.root}/{name} is truncated: bytes {span[0]} to {span[1]} are not all there; "
                f"`simgen check` tells what is damaged, `simgen repair` what to rerun"
            )
        return part

    def _parts(self, name: str, spans: Sequence[Span | None]) -> list[bytes]:
        """What is there of several spans."""
        if self.local is not None:
            return self._tried(name, lambda: _read_local(self.root, name, spans), once=True)
        return self._tried(name, lambda: self._read_remote(name, spans))

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder of the dataset, sorted; none where there is no folder."""
        if self.local is not None:
            place = self.local / folder
            return sorted(p.name for p in place.iterdir()) if place.is_dir() else []
        listed = self._tried(folder, lambda: self._list(folder))
        return sorted(str(path).rpartition("/")[2] for path in listed)

    def _list(self, folder: str) -> list[Any]:
        system, root = self._system()
        system.invalidate_cache()
        try:
            return system.ls(f"{root}/{folder}", detail=False)
        except FileNotFoundError:
            return []

    def _system(self) -> tuple[Any, str]:
        """The fsspec file system of this process and the root's path in it."""
        import fsspec

        if self._opened[0] != os.getpid():
            try:
                core: Any = fsspec.core
                found: Any = core.url_to_fs(self.root, skip_instance_cache=True, **self.options)
            except (ImportError, ValueError) as error:
                raise SimgenError(
                    f"cannot open {self.root}: {error}; object stores need their fsspec package, "
                    f"e.g. pip install s3fs for s3://, gcsfs for gs://"
                ) from None
            self._opened = (os.getpid(), found)
        return self._opened[1]

    def _read_remote(self, name: str, spans: Sequence[Span | None]) -> list[bytes]:
        system, root = self._system()
        path = f"{root}/{name}"
        # The whole file as a span of no known end: some stores ask for its size first otherwise.
        bounds = [span or (0, _NO_END) for span in spans]
        if len(bounds) == 1:
            return [system.cat_file(path, start=bounds[0][0], end=bounds[0][1])]
        starts, stops = zip(*bounds)
        return system.cat_ranges([path] * len(spans), list(starts), list(stops), on_error="raise")

    def _tried(self, name: str, read: Callable[[], T], *, once: bool = False) -> T:
        """The result of `read`, tried again with growing waits where the store fails."""
        wait = self.retry.first_wait
        for attempt in range(1, self.retry.attempts + 1):
            try:
                return read()
            except FileNotFoundError:
                raise SimgenError(
                    f"{self.root}/{name} does not exist (deleted while it was read?); "
                    f"`simgen check` tells what is missing"
                ) from None
            except SimgenError:
                raise
            except PermissionError as error:
                raise SimgenError(f"{self.root}/{name} may not be read: {error}") from None
            except Exception as error:
                if once or attempt == self.retry.attempts:
                    tries = "" if once else f" after {attempt} attempts"
                    raise SimgenError(
                        f"cannot read {self.root}/{name}{tries}: {type(error).__name__}: {error}"
                    ) from None
                time.sleep(wait)
                wait *= 2
        raise AssertionError("not reached")


def _read_local(root: str, name: str, spans: Sequence[Span | None]) -> list[bytes]:
    with open(f"{root}/{name}", "rb", buffering=0) as file:
        handle = file.fileno()
        return [
            file.readall() if span is None else os.pread(handle, span[1] - span[0], span[0])
            for span in spans
        ]
