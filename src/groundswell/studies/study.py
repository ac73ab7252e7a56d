"""A study: a folder of tasks of one kind, of which some are done.

* `study.json`: the kind, its version and that of groundswell, the common part, the outputs; when all is done, the hashes of what follows
* `tasks.parquet`: key and payload of each task, in order; read a window at a time
* `parts/`: outcomes, one file a batch, named by its content
* `results.parquet`, `arrays/*.npy`: all outcomes in the order of the tasks, once all are done

The parts are the truth: whoever works on a study, and however that ended, what is missing is what no part holds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell import __version__
from groundswell.core.errors import InputError
from groundswell.experiments.directory import check_output
from groundswell.experiments.running import Interrupted, Progress
from groundswell.experiments.study import alone
from groundswell.studies import manifest, payloads
from groundswell.studies.digests import Digests, Numbers, words_of
from groundswell.studies.kept import PARTS, Count, Kept
from groundswell.studies.kinds import RESERVED, Kind, find
from groundswell.studies.ledger import Ledger
from groundswell.studies.merging import ARRAYS, merge
from groundswell.studies.payloads import TASKS, Given, PayloadFile
from groundswell.studies.tasks import Tasks, canonical, plain

if TYPE_CHECKING:
    from groundswell.studies.cluster import Cluster

STOP = ".stop-"  # begins the name of a file that asks the workers of a cluster to stop
Payloads = Iterable[Mapping[str, Any]]


class Stopped(Interrupted):
    """A study that was stopped by a signal; what was done is kept, and running it again goes on.

    Args:
        count: what was done.
    """

    def __init__(self, count: Count) -> None:
        super().__init__(None, None)
        self.count = count
        self.args = (f"stopped: {count.done:,} of {count.tasks:,} tasks are done; run the study again to go on",)


class Study(Kept):
    """Many tasks of one kind, kept in a folder.

    Args:
        folder: begun where it holds no study yet, otherwise taken up.
        kind: of the tasks, or its name "module:function"; may be left out where the folder holds a study.
        tasks: payloads, in order; they are gone through once, so that a generator of millions will do. Where the folder holds a study, its
            tasks must be the first of these; the others are added.
        common: what all tasks share; plain JSON, a part of their keys.
        paths: where things are that the work needs; texts that are in the common part when the work is done, and in no key. They may be
            given anew where things have moved.
        notes: what is to be found again with the study; plain JSON, in no key. Not looked at where the folder holds a study.
        once: a task that is given several times is taken once, where it comes first; otherwise that is refused. For a study that is begun.

    Raises:
        InputError: the folder holds something else, or another study; or something given is no plain JSON.
        StoreError: the study was altered, or is of another format.
    """

    def __init__(
        self,
        folder: str | Path,
        kind: Kind | str | None = None,
        tasks: Payloads | None = None,
        *,
        common: Mapping[str, Any] | None = None,
        paths: Mapping[str, str] | None = None,
        notes: Mapping[str, Any] | None = None,
        once: bool = False,
    ) -> None:
        self.folder = Path(folder)
        names = check_output(self.folder)
        if manifest.ABOUT in names:
            self._about = manifest.read(self.folder)
            self._tasks = payloads.read(self.folder, self._about.keys, self._about.tasks)
            self._check(kind, common)
            if paths is not None and dict(paths) != self._about.paths:
                self._about = self._about.moved(_texts(paths))
        else:
            begun = {TASKS, *([PARTS] if _is_empty(self.folder / PARTS) else [])}  # a process was killed before it had written what it is
            foreign = sorted(name for name in names - begun if not name.startswith("."))
            if foreign:
                raise InputError(f"holds {foreign[0]!r} and no study; choose another folder", file=self.folder)
            if kind is None or tasks is None:
                raise InputError("holds no study; to begin one, give the kind of its tasks and their payloads", file=self.folder)
            self._about = _made(find(kind) if isinstance(kind, str) else kind, common or {}, paths or {})
            self._about = self._about.with_notes(plain(notes or {}, "notes"))
            self._tasks = Tasks(Digests(), PayloadFile(self.folder / TASKS, self._about.keys, Digests(), None))
        self._ledger = Ledger(self.folder / PARTS, self._tasks.keys)
        self.aside: list[str] = []  # parts that could not be read, and whose tasks were done again
        if tasks is not None:
            self._take(tasks, once=once)

    def extend(self, tasks: Payloads, *, once: bool = False) -> int:
        """Add tasks after those that there are; those that are there already are passed over.

        Args:
            tasks: payloads, in order; they are gone through once.
            once: those that are given several times are taken once; otherwise that is refused.

        Returns:
            How many were added.

        Raises:
            InputError: another process is working on the study, a payload is no plain JSON, or the study is of another version.
        """
        held, seen = self._tasks.keys, np.zeros(len(self), np.bool_)
        with Given(self._about.keys, self.folder) as given:
            for piece in given.pieces(tasks):
                numbers = held.numbers(words_of(b"".join(piece.keys)))
                if not once:
                    payloads.check_once(piece, numbers, seen)
                given.add(piece, np.flatnonzero(numbers < 0).tolist())
            if not len(given):
                return 0
            self._able()
            self._write_tasks(given, *given.after(held, once=once))
        return len(self) - len(held)

    def note(self, notes: Mapping[str, Any]) -> None:
        """Write other notes.

        Raises:
            InputError: another process is working on the study, or they are no plain JSON.
        """
        with self._writing():
            self._again()
            self._about = self._about.with_notes(plain(notes, "notes"))
            manifest.write(self.folder, self._about)

    def run(
        self,
        workers: int | None = None,
        *,
        batch: int | None = None,
        again: bool = False,
        progress: Progress | None = None,
        cluster: Cluster | None = None,
    ) -> Count:
        """Do what is missing, and put the outcomes together.

        Parts that a crash of the machine has left unreadable are set aside (`aside` names them), and their tasks done again.

        Args:
            workers: processes; with 1 it is this one. None takes as many as cores and memory allow.
            cluster: where Dask's workers are, who then do the work.
            batch: tasks after which outcomes are written; None writes about every ten seconds.
            again: do failed tasks again.
            progress: called with "tasks", the tasks that are done and the tasks there are; and with "putting together" and per cent, where
                that takes longer than two seconds.

        Raises:
            Stopped: by Ctrl-C or a terminate signal.
            InputError: another process is working on the study, the study is of another version, or cannot be written.
            GroundswellError: nothing could be prepared.
        """
        if batch is not None and not 1 <= batch <= 1_000_000:
            raise InputError(f"{batch} is not a whole number from 1 to 1000000", key="batch")
        kind = self._able()
        with self._writing():
            self._again()
            self._sweep()
            self._ledger = Ledger(self.folder / PARTS, self._tasks.keys)
            self.aside = self._ledger.read(mend=True)
            ledger = self._read()
            if again and ledger.failed.any():
                self._say(None)
                ledger.forget_failures()
            finished = self._perform(kind, ledger, workers, batch, progress, cluster)
            count = self.count()
            if not finished:
                raise Stopped(count)
            if not self._merged() or not all(self._as_written(name) for name in (self._about.merged or {}).get("files", {})):
                self._say({"tasks": len(self), "files": self._merge(progress)})
        return count

    # how

    def _merge(self, progress: Progress | None) -> dict[str, str]:
        return merge(self.folder, self._tasks, self._about.outputs, self._read(), progress)

    def _able(self) -> Kind:
        """The kind, where this version does the study's tasks.

        Raises:
            InputError: it would do other ones.
        """
        kind = find(self._about.kind)
        now = (__version__, kind.version, kind.declared(self.common))
        if (self._about.made_with, self._about.kind_version, self._about.outputs) != now:
            raise InputError(
                f"was begun with groundswell {self._about.made_with} and version {self._about.kind_version} of {self._about.kind}, and its"
                f" outcomes are not mixed with those of {__version__} and {kind.version}, or of other outputs; choose another folder",
                file=self.folder,
            )
        return kind

    def _check(self, kind: Kind | str | None, common: Mapping[str, Any] | None) -> None:
        """Whether the folder holds the study that was asked for."""
        asked = kind.name if isinstance(kind, Kind) else kind
        if asked is not None and asked != self._about.kind:
            raise InputError(f"holds a study of {self._about.kind}, not of {asked}; choose another folder", file=self.folder)
        if common is not None:
            old, new = self._about.common, plain(common, "common")
            for name in sorted({*old, *new}):
                if canonical(old.get(name)) != canonical(new.get(name)) or (name in old) != (name in new):
                    raise InputError(f"holds another study, whose common part differs in {name!r}; choose another folder", file=self.folder)

    def _take(self, tasks: Payloads, *, once: bool) -> None:
        """Begin with these tasks, or add those that are new."""
        held = len(self)
        with Given(self._about.keys, self.folder) as given:
            for piece in given.pieces(tasks):
                known = min(max(held - piece.first, 0), len(piece.keys))
                here = words_of(b"".join(piece.keys[:known])) == self._tasks.keys.words[piece.first : piece.first + known]
                if not here.all():
                    raise self._others(piece.first + int(np.argmin(here.all(axis=1))))
                given.add(piece, range(known, len(piece.keys)))
            if given.count < held:
                raise self._others(given.count)
            if len(given) or not (self.folder / manifest.ABOUT).is_file():
                if held:
                    self._able()
                self._write_tasks(given, *given.after(self._tasks.keys, once=once))

    def _others(self, number: int) -> InputError:
        problem = f"holds a study of {len(self):,} tasks, and task {number} is not the one given; choose another folder"
        return InputError(problem, file=self.folder)

    def _write_tasks(self, given: Given, keys: Digests, left_out: Numbers) -> None:
        """The tasks that there are, and those that were given; `keys` of all of them."""
        clash = {*given.types} & {*RESERVED, *self._about.outputs}
        if clash:
            raise InputError("a payload cannot have an entry of this name, which is a column of its own", key=sorted(clash)[0])
        with self._writing():
            begun = (self.folder / manifest.ABOUT).is_file()
            if begun and manifest.read(self.folder).tasks != self._about.tasks:
                raise InputError("another process has added tasks since the study was opened; open it again", file=self.folder)
            self._tasks, written = payloads.write(self.folder, self._tasks, given, keys, left_out)
            self._ledger.longer(keys)
            self._about = self._about.with_tasks(written)
            self._say(None)

    def _perform(
        self, kind: Kind, ledger: Ledger, workers: int | None, batch: int | None, progress: Progress | None, cluster: Cluster | None
    ) -> bool:
        """Do what is missing; whether all was done."""
        from groundswell.studies.sharing import Work, perform_here, perform_shared, workers_for

        numbers = ledger.missing()
        work = Work(kind, self._about.outputs, self.common, self.folder / PARTS, self._tasks, numbers)
        count = workers_for(work, workers) if cluster is None else 0
        if not len(numbers):
            return True
        if cluster is not None:
            from groundswell.studies.cluster import perform_on_cluster

            find(kind.name)
            return perform_on_cluster(work, cluster, batch, progress)
        if count == 1:
            return perform_here(work, batch, progress)
        find(kind.name)  # it must be found by its name
        return perform_shared(work, count, batch, progress)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The folder for this process alone."""
        try:
            (self.folder / PARTS).mkdir(parents=True, exist_ok=True)
            with alone(self.folder):
                yield
        except OSError as error:
            raise InputError(f"cannot be written or read: {error.strerror or error}", file=error.filename or self.folder) from None

    def _sweep(self) -> None:
        """Remove what killed processes left half-written."""
        for place in (self.folder, self.folder / PARTS, self.folder / ARRAYS):
            for pattern in (".*.npz", ".*.npy", ".*.parquet", ".*.json", f"{STOP}*"):
                for path in place.glob(pattern):
                    with contextlib.suppress(FileNotFoundError):
                        path.unlink()

    def _say(self, merged: Mapping[str, Any] | None) -> None:
        self._about = self._about.with_merged(merged)
        manifest.write(self.folder, self._about)


def _is_empty(folder: Path) -> bool:
    """Whether this is a folder, and nothing in it."""
    return folder.is_dir() and next(folder.iterdir(), None) is None


def _texts(paths: Mapping[str, str]) -> dict[str, str]:
    for name, path in paths.items():
        if not isinstance(path, str):
            raise InputError(f"is no text: {path!r:.60}", key=f"paths.{name}")
    return dict(paths)


def _made(kind: Kind, common: Mapping[str, Any], paths: Mapping[str, str]) -> manifest.About:
    """What a new study is."""
    shared, where = plain(common, "common"), _texts(paths)
    clash = sorted({*shared} & {*where})
    if clash:
        raise InputError("is in the common part and among the paths", key=clash[0])
    if kind.name.startswith("__main__:"):
        find(kind.name)  # says why not
    return manifest.About(kind.name, kind.version, __version__, shared, where, kind.declared({**shared, **where}), None)
