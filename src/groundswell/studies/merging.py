"""What a study says together: one table, one array an output, from the parts; never all of it in memory.

The table is made block by block: of the parts only those are opened that hold some of a block's tasks. The arrays go row by row to their
places in files, part by part. Both are the same bytes whichever parts hold what.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.store import file_digest, whole_file
from groundswell.experiments.running import Progress
from groundswell.studies.digests import Numbers
from groundswell.studies.kinds import TEXT, Output, Outputs
from groundswell.studies.ledger import Ledger
from groundswell.studies.tasks import WINDOW, Tasks

if TYPE_CHECKING:
    import polars as pl

RESULTS = "results.parquet"
ARRAYS = "arrays"
LONG = 2.0  # seconds after which progress is told
STATUS = ("missing", "done", "failed")


class _Told:
    """Progress of what may be done before anybody wonders."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress, self.began = progress, time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        """So many of so many are done."""
        if self.progress is not None and time.monotonic() - self.began > LONG:
            self.progress("putting together", round(100 * done / max(of, 1)), 100)


def results(tasks: Tasks, outputs: Outputs, ledger: Ledger) -> pl.DataFrame:
    """One row a task: its number, key and payload, `status` (done, failed, missing), `problem`, and the outputs without a shape.

    Outputs of tasks that are not done are null.
    """
    import polars as pl

    return pl.concat(list(_blocks(tasks, outputs, ledger)))


def _blocks(tasks: Tasks, outputs: Outputs, ledger: Ledger) -> Iterator[pl.DataFrame]:
    """The table, some rows at a time, one block at least."""
    scalars = {name: about for name, about in sorted(outputs.items()) if not about.shape}
    for first in range(0, max(len(tasks), 1), WINDOW):
        yield _block(tasks, scalars, ledger, first, min(first + WINDOW, len(tasks)))


def _block(tasks: Tasks, scalars: Mapping[str, Output], ledger: Ledger, first: int, last: int) -> pl.DataFrame:
    import polars as pl

    size = last - first
    problems: list[str | None] = [None] * size
    texts: dict[str, list[str | None]] = {name: [None] * size for name, about in scalars.items() if about.dtype == TEXT}
    numbers = {name: np.zeros(size, about.stored) for name, about in scalars.items() if about.dtype != TEXT}
    part, failed = ledger.part[first:last], ledger.failed[first:last]
    for number in np.unique(part[part >= 0] if scalars else part[failed]).tolist():
        found = ledger.rows(number)
        for task, problem in found.problems.items():
            if first <= task < last:
                problems[task - first] = problem
        mine = (found.numbers >= first) & (found.numbers < last)
        rows, at = found.rows[mine], found.numbers[mine] - first
        for name, column in texts.items():
            given = found.part.texts[name]
            for row, place in zip(rows.tolist(), at.tolist(), strict=True):
                column[place] = given[row]
        for name, values in numbers.items():
            values[at] = found.part.array(name)[rows]
    done = (part >= 0) & ~failed
    status = pl.Series(STATUS, dtype=pl.String).gather(pl.Series(done + 2 * failed.astype(np.uint32)))
    columns: dict[str, Any] = {"status": status, "problem": pl.Series(problems, dtype=pl.String)}
    for name, about in scalars.items():
        if about.dtype == TEXT:
            columns[name] = pl.Series(texts[name], dtype=pl.String)
        else:
            columns[name] = pl.select(pl.when(pl.Series(done)).then(pl.Series(numbers[name]))).to_series()
    return tasks.frame(first, last).with_columns(**columns)


def merge(folder: Path, tasks: Tasks, outputs: Outputs, ledger: Ledger, progress: Progress | None = None) -> dict[str, str]:
    """Write the table and the arrays of a study that is done; the hash of each file.

    Args:
        folder: of the study.
        tasks, outputs, ledger: what it holds.
        progress: called with "putting together" and per cent, where it takes longer than two seconds.

    Raises:
        OSError: one cannot be written.
        StoreError: a part, or the tasks, were altered.
    """
    from groundswell.experiments.tables import write_blocks

    told = _Told(progress)
    shaped = {f"{ARRAYS}/{name}.npy": name for name, about in sorted(outputs.items()) if about.shape}

    def blocks() -> Iterator[pl.DataFrame]:
        rows = 0
        for block in _blocks(tasks, outputs, ledger):
            yield block
            rows += block.height
            told(rows, len(tasks) * (2 if shaped else 1))

    with whole_file(folder / RESULTS) as scratch:
        write_blocks(blocks(), scratch, WINDOW)
    with ExitStack() as stack:
        files = {name: stack.enter_context(whole_file(folder / file)) for file, name in shaped.items()}
        _stack({name: (path, outputs[name]) for name, path in files.items()}, ledger, told)
    return {name: file_digest(folder / name) for name in (RESULTS, *shaped)}


def _stack(targets: Mapping[str, tuple[Path, Output]], ledger: Ledger, told: _Told) -> None:
    """Outputs of all tasks, each as a file in NumPy's format: rows are written to their places, so that it may exceed the memory."""
    tasks = len(ledger.keys)
    with ExitStack() as stack:
        arrays = {name: (stack.enter_context(path.open("r+b")), about) for name, (path, about) in targets.items()}
        heads = {name: _begin(file, about, tasks) for name, (file, about) in arrays.items()}
        for number in range(len(ledger.known) if arrays else 0):
            told(len(ledger.known) + number, 2 * len(ledger.known))
            found = ledger.rows(number)
            lost = np.array(list(found.problems), np.int32)
            for name, (file, about) in arrays.items():
                if len(found.rows):
                    _put(file, heads[name], found.numbers, found.part.array(name)[found.rows])
                _put(file, heads[name], lost, np.full((len(lost), *about.shape), about.nothing, about.stored))


def _begin(file: IO[bytes], about: Output, tasks: int) -> int:
    """Write the head of an array of zeros; where its rows begin."""
    shape = (tasks, *about.shape)
    head = {"descr": np.lib.format.dtype_to_descr(about.stored), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, head)
    begin = file.tell()
    file.truncate(begin + int(np.prod(shape, dtype=np.int64)) * about.stored.itemsize)
    return begin


def _put(file: IO[bytes], begin: int, numbers: Numbers, rows: npt.NDArray[Any]) -> None:
    """Write rows to the places of their numbers; those that follow one another at once."""
    order = np.argsort(numbers, kind="stable")
    numbers, rows = numbers[order], rows[order]
    ends = [*(np.flatnonzero(np.diff(numbers) != 1) + 1).tolist(), len(numbers)]
    width = rows.dtype.itemsize * int(np.prod(rows.shape[1:], dtype=np.int64))
    for first, end in zip([0, *ends], ends, strict=False):
        if first < end:
            file.seek(begin + width * int(numbers[first]))
            file.write(rows[first:end].tobytes())
