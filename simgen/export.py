"""The exporter seam: accepted clips in, files of other tools out; and the table of exporters.

An export is a folder with `export.json` (what it holds, from where, and the target's conventions)
and `export.jsonl` (the files of every clip that is done, a line per commit). Clips are written one
by one; the same command again continues where it stopped.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from simgen import __version__
from simgen.catalog import load
from simgen.clip import Clip
from simgen.errors import SimgenError, unknown
from simgen.footage import Footage, Window, frame_count, windows
from simgen.manifest import read_json, remove_orphans, write_json
from simgen.record import PASSES
from simgen.resize import Size
from simgen.stride import step_between
from simgen.template import CATEGORIES, template_names

EXPORTERS: dict[str, str] = {
    "folder": "simgen.exporters.folder:FolderExporter",
    "webdataset": "simgen.exporters.webdataset:WebDatasetExporter",
    "tapvid": "simgen.exporters.tapvid:TapVidExporter",
    "movi": "simgen.exporters.movi:MoviExporter",
    "physics_iq": "simgen.exporters.physics_iq:PhysicsIQExporter",
    "motioncrafter": "simgen.exporters.motioncrafter:MotionCrafterExporter",
}
"""Name -> `module:Class`."""
CAPTIONS = ("short", "prompt", "parameters")
"""Kinds of captions to choose from."""
Row = dict[str, Any]
"""One exported item: its `clip` and what the target's lists say about it. JSON."""
HEADER, JOURNAL = "export.json", "export.jsonl"


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What is exported, and how."""

    fps: float | None = None
    """Frames/s; None: the target's, or each clip's own. Stored instants only."""
    frames: int | None = None
    """Cut every clip into windows of this many frames; None: one window of all."""
    size: Size | None = None
    """Width and height [px]; None: the stored size, rounded down to what the target takes."""
    caption: str = "prompt"
    """One of CAPTIONS."""
    passes: tuple[str, ...] | None = None
    """Annotation passes, where the target lets one choose; None: its own choice."""
    categories: tuple[str, ...] = ()
    """Export these only."""
    templates: tuple[str, ...] = ()
    """Export these only."""
    shard_size: int = 256
    """Items per file, where the target packs many into one."""
    allow_missing: bool = False
    """Leave out clips that cannot give what is asked for, instead of refusing before the start."""
    device: str = "cpu"
    """Where frames are rendered that are not stored."""

    def __post_init__(self) -> None:
        checks = (
            (self.categories, CATEGORIES, "category"),
            (self.templates, template_names(), "template"),
            ((self.caption,), CAPTIONS, "caption"),
            (self.passes or (), PASSES, "pass"),
        )
        for chosen, known, what in checks:
            for name in chosen:
                if name not in known:
                    raise unknown(what, name, known)
        sizes = (*(self.size or ()), self.frames or 1, self.shard_size)
        if min(sizes) < 1 or (self.fps is not None and not self.fps > 0):
            raise SimgenError("fps, frames, size and shard size of an export must be positive")


class Exporter(ABC):
    """Writes clips in the layout of one other tool."""

    name: ClassVar[str]
    passes: ClassVar[frozenset[str]]
    """Passes it reads, unless the options choose others."""
    conventions: ClassVar[dict[str, str]]
    """What the numbers in its files mean, and how that differs from a shard's."""
    captioned: ClassVar[bool] = False
    """Whether it takes captions."""
    fps: ClassVar[float | None] = None
    """Its frame rate, where it has one."""
    multiple: ClassVar[int] = 1
    """Width and height are multiples of this [px]."""
    four_n_plus_one: ClassVar[bool] = False
    """Whether windows have 1, 5, 9, ... frames: what video autoencoders take."""

    def __init__(self, folder: Path, options: ExportOptions) -> None:
        self.folder = folder
        self.options = options
        frames, size = options.frames, options.size
        if self.four_n_plus_one and frames is not None and frames % 4 != 1:
            near = max(1, frames - (frames - 1) % 4)
            raise SimgenError(
                f"{self.name}: {frames} frames are not 4n+1, as video autoencoders need; "
                f"take {near} or {near + 4}"
            )
        if size is not None and any(side % self.multiple for side in size):
            raise SimgenError(
                f"{self.name}: {size[0]}x{size[1]} px must be multiples of {self.multiple}; take "
                f"{'x'.join(str(max(1, round(s / self.multiple)) * self.multiple) for s in size)}"
            )

    def survey(self, clip: Clip) -> None:
        """Look at a clip before anything is written; reads no passes.

        Raises:
            SimgenError: it cannot give what is asked for.
        """
        if self.captioned and self.options.caption not in clip.captions:
            raise SimgenError(
                f"{clip.name} has no caption {self.options.caption!r}; make the job anew with "
                f"simgen {__version__}"
            )
        count = frame_count(clip, self._step(clip))
        length = self.length(clip) or count
        if length > count:
            raise SimgenError(
                f"{clip.name} has {count} frames at {self._fps(clip):g} frames/s, not {length}; "
                f"ask for fewer, or make the job anew with frames={length * self._step(clip)}"
            )

    def begin(self) -> None:  # noqa: B027
        """Called once every clip was surveyed, before anything is written.

        Raises:
            SimgenError: together, the clips do not give what the target wants.
        """

    def resume(self, rows: Iterator[Row]) -> None:  # noqa: B027
        """Take up an export at the rows that are complete; none when it starts."""

    def length(self, clip: Clip) -> int | None:
        """Frames per window; None: all."""
        if self.options.frames is None and self.four_n_plus_one:
            count = frame_count(clip, self._step(clip))
            return count - (count - 1) % 4
        return self.options.frames

    def add(self, clip: Clip) -> list[Row]:
        """Write the windows of a clip; the rows of what is complete now."""
        rows: list[Row] = []
        for label, footage in self.footages(clip):
            length = self.length(clip) or len(footage)
            count = 1 if self.options.frames is None else len(footage) // length
            for window in windows(footage, label, self.wanted, length, count):
                rows.append({"clip": clip.name, "name": window.name} | self.write(window))
        return rows

    def footages(self, clip: Clip) -> Iterable[tuple[str, Footage]]:
        """What is exported of a clip, and its file stem: the clip as it is seen, at the asked rate
        and in the asked size."""
        footage = Footage(
            clip, fps=self._fps(clip), size=self.size(clip), device=self.options.device
        )
        return [(clip.name.replace("/", "-"), footage)]

    @abstractmethod
    def write(self, window: Window) -> Row:
        """Write one window; what the target's lists say about it."""

    def flush(self) -> list[Row]:
        """Complete what is still open; its rows."""
        return []

    def finish(self, rows: Callable[[], Iterator[Row]]) -> None:  # noqa: B027
        """Write the target's lists, from the rows of everything exported."""

    @property
    def wanted(self) -> frozenset[str]:
        """Passes that are read."""
        return self.passes

    def caption(self, clip: Clip) -> str:
        """The chosen caption."""
        return str(clip.captions[self.options.caption])

    def size(self, clip: Clip) -> Size:
        """Width and height [px]."""
        if self.options.size is not None:
            return self.options.size
        width, height = int(clip.attributes["width"]), int(clip.attributes["height"])
        return width - width % self.multiple, height - height % self.multiple

    def _fps(self, clip: Clip) -> float:
        return self.options.fps or self.fps or float(clip.attributes["fps"])

    def _step(self, clip: Clip) -> int:
        return step_between(float(clip.attributes["fps"]), self._fps(clip), clip.name)


def make_exporter(name: str, folder: Path, options: ExportOptions) -> Exporter:
    """The exporter called `name`, writing into `folder`."""
    if name not in EXPORTERS:
        raise unknown("export format", name, EXPORTERS)
    module, _, cls = EXPORTERS[name].partition(":")
    exporter_class: type[Exporter] = getattr(import_module(module), cls)
    return exporter_class(folder, options)


@dataclass(frozen=True, kw_only=True)
class ExportSummary:
    """What an export holds."""

    folder: Path
    clips: int
    items: int
    """Windows, views...: what the target counts."""
    left_out: tuple[str, ...]
    """Why clips were left out, one line each."""


def export(
    path: str | os.PathLike[str],
    to: str,
    out: str | os.PathLike[str],
    options: ExportOptions | None = None,
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> ExportSummary:
    """Write the accepted clips of a dataset or shard for another tool; continues what stopped.

    Args:
        path: dataset folder or shard file.
        to: a name of EXPORTERS.
        out: a new or empty folder, or one of the same export.
        options: what to export, and how.
        progress: called with a line for every clip.

    Raises:
        SimgenError: a foreign folder, nothing to export, or clips that cannot give what is asked
            for (before anything is written).
    """
    options = options or ExportOptions()
    folder = Path(out)
    exporter = make_exporter(to, folder, options)
    chosen, left_out = _survey(path, exporter)
    exporter.begin()
    header = _header(path, exporter)
    journal = Journal(folder, header)
    exporter.resume(journal.rows())
    done = {row["clip"] for row in journal.rows()}
    for clip in _clips(path, options):
        if clip.name in chosen and clip.name not in done:
            try:
                journal.commit(exporter.add(clip))
            except OSError as error:
                raise SimgenError(
                    f"{clip.name} could not be exported: {error}; what is done stays, and the same "
                    f"command goes on from there"
                ) from None
            progress(clip.name)
    journal.commit(exporter.flush())
    exporter.finish(journal.rows)
    items = sum(1 for _ in journal.rows())
    journal.close(clips=len(chosen), items=items)
    return ExportSummary(
        folder=folder, clips=len(chosen), items=items, left_out=tuple(left_out.values())
    )


def _clips(path: str | os.PathLike[str], options: ExportOptions) -> Iterator[Clip]:
    """Accepted clips that pass the filters, in order of their index."""
    everything = not (options.templates or options.categories)
    for clip in load(path):
        template = str(clip.attributes["template"])
        named = template in options.templates or template.split("/")[0] in options.categories
        if clip.accepted and (everything or named):
            yield clip


def _survey(path: str | os.PathLike[str], exporter: Exporter) -> tuple[set[str], dict[str, str]]:
    """Names of the clips to export, and why others cannot be."""
    chosen: set[str] = set()
    left_out: dict[str, str] = {}
    for clip in _clips(path, exporter.options):
        try:
            exporter.survey(clip)
            chosen.add(clip.name)
        except SimgenError as error:
            left_out[clip.name] = str(error)
    if left_out and not (exporter.options.allow_missing and chosen):
        templates = sorted({name.rpartition("/")[0] for name in left_out})
        raise SimgenError(
            f"{len(left_out)} of {len(left_out) + len(chosen)} clips cannot be exported to "
            f"{exporter.name} like this ({', '.join(templates)}). The first: "
            f"{next(iter(left_out.values()))}. --allow-missing leaves such clips out"
        )
    if not chosen:
        raise SimgenError(f"{path} holds no accepted clip of the chosen categories and templates")
    return chosen, left_out


def _header(path: str | os.PathLike[str], exporter: Exporter) -> dict[str, Any]:
    """What an export is: another one may not be continued in its folder."""
    job = load(path).job
    chosen = asdict(exporter.options)
    return {
        "format": "simgen-export",
        "version": 1,
        "to": exporter.name,
        "source": str(Path(path).resolve()),
        "job": None if job is None else {"name": job.name, "digest": job.digest()},
        "options": {k: v for k, v in chosen.items() if k not in ("device", "allow_missing")},
        "conventions": dict(exporter.conventions),
        "created_by": f"simgen {__version__}",
    }


class Journal:
    """What is done, on disk: a line per commit, appended and synced once its files are in place."""

    def __init__(self, folder: Path, header: Mapping[str, Any]) -> None:
        self._header = json.loads(json.dumps(header))
        self._path = folder / JOURNAL
        if (folder / HEADER).is_file():
            self._refuse_other(read_json(folder / HEADER))
        elif folder.is_file() or (folder.exists() and any(folder.iterdir())):
            raise SimgenError(f"{folder} exists and is no simgen export; choose a new or empty out")
        folder.mkdir(parents=True, exist_ok=True)
        remove_orphans(folder)
        write_json(folder / HEADER, self._header | {"complete": False})
        self._folder = folder
        self._drop_torn_line()

    def _refuse_other(self, found: Mapping[str, Any]) -> None:
        for name in ("format", "to", "source", "job", "options"):
            if found.get(name) != self._header[name]:
                raise SimgenError(
                    f"this folder holds another export: its {name} is {found.get(name)}, not "
                    f"{self._header[name]}; choose another --out"
                )

    def _drop_torn_line(self) -> None:
        """A writer that was killed may have left half a line."""
        with open(self._path, "ab+") as file:
            file.seek(0)
            whole = 0
            for line in file:
                whole += len(line) if line.endswith(b"\n") else 0
            file.truncate(whole)

    def rows(self) -> Iterator[Row]:
        """Every committed row, in order."""
        with open(self._path, encoding="utf-8") as file:
            for line in file:
                yield from json.loads(line)

    def commit(self, rows: Sequence[Row]) -> None:
        """Say that the files of these rows are complete."""
        if not rows:
            return
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(rows, sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def close(self, **counts: int) -> None:
        """Say that the export is complete."""
        write_json(self._folder / HEADER, self._header | counts | {"complete": True})
