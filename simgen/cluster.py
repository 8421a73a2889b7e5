"""Running a job: one task per shard, here or on Ray; the same clips either way."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from simgen.card import ours, write_card
from simgen.catalog import committed, counts, write_index
from simgen.device import require_device
from simgen.engine import make_engine, require
from simgen.errors import SimgenError, unknown
from simgen.job import Job
from simgen.manifest import ShardInfo, prepare_folder
from simgen.pipeline import generate_shard
from simgen.renderer import make_renderer, require_passes
from simgen.template import find

EXECUTORS = ("local", "ray")
MAX_RETRIES = 3
"""How often a shard whose worker died is tried again."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a job is run: nothing here changes a clip."""

    out: Path
    executor: Literal["local", "ray"] = "local"
    workers: int = 0
    """Ray tasks at once; 0 takes every core."""
    address: str | None = None
    """Ray cluster to join; None starts one here and stops it at the end."""
    progress: bool = True


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a run did and what the dataset holds now."""

    folder: Path
    clips: int
    tried: int
    rejected: dict[str, int]
    made_now: int
    """Shards made by this run; the others were there already."""
    seconds: float
    stages: dict[str, float]
    """Worker time of every clip of the dataset by stage [s]."""


def run_job(job: Job, options: RunOptions) -> Summary:
    """Make every missing shard of the job, then write the catalog, the index and the card.

    Running it again continues where it stopped. Raises SimgenError for a folder of another job, an
    engine that cannot do a scene, a full disk or a worker that dies again and again; finished
    shards stay.
    """
    if options.executor not in EXECUTORS:
        raise unknown("executor", options.executor, EXECUTORS)
    preflight(job)
    start = time.monotonic()
    prepare_folder(options.out, job)
    done = committed(options.out, job)
    missing = [n for n in range(job.shards) if n not in done]
    if missing:
        (options.out / "index.json").unlink(missing_ok=True)
    execute = _execute_ray if options.executor == "ray" and missing else _execute_local
    with disk_errors(options.out), _Progress(job, options) as progress:
        for info in execute(job, missing, options, progress.inside):
            progress.add(info)
    index = write_index(options.out, job)
    if ours(options.out):
        write_card(options.out, plots=False)
    return Summary(
        folder=options.out,
        clips=index["clips"],
        tried=index["tried"],
        rejected=index["rejected"],
        made_now=len(missing),
        seconds=time.monotonic() - start,
        stages=index["seconds"],
    )


def preflight(job: Job) -> None:
    """Refuse before the run: missing packages, passes nobody can give, engines that cannot do a
    scene."""
    require_device(job.device)
    renderer = make_renderer(job.renderer, device=job.device)
    if job.passes is not None:
        require_passes(renderer, frozenset(job.passes))
    for name in job.templates:
        first = job.first_of(name)
        engine = make_engine(job.engine_of(find(name)), device=job.device)
        if job.engine != "auto" and first < job.count:
            require(engine, job.scene(first), name)


def _execute_local(
    job: Job, numbers: list[int], options: RunOptions, inside: Callable[[str], None]
) -> Iterator[ShardInfo]:
    for number in numbers:
        inside(f"shard {number}")
        yield generate_shard(job, number, options.out)


def _execute_ray(
    job: Job, numbers: list[int], options: RunOptions, inside: Callable[[str], None]
) -> Iterator[ShardInfo]:
    """One Ray task per shard, a bounded number in flight; a dead worker's shard is made again."""
    try:
        ray: Any = import_module("ray")
        import_module("ray.exceptions")
    except ImportError:
        raise SimgenError(
            "executor 'ray' needs the package 'ray': pip install 'simgen[ray]'"
        ) from None
    started_here = not ray.is_initialized()
    workers = options.workers or os.cpu_count() or 1
    if started_here:
        own: dict[str, Any] = (
            {"address": options.address}
            if options.address
            else {"num_cpus": workers, "include_dashboard": False}
        )
        ray.init(log_to_driver=False, logging_level="ERROR", configure_logging=True, **own)
    try:
        task: Any = ray.remote(max_retries=MAX_RETRIES, num_cpus=1, max_calls=8)(_ray_task)
        waiting = list(reversed(numbers))
        flying: dict[Any, int] = {}
        while waiting or flying:
            while waiting and len(flying) < 2 * workers:
                number = waiting.pop()
                flying[task.remote(job.resolved(), number, str(options.out.absolute()))] = number
            inside(f"{len(flying)} shards in flight")
            ready, _ = ray.wait(list(flying), num_returns=1)
            number = flying.pop(ready[0])
            try:
                yield ray.get(ready[0])
            except ray.exceptions.WorkerCrashedError:
                raise SimgenError(
                    f"the worker of shard {number} died {MAX_RETRIES + 1} times; "
                    f"finished shards are safe; run the same command again, "
                    f"or try the shard alone with executor=local"
                ) from None
            except ray.exceptions.RayTaskError as error:
                raise error.as_instanceof_cause() from None
            except ray.exceptions.RayError as error:
                raise SimgenError(
                    f"Ray lost shard {number} ({type(error).__name__}); finished shards are safe; "
                    f"run the same command again"
                ) from None
    finally:
        if started_here:
            ray.shutdown()


def _ray_task(job: dict[str, Any], number: int, folder: str) -> ShardInfo:
    """Runs on a worker: one thread, so that tasks share the machine by cores."""
    return generate_shard(Job(**job), number, Path(folder), threads=1)


class disk_errors:
    """Turns a full disk into one clear error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and _disk_full(error):
            raise SimgenError(
                f"no space left while writing to {self._folder}; finished shards are safe; "
                f"free some space and run the same command again"
            ) from None


def _disk_full(error: BaseException | None) -> bool:
    """Whether an error, or what it arose from, is a write that found no space (HDF5 hides the
    number)."""
    numbers = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    while error is not None:
        if isinstance(error, OSError) and error.errno in numbers:
            return True
        if any(f"errno = {n}," in str(error) for n in numbers):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Progress:
    """A bar with time left and the running verdicts; silent when not wanted."""

    def __init__(self, job: Job, options: RunOptions) -> None:
        from tqdm import tqdm

        before = counts(options.out)
        self._tried = before["tried"]
        self._accepted = before["clips"]
        self._bar: Any = tqdm(
            total=job.count,
            initial=self._tried,
            unit="clip",
            desc=job.name,
            disable=not options.progress,
            dynamic_ncols=True,
        )

    def __enter__(self) -> _Progress:
        return self

    def inside(self, text: str) -> None:
        """Say what is being worked on."""
        rejected = self._tried - self._accepted
        self._bar.set_postfix_str(f"{text}, {self._accepted} accepted, {rejected} rejected")

    def add(self, info: ShardInfo) -> None:
        """A shard was committed."""
        self._tried += len(info.outcomes)
        self._accepted += sum(outcome.accepted for outcome in info.outcomes)
        self._bar.update(len(info.outcomes))

    def __exit__(self, *_: object) -> None:
        self._bar.close()
