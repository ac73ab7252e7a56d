"""Campaigns of the case: what is claimed of each, what was simulated, and what each source recorded of it.

Only the nation is counted, whatever places a campaign has: where units act is never shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_number
from groundswell.core.rows import pieces
from groundswell.events.acled import week_start
from groundswell.report.numbers import shown
from groundswell.report.reading import Readings, sources_of
from groundswell.report.tables import Notes, cell, head_cell, table
from groundswell.society import TACTICS

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.cases.records import Campaign

ACT = 1  # kind of an event
BOYCOTT = "boycott"


def campaigns(readings: Readings, case: Case) -> str:
    """A row for each campaign of the case; empty where it has none."""
    sources = case.names.sources[: sources_of(readings.run)]
    rows, notes = [], Notes()
    for one in case.campaigns:
        claimed = f"{shown(one.claimed_count)} {one.unit}" if one.claimed_count is not None else "no number"
        counts = _boycott(readings, one, case, len(sources)) if one.tactic == BOYCOTT else _acts(readings, one, len(sources))
        when = f"{one.start} to {one.end}" if one.start != one.end else str(one.start)
        printed = cell(one.printed + ("" if one.printed in (when, str(one.start)) else "; taken as " + when), "short")
        cells = f"{printed}{cell(one.tactic)}{cell(claimed, 'short')}{cell(one.claimed_by)}{''.join(cell(c, 'number') for c in counts)}"
        rows.append(f'<tr><th scope="row">{head_cell(one.name)}</th>{cells}{notes.mark(one.source)}</tr>')
    head = (
        "campaign",
        "when, as printed",
        "tactic",
        "claimed",
        "by",
        "simulated",
        *(f"recorded by {name}" for name in sources),
        "source",
    )
    caption = (
        "Acts of the tactic in the whole country on the campaign's days, whichever organisation did them; of a boycott the share that did "
        "not vote. The claimed count never drives anything; the strength of a call is assumed."
    )
    return notes.under(table(caption, head, rows, range(5, 6 + len(sources)))) if rows else ""


def _acts(readings: Readings, one: Campaign, sources: int) -> list[str]:
    first, last = day_number(one.start), day_number(one.end)
    if first < readings.period[0] or last > readings.period[1]:
        return ["not in the run", *[""] * sources]
    journals = readings.run.journals
    true = _count(journals["events"], "day", one.tactic, first, last) if "events" in journals else float("nan")
    record = journals.get("record")
    if record is None:
        return [shown(true)]
    told = [_count(record, "event_day", one.tactic, first, last, source) for source in range(sources)]
    return [shown(number) for number in (true, *told)]


def _count(journal: Mapping[str, npt.NDArray[Any]], day: str, tactic: str, first: int, last: int, source: int = 0) -> float:
    """Acts of a tactic (or of all) that a journal dates within some days."""
    if tactic in TACTICS and "tactic" not in journal:
        return float("nan")
    found = 0
    for piece in pieces(journal):
        mine = (piece["kind"] == ACT) & (piece[day] >= first) & (piece[day] <= last)
        if tactic in TACTICS:
            mine &= piece["tactic"] == TACTICS.index(tactic)
        if "source" in piece:
            mine &= piece["source"] == source
        found += int(np.count_nonzero(mine))
    return float(found)


def _boycott(readings: Readings, one: Campaign, case: Case, sources: int) -> list[str]:
    """The share of those who may vote that did not, in the weeks of the campaign, in the place that the claim is about."""
    run, nothing = readings.run, [""] * sources
    within = (week_start(run.days) + 6 >= day_number(one.start)) & (week_start(run.days) <= day_number(one.end))
    if not readings.has("voted", "eligible") or not within.any():
        return ["not in the run", *nothing]
    claims = (f.place for f in case.figures_of("turnout.claimed_abstention") if one.start <= f.start <= one.end)
    place = next(claims, "")
    at = [k for k, p in enumerate(run.places.provinces) if p.id == place] or slice(None)
    voted, eligible = (run.series[name][within][:, at].sum() for name in ("voted", "eligible"))
    return [f"{100 * (1 - voted / eligible):.0f} % stayed away" if eligible else "no vote in the run", *nothing]
