"""Real figures beside simulated ones: counts by year, moments by week, votes; and contested figures with who says what.

None of these figures drives the model. What is simulated is the record of the first source, the independent monitor.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_number
from groundswell.events.weekly import moments_of
from groundswell.experiments.intervals import band
from groundswell.experiments.nation import national
from groundswell.report.numbers import shown
from groundswell.report.panels import Picture, Yearly
from groundswell.report.reading import Reading, Readings
from groundswell.report.tables import Notes, cell, head_cell, table

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.cases.records import Figure

Floats = npt.NDArray[np.float64]

LEAST_WEEKS = 8  # below it, moments by week say nothing
FULL_YEAR = 360  # days
LEAST_YEARS = 2
BY_YEAR = "demonstrations.year"
MEASURES = (  # key, attribute of the moments, words, unit
    ("mean", "mean", "mean", "events a week"),
    ("variance_to_mean", "variance_to_mean", "variance over mean", ""),
    ("autocorrelation_1", "autocorrelation_1", "correlation with the week before", ""),
    ("empty", "empty", "empty province-weeks", "share"),
    ("province_correlation", "province_correlation", "correlation of two provinces", ""),
)
SHARES = ("autocorrelation_1", "empty", "province_correlation")  # at most 1
KINDS = (("weekly", "gatherings", "All demonstrations"), ("contested", "contested", "Contested: intervention, force or violence"))
PLAUSIBLE = {  # what a run before any fit must reach, on unscaled counts
    "weekly.variance_to_mean": (10.0, 70.0),
    "weekly.autocorrelation_1": (0.15, 0.5),
    "weekly.empty": (0.25, 0.65),
    "contested.variance_to_mean": (10.0, 70.0),
    "contested.autocorrelation_1": (0.15, 0.5),
}
ELSEWHERE = ("weekly.", "contested.", "turnout.official")  # compared above
COUNTERPARTS = {"deaths": "killed", "arrests": "arrests", "executions": "executions", "gatherings": "gathered"}  # series by key
MEASURED = (BY_YEAR, *(f"{kind}.{key}" for kind, _, _ in KINDS for key, *_ in MEASURES))


def by_year(readings: Readings, case: Case) -> list[Picture]:
    """Real counts by year; those of demonstrations beside the reports of the monitor, in years that were simulated in full."""
    groups: dict[str, list[Figure]] = {}
    for figure in case.figures:
        if figure.key.endswith(".year") and not figure.place and figure.value is not None:
            groups.setdefault(figure.key, []).append(figure)
    return [_years(readings, case, key, figures) for key, figures in groups.items() if len(figures) >= LEAST_YEARS]


def _years(readings: Readings, case: Case, key: str, figures: Sequence[Figure]) -> Picture:
    every = range(readings.run.dates[0].year, readings.run.dates[-1].year + 1)
    compared = key == BY_YEAR and readings.one.told is not None
    whole = [year for year in every if compared and _days_within(readings, year) >= FULL_YEAR]
    given = [f.start.year for f in figures]
    years = tuple(range(min(given + whole), max(given + whole) + 1))
    real = np.array([next((float(f.value or 0) for f in figures if f.start.year == year), np.nan) for year in years])

    def count(reading: Reading) -> Floats:
        return np.array([_reported(reading, year) if year in whole else np.nan for year in years])

    with_bands = compared and all(reading.told is not None for reading in readings.many)
    one, low, high = readings.ranged(count) if with_bands else (count(readings.one), None, None)
    names = (f"real: {', '.join(sorted({f.claimed_by for f in figures if f.claimed_by}))}", f"simulated: {case.names.sources[0]}")
    title = "Demonstrations" if key == BY_YEAR else figures[0].doc.rstrip(".") or key
    yearly = Yearly(title, f"{figures[0].unit} a year", years, real, one, names, low, high)
    note = "The real counts drive nothing."
    if whole:
        strokes = "strokes: the middle 90 % of runs; " if low is not None else ""
        note = f"Points: full simulated years, from whole weeks; {strokes}bars: real. {note}"
    elif key == BY_YEAR:
        note = f"No year was simulated in full. {note}"
    return Picture(f"years-{key.partition('.')[0]}", "Real and simulated by year" if whole else "Real, by year", note, yearly=(yearly,))


def _days_within(readings: Readings, year: int) -> int:
    first, last = day_number(date(year, 1, 1)), day_number(date(year, 12, 31))
    return int(((readings.run.days >= first) & (readings.run.days <= last)).sum())


def _reported(reading: Reading, year: int) -> float:
    """Reports of the monitor dated in weeks that begin in a year, at the rate of a whole year."""
    assert reading.told is not None
    weeks = (reading.weeks >= day_number(date(year, 1, 1))) & (reading.weeks <= day_number(date(year, 12, 31)))
    total = reading.told["gatherings"][weeks, :, 0].sum()
    return float(total * 365.25 / (7 * max(int(weeks.sum()), 1)))


def moments(readings: Readings, case: Case) -> str:
    """Weekly moments of real records beside the simulated ones, by period; empty where there is nothing to compare."""
    periods = sorted({(f.start, f.end) for f in case.figures if f.key in MEASURED and f.key != BY_YEAR and not f.place})
    bodies = []
    for kind, counted, words in KINDS:
        lines = []
        for measure in MEASURES:
            key = f"{kind}.{measure[0]}"
            figures = [next((f for f in case.figures_of(key, start) if f.end == end), None) for start, end in periods]
            if any(figures):
                cells = [_compared(readings, counted, measure[1], period, f) for period, f in zip(periods, figures, strict=True)]
                limits = PLAUSIBLE.get(key)
                told = cell(between(*limits) if limits else "–", "number") + "".join(cells)
                name = f"{measure[2]}, {measure[3]}" if measure[3] else measure[2]
                lines.append(f'<tr><th scope="row">{head_cell(name)}</th>{told}</tr>')
        span = 2 + len(periods) * (3 if readings.many else 2)
        title = f'<tr><th colspan="{span}" scope="rowgroup">{head_cell(words)}</th></tr>'
        bodies += [f"<tbody>{title}{''.join(lines)}</tbody>"] if lines else []
    head = ["weekly counts", "plausible"]
    for start, end in periods:
        years = f"{start.year}\u2013{end.year}"
        head += [f"{years}: real", "simulated", *(["90 % band"] if readings.many else [])]
    return table(_about_moments(readings, case, periods), head, bodies, range(1, len(head))) if bodies else ""


def _about_moments(readings: Readings, case: Case, periods: Sequence[tuple[date, date]]) -> str:
    """What a reader of the moments must know."""
    weeks = ", ".join(f"{int(_weeks(readings.one, *period).sum())} in {period[0].year}\u2013{period[1].year}" for period in periods)
    bands = (
        f"Bands of {len(readings.many)} runs say where one more would fall (Student's t)." if readings.many else "One run, hence no band."
    )
    return (
        f"As reported by the {case.names.sources[0]}, in whole weeks from Saturday; simulated weeks: {weeks}. {bands} "
        "Plausible: what defaults must reach before any fit. Correlation: with the week before, and of two provinces."
    )


def _weeks(reading: Reading, start: date, end: date) -> npt.NDArray[np.bool_]:
    """The reading's whole weeks within a period."""
    return np.asarray((reading.weeks >= day_number(start)) & (reading.weeks + 6 <= day_number(end)))


def _compared(readings: Readings, counted: str, attribute: str, period: tuple[date, date], figure: Figure | None) -> str:
    """Cells of a period: real, simulated, and the band where there are replicates."""

    def value(reading: Reading) -> float:
        weeks = _weeks(reading, *period)
        if reading.told is None or weeks.sum() < LEAST_WEEKS:
            return float("nan")
        return float(getattr(moments_of(reading.told[counted][weeks, :, 0]), attribute))

    texts = [shown(figure.value) if figure is not None and figure.value is not None else "–", shown(value(readings.one))]
    if readings.many:
        limits = band(np.array([value(reading) for reading in readings.many]), most=1.0 if attribute in SHARES else math.inf)
        texts.append(between(float(limits.low), float(limits.high)))
    return "".join(cell(text, "number") for text in texts)


def between(low: float | None, high: float | None) -> str:
    """A range in words; a dash where there is none."""
    if low is None or not np.isfinite(low):
        return "–" if high is None or not np.isfinite(high) else f"{shown(high)} at most"
    return f"{shown(low)} to {shown(high)}" if high is not None and np.isfinite(high) else f"{shown(low)} or more"


def votes(readings: Readings, case: Case) -> str:
    """Votes held in the period: official and claimed turnout beside the simulated one."""
    run, notes = readings.run, Notes()
    rows = []
    for vote in case.elections:
        at = np.flatnonzero(run.days == day_number(vote.date))
        if not len(at):
            continue
        simulated = "–"
        if readings.has("voted", "eligible"):
            voted, eligible = national(run, "voted")[at[0]], national(run, "eligible")[at[0]]
            simulated = f"{100 * voted / eligible:.0f} %" if eligible else "–"
        shares = [f"{100 * share:.0f} %" if share is not None else "–" for share in (vote.official_turnout, vote.capital_turnout)]
        cells = "".join(cell(text, "number") for text in (*shares, simulated))
        rows.append(
            f'<tr><th scope="row">{head_cell(vote.name)}</th>{cell(vote.date)}{cells}{cell(vote.claimed_by)}{notes.mark(vote.source)}</tr>'
        )
    head = ("vote", "day", "official", "official, capital", "simulated", "official figure by", "source")
    caption = "Turnout of those who may vote. That a vote is held drives the model, its turnout does not; some figures are contested below."
    return notes.under(table(caption, head, rows, (2, 3, 4))) if rows else ""


def contested(readings: Readings, case: Case) -> str:
    """Figures of the case that are not drawn or compared above, by what they measure: who says what, and what was simulated."""
    groups: dict[str, list[Figure]] = {}
    for figure in case.figures:
        if not figure.key.startswith(ELSEWHERE) and not figure.key.endswith(".year"):
            groups.setdefault(figure.key, []).append(figure)
    notes = Notes()
    bodies = [_claims(readings, key, figures, notes) for key, figures in groups.items()]
    head = ("value", "unit", "who says so", "simulated", "place and time", "note", "source")
    caption = (
        "Naming who makes a claim is not accepting it. None of these figures drives the model. Simulated: the same count for the nation "
        "over the same days, where the run holds them; it is no estimate of what happened."
    )
    return notes.under(table(caption, head, bodies, (0, 3))) if bodies else ""


def _claims(readings: Readings, key: str, figures: Iterable[Figure], notes: Notes) -> str:
    rows = []
    for f in figures:
        unit = "" if f.unit == "1" else f.unit
        place = next((p.name for p in readings.run.places.provinces if p.id == f.place), f.place)
        where = f"{place}, {_time(f)}" if f.place else _time(f)
        cells = f"{cell(_number(f), 'number')}{cell(unit)}{cell(f.claimed_by, 'short')}{cell(_simulated(readings, f), 'number')}"
        rows.append(f"<tr>{cells}{cell(where, 'date')}{cell(f.doc, 'wide' if f.doc else '')}{notes.mark(f.source)}</tr>")
    title = head_cell(key.replace(".", ", ").replace("_", " "))
    return f'<tbody><tr><th colspan="7" scope="rowgroup">{title}</th></tr>{"".join(rows)}</tbody>'


def _number(figure: Figure) -> str:
    """The value, the range, or the value with its range."""
    span = between(figure.low, figure.high)
    if figure.value is None:
        return span
    value = shown(figure.value)
    return value if span == "–" or figure.value in (figure.low, figure.high) else f"{value} ({span})"


def _simulated(readings: Readings, figure: Figure) -> str:
    """The same count in the run, of the nation; a province is told by week only, and hence not here."""
    name = COUNTERPARTS.get(figure.key.partition(".")[0], "")
    first, last = day_number(figure.start), day_number(figure.end)
    if figure.place or not readings.has(name) or first < readings.period[0] or last > readings.period[1]:
        return "–"
    within = (readings.run.days >= first) & (readings.run.days <= last)
    return shown(national(readings.run, name)[within].sum())


def _time(figure: Figure) -> str:
    """The days of a figure, or its years where they are whole."""
    start, end = figure.start, figure.end
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return str(start.year) if start.year == end.year else f"{start.year}\u2013{end.year}"
    return str(start) if start == end else f"{start} to {end}"
