"""S1: members come from all backgrounds, former political prisoners among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.ablation.paired import differences, goes
from tests.oracles.stage import play

from groundswell import experiments
from groundswell.mechanisms.organisations import FirstOrganisation
from groundswell.mechanisms.recruitment import Recruitment
from groundswell.mechanisms.units import Units

pytestmark = pytest.mark.compiled

ATLANTIS = Path(__file__).resolve().parents[1] / "data" / "atlantis"
CALM = {"occasions.rate": 0.0, "participation.threshold": 40.0}
FREED_SOON = CALM | {
    "first_organisation.initial": 4000.0, "recruitment.approach": 1.0, "recruitment.willing": 0.1, "custody.longest": 3,
    "detection.patrol": 0.2, "detection.caught": 0.5, "interrogation.contact": 0.05, "custody.execution": 0.0,
}  # fmt: skip


def test_former_prisoners_join_units() -> None:
    """Output: former_members. They join, and more of them where they are more willing than others."""
    goes("up", differences("former_members", {}, {"recruitment.former": 0.0}, common=FREED_SOON))
    goes("up", differences("former_members", {"recruitment.former": 10.0}, {"recruitment.former": 1.0}, common=FREED_SOON))


@pytest.mark.parametrize("by", ["first_organisation.youngest", "recruitment.youngest"], ids=["founding", "recruitment"])
def test_units_draw_on_everybody_of_age(by) -> None:
    """Output: members_now. Where only those of 60 and over may found, or join, fewer do."""
    keen = CALM | {"recruitment.approach": 0.4, "recruitment.willing": 1.0}
    goes("up", differences("members_now", {}, {by: 60.0}, common=keen))


def test_members_come_from_all_backgrounds() -> None:
    """Founded and grown over ties, units hold each occupation and both sexes about as the people of age do."""
    people = experiments.people(experiments.read(str(ATLANTIS)))
    values = {"first_organisation.initial": 4000.0, "recruitment.approach": 0.2, "recruitment.willing": 1.0, "units.loss": 0.0}
    done = play((FirstOrganisation(), Recruitment(), Units()), people, 10, values=values, compiled=True)
    row = people.places.row_of(done.tables["members"]["person"])
    profile, of_age = people.columns["profile"].astype(np.int64), people.columns["age"] >= 15
    assert len(row) > 500
    for background in (profile & 1, (profile >> 1) & 15):
        shares = np.bincount(background[of_age]) / of_age.sum()
        found = np.bincount(background[row], minlength=len(shares)) / len(row)
        common = shares > 0.02
        assert common.sum() >= 2
        assert (found[common] > 0.5 * shares[common]).all()
        assert (found[common] < 2.0 * shares[common]).all()
