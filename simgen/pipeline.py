"""From `(job, index)` to a checked clip: the one path every clip takes.

Frames stream from the renderer into a temporary clip file; annotators and checks read them back
from there, so memory does not grow with clip length and what is checked is what is stored.
"""

from __future__ import annotations

import hashlib
import json
import time
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py

from simgen import __version__
from simgen.annotator import annotate
from simgen.byte_index import ShardIndex
from simgen.caption import captions, paraphrases
from simgen.certificate import Certificate
from simgen.certify import certify
from simgen.clip import Clip, StoredFrames, group_digest
from simgen.codec import PROFILES
from simgen.device import require_device
from simgen.engine import capable, make_engine, require
from simgen.errors import Rejected, SimgenError
from simgen.job import Job
from simgen.manifest import Outcome, ShardInfo, write_manifest
from simgen.record import OPTIONAL_PASSES, PASSES, Annotations, Frame, Frames, Trajectory
from simgen.renderer import Renderer, View, make_renderer, require_passes
from simgen.scene import Scene
from simgen.shard import ClipWriter, ShardWriter, commit_file, temporary_for, write_header
from simgen.summary import (
    Meter,
    events,
    parameter_fingerprint,
    six_digits,
    stored_bytes,
    trajectory_fingerprint,
)
from simgen.template import SceneTemplate

STAGES = ("build", "simulate", "render", "store", "annotate", "check", "commit")
"""Where the wall time of a clip goes; only `simulate` and `render` are not overhead."""


IDENTITY = (
    *("index", "name", "seed", "category", "template", "split", "config_hash", "engine"),
    *("draw", "take", "changed"),
    *("width", "height", "frame_count", "fps", "motion", "fingerprint"),
)
"""What a clip's attributes and its row in the catalog both say."""


class Stopwatch:
    """Wall time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def __call__(self, stage: str) -> Generator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - start


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
    samples: int = 4,
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


def configuration_hash(template: SceneTemplate, job: Job, index: int) -> str:
    """Hash of all that fixes a clip besides engine version and device class."""
    content = {
        "template": template.name(),
        "configuration": template.model_dump(mode="json"),
        "key": str(job.key_of(index)),
        "take": job.variant_of(index).take,
        "engine": job.engine_of(type(template)),
        "renderer": [job.renderer, job.width, job.height, job.samples],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def produce(job: Job, index: int, file: Any, *, threads: int = 0) -> Outcome:
    """Make clip `index` inside the open HDF5 `file`. A roll-out that fails leaves no clip there."""
    watch = Stopwatch()
    template = job.template_of(index)
    name = f"{template.name()}/{index:06d}"
    variant = job.variant_of(index)
    require_device(job.device)
    engine = make_engine(job.engine_of(template), device=job.device)
    renderer = make_renderer(job.renderer, device=job.device, threads=threads)
    row: dict[str, Any] = {
        "index": index,
        "name": name,
        "seed": job.seed,
        "category": template.category(),
        "template": template.name(),
        "split": job.split,
        "draw": variant.draw,
        "take": variant.take,
        "width": job.width,
        "height": job.height,
        "config_hash": "",
    }
    try:
        configuration = job.configuration(index)
        row["config_hash"] = configuration_hash(configuration, job, index)
        row["parameters"] = configuration.model_dump(mode="json")
        row["changed"] = next(iter(job.changed_in(index)), "")
        row["frame_count"], row["fps"] = configuration.frame_count, configuration.fps
        row["fingerprint"] = {
            "parameters": parameter_fingerprint(row["template"], row["parameters"])
        }
        row["engine"] = engine.name
        with watch("build"):
            scene = job.scene(index)
        row["materials"] = sorted(_materials(scene))
        row["captions"] = captions(configuration, scene, job.key_of(index))
        require(engine, scene, template.name())
        with watch("simulate"):
            (trajectory,) = engine.simulate([scene])
        if isinstance(trajectory, Rejected):
            reason, detail = trajectory.reason, trajectory.detail
            return Outcome(
                accepted=False, reason=reason, detail=detail, seconds=watch.seconds, **row
            )
        group = file.create_group(f"clips/{index:08d}")
        certificate = _record(job, configuration, scene, trajectory, group, row, watch, renderer)
        failed = [f for f in certificate.findings if not f.passed]
        return Outcome(
            accepted=certificate.accepted,
            reason=certificate.reason,
            detail="; ".join(
                f"{f.check}: {dict(f.measured)} allowed {dict(f.tolerance)}" for f in failed
            ),
            digest=group_digest(group),
            stored=stored_bytes(group),
            seconds=watch.seconds,
            **row,
        )
    except (OSError, MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        known = isinstance(error, SimgenError)
        last = str(error) if known else traceback.format_exc(limit=-4)
        return Outcome(
            accepted=False,
            reason=f"error/{type(error).__name__}",
            detail=last,
            seconds=watch.seconds,
            **row,
        )


def _record(
    job: Job,
    configuration: SceneTemplate,
    scene: Scene,
    trajectory: Trajectory,
    group: Any,
    row: dict[str, Any],
    watch: Stopwatch,
    renderer: Renderer,
) -> Certificate:
    """Render, annotate, check and store one rolled-out clip; `row` gets what was measured."""
    passes = frozenset(job.passes or PASSES) & (renderer.passes | OPTIONAL_PASSES)
    camera = scene.camera()
    writer = ClipWriter(
        group,
        frame_count=scene.clock.frames,
        fps=scene.clock.fps,
        camera_to_world=camera.camera_to_world,
        intrinsics=camera.intrinsics(job.width, job.height),
        profile=job.profile,
    )
    meter = Meter(camera, camera.intrinsics(job.width, job.height), scene.clock.frames)
    stream: Iterator[Frame] = renderer.render(scene, trajectory, job.view, passes)
    while True:
        with watch("render"):
            frame = next(stream, None)
        if frame is None:
            break
        with watch("store"):
            writer.add(frame)
        with watch("check"):
            meter.add(frame)
    with watch("store"):
        writer.finish_frames()
    frames = StoredFrames(group, scene.clock.frames)
    with watch("annotate"):
        annotations = annotate(scene, trajectory, frames)
    with watch("check"):
        certificate = certify(scene, trajectory, frames, annotations)
        row["certificate"] = {f.check: six_digits(f.measured) for f in certificate.findings}
        became = events(scene, trajectory, camera, job.width, job.height)
        row["motion"] = six_digits(meter.motion() | became)
        row["fingerprint"] |= {
            "trajectory": trajectory_fingerprint(scene, trajectory),
            "picture": meter.fingerprint(),
        }
    attributes = {
        **{k: row[k] for k in IDENTITY},
        "configuration": row["parameters"],
        "captions": row["captions"],
        "paraphrases": paraphrases(configuration, scene),
        "key_path": list(job.key_of(row["index"]).path),
        "samples": job.samples,
        "renderer": job.renderer,
        "dt": trajectory.solver.dt,
        "substeps": trajectory.solver.substeps,
        "gravity": list(scene.gravity),
        "ambient": asdict(scene.ambient),
        "materials": _materials(scene),
        "profile": job.profile,
        "created_by": f"simgen {__version__}",
    }
    with watch("store"):
        writer.keep(job.stored_passes)
        writer.finish(
            attributes=attributes,
            objects=scene.objects,
            trajectory=trajectory,
            annotations=annotations if PROFILES[job.profile].tracks else Annotations(),
            certificate=certificate,
        )
    return certificate


def _materials(scene: Scene) -> dict[str, dict[str, float]]:
    """SI constants of every material in the scene."""
    used = [shape.material for body in scene.bodies for shape in body.shapes]
    used += [m for e in scene.elements if (m := getattr(e, "material", None)) is not None]
    return {m.name: m.constants() for m in used}


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
    """Make shard `number` of a job in the dataset `folder` and commit it; a committed one is
    returned as is.

    Accepted clips go to `shards/`, rejected ones with their certificate to `quarantine/`.
    """
    indices = job.indices(number)
    path = folder / "shards" / f"shard-{number:05d}.h5"
    outcomes: list[Outcome] = []
    with ShardWriter(path, job.resolved()) as shard:
        for index in indices:
            outcomes.append(_into(shard, job, index, folder, threads))
    info = ShardInfo(
        number=number,
        file=str(path.relative_to(folder)),
        sha256=shard.sha256,
        size=path.stat().st_size,
        indices=(indices.start, indices.stop),
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


def _into(shard: ShardWriter, job: Job, index: int, folder: Path, threads: int) -> Outcome:
    """Make one clip in a scratch file, then copy it to the shard or keep it in quarantine."""
    scratch = temporary_for(folder / f"clip-{index:08d}.h5")
    try:
        with h5py.File(scratch, "w", libver=("v110", "v110"), locking=False) as file:
            write_header(file, job.resolved())
            outcome = produce(job, index, file, threads=threads)
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
