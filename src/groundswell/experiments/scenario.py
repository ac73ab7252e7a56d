"""A scenario: which country, which people, which rules, what is decided and what happens, and when.

A scenario is put together from layers (the case's defaults, a file, options of the command line), checked against the
form of the file, then against the model's parameters, the case's places and its closed period.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from groundswell.cases import Case

if TYPE_CHECKING:
    from groundswell.core.parameters import Change, Operation, Parameter

JOINED = ("policies", "shocks")
LEFT_OUT = "scenario.without"
SHOCKED = ("calendar.economy", "calendar.focal", "calendar.legitimacy", "calendar.strength", "occasions.rate")  # what shocks change


@dataclass(frozen=True)
class Effect:
    """A dated change of one parameter: a side's policy, or a shock. One that only tests changes nothing.

    Args:
        kind: who is behind it.
        id: a short name, where it has one.
        name, doc, source, claimed_by: for the reader.
        side: regime, movement or outside (policies).
        role: whether it drives the model or is only compared with.
        parameter: full dotted key; empty where it only tests.
        value: number, or a switch's option.
        operation: what is done with the value.
        start, end: both days included.
        places: ids of provinces; empty means all.
    """

    kind: Literal["policy", "shock"]
    name: str
    role: Literal["drives", "tests"]
    parameter: str
    value: float | str
    operation: Operation
    start: date
    end: date
    places: tuple[str, ...]
    side: str = ""
    doc: str = ""
    source: str = "assumed"
    claimed_by: str = ""
    id: str = ""


@dataclass(frozen=True)
class Scenario:
    """A checked scenario: nothing in it is left to be found out.

    Args:
        name, doc: for the reader.
        case: the country.
        shock_strength: factor on the size of the case's own dated shocks; `effects` have it already.
        tables: the CSV files by role that its people are built from.
        scale: real persons a row stands for.
        provinces: ids, in the order of the table; empty means all.
        population_seed, growth: of the synthetic people.
        model: its name in `groundswell.models.MODELS`.
        values: parameters and switches that differ from the model's defaults, by full key.
        effects: policies and shocks within the run.
        sources: the names of the monitor, the state media and the channel.
        start, end: first and last day, both included.
        seed, threads, checkpoint_every: of the run.
    """

    name: str
    doc: str
    case: Case
    tables: Mapping[str, Path]
    scale: int
    provinces: tuple[str, ...]
    population_seed: int
    growth: float
    model: str
    values: Mapping[str, float | str]
    effects: tuple[Effect, ...]
    sources: tuple[str, ...]
    start: date
    end: date
    seed: int
    threads: int
    checkpoint_every: int | None
    shock_strength: float = 1.0

    @property
    def days(self) -> int:
        """Length of the run."""
        return (self.end - self.start).days + 1

    def changes(self, about: Mapping[str, Parameter], ids: Sequence[str]) -> tuple[Change, ...]:
        """The driving effects in the engine's terms.

        Args:
            about: the model's parameters.
            ids: the ids of the population's provinces, in storage order.
        """
        return tuple(change_of(effect, about, ids) for effect in self.effects if effect.role == "drives")


def is_shock(effect: Effect, case: Case) -> bool:
    """Whether an effect is a dated shock of the case's list: not a yearly date, a rally, a blackout or a pandemic."""
    listed = effect.id in {event.id for event in case.events}
    return listed and effect.kind == "shock" and effect.role == "drives" and effect.parameter in SHOCKED


def strengthened(effect: Effect, strength: float) -> Effect:
    """A shock with its size to the power (a factor) or times (a push) the strength; what sets a value stays."""
    if effect.operation == "set" or strength == 1:
        return effect
    size = float(effect.value)
    return dataclasses.replace(effect, value=size**strength if effect.operation == "multiply" else size * strength)


def change_of(effect: Effect, about: Mapping[str, Parameter], ids: Sequence[str]) -> Change:
    """One driving effect in the engine's terms."""
    from groundswell.core.draws import day_number
    from groundswell.core.parameters import Change

    value = about[effect.parameter].check(effect.value) if effect.operation == "set" else float(effect.value)
    where = tuple(ids.index(place) for place in effect.places)
    return Change(effect.parameter, value, day_number(effect.start), day_number(effect.end), where, effect.operation, effect.name)
