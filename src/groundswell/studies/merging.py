"""What a study says together: one table, one array an output, from the parts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell.core.store import whole_file
from groundswell.studies.kinds import TEXT, Outputs
from groundswell.studies.parts import Ledger
from groundswell.studies.tasks import Tasks

if TYPE_CHECKING:
    import polars as pl

RESULTS = "results.parquet"
ARRAYS = "arrays"


def hash_of(path: Path) -> str:
    """BLAKE2b of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def results(tasks: Tasks, outputs: Outputs, ledger: Ledger) -> pl.DataFrame:
    """One row a task: its number, key and payload, `status` (done, failed, missing), `problem`, and the outputs without a shape.

    Outputs of tasks that are not done are null.
    """
    import polars as pl

    scalars = {name: about for name, about in sorted(outputs.items()) if not about.shape}
    places = {key: number for number, key in enumerate(tasks.keys)}
    texts: dict[str, list[str | None]] = {name: [None] * len(tasks) for name, about in scalars.items() if about.dtype == TEXT}
    numbers = {name: np.zeros(len(tasks), about.stored) for name, about in scalars.items() if about.dtype != TEXT}
    for part, rows in ledger.parts() if scalars else ():
        at = [places[part.keys[row]] for row in rows]
        for name, column in texts.items():
            for row, place in zip(rows, at, strict=True):
                column[place] = part.texts[name][row]
        for name, values in numbers.items():
            values[at] = part.array(name)[rows]
    status = ["done" if key in ledger.done else "failed" if key in ledger.failed else "missing" for key in tasks.keys]
    columns: dict[str, Any] = {
        "status": pl.Series(status, dtype=pl.String),
        "problem": pl.Series([ledger.problems.get(key) for key in tasks.keys], dtype=pl.String),
    }
    done = pl.Series([one == "done" for one in status], dtype=pl.Boolean)
    for name, about in scalars.items():
        if about.dtype == TEXT:
            columns[name] = pl.Series(texts[name], dtype=pl.String)
        else:
            columns[name] = pl.select(pl.when(done).then(pl.Series(numbers[name]))).to_series()
    return tasks.frame().with_columns(**columns)


def merge(folder: Path, tasks: Tasks, outputs: Outputs, ledger: Ledger) -> dict[str, str]:
    """Write the table and the arrays of a study that is done; the hash of each file.

    Raises:
        OSError: one cannot be written.
    """
    from groundswell.experiments.tables import write_parquet

    with whole_file(folder / RESULTS) as scratch:
        write_parquet(results(tasks, outputs, ledger), scratch)
    written = [RESULTS]
    for name, about in sorted(outputs.items()):
        if about.shape:
            written.append(f"{ARRAYS}/{name}.npy")
            with whole_file(folder / written[-1]) as scratch:
                _stack(scratch, name, outputs, tasks, ledger)
    return {name: hash_of(folder / name) for name in written}


def _stack(path: Path, name: str, outputs: Outputs, tasks: Tasks, ledger: Ledger) -> None:
    """One output of all tasks as a file; through a memory map, so that it may exceed the memory."""
    about = outputs[name]
    shape = (len(tasks), *about.shape)
    if not np.prod(shape):  # a map cannot be empty
        with path.open("wb") as file:
            np.save(file, np.empty(shape, about.stored), allow_pickle=False)
        return
    places: Mapping[str, int] = {key: number for number, key in enumerate(tasks.keys)}
    stacked = np.lib.format.open_memmap(path, mode="w+", dtype=about.stored, shape=shape)
    for part, rows in ledger.parts():
        if rows:
            stacked[[places[part.keys[row]] for row in rows]] = part.array(name)[rows]
    failed = [places[key] for key in ledger.failed]
    if failed:
        stacked[failed] = about.nothing
    stacked.flush()
    del stacked
