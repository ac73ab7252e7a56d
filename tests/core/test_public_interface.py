"""What a model of one's own is written in: the names of the package, `simulate` with steps, groups of one place, and ready models."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import groundswell
from groundswell import (
    NATION,
    NEIGHBOURHOOD,
    PERSON,
    Column,
    InputError,
    Mechanism,
    Model,
    ModelError,
    Now,
    Phase,
    Population,
    Run,
    Stream,
    group,
    models,
    parameter,
    simulate,
    single_place,
    whole_numbers,
)
from groundswell.core.draws import EPOCH, LAST_DAY, day_date
from groundswell.core.errors import StoreError
from groundswell.core.simulate import Engine

CELLS = group("cells")
GRAIN = Column("grain", np.int64, CELLS, "1", "What lies on a cell.")
WEIGHT = Column("weight", np.int64, PERSON, "1", "What a person sows.", static=True)
SOWN = Column("sown", np.int64, NATION, "1", "What lies on all cells.", recorded=True)
FULL = Column("full", np.uint8, NATION, "1", "Whether there is enough.", recorded=True)
HOODS = Column("hoods", np.int64, NEIGHBOURHOOD, "1", "Days counted by each neighbourhood.")
WHERE = Stream("where", 900, "On which cell a person sows.")


@dataclass(frozen=True)
class Sowing(Mechanism):
    """Everybody puts grain on a random cell, every day."""

    enough: float = parameter(40, unit="1", range=(0, 1e6), doc="x", source="assumed")
    reads = (WEIGHT,)
    writes = (GRAIN, SOWN, FULL, HOODS)
    draws = (WHERE,)

    def day(self, now: Now) -> None:
        """One day."""
        drawn = now.draws.uniform(WHERE, now.day, now.places.address_of(np.arange(now.places.rows)))
        np.add.at(now[GRAIN], (drawn * len(now[GRAIN])).astype(np.int64), now[WEIGHT])
        now[SOWN][0] = now[GRAIN].sum()
        now[FULL][0] = now[SOWN][0] >= now.p.enough[0]
        now[HOODS][:] += 1


MODEL = Model("sowing", (Phase("sowing", Sowing()),))


def field(people: int = 6, cells: int = 10) -> Population:
    return Population(single_place(people, neighbourhood=2, groups={"cells": cells}), {"weight": np.arange(people)})


def sow(**options: Any) -> Run:
    """Fifteen grains a day, so that 40 lie there after the third."""
    return simulate(MODEL, field(), seed=3, compiled=False, **({"keep": (GRAIN, SOWN, WEIGHT)} | options))


def same(one: Run, other: Run) -> None:
    assert one.state_hash == other.state_hash
    assert one.days.tolist() == other.days.tolist()
    for mine, theirs in ((one.series, other.series), (one.final, other.final)):
        assert list(mine) == list(theirs)
        assert all(mine[name].dtype == theirs[name].dtype and mine[name].tobytes() == theirs[name].tobytes() for name in mine)


# --- names ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", groundswell.__all__)
def test_every_name_loads(name: str) -> None:
    value = getattr(groundswell, name)
    home = "groundswell.core" if name == "networks" else groundswell._MODULE_OF[name]
    assert value is getattr(import_module(home), name)
    assert name in dir(groundswell)


def test_names_are_given_once() -> None:
    assert len(groundswell.__all__) == len(set(groundswell.__all__))
    assert sum(len(names) for names in groundswell._HOME.values()) == len(groundswell._MODULE_OF)


def test_type_checkers_see_the_same_table() -> None:
    tree = ast.parse(Path(groundswell.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"]
    seen: dict[str, str] = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            assert alias.asname == alias.name, "a name is re-exported as it is, or a type checker takes it for private"
            seen[alias.name] = str(node.module)
    assert seen == {**groundswell._MODULE_OF, "networks": "groundswell.core"}


def run_python(code: str) -> str:
    """What other Python prints, with the same path."""
    path = {"PYTHONPATH": str(Path(groundswell.__file__).parents[1])}
    return subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=True).stdout.strip()


def test_the_package_loads_nothing() -> None:
    told = run_python(
        "import sys, groundswell; print(*(m for m in sys.modules if m.partition('.')[0] in ('numpy', 'numba', 'groundswell')))"
    )
    assert told == "groundswell"


def test_a_name_loads_numpy_and_not_numba() -> None:
    told = run_python("import sys; from groundswell import simulate, Model; print('numpy' in sys.modules, 'numba' in sys.modules)")
    assert told == "True False"


def test_star_import() -> None:
    assert run_python("from groundswell import *; print(Model.__name__, networks.__name__)") == "Model groundswell.core.networks"


def test_no_such_name() -> None:
    with pytest.raises(AttributeError, match="module 'groundswell' has no attribute 'simulte'"):
        _ = groundswell.simulte
    with pytest.raises(ImportError, match="cannot import name 'Mechanisms'"):
        from groundswell import Mechanisms  # noqa: F401


# --- steps ------------------------------------------------------------------------------------------------------------
def test_a_step_is_a_day_from_day_0() -> None:
    run = sow(steps=5)
    assert run.days.tolist() == [0, 1, 2, 3, 4]
    assert run.series["sown"].tolist() == [[15], [30], [45], [60], [75]]
    same(run, sow(end=EPOCH + timedelta(days=4)))
    assert sow(steps=np.int64(1)).days.tolist() == [0]


def test_steps_from_a_date() -> None:
    assert sow(start=date(2022, 9, 16), steps=3).dates == [date(2022, 9, 16), date(2022, 9, 17), date(2022, 9, 18)]


@pytest.mark.parametrize("both", [{}, {"end": EPOCH, "steps": 1}])
def test_either_end_or_steps(both: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"run\.end: a run needs either its last day \(end\) or how many steps it takes \(steps\)"):
        sow(**both)


@pytest.mark.parametrize("steps", [0, -1, 2.0, True, "5", LAST_DAY + 2])
def test_bad_steps(steps: Any) -> None:
    with pytest.raises(InputError, match=r"run\.steps: .* is not a whole number from 1 to 65536"):
        sow(steps=steps)


def test_steps_beyond_the_last_day() -> None:
    last = day_date(LAST_DAY)
    assert sow(start=last, steps=1).days.tolist() == [LAST_DAY]
    assert len(sow(steps=LAST_DAY + 1, until=FULL).days) == 3
    with pytest.raises(InputError, match=r"run\.start: the period .* to step 2 has no days, or lies outside 1900 to 2079"):
        sow(start=last, steps=2)
    with pytest.raises(InputError, match="outside 1900 to 2079"):
        sow(start=EPOCH - timedelta(days=1), steps=3)


# --- until ------------------------------------------------------------------------------------------------------------
def test_until_ends_after_the_first_such_day() -> None:
    run, whole = sow(steps=9, until=FULL), sow(steps=9)
    assert run.series["full"][:, 0].tolist() == [0, 0, 1]
    assert run.series["sown"].tolist() == whole.series["sown"][:3].tolist()
    same(run, sow(steps=3))


@pytest.mark.parametrize(("enough", "days"), [(0, 1), (15, 1), (16, 2), (60, 4), (61, 4)])
def test_until_on_the_first_the_last_and_no_day(enough: float, days: int) -> None:
    run = sow(steps=4, until=FULL, values={"sowing.enough": enough})
    assert len(run.days) == days
    assert bool(run.series["full"][-1, 0]) == (enough <= 60)


def test_until_reads_no_initial_value() -> None:
    """A column that begins other than 0 does not end the run before its first day."""
    started = Column("started", np.uint8, NATION, "1", "x", initial=1)

    @dataclass(frozen=True)
    class Stopping(Mechanism):
        writes = (started,)

        def day(self, now: Now) -> None:
            now[started][0] = now.day == 2

    run = simulate(Model("m", (Phase("p", Stopping()),)), field(), seed=1, steps=9, until=started, compiled=False)
    assert run.days.tolist() == [0, 1, 2]


def test_progress_and_observers_are_told_of_days_that_happen() -> None:
    told: list[tuple[int, int]] = []
    seen: list[int] = []
    sow(steps=9, until=FULL, progress=lambda done, of: told.append((done, of)), observe=lambda engine, day: seen.append(day))
    assert told == [(1, 9), (2, 9), (3, 9)]
    assert seen == [0, 1, 2]


class StoppedError(Exception):
    """The run was stopped from outside."""


@pytest.mark.parametrize("stopped", range(3))
@pytest.mark.parametrize("every", [1, 2])
def test_until_with_checkpoints(tmp_path: Path, stopped: int, every: int) -> None:
    """Stopped during any day and resumed, it ends on the same day with the same bytes; resumed once more, too."""

    def stop(engine: Engine, day: int) -> None:
        if day == stopped:
            raise StoppedError

    plain = sow(steps=9, until=FULL)
    options: dict[str, Any] = {"steps": 9, "until": FULL, "checkpoint": tmp_path / "checkpoint", "checkpoint_every": every, "resume": True}
    with pytest.raises(StoppedError):
        sow(**options, observe=stop)
    same(sow(**options), plain)
    same(sow(**options), plain)


def test_a_checkpoint_of_a_run_with_another_end_is_refused(tmp_path: Path) -> None:
    options: dict[str, Any] = {"steps": 9, "checkpoint": tmp_path / "checkpoint", "checkpoint_every": 1, "resume": True}
    sow(**options, until=FULL)
    with pytest.raises(StoreError, match="differs in until"):
        sow(**options)
    with pytest.raises(StoreError, match="differs in until"):
        sow(**options, until=SOWN)


@pytest.mark.parametrize(("column", "level"), [(GRAIN, "cells"), (WEIGHT, "person"), (HOODS, "neighbourhood")])
def test_until_is_of_the_nation(column: Column, level: str) -> None:
    with pytest.raises(ModelError, match=f"at a column of the nation, and {column.name} has one value for each {level}"):
        sow(steps=3, until=column)


STRANGE = Column("strange", np.int64, NATION, "1", "Not of this model.")


@pytest.mark.parametrize("option", [{"until": STRANGE}, {"keep": (GRAIN, STRANGE)}])
def test_unknown_columns(option: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="model sowing has no column strange"):
        sow(steps=3, **option)


# --- keep -------------------------------------------------------------------------------------------------------------
def test_keep_gives_the_values_after_the_last_day() -> None:
    after: list[np.ndarray] = []
    run = sow(steps=5, keep=(GRAIN, WEIGHT, HOODS), observe=lambda engine, day: after.append(engine.state.columns["grain"].copy()))
    assert list(run.final) == ["grain", "weight", "hoods"]
    assert run.final["grain"].tolist() == after[-1].tolist() != after[-2].tolist()
    assert run.final["weight"].tolist() == [0, 1, 2, 3, 4, 5]
    assert run.final["hoods"].tolist() == [5, 5, 5]
    assert sow(steps=5, keep=()).final == {}


def test_what_is_kept_is_read_only() -> None:
    engines: list[Engine] = []
    people = field()
    run = simulate(MODEL, people, seed=3, steps=2, keep=(GRAIN, WEIGHT), compiled=False, observe=lambda engine, day: engines.append(engine))
    for name, values in run.final.items():
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 7
        assert not np.shares_memory(values, people.columns.get(name, engines[0].state.columns.get(name)))
    assert people.columns["weight"].flags.writeable, "the given arrays stay as they were"


# --- groups of one place ----------------------------------------------------------------------------------------------
def test_groups_are_a_level() -> None:
    places = single_place(6, neighbourhood=2, groups={"cells": 10, "markets": 3})
    assert places.size(CELLS) == 10
    assert places.size(group("markets")) == 3
    assert places.bounds(CELLS, 0) == (0, 10)
    assert places.size(NEIGHBOURHOOD) == 3
    run = sow(steps=4)
    assert run.final["grain"].shape == (10,)
    assert run.final["grain"].sum() == 60


def test_groups_are_part_of_what_a_population_is() -> None:
    digests = [simulate(MODEL, field(cells=n), seed=3, steps=1, compiled=False).provenance["population_digest"] for n in (10, 11, 10)]
    assert digests[0] == digests[2] != digests[1]


def test_a_model_asks_for_groups_that_are_not_there() -> None:
    people = Population(single_place(6, groups={"squares": 10}), {"weight": np.arange(6)})
    with pytest.raises(ModelError, match="the population has no level 'cells'"):
        simulate(MODEL, people, seed=1, steps=1, compiled=False)


@pytest.mark.parametrize("compiled", [pytest.param(True, marks=pytest.mark.compiled), False])
def test_steps_in_order_get_all_groups(compiled: bool) -> None:
    @dataclass(frozen=True)
    class Dropping(Mechanism):
        writes = (GRAIN,)
        draws = (WHERE,)
        activation = "each_once"

        def step(order: Any, grain: Any) -> None:  # type: ignore[misc]
            for i in order:
                grain[i % grain.size] += 1

    people = Population(single_place(7, groups={"cells": 4}))
    run = simulate(Model("m", (Phase("p", Dropping()),)), people, seed=1, steps=2, keep=(GRAIN,), compiled=compiled)
    assert run.final["grain"].tolist() == [4, 4, 4, 2]


# --- numbers that a world is given ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("given", [[3, 0, 9], [3.0, 0.0, 9.0], np.array([3, 0, 9], np.uint8), (3, 0, 9)])
def test_whole_numbers_are_taken_as_they_are(given: Any) -> None:
    numbers = whole_numbers(given, "seeds", 0, 9, "crowd", "person")
    assert numbers.dtype == np.int64
    assert numbers.tolist() == [3, 0, 9]
    assert whole_numbers([given, given], "seeds", 0, 9, "crowd", "person").tolist() == [[3, 0, 9]] * 2


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([3, 10], "person 2 has 10, which is no whole number from 0 to 9"),
        ([[3, 4], [0.5, 1]], "person 1 of crowd 2 has 0.5, which is no whole number from 0 to 9"),
        ([float("nan")], "person 1 has nan, which is no whole number from 0 to 9"),
        ([[1, 2], [3]], "needs as many numbers for each crowd"),
        ([], "needs numbers by crowd and person, not float64 of shape (0,)"),
        (5, "needs numbers by crowd and person, not int64 of shape ()"),
        ([[[1]]], "needs numbers by crowd and person, not int64 of shape (1, 1, 1)"),
        ([True], "needs numbers by crowd and person, not bool of shape (1,)"),
    ],
)
def test_the_first_number_that_is_wrong_is_named(given: Any, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        whole_numbers(given, "seeds", 0, 9, "crowd", "person")
    assert caught.value.key == "seeds"
    assert str(caught.value) == f"seeds: {problem}"


# --- ready models -----------------------------------------------------------------------------------------------------
def test_every_ready_model_is_found() -> None:
    assert {"resistance", "granovetter_1978", "kuran_1991", "watts_2002"} <= set(models.names())
    assert models.names() == sorted(models.names())
    for name in ("resistance", "granovetter_1978", "kuran_1991", "watts_2002"):
        assert models.find(name).name == name


@pytest.mark.parametrize(
    ("name", "meant"), [("granoveter_1978", "granovetter_1978"), ("kuran", "kuran_1991"), ("Watts_2002", "watts_2002"), ("zzz", None)]
)
def test_a_misspelt_model(name: str, meant: str | None) -> None:
    with pytest.raises(InputError, match=f"there is no model '{name}'") as caught:
        models.find(name)
    assert caught.value.nearest == meant
    assert (f"did you mean {meant!r}?" in str(caught.value)) == (meant is not None)


@pytest.mark.parametrize("name", ["__init__", "", "resistance.resistance", "../resistance", "groundswell"])
def test_what_is_no_model(name: str) -> None:
    with pytest.raises(InputError, match="there is no model"):
        models.find(name)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"rows": 2.5}, "rows"),
        ({"rows": -1}, "rows"),
        ({"rows": True}, "rows"),
        ({"rows": 4, "neighbourhood": 0}, "neighbourhood"),
        ({"rows": 4, "groups": {"cells": -1}}, "cells"),
        ({"rows": 4, "groups": {"person": 3}}, "person"),
    ],
)
def test_a_single_place_that_cannot_be(arguments: dict[str, Any], key: str) -> None:
    with pytest.raises(InputError, match=f"^{key}: "):
        single_place(**arguments)
