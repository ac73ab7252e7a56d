"""S2: units of three or more are founded, grow over ties, multiply, split, sleep, merge, dissolve, and guard their safety."""

from __future__ import annotations

import pytest
from tests.ablation.paired import differences, goes

pytestmark = pytest.mark.compiled

CALM = {"occasions.rate": 0.0, "participation.threshold": 40.0, "first_organisation.multiply": 0.0, "units.loss": 0.0}
GROWING = CALM | {"recruitment.approach": 0.4, "recruitment.willing": 1.0, "detection.caught": 0.0, "units.split_size": 6}
HUNTED = GROWING | {
    "detection.caught": 0.7, "detection.patrol": 0.3, "units.split_rate": 0.5, "units.merge": 0.0,
    "units.placement": 0.0, "units.patience": 40000,
}  # fmt: skip


def test_founding_changes_how_many_units_live() -> None:
    """Outputs: units_live, units_founded, acted."""
    for output in ("units_live", "units_founded", "acted"):
        goes("up", differences(output, {"first_organisation.rate": 5000.0}, common=CALM))


def test_units_that_multiply_become_more() -> None:
    """Output: units_live."""
    goes("up", differences("units_live", {"first_organisation.multiply": 0.05}, common=CALM))


def test_units_grow_over_ties() -> None:
    """Output: members_now."""
    goes("up", differences("members_now", {}, {"recruitment.approach": 0.0}, common=GROWING))


def test_splitting_changes_how_many_units_live() -> None:
    """Outputs: units_live, units_split."""
    for output in ("units_live", "units_split"):
        goes("up", differences(output, {"units.split_rate": 0.5}, {"units.split_rate": 0.0}, common=GROWING))


def test_units_fall_asleep_when_members_are_taken_and_then_do_not_act() -> None:
    """Outputs: units_asleep, acted."""
    common = HUNTED | {"recruitment.approach": 0.0}
    goes("up", differences("units_asleep", {}, {"detection.caught": 0.0}, common=common))
    goes("down", differences("acted", {}, {"detection.caught": 0.0}, common=common))


def test_dissolution_ends_units_that_sleep() -> None:
    """Outputs: units_asleep, units_dissolved."""
    goes("down", differences("units_asleep", {"units.patience": 5}, common=HUNTED))
    goes("up", differences("units_dissolved", {"units.patience": 5}, common=HUNTED))


@pytest.mark.parametrize("part", ["units.merge", "units.placement"])
def test_merging_brings_sleepers_back(part) -> None:
    """Outputs: units_merged, units_asleep; over friends, and by the organisation."""
    goes("up", differences("units_merged", {part: 0.5}, common=HUNTED))
    goes("down", differences("units_asleep", {part: 0.5}, common=HUNTED))


def test_a_captive_who_names_nobody_keeps_units_safe() -> None:
    """Output: rolled_up; compartments are the chance with which a captive gives others away."""
    goes("up", differences("rolled_up", {}, {"interrogation.comember": 0.0, "interrogation.contact": 0.0}, common=HUNTED))
