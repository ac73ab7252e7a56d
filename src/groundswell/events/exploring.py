"""What a record of events looks like by week and region: moments, weekdays, bursts, the fortieth day, years and empty cells.

Numbers only; they are drawn in `groundswell.report.exploring`. Nothing is finer than region and week, but for the weekdays of the whole
country. A record is what was reported: intensity and reporting are not told apart here.

Intervals are of a block bootstrap: weeks are drawn anew in blocks that go round, so that what hangs together in time stays together
(Künsch 1989; circular blocks: Politis & Romano 1992). Counts with a few huge weeks have wider ones than any bootstrap says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws, Stream, day_date
from groundswell.events import by_week
from groundswell.events.by_week import Weekly, Year
from groundswell.events.echoes import Echo, blocks, echo
from groundswell.events.weekly import moments_of

if TYPE_CHECKING:
    from groundswell.events.table import Events

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]

LEVEL = 0.90
BLOCK = 8  # weeks of a block: an uprising or a wave of strikes stays in one piece
REPLICATES = 500
LEAST_WEEKS = 8  # below it, moments by week say nothing
AROUND = 26  # weeks on each side whose median is the usual count
WEEKS = Stream("exploring_weeks", 2910, "which week a block of a bootstrap begins with, by number and replicate")
TURNS = Stream("exploring_turns", 2911, "by how many days a week is turned, by week and replicate")
LAGS = (1, 2, 4)
ON_ITS_OWN = 0.05


@dataclass(frozen=True)
class Estimate:
    """A number with the middle 90 % of its bootstrap; nan where it is not defined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Weekdays:
    """How events fall on the days of the week, in the whole country.

    Attributes:
        first: the day that the week begins with, Monday 0.
        events: that tell their day, within whole weeks.
        shares: of each day over a seventh: 1 where all days are alike.
        deviation: half the sum of what the shares of the days differ from a seventh: 0 to 6/7.
        chance: what the deviation stays below in 95 % of cases where each week is turned by so many days at random.
        p: share of such turned records (and this one) whose deviation is as large.
    """

    first: int
    events: int
    shares: tuple[Estimate, ...]
    deviation: Estimate
    chance: float
    p: float


@dataclass(frozen=True)
class Burst:
    """Weeks on end with more than twice the usual count; the usual is the median of the year around a week.

    Attributes:
        start: first day of its first week.
        weeks: how long it lasted.
        events, contested, deaths: within it.
        peak: events of its highest week.
        usual: median count of a week around its highest week.
        regions: with an event, of those that the record names; 0 where it names none.
    """

    start: date
    weeks: int
    events: int
    contested: int
    deaths: int
    peak: int
    usual: float
    regions: int


@dataclass(frozen=True, eq=False)
class Exploration:
    """All that is told of a record.

    Attributes:
        country: as the file names it, or nothing.
        counted: kinds of events that are counted.
        kinds: events of each kind in the period, also of those that are not counted.
        weekly: counts by week.
        moments: of `total` and `contested`, each by name, as in `groundswell.events.weekly.Moments`.
        weekdays: None where the record tells no days.
        bursts: of `total` and `contested`, in the order of time.
        echoes: of the `nation` and, where there are several, of the `regions`; without those that cannot be had.
        years: in order.
        notes: sentences on what was left out, and why.
    """

    country: str
    counted: tuple[str, ...]
    kinds: dict[str, int]
    weekly: Weekly
    moments: dict[str, dict[str, Estimate]]
    weekdays: Weekdays | None
    bursts: dict[str, tuple[Burst, ...]]
    echoes: dict[str, Echo]
    years: tuple[Year, ...]
    notes: tuple[str, ...] = field(default=())


def explore(
    events: Events,
    *,
    first: date | None = None,
    last: date | None = None,
    closed: date | None = None,
    progress: Progress | None = None,
) -> Exploration:
    """Describe a record of one country.

    Args:
        events: as read.
        first, last: the period, both included; by default that of the record. Weeks that it cuts are left out.
        closed: last day that may be described, where the record is of a real country.
        progress: called with what is done, how much of it is done, and of how much.

    Raises:
        InputError: the record is empty, of several countries, or has nothing within the period.
    """
    tell = progress or _silent
    tell("describing: counting", 0, 100)
    country = by_week.one_country(events.frame)
    notes: list[str] = []
    rows, counted, more = by_week.counted(by_week.within(events.frame, first, last, closed, notes))
    notes += more
    table = by_week.weekly(rows, first, last, closed, notes)
    found: dict[str, dict[str, Estimate]] = {}
    for k, (name, counts) in enumerate((("total", table.total), ("contested", table.contested))):
        tell("describing: moments", 10 + 30 * k, 100)
        found[name] = moments(counts, table.nation[name])
    tell("describing: weekdays", 70, 100)
    days = None if table.days is None else weekdays(table.days, table.first % 7)
    if not len(table.total):
        notes.append("no whole week with an event: nothing is told by week")
    elif days is None:
        few = f"fewer than {LEAST_WEEKS} whole weeks"
        notes.append(f"{'the record tells weeks and no days' if table.days is None else few}: no profile of weekdays")
    tell("describing: echoes", 80, 100)
    found_bursts = {name: bursts(table, name) for name in ("total", "contested")}
    echoes = _echoes(table, notes)
    return Exploration(
        country, counted, by_week.kinds_of(rows), table, found, days, found_bursts, echoes, by_week.years_of(rows, table), tuple(notes),
    )  # fmt: skip


def _silent(what: str, done: int, of: int) -> None:  # noqa: ARG001  # the shape of a callback
    return


def estimate(value: float, drawn: Floats) -> Estimate:
    """A value with the middle 90 % of what was drawn; nan where it is drawn too seldom to say."""
    known = drawn[np.isfinite(drawn)]
    if not np.isfinite(value) or len(known) < len(drawn) / 2:
        return Estimate(float(value), float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(value), float(low), float(high))


def moments(table: Floats, nation: Floats) -> dict[str, Estimate]:
    """The moments of `groundswell.events.weekly.Moments` with intervals; empty for fewer than eight weeks.

    Args:
        table: counts by week and region; shape (weeks, regions).
        nation: counts of the whole country, which may be more than those of the regions; shape (weeks,).
    """
    weeks = len(nation)
    if weeks < LEAST_WEEKS:
        return {}
    whole, parts = asdict(moments_of(nation[:, None])), asdict(moments_of(table))
    w = blocks(weeks, BLOCK, REPLICATES, WEEKS)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, spread = _mean_and_variance(w, nation)
        drawn = {"mean": mean, "variance_to_mean": spread / mean}
        drawn |= {f"autocorrelation_{lag}": _lagged(w[:, :-lag], nation[:-lag], nation[lag:]) for lag in LAGS}
        found = {name: estimate(whole[name], values) for name, values in drawn.items()}
        if table.shape[1] > 1:
            means, spreads = _mean_and_variance(w, table)
            ratios = np.where(means > 0, spreads / means, np.nan)
            some = np.isfinite(ratios).any(axis=1)
            fano = np.full(len(w), np.nan)
            fano[some] = np.nanmedian(ratios[some], axis=1)
            found["empty"] = estimate(parts["empty"], w @ (table == 0).mean(axis=1) / weeks)
            found["province_correlation"] = estimate(parts["province_correlation"], _together(w, table))
            found["fano"] = estimate(parts["fano"], fano)
        else:
            found["empty"] = estimate(whole["empty"], w @ (nation == 0) / weeks)
    return found


def _mean_and_variance(w: Floats, x: Floats) -> tuple[Floats, Floats]:
    n = w.shape[1]
    mean = w @ x / n
    return mean, (w @ (x * x) - n * mean * mean) / (n - 1)


def _lagged(w: Floats, x: Floats, y: Floats) -> Floats:
    """Correlation of pairs that are drawn together."""
    n = w.sum(axis=1)
    mx, my = w @ x / n, w @ y / n
    together = w @ (x * y) / n - mx * my
    size = (w @ (x * x) / n - mx * mx) * (w @ (y * y) / n - my * my)
    return np.asarray(np.where(size > 1e-12, together / np.sqrt(np.maximum(size, 1e-12)), np.nan))


def _together(w: Floats, table: Floats) -> Floats:
    """Mean correlation of two regions in each replicate."""
    found = np.full(len(w), np.nan)
    for k, row in enumerate(w):
        centred = table - row @ table / row.sum()
        size = np.sqrt(row @ (centred * centred))
        standard = (centred[:, size > 0] * np.sqrt(row)[:, None]) / size[size > 0]
        pairs = standard.shape[1] * (standard.shape[1] - 1)
        if pairs:
            whole = standard.sum(axis=1)
            found[k] = (whole @ whole - standard.shape[1]) / pairs
    return found


def weekdays(days: Floats, first: int) -> Weekdays | None:
    """The profile of the days of the week; None for fewer than eight weeks or without an event.

    Args:
        days: events by week and day; shape (weeks, 7).
        first: the day that the week begins with, Monday 0.
    """
    weeks, events = len(days), float(days.sum())
    if weeks < LEAST_WEEKS or not events:
        return None

    def deviations(sums: Floats) -> Floats:
        return np.asarray(np.abs(sums / sums.sum(axis=-1, keepdims=True) - 1 / 7).sum(axis=-1) / 2)

    drawn = blocks(weeks, BLOCK, REPLICATES, WEEKS) @ days
    drawn = drawn[drawn.sum(axis=1) > 0]
    relative = 7 * drawn / drawn.sum(axis=1, keepdims=True)
    value = 7 * days.sum(axis=0) / events
    turned = np.zeros((REPLICATES, 7))
    for week, row in enumerate(days):
        if row.any():
            by = np.floor(7 * Draws(0).uniform(TURNS, 0, week, np.arange(REPLICATES))).astype(np.int64)
            turned += row[(np.arange(7) + by[:, None]) % 7]
    chance, found = deviations(turned), float(deviations(days.sum(axis=0)))
    return Weekdays(
        first=first,
        events=round(events),
        shares=tuple(estimate(float(value[k]), relative[:, k]) for k in range(7)),
        deviation=estimate(found, deviations(drawn)),
        chance=float(np.quantile(chance, 1 - ON_ITS_OWN)),
        p=float((1 + (chance >= found - 1e-12).sum()) / (1 + REPLICATES)),
    )


def usual(counts: Floats) -> Floats:
    """The median of the 53 weeks around each week, fewer at the ends; shape (weeks,)."""
    return np.array([np.median(counts[max(k - AROUND, 0) : k + AROUND + 1]) for k in range(len(counts))])


def bursts(table: Weekly, name: str = "total") -> tuple[Burst, ...]:
    """Weeks on end with more than twice the usual count, and more than three standard deviations of a Poisson count above it."""
    counts = table.nation[name]
    if len(counts) < LEAST_WEEKS:
        return ()
    level = usual(counts)
    high = (counts > 2 * level) & (counts > level + 3 * np.sqrt(np.maximum(level, 1.0)))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], high, [False]]).astype(np.int8))).reshape(-1, 2)
    found = []
    by_region = table.total if name == "total" else table.contested
    for begin, end in edges:
        top = begin + int(np.argmax(counts[begin:end]))
        sums = {key: int(values[begin:end].sum()) for key, values in table.nation.items()}
        touched = int((by_region[begin:end].sum(axis=0) > 0).sum()) if len(table.regions) > 1 else 0
        start = day_date(table.first + 7 * int(begin))
        found.append(
            Burst(start, int(end - begin), sums[name], sums["contested"], sums["deaths"], int(counts[top]), float(level[top]), touched)
        )
    return tuple(found)


def _echoes(table: Weekly, notes: list[str]) -> dict[str, Echo]:
    """Of the nation and of the regions; a note where there is none."""
    found = {}
    views: Sequence[tuple[str, Floats, Floats]] = (
        ("nation", table.nation["total"][:, None], table.nation["deaths"][:, None]),
        ("regions", table.total, table.deaths),
    )
    for name, counts, deaths in views[: (1 + (len(table.regions) > 1)) * bool(len(table.total))]:
        result, why = echo(counts, deaths)
        if result is not None:
            found[name] = result
        else:
            words = "the whole country" if name == "nation" else "the same region"
            notes.append(f"no echo of the fortieth day in {words}: {why}")
    return found


def as_json(found: Exploration) -> dict[str, Any]:
    """Everything but the weekly table, for programs; what is not defined is null."""
    table = found.weekly
    content = {
        "country": found.country,
        "counted": list(found.counted),
        "kinds": found.kinds,
        "first_week": str(day_date(table.first)) if len(table.total) else None,
        "weeks": len(table.total),
        "regions": list(table.regions),
        "level": LEVEL,
        "moments": {name: {key: asdict(one) for key, one in some.items()} for name, some in found.moments.items()},
        "weekdays": asdict(found.weekdays) if found.weekdays is not None else None,
        "bursts": {name: [{**asdict(one), "start": str(one.start)} for one in some] for name, some in found.bursts.items()},
        "echoes": {name: asdict(one) for name, one in found.echoes.items()},
        "years": [asdict(one) for one in found.years],
        "nation": {name: [int(n) for n in counts] for name, counts in table.nation.items()},
        "notes": list(found.notes),
    }
    plain: dict[str, Any] = _defined(content)
    return plain


def _defined(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _defined(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_defined(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
