"""Matching of records: by hand, in any order, against a search of all pairs, and on simulated truth of which the events are known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

from groundswell.core.draws import Draws, Stream
from groundswell.core.errors import InputError
from groundswell.events import matching
from groundswell.events.joining import Rule
from groundswell.events.matching import match
from groundswell.events.table import Events, schema

START = date(2022, 1, 1)
PLAIN: dict[str, Any] = {
    "country": "Atlantis",
    "region": "North",
    "precision": "day",
    "place_precision": "region",
    "kind": "peaceful_protest",
    "count": 1,
}
LISTED, WHEN, WHERE, LATE = (Stream(name, 910 + k, name) for k, name in enumerate(("listed", "when", "where", "late")))


def events(*rows: dict[str, Any], file: str = "a.csv") -> Events:
    """A record; `day` counts from the first of January."""
    full = []
    for number, given_row in enumerate(rows, 1):
        row = {**PLAIN, "row": number, "id": str(number), **given_row}
        day = START + timedelta(days=row.pop("day", 0))
        full.append({"first": day, "last": day + timedelta(days=row.pop("lasts", 1) - 1), **row})
    columns = {name: [row.get(name) for row in full] for name in schema()}
    return Events(pl.DataFrame(columns, schema=schema()), "plain", file, "0" * 32)


def joined(found: matching.Matched) -> list[tuple[Any, ...]]:
    return [row[1 : 1 + len(found.names)] for row in found.events.iter_rows()]


def test_the_nearest_day_first() -> None:
    two = [events({"day": 0}, {"day": 1}), events({"day": 1}, {"day": 3})]
    found = match(two, rule=Rule(days=1), period=(START, START + timedelta(days=3)), chance=False)
    assert joined(found) == [(2, 1), (1, None), (None, 2)]  # the 2nd of January is told by both, so the 1st is no match of it
    assert found.histories == {"11": 1, "10": 1, "01": 1}
    assert found.ambiguous == 0
    whole = match(two, rule=Rule(days=1), chance=False)
    assert (whole.first, whole.last) == (START + timedelta(days=1), START + timedelta(days=1))
    assert [why["outside the common period"] for why in whole.set_aside] == [1, 1]


@pytest.mark.parametrize(
    ("row", "other", "rule", "one"),
    [
        ({}, {"region": "South"}, Rule(), False),
        ({}, {"region": " north "}, Rule(), True),
        ({}, {"day": 2}, Rule(days=1), False),
        ({}, {"day": 2}, Rule(days=2), True),
        ({"lasts": 3}, {"day": 3}, Rule(days=1), True),
        ({"day": 3}, {"lasts": 3}, Rule(days=0), False),
        ({}, {"kind": "violent_demonstration"}, Rule(), True),
        ({}, {"kind": "violent_demonstration"}, Rule(same_kind=True), False),
        ({"size_low": 100}, {"size_low": 250, "size_high": 400}, Rule(size=2), False),
        ({"size_low": 100}, {"size_low": 150, "size_high": 400}, Rule(size=2), True),
        ({"size_low": 100}, {}, Rule(size=2), True),
    ],
)
def test_what_may_be_one_event(row: dict[str, Any], other: dict[str, Any], rule: Rule, one: bool) -> None:
    found = match([events(row), events(other)], rule=rule, period=(START, START + timedelta(days=9)), chance=False)
    assert found.matched == one


def test_towns() -> None:
    town = {"place_precision": "town", "place": "Port", "latitude": 10.0, "longitude": 20.0}
    near = {**town, "place": "Harbour", "latitude": 10.1}
    far = {**town, "place": "Hill", "latitude": 11.0}
    assert match([events(far, near), events(town)], rule=Rule(), chance=False).events["A"].to_list()[0] == 2  # the nearer one
    for rule, one in ((Rule(kilometres=11.0), False), (Rule(kilometres=11.2), True)):  # a tenth of a degree is 11.1 km
        assert match([events(near), events(town)], rule=rule, chance=False).matched == one
    unknown = {"place_precision": "region"}
    assert match([events(unknown), events(town)], rule=Rule(kilometres=1.0), chance=False).matched == 1
    assert match([events(unknown, far), events(town)], chance=False).events["A"].to_list()[0] == 2  # what is told goes before


def test_what_is_equally_near_is_ambiguous() -> None:
    two_for_one = match([events({}, {}), events({})], chance=False)
    assert (two_for_one.matched, two_for_one.ambiguous, two_for_one.repeats) == (1, 1, (1, 0))
    told_apart = match([events({"size_low": 50}, {"size_low": 5000}), events({"size_low": 60})], chance=False)
    assert (told_apart.matched, told_apart.ambiguous) == (1, 0)
    assert joined(told_apart)[0] == (1, 1)
    left_over = match([events({}, {"day": 1}), events({}, {"day": 1})], chance=False)
    assert (left_over.matched, left_over.ambiguous) == (2, 0)  # a day off is no rival of the same day


def test_three_lists_join_only_where_all_may_be_one() -> None:
    chain = match(
        [events({"day": 0}), events({"day": 1}), events({"day": 2})], rule=Rule(days=1), period=(START, date(2022, 1, 9)), chance=False
    )
    assert sorted(chain.histories.items()) == sorted({"110": 1, "001": 1, **dict.fromkeys(("111", "101", "011", "100", "010"), 0)}.items())
    close = match(
        [events({"day": 0}), events({"day": 1}), events({"day": 1})], rule=Rule(days=1), period=(START, date(2022, 1, 9)), chance=False
    )
    assert close.histories["111"] == 1
    assert close.events["days"].to_list() == [1]


def test_nothing_is_dropped_in_silence() -> None:
    ours = events(
        {"day": 5}, {"count": 7}, {"precision": "week"}, {"region": None}, {"lasts": 60}, {"kind": "mob_violence"}, {"day": 40}, {"day": 6}
    )
    found = match([ours, events({"day": 5}, {"day": 7})], chance=False)
    assert found.kept == (2, 2)
    assert dict(found.set_aside[0]) == {
        "no single events": 1, "no day": 1, "no region": 1, "lasts too long": 1, "another kind": 1, "outside the common period": 1,
    }  # fmt: skip
    assert found.kept[0] + sum(found.set_aside[0].values()) == len(ours)


def test_regions_spelt_differently_are_told() -> None:
    found = match([events({"region": "Khuzestan"}, {}), events({"region": "Khuzistan"}, {})], chance=False)
    assert found.matched == 1
    assert "1 rows of 'A' are of regions that no other list names: 'khuzestan' (nearest elsewhere: 'khuzistan')" in found.notes[0]


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ([events({})], "lists: needs from 2 to 5 lists, not 1"),
        ([events({}), events({"count": 12}, file="b.csv")], "b.csv: lists: 'B' has no single event .*no single events 1.*their ratio only"),
        ([events({}), events({"precision": "week", "lasts": 7})], "no day 1"),
        ([events({}), events({"day": 9})], "no day in common"),
        ([events({}, {"country": "Utopia"}), events({})], "country: 'A' is of 2 countries"),
    ],
)
def test_what_cannot_be_matched_is_refused(tables: list[Events], says: str) -> None:
    with pytest.raises(InputError, match=says):
        match(tables)


@pytest.mark.parametrize("wrong", [{"days": -1}, {"size": 0.5}, {"kilometres": float("nan")}, {"kinds": ("peacful_protest",)}])
def test_a_rule_that_means_nothing(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"^{next(iter(wrong))}: "):
        Rule(**wrong)


def test_too_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundswell.events.joining.MOST_CANDIDATES", 3)
    with pytest.raises(InputError, match="more than 3 pairs"):
        match([events({}, {}), events({}, {})])


ROW = st.fixed_dictionaries(
    {
        "day": st.integers(0, 6),
        "region": st.sampled_from(["North", "South"]),
        "kind": st.sampled_from(["peaceful_protest", "violent_demonstration"]),
        "size_low": st.sampled_from([None, 10, 100]),
        "lasts": st.integers(1, 3),
    }
)
LISTS = st.lists(st.lists(ROW, min_size=1, max_size=7), min_size=2, max_size=4)
WHOLE = (START, START + timedelta(days=20))


@given(LISTS, st.integers(0, 2), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_rows_changes_nothing(lists: list[list[dict[str, Any]]], days: int, order: Any) -> None:
    """The same rows, stored in another order, are the same events, told by what they say."""

    def told(rows: list[list[dict[str, Any]]]) -> tuple[Any, ...]:
        found = match([events(*some) for some in rows], rule=Rule(days=days), period=WHOLE, chance=False)
        said = [
            tuple(None if at is None else sorted(some[at - 1].items(), key=str) for at, some in zip(event, rows, strict=True))
            for event in joined(found)
        ]
        return found.histories, found.ambiguous, sorted(map(str, said))

    shuffled = [order.sample(some, len(some)) for some in lists]
    plain = [[{**row, "id": ""} for row in some] for some in lists]
    mixed = [[{**row, "id": ""} for row in some] for some in shuffled]
    assert told(plain) == told(mixed)


@given(st.lists(ROW, min_size=1, max_size=6), st.lists(ROW, min_size=1, max_size=6), st.integers(0, 2))
@settings(max_examples=100)
def test_two_lists_against_a_search_of_all_pairs(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], days: int) -> None:
    """Greedy and stable: each row is once in the result, and of any two left over that may be one, none could be joined."""
    found = match([events(*ours), events(*theirs)], rule=Rule(days=days), period=WHOLE, chance=False)
    pairs = joined(found)
    assert sorted(a for a, _ in pairs if a) == list(range(1, len(ours) + 1))
    assert sorted(b for _, b in pairs if b) == list(range(1, len(theirs) + 1))

    def distance(a: dict[str, Any], b: dict[str, Any]) -> tuple[float, ...] | None:
        apart = max(0, a["day"] - (b["day"] + b["lasts"] - 1), b["day"] - (a["day"] + a["lasts"] - 1))
        if a["region"] != b["region"] or apart > days:
            return None
        sizes = (a["size_low"], b["size_low"])
        return apart, a["kind"] != b["kind"], float("inf") if None in sizes else max(sizes) / min(sizes)

    mine = {a: distance(ours[a - 1], theirs[b - 1]) for a, b in pairs if a and b}
    other = {b: distance(ours[a - 1], theirs[b - 1]) for a, b in pairs if a and b}
    assert None not in mine.values()
    for a in range(1, len(ours) + 1):
        for b in range(1, len(theirs) + 1):
            near = distance(ours[a - 1], theirs[b - 1])
            if near is not None:  # no two would both rather have each other
                assert mine.get(a, (99,)) <= near or other.get(b, (99,)) <= near


def simulated(number: int, days: int, regions: int, chances: tuple[float, ...], late: float) -> tuple[list[Events], np.ndarray]:
    """Records of so many events, of which each has a day and a region, and each list tells some a day late."""
    draws, at = Draws(5), np.arange(number)
    when, where = draws.uniform(WHEN, 0, at) * days // 1, draws.uniform(WHERE, 0, at) * regions // 1
    held = np.stack([draws.uniform(LISTED, k, at) < chance for k, chance in enumerate(chances)], axis=1)
    tables = []
    for k in range(len(chances)):
        shift = draws.uniform(LATE, k, at) < late
        rows = [{"day": int(when[i] + shift[i]), "region": f"R{int(where[i])}", "id": str(i)} for i in at[held[:, k]]]
        tables.append(events(*rows, file=f"{k}.csv"))
    return tables, held


def test_sparse_events_are_matched_as_they_are() -> None:
    """Where two events of a region are seldom near, matching finds what is one event, and the estimate its number."""
    tables, held = simulated(400, days=3000, regions=31, chances=(0.5, 0.6), late=0.2)
    found = match(tables, period=(START, START + timedelta(days=3001)))
    assert found.matched == pytest.approx((held.all(axis=1)).sum(), abs=4)
    assert found.by_chance < 5
    assert sum(found.histories.values()) == pytest.approx(held.any(axis=1).sum(), abs=4)


def test_dense_events_match_by_chance_and_the_count_says_so() -> None:
    tables, held = simulated(3000, days=200, regions=31, chances=(0.3, 0.3), late=0.0)
    found = match(tables, period=(START, START + timedelta(days=201)), rule=Rule(days=1))
    assert held.all(axis=1).sum() < 320 < 400 < found.matched  # 270 are one event; the others are neighbours
    assert found.by_chance > 250


def test_three_lists_turned_never_meet_again() -> None:
    """All three lists are the same: only the turn of all against all makes chance look like chance."""
    (table, _), _ = simulated(150, days=3000, regions=31, chances=(1.0, 1.0), late=0.0)
    found = match([table, table, table], period=(START, START + timedelta(days=3001)))
    assert found.histories["111"] == 150
    assert found.by_chance < 5


def test_a_short_period_tells_nothing_of_chance() -> None:
    assert np.isnan(match([events({}), events({})]).by_chance)


def test_many_rows() -> None:
    tables, _ = simulated(20_000, days=2000, regions=31, chances=(0.6, 0.6), late=0.1)
    found = match(tables, chance=False)
    assert sum(found.histories.values()) > 10_000
