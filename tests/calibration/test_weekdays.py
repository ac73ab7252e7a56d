"""The days of the week, real and simulated, by hand; and what a file of daily counts must be."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from groundswell import cases
from groundswell.calibration.counts import common_of, weekly_counts
from groundswell.calibration.weekdays import NAMES, Daily, compared_weeks, daily_in, daily_of, read_daily, weekdays
from groundswell.core.draws import day_number
from groundswell.core.errors import InputError
from groundswell.events.reading import read

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
SATURDAY = day_number(date(2022, 1, 1))


def fit(daily: Daily | None, made: Any, first: int = SATURDAY) -> Any:
    return SimpleNamespace(daily=daily, observed=SimpleNamespace(first=first), predictive=made)


def test_shares_over_a_seventh_by_hand() -> None:
    counts = np.tile([4, 2, 2, 2, 2, 2, 0], (10, 1))
    counts[3] = 99  # a week of which a day is not told
    told = np.arange(10) != 3
    even, steep = np.ones((10, 7)), np.tile([7, 0, 0, 0, 0, 0, 0], (10, 1))
    later = np.vstack([np.full((2, 7), 50), even]), np.vstack([np.zeros((2, 7)), steep])
    made = {"days": np.stack([part.reshape(-1) for part in later]).astype(np.uint32)}
    one = fit(Daily(SATURDAY + 14, counts, told), made)  # two weeks after the simulations begin
    assert compared_weeks(one).tolist() == [2, 3, 4, 6, 7, 8, 9, 10, 11]
    found = weekdays(one)
    assert [day.name for day in found] == list(NAMES)
    assert [day.real for day in found] == pytest.approx([2, 1, 1, 1, 1, 1, 0])
    assert (found[0].low, found[0].median, found[0].high) == pytest.approx((1.3, 4.0, 6.7))  # between 1 and 7
    assert [day.inside for day in found] == [True, False, False, False, False, False, True] or found[1].high == pytest.approx(0.95)
    assert found[6].low == pytest.approx(0.05)


def test_there_is_none_without_days_or_with_few_weeks() -> None:
    made = {"days": np.ones((3, 70), np.uint32)}
    counts = np.ones((10, 7), np.int64)
    assert weekdays(fit(None, made)) == []
    assert weekdays(fit(Daily(SATURDAY, counts, np.ones(10, bool)), {})) == []
    assert weekdays(fit(Daily(SATURDAY, counts, np.arange(10) < 7), made)) == []
    assert weekdays(fit(Daily(SATURDAY, 0 * counts, np.ones(10, bool)), made)) == []
    assert len(weekdays(fit(Daily(SATURDAY, counts, np.ones(10, bool)), made))) == 7


def test_whole_weeks_begin_on_saturday_and_a_day_that_is_not_named_is_not_told() -> None:
    days = np.array([day for day in range(SATURDAY - 3, SATURDAY + 75) if day != SATURDAY + 8])
    found = daily_of(days, np.arange(len(days)), "x")
    assert found is not None
    assert (found.first, found.counts.shape) == (SATURDAY, (10, 7))
    assert found.told.tolist() == [True, False] + [True] * 8
    assert found.counts[0].tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert daily_of(days[:50], np.arange(50), "x") is None
    assert daily_of(days[:0], days[:0], "x") is None


def write(file: Path, rows: list[tuple[object, object]], head: str = "date,count") -> Path:
    file.write_text("\n".join([head, *(f"{day},{count}" for day, count in rows)]) + "\n")
    return file


def test_a_file_of_daily_counts_is_read_and_its_faults_are_named(tmp_path: Path) -> None:
    case = cases.load(ATLANTIS)
    days = [date(2022, 1, 1) + timedelta(days=k) for k in range(70)]
    file = tmp_path / "daily.csv"
    found = read_daily(write(file, [(day, 3) for day in days], "date,protests"), case)
    assert (found.first, found.counts.sum(), found.told.all()) == (SATURDAY, 210, True)
    for rows, head, words in (
        ([(day, 3) for day in days[:40]], "date,count", "fewer than 8 whole weeks"),
        ([(day, 3) for day in days], "date,cuont", r"csv:1: cuont: there is no such column.*did you mean 'count'"),
        ([(days[0], -1)], "date,count", r"csv:2: count: '-1' is not a whole number"),
        ([(days[0], 1), (days[0], 1)], "date,count", r"csv:3: date: comes after a later day, or stands twice"),
        ([(days[0], "")], "date,count", r"csv:2: date: needs one count, in a column called count, events or protests"),
    ):
        with pytest.raises(InputError, match=words):
            read_daily(write(file, rows, head), case)
    with pytest.raises(InputError, match="cannot be read"):
        read_daily(tmp_path / "absent.csv", case)
    with pytest.raises(InputError, match="days after 2023-12-31 are not compared"):
        read_daily(write(file, [(date(2024, 1, 1), 1)]), cases.load("iran"))


def test_a_record_that_tells_days_is_compared_by_itself(tmp_path: Path) -> None:
    rows = ["id,date,region,kind,count"]
    rows += [f"{k},{date(2022, 1, 1) + timedelta(days=k)},AT-01,peaceful_protest,{1 + (k % 7 == 2)}" for k in range(70)]
    file = tmp_path / "events.csv"
    file.write_text("\n".join(rows) + "\n")
    columns = {"first": "date", "region": "region", "kind": "kind", "count": "count"}
    found = daily_in(read(file, columns=columns, country="Atlantis").events)
    assert found is not None
    assert (found.counts == [1, 1, 2, 1, 1, 1, 1]).all()


@pytest.mark.compiled
def test_simulated_days_add_up_to_the_simulated_weeks() -> None:
    case = cases.load(ATLANTIS)
    common, _ = common_of(case, ATLANTIS, start=date(2022, 1, 1), end=date(2022, 6, 30), scale=10, days=True)
    plain, _ = common_of(case, ATLANTIS, start=date(2022, 1, 1), end=date(2022, 6, 30), scale=10)
    task = {"seed": 3, "occasions.rate": 60.0, "livelihoods.rate": 90.0}
    found = weekly_counts({**common, "folder": str(ATLANTIS)}, task)
    assert found["total"].sum() > 20
    assert (np.asarray(found["days"], np.int64).reshape(-1, 7).sum(axis=1) == found["total"].sum(axis=1)).all()
    again = weekly_counts({**plain, "folder": str(ATLANTIS)}, task)
    assert "days" not in again
    assert all((again[name] == found[name]).all() for name in again)
