"""The command `fit`: a case's parameters from a record of events, with uncertainty and checks."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from groundswell import cases
from groundswell.cli.outputs import check_target
from groundswell.cli.progress import Ticker
from groundswell.cli.running import STOPPED
from groundswell.core.errors import InputError
from groundswell.core.extras import check_extra

if TYPE_CHECKING:
    from groundswell.calibration.posterior import Posterior
    from groundswell.calibration.priors import Priors
    from groundswell.events.table import Events

FEWEST = 50


def fit_command(
    target: str,
    events: Path,
    *,
    daily: Path | None,
    priors: Path | None,
    parameters: str | None,
    simulations: int | None,
    rounds: int,
    predictive: int,
    scale: int | None,
    seed: int,
    workers: int | None,
    out: Path | None,
    fitted: Path | None,
    quiet: bool,
) -> int:
    """Fit a case, keep everything, print what is known of each parameter and the path of the page; the exit code."""
    from groundswell import calibration
    from groundswell.calibration.defaults import write_fitted
    from groundswell.calibration.priors import FILE
    from groundswell.calibration.weekdays import read_daily
    from groundswell.report.fit import PAGE, write_fit
    from groundswell.studies import Stopped

    check_extra("fit", "fit", "scipy")
    _check_numbers(simulations, rounds, predictive, fitted)
    case = cases.load(target)
    what = _priors(case, priors, parameters, scale)
    folder = out if out is not None else Path("runs") / f"{case.id}-fit"
    by_day = read_daily(daily, case) if daily is not None else None
    inputs = [file for file in (events, daily, priors, case.folder / FILE) if file is not None]
    check_target(folder / PAGE, inputs)
    if fitted is not None:
        check_target(fitted, [*inputs, folder / PAGE])
    with Ticker(quiet=quiet) as tick:
        try:
            record = read_record(events, case.id)
            found = calibration.fit(
                case, target, record, what, folder,
                simulations=simulations, rounds=rounds, seed=seed, workers=workers, predictive=predictive, choose=fitted is not None,
                daily=by_day, progress=tick,
            )  # fmt: skip
        except (Stopped, KeyboardInterrupt):
            click.echo(
                f"stopped; what is done is kept in {folder}. To go on: {shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])}", err=True
            )
            return STOPPED
        tick("drawing", 0, 100)
        write_fit(found, case, folder / PAGE)
        if fitted is not None and found.nearest is not None:
            write_fitted(found.posterior, found.nearest, fitted)
    if not quiet:
        for line in lines(found.posterior):
            click.echo(line)
    click.echo(str(folder / PAGE))
    return 0


def _check_numbers(simulations: int | None, rounds: int, predictive: int, fitted: Path | None) -> None:
    """Refuse numbers with which nothing could be fitted.

    Raises:
        InputError: with the option that is wrong.
    """
    if simulations is not None and simulations < FEWEST * rounds:
        least = f"{FEWEST} are the least" if rounds == 1 else f"{FEWEST} a round are the least"
        raise InputError(f"{simulations} simulations are too few; {least}, some thousands are meant", key="--simulations")
    if predictive < 0:
        raise InputError("cannot be below 0", key="--predictive")
    if fitted is not None and not predictive:
        raise InputError("needs simulations from the posterior; leave out --predictive 0", key="--fitted")


def _priors(case: cases.Case, file: Path | None, parameters: str | None, scale: int | None) -> Priors:
    """What is fitted: a list of priors, cut to some parameters and at another scale where that is asked for."""
    from groundswell.calibration import read_priors

    found = read_priors(case, file)
    if parameters is not None:
        found = found.only([key.strip() for key in parameters.split(",") if key.strip()])
    return dataclasses.replace(found, scale=scale) if scale is not None else found


def read_record(file: Path, case: str) -> Events:
    """A record of events, whole.

    Raises:
        InputError: it cannot be read, or none of its rows is kept.
    """
    from groundswell.events.reading import read

    reading = read(file)
    if not reading.counts["kept"]:
        raise InputError(f"no row of it is kept for the case {case!r}: see groundswell data check", file=file)
    return reading.events


def lines(posterior: Posterior) -> Sequence[str]:
    """The posterior as a table on a terminal."""
    marginals = posterior.marginals()
    wide = max(len(one.name) for one in marginals)
    found = [f"{'':{wide}}  {'median':>9}  {'middle 90 %':>21}  {'prior':>21}  known"]
    covers = {one.key: one for one in posterior.calibration}
    for one in marginals:
        q, p = one.quantiles, one.prior
        known = f"{max(one.contraction, 0):.2f}"
        check = "" if one.name not in covers or covers[one.name].holds else "  calibration does not hold"
        found.append(f"{one.name:{wide}}  {q[2]:9.3g}  {q[0]:9.3g} to {q[4]:8.3g}  {p[0]:9.3g} to {p[4]:8.3g}  {known:>5}{check}")
    told = posterior.diagnostics
    simulations = sum(told.get("rounds", [told["simulations"]]))
    found.append("known: 0 nothing but the prior, 1 all")
    found.append(
        f"{simulations:,} simulations, {told['failed']} failed; {posterior.effective:.0f} effective draws; "
        f"the chance of a record as unusual as this one is {100 * told['unusual']:.2g} % at most"
    )
    if told["beyond"]:
        found.append(f"beyond all simulations of the last round, and not used: {', '.join(told['beyond'])}")
    return found
