"""One result whatever the threads, the tiles, the compiler, the storage, the process and the order in which things are asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.engine.common import START, country, in_key_order, run, run_and_state, same_arrays, same_run
from tests.engine.toys import toy
from tests.oracles.stage import fear_today

from groundswell.core.columns import NATION, Column
from groundswell.core.draws import day_number
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.now import Now
from groundswell.core.parameters import Change
from groundswell.core.places import Places, Population
from groundswell.core.run import Run
from groundswell.core.simulate import WORTH, Engine, threads_worth
from groundswell.mechanisms.policing import Policing
from groundswell.society import FORCES, GATHERINGS, TAKEN

ROOT = Path(__file__).resolve().parents[2]
CHANGES = (
    Change("first_organisation.youngest", 30, day_number(START), day_number(START) + 9, places=(0,)),
    Change("calendar.focal", 3, day_number(START) + 5, day_number(START) + 6, places=(1,), operation="add"),
    Change("brokerage.merge", 0.01, day_number(START) + 6, day_number(START) + 20),
    Change("second_organisation.into", 1, day_number(START) + 20, day_number(START) + 21, places=(1,)),
    Change("meeting.coverage", 0, day_number(START) + 8, day_number(START) + 14, operation="multiply"),
)

DAYS_SEEN = Column("days_seen", np.int64, NATION, "days", "days so far", recorded=True)


def test_the_country_is_lively() -> None:
    done, engine = run_and_state(days=40)
    for name in ("arrests", "rolled_up", "turnout", "gathered", "acted", "units_live", "dead_now", "abroad_now",
                 "called_units", "brokered", "units_1", "units_2"):  # fmt: skip
        assert done.series[name].sum() > 0, name
    assert done.journals["record"]["invented"].sum() > 0
    assert GATHERINGS.name in engine.state.tables
    assert (fear_today(engine) > 0.3).any()


def test_a_small_population_is_worth_one_thread() -> None:
    assert [threads_worth(4, rows) for rows in (0, 100_000, 2 * WORTH - 1, 2 * WORTH, 10 * WORTH)] == [1, 1, 1, 2, 4]
    assert threads_worth(1, 80 * WORTH) == 1


@cache
def plain() -> Run:
    """What nine tests compare with."""
    return run(days=15)


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("tile", [1, 100, 1 << 18])
def test_threads_and_tiles_uncompiled(threads: int, tile: int) -> None:
    same_run(plain(), run(days=15, threads=threads, tile=tile))


@pytest.mark.compiled
@pytest.mark.parametrize(("rows", "scale"), [((1500, 600), 1), ((500, 220), 7)])
def test_threads_tiles_and_compilation(rows: tuple[int, ...], scale: int) -> None:
    population = country(rows, scale=scale, hood=90)
    plain = run(population, days=12, changes=CHANGES)
    for threads in (1, 2, 4):
        for tile in (1, 300, 1 << 18):
            same_run(plain, run(population, days=12, threads=threads, tile=tile, compiled=True, changes=CHANGES))


def with_empty_parts(population: Population) -> Population:
    """An empty neighbourhood between two others, and one at the end of a province: nobody lives there."""
    places = population.places
    hoods, cities = list(places.neighbourhood_start), places.city_start.copy()
    for city in (0, 1):
        at = int(cities[city + 1])
        hoods.insert(at, hoods[at])
        cities[city + 1 :] += 1
    empty = Places(places.provinces, places.cities, np.array(hoods), cities, places.province_start, places.scale, places.groups)
    return replace(population, places=empty)


def test_empty_neighbourhoods_do_not_depend_on_tiles() -> None:
    population = with_empty_parts(country())
    runs = [run_and_state(population, days=10, tile=tile) for tile in (1, 45, 1 << 18)]
    for done, engine in runs[1:]:
        same_run(runs[0][0], done)
        same_arrays(runs[0][1].state.columns, engine.state.columns)
    same_arrays(run(days=10).series, runs[0][0].series)


@pytest.mark.compiled
@pytest.mark.parametrize("scale", [1, 5])
@pytest.mark.parametrize("order", [(2, 1, 3), (3, 2, 1), (2, 3, 1)])
def test_storage_of_provinces(order: tuple[int, ...], scale: int) -> None:
    sizes = {1: 240, 2: 160, 3: 120}

    def world(codes: tuple[int, ...]) -> Population:
        return country(tuple(sizes[c] for c in codes), codes, scale)

    def changes(codes: tuple[int, ...]) -> tuple[Change, ...]:
        return tuple(replace(c, places=tuple(codes.index(p + 1) for p in c.places)) for c in CHANGES)

    one, engine = run_and_state(world((1, 2, 3)), days=30, changes=changes((1, 2, 3)), compiled=True)
    other, permuted = run_and_state(world(order), days=30, changes=changes(order), tile=50, compiled=True)
    same_arrays(in_key_order(engine), in_key_order(permuted))
    assert one.state_hash == other.state_hash
    back = np.argsort(order)
    same_arrays(one.series, {name: a[:, back] if a.shape[1] > 1 else a for name, a in other.series.items()})
    for name, journal in one.journals.items():
        same_arrays(journal, other.journals[name], name)  # even their order
    first = one.places.first_rows[:-1]
    assert (other.places.first_rows[:-1][back] != first).any(), "positions in storage should differ, or this tests nothing"
    assert one.total("members_now").max() > 0
    assert one.total("units_2")[5] > 0
    assert one.total("units_2")[-1] == 0, "the organisations were to merge"


@pytest.mark.compiled
def test_storage_of_provinces_in_a_world_that_defects() -> None:
    values = {
        "loyalty.rule": "contagion",
        "loyalty.followers": 1,
        "loyalty.refusal": 0.5,
        "occasions.rate": 100,
        "participation.threshold": 6,
    }
    one, other = (
        run(country(rows, codes), days=25, values=values, compiled=True) for rows, codes in (((240, 160), (1, 2)), ((160, 240), (2, 1)))
    )
    assert one.series["defected"].any()
    assert one.state_hash == other.state_hash


@dataclass(frozen=True)
class Counting(Mechanism):
    """Counts the days, for the nation."""

    writes = (DAYS_SEEN,)

    def day(self, now: Now) -> None:
        """One more."""
        now[DAYS_SEEN][0] += 1


def test_storage_and_a_column_of_the_nation() -> None:
    model = Model("counting", (Phase("count", Counting()), *toy().schedule))
    one, other = (run(country(*world), 3, model, values={}) for world in (((240, 160), (1, 2)), ((160, 240), (2, 1))))
    assert one.state_hash == other.state_hash
    same_arrays({"days_seen": one.series["days_seen"]}, {"days_seen": other.series["days_seen"]})


def engine_of(population: Population) -> Engine:
    return run_and_state(population, days=3)[1]


def test_order_of_rows_in_a_queue() -> None:
    engine = engine_of(country())
    rows = [(1, 50, 1, 0), (1, 40, 1, 0), (0, 50, 2, 0), (3, 50, 1, 1), (5, 40, 3, 0), (1, 40, 1, 1), (2, 7, 1, 0)]
    answers = []
    for order in (range(7), reversed(range(7)), (3, 1, 4, 6, 5, 2, 0)):
        engine._new_day()
        for i in order:
            priority, person, fate, named = rows[i]
            engine.ask(TAKEN, priority, {"person": [person], "fate": fate, "named": named})
        answers.append(engine.asked(TAKEN))
    for answer in answers[1:]:
        same_arrays(answers[0], answer)
    assert answers[0]["person"].tolist() == [7, 40, 50]
    assert answers[0]["fate"].tolist() == [1, 1, 2]
    assert answers[0]["named"].tolist() == [0, 0, 0]


def test_a_queue_keeps_what_was_asked_even_if_the_array_changes() -> None:
    engine = engine_of(country())
    engine._new_day()
    people = np.array([3, 4], np.int64)
    engine.ask(TAKEN, 1, {"person": people, "fate": 1, "named": 0})
    people[:] = 9
    assert engine.asked(TAKEN)["person"].tolist() == [3, 4]


def test_order_of_candidates_given_to_the_forces() -> None:
    engine = engine_of(country((240, 160)))
    now = engine.window(Policing(), day_number(START) + 1)
    rng = np.random.default_rng(5)
    n = 60
    province = rng.integers(0, 2, n)
    keys, size = (engine.population.places.codes[province] << 32) | np.arange(n), rng.integers(3, 40, n)
    engine.state.columns[FORCES.name][:] = [30, 12]
    at = np.array([np.flatnonzero(engine.population.places.province_of_city == p)[0] for p in (0, 1)])[province]
    met = {"city": keys, "size": size, "stream": rng.integers(0, 3, n), "number": rng.integers(0, 2, n), "at": at}

    class Rows(dict):
        def __len__(self) -> int:
            return n

    answer = now._mechanism._answer(now, Rows(met))
    assert len(set(answer.tolist())) > 2
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(n)
        assert (now._mechanism._answer(now, Rows({name: values[order] for name, values in met.items()})) == answer[order]).all()


@pytest.mark.parametrize(("hash_seed", "threads"), [("0", 1), ("4242", 2)])
def test_another_process_and_hash_seed(hash_seed: str, threads: int) -> None:
    code = f"from tests.engine.common import run; print(run(days=8, threads={threads}).state_hash)"
    env = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == run(days=8).state_hash
