"""What is counted and what is reported, against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.oracles.stage import FIRST, by_place, near, play, share_near, stub, world

from groundswell.core.columns import Table
from groundswell.events.acled import SUB_EVENTS
from groundswell.mechanisms import chronicle
from groundswell.mechanisms.census import Census
from groundswell.mechanisms.chronicle import Chronicle
from groundswell.mechanisms.reporting import Channel, Monitor, StateMedia
from groundswell.observation import FROM
from groundswell.society import (
    ACTIVE,
    ACTS,
    ATTENTION,
    BLACKOUT,
    CUSTODY,
    FEAR_SUM,
    FRAME_COUNTS,
    GATHERINGS,
    HAPPENINGS,
    MEMBERS,
    SOURCES,
    UNITS,
)

pytestmark = pytest.mark.compiled

OF = dict(zip(SOURCES, (Monitor, StateMedia, Channel), strict=True))
PLAIN = {  # a source that sees every stream alike and errs nowhere
    "anti_regime": 1.0, "livelihood": 1.0, "pro_state": 1.0, "drift": 0.0, "contested": 1.0, "misdated": 0.0, "misplaced": 0.0,
    "doubled": 0.0, "inflation": 1.0, "harm": 1.0, "delay": 0,
}  # fmt: skip


def events(sizes, *, acts: int = 0, response: int = 0, deaths: int = 0, stream: int = 0, violent: int = 0, blackout=0.0, attention=0.0):
    """A stub: on each day the gathering of every city has the given size; units act, and are gone by the evening.

    Args:
        sizes: of the gathering of each city, 0 for none.
        acts: how many units act; they are founded by the first persons of the only province.
        blackout: by province.
    """
    sizes = np.asarray(sizes)

    def day(now) -> None:
        at = np.flatnonzero(sizes)
        rows = {"city": now.places.city_keys[at], "stream": np.full(len(at), stream), "number": np.zeros(len(at)), "at": at}
        fate = {"response": np.full(len(at), response), "arrests": np.full(len(at), 2 * (response > 1)), "deaths": np.full(len(at), deaths)}
        now.store(Table(GATHERINGS, {**rows, "size": sizes[at], "violent": np.full(len(at), violent), **fate}))
        unit, none = ((1 << 32) + np.arange(acts, dtype=np.int64)) << 16, np.zeros(acts)
        now.store(
            Table(ACTS, {"unit": unit, "number": none, "tactic": none + 1, "night": none, "seen": np.arange(acts) % 2, "frame": none})
        )
        now[BLACKOUT][:] = blackout
        now[ATTENTION][:] = attention

    return stub("Events", day=day, writes=(GATHERINGS, ACTS, BLACKOUT, ATTENTION))


def told(things, people, days: int = 1, *, by: str = "monitor", changes=(), seed: int = 1, **values):
    """What happened and what one source reports, plain but for the given values."""
    given = {f"{by}.{name}": value for name, value in (PLAIN | values).items()}
    done = play((things, Chronicle(), OF[by]()), people, days, values=given, changes=changes, seed=seed, compiled=True)
    return done.run.journals["events"], done.run.journals["record"]


@pytest.mark.parametrize("size", [3, 40, 60, 5000])
def test_reports_have_the_declared_probability(size) -> None:
    """reach n / (n + half), independently by event."""
    truth, record = told(events([size] * 200), world(cities=200, rows=3), 20, reach=0.8, half=40.0)
    assert len(truth["size"]) == 4000
    assert (truth["size"] == size).all()
    share_near(len(record["event_day"]), 4000, 0.8 * size / (size + 40.0))
    assert (record["size_reported"] == size).all()


def test_acts_are_reported_where_and_as_often_as_declared() -> None:
    """An act happens where its unit lives, also if the unit was lost or dissolved the same day."""
    truth, record = told(events([0] * 4, acts=400), world(cities=4, rows=100), 20, acts=0.15)
    assert (truth["kind"] == 1).all()
    assert (record["tactic"] == 1).all()
    assert np.bincount(truth["city"]).tolist() == [0, 2000, 2000, 2000, 2000]
    share_near(len(record["city"]), 8000, 0.15)
    for city in (1, 2, 3, 4):
        share_near((record["city"] == city).sum(), 2000, 0.15)


def test_errors_of_date_and_size() -> None:
    """Delays are uniform on 0 to the longest, a share is dated a day late, sizes are inflated; truth is not touched."""
    values = {"reach": 1.0, "half": 0.0, "delay": 4, "misdated": 0.1, "inflation": 2.5}
    truth, record = told(events([50] * 300, response=3, deaths=1), world(cities=300, rows=3), 10, **values)
    n = len(record["event_day"])
    assert n == len(truth["day"]) == 3000
    late = record["event_day"] - np.repeat(np.arange(FIRST, FIRST + 10), 300)
    assert set(late) == {0, 1}
    share_near((late == 1).sum(), n, 0.1)
    wait = record["reported_day"] - record["event_day"] + late
    assert (record["reported_day"] >= record["event_day"]).all()
    for days in (2, 3, 4):
        share_near((wait == days).sum(), n, 0.2)
    assert (record["size_reported"] == 125).all()
    assert (truth["size"] == 50).all()
    assert (record["fatalities_reported"] == 1).all()
    assert (record["sub_event"] == 2).all()
    assert (record["invented"] == 0).all()


@pytest.mark.parametrize("by", SOURCES)
def test_interest_by_stream(by) -> None:
    """Each source has an interest of its own in each stream, and counts what it does not favour as it is."""
    for stream, name in enumerate(("anti_regime", "livelihood", "pro_state")):
        values = {"reach": 0.9, "half": 100.0, "inflation": 4.0, name: 0.3}
        truth, record = told(events([300] * 100, stream=stream), world(cities=100, rows=3), 10, by=by, **values)
        assert set(truth["stream"]) == set(record["stream"]) == {stream}
        share_near(len(record["stream"]), 1000, 0.3 * 0.9 * 300 / 400)
        favoured = by == "monitor" or (by, name) in (("state_media", "pro_state"), ("channel", "anti_regime"))
        assert set(record["size_reported"]) == {1200 if favoured else 300}
        assert set(record["source"]) == {SOURCES.index(by)}


def test_blackouts_and_attention() -> None:
    """A blackout prevents a share of reports where it is; attention multiplies the odds of a report."""
    dark = [0.0, 1.0, 0.5]
    things = events([80] * 300, blackout=dark, acts=0)
    _, record = told(things, world(3, cities=100, rows=3), 20, reach=1.0, half=80.0, blackout=0.8)
    for province, b in enumerate(dark, 1):
        share_near((record["province"] == province).sum(), 2000, 0.5 * (1 - 0.8 * b))
    _, record = told(events([0], acts=100, blackout=0.5), world(rows=100), 40, acts=0.6, blackout=0.8)
    share_near(len(record["city"]), 4000, 0.6 * (1 - 0.8 * 0.5))
    _, record = told(events([80] * 200, attention=0.5), world(cities=200, rows=3), 20, reach=1.0, half=80.0, attention=4.0)
    share_near(len(record["city"]), 4000, 3 / 4)


def test_contested_gatherings_draw_reports() -> None:
    """Answered or violent ones have `contested` times the odds."""
    for given, odds in (({}, 1.0), ({"response": 1}, 3.0), ({"violent": 1}, 3.0)):
        _, record = told(events([50] * 200, **given), world(cities=200, rows=3), 20, reach=1.0, half=50.0, contested=3.0)
        share_near(len(record["city"]), 4000, odds / (odds + 1))


def test_reporting_drifts_by_year() -> None:
    """From 2016 on the odds n / half grow by `drift` of those of 2016 a year; before it they were smaller in the same way."""
    years = (FIRST - FROM) / 365.25
    _, record = told(events([50] * 400), world(cities=400, rows=3), 10, reach=1.0, half=50.0, drift=0.25)
    odds = 1 / (1 - 0.25 * years)
    share_near(len(record["city"]), 4000, odds / (odds + 1))


def test_odds_after_2016(monkeypatch) -> None:
    monkeypatch.setattr("groundswell.observation.law.FROM", FIRST - 4 * 365.25)
    _, record = told(events([50] * 400), world(cities=400, rows=3), 1, reach=1.0, half=50.0, drift=0.25)
    share_near(len(record["city"]), 400, 2 / 3)


def test_double_counts_and_inflated_numbers_of_acts() -> None:
    """A share of gatherings is counted twice; of acts, a source that favours them counts `inflation` for one, plus what it doubles."""
    truth, record = told(events([50] * 300), world(cities=300, rows=3), 10, reach=1.0, half=0.0, doubled=0.2, inflation=3.0)
    seen = np.bincount(record["city"] + 301 * (record["event_day"] - FIRST), minlength=3010)
    seen = seen[seen > 0]
    assert set(seen) == {1, 2}
    assert len(seen) == len(truth["city"]) == 3000
    share_near((seen == 2).sum(), 3000, 0.2)
    for by, factor in (("channel", 2.3), ("state_media", 1.0)):
        _, record = told(events([0], acts=500), world(rows=500), 10, by=by, acts=1.0, inflation=2.3)
        near(len(record["city"]), 5000 * factor, 5000**0.5 * 0.46)
        assert set(record["size_reported"]) == {3}


def test_misplaced_reports_stay_in_their_province() -> None:
    people = world(2, cities=5, rows=3)
    truth, record = told(events([50] * 10), people, 80, reach=1.0, half=0.0, misplaced=0.4)
    assert len(truth["city"]) == len(record["city"]) == 800
    order = np.lexsort((truth["city"], truth["province"], truth["day"]))
    moved = record["city"] != truth["city"][order]
    assert (record["province"] == truth["province"][order]).all()
    share_near(moved.sum(), 800, 0.4 * 4 / 5)


def test_streams_are_confused_alike() -> None:
    """A share of reports names one of the two other streams, either alike; what is reported, and what is inflated, follows the truth."""
    for stream in (0, 1, 2):
        things = events([50] * 300, stream=stream)
        values = {"reach": 1.0, "half": 0.0, "inflation": 3.0, "by": "state_media"}
        truth, record = told(things, world(cities=300, rows=3), 10, confused=0.3, **values)
        assert set(truth["stream"]) == {stream}
        assert len(record["stream"]) == 3000
        for other in {0, 1, 2} - {stream}:
            share_near((record["stream"] == other).sum(), 3000, 0.15)
        assert set(record["size_reported"]) == {150 if stream == 2 else 50}
        _, right = told(things, world(cities=300, rows=3), 10, confused=0.0, **values)
        for name in set(right) - {"stream"}:
            assert (right[name] == record[name]).all(), name
        _, wrong = told(things, world(cities=300, rows=3), 10, confused=1.0, **values)
        assert stream not in wrong["stream"]


def test_acts_are_confused_with_nothing() -> None:
    _, record = told(events([0], acts=200), world(rows=200), 5, acts=1.0, confused=1.0)
    assert len(record["stream"]) == 1000
    assert set(record["stream"]) == {0}


def test_harm_is_told_with_a_factor() -> None:
    """Deaths and arrests as told, rounded at random, so that few deaths of many gatherings keep their mean."""
    truth, record = told(
        events([50] * 300, response=3, deaths=2), world(cities=300, rows=3), 10, by="state_media", reach=1.0, half=0.0, harm=0.2
    )
    assert set(truth["deaths"]) == {2}
    assert set(record["fatalities_reported"]) == {0, 1}
    share_near(record["fatalities_reported"].sum(), 3000, 0.4)
    share_near(record["arrests_reported"].sum(), 3000, 0.4)
    assert abs(np.corrcoef(record["arrests_reported"], record["fatalities_reported"])[0, 1]) < 0.1


def test_sources_report_independently_of_one_another() -> None:
    """Of two that see half each, a quarter is seen by both; leaving one out changes nothing of another's reports."""
    half = {"reach": 0.5, "half": 0.0} | PLAIN
    values = {f"{by}.{name}": value for by in SOURCES for name, value in half.items()}
    things, people = events([50] * 100), world(cities=100, rows=3)
    record = play((things, Chronicle(), Monitor(), StateMedia(), Channel()), people, 8, values=values, compiled=True).run.journals["record"]
    where = record["city"] + 101 * (record["event_day"] - FIRST)
    seen = [np.isin(np.arange(101 * 8), where[record["source"] == k]) for k in range(3)]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        share_near((seen[a] & seen[b]).sum(), 800, 0.25)
    share_near((seen[0] & seen[1] & seen[2]).sum(), 800, 0.125)
    mine = {key: value for key, value in values.items() if key.startswith("channel.")}
    alone = play((things, Chronicle(), Channel()), people, 8, values=mine).run.journals["record"]  # uncompiled: the same bits
    for name, given in alone.items():
        assert (given == record[name][record["source"] == 2]).all(), name


def test_only_a_source_that_is_set_to_invents() -> None:
    _, none = told(events([0]), world(20, rows=100, scale=1000), 100)
    assert len(none["city"]) == 0
    changes = by_place("monitor.invention", [200.0] * 10 + [0.0] * 10)
    _, some = told(events([0] * 40), world(20, cities=2, rows=100, scale=1000), 100, changes=changes)
    near(len(some["city"]), 200.0 * 2.0 * 100 / 365.25, 10 * 0.5)
    assert (some["invented"] == 1).all()
    assert some["province"].max() <= 10
    assert set(some["city"]) == {1, 2}


def test_each_source_invents_what_it_favours() -> None:
    for by, stream, kind, sub in (("monitor", 0, 0, 0), ("state_media", 2, 0, 0), ("channel", 0, 1, 4)):
        _, record = told(events([0]), world(rows=100, scale=1000), 100, by=by, invention=1000.0)
        assert len(record["city"]) > 0
        assert [set(record[name]) for name in ("stream", "kind", "sub_event")] == [{stream}, {kind}, {sub}]


def test_the_chronicle_codes_as_acled_would() -> None:
    """Violent, else excessive force, else intervention, else peaceful; acts stand apart."""
    codes = (chronicle.PEACEFUL, chronicle.INTERVENTION, chronicle.FORCE, chronicle.VIOLENCE, chronicle.OTHER)
    words = ("Peaceful", "intervention", "force", "Violent", "Other")
    assert all(word in SUB_EVENTS[code].name for code, word in zip(codes, words, strict=True))
    for given, code in (
        ({}, 0), ({"response": 1}, 1), ({"response": 2}, 1), ({"response": 3}, 2), ({"response": 1, "deaths": 1}, 2),
        ({"response": 3, "deaths": 1, "violent": 1}, 3),
    ):  # fmt: skip
        truth, record = told(events([50], **given), world(), reach=1.0, half=0.0)
        assert record["sub_event"].tolist() == [code]
        for name in ("response", "deaths", "violent"):
            assert truth[name].tolist() == [given.get(name, 0)]
    truth, record = told(events([0], acts=3), world(), acts=1.0)
    assert record["sub_event"].tolist() == [4] * 3
    assert truth["response"].tolist() == [0, 1, 0]


def test_census_counts() -> None:
    """Two provinces of two cities, ten rows each of ten persons, everything written by hand."""
    base, other = 1 << 32, 2 << 32

    def day(now) -> None:
        now[ACTIVE][:] = [4, 0, 7, 30]
        now[FEAR_SUM][:] = np.array([1, 2, 3, 4]) * 65536
        for k, column in enumerate(FRAME_COUNTS):
            now[column][:] = [[4, 5, 0, 1], [3, 5, 0, 9], [2, 0, 0, 0], [1, 0, 10, 0]][k]
        units = np.array([base + 0, base + 50, other + 3]) << 16
        members = {units[0]: base + np.arange(3), units[1]: base + 50 + np.arange(2), units[2]: other + 3 + np.arange(4)}
        now.store(Table(UNITS, {"unit": units, "row": [0, 5, 20], "small_since": [0, 1, 0], "organisation": [1, 1, 1]}))
        now.store(
            Table(
                MEMBERS,
                {
                    "person": np.concatenate(list(members.values())),
                    "unit": np.repeat(units, [3, 2, 4]),
                    "joined": np.zeros(9),
                    "informer": np.zeros(9),
                    "former": np.zeros(9),
                },
            )
        )
        person = np.concatenate([base + 100 + np.arange(6), other + 100 + np.arange(5)])
        now.store(
            Table(
                CUSTODY,
                {"person": person, "status": [0, 1, 1, 1, 2, 3, 1, 2, 2, 3, 0], "since": [1] * 11, "until": [9] * 11, "times": [1] * 11},
            )
        )
        keys = now.places.city_keys
        now.store(
            Table(
                GATHERINGS,
                {
                    "city": keys[[0, 2, 3, 3, 3, 1]],
                    "stream": [0, 0, 0, 0, 1, 2],
                    "number": [0, 0, 0, 1, 0, 0],
                    "at": [0, 2, 3, 3, 3, 1],
                    "size": [4, 7, 20, 10, 50, 600],
                    "violent": [0] * 6,
                    "response": [0, 0, 3, 0, 3, 0],
                    "arrests": [0] * 6,
                    "deaths": [0, 0, 2, 0, 1, 0],
                },
            )
        )
        none = [0] * 3
        now.store(Table(ACTS, {"unit": units[[0, 0, 2]], "number": [0, 1, 0], "tactic": none, "night": none, "seen": none, "frame": none}))

    state = stub("State", day=day, writes=(ACTIVE, FEAR_SUM, *FRAME_COUNTS, UNITS, MEMBERS, CUSTODY, GATHERINGS, ACTS))
    series = {
        name: values[0].tolist() for name, values in play((state, Census()), world(2, cities=2, rows=10, scale=10)).run.series.items()
    }
    assert series["turnout"] == [4, 37]
    assert series["gathered"] == [1, 3]
    assert series["gathered_livelihood"] == [0, 1]
    assert series["gathered_pro_state"] == [1, 0]
    assert series["attended_livelihood"] == [0, 50]
    assert series["attended_pro_state"] == [600, 0]
    assert series["killed"] == [0, 3]
    assert series["acted"] == [2, 1]
    assert series["units_live"] == [1, 1]
    assert series["units_asleep"] == [1, 0]
    assert series["members_now"] == [5, 4]
    assert series["detained_now"] == [3, 1]
    assert series["dead_now"] == [1, 2]
    assert series["abroad_now"] == [1, 1]
    assert series["free_now"] == [200 - 5, 200 - 4]
    assert series["fear_mean"] == [3 / 20, 7 / 20]
    assert series["frame_0"] == [9 / 20, 1 / 20]
    assert series["frame_3"] == [1 / 20, 10 / 20]
    assert series["leading_frame"] == [1, 3]


def test_happenings_stand_in_order_of_who_and_lane() -> None:
    rng = np.random.default_rng(3)
    for met, acts in ((0, 5), (5, 0), (40, 60)):
        rows = rng.integers(0, 9, (len(chronicle.FIELDS), met + acts))
        for part in (slice(0, met), slice(met, met + acts)):
            rows[:, part] = rows[:, part][:, np.lexsort([rows[chronicle.LANE, part], rows[chronicle.WHO, part]])]
        room = HAPPENINGS.room(met + acts)
        chronicle.put_in_order(rows, met, *room.values())
        order = np.lexsort([rows[chronicle.LANE], rows[chronicle.WHO]])
        for name, values in room.items():
            assert values.tolist() == rows[chronicle.FIELDS.index(name)][order].tolist()
