"""Measure every law on every engine at every level and write what came out, with plots.

    python tests/physics/report.py docs/physics             # all of it
    python tests/physics/report.py docs/physics rope fluid  # some categories

One page and one picture per category. The exit code is 1 when a law is broken.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from law import Law, Measured, laws

from simgen.engine import engine_classes
from simgen.errors import SimgenError
from simgen.template import CATEGORIES

WORKERS = 2


@dataclass(frozen=True)
class Outcome:
    """A law on one engine."""

    law: str
    engine: str
    runs: tuple[Measured, ...]
    """Coarse to fine; () when the engine is not installed or failed."""
    problem: str
    seconds: float

    @property
    def errors(self) -> list[float]:
        return [run.error for run in self.runs]

    @property
    def verdict(self) -> str:
        found = laws()[self.law]
        if self.problem:
            return self.problem
        if self.errors[found.default] > found.limit(self.engine):
            return "BROKEN"
        return "holds" if found.converges(self.engine, self.errors) else "DOES NOT CONVERGE"


def measure(name: str, engine: str) -> Outcome:
    """One law on one engine at all levels."""
    found, start = laws()[name], time.perf_counter()
    package = engine_classes()[engine].package
    if package and find_spec(package) is None:
        return Outcome(name, engine, (), f"{package} is not installed", 0.0)
    try:
        runs, problem = tuple(found.study(engine)), ""
    except (RuntimeError, SimgenError) as error:
        runs, problem = (), f"FAILED: {error}"
    return Outcome(name, engine, runs, problem, time.perf_counter() - start)


def line(outcome: Outcome) -> str:
    """What came out, in a line."""
    errors = " ".join(f"{e:.3g}" for e in outcome.errors)
    bound = laws()[outcome.law].limit(outcome.engine)
    return (
        f"{outcome.law} {outcome.engine}: {errors} (bound {bound:g}) {outcome.verdict}, "
        f"{outcome.seconds:.0f} s"
    )


def table(outcomes: list[Outcome]) -> list[str]:
    """Markdown rows of a category."""
    rows = [
        "| law | engine | error | bound | error by resolution | verdict |",
        "|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        found = laws()[outcome.law]
        levels = " ".join(f"{level:g}" for level in found.levels)
        errors = " → ".join(f"{100 * e:.3g} %" for e in outcome.errors)
        error = f"{100 * outcome.errors[found.default]:.3g} %" if outcome.runs else ""
        bound = f"{100 * found.limit(outcome.engine):g} %"
        study = f"{errors} ({found.level_name} {levels})" if outcome.runs else ""
        cells = [found.title, outcome.engine, error, bound, study, outcome.verdict]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def sources(found: list[Law]) -> list[str]:
    """What each law is and why its error may be what it is."""
    lines: list[str] = []
    for law in found:
        why = " ".join((law.run.__doc__ or "").split())
        lines += [f"**{law.title}.** {law.source}. {why}", ""]
    return lines


def plot(path: Path, outcomes: list[Outcome]) -> None:
    """Measured against expected for each law, all its engines at the default level."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "simgen"
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(o.law for o in outcomes if o.runs))
    columns = 3
    rows = max(1, -(-len(names) // columns))
    figure, axes = plt.subplots(rows, columns, figsize=(13, 3.6 * rows), squeeze=False)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, names, strict=False):
        found = laws()[name]
        for i, outcome in enumerate(o for o in outcomes if o.law == name and o.runs):
            run = outcome.runs[found.default]
            x, y = np.atleast_1d(run.x), np.atleast_1d(run.measured)
            if i == 0:
                axis.plot(x, np.atleast_1d(run.expected), "k-", lw=1, label="law", marker="_")
            step = max(1, len(x) // 40)
            axis.plot(x[::step], y[::step], ".", ms=5, alpha=0.8, label=outcome.engine)
        axis.set_title(found.title, fontsize=8, wrap=True)
        axis.set_xlabel(found.axes[0], fontsize=8)
        axis.set_ylabel(found.axes[1], fontsize=8)
        axis.tick_params(labelsize=7)
        axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def write(folder: Path, category: str, outcomes: list[Outcome]) -> None:
    """The page and the picture of one category."""
    plot(folder / f"{category}.svg", outcomes)
    engines = ", ".join(sorted({o.engine for o in outcomes}))
    found = [law for law in laws().values() if law.category == category]
    lines = [
        f"# Physics of {category}",
        "",
        f"Written by `make validate-physics`. Engines: {engines} "
        f"(mujoco {version('mujoco')}, warp {version('warp-lang')}; cpu). An error is the largest",
        "deviation over the largest expected value. It is bounded at the default level (the law's "
        "tests), and falls from the coarsest to the finest.",
        "",
        *table(outcomes),
        "",
        f"![measured against expected]({category}.svg)",
        "",
        "## Sources and bounds",
        "",
        *sources(found),
    ]
    (folder / f"{category}.md").write_text("\n".join(lines).rstrip() + "\n")


def main(arguments: list[str]) -> int:
    """Run; the number of broken laws decides the exit code."""
    if not arguments or not set(arguments[1:]) <= set(CATEGORIES):
        print(f"usage: report.py FOLDER [{' | '.join(CATEGORIES)}]...", file=sys.stderr)
        return 2
    folder, wanted = Path(arguments[0]), set(arguments[1:]) or set(CATEGORIES)
    folder.mkdir(parents=True, exist_ok=True)
    count = broken = 0
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        for category in (c for c in CATEGORIES if c in wanted):
            found = [law for law in laws().values() if law.category == category]
            cases = [(law.name, engine) for law in found for engine in law.engines]
            outcomes: list[Outcome] = []
            for outcome in pool.map(measure, *zip(*cases, strict=True)):
                print(line(outcome), flush=True)
                outcomes.append(outcome)
            write(folder, category, outcomes)
            count += len(outcomes)
            broken += sum(outcome.verdict != "holds" for outcome in outcomes)
    print(f"{count} cases, {broken} not held; see {folder}")
    return min(broken, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
