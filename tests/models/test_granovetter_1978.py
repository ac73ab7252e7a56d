"""Granovetter's riot against its exact answers, through the model."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from groundswell import InputError, Run, simulate
from groundswell.models.granovetter_1978 import (
    ALL_RIOTERS,
    JOINED,
    RIOTERS,
    SETTLED,
    THRESHOLD,
    granovetter_1978,
    normal_crowd,
    normal_share,
    uniform_crowd,
    world,
)
from groundswell.reproductions.granovetter_1978 import chance_of_final, critical, limit, random_crowds


def riot(thresholds: npt.ArrayLike, steps: int | None = None, **options: object) -> Run:
    people = world(thresholds)
    wanted = {"compiled": False, "seed": 1} | options
    return simulate(granovetter_1978(), people, steps=steps or people.places.rows + 1, until=SETTLED, keep=(RIOTERS, JOINED), **wanted)  # type: ignore[arg-type]


def rioters(thresholds: npt.ArrayLike, **options: object) -> list[int]:
    run = riot(thresholds, **options)
    assert run.series[SETTLED.name][-1, 0] == 1
    return run.final[RIOTERS.name].tolist()  # type: ignore[no-any-return]


def one_at_two(people: int = 100) -> npt.NDArray[np.int64]:
    thresholds = uniform_crowd(people)
    thresholds[1] = 2
    return thresholds


@pytest.mark.parametrize("compiled", [pytest.param(True, marks=pytest.mark.compiled), False])
def test_row_01_one_person_makes_the_difference(compiled: bool) -> None:
    assert rioters(uniform_crowd(), compiled=compiled) == [100]
    assert rioters(one_at_two(), compiled=compiled) == [1]
    assert rioters([uniform_crowd(), one_at_two()], compiled=compiled) == [100, 1]


def test_default_world_is_the_uniform_crowd() -> None:
    assert world().columns[THRESHOLD.name].tolist() == list(range(100))


def test_one_joins_in_every_step_of_the_uniform_crowd() -> None:
    series = riot(uniform_crowd()).series[ALL_RIOTERS.name][:, 0]
    assert series.tolist() == [*range(1, 101), 100]


def test_counts_above_what_a_byte_holds() -> None:
    assert rioters(np.zeros(300)) == [300]
    assert rioters(uniform_crowd(300)) == [300]


def test_row_03_critical_deviation_of_the_limit() -> None:
    sigma, share = critical(25.0)
    assert sigma == pytest.approx(12.2220868, abs=1e-6)
    assert share == pytest.approx(6.2003, abs=1e-4)


@pytest.mark.compiled
@pytest.mark.parametrize(("beyond", "low", "high"), [(-0.0001, 6.14, 6.2003), (0.0001, 99.99, 100.0)])
def test_row_03_the_model_jumps_there(beyond: float, low: float, high: float) -> None:
    crowd = normal_crowd(2_000_000, 25, 12.2220868 + beyond)
    (joined,) = rioters(crowd, steps=5000, compiled=True)
    assert low < joined / 2e4 <= high


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("sigma", "percent"),
    [(10, 0.7696), (12, 4.0211), (12.2, 5.4792), (12.3, 100.0), (30, 99.3394), (50, 90.4852), (100, 65.8574)],
)
def test_row_04_limit_of_a_large_crowd(sigma: float, percent: float) -> None:
    people = 2_000_000
    (joined,) = rioters(normal_crowd(people, 25, sigma), steps=5000, compiled=True)
    assert 100 * joined / people == pytest.approx(percent, abs=1e-3)
    assert limit(25, sigma) == pytest.approx(percent, abs=1e-4)


def test_row_05_formula() -> None:
    p = chance_of_final(100)
    assert sum(p) == 1
    assert float(p[0]) == pytest.approx(0.99**100, abs=1e-12)
    assert float(p[0]) == pytest.approx(0.366032, abs=1e-6)
    assert float(p[1]) == pytest.approx(0.135326, abs=1e-6)
    assert float(sum(r * q for r, q in enumerate(p))) == pytest.approx(12.20996, abs=1e-5)


@pytest.mark.compiled
def test_row_05_many_crowds() -> None:
    crowds, people = 20_000, 100
    final = np.array(rioters(random_crowds(people, crowds, seed=7), steps=people + 1, compiled=True))
    p = np.array([float(q) for q in chance_of_final(people)])
    mean = p @ np.arange(people + 1)
    error = math.sqrt(p @ (np.arange(people + 1) - mean) ** 2 / crowds)
    assert abs(final.mean() - mean) < 3 * error
    for r in (0, 1, 2, people):
        assert abs((final == r).mean() - p[r]) < 3 * math.sqrt(p[r] * (1 - p[r]) / crowds), r
    assert not (final == people - 1).any(), "the last one is always drawn in, for no threshold is larger"


def test_row_05_all_crowds_of_three() -> None:
    """All 27 crowds with thresholds 0 to 2, each as likely as the others."""
    every = np.array(np.meshgrid(*[range(3)] * 3)).reshape(3, -1).T
    counts = np.bincount(rioters(every, steps=4), minlength=4)
    assert [Fraction(int(n), 27) for n in counts] == chance_of_final(3)


@pytest.mark.compiled
@pytest.mark.parametrize(("people", "chance"), [(100, 0.0267803), (10, 0.2357948)])
def test_row_06_all_join(people: int, chance: float) -> None:
    exact = Fraction((people + 1) ** (people - 1), people**people)
    assert chance_of_final(people)[people] == exact
    assert float(exact) == pytest.approx(chance, abs=1e-7)
    crowds = 20_000
    final = np.array(rioters(random_crowds(people, crowds, seed=3), steps=people + 1, compiled=True))
    assert abs((final == people).mean() - chance) < 3 * math.sqrt(chance * (1 - chance) / crowds)


crowd_of_ten = st.lists(st.integers(0, 12), min_size=1, max_size=10)


@settings(max_examples=60)
@given(crowd_of_ten)
def test_ends_at_the_smallest_fixed_point(thresholds: list[int]) -> None:
    smallest = next(r for r in range(len(thresholds) + 1) if sum(t <= r for t in thresholds) == r)
    assert rioters(thresholds) == [smallest]


@settings(max_examples=30)
@given(crowd_of_ten, st.data())
def test_a_lower_threshold_never_means_fewer(thresholds: list[int], data: st.DataObject) -> None:
    person = data.draw(st.integers(0, len(thresholds) - 1))
    lower = [*thresholds[:person], max(thresholds[person] - 1, 0), *thresholds[person + 1 :]]
    assert rioters(lower)[0] >= rioters(thresholds)[0]


@settings(max_examples=30)
@given(crowd_of_ten)
def test_who_joins_not_where_they_stand(thresholds: list[int]) -> None:
    run = riot(thresholds)
    joined = run.final[JOINED.name]
    assert joined.sum() == run.final[RIOTERS.name][0]
    assert (joined == (np.array(thresholds) <= joined.sum())).all()
    assert rioters(sorted(thresholds)) == rioters(thresholds)


@pytest.mark.compiled
def test_same_bits() -> None:
    crowds = random_crowds(40, 30, seed=2)
    plain = riot(crowds)
    for options in ({"compiled": True}, {"compiled": True, "threads": 3, "tile": 50}, {"tile": 1}, {"seed": 99}):
        assert riot(crowds, **options).state_hash == plain.state_hash


def test_crowds_do_not_see_one_another() -> None:
    crowds = random_crowds(15, 40, seed=4)
    assert rioters(crowds) == [rioters(one)[0] for one in crowds]


def test_normal_share() -> None:
    x = np.linspace(-8, 8, 401)
    exact = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])
    assert np.abs(normal_share(x) - exact).max() < 1e-10


def test_normal_crowd() -> None:
    crowd = normal_crowd(100, 25, 10)
    assert len(crowd) == 100
    assert (np.diff(crowd) >= 0).all()
    for r in (5, 25, 40):
        assert (crowd <= r).sum() == math.floor(100 * float(normal_share((r - 25) / 10)) + 0.5)
    assert normal_crowd(100, 90, 20).max() == 101, "those with a threshold beyond the crowd never join"
    assert normal_crowd(1, 25, 1e-9).tolist() == [1], "one person whose threshold is a quarter of a person"
    for people, mean, deviation in ((0, 25, 10), (100, 25, 0), (100, 25, -1), (100, math.nan, 10), (100, 25, math.inf)):
        with pytest.raises(InputError, match="no normal crowd"):
            normal_crowd(people, mean, deviation)


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ([0, -1], "person 2 has -1"),
        ([0.0, math.nan], "person 2 has nan"),
        ([0.5], "person 1 has 0.5"),
        ([[0, 1], [0, 2**31]], "person 2 of crowd 2 has 2147483648"),
        ([[0, 1], [0]], "as many numbers for each crowd"),
        ([], r"not float64 of shape \(0,\)"),
        (7, r"not int64 of shape \(\)"),
        (["a"], "needs numbers by crowd and person"),
        ([[[1]]], r"of shape \(1, 1, 1\)"),
    ],
)
def test_bad_thresholds(thresholds: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        world(thresholds)  # type: ignore[arg-type]
    assert caught.value.key == "thresholds"
