"""Tasks shared among worker processes: who does which batch, and what happens where a process ends before its work does."""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core import children
from groundswell.core.errors import GroundswellError, InputError
from groundswell.experiments.resolve import memory_bytes
from groundswell.experiments.running import Progress
from groundswell.studies.digests import Numbers
from groundswell.studies.kinds import Common, Kind, Outputs
from groundswell.studies.parts import Outcomes
from groundswell.studies.tasks import Tasks
from groundswell.studies.worker import Cut, Patience, Performer

PROGRAM = "import sys; from groundswell.studies.worker import main; sys.exit(main())"
WAIT = 0.1  # seconds between two looks at whether a stop was asked for, and between two words about progress
LONG = 10.0  # seconds that a batch should take: what a kill costs, and often enough to keep what is done
LARGEST = 2000  # tasks of a batch
BYTES = 1 << 25  # of outcomes that a worker holds before it writes them
DEATHS = 3  # processes that a task may end before it is set aside
STILLBORN = 5  # processes in a row that may end before they are ready


@dataclass(frozen=True)
class Work:
    """What is to be done.

    Args:
        kind, outputs: of the tasks.
        common: the common part, with paths.
        parts: folder in which outcomes are kept.
        tasks: every task of the study.
        numbers: which of them are to be done, ascending.
    """

    kind: Kind
    outputs: Outputs
    common: Common
    parts: Path
    tasks: Tasks
    numbers: Numbers

    def batch(self, numbers: Sequence[int]) -> list[tuple[str, str]]:
        """Key and canonical payload of some tasks."""
        return [(self.tasks.keys[number], self.tasks.texts[number]) for number in numbers]

    def largest(self) -> int:
        """The most tasks of a batch whose outcomes a process may hold."""
        each = sum(about.bytes for about in self.outputs.values())
        return max(1, min(LARGEST, BYTES // max(each, 1)))


def workers_for(work: Work, asked: int | None) -> int:
    """How many processes to share tasks among: as many as cores, as memory holds, and as there are tasks.

    Raises:
        InputError: none were asked for, or more than a thousand.
    """
    from groundswell.experiments.parallel import check_workers

    check_workers(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    need = work.kind.memory(work.common) if work.kind.memory is not None else 0.0
    fit = int(memory_bytes() / 2 / need) if need > 0 else cores
    return max(1, min(asked or min(cores, fit), len(work.numbers)))


class Line:
    """Tasks that wait to be done, by their numbers: those that came back first, then the others in their order.

    Args:
        numbers: of the tasks.
    """

    def __init__(self, numbers: npt.ArrayLike) -> None:
        self._numbers, self._at, self._back = np.asarray(numbers, np.int32), 0, deque[int]()

    def __len__(self) -> int:
        return len(self._back) + len(self._numbers) - self._at

    def take(self, count: int) -> list[int]:
        """The next ones, so many at most."""
        found = [self._back.popleft() for _ in range(min(count, len(self._back)))]
        end = min(self._at + count - len(found), len(self._numbers))
        found += self._numbers[self._at : end].tolist()
        self._at = end
        return found

    def put_back(self, numbers: Sequence[int]) -> None:
        """These are done before the others after all."""
        self._back.extendleft(reversed(numbers))


class _Batches:
    """Which tasks are waiting, and how many of them make a batch."""

    def __init__(self, work: Work, workers: int, batch: int | None) -> None:
        self.waiting, self.alone = Line(work.numbers), deque[int]()
        self.workers, self.batch, self.largest = workers, batch, work.largest()
        self.deaths: Counter[int] = Counter()
        self.seconds: float | None = None  # of one task, a moving mean

    def __bool__(self) -> bool:
        return bool(self.waiting or self.alone)

    def take(self) -> list[int]:
        """The next batch. A task that has ended a process comes last, and alone."""
        if not self.waiting:
            return [self.alone.popleft()] if self.alone else []
        fair = -(-len(self.waiting) // (2 * self.workers))  # towards the end smaller, so that all finish together
        wanted = self.batch or min(fair, 1 if self.seconds is None else int(LONG / max(self.seconds, 1e-9)))
        return self.waiting.take(max(1, min(wanted, self.largest)))

    def took(self, count: int, seconds: float) -> None:
        """So long a batch took."""
        if count:
            self.seconds = seconds / count if self.seconds is None else (self.seconds + seconds / count) / 2

    def died(self, given: Sequence[int], at: int | None) -> int | None:
        """A process ended within a batch, at one of its tasks; the number of the task, where it is set aside for that."""
        self.waiting.put_back([number for number in given if number != at])
        if at is None:
            return None
        self.deaths[at] += 1
        if self.deaths[at] == DEATHS:
            return at
        self.alone.append(at)
        return None


class _Worker:
    """A worker process, and what it is doing."""

    def __init__(self, work: Work) -> None:
        self.process = children.start(PROGRAM, bufsize=0)
        self.given: list[int] = []
        self.at: int | None = None
        self.begun = 0
        self.busy = True  # it gets ready
        self.ready = False
        self._rest = b""
        outputs = {name: [about.dtype, about.shape] for name, about in work.outputs.items()}
        self.tell(kind=work.kind.name, common=work.common, outputs=outputs, parts=str(work.parts.absolute()), path=sys.path)

    def tell(self, **words: Any) -> None:
        """One line to it. Where it has ended, that is seen when its own words end."""
        line = memoryview(json.dumps(words).encode() + b"\n")
        try:
            while line:
                line = line[self.process.stdin.write(line) :]  # type: ignore[union-attr]
        except BrokenPipeError:
            pass

    def give(self, numbers: list[int], work: Work) -> None:
        """A batch to do."""
        self.given, self.at, self.begun, self.busy = numbers, None, 0, True
        self.tell(batch=[(number, *one) for number, one in zip(numbers, work.batch(numbers), strict=True)])

    def words(self) -> list[dict[str, Any]] | None:
        """What it has said since, once there is something; None where it has ended."""
        data = os.read(self.process.stdout.fileno(), 1 << 16)  # type: ignore[union-attr]
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def stop(self) -> None:
        """Let it write what it has done and end."""
        if not self.busy:
            self.close()
        elif self.process.poll() is None:
            self.process.terminate()

    def close(self) -> None:
        """No more work for it."""
        if not self.process.stdin.closed:  # type: ignore[union-attr]
            self.process.stdin.close()  # type: ignore[union-attr]

    def end(self) -> int:
        """Wait until it has ended; its exit code."""
        self.close()
        code = self.process.wait()
        self.process.stdout.close()  # type: ignore[union-attr]
        return code


class Told:
    """Progress: seldom enough to cost nothing."""

    def __init__(self, progress: Progress | None, work: Work) -> None:
        self.progress, self.total, self.spoken = progress, len(work.tasks), 0.0
        self.done = self.total - len(work.numbers)
        if progress is not None:
            progress("tasks", self.done, self.total)

    def more(self, begun: int = 0, *, whole: bool = False) -> None:
        """So many tasks are done, and of further batches so many."""
        if self.progress is not None and (whole or time.monotonic() - self.spoken > WAIT):
            self.progress("tasks", min(self.done + begun, self.total), self.total)
            self.spoken = time.monotonic()


def perform_here(work: Work, batch: int | None, progress: Progress | None) -> bool:
    """Do tasks in this process; whether all were done, and no stop was asked for.

    Raises:
        GroundswellError: nothing could be prepared.
        OSError: outcomes cannot be written.
    """
    patience, batches, told = Patience(), _Batches(work, 1, batch), Told(progress, work)
    with patience.listening():
        try:
            performer = Performer(work.kind, work.outputs, work.common, patience)
        except Cut:
            return False
        while batches and not patience.asked:
            given = batches.take()
            began = time.perf_counter()
            found = performer.perform(work.batch(given), told.more)
            batches.took(len(given), time.perf_counter() - began)
            found.write(work.parts, work.outputs)
            told.done += len(found.keys) + len(found.problems)
            told.more(whole=True)
    return not patience.asked


def perform_shared(work: Work, workers: int, batch: int | None, progress: Progress | None) -> bool:
    """Do tasks in worker processes; whether all were done, and no stop was asked for.

    A process that ends early loses its batch, which is done again. A task that ends three processes fails.

    Raises:
        GroundswellError: processes cannot be started, or nothing could be prepared in them.
    """
    return _Office(work, workers, batch, progress).run()


class _Office:
    """Shares tasks among worker processes."""

    def __init__(self, work: Work, workers: int, batch: int | None, progress: Progress | None) -> None:
        self.work, self.count = work, workers
        self.batches = _Batches(work, workers, batch)
        self.told = Told(progress, work)
        self.patience, self.selector = Patience(), selectors.DefaultSelector()
        self.stillborn = 0

    @property
    def workers(self) -> list[_Worker]:
        """Those that have not ended."""
        return [key.data for key in self.selector.get_map().values()]

    def run(self) -> bool:
        """Until all is done, or a stop is asked for."""
        stopping = False
        with self.patience.listening():
            try:
                for _ in range(self.count):
                    self._start()
                while self.workers:
                    if self.patience.asked and not stopping:
                        stopping = True
                        for worker in self.workers:
                            worker.stop()
                    for key, _ in self.selector.select(WAIT):
                        self._hear(key.data)
            finally:
                for worker in self.workers:  # none, unless this ends by an error
                    worker.process.kill()
                    self._gone(worker)
                self.selector.close()
        return not self.patience.asked

    def _start(self) -> None:
        try:
            worker = _Worker(self.work)
        except OSError as error:
            problem = f"{self.count + 1} processes cannot be started ({error.strerror or error}); choose fewer"
            raise InputError(problem, key="workers") from None
        self.selector.register(worker.process.stdout, selectors.EVENT_READ, worker)  # type: ignore[arg-type]

    def _gone(self, worker: _Worker) -> int:
        self.selector.unregister(worker.process.stdout)  # type: ignore[arg-type]
        return worker.end()

    def _hear(self, worker: _Worker) -> None:
        words = worker.words()
        if words is None:
            self._ended(worker)
            return
        for word in words:
            if "at" in word:
                worker.at = word["at"]
                worker.begun += 1
            elif "problem" in word:
                raise InputError(word["problem"], file=word.get("file"), line=word.get("line"), key=word.get("key"))
            elif "ready" in word:
                worker.ready, self.stillborn = True, 0
                self._next(worker)
            elif "part" in word:
                self._written(worker, word["seconds"])
        self.told.more(sum(max(0, each.begun - 1) for each in self.workers))

    def _written(self, worker: _Worker, seconds: float) -> None:
        """A batch is kept: all of it, unless a stop was asked for."""
        self.batches.took(len(worker.given), seconds)
        self.told.done += len(worker.given)
        self.stillborn = 0
        worker.given, worker.at, worker.begun = [], None, 0
        self.told.more(sum(max(0, each.begun - 1) for each in self.workers), whole=True)
        self._next(worker)

    def _next(self, worker: _Worker) -> None:
        worker.busy = False
        numbers = [] if self.patience.asked else self.batches.take()
        if numbers:
            worker.give(numbers, self.work)
        else:
            worker.close()

    def _ended(self, worker: _Worker) -> None:
        """A process has no more to say: because there is no more work, or because something ended it."""
        code = self._gone(worker)
        if self.patience.asked:
            return
        if worker.given:
            fatal = self.batches.died(worker.given, worker.at)
            if fatal is not None:
                self._set_aside(fatal, code)
        elif not worker.ready:
            self.stillborn += 1
            if self.stillborn == STILLBORN:
                raise GroundswellError(f"worker processes end before they are ready ({_how(code)}); what is done is kept")
        if self.batches and len(self.workers) < self.count:
            self._start()

    def _set_aside(self, number: int, code: int) -> None:
        problem = f"ended its worker process {DEATHS} times ({_how(code)})"
        Outcomes(problems={self.work.tasks.keys[number]: problem}).write(self.work.parts, self.work.outputs)
        self.told.done += 1


def _how(code: int) -> str:
    """How a process ended."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
