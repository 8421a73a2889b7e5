"""The command line: run jobs, look at templates, materials and datasets, check what is stored."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simgen import __version__
from simgen.errors import SimgenError

_RUN_OPTIONS = {"out", "executor", "workers", "address", "progress"}

_RUN_EXAMPLES = """examples:
  simgen run jobs/demo.yaml out=out/demo
  simgen run demo out=out/demo seed=7 clips=100 executor=ray workers=2
  simgen run demo out=out/still overrides.camera_motion=static width=640 height=360
  simgen run demo out=out/d templates='[rigid/domino_chain]' \\
      overrides.rigid/domino_chain='{count: {integers: [10, 14]}}'
Running the same command again continues where it stopped."""

_BUDGET_EXAMPLES = """examples:
  simgen budget demo clips=100000 width=1920 height=1080 frames=600 fps=60
  simgen budget jobs/demo.yaml --pilot 54 --out out/pilot --workers 2
The pilot is a dataset of the full profile; the same command again goes on with it."""

_SHOW_EXAMPLES = """examples:
  simgen show rigid/domino_chain --seed 0
  simgen show fluid/dam_break --seed 3 --out out/show width=640 height=360
  simgen show articulated/newtons_cradle engine=pybullet fps=60 frames=120
Equal seeds print equal hashes."""

_CARD_EXAMPLES = """examples:
  simgen card out/demo
  simgen card out/demo --licence CC-BY-4.0 --url https://huggingface.co/datasets/me/demo
A run writes the card at its end, without plots; these need `pip install 'simgen[card]'`."""

_QUERY_EXAMPLES = """examples:
  simgen query out/demo "select template, count(*) from clips where accepted group by all"
  simgen query out/demo template=rigid/domino_chain 'spacing<0.05' accepted
  simgen query out/demo not accepted 'certificate.rigid.energy_gain>0.01' --csv
  simgen query out/demo 'template=rigid/*' 'speed_max>2' --limit 5
  simgen query out/demo --columns
Filters name columns by their last part, SQL in full: parameters.spacing, motion.speed_max.
A dataset that is still being made shows the shards that are finished."""


_FORMATS = "folder, webdataset, tapvid, movi, physics_iq or motioncrafter"

_EXPORT_EXAMPLES = """examples:
  simgen export out/demo --to folder --out out/videos --fps 16 --frames 81 --size 832x480
  simgen export out/demo --to webdataset --out out/tars --passes depth,segmentation
  simgen export out/demo --to tapvid --out out/tapvid --category rigid --category rope
  simgen export out/demo --to physics_iq --out physics-IQ-benchmark --allow-missing
Rates are those of stored instants: 24 frames/s give 24, 12, 8, 6... Running the same command again
continues where it stopped. docs/export.md has the formats."""


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; bad input prints one line and gives 2."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    words = getattr(arguments, "assignments", None)
    if rest and (words is None or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:  # argparse takes no positional words after an option
        arguments.assignments = [*(words or ()), *rest]
    try:
        return int(arguments.action(arguments))
    except SimgenError as error:
        print(f"simgen: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("simgen: stopped; run the same command again to continue", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simgen",
        description="The open engine that makes physics video data.",
        epilog="examples:\n  simgen templates\n  simgen show rigid/domino_chain --seed 0\n"
        "  simgen run jobs/demo.yaml out=out/demo\n  simgen check out/demo",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"simgen {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, action: Any, text: str, examples: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=text,
            description=text,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(action=action)
        return sub

    run = command("run", _run, "Make the dataset a job describes.", _RUN_EXAMPLES)
    run.add_argument("job", help="a job file, or the name of a shipped one")
    run.add_argument("assignments", nargs="*", metavar="field=value", help="out=DIR and job fields")

    budget = command(
        "budget",
        _budget,
        "Say what a job will take on disk, by pass and profile, from a pilot run.",
        _BUDGET_EXAMPLES,
    )
    budget.add_argument("job", help="a job file, or the name of a shipped one")
    budget.add_argument(
        "--pilot", type=int, default=0, help="clips to make (default: one round of the mix)"
    )
    budget.add_argument("--out", default="out/pilot", help="their folder (default out/pilot)")
    budget.add_argument("--workers", type=int, default=1, help="Ray workers (default 1: no Ray)")
    budget.add_argument("assignments", nargs="*", metavar="field=value", help="job fields")

    show = command(
        "show", _show, "Make one clip of a template: mp4 and a sheet of all passes.", _SHOW_EXAMPLES
    )
    show.add_argument("template", help="category/template")
    show.add_argument("--seed", type=int, default=0, help="seed of the clip (default 0)")
    show.add_argument("--out", default="out/show", help="folder for the files (default out/show)")
    show.add_argument("assignments", nargs="*", metavar="field=value", help="job fields")

    listing = command(
        "templates",
        _templates,
        "List templates, or the parameters of one.",
        "examples:\n  simgen templates\n  simgen templates rigid\n"
        "  simgen templates rigid/domino_chain",
    )
    listing.add_argument("name", nargs="?", help="a category or a template")

    stuff = command(
        "materials",
        _materials,
        "List materials, or the constants of one with their sources.",
        "examples:\n  simgen materials\n  simgen materials wood/oak",
    )
    stuff.add_argument("name", nargs="?", help="family/material")

    check = command(
        "check",
        _check,
        "Verify a dataset or shard: checksums, structure, certificates computed again.",
        "examples:\n  simgen check out/demo\n  simgen check out/demo/shards/shard-00000.h5\n"
        "  simgen check out/demo --report out/demo/check.md",
    )
    check.add_argument("path", help="dataset folder or shard file")
    check.add_argument("--report", help="also write the findings as a Markdown file")
    check.add_argument(
        "--certify", type=int, metavar="N", help="certify N clips again instead of all"
    )

    mend = command(
        "repair",
        _repair,
        "Set damaged shards aside and list the indices to make again; write byte indices anew.",
        "examples:\n  simgen repair out/demo\nNothing is deleted: what is damaged moves to "
        "damaged/ in the dataset.",
    )
    mend.add_argument("path", help="dataset folder")

    info = command(
        "info",
        _info,
        "Say what a dataset or shard holds.",
        "examples:\n  simgen info out/demo\n  simgen info out/demo/shards/shard-00000.h5",
    )
    info.add_argument("path", help="dataset folder or shard file")

    query = command(
        "query",
        _query,
        "Ask the catalog of a dataset: SQL over the table clips, or simple filters.",
        _QUERY_EXAMPLES,
    )
    query.add_argument("path", help="dataset folder")
    query.add_argument("text", nargs="*", help="`select ... from clips`, or filters; none: all")
    query.add_argument("--limit", type=int, default=20, help="rows at most (default 20; 0: all)")
    query.add_argument("--columns", action="store_true", help="list the columns and their types")
    form = query.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON, every row")
    form.add_argument("--csv", action="store_true", help="print CSV, every row")

    export = command(
        "export",
        _export,
        "Write a dataset's accepted clips for another tool.",
        _EXPORT_EXAMPLES,
    )
    export.add_argument("path", help="dataset folder or shard file")
    export.add_argument("--to", required=True, help=_FORMATS)
    export.add_argument("--out", required=True, help="a new folder, or one of the same export")
    export.add_argument("--fps", type=float, help="frames per second (default: as stored)")
    export.add_argument("--frames", type=int, help="cut into windows of this many frames")
    export.add_argument("--size", type=_size, help="WIDTHxHEIGHT in pixels (default: as stored)")
    export.add_argument("--caption", default="prompt", help="short, prompt or parameters")
    export.add_argument("--passes", help="annotation passes, with commas between (webdataset)")
    export.add_argument("--category", action="append", default=[], help="only these; repeat it")
    export.add_argument("--template", action="append", default=[], help="only these; repeat it")
    export.add_argument("--shard-size", type=int, default=256, help="samples per tar (webdataset)")
    export.add_argument("--device", default="cpu", help="where frames are rendered anew")
    export.add_argument(
        "--allow-missing",
        action="store_true",
        help="leave out clips that cannot give what is asked for",
    )

    card = command(
        "card",
        _card,
        "Write a dataset's card: README.md, Croissant metadata, plots of its coverage.",
        _CARD_EXAMPLES,
    )
    card.add_argument("path", help="dataset folder")
    card.add_argument("--licence", default="", help="of the clips, an SPDX identifier (Apache-2.0)")
    card.add_argument("--url", default="", help="page of the dataset, once it is published")

    sheets = command(
        "sheets",
        _sheets,
        "Write one contact sheet (PNG, all passes) per clip.",
        "examples:\n  simgen sheets out/demo\n  simgen sheets out/demo --out out/sheets",
    )
    sheets.add_argument("path", help="dataset folder or shard file")
    sheets.add_argument("--out", help="folder for the PNGs (default: sheets/ beside the shards)")
    return parser


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


def _run(arguments: argparse.Namespace) -> int:
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


def _budget(arguments: argparse.Namespace) -> int:
    from simgen.budget import pilot, table
    from simgen.job import load_job

    job = load_job(arguments.job, _assignments(arguments.assignments))
    clips = arguments.pilot or sum(job.templates.values()) * job.variants
    for line in table(job, pilot(job, Path(arguments.out), clips, workers=arguments.workers)):
        print(line)
    return 0


def _show(arguments: argparse.Namespace) -> int:
    import imageio.v3 as _iio

    from simgen.codec import REPEATABLE, pixel_format
    from simgen.job import parse_job
    from simgen.pipeline import generate
    from simgen.sheet import contact_sheet

    iio: Any = _iio  # partly typed
    given = _assignments(arguments.assignments)
    job = parse_job(
        {"name": "show", "seed": arguments.seed, "templates": [arguments.template], **given}, "show"
    )
    clip = generate(job, 0)
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{arguments.template.replace('/', '-')}-{arguments.seed}"
    with iio.imopen(folder / f"{stem}.mp4", "w", plugin="pyav") as video:
        kind = pixel_format(job.width, job.height)
        video.init_video_stream("libx264", fps=float(clip.configuration.fps), pixel_format=kind)
        video._video_stream.codec_context.options = {"x264-params": REPEATABLE}
        for picture in clip.frames.stack("rgb"):
            video.write_frame(picture)
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


def _templates(arguments: argparse.Namespace) -> int:
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


def _materials(arguments: argparse.Namespace) -> int:
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


def _check(arguments: argparse.Namespace) -> int:
    from simgen.verify import verify, write_report

    report = verify(Path(arguments.path), certify_at_most=arguments.certify)
    for line in report.lines():
        print(line)
    if arguments.report:
        write_report(report, Path(arguments.report))
        print(f"report: {arguments.report}")
    return 0 if report.ok else 1


def _repair(arguments: argparse.Namespace) -> int:
    from simgen.repair import repair

    for line in repair(Path(arguments.path)).lines():
        print(line)
    return 0


def _info(arguments: argparse.Namespace) -> int:
    from simgen.catalog import load
    from simgen.verify import describe_dataset

    dataset = load(arguments.path)
    for line in describe_dataset(Path(arguments.path), dataset):
        print(line)
    return 0


def _query(arguments: argparse.Namespace) -> int:
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


def _size(text: str) -> tuple[int, int]:
    """`832x480`."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, e.g. 832x480")
    return int(width), int(height)


def _export(arguments: argparse.Namespace) -> int:
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


def _card(arguments: argparse.Namespace) -> int:
    from simgen.card import write_card

    folder = Path(arguments.path)
    print(write_card(folder, licence=arguments.licence, url=arguments.url))
    return 0


def _sheets(arguments: argparse.Namespace) -> int:
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


if __name__ == "__main__":
    raise SystemExit(main())
