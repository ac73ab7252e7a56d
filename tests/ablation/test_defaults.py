"""The parts of a unit's and an organisation's life, switched off one by one in the Iran case as it stands: each moves a printed output."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from groundswell import experiments
from groundswell.core.run import Run

pytestmark = pytest.mark.compiled

HALF = {"start": "2024-01-01", "end": "2024-06-30"}  # with two calls of a month; all provinces, one row for a thousand
WHOLE: dict[str, Any] = {}  # three years, in which units grow until they split, and those that split know each other
PARTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # period, what is without it, and the output that is then less
    "founding": (HALF, {"first_organisation.rate": 0.0, "second_organisation.rate": 0.0}, "units_live"),
    "sleeping": (HALF, {"detection.caught": 0.0, "interrogation.comember": 0.0, "interrogation.contact": 0.0}, "units_asleep"),
    "dissolution": (HALF, {"units.patience": 40_000, "units.loss": 0.0}, "units_dissolved"),
    "merging of units": (HALF, {"units.merge": 0.0, "units.placement": 0.0}, "units_merged"),
    "calls": (HALF, {"without": ["acts of May 2024", "acts around the rally of June 2024"]}, "acted"),
    "splitting": (WHOLE, {"units.split_rate": 0.0}, "units_live"),
    "brokerage": (WHOLE, {"brokerage.every": 3660}, "called_units"),
    "passing calls on": (WHOLE, {"calling.relay": 0.0}, "called_units"),
}


@cache
def standing(whole: bool) -> Run:
    return experiments.run("iran", settings=WHOLE if whole else HALF)


@pytest.mark.parametrize("part", [pytest.param(name, marks=pytest.mark.slow) if PARTS[name][0] is WHOLE else name for name in PARTS])
def test_each_part_raises_an_output_of_the_defaults(part) -> None:
    period, without, output = PARTS[part]
    run = experiments.run("iran", settings=period | without)
    assert standing(period is WHOLE).total(output).sum() > run.total(output).sum()


def test_a_merger_of_organisations_unites_them_and_carries_calls_further() -> None:
    """Outputs: united, called_units. The case has two networks that stay apart; here they are one from the first day."""
    merged = experiments.run("iran", settings=HALF | {"second_organisation.into": 1})
    assert merged.series["united"].min() == 1.0 > standing(False).series["united"].max()
    assert merged.series["called_units"].sum() > standing(False).series["called_units"].sum()
