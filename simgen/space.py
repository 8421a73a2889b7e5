"""Distributions: comparable, printable values that say what a parameter may be.

A distribution may hold a part of its range back for the test split (`held_out`): a `train` draw
never lies in it, a `test` draw always does, an `all` draw may.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np

from simgen.errors import SimgenError, unknown

Split = Literal["all", "train", "test"]
SPLITS: tuple[str, ...] = get_args(Split)
_TRIES = 10_000


class Distribution(ABC):
    """What a parameter may be: draws values and says whether a value is inside."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, split: Split = "all") -> Any:
        """One value of the `split`."""

    @abstractmethod
    def contains(self, value: Any) -> bool:
        """Whether `value` could have been drawn from the `all` split."""


@dataclass(frozen=True)
class _Interval(Distribution):
    """Shared by the continuous distributions: a closed range with a held-out part."""

    low: float
    high: float
    held_out: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise SimgenError(f"{self}: the range is empty or not finite; give low <= high")

    @abstractmethod
    def _draw(self, rng: np.random.Generator) -> float: ...

    def sample(self, rng: np.random.Generator, split: Split = "all") -> float:
        for _ in range(_TRIES):
            value = self._draw(rng)
            if self.held_out is None or split == "all":
                return value
            if (self.held_out[0] <= value <= self.held_out[1]) == (split == "test"):
                return value
        raise SimgenError(f"{self}: no value of the {split!r} split in {_TRIES} draws")

    def contains(self, value: Any) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


@dataclass(frozen=True)
class Uniform(_Interval):
    """Equal density on [low, high]."""

    def _draw(self, rng: np.random.Generator) -> float:
        return float(rng.uniform(self.low, self.high))


@dataclass(frozen=True)
class LogUniform(_Interval):
    """Equal density of the logarithm on [low, high], low > 0."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low <= 0:
            raise SimgenError(f"{self}: a logarithmic range needs low > 0")

    def _draw(self, rng: np.random.Generator) -> float:
        value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Normal(Distribution):
    """Normal with `mean` and `std`, redrawn until within [low, high]."""

    mean: float
    std: float
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if self.std <= 0 or self.low >= self.high:
            raise SimgenError(f"{self}: needs std > 0 and low < high")

    def sample(self, rng: np.random.Generator, split: Split = "all") -> float:
        for _ in range(_TRIES):
            value = float(rng.normal(self.mean, self.std))
            if self.low <= value <= self.high:
                return value
        raise SimgenError(f"{self}: no draw within [{self.low}, {self.high}] in {_TRIES} tries")

    def contains(self, value: Any) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


@dataclass(frozen=True)
class Integers(Distribution):
    """Every integer of [low, high], both ends included, with equal chance."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise SimgenError(f"{self}: the range is empty; give low <= high")

    def sample(self, rng: np.random.Generator, split: Split = "all") -> int:
        return int(rng.integers(self.low, self.high, endpoint=True))

    def contains(self, value: Any) -> bool:
        return isinstance(value, int) and self.low <= value <= self.high


@dataclass(frozen=True, init=False)
class Choice(Distribution):
    """One of `values` with equal chance; `held_out` values appear in the test split only."""

    values: tuple[Any, ...]
    held_out: tuple[Any, ...]

    def __init__(self, *values: Any, held_out: tuple[Any, ...] = ()) -> None:
        if not values:
            raise SimgenError("Choice(): give at least one value")
        object.__setattr__(self, "values", tuple(values))
        object.__setattr__(self, "held_out", tuple(held_out))

    def sample(self, rng: np.random.Generator, split: Split = "all") -> Any:
        if self.held_out and split != "all":
            values = [v for v in self.values if (v in self.held_out) == (split == "test")]
        else:
            values = list(self.values)
        if not values:
            raise SimgenError(f"{self}: nothing left in the {split!r} split")
        return values[int(rng.integers(len(values)))]

    def contains(self, value: Any) -> bool:
        return value in self.values


@dataclass(frozen=True)
class OnSphere(Distribution):
    """A unit vector, equally likely in every direction at most `max_angle` [rad] from +z."""

    max_angle: float = math.pi

    def sample(self, rng: np.random.Generator, split: Split = "all") -> tuple[float, float, float]:
        z = rng.uniform(math.cos(self.max_angle), 1.0)
        azimuth = rng.uniform(0.0, 2.0 * math.pi)
        r = math.sqrt(max(0.0, 1.0 - z * z))
        return (r * math.cos(azimuth), r * math.sin(azimuth), float(z))

    def contains(self, value: Any) -> bool:
        v = np.asarray(value, dtype=float)
        return v.shape == (3,) and abs(float(np.linalg.norm(v)) - 1.0) < 1e-6


_GRAMMAR: dict[str, type[Distribution]] = {
    "uniform": Uniform,
    "log_uniform": LogUniform,
    "normal": Normal,
    "integers": Integers,
    "choice": Choice,
    "on_sphere": OnSphere,
}


def parse_override(value: Any) -> Distribution | Any:
    """A job's override: `{uniform: [a, b]}` and its kin become a distribution, else a constant."""
    if not isinstance(value, dict):
        return value
    given = cast("dict[str, Any]", value)
    if len(given) != 1:
        raise SimgenError(f"override {value!r}: give one distribution, e.g. {{uniform: [0, 1]}}")
    ((name, arguments),) = given.items()
    if name not in _GRAMMAR:
        raise unknown("distribution", str(name), _GRAMMAR)
    values = cast("list[Any]", arguments) if isinstance(arguments, list) else [arguments]
    try:
        return _GRAMMAR[name](*values)
    except TypeError as error:
        raise SimgenError(f"override {value!r}: {error}") from None
