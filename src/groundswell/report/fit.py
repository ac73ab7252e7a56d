"""The page of a fit: what the data tell of each parameter, whether that can be trusted, and what the fitted model gets wrong.

Counts by province and week or coarser; nothing about units, members or who is taken is in a fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration.checking import ADMITTED, Calibration, band, shared_level
from groundswell.calibration.rounds import AHEAD
from groundswell.calibration.summaries import about
from groundswell.calibration.uprisings import checks, outside
from groundswell.calibration.weekdays import compared_weeks, weekdays
from groundswell.core.store import write_text
from groundswell.report.canvas import SMALL, area, colour, inline, sheet
from groundswell.report.figures import CURVES, WIDTH
from groundswell.report.html import document, figure
from groundswell.report.numbers import shown
from groundswell.report.panels import Curve, Panel, Picture
from groundswell.report.tables import cell, head_cell, table

if TYPE_CHECKING:
    from groundswell.calibration.fitting import Fit
    from groundswell.calibration.posterior import Marginal
    from groundswell.cases import Case

Floats = npt.NDArray[np.float64]

PAGE = "fit.html"
LEVELS = (0.05, 0.5, 0.95)
MOST = 25  # summaries that are listed
ROW, NAME = 13.0, 150.0  # units: a line of the figure of parameters, the room for names
SQUARE, BETWEEN, ACROSS = 84.0, 10.0, 4  # units: a small panel of calibration, what lies between two, panels in a row
SEALED = (
    "Fitted to closed years by province and week. Nothing here forecasts, or says where anything is that a source did not report. "
    "All people are synthetic."
)
TOGETHER = (
    "How much happens and how much of it is reported are told by the same counts: where lists are not matched event by event, only "
    "their product is known, whatever the interval of either alone says."
)


def write_fit(fit: Fit, case: Case, path: Path) -> None:
    """Write the page of a fit as one self-contained HTML file, whole or not at all."""
    write_text(path, page(fit, case))


def page(fit: Fit, case: Case) -> str:
    """The page as text; it depends on the fit and the case only."""
    posterior = fit.posterior
    weeks = "".join(figure(picture) for picture in _weeks(fit))
    sections = [
        ("Parameters", f'<div class="figures">{_parameters(fit)}</div>{_table(fit)}'),
        ("Known only together", f"<p>{escape(TOGETHER)}</p>{_products(fit)}"),
        ("Calibration", f'<div class="figures">{_shares(fit)}</div>{_coverage(fit)}'),
        ("Weeks, real and simulated", f'<div class="figures">{weeks}</div>' if weeks else ""),
        ("Uprisings, real and simulated", _uprisings(fit, case)),
        ("Days of the week, real and simulated", _weekdays(fit)),
        ("Provinces, real and simulated", _provinces(fit, case)),
        ("What misfits", _misfits(fit)),
    ]
    title = f"{case.name}: fitted to {posterior.priors.start} to {posterior.priors.end}"
    foot = f"groundswell {posterior.provenance.get('groundswell', '')}. The same record, draws and seed give the same page."
    return document(title, f'<p class="warning">{escape(SEALED)}</p>{_facts(fit)}', sections, foot)


def _facts(fit: Fit) -> str:
    told, about_it = fit.posterior.diagnostics, fit.posterior.provenance
    beyond = ", ".join(told.get("beyond", ())) or "none"
    rounds = told.get("rounds", [told["simulations"]])
    later = f", then {' and '.join(f'{n:,}' for n in rounds[1:])} from where the posterior before lay" if rounds[1:] else ""
    rows = [
        ("Simulations", f"{rounds[0]:,} from the prior{later}; {told['failed']:,} failed"),
        ("Scale", f"1:{about_it.get('scale', '')}"),
        ("Effective draws", shown(fit.posterior.effective)),
        ("Chance of a record as unusual as this one", f"{shown(100 * told['unusual'])} % at most"),
        ("Beyond all simulations of the last round", f"{beyond} (not used)"),
        ("Record", str(about_it.get("record", ""))),
        ("Priors and dated shocks", f"{fit.posterior.priors.digest}; {fit.posterior.priors.shocks}"),
    ]
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows) + "</dl>"


def _parameters(fit: Fit) -> str:
    """Intervals of every parameter within its prior, on a common axis: the share of the prior below."""
    posterior, marginals = fit.posterior, fit.posterior.marginals()
    entries = posterior.priors.entries
    high = ROW * len(entries) + 26
    with sheet("parameters", WIDTH, high) as drawing:
        ax = area(drawing, NAME, 4, WIDTH - 10, high - 22)
        for k, (one, told) in enumerate(zip(entries, marginals, strict=False)):
            at = one.share(np.array(told.quantiles))
            ax.plot([0, 1], [k, k], color=colour("line"), linewidth=5, solid_capstyle="butt")
            ax.plot([at[0], at[4]], [k, k], color=CURVES[0], linewidth=1.4)
            ax.plot([at[1], at[3]], [k, k], color=CURVES[0], linewidth=4, solid_capstyle="butt")
            ax.plot([at[2]], [k], "o", color=colour("paper"), markersize=3, markeredgecolor=CURVES[0])
            if np.isfinite(one.default) and one.low <= one.default <= one.high:
                ax.plot([float(one.share(one.default))], [k], "|", color=colour("ink"), markersize=8)
        ax.set_ylim(len(entries) - 0.5, -0.5)
        ax.set_xlim(0, 1)
        ax.set_yticks(range(len(entries)), [one.key for one in entries])
        ax.set_xticks([0, 0.5, 1], ["lowest", "middle of the prior", "highest"])
        ends = ax.get_xticklabels()
        ends[0].set_horizontalalignment("left")
        ends[-1].set_horizontalalignment("right")
        said = "; ".join(f"{m.name} {shown(m.quantiles[0])} to {shown(m.quantiles[4])}" for m in marginals[: len(entries)])
        content = inline(drawing, "parameters", f"90 % intervals of fitted parameters: {said}.")
    note = (
        "Each bar is a prior, from its least to its highest value, so that equal lengths were equally likely before. Thin line: the "
        "middle 90 % of the posterior; thick: the middle half; ring: its median; stroke: what the case had. A parameter whose line fills "
        "its bar is not known better than before."
    )
    return f"<figure><h3>What the data say of each</h3>{content}<figcaption>{escape(note)}</figcaption></figure>"


def _quantile_cells(one: Marginal) -> str:
    q, p = one.quantiles, one.prior
    texts = (shown(q[2]), f"{shown(q[0])} to {shown(q[4])}", f"{shown(p[0])} to {shown(p[4])}", f"{max(one.contraction, 0):.2f}")
    return "".join(cell(text, "number") for text in texts)


def _table(fit: Fit) -> str:
    rows = []
    for entry, one in zip(fit.posterior.priors.entries, fit.posterior.marginals(), strict=False):
        words = "informed" if one.informed else "stays prior"
        rows.append(
            f'<tr><th scope="row">{head_cell(one.name)}</th>{_quantile_cells(one)}{cell(one.unit)}{cell(words)}'
            f"{cell(entry.why, 'soft note')}</tr>"
        )
    head = ("parameter", "median", "middle 90 %", "prior, middle 90 %", "contraction", "unit", "", "why it is fitted")
    caption = "Contraction: 1 less the ratio of posterior to prior variance; 0: the data say nothing, 1: they say all."
    return table(caption, head, rows, range(1, 5))


def _products(fit: Fit) -> str:
    products = fit.posterior.priors.products
    if not products:
        return ""
    told = fit.posterior.marginals()[len(fit.posterior.keys) :]
    rows = []
    for product, one in zip(products, told, strict=True):
        of = " · ".join(key if power == 1 else f"{key}^{power:g}" for key, power in zip(product.of, product.powers, strict=True))
        rows.append(f'<tr><th scope="row">{head_cell(one.name)}</th>{_quantile_cells(one)}{cell(of)}{cell(product.why, "soft note")}</tr>')
    head = ("product", "median", "middle 90 %", "prior, middle 90 %", "contraction", "of", "why")
    return table("Contraction on the logarithm of the product.", head, rows, range(1, 5))


def _shares(fit: Fit) -> str:
    """The distribution of shares of the posterior below the truth, less the uniform one, in its band; a panel a parameter."""
    shares, each = fit.calibration.shares, fit.calibration.each
    if not len(shares):
        return ""
    at, low, high = band(len(shares), shared_level(len(each)))
    lines = -(-len(each) // ACROSS)
    tall = lines * (SQUARE + 18) + 6
    with sheet("calibration", WIDTH, tall) as drawing:
        for k, one in enumerate(each):
            x, y = (k % ACROSS) * (SQUARE + BETWEEN), (k // ACROSS) * (SQUARE + 18)
            ax = area(drawing, x, y + 14, x + SQUARE, y + SQUARE)
            found = np.searchsorted(np.sort(shares[:, k]), at, side="right") / len(shares)
            ax.fill_between(at, low - at, high - at, color=colour("shade"), linewidth=0)
            ax.plot(at, found - at, color=CURVES[0] if one.leaves == 0 else CURVES[1], linewidth=1.2)
            ax.set_ylim(-0.2, 0.2)
            ax.set_xticks([])
            ax.set_yticks([])
            ax.set_title(one.key, fontsize=SMALL, loc="left", pad=2)
        words = ", ".join(f"{one.key} {'stays within' if one.leaves == 0 else 'leaves'} its band" for one in each)
        content = inline(drawing, "calibration", f"Calibration: {words}.")
    note = (
        f"{len(shares)} simulations of the last round as records whose parameters are known, each fitted as that round fits the real one. "
        "Line: how the share of the posterior below the truth is distributed, less what it should be; band: where all lines lie with "
        "95 % chance if intervals are right. "
        "A line that rises above the band on the left and falls below it on the right: intervals too narrow."
    )
    return f"<figure><h3>Simulation-based calibration</h3>{content}<figcaption>{escape(note)}</figcaption></figure>"


def _coverage(fit: Fit) -> str:
    rows = []
    for one in fit.calibration.each:
        texts = (*(f"{100 * one.coverage[level]:.0f}" for level in one.coverage), f"{max(one.contraction, 0):.2f}", f"{one.bias:+.2f}")
        cells = "".join(cell(text, "number") for text in texts)
        rows.append(f'<tr><th scope="row">{head_cell(one.key)}</th>{cells}{cell(_verdict(one))}</tr>')
    levels = [f"{100 * float(level):.0f} % covers, %" for level in (fit.calibration.each[0].coverage if fit.calibration.each else ())]
    caption = (
        f"How often central intervals held the truth; a 90 % interval is to cover {100 * ADMITTED[0]:.0f} to {100 * ADMITTED[1]:.0f} %. "
        "Contraction (median) and bias are against what the last round drew from."
    )
    return table(caption, ("parameter", *levels, "contraction in the round", "bias in the round", ""), rows, range(1, 3 + len(levels)))


def _verdict(one: Calibration) -> str:
    if one.holds:
        return "holds"
    return "leaves its band" if one.leaves else "covers too little or too much"


def _weeks(fit: Fit) -> list[Picture]:
    """National counts a week, real and simulated."""
    if not fit.predictive:
        return []
    x = np.asarray(fit.observed.first + 7.0 * np.arange(len(fit.observed.total)) + 3, np.float64)
    panels = []
    for name, words in (("total", "All demonstrations"), ("contested", "Contested: intervention, force or violence")):
        made = _weeks_of(fit.predictive, name, len(x)).sum(axis=2)
        low, middle, high = np.asarray(np.quantile(made, LEVELS, axis=0), np.float64)
        real = getattr(fit.observed, name).sum(axis=1).astype(np.float64)
        curves = (Curve(x, middle, "simulated, middle 90 %", low=low, high=high), Curve(x, real, "real"))
        panels.append(Panel(words, "events a week", curves))
    inside = []
    for name in ("total", "contested"):
        made = _weeks_of(fit.predictive, name, len(x)).sum(axis=2)
        low, _, high = np.quantile(made, LEVELS, axis=0)
        real = getattr(fit.observed, name).sum(axis=1)
        held = (real >= low) & (real <= high)
        after = f", {100 * held[fit.training :].mean():.0f} % of the weeks after them" if len(held) > fit.training else ""
        inside.append(f"{name}: {100 * held[: fit.training].mean():.0f} % of the fitted weeks{after}")
    note = (
        f"{len(next(iter(fit.predictive.values())))} simulations from the posterior, none of which knows a real week. Within the middle "
        f"90 %: {'; '.join(inside)}."
    )
    return [Picture("weeks", "The nation by week", note, tuple(panels), period=(int(x[0]) - 3, int(x[-1]) + 3))]


def _weeks_of(arrays: Mapping[str, npt.NDArray[Any]], name: str, weeks: int) -> Floats:
    return np.asarray(arrays[name][:, :weeks], np.float64)


def _uprisings(fit: Fit, case: Case) -> str:
    rows = []
    found = checks(fit, case)
    for one in found:
        star = "" if one.inside else " *"
        cells = (
            cell("fitted" if one.fitted else "after")
            + cell(one.what)
            + cell(shown(one.real), "number")
            + cell(f"{shown(one.low)} to {shown(one.high)}{star}", "number")
        )
        rows.append(f'<tr><th scope="row">{head_cell(one.uprising)}</th>{cells}</tr>')
    if not rows:
        return ""
    caption = (
        "Real figures, and the middle 90 % of simulations from the posterior. Of the fitted weeks the fit has seen how high and wide the "
        f"highest was, and what the weeks of dated shocks had. A star: the real figure lies outside ({outside(found)})."
    )
    return table(caption, ("uprising", "weeks", "figure", "real", "simulated"), rows, (3, 4))


def _weekdays(fit: Fit) -> str:
    rows, found = [], weekdays(fit)
    for one in found:
        star = "" if one.inside else " *"
        cells = cell(f"{one.real:.2f}", "number") + cell(f"{one.low:.2f} to {one.high:.2f}{star}", "number")
        rows.append(f'<tr><th scope="row">{head_cell(one.name)}</th>{cells}</tr>')
    if not rows:
        return ""
    caption = (
        f"Events of the whole country in {len(compared_weeks(fit))} weeks, which the fit did not see day by day: the share of each day "
        "over a seventh, and the middle 90 % of simulations from the posterior. A star: the real share lies outside "
        f"({sum(not one.inside for one in found)} of 7)."
    )
    return table(caption, ("day", "real", "simulated"), rows, (1, 2))


def _provinces(fit: Fit, case: Case) -> str:
    if not fit.predictive:
        return ""
    names = {row.id: row.name for row in case.census().provinces}
    weeks = len(fit.observed.total)
    order = np.argsort(-fit.observed.total.sum(axis=0), kind="stable")
    rows, outside = [], []
    for k in order.tolist():
        cells = ""
        for name in ("total", "contested", "deaths"):
            made = _weeks_of(fit.predictive, name, weeks)[:, :, k].sum(axis=1)
            low, high = np.quantile(made, [0.05, 0.95])
            real = float(getattr(fit.observed, name)[:, k].sum())
            outside.append(not low <= real <= high)
            cells += cell(shown(real), "number") + cell(f"{shown(low)} to {shown(high)}{'' if low <= real <= high else ' *'}", "number")
        rows.append(f'<tr><th scope="row">{head_cell(names[fit.observed.provinces[k]])}</th>{cells}</tr>')
    caption = (
        f"Over all {weeks} weeks: real, and the middle 90 % of simulations from the posterior. A star: the real figure lies outside "
        f"({sum(outside)} of {len(outside)}). Deaths were not fitted."
    )
    head = ("province", "all", "simulated", "contested", "simulated", "deaths", "simulated")
    return table(caption, head, rows, range(1, 7))


def _misfits(fit: Fit) -> str:
    worst = sorted(fit.posterior.misfits, key=lambda one: (one.used, one.tail, one.prior_tail))[:MOST]
    rows = []
    for one in worst:
        texts = (f"{one.observed:.2f}", f"{one.low:.2f} to {one.high:.2f}", _chance(one.tail), _chance(one.prior_tail))
        words = about(one.name) + ("" if one.used else "; beyond all simulations of the last round, or without variation: not used")
        cells = "".join(cell(text, "number") for text in texts)
        rows.append(f'<tr><th scope="row">{head_cell(one.name)}</th>{cells}{cell(words, "soft note")}</tr>')
    out = sum(one.tail < 0.05 for one in fit.posterior.misfits)
    ahead = fit.posterior.diagnostics.get("misfits") == AHEAD
    whose = "simulations from the posterior" if ahead else "the simulations of the last round that were kept: wider than the posterior's"
    caption = (
        f"The {len(worst)} summaries that fit worst; {out} of {len(fit.posterior.misfits)} have a chance below 5 %, by {whose}. "
        "Chances are two-sided, and never below 2 in the number of simulations and one."
    )
    return table(
        caption,
        ("summary", "real", "simulated, middle 90 %" if ahead else "kept, middle 90 %", "chance", "chance under the prior", "meaning"),
        rows,
        range(1, 5),
    )


def _chance(p: float) -> str:
    return f"{100 * p:.0f} %" if p >= 0.01 else "below 1 %"
