"""Docstrings in Google's form as Markdown: the text, then what the arguments are, what comes back and which errors there are."""

from __future__ import annotations

import inspect
import re
import textwrap

from groundswell.experiments.odd.markdown import SECTIONS, code, escaped, paragraphs

TITLES = {"Args:": "Arguments", "Attributes:": "Attributes", "Raises:": "Errors", "Returns:": "Returns", "Yields:": "Yields"}


def as_markdown(doc: str) -> list[str]:
    """Lines of Markdown."""
    lines = inspect.cleandoc(doc).splitlines()
    starts = [i for i, line in enumerate(lines) if line in SECTIONS]
    found = _text(lines[: starts[0]] if starts else lines)
    for i, start in enumerate(starts):
        end = starts[i + 1] if i + 1 < len(starts) else len(lines)
        found += [f"*{TITLES[lines[start]]}:*", "", *_items(lines[start + 1 : end]), ""]
    return found


def _text(lines: list[str]) -> list[str]:
    """Paragraphs; examples of the prompt as code."""
    text = "\n".join(lines).strip()
    found: list[str] = []
    for part in re.split(r"\n\n(?=>>>)", text):
        if part.startswith(">>>"):
            found += ["```pycon", part, "```", ""]
        else:
            found += paragraphs(part)
    return found


def _items(lines: list[str]) -> list[str]:
    """`name: what it is` as a list; further lines of an item are indented deeper."""
    body = textwrap.dedent("\n".join(lines)).splitlines()
    items: list[str] = []
    for line in body:
        if line.startswith(" ") and items:
            items[-1] += f" {line.strip()}"
        elif line:
            items.append(line)
    return [f"* {_item(item)}" for item in items]


def _item(item: str) -> str:
    head, colon, rest = item.partition(": ")
    if colon and re.fullmatch(r"[\w*, .]+", head):
        return f"{', '.join(code(name.strip()) for name in head.split(','))}: {escaped(rest)}"
    return escaped(item)
