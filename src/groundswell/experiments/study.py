"""A study: runs of one or two scenarios under the same seeds, kept so that a stopped study goes on where it was.

* `study.json`: what is studied; written first, and once more when all is done
* `<arm>/seed-1`, `<arm>/seed-2`, ...: the runs, each as `groundswell run` keeps it
* `numbers.parquet`, `nation.parquet`, `provinces.parquet`: what they say together
* a page for a reader

A finished run is used again; one that was stopped goes on from its checkpoint, if it left one. Either way the bytes are those of a
study that nobody stopped.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell import __version__
from groundswell.core.documents import read_text
from groundswell.core.errors import GroundswellError, InputError, StoreError
from groundswell.core.store import NEW, OLD, whole_file, write_text
from groundswell.experiments.directory import (
    FILES as RUN_FILES,
    LARGEST,
    check_output,
    check_same,
    differences,
    input_hashes,
    json_text,
    kept,
    read_about,
)
from groundswell.experiments.parallel import check_workers, perform_all
from groundswell.experiments.plain import as_document
from groundswell.experiments.running import Progress, check_checkpoint, checkpoint_folder
from groundswell.experiments.scenario import Scenario
from groundswell.experiments.worker import Job

if TYPE_CHECKING:
    from groundswell.core.run import Run

ABOUT = "study.json"
FORMAT = 1
MOST = 10_000  # runs of one scenario
FILES = ("numbers.parquet", "nation.parquet", "provinces.parquet", "report.html", "comparison.html")
ARMS = {"groundswell replicates": ("runs",), "groundswell comparison": ("a", "b")}  # by kind
_RUN, _CHECKPOINT = re.compile(r"seed-[0-9]{1,19}"), re.compile(r"seed-[0-9]{1,19}\.checkpoint")
Write = Callable[[Path], object]


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """The seeds of so many replicates.

    Raises:
        InputError: none, or more than can be meant.
    """
    if type(count) is not int or not 1 <= count <= MOST:
        raise InputError(f"{count!r} is not a whole number from 1 to {MOST}", key="replicates")
    if first + count > 1 << 63:
        raise InputError(f"{first} leaves no room for {count} seeds below 2**63", key="seed")
    return tuple(range(first, first + count))


@dataclasses.dataclass(frozen=True)
class Study:
    """Where the runs of a study are.

    Args:
        kind: "replicates" or "comparison".
        arms: scenarios by the name of their folder.
        seeds: under which each of them runs.
        folder: where all is kept.
        whole: whether runs are kept as `run` keeps them, or only the tables that numbers come from.
    """

    kind: str
    arms: Mapping[str, Scenario]
    seeds: tuple[int, ...]
    folder: Path
    whole: bool

    def place(self, arm: str, seed: int) -> Path:
        """The folder of one run."""
        return self.folder / arm / f"seed-{seed}"

    def jobs(self, compiled: bool) -> list[Job]:
        """All runs: seed by seed, so that pairs are finished one after the other."""
        return [
            Job(dataclasses.replace(scenario, seed=seed), self.place(arm, seed), self.whole, compiled)
            for seed in self.seeds
            for arm, scenario in self.arms.items()
        ]

    @contextmanager
    def begun(self, replace: bool) -> Iterator[None]:
        """Take the folder, or take it up again, for this process alone.

        Raises:
            InputError: it holds something else, another study, or more runs than are asked for; or another process works on it.
        """
        names = {name for name in check_output(self.folder) if not _is_left(name)}
        if names and ABOUT not in names:
            raise InputError("this folder is no study and is not overwritten; choose another output", file=self.folder)
        if names:
            self._check(read_study(self.folder), replace)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with alone(self.folder):
                old = read_study(self.folder) if names else None
                if old is not None and replace:
                    _remove(self.folder, old["arms"])
                if old is None or replace:  # before anything else, so that a study that is killed here is known as one
                    self._say({})
                for arm in self.arms:
                    (self.folder / arm).mkdir(exist_ok=True)
                self._sweep()
                yield
        except OSError as error:
            raise InputError(f"cannot be used for output: {error.strerror or error}", file=self.folder) from None

    def _check(self, old: Mapping[str, Any], replace: bool) -> None:
        """Whether the study's folder holds nothing but a study, and (without `replace`) this one."""
        foreign = next(_foreign(self.folder, old["arms"]), None)
        if foreign is not None:
            name = foreign.relative_to(self.folder).as_posix()
            raise InputError(f"this study's folder also holds {name!r}; choose another output", file=self.folder)
        if replace:
            return
        self._check_same(old)
        for job in self.jobs(compiled=True):
            check_checkpoint(checkpoint_folder(job.folder))
            if _readable(job.folder):
                check_same(job.folder, job.scenario)
                was, now = read_about(job.folder)["inputs"], input_hashes(job.scenario)
                changed = sorted(role for role in {*was, *now} if was.get(role) != now.get(role))
                if changed:
                    problem = f"keeps a study of another table of {changed[0]}; choose another output or add --replace"
                    raise InputError(problem, file=job.folder)

    def _check_same(self, old: Mapping[str, Any]) -> None:
        more = "choose another output or add --replace"
        if old["kind"] != self._kind or set(old["arms"]) != set(self.arms):
            raise InputError(f"keeps another kind of study; {more}", file=self.folder)
        for arm, scenario in self.arms.items():
            differs = differences(old["arms"][arm], as_document(dataclasses.replace(scenario, seed=self.seeds[0]), self.folder))
            if differs:
                what = ", ".join(key.removeprefix("parameters.") for key in differs[:3])
                raise InputError(f"keeps another study, which differs in {what}; {more}", file=self.folder)
        if len(old["seeds"]) > len(self.seeds):
            raise InputError(f"keeps a study of {len(old['seeds'])} seeds; {more}", file=self.folder)

    def _sweep(self) -> None:
        """Remove what a killed process left half-written."""
        for folder in (self.folder, *(self.folder / arm for arm in self.arms)):
            for path in folder.glob(".*"):
                if _is_left(path.name) and path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif _is_left(path.name):
                    path.unlink()
        for job in self.jobs(compiled=True):
            if job.folder.is_dir() and not _readable(job.folder):  # it holds nothing but files of a run, as `_check` has seen
                shutil.rmtree(job.folder)

    @property
    def _kind(self) -> str:
        return f"groundswell {self.kind}"

    def _say(self, more: Mapping[str, Any]) -> None:
        arms = {arm: as_document(dataclasses.replace(s, seed=self.seeds[0]), self.folder) for arm, s in self.arms.items()}
        text = json_text({"format": FORMAT, "kind": self._kind, "arms": arms, "seeds": list(self.seeds), **more})
        write_text(self.folder / ABOUT, text)

    def finish(self, files: Mapping[str, Write]) -> None:
        """Write what the runs say together, then that all is done."""
        hashes = {arm: [kept(self.place(arm, seed)).about["state_hash"] for seed in self.seeds] for arm in self.arms}
        try:
            with alone(self.folder):
                for name, write in files.items():
                    with whole_file(self.folder / name) as scratch:
                        write(scratch)
                self._say({"state_hashes": hashes})
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror or error}", file=self.folder) from None


def read_study(folder: Path) -> dict[str, Any]:
    """The content of a `study.json`.

    Raises:
        InputError: there is none.
        StoreError: it cannot be read, or is of another version.
    """
    path = folder / ABOUT
    try:
        about = json.loads(read_text(path, "study (a folder with a study.json)", LARGEST))
    except (ValueError, RecursionError):
        raise StoreError(f"{path}: not valid JSON") from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise StoreError(f"{path}: not a study that this version reads")
    for key, kind in (("kind", str), ("arms", dict), ("seeds", list)):
        if not isinstance(about.get(key), kind):
            raise StoreError(f"{path}: {key} is missing or was altered")
    if about["kind"] not in ARMS or set(about["arms"]) != set(ARMS[about["kind"]]):
        raise StoreError(f"{path}: kind or arms were altered")
    if not all(isinstance(arm, dict) for arm in about["arms"].values()) or not all(type(seed) is int for seed in about["seeds"]):
        raise StoreError(f"{path}: arms or seeds were altered")
    return about


def _is_left(name: str) -> bool:
    """Whether a hidden name is that of something half-written."""
    return name.startswith(".") and (NEW in name or OLD in name or name.startswith(tuple(f".{kept}." for kept in (ABOUT, *FILES))))


def _foreign(folder: Path, arms: Iterable[str]) -> Iterator[Path]:
    """What a study's folder holds and no study writes; hidden files of others beside the runs are let be."""
    for path in sorted(folder.iterdir()):
        if path.name in arms and path.is_dir():
            for run in sorted(path.iterdir()):
                if _RUN.fullmatch(run.name) and run.is_dir():
                    yield from (file for file in sorted(run.iterdir()) if file.name not in RUN_FILES or not file.is_file())
                elif not _CHECKPOINT.fullmatch(run.name) and not run.name.startswith("."):
                    yield run
        elif not path.name.startswith(".") and not (path.name in (ABOUT, *FILES) and path.is_file()):
            yield path


def _remove(folder: Path, arms: Iterable[str]) -> None:
    """Remove what a study has written, its description last, and nothing else."""
    for arm in arms:
        for path in (folder / arm).glob("seed-*"):
            if _RUN.fullmatch(path.name) or _CHECKPOINT.fullmatch(path.name):
                shutil.rmtree(path)
        with contextlib.suppress(OSError):  # not there, or someone else's hidden files are in it
            (folder / arm).rmdir()
    for name in (*FILES, ABOUT):
        (folder / name).unlink(missing_ok=True)


def _readable(folder: Path) -> bool:
    """Whether a folder keeps a run, altered or not."""
    try:
        read_about(folder)
    except GroundswellError:
        return False
    return True


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Only one process at a time works on a folder; the lock goes with the process, however it ends.

    Raises:
        InputError: another one does.
    """
    try:
        import fcntl
    except ImportError:  # not on this system
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("another process is working on this study; wait for it, or choose another output", file=folder) from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(handle)


def is_done(job: Job) -> bool:
    """Whether a run of the same scenario, tables and version is kept whole and unaltered."""
    try:
        found = kept(job.folder)
    except GroundswellError:
        return False
    about = found.about
    same = not differences(about["scenario"], as_document(job.scenario, job.folder))
    return (
        same
        and not found.altered
        and (about["inputs"], about["made_with"].get("groundswell"))
        == (
            input_hashes(job.scenario),
            __version__,
        )
    )


def carry_out(
    study: Study,
    *,
    replace: bool = False,
    workers: int | None = None,
    compiled: bool = True,
    progress: Progress | None = None,
    reused: Callable[[int, int], object] | None = None,
) -> Run | None:
    """Carry out the runs of a study that are not done yet.

    Args:
        replace: whether another study that the folder keeps may be replaced.
        workers: processes to share them among, this one included; as many as cores and memory allow where None.
        compiled: whether steps are compiled.
        progress: called with "days", the days that are done and the days there are, over all runs.
        reused: called with how many runs were there already, of how many.

    Returns:
        The run of the first arm under the first seed as it was simulated, with every day and place; None where it was there.
    """
    check_workers(workers)
    jobs = study.jobs(compiled)
    whole: list[Run] = []
    with study.begun(replace) if study.whole else contextlib.nullcontext():
        left = [job for job in jobs if not (study.whole and is_done(job))]
        if reused is not None and len(left) < len(jobs):
            reused(len(jobs) - len(left), len(jobs))

        def done(number: int, run: Run) -> None:
            if left[number] is jobs[0]:
                whole.append(run)

        if left:
            perform_all(left, workers=workers, progress=progress, done=done)
    return whole[0] if whole else None


@contextmanager
def shelf(out: str | Path | None) -> Iterator[Path]:
    """The folder of a study: the given one, or one that vanishes."""
    if out is not None:
        checkpoint_folder(Path(out))  # refuses impossible names
        yield Path(out)
        return
    with tempfile.TemporaryDirectory(prefix="groundswell-") as scratch:
        yield Path(scratch)
