"""Which figures a report has: what is read from the run, in which panels, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from groundswell.cases.records import Names
from groundswell.core.columns import Column, Quantity
from groundswell.core.draws import day_number
from groundswell.experiments.nation import national, unit_of
from groundswell.report.numbers import shown
from groundswell.report.panels import Curve, Grid, Panel, Picture, Shade
from groundswell.report.reading import NO_WEEKS, Readings, frame_names, sources_of
from groundswell.society import STREAMS

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.cases.records import Campaign, Uprising

GATHERINGS = ("gathered", "gathered_livelihood", "gathered_pro_state")
ATTENDED = ("turnout", "attended_livelihood", "attended_pro_state")
LEVEL = 1e-3  # what moves by less is said, not drawn
MOST_OTHERS = 6
MOST_WEEKS = 220  # columns of the map of cells; longer periods take several weeks a column


@dataclass(frozen=True)
class Subject:
    """What figures are about: a run with its replicates, and the case that ran."""

    readings: Readings
    case: Case | None

    @property
    def names(self) -> Names:
        """What the case calls frames, organisations and sources."""
        return self.case.names if self.case is not None else Names()

    def uprisings(self, *panels: Panel) -> tuple[Panel, ...]:
        """Panels with the case's uprisings shaded."""
        return self._shaded(panels, self.case.uprisings if self.case is not None else (), "uprisings, as the case dates them")

    def campaigns(self, *panels: Panel) -> tuple[Panel, ...]:
        """Panels with the case's campaigns shaded."""
        return self._shaded(panels, self.case.campaigns if self.case is not None else (), "campaigns")

    def _shaded(self, panels: tuple[Panel, ...], windows: Sequence[Uprising | Campaign], words: str) -> tuple[Panel, ...]:
        """Shades within the run; the first panel says what they are."""
        every = (Shade(day_number(one.start), day_number(one.end)) for one in windows)
        shades = tuple(s for s in every if s.last >= self.readings.period[0] and s.first <= self.readings.period[1])
        if not shades:
            return panels
        return tuple(replace(panel, shades=shades, shaded="" if k else words) for k, panel in enumerate(panels))


def _sum(readings: Readings, names: tuple[str, ...], label: str) -> Curve:
    present = [name for name in names if readings.has(name)]
    return readings.of(lambda reading: reading.flow(*present), label)


def _crowds(about: Subject) -> Picture:
    readings = about.readings
    panels = (
        Panel("People who took part", "persons a day", readings.days("turnout")),
        Panel("Anti-regime gatherings", "events a day", readings.days("gathered")),
    )
    note = "The whole country, anti-regime stream. A gathering has at least three people in one city on one day."
    return Picture("crowds", "Participation and gatherings", note, about.uprisings(*panels))


def _streams(about: Subject) -> Picture:
    readings = about.readings
    panels = [Panel("Gatherings", "events a week", tuple(readings.flow(name, STREAMS[k]) for k, name in enumerate(GATHERINGS)))]
    if readings.has(*ATTENDED):
        panels.append(
            Panel("Persons at gatherings", "persons a week", tuple(readings.flow(name, STREAMS[k]) for k, name in enumerate(ATTENDED)))
        )
    note = "Whole weeks from Saturday. A person who comes on two days counts twice."
    return Picture("streams", "Gatherings by stream", note, about.uprisings(*panels))


def _truth_and_record(about: Subject) -> Picture:
    readings = about.readings
    panels = []
    for source in range(sources_of(readings.run)):
        curves = (_sum(readings, GATHERINGS, "happened"), readings.told("gatherings", source, "reported"))
        panels.append(Panel(f"Gatherings: {about.names.sources[source]}", "events a week", curves, root=True))
    note = (
        "All streams together, whole weeks from Saturday. A report counts on the day it gives, which may be wrong; a source may be "
        "silent, repeat or invent."
    )
    return Picture("record", "What happened and what each source reported", note, about.uprisings(*panels))


def _acts(about: Subject) -> Picture:
    readings = about.readings
    told = [readings.told("acts", source, about.names.sources[source]) for source in range(sources_of(readings.run))]
    panel = Panel("Acts of units", "events a week", (_sum(readings, ("acted",), "happened"), *told), root=True)
    note = "Displays, leaflets, writing, messages and one abstract tactic of damage; the whole country. What is claimed: see Campaigns."
    return Picture("acts", "Acts of units and what each source reported", note, about.campaigns(panel))


def _so_far(readings: Readings, name: str, label: str) -> Curve:
    return readings.of(lambda reading: np.cumsum(reading.flow(name)), label)


def _units(about: Subject) -> Picture:
    readings = about.readings
    members = [readings.level("members_now", "all")] + (
        [readings.level("former_members", "once detained")] if readings.has("former_members") else []
    )
    panels = [
        Panel("Units", "units", (readings.level("units_live", "live"), readings.level("units_asleep", "asleep"))),
        Panel("Free members", "persons", tuple(members)),
        Panel("Arrested after being named by a captive", "persons a week", (readings.flow("rolled_up"),)),
    ]
    turns = [(f"units_{word}", word) for word in ("founded", "split", "dissolved", "merged") if readings.has(f"units_{word}")]
    if turns:
        so_far = tuple(_so_far(readings, name, word) for name, word in turns)
        panels.insert(1, Panel("What became of units", "units since the start", so_far))
    note = "The whole country; where units are is never shown. A unit with fewer than three free members is asleep."
    return Picture("units", "Units, members and roll-ups", note, tuple(panels))


def _organisations(about: Subject) -> Picture:
    readings = about.readings
    own = [(f"units_{k}", name) for k, name in enumerate(about.names.organisations, 1) if readings.has(f"units_{k}")]
    live = [(name, label) for name, label in own if national(readings.run, name).any()] or own[:1]
    panels = [Panel("Live units by organisation", "units", tuple(readings.level(name, label) for name, label in live))]
    if readings.has("called_units"):
        panels += about.campaigns(Panel("Units that heard a call", "units a day", readings.days("called_units")))
    if len(live) > 1 and readings.has("united"):
        panels.append(Panel("In the largest organisation", "share of live units", (readings.level("united"),), top=1.0))
    if len(live) > 1 and readings.has("brokered"):
        panels.append(Panel("Friendships between members of different organisations", "ties", (readings.level("brokered"),)))
    note = "The whole country. Organisations that merge count together from the day they do."
    return Picture("organisations", "Organisations and their calls", note, tuple(panels))


def _custody(about: Subject) -> Picture:
    readings = about.readings
    deaths = [(name, label) for name, label in (("killed", "at gatherings"), ("executions", "executed")) if readings.has(name)]
    panels = [
        Panel("Arrests", "persons a week", (readings.flow("arrests"),)),
        Panel("In detention", "persons", (readings.level("detained_now"),)),
        Panel("Dead since the start", "persons", (readings.level("dead_now"),)),
    ]
    if deaths:
        panels.insert(2, Panel("Deaths", "persons a week", tuple(readings.flow(name, label) for name, label in deaths)))
    note = "Persons killed at gatherings and executed: counts of the simulation, not of any country."
    return Picture("custody", "Detained and dead", note, about.uprisings(*panels))


def _fear(about: Subject) -> Picture:
    panel = Panel("Mean fear", "0 to 1", (about.readings.level("fear_mean"),))
    return Picture("fear", "Fear", "Mean over persons.", about.uprisings(panel))


def _frames(about: Subject) -> Picture:
    readings = about.readings
    names = frame_names(readings.run)
    labels = ("none", *about.names.frames)
    curves = tuple(readings.level(name, label) for name, label in zip(names, labels, strict=False))
    panels = [Panel("Frames held", "share of people", curves, top=1.0)]
    if readings.weekly:
        panels.append(
            Panel("Effective number of frames", "frames, among those who hold one", (readings.of(lambda reading: reading.frames),))
        )
    note = "Slogans that compete for the same people. The effective number is the inverse Simpson index: 1 where all hold the same."
    return Picture("frames", "Frames", note, tuple(panels))


STATE = (  # series, panel, unit, upper end
    ("loyalty", "Loyalty of the forces", "0 to 1", 1.0),
    ("capacity", "Forces that obey", "share", 1.0),
    ("strength", "Perceived strength of the regime", "1: as usual", None),
    ("legitimacy", "Perceived legitimacy", "0 to 1", None),
    ("blackout", "Blackout", "share of online contact cut", 1.0),
    ("attention", "International attention", "0 to 1", None),
)


def _state(about: Subject) -> Picture:
    readings = about.readings
    present = [entry for entry in STATE if readings.has(entry[0])]
    moved = [entry for entry in present if np.ptp(national(readings.run, entry[0])) > LEVEL] or present[:1]
    panels = [Panel(title, unit, (readings.level(name),), top=top) for name, title, unit, top in moved]
    still = [f"{entry[1].lower()} ({shown(national(readings.run, entry[0])[0])})" for entry in present if entry not in moved]
    note = "Means over provinces by their population." + (f" Level throughout: {', '.join(still)}." if still else "")
    return Picture("state", "The regime and the world", note, about.uprisings(*panels))


def _cells(about: Subject) -> Picture:
    run, one = about.readings.run, about.readings.one
    assert one.told is not None
    order = np.argsort([-p.population for p in run.places.provinces], kind="stable")
    table = one.told["gatherings"][:, :, 0]
    many = -(-len(table) // MOST_WEEKS)
    columns = len(table) // many
    cells = table[: columns * many].reshape(columns, many, -1).mean(axis=1)
    names = tuple(run.places.provinces[k].name for k in order)
    every = f", mean of {many} weeks" if many > 1 else ""
    grid = Grid("Reported gatherings", f"events a week{every}", one.weeks[::many][:columns], 7 * many, names, cells.T[order])
    note = f"Provinces from the most to the least populous; as reported by the {about.names.sources[0]}. Whole weeks only."
    return Picture("cells", "Reported gatherings by province and week", note + _single(about), grid=grid)


def _single(about: Subject) -> str:
    return " The first of the runs." if about.readings.many else ""


@dataclass(frozen=True)
class Entry:
    """A figure that a report may have: its group and title, the series and whether the record it needs, and how it is made.

    `weeks`: whether it needs whole weeks.
    """

    group: str
    title: str
    needs: tuple[str, ...]
    record: bool
    weeks: bool
    make: Callable[[Subject], Picture]


ENTRIES = (
    Entry("What happened", "Participation and gatherings", ("turnout", "gathered"), False, False, _crowds),
    Entry("What happened", "Gatherings by stream", GATHERINGS, False, True, _streams),
    Entry("What was reported", "What each source reported", ("gathered",), True, True, _truth_and_record),
    Entry("What was reported", "Acts of units and what each source reported", ("acted",), True, True, _acts),
    Entry("What was reported", "Reported gatherings by province and week", (), True, True, _cells),
    Entry("The movement", "Units, members and roll-ups", ("units_live", "units_asleep", "members_now", "rolled_up"), False, True, _units),
    Entry("The movement", "Organisations and their calls", ("units_1",), False, False, _organisations),
    Entry("Repression, minds and the regime", "Detained and dead", ("arrests", "detained_now", "dead_now"), False, True, _custody),
    Entry("Repression, minds and the regime", "Fear", ("fear_mean",), False, False, _fear),
    Entry("Repression, minds and the regime", "Frames", ("frame_0", "frame_1"), False, False, _frames),
    Entry("Repression, minds and the regime", "The regime and the world", ("loyalty",), False, False, _state),
)


def pictures(readings: Readings, case: Case | None) -> tuple[list[tuple[str, Picture]], list[str]]:
    """The figures that a run supports with the group of each, and a sentence for each that is left out."""
    about = Subject(readings, case)
    drawn: list[tuple[str, Picture]] = []
    missing: list[str] = []
    for entry in ENTRIES:
        lacking = [name for name in entry.needs if not readings.has(name)]
        if entry.record and "record" not in readings.run.journals:
            lacking.append("record")
        if lacking:
            missing.append(f"{entry.title}: the run has no {', '.join(lacking)}.")
        elif entry.weeks and not readings.weekly:
            missing.append(f"{entry.title}: the run has {NO_WEEKS}.")
        else:
            drawn.append((entry.group, entry.make(about)))
    drawn = drawn or [("What happened", picture) for picture in _others(readings)]
    return [(group, replace(picture, period=readings.period)) for group, picture in drawn], missing


def _others(readings: Readings) -> list[Picture]:
    """The recorded series of a model that has none of the flagship's figures."""
    panels = []
    for name in sorted(readings.run.series)[:MOST_OTHERS]:
        about = readings.run.model.declared.get(name)
        doc = about.doc if isinstance(about, (Column, Quantity)) else name
        panels.append(Panel(doc[:1].upper() + doc[1:], unit_of(readings.run, name) or "1", (readings.level(name),)))
    return [Picture("series", "Recorded series", "The whole country, day by day.", tuple(panels))] if panels else []
