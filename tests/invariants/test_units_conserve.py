"""Nothing is made or lost while units are founded, split, sleep, merge and dissolve, and while organisations become one.

A crowded world of three organisations is followed day by day; each test looks at one event of their lives on every day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.oracles.stage import FIRST, FOREVER, play, stub
from tests.worlds import small_world

from groundswell.core.layers import Contacts, Layer
from groundswell.core.parameters import Change
from groundswell.lookups import circles_of
from groundswell.mechanisms.brokerage import Brokerage
from groundswell.mechanisms.calling import Calling
from groundswell.mechanisms.custody import Custody
from groundswell.mechanisms.organisations import FirstOrganisation, SecondOrganisation, ThirdOrganisation
from groundswell.mechanisms.recruitment import Recruitment
from groundswell.mechanisms.units import Units
from groundswell.society import JOINING, MEMBERS, TAKEN

DAYS = 60
BUSY = {
    "first_organisation.initial": 12_000, "second_organisation.initial": 12_000, "third_organisation.initial": 8000,
    "first_organisation.rate": 60_000, "second_organisation.multiply": 0.01, "third_organisation.founders": 5,
    "first_organisation.call": 1.0, "recruitment.approach": 0.3, "recruitment.willing": 1.0, "units.split_rate": 0.5, "units.loss": 0.01,
    "units.merge": 0.2, "units.patience": 15, "custody.longest": 30, "brokerage.every": 5,
}  # fmt: skip


pytestmark = pytest.mark.compiled


@dataclass(frozen=True)
class Day:
    """What stands at the end of a day."""

    number: int
    unit_of: dict[int, int]
    organisation_of: dict[int, int]
    small_since: dict[int, int]
    away: Any
    joining: dict[int, int]
    merged: dict[int, int]
    bridges: dict[tuple[int, int], int]
    columns: dict[str, Any]

    @property
    def members_of(self) -> dict[int, set[int]]:
        """The members of each unit."""
        found: dict[int, set[int]] = {unit: set() for unit in self.organisation_of}
        for person, unit in self.unit_of.items():
            found[unit].add(person)
        return found


NAMES = (
    "units_founded", "units_split", "units_dissolved", "units_merged", "units_1", "units_2", "units_3", "united", "brokered",
    "called_units",
)  # fmt: skip


def lists(table: Any, *fields: str) -> Iterator[tuple[int, ...]]:
    return zip(*(table[f].tolist() for f in fields), strict=True)


def day_of(engine: Any, day: int) -> Day:
    """A copy of the end of the day."""
    t, asked = engine.state.tables, engine.asked(JOINING)
    return Day(
        day,
        dict(lists(t["members"], "person", "unit")),
        dict(lists(t["units"], "unit", "organisation")),
        dict(lists(t["units"], "unit", "small_since")),
        frozenset(t["custody"]["person"][t["custody"]["status"] != 0].tolist()),
        dict(zip(asked["person"].tolist(), asked["unit"].tolist(), strict=True)),
        dict(lists(t["organisations"], "organisation", "into")),
        {(a, b): n for a, b, n in lists(t["bridges"], "unit", "other", "ties")},
        {name: engine.state.columns[name].copy() for name in NAMES},
    )


def raid(now) -> None:
    """A tenth of the members is taken every fourth day."""
    person = now.table(MEMBERS)["person"]
    if now.day % 4 == 0:
        now.ask(TAKEN, 1, person=person[person % 10 == now.day // 4 % 10], fate=1, named=0)


PEOPLE = small_world((1600, 1200), hood=200)


@pytest.fixture(scope="module")
def days() -> list[tuple[Day, Day]]:
    """Yesterday and today, over several runs: without mergers of organisations, with a dated one, and with brokered ones."""
    found = []
    dated = [Change("second_organisation.into", 3, FIRST + 20, FOREVER)]
    for seed, values, changes in ((1, {}, []), (2, {}, dated), (3, {"brokerage.merge": 0.002}, []), (4, {"brokerage.merge": 0.05}, dated)):
        run: list[Day] = []
        stages = (
            FirstOrganisation(), SecondOrganisation(), ThirdOrganisation(), Calling(),
            stub("Raid", day=raid, reads=(MEMBERS,), adds=(TAKEN,)), Custody(), Recruitment(), Units(), Brokerage(),
        )  # fmt: skip
        play(stages, PEOPLE, DAYS, seed=seed, values=BUSY | values, changes=changes, compiled=True,
             observe=lambda e, d, run=run: run.append(day_of(e, d)))  # fmt: skip
        found += list(pairwise(run))
    return found


def born(before: Day, after: Day) -> tuple[set[int], set[int]]:
    """Units that were founded today, and those that came from others."""
    new = set(after.organisation_of) - set(before.organisation_of)
    founded = {unit for unit in new if any(p in after.joining and after.joining[p] == unit for p in after.members_of[unit])}
    return founded, new - founded


def stillborn(before: Day, after: Day) -> set[int]:
    """Units that were founded today and lost at once."""
    asked = [unit for person, unit in after.joining.items() if person not in after.away and person not in after.unit_of]
    return {unit for unit in asked if asked.count(unit) >= 3 and unit not in before.organisation_of and unit not in after.organisation_of}


def ended(before: Day, after: Day) -> tuple[set[int], set[int]]:
    """Units that dissolved today, and those that went over to others."""
    gone = set(before.organisation_of) - set(after.organisation_of)
    merged = {unit for unit in gone if any(p in after.unit_of for p in before.members_of[unit])}
    return gone - merged, merged


def test_founding_takes_in_those_who_asked_and_nobody_else(days) -> None:
    """A new unit is free people who were in none, all of whom asked; it is counted once."""
    happened = 0
    for before, after in days:
        founded, _ = born(before, after)
        for unit in founded:
            people = {p for p in after.members_of[unit] if p not in before.unit_of}  # a sleeping unit may have gone over to it
            assert len(people) >= 3
            assert not any(before.unit_of[p] in after.organisation_of for p in after.members_of[unit] - people)
            assert not people & after.away
            assert all(after.joining[p] == unit for p in people)
        assert len(founded) + len(stillborn(before, after)) == after.columns["units_founded"].sum()
        happened += len(founded)
    assert happened > 100


def test_who_joins_asked_and_who_leaves_was_taken_or_lost_the_unit(days) -> None:
    """Membership changes by joining, being taken and dissolution only."""
    joined = left = 0
    for before, after in days:
        dissolved, _ = ended(before, after)
        come, gone = set(after.unit_of) - set(before.unit_of), set(before.unit_of) - set(after.unit_of)
        assert come <= set(after.joining)
        assert all(p in after.away or before.unit_of[p] in dissolved for p in gone)
        assert not set(after.unit_of) & after.away
        joined, left = joined + len(come), left + len(gone)
    assert min(joined, left) > 200


def test_splitting_parts_a_unit_and_loses_nobody(days) -> None:
    """The two halves are the unit as it was, but for those taken today and those who joined today; the organisation stays."""
    happened = 0
    for before, after in days:
        _, split = born(before, after)
        for new in split:
            earlier = {p: before.unit_of.get(p, after.joining.get(p)) for p in after.members_of[new]}
            own = {unit for unit in earlier.values() if unit in after.organisation_of}  # others were sleepers who went over
            assert len(own) == 1
            (old,) = own
            assert after.organisation_of[old] == after.organisation_of[new]
            both = after.members_of[old] | after.members_of[new]
            assert {p for p in before.members_of[old] if p not in after.away} <= both
            halves = [len([p for p in after.members_of[u] if before.unit_of.get(p, after.joining.get(p)) == old]) for u in (old, new)]
            assert 0 <= halves[0] - halves[1] <= 1
            happened += 1
        assert len(split) == after.columns["units_split"].sum()
    assert happened > 20


def test_sleeping_costs_nobody(days) -> None:
    """A unit sleeps while it is below three, from the first such day, and keeps its members."""
    happened = 0
    for before, after in days:
        for unit, people in after.members_of.items():
            since = after.small_since[unit]
            assert (since > 0) == (len(people) < 3)
            if since:
                happened += 1
                earlier = before.small_since.get(unit, 0)
                assert since == (earlier or after.number)
                assert {p for p in before.members_of.get(unit, set()) if p not in after.away} <= people
    assert happened > 200


def test_a_sleeping_unit_goes_over_whole(days) -> None:
    """All its members who are free are in one other unit of its organisation, which was there before and lives."""
    happened = 0
    for before, after in days:
        _, merged = ended(before, after)
        for unit in merged:
            people = {p for p in before.members_of[unit] if p not in after.away}
            (into,) = {after.unit_of[p] for p in people}
            assert len(people) < 3
            assert len(after.members_of[into]) > len(people)
            assert into in before.organisation_of or into in born(before, after)[0] | born(before, after)[1]
            assert before.organisation_of[unit] == before.organisation_of.get(into, before.organisation_of[unit])
            happened += 1
        assert len(merged) == after.columns["units_merged"].sum()
    assert happened > 10


def test_dissolution_frees_the_members(days) -> None:
    """They belong to no unit and are where they were."""
    happened = 0
    for before, after in days:
        dissolved, _ = ended(before, after)
        for unit in dissolved:
            assert not before.members_of[unit] & set(after.unit_of)
        assert len(dissolved) + len(stillborn(before, after)) == after.columns["units_dissolved"].sum()
        happened += len(dissolved)
    assert happened > 50


def test_the_number_of_units_is_what_came_and_went(days) -> None:
    """By province: yesterday's, founded and split, less dissolved and merged."""
    codes = PEOPLE.places.codes.tolist()
    for before, after in days:
        counts = [np.array([sum(unit >> 48 == code for unit in d.organisation_of) for code in codes]) for d in (before, after)]
        c = after.columns
        change = c["units_founded"] + c["units_split"] - c["units_dissolved"] - c["units_merged"]
        assert (counts[0] + change == counts[1]).all()


def test_organisations_keep_their_units_until_they_merge(days) -> None:
    """A unit's organisation changes only where it has merged, for every unit of it at once; live units add up."""
    changed = 0
    for before, after in days:
        assert before.merged.items() <= after.merged.items()
        ends: dict[int, int] = {}
        for k in (1, 2, 3):
            ends[k] = k
            while ends[k] in after.merged:
                ends[k] = after.merged[ends[k]]
        assert set(after.organisation_of.values()) <= {k for k in (1, 2, 3) if ends[k] == k}
        for unit in set(before.organisation_of) & set(after.organisation_of):
            assert after.organisation_of[unit] == ends[before.organisation_of[unit]]
        changed += len(after.merged) - len(before.merged)
        live = [sum(after.organisation_of[u] == k and not s for u, s in after.small_since.items()) for k in (1, 2, 3)]
        assert live == [after.columns[f"units_{k}"][0] for k in (1, 2, 3)]
        assert after.columns["united"][0] == pytest.approx(max(live) / max(sum(live), 1))
    assert changed >= 4


def test_ties_are_seen_from_both_ends_and_all_are_counted(days) -> None:
    """On a day of counting, bridges are the friendships of members of different units, and those between organisations are brokered."""
    contacts, layer = Contacts(PEOPLE), Layer("f", "friends", circles=circles_of(PEOPLE))
    checked = brokered = 0
    for before, after in days:
        assert all(after.bridges[b, a] == n for (a, b), n in after.bridges.items())
        if after.number % 5:
            assert after.bridges == before.bridges
            continue
        people = np.array(sorted(after.unit_of), np.int64)
        owner, friend = contacts.contacts(people, layer)
        want: dict[tuple[int, int], int] = {}
        between = 0
        for one, other in zip(people[owner].tolist(), friend.tolist(), strict=True):
            a, b = after.unit_of[one], after.unit_of.get(other)
            if b is not None and a != b:
                want[a, b] = want.get((a, b), 0) + 1
                between += after.organisation_of[a] != after.organisation_of[b]
        assert after.bridges == want
        assert after.columns["brokered"][0] * 2 == between
        checked, brokered = checked + len(want), brokered + between
    assert checked > 100
    assert brokered > 50
