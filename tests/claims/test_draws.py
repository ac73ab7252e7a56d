"""What varies between draws: priors, a fit where it applies, shocks weakened; and what every output says of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from groundswell import cases
from groundswell.calibration.posterior import Posterior
from groundswell.calibration.priors import read_priors
from groundswell.claims.judging import SUPPORTED
from groundswell.claims.paired import Worlds, _changes, pair, write_world
from groundswell.claims.prior_draws import applies, drawn
from groundswell.claims.reading import read_claims
from groundswell.claims.running import Asked, run_claims, seed_of
from groundswell.experiments import read, settings_of
from groundswell.experiments.people import people
from groundswell.experiments.resolve import model_of
from groundswell.studies.scenario import World

CASE = cases.load(Path(__file__).parents[1] / "data" / "atlantis")
ONE, TWO, OUTSIDE = read_claims(CASE)
PRIORS = read_priors(CASE)
FIT = Posterior("atlantis", PRIORS, PRIORS.draws(0, 50, 3), np.full(50, 0.02), {}, {"unusual": 0.01})


def test_priors_of_the_case_and_of_the_claim_are_drawn_and_the_claim_s_own_win() -> None:
    found = drawn(ONE, 40, 1)
    assert found.keys == ("livelihoods.rate", "livelihoods.lasting", "gathering.violent", "occasions.rate")
    rates = found.values[:, 3]
    assert rates.min() >= 10
    assert rates.max() <= 80
    assert "no fit" in found.words
    assert (drawn(ONE, 80, 1).values[:40] == found.values).all()
    assert (drawn(ONE, 40, 2).values != found.values).any()


def test_a_fit_takes_the_place_of_the_case_s_priors_where_it_applies() -> None:
    found = drawn(ONE, 20, 1, FIT)
    assert found.basis == "posterior"
    assert set(found.values[:, 0]) <= set(FIT.values[:, PRIORS.keys.index("livelihoods.rate")])
    assert (found.values[:, 3] == drawn(ONE, 20, 1).values[:, 3]).all()  # the claim's own prior
    assert "with care" in found.words
    assert (drawn(ONE, 60, 1, FIT).values[:20] == found.values).all(), "more draws begin with the same"
    assert applies(ONE, FIT)
    assert not applies(TWO, FIT)  # prior = "listed"
    assert not applies(OUTSIDE, FIT)
    assert not applies(ONE, dataclasses.replace(FIT, case="elsewhere"))
    assert not applies(ONE, None)


def test_a_fit_s_draws_come_whole_and_as_often_as_they_weigh() -> None:
    weights = np.arange(50.0) / np.arange(50.0).sum()
    found = drawn(ONE, 4000, 1, dataclasses.replace(FIT, weights=weights)).values
    own = FIT.values[:, [PRIORS.keys.index(key) for key in ("livelihoods.rate", "livelihoods.lasting", "gathering.violent")]]
    rows = (found[:, None, :3] == own[None]).all(axis=2).argmax(axis=1)
    assert (own[rows] == found[:, :3]).all()
    counts = np.bincount(rows, minlength=50)
    assert counts[0] == 0
    assert ((counts - 4000 * weights) ** 2 / np.maximum(4000 * weights, 1e-9))[1:].sum() < 85  # chi square, 48 degrees of freedom: .1 %


def test_claims_that_list_nothing_vary_by_chance_alone() -> None:
    found = drawn(TWO, 5, 1)
    assert found.keys == ()
    assert found.row(3) == {}
    assert "but chance" in found.words
    assert len({seed_of(1, k) for k in range(50)}) == 50


def test_what_an_arm_sets_wins_over_draws_and_shocks_are_weakened_in_both(tmp_path: Path) -> None:
    claim = dataclasses.replace(ONE)
    name = write_world(tmp_path, claim)
    worlds = Worlds(tmp_path, compiled=False)
    arm = worlds.world(name)["arms"]["a"].world
    assert _changes(arm, 1.0) == arm.changes
    none = _changes(arm, 0.0)
    price = next(k for k, change in enumerate(arm.changes) if change.key == "calendar.economy")
    assert (arm.changes[price].value, none[price].value) == (2.0, 1.0)
    one, other = (pair(worlds, {"world": name, "seed": 5, "values": {"policing.arrest": share}}) for share in (0.3, 0.1))
    assert one["hash_a"] != other["hash_a"]  # drawn for the arm that leaves it open
    assert one["hash_b"] == other["hash_b"]  # set by the other


@pytest.mark.compiled
def test_with_a_fit_both_verdicts_stand_side_by_side(tmp_path: Path) -> None:
    claims = [dataclasses.replace(ONE)]
    found = run_claims(claims, Asked(tmp_path, draws=24, workers=1, posterior=FIT, compiled=True))[0]
    assert found.prior is not None
    assert found.posterior is not None
    assert found.no_posterior == ""
    assert np.isfinite(found.posterior.factor)
    assert found.word != SUPPORTED  # 24 draws are too few


def test_a_drawn_strength_of_shocks_takes_the_place_of_the_scenario_s_own() -> None:
    atlantis = Path(__file__).parents[1] / "data" / "atlantis"
    wide = {"start": "2022-01-01", "end": "2022-12-31"}

    def opened(strength: float) -> World:
        scenario = read(atlantis, settings_of({**wide, "shock_strength": strength}))
        model, population = model_of(scenario.model), people(scenario)
        return World(scenario, model, population, scenario.changes(model.parameters, [p.id for p in population.places.provinces]), (), ())

    weak, plain = opened(0.5), opened(1.0)
    assert _changes(weak, 0.25) != weak.changes
    for mine, theirs in zip(_changes(weak, 0.25), _changes(plain, 0.25), strict=True):
        assert mine.value == pytest.approx(theirs.value)
