"""Verdicts from outcomes and findings: exact, whoever makes the claim."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from groundswell import cases
from groundswell.claims import judging
from groundswell.claims.finding import Finding
from groundswell.claims.judging import Setting, outcome_of, over_settings, together
from groundswell.claims.prior_draws import Uncertain
from groundswell.claims.reading import Claim, read_claims
from groundswell.claims.schema import DataTable
from groundswell.claims.why import evidence, explain

CASE = cases.load(Path(__file__).parents[1] / "data" / "atlantis")
ONE, TWO, OUTSIDE = read_claims(CASE)
N = 96


def uncertain(basis: str = "prior", claim: Claim = ONE) -> Uncertain:
    priors = claim.contrast.assumed if claim.contrast is not None else ()
    z = np.linspace(-2, 2, N)[:, None] * np.ones(len(priors))
    values = np.column_stack([one.from_normal(z[:, k]) for k, one in enumerate(priors)]) if priors else np.zeros((N, 0))
    return Uncertain(basis, tuple(one.key for one in priors), values, priors, "Drawn: so.")


def setting(effects: np.ndarray, claim: Claim = ONE, **values: str) -> Setting:
    column = np.asarray(effects, float)[:, None]
    return Setting(dict(values), column, column, column, outcome_of(claim, column))


UP, DOWN, HALF = np.full(N, 5.0), np.zeros(N), np.where(np.arange(N) % 2, 5.0, 0.0)


@pytest.mark.parametrize(("effects", "word"), [(UP, "supported"), (DOWN, "contradicted"), (HALF, "not decidable")])
def test_one_setting_gives_its_own_verdict(effects: np.ndarray, word: str) -> None:
    assert over_settings(ONE, [setting(effects)], uncertain()).word == word


def test_settings_that_differ_depend_and_are_named() -> None:
    found = over_settings(TWO, [setting(-UP, TWO, rule="off"), setting(DOWN, TWO, rule="40_day")], uncertain(claim=TWO))
    assert found.word == "depends"
    assert "supported with rule = off" in found.words
    told = explain(TWO, found)
    assert "rule changes the verdict" in told.switch


def test_with_a_fit_the_record_must_have_moved_the_odds() -> None:
    before = over_settings(ONE, [setting(UP)], uncertain())
    assert over_settings(ONE, [setting(UP)], uncertain("posterior"), before).word == "not decidable"
    unsure = over_settings(ONE, [setting(HALF)], uncertain())
    moved = over_settings(ONE, [setting(UP)], uncertain("posterior"), unsure)
    assert (moved.word, moved.factor > 100) == ("supported", True)
    mirror = over_settings(ONE, [setting(DOWN)], uncertain("posterior"), unsure)
    assert (mirror.word, mirror.factor) == ("contradicted", pytest.approx(moved.factor))


def test_draws_in_which_nothing_is_defined_support_nothing() -> None:
    assert over_settings(ONE, [setting(np.full(N, np.nan))], uncertain()).word == "not decidable"


def found(estimate: float | None, low: float = 0, high: float = 0, *, above: bool = True, whole: bool = True) -> judging.DataVerdict:
    form = {"estimator": "x", "asks": "how many", "direction": "above" if above else "below", "smallest": 2.0, "whole": whole}
    table = DataTable.model_validate({**form, **({} if whole else {"part": "the first half"})})
    return judging.of_finding(table, Finding(estimate, low, high) if estimate is not None else Finding.missing("1", "a record of x"))


def test_findings_are_compared_with_the_threshold_bounds_and_all() -> None:
    assert found(3, 2, 4).word == "supported"
    assert found(1, 0, 1.9).word == "contradicted"
    assert found(3, 1, 4).word == "not decidable"
    assert found(None).word == "not decidable"
    assert "a record of x" in found(None).words
    assert found(1, 0, 2, above=False).word == "supported"
    assert found(3, 2.1, 4, above=False).word == "contradicted"


def test_data_tables_must_all_support_and_one_contradicts() -> None:
    assert judging.of_data([found(3, 2, 4), found(3, 2, 4)]) == "supported"
    assert judging.of_data([found(3, 2, 4), found(None)]) == "not decidable"
    assert judging.of_data([found(3, 2, 4), found(1, 0, 1)]) == "contradicted"
    assert judging.of_data([found(3, 2, 4, whole=False)]) is None
    assert judging.of_data([]) is None


def test_data_and_model_side_by_side() -> None:
    yes, no = over_settings(ONE, [setting(UP)], uncertain()), over_settings(ONE, [setting(DOWN)], uncertain())
    assert together(ONE, yes, [found(3, 2, 4)])[0] == "supported"
    assert together(ONE, no, [found(3, 2, 4)])[0] == "depends"
    assert together(ONE, no, [found(None)])[0] == "contradicted"
    assert together(ONE, None, [found(None)])[0] == "not decidable"
    assert "in part, data: the first half supported" in together(ONE, yes, [found(3, 2, 4, whole=False)])[1]
    assert together(OUTSIDE, None, []) == ("outside the model", OUTSIDE.form.claim.outside)


def test_who_says_it_changes_nothing_and_arms_swapped_mirror() -> None:
    about = ONE.form.claim.model_copy(update={"by": "regime"})
    other = dataclasses.replace(ONE, form=ONE.form.model_copy(update={"claim": about}))
    effects = np.where(np.arange(N) % 30 == 0, 0.0, 5.0)[:, None]
    assert outcome_of(ONE, effects) == outcome_of(other, effects)
    form = ONE.contrast.quantities[0].form.model_copy(update={"direction": "below", "smallest": -1.0})  # type: ignore[union-attr]
    quantity = dataclasses.replace(ONE.contrast.quantities[0], form=form)  # type: ignore[union-attr]
    swapped = dataclasses.replace(ONE, contrast=dataclasses.replace(ONE.contrast, quantities=(quantity,)))  # type: ignore[type-var]
    assert outcome_of(ONE, effects) == outcome_of(swapped, -effects)
    assert outcome_of(ONE, effects).decision != outcome_of(ONE, -effects).decision


def test_the_assumption_that_matters_is_found_and_where_it_flips() -> None:
    sure = uncertain()
    z = np.linspace(-2, 2, N)
    verdict = over_settings(ONE, [setting(np.where(z > 0, 5.0, 0.0) + 0.01 * z)], sure)
    told = explain(ONE, verdict)
    first = told.weights[0]
    assert (first.name, first.share > 0.6, first.correlation > 0.8) == ("occasions.rate", True, True)
    assert first.low <= first.share <= first.high
    assert first.becomes in ("supported", "contradicted")
    low, high = sure.priors[0].from_normal(np.array([-2.0, 2.0]))
    assert low <= first.flip <= high
    assert "occasions.rate" in told.words[1]


def test_a_verdict_that_only_ignorance_leaves_open_is_told_as_such() -> None:
    z = np.linspace(-2, 2, N)
    told = explain(ONE, over_settings(ONE, [setting(np.where(z > 1.0, 5.0, 0.0) + 0.01 * z)], uncertain()))
    first = told.weights[0]
    assert (first.flip == first.now, first.becomes) == (True, "contradicted")
    assert told.words[-1].endswith("were it known to be just that, the verdict would be 'contradicted'.")
    assert evidence(told.weights) == f"Evidence that occasions.rate is {first.now:.3g} and no other value: then 'contradicted'."
    assert evidence(()) == ""


def test_without_differences_between_draws_nothing_is_blamed() -> None:
    told = explain(ONE, over_settings(ONE, [setting(DOWN)], uncertain()))
    assert not told.weights
    assert "No effect differs" in told.words[-1]
