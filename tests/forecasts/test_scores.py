"""Scores against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats as scipy_stats

from groundswell.forecasts import scores

U = (np.arange(4000) + 0.5) / 4000  # the middle of equal slices: draws without chance


@pytest.mark.parametrize(("mean", "sd", "y"), [(0.0, 1.0, 0.3), (5.0, 2.0, 9.0), (-1.0, 0.5, -1.0)])
def test_crps_of_a_normal_forecast_is_the_closed_form(mean: float, sd: float, y: float) -> None:
    z = (y - mean) / sd
    exact = sd * (z * (2 * scipy_stats.norm.cdf(z) - 1) + 2 * scipy_stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert scores.crps(scipy_stats.norm.ppf(U, mean, sd), y) == pytest.approx(exact, abs=2e-3 * sd)


@pytest.mark.parametrize("y", [0, 3, 40])
def test_crps_of_a_weighted_count_forecast_is_the_sum_over_thresholds(y: int) -> None:
    support = np.arange(400)
    pmf = scipy_stats.nbinom.pmf(support, 2.0, 2 / (2 + 8.0))
    exact = ((np.cumsum(pmf) - (y <= support)) ** 2).sum()
    assert scores.crps(support, y, weights=pmf) == pytest.approx(exact, abs=1e-9)
    draws = scipy_stats.nbinom.ppf(U, 2.0, 2 / (2 + 8.0))
    assert scores.crps(draws, y) == pytest.approx(exact, abs=0.01)


@given(st.lists(st.integers(0, 50), min_size=2, max_size=12), st.integers(0, 60))
def test_crps_is_the_integral_of_the_squared_difference(draws: list[int], y: int) -> None:
    x = np.array(draws, float)
    grid = np.arange(70)
    exact = (((x[:, None] <= grid).mean(axis=0) - (y <= grid)) ** 2).sum()
    assert scores.crps(x, y) == pytest.approx(exact, abs=1e-9)
    assert scores.crps(x, y, weights=np.ones(len(x))) == pytest.approx(exact, abs=1e-9)


def test_crps_of_one_draw_is_the_absolute_error() -> None:
    assert scores.crps([[3.0, 7.0]], [5.0, 7.0]).tolist() == [2.0, 0.0]


def test_the_fair_score_of_few_draws_has_the_expectation_of_many() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(5, 200_000)), rng.normal(size=200_000)
    exact = 1 / np.sqrt(np.pi)  # of a standard normal forecast of a standard normal
    assert scores.crps(x, y, fair=True).mean() == pytest.approx(exact, abs=0.005)
    assert scores.crps(x, y).mean() > exact + 0.05
    with pytest.raises(ValueError, match="equally"):
        scores.crps(x, y, weights=np.ones(5), fair=True)


def test_crps_of_logarithms() -> None:
    assert scores.crps_log([[0.0]], [np.e - 1])[0] == pytest.approx(1.0)


@given(st.lists(st.integers(0, 30), min_size=3, max_size=8), st.lists(st.integers(0, 30), min_size=3, max_size=8))
def test_the_distance_of_two_forecasts_is_the_mean_over_pairs(a: list[int], b: list[int]) -> None:
    n = min(len(a), len(b))
    one, other = np.array(a[:n], float), np.array(b[:n], float)
    assert scores.distance(one, other) == pytest.approx(np.abs(one[:, None] - other).mean(), abs=1e-9)
    assert scores.half_spread(one) == pytest.approx(np.abs(one[:, None] - one).mean() / 2, abs=1e-9)


def test_a_distance_needs_as_many_draws_of_both() -> None:
    with pytest.raises(ValueError, match="same number"):
        scores.distance(np.zeros(3), np.zeros(4))


@pytest.mark.parametrize("mean", [0.3, 2.0, 75.0])
def test_the_log_score_is_that_of_the_distribution_of_the_draws(mean: float) -> None:
    shape = 2.0
    p = shape / (shape + mean)
    draws = scipy_stats.nbinom.ppf(U, shape, p)
    y = np.arange(0, int(6 * mean + 12))
    mass = scipy_stats.nbinom.pmf(y, shape, p)
    said = scores.log_score(np.broadcast_to(draws[:, None], (len(draws), len(y))), y)
    exact = -(mass * np.log(mass)).sum()
    assert (mass * said).sum() == pytest.approx(exact, abs=0.03)
    assert (mass * said).sum() >= exact - 1e-3 - (1 - mass.sum()) * 20  # no forecast beats the truth


def test_the_probabilities_of_the_log_score_sum_to_one() -> None:
    draws = np.array([0, 0, 1, 4, 9, 200])
    y = np.arange(20_000)
    mass = np.exp(-scores.log_score(np.broadcast_to(draws[:, None], (6, len(y))), y))
    assert mass.sum() + 1 / 7 / (len(y) + 1) == pytest.approx(1.0, abs=1e-6)  # what is left is the wide distribution's tail
    assert (mass > 0).all()


def test_the_interval_score_of_a_certain_forecast_is_its_error() -> None:
    assert scores.interval_score(np.full((10, 1), 5.0), [5.0])[0] == 0
    assert scores.interval_score(np.full((10, 1), 5.0), [7.0])[0] == pytest.approx(20 * 2)
    assert scores.interval_score(np.full((10, 1), 5.0), [4.0])[0] == pytest.approx(20 * 1)


def test_the_interval_score_of_a_uniform_forecast() -> None:
    draws = 100 * U
    width = 90.0
    assert scores.interval_score(draws, 50.0) == pytest.approx(width, abs=0.1)
    assert scores.interval_score(draws, 99.0) == pytest.approx(width + 20 * 4, abs=0.6)


def test_the_interval_holds_as_much_as_it_says() -> None:
    low, high = scores.interval(np.arange(1, 101, dtype=float))
    assert (low, high) == (5, 95)
    assert scores.covered(np.arange(1, 101.0)[:, None], [[5.0, 95.0, 96.0, 4.0]]).tolist() == [[True, True, False, False]]


def test_brier() -> None:
    assert scores.brier([0.0, 0.25, 1.0], [0, 1, 1]).tolist() == [0, 0.5625, 0]


@pytest.mark.parametrize("measure", [scores.crps, scores.crps_log, scores.interval_score, scores.log_score])
def test_a_forecast_of_the_truth_scores_best(measure: object) -> None:
    """Proper: of many forecasts, that of the distribution which the counts come from has the lowest mean score."""
    rng = np.random.default_rng(2)
    y = rng.negative_binomial(2, 2 / (2 + 10.0), 3000)
    means = []
    for factor in (0.5, 0.75, 1.0, 1.4, 2.0):
        draws = scipy_stats.nbinom.ppf((np.arange(300) + 0.5) / 300, 2, 2 / (2 + 10.0 * factor))
        means.append(measure(np.broadcast_to(draws[:, None], (300, len(y))), y).mean())  # type: ignore[operator]
    assert int(np.argmin(means)) == 2
