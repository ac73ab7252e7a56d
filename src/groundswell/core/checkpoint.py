"""A run stopped at the end of a day: everything it needs to go on to the same bytes."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell.core.errors import StoreError
from groundswell.core.provenance import identity
from groundswell.core.state import State
from groundswell.core.store import read_arrays, write_arrays

if TYPE_CHECKING:
    from groundswell.core.simulate import Engine


def save_checkpoint(engine: Engine, folder: Path, provenance: Mapping[str, Any], day: int) -> None:
    """Store the state after a day, the series and the journals so far; `day` is the next day to simulate."""
    arrays = engine.state.arrays()
    arrays |= {f"series.{name}": np.stack(rows) for name, rows in engine.series.items() if rows}
    for name, parts in engine.journals.items():
        if parts:
            arrays |= {f"journal.{name}.{f}": np.concatenate([p[f] for p in parts]) for f in parts[0]}
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
        known = theirs if isinstance(theirs, dict) else {}
        differs = sorted(k for k in {*mine, *known} if known.get(k) != mine.get(k))
        raise StoreError(f"{folder}: the checkpoint belongs to another run; it differs in {', '.join(differs)}")
    engine.state = State.from_arrays(arrays, engine.model, engine.population.places)
    for name in engine.series:
        if f"series.{name}" in arrays:
            engine.series[name] = list(np.array(arrays[f"series.{name}"]))
    for name in engine.journals:
        fields = {key.split(".", 2)[2]: np.array(a) for key, a in arrays.items() if key.startswith(f"journal.{name}.")}
        engine.journals[name] = [fields] if fields else []
    return int(about["day"])


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
