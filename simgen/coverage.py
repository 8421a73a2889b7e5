"""How a dataset covers what its templates may draw: where the values lie, and a picture of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from simgen.record import AnyArray
from simgen.space import Choice, Distribution, Integers, LogUniform, Normal, Uniform

BINS = 24
"""Equally likely parts of a continuous range."""


@dataclass(frozen=True)
class Coverage:
    """Of one parameter: how many values lie in each equally likely part of what may be drawn."""

    name: str
    counts: AnyArray
    """(bins,)"""
    low: str
    high: str
    """Ends of the range, in words."""

    @property
    def share(self) -> float:
        """Share of the parts that hold a value."""
        return float((self.counts > 0).mean())


def coverage(name: str, distribution: Distribution, values: Sequence[Any]) -> Coverage | None:
    """Where `values` lie in a distribution; None for one that is no single number or choice."""
    match distribution:
        case Choice(values=choices):
            counts = [sum(str(v) == str(choice) for v in values) for choice in choices]
            return Coverage(name, np.array(counts), str(choices[0]), str(choices[-1]))
        case Integers(low=low, high=high) if high - low < BINS:
            found = np.asarray(values, float)
            counts = [(found == k).sum() for k in range(low, high + 1)]
            return Coverage(name, np.array(counts), str(low), str(high))
        case Uniform() | LogUniform() | Normal() | Integers():
            place = _quantile(distribution, np.asarray(values, float))
            counts = np.histogram(np.clip(place, 0.0, 1.0), BINS, (0.0, 1.0))[0]
            return Coverage(name, counts, f"{distribution.low:.3g}", f"{distribution.high:.3g}")
        case _:
            return None


def _quantile(distribution: Uniform | LogUniform | Normal | Integers, values: AnyArray) -> AnyArray:
    """Share of the draws below each value."""
    low, high = float(distribution.low), float(distribution.high)
    match distribution:
        case Normal(mean=mean, std=std):
            ends = np.array([low, high, *values])
            below = np.array([0.5 * (1 + math.erf((v - mean) / std / 2**0.5)) for v in ends])
            low, high, values = float(below[0]), float(below[1]), below[2:]
        case LogUniform():
            low, high, values = math.log(low), math.log(high), np.log(values)
        case Integers():
            low, high = low - 0.5, high + 0.5
        case Uniform():
            pass
    return (values - low) / (high - low) if high > low else np.zeros(len(values))


def draw_coverage(found: Mapping[str, Sequence[Coverage]], folder: Path) -> dict[str, Path]:
    """One PNG per template, by matplotlib: a line per parameter, a cell per part of its range,
    darker the more values lie in it, white where none does."""
    figures: Any = import_module("matplotlib.figure")
    folder.mkdir(exist_ok=True)
    paths: dict[str, Path] = {}
    for template, rows in found.items():
        paths[template] = folder / f"{template.replace('/', '-')}.png"
        figure = figures.Figure(figsize=(6.4, 0.7 + 0.19 * len(rows)), layout="constrained")
        _draw(figure.subplots(), template, rows)
        figure.savefig(paths[template], dpi=80)
    return paths


def _draw(axes: Any, template: str, rows: Sequence[Coverage]) -> None:
    """The cells of one template, each line as bright as its fullest cell allows."""
    for line, row in enumerate(rows):
        cells = row.counts / max(row.counts.max(), 1)
        axes.imshow(
            cells[None],
            cmap="Blues",
            vmin=-0.15,
            vmax=1,
            aspect="auto",
            extent=(0, 1, line + 0.9, line + 0.1),
        )
        empty = np.nonzero(row.counts == 0)[0]
        width = 1 / len(row.counts)
        axes.barh(
            np.full(len(empty), line + 0.5), width, 0.8, left=empty * width, color="white", zorder=2
        )
        axes.text(1.01, line + 0.5, f"{row.low} … {row.high}", fontsize=6, va="center")
    axes.set(xlim=(0, 1), ylim=(len(rows), 0), xticks=[])
    axes.set_yticks(np.arange(len(rows)) + 0.5, [row.name for row in rows], fontsize=7)
    axes.tick_params(length=0)
    total = max((int(row.counts.sum()) for row in rows), default=0)
    axes.set_title(f"{template}: {total} clips", fontsize=8, loc="left")
