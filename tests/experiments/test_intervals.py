"""Student's t against published values and closed forms; bands and intervals by hand."""

import math

import numpy as np
import pytest

from groundswell.experiments.intervals import band, block_band, interval, student_t


@pytest.mark.parametrize(
    ("freedom", "level", "printed"),  # Abramowitz and Stegun, table 26.10: A = .9 and A = .99
    [(1, 0.9, 6.314), (2, 0.9, 2.920), (3, 0.9, 2.353), (7, 0.9, 1.895), (15, 0.9, 1.753), (120, 0.9, 1.658), (9, 0.99, 3.250)],
)
def test_the_printed_table(freedom: int, level: float, printed: float) -> None:
    assert student_t(level, freedom) == pytest.approx(printed, abs=5.1e-4)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_one_and_two_degrees_of_freedom_have_closed_forms(level: float) -> None:
    assert student_t(level, 1) == pytest.approx(math.tan(math.pi * level / 2), rel=1e-9)
    assert student_t(level, 2) == pytest.approx(level * math.sqrt(2 / (1 - level * level)), rel=1e-9)


def test_an_interval_by_hand() -> None:
    found = interval(np.array([1.0, 2.0, 3.0]))
    half = 2.91998558 / math.sqrt(3)
    assert (found.mean, found.low, found.high) == pytest.approx((2.0, 2 - half, 2 + half))
    wider = band(np.array([[1.0, -1.0], [2.0, 0.0], [3.0, 1.0]]))
    half = 2.91998558 * math.sqrt(4 / 3)
    np.testing.assert_allclose(wider.high, [2 + half, half])
    np.testing.assert_allclose(wider.low, [0.0, -half])  # not below zero where no replicate is


def test_what_is_not_known_does_not_count_and_one_value_has_no_limits() -> None:
    found = interval(np.array([[1.0, 5.0], [3.0, np.nan]]))
    np.testing.assert_allclose(found.mean, [2.0, 5.0])
    assert np.isfinite(found.low[0])
    assert np.isnan(found.low[1])
    assert np.isnan(found.high[1])
    assert np.isnan(interval(np.array([np.nan, np.nan])).mean)


def test_an_interval_holds_the_mean_as_often_as_it_says() -> None:
    draws = np.random.default_rng(4).normal(3.0, 2.0, (5, 20_000))
    found = interval(draws)
    assert np.mean((found.low <= 3) & (found.high >= 3)) == pytest.approx(0.9, abs=0.008)
    one_more = np.random.default_rng(5).normal(3.0, 2.0, 20_000)
    around = band(draws - 100)  # far below zero, where nothing is cut
    assert np.mean((around.low <= one_more - 100) & (around.high >= one_more - 100)) == pytest.approx(0.9, abs=0.008)


def test_block_band_of_independent_weeks() -> None:
    """For independent weeks the band of the mean is that of a mean: 1.645 s/√n on either side."""
    rng = np.random.default_rng(5)
    tables = [rng.poisson(4.0, (400, 1)).astype(float) for _ in range(2)]
    found = block_band(tables, lambda table: float(table.sum(axis=1).mean()))
    pooled = np.concatenate(tables)
    assert float(found.mean) == pytest.approx(pooled.mean())
    half = 1.645 * pooled.std() / np.sqrt(400)
    assert float(found.high - found.low) / 2 == pytest.approx(half, rel=0.15)


def test_block_band_keeps_what_hangs_together() -> None:
    """Weeks that come in pairs of equals: drawn one by one the band of their mean would be √2 too narrow."""
    rng = np.random.default_rng(6)
    weeks = np.repeat(rng.poisson(4.0, 200), 2).astype(float)[:, None]
    found = block_band([weeks], lambda table: float(table.sum(axis=1).mean()))
    assert float(found.high - found.low) / 2 > 1.2 * 1.645 * weeks.std() / np.sqrt(400)


def test_band_of_a_share_ends_at_one() -> None:
    assert float(band(np.array([0.7, 0.9])).high) > 1
    assert float(band(np.array([0.7, 0.9]), most=1.0).high) == 1.0
