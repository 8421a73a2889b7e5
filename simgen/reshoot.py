"""Stored clips rendered again from their states: in another size, at another rate, by another
camera; into a dataset of its own with the same indices.

The new dataset's job is the old one with one more shot, so it says how its clips came to be and how
to make them from nothing. States are taken over, never simulated again; what the checks found of
them is taken over too, since a clip shows some of the states that were checked.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import yaml

from simgen.card import ours, write_card
from simgen.catalog import Dataset, committed, load, query, write_index
from simgen.clip import Clip, stored_key
from simgen.cluster import disk_errors
from simgen.codec import write_mp4
from simgen.device import require_device
from simgen.errors import SimgenError, parsed, unknown
from simgen.job import Job, parse_job
from simgen.manifest import Outcome, manifest_path, prepare_folder, read_record
from simgen.pipeline import write_shard
from simgen.recording import Recording, Stopwatch, of_configuration, of_scene, record
from simgen.renderer import make_renderer, require_passes
from simgen.scene import Clock
from simgen.shard import whole
from simgen.shot import CameraPath, Shot, filmed
from simgen.stride import strided

_KEPT = (
    *("index", "name", "seed", "category", "template", "split"),
    *("draw", "take", "changed", "engine"),
)
"""What a clip keeps of its description, however it is shown."""


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """What is rendered, and how."""

    shot: Shot = field(default_factory=Shot)
    """Rate, frames, size and camera."""
    clips: tuple[str, ...] = ()
    """Indices or names of clips; none: all."""
    passes: tuple[str, ...] | None = None
    """Names in PASSES; None: those the dataset keeps."""
    samples: int | None = None
    """Per pixel of the picture; None: as in the dataset."""
    renderer: str | None = None
    """None: that of the dataset."""
    device: str = "cpu"
    videos: bool = False
    """Whether every picture track is also written as `videos/*.mp4`."""


@dataclass(frozen=True, kw_only=True)
class RenderSummary:
    """What the new dataset holds."""

    folder: Path
    clips: int
    rejected: Mapping[str, int]
    """Reason -> clips that are not worth keeping as they are seen now."""


def reshoot(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    options: RenderOptions | None = None,
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> RenderSummary:
    """Render the accepted clips of a dataset or shard again; goes on where it stopped.

    Args:
        path: dataset folder or shard file.
        out: a new or empty folder, or one of the same rendering.
        options: what to render, and how.
        progress: called with a line for every clip.

    Raises:
        SimgenError: a foreign folder, clips that cannot be shown like this (before anything is
            written), or a full disk; finished shards stay.
    """
    options = options or RenderOptions()
    folder = Path(out)
    dataset = load(path)
    chosen = _chosen(Path(path), dataset, options)
    job = _job(dataset[next(iter(chosen.values()))], options)
    _refuse_odd_video(job, options)
    require_device(job.device)
    renderer = make_renderer(job.renderer, device=job.device)
    require_passes(renderer, frozenset(job.passes or ()))
    prepare_folder(folder, job)

    def make(index: int, file: Any) -> Outcome:
        progress(dataset[chosen[index]].name)
        return _again(job, dataset[chosen[index]], options.shot, file)

    with disk_errors(folder):
        for number, indices in _missing(folder, job, chosen):
            (folder / "index.json").unlink(missing_ok=True)
            write_shard(job, number, folder, indices, make)
        if options.videos:
            for clip in load(folder):
                _write_video(clip, folder)
    index = write_index(folder, job)
    if ours(folder):
        write_card(folder, plots=False)
    return RenderSummary(folder=folder, clips=index["clips"], rejected=index["rejected"])


def _chosen(path: Path, dataset: Dataset, options: RenderOptions) -> dict[int, int]:
    """Index of every clip to render -> its place in the dataset.

    Raises:
        SimgenError: a clip is not there, was rejected, or cannot be shown like this.
    """
    left, found = set(options.clips), dict[int, int]()
    names: list[str] = []
    for place, clip in enumerate(dataset):
        names.append(clip.name)
        asked = left & {str(clip.index), clip.name}
        if asked or not options.clips:
            left -= asked
            _survey(clip, options.shot)
            found[clip.index] = place
    for name in sorted(left):
        raise _not_there(path, name, names)
    if not found:
        raise SimgenError(f"{path} holds no accepted clip")
    return found


def _survey(clip: Clip, shot: Shot) -> None:
    """Refuse a clip that cannot be shown like this; reads no states."""
    about = clip.attributes
    if not clip.accepted:
        raise SimgenError(
            f"{clip.name} was rejected when it was made ({about['reason']}); only accepted clips "
            f"are rendered again"
        )
    if "trajectory" not in clip.group:
        clip.trajectory  # noqa: B018  (raises)
    clock = Clock(frames=int(about["frame_count"]), fps=float(about["fps"]))
    frames = shot.instants(clock, clip.name)
    if isinstance(shot.camera, CameraPath):
        shown = len(range(clock.frames)[frames])
        try:
            shot.camera.camera(replace(clock, frames=shown, fps=clock.fps / frames.step))
        except SimgenError as error:
            raise SimgenError(f"{clip.name}: {error}") from None


def _not_there(path: Path, name: str, names: Sequence[str]) -> SimgenError:
    """The error for a clip that is asked for and cannot be had."""
    if path.is_dir():
        rejected = query(path, "select index, name, reason from clips where not accepted").rows
        for index, full, reason in rejected:
            if name in (str(index), full):
                return SimgenError(
                    f"{full} was rejected when it was made ({reason}); only accepted clips are "
                    f"rendered again"
                )
    return unknown("clip", name, names, "by name or index")


def _job(clip: Clip, options: RenderOptions) -> Job:
    """The job of the new dataset: that of the stored clip with one more shot."""
    content: dict[str, Any] = json.loads(clip.group.file.attrs["job"])
    job = parse_job(content, "the stored job")
    if isinstance(options.shot.camera, str):
        clip.scene().camera(options.shot.camera)
    changes = {
        "shots": (*job.shots, options.shot),
        "passes": options.passes,
        "samples": options.samples,
        "renderer": options.renderer,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    return parse_job(job.resolved() | given | {"device": options.device}, "render")


def _refuse_odd_video(job: Job, options: RenderOptions) -> None:
    width, height = job.view.width, job.view.height
    if options.videos and (width % 2 or height % 2):
        raise SimgenError(
            f"a video of {width}x{height} px plays almost nowhere: its sides must be even; take "
            f"--size {width + width % 2}x{height + height % 2}, or leave out --video"
        )


def _missing(folder: Path, job: Job, chosen: Mapping[int, int]) -> Iterator[tuple[int, list[int]]]:
    """Number and indices of every shard that is not there yet.

    Raises:
        SimgenError: a shard is there with other clips.
    """
    wanted: defaultdict[int, list[int]] = defaultdict(list)
    for index in sorted(chosen):
        wanted[index // job.shard_size].append(index)
    done = committed(folder, job)
    for number in sorted(done & set(wanted)):
        has = [outcome.index for outcome in read_record(manifest_path(folder, number)).outcomes]
        if has != wanted[number]:
            raise SimgenError(
                f"{folder} holds clips {has} in shard {number}, now {wanted[number]} are asked "
                f"for; choose another --out"
            )
    yield from ((number, wanted[number]) for number in sorted(set(wanted) - done))


def _again(job: Job, clip: Clip, shot: Shot, file: Any) -> Outcome:
    """Render a stored clip inside the open HDF5 `file`."""
    about, watch, key = clip.attributes, Stopwatch(), stored_key(clip.attributes)
    with watch("build"):
        size = (int(about["width"]), int(about["height"]))
        scene, frames = filmed(clip.scene(), (shot,), size, clip.name)
        trajectory = strided(clip.trajectory, frames)
    configuration = clip.configuration
    row = {name: about[name] for name in _KEPT}
    row |= {"width": job.view.width, "height": job.view.height}
    row |= of_configuration(job, key, int(about["take"]), configuration)
    row |= of_scene(job, key, configuration, scene)
    recording = Recording(
        key=key,
        configuration=configuration,
        scene=scene,
        trajectory=trajectory,
        of_states=clip.certificate,
    )
    renderer = make_renderer(job.renderer, device=job.device)
    return record(job, recording, file, row, watch, renderer)


def _write_video(clip: Clip, folder: Path) -> None:
    """The stored pictures of a clip as an MP4, unless it is there."""
    path = folder / "videos" / f"{clip.name.replace('/', '-')}.mp4"
    if path.is_file():
        return
    path.parent.mkdir(exist_ok=True)
    with whole(path) as temporary:
        write_mp4(temporary, clip.frames.groups(), fps=float(clip.attributes["fps"]))


def read_camera(text: str) -> str | CameraPath:
    """A camera as it is named on the command line: a name, or a .yaml or .json file.

    Raises:
        SimgenError: the file is missing, or not what a camera is.
    """
    path = Path(text)
    if path.suffix not in (".yaml", ".yml", ".json"):
        return text
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SimgenError(f"cannot read the camera {text!r}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise SimgenError(f"the camera {text!r} is neither YAML nor JSON") from None
    if not isinstance(content, dict):
        raise SimgenError(
            f"the camera {text!r} must hold field_of_view and keyframes or camera_to_world"
        )
    return parsed(CameraPath, cast("dict[str, Any]", content), f"camera {text!r}")
