"""A network of ties as lists of neighbours, from pairs; builders are in `core.networks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Network:
    """Who is tied to whom.

    Args:
        indptr: first tie of each node, and the number of ties; int64, shape (nodes + 1,).
        indices: the other end of each tie, ascending within a node; int32. An undirected tie stands at both ends.
        name: what built it, or what it is.
        provenance: parameters, seed, and counts of what was dropped.
        directed: whether a tie has one direction, from the node to its neighbour.
    """

    indptr: Ints
    indices: npt.NDArray[np.int32]
    name: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    directed: bool = False

    def __post_init__(self) -> None:
        self._check()
        for name in ("indptr", "indices"):  # nobody who was given a network can change it for others
            seen = getattr(self, name).view()
            seen.setflags(write=False)
            object.__setattr__(self, name, seen)

    def _check(self) -> None:
        """Refuse what compiled code would follow out of the arrays. Stored networks are not read through: their bytes are hashed."""
        for name, kind in (("indptr", np.int64), ("indices", np.int32)):
            array = getattr(self, name)
            if not isinstance(array, np.ndarray) or array.dtype != kind or array.ndim != 1:
                raise InputError(f"needs an array of {np.dtype(kind)} with one dimension; `networks.from_edges` makes it", key=name)
        if not len(self.indptr) or self.indptr[0] != 0 or self.indptr[-1] != len(self.indices):
            raise InputError(f"begins with 0 and ends with the number of ties, {len(self.indices)}", key="indptr")
        if _mapped(self.indices) or not len(self.indices):
            return
        if (np.diff(self.indptr) < 0).any():
            raise InputError("falls; the first tie of each node comes after those of the node before", key="indptr")
        if self.indices.min() < 0 or self.indices.max() >= self.nodes:
            wrong = self.indices[(self.indices < 0) | (self.indices >= self.nodes)][0]
            raise InputError(f"a tie ends at {wrong}; nodes are 0 to {self.nodes - 1}", key="indices")

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def ties(self) -> int:
        """Number of ties; an undirected one counts once."""
        return len(self.indices) if self.directed else len(self.indices) // 2

    @property
    def degree(self) -> Ints:
        """Number of neighbours of each node (outgoing ties where directed)."""
        return np.diff(self.indptr)

    def neighbours(self, node: int) -> npt.NDArray[np.int32]:
        """The neighbours of a node, ascending."""
        return self.indices[self.indptr[node] : self.indptr[node + 1]]

    def neighbour_sums(self, values: npt.ArrayLike) -> Ints:
        """The sum of whole numbers over the neighbours of each node, such as how many of them are active; shape (nodes,)."""
        there = np.append(np.asarray(values).take(self.indices), 0)
        sums: Ints = np.add.reduceat(there, self.indptr[:-1], dtype=np.int64)
        sums[self.indptr[1:] == self.indptr[:-1]] = 0
        return sums

    def edges(self) -> Ints:
        """All ties as pairs, shape (ties, 2); the lower end first where undirected."""
        one = np.repeat(np.arange(self.nodes), self.degree)
        keep = slice(None) if self.directed else one < self.indices
        return np.stack([one[keep], self.indices[keep].astype(np.int64)], axis=1)

    def is_symmetric(self) -> bool:
        """Whether every tie also stands at its other end."""
        one, other = np.repeat(np.arange(self.nodes), self.degree), self.indices.astype(np.int64)
        return bool(np.array_equal((one << 32) | other, np.sort((other << 32) | one)))


def _mapped(array: npt.NDArray[Any]) -> bool:
    """Whether an array is a view of a file."""
    base: Any = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            return True
        base = base.base
    return False


@dataclass(frozen=True)
class Everyone:
    """The complete network of many nodes, never written out: all are neighbours of all others."""

    nodes: int

    @property
    def ties(self) -> int:
        """Number of pairs."""
        return self.nodes * (self.nodes - 1) // 2

    @property
    def degree(self) -> Ints:
        """The others, for each node."""
        return np.full(self.nodes, self.nodes - 1, np.int64)

    def neighbours(self, node: int) -> npt.NDArray[np.int32]:
        """Everyone else, ascending."""
        return np.delete(np.arange(self.nodes, dtype=np.int32), node)


def pair_key(a: Ints, b: Ints) -> Ints:
    """One number for an unordered pair."""
    return (np.minimum(a, b) << 32) | np.maximum(a, b)


def undirected(nodes: int, keys: Ints, label: str, /, **provenance: Any) -> Network:
    """The undirected network of distinct pairs without self loops."""
    low, high = keys >> 32, keys & 0xFFFFFFFF
    both = np.sort(np.concatenate([keys, (high << 32) | low]))
    return compressed(nodes, both, label, provenance, directed=False)


def compressed(nodes: int, both: Ints, name: str, provenance: Mapping[str, Any], *, directed: bool) -> Network:
    """The network of sorted keys (from << 32 | to)."""
    indptr = np.append(0, np.cumsum(np.bincount(both >> 32, minlength=nodes))).astype(np.int64)
    return Network(indptr, (both & 0xFFFFFFFF).astype(np.int32), name, dict(provenance), directed)


def distinct(keys: Ints) -> Ints:
    """Sorted keys without repeats; sorting is several times faster than `np.unique`."""
    ordered = np.sort(keys)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def checked_nodes(n: int, least: int = 1) -> int:
    """A number of nodes, of at least `least` and below 2**31."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)):
        raise InputError(f"{str(n)[:40]!r} is not a whole number", key="nodes")
    if not least <= n < 2**31:
        raise InputError(f"{n} nodes; there must be {least} to {2**31 - 1}", key="nodes")
    return n


def from_edges(nodes: int, edges: npt.ArrayLike, *, directed: bool = False, name: str = "given") -> Network:
    """A given network. Self loops and repeated ties are dropped, and counted in the provenance.

    Args:
        nodes: their number; ends are 0 to nodes - 1.
        edges: pairs, shape (ties, 2).

    Raises:
        InputError: they are no pairs of numbers, or an end is no node; the first such tie is named, counting from 1.
    """
    try:
        given = np.asarray(edges)
    except ValueError as error:
        raise InputError("needs pairs of nodes, and one of them is none", key="edges") from error
    given = given.reshape(0, 2).astype(np.int64) if given.size == 0 else given
    if given.ndim != 2 or given.shape[1] != 2 or given.dtype.kind not in "iuf":
        raise InputError(f"needs pairs of nodes, shape (ties, 2), not {given.dtype} of shape {given.shape}", key="edges")
    wrong = np.flatnonzero(~((given >= 0) & (given < checked_nodes(nodes)) & (given == np.floor(given))).all(axis=1))
    if len(wrong):
        raise InputError(f"tie {wrong[0] + 1} joins {given[wrong[0]].tolist()}, but the nodes are 0 to {nodes - 1}", key="edges")
    pairs = given.astype(np.int64)
    straight = pairs[pairs[:, 0] != pairs[:, 1]]
    keys = (straight[:, 0] << 32) | straight[:, 1] if directed else pair_key(straight[:, 0], straight[:, 1])
    unique = distinct(keys)
    counted = {"self_loops": len(pairs) - len(straight), "duplicates": len(keys) - len(unique)}
    return compressed(nodes, unique, name, counted, directed=True) if directed else undirected(nodes, unique, name, **counted)


def beside(parts: Sequence[Network]) -> Network:
    """Networks side by side in one, without ties between them: the nodes of each follow those of the one before.

    Raises:
        InputError: there are none, or some are directed and others not.
    """
    if not parts or len({part.directed for part in parts}) > 1:
        raise InputError("needs networks that are all directed, or all not", key="parts")
    nodes = np.cumsum([0, *(part.nodes for part in parts)])
    ties = np.cumsum([0, *(len(part.indices) for part in parts)])
    indptr = np.concatenate([[0], *(part.indptr[1:] + at for part, at in zip(parts, ties, strict=False))]).astype(np.int64)
    indices = np.concatenate([part.indices + np.int32(at) for part, at in zip(parts, nodes, strict=False)])
    return Network(indptr, indices, "beside", {"parts": [dict(part.provenance) for part in parts]}, parts[0].directed)
