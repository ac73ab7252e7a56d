"""Links: those of Markdown files that leave the folder of documents, and those of built pages that lead nowhere. Needs no Sphinx."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[2]
DOCS = "docs"
SCHEME = "repo:"
LOADED = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}  # what a page loads, and where it says so
LINK = re.compile(r"(\]\()([^()\s#]+)((?:#[^()\s]*)?\))")
FENCE = re.compile(r"(^```.*?^```[^\n]*$)", re.M | re.S)
# Files outside the folder that a page of the site takes over (`filled.py`).
PAGES = {
    "README.md": "index",
    "ARCHITECTURE.md": "architecture",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
    "tests/data/atlantis/README.md": "your-own-country",
}


def rewritten(text: str, file: str, docname: str) -> str:
    """Markdown whose links to files hold from a page of the site.

    Args:
        text: the page.
        file: where the text stands in the repository; links start from there.
        docname: of the page.
    """
    page, here = PurePosixPath(docname).parent, PurePosixPath(file).parent

    def link(found: re.Match[str]) -> str:
        target = found[2]
        if re.match(r"[a-z]+:", target):
            return found[0]
        path = normal(here / target)
        if path in PAGES:
            return f"{found[1]}{relative(PAGES[path] + '.md', page)}{found[3]}"
        if path.startswith(f"{DOCS}/") and PurePosixPath(path).suffix != ".toml":
            return f"{found[1]}{relative(path.removeprefix(f'{DOCS}/'), page)}{found[3]}"
        return f"{found[1]}{SCHEME}{path}{found[3]}"

    return "".join(part if i % 2 else LINK.sub(link, part) for i, part in enumerate(FENCE.split(text)))


def normal(path: PurePosixPath) -> str:
    """A path of the repository without its detours."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1] if parts else ["outside"]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def relative(path: str, folder: PurePosixPath) -> str:
    """A path of the site as it is written in a page of a folder."""
    return f"{'../' * len(folder.parts)}{path}"


class Page(HTMLParser):
    """The ids of a page, where its links lead, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag has."""
        found = {name: value or "" for name, value in attrs}
        self.ids |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.add(found["href"])
        if tag in LOADED and LOADED[tag] in found:
            self.loads.add(found[LOADED[tag]])


def broken(out: Path) -> Iterator[str]:
    """What is wrong with the links of built pages, a sentence each."""
    out = out.resolve()
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(out.rglob("*.html"))}
    for path, page in pages.items():
        here = path.relative_to(out)
        for uri in sorted(page.links | page.loads):
            parts = urlsplit(uri)
            if parts.scheme or parts.netloc:
                if uri in page.loads and parts.scheme != "data":
                    yield f"{here} loads {uri}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{here}: there is no {uri}"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                yield f"{here}: there is no such place as {uri}"
