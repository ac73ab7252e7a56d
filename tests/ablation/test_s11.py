"""S11: outside events change how strong the regime seems, how it is rallied to, and whom people meet."""

from __future__ import annotations

import pytest
from tests.ablation.paired import FIRST, differences, goes

from groundswell.core.parameters import Change

pytestmark = pytest.mark.compiled

LATER = FIRST + 10


def test_a_regime_that_seems_weak_brings_people_out() -> None:
    goes("up", differences("turnout", [Change("calendar.strength", 0.4, LATER, LATER + 100)]))


def test_a_regime_that_seems_weak_loses_the_loyalty_of_its_forces() -> None:
    goes("down", differences("loyalty", [Change("calendar.strength", 0.4, LATER, LATER + 100)], common={"loyalty.turnout": 0.0}))


def test_people_rally_to_the_flag() -> None:
    goes("down", differences("turnout", [Change("calendar.legitimacy", 0.3, LATER, LATER + 100, operation="add")]))


def test_a_pandemic_keeps_people_apart() -> None:
    goes("down", differences("turnout", [Change("calendar.contact", 0.2, LATER, LATER + 100)]))
