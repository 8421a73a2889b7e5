"""Distributions: draws lie inside, held-out parts stay apart, bad ranges are refused."""

import numpy as np
import pytest

from simgen.errors import SimgenError
from simgen.key import Key
from simgen.space import (
    Choice,
    Integers,
    LogUniform,
    Normal,
    OnSphere,
    Uniform,
    parse_override,
)

DISTRIBUTIONS = [
    Uniform(-1.0, 2.0),
    LogUniform(0.01, 100.0),
    Normal(1.0, 2.0, low=0.0, high=3.0),
    Integers(3, 9),
    Choice("a", "b", "c"),
    OnSphere(1.0),
]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
def test_draws_are_inside_and_repeat(distribution) -> None:
    rng, again = Key(0).child("d").rng(), Key(0).child("d").rng()
    draws = [distribution.sample(rng) for _ in range(200)]
    assert all(distribution.contains(d) for d in draws)
    assert draws == [distribution.sample(again) for _ in range(200)]
    assert len({str(d) for d in draws}) > 2


def test_uniform_mean_and_spread() -> None:
    # mean (a+b)/2 and variance (b-a)^2/12, 20,000 draws: 4 standard errors
    rng = Key(3).rng()
    draws = np.array([Uniform(2.0, 5.0).sample(rng) for _ in range(20_000)])
    assert abs(draws.mean() - 3.5) < 4 * np.sqrt(9 / 12 / 20_000)
    assert abs(draws.var() - 9 / 12) < 0.03


def test_log_uniform_is_uniform_in_the_exponent() -> None:
    rng = Key(4).rng()
    draws = np.log10([LogUniform(0.1, 1000.0).sample(rng) for _ in range(20_000)])
    assert abs(draws.mean() - 1.0) < 4 * np.sqrt(16 / 12 / 20_000)


def test_integers_include_both_ends() -> None:
    rng = Key(5).rng()
    assert {Integers(1, 3).sample(rng) for _ in range(100)} == {1, 2, 3}


@pytest.mark.parametrize("split", ["train", "test"])
def test_held_out_values_stay_apart(split) -> None:
    rng = Key(6).rng()
    band, names = Uniform(0, 1, held_out=(0.8, 1.0)), Choice("a", "b", "c", held_out=("c",))
    for _ in range(100):
        assert (band.sample(rng, split) >= 0.8) == (split == "test")
        assert (names.sample(rng, split) == "c") == (split == "test")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Uniform(2, 1), "low <= high"),
        (lambda: Uniform(0, float("inf")), "not finite"),
        (lambda: LogUniform(0, 1), "low > 0"),
        (lambda: Integers(4, 2), "empty"),
        (lambda: Normal(0, 0), "std > 0"),
        (lambda: Choice(), "at least one"),
        (lambda: parse_override({"unifrom": [0, 1]}), "did you mean uniform"),
        (lambda: parse_override({"uniform": [0, 1], "choice": [1]}), "one distribution"),
        (lambda: parse_override({"uniform": [0]}), "uniform"),
    ],
)
def test_bad_ranges_are_refused(make, words) -> None:
    with pytest.raises(SimgenError, match=words):
        make()


def test_override_grammar() -> None:
    assert parse_override({"uniform": [1, 2]}) == Uniform(1, 2)
    assert parse_override({"choice": ["a", "b"]}) == Choice("a", "b")
    assert parse_override(3.5) == 3.5
