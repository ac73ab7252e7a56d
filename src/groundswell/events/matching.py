"""Which rows of several records are one event: a rule that is declared, and a count of what it could not decide.

Two rows of different lists may be one event if they name the same region, are at most so many days apart, and are of kinds and sizes
that can be the same. Of all such pairs the nearest are joined first: by days apart, then kilometres (or the name of the place), then
kind, then ratio of sizes; what a list does not tell ranks behind all that is told. An event stands on a list once. With more than two
lists, two groups join where every row of the one may be every row of the other, so that no chain of near dates joins what is far apart.
Equal distances are settled by what the rows say, never by their order: the same files in another order give the same matches.

A match is ambiguous where, when its turn came, another free row was equally near. Matches that chance would make are counted by
matching again with the later lists moved by whole weeks.

Fellegi, I. P. & Sunter, A. B. (1969) A theory for record linkage. Journal of the American Statistical Association 64, 1183-1210, on
what errors of matching do: matches missed make a capture-recapture estimate too high, false ones too low.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, nearest
from groundswell.events.lists import MOST_LISTS
from groundswell.events.table import KINDS
from groundswell.events.weekly import DEMONSTRATIONS

if TYPE_CHECKING:
    import polars as pl

    from groundswell.events.table import Events

MOST_CANDIDATES = 2_000_000
TURNS = (1, 2, 3)  # sevenths of the common period
LEAST_WEEKS = 21  # with fewer, events that are turned by a seventh still stand near themselves
TOLD = 5  # regions in a note
LONGEST = 31  # days: what lasted longer has no day on which to look for it
EARTH = 6371.0  # km
UNKNOWN = np.inf
REASONS = ("no single events", "no day", "no region", "lasts too long", "another kind", "outside the common period")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """What may be one event.

    Attributes:
        days: at most so many between the last day of the one and the first of the other; 0 where they must share a day.
        kilometres: at most so far apart, where both tell a town's coordinates; None asks for the region only.
        kinds: those that are looked at; others are set aside.
        same_kind: whether the kind must be the same, or any of `kinds` may be any other.
        size: the sizes' greatest ratio, where both tell one, above 1; None takes any.
    """

    days: int = 1
    kilometres: float | None = None
    kinds: tuple[str, ...] = DEMONSTRATIONS
    same_kind: bool = False
    size: float | None = None

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        if not 0 <= self.days <= LONGEST:
            raise InputError(f"is from 0 to {LONGEST}, not {self.days}", key="days")
        if self.kilometres is not None and not 0 <= self.kilometres < UNKNOWN:
            raise InputError(f"is a distance, not {self.kilometres}", key="kilometres")
        if self.size is not None and not 1 <= self.size < UNKNOWN:
            raise InputError(f"is a ratio from 1 up, not {self.size}", key="size")
        for kind in self.kinds:
            if kind not in KINDS:
                raise InputError(f"no kind of event is named {kind!r}", key="kinds", nearest=nearest(kind, KINDS))


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


@dataclass
class _Rows:
    """The rows of all lists that take part, as arrays in the order of what they say."""

    of: Ints
    row: Ints
    first: Ints
    last: Ints
    region: Ints
    kind: Ints
    place: Ints
    latitude: Floats
    longitude: Floats
    low: Floats
    high: Floats
    group: list[int] = field(default_factory=list)


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
    groups = _joined(rows, rule, len(tables))
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


def _arranged(frames: Sequence[pl.DataFrame]) -> _Rows:
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
    return _Rows(
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


def _candidates(rows: _Rows, days: int, lists: int) -> tuple[Ints, Ints]:
    """Pairs of rows of different lists, the lower list first, of one region and at most so many days apart.

    Raises:
        InputError: there are more than `MOST_CANDIDATES`.
    """
    span = int((rows.last - rows.first).max(initial=0))
    base = int(rows.first.min()) - span - days
    width = int(rows.last.max()) + days - base + 2
    key = rows.region * width + rows.first - base  # one number a region and day, so that a search finds both
    found: list[tuple[Ints, Ints]] = []
    most = MOST_CANDIDATES
    for b in range(1, lists):
        theirs = np.flatnonzero(rows.of == b)
        theirs = theirs[np.argsort(key[theirs], kind="stable")]
        ours = np.flatnonzero(rows.of < b)
        low = np.searchsorted(key[theirs], key[ours] - span - days, "left")
        high = np.searchsorted(key[theirs], rows.region[ours] * width + rows.last[ours] + days - base, "right")
        number = high - low
        most -= int(number.sum())
        if most < 0:
            raise InputError(f"more than {MOST_CANDIDATES} pairs may be one event; ask for fewer days apart, or for a part", key="days")
        left = np.repeat(ours, number)
        right = theirs[np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number) + np.repeat(low, number)]
        near = (rows.first[left] - rows.last[right] <= days) & (rows.first[right] - rows.last[left] <= days)
        found.append((left[near], right[near]))
    return np.concatenate([one for one, _ in found]), np.concatenate([other for _, other in found])


def _distances(rows: _Rows, a: Ints, b: Ints, rule: Rule) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Days, kilometres, difference of kind and ratio of sizes of pairs, shape (pairs, 4); and which the rule allows."""
    apart = np.maximum(np.maximum(rows.first[a] - rows.last[b], rows.first[b] - rows.last[a]), 0)
    kilometres = _kilometres(rows, a, b)
    named = (rows.place[a] > 0) & (rows.place[a] == rows.place[b])
    kilometres = np.where(named & ~(kilometres < UNKNOWN), 0.0, kilometres)
    other_kind = rows.kind[a] != rows.kind[b]
    ratio = np.maximum(rows.low[a] / np.maximum(rows.high[b], 1), rows.low[b] / np.maximum(rows.high[a], 1))
    ratio = np.where(np.isnan(ratio), UNKNOWN, np.maximum(ratio, 1.0))
    allowed = np.ones(len(a), bool)
    if rule.kilometres is not None:
        allowed &= (kilometres <= rule.kilometres) | (kilometres == UNKNOWN)
    if rule.same_kind:
        allowed &= ~other_kind
    if rule.size is not None:
        allowed &= (ratio <= rule.size) | (ratio == UNKNOWN)
    return np.column_stack([apart, kilometres, other_kind, ratio]).astype(np.float64), allowed


def _kilometres(rows: _Rows, a: Ints, b: Ints) -> Floats:
    """Great-circle distance in tenths of a kilometre, so that no last digit decides; infinite where a town is not told."""
    lat_a, lat_b = np.radians(rows.latitude[a]), np.radians(rows.latitude[b])
    half = (
        np.sin((lat_a - lat_b) / 2) ** 2
        + np.cos(lat_a) * np.cos(lat_b) * np.sin(np.radians(rows.longitude[a] - rows.longitude[b]) / 2) ** 2
    )
    found = np.round(2 * EARTH * np.arcsin(np.sqrt(np.minimum(half, 1.0))), 1)
    return np.where(np.isnan(found), UNKNOWN, found)


@dataclass
class _Group:
    """Rows that are one event so far."""

    rows: list[int]
    lists: int
    ambiguous: bool = False


def _joined(rows: _Rows, rule: Rule, lists: int) -> list[_Group]:
    """Groups of rows that are one event, in the order of their first row."""
    a, b = _candidates(rows, rule.days, lists)
    distances, allowed = _distances(rows, a, b, rule)
    a, b, distances = a[allowed], b[allowed], distances[allowed]
    order = np.lexsort((b, a, *distances.T[::-1]))
    a, b, distances = a[order], b[order], distances[order]
    new = np.ones(len(a), bool)
    new[1:] = (distances[1:] != distances[:-1]).any(axis=1)
    starts = [*np.flatnonzero(new).tolist(), len(a)]
    pairs = list(zip(a.tolist(), b.tolist(), strict=True))
    near = set(pairs) if lists > 2 else None
    group = {row: _Group([row], 1 << int(of)) for row, of in enumerate(rows.of.tolist())}
    for first, last in pairwise(starts):
        free = [(one, other) for one, other in pairs[first:last] if _may_join(group[one], group[other], near)]
        rivals = _rivals(rows, free)
        for one, other in free:
            mine, theirs = group[one], group[other]
            if not _may_join(mine, theirs, near):
                continue
            doubt = rivals[one, int(rows.of[other])] > 1 or rivals[other, int(rows.of[one])] > 1
            whole = _Group(sorted(mine.rows + theirs.rows), mine.lists | theirs.lists, mine.ambiguous or theirs.ambiguous or doubt)
            group.update(dict.fromkeys(whole.rows, whole))
    return [whole for row, whole in group.items() if whole.rows[0] == row]


def _may_join(one: _Group, other: _Group, near: set[tuple[int, int]] | None) -> bool:
    """Whether two groups are on different lists and every row of the one may be every row of the other."""
    if one.lists & other.lists:
        return False
    return near is None or all((min(a, b), max(a, b)) in near for a in one.rows for b in other.rows)  # rows are sorted by list


def _rivals(rows: _Rows, free: Sequence[tuple[int, int]]) -> Counter[tuple[int, int]]:
    """How many rows of each list are equally near to a row."""
    found: Counter[tuple[int, int]] = Counter()
    for one, other in free:
        found[one, int(rows.of[other])] += 1
        found[other, int(rows.of[one])] += 1
    return found


def _events(rows: _Rows, groups: Sequence[_Group], names: Sequence[str]) -> pl.DataFrame:
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


def _repeats(rows: _Rows, k: int) -> int:
    """Rows of a list that say the same as an earlier one: day, place, kind and size."""
    mine = rows.of == k
    said = (rows.first, rows.last, rows.region, rows.kind, rows.place, np.nan_to_num(rows.low, nan=-1), np.nan_to_num(rows.high, nan=-1))
    table = np.column_stack([values[mine] for values in said])
    return len(table) - len(np.unique(table, axis=0))


def _by_chance(rows: _Rows, rule: Rule, lists: int, length: int) -> float:
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
        found += sum(len(whole.rows) > 1 for whole in _joined(turned, rule, lists))
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
