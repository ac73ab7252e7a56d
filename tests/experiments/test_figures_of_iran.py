"""The case's figures against the records that they were counted from, where a copy of those is at hand.

`GROUNDSWELL_RECORDS` names the folder; the records themselves may not be passed on.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from groundswell import cases
from groundswell.events.weekly import moments_of

FOLDER = Path(os.environ.get("GROUNDSWELL_RECORDS", "no-folder"))
WEEKLY = FOLDER / "iran_demonstrations_weekly_2016_2023.csv"
CONTESTED = ("protest_with_intervention", "excessive_force_against_protesters", "violent_demonstration")
pytestmark = pytest.mark.skipif(not WEEKLY.is_file(), reason="GROUNDSWELL_RECORDS does not name a folder with the weekly records")


def counts(columns: tuple[str, ...], start: date, end: date) -> np.ndarray:
    """Events by whole week and province; absent rows are zeros."""
    rows = pl.read_csv(WEEKLY, try_parse_dates=True)
    places = sorted(rows["iso"].unique())
    first = start + timedelta(days=(5 - start.weekday()) % 7)
    weeks = [first + timedelta(days=7 * k) for k in range(((end - first).days + 1) // 7)]
    table = np.zeros((len(weeks), len(places)))
    for week, place, *values in rows.select("week_starting", "iso", *columns).iter_rows():
        if week in weeks:
            table[weeks.index(week), places.index(place)] += sum(values)
    return table


@pytest.mark.parametrize("kind", ["weekly", "contested"])
@pytest.mark.parametrize("name", ["mean", "variance_to_mean", "autocorrelation_1", "empty"])
def test_moments(kind: str, name: str) -> None:
    columns = CONTESTED if kind == "contested" else ("peaceful_protest", *CONTESTED)
    figures = cases.load("iran").figures_of(f"{kind}.{name}")
    assert figures
    for figure in figures:
        found = getattr(moments_of(counts(columns, figure.start, figure.end)), name)
        assert found == pytest.approx(figure.value, rel=0.03, abs=0.005), (figure.start, found, figure.value)
