"""The pages of the reference, from the code: parameters, state, commands, the form of a scenario file, the Python interface."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import click
from docstrings import as_markdown

from groundswell.experiments.explain import entry_of_parameter, signature_of
from groundswell.experiments.odd.markdown import cell, code, codes, paragraphs, table

MODEL = "resistance"
MODULES = (
    ("groundswell.experiments", None),
    ("groundswell.experiments.odd", ("odd", "odd_of")),
    ("groundswell.cases", ("names", "load", "Case")),
    ("groundswell.studies", None),
    ("groundswell.calibration", None),
    ("groundswell.observation", ("observe", "expected_counts")),
    ("groundswell", None),
)


def parameters() -> str:
    """Every parameter and switch of the flagship, by mechanism."""
    from groundswell.models import find

    lines = []
    for m in sorted(find(MODEL).mechanisms, key=lambda m: m.key):
        rows = []
        for key, about in m.parameters.items():
            facts = dict(entry_of_parameter(about).facts)
            span = facts.get("range") or facts["options"]
            name = f'<span id="{key}">{code(key)}</span>'
            rows.append(
                (name, cell(about.doc), cell(facts.get("unit", "switch")), cell(span), cell(facts["default"]), cell(facts["source"]))
            )
        if rows:
            heads = ("parameter", "meaning", "unit", "range or options", "default", "source")
            lines += [f"## {m.key}", "", *paragraphs(type(m).__doc__ or ""), *table(heads, rows)]
    return "\n".join(lines)


def state() -> str:
    """Every column, quantity and list of the flagship."""
    from groundswell.experiments.odd.model import entities
    from groundswell.models import find

    return "\n".join(entities(find(MODEL))).replace("\n### ", "\n## ").replace("### Persons", "## Persons", 1)


def commands() -> str:
    """Every command, with its arguments and options."""
    from groundswell.cli import main

    return "\n".join(_command(main, "groundswell"))


def _command(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, inner in sorted(command.commands.items()):
            yield from _command(inner, f"{path} {name}")
        return
    context = click.Context(command, info_name=path)
    options = [p for p in command.params if isinstance(p, click.Option)]
    arguments = [p.make_metavar(context) for p in command.params if isinstance(p, click.Argument)]
    yield f"## {path}"
    yield ""
    yield f"```text\n{' '.join([path, *(['[OPTIONS]'] if options else []), *arguments])}\n```"
    yield ""
    yield from paragraphs(command.help or "")
    rows = []
    for option in options:
        said = option.get_help_record(context)
        if said is not None:
            rows.append((", ".join(code(part) for part in said[0].split(", ")), cell(said[1])))
    yield from table(("option", "meaning"), rows)


def scenario() -> str:
    """The tables and keys of a scenario file."""
    from groundswell.experiments.schema import ScenarioFile

    schema = ScenarioFile.model_json_schema(by_alias=True)
    lines = []
    for name, field in schema["properties"].items():
        many = field.get("items", field)
        kind = schema["$defs"].get(many.get("$ref", "").rpartition("/")[2])
        if kind is None:
            continue
        head = f"[[{name}]]" if "items" in field else f"[{name}]"
        rows = []
        for key, about in kind["properties"].items():
            default = "needed" if key in kind.get("required", ()) else _default(about.get("default"))
            rows.append((code(key), cell(about.get("description", "")), cell(_type(about)), cell(default)))
        said = (kind.get("description") or "").partition(": ")[2] or kind.get("description", "")
        lines += [f"## {code(head)}", "", said[:1].upper() + said[1:], "", *table(("key", "meaning", "type", "default"), rows)]
    return "\n".join(lines)


def _default(value: Any) -> str:
    return "none" if value in (None, "", [], {}) else f"`{value}`"


def _type(about: dict[str, Any]) -> str:
    if "enum" in about:
        return "one of " + codes(str(v) for v in about["enum"])
    if "anyOf" in about:
        return " or ".join(_type(one) for one in about["anyOf"] if one.get("type") != "null")
    kinds = about.get("type", "value")
    names = [kinds] if isinstance(kinds, str) else kinds
    span = f", {about['minimum']:g} to {about['maximum']:g}" if {"minimum", "maximum"} <= set(about) else ""
    return " or ".join("date" if about.get("format") == "date" else str(name) for name in names) + span


def api() -> str:
    """The Python interface: what each public module offers."""
    lines = []
    for module, chosen in MODULES:
        imported = importlib.import_module(module)
        names = chosen or [name for name in imported.__all__ if not inspect.ismodule(getattr(imported, name))]
        title = f"## {code(module)}"
        lines += [title, "", *paragraphs(_first(imported.__doc__ or "")), f"```{{eval-rst}}\n.. py:currentmodule:: {module}\n```", ""]
        plain = []
        for name in names:
            made = getattr(imported, name)
            if inspect.isclass(made) or inspect.isroutine(made):
                lines += _object(name, made)
            else:
                plain.append((code(name), cell(_said(made))))
        if plain:
            lines += [f"### Constants of {code(module)}", "", *table(("name", "what it is"), plain)]
    return "\n".join(lines)


def _said(made: object) -> str:
    doc = getattr(made, "doc", "")
    return doc or type(made).__name__


def _first(doc: str) -> str:
    return doc.partition("\n\n>>>")[0]


def _object(name: str, made: Any) -> list[str]:
    kind = "class" if inspect.isclass(made) else "function"
    body = as_markdown(inspect.getdoc(made) or "")
    members: list[str] = []
    if inspect.isclass(made) and not issubclass(made, BaseException):
        for member, value in vars(made).items():
            if not member.startswith("_"):
                members += _member(member, value)
    return _directive(f"py:{kind}", _signature(name, made), [*body, *members], colons=4)


def _member(name: str, value: Any) -> list[str]:
    made = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
    get = getattr(made, "fget", None) or getattr(made, "func", None)
    if get is not None and get.__doc__:
        return _directive("py:property", name, as_markdown(inspect.getdoc(get) or ""), colons=3)
    if inspect.isfunction(made) and made.__doc__:
        return _directive("py:method", _signature(name, made), as_markdown(inspect.getdoc(made) or ""), colons=3)
    return []


def _signature(name: str, made: Any) -> str:
    try:
        text = signature_of(name, made)
    except (TypeError, ValueError):
        return name
    text = re.sub(r"\((?:self|cls)(?:, )?", "(", text, count=1)
    return re.sub(r"<[^<>]*>", "...", text) if inspect.isroutine(made) else re.sub(r" -> None$", "", re.sub(r"<[^<>]*>", "...", text))


def _directive(kind: str, argument: str, body: list[str], *, colons: int) -> list[str]:
    fence = ":" * colons
    return [f"{fence}{{{kind}}} {argument}", "", *body, fence, ""]
