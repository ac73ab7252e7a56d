"""A run stopped at the end of a day: everything it needs to go on to the same bytes."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from groundswell.core.draws import day_number
from groundswell.core.errors import StoreError
from groundswell.core.provenance import identity
from groundswell.core.rows import Rows, part_name
from groundswell.core.state import State
from groundswell.core.store import Sealed, read_arrays, read_sealed, write_arrays

if TYPE_CHECKING:
    from groundswell.core.simulate import Engine


def save_checkpoint(engine: Engine, folder: Path, provenance: Mapping[str, Any], day: int) -> None:
    """Store the state after a day and the rows since the last part, and name the parts; `day` is the next day to simulate.

    What it costs does not grow with the days: parts that were put aside are neither read nor written again.
    """
    arrays, parts = engine.state.arrays(), dict[str, Sealed]()
    for rows in engine.rows:
        if len(rows) or rows is engine.series:
            arrays |= {f"{rows.name}.{field}": array for field, array in rows.tail().items()}
        parts |= {part_name(rows.name, k): part for k, (part, _) in enumerate(rows.parts)}
    about = {"day": day, "run": identity(provenance), "rows": {rows.name: len(rows) for rows in engine.rows}}
    write_arrays(folder, "checkpoint", about, arrays, parts)


def load_checkpoint(engine: Engine, folder: Path, provenance: Mapping[str, Any]) -> int:
    """Put an engine where the checkpoint left it; returns the next day to simulate.

    Raises:
        StoreError: the checkpoint is altered, or belongs to another run (naming what differs).
    """
    about, arrays = read_arrays(folder, "checkpoint")
    mine = json.loads(json.dumps(identity(provenance)))
    theirs = about.get("run")
    if not isinstance(theirs, dict) or theirs != mine:
        other = theirs if isinstance(theirs, dict) else {}
        differs = sorted(k for k in {*mine, *other} if other.get(k) != mine.get(k))
        raise StoreError(f"{folder}: the checkpoint belongs to another run; it differs in {', '.join(differs)}")
    day, first = about.get("day"), day_number(date.fromisoformat(provenance["start"]))
    state = State.from_arrays(arrays, engine.model, engine.population.places)
    known, files = set(state.arrays()), read_sealed(folder, "checkpoint")
    for rows in engine.rows:
        known |= _put_back(rows, arrays, files, folder)
    found = {rows.name: len(rows) for rows in engine.rows}
    if not isinstance(day, int) or known != set(arrays) or found != about.get("rows") or len(engine.series) != day - first:
        raise StoreError(f"{folder}: the checkpoint does not fit this model ({', '.join(sorted(set(arrays) - known)) or 'day or rows'})")
    engine.state = state
    return day


def _put_back(rows: Rows, arrays: Mapping[str, npt.NDArray[Any]], files: Mapping[str, Sealed], folder: Path) -> set[str]:
    """Give rows what a checkpoint holds of them; the names of the arrays that it is."""

    def wrong(what: str) -> StoreError:
        return StoreError(f"{folder}: the checkpoint does not fit this model ({what})")

    parts: list[str] = []
    while (name := part_name(rows.name, len(parts))) in arrays:
        if arrays[name].dtype != rows.kind or arrays[name].ndim != 1:
            raise wrong(name)
        parts.append(name)
    rows.put_back((files[name], len(arrays[name])) for name in parts)
    tail = {field: arrays[key] for field in rows.about if (key := f"{rows.name}.{field}") in arrays}
    if tail:
        lengths = {len(a) for a in tail.values() if a.ndim}
        count = lengths.pop() if len(lengths) == 1 else -1
        if {f: (a.shape, a.dtype) for f, a in tail.items()} != {f: ((count, *shape), d) for f, (shape, d) in rows.about.items()}:
            raise wrong(rows.name)
        rows.add(tail.values(), count)
    return {*parts, *(f"{rows.name}.{field}" for field in tail)}


@contextmanager
def interrupt_after_day() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C wait for the end of the day, so that a checkpoint can be written; a second one does not wait.

    Yields:
        Whether Ctrl-C was pressed. Outside the main thread, which alone gets signals, never.
    """
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        if pressed.is_set() and callable(before):
            before(number, frame)
        pressed.set()

    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        if before is signal.default_int_handler:
            signal.signal(signal.SIGINT, before)
