"""What can be measured on a network: components, triangles, clustering. NumPy only; a million nodes in seconds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundswell.core.network import Network

Ints = npt.NDArray[np.int64]


def components(network: Network) -> Ints:
    """The lowest node of each node's component (of the undirected network), shape (nodes,).

    Every root hooks to the lowest root that it touches, and paths are halved, until no tie joins two roots.
    """
    root = np.arange(network.nodes)
    one, other = np.repeat(np.arange(network.nodes), network.degree), network.indices.astype(np.int64)
    while len(one):
        a, b = root[one], root[other]
        apart = a != b
        one, other, a, b = one[apart], other[apart], a[apart], b[apart]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while (root != root[root]).any():
            root = root[root]
    return root


def triangles(network: Network, chunk: int = 1 << 22) -> Ints:
    """The number of triangles through each node of an undirected network.

    Ties point to the end of higher degree, so that the pairs of ties that leave one node stay few.
    """
    degree, n = network.degree, network.nodes
    rank = np.empty(n, np.int64)
    rank[np.argsort(degree, kind="stable")] = np.arange(n)
    pairs = rank[network.edges()]
    keys = np.sort((pairs.min(axis=1) << 32) | pairs.max(axis=1))
    start, far = np.append(0, np.cumsum(np.bincount(keys >> 32, minlength=n))), keys & 0xFFFFFFFF
    later = start[(keys >> 32) + 1] - np.arange(len(keys)) - 1  # ties of the same node that stand behind this one
    counts, done = np.zeros(n, np.int64), np.append(0, np.cumsum(later))
    first = 0
    while first < len(keys):
        last = max(int(np.searchsorted(done, done[first] + chunk, side="right")) - 1, first + 1)
        tie = np.repeat(np.arange(first, last), later[first:last])
        second = tie + 1 + np.arange(len(tie)) - (done[tie] - done[first])
        wanted = (far[tie] << 32) | far[second]
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        closed = keys[at] == wanted
        for corner in (keys[tie[closed]] >> 32, far[tie[closed]], far[second[closed]]):
            counts += np.bincount(corner, minlength=n)
        first = last
    return counts[rank]


def transitivity(network: Network) -> float:
    """Three times the triangles over the pairs of ties that share a node."""
    pairs = int((network.degree * (network.degree - 1)).sum()) // 2
    return float(triangles(network).sum()) / pairs if pairs else 0.0


def clustering(network: Network) -> float:
    """The mean over nodes of the share of pairs of neighbours that are tied (Watts & Strogatz 1998), 0 below two neighbours."""
    pairs = network.degree * (network.degree - 1) // 2
    return float(np.mean(triangles(network) / np.maximum(pairs, 1))) if network.nodes else 0.0
