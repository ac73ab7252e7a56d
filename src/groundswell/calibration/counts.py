"""Weekly counts by province: of a real record, and of a simulated one as its monitor reported it, in the same order and weeks."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_date, day_number
from groundswell.core.errors import InputError, nearest
from groundswell.core.rows import pieces
from groundswell.events.weekly import COUNTS, DEMONSTRATIONS
from groundswell.experiments.scenario import is_shock
from groundswell.studies.kinds import Output, kind

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.events.acled import Record
    from groundswell.events.table import Events
    from groundswell.experiments.scenario import Effect, Scenario

Counted = npt.NDArray[np.int64]

LAST_CLOSED = date(2023, 12, 31)  # later weeks of a real case are scored against a file of the user's own, never fitted
MOST = 65535  # of a count that is kept in 16 bits
SHOCKS = "shocks.strength"  # no parameter of the model: a factor on the size of every dated shock, `shock_strength` of a scenario


@dataclass(frozen=True, eq=False)
class Counts:
    """What was reported by whole week and province.

    Attributes:
        first: day number on which the first week begins.
        provinces: their ids, in the order of the columns.
        total, contested, deaths: demonstrations, those answered or violent, and deaths; shape (weeks, provinces).
        kinds: demonstrations of the nation by kind, in the order of `DEMONSTRATIONS`; shape (weeks, 4).
        digest: hash of the file they were counted from; empty where they were simulated.
        days: demonstrations of the nation by day, shape (7 x weeks,); nothing where they were not counted.
    """

    first: int
    provinces: tuple[str, ...]
    total: Counted
    contested: Counted
    deaths: Counted
    kinds: Counted
    digest: str = ""
    days: Counted = dataclasses.field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def weeks(self) -> list[date]:
        """The first days of the weeks."""
        return [day_date(self.first + 7 * k) for k in range(len(self.total))]

    def between(self, start: date, end: date) -> Counts:
        """The weeks that begin within a period.

        Raises:
            InputError: none does.
        """
        days = self.first + 7 * np.arange(len(self.total))
        keep = (days >= day_number(start)) & (days <= day_number(end))
        if not keep.any():
            raise InputError(f"no week begins between {start} and {end}")
        cut = {name: getattr(self, name)[keep] for name in ("total", "contested", "deaths", "kinds")}
        return dataclasses.replace(self, first=int(days[keep][0]), **cut)


def observed(events: Events, case: Case, start: date, end: date, *, sealed: date | None = LAST_CLOSED) -> Counts:
    """A real record counted over a period; province-weeks without a row are zeros.

    Args:
        events: as read by `groundswell.events.reading.read`; its regions are ids of the case's provinces, or their names.
        case: whose provinces they are.
        start, end: the period; it is cut to whole weeks.
        sealed: no week after it is counted where the case is real; None only to score a file of the user's own.

    Raises:
        InputError: no whole week, a week that is sealed, an unknown region, or events that tell no week.
    """
    import polars as pl

    from groundswell.events.acled import UNIX_DAY

    first, weeks = whole_weeks(start, end)
    last = day_date(first + 7 * weeks - 1)
    if case.real and sealed is not None and last > sealed:
        raise InputError(f"weeks after {sealed} are not fitted: they are kept for a score", key="end")
    rows = case.census().provinces
    ids = tuple(sorted(row.id for row in rows))
    place = {**{row.name: row.id for row in rows}, **{row.id: row.id for row in rows}}
    frame = events.frame.with_columns(
        day=pl.col("first").cast(pl.Int32).cast(pl.Int64) + UNIX_DAY + pl.when(pl.col("precision") == "week").then(3).otherwise(0),
        kind=pl.col("kind").cast(pl.String),
        deaths=pl.col("deaths").fill_null(0),
    ).filter((pl.col("day") >= first) & (pl.col("day") < first + 7 * weeks))
    vague = frame.filter(pl.col("precision").cast(pl.String).is_in(["month", "year"]))
    if vague.height:
        raise InputError(f"{vague.height} rows tell a month or a year and no week", file=events.file)
    region = frame["region"].to_list()
    unknown = next((name for name in region if name not in place), None)
    if region and unknown is not None:
        raise InputError(f"the case has no province {unknown!r}", file=events.file, key="region", nearest=nearest(str(unknown), place))
    code = {iso: k for k, iso in enumerate(ids)}
    kind = {name: k for k, name in enumerate(COUNTS)}
    table = np.zeros((weeks, len(ids), len(COUNTS) + 1), np.int64)
    week = (frame["day"].to_numpy() - first) // 7
    column = np.array([code[place[name]] for name in region], np.int64)
    sort = np.array([kind.get(name, len(DEMONSTRATIONS)) for name in frame["kind"].to_list()], np.int64)
    np.add.at(table, (week, column, sort), frame["count"].to_numpy())
    # a table of counts gives deaths of all kinds together, in rows that stand for no event
    told = (sort < len(DEMONSTRATIONS)) | (frame["count"].to_numpy() == 0)
    np.add.at(table, (week[told], column[told], len(COUNTS)), frame["deaths"].to_numpy()[told])
    return _counts(first, ids, table, digest=events.digest)


def whole_weeks(start: date, end: date) -> tuple[int, int]:
    """The day number on which the first whole week (from Saturday) of a period begins, and how many there are.

    Raises:
        InputError: there is none.
    """
    from groundswell.events.acled import week_start

    first = int(week_start(day_number(start) + 6))
    weeks = (day_number(end) + 1 - first) // 7
    if weeks < 1:
        raise InputError(f"there is no whole week from {start} to {end}", key="end")
    return first, weeks


def _counts(first: int, ids: tuple[str, ...], table: Counted, digest: str = "") -> Counts:
    n = len(DEMONSTRATIONS)
    kinds = table[:, :, :n].sum(axis=1)
    return Counts(first, ids, table[:, :, :n].sum(axis=2), table[:, :, 1:n].sum(axis=2), table[:, :, -1], kinds, digest)


def outputs_of(common: Mapping[str, Any]) -> dict[str, Output]:
    """What the task `weekly_counts` returns: UInt16 by week and province, UInt32 by week and kind, and by day where that is asked for."""
    from groundswell.experiments.read import as_date

    _, weeks = whole_weeks(as_date(common["start"], "start"), as_date(common["end"], "end"))
    table = Output("u2", (weeks, int(common["provinces"])))
    days = {"days": Output("u4", (7 * weeks,))} if common.get("days") else {}
    return {"total": table, "contested": table, "deaths": table, "kinds": Output("u4", (weeks, len(DEMONSTRATIONS))), **days}


@kind(outputs=outputs_of, version=1)
def weekly_counts(common: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """The task of a fit: one simulated record, counted by week and province (in the order of their ids).

    Args:
        common: what all tasks share, from `common_of`.
        payload: `seed`, values of parameters by dotted key, and, where they are not as the case has them, `shocks.strength` (factor on
            the size of dated shocks, 0: none) and `shift` (days by which they are moved, for placebo dates).

    Returns:
        `total`, `contested`, `deaths` of shape (weeks, provinces), and `kinds`, shape (weeks, 4); see `Counts`. Where `common` has
        `days`, these of shape (7 x weeks,), too.
    """
    found = simulated_counts(common, payload)
    arrays: dict[str, npt.NDArray[Any]] = {
        name: np.minimum(getattr(found, name), MOST).astype(np.uint16) for name in ("total", "contested", "deaths")
    }
    days = {"days": found.days.astype(np.uint32)} if common.get("days") else {}
    return {**arrays, "kinds": found.kinds.astype(np.uint32), **days}


def common_of(
    case: Case, target: str | Path, *, start: date, end: date, scale: int, source: int = 0, days: bool = False
) -> tuple[dict[str, Any], dict[str, str]]:
    """What the tasks of a study of a case share, and the paths of a case that is not built in.

    Args:
        case: as loaded.
        target: the name of a built-in case, or a folder.
        start, end: the period simulated; whole weeks of it are counted.
        scale: real persons a row stands for.
        source: whose reports are counted; 0 is the monitor.
        days: whether the nation is counted by day, too.

    Returns:
        `common` and `paths`, as `groundswell.studies.Study` takes them.
    """
    from groundswell import cases

    built_in = str(target) in cases.names()
    common = {
        "case": case.folder.name,
        "case_digest": case_digest(case),
        "start": start.isoformat(),
        "end": end.isoformat(),
        "scale": scale,
        "source": source,
        "provinces": len(case.census().provinces),
        **({"days": True} if days else {}),
    }
    return common, {} if built_in else {"folder": str(case.folder)}


def case_digest(case: Case) -> str:
    """Hash of `case.toml`, of what was fitted before and of every table that drives a run: tasks of an edited case are others.

    What only documents and tests a case may be edited: figures, assertions and the list of uprisings are in no simulation.
    """
    idle = {case.tables[role].name for role in ("figures", "assertions", "uprisings") if role in case.tables} | {"fit.toml"}
    names = sorted(path for path in case.folder.iterdir() if path.suffix in (".csv", ".toml") and path.name not in idle)
    whole = hashlib.blake2b(digest_size=16)
    for path in names:
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def simulated_counts(common: Mapping[str, Any], payload: Mapping[str, Any]) -> Counts:
    """A simulated record, counted as `observed` counts a real one; arguments as in `weekly_counts`.

    Raises:
        InputError: a key or a value is wrong.
    """
    from groundswell.events.acled import of_source
    from groundswell.events.weekly import weekly_table
    from groundswell.experiments.running import simulated
    from groundswell.society import SOURCES

    scenario = scenario_of(common, payload)
    source, compiled = int(common["source"]), bool(common.get("compiled", True))
    run = simulated(scenario, checkpoint=None, resume=False, compiled=compiled, progress=None, wanted=(SOURCES[source],))
    record = of_source(run.journals["record"], source)
    first, weeks = whole_weeks(scenario.start, scenario.end)
    table, _ = weekly_table(record, run.places, first=first, last=first + 7 * weeks - 1)
    by_id = np.argsort([p.id for p in run.places.provinces], kind="stable")
    found = _counts(first, tuple(run.places.provinces[p].id for p in by_id), table[:, by_id])
    return dataclasses.replace(found, days=_by_day(record, first, 7 * weeks)) if common.get("days") else found


def _by_day(record: Record, first: int, days: int) -> Counted:
    """Demonstrations of the nation by day of a simulated record; shape (days,)."""
    found = np.zeros(days, np.int64)
    for piece in pieces(record):
        at = np.asarray(piece["event_day"], np.int64) - first
        inside = (np.asarray(piece["sub_event"]) < len(DEMONSTRATIONS)) & (at >= 0) & (at < days)
        found += np.bincount(at[inside], minlength=days)
    return found


def scenario_of(common: Mapping[str, Any], payload: Mapping[str, Any]) -> Scenario:
    """The scenario of a task: the case's own, with the task's values, and its dated shocks weakened, strengthened or moved.

    Raises:
        InputError: a key or a value is wrong.
    """
    from groundswell.experiments.read import as_date, read, settings_of

    values = {key: value for key, value in payload.items() if key not in ("seed", "shift", SHOCKS)}
    shift = timedelta(days=int(payload.get("shift", 0)))
    target = common.get("folder", common["case"])
    start, end = as_date(common["start"], "start"), as_date(common["end"], "end")
    settings = {"scale": common["scale"], "start": start, "end": end, "seed": payload["seed"], "threads": 1, **values}
    if SHOCKS in payload:
        settings["shock_strength"] = float(payload[SHOCKS])
    scenario = read(target, settings_of(settings))
    if not shift:
        return scenario
    case, far = scenario.case, abs(shift)  # what lies outside the run as it is may lie inside when it is moved
    wide = {"start": max(start - far, case.start), "end": min(end + far, case.end)}
    effects = read(target, settings_of({**settings, **wide})).effects
    moved = [found for effect in effects if (found := _moved(effect, shift, scenario)) is not None]
    return dataclasses.replace(scenario, effects=tuple(moved))


def _moved(effect: Effect, shift: timedelta, scenario: Scenario) -> Effect | None:
    """An effect within the run, a shock some days later."""
    if is_shock(effect, scenario.case):
        effect = dataclasses.replace(effect, start=effect.start + shift, end=effect.end + shift)
    if effect.end < scenario.start or effect.start > scenario.end:
        return None
    return dataclasses.replace(effect, start=max(effect.start, scenario.start), end=min(effect.end, scenario.end))


def shocks_digest(case: Case) -> str:
    """Hash of the case's list of dated events, which is frozen before a fit."""
    path = case.folder / str(case.document.data.get("tables", {}).get("events", "events.csv"))
    return hashlib.blake2b(path.read_bytes() if Path(path).is_file() else b"", digest_size=16).hexdigest()
