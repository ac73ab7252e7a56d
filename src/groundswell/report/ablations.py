"""What each part of a fitted model does for the fit, on one screen and one page."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groundswell.core.store import write_text
from groundswell.forecasts.ablations import AFTER, FIGURES, FITTED, WHOLE, Ablations
from groundswell.report.html import document, figure
from groundswell.report.numbers import shown
from groundswell.report.panels import Curve, Panel, Picture
from groundswell.report.tables import cell, head_cell, table

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.forecasts.bootstrap import Interval

PAGE = "ablations.html"
SERIES = {"total": "all demonstrations", "contested": "contested demonstrations"}
WARNING = (
    "Closed years, by province and week; all people are synthetic. A part that was taken out was not fitted anew: a small loss says that "
    "these counts do not need the part, and no loss says nothing about the world outside the model."
)
HOW = (
    "Ratio of the mean CRPS of log(1 + n) of the nation's weeks to that of the whole model, with the middle 90 % of a bootstrap of blocks "
    "of weeks: above 1 the fit is worse without. Trajectories share parameters and draws with the whole model's and know no real week."
)


def write(path: Path, case: Case, found: Ablations) -> None:
    """Write the page as one self-contained HTML file, whole or not at all."""
    write_text(path, page(case, found))


def page(case: Case, found: Ablations) -> str:
    """The page as text; it depends on its arguments only."""
    sections = [
        ("What is lost without a part", _losses(found)),
        *((f"Figures of {words}, {FITTED}", _figures(found, series)) for series, words in SERIES.items()),
        ("The nation by week", f'<div class="figures">{"".join(_weeks(found, one.name) for one in found.variants)}</div>'),
    ]
    weeks = found.record.weeks
    head = f'<p class="warning">{escape(WARNING)}</p><p>{found.draws} simulations of each, {weeks[0]} to {weeks[-1]}.</p>'
    return document(f"{case.name}: the fitted model without its parts", head, sections, "")


def ratio(one: Interval) -> str:
    """A ratio with its interval."""
    return f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})" if np.isfinite(one.low) else f"{one.value:.2f}"


def _losses(found: Ablations) -> str:
    told = {(one.variant, one.target, one.period): one for one in found.losses}
    columns = [(series, period) for series in SERIES for period in (FITTED, AFTER) if (WHOLE, series, period) in told]
    rows = []
    for one in found.variants:
        cells = ""
        for series, period in columns:
            loss = told[one.name, series, period]
            cells += cell(f"CRPS {loss.crps:.3f}" if one.name == WHOLE else ratio(loss.ratio), "number")
        rows.append(f'<tr><th scope="row">{head_cell(_named(one.name))}</th>{cells}{cell(one.doc, "soft note")}</tr>')
    heads = ("", *(f"{SERIES[series]}, {period}" for series, period in columns), "what was taken out")
    return table(HOW, heads, rows, range(1, 1 + len(columns)))


def _named(name: str) -> str:
    return name if name == WHOLE or name.startswith("shocks ") else f"without {name}"


def _figures(found: Ablations, series: str) -> str:
    rows = []
    for key, words in FIGURES.items():
        mine = [one for one in found.figures if one.target == series and one.name == key]
        cells = cell(shown(mine[0].real), "number")
        for one in mine:
            cells += cell(f"{shown(one.median)} ({shown(one.low)} to {shown(one.high)}){'' if one.inside else ' *'}", "number")
        rows.append(f'<tr><th scope="row">{head_cell(words)}</th>{cells}</tr>')
    heads = ("", "real", *(_named(one.name) for one in found.variants))
    return table("Median and middle 90 % of the simulations. A star: the real figure lies outside.", heads, rows, range(1, len(heads)))


def _weeks(found: Ablations, name: str) -> str:
    x = np.asarray(found.record.first + 7.0 * np.arange(len(found.record.total)) + 3, np.float64)
    panels = []
    for series, words in SERIES.items():
        low, middle, high = found.bands[name, series].T
        real = getattr(found.record, series).sum(axis=1).astype(np.float64)
        curves = (Curve(x, middle, "simulated, middle 90 %", low=low, high=high), Curve(x, real, "real"))
        panels.append(Panel(words.capitalize(), "events a week", curves, root=True))
    key = "weeks-" + "".join(c if c.isalnum() else "-" for c in name)
    return figure(Picture(key, _named(name).capitalize(), "", tuple(panels), period=(int(x[0]) - 3, int(x[-1]) + 3)))


def screen(found: Ablations) -> list[str]:
    """Ratios of CRPS, as lines of a terminal."""
    told = {(one.variant, one.target, one.period): one.ratio for one in found.losses}
    columns = [(series, period) for series in SERIES for period in (FITTED, AFTER) if (WHOLE, series, period) in told]
    wide = max(len(_named(one.name)) for one in found.variants)
    lines = ["CRPS of log(1 + n), the nation's weeks, over that of the whole model (90 %): above 1 is worse"]
    lines.append(" " * wide + "".join(f"{f'{series}, {period}':>30}" for series, period in columns))
    for one in found.variants[1:]:
        lines.append(f"{_named(one.name):{wide}}" + "".join(f"{ratio(told[one.name, *column]):>30}" for column in columns))
    return lines
