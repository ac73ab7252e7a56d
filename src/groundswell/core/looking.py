"""Who is looked at: in a sweep, some quantities of people are computed only for those whom a screen lets through.

A mechanism that reads such a quantity has a `screen`, which needs no more than an upper limit of it in each neighbourhood. Those
that add to it give that limit by a `bound`, and their share of the quantity itself for the rows that were let through. Where
somebody else reads the quantity too, or it is needed in another sweep, it is computed for everyone, to the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from groundswell.core.arithmetic import I64
from groundswell.core.columns import PERSON, Quantity
from groundswell.core.mechanism import Mechanism, has


@dataclass(frozen=True)
class Call:
    """One function of a mechanism in a sweep.

    Attributes:
        number: of the mechanism in the sweep.
        function: "bound", "screen" or "step".
        rows: of whom the quantity is meant that is looked up: "everyone" of the tile, or those "looked" at.
    """

    number: int
    mechanism: Mechanism
    function: str
    rows: Literal["everyone", "looked"] = "everyone"


def calls(mechanisms: Sequence[Mechanism], stored: frozenset[str]) -> list[Call]:
    """What a sweep calls for each tile, in order: who waits for a screen gives its bound first.

    Args:
        mechanisms: of the sweep, in order.
        stored: quantities of people that are needed for all rows.
    """
    found: list[Call] = []
    waiting: list[Call] = []
    for number, m in enumerate(mechanisms):
        if has(type(m), "bound") and waits(m, mechanisms, stored):
            found.append(Call(number, m, "bound"))
            waiting.append(Call(number, m, "step", "looked"))
        elif has(type(m), "screen"):
            mine = [call for call in waiting if call.mechanism.looked == m.looked]
            found += [Call(number, m, "screen"), *mine, Call(number, m, "step", "looked")]
        else:
            found.append(Call(number, m, "step"))
    return found


def waits(mechanism: Mechanism, mechanisms: Sequence[Mechanism], stored: frozenset[str]) -> bool:
    """Whether a mechanism with a bound adds for those only who are looked at.

    So it is where one alone reads the sum, and has a screen, and nobody between the two changes what the mechanism reads.
    """
    quantity = mechanism.looked
    if quantity is None or quantity.name in stored:
        return False
    readers = [m for m in mechanisms if quantity in m.reads]
    if len(readers) != 1 or not has(type(readers[0]), "screen"):
        return False
    between = mechanisms[mechanisms.index(mechanism) + 1 : mechanisms.index(readers[0])]
    return not any(d in mechanism.reads for m in between for d in (*m.writes, *m.adds))


def dense(mechanisms: Sequence[Mechanism], stored: frozenset[str]) -> dict[str, Quantity]:
    """The quantities of people that a sweep computes for everyone, in the scratch of a tile."""
    found: dict[str, Quantity] = {}
    for m in mechanisms:
        for d in (*m.adds, *m.reads):
            if isinstance(d, Quantity) and d.level == PERSON and d.name not in stored:
                looked = d == m.looked and (d in m.reads or waits(m, mechanisms, stored))
                if not looked:
                    found[d.name] = d
    return found


def add_to(total: Any, term: Any) -> None:
    """One mechanism's contribution to a sum."""
    for i in range(total.size):
        total[i] += term[i]


def raise_to(total: Any, term: Any) -> None:
    """One mechanism's contribution to a maximum; what is not a number stays visible."""
    for i in range(total.size):
        if not (total[i] >= term[i] or total[i] != total[i]):
            total[i] = term[i]


def everyone(looked: Any) -> None:
    """All rows of a tile are looked at."""
    for i in range(looked.size):
        looked[i] = i


def limits(total: Any, starts: Any, most: Any, summed: bool) -> None:
    """The largest value of a quantity in each neighbourhood joins an upper limit that is known already."""
    for b in range(most.size):
        if starts[b] < starts[b + 1]:
            top = total[starts[b]]
            for i in range(starts[b], starts[b + 1]):
                top = max(top, total[i])
            most[b] = most[b] + top if summed else max(most[b], top)


def pick(total: Any, looked: Any, part: Any) -> None:
    """The values of those who are looked at."""
    for k in range(looked.size):
        part[k] = total[I64(looked[k])]
