"""What must not matter does not: mechanisms that do nothing, and people who live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from tests.engine.common import LIVELY, START, country, flagship, run, run_and_state, same_arrays

from groundswell.core.draws import Stream, day_number
from groundswell.core.layers import Contacts, Layer, household_mates
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.core.places import Population
from groundswell.core.run import Run
from groundswell.core.simulate import Engine
from groundswell.lookups import circles_of
from groundswell.society import CUSTODY, FRAME_START, JOINING, MEMBERS, PUSH, SHARE_ACTIVE, SOCIAL, TAKEN

IDLE = Stream("idle", 9999, "drawn and thrown away")


@dataclass(frozen=True)
class IdleTile(Mechanism):
    """Adds nothing to the social push."""

    amount: float = parameter(0, unit="1", range=(0, 1), doc="x", source="assumed", whole=True)
    adds = (SOCIAL,)
    draws = (IDLE,)

    def step(social: Any, idle: Any, amount: Any) -> None:  # type: ignore[misc]
        """Zero times a draw."""
        for i in range(social.size):
            social[i] += amount * idle[i]


@dataclass(frozen=True)
class IdleDay(Mechanism):
    """Adds nothing to the push of a city and asks for nothing."""

    adds = (PUSH, TAKEN, JOINING)
    draws = (IDLE,)

    def day(self, now: Now) -> None:
        """Zero, and empty lists."""
        people = np.empty(0, np.int64)
        now.draws.uniform(IDLE, now.day, now.places.codes << 32)
        now[PUSH][:] = 0
        now.ask(TAKEN, -5, person=people, fate=1, named=0)
        now.ask(JOINING, -5, person=people, unit=people, organisation=1)


@dataclass(frozen=True)
class IdleOrder(Mechanism):
    """Lets everyone act, in order, to no effect."""

    reads = (CUSTODY,)
    draws = (IDLE,)
    activation = "each_once"

    def step(order: Any, idle: Any) -> None:  # type: ignore[misc]
        """Nothing."""


def with_idlers(*places: str) -> Model:
    """The flagship with idle phases before the named ones."""
    idle = {p: Phase(f"idle {m.key}", m) for p, m in zip(places, (IdleTile(), IdleDay(), IdleOrder()), strict=True)}
    schedule = tuple(p for phase in flagship().schedule for p in ((idle[phase.name], phase) if phase.name in idle else (phase,)))
    assert len(schedule) == len(flagship().schedule) + 3
    return Model("resistance", schedule)


@pytest.mark.parametrize("places", [("perception", "calendar", "organisation"), ("participation", "perception", "witnesses"),
                                    ("fear", "participation", "census")])  # fmt: skip
def test_idle_mechanisms_change_no_bit(places: tuple[str, str, str]) -> None:
    plain, engine = run_and_state(days=20)
    idle, other = run_and_state(days=20, model=with_idlers(*places), tile=60)
    same_arrays(*(dict(sorted(e.state.arrays().items())) for e in (engine, other)))
    same_arrays(plain.series, idle.series)
    for name in plain.journals:
        same_arrays(plain.journals[name], idle.journals[name], name)
    assert plain.state_hash == idle.state_hash


def test_an_extra_phase_of_the_models_own_kind() -> None:
    from groundswell.models.resistance import resistance

    assert run(days=12).state_hash == run(days=12, model=resistance(Phase("idle", IdleOrder()))).state_hash


def test_a_parameter_multiplied_by_one_changes_nothing() -> None:
    from groundswell.core.parameters import Change

    first = day_number(START)
    same = Change("fear.decay", 1.0, first + 2, first + 5, operation="multiply")
    assert run(days=12).state_hash == run(days=12, changes=(same,)).state_hash


# --- people elsewhere ---------------------------------------------------------------------------------------------------
HEARD = {"witnessing.broadcast": 0, "witnessing.video": 0}  # what is heard of elsewhere on the same day
APART = LIVELY | HEARD | {"perception.online": 0, "loyalty.elsewhere": 0, "monitor.attention": 0, "channel.attention": 0}
FEW, MORE, MOVED = (240, 160), (240, 420), (420, 240)


def province_one(engine: Engine) -> dict[str, np.ndarray]:
    """What province 1 holds: its part of every column of people and places, and its rows of the tables."""
    places = engine.population.places
    p = places.codes.tolist().index(1)
    found = {}
    for column in engine.model.columns:
        if not column.static and column.level.name != "nation" and column != SHARE_ACTIVE:  # that is the coupling, times 0
            found[column.name] = engine.state.columns[column.name][slice(*places.bounds(column.level, p))].copy()
    for name, table in engine.state.tables.items():
        key = table.kind.keys[0]
        code = table[key] >> (48 if key == "unit" else 32)
        found |= {f"{name}.{f.name}": table[f.name][code == 1] for f in table.kind.fields if not f.slot}
    return found


def daily(population: Population, days: int, **options: Any) -> tuple[Run, list[dict[str, np.ndarray]]]:
    states: list[dict[str, np.ndarray]] = []
    return run(population, days, observe=lambda engine, day: states.append(province_one(engine)), **options), states


@pytest.mark.compiled
@pytest.mark.parametrize("scale", [1, 4])
def test_more_people_in_another_province(scale: int) -> None:
    one, before = daily(country(FEW, scale=scale), 60, values=APART, compiled=True)
    for rows, codes in ((MORE, None), (MOVED, (2, 1)), ((240,), None)):
        other, after = daily(country(rows, codes, scale), 60, values=APART, compiled=True)
        for day, (a, b) in enumerate(zip(before, after, strict=True)):
            same_arrays(a, b, f"day {day}")
        at = list(other.places.codes).index(1)
        for name, series in one.series.items():
            if series.shape[1] > 1:
                assert (series[:, 0] == other.series[name][:, at]).all(), name
        for name in one.journals:
            a, b = ({f: v[j["province"] == 1] for f, v in j.items()} for j in (one.journals[name], other.journals[name]))
            same_arrays(a, b, name)
    assert one.series["arrests"][:, 0].sum() > 0
    assert one.series["members_now"][:, 0].sum() > 0


def test_the_same_with_all_other_couplings_on_the_first_day() -> None:
    for rows in (MORE, (240, 60)):
        a, b = (daily(country(r), 1, values=LIVELY | HEARD)[1][0] for r in (FEW, rows))
        same_arrays(a, b)


@pytest.mark.compiled
def test_the_coupling_is_there_where_it_is_not_switched_off() -> None:
    a, b = (daily(country(r), 20, values=LIVELY | {"perception.online": 20}, compiled=True)[1][-1] for r in (FEW, MORE))
    assert any((a[name].shape != b[name].shape) or (a[name] != b[name]).any() for name in a)


def test_draws_households_ties_and_keys() -> None:
    few, more = country(FEW), country(MORE)
    n = FEW[0]
    rows = np.arange(n)
    assert (few.places.address_of(rows) == more.places.address_of(rows)).all()
    people = few.places.address_of(rows)
    friends = Layer("friends", "friends", circles=circles_of(few))
    for layer in (friends, Layer("household", "household"), Layer("workplace", "group"), Layer("neighbourhood", "neighbourhood")):
        for a, b in zip(Contacts(few).contacts(people, layer), Contacts(more).contacts(people, layer), strict=True):
            assert (a == b).all(), layer.name
    for a, b in zip(household_mates(few.columns["household"], rows), household_mates(more.columns["household"], rows), strict=True):
        assert (a == b).all()
    frames = next(m for m in flagship().mechanisms if m.key == "frames")
    draws = [run_and_state(w, 1)[1].window(frames, day_number(START)).rows_draw(FRAME_START, 0) for w in (few, more)]
    assert (draws[0] == draws[1]).all()
    assert MEMBERS.keys == ("person",)
