"""Counts by week and province, as real records are published, and the moments by which a fit is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import EPOCH, day_number
from groundswell.core.errors import InputError, nearest
from groundswell.core.rows import pieces
from groundswell.events.acled import ACT_CODE, Record, checked, week_start

if TYPE_CHECKING:
    import polars as pl

    from groundswell.core.places import Places

Floats = npt.NDArray[np.float64]

DEMONSTRATIONS = ("peaceful_protest", "protest_with_intervention", "excessive_force_against_protesters", "violent_demonstration")
CONTESTED = DEMONSTRATIONS[1:]
COUNTS = (*DEMONSTRATIONS, "other")  # in the order of the record's codes
COLUMNS = ("week_starting", "iso", *COUNTS, "fatalities")


Mine = Callable[[Record], npt.NDArray[np.bool_]]


def weekly(
    record: Record, places: Places, *, zeros: bool = False, first: int | None = None, last: int | None = None, mine: Mine | None = None
) -> pl.DataFrame:
    """A record counted by week (from Saturday) and province, in the columns of an aggregate.

    Args:
        record: the journal `record`, as in `groundswell.events.acled.to_acled`; events count in the week of `event_day`.
        places: what the codes mean.
        zeros: also give the province-weeks in which nothing was reported.
        first, last: the period in day numbers, both included; events dated outside are left out. By default that of the
            record. A week that the period cuts counts what falls into the period.
        mine: which reports of a piece of the record count; all where None.

    Returns:
        `week_starting`, `iso` (the province's id), a count for each sub-event type (`other`: acts of small units) and
        `fatalities` (reported at demonstrations); sorted by week and id.

    Raises:
        InputError: a field of the record is missing or outside its range.
    """
    import polars as pl

    table, start = weekly_table(record, places, first=first, last=last, mine=mine)
    weeks, provinces, kinds = table.shape
    by_id = np.argsort([p.id for p in places.provinces], kind="stable")
    flat = table[:, by_id].reshape(-1, kinds)
    keep = np.ones(len(flat), bool) if zeros else flat.any(axis=1)
    starts = np.datetime64(EPOCH) + np.repeat(start + 7 * np.arange(weeks), provinces).astype("timedelta64[D]")
    ids = np.tile(np.array([places.provinces[p].id for p in by_id], object), weeks)
    columns: dict[str, Any] = {"week_starting": pl.Series(starts[keep].astype("datetime64[D]"), dtype=pl.Date)}
    columns["iso"] = pl.Series(ids[keep].tolist(), dtype=pl.String)
    return pl.DataFrame(columns | {name: flat[keep, k] for k, name in enumerate(COLUMNS[2:])})


def weekly_table(
    record: Record, places: Places, *, first: int | None = None, last: int | None = None, mine: Mine | None = None
) -> tuple[npt.NDArray[np.int64], int]:
    """The counts of `weekly` as an array, and the day number on which its first week begins.

    The record is gone through a piece at a time, so that one which lies in files need not fit into memory.

    Returns:
        Shape (weeks, provinces, columns): provinces in storage order, columns as `COLUMNS` from the third on.
    """

    def counted() -> Iterator[dict[str, npt.NDArray[Any]]]:
        for piece in pieces(record):
            chosen = None if mine is None else mine(piece)
            yield checked(piece if chosen is None else {name: np.asarray(values)[chosen] for name, values in piece.items()}, places)

    if first is None or last is None:
        days = [int(end(fields["event_day"])) for fields in counted() if len(fields["event_day"]) for end in (np.min, np.max)]
        first = first if first is not None else min(days, default=0)
        last = last if last is not None else max(days, default=first - 1)
    start = int(week_start(first))
    weeks = (int(week_start(last)) - start) // 7 + 1 if last >= first else 0
    table = np.zeros((weeks, len(places.provinces), len(COUNTS) + 1), np.int64)
    for fields in counted():
        inside = (fields["event_day"] >= first) & (fields["event_day"] <= last)
        week = (week_start(fields["event_day"][inside]) - start) // 7
        province, code = fields["province"][inside], fields["sub_event"][inside]
        np.add.at(table, (week, province, code), 1)
        deaths = np.where(code == ACT_CODE, 0, fields["fatalities_reported"][inside])
        np.add.at(table, (week, province, np.full_like(code, len(COUNTS))), deaths)
    return table, start


@dataclass(frozen=True)
class Moments:
    """What a fit must match beyond totals; nan where a moment is not defined (too few weeks, or no variation).

    Attributes:
        weeks, provinces: size of the table.
        mean: events a week, nation.
        variance_to_mean: variance of the national weekly count (divisor weeks - 1) over its mean; 1 for a Poisson process.
        empty: share of province-weeks without an event.
        autocorrelation_1, autocorrelation_2, autocorrelation_4: Pearson correlation of the national count with itself 1, 2
            and 4 weeks later.
        province_correlation: mean Pearson correlation of two provinces' counts, over the pairs in which both vary.
        fano: median over provinces with any event of the variance-to-mean ratio of the weekly count.
    """

    weeks: int
    provinces: int
    mean: float
    variance_to_mean: float
    empty: float
    autocorrelation_1: float
    autocorrelation_2: float
    autocorrelation_4: float
    province_correlation: float
    fano: float


def table_of(
    frame: pl.DataFrame,
    *,
    counted: Sequence[str] = DEMONSTRATIONS,
    provinces: Sequence[str] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Floats:
    """Counts as a table, with zeros for absent rows; shape (weeks, provinces), provinces in the order of their ids.

    Args:
        frame: `week_starting`, `iso` and counts, one row a province-week at most, as from `weekly`.
        counted: the columns that are added up.
        provinces: ids of all provinces; by default those that occur.
        first, last: the first days of the first and the last week; by default those that occur.

    Raises:
        InputError: a column is missing, a row stands twice or is of another province, or a week begins on another day.
    """
    import polars as pl

    for name in ("week_starting", "iso", *counted):
        if name not in frame.columns:
            raise InputError("the aggregate lacks this column", key=name, nearest=nearest(name, frame.columns))
    days = (frame["week_starting"].cast(pl.Date).to_numpy().astype("datetime64[D]") - np.datetime64(EPOCH)).astype(np.int64)
    if not len(days) and (first is None or last is None):
        return np.zeros((0, len(provinces or ())))
    start, end = (day_number(w) if w is not None else int(extreme(days)) for w, extreme in ((first, np.min), (last, np.max)))
    ids = sorted(set(provinces) if provinces is not None else set(frame["iso"].to_list()))
    position = {iso: k for k, iso in enumerate(ids)}
    keep = (days >= start) & (days <= end)
    unknown = sorted(set(frame["iso"].to_list()) - set(position))
    if unknown:
        raise InputError(f"{unknown[0]!r} is not among the provinces", key="iso", nearest=nearest(unknown[0], ids))
    if ((days[keep] - start) % 7).any():
        raise InputError("weeks do not begin on the same day of the week", key="week_starting")
    column = np.array([position[iso] for iso in frame["iso"].to_list()], np.int64)[keep]
    week = (days[keep] - start) // 7
    cells = week * len(ids) + column
    if len(np.unique(cells)) != len(cells):
        raise InputError("a province-week stands twice", key="week_starting")
    table = np.zeros(((end - start) // 7 + 1, len(ids)))
    table[week, column] = frame.select(pl.sum_horizontal(*counted)).to_series().to_numpy()[keep]
    return table


def moments(
    frame: pl.DataFrame,
    *,
    counted: Sequence[str] = DEMONSTRATIONS,
    provinces: Sequence[str] | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Moments:
    """The moments of weekly counts; arguments and errors as in `table_of`."""
    return moments_of(table_of(frame, counted=counted, provinces=provinces, first=first, last=last))


def both_moments(total: Floats, contested: Floats) -> dict[str, Moments]:
    """The moments of all demonstrations and of contested ones, from tables of weekly counts.

    A record names no stream: totals mix streams that have nothing to do with each other, and a model is judged by both.
    """
    return {"total": moments_of(total), "contested": moments_of(contested)}


def moments_of(table: Floats) -> Moments:
    """The moments of a table of weekly counts; shape (weeks, provinces)."""
    nation = table.sum(axis=1)
    mean = float(nation.mean()) if len(nation) else float("nan")
    spread = table.var(axis=0, ddof=1) if len(table) > 1 else np.full(table.shape[1], np.nan)
    means = table.mean(axis=0) if len(table) else np.zeros(table.shape[1])
    ratios = spread[means > 0] / means[means > 0]
    return Moments(
        weeks=table.shape[0],
        provinces=table.shape[1],
        mean=mean,
        variance_to_mean=float(nation.var(ddof=1)) / mean if len(nation) > 1 and mean > 0 else float("nan"),
        empty=float((table == 0).mean()) if table.size else float("nan"),
        autocorrelation_1=_correlation(nation[1:], nation[:-1]),
        autocorrelation_2=_correlation(nation[2:], nation[:-2]),
        autocorrelation_4=_correlation(nation[4:], nation[:-4]),
        province_correlation=_mean_correlation(table),
        fano=float(np.median(ratios)) if len(ratios) else float("nan"),
    )


def _correlation(a: Floats, b: Floats) -> float:
    if len(a) < 2:
        return float("nan")
    x, y = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else float("nan")


def _mean_correlation(table: Floats) -> float:
    if len(table) < 2:
        return float("nan")
    centred = table - table.mean(axis=0)
    size = np.sqrt((centred * centred).sum(axis=0))
    standard = centred[:, size > 0] / size[size > 0]
    pairs = standard.shape[1] * (standard.shape[1] - 1)
    if not pairs:
        return float("nan")
    together = standard.T @ standard
    return float((together.sum() - np.trace(together)) / pairs)
