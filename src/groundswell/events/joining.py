"""Joining rows of several lists that may be one event, nearest pairs first.

Of all pairs that a rule allows the nearest are joined first: by days apart, then kilometres (or the name of the place), then kind, then
ratio of sizes; what a list does not tell ranks behind all that is told. An event stands on a list once. With more than two lists, two
groups join where every row of the one may be every row of the other, so that no chain of near dates joins what is far apart. Equal
distances are settled by what the rows say, never by their order: the same files in another order give the same events. A join is
ambiguous where, when its turn came, another free row was equally near.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, nearest
from groundswell.events.table import KINDS
from groundswell.events.weekly import DEMONSTRATIONS

MOST_CANDIDATES = 2_000_000
LONGEST = 31  # days: what lasted longer has no day on which to look for it
EARTH = 6371.0  # km
UNKNOWN = np.inf

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


@dataclass
class Rows:
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


def _candidates(rows: Rows, days: int, lists: int) -> tuple[Ints, Ints]:
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


def _distances(rows: Rows, a: Ints, b: Ints, rule: Rule) -> tuple[Floats, npt.NDArray[np.bool_]]:
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


def _kilometres(rows: Rows, a: Ints, b: Ints) -> Floats:
    """Great-circle distance in tenths of a kilometre, so that no last digit decides; infinite where a town is not told."""
    lat_a, lat_b = np.radians(rows.latitude[a]), np.radians(rows.latitude[b])
    half = (
        np.sin((lat_a - lat_b) / 2) ** 2
        + np.cos(lat_a) * np.cos(lat_b) * np.sin(np.radians(rows.longitude[a] - rows.longitude[b]) / 2) ** 2
    )
    found = np.round(2 * EARTH * np.arcsin(np.sqrt(np.minimum(half, 1.0))), 1)
    return np.where(np.isnan(found), UNKNOWN, found)


@dataclass
class Group:
    """Rows that are one event so far."""

    rows: list[int]
    lists: int
    ambiguous: bool = False


def joined(rows: Rows, rule: Rule, lists: int) -> list[Group]:
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
    group = {row: Group([row], 1 << int(of)) for row, of in enumerate(rows.of.tolist())}
    for first, last in pairwise(starts):
        free = [(one, other) for one, other in pairs[first:last] if _may_join(group[one], group[other], near)]
        rivals = _rivals(rows, free)
        for one, other in free:
            mine, theirs = group[one], group[other]
            if not _may_join(mine, theirs, near):
                continue
            doubt = rivals[one, int(rows.of[other])] > 1 or rivals[other, int(rows.of[one])] > 1
            whole = Group(sorted(mine.rows + theirs.rows), mine.lists | theirs.lists, mine.ambiguous or theirs.ambiguous or doubt)
            group.update(dict.fromkeys(whole.rows, whole))
    return [whole for row, whole in group.items() if whole.rows[0] == row]


def _may_join(one: Group, other: Group, near: set[tuple[int, int]] | None) -> bool:
    """Whether two groups are on different lists and every row of the one may be every row of the other."""
    if one.lists & other.lists:
        return False
    return near is None or all((min(a, b), max(a, b)) in near for a in one.rows for b in other.rows)  # rows are sorted by list


def _rivals(rows: Rows, free: Sequence[tuple[int, int]]) -> Counter[tuple[int, int]]:
    """How many rows of each list are equally near to a row."""
    found: Counter[tuple[int, int]] = Counter()
    for one, other in free:
        found[one, int(rows.of[other])] += 1
        found[other, int(rows.of[one])] += 1
    return found
