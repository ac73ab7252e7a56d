"""Diagrams of Mermaid as lists of their arrows: a drawing would take a script of three megabytes, or a network."""

from __future__ import annotations

import re

BLOCK = re.compile(r"^```mermaid\n(.*?)^```\n", re.M | re.S)
NODE = re.compile(r'(\w+)\["([^"]*)"\]')
GROUP = re.compile(r'subgraph \w+(?:\["([^"]*)"\])?')


def listed(text: str) -> str:
    """Markdown with each flowchart as a list."""
    return BLOCK.sub(lambda found: as_list(found[1]), text)


def as_list(chart: str) -> str:
    """The arrows of a flowchart, a line each as it was written; what a box says stands behind its first mention."""
    lines = ["*The arrows of the diagram:*", ""]
    indent = ""
    for raw in chart.splitlines()[1:]:
        line = raw.strip()
        if group := GROUP.match(line):
            lines.append(f"* *{group[1]}:*")
            indent = "  "
        elif line == "end":
            indent = ""
        elif line:
            lines.append(f"{indent}* {NODE.sub(_box, line).replace('-->', '→')}")
    return "\n".join(lines) + "\n"


def _box(found: re.Match[str]) -> str:
    name, _, rest = found[2].partition("<br/>")
    return f"**{name}** ({rest})" if rest else f"**{name}**"
