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
@click.option("--quiet", "-q", is_flag=True, help="Print the path of the result and nothing else.")
def run(scenario: str, out: Path | None, resume: bool, replace: bool, no_report: bool, quiet: bool, **given: Any) -> int:
    """Run a built-in case, a case's folder or a scenario file, and keep the result as a folder."""
    from groundswell.cli.running import run_command

    return run_command(scenario, given, out=out, resume=resume, replace=replace, with_report=not no_report, quiet=quiet)


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
