"""Toy mechanisms and models with which the tests look at one property of the engine at a time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from groundswell.core.arithmetic import I32, I64
from groundswell.core.columns import NATION, NEIGHBOURHOOD, PERSON, PROVINCE, Column, Field, Journal, Quantity, TableType
from groundswell.core.draws import Stream, uniform
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.now import Now
from groundswell.core.parameters import parameter

MOOD = Column("mood", np.int16, PERSON, "1", "a number")
HEARD = Column("heard", np.int64, NEIGHBOURHOOD, "1", "a count")
TOTAL = Column("total", np.int64, PROVINCE, "1", "a total", recorded=True)
LIST = TableType("listed", ("person",), (Field("person", np.int64), Field("row", np.int64, slot=True)))
NOTED = Journal("noted", (Field("day", np.int32), Field("person", np.int64)))
SHAKE = Stream("shake", 900, "whether the mood changes")
PICK = Stream("pick", 901, "who is listed")
ORDER = Stream("activation", 902, "in which order people act")
WHOM = Stream("whom", 903, "whom they copy")


@dataclass(frozen=True)
class Shaking(Mechanism):
    """A step over tiles, with parameters and draws."""

    rate: float = parameter(0.2, unit="1", range=(0, 1), doc="x", source="assumed")
    size: float = parameter(2, unit="1", range=(0, 9), doc="x", source="assumed", whole=True)
    writes = (MOOD, HEARD)
    draws = (SHAKE,)

    def step(mood: Any, heard: Any, shake: Any, starts: Any, rate: Any, size: Any) -> None:  # type: ignore[misc]
        """Some moods rise."""
        for b in range(heard.size):
            for i in range(starts[b], starts[b + 1]):
                if shake[i] < rate * np.float32(65536):
                    mood[i] += size
                    heard[b] += 1


@dataclass(frozen=True)
class Listing(Mechanism):
    """A day over tables and journals."""

    reads = (HEARD, MOOD)
    writes = (TOTAL, LIST, NOTED)
    draws = (PICK,)

    def day(self, now: Now) -> None:
        """List whoever is drawn."""
        places = now.places
        for p in range(len(places.provinces)):
            now[TOTAL][p] = now[HEARD][slice(*places.neighbourhood_range(p))].sum()
        people = places.address_of(np.arange(places.rows))
        found = people[now.draws.coin(PICK, now.day, 0.05, people)]
        table = now.table(LIST)
        new = found[~table.has(found)]
        now.store(table.plus(person=new, row=places.row_of(new)))
        now.log(NOTED, day=now.day, person=np.sort(new))


def toy() -> Model:
    """A model of a few arrays: small checkpoints."""
    return Model("toy", (Phase("shaking", Shaking()), Phase("listing", Listing())))


# --- the voter model, in sequential order -----------------------------------------------------------------------------
OPINION = Column("opinion", np.int16, PERSON, "index", "the opinion held, below the size of the group")
HOLDERS = Column("holders", np.int32, PERSON, "persons", "how many of the group hold the opinion numbered like this row")
UPDATES = Column("updates", np.int64, NEIGHBOURHOOD, "updates", "updates until all of a group agreed")
GROUPS_LEFT = Column("groups_left", np.int64, NATION, "groups", "groups that do not agree yet", recorded=True)


@dataclass(frozen=True)
class Voter(Mechanism):
    """Whoever acts takes over the opinion of a random other member of the group (the neighbourhood)."""

    opinions: float = parameter(2, unit="1", range=(2, 30000), doc="Opinions at the start, dealt in turn.", source="assumed", whole=True)
    writes = (OPINION, HOLDERS, UPDATES, GROUPS_LEFT)
    draws = (ORDER, WHOM)
    activation = "with_replacement"

    def begin(self, now: Now) -> None:
        """Deal the opinions of each group in turn."""
        starts = now.places.neighbourhood_start
        now[GROUPS_LEFT][0] = len(starts) - 1
        for low, high in pairwise(starts):
            now[OPINION][low:high] = np.arange(high - low) % min(int(now.p.opinions[0]), high - low)
            now[HOLDERS][low:high] = np.bincount(now[OPINION][low:high], minlength=high - low)

    def step(  # type: ignore[misc]
        order: Any, opinion: Any, holders: Any, updates: Any, groups_left: Any, starts: Any, place: Any, day: Any, key0: Any, key1: Any
    ) -> None:
        """One update for each row of the order; groups are of equal size."""
        size = starts[1] - starts[0]
        for k in range(order.size):
            i = order[k]
            group = i // size
            low = group * size
            if holders[low + opinion[i]] < size:
                other = low + I64(uniform(key0, key1, place, k, day, 903, 0) * (size - 1))
                if other >= i:
                    other += 1
                updates[group] += 1
                if opinion[other] != opinion[i]:
                    holders[low + opinion[i]] -= I32(1)
                    opinion[i] = opinion[other]
                    holders[low + opinion[i]] += I32(1)
                    if holders[low + opinion[i]] == size:
                        groups_left[0] -= 1


@dataclass(frozen=True)
class OrderlyVoter(Voter):
    """The same, each acting once a day."""

    activation = "each_once"


# --- contributions ----------------------------------------------------------------------------------------------------
def quantity(level: Any, combine: Any, dtype: Any = np.int32) -> Quantity:
    """A quantity to which the toys below contribute."""
    return Quantity("term", level, "1", "a number", combine=combine, dtype=dtype)


def contributors(level: Any, combine: str, kinds: tuple[str, str], between: bool = False, reader: str = "tile") -> tuple[Model, Column]:
    """A model of two contributors to a quantity (each "tile" or "day") in the given order, and one that copies the result.

    Contributor a gives 3 k + 1 to element k of the level, b gives 100 - k * k; `between` puts a stranger before the copier.
    """
    term = quantity(level, combine)
    result = Column("result", np.int64, level, "1", "what was combined")
    phases = [Phase(f"add {i}", _contributor(kind, term)) for i, kind in enumerate(kinds)]
    if between:
        phases.append(Phase("stranger", Stranger()))
    phases.append(Phase("copy", _copier(term, result, reader)))
    return Model("contributions", tuple(phases)), result


def _contributor(kind: str, term: Quantity) -> Mechanism:
    name, how = kind.split()

    def step(term: Any, base: Any) -> None:
        for i in range(term.size):
            term[i] = 3 * (base + i) + 1

    def other_step(term: Any, base: Any) -> None:
        for i in range(term.size):
            term[i] = 100 - (base + i) * (base + i)

    def step_places(term: Any, starts: Any, base: Any) -> None:
        for b in range(term.size):
            term[b] = 3 * (base + starts[b]) + 1

    def other_step_places(term: Any, starts: Any, base: Any) -> None:
        for b in range(term.size):
            term[b] = 100 - (base + starts[b]) * (base + starts[b])

    def day(self: Any, now: Now) -> None:
        k = np.arange(now.places.size(term.level))
        if term.level == NEIGHBOURHOOD:
            k = now.places.neighbourhood_start[:-1]
        now[term][:] = 3 * k + 1 if name == "a" else 100 - k * k

    if how == "day":
        body: dict[str, Any] = {"day": day}
    elif term.level == PERSON:
        body = {"step": step if name == "a" else other_step}
    else:
        body = {"step": step_places if name == "a" else other_step_places}
    return dataclass(frozen=True)(type(f"Add{name.upper()}", (Mechanism,), {"adds": (term,), **body}))()


def _copier(term: Quantity, result: Column, kind: str) -> Mechanism:
    def step(term: Any, result: Any) -> None:
        for i in range(term.size):
            result[i] = term[i]

    def ordered(term: Any, result: Any, order: Any) -> None:
        for i in order:
            result[i] = term[i]

    def day(self: Any, now: Now) -> None:
        now[result][:] = now[term]

    body: dict[str, Any] = {"tile": {"step": step}, "day": {"day": day}, "ordered": {"step": ordered, "activation": "each_once"}}[kind]
    extra = {"reads": (term,), "writes": (result,), "draws": (ORDER,)}
    return dataclass(frozen=True)(type("Copy", (Mechanism,), extra | body))()


@dataclass(frozen=True)
class Stranger(Mechanism):
    """Does nothing, once a day."""

    def day(self, now: Now) -> None:
        """Nothing."""
