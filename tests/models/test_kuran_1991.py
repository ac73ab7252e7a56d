"""Kuran's public opposition against the paper's ten people, and what holds for every society."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from groundswell import InputError, Run, simulate
from groundswell.models.kuran_1991 import ALL_OPPOSITION, OPPOSES, OPPOSITION, SEQUENCES, SETTLED, THRESHOLD, kuran_1991, world


def society(thresholds: npt.ArrayLike, expected: int = 0, **options: object) -> Run:
    people = world(thresholds)
    wanted = {"compiled": False, "seed": 1} | options
    return simulate(
        kuran_1991(), people, steps=people.places.rows + 2, until=SETTLED, keep=(OPPOSITION, OPPOSES),
        values={"choosing.expected": expected}, **wanted,  # type: ignore[arg-type]
    )  # fmt: skip


def opposition(thresholds: npt.ArrayLike, expected: int = 0, **options: object) -> list[int]:
    run = society(thresholds, expected, **options)
    assert run.series[SETTLED.name][-1, 0] == 1
    return run.final[OPPOSITION.name].tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("compiled", [pytest.param(True, marks=pytest.mark.compiled), False])
def test_row_02_ten_people(compiled: bool) -> None:
    assert opposition(list(SEQUENCES.values()), compiled=compiled) == [1, 9, 1, 2]
    for name, people in {"A": 1, "A'": 9, "B": 1, "B'": 2}.items():
        assert opposition(SEQUENCES[name], compiled=compiled) == [people]


def test_sequences_differ_in_one_threshold() -> None:
    a, a2, b, b2 = (np.array(SEQUENCES[name]) for name in ("A", "A'", "B", "B'"))
    assert (a != a2).sum() == (b != b2).sum() == (a != b).sum() == 1
    assert world().columns[THRESHOLD.name].tolist() == list(SEQUENCES["A"])


def test_the_same_society_has_several_equilibria() -> None:
    """A rests at 10 %, at 90 % and at 100 %: what people expect decides."""
    by_expectation = {s: opposition(SEQUENCES["A"], s)[0] for s in (0, 10, 19, 20, 30, 90, 100)}
    assert by_expectation == {0: 1, 10: 1, 19: 1, 20: 9, 30: 9, 90: 9, 100: 10}, "20 % are enough for three, those for a fourth, ..."


def test_opposition_can_melt_away() -> None:
    """Too much is expected, and fewer and fewer find it: 50, 40, ... until the one who needs nobody is left."""
    series = society((0, 20, 30, 40, 50, 60, 70, 80, 90, 100), 50).series[ALL_OPPOSITION.name][:, 0]
    assert series.tolist() == [5, 5]
    series = society((0, 30, 40, 50, 60, 70, 80, 90, 100, 100), 60).series[ALL_OPPOSITION.name][:, 0]
    assert series.tolist() == [5, 4, 3, 2, 1, 1]


def test_expected_persons_are_rounded_down() -> None:
    assert opposition([40, 100, 100], 39) == [0]
    assert opposition([33, 100, 100], 66) == [1], "66 % of three are one person, 33.3 %"
    assert opposition([34, 100, 100], 66) == [0]


def test_compares_in_whole_numbers() -> None:
    """One of three is more than 33 % and less than 34; 29 of 100 are 29 %, which floating point gets wrong."""
    assert opposition([0, 33, 100]) == [2]
    assert opposition([0, 34, 100]) == [1]
    assert opposition(np.arange(100)) == [100]


def test_more_people_than_a_byte_holds() -> None:
    assert opposition(np.zeros(700)) == [700]


crowd = st.lists(st.integers(0, 120), min_size=1, max_size=10)


@settings(max_examples=60)
@given(crowd, st.integers(0, 100))
def test_ends_in_an_equilibrium(thresholds: list[int], expected: int) -> None:
    run = society(thresholds, expected)
    count = int(run.final[OPPOSITION.name][0])
    held = [100 * count >= t * len(thresholds) for t in thresholds]
    assert run.series[SETTLED.name][-1, 0] == 1
    assert run.final[OPPOSES.name].tolist() == held
    assert sum(held) == count
    steps = np.diff(run.series[ALL_OPPOSITION.name][:, 0])
    assert (steps >= 0).all() or (steps <= 0).all()


@settings(max_examples=30)
@given(crowd)
def test_from_nobody_it_is_the_smallest(thresholds: list[int]) -> None:
    n = len(thresholds)
    smallest = next(s for s in range(n + 1) if sum(100 * s >= t * n for t in thresholds) == s)
    assert opposition(thresholds) == [smallest]


@pytest.mark.compiled
def test_same_bits() -> None:
    societies = (np.arange(600).reshape(30, 20) * 7919) % 110
    plain = society(societies, 20)
    for options in ({"compiled": True}, {"compiled": True, "threads": 3, "tile": 30}, {"tile": 1}, {"seed": 5}):
        assert society(societies, 20, **options).state_hash == plain.state_hash
    assert plain.final[OPPOSITION.name].tolist() == [opposition(one, 20)[0] for one in societies]


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ([0, -10], "person 2 has -10"),
        ([math.nan], "person 1 has nan"),
        ([[0, 1], [0, 20.5]], "person 2 of society 2 has 20.5"),
        ([5000], "person 1 has 5000"),
        ([[0, 1], [0]], "as many numbers for each society"),
        ([], "needs numbers by society and person"),
        (["a"], "needs numbers by society and person"),
    ],
)
def test_bad_thresholds(thresholds: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        world(thresholds)  # type: ignore[arg-type]
    assert caught.value.key == "thresholds"


@pytest.mark.parametrize("expected", [-1, 101, 0.5])
def test_bad_expectation(expected: float) -> None:
    with pytest.raises(InputError, match=r"choosing\.expected"):
        society(SEQUENCES["A"], expected)  # type: ignore[arg-type]
