"""Households: the census's people in the table's sizes, and kin whose ages fit, from the first household to the last."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from groundswell.core.draws import Draws
from groundswell.core.errors import ModelError
from groundswell.core.places import Population
from groundswell.populations import kin
from groundswell.populations.ages import age_table
from groundswell.populations.households import CHILD, HEAD, PARENT, RELATIVE, SPOUSE, UNRELATED, Households, house
from groundswell.populations.kernels import Source
from groundswell.populations.reading import read_tables
from groundswell.populations.tables import CensusTables

pytestmark = pytest.mark.compiled

IRAN = Path(__file__).parents[2] / "src" / "groundswell" / "cases" / "iran"
SHARES = [0.0, 0.09, 0.2, 0.27, 0.26, 0.11, 0.04, 0.02, 0.01] + [0.0] * 7


@dataclass
class Kin:
    """One row a person: role, sex, age and what is known of the household."""

    role: npt.NDArray[Any]
    female: npt.NDArray[Any]
    age: npt.NDArray[Any]
    head: npt.NDArray[Any]  # row of the head
    size: npt.NDArray[Any]
    mother_age: npt.NDArray[Any]  # of whoever the children are matched by


def kin_of(age: Any, profile: Any, household: Any) -> Kin:
    rows, index = np.arange(len(age)), household & 15
    head = rows - index
    role, years = profile >> 5, age.astype(int)
    second = np.minimum(head + 1, len(age) - 1)
    married = (role[second] == SPOUSE) & (head[second] == head)
    female = (profile & 1).astype(bool)
    mother = np.where(married, years[second], np.where(female[head], years[head], years[head] - 4))
    return Kin(role, female, years, head, household >> 4, mother)


@pytest.fixture(scope="module")
def tehran() -> tuple[Households, Any]:
    people = age_table(read_tables(IRAN).census_of("IR-23"), 100)
    sizes = kin.household_sizes(SHARES, int(people.sum()))
    return house(people, sizes, Source(24, Draws(5).keys)), people


def check_structure(homes: Households, people: Any, sizes: Any) -> Kin:
    """What holds for any tables at all."""
    counted = np.zeros((2, 101), int)
    np.add.at(counted, (homes.profile & 1, homes.age), 1)
    assert (counted == people).all()
    assert np.bincount(homes.sizes, minlength=16).tolist() == sizes.tolist()
    assert (np.repeat(homes.sizes, homes.sizes) == homes.household >> 4).all()
    first = np.add.accumulate(homes.sizes.astype(int)) - homes.sizes
    assert (np.arange(len(homes.age)) - np.repeat(first, homes.sizes) == (homes.household & 15)).all()
    k = kin_of(homes.age, homes.profile, homes.household)
    assert (((k.role == HEAD) | (k.role == UNRELATED)) | ((homes.household & 15) > 0)).all()
    assert (k.role[first] == np.where(homes.sizes == 1, UNRELATED, HEAD)).all()
    assert ((homes.household & 15)[k.role == SPOUSE] == 1).all()
    assert (k.female[k.role == SPOUSE]).all()
    assert not k.female[k.head[k.role == SPOUSE]].any()
    assert homes.counts["households"] == len(homes.sizes)
    assert homes.counts["child_headed"] == (homes.age[first] < 18).sum()
    return k


def test_structure_and_no_children_as_heads(tehran: tuple[Households, Any]) -> None:
    homes, people = tehran
    check_structure(homes, people, kin.household_sizes(SHARES, int(people.sum())))
    assert homes.counts["child_headed"] == 0


def test_ages_of_kin(tehran: tuple[Households, Any]) -> None:
    homes, _ = tehran
    k = kin_of(homes.age, homes.profile, homes.household)
    wives, children, parents = k.role == SPOUSE, k.role == CHILD, k.role == PARENT
    gap = k.age[k.head[wives]] - k.age[wives]
    assert gap.mean() == pytest.approx(4, abs=1)
    assert gap.std() == pytest.approx(4.5, abs=1)
    assert k.age[wives].min() >= 15
    birth = k.mother_age[k.head[children]] - k.age[children]
    assert ((birth >= 15) & (birth <= 49)).mean() > 0.999
    assert birth.mean() == pytest.approx(27, abs=1.5)
    elder = k.age[parents] - k.age[k.head[parents]]
    assert ((elder >= 15) & (elder <= 50)).mean() > 0.995
    assert homes.counts["odd_mothers"] == ((birth < 15) | (birth > 49)).sum()
    assert homes.counts["odd_parents"] == ((elder < 15) | (elder > 49)).sum()
    assert homes.counts["odd_spouses"] == ((gap < -15) | (gap > 30)).sum()


def test_brothers_and_sisters_are_seldom_twins(tehran: tuple[Households, Any]) -> None:
    homes, _ = tehran
    k = kin_of(homes.age, homes.profile, homes.household)
    pairs = (k.role[1:] == CHILD) & (k.role[:-1] == CHILD) & (k.head[1:] == k.head[:-1])
    apart = k.age[:-1][pairs] - k.age[1:][pairs]
    assert (apart >= -1).all()  # the eldest first, but for a year of chance
    assert (apart == 0).mean() < 0.08
    assert 3 < apart.mean() < 7


def test_shares_of_roles(tehran: tuple[Households, Any]) -> None:
    homes, _ = tehran
    k = kin_of(homes.age, homes.profile, homes.household)
    heads = (homes.household & 15) == 0
    assert k.female[heads].mean() == pytest.approx(0.127, abs=0.025)  # Iran's census of 2016: 12.7 %
    young = k.age < 18
    assert (k.role[young] == CHILD).mean() > 0.93
    assert (k.role == RELATIVE).mean() < 0.04
    old = k.age >= 65
    assert np.isin(k.role[old], [HEAD, SPOUSE, PARENT, UNRELATED]).mean() > 0.85
    alone = homes.sizes[np.flatnonzero(homes.sizes == 1)]
    assert len(alone) / len(homes.sizes) == pytest.approx(0.09, abs=1e-3)
    wives = k.role == SPOUSE
    middle, late = wives & (k.age >= 38) & (k.age < 48), wives & (k.age >= 75)
    assert k.size[middle].mean() > k.size[late].mean() + 0.5  # children have left
    young = wives & (k.age < 22)
    assert k.size[middle].mean() > k.size[young].mean() + 0.8  # and have not come yet


@pytest.mark.parametrize("start", [0, 5])
def test_the_last_households_are_like_the_first(tehran: tuple[Households, Any], start: int) -> None:
    homes, _ = tehran
    k = kin_of(homes.age, homes.profile, homes.household)
    n = len(homes.age) // 10
    parts = [slice(start * n, (start + 1) * n), slice(9 * n, None)]

    def means(part: slice) -> list[float]:
        rows = np.arange(len(homes.age))[part]
        children, wives = rows[k.role[rows] == CHILD], rows[k.role[rows] == SPOUSE]
        birth = k.mother_age[k.head[children]] - k.age[children]
        gap = k.age[k.head[wives]] - k.age[wives]
        odd = ((birth < 16) | (birth > 45)).mean()
        roles = np.bincount(k.role[rows], minlength=6) / len(rows)
        return [birth.mean(), birth.std(), gap.mean(), gap.std(), 100 * odd, k.age[rows].mean(), *(100 * roles)]

    one, other = means(parts[0]), means(parts[1])
    tolerance = [0.3, 0.2, 0.3, 0.25, 0.6, 0.8, 1, 1, 1, 0.4, 0.5, 0.6]  # about five standard errors of 13,000 rows
    assert [abs(a - b) < t for a, b, t in zip(one, other, tolerance, strict=True)] == [True] * 12, (one, other)


def test_single_years_keep_the_census(population: Population, atlantis: CensusTables) -> None:
    for i, province in enumerate(population.places.provinces):
        a, b = population.places.row_range(i)
        age, sex = population.columns["age"][a:b], population.columns["profile"][a:b] & 1
        for row in atlantis.census_of(province.id):
            inside = (age >= row.first) & (age <= (200 if row.last is None else row.last))
            assert (inside & (sex == 0)).sum() == row.male
            assert (inside & (sex == 1)).sum() == row.female


def test_household_sizes_follow_the_table(population: Population, atlantis: CensusTables) -> None:
    first = (population.columns["household"] & 15) == 0
    for i, province in enumerate(atlantis.provinces):
        a, b = population.places.row_range(i)
        sizes = population.columns["household"][a:b][first[a:b]] >> 4
        if province.households is not None:
            assert len(sizes) == pytest.approx(province.households, abs=2)
            continue
        shares = np.bincount(sizes, minlength=9)[1:9] / len(sizes)
        assert shares == pytest.approx([row.share for row in atlantis.households], abs=2 / len(sizes) + 1e-3)


ages = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 100), st.integers(1, 40)), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(ages, st.integers(0, 14), st.integers(0, 2**64 - 1))
def test_any_people_can_be_housed(cells: list[tuple[int, int, int]], common: int, seed: int) -> None:
    people = np.zeros((2, 101), np.int64)
    for sex, age, number in cells:
        people[sex, age] += number
    shares = [0.0] * 16
    shares[1 + common] = 0.7
    shares[1 + (common + 5) % 15] = 0.3
    sizes = kin.household_sizes(shares, int(people.sum()))
    homes = house(people, sizes, Source(1, Draws(seed).keys))
    check_structure(homes, people, sizes)
    adults = int(people[:, 18:].sum())
    assert homes.counts["child_headed"] == max(len(homes.sizes) - adults, 0)  # only where nobody else is left


def test_the_oldest_children_head_households_where_nobody_else_is_left() -> None:
    people = np.zeros((2, 101), np.int64)
    people[0, [4, 9, 16, 40]] = 10
    people[1, [5, 17]] = 10
    sizes = np.zeros(16, np.int64)
    sizes[2] = 30
    homes = house(people, sizes, Source(1, Draws(3).keys))
    heads = np.sort(homes.age[(homes.household & 15) == 0])
    assert heads.tolist() == [16] * 10 + [17] * 10 + [40] * 10
    assert homes.counts["child_headed"] == 20


def test_people_and_places_must_agree() -> None:
    people, sizes = np.zeros((2, 101), np.int64), np.zeros(16, np.int64)
    people[0, 40], sizes[2] = 7, 3
    with pytest.raises(ModelError, match="7 people for 6 places in households"):
        house(people, sizes, Source(1, Draws(3).keys))
