"""What dates and events drive, against closed forms: mourning, voting, attention abroad, the two endings, emigration out of fear."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.oracles.stage import FIRST, by_place, near, play, stub, world
from tests.worlds import small_world

from groundswell.core.columns import Table
from groundswell.core.parameters import Change
from groundswell.lookups import mean_of_nation
from groundswell.mechanisms.attention import Attention
from groundswell.mechanisms.emigration import Emigration
from groundswell.mechanisms.ending import Ending
from groundswell.mechanisms.mourning import Mourning
from groundswell.mechanisms.organisations import FirstOrganisation
from groundswell.mechanisms.voting import Voting
from groundswell.society import (
    ABROAD,
    ACTIVE,
    AWAY,
    BLACKOUT,
    CUSTODY,
    DEAD,
    DEFECTED,
    DEPLOYED,
    DETAINED,
    EXECUTIONS,
    FEAR_MEAN,
    FRAME_SHARES,
    GATHERINGS,
    JOINING,
    LEGITIMACY,
    MOVEMENT_OVER,
    PUSH,
    TAKEN,
    UNITS_LIVE,
)


def custody(rows):
    """A stub that holds (address, status, since) from the first day."""
    person, status, since = (np.array([r[k] for r in rows], np.int64) for k in range(3))

    def begin(now) -> None:
        now.store(Table(CUSTODY, {"person": person, "status": status, "since": since, "until": 0 * since, "times": 0 * since}))

    return stub("Inside", begin=begin, writes=(CUSTODY,))


def test_the_mean_of_the_nation_counts_residents_in_any_order() -> None:
    """.2 of 300 and .6 of 100 are .3; where all are alike the number itself, to the last digit."""
    people = small_world((300, 100), hood=50).places, small_world((100, 300), codes=(2, 1), hood=50).places
    assert abs(mean_of_nation(people[0], np.array([0.2, 0.6])) - 0.3) < 1 / 65536
    assert mean_of_nation(people[0], np.array([0.2, 0.6])) == mean_of_nation(people[1], np.array([0.6, 0.2]))
    assert mean_of_nation(people[0], np.array([0.1, 0.1])) == 0.1


# --- mourning ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "days"), [("off", ()), ("40_day", (40,)), ("anniversary", (365,)), ("both", (40, 365))])
def test_mourning_pushes_on_the_fortieth_day_and_a_year_after(rule, days) -> None:
    """min(cap, push log(1 + d)) in every city of the province of d deaths, on those days and no other."""
    first, second, third = 1 << 32, 2 << 32, 3 << 32
    dead = [(first + 2 * k, DEAD, FIRST + 2) for k in range(5)] + [(second, DEAD, FIRST + 4)]
    dead += [(third + k, status, FIRST + 2) for k, status in enumerate((DETAINED, ABROAD, 0))]
    pushed: dict[int, np.ndarray] = {}

    def observe(engine, day) -> None:
        if engine.quantity(PUSH).any():
            pushed[day - FIRST] = engine.quantity(PUSH).astype(float)

    values = {"mourning.rule": rule, "mourning.push": 1.5, "mourning.cap": 2.0}
    play((custody(dead), Mourning()), world(3, cities=2, rows=5), 420, values=values, observe=observe)
    five, one = min(2.0, 1.5 * math.log(6)), 1.5 * math.log(2)
    assert sorted(pushed) == sorted(t for d in days for t in (2 + d, 4 + d))
    for d in days:
        assert np.allclose(pushed[2 + d], [five, five, 0, 0, 0, 0])
        assert np.allclose(pushed[4 + d], [0, 0, one, one, 0, 0])


def test_two_dates_of_mourning_add_up() -> None:
    dead = [(1 << 32, DEAD, FIRST), ((1 << 32) + 1, DEAD, FIRST - 325)]  # 40 and 365 days before the same day
    seen = []
    play((custody(dead), Mourning()), world(rows=5), 41, values={"mourning.rule": "both", "mourning.push": 1.0},
         observe=lambda engine, _: seen.append(engine.quantity(PUSH).astype(float)[0]))  # fmt: skip
    assert seen[:40] == [0] * 40
    assert abs(seen[40] - 2 * math.log(2)) < 1e-6


# --- voting ------------------------------------------------------------------------------------------------------

VOTE = {"voting.held": 1.0, "voting.base": 0.8, "voting.grievance": 4.0, "voting.boycott": 3.0, "voting.coercion": 0.1}


def electorate(legitimacy, frame):
    """A stub of what voters think, by province; two of a row's ten persons are away in the first row."""

    def day(now) -> None:
        now[LEGITIMACY][:], now[FRAME_SHARES[1]][:], now[AWAY][0] = legitimacy, frame, 2

    return stub("Electorate", day=day, writes=(LEGITIMACY, FRAME_SHARES[1], AWAY))


def chance(h, legitimacy, frame) -> np.ndarray:
    """1 - (1 - coercion) (1 - logistic(base - grievance H (1 - L) - boycott b))."""
    return 1 - 0.9 * (1 - 1 / (1 + np.exp(-(0.8 - 4 * h * (1 - legitimacy) - 3 * frame))))


def test_votes_are_what_hardship_legitimacy_and_the_boycott_let_expect() -> None:
    """Against a sum over persons, within one vote and the width of a bin of hardship."""
    rng = np.random.default_rng(1)
    hardship, age = rng.integers(0, 65536, 3000), rng.integers(0, 80, 3000)
    people = world(3, rows=1000, scale=10, hardship=hardship, age=age)
    legitimacy, frame = np.array([0.2, 0.5, 0.2]), np.array([0.0, 0.0, 0.4])
    done = play((electorate(legitimacy, frame), Voting()), people, values=VOTE)
    persons = np.where(age >= 18, 10, 0)
    persons[0] -= 2 * (age[0] >= 18)
    where = np.arange(3000) // 1000
    p = chance((hardship + 0.5) / 65536, legitimacy[where], frame[where])
    assert done.columns["eligible"].tolist() == np.bincount(where, persons).astype(int).tolist()
    expected = np.bincount(where, persons * p)
    assert np.abs(done.columns["voted"] - expected).max() < 1 + 4 / 2048 * 10_000 / 4
    assert (np.abs(done.columns["voted"] - expected) / expected).max() < 5e-4


def test_votes_are_rounded_without_a_bias() -> None:
    """The mean over many draws is the expected number: a fraction of a vote is a vote so often."""
    people, days = world(rows=3, hardship=np.uint16(32768)), 4000
    same = stub("Same", day=lambda now: now[LEGITIMACY].fill(0.5), writes=(LEGITIMACY,))
    voted = play((same, Voting()), people, days, values=VOTE).run.series["voted"]
    expected = 3 * chance(np.float64(32768.5 / 65536), 0.5, 0.0)
    assert set(np.unique(voted)) == {math.floor(expected), math.ceil(expected)}
    near(voted.mean(), expected, math.sqrt(0.25 / days))


def test_votes_are_counted_on_the_day_only() -> None:
    """Held on the third day in one province: no votes before, elsewhere or after, and never more than there are voters."""
    done = play((electorate(0.5, 0.1), Voting()), world(2, rows=100), 5, values=VOTE | {"voting.held": 0.0},
                changes=[Change("voting.held", 1.0, FIRST + 2, FIRST + 2, places=(1,))])  # fmt: skip
    voted, eligible = done.run.series["voted"], done.run.series["eligible"]
    assert (voted > 0).tolist() == (eligible > 0).tolist() == [[t == 2 and p == 1 for p in range(2)] for t in range(5)]
    assert eligible[2, 1] == 100 >= voted[2, 1]


# --- attention ---------------------------------------------------------------------------------------------------


def attention(days, *, dead=0, executed=0, active=0, blackout=(0.0, 0.0), changes=(), **values: float) -> np.ndarray:
    """Attention day by day in a nation of two provinces, the second three times as large in cities, under constant events."""

    def day(now) -> None:
        now.store(Table(GATHERINGS, {
            "city": [1 << 32 | 1], "stream": [0], "number": [0], "at": [0], "size": [9], "violent": [0], "response": [3], "arrests": [0],
            "deaths": [dead],
        }))  # fmt: skip
        now[ACTIVE][0], now[EXECUTIONS][1], now[BLACKOUT][:] = active, executed, blackout

    events = stub("Happening", day=day, writes=(GATHERINGS, ACTIVE, EXECUTIONS, BLACKOUT))
    given = {f"attention.{k}": v for k, v in values.items()}
    return play((events, Attention()), world(2, rows=50), days, values=given, changes=changes).run.series["attention"][:, 0].astype(float)


def fixed_point(a: float, b: float) -> float:
    """(1 - e^-B) / (1 - e^-(A + B))."""
    return (1 - math.exp(-b)) / (1 - math.exp(-(a + b)))


def test_attention_settles_where_it_should() -> None:
    """By hand: B = background + abroad (1 - intimidation) + (1 - hiding x blackout) (deaths log(1 + d) + crowds log(1 + t))."""
    weights = {"decay": 0.2, "background": 0.05, "deaths": 0.1, "crowds": 0.3, "abroad": 0.4, "intimidation": 0.25, "hiding": 0.6}
    seen = attention(150, dead=3, executed=4, active=2000, blackout=(0.5, 1.0), **weights)
    b = 0.05 + 0.4 * 0.75 + (1 - 0.6 * 0.75) * (0.1 * math.log(8) + 0.3 * math.log(3))
    assert abs(seen[-1] - fixed_point(0.2, b)) < 1e-6
    assert abs(seen[0] - (1 - (1 - 0.1 * math.exp(-0.2)) * math.exp(-b))) < 1e-6


def test_attention_fades_where_nothing_happens() -> None:
    seen = attention(30, initial=0.8, decay=0.1, background=0.0)
    assert np.allclose(seen, 0.8 * np.exp(-0.1 * np.arange(1, 31)), atol=1e-6)


def test_rallies_abroad_are_dated() -> None:
    """A day of rallies, half prevented in one of two equal provinces: the nation's mean counts."""
    rally = [Change("attention.abroad", 0.6, FIRST + 1, FIRST + 1), *by_place("attention.intimidation", [0.0, 0.5])]
    seen = attention(3, decay=0.0, background=0.0, initial=0.0, changes=rally)
    expected = 1 - math.exp(-0.6 * 0.75)
    assert np.allclose(seen, [0, expected, expected], atol=1e-5)


# --- endings -----------------------------------------------------------------------------------------------------


def test_the_regime_falls_after_so_many_days_in_a_row() -> None:
    """Of 10, 30 and 60 officers those of provinces that refuse are missing; a day above the share starts the count anew."""
    refuse = [(0, 0, 1), (0, 0, 1), (1, 0, 0), (0, 1, 1), (0, 0, 1), (0, 0, 1), (0, 0, 0), (0, 0, 0)]

    def day(now) -> None:
        now[DEPLOYED][:] = [10, 30, 60]
        now[DEFECTED][:] = refuse[now.day - FIRST]

    forces = stub("Forces", day=day, writes=(DEPLOYED, DEFECTED))
    series = play((forces, Ending()), world(3), 8, values={"ending.share": 0.5, "ending.days": 3}).run.series
    assert np.allclose(series["capacity"][:, 0], [0.4, 0.4, 0.9, 0.1, 0.4, 0.4, 0, 0])
    assert series["fallen"][:, 0].tolist() == [0, 0, 0, 0, 0, 1, 1, 1]


def test_nobody_refuses_where_nobody_is_deployed() -> None:
    series = play((Ending(),), world(2), 10, values={"ending.days": 1}).run.series
    assert (series["capacity"] == 1).all()
    assert not series["fallen"].any()


@pytest.mark.parametrize("silence", [1, 3])
def test_the_movement_ends_after_so_many_days_without_a_unit(silence) -> None:
    """Once it has lived; a day with a live unit anywhere starts the count anew, and an end is for good."""
    live = [0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 5]
    units = stub("Live", day=lambda now: now[UNITS_LIVE].__setitem__(1, live[now.day - FIRST]), writes=(UNITS_LIVE,))
    over = play((units, Ending()), world(2), len(live), values={"ending.silence": silence}).run.series["movement_over"][:, 0]
    end = {1: 5, 3: 10}[silence]
    assert over.tolist() == [int(t >= end) for t in range(len(live))]


def test_organisations_of_a_movement_that_is_over_found_nothing() -> None:
    """Founding goes on to the day of the end and not beyond."""
    asked = []
    over = stub("Over", day=lambda now: now[MOVEMENT_OVER].__setitem__(0, now.day >= FIRST + 4), writes=(MOVEMENT_OVER,))
    settle = stub("Settle", day=lambda now: asked.append(len(now.asked(JOINING)["person"])), reads=(JOINING,))
    founding = {"first_organisation.rate": 1e6, "first_organisation.initial": 0.0}
    play((over, FirstOrganisation(), settle), world(rows=2000), 8, values=founding)
    assert [n > 0 for n in asked] == [True] * 4 + [False] * 4


def test_the_movement_ends_after_two_years() -> None:
    assert Ending().silence == 730


# --- emigration --------------------------------------------------------------------------------------------------


def test_fear_drives_people_out() -> None:
    """The rate grows by fear x mean fear of yesterday, by place."""
    asked = []
    afraid = stub("Afraid", day=lambda now: now[FEAR_MEAN].__setitem__(slice(None), [0.0, 0.25, 1.0]), writes=(FEAR_MEAN,))
    settle = stub("Settle", day=lambda now: asked.append(now.asked(TAKEN)["person"] >> 32), reads=(TAKEN,))
    play((afraid, Emigration(), settle), world(3, rows=2000), 100, values={"emigration.rate": 365.25, "emigration.fear": 4.0})
    counts = np.bincount(np.concatenate(asked), minlength=4)[1:]
    for count, factor in zip(counts, (1, 2, 5), strict=True):  # two persons of 2,000 a day; nobody settles what was asked for
        expected = 100 * 2 * factor
        assert expected * 0.98 <= count <= expected
