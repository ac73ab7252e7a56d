"""What became of each task of a study: which part holds its outcome, read from the parts, which are the truth.

Five bytes a task, and some twenty a part. What a task returned, or why it failed, stays in its part until it is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import StoreError
from groundswell.studies.digests import Digests, Numbers, Words, words_of
from groundswell.studies.parts import Part, write

DAMAGED = ".damaged"  # ends the name of a part that was set aside
NAME = re.compile(r"[0-9a-f]{32}\.npz")
LIKE_A_PART = re.compile(r"[0-9a-f].*\.npz")


@dataclass(frozen=True)
class Rows:
    """What of a part counts.

    Args:
        part: it.
        rows, numbers: of what was done: its row in the part, and the number of its task; shape (rows,).
        problems: of what failed: why, by the number of its task.
    """

    part: Part
    rows: npt.NDArray[np.int64]
    numbers: Numbers
    problems: dict[int, str]


class Ledger:
    """Which tasks are done or failed, and in which part they are.

    Args:
        folder: of the parts.
        keys: of the tasks.

    Attributes:
        part: of each task: the number of the part that holds its outcome, -1 where none does; shape (tasks,).
        failed: whether that is a failure; shape (tasks,).
        odd: the key of an outcome that belongs to none of the tasks, if there is one.
    """

    def __init__(self, folder: Path, keys: Digests) -> None:
        self.folder, self.keys = folder, keys
        self._begin()

    def _begin(self) -> None:
        self.part, self.failed = np.full(len(self.keys), -1, np.int32), np.zeros(len(self.keys), np.bool_)
        self.known = Digests()  # names of the parts, in the order in which they were read
        self.odd: str | None = None

    def longer(self, keys: Digests) -> None:
        """Take note that more tasks have come after those that there were."""
        more = len(keys) - len(self.keys)
        self.keys, self.part = keys, np.concatenate([self.part, np.full(more, -1, np.int32)])
        self.failed = np.concatenate([self.failed, np.zeros(more, np.bool_)])

    # asked

    def count(self) -> tuple[int, int]:
        """How many tasks are done, and how many failed."""
        failed = int(np.count_nonzero(self.failed))
        return int(np.count_nonzero(self.part >= 0)) - failed, failed

    def missing(self) -> Numbers:
        """The numbers of the tasks that are neither done nor failed."""
        return np.flatnonzero(self.part < 0).astype(np.int32)

    def is_done(self, numbers: Numbers) -> npt.NDArray[np.bool_]:
        """Whether each of some tasks is done."""
        found: npt.NDArray[np.bool_] = (self.part[numbers] >= 0) & ~self.failed[numbers]
        return found

    def problems(self) -> dict[int, str]:
        """Why tasks failed, by their numbers."""
        found: dict[int, str] = {}
        for number in np.unique(self.part[self.failed]).tolist():
            found |= self.rows(number).problems
        return dict(sorted(found.items()))

    def rows(self, number: int) -> Rows:
        """What a part holds that counts: of a task that is in two parts, one.

        Args:
            number: of the part.
        """
        part = Part(self.folder / f"{self.known[number]}.npz")
        numbers = self.keys.numbers(part.words)
        mine = (numbers >= 0) & (self.part[numbers] == number)
        done, rest = np.flatnonzero(mine[: len(part.keys)]), np.flatnonzero(mine[len(part.keys) :])
        done = done[~self.failed[numbers[done]]]
        reasons, of = list(part.problems.values()), numbers[len(part.keys) :]
        return Rows(part, done, numbers[done], {int(of[k]): reasons[k] for k in rest.tolist() if self.failed[of[k]]})

    def parts(self) -> Iterator[Rows]:
        """Every part, and what in it counts."""
        for number in range(len(self.known)):
            yield self.rows(number)

    # read

    def read(self, *, mend: bool = False) -> list[str]:
        """Read the parts that are not known yet.

        Args:
            mend: set those aside that cannot be read (half of a file after a crash of the machine), so that their tasks are missing again.

        Returns:
            The names of those that were set aside.

        Raises:
            StoreError: one was altered.
        """
        present, strange = self._present()
        seen = self.known.numbers(present) >= 0
        if seen.sum() < len(self.known):  # parts were taken away: begin anew
            self._begin()
            seen[:] = False
        aside: list[str] = []
        for name in strange:
            self._set_aside(name, StoreError(f"{self.folder / name}: is no part of a study; remove it"), aside, mend=mend)
        new, first = present[~seen], len(self.known)
        entered = np.zeros(len(new), np.bool_)
        try:
            for k, key in enumerate(Digests(new)):
                try:
                    part = Part(self.folder / f"{key}.npz")
                except StoreError as error:
                    self._set_aside(f"{key}.npz", error, aside, mend=mend)
                    continue
                self._enter(first, part)
                entered[k] = True
                first += 1
        finally:
            self.known = Digests(np.concatenate([self.known.words, new[entered]]))
        return aside

    def _present(self) -> tuple[Words, list[str]]:
        """The names of the parts that are there, ascending, and of other files that look like one."""
        packed, strange = bytearray(), []
        if self.folder.is_dir():
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if NAME.fullmatch(entry.name):
                        packed += bytes.fromhex(entry.name.removesuffix(".npz"))
                    elif LIKE_A_PART.fullmatch(entry.name):
                        strange.append(entry.name)
        words = words_of(packed)
        digits = words.view(">u8")
        return words[np.lexsort((digits[:, 1], digits[:, 0]))], sorted(strange)

    def _set_aside(self, name: str, error: StoreError, aside: list[str], *, mend: bool) -> None:
        if not mend:
            raise error
        (self.folder / name).replace(self.folder / f"{name}{DAMAGED}")
        aside.append(name)

    def _enter(self, number: int, part: Part) -> None:
        """Take note of what a part holds. A task that was done once is done, even where it failed another time."""
        numbers = self.keys.numbers(part.words)
        if (numbers < 0).any() and self.odd is None:
            self.odd = [*part.keys, *part.problems][int(np.argmin(numbers))]
        done, failed = numbers[: len(part.keys)], numbers[len(part.keys) :]
        done, failed = done[done >= 0], failed[failed >= 0]
        self.part[done], self.failed[done] = number, False
        failed = failed[~self.is_done(failed)]
        self.part[failed], self.failed[failed] = number, True

    def forget_failures(self) -> None:
        """Keep of the parts what was done only, so that failed tasks are missing again."""
        for number in np.unique(self.part[self.failed]).tolist():
            old = Part(self.folder / f"{self.known[number]}.npz")
            write(self.folder, old.keys, {}, old.texts, {each: old.array(each) for each in old.names})
            old.path.unlink()
        self._begin()
        self.read()
