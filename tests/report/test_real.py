"""Real figures beside simulated ones, by hand."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from groundswell.cases import Case
from groundswell.cases.records import Figure
from groundswell.core.draws import day_number
from groundswell.core.run import Run
from groundswell.events.weekly import moments_of
from groundswell.report.campaigns import campaigns
from groundswell.report.numbers import shown
from groundswell.report.reading import Readings
from groundswell.report.real import between, by_year, contested, moments


def test_ranges_in_words() -> None:
    assert between(1.0, 2.5) == "1 to 2.5"
    assert between(1.0, None) == "1 or more"
    assert between(None, 0.5) == "0.5 at most"
    assert between(None, None) == "–"


def test_years_that_were_simulated_in_full_are_compared(fake_run: Callable[..., Run], fake_case: Callable[..., Case]) -> None:
    run, case = fake_run(days=400), fake_case()
    (picture,) = by_year(Readings(run), case)
    (yearly,) = picture.yearly
    assert yearly.years == (2020, 2021)
    assert yearly.real.tolist() == [2920, 2921]
    record = run.journals["record"]
    weeks = (record["event_day"] >= day_number(date(2021, 1, 2))) & (record["event_day"] <= day_number(date(2021, 12, 31)))
    told = int((weeks & (record["kind"] == 0) & (record["source"] == 0)).sum())
    assert yearly.simulated[1] == pytest.approx(told * 365.25 / 364)
    assert np.isnan(yearly.simulated[0])
    (short,) = by_year(Readings(fake_run(days=200)), case)
    assert "No year was simulated in full" in short.note


def test_moments_are_those_of_the_monitors_weeks(fake_run: Callable[..., Run], fake_case: Callable[..., Case]) -> None:
    run, case = fake_run(days=400), fake_case()
    text = moments(Readings(run), case)
    reading = Readings(run).one
    assert reading.told is not None
    got = moments_of(reading.told["gatherings"][:52, :, 0])
    line = next(row for row in text.split("<tr>") if "variance over mean" in row)
    assert f">{shown(got.variance_to_mean)}<" in line
    assert ">10 to 70<" in line
    assert "52 in 2021" in text
    none = moments(Readings(fake_run(days=400, start=date(2022, 1, 1))), case)
    assert "0 in 2021" in none


def test_contested_figures_name_everyone_and_count_the_same_days(fake_run: Callable[..., Run], fake_case: Callable[..., Case]) -> None:
    run, case = fake_run(days=90), fake_case()
    text = contested(Readings(run), case)
    killed = int(run.series["killed"][31:40].sum())
    rows = [row for row in text.split("<tr>") if "&lt;u&gt;who&lt;/u&gt;" in row]
    assert len(rows) == 2
    assert all(f'<td class="number">{killed}</td>' in row for row in rows)
    local = Figure("deaths.town", "X-00", date(2021, 2, 1), date(2021, 2, 1), 3.0, None, None, "persons", "who", "src", "")
    text = contested(Readings(run), dataclasses.replace(case, figures=(local,)))
    assert '<td class="number">–</td>' in text  # a day of a province is never told


def test_campaigns_are_counted_for_the_nation_in_their_window(fake_run: Callable[..., Run], fake_case: Callable[..., Case]) -> None:
    run, case = fake_run(days=90), fake_case()
    text = campaigns(Readings(run), case)
    first, last = day_number(date(2021, 2, 1)), day_number(date(2021, 2, 9))
    row = next(part for part in text.split("<tr>") if "hundred acts" in part)
    counts = [int(n) for n in re.findall(r'<td class="number">([\d,]+)</td>', row)]
    events, record = run.journals["events"], run.journals["record"]
    true = (events["kind"] == 1) & (events["tactic"] == 3) & (events["day"] >= first) & (events["day"] <= last)
    told = (record["kind"] == 1) & (record["tactic"] == 3) & (record["event_day"] >= first) & (record["event_day"] <= last)
    assert counts == [int(true.sum()), *(int((told & (record["source"] == k)).sum()) for k in range(3))]
    assert "not in the run" in campaigns(Readings(fake_run(days=20)), case)
    local = dataclasses.replace(case, campaigns=tuple(dataclasses.replace(one, places=("X-00",)) for one in case.campaigns))
    assert campaigns(Readings(run), local) == text
