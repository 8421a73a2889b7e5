"""Running jobs: same clips on any executor, resume, killed workers, full disk, foreign folders."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simgen.catalog import load, query
from simgen.cluster import RunOptions, run_job
from simgen.errors import SimgenError
from simgen.manifest import read_manifest


def options(folder: Path, **fields) -> RunOptions:
    return RunOptions(out=folder, progress=False, **fields)


def digests(folder: Path) -> dict[int, str]:
    return {o.index: o.digest for info in read_manifest(folder) for o in info.outcomes}


def test_run_makes_a_complete_dataset(null_job, tmp_path) -> None:
    summary = run_job(null_job(), options(tmp_path / "d"))
    index = json.loads((tmp_path / "d" / "index.json").read_text())
    assert summary.tried == index["tried"] == 6
    # the null renderer draws nothing: clips miss their instances, or nothing is seen to move
    assert summary.clips == 0
    assert sum(summary.rejected.values()) == 6
    assert set(summary.rejected) <= {"instances/missing_instances", "worth/active_share_min"}
    assert len(list((tmp_path / "d" / "quarantine").glob("*.h5"))) == 6
    assert len(load(next((tmp_path / "d" / "quarantine").glob("*.h5")))) == 1
    rows = query(tmp_path / "d", "select * from clips").dicts()
    assert [r["index"] for r in rows] == list(range(6))
    assert rows[0]["parameters"]["frame_count"] == rows[0]["frame_count"] == 3
    assert not list((tmp_path / "d").rglob("*.tmp-*"))


def test_resume_makes_only_what_is_missing(null_job, tmp_path) -> None:
    run_job(null_job(clips=2), options(tmp_path))
    first = (tmp_path / "shards" / "shard-00000.h5").stat().st_mtime_ns
    summary = run_job(null_job(clips=6), options(tmp_path))
    assert summary.made_now == 2
    assert (tmp_path / "shards" / "shard-00000.h5").stat().st_mtime_ns == first
    (tmp_path / "shards" / "shard-00001.h5").unlink()
    before = digests(tmp_path)
    assert run_job(null_job(clips=6), options(tmp_path)).made_now == 1
    assert digests(tmp_path) == before
    assert run_job(null_job(clips=6), options(tmp_path)).made_now == 0


def test_order_and_shard_size_change_no_clip(null_job, tmp_path) -> None:
    run_job(null_job(shard_size=2), options(tmp_path / "two"))
    run_job(null_job(shard_size=5), options(tmp_path / "five"))
    assert digests(tmp_path / "two") == digests(tmp_path / "five")


def test_folder_of_another_job_is_refused(null_job, tmp_path) -> None:
    run_job(null_job(clips=2), options(tmp_path / "d"))
    with pytest.raises(SimgenError, match="another job"):
        run_job(null_job(seed=1), options(tmp_path / "d"))
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "thesis.txt").touch()
    with pytest.raises(SimgenError, match="not a simgen dataset"):
        run_job(null_job(), options(tmp_path / "e"))
    assert (tmp_path / "e" / "thesis.txt").exists()
    with pytest.raises(SimgenError, match="unknown executor"):
        run_job(null_job(), options(tmp_path / "f", executor="rya"))


def test_engine_that_cannot_do_the_scene_is_refused_before_the_run(null_job, tmp_path) -> None:
    job = null_job(templates=["fluid/dam_break"], engine="mujoco", clips=1)
    with pytest.raises(
        SimgenError, match=r"'mujoco' cannot simulate Fluid .*engines that can: warp"
    ):
        run_job(job, options(tmp_path / "d"))
    assert not (tmp_path / "d").exists()


JOB = """
templates: [rigid/domino_chain]
clips: 40
frames: 8
width: 64
height: 48
shard_size: 1
engine: "null"
renderer: "null"
"""


def start(folder: Path, *words: str, **options: Any) -> subprocess.Popen[str]:
    (folder / "job.yaml").write_text(JOB)
    command = [sys.executable, "-m", "simgen.cli", "run", str(folder / "job.yaml")]
    return subprocess.Popen(
        [*command, f"out={folder / 'd'}", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def test_full_disk_keeps_finished_shards(tmp_path) -> None:
    """A file size limit stands in for the end of the disk: both are errors of write()."""
    assert start(tmp_path, "clips=2").wait() == 0
    done = {p.name: p.read_bytes() for p in (tmp_path / "d" / "shards").iterdir()}

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    for _ in range(5):
        full = start(tmp_path, "progress=false", preexec_fn=limit)
        text = full.communicate()[0]
        assert full.returncode == 2, text
        assert re.search(r"no space left .* finished shards are safe", text)
    for name, data in done.items():
        assert (tmp_path / "d" / "shards" / name).read_bytes() == data
    assert start(tmp_path).wait() == 0
    assert len(digests(tmp_path / "d")) == 40
    assert not list((tmp_path / "d").rglob("*.tmp-*"))


def wait_for_shards(folder: Path, count: int, run: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 240
    while len(list((folder / "d" / "manifest").glob("*.json"))) < count:
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_run_continues(tmp_path) -> None:
    run = start(tmp_path)
    wait_for_shards(tmp_path, 2, run)
    run.send_signal(signal.SIGKILL)
    run.wait()
    committed = {i.number: i.sha256 for i in read_manifest(tmp_path / "d")}
    again = start(tmp_path)
    text = again.communicate()[0]
    assert again.returncode == 0, text
    infos = read_manifest(tmp_path / "d")
    assert [i.number for i in infos] == list(range(40))
    assert {i.number: i.sha256 for i in infos if i.number in committed} == committed
    assert not list((tmp_path / "d").rglob("*.tmp-*"))


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += [int(stat.parent.name), *children(int(stat.parent.name))]
    return found


def kill_tasks(pid: int) -> int:
    """Kill every Ray worker that runs a shard for the process `pid`; how many."""
    killed = 0
    for child in children(pid):
        try:
            if Path(f"/proc/{child}/cmdline").read_text().startswith("ray::_ray_task"):
                os.kill(child, signal.SIGKILL)
                killed += 1
        except OSError:
            continue
    return killed


def test_ray_makes_the_same_clips_though_workers_are_killed(tmp_path) -> None:
    pytest.importorskip("ray")
    run = start(tmp_path, "executor=ray", "workers=2")
    wait_for_shards(tmp_path, 2, run)
    killed = kill_tasks(run.pid)
    text = run.communicate()[0]
    assert run.returncode == 0, text
    assert killed >= 1
    (tmp_path / "local").mkdir()
    local = start(tmp_path / "local")
    assert local.wait() == 0
    assert digests(tmp_path / "d") == digests(tmp_path / "local" / "d")
    assert len(digests(tmp_path / "d")) == 40


def test_a_shard_whose_worker_always_dies_is_one_clear_error(tmp_path) -> None:
    pytest.importorskip("ray")
    words = ["executor=ray", "workers=1", "clips=1", "frames=20000", "progress=false"]
    run = start(tmp_path, *words)
    killed = 0
    while run.poll() is None:
        killed += kill_tasks(run.pid)
        time.sleep(0.1)
    text = run.communicate()[0]
    assert run.returncode == 2, text
    assert "the worker of shard 0 died 4 times; finished shards are safe" in text
    assert killed == 4
    assert not (tmp_path / "d" / "index.json").exists()
