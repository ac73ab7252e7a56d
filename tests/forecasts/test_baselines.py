"""Each baseline against records made by its own model, and all of them against each other's limits."""

from __future__ import annotations

import numpy as np
import pytest
from tests.forecasts import worlds

from groundswell.forecasts import scores
from groundswell.forecasts.baselines import Boosting, Forecaster, Hawkes, LastValue, NegativeBinomial, Recent, Season, baselines, boosting
from groundswell.forecasts.baselines.base import effects
from groundswell.forecasts.baselines.common import fortieth, means, shared_variance
from groundswell.forecasts.history import History, known
from groundswell.forecasts.sampling import Sampler


def history_of(total: np.ndarray, weeks: int | None = None) -> History:
    return known(worlds.counts_of(total), "total", weeks or len(total))


def forecast(one: Forecaster, history: History, draws: int = 400) -> np.ndarray:
    return one.fit(history, worlds.CALENDAR).predict(history, worlds.CALENDAR, Sampler(1, history.origin, draws, 4))


@pytest.fixture(scope="module")
def calm() -> np.ndarray:
    return np.random.default_rng(0).poisson(np.linspace(0.5, 4, 6), (170, 6))


@pytest.mark.parametrize("one", baselines(), ids=lambda one: one.name)
def test_a_forecast_has_its_shape_and_repeats(one: Forecaster, calm: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(boosting.TREES, "max_iter", 4)
    history = history_of(calm)
    made = forecast(one, history, 60)
    assert made.shape == (60, 4, 6)
    assert made.dtype == np.int64
    assert (made >= 0).all()
    assert np.array_equal(made, forecast(one, history, 60))


@pytest.mark.parametrize("one", baselines(), ids=lambda one: one.name)
def test_a_country_without_events_is_forecast_none(one: Forecaster) -> None:
    made = forecast(one, history_of(np.zeros((150, 4), np.int64)), 50)
    assert made.mean() < 0.05


@pytest.mark.parametrize("one", [Recent(52), Season(), NegativeBinomial(), Hawkes(), Boosting()], ids=lambda one: one.name)
def test_independent_counts_are_forecast_almost_as_well_as_can_be(one: Forecaster, calm: np.ndarray) -> None:
    """Poisson counts without memory: the truth's CRPS is known, and none is far from it, or from its coverage."""
    rng = np.random.default_rng(9)
    rate = np.linspace(0.5, 4, 6)
    made = forecast(one, history_of(calm))
    y = rng.poisson(rate, (400, 1, 6))
    found = np.mean([scores.crps(made[:, 0], one_week[0]) for one_week in y])
    best = np.mean([scores.crps(rng.poisson(rate, (400, 6)), one_week[0]) for one_week in y[:100]])
    assert found < 1.15 * best


def test_the_last_value_is_the_last_value(calm: np.ndarray) -> None:
    history = history_of(calm)
    flat = effects(history, worlds.CALENDAR)
    made = forecast(LastValue(), history, 10)
    want = np.rint(
        history.counts[-1] * (flat.factors(history.ahead(4), worlds.CALENDAR) / flat.factors([history.origin], worlds.CALENDAR))[:, None]
    )
    assert (made == want).all()


def test_recent_weeks_keep_their_mean_and_what_provinces_share() -> None:
    rng = np.random.default_rng(3)
    total = rng.poisson(rng.gamma(2, 2, (150, 1)) * np.ones((150, 5)))
    history = history_of(total)
    made = forecast(Recent(52), history, 2000)
    assert made[:, 0].mean() == pytest.approx(history.counts[-52:].mean(), rel=0.12)
    assert np.corrcoef(made[:, 0].T)[0, 1] == pytest.approx(np.corrcoef(history.counts[-52:].T)[0, 1], abs=0.12)


def test_the_season_is_that_of_other_years() -> None:
    weeks = worlds.FIRST + 7 * np.arange(320)
    rate = np.where((weeks - weeks[312]) % 365.2425 < 40, 20.0, 2.0)
    total = np.random.default_rng(4).poisson(rate[:, None], (320, 4))
    assert forecast(Season(), history_of(total, 312))[:, 2].mean() > 12  # weeks that are high each year, seen from before them
    assert forecast(Recent(13), history_of(total, 312))[:, 2].mean() < 6


def test_the_calendar_reaches_every_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a feast of two weeks a year next to nothing happens; from the week before it, every baseline knows."""
    weeks = worlds.FIRST + 7 * np.arange(330)
    feast = worlds.CALENDAR.features(weeks)[:, -1]
    rng = np.random.default_rng(5)
    total = rng.poisson(np.where(feast[:, None] > 0.5, 0.6, 6.0), (330, 5))
    start = int(np.flatnonzero((feast > 0.9) & (np.arange(330) > 300))[0])
    history = history_of(total, start)
    monkeypatch.setitem(boosting.TREES, "max_iter", 30)
    for one in baselines():
        made = forecast(one, history, 300).mean(axis=(0, 2))
        assert made[0] < 0.75 * total[start - 10 : start].mean(), one.name


def test_the_regression_finds_what_made_the_record() -> None:
    total = worlds.autoregression(420, 12, seed=1, shape=2.0, strength=0.6)
    history = history_of(total)
    fitted = NegativeBinomial().fit(history, worlds.CALENDAR)
    n, provinces = fitted.sizes
    lagged = fitted.theta[1]
    assert lagged == pytest.approx(0.6, abs=0.1)
    assert np.abs(fitted.theta[2:7]).max() < 0.3  # other lags have no effect
    level = fitted.theta[n : n + provinces]
    assert np.corrcoef(level, np.linspace(-0.3, 0.7, provinces))[0, 1] > 0.8
    shapes = np.exp(fitted.theta[n + provinces : n + 2 * provinces] + fitted.theta[-3])
    assert np.median(shapes) == pytest.approx(2.0, rel=0.3)
    assert fitted.variance < 0.03


def test_the_regression_finds_weeks_without_reports_and_what_is_shared() -> None:
    shared = NegativeBinomial().fit(history_of(worlds.autoregression(420, 12, seed=2, shared=0.3)), worlds.CALENDAR)
    assert shared.variance == pytest.approx(0.3, abs=0.1)
    quiet = np.random.default_rng(3)
    total = np.where(quiet.random((420, 10)) < 0.3, 0, quiet.poisson(8.0, (420, 10)))
    fitted = NegativeBinomial().fit(history_of(total), worlds.CALENDAR)
    level = np.log1p(means(total.astype(float), 13)).mean()
    assert 1 / (1 + np.exp(-fitted.theta[-2] - fitted.theta[-1] * level)) == pytest.approx(0.3, abs=0.06)


def test_the_regression_forecasts_its_own_world_as_the_truth_does() -> None:
    total = worlds.autoregression(500, 10, seed=4)
    fitted = NegativeBinomial().fit(history_of(total, 420), worlds.CALENDAR)
    rng = np.random.default_rng(1)
    level = np.linspace(-0.3, 0.7, 10)
    ours, truth = [], []
    for weeks in range(420, 499):
        history = history_of(total, weeks)
        made = fitted.predict(history, worlds.CALENDAR, Sampler(1, history.origin, 300, 1))[:, 0]
        mean = np.exp(level + 0.6 * np.log1p(total[weeks - 1]))
        ours.append(scores.crps(made, total[weeks]).mean())
        truth.append(scores.crps(worlds.negative_binomials(rng, np.broadcast_to(mean, (300, 10)), 2.0), total[weeks]).mean())
    assert np.mean(ours) < 1.04 * np.mean(truth)


@pytest.mark.parametrize("one", [NegativeBinomial(), Hawkes()], ids=lambda one: one.name)
def test_deaths_beyond_all_experience_do_not_carry_a_forecast_away(one: Forecaster) -> None:
    """Weeks with a few deaths were followed by more events forty days on; then hundreds die."""
    rng = np.random.default_rng(8)
    deaths = np.zeros((200, 5), np.int64)
    deaths[[60, 90, 120, 150], 0] = 4
    rate = np.full((200, 5), 3.0)
    for week in (60, 90, 120, 150):
        rate[week + 5 : week + 7] = 6.0
    deaths[194, 0] = 400
    history = known(worlds.counts_of(rng.poisson(rate), deaths=deaths), "total", 196)
    made = forecast(one, history)
    assert made.mean(axis=(0, 2)).max() < 15


def test_the_gradients_are_those_of_the_losses() -> None:
    from scipy.optimize import approx_fprime

    from groundswell.forecasts.baselines import hawkes, negative_binomial

    rng = np.random.default_rng(7)
    counts = worlds.excited(60, 3, seed=1).astype(float)
    features, share = rng.normal(size=(60, 2)), np.array([0.2, 0.3, 0.5])
    theta = np.array([1.2, 0.3, -0.2, -0.7, 0.4, 0.1, -0.2])
    _, exact = hawkes._loss(theta, counts, features, share)
    assert exact == pytest.approx(approx_fprime(theta, lambda t: hawkes._loss(t, counts, features, share)[0], 1e-6), rel=1e-3, abs=2e-3)
    x, y, level = rng.normal(size=(30, 3, 9)) * 0.3, rng.poisson(2.0, (30, 3)).astype(float), rng.random((30, 3))
    given = (x, y, level, np.full(9, 0.7), 0.5)
    theta = rng.normal(size=9 + 6 + 3) * 0.2
    _, exact = negative_binomial._loss(theta, *given)
    assert exact == pytest.approx(approx_fprime(theta, lambda t: negative_binomial._loss(t, *given)[0], 1e-6), rel=1e-3, abs=2e-3)


def test_the_hawkes_process_is_found() -> None:
    total = worlds.excited(900, 8, seed=1, own=0.45, across=0.25, decay=0.6, base=8.0, shape=6.0)
    fitted = Hawkes().fit(history_of(total), worlds.CALENDAR)
    own, across = fitted.branching
    assert own == pytest.approx(0.45, abs=0.1)
    assert across == pytest.approx(0.25, abs=0.12)
    assert np.exp(fitted.theta[3]) == pytest.approx(0.6, rel=0.35)
    assert np.exp(fitted.theta[4]) == pytest.approx(6.0, rel=0.25)
    assert np.abs(fitted.theta[5:]).max() < 0.15


def test_boosting_learns_what_depends_on_the_last_week() -> None:
    """Weeks repeat the last one's level: boosting must beat draws from the last year, and cover what it says."""
    total = worlds.autoregression(380, 10, seed=6, strength=0.85)
    fitted = Boosting().fit(history_of(total, 330), worlds.CALENDAR)
    plain = Recent(52).fit(history_of(total, 330), worlds.CALENDAR)
    said = {"boosting": [], "plain": []}
    inside = []
    for weeks in range(330, 376, 2):
        history = history_of(total, weeks)
        sampler = Sampler(1, history.origin, 200, 4)
        made = fitted.predict(history, worlds.CALENDAR, sampler)
        inside.append(scores.covered(made[:, 0], total[weeks]).mean())
        for name, draws in (("boosting", made), ("plain", plain.predict(history, worlds.CALENDAR, sampler))):
            said[name].append(scores.crps(draws[:, 0], total[weeks]).mean())
    assert np.mean(said["boosting"]) < 0.97 * np.mean(said["plain"])
    assert 0.8 < np.mean(inside) < 1.0


def test_means_and_the_fortieth_day() -> None:
    counts = np.arange(6.0)[:, None]
    assert means(counts, 3)[:, 0].tolist() == [0, 0.5, 1, 2, 3, 4]
    deaths = np.zeros((4, 1))
    deaths[1] = 7
    assert fortieth(deaths, np.arange(10))[:, 0].tolist() == [0, 0, 0, 0, 0, 0, 2, 5, 0, 0]


def test_the_shared_variance_is_found() -> None:
    rng = np.random.default_rng(1)
    expected = np.full(3000, 60.0)
    nation = rng.poisson(expected * rng.gamma(4, 1 / 4, 3000))
    assert shared_variance(nation.astype(float), expected, np.zeros(3000)) == pytest.approx(0.25, abs=0.03)
    assert shared_variance(nation.astype(float), expected, np.full(3000, 0.3)) == 0
