"""Write docs/what-really-happened.md and its two figures.

python verification/coverage_of_lists.py 1000 docs/what-really-happened-coverage.json    # half an hour; what the page says of coverage
GROUNDSWELL_RECORDS=FOLDER python tools/make_lists_page.py

The folder holds the weekly aggregates of ACLED and the daily count of FDD; neither may be passed on, so the page has ratios and
correlations by month and longer, and no rows. Without the folder, the part about Iran and its figure stay as they are.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
import polars as pl

from groundswell.core.store import write_text
from groundswell.events.ratio import Ratio, ratio
from groundswell.events.weekly import DEMONSTRATIONS
from groundswell.report.canvas import alone, colour, inline, sheet
from groundswell.report.figures import CURVES, DASHES

DOCS = Path(__file__).parents[1] / "docs"
PAGE, COVERAGE = DOCS / "what-really-happened.md", DOCS / "what-really-happened-coverage.json"
WEEKLY, DAILY = "iran_demonstrations_weekly_2016_2023.csv", "iran_protests_daily_2022_2023.csv"
BEGIN, END = "## Two counts of Iran\n", "\n## Limits\n"
PERIODS = (
    ("September 2022 to March 2023", date(2022, 9, 1), date(2023, 4, 1)),
    ("April to August 2023", date(2023, 4, 1), date(2023, 9, 1)),
    ("September 2023", date(2023, 9, 1), date(2023, 10, 1)),
    ("October to December 2023", date(2023, 10, 1), date(2024, 1, 1)),
)
ESTIMATORS = {
    "two": "two lists (Chapman)",
    "independent": "three lists, taken as independent",
    "many": "three lists, dependence modelled",
    "bound": "three lists, Chao's bound",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ENOUGH = 8  # weeks for an interval of a correlation
WIDTH = 120


ABOUT = """# What really happened, from several lists

No list holds every protest. Two lists that were matched event by event tell how many neither has, if being on one says nothing about being
on the other; three show which pairs of lists depend on each other. Counts that were not matched tell a ratio and nothing more. This page
is generated
(`tools/make_lists_page.py`), and a test holds its numbers to the records where they are at hand.

```
groundswell data lists A.csv B.csv                   # match, count what is doubtful, estimate
groundswell data lists A.csv B.csv C.csv --json out.json --table events.csv
groundswell data lists weekly.csv daily.csv --ratio --map B:first=date --map B:count=protests --map B:kind==peaceful_protest
```

## Matching

Rows of two lists may be one event if they name the same region, are at most a day apart (`--days`), and are of the kinds looked at
(`--kind`, `--same-kind`); towns (`--km`) and sizes (`--size`) are asked for where both lists tell them. The nearest are joined first: by
days, then kilometres, then kind, then ratio of sizes; what is not told ranks last. An event is on a list once. Among three lists all rows
of an event must be near each other. The order of rows changes nothing. Beside the matches stand

* rows that cannot be matched, by reason: counts of several events, no day, no region, another kind, outside the days that all lists cover;
* ambiguous matches: another free row was equally near;
* rows that say the same as another of their list, and regions that only one list names;
* how many matches chance would make: the lists are turned against each other by sevenths of the period, in whole weeks.

Where chance makes many of the matches, ask for more (`--km`, `--same-kind`, `--days 0`): a false match makes the estimate too low, one that
is missed too high.

## Estimates

Two lists: Chapman's estimate with Seber's variance, and Sadinle's interval (its term of the unseen held at 1, or it
would have no bound where nearly all was found twice). Three to five: log-linear models of the capture histories with
all sets of interactions of pairs; BIC chooses, and Chao's lower bound stands beside. The interval holds each number at which some model's
profile likelihood, less what the model is worse than the best, is within the quantile."""
LIMITS = """
## Limits

* Matching uses what columns tell, never texts, so it errs where many events fall on one region and day; the count of chance matches says
how much, and no correction is made for it.
* Nothing can show that all lists miss the same events: what no source can see, as in a blackout, is in no estimate.
* That models have no interaction of three lists is an assumption; with small lists BIC overlooks those of two.
* The bootstrap of blocks of weeks is a little narrow where weeks are few.
* The two sources may have revised their counts since the copies that were compared.
"""


def iran(folder: Path) -> dict[str, Any]:
    """Ratios and correlations of the two counts, by week for the nation; weeks with a day that the daily count lacks are left out."""
    weekly = pl.read_csv(folder / WEEKLY, try_parse_dates=True)
    acled = weekly.group_by("week_starting").agg(pl.sum_horizontal(DEMONSTRATIONS).sum().alias("acled"))
    daily = pl.read_csv(folder / DAILY, try_parse_dates=True)
    saturday = pl.col("date") - pl.duration(days=(pl.col("date").dt.weekday() + 1) % 7)
    fdd = daily.group_by(week_starting=saturday).agg(pl.col("protests").sum().alias("fdd"), pl.len().alias("days"))
    both = acled.join(fdd, on="week_starting").sort("week_starting")
    whole = both.filter(pl.col("days") == 7)

    def compared(frame: pl.DataFrame, first: date, end: date) -> Ratio:
        part = frame.filter((pl.col("week_starting") >= first) & (pl.col("week_starting") < end))
        return ratio(part["acled"].to_numpy(), part["fdd"].to_numpy())

    months = []
    for year, month in [(2022, m) for m in range(9, 13)] + [(2023, m) for m in range(1, 13)]:
        part = whole.filter((pl.col("week_starting").dt.year() == year) & (pl.col("week_starting").dt.month() == month))
        months.append({"month": f"{MONTHS[month - 1]} {year}", "ratio": part["fdd"].sum() / part["acled"].sum(), "weeks": part.height})
    start, turn, end = PERIODS[0][1], PERIODS[0][2], PERIODS[-1][2]
    with_cut = both.filter(pl.col("week_starting") < turn)
    return {
        "periods": [{"name": name} | vars(compared(whole, *days)) for name, *days in PERIODS],
        "after": {"name": "April to December 2023"} | vars(compared(whole, turn, end)),
        "to_september": vars(compared(whole, turn, PERIODS[-1][1])),
        "all": {"name": "September 2022 to December 2023"} | vars(compared(whole, start, end)),
        "cut_weeks": both.height - whole.height,
        "correlation_with_cut_weeks": float(np.corrcoef(with_cut["acled"], with_cut["fdd"])[0, 1]),
        "months": months,
    }


def iran_part(found: Mapping[str, Any]) -> str:
    """The part of the page about the two counts, without its heading."""
    first, spring, autumn, last = found["periods"]
    months = ", ".join(f"{month['month']} {month['ratio']:.2f}" for month in found["months"])
    return wrapped(f"""
ACLED's weekly regional aggregates (peaceful protests, protests with intervention, excessive force against protesters, violent
demonstrations) and the daily count of the Foundation for Defense of Democracies (FDD) overlap from September 2022 to December 2023.
Neither list of events is at hand, so nothing can be matched: the two give ratios and correlations, and no total. Counts are of the nation
by week, from Saturday; {found["cut_weeks"]} weeks that the daily count begins, ends, or misses a day in are left out. Intervals are of
circular blocks of weeks, both counts together.

{periods_table(found)}

![Ratio by month and correlation by period](what-really-happened-iran.svg)

FDD for each of ACLED, by month in which a week begins: {months}.

**To March 2023 they agree**: they rise and fall together (correlation {number(first["correlation"])};
{number(found["correlation_with_cut_weeks"])} with the cut weeks left in), and FDD has {first["ratio"]:.2f} for each of ACLED's.
**After it they do not**: the correlation from April to December is {number(found["after"]["correlation"])}. But the break does not come
in April. To August the counts still move together ({number(spring["correlation"])}) at nearly the same ratio ({spring["ratio"]:.2f}). In
September, around the first anniversary of the uprising, FDD has {autumn["ratio"]:.2f} for each of ACLED's, which takes the correlation from
April on to {number(found["to_september"]["correlation"])}; from October ACLED has more than twice as many as FDD ({last["ratio"]:.2f}),
which takes it to nothing.

The aggregates do not say why. From October 2023 rallies about the war in Gaza, some of them called by the state, would be in a count of all
demonstrations and not in one of protests against the state. That fits, and is no finding: neither file names an actor or a demand. What
follows for a fit: until August 2023 either count will do up to a factor; after it the two measure different things, and a model of
protest against the state should not be held to a total that may hold rallies for it.
""")


def periods_table(found: Mapping[str, Any]) -> str:
    """Ratio and correlation by period, with intervals of correlations where there are weeks enough."""
    table = ["| weeks that begin in | weeks | FDD for each of ACLED | 90 % interval | correlation by week | 90 % interval |"]
    table += ["| --- | --- | --- | --- | --- | --- |"]
    for row in (*found["periods"], found["after"], found["all"]):
        between = f"{number(row['correlation_low'])} to {number(row['correlation_high'])}" if row["weeks"] >= ENOUGH else ""
        ratios = (f"{row['ratio']:.2f}", f"{row['low']:.2f} to {row['high']:.2f}")
        table.append("| " + " | ".join([row["name"], str(row["weeks"]), *ratios, number(row["correlation"]), between]) + " |")
    return "\n".join(table)


def wrapped(text: str) -> str:
    """Paragraphs and items broken to one width; tables, figures and programs as they are."""
    blocks = []
    for block in text.strip().split("\n\n"):
        if block.startswith(("|", "#", "!", "```")):
            blocks.append(block)
            continue
        items = block.startswith("* ")
        parts = ["* " + part for part in block.removeprefix("* ").split("\n* ")] if items else [block]
        hang = "  " if items else ""
        blocks.append("\n".join(fill(" ".join(part.split()), WIDTH, subsequent_indent=hang, break_on_hyphens=False) for part in parts))
    return "\n" + "\n\n".join(blocks) + "\n"


def number(value: float) -> str:
    """A correlation, as the field writes it."""
    return f"{value:.2f}".replace("0.", ".").replace("-", "−")


def iran_figure(found: Mapping[str, Any]) -> str:
    """Ratio by month, and correlation by period with its interval."""
    with sheet("iran", 640, 400) as figure:
        figure.set_layout_engine("constrained", w_pad=6 / 72, h_pad=6 / 72)
        above, below = figure.subplots(2, 1, height_ratios=(1.25, 1))
        months = found["months"]
        at = np.arange(len(months))
        above.axhline(1, color=colour("soft"), linewidth=0.9)
        above.plot(at, [m["ratio"] for m in months], color=CURVES[0], linewidth=1.6, marker="o", markersize=5)
        above.set(xlim=(-0.5, len(months) - 0.5), ylim=(0, None))
        above.set_xticks(
            at,
            [m["month"][:3] + (f"\n{m['month'][-4:]}" if m["month"][:3] in ("Sep", "Jan") and k < 5 else "") for k, m in enumerate(months)],
        )
        above.set_title("FDD's protests for each of ACLED's demonstrations, by month", loc="left", fontweight="bold", fontsize=10.5)
        above.set_ylabel("ratio")
        rows = [row for row in (*found["periods"], found["after"]) if row["weeks"] >= ENOUGH]
        places = np.arange(len(rows))[::-1]
        middle = np.array([row["correlation"] for row in rows])
        ends = np.array([[row["correlation_low"], row["correlation_high"]] for row in rows]).T
        below.axvline(0, color=colour("soft"), linewidth=0.9)
        below.errorbar(middle, places, xerr=np.abs(ends - middle), fmt="o", color=CURVES[0], markersize=6, elinewidth=1.4)
        below.set_yticks(places, [f"{row['name'].replace(' to ', ' to' + chr(10), 1)}, {row['weeks']} weeks" for row in rows])
        below.set(xlim=(-1, 1), ylim=(-0.6, len(rows) - 0.4))
        below.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "−.5", "0", ".5", "1"])
        below.set_title("Correlation by week, with 90 % interval", loc="left", fontweight="bold", fontsize=10.5)
        for axes in (above, below):
            axes.grid(axis="y" if axes is above else "x")
            axes.spines["bottom"].set_visible(True)
        words = "Ratio of two counts of protests in Iran by month, and their correlation by week in four periods"
        return alone(inline(figure, "iran", words)) + "\n"


def lists_figure(rows: Sequence[Mapping[str, Any]]) -> str:
    """What dependence and size do to estimates and to the coverage of their intervals."""
    with sheet("lists", 640, 470) as figure:
        figure.set_layout_engine("constrained", w_pad=6 / 72, h_pad=6 / 72)
        grid = figure.subplots(2, 2, sharex="col", sharey="row")
        kinds = (
            ("the second list follows", "dependence: log-odds ratio\nof the second list given the first"),
            ("large events", "size: log-odds of each list\nfor a unit of size"),
        )
        for column, (begins, name) in enumerate(kinds):
            for k, (estimator, label) in enumerate(ESTIMATORS.items()):
                some = [row for row in rows if row["world"].startswith(begins) and row["estimator"] == estimator]
                x = [float(row["world"].split("log-odds ")[1].split()[0]) for row in some]
                how = {"color": CURVES[k], "linestyle": DASHES[k], "linewidth": 1.6, "marker": "o", "markersize": 3.5}
                grid[0, column].plot(x, [row["median"] for row in some], label=label, **how)
                grid[1, column].plot(x, [100 * row["covered"] for row in some], **how)
            grid[0, column].axhline(1, color=colour("soft"), linewidth=0.9)
            grid[1, column].axhline(90, color=colour("soft"), linewidth=0.9)
            grid[1, column].set_xlabel(name)
        grid[0, 0].set_title("One list follows another", loc="left", fontweight="bold", fontsize=10.5)
        grid[0, 1].set_title("Large events are recorded more easily", loc="left", fontweight="bold", fontsize=10.5)
        grid[0, 0].set_ylabel("estimate / truth, median")
        grid[1, 0].set_ylabel("intervals that hold the truth, %")
        grid[0, 0].set_ylim(0.5, None)
        grid[1, 0].set_ylim(-3, 103)
        for axes in grid.flat:
            axes.grid(axis="y")
            axes.spines["bottom"].set_visible(True)
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=2, borderaxespad=0.8)
        words = "Median estimate over truth and coverage of nominal 90 % intervals, as lists depend on each other or on the size of events"
        return alone(inline(figure, "lists", words)) + "\n"


def coverage_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows in which all that is assumed holds."""
    table = [
        "| lists | events | chance of each list | matches, poorest two | truths | covered, % | exactly, % |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        if row["sound"]:
            exactly = "" if row["exactly"] is None else f"{100 * row['exactly']:.1f}"
            chances = ", ".join(f"{p:g}" for p in row["chances"])
            counts = (len(row["chances"]), f"{row['events']:,}", chances, f"{row['matches']:.0f}", f"{row['truths']:,}")
            table.append("| " + " | ".join([*map(str, counts), f"{100 * row['covered']:.1f}", exactly]) + " |")
    return "\n".join(table)


def shown(rows: Sequence[Mapping[str, Any]], begins: str, estimator: str, amount: str) -> Mapping[str, Any]:
    """The row of an estimator in a world."""
    return next(
        row
        for row in rows
        if row["world"].startswith(begins) and row["world"].split("log-odds ")[1].split()[0] == amount and row["estimator"] == estimator
    )


def percent(share: float) -> str:
    """A share as text."""
    return f"{100 * share:.0f} %"


def lists_part(rows: Sequence[Mapping[str, Any]]) -> str:
    """All of the page before Iran."""
    return wrapped(f"{ABOUT}\n\n{coverage_part(rows)}\n\n{failures_part(rows)}").lstrip() + "\n"


def coverage_part(rows: Sequence[Mapping[str, Any]]) -> str:
    """What was measured where all that is assumed holds."""
    sound = [row for row in rows if row["sound"] and not row["verdict"].startswith("shown")]
    judged, few = (
        [row["covered"] if row["exactly"] is None else row["exactly"] for row in some]
        for some in (sound, [row for row in rows if row["sound"] and row not in sound])
    )
    outside = sum(row["verdict"].startswith("OUTSIDE") for row in sound)
    within = f"{len(sound) - outside} of {len(sound)}" if outside else f"all {len(sound)}"
    alone_rows = " and ".join(percent(row["covered"]) for row in rows if row["estimator"] == "alone")
    return f"""An interval of the chosen model alone would forget that it was chosen by the same counts: it covers {alone_rows}
(three lists, 200 events, chances .2 .2 .2 and .3 .4 .3) where it says 90 %.

Nominal 90 % against simulated truth (`verification/coverage_of_lists.py`; lists independent, all events equally easy to record): with
twelve matches or more between any two lists, and five events or more that no list has, {within} worlds are within 88 to 92 %, from
{100 * min(judged):.1f} to {100 * max(judged):.1f} %; with fewer, they cover
{100 * min(few):.1f} to {100 * max(few):.1f} %. "Exactly" is a sum over all counts that can come about, without simulation.

{coverage_table(rows)}"""


def failures_part(rows: Sequence[Mapping[str, Any]]) -> str:
    """What was measured where it does not."""
    follows = {name: shown(rows, "the second list follows", name, "+1.5") for name in ESTIMATORS}
    weak = shown(rows, "the second list follows", "many", "+0.5")
    sized = {name: shown(rows, "large events", name, "0.5") for name in ESTIMATORS}

    def says(row: Mapping[str, Any]) -> str:
        return f"{row['median']:.2f} of the truth, and {percent(row['covered'])} of intervals hold it"

    return f"""## Where it fails

![Median estimate over truth and coverage, by dependence and by size](what-really-happened-lists.svg)

*{rows[-1]["events"]} events, lists that each record 30 %, {rows[-1]["truths"]} truths a point. Grey lines: the truth, and the 90 % that
intervals promise. A unit of size is a unit of a standard logistic. Chao's bound holds where its lower end is not above the truth.*

**One list follows another.** Where being on the first list raises the log-odds of the second by 1.5, two lists give
{says(follows["two"])}. A third list that is taken as independent gives
{says(follows["independent"])}. With interactions modelled, three lists give
{says(follows["many"])}. A weaker dependence is the harder one: at .5 BIC seldom sees it, and {percent(weak["covered"])} of
intervals hold the truth. Where one list avoids what the other has (left of 0), lists taken as independent give too much, and Chao's bound
is none.

**Large events are recorded more easily.** No list depends on another, and still each number is too low. At .5 a unit two lists give
{says(sized["two"])}; three lists with interactions give {says(sized["many"])}, for all pairs and the three together depend. Estimate large
and small events apart, and read the result as a lower bound: the lower end of Chao's is below the truth in
{percent(sized["bound"]["covered"])}."""


def main() -> int:
    """Write what can be written here."""
    rows = json.loads(COVERAGE.read_text(encoding="utf-8"))
    folder = Path(os.environ.get("GROUNDSWELL_RECORDS", "no-folder"))
    if (folder / DAILY).is_file():
        found = iran(folder)
        part = iran_part(found)
        write(DOCS / "what-really-happened-iran.svg", iran_figure(found))
    else:
        part = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
        print("GROUNDSWELL_RECORDS does not name a folder with both counts: the part about Iran stays as it is")
    write(DOCS / "what-really-happened-lists.svg", lists_figure(rows))
    write(PAGE, f"{lists_part(rows)}{BEGIN}{part}{wrapped(LIMITS)}")
    return 0


def write(target: Path, text: str) -> None:
    """Write a file whole, and say so."""
    write_text(target, text)
    print(target)


if __name__ == "__main__":
    sys.exit(main())
