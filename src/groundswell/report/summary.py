"""A run in some twenty numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from groundswell.core.draws import day_date
from groundswell.events.weekly import moments_of
from groundswell.experiments.nation import national
from groundswell.report.numbers import check_daily, effective_number, has, reported, shown, weekly_sum, whole_weeks

if TYPE_CHECKING:
    from rich.table import Table

    from groundswell.core.run import Run

GATHERINGS = ("gathered", "gathered_livelihood", "gathered_pro_state")
LEAST_WEEKS = 8  # below it, moments by week say nothing


class Line(NamedTuple):
    """One number of a summary: what it is, the number, its unit, and what a reader should know."""

    label: str
    value: float
    unit: str
    note: str


def unit_text(line: Line) -> str:
    """The unit as printed: nothing for a pure number."""
    return "" if line.unit == "1" else line.unit


def summary(run: Run) -> list[Line]:
    """The run in some twenty national numbers; those whose series were not recorded are left out.

    Raises:
        InputError: the run has not every day of its period.
    """
    check_daily(run)
    return [*_turnout(run), *_record(run), *_movement(run), *_repression(run), *_mind(run)]


def summary_table(run: Run) -> Table:
    """The summary for a terminal."""
    from rich.table import Table
    from rich.text import Text

    about = run.provenance
    title = f"{about.get('model', 'model')}, {about.get('start', '')} to {about.get('end', '')}, seed {about.get('seed', '')}"
    table = Table(title=Text(title), caption=Text(f"state hash {run.state_hash}"))
    table.add_column("quantity")
    table.add_column("value", justify="right")
    table.add_column("unit")
    table.add_column("note", style="dim")
    for line in summary(run):
        table.add_row(Text(line.label), Text(shown(line.value)), Text(unit_text(line)), Text(line.note))
    return table


def _turnout(run: Run) -> Iterator[Line]:
    yield Line("days", len(run.days), "days", "")
    if has(run, "turnout"):
        people = national(run, "turnout")
        top = int(np.argmax(people))
        yield Line("took part, mean day", float(people.mean()), "persons", "whoever joins a gathering that day")
        yield Line("took part, highest day", float(people[top]), "persons", day_date(run.days[top]).isoformat())
    if has(run, "gathered"):
        weeks = len(run.days) / 7
        count = float(national(run, "gathered").sum())
        yield Line("anti-regime gatherings", count, "events", "of at least three people in one city on one day")
        yield Line("anti-regime gatherings a week", count / weeks, "events", "as they happened")
        for name, label in (("gathered_livelihood", "livelihood"), ("gathered_pro_state", "pro-state")):
            if has(run, name):
                yield Line(f"{label} gatherings a week", float(national(run, name).sum()) / weeks, "events", "as they happened")


def _record(run: Run) -> Iterator[Line]:
    record = reported(run)
    if record is None or not len(whole_weeks(run.days)[0]):
        return
    told, acts = record["gatherings"], int(record["acts"].sum())
    if has(run, "gathered"):
        true = sum(int(weekly_sum(run, name).sum()) for name in GATHERINGS if has(run, name))
        note = "all streams, whole weeks, by the first source; more than 100 where reports are doubled or invented"
        yield Line("gatherings that were reported", 100 * int(told.sum()) / true if true else float("nan"), "%", note)
    if has(run, "acted"):
        true = int(weekly_sum(run, "acted").sum())
        yield Line("acts of units that were reported", 100 * acts / true if true else float("nan"), "%", "whole weeks, by the first source")
    if len(told) >= LEAST_WEEKS:
        got = moments_of(told.astype(np.float64))
        yield Line("reported gatherings a week", got.mean, "events", f"{got.weeks} whole weeks from Saturday")
        yield Line("weekly reports: variance to mean", got.variance_to_mean, "1", "1: independent events")
        yield Line("weekly reports: autocorrelation", got.autocorrelation_1, "1", "with the week before")
        yield Line("weekly reports: empty province-weeks", 100 * got.empty, "%", "")
        if got.provinces > 1:
            yield Line("weekly reports: correlation of places", got.province_correlation, "1", "mean over pairs of provinces")


def _movement(run: Run) -> Iterator[Line]:
    if has(run, "acted"):
        yield Line("acts of units", float(national(run, "acted").sum()), "events", "as they happened")
    if has(run, "units_live"):
        units = national(run, "units_live")
        yield Line("units, last day", float(units[-1]), "units", f"with three free members or more; highest {shown(units.max())}")
    if has(run, "members_now"):
        yield Line("members, last day", float(national(run, "members_now")[-1]), "persons", "free members of units")


def _repression(run: Run) -> Iterator[Line]:
    if has(run, "arrests"):
        arrests = float(national(run, "arrests").sum())
        yield Line("arrests", arrests, "persons", "each arrest counts")
        if has(run, "rolled_up"):
            named = float(national(run, "rolled_up").sum())
            yield Line(
                "arrests after being named",
                100 * named / arrests if arrests else float("nan"),
                "%",
                "roll-up: a captive gave the name away",
            )
    for name, label, note in (
        ("detained_now", "detained, last day", ""),
        ("dead_now", "dead, last day", "killed or executed since the start"),
        ("abroad_now", "abroad, last day", ""),
    ):
        if has(run, name):
            yield Line(label, float(national(run, name)[-1]), "persons", note)


def _mind(run: Run) -> Iterator[Line]:
    if has(run, "fear_mean"):
        fear = national(run, "fear_mean")
        yield Line("mean fear, last day", float(fear[-1]), "0 to 1", f"first day {shown(fear[0])}")
        yield Line("mean fear, highest day", float(fear.max()), "0 to 1", day_date(run.days[int(np.argmax(fear))]).isoformat())
    if has(run, "loyalty"):
        yield Line("lowest loyalty of forces", float(np.min(run.series["loyalty"])), "0 to 1", "over provinces and days")
    if has(run, "capacity"):
        yield Line("forces that obey, lowest day", 100 * float(national(run, "capacity").min()), "%", "of the nation's")
    frames = sorted(name for name in run.series if name.startswith("frame_") and name != "frame_0")
    if frames:
        shares = np.array([national(run, name)[-1] for name in frames])
        yield Line(
            "effective number of frames, last day", effective_number(shares), "frames", f"of {len(frames)}, among those who hold one"
        )
