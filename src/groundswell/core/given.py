"""What the world of an abstract model is made from, checked as a caller gives it: numbers, rows, networks."""

from __future__ import annotations

from reprlib import repr as short
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, one_line
from groundswell.core.network import Network
from groundswell.core.places import whole_numbers

MOST_PEOPLE = 100_000_000  # of an abstract world; more would not fit into the memory of most machines
LARGEST_SEED = (1 << 64) - 1


def whole_number(given: Any, key: str, low: int, high: int = MOST_PEOPLE) -> int:
    """One whole number within bounds.

    Args:
        given: what a caller gave.
        key: the argument that it came in.
        low, high: the least and the largest that may be.

    Raises:
        InputError: it is none, such as 2.5, True or a list, or lies outside.
    """
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or not low <= int(given) <= high:
        raise InputError(f"{one_line(short(given))} is not a whole number from {low} to {high}", key=key)
    return int(given)


def real_numbers(given: npt.ArrayLike, key: str) -> npt.NDArray[np.float64]:
    """Finite numbers of people, in the shape in which they are given.

    Raises:
        InputError: they are none, have holes, or are lists of unequal length.
    """
    try:
        numbers = np.asarray(given)
    except ValueError as error:
        raise InputError("needs lists of equal length", key=key) from error
    if numbers.dtype.kind not in "iuf" or np.ma.isMaskedArray(given):
        raise InputError(f"needs numbers, not {one_line(short(given))}", key=key)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise InputError(f"person {wrong[0] + 1} has {numbers.reshape(-1)[wrong[0]]}, which is not finite", key=key)
    return numbers.astype(np.float64)


def row_numbers(given: npt.ArrayLike, key: str, rows: int) -> npt.NDArray[np.int64]:
    """Numbers of rows, from 0 to `rows` - 1; there may be none of them.

    Raises:
        InputError: one is no row.
    """
    try:
        flat = np.reshape(given, -1)
    except ValueError as error:
        raise InputError("needs lists of equal length", key=key) from error
    return whole_numbers(flat, key, 0, rows - 1, "entry") if flat.size else np.empty(0, np.int64)


def some_network(given: Any, key: str, nodes: int | None = None) -> Network:
    """A network of at least one node.

    Args:
        given: what a caller gave.
        key: the argument that it came in.
        nodes: how many it must have.

    Raises:
        InputError: it is no network, has no node, or has another number of nodes.
    """
    if not isinstance(given, Network):
        raise InputError(f"needs a network, such as networks.ring(100, 2), not {one_line(short(given))}", key=key)
    if given.nodes < 1 or nodes not in (None, given.nodes):
        raise InputError(f"a network of {given.nodes} nodes" + ("" if nodes is None else f" for {nodes} people"), key=key)
    return given
