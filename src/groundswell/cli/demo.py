"""The demo: three years of Iran with and without units, one screen, one report."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import click

from groundswell import experiments
from groundswell.cli.progress import Ticker
from groundswell.cli.running import STOPPED
from groundswell.core.documents import regular_file
from groundswell.core.errors import InputError
from groundswell.experiments import campaigns as told
from groundswell.experiments.compare import UNITS, Pairs, compared, contrast
from groundswell.experiments.study import MOST

CASE = "iran"
PERIOD = {"start": "2022-01-01", "end": "2024-12-31", "scale": 1000}
ROOM = 1 << 20  # bytes that the report takes at most
OURS = ": groundswell</title>"


def demo_command(pairs: int, *, workers: int | None, out: Path, quiet: bool) -> int:
    """Simulate, write the report, print the screen; the exit code."""
    began = time.monotonic()
    _check(out)
    if not 1 <= pairs <= MOST:
        raise InputError(f"{pairs} is not a whole number from 1 to {MOST}", key="--pairs")
    with Ticker(quiet=quiet) as tick:
        try:
            chosen = contrast(CASE, without=UNITS, common=experiments.settings_of(PERIOD))
            result = compared(chosen, pairs, None, workers=workers, progress=tick)
        except (experiments.Interrupted, KeyboardInterrupt):
            click.echo("stopped; nothing was kept", err=True)
            return STOPPED
        campaigns = told.campaigns(result.a)
        _write(result, out)
    from groundswell.report.screen import demo_screen

    for line in demo_screen(result, campaigns, str(out)):
        click.secho(line, bold=not line.startswith(" "))
    if not quiet:
        click.echo(f"in {time.monotonic() - began:.1f} s", err=True)
    return 0


def _check(out: Path) -> None:
    """The report replaces nothing but a report.

    Raises:
        InputError: something else is there, or nothing can be written there.
    """
    try:
        if out.is_dir():
            raise InputError("this is a folder, not a file", file=out)
        if out.exists():
            regular_file(out, "report")
            with out.open(encoding="utf-8", errors="replace") as file:
                if OURS not in file.read(1000):
                    raise InputError("this is no report of groundswell and is not overwritten; choose another output", file=out)
        elif not out.parent.is_dir():
            raise InputError("there is no such folder", file=out.parent)
        with tempfile.TemporaryFile(dir=out.parent) as file:  # whether one can be written there
            file.write(bytes(ROOM))
    except OSError as error:
        raise InputError(f"cannot be used for output: {error.strerror or error}", file=out) from None


def _write(result: Pairs, out: Path) -> None:
    from groundswell.report.html import write_report
    from groundswell.report.screen import verdicts_html

    runs = result.a.runs()
    case = result.a.scenario.case
    extra: list[Any] = [
        ("Effect of the units", result.html()),
        ("Verdicts from data alone", verdicts_html(case)),
        ("Means and bands", result.a.html()),
    ]
    try:
        write_report(runs[0], out, case=case, replicates=runs, weekly=result.a.weekly, extra=extra)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=out) from None
