"""What stands in the folder: job files, kept runs and kept studies, found anew by every question."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from groundswell.core.documents import read_text
from groundswell.core.errors import GroundswellError, InputError, StoreError
from groundswell.core.store import write_text
from groundswell.lab import places
from groundswell.lab.scenarios import Sent

SUFFIX = ".job.json"
FORMAT = 1
KIND = "groundswell laboratory job"
KINDS = ("run", "replicates", "comparison")
ARMS = {"run": ("runs",), "replicates": ("runs",), "comparison": ("a", "b")}
LARGEST = 1 << 20  # bytes of a job file


@dataclass(frozen=True)
class Order:
    """What was asked for: a run, replicates or a comparison.

    Args:
        id: the name of its folder.
        kind: one of `KINDS`.
        scenarios: as they were sent, by arm.
        replicates: how many; None for a single run.
        title: for the reader.
        made: when, in UTC.
        failed: why it failed, the last time that it was tried; empty where it did not.
    """

    id: str
    kind: str
    scenarios: Mapping[str, Sent]
    replicates: int | None
    title: str
    made: str
    failed: str = ""

    @property
    def case(self) -> str:
        """The case that it is of."""
        return next(iter(self.scenarios.values())).case

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        scenarios = {arm: sent.as_json() for arm, sent in self.scenarios.items()}
        about = {"kind": KIND, "format": FORMAT, "job": self.kind, "scenarios": scenarios, "replicates": self.replicates}
        return {**about, "title": self.title, "made": self.made, "failed": self.failed}


def now() -> str:
    """The time in UTC, to the second."""
    return _time(datetime.now(UTC).timestamp())


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def order_file(root: Path, name: str) -> Path:
    """Where the order of a name is kept."""
    return root / f"{name}{SUFFIX}"


def write_order(root: Path, order: Order) -> None:
    """Keep an order.

    Raises:
        InputError: it cannot be written.
    """
    path = order_file(root, order.id)
    try:
        write_text(path, json.dumps(order.as_json(), indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=path) from None


def read_order(root: Path, name: str) -> Order | None:
    """A kept order; None where there is none.

    Raises:
        StoreError: it is there and cannot be read.
    """
    path = order_file(root, name)
    if path.is_symlink() or not path.is_file():
        return None
    try:
        about = json.loads(read_text(path, "order of the laboratory", LARGEST))
        if about["kind"] != KIND or about["format"] != FORMAT or about["job"] not in KINDS:
            raise KeyError("kind")
        scenarios = {arm: Sent.of(about["scenarios"][arm]) for arm in ARMS[about["job"]]}
        count = about["replicates"]
        texts = [about[key] for key in ("title", "made", "failed")]
        if not (count is None or type(count) is int) or not all(isinstance(text, str) for text in texts):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError, GroundswellError) as error:
        raise StoreError(f"{path}: not an order that this version reads ({error})") from None
    return Order(name, about["job"], scenarios, count, *texts)


@contextmanager
def at_work(root: Path, name: str) -> Iterator[None]:
    """Only one process works on an order; the lock goes with the process, however it ends.

    Raises:
        InputError: another one does.
    """
    handle = _locked(order_file(root, name))
    if handle is None:
        raise InputError("another process is at work on it", key="id")
    try:
        yield
    finally:
        os.close(handle)


def is_worked_on(root: Path, name: str) -> bool:
    """Whether some process is at work on an order."""
    try:
        handle = _locked(order_file(root, name))
    except OSError:
        return False
    if handle is not None:
        os.close(handle)
    return handle is None


def _locked(path: Path, *, wait: bool = False) -> int | None:
    """A handle that holds a lock on a file or a folder; None where another process has it."""
    import fcntl

    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:  # a file system without locks
        pass
    return handle


@contextmanager
def naming(root: Path) -> Iterator[None]:
    """Names are chosen by one process at a time."""
    handle = _locked(root, wait=True)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def is_free(root: Path, name: str) -> bool:
    """Whether nothing stands where a run of that name would write."""
    ours = (name, f"{name}{SUFFIX}", f"{name}.checkpoint", f"{name}.toml", f"{name}.a.toml", f"{name}.b.toml")
    return not any(os.path.lexists(root / one) for one in ours)


@dataclass(frozen=True)
class Found:
    """A kept run or study, as far as a list of them needs it.

    Args:
        kind: one of `KINDS`.
        whole: whether all of it is there.
        title, case: for the reader.
        replicates: how many runs; None for a single one.
        made: when it was written, in UTC.
    """

    kind: str
    whole: bool
    title: str
    case: str
    replicates: int | None
    made: str


_SEEN: dict[Path, tuple[tuple[int, int], Found]] = {}  # by file, with its time and size; a run never changes


def found(folder: Path) -> Found | None:
    """What a folder keeps; None where that is neither a run nor a study, or cannot be read."""
    for name, look in (("run.json", _run), ("study.json", _study)):
        path = folder / name
        if path.is_symlink() or not path.is_file():
            continue
        state = path.stat()
        stamp = (state.st_mtime_ns, state.st_size)
        if path not in _SEEN or _SEEN[path][0] != stamp:
            try:
                _SEEN[path] = (stamp, look(folder, _time(state.st_mtime)))
            except (GroundswellError, KeyError, TypeError, IndexError):
                return None
        return _SEEN[path][1]
    return None


def _run(folder: Path, made: str) -> Found:
    from groundswell.experiments.directory import read_about

    about = read_about(folder)["scenario"]["scenario"]
    return Found("run", True, str(about["name"]), Path(str(about["case"])).name, None, made)


def _study(folder: Path, made: str) -> Found:
    from groundswell.experiments.study import read_study

    about = read_study(folder)
    kind = "comparison" if about["kind"].endswith("comparison") else "replicates"
    first = next(iter(about["arms"].values()))["scenario"]
    return Found(kind, "state_hashes" in about, str(first["name"]), Path(str(first["case"])).name, len(about["seeds"]), made)


def ids(root: Path) -> list[str]:
    """The names of what is ordered or kept."""
    ordered = [path.name.removesuffix(SUFFIX) for path in root.glob(f"*{SUFFIX}")]
    held = [name for name in places.names(root) if any((root / name / file).is_file() for file in ("run.json", "study.json"))]
    return sorted({*held, *(name for name in ordered if places.FOUND.fullmatch(name))})
