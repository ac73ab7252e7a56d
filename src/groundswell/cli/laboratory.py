"""The command that opens the laboratory in the browser."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="The laboratory in the browser: form, runs, map, curves; on this machine only.")
@click.argument("folder", required=False, default="runs", type=click.Path(path_type=Path), metavar="[FOLDER]")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Port on loopback, 0 for any [8642, or a free one].")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
def lab(folder: Path, port: int | None, no_browser: bool) -> int:
    """Open a page on this machine alone in which scenarios are made, run, compared and looked at.

    FOLDER [runs] is the one folder that is read and written; what it keeps is what `run` and `compare` keep. Ctrl-C ends it; a run under
    way keeps a checkpoint and goes on with Resume.
    """
    from groundswell.lab.server import serve

    def ready(address: str) -> None:
        click.echo(f"The laboratory on {folder} is open at\n{address}\nThe address holds its key: whoever has it can run scenarios here.")
        click.echo("Ctrl-C ends it.")
        if not no_browser:
            import webbrowser

            webbrowser.open(address)

    serve(folder, port=port, ready=ready)
    return 0
