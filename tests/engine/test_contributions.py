"""Several mechanisms add to one quantity: in whole numbers the order cannot matter, wherever the sweeps are cut."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from tests.engine.common import START, country, flagship, run, run_and_state, same_run
from tests.engine.toys import Stranger, contributors

from groundswell.core.checks import checked_values
from groundswell.core.columns import CITY, NEIGHBOURHOOD, PERSON, PROVINCE, Level
from groundswell.core.draws import day_number
from groundswell.core.mechanism import Model, Phase
from groundswell.core.parameters import ParameterValues
from groundswell.core.simulate import Engine
from groundswell.core.sweep import plan
from groundswell.society import PUSH, SOCIAL, TAKEN

KINDS = [("a tile", "b tile"), ("b tile", "a tile"), ("a day", "b tile"), ("b tile", "a day"), ("a day", "b day"), ("b day", "a day")]


def expected(level: Level, combine: str) -> np.ndarray:
    places = country().places
    k = places.neighbourhood_start[:-1] if level == NEIGHBOURHOOD else np.arange(places.size(level))
    one, other = 3 * k + 1, 100 - k * k
    return one + other if combine == "sum" else np.maximum(one, other)


@pytest.mark.parametrize(("level", "combine"), list(product((PERSON, NEIGHBOURHOOD), ("sum", "max"))))
@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("between", [False, True])
def test_people_and_neighbourhoods(level: Level, combine: str, kinds: tuple[str, str], between: bool) -> None:
    readers = ("tile", "day", "ordered") if level == PERSON else ("tile", "day")
    for reader in readers:
        model, result = contributors(level, combine, kinds, between, reader)
        for options in ({"tile": 40}, {"threads": 2, "tile": 1}):
            state = run_and_state(model=model, values={}, days=2, **options)[1].state  # type: ignore[arg-type]
            assert (state.columns[result.name] == expected(level, combine)).all(), (reader, options)


@pytest.mark.parametrize(("level", "combine"), list(product((CITY, PROVINCE), ("sum", "max"))))
def test_cities_and_provinces(level: Level, combine: str) -> None:
    for kinds in (("a day", "b day"), ("b day", "a day")):
        model, result = contributors(level, combine, kinds, reader="day")
        assert (run_and_state(model=model, values={}, days=2)[1].state.columns[result.name] == expected(level, combine)).all()


@pytest.mark.compiled
def test_compiled() -> None:
    for level in (PERSON, NEIGHBOURHOOD):
        for between in (False, True):
            model, result = contributors(level, "sum", ("a tile", "b tile"), between)
            state = run_and_state(model=model, values={}, days=2, compiled=True, threads=2, tile=40)[1].state
            assert (state.columns[result.name] == expected(level, "sum")).all()


def split(model: Model, where: str) -> Model:
    """The model with a mechanism that does nothing once a day, put before a phase."""
    return Model(
        model.name,
        tuple(p for phase in model.schedule for p in ((Phase("stranger", Stranger()), phase) if phase.name == where else (phase,))),
    )


def test_only_what_crosses_a_stage_is_stored() -> None:
    assert plan(flagship().mechanisms)[1] == frozenset()
    assert plan(split(flagship(), "participation").mechanisms)[1] == {SOCIAL.name}


def test_social_push_crosses_a_barrier() -> None:
    plain = run(days=20)
    for tile in (45, 1 << 18):
        same_run(plain, run(days=20, model=split(flagship(), "participation"), tile=tile))


def engine() -> Engine:
    model = flagship()
    values = ParameterValues(model.parameters, checked_values(model, {}), (), 2)
    return Engine(model, country(), seed=1, values=values, threads=1, tile=100, compiled=False)


def test_priority_of_a_queue() -> None:
    made = engine()
    for priorities, fate in (((1, 2), 1), ((2, 1), 2), ((-1, 0), 1), ((3, 3), 1)):
        made._new_day()
        for p, f in zip(priorities, (1, 2), strict=True):
            made.ask(TAKEN, p, {"person": [77, 78], "fate": f, "named": 0})
        assert made.asked(TAKEN)["fate"].tolist() == [fate, fate]


def test_quantities_are_fresh_every_day() -> None:
    made = engine()
    day = day_number(START)
    made.begin(day)
    for d in range(3):
        made.step(day + d)
        assert made.quantity(PUSH).max() < 100
    made._new_day()
    assert not made.quantity(PUSH).any()


def test_a_reader_cannot_change_what_it_reads() -> None:
    made = engine()
    view: Any = made.quantity(PUSH)
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
