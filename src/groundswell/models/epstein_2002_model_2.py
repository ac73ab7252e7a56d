"""Epstein's civil violence, Model II: violence between two groups, with or without peacekeepers.

Two groups, blue and green, share a board. H, R, P, N and T are those of Model I; L is now how far each group accepts the other's right to
exist. Who is **active** (H (1 - L) - R P > T) kills a random member of the other group in view. Cops arrest a random active person of
either group in view, for a term from U(0, J). Everyone leaves a clone on a free neighbouring cell with a probability p a step, which has
the parent's group and H, and dies at an age from U(0, maximum). A turn: move to a random free cell in view (rule M), act, clone.
What the paper leaves open is a switch. A clone draws a risk aversion and an age of its own, and the jailed are off the board.

Joshua M. Epstein (2002), Modeling civil violence: An agent-based computational approach, PNAS 99, suppl. 3, 7243-7250.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell import BOARD, CELL, OCCUPANT, SEEN, VIEW, board_world, enter_cell, leave_cell, move_agent, place_all  # isort: skip
from groundswell import F64, I64, NATION, PERSON, Column, InputError, Mechanism, Model, Now, Phase, Population, Stream  # isort: skip
from groundswell import group, parameter, pick_in_view, prepare_turns, recode_cell, return_agent, switch, uniform, view_of, word  # isort: skip
from groundswell.models.epstein_2002_model_1 import HARDSHIP, RATIOS, RISK_AVERSION, arrest_probability

NEAR = Column("near", np.int64, group("near"), "1", "The neighbouring cells, where clones are put.", static=True)
KIND = Column("kind", np.int8, PERSON, "code", "0 blue, 1 green, 4 a cop, -1 nobody: a row for a later clone.")
DIES = Column("dies", np.int32, PERSON, "days", "The day on which one dies of age.")
UNTIL = Column("until", np.int32, PERSON, "days", "The day on which a term in jail is over, or on which a cop arrives.")
SPARE = Column("spare", np.int32, PERSON, "index", "Rows of nobody, as a stack.")
COUNTS = Column("counts", np.int64, group("counts"), "persons", "Blue; green; in jail; height of the stack; killed and arrested so far.")
BLUE = Column("blue", np.int64, NATION, "persons", "The blue, those in jail too.", recorded=True)
GREEN = Column("green", np.int64, NATION, "persons", "The green, those in jail too.", recorded=True)
JAILED = Column("jailed", np.int64, NATION, "persons", "In jail after the step.", recorded=True)
KILLED = Column("killed", np.int64, NATION, "persons", "Killed so far.", recorded=True)
EXTINCT = Column("extinct", np.int64, NATION, "1", "Whether a group is gone.")
ORDER = Stream("epstein_2_order", 3040, "In which order all act, by row.")
PLACED = Stream("epstein_2_placed", 3041, "Where all start: a permutation of the cells.")
TRAITS = Stream("epstein_2_traits", 3042, "H, R, group and age at death, by row or by parent; lanes 0 to 3.")
MOVED = Stream("epstein_2_moved", 3043, "Where one moves or comes back, by row.")
ACTED = Stream("epstein_2_acted", 3044, "Who is killed or arrested and for how long, who clones and where; lanes 0 to 3.")
COP, SAME, ALIKE = 4, 5, 6  # codes: of a cop; bits that tell the groups and cops apart, and who is active. 2 more where active
SEES = {2: 1, 3: 1, COP: 65536}  # what is seen: active persons, and 65536 for each cop
TABLE = "Epstein 2002, Table 2, run 7"


@dataclass(frozen=True)
class CommunalViolence(Mechanism):
    """The turns of all members of the groups and of all cops."""

    legitimacy: float = parameter(0.8, unit="1", range=(0, 1), doc="L, of the other group's existence.", source=TABLE)
    threshold: float = parameter(0.1, unit="1", range=(-1, 1), doc="T, by which the grievance must exceed the net risk.", source=TABLE)
    k: float = parameter(2.3, unit="1", range=(0, 1000), doc="Makes P = 0.9 where a cop sees one active person.", source=TABLE)
    max_jail_term: float = parameter(15, unit="days", range=(1, 60000), doc="J; terms are 1 to J.", source=TABLE, whole=True)
    cloning: float = parameter(0.05, unit="1/day", range=(0, 1), doc="p, of a clone where a neighbouring cell is free.", source=TABLE)
    max_age: float = parameter(200, unit="days", range=(1, 60000), doc="Ages at death are 1 to this.", source=TABLE, whole=True)
    members: float = parameter(1120, unit="persons", range=(0, 1e9), doc="Both groups at the start.", source=TABLE, whole=True)
    cops: float = parameter(0, unit="persons", range=(0, 1e9), doc="Cops on the board.", source=TABLE, whole=True)
    arrival: float = parameter(0, unit="days", range=(0, 60000), doc="When the cops arrive, after the start.", source="Fig. 14", whole=True)
    arrest_ratio: str = switch("literal", options=RATIOS, doc="C / A, its whole part, or the nearest whole number.", source="open")

    reads = (VIEW, NEAR)
    writes = (KIND, HARDSHIP, RISK_AVERSION, DIES, UNTIL, CELL, SPARE, BOARD, OCCUPANT, SEEN, COUNTS, BLUE, GREEN, JAILED, KILLED, EXTINCT)
    draws = (ORDER, PLACED, TRAITS, MOVED, ACTED)
    activation = "each_once"

    def begin(self, now: Now) -> None:
        """All stand on random cells; everyone belongs to a group by an even chance."""
        rows, members, cops, arrival = now.places.rows, int(now.p.members[0]), int(now.p.cops[0]), int(now.p.arrival[0])
        if not 1 <= members + cops <= rows:
            raise InputError(f"{members} members and {cops} cops on {rows} cells", key="communal_violence.members")
        now.draws.fill(TRAITS, 0, now[HARDSHIP], lane=0)
        now.draws.fill(TRAITS, 0, now[RISK_AVERSION], lane=1)
        kind, (group_of, age) = now[KIND], (now.draws.uniform(TRAITS, 0, np.arange(rows), lane) for lane in (2, 3))
        kind[:members], kind[members : members + cops], kind[members + cops :] = group_of[:members] < 0.5, COP, -1
        now[DIES][:], now[UNTIL][:] = now.day + 1 + (age * now.p.max_age[0]).astype(np.int64), now.day + arrival * (kind == COP)
        place_all(now, PLACED, np.where((kind == COP) & (arrival > 0), -1, kind).astype(np.int8))
        now[SPARE][: rows - members - cops] = np.arange(members + cops, rows)
        now[COUNTS][:] = (kind == 0).sum(), (kind == 1).sum(), 0, rows - members - cops, 0

    def step(
        order: Any, view: Any, near: Any, kind: Any, hardship: Any, risk_aversion: Any, dies: Any, until: Any, cell_of: Any, spare: Any,
        board: Any, occupant_of: Any, seen: Any, counts: Any, blue: Any, green: Any, jailed: Any, killed: Any, extinct: Any,
        legitimacy: Any, threshold: Any, k: Any, max_jail_term: Any, cloning: Any, max_age: Any, arrest_ratio: Any, place: Any, day: Any,
        key0: Any, key1: Any,
    ) -> None:  # fmt: skip
        """One turn each; the random words of 256 moves are drawn at once."""
        words, known = np.empty((9, 256), np.uint32), np.full(1024, -1.0)
        for turn in range(order.size):
            if turn % 256 == 0:
                ahead = order[turn : turn + 256]
                prepare_turns(words, ahead, place, key0, key1, day, 3043, cell_of, occupant_of, board, seen, hardship, risk_aversion)
            i = order[turn]
            cell, cop = I64(cell_of[i]), kind[i] == COP
            if 0 <= kind[i] < COP and day >= dies[i]:
                ends(i, kind, spare, counts, cell_of, occupant_of, board, seen, view)
            if cell < 0 and kind[i] >= 0 and day >= until[i]:
                cell = return_agent(i, kind[i], word(key0, key1, place, i, day, 3043, 999), cell_of, occupant_of, board, seen, view)
                counts[2] -= cell >= 0 and not cop
            if cell < 0 or kind[i] < 0:  # in jail, or without room to come back; dead
                continue
            cell = move_agent(i, view, words, turn % 256, place, key0, key1, day, 3043, cell_of, occupant_of, board, seen, view)
            p = arrest_probability(seen[cell] >> 16, 1 + (seen[cell] & 65535), k, arrest_ratio, known)
            up = not cop and F64(hardship[i]) * (1.0 - legitimacy) - F64(risk_aversion[i]) * p > threshold
            recode_cell(cell, I64(kind[i]) + 2 * up, board, seen, view)
            if up or cop:
                u = word(key0, key1, place, i, day, 3044, 0)
                there = pick_in_view(cell, 2 if cop else 1 - kind[i], board, view, u, ALIKE if cop else SAME)
                who = I64(occupant_of[there]) if there >= 0 else I64(-1)
                if who >= 0 and cop:
                    until[who] = day + 1 + I64(uniform(key0, key1, place, i, day, 3044, 1) * F64(max_jail_term))
                    leave_cell(who, cell_of, occupant_of, board, seen, view)
                    counts[2] += 1
                elif who >= 0:
                    ends(who, kind, spare, counts, cell_of, occupant_of, board, seen, view)
                    counts[4] += 1
            if not cop and counts[3] > 0 and uniform(key0, key1, place, i, day, 3044, 2) < cloning:
                there = pick_in_view(cell, -1, board, near, word(key0, key1, place, i, day, 3044, 3))
                if there >= 0:
                    child = I64(spare[counts[3] - 1])
                    kind[child], hardship[child], until[child] = kind[i], hardship[i], day
                    risk_aversion[child] = uniform(key0, key1, place, i, day, 3042, 1)
                    dies[child] = day + 1 + I64(uniform(key0, key1, place, i, day, 3042, 3) * F64(max_age))
                    enter_cell(child, there, kind[child], cell_of, occupant_of, board, seen, view)
                    counts[kind[i]], counts[3] = counts[kind[i]] + 1, counts[3] - 1
        blue[0], green[0], jailed[0], killed[0], extinct[0] = counts[0], counts[1], counts[2], counts[4], min(counts[0], counts[1]) == 0


def ends(i: Any, kind: Any, spare: Any, counts: Any, cell_of: Any, occupant_of: Any, board: Any, seen: Any, view: Any) -> None:
    """Someone dies or is killed, and leaves a row for a clone."""
    counts[2] -= cell_of[i] < 0
    if cell_of[i] >= 0:
        leave_cell(i, cell_of, occupant_of, board, seen, view)
    spare[counts[3]] = i
    counts[kind[i]], counts[3], kind[i] = counts[kind[i]] - 1, counts[3] + 1, -1


def epstein_2002_model_2() -> Model:
    """The model; run it with `until=EXTINCT` to stop when a group is gone."""
    return Model("epstein_2002_model_2", (Phase("communal_violence", CommunalViolence()),), "Epstein's civil violence, Model II.")


def world(width: int = 40, height: int = 40, vision: float = 1.7, shape: str = "euclid", torus: bool = True) -> Population:
    """A board, with a row for everyone who could stand on it at once.

    Args:
        width, height, vision: of the board, and how far all see and move; in cells.
        shape, torus: of what is seen: "euclid", "von_neumann" or "moore"; whether the edges are joined.

    Raises:
        InputError: no such shape, no cells, or a view that sees a cell twice.
    """
    views = {"view": view_of(shape, vision, width, height, torus, SEES), "near": view_of("moore", 1, width, height, torus)}
    return board_world(width * height, width, height, views, {}, {"counts": 5})
