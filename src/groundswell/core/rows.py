"""Arrays that grow together at their end: what a run records day by day, and what it writes into a journal.

With a shelf no more than a few MiB of them are in memory, however long the run: whenever these are full they are put aside
as a part, a file that never changes again. A checkpoint names the parts and holds the rows since; at the end the parts
become read-only maps of files, one a field.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from groundswell.core.store import NEW, Sealed, hold, sealed, sync

Array = npt.NDArray[Any]

LEAST = 64  # rows of the first room
PART = 1 << 23  # bytes of rows that stay in memory where there is a shelf; one day's rows, where these are more
PIECE = 1 << 17  # rows that are looked at together


class Shelf:
    """A hidden folder for the parts of a run in progress, made with the first of them and gone with the run.

    What a killed process leaves of it `store.recover` removes; as long as the process lives, no other one does.

    Args:
        beside: the folder, or one yet to be, beside which it is made.
    """

    def __init__(self, beside: Path) -> None:
        self._beside, self._folder, self._handle = beside, Path(), -1

    def place(self, name: str) -> Path:
        """Where a file of this name belongs."""
        if self._handle < 0:
            self._beside.parent.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix=f".{self._beside.name}{NEW}", dir=self._beside.parent))
            self._handle = hold(self._folder)
        return self._folder / name

    def close(self) -> None:
        """Remove it; maps of its files stay good."""
        if self._handle >= 0:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._handle)
            self._handle = -1


class Rows:
    """Named arrays of one length that grow by doubling: a row costs the same on the last day as on the first.

    Args:
        about: shape and type of one row, by name; () for a plain number.
        name: what files of them are called.
        shelf: where full parts are put aside; all rows stay in memory where it is None.

    Attributes:
        about: shape and type of one row, by name.
        kind: the type of one row.
        parts: what was put aside, in order, and how many rows each one has.
    """

    def __init__(self, about: Mapping[str, tuple[tuple[int, ...], npt.DTypeLike]], name: str = "rows", shelf: Shelf | None = None) -> None:
        self.name, self.parts = name, list[tuple[Sealed, int]]()
        self.about = {name: (shape, np.dtype(dtype)) for name, (shape, dtype) in about.items()}
        self._shelf, self._aside = shelf, 0
        self.kind = kind_of(self.about)
        self._used = 0
        self._grow(LEAST)
        size = sum(math.prod(shape) * dtype.itemsize for shape, dtype in self.about.values())
        self._most = max(PART // size, 1) if shelf is not None and size else sys.maxsize

    def __len__(self) -> int:
        return self._aside + self._used

    def add(self, values: Iterable[Array], count: int = 1) -> None:
        """Add so many rows: for each name, in order, an array of them, or what all of them hold.

        Raises:
            OSError: a full part cannot be put aside; no row is lost or added.
        """
        if self._used + count > len(self._room):
            self._make_room(count)
        first, end = self._used, self._used + count
        for field, array in zip(self._fields.values(), values, strict=True):
            field[first:end] = array
        self._used = end

    def add_one(self, row: Array) -> None:
        """Add one row of this `kind`, in one piece.

        Raises:
            OSError: as `add`.
        """
        if self._used == len(self._room):
            self._make_room(1)
        self._room[self._used] = row
        self._used += 1

    def tail(self) -> dict[str, Array]:
        """Copies of the rows since the last part."""
        return {name: field[: self._used].copy() for name, field in self._fields.items()}

    def arrays(self) -> dict[str, Array]:
        """The rows so far: copies, or read-only maps of files that last as long as the maps do.

        Raises:
            OSError: the files cannot be written, or a part cannot be read.
        """
        return self._mapped() if self.parts else self.tail()

    def put_back(self, parts: Iterable[tuple[Sealed, int]]) -> None:
        """Begin with the parts of an earlier process."""
        self.parts = list(parts)
        self._aside = sum(count for _, count in self.parts)

    def _make_room(self, count: int) -> None:
        if self._used and self._used + count > self._most:
            self._put_aside()
        if self._used + count > len(self._room):
            old = self._room
            self._grow(max(min(2 * len(old), self._most), self._used + count))
            self._room[: self._used] = old[: self._used]

    def _grow(self, rows: int) -> None:
        """New room, and an array of each field in it."""
        self._room = np.zeros(rows, self.kind)  # with zeros in the gaps between fields
        self._fields: dict[str, Array] = {name: self._room[name] for name in self.about}

    def _put_aside(self) -> None:
        """Write the rows in memory as one more part."""
        assert self._shelf is not None
        path = self._shelf.place(f"{part_name(self.name, len(self.parts))}.npy")
        np.save(path, self._room[: self._used], allow_pickle=False)
        sync(path)
        self.parts.append((sealed(path), self._used))
        self._aside, self._used = self._aside + self._used, 0
        if len(self._room) > self._most:  # one day had more
            self._grow(self._most)

    def _mapped(self) -> dict[str, Array]:
        """One file a field, written part by part, and opened as a map."""
        assert self._shelf is not None
        paths = {name: self._shelf.place(f"{self.name}.{k}") for k, name in enumerate(self.about)}
        with ExitStack() as stack:
            files: dict[str, BinaryIO] = {name: stack.enter_context(path.open("xb")) for name, path in paths.items()}
            for rows in self._blocks():
                for name, file in files.items():
                    file.write(rows[name].tobytes())
        found = {name: _map(paths[name], (len(self), *shape), dtype) for name, (shape, dtype) in self.about.items()}
        for path in paths.values():  # a map needs no name
            path.unlink()
        return found

    def _blocks(self) -> Iterator[Any]:
        for part, _ in self.parts:
            yield np.load(part.path, allow_pickle=False)
        yield self.tail()


def kind_of(about: Mapping[str, tuple[tuple[int, ...], npt.DTypeLike]]) -> np.dtype[Any]:
    """One type for fields of these shapes and types, each where a compiled function can work on it."""
    return np.dtype([(name, dtype, shape) for name, (shape, dtype) in about.items()], align=True)


def _map(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """A file as a read-only array; the class of maps, slow to cut, stays behind it."""
    return np.memmap(path, dtype, "r", shape=shape).view(np.ndarray) if math.prod(shape) else np.empty(shape, dtype)


def part_name(name: str, number: int) -> str:
    """What a checkpoint calls a part."""
    return f"part.{name}.{number:05d}"


def pieces(fields: Mapping[str, Sequence[Any] | Array], most: int = PIECE) -> Iterator[dict[str, Any]]:
    """Equally long arrays, so many rows at a time and one piece at least: what looks at maps so keeps no copy of them."""
    rows = max((len(values) for values in fields.values()), default=0)
    for first in range(0, max(rows, 1), most):
        yield {name: values[first : first + most] for name, values in fields.items()}
