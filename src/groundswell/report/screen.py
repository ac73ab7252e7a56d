"""What commands print: tables over replicates, pairs and campaigns, and the one screen of the demo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_date, day_number
from groundswell.events.weekly import moments_of
from groundswell.experiments.compare import NOTE, Pairs, limits
from groundswell.experiments.intervals import Band, band, block_band
from groundswell.experiments.measures import frames_by_day, tables_by_run
from groundswell.experiments.replicates import Replicates, number
from groundswell.experiments.verdicts import verdicts
from groundswell.report.tables import standing
from groundswell.society import SOURCES

if TYPE_CHECKING:
    from rich.table import Table

    from groundswell.cases import Case
    from groundswell.cases.records import Uprising
    from groundswell.experiments.campaigns import Told

Floats = npt.NDArray[np.float64]
WIDTH, HEIGHT = 100, 45
REAL = (date(2022, 1, 1), date(2023, 12, 31))  # what real figures of the screen are about; later years are kept back
COMPARED = (
    ("weekly.mean", "mean", "gatherings a week", 1),
    ("weekly.variance_to_mean", "variance_to_mean", "variance / mean of the weeks", 1),
    ("weekly.empty", "empty", "empty province-weeks, %", 100),
)
EFFECTS = (
    ("turnout", "took part, persons a day"),
    ("gathered", "anti-regime gatherings a week"),
    ("fear", "mean fear, 0 to 1"),
    ("arrests", "arrests, persons"),
)
AROUND = 90  # days before and after an uprising over which fear is averaged
SHORT = ("monitor", "state", "channel")  # sources, in their order


def _table(title: str, caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table for a terminal: the first column to the left, the others to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), caption=Text(caption), box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    for k, name in enumerate(columns):  # where the terminal is narrow, headings and labels wrap, numbers do not
        table.add_column(Text(name), justify="right" if k else "left", min_width=14 if k == 0 else 10 if name == "window" else None)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def replicates_table(runs: Replicates) -> Table:
    """Means and bands of the national numbers, for a terminal."""
    s = runs.scenario
    title = f"{s.name}, {s.start} to {s.end}: {len(runs)} replicates, seeds {runs.seeds[0]} to {runs.seeds[-1]}"
    rows = []
    for m in runs.measures:
        found = m.band
        rows.append((m.label, number(found.mean), limits(float(found.low), float(found.high)), _unit(m.unit)))
    caption = f"band: where one more replicate would fall with 90 %; state hash of the first {runs.hashes[0]}"
    return _table(title, caption, ("quantity", "mean", "90 % band", "unit"), rows)


def pairs_table(pairs: Pairs) -> Table:
    """The national numbers of both scenarios and their difference, for a terminal."""
    rows = [(d.label, number(d.mean_a), number(d.mean_b), number(d.difference), limits(d.low, d.high), _unit(d.unit)) for d in pairs.rows]
    columns = ("quantity", pairs.name_a, pairs.name_b, "difference", "90 % interval", "unit")
    return _table(pairs.title, NOTE, columns, rows)


def campaigns_table(told: Sequence[Told], runs: Replicates) -> Table:
    """Campaigns as claimed, true and recorded, for a terminal."""
    rows = []
    for one in told:
        c = one.campaign
        window = f"{c.start}\n{c.end}" if c.start != c.end else str(c.start)
        recorded = [_spread(one.recorded.get(source)) for source in SOURCES]
        if one.official is not None:
            recorded[0] = f"official {number(one.official)}"
        rows.append((c.name, window, c.claimed_by, _claimed(one), _true(one), *recorded))
    columns = ("campaign", "window", "claimed by", "claimed", "true", *SHORT)
    caption = (
        f"Acts of the campaign's tactic in its window, whole nation, {len(runs)} run{'s' if len(runs) > 1 else ''}; of a boycott who stayed"
        " away, in per cent. True: as simulated; then as recorded by the "
        + ", the ".join(name.removeprefix("the ") for name in runs.scenario.case.names.sources)
        + ". No claimed count drives the model; the strength of calls is assumed."
    )
    return _table(f"{runs.scenario.case.name}: campaigns as claimed, true and recorded", caption, columns, rows)


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def _claimed(told: Told) -> str:
    if told.claimed is None:
        return "–"
    return f">{number(told.claimed)}" if told.official is not None else number(told.claimed)


def _true(told: Told) -> str:
    return _spread(told.true) if told.true is not None else "not in the run"


def _spread(values: Floats | None) -> str:
    """A mean with its band, in brackets where there is one."""
    if values is None:
        return "–"
    found = band(values)
    return number(found.mean) + (f" [{number(found.low)} to {number(found.high)}]" if np.isfinite(found.low) else "")


def demo_screen(pairs: Pairs, told: Sequence[Told], report: str) -> list[str]:
    """The screen of the demo: at most 45 lines of 100 columns.

    Args:
        pairs: runs with and without units.
        told: the campaigns of the runs with units.
        report: where the report is.
    """
    runs = pairs.a
    case = runs.scenario.case
    parts = [
        _head(pairs),
        _record(runs, case),
        _movement(runs, case),
        _effects(pairs),
        _campaigns(told),
        _verdicts(case),
        _foot(runs, report),
    ]
    lines = [line for part in parts for line in part]
    return [line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in lines]


def _head(pairs: Pairs) -> list[str]:
    s = pairs.a.scenario
    assert pairs.a.first is not None
    about = pairs.a.first.provenance
    return [
        f"groundswell: {s.case.name}, {s.start} to {s.end}, all people synthetic",
        f"{about['persons']:,} persons in {len(pairs.a.places)} provinces, one row for {s.scale:,}; members, detained and dead one to one",
        f"{len(pairs)} pairs of runs with and without units, shared draws; [90 % band, blocks of weeks], (runs' range)",
    ]


def _record(runs: Replicates, case: Case) -> list[str]:
    """The real record beside the simulated one."""
    first, last = max(REAL[0], runs.scenario.start), min(REAL[1], runs.scenario.end)
    told = tables_by_run(runs.weekly, SOURCES[0], runs.places, first, last) if last > first else []
    real = {f.key: f.value for f in case.figures if f.start == REAL[0] and f.end == REAL[1] and not f.place}
    lines = [_row("THE RECORD, 2022-2023, demonstrations", "real", f"simulated: {case.names.sources[0]}")]
    for key, name, label, factor in COMPARED:
        value = real.get(key)
        simulated = _in_brackets(block_band(told, _moment(name)), factor) if told else "–"
        lines.append(_row(f"  {label}", number(value * factor) if value is not None else "–", simulated))
    return [*lines, "  2024 is kept back: no default may be set by it."]


def _moment(name: str) -> Callable[[Floats], float]:
    """One of the moments of a table of weekly counts."""
    return lambda table: float(getattr(moments_of(table), name))


def _in_brackets(found: Band, factor: float = 1.0) -> str:
    """A mean with its limits."""
    return f"{number(found.mean * factor)} [{number(found.low * factor)} to {number(found.high * factor)}]"


def _runs(values: Floats, digits: int | None = None) -> str:
    """A mean over runs, with the lowest and the highest of them."""
    mean, low, high = (number(v) if digits is None else f"{v:.{digits}f}" for v in (values.mean(), values.min(), values.max()))
    return mean if len(values) == 1 else f"{mean} ({low}-{high})"


def _row(label: str, middle: str, right: str) -> str:
    return f"{label:<40}{middle:>12}   {right}"


def _movement(runs: Replicates, case: Case) -> list[str]:
    by_key = {m.key: m for m in runs.measures}

    def of(key: str) -> str:
        return _runs(by_key[key].values) if key in by_key else "–"

    lines = [
        "MOVEMENT AND REGIME, last day",
        f"  units {of('units')}, members {of('members')}",
        f"  roll-ups since the start {of('rolled_up')}, detained {of('detained')}",
    ]
    uprising = next((u for u in case.uprisings if runs.scenario.start < u.start and u.end < runs.scenario.end), None)
    if uprising is not None:
        lines += _uprising(runs, uprising)
    return lines


def _uprising(runs: Replicates, uprising: Uprising) -> list[str]:
    """Fear before, at its highest and after an uprising; effective frames in it and on the last day."""
    fear = runs.nation["fear_mean"]
    start, end = day_number(uprising.start) - int(runs.days[0]), day_number(uprising.end) - int(runs.days[0])
    before, during, after = fear[:, max(start - AROUND, 0) : start], fear[:, start : end + 1], fear[:, end + 1 : end + 1 + AROUND]
    top = day_date(int(runs.days[start]) + int(during.mean(axis=0).argmax()))
    low, high, later = (_runs(values, 2) for values in (before.mean(axis=1), during.max(axis=1), after.mean(axis=1)))
    lines = [
        f"{uprising.name.upper()}, from {uprising.start}",
        f"  fear: before {low}, peak {high} about {top}, after {later}",
    ]
    frames = frames_by_day(runs.nation)
    if frames is not None:
        inside = frames[:, start : end + 1].mean(axis=1)
        lines.append(f"  effective number of frames (slogans): in it {_runs(inside, 2)}, last day {_runs(frames[:, -1], 2)}")
    return lines


def _effects(pairs: Pairs) -> list[str]:
    by_key = {d.key: d for d in pairs.rows}
    lines = [f"{'EFFECT OF THE UNITS':<34}{'with':>10}{'without':>12}{'difference':>12}   90 % interval, t"]
    for key, label in EFFECTS:
        if key in by_key:
            d = by_key[key]
            lines.append(f"  {label:<32}{number(d.mean_a):>10}{number(d.mean_b):>12}{number(d.difference):>12}   {limits(d.low, d.high)}")
    return lines


def _campaigns(told: Sequence[Told]) -> list[str]:
    """One line a campaign; means over the runs."""
    lines = [f"{'CAMPAIGNS':<40}{'claimed':>10}{'true':>10}   recorded by " + ", ".join(SHORT)]
    for one in told:
        recorded = ", ".join(number(band(one.recorded[source]).mean) for source in SOURCES) if one.recorded else ""
        if one.official is not None:
            recorded = f"official {number(one.official)} % stayed away"
        true = number(band(one.true).mean) if one.true is not None else "–"
        sign = " %" if one.official is not None else ""
        lines.append(f"  {one.campaign.name[:37]:<38}{_claimed(one) + sign:>10}{true + sign:>10}   {recorded}")
    return lines


def _verdicts(case: Case) -> list[str]:
    lines = []
    for one in verdicts(case):
        lines.append(f"{one.claim} from data alone: {one.about}: {one.verdict.upper()}")
        for text in (one.numbers, f"rule: {one.rule}"):
            lines += wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines


def _foot(runs: Replicates, report: str) -> list[str]:
    assert runs.first is not None
    case = runs.scenario.case
    found = standing(runs.first, case)
    return [
        f"{'CALIBRATED IN PART' if found.fitted else 'NOT CALIBRATED'}: {found.words}; no finding about {case.name}.",
        f"state hash {runs.hashes[0]}; report: {report}",
        "next: groundswell campaigns iran | groundswell compare iran --without units --replicates 16",
        "      groundswell run iran --replicates 16 --out runs/mine",
    ]


def verdicts_html(case: Case) -> str:
    """The verdicts with their numbers and rules, for the report."""
    from html import escape

    rows = "".join(
        f'<tr><th scope="row">{escape(v.claim)}: {escape(v.about)}</th><td>{escape(v.verdict)}</td><td>{escape(v.numbers)}</td>'
        f"<td>{escape(v.rule)}</td></tr>"
        for v in verdicts(case)
    )
    return f"<table><thead><tr><th>claim</th><th>verdict</th><th>figures</th><th>rule</th></tr></thead><tbody>{rows}</tbody></table>"
