"""The commands `forecast` and `score`: retrospective forecasts of a closed period, and a posterior against a file of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groundswell.core.errors import InputError
from groundswell.core.extras import check_extra

if TYPE_CHECKING:
    from groundswell.calibration.counts import Counts
    from groundswell.calibration.posterior import Posterior
    from groundswell.cases import Case
    from groundswell.events.table import Events
    from groundswell.forecasts.evaluating import Evaluation
    from groundswell.forecasts.predictive import Check

GAP = 14  # days between two files that may lie without a row
YEARS = 2  # that are scored where the user does not say from when


@dataclass(frozen=True, eq=False)
class Record:
    """A record that is forecast.

    Args:
        case, counts: the country, and its weeks.
        scored_from: position of the first week that is scored.
        notes: what was left out.
    """

    case: Case
    counts: Counts
    scored_from: int
    notes: tuple[str, ...]


def forecast_command(target: str, files: Sequence[Path], given: dict[str, Any]) -> int:
    """Forecast a closed period from rolling origins, print and keep the scores; the exit code."""
    check_extra("forecast", "fit", "scipy", "sklearn")
    record = _record(target, files, given, sealed=True)
    folder = _folder(given["out"] or Path("runs") / f"forecast-{record.case.id}", files)
    return _with_ticker(given, folder, lambda tick: _forecast(target, record, folder, given, tick, None))


def score_command(target: str, files: Sequence[Path], given: dict[str, Any]) -> int:
    """Hold a posterior against a record, of any years: simulated histories beside it, and forecasts where it is long enough."""
    check_extra("score", "fit", "scipy", "sklearn")
    record = _record(target, files, given, sealed=False)
    folder = _folder(given["out"] or Path("runs") / f"score-{record.case.id}", files)
    return _with_ticker(given, folder, lambda tick: _score(target, record, folder, given, tick))


def _folder(folder: Path, inputs: Sequence[Path]) -> Path:
    """The folder, if what is to be written there can be.

    Raises:
        InputError: it cannot.
    """
    from groundswell.cli.outputs import check_target
    from groundswell.report.forecast import PAGE

    check_target(folder / PAGE, inputs)
    return folder


def _with_ticker(given: dict[str, Any], folder: Path, work: Any) -> int:
    from groundswell import experiments
    from groundswell.cli.progress import Ticker
    from groundswell.cli.studies import stopped

    with Ticker(quiet=given["quiet"]) as tick:
        try:
            show = work(_Tasks(tick))
        except (experiments.Interrupted, KeyboardInterrupt):
            return stopped(folder)
    show()
    return 0


class _Tasks:
    """Progress of studies in per cent, which the ticker knows."""

    def __init__(self, tick: Any) -> None:
        self.tick = tick
        self.what = "forecasting"

    def __call__(self, what: str, done: int, of: int) -> None:
        self.tick(self.what if what == "tasks" else what, round(100 * done / max(of, 1)), 100)


def _record(target: str, files: Sequence[Path], given: dict[str, Any], *, sealed: bool) -> Record:
    """The weeks of one file or of several that follow each other, and from which on they are scored.

    Raises:
        InputError: a file cannot be read or overlaps another, or the period is not possible.
    """
    from groundswell import cases
    from groundswell.calibration.counts import LAST_CLOSED, observed
    from groundswell.calibration.fitting import extent

    case = cases.load(target)
    events, notes = _read(files)
    first, last = extent(events)
    until = _day(given.get("until"), "until")
    closed = LAST_CLOSED if case.real and sealed else None
    if closed is not None and until is not None and until > closed:
        raise InputError(f"weeks after {closed} of a real case are kept for `groundswell score`", key="until")
    end = min(day for day in (last, until, closed, date.today() - timedelta(days=1)) if day is not None)
    if closed is not None and last > closed:
        notes.append(f"weeks after {closed} are left out: they are kept for `groundswell score`")
    counts = observed(events, case, first, end, sealed=closed)
    since = _day(given.get("since"), "from") or date(end.year - YEARS + 1, 1, 1)
    weeks = counts.weeks
    scored = next((k for k, week in enumerate(weeks) if week >= since), len(weeks))
    if scored == len(weeks):
        raise InputError(f"no whole week of the record begins from {since} on; it ends with that of {weeks[-1]}", key="from")
    return Record(case, counts, scored, tuple(notes))


def _read(files: Sequence[Path]) -> tuple[Events, list[str]]:
    import dataclasses

    import polars as pl

    from groundswell.core.store import digest
    from groundswell.events.reading import read

    readings = [read(file) for file in files]
    notes = [note for reading in readings for note in reading.notes]
    for reading in readings:
        if lost := reading.counts["set_aside"]:
            notes.append(f"{reading.events.file}: {lost:,} rows set aside; see groundswell data check")
    parts = sorted((reading.events for reading in readings), key=lambda one: (one.frame["first"].min() or date.min, one.file))
    for before, after in pairwise(parts):
        ends, begins = before.frame["last"].max(), after.frame["first"].min()
        if isinstance(ends, date) and isinstance(begins, date) and begins <= ends:
            raise InputError(f"begins on {begins}, before {before.file} ends: an event would count twice", file=after.file)
        if isinstance(ends, date) and isinstance(begins, date) and (begins - ends).days > GAP:
            between = f"{before.file} ends on {ends}, and this begins on {begins}: the weeks between would count as weeks without events"
            raise InputError(f"{between}; give a record of them as another --events", file=after.file)
    if len(parts) == 1:
        return parts[0], notes
    whole = pl.concat([one.frame for one in parts])
    return dataclasses.replace(parts[0], frame=whole, digest=digest("".join(one.digest for one in parts).encode())), notes


def _day(text: str | None, key: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text[:40]!r} is no date such as 2022-01-01", key=key) from None


def _targets(given: dict[str, Any]) -> tuple[str, ...]:
    from groundswell.forecasts.history import TARGETS

    return TARGETS if given["target"] == "both" else (given["target"],)


def _forecast(target: str, record: Record, folder: Path, given: dict[str, Any], tick: _Tasks, check: Check | None) -> Any:
    """Forecasts, their page and tables; what prints them."""
    from groundswell.calibration.posterior import posterior_of
    from groundswell.forecasts.calendars import calendar_of
    from groundswell.forecasts.evaluating import evaluate
    from groundswell.forecasts.predictive import simulate

    how = {"workers": given["workers"], "progress": tick, "seed": given["seed"]}
    simulated = None
    if given["posterior"] is not None:
        tick.what = "simulating from the posterior"
        posterior = posterior_of(record.case, given["posterior"])
        _check_fitted(posterior, record, refuse=check is None)
        simulated, _ = simulate(posterior, record.case, target, folder / "simulations", record.counts, draws=given["simulations"], **how)
    calendar, every = calendar_of(record.case), []
    for series in _targets(given):
        tick.what = f"forecasting {series}"
        more = {"simulated": simulated, "draws": given["draws"], **how}
        every.append(evaluate(folder / "forecasts", record.counts, calendar, series, record.scored_from, **more))
    return _kept(record, folder, given, every, check, tick)


def _score(target: str, record: Record, folder: Path, given: dict[str, Any], tick: _Tasks) -> Any:
    from groundswell.calibration.posterior import posterior_of
    from groundswell.forecasts.evaluating import NEEDED
    from groundswell.forecasts.predictive import check, simulate

    tick.what = "simulating from the posterior"
    posterior = posterior_of(record.case, given["posterior"])
    if seen := _check_fitted(posterior, record, refuse=False):
        record = Record(record.case, record.counts, record.scored_from, (*record.notes, seen))
    how = {"draws": given["simulations"], "seed": given["seed"], "workers": given["workers"], "progress": tick}
    _, every = simulate(posterior, record.case, target, folder / "simulations", record.counts, **how)
    found = check(every, record.counts, record.scored_from, record.case)
    if record.scored_from >= NEEDED:
        return _forecast(target, record, folder, given, tick, found)
    short = f"{record.scored_from} weeks before the first that is scored are too few for forecasts; give earlier weeks as another --events"
    noted = Record(record.case, record.counts, record.scored_from, (*record.notes, short))
    return _kept(noted, folder, given, [], found, tick)


def _check_fitted(posterior: Posterior, record: Record, *, refuse: bool) -> str:
    """What is to be noted where a fit has seen weeks that are scored.

    Raises:
        InputError: it has, and that is to be refused.
    """
    first, end = record.counts.weeks[record.scored_from], posterior.priors.end
    if end < first:
        return ""
    if refuse:
        raise InputError(
            f"was fitted to weeks up to {end}, and {first} is the first that is scored: choose a later --from", key="posterior"
        )
    return f"the fit has seen weeks up to {end}, and {first} is the first that is scored: what it has seen is no forecast"


def _kept(record: Record, folder: Path, given: dict[str, Any], every: list[Evaluation], check: Check | None, tick: _Tasks) -> Any:
    """Write page and tables; what prints them."""
    import polars as pl

    from groundswell.core.store import whole_file
    from groundswell.forecasts.evaluating import table
    from groundswell.report import forecast as report

    tick("writing the report", 0, 100)
    if every:
        with whole_file(folder / "scores.parquet") as scratch:
            pl.concat([table(found) for found in every]).write_parquet(scratch)
    if not given["no_report"]:
        report.write(folder / report.PAGE, record.case, every, check, record.notes)

    def show() -> None:
        if not given["quiet"]:
            _print(every, check, record.notes)
        click.echo(str(folder if given["no_report"] else folder / report.PAGE))

    return show


def _print(every: Sequence[Evaluation], check: Check | None, notes: Sequence[str]) -> None:
    from groundswell.forecasts.scoring import LEVELS
    from groundswell.report import forecast as report

    for line in report.check_screen(check) if check is not None else ():
        click.echo(line)
    for found in every:
        for level in LEVELS:
            for line in report.screen(found, level):
                click.echo(line)
    for line in (*report.lead(every), *(f"note: {note}" for note in notes)):
        click.echo(line)
