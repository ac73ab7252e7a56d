"""The tables of a report that tell where numbers are from."""

from __future__ import annotations

from types import SimpleNamespace

from groundswell import cases
from groundswell.core.run import Run
from groundswell.models.resistance import resistance
from groundswell.report import tables


def test_a_value_of_the_case_has_the_source_that_the_case_gives() -> None:
    """The case's source where the run uses the case's value; the model's where the run sets another one."""
    case = cases.load("iran")
    key = "policing.arrest"
    own = case.document.data["defaults"]["parameters"][key]
    model = resistance()
    base = {name: about.default for name, about in model.parameters.items()}

    def run(value: float) -> Run:
        return SimpleNamespace(provenance={"parameters": {**base, key: value}}, parameters=model.parameters)  # type: ignore[return-value]

    assert tables.sources_of(run(own), case)[key] == case.parameter_sources[key]
    assert tables.sources_of(run(own / 2), case)[key] == model.parameters[key].source
    assert tables.sources_of(run(own), None)[key] == model.parameters[key].source
