"""The Iran case before any fit: second moments of what the monitor reports, and how an uprising spreads."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from groundswell import experiments
from groundswell.core.draws import day_number
from groundswell.core.run import Run
from groundswell.report.numbers import reported, reported_moments, whole_weeks
from groundswell.report.real import PLAUSIBLE

pytestmark = [pytest.mark.compiled, pytest.mark.slow, pytest.mark.xdist_group("plausible")]


@pytest.fixture(scope="module")
def six_years() -> Run:
    """The years of the training figures, as the case sets them."""
    return experiments.run("iran", settings={"start": "2016-01-02", "end": "2021-12-31"})


@pytest.mark.parametrize("key", PLAUSIBLE)
def test_weekly_moments_are_of_the_order_of_the_real_ones(six_years: Run, key: str) -> None:
    kind, _, name = key.partition(".")
    moments = reported_moments(six_years)
    assert moments is not None
    low, high = PLAUSIBLE[key]
    found = getattr(moments["contested" if kind == "contested" else "total"], name)
    assert low <= found <= high, f"{key} is {found:.3g}, not within {low:g} to {high:g}"


def test_several_provinces_rise_within_days(six_years: Run) -> None:
    record = six_years.journals["record"]
    first = day_number(date(2019, 11, 15))
    seen = (record["source"] == 0) & (record["kind"] == 0) & np.isin(record["sub_event"], (1, 2, 3))
    seen &= (record["event_day"] >= first) & (record["event_day"] < first + 5)
    assert len(np.unique(record["province"][seen])) >= 15


def test_an_uprising_stands_out(six_years: Run) -> None:
    told = reported(six_years)
    assert told is not None
    weeks = told["contested"].sum(axis=1)
    assert whole_weeks(six_years.days)[0][int(np.argmax(weeks))] == day_number(date(2019, 11, 16))
    assert weeks.max() > 20 * max(np.median(weeks), 1)
