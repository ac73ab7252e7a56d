"""A stage for single mechanisms: worlds of a given shape, stubs that write what a mechanism reads, and short runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np

from groundswell.core.checks import checked_values
from groundswell.core.columns import Table
from groundswell.core.draws import day_number
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.now import Now
from groundswell.core.parameters import Change, ParameterValues
from groundswell.core.places import City, Places, Population, Province
from groundswell.core.run import Run
from groundswell.core.simulate import Engine, simulate
from groundswell.society import MEMBERS, NO_WORKPLACE, UNITS

START = date(2000, 1, 1)
FIRST = day_number(START)
FOREVER = 65535
compile_allowed = True  # a mutated mechanism runs uncompiled: see tests/mutation.py


def world(
    provinces: int = 1,
    cities: int = 1,
    hoods: int = 1,
    rows: int = 10,
    *,
    scale: int = 1,
    networks: Mapping[str, Any] | None = None,
    **columns: Any,
) -> Population:
    """Provinces of equal shape; everybody is 30, lives alone, has no workplace, and half of all hardship and aversion.

    Args:
        provinces, cities, hoods, rows: provinces, cities a province, neighbourhoods a city, rows a neighbourhood.
        scale: real persons a row.
        networks: given networks by name.
        columns: static columns that differ from this.
    """
    n = provinces * cities * hoods * rows
    places = Places(
        provinces=tuple(Province(f"P-{p}", f"province {p}", p + 1, cities * hoods * rows * scale) for p in range(provinces)),
        cities=tuple(City(c + 1, f"city {c}", p, 0.0, 0.0) for p in range(provinces) for c in range(cities)),
        neighbourhood_start=np.arange(provinces * cities * hoods + 1) * rows,
        city_start=np.arange(provinces * cities + 1) * hoods,
        province_start=np.arange(provinces + 1) * cities,
        scale=scale,
        groups={"workplace": columns.pop("groups", np.zeros(provinces + 1, np.int64))},
    )
    usual = {
        "age": np.uint8(30), "profile": np.uint8(0), "household": np.uint8(1 << 4), "workplace": np.uint32(NO_WORKPLACE),
        "hardship": np.uint16(32768), "risk_aversion": np.uint16(32768),
    }  # fmt: skip
    arrays = {name: np.ascontiguousarray(np.broadcast_to(np.asarray(columns.get(name, v), v.dtype), n)) for name, v in usual.items()}
    return Population(places, arrays, {"seed": 1}, networks or {}, "stage")


def stub(name: str, *, begin: Callable[[Now], None] | None = None, day: Callable[[Now], None] | None = None, **declared: Any) -> Mechanism:
    """A mechanism made of plain functions of `now`; `declared` are reads, writes, adds, draws."""
    body: dict[str, Any] = dict(declared) | {"day": lambda _, now: day(now) if day else None}
    if begin:
        body["begin"] = lambda _, now: begin(now)
    made: Mechanism = dataclass(frozen=True)(type(name, (Mechanism,), body))()
    return made


def tile_stub(name: str, step: Callable[..., None], **declared: Any) -> Mechanism:
    """A mechanism with a step over tiles; runs uncompiled only."""
    made: Mechanism = dataclass(frozen=True)(type(name, (Mechanism,), dict(declared) | {"step": step}))()
    return made


def model(*mechanisms: Mechanism) -> Model:
    """A schedule of one mechanism a phase."""
    return Model("stage", tuple(Phase(m.key, m) for m in mechanisms))


def play(
    mechanisms: Sequence[Mechanism], population: Population, days: int = 1, *, seed: int = 1, values: Mapping[str, Any] | None = None,
    changes: Sequence[Change] = (), observe: Callable[[Engine, int], None] | None = None, compiled: bool = False,
) -> SimpleNamespace:  # fmt: skip
    """Runs mechanisms one after the other, a phase each; `columns`, `tables` and `run` are what came out."""
    last: list[Engine] = []

    def watch(engine: Engine, day: int) -> None:
        last[:] = [engine]
        if observe:
            observe(engine, day)

    end = START + timedelta(days=days - 1)
    run: Run = simulate(
        model(*mechanisms),
        population,
        start=START,
        end=end,
        seed=seed,
        values=values,
        changes=changes,
        observe=watch,
        compiled=compiled and compile_allowed,
    )
    return SimpleNamespace(run=run, engine=last[0], columns=last[0].state.columns, tables=last[0].state.tables)


def fear_today(engine: Engine) -> np.ndarray:
    """Today's fear of every row; shape (rows,)."""
    c, places = engine.state.columns, engine.population.places
    hood = np.repeat(np.arange(places.neighbourhoods), np.diff(places.neighbourhood_start))
    return np.asarray(c["fear_kept"][hood] * c["fear"] + c["fear_added"][hood])


def engine_of(
    mechanisms: Sequence[Mechanism], population: Population, *, values: Mapping[str, Any], changes: Sequence[Change] = ()
) -> Engine:
    """An engine to step through by hand, the initial state set."""
    schedule = model(*mechanisms)
    about = ParameterValues(schedule.parameters, checked_values(schedule, values), changes, len(population.places.provinces))
    engine = Engine(schedule, population, seed=1, values=about, threads=1, tile=1 << 18, compiled=False)
    engine.begin(FIRST)
    return engine


def by_place(key: str, values: Sequence[float]) -> list[Change]:
    """Changes that give each province its own value of a parameter, from the first day to the last."""
    given = np.asarray(values, np.float64)
    return [Change(key, float(v), 0, FOREVER, tuple(np.flatnonzero(given == v).tolist())) for v in np.unique(given)]


def cells(sizes: Sequence[int], *, spacing: int = 0, informers: Sequence[int] = (), organisations: Sequence[int] | int = 1) -> Mechanism:
    """A stub that owns units and members: unit j has sizes[j] members, consecutive persons of the only province.

    Args:
        spacing: persons between the founders of two units; as many as the largest unit has where 0.
        informers: units of which every member informs.
        organisations: to which each unit belongs.
    """
    step = spacing or max(sizes, default=1)

    def begin(now: Now) -> None:
        first = (1 << 32) + np.arange(len(sizes), dtype=np.int64) * step
        key = (first << 16) | FIRST
        unit, person = (
            np.repeat(key, sizes),
            np.repeat(first, sizes) + np.concatenate([np.arange(s) for s in sizes] or [np.empty(0, np.int64)]),
        )
        informer = np.isin(np.repeat(np.arange(len(sizes)), sizes), informers)
        small, of = np.where(np.asarray(sizes) < 3, FIRST, 0), np.broadcast_to(organisations, len(sizes))
        now.store(Table(UNITS, {"unit": key, "row": now.places.row_of(first), "small_since": small, "organisation": of}))
        none = np.zeros(len(unit))
        now.store(Table(MEMBERS, {"unit": unit, "person": person.astype(np.int64), "joined": none, "informer": informer, "former": none}))

    return stub("Cells", begin=begin, writes=(UNITS, MEMBERS))


def near(observed: float, expected: float, error: float, times: float = 3.0) -> None:
    """Require that an observation is within so many standard errors of what is expected."""
    assert abs(observed - expected) <= times * error + 1e-12, f"{observed} is not within {times} x {error:.3g} of {expected}"


def share_near(hits: float, trials: int, p: float) -> None:
    """Require that a share of independent trials is within 3 standard errors of its probability."""
    assert trials > 0
    near(hits / trials, p, math.sqrt(p * (1 - p) / trials))
