"""Intervals that hold what they should, and differences that are paired."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.forecasts import bootstrap


def test_the_value_is_the_mean_of_what_is_known() -> None:
    values = np.array([[1.0, 3.0], [np.nan, 5.0], [np.nan, np.nan]])
    assert bootstrap.mean(values).value == 3.0
    assert np.isnan(bootstrap.mean(np.full((4, 2), np.nan)).value)
    assert np.isnan(bootstrap.mean(np.array([[1.0], [np.nan]])).low)  # one week tells nothing of chance


def test_skill_is_one_less_the_ratio_and_pairs_weeks() -> None:
    rng = np.random.default_rng(1)
    reference = rng.gamma(2, 2, (104, 4)) * rng.gamma(1, 1, (104, 1))
    found = bootstrap.skill(0.8 * reference, reference)
    assert tuple(found) == pytest.approx((0.2, 0.2, 0.2))  # it is 20 % better in every week, so there is no doubt
    assert bootstrap.skill(reference, reference) == pytest.approx((0.0, 0.0, 0.0))


def test_weeks_that_one_lacks_are_left_out_of_both() -> None:
    a, b = np.array([[1.0], [np.nan], [2.0]]), np.array([[2.0], [100.0], [4.0]])
    assert bootstrap.skill(a, b).value == pytest.approx(0.5)


@pytest.mark.parametrize(("rho", "least"), [(0.0, 0.84), (0.6, 0.76)])
def test_intervals_of_90_percent_hold_the_truth_about_as_often(rho: float, least: float) -> None:
    """Scores that hang together in time; blocks of eight weeks in two years cover a little too seldom."""
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(200):
        noise = rng.normal(size=104)
        for t in range(1, 104):
            noise[t] = rho * noise[t - 1] + np.sqrt(1 - rho**2) * noise[t]
        found = bootstrap.mean(5 + noise[:, None])
        held += found.low <= 5 <= found.high
    assert least <= held / 200 <= 0.97
