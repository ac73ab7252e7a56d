"""The simulator's forecasts, on made-up worlds that simulate the record truly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.forecasts import worlds

from groundswell.core.errors import InputError, StoreError
from groundswell.forecasts import scores
from groundswell.forecasts.baselines import Recent
from groundswell.forecasts.baselines.common import means
from groundswell.forecasts.history import known
from groundswell.forecasts.quantiles import PROBABILITIES, as_counts, joint, share_below, values_at
from groundswell.forecasts.sampling import Sampler
from groundswell.forecasts.simulated import Analogues, Learned, Simulated, kernel, read_simulated, shape_of, thinned


@pytest.fixture(scope="module")
def simulated() -> Simulated:
    """Thirty histories of the world that the record comes from."""
    total = np.stack([worlds.autoregression(220, 6, seed=k, strength=0.85, shared=0.15) for k in range(100, 130)])
    return Simulated(worlds.FIRST, tuple(f"P-{k:02d}" for k in range(6)), total, total // 5)


@pytest.mark.parametrize("kind", [Learned, Analogues])
def test_true_simulations_forecast_better_than_recent_weeks(kind: type[Learned], simulated: Simulated) -> None:
    counts = worlds.counts_of(worlds.autoregression(220, 6, seed=1, strength=0.85, shared=0.15))
    start = known(counts, "total", 150)
    ours = kind(simulated).fit(start, worlds.CALENDAR)
    plain = Recent(52).fit(start, worlds.CALENDAR)
    found: dict[str, list[float]] = {"ours": [], "plain": [], "covered": []}
    for weeks in range(150, 215, 3):
        history = known(counts, "total", weeks)
        sampler = Sampler(1, history.origin, 300, 2)
        made, other = ours.predict(history, worlds.CALENDAR, sampler), plain.predict(history, worlds.CALENDAR, sampler)
        y = counts.total[weeks]
        found["ours"].append(scores.crps(made[:, 0], y).mean())
        found["plain"].append(scores.crps(other[:, 0], y).mean())
        found["covered"].append(scores.covered(made[:, 0], y).mean())
    assert np.mean(found["ours"]) < 0.97 * np.mean(found["plain"])
    assert 0.8 < np.mean(found["covered"]) <= 1.0


def test_provinces_of_a_draw_hang_together(simulated: Simulated) -> None:
    counts = worlds.counts_of(worlds.autoregression(220, 6, seed=2, strength=0.85, shared=0.15))
    history = known(counts, "total", 200)
    made = Learned(simulated).fit(history, worlds.CALENDAR).predict(history, worlds.CALENDAR, Sampler(1, history.origin, 1000, 1))[:, 0]
    apart = made.var(axis=0).sum()
    assert made.sum(axis=1).var() > 1.2 * apart


def test_simulations_are_kept_and_checked(simulated: Simulated, tmp_path: Path) -> None:
    simulated.write(tmp_path / "kept")
    again = read_simulated(tmp_path / "kept")
    assert np.array_equal(again.total, simulated.total)
    assert (again.first, again.provinces) == (simulated.first, simulated.provinces)
    (tmp_path / "kept" / "total.npy").write_bytes(b"x")
    with pytest.raises(StoreError):
        read_simulated(tmp_path / "kept")


def test_other_provinces_and_too_short_histories_are_refused(simulated: Simulated) -> None:
    other = known(worlds.counts_of(worlds.autoregression(150, 3, seed=1)), "total", 150)
    with pytest.raises(InputError, match="other provinces"):
        Learned(simulated).fit(other, worlds.CALENDAR)
    with pytest.raises(InputError, match="weeks before the origin"):
        simulated.known("total", simulated.first + 7 * 30)
    with pytest.raises(InputError, match="shape"):
        Simulated(0, ("A",), np.zeros((2, 3, 2)), np.zeros((2, 3, 2)))


def test_weeks_after_an_origin_are_cut(simulated: Simulated) -> None:
    assert simulated.known("contested", simulated.first + 7 * 99)[0].shape == (30, 100, 6)


def test_weights_are_of_so_many() -> None:
    far = np.linspace(0, 30, 5000)
    w = kernel(far, 150.0)
    assert w.sum() == pytest.approx(1.0)
    assert 1 / (w**2).sum() == pytest.approx(150, rel=0.02)
    assert kernel(np.arange(10.0), 150.0).tolist() == [0.1] * 10


def test_quantiles_are_turned_into_draws_and_back() -> None:
    from scipy.stats import norm

    quantiles = norm.ppf(PROBABILITIES, 3, 2)[None, :]
    u = (np.arange(2000) + 0.5)[:, None] / 2000
    made = values_at(quantiles, u)
    assert (np.diff(made[:, 0]) >= 0).all()
    assert made.mean() == pytest.approx(3, abs=0.05)
    assert made.std() == pytest.approx(2, rel=0.06)
    inside = (u[:, 0] > 0.02) & (u[:, 0] < 0.98)
    assert share_below(np.broadcast_to(quantiles, (2000, 13)), made[:, 0])[inside] == pytest.approx(u[inside, 0], abs=1e-6)


def test_joint_draws_have_their_margins_and_the_ranks_of_the_past() -> None:
    rng = np.random.default_rng(1)
    both = rng.normal(size=(400, 1, 1))
    place = (both + 0.3 * rng.normal(size=(400, 1, 2))) / 6 + 0.5
    quantiles = np.broadcast_to(np.linspace(0, 12, 13), (1, 2, 13))
    made = joint(quantiles, place, place, Sampler(1, 40_000, 800, 1))[:, 0]
    assert np.corrcoef(made.T)[0, 1] > 0.85
    assert np.quantile(made[:, 0], 0.5) == pytest.approx(6, abs=0.4)
    assert as_counts(np.log(np.array([0.1, 1.1, 7.4]))).tolist() == [0, 1, 7]


def test_levels_use_no_later_week() -> None:
    counts = np.random.default_rng(0).poisson(3.0, (40, 2)).astype(float)
    assert np.array_equal(means(counts, 13)[:30], means(counts[:30], 13))


def test_counts_are_thinned_and_added_to_as_poisson_counts_are() -> None:
    """Of a Poisson count at one rate comes one at another, by the law of either; a count times a factor would be spread too much."""
    rng = np.random.default_rng(1)
    found = rng.poisson(4.0, (20_000, 1)).astype(float)
    few = thinned(found, np.full(found.shape, 0.3), rng.random(found.shape))
    assert few.mean() == pytest.approx(1.2, rel=0.03)
    assert few.var() == pytest.approx(1.2, rel=0.05)
    assert (few <= found).all()
    assert (thinned(found, np.ones(found.shape), rng.random(found.shape)) == found).all()


@pytest.mark.parametrize(("theirs", "real"), [(0.3, 0.9), (1.0, 3.0), (3.0, 1.0), (2.0, 2.0)])
def test_analogues_of_another_level_forecast_the_real_one(theirs: float, real: float) -> None:
    """Simulated provinces have a third of the real counts, or three times as many: CRPS is that of the true law but for a few per cent."""
    rng = np.random.default_rng(7)
    places = 6
    shape = 2.0

    def made(level: float, *size: int) -> np.ndarray:
        return rng.poisson(level * rng.gamma(shape, 1 / shape, (*size, places)))

    histories = made(theirs, 30, 160)
    simulated = Simulated(worlds.FIRST, tuple(f"P-{k:02d}" for k in range(places)), histories, histories // 5)
    counts = worlds.counts_of(made(real, 220))
    ours = Analogues(simulated).fit(known(counts, "total", 150), worlds.CALENDAR)
    mine, best, mean = [], [], []
    for weeks in range(150, 218, 2):
        history = known(counts, "total", weeks)
        forecast = ours.predict(history, worlds.CALENDAR, Sampler(1, history.origin, 400, 1))[:, 0]
        mine.append(scores.crps(forecast, counts.total[weeks]).mean())
        best.append(scores.crps(made(real, 400), counts.total[weeks]).mean())
        mean.append(forecast.mean())
    assert np.mean(mean) == pytest.approx(counts.total[137:].mean(), rel=0.08)
    assert np.mean(mine) < 1.06 * np.mean(best)


def test_the_spread_of_rates_is_found_again() -> None:
    rng = np.random.default_rng(3)
    level = np.full((40_000, 5), 3.0)
    for shape in (0.5, 2.0, 20.0):
        rate = level * rng.gamma(shape, 1 / shape, level.shape)
        rate *= level.sum(axis=1, keepdims=True) / rate.sum(axis=1, keepdims=True) * rng.gamma(5.0, 0.2, (len(level), 1))
        assert shape_of(rng.poisson(rate).astype(float), level) > 0.4 * shape
    assert shape_of(rng.poisson(level).astype(float), level) > 20
