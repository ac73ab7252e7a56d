"""S14: several networks, brokered and merged into one: the reach of a call before and after two organisations merge."""

from __future__ import annotations

import numpy as np
import pytest
from tests.ablation.paired import FIRST, differences, goes, run_of

from groundswell.core.parameters import Change

pytestmark = pytest.mark.compiled

MERGED, DAYS = 10, 20
APART = {
    "occasions.rate": 0.0, "participation.threshold": 40.0, "detection.caught": 0.0, "units.loss": 0.0, "recruitment.approach": 0.0,
    "first_organisation.initial": 1000.0, "second_organisation.initial": 2000.0, "first_organisation.multiply": 0.0,
    "first_organisation.call": 2.0, "first_organisation.reach": 0.8, "first_organisation.online": 0.0, "calling.relay": 0.0,
}  # fmt: skip
MERGER = Change("second_organisation.into", 1, FIRST + MERGED, FIRST + DAYS)
TIED = APART | {"brokerage.every": 5, "recruitment.approach": 0.1, "recruitment.willing": 1.0}


def reach_of(run) -> np.ndarray:
    """The share of all live units that hear the day's call."""
    return run.series["called_units"][:, 0] / run.series["units_live"].sum(axis=1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_reach_of_a_call_before_and_after_two_organisations_merge(seed) -> None:
    """Outputs: called_units, united, acted. Before, .8 of the first third of the units hear the first organisation; after, .8 of all."""
    together, apart = run_of(APART, [MERGER], seed=seed, days=DAYS), run_of(APART, seed=seed, days=DAYS)
    before, after = reach_of(together)[:MERGED], reach_of(together)[MERGED + 1 :]
    first = apart.series["units_1"][:, 0] / apart.series["units_live"].sum(axis=1)
    assert (reach_of(apart)[:MERGED] == before).all()
    assert before.mean() == pytest.approx(0.8 * first[:MERGED].mean(), rel=0.15)
    assert reach_of(apart)[MERGED + 1 :].mean() == pytest.approx(0.8 * first[MERGED:].mean(), rel=0.15)
    assert after.mean() == pytest.approx(0.8, rel=0.15)
    assert after.min() > before.max()
    assert (together.series["united"][MERGED:] == 1.0).all()
    assert (apart.series["united"] < 1.0).all()
    assert together.series["acted"][MERGED + 1 :].sum() > apart.series["acted"][MERGED + 1 :].sum()


def test_a_merger_unites_the_units() -> None:
    """Outputs: united, units_1, units_2."""
    for output, direction in (("united", "up"), ("units_1", "up"), ("units_2", "down"), ("called_units", "up")):
        goes(direction, differences(output, [MERGER], common=APART))


def test_a_merged_network_pushes_one_frame() -> None:
    """Output: frame_2, the frame of the organisation that ends, which spreads no further."""
    apart = APART | {"second_organisation.frame": 2, "frames.campaign": 0.2}
    goes("down", differences("frame_2", [MERGER], common=apart))


def test_ties_broker_a_merger() -> None:
    """Outputs: united, called_units; brokered counts the ties that do it, and none is left between organisations that are one."""
    goes("up", differences("united", {"brokerage.merge": 1.0}, common=TIED))
    goes("up", differences("called_units", {"brokerage.merge": 1.0}, common=TIED))
    goes("down", differences("brokered", {"brokerage.merge": 1.0}, common=TIED))


def test_a_call_crosses_over_brokered_ties() -> None:
    """Output: called_units, beyond the units of the organisation that calls."""
    goes("up", differences("called_units", {"calling.relay": 0.5}, common=TIED | {"first_organisation.reach": 1.0}))


def test_organisations_without_units_broker_nothing() -> None:
    """Output: brokered."""
    goes("up", differences("brokered", {}, {"second_organisation.initial": 0.0}, common=TIED))
