"""Which clips of a dataset, near or far, there are to read: columns that a worker is handed."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simgen.catalog import CATALOG, select
from simgen.errors import SimgenError, unknown
from simgen.reader import ClipEntry
from simgen.record import AnyArray
from simgen.store import Store
from simgen.template import CATEGORIES, template_names

_COLUMNS = ("index", "template", "shard", "frame_count", "fps")


@dataclass(frozen=True, eq=False)
class Listing:
    """Accepted clips by index."""

    index: AnyArray
    """(clip,) int64, ascending."""
    template: AnyArray
    """(clip,) number in `templates`."""
    shard: AnyArray
    """(clip,) number in `shards`."""
    frame_count: AnyArray
    """(clip,)"""
    fps: AnyArray
    """(clip,) [1/s]"""
    templates: tuple[str, ...]
    shards: tuple[str, ...]
    """File names."""

    def __len__(self) -> int:
        return len(self.index)

    def entry(self, number: int) -> ClipEntry:
        """The clip at a place in the columns."""
        return ClipEntry(
            int(self.index[number]),
            self.templates[int(self.template[number])],
            self.shards[int(self.shard[number])],
        )

    def of_shards(self, shards: Sequence[str]) -> Listing:
        """The clips of some shards only."""
        wanted = np.isin(self.shard, [self.shards.index(name) for name in shards])
        return self.taken(np.nonzero(wanted)[0])

    def taken(self, numbers: AnyArray) -> Listing:
        """Some of the clips, in the given order."""
        return replace(self, **{name: getattr(self, name)[numbers] for name in _COLUMNS})

    def digest(self) -> str:
        """Of what is listed: equal for equal clips in equal shards."""
        total = hashlib.sha256()
        for number in np.unique(self.shard):
            total.update(self.shards[int(number)].encode())
        total.update(np.ascontiguousarray(self.index).tobytes())
        return total.hexdigest()[:16]


def list_clips(store: Store, *, templates: Sequence[str] = (), where: str = "") -> Listing:
    """The accepted clips of every shard committed so far.

    Args:
        store: the dataset.
        templates: categories and templates to take; none: all.
        where: filters on the catalog as of `simgen query`, e.g. `fps=24 split=train`.

    Raises:
        SimgenError: no dataset, an unknown name, or no clip is left.
    """
    for name in templates:
        if name not in CATEGORIES and name not in template_names():
            raise unknown("category or template", name, [*CATEGORIES, *template_names()])
    if store.local is not None:
        columns = select(store.local, f"accepted {where}".strip(), _COLUMNS)
    else:
        with tempfile.TemporaryDirectory() as folder:
            _mirror(store, Path(folder))
            columns = select(folder, f"accepted {where}".strip(), _COLUMNS)
    names = columns["template"].astype(str)
    wanted = np.isin(names, templates) | np.isin([n.split("/")[0] for n in names], templates)
    chosen = np.nonzero(wanted)[0] if templates else np.arange(len(names))
    if not len(chosen):
        asked = " ".join([*templates, where]).strip() or "anything"
        raise SimgenError(
            f"{store.root}: no accepted clip matches {asked!r} of {len(names)}; `simgen query` "
            f"shows what is there"
        )
    chosen = chosen[np.argsort(columns["index"][chosen])]
    kinds, template = np.unique(names[chosen], return_inverse=True)
    files, shard = np.unique(columns["shard"].astype(str)[chosen], return_inverse=True)
    return Listing(
        columns["index"][chosen].astype(np.int64),
        template.astype(np.int32),
        shard.astype(np.int32),
        columns["frame_count"][chosen].astype(np.int32),
        columns["fps"][chosen].astype(float),
        tuple(kinds.tolist()),
        tuple(file.rpartition("/")[2] for file in files.tolist()),
    )


def _mirror(store: Store, folder: Path) -> None:
    """What the catalog of a remote dataset is made of: its own file when the dataset is complete,
    else the commit records."""
    (folder / "manifest").mkdir()
    (folder / "dataset.json").write_bytes(store.read("dataset.json"))
    if "index.json" in store.names(""):
        (folder / "index.json").write_bytes(store.read("index.json"))
        (folder / CATALOG).write_bytes(store.read(CATALOG))
        return
    for name in store.names("manifest"):
        if name.endswith(".json"):
            (folder / "manifest" / name).write_bytes(store.read(f"manifest/{name}"))
