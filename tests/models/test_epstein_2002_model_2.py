from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from groundswell import BOARD, CELL, OCCUPANT, SEEN, InputError, simulate
from groundswell.core.grid import count_in_view
from groundswell.models.epstein_2002_model_2 import COUNTS, EXTINCT, KIND, SPARE, epstein_2002_model_2, world
from groundswell.reproductions.epstein_2002_model_2 import RUNS

MODEL = epstein_2002_model_2()
C = "communal_violence."
KEEP = (BOARD, CELL, COUNTS, KIND, OCCUPANT, SEEN, SPARE, EXTINCT)


def run(steps: int, values: dict[str, Any] | None = None, seed: int = 1, where: dict[str, Any] | None = None, **more: Any) -> Any:
    return simulate(MODEL, world(**(where or {})), seed=seed, steps=steps, values=values or {}, keep=KEEP, **more)


@pytest.mark.compiled
def test_one_group_dies_out():
    blue = 0
    for seed in range(30):
        done = run(400, RUNS["run_7"][1], seed=seed, until=EXTINCT)
        assert done.final[EXTINCT.name][0] == 1
        assert 30 <= len(done.days) <= 190
        blue += bool(done.series["blue"][-1, 0] > 0)
    assert 7 <= blue <= 23  # which one is random


@pytest.mark.compiled
def test_high_legitimacy_is_peaceful():
    done = run(300, RUNS["run_6"][1])
    assert done.series["killed"][-1, 0] == 0
    assert min(done.series["blue"][-1, 0], done.series["green"][-1, 0]) > 0


@pytest.mark.compiled
def test_births_and_deaths_balance():
    """Without violence or cops, on a board with room: births at p a person and day, deaths at ages uniform on 1 to the oldest."""
    values = {C + "threshold": 1.0, C + "members": 4000, C + "cloning": 0.0, C + "max_age": 100}
    left = run(60, values, where={"width": 100, "height": 100}).series
    alive = (left["blue"] + left["green"])[-1, 0] / 4000
    assert abs(alive - 0.41) < 3 * np.sqrt(0.41 * 0.59 / 4000)  # on day 59 those whose age at death is up to 59 are gone
    born = run(1, {**values, C + "cloning": 0.05, C + "max_age": 60000}, where={"width": 100, "height": 100}).series
    more = (born["blue"] + born["green"])[-1, 0] - 4000
    assert abs(more - 200) < 3.5 * np.sqrt(210) + 8  # a newborn whose row's turn is still to come may clone at once


@pytest.mark.compiled
@pytest.mark.parametrize(
    "values",
    [
        {},
        {C + "cops": 40},
        {C + "cops": 40, C + "arrival": 7, C + "arrest_ratio": "floor"},
        {C + "members": 470, C + "cops": 10, C + "cloning": 1, C + "max_jail_term": 2},  # often without room to come back
    ],
)
def test_nobody_is_lost_and_counts_are_true(values):
    where = {"width": 24, "height": 20}
    done = run(25, {C + "members": 300, **values}, where=where)
    f, view = done.final, world(**where).columns["view"]
    board, kind, cell, counts = f[BOARD.name], f[KIND.name], f[CELL.name], f[COUNTS.name]
    on = np.flatnonzero(cell >= 0)
    np.testing.assert_array_equal(f[OCCUPANT.name][cell[on]], on)
    assert (f[OCCUPANT.name] >= 0).sum() == len(on)
    assert [counts[0], counts[1]] == [(kind == 0).sum(), (kind == 1).sum()]
    assert counts[2] == ((cell < 0) & (kind >= 0) & (kind < 4)).sum()
    assert sorted(f[SPARE.name][: counts[3]]) == np.flatnonzero(kind < 0).tolist()
    assert (board == 4).sum() == values.get(C + "cops", 0)
    np.testing.assert_array_equal(np.where(board >= 0, board & 5, 0), np.where(board >= 0, kind[f[OCCUPANT.name]], 0))
    for at in range(0, board.size, 7):
        active = count_in_view(at, 2, board, view) + count_in_view(at, 3, board, view)
        assert f[SEEN.name][at] == active + 65536 * count_in_view(at, 4, board, view)


@pytest.mark.compiled
def test_cops_arrive_in_time_and_save_lives():
    late = run(30, {C + "cops": 64, C + "arrival": 12}).series["jailed"][:, 0]
    assert (late[:12] == 0).all()
    assert late[12:].max() > 0
    with_cops, without = (run(20, {C + "cops": n, C + "arrest_ratio": "floor"}).series["killed"][-1, 0] for n in (300, 0))
    assert with_cops < without


@pytest.mark.compiled
def test_same_bits():
    where, values = {"width": 12, "height": 11}, {C + "members": 90, C + "cops": 5, C + "max_age": 9}
    plain = run(6, values, where=where, compiled=False)
    for more in ({}, {"threads": 2}, {"threads": 4, "tile": 16}):
        done = run(6, values, where=where, **more)
        assert done.state_hash == plain.state_hash


def test_bad_worlds_are_refused():
    for where, key in (({"shape": "x"}, "shape"), ({"vision": -1}, "vision"), ({"vision": 30}, "vision"), ({"height": 0}, "width")):
        with pytest.raises(InputError) as caught:
            world(**where)
        assert caught.value.key == key
    with pytest.raises(InputError, match="1700 members") as refused:
        run(1, {C + "members": 1700})
    assert refused.value.key == C + "members"
