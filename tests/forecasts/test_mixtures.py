"""Pools whose best shares are known, and the quadratic that finds them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from groundswell.forecasts import scores
from groundswell.forecasts.mixtures import best_shares, errors, pooled

U = (np.arange(300) + 0.5) / 300


def made(cells: int, seed: int, *quantiles: object) -> np.ndarray:
    return np.stack([np.broadcast_to(q(U)[:, None], (300, cells)) for q in quantiles])  # type: ignore[operator]


def test_the_quadratic_is_the_crps_of_the_pool() -> None:
    rng = np.random.default_rng(1)
    draws, y = rng.poisson(5.0, (3, 40, 25)).astype(float) + np.array([0, 2, 5])[:, None, None], rng.poisson(6.0, 25).astype(float)
    found = errors(draws, y)
    shares = np.array([0.25, 0.5, 0.25])
    together = np.concatenate([draws[0], draws[1], draws[1], draws[2]])
    assert found.crps(shares) == pytest.approx(scores.crps(together, y).mean(), abs=1e-9)
    assert np.sort(pooled(draws, shares), axis=0) == pytest.approx(np.sort(together, axis=0))


def test_sums_of_errors_are_those_of_all_cells() -> None:
    rng = np.random.default_rng(2)
    draws, y = rng.normal(size=(2, 30, 12)), rng.normal(size=12)
    whole, parts = errors(draws, y), errors(draws[:, :, :5], y[:5]) + errors(draws[:, :, 5:], y[5:])
    assert parts.cells == 12
    assert parts.apart == pytest.approx(whole.apart)
    assert parts.between == pytest.approx(whole.between)


def test_the_shares_of_a_mixture_are_found() -> None:
    """Counts come from one distribution in 70 % of cases and from another in 30 %: so should the pool."""
    rng = np.random.default_rng(3)
    first = rng.random(6000) < 0.7
    y = np.where(first, rng.normal(0, 1, 6000), rng.normal(8, 1, 6000))
    draws = made(6000, 0, stats.norm(0, 1).ppf, stats.norm(8, 1).ppf)
    assert best_shares(errors(draws, y))[0] == pytest.approx(0.7, abs=0.03)


def test_the_truth_takes_all() -> None:
    rng = np.random.default_rng(4)
    y = rng.normal(size=4000)
    shares = best_shares(errors(made(4000, 0, stats.norm(0, 1).ppf, stats.norm(2, 1).ppf, stats.norm(0, 4).ppf), y))
    assert shares[0] > 0.97
    assert shares.sum() == pytest.approx(1.0)
    assert (shares >= 0).all()


def test_a_pool_is_never_worse_than_its_members_on_the_weeks_that_set_it() -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        draws = rng.poisson(rng.uniform(1, 9, (4, 1, 1)), (4, 50, 30)).astype(float)
        found = errors(draws, rng.poisson(4.0, 30).astype(float))
        best = found.crps(best_shares(found))
        assert best <= min(found.crps(row) for row in np.eye(4)) + 1e-7


def test_a_pool_has_as_many_draws_of_each_as_its_share() -> None:
    draws = np.repeat(np.arange(3), 50).reshape(3, 50, 1)
    assert np.unique(pooled(draws, np.array([0.115, 0.0, 0.885])), return_counts=True)[1].tolist() == [23, 177]
