"""A run is a value: what came out, and everything needed to repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import PROVINCE, Column, Quantity
from groundswell.core.draws import day_date
from groundswell.core.errors import InputError, nearest
from groundswell.core.mechanism import Model
from groundswell.core.parameters import Parameter
from groundswell.core.places import Places

Array = npt.NDArray[Any]


@dataclass(frozen=True, repr=False)
class Run:
    """The immutable result of a simulation.

    Attributes:
        days: day numbers (days since 1900-01-01); shape (days,).
        series: recorded columns and quantities by name; shape (days, provinces), or (days, 1) for the nation.
        journals: what happened and what was reported, by journal and field; equally long arrays.
        state_hash: BLAKE2b of the final state, the same on any number of threads, tiles and kinds of execution.
        provenance: model, parameters, changes, seed, period, population, versions.
        places: where people were.
        model: the model that ran.
        nation: series of the nation whose provinces are told at a coarser time only; shape (days,).
        final: values after the last day of the columns that `simulate` was told to keep, by name.
    """

    days: npt.NDArray[np.int64]
    series: Mapping[str, Array]
    journals: Mapping[str, Mapping[str, Array]]
    state_hash: str
    provenance: Mapping[str, Any]
    places: Places = field(repr=False)
    model: Model = field(repr=False)
    nation: Mapping[str, Array] = field(default_factory=dict, repr=False)
    final: Mapping[str, Array] = field(default_factory=dict, repr=False)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The model's declared parameters."""
        return self.model.parameters

    @property
    def dates(self) -> list[date]:
        """The simulated dates."""
        return [day_date(d) for d in self.days]

    def total(self, name: str) -> Array:
        """A series summed over provinces; shape (days,).

        Raises:
            InputError: no such series, with the nearest one.
        """
        if name not in self.series:
            raise InputError(f"the run has no series {name!r}", nearest=nearest(name, self.series))
        if name in self.nation and self.adds_up(name):
            return self.nation[name]
        return np.asarray(self.series[name].sum(axis=1))

    def adds_up(self, name: str) -> bool:
        """Whether a series is a count, which adds up over places."""
        return getattr(self.model.declared.get(name), "unit", "") in COUNTED

    def __repr__(self) -> str:
        return f"<Run of {self.provenance['model']}, {self.period}, {len(self.series)} series, hash {self.state_hash}>"

    @property
    def period(self) -> str:
        """The first and last date; where time is abstract and begins with day 0, the number of steps."""
        return f"{self.dates[0]} to {self.dates[-1]}" if self.days[0] else f"{len(self.days):,} steps"

    def about(self, name: str) -> Column | Quantity:
        """What a series means: its unit and a sentence."""
        found = self.model.declared[name]
        if not isinstance(found, (Column, Quantity)):
            raise KeyError(name)
        return found

    def _repr_html_(self) -> str:
        """The run as a table of its series: meaning, mean and last day of the nation, unit, and their course.

        Only the nation is shown, whatever the series are about: no table of a run says where units are.
        """
        from html import escape

        rows = []
        for name in sorted(self.series):
            values, about = self.national(name), self.about(name)
            numbers = ("–", "–") if about.unit == CODE else (_shown(float(values.mean())), _shown(float(values[-1])))
            cells = (about.doc, *numbers, "" if about.unit == "1" else about.unit)
            told = "".join(f'<td style="text-align:{side}">{escape(text)}</td>' for text, side in zip(cells, SIDES, strict=True))
            rows.append(f'<tr><th style="text-align:left">{escape(name)}</th>{told}<td>{_course(values)}</td></tr>')
        head = ("series", "meaning", "mean", "last", "unit", "course")
        titles = "".join(f'<th style="text-align:{side}">{title}</th>' for title, side in zip(head, ("left", *SIDES, "left"), strict=True))
        said = f"{self.provenance['model']}, {self.period}, seed {self.provenance['seed']}, state hash {self.state_hash}"
        note = "The whole country: counts are added up over provinces, shares and levels are means over persons."
        return (
            f'<table><caption style="text-align:left">{escape(said)}<br>{note}</caption>'
            f"<thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )

    def national(self, name: str) -> npt.NDArray[np.float64]:
        """A series for the nation; shape (days,). Counts are added up over provinces, anything else is a mean over persons.

        Raises:
            InputError: no such series, with the nearest one.
        """
        if name not in self.series:
            raise InputError(f"the run has no series {name!r}", nearest=nearest(name, self.series))
        if name in self.nation:
            return np.asarray(self.nation[name], np.float64)
        values = np.asarray(self.series[name], np.float64)
        if values.shape[1] == 1 or self.adds_up(name):
            return np.asarray(values.sum(axis=1))
        persons = self.places.represented(PROVINCE).astype(np.float64)
        return np.asarray(values @ persons / max(float(persons.sum()), 1.0))


COUNTED = ("persons", "people", "events", "units", "rows", "ties", "times", "acts")  # units that add up over places
CODE = "index"  # the unit of what is a name, not a number
SIDES = ("left", "right", "right", "left")
POINTS, WIDE, HIGH = 60, 120, 22  # of a small picture in a table


def _shown(value: float) -> str:
    """A number for readers: three significant digits below a hundred."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _course(values: npt.NDArray[np.float64]) -> str:
    """The course of a series as a small picture: means of at most `POINTS` stretches of days, from zero up."""
    edges = np.linspace(0, len(values), min(POINTS, len(values)) + 1).astype(np.int64)[:-1]
    means = np.add.reduceat(values, edges) / np.diff(np.append(edges, len(values)))
    top = max(float(means.max()), 1e-12)
    step = WIDE / max(len(means) - 1, 1)
    points = " ".join(f"{k * step:.0f},{HIGH - 1 - (HIGH - 2) * max(v, 0.0) / top:.1f}" for k, v in enumerate(means.tolist()))
    line = f'<polyline points="{points}" fill="none" stroke="currentColor"/>'
    return f'<svg width="{WIDE}" height="{HIGH}" role="img" aria-label="course">{line}</svg>'
