"""Pictures as inline SVG: legible on light and dark and without colour, readable on a phone, drawn in no time."""

from __future__ import annotations

from html import escape

import numpy as np
import numpy.typing as npt

from groundswell.report import svg
from groundswell.report.axes import Scale, bursty, dates, root_ticks, round_ticks, tick_labels
from groundswell.report.panels import Curve, Grid, Panel, Picture, Yearly

Floats = npt.NDArray[np.float64]

WIDTH, LEFT, RIGHT, PLOT, GAP = 370.0, 37.0, 6.0, 84.0, 11.0  # units of the drawing: about a pixel on a phone
AXIS = 27.0  # room for dates, in two lines
ROW = 11.0  # a province in a grid
SHADES = 8  # classes of a grid or map above nothing
CURVES = 5  # styles of lines: see figures.css


def draw(picture: Picture) -> str:
    """A picture as an `<svg>` element with an accessible name."""
    content, height = body(picture)
    return svg.whole(WIDTH, height, content, picture.alt)


def body(picture: Picture) -> tuple[str, float]:
    """What is inside, and its height."""
    if picture.grid is not None:
        return _grid(picture.grid)
    parts, y = [], 0.0
    for panel in picture.panels:
        drawn, y = _panel(panel, picture.period, y)
        parts.append(drawn)
    if picture.panels:
        parts.append(_dates(Scale(*_ends(picture.period), LEFT, WIDTH - RIGHT), picture.period, y - GAP))
        return "".join(parts), y - GAP + AXIS
    for yearly in picture.yearly:
        drawn, y = _yearly(yearly, y)
        parts.append(drawn)
    return "".join(parts), y


def _ends(period: tuple[int, int]) -> tuple[float, float]:
    return float(period[0]), float(max(period[1], period[0] + 1))


def _dates(across: Scale, period: tuple[int, int], y: float) -> str:
    """Ticks and labels below the last panel."""
    parts = []
    for day, label in zip(*dates(*period), strict=True):
        x = float(across(day))
        parts.append(svg.rule(x, y, x, y + 3, "axis"))
        for line, words in enumerate(label.split("\n")):
            anchor = "e" if x > WIDTH - 16 else "m"
            parts.append(svg.text(x, y + 12 + 11 * line, words, "t", anchor))
    return "".join(parts)


def _heading(title: str, unit: str, items: list[tuple[str, str, str]], y: float) -> tuple[str, float]:
    """Title, unit and legend; returns where the plot begins."""
    head = f'<text x="0" y="{svg.n(y + 10)}" class="title">{escape(title)} <tspan class="unit">{escape(unit)}</tspan></text>'
    samples, height = svg.legend(items, 0, WIDTH, y + 24)
    return head + samples, y + 20 + height


def _panel(panel: Panel, period: tuple[int, int], y: float) -> tuple[str, float]:
    """One panel from y down; returns it and where the next may begin."""
    strong = [curve for curve in panel.curves if not curve.faint]
    every = np.concatenate([np.zeros(1), *(_reach(curve) for curve in strong)])
    root = panel.top is None and (bursty(every) or (panel.root and float(np.nanmax(every)) > 0))
    items = [(f"c{k % CURVES + 1}", "line", curve.label) for k, curve in enumerate(strong) if curve.label]
    items = items if len(items) > 1 or any(c.faint for c in panel.curves) else []
    items += [("faint", "line", curve.label) for curve in panel.curves if curve.faint and curve.label]
    items += [("shade", "box", panel.shaded)] if panel.shades and panel.shaded else []
    head, top = _heading(panel.title, panel.unit + (", √ axis" if root else ""), items, y)
    low, high = _span(panel)
    up = Scale(low, high, top + PLOT, top, root)
    across = Scale(*_ends(period), LEFT, WIDTH - RIGHT)
    parts = [head, *_shades(panel, period, across, top), _ticks(up, panel.counts)]
    parts += [f'<path d="{svg.trace(across(c.x), up(c.y))}" class="faint"/>' for c in panel.curves if c.faint]
    for k, curve in enumerate(strong):
        if curve.low is not None and curve.high is not None:
            parts.append(f'<path d="{svg.between(across(curve.x), up(curve.low), up(curve.high))}" class="b{k % CURVES + 1}"/>')
    for k, curve in enumerate(strong):
        parts.append(_line(curve, across, up, f"c{k % CURVES + 1}"))
    return "".join(parts), top + PLOT + GAP


def _line(curve: Curve, across: Scale, up: Scale, kind: str) -> str:
    x, y = across(curve.x), up(curve.y)
    dots = "".join(svg.dot(a, b, 2.0, kind) for a, b in zip(x, y, strict=True) if np.isfinite(b)) if len(x) < 12 else ""
    return f'<path d="{svg.trace(x, y)}" class="{kind}"/>' + dots


def _shades(panel: Panel, period: tuple[int, int], across: Scale, top: float) -> list[str]:
    """Days that stand out, at least a hair wide."""
    parts = []
    for shade in panel.shades:
        first, last = max(shade.first, period[0]), min(shade.last + 1, period[1] + 1)
        if first < last:
            x = float(across(first))
            parts.append(svg.box(x, top, max(min(float(across(last)), WIDTH - RIGHT) - x, 1.2), PLOT, "shade"))
    return parts


def _reach(curve: Curve) -> Floats:
    """All that must fit on the axis."""
    return np.concatenate([part for part in (curve.y, curve.low, curve.high) if part is not None])


def _span(panel: Panel) -> tuple[float, float]:
    """The ends of an axis that holds zero: a little beyond the extremes, never of no length."""
    values = np.concatenate([np.zeros(1), *(_reach(curve) for curve in panel.curves)])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    high = panel.top if panel.top is not None else high
    room = (high - low) * 0.03
    if high <= low:
        return 0.0, 1.0
    return (low - room if low < 0 else 0.0), high + (room if panel.top is None else 0.0)


def _ticks(up: Scale, counts: bool) -> str:
    """Lines across, with numbers on the left."""
    ticks = root_ticks(up.high, whole=counts) if up.root else round_ticks(up.low, up.high, 4, whole=counts)
    parts = []
    for value, label in zip(ticks, tick_labels(ticks), strict=True):
        y = float(up(value))
        parts.append(svg.rule(LEFT, y, WIDTH - RIGHT, y, "axis" if value == 0 else "grid"))
        parts.append(svg.text(LEFT - 4, y + 3, label, "t", "e"))
    return "".join(parts)


def _yearly(yearly: Yearly, y: float) -> tuple[str, float]:
    """Bars for what is real, points (with their range) for what is simulated."""
    items = [("bar", "box", yearly.names[0])]
    if np.isfinite(yearly.simulated).any():
        items.append(("c2", "dot", yearly.names[1]))
    values = [v for v in (yearly.real, yearly.simulated, yearly.high) if v is not None]
    reach = np.concatenate([np.zeros(1), *values])
    high = float(np.nanmax(reach)) * 1.03 or 1.0
    root = bursty(reach)
    head, top = _heading(yearly.title, yearly.unit + (", √ axis" if root else ""), items, y)
    up = Scale(0.0, high, top + PLOT, top, root)
    step = (WIDTH - RIGHT - LEFT) / len(yearly.years)
    every = next(k for k in (1, 2, 5, 10) if step * k >= 30 or k == 10)
    parts = [head, _ticks(up, counts=True)]
    for k, year in enumerate(yearly.years):
        x = LEFT + (k + 0.5) * step
        if np.isfinite(yearly.real[k]):
            at = float(up(yearly.real[k]))
            parts.append(svg.box(x - step * 0.32, at, step * 0.64, top + PLOT - at, "bar"))
        if yearly.low is not None and yearly.high is not None and np.isfinite(yearly.low[k]):
            parts.append(svg.rule(x, float(up(yearly.low[k])), x, float(up(yearly.high[k])), "range"))
        if np.isfinite(yearly.simulated[k]):
            parts.append(svg.dot(x, float(up(yearly.simulated[k])), 2.6, "c2"))
        if year % every == 0:
            parts.append(svg.text(x, top + PLOT + 12, str(year), "t", "m"))
    return "".join(parts), top + PLOT + AXIS


NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
SKEWED = 3.0  # classes widen upwards where the highest value is this many times the median or more


def classes(values: Floats, *, most: int = SHADES, whole: bool = True) -> list[float]:
    """Ends of at most so many classes of what is above zero, from 0 to a round number that no value exceeds.

    Classes are even, or even by square roots where a few values stand far above the others. A value at an end belongs below it.
    """
    above = values[np.isfinite(values) & (values > 0)]
    if not len(above):
        return [0.0, 1.0]
    highest = float(above.max())
    power = 2 if highest >= SKEWED * float(np.median(above)) else 1
    ends = [0.0]
    for k in range(1, most + 1):
        value = highest * (k / most) ** power
        size = 10.0 ** np.floor(np.log10(value))
        nice = size * (next(f for f in NICE if f * size >= value * 0.999) if k == most else min(NICE, key=lambda f: abs(f * size - value)))
        nice = float(max(np.ceil(nice), 1)) if whole else float(f"{nice:.6g}")
        if nice > ends[-1]:
            ends.append(nice)
    return ends


def class_of(values: Floats, ends: list[float]) -> npt.NDArray[np.int64]:
    """The class of each value, from 1; 0 for nothing, -1 for what is not known."""
    found = np.searchsorted(np.asarray(ends), np.nan_to_num(values), side="left")
    return np.where(np.isfinite(values), np.where(values > 0, np.clip(found, 1, len(ends) - 1), 0), -1)


def shade_legend(ends: list[float], x: float, y: float, width: float) -> str:
    """A row of classes with the numbers that part them; `y` is the upper edge, 22 high."""
    many = len(ends) - 1
    step = width / (many + 1)
    parts = [svg.box(x, y, step, 9, "m0"), svg.text(x + step / 2, y + 19, "0", "t", "m")]
    for k, label in enumerate(tick_labels(ends[1:]), 1):
        parts.append(svg.box(x + k * step, y, step, 9, f"m{spread(k, many)}"))
        parts.append(svg.text(x + (k + 1) * step, y + 19, label, "t", "e" if k == many else "m"))
    return "".join(parts)


def spread(k: int, many: int, shades: int = SHADES) -> int:
    """The shade of class k of many: the last takes the strongest, however few there are; nothing stays nothing."""
    if k <= 0:
        return 0
    return 1 + round((k - 1) * (shades - 1) / (many - 1)) if many > 1 else shades


def _grid(grid: Grid) -> tuple[str, float]:
    left = min(6 + svg.room(max(grid.places, key=len), 8.5), 130.0)
    longest = int((left - 6) / (8.5 * svg.WIDE))
    head, top = _heading(grid.title, grid.unit, [], 0.0)
    rows = len(grid.cells)
    first, last = int(grid.weeks[0]), int(grid.weeks[-1]) + grid.span
    across = Scale(first, last, left, WIDTH - RIGHT)
    ends = classes(grid.cells)
    many = len(ends) - 1
    cells = class_of(grid.cells, ends)
    bottom = top + rows * ROW
    parts = [head, svg.box(left, top, WIDTH - RIGHT - left, rows * ROW, "m0")]
    edges = across(np.append(grid.weeks, last))
    for k in range(1, many + 1):
        data = "".join(_stretch(edges, cells[row] == k, top + row * ROW) for row in range(rows))
        parts.append(f'<path d="{data}" class="m{spread(k, many)}"/>' if data else "")
    for row, name in enumerate(grid.places):
        words = name if len(name) <= longest else name[: longest - 1] + "…"
        parts.append(svg.text(left - 4, top + row * ROW + 8.5, words, "small", "e"))
    parts.append(_dates(across, (first, last - 1), bottom))
    parts.append(shade_legend(ends, left, bottom + AXIS + 4, WIDTH - RIGHT - left))
    return "".join(parts), bottom + AXIS + 30


def _stretch(edges: Floats, here: npt.NDArray[np.bool_], y: float) -> str:
    """The cells of one class in one row, neighbours joined."""
    turns = np.flatnonzero(np.diff(np.concatenate([[False], here, [False]]).astype(np.int8)))
    return "".join(
        f"M{svg.n(edges[a])} {svg.n(y)}H{svg.n(edges[b])}v{svg.n(ROW)}H{svg.n(edges[a])}z"
        for a, b in zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True)
    )
