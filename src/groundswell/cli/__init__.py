"""The command line: thin; everything heavy is imported by the command that needs it, so that help is instant."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from groundswell import __version__
from groundswell.cli.judging import ablate, claims, fit, forecast, score
from groundswell.cli.laboratory import lab
from groundswell.cli.sweeping import ensemble, study, sweep
from groundswell.core.errors import GroundswellError, one_line

STOPPED = 130


class _Group(click.Group):
    """Errors that a user can mend are one line on stderr and exit code 2; everything else is a traceback."""

    def main(  # type: ignore[override]  # click overloads it on standalone_mode
        self, args: Sequence[str] | None = None, prog_name: str | None = None, *, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Run the command line; exits unless `standalone_mode` is off."""
        if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
            sys.stdout.reconfigure(errors="replace")  # where the terminal has no such letter
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
            code = 2
        except click.ClickException as error:
            click.echo(f"error: {one_line(error.format_message())}", err=True)
            code = 2
        except GroundswellError as error:
            click.echo(f"error: {one_line(str(error))}", err=True)
            code = 2
        except OSError as error:
            if error.errno != errno.ENOSPC or error.filename is not None:
                raise
            click.echo(f"error: what was to be printed cannot be written: {error.strerror}", err=True)
            code = 2
        except click.Abort:
            click.echo("stopped; nothing new was kept", err=True)
            code = STOPPED
        if not standalone_mode:
            return code
        return sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, "--version", message="groundswell %(version)s")
def main() -> None:
    """Simulate a population, the small units that organise in it, and the regime that tries to stop them.

    groundswell studies populations, not persons: all people are synthetic.
    """


@main.command(short_help="Run a case or a scenario file and keep the result.")
@click.argument("scenario", metavar="CASE|FILE")
@click.option("--scale", type=int, metavar="N", help="Real persons a row stands for, 1 to 1000.")
@click.option("--start", metavar="DATE", help="First day, such as 2022-01-01.")
@click.option("--end", metavar="DATE", help="Last day, included.")
@click.option("--seed", type=int, metavar="N", help="Seed of all draws of the run.")
@click.option("--threads", type=int, metavar="N", help="Threads; the result is the same for any number.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A parameter or switch, such as fear.decay=0.1; repeatable.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Output folder [runs/<case>-<start>-s<seed>-1to<scale>].")
@click.option("--resume", is_flag=True, help="Go on where a stopped run of the same scenario left off.")
@click.option("--replace", is_flag=True, help="Replace the run of another scenario that the output folder keeps.")
@click.option("--no-report", is_flag=True, help="Keep the tables only.")
@click.option("--replicates", type=int, metavar="N", help="Under N seeds, in parallel, with bands; goes on where it was stopped.")
@click.option("--workers", type=int, metavar="N", help="Processes that replicates share [as many as cores and memory allow].")
@click.option("--quiet", "-q", is_flag=True, help="Print the path of the result and nothing else.")
def run(
    scenario: str,
    out: Path | None,
    resume: bool,
    replace: bool,
    no_report: bool,
    replicates: int | None,
    workers: int | None,
    quiet: bool,
    **given: Any,
) -> int:
    """Run a built-in case, a case's folder or a scenario file, and keep the result as a folder."""
    if replicates is not None:
        from groundswell.cli.studies import replicates_command

        how: dict[str, Any] = {"replace": replace, "workers": workers, "with_report": not no_report, "quiet": quiet}
        return replicates_command(scenario, given, replicates, out=out, **how)
    if workers is not None:
        raise click.UsageError("--workers is for --replicates; use --threads for a single run")
    from groundswell.cli.running import run_command

    return run_command(scenario, given, out=out, resume=resume, replace=replace, with_report=not no_report, quiet=quiet)


@main.command(short_help="Compare two scenarios, or one with and without something, in paired runs.")
@click.argument("a", metavar="A")
@click.argument("b", metavar="[B]", required=False)
@click.option("--without", metavar="NAME", help="Against A without this policy, shock or campaign; `units` means all organisations.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A with this value, against A as it is; repeatable.")
@click.option("--replicates", type=int, default=8, show_default=True, metavar="N", help="Pairs of runs, each under a seed of its own.")
@click.option("--workers", type=int, metavar="N", help="Processes that the runs share [as many as cores and memory allow].")
@click.option("--scale", type=int, metavar="N", help="Real persons a row stands for, 1 to 1000.")
@click.option("--start", metavar="DATE", help="First day, such as 2022-01-01.")
@click.option("--end", metavar="DATE", help="Last day, included.")
@click.option("--seed", type=int, metavar="N", help="Seed of the first pair.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Output folder [runs/<what is compared>].")
@click.option("--replace", is_flag=True, help="Replace the other study that the output folder keeps.")
@click.option("--no-report", is_flag=True, help="Keep the tables only.")
@click.option("--quiet", "-q", is_flag=True, help="Print the path of the result and nothing else.")
def compare(a: str, b: str | None, without: str | None, settings: tuple[str, ...], **given: Any) -> int:
    """Compare A with B, each a case, a case's folder or a scenario file, or A with and without something.

    Both runs of a pair share people, seed and all draws, so that the difference is the effect of what differs. Goes on where it was
    stopped.
    """
    from groundswell.cli.studies import compare_command

    return compare_command(a, b, without, settings, given)


@main.command(short_help="Campaigns of a case as claimed, truly simulated, and recorded by each source.")
@click.argument("case", metavar="CASE|FILE")
@click.option("--replicates", type=int, metavar="N", help="Under N seeds, with bands.")
@click.option("--workers", type=int, metavar="N", help="Processes that replicates share.")
@click.option("--scale", type=int, metavar="N", help="Real persons a row stands for, 1 to 1000.")
@click.option("--start", metavar="DATE", help="First day [of the year of the first campaign].")
@click.option("--end", metavar="DATE", help="Last day [of the last campaign].")
@click.option("--seed", type=int, metavar="N", help="Seed of all draws.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A parameter or switch; repeatable.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
def campaigns(case: str, **given: Any) -> int:
    """Simulate a case and print each of its campaigns as claimed, as truly simulated, and as each source recorded it."""
    from groundswell.cli.studies import campaigns_command

    return campaigns_command(case, given)


for command in (ensemble, sweep, study, fit, ablate, forecast, score, claims, lab):
    main.add_command(command)


@main.command(short_help="Three years of Iran with and without units, on one screen, in seconds.")
@click.option("--pairs", type=int, default=2, show_default=True, metavar="N", help="Pairs of runs with and without units.")
@click.option("--workers", type=int, metavar="N", help="Processes that the runs share [as many as cores and memory allow].")
@click.option(
    "--out", type=click.Path(path_type=Path), default="groundswell-demo.html", show_default=True, metavar="FILE", help="The report."
)
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
def demo(pairs: int, workers: int | None, out: Path, quiet: bool) -> int:
    """Simulate 2022 to 2024 of the case of Iran at 1:1000, with and without units on shared draws, and print what comes out.

    Writes one HTML report. Needs no network.
    """
    from groundswell.cli.demo import demo_command

    return demo_command(pairs, workers=workers, out=out, quiet=quiet)


@main.command(short_help="Repeat a kept run and compare every byte.")
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--case", type=click.Path(path_type=Path), metavar="DIR", help="The case's folder, where it has moved since.")
@click.option("--threads", type=int, metavar="N", help="Threads to repeat it on [as many as it ran on].")
@click.option("--quiet", "-q", is_flag=True, help="Print what differs and nothing else.")
def verify(folder: Path, case: Path | None, threads: int | None, quiet: bool) -> int:
    """Repeat a kept run from its provenance and compare the state and every byte of its tables."""
    from groundswell.cli.running import verify_command

    return verify_command(folder, case=case, threads=threads, quiet=quiet)


@main.command(short_help="Print the JSON Schema of scenario files.")
@click.option("--out", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Write it to a file instead of the screen.")
@click.option("--model", default="resistance", show_default=True, metavar="NAME", help="The model whose parameters it describes.")
def schema(out: Path | None, model: str) -> None:
    """Print the JSON Schema of scenario files, with every parameter's type, range, unit and meaning."""
    from groundswell.cli.showing import schema_command

    schema_command(out, model)


@main.command(short_help="Say what a name means: parameter, column, phase, ...")
@click.argument("name", required=False)
@click.option("--model", default="resistance", show_default=True, metavar="NAME", help="The model that is explained.")
def explain(name: str | None, model: str) -> None:
    """Say what a parameter, switch, column, quantity, table, mechanism or phase means; without NAME, list them all."""
    from groundswell.cli.showing import explain_command

    explain_command(name, model)


@main.command(short_help="Describe a case, a scenario or a model in the form of the ODD protocol.")
@click.argument("name", metavar="CASE|FILE|MODEL")
@click.option("--out", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Write it to a file instead of the screen.")
def odd(name: str, out: Path | None) -> None:
    """Print the ODD description (Grimm et al. 2020) of a case, a scenario file or a model, written from what the code declares."""
    from groundswell.cli.showing import odd_command

    odd_command(name, out)


@main.command(short_help="Published models: what was printed, what comes out here, and the figure.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.option("--list", "listed", is_flag=True, help="List them, as without NAME.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="reproductions", show_default=True, metavar="DIR", help="The folder of figures."
)
@click.option(
    "--format", "form", type=click.Choice(["svg", "png", "pdf"]), default="svg", show_default=True, help="SVG follows light and dark pages."
)
@click.option("--no-figure", is_flag=True, help="Print the tables only.")
@click.option("--json", "record", type=click.Path(path_type=Path), metavar="FILE", help="Write the tables and versions as JSON, too.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
def reproduce(
    names: tuple[str, ...], every: bool, listed: bool, out: Path, form: str, no_figure: bool, record: Path | None, quiet: bool
) -> int:
    """Compute published models and print each published number beside ours, with tolerance, verdict and, where it differs, the reason.

    The exit code is 1 where a line differs and no reason is known.
    """
    from groundswell.cli.reproducing import list_command, reproduce_command

    if names and (every or listed):
        raise click.UsageError("give names, or --all, or --list")
    if every and not listed:
        from groundswell.reproductions import names as known

        names = tuple(known())
    if not names:
        if record is not None:
            raise click.UsageError("--json keeps what is computed: give names, or --all")
        list_command()
        return 0
    return reproduce_command(names, out=out, form=None if no_figure else form, record=record, quiet=quiet)


@main.command()
def models() -> None:
    """List the models: the flagship and classics of the field."""
    from groundswell.cli.reproducing import models_command

    models_command()


@main.group(short_help="Records of events: what a file is, and what is wrong with it.")
def data() -> None:
    """Read records of events: ACLED, Mass Mobilization, NAVCO, UCDP GED, a simulated record, or a plain CSV.

    Columns that name people or quote prose are not read.
    """


@data.command(name="check", short_help="Say what a file is, what of it is kept, what is set aside, and why.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--format", "form", metavar="NAME", help="The format [told from the columns].")
@click.option(
    "--map", "maps", multiple=True, metavar="OURS=THEIRS", help="For a plain CSV: first=Date, or kind==VALUE for all rows; repeatable."
)
@click.option("--country", metavar="NAME", help="Set the rows of other countries aside.")
@click.option("--case", metavar="CASE", help="Note regions that are no province of this case.")
@click.option("--encoding", metavar="NAME", help="Of text, such as cp1252 [UTF-8].")
@click.option("--rows", is_flag=True, help="Tell each row that is set aside or noted.")
@click.option("--json", "record", type=click.Path(path_type=Path), metavar="OUT", help="Write the same as JSON, too.")
def data_check(
    file: Path,
    form: str | None,
    maps: tuple[str, ...],
    country: str | None,
    case: str | None,
    encoding: str | None,
    rows: bool,
    record: Path | None,
) -> int:
    """Read a record of events and say what it is, what is kept, what is set aside, and why.

    The exit code is 1 where no row is kept.
    """
    from groundswell.cli.data import check_command

    return check_command(file, form=form, maps=maps, country=country, case=case, encoding=encoding, rows=rows, record=record)


@data.command(name="describe", short_help="Say what a record looks like: moments, weekdays, bursts, the fortieth day, empty cells.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--format", "form", metavar="NAME", help="The format [told from the columns].")
@click.option(
    "--map", "maps", multiple=True, metavar="OURS=THEIRS", help="For a plain CSV: first=Date, or kind==VALUE for all rows; repeatable."
)
@click.option("--country", metavar="NAME", help="Describe this country.")
@click.option("--encoding", metavar="NAME", help="Of text, such as cp1252 [UTF-8].")
@click.option("--from", "first", metavar="DATE", help="First day [that of the record].")
@click.option("--until", "last", metavar="DATE", help="Last day [that of the record, or of the last closed year].")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write a page and figures into this folder.")
@click.option("--json", "record", type=click.Path(path_type=Path), metavar="OUT", help="Write the numbers as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
def data_describe(file: Path, **how: Any) -> int:
    """Read a record of one country and describe it by region and week, with intervals.

    Of a real country only years that have ended are described.
    """
    from groundswell.cli.describing import describe_command

    return describe_command(file, **how)


@data.command(name="formats", short_help="List the formats that are read, each with its codebook.")
def data_formats() -> None:
    """List the formats that are read, each with its codebook and with what of it could not be checked."""
    from groundswell.cli.data import formats_command

    formats_command()


@data.command(name="lists", short_help="How many events there were, by two or more records of them.")
@click.argument("files", metavar="A B [C]...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--map", "maps", multiple=True, metavar="B:OURS=THEIRS", help="For a list that is a plain CSV, as in `check`; repeatable.")
@click.option("--country", metavar="NAME", help="Look at this country only.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="A kind of event to look at; repeatable [demonstrations].")
@click.option("--days", type=int, default=1, show_default=True, metavar="N", help="One event is at most so many days apart.")
@click.option("--km", "kilometres", type=float, metavar="KM", help="At most so far apart, where both name a town [the same region].")
@click.option("--same-kind", is_flag=True, help="Only rows of the same kind can be one event.")
@click.option("--size", type=float, metavar="FACTOR", help="Sizes differ by at most this factor, where both tell one.")
@click.option("--from", "first", metavar="DATE", help="First day [where the last list begins].")
@click.option("--until", "last", metavar="DATE", help="Last day [where the first list ends].")
@click.option("--level", type=float, default=0.9, show_default=True, metavar="P", help="Of the intervals.")
@click.option("--ratio", "only_ratio", is_flag=True, help="Match nothing: the ratio of two counts, by week. Needed where one is a count.")
@click.option("--table", type=click.Path(path_type=Path), metavar="CSV", help="Write which rows are one event.")
@click.option("--json", "record", type=click.Path(path_type=Path), metavar="OUT", help="Write what is found as JSON, too.")
def data_lists(files: tuple[Path, ...], **how: Any) -> int:
    """Match the events of two to five records and estimate how many there were, on any of them or on none.

    Counts that are not matched event by event give a ratio and no total.
    """
    from groundswell.cli.lists import lists_command

    return lists_command(files, **how)


@main.command()
def cases() -> None:
    """List the built-in cases."""
    from groundswell.cli.showing import cases_command

    cases_command()


@main.command(short_help="Print the versions that results can depend on.")
def version() -> None:
    """Print the versions of groundswell and of what its results can depend on."""
    from groundswell.cli.showing import version_command

    version_command()
