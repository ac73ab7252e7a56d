"""What is counted and what is reported, against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.oracles.stage import FIRST, by_place, near, play, share_near, stub, world

from groundswell.core.columns import Table
from groundswell.mechanisms.census import Census
from groundswell.mechanisms.reporting import Reporting
from groundswell.society import ACTIVE, ACTS, CUSTODY, FEAR_SUM, FRAME_COUNTS, GATHERINGS, MEMBERS, UNITS


def events(sizes, *, acts: int = 0, response: int = 0, deaths: int = 0):
    """A stub: on each day the gathering of every city has the given size; units act, and are gone by the evening.

    Args:
        sizes: of the gathering of each city, 0 for none.
        acts: how many units act; they are founded by the first persons of the only province.
    """
    sizes = np.asarray(sizes)

    def day(now) -> None:
        at = np.flatnonzero(sizes)
        now.store(Table(GATHERINGS, {"city": now.places.city_keys[at], "at": at, "size": sizes[at], "response": np.full(len(at), response),
                                     "arrests": np.full(len(at), 2 * (response > 1)), "deaths": np.full(len(at), deaths)}))  # fmt: skip
        unit = ((1 << 32) + np.arange(acts, dtype=np.int64)) << 16
        now.store(
            Table(
                ACTS,
                {"unit": unit, "number": np.zeros(acts), "tactic": np.ones(acts), "night": np.zeros(acts), "seen": np.arange(acts) % 2},
            )
        )

    return stub("Events", day=day, writes=(GATHERINGS, ACTS))


def written(done):
    return done.run.journals["events"], done.run.journals["record"]


@pytest.mark.parametrize("size", [3, 40, 60, 5000])
def test_reports_have_the_declared_probability(size) -> None:
    """reach n / (n + half), independently by event."""
    done = play((events([size] * 200), Reporting()), world(cities=200, rows=3), 20, values={"reporting.reach": 0.8, "reporting.half": 40.0})
    truth, record = written(done)
    assert len(truth["size"]) == 4000
    assert (truth["size"] == size).all()
    share_near(len(record["event_day"]), 4000, 0.8 * size / (size + 40.0))
    assert (record["size_reported"] == size).all()


def test_acts_are_reported_where_and_as_often_as_declared() -> None:
    """An act happens where its unit lives, also if the unit was lost or dissolved the same day."""
    done = play((events([0] * 4, acts=400), Reporting()), world(cities=4, rows=100), 20, values={"reporting.acts": 0.15})
    truth, record = written(done)
    assert (truth["kind"] == 1).all()
    assert np.bincount(truth["city"]).tolist() == [0, 2000, 2000, 2000, 2000]
    share_near(len(record["city"]), 8000, 0.15)
    for city in (1, 2, 3, 4):
        share_near((record["city"] == city).sum(), 2000, 0.15)


def test_errors_of_date_and_size() -> None:
    """Delays are uniform on 0 to the longest, a share is dated a day late, sizes are inflated; truth is not touched."""
    values = {"reporting.reach": 1.0, "reporting.half": 0.0, "reporting.delay": 4, "reporting.misdated": 0.1, "reporting.inflation": 2.5}
    done = play((events([50] * 300, response=3, deaths=1), Reporting()), world(cities=300, rows=3), 10, values=values)
    truth, record = written(done)
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


def test_only_a_source_that_is_set_to_invents() -> None:
    none = play((events([0]), Reporting()), world(20, rows=100, scale=1000), 100)
    assert len(none.run.journals["record"]["city"]) == 0
    some = play(
        (events([0] * 40), Reporting()),
        world(20, cities=2, rows=100, scale=1000),
        100,
        changes=by_place("reporting.invention", [200.0] * 10 + [0.0] * 10),
    ).run.journals["record"]
    near(len(some["city"]), 200.0 * 2.0 * 100 / 365.25, 10 * 0.5)
    assert (some["invented"] == 1).all()
    assert some["province"].max() <= 10
    assert set(some["city"]) == {1, 2}


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
        now.store(Table(UNITS, {"unit": units, "row": [0, 5, 20], "small_since": [0, 1, 0]}))
        now.store(
            Table(
                MEMBERS,
                {
                    "person": np.concatenate(list(members.values())),
                    "unit": np.repeat(units, [3, 2, 4]),
                    "joined": np.zeros(9),
                    "informer": np.zeros(9),
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
                {"city": keys[[0, 2, 3]], "at": [0, 2, 3], "size": [4, 7, 30], "response": [0] * 3, "arrests": [0] * 3, "deaths": [0] * 3},
            )
        )
        now.store(Table(ACTS, {"unit": units[[0, 0, 2]], "number": [0, 1, 0], "tactic": [0] * 3, "night": [0] * 3, "seen": [0] * 3}))

    state = stub("State", day=day, writes=(ACTIVE, FEAR_SUM, *FRAME_COUNTS, UNITS, MEMBERS, CUSTODY, GATHERINGS, ACTS))
    series = {
        name: values[0].tolist() for name, values in play((state, Census()), world(2, cities=2, rows=10, scale=10)).run.series.items()
    }
    assert series["turnout"] == [4, 37]
    assert series["gathered"] == [1, 2]
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
