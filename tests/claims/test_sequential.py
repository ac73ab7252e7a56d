"""The rule that says when enough has been run: wealth against closed forms, errors at the edge, bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from groundswell.claims.sequential import by_mean, by_share, mean_bounds, share_bounds, wealth_above, wealth_below
from groundswell.claims.streams import TOY
from groundswell.core.draws import Draws

YES = np.ones(200, bool)


def uniform(*shape: int) -> np.ndarray:
    return Draws(11).uniform(TOY, 1, np.arange(int(np.prod(shape)))).reshape(shape)


def test_wealth_after_hits_alone_is_the_closed_form() -> None:
    n, p = 40, 0.95
    spread = (1 - p ** (n + 1)) / ((1 - p) * (n + 1) * p**n)
    assert float(wealth_above(n, n)) == pytest.approx(0.5 * p**-n + 0.5 * spread)
    below = (1 - (1 - p) ** 0) if n == 0 else p ** (n + 1) / ((n + 1) * p * p**n)
    assert float(wealth_below(n, n)) == pytest.approx(below)


@pytest.mark.parametrize("share", [0.95, 0.7])
def test_wealth_is_not_expected_to_grow_at_the_edge(share: float) -> None:
    n = np.arange(13)
    chance = np.array([math.comb(12, int(k)) * share**k * (1 - share) ** (12 - k) for k in n])
    assert float(chance @ wealth_above(n, 12, share)) == pytest.approx(1)
    assert float(chance @ wealth_below(n, 12, share)) == pytest.approx(1)


def test_a_claim_that_always_holds_is_supported_after_about_seventy_draws_and_its_mirror_contradicted() -> None:
    found, mirror = by_share(YES, YES), by_share(~YES, YES)
    assert (found.decision, mirror.decision) == ("supported", "contradicted")
    assert 60 <= found.at == mirror.at <= 75
    assert (found.beyond, mirror.short) == (200, 200)


def test_one_that_holds_half_of_the_time_lies_between_soon() -> None:
    found = by_share(np.arange(200) % 2 == 0, YES)
    assert found.decision == "between"
    assert found.at < 24


def test_what_is_not_defined_speaks_against_both() -> None:
    found = by_share(YES, ~YES)
    assert (found.decision, found.beyond, found.short) == ("between", 0, 0)


def test_without_draws_nothing_is_said() -> None:
    found = by_share(np.zeros(0, bool), np.zeros(0, bool))
    assert (found.decision, found.draws, found.low, found.high) == ("undecided", 0, 0.0, 1.0)


def test_false_claims_at_the_edge_are_supported_at_most_at_the_nominal_rate() -> None:
    draws = uniform(150, 150)
    said = [by_share(one < 0.95, np.ones(150, bool)).decision for one in draws]
    assert said.count("supported") <= 14  # 99 % of Binomial(150, 0.05)
    effects = np.where(draws < 0.1, -1.0, np.where(draws < 0.3, 1.0, 0.0))  # mean 0.1
    said = [by_mean(one, -1, 1, 0.1, above=True).decision for one in effects]
    assert said.count("supported") <= 14
    assert said.count("contradicted") <= 14


def test_a_mean_effect_is_found_and_its_mirror_too() -> None:
    effects = np.where(uniform(400) < 0.5, 1.0, 0.0)
    assert by_mean(effects, -1, 1, 0.1, above=True).decision == "supported"
    assert by_mean(effects, -1, 1, 0.1, above=False).decision == "contradicted"
    assert by_mean(-effects, -1, 1, -0.1, above=False).decision == "supported"
    assert by_mean(-effects, -1, 1, -0.1, above=True).decision == "contradicted"


def test_bounds_hold_the_share_and_the_mean() -> None:
    low, high = share_bounds(30, 100)
    assert low < 0.3 < high
    assert share_bounds(100, 100)[0] > 0.9
    assert share_bounds(0, 100) == (0.0, pytest.approx(1 - share_bounds(100, 100)[0]))
    effects = np.where(uniform(300) < 0.5, 1.0, 0.0)
    low, high = mean_bounds(effects, -1, 1)
    assert low < effects.mean() < high
    assert high - low < 0.4
    assert mean_bounds(np.zeros(0), -1, 1) == (-1, 1)
