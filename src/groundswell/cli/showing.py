"""The commands that only show something: `explain`, `schema`, `odd`, `cases` and `version`."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from pathlib import Path

import click

from groundswell import __version__, cases
from groundswell.core.errors import InputError


def explain_command(name: str | None, model_name: str) -> None:
    """Print what a name means, or all names."""
    from groundswell.experiments.explain import explain, listing, subject

    model = subject(model_name)
    if name is None:
        for kind, group in listing(model):
            click.echo(f"\n{kind}")
            width = max(len(e.name) for e in group)
            for entry in group:
                click.echo(f"  {entry.name:<{width}}  {entry.doc}")
        return
    for number, entry in enumerate(explain(model, name)):
        click.echo(("\n" if number else "") + f"{entry.name} ({entry.kind})")
        click.echo(f"  {entry.doc}")
        width = max((len(label) for label, _ in entry.facts), default=0)
        for label, text in entry.facts:
            click.echo(f"  {label:<{width}}  {text}")


def schema_command(out: Path | None, model_name: str) -> None:
    """Print the JSON Schema of scenario files, or write it."""
    from groundswell.core.store import write_text
    from groundswell.experiments.json_schema import scenario_schema
    from groundswell.experiments.resolve import model_of

    text = json.dumps(scenario_schema(model_of(model_name)), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        if out.is_dir():
            raise InputError("this is a folder, not a file", file=out)
        write_text(out, text)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=out) from None
    click.echo(str(out))


def odd_command(name: str, out: Path | None) -> None:
    """Print the ODD description of a case, a scenario or a model, or write it."""
    from groundswell.cli.outputs import check_target, write_text
    from groundswell.experiments.odd import odd_of

    if out is None:
        click.echo(odd_of(name), nl=False)
        return
    check_target(out, [Path(name)])
    write_text(out, odd_of(name))
    click.echo(str(out))


def cases_command() -> None:
    """Print the built-in cases."""
    for name in cases.names():
        case = cases.load(name)
        kind = "real" if case.real else "invented"
        click.echo(f"{name}: {case.name}, {case.start} to {case.end} ({kind}; reported by {case.level} and {case.interval})")
        if case.summary:
            click.echo(f"  {case.summary}")


def version_command() -> None:
    """Print versions."""
    click.echo(f"groundswell {__version__}")
    click.echo(f"python {platform.python_version()}")
    for name in ("numpy", "numba", "llvmlite", "polars", "pydantic"):
        click.echo(f"{name} {metadata.version(name)}")
