"""Paired runs as tasks of a study: both arms of a claim under one seed, one set of values, the same people and the same draws.

A task's payload names a *world*, a file that holds both arms as scenarios and what is measured; its hash is in the payload, so that a
result is never taken for another claim's. Populations are opened once a process and shared by all worlds of a country.
"""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import StoreError
from groundswell.core.store import digest, write_text
from groundswell.experiments.scenario import is_shock, strengthened
from groundswell.studies.kinds import Output, kind
from groundswell.studies.scenario import World, common_of, scenario_of, simulated
from groundswell.studies.tasks import canonical

if TYPE_CHECKING:
    from groundswell.claims.reading import Claim
    from groundswell.core.parameters import Change
    from groundswell.core.places import Population
    from groundswell.core.run import Run

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
        arms = {arm: self._arm(held["body"][arm], held["paths"]) for arm in ("a", "b") if held["body"][arm] is not None}
        self.opened[name] = {**held["body"], "arms": arms}
        if len(self.opened) > KEPT:
            self.opened.popitem(last=False)
        return self.opened[name]

    def _arm(self, common: Mapping[str, Any], paths: Mapping[str, str]) -> World:
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
        return World(scenario, model, population, changes, (), ())


def world_of(claim: Claim) -> tuple[str, dict[str, Any]]:
    """A claim's world: the hash of its content, and the file's content."""
    contrast = claim.contrast
    assert contrast is not None
    a, paths = common_of(contrast.a)
    b = common_of(contrast.b)[0] if contrast.b is not None else None
    quantities = [
        {"measure": q.form.measure, "options": dict(q.options), "first": q.first, "last": q.last, "compare": q.form.compare}
        for q in contrast.quantities
    ]
    body = {"a": a, "b": b, "own_a": dict(contrast.own_a), "own_b": dict(contrast.own_b), "quantities": quantities}
    body = json.loads(canonical(body))
    return digest(canonical(body).encode()), {"body": body, "paths": paths}


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


@kind(outputs=OUTPUTS, prepare=opened, version=1, memory=lambda _: BYTES)
def pair(worlds: Worlds, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Both arms of a claim under one seed and one set of values: what each measures, and the hashes of both final states.

    Args:
        worlds: of the study.
        payload: `world`, `seed`, and `values` (parameters and switches by full key), which hold in both arms save for what an arm sets.
    """
    world = worlds.world(str(payload["world"]))
    found: dict[str, Any] = dict.fromkeys(OUTPUTS, NOTHING) | {"hash_a": "", "hash_b": ""}
    for arm, about in world["arms"].items():
        values = {key: value for key, value in payload["values"].items() if key not in world[f"own_{arm}"]}
        run = _run(about, values, int(payload["seed"]), worlds.compiled)
        found[f"hash_{arm}"] = run.state_hash
        for k, told in enumerate(world["quantities"]):
            found[f"{arm}{k}"] = measured(run, told)
    return found


def measured(run: Run, told: Mapping[str, Any]) -> float:
    """A quantity of a run, from its form in a world."""
    from groundswell.claims.measures import find

    measure = find(told["measure"])
    return measure.of(run, slice(told["first"], told["last"] + 1), measure.checked(told["options"]))


def _run(world: World, values: Mapping[str, Any], seed: int, compiled: bool) -> Run:
    """A run of an arm with drawn values."""
    from groundswell.calibration.counts import SHOCKS

    given = {key: value for key, value in values.items() if key != SHOCKS}
    if SHOCKS in values:
        world = dataclasses.replace(world, changes=_changes(world, float(values[SHOCKS])))
    if compiled:
        return simulated(world, {**given, "seed": seed})
    from groundswell.core.simulate import simulate

    s = world.scenario
    return simulate(
        world.model, world.population, start=s.start, end=s.end, seed=seed, values={**s.values, **given}, changes=world.changes,
        threads=1, compiled=False,
    )  # fmt: skip


def _changes(world: World, strength: float) -> tuple[Change, ...]:
    """The arm's dated changes, with the case's shocks weakened or strengthened; a scenario without any has none to strengthen."""
    scenario = world.scenario
    factor = strength / scenario.shock_strength if scenario.shock_strength else 1.0
    effects = tuple(strengthened(one, factor) if is_shock(one, scenario.case) else one for one in scenario.effects)
    changed = dataclasses.replace(scenario, effects=effects)
    return changed.changes(world.model.parameters, [p.id for p in world.population.places.provinces])
