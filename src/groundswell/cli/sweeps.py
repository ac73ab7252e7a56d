"""What `ensemble`, `sweep` and `study` do."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from groundswell import experiments
from groundswell.cli.outputs import check_target
from groundswell.cli.progress import Ticker
from groundswell.cli.running import STOPPED, options_of
from groundswell.core.errors import InputError
from groundswell.experiments.directory import default_folder
from groundswell.studies import Count, Design, Stopped
from groundswell.studies.cluster import Cluster
from groundswell.studies.design import read_axis
from groundswell.studies.sweep import FEWEST, Sweep

MEASURES = ("turnout", "gathered", "arrests", "dead")
POINTS = {"grid": 5, "sobol": 64, "morris": 20}  # where the user does not say
POINTS_ELSE = 100
LONGEST = 80  # characters of what names a folder


def begin_command(target: str, name: str, points: int | None, replicates: int | None, given: Mapping[str, Any]) -> int:
    """Begin a sweep or ensemble, or go on with it; the exit code."""
    pairs = [read_axis(text) for text in given["axes"]]
    axes = dict(pairs)
    if len(axes) < len(pairs):
        raise InputError("names an axis twice", key="--over")
    scenario = experiments.read(target, options_of({**given, "seed": None}))
    count = POINTS.get(name, POINTS_ELSE) if points is None else points
    design = Design(name, axes, count, (4 if name == "grid" else 1) if replicates is None else replicates, given["seed"])
    folder = given["out"] or default_sweep_folder(default_folder(scenario), design)
    if given["resume"] and not (folder / "study.json").is_file():
        raise InputError("holds nothing to go on with; leave --resume out to begin", file=folder)
    where = cluster_of(given)
    measures = given["measures"] or [name for name in MEASURES if name not in given["series"]]
    sweep = Sweep.begin(folder, scenario, design, measures=measures, series=given["series"])
    return _go_on(sweep, where, given)


def default_sweep_folder(base: Path, design: Design) -> Path:
    """`runs/<case>-<first day>-s<seed>-1to<scale>-<design>-<axes>`."""
    slug = re.sub(r"[^a-z0-9]+", "-", "-".join([design.name, *design.axes]).lower()).strip("-")[:LONGEST].strip("-")
    return base.with_name(f"{base.name}-{slug}")


def cluster_of(given: Mapping[str, Any]) -> Cluster | None:
    """Where the work is done, if not in processes of our own.

    Raises:
        InputError: two answers are given, or TLS files without a scheduler.
    """
    files = {"ca": given["tls_ca"], "certificate": given["tls_cert"], "key": given["tls_key"]}
    if given["scheduler"] is not None:
        if given["local"] or given["workers"] is not None:
            raise InputError("a scheduler has workers of its own; leave --local and --workers out", key="--scheduler")
        return Cluster(given["scheduler"], **files)
    if any(file is not None for file in files.values()):
        raise InputError("are for --scheduler tls://HOST:PORT", key="--tls-ca, --tls-cert, --tls-key")
    return Cluster(workers=given["workers"]) if given["local"] else None


def _go_on(sweep: Sweep, where: Cluster | None, given: Mapping[str, Any]) -> int:
    """Do what is missing, write the page, print; the exit code."""
    from groundswell.report.study import PAGE, write_study

    folder, quiet, with_report = sweep.study.folder, given["quiet"], not given["no_report"]
    if with_report:
        check_target(folder / PAGE)
    with Ticker(quiet=quiet) as tick:
        try:
            count = sweep.run(None if where else given["workers"], again=given["again"], progress=tick, cluster=where)
        except (Stopped, KeyboardInterrupt):
            command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
            click.echo(f"stopped; what is done is kept in {folder}. To go on: {command}", err=True)
            return STOPPED
        if sweep.study.aside and not quiet:
            click.echo(f"{len(sweep.study.aside)} unreadable parts were set aside, and their runs done again", err=True)
        if with_report:
            tick("drawing", 0, 100)
            write_study(sweep, folder / PAGE)
    if not quiet:
        for line in told(sweep, sweep.measures, count):
            click.echo(line)
    click.echo(str(folder / PAGE if with_report else folder))
    return 0 if count.done else 1


def study_command(folder: Path, given: Mapping[str, Any]) -> int:
    """Tell of a kept sweep, or go on with it; the exit code."""
    sweep, where = Sweep(folder), cluster_of(given)
    if given["verify"]:
        sweep.study.verify()
        click.echo("every kept byte is as it was written", err=True)
    if given["points"] is not None:
        sweep.extend(points=given["points"])
    if given["resume"] or given["points"] is not None or given["again"]:
        return _go_on(sweep, where, given)
    measures = given["measures"] or sweep.measures
    if given["table"] is not None:
        from groundswell.cli.outputs import write_text

        check_target(given["table"])
        write_text(given["table"], sweep.frame().write_csv())
    if given["quiet"]:
        click.echo(str(folder))
        return 0
    for line in curve_lines(sweep, measures, given["curve"]) if given["curve"] else told(sweep, measures, sweep.count()):
        click.echo(line)
    return 0


def told(sweep: Sweep, measures: Sequence[str], count: Count) -> Iterator[str]:
    """A sweep in lines for a terminal."""
    yield f"{count.done:,} of {count.tasks:,} runs done, {count.failed:,} failed, {count.missing:,} missing"
    if count.missing or not count.done:
        return
    for measure in measures:
        values = sweep.values(measure)
        known = values[np.isfinite(values)]
        if not len(known):
            yield f"{measure}: no run has it"
            continue
        low, middle, high = np.quantile(known, (0.05, 0.5, 0.95))
        yield f"{measure}: mean {_short(known.mean())}, median {_short(middle)}, 90 % of runs {_short(low)} to {_short(high)}"
        yield from _depends(sweep, measure)


def _depends(sweep: Sweep, measure: str) -> Iterator[str]:
    """What a measure depends on, where the design tells."""
    if sweep.design.name not in ("sobol", "morris"):
        for axis in sweep.design.axes:
            curve = sweep.curve(measure, axis)
            ends = f"{curve.at[0]}: {_short(curve.mean[0])}   {curve.at[-1]}: {_short(curve.mean[-1])}"
            yield f"  {axis:32} {_percent(curve.explained)} of the variance   {ends}"
        return
    whole = np.isfinite(sweep.values(measure).reshape(sweep.design.points, -1)).all(axis=1)
    if whole.sum() < FEWEST:
        yield "  too few base points without a failed run"
    elif sweep.design.name == "sobol":
        found = sweep.indices(measure)
        for k in np.argsort(-found.total.value, kind="stable").tolist():
            one, whole_of = found.first, found.total
            yield (
                f"  {found.inputs[k]:32} first {one.value[k]:5.2f} ({one.low[k]:.2f} to {one.high[k]:.2f})   "
                f"total {whole_of.value[k]:5.2f} ({whole_of.low[k]:.2f} to {whole_of.high[k]:.2f})"
            )
    else:
        screened = sweep.effects(measure)
        size = screened.effects.size
        for k in np.argsort(-size.value, kind="stable").tolist():
            ends = f"({_short(size.low[k])} to {_short(size.high[k])})"
            yield f"  {screened.inputs[k]:32} mu* {_short(size.value[k]):>8} {ends:22} sigma {_short(screened.effects.spread[k])}"


def curve_lines(sweep: Sweep, measures: Sequence[str], axis: str) -> Iterator[str]:
    """Means over an axis."""
    for measure in measures:
        curve = sweep.curve(measure, axis)
        yield f"{measure} over {axis}, which alone explains {_percent(curve.explained)} of the variance"
        for at, mean, low, high, runs in zip(curve.at, curve.mean, curve.low, curve.high, curve.runs, strict=True):
            value = at if isinstance(at, (str, bool)) else _short(at)
            yield f"  {value!s:>12}  {_short(mean):>9}  ({_short(low)} to {_short(high)}), {runs} runs"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _percent(share: float) -> str:
    return f"{100 * max(share, 0):.0f} %" if np.isfinite(share) else "–"
