"""S7: what the regime does moves what it is meant to move."""

from __future__ import annotations

import pytest
from tests.ablation.paired import FIRST, differences, goes

from groundswell.core.parameters import Change

pytestmark = pytest.mark.compiled


def test_forces_deter() -> None:
    goes("down", differences("turnout", {}, {"calendar.forces": 0.0}))


def test_forces_arrest() -> None:
    goes("up", differences("arrests", {}, {"calendar.forces": 0.0}))


def test_executions_kill() -> None:
    goes("up", differences("dead_now", {}, {"custody.execution": 0.0}))


def test_executions_are_feared() -> None:
    """Where nobody dies in the street, those who are executed are heard of."""
    goes("up", differences("fear_mean", {}, {"witnessing.execution": 0.0}, common={"policing.shoot": 0.0}))


@pytest.mark.parametrize("means", ["propaganda", "concession"])
def test_what_raises_perceived_legitimacy_keeps_people_at_home(means) -> None:
    goes("down", differences("turnout", {f"calendar.{means}": 0.5}))
    goes("up", differences("legitimacy", {f"calendar.{means}": 0.5}))


def test_legitimacy_and_coercion_bring_people_to_the_polls() -> None:
    goes("up", differences("voted", {"calendar.propaganda": 0.5}, common={"voting.held": 1.0}))
    goes("up", differences("voted", {"voting.coercion": 0.4}, common={"voting.held": 1.0}))
    goes("down", differences("voted", {"voting.boycott": 3.0}, common={"voting.held": 1.0}))


def test_a_regime_falls_when_its_forces_refuse() -> None:
    """Crowds wear loyalty down; with `loyalty = off` the forces obey for good."""
    frail = {"loyalty.turnout": 10.0, "loyalty.pay": 0.0, "ending.days": 3}
    goes("up", differences("fallen", frail, frail | {"loyalty.rule": "off"}))
    goes("down", differences("capacity", frail, frail | {"loyalty.rule": "off"}))


def test_forces_of_a_fallen_regime_are_gone_everywhere() -> None:
    """Those of one province refuse; where that is enough for the fall, none are left in the other."""
    refuse = [Change("loyalty.refusal", 1.0, FIRST + 5, FIRST + 100, places=(0,))]
    common = {"loyalty.turnout": 1.0, "ending.days": 3}
    goes("down", differences("forces", {"ending.share": 0.95}, {"ending.share": 0.0}, common=common, shared=refuse))


def test_fear_drives_people_abroad() -> None:
    goes("up", differences("abroad_now", {"emigration.fear": 20.0}, common={"emigration.rate": 20.0}))
