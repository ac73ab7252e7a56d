"""Write the tables of docs/iran-fitted.md and its two figures anew; the words between them are written by hand.

groundswell fit iran --events FILE --out FIT
groundswell ablate iran --posterior FIT --events FILE --out WITHOUT
groundswell forecast iran --events FILE --posterior FIT --out FORECASTS
python tools/make_fitted_page.py --events FILE --fit FIT [--daily DAILY] [--without WITHOUT] [--forecasts FORECASTS]

The record may not be passed on: the page has sums over years and provinces, and figures, and no rows. What is not given stays as it is.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from groundswell import cases
from groundswell.calibration.checking import Calibrations
from groundswell.calibration.counts import Counts
from groundswell.calibration.fitting import PREDICTIVE, Fit, compared
from groundswell.calibration.posterior import Posterior, read_posterior
from groundswell.calibration.reference import ARRAYS
from groundswell.calibration.summaries import about
from groundswell.calibration.uprisings import checks, outside
from groundswell.calibration.weekdays import compared_weeks, read_daily, weekdays
from groundswell.core.store import write_text
from groundswell.events.reading import read
from groundswell.forecasts.ablations import AFTER, FITTED, WHOLE
from groundswell.forecasts.evaluating import ALL, LESS
from groundswell.report.canvas import SMALL, alone, area, colour, inline, sheet
from groundswell.report.figures import CURVES
from groundswell.report.numbers import shown
from groundswell.studies import Study

Floats = npt.NDArray[np.float64]

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "iran-fitted.md"
BAND = (0.05, 0.5, 0.95)
SERIES = {"total": "all demonstrations", "contested": "contested"}
DEATHS = {"deaths": "deaths (not fitted)"}
UNITS = {"total": "events", "contested": "events", "deaths": "persons"}
WORST = 20  # summaries that are listed
QUARTER = 13  # weeks
LINE, NAME, WIDE = 12.0, 150.0, 680.0  # units


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[int] = ()) -> str:
    """A table of Markdown: names, then numbers, but for the columns of words."""
    rule = ["---" if k == 0 or k in words else "---:" for k in range(len(heads))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (heads, rule, *rows))


def parameters(posterior: Posterior, case: cases.Case) -> str:
    """What is known of each, whether that can be trusted, and what the case has as its default."""
    defaults = {one.key: one.value for one in case.fitted.values} if case.fitted else {}
    covers = {one.key: one for one in posterior.calibration}
    rows = []
    for one in posterior.marginals():
        q, p, check = one.quantiles, one.prior, covers.get(one.name)
        known = f"{max(one.contraction, 0):.2f}" + (f" ({max(check.contraction, 0):.2f})" if check else "")
        coverage = f"{100 * check.coverage['0.9']:.0f}{'' if check.holds else ' *'}" if check else ""
        rows.append(
            (f"`{one.name}`" if check else one.name, shown(defaults[one.name]) if one.name in defaults else "",
             f"{shown(q[2])} ({shown(q[0])} to {shown(q[4])})", f"{shown(p[0])} to {shown(p[4])}", known, coverage)
        )  # fmt: skip
    return table(("parameter or product", "default", "posterior", "prior", "contraction (in the part)", "covers"), rows)


def facts(posterior: Posterior) -> str:
    """How the fit was made, in a sentence or two."""
    told, from_ = posterior.diagnostics, posterior.provenance
    beyond = ", ".join(f"`{name}`" for name in told["beyond"]) or "none"
    first, *more = told.get("rounds", [told["simulations"]])
    later = f", and {sum(more):,} from the part of it in which they left the posterior; {told['simulations']:,} lie there" if more else ""
    return (
        f"{first:,} simulations from the prior at 1:{from_['scale']}{later}; {told['failed']} failed; "
        f"{posterior.effective:.0f} effective draws. "
        f"The chance of a record as unusual as the real one is {100 * told['unusual']:.2g} % at most. Summaries beyond all "
        f"simulations of the last round, and not used: "
        f"{beyond}. Priors `{posterior.priors.digest}`, dated events `{posterior.priors.shocks}`, record `{from_['record']}`, posterior "
        f"`{posterior.digest}`."
    )


def by_weekday(fit: Fit) -> str:
    """Shares of the days of the week, real and simulated."""
    found = weekdays(fit)
    outside = sum(not one.inside for one in found)
    rows = [
        [one.name, f"{one.real:.2f}", f"{one.median:.2f} ({one.low:.2f} to {one.high:.2f}){'' if one.inside else ' *'}"] for one in found
    ]
    said = f"Share of a day over a seventh, in {len(compared_weeks(fit))} weeks; {outside} of 7 lie outside the middle 90 % (starred)."
    return f"{said}\n\n{table(('day', 'real', 'simulated'), rows)}"


def misfits(posterior: Posterior) -> str:
    """The summaries that fit worst."""
    worst = sorted((one for one in posterior.misfits if one.tail < 0.05), key=lambda one: (one.used, one.tail))[:WORST]
    rows = []
    for one in worst:
        chance = f"{100 * one.tail:.0f} %" if one.tail >= 0.01 else "< 1 %"
        words = about(one.name) + ("" if one.used else " (not used)")
        rows.append((f"`{one.name}`", f"{one.observed:.2f}", f"{one.low:.2f} to {one.high:.2f}", chance, words))
    out = sum(one.tail < 0.05 for one in posterior.misfits)
    said = f"{out} of {len(posterior.misfits)} summaries have a chance below 5 %; the {len(rows)} that fit worst:\n\n"
    return said + table(("summary", "real", "simulated, middle 90 %", "chance", "what it is"), rows, words=[4])


def uprisings(fit: Fit, case: cases.Case) -> str:
    """Figures of uprisings."""
    found = checks(fit, case)
    rows = [
        (
            f"{one.uprising}{'' if one.fitted else ' (not fitted)'}",
            one.what,
            shown(one.real),
            f"{shown(one.median)} ({shown(one.low)} to {shown(one.high)}){'' if one.inside else ' *'}",
        )
        for one in found
    ]
    said = f"Real figures outside the middle 90 % (starred): {outside(found)}.\n\n"
    return said + table(("uprising", "figure", "real", "simulated"), rows, words=[1])


def weeks(fit: Fit) -> str:
    """The nation by quarter of 13 weeks: real, and the middle 90 % of simulations."""
    many = len(fit.observed.total) // QUARTER
    with sheet("fitted-weeks", WIDE, 330) as drawing:
        for k, (name, words) in enumerate(SERIES.items()):
            ax = area(drawing, 46, 24 + 156 * k, WIDE - 6, 150 + 156 * k)
            made = quarters(np.asarray(fit.predictive[name], np.float64).sum(axis=2), many)
            real = quarters(getattr(fit.observed, name).sum(axis=1)[None].astype(np.float64), many)[0]
            low, middle, high = np.quantile(made, BAND, axis=0)
            at = dates(fit.observed, many)
            ax.fill_between(at, low, high, color=CURVES[0], alpha=0.25, linewidth=0)
            ax.plot(at, middle, color=CURVES[0], linewidth=1.4, label="simulated: median and middle 90 %")
            ax.plot(at, real, "o", color=colour("ink"), markersize=3.2, label="real")
            ax.axvline(at[0] + 7 * fit.training / 365.2425, color=colour("soft"), linewidth=0.8, linestyle=(0, (3, 3)))
            ax.set_title(
                f"{words.capitalize()}, events in 13 weeks (axis of square roots); left of the stroke: fitted", fontsize=SMALL, loc="left"
            )
            ax.set_yscale("function", functions=(lambda v: np.sqrt(np.maximum(v, 0)), np.square))
            ax.set_ylim(0, max(high.max(), real.max()) * 1.05)
            ax.grid(axis="y")
            if k == 0:
                ax.legend(loc="upper left")
        said = f"{SERIES['total']} and {SERIES['contested']} in {many} quarters, real and simulated"
        content = inline(drawing, "fitted-weeks", said)
    write("iran-fitted-weeks.svg", alone(content, wide=760))
    return "![The nation by quarter, real and simulated](iran-fitted-weeks.svg)"


def dates(record: Counts, many: int) -> Floats:
    """The middle of each quarter as a year with a fraction."""
    first = record.weeks[0]
    begin = first.year + (first.timetuple().tm_yday - 1) / 365.2425
    return np.asarray(begin + 7 * QUARTER * (np.arange(many) + 0.5) / 365.2425)


def quarters(values: Floats, many: int) -> Floats:
    """Sums over quarters; shape (runs, weeks) to (runs, many)."""
    return np.asarray(values[:, : many * QUARTER].reshape(len(values), many, QUARTER).sum(axis=2))


def provinces(fit: Fit, case: cases.Case) -> str:
    """Counts of every province over the fitted weeks, and over those after them: real, and the middle 90 % of simulations."""
    names = {row.id: row.name for row in case.census().provinces}
    order = np.argsort(-fit.observed.total.sum(axis=0), kind="stable")
    outside, high = {}, LINE * len(order) + 46
    with sheet("fitted-provinces", WIDE, high) as drawing:
        shown_series = SERIES | DEATHS
        for k, (name, words) in enumerate(shown_series.items()):
            wide = (WIDE - NAME) / len(shown_series)
            left = NAME + k * wide
            ax = area(drawing, left, 20, left + wide - 14, high - 26)
            made = np.asarray(fit.predictive[name], np.float64)[:, : len(fit.observed.total), order]
            real = np.asarray(getattr(fit.observed, name), np.float64)[:, order]
            for part, (span, where) in enumerate(((slice(fit.training), "fitted"), (slice(fit.training, None), "after"))):
                low, _, top = np.quantile(made[:, span].sum(axis=1), BAND, axis=0) + 0.5
                told = real[span].sum(axis=0) + 0.5
                outside[name, where] = int(((told < low) | (told > top)).sum())
                y = np.arange(len(order)) + 0.22 * (2 * part - 1)
                shade = CURVES[part]
                ax.hlines(y, low, top, color=shade, linewidth=2.6, label=("fitted weeks", "weeks after them")[part])
                ax.plot(told, y, "o", color=colour("ink"), markersize=2.4)
            ax.set_xscale("log")
            ax.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
            ax.minorticks_off()
            ax.set_xlim(15 if name == "total" else 0.4, None)
            ax.set_ylim(len(order) - 0.4, -0.6)
            ax.set_yticks(
                range(len(order)), [names[fit.observed.provinces[p]] for p in order] if k == 0 else [""] * len(order), fontsize=SMALL
            )
            ax.set_title(f"{words.capitalize()}: {UNITS[name]} + 1/2", fontsize=SMALL, loc="left")
            ax.grid(axis="x")
        handles, labels = ax.get_legend_handles_labels()
        drawing.legend(handles, labels, loc="lower right", ncols=2, fontsize=SMALL)
        content = inline(drawing, "fitted-provinces", "counts by province, real and simulated")
    write("iran-fitted-provinces.svg", alone(content, wide=760))
    when = {"fitted": "fitted weeks", "after": "weeks after them"}
    said = "; ".join(f"{(SERIES | DEATHS)[name]}, {when[where]}: {n}" for (name, where), n in outside.items())
    drawn = "![Counts by province, real and simulated](iran-fitted-provinces.svg)"
    return f"{drawn}\n\nProvinces outside the middle 90 %, of {len(order)}: {said}."


def ablations(folder: Path) -> str:
    """What is lost without a part, and figures without it."""
    frame = pl.read_parquet(folder / "ablations.parquet")
    columns = [(series, period) for series in SERIES for period in (FITTED, AFTER)]
    rows = []
    for name in frame["variant"].unique(maintain_order=True).to_list():
        if name == WHOLE:
            continue
        cells = [name if name.startswith("shocks ") else f"without {name}"]
        for series, period in columns:
            one = frame.filter(variant=name, target=series, period=period, quantity="crps_log_ratio").row(0, named=True)
            cells.append(f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f})")
        rows.append(cells)
    first = table(("", *(f"{SERIES[s]}, {p}" for s, p in columns)), rows)
    figures = frame.filter((pl.col("quantity") != "crps_log_ratio") & (pl.col("target") == "contested"))
    keys = figures["quantity"].unique(maintain_order=True).to_list()
    more = [["real", *(shown(figures.filter(quantity=key)["real"][0]) for key in keys)]]
    for name in figures["variant"].unique(maintain_order=True).to_list():
        mine = figures.filter(variant=name)
        called = name if name == WHOLE or name.startswith("shocks ") else f"without {name}"
        more.append([called, *(shown(mine.filter(quantity=key)["value"].item()) for key in keys)])
    return f"{first}\n\n{table(('contested, fitted weeks', *(key.replace('_', ' ') for key in keys)), more)}"


def percent(share: float) -> str:
    """Whole per cent, without a zero below zero."""
    return f"{round(100 * share)}"


def forecasts(folder: Path) -> str:
    """Mean CRPS of every forecaster, all weeks ahead together, and its skill against the best baseline."""
    frame = pl.read_parquet(folder / "scores.parquet").filter(pl.col("ahead") == 0)
    columns = [(series, level) for series in SERIES for level in ("province", "nation")]
    rows = []
    for name in frame["forecaster"].unique(maintain_order=True).to_list():
        cells = [name]
        for series, level in columns:
            mine = frame.filter(forecaster=name, target=series, level=level)
            one, uprising = (mine.filter(pl.col("class") == kind).row(0, named=True) for kind in (ALL, "uprising"))
            skill = (
                "best"
                if name == one["reference"]
                else f"{percent(one['skill'])} ({percent(one['skill_low'])} to {percent(one['skill_high'])})"
            )
            cells.append(f"{shown(one['crps'])}; {shown(uprising['crps'])}; {skill}")
        rows.append(cells)
    heads = [f"{SERIES[series]}, {level}" for series, level in columns]
    gained = []
    for pool, less in LESS.items():
        gained.append([f"{pool} against {less}"])
        for series, level in columns:
            one = frame.filter(forecaster=pool, target=series, level=level, **{"class": ALL}).row(0, named=True)
            gained[-1].append(f"{100 * one['gain']:.1f} ({100 * one['gain_low']:.1f} to {100 * one['gain_high']:.1f})")
    return table(("forecaster", *heads), rows) + "\n\n" + table(("skill, %", *heads), gained)


def write(name: str, text: str) -> None:
    """A file of the docs, whole or not at all."""
    write_text(DOCS / name, text)


def put(text: str, name: str, made: str) -> str:
    """The page with what stands between two marks made anew."""
    begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"the page has no marks for {name}")
    return f"{before}{begin}{made}{end}{after}"


def main() -> None:
    """Make the page."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--events", type=Path, required=True)
    options.add_argument("--fit", type=Path, required=True)
    options.add_argument("--daily", type=Path)
    options.add_argument("--without", type=Path)
    options.add_argument("--forecasts", type=Path)
    given = options.parse_args()
    case, posterior = cases.load("iran"), read_posterior(given.fit)
    record = compared(case, read(given.events).events, posterior.priors)
    study = Study(given.fit / PREDICTIVE / posterior.digest[:16])
    training = sum(week <= posterior.priors.last_week for week in record.weeks)
    calibration = Calibrations(posterior.calibration, np.zeros((0, 0)), np.zeros(0, np.int64))
    fit = Fit(posterior, calibration, record, {name: study.arrays(name) for name in (*ARRAYS, "days")}, training)
    text = PAGE.read_text(encoding="utf-8")
    for name, made in {
        "facts": facts(posterior), "parameters": parameters(posterior, case), "weeks": weeks(fit), "provinces": provinces(fit, case),
        "uprisings": uprisings(fit, case), "misfits": misfits(posterior),
    }.items():  # fmt: skip
        text = put(text, name, made)
    if given.daily:
        daily = dataclasses.replace(fit, daily=read_daily(given.daily, case))
        text = put(text, "weekdays", by_weekday(daily))
    if given.without:
        text = put(text, "without", ablations(given.without))
    if given.forecasts:
        text = put(text, "forecasts", forecasts(given.forecasts))
    write(PAGE.name, text)


if __name__ == "__main__":
    main()
