"""Summaries: defined for every table, exact where a hand can count, and moved by what they are named after."""

from __future__ import annotations

import numpy as np
import pytest

from groundswell.calibration.counts import Counts
from groundswell.calibration.summaries import DOCS, Windows, about, summarise

PERSONS = np.array([1e6, 5e5, 2e5])
FIRST = 43834  # a Saturday


def counts(total: np.ndarray, contested: np.ndarray | None = None) -> Counts:
    hard = np.zeros_like(total) if contested is None else contested
    kinds = np.stack([(total - hard).sum(axis=1), hard.sum(axis=1), 0 * hard.sum(axis=1), 0 * hard.sum(axis=1)], axis=1)
    return Counts(FIRST, ("A", "B", "C"), total, hard, 0 * total, kinds)


@pytest.mark.parametrize("weeks", [8, 52, 313])
@pytest.mark.parametrize("fill", ["nothing", "one", "same", "alternating", "huge"])
def test_every_table_has_finite_summaries(weeks: int, fill: str) -> None:
    total = np.zeros((weeks, 3), np.int64)
    if fill == "one":
        total[weeks // 2, 1] = 1
    elif fill == "same":
        total += 4
    elif fill == "alternating":
        total[::2] = 7
    elif fill == "huge":
        total[3, 0] = 65535
    found = summarise(counts(total, total // 2), PERSONS, Windows(("w",), ((FIRST + 7, FIRST + 20),)))
    assert np.isfinite(found.values).all()
    assert np.abs(found.values).max() < 15
    assert len(set(found.names)) == len(found.names)


def test_the_names_do_not_depend_on_the_table() -> None:
    random = np.random.default_rng(1)
    one = summarise(counts(np.zeros((52, 3), np.int64)), PERSONS)
    other = summarise(counts(random.poisson(3, (52, 3))), PERSONS)
    assert one.names == other.names


def test_each_summary_is_explained() -> None:
    windows = Windows(("bread",), ((FIRST + 7, FIRST + 20),))
    found = summarise(counts(np.ones((52, 3), np.int64)), PERSONS, windows)
    assert all(about(name) for name in found.names)
    used = {about(name) for name in found.names}
    assert used == set(DOCS.values())


def test_moments_by_hand() -> None:
    total = np.zeros((12, 3), np.int64)
    total[:, 0] = [0, 2] * 6
    found = summarise(counts(total), PERSONS).as_dict()
    assert found["total.dispersion"] == pytest.approx(np.log(12 / 11))  # mean 1, variance 12 / 11
    assert found["total.autocorrelation_1"] == pytest.approx(np.arctanh(-0.99))
    assert found["total.autocorrelation_2"] == pytest.approx(np.arctanh(0.99))
    assert found["total.empty"] == pytest.approx(np.log(30.5 / 6.5))
    assert found["total.level_1"] == pytest.approx(np.log(2.5 / 2))
    assert found["total.quantile_most"] == pytest.approx(np.log(2.5))
    assert found["total.after"] == pytest.approx(np.log(0.5 / 2.5))
    assert found["both.contested_all"] == pytest.approx(np.log(0.5 / 12.5))


def test_a_window_is_the_mean_of_its_weeks_over_the_usual_week() -> None:
    total = np.full((20, 3), 2, np.int64)
    total[5:7] = 20
    windows = Windows(("shock", "later"), ((FIRST + 5 * 7 + 3, FIRST + 6 * 7 + 1), (FIRST + 999, FIRST + 1010)))
    found = summarise(counts(total), PERSONS, windows).as_dict()
    assert found["total.window.shock"] == pytest.approx(np.log(60.5) - np.log(6.5))
    assert "total.window.later" not in found


def test_what_a_summary_is_named_after_moves_it() -> None:
    random = np.random.default_rng(2)
    even = random.poisson(4, (300, 3))
    wild = random.poisson(4 * random.gamma(0.3, 1 / 0.3, (300, 1)), (300, 3))
    sized = random.poisson(PERSONS / 1e5, (300, 3))
    base, burst, by_size = (summarise(counts(t, t // 3), PERSONS).as_dict() for t in (even, wild, sized))
    assert burst["total.dispersion"] > base["total.dispersion"] + 1
    assert burst["total.province_correlation"] > base["total.province_correlation"] + 0.3
    assert burst["total.empty"] > base["total.empty"] + 1
    assert by_size["total.size"] == pytest.approx(1, abs=0.15)
    assert abs(base["total.size"]) < 0.1
    assert by_size["total.unequal"] > base["total.unequal"] + 0.3
