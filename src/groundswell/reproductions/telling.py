"""Reproductions as text for a terminal and as JSON: the table, the reasons, and how many lines came out as declared."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any

import numpy as np

from groundswell import __version__
from groundswell.reproductions.published import Comparison, Outcome, Reproduction

SIGNIFICANT = 7  # digits of a published number that was computed (a theorem's) and not printed
NARROW, WIDE = 60, 120  # characters a line, at least and at most
HEAD = ("what", "published", "ours", "tolerance", "verdict")
BETWEEN = 2  # spaces between columns
LEAST = 15  # characters of the first column, where the terminal has them


def cells_of(line: Comparison) -> tuple[str, str, str, str]:
    """What, published, ours and tolerance as text; numbers with as many digits as they have: those printed, and two of an error."""
    what = line.what + (f", {line.unit}" if line.unit and line.unit != "1" else "")
    if isinstance(line.published, str) or isinstance(line.ours, str):
        published, ours = (value if isinstance(value, str) else _number(value, _printed(value)) for value in (line.published, line.ours))
        return what, published, "the same" if published == ours else ours, "–"
    places = _places(line.published, line.tolerance)
    published = _number(line.published, _printed(round(line.published, places)) if _computed(line.published) else _printed(line.published))
    if line.error:
        places = max(0, 1 - math.floor(math.log10(line.error)))
        ours = f"{_number(line.ours, places)} ± {_number(line.error, places)}"
    else:
        while line.verdict == "differs" and round(line.ours, places) == round(line.published, places) and places < 15:
            places += 1
        ours = _number(line.ours, places)
    tolerance = f"± {_number(line.tolerance, _printed(float(f'{line.tolerance:.2g}')))}" if line.tolerance else "exact"
    return what, published, ours, tolerance


def _computed(value: float) -> bool:
    """Whether a number has more digits than anybody prints."""
    return len(repr(float(value)).split("e", maxsplit=1)[0].replace(".", "").strip("-0")) > SIGNIFICANT + 5


def _printed(value: float) -> int:
    """Decimals of a number as it was written down."""
    text = repr(float(value))
    if "e" in text:
        digits, power = text.split("e")
        return max(0, len(digits.partition(".")[2].strip("0")) - int(power))
    return len(text.partition(".")[2].rstrip("0"))


def _places(published: float, tolerance: float) -> int:
    """Decimals of our number: those of the published one, and what the tolerance tells apart."""
    if _computed(published):
        return max(0, SIGNIFICANT - 1 - math.floor(math.log10(abs(published))))
    return max(_printed(published), math.ceil(-math.log10(tolerance)) if 0 < tolerance < 1 else 0)


def _number(value: float, places: int) -> str:
    """A number of so many decimals; one that they would hide keeps two digits."""
    value = float(value)
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "\u2212∞"}.get(value, "undefined")
    if value and round(value, places) == 0:
        return f"{value:.1e}".replace(".0e", "e").replace("e-0", "e-").replace("-", "\u2212")
    if value and abs(value) < 1e-4:
        return f"{value:.6g}".replace("e-0", "e-").replace("-", "\u2212")
    text = f"{value:,.{places}f}" if abs(value) >= 1e4 else f"{value:.{places}f}"
    return text.replace("-", "\u2212")


def counts(lines: Iterable[Comparison]) -> tuple[int, int, int]:
    """How many lines are reproduced, differ for a declared reason, and are not as declared."""
    every = list(lines)
    known = [line for line in every if line.expected]
    good = sum(line.verdict == "reproduced" for line in known)
    return good, len(known) - good, len(every) - len(known)


def summed(lines: Iterable[Comparison]) -> str:
    """The counts in words."""
    good, known, wrong = counts(lines)
    return f"{good} reproduced, {known} {'differs' if known == 1 else 'differ'} for a reason, {wrong or 'none'} unexplained"


def remark(line: Comparison) -> str:
    """What stands under a line: why it differs, or that it should not."""
    if line.reason:
        return f"differs because: {line.reason}" if line.expected else f"is reproduced, though declared to differ because: {line.reason}"
    return "" if line.expected else "differs, and nobody has said why"


def lines_of(reproduction: Reproduction, outcome: Outcome, width: int) -> Iterator[tuple[str, str]]:
    """A reproduction for a terminal so wide: lines, each with what it is ("title", "head", "soft", "bad", "plain")."""
    width = min(max(width, NARROW), WIDE)
    yield from ((text, "title") for text in _wrapped(f"{reproduction.name}: {reproduction.title}", width))
    source = reproduction.citation + (f" https://doi.org/{reproduction.doi}" if reproduction.doi else "")
    yield from ((text, "soft") for text in _wrapped(source, width))
    yield "", "plain"
    rows = [(line, (f"  {what}", *rest, line.verdict)) for line in outcome.table for what, *rest in [cells_of(line)]]
    widths = _widths([cells for _, cells in rows], width)
    yield from ((text, "head") for text in _row(HEAD, widths))
    where, told = "", set()
    for line, cells in rows:
        if line.where != where:  # once above all lines that stand in the same place
            yield from ((text, "soft") for text in _wrapped(line.where, width))
            where = line.where
        yield from ((text, "plain" if line.expected else "bad") for text in _row(cells, widths))
        why = remark(line)
        if why and line.expected and why in told:
            why = "differs for the same reason"
        told.add(why)
        yield from ((f"    {text}", "soft" if line.expected else "bad") for text in _wrapped(why, width - 4))


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(" ".join(text.split()), width, break_on_hyphens=False)


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Columns as wide as their longest cell; where that is too much, the widest of the first three give way."""
    widths = [max(len(cell) for cell in column) for column in zip(HEAD, *rows, strict=True)]
    while sum(widths) + BETWEEN * (len(widths) - 1) > width:
        least = [LEAST, *(max(len(HEAD[k]), 9) for k in (1, 2))]
        k = max(range(3), key=lambda k: widths[k] - least[k])
        if widths[k] <= least[k]:
            break
        widths[k] -= 1
    return widths


def _row(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """One row, in as many lines as its longest cell needs."""
    indent = "  " if cells[0].startswith(" ") else ""
    parts = [_wrapped(cell, width - len(indent) * (k == 0)) or [""] for k, (cell, width) in enumerate(zip(cells, widths, strict=True))]
    parts[0] = [indent + text for text in parts[0]]
    for k in range(max(map(len, parts))):
        texts = [part[k] if k < len(part) else "" for part in parts]
        told = [text.ljust(width) for text, width in zip(texts, widths, strict=True)]
        yield (" " * BETWEEN).join(told).rstrip()


def as_json(done: Iterable[tuple[Reproduction, Outcome]]) -> dict[str, Any]:
    """Tables and the versions that made them, as plain JSON."""
    models = [
        {
            "name": reproduction.name,
            "title": reproduction.title,
            "citation": reproduction.citation,
            "doi": reproduction.doi,
            "lines": [_line_json(line) for line in outcome.table],
        }
        for reproduction, outcome in done
    ]
    made_with = {"groundswell": __version__, "python": platform.python_version(), "numpy": np.__version__}
    return {"made_with": made_with, "models": models}


def _line_json(line: Comparison) -> dict[str, Any]:
    return {
        "what": line.what,
        "published": _plain(line.published),
        "where": line.where,
        "ours": _plain(line.ours),
        "error": None if line.error is None else _plain(line.error),
        "tolerance": float(line.tolerance),
        "unit": line.unit,
        "verdict": line.verdict,
        "expected": line.expected,
        "reason": line.reason,
    }


def _plain(value: float | str) -> float | int | str:
    """A number or a word as JSON has it; what is no finite number becomes a word."""
    if isinstance(value, str):
        return value
    number = float(value)
    if not math.isfinite(number):
        return repr(number)
    return int(number) if number == int(number) else number
