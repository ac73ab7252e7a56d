"""Progress on stderr for whatever takes longer than two seconds."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

PATIENCE = 2.0  # seconds without a sign
SURE = 0.02  # share that must be done before the rest can be told from it
BETWEEN = 30.0  # seconds between two lines where stderr is not a terminal
WORDS = {"people": ("building people", "rows"), "days": ("simulating", "days"), "tasks": ("simulating", "runs")}


class Ticker:
    """Says how far a run is: a bar on a terminal, a line now and then elsewhere, nothing where it is quick or quiet.

    Called with what is being done, how many are done and how many there are: "people" or "days", or any words and per cent of 100. What
    stands before a colon tells one piece of work from the next, for the time that is left.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.quiet, self.started, self.spoken = quiet, time.monotonic(), 0.0
        self.state = ("people", 0, 0)
        self.phase_began, self.phase_from = self.started, 0
        self.bar: Any = None
        self.task: Any = None
        self.lock = threading.Lock()
        self.timer = threading.Timer(PATIENCE, self._show)
        self.timer.daemon = True

    def __enter__(self) -> Ticker:
        if not self.quiet:
            self.timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.timer.cancel()
        with self.lock:
            self.quiet = True
            if self.bar is not None:
                self.bar.stop()

    def __call__(self, what: str, done: int, of: int) -> None:
        """So many of so many are done."""
        with self.lock:
            if what.partition(":")[0] != self.state[0].partition(":")[0] or done < self.state[1]:  # other work, or the next of its kind
                self.phase_began, self.phase_from = time.monotonic(), done  # what was done before says nothing of the pace
            self.state = (what, done, of)
            if self.bar is not None:
                self.bar.update(self.task, description=self._doing(), completed=done, total=of, amount=self._amount())
            elif self.spoken and time.monotonic() - self.spoken > BETWEEN:
                self._say()

    def _doing(self) -> str:
        """The first day of a run includes compiling, once for every new version."""
        what, done, of = self.state
        if not of:
            return "getting ready"
        return "compiling, then simulating" if what == "days" and done == 0 else WORDS.get(what, (what, ""))[0]

    def _amount(self) -> str:
        what, done, of = self.state
        if not of:
            return ""
        return f"{done} of {of} {WORDS[what][1]}" if what in WORDS else f"{done} %"

    def _show(self) -> None:
        """After two seconds: begin to show progress."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        with self.lock:
            if self.quiet:
                return
            if not console.is_terminal:
                self._say()
                return
            _, done, of = self.state
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[amount]}"),
                TimeRemainingColumn(),
            )
            self.bar = Progress(*columns, console=console, transient=True)
            self.task = self.bar.add_task(self._doing(), completed=done, total=of, amount=self._amount())
            self.bar.start()

    def _say(self) -> None:
        """One line, with the time that is left at the present pace."""
        import sys

        _, done, of = self.state
        passed = time.monotonic() - self.phase_began
        made, missing = done - self.phase_from, of - self.phase_from
        left = f", about {passed / made * (of - done):.0f} s left" if made > SURE * missing else ""
        told = f": {self._amount()}{left}" if of else ""
        print(self._doing() + told, file=sys.stderr, flush=True)
        self.spoken = time.monotonic()
