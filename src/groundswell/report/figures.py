"""Pictures as inline SVG: the same bytes for the same run, legible on light and dark, readable on a phone."""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell.core.draws import day_date, day_number
from groundswell.report.panels import Grid, Panel, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito 2008, those of at least 3:1 contrast on white; the page puts lighter ones of theirs on a dark ground, and
# the dashes tell curves apart without colour
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
DASHES: tuple[Any, ...] = ("solid", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)))
INK = "#010203"  # becomes the page's own colour of text
WIDTH, PANEL, ROW, EDGE = 5.4, 1.45, 0.155, 0.95  # inches: figure, panel, row of a grid, room for titles and axes
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "path.simplify_threshold": 0.2,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
}


def svg(picture: Picture) -> str:
    """A picture as an `<svg>` element with an accessible name, without prolog, metadata or outside references."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**STYLE, "svg.hashsalt": picture.key}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # text stays text: the reader's fonts draw it
        rows = len(picture.panels)
        height = max(rows, 1.3) * PANEL + 0.25 if picture.grid is None else max(len(picture.grid.places), 5) * ROW + EDGE
        figure = Figure(figsize=(WIDTH, height), facecolor="none")
        FigureCanvasSVG(figure)
        if picture.grid is None:
            _panels(figure, picture, height)
        else:
            _grid(figure, picture.grid, height)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(out.getvalue(), picture)


def _inline(text: str, picture: Picture) -> str:
    """Only what a page needs: ids that something refers to, made unique by the picture's key; ink in the page's colour."""
    from html import escape

    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    used = set(re.findall(r"#([A-Za-z][\w.-]*)", text))
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{picture.key}-{m[1]}"' if m[1] in used else "", text)
    text = re.sub(r'(url\(|href=")#', rf"\1#{picture.key}-", text)
    text = text.replace(INK, "currentColor")
    for k, colour in enumerate(COLOURS):
        text = text.replace(f": {colour.lower()}", f": var(--curve-{k + 1})")
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r"\n\s*", "\n", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(picture.alt, quote=True)}"', 1).strip()


def _panels(figure: Figure, picture: Picture, height: float) -> None:
    axes = np.atleast_1d(figure.subplots(len(picture.panels), 1, sharex=True))
    ticks, labels = dates(*picture.period)
    bottom = 0.58 if any("\n" in label for label in labels) else 0.45  # inches, with or without a line of years
    figure.subplots_adjust(left=0.68 / WIDTH, right=1 - 0.12 / WIDTH, top=1 - 0.3 / height, bottom=bottom / height, hspace=0.38)
    for ax, panel in zip(axes, picture.panels, strict=True):
        _panel(ax, panel)
    first, last = picture.period
    axes[-1].set_xlim(first, max(last, first + 1))
    axes[-1].set_xticks(ticks, labels)
    axes[-1].set_xlabel("date", labelpad=2)


def _panel(ax: Axes, panel: Panel) -> None:
    strong = [curve for curve in panel.curves if not curve.faint]
    for curve in panel.curves:
        if curve.faint:
            ax.plot(curve.x, curve.y, color=COLOURS[0], linewidth=0.5, alpha=0.5, label=curve.label)
    for k, curve in enumerate(strong):
        marker = "o" if len(curve.x) < 12 else ""
        ax.plot(
            curve.x, curve.y, color=COLOURS[k % 4], linestyle=DASHES[k % 4], linewidth=1.5, label=curve.label, marker=marker, markersize=2.5
        )
    ax.set_title(panel.title, loc="left", pad=4)
    ax.set_ylabel(panel.unit)
    ax.grid(axis="y", linewidth=0.6)
    top = panel.top or _top(panel)
    ax.set_yticks(*_numbers(top, whole=panel.counts))
    ax.set_ylim(0, top * 1.03)
    if sum(bool(curve.label) for curve in panel.curves) > 1:
        ax.legend(
            loc="lower right", bbox_to_anchor=(1.0, 0.97), ncols=4, frameon=False, handlelength=1.8, columnspacing=1.0, borderaxespad=0.0
        )


def _top(panel: Panel) -> float:
    """The upper end of an axis from zero: a little above the highest value, never zero."""
    highest = max((float(np.nanmax(curve.y)) for curve in panel.curves if len(curve.y)), default=0.0)
    return highest * 1.03 if highest > 0 else 1.0


def _numbers(top: float, *, whole: bool) -> tuple[list[float], list[str]]:
    """At most six round ticks from zero with short labels; whole ones for counts."""
    rough = max(top / 5, 1.0) if whole else top / 5
    size = 10.0 ** np.floor(np.log10(rough))
    step = next(f * size for f in (1, 2, 5, 10) if f * size >= rough * 0.999)
    ticks = [k * step for k in range(int(top / step + 1e-9) + 1)]
    return ticks, [_short(t, ticks[-1]) for t in ticks]


def _short(value: float, highest: float) -> str:
    """A label of a tick: thousands as k where the highest has five digits, millions as M from seven."""
    if value == 0 or highest < 1e4:
        return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"
    size, mark = (1e6, "M") if highest >= 1e6 else (1e3, "k")
    return f"{value / size:.4g}{mark}"


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240)


def dates(first: int, last: int, most: int = 7) -> tuple[list[int], list[str]]:
    """Day numbers and labels of at most `most` ticks: days in short periods, else firsts of months or of years."""
    start, end = day_date(first), day_date(last)
    if last - first <= 62:
        step = max(-(-(last - first + 1) // most), 1)
        days = list(range(first, last + 1, step))
        return days, [f"{day_date(d).day} {MONTHS[day_date(d).month - 1]}" + (f"\n{day_date(d).year}" if d == first else "") for d in days]
    months = (end.year - start.year) * 12 + end.month - start.month
    every = next((s for s in STEPS if months / s < most), STEPS[-1])
    ticks: list[int] = []
    labels: list[str] = []
    for index in range(start.year * 12 + start.month - 1, end.year * 12 + end.month):
        year, month = divmod(index, 12)
        number = day_number(start.replace(year=year, month=month + 1, day=1))
        if index % every or number < first:
            continue
        new = not labels or month < every
        ticks.append(number)
        labels.append(str(year) if every >= 12 else MONTHS[month] + (f"\n{year}" if new else ""))
    return ticks, labels


def _grid(figure: Figure, grid: Grid, height: float) -> None:
    longest = max(len(name) for name in grid.places)
    left = min(0.15 + 0.068 * longest, 1.9)
    figure.subplots_adjust(left=left / WIDTH, right=1 - 0.62 / WIDTH, top=1 - 0.3 / height, bottom=0.62 / height)
    ax = figure.subplots()
    first, last = int(grid.weeks[0]), int(grid.weeks[-1]) + 7
    # the square root keeps the many small counts apart from none
    image = ax.imshow(
        np.sqrt(grid.cells), cmap="viridis", aspect="auto", interpolation="none", extent=(first, last, len(grid.places), 0), vmin=0
    )
    ax.set_title(f"{grid.title}, {grid.unit}", loc="left", pad=4)
    ax.set_yticks(np.arange(len(grid.places)) + 0.5, [name if len(name) <= 26 else name[:25] + "…" for name in grid.places], fontsize=7.5)
    ax.tick_params(axis="y", length=0)
    ax.set_ylabel("")
    ax.set_xlabel("week beginning", labelpad=2)
    ax.set_xticks(*dates(first, last))
    bar = figure.add_axes((1 - 0.5 / WIDTH, ax.get_position().y0, 0.12 / WIDTH, ax.get_position().height))
    highest = max(int(grid.cells.max()), 1)
    colours = figure.colorbar(image, cax=bar)
    ticks, labels = _numbers(float(highest), whole=True)
    colours.set_ticks(np.sqrt(ticks).tolist(), labels=labels)
