"""A run is a value: what came out, and everything needed to repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import Column, Quantity
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
    """

    days: npt.NDArray[np.int64]
    series: Mapping[str, Array]
    journals: Mapping[str, Mapping[str, Array]]
    state_hash: str
    provenance: Mapping[str, Any]
    places: Places = field(repr=False)
    model: Model = field(repr=False)

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
        return np.asarray(self.series[name].sum(axis=1))

    def __repr__(self) -> str:
        first, last = self.dates[0], self.dates[-1]
        return f"<Run of {self.provenance['model']}, {first} to {last}, {len(self.series)} series, hash {self.state_hash}>"

    def about(self, name: str) -> Column | Quantity:
        """What a series means: its unit and a sentence."""
        found = self.model.declared[name]
        if not isinstance(found, (Column, Quantity)):
            raise KeyError(name)
        return found

    def _repr_html_(self) -> str:
        from html import escape

        first, last = self.dates[0], self.dates[-1]
        rows = "".join(
            f"<tr><td>{escape(n)}</td><td>{self.total(n).mean():,.2f}</td><td>{escape(self.about(n).unit)}</td></tr>"
            for n in sorted(self.series)
        )
        head = f"{escape(str(self.provenance['model']))}, {first} to {last}, seed {self.provenance['seed']}, hash {self.state_hash}"
        return f"<table><caption>{head}</caption><tr><th>series</th><th>daily mean</th><th>unit</th></tr>{rows}</table>"
