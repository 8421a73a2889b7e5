"""From `(job, index)` to a checked clip, and from its clips to a committed shard."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py

from simgen.annotator import annotate
from simgen.byte_index import ShardIndex
from simgen.certificate import Certificate
from simgen.certify import certify
from simgen.checks.eye import swallowed_at_start
from simgen.clip import Clip
from simgen.device import require_device
from simgen.engine import capable, make_engine, require
from simgen.errors import Rejected, SimgenError
from simgen.job import Job
from simgen.manifest import Outcome, ShardInfo, write_manifest
from simgen.record import PASSES, Annotations, Frames, Trajectory
from simgen.recording import (
    Recording,
    Stopwatch,
    of_configuration,
    of_scene,
    record,
)
from simgen.renderer import View, make_renderer, require_passes
from simgen.scene import Scene
from simgen.shard import ShardWriter, commit_file, temporary_for, write_header
from simgen.shot import filmed
from simgen.stride import strided


def simulate(scene: Scene, *, engine: str | None = None, device: str = "cpu") -> Trajectory:
    """Roll a scene out.

    Args:
        scene: what to simulate.
        engine: a name of `simgen.engine.ENGINES`; None takes the first that can.
        device: `cpu`, `cuda` or `cuda:1`.

    Raises:
        SimgenError: no engine can, the engine refuses the scene, or the roll-out was rejected.
    """
    if engine is None:
        able = capable(scene)
        if not able:
            kinds = sorted({type(e).__name__ for e in scene.elements})
            raise SimgenError(f"no engine can simulate {' with '.join(kinds)} in one scene")
        engine = able[0]
    plugin = make_engine(engine, device=device)
    require(plugin, scene, "hand-made")
    (result,) = plugin.simulate([scene])
    if isinstance(result, Rejected):
        raise SimgenError(f"the roll-out was rejected: {result.reason} ({result.detail})")
    return result


def render(
    scene: Scene,
    trajectory: Trajectory,
    *,
    width: int = 320,
    height: int = 180,
    samples: int = 2,
    camera: str = "main",
    passes: tuple[str, ...] | None = None,
    renderer: str = "warp",
    device: str = "cpu",
) -> Frames:
    """Draw every frame into memory; passes as in `simgen.record.PASSES`, None for all it can
    give."""
    view = View(width=width, height=height, samples=samples, camera=camera)
    plugin = make_renderer(renderer, device=device)
    wanted = frozenset(passes) if passes is not None else plugin.passes & frozenset(PASSES)
    require_passes(plugin, wanted)
    seen = scene.camera(camera)
    frames = list(plugin.render(scene, trajectory, view, wanted))
    return Frames(frames, seen.camera_to_world, seen.intrinsics(width, height))


def check(scene: Scene, trajectory: Trajectory, frames: Frames | None = None) -> Certificate:
    """Run every check that applies; without frames only those of the physics."""
    notes = annotate(scene, trajectory, frames) if frames is not None else Annotations()
    return certify(scene, trajectory, frames, notes)


def _identity(job: Job, index: int) -> dict[str, Any]:
    """What the catalog says of any index."""
    template, variant, view = job.template_of(index), job.variant_of(index), job.view
    return {
        "index": index,
        "name": f"{template.name()}/{index:06d}",
        "seed": job.seed,
        "category": template.category(),
        "template": template.name(),
        "split": job.split,
        "draw": variant.draw,
        "take": variant.take,
        "width": view.width,
        "height": view.height,
        "config_hash": "",
    }


def produce(job: Job, index: int, file: Any, *, threads: int = 0) -> Outcome:
    """Make clip `index` inside the open HDF5 `file`. A roll-out that fails leaves no clip there."""
    watch = Stopwatch()
    row = _identity(job, index)
    key = job.key_of(index)
    require_device(job.device)
    refusal = partial(Outcome, accepted=False, seconds=watch.seconds)
    engine = make_engine(job.engine_of(job.template_of(index)), device=job.device)
    renderer = make_renderer(job.renderer, device=job.device, threads=threads)
    require_passes(renderer, frozenset(job.passes or ()))
    try:
        configuration = job.configuration(index)
        row |= of_configuration(job, key, row["take"], configuration)
        row["changed"] = next(iter(job.changed_in(index)), "")
        row["engine"] = engine.name
        with watch("build"):
            scene = job.scene(index)
            seen, frames = filmed(scene, job.shots, (job.width, job.height), row["name"])
            inside = "" if frames.start else swallowed_at_start(scene, seen.camera())
        row |= of_scene(job, key, configuration, seen)
        require(engine, scene, row["template"])
        if inside:
            detail = f"the camera is inside {inside} before anything moves; move one of them"
            return refusal(reason="camera/inside", detail=detail, **row)
        with watch("simulate"):
            (trajectory,) = engine.simulate([scene])
        if isinstance(trajectory, Rejected):
            return refusal(reason=trajectory.reason, detail=trajectory.detail, **row)
        recording = Recording(
            key=key, configuration=configuration, scene=seen, trajectory=trajectory
        )
        if job.shots:
            recording = replace(
                recording,
                trajectory=strided(trajectory, frames),
                of_states=certify(scene, trajectory),
            )
        return record(job, recording, file, row, watch, renderer)
    except (OSError, MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        known = isinstance(error, SimgenError)
        last = str(error) if known else traceback.format_exc(limit=-4)
        return refusal(reason=f"error/{type(error).__name__}", detail=last, **row)


def generate(job: Job, index: int) -> Clip:
    """Clip `index` of a job, in memory; the same clip on any machine of a class, in any order.

    Raises:
        SimgenError: the draw or the roll-out could not be used; the message has the reason.
    """
    file = h5py.File(BytesIO(), "w", libver=("v110", "v110"))
    outcome = produce(job, index, file)
    if not outcome.digest:
        raise SimgenError(f"{outcome.name} was rejected: {outcome.reason}\n{outcome.detail}")
    return Clip(file[f"clips/{index:08d}"])


def generate_shard(job: Job, number: int, folder: Path, *, threads: int = 0) -> ShardInfo:
    """Make shard `number` of a job in the dataset `folder` and commit it.

    Accepted clips go to `shards/`, rejected ones with their certificate to `quarantine/`.
    """
    make = partial(produce, job, threads=threads)
    return write_shard(job, number, folder, job.indices(number), make)


def write_shard(
    job: Job,
    number: int,
    folder: Path,
    indices: Iterable[int],
    make: Callable[[int, Any], Outcome],
) -> ShardInfo:
    """Write shard `number` of a job with these of its indices and commit it; `make` makes a clip
    inside an open HDF5 file."""
    path = folder / "shards" / f"shard-{number:05d}.h5"
    outcomes: list[Outcome] = []
    with ShardWriter(path, job.resolved()) as shard:
        for index in indices:
            outcomes.append(_into(shard, job, index, folder, make))
    whole = job.indices(number)
    info = ShardInfo(
        number=number,
        file=str(path.relative_to(folder)),
        sha256=shard.sha256,
        size=path.stat().st_size,
        indices=(whole.start, whole.stop),
        outcomes=tuple(_placed(outcome, shard.index) for outcome in outcomes),
    )
    write_manifest(folder, info)
    return info


def _placed(outcome: Outcome, index: ShardIndex) -> Outcome:
    """The outcome with the place of its clip in the shard."""
    if outcome.index not in index.clips:
        return outcome
    first, stop = index.clips[outcome.index].span
    return replace(outcome, first_byte=first, last_byte=stop - 1)


def _into(
    shard: ShardWriter, job: Job, index: int, folder: Path, make: Callable[[int, Any], Outcome]
) -> Outcome:
    """Make one clip in a scratch file, then copy it to the shard or keep it in quarantine."""
    scratch = temporary_for(folder / f"clip-{index:08d}.h5")
    try:
        with h5py.File(scratch, "w", libver=("v110", "v110"), locking=False) as file:
            write_header(file, job.resolved())
            outcome = make(index, file)
            start = time.perf_counter()
            if outcome.accepted:
                shard.write(file[f"clips/{index:08d}"], index)
                outcome.seconds["commit"] += time.perf_counter() - start
        quarantined = folder / "quarantine" / f"{outcome.name.replace('/', '-')}.h5"
        quarantined.unlink(missing_ok=True)
        if outcome.digest and not outcome.accepted:
            commit_file(scratch, quarantined)
        return outcome
    finally:
        scratch.unlink(missing_ok=True)
