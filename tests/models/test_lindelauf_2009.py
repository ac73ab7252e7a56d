"""Lindelauf, Borm & Hamers (2009): the theorem on all connected graphs of up to seven people, in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest

from groundswell import InputError, Network, models, networks
from groundswell.models.lindelauf_2009 import balance, best, information, secrecy, star, total_distance

LOW = [Fraction(0), Fraction(1, 10), Fraction(499, 1000)]
HIGH = [Fraction(501, 1000), Fraction(3, 4), Fraction(1)]


def floyd(n: int, edges: object) -> int | None:
    """The sum of all distances by Floyd and Warshall; None where the graph is not connected."""
    far = [[0 if i == j else n if (min(i, j), max(i, j)) not in edges else 1 for j in range(n)] for i in range(n)]  # type: ignore[operator]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                far[i][j] = min(far[i][j], far[i][k] + far[k][j])
    return None if any(n in row for row in far) else sum(map(sum, far))


@pytest.mark.parametrize("n", [4, 5, 6, 7])
def test_row_16_complete_below_a_half_and_star_above(n: int) -> None:
    for p in LOW:
        value, graphs = best(n, p)
        assert [graph.ties for graph in graphs] == [n * (n - 1) // 2]
        assert value == balance(networks.complete(n), p) == (n - 1) * (1 - p) / n
    for p in HIGH:
        value, graphs = best(n, p)
        assert [sorted(graph.degree.tolist()) for graph in graphs] == [[1] * (n - 1) + [n - 1]]
        assert value == balance(star(n), p) == (n - 2 * p) / (2 * n)
    assert best(n, 1)[0] == Fraction(n - 2, 2 * n)


@pytest.mark.parametrize("n", [4, 5, 6, 7])
def test_row_16_tie_at_a_half(n: int) -> None:
    """At 1/2 all graphs tie in which nobody is farther than two ties from anybody, the star and the complete graph among them."""
    value, graphs = best(n, Fraction(1, 2))
    assert value == Fraction(n - 1, 2 * n) == balance(star(n), Fraction(1, 2)) == balance(networks.complete(n), Fraction(1, 2))
    assert {graph.ties for graph in graphs} == set(range(n - 1, n * (n - 1) // 2 + 1))
    assert all(total_distance(graph) == 2 * n * (n - 1) - 2 * graph.ties for graph in graphs)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_every_graph_one_by_one(n: int) -> None:
    """The highest balance against a second count: each graph's distances by another method, the printed formulas of secrecy."""
    pairs = list(combinations(range(n), 2))
    connected = []
    for k in range(n - 1, len(pairs) + 1):
        for chosen in combinations(pairs, k):
            if (far := floyd(n, set(chosen))) is not None:
                connected.append((k, far, sum(sum(i in pair for pair in chosen) ** 2 for i in range(n))))
    assert len(connected) == {2: 1, 3: 4, 4: 38, 5: 728}[n]
    for p in (*LOW, Fraction(1, 2), *HIGH):
        assert best(n, p)[0] == max((n * n - n - 2 * p * m) / n**2 * Fraction(n * (n - 1), far) for m, far, _ in connected)
    by_degree = [
        Fraction(2 * m * (n - 2) + n * (n - 1) - squares, (2 * m + n) * n) * Fraction(n * (n - 1), far) for m, far, squares in connected
    ]
    assert best(n, 1, "degree")[0] == max(by_degree)


@pytest.mark.parametrize(
    "graph", [star(7), networks.complete(6), networks.ring(7, 2), networks.from_edges(5, [(0, 1), (1, 2), (2, 3), (1, 4)])]
)
def test_printed_formulas(graph: Network) -> None:
    """Both exposures against the formulas in the numbers of people and ties and the squared degrees."""
    n, m, squares = graph.nodes, graph.ties, int((graph.degree**2).sum())
    for p in (*LOW, *HIGH):
        assert secrecy(graph, p) == (n * n - n - 2 * p * m) / n**2
    assert secrecy(graph, 1, "degree") == Fraction(2 * m * (n - 2) + n * (n - 1) - squares, (2 * m + n) * n)
    if len(set(graph.degree.tolist())) == 1:  # where all have as many ties, all are found alike
        assert secrecy(graph, Fraction(1, 3), "degree") == secrecy(graph, Fraction(1, 3))


def test_best_by_degree() -> None:
    """Five: a ring. Six: two people, joined by three ways. Seven: a person with three arms that end on a triangle."""
    assert best(5, 1, "degree")[0] == balance(networks.ring(5, 1), 1, "degree") == Fraction(4, 15)
    ways = networks.from_edges(6, [(0, 2), (2, 1), (0, 3), (3, 1), (0, 4), (4, 5), (5, 1)])
    arms = networks.from_edges(7, [(0, 1), (0, 2), (0, 3), (1, 4), (2, 5), (3, 6), (4, 5), (5, 6), (4, 6)])
    for graph in (networks.ring(5, 1), ways, arms):
        value, graphs = best(graph.nodes, 1, "degree")
        assert value == balance(graph, 1, "degree")
        assert [sorted(found.degree.tolist()) for found in graphs] == [sorted(graph.degree.tolist())]
    assert best(6, 1, "degree")[0] == Fraction(13, 46)
    assert best(7, 1, "degree")[0] == Fraction(84, 275)


@pytest.mark.parametrize(
    ("network", "far"),
    [(networks.complete(6), 30), (star(6), 50), (networks.ring(6, 1), 54), (networks.from_edges(4, [(0, 1), (1, 2), (2, 3)]), 20)],
)
def test_distances(network: Network, far: int) -> None:
    assert total_distance(network) == floyd(network.nodes, {(int(a), int(b)) for a, b in network.edges()}) == far
    assert information(network) == Fraction(network.nodes * (network.nodes - 1), far)


def test_secrecy_in_words() -> None:
    """A path of three found at its middle with sure detection exposes all; at an end, two of three."""
    assert secrecy(star(3), 1) == Fraction(0 + 1 + 1, 9)
    assert secrecy(star(3), 0) == Fraction(2, 3)
    assert secrecy(networks.complete(5), 1) == 0
    assert secrecy(star(3), Fraction(1, 2)) == Fraction(4, 9)


def test_floats_are_taken_as_they_are() -> None:
    assert secrecy(star(4), 0.25) == secrecy(star(4), Fraction(1, 4))
    assert best(4, 0.1)[0] == Fraction(3, 4) * (1 - Fraction(0.1))


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_no_probability(p: float) -> None:
    for call in (lambda: secrecy(star(4), p), lambda: balance(star(4), p), lambda: best(4, p)):
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.key == "p"


def test_no_such_exposure() -> None:
    with pytest.raises(InputError) as caught:
        secrecy(star(4), 1, "by_degree")  # type: ignore[arg-type]
    assert caught.value.key == "exposure"


@pytest.mark.parametrize("n", [-1, 0, 1, 8, 100])
def test_too_many_people(n: int) -> None:
    with pytest.raises(InputError) as caught:
        best(n, Fraction(1, 2))
    assert caught.value.key == "n"


@pytest.mark.parametrize(
    "network",
    [networks.from_edges(4, [(0, 1), (2, 3)]), networks.from_edges(1, []), networks.from_edges(3, [(0, 1), (1, 2)], directed=True)],
)
def test_no_covert_network(network: Network) -> None:
    with pytest.raises(InputError) as caught:
        information(network)
    assert caught.value.key == "network"


def test_it_has_no_schedule() -> None:
    assert "lindelauf_2009" in models.names()
    with pytest.raises(InputError, match="no schedule"):
        models.find("lindelauf_2009")
