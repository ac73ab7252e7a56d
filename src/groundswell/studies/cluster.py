"""Tasks done by Dask's workers: on this machine, or under a scheduler somewhere.

The driver hands out batches, a few more than there are workers, and every outcome goes the way it goes elsewhere: a worker writes a part
into the study's folder. What a future says is only a hint to look there. A batch whose part is not there is done again, whatever became of
its future: workers killed, a scheduler gone, a driver started anew.

Dask gives a task up (`KilledWorker`) once a few workers have ended while they held it, although they may have ended for another reason.
Such a batch is given out again in smaller pieces; only a single task that was given up three times is set aside as failed.

Dask sends its messages as pickles: who can reach a scheduler or a worker can run code as its user. So a scheduler beyond this machine is
reached by TLS alone, and workers of this machine listen on 127.0.0.1 alone, under a certificate of their own, without a dashboard.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import queue
import secrets
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundswell import __version__
from groundswell.core.errors import GroundswellError, InputError, StoreError
from groundswell.core.store import digest
from groundswell.experiments.running import Progress
from groundswell.studies.batches import ARRIVAL, LOOK, do_batch
from groundswell.studies.ledger import Ledger
from groundswell.studies.manifest import ABOUT
from groundswell.studies.parts import Outcomes, Part
from groundswell.studies.sharing import DEATHS, LONG, WAIT, Line, Told, Work, workers_for
from groundswell.studies.study import STOP
from groundswell.studies.worker import Patience

AHEAD = 2  # batches a thread of a worker, so that none waits for the driver
FAILURES = 2  # workers that may end before Dask of this machine gives a task up
PIECES = 8  # into which a batch that was given up is divided
SILENCE = 30.0  # seconds without a word from the scheduler
PROTOCOLS = "tls://HOST:PORT, or tcp:// on this machine"


@dataclass(frozen=True)
class Cluster:
    """Where Dask's workers are.

    Args:
        scheduler: its address; None starts one on this machine, with workers.
        workers: how many to start on this machine; None: as many as cores and memory allow.
        ca, certificate, key: PEM files for `tls://`; None takes what Dask's own configuration says.

    Raises:
        InputError: the address is none, or leads beyond this machine without TLS; or a file is not there.
    """

    scheduler: str | None = None
    workers: int | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        if self.scheduler is not None:
            check_address(self.scheduler)
        for name in ("ca", "certificate", "key"):
            file = getattr(self, name)
            if file is not None and not Path(file).is_file():
                raise InputError("no such file", file=file)

    @contextmanager
    def client(self, work: Work) -> Iterator[Any]:
        """A client of the scheduler, which goes with the context; so do workers of this machine.

        Raises:
            InputError: Dask is not installed, the scheduler does not answer, or it is not as safe as its address says.
        """
        try:
            import dask
            import distributed
        except ImportError:
            raise InputError("a cluster needs Dask: pip install 'groundswell[cluster]'") from None
        with ExitStack() as stack:
            logger = logging.getLogger("distributed")  # what it says of killed workers is no news, and the rest is raised
            stack.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.CRITICAL)
            stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": FAILURES}))
            if self.scheduler is None:
                address, security = stack.enter_context(_local(work, self.workers))
            else:
                address, security = self.scheduler, self._security(distributed)
            try:
                client = _untyped(distributed.Client)(address, security=security, timeout=SILENCE, set_as_default=False)
            except (OSError, TypeError, ValueError, RuntimeError) as error:  # unreachable, or a certificate that is none
                raise InputError(f"this scheduler does not answer ({type(error).__name__}: {error})", key=address) from None
            stack.callback(client.close, timeout=SILENCE)
            _check_reach(client)
            yield client

    def _security(self, distributed: Any) -> Any:
        """Certificates: those given, others as Dask's configuration has them."""
        assert self.scheduler is not None
        if not self.scheduler.startswith("tls://"):
            return None
        files = {"tls_ca_file": self.ca, "tls_client_cert": self.certificate, "tls_client_key": self.key}
        security = distributed.Security(require_encryption=True, **{name: str(file) for name, file in files.items() if file is not None})
        missing = [name for name in files if getattr(security, name) is None]
        if missing:
            raise InputError("needs --tls-ca, --tls-cert and --tls-key, or distributed.comm.tls in Dask's configuration", key=missing[0])
        return security


def _untyped(thing: Any) -> Any:
    """What Dask declares in part only."""
    return thing


def check_address(address: str) -> None:
    """Refuse an address that leads beyond this machine without TLS.

    Raises:
        InputError: it does, or is none.
    """
    protocol, separator, rest = address.partition("://")
    if not separator or protocol not in ("tls", "tcp") or not rest.rpartition(":")[0] or not rest.rpartition(":")[2].isdigit():
        raise InputError(f"is no address of a scheduler: {PROTOCOLS}", key=address)
    if protocol == "tcp" and not _here(rest.rpartition(":")[0]):
        raise InputError(f"a scheduler beyond this machine is reached by TLS alone: {PROTOCOLS}", key=address)


def _here(host: str) -> bool:
    """Whether a host is this machine, and can be reached from no other."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _check_reach(client: Any) -> None:
    """Refuse a scheduler or workers that listen beyond this machine without TLS, whatever the address they were reached by."""
    about = client.scheduler_info(n_workers=-1)
    for address in (about["address"], *about["workers"]):
        check_address(address)


@contextmanager
def _local(work: Work, workers: int | None) -> Iterator[tuple[str, Any]]:
    """A scheduler and workers on this machine: its address, and the certificates."""
    import distributed

    try:
        security = _untyped(distributed.Security).temporary()
    except ImportError:
        raise InputError("a local cluster needs cryptography: pip install 'groundswell[cluster]'") from None
    with tempfile.TemporaryDirectory(prefix="groundswell-dask-") as scratch:
        how: dict[str, Any] = {"dashboard_address": None, "worker_dashboard_address": None, "silence_logs": logging.CRITICAL}
        how |= {"memory_limit": 0, "local_directory": scratch, "processes": True, "threads_per_worker": 1}  # tasks limit themselves
        cluster = _untyped(distributed.LocalCluster)(
            n_workers=workers_for(work, workers), host="127.0.0.1", protocol="tls://", security=security, **how
        )
        try:
            yield cluster.scheduler_address, security
        finally:
            cluster.close(timeout=SILENCE)


class _Waiting:
    """Batches that are to be given out: fresh tasks first, then pieces of what was given up, then suspects, each when nothing else is done.

    A worker that ends takes along what waits for it, so that a task beside a deadly one looks deadly, too.
    """

    def __init__(self, work: Work, batch: int | None) -> None:
        self.fresh, self.pieces, self.suspects = Line(work.numbers), deque[list[int]](), deque[int]()
        self.batch, self.largest = batch, work.largest()
        self.seconds: float | None = None  # of one task, a moving mean
        self.deaths: Counter[int] = Counter()

    def __bool__(self) -> bool:
        return bool(self.fresh or self.pieces or self.suspects)

    def take(self, threads: int, *, busy: bool) -> list[int]:
        """The next batch: about ten seconds of work, and smaller towards the end; empty where there is none now.

        Args:
            threads: how many share the work.
            busy: whether anything is being done.
        """
        if not self.fresh:
            return self.pieces.popleft() if self.pieces else [self.suspects.popleft()] if self.suspects and not busy else []
        fair = -(-len(self.fresh) // (2 * max(threads, 1)))
        wanted = self.batch or min(fair, 1 if self.seconds is None else int(LONG / max(self.seconds, 1e-9)))
        return self.fresh.take(max(1, min(wanted, self.largest)))

    def took(self, count: int, seconds: float) -> None:
        """So long a batch took."""
        self.seconds = seconds / count if self.seconds is None else (self.seconds + seconds / count) / 2

    def given_up(self, numbers: list[int]) -> int | None:
        """Dask has given a batch up; the number of a task that is set aside for it."""
        if len(numbers) > 1:
            size = -(-len(numbers) // PIECES)
            self.pieces.extend(numbers[k : k + size] for k in range(0, len(numbers), size))
            return None
        self.deaths[numbers[0]] += 1
        if self.deaths[numbers[0]] == DEATHS:
            return numbers[0]
        self.suspects.append(numbers[0])
        return None


class _Driver:
    """Gives out batches to a client, and sees to it that what comes out is in the store."""

    def __init__(self, work: Work, client: Any, batch: int | None, progress: Progress | None, patience: Patience) -> None:
        self.work, self.client, self.patience = work, client, patience
        self.waiting = _Waiting(work, batch)
        self.told = Told(progress, work)
        self.ledger = Ledger(work.parts, work.tasks.keys)
        self.ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.given: dict[Any, list[int]] = {}
        self.attempt, self.threads, self.looked, self.heard = 0, 0, 0.0, time.monotonic()
        self.stop = work.parts / f"{STOP}{secrets.token_hex(8)}"
        outputs = {name: [about.dtype, list(about.shape)] for name, about in work.outputs.items()}
        self.about = {"kind": work.kind.name, "version": __version__, "common": dict(work.common), "outputs": outputs}
        self.seen = digest((work.parts.parent / ABOUT).read_bytes())

    def run(self) -> bool:
        """Until all is done, or a stop is asked for."""
        try:
            while (self.waiting or self.given) and not self.patience.asked:
                self._look()
                room = AHEAD * max(self.threads, 1)
                while len(self.given) < room and (numbers := self.waiting.take(self.threads, busy=bool(self.given))):
                    self._give(numbers)
                self._hear()
        finally:
            if self.given:
                self._end()
        return not self.patience.asked

    def _give(self, numbers: list[int]) -> None:
        batch = self.work.batch(numbers)
        order = {"about": self.about, "parts": str(self.work.parts.absolute()), "stop": self.stop.name, "seen": self.seen, "batch": batch}
        name = f"groundswell-{digest(''.join(key for key, _ in batch).encode())}-{self.attempt}"
        future = self.client.submit(do_batch, json.dumps(order), key=name, pure=False)
        self.given[future] = numbers
        future.add_done_callback(self.ended.put)

    def _look(self) -> None:
        """How many threads there are, and whether the scheduler is still there."""
        now = time.monotonic()
        if now - self.looked < LOOK:
            return
        self.looked = now
        if self.client.status == "running":
            try:
                self.threads = sum(self.client.nthreads().values())
                self.heard = now
            except (OSError, RuntimeError, TimeoutError):  # it has gone just now
                pass
        if self.client.status == "closed" or now - self.heard > SILENCE:
            raise GroundswellError("the scheduler is gone; what was done is kept: run the study again to go on")
        if not self.threads and self.told.progress is not None:
            self.told.progress("waiting for workers", 0, 100)

    def _hear(self) -> None:
        """What became of batches that have ended."""
        from distributed import KilledWorker

        try:
            future = self.ended.get(timeout=WAIT)
        except queue.Empty:
            return
        numbers = self.given.pop(future, None)
        if numbers is None:
            return
        if future.status == "finished":
            with suppress(OSError, TimeoutError, KilledWorker, CancelledError):  # its worker has ended since; the store may say the same
                text = future.result(timeout=LONG)  # a few letters
                self._finished(json.loads(text), numbers)
                return
        self.attempt += 1  # a key that was given up is never used again
        error = future.exception() if future.status == "error" else None
        if error is not None and not isinstance(error, KilledWorker):
            raise GroundswellError(f"a worker could not begin its work ({type(error).__name__}: {error}); what was done is kept") from None
        self._unsaid(numbers, killed=error is not None)

    def _unsaid(self, numbers: list[int], *, killed: bool) -> None:
        """A batch of which no word came back. It may have been kept all the same: the worker ended after it had written it."""
        self.ledger.read(mend=True)
        at = np.array(numbers, np.int32)
        left = at[~self.ledger.is_done(at)].tolist()
        self.told.done += len(numbers) - len(left)
        if left and not killed:  # lost or cancelled with its scheduler
            self.waiting.pieces.append(left)
            return
        fatal = self.waiting.given_up(left) if left else None
        if fatal is not None:
            problem = f"ended the worker that did it {DEATHS} times"
            Outcomes(problems={self.work.tasks.keys[fatal]: problem}).write(self.work.parts, self.work.outputs)
            self.told.done += 1

    def _finished(self, word: dict[str, Any], numbers: list[int]) -> None:
        """A worker says that it has written a part."""
        if "problem" in word:
            raise InputError(word["problem"], file=word.get("file"), line=word.get("line"), key=word.get("key"))
        left = self._left(word["part"], numbers)
        if not left:
            self.waiting.took(len(numbers), word["seconds"])
        else:
            self.attempt += 1
            self.waiting.pieces.append(left)
        self.told.done += len(numbers) - len(left)
        self.told.more(whole=True)

    def _left(self, name: str | None, numbers: list[int]) -> list[int]:
        """Those tasks of a batch that are not in the store after all."""
        if name is None:
            return numbers
        end = time.monotonic() + ARRIVAL
        while not self.patience.asked:
            try:
                part = Part(self.work.parts / name)
            except StoreError:
                if time.monotonic() > end:
                    break
                time.sleep(WAIT)
                continue
            there = {*part.keys, *part.problems}
            return [number for number in numbers if self.work.tasks.keys[number] not in there]
        return numbers

    def _end(self) -> None:
        """Nothing more is wanted: workers write what they have and go on to nothing."""
        waiting = [future for future in self.given if future.status == "pending"]
        if self.client.status != "running" or not waiting:
            return
        self.stop.touch()
        end = time.monotonic() + LONG
        running = {key for keys in self.client.processing().values() for key in keys}
        self.client.cancel([future for future in waiting if future.key not in running])
        while time.monotonic() < end and any(future.status == "pending" for future in waiting if future.key in running):
            time.sleep(WAIT)
        self.client.cancel(list(self.given))
        self.stop.unlink(missing_ok=True)


def perform_on_cluster(work: Work, cluster: Cluster, batch: int | None, progress: Progress | None) -> bool:
    """Do tasks on Dask's workers; whether all were done, and no stop was asked for.

    Raises:
        GroundswellError: the scheduler does not answer or is gone, a worker cannot see the study's folder, or nothing could be prepared.
    """
    patience = Patience()
    if progress is not None and cluster.scheduler is None:
        progress("starting workers", 0, 100)
    with patience.listening(), cluster.client(work) as client:
        return _Driver(work, client, batch, progress, patience).run()
