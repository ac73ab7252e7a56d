"""A world of cells, with vision and movement as in Epstein (2002); `board` puts agents on it.

A cell is numbered y * width + x. A board is an array by cell of small codes of what stands there, negative where the cell is free. A
view says which cells are seen from a cell, and how much each code counts there; it is made once (`view_of`), so that it can be a
column of a population. The functions on cells run as they stand and compile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import I32, I64, U32, U64
from groundswell.core.draws import philox4x32
from groundswell.core.errors import InputError

Offsets = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
View = npt.NDArray[np.int64]
CODES = 8  # codes of a board, from 0 on
# Where in a view they stand: from WEIGHTS on what each code counts; from HALVES on the half width of each row, then x, then y.
WIDTH, HEIGHT, TORUS, REACH, CELLS, WEIGHTS, HALVES = (*range(6), 5 + CODES)
TRIES = 64  # random cells in view before the free ones are counted instead: counting 148 costs as much as 60 tries
WORDS = 8  # random words of a turn that `fill_turns` draws beforehand


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


def von_neumann(radius: float) -> Offsets:
    """Cells at most `radius` steps along the grid away: 112 for 7."""
    reach = int(_checked(radius))
    x, y = _square(reach)
    return _offsets(reach, abs(x) + abs(y) <= reach)


def moore(radius: float) -> Offsets:
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


def view_of(
    seen: str | Offsets, radius: float, width: int, height: int, torus: bool = True, weights: Mapping[int, int] | None = None
) -> View:
    """A view on a board, as the functions below take it: one array of whole numbers.

    Args:
        seen: "euclid", "von_neumann" or "moore"; or offsets whose rows have no gaps, symmetrical about the cell.
        radius: of the shape, in cells.
        width, height: of the board, in cells.
        torus: whether the board's edges are joined.
        weights: by code of the board, 0 to 7, by how much who stands on a cell raises `seen` of all cells that see it; the others, by 0.

    Raises:
        InputError: no such shape or code, or see `check_board`.
    """
    if any(code not in range(CODES) for code in weights or ()):
        raise InputError(f"{sorted(weights or ())} are not all codes from 0 to {CODES - 1}", key="weights")
    if isinstance(seen, str) and seen not in SHAPES:
        raise InputError(f"{seen!r} is not one of {', '.join(SHAPES)}", key="shape")
    x, y = offsets = SHAPES[seen](radius) if isinstance(seen, str) else seen
    check_board(width, height, torus, offsets)
    reach = int(np.abs(y).max()) if len(y) else 0
    halves = [int(x[y == row].max(initial=0)) for row in range(-reach, reach + 1)]
    counted = [(weights or {}).get(code, 0) for code in range(CODES)]
    return np.array([width, height, torus, reach, len(x), *counted, *halves, *x, *y], np.int64)


SHAPES: dict[str, Callable[[float], Offsets]] = {"euclid": euclidean, "von_neumann": von_neumann, "moore": moore}


def cell_at(x: int, y: int, dx: int, dy: int, view: Any) -> Any:
    """The number of the cell at an offset from (x, y), or -1 beyond the edge. The offset is shorter than the board."""
    width, height = view[WIDTH], view[HEIGHT]
    u, v = x + dx, y + dy
    if view[TORUS]:
        u = u + width if u < 0 else u
        u = u - width if u >= width else u
        v = v + height if v < 0 else v
        v = v - height if v >= height else v
    elif u < 0 or u >= width or v < 0 or v >= height:
        return I64(-1)
    return I64(v * width + u)


def row_of_cell(cell: int, view: Any) -> Any:
    """y of a cell; a division of 32 bits takes half as long."""
    return I64(U32(cell) // U32(view[WIDTH]))


def is_interior(x: int, y: int, view: Any) -> bool:
    """Whether all that is seen from (x, y) lies on the board without wrapping."""
    reach = view[REACH]
    return bool(x >= reach and y >= reach and x + reach < view[WIDTH] and y + reach < view[HEIGHT])


def fill_turns(words: Any, agents: Any, place: int, key0: Any, key1: Any, day: int, stream: int) -> None:
    """The first random words of the turns of some agents, drawn together, which is ten times faster than one by one.

    Args:
        words: uint32 of shape (8, turns); filled.
        agents: whose turns they are.
        place, key0, key1, day, stream: address of the draws; the agent's number and a lane complete it.
    """
    x1, x3 = U32(U32(place) << U32(16)), U32((U32(day) << U32(16)) | U32(stream))
    for lane in range(0, WORDS, 4):
        fill_lane(words[lane], words[lane + 1], words[lane + 2], words[lane + 3], agents, x1, U32(lane), x3, key0, key1)


def fill_lane(w0: Any, w1: Any, w2: Any, w3: Any, agents: Any, x1: Any, x2: Any, x3: Any, key0: Any, key1: Any) -> None:
    """Four words of each turn: a loop that compilers vectorise."""
    for k in range(agents.size):
        w0[k], w1[k], w2[k], w3[k] = philox4x32(U32(agents[k]), x1, x2, x3, key0, key1)


def choose_cell(
    agent: Any, cell: Any, board: Any, view: Any, words: Any, k: int, place: int, key0: Any, key1: Any, day: int, stream: int
) -> Any:
    """A free cell in view, each with the same probability, or the cell itself where none is free.

    Random cells in view are tried first, at most 64; the first free one is uniform over the free ones. Only then
    are free cells counted, and the one with a drawn rank taken: also uniform, and the whole as well.

    Args:
        agent: its number.
        cell: where the view is from.
        board: by cell; negative where it is free.
        view: from `view_of`.
        words, k: the turn's words are column k; see `fill_turns`.
        place, key0, key1, day, stream: the address from which `words` were drawn.
    """
    y = row_of_cell(cell, view)
    x = cell - y * view[WIDTH]
    cells, offsets, there = U64(view[CELLS]), U64(HALVES + 2 * view[REACH] + 1), I64(-1)
    for half in range(0, WORDS if view[CELLS] > 0 else 0, WORDS // 2):
        if there < 0:
            for back in range(WORDS // 2):  # the first comes last and none is left out: no processor could predict which
                j = offsets + ((U64(words[half + WORDS // 2 - 1 - back, k]) * cells) >> U64(32))
                other = cell_at(x, y, view[j], view[j + cells], view)
                free = -I64((other >= 0) & (board[U64(max(other, I64(0)))] < 0))
                there = (other & free) | (there & ~free)
    if there < 0:
        there = later_cell(agent, cell, x, y, board, view, U32(U32(place) << U32(16)), U32((U32(day) << U32(16)) | U32(stream)), key0, key1)
    return there


def later_cell(agent: int, cell: Any, x: int, y: int, board: Any, view: Any, x1: Any, x3: Any, key0: Any, key1: Any) -> Any:
    """`choose_cell` after the words that were drawn beforehand."""
    cells, offsets, w0, w1, w2, w3 = U64(view[CELLS]), U64(HALVES + 2 * view[REACH] + 1), U32(0), U32(0), U32(0), U32(0)
    for tried in range(WORDS, TRIES if view[CELLS] > 0 else WORDS):
        if tried & 3 == 0:
            w0, w1, w2, w3 = philox4x32(U32(agent), x1, U32(tried), x3, key0, key1)
        j = offsets + ((U64(w0) * cells) >> U64(32))
        there = cell_at(x, y, view[j], view[j + cells], view)
        if there >= 0 and board[U64(there)] < 0:
            return there
        w0, w1, w2 = w1, w2, w3
    w0, w1, w2, w3 = philox4x32(U32(agent), x1, U32(TRIES), x3, key0, key1)
    there = pick_in_view(cell, -1, board, view, w0)
    return there if there >= 0 else I64(cell)


def seen_cell(j: int, cell: Any, x: int, y: int, inner: bool, view: Any) -> Any:
    """The j-th cell in view from a cell at (x, y), or -1; `inner` where no view from there is cut or wrapped."""
    at = U64(HALVES + 2 * view[REACH] + 1 + j)
    dx, dy = view[at], view[at + U64(view[CELLS])]
    return cell + dy * view[WIDTH] + dx if inner else cell_at(x, y, dx, dy, view)


def count_in_view(cell: Any, wanted: Any, board: Any, view: Any, mask: Any = -1) -> Any:
    """How many cells in view, the cell itself not, have a value on the board (-1: are free); see `pick_in_view`."""
    y = row_of_cell(cell, view)
    x = cell - y * view[WIDTH]
    inner, total = is_interior(x, y, view), I64(0)
    for j in range(view[CELLS]):
        there = seen_cell(j, cell, x, y, inner, view)
        total += I64((there >= 0) & ((board[U64(max(there, I64(0)))] & mask) == wanted))  # no branch: it could not be predicted
    return total


def pick_in_view(cell: Any, wanted: Any, board: Any, view: Any, word: Any, mask: Any = -1, count: Any = -1) -> Any:
    """One of the cells in view that have a value on the board, each with the same probability, or -1 where there is none.

    Args:
        cell: where the view is from; not among them.
        wanted: the value; -1 for free cells.
        board, view: see `choose_cell`.
        word: 32 random bits.
        mask: the bits of the board's values that are compared; all by default.
        count: how many such cells there are, where that is known: it saves half the time.
    """
    y = row_of_cell(cell, view)
    x = cell - y * view[WIDTH]
    inner = is_interior(x, y, view)
    among = count if count >= 0 else count_in_view(cell, wanted, board, view, mask)
    left = I64((U64(word) * U64(among)) >> U64(32))
    for j in range(view[CELLS] if among > 0 else 0):
        there = seen_cell(j, cell, x, y, inner, view)
        if there >= 0 and (board[U64(there)] & mask) == wanted:
            if left == 0:
                return there
            left -= 1
    return I64(-1)


def add_in_view(cell: Any, change: Any, counts: Any, view: Any) -> None:
    """Adds to the count of every cell that sees a cell: keeps what `count_in_view` gives up to date by change.

    Views made here are symmetric, so a cell is seen from the cells that it sees; and their rows have no gaps. All is written
    out in this function, which makes it ten times faster.
    """
    width, height, torus, reach = view[WIDTH], view[HEIGHT], view[TORUS], view[REACH]
    y = row_of_cell(cell, view)
    x = cell - y * width
    if is_interior(x, y, view) and cell + reach * (width + 1) + 16 <= counts.size:
        for row in range(2 * reach + 1):  # in whole sixteens, which processors add at once; beyond the row nothing is added
            low, cells = cell + (row - reach) * width - view[HALVES + row], 2 * view[HALVES + row] + 1
            for j in range((cells + 15) & ~15):
                counts[U64(low + j)] += I32(change) & -I32(j < cells)
        reach = I64(-1)  # all is done
    for row in range(2 * reach + 1):
        half, v = view[HALVES + row], y + row - reach
        if torus:
            v = v + height if v < 0 else v
            v = v - height if v >= height else v
        if v >= 0 and v < height:
            low, high = v * width + x - half, v * width + x + half + 1
            if x - half < 0:
                for j in range(U64(low + width), U64(v * width + width) if torus else U64(low + width)):
                    counts[j] += change
                low = v * width
            if x + half >= width:
                for j in range(U64(v * width), U64(high - width) if torus else U64(v * width)):
                    counts[j] += change
                high = v * width + width
            for j in range(U64(low), U64(high)):
                counts[j] += change
    counts[cell] -= change
