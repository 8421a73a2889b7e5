"""How many clips of every template pass their checks, why the others do not, and what they cost.

python benchmarks/acceptance.py OUT                       # every template, 20 seeds
python benchmarks/acceptance.py OUT rope --seeds 6        # a category or templates
python benchmarks/acceptance.py OUT --engine mujoco       # on an engine other than the default

OUT is a dataset like any other: a run that was stopped goes on, rejected clips lie in quarantine/.
Pictures are small and rendered with one sample; physics and checks are those of real clips. The
exit code is 1 when a template loses more than 5 % of its clips.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

from simgen.cluster import RunOptions, run_job
from simgen.errors import SimgenError
from simgen.job import load_job
from simgen.manifest import Outcome, read_manifest
from simgen.template import CATEGORIES, find, template_names

LARGEST_LOSS = 0.05


def chosen(words: list[str]) -> list[str]:
    """Templates named by words; those that stage a benchmark's scenario too."""
    every = template_names()
    for word in words:
        if word not in CATEGORIES:
            find(word)
    return [t for t in every if not words or t in words or t.split("/")[0] in words]


def table(outcomes: list[Outcome]) -> bool:
    """Print a line per template; whether all of them lose few enough."""
    rows: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        rows[outcome.template].append(outcome)
    fine = True
    print(f"{'template':36s} {'accepted':>9s} {'simulate s':>16s} {'whole s':>8s}  rejected for")
    for name, found in rows.items():
        accepted = sum(o.accepted for o in found)
        seconds = [o.seconds.get("simulate", 0.0) for o in found]
        whole = sum(sum(o.seconds.values()) for o in found) / len(found)
        reasons = Counter(o.reason for o in found if not o.accepted)
        words = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
        span = f"{sum(seconds) / len(found):.1f} (max {max(seconds):.1f})"
        print(f"{name:36s} {accepted:4d}/{len(found):<4d} {span:>16s} {whole:8.1f}  {words}")
        fine &= accepted >= (1 - LARGEST_LOSS) * len(found)
    return fine


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("templates", nargs="*")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--workers", type=int, default=0)
    given = parser.parse_args()
    try:
        templates = chosen(given.templates)
        job = load_job(
            "demo",
            {
                "name": "acceptance",
                "templates": templates,
                "clips": given.seeds * len(templates),
                "engine": given.engine,
                "seed": 100,
                "width": 160,
                "height": 90,
                "samples": 1,
                "shard_size": 1,
            },
        )
        executor = "local" if given.workers == 1 else "ray"
        run_job(job, RunOptions(out=given.out, executor=executor, workers=given.workers))
    except SimgenError as error:
        print(error, file=sys.stderr)
        return 2
    outcomes = [o for info in read_manifest(given.out) for o in info.outcomes]
    return 0 if table(sorted(outcomes, key=lambda o: o.name)) else 1


if __name__ == "__main__":
    sys.exit(main())
