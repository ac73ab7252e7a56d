"""Pages that are written from the code: a line `<!-- site: WHAT -->` gives way to Markdown when the site is built."""

from __future__ import annotations

import re
from collections.abc import Callable

import reference
from links import ROOT, rewritten
from mermaid import listed
from sphinx.application import Sphinx

MARK = re.compile(r"^<!-- site: (.+?) -->$", re.M)


def file_of(path: str) -> str:
    """The text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def section_of(path: str, *heading: str) -> str:
    """A section of a file of the repository, without its heading."""
    text = file_of(path)
    title = " ".join(heading)
    _, _, rest = text.partition(f"\n{title}\n")
    if not rest:
        raise ValueError(f"{path} has no section {title!r}")
    level = len(title) - len(title.lstrip("#"))
    return re.split(rf"^#{{1,{level}}} ", rest, maxsplit=1, flags=re.M)[0].strip() + "\n"


def described(name: str) -> str:
    """The ODD description of a case or a model."""
    from groundswell.experiments.odd import odd_of

    return odd_of(name)


FILL: dict[str, Callable[..., str]] = {
    "api": reference.api,
    "commands": reference.commands,
    "include": file_of,
    "odd": described,
    "parameters": reference.parameters,
    "scenario": reference.scenario,
    "section": section_of,
    "state": reference.state,
}

# Pages that tools write do not know the site; these get the pages below them as entries of the menu.
BELOW = {"models/README": "models/*"}
MENU = "\n```{{toctree}}\n:hidden:\n:glob:\n\n/{pages}\n```\n"


def fill(app: Sphinx, docname: str, content: list[str]) -> None:
    """Fill a page in, lead its links aright and list what its diagrams draw."""
    if app.env.doc2path(docname, base=False).suffix != ".md":
        return
    here = f"docs/{docname}.md"
    text = rewritten(content[0], here, docname)

    def filled(found: re.Match[str]) -> str:
        what, *words = found[1].split(" ")
        made = FILL[what](*words)
        return rewritten(made, words[0], docname) if what in ("include", "section") else made

    content[0] = listed(MARK.sub(filled, text))
    if docname in BELOW:
        content[0] += MENU.format(pages=BELOW[docname])


def outdated(app: Sphinx, *_: object) -> list[str]:
    """Pages that are filled in are always read anew: they depend on the code."""
    return [name for name in app.env.found_docs if MARK.search(app.env.doc2path(name).read_text(encoding="utf-8"))]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", fill)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
