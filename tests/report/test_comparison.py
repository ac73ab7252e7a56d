"""The page of a comparison: effects, differences by day, maps of what is public."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from groundswell.cases import Case
from groundswell.core.draws import day_number
from groundswell.experiments.compare import Pairs
from groundswell.experiments.intervals import interval
from groundswell.experiments.replicates import Replicates
from groundswell.report.comparison import page, write_comparison

DAYS, RUNS, PROVINCES = 70, 4, 3
PLACES = tuple(f"X-{k:02d}" for k in range(PROVINCES))
FIRST = date(2021, 1, 2)  # a Saturday


def arm(case: Case, seed: int, more: float) -> Replicates:
    """Replicates whose numbers are noise around a level; `more` is added where it is public and where it is covert."""
    rng = np.random.default_rng(seed)
    rows = [SimpleNamespace(id=name, name=f"<b>{name}</b>", population=1_000_000) for name in PLACES]
    census = SimpleNamespace(provinces=rows)
    told = {name: getattr(case, name) for name in ("name", "real", "boundaries", "names", "fitted")}
    known = SimpleNamespace(**told, licence="<u>", census=lambda _: census)
    scenario: Any = SimpleNamespace(
        case=known, name="x", tables=None, scale=10, start=FIRST, end=date(2021, 3, 12), seed=1, values={}, effects=()
    )
    weeks = DAYS // 7
    series = {name: rng.random((RUNS, weeks, PROVINCES)) + more for name in ("gathered", "turnout", "arrests", "fear_mean")}
    series["units_live"] = rng.random((RUNS, weeks, 1)) + more
    nation = {name: rng.random((RUNS, DAYS)) + more for name in ("turnout", "gathered", "acted", "members_now", "arrests", "fear_mean")}
    nation["legitimacy"] = np.full((RUNS, DAYS), 0.5)
    first = day_number(FIRST)
    intervals = np.stack([first + 7 * np.arange(weeks), np.full(weeks, 7)])
    hashes, days = ("00",) * RUNS, first + np.arange(DAYS)
    return Replicates(scenario, tuple(range(1, RUNS + 1)), hashes, days, nation, (), PLACES, intervals, series)


@pytest.fixture(scope="module")
def pairs(fake_case: Callable[..., Case]) -> Pairs:
    case = fake_case(PROVINCES)
    return Pairs("with <u>units</u>", "without", arm(case, 1, 5.0), arm(case, 2, 0.0))


@pytest.fixture(scope="module")
def text(pairs: Pairs) -> str:
    return page(pairs)


def test_it_says_what_is_compared_and_escapes_it(text: str) -> None:
    assert "<u>" not in text
    assert "<b>" not in text
    assert "with &lt;u&gt;units&lt;/u&gt;" in text
    assert "4, seeds 1 to 4" in text
    assert "nan" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    HTMLParser().feed(text)


def test_effects_are_the_pairs_rows_and_bold_where_zero_is_outside(text: str, pairs: Pairs) -> None:
    (row,) = (row for row in pairs.rows if row.key == "turnout")
    assert row.low > 0
    assert re.search(rf'took part, mean day</th>.*?<td class="number changed">{row.difference:.3g}<', text)


def test_a_series_that_is_the_same_is_said_not_drawn(text: str) -> None:
    assert "The same in every pair, day by day: perceived legitimacy." in text
    assert "<h3>Perceived legitimacy</h3>" not in text


def test_weeks_are_whole_and_flows_are_sums(pairs: Pairs) -> None:
    apart = pairs.a.nation["gathered"] - pairs.b.nation["gathered"]
    weekly = interval(apart.reshape(RUNS, -1, 7).sum(axis=2)).mean
    alt = next(a for a in re.findall(r'aria-label="([^"]*)"', page(pairs)) if a.startswith("Anti-regime gatherings. Means"))
    assert f"Difference: from {weekly[0]:.3g} to {weekly[-1]:.3g} events a week" in alt


def with_values(pairs: Pairs, values: dict[str, float]) -> Pairs:
    scenario: Any = SimpleNamespace(**{**vars(pairs.a.scenario), "values": values})
    return dataclasses.replace(pairs, a=dataclasses.replace(pairs.a, scenario=scenario))


def test_a_comparison_about_units_has_no_map_of_a_real_case(pairs: Pairs) -> None:
    maps = page(with_values(pairs, {"first_organisation.initial": 0.0}))
    maps = maps[maps.index("<h2>By province</h2>") :]
    assert "told for the nation only" in maps
    assert "<h4>" not in maps


def test_maps_of_a_real_case_show_public_events_only(pairs: Pairs, text: str) -> None:
    """Arrests, and fear, would show on a map where units are."""
    maps = text[text.index("<h2>By province</h2>") :]
    assert "<h4>Anti-regime gatherings</h4>" in maps
    assert "<h4>Arrests</h4>" not in maps
    assert "<h4>Mean fear</h4>" not in maps
    scenario: Any = SimpleNamespace(**{**vars(pairs.a.scenario), "case": SimpleNamespace(**{**vars(pairs.a.scenario.case), "real": False})})
    invented = dataclasses.replace(pairs, a=dataclasses.replace(pairs.a, scenario=scenario))
    assert "<h4>Arrests</h4>" in page(invented)


def test_provinces_that_are_not_told_apart_from_zero_are_hatched(pairs: Pairs, fake_case: Callable[..., Case]) -> None:
    same = page(Pairs("a", "b", pairs.b, arm(fake_case(PROVINCES), 3, 0.0)))
    maps = same[same.index("<h2>By province</h2>") :]
    assert "fill: url(#" in maps
    assert "not told apart from zero" in maps
    assert "fill: url(#" not in page(pairs)[page(pairs).index("<h2>By province</h2>") :]


def test_it_is_written_whole_and_the_same_each_time(pairs: Pairs, text: str, tmp_path: Path) -> None:
    write_comparison(pairs, tmp_path / "comparison.html")
    assert (tmp_path / "comparison.html").read_text(encoding="utf-8") == text
