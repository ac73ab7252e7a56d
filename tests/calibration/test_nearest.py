"""The draw that stands for a posterior."""

from __future__ import annotations

import numpy as np
import pytest
from tests.calibration.worlds import ATLANTIS

from groundswell import cases
from groundswell.calibration import nearest
from groundswell.calibration.nearest import FURTHEST, NORMAL, REPEATS, distances
from groundswell.calibration.posterior import Posterior
from groundswell.calibration.priors import read_priors

PRIOR = np.array([[-2.0, 5.0, 0.0], [-1.0, 5.0, 0.0], [0.0, 5.0, 0.0], [1.0, 5.0, 0.0], [2.0, 5.0, 9.0]])
RECORD = np.array([0.0, 7.0, 0.0])


def test_a_distance_is_in_robust_deviations_of_the_prior_and_is_cut() -> None:
    """The first column's median absolute deviation is 1; the second varies nowhere; the third has 0, so that its deviation is used."""
    ordinary = PRIOR[:, 2].std()
    found = distances(np.array([[3 * NORMAL, 1.0, 2 * ordinary], [100.0, 1.0, 0.0], [np.nan, 5.0, 0.0]]), RECORD, PRIOR)
    assert found[0] == pytest.approx(np.sqrt((9 + 4) / 2))
    assert found[1] == pytest.approx(np.sqrt(FURTHEST**2 / 2))
    assert np.isnan(found[2])


def test_a_draw_is_within_where_each_of_its_values_is() -> None:
    priors = read_priors(cases.load(ATLANTIS))
    values = np.column_stack([np.linspace(k, k + 1, 101) for k in range(len(priors.keys))])
    fit = Posterior("atlantis", priors, values, np.full(101, 1 / 101))
    low, middle, high, one_off = values[1], values[50], values[99], values[50].copy()
    one_off[-1] = values[99, -1]
    assert fit.within(np.array([low, middle, high, one_off])).tolist() == [False, True, False, False]


def test_the_draw_that_is_near_by_luck_is_not_chosen() -> None:
    random = np.random.default_rng(1)
    prior, record = random.standard_normal((400, 2)), np.zeros(2)
    values = np.arange(40.0)[:, None]
    first = np.full((40, 2), 2.0)
    first[7], first[11], first[13], first[17] = 0.0, 0.1, np.nan, 0.0  # the seventh by luck
    within = np.arange(40) != 17
    asked: list[float] = []

    def repeat(draws: list[dict[str, float]]) -> np.ndarray:
        asked.extend(draw["a"] for draw in draws)
        away = np.array([0.2 if draw["a"] == 11 else 1.5 for draw in draws])
        found = np.broadcast_to(away[:, None, None], (len(draws), REPEATS, 2)).copy()
        found[asked.index(11), 0] = np.nan  # a simulation that failed counts neither way
        found[asked.index(7)] = np.nan  # and a draw of which all failed is none to take
        return found

    chosen = nearest.nearest(values, ("a",), within, first, record, prior, repeat)
    assert asked[:2] == [7, 11]
    assert not {13.0, 17.0} & {*asked}
    assert len(asked) == nearest.CANDIDATES
    assert chosen.values == {"a": 11.0}
    assert chosen.distance == pytest.approx(0.2, rel=0.15)
    assert chosen.prior == pytest.approx(float(np.median(distances(prior, record, prior))))

    asked.clear()
    assert nearest.nearest(values, ("a",), np.arange(40) < 0, first, record, prior, repeat).values == {"a": 11.0}, "where none is, all are"
    assert asked[:2] == [7, 17]
