"""One order, carried out by a process of its own: what `groundswell run` and `compare` do, with its progress on a pipe.

The laboratory writes one line, the order; a further line, or the end of the pipe, asks to stop. The run then stops at the end of its day
and keeps a checkpoint, from which it can go on. When the laboratory is gone, however it went, the pipe ends as well: what a killed one
leaves behind ends within a day of the simulation, and in any case soon.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from groundswell.core.errors import GroundswellError, InputError
from groundswell.lab import places
from groundswell.lab.kept import Order, at_work, read_order
from groundswell.lab.scenarios import read

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.core.run import Run
    from groundswell.experiments import Replicates

SELDOM = 0.1  # seconds between two words about progress
GRACE = 60.0  # seconds that a process without a laboratory has to keep a checkpoint


class Talk:
    """What is said to the laboratory, and heard from it."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.lock, self.spoken = out, threading.Lock(), 0.0
        self.asked = False
        self.told: object = None

    def say(self, **words: Any) -> None:
        """One word; nobody may be there to hear it."""
        with self.lock:
            try:
                print(json.dumps(words), file=self.out, flush=True)
            except (BrokenPipeError, ValueError):
                self.asked = True

    def progress(self, what: str, done: int, of: int) -> None:
        """How far the work is; passes on, to whoever listens for signals now, that a stop was asked for."""
        if self.asked:
            listener = signal.getsignal(signal.SIGINT)
            if listener != self.hear and listener is not self.told:  # a second signal would not wait for the day's end
                self.told = listener
                signal.raise_signal(signal.SIGINT)
        if done == of or time.monotonic() - self.spoken > SELDOM:
            self.spoken = time.monotonic()
            self.say(what=what, done=done, of=of)

    def hear(self, *_: object) -> None:
        """A stop is asked for."""
        self.asked = True

    def listen(self, source: int) -> None:
        """Wait for a word to stop, or the end; after the end there is no waiting for ever."""
        while os.read(source, 1):
            self.asked = True
        self.asked = True
        time.sleep(GRACE)
        os._exit(1)


def first_line(source: int) -> str:
    """The first line of a pipe, without reading on."""
    had = bytearray()
    while (one := os.read(source, 1)) not in (b"", b"\n"):
        had += one
    return had.decode()


def carry_out(root: Path, order: Order, talk: Talk) -> None:
    """Do what was ordered, or go on with it.

    Raises:
        InputError: anything wrong with the scenario or the folder.
        Interrupted: it was stopped.
    """
    from groundswell import experiments

    out = root / order.id
    for path in (out, root / f"{order.id}.checkpoint"):
        if path.is_symlink() or (path.is_dir() and any(places.links(path))):
            raise InputError("a link stands where it would be written, and links are not followed here", key="id")
    scenarios = {arm: read(root, sent) for arm, sent in order.scenarios.items()}
    if talk.asked:
        raise experiments.Interrupted(None, None)
    if order.kind == "run":
        experiments.run(scenarios["runs"], out=out, resume=True, report=_report, progress=talk.progress)
    elif order.kind == "replicates":
        experiments.replicates(scenarios["runs"], order.replicates or 1, out=out, report=_replicates, progress=talk.progress)
    else:
        from groundswell.experiments.compare import compared
        from groundswell.lab.contrasts import contrast_of
        from groundswell.report.comparison import write_comparison

        chosen = contrast_of(order.scenarios, scenarios)
        compared(chosen, order.replicates or 1, out, report=write_comparison, progress=talk.progress)


def _report(run: Run, path: Path, case: Case) -> None:
    from groundswell.report.html import write_report

    write_report(run, path, case=case)


def _replicates(result: Replicates, path: Path) -> None:
    from groundswell.report.html import write_report

    runs, extra = result.runs(), [(f"Means and bands of {len(result)} runs", result.html())]
    write_report(runs[0], path, case=result.scenario.case, replicates=runs, weekly=result.weekly, extra=extra)


def main() -> int:
    """Serve the laboratory that started this process; nothing else may write where it listens."""
    from groundswell.experiments import Interrupted

    source = sys.stdin.fileno()
    talk = Talk(os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"))
    sys.stdout = sys.stderr
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, talk.hear)
    asked = json.loads(first_line(source))
    root, name = Path(asked["root"]), asked["id"]
    threading.Thread(target=talk.listen, args=(source,), daemon=True).start()
    try:
        with at_work(root, name):
            order = read_order(root, name)
            if order is None:
                raise InputError("there is no such order", key="id")
            carry_out(root, order, talk)
        talk.say(end="done")
    except Interrupted as stop:
        talk.say(end="stopped", day=stop.day.isoformat() if stop.day else None)
    except InputError as error:
        talk.say(end="error", message=error.problem, key=error.key, nearest=error.nearest)
    except GroundswellError as error:
        talk.say(end="error", message=str(error), key=None, nearest=None)
    return 0
