"""Participation on networks against Granovetter's crowd, the least set that holds itself up, and hand-made cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from groundswell import InputError, Network, Run, networks, simulate
from groundswell.models.siegel_2009 import EXTERNAL, SETTLED, SHARE, TAKES_PART, normal_motivations, siegel_2009, world

MODEL = siegel_2009()


def decide(b: object, ties: Network, inertia: float = 0.0, *, worlds: int = 1, steps: int = 5000, start: float = 1.0) -> Run:
    values = {"deciding.inertia": inertia, "deciding.start": start}
    people, keep = world(b, ties, worlds=worlds), (TAKES_PART, EXTERNAL, SHARE)  # type: ignore[arg-type]
    return simulate(MODEL, people, seed=1, steps=steps, until=SETTLED, keep=keep, values=values, compiled=False)


def least(b: list[float], ties: Network) -> list[bool]:
    """Add whoever would join, one after the other, until nobody would."""
    taking = [x > 1 for x in b]
    while True:
        for i, x in enumerate(b):
            around = ties.neighbours(i)
            if not taking[i] and len(around) and x > 1 - sum(taking[j] for j in around) / len(around):
                taking[i] = True
                break
        else:
            return taking


@settings(max_examples=40)
@given(st.integers(1, 14), st.integers(0, 300), st.data())
def test_it_ends_in_the_least_set_whatever_the_inertia(n: int, seed: int, data: st.DataObject) -> None:
    ties = networks.random_p(n, 0.4, seed=seed)
    b = data.draw(st.lists(st.floats(-0.4, 1.4), min_size=n, max_size=n))
    runs = [decide(b, ties, inertia) for inertia in (0.0, 0.5, 0.9)]
    for run in runs:
        assert run.final["takes_part"].tolist() == least(b, ties)
        assert (np.diff(run.series["turnout"][:, 0]) >= 0).all()
        assert run.series["settled"][-1, 0]


def test_where_everyone_knows_everyone_it_is_granovetters_crowd() -> None:
    # thresholds are shares of the others: with (k + 1/2) / 99 needed by person k, each brings in the next
    needed = (np.arange(100) - 0.5) / 99
    ties = networks.complete(100)
    assert decide(1 - needed, ties).final["share"][0] == 1.0
    gap = needed.copy()
    gap[1] = needed[2]  # the one who needs one now needs two
    assert decide(1 - gap, ties).final["share"][0] == 0.01


def test_pace_by_hand() -> None:
    # a chain of three: 0 starts; 1 sees half its contacts, 2 sees 1
    ties, b = networks.from_edges(3, [(0, 1), (1, 2)]), [1.5, 0.6, 0.3]
    run = decide(b, ties)
    assert run.series["turnout"][:, 0].tolist() == [2, 3]
    slow = decide(b, ties, 0.5)  # c of 1: 1, .75, .625, .5625 (joins in the third step); of 2 then: .5, .25
    assert slow.series["turnout"][:, 0].tolist() == [1, 1, 2, 2, 3]
    assert slow.final["external"].tolist() == [0.25, 0.515625, 0.25]


def test_equal_is_not_enough_and_a_loner_waits_for_nobody() -> None:
    pair = networks.from_edges(3, [(0, 1)])
    assert decide([2.0, 0.0, 0.99], pair).final["takes_part"].tolist() == [True, False, False]  # c of person 1 falls to 0
    assert decide([1.0, 1.0, 1.0], pair).final["share"][0] == 0
    assert decide([2.0, 1e-9, 1.01], pair).final["share"][0] == 1
    assert decide([0.5, 0.5, 0.5], pair, start=0.4).final["takes_part"].tolist() == [True, True, False]


def test_worlds_do_not_touch() -> None:
    parts = [networks.small_world(60, 3, 0.2, seed=s) for s in range(4)]
    b = normal_motivations(240, 0.6, 0.35, seed=2)
    together = decide(b, networks.beside(parts), worlds=4).final["share"]
    assert together.tolist() == [float(decide(b[60 * k : 60 * k + 60], part).final["share"][0]) for k, part in enumerate(parts)]


def test_motivations_are_normal_and_addressed() -> None:
    b = normal_motivations(40_000, 0.6, 0.3, seed=7)
    z = (b - 0.6) / 0.3
    for power, moment, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((z**power).mean() - moment) < 4 * (spread / 40_000) ** 0.5
    for x, share in ((-2, 0.0227501), (-0.5, 0.3085375), (1, 0.8413447)):
        assert abs((z < x).mean() - share) < 4 * (share * (1 - share) / 40_000) ** 0.5
    assert np.array_equal(b[:100], normal_motivations(100, 0.6, 0.3, seed=7))
    assert not np.array_equal(b[:100], normal_motivations(100, 0.6, 0.3, seed=8))


def test_more_ties_can_lower_participation() -> None:
    worlds = 12
    b = normal_motivations(1000 * worlds, 0.5, 0.25, seed=5)
    few, many = (
        decide(b, networks.beside([networks.small_world(1000, r, 0.1, seed=k) for k in range(worlds)]), worlds=worlds).final["share"]
        for r in (1, 20)
    )
    assert (few - many).mean() > 3 * (few - many).std() / worlds**0.5


@pytest.mark.compiled
def test_same_bits_compiled() -> None:
    runs = [simulate(MODEL, world(seed=3), seed=4, steps=900, until=SETTLED, compiled=c, threads=t) for c, t in ((False, 1), (True, 2))]
    assert runs[0].state_hash == runs[1].state_hash


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"motivations": [0.5] * 9}, "motivations"),
        ({"motivations": [0.5] * 9 + [np.nan]}, "motivations"),
        ({"motivations": [0.5] * 9 + [np.inf]}, "motivations"),
        ({"motivations": ["a"] * 10}, "motivations"),
        ({"motivations": 0.5}, "motivations"),
        ({"worlds": 3}, "worlds"),
        ({"worlds": 0}, "worlds"),
    ],
)
def test_bad_input_is_named(given: dict[str, object], key: str) -> None:
    with pytest.raises(InputError) as caught:
        world(**{"ties": networks.ring(10, 2), **given})  # type: ignore[arg-type]
    assert caught.value.key == key
