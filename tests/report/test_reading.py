"""What figures read: whole weeks, and the range over replicates."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from groundswell.core.errors import InputError
from groundswell.core.run import Run
from groundswell.report.html import page
from groundswell.report.reading import Reading, Readings


def test_flows_add_up_and_levels_are_means_over_whole_weeks(fake_run: Callable[..., Run]) -> None:
    run = fake_run(days=16, provinces=1)  # a Friday, two whole weeks, a Saturday
    run.series["turnout"][:, 0] = np.arange(16)
    one = Reading(run)
    assert one.flow("turnout").tolist() == [28, 77]
    assert one.level("turnout").tolist() == [4, 11]
    assert one.by_place("turnout").tolist() == [[28], [77]]
    weekly = Reading(dataclasses.replace(run, days=one.weeks, series={"turnout": np.array([[4.0], [11.0]])}))
    assert weekly.flow("turnout").tolist() == [28, 77]
    assert weekly.level("turnout").tolist() == [4, 11]
    assert weekly.told is None


def test_a_band_is_the_middle_of_the_replicates(fake_run: Callable[..., Run]) -> None:
    base = fake_run(days=16, provinces=1)
    runs = []
    for k in range(21):
        runs.append(dataclasses.replace(base, series={"turnout": np.full((16, 1), k)}))
    curve = Readings(runs[0], runs).level("turnout")
    assert curve.low is not None
    assert curve.high is not None
    assert (curve.low.tolist(), curve.y.tolist(), curve.high.tolist()) == ([1, 1], [10, 10], [19, 19])
    alone = Readings(runs[3]).level("turnout")
    assert alone.low is None
    assert alone.y.tolist() == [3] * 16


def test_replicates_are_of_one_period(fake_run: Callable[..., Run]) -> None:
    with pytest.raises(InputError, match="replicates"):
        Readings(fake_run(days=30), [fake_run(days=30), fake_run(days=60)])


def test_a_run_without_every_day_is_refused(fake_run: Callable[..., Run]) -> None:
    run = fake_run(days=70)
    weekly = dataclasses.replace(run, days=run.days[1::7], series={name: values[1::7] for name, values in run.series.items()}, journals={})
    with pytest.raises(InputError, match="every day"):
        page(weekly, None)
