"""What the rows of a case's tables do to the model: dated policies and shocks in the form of a scenario, each with its place in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.cases.records import NTH, Campaign, Commemoration, Election, Event
from groundswell.cases.tables import BOYCOTT
from groundswell.core.csv_tables import NUMBER
from groundswell.core.documents import Document, Origin
from groundswell.core.errors import InputError
from groundswell.core.toml_lines import KeyPath

if TYPE_CHECKING:
    from groundswell.cases import Case

MOST = 900  # policies, and shocks, of a case's tables: a scenario has 1000 with its own
Entry = tuple[dict[str, Any], int, Mapping[str, str]]  # of a scenario; its line; the column of each of its keys


def effects_of(case: Case) -> Document:
    """Policies and shocks of a case's tables, errors in which point at file, line and column."""
    data: dict[str, list[dict[str, Any]]] = {"policies": [], "shocks": []}
    origins: dict[KeyPath, Origin] = {}

    def add(kind: str, role: str, entries: Sequence[Entry]) -> None:
        file = case.tables.get(role, Path())
        for entry, line, columns in entries:
            if len(data[kind]) == MOST:
                problem = f"with this row the case has more than {MOST} {kind} over its period (a commemoration has one a year)"
                raise InputError(problem, file=file, line=line)
            at = (kind, len(data[kind]))
            origins[at] = Origin(file, line, "name")
            origins.update({(*at, key): Origin(file, line, columns.get(key, key)) for key in entry})
            data[kind].append(entry)

    add("policies", "campaigns", [entry for campaign in case.campaigns for entry in _campaign(campaign)])
    add("shocks", "events", [_event(event) for event in case.events])
    add("shocks", "commemorations", [entry for day in case.commemorations for entry in _yearly(day, case.start, case.end)])
    add("shocks", "elections", [_election(vote) for vote in case.elections])
    return Document({kind: entries for kind, entries in data.items() if entries}, origins)


def _texts(row: Campaign | Commemoration | Event) -> dict[str, Any]:
    texts = {"id": row.id, "name": row.name, "doc": row.doc, "source": row.source, "claimed_by": row.claimed_by}
    return {**texts, "places": list(row.places)}


def _campaign(row: Campaign) -> list[Entry]:
    """A call of its organisation, or for a boycott; and the frame that the organisation pushes meanwhile."""
    nth = f"{NTH[row.organisation - 1]}_organisation"
    common = {**_texts(row), "side": "movement", "start": row.start, "end": row.end}
    called = "voting.boycott" if row.tactic == BOYCOTT else f"{nth}.call"
    call = {**common, "parameter": called, "value": row.call, "operation": "add"}
    entries: list[Entry] = [(call, row.line, {"value": "call", "parameter": "organisation", "side": "organisation"})]
    if row.frame:
        push = {**common, "parameter": f"{nth}.frame", "value": row.frame, "operation": "set"}
        entries.append((push, row.line, {"value": "frame", "parameter": "organisation", "side": "organisation"}))
    return entries


def _event(row: Event) -> Entry:
    entry = {**_texts(row), "role": row.role, "date": row.start, "days": row.days}
    if row.role == "drives":
        entry |= {"parameter": row.parameter, "operation": row.operation, "value": _number_or_word(row.value)}
    return entry, row.line, {}


def _number_or_word(text: str) -> float | str:
    """A switch's options are words; everything else is a number, whose checks are the parameter's."""
    return float(text) if NUMBER.fullmatch(text) else text


def _yearly(row: Commemoration, first: date, last: date) -> list[Entry]:
    """The day in every year of the case, cut to the case."""
    entries: list[Entry] = []
    for year in range(max(row.from_year, first.year - 1), last.year + 1):  # one that began the year before may last into the first
        start = max(date(year, row.month, row.day), first)
        end = min(date(year, row.month, row.day) + timedelta(days=row.days - 1), last)
        if start > end:
            continue
        when = {"role": "drives", "date": start, "days": (end - start).days + 1}
        push = {"parameter": "calendar.focal", "operation": "add", "value": row.push}
        entries.append(({**_texts(row), **when, **push}, row.line, {"value": "push", "parameter": "push", "date": "day"}))
    return entries


def _election(row: Election) -> Entry:
    texts = {"name": row.name, "source": row.source, "claimed_by": row.claimed_by, "doc": f"A vote is held: {row.kind}."}
    vote = {"role": "drives", "date": row.date, "parameter": "voting.held", "operation": "set", "value": 1}
    return {**texts, **vote}, row.line, {"value": "date", "parameter": "date", "doc": "kind"}
