"""Pages that show the files of the repository to which documents lead."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from links import ROOT, SCHEME
from sphinx.application import Sphinx
from sphinx.util import logging

LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json"}
logger = logging.getLogger(__name__)


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Lead links to files of the repository to the pages that show them."""
    shown: set[str] = app.env.__dict__.setdefault("repository_files", set())
    for node in doctree.findall(nodes.reference):
        uri = node.get("refuri", "")
        if not uri.startswith(SCHEME):
            continue
        path = uri.removeprefix(SCHEME).partition("#")[0]
        if not (ROOT / path).exists():
            logger.warning("there is no file %s", path, location=node, type="repository")
            continue
        shown.add(path)
        node["refuri"] = app.builder.get_relative_uri(docname, page_of(path))


def page_of(path: str) -> str:
    """The name of the page that shows a file."""
    return f"files/{path}"


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file that something links to."""
    for path in sorted(app.env.__dict__.get("repository_files", ())):
        file = ROOT / path
        if file.is_dir():
            names = "".join(f"<li><code>{html.escape(p.name)}</code></li>" for p in sorted(file.iterdir()) if not p.name.startswith("_"))
            body = f"<ul>{names}</ul>"
        else:
            body = app.builder.highlighter.highlight_block(file.read_text(encoding="utf-8"), LANGUAGES.get(file.suffix, "none"))
        title = html.escape(path)
        context = {"title": title, "body": f"<h1><code>{title}</code></h1>\n{body}", "meta": {"robots": "noindex"}}
        yield page_of(path), context, "page.html"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", resolve)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
