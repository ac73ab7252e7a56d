from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from groundswell.core.errors import InputError
from groundswell.core.network_measures import clustering, components, transitivity, triangles
from groundswell.core.networks import (
    Everyone,
    Network,
    beside,
    complete,
    configuration,
    from_edges,
    hierarchy,
    islands,
    lattice,
    power_law,
    preferential,
    random_m,
    random_p,
    regular,
    ring,
    small_world,
    traded,
)

BUILT = {
    "ring": lambda s: ring(30, 3),
    "moore": lambda s: lattice(9, 8, "moore", 2),
    "edges": lambda s: lattice(9, 8, "von_neumann", 2, torus=False),
    "random_p": lambda s: random_p(200, 0.05, seed=s),
    "dense": lambda s: random_p(40, 0.9, seed=s),
    "random_m": lambda s: random_m(100, 300, seed=s),
    "most": lambda s: random_m(30, 400, seed=s),
    "regular": lambda s: regular(50, 7 - s % 2 * 2 + 1, seed=s),
    "nearly all": lambda s: regular(12, 9, seed=s),
    "configuration": lambda s: configuration([5, 5, 4, 3, 3, 2, 2, 1, 1, 0], seed=s),
    "small_world": lambda s: small_world(100, 4, 0.3, seed=s),
    "rewired": lambda s: small_world(60, 5, 1.0, seed=s),
    "preferential": lambda s: preferential(200, 3, seed=s),
    "power_law": lambda s: power_law(300, 2.5, 6.0, seed=s),
    "islands": lambda s: islands(8, 5, 20, seed=s),
    "complete": lambda s: complete(20),
    "traded": lambda s: traded(lattice(9, 8, "moore", 1), 0.3, seed=s),
    "all traded": lambda s: traded(ring(30, 3), 1.0, seed=s),
    "hierarchy": lambda s: hierarchy(60, 3, 0.2, seed=s),
    "beside": lambda s: beside([ring(7, 2), random_p(30, 0.2, seed=s), complete(1)]),
}


@pytest.mark.parametrize("name", BUILT)
def test_every_builder_gives_a_simple_symmetric_network_that_its_seed_repeats(name):
    for seed in range(4):
        network = BUILT[name](seed)
        one = np.repeat(np.arange(network.nodes), network.degree)
        key = (one << 32) | network.indices
        assert (np.diff(key) > 0).all()
        assert (one != network.indices).all()
        assert network.is_symmetric()
        assert network.indptr[-1] == len(network.indices) == 2 * network.ties
        assert network.indices.dtype == np.int32
        np.testing.assert_array_equal(network.indices, BUILT[name](seed).indices)
        if "seed" in network.provenance:
            assert not np.array_equal(network.edges(), BUILT[name](seed + 2).edges())


def test_regular_shapes_have_their_degrees_and_clustering():
    assert set(ring(50, 4).degree) == {8}
    assert transitivity(ring(50, 4)) == pytest.approx(3 * 3 / (2 * 7))  # 3 (r - 1) / (2 (2 r - 1))
    assert clustering(ring(50, 4)) == pytest.approx(9 / 14)
    for view, radius, degree in (("moore", 1, 8), ("moore", 2, 24), ("moore", 3, 48), ("von_neumann", 1, 4), ("von_neumann", 3, 24)):
        assert set(lattice(10, 9, view, radius).degree) == {degree}
    assert sorted(set(lattice(4, 5, "von_neumann", torus=False).degree)) == [2, 3, 4]
    assert set(lattice(3, 3, "moore", 2).degree) == {8}  # cells seen twice are tied once
    assert ring(7, 1).neighbours(0).tolist() == [1, 6]
    assert set(regular(40, 5, seed=1).degree) == {5}
    assert set(regular(12, 9, seed=1).degree) == {9}
    assert configuration([3, 2, 2, 2, 1], seed=4).degree.tolist() == [3, 2, 2, 2, 1]


def test_complete_and_everyone_agree():
    small, same = complete(6), Everyone(6)
    assert small.ties == same.ties == 15
    for i in range(6):
        np.testing.assert_array_equal(small.neighbours(i), same.neighbours(i))
    np.testing.assert_array_equal(small.degree, same.degree)
    assert transitivity(small) == 1.0
    with pytest.raises(InputError, match="Everyone"):
        complete(10_000)


def test_random_p_is_binomial_and_its_pairs_are_fair():
    n, p, times = 12, 0.3, 400
    seen = np.zeros((n, n))
    for seed in range(times):
        pairs = random_p(n, p, seed=seed).edges()
        seen[pairs[:, 0], pairs[:, 1]] += 1
    counts = seen[np.triu_indices(n, 1)]
    chi = float(((counts - times * p) ** 2 / (times * p * (1 - p))).sum())
    assert abs(chi - 66) < 4.5 * np.sqrt(2 * 66)
    big = random_p(50_000, 10 / 49_999, seed=3)
    assert abs(big.ties - 250_000) < 4.5 * 500
    assert big.degree.var() == pytest.approx(10, rel=0.05)
    np.testing.assert_array_equal(random_p(50, 0.0, seed=1).degree, 0)
    assert random_p(20, 1.0, seed=1).ties == 190


def test_more_nodes_change_no_older_tie():
    for build in (lambda n: random_p(n, 0.02, seed=5), lambda n: preferential(n, 3, seed=5)):
        pairs = build(500).edges()
        np.testing.assert_array_equal(pairs[pairs[:, 1] < 300], build(300).edges())


def test_random_m_sets_are_equally_likely():
    seen: dict[bytes, int] = {}
    for seed in range(900):
        key = random_m(4, 2, seed=seed).edges().tobytes()
        seen[key] = seen.get(key, 0) + 1
    assert len(seen) == 15
    assert abs(sum((c - 60) ** 2 / 60 for c in seen.values()) - 14) < 4.5 * np.sqrt(28)


def test_regular_networks_are_nearly_uniform_even_where_they_are_few():
    prism = sum(triangles(regular(6, 3, seed=s)).sum() > 0 for s in range(400))
    assert abs(prism / 400 - 6 / 7) < 0.1  # 60 labelled prisms against 10 K(3, 3); reshuffling repeats gives .90


def test_small_world_runs_from_ring_to_random():
    assert np.array_equal(small_world(100, 3, 0.0, seed=1).indices, ring(100, 3).indices)
    n, reach = 20_000, 5
    c = {p: transitivity(small_world(n, reach, p, seed=2)) for p in (0.0, 0.1, 1.0)}
    assert c[0.1] / c[0.0] == pytest.approx(0.9**3, abs=0.02)  # Barrat & Weigt 2000
    assert c[1.0] < 0.002
    rewired = small_world(n, reach, 0.1, seed=2).edges()
    far = np.minimum(rewired[:, 1] - rewired[:, 0], n - (rewired[:, 1] - rewired[:, 0])) > reach
    assert abs(far.mean() - 0.1) < 4.5 * np.sqrt(0.09 / len(far)) + 0.001


def test_preferential_has_its_degrees():
    n, m = 60_000, 3
    network = preferential(n, m, seed=8)
    assert network.ties == m * (m + 1) // 2 + (n - m - 1) * m
    assert network.degree.min() == m
    for k in (3, 4, 5, 8, 12):
        p = 2 * m * (m + 1) / (k * (k + 1) * (k + 2))
        assert abs((network.degree == k).mean() - p) < 4.5 * np.sqrt(p / n) + 0.002
    assert len(np.unique(components(network))) == 1


def test_power_law_has_its_exponent():
    network = power_law(50_000, 2.5, 8.0, seed=1)
    assert network.degree.mean() == pytest.approx(8.0)
    tail = network.degree[network.degree >= 40]
    assert 1 + len(tail) / np.log(tail / 39.5).sum() == pytest.approx(2.5, abs=0.2)


def test_islands_are_cliques_with_bridges():
    apart = islands(6, 4, 0, seed=1)
    assert np.array_equal(components(apart), np.arange(24) // 4 * 4)
    linked = islands(6, 4, 30, seed=1)
    pairs = linked.edges()
    assert (pairs[:, 0] // 4 != pairs[:, 1] // 4).sum() == 30
    assert linked.ties == 36 + 30


def test_traded_ties_keep_every_degree_and_lose_their_place():
    lattice_, given_ = lattice(40, 30, "moore", 1), preferential(300, 2, seed=3)
    for before in (lattice_, given_):
        for p in (0.0, 0.1, 1.0):
            after = traded(before, p, seed=5)
            np.testing.assert_array_equal(after.degree, before.degree)
            assert (p > 0) or np.array_equal(after.indices, before.indices)
    kept = {p: len(set(map(tuple, traded(lattice_, p, seed=2).edges())) & set(map(tuple, lattice_.edges()))) for p in (0.1, 0.5)}
    for p, count in kept.items():
        assert abs(count / lattice_.ties - (1 - p)) < 4.5 * np.sqrt(p * (1 - p) / lattice_.ties) + 0.003, p
    assert clustering(traded(lattice_, 1.0, seed=2)) < 0.02 < clustering(lattice_)
    pairs = from_edges(4, [[0, 1], [2, 3]])
    seen = {traded(pairs, 1.0, seed=s).edges().tobytes() for s in range(60)}
    assert len(seen) == 3  # the three ways to pair off four
    path = from_edges(3, [[0, 1], [1, 2]])
    assert np.array_equal(traded(path, 1.0, seed=1).edges(), path.edges())  # the only one with these degrees


def test_a_hierarchy_is_a_tree_with_ties_within_levels():
    tree = hierarchy(13, 3, 0.0, seed=1)
    assert tree.ties == 12
    assert tree.neighbours(0).tolist() == [1, 2, 3]
    assert tree.neighbours(2).tolist() == [0, 7, 8, 9]
    full = hierarchy(12, 3, 1.0, seed=1)  # levels of 1, 3 and 8
    assert full.ties == 11 + 3 + 28
    assert hierarchy(6, 1, 1.0, seed=1).ties == 5  # a chain has no two of one level
    level = np.repeat([0, 1, 2, 3], [1, 9, 81, 729])
    ends = hierarchy(820, 9, 0.1, seed=4).edges()
    same = level[ends[:, 0]] == level[ends[:, 1]]
    assert (~same).sum() == 819
    pairs = 36 + 81 * 40 + 729 * 364
    assert abs(same.sum() - 0.1 * pairs) < 4.5 * np.sqrt(0.09 * pairs)


def test_neighbour_sums_agree_with_plain_sums():
    for network in (from_edges(5, [[0, 2], [2, 3]]), from_edges(4, [[0, 1], [2, 1], [3, 0]], directed=True), random_p(30, 0.2, seed=1)):
        values = np.arange(network.nodes) % 7
        plain = [int(values[network.neighbours(i)].sum()) for i in range(network.nodes)]
        assert network.neighbour_sums(values).tolist() == plain
        assert network.neighbour_sums(values % 2 == 0).tolist() == [
            int((values % 2 == 0)[network.neighbours(i)].sum()) for i in range(network.nodes)
        ]


def test_networks_beside_one_another_stay_apart():
    parts = [ring(5, 1), from_edges(3, [[0, 2]]), complete(4)]
    both = beside(parts)
    assert (both.nodes, both.ties) == (12, 5 + 1 + 6)
    np.testing.assert_array_equal(both.edges(), np.concatenate([p.edges() + at for p, at in zip(parts, (0, 5, 8), strict=True)]))
    with pytest.raises(InputError):
        beside([])
    with pytest.raises(InputError):
        beside([ring(5, 1), from_edges(3, [[0, 2]], directed=True)])


def test_given_ties_are_checked_and_counted():
    network = from_edges(4, [[0, 1], [1, 0], [2, 2], [3, 1], [0, 1]])
    assert network.edges().tolist() == [[0, 1], [1, 3]]
    assert network.provenance == {"self_loops": 1, "duplicates": 2}
    arrows = from_edges(4, [[0, 1], [1, 0], [3, 1]], directed=True)
    assert (arrows.ties, arrows.is_symmetric(), arrows.neighbours(3).tolist()) == (3, False, [1])
    with pytest.raises(InputError, match="tie 2 "):
        from_edges(3, [[0, 1], [2, 3]])
    assert from_edges(3, []).ties == 0


IMPOSSIBLE = {
    "ring": lambda: ring(4, 2),
    "random_p": lambda: random_p(5, 1.5, seed=1),
    "random_m": lambda: random_m(5, 11, seed=1),
    "odd": lambda: regular(5, 3, seed=1),
    "odd sum": lambda: configuration([1, 1, 1], seed=1),
    "not graphical": lambda: configuration([3, 3, 1, 1], seed=1),
    "small_world": lambda: small_world(10, 5, 0.1, seed=1),
    "preferential": lambda: preferential(3, 3, seed=1),
    "power_law": lambda: power_law(10, 1.5, 2.0, seed=1),
    "islands": lambda: islands(2, 2, 4, seed=1),
    "traded": lambda: traded(ring(9, 2), 1.2, seed=1),
    "traded arrows": lambda: traded(from_edges(3, [[0, 1]], directed=True), 0.5, seed=1),
    "hierarchy": lambda: hierarchy(9, 0, 0.1, seed=1),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_built_is_refused(name):
    with pytest.raises(InputError):
        IMPOSSIBLE[name]()


def plain_components(network: Network) -> list[int]:
    label = [-1] * network.nodes
    for i in range(network.nodes):
        stack = [i] if label[i] < 0 else []
        while stack:
            j = stack.pop()
            if label[j] < 0:
                label[j] = i
                stack += network.neighbours(j).tolist()
    return label


@settings(max_examples=60)
@given(st.integers(1, 25).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))))
def test_measures_agree_with_plain_counting(case):
    n, pairs = case
    network = from_edges(n, np.array(pairs, np.int64).reshape(-1, 2))
    assert components(network).tolist() == plain_components(network)
    a = np.zeros((n, n), np.int64)
    a[tuple(network.edges().T)] = 1
    a += a.T
    through = np.diag(a @ a @ a) // 2
    np.testing.assert_array_equal(triangles(network, chunk=7), through)
    wedges = a.sum(0) * (a.sum(0) - 1) // 2
    assert transitivity(network) == pytest.approx(through.sum() / wedges.sum() if wedges.sum() else 0.0)
    assert clustering(network) == pytest.approx(np.mean(np.where(wedges > 0, through / np.maximum(wedges, 1), 0.0)))


def test_long_chains_have_one_component():
    order = np.random.default_rng(3).permutation(50_000)
    assert (components(from_edges(50_000, np.stack([order[:-1], order[1:]], axis=1))) == 0).all()
