"""Figures of uprisings, by hand."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from groundswell import cases
from groundswell.calibration.counts import Counts
from groundswell.calibration.uprisings import checks, outside
from groundswell.core.draws import day_number

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"


def test_spread_and_the_fortieth_day_by_hand() -> None:
    case = cases.load(ATLANTIS)
    first = day_number(date(2022, 1, 1))
    one = dataclasses.replace(case.uprisings[0], start=date(2022, 1, 10), end=date(2022, 1, 20))
    case = dataclasses.replace(case, uprisings=(one,))
    total = np.full((12, 4), 2, np.int64)
    total[7] = 7  # 40 days after 10 January: 19 February, the first day of week 7
    contested = np.zeros((12, 4), np.int64)
    contested[1, :3] = [5, 1, 1]
    contested[2, 3] = 4
    deaths = np.zeros((12, 4), np.int64)
    deaths[[0, 1, 4, 5], [0, 1, 3, 2]] = [50, 2, 3, 70]  # the uprising's four weeks are those of index 1 to 4
    real = Counts(first, ("a", "b", "c", "d"), total, contested, deaths, np.zeros((12, 4), np.int64))
    made = {
        "total": np.repeat(total[None], 3, axis=0),
        "contested": np.zeros((3, 12, 4), np.int64),
        "deaths": np.stack([k * deaths for k in (0, 1, 1)]),
    }
    fit = SimpleNamespace(observed=real, predictive=made, training=5)
    found = {c.what: c for c in checks(fit, case)}  # type: ignore[arg-type]
    assert found["provinces with a contested event, week 1"].real == 3
    assert found["provinces with a contested event, week 2"].real == 1
    assert found["contested events, week 1"].real == 7
    assert found["contested events, week 1"].high == 0
    assert not found["contested events, week 1"].inside
    died = found["deaths, weeks 1 to 4 (not fitted)"]
    assert (died.real, died.median, died.inside) == (5, 5, True)
    forty = found["all events in the week of the fortieth day, per event of the week before"]
    assert forty.real == pytest.approx(28.5 / 8.5)
    assert forty.inside
    assert all(one.fitted for one in found.values())
    fit.training = 4  # its fourth week is no longer fitted
    assert not any(one.fitted for one in checks(fit, case))  # type: ignore[arg-type]
    fit.training = 5
    assert outside(checks(fit, case)) == "4 of 10 of the fitted weeks"  # type: ignore[arg-type]


def test_there_are_none_without_simulations() -> None:
    assert checks(SimpleNamespace(predictive={}), cases.load(ATLANTIS)) == []  # type: ignore[arg-type]
