"""The catalog: a row per index that was tried, merged from commit records, asked in SQL or
filters."""

import csv
import json
import math
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgen.catalog import CATALOG, merge, open_catalog, query, select
from simgen.cli import main
from simgen.cluster import RunOptions, run_job
from simgen.errors import SimgenError
from simgen.filters import parse_filters
from simgen.manifest import Outcome, ShardInfo, prepare_folder, read_manifest, write_manifest

COLUMNS = {
    "index": "BIGINT",
    "template": "VARCHAR",
    "accepted": "BOOLEAN",
    "parameters.spacing": "DOUBLE",
    "parameters.weight": "VARCHAR",
    "certificate.flow_cycle.p99_px": "DOUBLE",
    "certificate.flow_geometry.p99_px": "DOUBLE",
}


@pytest.mark.parametrize(
    ("text", "sql", "values"),
    [
        ("", "true", ()),
        ("accepted", '"accepted"', ()),
        ("not accepted", 'not coalesce("accepted", false)', ()),
        ("accepted=false", "(\"accepted\" = (? = 'true'))", ("false",)),
        ("index = 7", '("index" = ?)', (7,)),
        ("spacing<0.5", '"parameters"."spacing" < ?', (0.5,)),
        ("spacing", '"parameters"."spacing" is not null', ()),
        ("weight>2", 'try_cast("parameters"."weight" as double) > ?', (2,)),
        ("template=rigid/*,'a b'", None, None),
        ("template=a,b", '("template" = ? or "template" = ?)', ("a", "b")),
        ("template!='a, b'", 'not ("template" = ?)', ("a, b",)),
        ("template=rigid/*", '("template" glob ?)', ("rigid/*",)),
    ],
)
def test_filters_become_conditions(text, sql, values) -> None:
    if sql is None:
        with pytest.raises(SimgenError, match="cannot read the filter"):
            parse_filters(text, COLUMNS)
        return
    condition = parse_filters(text, COLUMNS)
    assert (condition.sql, condition.values) == (sql, values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spacng<1", "unknown column 'spacng'; did you mean spacing"),
        ("p99_px<1", "certificate.flow_cycle.p99_px or certificate.flow_geometry.p99_px"),
        ("spacing<wide", "'wide' is not a number"),
        ("accepted=maybe", "true or false"),
        ("spacing<", "cannot read the filter"),
        ("spacing=1; drop table clips", "'1;' is not a number"),
    ],
)
def test_filters_that_make_no_sense_are_refused(text, message) -> None:
    with pytest.raises(SimgenError, match=message):
        parse_filters(text, COLUMNS)


def outcome(index: int, **fields) -> Outcome:
    row = {
        "name": f"rigid/box/{index:06d}",
        "seed": 0,
        "category": "rigid",
        "template": "rigid/box",
        "split": "all",
        "config_hash": f"{index:016x}",
        "accepted": True,
        "width": 32,
        "height": 18,
        "frame_count": 25,
        "fps": 24.0,
        "parameters": {"spacing": index / 10, "count": index},
        "certificate": {"worth": {"luminance": 0.5}},
    }
    return Outcome(index=index, **row | fields)


def commit(folder: Path, number: int, *rows: Outcome) -> None:
    first = min(row.index for row in rows)
    info = ShardInfo(
        number=number,
        file=f"shards/shard-{number:05d}.h5",
        sha256="0" * 64,
        size=100,
        indices=(first, max(row.index for row in rows) + 1),
        outcomes=rows,
    )
    write_manifest(folder, info)


@pytest.fixture
def folder(tmp_path, null_job) -> Path:
    """A dataset with two committed shards of four clips, the last of them rejected."""
    prepare_folder(tmp_path, null_job())
    commit(tmp_path, 0, outcome(0), outcome(1))
    commit(tmp_path, 1, outcome(2), outcome(3, accepted=False, reason="worth/luminance"))
    return tmp_path


def test_rows_are_those_of_the_records(folder) -> None:
    (row,) = query(folder, "select * from clips where index = 2").dicts()
    assert row["parameters"] == {"spacing": 0.2, "count": 2}
    assert row["certificate"] == {"worth": {"luminance": 0.5}}
    assert (row["shard"], row["duration"], row["accepted"]) == ("shards/shard-00001.h5", 1.0, True)
    assert query(folder, "select shard from clips where index = 3").rows == ((None,),)
    found = query(folder, "spacing>0.05 accepted")
    assert found.columns == ("index", "template", "accepted", "reason", "parameters.spacing")
    assert [r[0] for r in found.rows] == [1, 2]
    assert query(folder, "not accepted").dicts()[0]["reason"] == "worth/luminance"
    assert query(folder, "", limit=3).more
    assert len(query(folder, "", limit=4).rows) == 4


def test_select_gives_plain_columns(folder) -> None:
    commit(folder, 2, outcome(4, parameters={"radius": 0.5, "spacing": 1}, engine="warp"))
    found = select(
        folder, "accepted", ["index", "spacing", "radius", "certificate.worth.luminance"]
    )
    assert found["index"].tolist() == [0, 1, 2, 4]
    assert np.allclose(found["spacing"], [0, 0.1, 0.2, 1])
    assert np.isnan(found["radius"][:3]).all()
    assert found["radius"][3] == 0.5
    assert (found["certificate.worth.luminance"] == 0.5).all()
    assert not any(isinstance(column, np.ma.MaskedArray) for column in found.values())
    assert {"index", "name", "accepted", "shard", "fps"} <= set(select(folder))
    assert select(folder, "spacing>100")["index"].shape == (0,)
    with pytest.raises(SimgenError, match="did you mean radius"):
        select(folder, columns=["raduis"])


def test_a_merge_takes_in_what_is_new(folder) -> None:
    assert len(query(folder, "").rows) == 4
    kept = merge(folder).stat().st_ino
    assert merge(folder).stat().st_ino == kept
    (folder / "manifest" / "shard-00002.json.tmp-1-1").write_text("{half a rec")
    (folder / "shards" / "shard-00002.h5").touch()
    assert len(query(folder, "").rows) == 4
    with open_catalog(folder) as before:
        commit(folder, 2, outcome(4), outcome(5))
        commit(folder, 0, outcome(0, engine="again"), outcome(1))
        assert [r[0] for r in query(folder, "").rows] == list(range(6))
        assert query(folder, "index=0 engine").dicts()[0]["engine"] == "again"
        assert len(before.query("").rows) == 4
    (folder / "manifest" / "shard-00001.json").unlink()
    assert [r[0] for r in query(folder, "").rows] == [0, 1, 4, 5]
    everything = "select * from clips order by index"
    merged = query(folder, everything).rows
    merge(folder).unlink()
    assert query(folder, everything).rows == merged
    merge(folder).write_bytes(b"no database")
    assert query(folder, everything).rows == merged
    assert not list(folder.glob("*.tmp-*"))


def test_columns_grow_and_types_widen(folder) -> None:
    merge(folder)
    odd = {"spacing": "wide", "glossy": True, "label": None}
    commit(
        folder,
        2,
        outcome(4, parameters=odd, certificate={"heat": {"balance": math.nan}}),
        outcome(5, parameters={"count": 2.5}, captions={"short": ["a box", "one box"]}),
    )
    rows = query(folder, "select * from clips").dicts()
    assert [r["parameters"].get("spacing") for r in rows[:5]] == [
        "0.0",
        "0.1",
        "0.2",
        "0.3",
        "wide",
    ]
    assert rows[4]["parameters"]["glossy"] is True
    assert "label" not in rows[4]["parameters"]
    assert math.isnan(rows[4]["certificate"]["heat"]["balance"])
    assert [r["parameters"].get("count") for r in rows] == [0, 1, 2, 3, None, 2.5]
    assert rows[5]["captions"] == {"short": ["a box", "one box"]}
    assert [r[0] for r in query(folder, "spacing>0.15").rows] == [2, 3]
    with pytest.raises(SimgenError, match="try_cast"):
        query(folder, "select parameters.spacing < 1 from clips")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select spacing from clips", r"in SQL write parameters\.spacing"),
        ("select parameters.spacng from clips", "did you mean spacing"),
        ("select * from clip", "cannot be answered"),
        ("select from where", "cannot read the query"),
        ("select 1; select 2", "one select statement"),
        ("delete from clips", "one select statement"),
        ("create table t as select 1", "one select statement"),
        ("copy clips to 'stolen.csv'", "one select statement"),
        ("attach 'other.duckdb'", "one select statement"),
        ("set threads = 9", "one select statement"),
        ("select * from read_text('/etc/hostname')", "disabled"),
        ("select * from '/etc/hostname'", "cannot be answered"),
        ("select * from glob('/etc/*')", "disabled"),
    ],
)
def test_a_query_reads_the_catalog_and_nothing_else(text, message, folder, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(SimgenError, match=message):
        query(folder, text)
    assert len(query(folder, "").rows) == 4
    assert {p.name for p in folder.iterdir()} == {
        *("dataset.json", "manifest", "quarantine", "shards", CATALOG)
    }


def test_variables_of_the_caller_are_not_tables(folder) -> None:
    secret = {"column": np.arange(3)}
    with pytest.raises(SimgenError):
        query(folder, "select * from secret")
    assert len(secret) == 1


def test_damage_is_named(folder) -> None:
    record = folder / "manifest" / "shard-00001.json"
    whole = record.read_text()
    record.write_text(whole[:-40])
    with pytest.raises(SimgenError, match=r"shard-00001\.json is damaged"):
        query(folder, "")
    record.write_text(whole)
    commit(folder, 7, outcome(3))
    with pytest.raises(SimgenError, match="hold the same index"):
        query(folder, "")
    assert not (folder / CATALOG).exists()
    assert not list(folder.glob("*.tmp-*"))
    with pytest.raises(SimgenError, match="is not a simgen dataset"):
        query(folder / "shards", "")
    about = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(about | {"version": 1}))
    with pytest.raises(SimgenError, match="dataset of version 1, .* this simgen reads version"):
        query(folder, "")


def test_a_folder_that_cannot_be_written_is_asked_all_the_same(folder, monkeypatch) -> None:
    merge(folder)
    commit(folder, 2, outcome(4))
    monkeypatch.setattr(os, "access", lambda *_: False)
    before = (folder / CATALOG).read_bytes()
    assert len(query(folder, "").rows) == 5
    assert (folder / CATALOG).read_bytes() == before


def _merge_again(folder: Path) -> int:
    return len(query(folder, "").rows)


def test_processes_merge_at_once(folder) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        running = [pool.apply_async(_merge_again, (folder,)) for _ in range(6)]
        for number in range(2, 8):
            commit(folder, number, outcome(2 * number), outcome(2 * number + 1))
        assert all(4 <= task.get(60) <= 16 for task in running)
    assert [r[0] for r in query(folder, "").rows] == list(range(16))
    assert not list(folder.glob("*.tmp-*"))


def test_a_run_fills_it(null_job, tmp_path, capsys) -> None:
    run_job(null_job(), RunOptions(out=tmp_path / "d", progress=False))
    kept = (tmp_path / "d" / CATALOG).stat().st_mtime_ns
    for info in read_manifest(tmp_path / "d"):
        for row in info.outcomes:
            (found,) = query(
                tmp_path / "d", f"select * from clips where index = {row.index}"
            ).dicts()
            assert found["parameters"] == row.parameters
            assert found["certificate"] == row.certificate
            assert found["fingerprint"] == row.fingerprint
            assert found["stored"] == row.stored
    assert (tmp_path / "d" / CATALOG).stat().st_mtime_ns == kept
    index = json.loads((tmp_path / "d" / "index.json").read_text())
    assert (index["clips"], index["tried"]) == (0, 6)


def test_the_command_prints_tables_csv_and_json(folder, capsys) -> None:
    assert main(["query", str(folder), "spacing>0.05", "accepted"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["index", "template", "accepted", "reason", "parameters.spacing"]
    assert lines[-1] == "2 rows"
    assert main(["query", str(folder), "--limit", "1"]) == 0
    assert capsys.readouterr().out.endswith("1 rows, and more; --limit shows them\n")
    assert main(["query", str(folder), "select index, parameters from clips", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[3] == {"index": 3, "parameters": {"spacing": 0.3, "count": 3}}
    assert main(["query", str(folder), "--csv"]) == 0
    assert len(list(csv.reader(capsys.readouterr().out.splitlines()))) == 5
    assert main(["query", str(folder), "--columns"]) == 0
    assert "parameters.spacing" in capsys.readouterr().out
    assert main(["query", str(folder), "spacng<1"]) == 2
    assert "did you mean spacing" in capsys.readouterr().err


def test_rejected_draws_without_a_configuration_have_a_row(folder) -> None:
    failed = outcome(4, accepted=False, frame_count=None, fps=None, parameters={}, certificate={})
    commit(
        folder, 2, replace(failed, reason="error/SimgenError", detail="no 'value'\nwas \"free\"")
    )
    (row,) = query(folder, "select * from clips where index = 4").dicts()
    assert (row["duration"], row["detail"]) == (None, "no 'value'\nwas \"free\"")
