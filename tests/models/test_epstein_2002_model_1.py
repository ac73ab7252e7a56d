from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from groundswell import BOARD, CELL, OCCUPANT, SEEN, Change, InputError, simulate
from groundswell.core.checks import checked_values
from groundswell.core.grid import count_in_view, view_of
from groundswell.core.parameters import ParameterValues
from groundswell.core.simulate import Engine
from groundswell.models.epstein_2002_model_1 import COP, UP, arrest_probability, epstein_2002_model_1, world
from groundswell.reproductions.epstein_2002_model_1 import RUNS

MODEL = epstein_2002_model_1()
R = "rebellion."
MESA = {
    R + "arrest_ratio": "half_even",
    R + "jail": "on_board",
    R + "jail_term": "inclusive",
    R + "jail_clock": "turns",
    R + "sequence": "act_first",
}


def engine_of(population: Any, seed: int = 3, **values: Any) -> Engine:
    parameters = ParameterValues(MODEL.parameters, checked_values(MODEL, {R + k: v for k, v in values.items()}), (), 1)
    return Engine(MODEL, population, seed=seed, values=parameters, threads=1, tile=1 << 18, compiled=True)


def run(steps: int, values: dict[str, Any] | None = None, seed: int = 1, where: dict[str, Any] | None = None, **more: Any) -> Any:
    return simulate(MODEL, world(**(where or {})), seed=seed, steps=steps, values=values or {}, **more)


def test_row_11_chance_of_arrest():
    known = [np.full(1024, -1.0) for _ in range(4)]
    assert abs(float(arrest_probability(1, 1, 2.3, 0, np.full(1024, -1.0))) - 0.8997412) < 1e-7
    for _ in range(2):  # the second time from what is known
        ratios = [
            [round((-np.log(1 - arrest_probability(c, a, 1.0, rule, known[rule]))), 6) for c, a in ((1, 2), (3, 2), (5, 2), (2, 3), (7, 4))]
            for rule in range(4)
        ]
        assert ratios == [[0.5, 1.5, 2.5, 0.666667, 1.75], [0, 1, 2, 0, 1], [1, 2, 3, 1, 2], [0, 2, 2, 1, 2]]


def test_chances_of_many_are_not_mixed_up():
    known = np.full(1024, -1.0)
    for cops in (0, 1, 2, 31, 32, 40, 64):
        for actives in (1, 2, 31, 32, 33, 100):
            for _ in range(2):
                assert abs(arrest_probability(cops, actives, 0.3, 0, known) - (1 - np.exp(-0.3 * cops / actives))) < 1e-9


@pytest.mark.compiled
@pytest.mark.parametrize(("legitimacy", "share"), [(0.82, 0.444444), (0.89, 0.090909), (0.80, 0.5), (0.90, 0.0)])
def test_row_12_active_without_forces(legitimacy, share):
    citizens = 90_000
    done = run(2, {R + "legitimacy": legitimacy}, where={"width": 350, "height": 350, "citizens": citizens, "cops": 0})
    found = done.series["active"][:, 0] / citizens
    assert found[0] == found[1]
    assert abs(found[0] - share) <= 3 * np.sqrt(share * (1 - share) / citizens) + 1e-6 * (share > 0)


@pytest.mark.compiled
def test_row_13_active_at_constant_chance():
    """Pairs of one citizen and one cop far apart: P is .89974 for everyone, and nobody moves."""
    side, pairs = 400, 10_000
    engine = engine_of(world(side, side, pairs, pairs, vision=1, shape="moore"), movement="nobody", jail="on_board")
    engine.begin(0)
    columns = engine.state.columns
    corners = (np.arange(100)[:, None] * 4 * side + np.arange(100) * 4).reshape(-1)
    columns[CELL.name][:] = np.concatenate([corners, corners + 1])
    columns[OCCUPANT.name][:], columns[BOARD.name][:], columns[SEEN.name][:] = -1, -1, 0
    columns[OCCUPANT.name][columns[CELL.name]] = np.arange(2 * pairs)
    columns[BOARD.name][corners], columns[BOARD.name][corners + 1] = 0, COP
    columns[SEEN.name][corners] = 65536
    engine.step(0)
    engine.step(1)  # whoever would be active has been so once, and is so still, or has been caught
    share = (columns["active"][0] + columns["jailed"][0]) / pairs
    exact = (0.18 - 0.1) ** 2 / (2 * 0.18 * 0.8997411562771962)
    assert abs(exact - 0.0197588) < 1e-7
    assert abs(share - exact) < 3 * np.sqrt(exact / pairs)


@pytest.mark.compiled
def test_row_14_detained_on_average():
    """Everyone always rebels and three cops see everybody: three arrests a day, terms of 15.5 days on average."""
    values = {R + "threshold": -1.0, R + "max_jail_term": 30}
    done = run(4000, values, where={"width": 25, "height": 25, "citizens": 300, "cops": 3, "vision": 12, "shape": "moore"})
    assert abs(done.series["jailed"][100:, 0].mean() / 46.5 - 1) < 0.02


@pytest.mark.parametrize(("shape", "vision", "cells"), [("euclid", 7, 148), ("euclid", 1.7, 8), ("von_neumann", 7, 112), ("moore", 7, 224)])
def test_row_15_cells_in_view(shape, vision, cells):
    board = np.zeros(40 * 40, np.int8)
    view = np.asarray(world(vision=vision, shape=shape).columns["view"])
    assert count_in_view(np.int64(3), 0, board, view) == cells


@pytest.mark.compiled
@pytest.mark.parametrize(("ratio", "least", "most"), [("literal", 0, 0), ("floor", 95, 125), ("round", 50, 85)])
def test_outbursts_of_run_2(ratio, least, most):
    where, values = RUNS["run_2"]
    above = run(3000, {**values, R + "arrest_ratio": ratio}, where=where).series["active"][:, 0] > 50
    assert least <= (np.diff(above.astype(int)) == 1).sum() <= most


def check_board(columns: Any, view: Any, citizens: int, cops: int, jail_off: bool) -> None:
    board, occupant, cell = columns[BOARD.name], columns[OCCUPANT.name], columns[CELL.name]
    on = np.flatnonzero(cell >= 0)
    np.testing.assert_array_equal(occupant[cell[on]], on)
    assert (occupant >= 0).sum() == len(on) == (board >= 0).sum()
    assert columns["active"][0] == (board == UP).sum()
    assert (board == COP).sum() == cops
    assert columns["jailed"][0] == (citizens + cops - len(on) if jail_off else (board == 2).sum())
    for at in range(0, board.size, 17):
        assert columns[SEEN.name][at] == count_in_view(at, UP, board, view) + 65536 * count_in_view(at, COP, board, view)


@pytest.mark.compiled
@pytest.mark.parametrize("values", [{"arrest_ratio": "floor"}, {k[len(R) :]: v for k, v in MESA.items()}, {"legitimacy": 0.3}])
def test_nobody_is_lost_and_counts_are_true(values):
    population = world(21, 19, 290, 14, vision=3, cop_vision=4)
    engine = engine_of(population, **values)
    engine.begin(0)
    for day in range(60):
        engine.step(day)
    check_board(engine.state.columns, population.columns["view"], 290, 14, "jail" not in values)
    assert engine.state.columns["jailed"][0] > 0


@pytest.mark.compiled
@pytest.mark.parametrize(
    "values", [{R + "arrest_ratio": "floor", R + "legitimacy": 0.7}, MESA, {R + "cops_on_duty": 0.5, R + "movement": "cops"}]
)
def test_same_bits(values):
    where = {"width": 13, "height": 12, "citizens": 100, "cops": 6, "vision": 2}
    plain = run(5, values, where=where, compiled=False)
    for more in ({}, {"threads": 2}, {"threads": 4, "tile": 16}):
        done = run(5, values, where=where, **more)
        assert done.state_hash == plain.state_hash
        np.testing.assert_array_equal(done.series["active"], plain.series["active"])


@pytest.mark.compiled
def test_terms():
    def longest(rule: str, clock: str) -> int:
        values = {
            R + "threshold": -1.0,
            R + "max_jail_term": 1,
            R + "jail_term": rule,
            R + "jail_clock": clock,
            R + "sequence": "act_first",
        }
        return int(
            run(30, values, where={"width": 9, "height": 9, "citizens": 40, "cops": 1, "vision": 4, "shape": "moore"}).series["jailed"][
                -1, 0
            ]
        )

    assert longest("endless", "days") == 30
    assert longest("up", "days") == 1  # caught today, back tomorrow
    assert longest("down", "days") <= 1
    assert longest("up", "turns") in (1, 2)


@pytest.mark.compiled
def test_cops_leave_and_return():
    changes = [Change(R + "cops_on_duty", 0.25, 5, 14)]
    kept: list[int] = []
    run(20, changes=changes, observe=lambda engine, _: kept.append(int((engine.state.columns[BOARD.name] == COP).sum())))
    assert kept == [64] * 5 + [16] * 10 + [64] * 5


@pytest.mark.compiled
def test_who_does_not_move_stays():
    where, values = RUNS["run_1"]
    first = run(1, values, where=where, keep=(CELL,)).final[CELL.name]
    later = run(40, values, where=where, keep=(CELL,)).final[CELL.name]
    stayed = (first >= 0) & (later >= 0)
    assert stayed.sum() > 1100
    np.testing.assert_array_equal(first[1120:], later[1120:])


@pytest.mark.parametrize(
    ("where", "key"),
    [
        ({"shape": "round"}, "shape"),
        ({"citizens": -1}, "citizens"),
        ({"cops": -5}, "cops"),
        ({"citizens": 1600}, "agents"),
        ({"citizens": 0, "cops": 0}, "agents"),
        ({"vision": float("nan")}, "vision"),
        ({"vision": 20}, "vision"),
        ({"width": 0}, "width"),
    ],
)
def test_bad_worlds_are_refused(where, key):
    with pytest.raises(InputError) as caught:
        world(**where)
    assert caught.value.key == key


def test_views_may_be_given_as_offsets():
    np.testing.assert_array_equal(view_of("moore", 2, 9, 9), view_of(tuple(np.array(p) for p in np.array(
        [(x, y) for y in range(-2, 3) for x in range(-2, 3) if (x, y) != (0, 0)]).T), 2, 9, 9))  # fmt: skip
