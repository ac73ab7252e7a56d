"""The command `ablate`: the fitted model with something taken out, beside the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from groundswell import cases
from groundswell.cli.outputs import check_target
from groundswell.cli.progress import Ticker
from groundswell.core.errors import InputError, nearest


def ablate_command(target: str, events: Path, *, posterior: Path, only: tuple[str, ...], out: Path | None, **given: Any) -> int:
    """Simulate every variant of the case's fit.toml, keep and print what it does to the fit; the exit code."""
    from groundswell import calibration, experiments
    from groundswell.calibration.fitting import compared
    from groundswell.cli.fitting import read_record
    from groundswell.cli.studies import stopped
    from groundswell.core.store import whole_file
    from groundswell.forecasts.ablations import ablate
    from groundswell.report import ablations as report

    case = cases.load(target)
    variants = _chosen(calibration.read_priors(case).ablations, only)
    fitted = calibration.posterior_of(case, posterior)
    folder = out if out is not None else Path("runs") / f"{case.id}-ablations"
    check_target(folder / report.PAGE, [events])
    quiet = given.pop("quiet")
    with Ticker(quiet=quiet) as tick:
        try:
            record = compared(case, read_record(events, case.id), fitted.priors)
            found = ablate(fitted, case, target, folder, record, variants, progress=tick, **given)
        except (experiments.Interrupted, KeyboardInterrupt):
            return stopped(folder)
        tick("drawing", 0, 100)
        with whole_file(folder / "ablations.parquet") as scratch:
            found.table().write_parquet(scratch)
        report.write(folder / report.PAGE, case, found)
    if not quiet:
        for line in report.screen(found):
            click.echo(line)
    click.echo(str(folder / report.PAGE))
    return 0


def _chosen(every: tuple[Any, ...], only: tuple[str, ...]) -> list[Any]:
    """The variants that were asked for.

    Raises:
        InputError: there are none, or one has another name.
    """
    if not every:
        raise InputError("the case's fit.toml lists no [[ablations]]", key="ablate")
    names = [one.name for one in every]
    for name in only:
        if name not in names:
            raise InputError(f"there is no ablation {name[:60]!r}", key="--only", nearest=nearest(name, names))
    return [one for one in every if not only or one.name in only]
