"""Weekly counts and their moments, by hand and against the figures of a real record."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from groundswell.core.draws import day_number
from groundswell.core.errors import InputError
from groundswell.core.places import City, Places, Province
from groundswell.events.acled import KEY
from groundswell.events.weekly import COLUMNS, CONTESTED, both_moments, moments, moments_of, table_of, weekly

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "iran_demonstrations_weekly_2016_2023.csv"
SATURDAY = day_number(date(2016, 1, 2))


def places() -> Places:
    return Places(
        provinces=(Province("B", "Second", 1, 10), Province("A", "First", 2, 10)),
        cities=(City(1, "b", 0, 0.0, 0.0), City(1, "a", 1, 0.0, 0.0)),
        neighbourhood_start=np.array([0, 10, 20]),
        city_start=np.array([0, 1, 2]),
        province_start=np.array([0, 1, 2]),
    )


def record(*rows: tuple[int, int, int, int]) -> dict[str, np.ndarray]:
    """Rows of (day, position of the province, sub-event code, deaths)."""
    day, province, code, deaths = np.array(rows, np.int64).reshape(-1, 4).T
    values = {"event_day": day, "reported_day": day + 1, "province": province + 1, "city": 1 + 0 * day, "sub_event": code}
    values |= {"stream": 0 * day, "kind": (code == 4).astype(np.int64), "size_reported": 0 * day, "fatalities_reported": deaths}
    assert set(values) == set(KEY)
    return values


SOME = record((SATURDAY, 0, 0, 0), (SATURDAY + 6, 0, 0, 0), (SATURDAY + 6, 0, 2, 3), (SATURDAY + 7, 1, 3, 1), (SATURDAY + 21, 0, 4, 0))


def test_counts_by_week_and_province() -> None:
    frame = weekly(SOME, places())
    assert tuple(frame.columns) == COLUMNS
    assert frame.rows() == [
        (date(2016, 1, 2), "B", 2, 0, 1, 0, 0, 3),
        (date(2016, 1, 9), "A", 0, 0, 0, 1, 0, 1),
        (date(2016, 1, 23), "B", 0, 0, 0, 0, 1, 0),
    ]


def test_zeros_on_request() -> None:
    frame = weekly(SOME, places(), zeros=True, first=SATURDAY - 1, last=SATURDAY + 27)
    assert len(frame) == 5 * 2
    assert frame["week_starting"].to_list()[:2] == [date(2015, 12, 26)] * 2
    assert frame["iso"].to_list()[:2] == ["A", "B"]
    kept = frame.filter(pl.sum_horizontal(*COLUMNS[2:]) > 0)
    assert kept.equals(weekly(SOME, places()))
    assert np.array_equal(
        table_of(frame), table_of(weekly(SOME, places()), provinces="AB", first=date(2015, 12, 26), last=date(2016, 1, 23))
    )


def test_a_period_leaves_out_what_is_dated_outside() -> None:
    assert len(weekly(SOME, places(), first=SATURDAY + 1, last=SATURDAY + 5)) == 0
    assert weekly(SOME, places(), first=SATURDAY + 1, last=SATURDAY + 6)["peaceful_protest"].to_list() == [1]


def test_an_empty_record() -> None:
    frame = weekly(record(), places())
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 0
    assert len(weekly(record(), places(), zeros=True, first=SATURDAY, last=SATURDAY)) == 2
    assert math.isnan(moments(frame).mean)


def test_moments_by_hand() -> None:
    # nation 2 4 6 0: mean 3, variance (1 + 1 + 9 + 9) / 3 = 20 / 3
    got = moments_of(np.array([[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [0.0, 0.0]]))
    assert (got.weeks, got.provinces, got.mean, got.empty) == (4, 2, 3.0, 0.25)
    assert got.variance_to_mean == pytest.approx(20 / 9)
    # 2 4 6 against 4 6 0: deviations (-2 0 2) and (2/3 8/3 -10/3)
    assert got.autocorrelation_1 == pytest.approx((-4 / 3 - 20 / 3) / math.sqrt(8 * (4 + 64 + 100) / 9))
    assert got.autocorrelation_2 == pytest.approx(-1.0)
    assert math.isnan(got.autocorrelation_4)
    # deviations (-.75 1.25 1.25 -1.75) and (-.25 -.25 1.75 -1.25)
    assert got.province_correlation == pytest.approx(4.25 / math.sqrt(6.75 * 4.75))
    assert got.fano == pytest.approx(((6.75 / 3) / 1.75 + (4.75 / 3) / 1.25) / 2)


def test_moments_of_all_and_of_contested_demonstrations() -> None:
    total, contested = np.array([[4.0, 2.0], [6.0, 0.0], [2.0, 4.0]]), np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 0.0]])
    got = both_moments(total, contested)
    assert (got["total"].mean, got["contested"].mean) == (6.0, 1.0)
    assert got["contested"].variance_to_mean == pytest.approx(3.0)
    assert got["contested"].empty == pytest.approx(5 / 6)


def test_moments_of_provinces_that_never_vary() -> None:
    got = moments_of(np.array([[0.0, 2.0, 1.0], [0.0, 2.0, 2.0], [0.0, 2.0, 4.0]]))
    assert math.isnan(got.province_correlation)
    assert got.fano == pytest.approx((0 + (14 / 9) / (7 / 3) * 1.5) / 2)


def test_a_table_that_contradicts_itself_is_refused() -> None:
    frame = weekly(SOME, places())
    with pytest.raises(InputError, match="stands twice"):
        moments(pl.concat([frame, frame]))
    with pytest.raises(InputError, match="lacks this column"):
        moments(frame, counted=("peaceful_protests",))
    with pytest.raises(InputError, match="not among the provinces"):
        moments(frame, provinces=["A"])
    with pytest.raises(InputError, match="same day of the week"):
        moments(frame, first=date(2016, 1, 1))


@pytest.mark.skipif(not REAL.is_file(), reason="the weekly counts of Iran 2016-2023 are not at hand (they may not be passed on)")
def test_moments_of_iran_2016_to_2021() -> None:
    frame = pl.read_csv(REAL, try_parse_dates=True)
    period = {"first": date(2015, 12, 26), "last": date(2021, 12, 25)}
    got = moments(frame, **period)
    assert (got.weeks, got.provinces) == (314, 31)
    assert got.mean == pytest.approx(49.1, abs=0.05)
    assert got.variance_to_mean == pytest.approx(25.4, abs=0.05)
    assert got.autocorrelation_1 == pytest.approx(0.33, abs=0.005)
    assert got.autocorrelation_2 == pytest.approx(0.23, abs=0.005)
    assert got.autocorrelation_4 == pytest.approx(0.18, abs=0.005)
    assert got.empty == pytest.approx(0.51, abs=0.005)
    assert got.fano == pytest.approx(2.54, abs=0.005)
    assert got.province_correlation == pytest.approx(0.28, abs=0.005)
    contested = moments(frame, counted=CONTESTED, **period)
    assert contested.mean == pytest.approx(2.7, abs=0.05)
    assert contested.variance_to_mean == pytest.approx(34, abs=0.5)
    assert contested.empty == pytest.approx(0.95, abs=0.005)
