"""Many runs at once: this process takes jobs, and so do worker processes, until all are done."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from groundswell.core import children
from groundswell.core.errors import GroundswellError, InputError
from groundswell.experiments.resolve import ROW_BYTES, memory_bytes
from groundswell.experiments.running import Interrupted, Progress, Stop
from groundswell.experiments.worker import Job, perform

if TYPE_CHECKING:
    from groundswell.core.run import Run

WAIT = 0.05  # seconds between two looks at whether a stop was asked for
PROGRAM = "import sys; from groundswell.experiments.worker import main; sys.exit(main())"


def check_workers(asked: int | None) -> None:
    """Whether so many processes can be meant.

    Raises:
        InputError: none were asked for, or more than a thousand.
    """
    if asked is not None and not 1 <= asked <= 1000:
        raise InputError(f"{asked} is not a whole number from 1 to 1000", key="workers")


def workers_for(jobs: Sequence[Job], asked: int | None) -> int:
    """How many processes to share jobs among, this one included: as many as cores, as memory holds, and as there are jobs."""
    check_workers(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    rows = max((_rows(job) for job in jobs), default=0.0)
    fit = int(memory_bytes() / 2 / max(rows * ROW_BYTES, 1.0))
    return max(1, min(asked or min(cores, fit), len(jobs)))


def _rows(job: Job) -> float:
    census = job.scenario.case.census(job.scenario.tables)
    chosen = [row.population for row in census.provinces if not job.scenario.provinces or row.id in job.scenario.provinces]
    return sum(chosen) * job.scenario.growth / job.scenario.scale


class _Cut(Exception):  # noqa: N818 - it is no error
    """The run of this process ends because another failed."""


class _Board:
    """Which jobs are taken, how far they are, and whether to stop. Shared by threads."""

    def __init__(self, jobs: Sequence[Job], progress: Progress | None) -> None:
        self.jobs, self.progress = jobs, progress
        self.lock = threading.Lock()
        self.next = 0
        self.days = [0] * len(jobs)
        self.total = sum(job.scenario.days for job in jobs)
        self.stopping = False
        if progress is not None:
            progress("days", 0, self.total)

    def take(self) -> int | None:
        """The next job; none where all are taken or the work stops."""
        with self.lock:
            if self.stopping or self.next == len(self.jobs):
                return None
            self.next += 1
            return self.next - 1

    def tell(self, number: int, days: int) -> None:
        """So many days of a job are done."""
        with self.lock:
            self.days[number] = days
            if self.progress is not None and not self.stopping:
                self.progress("days", sum(self.days), self.total)


class _Worker:
    """A worker process."""

    def __init__(self) -> None:
        self.process = children.start(PROGRAM, encoding="utf-8")

    def serve(self, board: _Board) -> None:
        """Do jobs of the board until none is left; where one fails, all stop."""
        done = False
        try:
            while (number := board.take()) is not None:
                if not self._do(board, number):
                    return
            done = True
        finally:
            board.stopping |= not done
            with contextlib.suppress(OSError):
                self.process.stdin.close()  # type: ignore[union-attr]

    def _do(self, board: _Board, number: int) -> bool:
        """One job; whether it was done, and not stopped."""
        job = board.jobs[number]
        given, said = self.process.stdin, self.process.stdout
        assert given is not None
        assert said is not None
        with contextlib.suppress(BrokenPipeError):
            print(job.line(), file=given, flush=True)
        for line in said:
            if not line.endswith("\n"):  # it ended within a word
                break
            word = json.loads(line)
            if "days" in word:
                board.tell(number, word["days"])
            elif "problem" in word:
                raise InputError(word["problem"], file=word.get("file"), line=word.get("line"), key=word.get("key"))
            elif word["end"] == "done":
                board.tell(number, job.scenario.days)
                return True
        if not board.stopping:
            code = self.process.wait()
            raise GroundswellError(f"a worker process ended before its run was done (exit code {code}); what is done is kept")
        return False

    def stop(self) -> None:
        """Let it finish its day and keep a checkpoint."""
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        """Until it has ended."""
        self.process.wait()
        self.process.stdout.close()  # type: ignore[union-attr]


def _started(count: int) -> list[_Worker]:
    """So many worker processes.

    Raises:
        GroundswellError: the system allows fewer.
    """
    others: list[_Worker] = []
    try:
        for _ in range(count):
            others.append(_Worker())
    except OSError as error:
        for other in others:
            other.process.kill()
            other.wait()
        problem = f"{count + 1} processes cannot be started ({error.strerror or error}); choose fewer"
        raise InputError(problem, key="workers") from None
    return others


def perform_all(
    jobs: Sequence[Job], *, workers: int | None = None, progress: Progress | None = None, done: Callable[[int, Run], None] | None = None
) -> None:
    """Perform jobs, several at a time.

    Args:
        jobs: what to run; each is kept in its folder.
        workers: processes, this one included; see `workers_for`.
        progress: called with "days", the days done in all jobs and the days there are.
        done: called with the number and the run of each job that this process did itself; the first job is one of them.

    Raises:
        Interrupted: stopped by a signal; jobs that are to be kept whole have a checkpoint.
        GroundswellError: what went wrong with the first job that failed; the others are stopped.
    """
    board, stop = _Board(jobs, progress), Stop()
    others = _started(workers_for(jobs, workers) - 1)
    first = board.take()
    with stop.listening(), ThreadPoolExecutor(max(len(others), 1)) as pool:
        served = [pool.submit(other.serve, board) for other in others]
        finished = False
        try:
            _here(board, first, stop, done)
            while not (stop.asked or board.stopping) and wait(served, WAIT, FIRST_EXCEPTION).not_done:
                pass
            if stop.asked:
                raise Interrupted(None, None)
            finished = not board.stopping
        except _Cut:
            pass
        finally:
            board.stopping |= not finished
            for other in others:
                if not finished:
                    other.stop()
            for other in others:
                other.wait()
    for future in served:
        future.result()


def _here(board: _Board, number: int | None, stop: Stop, done: Callable[[int, Run], None] | None) -> None:
    """Perform jobs in this process until none is left or a stop is asked for; cut where another process fails."""

    def days(count: int) -> None:
        board.tell(int(number or 0), count)
        if board.stopping:
            raise _Cut

    while number is not None and not stop.asked:
        result = perform(board.jobs[number], days)
        if done is not None:
            done(number, result)
        number = board.take()
