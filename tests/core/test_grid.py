from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from groundswell.core.board import add_all, board_world, enter_cell, leave_cell, move_agent, recode_cell, scatter
from groundswell.core.compile import compiled
from groundswell.core.errors import InputError
from groundswell.core.grid import (
    add_in_view,
    choose_cell,
    count_in_view,
    euclidean,
    fill_turns,
    moore,
    pick_in_view,
    view_of,
    von_neumann,
)
from groundswell.core.permute import fill_permutation, round_keys

KEY0, KEY1 = np.uint32(11), np.uint32(22)
STREAM = 2060


@pytest.mark.parametrize(
    ("view", "cells"),
    [(euclidean(7), 148), (euclidean(1.7), 8), (von_neumann(7), 112), (moore(7), 224), (euclidean(1), 4), (moore(0), 0)],
)
def test_cells_in_view_are_exact(view, cells):
    x, y = view
    assert len(x) == len(y) == cells
    assert set(zip(x.tolist(), y.tolist(), strict=True)) == set(zip((-x).tolist(), (-y).tolist(), strict=True))
    assert len(set(zip(x.tolist(), y.tolist(), strict=True))) == cells
    assert (0, 0) not in set(zip(x.tolist(), y.tolist(), strict=True))


def test_boards_that_would_be_seen_twice_are_refused():
    view_of("euclid", 7, 15, 15)
    view_of("euclid", 7, 5, 5, torus=False)
    with pytest.raises(InputError, match="twice"):
        view_of("euclid", 7, 14, 40)
    with pytest.raises(InputError):
        view_of("euclid", 1, 0, 4)
    with pytest.raises(InputError):
        view_of("moore", -1, 9, 9)
    with pytest.raises(InputError, match="von_neumann"):
        view_of("diamond", 1, 9, 9)
    with pytest.raises(InputError, match="codes from 0 to 7"):
        view_of("moore", 1, 9, 9, weights={8: 1})
    with pytest.raises(InputError):
        board_world(10, 3, 3, {}, {})


def test_a_board_is_a_population():
    view = view_of("moore", 1, 5, 4)
    world = board_world(12, 5, 4, {"near": view}, {"age": np.arange(12)}, {"sides": 2})
    assert world.places.rows == 12
    assert {name: bounds.tolist() for name, bounds in world.places.groups.items()} == {
        "cells": [0, 20],
        "near": [0, len(view)],
        "sides": [0, 2],
    }
    assert set(world.columns) == {"near", "age"}


def in_view(cell: int, view: Any, width: int, height: int, torus: bool) -> list[int]:
    cells = []
    for dx, dy in zip(*view, strict=True):
        u, v = cell % width + int(dx), cell // width + int(dy)
        if torus or (0 <= u < width and 0 <= v < height):
            cells.append((v % height) * width + u % width)
    return cells


def placed(agents: int, width: int, height: int, code: Any) -> tuple[Any, Any, Any]:
    """Agents on random cells: `cell_of`, `occupant_of` and the board, on which `code` says what each of them is."""
    cell_of = np.empty(agents, np.int32)
    occupant_of, board = np.full(width * height, -1, np.int32), np.full(width * height, -1, np.int8)
    codes = np.broadcast_to(np.asarray(code, np.int8), agents)
    scatter(codes, cell_of, occupant_of, board, *round_keys(1, 0, 0, STREAM, KEY0, KEY1))
    return cell_of, occupant_of, board


def test_all_get_a_cell_of_their_own_or_none():
    codes = np.arange(500) % 4 - 1
    cell_of, occupant_of, board = placed(500, 26, 20, codes)
    on = codes >= 0
    np.testing.assert_array_equal(occupant_of[cell_of[on]], np.flatnonzero(on))
    np.testing.assert_array_equal(board[cell_of[on]], codes[on])
    assert (occupant_of >= 0).sum() == (board >= 0).sum() == on.sum()
    assert len(set(np.where(on, cell_of, -1 - cell_of).tolist())) == 500
    assert (board[-1 - cell_of[~on]] == -1).all()


def move_all(
    order: Any, cell_of: Any, occupant_of: Any, board: Any, seen: Any, view: Any, words: Any, day: int, key0: Any, key1: Any, stream: int
) -> None:
    """All move, one after the other, and every third becomes of another kind."""
    fill_turns(words, order, 1, key0, key1, day, stream)
    for k in range(order.size):
        i = order[k]
        if cell_of[i] >= 0:
            cell = move_agent(i, view, words, k, 1, key0, key1, day, stream, cell_of, occupant_of, board, seen, view)
            if i % 3 == 0:
                recode_cell(cell, (board[cell] + 1) % 4, board, seen, view)


@pytest.mark.compiled
@pytest.mark.parametrize("width", [13, 37])
@pytest.mark.parametrize("torus", [True, False])
def test_moves_lose_nobody_and_stay_in_view_with_the_same_bits_compiled(torus, width):
    height, offsets = 11, euclidean(2.3)
    weights = {1: 1, 2: 1000, 3: -7}
    view = view_of(offsets, 0, width, height, torus, weights)
    agents = int(width * height * 0.8)
    results = []
    for functions in ((move_all, fill_permutation, add_all), tuple(map(compiled, (move_all, fill_permutation, add_all)))):
        move, order_of, add = functions
        cell_of, occupant_of, board = placed(agents, width, height, np.arange(agents) % 4)
        seen = np.zeros(width * height, np.int32)
        add(board, seen, view)
        leave_cell(5, cell_of, occupant_of, board, seen, view)
        away = cell_of[5]
        order, words = np.empty(agents, np.int64), np.empty((8, agents), np.uint32)
        for day in range(6):
            before = cell_of.copy()
            order_of(order, *round_keys(1, 0, day, STREAM, KEY0, KEY1))
            move(order, cell_of, occupant_of, board, seen, view, words, day, KEY0, KEY1, STREAM + 1)
            on = np.flatnonzero(cell_of >= 0)
            assert len(on) == agents - 1
            assert cell_of[5] == away < 0
            np.testing.assert_array_equal(occupant_of[cell_of[on]], on)
            assert (occupant_of >= 0).sum() == agents - 1
            np.testing.assert_array_equal(board >= 0, occupant_of >= 0)
            for a in on[::7]:
                assert cell_of[a] == before[a] or cell_of[a] in in_view(int(before[a]), offsets, width, height, torus)
        for at in range(0, width * height, 5):
            others = board[in_view(at, offsets, width, height, torus)]
            assert seen[at] == sum(weights.get(int(code), 0) for code in others)
        results.append((cell_of, occupant_of, board, seen))
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_who_left_comes_back():
    cell_of, occupant_of, board = placed(20, 5, 5, 1)
    view, seen = view_of("moore", 1, 5, 5, weights={1: 1}), np.zeros(25, np.int32)
    add_all(board, seen, view)
    before = [array.copy() for array in (cell_of, occupant_of, board, seen)]
    cell = int(cell_of[3])
    leave_cell(3, cell_of, occupant_of, board, seen, view)
    assert (cell_of[3], occupant_of[cell], board[cell]) == (-1 - cell, -1, -1)
    assert seen.sum() == 8 * 19
    enter_cell(3, cell, 1, cell_of, occupant_of, board, seen, view)
    for array, old in zip((cell_of, occupant_of, board, seen), before, strict=True):
        np.testing.assert_array_equal(array, old)


def chosen_cells(cell: int, board: Any, view: Any, words: Any, days: int, key0: Any, key1: Any, stream: int, chosen: Any) -> None:
    """The choice of agent 7 on each of some days."""
    agents = np.full(1, 7)
    for day in range(days):
        fill_turns(words, agents, 1, key0, key1, day, stream)
        chosen[day] = choose_cell(7, cell, board, view, words, 0, 1, key0, key1, day, stream)


@pytest.mark.compiled
@pytest.mark.parametrize("free", [1, 3, 24])
@pytest.mark.parametrize("torus", [True, False])
@pytest.mark.parametrize("cell", [40, 9])
def test_free_cells_are_equally_likely_however_few(free, torus, cell):
    offsets = moore(2)
    view = view_of(offsets, 0, 9, 9, torus)
    seen = in_view(cell, offsets, 9, 9, torus)
    board = np.zeros(81, np.int8)
    board[seen[:free]] = -1
    free, days, words = min(free, len(seen)), 3000, np.empty((8, 1), np.uint32)
    chosen, plain = np.empty(days, np.int64), np.empty(20, np.int64)
    compiled(chosen_cells)(cell, board, view, words, days, KEY0, KEY1, STREAM, chosen)
    counts = np.array([(chosen == c).sum() for c in seen[:free]])
    assert counts.sum() == days
    assert abs(float(((counts - days / free) ** 2 / (days / free)).sum()) - (free - 1)) <= 4.5 * np.sqrt(2 * free)
    chosen_cells(cell, board, view, words, 20, KEY0, KEY1, STREAM, plain)
    np.testing.assert_array_equal(chosen[:20], plain)


@pytest.mark.parametrize("radius", [0, 1])
def test_who_has_no_room_stays(radius):
    cell_of, occupant_of, board = placed(25, 5, 5, 0)
    view, seen = view_of("moore", radius, 5, 5), np.zeros(25, np.int32)
    before, words = cell_of.copy(), np.empty((8, 25), np.uint32)
    move_all(np.arange(25), cell_of, occupant_of, board, seen, view, words, 0, KEY0, KEY1, STREAM)
    np.testing.assert_array_equal(cell_of, before)


@pytest.mark.parametrize("torus", [True, False])
def test_picks_are_equally_likely_and_masked(torus):
    offsets = moore(2)
    view, cell = view_of(offsets, 0, 9, 9, torus), 9 * 7 + 1
    board = (np.arange(81) % 4).astype(np.int8)
    seen = in_view(cell, offsets, 9, 9, torus)
    for wanted, mask in ((2, -1), (1, 1)):
        those = sorted(c for c in seen if board[c] & mask == wanted)
        assert count_in_view(cell, wanted, board, view, mask) == len(those)
        steps = np.arange(0, 1 << 32, (1 << 32) // (4 * len(those)) + 1)
        found = [int(pick_in_view(cell, wanted, board, view, np.uint32(word), mask)) for word in steps]
        assert found == [int(pick_in_view(cell, wanted, board, view, np.uint32(word), mask, len(those))) for word in steps]
        assert sorted(set(found)) == those
        assert max(map(found.count, those)) - min(map(found.count, those)) <= 1
    assert pick_in_view(cell, -1, board, view, np.uint32(0)) == pick_in_view(cell, 0, board, view, np.uint32(0), -1, 0) == -1


@pytest.mark.compiled
@pytest.mark.parametrize("torus", [True, False])
@pytest.mark.parametrize("shape", ["euclid", "von_neumann", "moore"])
@pytest.mark.parametrize(("width", "radius"), [(12, 3), (40, 3), (43, 9)])
def test_counts_in_view_are_kept_by_change(torus, shape, width, radius):
    height = 2 * radius + 3
    view = view_of(shape, radius, width, height, torus, {1: 5})
    offsets = {"euclid": euclidean, "von_neumann": von_neumann, "moore": moore}[shape](radius)
    board = np.where(np.arange(width * height) % 3 == 0, 1, -1).astype(np.int8)
    counts = [np.zeros(width * height, np.int32) for _ in range(2)]
    for total, add, start in ((counts[0], add_in_view, add_all), (counts[1], compiled(add_in_view), compiled(add_all))):
        start(board, total, view)
        add(np.int64(3), -5, total, view)
        add(np.int64(4), 5, total, view)
    board[3], board[4] = -1, 1
    np.testing.assert_array_equal(counts[0], counts[1])
    for cell in range(0, width * height, 1 if radius < 9 else 7):
        expected = sum(int(board[c] == 1) for c in in_view(cell, offsets, width, height, torus))
        assert counts[0][cell] == 5 * expected == 5 * count_in_view(cell, 1, board, view)
