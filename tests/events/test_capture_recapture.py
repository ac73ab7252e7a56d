"""Two-source capture-recapture: by hand, over many replicates in which everything is known, and where its assumption fails."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, strategies as st

from groundswell.core.draws import Draws, Stream
from groundswell.core.errors import InputError
from groundswell.events.capture_recapture import Estimate, chapman

ONE, TWO = Stream("one", 901, "listed first"), Stream("two", 902, "listed second")
N, REPLICATES = 500, 4000


def replicates(second: Callable[[np.ndarray], np.ndarray], p: float = 0.3) -> list[Estimate]:
    """Lists of N events, each replicate with draws of its own; `second` gives the chance of the second list from the first list."""
    event, replicate = np.arange(N), np.arange(REPLICATES)[:, None]
    one = Draws(17).uniform(ONE, 0, event, replicate) < p
    two = Draws(17).uniform(TWO, 0, event, replicate) < second(one)
    counts = np.stack([one.sum(1), two.sum(1), (one & two).sum(1)], axis=1)
    assert ((one | two).sum(1) == counts[:, 0] + counts[:, 1] - counts[:, 2]).all()
    return [chapman(*map(int, row)) for row in counts]


def mean(estimates: list[Estimate], name: str = "total") -> float:
    return float(np.mean([getattr(e, name) for e in estimates]))


def test_row_23_two_independent_lists() -> None:
    found = replicates(lambda one: np.full(one.shape, 0.4))
    assert mean(found) == pytest.approx(N, rel=0.01)
    assert mean(found, "seen") / N == pytest.approx(0.58, rel=0.01)
    spread = np.var([e.total for e in found], ddof=1)
    assert mean(found, "variance") == pytest.approx(spread, rel=0.1)
    covered = np.mean([e.low <= N <= e.high for e in found])
    assert abs(covered - 0.9) < 0.02


@pytest.mark.parametrize(("again", "new", "direction"), [(0.7, 0.2, -1), (0.2, 0.486, 1)])
def test_dependent_lists_are_biased(again: float, new: float, direction: int) -> None:
    """The second list finds .35 to .4 of all; what the first has it finds more often (or less), so the estimate is low (or high)."""
    found = replicates(lambda one: np.where(one, again, new))
    share = 0.3 * again + 0.7 * new
    assert direction * (mean(found) - N) > 0.1 * N
    assert mean(found) == pytest.approx(N * share / again, rel=0.02)  # n1 n2 / m of the expected counts
    assert np.mean([e.low <= N <= e.high for e in found]) < 0.6


def test_big_events_on_both_lists() -> None:
    """Dependence needs no contact between the sources: if both miss small events, the estimate is too low."""
    chance = np.where(np.arange(N) < N // 2, 0.6, 0.1)
    one = Draws(3).uniform(ONE, 0, np.arange(N), np.arange(500)[:, None]) < chance
    two = Draws(3).uniform(TWO, 0, np.arange(N), np.arange(500)[:, None]) < chance
    counts = zip(one.sum(1), two.sum(1), (one & two).sum(1), strict=True)
    assert np.mean([chapman(*row).total for row in counts]) < 0.75 * N


def test_by_hand() -> None:
    found = chapman(200, 150, 50)
    assert found.seen == 300
    assert found.total == pytest.approx(201 * 151 / 51 - 1)
    assert found.variance == pytest.approx(201 * 151 * 150 * 100 / (51**2 * 52))
    first, second, both = 150.5, 100.5, 50.5  # Sadinle: on the first only, the second only, both, each with half an event more
    spread = math.sqrt(1 / first + 1 / second + 1 / both + both / (first * second))
    factor = math.exp(1.6448536269514722 * spread)
    assert found.low == pytest.approx(299.5 + first * second / both / factor, rel=1e-10)
    assert found.high == pytest.approx(299.5 + first * second / both * factor, rel=1e-10)
    assert found.low < found.total < found.high


def test_one_list_within_the_other() -> None:
    """Nothing was missed by both, as far as one can see; the interval still has a width."""
    found = chapman(40, 10, 10)
    assert (found.seen, found.total, found.variance) == (40, 40.0, 0.0)
    assert 40 <= found.low < 41
    assert found.high > 42


@pytest.mark.parametrize("n", [1, 5, 50, 5000])
def test_all_found_again(n: int) -> None:
    """Where each list has all that the other has, not much can be missing."""
    found = chapman(n, n, n)
    assert found.total == found.low == n
    assert n <= found.high < n + 10


def test_no_match_is_finite() -> None:
    found = chapman(10, 20, 0)
    assert found.total == 230  # 11 x 21 - 1
    assert found.low > 30
    assert math.isfinite(found.high)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400), st.floats(0.05, 0.99))
def test_what_always_holds(only_first: int, only_second: int, both: int, level: float) -> None:
    first, second = only_first + both, only_second + both
    if first == 0 or second == 0:
        return
    found = chapman(first, second, both, level=level)
    assert found.seen <= found.low <= found.high
    assert found.seen <= found.total <= found.high
    if min(only_first, only_second) > 0 and level >= 0.8:  # else the estimate may be the least possible value, or the interval narrow
        assert found.low <= found.total
    assert found == chapman(second, first, both, level=level)
    wider = chapman(first, second, both, level=(1 + level) / 2)
    assert wider.low <= found.low
    assert found.high <= wider.high


@pytest.mark.parametrize(
    ("counts", "key"),
    [
        ((-1, 5, 0), "first"),
        ((0, 5, 0), "first"),
        ((5, 0, 0), "second"),
        ((5, 5, -2), "both"),
        ((5, 9, 6), "both"),
        ((5.0, 9, 3), "first"),
        ((True, 9, 1), "first"),
        ((5, math.nan, 3), "second"),
        ((5, 9, "3"), "both"),
    ],
)
def test_impossible_counts(counts: tuple[int, int, int], key: str) -> None:
    with pytest.raises(InputError, match=rf"^{key}: "):
        chapman(*counts)


@pytest.mark.parametrize("level", [0.0, 1.0, 90, math.nan])
def test_wrong_level(level: float) -> None:
    with pytest.raises(InputError, match=r"^level: "):
        chapman(5, 9, 3, level=level)
