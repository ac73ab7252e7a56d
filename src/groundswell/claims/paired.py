"""Paired runs as tasks of a study: both arms of a claim under one seed, one set of values, the same people and the same draws.

A run does what its claim asks and no more: mechanisms on which no quantity depends are left out, and it ends as soon as all quantities
are known. Draws are addressed, so that neither changes a quantity; the hash of the final state is that of the shorter run.

A task's payload names a *world*, a file that holds both arms as scenarios and what is measured; its hash is in the payload, so that a
result is never taken for another claim's. Populations are opened once a process and shared by all worlds of a country.
"""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import StoreError
from groundswell.core.needed import needed, settings_for
from groundswell.core.store import digest, write_text
from groundswell.experiments.scenario import is_shock, strengthened
from groundswell.studies.kinds import Output, kind
from groundswell.studies.scenario import World, common_of, scenario_of
from groundswell.studies.tasks import canonical

if TYPE_CHECKING:
    from groundswell.claims.measures import Measure
    from groundswell.claims.reading import Claim
    from groundswell.core.mechanism import Model
    from groundswell.core.parameters import Change
    from groundswell.core.places import Population
    from groundswell.core.run import Run
    from groundswell.core.simulate import Engine
    from groundswell.experiments.scenario import Scenario

MOST = 6  # quantities of a claim
KEPT = 6  # worlds that a process keeps open
BYTES = 6e8  # that a process needs, about
OUTPUTS = {
    **{f"a{k}": Output("f8") for k in range(MOST)},
    **{f"b{k}": Output("f8") for k in range(MOST)},
    "hash_a": Output("text"),
    "hash_b": Output("text"),
}
NOTHING = float("nan")
PROSE = ("doc", "source", "claimed_by")  # of a dated change


@dataclass(frozen=True)
class Wanted:
    """A quantity of a world.

    Args:
        measure, options: in full.
        first, last: positions of the days that count.
    """

    measure: Measure
    options: Mapping[str, Any]
    first: int
    last: int

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Wanted:
        """From its form in a world."""
        from groundswell.claims.measures import find

        measure = find(told["measure"])
        return cls(measure, measure.checked(told["options"]), told["first"], told["last"])

    def known(self, engine: Engine, day: int) -> bool:
        """Whether it is known after the day at a position, whatever follows."""
        if day >= self.last:
            return True
        return day >= self.first and self.measure.settled is not None and self.measure.settled(engine, self.last - day)

    def measured(self, run: Run) -> float:
        """Its value in a run that has lasted until it was known."""
        return self.measure.of(run, slice(self.first, self.last + 1), self.options)


@dataclass(frozen=True)
class Arm:
    """An arm of a world, opened: the scenario with the whole model, and the part of the model that its quantities need."""

    world: World
    part: Model


@dataclass
class Worlds:
    """The worlds of a process: read from files by hash, the last few kept open.

    Args:
        folder: where the files are.
        compiled: whether steps are compiled; the bits are the same.
    """

    folder: Path
    compiled: bool = True
    opened: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    people: dict[str, Population] = field(default_factory=dict)

    def world(self, name: str) -> dict[str, Any]:
        """An opened world.

        Raises:
            StoreError: the file is missing or altered.
        """
        if name in self.opened:
            self.opened.move_to_end(name)
            return self.opened[name]
        held = read_world(self.folder, name)
        body, paths = held["body"], held["paths"]
        wanted = tuple(Wanted.of(told) for told in body["quantities"])
        arms = {arm: self._arm(body[arm], paths, wanted) for arm in ("a", "b") if body[arm] is not None}
        self.opened[name] = {**body, "arms": arms, "wanted": wanted}
        if len(self.opened) > KEPT:
            self.opened.popitem(last=False)
        return self.opened[name]

    def _arm(self, common: Mapping[str, Any], paths: Mapping[str, str], wanted: tuple[Wanted, ...]) -> Arm:
        from groundswell.experiments.people import people
        from groundswell.experiments.resolve import model_of

        scenario = scenario_of({**common, **paths})
        whose = digest(canonical([common["scenario"]["population"], common["inputs"], scenario.case.id]).encode())
        if whose not in self.people:
            if len(self.people) >= KEPT:
                self.people.clear()
            self.people[whose] = people(scenario)
        population = self.people[whose]
        model = model_of(scenario.model)
        changes = scenario.changes(model.parameters, [p.id for p in population.places.provinces])
        names = {name for one in wanted for name in one.measure.asks(one.options)}
        part = needed(model, names) if names <= model.declared.keys() else model  # else the measure itself says what there is not
        return Arm(World(scenario, model, population, changes, (), ()), part)


def world_of(claim: Claim) -> tuple[str, dict[str, Any]]:
    """A claim's world: the hash of its content, and the file's content."""
    contrast = claim.contrast
    assert contrast is not None
    a, paths = _arm_of(contrast.a)
    b = _arm_of(contrast.b)[0] if contrast.b is not None else None
    quantities = [
        {"measure": q.form.measure, "options": dict(q.options), "first": q.first, "last": q.last, "compare": q.form.compare}
        for q in contrast.quantities
    ]
    body = {"a": a, "b": b, "own_a": dict(contrast.own_a), "own_b": dict(contrast.own_b), "quantities": quantities}
    body = json.loads(canonical(body))
    return digest(canonical(body).encode()), {"body": body, "paths": paths}


def _arm_of(scenario: Scenario) -> tuple[dict[str, Any], dict[str, str]]:
    """What an arm's runs share, without what says why: no pair that was run is lost when a word of it is put better."""
    common, paths = common_of(scenario)
    document = common["scenario"]
    told = {key: [{k: v for k, v in one.items() if k not in PROSE} for one in document.get(key, ())] for key in ("policies", "shocks")}
    plain = {**document, **told, "scenario": {**document["scenario"], "name": "an arm of a claim", "doc": ""}}
    return {**common, "scenario": plain}, paths


def write_world(folder: Path, claim: Claim) -> str:
    """Keep a claim's world in a folder; its name."""
    name, content = world_of(claim)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{name}.json", json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1))
    return name


def read_world(folder: Path, name: str) -> dict[str, Any]:
    """A kept world.

    Raises:
        StoreError: it is missing, or was altered since.
    """
    path = folder / f"{name}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        same = digest(canonical(found["body"]).encode()) == name
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: the runs of a claim cannot be read ({type(error).__name__})") from error
    if not same:
        raise StoreError(f"{path}: was altered since it was written")
    return dict(found)


def opened(common: Mapping[str, Any]) -> Worlds:
    """The worlds of a study."""
    return Worlds(Path(common["worlds"]), common.get("compiled", "yes") == "yes")


@kind(outputs=OUTPUTS, prepare=opened, version=2, memory=lambda _: BYTES)
def pair(worlds: Worlds, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Both arms of a claim under one seed and one set of values: what each measures, and the hashes of both final states.

    Args:
        worlds: of the study.
        payload: `world`, `seed`, and `values` (parameters and switches by full key), which hold in both arms save for what an arm sets.
    """
    world = worlds.world(str(payload["world"]))
    wanted: tuple[Wanted, ...] = world["wanted"]
    found: dict[str, Any] = dict.fromkeys(OUTPUTS, NOTHING) | {"hash_a": "", "hash_b": ""}
    for arm, about in world["arms"].items():
        values = {key: value for key, value in payload["values"].items() if key not in world[f"own_{arm}"]}
        run = run_arm(about, values, int(payload["seed"]), wanted, worlds.compiled)
        found[f"hash_{arm}"] = run.state_hash
        for k, one in enumerate(wanted):
            found[f"{arm}{k}"] = one.measured(run)
    return found


def run_arm(arm: Arm, values: Mapping[str, Any], seed: int, wanted: Sequence[Wanted], compiled: bool) -> Run:
    """A run of an arm with drawn values, until all that is wanted is known.

    Raises:
        InputError: an entry is no parameter, or its value is not admitted.
    """
    from groundswell.calibration.counts import SHOCKS
    from groundswell.core.draws import day_number
    from groundswell.core.simulate import simulate, threads_worth

    world, s = arm.world, arm.world.scenario
    given = {key: value for key, value in values.items() if key != SHOCKS}
    changes = _changes(world, float(values[SHOCKS])) if SHOCKS in values else world.changes
    kept, dated = settings_for(arm.part, world.model, {**s.values, **given}, changes)
    first = day_number(s.start)

    def all_known(engine: Engine, day: int) -> bool:
        return all(one.known(engine, day - first) for one in wanted)

    return simulate(
        arm.part, world.population, start=s.start, end=s.end, until=all_known, seed=seed, values=kept, changes=dated,
        threads=threads_worth(s.threads, world.population.places.rows), compiled=compiled,
    )  # fmt: skip


def _changes(world: World, strength: float) -> tuple[Change, ...]:
    """The arm's dated changes, with the case's shocks weakened or strengthened; a scenario without any has none to strengthen."""
    scenario = world.scenario
    factor = strength / scenario.shock_strength if scenario.shock_strength else 1.0
    effects = tuple(strengthened(one, factor) if is_shock(one, scenario.case) else one for one in scenario.effects)
    changed = dataclasses.replace(scenario, effects=effects)
    return changed.changes(world.model.parameters, [p.id for p in world.population.places.provinces])
