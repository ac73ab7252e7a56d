"""One run of a study: performed here, or by a worker process that serves the process which started it.

A worker process reads jobs from its standard input and says on its standard output how far it is, one JSON document a line. Runs
come back as folders, never as objects. When the process that started it is gone, its next word has no reader and it ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from groundswell.core.errors import GroundswellError, InputError
from groundswell.experiments.directory import ABOUT, write
from groundswell.experiments.plain import as_document, from_document
from groundswell.experiments.running import Interrupted, run, simulated, within_scope
from groundswell.experiments.scenario import Scenario

if TYPE_CHECKING:
    from groundswell.core.run import Run

SELDOM = 0.1  # seconds between two words about progress


@dataclass(frozen=True)
class Job:
    """One run of a study.

    Args:
        scenario: what is run.
        folder: where it is kept.
        whole: keep it as `run` does, with a checkpoint when it is stopped; otherwise only the tables that numbers come from.
        compiled: whether its steps are compiled.
    """

    scenario: Scenario
    folder: Path
    whole: bool = True
    compiled: bool = True

    def line(self) -> str:
        """The job as a line of JSON."""
        here = self.folder.absolute()
        about = {
            "scenario": as_document(self.scenario, here),
            "case": str(self.scenario.case.folder.absolute()),
            "folder": str(here),
            "whole": self.whole,
            "compiled": self.compiled,
        }
        return json.dumps(about)

    @classmethod
    def of_line(cls, line: str) -> Job:
        """A job from its line."""
        about = json.loads(line)
        folder = Path(about["folder"])
        return cls(from_document(about["scenario"], folder / ABOUT, about["case"]), folder, about["whole"], about["compiled"])


def perform(job: Job, days: Callable[[int], None]) -> Run:
    """Run a job and keep it.

    Args:
        days: called with the number of days that are done.

    Raises:
        Interrupted: stopped by a signal.
    """

    def tell(what: str, done: int, _: int) -> None:
        if what == "days":
            days(done)

    if job.whole:
        return run(job.scenario, out=job.folder, resume=True, compiled=job.compiled, progress=tell)
    result = simulated(job.scenario, checkpoint=None, resume=False, compiled=job.compiled, progress=tell, shelf=job.folder)
    write(result, job.scenario, job.folder, counts_only=True)
    return within_scope(result, job.scenario.case, job.folder)


def serve(source: TextIO, out: TextIO) -> int:
    """Perform jobs until there are no more; the exit code."""
    spoken = 0.0

    def say(**words: Any) -> None:
        print(json.dumps(words), file=out, flush=True)

    def days(done: int) -> None:
        nonlocal spoken
        if time.monotonic() - spoken > SELDOM:
            say(days=done)
            spoken = time.monotonic()

    for line in source:
        try:
            perform(Job.of_line(line), days)
            say(end="done")
        except Interrupted:
            say(end="stopped")
            return 0
        except InputError as error:
            say(end="error", problem=error.problem, file=error.file and str(error.file), line=error.line, key=error.key)
        except GroundswellError as error:
            say(end="error", problem=str(error))
    return 0


def main() -> int:
    """Serve the process that started this one; nothing else may write where it listens."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    sys.stdout = sys.stderr
    try:
        return serve(sys.stdin, out)
    except BrokenPipeError:  # whoever started this is gone, and what is left to be said would fail again
        os._exit(1)
