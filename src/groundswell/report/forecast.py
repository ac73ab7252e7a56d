"""Retrospective forecasts on one screen and one page: scores with intervals, by class of week and weeks ahead, and the national bands."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.core.store import write_text
from groundswell.forecasts import bootstrap
from groundswell.forecasts.evaluating import EQUAL_WITH, WITH, WITHOUT, Evaluation, gain, period
from groundswell.forecasts.rolling import HORIZONS
from groundswell.forecasts.scoring import LEVELS, MEASURES
from groundswell.forecasts.weeks import NAMES
from groundswell.report.html import Section, document, figure
from groundswell.report.numbers import shown
from groundswell.report.panels import Curve, Panel, Picture
from groundswell.report.tables import cell, head_cell, table

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.forecasts.predictive import Check

Floats = npt.NDArray[np.float64]

PAGE = "forecasts.html"
WIDTH = 80  # of a terminal
WARNING = (
    "Retrospective: each forecast was made as if at its origin, from the weeks before it, on a period that has ended. Nothing here says "
    "anything about weeks to come."
)
TARGETS = {"total": "demonstrations", "contested": "contested demonstrations"}
PLACES = {"province": "by province", "nation": "of the nation"}
HEADS = {
    "crps": "CRPS",
    "crps_log": "CRPS of log(1 + n)",
    "crps_above": "CRPS above the onset level",
    "log_score": "log score",
    "interval_score": "interval score",
    "covered": "in the 90 % interval, %",
    "onset": "Brier, onset",
}
RULES = (
    "An uprising week has at least as many contested demonstrations in the nation as the 95th percentile of the training weeks (at least "
    "five): here {uprising}. An onset week is one after four weeks without; all others are quiet. The onset that is forecast is that of "
    "a place: a count at or above the 95th percentile of its training weeks (at least two), where the last four weeks before the origin "
    "were below it. Means over classes, which are known afterwards, favour who says too much (Lerch et al. 2017): who forecasts high weeks "
    "better is told by the CRPS above the onset level, which is of all weeks."
)


def _mean(values: Floats) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _between(one: bootstrap.Interval, digits: int = 3, factor: float = 1.0) -> str:
    value, low, high = (_fixed(factor * number, digits) for number in one)
    return f"{value} ({low} to {high})" if np.isfinite(one.low) else value


def _fixed(value: float, digits: int) -> str:
    """So many digits after the point, and no zero below zero."""
    return f"{value:.{digits}f}".replace(f"-{0:.{digits}f}", f"{0:.{digits}f}") if np.isfinite(value) else "–"


def _digits(level: str) -> int:
    """After the point: a province has a count or two a week, the nation a hundred."""
    return 3 if level == "province" else 2


def _row(found: Evaluation, name: str, level: str) -> tuple[str, ...]:
    """One forecaster's line: CRPS, by class, other scores, skill."""
    digits, reference = _digits(level), found.best(level)
    own = found.cells(name, "crps", level)
    texts = [_between(bootstrap.mean(own), digits)]
    texts += [_fixed(_mean(found.cells(name, "crps", level, kind=kind)), digits) for kind in NAMES]
    for measure in MEASURES[1:]:
        value = _mean(found.cells(name, measure, level))
        texts.append(_fixed(100 * value, 0) if measure == "covered" else _fixed(value, 3))
    skill = bootstrap.skill(own, found.cells(reference, "crps", level))
    return (*texts, "best baseline" if name == reference else _between(skill, 1, 100.0))


def _heads() -> tuple[str, ...]:
    others = [HEADS[measure] for measure in MEASURES[1:]]
    return ("forecaster", "CRPS (90 % interval)", *NAMES, *others, "skill, % (90 % interval)")


def caption(found: Evaluation, level: str) -> str:
    """What a table is about, in one sentence."""
    first, last = period(found)
    weeks = ", ".join(f"{found.weeks_of(kind)} {kind}" for kind in NAMES)
    return f"{TARGETS[found.target].capitalize()} {PLACES[level]}, 1 to {HORIZONS} weeks ahead, {first} to {last}: {weeks} weeks."


def screen(found: Evaluation, level: str) -> list[str]:
    """The main table for a terminal of 80 columns."""
    reference, digits = found.best(level), _digits(level)
    heads = ("CRPS", "quiet", "onset", " upris.", "log1p", "Brier")
    made = [*wrap(caption(found, level), WIDTH), f"{'':25}" + "".join(f"{head:>6}" for head in heads) + f"{'skill, % (90 %)':>18}"]
    for name in found.scores.names:
        own = found.cells(name, "crps", level)
        values = [(_mean(own), digits), *((_mean(found.cells(name, "crps", level, kind=kind)), digits) for kind in NAMES)]
        values += [(_mean(found.cells(name, measure, level)), 3) for measure in ("crps_log", "onset")]
        skill = _between(bootstrap.skill(own, found.cells(reference, "crps", level)), 0, 100.0)
        made.append(
            f"{name:25}" + "".join(f"{_short(*one):>6}" for one in values) + f"{'best baseline' if name == reference else skill:>19}"
        )
    return made


def _short(value: float, digits: int) -> str:
    """At most five characters, if the number allows it."""
    return _fixed(value, max(0, min(digits, 4 - len(f"{value:.0f}")))) if np.isfinite(value) else "–"


def verdict(found: Evaluation, level: str) -> str:
    """What the simulator adds to pools, in one sentence; empty without one."""
    parts = []
    for pool, shares in ((WITH, "learned shares"), (EQUAL_WITH, "equal shares")):
        one = gain(found, level, pool)
        if one is not None:
            said = "better" if one.low > 0 else "worse" if one.high < 0 else "not told apart"
            parts.append(f"{_between(one, 1, 100.0)} % with {shares}: {said}")
    what = f"{TARGETS[found.target].capitalize()} {PLACES[level]}"
    return f"{what}: skill of the pool with the simulator against that without, {'; '.join(parts)}." if parts else ""


def _table(found: Evaluation, level: str) -> str:
    rows = []
    for name in found.scores.names:
        cells = "".join(cell(text, "number") for text in _row(found, name, level))
        rows.append(f'<tr><th scope="row">{head_cell(name)}</th>{cells}</tr>')
    return table(caption(found, level) + " Lower is better, but for the skill.", _heads(), rows, range(1, len(_heads())))


def _ahead(found: Evaluation, level: str) -> str:
    """CRPS by weeks ahead."""
    rows = []
    for name in found.scores.names:
        values = [_fixed(_mean(found.cells(name, "crps", level, horizon)), _digits(level)) for horizon in range(1, HORIZONS + 1)]
        rows.append(f'<tr><th scope="row">{head_cell(name)}</th>{"".join(cell(text, "number") for text in values)}</tr>')
    heads = ("forecaster", *(f"{horizon} week{'s' if horizon > 1 else ''}" for horizon in range(1, HORIZONS + 1)))
    return table(f"CRPS {PLACES[level]} by weeks ahead.", heads, rows, range(1, len(heads)))


def _bands(found: Evaluation) -> str:
    """The national forecast of the week ahead and of four weeks ahead beside what came."""
    counts = np.asarray(getattr(found.counts, found.target), np.float64).sum(axis=1)
    names = [found.best("nation"), *(name for name in (WITH, WITHOUT) if name in found.scores.names)]
    made = []
    for name in dict.fromkeys(names):
        panels = []
        for horizon in (1, HORIZONS):
            there = found.ahead()[:, horizon - 1]
            inside = there < len(counts)
            x = (found.counts.first + 7 * there[inside] + 3).astype(np.float64)
            low, middle, high = found.scores.bands[found.scores.names.index(name), inside, horizon - 1].T
            curves = (Curve(x, middle, "forecast, middle 90 %", low=low, high=high), Curve(x, counts[there[inside]], "what came"))
            title = f"{horizon} week{'s' if horizon > 1 else ''} ahead"
            panels.append(Panel(title, "events a week", curves, root=True))
        key = "band-" + found.target + "-" + "".join(c if c.isalnum() else "-" for c in name)
        span = (int(found.counts.first + 7 * found.scored_from), int(found.counts.first + 7 * len(counts) - 1))
        note = f"{TARGETS[found.target].capitalize()} of the nation. Line: median; band: 90 % of the draws; each from its own origin."
        made.append(figure(Picture(key, name, note, tuple(panels), period=span)))
    return f'<div class="figures">{"".join(made)}</div>'


def _shares(found: Evaluation) -> str:
    rows = []
    for pool, levels in found.shares.items():
        for level in LEVELS:
            told = ", ".join(
                f"{name} {100 * share:.0f} %" for name, share in sorted(levels[level].items(), key=lambda p: -p[1]) if share > 0.005
            )
            rows.append(f'<tr><th scope="row">{head_cell(pool)}</th>{cell(PLACES[level])}{cell(told)}</tr>')
    return table(
        "Shares of the pools: those that had the lowest CRPS on training weeks, and equal ones.", ("pool", "forecasts", "shares"), rows
    )


def page(case: Case, every: Sequence[Evaluation], check: Check | None = None, notes: Sequence[str] = ()) -> str:
    """The page as text; it depends on the forecasts and on nothing else."""
    sections: list[Section] = []
    for found in every:
        name = TARGETS[found.target].capitalize()
        said = "".join(f"<p>{escape(verdict(found, level))}</p>" for level in LEVELS if verdict(found, level))
        sections.append((f"{name}: scores", said + "".join(_table(found, level) for level in LEVELS)))
        sections.append((f"{name}: weeks ahead", "".join(_ahead(found, level) for level in LEVELS)))
        sections.append((f"{name}: the nation", _bands(found)))
        sections.append((f"{name}: pools", _shares(found)))
    if check is not None:
        sections.insert(0, ("The fitted model beside the record", predictive(check)))
    if every:
        sections.append(("How this was done", _how(every[0])))
    sections.append(("Noted", "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>" if notes else ""))
    from groundswell import __version__

    head = f'<p class="warning">{escape(WARNING)}</p>'
    return document(
        f"Retrospective forecasts: {case.name}", head, sections, f"groundswell {__version__}. The same record gives the same page."
    )


def _how(found: Evaluation) -> str:
    first, last = period(found)
    lines = (
        f"Weeks from {first} to {last} are forecast 1 to {HORIZONS} weeks ahead from {len(found.scores.origins)} origins, one a week. "
        f"The {found.scored_from} weeks before them are training weeks.",
        "At an origin a forecaster sees the record up to that week, as it stands today, and a calendar known years ahead: the season, "
        "holidays, yearly commemorations, elections. Its parameters are set anew every quarter of a year; what trees "
        "learn from simulated histories, every year.",
        RULES.format(uprising=shown(found.rules.uprising)),
        "Pools are linear. Their shares are those with the lowest CRPS for origins in the last three training years, or equal.",
        *(("A fit has seen the training weeks, also those that set the shares.",) if WITH in found.scores.names else ()),
        "Intervals are of a bootstrap of blocks of eight weeks; one that holds few uprisings cannot know how they vary.",
        "CRPS is that of the draws; the log score smooths them alike for all. Skill is 1 less the CRPS over that of the best baseline.",
    )
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def predictive(check: Check) -> str:
    """The scores of simulated histories, and the summaries that they miss."""
    rows = []
    for one in check.rows:
        texts = (_between(one.crps, _digits(one.level)), _fixed(one.usual, _digits(one.level)), _fixed(100 * one.covered, 0))
        name = f"{TARGETS[one.target]} {PLACES[one.level]}"
        rows.append(f'<tr><th scope="row">{head_cell(name)}</th>{"".join(cell(text, "number") for text in texts)}</tr>')
    heads = ("what", "CRPS (90 % interval)", "CRPS of earlier weeks", "in the middle 90 %, %")
    told = f"{check.draws} simulated histories under the posterior, shocks as the case dates them: no forecast."
    made = table(told, heads, rows, (1, 2, 3))
    tails = []
    for tail in check.tails[:20]:
        texts = (shown(tail.observed), f"{shown(tail.low)} to {shown(tail.high)}", _fixed(tail.chance, 3))
        tails.append(f'<tr><th scope="row">{head_cell(tail.name)}</th>{"".join(cell(text, "number") for text in texts)}</tr>')
    if tails:
        heads = ("summary", "record", "simulated, middle 90 %", "chance of as extreme a value")
        made += table(f"The {len(tails)} least likely of {len(check.tails)} summaries.", heads, tails, (1, 2, 3))
    return made


def check_screen(check: Check) -> list[str]:
    """The same scores for a terminal."""
    made = [
        f"{check.draws} simulated histories beside the record, shocks as the case dates them: no forecast",
        f"{'':40}{'CRPS':>22}{'earlier':>9}{'in 90 %':>9}",
    ]
    for one in check.rows:
        digits = _digits(one.level)
        name = f"{TARGETS[one.target]} {PLACES[one.level]}"
        made.append(f"{name:40}{_between(one.crps, digits):>22}{_fixed(one.usual, digits):>9}{100 * one.covered:>7.0f} %")
    return made


def write(path: Path, case: Case, every: Sequence[Evaluation], check: Check | None = None, notes: Sequence[str] = ()) -> None:
    """Write the page, whole or not at all."""
    write_text(path, page(case, every, check, notes))


def lead(every: Sequence[Evaluation]) -> list[str]:
    """What the simulator adds, for a terminal."""
    return [said for found in every for level in LEVELS if (said := verdict(found, level))]
