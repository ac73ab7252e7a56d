"""S4: a repertoire of acts, each with a tactic of its own visibility and risk, by day or night."""

from __future__ import annotations

import numpy as np
import pytest
from tests.ablation.paired import differences, goes

from groundswell.society import TACTICS

pytestmark = pytest.mark.compiled

CALM = {"occasions.rate": 0.0, "participation.threshold": 40.0, "first_organisation.initial": 2000.0, "interrogation.comember": 0.0}
NONE = {"acting.leaflets": 0.0, "acting.writing": 0.0, "acting.video": 0.0, "acting.damage": 0.0}


def share_of(tactic: str):
    """The share of a tactic among what truly happened."""
    return lambda run: float(np.mean(run.journals["events"]["tactic"][run.journals["events"]["kind"] == 1] == TACTICS.index(tactic)))


def test_units_act() -> None:
    """Outputs: acted, and the arrests that acts bring."""
    for output in ("acted", "arrests"):
        goes("up", differences(output, {}, {"acting.rate": 0.0}, common=CALM))


@pytest.mark.parametrize("tactic", TACTICS[1:])
def test_every_tactic_of_the_repertoire_is_used(tactic) -> None:
    """Output: the share of the tactic among the acts of the journal of what happened."""
    goes("up", differences(share_of(tactic), {f"acting.{tactic}": 0.4}, common=CALM | NONE))


def test_what_is_no_other_tactic_is_a_display() -> None:
    goes("up", differences(share_of("display"), NONE, common=CALM))


def test_a_risky_tactic_costs_arrests_and_a_safe_one_spares_them() -> None:
    """Output: arrests."""
    goes("up", differences("arrests", {"acting.damage": 1.0}, common=CALM | NONE))
    goes("down", differences("arrests", {"acting.video": 1.0}, common=CALM | NONE))


def test_fear_restrains_acts() -> None:
    """Output: acted."""
    afraid = CALM | {"fear.decay": 0.0, "fear.relief": 0.0, "detection.patrol": 0.5, "interrogation.contact": 0.05}
    goes("down", differences("acted", {"acting.restraint": 1.0}, {"acting.restraint": 0.0}, common=afraid))


def test_acts_are_seen() -> None:
    """Output: turnout, which visible acts raise."""
    unseen = {"detection.patrol": 0.0, "detection.camera": 0.0}
    goes("up", differences("turnout", {}, {"acting.rate": 0.0}, common=unseen))
