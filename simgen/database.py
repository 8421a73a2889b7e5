"""The tables of a catalog, in DuckDB: what commit records become, and how their types grow.

Every field of an Outcome is a column of `clips`; its dicts are nested columns, so that
`parameters.spacing` and `certificate.worth.luminance` are columns too. Which of them there are
follows from the data: a new one widens the table, a parameter that is a number in one template and
a name in another is text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any, cast, get_type_hints

from simgen.errors import SimgenError
from simgen.manifest import Outcome, read_json

LAYOUT = 1
"""Version of the tables; a catalog of another one is made anew."""
BATCH = 256
"""Commit records taken in at once."""
Stamps = Mapping[str, tuple[int, int]]
"""File name of a commit record -> its size [byte] and time of change [ns]."""
_RECORD = {
    "number": "BIGINT",
    "file": "VARCHAR",
    "sha256": "VARCHAR",
    "size": "BIGINT",
    "indices": ["BIGINT"],
    "outcomes": ["JSON"],
}
_TYPES = {int: "BIGINT", float: "DOUBLE", str: "VARCHAR", bool: "BOOLEAN"}


def library() -> Any:
    """DuckDB, imported here alone."""
    return import_module("duckdb")


def connect(path: Path | None = None) -> Any:
    """A connection to a database file, or to one in memory; it sees no variables of Python and
    spills no file."""
    settings = {"python_enable_replacements": False, "temp_directory": ""}
    return library().connect(":memory:" if path is None else str(path), config=settings)


def attach(path: Path) -> Any:
    """A connection that can read this one file and do nothing else.

    The database is in memory and the file attached to it: DuckDB would otherwise answer from an
    older file of that name that this process has open.
    """
    connection = connect()
    connection.execute(f"attach {_text(str(path))} as catalog (read_only)")
    connection.execute("use catalog")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def stamps(connection: Any) -> Stamps | None:
    """The records a catalog has taken in; None when it has other tables than this version."""
    try:
        (layout,) = connection.execute("select layout from about").fetchone()
        rows = connection.execute("select record, bytes, modified from shards").fetchall()
    except library().Error:
        return None
    return {record: (size, time) for record, size, time in rows} if layout == LAYOUT else None


def create_tables(connection: Any) -> None:
    """Empty tables; nested columns come with the data."""
    hints = get_type_hints(Outcome)
    kinds = {f.name: hints[f.name] for f in fields(Outcome)}
    scalars = {n: next((k for k in _TYPES if h in (k, k | None)), None) for n, h in kinds.items()}
    columns = [f"{_name(n)} {_TYPES[k]}" for n, k in scalars.items() if k is not None]
    connection.execute(f"create table clips({', '.join(columns)}, shard VARCHAR, duration DOUBLE)")
    connection.execute(
        "create table shards(number BIGINT, file VARCHAR, sha256 VARCHAR, size BIGINT, "
        "first_index BIGINT, stop_index BIGINT, record VARCHAR, bytes BIGINT, modified BIGINT)"
    )
    connection.execute(f"create table about as select {LAYOUT} as layout")


def update(connection: Any, folder: Path, found: Stamps) -> None:
    """Make the tables hold the records `found` in `folder`/manifest: forget those that are gone or
    were written again, take in those that are new."""
    known = stamps(connection) or {}
    connection.execute("drop index if exists by_index; drop index if exists by_name")
    stale = [record for record in known if known[record] != found.get(record)]
    connection.execute(
        "delete from clips using shards where record in (select unnest(?::VARCHAR[])) "
        "and index >= first_index and index < stop_index",
        [stale],
    )
    connection.execute("delete from shards where record in (select unnest(?::VARCHAR[]))", [stale])
    fresh = sorted(record for record in found if known.get(record) != found[record])
    for start in range(0, len(fresh), BATCH):
        batch = fresh[start : start + BATCH]
        _take_in(connection, folder / "manifest", {record: found[record] for record in batch})
    try:
        connection.execute("create unique index by_index on clips(index)")
    except library().ConstraintException as error:
        raise SimgenError(
            f"two commit records in {folder / 'manifest'} hold the same index ({_first(error)}); "
            f"delete the one that does not belong there"
        ) from None
    connection.execute("create index by_name on clips(name)")


def _take_in(connection: Any, manifest: Path, batch: Stamps) -> None:
    """Insert the rows of some commit records."""
    texts = [(manifest / record).read_text(encoding="utf-8") for record in batch]
    sizes, times = zip(*batch.values())
    try:
        connection.execute(
            "create or replace temp table batch as select record, bytes, modified, "
            "json_transform(text, ?) as shard from (select unnest(?::VARCHAR[]) as record, "
            "unnest(?::BIGINT[]) as bytes, unnest(?::BIGINT[]) as modified, "
            "unnest(?::VARCHAR[])::JSON as text)",
            [json.dumps(_RECORD), list(batch), list(sizes), list(times), texts],
        )
    except library().Error:
        for record in batch:
            read_json(manifest / record)
        raise
    connection.execute(
        "insert into shards select shard.number, shard.file, shard.sha256, shard.size, "
        "shard.indices[1], shard.indices[2], record, bytes, modified from batch"
    )
    connection.execute(
        "create or replace temp table tried as "
        "select shard.file as file, unnest(shard.outcomes) as outcome from batch"
    )
    found = connection.execute("select distinct json_structure(outcome) from tried").fetchall()
    structure = _widen(connection, [json.loads(text) for (text,) in found])
    connection.execute(
        "insert into clips by name select * exclude (file), if(accepted, file, null) as shard, "
        "(frame_count - 1) / fps as duration from "
        "(select file, unnest(json_transform(outcome, ?)) from tried)",
        [json.dumps(structure)],
    )


def _widen(connection: Any, found: Sequence[Any]) -> dict[str, Any]:
    """Give `clips` the columns and types that rows of these structures need; their structure."""
    have = table_structure(connection)
    want: dict[str, Any] = dict(have)
    for structure in found:
        want = _union(want, _normal(structure))
    for name, structure in want.items():
        column, kind = _name(name), _sql(structure)
        if name not in have:
            connection.execute(f"alter table clips add column {column} {kind}")
        elif structure != have[name]:
            connection.execute(f"alter table clips alter {column} type {kind}")
    return {name: want[name] for name in want if name not in ("shard", "duration")}


def table_structure(connection: Any) -> dict[str, Any]:
    """The columns of `clips`: name -> SQL type, list of one type, or dict of nested columns."""
    table = connection.table("clips")
    return {name: _of_type(kind) for name, kind in zip(table.columns, table.types)}


def leaves(structure: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Path and SQL type of every column that holds values."""
    for name, inner in structure.items():
        if isinstance(inner, dict):
            yield from leaves(cast("dict[str, Any]", inner), f"{prefix}{name}.")
        else:
            yield prefix + name, _sql(inner)


def _of_type(kind: Any) -> Any:
    if kind.id == "struct":
        return {name: _of_type(inner) for name, inner in kind.children}
    if kind.id == "list":
        return [_of_type(kind.children[0][1])]
    return str(kind)


def _normal(structure: Any) -> Any:
    """What json_structure found, with one type for whole numbers; None where it saw no value."""
    if isinstance(structure, dict):
        inner = {k: _normal(v) for k, v in cast("dict[str, Any]", structure).items()}
        return {k: v for k, v in inner.items() if v is not None} or None
    if isinstance(structure, list):
        return [_normal(cast("list[Any]", structure)[0]) or "VARCHAR"]
    if structure in ("JSON", "NULL"):
        return None
    return "BIGINT" if structure.endswith("BIGINT") or structure == "HUGEINT" else structure


def _union(a: Any, b: Any) -> Any:
    """The narrowest structure that holds values of both."""
    if a is None or b is None or a == b:
        return b if a is None else a
    if isinstance(a, dict) and isinstance(b, dict):
        left, right = cast("dict[str, Any]", a), cast("dict[str, Any]", b)
        return {k: _union(left.get(k), right.get(k)) for k in (*left, *right)}
    if isinstance(a, list) and isinstance(b, list):
        return [_union(a[0], b[0])]
    numbers = ("BIGINT", "DOUBLE")
    return "DOUBLE" if a in numbers and b in numbers else "VARCHAR"


def _sql(structure: Any) -> str:
    if isinstance(structure, dict):
        inner = cast("dict[str, Any]", structure).items()
        return f"STRUCT({', '.join(f'{_name(k)} {_sql(v)}' for k, v in inner)})"
    return f"{_sql(structure[0])}[]" if isinstance(structure, list) else str(structure)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0]
