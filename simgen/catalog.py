"""A dataset on disk: its catalog of every clip that was tried, and how to open it.

`catalog.duckdb` is derived from the commit records (simgen.manifest) by anyone at any time: a row
of `clips` per index that was tried, a row of `shards` per record. It appears whole or not at all,
takes in only what is new, and may be deleted: the next query makes it again. `index.json` is
written last: a dataset with it is complete.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, cast, overload

import h5py
import numpy as np

from simgen.clip import Clip
from simgen.database import (
    attach,
    connect,
    create_tables,
    leaves,
    library,
    stamps,
    table_structure,
    update,
)
from simgen.errors import SimgenError
from simgen.filters import parse_filters, quoted, resolve
from simgen.job import Job, parse_job
from simgen.manifest import read_about, record_paths, write_json
from simgen.record import AnyArray
from simgen.shard import FORMAT, VERSION, commit_file, sync_folder, temporary_for
from simgen.table import Table

CATALOG = "catalog.duckdb"
STATEMENT = re.compile(
    r"\s*(select|with|from|values|table|describe|summarize|show|explain|insert|update|delete|create"
    r"|drop|alter|copy|attach|detach|set|pragma|call|install|load|export|import|use)\b",
    re.IGNORECASE,
)
"""What is taken for SQL by its first word; anything else is filters."""
OVERVIEW = ("index", "template", "accepted", "reason")
"""Columns that filters show beside the ones they name."""


def merge(folder: Path, path: Path | None = None) -> Path:
    """Bring the catalog of a dataset up to date with its commit records; gives its path.

    Any process may do so at any time: the file is replaced whole, and what the last one to do so
    had not seen is taken in by the next. `path` puts it elsewhere than into the dataset.

    Raises:
        SimgenError: a damaged record, two of the same index, or no space.
    """
    path = path or folder / CATALOG
    found: dict[str, tuple[int, int]] = {}
    for record in record_paths(folder):
        with suppress(FileNotFoundError):  # taken out in the meantime
            state = record.stat()
            found[record.name] = (state.st_size, state.st_mtime_ns)
    if _stamps_of(path) == found:
        return path
    temporary = temporary_for(path)
    log = temporary.with_name(f"{temporary.name}.wal")
    try:
        if _stamps_of(path) is not None:
            shutil.copyfile(path, temporary)
        connection = connect(temporary)
        try:
            if stamps(connection) is None:
                create_tables(connection)
            update(connection, folder, found)
        finally:
            connection.close()
        commit_file(temporary, path)
    except (library().IOException, library().OutOfMemoryException) as error:
        raise SimgenError(
            f"cannot write the catalog {path} ({_first_line(error)}); finished shards are safe; "
            f"free some space and run the same command again"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
        log.unlink(missing_ok=True)
    return path


def _stamps_of(path: Path) -> Any:
    """The records a catalog file has taken in; None where it is missing or of no use."""
    try:
        connection = attach(path) if path.is_file() else None
    except library().Error:
        return None
    if connection is None:
        return None
    try:
        return stamps(connection)
    finally:
        connection.close()


class Catalog:
    """An open catalog: reads one file and writes nothing; shows the dataset as it was when opened.

    A process that asks often keeps it open: `with open_catalog(folder) as catalog: ...`.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._connection = attach(path)
            self.columns = dict(leaves(table_structure(self._connection)))
            """Path of every column, such as `parameters.spacing` -> its type in SQL."""
        except library().Error as error:
            raise SimgenError(
                f"{path} is no catalog that can be read ({_first_line(error)}); delete it and the "
                f"next query makes it again"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def describe(self) -> Table:
        """Every column and its type."""
        return Table(("column", "type"), tuple(self.columns.items()))

    def query(self, text: str, *, limit: int | None = None) -> Table:
        """The answer to a `select ... from clips`, or the clips that filters (simgen.filters)
        leave.

        Raises:
            SimgenError: neither SQL nor filters, an unknown column, or a statement that would
                change something or read another file.
        """
        if STATEMENT.match(text):
            self._refuse_all_but_select(text)
            return self._table(text, (), limit)
        condition = parse_filters(text, self.columns)
        shown = {path: path for path in (*OVERVIEW, *condition.columns)}
        sql = f"select {_listed(shown)} from clips where {condition.sql} order by index"
        return self._table(sql, condition.values, limit)

    def select(self, where: str = "", columns: Sequence[str] = ()) -> dict[str, AnyArray]:
        """Columns of the clips that the filters `where` leave, in index order.

        Args:
            where: filters, e.g. `template=rigid/domino_chain spacing<0.5 accepted`.
            columns: names or paths; none for every column that is not nested.

        Returns:
            Name as given -> (N,) array: numbers with NaN where there is none, bool, or object
            with None.
        """
        wanted = columns or [path for path in self.columns if "." not in path]
        paths = {name: resolve(name, self.columns) for name in wanted}
        condition = parse_filters(where, self.columns)
        sql = f"select {_listed(paths)} from clips where {condition.sql} order by index"
        found = self._execute(sql, condition.values).fetchnumpy()
        return {name: _plain(array) for name, array in found.items()}

    def _refuse_all_but_select(self, text: str) -> None:
        try:
            statements = self._connection.extract_statements(text)
        except library().Error as error:
            raise SimgenError(f"cannot read the query: {_first_line(error)}") from None
        select = library().StatementType.SELECT
        if len(statements) != 1 or statements[0].type != select:
            raise SimgenError("a query is one select statement; it changes nothing")

    def _table(self, sql: str, values: Sequence[Any], limit: int | None) -> Table:
        result = self._execute(sql, values)
        names = tuple(str(column[0]) for column in result.description)
        rows = result.fetchall() if limit is None else result.fetchmany(limit + 1)
        kept = rows if limit is None else rows[:limit]
        plain = tuple(tuple(_given(value) for value in row) for row in kept)
        return Table(names, plain, more=len(rows) > len(kept))

    def _execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        try:
            return self._connection.execute(sql, list(values))
        except library().Error as error:
            text = str(error)
            missing = re.search(r'(?:column|key|Referenced table) "([^"]+)"', text)
            if missing and ("not found" in text or "Could not find key" in text):
                path = resolve(missing[1], self.columns)
                raise SimgenError(f"in SQL write {path}, not {missing[1]}") from None
            mixed = isinstance(error, library().ConversionException) or "VARCHAR" in text
            hint = "; text that may be a number: try_cast(... as double)" if mixed else ""
            said = f"{_first_line(error)}{hint}"
            raise SimgenError(f"the query cannot be answered: {said}") from None


def open_catalog(folder: Path) -> Catalog:
    """The catalog of a dataset with every shard committed so far.

    Raises:
        SimgenError: not a dataset, one of another version, or a damaged record.
    """
    folder = Path(folder)
    read_about(folder)
    path = folder / CATALOG
    if (folder / "index.json").is_file() and path.is_file():
        return Catalog(path)
    if os.access(folder, os.W_OK):
        return Catalog(merge(folder))
    with tempfile.TemporaryDirectory() as elsewhere:  # the open file outlives its name
        copy = Path(elsewhere) / CATALOG
        if path.is_file():
            shutil.copyfile(path, copy)
        return Catalog(merge(folder, copy))


def query(folder: str | os.PathLike[str], text: str, *, limit: int | None = None) -> Table:
    """One question to the catalog of a dataset; as `Catalog.query`."""
    with open_catalog(Path(folder)) as catalog:
        return catalog.query(text, limit=limit)


def select(
    folder: str | os.PathLike[str], where: str = "", columns: Sequence[str] = ()
) -> dict[str, AnyArray]:
    """Columns of the clips that filters leave; as `Catalog.select`."""
    with open_catalog(Path(folder)) as catalog:
        return catalog.select(where, columns)


def committed(folder: Path, job: Job) -> set[int]:
    """Numbers of the shards of this job that are complete: recorded, for the same indices, and
    there."""
    with Catalog(merge(folder)) as catalog:
        rows = catalog.query("select number, file, size, first_index, stop_index from shards").rows
    done: set[int] = set()
    for number, file, size, start, stop in rows:
        whole, path = job.indices(number), folder / file
        if (start, stop) == (whole.start, whole.stop) and _size(path) == size:
            done.add(number)
    return done


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def counts(folder: Path) -> dict[str, Any]:
    """What a dataset holds: clips accepted and tried, rejections by reason, clips by template,
    bytes of the shards, seconds of work by stage."""
    with open_catalog(folder) as catalog:
        rejected = catalog.query(
            "select reason, count(*) from clips where not accepted group by all order by all"
        )
        templates = catalog.query(
            "select template, count(*) from clips where accepted group by all order by all"
        )
        stages = [path for path in catalog.columns if path.startswith("seconds.")]
        sums = ", ".join(f"sum({quoted(path)})" for path in stages) or "null"
        ((tried, *seconds),) = catalog.query(f"select count(*), {sums} from clips").rows
        ((size,),) = catalog.query("select coalesce(sum(size), 0)::BIGINT from shards").rows
    made = dict(templates.rows)
    return {
        "clips": sum(made.values()),
        "tried": tried,
        "rejected": dict(rejected.rows),
        "templates": made,
        "bytes": size,
        "seconds": {path.partition(".")[2]: s for path, s in zip(stages, seconds) if s},
    }


def write_index(folder: Path, job: Job) -> dict[str, Any]:
    """The catalog and, last of all, the index that says the dataset is complete; its content."""
    merge(folder)
    index = {
        "format": "simgen-dataset",
        "version": VERSION,
        "digest": job.digest(),
        **counts(folder),
    }
    write_json(folder / "index.json", index)
    sync_folder(folder)
    return index


def _listed(paths: Mapping[str, str]) -> str:
    """Columns in SQL, under other names."""
    return ", ".join(f'{quoted(path)} as "{name}"' for name, path in paths.items())


def _plain(array: Any) -> AnyArray:
    """An array without a mask: NaN, or None among objects, where there is no value."""
    if not isinstance(array, np.ma.MaskedArray):
        return array
    masked = cast("Any", array)
    if not np.ma.getmaskarray(masked).any():
        return masked.data
    if masked.dtype == object:
        return masked.filled(None)
    return masked.astype(float).filled(np.nan)


def _given(value: Any) -> Any:
    """A value of a nested column without what other templates have and this clip has not."""
    if isinstance(value, dict):
        inner = {k: _given(v) for k, v in cast("dict[str, Any]", value).items()}
        return {k: v for k, v in inner.items() if v is not None}
    return value


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


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
    """Clips of one shard or of a whole dataset, in index order; only committed shards are seen.

    Shards are opened when a clip of theirs is asked for, and closed when none is held any more.
    """

    def __init__(self, places: Sequence[tuple[int, Path]], job: Job | None = None) -> None:
        self.job = job
        """The job that made it, when opened as a folder."""
        self._places = sorted(places)
        self._opened: tuple[Path, Any] | None = None

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Clip]: ...
    def __getitem__(self, index: int | slice) -> Clip | Sequence[Clip]:
        if isinstance(index, slice):
            return [self._clip(*place) for place in self._places[index]]
        return self._clip(*self._places[index])

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Clip]:
        return (self._clip(*place) for place in self._places)

    def _clip(self, index: int, path: Path) -> Clip:
        if self._opened is None or self._opened[0] != path:
            self._opened = (path, open_shard(path))
        clips = self._opened[1]["clips"]
        name = f"{index:08d}"
        if name not in clips:
            raise SimgenError(f"shard {path} does not hold clip {index}; `simgen check` tells more")
        return Clip(clips[name])


def load(path: str | os.PathLike[str]) -> Dataset:
    """Open a dataset folder or a single shard file.

    Raises:
        SimgenError: nothing there, a truncated or foreign file, or another version.
    """
    place = Path(path)
    if not place.is_dir():
        return Dataset([(int(name), place) for name in open_shard(place)["clips"]])
    job = parse_job(read_about(place)["job"])
    found = select(place, "accepted", ("index", "shard"))
    files = zip(found["index"].tolist(), found["shard"].tolist(), strict=True)
    return Dataset([(index, place / shard) for index, shard in files], job)
