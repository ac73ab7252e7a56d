from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from groundswell.populations.ages import age_table, apportion, rows_of, single_years
from groundswell.populations.tables import CensusRow, CensusTables


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), st.integers(0, 10**9))
def test_apportionment_is_whole_and_within_one(parts: list[int], total: int) -> None:
    numbers = apportion(parts, total)
    assert sum(numbers) == total
    if sum(parts):
        for part, number in zip(parts, numbers, strict=True):
            assert abs(number * sum(parts) - part * total) < sum(parts)


def test_apportionment_by_largest_remainder() -> None:
    assert apportion([10, 10, 10], 10) == [4, 3, 3]  # a tie goes to the first
    assert apportion([47, 16, 16, 12, 6, 3], 10) == [5, 2, 2, 1, 0, 0]  # 4.7 1.6 1.6 1.2 .6 .3: to .7, and of three .6 to the first two
    assert apportion([2.5, 7.5], 4) == [1, 3]
    assert apportion([0, 0], 3) == [2, 1]


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=20))
def test_single_years_keep_their_bands(persons: list[int]) -> None:
    edges = list(range(0, 5 * len(persons) + 1, 5))
    years = single_years(edges, persons)
    assert min(years) >= 0
    for i, number in enumerate(persons):
        assert sum(years[5 * i : 5 * i + 5]) == pytest.approx(number, rel=1e-9, abs=1e-6)


def test_single_years_are_smooth() -> None:
    assert single_years([0, 5, 10, 15], [50, 50, 50]) == pytest.approx([10.0] * 15)  # what is even stays even
    rising = single_years([0, 5, 10, 15, 20], [100, 200, 300, 400])
    assert all(b > a for a, b in pairwise(rising[5:15]))
    assert max(abs(b - a) for a, b in pairwise(rising)) < 8  # steps at the edges of flat bands: 20


@pytest.mark.parametrize(("persons", "scale", "rows"), [(10, 1, 10), (15, 10, 2), (14, 10, 1), (4, 10, 0), (5, 10, 1)])
def test_rows_of(persons: int, scale: int, rows: int) -> None:
    assert rows_of(persons, scale) == rows


@pytest.mark.parametrize("scale", [1, 3, 10, 66])
def test_margins(atlantis: CensusTables, scale: int) -> None:
    for province in atlantis.provinces:
        bands = atlantis.census_of(province.id)
        table = age_table(bands, scale)
        assert table.sum() == rows_of(province.population, scale)
        for row in bands:
            for sex, persons in ((0, row.male), (1, row.female)):
                own = table[sex, row.first : None if row.last is None else row.last + 1].sum()
                assert abs(own - persons / scale) < (1 if scale > 1 else 1e-9)


def test_open_band() -> None:
    at_100 = (CensusRow("A", 0, 99, 100, 100), CensusRow("A", 100, None, 3, 4))
    assert age_table(at_100, 1)[:, 100].tolist() == [3, 4]
    early = (CensusRow("A", 0, 84, 100, 100), CensusRow("A", 85, None, 700, 0))
    years = age_table(early, 1)[0, 85:]
    assert years.sum() == 700
    assert (np.diff(years) <= 0).all()
    assert years[0] > 80
    assert years[-1] <= 1
