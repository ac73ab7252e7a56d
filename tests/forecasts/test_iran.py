"""Forecasts of the real record, where it is at hand: `GROUNDSWELL_RECORDS` names its folder. No row of it stands here."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from groundswell import cases
from groundswell.calibration.counts import Counts, observed
from groundswell.events.reading import read
from groundswell.forecasts.baselines import LastValue, Recent, Season
from groundswell.forecasts.calendars import calendar_of
from groundswell.forecasts.evaluating import evaluate
from groundswell.forecasts.leaks import leaks
from groundswell.forecasts.weeks import classes, rules

WEEKLY = Path(os.environ.get("GROUNDSWELL_RECORDS", "no-folder")) / "iran_demonstrations_weekly_2016_2023.csv"
pytestmark = pytest.mark.skipif(not WEEKLY.is_file(), reason="GROUNDSWELL_RECORDS does not name a folder with the weekly records")

TRAINED = 313  # weeks that begin in 2016 to 2021


@pytest.fixture(scope="module")
def record() -> Counts:
    return observed(read(WEEKLY).events, cases.load("iran"), date(2016, 1, 1), date(2023, 12, 31))


def test_the_autumn_of_2022_is_an_uprising(record: Counts) -> None:
    found = rules(record, "total", TRAINED)
    kinds = classes(record, found)
    assert found.uprising == 8
    assert np.bincount(kinds[:TRAINED]).tolist() == [297, 10, 6]
    assert np.bincount(kinds[TRAINED:]).tolist() == [80, 3, 21]
    onset = next(k for k in range(TRAINED, len(kinds)) if kinds[k] == 1 and record.weeks[k] > date(2022, 8, 1))
    assert abs((record.weeks[onset] - date(2022, 9, 16)).days) <= 7


@pytest.mark.parametrize("one", [LastValue(certain=False), Recent(13), Season()], ids=lambda one: one.name)
def test_nothing_of_the_uprising_leaks(one: LastValue | Recent | Season, record: Counts) -> None:
    assert leaks(lambda _: one, record, calendar_of(cases.load("iran")), "total", [350, 351]) == []


def test_a_year_of_draws_beats_the_last_value(record: Counts, tmp_path: Path) -> None:
    names = ("last value", "last 13 weeks", "last 52 weeks")
    found = evaluate(tmp_path, record, calendar_of(cases.load("iran")), "total", TRAINED, names=names, draws=100, workers=1)
    mean = {name: float(np.nanmean(found.cells(name, "crps", "province"))) for name in names}
    assert mean["last 13 weeks"] < 0.85 * mean["last value"]
