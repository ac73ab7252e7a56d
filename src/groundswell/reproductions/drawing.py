"""Figures of published models in one look: colours that are legible on light and dark pages, and the few marks that they share.

A `draw` gets an empty figure of 640 x 360 units (an inch has 72) that lays itself out: call `figure.subplots(...)`, draw, and give each
axes `labels`. Colours must come from here, for they become variables of a style sheet; matplotlib's colour maps cannot. Formulas between
dollar signs are not set, so write letters as they are (φ, σ², N⁻¹). No text smaller than `SMALL`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.store import whole_file, write_text
from groundswell.report.canvas import SMALL, alone, colour, inline, light, sheet
from groundswell.report.figures import CURVES, DASHES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from groundswell.reproductions.published import Reproduction

__all__ = ["BAR", "CURVES", "DASHES", "INK", "LINE", "PAPER", "SHADE", "SHADES", "SMALL", "SOFT"]
__all__ += ["band", "cells", "curve", "down", "labels", "legend", "note", "points", "published"]

WIDTH, HEIGHT = 640.0, 360.0  # units
INK, PAPER, SOFT, LINE = colour("ink"), colour("paper"), colour("soft"), colour("line")  # text; ground; notes; thin lines
BAR, SHADE = colour("bar"), colour("shade")  # bars and histograms; what lies behind
SHADES = tuple(colour(f"map-{k}") for k in range(1, 9))  # from little to much
DOTS = 200  # an inch of a PNG


def labels(ax: Axes, title: str, x: str, y: str) -> None:
    """A title (what is shown), and names with units at both axes ("threshold φ", "active, % of the crowd"); lines across."""
    ax.set_title(title, loc="left", fontweight="bold", fontsize=10.5)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(axis="y")
    ax.spines["bottom"].set_visible(True)
    ax.spines["bottom"].set_linewidth(0.8)


def curve(ax: Axes, x: npt.ArrayLike, y: npt.ArrayLike, label: str = "", k: int = 0, **how: Any) -> Line2D:
    """A line in colour and dashes number k (0 to 4): what the model gives, or a theorem. `how` goes to `Axes.plot`."""
    style: dict[str, Any] = {"color": CURVES[k], "linestyle": DASHES[k], "linewidth": 1.6} | how
    (line,) = ax.plot(np.asarray(x), np.asarray(y), label=label or "_", **style)
    return line


def band(ax: Axes, x: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, k: int = 0) -> None:
    """Uncertainty around curve k."""
    ax.fill_between(np.asarray(x), np.asarray(low), np.asarray(high), color=CURVES[k], alpha=0.22, linewidth=0)


def points(
    ax: Axes, x: npt.ArrayLike, y: npt.ArrayLike, label: str = "", k: int = 0, error: npt.ArrayLike | None = None, **how: Any
) -> None:
    """Simulated values as dots in colour k, each with its error (half a length) where given. `how` goes to `Axes.errorbar`."""
    style: dict[str, Any] = {
        "fmt": "o",
        "color": CURVES[k],
        "markersize": 5,
        "markeredgecolor": PAPER,
        "markeredgewidth": 0.6,
        "elinewidth": 1.2,
    } | how
    ax.errorbar(np.asarray(x), np.asarray(y), None if error is None else np.asarray(error), label=label or "_", **style)


def published(ax: Axes, x: npt.ArrayLike, y: npt.ArrayLike, label: str = "published") -> None:
    """What the paper printed: hollow rings."""
    ring: dict[str, Any] = {"marker": "o", "markersize": 8, "markerfacecolor": "none", "markeredgecolor": INK, "markeredgewidth": 1.2}
    ax.plot(np.asarray(x), np.asarray(y), linestyle="none", label=label, zorder=4, **ring)


def down(ax: Axes, x: float, text: str = "", *, high: float = 0.97, left: bool = False) -> None:
    """A thin line from top to bottom at x, with a note beside it at this share of the height."""
    ax.axvline(x, color=SOFT, linewidth=0.9, linestyle=(0, (3, 2)))
    if text:
        at = (-4 if left else 4, 0)
        where: dict[str, Any] = {
            "xycoords": ax.get_xaxis_transform(),
            "textcoords": "offset points",
            "ha": "right" if left else "left",
            "va": "top",
        }
        ax.annotate(text, (x, high), at, color=SOFT, fontsize=SMALL, **where)


def note(ax: Axes, x: float, y: float, text: str, **how: Any) -> None:
    """A word beside a point of the axes. `how` goes to `Axes.annotate` (`xytext` in points, `ha`, `va`)."""
    style: dict[str, Any] = {"xytext": (5, 5), "textcoords": "offset points", "color": SOFT, "fontsize": SMALL} | how
    ax.annotate(text, (x, y), **style)


def legend(ax: Axes, where: Any = "best", **how: Any) -> None:
    """The names of what is drawn, once; `where` as matplotlib has it ("upper left", "outside")."""
    if where == "outside":
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, **how)
        ax.set_title(ax.get_title(loc="left"), loc="left", pad=20, fontweight="bold", fontsize=10.5)
    else:
        ax.legend(loc=where, **how)


def cells(ax: Axes, board: npt.NDArray[Any], colours: Mapping[int, str], names: Sequence[str] = ()) -> None:
    """A board of cells as areas of colour, row 0 at the top.

    Args:
        ax: gets the board's proportions, and no ticks.
        board: whole numbers; shape (rows, columns).
        colours: of each number that is drawn; the others stay ground.
        names: of `colours` in their order, for a legend below.
    """
    from matplotlib.patches import Patch, PathPatch
    from matplotlib.path import Path as Outline

    rows, columns = board.shape
    for value, paint in colours.items():
        boxes = [_box(row, first, last) for row in range(rows) for first, last in _stretches(board[row] == value)]
        if boxes:
            ax.add_patch(PathPatch(Outline.make_compound_path(*(Outline(box, closed=True) for box in boxes)), facecolor=paint, linewidth=0))
    ax.set(xlim=(0, columns), ylim=(rows, 0), xticks=[], yticks=[], aspect="equal")
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color(LINE)
    if names:
        samples = [Patch(facecolor=paint, edgecolor=LINE) for paint in colours.values()]
        ax.legend(samples, list(names), loc="upper left", bbox_to_anchor=(0, -0.02), ncols=2, handlelength=0.9)


def _stretches(held: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where runs of True begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _box(row: int, first: int, last: int) -> list[tuple[float, float]]:
    return [(first, row), (last, row), (last, row + 1), (first, row + 1), (first, row)]


def as_svg(reproduction: Reproduction, data: Mapping[str, npt.NDArray[Any]]) -> str:
    """The figure of a reproduction as an SVG file that stands alone and follows the light or dark of the page it stands on."""
    with sheet(reproduction.name, WIDTH, HEIGHT) as figure:
        _fill(figure, reproduction, data)
        return alone(inline(figure, reproduction.name, reproduction.title)) + "\n"


def save(reproduction: Reproduction, data: Mapping[str, npt.NDArray[Any]], target: Path) -> None:
    """Draw the figure of a reproduction into a file whose ending says in which format: .svg, or .png and .pdf, which are light.

    Raises:
        OSError: it cannot be written there.
    """
    if target.suffix == ".svg":
        text = as_svg(reproduction, data)
        write_text(target, text)
        return
    about: dict[str, Any] = {"CreationDate": None, "ModDate": None} if target.suffix == ".pdf" else {"Software": None}
    with sheet(reproduction.name, WIDTH, HEIGHT) as figure, whole_file(target) as scratch:
        _fill(figure, reproduction, data)
        light(figure)
        figure.savefig(scratch, format=target.suffix[1:], dpi=DOTS, metadata=about)


def _fill(figure: Figure, reproduction: Reproduction, data: Mapping[str, npt.NDArray[Any]]) -> None:
    figure.set_layout_engine("constrained", w_pad=6 / 72, h_pad=4 / 72)
    reproduction.draw(figure, data)
