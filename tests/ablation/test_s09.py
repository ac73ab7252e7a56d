"""S9: uprisings are cascades over contacts, and shocks set them off."""

from __future__ import annotations

import numpy as np
import pytest
from tests.ablation.paired import FIRST, differences, goes

from groundswell.core.parameters import Change

pytestmark = pytest.mark.compiled

LAYERS = ("family", "neighbours", "colleagues", "friends", "online")


def test_without_contacts_there_is_no_cascade() -> None:
    goes("up", differences("turnout", {}, {f"perception.{layer}": 0.0 for layer in LAYERS}))


def test_a_moral_shock_brings_people_out() -> None:
    goes("up", differences("turnout", [Change("calendar.focal", 1.5, FIRST + 10, FIRST + 15, operation="add")]))


def test_what_a_shock_starts_outlasts_it() -> None:
    """After its last day people still come because others came: by what factor, as a logarithm."""
    shock = [Change("calendar.focal", 2.5, FIRST + 5, FIRST + 9, operation="add")]
    goes("up", differences(lambda run: float(np.log(run.series["turnout"][10:14].mean())), shock))


def test_an_economic_shock_makes_occasions() -> None:
    local = {"occasions.rate": 3.0, "occasions.push": 1.5, "occasions.spread": 0.0}
    goes("up", differences("turnout", [Change("calendar.economy", 4.0, FIRST + 5, FIRST + 25)], common=local))


def test_a_grievance_is_needed() -> None:
    goes("up", differences("turnout", {}, {"participation.grievance": 0.0}))
