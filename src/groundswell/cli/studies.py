"""The commands that run many times: `run --replicates`, `compare` and `campaigns`."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groundswell import experiments
from groundswell.cli.progress import Ticker
from groundswell.cli.running import STOPPED, options_of
from groundswell.core.errors import InputError
from groundswell.experiments import campaigns as told
from groundswell.experiments.compare import Contrast, Pairs, compared, contrast
from groundswell.experiments.directory import default_folder
from groundswell.experiments.replicates import Replicates

if TYPE_CHECKING:
    from rich.table import Table

    from groundswell.experiments.scenario import Scenario

LONGEST = 80  # characters of what names a folder


def replicates_command(
    target: str,
    given: Mapping[str, Any],
    count: int,
    *,
    out: Path | None,
    replace: bool,
    workers: int | None,
    with_report: bool,
    quiet: bool,
) -> int:
    """Run a scenario under several seeds, keep all, print means and bands and the path; the exit code."""
    scenario = experiments.read(target, options_of(given))
    folder = out if out is not None else default_folder(scenario).with_name(f"{default_folder(scenario).name}-replicates")
    with Ticker(quiet=quiet) as tick:
        try:
            report = _report if with_report else None
            how: dict[str, Any] = {"replace": replace, "workers": workers, "progress": tick, "reused": _reused(quiet)}
            result = experiments.replicates(scenario, count, out=folder, report=report, **how)
        except (experiments.Interrupted, KeyboardInterrupt):
            return stopped(folder)
    if not quiet:
        from groundswell.report.screen import replicates_table

        show(replicates_table(result))
    click.echo(str(folder / "report.html" if with_report else folder))
    return 0


def compare_command(a: str, b: str | None, without: str | None, settings: Sequence[str], given: Mapping[str, Any]) -> int:
    """Compare in pairs, keep all, print the table and the path; the exit code."""
    chosen = contrast(a, b, without=without, changed=options_of({"settings": settings}), common=options_of(given))
    folder = given["out"] or comparison_folder(chosen, b is not None)
    with_report, quiet = not given["no_report"], given["quiet"]
    with Ticker(quiet=quiet) as tick:
        try:
            how: dict[str, Any] = {"replace": given["replace"], "workers": given["workers"], "progress": tick, "reused": _reused(quiet)}
            result = compared(chosen, given["replicates"], folder, report=_comparison if with_report else None, **how)
        except (experiments.Interrupted, KeyboardInterrupt):
            return stopped(folder)
    if not quiet:
        from groundswell.report.screen import pairs_table

        show(pairs_table(result))
    click.echo(str(folder / "comparison.html" if with_report else folder))
    return 0


def campaigns_command(target: str, given: Mapping[str, Any]) -> int:
    """Simulate a case's campaigns and print them; the exit code."""
    scenario = _with_campaigns(target, given)
    with Ticker(quiet=given["quiet"]) as tick:
        try:
            count = 1 if given["replicates"] is None else given["replicates"]
            runs = experiments.replicates(scenario, count, workers=given["workers"], progress=tick)
        except (experiments.Interrupted, KeyboardInterrupt):
            click.echo("stopped; nothing was kept", err=True)
            return STOPPED
    from groundswell.report.screen import campaigns_table

    show(campaigns_table(told.campaigns(runs), runs))
    return 0


def _with_campaigns(target: str, given: Mapping[str, Any]) -> Scenario:
    """The scenario whose period holds the campaigns, where the user does not say when to run."""
    scenario = experiments.read(target, options_of(given))
    span = told.span(scenario.case)
    if span is None:
        raise InputError("this case has no campaigns", key=scenario.case.id)
    missing = {key: day for key, day in zip(("start", "end"), span, strict=True) if given.get(key) is None}
    whole = experiments.read(target, options_of({**given, **{key: day.isoformat() for key, day in missing.items()}}))
    if not any(whole.start <= campaign.start and campaign.end <= whole.end for campaign in whole.case.campaigns):
        raise InputError(f"no campaign lies wholly in the run, {whole.start} to {whole.end}", key=scenario.case.id)
    return whole


def comparison_folder(chosen: Contrast, two: bool) -> Path:
    """`runs/<case>-<first day>-s<seed>-1to<scale>-<what is compared>`."""
    what = f"{chosen.name_a}-against-{chosen.name_b}" if two else chosen.name_b if chosen.name_b.startswith("without") else chosen.name_a
    slug = re.sub(r"[^a-z0-9]+", "-", what.lower()).strip("-")[:LONGEST].strip("-")
    base = default_folder(chosen.a)
    return base.with_name(f"{base.name}-{slug}")


def show(table: Table) -> None:
    """Print a table on the terminal."""
    from rich.console import Console

    Console().print(table)


def stopped(folder: Path) -> int:
    """Say how to go on."""
    command = shlex.join(["groundswell", *(word for word in sys.argv[1:] if word != "--replace")])
    kept = f"what is done is in {folder}; go on with: {command}" if folder.exists() else "nothing was kept"
    click.echo(f"stopped; {kept}", err=True)
    return STOPPED


def _reused(quiet: bool) -> Any:
    def say(done: int, of: int) -> None:
        if not quiet:
            click.echo(f"{done} of {of} runs are there already", err=True)

    return say


def _report(result: Replicates, path: Path) -> None:
    from groundswell.report.html import write_report

    runs, extra = result.runs(), [(f"Means and bands of {len(result)} runs", result.html())]
    write_report(runs[0], path, case=result.scenario.case, replicates=runs, weekly=result.weekly, extra=extra)


def _comparison(result: Pairs, path: Path) -> None:
    from groundswell.report.comparison import write_comparison

    write_comparison(result, path)
