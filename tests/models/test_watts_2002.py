"""Watts's cascades: the window, the final sizes of Gleeson & Cahalane, and what holds on every network."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from groundswell import InputError, Network, Run, networks, simulate
from groundswell.models.watts_2002 import ACTIVE, ALL_ACTIVE, NEEDED, SEED, SETTLED, SIZE, needed, watts_2002, world
from groundswell.reproductions.watts_2002 import final_size, random_network, vulnerable_up_to, window


def cascade(ties: Network | list[Network], phi: object = 0.18, seeds: int = 1, updating: str = "in_turn", **options: object) -> Run:
    people = world(ties, phi)  # type: ignore[arg-type]
    wanted = {"compiled": False, "seed": 1, "steps": min(people.places.rows + 1, 65536)} | options
    values = {"joining.seeds": seeds, "joining.updating": updating}
    return simulate(watts_2002(), people, until=SETTLED, keep=(ACTIVE, SEED, SIZE), values=values, **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("phi", "low", "high"), [(0.10, 1.0, 13.6593), (0.14, 1.0006, 9.0970), (0.18, 1.0207, 5.7647), (0.24, 1.1141, 3.8631)]
)
def test_row_07_window(phi: float, low: float, high: float) -> None:
    """The model's own thresholds say who is vulnerable; then the generating functions."""
    found = window(vulnerable_up_to(phi))
    assert found is not None
    assert found == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("k", range(1, 40))
def test_row_07_vulnerable_are_those_of_degree_up_to_one_over_phi(k: int) -> None:
    """In exact fractions, where 1 / k itself is no binary fraction."""
    for numerator, denominator in ((1, 10), (14, 100), (18, 100), (24, 100), (28, 100), (55, 100), (1, 3), (1, 7), (2, 3)):
        exact = math.ceil(Fraction(numerator, denominator) * k)
        assert needed([k], numerator / denominator).tolist() == [max(exact, 1)]


@pytest.mark.compiled
@pytest.mark.parametrize(("z", "cascades"), [(0.5, False), (3.0, True), (9.0, False)])
def test_row_07_single_seeds_inside_and_outside(z: float, cascades: bool) -> None:
    parts = [random_network(2000, z, seed=k) for k in range(40)]
    sizes = cascade(parts, compiled=True, updating="together").final[SIZE.name]
    assert ((sizes > 200).mean() > 0.3) == cascades
    if not cascades:
        assert sizes.max() < 100


def test_there_is_no_window_for_high_thresholds() -> None:
    assert window(vulnerable_up_to(0.5)) is None


@pytest.mark.compiled
@pytest.mark.parametrize(("z", "size"), [(2.0, 0.8000), (4.0, 0.9804), (6.0, 0.9975)])
def test_row_08_final_size(z: float, size: float) -> None:
    n = 100_000
    run = cascade(random_network(n, z, seed=8), 0.18, n // 100, compiled=True)
    assert run.series[ALL_ACTIVE.name][-1, 0] / n == pytest.approx(size, abs=0.003)
    assert final_size(z, 0.18, 0.01) == pytest.approx(size, abs=1e-4)


def test_default_world() -> None:
    people = world()
    ties = people.networks["ties"]
    assert ties.nodes == 10_000
    assert ties.degree.mean() == pytest.approx(4, abs=0.1)
    assert (people.columns[NEEDED.name][ties.degree > 0] == np.ceil(0.18 * ties.degree[ties.degree > 0])).all()


def test_who_has_no_neighbours_never_joins() -> None:
    ties = networks.from_edges(4, [(0, 1)])
    assert cascade(ties, 0.01, 0).final[ACTIVE.name].tolist() == [0, 0, 0, 0]
    run = cascade(ties, 0.01, 4)
    assert run.final[ACTIVE.name].tolist() == run.final[SEED.name].tolist() == [1, 1, 1, 1], "unless chosen"
    for seed in range(5):
        run = cascade(ties, 0.01, 1, seed=seed)
        chosen = int(np.flatnonzero(run.final[SEED.name])[0])
        assert np.flatnonzero(run.final[ACTIVE.name]).tolist() == ([0, 1] if chosen < 2 else [chosen])


def test_who_needs_nobody_joins_at_once() -> None:
    ties = networks.from_edges(4, [(0, 1), (1, 2)])
    run = cascade(ties, [0.0, 1.0, 1.0, -0.2], 0)
    assert run.final[ACTIVE.name].tolist() == [1, 0, 0, 1], "1 needs both of its neighbours"
    assert cascade(ties, [0.0, 0.5, 1.0, 1.0], 0).final[ACTIVE.name].tolist() == [1, 1, 1, 0]


def test_a_fraction_that_is_no_binary_fraction() -> None:
    """7 of 25 neighbours are 28 %, though 0.28 * 25 > 7 in floating point."""
    assert 0.28 * 25 > 7
    star = networks.from_edges(26, [(0, k) for k in range(1, 26)])
    thresholds = [0.28, *[0.0] * 7, *[1.0] * 18]
    assert cascade(star, thresholds, 0).series[ALL_ACTIVE.name][-1, 0] == 26
    assert cascade(star, [0.2801, *thresholds[1:]], 0).series[ALL_ACTIVE.name][-1, 0] == 7


@pytest.mark.parametrize("updating", ["in_turn", "together"])
def test_more_active_neighbours_than_a_byte_holds(updating: str) -> None:
    star = networks.from_edges(401, [(0, k) for k in range(1, 401)])
    run = cascade(star, [0.99, *[0.0] * 400], 0, updating)
    assert run.series[ALL_ACTIVE.name][-1, 0] == 401


def test_together_passes_one_tie_a_round() -> None:
    series = cascade(networks.ring(9, 1), 0.5, 1, "together").series[ALL_ACTIVE.name][:, 0]
    assert series.tolist() == [3, 5, 7, 9, 9]


def test_in_turn_is_a_random_order() -> None:
    """On a line that is set off at one end, the order of storage would do it in one round, and its reverse in thirty."""
    line = networks.from_edges(30, [(k, k + 1) for k in range(29)])
    rounds = [len(cascade(line, [0.0, *[0.5] * 29], 0, seed=seed).days) for seed in range(12)]
    assert 10 < np.mean(rounds) < 20, "about half of the ties are passed in their direction"
    assert len(set(rounds)) > 3


graphs = st.integers(2, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30),
        st.lists(st.floats(-0.2, 1), min_size=n, max_size=n),
        st.integers(0, 3),
    )
)


@settings(max_examples=60)
@given(graphs, st.integers(0, 3))
def test_any_order_ends_in_the_same_state(graph: tuple[int, list[tuple[int, int]], list[float], int], seed: int) -> None:
    n, edges, phi, seeds = graph
    ties = networks.from_edges(n, np.reshape(edges, (-1, 2)))
    one, other = (cascade(ties, phi, seeds, updating, seed=seed) for updating in ("in_turn", "together"))
    assert one.final[ACTIVE.name].tolist() == other.final[ACTIVE.name].tolist()
    assert one.series[SETTLED.name][-1, 0] == other.series[SETTLED.name][-1, 0] == 1
    assert len(one.days) <= len(other.days)
    active, need = one.final[ACTIVE.name], needed(ties.degree, phi)
    seen = np.array([active[ties.neighbours(i)].sum() for i in range(n)])
    assert ((active == 1) == ((seen >= need) | (one.final[SEED.name] == 1))).all(), "nobody else has reason to join"
    assert one.final[SEED.name].sum() == min(seeds, n)


@pytest.mark.compiled
def test_any_order_ends_in_the_same_state_at_the_edge_of_the_window() -> None:
    ties = random_network(20_000, 5.9, seed=3)
    for seed in (1, 2):
        ends = [cascade(ties, 0.18, 60, updating, seed=seed, compiled=True) for updating in ("in_turn", "together")]
        assert (ends[0].final[ACTIVE.name] == ends[1].final[ACTIVE.name]).all()
        assert 0.1 < ends[0].final[ACTIVE.name].mean() < 1


def test_what_begins_in_one_network_stays_there() -> None:
    phi = np.full((3, 9), 0.5)
    phi[1, 4] = 0
    assert cascade([networks.ring(9, 1)] * 3, phi.reshape(-1), 0).final[SIZE.name].tolist() == [0, 9, 0]


def test_networks_side_by_side_do_not_meet() -> None:
    parts = [random_network(60, 3.0, seed=k) for k in range(5)]
    many = cascade(parts, 0.18, 2)
    assert many.final[SEED.name].reshape(5, 60).sum(axis=1).tolist() == [2] * 5
    for k, part in enumerate(parts):
        chosen = many.final[SEED.name].reshape(5, 60)[k]
        phi = np.where(chosen, 0.0, 0.18)
        assert (cascade(part, phi, 0).final[ACTIVE.name] == many.final[ACTIVE.name].reshape(5, 60)[k]).all()
    assert (many.final[SIZE.name] == many.final[ACTIVE.name].reshape(5, 60).sum(axis=1)).all()


@pytest.mark.compiled
@pytest.mark.parametrize("updating", ["in_turn", "together"])
def test_same_bits(updating: str) -> None:
    parts = [random_network(200, 4.0, seed=k) for k in range(4)]
    plain = cascade(parts, 0.18, 2, updating)
    for options in ({"compiled": True}, {"compiled": True, "threads": 3, "tile": 30}, {"tile": 1}):
        done = cascade(parts, 0.18, 2, updating, **options)
        assert done.state_hash == plain.state_hash
        assert (done.series[ALL_ACTIVE.name] == plain.series[ALL_ACTIVE.name]).all()
    assert cascade(parts, 0.18, 2, updating, seed=2).state_hash != plain.state_hash


@pytest.mark.parametrize(
    ("ties", "thresholds", "key", "message"),
    [
        (networks.ring(5, 1), 1.5, "thresholds", "person 1 has 1.5"),
        (networks.ring(5, 1), [0.1, 0.2, math.nan, 0.1, 0.1], "thresholds", "person 3 has nan"),
        (networks.ring(5, 1), [0.1, -math.inf, 0.1, 0.1, 0.1], "thresholds", "person 2 has -inf"),
        (networks.ring(5, 1), [0.1] * 4, "thresholds", r"or 5, one for each person; not \(4,\)"),
        ([networks.ring(5, 1), networks.ring(6, 1)], 0.18, "ties", "same number of people"),
        ([], 0.18, "ties", "same number of people"),
    ],
)
def test_bad_worlds(ties: Network | list[Network], thresholds: object, key: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        world(ties, thresholds)  # type: ignore[arg-type]
    assert caught.value.key == key


@pytest.mark.parametrize("seeds", [-1, 0.5, math.nan])
def test_bad_seeds(seeds: float) -> None:
    with pytest.raises(InputError, match=r"joining\.seeds"):
        cascade(networks.ring(5, 1), 0.18, seeds)  # type: ignore[arg-type]


def test_more_seeds_than_people() -> None:
    assert cascade(networks.ring(5, 1), 0.18, 9).final[ACTIVE.name].tolist() == [1] * 5
