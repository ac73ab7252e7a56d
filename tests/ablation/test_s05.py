"""S5: steady visible acts work against fear; repression that is witnessed or suffered raises it."""

from __future__ import annotations

import pytest
from tests.ablation.paired import differences, goes

pytestmark = pytest.mark.compiled

NO_UNITS = {"first_organisation.initial": 0.0, "first_organisation.rate": 0.0}


def test_defiance_that_goes_unpunished_lowers_fear() -> None:
    goes("down", differences("fear_mean", {}, {"fear.relief": 0.0}))


def test_units_that_act_lower_fear() -> None:
    """With the arrests that they bring upon themselves, where most of their acts go undetected."""
    goes("down", differences("fear_mean", {}, NO_UNITS))


def test_repression_that_is_witnessed_raises_fear() -> None:
    goes("up", differences("fear_mean", {}, {"fear.alarm": 0.0}))


def test_repression_that_is_suffered_raises_fear() -> None:
    goes("up", differences("fear_mean", {}, {"fear.suffering": 0.0}))


def test_deaths_that_are_broadcast_raise_fear_elsewhere() -> None:
    goes("up", differences("fear_mean", {}, {"witnessing.broadcast": 0.0}))


def test_fear_keeps_people_at_home() -> None:
    goes("down", differences("turnout", {}, {"participation.risk": 0.0}))
