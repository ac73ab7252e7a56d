"""Agents on a board of cells, one a cell: who stands where, what is seen of them, and how they move.

The columns of such a world are `CELL`, `OCCUPANT`, `BOARD` and `SEEN`, and its given view is `VIEW`; a model adds what else its agents
have. `board_world` is the population, and `place_all` puts everyone on a random cell in `begin`. In a step with sequential activation,
`enter_cell`, `leave_cell`, `return_agent`, `recode_cell` and `move_agent` keep all four columns true to each other. Their last
arguments are those columns and the view, in the order of `cell_of, occupant_of, board, seen, view`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import I64, U32, U64
from groundswell.core.columns import PERSON, Column, group
from groundswell.core.draws import Stream
from groundswell.core.errors import InputError
from groundswell.core.grid import WEIGHTS, WORDS, View, add_in_view, choose_cell, fill_turns, pick_in_view
from groundswell.core.permute import permute, side
from groundswell.core.places import Population, single_place

if TYPE_CHECKING:
    from groundswell.core.now import Now

CELL = Column("cell_of", np.int32, PERSON, "index", "One's cell; off the board, -1 - the cell that was left.")
OCCUPANT = Column("occupant_of", np.int32, group("cells"), "index", "Who stands on a cell, or -1.")
BOARD = Column("board", np.int8, group("cells"), "code", "The model's code of who stands on a cell, 0 to 7; -1 where it is free.")
SEEN = Column("seen", np.int32, group("cells"), "1", "Sum of the view's weights of all who are seen from a cell, its own occupant not.")
VIEW = Column("view", np.int64, group("view"), "1", "Which cells are seen, and what each code weighs there; see `view_of`.", static=True)


def board_world(
    agents: int, width: int, height: int, views: Mapping[str, View], columns: Mapping[str, Any], groups: Mapping[str, int] | None = None
) -> Population:
    """A population of agents on a board: one row an agent, and the group level "cells".

    Args:
        agents: rows.
        width, height: of the board, in cells.
        views: by name, "view" among them; each is a static column, of a group level that is called like it.
        columns: further static columns.
        groups: elements of each further group level.

    Raises:
        InputError: no agents, or more than cells.
    """
    if not 1 <= agents <= width * height:
        raise InputError(f"{agents} agents on {width} x {height} cells", key="agents")
    sizes = {"cells": width * height, **{name: len(view) for name, view in views.items()}, **(groups or {})}
    return Population(single_place(agents, groups=sizes), {**columns, **views})


def place_all(now: Now, stream: Stream, codes: npt.NDArray[np.int8]) -> None:
    """Puts every agent on a random cell of its own, in `begin`.

    Args:
        now: of a mechanism that writes the columns of a board and reads `VIEW`.
        stream: which the mechanism declares.
        codes: what the board says of each agent; who has -1 is off the board, near a cell that is left free.
    """
    now[OCCUPANT][:], now[BOARD][:] = -1, -1
    keys = (key[()] for key in now.draws.words(stream, 0, now.places.codes.min() << 32))
    now.run(scatter, codes, now[CELL], now[OCCUPANT], now[BOARD], *keys)
    now.run(add_all, now[BOARD], now[SEEN], now[VIEW])


def scatter(codes: Any, cell_of: Any, occupant_of: Any, board: Any, r0: Any, r1: Any, r2: Any, r3: Any) -> None:
    """A random cell for each agent, by a permutation of the cells of an empty board under four round keys."""
    for agent in range(codes.size):
        cell = permute(agent, board.size, side(board.size), 0, r0, r1, r2, r3)
        cell_of[agent] = cell if codes[agent] >= 0 else -1 - cell
        if codes[agent] >= 0:
            board[cell], occupant_of[cell] = codes[agent], agent


def add_all(board: Any, seen: Any, view: Any) -> None:
    """Adds up what is seen from every cell of all who are on the board."""
    for cell in range(board.size):
        if board[cell] >= 0 and view[WEIGHTS + board[cell]] != 0:
            add_in_view(cell, view[WEIGHTS + board[cell]], seen, view)


def prepare_turns(
    words: Any, agents: Any, place: int, key0: Any, key1: Any, day: int, stream: int,
    cell_of: Any, occupant_of: Any, board: Any, seen: Any, first: Any, second: Any,
) -> None:  # fmt: skip
    """Before some hundred turns: draws the words of their moves at once, which is ten times faster, and looks ahead.

    To look ahead is to read what these turns will need, so that memory that is far away is waited for once for all of them.

    Args:
        words: uint32 of shape (9, turns), filled: the words of each move, and something of what was read, which is of no use.
        agents: whose turns they are.
        place, key0, key1, day, stream: address of the draws; the agent's number and a lane complete it.
        cell_of, occupant_of, board, seen: the board's columns.
        first, second: two more columns by agent that a turn needs.
    """
    fill_turns(words, agents, place, key0, key1, day, stream)
    for k in range(agents.size):
        cell = U64(max(I64(cell_of[agents[k]]), I64(0)))
        some = I64(board[cell]) + I64(seen[cell]) + I64(occupant_of[cell]) + I64(first[agents[k]]) + I64(second[agents[k]])
        words[WORDS, k] = U32(some & I64(0xFFFFFFFF))


def enter_cell(agent: Any, cell: Any, code: Any, cell_of: Any, occupant_of: Any, board: Any, seen: Any, view: Any) -> None:
    """Puts an agent who is off the board on a free cell; the board then says `code` there."""
    board[cell], occupant_of[cell], cell_of[agent] = code, agent, cell
    if view[WEIGHTS + code] != 0:
        add_in_view(cell, view[WEIGHTS + code], seen, view)


def leave_cell(agent: Any, cell_of: Any, occupant_of: Any, board: Any, seen: Any, view: Any) -> None:
    """Takes an agent off the board; its cell becomes -1 - the one it leaves."""
    cell = I64(cell_of[agent])
    weight = view[WEIGHTS + board[cell]]
    board[cell], occupant_of[cell], cell_of[agent] = -1, -1, -1 - cell
    if weight != 0:
        add_in_view(cell, -weight, seen, view)


def recode_cell(cell: Any, code: Any, board: Any, seen: Any, view: Any) -> None:
    """Changes what the board says of who stands on a cell."""
    change = view[WEIGHTS + code] - view[WEIGHTS + board[cell]]
    board[cell] = code
    if change != 0:
        add_in_view(cell, change, seen, view)


def return_agent(agent: Any, code: Any, word: Any, cell_of: Any, occupant_of: Any, board: Any, seen: Any, view: Any) -> Any:
    """Brings an agent back onto the board, on a random free cell in view of the one it left; returns its cell, or -1 for want of room.

    Args:
        agent: who; where it is still on its cell, it stays there.
        code: what the board says from then on.
        word: 32 random bits.
        cell_of, occupant_of, board, seen, view: the board's columns, changed, and the view.
    """
    cell = I64(cell_of[agent])
    if cell >= 0:
        recode_cell(cell, code, board, seen, view)
        return cell
    cell = pick_in_view(-1 - cell, -1, board, view, word)
    if cell >= 0:
        enter_cell(agent, cell, code, cell_of, occupant_of, board, seen, view)
    return cell


def move_agent(
    agent: Any, reach: Any, words: Any, k: int, place: int, key0: Any, key1: Any, day: int, stream: int,
    cell_of: Any, occupant_of: Any, board: Any, seen: Any, view: Any,
) -> Any:  # fmt: skip
    """Moves an agent to a random free cell, or leaves it where it is if there is none; returns its cell.

    Args:
        agent: who.
        reach: the view among whose cells it chooses.
        words, k, place, key0, key1, day, stream: see `choose_cell`.
        cell_of, occupant_of, board, seen, view: the board's columns, changed, and the view over which is counted.
    """
    cell = I64(cell_of[agent])
    there = choose_cell(agent, cell, board, reach, words, k, place, key0, key1, day, stream)
    code = I64(board[cell])
    board[cell], occupant_of[cell] = -1, -1
    board[there], occupant_of[there], cell_of[agent] = code, agent, there
    if view[WEIGHTS + code] != 0 and there != cell:
        add_in_view(cell, -view[WEIGHTS + code], seen, view)
        add_in_view(there, view[WEIGHTS + code], seen, view)
    return there
