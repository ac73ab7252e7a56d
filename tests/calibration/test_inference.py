"""Inference against a posterior that is known exactly, calibration of it, and faults that must be seen."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from tests.calibration import toy

from groundswell.calibration.checking import band, calibrate, contraction, outside, quantiles, share_below, tails, unusual
from groundswell.calibration.inference import Amortised, Weighted, amortise
from groundswell.calibration.learning import Ridge, Scaling, learn
from groundswell.core.errors import InputError

ROWS = 1000


@cache
def table() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    z, s, total, contested, _ = toy.table(ROWS, 3)
    return z, s, total, contested


@cache
def inference() -> Amortised:
    z, s, _, _ = table()
    return amortise(s, z)


def test_posteriors_are_near_the_exact_ones() -> None:
    z, _, total, contested = table()
    inner = np.flatnonzero((np.abs(z) < 1.4).all(axis=1))[:12]
    errors, ratios = [], []
    for row in inner.tolist():
        mean, spread = toy.exact(total[row], contested[row], 20)
        found = inference().left_out(row)
        errors.append((found.mean - mean) / np.sqrt(found.variance))
        ratios.append(np.sqrt(found.variance) / spread)
    # what summaries lose widens a posterior: means differ from the exact ones by less than their own spread, which is never narrower
    assert np.sqrt(np.mean(np.square(errors), axis=0)).max() < 0.95
    assert (np.median(ratios, axis=0) > 0.95).all()
    assert (np.median(ratios, axis=0) < 3.3).all()


def test_calibration_holds_and_data_inform() -> None:
    found = calibrate(toy.PRIORS.keys, inference(), 200)
    for one in found.each:
        assert one.contraction > 0.8
        assert 0.83 <= one.coverage["0.9"] <= 0.96
        assert abs(one.bias) < 0.1
        assert one.leaves < 0.03
    assert found.shares.shape == (200, 4)


@pytest.mark.parametrize("fault", ["narrow", "wide", "shifted", "prior"])
def test_a_planted_fault_is_seen(fault: str) -> None:
    right = inference().left_out

    def wrong(row: int) -> Weighted:
        found = right(row)
        z, spread = found.z, np.sqrt(found.variance)
        if fault == "narrow":
            z = found.mean + 0.6 * (z - found.mean)
        elif fault == "wide":
            z = found.mean + 2.0 * (z - found.mean)
        elif fault == "shifted":
            z = z + 0.5 * spread
        else:  # a posterior of another record
            z = right((row + 1) % ROWS).z
            return Weighted(z, right((row + 1) % ROWS).weights, found.rows, found.distance)
        return Weighted(z, found.weights, found.rows, found.distance)

    found = calibrate(toy.PRIORS.keys, inference(), 200, posterior=wrong)
    assert not any(one.holds for one in found.each)
    assert min(one.leaves for one in found.each) > 0
    shared = [outside(found.shares[:, k], 1 - 0.05 / 4) for k in range(4)]  # four bands that hold together with 95 %
    assert [one.leaves for one in found.each] == shared
    assert min(outside(found.shares[:, k]) - shared[k] for k in range(4)) > 0


def test_counts_recorded_twice_are_seen() -> None:
    """The record, not the inference, is at fault: contested counts entered doubly."""
    z, _, total, contested = table()
    rows = (np.arange(60) * ROWS) // 60
    doubled = [toy.summarise(toy.counts_of(total[r] + contested[r], 2 * contested[r]), 1e6 * toy.MASS).values for r in rows.tolist()]
    shares = np.array([share_below(inference().posterior(s), z[r]) for s, r in zip(doubled, rows.tolist(), strict=True)])
    assert outside(shares[:, 3]) > 0.2


def test_what_data_do_not_tell_stays_prior() -> None:
    z, s, _, _ = table()
    idle = np.column_stack([z, np.random.default_rng(5).standard_normal(ROWS)])
    found = calibrate((*toy.PRIORS.keys, "idle"), amortise(s, idle), 100)
    assert abs(found.each[4].contraction) < 0.12
    assert found.each[4].coverage["0.9"] == pytest.approx(0.9, abs=0.08)


def test_a_row_never_sees_itself() -> None:
    """A row whose parameters are false is guessed as before and is no neighbour of itself; others, who saw it, move a little."""
    z, s, _, _ = table()
    false = z.copy()
    false[17] = 5.0
    one = amortise(s, false)
    guess = one.learned.models[17 % 5].guess(one.learned.scaling(s[17][None]))[0]
    np.testing.assert_allclose(guess, one.learned.guesses[17])
    np.testing.assert_allclose(guess, inference().learned.guesses[17])
    before, after = inference().left_out(17), one.left_out(17)
    assert 17 not in after.rows
    assert (np.abs(after.mean - before.mean) < 0.6 * np.sqrt(before.variance)).all()


def test_the_band_holds_everywhere_at_once() -> None:
    at, low, high = band(100, 0.9)
    numbers = np.sort(np.random.default_rng(1).random((4000, 100)), axis=1)
    found = np.array([np.searchsorted(row, at, side="right") for row in numbers]) / 100
    inside = ((found >= low - 1e-9) & (found <= high + 1e-9)).all(axis=1).mean()
    assert inside == pytest.approx(0.9, abs=0.02)


def test_weighted_quantiles_and_shares() -> None:
    values, weights = np.array([[1.0], [2.0], [3.0]]), np.array([0.25, 0.5, 0.25])
    assert quantiles(values, weights, (0.5,))[0, 0] == 2
    posterior = Weighted(values, weights, np.arange(3), 0.0)
    assert share_below(posterior, np.array([2.0]))[0] == pytest.approx(0.5)
    assert share_below(posterior, np.array([9.0]))[0] == 1
    assert posterior.effective == pytest.approx(1 / 0.375)


def test_chances_are_no_finer_than_the_simulations_allow() -> None:
    assert tails(np.array([2.5]), np.array([[1.0], [2.0], [3.0], [4.0]]))[0] == 1.0
    assert tails(np.array([9.0]), np.array([[1.0], [2.0]]))[0] == pytest.approx(2 / 3)
    hundred = np.arange(100.0)[:, None]
    assert tails(np.array([1000.0]), hundred)[0] == pytest.approx(2 / 101)
    assert tails(np.array([97.5]), hundred)[0] == pytest.approx(2 * 3 / 101)
    uneven = np.array([0.5, 0.5, *np.zeros(98)])
    assert tails(np.array([1000.0]), hundred, uneven)[0] == pytest.approx(2 / 3)


def test_an_unusual_record_is_one_that_no_simulation_is_like() -> None:
    """Honest records are as unusual as simulated ones; one put together of many, each value possible, and one beyond them are not."""
    _, s, _, _ = table()
    honest = [unusual(s[row], np.delete(s, row, axis=0)) for row in range(5, 600, 29)]
    assert 0.3 < np.mean(honest) < 0.7
    assert min(honest) < 0.3
    random = np.random.default_rng(3)
    for _ in range(5):
        assert unusual(s[random.integers(0, len(s), s.shape[1]), np.arange(s.shape[1])], s) < 0.05
    away = s[7].copy()
    away[:25] = s[:, :25].max(axis=0) + s[:, :25].std(axis=0)
    assert unusual(away, s) == pytest.approx(1 / 201)
    assert unusual(s[7], s[:60], truths=20) > 1 / 21
    angle = 2 * np.pi * np.arange(13) / 13  # each corner is like each other one, and none is its own neighbour
    corners = np.column_stack([np.cos(angle), np.sin(angle)])
    assert unusual(corners[12], corners[:12]) > 0.5


def test_summaries_beyond_the_table_are_cut() -> None:
    s = np.random.default_rng(1).standard_normal((500, 3))
    s[:, 2] = 1.0
    scaling = Scaling.of(s)
    assert scaling.kept.tolist() == [True, True, False]
    far = scaling(np.array([[1e9, -1e9, 0.0]]))
    assert np.abs(far).max() < 4


def test_the_ridge_finds_a_line() -> None:
    random = np.random.default_rng(4)
    s = random.standard_normal((400, 5))
    z = s[:, :2] @ np.array([[1.0, 0.5], [-1.0, 0.5]]) + 0.1 * random.standard_normal((400, 2))
    ridge = Ridge()
    ridge.fit(s, z)
    assert np.abs(ridge.guess(s) - z).std() < 0.12
    assert learn(s, z).explained.min() > 0.95


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        learn(np.zeros((10, 3)), np.zeros((10, 2)))


def test_a_posterior_rests_on_enough_rows_for_its_parameters() -> None:
    """With many parameters the share alone would keep too few, and intervals would be too narrow."""
    random = np.random.default_rng(3)
    z = random.standard_normal((600, 6))
    found = amortise(z + 0.5 * random.standard_normal((600, 6)), z, keep=0.1)
    assert len(np.unique(found.left_out(0).rows)) == 420
    assert len(np.unique(amortise(z, z[:, :1], keep=0.1).left_out(0).rows)) == 200


def test_contraction_is_told_where_the_prior_is_even() -> None:
    random, even = np.random.default_rng(5), np.full(20_000, 1 / 20_000)
    prior = random.standard_normal(20_000)
    end = 3.0 + np.abs(random.standard_normal(20_000))  # at one end of the prior, where z lies far apart
    half = np.abs(random.standard_normal(20_000))  # the upper half of the prior: a quarter of its variance
    nothing, all_of_it, some = contraction(np.column_stack([prior, end, half]), even)
    assert nothing == pytest.approx(0, abs=0.02)
    assert all_of_it > 0.999
    assert some == pytest.approx(0.75, abs=0.01)
