"""The JSON Schema of a scenario file: its form, with the type, range, unit and meaning of every parameter of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundswell.core.mechanism import Model
    from groundswell.core.parameters import Parameter


def scenario_schema(model: Model) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of scenarios of a model, for editors and other programs.

    Units and sources stand under `x-unit` and `x-source`, as annotations.
    """
    from groundswell.experiments.resolve import switch_names
    from groundswell.experiments.schema import ScenarioFile

    schema = ScenarioFile.model_json_schema(by_alias=True)
    about = model.parameters
    switches = {key: p for key, p in about.items() if p.options}
    short = {name: about[keys[0]] for name, keys in switch_names(about).items() if len(keys) == 1}
    settings = _table(about)
    schema["properties"]["parameters"] = settings
    schema["properties"]["switches"] = {**_table(switches), "description": "disputed rules by name: one of their options"}
    for name, parameter in short.items():
        nested = schema["properties"]["switches"]["properties"].get(name)
        schema["properties"]["switches"]["properties"][name] = {"anyOf": [nested, _one(parameter)]} if nested else _one(parameter)
    schema["$defs"]["SourceTable"]["properties"]["parameters"] = settings
    for table in ("PolicyTable", "ShockTable"):
        field = schema["$defs"][table]["properties"]["parameter"]
        field.pop("anyOf", None)
        field.update({"type": "string", "enum": sorted(about)})
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"groundswell scenario 1, model {model.name}"}
    return {**head, **{key: value for key, value in schema.items() if key != "title"}}


def _table(about: dict[str, Parameter]) -> dict[str, Any]:
    """Parameters both by dotted key and as nested tables, for TOML takes either."""
    properties: dict[str, Any] = {}
    for key, parameter in sorted(about.items()):
        group, _, name = key.partition(".")
        inner = properties.setdefault(group, {"type": "object", "properties": {}, "additionalProperties": False})
        inner["properties"][name] = _one(parameter)
        properties[key] = _one(parameter)
    return {"type": "object", "description": "parameters by dotted key", "properties": properties, "additionalProperties": False}


def _one(about: Parameter) -> dict[str, Any]:
    common = {"description": about.doc, "default": about.default, "x-source": about.source}
    if about.options:
        booleans = [value for word, value in (("on", True), ("off", False)) if word in about.options]
        return {**common, "enum": [*about.options, *booleans]}
    low, high = about.range
    bounds = {name: value for name, value in (("minimum", low), ("maximum", high)) if abs(value) != float("inf")}
    return {**common, "type": "integer" if about.whole else "number", **bounds, "x-unit": about.unit}
