"""Forecasts from one origin after the other, each from what was known there; kept as a study, so that a stopped one goes on.

Each origin is a task. A forecaster's parameters are set anew every `refit` weeks, on a grid of weeks counted from the beginning of the
record and never after the origin, so that the forecasts of an origin do not depend on which other ones are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration.counts import Counts
from groundswell.core.errors import InputError, nearest
from groundswell.core.store import digest, read_arrays, write_arrays
from groundswell.forecasts.baselines import Fitted, Forecaster, baselines
from groundswell.forecasts.calendars import Calendar, Span
from groundswell.forecasts.history import LEAST, check_target, known
from groundswell.forecasts.sampling import MOST, Sampler
from groundswell.forecasts.simulated import Analogues, Learned, read_simulated
from groundswell.studies import Output, Study, kind

if TYPE_CHECKING:
    from groundswell.experiments.running import Progress
    from groundswell.forecasts.simulated import Simulated

Ints = npt.NDArray[np.int64]
Drawn = npt.NDArray[np.uint16]

HORIZONS = 4
DRAWS = 400
SEED = 1
RECORD = "weekly record"
SERIES = ("total", "contested", "deaths", "kinds")


@dataclass(frozen=True, eq=False)
class World:
    """What a process that forecasts has opened.

    Args:
        counts: the record; forecasters get a copy that ends with the origin.
        calendar: what is known ahead.
        forecasters: by name, in the order of the table.
        how: target, horizons, draws and seed.
        fitted: the last fit of each forecaster, with the number of weeks that it knew.
    """

    counts: Counts
    calendar: Calendar
    forecasters: tuple[Forecaster, ...]
    how: Mapping[str, Any]
    fitted: dict[str, tuple[int, Fitted]] = field(default_factory=dict)

    def at(self, weeks: int) -> list[Ints]:
        """The draws of each forecaster when so many weeks are known."""
        target, draws, horizons = str(self.how["target"]), int(self.how["draws"]), int(self.how["horizons"])
        history = known(self.counts, target, weeks)
        sampler = Sampler(int(self.how["seed"]), history.origin, draws, horizons)
        made = []
        for forecaster in self.forecasters:
            then = max(weeks // forecaster.refit * forecaster.refit, min(LEAST, weeks))
            if self.fitted.get(forecaster.name, (-1,))[0] != then:
                past = known(self.counts, target, then)
                self.fitted[forecaster.name] = (then, forecaster.fit(past, self.calendar.at(past.last_day)))
            made.append(self.fitted[forecaster.name][1].predict(history, self.calendar.at(history.last_day), sampler))
        return made


def write_record(folder: Path, counts: Counts, calendar: Calendar) -> None:
    """Keep a record and a calendar for worker processes."""
    about = {
        "first": counts.first, "provinces": list(counts.provinces), "digest": counts.digest, "groups": list(calendar.groups),
        "spans": [[span.group, span.first, span.days, span.known] for span in calendar.spans],
    }  # fmt: skip
    write_arrays(folder, RECORD, about, {name: getattr(counts, name) for name in SERIES})


def read_record(folder: Path) -> tuple[Counts, Calendar]:
    """What `write_record` kept."""
    about, arrays = read_arrays(folder, RECORD)
    series: dict[str, Any] = {name: arrays[name] for name in SERIES}
    counts = Counts(first=int(about["first"]), provinces=tuple(about["provinces"]), digest=str(about["digest"]), **series)
    return counts, Calendar(tuple(about["groups"]), tuple(Span(*span) for span in about["spans"]))


def chosen(names: Sequence[str], target: str, simulated: Simulated | None) -> tuple[Forecaster, ...]:
    """Forecasters by their names.

    Raises:
        InputError: there is none of a name, or the simulator's needs simulated histories.
    """
    every: list[Forecaster] = list(baselines())
    if simulated is not None:
        every += [Learned(simulated, target), Analogues(simulated, target)]
    found = {one.name: one for one in every}
    for name in names:
        if name not in found:
            raise InputError(f"there is no forecaster {name!r}", key="forecasters", nearest=nearest(name, found))
    return tuple(found[name] for name in names)


def opened(common: Mapping[str, Any]) -> World:
    """What `forecast` works with."""
    counts, calendar = read_record(Path(common["record"]))
    simulated = read_simulated(Path(common["simulated"])) if common.get("simulated") else None
    return World(counts, calendar, chosen(common["forecasters"], str(common["target"]), simulated), common)


def _outputs(common: Mapping[str, Any]) -> dict[str, Output]:
    shape = (len(common["forecasters"]), int(common["draws"]), int(common["horizons"]), int(common["provinces"]))
    return {"draws": Output("u2", shape)}


@kind(outputs=_outputs, prepare=opened, memory=lambda _: 6e8)
def forecast(world: World, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The task: the draws of all forecasters when `weeks` weeks are known; shape (forecasters, draws, horizons, provinces)."""
    return {"draws": np.minimum(np.stack(world.at(int(payload["weeks"]))), MOST).astype(np.uint16)}


def rolling(
    folder: Path,
    counts: Counts,
    calendar: Calendar,
    target: str,
    origins: Sequence[int],
    *,
    names: Sequence[str] | None = None,
    simulated: Simulated | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[tuple[str, ...], Drawn]:
    """Forecasts from several origins; what the folder holds already is not done again.

    Args:
        folder: where they are kept: a study, the record and the simulated histories.
        counts, calendar: the record, and what is known ahead.
        target: which series is forecast.
        origins: numbers of weeks that are known; each is at least two years.
        names: of the forecasters; all baselines, and the simulator's where there are simulated histories, if None.
        simulated: simulated histories.
        draws, seed: of each forecast.
        workers, progress: see `Study.run`.

    Returns:
        Names of the forecasters, and draws of shape (origins, forecasters, draws, horizons, provinces).

    Raises:
        InputError: an origin is too early or too late, or the folder holds forecasts of something else.
        Stopped: by a signal.
    """
    check_target(target)
    for weeks in origins:
        if not LEAST <= weeks <= len(counts.total):
            raise InputError(f"{weeks} weeks are known at an origin; from {LEAST} to {len(counts.total)} can be", key="origins")
    if names is None:
        names = [one.name for one in baselines()]
        names += [] if simulated is None else [Learned(simulated, target).name, Analogues(simulated, target).name]
    chosen(names, target, simulated)
    common = {
        "target": target, "draws": draws, "horizons": HORIZONS, "seed": seed, "forecasters": list(names),
        "provinces": len(counts.provinces), "what": what_of(counts, calendar, simulated),
    }  # fmt: skip
    record = folder / "record"
    write_record(record, counts, calendar)
    paths = {"record": str(record.absolute())}
    if simulated is not None:
        simulated.write(folder / "simulated")
        paths["simulated"] = str((folder / "simulated").absolute())
    study = Study(folder / target, forecast, [{"weeks": int(weeks)} for weeks in origins], common=common, paths=paths)
    study.run(workers, batch=13, progress=progress)
    return tuple(names), study.arrays("draws")


def what_of(counts: Counts, calendar: Calendar, simulated: Simulated | None) -> str:
    """A hash of what is forecast from."""
    parts = [str(counts.first), *counts.provinces, repr(calendar)]
    text = "\n".join(parts).encode() + b"".join(np.ascontiguousarray(getattr(counts, name), "<i8").tobytes() for name in SERIES[:3])
    if simulated is not None:
        text += b"".join(np.ascontiguousarray(one, "<u2").tobytes() for one in (simulated.total, simulated.contested))
    return digest(text)
