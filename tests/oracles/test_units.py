"""Row 25, the life of units, and the rates of founding, joining, splitting and acting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.oracles.stage import FIRST, by_place, cells, near, play, share_near, stub, world

from groundswell.core.columns import Table
from groundswell.core.layers import Contacts, Layer
from groundswell.lookups import circles_of, sizes_of_units
from groundswell.mechanisms.acting import Acting
from groundswell.mechanisms.organisations import FirstOrganisation
from groundswell.mechanisms.recruitment import Recruitment
from groundswell.mechanisms.units import Units
from groundswell.society import CALLED, CUSTODY, FEAR, JOINING, MEMBERS, PUSHED_FRAMES, TACTICS

BASE = 1 << 32
ALONE = {"first_organisation.rate": 0.0, "units.split_rate": 0.0, "units.informers": 0.0}


def generations(s: float, b: float, d: float, days: int) -> float:
    """Generating function after so many days of one unit that multiplies with probability b, then is lost with d, as is its offspring."""
    for _ in range(days):
        y = d + (1 - d) * s
        s = y * (1 - b + b * y)
    return s


def lost_by_province(initial, b: float, d: float, days: int, rows: int = 2000):
    """Live units in the end in as many provinces as `initial` has elements, each a lineage of its own."""
    values = ALONE | {"first_organisation.multiply": b, "units.loss": d}
    people = world(len(initial), hoods=4, rows=rows // 4)
    changes = by_place("first_organisation.initial", [n * 1e6 / rows for n in initial])
    done = play((FirstOrganisation(), Units()), people, days, values=values, changes=changes)
    units = done.tables["units"]["unit"][sizes_of_units(done.tables["units"], done.tables["members"]) >= 3]
    return np.bincount(people.places.province_of(units >> 16), minlength=len(initial))


def test_row_25_birth_and_death_of_units() -> None:
    """P(all lost) from n units is (d/b)**n: 1/2, 1/4, 1/8 for b = 2 d; and exact for the days that were run."""
    b, d, days, lineages = 0.16, 0.08, 40, 500
    left = lost_by_province(np.repeat([1, 2, 3], lineages), b, d, days).reshape(3, lineages)
    growth = ((1 + b) * (1 - d)) ** days
    for n in (1, 2, 3):
        lost = int((left[n - 1] == 0).sum())
        share_near(lost, lineages, generations(0.0, b, d, days) ** n)
        share_near(lost, lineages, (d / b) ** n)
        near(left[n - 1].mean(), n * growth, left[n - 1].std() / math.sqrt(lineages))


def test_row_25_units_that_die_faster_are_all_lost() -> None:
    assert lost_by_province([1] * 60 + [3] * 60, 0.05, 0.15, 120, 400).sum() == 0


def test_row_25_critical_units_die_out_slowly() -> None:
    """At b = d all are lost in the end; by day t about 1 / (1 + b t) are left, here exactly by the generating function."""
    left = lost_by_province([1] * 600, 0.1, 0.1, 60, 400)
    share_near((left > 0).sum(), 600, 1 - generations(0.0, 0.1, 0.1, 60))


def asks(days: int = 1):
    """An observer that keeps what was asked for by JOINING each day."""
    seen: list[dict] = []
    return seen, lambda engine, day: seen.append(engine.asked(JOINING))


def test_founding_rate() -> None:
    """`rate` units a year per million residents, and `initial` units per million at the start, of three people of one neighbourhood."""
    people = world(60, hoods=5, rows=100, scale=10)
    seen, observe = asks()
    values = {"first_organisation.initial": 500.0, "first_organisation.rate": 80000.0, "units.loss": 0.0}
    done = play((FirstOrganisation(), Units()), people, 30, values=values, observe=observe)
    founded = [len(np.unique(s["unit"])) for s in seen]
    expected = 80000.0 * 0.3 / 365.25
    near(np.mean(founded), expected, math.sqrt(60 * 0.25 / 30))  # each province rounds by one draw: variance at most 1/4
    initial = 500.0 * 0.3
    near(len(done.tables["units"]) - sum(founded), initial, math.sqrt(60 * 0.25))
    for s in seen:
        hoods = people.places.neighbourhood_of(people.places.row_of(s["person"]))
        for unit in np.unique(s["unit"]):
            mine = s["unit"] == unit
            assert mine.sum() == 3
            assert len(np.unique(hoods[mine])) == 1
            assert s["person"][mine].min() == unit >> 16


def test_founders_are_old_enough_free_and_without_a_unit() -> None:
    age = np.tile([14, 30, 30, 30], 100)
    taken = (1 << 32) + np.arange(1, 400, 4)
    jail = stub("Jail", begin=lambda now: now.store(Table(CUSTODY, {"person": taken, "status": np.ones(100), "since": np.ones(100),
                "until": np.full(100, 60000), "times": np.ones(100)})), writes=(CUSTODY,))  # fmt: skip
    seen, observe = asks()
    stages = (jail, cells([3] * 20, spacing=4), FirstOrganisation())
    done = play(stages, world(rows=400, age=age), 20, values={"first_organisation.rate": 9e5}, observe=observe)
    index = np.concatenate([s["person"] for s in seen]) & 0xFFFFFFFF
    assert len(index) > 30
    assert set(index % 4) == {2, 3}
    assert not done.tables["members"].has((1 << 32) + index).any()


def test_recruitment_rate() -> None:
    """Approaches at the declared rate, one friend each, who joins with probability willing H (1 - L) (1 - f)."""
    rng = np.random.default_rng(1)
    hardship = rng.integers(0, 65536, 30_000)
    people = world(hoods=30, rows=1000, hardship=hardship, age=np.where(np.arange(30_000) % 5 == 0, 10, 40))
    units = cells([3] * 1500, spacing=20)
    seen, observe = asks()
    values = {"recruitment.approach": 0.6, "recruitment.willing": 0.9}
    afraid = stub("Afraid", day=lambda now: now[FEAR].fill(0.25), writes=(FEAR,))
    done = play((units, afraid, Recruitment()), people, 1, values=values, observe=observe)
    member = done.tables["members"]["person"]
    owner, friend = Contacts(people).contacts(member, Layer("f", "friends", circles=circles_of(people)))
    row = people.places.row_of(friend)
    chance = 0.9 * (hardship[row] + 0.5) / 65536 * 0.75 * (people.columns["age"][row] >= 15) * ~done.tables["members"].has(friend)
    mean = np.bincount(owner, chance) / np.maximum(np.bincount(owner), 1)
    p = 0.6 * mean
    near(len(seen[0]["person"]), p.sum(), math.sqrt((p * (1 - p)).sum()))
    assert np.isin(seen[0]["person"], friend).all()


def test_former_prisoners_join_more_readily() -> None:
    """Of half of the people who were detained once and are free again, `former` times as many join; never more than all."""
    people = world(hoods=10, rows=1000)
    once = BASE + np.arange(0, 10_000, 2)
    one = np.ones(5000)
    table = Table(CUSTODY, {"person": once, "status": 0 * one, "since": one, "until": one, "times": one})
    freed = stub("Freed", begin=lambda now: now.store(table), writes=(CUSTODY,))
    chance = 0.6 * (32768.5 / 65536)
    for former in (0.0, 2.5, 9.0):
        seen, observe = asks()
        values = {"recruitment.approach": 1.0, "recruitment.willing": 0.6, "recruitment.former": former}
        done = play((cells([3] * 700, spacing=8), freed, Recruitment()), people, 1, values=values, observe=observe)
        member = done.tables["members"]["person"]
        owner, friend = Contacts(people).contacts(member, Layer("f", "friends", circles=circles_of(people)))
        joins, able = seen[0]["person"], ~done.tables["members"].has(friend)
        for odd, p in ((0, min(1.0, former * chance)), (1, chance)):
            share = np.bincount(owner, able & (friend % 2 == odd)) / np.maximum(np.bincount(owner), 1)
            expected, found = p * share.sum(), (joins % 2 == odd).sum()
            near(found, expected, math.sqrt(expected) + 0.01 * expected)  # a friend whom two approach joins once


def test_former_prisoners_among_members_are_counted() -> None:
    once = BASE + np.array([0, 1, 8, 30])
    table = Table(CUSTODY, {"person": once, "status": [0, 0, 3, 0], "since": [1] * 4, "until": [1] * 4, "times": [1, 2, 0, 1]})
    freed = stub("Freed", begin=lambda now: now.store(table), writes=(CUSTODY,))
    done = play((freed, cells_owned([4, 4, 4]), Units()), world(rows=40), 2, values={"units.loss": 0.0})
    assert done.tables["members"]["former"].sum() == done.columns["former_members"][0] == 2


def test_recruitment_by_complex_contagion_needs_several_friends() -> None:
    people = world(hoods=4, rows=500)
    seen, observe = asks()
    values = {"recruitment.approach": 1.0, "recruitment.willing": 1.0, "recruitment.contacts": 2}
    done = play((cells([3] * 300, spacing=4), Recruitment()), people, 1, values=values, observe=observe)
    joins = seen[0]["person"]
    owner, friend = Contacts(people).contacts(joins, Layer("f", "friends", circles=circles_of(people)))
    assert len(joins) > 10
    assert np.bincount(owner, done.tables["members"].has(friend)).min() >= 2


def test_small_units_do_nothing() -> None:
    """A unit of two neither acts, recruits nor multiplies; one of three does."""
    values = {
        "first_organisation.rate": 0.0,
        "acting.rate": 1.0,
        "acting.restraint": 0.0,
        "recruitment.approach": 1.0,
        "recruitment.willing": 1.0,
        "first_organisation.multiply": 1.0,
    }
    for size, active in ((1, False), (2, False), (3, True)):
        seen, observe = asks()
        stages = (cells([size] * 50, spacing=8), Acting(), FirstOrganisation(), Recruitment())
        done = play(stages, world(rows=1000), 1, values=values, observe=observe)
        assert (len(done.tables["acts_today"]) > 0) == active
        assert (len(seen[0]["person"]) > 0) == active


@pytest.mark.parametrize(("rate", "call", "restraint"), [(0.3, 0.0, 0.0), (0.5, 1.0, 0.8), (2.5, 0.0, 0.4)])
def test_acting_rate(rate, call, restraint) -> None:
    """rate (1 + call) (1 - restraint f) acts a day: the whole part for certain, the rest by a coin."""
    units, days = 400, 10
    fear = np.tile([0.0, 0.3, 0.9], units)
    key = ((1 << 32) + 3 * np.arange(units)) << 16 | FIRST

    def begin(now) -> None:
        now[FEAR][:] = fear
        if call:
            now.store(Table(CALLED, {"unit": key, "strength": np.full(units, call)}))

    setting = stub("Setting", begin=begin, writes=(FEAR, CALLED))
    counts, nights, tactics = [], 0, np.zeros(len(TACTICS))

    def observe(engine, day) -> None:
        nonlocal nights
        acts = engine.state.tables["acts_today"]
        counts.append(np.bincount(np.searchsorted(engine.state.tables["units"]["unit"], acts["unit"]), minlength=units))
        nights += int(acts["night"].sum())
        tactics[:] += np.bincount(acts["tactic"], minlength=len(TACTICS))

    values = {"acting.rate": rate, "acting.restraint": restraint}
    play((setting, cells([3] * units), Acting()), world(rows=3 * units), days, values=values, observe=observe)
    expected = rate * (1 + call) * (1 - restraint * 0.4)
    whole, rest = divmod(expected, 1)
    each = np.array(counts)
    assert set(np.unique(each)) <= {int(whole), int(whole) + 1}
    share_near((each - whole).sum(), each.size, rest)
    share_near(nights, int(each.sum()), 0.6)
    for k, share in enumerate((0.35, 0.2, 0.3, 0.1, 0.05)):  # display, leaflets, writing, video, damage
        share_near(tactics[k], int(each.sum()), share)


def test_a_call_raises_the_rate_of_those_who_heard_it_only() -> None:
    """Half of the units heard a call of strength 3: four acts a day against one, exactly."""
    units = 50
    key = ((1 << 32) + 3 * np.arange(units)) << 16 | FIRST
    heard = stub("Heard", begin=lambda now: now.store(Table(CALLED, {"unit": key[::2], "strength": np.full(25, 3.0)})), writes=(CALLED,))
    done = play((heard, cells([3] * units), Acting()), world(rows=3 * units), values={"acting.rate": 1.0, "acting.restraint": 0.0})
    counts = np.bincount(np.searchsorted(key, done.tables["acts_today"]["unit"]))
    assert counts[::2].tolist() == [4] * 25
    assert counts[1::2].tolist() == [1] * 25


def test_acts_carry_the_frame_of_their_organisation_and_place() -> None:
    def day(now) -> None:
        for k, column in zip((2, 3, 1), PUSHED_FRAMES, strict=True):
            now[column].fill(k)

    push = stub("Push", day=day, writes=PUSHED_FRAMES)
    units = cells([3] * 6, organisations=[1, 2, 3, 3, 2, 1])
    done = play((units, push, Acting()), world(rows=18), values={"acting.rate": 2.0, "acting.restraint": 0.0})
    assert done.tables["acts_today"]["frame"].reshape(6, 2).tolist() == [[k, k] for k in (2, 3, 1, 1, 3, 2)]


def members_of(done) -> dict[int, int]:
    return dict(zip(*np.unique(done.tables["members"]["unit"], return_counts=True), strict=True))


def test_units_split_at_their_upper_size() -> None:
    values = {"units.loss": 0.0, "units.split_size": 8, "units.split_rate": 1.0}
    done = play((cells_owned([7, 8, 9]), Units()), world(rows=40), 1, values=values)
    assert sorted(members_of(done).values()) == [4, 4, 4, 5, 7]
    units, members = done.tables["units"]["unit"], done.tables["members"]
    assert len(np.unique(units)) == len(units) == 5
    for new in units[units & 0xFFFF == FIRST]:  # its key is its founder's, who is one of it
        assert members["person"][members["unit"] == new].min() == new >> 16


def cells_owned(sizes):
    """Units that join on the first day, for tests in which Units owns them: it asks JOINING."""
    step = max(sizes)

    def begin(now) -> None:
        for j, size in enumerate(sizes):
            first = (1 << 32) + j * step
            now.ask(JOINING, 0, person=first + np.arange(size), unit=(first << 16) | (FIRST - 1), organisation=1)

    return stub("Recruits", begin=begin, adds=(JOINING,))


def test_units_do_not_split_on_the_day_they_are_founded() -> None:
    """A key is a founder and a day: the half in which the founder is would found a second unit of the same key."""
    first = 1 << 32
    founders = np.repeat(first + np.arange(0, 40, 8), 8)
    recruits = stub(
        "Recruits",
        day=lambda now: (
            now.ask(JOINING, 0, person=first + np.arange(40), unit=founders << 16 | now.day, organisation=1) if now.day == FIRST else None
        ),
        adds=(JOINING,),
    )
    for days, units in ((1, 5), (2, 10)):
        done = play((recruits, Units()), world(rows=40), days, values={"units.loss": 0.0, "units.split_rate": 1.0})
        assert len(np.unique(done.tables["units"]["unit"])) == len(done.tables["units"]) == units


def test_units_split_at_the_declared_rate() -> None:
    done = play((cells_owned([8] * 2000), Units()), world(rows=16_000), 1, values={"units.loss": 0.0, "units.split_rate": 0.2})
    units = done.tables["units"]["unit"]
    assert len(np.unique(units)) == len(units)
    share_near(len(units) - 2000, 2000, 0.2)


def test_units_are_lost_at_the_declared_rate_and_sleepers_after_their_patience() -> None:
    values = {"units.loss": 0.1, "units.patience": 30, "units.merge": 0.0, "units.placement": 0.0}
    done = play((cells([3] * 2000 + [2] * 100), Units()), world(rows=6300), 5, values=values)
    sizes = np.array(list(members_of(done).values()))
    share_near((sizes == 3).sum(), 2000, 0.9**5)
    assert (sizes == 2).sum() == 100
    for days, left in ((30, 100), (31, 0)):
        done = play((cells([2] * 100), Units()), world(rows=200), days, values=values)
        assert len(done.tables["units"]) == left
        assert len(done.tables["members"]) == 2 * left


def test_those_who_are_taken_leave_their_unit() -> None:
    taken = (1 << 32) + np.array([0, 4, 8])

    def day(now) -> None:
        if now.day == FIRST:
            now.store(
                Table(CUSTODY, {"person": taken, "status": [1, 2, 3], "since": [now.day] * 3, "until": [now.day + 9] * 3, "times": [1] * 3})
            )

    done = play((cells_owned([4, 4, 4]), stub("Jail", day=day, writes=(CUSTODY,)), Units()), world(rows=40), 2, values={"units.loss": 0.0})
    assert not done.tables["members"].has(taken).any()
    assert sorted(members_of(done).values()) == [3, 3, 3]


def test_informers_are_a_share_of_recruits() -> None:
    done = play((cells_owned([3] * 2000), Units()), world(rows=6000), 1, values={"units.informers": 0.1, "units.loss": 0.0})
    share_near(done.tables["members"]["informer"].sum(), 6000, 0.1)
    assert MEMBERS.keys == ("person",)


def test_those_who_were_taken_today_do_not_recruit() -> None:
    """Custody settles before units do: until then a member who was taken or killed today is still in the table."""
    values = {"recruitment.approach": 1.0, "recruitment.willing": 1.0}
    for size, taken, active in ((4, 1, True), (4, 2, False), (3, 1, False)):
        people = (1 << 32) + (8 * np.arange(50)[:, None] + np.arange(taken)).reshape(-1)
        gone = {"person": people, "status": 1 + people % 2, "since": np.full(len(people), FIRST), "until": np.full(len(people), 60000)}
        jail = stub("Jail", day=lambda now, gone=gone: now.store(Table(CUSTODY, {**gone, "times": gone["since"]})), writes=(CUSTODY,))
        seen, observe = asks()
        play((cells([size] * 50, spacing=8), jail, Recruitment()), world(rows=1000), 1, values=values, observe=observe)
        assert (len(seen[0]["person"]) > 0) == active, (size, taken)


def test_those_who_were_taken_today_found_and_join_nothing() -> None:
    """Organisations found in the morning: of four founders one is taken, of three one; of a recruit's two, both."""
    first = 1 << 32
    groups = {first: [0, 1, 2, 3], first + 10: [10, 11, 12], first + 20: [20, 21, 22]}
    taken = first + np.array([2, 10, 30])

    def found(now) -> None:
        for founder, people in groups.items():
            now.ask(JOINING, 0, person=first + np.array(people), unit=founder << 16 | now.day, organisation=2)

    jail = stub("Jail", day=lambda now: now.store(Table(CUSTODY, {"person": taken, "status": [1, 2, 3], "since": [now.day] * 3,
                "until": [0] * 3, "times": [1] * 3})), writes=(CUSTODY,))  # fmt: skip
    done = play((stub("Found", day=found, adds=(JOINING,)), jail, Units()), world(rows=40), 1, values={"units.loss": 0.0})
    assert done.tables["units"]["unit"].tolist() == [first << 16 | FIRST, (first + 20) << 16 | FIRST]
    assert done.tables["units"]["organisation"].tolist() == [2, 2]
    assert (done.tables["members"]["person"] - first).tolist() == [0, 1, 3, 20, 21, 22]
    assert done.columns["units_founded"].tolist() == [2]


def test_the_taken_recruit_nobody_for_a_unit_that_goes_on() -> None:
    """Of units of four, one was taken: whom the other three approach is what units of those three would have asked."""
    values = {"recruitment.approach": 1.0, "recruitment.willing": 1.0}
    people = (1 << 32) + 8 * np.arange(50) + 3
    dead = {"person": people, "status": np.full(50, 2), "since": np.full(50, FIRST), "until": np.zeros(50), "times": np.zeros(50)}
    gone = Table(CUSTODY, dead)
    jail = stub("Jail", day=lambda now: now.store(gone), writes=(CUSTODY,))
    asked = []
    for size in (4, 3):
        seen, observe = asks()
        play((cells([size] * 50, spacing=8), jail, Recruitment()), world(rows=1000), 1, values=values, observe=observe)
        asked.append(seen[0]["person"].tolist())
    assert asked[0] == asked[1]
