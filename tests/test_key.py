"""Named random streams: independent of order and process, every seed usable."""

import subprocess
import sys

import pytest

from simgen.key import Key


def test_same_path_same_numbers() -> None:
    assert Key(7).child("a", 3).rng().random() == Key(7).child("a").child("3").rng().random()


def test_a_sibling_moves_no_number() -> None:
    key = Key(1)
    before = key.child("spacing").rng().random(5)
    key.child("new_field").rng().random(1000)
    assert (key.child("spacing").rng().random(5) == before).all()


def test_paths_are_not_concatenated() -> None:
    assert Key(0).child("ab", "c").rng().random() != Key(0).child("a", "bc").rng().random()


def test_seed_zero_is_a_seed() -> None:
    draws = {Key(seed).child("x").rng().random() for seed in range(50)}
    assert len(draws) == 50


def test_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match=">= 0"):
        Key(-1)


def test_another_process_draws_the_same() -> None:
    code = "from simgen.key import Key; print(Key(5).child('p', 2).rng().integers(2**62))"
    here = str(Key(5).child("p", 2).rng().integers(2**62))
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert runs == [here, here]
