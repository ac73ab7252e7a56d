"""The second country: a real, closed case that is data only."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache

import numpy as np
import pytest

from groundswell import cases, experiments
from groundswell.core.run import Run

MERGER = date(1943, 1, 26)
# Five weeks around the merger, in two regions of the south, with a call of the first organisation every day: who hears it is what the
# merger changes.
WEEKS = {
    "start": "1943-01-10",
    "end": "1943-02-13",
    "provinces": ["FR41-LIM", "FR41-COR"],
    "first_organisation.call": 1.0,
    "occasions.rate": 0.0,
}


@cache
def run(seed: int, merged: bool = True) -> Run:
    """A few weeks, with the merger or without."""
    without = {} if merged else {"without": ["merger-2", "merger-3"]}
    return experiments.run("france_1942", settings={**WEEKS, "seed": seed, **without}, compiled=False)


def around(run: Run, name: str) -> tuple[float, float]:
    """Means of a national series before the merger and from its day on."""
    day = run.dates.index(MERGER)
    series = run.series[name][:, 0].astype(float)
    return float(series[:day].mean()), float(series[day:].mean())


def share_called(run: Run) -> tuple[float, float]:
    """Share of live units that hear a call, before the merger and after it."""
    called, live = around(run, "called_units"), around(run, "units_live")
    return called[0] / live[0], called[1] / live[1]


def test_it_is_a_real_closed_case_of_19_regions() -> None:
    case = cases.load("france_1942")
    assert (case.real, case.level, case.interval) == (True, "province", "week")
    assert (case.start, case.end) == (date(1942, 11, 1), date(1944, 7, 31))
    tables = case.census()
    assert len(tables.provinces) == 19
    assert sum(p.population for p in tables.provinces) == 41_907_298 - 1_915_627  # as entered, without the three annexed departements
    assert case.boundaries is not None


def test_regions_are_sums_of_their_departements() -> None:
    case = cases.load("france_1942")
    sums: dict[str, int] = {}
    with (case.folder / "departements.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sums[row["region"]] = sums.get(row["region"], 0) + int(row["population_1936"])
    assert sums == {p.id: p.population for p in case.census().provinces}


def test_every_source_is_cited_or_said_to_be_assumed() -> None:
    case = cases.load("france_1942")
    keys = {c.key for c in case.citations}
    rows = [*case.events, *case.commemorations, *case.campaigns, *case.uprisings, *case.figures]
    assert len(rows) > 40
    for row in rows:
        words = set(row.source.replace(";", " ").replace(":", " ").replace(",", " ").split())
        assert words & (keys | {"assumed"}), row
    assert all(e.parameter == "" for e in case.events if e.role == "tests")


def test_three_networks_become_one() -> None:
    for seed in (1, 2):
        before, after = around(run(seed), "united")
        assert 0.3 < before < 0.8
        assert after == 1.0
        last = {k: int(run(seed).series[f"units_{k}"][-1, 0]) for k in (1, 2, 3)}
        assert last[1] > 0
        assert last[2] == last[3] == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_call_reaches_more_after_the_merger(seed: int) -> None:
    """S14: reach before and after organisations merge; without the merger it stays what it was."""
    before, after = share_called(run(seed))
    alone = share_called(run(seed, merged=False))
    assert before == alone[0]
    assert after > 1.5 * before
    assert after > 1.3 * alone[1]


def test_the_merger_draws_nothing_anew() -> None:
    one, other = run(1), run(1, merged=False)
    day = one.dates.index(MERGER)
    np.testing.assert_array_equal(one.series["units_live"][:day], other.series["units_live"][:day])
    np.testing.assert_array_equal(one.national("fear_mean")[:day], other.national("fear_mean")[:day])
