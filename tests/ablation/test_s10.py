"""S10: commemorations and mourning lower the cost of coordination on their dates."""

from __future__ import annotations

import pytest
from tests.ablation.paired import FIRST, differences, goes

from groundswell.core.parameters import Change

pytestmark = pytest.mark.compiled


def test_a_commemoration_brings_people_out_on_its_day_and_where_it_is_held() -> None:
    day = [Change("calendar.focal", 3.0, FIRST + 12, FIRST + 12, places=(0,), operation="add")]
    goes("up", differences(lambda run: float(run.series["turnout"][12, 0]), day))
    assert (differences(lambda run: float(run.series["turnout"][:12].sum()), day) == 0).all()


@pytest.mark.parametrize("rule", ["40_day", "both"])
def test_the_dead_are_mourned_on_the_fortieth_day(rule) -> None:
    """Nothing differs before the first fortieth day; from then on more take part."""
    on, off = {"mourning.rule": rule}, {"mourning.rule": "off"}
    goes("up", differences(lambda run: float(run.series["turnout"][40:].mean()), on, off, days=50))
    assert (differences(lambda run: float(run.series["turnout"][:40].sum()), on, off, days=45, seeds=2) == 0).all()
