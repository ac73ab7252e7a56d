"""A source applied to what happened gives the record of the run, bit for bit, whatever the source and the place."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.ablation.paired import FIRST, LIVELY, MODEL, START
from tests.observation.common import DAY, WRONG, events, source
from tests.oracles.stage import world
from tests.worlds import small_world

from groundswell.core.checks import checked_values
from groundswell.core.errors import InputError
from groundswell.core.parameters import Change, ParameterValues
from groundswell.core.simulate import simulate
from groundswell.events.acled import of_source
from groundswell.mechanisms.reporting import Channel, Monitor, StateMedia
from groundswell.observation import ACT, FIELDS, PARAMETERS, happenings, observe
from groundswell.society import HAPPENINGS, SOURCES

pytestmark = pytest.mark.compiled

KINDS = (Monitor, StateMedia, Channel)
BUSY = LIVELY | {"livelihoods.rate": 100.0, "livelihoods.least": 5.0, "rallies.held": 0.2, "calendar.blackout": 0.4}
LIARS = {f"{of}.{name}": value for of in SOURCES for name, value in WRONG.items()}
DATED = (
    Change("monitor.half", 10.0, FIRST + 5, FIRST + 9, places=(1,)),
    Change("channel.confused", 0.5, FIRST + 3, FIRST + 20),
    Change("state_media.inflation", 2.0, FIRST + 4, FIRST + 12, places=(0,), operation="multiply"),
    Change("calendar.blackout", 1.0, FIRST + 8, FIRST + 11, places=(1,)),
)
RUNS: dict[str, tuple[dict[str, Any], tuple[Change, ...]]] = {
    "defaults": (BUSY, ()),
    "liars": (BUSY | LIARS, ()),
    "changes": (BUSY | LIARS | {"monitor.delay": 0, "channel.misplaced": 1.0}, DATED),
}


@lru_cache(maxsize=8)
def made(name: str, days: int = 25, compiled: bool = True) -> SimpleNamespace:
    """A run, and every day's table from which its sources reported."""
    values, changes = RUNS[name]
    people = small_world((600, 400) if compiled else (120, 80), hood=50, scale=100)
    parts: list[dict[str, np.ndarray]] = []

    def keep(engine: Any, day: int) -> None:
        table = engine.state.tables[HAPPENINGS.name]
        parts.append({"day": np.full(len(table), day), **{f.name: table[f.name].copy() for f in HAPPENINGS.fields}})

    end = START + timedelta(days=days - 1)
    run = simulate(MODEL, people, start=START, end=end, seed=5, values=values, changes=changes, observe=keep, compiled=compiled)
    seen = {name: np.concatenate([part[name] for part in parts]) for name in FIELDS}
    about = ParameterValues(MODEL.parameters, checked_values(MODEL, values), changes, len(people.places.provinces))
    return SimpleNamespace(run=run, events=seen, values=about, places=people.places, days=days)


def as_in(done: SimpleNamespace, number: int) -> SimpleNamespace:
    """The source with its parameters of each day of a run."""
    kind, key = KINDS[number], SOURCES[number]
    by_day = {name: np.array([done.values.at(f"{key}.{name}", int(day)) for day in done.run.days]) for name in PARAMETERS}
    return SimpleNamespace(**by_day, number=kind.number, invents=kind.invents)


def context(done: SimpleNamespace) -> dict[str, Any]:
    series = done.run.series
    period = {"first": int(done.run.days[0]), "last": int(done.run.days[-1])}
    return {"places": done.places, "blackout": series["blackout"], "attention": series["attention"], **period}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert set(one) == set(other)
    for name, values in one.items():
        assert values.dtype == other[name].dtype, name
        assert np.array_equal(values, other[name]), name


@pytest.mark.parametrize("name", list(RUNS))
@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_happened_and_a_source_give_the_record_of_the_run(name, number) -> None:
    done = made(name)
    mine = of_source(done.run.journals["record"], number)
    assert len(mine["city"]) > 10
    same(observe(done.events, as_in(done, number), 5, **context(done)), mine)


def test_with_its_defaults_a_source_is_its_mechanism() -> None:
    done = made("defaults")
    for number, kind in enumerate(KINDS):
        same(observe(done.events, kind(), 5, **context(done)), of_source(done.run.journals["record"], number))


@pytest.mark.parametrize("compiled", [False, True])
def test_uncompiled_too(compiled) -> None:
    """An uncompiled run, observed uncompiled and compiled."""
    done = made("liars", 4, compiled=False)
    assert len(np.unique(done.run.journals["record"]["source"])) == 3
    for number in (0, 1, 2):
        mine = of_source(done.run.journals["record"], number)
        same(observe(done.events, as_in(done, number), 5, **context(done), compiled=compiled), mine)


def test_the_journal_of_a_run_gives_its_gatherings() -> None:
    """Who acted is not in the journal: acts are told by the same law with draws of their own, gatherings by the run's."""
    done = made("liars")
    table = happenings(done.run.journals["events"])
    gatherings, truth = done.events["kind"] == 0, table["kind"] == 0
    for name in FIELDS:
        order, its = (np.lexsort([t["lane"], t["who"], t["day"]]) for t in (_only(table, truth), _only(done.events, gatherings)))
        assert np.array_equal(table[name][truth][order], done.events[name][gatherings][its]), name
    acts = _only(table, ~truth)
    assert len(acts["day"]) > 100
    assert len(np.unique(np.column_stack([acts["day"], acts["who"], acts["lane"]]), axis=0)) == len(acts["day"])
    assert set(acts["sub_event"]) == {4}
    told = observe(table, as_in(done, 2), 5, **context(done))
    mine = of_source(done.run.journals["record"], 2)
    same(_only(told, told["kind"] == 0), _only(mine, mine["kind"] == 0))
    acts_told, acts_mine = ((t["kind"] == 1) & (t["invented"] == 0) for t in (told, mine))
    assert 0.8 < acts_told.sum() / acts_mine.sum() < 1.25


def test_a_journal_made_coarser_has_no_address_twice() -> None:
    """Weeks and chief cities, as of a real case: gatherings that fall together are still different events."""
    truth = dict(made("liars").run.journals["events"])
    truth["day"], truth["city"] = truth["day"] // 7 * 7, np.full_like(truth["city"], 1)
    truth["province"] = np.where(truth["kind"] == 1, 0, truth["province"])  # acts have no place
    table = happenings(truth, acts=False)
    assert len(table["day"]) == (truth["kind"] == 0).sum()
    assert len(np.unique(np.column_stack([table["day"], table["who"], table["lane"]]), axis=0)) == len(table["day"])
    assert len(observe(table, source(), 1, places=made("liars").places, compiled=False)["city"]) == len(table["day"])
    with pytest.raises(InputError, match="names a province"):
        observe(happenings(truth), source(), 1, places=made("liars").places, compiled=False)


def _only(table: dict[str, np.ndarray], which: np.ndarray) -> dict[str, np.ndarray]:
    return {name: values[which] for name, values in table.items()}


PLACES = world(3, cities=4, rows=30, scale=1000).places


def rows(record: dict[str, np.ndarray]) -> list[tuple[int, ...]]:
    return list(zip(*(values.tolist() for values in record.values()), strict=True))


@settings(max_examples=25)
@given(st.integers(0, 2**63 - 1), st.integers(0, 60), st.integers(0, 2), st.integers(0, 10**6))
def test_the_order_of_a_table_does_not_matter_and_one_event_changes_no_other(seed, n, number, shuffle) -> None:
    of = source(number, (0, 2, ACT)[number], **WRONG)
    things = events(PLACES, n, seed=1)
    period = {"places": PLACES, "first": DAY, "last": DAY + 9, "compiled": False}
    told = observe(things, of, seed, **period)
    mixed = np.random.default_rng(shuffle).permutation(n)
    same(observe(_only(things, mixed), of, seed, **period), told)
    if n:
        extra = {name: np.append(values, values[:1]) for name, values in things.items()}
        extra["lane"][-1] = (1 << 28) | (1 << 20)
        wider = rows(observe(extra, of, seed, **period))
        for row in rows(told):
            wider.remove(row)
        assert all(row[2] in (extra["day"][-1], extra["day"][-1] + 1) for row in wider)


def test_days_outside_the_period_and_empty_tables() -> None:
    things, of = events(PLACES, 200), source()
    told = observe(things, of, 1, places=PLACES, first=DAY + 2, last=DAY + 4, compiled=False)
    assert set(told["event_day"]) == {DAY + 2, DAY + 3, DAY + 4}
    assert len(told["city"]) == ((things["day"] >= DAY + 2) & (things["day"] <= DAY + 4)).sum()
    nothing = observe(_only(things, np.zeros(200, bool)), of, 1, places=PLACES, compiled=False)
    assert not len(nothing["city"])
    assert {name: values.dtype for name, values in nothing.items()} == {name: values.dtype for name, values in told.items()}
    made_up = observe(_only(things, np.zeros(200, bool)), source(invention=1e5), 1, places=PLACES, first=DAY, last=DAY + 9, compiled=False)
    assert made_up["invented"].all()
    assert len(made_up["city"])
