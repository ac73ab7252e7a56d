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
    board_world,
    choose_cell,
    enter_cell,
    exp,
    fill_turns,
    group,
    leave_cell,
    parameter,
    pick_in_view,
    scatter,
    switch,
    uniform,
    view_of,
    word,
)

VIEW = Column("view", np.int64, group("view"), "1", "What is seen, and how far one moves.", static=True)
NEAR = Column("near", np.int64, group("near"), "1", "The neighbouring cells, where clones are put.", static=True)
KIND = Column("kind", np.int8, PERSON, "code", "0 blue, 1 green, 4 a cop, -1 nobody: a row for a later clone.")
HARDSHIP = Column("hardship", np.float32, PERSON, "1", "H.")
RISK_AVERSION = Column("risk_aversion", np.float32, PERSON, "1", "R.")
DIES = Column("dies", np.int32, PERSON, "days", "The day on which one dies of age.")
UNTIL = Column("until", np.int32, PERSON, "days", "The day on which a term in jail is over, or on which a cop arrives.")
CELL = Column("cell_of", np.int32, PERSON, "index", "One's cell; off the board, -1 - the cell that was left.")
SPARE = Column("spare", np.int32, PERSON, "index", "Rows of nobody, as a stack.")
BOARD = Column("board", np.int8, group("cells"), "code", "-1 a free cell; 0 blue, 1 green, 2 more where active; 4 a cop.")
OCCUPANT = Column("occupant_of", np.int32, group("cells"), "index", "Who stands on a cell, or -1.")
SEEN = Column("seen", np.int32, group("cells"), "persons", "Active persons in view from a cell, and 65536 for each cop.")
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
COP, SAME, ALIKE = 4, 5, 6  # the board's code of a cop; bits that tell the groups and cops apart, and who is active
TABLE = "Epstein 2002, Table 2, run 7"
RUNS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # Table 2: what `world` takes, and parameters
    "run_6": ({}, {"communal_violence.legitimacy": 0.9}),
    "run_7": ({}, {}),
    "run_8": ({}, {"communal_violence.cops": 64}),
}


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
    arrest_ratio: str = switch("literal", options=("literal", "floor", "round"), doc="C / A as printed, its whole part, or the nearest.",
                               source="open in Epstein 2002")  # fmt: skip

    reads = (VIEW, NEAR)
    writes = (KIND, HARDSHIP, RISK_AVERSION, DIES, UNTIL, CELL, SPARE, BOARD, OCCUPANT, SEEN, COUNTS, BLUE, GREEN, JAILED, KILLED, EXTINCT)
    draws = (ORDER, PLACED, TRAITS, MOVED, ACTED)
    activation = "each_once"

    def begin(self, now: Now) -> None:
        """All stand on random cells; everyone belongs to a group by an even chance."""
        rows, members, cops, view = now.places.rows, int(now.p.members[0]), int(now.p.cops[0]), now[VIEW]
        if not 1 <= members + cops <= rows:
            raise InputError(f"{members} members and {cops} cops on {rows} cells", key="communal_violence.members")
        h, r, group_of, age = (now.draws.uniform(TRAITS, 0, np.arange(rows), lane) for lane in range(4))
        here = np.arange(rows) < members + cops
        now[HARDSHIP][:], now[RISK_AVERSION][:], now[UNTIL][:] = h, r, now.day
        now[KIND][:] = np.where(~here, -1, np.where(np.arange(rows) < members, group_of < 0.5, COP))
        now[DIES][:] = now.day + 1 + (age * now.p.max_age[0]).astype(np.int64)
        now[CELL][:], now[OCCUPANT][:] = scatter(rows, int(view[0]), int(view[1]), *now.draws.keys, PLACED.number)
        cop_waits = (now[KIND] == COP) & (now.p.arrival[0] > 0)
        now[UNTIL][cop_waits] += int(now.p.arrival[0])
        off = ~here | cop_waits
        now[OCCUPANT][now[CELL][off]] = -1
        now[BOARD][:] = np.where(now[OCCUPANT] < 0, -1, now[KIND][now[OCCUPANT]])
        now[CELL][off] = -1 - now[CELL][off]
        spare = np.flatnonzero(~here)
        now[SPARE][: len(spare)] = spare
        now[COUNTS][:] = (now[KIND] == 0).sum(), (now[KIND] == 1).sum(), 0, len(spare), 0
        now.run(add_all, 65536, COP, now[BOARD], now[SEEN], view)

    def step(
        order: Any, view: Any, near: Any, kind: Any, hardship: Any, risk_aversion: Any, dies: Any, until: Any, cell_of: Any, spare: Any,
        board: Any, occupant_of: Any, seen: Any, counts: Any, blue: Any, green: Any, jailed: Any, killed: Any, extinct: Any,
        legitimacy: Any, threshold: Any, k: Any, max_jail_term: Any, cloning: Any, max_age: Any, arrest_ratio: Any,
        place: Any, day: Any, key0: Any, key1: Any,
    ) -> None:  # fmt: skip
        """One turn each; the random words of 256 moves are drawn at once."""
        words = np.empty((8, 256), np.uint32)
        for turn in range(order.size):
            if turn % 256 == 0:
                fill_turns(words, order[turn : turn + 256], place, key0, key1, day, 3043)
            i = order[turn]
            cell, cop = I64(cell_of[i]), kind[i] == COP
            if 0 <= kind[i] < COP and day >= dies[i]:
                ends(i, kind, cell_of, spare, board, occupant_of, seen, counts, view)
            if kind[i] < 0 or (cell < 0 and day < until[i]):
                continue
            if cell < 0:
                cell = pick_in_view(-1 - cell, -1, board, view, word(key0, key1, place, i, day, 3043, 999))
                if cell < 0:
                    continue  # no room to come back
                enter_cell(i, cell, kind[i], 65536 * cop, cell_of, occupant_of, board, seen, view)
                counts[2] -= not cop
            code, new = I64(board[cell]), choose_cell(i, cell, board, view, words, turn % 256, place, key0, key1, day, 3043)
            leave_cell(i, cell, 65536 * cop + (code & 2) // 2, cell_of, occupant_of, board, seen, view)
            if not cop:
                p = arrest_probability(seen[new] >> 16, 1 + (seen[new] & 65535), k, arrest_ratio)
                active = F64(hardship[i]) * (1.0 - legitimacy) - F64(risk_aversion[i]) * p > threshold
                code = I64(kind[i]) + 2 * active
            enter_cell(i, new, code, 65536 * cop + (code & 2) // 2, cell_of, occupant_of, board, seen, view)
            if code >= 2:
                u = word(key0, key1, place, i, day, 3044, 0)
                there = pick_in_view(new, 2 if cop else 3 - code, board, view, u, ALIKE if cop else SAME)
                if there >= 0 and not cop:
                    counts[4] += 1
                    ends(occupant_of[there], kind, cell_of, spare, board, occupant_of, seen, counts, view)
                elif there >= 0:
                    who = I64(occupant_of[there])
                    until[who] = day + 1 + I64(uniform(key0, key1, place, i, day, 3044, 1) * F64(max_jail_term))
                    leave_cell(who, there, 1, cell_of, occupant_of, board, seen, view)
                    counts[2] += 1
            if not cop and counts[3] > 0 and uniform(key0, key1, place, i, day, 3044, 2) < cloning:
                there = pick_in_view(new, -1, board, near, word(key0, key1, place, i, day, 3044, 3))
                if there >= 0:
                    counts[3] -= 1
                    child = I64(spare[counts[3]])
                    kind[child], hardship[child], until[child] = kind[i], hardship[i], day
                    risk_aversion[child] = uniform(key0, key1, place, i, day, 3042, 1)
                    dies[child] = day + 1 + I64(uniform(key0, key1, place, i, day, 3042, 3) * F64(max_age))
                    enter_cell(child, there, kind[child], 0, cell_of, occupant_of, board, seen, view)
                    counts[kind[i]] += 1
        blue[0], green[0], jailed[0], killed[0], extinct[0] = counts[0], counts[1], counts[2], counts[4], min(counts[0], counts[1]) == 0


def arrest_probability(cops: int, actives: int, k: float, arrest_ratio: int) -> Any:
    """P for C cops and A active persons in view; `arrest_ratio` is 0 literal, 1 floor, 2 round."""
    whole = (2 * cops + actives) // (2 * actives) if arrest_ratio == 2 else cops // actives
    return 1.0 - exp(-k * (F64(cops) / F64(actives) if arrest_ratio == 0 else F64(whole)))


def ends(i: int, kind: Any, cell_of: Any, spare: Any, board: Any, occupant_of: Any, seen: Any, counts: Any, view: Any) -> None:
    """Someone dies or is killed, and leaves a row for a clone."""
    cell = I64(cell_of[i])
    if cell >= 0:
        leave_cell(i, cell, (board[cell] & 2) // 2, cell_of, occupant_of, board, seen, view)
    else:
        counts[2] -= 1
    counts[kind[i]] -= 1
    spare[counts[3]] = i
    counts[3] += 1
    kind[i] = -1


def epstein_2002_model_2() -> Model:
    """The model; run it with `until=EXTINCT` to stop when a group is gone."""
    return Model("epstein_2002_model_2", (Phase("communal_violence", CommunalViolence()),), "Epstein's civil violence, Model II.")


def world(width: int = 40, height: int = 40, vision: float = 1.7, shape: str = "euclid", torus: bool = True) -> Population:
    """A board, with a row for everyone who could stand on it at once.

    Args:
        width, height: in cells.
        vision: how far all see and move, in cells.
        shape: of what is seen: "euclid", "von_neumann" or "moore".
        torus: whether the edges are joined.

    Raises:
        InputError: no such shape, no cells, or a view that sees a cell twice.
    """
    views = {"view": view_of(shape, vision, width, height, torus), "near": view_of("moore", 1, width, height, torus)}
    return board_world(width * height, width, height, views, {}, {"counts": 5})
