"""A world of cells, one occupant a cell, with vision and movement as in Epstein (2002).

A cell is numbered y * width + x, an empty cell holds -1, and an agent who is not on the board has the cell -1. All
kinds of occupants share one numbering. A view is a list of offsets, made once; the functions on cells and agents run as
they stand and compile.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import I64, U32, U64
from groundswell.core.draws import philox4x32
from groundswell.core.errors import InputError

Offsets = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
TRIES = 64  # random cells in view before the free ones are counted instead: counting 148 costs as much as 60 tries


def _offsets(reach: int, inside: npt.NDArray[np.bool_]) -> Offsets:
    """The offsets of a square of 2 reach + 1 that are inside a view, row by row, without the centre."""
    keep = inside.copy()
    keep[reach, reach] = False
    y, x = np.nonzero(keep)
    return (x - reach).astype(np.int64), (y - reach).astype(np.int64)


def _square(reach: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return x, y


def euclidean(radius: float) -> Offsets:
    """Cells whose centre is at most `radius` away: 148 for 7, 8 for 1.7. Returns the offsets in x and in y."""
    reach = int(_checked(radius) + 1e-9)
    x, y = _square(reach)
    return _offsets(reach, x * x + y * y <= radius * radius + 1e-9)


def von_neumann(radius: int) -> Offsets:
    """Cells at most `radius` steps along the grid away: 112 for 7."""
    reach = int(_checked(radius))
    x, y = _square(reach)
    return _offsets(reach, abs(x) + abs(y) <= reach)


def moore(radius: int) -> Offsets:
    """The square of side 2 radius + 1: 224 for 7."""
    reach = int(_checked(radius))
    return _offsets(reach, np.ones((2 * reach + 1, 2 * reach + 1), bool))


def _checked(radius: float) -> float:
    if not (math.isfinite(radius) and 0 <= radius <= 1000):
        raise InputError(f"{radius} is outside 0 to 1000 cells", key="vision")
    return radius


def check_board(width: int, height: int, torus: bool, *views: Offsets) -> None:
    """Refuses a board without cells, and a torus on which a view would see a cell twice.

    Raises:
        InputError: with what would fit.
    """
    if width < 1 or height < 1 or width * height >= 2**31:
        raise InputError(f"a board of {width} x {height} cells", key="width")
    widest = max((int(np.abs(part).max()) for view in views for part in view if len(part)), default=0)
    if torus and 2 * widest + 1 > min(width, height):
        raise InputError(f"a view of {widest} cells wraps around a torus of {width} x {height} and sees cells twice", key="vision")


def scatter(agents: int, width: int, height: int, key0: Any, key1: Any, stream: int, place: int = 1) -> tuple[Any, Any]:
    """A random free cell for each agent, by a keyed permutation of the cells: `cell_of` and `occupant_of`, int32.

    Raises:
        InputError: more agents than cells.
    """
    from groundswell.core.permute import permutes, round_keys, side

    cells = width * height
    if agents > cells:
        raise InputError(f"{agents} agents do not fit on {cells} cells", key="density")
    cell_of = permutes(np.arange(agents), cells, side(cells), 0, *round_keys(place, 0, 0, stream, key0, key1)).astype(np.int32)
    occupant_of = np.full(cells, -1, np.int32)
    occupant_of[cell_of] = np.arange(agents)
    return cell_of, occupant_of


def cell_at(x: int, y: int, dx: int, dy: int, width: int, height: int, torus: bool) -> Any:
    """The number of the cell at an offset from (x, y), or -1 beyond the edge. The offset is shorter than the board."""
    u, v = x + dx, y + dy
    if torus:
        u = u + width if u < 0 else u
        u = u - width if u >= width else u
        v = v + height if v < 0 else v
        v = v - height if v >= height else v
    elif u < 0 or u >= width or v < 0 or v >= height:
        return I64(-1)
    return I64(v * width + u)


def row_of_cell(cell: int, width: int) -> Any:
    """y of a cell; a division of 32 bits takes half as long."""
    return I64(U32(cell) // U32(width))


def is_interior(x: int, y: int, offsets_y: Any, width: int, height: int) -> bool:
    """Whether a view made here lies on the board without wrapping: its last offset in y is its reach in all directions."""
    if len(offsets_y) == 0:
        return True
    reach = offsets_y[len(offsets_y) - 1]
    return bool(x >= reach and y >= reach and x + reach < width and y + reach < height)


def free_in_view(cell: int, occupant_of: Any, offsets_x: Any, offsets_y: Any, width: int, height: int, torus: bool, nth: Any) -> Any:
    """(number of free cells in view seen until the end or the nth, the nth one counting from 0, or -1)."""
    y = row_of_cell(cell, width)
    x = cell - y * width
    free = 0
    for j in range(len(offsets_x)):
        there = cell_at(x, y, offsets_x[j], offsets_y[j], width, height, torus)
        if there >= 0 and occupant_of[there] < 0:
            if free == nth:
                return free, there
            free += 1
    return free, I64(-1)


def free_or_none(word: Any, x: int, y: int, occupant_of: Any, offsets_x: Any, offsets_y: Any, width: int, height: int, torus: bool) -> Any:
    """The cell in view that a random word picks where it is free, else -1."""
    j = I64((U64(word) * U64(len(offsets_x))) >> U64(32))
    there = cell_at(x, y, offsets_x[j], offsets_y[j], width, height, torus)
    free = (there >= 0) & (occupant_of[max(there, I64(0))] < 0)
    return there if free else I64(-1)


def choose_cell(
    agent: int, cell: Any, occupant_of: Any, offsets_x: Any, offsets_y: Any, width: int, height: int, torus: bool,
    place: int, key0: Any, key1: Any, day: int, stream: int,
) -> Any:  # fmt: skip
    """A free cell in view, each with the same probability, or the agent's own where none is free.

    Random cells in view are tried first, at most 64; the first free one is uniform over the free ones. Only then
    are free cells counted, and the one with a drawn rank taken: also uniform, and the whole as well.
    """
    y = row_of_cell(cell, width)
    x = cell - y * width
    tries = TRIES if len(offsets_x) > 0 else 0
    x1, x3 = U32(U32(place) << U32(16)), U32((U32(day) << U32(16)) | U32(stream))
    w0, w1, w2, w3 = U32(0), U32(0), U32(0), U32(0)
    there, tried = I64(-1), 0
    while there < 0 and tried < tries:
        if tried & 3 == 0:
            w0, w1, w2, w3 = philox4x32(U32(agent), x1, U32(tried), x3, key0, key1)
        there = free_or_none(w0, x, y, occupant_of, offsets_x, offsets_y, width, height, torus)
        w0, w1, w2 = w1, w2, w3
        tried += 1
    if there < 0:
        there = counted_cell(agent, cell, occupant_of, offsets_x, offsets_y, width, height, torus, x1, x3, key0, key1)
    return there


def counted_cell(
    agent: int, cell: Any, occupant_of: Any, offsets_x: Any, offsets_y: Any, width: int, height: int, torus: bool,
    x1: Any, x3: Any, key0: Any, key1: Any,
) -> Any:  # fmt: skip
    """A uniformly drawn free cell in view by its rank among them, or the agent's own where none is free."""
    free, _ = free_in_view(cell, occupant_of, offsets_x, offsets_y, width, height, torus, -1)
    if free == 0:
        return I64(cell)
    w0, _, _, _ = philox4x32(U32(agent), x1, U32(TRIES), x3, key0, key1)
    rank = I64((U64(w0) * U64(free)) >> U64(32))
    _, there = free_in_view(cell, occupant_of, offsets_x, offsets_y, width, height, torus, rank)
    return there


def move_one(
    agent: int, cell_of: Any, occupant_of: Any, offsets_x: Any, offsets_y: Any, width: int, height: int, torus: bool,
    place: int, key0: Any, key1: Any, day: int, stream: int,
) -> Any:  # fmt: skip
    """Moves one agent to a random free cell in its view and returns the cell; one who is off the board stays off."""
    old = I64(cell_of[agent])
    new = old
    if old >= 0:
        new = choose_cell(agent, old, occupant_of, offsets_x, offsets_y, width, height, torus, place, key0, key1, day, stream)
        occupant_of[old] = -1
        occupant_of[new] = agent
        cell_of[agent] = new
    return new


def move(
    order: Any, cell_of: Any, occupant_of: Any, offsets_x: Any, offsets_y: Any, width: int, height: int, torus: bool,
    place: int, key0: Any, key1: Any, day: int, stream: int,
) -> None:  # fmt: skip
    """Moves the agents one after the other in the given order (`permute.fill_permutation`), each seeing those before.

    Args:
        order: agents.
        cell_of, occupant_of: integers, by agent and by cell; changed.
        offsets_x, offsets_y: the view, from `euclidean`, `von_neumann` or `moore`; see `check_board`.
        place, key0, key1, day, stream: address of the draws; the agent's number and a lane complete it.
    """
    for j in range(len(order)):
        move_one(order[j], cell_of, occupant_of, offsets_x, offsets_y, width, height, torus, place, key0, key1, day, stream)


def count_in_view(cell: int, marked: Any, occupant_of: Any, offsets_x: Any, offsets_y: Any, width: int, height: int, torus: bool) -> Any:
    """How many occupants with a mark (non-zero, by agent) stand on the cells in view of a cell, the cell itself not."""
    y = row_of_cell(cell, width)
    x = cell - y * width
    total = I64(0)
    for j in range(len(offsets_x)):
        there = cell_at(x, y, offsets_x[j], offsets_y[j], width, height, torus)
        occupant = occupant_of[max(there, I64(0))]
        total += I64((there >= 0) & (occupant >= 0) & (marked[max(occupant, 0)] != 0))  # no branch: it could not be predicted
    return total


def add_in_view(cell: int, change: int, counts: Any, offsets_x: Any, offsets_y: Any, width: int, height: int, torus: bool) -> None:
    """Adds to the count of every cell that sees a cell: keeps what `count_in_view` gives up to date by change.

    Views made here are symmetric, so a cell is seen from the cells that it sees.
    """
    y = row_of_cell(cell, width)
    x = cell - y * width
    if is_interior(x, y, offsets_y, width, height):
        for j in range(len(offsets_x)):
            counts[cell + offsets_y[j] * width + offsets_x[j]] += change
    else:
        for j in range(len(offsets_x)):
            there = cell_at(x, y, offsets_x[j], offsets_y[j], width, height, torus)
            if there >= 0:
                counts[there] += change
