"""The commit records of a dataset: what was tried, what became of it, and where it lies.

`dataset.json` fixes the job; `manifest/shard-NNNNN.json` is written by the worker that finished a
shard, after the shard itself, and makes it part of the dataset. Everything else is derived.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from simgen import __version__
from simgen.conventions import CONVENTIONS, CONVENTIONS_VERSION
from simgen.errors import SimgenError
from simgen.job import Job
from simgen.shard import VERSION, whole

FOLDERS = ("shards", "manifest", "quarantine")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one index: a row of the manifest and of the catalog."""

    index: int
    name: str
    seed: int
    category: str
    template: str
    split: str
    draw: int = 0
    """Number of the draw in the job; its clips are a family."""
    take: int = 1
    """1, or a further take of the same configuration."""
    changed: str = ""
    """The parameter that sets a counterfactual apart from its draw; `` for the draw itself."""
    config_hash: str
    accepted: bool
    reason: str = ""
    """`` when accepted; else `stage/cause`, counted in the summary."""
    detail: str = ""
    engine: str = ""
    digest: str = ""
    """Over every stored array and attribute; equal for equal clips."""
    width: int
    height: int
    """[px]"""
    frame_count: int | None = None
    fps: float | None = None
    """[1/s]; both None when nothing could be drawn."""
    first_byte: int | None = None
    last_byte: int | None = None
    """Where the clip lies in its shard; None when it is in none."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """Stage -> wall time [s]."""
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    certificate: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    """Check -> residual -> measured value."""
    motion: dict[str, float] = field(default_factory=dict[str, float])
    """How much moves and what became of it (simgen.summary)."""
    fingerprint: dict[str, str] = field(default_factory=dict[str, str])
    """Of the parameters, the trajectory and the pictures, to find near-duplicates."""
    stored: dict[str, int] = field(default_factory=dict[str, int])
    """Pass, or part of the clip -> what it takes in the shard [byte]."""
    captions: dict[str, Any] = field(default_factory=dict[str, Any])
    materials: list[str] = field(default_factory=list[str])
    """Of everything in the scene, by name."""


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
        content = read_json(fixed)
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


def read_about(folder: Path) -> dict[str, Any]:
    """What a dataset says about itself: `dataset.json`.

    Raises:
        SimgenError: not a dataset, or one of another version.
    """
    path = folder / "dataset.json"
    if not path.is_file():
        raise SimgenError(f"{folder} is not a simgen dataset: it has no dataset.json")
    about = read_json(path)
    if about.get("version") != VERSION:
        raise SimgenError(
            f"{folder} is a dataset of version {about.get('version')}, made by "
            f"{about.get('created_by')}; this simgen reads version {VERSION}"
        )
    return about


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
    write_json(manifest_path(folder, info.number), asdict(info), indent=None)


def write_json(path: Path, content: Any, *, indent: int | None = 1) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, [json.dumps(content, indent=indent, sort_keys=True)])


def write_text(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file that is either the old one or the new one, never half of it."""
    with whole(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def read_json(path: Path) -> dict[str, Any]:
    """The content of a JSON file. Raises SimgenError when it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise SimgenError(f"{path} is damaged ({error}); delete it and run the job again") from None


def record_paths(folder: Path) -> list[Path]:
    """The commit records of a dataset, by number."""
    return sorted((folder / "manifest").glob("shard-*.json"))


def read_record(path: Path) -> ShardInfo:
    """A commit record. Raises SimgenError when it is damaged."""
    content = read_json(path)
    try:
        content["outcomes"] = tuple(Outcome(**row) for row in content["outcomes"])
        content["indices"] = tuple(content["indices"])
        return ShardInfo(**content)
    except (KeyError, TypeError) as error:
        raise SimgenError(f"{path} is no commit record of this version: {error}") from None


def read_manifest(folder: Path) -> list[ShardInfo]:
    """Every committed shard, by number."""
    return [read_record(path) for path in record_paths(folder)]
