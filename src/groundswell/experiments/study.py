"""A study: runs of one or two scenarios under the same seeds, kept so that a stopped study goes on where it was.

* `study.json`: what is studied; written first, and once more when all is done
* `<arm>/seed-1`, `<arm>/seed-2`, ...: the runs, each as `groundswell run` keeps it
* `numbers.parquet`, `nation.parquet`, `provinces.parquet`: what they say together
* a page for a reader

A finished run is used again; one that was stopped goes on from its checkpoint, if it left one. Either way the bytes are those of a
study that nobody stopped.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell import __version__
from groundswell.core.documents import read_text
from groundswell.core.errors import GroundswellError, InputError, StoreError
from groundswell.core.store import NEW, OLD, whole_file
from groundswell.experiments.directory import LARGEST, check_output, differences, input_hashes, json_text, kept
from groundswell.experiments.parallel import check_workers, perform_all
from groundswell.experiments.plain import as_document
from groundswell.experiments.running import Progress, checkpoint_folder
from groundswell.experiments.scenario import Scenario
from groundswell.experiments.worker import Job

if TYPE_CHECKING:
    from groundswell.core.run import Run

ABOUT = "study.json"
FORMAT = 1
MOST = 10_000  # runs of one scenario
FILES = ("numbers.parquet", "nation.parquet", "provinces.parquet", "report.html", "comparison.html")
Write = Callable[[Path], object]


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """The seeds of so many replicates.

    Raises:
        InputError: none, or more than can be meant.
    """
    if type(count) is not int or not 1 <= count <= MOST:
        raise InputError(f"{count!r} is not a whole number from 1 to {MOST}", key="replicates")
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

    def begin(self, replace: bool) -> None:
        """Take the folder, or take it up again.

        Raises:
            InputError: it holds something else, another study, or more runs than are asked for.
        """
        names = check_output(self.folder)
        if names and ABOUT not in names:
            raise InputError("this folder is no study and is not overwritten; choose another output", file=self.folder)
        if names:
            old = read_study(self.folder)
            foreign = sorted(name for name in names - {ABOUT, *FILES, *old["arms"]} if not name.startswith("."))
            if foreign:
                raise InputError(f"this study's folder also holds {foreign[0]!r}; choose another output", file=self.folder)
            if replace:
                shutil.rmtree(self.folder)
            else:
                self._check_same(old)
        for arm in self.arms:
            (self.folder / arm).mkdir(parents=True, exist_ok=True)
        self._sweep()
        if not names or replace:
            self._say({})

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
                if NEW in path.name or OLD in path.name:
                    shutil.rmtree(path)
                elif path.name.startswith(tuple(f".{name}." for name in (ABOUT, *FILES))):
                    path.unlink()

    @property
    def _kind(self) -> str:
        return f"groundswell {self.kind}"

    def _say(self, more: Mapping[str, Any]) -> None:
        arms = {arm: as_document(dataclasses.replace(s, seed=self.seeds[0]), self.folder) for arm, s in self.arms.items()}
        text = json_text({"format": FORMAT, "kind": self._kind, "arms": arms, "seeds": list(self.seeds), **more})
        with whole_file(self.folder / ABOUT) as scratch:
            scratch.write_text(text, encoding="utf-8")

    def finish(self, files: Mapping[str, Write]) -> None:
        """Write what the runs say together, then that all is done."""
        hashes = {arm: [kept(self.place(arm, seed)).about["state_hash"] for seed in self.seeds] for arm in self.arms}
        try:
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
    return about


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
    if study.whole:
        study.begin(replace)
    jobs = study.jobs(compiled)
    left = [job for job in jobs if not (study.whole and is_done(job))]
    if reused is not None and len(left) < len(jobs):
        reused(len(jobs) - len(left), len(jobs))
    whole: list[Run] = []

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
