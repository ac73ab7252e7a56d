"""Outcomes of tasks as they are kept: one file a batch, written whole, named by its content.

A part is a zip archive as `numpy.savez` writes it, with `about.json` (keys, problems, texts) and one `.npy` an output, whose rows are the
tasks that were done. Its name is the BLAKE2b of its bytes, so that a part that was altered is known as such, and the same outcomes written
twice are one file.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import StoreError
from groundswell.core.store import digest, whole_file
from groundswell.studies.kinds import TEXT, Outputs

Array = npt.NDArray[Any]
ABOUT = "about.json"
THEN = (1980, 1, 1, 0, 0, 0)  # the date of every member: bytes must not tell when they were written
DAMAGED = ".damaged"  # ends the name of a part that was set aside
QUICK = 1  # level of compression: counts are mostly zeros, and more would cost more than it saves


@dataclass
class Outcomes:
    """What became of some tasks.

    Args:
        keys: of the tasks that were done, and `values` of each, as `Kind.outcome` gives them.
        problems: why the others failed, by key.
    """

    keys: list[str] = field(default_factory=list)
    values: list[Mapping[str, Any]] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path, outputs: Outputs) -> str | None:
        """Keep them in a folder of parts; the name of the file, or None where there is nothing to keep.

        Raises:
            OSError: it cannot be written.
        """
        numbers = {name: about for name, about in outputs.items() if about.dtype != TEXT}
        arrays = {name: _stacked([row[name] for row in self.values], about.shape, about.stored) for name, about in numbers.items()}
        texts = {name: [row[name] for row in self.values] for name, about in outputs.items() if about.dtype == TEXT}
        return write(folder, self.keys, self.problems, texts, arrays)


def _stacked(rows: Sequence[Array], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    return np.stack(rows).astype(dtype, copy=False) if rows else np.empty((0, *shape), dtype)


def write(
    folder: Path, keys: Sequence[str], problems: Mapping[str, str], texts: Mapping[str, Sequence[str]], arrays: Mapping[str, Array]
) -> str | None:
    """Write a part; the name of the file, or None where there is nothing to keep."""
    if not keys and not problems:
        return None
    about = {"keys": list(keys), "problems": dict(problems), "texts": {name: list(column) for name, column in texts.items()}}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        _add(archive, ABOUT, json.dumps(about, sort_keys=True, ensure_ascii=True).encode())
        for name, array in sorted(arrays.items()):
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            _add(archive, f"{name}.npy", member.getvalue())
    content = made.getvalue()
    target = folder / f"{digest(content)}.npz"
    if not target.exists():
        with whole_file(target) as scratch:
            scratch.write_bytes(content)
    return target.name


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, THEN)
    archive.writestr(member, content, zipfile.ZIP_DEFLATED, QUICK)


class Part:
    """A part that is read: its bytes are compared with its name.

    Args:
        path: of the file.

    Raises:
        StoreError: it was altered, or is no part.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            content = path.read_bytes()
            if f"{digest(content)}.npz" != path.name:
                raise StoreError(f"{path}: was altered since it was written; remove it, and run the study again")
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            about = json.loads(self._archive.read(ABOUT))
            self.keys: list[str] = list(about["keys"])
            self.problems: dict[str, str] = dict(about["problems"])
            self.texts: dict[str, list[str]] = dict(about["texts"])
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise StoreError(f"{path}: is no part of a study that can be read ({type(error).__name__})") from error

    @property
    def names(self) -> list[str]:
        """The outputs that are no texts."""
        return [member.removesuffix(".npy") for member in self._archive.namelist() if member != ABOUT]

    def array(self, name: str) -> Array:
        """The values of an output that is no text; one row a task that was done.

        Raises:
            StoreError: there is no such array in it.
        """
        try:
            with self._archive.open(f"{name}.npy") as member:
                found: Array = np.lib.format.read_array(member, allow_pickle=False)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise StoreError(f"{self.path}: holds no readable {name!r}") from error
        return found


@dataclass
class Ledger:
    """Which tasks are done or failed, and in which part they are: read from the parts, which are the truth.

    Args:
        folder: of the parts.
    """

    folder: Path
    done: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def read(self, *, mend: bool = False) -> list[str]:
        """Read the parts that are not known yet.

        Args:
            mend: set those aside that cannot be read (half of a file after a crash of the machine), so that their tasks are missing again.

        Returns:
            The names of those that were set aside.

        Raises:
            StoreError: one was altered.
        """
        present = {path.name for path in self.folder.glob("[0-9a-f]*.npz")} if self.folder.is_dir() else set()
        if self.known - present:  # parts were taken away: begin anew
            for known in (self.done, self.failed, self.problems, self.known):
                known.clear()
        aside = []
        for name in sorted(present - self.known):
            try:
                self.enter(name, Part(self.folder / name))
            except StoreError:
                if not mend:
                    raise
                (self.folder / name).replace(self.folder / f"{name}{DAMAGED}")
                aside.append(name)
        return aside

    def enter(self, name: str, part: Part) -> None:
        """Take note of what a part holds. A task that was done once is done, even where it failed another time."""
        self.known.add(name)
        for key in part.keys:
            self.done[key] = name
            self.failed.pop(key, None)
            self.problems.pop(key, None)
        for key, problem in part.problems.items():
            if key not in self.done:
                self.failed[key] = name
                self.problems[key] = problem

    def parts(self) -> Iterator[tuple[Part, list[int]]]:
        """Every part, and the rows in it that count: of a task that is in two parts, one."""
        for name in sorted(self.known):
            part = Part(self.folder / name)
            yield part, [row for row, key in enumerate(part.keys) if self.done[key] == name]

    def forget_failures(self) -> None:
        """Keep of the parts what was done only, so that failed tasks are missing again."""
        for name in sorted(set(self.failed.values())):
            old = Part(self.folder / name)
            write(self.folder, old.keys, {}, old.texts, {each: old.array(each) for each in old.names})
            old.path.unlink()
        self.read()
