"""What clips of every category take under every profile, and what a minute at 60 frames/s would.

python benchmarks/storage.py DIR    # a dataset of profile full; without DIR one is made, a template
                                    # of each category and a gas

What is stored once per clip (topology, rest shapes, materials) is told apart from what grows with
time, so a short clip tells what a long one takes. Dense passes and video hold for the resolution
they were measured at; states do not depend on it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from simgen.budget import Cost, costs
from simgen.catalog import load
from simgen.cluster import RunOptions, run_job
from simgen.codec import PROFILES
from simgen.job import load_job
from simgen.listing import list_clips
from simgen.reader import DatasetReader
from simgen.store import Store

TEMPLATES = (
    "rigid/ball_bounce",
    "articulated/newtons_cradle",
    "garment/flag_in_wind",
    "fluid/dam_break",
    "thermodynamics/hot_iron",
    "thermodynamics/smoke_plume",
    "deformable/soft_ball_bounce",
    "inflatable/beach_ball",
    "rope/rope_release",
    "granular/sand_column",
)
MINUTE = 60 * 60
"""Frames of 60 s at 60 frames/s."""
GOAL = 12e6
"""Bytes of a minute's clip in profile replay, beside its video."""


def make(folder: Path) -> None:
    """A clip of each category, every pass."""
    fields = {"templates": list(TEMPLATES), "frames": 24, "width": 320, "height": 180}
    job = load_job("demo", fields | {"samples": 1, "profile": "full"})
    run_job(job, RunOptions(out=folder))


def once(folder: Path) -> dict[int, float]:
    """Clip -> bytes that it stores once, whatever its length: arrays without an axis of time."""
    reader = DatasetReader(Store(folder))
    listing = list_clips(reader.store)
    found: dict[int, float] = {}
    for number in range(len(listing)):
        entry = listing.entry(number)
        still = [
            array
            for path, array in reader.clip(entry).arrays.items()
            if path.startswith(("trajectory/", "camera/"))
            and not {"time", "contact"} & set(array.axes)
        ]
        found[entry.index] = float(sum(int(array.sizes.sum()) for array in still))
    return found


def minute(cost: Cost, fixed: float, profile: str) -> tuple[float, float]:
    """Bytes of a minute under a profile: of the video, and of everything else."""
    parts: Mapping[str, float] = cost.profiles[profile]
    video = parts["rgb"]
    other = sum(parts.values()) - video - fixed / cost.frames
    return MINUTE * video, MINUTE * other + fixed


def measured(folder: Path) -> dict[str, list[tuple[Cost, float]]]:
    """Template -> the cost of each of its clips and the bytes it stores once."""
    fixed = once(folder)
    found: dict[str, list[tuple[Cost, float]]] = defaultdict(list)
    for clip, cost in zip(load(folder), costs(folder), strict=True):
        found[cost.template].append((cost, fixed[clip.index]))
    return dict(sorted(found.items()))


def clips_table(found: Mapping[str, list[tuple[Cost, float]]]) -> None:
    """Print bytes per clip and per frame as measured."""
    print(f"| template | frames | {' | '.join(f'{p} MB (kB/frame)' for p in PROFILES)} |")
    print("|---|---|" + "---|" * len(PROFILES))
    for template, pairs in found.items():
        frames = statistics.mean(cost.frames for cost, _ in pairs)
        sizes = [statistics.mean(cost.clip_bytes(p) for cost, _ in pairs) for p in PROFILES]
        cells = " | ".join(f"{s / 1e6:.2f} ({s / frames / 1e3:.1f})" for s in sizes)
        print(f"| {template} | {frames:.0f} | {cells} |")


def minutes_table(found: Mapping[str, list[tuple[Cost, float]]]) -> None:
    """Print what a minute takes, and which templates reach the goal."""
    print("\n60 s at 60 frames/s at the rate of these clips: MB\n| template | video | ", end="")
    print(f"{' | '.join(f'{p}, beside it' for p in PROFILES)} | replay at most {GOAL / 1e6:.0f} |")
    print("|---|---|" + "---|" * (len(PROFILES) + 1))
    misses: list[str] = []
    for template, pairs in found.items():
        sizes = [
            np.mean([minute(cost, fixed, profile) for cost, fixed in pairs], axis=0)
            for profile in PROFILES
        ]
        beside = sizes[list(PROFILES).index("replay")][1]
        if beside > GOAL:
            misses.append(template)
        cells = " | ".join(f"{size[1] / 1e6:.1f}" for size in sizes)
        verdict = "yes" if beside <= GOAL else f"no, {beside / GOAL:.0f} times"
        print(f"| {template} | {sizes[0][0] / 1e6:.0f} | {cells} | {verdict} |")
    print(f"\nthe goal of replay is missed by: {', '.join(misses) or 'none'}")


def main() -> None:
    """Measure a dataset, made first when none is given."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path, nargs="?")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.dataset or Path(name) / "d"
        if not arguments.dataset:
            make(folder)
        found = measured(folder)
    clips_table(found)
    minutes_table(found)


if __name__ == "__main__":
    main()
