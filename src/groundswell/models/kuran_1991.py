"""Kuran's preference falsification: people oppose in public once the public opposition is as large as their threshold.

Everybody has a private preference between the government and the opposition, and shows a public one. Hiding what one thinks costs
peace of mind; showing it costs what the others do to one, the less the larger the public opposition S is. So each person has a
revolutionary threshold T, the size of S, in per cent of the society, from which the own choice is to oppose in public: whoever has
0 always does, whoever has more than S supports the government, whatever he or she thinks. S is the outcome of these very choices.
A society can have several equilibria, and one person's threshold can decide which of them it comes to.

A society is a neighbourhood; several of equal size run side by side.

Timur Kuran (1991), Now Out of Never: The Element of Surprise in the East European Revolution of 1989, World Politics 44(1), 7-48;
and (1989), Sparks and Prairie Fires: A Theory of Unanticipated Political Revolution, Public Choice 61, 41-74.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell import (
    NATION,
    NEIGHBOURHOOD,
    PERSON,
    Column,
    Mechanism,
    Model,
    Now,
    Phase,
    Population,
    parameter,
    single_place,
    whole_numbers,
)

THRESHOLD = Column("threshold", np.int32, PERSON, "%", "Public opposition from which this person opposes in public.", static=True)
OPPOSES = Column("opposes", np.uint8, PERSON, "1", "Public preference: 1 the opposition, 0 the government.")
OPPOSITION = Column("opposition", np.int64, NEIGHBOURHOOD, "persons", "People of a society who oppose in public.")
SWITCHED = Column("switched", np.int64, NEIGHBOURHOOD, "persons", "People of a society who changed sides in public in this step.")
ALL_OPPOSITION = Column("all_opposition", np.int64, NATION, "persons", "People of all societies who oppose in public.", recorded=True)
SETTLED = Column("settled", np.uint8, NATION, "1", "Whether nobody changed sides in this step: the equilibrium.", recorded=True)

SEQUENCES = {  # ten people; A' and B' lower one threshold of A and B from 20 to 10
    "A": (0, 20, 20, 30, 40, 50, 60, 70, 80, 100),
    "A'": (0, 10, 20, 30, 40, 50, 60, 70, 80, 100),
    "B": (0, 20, 30, 30, 40, 50, 60, 70, 80, 100),
    "B'": (0, 10, 30, 30, 40, 50, 60, 70, 80, 100),
}


@dataclass(frozen=True)
class Choosing(Mechanism):
    """Everyone chooses a public preference by the public opposition of the last step; one may go back, too."""

    expected: float = parameter(
        0, unit="%", range=(0, 100), whole=True, source="assumed",
        doc="Public opposition that all expect at first, rounded down to whole people; from the second step on they see it.",
    )  # fmt: skip
    reads = (THRESHOLD,)
    writes = (OPPOSES, OPPOSITION, SWITCHED)

    def begin(self, now: Now) -> None:
        """Everyone supports the government, and expects that much opposition."""
        now[OPPOSITION][:] = now.places.represented(NEIGHBOURHOOD) * int(now.p.expected[0]) // 100

    def step(threshold: Any, opposes: Any, opposition: Any, switched: Any, starts: Any) -> None:
        """One tile of people; society c has the rows starts[c] to starts[c + 1]."""
        for c in range(opposition.size):
            seen = 100 * opposition[c]
            people = starts[c + 1] - starts[c]
            count, changed = 0, 0
            for i in range(starts[c], starts[c + 1]):
                choice = seen >= threshold[i] * people  # S >= T in whole numbers
                changed += choice != opposes[i]
                opposes[i] = choice
                count += choice
            opposition[c] = count
            switched[c] = changed


@dataclass(frozen=True)
class Counting(Mechanism):
    """Counts the public opposition, and sees when nobody has changed sides."""

    reads = (OPPOSITION, SWITCHED)
    writes = (ALL_OPPOSITION, SETTLED)

    def day(self, now: Now) -> None:
        """The public opposition of all societies."""
        now[ALL_OPPOSITION][0] = now[OPPOSITION].sum()
        now[SETTLED][0] = not now[SWITCHED].any()


def kuran_1991() -> Model:
    """The model; run it until SETTLED: at most N + 2 steps, for S rises or falls in all but the last, and never turns."""
    return Model("kuran_1991", (Phase("choosing", Choosing()), Phase("counting", Counting())), doc="Kuran's public opposition.")


def world(thresholds: npt.ArrayLike = SEQUENCES["A"]) -> Population:
    """One society or several, from the thresholds of their people.

    Args:
        thresholds: per cent of the society, whole numbers from 0; shape (people,) or (societies, people). Whoever has more
            than 100 never opposes. The paper's ten people where none are given.

    Raises:
        InputError: they are no whole numbers from 0 to 1000, or nobody is there.
    """
    given = whole_numbers(thresholds, "thresholds", 0, 1000, "society", "person")
    return Population(single_place(given.size, neighbourhood=given.shape[-1]), {THRESHOLD.name: given.reshape(-1).astype(np.int32)})
