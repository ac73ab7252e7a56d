"""Figures of matplotlib as inline SVG: in the colours of the style sheet, with words, and the same bytes for the same figure."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNIT = 72.0  # units of a drawing an inch: about a pixel on a phone
SMALL, NORMAL, LARGE = 8.5, 9.0, 10.5  # sizes of type
VARIABLES = (
    *("ink", "paper", "soft", "line", "shade", "bar", "border"),
    *(f"curve-{k}" for k in range(1, 5)),
    *(f"map-{k}" for k in range(1, 9)),
    *(f"{side}-{k}" for side in ("up", "down") for k in range(1, 5)),
)
MARK = "#0a0b"  # begins a colour that stands for a variable of the style sheet, its number behind


def colour(name: str) -> str:
    """The colour that becomes a variable of the style sheet, so that a page is legible on light and dark."""
    return f"{MARK}{VARIABLES.index(name):02x}"


STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: the reader's fonts draw it
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "font.size": NORMAL,
    "xtick.labelsize": NORMAL,
    "ytick.labelsize": NORMAL,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "ytick.major.pad": 4,
    "legend.fontsize": NORMAL,
    "legend.frameon": False,
    "legend.handlelength": 1.8,
    "legend.handletextpad": 0.4,
    "legend.columnspacing": 1.2,
    "legend.labelspacing": 0.25,
    "legend.borderpad": 0,
    "legend.borderaxespad": 0,
    "text.color": colour("ink"),
    "axes.labelcolor": colour("ink"),
    "axes.facecolor": "none",
    "axes.edgecolor": colour("ink"),
    "xtick.color": colour("ink"),
    "ytick.color": colour("ink"),
    "grid.color": colour("line"),
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "hatch.color": colour("soft"),
    "hatch.linewidth": 0.7,
    "path.simplify": True,
    "path.simplify_threshold": 0.1,
} | {f"axes.spines.{side}": False for side in ("top", "right", "bottom", "left")}


@contextmanager
def sheet(key: str, width: float, height: float) -> Iterator[Figure]:
    """An empty figure of so many units; what the reader set for matplotlib does not reach it."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        mpl.rcdefaults()
        mpl.rcParams.update({**STYLE, "svg.hashsalt": key})
        figure = Figure(figsize=(width / UNIT, height / UNIT), facecolor="none")
        FigureCanvasSVG(figure)
        yield figure


def area(figure: Figure, left: float, top: float, right: float, bottom: float) -> Axes:
    """Axes between distances from the upper left corner, in units."""
    width, height = (float(size) * UNIT for size in figure.get_size_inches())
    return figure.add_axes((left / width, 1 - bottom / height, (right - left) / width, (bottom - top) / height))


def inline(figure: Figure, key: str, alt: str, *, titles: Mapping[str, str] | None = None) -> str:
    """A figure as an `<svg>` element with an accessible name, without prolog, metadata or outside references.

    Args:
        figure: as `sheet` made it, within it.
        key: is part of every id, and unique on the page.
        alt: the figure in words.
        titles: texts to show over the artists with these group ids.
    """
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r' (?:d|x|y|transform)="[^"]*"', _rounded, text)
    text = re.sub(r"font: ([^;]*?)([\d.]+)px [^;\"]*", _font, text)
    text = re.sub(r' fill="(#\w+)"', r' style="fill: \1"', text)
    text = re.sub(f"{MARK}([0-9a-f]{{2}})", lambda m: f"var(--{VARIABLES[int(m[1], 16)]})", text)
    for name, words in (titles or {}).items():
        text = text.replace(f'<g id="{name}">', f"<g><title>{escape(words)}</title>", 1)
    used = set(re.findall(r'(?:url\(|href=")#([\w.-]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="p-{key}-{m[1]}"' if m[1] in used else "", text)
    text = re.sub(r'(url\(|href=")#', rf"\1#p-{key}-", text).replace("xlink:href", "href")
    view = re.search(r'viewBox="[^"]*"', text)
    assert view is not None
    content = re.sub(r">\s+<", "><", text[text.index(">") :])
    return f'<svg {view[0]} role="img" aria-label="{escape(alt, quote=True)}"{content.strip()}'


def styles(*names: str) -> str:
    """Style sheets of this package, one after the other."""
    return "".join(resources.files("groundswell.report").joinpath(f"{name}.css").read_text(encoding="utf-8") for name in names)


def alone(drawing: str, *, wide: int = 640, margin: int = 12) -> str:
    """An `<svg>` element as the text of a file that stands alone, light or dark as the reader's page is.

    Args:
        drawing: as `inline` gives it.
        wide: pixels.
        margin: units of room around it.
    """

    def with_margin(box: re.Match[str]) -> str:
        width, height = (float(size) + 2 * margin for size in box.groups())
        return f'viewBox="-{margin} -{margin} {width:g} {height:g}"'

    head, content = drawing.split(">", 1)
    head = head.replace("<svg", f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}"', 1)
    head = re.sub(r'viewBox="0 0 (\S+) (\S+)"', with_margin, head)
    return f"{head}><style>{styles('colours', 'figures')}svg {{ background: var(--paper); }}</style>{content}"


def light(figure: Figure) -> None:
    """Replace the colours that stand for variables by those of light pages, for formats that know no style sheet."""
    import numpy as np
    from matplotlib.colors import to_rgba, to_rgba_array

    paints = dict(re.findall(r"--([\w-]+): (#\w+);", styles("colours").split("@media")[0]))
    known = {to_rgba(colour(name))[:3]: to_rgba(paints[name])[:3] for name in VARIABLES}
    figure.set_facecolor(paints["paper"])
    for artist in figure.findobj():
        for part in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
            had = getattr(artist, f"get_{part}", lambda: None)()
            if had is None or (isinstance(had, str) and not had.startswith(MARK)):
                continue
            now = np.array([(*known.get(tuple(row[:3]), tuple(row[:3])), row[3]) for row in to_rgba_array(had)])
            getattr(artist, f"set_{part}", lambda _: None)(now if now.shape[0] != 1 else tuple(now[0]))


def _rounded(match: re.Match[str]) -> str:
    """Coordinates in tenths, one space apart."""
    short = re.sub(r"\d+\.\d+", lambda m: f"{float(m[0]):.1f}".removesuffix(".0"), match[0])
    return re.sub(r"\s+(?=[MLCQzZ\"])|(?<=[MLCQ])\s+", "", short[1:]).join((" ", ""))


def _font(match: re.Match[str]) -> str:
    """Size and weight; the family is the page's."""
    return f"font-size: {match[2]}px" + (f"; font-weight: {match[1].strip()}" if match[1].strip() else "")
