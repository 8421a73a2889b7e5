"""What the commands do; each prints its result and gives the exit code."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simgen.errors import SimgenError

_RUN_OPTIONS = {"out", "executor", "workers", "address", "progress"}


def _assignments(texts: Sequence[str]) -> dict[str, Any]:
    """`field=value` words; values are YAML."""
    import yaml

    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise SimgenError(f"{text!r} is not field=value, e.g. seed=7")
        try:
            found[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise SimgenError(f"{text!r}: the value is not YAML") from None
    return found


def run(arguments: argparse.Namespace) -> int:
    from simgen.cluster import RunOptions, run_job
    from simgen.job import load_job

    given = _assignments(arguments.assignments)
    if "out" not in given:
        raise SimgenError("say where the dataset goes: out=DIR")
    options: dict[str, Any] = {n: given.pop(n) for n in list(given) if n in _RUN_OPTIONS}
    if not isinstance(options.get("workers", 0), int):
        raise SimgenError(f"workers={options['workers']!r} must be a whole number")
    options["out"] = Path(str(options["out"]))
    summary = run_job(load_job(arguments.job, given), RunOptions(**options))
    print(f"\n{summary.clips} clips accepted of {summary.tried} tried, in {summary.seconds:.0f} s")
    for reason, count in sorted(summary.rejected.items()):
        print(f"  rejected {count:4d}  {reason}")
    if summary.rejected:
        print(f"  rejected clips and their certificates: {summary.folder / 'quarantine'}")
    whole = sum(summary.stages.values()) or 1.0
    shares = ", ".join(f"{stage} {s / whole:.0%}" for stage, s in summary.stages.items())
    print(f"worker time {whole:.0f} s: {shares}")
    print(f"dataset: {summary.folder}")
    return 0


def budget(arguments: argparse.Namespace) -> int:
    from simgen.budget import pilot, table
    from simgen.job import load_job

    job = load_job(arguments.job, _assignments(arguments.assignments))
    clips = arguments.pilot or sum(job.templates.values()) * job.variants
    for line in table(job, pilot(job, Path(arguments.out), clips, workers=arguments.workers)):
        print(line)
    return 0


def show(arguments: argparse.Namespace) -> int:
    from simgen.codec import write_mp4
    from simgen.job import parse_job
    from simgen.pipeline import generate
    from simgen.sheet import contact_sheet

    given = _assignments(arguments.assignments)
    job = parse_job(
        {"name": "show", "seed": arguments.seed, "templates": [arguments.template], **given}, "show"
    )
    clip = generate(job, 0)
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{arguments.template.replace('/', '-')}-{arguments.seed}"
    write_mp4(folder / f"{stem}.mp4", clip.frames.groups(), float(clip.attributes["fps"]))
    contact_sheet(clip.frames, folder / f"{stem}.png")
    print(f"{clip.name}: {'accepted' if clip.accepted else 'REJECTED ' + clip.certificate.reason}")
    print(clip.captions["prompt"])
    for name, value in sorted(clip.configuration.model_dump().items()):
        print(f"  {name} = {value}")
    _print_findings(clip)
    print(f"sha256 {clip.digest()}")
    print(f"{folder / f'{stem}.mp4'}\n{folder / f'{stem}.png'}")
    return 0


def _print_findings(clip: Any) -> None:
    for found in clip.certificate.findings:
        numbers = ", ".join(
            f"{name} {value:.4g}"
            + (f" (limit {found.tolerance[name]:g})" if name in found.tolerance else "")
            for name, value in found.measured.items()
        )
        print(f"  {'ok  ' if found.passed else 'FAIL'} {found.check}: {numbers}")


def templates(arguments: argparse.Namespace) -> int:
    from simgen.errors import unknown
    from simgen.template import CATEGORIES, find, template_names

    wanted = arguments.name
    if wanted in template_names():
        template = find(wanted)
        print(f"{wanted}: {template.summary()}\nengines: {', '.join(template.engines)}")
        for name, distribution in template.parameters().items():
            unit = template.unit(name)
            print(f"  {name:24s} {distribution}{' ' + unit if unit else ''}")
        return 0
    if wanted is not None and wanted not in CATEGORIES:
        raise unknown("template or category", wanted, [*CATEGORIES, *template_names()])
    for name in template_names():
        if wanted in (None, name.split("/")[0]):
            print(f"{name:34s} {find(name).summary()}")
    return 0


def materials(arguments: argparse.Namespace) -> int:
    from simgen.material import CONSTANTS, families, material

    if arguments.name:
        stuff = material(arguments.name)
        print(f"{stuff.name}: {stuff.description}")
        for name, value in stuff.constants().items():
            print(f"  {name:22s} {value:<12g} {CONSTANTS[name]:10s} {stuff.sources[name]}")
        return 0
    for family, members in families():
        for stuff in members:
            print(f"{stuff.name:28s} {len(stuff.constants()):2d} constants  {stuff.description}")
        print(f"  {family}: {len(members)}")
    return 0


def check(arguments: argparse.Namespace) -> int:
    from simgen.verify import verify, write_report

    report = verify(Path(arguments.path), certify_at_most=arguments.certify)
    for line in report.lines():
        print(line)
    if arguments.report:
        write_report(report, Path(arguments.report))
        print(f"report: {arguments.report}")
    return 0 if report.ok else 1


def repair(arguments: argparse.Namespace) -> int:
    from simgen.repair import repair

    for line in repair(Path(arguments.path)).lines():
        print(line)
    return 0


def info(arguments: argparse.Namespace) -> int:
    from simgen.catalog import load
    from simgen.verify import describe_dataset

    dataset = load(arguments.path)
    for line in describe_dataset(Path(arguments.path), dataset):
        print(line)
    return 0


def query(arguments: argparse.Namespace) -> int:
    from simgen.catalog import open_catalog

    whole = arguments.json or arguments.csv or arguments.limit <= 0
    with open_catalog(Path(arguments.path)) as catalog:
        if arguments.columns:
            table = catalog.describe()
        else:
            limit = None if whole else arguments.limit
            table = catalog.query(" ".join(arguments.text), limit=limit)
    for line in table.json() if arguments.json else table.csv() if arguments.csv else table.text():
        print(line)
    return 0


def size(text: str) -> tuple[int, int]:
    """`832x480`."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, e.g. 832x480")
    return int(width), int(height)


def frames(text: str) -> tuple[int, int | None]:
    """`10:34`, `10:` or `:34`."""
    first, colon, stop = text.partition(":")
    if not colon or not all(part.isdigit() or not part for part in (first, stop)):
        raise argparse.ArgumentTypeError(f"{text!r} is not A:B, e.g. 10:34, 10: or :34")
    return int(first or 0), int(stop) if stop else None


def render(arguments: argparse.Namespace) -> int:
    from simgen.errors import parsed
    from simgen.record import PASSES
    from simgen.reshoot import RenderOptions, read_camera, reshoot
    from simgen.shot import Shot

    shown = {name: getattr(arguments, name) for name in ("fps", "frames", "size")}
    passes = None if arguments.passes is None else tuple(arguments.passes.split(","))
    options = RenderOptions(
        shot=parsed(Shot, shown | {"camera": read_camera(arguments.camera)}, "render"),
        clips=tuple(arguments.clip),
        passes=tuple(PASSES) if passes == ("all",) else passes,
        samples=arguments.samples,
        renderer=arguments.renderer,
        device=arguments.device,
        videos=arguments.video,
    )
    done = reshoot(arguments.path, arguments.out, options, progress=print)
    for reason, count in sorted(done.rejected.items()):
        print(f"  rejected {count:4d}  {reason}")
    if done.rejected:
        print(f"  rejected clips and their certificates: {done.folder / 'quarantine'}")
    print(f"{done.clips} clips: {done.folder}")
    return 0


def export(arguments: argparse.Namespace) -> int:
    from simgen.export import ExportOptions, export

    passes = arguments.passes
    options = ExportOptions(
        fps=arguments.fps,
        frames=arguments.frames,
        size=arguments.size,
        caption=arguments.caption,
        passes=tuple(passes.split(",")) if passes else None,
        categories=tuple(arguments.category),
        templates=tuple(arguments.template),
        shard_size=arguments.shard_size,
        allow_missing=arguments.allow_missing,
        device=arguments.device,
    )
    done = export(arguments.path, arguments.to, arguments.out, options, progress=print)
    for reason in done.left_out:
        print(f"left out: {reason}")
    print(f"{done.items} items of {done.clips} clips for {arguments.to}: {done.folder}")
    return 0


def card(arguments: argparse.Namespace) -> int:
    from simgen.card import write_card

    folder = Path(arguments.path)
    print(write_card(folder, licence=arguments.licence, url=arguments.url))
    return 0


def sheets(arguments: argparse.Namespace) -> int:
    from simgen.catalog import load
    from simgen.sheet import contact_sheet

    place = Path(arguments.path)
    beside = place if place.is_dir() else place.parent
    folder = Path(arguments.out) if arguments.out else beside / "sheets"
    folder.mkdir(parents=True, exist_ok=True)
    for clip in load(place):
        contact_sheet(clip.frames, folder / f"{clip.name.replace('/', '-')}.png")
        print(folder / f"{clip.name.replace('/', '-')}.png")
    return 0
