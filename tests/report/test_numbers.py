"""National and weekly figures by hand."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from groundswell.core.draws import day_number
from groundswell.core.errors import InputError
from groundswell.core.run import Run
from groundswell.experiments.nation import national
from groundswell.report.numbers import (
    check_daily,
    effective_number,
    reported,
    reported_moments,
    shown,
    weekly_mean,
    weekly_sum,
    whole_weeks,
)
from groundswell.society import SOURCES

FRIDAY = day_number(date(2021, 1, 1))


def test_counts_are_added_and_shares_are_averaged_over_persons(fake_run: Callable[..., Run]) -> None:
    run = fake_run(days=2, provinces=2)
    run.series["turnout"][:] = [[1, 2], [3, 4]]
    run.series["fear_mean"][:] = [[0.2, 0.4], [0.0, 1.0]]
    assert national(run, "turnout").tolist() == [3, 7]
    assert national(run, "fear_mean") == pytest.approx([0.3, 0.5])


def test_weeks_begin_on_saturday_and_only_whole_ones_are_added_up(fake_run: Callable[..., Run]) -> None:
    run = fake_run(days=16, provinces=1)  # Friday, two whole weeks, Saturday
    run.series["turnout"][:, 0] = np.arange(16)
    middle, mean = weekly_mean(run.days, national(run, "turnout"))
    assert mean.tolist() == [0, 4, 11, 15]
    assert (middle - FRIDAY).tolist() == [0, 4, 11, 15]
    assert (whole_weeks(run.days)[0] - FRIDAY).tolist() == [1, 8]
    assert weekly_sum(run, "turnout")[:, 0].tolist() == [28, 77]


def test_what_was_reported_is_counted_apart_from_what_happened(fake_run: Callable[..., Run]) -> None:
    run = fake_run(days=15, provinces=2)
    record = run.journals["record"]
    for number, source in enumerate(SOURCES):
        told = reported(run, source)
        assert told is not None
        whole = (record["event_day"] > FRIDAY) & (record["source"] == number)
        assert told["gatherings"].sum() == (whole & (record["kind"] == 0)).sum() > 0
        assert told["contested"].sum() == (whole & (record["kind"] == 0) & (record["sub_event"] > 0)).sum() > 0
        assert told["acts"].sum() == (whole & (record["kind"] == 1)).sum() > 0
        assert told["gatherings"].shape == (2, 2)
        assert all((values == reported(run, number)[name]).all() for name, values in told.items())
    assert (reported(run)["gatherings"] == reported(run, "monitor")["gatherings"]).all(), "the monitor, unless another is asked for"
    moments = reported_moments(run)
    assert moments["total"].mean == reported(run)["gatherings"].sum() / 2
    assert moments["contested"].mean == reported(run)["contested"].sum() / 2
    for wrong in ("wire", 3):
        with pytest.raises(InputError, match="no source"):
            reported(run, wrong)
    assert reported(fake_run(days=15, record=False)) is None


def test_a_run_that_was_kept_by_week_is_refused(fake_run: Callable[..., Run]) -> None:
    run = fake_run(days=14)
    check_daily(run)
    with pytest.raises(InputError, match="every day"):
        check_daily(dataclasses.replace(run, days=run.days[::7]))


def test_effective_number() -> None:
    assert effective_number(np.array([0.2, 0.2, 0.0])) == pytest.approx(2)
    assert math.isnan(effective_number(np.zeros(3)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12, "12"),
        (1234567.8, "1,234,568"),
        (0.12345, "0.123"),
        (12.345, "12.3"),
        (-0.5, "-0.5"),
        (float("nan"), "–"),
        ("both", "both"),
    ],
)
def test_numbers_for_readers(value: float, text: str) -> None:
    assert shown(value) == text
