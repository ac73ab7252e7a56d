"""Plots of a record of events that have no axis of dates: weekdays, bursts, weeks around a week, years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.report.axes import upwards
from groundswell.report.canvas import LARGE, SMALL, UNIT, area, colour, inline, sheet
from groundswell.report.figures import CURVES, DASHES, LEFT, RIGHT, WIDTH
from groundswell.report.numbers import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from groundswell.events.by_week import Year
    from groundswell.events.echoes import Echo
    from groundswell.events.exploring import Burst, Weekdays

Floats = npt.NDArray[np.float64]

HEAD, PLOT, FOOT = 22.0, 100.0, 24.0  # units: a heading, a plot, its numbers below
LEGEND = 13.0
NAMED = 3  # bursts that are named
APART = 0.12  # of their sizes, in logarithms
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _axes(figure: Figure, title: str, unit: str, y: float) -> Axes:
    """Axes below a heading with the unit on its right, from y down."""
    high = float(figure.get_size_inches()[1]) * UNIT
    figure.text(0, 1 - (y + 10) / high, title, fontsize=LARGE, fontweight="bold")
    figure.text(1 - RIGHT / WIDTH, 1 - (y + 10) / high, unit, ha="right", color=colour("soft"))
    return area(figure, LEFT, y + HEAD, WIDTH - RIGHT, y + HEAD + PLOT)


def _below(ax: Axes, words: str) -> None:
    """What the numbers along the axis are."""
    ax.annotate(
        words,
        (1, 0),
        (0, -21),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="right",
        va="top",
        color=colour("soft"),
        fontsize=SMALL,
    )


def weekday_plot(key: str, found: Weekdays) -> str:
    """The share of events on each day of the week, with its interval."""
    order = [(found.first + k) % 7 for k in range(7)]
    values, low, high = (100 / 7 * np.array([getattr(one, part) for one in found.shares]) for part in ("value", "low", "high"))
    names = [DAYS[k] for k in order]
    said = ", ".join(f"{name} {shown(value)} %" for name, value in zip(names, values, strict=True))
    with sheet(key, WIDTH, HEAD + PLOT + FOOT) as figure:
        ax = _axes(figure, "Share of the week's events", "%", 0)
        ax.bar(range(7), values, 0.64, color=colour("bar"))
        ax.vlines(range(7), low, high, color=CURVES[1], linewidth=1.6)
        upwards(ax, 0.0, float(np.nanmax([values, high])) * 1.06, root=False, whole=True)
        ax.axhline(100 / 7, color=colour("ink"), linewidth=0.9, linestyle=(0, (3, 2)))
        ax.set_xlim(-0.5, 6.5)
        ax.set_xticks(range(7), names)
        ax.tick_params(axis="x", length=0)
        return inline(figure, key, f"Share of events by day of the week: {said}; a seventh is 14.3 %.")


def burst_plot(key: str, bursts: Sequence[Burst], word: str) -> str:
    """Size against duration, the largest named."""
    weeks = np.array([one.weeks for one in bursts], np.float64)
    sizes = np.array([one.events for one in bursts], np.float64)
    # bursts of one length stand side by side, in the order of time
    beside = np.array([sum(other.weeks == one.weeks for other in bursts[:k]) for k, one in enumerate(bursts)])
    same = np.array([sum(other.weeks == one.weeks for other in bursts) for one in bursts])
    longest = max(int(weeks.max()), 4)
    x = weeks + 0.5 * (beside - (same - 1) / 2) / np.maximum(same, 2)
    largest: list[int] = []
    for k in sorted(range(len(bursts)), key=lambda k: -bursts[k].events)[:NAMED]:
        if all(abs(np.log(sizes[k] / sizes[other])) > APART for other in largest):  # else one name would stand on the other
            largest.append(k)
    with sheet(key, WIDTH, HEAD + PLOT + 30 + FOOT + 8) as figure:
        ax = _axes(figure, "Bursts", f"{word}, log axis", 0)
        ax.set_position(
            (
                LEFT / WIDTH,
                (FOOT + 8) / (HEAD + PLOT + 30 + FOOT + 8),
                (WIDTH - LEFT - RIGHT) / WIDTH,
                (PLOT + 30) / (HEAD + PLOT + 30 + FOOT + 8),
            )
        )
        ax.set_yscale("log")
        low, high = float(sizes.min()) / 1.5, float(sizes.max()) * 1.6
        ticks = [f * 10.0**e for e in range(8) for f in (1, 2, 5) if low <= f * 10.0**e <= high]
        ax.set_yticks(ticks, [shown(tick) for tick in ticks])
        ax.minorticks_off()
        ax.set_ylim(low, high)
        ax.grid(axis="y")
        ax.spines["bottom"].set_visible(True)
        ax.spines["bottom"].set_linewidth(0.8)
        ax.plot(x, sizes, "o", markersize=5.5, markerfacecolor="none", markeredgecolor=CURVES[0], markeredgewidth=1.2)
        for k in largest:
            left = x[k] > 0.62 * (longest + 0.5)
            ax.annotate(
                str(bursts[k].start), (x[k], sizes[k]), (-6 if left else 6, 0), textcoords="offset points", ha="right" if left else "left",
                va="center", fontsize=SMALL, color=colour("soft"),
            )  # fmt: skip
        ax.set_xlim(0.4, longest + 0.6)
        every = max(1, -(-longest // 12))
        ax.set_xticks(range(1, longest + 1, every))
        _below(ax, "weeks that it lasted")
        named = ", ".join(f"{bursts[k].start}: {shown(bursts[k].events)} in {bursts[k].weeks} weeks" for k in largest)
        return inline(figure, key, f"{len(bursts)} bursts of {shown(sizes.min())} to {shown(sizes.max())} {word}; the largest: {named}.")


def echo_plot(key: str, title: str, found: Echo, word: str) -> str:
    """Counts around weeks with deaths and around their matches, and the difference with its band."""
    lags = np.array(found.lags, np.float64)
    after, matched, low, high = (np.array(values) for values in (found.after, found.matched, found.low, found.high))
    height = HEAD + LEGEND + PLOT + 12 + HEAD + PLOT + FOOT + 8
    with sheet(key, WIDTH, height) as figure:
        top = _axes(figure, f"Mean count of {word}", "events a week", LEGEND)
        figure.texts[-2].set_y(1 - 10 / height)
        figure.texts[-1].set_y(1 - 10 / height)
        for k, (values, name) in enumerate(((after, "weeks with deaths"), (matched, "matched weeks without"))):
            top.plot(lags, values, color=CURVES[k], linestyle=DASHES[k], linewidth=1.5, marker="o", markersize=3.2, label=name)
        upwards(top, 0.0, float(max(after.max(), matched.max())) * 1.06, root=False, whole=False)
        top.legend(loc="lower left", bbox_to_anchor=(-LEFT / (WIDTH - LEFT - RIGHT), 1.03), ncols=2)
        bottom = _axes(figure, "Difference", "events a week", HEAD + LEGEND + PLOT + 12)
        bottom.fill_between(lags, low, high, color=CURVES[0], alpha=0.25, linewidth=0)
        bottom.plot(lags, after - matched, color=CURVES[0], linewidth=1.5, marker="o", markersize=3.2)
        ends = min(float(np.nanmin(low)), 0.0), max(float(np.nanmax(high)), 0.0)
        room = 0.06 * max(ends[1] - ends[0], 1e-9)
        upwards(bottom, ends[0] - room, ends[1] + room, root=False, whole=False)
        for ax in (top, bottom):
            ax.axvspan(4.5, 6.5, facecolor=colour("shade"), edgecolor="none", zorder=0)
            ax.set_xlim(lags[0] - 0.4, lags[-1] + 0.4)
            ax.set_xticks([])
        bottom.set_xticks([int(lag) for lag in lags if lag % 2 == 0], [str(int(lag)).replace("-", "−") for lag in lags if lag % 2 == 0])
        bottom.tick_params(axis="x", length=0, pad=6)
        _below(bottom, "weeks after the week with deaths")
        numbers = (
            f"difference about the fortieth day {shown(found.echo)}, 90 % interval {shown(found.echo_low)} to {shown(found.echo_high)}"
        )
        return inline(figure, key, f"{title}: {found.cases} weeks; {numbers}.")


def year_plot(key: str, years: Sequence[Year], word: str) -> str:
    """Events by year, and the share of empty region-weeks."""
    at = np.array([one.year for one in years])
    rows: list[tuple[str, str, Floats]] = [
        (f"{word.capitalize()} by year", "events a year", np.array([one.events for one in years], np.float64))
    ]
    empty = 100 * np.array([one.empty for one in years])
    if np.isfinite(empty).any():
        rows.append(("Region-weeks without an event", "%", empty))
    said = []
    with sheet(key, WIDTH, len(rows) * (HEAD + PLOT) + (len(rows) - 1) * 30 + FOOT) as figure:
        for k, (title, unit, values) in enumerate(rows):
            ax = _axes(figure, title, unit, k * (HEAD + PLOT + 30))
            known = np.isfinite(values)
            ax.bar(at[known], values[known], 0.64, color=colour("bar"))
            top = 100.0 if unit == "%" else max(float(np.nanmax(values)), 1.0) * 1.04
            upwards(ax, 0.0, top, root=False, whole=True)
            ax.set_xlim(at[0] - 0.5, at[-1] + 0.5)
            every = next(n for n in (1, 2, 5, 10, 20) if (WIDTH - LEFT - RIGHT) / len(at) * n >= 30 or n == 20)
            ax.set_xticks([int(year) for year in at if year % every == 0 or len(at) == 1])
            ax.tick_params(axis="x", length=0)
            told = ", ".join(f"{year} {shown(value)}" for year, value in zip(at, values, strict=True) if np.isfinite(value))
            said.append(f"{title}, {unit}: {told}.")
        return inline(figure, key, " ".join(said))
