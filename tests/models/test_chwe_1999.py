"""Chwe (1999): his square and kite, theorems on small networks, and a second solution with every threshold as a state."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from groundswell import InputError, Network, networks, simulate
from groundswell.models.chwe_1999 import KITE, PLAN, REVOLTS, SETTLED, SQUARE, chwe_1999, world

PAIRS = list(combinations(range(4), 2))


def who(thresholds: object, ties: Network, **options: object) -> list[bool]:
    """Who revolts in the equilibrium."""
    run = simulate(chwe_1999(), world(thresholds, ties), seed=1, steps=99, until=SETTLED, keep=(REVOLTS,), compiled=False, **options)
    assert run.series["settled"][-1, 0]
    assert run.series["total"][-1, 0] == run.final["revolts"].sum()
    return run.final["revolts"].tolist()


def revolts(thresholds: object, ties: Network) -> int:
    return sum(who(thresholds, ties))


def everything_a_state(thresholds: tuple[int, ...], ties: Network) -> list[bool]:
    """The same greatest equilibrium in plain Python, with all (n + 1)**n thresholds as states of the world."""
    n = len(thresholds)
    hears = [
        {i, *(int(a) for a, b in ties.edges() if b == i), *(int(b) for a, b in ties.edges() if a == i and not ties.directed)}
        for i in range(n)
    ]
    states = list(product(range(1, n + 2), repeat=n))
    plan = {state: [t <= n for t in state] for state in states}
    while True:
        fewest: list[dict[tuple[int, ...], int]] = [{} for _ in range(n)]
        for state in states:
            for i in range(n):
                seen = tuple(t if j in hears[i] else 0 for j, t in enumerate(state))
                fewest[i][seen] = min(fewest[i].get(seen, n), sum(plan[state]))
        new = {
            state: [
                plan[state][i] and fewest[i][tuple(t if j in hears[i] else 0 for j, t in enumerate(state))] >= state[i] for i in range(n)
            ]
            for state in states
        }
        if new == plan:
            return plan[thresholds]
        plan = new


def test_row_24_square_and_kite() -> None:
    assert revolts((3, 3, 3, 3), SQUARE) == 0
    assert who((3, 3, 3, 3), KITE) == [True, True, True, False]


def test_the_square_needs_a_second_thought() -> None:
    """In the square all have three of threshold three in sight; what stops them is what the others know."""
    run = simulate(chwe_1999(), world((3, 3, 3, 3), SQUARE), seed=1, steps=9, until=SETTLED)
    assert run.series["total"][:, 0].tolist() == [4, 0, 0]


@pytest.mark.parametrize(
    ("thresholds", "ties", "total"),
    [
        ((2, 2), [], 0),
        ((2, 2), [(0, 1)], 0),  # the first does not know the second
        ((2, 2), [(0, 1), (1, 0)], 2),
        ((1, 2), [(0, 1)], 2),
        ((1, 2), [(1, 0)], 1),  # the second does not know that the first revolts anyway
        ((1, 2, 3), [(0, 1), (1, 2)], 2),  # the third does not know the first, so not what the second will do
        ((1, 2, 3), [(0, 1), (1, 2), (0, 2)], 3),
        ((1, 1, 1, 4), [(0, 3), (1, 3), (2, 3)], 4),
        ((1, 1, 1, 4), [(3, 0), (3, 1), (3, 2)], 3),
    ],
)
def test_who_tells_whom(thresholds: tuple[int, ...], ties: list[tuple[int, int]], total: int) -> None:
    assert revolts(thresholds, networks.from_edges(len(thresholds), ties, directed=True)) == total


@pytest.mark.parametrize("thresholds", [*product((1, 2, 3, 4), repeat=3)])
def test_all_thresholds_as_states_give_the_same(thresholds: tuple[int, ...]) -> None:
    for edges in ([(0, 1)], [(0, 1), (1, 2)], [(0, 1), (1, 2), (2, 0)]):
        for directed in (False, True):
            ties = networks.from_edges(3, edges, directed=directed)
            assert who(thresholds, ties) == everything_a_state(thresholds, ties)


@pytest.mark.parametrize("ties", [SQUARE, KITE, networks.ring(4, 1), networks.from_edges(4, [(0, 1), (1, 2), (2, 3)])])
@pytest.mark.parametrize("thresholds", [(3, 3, 3, 3), (1, 2, 3, 4), (2, 2, 4, 4), (3, 1, 3, 2)])
def test_the_same_for_four(thresholds: tuple[int, ...], ties: Network) -> None:
    assert who(thresholds, ties) == everything_a_state(thresholds, ties)


@pytest.mark.parametrize("thresholds", [(1, 2, 3, 4, 5), (2, 2, 2, 5, 6), (5, 5, 5, 5, 5), (1, 3, 3, 4, 6), (4, 4, 4, 6, 6)])
def test_where_all_know_all_the_most_that_can_agree_do(thresholds: tuple[int, ...]) -> None:
    most = max(k for k in range(6) if k <= sum(t <= k for t in thresholds))
    assert revolts(thresholds, networks.complete(5)) == most


def test_nobody_tells() -> None:
    assert revolts((1, 1, 2, 3, 6), networks.from_edges(5, [])) == 2


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_a_clique_is_enough(size: int) -> None:
    """A clique of k with thresholds up to k revolts, whatever is around it."""
    edges = [*combinations(range(size), 2), (0, size), (1, size)]
    assert who((size,) * size + (size + 2,), networks.from_edges(size + 1, edges)) == [True] * size + [False]


def test_more_ties_never_stop_anybody() -> None:
    for thresholds in ((3, 3, 3, 3), (2, 2, 3, 4), (1, 2, 4, 4)):
        found = {
            chosen: np.array(who(thresholds, networks.from_edges(4, list(chosen)))) for k in range(7) for chosen in combinations(PAIRS, k)
        }
        for chosen, few in found.items():
            for pair in set(PAIRS) - set(chosen):
                assert (few <= found[tuple(sorted((*chosen, pair)))]).all()


def test_a_crowd_without_its_instigator() -> None:
    """Granovetter's uniform crowd, thresholds counting oneself: where all know all, moving the second to 3 stops nobody."""
    thresholds = np.arange(1, 13)
    assert revolts(thresholds, networks.complete(12)) == 12
    thresholds[1] = 3
    assert revolts(thresholds, networks.complete(12)) == 12


def test_what_looks_alike_is_treated_alike() -> None:
    run = simulate(chwe_1999(), world((3, 2, 3, 4), SQUARE), seed=1, steps=9, until=SETTLED, keep=(PLAN,))
    plan, states = run.final["plan"], np.arange(16)
    assert (plan & ~states == 0).all()  # only the willing revolt
    for i in range(4):
        known = sum(1 << j for j in {i, (i + 1) % 4, (i + 3) % 4})
        alike = {}
        for state in states:
            assert alike.setdefault(state & known, plan[state] >> i & 1) == plan[state] >> i & 1


def test_nobody_joins_again() -> None:
    run = simulate(chwe_1999(), world((1, 2, 4, 4, 3, 6), networks.ring(6, 2)), seed=1, steps=20)
    total = run.series["total"][:, 0]
    assert (np.diff(total) <= 0).all()
    assert (np.diff(run.series["settled"][:, 0].astype(int)) >= 0).all()


def test_same_bits() -> None:
    runs = [
        simulate(chwe_1999(), world(), seed=s, steps=5, threads=t, compiled=c) for s, t, c in ((1, 1, True), (1, 2, False), (9, 1, False))
    ]
    assert len({run.state_hash for run in runs}) == 1


@pytest.mark.parametrize(
    ("thresholds", "ties", "key"),
    [
        ((), KITE, "thresholds"),
        ([[1, 2], [3, 4]], KITE, "thresholds"),
        ((1,) * 17, networks.complete(17), "thresholds"),
        ((0, 1, 1, 1), KITE, "thresholds"),
        ((-1, 1, 1, 1), KITE, "thresholds"),
        ((1, 1, 1, 6), KITE, "thresholds"),
        ((1, 1, 1, 2.5), KITE, "thresholds"),
        ((1, 1, 1, float("nan")), KITE, "thresholds"),
        (("a", "b", "c", "d"), KITE, "thresholds"),
        ((1, 1, 1), KITE, "ties"),
    ],
)
def test_wrong_input(thresholds: object, ties: Network, key: str) -> None:
    with pytest.raises(InputError) as caught:
        world(thresholds, ties)  # type: ignore[arg-type]
    assert caught.value.key == key
