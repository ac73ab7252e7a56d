"""Uprisings by province: a small map for each window of the case's table, in whole weeks, and how many provinces rose how soon."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.cases.boundaries import read_boundaries
from groundswell.core.draws import day_number
from groundswell.report.maps import Multiple, atlas, per_million, row
from groundswell.report.numbers import shown
from groundswell.report.reading import Reading, Readings
from groundswell.report.tables import Notes, cell, head_cell, table

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.cases.records import Uprising

Floats = npt.NDArray[np.float64]

MAPS = "Maps of the uprisings"
UNIT = "anti-regime gatherings per million inhabitants and week"


def uprisings(readings: Readings, case: Case) -> tuple[str, list[str]]:
    """Maps and a table of the uprisings within the run, and a sentence for what is left out."""
    if not case.uprisings:
        return "", []
    if not readings.has("gathered") or not readings.weekly:
        return "", [f"{MAPS}: the run has no series of gatherings over two whole weeks."]
    windows = [(one, weeks) for one in case.uprisings if (weeks := touched(readings.one, one)).any()]
    if not windows:
        return "", [f"{MAPS}: none of them lies within the run."]
    counted = _table(readings, windows)
    chart = atlas(read_boundaries(case.boundaries), readings.run.places.provinces) if case.boundaries is not None else None
    if chart is None:
        return counted, [f"{MAPS}: the case has no outlines of all its provinces."]
    multiples = [_multiple(readings, one, weeks) for one, weeks in windows]
    maps = row(chart, readings.run.places.provinces, multiples, UNIT)
    average = f", mean of {len(readings.many)} runs" if readings.many else ""
    note = (
        f"As they happened in the simulation{average}, in the whole weeks from Saturday that a window of the case's table touches. "
        f"Boundaries: {case.licence or 'of the case'}."
    )
    return f"<figure>{maps}<figcaption>{escape(note)}</figcaption></figure>{counted}", []


def touched(reading: Reading, one: Uprising) -> npt.NDArray[np.bool_]:
    """The whole weeks that share a day with a window."""
    return np.asarray((reading.weeks + 6 >= day_number(one.start)) & (reading.weeks <= day_number(one.end)))


def _mean(readings: Readings, weeks: npt.NDArray[np.bool_]) -> Floats:
    """Gatherings a week by province; shape (provinces,)."""
    every = readings.many or (readings.one,)
    return np.asarray(np.mean([reading.by_place("gathered")[weeks].mean(axis=0) for reading in every], axis=0))


def _multiple(readings: Readings, one: Uprising, weeks: npt.NDArray[np.bool_]) -> Multiple:
    values = _mean(readings, weeks)
    note = f"{one.start} to {one.end}; {shown(values.sum())} a week in all"
    return Multiple(one.name, note, per_million(values, readings.run.places.provinces))


def _table(readings: Readings, windows: list[tuple[Uprising, npt.NDArray[np.bool_]]]) -> str:
    """Gatherings a week in each window beside the eight weeks before it, and the provinces that had more than before."""
    rows, notes = [], Notes()
    reading, provinces = readings.one, len(readings.run.places.provinces)
    table_of = reading.by_place("gathered")
    for one, weeks in windows:
        first = int(np.flatnonzero(weeks)[0])
        before = table_of[max(first - 8, 0) : first]
        usual = before.mean(axis=0) if len(before) else np.full(provinces, np.nan)
        soon = table_of[first : first + 2]
        rose = int((soon.max(axis=0) > np.maximum(2 * usual, 1)).sum()) if len(before) else None
        told = f"{rose} of {provinces}" if rose is not None else "–"
        numbers = (shown(usual.sum()), shown(table_of[weeks].sum(axis=1).mean()), shown(table_of[weeks].sum(axis=1).max()), told)
        cells = f"{cell(f'{one.start} to {one.end}')}{''.join(cell(n, 'number') for n in numbers)}{notes.mark(one.source)}"
        rows.append(f'<tr><th scope="row">{head_cell(one.name)}</th>{cells}</tr>')
    head = ("uprising", "window", "a week before", "a week within", "highest week", "provinces that rose", "source")
    caption = (
        "Simulated anti-regime gatherings. Before: the eight weeks before. A province rises where one of the first two weeks has "
        "more than one gathering and more than twice as many as before."
    )
    return notes.under(table(caption, head, rows, (2, 3, 4, 5)))
