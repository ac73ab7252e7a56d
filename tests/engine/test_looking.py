"""A quantity that is computed only for those whom a screen lets through is what it would be if computed for everyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from tests.engine.common import run_and_state

from groundswell.core.arithmetic import I64
from groundswell.core.columns import PERSON, Column, Quantity
from groundswell.core.draws import Stream
from groundswell.core.errors import ModelError
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.sweep import plan

PRESSURE = Quantity("pressure", PERSON, "1", "what is looked up", dtype=np.int32)
STRESS = Quantity("stress", PERSON, "1", "the same, of which the largest counts", combine="max", dtype=np.int32)
FELT = Column("felt", np.int32, PERSON, "1", "the pressure on those whom it moved")
SEEN = Column("seen", np.int32, PERSON, "1", "the pressure on everyone")
COIN = Stream("coin", 950, "who is moved")


def dense(q: Quantity) -> Mechanism:
    def step(first: Any, pressure: Any) -> None:
        for i in range(pressure.size):
            pressure[i] = (first + i) % 7

    def step_of_stress(first: Any, stress: Any) -> None:
        for i in range(stress.size):
            stress[i] = (first + i) % 7

    body = {"adds": (q,), "step": step if q is PRESSURE else step_of_stress}
    return dataclass(frozen=True)(type("Everywhere", (Mechanism,), body))()


@dataclass(frozen=True)
class Nearby(Mechanism):
    adds = (PRESSURE,)

    def bound(pressure_most: Any, starts: Any, first: Any) -> None:
        for b in range(pressure_most.size):
            pressure_most[b] = 10 * ((first + starts[b]) % 3) + 3

    def step(pressure: Any, looked: Any, starts: Any, first: Any) -> None:
        b = 0
        for k in range(looked.size):
            while looked[k] >= starts[b + 1]:
                b += 1
            pressure[k] = 10 * ((first + starts[b]) % 3) + (first + looked[k]) % 4


@dataclass(frozen=True)
class NearbyStress(Mechanism):
    adds = (STRESS,)

    def bound(stress_most: Any, starts: Any, first: Any) -> None:
        for b in range(stress_most.size):
            stress_most[b] = 2 * ((first + starts[b]) % 5) + 3

    def step(stress: Any, looked: Any, starts: Any, first: Any) -> None:
        b = 0
        for k in range(looked.size):
            while looked[k] >= starts[b + 1]:
                b += 1
            stress[k] = 2 * ((first + starts[b]) % 5) + (first + looked[k]) % 4


@dataclass(frozen=True)
class Moved(Mechanism):
    """Whose draw is below 2000 x the pressure is moved; the screen knows an upper limit only."""

    reads = (PRESSURE,)
    writes = (FELT,)
    draws = (COIN,)

    def screen(looked: Any, pressure_most: Any, coin: Any, starts: Any) -> int:
        n = 0
        for b in range(pressure_most.size):
            for i in range(starts[b], starts[b + 1]):
                if coin[i] < 2000 * I64(pressure_most[b]):
                    looked[n] = i
                    n += 1
        return n

    def step(felt: Any, pressure: Any, looked: Any, coin: Any) -> None:
        for i in range(felt.size):
            felt[i] = 0
        for k in range(looked.size):
            if coin[looked[k]] < 2000 * I64(pressure[k]):
                felt[looked[k]] = pressure[k]


@dataclass(frozen=True)
class MovedByStress(Mechanism):
    reads = (STRESS,)
    writes = (FELT,)
    draws = (COIN,)

    def screen(looked: Any, stress_most: Any, coin: Any, starts: Any) -> int:
        n = 0
        for b in range(stress_most.size):
            for i in range(starts[b], starts[b + 1]):
                if coin[i] < 2000 * I64(stress_most[b]):
                    looked[n] = i
                    n += 1
        return n

    def step(felt: Any, stress: Any, looked: Any, coin: Any) -> None:
        for i in range(felt.size):
            felt[i] = 0
        for k in range(looked.size):
            if coin[looked[k]] < 2000 * I64(stress[k]):
                felt[looked[k]] = stress[k]


@dataclass(frozen=True)
class Watching(Mechanism):
    """Reads the same for everyone."""

    reads = (PRESSURE,)
    writes = (SEEN,)

    def step(seen: Any, pressure: Any) -> None:
        for i in range(seen.size):
            seen[i] = pressure[i]


@dataclass(frozen=True)
class Barrier(Mechanism):
    def day(self, now: Any) -> None:
        pass


def schedule(*mechanisms: Mechanism) -> Model:
    return Model("looking", tuple(Phase(m.key, m) for m in mechanisms))


def felt(*mechanisms: Mechanism, **options: Any) -> np.ndarray:
    return run_and_state(model=schedule(*mechanisms), values={}, days=2, **options)[1].state.columns["felt"]


OPTIONS = [{}, {"tile": 1}, {"tile": 70, "threads": 2}, pytest.param({"compiled": True}, marks=pytest.mark.compiled)]


@pytest.mark.parametrize("options", OPTIONS)
def test_the_same_as_for_everyone(options: dict[str, Any]) -> None:
    alone = felt(Nearby(), Moved(), tile=1)
    assert 0 < (alone > 0).sum() < len(alone)
    assert (felt(Nearby(), Moved(), **options) == alone).all()
    assert (felt(Nearby(), Barrier(), Moved(), **options) == alone).all()
    assert (felt(Nearby(), Watching(), Moved(), **options) == alone).all()
    assert (felt(Nearby(), Moved(), Watching(), **options) == alone).all()


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=pytest.mark.compiled)])
def test_with_one_who_adds_for_everyone(compiled: bool) -> None:
    for q, near, moved in ((PRESSURE, Nearby(), Moved()), (STRESS, NearbyStress(), MovedByStress())):
        alone = felt(dense(q), Barrier(), near, moved, tile=1)  # what was stored for all joins as well
        assert (alone > 0).any()
        for mechanisms in ((dense(q), near, moved), (near, dense(q), moved), (near, Barrier(), dense(q), moved)):
            assert (felt(*mechanisms, compiled=compiled, tile=1) == alone).all()


@dataclass(frozen=True)
class Swayed(Mechanism):
    """A bound that holds for whatever is read, and a step that reads what another may have changed."""

    reads = (SEEN,)
    adds = (PRESSURE,)

    def bound(pressure_most: Any) -> None:
        for b in range(pressure_most.size):
            pressure_most[b] = 30

    def step(pressure: Any, looked: Any, seen: Any) -> None:
        for k in range(looked.size):
            pressure[k] = seen[looked[k]]


@dataclass(frozen=True)
class Changing(Mechanism):
    writes = (SEEN,)

    def step(seen: Any, first: Any) -> None:
        for i in range(seen.size):
            seen[i] = (seen[i] + first + i) % 29


def test_what_another_changes_in_between_is_seen_as_it_was() -> None:
    plain = felt(Swayed(), Barrier(), Changing(), Moved())
    assert (plain > 0).any()
    assert (felt(Swayed(), Changing(), Moved()) == plain).all()
    assert (felt(Swayed(), Changing(), Moved()) != felt(Changing(), Swayed(), Moved())).any()


def test_nobody_adds() -> None:
    assert not felt(Moved()).any()


def test_only_what_is_read_by_others_is_stored() -> None:
    assert plan(schedule(Nearby(), Moved()).mechanisms)[1] == frozenset()
    assert plan(schedule(Nearby(), Barrier(), Moved()).mechanisms)[1] == {"pressure"}


def made(base: type[Mechanism], **body: Any) -> Mechanism:
    return dataclass(frozen=True)(type(base.__name__, (base,), body))()


def test_what_does_not_fit_is_refused() -> None:
    def without(pressure: Any, starts: Any) -> None: ...

    def other(looked: Any, starts: Any) -> int:
        return 0

    for wrong, said in (
        (made(Nearby, step=without), "with a bound, its step takes looked"),
        (made(Moved, screen=other), "with a screen, its screen takes pressure_most"),
        (made(Nearby, adds=()), "a bound belongs to a step over tiles that adds to one quantity of people"),
        (made(Moved, reads=(STRESS, PRESSURE)), "a screen belongs to a step over tiles that reads one quantity of people"),
        (made(Nearby, adds=(Quantity("pressure", PERSON, "1", "x"),)), "of whole numbers"),
        (made(Nearby, writes=(SEEN,)), "changes nothing else, such as seen"),
        (made(Moved, screen=lambda looked, pressure_most, felt: 0), "a screen changes nothing, so it cannot take felt"),
        (made(Watching, step=lambda seen, looked, pressure: None), "its step takes looked, which it does not declare"),
    ):
        with pytest.raises(ModelError, match=said):
            schedule(wrong)
