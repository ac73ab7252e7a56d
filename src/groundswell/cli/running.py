"""The commands that simulate: `run` and `verify`."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groundswell import experiments
from groundswell.cli.progress import Ticker
from groundswell.core.errors import InputError, one_line
from groundswell.experiments.directory import check_same, check_target, default_folder
from groundswell.experiments.read import PLACES, as_date
from groundswell.experiments.running import checkpoint_folder

if TYPE_CHECKING:
    from datetime import date

    from groundswell.cases import Case
    from groundswell.core.run import Run

Options = list[tuple[tuple[str, ...], Any, str]]
STOPPED = 130


def options_of(given: Mapping[str, Any]) -> Options:
    """Command line options as values of a scenario: path, value, and what the user typed.

    Raises:
        InputError: a date that is none, or a setting without `=`.
    """
    options: Options = []
    for name, table in PLACES.items():
        value = given.get(name)
        if value is not None:
            options.append(((table, name), as_date(value, f"--{name}") if name in ("start", "end") else value, f"--{name}"))
    for text in given.get("settings", ()):
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise InputError("needs the form KEY=VALUE, such as fear.decay=0.1", key=f"--set {text[:80]}")
        table = "parameters" if "." in key else "switches"
        options.append(((table, key.strip()), value_of(value.strip()), f"--set {text[:80]}"))
    return options


def value_of(text: str) -> int | float | bool | str:
    """A value as typed: a whole number, a number, true or false, or a word."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def run_command(
    target: str, given: Mapping[str, Any], *, out: Path | None, resume: bool, replace: bool, with_report: bool, quiet: bool
) -> int:
    """Run, keep, and print a summary and the path of the result; the exit code."""
    scenario = experiments.read(target, options_of(given))
    folder = out if out is not None else default_folder(scenario)
    checkpoint = checkpoint_folder(folder)
    check_target(folder)
    if not replace:
        check_same(folder, scenario)
    if resume and not checkpoint.exists():
        click.echo(f"there is no checkpoint {checkpoint}: starting from the first day", err=True)
    with Ticker(quiet=quiet) as tick:
        try:
            report = _report if with_report else None
            result = experiments.run(scenario, out=folder, resume=resume, replace=replace, report=report, progress=tick)
        except (experiments.Interrupted, KeyboardInterrupt) as stop:
            return _stopped(stop, checkpoint, scenario.days, scenario.start)
    if not quiet:
        _summary(result)
    click.echo(str(folder / "report.html" if with_report else folder))
    return 0


def _report(run: Run, path: Path, case: Case) -> None:
    from groundswell.report.html import write_report

    write_report(run, path, case=case)


def _stopped(stop: BaseException, checkpoint: Path, days: int, start: date) -> int:
    """Say where it stopped and how to go on."""
    day = stop.day if isinstance(stop, experiments.Interrupted) else None
    where = f"stopped after {day} ({(day - start).days + 1} of {days} days)" if day else "stopped"
    if checkpoint.exists():
        command = ["groundswell", *(word for word in sys.argv[1:] if word != "--resume"), "--resume"]
        click.echo(f"{where}; go on with: {shlex.join(command)}", err=True)
    else:
        click.echo(f"{where}; nothing was kept", err=True)
    return STOPPED


def _summary(result: Run) -> None:
    from rich.console import Console

    from groundswell.report.summary import summary_table

    Console().print(summary_table(result))


def verify_command(folder: Path, *, case: Path | None, threads: int | None, quiet: bool) -> int:
    """Repeat a run and print what is the same and what differs; exit code 1 where anything differs."""
    with Ticker(quiet=quiet) as tick:
        try:
            outcome = experiments.verify(folder, case=case, threads=threads, progress=tick)
        except experiments.Interrupted:
            click.echo("stopped; nothing was compared", err=True)
            return STOPPED
    for one in outcome.comparisons:
        if not one.same:
            click.echo(one_line(f"{one.name}: DIFFERS: was {one.was}, is now {one.now}"))
        elif not quiet:
            click.echo(one_line(f"{one.name}: the same ({one.was})"))
    if outcome.same:
        if not quiet:
            click.echo("verified: the run repeats to the same bytes")
        return 0
    for one in outcome.versions:
        click.echo(one_line(f"{one.name} was {one.was} and is now {one.now}"))
    click.echo("the run does not repeat to the same bytes")
    return 1
