"""Exact bounds: against sums of binomial terms, and their coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from groundswell.claims.data.bounds import by_clusters, by_null, dispersion, rate_ratio, share_bounds


def tail(hits: int, of: int, p: float, *, above: bool) -> float:
    chosen = range(hits, of + 1) if above else range(hits + 1)
    return sum(math.comb(of, k) * p**k * (1 - p) ** (of - k) for k in chosen)


@pytest.mark.parametrize(("hits", "of"), [(0, 2), (1, 7), (15, 30), (30, 30)])
def test_share_bounds_are_those_of_the_binomial(hits: int, of: int) -> None:
    low, high = share_bounds(hits, of)
    if hits:
        assert tail(hits, of, low, above=True) == pytest.approx(0.05)
    else:
        assert low == 0
    if hits < of:
        assert tail(hits, of, high, above=False) == pytest.approx(0.05)
    else:
        assert high == 1


def test_a_rate_ratio_is_the_conditional_binomial() -> None:
    ratio, low, high, p, spread = rate_ratio([4, 4, 4], [2, 2, 2, 2])
    share_low, share_high = share_bounds(12, 20)
    assert spread == 1
    assert ratio == 2
    assert low == pytest.approx(4 / 3 * share_low / (1 - share_low))
    assert high == pytest.approx(4 / 3 * share_high / (1 - share_high))
    at = 3 / 7
    assert p == pytest.approx(min(1, 2 * tail(12, 20, at, above=True)))


def test_a_rate_ratio_of_nothing_says_nothing() -> None:
    ratio, low, high, p, _ = rate_ratio([0, 0], [0, 0])
    assert math.isnan(ratio)
    assert (low, high, p) == (0, math.inf, 1)
    assert rate_ratio([3, 1], [0, 0])[0] == math.inf


def test_a_rate_ratio_covers_the_truth_with_and_without_extra_spread() -> None:
    rng = np.random.default_rng(1)
    for extra in (None, 2.0):
        hits = 0
        for _ in range(400):
            mean = [np.full(8, 4.0), np.full(4, 8.0)]
            if extra is not None:
                mean = [m * rng.gamma(extra, 1 / extra, m.shape) for m in mean]
            a, b = (rng.poisson(m).tolist() for m in mean)
            _, low, high, _, _ = rate_ratio(a, b)
            hits += low <= 0.5 <= high
        assert hits / 400 >= 0.86, extra


def test_dispersion_of_poisson_is_one() -> None:
    rng = np.random.default_rng(2)
    assert dispersion([rng.poisson(5, 4000).astype(float), rng.poisson(50, 4000).astype(float)]) == pytest.approx(1, abs=0.05)


def test_bounds_by_the_null_shift_with_the_ratio() -> None:
    null = np.exp(np.random.default_rng(3).normal(size=999))
    low, high, p = by_null(1.0, null)
    assert low < 1 < high
    assert p > 0.5
    twice = by_null(30.0, null)
    assert twice[0] > 1
    assert twice[2] < 0.01


def test_one_cluster_bounds_nothing_and_many_do() -> None:
    ones = np.ones(40)
    assert by_clusters(3 * ones, ones, np.zeros(40, np.int64))[1:3] == (0, math.inf)
    ratio, low, high, effective = by_clusters(3 * ones, ones, np.arange(40))
    assert ratio == pytest.approx(3, rel=0.02)
    assert 1.5 < low < 3 < high < 6
    assert effective == pytest.approx(40)
