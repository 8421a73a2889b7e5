"""Verification of what is stored: checksums, structure, and certificates computed again from the
data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np

from simgen.byte_index import build_index, index_path
from simgen.catalog import Dataset, load
from simgen.certificate import Certificate
from simgen.certify import certify
from simgen.clip import Clip
from simgen.codec import GOP
from simgen.conventions import CONVENTIONS_VERSION
from simgen.errors import SimgenError
from simgen.manifest import ShardInfo, read_manifest
from simgen.record import PASSES


@dataclass(frozen=True, kw_only=True)
class ClipReport:
    """One clip: what was found wrong, and the certificate computed from the stored data."""

    name: str
    problems: tuple[str, ...]
    certificate: Certificate | None


@dataclass(kw_only=True)
class Report:
    """All that was verified."""

    path: Path
    problems: list[str] = field(default_factory=list[str])
    """Of files: missing, changed, damaged."""
    clips: list[ClipReport] = field(default_factory=list[ClipReport])
    rejected: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def ok(self) -> bool:
        """Nothing wrong anywhere."""
        return not self.problems and not any(c.problems for c in self.clips)

    def lines(self) -> Iterator[str]:
        """The report as text."""
        for problem in self.problems:
            yield f"FAIL {problem}"
        for clip in self.clips:
            yield f"{'FAIL' if clip.problems else 'ok  '} {clip.name}"
            for problem in clip.problems:
                yield f"       {problem}"
        bad = sum(bool(c.problems) for c in self.clips)
        yield (
            f"{len(self.clips) - bad} of {len(self.clips)} clips verified, "
            f"{len(self.problems)} file problems"
        )
        for reason, count in sorted(self.rejected.items()):
            yield f"rejected when made: {count} {reason}"


def verify(path: Path, *, certify_at_most: int | None = None) -> Report:
    """Verify a dataset folder or a shard; changes nothing.

    Every file and every array is read. `certify_at_most` clips, spread evenly, are certified again;
    None: all.
    """
    report = Report(path=path)
    if not path.is_dir():
        _verify_clips(load(path), report, {}, None)
        return report
    infos = read_manifest(path)
    if not infos:
        load(path)
    if not (path / "index.json").is_file():
        report.problems.append("index.json is missing: the job has not finished; run it again")
    report.rejected = dict(Counter(o.reason for i in infos for o in i.outcomes if not o.accepted))
    recorded = {(path / info.file).name for info in infos}
    for file in sorted((path / "shards").glob("*.h5")):
        if file.name not in recorded:
            report.problems.append(f"shards/{file.name} has no commit record; run the job again")
    accepted = [o.index for info in infos for o in info.outcomes if o.accepted]
    chosen = None if certify_at_most is None else _spread(accepted, certify_at_most)
    for info in infos:
        problem = shard_problem(path, info) or index_problem(path, info)
        if problem:
            report.problems.append(f"{problem}; `simgen repair` puts it right")
        if not problem or problem.startswith("the byte index"):
            digests = {o.index: o.digest for o in info.outcomes if o.accepted}
            _verify_clips(load(path / info.file), report, digests, chosen)
    return report


def shard_problem(folder: Path, info: ShardInfo) -> str:
    """What is wrong with a committed shard's file, `` when nothing."""
    file = folder / info.file
    if not file.is_file():
        return f"{info.file} is missing"
    if file.stat().st_size != info.size:
        return f"{info.file} has {file.stat().st_size} bytes, written were {info.size}"
    with open(file, "rb") as content:
        if file_digest(content, "sha256").hexdigest() != info.sha256:
            return f"{info.file} changed since it was written (sha256)"
    return ""


def index_problem(folder: Path, info: ShardInfo) -> str:
    """What is wrong with the byte index of a sound shard, `` when nothing."""
    file = index_path(folder / info.file)
    if not file.is_file():
        return f"the byte index of {info.file} is missing"
    if file.read_bytes() != build_index(folder / info.file):
        return f"the byte index of {info.file} is not that of the shard"
    return ""


def _spread(indices: list[int], count: int) -> set[int]:
    """At most `count` of the indices, evenly."""
    places = np.linspace(0, len(indices) - 1, min(count, len(indices))).astype(int)
    return {indices[place] for place in places}


def _verify_clips(
    dataset: Dataset, report: Report, digests: Mapping[int, str], chosen: set[int] | None
) -> None:
    for clip in dataset:
        whole = chosen is None or clip.index in chosen
        report.clips.append(verify_clip(clip, digest=digests.get(clip.index), certificate=whole))
    found = {clip.index for clip in dataset}
    report.problems += [f"clip {n} is missing from its shard" for n in sorted({*digests} - found)]


def verify_clip(clip: Clip, *, digest: str | None = None, certificate: bool = True) -> ClipReport:
    """Read every array of a clip, hold its header against this version and its arrays against their
    definition, and certify it again unless told not to."""
    problems: list[str] = []
    found: Certificate | None = None
    header = clip.group.file.attrs.get("conventions_version")
    if header != CONVENTIONS_VERSION:
        problems.append(f"convention header {header!r}, expected {CONVENTIONS_VERSION!r}")
    try:
        problems += _wrong_arrays(clip)
        if clip.digest() != (digest or clip.digest()):
            problems.append("its content is not what was committed (digest)")
        if certificate:
            stored = clip.certificate if "shots" in clip.attributes else None
            found = certify(
                clip.scene(), clip.trajectory, clip.frames, clip.annotations, of_states=stored
            )
    except (OSError, KeyError, ValueError, SimgenError) as error:
        problems.append(f"cannot be read whole: {error}")
    if found is not None:
        problems += [f"{f.check}: {dict(f.measured)}" for f in found.findings if not f.passed]
        if found.accepted != clip.accepted:
            problems.append(f"stored verdict accepted={clip.accepted}, computed {found.accepted}")
    return ClipReport(name=clip.name, problems=tuple(problems), certificate=found)


def _wrong_arrays(clip: Clip) -> list[str]:
    """Passes whose size, unit or axes are not those of their definition."""
    about = clip.attributes
    frames, height, width = (int(about[n]) for n in ("frame_count", "height", "width"))
    wrong: list[str] = []
    for name in clip.frames.passes:
        stored, spec = clip.group[f"passes/{name}"], PASSES[name]
        if name == "rgb":
            if stored.shape[0] != -(-frames // GOP):
                wrong.append(f"passes/rgb has {stored.shape[0]} groups for {frames} frames")
            continue
        axes = [str(axis) for axis in stored.attrs["axes"]]
        if stored.shape[:3] != (frames, height, width) or axes != ["time", *spec.axes.split()]:
            wrong.append(f"passes/{name} has shape {stored.shape} and axes {axes}")
        if stored.attrs["unit"] != spec.unit:
            wrong.append(f"passes/{name} is in {stored.attrs['unit']!r}, not {spec.unit!r}")
    return wrong


def write_report(report: Report, path: Path) -> None:
    """The report as Markdown: one table of residuals per clip."""
    out = [f"# Check report of {report.path}", "", *(f"- {p}" for p in report.problems), ""]
    for clip in report.clips:
        out += [f"## {clip.name}: {'FAILED' if clip.problems else 'ok'}", ""]
        out += [f"- {p}" for p in clip.problems]
        if clip.certificate is not None:
            out += ["", "| check | residual | measured | limit | |", "|---|---|---|---|---|"]
            for f in clip.certificate.findings:
                for name, value in f.measured.items():
                    limit = f.tolerance.get(name)
                    text = "" if limit is None else f"{limit:g}"
                    verdict = "ok" if f.passed else "FAIL"
                    out.append(f"| {f.check} | {name} | {value:.4g} | {text} | {verdict} |")
        out.append("")
    out += [line for line in report.lines() if not line.startswith(("ok", "FAIL", " "))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(out) + "\n", encoding="utf-8")


def describe_dataset(path: Path, dataset: Dataset) -> Iterator[str]:
    """What `simgen info` prints."""
    size = sum(f.stat().st_size for f in ([path] if path.is_file() else path.glob("shards/*.h5")))
    yield f"{path}: {len(dataset)} clips, {size / 1e6:.1f} MB"
    if dataset.job is not None:
        yield f"job {dataset.job.name}, seed {dataset.job.seed}, {dataset.job.count} indices"
        rejected = Counter(
            o.reason for i in read_manifest(path) for o in i.outcomes if not o.accepted
        )
        for reason, count in sorted(rejected.items()):
            yield f"rejected {count:4d}  {reason}"
    for clip in dataset:
        a: dict[str, Any] = clip.attributes
        yield (
            f"  {clip.name:44s} {a['frame_count']} x {a['width']}x{a['height']} "
            f"at {a['fps']:g} fps, {a['engine']}, {len(clip.objects)} objects, "
            f"passes: {', '.join(clip.frames.passes)}"
        )
