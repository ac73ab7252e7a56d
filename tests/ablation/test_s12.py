"""S12, first half: what the world sees, what the regime hides, and what a blackout does. The record is tested beside its sources."""

from __future__ import annotations

import pytest
from tests.ablation.paired import FIRST, differences, goes

from groundswell.core.parameters import Change

pytestmark = pytest.mark.compiled

RALLY = [Change("attention.abroad", 0.5, FIRST + 5, FIRST + 6)]


def test_rallies_abroad_raise_attention() -> None:
    goes("up", differences("attention", RALLY, seeds=3))


def test_intimidation_abroad_prevents_it() -> None:
    prevented = [*RALLY, Change("attention.intimidation", 0.8, FIRST, FIRST + 100)]
    with_, without = (differences("attention", changes, seeds=3) for changes in (prevented, RALLY))
    goes("down", with_ - without)


def test_deaths_and_crowds_raise_attention() -> None:
    for weight in ("deaths", "crowds"):
        goes("up", differences("attention", {}, {f"attention.{weight}": 0.0}))


def test_a_blackout_hides_what_happens() -> None:
    """From the world and, as to deaths, from people elsewhere."""
    goes("down", differences("attention", {"calendar.blackout": 1.0}))
    deaths_only = {"perception.online": 0.0, "witnessing.video": 0.0}
    goes("down", differences("fear_mean", {"calendar.blackout": 1.0}, common=deaths_only))


def test_a_blackout_cuts_or_pushes_to_the_street() -> None:
    """What it cuts lowers turnout; where the switch says so it pushes, and more come."""
    online = {"perception.online": 100.0, "witnessing.broadcast": 0.0}
    goes("down", differences("turnout", {"calendar.blackout": 1.0}, common=online))
    street = {"calendar.blackout": 1.0, "calendar.street": 3.0}
    goes("up", differences("turnout", street | {"calendar.blackout_effect": "pushes_to_street"}, street))
