"""The command line: run jobs, look at templates, materials and datasets, check what is stored."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from simgen import __version__, commands
from simgen.errors import SimgenError

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


_RENDER_EXAMPLES = """examples:
  simgen render out/demo --size 1920x1080 --out out/large
  simgen render out/demo --fps 12 --passes rgb,depth,forward_flow --out out/slow
  simgen render out/demo --camera side.yaml --clip 3 --clip rigid/domino_chain/000007 --out out/side
  simgen render out/demo/shards/shard-00000.h5 --frames 10:34 --video --out out/part
Rates are those of stored instants: 24 frames/s give 24, 12, 8, 6... Running the same command again
continues where it stopped. docs/render.md has the camera files."""


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
    listed = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, action: Any, text: str, examples: str) -> argparse.ArgumentParser:
        sub = listed.add_parser(
            name,
            help=text,
            description=text,
            epilog=examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(action=action)
        return sub

    run = command("run", commands.run, "Make the dataset a job describes.", _RUN_EXAMPLES)
    run.add_argument("job", help="a job file, or the name of a shipped one")
    run.add_argument("assignments", nargs="*", metavar="field=value", help="out=DIR and job fields")

    budget = command(
        "budget",
        commands.budget,
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
        "show",
        commands.show,
        "Make one clip of a template: mp4 and a sheet of all passes.",
        _SHOW_EXAMPLES,
    )
    show.add_argument("template", help="category/template")
    show.add_argument("--seed", type=int, default=0, help="seed of the clip (default 0)")
    show.add_argument("--out", default="out/show", help="folder for the files (default out/show)")
    show.add_argument("assignments", nargs="*", metavar="field=value", help="job fields")

    listing = command(
        "templates",
        commands.templates,
        "List templates, or the parameters of one.",
        "examples:\n  simgen templates\n  simgen templates rigid\n"
        "  simgen templates rigid/domino_chain",
    )
    listing.add_argument("name", nargs="?", help="a category or a template")

    stuff = command(
        "materials",
        commands.materials,
        "List materials, or the constants of one with their sources.",
        "examples:\n  simgen materials\n  simgen materials wood/oak",
    )
    stuff.add_argument("name", nargs="?", help="family/material")

    check = command(
        "check",
        commands.check,
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
        commands.repair,
        "Set damaged shards aside and list the indices to make again; write byte indices anew.",
        "examples:\n  simgen repair out/demo\nNothing is deleted: what is damaged moves to "
        "damaged/ in the dataset.",
    )
    mend.add_argument("path", help="dataset folder")

    info = command(
        "info",
        commands.info,
        "Say what a dataset or shard holds.",
        "examples:\n  simgen info out/demo\n  simgen info out/demo/shards/shard-00000.h5",
    )
    info.add_argument("path", help="dataset folder or shard file")

    query = command(
        "query",
        commands.query,
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

    render = command(
        "render",
        commands.render,
        "Render stored clips again: another size, rate or camera, into a dataset of its own.",
        _RENDER_EXAMPLES,
    )
    render.add_argument("path", help="dataset folder or shard file")
    render.add_argument("--out", required=True, help="a new folder, or one of the same rendering")
    render.add_argument(
        "--size", type=commands.size, help="WIDTHxHEIGHT in pixels (default: as stored)"
    )
    render.add_argument("--fps", type=float, help="frames per second (default: as stored)")
    render.add_argument(
        "--frames", type=commands.frames, metavar="A:B", help="frames A to B - 1 at that rate"
    )
    render.add_argument(
        "--camera",
        default="main",
        metavar="NAME|FILE",
        help="a camera of the scene, or a .yaml or .json file (default main)",
    )
    render.add_argument("--passes", help="with commas between, or `all` (default: as stored)")
    render.add_argument(
        "--clip", action="append", default=[], help="index or name: only this; repeat it"
    )
    render.add_argument("--samples", type=int, help="per pixel of the picture (default: as stored)")
    render.add_argument("--renderer", help="a renderer's name (default: as stored)")
    render.add_argument("--device", default="cpu", help="cpu, cuda or cuda:1")
    render.add_argument("--video", action="store_true", help="also write videos/*.mp4")

    export = command(
        "export",
        commands.export,
        "Write a dataset's accepted clips for another tool.",
        _EXPORT_EXAMPLES,
    )
    export.add_argument("path", help="dataset folder or shard file")
    export.add_argument("--to", required=True, help=_FORMATS)
    export.add_argument("--out", required=True, help="a new folder, or one of the same export")
    export.add_argument("--fps", type=float, help="frames per second (default: as stored)")
    export.add_argument("--frames", type=int, help="cut into windows of this many frames")
    export.add_argument(
        "--size", type=commands.size, help="WIDTHxHEIGHT in pixels (default: as stored)"
    )
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
        commands.card,
        "Write a dataset's card: README.md, Croissant metadata, plots of its coverage.",
        _CARD_EXAMPLES,
    )
    card.add_argument("path", help="dataset folder")
    card.add_argument("--licence", default="", help="of the clips, an SPDX identifier (Apache-2.0)")
    card.add_argument("--url", default="", help="page of the dataset, once it is published")

    sheets = command(
        "sheets",
        commands.sheets,
        "Write one contact sheet (PNG, all passes) per clip.",
        "examples:\n  simgen sheets out/demo\n  simgen sheets out/demo --out out/sheets",
    )
    sheets.add_argument("path", help="dataset folder or shard file")
    sheets.add_argument("--out", help="folder for the PNGs (default: sheets/ beside the shards)")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
