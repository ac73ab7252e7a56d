"""S15: an alternative that seems available enters participation and loyalty."""

from __future__ import annotations

import pytest
from tests.ablation.paired import differences, goes

pytestmark = pytest.mark.compiled


def test_an_alternative_brings_people_out() -> None:
    goes("up", differences("turnout", {"calendar.alternative": 1.0}))


def test_an_alternative_wears_loyalty_down() -> None:
    """Beyond what the larger crowds do."""
    alone = {"loyalty.turnout": 0.0, "loyalty.deaths": 0.0, "loyalty.elsewhere": 0.0}
    goes("down", differences("loyalty", {"calendar.alternative": 1.0}, common=alone))


def test_an_alternative_hastens_the_fall() -> None:
    """The share of days on which the regime has fallen."""
    frail = {"loyalty.turnout": 8.0, "loyalty.pay": 0.0, "ending.days": 2}
    goes("up", differences("fallen", {"calendar.alternative": 1.0}, common=frail))
