"""The commands that hold a model against records: `fit`, `ablate`, `forecast`, `score`, `claims`. Their work is in modules of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def fitted(**how: Any) -> Callable[[Command], Command]:
    """The option that names a fit."""
    return click.option("--posterior", type=click.Path(path_type=Path), metavar="DIR", **how)


@click.command(short_help="Fit a case's parameters to a record of events, with uncertainty and checks.")
@click.argument("case", metavar="CASE")
@click.option("--events", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The record: any format of `data formats`.")
@click.option("--daily", type=click.Path(path_type=Path), metavar="FILE",
              help="Counts of the whole country by day (date, count), held against the simulated days of the week.")  # fmt: skip
@click.option("--priors", type=click.Path(path_type=Path), metavar="FILE", help="What is fitted, from which priors [the case's fit.toml].")
@click.option("--parameters", metavar="A,B", help="Fit these alone of the list; the others stay as the case has them.")
@click.option("--simulations", type=int, metavar="N", help="Draws from the prior, all rounds together [as the list says].")
@click.option("--rounds", type=click.IntRange(1, 5), default=2, show_default=True, metavar="R",
              help="In which they are made: the first from the whole prior, others from where the one before leaves it.")  # fmt: skip
@click.option("--predictive", type=int, default=100, show_default=True, metavar="N", help="Simulations from the posterior.")
@click.option("--scale", type=click.IntRange(1, 1000), metavar="N", help="Real persons a row stands for [as the list says].")
@click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Of draws and simulations.")
@click.option("--workers", type=int, metavar="N", help="Processes [as many as cores and memory allow].")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where it is kept [runs/CASE-fit].")
@click.option("--fitted", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the fitted values, figures only, as a case's fitted.toml: its folder's become its defaults.")  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="No progress and no table.")
def fit(case: str, events: Path, **how: Any) -> int:
    """Infer the parameters that a case's fit.toml lists from weekly counts, with their uncertainty, and check the inference.

    Stopped or killed, the same command goes on where it was. More --simulations use those of the first round that are done.
    """
    from groundswell.cli.fitting import fit_command

    return fit_command(case, events, **how)


@click.command(short_help="A fitted model with its parts taken out, one by one, beside the record.")
@click.argument("case", metavar="CASE")
@fitted(required=True, help="The fit: its folder, or shipped for the one that comes with the case.")
@click.option("--events", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The record that was fitted.")
@click.option("--only", multiple=True, metavar="NAME", help="This part only; repeatable [all that the case's fit.toml lists].")
@click.option("--draws", type=click.IntRange(10, 100_000), default=60, show_default=True, metavar="N", help="Simulations of each.")
@click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Of draws and simulations.")
@click.option("--workers", type=int, metavar="N", help="Processes [as many as cores and memory allow].")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Output folder [runs/CASE-ablations].")
@click.option("--quiet", "-q", is_flag=True, help="Print the path of the result and nothing else.")
def ablate(case: str, events: Path, **how: Any) -> int:
    """Simulate the fitted model whole, without shocks, contagion, units or fear, and with shocks at placebo dates.

    Draws and seeds are shared, so that what differs is what was taken out. Stopped or killed, the same command goes on where it was.
    """
    from groundswell.cli.ablating import ablate_command

    return ablate_command(case, events, **how)


def scored(command: Any) -> Any:
    """The options that `forecast` and `score` share."""
    files = click.Path(path_type=Path)
    shared = (
        click.option("--events", "files", multiple=True, required=True, type=files, metavar="FILE",
                     help="The record; repeatable, where several files follow each other."),
        click.option("--from", "since", metavar="DATE", help="First day that is scored [two years before the end]."),
        click.option("--until", metavar="DATE", help="Last day that is scored [the record's, or of the last closed year]."),
        click.option("--target", type=click.Choice(["both", "total", "contested"]), default="both", show_default=True,
                     help="What is forecast."),
        click.option("--draws", type=click.IntRange(20, 5000), default=400, show_default=True, metavar="N", help="Draws of a forecast."),
        click.option("--simulations", type=click.IntRange(1, 100_000), default=200, show_default=True, metavar="N",
                     help="Simulations from the posterior."),
        click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Of draws and simulations."),
        click.option("--workers", type=int, metavar="N", help="Processes [as many as cores and memory allow]."),
        click.option("--out", type=files, metavar="DIR", help="Output folder [runs/forecast-CASE, runs/score-CASE]."),
        click.option("--no-report", is_flag=True, help="Keep the tables only."),
        click.option("--quiet", "-q", is_flag=True, help="Print the path of the result and nothing else."),
    )  # fmt: skip
    for option in reversed(shared):
        command = option(command)
    return command


@click.command(short_help="Retrospective forecasts of a closed period, scored against baselines.")
@click.argument("case", metavar="CASE")
@fitted(help="A fit, for the simulator's own forecasts: its folder, or shipped for the case's own.")
@scored
def forecast(case: str, files: tuple[Path, ...], **given: Any) -> int:
    """Forecast 1 to 4 weeks ahead from one origin after the other of a closed period, each from what was known there, and score it.

    Of a real case no week after 2023 is forecast. Goes on where it was stopped.
    """
    from groundswell.cli.forecasting import forecast_command

    return forecast_command(case, files, given)


@click.command(short_help="What each side says of itself, put to the test.")
@click.argument("case", metavar="CASE", required=False)
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--list", "listed", is_flag=True, help="List the claims.")
@click.option("--why", is_flag=True, help="Say in plain words what a verdict rests on, and how far that must move.")
@click.option("--verify", is_flag=True, help="Repeat kept verdicts and compare every number.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of claim files; needs no CASE.")
@click.option("--events", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="A record of events; repeatable.")
@fitted(help="A fit: its folder, or shipped for the one that comes with the case [priors alone].")
@click.option("--draws", type=click.IntRange(24, 100_000), metavar="N", help="Pairs of runs of a setting, at most [192].")
@click.option("--scale", type=click.IntRange(1, 1000), metavar="S", help="Real persons a row stands for [as the case is fitted].")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Of draws and runs [1].")
@click.option("--workers", type=click.IntRange(1, 1000), metavar="W", help="Processes [as many as fit].")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Output folder [runs/CASE-claims].")
@click.option("--quiet", "-q", is_flag=True, help="No progress; print the path only.")
def claims(case: str | None, ids: tuple[str, ...], **given: Any) -> int:
    """Judge the claims in a case's folder by records and by paired runs, and write one page of verdicts.

    Goes on where it was stopped.
    """
    from groundswell.cli.claiming import claims_command

    return claims_command(case, ids, given)


@click.command(short_help="Hold a fit against a record: any years of a file of yours.")
@click.argument("case", metavar="CASE")
@fitted(required=True, help="The fit: its folder, or shipped for the one that comes with the case.")
@scored
def score(case: str, files: tuple[Path, ...], **given: Any) -> int:
    """Simulate from a fit over the weeks of a record, set them beside it, and score forecasts where 120 weeks lie before them.

    Goes on where it was stopped.
    """
    from groundswell.cli.forecasting import score_command

    return score_command(case, files, given)
