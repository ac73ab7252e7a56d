"""Epstein's civil violence, Model I: generalised rebellion against a central authority.

Citizens have a hardship H and a risk aversion R, both uniform on 0 to 1, and see the regime's legitimacy L. Their grievance is
G = H (1 - L). In view of C cops and A active citizens, oneself counted, they expect to be arrested with P = 1 - exp(-k C / A); the net
risk is N = R P (R P J^a with a = 0: terms deter nobody). **Rule A**: be active if G - N > T, else quiet. **Rule C**: a cop inspects all
cells in view and arrests a random active citizen, for a term from U(0, J). **Rule M**: move to a random free cell in view. Each step
everyone has one turn, in random order, seeing what those before have done: M, then A or C. Jail changes no grievance.
What the paper leaves open is a switch; its default is the most literal reading.

Joshua M. Epstein (2002), Modeling civil violence: An agent-based computational approach, PNAS 99, suppl. 3, 7243-7250.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell import BOARD, CELL, OCCUPANT, SEEN, VIEW, board_world, enter_cell, leave_cell, move_agent, place_all  # isort: skip
from groundswell import F64, I64, NATION, PERSON, Column, InputError, Mechanism, Model, Now, Phase, Population, Stream  # isort: skip
from groundswell import exp, group, parameter, pick_in_view, prepare_turns, recode_cell, return_agent, switch, uniform, view_of, word  # isort: skip

CITIZENS = Column("citizens", np.int64, NATION, "persons", "How many rows are citizens; those after them are cops.", static=True)
COP_VIEW = Column("cop_view", np.int64, group("cop_view"), "1", "What cops see, and how far they move; citizens have `view`.", static=True)
HARDSHIP = Column("hardship", np.float32, PERSON, "1", "H.")
RISK_AVERSION = Column("risk_aversion", np.float32, PERSON, "1", "R.")
UNTIL = Column("until", np.int32, PERSON, "days", "The day on which a term in jail is over, or how many turns are still missed.")
ACTIVE = Column("active", np.int64, NATION, "persons", "Active citizens after the step.", recorded=True)
JAILED = Column("jailed", np.int64, NATION, "persons", "Citizens in jail after the step.", recorded=True)
ORDER = Stream("epstein_1_order", 3030, "In which order all act, by person.")
PLACED = Stream("epstein_1_placed", 3031, "Where all start: a permutation of the cells.")
TRAITS = Stream("epstein_1_traits", 3032, "H and R, by person; lanes 0 and 1.")
MOVED = Stream("epstein_1_moved", 3033, "Where one moves or comes back, by person.")
ARREST = Stream("epstein_1_arrest", 3034, "Whom a cop arrests and for how long, by cop; lanes 0 and 1.")
QUIET, UP, IN_JAIL, COP = range(4)  # codes of the board
SEES = {UP: 1, COP: 65536}  # what is seen: active citizens, and 65536 for each cop
TABLE, OPEN = "Table 2, run 2", "open in the paper"
RATIOS, TERMS = ("literal", "floor", "round", "half_even"), ("up", "down", "inclusive", "endless")


@dataclass(frozen=True)
class Rebellion(Mechanism):
    """The turns of all citizens and cops."""

    legitimacy: float = parameter(0.82, unit="1", range=(0, 1), doc="L, which all see alike.", source=TABLE)
    threshold: float = parameter(0.1, unit="1", range=(-1, 1), doc="T, by which the grievance must exceed the net risk.", source=TABLE)
    k: float = parameter(2.3, unit="1", range=(0, 1000), doc="Makes P = 0.9 where a cop sees one active citizen.", source=TABLE)
    max_jail_term: float = parameter(30, unit="days", range=(1, 60000), doc="J, the longest term.", source=TABLE, whole=True)
    cops_on_duty: float = parameter(1, unit="1", range=(0, 1), doc="Share of the cops who are on the board.", source="Fig. 11")
    arrest_ratio: str = switch("literal", options=RATIOS, doc="C / A, its whole part, or the nearest whole number.", source=OPEN)
    jail: str = switch("off_board", options=("off_board", "on_board"), doc="Off, and back into view; or on their cell.", source=OPEN)
    jail_term: str = switch("up", options=TERMS, doc="From 1 to J, 0 to J - 1, 0 to J, or for ever.", source=OPEN)
    jail_clock: str = switch("days", options=("days", "turns"), doc="Counts days since the arrest, or missed turns.", source=OPEN)
    movement: str = switch("everyone", options=("everyone", "cops", "nobody"), doc="Who moves by rule M.", source=TABLE)
    sequence: str = switch("move_first", options=("move_first", "act_first"), doc="Rule M before A and C, or after.", source=OPEN)

    reads = (CITIZENS, VIEW, COP_VIEW)
    writes = (HARDSHIP, RISK_AVERSION, UNTIL, CELL, OCCUPANT, BOARD, SEEN, ACTIVE, JAILED)
    draws = (ORDER, PLACED, TRAITS, MOVED, ARREST)
    activation = "each_once"

    def begin(self, now: Now) -> None:
        """All stand on random cells, the citizens quiet."""
        now.draws.fill(TRAITS, 0, now[HARDSHIP], lane=0)
        now.draws.fill(TRAITS, 0, now[RISK_AVERSION], lane=1)
        citizens = now[CITIZENS][0]
        place_all(now, PLACED, np.repeat(np.array([QUIET, COP], np.int8), (citizens, now.places.rows - citizens)))

    def step(
        order: Any, citizens: Any, view: Any, cop_view: Any, hardship: Any, risk_aversion: Any, until: Any, cell_of: Any, occupant_of: Any,
        board: Any, seen: Any, active: Any, jailed: Any, legitimacy: Any, threshold: Any, k: Any, max_jail_term: Any, cops_on_duty: Any,
        arrest_ratio: Any, jail: Any, jail_term: Any, jail_clock: Any, movement: Any, sequence: Any, place: Any, day: Any, key0: Any,
        key1: Any,
    ) -> None:  # fmt: skip
        """One turn each; the random words of 256 moves are drawn at once."""
        on_duty = citizens[0] + I64(cops_on_duty * F64(order.size - citizens[0]) + 0.5)
        words, known = np.empty((9, 256), np.uint32), np.full(1024, -1.0)
        alike, longest = np.array_equal(view, cop_view), F64(max_jail_term + (jail_term == 2))
        for turn in range(order.size):
            if turn % 256 == 0:
                ahead = order[turn : turn + 256]
                prepare_turns(words, ahead, place, key0, key1, day, 3033, cell_of, occupant_of, board, seen, hardship, risk_aversion)
            i = order[turn]
            cell, cop = I64(cell_of[i]), i >= citizens[0]
            if cell < 0 or board[cell] == IN_JAIL or i >= on_duty:
                missed = i >= on_duty or (not cop and until[i] > day * (1 - jail_clock))
                u = 0 if missed else word(key0, key1, place, i, day, 3033, 999)
                until[i] -= jail_clock * (missed and not cop)
                if cell >= 0 and i >= on_duty:
                    leave_cell(i, cell_of, occupant_of, board, seen, view)
                cell = I64(-1) if missed else return_agent(i, COP if cop else QUIET, u, cell_of, occupant_of, board, seen, view)
                jailed[0] -= cell >= 0 and not cop
            for part in range(2 if cell >= 0 else 0):
                if part == sequence and cop and movement < 2:
                    cell = move_agent(i, cop_view, words, turn % 256, place, key0, key1, day, 3033, cell_of, occupant_of, board, seen, view)
                elif part == sequence and movement == 0:
                    cell = move_agent(i, view, words, turn % 256, place, key0, key1, day, 3033, cell_of, occupant_of, board, seen, view)
                elif part != sequence and not cop:
                    cops, actives, grievance = seen[cell] >> 16, 1 + (seen[cell] & 65535), F64(hardship[i]) * (1.0 - legitimacy)
                    p = arrest_probability(cops, actives, k, arrest_ratio, known) if grievance > threshold else 0.0
                    code = I64(grievance - F64(risk_aversion[i]) * p > threshold)
                    active[0] += code - board[cell]
                    recode_cell(cell, code, board, seen, view)
                elif part != sequence and not (alike and seen[cell] & 65535 == 0):
                    u, count = word(key0, key1, place, i, day, 3034, 0), seen[cell] & 65535 if alike else -1
                    there = pick_in_view(cell, UP, board, cop_view, u, -1, count)
                    if there >= 0:
                        who, term = I64(occupant_of[there]), I64(uniform(key0, key1, place, i, day, 3034, 1) * longest) + (jail_term == 0)
                        until[who] = day * (1 - jail_clock) + (term if jail_term < 3 else 1 << 30)
                        active[0], jailed[0] = active[0] - 1, jailed[0] + 1
                        leave_cell(who, cell_of, occupant_of, board, seen, view)
                        if jail == 1:
                            enter_cell(who, there, IN_JAIL, cell_of, occupant_of, board, seen, view)


def arrest_probability(cops: int, actives: int, k: float, arrest_ratio: int, known: Any) -> Any:
    """P for C cops and A active citizens in view; `arrest_ratio` is 0 literal, 1 floor, 2 round, 3 half_even; `known` keeps small cases."""
    at = 32 * cops + actives if cops < 32 and actives < 32 else 0
    if at == 0 or known[at] < 0:
        whole, rest = cops // actives, 2 * (cops % actives)
        up = arrest_ratio > 1 and (rest > actives or (rest == actives and (arrest_ratio == 2 or whole % 2 == 1)))
        known[at] = 1.0 - exp(-k * (F64(cops) / F64(actives) if arrest_ratio == 0 else F64(whole + up)))
    return known[at]


def epstein_2002_model_1() -> Model:
    """The model."""
    return Model("epstein_2002_model_1", (Phase("rebellion", Rebellion()),), "Epstein's civil violence, Model I.")


def world(
    width: int = 40, height: int = 40, citizens: int = 1120, cops: int = 64, vision: float = 7, cop_vision: float | None = None,
    shape: str = "euclid", torus: bool = True,
) -> Population:  # fmt: skip
    """A board with citizens and cops on it: by default the 40 x 40 torus with densities .7 and .04.

    Args:
        width, height, citizens, cops: of the board, in cells; how many, together no more than cells.
        vision, cop_vision: how far citizens and cops see and move, in cells; by default alike.
        shape: of what is seen: "euclid", "von_neumann" or "moore". The paper prints no metric; 1.7 makes sense for the first.
        torus: whether the edges are joined.

    Raises:
        InputError: no such shape, more people than cells, nobody, or a view that sees a cell twice.
    """
    if not (citizens >= 0 and cops >= 0):
        raise InputError(f"{citizens} citizens and {cops} cops", key="citizens" if cops >= 0 else "cops")
    reaches = {"view": vision, "cop_view": vision if cop_vision is None else cop_vision}
    views = {name: view_of(shape, reach, width, height, torus, SEES) for name, reach in reaches.items()}
    return board_world(citizens + cops, width, height, views, {"citizens": np.array([citizens], np.int64)})
