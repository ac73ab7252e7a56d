"""Outcomes of tasks as they are kept: one file a batch, written whole, named by its content.

A part is a zip archive as `numpy.savez` writes it, with `about.json` (keys, problems, texts) and one `.npy` an output, whose rows are the
tasks that were done. Its name is the BLAKE2b of its bytes, so that a part that was altered is known as such, and the same outcomes written
twice are one file.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import StoreError
from groundswell.core.store import digest, whole_file
from groundswell.studies.digests import Words, words_from
from groundswell.studies.kinds import TEXT, Outputs

Array = npt.NDArray[Any]
ABOUT = "about.json"
THEN = (1980, 1, 1, 0, 0, 0)  # the date of every member: bytes must not tell when they were written
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
            self.words: Words = words_from([*self.keys, *self.problems])  # of those that were done, then of those that failed
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
