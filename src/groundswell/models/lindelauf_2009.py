"""Lindelauf, Borm & Hamers (2009): secrecy against information in the structure of a covert network.

A covert network is a connected graph of n people. Two dimensionless measures from 0 to 1 pull apart:

* information I = n (n - 1) / (sum of the distances of all ordered pairs), 1 in the complete graph;
* secrecy S, the expected share that stays unexposed when one person is found and each of that person's ties is detected with
  probability p. Who is found depends on the exposure, a switch between two of the paper's scenarios: "uniform", where each
  has probability 1/n; or "degree", where it is (ties + 1) / (2 m + n) with m ties in all, as in a random walk that may rest.
  The paper has "degree" with p = 1 only.

The balance is the product S I (Nash's bargaining solution over the graphs of an order). The paper's theorem for uniform exposure:
below p = 1/2 the complete graph is best, above it the star, and at 1/2 they tie. By degree, says the abstract, a reinforced
ring or wheel is. These are statements about small graphs, and no advice.

Nothing happens in time, so there is no schedule and no `lindelauf_2009()`: these are functions of a `Network`. They are exact
as long as p is given as a `Fraction` or a whole number; `best` looks at every connected graph of up to seven people.

Lindelauf, R., Borm, P. & Hamers, H. (2009). The influence of secrecy on the communication structure of covert networks.
Social Networks 31(2), 126-137.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Literal

import numpy as np

from groundswell import InputError, Network, networks

MOST = 7  # people for whom all 2**21 graphs are looked at
Exposure = Literal["uniform", "degree"]


def star(n: int) -> Network:
    """Person 0 tied to all others."""
    return networks.from_edges(n, [(0, k) for k in range(1, n)], name="star")


def total_distance(network: Network) -> int:
    """The sum of the distances of all ordered pairs.

    Raises:
        InputError: the network is directed, not connected, or of fewer than two people.
    """
    if network.directed or network.nodes < 2:
        raise InputError("needs an undirected network of two people or more", key="network")
    total = 0
    for person in range(network.nodes):
        reached, front, distance = {person}, {person}, 0
        while front:
            total += distance * len(front)
            distance += 1
            front = {int(other) for one in front for other in network.neighbours(one)} - reached
            reached |= front
        if len(reached) < network.nodes:
            raise InputError("needs a connected network", key="network")
    return total


def information(network: Network) -> Fraction:
    """I, from 0 to 1: how near people are to one another."""
    return Fraction(network.nodes * (network.nodes - 1), total_distance(network))


def secrecy(network: Network, p: Fraction | float, exposure: Exposure = "uniform") -> Fraction:
    """S, from 0 to 1: the expected share that stays unexposed when one person is found.

    Args:
        network: who is tied to whom.
        p: link detection probability.
        exposure: who is found: anybody alike, or those with more ties more often.

    Raises:
        InputError: p is no probability, or there is no such exposure.
    """
    if not 0 <= p <= 1:
        raise InputError(f"{p} is no probability", key="p")
    if exposure not in ("uniform", "degree"):
        raise InputError(f"{exposure!r} is not one of uniform, degree", key="exposure")
    ties = [int(d) for d in network.degree]
    found = [1 if exposure == "uniform" else d + 1 for d in ties]  # odds
    exposed = sum((odds * (1 + Fraction(p) * d) for odds, d in zip(found, ties, strict=True)), Fraction(0))
    return 1 - exposed / (sum(found) * network.nodes)


def balance(network: Network, p: Fraction | float, exposure: Exposure = "uniform") -> Fraction:
    """S I, what the best network has most of."""
    return secrecy(network, p, exposure) * information(network)


def best(n: int, p: Fraction | float, exposure: Exposure = "uniform") -> tuple[Fraction, tuple[Network, ...]]:
    """The highest balance of all connected graphs of n people, and the graphs that reach it.

    Of graphs that agree in their number of ties, distances and squared degrees, on which the balance depends, one is given.

    Raises:
        InputError: n is not 2 to 7, p no probability, or there is no such exposure.
    """
    if not 2 <= n <= MOST:
        raise InputError(f"{n} people; all graphs are looked at for 2 to {MOST}", key="n")
    balances = [balance(network, p, exposure) for network in _every(n)]
    most = max(balances)
    return most, tuple(network for network, value in zip(_every(n), balances, strict=True) if value == most)


@cache
def _every(n: int) -> tuple[Network, ...]:
    """Every connected graph of n people, one of those that agree in ties, distances and squared degrees."""
    pairs = np.stack(np.triu_indices(n, 1), axis=1)
    graphs = np.arange(1 << len(pairs), dtype=np.int32)  # a graph is the set of its ties
    friends = np.repeat(1 << np.arange(n, dtype=np.uint8)[:, None], len(graphs), axis=1)  # sets of people, oneself among them
    for k, (a, b) in enumerate(pairs):
        tied = (graphs >> k & 1).astype(np.uint8)
        friends[a] |= tied << np.uint8(b)
        friends[b] |= tied << np.uint8(a)
    total, reached = np.full(len(graphs), n * (n - 1), np.int64), friends
    for _ in range(n - 2):  # whoever is farther than the distance so far adds one
        total += n * n - np.bitwise_count(reached).sum(axis=0, dtype=np.int64)
        further = reached.copy()
        for j in range(n):
            further |= friends[j] * (reached >> j & 1)
        reached = further
    squares = (np.bitwise_count(friends).astype(np.int64) ** 2).sum(axis=0)
    kind = (np.bitwise_count(graphs).astype(np.int64) << 40) + (total << 20) + squares
    connected = np.flatnonzero(reached[0] == (1 << n) - 1)
    chosen = connected[np.unique(kind[connected], return_index=True)[1]]
    return tuple(networks.from_edges(n, pairs[(graph >> np.arange(len(pairs)) & 1) == 1]) for graph in chosen)
