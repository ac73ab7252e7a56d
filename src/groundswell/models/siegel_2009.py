"""Siegel (2009): collective action in social networks, where people take part as those around them do.

Everyone has a net internal motivation b: what is gained by taking part, costs deducted. It differs between people and stays.
Against it stands an external motivation c not to take part, which falls as more of those one knows take part: from step to step

    c becomes λ c + (1 - λ) (1 - share of one's contacts who took part),

and one takes part where b > c. At the start c is 1, as if nobody took part, so those with b > 1 take part first. All decide
at once. Who knows nobody keeps 1 as the value that c tends to.

Participation only grows from such a start. It ends in the smallest set of people who all have b > 1 - share of contacts within the
set and leave no such person out; λ sets the pace and not the end. Where everyone knows everyone it is Granovetter's threshold
model, with thresholds 1 - b.

The network is the paper's subject; any can be given. Many worlds may lie side by side (`networks.beside`): each is one
neighbourhood of the population.

Siegel, D. A. (2009). Social networks and collective action. American Journal of Political Science 53(1), 122-138.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell import (
    LARGEST_SEED,
    NATION,
    NEIGHBOURHOOD,
    PERSON,
    Column,
    Draws,
    InputError,
    Mechanism,
    Model,
    Network,
    Now,
    Phase,
    Population,
    Stream,
    logs,
    networks,
    parameter,
    real_numbers,
    single_place,
    some_network,
    whole_number,
)

MOTIVATION = Column("motivation", np.float64, PERSON, "1", "Net internal motivation b.", static=True)
EXTERNAL = Column("external", np.float64, PERSON, "1", "External motivation c not to take part.")
TAKES_PART = Column("takes_part", np.bool_, PERSON, "1", "Whether a participant.")
SHARE = Column("share", np.float64, NEIGHBOURHOOD, "1", "Participants in each world, as a share of its people.")
TURNOUT = Column("turnout", np.int64, NATION, "persons", "Participants in all worlds.", recorded=True)
SETTLED = Column("settled", np.bool_, NATION, "1", "Whether nobody will change any more.", recorded=True)
MOTIVES = Stream("motives", 3080, "how motivated a person is, by person and lane")


@dataclass(frozen=True)
class Deciding(Mechanism):
    """Everyone looks at those they know, and decides."""

    start: float = parameter(1, unit="1", range=(-1e6, 1e6), doc="External motivation c at the start.", source="Siegel 2009")
    inertia: float = parameter(0.5, unit="1", range=(0, 0.999), doc="λ: how much of c is left after a step.", source="assumed")

    reads = (MOTIVATION,)
    writes = (EXTERNAL, TAKES_PART, SHARE, TURNOUT, SETTLED)
    networks = ("ties",)

    def begin(self, now: Now) -> None:
        """Only those take part who need nobody."""
        now[EXTERNAL][:] = now.p.start[0]
        now[TAKES_PART][:] = now[MOTIVATION] > now[EXTERNAL]

    def day(self, now: Now) -> None:
        """One step, all at once."""
        b, c, inertia, starts = now[MOTIVATION], now[EXTERNAL], now.p.inertia[0], now.places.neighbourhood_start
        c[:] = inertia * c + (1.0 - inertia) * self.without(now)
        now[TAKES_PART][:] = b > c
        # c moves towards its limit without turning: who decides alike there and now will not change
        now[SETTLED][0] = np.array_equal(b > self.without(now), now[TAKES_PART])
        now[SHARE][:] = np.add.reduceat(now[TAKES_PART], starts[:-1], dtype=np.int64) / np.diff(starts)
        now[TURNOUT][0] = now[TAKES_PART].sum()

    def without(self, now: Now) -> npt.NDArray[np.float64]:
        """The share of everyone's contacts who do not take part, 1 where there is no contact: the value that c tends to."""
        ties: Network = now.population.networks["ties"]
        return 1.0 - ties.neighbour_sums(now[TAKES_PART]) / np.maximum(ties.degree, 1)


def siegel_2009() -> Model:
    """The model; `until=SETTLED` ends a run when nobody will change any more."""
    return Model("siegel_2009", (Phase("deciding", Deciding()),), "Participation as those around one take part (Siegel 2009).")


def world(motivations: npt.ArrayLike | None = None, ties: Network | None = None, *, worlds: int = 1, seed: int = 1) -> Population:
    """People, their motivations and their network; by default 1,000 in a small world.

    Args:
        motivations: b of each person; by default normal with mean 0.6 and standard deviation 0.3.
        ties: who knows whom.
        worlds: parts of equal size that the network consists of.
        seed: of what is drawn by default.

    Raises:
        InputError: what is given is not as said.
    """
    seed = whole_number(seed, "seed", 0, LARGEST_SEED)
    given = networks.small_world(1000, 5, 0.1, seed=seed) if ties is None else some_network(ties, "ties")
    n, worlds = given.nodes, whole_number(worlds, "worlds", 1)
    b = normal_motivations(n, 0.6, 0.3, seed=seed) if motivations is None else real_numbers(motivations, "motivations")
    if n % worlds:
        raise InputError(f"{n} people cannot be parted into {worlds} worlds of equal size", key="worlds")
    if b.shape != (n,):
        raise InputError(f"needs a number for each of {n} people, not an array of shape {b.shape}", key="motivations")
    columns = {"motivation": b}
    return Population(single_place(n, neighbourhood=n // worlds), columns, {"worlds": worlds}, {"ties": given})


def normal_motivations(people: int, mean: float, deviation: float, *, seed: int) -> npt.NDArray[np.float64]:
    """Independent normal motivations, by the polar method: each person draws again until a point falls into the circle."""
    normal, open_, lane = np.zeros(people), np.arange(people), 0
    while len(open_):
        x, y = (2.0 * Draws(seed).uniform(MOTIVES, 0, open_, lane + k) - 1.0 for k in (0, 1))
        square = x * x + y * y
        inside = (square > 0) & (square < 1)
        normal[open_[inside]] = (x * np.sqrt(-2.0 * logs(np.where(inside, square, 0.5)) / np.where(inside, square, 0.5)))[inside]
        open_, lane = open_[~inside], lane + 2
    return mean + deviation * normal
