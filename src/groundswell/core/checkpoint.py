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

import numpy as np

from groundswell.core.columns import Journal
from groundswell.core.draws import day_number
from groundswell.core.errors import StoreError
from groundswell.core.provenance import identity
from groundswell.core.state import State
from groundswell.core.store import read_arrays, write_arrays

if TYPE_CHECKING:
    from groundswell.core.simulate import Engine


def save_checkpoint(engine: Engine, folder: Path, provenance: Mapping[str, Any], day: int) -> None:
    """Store the state after a day, the series and the journals so far; `day` is the next day to simulate."""
    arrays = engine.state.arrays()
    arrays |= {f"series.{name}": array for name, array in engine.series.arrays().items()}
    for name, rows in engine.journals.items():
        if len(rows):
            arrays |= {f"journal.{name}.{f}": array for f, array in rows.arrays().items()}
    write_arrays(folder, "checkpoint", {"day": day, "run": identity(provenance)}, arrays)


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
    known = set(state.arrays())
    for name, (shape, dtype) in engine.recorded_shapes().items():
        rows = arrays.get(f"series.{name}")
        if not isinstance(day, int) or rows is None or rows.shape != (day - first, *shape) or rows.dtype != dtype:
            raise StoreError(f"{folder}: the checkpoint does not fit this model (series {name})")
        known.add(f"series.{name}")
    for d in engine.model.declared.values():
        if isinstance(d, Journal):
            fields = {f.name: np.array(arrays[key]) for f in d.fields if (key := f"journal.{d.name}.{f.name}") in arrays}
            shapes = {a.shape for a in fields.values()}
            if fields and (len(shapes) > 1 or {n: a.dtype for n, a in fields.items()} != {f.name: np.dtype(f.dtype) for f in d.fields}):
                raise StoreError(f"{folder}: the checkpoint does not fit this model (journal {d.name})")
            known |= {f"journal.{d.name}.{name}" for name in fields}
            if fields:
                engine.journals[d.name].add((fields[f.name] for f in d.fields), max(shapes)[0])
    if not isinstance(day, int) or known != set(arrays):
        raise StoreError(f"{folder}: the checkpoint does not fit this model ({', '.join(sorted(set(arrays) - known)) or 'day'})")
    engine.series.add((arrays[f"series.{name}"] for name in engine.recorded_shapes()), day - first)
    engine.state = state
    return day


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
