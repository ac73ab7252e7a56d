"""Households of a province: heads, spouses, children, parents of the head, other relatives, row by row.

The order is: heads are shuffled; wives are matched to husbands; sizes to couples and to lone heads; then everybody else
fills the places that are left, children by their mother's age, parents by their child's. Each step uses up its
numbers exactly (`kernels.match`), so a province's sex and age table is the census's and no household is a remainder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import F64, I64, U8
from groundswell.core.draws import Stream
from groundswell.core.errors import ModelError
from groundswell.populations import kernels, kin, streams
from groundswell.populations.kernels import Source
from groundswell.populations.kin import ADULT, AGES, FATHER, OLDER, UNMARRIED, WOMEN

HEAD, SPOUSE, CHILD, PARENT, RELATIVE, UNRELATED = range(6)  # kinship to the head, in the upper three bits of a profile
ROUNDS = 12  # of proportional fitting
YOUNGEST_MOTHER = 17  # with a younger one (or none) live relatives, not children
FIRST_PARENT, LAST_PARENT = 20, 66  # ages of heads with whom a parent may live

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Households:
    """The people of one province, in the order of their rows.

    Args:
        age: years, 100 is open; uint8, one a row.
        profile: sex (bit 0) and kinship (bits 5 to 7); occupation is still 0.
        household: index in household | size << 4.
        sizes: rows of each household, uint8.
        counts: households, child-headed ones, and pairs of kin whose ages are farther apart (or closer) than usual.
    """

    age: Bytes
    profile: Bytes
    household: Bytes
    sizes: Bytes
    counts: dict[str, int]


def mother_age(cell: Any, wife: Any) -> Any:
    """The age by which a head's children are matched; -1 where a head of this cell has none at home."""
    if cell < UNMARRIED:
        age = wife
    elif cell < WOMEN:
        age = cell - UNMARRIED - OLDER if cell - UNMARRIED >= FATHER else -1
    else:
        age = cell - WOMEN
    return age if age >= YOUNGEST_MOTHER else -1


def open_slots(heads: Any, wife: Any, size: Any, parents: int, random: Any) -> Any:
    """Who may live in the places that heads and spouses leave.

    Args:
        heads: cell of each head, uint16.
        wife: age of each wife, uint8, 0 for none.
        size: rows of each household, uint8.
        parents: parents of heads to house; fewer find a place where too few households are left open.
        random: uniforms of each household, shape (households, 2).

    Returns:
        whether a parent lives in each household (uint8); numbers of parents, of places where only others may live, and of
        places for anybody.
    """
    n, eligible = len(heads), 0
    parent = np.zeros(n, np.uint8)
    for i in range(n):
        age = heads[i] % AGES
        if size[i] > 1 + (heads[i] < UNMARRIED) and FIRST_PARENT <= age <= LAST_PARENT:
            eligible += 1
    left, total = min(parents, eligible), min(parents, eligible)
    only_others: Any = 0
    anybody: Any = 0
    for i in range(n):
        cell = I64(heads[i])
        free: Any = I64(size[i]) - 1 - (cell < UNMARRIED)
        if free > 0 and FIRST_PARENT <= cell % AGES <= LAST_PARENT:
            if left > 0 and random[i, 0] * F64(eligible) < F64(left):
                parent[i] = 1
                left -= 1
                free -= 1
            eligible -= 1
        if mother_age(cell, I64(wife[i])) < 0:
            only_others += free
        else:
            anybody += free
    return parent, total, only_others, anybody


def drawn(free: Any, chosen: Any, anybody: Any, u: Any) -> Any:
    """How many of `free` places go to others, where `chosen` of `anybody` places in all still do.

    One uniform serves all of them: each decision stretches what is left of it to [0, 1) again.
    """
    others = 0
    for k in range(free):
        share = F64(chosen - others) / F64(anybody - k)
        if u < share:
            u = u / share
            others += 1
        else:
            u = (u - share) / (F64(1.0) - share)
    return others


def lay(
    heads: Any, wife: Any, size: Any, parent: Any, chosen: Any, anybody: Any, slots: Any,
    age: Any, profile: Any, household: Any, random: Any,
) -> Any:  # fmt: skip
    """Write heads and spouses to their rows and list the places that children, parents and others will fill.

    Args:
        heads, wife, size, parent: of each household.
        chosen, anybody: how many of the places for anybody go to others.
        slots: of the places to fill, those of children first, then parents, then others: row (uint32), household
            (uint32), key by which the age is matched (uint16), number among its brothers and sisters, their number (uint8).
        age, profile, household: the columns of the province.
        random: uniforms of each household; the second serves all its places, stretched again after each decision.

    Returns:
        child-headed households; couples with an unusual difference of ages.
    """
    rows, numbers, keys, lanes, of, first_parent, first_other = slots
    child, elder, other = 0, first_parent, first_other
    row: Any = 0
    young: Any = 0
    odd: Any = 0
    for i in range(len(heads)):
        cell, people = I64(heads[i]), I64(size[i])
        couple = cell < UNMARRIED
        for k in range(people):
            household[row + k] = U8(k | (people << 4))
        age[row] = U8(cell % AGES)
        profile[row] = U8((cell >= WOMEN) | ((UNRELATED if people == 1 else HEAD) << 5))
        young += age[row] < ADULT
        at = row + 1
        if couple:
            age[at] = wife[i]
            profile[at] = U8(1 | (SPOUSE << 5))
            gap = cell - I64(wife[i])
            odd += gap < -15 or gap > 30
            at += 1
        mother = mother_age(cell, I64(wife[i]))
        others: Any = row + people - at - I64(parent[i])
        if mother >= 0:
            free = others
            others = drawn(free, chosen, anybody, random[i, 1])
            chosen, anybody = chosen - others, anybody - free
            for k in range(free - others):
                rows[child], numbers[child], keys[child] = at, i, mother
                lanes[child], of[child] = free - others - 1 - k, free - others
                profile[at] = U8(CHILD << 5)
                child, at = child + 1, at + 1
        if parent[i]:
            rows[elder], numbers[elder], keys[elder], lanes[elder], of[elder] = at, i, cell % AGES, 0, 1
            profile[at] = U8(PARENT << 5)
            elder, at = elder + 1, at + 1
        for _ in range(others):
            rows[other], numbers[other] = at, i
            profile[at] = U8((RELATIVE if mother >= 0 else UNRELATED) << 5)
            other, at = other + 1, at + 1
        row += people
    return young, odd


def people_slots(rows: Any, ages: Any, keys: Any, counts: Any, sign: int, age: Any, profile: Any, random: Any) -> Any:
    """Write matched ages to rows and draw each one's sex without replacement.

    Args:
        rows, ages, keys: row, age, and age of the kin it was matched by.
        counts: people to place by sex and age, int64, shape (2, 101); used up.
        sign: 1 where the kin is a mother, -1 where the kin is a child, 0 where there is none.
        age, profile: columns to write to.
        random: uniforms of each row.

    Returns:
        pairs of kin less than 15 or more than 49 years apart.
    """
    odd: Any = 0
    for i in range(len(rows)):
        row, years = rows[i], I64(ages[i])
        men, women = counts[0, years], counts[1, years]
        sex = 1 if random[i, 0] * F64(men + women) < F64(women) else 0
        counts[sex, years] -= 1
        age[row] = U8(years)
        profile[row] = U8(profile[row] | sex)
        if sign != 0:
            gap = sign * (I64(keys[i]) - years)
            odd += gap < 15 or gap > 49
    return odd


def _same(places: int, people: int) -> None:
    """Refuse to fill places from numbers that do not fit them: compiled loops do not check their bounds."""
    if places != people:
        raise ModelError(f"{people} people for {places} places in households")


def _matched(source: Source, stream: Stream, weights: Any, actual: Any, key: Any, household: Any, lane: Any, of: Any) -> Bytes:
    """`kernels.match` with the likes of each key fitted to both margins."""
    _same(len(key), int(actual.sum()))
    margin = np.bincount(key, minlength=len(weights)).astype(np.int64)
    shares = kernels.compiled(kernels.fit)(weights, margin, actual, ROUNDS)
    matched: Bytes = kernels.compiled(kernels.match)(key, shares, actual, lane, of, source.uniforms(stream, household, lane))
    return matched


def _heads(source: Source, plan: kin.HeadPlan, sizes: npt.NDArray[np.int64]) -> tuple[Any, Bytes, Bytes]:
    """Cell of each head, age of its wife, size of its household."""
    heads = source.deal(plan.cells, streams.HEADS)
    married = heads < UNMARRIED
    couples, lone = np.flatnonzero(married), np.flatnonzero(~married)
    wife, size = np.zeros(len(heads), np.uint8), np.zeros(len(heads), np.uint8)
    like_couples, like_lone = kin.size_weights(kin.expected_children(plan))
    of_lone = kin.lone_sizes(sizes, len(lone))

    def each(stream: Stream, weights: Any, actual: Any, key: Any, at: Any) -> Bytes:
        ones = np.ones(len(at), np.uint8)
        return _matched(source, stream, weights, actual, key.astype(np.uint16), at, ones - ones, ones)

    wife[couples] = each(streams.SPOUSES, kin.gaps("spouse"), plan.wives, heads[couples], couples)
    size[couples] = each(streams.COUPLE_SIZES, like_couples, sizes - of_lone, wife[couples], couples)
    size[lone] = each(streams.SINGLE_SIZES, like_lone, of_lone, heads[lone], lone)
    return heads, wife, size


@dataclass(frozen=True)
class _Slots:
    """The places to fill: children's first, then parents', then others'; see `lay`."""

    rows: Any
    numbers: Any
    keys: Any
    lanes: Any
    of: Any
    children: int
    parents: int

    @classmethod
    def empty(cls, children: int, parents: int, others: int) -> _Slots:
        n = children + parents + others
        whole = np.zeros(n, np.uint32), np.zeros(n, np.uint32), np.zeros(n, np.uint16)
        return cls(*whole, np.zeros(n, np.uint8), np.ones(n, np.uint8), children, parents)

    def listed(self) -> tuple[Any, ...]:
        return self.rows, self.numbers, self.keys, self.lanes, self.of, self.children, self.children + self.parents

    def part(self, kind: str) -> tuple[Any, ...]:
        """Row, household, key, number and brothers and sisters of the places of one kind."""
        after = self.children + self.parents
        at = {"child": slice(0, self.children), "parent": slice(self.children, after), "other": slice(after, None)}[kind]
        return self.rows[at], self.numbers[at], self.keys[at], self.lanes[at], self.of[at]


def _shared_out(rest: npt.NDArray[np.int64], parents: int, others: int) -> dict[str, npt.NDArray[np.int64]]:
    """Split those who are neither heads nor spouses into children, parents and others by sex and age."""
    take = kernels.compiled(kernels.take)
    elders = take(rest.reshape(-1), np.tile(kin.prior("parents"), 2), parents).reshape(2, AGES)
    kindred = take((rest - elders).reshape(-1), np.tile(kin.prior("others"), 2), others).reshape(2, AGES)
    return {"child": rest - elders - kindred, "parent": elders, "other": kindred}


def _expected(numbers: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]) -> int:
    return int(float(sum((numbers * shares).tolist())) + 0.5)


def house(people: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], source: Source) -> Households:
    """House the people of a province.

    Args:
        people: rows by sex and age, shape (2, 101).
        sizes: households by size, shape (16,); they hold exactly these people.
        source: the province's draws.
    """
    total = int(people.sum())
    _same(int((sizes * np.arange(len(sizes))).sum()), total)
    plan = kin.plan_heads(people, sizes)
    heads, wife, size = _heads(source, plan, sizes)
    random = source.uniforms(streams.SLOTS, len(heads))
    left, elder, kindred = plan.rest.sum(0), kin.prior("parents"), kin.prior("others")
    wanted = kernels.compiled(open_slots)(heads, wife, size, _expected(left, elder), random)
    parent, parents, only_others, anybody = wanted
    others = min(max(_expected(left, (1.0 - elder) * kindred), only_others), only_others + anybody)
    slots = _Slots.empty(only_others + anybody - others, parents, others)
    age, profile, household = np.zeros(total, np.uint8), np.zeros(total, np.uint8), np.zeros(total, np.uint8)
    columns = (slots.listed(), age, profile, household, random)
    young, odd_couples = kernels.compiled(lay)(heads, wife, size, parent, others - only_others, anybody, *columns)
    counts = {"households": len(heads), "child_headed": int(young), "odd_spouses": int(odd_couples)}
    settle = kernels.compiled(people_slots)
    for kind, deck in _shared_out(plan.rest, parents, others).items():
        rows, numbers, keys, lanes, of = slots.part(kind)
        _same(len(rows), int(deck.sum()))
        random = source.uniforms(streams.SEXES, rows)
        if kind == "other":
            ages = source.deal(deck.sum(0), streams.OTHERS).astype(np.uint8)
            settle(rows, ages, keys, deck, 0, age, profile, random)
            continue
        stream, gaps, sign = (streams.CHILDREN, "mother", 1) if kind == "child" else (streams.PARENTS, "parent", -1)
        ages = _matched(source, stream, kin.gaps(gaps), deck.sum(0), keys, numbers, lanes, of)
        counts[f"odd_{gaps}s"] = int(settle(rows, ages, keys, deck, sign, age, profile, random))
    return Households(age, profile, household, size, counts)
