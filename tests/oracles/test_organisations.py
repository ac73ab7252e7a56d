"""Organisations: what they found, whom their calls reach, how ties are counted, and how they become one."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from tests.oracles.stage import FIRST, FOREVER, cells, near, play, share_near, stub, world

from groundswell.core.columns import Table
from groundswell.core.layers import Contacts, Layer
from groundswell.core.network import from_edges
from groundswell.core.parameters import Change
from groundswell.lookups import circles_of
from groundswell.mechanisms.brokerage import Brokerage
from groundswell.mechanisms.calling import Calling
from groundswell.mechanisms.organisations import FirstOrganisation, SecondOrganisation, ThirdOrganisation
from groundswell.mechanisms.units import Units
from groundswell.society import BLACKOUT, MEMBERS, ORGANISATIONS

BASE = 1 << 32
QUIET = {"first_organisation.rate": 0.0, "first_organisation.initial": 0.0}
STILL = {"units.loss": 0.0, "units.split_rate": 0.0, "units.placement": 0.0}


def merged(*rows: tuple[int, int]):
    """A stub in which organisations have merged already."""
    one, into = zip(*rows, strict=True)
    table = Table(ORGANISATIONS, {"organisation": list(one), "into": list(into), "since": [FIRST] * len(rows)})
    return stub("Merged", begin=lambda now: now.store(table), writes=(ORGANISATIONS,))


def call_of(k: str, strength: float, reach: float, online: float = 0.0) -> dict[str, float]:
    return {f"{k}_organisation.call": strength, f"{k}_organisation.reach": reach, f"{k}_organisation.online": online}


def test_each_organisation_founds_its_own_units_at_its_own_rate() -> None:
    """Whole numbers of units a province are founded for certain: two, one and three at the start, and one of the third each day."""
    people = world(10, rows=50_000)
    values = STILL | QUIET | {
        "first_organisation.initial": 40.0, "second_organisation.initial": 20.0, "third_organisation.initial": 60.0,
        "third_organisation.rate": 20.0 * 365.25,
    }  # fmt: skip
    done = play((FirstOrganisation(), SecondOrganisation(), ThirdOrganisation(), Units()), people, 3, values=values)
    units = done.tables["units"]
    place = people.places.province_of(units["unit"] >> 16)
    counts = np.array([np.bincount(place[units["organisation"] == k], minlength=10) for k in (1, 2, 3)])
    assert (counts[0], counts[1], counts[2]) == (pytest.approx(2), pytest.approx(1), pytest.approx(6))
    assert len(np.unique(done.tables["members"]["person"])) == 3 * 90


@pytest.mark.parametrize("founders", [3, 5, 12])
def test_a_unit_is_founded_by_so_many(founders) -> None:
    values = STILL | {"second_organisation.initial": 400.0, "second_organisation.founders": founders}
    done = play((SecondOrganisation(), Units()), world(5, hoods=5, rows=5000), 1, values=values)
    assert set(np.unique(done.tables["members"]["unit"], return_counts=True)[1].tolist()) == {founders}
    assert len(done.tables["units"]) > 40


def test_a_merged_organisation_founds_for_the_one_that_it_joined() -> None:
    """Also where that one has joined another in turn."""
    values = STILL | {"third_organisation.rate": 1000.0 * 365.25}
    for rows, owner in ((((2, 1),), 3), (((3, 1),), 1), (((3, 2), (2, 1)), 1)):
        done = play((merged(*rows), ThirdOrganisation(), Units()), world(rows=5000), 2, values=values)
        assert len(done.tables["units"]) >= 8
        assert set(done.tables["units"]["organisation"].tolist()) == {owner}


@pytest.mark.parametrize(("reach", "online", "blackout"), [(0.8, 0.5, 0.4), (0.8, 0.5, 0.0), (1.0, 1.0, 1.0), (0.6, 0.0, 1.0)])
def test_reach_of_a_call(reach, online, blackout) -> None:
    """reach (1 - online blackout) of the live units of the organisation, and nobody else."""
    dark = stub("Dark", day=lambda now: now[BLACKOUT].fill(blackout), writes=(BLACKOUT,))
    sizes = [3] * 2000 + [2] * 50 + [3] * 50
    units = cells(sizes, organisations=[1] * 2050 + [2] * 50)
    values = QUIET | call_of("first", 2.0, reach, online)
    done = play((dark, units, FirstOrganisation(), Calling()), world(rows=3 * len(sizes)), values=values)
    called = done.tables["called"]
    share_near(len(called), 2000, reach * (1 - online * blackout))
    assert np.searchsorted(done.tables["units"]["unit"], called["unit"]).max(initial=0) < 2000
    assert (called["strength"] == 2.0).all()
    assert done.columns["called_units"].tolist() == [len(called)]


def test_a_call_is_heard_on_its_days_and_in_its_places_only() -> None:
    change = Change("first_organisation.call", 1.0, FIRST + 1, FIRST + 1)
    heard = []
    play(
        (cells([3] * 10), FirstOrganisation(), Calling()), world(rows=30), 4, values=QUIET | {"first_organisation.reach": 1.0},
        changes=[change], observe=lambda engine, _: heard.append(int(engine.state.columns["called_units"][0])),
    )  # fmt: skip
    assert heard == [0, 10, 0, 0]
    elsewhere = Change("first_organisation.call", 1.0, 0, FOREVER, (1,))
    people = world(2, rows=30)
    values = QUIET | {"first_organisation.reach": 1.0}
    done = play((cells([3] * 10), FirstOrganisation(), Calling()), people, values=values, changes=[elsewhere])
    assert len(done.tables["called"]) == 0


def test_merged_organisations_are_reached_by_the_calls_of_both_and_heed_the_stronger() -> None:
    """The first calls with 1 and reaches all; the second, which joined it, with 3 and reaches half of both."""
    values = QUIET | call_of("first", 1.0, 1.0) | call_of("second", 3.0, 0.5)
    stages = (merged((2, 1)), cells([3] * 2000), FirstOrganisation(), SecondOrganisation(), Calling())
    called = play(stages, world(rows=6000), values=values).tables["called"]
    assert len(called) == 2000
    assert set(called["strength"].tolist()) == {1.0, 3.0}
    share_near((called["strength"] == 3.0).sum(), 2000, 0.5)


def pairs(count: int, ties: int):
    """So many pairs of units of three: the first of each pair in organisation 1, the second in 2, with so many ties between them."""
    first = 6 * np.arange(count)
    edges = np.concatenate([np.stack([first + k, first + 3 + k], axis=1) for k in range(ties)] or [np.empty((0, 2), np.int64)])
    people = world(rows=6 * count, networks={"friends": from_edges(6 * count, edges)})
    return people, cells([3] * 2 * count, organisations=[1, 2] * count)


@pytest.mark.parametrize("ties", [0, 1, 2, 3])
def test_a_call_is_passed_on_over_each_tie_with_the_declared_chance(ties) -> None:
    """1 - (1 - relay)**ties, to a unit of another organisation, with the call's strength."""
    count = 1500
    people, units = pairs(count, ties)
    values = QUIET | call_of("first", 2.5, 1.0) | {"calling.relay": 0.3}
    done = play((units, FirstOrganisation(), Calling(), Brokerage()), people, values=values)
    share_near(len(done.tables["called"]) - count, count, 1 - 0.7**ties)
    assert (done.tables["called"]["strength"] == 2.5).all()
    assert done.columns["brokered"].tolist() == [ties * count]


def test_a_call_goes_one_step_a_day_and_not_to_sleepers() -> None:
    """A chain of units 1 - 2 - 3 and a sleeper tied to the first: with certain relay the call goes from 1 to 2 only."""
    edges = [(0, 3), (3, 6), (1, 9)]
    people = world(rows=12, networks={"friends": from_edges(12, edges)})
    values = QUIET | call_of("first", 1.0, 1.0) | {"calling.relay": 1.0}
    done = play((cells([3, 3, 3, 2], organisations=[1, 2, 2, 2]), FirstOrganisation(), Calling(), Brokerage()), people, values=values)
    assert ((done.tables["called"]["unit"] >> 16) - BASE).tolist() == [0, 3]


def test_ties_between_units_by_hand() -> None:
    """Friends within a unit, with those outside, and between units: only the last count, from both ends."""
    edges = [(0, 1), (0, 3), (1, 4), (2, 4), (5, 6), (7, 20), (3, 10), (8, 9)]
    people = world(rows=24, networks={"friends": from_edges(24, edges)})
    done = play((cells([3, 3, 3, 3], organisations=[1, 1, 2, 3]), Brokerage()), people)
    table = done.tables["bridges"]
    found = list(zip(*(((table[k] >> 16) - BASE).tolist() for k in ("unit", "other")), table["ties"].tolist(), strict=True))
    assert found == [(0, 3, 3), (3, 0, 3), (3, 6, 1), (3, 9, 1), (6, 3, 1), (6, 9, 1), (9, 3, 1), (9, 6, 1)]
    assert done.columns["brokered"].tolist() == [3]
    assert [int(done.columns[f"units_{k}"][0]) for k in (1, 2, 3)] == [2, 1, 1]
    assert done.columns["united"].tolist() == [0.5]


def test_ties_are_those_of_the_circles() -> None:
    """The count of ties is that of the layer of friends, asked one by one."""
    people = world(hoods=4, rows=500)
    done = play((cells([3] * 300, spacing=4), Brokerage()), people)
    members = done.tables["members"]
    owner, friend = Contacts(people).contacts(members["person"], Layer("f", "friends", circles=circles_of(people)))
    at = members.find(friend)
    between = (at >= 0) & (members["unit"][owner] != members["unit"][at])
    assert done.tables["bridges"]["ties"].sum() == between.sum() > 100


def test_ties_are_counted_every_so_many_days() -> None:
    """Between two counts the table stands still."""
    counts = []
    people, units = pairs(5, 2)

    def leave(now) -> None:
        table = now.table(MEMBERS)
        now.store(table.where(np.arange(len(table)) > 0))

    stages = (units, stub("Leave", day=leave, writes=(MEMBERS,)), Brokerage())

    def watch(engine, day) -> None:
        counts.append((day % 4, int(engine.state.columns["brokered"][0])))

    play(stages, people, 9, values={"brokerage.every": 4}, observe=watch)
    changed = [day for (_, before), (day, after) in pairwise(counts) if after != before]
    assert set(changed) == {0}


def test_a_dated_merger() -> None:
    """From its day on, units of both are the survivor's, no tie lies between them, and a chain of mergers ends in one."""
    people, units = pairs(4, 2)
    changes = [Change("second_organisation.into", 1, FIRST + 2, FOREVER), Change("first_organisation.into", 3, FIRST + 4, FIRST + 4)]
    rows = []

    def observe(engine, _) -> None:
        c = engine.state.columns
        rows.append(([int(c[f"units_{k}"][0]) for k in (1, 2, 3)], float(c["united"][0]), int(c["brokered"][0])))

    stages = (units, FirstOrganisation(), SecondOrganisation(), Brokerage())
    done = play(stages, people, 6, values=QUIET, changes=changes, observe=observe)
    assert rows == [([4, 4, 0], 0.5, 8)] * 2 + [([8, 0, 0], 1.0, 0)] * 2 + [([0, 0, 8], 1.0, 0)] * 2
    assert {k: v.tolist() for k, v in done.tables["organisations"].columns.items()} == {
        "organisation": [1, 2], "into": [3, 1], "since": [FIRST + 4, FIRST + 2],
    }  # fmt: skip


def test_a_dated_merger_of_the_third() -> None:
    people, _ = pairs(4, 1)
    stages = (cells([3] * 8, organisations=[2, 3] * 4), ThirdOrganisation(), Brokerage())
    done = play(stages, people, 2, values={"third_organisation.into": 2})
    assert [int(done.columns[f"units_{k}"][0]) for k in (1, 2, 3)] == [0, 8, 0]


def test_two_that_join_each_other_become_one_and_nothing_parts_them() -> None:
    people, units = pairs(4, 0)
    changes = [Change("first_organisation.into", 2, FIRST, FIRST), Change("second_organisation.into", 1, FIRST, FIRST)]
    done = play((units, FirstOrganisation(), SecondOrganisation(), Brokerage()), people, 3, values=QUIET, changes=changes)
    assert done.tables["organisations"]["organisation"].tolist() == [1]
    assert done.columns["units_2"].tolist() == [8]


@pytest.mark.parametrize("ties", [1, 3])
def test_ties_bring_organisations_together(ties) -> None:
    """At each count with probability 1 - exp(-merge n); the smaller belongs to the larger."""
    people = world(rows=12, networks={"friends": from_edges(12, [(k, 3 + k) for k in range(ties)])})
    united = 0
    for seed in range(400):
        units = cells([3, 3, 3], organisations=[1, 2, 2])
        done = play((units, Brokerage()), people, 1, seed=seed, values={"brokerage.every": 1, "brokerage.merge": 0.4})
        united += len(done.tables["organisations"])
        if len(done.tables["organisations"]):
            assert done.tables["organisations"]["organisation"].tolist() == [1]
            assert (done.columns["units_2"][0], done.columns["united"][0]) == (3, 1.0)
    share_near(united, 400, 1 - math.exp(-0.4 * ties))


def sleepers(count: int, of: tuple[int, int, int], ties: bool = True):
    """So many groups of a sleeping unit of two, tied to a live unit of three, and of a sleeping unit tied to the first only."""
    first = 9 * np.arange(count)
    edges = np.concatenate([np.stack([first, first + 4], axis=1), np.stack([first + 1, first + 6], axis=1)])
    people = world(rows=9 * count, networks={"friends": from_edges(9 * count, edges if ties else edges[:0])})
    return people, cells([2, 3, 2] * count, spacing=3, organisations=list(of) * count)


def test_sleeping_units_go_over_to_a_friend_at_the_declared_rate() -> None:
    """Those with a friend in a live unit; the third of each group has friends among sleepers only, and waits."""
    count, days = 800, 3
    people, units = sleepers(count, (1, 1, 1))
    done = play((units, Units()), people, days, values=STILL | {"units.merge": 0.2})
    merged_away = 3 * count - len(done.tables["units"])
    # the first goes by day t with 1 - .8**t; the third follows over it to the live unit, from the day after
    by = sum(0.2 * 0.8 ** (t - 1) * (1 - 0.8 ** (days - t)) for t in range(1, days + 1))
    expected = count * (1 - 0.8**days + by)
    near(merged_away, expected, math.sqrt(2 * expected))
    assert len(done.tables["members"]) == 7 * count
    assert done.run.series["units_merged"].sum() == merged_away


@pytest.mark.parametrize(("of", "ties"), [((1, 2, 1), True), ((1, 1, 1), False)])
def test_sleeping_units_stay_apart_without_a_friend_of_their_organisation(of, ties) -> None:
    people, units = sleepers(50, of, ties)
    done = play((units, Units()), people, 10, values=STILL | {"units.merge": 1.0})
    assert len(done.tables["units"]) == 150
    assert done.run.series["units_merged"].sum() == 0


@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_an_organisation_puts_sleepers_in_touch_with_its_live_units_of_their_city(rate) -> None:
    """At the declared rate, each such unit as likely; not where a city has only others' live units, and no unit without members."""
    cities = 600
    sizes, of = [2, 3, 3, 3, 2, 0], [1, 1, 1, 2, 3, 1]  # the second sleeper finds no live unit of its own, the third has nobody left
    units = cells(sizes * cities, spacing=3, organisations=of * cities)
    values = STILL | {"units.placement": rate, "units.merge": 0.0}
    done = play((units, Units()), world(cities=cities, rows=18), 1, values=values)
    merged_away = 6 * cities - len(done.tables["units"])
    share_near(merged_away, cities, rate)
    size = np.bincount(np.searchsorted(done.tables["units"]["unit"], done.tables["members"]["unit"]), minlength=len(done.tables["units"]))
    index = ((done.tables["units"]["unit"] >> 16) - BASE) % 18 // 3
    assert (size == 5).sum() == merged_away
    assert set(index[size == 5].tolist()) == {1, 2}
    share_near((index[size == 5] == 1).sum(), merged_away, 0.5)
    assert done.run.series["units_merged"].sum() == merged_away


def test_a_sleeping_unit_of_the_same_organisation_joins_whole() -> None:
    """Both its members, also the one without a friend there, and in the order of nobody: each friend's unit is as likely."""
    first = 9 * np.arange(1500)
    edges = np.concatenate([np.stack([first, first + 3], axis=1), np.stack([first + 1, first + 6], axis=1)])
    people = world(rows=9 * 1500, networks={"friends": from_edges(9 * 1500, edges)})
    done = play((cells([2, 3, 3] * 1500, spacing=3), Units()), people, 1, values=STILL | {"units.merge": 1.0})
    members = done.tables["members"]
    _, size = np.unique(members["unit"], return_counts=True)
    assert np.bincount(size).tolist() == [0, 0, 0, 1500, 0, 1500]
    went = members["unit"][members.find(BASE + first)] >> 16
    share_near((went - BASE - first == 3).sum(), 1500, 0.5)
