"""Taking damaged shards out of a dataset so that its job makes them anew; nothing is deleted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from simgen.byte_index import index_path
from simgen.catalog import CATALOG
from simgen.errors import SimgenError
from simgen.job import parse_job
from simgen.manifest import read_about, read_record, record_paths, remove_orphans
from simgen.shard import write_index
from simgen.verify import index_problem, shard_problem

FOLDER = "damaged"
"""Where what was taken out lies, in the dataset's folder."""


@dataclass(kw_only=True)
class Repair:
    """What was done."""

    done: list[str] = field(default_factory=list[str])
    """In words, one thing each."""
    again: list[range] = field(default_factory=list[range])
    """Indices of the job that have to be made again."""

    def lines(self) -> Iterator[str]:
        """The report as text."""
        yield from self.done or ["nothing is damaged"]
        if self.again:
            spans = ", ".join(f"{r.start}-{r.stop - 1}" for r in self.again)
            count = sum(len(r) for r in self.again)
            yield f"{count} indices to make again: {spans}; run the job again with the same out="


def repair(folder: Path) -> Repair:
    """Set aside every shard that is not what was committed, with its record, and write byte indices
    that are missing or wrong anew.

    The damaged files go to `damaged/`; running the job again makes just their indices.

    Raises:
        SimgenError: not a dataset.
    """
    job = parse_job(read_about(folder)["job"])
    remove_orphans(folder)
    report = Repair()
    for path in record_paths(folder):
        number = int(path.stem.rpartition("-")[2])
        try:
            info = read_record(path)
        except SimgenError as error:
            _set_aside(folder, [path, folder / "shards" / f"{path.stem}.h5"], report, str(error))
            report.again.append(job.indices(number))
            continue
        problem = shard_problem(folder, info)
        if problem:
            _set_aside(folder, [path, folder / info.file], report, problem)
            report.again.append(range(*info.indices))
        elif problem := index_problem(folder, info):
            write_index(folder / info.file, index_path(folder / info.file))
            report.done.append(f"{problem}: written anew")
    if report.again:  # the dataset is no longer complete
        for name in ("index.json", CATALOG):
            (folder / name).unlink(missing_ok=True)
    return report


def _set_aside(folder: Path, files: list[Path], report: Repair, problem: str) -> None:
    """Move files into `damaged/`, the record first, so that a stop in between leaves no record of
    a shard that is gone."""
    target = folder / FOLDER
    target.mkdir(exist_ok=True)
    shard = files[-1]
    for file in [*files, index_path(shard)]:
        if file.is_file():
            os.replace(file, target / file.name)
    report.done.append(f"{problem}: set aside in {target}")
