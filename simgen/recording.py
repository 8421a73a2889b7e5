"""From a recorded trajectory to a stored clip: rendered, annotated, checked, described.

Frames stream from the renderer into a temporary clip file; annotators and checks read them back
from there, so memory does not grow with clip length and what is checked is what is stored.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Self

from simgen import __version__
from simgen.annotator import annotate
from simgen.caption import captions, paraphrases
from simgen.certificate import Certificate
from simgen.certify import certify
from simgen.clip import StoredFrames, group_digest
from simgen.codec import PROFILES
from simgen.job import Job
from simgen.key import Key
from simgen.manifest import Outcome
from simgen.record import OPTIONAL_PASSES, PASSES, Annotations, Frame, Trajectory
from simgen.renderer import Renderer
from simgen.scene import Scene
from simgen.shard import ClipWriter
from simgen.summary import (
    Meter,
    events,
    parameter_fingerprint,
    six_digits,
    stored_bytes,
    trajectory_fingerprint,
)
from simgen.template import SceneTemplate

AHEAD = 2
"""Frames at most that are being stored or wait for it, while one more is rendered."""
STAGES = ("build", "simulate", "render", "store", "annotate", "check", "commit")
"""Where the time of a clip goes, `store` beside `render`; only `simulate` and `render` are not
overhead."""


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


def configuration_hash(job: Job, key: Key, take: int, template: SceneTemplate) -> str:
    """Hash of all that fixes a clip besides engine version and device class."""
    content: dict[str, Any] = {
        "template": template.name(),
        "configuration": template.model_dump(mode="json"),
        "key": str(key),
        "take": take,
        "engine": job.engine_of(type(template)),
        "renderer": [job.renderer, job.width, job.height, job.samples, job.denoise],
    }
    if job.shots:
        content["shots"] = [shot.model_dump(mode="json") for shot in job.shots]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


class Follower:
    """A thread that deals with one frame after the other while more are made, at most AHEAD behind,
    so that encoding and rendering overlap and memory stays bounded. What goes wrong there is raised
    by a later `do`, or at the end of the block."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def do(self, task: Callable[[Frame], None], frame: Frame) -> None:
        """Do it soon; waits while too many frames wait."""
        while len(self._waiting) >= AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(task, frame))

    def __exit__(self, kind: object, *_: object) -> None:
        self._thread.shutdown(cancel_futures=kind is not None)
        while self._waiting and kind is None:
            self._waiting.popleft().result()


@dataclass(frozen=True, eq=False, kw_only=True)
class Recording:
    """A rolled-out scene as it is to be shown."""

    key: Key
    """The clip's own."""
    configuration: SceneTemplate
    scene: Scene
    trajectory: Trajectory
    of_states: Certificate | None = None
    """Findings about all recorded states, where only some are shown."""


def of_configuration(job: Job, key: Key, take: int, configuration: SceneTemplate) -> dict[str, Any]:
    """What a row says of an index whose parameters could be drawn."""
    parameters = configuration.model_dump(mode="json")
    return {
        "config_hash": configuration_hash(job, key, take, configuration),
        "parameters": parameters,
        "frame_count": configuration.frame_count,
        "fps": configuration.fps,
        "fingerprint": {"parameters": parameter_fingerprint(configuration.name(), parameters)},
    }


def of_scene(job: Job, key: Key, configuration: SceneTemplate, scene: Scene) -> dict[str, Any]:
    """What a row says of an index whose scene could be built; the scene as it is shown."""
    told = _as_shown(job, configuration, scene)
    return {
        "frame_count": scene.clock.frames,
        "fps": scene.clock.fps,
        "materials": sorted(_materials(scene)),
        "captions": captions(told, scene, key),
    }


def _as_shown(job: Job, configuration: SceneTemplate, scene: Scene) -> SceneTemplate:
    """The configuration with clock and camera as the job's shots have them, for captions."""
    changes: dict[str, Any] = {"fps": scene.clock.fps, "frame_count": scene.clock.frames}
    if any(shot.camera != "main" for shot in job.shots):
        poses = scene.camera().camera_to_world
        changes["camera_motion"] = "static" if (poses == poses[0]).all() else "path"
    return configuration.model_copy(update=changes)


def record(
    job: Job,
    recording: Recording,
    file: Any,
    row: dict[str, Any],
    watch: Stopwatch,
    renderer: Renderer,
) -> Outcome:
    """Render, annotate, check and store a clip in the open HDF5 `file`; `row` says what is known of
    it and gets what is measured."""
    group = file.create_group(f"clips/{row['index']:08d}")
    certificate = _record(job, recording, group, row, watch, renderer)
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


def _record(
    job: Job,
    recording: Recording,
    group: Any,
    row: dict[str, Any],
    watch: Stopwatch,
    renderer: Renderer,
) -> Certificate:
    scene, trajectory, view = recording.scene, recording.trajectory, job.view
    passes = frozenset(job.passes or PASSES) & (renderer.passes | OPTIONAL_PASSES)
    camera = scene.camera()
    intrinsics = camera.intrinsics(view.width, view.height)
    writer = ClipWriter(
        group,
        frame_count=scene.clock.frames,
        fps=scene.clock.fps,
        camera_to_world=camera.camera_to_world,
        intrinsics=intrinsics,
        profile=job.profile,
        threads=renderer.threads,
    )
    meter = Meter(camera, intrinsics, scene.clock.frames)

    def keep(frame: Frame) -> None:
        with watch("store"):
            writer.add(frame)
        with watch("check"):
            meter.add(frame)

    stream: Iterator[Frame] = renderer.render(scene, trajectory, view, passes)
    with Follower() as follower:
        while True:
            with watch("render"):
                frame = next(stream, None)
            if frame is None:
                break
            follower.do(keep, frame)
    with watch("store"):
        writer.finish_frames()
    frames = StoredFrames(group, scene.clock.frames)
    with watch("annotate"):
        annotations = annotate(scene, trajectory, frames)
    with watch("check"):
        certificate = certify(scene, trajectory, frames, annotations, of_states=recording.of_states)
        row["certificate"] = {f.check: six_digits(f.measured) for f in certificate.findings}
        became = events(scene, trajectory, camera, view.width, view.height)
        row["motion"] = six_digits(meter.motion() | became)
        row["fingerprint"] |= {
            "trajectory": trajectory_fingerprint(scene, trajectory),
            "picture": meter.fingerprint(),
        }
    with watch("store"):
        writer.keep(job.stored_passes)
        writer.finish(
            attributes=_attributes(job, recording, row),
            objects=scene.objects,
            trajectory=trajectory,
            annotations=annotations if PROFILES[job.profile].tracks else Annotations(),
            certificate=certificate,
        )
    return certificate


def _attributes(job: Job, recording: Recording, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a clip says about itself."""
    scene, solver = recording.scene, recording.trajectory.solver
    shots = [shot.model_dump(mode="json") for shot in job.shots]
    return {
        **{k: row[k] for k in IDENTITY},
        "configuration": row["parameters"],
        "captions": row["captions"],
        "paraphrases": paraphrases(_as_shown(job, recording.configuration, scene), scene),
        "key_path": list(recording.key.path),
        "samples": job.samples,
        "denoise": job.denoise,
        "renderer": job.renderer,
        "dt": solver.dt,
        "substeps": solver.substeps,
        "gravity": list(scene.gravity),
        "ambient": asdict(scene.ambient),
        "materials": _materials(scene),
        "profile": job.profile,
        **({"shots": shots, "recorded_size": [job.width, job.height]} if shots else {}),
        "created_by": f"simgen {__version__}",
    }


def _materials(scene: Scene) -> dict[str, dict[str, float]]:
    """SI constants of every material in the scene."""
    used = [shape.material for body in scene.bodies for shape in body.shapes]
    used += [m for e in scene.elements if (m := getattr(e, "material", None)) is not None]
    return {m.name: m.constants() for m in used}
