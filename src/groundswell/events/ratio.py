"""Two counts of the same that were never matched: how many times more the one has, and whether they move together. Never a total.

Counts by week identify the product of what happened and of the share that was recorded, so two of them identify the ratio of the
shares and nothing of the total: any total above both is as likely as any other. Weeks are dependent on their neighbours, so intervals
come from a bootstrap of blocks of weeks, both counts together (Politis & Romano 1992, circular blocks).

Politis, D. N. & Romano, J. P. (1992) A circular block-resampling procedure for stationary data. In LePage & Billard (eds) Exploring the
Limits of Bootstrap, Wiley, 263-270.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, nan
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws, Stream
from groundswell.core.errors import InputError
from groundswell.events.capture_recapture import checked_level
from groundswell.events.weekly import DEMONSTRATIONS

if TYPE_CHECKING:
    from groundswell.events.table import Events

BLOCKS = Stream("ratio_blocks", 2900, "which week a block of a bootstrap begins with, by replicate and number")
REPLICATES = 4000
LEAST_WEEKS = 4
SATURDAY = 6  # as dates count it, Monday 1

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ratio:
    """Two counts compared.

    Attributes:
        weeks: compared.
        block: weeks of a block of the bootstrap.
        first, second: the two totals.
        ratio: second over first; nan where the first is 0.
        low, high: interval of the ratio of the wanted level.
        correlation: Pearson's, of the weekly counts; nan where one does not vary.
        correlation_low, correlation_high: its interval.
    """

    weeks: int
    block: int
    first: float
    second: float
    ratio: float
    low: float
    high: float
    correlation: float
    correlation_low: float
    correlation_high: float


def ratio(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    level: float = 0.9,
    block: int | None = None,
    replicates: int = REPLICATES,
    seed: int = 1,
) -> Ratio:
    """The ratio of two counts of the same weeks, and their correlation.

    Args:
        first, second: counts, one a week, in the order of time; shape (weeks,).
        level: of the intervals, above 0 and below 1.
        block: weeks of a block; by default the cube root of the weeks, rounded up.
        replicates: of the bootstrap.
        seed: of its draws.

    Raises:
        InputError: the counts are of different length, of fewer than four weeks, negative or not finite; or a block is longer than all.
    """
    a, b = (np.asarray(values, np.float64) for values in (first, second))
    if a.shape != b.shape or a.ndim != 1:
        raise InputError(f"needs two counts of the same weeks, not {a.shape} and {b.shape}", key="weeks")
    if len(a) < LEAST_WEEKS:
        raise InputError(f"{len(a)} weeks are too few for an interval; it takes {LEAST_WEEKS}", key="weeks")
    if not (np.isfinite(a).all() and np.isfinite(b).all() and (a >= 0).all() and (b >= 0).all()):
        raise InputError("a count is negative or no number", key="weeks")
    checked_level(level)
    block = ceil(len(a) ** (1 / 3) - 1e-9) if block is None else block
    if not 1 <= block <= len(a):
        raise InputError(f"a block has from 1 to {len(a)} weeks, not {block}", key="block")
    chosen = _blocks(len(a), block, replicates, seed)
    ones, others = a[chosen], b[chosen]
    low, high = _middle(_ratios(ones.sum(axis=1), others.sum(axis=1)), level)
    least, most = _middle(_correlations(ones, others), level)
    together = float(_ratios(a.sum(keepdims=True), b.sum(keepdims=True))[0])
    agreed = float(_correlations(a[None], b[None])[0])
    return Ratio(len(a), block, float(a.sum()), float(b.sum()), together, low, high, agreed, least, most)


def total(counts: Sequence[npt.ArrayLike]) -> NoReturn:
    """Refuses: a total cannot be had from counts that were not matched event by event.

    Raises:
        InputError: always.
    """
    problem = (
        f"{len(counts)} counts that were not matched identify the ratio of what they record and no total: "
        "use groundswell.events.ratio.ratio, or match the events of two lists (groundswell.events.matching.match)"
    )
    raise InputError(problem, key="total")


def _blocks(weeks: int, block: int, replicates: int, seed: int) -> npt.NDArray[np.int64]:
    """Weeks that are drawn, in blocks that go round; shape (replicates, weeks)."""
    number = ceil(weeks / block)
    drawn = Draws(seed).uniform(BLOCKS, 0, np.arange(number), np.arange(replicates)[:, None])
    starts = (drawn * weeks).astype(np.int64)
    return ((starts[:, :, None] + np.arange(block)) % weeks).reshape(replicates, -1)[:, :weeks]


def _ratios(a: Floats, b: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = np.where(a > 0, b / a, nan)
    return result


def _correlations(a: Floats, b: Floats) -> Floats:
    """Of each row; nan where one does not vary."""
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    size = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.where(size > 0, (a * b).sum(axis=1) / np.where(size > 0, size, 1), nan)


def _middle(values: Floats, level: float) -> tuple[float, float]:
    """What holds the middle share of values that are defined."""
    known = values[~np.isnan(values)]
    if not len(known):
        return nan, nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def weekly_counts(tables: Sequence[Events], kinds: Sequence[str] = DEMONSTRATIONS) -> tuple[list[date], list[Floats], list[Counter[str]]]:
    """Events a week of each record, in the whole weeks that all of them cover.

    Weeks begin as those of the records do that count by week, else on Saturday. A week in which a record has no row counts 0.

    Returns:
        First days of the weeks, the counts of each record, and the events of each that were left out, by reason.

    Raises:
        InputError: records that count by week begin it on different days, or no week is common.
    """
    import polars as pl

    left_out: list[Counter[str]] = []
    frames = []
    for table in tables:
        frame, why = table.frame, Counter[str]()
        for reason, keep in (
            ("another kind", pl.col("kind").cast(pl.String).is_in(list(kinds))),
            ("no week", pl.col("precision").cast(pl.String).is_in(["day", "week"])),
        ):
            why[reason] += int(frame.filter(~keep)["count"].sum())
            frame = frame.filter(keep)
        if frame.is_empty():
            raise InputError("has no event of these kinds with a day or a week", file=table.file, key="kinds")
        frames.append(frame)
        left_out.append(why)
    begins = {day for frame in frames for day in frame.filter(pl.col("precision").cast(pl.String) == "week")["first"].dt.weekday().unique()}
    if len(begins) > 1:
        raise InputError(f"weeks begin on different days of the week: {sorted(begins)} (1 is Monday)", key="week")
    begin = begins.pop() if begins else SATURDAY
    day = timedelta(days=1)
    start = max(_next(_date(frame["first"].min()), begin) for frame in frames)
    end = min(_next(_date(frame["last"].max()) - 5 * day, begin) for frame in frames)  # of the first week that is not whole
    weeks = [start + 7 * k * day for k in range((end - start).days // 7)]
    if not weeks:
        raise InputError("the records have no whole week in common", key="weeks")
    counts = []
    for frame, why in zip(frames, left_out, strict=True):
        at = ((frame["first"] - start).dt.total_days() // 7).to_numpy()
        inside = (at >= 0) & (at < len(weeks))
        number = frame["count"].to_numpy()
        why["outside the common weeks"] += int(number[~inside].sum())
        counts.append(np.bincount(at[inside], weights=number[inside], minlength=len(weeks)).astype(np.float64))
    return weeks, counts, left_out


def _date(found: Any) -> date:
    """What polars finds in a column of days, which it types as anything."""
    assert isinstance(found, date)
    return found


def _next(day: date, weekday: int) -> date:
    """The first day of a week on or after a day."""
    return day + timedelta(days=(weekday - day.isoweekday()) % 7)
