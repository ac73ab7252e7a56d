"""The commands about published models: `reproduce` and `models`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groundswell.cli.outputs import check_target, write_text
from groundswell.cli.progress import Ticker
from groundswell.core.errors import GroundswellError, InputError, one_line

if TYPE_CHECKING:
    from groundswell.reproductions import Outcome, Reproduction

STOPPED = 130
LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True},
    "head": {"underline": True},
    "soft": {"dim": True},
    "bad": {"fg": "red"},
    "plain": {},
}


def models_command() -> None:
    """Print every model with its year and what it is."""
    from importlib import import_module

    from groundswell import models
    from groundswell.reproductions.pages import year

    every = {name: (import_module(f"groundswell.models.{name}").__doc__ or "").strip().partition("\n")[0] for name in models.names()}
    width = max(map(len, every))
    for when, name, told in sorted((year(name, told), name, told) for name, told in every.items()):
        click.echo(f"{name:<{width}}  {when:4}  {told}")


def list_command() -> None:
    """Print what can be reproduced."""
    from groundswell import reproductions
    from groundswell.reproductions.pages import year

    every = [reproductions.load(name) for name in reproductions.names()]
    width = max((len(one.name) for one in every), default=0)
    for when, one in sorted(((year(one.name, one.citation), one) for one in every), key=lambda pair: (pair[0], pair[1].name)):
        click.echo(f"{one.name:<{width}}  {when:4}  {one.title}")


def reproduce_command(names: Sequence[str], *, out: Path, form: str | None, record: Path | None, quiet: bool) -> int:
    """Compute, print and draw each model; 0 where every line is as declared.

    Args:
        names: of models; one that stands twice is done once.
        out: the folder of figures.
        form: of figures ("svg"); None for no figures.
        record: a JSON file to write all tables to.
        quiet: without progress.
    """
    from groundswell import reproductions
    from groundswell.reproductions import telling

    chosen = {name: reproductions.load(name) for name in names}
    targets = {name: out / f"{name}.{form}" for name in chosen if form}
    for target in targets.values():
        check_target(target)
    if record is not None:
        check_target(record, list(targets.values()))
    done: list[tuple[Reproduction, Outcome]] = []
    failed: list[str] = []
    for name, reproduction in chosen.items():
        try:
            done.append((reproduction, _one(reproduction, targets.get(name), quiet=quiet)))
        except GroundswellError as error:
            if len(chosen) == 1:
                raise
            click.echo(f"error: {name}: {one_line(str(error))}", err=True)
            failed.append(name)
        except KeyboardInterrupt:
            click.echo(f"stopped at {name}" + ("; what is printed above is whole" if done else ""), err=True)
            return STOPPED
    lines = [line for _, outcome in done for line in outcome.table]
    if record is not None:
        write_text(record, json.dumps(telling.as_json(done), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    if len(chosen) > 1:
        missing = f"; not computed: {', '.join(failed)}" if failed else ""
        click.secho(f"{_many(len(done), 'model')}, {_many(len(lines), 'line')}: {telling.summed(lines)}{missing}", bold=True)
    return int(bool(failed) or telling.counts(lines)[2] > 0)


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _one(reproduction: Reproduction, target: Path | None, *, quiet: bool) -> Outcome:
    """Compute, draw, then print one model."""
    from groundswell.reproductions import drawing, telling

    with Ticker(quiet=quiet) as tick:
        name = reproduction.name
        tick(name, 0, 100)
        outcome = reproduction.compute(lambda share, text: tick(f"{name}: {text}" if text else name, round(100 * share), 100))
        if target is not None:
            try:
                drawing.save(reproduction, outcome.data, target)
            except OSError as error:
                raise InputError(f"cannot be written: {error.strerror or error}", file=target) from None
    for text, look in telling.lines_of(reproduction, outcome, shutil.get_terminal_size((100, 24)).columns):
        click.secho(text, **LOOKS[look])
    click.secho(telling.summed(outcome.table), bold=True)
    if target is not None:
        click.echo(str(target))
    click.echo()
    return outcome
