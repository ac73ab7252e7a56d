"""The commands `ensemble`, `sweep` and `study`: their options; what they do is in `sweeps`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path)
Command = Callable[..., Any]


def _together(*options: Command) -> Command:
    """Several options as one decorator, in their order."""

    def decorated(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


_WHERE = _together(
    click.option("--workers", type=int, metavar="W", help="Processes [as many as cores and memory allow]."),
    click.option("--local", is_flag=True, help="Dask's workers on this machine, which listen on 127.0.0.1 only."),
    click.option("--scheduler", metavar="ADDRESS", help="Dask's workers under this scheduler: tls://HOST:PORT."),
    click.option("--tls-ca", type=FILE, metavar="PEM", help="Certificate of the authority [as Dask is configured]."),
    click.option("--tls-cert", type=FILE, metavar="PEM", help="Certificate of this side [as Dask is configured]."),
    click.option("--tls-key", type=FILE, metavar="PEM", help="Its key [as Dask is configured]."),
    click.option("--again", is_flag=True, help="Do failed runs once more."),
)
_WHAT = _together(
    click.option("--measure", "measures", multiple=True, metavar="NAME", help="A national number that is kept of each run; repeatable."),
    click.option("--series", multiple=True, metavar="NAME", help="A national series by day that is kept of each run; repeatable."),
    click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A parameter or switch of all runs; repeatable."),
    click.option("--scale", type=int, metavar="N", help="Real persons a row stands for, 1 to 1000."),
    click.option("--start", metavar="DATE", help="First day, such as 2022-01-01."),
    click.option("--end", metavar="DATE", help="Last day, included."),
    click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Of points and runs."),
    click.option("--resume", is_flag=True, help="Go on with what the folder holds, and begin nothing."),
)
_OUT = _together(
    click.option("--no-report", is_flag=True, help="Keep the tables only."),
    click.option("--quiet", "-q", is_flag=True, help="Print the path of the result and nothing else."),
)
_FOLDER = click.option("--out", type=FILE, metavar="DIR", help="Where it is kept [runs/CASE-...].")
_OVER = "KEY=low:high, KEY=low:high:log, KEY=low:high:whole or KEY=a,b,c; repeatable."


@click.command(short_help="Run a scenario under many seeds and keep national numbers of each.")
@click.argument("case", metavar="CASE|FILE")
@click.option("--members", type=int, default=100, show_default=True, metavar="N", help="Runs; more later use those that are done.")
@click.option("--over", "axes", multiple=True, metavar="AXIS", help=f"Draw this for each run, too: {_OVER}")
@_WHAT
@_FOLDER
@_WHERE
@_OUT
def ensemble(case: str, members: int, **given: Any) -> int:
    """Run a scenario under many seeds, keep national numbers of each run, and show how they spread.

    Stopped or killed, the same command goes on where it was.
    """
    from groundswell.cli.sweeps import begin_command

    return begin_command(case, "ensemble", members, 1, given)


@click.command(short_help="Run a scenario over many values, and say what its outcome depends on.")
@click.argument("case", metavar="CASE|FILE")
@click.option("--over", "axes", multiple=True, required=True, metavar="AXIS", help=_OVER)
@click.option("--design", type=click.Choice(["grid", "random", "sequence", "sobol", "morris"]), default="morris", show_default=True,
              help="sobol and morris give indices; sequence is a Sobol sequence of points.")  # fmt: skip
@click.option("--points", type=int, metavar="N",
              help="Values an axis (grid), points, base points (sobol: axes + 3 runs each), trajectories (morris: axes + 2).")  # fmt: skip
@click.option("--replicates", type=int, metavar="N", help="Runs of a point, under seeds of their own [4 of a grid, else 1].")
@_WHAT
@_FOLDER
@_WHERE
@_OUT
def sweep(case: str, design: str, points: int | None, replicates: int | None, **given: Any) -> int:
    """Run a scenario over many values of parameters, and say what its outcome depends on, with intervals.

    Stopped or killed, the same command goes on where it was; more points use those that are done.
    """
    from groundswell.cli.sweeps import begin_command

    return begin_command(case, design, points, replicates, given)


@click.command(short_help="Ask a kept sweep or ensemble: how far, what came out, what it depends on.")
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--measure", "measures", multiple=True, metavar="NAME", help="Of these measures only; repeatable.")
@click.option("--curve", metavar="KEY", help="The means over this axis.")
@click.option("--csv", "table", type=FILE, metavar="FILE", help="Write one row a run as CSV.")
@click.option("--resume", is_flag=True, help="Do what is missing.")
@click.option("--points", type=int, metavar="N", help="Ask for so many points, members or trajectories, and do what is missing.")
@click.option("--verify", is_flag=True, help="Compare every kept byte with its hash.")
@_WHERE
@_OUT
def study(folder: Path, **given: Any) -> int:
    """Print how far a kept sweep or ensemble is, what came out, and what that depends on; or go on with it."""
    from groundswell.cli.sweeps import study_command

    return study_command(folder, given)
