"""The application behind the guard: addresses, and errors as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import GroundswellError, InputError, one_line
from groundswell.lab.api import Api
from groundswell.lab.pages import Pages

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from groundswell.lab.jobs import Line

MISSING = ("id", "case")  # keys of what is asked for: where they are wrong, it is not there


def answer(value: Any, status: int = 200) -> Response:
    """A value as JSON, in which what is not known is null."""
    from starlette.responses import Response

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "replace"), status, media_type="application/json")


def problem(message: str, status: int, key: str | None = None, nearest: str | None = None) -> Response:
    """An error as JSON."""
    return answer({"error": {"message": one_line(message), "key": key, "nearest": nearest}}, status)


def _told(request: Request, error: Exception) -> Response:
    """What a user can mend."""
    if not isinstance(error, InputError):
        return problem(str(error), 409)
    status = 404 if request.method == "GET" and error.key in MISSING else 400
    return problem(error.problem, status, error.key, error.nearest)


def _unknown(_: Request, error: Exception) -> Response:
    return problem(getattr(error, "detail", "there is no such address"), getattr(error, "status_code", 404))


def _broken(_: Request, error: Exception) -> Response:
    """A fault of ours: told in one word here, and in full where the laboratory was started."""
    return problem(f"this should not have happened ({type(error).__name__}); the terminal says more", 500)


def application(root: Path, called: Path, token: str, line: Line, ended: Callable[[], bool]) -> Starlette:
    """The application of one folder.

    Args:
        root, called: the folder, and how the user wrote it.
        token: what the page must send to change something.
        line: who carries out orders.
        ended: whether the server is ending, so that long answers end too.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.routing import Route

    api = Api(root, called, token, line, ended)

    pages = Pages()
    routes = [Route("/", pages.index), Route("/favicon.ico", pages.icon), Route("/static/{path:path}", pages.file)]
    every = [Route(path, handler, methods=[method]) for method, path, handler in api.routes()]
    handlers: dict[Any, Any] = {GroundswellError: _told, HTTPException: _unknown, Exception: _broken}
    return Starlette(routes=[*every, *routes], exception_handlers=handlers)
