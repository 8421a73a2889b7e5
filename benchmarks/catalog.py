"""The catalog at the size of a large dataset: how fast it loads and answers, how big it is.

python benchmarks/catalog.py                      # 1.25 M rows, 65,536 of them from records
python benchmarks/catalog.py --rows 100000 --records 12800

The rows are real draws of every template, 40 of each, with the certificates of real clips; numbers
of certificates are scattered. A part comes from commit records, as any merge takes them in; the
rest are copies of these rows with other indices and every number scattered again.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from simgen.card import write_card
from simgen.catalog import Catalog, merge, open_catalog
from simgen.cluster import RunOptions, run_job
from simgen.database import connect, table_structure
from simgen.filters import quoted
from simgen.job import Job
from simgen.manifest import Outcome, ShardInfo, prepare_folder, read_manifest, write_manifest
from simgen.summary import six_digits
from simgen.template import template_names

SHARD = 64
"""Clips per shard."""
DRAWS = 40
"""Real draws of every template."""
SOURCES = ("rigid/domino_chain", "articulated/newtons_cradle")
"""Templates of the real clips whose certificates and motion are used."""
FINGERPRINTS = {"parameters": 16, "trajectory": 64, "picture": 48}
"""Hex digits of each; here they are random."""
POINTS = 300
"""Look-ups of one row."""
QUERIES = 30
"""Repetitions of every other query."""


def real_rows(folder: Path) -> list[Outcome]:
    """Draws of every template, with the certificates and motion of a few real clips."""
    small = Job(templates=dict.fromkeys(SOURCES, 1), frames=8, width=64, height=36, samples=1)
    run_job(small, RunOptions(out=folder, progress=False))
    clips = [o for info in read_manifest(folder) for o in info.outcomes]
    every = Job(templates=dict.fromkeys(template_names(), 1), clips=DRAWS * len(template_names()))
    found: list[Outcome] = []
    for index in range(every.count):
        configuration = every.configuration(index)
        name = configuration.name()
        row = replace(
            clips[index % len(clips)],
            index=index,
            name=f"{name}/{index:06d}",
            category=configuration.category(),
            template=name,
            engine=configuration.engines[0],
            frame_count=configuration.frame_count,
            fps=configuration.fps,
            parameters=configuration.model_dump(mode="json"),
        )
        found.append(row)
    return found


def scattered(row: Outcome, index: int, chance: random.Random) -> Outcome:
    """A row at another index, its measured numbers off by up to 10 %, its hashes new."""

    def off(values: dict[str, float]) -> dict[str, float]:
        return {name: value * chance.uniform(0.9, 1.1) for name, value in values.items()}

    return replace(
        row,
        index=index,
        name=f"{row.template}/{index:06d}",
        accepted=chance.random() < 0.93,
        config_hash=f"{chance.getrandbits(64):016x}",
        digest=f"{chance.getrandbits(256):064x}",
        first_byte=index * 8_000_000,
        last_byte=index * 8_000_000 + 7_999_999,
        seconds=off(row.seconds),
        certificate={check: six_digits(off(found)) for check, found in row.certificate.items()},
        motion=six_digits(off(row.motion)),
        draw=index,
        fingerprint={k: f"{chance.getrandbits(4 * n):0{n}x}" for k, n in FINGERPRINTS.items()},
    )


def write_records(folder: Path, rows: list[Outcome], first: int, count: int) -> None:
    """Commit records of `count` shards from shard `first` on."""
    chance = random.Random(first)
    for number in range(first, first + count):
        indices = range(number * SHARD, (number + 1) * SHARD)
        own = tuple(scattered(rows[i % len(rows)], i, chance) for i in indices)
        info = ShardInfo(
            number=number,
            file=f"shards/shard-{number:05d}.h5",
            sha256=f"{chance.getrandbits(256):064x}",
            size=SHARD * 8_000_000,
            indices=(indices.start, indices.stop),
            outcomes=own,
        )
        write_manifest(folder, info)


def multiply(path: Path, records: int, rows: int) -> None:
    """Fill a catalog up to `rows` with copies, every number but the index scattered."""
    connection = connect(path)
    connection.execute("drop index by_index; drop index by_name")
    structure = table_structure(connection)
    columns = ", ".join(
        f'{_copy(quoted(name), inner)} as "{name}"'
        for name, inner in structure.items()
        if name not in ("index", "name", "draw", "first_byte", "last_byte", "fingerprint")
    )
    noise = "md5(random()::VARCHAR) || md5(random()::VARCHAR)"
    codes = ", ".join(f'"{k}" := left({noise}, {n})' for k, n in FINGERPRINTS.items())
    for start in range(records, rows, records):
        count = min(records, rows - start)
        connection.execute(
            f"insert into clips by name select index + {start} as index, index + {start} as draw, "
            f"first_byte, last_byte, struct_pack({codes}) as fingerprint, "
            f"template || '/' || lpad((index + {start})::VARCHAR, 6, '0') as name, {columns} "
            f"from (select *, 0.9 + 0.2 * random() as factor from clips where index < {count})"
        )
    connection.execute("create unique index by_index on clips(index)")
    connection.execute("create index by_name on clips(name)")
    connection.close()


def _copy(column: str, structure: object) -> str:
    """A column in SQL with its numbers scattered."""
    if isinstance(structure, dict):
        inner = (f'"{k}" := {_copy(f"{column}.{quoted(k)}", v)}' for k, v in structure.items())
        return f"struct_pack({', '.join(inner)})"
    return f"{column} * factor" if structure == "DOUBLE" else column


def measure(label: str, ask: Callable[[int], object], repeat: int) -> None:
    """Print median and 99th percentile of a question's time, and the first one's."""
    times: list[float] = []
    for k in range(repeat):
        start = time.perf_counter()
        ask(k)
        times.append(1e3 * (time.perf_counter() - start))
    p50, p99 = np.quantile(times, [0.5, 0.99])
    print(f"| {label} | {times[0]:.1f} | {p50:.1f} | {p99:.1f} |", flush=True)


def questions(catalog: Catalog, rows: int) -> None:
    """Ask as a user or a trainer does, the catalog being open."""
    places = np.random.default_rng(0).integers(rows, size=POINTS)
    names = [catalog.query(f"index={i}").dicts()[0]["template"] + f"/{i:06d}" for i in places]
    print("\n| query, catalog open | first [ms] | p50 [ms] | p99 [ms] |\n|---|---|---|---|")
    measure("one clip by index", lambda k: catalog.query(f"index={places[k]}"), POINTS)
    measure("one clip by name", lambda k: catalog.query(f"name={names[k]}"), POINTS)
    for text in (
        "select template, count(*) from clips where accepted group by all",
        "select count(*) from clips where template = 'rigid/domino_chain' "
        "and parameters.spacing < 0.04",
        "select count(*) from clips where parameters.spacing < 0.04",
        "select count(*) from clips where parameters.camera_elevation between 0.2 and 0.3",
        "select count(*) from clips where certificate.worth.luminance < 0.5 and accepted",
        "select category, count(*) from clips where certificate.flow_geometry.p99_px < 0.02 "
        "and motion.speed_max > 1 group by all",
    ):
        measure(f"`{text}`", lambda _, text=text: catalog.query(text), QUERIES)


def main() -> None:
    """Make the catalog and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_250_000)
    parser.add_argument("--records", type=int, default=65_536, help="rows from commit records")
    arguments = parser.parse_args()
    rows, records = arguments.rows, arguments.records // SHARD * SHARD
    with tempfile.TemporaryDirectory() as name:
        drawn = real_rows(Path(name) / "clips")
        folder = Path(name) / "d"
        prepare_folder(folder, Job(templates={SOURCES[0]: 1}))
        write_records(folder, drawn, 0, records // SHARD)
        start = time.perf_counter()
        path = merge(folder)
        took = time.perf_counter() - start
        size = path.stat().st_size / records
        print(
            f"merge of {records} rows: {took:.1f} s, {records / took:.0f} rows/s, {size:.0f} B/row"
        )
        multiply(path, records, rows)
        size = path.stat().st_size
        write_records(folder, drawn, rows // SHARD + 1, 1)
        start = time.perf_counter()
        merge(folder)
        took = time.perf_counter() - start
        print(f"{rows} rows: {size / 1e6:.0f} MB; one more shard merged in {took:.1f} s")
        start = time.perf_counter()
        with open_catalog(folder) as catalog:
            print(f"{len(catalog.columns)} columns; opened in {time.perf_counter() - start:.2f} s")
            questions(catalog, rows)
            columns = ["index", "template", "accepted", "shard", "first_byte", "camera_elevation"]
            start = time.perf_counter()
            found = catalog.select("accepted", columns)
            took = time.perf_counter() - start
            print(f"\nselect of {len(columns)} columns, {len(found['index'])} rows: {took:.2f} s")
        start = time.perf_counter()
        write_card(folder, plots=False)
        print(f"card without plots: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
