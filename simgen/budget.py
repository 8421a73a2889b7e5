"""What a job will take on disk, by profile and pass, measured on a pilot run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simgen.catalog import load
from simgen.clip import Clip
from simgen.cluster import RunOptions, run_job
from simgen.codec import PROFILES, compress, planes
from simgen.errors import SimgenError
from simgen.job import Job, parse_job
from simgen.manifest import read_manifest

SAMPLED = 8
"""Frames of a clip that are encoded again for the profiles it is not stored in."""
Bytes = Mapping[str, float]
"""Part of a clip (a pass, `trajectory`, `tracks`, `camera`) -> bytes per frame."""


@dataclass(frozen=True)
class Cost:
    """What a clip of a template takes."""

    template: str
    frames: int
    profiles: Mapping[str, Bytes]

    def clip_bytes(self, profile: str) -> float:
        """Of the whole clip."""
        return self.frames * sum(self.profiles[profile].values())


def pilot(job: Job, folder: Path, clips: int, *, workers: int = 1) -> list[Cost]:
    """Make the first clips of a job, in the `full` profile, and measure them; a folder that has
    some of them goes on.

    Raises:
        SimgenError: the pilot is smaller than a round of the mix, or a template gave no clip.
    """
    shares = sum(job.templates.values())
    draws = -(-clips // job.variants)
    if draws < shares:
        raise SimgenError(
            f"a pilot of {clips} clips misses templates of this job: it needs {shares} or more, "
            f"one round of the mix"
        )
    full: dict[str, Any] = {"profile": "full", "passes": None, "clips": draws, "shard_size": 1}
    trial = parse_job(job.resolved() | full)
    executor = "ray" if workers > 1 else "local"
    run_job(trial, RunOptions(out=folder, executor=executor, workers=workers))
    found = costs(folder)
    missing = sorted(set(job.templates) - {cost.template for cost in found})
    if missing:
        raise SimgenError(
            f"the pilot has no accepted clip of {', '.join(missing)}; give --pilot more clips "
            f"({folder} is kept)"
        )
    return found


def costs(folder: Path) -> list[Cost]:
    """The costs of every clip of a dataset of the `full` profile."""
    stored = {o.index: o.stored for info in read_manifest(folder) for o in info.outcomes}
    found = [measure(clip, stored[clip.index]) for clip in load(folder)]
    if not found:
        raise SimgenError(f"{folder} has no accepted clip to measure")
    return found


def measure(clip: Clip, stored: Mapping[str, int]) -> Cost:
    """Bytes per frame of a clip under every profile; `stored` is its size by part [byte]."""
    profile = str(clip.attributes["profile"])
    if profile != "full":
        raise SimgenError(f"{clip.name} has profile {profile!r}; a pilot needs profile=full")
    frames = len(clip.frames)
    each = {part: size / frames for part, size in stored.items()}
    return Cost(
        str(clip.attributes["template"]),
        frames,
        {name: _under(name, clip, each) for name in PROFILES},
    )


def _under(name: str, clip: Clip, stored: Bytes) -> Bytes:
    """Bytes per frame of each part under a profile."""
    profile, full = PROFILES[name], PROFILES["full"]
    parts: dict[str, float] = {}
    for part, size in stored.items():
        if part == "tracks" and not profile.tracks:
            continue
        if part in full.codecs or part == "rgb":
            if part not in profile.passes:
                continue
            if part != "rgb" and profile.codecs[part] != full.codecs[part]:
                size = _encoded(name, part, clip)
        parts[part] = size
    return parts


def _encoded(profile: str, name: str, clip: Clip) -> float:
    """Bytes per frame of a pass under another profile's codec, from a few frames."""
    codec = PROFILES[profile].codecs[name]
    at = np.unique(np.linspace(0, len(clip.frames) - 1, SAMPLED).astype(int)).tolist()
    sizes = [
        sum(len(compress(plane)) for _, plane in planes(codec, clip.frames.read(name, t)))
        for t in at
    ]
    return sum(sizes) / len(sizes)


def table(job: Job, found: Sequence[Cost]) -> Iterator[str]:
    """Bytes per frame, per clip and of the whole job, by pass and profile."""
    yield f"{len(found)} clips of {len(job.templates)} templates measured, {job.width}x{job.height}"
    mean = {p: _mixed(job, found, p) for p in PROFILES}
    parts = list(dict.fromkeys(part for p in PROFILES for part in mean[p][1]))
    yield f"{'kB per frame':26s}" + "".join(f"{p:>12s}" for p in PROFILES)
    for part in parts:
        cells = [mean[p][1].get(part) for p in PROFILES]
        yield f"  {part:24s}" + "".join(
            f"{'-':>12s}" if c is None else f"{c / 1e3:12.2f}" for c in cells
        )
    sums = [sum(mean[p][1].values()) for p in PROFILES]
    yield f"  {'all':24s}" + "".join(f"{s / 1e3:12.2f}" for s in sums)
    yield f"{'MB per clip':26s}" + "".join(f"{mean[p][0] / 1e6:12.2f}" for p in PROFILES)
    label = f"whole job, {job.count} clips"
    yield f"{label:26s}" + "".join(f"{_text(mean[p][0] * job.count):>12s}" for p in PROFILES)
    yield f"this job stores profile {job.profile!r}"


def _mixed(job: Job, found: Sequence[Cost], profile: str) -> tuple[float, Bytes]:
    """Bytes of the mean clip of the job's mix, and of its mean frame by part."""
    by_template: dict[str, list[Cost]] = defaultdict(list)
    for cost in found:
        by_template[cost.template].append(cost)
    clip = frames = 0.0
    parts: dict[str, float] = defaultdict(float)
    for template, share in job.templates.items():
        mine = by_template[template]
        weight = share / sum(job.templates.values()) / len(mine)
        for cost in mine:
            clip += weight * cost.clip_bytes(profile)
            frames += weight * cost.frames
            for part, size in cost.profiles[profile].items():
                parts[part] += weight * cost.frames * size
    return clip, {part: size / frames for part, size in parts.items()}


def _text(size: float) -> str:
    """A size in the largest unit that leaves a whole number."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} PB"
