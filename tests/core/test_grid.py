from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from groundswell.core.compile import compiled
from groundswell.core.errors import InputError
from groundswell.core.grid import (
    add_all,
    add_in_view,
    board_world,
    choose_cell,
    count_in_view,
    enter_cell,
    euclidean,
    fill_turns,
    leave_cell,
    moore,
    pick_in_view,
    scatter,
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
    with pytest.raises(InputError):
        scatter(10, 3, 3, KEY0, KEY1, STREAM)
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


def move_all(order: Any, cell_of: Any, occupant_of: Any, view: Any, words: Any, day: int, key0: Any, key1: Any, stream: int) -> None:
    """All move, one after the other; the board holds their numbers."""
    fill_turns(words, order, 1, key0, key1, day, stream)
    for k in range(order.size):
        cell = np.int64(cell_of[order[k]])
        if cell >= 0:
            new = choose_cell(order[k], cell, occupant_of, view, words, k, 1, key0, key1, day, stream)
            leave_cell(order[k], cell, 0, cell_of, occupant_of, occupant_of, occupant_of, view)
            enter_cell(order[k], new, order[k], 0, cell_of, occupant_of, occupant_of, occupant_of, view)


@pytest.mark.compiled
@pytest.mark.parametrize("torus", [True, False])
def test_moves_lose_nobody_and_stay_in_view_with_the_same_bits_compiled(torus):
    width, height, offsets = 13, 11, euclidean(2.3)
    view = view_of(offsets, 0, width, height, torus)
    agents = int(width * height * 0.8)
    results = []
    for function, order_of in ((move_all, fill_permutation), (compiled(move_all), compiled(fill_permutation))):
        cell_of, occupant_of = scatter(agents, width, height, KEY0, KEY1, STREAM)
        leave_cell(5, int(cell_of[5]), 0, cell_of, occupant_of, occupant_of, occupant_of, view)
        away = cell_of[5]
        order, words = np.empty(agents, np.int64), np.empty((8, agents), np.uint32)
        for day in range(6):
            before = cell_of.copy()
            order_of(order, *round_keys(1, 0, day, STREAM, KEY0, KEY1))
            function(order, cell_of, occupant_of, view, words, day, KEY0, KEY1, STREAM + 1)
            on = np.flatnonzero(cell_of >= 0)
            assert len(on) == agents - 1
            assert cell_of[5] == away < 0
            np.testing.assert_array_equal(occupant_of[cell_of[on]], on)
            assert (occupant_of >= 0).sum() == agents - 1
            for a in on[::7]:
                assert cell_of[a] == before[a] or cell_of[a] in in_view(int(before[a]), offsets, width, height, torus)
        results.append((cell_of, occupant_of))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


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
    cell_of, occupant_of = scatter(25, 5, 5, KEY0, KEY1, STREAM)
    before, words = cell_of.copy(), np.empty((8, 25), np.uint32)
    move_all(np.arange(25), cell_of, occupant_of, view_of("moore", radius, 5, 5), words, 0, KEY0, KEY1, STREAM)
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
        assert sorted(set(found)) == those
        assert max(map(found.count, those)) - min(map(found.count, those)) <= 1
    assert pick_in_view(cell, -1, board, view, np.uint32(0)) == -1


@pytest.mark.compiled
@pytest.mark.parametrize("torus", [True, False])
@pytest.mark.parametrize("shape", ["euclid", "von_neumann", "moore"])
def test_counts_in_view_are_kept_by_change(torus, shape):
    width, height = 12, 9
    view = view_of(shape, 3, width, height, torus)
    offsets = {"euclid": euclidean, "von_neumann": von_neumann, "moore": moore}[shape](3)
    board = np.where(np.arange(width * height) % 3 == 0, 1, -1).astype(np.int8)
    counts = [np.zeros(width * height, np.int32) for _ in range(2)]
    for total, add, start in ((counts[0], add_in_view, add_all), (counts[1], compiled(add_in_view), compiled(add_all))):
        start(5, 1, board, total, view)
        add(np.int64(3), -5, total, view)
        add(np.int64(4), 5, total, view)
    board[3], board[4] = -1, 1
    np.testing.assert_array_equal(counts[0], counts[1])
    for cell in range(width * height):
        expected = sum(int(board[c] == 1) for c in in_view(cell, offsets, width, height, torus))
        assert counts[0][cell] == 5 * expected == 5 * count_in_view(cell, 1, board, view)
