"""Arrays that grow together at their end: what a run records day by day, and what it writes into a journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

LEAST = 64  # rows of the first room


class Rows:
    """Named arrays of one length that grow by doubling: a row costs the same on the last day as on the first.

    Args:
        about: shape and type of one row, by name; () for a plain number.
    """

    def __init__(self, about: Mapping[str, tuple[tuple[int, ...], npt.DTypeLike]]) -> None:
        self._rooms: dict[str, npt.NDArray[Any]] = {name: np.empty((LEAST, *shape), dtype) for name, (shape, dtype) in about.items()}
        self._room = LEAST
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def add(self, values: Iterable[npt.NDArray[Any]], count: int = 1) -> None:
        """Add so many rows: for each name, in order, an array of them, or what all of them hold."""
        first, end = self._used, self._used + count
        if end > self._room:
            self._grow(max(2 * self._room, end))
        for room, array in zip(self._rooms.values(), values, strict=True):
            room[first:end] = array
        self._used = end

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Copies of the rows so far."""
        return {name: room[: self._used].copy() for name, room in self._rooms.items()}

    def _grow(self, rows: int) -> None:
        self._room = rows
        for name, room in self._rooms.items():
            self._rooms[name] = np.empty((rows, *room.shape[1:]), room.dtype)
            self._rooms[name][: self._used] = room[: self._used]
