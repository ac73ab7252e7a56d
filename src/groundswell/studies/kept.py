"""What a study's folder holds, and what came out of it: reading, without the code of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, StoreError, nearest
from groundswell.core.store import file_digest
from groundswell.studies import manifest, payloads
from groundswell.studies.digests import Numbers, words_of
from groundswell.studies.kinds import Output
from groundswell.studies.ledger import Ledger
from groundswell.studies.merging import ARRAYS, RESULTS, results
from groundswell.studies.tasks import WINDOW, Tasks, canonical, plain

if TYPE_CHECKING:
    import polars as pl

PARTS = "parts"


@dataclass(frozen=True)
class Count:
    """How many tasks a study has, and what became of them."""

    tasks: int
    done: int
    failed: int

    @property
    def missing(self) -> int:
        """Tasks that are still to be done."""
        return self.tasks - self.done - self.failed


class Kept:
    """The folder of a study as it can be read and asked; `Study` makes it and works on it."""

    folder: Path
    _about: manifest.About
    _tasks: Tasks
    _ledger: Ledger

    @property
    def kind(self) -> str:
        """The name of the kind of its tasks."""
        return self._about.kind

    @property
    def made_with(self) -> str:
        """The version of groundswell with which it was begun."""
        return self._about.made_with

    @property
    def common(self) -> dict[str, Any]:
        """What all tasks share, and where things are."""
        return {**self._about.common, **self._about.paths}

    @property
    def outputs(self) -> dict[str, Output]:
        """What its tasks return, by name."""
        return dict(self._about.outputs)

    @property
    def notes(self) -> dict[str, Any]:
        """What whoever began it wrote down; see `note`."""
        return dict(self._about.notes)

    @property
    def tasks(self) -> Tasks:
        """Its tasks, in order."""
        return self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    def __repr__(self) -> str:
        return f"<study of {len(self):,} tasks of {self.kind} in {self.folder}>"

    def count(self) -> Count:
        """How many tasks are done and how many failed."""
        done, failed = self._read().count()
        return Count(len(self), done, failed)

    def missing(self) -> list[int]:
        """The numbers of the tasks that are still to be done."""
        found: list[int] = self._read().missing().tolist()
        return found

    def failed(self) -> dict[int, str]:
        """What went wrong, by the number of the task."""
        return self._read().problems()

    def numbers(self, payloads: Iterable[Mapping[str, Any]]) -> Numbers:
        """The number of the task of each payload; -1 where there is none. Shape (payloads,).

        Raises:
            InputError: one is no plain JSON.
        """
        rest, made = iter(payloads), self._about.keys
        found = [np.empty(0, np.int32)]
        while texts := [canonical(plain(one, "payload")) for one in islice(rest, WINDOW)]:
            found.append(self._tasks.keys.numbers(words_of(made.packed(texts))))
        return np.concatenate(found)

    def frame(self) -> pl.DataFrame:
        """One row a task: `task`, `key`, a column for each entry of the payloads, `status` (done, failed, missing), `problem`, and the
        outputs without a shape. What is not done is null.
        """  # noqa: D205 - the columns are the point
        found = self._table()
        if found is None:
            self._again()
            found = results(self._tasks, self._about.outputs, self._read())
        return found

    def arrays(self, name: str) -> npt.NDArray[Any]:
        """An output of every task, in their order; shape (tasks, ...), read-only. Rows of failed tasks hold nan, or 0.

        Raises:
            InputError: no such output; or tasks are missing, and those that are done are no fair sample of all.
        """
        about = self._about.outputs.get(name)
        if about is None or about.dtype == "text":
            raise InputError("the study's tasks return no such array", key=name, nearest=nearest(name, self._about.outputs))
        if not self._merged():
            count = self.count()
            left = (
                f"{count.missing:,} of {count.tasks:,} tasks are still to be done" if count.missing else "outcomes are not put together yet"
            )
            raise InputError(f"{left}; run the study first", file=self.folder)
        if not about.shape:
            table = self._table(name)
            column = (self.frame() if table is None else table)[name]
            filled = column.fill_null(about.nothing) if about.dtype != "?" else column.fill_null(False)
            return np.asarray(filled.to_numpy()).astype(about.stored)
        path = self.folder / ARRAYS / f"{name}.npy"
        try:
            found: npt.NDArray[Any] = np.load(path, mmap_mode="r" if len(self) and np.prod(about.shape) else None, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise StoreError(f"{path}: not a readable array") from error
        if found.shape != (len(self), *about.shape) or found.dtype != about.stored:
            raise StoreError(f"{path}: was altered since it was written")
        return found.view(np.ndarray)

    def verify(self) -> None:
        """Compare every kept byte with its hash, and every key with its payload.

        Raises:
            StoreError: something was altered or is missing.
        """
        about = manifest.read(self.folder)
        Ledger(self.folder / PARTS, payloads.read(self.folder, about.keys, about.tasks).keys).read()
        for name in (self._about.merged or {}).get("files", {}):
            if not self._as_written(name):
                raise StoreError(f"{self.folder / name}: missing, or altered since it was written")

    # how

    def _read(self) -> Ledger:
        """The ledger as the parts are now."""
        self._ledger.read()
        if self._ledger.odd is not None:  # another process may have added tasks
            self._again()
            self._ledger = Ledger(self.folder / PARTS, self._tasks.keys)
            self._ledger.read()
        if self._ledger.odd is not None:
            raise StoreError(f"{self.folder / PARTS}: holds outcomes of another study (task {self._ledger.odd})")
        return self._ledger

    def _again(self) -> None:
        """Read what the study is once more: another process may have extended or finished it."""
        held = self._about.tasks
        self._about = manifest.read(self.folder).moved(self._about.paths)
        if not held or self._about.tasks != held:  # the same tasks are not read twice: there may be many
            self._tasks = payloads.read(self.folder, self._about.keys, self._about.tasks)
            self._ledger = Ledger(self.folder / PARTS, self._tasks.keys)

    def _table(self, name: str | None = None) -> pl.DataFrame | None:
        """What was put together, or one column of it; None where nothing is.

        Raises:
            StoreError: it was altered.
        """
        import polars as pl

        if self._merged() and not self._as_written(RESULTS):
            self._again()  # another process may have put more together
        if not self._merged():
            return None
        path = self.folder / RESULTS
        if not self._as_written(RESULTS):
            raise StoreError(f"{path}: was altered since it was written")
        try:
            return pl.read_parquet(path, columns=None if name is None else [name])
        except (OSError, pl.exceptions.PolarsError) as error:
            raise StoreError(f"{path}: cannot be read ({type(error).__name__})") from None

    def _merged(self) -> bool:
        """Whether the outcomes of all tasks are put together."""
        if self._about.merged is None:
            self._again()
        merged = self._about.merged
        return merged is not None and merged["tasks"] == len(self) and all((self.folder / name).is_file() for name in merged["files"])

    def _as_written(self, name: str) -> bool:
        """Whether a file of those that were put together has the hash that was written down for it."""
        path, files = self.folder / name, (self._about.merged or {}).get("files", {})
        return path.is_file() and file_digest(path) == files.get(name)
