"""S3: an organisation founds units in all provinces and calls them; the call is carried out locally by those whom it reaches."""

from __future__ import annotations

import pytest
from tests.ablation.paired import FIRST, differences, goes, run_of

from groundswell.core.parameters import Change

pytestmark = pytest.mark.compiled

CALM = {"occasions.rate": 0.0, "participation.threshold": 40.0, "first_organisation.initial": 2000.0, "detection.caught": 0.0}
CALL = {"first_organisation.call": 3.0}


def test_a_call_is_carried_out() -> None:
    """Outputs: acted, called_units."""
    for output in ("acted", "called_units"):
        goes("up", differences(output, CALL, common=CALM))


def test_a_dated_call_moves_its_days_only() -> None:
    """Output: acted. The runs are equal until the day, higher on it, and its acts carry no further without arrests."""
    change = Change("first_organisation.call", 20.0, FIRST + 10, FIRST + 12)
    for seed in (1, 2, 3):
        with_it, without = run_of(CALM, [change], seed=seed, days=15), run_of(CALM, seed=seed, days=15)
        acted = [run.series["acted"].sum(axis=1) for run in (with_it, without)]
        assert (acted[0][:10] == acted[1][:10]).all()
        assert acted[0][10:13].sum() > 3 * acted[1][10:13].sum()
        assert (with_it.series["called_units"][:, 0] > 0).tolist() == [False] * 10 + [True] * 3 + [False] * 2


def test_reach_decides_how_many_hear() -> None:
    """Output: called_units."""
    goes("down", differences("called_units", {"first_organisation.reach": 0.2}, {"first_organisation.reach": 0.9}, common=CALM | CALL))


def test_a_blackout_cuts_what_goes_online() -> None:
    """Outputs: called_units, acted."""
    dark = {"calendar.blackout": 1.0}
    for output in ("called_units", "acted"):
        goes("down", differences(output, dark, common=CALM | CALL | {"first_organisation.online": 0.9, "calling.relay": 0.0}))
    offline = differences("called_units", dark, common=CALM | CALL | {"first_organisation.online": 0.0})
    assert (offline == 0.0).all()


def test_units_pass_a_call_on() -> None:
    """Output: called_units."""
    few = CALM | CALL | {"first_organisation.reach": 0.3}
    goes("up", differences("called_units", {"calling.relay": 0.8}, {"calling.relay": 0.0}, common=few))


def test_the_organisation_is_in_every_province() -> None:
    """Output: units_live, which is above nothing in each province, and nothing in each without the organisation."""
    none = {"first_organisation.initial": 0.0, "first_organisation.rate": 0.0}
    for seed in (1, 2, 3):
        assert (run_of(CALM, seed=seed, days=3).series["units_live"] > 0).all()
        assert (run_of(CALM | none, seed=seed, days=3).series["units_live"] == 0).all()
