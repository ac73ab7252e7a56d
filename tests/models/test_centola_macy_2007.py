"""Complex contagion against what is known exactly of it: critical thresholds of lattices, the speed of fronts, who can be reached."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from groundswell import InputError, Network, Run, networks, simulate
from groundswell.models.centola_macy_2007 import ACTIVE, LAST, REACHED, SETTLED, THRESHOLD, centola_macy_2007, world

MODEL = centola_macy_2007()


def spread(thresholds: object, ties: Network, seeds: object = None, *, worlds: int = 1, compiled: bool = False, **options: object) -> Run:
    people = world(thresholds, ties, seeds, worlds=worlds)  # type: ignore[arg-type]
    keep = (ACTIVE, REACHED, LAST)
    return simulate(MODEL, people, seed=1, steps=5000, until=SETTLED, keep=keep, compiled=compiled, **options)  # type: ignore[arg-type]


def reached(thresholds: object, ties: Network, seeds: object = None, **options: object) -> int:
    return int(spread(thresholds, ties, seeds, **options).final["reached"].sum())


@pytest.mark.compiled
@pytest.mark.parametrize(("view", "radius", "largest"), [("moore", 1, 3), ("moore", 2, 10), ("moore", 3, 21), ("von_neumann", 1, 1)])
def test_row_09_largest_threshold_that_a_wide_front_passes(view: str, radius: int, largest: int) -> None:
    ties, strip = networks.lattice(24, 24, view, radius), np.arange(24 * radius)  # type: ignore[arg-type]
    assert reached(largest, ties, strip, compiled=True) == 576
    assert reached(largest + 1, ties, strip, compiled=True) == 24 * radius


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("view", "radius", "largest", "side"), [("moore", 1, 3, 3), ("moore", 2, 9, 7), ("moore", 3, 19, 11), ("von_neumann", 1, 1, 1)]
)
def test_row_09_from_one_seeded_neighbourhood(view: str, radius: int, largest: int, side: int) -> None:
    # what one neighbourhood can start falls short of what a wide front passes: that takes a square of `side`
    ties = networks.lattice(30, 30, view, radius)  # type: ignore[arg-type]
    assert reached(largest, ties, compiled=True) == 900
    assert reached(largest + 1, ties, compiled=True) < 60
    if view == "moore":
        critical = radius * (2 * radius + 1)
        squares = [(np.arange(n)[:, None] * 30 + np.arange(n)).reshape(-1) for n in (side - 1, side)]
        assert reached(critical, ties, squares[0], compiled=True) < 200
        assert reached(critical, ties, squares[1], compiled=True) == 900


@pytest.mark.parametrize("r", range(1, 9))
def test_row_10_front_on_a_ring(r: int) -> None:
    n, ties = 12 * r + 1, networks.ring(12 * r + 1, r)
    for a in range(1, r + 2):
        run = spread(a, ties)
        sizes = np.concatenate([[2 * r + 1], run.series["total"][:, 0]])
        speed = r - a + 1 if a <= r else 0
        left = n - sizes[:-1]
        whole = left >= 2 * r  # the two fronts do not see one another yet
        assert (np.diff(sizes)[whole] == 2 * speed).all(), (r, a)
        assert sizes[-1] == (n if a <= r else 2 * r + 1)
        assert (np.diff(sizes) > 0).sum() == run.final["last"][0]


def test_one_rewired_tie_stops_a_ring_where_nothing_is_to_spare() -> None:
    there = {tuple(e) for e in networks.ring(60, 2).edges()}
    seeds = [58, 59, 0, 1, 2]
    one = networks.from_edges(60, [*(there - {(20, 22)}), (22, 50)])
    assert reached(2, one, seeds) == 60  # the other front comes round
    two = networks.from_edges(60, [*(there - {(20, 22), (38, 40)}), (22, 30), (29, 38)])
    assert reached(2, two, seeds) == 60 - 17  # 22 and 38 see one active neighbour each, and those between none
    assert reached(1, two, seeds) == 60


@settings(max_examples=30)
@given(st.integers(4, 16), st.integers(0, 400), st.data())
def test_who_is_reached_does_not_depend_on_the_order(n: int, seed: int, data: st.DataObject) -> None:
    ties = networks.random_p(n, 0.4, seed=seed)
    thresholds = data.draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    seeds = data.draw(st.lists(st.integers(0, n - 1), max_size=4))
    run = spread(thresholds, ties, np.array(seeds, np.int64))
    active = set(seeds)
    while True:  # one after the other, whoever comes first
        ready = [i for i in range(n) if i not in active and sum(int(j) in active for j in ties.neighbours(i)) >= thresholds[i]]
        if not ready:
            break
        active.add(ready[data.draw(st.integers(0, len(ready) - 1))])
    assert set(np.flatnonzero(run.final["active"]).tolist()) == active
    assert (np.diff(run.series["total"][:, 0]) >= 0).all()


def test_worlds_do_not_touch() -> None:
    parts = [networks.ring(30, 2), networks.small_world(30, 2, 0.3, seed=1), networks.from_edges(30, [(0, 1)])]
    together = spread(2, networks.beside(parts), worlds=3).final
    apart = [spread(2, part).final for part in parts]
    assert together["reached"].tolist() == [int(one["reached"][0]) for one in apart]
    assert together["last"].tolist() == [int(one["last"][0]) for one in apart]
    assert np.array_equal(together["active"], np.concatenate([one["active"] for one in apart]))


@pytest.mark.compiled
def test_same_bits() -> None:
    ties = networks.beside([networks.traded(networks.lattice(9, 9), 0.1, seed=s) for s in range(6)])
    plain = spread(2, ties, worlds=6)
    for options in ({"threads": 3, "tile": 81}, {"tile": 1}):
        other = spread(2, ties, worlds=6, compiled=True, **options)
        assert other.state_hash == plain.state_hash
        assert np.array_equal(other.series["total"], plain.series["total"])


@pytest.mark.compiled
def test_long_ties_speed_up_the_simple_and_stop_the_complex() -> None:
    before = networks.beside([networks.lattice(30, 30)] * 4)
    after = networks.beside([networks.traded(networks.lattice(30, 30), 1.0, seed=s) for s in range(4)])
    simple = [spread(1, ties, worlds=4, compiled=True).final for ties in (before, after)]
    assert (simple[1]["last"] < simple[0]["last"]).all()
    assert simple[1]["reached"].sum() == 3600
    complex_ = [spread(3, ties, worlds=4, compiled=True).final["reached"] for ties in (before, after)]
    assert (complex_[0] == 900).all()
    assert (complex_[1] < 30).all()


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"thresholds": 0}, "thresholds"),
        ({"thresholds": -2}, "thresholds"),
        ({"thresholds": 1.5}, "thresholds"),
        ({"thresholds": np.nan}, "thresholds"),
        ({"thresholds": 2**31}, "thresholds"),
        ({"thresholds": [1, 2]}, "thresholds"),
        ({"thresholds": ["a"] * 9}, "thresholds"),
        ({"seeds": [9]}, "seeds"),
        ({"seeds": [-1]}, "seeds"),
        ({"seeds": [0.5]}, "seeds"),
        ({"worlds": 2}, "worlds"),
        ({"worlds": 0}, "worlds"),
    ],
)
def test_bad_input_is_named(given: dict[str, object], key: str) -> None:
    with pytest.raises(InputError) as caught:
        world(**{"ties": networks.ring(9, 2), **given})  # type: ignore[arg-type]
    assert caught.value.key == key


def test_the_default_world_is_a_torus_and_nobody_needs_to_be_seeded() -> None:
    people = world()
    assert people.columns["seeded"].sum() == 9
    assert people.networks["ties"].degree.tolist() == [8] * 10_000
    assert people.columns[THRESHOLD.name].dtype == np.int32
    assert reached(1, networks.ring(9, 2), []) == 0
