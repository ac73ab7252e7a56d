"""S8: cameras, patrols and informants find units, less by night."""

from __future__ import annotations

import pytest
from tests.ablation.paired import differences, goes

pytestmark = pytest.mark.compiled

CALM = {"occasions.rate": 0.0, "participation.threshold": 40.0, "first_organisation.initial": 2000.0}
BLIND = {"detection.patrol": 0.0, "detection.camera": 0.0, "detection.informant": 0.0}


@pytest.mark.parametrize(
    "part",
    [{"detection.patrol": 0.2}, {"detection.camera": 0.2}, {"detection.informant": 0.5, "units.informers": 0.2}],
    ids=["patrols", "cameras", "informants"],
)
@pytest.mark.parametrize("output", ["arrests", "rolled_up"])
def test_each_way_of_surveillance_costs_units_their_members(part, output) -> None:
    """Outputs: arrests, rolled_up."""
    goes("up", differences(output, part, BLIND, common=CALM | BLIND))


def test_surveillance_puts_units_to_sleep() -> None:
    """Outputs: units_asleep, members_now."""
    goes("up", differences("units_asleep", {}, BLIND, common=CALM))
    goes("down", differences("members_now", {}, BLIND, common=CALM))


def test_the_night_protects() -> None:
    """Output: arrests."""
    goes("down", differences("arrests", {"acting.night": 1.0}, {"acting.night": 0.0}, common=CALM))


@pytest.mark.parametrize("means", ["patrol", "camera"])
def test_patrols_and_cameras_at_night_undo_it(means) -> None:
    """Output: arrests."""
    dark = CALM | {"acting.night": 1.0, f"detection.{means}": 0.2}
    goes("up", differences("arrests", {f"detection.night_{means}": 1.0}, common=dark))
