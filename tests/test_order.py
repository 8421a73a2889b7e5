"""Orders of epochs: every sample once, other orders every epoch, the same split any number of
ways."""

import numpy as np
import pytest

from simgen.errors import SimgenError
from simgen.key import Key
from simgen.order import Order, Share, permuted


@pytest.mark.parametrize("count", [1, 2, 3, 10, 256, 257, 5000])
def test_a_permutation_gives_everything_once(count) -> None:
    places = permuted(np.arange(count), count, Key(3))
    assert sorted(places) == list(range(count))


def test_permutations_are_even() -> None:
    """Over many keys each of 12 things comes at each of 12 places about as often (chi-square with
    121 degrees of freedom: 99.99 % below 187)."""
    seen = np.zeros((12, 12))
    for n in range(2400):
        seen[np.arange(12), permuted(np.arange(12), 12, Key(n))] += 1
    assert ((seen - 200) ** 2 / 200).sum() < 187


def test_any_position_is_found_by_itself() -> None:
    order = Order((40, 25), seed=5)
    whole = order.samples(3, range(len(order)))
    assert [int(order.samples(3, [p])[0]) for p in (0, 17, 64)] == whole[[0, 17, 64]].tolist()


def test_epochs_give_every_sample_once_in_other_orders() -> None:
    order = Order((40, 25), seed=5)
    epochs = [order.samples(e, range(65)).tolist() for e in range(3)]
    assert all(sorted(e) == list(range(65)) for e in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert epochs[0] == Order((40, 25), seed=5).samples(0, range(65)).tolist()
    assert epochs[0] != Order((40, 25), seed=6).samples(0, range(65)).tolist()
    assert Order((40, 25), shuffle=False).samples(2, range(65)).tolist() == list(range(65))


def test_weights_give_shares_and_all_samples_in_the_end() -> None:
    order = Order((100, 50, 6), seed=1, weights=(1.0, 0.5, 3.0))
    assert order.draws.tolist() == [100, 25, 18]
    seen = np.bincount(
        np.concatenate([order.samples(e, range(len(order))) for e in range(4)]), minlength=156
    )
    assert (seen[:100] == 4).all()
    assert (seen[100:150] == 2).all()
    assert (seen[150:] == 12).all()


@pytest.mark.parametrize("weights", [(1.0,), (1.0, -1.0)])
def test_wrong_weights_are_refused(weights) -> None:
    with pytest.raises(SimgenError, match="per group"):
        Order((3, 4), weights=weights)


@pytest.mark.parametrize("ranks", [1, 2, 3, 8])
@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("count", [1, 47, 96])
def test_ranks_and_workers_share_without_loss_or_doubles(ranks, workers, count) -> None:
    shares = [Share(3, r, ranks, w, workers) for r in range(ranks) for w in range(workers)]
    parts = [[list(batch) for batch in share.batches(0, count)] for share in shares]
    assert sorted(p for part in parts for batch in part for p in batch) == list(range(count))
    for rank in range(ranks):
        mine = parts[rank * workers : (rank + 1) * workers]
        assert Share(3, rank, ranks).count(count) == sum(map(len, mine))


def consumed(ranks: int, workers: int, start: int, stop: int, steps: int) -> list[int]:
    """Positions after `steps` batches of every rank, as a loader takes them from its workers."""
    found: list[int] = []
    for step in range(steps):
        for rank in range(ranks):
            mine = list(Share(4, rank, ranks, step % workers, workers).batches(start, stop))
            found += mine[step // workers]
    return found


def test_any_step_has_consumed_a_prefix_whatever_the_split() -> None:
    """100 samples: 2 ranks for 3 steps, then 4 ranks for 2, then 1 for the rest."""
    seen = consumed(2, 3, 0, 100, 3) + consumed(4, 1, 24, 100, 2) + consumed(1, 2, 56, 100, 11)
    assert sorted(seen) == list(range(100))


def test_places_out_of_range_are_refused() -> None:
    for wrong in ({"rank": 2, "ranks": 2}, {"worker": 1}, {"batch": 0}):
        with pytest.raises(SimgenError, match="rank"):
            Share(**{"batch": 1} | wrong)
