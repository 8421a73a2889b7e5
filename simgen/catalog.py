"""A dataset on disk: shards, their commit records, the index written last, and how to open it.

`dataset.json` fixes the job, `manifest/` holds one commit record per shard, `catalog.jsonl` one
line per index that was tried, `index.json` is written last: a dataset with it is complete.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, overload

import h5py

from simgen import __version__
from simgen.clip import Clip
from simgen.conventions import CONVENTIONS, CONVENTIONS_VERSION
from simgen.errors import SimgenError
from simgen.job import Job, parse_job
from simgen.shard import FORMAT, VERSION, commit_file, sync_folder

FOLDERS = ("shards", "manifest", "quarantine")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one index: a row of the manifest."""

    index: int
    name: str
    template: str
    config_hash: str
    accepted: bool
    reason: str = ""
    """`` when accepted; else `stage/cause`, counted in the summary."""
    detail: str = ""
    engine: str = ""
    digest: str = ""
    """Over every stored array and attribute; equal for equal clips."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Stage -> wall time [s]."""
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class ShardInfo:
    """A committed shard: the record that makes it part of the dataset."""

    number: int
    file: str
    """Path relative to the dataset."""
    sha256: str
    size: int
    """[byte]"""
    indices: tuple[int, int]
    """First index and one past the last that were tried."""
    outcomes: tuple[Outcome, ...]


def prepare_folder(folder: Path, job: Job) -> None:
    """Make the dataset's folders, or open them again for the same job.

    Raises:
        SimgenError: the folder holds another job or something else.
    """
    fixed = folder / "dataset.json"
    if fixed.is_file():
        content = _read_json(fixed)
        if content.get("digest") != job.digest():
            other = content.get("job", {}).get("name")
            raise SimgenError(
                f"{folder} holds the dataset of another job ({other!r}, "
                f"digest {content.get('digest')}), not of this one ({job.name!r}, {job.digest()}); "
                f"choose another out= or delete that folder"
            )
    elif folder.exists() and any(folder.iterdir()):
        raise SimgenError(
            f"{folder} exists and is not a simgen dataset; choose an empty or new out="
        )
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    remove_orphans(folder)
    write_json(
        fixed,
        {
            "format": "simgen-dataset",
            "version": VERSION,
            "created_by": f"simgen {__version__}",
            "digest": job.digest(),
            "job": job.resolved(),
            "conventions_version": CONVENTIONS_VERSION,
            "conventions": CONVENTIONS,
        },
    )


def remove_orphans(folder: Path) -> None:
    """Delete temporary files whose writer is dead (a killed worker's); finished files are not
    touched."""
    for path in folder.rglob("*.tmp-*"):
        owner = path.name.rpartition(".tmp-")[2].split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            path.unlink(missing_ok=True)


def manifest_path(folder: Path, number: int) -> Path:
    """The commit record of a shard."""
    return folder / "manifest" / f"shard-{number:05d}.json"


def write_manifest(folder: Path, info: ShardInfo) -> None:
    """Commit a shard: its record appears whole, after the shard itself."""
    path = manifest_path(folder, info.number)
    write_json(path, asdict(info))


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, [json.dumps(content, indent=1, sort_keys=True)])


def write_text(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file that is either the old one or the new one, never half of it."""
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}-{time.time_ns()}")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        commit_file(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_manifest(folder: Path) -> list[ShardInfo]:
    """Every committed shard, by number."""
    found: list[ShardInfo] = []
    for path in sorted((folder / "manifest").glob("shard-*.json")):
        content = _read_json(path)
        content["outcomes"] = tuple(Outcome(**row) for row in content["outcomes"])
        content["indices"] = tuple(content["indices"])
        found.append(ShardInfo(**content))
    return found


def committed(folder: Path, job: Job) -> set[int]:
    """Numbers of the shards of this job that are complete: recorded, for the same indices, and
    there."""
    done: set[int] = set()
    for info in read_manifest(folder):
        whole = job.indices(info.number)
        file = folder / info.file
        if (
            info.indices == (whole.start, whole.stop)
            and file.is_file()
            and file.stat().st_size == info.size
        ):
            done.add(info.number)
    return done


def reasons(infos: Sequence[ShardInfo]) -> Counter[str]:
    """Rejected clips by reason."""
    return Counter(o.reason for info in infos for o in info.outcomes if not o.accepted)


def stage_seconds(infos: Sequence[ShardInfo]) -> dict[str, float]:
    """Wall time of every clip that was tried, summed by stage [s]."""
    total: Counter[str] = Counter()
    for info in infos:
        for outcome in info.outcomes:
            total.update(outcome.seconds)
    return dict(total)


def write_index(folder: Path, job: Job) -> dict[str, Any]:
    """The catalog and, last of all, the index that says the dataset is complete."""
    infos = read_manifest(folder)
    rows = [(info, outcome) for info in infos for outcome in info.outcomes]
    rows.sort(key=lambda row: row[1].index)
    write_text(
        folder / "catalog.jsonl",
        (
            json.dumps(
                asdict(outcome) | {"shard": info.file if outcome.accepted else None},
                sort_keys=True,
            )
            for info, outcome in rows
        ),
    )
    accepted = sum(o.accepted for _, o in rows)
    index = {
        "format": "simgen-dataset",
        "version": VERSION,
        "digest": job.digest(),
        "clips": accepted,
        "tried": len(rows),
        "rejected": dict(sorted(reasons(infos).items())),
        "templates": dict(sorted(Counter(o.template for _, o in rows if o.accepted).items())),
        "bytes": sum(info.size for info in infos),
        "shards": [
            {
                "file": info.file,
                "sha256": info.sha256,
                "bytes": info.size,
                "clips": [o.index for o in info.outcomes if o.accepted],
            }
            for info in infos
        ],
    }
    write_json(folder / "index.json", index)
    sync_folder(folder)
    return index


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise SimgenError(f"{path} is damaged ({error}); delete it and run the job again") from None


def open_shard(path: Path) -> Any:
    """An open HDF5 shard. Raises SimgenError for a truncated, damaged or foreign file."""
    try:
        file: Any = h5py.File(path, "r", locking=False)
    except OSError as error:
        reason = "does not exist" if not path.exists() else f"is truncated or not HDF5 ({error})"
        raise SimgenError(
            f"shard {path} {reason}; delete it and run the job again to make it anew"
        ) from None
    if file.attrs.get("format") != FORMAT:
        file.close()
        raise SimgenError(
            f"{path} is HDF5 but no simgen shard (format attribute is not {FORMAT!r})"
        )
    if int(file.attrs["version"]) != VERSION:
        found = int(file.attrs["version"])
        file.close()
        raise SimgenError(f"{path} has shard version {found}; this simgen reads {VERSION}")
    return file


class Dataset(Sequence[Clip]):
    """Clips of one shard or of a whole dataset, in index order; only committed shards are seen."""

    def __init__(self, paths: Sequence[Path], job: Job | None = None) -> None:
        self.job = job
        """The job that made it, when opened as a folder."""
        self._files = [open_shard(path) for path in paths]
        found = [(int(n), g) for f in self._files for n, g in f["clips"].items()]
        self._groups = [group for _, group in sorted(found, key=lambda item: item[0])]

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Clip]: ...
    def __getitem__(self, index: int | slice) -> Clip | Sequence[Clip]:
        if isinstance(index, slice):
            return [Clip(group) for group in self._groups[index]]
        return Clip(self._groups[index])

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Clip]:
        return (Clip(group) for group in self._groups)

    def close(self) -> None:
        """Close the files; clips taken from here cannot be read afterwards."""
        for file in self._files:
            file.close()


def load(path: str | os.PathLike[str]) -> Dataset:
    """Open a dataset folder or a single shard file.

    Raises:
        SimgenError: nothing there, a truncated or foreign file, or another version.
    """
    place = Path(path)
    if place.is_dir():
        if not (place / "dataset.json").is_file():
            raise SimgenError(f"{place} is not a simgen dataset: it has no dataset.json")
        content = _read_json(place / "dataset.json")
        return Dataset(
            [place / info.file for info in read_manifest(place)], parse_job(content["job"])
        )
    return Dataset([place])
