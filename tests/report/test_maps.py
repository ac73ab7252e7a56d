"""Maps: the outlines, their scale, their classes; and the windows of uprisings in whole weeks."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from groundswell import cases
from groundswell.cases import Case
from groundswell.cases.boundaries import read_boundaries
from groundswell.core.errors import InputError
from groundswell.core.run import Run
from groundswell.report.maps import Multiple, atlas, per_million, row
from groundswell.report.reading import Reading, Readings
from groundswell.report.uprisings import touched, uprisings

REAL = [name for name in cases.names() if cases.load(name).boundaries is not None]


def test_degrees_are_as_long_as_they_are(fake_run: Callable[..., Run]) -> None:
    provinces = fake_run(days=1, provinces=1).places.provinces
    square = {"X-00": [[(10.0, 59.5), (11.0, 59.5), (11.0, 60.5), (10.0, 60.5), (10.0, 59.5)]]}
    chart = atlas(square, provinces)
    assert chart is not None
    assert chart.height - 4 == pytest.approx(2 * (200 - 4), rel=1e-3)  # a degree of longitude is half as long at 60 degrees
    assert chart.shapes["X-00"][0][:, 0].min() == pytest.approx(2)
    assert atlas({}, provinces) is None


def test_values_have_classes_words_and_one_scale(fake_run: Callable[..., Run], fake_case: Callable[..., Case]) -> None:
    provinces = fake_run(days=1, provinces=3).places.provinces
    case = fake_case(3)
    assert case.boundaries is not None
    chart = atlas(read_boundaries(case.boundaries), provinces)
    assert chart is not None
    text = row(chart, provinces, [Multiple("a", "", np.array([0, 4.0, np.nan])), Multiple("b", "", np.array([1.0, 8.0, 2.0]))], "events")
    first, second = (colours(one) for one in text.split("<h4>")[1:])
    assert first[0] == "var(--paper)"
    assert first[2].startswith("url(#")
    assert second[1] == "var(--map-8)"
    assert second[0] < second[2] < first[1] < second[1]
    assert "not known" in text
    assert ": 4 events</title>" in text
    apart = row(chart, provinces, [Multiple("a", "", np.array([-1.0, 0.0, 1.0]))], "events", differences=True)
    assert colours(apart) == ["var(--down-4)", "var(--paper)", "var(--up-4)"]


def colours(text: str) -> list[str]:
    """How each province of a map is filled."""
    return re.findall(r'<g><title>.*?fill: ([^;"]+)', text)


def test_per_million(fake_run: Callable[..., Run]) -> None:
    provinces = fake_run(days=1, provinces=2).places.provinces
    assert per_million(np.array([1.0, 4.0]), provinces).tolist() == [1000, 2000]


@pytest.mark.parametrize("name", REAL)
def test_built_in_boundaries_hold_every_province_and_their_licence(name: str) -> None:
    case = cases.load(name)
    assert case.boundaries is not None
    assert case.boundaries.stat().st_size <= 60_000
    found = read_boundaries(case.boundaries)
    assert set(found) == {p.id for p in case.census().provinces}
    for rings in found.values():
        assert all(ring[0] == ring[-1] and len(ring) > 3 for ring in rings)
    licence = (case.boundaries.parent / "BOUNDARIES-LICENSE.txt").read_text(encoding="utf-8")
    assert "MIT" in licence
    assert "Natural Earth" in licence


def test_boundaries_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    for content in ("{", "[]", json.dumps({"features": [{"id": 1, "geometry": {"type": "Point", "coordinates": [1, 2]}}]})):
        path.write_text(content)
        with pytest.raises(InputError, match="boundaries"):
            read_boundaries(path)
    with pytest.raises(InputError, match="boundaries"):
        read_boundaries(tmp_path / "none.json")


def test_a_window_is_told_in_whole_weeks(fake_run: Callable[..., Run], fake_case: Callable[..., Case]) -> None:
    run, case = fake_run(days=90), fake_case()
    weeks = touched(Reading(run), case.uprisings[0])  # Monday 1 to Tuesday 9 February 2021
    assert [str(run.dates[int(week - run.days[0])]) for week in Reading(run).weeks[weeks]] == ["2021-01-30", "2021-02-06"]
    text, missing = uprisings(Readings(run), case)
    assert not missing
    total = run.series["gathered"][29:43].sum() / 2
    assert f"{total:.3g} a week in all" in text


def test_nothing_of_a_day_or_a_part_of_a_week_reaches_the_map(fake_run: Callable[..., Run], fake_case: Callable[..., Case]) -> None:
    run, case = fake_run(days=90), fake_case()
    moved = run.series["gathered"].copy()
    moved[30], moved[34] = moved[34].copy(), moved[30].copy()  # within one week
    other = dataclasses.replace(run, series={**run.series, "gathered": moved})
    assert uprisings(Readings(run), case) == uprisings(Readings(other), case)


def test_a_case_without_a_map_has_the_table_only(fake_run: Callable[..., Run], fake_case: Callable[..., Case]) -> None:
    text, missing = uprisings(Readings(fake_run(days=90)), dataclasses.replace(fake_case(), boundaries=None))
    assert "<table>" in text
    assert "<svg" not in text
    assert len(missing) == 1
