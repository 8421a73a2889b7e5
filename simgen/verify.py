"""Verification of what is stored: checksums, structure, and certificates computed again from the
data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any

from simgen.catalog import Dataset, load
from simgen.certificate import Certificate
from simgen.certify import certify
from simgen.clip import Clip
from simgen.conventions import CONVENTIONS_VERSION
from simgen.errors import SimgenError
from simgen.manifest import read_manifest


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


def verify(path: Path) -> Report:
    """Verify a dataset folder or a shard; changes nothing."""
    report = Report(path=path)
    if path.is_dir():
        infos = read_manifest(path)
        if not (path / "index.json").is_file():
            report.problems.append("index.json is missing: the job has not finished; run it again")
        report.rejected = dict(
            Counter(o.reason for i in infos for o in i.outcomes if not o.accepted)
        )
        for info in infos:
            file = path / info.file
            if not file.is_file():
                report.problems.append(f"{info.file} is missing; run the job again to make it anew")
            elif _sha256(file) != info.sha256:
                report.problems.append(
                    f"{info.file} changed since it was written (sha256); "
                    "delete it and run the job again"
                )
            else:
                _verify_clips(load(file), report)
        if not infos:
            load(path)
    else:
        _verify_clips(load(path), report)
    return report


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _verify_clips(dataset: Dataset, report: Report) -> None:
    for clip in dataset:
        report.clips.append(verify_clip(clip))
    dataset.close()


def verify_clip(clip: Clip) -> ClipReport:
    """Read every array of a clip, hold its header against this version, and certify it again."""
    problems: list[str] = []
    certificate: Certificate | None = None
    header = clip.group.file.attrs.get("conventions_version")
    if header != CONVENTIONS_VERSION:
        problems.append(f"convention header {header!r}, expected {CONVENTIONS_VERSION!r}")
    try:
        clip.digest()
        scene = clip.scene()
        certificate = certify(scene, clip.trajectory, clip.frames, clip.annotations)
    except (OSError, KeyError, ValueError, SimgenError) as error:
        problems.append(f"cannot be read whole: {error}")
    else:
        problems += [f"{f.check}: {dict(f.measured)}" for f in certificate.findings if not f.passed]
        if certificate.accepted != clip.accepted:
            problems.append(
                f"stored verdict accepted={clip.accepted}, computed {certificate.accepted}"
            )
    return ClipReport(name=clip.name, problems=tuple(problems), certificate=certificate)


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
