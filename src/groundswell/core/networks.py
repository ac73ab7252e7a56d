"""Explicit networks of ties, and builders that draw every tie by its own address.

A `Network` is a list of neighbours a node in compressed rows. The builders never consume a sequence of random numbers:
a tie, a node or a trial has its own Philox address, so the result does not depend on batches or threads. All work on
whole arrays in time proportional to the ties (sorting apart): a million nodes in seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import exps, logs
from groundswell.core.draws import Draws, Stream
from groundswell.core.errors import InputError
from groundswell.core.grid import moore, von_neumann
from groundswell.core.network import Everyone, Ints, Network, beside, checked_nodes, distinct, from_edges, pair_key, undirected

GAPS = Stream("network gaps", 2010, "distance to the next tie of a node, by node and rank (G(n, p))")
PAIRS = Stream("network pairs", 2011, "the two ends of the k-th candidate tie (G(n, m), static power law, islands)")
STUBS = Stream("network stubs", 2012, "the order in which half-ties are joined, by half-tie and round (configuration)")
REWIRE = Stream("network rewiring", 2013, "whether a tie of a ring is rewired, by tie")
TARGET = Stream("network target", 2014, "the new end of a rewired tie, by tie and attempt")
ATTACH = Stream("network attachment", 2015, "the older end that a new tie copies, by tie and attempt")
TRADE = Stream("network trades", 2016, "whether a tie trades its ends with others, by tie")
EXPLICIT = 5000  # nodes up to which a complete network is written out
ROUNDS = 1000  # of repair, after which no simple network is taken to exist

__all__ = [
    "Everyone",
    "Network",
    "beside",
    "complete",
    "configuration",
    "from_edges",
    "hierarchy",
    "islands",
    "lattice",
    "power_law",
    "preferential",
    "random_m",
    "random_p",
    "regular",
    "ring",
    "small_world",
    "traded",
]


def _bad(keys: Ints) -> npt.NDArray[np.bool_]:
    """Self loops, and all but the first of equal pairs."""
    bad = np.asarray((keys >> 32) == (keys & 0xFFFFFFFF))
    ordered = np.sort(keys)
    repeated = distinct(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(repeated):
        at = np.minimum(np.searchsorted(repeated, keys), len(repeated) - 1)
        few = np.flatnonzero(repeated[at] == keys)
        order = few[np.argsort(keys[few], kind="stable")]
        bad[order[1:]] |= keys[order[1:]] == keys[order[:-1]]
    return bad


def _below(u: npt.NDArray[np.float64], n: npt.ArrayLike) -> Ints:
    """A whole number from 0 to n - 1 for each uniform."""
    return (u * np.asarray(n, np.float64)).astype(np.int64)


def ring(nodes: int, reach: int) -> Network:
    """A circle in which everyone is tied to `reach` neighbours on each side."""
    if not 0 <= 2 * reach < checked_nodes(nodes):
        raise InputError(f"{reach} neighbours a side do not fit on a ring of {nodes}", key="reach")
    one = np.repeat(np.arange(nodes), reach)
    return undirected(nodes, pair_key(one, (one + np.tile(np.arange(1, reach + 1), nodes)) % nodes), "ring", nodes=nodes, reach=reach)


def lattice(width: int, height: int, view: Literal["von_neumann", "moore"] = "moore", radius: int = 1, *, torus: bool = True) -> Network:
    """A grid: node y * width + x is tied to the cells in its view. On a small torus a cell seen twice is tied once."""
    x, y = np.arange(checked_nodes(width * height)) % width, np.arange(width * height) // width
    parts = [np.empty(0, np.int64)]
    for dx, dy in zip(*(moore(radius) if view == "moore" else von_neumann(radius)), strict=True):
        u, v = x + dx, y + dy
        inside = np.full(len(x), torus) | ((u >= 0) & (u < width) & (v >= 0) & (v < height))
        here, there = (y * width + x)[inside], ((v % height) * width + u % width)[inside]
        parts.append(pair_key(here, there)[here < there])
    return undirected(width * height, distinct(np.concatenate(parts)), view, width=width, height=height, radius=radius, torus=torus)


def complete(nodes: int) -> Network:
    """Everyone tied to everyone, written out; for more than 5000 nodes use `Everyone`."""
    if checked_nodes(nodes) > EXPLICIT:
        raise InputError(f"a complete network of {nodes} nodes is not written out; use Everyone({nodes})", key="nodes")
    one, other = np.triu_indices(nodes, 1)
    return undirected(nodes, pair_key(one, other), "complete", nodes=nodes)


def random_p(nodes: int, p: float, *, seed: int) -> Network:
    """G(n, p): each pair is tied with probability p, by geometric gaps among the earlier nodes of each node.

    A node's ties to earlier ones have its own addresses, so more nodes change no tie among the old.
    """
    if not 0 <= p <= 1:
        raise InputError(f"{p} is no probability", key="p")
    if p == 1:
        return complete(nodes)
    node = np.arange(checked_nodes(nodes))
    return undirected(nodes, _earlier(node, np.zeros_like(node), p, Draws(seed)), "random_p", nodes=nodes, p=p, seed=seed)


def _earlier(node: Ints, first: Ints, p: float, draws: Draws) -> Ints:
    """Ties of each node to earlier ones, from `first` on, each with probability p."""
    if p == 0:
        return np.empty(0, np.int64)
    last, parts, rank = first - 1, [np.empty(0, np.int64)], 0
    scale = -np.inf if p == 1 else float(logs(np.array([1.0 - p]))[0]) if p > 1e-9 else -p
    while len(node):
        gap = logs(1.0 - draws.uniform(GAPS, 0, node, rank)) / scale
        last = last + 1 + np.minimum(gap, 2.0**31).astype(np.int64)
        keep = last < node
        node, last = node[keep], last[keep]
        parts.append((last << 32) | node)
        rank += 1
    return np.concatenate(parts)


def _first_distinct(wanted: int, pairs: Callable[[Ints], tuple[Ints, Ints]], possible: float) -> Ints:
    """The first distinct pairs of an endless list of candidates, without self loops; `pairs` gives those of some numbers.

    Raises:
        InputError: they do not appear among 50 times as many candidates.
    """
    keys, tried = np.empty(0, np.int64), 0
    while len(keys) < wanted:
        if tried > 50 * wanted + 1000:
            raise InputError(f"{wanted} different ties can hardly be found among {possible:.0f}", key="ties")
        k = np.arange(tried, tried + wanted - len(keys) + wanted // 16 + 64)
        keys = np.concatenate([keys, pair_key(*pairs(k))])
        keys, tried = keys[~_bad(keys)], tried + len(k)
    return keys[:wanted]


def random_m(nodes: int, ties: int, *, seed: int) -> Network:
    """G(n, m): so many distinct pairs, every set of them equally likely."""
    possible = checked_nodes(nodes) * (nodes - 1) // 2
    if not 0 <= ties <= possible:
        raise InputError(f"{ties} ties; {nodes} nodes have 0 to {possible} pairs", key="ties")
    draws, few = Draws(seed), min(ties, possible - ties)

    def pairs(k: Ints) -> tuple[Ints, Ints]:
        one = _below(draws.uniform(PAIRS, 0, k, 0), nodes)
        return one, (one + 1 + _below(draws.uniform(PAIRS, 0, k, 1), nodes - 1)) % nodes

    keys = _first_distinct(few, pairs, possible)
    if few < ties:  # most pairs: draw those left out
        keys = np.setdiff1d(pair_key(*np.triu_indices(nodes, 1)), keys, assume_unique=True)
    return undirected(nodes, keys, "random_m", nodes=nodes, ties=ties, seed=seed)


def configuration(degrees: npt.ArrayLike, *, seed: int, name: str = "configuration") -> Network:
    """A random simple network with given degrees: half-ties joined in random order, loops and repeats reshuffled with others.

    Nearly uniform over all such networks: of the cubic ones on six nodes a prism comes up in .90 of draws, not .857.

    Raises:
        InputError: the degrees are odd in sum, negative, too large, or no simple network was found.
    """
    degree = np.asarray(degrees, np.int64)
    if (degree < 0).any() or (degree >= checked_nodes(len(degree))).any() or degree.sum() % 2:
        raise InputError("degrees must be 0 to nodes - 1 and even in sum", key="degrees")
    stubs = np.repeat(np.arange(len(degree)), degree)
    keys, rounds = _joined(stubs, np.empty(0, np.int64), Draws(seed))
    return undirected(len(degree), keys, name, nodes=len(degree), seed=seed, rounds=rounds)


def _joined(stubs: Ints, fixed: Ints, draws: Draws) -> tuple[Ints, int]:
    """Half-ties joined in random order beside fixed ties; loops and repeats reshuffled with others. And the rounds it took."""
    chosen = np.arange(len(stubs) // 2)
    for step in range(ROUNDS):
        at = np.concatenate([2 * chosen, 2 * chosen + 1])
        word = draws.words(STUBS, 0, at, step)[0].astype(np.uint64)
        order = np.sort((word << np.uint64(32)) | np.arange(len(at), dtype=np.uint64)) & np.uint64(0xFFFFFFFF)
        stubs[at] = stubs[at[order.astype(np.int64)]]
        keys = pair_key(stubs[0::2], stubs[1::2])
        bad = _bad(np.concatenate([fixed, keys]))[len(fixed) :]
        if not bad.any():
            return keys, step + 1
        few = np.flatnonzero(bad)
        others = _below(draws.uniform(STUBS, 1, few, step), len(bad))
        chosen = distinct(np.concatenate([few, others]))
    raise InputError("no simple network with these degrees was found", key="degrees")


def traded(network: Network, p: float, *, seed: int) -> Network:
    """A network whose ties are each chosen with probability p, and the chosen trade ends among themselves: every degree stays.

    After Maslov & Sneppen (2002), all at once: the chosen half-ties are joined anew in random order, as in `configuration`. At p = 1
    nothing is left but the degrees.

    Raises:
        InputError: p is no probability, or the network is directed.
    """
    if not 0 <= p <= 1 or network.directed:
        raise InputError(f"needs a probability, not {p}, and ties without direction", key="p")
    ends, draws = network.edges(), Draws(seed)
    keys = (ends[:, 0] << 32) | ends[:, 1]
    free = draws.coin(TRADE, 0, p, np.arange(len(ends)))
    new, _ = _joined(ends[free].reshape(-1), keys[~free], draws)
    return undirected(network.nodes, np.concatenate([keys[~free], new]), "traded", of=network.name, p=p, seed=seed)


def regular(nodes: int, degree: int, *, seed: int) -> Network:
    """A random network in which everyone has the same number of neighbours."""
    if not 0 <= degree < checked_nodes(nodes) or nodes * degree % 2:
        raise InputError(f"{nodes} nodes cannot all have {degree} neighbours", key="degree")
    if 2 * degree < nodes:
        return configuration(np.full(nodes, degree), seed=seed, name="regular")
    left_out = configuration(np.full(nodes, nodes - 1 - degree), seed=seed).edges()
    keys = np.setdiff1d(pair_key(*np.triu_indices(nodes, 1)), pair_key(left_out[:, 0], left_out[:, 1]), assume_unique=True)
    return undirected(nodes, keys, "regular", nodes=nodes, degree=degree, seed=seed)


def small_world(nodes: int, reach: int, p: float, *, seed: int) -> Network:
    """Watts & Strogatz (1998): a ring whose ties each have their far end redrawn with probability p.

    All ties that are rewired draw at once; one that would repeat another, or lead home, draws again.
    """
    if not 0 <= 2 * reach < checked_nodes(nodes) or not 0 <= p <= 1:
        raise InputError(f"a ring of {nodes} with {reach} a side and p = {p}", key="reach")
    tie, draws = np.arange(nodes * reach), Draws(seed)
    one = tie // max(reach, 1)
    other = (one + 1 + tie % max(reach, 1)) % nodes
    free = draws.coin(REWIRE, 0, p, tie)
    open_ = np.flatnonzero(free)
    order = np.concatenate([np.flatnonzero(~free), open_])  # where two ties are equal, a fixed one stays
    for attempt in range(ROUNDS):
        other[open_] = _below(draws.uniform(TARGET, 0, open_, attempt), nodes)
        bad = np.zeros(len(tie), bool)
        bad[order] = _bad(pair_key(one, other)[order])
        open_ = np.flatnonzero(bad)
        if not len(open_):
            return undirected(nodes, pair_key(one, other), "small_world", nodes=nodes, reach=reach, p=p, seed=seed)
    raise InputError("no simple network was found; the ring is too dense to rewire", key="reach")


def preferential(nodes: int, ties: int, *, seed: int) -> Network:
    """Barabasi & Albert (1999): each new node ties to `ties` distinct older ones in proportion to their degree.

    It starts from a complete network of ties + 1 nodes. A tie copies one end of a random older tie (Batagelj & Brandes
    2005), which it names by number, so all are drawn at once and then followed back; more nodes change no older tie.
    P(degree k) tends to 2 m (m + 1) / (k (k + 1) (k + 2)).
    """
    if not 1 <= ties < checked_nodes(nodes):
        raise InputError(f"{ties} ties a new node; there are {nodes} nodes", key="ties")
    core, draws = ties + 1, Draws(seed)
    tie = np.arange((nodes - core) * ties)
    source = core + tie // ties
    pool = core * ties + 2 * ties * (source - core)
    attempt, ends = np.zeros(len(tie), np.int64), np.zeros(len(tie), np.int64)
    open_ = tie
    for _ in range(ROUNDS):
        ends[open_] = _below(draws.uniform(ATTACH, 0, open_, attempt[open_]), pool[open_])
        target = _followed(ends, source, core, ties)
        open_ = np.flatnonzero(_bad((source << 32) | target))
        if not len(open_):
            keys = np.concatenate([pair_key(*np.triu_indices(core, 1)), (target << 32) | source])
            return undirected(nodes, keys, "preferential", nodes=nodes, ties=ties, seed=seed)
        attempt[open_] += 1
    raise InputError("no simple network was found", key="ties")


def _followed(ends: Ints, source: Ints, core: int, ties: int) -> Ints:
    """The node that each tie reaches: ends below core * ties are of the core, then source and target of each tie in turn."""
    at = ends.copy()
    pointing = np.arange(len(at))
    while len(pointing):
        rest = at[pointing] - core * ties
        pointing = pointing[(rest >= 0) & (rest % 2 == 1)]  # at the target of an older tie: go where that one goes
        at[pointing] = ends[(at[pointing] - core * ties) // 2]
    rest = at - core * ties
    return np.asarray(np.where(rest < 0, at // ties, source[np.maximum(rest, 0) // 2] if len(source) else 0), np.int64)


def power_law(nodes: int, exponent: float, mean_degree: float, *, seed: int) -> Network:
    """Expected degrees with a power law of any exponent above 2 (Goh, Kahng & Kim 2001, after Chung & Lu).

    Ends are drawn in proportion to (i + 1)**(-1 / (exponent - 1)), and the first distinct ties are kept: node 0 has most.
    """
    ties = round(checked_nodes(nodes, 2) * mean_degree / 2)
    if not exponent > 2 or not 0 <= mean_degree <= (nodes - 1) / 2:
        raise InputError(f"an exponent of {exponent} and a mean degree of {mean_degree} for {nodes} nodes", key="exponent")
    total = np.cumsum(exps(-logs(np.arange(1.0, nodes + 1)) / (exponent - 1.0)))
    draws = Draws(seed)

    def end(k: Ints, which: int) -> Ints:
        at: Ints = np.searchsorted(total, draws.uniform(PAIRS, 0, k, which) * total[-1], side="right")
        return np.minimum(at, nodes - 1)

    keys = _first_distinct(ties, lambda k: (end(k, 2), end(k, 3)), nodes * (nodes - 1) / 2)
    return undirected(nodes, keys, "power_law", nodes=nodes, exponent=exponent, mean_degree=mean_degree, seed=seed)


def islands(number: int, size: int, links: int, *, seed: int) -> Network:
    """Complete groups of equal size, and so many random ties between people of different groups."""
    nodes, possible = checked_nodes(number * size), number * (number - 1) // 2 * size * size
    if not 0 <= links <= possible // 2:
        raise InputError(f"{links} links; 0 to {possible // 2} are possible here", key="links")
    one, other = np.triu_indices(size, 1)
    first = np.repeat(np.arange(number) * size, len(one))
    inside = pair_key(first + np.tile(one, number), first + np.tile(other, number))
    draws = Draws(seed)

    def pairs(k: Ints) -> tuple[Ints, Ints]:
        a = _below(draws.uniform(PAIRS, 0, k, 4), nodes)
        return a, ((a // size + 1) * size + _below(draws.uniform(PAIRS, 0, k, 5), nodes - size)) % nodes

    keys = np.concatenate([inside, _first_distinct(links, pairs, possible)])
    return undirected(nodes, keys, "islands", number=number, size=size, links=links, seed=seed)


def hierarchy(nodes: int, below: int, p: float, *, seed: int) -> Network:
    """A tree, and ties within its levels: node 0 is above `below` others, each of which is above as many, as far as nodes go.

    Two of one level are tied with probability p.
    """
    if below < 1 or not 0 <= p <= 1:
        raise InputError(f"{below} below each and p = {p}", key="below")
    node = np.arange(checked_nodes(nodes))
    above, first, start, size = (node[1:] - 1) // below, np.zeros_like(node), 1, below
    while start < nodes:
        first[start : start + size] = start
        start, size = start + size, size * below
    keys = np.concatenate([(above << 32) | node[1:], _earlier(node, first, p, Draws(seed))])
    return undirected(nodes, distinct(keys), "hierarchy", nodes=nodes, below=below, p=p, seed=seed)
