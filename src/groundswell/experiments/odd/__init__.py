"""The ODD description of a model, and of a scenario of it, written from what the code declares.

The form is Grimm et al. (2020), The ODD protocol for describing agent-based and other simulation models: a second update to improve
clarity, replication, and structural realism, JASSS 23(2) 7, doi:10.18564/jasss.4259: purpose and patterns; entities, state variables and
scales; process overview and scheduling; eleven design concepts; initialization; input data; submodels. What a number means, its
unit, range, default and source are those of the code; only what code cannot say, most of the design concepts, stands in
`concepts.toml` beside this file. The same model and scenario give the same bytes.

>>> from groundswell.experiments.odd import odd, odd_of
>>> text = odd_of("lyonesse")
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from groundswell.core.errors import InputError, nearest

if TYPE_CHECKING:
    from groundswell.core.mechanism import Model
    from groundswell.experiments.scenario import Scenario

FORM = "Grimm et al. (2020), JASSS 23(2) 7, [doi:10.18564/jasss.4259](https://doi.org/10.18564/jasss.4259)"


def odd_of(name: str | Path) -> str:
    """The ODD description of a case, a case's folder, a scenario file, or a model by its name.

    Raises:
        InputError: there is no such thing, or a scenario that is wrong; or a model without a schedule.
    """
    from groundswell import models
    from groundswell.experiments.read import read
    from groundswell.experiments.resolve import model_of

    if str(name) in models.names() and not Path(name).exists():
        return odd(models.find(str(name)))
    try:
        scenario = read(name)
    except InputError as error:
        close = None if error.nearest or error.file else nearest(str(name), models.names())
        raise error if close is None else InputError(error.problem, nearest=close) from None
    return odd(model_of(scenario.model), scenario)


def odd(model: Model, scenario: Scenario | None = None, *, concepts: Mapping[str, str] | None = None) -> str:
    """The ODD description of a model as Markdown.

    Args:
        model: any schedule of mechanisms, one of the user's own too.
        scenario: a scenario of it, for scales, initialization and input data; None for the model alone.
        concepts: what code cannot say, by concept ("emergence"), over what `concepts.toml` says of the model.

    Raises:
        InputError: a concept that ODD does not have.
    """
    from groundswell import __version__
    from groundswell.experiments.odd import model as declared, world
    from groundswell.experiments.odd.concepts import design_concepts, said_of
    from groundswell.experiments.odd.markdown import code, escaped

    said = said_of(model.name, concepts or {})
    title = f"ODD description of {escaped(scenario.name)}" if scenario else f"ODD description of the model {code(model.name)}"
    lines = [f"# {title}", ""]
    lines += [
        f"Model {code(model.name)} of groundswell {__version__}, described in the form of {FORM}. Written from what the code, the case "
        "and the scenario declare, by `groundswell odd`; nothing here is a finding.",
        "",
    ]
    lines += ["## 1 Purpose and patterns", "", *world.purpose(model, scenario, said)]
    lines += ["## 2 Entities, state variables, and scales", "", *world.scales(scenario), *declared.entities(model)]
    lines += ["## 3 Process overview and scheduling", "", *world.steps(model, scenario), *declared.schedule(model)]
    lines += ["## 4 Design concepts", "", *design_concepts(model, said)]
    lines += ["## 5 Initialization", "", *world.initialization(model, scenario)]
    lines += ["## 6 Input data", "", *world.input_data(scenario)]
    lines += ["## 7 Submodels", "", *declared.submodels(model, scenario.values if scenario else {})]
    return "\n".join(lines).rstrip("\n") + "\n"
