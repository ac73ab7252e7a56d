"""One page about a record of events, and its figures: weeks, regions, weekdays, bursts, the fortieth day, years and empty cells.

Everything is by region and week or coarser, but for the weekdays of the whole country. Nothing here is simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_date
from groundswell.core.errors import InputError
from groundswell.core.store import whole_file
from groundswell.events.by_week import WHOLE
from groundswell.events.exploring import Burst, Estimate, Exploration
from groundswell.events.formats.acled import SIMULATED
from groundswell.report.canvas import alone
from groundswell.report.figures import draw
from groundswell.report.html import Section, document
from groundswell.report.numbers import shown
from groundswell.report.panels import Curve, Grid, Panel, Picture, Shade
from groundswell.report.plots import burst_plot, echo_plot, weekday_plot, year_plot
from groundswell.report.tables import cell, head_cell, table

if TYPE_CHECKING:
    from groundswell.events.reading import Reading

Floats = npt.NDArray[np.float64]

PAGE = "record.html"
KEYS = ("weeks", "regions", "weekdays", "bursts", "echo-nation", "echo-regions", "years")  # of all figures that there may be
MOST_REGIONS = 40  # rows of the figure of weeks; the others share the last
MOST_WEEKS = 420  # columns
MOST_BURSTS = 12
MINUS = "−"  # as on the axes
RECORDED = (
    "A record holds what was reported, and reporting changes: more events, or fewer empty cells, may be more protest or more reporters. "
    "Nothing here estimates how many events there were."
)
INVENTED = "This record was simulated: nothing of it happened."
MEASURES = (  # name of the moment, words for a page and for a terminal, unit, digits after the point, whether it needs regions
    ("mean", "mean", "mean a week", "events a week", 1, False),
    ("variance_to_mean", "variance over mean (1 if events were independent)", "variance over mean", "", 1, False),
    ("autocorrelation_1", "correlation with the week before", "correlation, 1 week apart", "", 2, False),
    ("autocorrelation_2", "with the week two before", "2 weeks apart", "", 2, False),
    ("autocorrelation_4", "with the week four before", "4 weeks apart", "", 2, False),
    ("empty", "region-weeks without an event", "empty region-weeks, %", "%", 1, False),
    ("province_correlation", "mean correlation of two regions", "correlation of two regions", "", 2, True),
    ("fano", "variance over mean of a region (median)", "variance over mean, a region", "", 2, True),
)
WHERE = {"nation": "the whole country", "regions": "the same region"}
COUNTED = {"total": "demonstrations", "contested": "contested"}


@dataclass(frozen=True)
class Drawing:
    """A figure as it stands on the page and alone.

    Args:
        key: a word, unique on the page; the name of its file.
        title, note: the heading, and what a reader must know.
        content: an `<svg>` element.
    """

    key: str
    title: str
    note: str
    content: str


def named(found: Exploration) -> str:
    """What the counted events are called."""
    return "demonstrations" if "peaceful_protest" in found.counted else "events"


def told_regions(found: Exploration) -> str:
    """How many regions the weeks name."""
    names = found.weekly.regions
    return "no regions told" if names in ((), (WHOLE,)) else f"{len(names):,} region{'' if len(names) == 1 else 's'}"


def drawings(found: Exploration) -> list[Drawing]:
    """The figures that the record supports."""
    made: list[Drawing] = []
    if len(found.weekly.weeks) > 1:
        made += [_picture(_weeks(found)), *([_picture(_cells(found))] if len(found.weekly.regions) > 1 else [])]
    if found.weekdays is not None:
        note = (
            f"{shown(found.weekdays.events)} {named(found)} of the whole country whose day is told. Strokes: the middle 90 % of a "
            f"block bootstrap; line: a seventh. Half the sum of the deviations is {_said(found.weekdays.deviation)}; where each week is "
            f"turned by so many days at random it stays below {shown(found.weekdays.chance)} in 95 % of cases (p = {found.weekdays.p:.3f})."
        )
        made.append(Drawing("weekdays", "Days of the week", note, weekday_plot("weekdays", found.weekdays)))
    if found.bursts["total"]:
        note = (
            "A burst is weeks on end with more than twice the median count of the 53 weeks around, and more than three standard "
            "deviations of a Poisson count above it. Each ring is one; the largest are named by their first day."
        )
        made.append(Drawing("bursts", "Size and duration of bursts", note, burst_plot("bursts", found.bursts["total"], named(found))))
    for name, one in found.echoes.items():
        note = (
            f"{one.cases} weeks with deaths (of {one.of} that can be followed), each beside up to three weeks without deaths, within a "
            f"year and with about as many events in the week and in the four before. Shaded: the weeks of the fortieth day. The "
            f"difference there: {_between(one.echo, one.echo_low, one.echo_high)} events a week; less that in the weeks beside: "
            f"{_between(one.bump, one.bump_low, one.bump_high)}. Bands: the middle 90 % of a block "
            "bootstrap. What else tells weeks with deaths from others is not taken away."
        )
        title = f"After weeks with deaths, in {WHERE[name]}"
        made.append(Drawing(f"echo-{name}", title, note, echo_plot(f"echo-{name}", title, one, named(found))))
    note = "Empty: whole weeks of a region without an event on record. Years that the record covers in part have fewer weeks."
    made.append(Drawing("years", "By year", note, year_plot("years", found.years, named(found))))
    return made


def _picture(picture: Picture) -> Drawing:
    return Drawing(picture.key, picture.title, picture.note, draw(picture))


def _weeks(found: Exploration) -> Picture:
    weeks = found.weekly
    x = weeks.weeks.astype(np.float64) + 3
    word = named(found)

    def shades(bursts: Sequence[Burst]) -> tuple[Shade, ...]:
        first = found.weekly.first
        starts = [first + 7 * round(((one.start - day_date(first)).days) / 7) for one in bursts]
        return tuple(Shade(start, start + 7 * one.weeks - 1) for start, one in zip(starts, bursts, strict=True))

    total = Panel(
        word.capitalize(), "events a week", (Curve(x, weeks.nation["total"]),), shades=shades(found.bursts["total"]), shaded="bursts"
    )
    panels = [total]
    if weeks.nation["contested"].any():
        title = "Contested: intervention, force or violence"
        panels.append(Panel(title, "events a week", (Curve(x, weeks.nation["contested"]),), shades=shades(found.bursts["contested"])))
    if weeks.nation["deaths"].any():
        panels.append(Panel("Deaths as reported", "persons a week", (Curve(x, weeks.nation["deaths"]),)))
    note = "Whole weeks of the whole country. Shaded: bursts of what the panel shows."
    return Picture("weeks", "Week by week", note, tuple(panels), period=(int(weeks.weeks[0]), int(weeks.weeks[-1]) + 6))


def _cells(found: Exploration) -> Picture:
    weeks = found.weekly
    order = np.argsort(-weeks.total.sum(axis=0), kind="stable")
    rows, names = weeks.total.T[order], [weeks.regions[k] for k in order]
    note = "Regions from the most to the fewest events. Empty cells have none on record."
    if len(names) > MOST_REGIONS:
        rest = len(names) - MOST_REGIONS + 1
        rows = np.concatenate([rows[: MOST_REGIONS - 1], rows[MOST_REGIONS - 1 :].sum(axis=0, keepdims=True)])
        names = [*names[: MOST_REGIONS - 1], f"{rest} others"]
        note += f" The last row adds up {rest} regions."
    many = -(-rows.shape[1] // MOST_WEEKS)
    columns = rows.shape[1] // many
    cells = rows[:, : columns * many].reshape(len(rows), columns, many).mean(axis=2)
    every = f", mean of {many} weeks" if many > 1 else ""
    grid = Grid("Events by region", f"events a week{every}", weeks.weeks[::many][:columns], 7 * many, tuple(names), cells)
    return Picture("regions", "Weeks by region", note, grid=grid)


def _said(one: Estimate) -> str:
    return _between(one.value, one.low, one.high)


def _between(value: float, low: float, high: float) -> str:
    """A number with its interval, for readers."""
    return (f"{shown(value)} ({shown(low)} to {shown(high)})" if np.isfinite(low) else shown(value)).replace("-", MINUS)


@dataclass(frozen=True)
class Row:
    """A moment: its name for a page and for a terminal, and value and interval of each count as texts."""

    name: str
    short: str
    texts: tuple[tuple[str, str], ...]


def moment_rows(found: Exploration) -> list[Row]:
    """The moments of the total, and of the contested where there are any."""
    kinds = [name for name in COUNTED if found.moments[name] and found.weekly.nation[name].any()]
    several = len(found.weekly.regions) > 1
    rows = []
    for key, words, short, unit, digits, regions in MEASURES if kinds else ():
        if regions and not several:
            continue
        texts = []
        for kind in kinds:
            one = found.moments[kind][key]
            value, low, high = (_fixed(100 * v if unit == "%" else v, digits) for v in (one.value, one.low, one.high))
            texts.append((value, f"{low} to {high}" if np.isfinite(one.low) else "–"))
        name, brief = (text if several else text.replace("region-weeks", "weeks") for text in (words, short))
        rows.append(Row(f"{name}, {unit}" if unit else name, brief, tuple(texts)))
    return rows


def _fixed(value: float, digits: int) -> str:
    """So many digits after the point, and no zero below zero."""
    return f"{value + 0.0:,.{digits}f}".replace(f"-{0:.{digits}f}", f"{0:.{digits}f}") if np.isfinite(value) else "–"


def moments(found: Exploration) -> str:
    """The table of moments as HTML; empty where there are too few weeks."""
    rows = []
    for row in moment_rows(found):
        cells = "".join(cell(text.replace("-", MINUS), "number") for pair in row.texts for text in pair)
        rows.append(f'<tr><th scope="row">{head_cell(row.name)}</th>{cells}</tr>')
    if not rows:
        return ""
    contested = found.weekly.nation["contested"].any()
    head = ["weekly counts", named(found), "90 % interval", *(("contested", "90 % interval") if contested else ())]
    caption = (
        f"{len(found.weekly.weeks)} whole weeks, {len(found.weekly.regions)} {'regions' if len(found.weekly.regions) > 1 else 'column'}. "
        "Contested: with intervention, excessive force or violence. Intervals: block bootstrap (blocks of eight weeks); too narrow where "
        "a few weeks hold most of the events."
    )
    return table(caption, head, rows, range(1, len(head)))


def _burst_table(found: Exploration) -> str:
    bursts = found.bursts["total"]
    largest = sorted(bursts, key=lambda one: -one.events)[:MOST_BURSTS]
    rows = []
    for one in sorted(largest, key=lambda one: one.start):
        regions = f"{one.regions} of {len(found.weekly.regions)}" if one.regions else "–"
        texts = (one.weeks, shown(one.events), shown(one.contested), shown(one.deaths), shown(one.peak), shown(one.usual), regions)
        rows.append(f'<tr><th scope="row" class="date">{one.start}</th>{"".join(cell(text, "number") for text in texts)}</tr>')
    share = sum(one.events for one in bursts) / max(float(found.weekly.nation["total"].sum()), 1.0)
    held = f"{len(bursts)} {'burst' if len(bursts) == 1 else 'bursts'} held {shown(100 * share)} % of the {named(found)}"
    caption = held + (f"; the largest {len(largest)}." if len(largest) < len(bursts) else ".")
    head = ("first day", "weeks", named(found), "contested", "deaths", "highest week", "usual week", "regions")
    return table(caption, head, rows, range(1, len(head))) if rows else ""


def _year_table(found: Exploration) -> str:
    rows = []
    for one in found.years:
        empty = [shown(100 * share) if np.isfinite(share) else "–" for share in (one.empty, one.empty_contested)]
        texts = (shown(one.events), shown(one.contested), shown(one.deaths), one.weeks, *empty)
        rows.append(f'<tr><th scope="row">{one.year}</th>{"".join(cell(text, "number") for text in texts)}</tr>')
    head = ("year", named(found), "contested", "deaths", "whole weeks", "empty region-weeks, %", "empty of contested, %")
    return table("By the first day of an event, or of the week, month or year that is known of it.", head, rows, range(1, len(head)))


def page(found: Exploration, reading: Reading, made: Sequence[Drawing]) -> str:
    """The page as text; it depends on the record and on nothing else."""
    drawn = {one.key: _figure(one) for one in made}
    wide = {key: f'<div class="figures">{content}</div>' for key, content in drawn.items()}
    echoes = "".join(content for key, content in drawn.items() if key.startswith("echo-"))
    kinds = "".join(
        f'<tr><th scope="row">{head_cell(kind.replace("_", " "))}</th>{cell(shown(n), "number")}</tr>' for kind, n in found.kinds.items()
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in (*found.notes, *reading.notes))
    sections: list[Section] = [
        ("Moments", moments(found)),
        ("Weeks", f'<div class="figures">{drawn.get("weeks", "")}{drawn.get("regions", "")}</div>' if "weeks" in drawn else ""),
        ("Bursts", wide.get("bursts", "") + _burst_table(found)),
        ("The fortieth day", f'<div class="figures">{echoes}</div>' if echoes else ""),
        ("Weekdays", wide.get("weekdays", "")),
        ("Years and empty cells", wide["years"] + _year_table(found)),
        ("Kinds of events", table("Events in the period, also of kinds that are not counted above.", ("kind", "events"), [kinds], (1,))),
        ("Left out, and noted", f"<ul>{notes}</ul>" if notes else ""),
    ]  # fmt: skip
    from groundswell import __version__

    warning = INVENTED if reading.format.name == SIMULATED.name else RECORDED
    head = f'<p class="warning">{escape(warning)}</p>{_facts(found, reading)}'
    return document(title(found, reading), head, sections, f"groundswell {__version__}. The same record gives the same page.")


def title(found: Exploration, reading: Reading) -> str:
    """What the page is about."""
    what = (found.country or Path(reading.events.file).name)[:60]
    years = f"{found.years[0].year} to {found.years[-1].year}" if len(found.years) > 1 else str(found.years[0].year)
    return f"Record of events: {what}, {years}"


def _figure(one: Drawing) -> str:
    return f"<figure><h3>{escape(one.title)}</h3>{one.content}<figcaption>{escape(one.note)}</figcaption></figure>"


def _facts(found: Exploration, reading: Reading) -> str:
    weeks, counts = found.weekly.weeks, reading.counts
    span = f"{day_date(int(weeks[0]))} to {day_date(int(weeks[-1]) + 6)}, {len(weeks):,} whole weeks" if len(weeks) else "no whole week"
    rows = [
        ("File", Path(reading.events.file).name),
        ("Format", f"{reading.format.title} ({reading.format.name})"),
        ("Rows", f"{counts['rows']:,}; {counts['set_aside']:,} set aside, {counts['noted']:,} kept with a note"),
        ("Weeks", span),
        ("Regions", told_regions(found) if len(weeks) else "none in a whole week"),
        ("Counted", ", ".join(kind.replace("_", " ") for kind in found.counted)),
        ("Digest", reading.events.digest),
    ]
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows) + "</dl>"


def write(found: Exploration, reading: Reading, folder: Path, tell: Callable[[str, int, int], Any] | None = None) -> list[Path]:
    """Write the page and each figure as a file of its own into a folder, each whole or not at all.

    Where the page of another record is there, its figures go with it.

    Returns:
        The files, the page first.

    Raises:
        InputError: they cannot be written there.
    """
    if tell is not None:
        tell("drawing", 0, 100)
    made = drawings(found)
    texts = {PAGE: page(found, reading, made)} | {f"{one.key}.svg": alone(one.content) + "\n" for one in made}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / PAGE).is_file():  # figures of another record would stand beside this one's
            for name in (f"{key}.svg" for key in KEYS if f"{key}.svg" not in texts):
                (folder / name).unlink(missing_ok=True)
        for name, text in texts.items():
            with whole_file(folder / name) as scratch:
                scratch.write_text(text, encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", file=folder) from None
    return [folder / name for name in texts]
