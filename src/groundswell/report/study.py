"""The page of a sweep or an ensemble: what came out, what it depends on, and how far the study is.

National numbers by run; nothing about places.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_number
from groundswell.core.store import write_text
from groundswell.experiments.measures import FROM_SERIES
from groundswell.report.axes import round_ticks, tick_labels, upwards
from groundswell.report.canvas import LARGE, SMALL, area, colour, inline, sheet
from groundswell.report.figures import CURVES, WIDTH
from groundswell.report.html import document, figure
from groundswell.report.numbers import shown
from groundswell.report.panels import Curve as Line, Panel, Picture
from groundswell.report.tables import cell, head_cell, table
from groundswell.studies.design import CHANCE, Design
from groundswell.studies.designs import Choice
from groundswell.studies.sensitivity import Estimate
from groundswell.studies.sweep import FEWEST, Curve, Indices, Screening, Sweep

Floats = npt.NDArray[np.float64]

PAGE = "study.html"
LABELS = {key: f"{label}, {unit}" if unit != "1" else label for key, label, unit, *_ in FROM_SERIES}
ROW, NAME = 20.0, 150.0  # units: a line of a figure of inputs, the room for names
SQUARE, TALL, ACROSS, SIDE = 150.0, 78.0, 2, 36.0  # units: a panel of a curve, panels in a row, the room for its numbers
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST = 20  # failed runs that are listed
SEALED = (
    "Simulated runs of a model under assumed values, told for the whole country. They show what the assumptions imply: nothing here "
    "estimates, forecasts or locates anything. All people are synthetic."
)


def label(measure: str) -> str:
    """What a measure is called, with its unit."""
    return LABELS.get(measure, measure.replace("_", " "))


def write_study(sweep: Sweep, path: Path) -> None:
    """Write the page of a sweep as one self-contained HTML file, whole or not at all."""
    write_text(path, page(sweep))


def page(sweep: Sweep) -> str:
    """The page as text; it depends on the sweep only. While runs are missing it tells how far the sweep is, and nothing else."""
    count = sweep.count()
    sections = [("How far it is", _progress(sweep))]
    if not count.missing and count.done:
        sections += [
            ("What came out", _outcomes(sweep)),
            ("By day", _by_day(sweep)),
            ("What it depends on", "".join(_dependence(sweep, measure) for measure in sweep.measures)),
            ("Response curves", _all_curves(sweep)),
        ]
    scenario = sweep.study.common["scenario"]
    period = scenario["run"]
    title = f"{scenario['scenario']['case']}: {_what(sweep.design)}"
    head = f'<p class="warning">{escape(SEALED)}</p>{_facts(sweep, period)}'
    return document(
        title, head, sections, f"groundswell {sweep.study.made_with}. The same design, scenario and version give the same page."
    )


def _what(design: Design) -> str:
    words = {
        "ensemble": "an ensemble", "grid": "a sweep over a grid", "random": "a sweep over random points",
        "sequence": "a sweep over a Sobol sequence", "sobol": "Sobol's indices", "morris": "Morris's elementary effects",
    }  # fmt: skip
    return words[design.name]


def _facts(sweep: Sweep, period: Any) -> str:
    design = sweep.design
    axes = "; ".join(f"{name} {axis_text(axis)}" for name, axis in design.axes.items()) or "none: runs differ by chance alone"
    unit = {"ensemble": "members", "grid": "values an axis", "sobol": "base points", "morris": "trajectories"}.get(design.name, "points")
    scale = sweep.study.common["scenario"]["population"].get("scale", "")
    chance = "chance as an input" if design.by_chance else f"{design.replicates} {'seed' if design.replicates == 1 else 'seeds'} each"
    rows = [
        ("Period", f"{period.get('start', '')} to {period.get('end', '')}"),
        ("Scale", f"1 row stands for {scale} persons"),
        ("Axes", axes),
        ("Design", f"{design.name}, {design.points:,} {unit}, {chance}, seed {design.seed}"),
        ("Kept of each run", ", ".join(sweep.measures + sweep.series)),
    ]
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(text))}</dd>" for name, text in rows) + "</dl>"


def axis_text(axis: Any) -> str:
    """The values of an axis in words."""
    if isinstance(axis, Choice):
        return f"among {', '.join(str(one) for one in axis.values)}"
    how = " (even in the logarithm)" if axis.log else " (whole numbers)" if axis.whole else ""
    return f"from {shown(axis.low)} to {shown(axis.high)}{how}"


def _progress(sweep: Sweep) -> str:
    """A bar of tasks done, failed and missing; and why some failed."""
    count = sweep.count()
    parts = ((count.done, "bar", "done"), (count.failed, "curve-2", "failed"), (count.missing, "line", "missing"))
    said = ", ".join(f"{number:,} {words}" for number, _, words in parts if number or words == "done")
    with sheet("progress", WIDTH, 22) as drawing:
        ax = area(drawing, 0, 4, WIDTH, 18)
        left = 0
        for number, paint, _ in parts:
            ax.barh([0], [number], left=left, height=1, color=colour(paint))
            left += number
        ax.set_xlim(0, max(count.tasks, 1))
        ax.set_axis_off()
        content = inline(drawing, "progress", f"Of {count.tasks:,} runs: {said}.")
    failed = sweep.study.failed()
    rows = [f'<tr><th scope="row">{k}</th>{cell(problem, "soft note")}</tr>' for k, problem in list(failed.items())[:MOST]]
    told = table(f"Failed runs: {min(len(failed), MOST)} of {len(failed)}.", ("task", "why"), rows) if rows else ""
    return f'<div class="figures"><figure><h3>{escape(said)}, of {count.tasks:,} runs</h3>{content}</figure></div>{told}'


def _outcomes(sweep: Sweep) -> str:
    rows = []
    for measure in sweep.measures:
        values = sweep.values(measure)
        known = values[np.isfinite(values)]
        if not len(known):
            continue
        cells = "".join(cell(shown(one), "number") for one in (known.mean(), known.std(), *np.quantile(known, QUANTILES)))
        rows.append(f'<tr><th scope="row">{head_cell(label(measure))}</th>{cells}</tr>')
    head = ("measure", "mean", "standard deviation", *(f"{100 * q:.0f} %" for q in QUANTILES))
    return table("Over all runs of the design: mean, spread and quantiles.", head, rows, range(1, len(head)))


def _by_day(sweep: Sweep) -> str:
    drawn = "".join(figure(picture) for picture in _bands(sweep))
    return f'<div class="figures">{drawn}</div>' if drawn else ""


def _bands(sweep: Sweep) -> list[Picture]:
    """National series by day: the middle half and the middle 90 % of runs."""
    found = []
    first = day_number(date.fromisoformat(str(sweep.study.common["scenario"]["run"]["start"])))
    for name in sweep.series:
        made = np.asarray(sweep.study.arrays(name))[sorted(set(range(len(sweep.study))) - set(sweep.study.failed()))]
        low, middle, high = np.quantile(made, (0.05, 0.5, 0.95), axis=0)
        days = np.arange(first, first + made.shape[1], dtype=np.float64)
        words = name.replace("_", " ")
        curve = Line(days, middle, "median, middle 90 % of runs", low=low, high=high)
        panel = Panel(words.capitalize(), "a day", (curve,))
        found.append(Picture(f"day-{name}", words.capitalize(), f"{len(made)} runs.", (panel,), period=(first, int(days[-1]))))
    return found


# what it depends on


def _dependence(sweep: Sweep, measure: str) -> str:
    """The figure and table of a measure's sensitivity; of a design that was not made for it, how much single inputs explain."""
    if sweep.design.name in ("sobol", "morris"):
        whole = np.isfinite(sweep.values(measure).reshape(sweep.design.points, -1)).all(axis=1)
        if whole.sum() < FEWEST:
            return f"<p>{escape(label(measure))}: too few base points without a failed run.</p>"
    if sweep.design.name == "sobol":
        return _indices(measure, sweep.indices(measure))
    if sweep.design.name == "morris":
        return _effects(measure, sweep.effects(measure))
    return ""


def _lost(used: int, lost: int) -> str:
    return f"{used:,} base points" + (f"; {lost:,} left out, because a run of theirs failed" if lost else "")


def _indices(measure: str, found: Indices) -> str:
    flat = not np.isfinite(found.total.value).any()
    note = (
        "Ring: first order, the share of the variance that goes when the input is known. Dot: total, the share that stays when all others "
        f"are known. Lines: 90 % intervals (bootstrap). Chance: another seed. {_lost(found.used, found.lost)}."
    )
    if flat:
        return f"<p>{escape(label(measure))}: does not vary.</p>"
    drawn = _rows_figure(f"sobol-{measure}", label(measure), found.inputs, ((found.first, True), (found.total, False)), 1.0)
    rows = []
    for k, name in enumerate(found.inputs):
        cells = "".join(
            cell(f"{e.value[k]:.2f}", "number") + cell(f"{e.low[k]:.2f} to {e.high[k]:.2f}", "number") for e in (found.first, found.total)
        )
        rows.append(f'<tr><th scope="row">{head_cell(name)}</th>{cells}</tr>')
    head = ("input", "first order", "90 % interval", "total", "90 % interval")
    return _shown(label(measure), drawn, note) + table(f"Shares of the variance of: {label(measure)}.", head, rows, range(1, 5))


def _effects(measure: str, found: Screening) -> str:
    one = found.effects
    note = (
        "Dot: mu*, how much the measure changes on average when the input goes through its whole range, with its 90 % interval "
        "(bootstrap). Ring: sigma, how much that differs from place to place: far above mu*, the input acts with others or along no "
        f"straight line. Chance: what another seed changes. {_lost(found.used, found.lost).replace('base points', 'trajectories')}."
    )
    spread = Estimate(one.spread, one.spread, one.spread)
    top = float(np.nanmax([*one.size.high, *one.spread]))
    if not top > 0:
        return f"<p>{escape(label(measure))}: does not vary.</p>"
    drawn = _rows_figure(f"morris-{measure}", label(measure), found.inputs, ((spread, True), (one.size, False)), top)
    rows = []
    for k, name in enumerate(found.inputs):
        texts = (
            shown(one.size.value[k]),
            f"{shown(one.size.low[k])} to {shown(one.size.high[k])}",
            shown(one.mean[k]),
            shown(one.spread[k]),
        )
        rows.append(f'<tr><th scope="row">{head_cell(name)}</th>{"".join(cell(text, "number") for text in texts)}</tr>')
    head = ("input", "mu*", "90 % interval", "mu", "sigma")
    return _shown(label(measure), drawn, note) + table(f"Effects of the whole range on: {label(measure)}.", head, rows, range(1, 5))


def _shown(title: str, drawing: str, note: str) -> str:
    return f'<div class="figures"><figure><h3>{escape(title)}</h3>{drawing}<figcaption>{escape(note)}</figcaption></figure></div>'


def _rows_figure(key: str, title: str, names: Sequence[str], marks: Sequence[tuple[Estimate, bool]], top: float) -> str:
    """A line an input, with rings and dots and their intervals."""
    order = np.argsort(-marks[-1][0].value, kind="stable")
    high = ROW * len(names) + 22
    with sheet(key, WIDTH, high) as drawing:
        ax = area(drawing, NAME, 4, WIDTH - 12, high - 18)
        for place, k in enumerate(order.tolist()):
            for number, (one, ring) in enumerate(marks):
                y, paint = place + (0.16 if number else -0.16), CURVES[0] if not ring else CURVES[1]
                ax.plot([one.low[k], one.high[k]], [y, y], color=paint, linewidth=1.4)
                ax.plot([one.value[k]], [y], "o", color=paint, markersize=5, markerfacecolor=colour("paper") if ring else paint)
        ends = np.concatenate([part for one, _ in marks for part in (one.low, one.high, one.value)])
        low, high_end = min(0.0, float(np.nanmin(ends))), max(top, float(np.nanmax(ends)))
        room = 0.03 * (high_end - low)
        ax.set_xlim(low - room, high_end + room)
        ticks = round_ticks(low, high_end)
        ax.set_xticks(ticks, tick_labels(ticks))
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_yticks(range(len(names)), [names[k] for k in order])
        ax.axvline(0, color=colour("ink"), linewidth=0.8)
        ax.grid(axis="x")
        last = marks[-1][0]
        said = "; ".join(f"{names[k]} {shown(last.value[k])} ({shown(last.low[k])} to {shown(last.high[k])})" for k in order)
        return inline(drawing, key, f"{title}, by input: {said}.")


# response curves


def _all_curves(sweep: Sweep) -> str:
    if not sweep.design.axes:
        return ""
    note = (
        "Mean over all runs of a class, with its 90 % interval; everything else varies as the design has it. In per cent: how much of the "
        "variance lies between classes of that input alone."
    )
    if sweep.design.name == "grid":
        note += " The runs of a grid are no random sample: its intervals show how much the other axes and the seeds spread them."
    return f'<p class="soft">{note}</p><div class="figures">{"".join(_curves(sweep, measure) for measure in sweep.measures)}</div>'


def _curves(sweep: Sweep, measure: str) -> str:
    """A measure over each axis; what one axis explains is told above its curve."""
    curves = [sweep.curve(measure, axis) for axis in sweep.design.axes]
    if not all(np.isfinite(curve.mean).any() for curve in curves):
        return f"<p>{escape(label(measure))}: no run has it.</p>"
    drawn = _curves_figure(
        f"curve-{measure}", label(measure), curves, [bool(getattr(axis, "log", False)) for axis in sweep.design.axes.values()]
    )
    return f"<figure><h3>{escape(label(measure))}</h3>{drawn}</figure>"


def _curves_figure(key: str, title: str, curves: Sequence[Curve], logs: Sequence[bool]) -> str:
    known = np.concatenate([np.concatenate([c.mean, c.low, c.high]) for c in curves])
    known = known[np.isfinite(known)]
    low, high = min(0.0, float(known.min())), float(known.max())
    high = high if high > low else low + 1.0
    lines = -(-len(curves) // ACROSS)
    with sheet(key, WIDTH, lines * (TALL + 46)) as drawing:
        for k, curve in enumerate(curves):
            left, top = SIDE + (k % ACROSS) * (SQUARE + SIDE), (k // ACROSS) * (TALL + 46) + 18
            ax = area(drawing, left, top, left + SQUARE - 8, top + TALL)
            _curve(ax, curve, low, high * 1.05, log=logs[k])
        said = "; ".join(f"over {c.axis} from {shown(c.mean[0])} to {shown(c.mean[-1])}" for c in curves)
        return inline(drawing, key, f"{title}: {said}.")


def _curve(ax: Any, curve: Curve, low: float, high: float, *, log: bool) -> None:
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in curve.at)
    at = np.array(curve.at, np.float64) if numbers else np.arange(len(curve.at), dtype=np.float64)
    if numbers:
        ax.fill_between(at, curve.low, curve.high, color=CURVES[0], alpha=0.25, linewidth=0)
        ax.plot(at, curve.mean, color=CURVES[0], linewidth=1.4, marker="o", markersize=2.6)
        if log:
            ax.set_xscale("log")
            ax.minorticks_off()
        ends = [float(at.min()), float(at.max())]
        ax.set_xticks(ends, [shown(end) for end in ends])
        ax.get_xticklabels()[0].set_horizontalalignment("left")
        ax.get_xticklabels()[-1].set_horizontalalignment("right")
    else:
        ax.vlines(at, curve.low, curve.high, color=CURVES[0], linewidth=1.4)
        ax.plot(at, curve.mean, "o", color=CURVES[0], markersize=4)
        ax.set_xlim(-0.5, len(at) - 0.5)
        ax.set_xticks(at, [str(one) for one in curve.at])
    upwards(ax, low, high, root=False, whole=False)
    share = f"  {100 * max(curve.explained, 0):.0f} %" if np.isfinite(curve.explained) else ""
    ax.set_title(f"{curve.axis}{share}", fontsize=min(SMALL, LARGE), loc="left", pad=3)


__all__ = ["CHANCE", "PAGE", "axis_text", "label", "page", "write_study"]
