"""Tasks done: here, or by a worker process that serves the process which started it.

A worker process reads lines of JSON from its standard input: first what kind of task it is, then batches. It writes what comes out
into the study's folder, and says on its standard output which task it has begun and which part it has written; no outcome crosses the
pipe. Where the process that started it is gone, it ends at once.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from groundswell.core.errors import GroundswellError, InputError, one_line
from groundswell.experiments.running import Interrupted, Stop
from groundswell.studies.kinds import Common, Kind, Output, Outputs, find
from groundswell.studies.parts import Outcomes

# What a faulty function raises for some of its arguments. Anything else (no memory, no disk) ends the process.
FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class Cut(BaseException):
    """A task is left, because a stop was asked for; its outcome would not be kept."""


class Patience(Stop):
    """A request to stop that cuts the task that is being done; what was done before can still be written."""

    def __init__(self) -> None:
        super().__init__()
        self.within = False

    def __call__(self, *given: object) -> None:
        """A signal came."""
        super().__call__(*given)
        if self.within:
            raise Cut


class Performer:
    """Does tasks of one kind.

    Args:
        kind, outputs: what is done, and what comes out.
        common: the common part, with paths.
        patience: whether to stop.
    """

    def __init__(self, kind: Kind, outputs: Outputs, common: Common, patience: Patience) -> None:
        self.kind, self.outputs, self.patience = kind, outputs, patience
        self.prepared = self._cuttable(lambda: kind.ready(common))

    def _cuttable(self, work: Callable[[], Any]) -> Any:
        """What a piece of work gives; it can be cut."""
        if self.patience.asked:
            raise Cut
        self.patience.within = True
        try:
            return work()
        finally:
            self.patience.within = False

    def perform(self, batch: Sequence[tuple[str, str]], begun: Callable[[int], object]) -> Outcomes:
        """The outcomes of a batch, or of as much of it as was done when a stop was asked for.

        Args:
            batch: key and canonical payload of each task.
            begun: called with the place in the batch of each task before it is done.
        """
        found = Outcomes()
        try:
            for place, (key, text) in enumerate(batch):
                begun(place)
                self._one(key, text, found)
        except (Cut, Interrupted):
            self.patience.asked = True
        return found

    def _one(self, key: str, text: str, found: Outcomes) -> None:
        try:
            values = self._cuttable(lambda: self.kind.outcome(self.outputs, self.prepared, json.loads(text)))
        except Interrupted:
            raise
        except GroundswellError as error:
            found.problems[key] = one_line(str(error))
        except FAULTS as error:
            found.problems[key] = one_line(f"{type(error).__name__}: {error}")
        else:
            found.keys.append(key)
            found.values.append(values)


class _Orders:
    """What the process that started this one wants: lines from a pipe, read by a thread of its own."""

    def __init__(self, source: TextIO) -> None:
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.idle = threading.Event()
        threading.Thread(target=self._read, args=(source,), daemon=True).start()

    def _read(self, source: TextIO) -> None:
        for line in source:
            self.idle.clear()
            self.lines.put(line)
        if not self.idle.is_set():  # whoever started this is gone, and nobody waits for what is being done
            os._exit(1)
        self.lines.put(None)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while (line := self.lines.get()) is not None:
            yield json.loads(line)


def serve(source: TextIO, out: TextIO) -> int:
    """Do tasks until there are no more, or a stop is asked for; the exit code."""

    def say(**words: Any) -> None:
        out.write(json.dumps(words) + "\n")
        out.flush()

    patience = Patience()
    with patience.listening():
        orders = _Orders(source)
        waiting = iter(orders)
        try:
            about = next(waiting)
            performer, outputs, parts = _introduced(about, patience)
            orders.idle.set()
            say(ready=True)
            for order in waiting:
                _batch(order["batch"], performer, outputs, parts, say, orders)
                if patience.asked:
                    break
            say(end="stopped" if patience.asked else "done")
        except (Cut, Interrupted):
            say(end="stopped")
        except InputError as error:
            say(end="error", problem=error.problem, file=error.file and str(error.file), line=error.line, key=error.key)
        except GroundswellError as error:
            say(end="error", problem=str(error))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            say(end="error", problem=f"outcomes cannot be written: {error.strerror or error}", file=error.filename)
    return 0


def _introduced(about: Mapping[str, Any], patience: Patience) -> tuple[Performer, Outputs, Path]:
    sys.path[:] = about["path"]
    outputs = {name: Output(dtype, tuple(shape)) for name, (dtype, shape) in about["outputs"].items()}
    return Performer(find(about["kind"]), outputs, about["common"], patience), outputs, Path(about["parts"])


def _batch(
    given: Sequence[Sequence[Any]], performer: Performer, outputs: Outputs, parts: Path, say: Callable[..., None], orders: _Orders
) -> None:
    """A batch done, written, and told."""
    began = time.perf_counter()
    found = performer.perform([(key, text) for _, key, text in given], lambda place: say(at=given[place][0]))
    seconds = time.perf_counter() - began
    say(at=None)
    name = found.write(parts, outputs)
    orders.idle.set()
    say(part=name, seconds=seconds)


def main() -> int:
    """Serve the process that started this one; nothing else may write where it listens."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    sys.stdout = sys.stderr
    try:
        return serve(sys.stdin, out)
    except BrokenPipeError:  # whoever started this is gone, and what is left to be said would fail again
        os._exit(1)
