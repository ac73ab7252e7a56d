"""Reading a case's dated and documentary tables; what contradicts itself is refused with its file, line and column."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from groundswell.cases.records import Assertion, Campaign, Commemoration, Election, Event, Figure, Names, Uprising
from groundswell.core.csv_tables import Cell, rows_of
from groundswell.core.documents import read_text
from groundswell.core.errors import InputError
from groundswell.core.parameters import OPERATIONS

Cells = dict[str, Cell]
LARGEST = 4 << 20  # bytes of a table
MOST_DAYS = 36600
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_NO_LEAP = 2001  # a year without 29 February
SEPARATOR = ";"  # between the entries of a list
ALL_UNITS = "units"  # what a comparison calls all organisations
EVERY, BOYCOTT = "all", "boycott"  # what a campaign may call for beside one tactic


@dataclass(frozen=True)
class Reading:
    """What the rows of a case are checked against.

    Args:
        start, end: the closed period.
        names: of frames and organisations.
        provinces: names by id.
    """

    start: date
    end: date
    names: Names
    provinces: Mapping[str, str]

    def place(self, cell: Cell, text: str) -> str:
        """The id of a province given by id or name."""
        by_name = {name: place for place, name in self.provinces.items()}
        found = text if text in self.provinces else by_name.get(text)
        if found is None:
            raise cell.error(f"there is no province {text!r}", [*self.provinces, *by_name], of=text)
        return found

    def places(self, cell: Cell) -> tuple[str, ...]:
        """Ids of the provinces of a list separated by semicolons; empty means all."""
        found: list[str] = []
        for text in _list(cell):
            place = self.place(cell, text)
            if place in found:
                raise cell.error(f"{text!r} is named twice")
            found.append(place)
        return tuple(found)

    def day(self, cell: Cell) -> date:
        """A date within the closed period."""
        day = cell.day()
        if not self.start <= day <= self.end:
            raise cell.error(f"{day} is outside the case's closed period, {self.start} to {self.end}")
        return day

    def window(self, first: Cell, last: Cell) -> tuple[date, date]:
        """Two dates within the closed period, in their order; the first alone where the second is empty."""
        start = self.day(first)
        end = self.day(last) if last.text else start
        if end < start:
            raise last.error(f"the last day {end} is before the first, {start}")
        return start, end

    def numbered(self, cell: Cell, names: Sequence[str]) -> int:
        """One of a few numbered things by its number or its name."""
        numbers = [str(k) for k in range(1, len(names) + 1)]
        if cell.words() in numbers:
            return int(cell.text)
        if cell.text in names:
            return names.index(cell.text) + 1
        raise cell.error(f"there is no {cell.column} {cell.text!r}; there are {', '.join(names)}", names)

    def event(self, c: Cells) -> Event:
        """A row of `events`."""
        role, start = c["role"].choice(("drives", "tests")), self.day(c["date"])
        days = _within(c["days"], 1, MOST_DAYS) if c["days"].text else 1
        if start + timedelta(days=days - 1) > self.end:
            raise c["days"].error(f"lasts beyond the case's closed period, which ends on {self.end}")
        if role == "drives":
            parameter, operation, value = c["parameter"].words(), c["operation"].choice(OPERATIONS), c["value"].words()
        else:
            parameter, operation, value = (c[name].text for name in ("parameter", "operation", "value"))
            if parameter or operation or value:
                raise c["parameter" if parameter else "operation" if operation else "value"].error("what only tests changes no parameter")
        named = (_id(c["id"]), c["name"].words(), role, start, days, parameter, operation, value)
        return Event(*named, self.places(c["places"]), *_said(c), c["doc"].text, c["id"].line)

    def commemoration(self, c: Cells) -> Commemoration:
        """A row of `commemorations`."""
        month = _within(c["month"], 1, 12)
        day = _within(c["day"], 1, calendar.monthrange(_NO_LEAP, month)[1])
        year = _within(c["from_year"], 1, self.end.year)
        days = _within(c["days"], 1, 365)
        named = (_id(c["id"]), c["name"].words(), month, day, year, days, _strength(c["push"]))
        return Commemoration(*named, self.places(c["places"]), *_said(c), c["doc"].text, c["id"].line)

    def campaign(self, c: Cells) -> Campaign:
        """A row of `campaigns`."""
        from groundswell.society import TACTICS

        start, end = self.window(c["start"], c["end"])
        organisation = self.numbered(c["organisation"], self.names.organisations)
        frame = self.numbered(c["frame"], self.names.frames) if c["frame"].text else 0
        tactic = c["tactic"].choice((*TACTICS, EVERY, BOYCOTT))
        called = (organisation, c["printed"].words(), start, end, tactic, frame, self.places(c["places"]), _strength(c["call"]))
        claimed = (c["claimed_count"].whole_or_none(), c["unit"].words() if c["claimed_count"].text else c["unit"].text)
        return Campaign(_id(c["id"]), c["name"].words(), *called, *claimed, *_said(c), c["doc"].text, c["id"].line)

    def election(self, c: Cells) -> Election:
        """A row of `elections`."""
        turnouts = _share(c["official_turnout"]), _share(c["capital_turnout"])
        claimed_by, source = _said(c)
        day, called = self.day(c["date"]), c["called"].day() if c["called"].text else None
        if called is not None and called >= day:
            raise c["called"].error(f"{called} is not before the vote, on {day}")
        return Election(day, c["name"].words(), c["kind"].words(), *turnouts, source, claimed_by, called, c["date"].line)

    def uprising(self, c: Cells) -> Uprising:
        """A row of `uprisings`."""
        window = self.window(c["start"], c["end"])
        return Uprising(_id(c["id"]), c["name"].words(), *window, c["source"].words(), c["doc"].text, c["id"].line)

    def figure(self, c: Cells) -> Figure:
        """A row of `figures`; it may be of a time before the case, never after."""
        start = c["start"].day()
        end = c["end"].day() if c["end"].text else start
        if end < start:
            raise c["end"].error(f"the last day {end} is before the first, {start}")
        if end > self.end:
            raise c["end" if c["end"].text else "start"].error(f"{end} is after the case's closed period, which ends on {self.end}")
        value, low, high = (c[name].number_or_none() for name in ("value", "low", "high"))
        if value is None and low is None and high is None:
            raise c["value"].error("is empty, and so are low and high")
        if low is not None and high is not None and high < low:
            raise c["high"].error(f"{high:g} is below the lowest, {low:g}")
        if value is not None and not (low is None or low <= value) & (high is None or value <= high):
            raise c["value"].error(f"{value:g} is outside its own range")
        place = self.place(c["place"], c["place"].text) if c["place"].text else ""
        numbers = (start, end, value, low, high, c["unit"].words())
        return Figure(_dotted(c["key"]), place, *numbers, *_said(c), c["doc"].text, c["key"].line)

    def assertion(self, c: Cells) -> Assertion:
        """A row of `assertions`."""
        if not re.fullmatch(r"S[0-9]{1,2}", c["part"].words()):
            raise c["part"].error(f"{c['part'].text!r} is not a part such as S1")
        claims = _list(c["claim"])
        if not all(re.fullmatch(r"C[0-9]{1,2}", claim) for claim in claims):
            raise c["claim"].error(f"{c['claim'].text!r} is not a list of claims such as C1;C2")
        texts = (c["as_printed"].words(), c["as_corrected"].text, c["contested"].text, claims)
        built = (_list(c["parameter_or_module"]), _list(c["test"]), c["output"].text, c["direction"].text)
        return Assertion(_id(c["id"]), c["part"].text, *texts, *built, c["id"].line)


_SAID = ("claimed_by", "source", "doc")
_EFFECT = ("role", "date", "days", "parameter", "operation", "value")
_CALLED = ("organisation", "printed", "start", "end", "tactic", "frame", "places", "call", "claimed_count", "unit")
_BUILT = ("as_printed", "as_corrected", "contested", "claim", "parameter_or_module", "test", "output", "direction")
FORMATS: dict[str, tuple[tuple[str, ...], Callable[[Reading, Cells], Any]]] = {
    "events": (("id", "name", *_EFFECT, "places", *_SAID), Reading.event),
    "commemorations": (("id", "name", "month", "day", "from_year", "days", "push", "places", *_SAID), Reading.commemoration),
    "campaigns": (("id", "name", *_CALLED, *_SAID), Reading.campaign),
    "elections": (("date", "name", "kind", "official_turnout", "capital_turnout", "source", "claimed_by"), Reading.election),
    "uprisings": (("id", "name", "start", "end", "source", "doc"), Reading.uprising),
    "figures": (("key", "place", "start", "end", "value", "low", "high", "unit", *_SAID), Reading.figure),
    "assertions": (("id", "part", *_BUILT), Reading.assertion),
}
MAY_HAVE: dict[str, tuple[str, ...]] = {"elections": ("called",)}  # columns that a table need not have
RECORDS = tuple(FORMATS)


def read_provinces(path: Path) -> dict[str, str]:
    """Names of provinces by id; the other checks of that table are the population's."""
    columns = ("id", "name", "code", "population")
    rows = rows_of(str(path), read_text(path, "table", LARGEST), columns, ("labour_force", "unemployed", "households"))
    found: dict[str, str] = {}
    taken: dict[str, int] = {}
    for number, row in enumerate(rows):
        for cell in (row["id"], row["name"]):
            if SEPARATOR in cell.words():
                raise cell.error(f"{cell.text!r} has a {SEPARATOR!r}, which parts provinces in lists")
            if taken.setdefault(cell.text, number) != number:
                raise cell.error(f"{cell.text!r} stands there twice")
        found[row["id"].text] = row["name"].text
    if not found:
        raise InputError("the table has no rows", file=path)
    return found


def read_records(files: Mapping[str, Path], reading: Reading) -> dict[str, tuple[Any, ...]]:
    """The rows of every dated or documentary table that a case has, by role; absent tables are empty.

    Raises:
        InputError: a row cannot be right, stands there twice, or contradicts another.
    """
    found: dict[str, tuple[Any, ...]] = dict.fromkeys(RECORDS, ())
    for role, (columns, make) in FORMATS.items():
        if role in files:
            text = read_text(files[role], "table", LARGEST)
            found[role] = tuple(make(reading, cells) for cells in rows_of(str(files[role]), text, columns, MAY_HAVE.get(role, ())))
    taken: dict[str, tuple[Path, int]] = {}
    for role in ("events", "commemorations", "campaigns"):  # what can be left out by its id
        _check_unique(files.get(role, Path()), "id", ((row.id, row.line) for row in found[role]), taken)
    for role in ("uprisings", "assertions"):
        _check_unique(files.get(role, Path()), "id", ((row.id, row.line) for row in found[role]), {})
    for role in ("commemorations", "campaigns", "elections"):
        _check_unique(files.get(role, Path()), "name", ((row.name, row.line) for row in found[role]), {})
    about = (((f.key, f.place, f.start, f.end, f.claimed_by), f.line) for f in found["figures"])
    _check_unique(files.get("figures", Path()), "key", about, {})
    _check_names(files, found)
    _check_campaigns(files.get("campaigns", Path()), found["campaigns"])
    return found


def _check_names(files: Mapping[str, Path], found: Mapping[str, Sequence[Any]]) -> None:
    """What is left out by an id or a name must not take something else with it."""
    ids = {row.id: row for role in ("events", "commemorations", "campaigns") for row in found[role]}
    for role in ("events", "commemorations", "campaigns", "elections"):
        for row in found[role]:
            own = getattr(row, "id", None)
            if ALL_UNITS in (own, row.name):
                column = "id" if own == ALL_UNITS else "name"
                raise InputError(f"{ALL_UNITS!r} stands for all organisations; choose another", file=files[role], line=row.line, key=column)
            if ids.get(row.name, row) is not row and own != row.name:
                problem = f"{row.name!r} is the id of another row (line {ids[row.name].line} of its table)"
                raise InputError(problem, file=files[role], line=row.line, key="name")


def _check_unique(file: Path, column: str, rows: Iterable[tuple[Any, int]], taken: dict[Any, tuple[Path, int]]) -> None:
    for key, line in rows:
        if key in taken:
            where, first = taken[key]
            also = f"line {first}" if where == file else f"{where.name}, line {first}"
            name = key if isinstance(key, str) else key[0]
            raise InputError(f"{name!r} stands there twice (the other is in {also})", file=file, line=line, key=column)
        taken[key] = (file, line)


def _check_campaigns(file: Path, campaigns: Sequence[Campaign]) -> None:
    """On one day and in one place an organisation pushes one frame, and calls for the same thing once."""
    for i, one in enumerate(campaigns):
        for other in campaigns[:i]:
            together = not one.places or not other.places or set(one.places) & set(other.places)
            if one.organisation != other.organisation or not together or one.start > other.end or other.start > one.end:
                continue
            days = f"{max(one.start, other.start)} to {min(one.end, other.end)} (the other is in line {other.line})"
            if one.tactic == other.tactic:
                problem = f"overlaps {other.name!r} of the same organisation, place and tactic on {days}"
                raise InputError(problem, file=file, line=one.line, key="start")
            if one.frame and other.frame and one.frame != other.frame:
                problem = f"overlaps {other.name!r} of the same organisation and place, which pushes another frame, on {days}"
                raise InputError(problem, file=file, line=one.line, key="frame")


def _id(cell: Cell) -> str:
    if not _ID.fullmatch(cell.words()):
        raise cell.error(f"{cell.text!r} is not a short name of small letters, digits and - . _")
    return cell.text


def _dotted(cell: Cell) -> str:
    if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", cell.words()):
        raise cell.error(f"{cell.text!r} is not a dotted key of small letters")
    return cell.text


def _list(cell: Cell) -> tuple[str, ...]:
    return tuple(text.strip() for text in cell.text.split(SEPARATOR)) if cell.text else ()


def _said(c: Cells) -> tuple[str, str]:
    """Who claims it and where it is from; the source must be said, if only `assumed`."""
    return c["claimed_by"].text, c["source"].words()


def _strength(cell: Cell) -> float:
    value = cell.number()
    if value < 0:
        raise cell.error(f"{cell.text} is negative")
    return value


def _share(cell: Cell) -> float | None:
    value = cell.number_or_none()
    if value is not None and not 0 <= value <= 1:
        raise cell.error(f"{cell.text} is not a share from 0 to 1")
    return value


def _within(cell: Cell, low: int, high: int) -> int:
    value = cell.whole()
    if not low <= value <= high:
        raise cell.error(f"{value} is outside {low} to {high}")
    return value
