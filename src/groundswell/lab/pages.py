"""The files of the page: read when the laboratory starts and told from memory, so that no request leads to a file."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
COLOURS = Path(__file__).parents[1] / "report" / "colours.css"
INDEX, ICON = "index.html", "favicon.svg"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
TEXT = "text/plain; charset=utf-8"  # of licences


@dataclass(frozen=True)
class File:
    """A file of the page.

    Args:
        content: its bytes.
        kind: its media type.
        tag: by which a browser knows whether it has it already.
    """

    content: bytes
    kind: str
    tag: str


def read(folder: Path = STATIC) -> dict[str, File]:
    """All of them, by their paths below the folder; and the colours of the reports, which are the page's too."""
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    paths[COLOURS.name] = COLOURS
    return {name: _file(path) for name, path in paths.items()}


def _file(path: Path) -> File:
    content = path.read_bytes()
    return File(content, TYPES.get(path.suffix, TEXT), f'"{blake2b(content, digest_size=12).hexdigest()}"')


class Pages:
    """Answers with files of the page."""

    def __init__(self) -> None:
        self.files = read()

    async def index(self, request: Request) -> Response:
        """The page itself."""
        return self._told(request, INDEX)

    async def icon(self, request: Request) -> Response:
        """What browsers ask for unasked."""
        return self._told(request, ICON)

    async def file(self, request: Request) -> Response:
        """One of its files."""
        return self._told(request, str(request.path_params["path"]))

    def _told(self, request: Request, name: str) -> Response:
        from starlette.exceptions import HTTPException
        from starlette.responses import Response

        one = self.files.get(name)
        if one is None:
            raise HTTPException(404, "there is no such file")
        if request.headers.get("if-none-match") == one.tag:
            return Response(status_code=304, headers={"etag": one.tag})
        return Response(one.content, media_type=one.kind, headers={"etag": one.tag})
