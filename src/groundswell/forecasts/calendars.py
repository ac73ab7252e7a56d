"""What of a week is known years ahead: the season, holidays, yearly commemorations, announced elections.

No count and no shock is in a calendar. Holidays are rows of the case's `calendar.csv`, where it has one; commemorations and elections
are those of the case. A commemoration is known from its first year on, which follows what it commemorates; an election of the regular
calendar years ahead, one that was called early (`called` of the case's table) from that day on.

Dates of the Islamic calendar are of its arithmetic (30 years of 354 days with 11 leap days), which observation of the moon shifts by
a day or two.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.core.csv_tables import Cell, rows_of
from groundswell.core.documents import read_text
from groundswell.core.draws import day_number

if TYPE_CHECKING:
    from groundswell.cases import Case

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FILE = "calendar.csv"
COLUMNS = ("id", "name", "group", "calendar", "month", "day", "days", "source")
KINDS = ("gregorian", "islamic")
SEASONS = 2  # pairs of harmonics of the year
YEAR = 365.2425
ISLAMIC_EPOCH = day_number(date(1937, 3, 14))  # 1 Muharram 1356 of the arithmetic calendar
ISLAMIC_YEAR = 1356
COMMEMORATION, ELECTION = "commemoration", "election"
CAMPAIGN_DAYS = 14  # before an election, in which it is campaigned
ALWAYS = -(1 << 40)  # the day number since which the regular calendar is known


@dataclass(frozen=True)
class Span:
    """Days that are known ahead: so many from a day number on, of a group that shares an effect; from a day on, or always."""

    group: str
    first: int
    days: int
    known: int = ALWAYS


@dataclass(frozen=True)
class Calendar:
    """The known features of weeks.

    Args:
        groups: their names, in the order of the features.
        spans: all days of them.
    """

    groups: tuple[str, ...]
    spans: tuple[Span, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The features: harmonics of the year, then the groups."""
        waves = [f"{wave} {k}" for k in range(1, SEASONS + 1) for wave in ("sine", "cosine")]
        return (*waves, *self.groups)

    def at(self, day: int) -> Calendar:
        """What was known at the end of a day, given by its number."""
        return dataclasses.replace(self, spans=tuple(span for span in self.spans if span.known <= day))

    def features(self, weeks: npt.ArrayLike) -> Floats:
        """The features of weeks.

        Args:
            weeks: day numbers on which they begin; shape (n,).

        Returns:
            Shape (n, features): harmonics at the week's middle, and the share of its days that are of each group (at most 1).
        """
        days = np.asarray(weeks, np.int64)
        angle = 2 * np.pi * ((days + 3) % YEAR) / YEAR
        waves = [wave(k * angle) for k in range(1, SEASONS + 1) for wave in (np.sin, np.cos)]
        shares = np.zeros((len(self.groups), len(days)))
        for span in self.spans:
            inside = np.minimum(days + 7, span.first + span.days) - np.maximum(days, span.first)
            shares[self.groups.index(span.group)] += np.maximum(inside, 0) / 7
        return np.stack([*waves, *np.minimum(shares, 1.0)], axis=1)


def calendar_of(case: Case) -> Calendar:
    """The calendar of a case, over its period and two years more on each side.

    Raises:
        InputError: a row of `calendar.csv` cannot be right.
    """
    years = range(case.start.year - 2, case.end.year + 3)
    spans = [*_holidays(case.folder / FILE, years), *_commemorations(case, years)]
    for vote in case.elections:
        called = ALWAYS if vote.called is None else day_number(vote.called)
        spans.append(Span(ELECTION, day_number(vote.date) - CAMPAIGN_DAYS, CAMPAIGN_DAYS + 1, called))
    groups = tuple(dict.fromkeys(span.group for span in spans))
    return Calendar(groups, tuple(spans))


def _commemorations(case: Case, years: Sequence[int]) -> Iterator[Span]:
    for day in case.commemorations:
        if not day.places:  # those of single provinces are too few to learn an effect from
            for year in years:
                if year >= day.from_year:
                    yield Span(COMMEMORATION, _gregorian(year, day.month, day.day), day.days)


def _holidays(path: Path, years: Sequence[int]) -> Iterator[Span]:
    if not path.is_file():
        return
    taken: set[str] = set()
    for row in rows_of(str(path), read_text(path, "table"), COLUMNS):
        if row["id"].words() in taken:
            raise row["id"].error("stands there twice")
        taken.add(row["id"].text)
        month, day, days = (_within(row[key], most) for key, most in (("month", 12), ("day", 31), ("days", 60)))
        kind, group = row["calendar"].choice(KINDS), row["group"].words()
        if kind == "islamic":
            first, last = (_islamic_year(year) for year in (years[0], years[-1]))
            yield from (Span(group, islamic(year, month, day), days) for year in range(first, last + 2))
        else:
            yield from (Span(group, _gregorian(year, month, day), days) for year in years)


def _within(cell: Cell, most: int) -> int:
    found = cell.whole()
    if not 1 <= found <= most:
        raise cell.error(f"{found} is not from 1 to {most}")
    return found


def _gregorian(year: int, month: int, day: int) -> int:
    """A day number; a day that the month has not is its last."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(day_number(date(year, month, 1)) + day - 1, day_number(following) - 1)


def islamic(year: int, month: int, day: int) -> int:
    """The day number of a date of the arithmetic Islamic calendar (civil epoch, leap years 2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29)."""

    def before(y: int) -> int:
        return 354 * (y - 1) + (3 + 11 * y) // 30

    return ISLAMIC_EPOCH + before(year) - before(ISLAMIC_YEAR) + 29 * (month - 1) + month // 2 + day - 1


def _islamic_year(year: int) -> int:
    """The Islamic year in which a Gregorian one begins."""
    start = day_number(date(year, 1, 1))
    found = int((year - 622) * 33 / 32)
    while islamic(found + 1, 1, 1) <= start:
        found += 1
    return found
