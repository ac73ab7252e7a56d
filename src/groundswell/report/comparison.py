"""One page about pairs of runs: what differs between two scenarios, by how much, how surely, and where."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell import __version__
from groundswell.cases.boundaries import read_boundaries
from groundswell.core.store import write_text
from groundswell.events.acled import week_start
from groundswell.experiments.compare import NOTE, limits
from groundswell.experiments.intervals import interval
from groundswell.report.html import Section, document, figure, warning
from groundswell.report.maps import Multiple, atlas, per_million, row
from groundswell.report.numbers import shown
from groundswell.report.panels import Curve, Panel, Picture
from groundswell.report.tables import cell, head_cell, table

if TYPE_CHECKING:
    from groundswell.experiments.compare import Pairs

Floats = npt.NDArray[np.float64]

DRAWN = (  # series, title, unit, and whether it adds up over a week
    ("turnout", "People who took part", "persons a day", False),
    ("gathered", "Anti-regime gatherings", "events a week", True),
    ("reported_monitor", "Gatherings that the monitor reported", "events a week", True),
    ("acted", "Acts of units", "events a week", True),
    ("members_now", "Free members of units", "persons", False),
    ("arrests", "Arrests", "persons a week", True),
    ("dead_now", "Dead since the start", "persons", False),
    ("fear_mean", "Mean fear", "0 to 1", False),
    ("legitimacy", "Perceived legitimacy", "0 to 1", False),
    ("capacity", "Forces that obey", "share", False),
)
MAPPED = (  # series of provinces, title, unit, factor, and whether it is counted per inhabitant; of a real case only what is public
    ("gathered", "Anti-regime gatherings", "per million inhabitants and week", 7.0, True),
    ("turnout", "People who took part", "per million inhabitants and day", 1.0, True),
    ("arrests", "Arrests", "per million inhabitants and week", 7.0, True),
    ("fear_mean", "Mean fear", "0 to 1", 1.0, False),
)
NATION_ONLY = "This comparison is about units, and of a real case nothing says where they are: it is told for the nation only."


def write_comparison(pairs: Pairs, path: Path) -> None:
    """Write the page of a comparison as one self-contained HTML file, whole or not at all.

    Args:
        pairs: the runs of two scenarios under the same seeds.
        path: the file; replaced where it exists.
    """
    write_text(path, page(pairs))


def page(pairs: Pairs) -> str:
    """The page as text. It depends on the runs and their case only."""
    title = f"{pairs.name_a}, against {pairs.name_b}"
    head = f"{warning(pairs.a.scenario.case)}{_facts(pairs)}"
    drawn, level = _curves(pairs)
    sections: list[Section] = [
        ("Effects", _effects(pairs)),
        ("Day by day", f'<p class="soft">{escape(_guide(pairs))}</p><div class="figures">{"".join(figure(p) for p in drawn)}</div>{level}'),
        ("By province", _maps(pairs)),
    ]
    return document(title, head, sections, f"groundswell {__version__}. {NOTE}")


def _facts(pairs: Pairs) -> str:
    s = pairs.a.scenario
    rows = [
        ("Case", s.case.name),
        ("Period", f"{s.start} to {s.end}"),
        ("First", pairs.name_a),
        ("Second", pairs.name_b),
        ("Scale", f"1 row stands for {s.scale:,} {'person' if s.scale == 1 else 'persons'}"),
        ("Pairs", f"{len(pairs)}, seeds {pairs.a.seeds[0]} to {pairs.a.seeds[-1]}"),
    ]
    return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows) + "</dl>"


def _guide(pairs: Pairs) -> str:
    return (
        f"Upper: means of {len(pairs)} runs each. Lower: the first minus the second, mean over pairs, with its 90 % interval; where the "
        "band holds zero, these runs do not tell the two apart. √ axis: heights are square roots."
    )


def _effects(pairs: Pairs) -> str:
    """Every national number of both, and the difference with its interval; what is told apart from zero is bold."""
    rows = []
    for d in pairs.rows:
        apart = np.isfinite(d.low) and (d.low > 0 or d.high < 0)
        told = cell(shown(d.difference), "number changed" if apart else "number") + cell(limits(d.low, d.high), "number")
        cells = f"{cell(shown(d.mean_a), 'number')}{cell(shown(d.mean_b), 'number')}{told}{cell('' if d.unit == '1' else d.unit)}"
        rows.append(f'<tr><th scope="row">{head_cell(d.label.strip())}</th>{cells}</tr>')
    head = ("quantity", pairs.name_a, pairs.name_b, "difference", "90 % interval", "unit")
    return table(f"{NOTE} Bold: the interval does not hold zero.", head, rows, (1, 2, 3, 4))


def _weekly(days: npt.NDArray[np.int64], values: Floats, *, adds_up: bool) -> tuple[Floats, Floats]:
    """The middles of whole weeks (or of days, where there are not two of them), and means or sums; shapes (n,) and (runs, n)."""
    week, position, length = np.unique(week_start(days), return_inverse=True, return_counts=True)
    if (length == 7).sum() < 2:
        return days.astype(np.float64), values
    sums = np.stack([np.bincount(position, each) for each in values])[:, length == 7]
    return week[length == 7].astype(np.float64) + 3, np.asarray(sums if adds_up else sums / 7, np.float64)


def _curves(pairs: Pairs) -> tuple[list[Picture], str]:
    """A figure for each series that differs, and a sentence about those that never do."""
    drawn, same = [], []
    period = (int(pairs.a.days[0]), int(pairs.a.days[-1]))
    for name, title, unit, adds_up in DRAWN:
        if name not in pairs.a.nation or name not in pairs.b.nation:
            continue
        x, a = _weekly(pairs.a.days, pairs.a.nation[name], adds_up=adds_up)
        b = _weekly(pairs.b.days, pairs.b.nation[name], adds_up=adds_up)[1]
        if np.array_equal(a, b):
            same.append(title.lower())
            continue
        mean, low, high = interval(a - b)
        both = Panel("Means", unit, (Curve(x, a.mean(axis=0), pairs.name_a), Curve(x, b.mean(axis=0), pairs.name_b)))
        apart = Panel("Difference", unit, (Curve(x, mean, "", low=low, high=high),))
        drawn.append(Picture(f"d-{name}", title, "", (both, apart), period=period))
    return drawn, f"<p class=soft>The same in every pair, day by day: {escape(', '.join(same))}.</p>" if same else ""


def _maps(pairs: Pairs) -> str:
    """Differences by province over the whole period; hatched where the interval holds zero."""
    scenario, told = pairs.a.scenario, pairs.by_province
    if not told:
        return f"<p>{escape(NATION_ONLY)}</p>"
    if scenario.case.boundaries is None:
        return ""
    census = {p.id: p for p in scenario.case.census(scenario.tables).provinces}
    provinces = [census[name] for name in pairs.a.places]
    chart = atlas(read_boundaries(scenario.case.boundaries), provinces)
    first, second = pairs.a.of_provinces(), pairs.b.of_provinces()
    if chart is None:
        return ""
    days = pairs.a.intervals[1].astype(np.float64)
    rows = []
    for name, title, unit, factor, each in MAPPED:
        if name not in told:
            continue
        apart = ((first[name] - second[name]) * days[None, :, None]).sum(axis=1) / days.sum()
        apart = per_million(apart * factor, provinces) if each else apart
        mean, low, high = interval(apart)
        values = np.where((low > 0) | (high < 0), mean, np.nan)
        note = f"{int(np.isfinite(values).sum())} of {len(provinces)} provinces told apart from zero"
        rows.append(row(chart, provinces, [Multiple(title, note, values)], unit, differences=True))
    note = (
        "First minus second, mean over the whole period and over pairs. Orange: more in the first; purple: less. "
        f"Boundaries: {scenario.case.licence or 'of the case'}."
    )
    body = "".join(f"<div>{content}</div>" for content in rows)
    return f'<figure><div class="beside">{body}</div><figcaption>{escape(note)}</figcaption></figure>' if rows else ""
