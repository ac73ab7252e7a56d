"""The process: one address on loopback, a token drawn anew, and the application behind the guard."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from groundswell.core.errors import GroundswellError, InputError
from groundswell.core.extras import check_extra

HOST = "127.0.0.1"
PORT = 8642
NEEDED = ("starlette", "uvicorn")
LAST = 2  # seconds that answers under way have when it ends


def prepared(folder: Path) -> Path:
    """The folder, made if it is not there, without links on the way to it.

    Raises:
        InputError: it is a file, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return folder.resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"cannot be used for runs: {getattr(error, 'strerror', None) or error}", file=folder) from None


def listening(port: int | None) -> socket.socket:
    """A socket on loopback: on this port, or where none is asked for on the usual one or any that is free.

    Raises:
        InputError: the port is taken, or none of ours to take.
    """
    chosen = [PORT, 0] if port is None else [port]
    for number in chosen:
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform != "win32":
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, number))
            found.listen(128)
        except OSError as error:
            found.close()
            if number == chosen[-1]:
                raise InputError(f"cannot be used: {error.strerror or error}", key=f"--port {number}") from None
        else:
            return found
    raise AssertionError


def serve(folder: Path, *, port: int | None = None, ready: Callable[[str], Any]) -> None:
    """Serve until a signal to stop comes; runs under way are stopped at the end of their day, and go on with resume.

    Args:
        folder: the one that is read and written.
        port: on which; the usual one, or a free one, where None.
        ready: called with the address once it is open.

    Raises:
        InputError: the extra is missing, or the folder or the port cannot be used.
    """
    check_extra("lab", "lab", *NEEDED)
    root = prepared(folder)
    with contextlib.closing(listening(port)) as found:
        _run(root, folder, found, ready)


def _run(root: Path, called: Path, found: socket.socket, ready: Callable[[str], Any]) -> None:
    import uvicorn

    from groundswell.lab.application import application
    from groundswell.lab.guard import Guard
    from groundswell.lab.jobs import Line

    number, token = int(found.getsockname()[1]), secrets.token_urlsafe(32)
    line = Line(root)
    app = application(root, called, token, line, lambda: server.should_exit)
    how: dict[str, Any] = {"http": "h11", "ws": "none", "lifespan": "off", "server_header": False, "proxy_headers": False}
    logs: dict[str, Any] = {"log_level": "error", "access_log": False}
    server = uvicorn.Server(uvicorn.Config(Guard(app, number, token), timeout_graceful_shutdown=LAST, **how, **logs))
    try:
        line.start()
        threading.Thread(target=_warm, args=(root,), name="warm", daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):  # before the server hears of it, and again once it has ended
            ready(f"http://{HOST}:{number}/?token={token}")
            server.run(sockets=[found])
    finally:
        line.close()


def _warm(root: Path) -> None:
    """Import what the first questions need while the browser opens: pydantic, polars and the model take half a second."""
    from groundswell.lab import about_cases
    from groundswell.lab.forms import form

    about_cases.listed(root)
    with contextlib.suppress(GroundswellError):
        form(root, "lyonesse")
