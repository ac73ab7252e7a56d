"""Which rows of several records are one event: a rule that is declared, and a count of what it could not decide.

Two rows of different lists may be one event if they name the same region, are at most so many days apart, and are of kinds and sizes
that can be the same; `groundswell.events.joining` says which of them are joined. Matches that chance would make are counted by matching
again with the later lists moved by whole weeks.

Fellegi, I. P. & Sunter, A. B. (1969) A theory for record linkage. Journal of the American Statistical Association 64, 1183-1210, on
what errors of matching do: matches missed make a capture-recapture estimate too high, false ones too low.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell.core.errors import InputError, nearest
from groundswell.events.joining import LONGEST, Floats, Group, Ints, Rows, Rule, joined
from groundswell.events.lists import MOST_LISTS

if TYPE_CHECKING:
    import polars as pl

    from groundswell.events.table import Events

TURNS = (1, 2, 3)  # sevenths of the common period
LEAST_WEEKS = 21  # with fewer, events that are turned by a seventh still stand near themselves
TOLD = 5  # regions in a note
REASONS = ("no single events", "no day", "no region", "lasts too long", "another kind", "outside the common period")


@dataclass(frozen=True, eq=False)
class Matched:
    """Rows of several lists, joined into events.

    Attributes:
        names: of the lists.
        rule: by which they were matched.
        first, last: the days that all lists cover; what lies outside is set aside.
        events: one row an event that was seen: `history`, the row of each list (a column for each name, null where it is not on it),
            `ambiguous`, and `days`: the greatest distance within it in days (0 where it is on one list).
        histories: events by capture history, such as "101"; all that can be seen, zeros too.
        kept: rows of each list that took part.
        set_aside: rows of each list that did not, by reason.
        repeats: rows of each list that say the same as an earlier one of it; they take part, and count twice if they are one event.
        by_chance: rows on more than one list if the later lists are moved by whole weeks, mean of some shifts; nan where it was not
            asked for or the period is too short.
        notes: what a reader should know.
    """

    names: tuple[str, ...]
    rule: Rule
    first: date
    last: date
    events: pl.DataFrame
    histories: Mapping[str, int]
    kept: tuple[int, ...]
    set_aside: tuple[Mapping[str, int], ...]
    repeats: tuple[int, ...]
    by_chance: float
    notes: tuple[str, ...] = ()

    @property
    def matched(self) -> int:
        """Events on more than one list."""
        return sum(count for history, count in self.histories.items() if history.count("1") > 1)

    @property
    def ambiguous(self) -> int:
        """Events on more than one list for which another row was equally near."""
        return int(self.events["ambiguous"].sum())


def match(
    tables: Sequence[Events],
    names: Sequence[str] | None = None,
    *,
    rule: Rule | None = None,
    period: tuple[date | None, date | None] = (None, None),
    chance: bool = True,
) -> Matched:
    """Join the rows of two to five records into events.

    Args:
        tables: records of the same country.
        names: of the lists; by default the first, second, ... letters of the alphabet.
        rule: what may be one event.
        period: the first and the last day looked at; by default from where the last list begins to where the first one ends.
        chance: also count what chance would match, which takes four times as long.

    Raises:
        InputError: fewer than two or more than five lists; a list whose rows are no single events with a day and a region (counts by
            week can be compared by `groundswell.events.ratio`, not matched); lists without a common day, or of more than one country;
            or more pairs than can be looked at.
    """
    rule, names = rule or Rule(), tuple(names or "ABCDE"[: len(tables)])
    if not 2 <= len(tables) <= MOST_LISTS:
        raise InputError(f"needs from 2 to {MOST_LISTS} lists, not {len(tables)}", key="lists")
    if len(set(names)) != len(tables):
        raise InputError(f"needs one name a list, all different, not {names}", key="names")
    notes = _notes(tables, names)
    usable, set_aside = zip(*(_usable(table, name, rule) for table, name in zip(tables, names, strict=True)), strict=True)
    first = period[0] or max(frame["first"].min() for frame in usable)
    last = period[1] or min(frame["last"].max() for frame in usable)
    if first > last:
        raise InputError(f"the lists have no day in common: the period would begin on {first} and end on {last}", key="lists")
    common = [frame.filter((frame["last"] >= first) & (frame["first"] <= last)) for frame in usable]
    for frame, whole, why in zip(common, usable, set_aside, strict=True):
        why["outside the common period"] += whole.height - frame.height
    if any(frame.is_empty() for frame in common):
        name = names[[frame.is_empty() for frame in common].index(True)]
        raise InputError(f"{name!r} has no event from {first} to {last}, the days that are compared", key="lists")
    rows = _arranged(common)
    groups = joined(rows, rule, len(tables))
    events = _events(rows, groups, names)
    counts = Counter(events["history"].to_list())
    every = [format(code, f"0{len(tables)}b") for code in range(1, 2 ** len(tables))]
    return Matched(
        names,
        rule,
        first,
        last,
        events,
        {history: counts.get(history, 0) for history in sorted(every, reverse=True)},
        tuple(frame.height for frame in common),
        set_aside,
        tuple(_repeats(rows, k) for k in range(len(tables))),
        _by_chance(rows, rule, len(tables), (last - first).days + 1) if chance else float("nan"),
        (*notes, *_lone_regions(common, names)),
    )


def _notes(tables: Sequence[Events], names: Sequence[str]) -> tuple[str, ...]:
    """What countries the lists are of.

    Raises:
        InputError: one is of several.
    """
    told = {}
    for table, name in zip(tables, names, strict=True):
        countries = sorted(table.frame["country"].drop_nulls().unique().to_list())
        if len(countries) > 1:
            raise InputError(f"{name!r} is of {len(countries)} countries; choose one before matching", file=table.file, key="country")
        told.update(dict.fromkeys(countries, name))
    return (f"the lists name their country differently: {', '.join(map(repr, sorted(told)))}",) if len(told) > 1 else ()


def _usable(table: Events, name: str, rule: Rule) -> tuple[pl.DataFrame, Counter[str]]:
    """The rows that are single events with a day and a region, and why others are not.

    Raises:
        InputError: none is.
    """
    import polars as pl

    frame = table.frame
    why = (
        pl.when(pl.col("count") != 1)
        .then(pl.lit(REASONS[0]))
        .when(~pl.col("kind").cast(pl.String).is_in(rule.kinds))
        .then(pl.lit(REASONS[4]))
        .when(pl.col("precision").cast(pl.String) != "day")
        .then(pl.lit(REASONS[1]))
        .when(pl.col("region").is_null())
        .then(pl.lit(REASONS[2]))
        .when(pl.col("last") - pl.col("first") >= timedelta(days=LONGEST))
        .then(pl.lit(REASONS[3]))
        .alias("why")
    )
    frame = frame.with_columns(why)
    set_aside = Counter(frame["why"].drop_nulls().to_list())
    usable = frame.filter(pl.col("why").is_null()).drop("why")
    if usable.is_empty():
        reasons = ", ".join(f"{reason} {count}" for reason, count in set_aside.most_common()) or "it has no rows"
        problem = (
            f"{name!r} has no single event of the kinds wanted with a day and a region ({reasons}), so nothing can be matched and no "
            "total estimated: counts that are not matched identify their ratio only"
        )
        raise InputError(problem, file=table.file, key="lists")
    return usable, set_aside


def _arranged(frames: Sequence[pl.DataFrame]) -> Rows:
    """All rows, sorted by what they say and not by where they stand; rows that say the same are interchangeable."""
    import polars as pl

    together = pl.concat([frame.with_columns(pl.lit(k, pl.Int64).alias("of")) for k, frame in enumerate(frames)])
    said = ["region", "first", "last", "kind", "place", "latitude", "longitude", "size_low", "size_high"]
    more = ["place_precision", "deaths", "arrests", "reporter", "id"]
    together = together.with_columns(pl.col("region", "place").str.strip_chars().str.to_lowercase(), pl.col("kind").cast(pl.String))
    together = together.sort("of", *said, *more, "row", nulls_last=True)

    def codes(name: str) -> Ints:
        values = together[name].rank("dense").fill_null(0).to_numpy()
        return values.astype(np.int64)

    def days(name: str) -> Ints:
        return together[name].to_physical().to_numpy().astype(np.int64)

    def reals(name: str, where: Any = True) -> Floats:
        return np.where(where, together[name].cast(pl.Float64).fill_null(np.nan).to_numpy(), np.nan)

    town = (together["place_precision"].cast(pl.String) == "town").to_numpy()
    low, high = reals("size_low"), reals("size_high")
    return Rows(
        of=together["of"].to_numpy().astype(np.int64),
        row=together["row"].to_numpy().astype(np.int64),
        first=days("first"),
        last=days("last"),
        region=codes("region"),
        kind=codes("kind"),
        place=np.where(town, codes("place"), 0),
        latitude=reals("latitude", town),
        longitude=reals("longitude", town),
        low=np.where(np.isnan(low), high, low),
        high=np.where(np.isnan(high), low, high),
    )


def _events(rows: Rows, groups: Sequence[Group], names: Sequence[str]) -> pl.DataFrame:
    """One row an event; see `Matched.events`."""
    import polars as pl

    columns: dict[str, list[Any]] = {"history": [], **{name: [] for name in names}, "ambiguous": [], "days": []}
    for whole in groups:
        at = {int(rows.of[row]): int(rows.row[row]) for row in whole.rows}
        columns["history"].append("".join("1" if k in at else "0" for k in range(len(names))))
        for k, name in enumerate(names):
            columns[name].append(at.get(k))
        columns["ambiguous"].append(whole.ambiguous)
        members = np.array(whole.rows)
        columns["days"].append(max(0, int(rows.first[members].max() - rows.last[members].min())))
    kinds: dict[str, Any] = {"history": pl.String, **dict.fromkeys(names, pl.UInt32), "ambiguous": pl.Boolean, "days": pl.Int32}
    return pl.DataFrame(columns, schema=kinds).sort("history", *names, descending=[True] + [False] * len(names), nulls_last=True)


def _repeats(rows: Rows, k: int) -> int:
    """Rows of a list that say the same as an earlier one: day, place, kind and size."""
    mine = rows.of == k
    said = (rows.first, rows.last, rows.region, rows.kind, rows.place, np.nan_to_num(rows.low, nan=-1), np.nan_to_num(rows.high, nan=-1))
    table = np.column_stack([values[mine] for values in said])
    return len(table) - len(np.unique(table, axis=0))


def _by_chance(rows: Rows, rule: Rule, lists: int, length: int) -> float:
    """Events on more than one list where the lists are turned against each other by whole weeks within the common period.

    The turns are sevenths of the period: no two of five lists meet again in any of them.
    """
    weeks = length // 7
    if weeks < LEAST_WEEKS:
        return float("nan")
    start, found = int(rows.first.min()), 0
    for turn in TURNS:
        moved = (rows.first - start + 7 * (turn * weeks // 7) * rows.of) % (7 * weeks)
        turned = replace(rows, first=start + moved, last=start + moved + rows.last - rows.first)
        found += sum(len(whole.rows) > 1 for whole in joined(turned, rule, lists))
    return found / len(TURNS)


def _lone_regions(frames: Sequence[pl.DataFrame], names: Sequence[str]) -> list[str]:
    """A note for each list that names regions that no other does: they may be spelt differently."""
    regions = [Counter(frame["region"].str.strip_chars().str.to_lowercase().to_list()) for frame in frames]
    notes = []
    for k, (mine, name) in enumerate(zip(regions, names, strict=True)):
        others = {region for j, theirs in enumerate(regions) if j != k for region in theirs}
        alone = sorted(set(mine) - others)
        if alone:
            close = [(region, nearest(region, others)) for region in alone]
            told = [repr(region) + (f" (nearest elsewhere: {other!r})" if other else "") for region, other in close[:TOLD]]
            more = f" and {len(alone) - TOLD} more" if len(alone) > TOLD else ""
            rows = sum(mine[region] for region in alone)
            notes.append(f"{rows} rows of {name!r} are of regions that no other list names: {', '.join(told)}{more}")
    return notes
