from __future__ import annotations

import numpy as np
import pytest

from groundswell.core.compile import compiled
from groundswell.core.errors import InputError
from groundswell.core.grid import (
    add_in_view,
    check_board,
    choose_cell,
    count_in_view,
    euclidean,
    moore,
    move,
    move_one,
    scatter,
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
    check_board(15, 15, True, euclidean(7))
    check_board(5, 5, False, euclidean(7))
    with pytest.raises(InputError, match="twice"):
        check_board(14, 40, True, euclidean(7))
    with pytest.raises(InputError):
        check_board(0, 4, True)
    with pytest.raises(InputError):
        euclidean(-1)
    with pytest.raises(InputError):
        scatter(10, 3, 3, KEY0, KEY1, STREAM)


def in_view(cell: int, view, width: int, height: int, torus: bool) -> list[int]:
    cells = []
    for dx, dy in zip(*view, strict=True):
        u, v = cell % width + int(dx), cell // width + int(dy)
        if torus or (0 <= u < width and 0 <= v < height):
            cells.append((v % height) * width + u % width)
    return cells


@pytest.mark.compiled
@pytest.mark.parametrize("torus", [True, False])
def test_moves_lose_nobody_and_stay_in_view_with_the_same_bits_compiled(torus):
    width, height, view = 13, 11, euclidean(2.3)
    agents = int(width * height * 0.8)
    results = []
    for function, order_of in ((move, fill_permutation), (compiled(move), compiled(fill_permutation))):
        cell_of, occupant_of = scatter(agents, width, height, KEY0, KEY1, STREAM)
        occupant_of[cell_of[5]], cell_of[5] = -1, -1  # off the board
        order = np.empty(agents, np.int64)
        for day in range(6):
            before = cell_of.copy()
            order_of(order, *round_keys(1, 0, day, STREAM, KEY0, KEY1))
            function(order, cell_of, occupant_of, *view, width, height, torus, 1, KEY0, KEY1, day, STREAM + 1)
            on = np.flatnonzero(cell_of >= 0)
            assert len(on) == agents - 1
            assert cell_of[5] == -1
            np.testing.assert_array_equal(occupant_of[cell_of[on]], on)
            assert (occupant_of >= 0).sum() == agents - 1
            for a in on[::7]:
                assert cell_of[a] == before[a] or cell_of[a] in in_view(int(before[a]), view, width, height, torus)
        results.append((cell_of, occupant_of))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


@pytest.mark.compiled
@pytest.mark.parametrize("free", [1, 3, 24])
@pytest.mark.parametrize("torus", [True, False])
def test_free_cells_are_equally_likely_however_few(free, torus):
    width, view, cell = 9, moore(2), 9 * 4 + 4
    seen = in_view(cell, view, width, width, torus)
    occupant_of = np.zeros(81, np.int32)
    occupant_of[seen[:free]] = -1
    pick, days = compiled(choose_cell), 3000
    chosen = np.array([pick(7, cell, occupant_of, *view, width, width, torus, 1, KEY0, KEY1, day, STREAM) for day in range(days)])
    counts = np.array([(chosen == c).sum() for c in seen[:free]])
    assert counts.sum() == days
    assert abs(float(((counts - days / free) ** 2 / (days / free)).sum()) - (free - 1)) <= 4.5 * np.sqrt(2 * free)
    plain = [choose_cell(7, cell, occupant_of, *view, width, width, torus, 1, KEY0, KEY1, day, STREAM) for day in range(20)]
    assert chosen[:20].tolist() == plain


def test_who_has_no_room_stays():
    for view in (moore(1), moore(0)):
        cell_of, occupant_of = scatter(25, 5, 5, KEY0, KEY1, STREAM)
        before = cell_of.copy()
        move(np.arange(25), cell_of, occupant_of, *view, 5, 5, True, 1, KEY0, KEY1, 0, STREAM)
        np.testing.assert_array_equal(cell_of, before)


@pytest.mark.compiled
@pytest.mark.parametrize("torus", [True, False])
def test_counts_in_view_are_kept_by_change(torus):
    width, height, view = 12, 9, euclidean(3)
    cell_of, occupant_of = scatter(60, width, height, KEY0, KEY1, STREAM)
    marked = (np.arange(60) % 3 == 0).astype(np.uint8)
    counts = np.zeros(width * height, np.int32)
    add, count = compiled(add_in_view), compiled(count_in_view)
    for a in np.flatnonzero(marked):
        add(cell_of[a], 1, counts, *view, width, height, torus)
    for day in range(3):
        for a in range(60):
            old = int(cell_of[a])
            new = int(move_one(a, cell_of, occupant_of, *view, width, height, torus, 1, KEY0, KEY1, day, STREAM))
            if marked[a]:
                add_in_view(old, -1, counts, *view, width, height, torus)
                add(new, 1, counts, *view, width, height, torus)
    for cell in range(width * height):
        expected = sum(bool(occupant_of[c] >= 0 and marked[occupant_of[c]]) for c in in_view(cell, view, width, height, torus))
        assert counts[cell] == expected == count(cell, marked, occupant_of, *view, width, height, torus)
        if cell % 10 == 0:
            assert count_in_view(cell, marked, occupant_of, *view, width, height, torus) == expected
