"""Running a scenario: people, simulation, checkpoints, and the folder that is kept."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from groundswell.core.columns import PROVINCE
from groundswell.core.errors import GroundswellError, InputError
from groundswell.core.store import recover
from groundswell.experiments.directory import ABOUT, Report, check_same, check_target, default_folder, write
from groundswell.experiments.people import people
from groundswell.experiments.read import read, settings_of
from groundswell.experiments.resolve import model_of
from groundswell.experiments.scenario import Scenario
from groundswell.society import COVERT

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.core.mechanism import Model
    from groundswell.core.parameters import Change
    from groundswell.core.places import Population
    from groundswell.core.rows import Shelf
    from groundswell.core.run import Run
    from groundswell.core.simulate import Engine

Progress = Callable[[str, int, int], None]
LONG = 1_000_000_000  # rows x days from which a run keeps checkpoints unasked
EVERY = 40_000_000_000  # rows x days between them, about half a minute's work; 30 days at least
LONGEST = 200  # bytes of an output folder's name; temporary folders beside it have longer ones


class Interrupted(GroundswellError):  # noqa: N818 - it is no error
    """A run that was stopped between two days.

    Args:
        day: the last day that was simulated; None where it had not begun.
        checkpoint: from where it can go on; None where it cannot.
    """

    def __init__(self, day: date | None, checkpoint: Path | None) -> None:
        self.day, self.checkpoint = day, checkpoint
        super().__init__(f"stopped after {day}" if day else "stopped before the first day")


def checkpoint_folder(out: Path) -> Path:
    """Beside the folder of the run while it is running.

    Raises:
        InputError: the output has no name of its own, such as `.` or `..`, too long a one, or one that is not UTF-8.
    """
    if out.name in ("", ".."):
        raise InputError("choose an output folder by its name", file=out)
    if any("\ud800" <= c <= "\udfff" for c in str(out)):  # how Python writes bytes that are no text
        raise InputError("the output folder's name is not UTF-8", file=out)
    if len(os.fsencode(out.name)) > LONGEST:
        raise InputError(f"choose a name of at most {LONGEST} bytes for the output folder", file=out)
    return out.with_name(f"{out.name}.checkpoint")


class Stop:
    """A request to stop (Ctrl-C or a terminate signal) that waits for the end of the day; the second one does not wait."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Signals reach this object; only the main thread may say so."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(
    target: Scenario | str | Path,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    replace: bool = False,
    compiled: bool = True,
    report: Report | None = None,
    progress: Progress | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Run:
    """Run a scenario.

    Args:
        target: a scenario, or what `read` takes: a built-in case, a case's folder, a scenario file.
        out: the folder to keep the run in, whole or not at all; nothing is kept where it is None.
        resume: go on from the checkpoint beside `out`, if there is one, to the same bytes.
        replace: whether the run of another scenario that `out` keeps may be replaced.
        compiled: whether the steps are compiled; the result is the same.
        report: writes the report of a kept run.
        progress: called with what is being done ("people", "days"), how many are done and how many there are.
        settings: values that win over a file: "scale", "provinces", "start", "end", "seed", "threads", a dotted parameter
            ("fear.decay") or a switch.

    Raises:
        InputError: anything wrong with the scenario or the folder.
        StoreError: the checkpoint was altered or belongs to another run.
        Interrupted: stopped by a signal; with `out` it can be resumed.
    """
    scenario = target if isinstance(target, Scenario) else read(target, settings_of(settings or {}))
    folder = None if out is None else Path(out)
    checkpoint = None if folder is None else _prepared(folder, scenario, replace)
    try:
        result = simulated(scenario, checkpoint=checkpoint, resume=resume, compiled=compiled, progress=progress)
    except OSError as error:
        problem = f"a checkpoint, or the rows beside it, cannot be written or read: {error.strerror or error}"
        raise InputError(problem, file=checkpoint) from None
    if folder is not None:
        write(result, scenario, folder, report)
        shutil.rmtree(checkpoint_folder(folder), ignore_errors=True)
    try:
        return within_scope(result, scenario.case, folder)
    except OSError as error:
        raise InputError(f"the run is kept, but cannot be shown: {error.strerror or error}", file=folder) from None


def _prepared(folder: Path, scenario: Scenario, replace: bool) -> Path:
    """Where the checkpoint of a run belongs, once its folder may be written and what a killed process left there is gone."""
    check_target(folder)
    checkpoint = checkpoint_folder(folder)
    try:
        recover(folder, ABOUT)
    except OSError as error:
        raise InputError(f"cannot be used for output: {error.strerror or error}", file=folder) from None
    if not replace:
        check_same(folder, scenario)
    check_checkpoint(checkpoint)
    return checkpoint


def within_scope(run: Run, case: Case, beside: Path | None = None) -> Run:
    """Of a real case, nothing finer than province and week but the nation's day, and nothing that says where units are.

    A series of provinces has each week's mean on all of its days; `Run.total` and `Run.national` still tell the nation by day. What would
    say where units are is summed over the nation. Gatherings stand on the first day of their week, in the chief city of their province;
    acts keep their day and have no place (in a record, whose places must exist: the chief city of the chief province, as in the files).

    Args:
        beside: a folder beside which long journals may be written, to be maps of files as those of the run are.
    """
    if not case.real or run.nation:
        return run
    import numpy as np

    from groundswell.core.rows import Shelf
    from groundswell.experiments.tables import by_interval

    series, nation = {}, {}
    for name, values in run.series.items():
        if name in COVERT:
            series[name] = run.total(name)[:, None]
        elif run.about(name).level.name == PROVINCE.name:
            _, means, days = by_interval(run.days, values, "week")
            series[name] = np.repeat(means, days, axis=0)
            nation[name] = run.total(name) if run.adds_up(name) else run.national(name)
        else:
            series[name] = values
    journals = dict(run.journals)
    shelf = None if beside is None else Shelf(beside)
    try:
        for journal, day in (("events", "day"), ("record", "event_day")):
            if journal in journals:
                journals[journal] = {**journals[journal], **_coarse_journal(run, journal, day, shelf)}
    finally:
        if shelf is not None:
            shelf.close()
    return dataclasses.replace(run, series=series, journals=journals, nation=nation)


def _coarse_journal(run: Run, journal: str, day: str, shelf: Shelf | None) -> dict[str, Any]:
    """The places and days of a journal as far as they may be told; on the shelf where they are many."""
    import numpy as np

    from groundswell.core.rows import Rows, pieces
    from groundswell.events.acled import chief_cities, chief_province, week_start
    from groundswell.experiments.tables import weeks_within

    fields, told = run.journals[journal], journal == "record"
    chief, cities = chief_province(run.places), chief_cities(run.places)
    codes = np.array([p.code for p in run.places.provinces])
    keys = np.array([run.places.cities[c].key for c in cities])
    order = np.argsort(codes)
    nowhere = {"province": codes[chief] if told else 0, "city": keys[chief] if told else 0}
    names = ("province", "city", day, *(("reported_day",) if told else ()))
    rows = Rows({name: ((), fields[name].dtype) for name in names}, journal, shelf)
    for piece in pieces(fields):
        gathering = piece["kind"] == 0
        at = np.clip(np.searchsorted(codes[order], piece["province"]), 0, len(codes) - 1)
        coarse = {
            "province": np.where(gathering, piece["province"], nowhere["province"]),
            "city": np.where(gathering, keys[order[at]], nowhere["city"]),
            day: np.where(gathering, weeks_within(piece[day], run.days), piece[day]),
        }
        if told:
            late = np.where(gathering, week_start(piece["reported_day"]), piece["reported_day"])
            coarse["reported_day"] = np.maximum(late, coarse[day])
        rows.add((coarse[name] for name in names), len(gathering))
    return rows.arrays()


def check_checkpoint(folder: Path) -> None:
    """What will be replaced by a checkpoint must be one."""
    if folder.is_symlink() or folder.exists():
        from groundswell.core.store import read_arrays

        try:
            read_arrays(folder, "checkpoint", check=False)
        except GroundswellError as error:
            raise InputError(f"stands where the checkpoint of this run belongs: {error}", file=folder) from None


def _silent(*_: object) -> None:
    """Progress that nobody hears of."""


def simulated(
    scenario: Scenario, *, checkpoint: Path | None, resume: bool, compiled: bool, progress: Progress | None, shelf: Path | None = None,
    wanted: Sequence[str] = (),
) -> Run:  # fmt: skip
    """The result of a scenario, with a checkpoint when it is stopped; long series and journals are maps of files beside it or the shelf.

    Args:
        wanted: what the run must hold, in the words of `core.needed`; empty for everything.
    """
    from groundswell.core.draws import day_number
    from groundswell.core.needed import needed, settings_for
    from groundswell.core.simulate import simulate, threads_worth

    tell, stop, model = progress or _silent, Stop(), model_of(scenario.model)
    part = needed(model, wanted) if wanted else model

    def building(done: int, of: int) -> None:
        tell("people", done, of)
        if stop.asked:
            raise Interrupted(None, None)

    with stop.listening():
        population = people(scenario, building)
        changes = scenario.changes(model.parameters, [p.id for p in population.places.provinces])
        values, dated = settings_for(part, model, scenario.values, changes)
        keep = _keeper(part, population, scenario, values, dated, checkpoint)

        def after_day(engine: Engine, day: int) -> None:
            done = day - day_number(scenario.start) + 1
            tell("days", done, scenario.days)
            if stop.asked and done < scenario.days:
                keep(engine, day)

        rows = population.places.rows
        every = scenario.checkpoint_every or (max(EVERY // rows, 30) if rows * scenario.days >= LONG else 0)
        tell("days", 0, scenario.days)
        period: dict[str, Any] = {"start": scenario.start, "end": scenario.end, "seed": scenario.seed}
        threads = threads_worth(scenario.threads, rows)
        how: dict[str, Any] = {"threads": threads, "compiled": compiled, "resume": resume, "observe": after_day}
        kept: dict[str, Any] = {"checkpoint": checkpoint, "checkpoint_every": every, "shelf": shelf}
        return simulate(part, population, values=values, changes=dated, **period, **how, **kept)


def _keeper(
    model: Model, population: Population, scenario: Scenario, values: Mapping[str, Any], changes: Sequence[Change], checkpoint: Path | None
) -> Callable[[Engine, int], NoReturn]:
    """What is called to stop after a day: keeps a checkpoint, if there is a place for it, and raises `Interrupted`."""
    from groundswell.core.checkpoint import save_checkpoint
    from groundswell.core.checks import checked_values
    from groundswell.core.draws import day_date, day_number
    from groundswell.core.provenance import provenance_of

    first, last = day_number(scenario.start), day_number(scenario.end)
    base = checked_values(model, values)
    provenance = provenance_of(model, population, first, last, scenario.seed, base, changes)

    def keep(engine: Engine, day: int) -> NoReturn:
        if checkpoint is not None:
            save_checkpoint(engine, checkpoint, provenance, day + 1)
        raise Interrupted(day_date(day), checkpoint)

    return keep


__all__ = ["Interrupted", "checkpoint_folder", "default_folder", "run", "simulated"]
