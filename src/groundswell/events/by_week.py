"""Events of one country counted by whole week and region, and by year, with a note on everything that is not counted.

Weeks begin on Saturday, or as those of a record by week do. A region-week without an event is a zero: records list what happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_date, day_number
from groundswell.core.errors import InputError
from groundswell.events.acled import SATURDAY, UNIX_DAY
from groundswell.events.weekly import CONTESTED, DEMONSTRATIONS

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_YEARS = 100  # of a record by week
MOST_REGIONS = 250  # no country has so many first-level regions; towns are not described
WHOLE = "the whole country"  # the one column of a record that names no regions


@dataclass(frozen=True, eq=False)
class Weekly:
    """Counts by whole week; those by region have no place for events that name none.

    Attributes:
        first: day number on which the first week begins.
        regions: their names, as in the file.
        total, contested, deaths: shape (weeks, regions); events, events answered or violent, persons.
        nation: the same three of the whole country, shape (weeks,).
        days: events of the nation by day of the week, from the week's first day; shape (weeks, 7). None where days are not told.
    """

    first: int
    regions: tuple[str, ...]
    total: Floats
    contested: Floats
    deaths: Floats
    nation: dict[str, Floats]
    days: Floats | None

    @property
    def weeks(self) -> Ints:
        """Day numbers on which the weeks begin."""
        return self.first + 7 * np.arange(len(self.total), dtype=np.int64)


@dataclass(frozen=True)
class Year:
    """A year of the record.

    Attributes:
        year: by the first day of an event, or of the week, month or year that is all that is known of it.
        events, contested, deaths: in it, also where only the month or the year is known.
        weeks: whole weeks that begin in it.
        empty, empty_contested: share of region-weeks without an event; nan without a week or a region.
    """

    year: int
    events: int
    contested: int
    deaths: int
    weeks: int
    empty: float
    empty_contested: float


def one_country(frame: pl.DataFrame) -> str:
    """The country of a record, or nothing where the record names none.

    Raises:
        InputError: the record is empty or of several countries.
    """
    if frame.is_empty():
        raise InputError("the record holds no event")
    named = frame["country"].drop_nulls().value_counts(sort=True)
    if named.height > 1:
        most = ", ".join(named["country"].head(3).to_list())
        raise InputError(
            f"{named.height} countries ({most}{', ...' if named.height > 3 else ''}): describe one with --country", key="country"
        )
    return str(named["country"][0]) if named.height else ""


def within(frame: pl.DataFrame, first: date | None, last: date | None, closed: date | None, notes: list[str]) -> pl.DataFrame:
    """Rows that begin within the period, under the numbers that the rest needs."""
    import polars as pl

    if first is not None and last is not None and last < first:
        raise InputError(f"the period ends before it begins: {first} to {last}", key="until")
    day, every = pl.col("first"), total(frame["count"])
    inside = frame if closed is None else frame.filter(day <= closed)
    later = every - total(inside["count"])
    if later:
        notes.append(f"{many(later)} after {closed} left out: only closed years of a real country are described")
    inside = inside.filter(day >= (first or date.min), day <= (last or date.max))
    if not total(inside["count"]):
        ends = frame.select(low=day.min().dt.to_string(), high=day.max().dt.to_string()).row(0)
        raise InputError(f"no event lies within the period: the record runs from {ends[0]} to {ends[1]}")
    if outside := every - later - total(inside["count"]):
        notes.append(f"{many(outside)} outside the period left out")
    return inside


def counted(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...], list[str]]:
    """Rows with `counts` and `hard` (contested), and which kinds are counted: demonstrations where there are any, else all."""
    import polars as pl

    kind, notes = pl.col("kind").cast(pl.String), []
    demonstrations = total(frame.filter(kind.is_in(DEMONSTRATIONS))["count"])
    kinds: tuple[str, ...] = DEMONSTRATIONS
    if demonstrations:
        if rest := total(frame["count"]) - demonstrations:
            notes.append(f"{many(rest)} of other kinds not counted")
    else:
        kinds = tuple(sorted(frame["kind"].cast(pl.String).unique().to_list()))
        notes.append(f"no demonstration in the record: events of every kind are counted ({', '.join(kinds).replace('_', ' ')})")
    # a table of counts gives deaths of all kinds together, in rows that stand for no event
    with_deaths = kind.is_in(kinds) | (pl.col("count") == 0)
    rows = frame.with_columns(
        counts=pl.when(kind.is_in(kinds)).then("count").otherwise(0),
        hard=pl.when(kind.is_in(CONTESTED)).then("count").otherwise(0),
        dead=pl.when(with_deaths).then("deaths").otherwise(0).fill_null(0),
        long=pl.col("precision").cast(pl.String).is_in(["month", "year"]),
        weekly=pl.col("precision").cast(pl.String) == "week",
    )
    at = pl.col("first").cast(pl.Int32).cast(pl.Int64) + UNIX_DAY
    if longer := total(rows.filter(~pl.col("long") & ~pl.col("weekly") & (pl.col("last") > pl.col("first")))["counts"]):
        notes.append(f"{many(longer)} lasted several days: counted on the first")
    # a week that begins on another day than most counts where its middle lies
    return rows.with_columns(day=pl.when("weekly").then(at + 3).otherwise(at)), kinds, notes


def weekly(rows: pl.DataFrame, first: date | None, last: date | None, closed: date | None, notes: list[str]) -> Weekly:
    """Counts by whole week within the period."""
    import polars as pl

    timed = rows.filter(~pl.col("long"))
    if lost := total(rows["counts"]) - total(timed["counts"]):
        notes.append(f"{many(lost)} tell no week (only a month or year): counted by year alone")
    start, weeks = _whole_weeks(timed, first, last, closed)
    kept = timed.filter((pl.col("day") >= start) & (pl.col("day") < start + 7 * weeks))
    if cut := total(timed["counts"]) - total(kept["counts"]):
        notes.append(f"{many(cut)} in weeks that the period cuts: not counted by week")
    odd = total(kept.filter(pl.col("weekly") & ((pl.col("day") - 3 - start) % 7 != 0))["counts"])
    if odd:
        notes.append(f"{many(odd)} in weeks that begin on another day than most: counted in the week of their middle")
    placed = kept.filter(pl.col("region").is_not_null())
    regions = sorted(placed.filter(pl.col("counts") + pl.col("dead") > 0)["region"].unique().to_list())
    if (nowhere := total(kept["counts"]) - total(placed["counts"])) and regions:
        notes.append(f"{many(nowhere)} name no region: counted for the whole country alone")
    elif nowhere:
        notes.append("the record names no regions: one column for the whole country")
        regions, placed = [WHOLE], kept.with_columns(region=pl.lit(WHOLE))
    if len(regions) > MOST_REGIONS:
        raise InputError(f"{len(regions):,} regions: only first-level regions are described; map the column that names them", key="region")
    code = {name: k for k, name in enumerate(regions)}
    week = ((kept["day"] - start) // 7).to_numpy()
    where = ((placed["day"] - start) // 7).to_numpy() * len(regions) + np.array([code.get(r, 0) for r in placed["region"]], np.int64)
    nation, tables = {}, {}
    for name, column in (("total", "counts"), ("contested", "hard"), ("deaths", "dead")):
        nation[name] = np.bincount(week, kept[column].to_numpy(), weeks).astype(np.float64)
        flat = np.bincount(where, placed[column].to_numpy(), weeks * len(regions))
        tables[name] = flat.astype(np.float64).reshape(weeks, len(regions))
    daily = kept.filter(~pl.col("weekly"))
    days = None
    if total(daily["counts"]):
        days = np.bincount((daily["day"] - start).to_numpy(), daily["counts"].to_numpy(), 7 * weeks).astype(np.float64).reshape(weeks, 7)
        if vague := total(kept["counts"]) - total(daily["counts"]):
            notes.append(f"{many(vague)} tell a week and no day: not among the weekdays")
    return Weekly(start, tuple(regions), tables["total"], tables["contested"], tables["deaths"], nation, days)


def _whole_weeks(timed: pl.DataFrame, first: date | None, last: date | None, closed: date | None) -> tuple[int, int]:
    """The day number on which the first whole week begins, and how many there are.

    Weeks begin on Saturday, or as those of a record by week do.
    """
    import polars as pl

    if timed.is_empty():
        return 0, 0
    by_week = timed.filter("weekly")
    begins = SATURDAY
    if by_week.height == timed.height:
        begins = int(np.bincount(((by_week["day"] - 3) % 7).to_numpy()).argmax())
    low = int(timed.select(pl.when("weekly").then(pl.col("day") - 3).otherwise("day").min()).item())
    high = int(timed.select(pl.when("weekly").then(pl.col("day") + 3).otherwise("day").max()).item())
    if first is not None:
        low = day_number(first)
    ends = [day_number(d) for d in (last, closed) if d is not None]
    high = min(ends) if last is not None else min([high, *ends])
    if high - low > MOST_YEARS * 366:
        raise InputError(f"{day_date(low)} to {day_date(high)} is more than {MOST_YEARS} years: give --from and --until", key="first")
    start = low + (begins - low) % 7
    return start, max((high + 1 - start) // 7, 0)


def kinds_of(rows: pl.DataFrame) -> dict[str, int]:
    """Events of each kind, the most frequent first, also of those that are not counted."""
    import polars as pl

    by = rows.group_by(pl.col("kind").cast(pl.String)).agg(pl.col("count").sum()).sort(["count", "kind"], descending=[True, False])
    return {str(kind): int(n) for kind, n in by.iter_rows() if n}


def years_of(rows: pl.DataFrame, table: Weekly) -> tuple[Year, ...]:
    """The years from the first to the last with an event."""
    import polars as pl

    sums = rows.group_by(pl.col("first").dt.year().alias("year")).agg(pl.col("counts", "hard", "dead").sum())
    told = {int(year): (int(n), int(hard), int(dead)) for year, n, hard, dead in sums.iter_rows()}
    of_week = np.array([day_date(int(day)).year for day in table.weeks], np.int64)
    years = []
    for year in range(min(told), max(told) + 1):
        here = of_week == year
        known = bool(here.any()) and len(table.regions) > 1
        empty = [float((counts[here] == 0).mean()) if known else float("nan") for counts in (table.total, table.contested)]
        years.append(Year(year, *told.get(year, (0, 0, 0)), int(here.sum()), *empty))
    return tuple(years)


def total(counts: pl.Series) -> int:
    """The sum of whole numbers."""
    found: Any = counts.sum()
    return int(found)


def many(number: int) -> str:
    """So many events, in words."""
    return f"{number:,} event{'' if number == 1 else 's'}"
