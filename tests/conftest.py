"""Shared fixtures. Tests that need a template use the smallest; those of the data path use null
plug-ins."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from simgen.cluster import RunOptions, run_job
from simgen.job import Job
from simgen.pipeline import generate_shard

SPREAD = ("test_laws", "test_templates", "test_material", "test_cuda")
"""Files whose tests share nothing and are dealt out one by one when tests run in parallel; the
tests of other files stay together, for their fixtures and for the one Ray cluster."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Say which tests stay together under `pytest -n`; around the hooks, as that of xdist, which
    asks, is called first."""
    for item in items:
        if item.path.stem not in SPREAD:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    return (yield)


@pytest.fixture
def null_job() -> Any:
    """A function that makes a job of a few tiny clips without physics or pictures."""

    def make(**fields: Any) -> Job:
        defaults: dict[str, Any] = {
            "name": "test",
            "templates": ["rigid/domino_chain"],
            "clips": 6,
            "frames": 3,
            "width": 24,
            "height": 16,
            "shard_size": 2,
            "engine": "null",
            "renderer": "null",
        }
        return Job(**defaults | fields)

    return make


@pytest.fixture(scope="session")
def clips_shard(tmp_path_factory) -> Path:
    """A shard of two real clips, bouncing balls and a moving camera: 14 frames of 64x36 px at 48
    frames/s."""
    folder = tmp_path_factory.mktemp("clips")
    for name in ("shards", "manifest", "quarantine"):
        (folder / name).mkdir()
    job = Job(
        name="small",
        templates={"rigid/ball_bounce": 2},
        frames=14,
        fps=48,
        width=64,
        height=36,
        samples=1,
        overrides={"camera_motion": "orbit"},
    )
    info = generate_shard(job, 0, folder)
    assert all(outcome.accepted for outcome in info.outcomes)
    return folder / info.file


@pytest.fixture(scope="session")
def clips_dataset(tmp_path_factory) -> Path:
    """A dataset of three real clips in two shards: bouncing balls, 14 frames of 64x36 px."""
    folder = tmp_path_factory.mktemp("dataset") / "d"
    job = Job(
        name="small",
        templates={"rigid/ball_bounce": 1},
        clips=3,
        shard_size=2,
        frames=14,
        width=64,
        height=36,
        samples=1,
    )
    run_job(job, RunOptions(out=folder, progress=False))
    return folder
