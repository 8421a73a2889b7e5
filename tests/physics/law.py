"""The published laws and experiments that engines are held to: one table for tests and report.

A law is a function `(engine, level) -> Measured` in `tests/physics/laws/<topic>.py`: it builds a
scene through the public types, simulates it with `engine` at resolution `level`, and returns what
was measured beside what the law says. The decorator names the source and bounds the error.

    @law(
        category="rope",
        engines=("mujoco", "warp"),
        title="A rope between two pegs hangs as a catenary",
        source="Leibniz, Huygens, Bernoulli 1691; z = a cosh(x / a)",
        axes=("x [m]", "z [m]"),
        level_name="segments",
        levels=(10, 20, 40),
        bound=0.01,
    )
    def catenary(engine: str, segments: int) -> Measured:
        \"\"\"The chord of a segment lies (ds / a)^2 / 8 above the curve, 1 % of the sag.\"\"\"
        ...
        return Measured(x=x, measured=z, expected=exact)

`tests/physics/test_laws.py` runs every law on every engine at its default level and, marked slow,
the resolution study: the error falls from the coarsest to the finest level, or is below `exact`
already. `make validate-physics` writes tables and plots of all of it into docs/physics/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from simgen.engine import make_engine
from simgen.errors import Rejected
from simgen.record import Trajectory
from simgen.scene import Scene

FOLDER = Path(__file__).parent / "laws"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one run of a law gave: curves (or single values) over the same abscissa."""

    x: ArrayLike
    """(N,) abscissa of the plot, unit as in the law's `axes`."""
    measured: ArrayLike
    """(N,)."""
    expected: ArrayLike
    """(N,)."""
    scale: float | None = None
    """What errors are relative to; None: the largest |expected|."""

    @property
    def error(self) -> float:
        """The largest deviation, relative to `scale`."""
        measured, expected = np.atleast_1d(self.measured), np.atleast_1d(self.expected)
        if measured.shape != expected.shape or not np.isfinite(measured).all():
            return float("inf")
        scale = np.abs(expected).max() if self.scale is None else self.scale
        return float(np.abs(measured - expected).max() / scale)


@dataclass(frozen=True, kw_only=True)
class Law:
    """One law and how well each engine has to keep it."""

    name: str
    category: str
    engines: tuple[str, ...]
    title: str
    source: str
    axes: tuple[str, str]
    """Labels of the plot with units."""
    level_name: str
    """What a level counts: "segments", "substeps per frame"..."""
    levels: tuple[float, ...]
    """Coarse to fine."""
    default: int
    """Index of the level that the bound holds at."""
    bound: float | Mapping[str, float]
    """Largest error at the default level, for all engines or each."""
    exact: float | Mapping[str, float]
    """An error below it counts as converged: no order is left to see."""
    slow: bool
    run: Callable[[str, float], Measured]

    def limit(self, engine: str) -> float:
        """The bound for one engine."""
        return _of(self.bound, engine)

    def at_default(self, engine: str) -> Measured:
        """The law at its default level."""
        return self.run(engine, self.levels[self.default])

    def study(self, engine: str) -> list[Measured]:
        """The law at every level, coarse to fine."""
        return [self.run(engine, level) for level in self.levels]

    def converges(self, engine: str, errors: Sequence[float]) -> bool:
        """Whether errors (coarse to fine) fall, or are so small that nothing is left to fall."""
        return errors[-1] < errors[0] or errors[-1] <= _of(self.exact, engine)


def _of(value: float | Mapping[str, float], engine: str) -> float:
    """A number for all engines, or each one's own."""
    return value[engine] if isinstance(value, Mapping) else value


LAWS: dict[str, Law] = {}


def law(
    *,
    category: str,
    engines: Sequence[str],
    title: str,
    source: str,
    axes: tuple[str, str],
    level_name: str,
    levels: Sequence[float],
    bound: float | Mapping[str, float],
    default: int = -2,
    exact: float | Mapping[str, float] = 1e-6,
    slow: bool = False,
):
    """Enter the decorated function `(engine, level) -> Measured` in the table."""

    def enter(run):
        name = f"{category}/{run.__name__}"
        if name in LAWS:
            raise ValueError(f"two laws are called {name}")
        LAWS[name] = Law(
            name=name,
            category=category,
            engines=tuple(engines),
            title=title,
            source=source,
            axes=axes,
            level_name=level_name,
            levels=tuple(levels),
            default=default % len(levels),
            bound=bound,
            exact=exact,
            slow=slow,
            run=run,
        )
        return run

    return enter


def laws() -> dict[str, Law]:
    """Every law, by `category/name`."""
    for path in sorted(FOLDER.glob("[a-z]*.py")):
        import_module(f"laws.{path.stem}")
    return LAWS


def simulate(engine: str, scene: Scene, *, device: str = "cpu") -> Trajectory:
    """The trajectory; a rejected roll-out or a warning raises, so the law fails with its reason."""
    (result,) = make_engine(engine, device=device).simulate([scene])
    if isinstance(result, Rejected):
        raise RuntimeError(f"{engine} rejected the scene: {result.reason}: {result.detail}")
    if result.solver.warnings:
        raise RuntimeError(f"{engine} warned: {result.solver.warnings}")
    return result
