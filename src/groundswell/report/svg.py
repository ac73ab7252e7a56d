"""Elements of inline SVG as text: escaped, rounded to a tenth of a unit, the same bytes for the same figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WIDE = 0.56  # mean width of a letter over the size of the type: an estimate, for the reader's own fonts draw the text


def n(value: float) -> str:
    """A coordinate."""
    return f"{value:.1f}".removesuffix(".0").replace("-0.", "-.").replace("-.0", "0") if abs(value) >= 0.05 else "0"


def room(text: str, size: float = 9.0) -> float:
    """About how wide a text is."""
    return len(text) * size * WIDE


def text(x: float, y: float, words: str, kind: str = "t", anchor: str = "") -> str:
    """A text; `anchor` is empty, `m` (middle) or `e` (end)."""
    return f'<text x="{n(x)}" y="{n(y)}" class="{kind}{" " + anchor if anchor else ""}">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle."""
    return f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" class="{kind}"/>'


def rule(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<path d="M{n(x1)} {n(y1)}L{n(x2)} {n(y2)}" class="{kind}"/>'


def dot(x: float, y: float, radius: float, kind: str) -> str:
    """A disc."""
    return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" class="{kind}"/>'


def trace(x: Floats, y: Floats) -> str:
    """The data of a path through points, in small steps; undefined points break it."""
    pieces = []
    for xs, ys in _runs(x, y):
        pieces.append(_steps(xs, ys))
    return "".join(pieces)


def between(x: Floats, low: Floats, high: Floats) -> str:
    """The data of a path around the area between two curves."""
    pieces = []
    edge = np.where(np.isfinite(low) & np.isfinite(high), 0.0, np.nan)
    for xs, ys, other in _runs3(x, high + edge, low + edge):
        pieces.append(_steps(np.concatenate([xs, xs[::-1]]), np.concatenate([ys, other[::-1]])) + "z")
    return "".join(pieces)


def _runs(x: Floats, y: Floats) -> Iterable[tuple[Floats, Floats]]:
    for xs, ys, _ in _runs3(x, y, y):
        yield xs, ys


def _runs3(x: Floats, y: Floats, z: Floats) -> Iterable[tuple[Floats, Floats, Floats]]:
    """Stretches of defined points."""
    fine = np.isfinite(y)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], fine, [False]]).astype(np.int8)))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield x[first:last], y[first:last], z[first:last]


def _steps(x: Floats, y: Floats) -> str:
    """A path in whole tenths; what does not change its direction on a level stretch is left out."""
    xs, ys = np.rint(x * 10).astype(np.int64), np.rint(y * 10).astype(np.int64)
    level = np.zeros(len(xs), bool)
    level[1:-1] = (ys[1:-1] == ys[:-2]) & (ys[1:-1] == ys[2:])
    xs, ys = xs[~level], ys[~level]
    parts = [f"M{_tenth(int(xs[0]))} {_tenth(int(ys[0]))}l"]
    for dx, dy in zip(np.diff(xs).tolist(), np.diff(ys).tolist(), strict=True):
        parts.append(f"{_tenth(dx)} {_tenth(dy)} " if dx or dy else "")
    return "".join(parts).rstrip(" l") if len(xs) > 1 else parts[0][:-1] + "h.1"


def _tenth(value: int) -> str:
    """Tenths as a decimal, without what SVG does not need."""
    sign, size = ("-" if value < 0 else ""), abs(value)
    whole, rest = divmod(size, 10)
    return sign + (f"{whole or ''}.{rest}" if rest else f"{whole}")


def swatch(x: float, y: float, kind: str, shape: str) -> str:
    """A sample for a legend, 16 wide: a `line`, a `box` or a `dot`; `y` is the text's line."""
    if shape == "line":
        return rule(x, y - 3, x + 16, y - 3, kind)
    if shape == "dot":
        return dot(x + 8, y - 3, 2.2, kind)
    return box(x + 2, y - 7, 12, 8, kind)


def legend(items: Sequence[tuple[str, str, str]], left: float, right: float, y: float) -> tuple[str, float]:
    """Samples and words in as many lines as they need.

    Args:
        items: class, shape and words of each.
        left, right: where lines may begin and must end.
        y: where the first line of text stands.

    Returns:
        The elements, and how much height they take.
    """
    parts, x, line = [], left, y
    for kind, shape, words in items:
        width = 20 + room(words) + 10
        if x > left and x + width - 10 > right:
            x, line = left, line + 12
        parts.append(swatch(x, line, kind, shape) + text(x + 20, line, words))
        x += width
    return "".join(parts), line - y + 12 if items else 0.0


def whole(width: float, height: float, content: str, alt: str, kind: str = "") -> str:
    """The element itself, with words for those who cannot see it."""
    named = f' class="{kind}"' if kind else ""
    return f'<svg{named} viewBox="0 0 {n(width)} {n(height)}" role="img" aria-label="{escape(alt, quote=True)}">{content}</svg>'
