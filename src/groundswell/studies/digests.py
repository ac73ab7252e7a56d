"""Many hashes, packed: the keys of a study's tasks, and the names of its parts.

A study may have ten million tasks, and a Python text of 32 digits takes 81 bytes. Here a hash takes 16, and 6.4 more in a table by which
it is found: an array of numbers, addressed by the hash itself, in which whoever finds a place taken goes on to the next one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]
BYTES = 16  # of a hash
STEP = 1 << 16  # hashes that are looked for, or written out, at a time
ROOM = 8 / 5  # places of the table for each hash; fuller, a hash would be far from its place


def words_of(packed: bytes | bytearray) -> Words:
    """Packed hashes as numbers, two a hash; shape (hashes, 2).

    Raises:
        ValueError: they are no whole number of hashes.
    """
    return np.frombuffer(packed, np.uint64).reshape(-1, 2)


def words_from(texts: Sequence[str]) -> Words:
    """The same from 32 hexadecimal digits each.

    Raises:
        ValueError: one is no such text.
    """
    if any(len(text) != 2 * BYTES for text in texts):
        raise ValueError("no hash of 16 bytes")
    return words_of(bytes.fromhex("".join(texts)))


class Digests(Sequence[str]):
    """Hashes of 16 bytes in an order of their own. Asked for one, it gives 32 hexadecimal digits.

    Args:
        words: as `words_of` gives them; they are not copied.
    """

    def __init__(self, words: Words | None = None) -> None:
        self.words = words_of(b"") if words is None else words

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            first, last, step = at.indices(len(self))
            return self.texts(first, last) if step == 1 else [self[k] for k in range(first, last, step)]
        return self.words[at].tobytes().hex()

    def __iter__(self) -> Iterator[str]:
        for first in range(0, len(self), STEP):
            yield from self.texts(first, first + STEP)

    def __eq__(self, other: object) -> bool:
        return np.array_equal(self.words, other.words) if isinstance(other, Digests) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def texts(self, first: int, last: int) -> list[str]:
        """Those from one number up to another, as texts."""
        digits = self.words[first:last].tobytes().hex()
        return [digits[k : k + 2 * BYTES] for k in range(0, len(digits), 2 * BYTES)]

    def numbers(self, words: Words) -> Numbers:
        """The number of each of some hashes; -1 where it is not among these. Shape (hashes,)."""
        found = np.full(len(words), -1, np.int32)
        for first in range(0, len(words), STEP):
            piece = words[first : first + STEP]
            at, place, there = np.arange(len(piece)), self._places(piece), found[first : first + STEP]
            while len(at):
                held = self._table[place]
                taken = held >= 0
                at, place, held = at[taken], place[taken], held[taken]
                mine = (self.words[held] == piece[at]).all(axis=1)
                there[at[mine]] = held[mine]
                at, place = at[~mine], self._next(place[~mine])
        return found

    def let_go(self) -> None:
        """Let the table go until it is asked for again."""
        self.__dict__.pop("_found", None)

    @property
    def repeated(self) -> Numbers:
        """The numbers of those that stand further ahead as well, ascending."""
        return self._found[1]

    @property
    def _table(self) -> Numbers:
        return self._found[0]

    @cached_property
    def _found(self) -> tuple[Numbers, Numbers]:
        """The table, and which hashes are not in it because they stand further ahead as well."""
        table = np.full(self._size, -1, np.int32)
        repeated: list[Numbers] = []
        for first in range(0, len(self), STEP):
            number = np.arange(first, min(first + STEP, len(self)), dtype=np.int32)
            place = self._places(self.words[first : first + STEP])
            while len(number):
                free = table[place] < 0
                table[place[free][::-1]] = number[free][::-1]  # of several that want one place the first has it: it is written last
                held = table[place]
                equal = (self.words[held] == self.words[number]).all(axis=1)
                repeated.append(number[equal & (held != number)])
                number, place = number[~equal], self._next(place[~equal])
        return table, np.sort(np.concatenate([*repeated, np.empty(0, np.int32)]))

    @property
    def _size(self) -> int:
        return int(len(self) * ROOM) + 1

    def _places(self, words: Words) -> npt.NDArray[np.int64]:
        """Where each hash should stand: its first 32 bits, as a share of the table."""
        return (((words[:, 0] >> np.uint64(32)) * np.uint64(self._size)) >> np.uint64(32)).astype(np.int64)

    def _next(self, place: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return (place + 1) % self._size
