"""Measures: a number of a run within a period, each with its unit and meaning; what claims compare two runs in.

All are of the nation, also where they count provinces: how many, never which. Days are positions in the run's series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.claims.finding import REQUIRED, Option, option
from groundswell.core.errors import InputError, nearest
from groundswell.experiments.measures import FROM_SERIES, HOW, effective_number
from groundswell.society import FALLEN, MOVEMENT_OVER, SILENT_DAYS, SOURCES, TACTICS

if TYPE_CHECKING:
    from groundswell.core.run import Run
    from groundswell.core.simulate import Engine

Floats = npt.NDArray[np.float64]
Days = slice
NONE = float("nan")
GATHERING, ACT = 0, 1  # kinds of the journals
ANTI_REGIME = 0  # position in `society.STREAMS`
WEEK = 7
YEAR = 365.25


@dataclass(frozen=True)
class Measure:
    """A number of a run.

    Args:
        name: by which claim files name it.
        do: from a run, the days that count and options to the number; nan where it is not defined in this run.
        meaning: one sentence.
        unit: "1" for a pure number.
        options: what a claim file may say beside.
        low, high: what it cannot go below or above; `judge = "mean"` needs both.
        needs: the journals and series from which it is told; empty where an option names one.
        settled: from a run in progress and the days still to come, whether the number is known already, whatever they bring.
    """

    name: str
    do: Callable[..., float]
    meaning: str
    unit: str = "1"
    options: Mapping[str, Option] = field(default_factory=dict)
    low: float = -np.inf
    high: float = np.inf
    needs: tuple[str, ...] = ()
    settled: Callable[[Engine, int], bool] | None = None

    def asks(self, options: Mapping[str, Any]) -> tuple[str, ...]:
        """The journals and series from which it is told, with options in full."""
        return self.needs or (str(options["name"]),)

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Options in full.

        Raises:
            InputError: one that there is not, or of another type.
        """
        from groundswell.claims.registry import typed

        for name in given:
            if name not in self.options:
                raise InputError(f"the measure {self.name!r} has no such option", key=name, nearest=nearest(name, self.options))
        for name, about in self.options.items():
            if about.default is REQUIRED and name not in given:
                raise InputError(f"the measure {self.name!r} needs it: {about.doc}", key=name)
        return {name: typed(name, given[name], about.kind) if name in given else about.default for name, about in self.options.items()}

    def of(self, run: Run, days: Days, options: Mapping[str, Any]) -> float:
        """The number; nan where it is not defined.

        Raises:
            InputError: the model does not record what it needs.
        """
        for name in self.needs:
            if name not in run.series and name not in run.journals:
                raise InputError(f"the measure {self.name!r} needs {name!r}, which this model does not record", key="measure")
        return float(self.do(run, days, **options))


def _nation(run: Run, name: str, days: Days) -> Floats:
    return np.asarray(run.national(name)[days], np.float64)


def _journal(run: Run, name: str, day: str, days: Days, columns: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
    """Columns of a journal within the days, and `day`."""
    from groundswell.core.rows import pieces

    first, last = int(run.days[days][0]), int(run.days[days][-1])
    parts: dict[str, list[npt.NDArray[Any]]] = {column: [] for column in (day, *columns)}
    for piece in pieces(run.journals[name]):
        inside = (piece[day] >= first) & (piece[day] <= last)
        for column, found in parts.items():
            found.append(np.asarray(piece[column])[inside])
    return {column: np.concatenate(found) if found else np.zeros(0, np.int64) for column, found in parts.items()}


def _contested(run: Run, days: Days) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Day and province of anti-regime gatherings that were intervened in or turned violent."""
    found = _journal(run, "events", "day", days, ("kind", "stream", "province", "violent", "response", "deaths"))
    hard = (found["violent"] > 0) | (found["response"] > 0) | (found["deaths"] > 0)
    chosen = (found["kind"] == GATHERING) & (found["stream"] == ANTI_REGIME) & hard
    return found["day"][chosen].astype(np.int64), found["province"][chosen].astype(np.int64)


def contested(run: Run, days: Days) -> float:
    """Contested gatherings a week, as they happened."""
    when, _ = _contested(run, days)
    return WEEK * len(when) / len(run.days[days])


def contested_reported(run: Run, days: Days, source: str) -> float:
    """Contested gatherings a week, as a source reported them."""
    from groundswell.events.weekly import CONTESTED, COUNTS

    found = _journal(run, "record", "event_day", days, ("source", "sub_event", "kind"))
    codes = [COUNTS.index(name) for name in CONTESTED]
    mine = (found["source"] == SOURCES.index(source)) & (found["kind"] == GATHERING) & np.isin(found["sub_event"], codes)
    return WEEK * int(mine.sum()) / len(run.days[days])


def days_to_wide_unrest(run: Run, days: Days, provinces: int) -> float:
    """Days from the first until a week in which contested gatherings happened in so many provinces; the whole period where none came."""
    when, where = _contested(run, days)
    first, length = int(run.days[days][0]), len(run.days[days])
    for week in range(length // WEEK):
        inside = (when - first) // WEEK == week
        if len(np.unique(where[inside])) >= provinces:
            return float(WEEK * week)
    return float(length)


def onset_spread(run: Run, days: Days) -> float:
    """Days between the first contested gathering of a quarter of the provinces that had one, and of three quarters."""
    when, where = _contested(run, days)
    firsts = np.array([when[where == place].min() for place in np.unique(where)], np.float64)
    return float(np.subtract(*np.quantile(firsts, [0.75, 0.25]))) if len(firsts) > 1 else NONE


def fear_after_killing(run: Run, days: Days, window: int) -> float:
    """Mean fear over so many days from the first day on which demonstrators are killed; not defined where none are."""
    killed = np.flatnonzero(_nation(run, "killed", days) > 0)
    after = _nation(run, "fear_mean", days)[killed[0] + 1 : killed[0] + 1 + window] if len(killed) else np.zeros(0)
    return float(after.mean()) if len(after) else NONE


def units_growth(run: Run, days: Days) -> float:
    """Yearly growth of live units from the first day to the last: 0.05 is 5 % a year; not defined without any on the first day."""
    units = _nation(run, "units_live", days)
    return float((units[-1] / units[0]) ** (YEAR / max(len(units) - 1, 1)) - 1) if units[0] > 0 else NONE


def extinct(run: Run, days: Days) -> float:
    """1 where no unit is live on the last day."""
    return float(_nation(run, "units_live", days)[-1] == 0)


def movement_ended(run: Run, days: Days) -> float:
    """1 where the movement has ended: no live unit for the model's `ending.silence` days, two years by default."""
    return float(_nation(run, "movement_over", days)[-1] > 0)


def _over_or_never(engine: Engine, left: int) -> bool:
    """Whether the movement has ended, or cannot before so many days have passed."""
    silent = max(int(engine.view(SILENT_DAYS)[0]), 0)
    return bool(engine.view(MOVEMENT_OVER)[0]) or silent + left < engine.values.lowest("ending.silence")


def _fell(engine: Engine, _: int) -> bool:
    return bool(engine.view(FALLEN)[0])


def fallen(run: Run, days: Days) -> float:
    """1 where the regime has fallen by the last day."""
    return float(_nation(run, "fallen", days)[-1] > 0)


def given_away_per_arrest(run: Run, days: Days) -> float:
    """Persons arrested because a captive named them, an arrest; not defined without arrests."""
    arrests = _nation(run, "arrests", days).sum()
    return float(_nation(run, "rolled_up", days).sum() / arrests) if arrests else NONE


def acts_per_member_year(run: Run, days: Days) -> float:
    """Acts of units a free member and year; not defined without members."""
    members = _nation(run, "members_now", days).sum() / YEAR
    return float(_nation(run, "acted", days).sum() / members) if members else NONE


def acts_of(run: Run, days: Days, tactic: str) -> float:
    """Acts of a tactic, as they happened."""
    found = _journal(run, "events", "day", days, ("kind", "tactic"))
    return float(((found["kind"] == ACT) & ((found["tactic"] == TACTICS.index(tactic)) if tactic else True)).sum())


def acts_reported(run: Run, days: Days, source: str, tactic: str) -> float:
    """Acts (of a tactic) that a source reported."""
    found = _journal(run, "record", "event_day", days, ("source", "kind", "tactic"))
    mine = (found["source"] == SOURCES.index(source)) & (found["kind"] == ACT)
    return float((mine & ((found["tactic"] == TACTICS.index(tactic)) if tactic else True)).sum())


def provinces_with_units(run: Run, days: Days) -> float:
    """How many provinces have a live unit on every day: a number, never which."""
    return float((run.series["units_live"][days] > 0).all(axis=0).sum())


def frames_effective(run: Run, days: Days) -> float:
    """Effective number of frames among those who hold one (inverse Simpson), mean over days."""
    held = np.stack([_nation(run, f"frame_{k}", days) for k in (1, 2, 3)], axis=-1)
    found = effective_number(held)
    return float(np.nanmean(found)) if np.isfinite(found).any() else NONE


def frame_share(run: Run, days: Days, frame: int) -> float:
    """Share that holds a frame among those who hold one, mean over days."""
    held = np.stack([_nation(run, f"frame_{k}", days) for k in (1, 2, 3)], axis=-1)
    total = held.sum(axis=-1)
    return float((held[total > 0, frame - 1] / total[total > 0]).mean()) if (total > 0).any() else NONE


def abstention(run: Run, days: Days, place: str) -> float:
    """Share of the eligible (of a province) who stay away from the votes held within the days; not defined without a vote."""
    ids = [one.id for one in run.places.provinces]
    if place and place not in ids:
        raise InputError(f"there is no province {place!r}", key="place", nearest=nearest(place, ids))
    where = [ids.index(place)] if place else slice(None)
    voted, eligible = (float(run.series[name][days][:, where].sum()) for name in ("voted", "eligible"))
    return 1 - voted / eligible if eligible else NONE


def _from_series(series: str, how: str) -> Callable[[Run, Days], float]:
    def do(run: Run, days: Days) -> float:
        return float(HOW[how](_nation(run, series, days)[None, :])[0])

    return do


def series(run: Run, days: Days, name: str, how: str) -> float:
    """Any recorded series of the nation."""
    if how not in HOW:
        raise InputError(f"{how!r} is none of {', '.join(HOW)}", key="how", nearest=nearest(how, HOW))
    return float(HOW[how](_nation(run, name, days)[None, :])[0])


def _own(
    do: Callable[..., float],
    unit: str,
    options: Mapping[str, Option] | None = None,
    *,
    low: float = 0,
    high: float = np.inf,
    needs: tuple[str, ...] = (),
    settled: Callable[[Engine, int], bool] | None = None,
) -> Measure:
    """A measure of a function's name and docstring."""
    return Measure(do.__name__, do, do.__doc__ or "", unit, options or {}, low, high, needs, settled)


_SHARES = ("united", "fear", "fear_highest", "legitimacy", "capacity", "fallen", "movement_over", "attention")
_SOURCE = option(SOURCES[0], "whose reports: monitor, state_media or channel")
_TACTIC = option("", "display, leaflets, writing, video or damage; empty: all")
_WORDS = {
    "united": "Share of live units in the largest organisation, last day.",
    "rolled_up": "Persons arrested because a captive named them.",
}
_ALL = (
    *(
        Measure(
            key,
            _from_series(name, how),
            _WORDS.get(key, f"{label[0].upper()}{label[1:].strip()}."),
            unit,
            {},
            0.0,
            1.0 if key in _SHARES else np.inf,
            (name,),
        )
        for key, label, unit, name, how in FROM_SERIES
        if key not in ("fallen", "movement_over")
    ),
    Measure(
        "series",
        series,
        "Any recorded series of the nation: its mean, highest, lowest, last, sum or week.",
        "1",
        {"name": option(REQUIRED, "a recorded series"), "how": option("mean", "mean, highest, lowest, last, sum or week")},
    ),
    _own(contested, "events", needs=("events",)),
    _own(contested_reported, "events", {"source": _SOURCE}, needs=("record",)),
    _own(days_to_wide_unrest, "days", {"provinces": option(10, "how many provinces")}, needs=("events",)),
    _own(onset_spread, "days", needs=("events",)),
    _own(fear_after_killing, "1", {"window": option(90, "days")}, high=1, needs=("killed", "fear_mean")),
    _own(units_growth, "1", low=-1, needs=("units_live",)),
    _own(extinct, "1", high=1, needs=("units_live",)),
    _own(movement_ended, "1", high=1, needs=("movement_over",), settled=_over_or_never),
    _own(fallen, "1", high=1, needs=("fallen",), settled=_fell),
    _own(given_away_per_arrest, "1", high=1, needs=("arrests", "rolled_up")),
    _own(acts_per_member_year, "1", needs=("acted", "members_now")),
    _own(acts_of, "acts", {"tactic": _TACTIC}, needs=("events",)),
    _own(acts_reported, "acts", {"source": _SOURCE, "tactic": _TACTIC}, needs=("record",)),
    _own(provinces_with_units, "provinces", needs=("units_live",)),
    _own(frames_effective, "frames", low=1, high=3, needs=("frame_1", "frame_2", "frame_3")),
    _own(frame_share, "1", {"frame": option(1, "1, 2 or 3, in the case's order")}, high=1, needs=("frame_1", "frame_2", "frame_3")),
    _own(abstention, "1", {"place": option("", "a province's id; empty: the nation")}, high=1, needs=("voted", "eligible")),
)
MEASURES: dict[str, Measure] = {one.name: one for one in _ALL}
_CHOICES = {"source": SOURCES, "tactic": ("", *TACTICS), "how": tuple(HOW), "frame": (1, 2, 3)}


def find(name: str) -> Measure:
    """A measure by name.

    Raises:
        InputError: there is none, with the nearest.
    """
    if name not in MEASURES:
        raise InputError(f"there is no measure {name!r}", key="measure", nearest=nearest(name, MEASURES))
    return MEASURES[name]


def check_options(measure: Measure, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options in full, with words that there are.

    Raises:
        InputError: as `Measure.checked`, or a word that is none of those admitted.
    """
    found = measure.checked(given)
    for name, value in found.items():
        if name in _CHOICES and value not in _CHOICES[name]:
            words = ", ".join(repr(word) for word in _CHOICES[name])
            close = nearest(str(value), [str(word) for word in _CHOICES[name]])
            raise InputError(f"{value!r} is none of {words}", key=name, nearest=close)
    return found
