"""What a fit has left as a case's defaults: `fitted.toml`, figures only, laid over what `case.toml` says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from groundswell.core.documents import Document, Origin, read_document, validated
from groundswell.core.toml_lines import KeyPath

FILE = "fitted.toml"
SOURCE = "fitted to"  # begins what is said of where a value is from
STRENGTH = "shocks.strength"  # no parameter of the model: `shock_strength` of a scenario


@dataclass(frozen=True)
class FittedValue:
    """A value that a fit has left.

    Attributes:
        key: of the parameter, or `shocks.strength`.
        value: of the draw of the posterior that stands for it: its simulated records lie nearest to the real one.
        low, high: its middle 90 %.
        contraction: 1 less posterior over prior variance.
        line: in the file.
    """

    key: str
    value: float
    low: float
    high: float
    contraction: float
    line: int | None = None


@dataclass(frozen=True)
class Fitted:
    """A case's `fitted.toml`, checked.

    Attributes:
        file: where it is.
        doc: to which record it was fitted, and what is not fitted.
        record, priors, posterior: hashes.
        start, end: the fitted weeks.
        simulations: draws from the prior.
        distance, distance_prior: of simulations with these values from the record, and of simulations from the prior.
        made_with: version of groundswell.
        values: in the order of the file.
    """

    file: Path
    doc: str
    record: str
    priors: str
    posterior: str
    start: date
    end: date
    simulations: int
    distance: float
    distance_prior: float
    made_with: str
    values: tuple[FittedValue, ...]

    def source(self, one: FittedValue) -> str:
        """Where a value is from, for reports."""
        known = f"of its prior variance {100 * max(one.contraction, 0):.0f} % went"
        return f"{SOURCE} {self.start.year}-{self.end.year}: 90 % interval {one.low:.3g} to {one.high:.3g}, {known}"

    @property
    def sources(self) -> dict[str, str]:
        """The same of every parameter of the model, by key."""
        return {one.key: self.source(one) for one in self.values if one.key != STRENGTH}

    def as_scenario(self) -> Document:
        """The values as a layer of a scenario, with their places in the file."""
        tree: dict[str, Any] = {"parameters": {}}
        origins: dict[KeyPath, Origin] = {(): Origin(self.file)}
        for one in self.values:
            path = ("scenario", "shock_strength") if one.key == STRENGTH else ("parameters", one.key)
            tree.setdefault(path[0], {})[path[1]] = one.value
            origins[path] = Origin(self.file, one.line)
        return Document(tree, origins)


def read_fitted(folder: Path) -> Fitted | None:
    """The fitted defaults of a case's folder; None where it has none.

    Raises:
        InputError: the file is wrong, with line and key. That the model has its parameters is checked with the scenario.
    """
    from groundswell.cases.schema import FittedFile

    if not (folder / FILE).is_file():
        return None
    document = read_document(folder / FILE, "list of fitted values")
    form = validated(FittedFile, document)
    values: list[FittedValue] = []
    for i, one in enumerate(form.parameters):
        if one.key in {before.key for before in values}:
            raise document.error("stands twice", ("parameters", i, "key"))
        if not one.low <= one.high:
            raise document.error(f"{one.high:g} is below {one.low:g}", ("parameters", i, "high"))
        line = document.origin(("parameters", i, "value")).line
        values.append(FittedValue(one.key, one.value, one.low, one.high, one.contraction, line))
    told = form.fitted
    return Fitted(
        folder / FILE, told.doc, told.record, told.priors, told.posterior, told.start, told.end, told.simulations, told.distance,
        told.distance_prior, told.made_with, tuple(values),
    )  # fmt: skip
