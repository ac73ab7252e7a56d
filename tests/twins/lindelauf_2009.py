"""Lindelauf, Borm and Hamers (2009), The influence of secrecy on the communication structure of covert networks, Social Networks
31(2): 126-137; the scenario with equal exposure probability and link detection probability p.

One of the n members, each with probability 1/n, is exposed, and each of her links is detected with probability p, which exposes the
neighbour at its other end. Secrecy is the expected share of members who stay unexposed; with m links in all it is
(n^2 - n - 2pm) / n^2. Information is n(n-1) over the total distance, that is, over the sum of the shortest distances of all ordered
pairs. The balance is their product (the Nash bargaining solution maximises it).

Readings chosen:
- the exposed member herself counts as exposed;
- the total distance is over ordered pairs, so that the complete graph has information 1;
- only connected networks, as in the paper: others are refused;
- p given as a float is the decimal it is written as; all is exact.
"""

from fractions import Fraction
from itertools import combinations


def secrecy(neighbours: list[list[int]], p: Fraction | float) -> Fraction:
    """Expected share of members who remain unexposed."""
    n = len(neighbours)
    exposed = [1 + Fraction(str(p)) * len(near) for near in neighbours]
    return sum((1 - e / n for e in exposed), Fraction(0)) / n


def information(neighbours: list[list[int]]) -> Fraction:
    """Pairs over total distance, by a walk outwards from each member."""
    n = len(neighbours)
    total = 0
    for start in range(n):
        reached, edge, distance = {start}, {start}, 0
        while edge:
            total += distance * len(edge)
            edge = {other for node in edge for other in neighbours[node]} - reached
            reached |= edge
            distance += 1
        if len(reached) < n:
            raise ValueError("the network is not connected")
    return Fraction(n * (n - 1), total)


def balance(neighbours: list[list[int]], p: Fraction | float) -> Fraction:
    """Secrecy times information."""
    return secrecy(neighbours, p) * information(neighbours)


def _graph(n: int, links: list[tuple[int, int]]) -> list[list[int]]:
    return [sorted({b for a, b in links if a == i} | {a for a, b in links if b == i}) for i in range(n)]


def test_the_star_and_the_complete_graph_by_their_formulas():
    for n in range(3, 9):
        star = _graph(n, [(0, i) for i in range(1, n)])
        full = _graph(n, list(combinations(range(n), 2)))
        assert balance(star, 1) == Fraction(n - 2, 2 * n)
        for p in (Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(1)):
            assert balance(full, p) == (1 - p) * Fraction(n - 1, n)
            assert balance(star, p) == (n - 2 * p) / (2 * n)
            m = sum(len(near) for near in star) // 2
            assert secrecy(star, p) == (n * n - n - 2 * p * m) / Fraction(n * n)


def test_among_all_connected_networks_of_five_the_best_turns_at_one_half():
    pairs = list(combinations(range(5), 2))
    values: dict[Fraction, list[tuple[Fraction, list[list[int]]]]] = {}
    for mask in range(1 << len(pairs)):
        graph = _graph(5, [pair for bit, pair in enumerate(pairs) if mask >> bit & 1])
        try:
            known = information(graph)
        except ValueError:
            continue
        for p in (Fraction(49, 100), Fraction(51, 100)):
            values.setdefault(p, []).append((secrecy(graph, p) * known, graph))
    low, high = (max(values[p], key=lambda pair: pair[0]) for p in (Fraction(49, 100), Fraction(51, 100)))
    assert [len(near) for near in low[1]] == [4] * 5
    assert sorted(len(near) for near in high[1]) == [1, 1, 1, 1, 4]
