"""A run shows itself as a table: the nation only, with meaning and unit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from html import escape
from xml.etree import ElementTree

import pytest

from groundswell.core.run import Run


@pytest.mark.parametrize("days", [1, 59, 90])
def test_every_series_with_its_meaning(fake_run: Callable[..., Run], days: int) -> None:
    run = fake_run(days=days)
    text = run._repr_html_()
    table = ElementTree.fromstring(text.replace("<br>", "<br/>"))
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.iter("tr") if row[0].text in run.series}
    assert set(rows) == set(run.series)
    assert rows["turnout"][0] == run.about("turnout").doc
    assert rows["turnout"][2] == f"{run.series['turnout'][-1].sum():,}"
    assert rows["fear_mean"][2] == f"{run.series['fear_mean'][-1, 0]:.3g}"  # the same everywhere: a mean, not a sum
    assert rows["turnout"][3] == "persons"
    assert escape(run.state_hash) in text


def test_it_does_not_tell_where_units_are(fake_run: Callable[..., Run]) -> None:
    run = fake_run(days=30)
    moved = run.series["units_live"][:, ::-1]
    assert dataclasses.replace(run, series={**run.series, "units_live": moved})._repr_html_() == run._repr_html_()
