"""Markdown that means what the text says: escaped words, tables, and docstrings as paragraphs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

MARKS = re.compile(r"([*<\[\]\\|])")
KEPT = r"(`[^`]*`|\*\*[A-Za-z][\w ]*\*\*)"  # code, and words in bold
SECTIONS = ("Args:", "Attributes:", "Raises:", "Returns:", "Yields:")


def escaped(text: str) -> str:
    """Words that Markdown must not take for marks; code between backticks stays code, and bold words stay bold."""
    parts = re.split(KEPT, text)
    return "".join(part.replace("|", "\\|") if i % 2 else MARKS.sub(r"\\\1", part) for i, part in enumerate(parts))


def cell(text: str) -> str:
    """Text that fits a cell of a table; an empty cell shows that it is empty."""
    return escaped(" ".join(text.split())) or "–"


def code(name: str) -> str:
    """A name as code."""
    return f"`{name}`"


def codes(names: Iterable[str], *, none: str = "nothing") -> str:
    """Names as code, with commas."""
    return ", ".join(code(name) for name in names) or none


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table whose cells are Markdown already, with an empty line behind; none where it has no rows."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    if not body:
        return []
    return [f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |", *body, ""]


def paragraphs(doc: str) -> list[str]:
    """A docstring as Markdown, with an empty line behind: paragraphs, lists, indented formulas; not its sections, such as Args."""
    lines = inspect.cleandoc(doc).splitlines()
    ends = next((i for i, line in enumerate(lines) if line in SECTIONS), len(lines))
    found = [_line(line) for line in lines[:ends]]
    while found and not found[-1]:
        found.pop()
    return [*found, ""] if found else []


def _line(line: str) -> str:
    if line.startswith("    "):  # a formula, which Markdown shows as it stands
        return line
    mark = re.match(r"( *[*-] )(.*)", line)
    return mark[1] + escaped(mark[2]) if mark else escaped(line)
