"""What a study's folder holds, and what came out of it: reading, without the code of its kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, StoreError, nearest
from groundswell.studies import manifest
from groundswell.studies.kinds import Output
from groundswell.studies.merging import ARRAYS, RESULTS, hash_of, results
from groundswell.studies.parts import Ledger
from groundswell.studies.tasks import Tasks

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
        ledger = self._read()
        return Count(len(self), len(ledger.done), len(ledger.failed))

    def missing(self) -> list[int]:
        """The numbers of the tasks that are still to be done."""
        ledger = self._read()
        return [number for number, key in enumerate(self._tasks.keys) if key not in ledger.done and key not in ledger.failed]

    def failed(self) -> dict[int, str]:
        """What went wrong, by the number of the task."""
        problems = self._read().problems
        return {number: problems[key] for number, key in enumerate(self._tasks.keys) if key in problems}

    def frame(self) -> pl.DataFrame:
        """One row a task: `task`, `key`, a column for each entry of the payloads, `status` (done, failed, missing), `problem`, and the
        outputs without a shape. What is not done is null.
        """  # noqa: D205 - the columns are the point
        import polars as pl

        if self._merged() and not self._as_written(RESULTS):
            self._again()  # another process may have put more together
        if self._merged():
            if not self._as_written(RESULTS):
                raise StoreError(f"{self.folder / RESULTS}: was altered since it was written")
            try:
                return pl.read_parquet(self.folder / RESULTS)
            except (OSError, pl.exceptions.PolarsError) as error:
                raise StoreError(f"{self.folder / RESULTS}: cannot be read ({type(error).__name__})") from None
        return results(self._tasks, self._about.outputs, self._read())

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
            column = self.frame()[name]
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
        manifest.read_tasks(self.folder, manifest.read(self.folder))
        ledger = Ledger(self.folder / PARTS)
        ledger.read()
        for name in (self._about.merged or {}).get("files", {}):
            if not self._as_written(name):
                raise StoreError(f"{self.folder / name}: missing, or altered since it was written")

    # how

    def _read(self) -> Ledger:
        """The ledger as the parts are now."""
        self._ledger.read()
        if self._odd() is not None:
            self._again()
        odd = self._odd()
        if odd is not None:
            raise StoreError(f"{self.folder / PARTS}: holds outcomes of another study (task {odd})")
        return self._ledger

    def _odd(self) -> str | None:
        """The key of an outcome that belongs to no task, if there is one."""
        known = set(self._tasks.keys)
        return next((key for kept in (self._ledger.done, self._ledger.failed) for key in kept if key not in known), None)

    def _again(self) -> None:
        """Read what the study is once more: another process may have extended or finished it."""
        held = self._about.tasks
        self._about = manifest.read(self.folder).moved(self._about.paths)
        if not held or self._about.tasks != held:  # the same tasks are not read twice: there may be many
            self._tasks = manifest.read_tasks(self.folder, self._about)

    def _merged(self) -> bool:
        """Whether the outcomes of all tasks are put together."""
        if self._about.merged is None:
            self._again()
        merged = self._about.merged
        return merged is not None and merged["tasks"] == len(self) and all((self.folder / name).is_file() for name in merged["files"])

    def _as_written(self, name: str) -> bool:
        """Whether a file of those that were put together has the hash that was written down for it."""
        path, files = self.folder / name, (self._about.merged or {}).get("files", {})
        return path.is_file() and hash_of(path) == files.get(name)
