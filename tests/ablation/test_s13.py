"""S13: campaigns, as the tables of a case hold them; each can be left out by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.ablation.paired import goes

from groundswell import cases, experiments
from groundswell.core.draws import day_number
from groundswell.core.run import Run
from groundswell.core.simulate import simulate
from groundswell.models.resistance import resistance

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
CASE = cases.load(ATLANTIS)
MODEL = resistance()


def differences(left_out: str, output: Callable[[Run], float], start: str, end: str, seeds: int = 5) -> np.ndarray:
    """An output with everything that the case dates, less the same without one campaign, for each seed."""
    period = {"start": start, "end": end, "scale": 100}
    with_it, without = (experiments.read(ATLANTIS, experiments.settings_of(period | more)) for more in ({}, {"without": [left_out]}))
    people = experiments.people(with_it)
    ids = [p.id for p in people.places.provinces]
    found = []
    for seed in range(1, seeds + 1):
        values = [
            output(
                simulate(
                    MODEL, people, start=s.start, end=s.end, seed=seed, values=s.values,
                    changes=s.changes(MODEL.parameters, ids), compiled=False,
                )
            )
            for s in (with_it, without)
        ]  # fmt: skip
        found.append(values[0] - values[1])
    return np.array(found)


def during(name: str, series: str) -> Callable[[Run], float]:
    """The total of a series over the days of a campaign."""
    campaign = next(c for c in CASE.campaigns if c.name == name)

    def output(run: Run) -> float:
        inside = (run.days >= day_number(campaign.start)) & (run.days <= day_number(campaign.end))
        return float(run.total(series)[inside].sum())

    return output


def test_a_campaign_reaches_units_and_raises_their_acts() -> None:
    name = "lights in the windows"
    goes("up", differences(name, during(name, "called_units"), "2022-02-04", "2022-02-17", seeds=3))
    goes("up", differences(name, during(name, "acted"), "2022-02-04", "2022-02-17"))


def test_a_boycott_keeps_voters_at_home() -> None:
    goes("down", differences("stay at home", during("stay at home", "voted"), "2022-02-26", "2022-03-10"))
