"""The self-exciting process (Hawkes 1971): every event makes further events more likely for a while.

Events come by themselves at the rate mu a day, and each adds alpha exp(-beta t) to the rate at time t after it. By the cluster
representation (Hawkes & Oakes 1974) these are independent families, and they are drawn so, exactly and without thinning: "immigrants"
are a Poisson process of rate mu, and every event has a Poisson number of "children" with mean n = alpha / beta, the branching ratio,
each after an exponential delay of mean 1 / beta. A step of the run is a generation. Families are followed to their end, though only the
days of the world are counted. Immigrants begin `warm_up` days early: day 0 then has the past that it would have if the process had always
run, up to a share of exp(-beta (1 - n) warm_up). A longer world or warm-up changes no event that was there before.

Hawkes, A. G. (1971) Spectra of some self-exciting and mutually exciting point processes. Biometrika 58, 83-90.
Hawkes, A. G. & Oakes, D. (1974) A cluster process representation of a self-exciting process. J. Applied Probability 11, 493-503.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell import (
    NATION,
    Column,
    Field,
    Journal,
    Mechanism,
    Model,
    Now,
    Phase,
    Population,
    Stream,
    Table,
    TableType,
    exp,
    group,
    logs,
    parameter,
    single_place,
    whole_number,
)

Array = npt.NDArray[Any]
MIDDLE = 1 << 31  # the address of day 0: days before it have one, too

FIELDS = (
    Field("event", np.int64, "", "its key: 47 random bits, so that of a million events two share one in 0.4 % of runs"),
    Field("family", np.int64, "", "key of the immigrant from which it descends"),
    Field("generation", np.int64, "", "0 for an immigrant"),
    Field("time", np.float64, "days", "when it happens; day 0 begins at 0"),
)
YOUNGEST = TableType("youngest", ("event",), FIELDS, "the last generation")
HAPPENED = Journal("happened", FIELDS, "all events, those of the warm-up and after the last day included")
EVENTS = Column("events", np.int64, group("days"), "events", "events of each day of the world")
EXTINCT = Column("extinct", np.int64, NATION, "1", "1 once a generation is empty")
ARRIVALS = Stream("hawkes_arrivals", 3120, "how many immigrants come, by day")
MOMENT = Stream("hawkes_moment", 3121, "when in its day an immigrant comes, by day and number")
CHILDREN = Stream("hawkes_children", 3122, "how many children an event has, by event")
DELAY = Stream("hawkes_delay", 3123, "after what time a child comes, by parent and number")
KEY = Stream("hawkes_key", 3124, "the key of an event, by its day or parent and its number")


def poisson(mean: float, u: Array) -> Array:
    """Poisson numbers by inversion of uniforms in [0, 1); for a mean up to 500."""
    count = np.zeros(len(u), np.int64)
    total = term = float(exp(-mean))
    k = 0
    while (more := u >= total).any() and (k < mean or term > 1e-18):
        count += more
        k += 1
        term *= mean / k
        total += term
    return count


def numbered(counts: Array) -> tuple[Array, Array]:
    """Of so many children each, the row of the parent and the number among its children, from 0."""
    of = np.repeat(np.arange(len(counts)), counts)
    return of, np.arange(len(of)) - (np.cumsum(counts) - counts)[of]


@dataclass(frozen=True)
class SelfExcitation(Mechanism):
    """One generation a step."""

    rate: float = parameter(1.0, unit="events/day", range=(0, 500), doc="Rate mu of immigrants.", source="assumed")
    ratio: float = parameter(0.6, unit="1", range=(0, 0.99), doc="Children of an event on average, n = alpha / beta.", source="assumed")
    decay: float = parameter(1.0, unit="1/day", range=(1e-3, 1e3), doc="How fast excitement fades, beta.", source="assumed")
    warm_up: float = parameter(100, unit="days", range=(0, 1e6), doc="Days before day 0 that are run.", source="assumed", whole=True)

    writes = (YOUNGEST, HAPPENED, EVENTS, EXTINCT)
    draws = (ARRIVALS, MOMENT, CHILDREN, DELAY, KEY)

    def begin(self, now: Now) -> None:
        """The immigrants."""
        days = np.arange(-int(now.p.warm_up[0]), len(now[EVENTS])) + MIDDLE
        of, number = numbered(poisson(now.p.rate[0], now.draws.uniform(ARRIVALS, 0, days)))
        self._add(now, days[of], number, days[of] - MIDDLE + now.draws.uniform(MOMENT, 0, days[of], number), 0)

    def day(self, now: Now) -> None:
        """The children of the last generation."""
        parents = now.table(YOUNGEST)
        of, number = numbered(poisson(now.p.ratio[0], now.draws.uniform(CHILDREN, now.day, parents["event"])))
        parent = parents["event"][of]
        delay = -logs(1.0 - now.draws.uniform(DELAY, now.day, parent, number)) / now.p.decay[0]
        self._add(now, parent, number, parents["time"][of] + delay, parents["generation"][of] + 1, parents["family"][of])

    def _add(self, now: Now, origin: Array, number: Array, time: Array, generation: Any, family: Array | None = None) -> None:
        top, low, _, _ = now.draws.words(KEY, now.day, origin, number)
        event = (top.astype(np.int64) & 0x7FFF) << 32 | low
        family = event if family is None else family
        now.store(born := Table(YOUNGEST, {"event": event, "family": family, "generation": generation + 0 * event, "time": time}))
        now.log(HAPPENED, **born.columns)
        counted = born["time"][(born["time"] >= 0) & (born["time"] < len(now[EVENTS]))].astype(np.int64)
        now[EVENTS][:] += np.bincount(counted, minlength=len(now[EVENTS]))
        now[EXTINCT][0] = len(born) == 0


def hawkes_1971() -> Model:
    """The model."""
    return Model("hawkes_1971", (Phase("self-excitation", SelfExcitation()),), "Every event makes further events more likely.")


def world(days: int = 1000) -> Population:
    """Time: so many days on which events are counted.

    Raises:
        InputError: there is no day, or too many.
    """
    return Population(single_place(1, groups={"days": whole_number(days, "days", 1, 10_000_000)}))
