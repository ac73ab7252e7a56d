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

from groundswell import (
    F64,
    I64,
    NATION,
    PERSON,
    Column,
    InputError,
    Mechanism,
    Model,
    Now,
    Phase,
    Population,
    Stream,
    add_all,
    add_in_view,
    board_world,
    choose_cell,
    enter_cell,
    exp,
    fill_turns,
    group,
    leave_cell,
    look_ahead,
    parameter,
    pick_in_view,
    scatter,
    switch,
    uniform,
    view_of,
    word,
)

CITIZENS = Column("citizens", np.int64, NATION, "persons", "How many rows are citizens; those after them are cops.", static=True)
CITIZEN_VIEW = Column("citizen_view", np.int64, group("citizen_view"), "1", "What citizens see, and how far they move.", static=True)
COP_VIEW = Column("cop_view", np.int64, group("cop_view"), "1", "The same for cops.", static=True)
HARDSHIP = Column("hardship", np.float32, PERSON, "1", "H.")
RISK_AVERSION = Column("risk_aversion", np.float32, PERSON, "1", "R.")
CELL = Column("cell_of", np.int32, PERSON, "index", "One's cell; off the board, -1 - the cell that was left.")
UNTIL = Column("until", np.int32, PERSON, "days", "The day on which a term in jail is over, or how many turns are still missed.")
BOARD = Column("board", np.int8, group("cells"), "code", "-1 a free cell, 0 a quiet citizen, 1 an active one, 2 one in jail, 3 a cop.")
OCCUPANT = Column("occupant_of", np.int32, group("cells"), "index", "Who stands on a cell, or -1.")
SEEN = Column("seen", np.int32, group("cells"), "persons", "Active citizens in view from a cell, and 65536 for each cop.")
ACTIVE = Column("active", np.int64, NATION, "persons", "Active citizens after the step.", recorded=True)
JAILED = Column("jailed", np.int64, NATION, "persons", "Citizens in jail after the step.", recorded=True)
ORDER = Stream("epstein_1_order", 3030, "In which order all act, by person.")
PLACED = Stream("epstein_1_placed", 3031, "Where all start: a permutation of the cells.")
TRAITS = Stream("epstein_1_traits", 3032, "H and R, by person; lanes 0 and 1.")
MOVED = Stream("epstein_1_moved", 3033, "Where one moves or comes back, by person.")
ARREST = Stream("epstein_1_arrest", 3034, "Whom a cop arrests and for how long, by cop; lanes 0 and 1.")
QUIET, UP, IN_JAIL, COP = range(4)  # codes of the board
A_COP = 65536  # what a cop adds to SEEN
TABLE, OPEN = "Table 2, run 2", "open in the paper"
RATIOS, TERMS = ("literal", "floor", "round", "half_even"), ("up", "down", "inclusive", "endless")
# Table 2: what `world` takes, and parameters. Runs 3 and 4 begin alike; L then falls by small steps, or at once. In run 5 cops leave.
RUNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "run_1": ({"vision": 1.7}, {"rebellion.legitimacy": 0.89, "rebellion.max_jail_term": 15, "rebellion.movement": "nobody"}),
    "run_2": ({}, {}),
    "run_3": ({"cops": 118}, {"rebellion.legitimacy": 0.9, "rebellion.jail_term": "endless"}),
    "run_4": ({"cops": 118}, {"rebellion.legitimacy": 0.9, "rebellion.jail_term": "endless"}),
    "run_5": ({"cops": 118}, {"rebellion.legitimacy": 0.8, "rebellion.jail_term": "endless"}),
}


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

    reads = (CITIZENS, CITIZEN_VIEW, COP_VIEW)
    writes = (HARDSHIP, RISK_AVERSION, CELL, UNTIL, BOARD, OCCUPANT, SEEN, ACTIVE, JAILED)
    draws = (ORDER, PLACED, TRAITS, MOVED, ARREST)
    activation = "each_once"

    def begin(self, now: Now) -> None:
        """All stand on random cells, the citizens quiet."""
        people, view = np.arange(now.places.rows), now[CITIZEN_VIEW]
        for lane, trait in enumerate((HARDSHIP, RISK_AVERSION)):
            now[trait][:] = now.draws.uniform(TRAITS, 0, people, lane)
        now[CELL][:], now[OCCUPANT][:] = scatter(len(people), int(view[0]), int(view[1]), *now.draws.keys, PLACED.number)
        now[BOARD][:] = np.where(now[OCCUPANT] < 0, -1, np.where(now[OCCUPANT] < now[CITIZENS][0], QUIET, COP))
        now.run(add_all, A_COP, COP, now[BOARD], now[SEEN], view)

    def step(
        order: Any, citizens: Any, citizen_view: Any, cop_view: Any, hardship: Any, risk_aversion: Any, cell_of: Any, until: Any,
        board: Any, occupant_of: Any, seen: Any, active: Any, jailed: Any, legitimacy: Any, threshold: Any, k: Any, max_jail_term: Any,
        cops_on_duty: Any, arrest_ratio: Any, jail: Any, jail_term: Any, jail_clock: Any, movement: Any, sequence: Any,
        place: Any, day: Any, key0: Any, key1: Any,
    ) -> None:  # fmt: skip
        """One turn each; the random words of 256 moves are drawn at once."""
        on_duty = citizens[0] + I64(cops_on_duty * F64(order.size - citizens[0]) + 0.5)
        words, room = np.empty((8, 256), np.uint32), np.empty(256)
        for turn in range(order.size):
            if turn & 255 == 0:
                fill_turns(words, order[turn : turn + 256], place, key0, key1, day, 3033)
                look_ahead(room, order[turn : turn + 256], cell_of, occupant_of, board, seen, hardship, risk_aversion)
            i = order[turn]
            cell, cop = I64(cell_of[i]), i >= citizens[0]
            if cell < 0 or board[cell] == IN_JAIL or i >= on_duty:
                u = word(key0, key1, place, i, day, 3033, 999)
                cell = comes_back(i, cop, i >= on_duty, day, u, cell_of, until, board, occupant_of, seen, jailed, citizen_view, jail_clock)
            for part in range(2 if cell >= 0 else 0):
                if part == sequence and (movement == 0 or (movement == 1 and cop)):
                    if cop:
                        new = choose_cell(i, cell, board, cop_view, words, turn & 255, place, key0, key1, day, 3033)
                    else:
                        new = choose_cell(i, cell, board, citizen_view, words, turn & 255, place, key0, key1, day, 3033)
                    code = I64(board[cell])
                    weight = A_COP if cop else code
                    leave_cell(i, cell, weight, cell_of, occupant_of, board, seen, citizen_view)
                    enter_cell(i, new, code, weight, cell_of, occupant_of, board, seen, citizen_view)
                    cell = new
                elif part != sequence and not cop:
                    grievance, before = F64(hardship[i]) * (1.0 - legitimacy), I64(board[cell])
                    board[cell] = QUIET
                    if grievance > threshold:  # else no risk is low enough
                        p = arrest_probability(seen[cell] >> 16, 1 + (seen[cell] & 65535), k, arrest_ratio)
                        board[cell] = grievance - F64(risk_aversion[i]) * p > threshold
                    if board[cell] != before:
                        active[0] += board[cell] - before
                        add_in_view(cell, board[cell] - before, seen, citizen_view)
                elif part != sequence and (seen[cell] & 65535 > 0 or cop_view.size > citizen_view.size):
                    there = pick_in_view(cell, UP, board, cop_view, word(key0, key1, place, i, day, 3034, 0))
                    if there >= 0:
                        term = term_of(uniform(key0, key1, place, i, day, 3034, 1), max_jail_term, jail_term)
                        until[occupant_of[there]] = day * (1 - jail_clock) + term
                        active[0] -= 1
                        jailed[0] += 1
                        goes_to_jail(there, jail, cell_of, board, occupant_of, seen, citizen_view)


def arrest_probability(cops: int, actives: int, k: float, arrest_ratio: int) -> Any:
    """P for C cops and A active citizens in view; `arrest_ratio` is 0 literal, 1 floor, 2 round, 3 half_even."""
    if arrest_ratio == 0:
        return 1.0 - exp(-k * (F64(cops) / F64(actives)))
    whole, rest = cops // actives, 2 * (cops % actives)
    up = arrest_ratio > 1 and (rest > actives or (rest == actives and (arrest_ratio == 2 or whole % 2 == 1)))
    return 1.0 - exp(-k * F64(whole + up))


def term_of(u: float, longest: int, jail_term: int) -> Any:
    """A term from U(0, J), in whole days; `jail_term` is 0 up, 1 down, 2 inclusive, 3 endless."""
    return I64(u * F64(longest + (jail_term == 2))) + (jail_term == 0) if jail_term < 3 else I64(1 << 30)


def goes_to_jail(cell: Any, jail: int, cell_of: Any, board: Any, occupant_of: Any, seen: Any, citizen_view: Any) -> None:
    """Whoever was active on a cell leaves the board, or stays there in jail."""
    who = I64(occupant_of[cell])
    leave_cell(who, cell, 1, cell_of, occupant_of, board, seen, citizen_view)
    if jail == 1:
        enter_cell(who, cell, IN_JAIL, 0, cell_of, occupant_of, board, seen, citizen_view)


def comes_back(
    i: int, cop: bool, off_duty: bool, day: int, u: Any, cell_of: Any, until: Any, board: Any, occupant_of: Any, seen: Any, jailed: Any,
    citizen_view: Any, jail_clock: int,
) -> Any:  # fmt: skip
    """The cell of who comes back from jail or on duty, else -1: the turn is missed, also for want of a free cell in view of the old one."""
    cell = I64(cell_of[i])
    if cop and off_duty:
        if cell >= 0:
            leave_cell(i, cell, A_COP, cell_of, occupant_of, board, seen, citizen_view)
        return I64(-1)
    if not cop and until[i] > day * (1 - jail_clock):
        until[i] -= jail_clock
        return I64(-1)
    if cell < 0:
        cell = pick_in_view(-1 - cell, -1, board, citizen_view, u)
    if cell >= 0:
        enter_cell(i, cell, COP if cop else QUIET, A_COP if cop else 0, cell_of, occupant_of, board, seen, citizen_view)
        jailed[0] -= not cop
    return cell


def epstein_2002_model_1() -> Model:
    """The model."""
    return Model("epstein_2002_model_1", (Phase("rebellion", Rebellion()),), "Epstein's civil violence, Model I.")


def world(
    width: int = 40, height: int = 40, citizens: int = 1120, cops: int = 64, vision: float = 7, cop_vision: float | None = None,
    shape: str = "euclid", torus: bool = True,
) -> Population:  # fmt: skip
    """A board with so many citizens and cops on it: by default the 40 x 40 torus with densities .7 and .04.

    Args:
        width, height: in cells.
        citizens, cops: how many; together no more than cells.
        vision: how far citizens see and move, in cells.
        cop_vision: the same for cops, where it is another.
        shape: of what is seen: "euclid", "von_neumann" or "moore". The paper prints no metric; 1.7 makes sense for the first.
        torus: whether the edges are joined.

    Raises:
        InputError: no such shape, more people than cells, nobody, or a view that sees a cell twice.
    """
    if not (citizens >= 0 and cops >= 0):
        raise InputError(f"{citizens} citizens and {cops} cops", key="citizens" if cops >= 0 else "cops")
    views = {
        "citizen_view": view_of(shape, vision, width, height, torus),
        "cop_view": view_of(shape, vision if cop_vision is None else cop_vision, width, height, torus),
    }
    return board_world(citizens + cops, width, height, views, {CITIZENS.name: np.array([citizens], np.int64)})
