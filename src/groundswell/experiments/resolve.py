"""The checks of a scenario that need the model, the places and the closed period of the case."""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell import cases
from groundswell.cases import Case
from groundswell.core.documents import Document, validated
from groundswell.core.errors import InputError, nearest
from groundswell.core.toml_lines import KeyPath
from groundswell.experiments.scenario import JOINED, LEFT_OUT, Effect, Scenario, change_of, is_shock, strengthened
from groundswell.society import SOURCES

if TYPE_CHECKING:
    from groundswell.core.mechanism import Model
    from groundswell.core.parameters import Parameter
    from groundswell.experiments.schema import ScenarioFile
FEWEST_DAYS = 13  # a whole week from Saturday lies within, whatever the first day


def resolve(case: Case, layers: Sequence[Document], *, inherited: bool) -> Scenario:
    """Layers, lowest first, as one checked scenario.

    Args:
        case: the country.
        layers: documents in the form of a scenario file.
        inherited: whether the first layer is the case's own: its dated changes are then cut to the run.
    """
    from groundswell.experiments.schema import ScenarioFile

    whole = layers[0]
    for layer in layers[1:]:
        whole = layer.over(whole, join=(*JOINED, LEFT_OUT))
    form = validated(ScenarioFile, whole)
    own = {key: len(layers[0].data.get(key, ())) for key in JOINED} if inherited else {}
    return _Check(case, layers, whole, form, own).scenario()


LARGEST = 2e9  # persons; as many as a population can hold
ROW_BYTES = 32  # of static columns and state, about


def memory_bytes() -> float:
    """Bytes of memory of this machine; unbounded where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return float("inf")


class _Check:
    """The checks that need the model, the places and the period."""

    def __init__(self, case: Case, layers: Sequence[Document], whole: Document, form: ScenarioFile, inherited: Mapping[str, int]) -> None:
        self.case, self.layers, self.whole, self.form, self.inherited = case, layers, whole, form, inherited
        self.tables = self._tables()
        census = case.census(self.tables)
        self.places = {row.id: row.name for row in census.provinces}
        self.persons = {row.id: row.population for row in census.provinces}
        self.model = model_of(form.model.name, whole)
        self.about = self.model.parameters

    def scenario(self) -> Scenario:
        form = self.form
        self._check_run()
        provinces = self._places(form.population.provinces, ("population", "provinces"), tuple(self.places))
        self._check_size(provinces)
        values = self._values()
        effects = self._effects(provinces)
        self._check_ranges(values, effects)
        return Scenario(
            name=form.scenario.name,
            doc=form.scenario.doc,
            case=self.case,
            tables=self.tables,
            scale=form.population.scale,
            provinces=tuple(place for place in self.places if place in provinces),
            population_seed=form.population.seed,
            growth=form.population.growth,
            model=form.model.name,
            values=values,
            effects=tuple(effect for _, effect in effects),
            sources=self._sources(),
            start=form.run.start,
            end=form.run.end,
            seed=form.run.seed,
            threads=form.run.threads,
            checkpoint_every=form.run.checkpoint_every,
            shock_strength=form.scenario.shock_strength,
        )

    def _tables(self) -> dict[str, Path]:
        own = self.form.population.tables
        built_from = {role: path for role, path in self.case.tables.items() if role in cases.ROLES}
        for role in own:
            if role not in built_from:
                raise self.whole.error("the case's people are built from no such table", ("population", "tables", role), built_from)
        chosen = {role: cases.inside(self.case.folder, text, self.whole, ("population", "tables", role)) for role, text in own.items()}
        return {**built_from, **chosen}

    def _check_run(self) -> None:
        run, case = self.form.run, self.case
        for key, day in (("start", run.start), ("end", run.end)):
            if not case.start <= day <= case.end:
                raise self.whole.error(f"{day} is outside the case's closed period, {case.start} to {case.end}", ("run", key))
        if run.end < run.start:
            raise self.whole.error(f"the last day {run.end} is before the first, {run.start}", ("run", "end"))
        if case.interval == "week" and (run.end - run.start).days < FEWEST_DAYS - 1:
            raise self.whole.error(f"a case that is told by week is run for {FEWEST_DAYS} days at least", ("run", "end"))

    def _check_size(self, provinces: Sequence[str]) -> None:
        """The people must be a country's, and their rows must fit this machine's memory."""
        population = self.form.population
        each = {place: self.persons[place] * population.growth for place in provinces or self.persons}
        for place, count in each.items():
            if count < population.scale / 2:
                problem = f"{place} has {count:.0f} persons, too few for one row of {population.scale}"
                raise self.whole.error(problem, ("population", "scale"))
        persons = sum(each.values())
        if persons > LARGEST:
            raise self.whole.error(f"{persons:.3g} persons; at most {LARGEST:.3g} are possible", ("population", "growth"))
        need, memory = persons / population.scale * ROW_BYTES, memory_bytes()
        if need > memory:
            problem = f"{persons / population.scale:,.0f} rows need about {need / 2**30:.1f} GiB, and this machine has {memory / 2**30:.1f}"
            raise self.whole.error(f"{problem}; choose a larger scale", ("population", "scale"))

    def _places(self, given: Sequence[str], path: KeyPath, admitted: Sequence[str]) -> tuple[str, ...]:
        """Ids of provinces given by id or name."""
        by_name = {name: place for place, name in self.places.items()}
        found = []
        for i, text in enumerate(given):
            place = text if text in self.places else by_name.get(text)
            if place is None:
                raise self.whole.error(f"there is no province {text!r}", (*path, i), [*self.places, *by_name], of=text)
            if place not in admitted:
                raise self.whole.error(f"{text!r} is not among the scenario's provinces", (*path, i))
            if place in found:
                raise self.whole.error(f"{text!r} is named twice", (*path, i))
            found.append(place)
        return tuple(found)

    def _values(self) -> dict[str, float | str]:
        """Parameters and switches by full key, later layers over earlier ones."""
        from groundswell.core.parameters import check_shares

        found: dict[str, float | str] = {}
        stands: dict[str, tuple[Document, KeyPath]] = {}
        for layer in self.layers:
            mine: dict[str, KeyPath] = {}
            for path, value in _settings(layer):
                if value == {} and self._is_table(path):
                    continue
                key = self._key(layer, path)
                if key in mine:
                    raise layer.error(f"the parameter {key} is given twice", path)
                mine[key] = path
                found[key], stands[key] = self._checked(layer, path, key, value), (layer, path)
        base = {**self.model.base_values(), **{key: self.about[key].check(value) for key, value in found.items()}}
        for key, (layer, path) in stands.items():
            try:
                check_shares(key, self.about, base)
            except InputError as error:
                raise layer.error(error.problem, path) from None
        return found

    def _is_table(self, path: KeyPath) -> bool:
        """Whether a path is that of a mechanism, under which parameters may stand, or none."""
        name = ".".join(str(part) for part in path[3 if path[0] == "sources" else 1 :])
        return any(key.startswith(f"{name}.") for key in self.about)

    def _sources(self) -> tuple[str, ...]:
        """What reports call the monitor, the state media and the channel; as the case has it where the scenario does not say."""
        found = dict(zip(SOURCES, self.case.names.sources, strict=True))
        given: set[str] = set()
        for i, source in enumerate(self.form.sources):
            if source.of in given:
                raise self.whole.error(f"{source.of} stands twice", ("sources", i, "of"))
            given.add(source.of)
            found[source.of] = source.name
        names = tuple(found.values())
        if len(set(names)) < len(names):
            raise self.whole.error(f"two sources have one name; they are {', '.join(names)}", ("sources",))
        return names

    def _key(self, layer: Document, path: KeyPath) -> str:
        """The full key of a parameter; a switch may be named by its first or its last part alone, a source's by its last."""
        start = 3 if path[0] == "sources" else 1
        name = ".".join(str(part) for part in path[start:])
        if path[0] == "sources":
            short = f"{layer.data['sources'][path[1]].get('of', SOURCES[0])}.{name}"
            name = short if short in self.about else name
        if path[0] != "switches":
            if name in self.about:
                return name
            raise layer.error(f"the model {self.form.model.name!r} has no such parameter", path, self.about, of=name)
        known = switch_names(self.about)
        keys = known.get(name, ())
        if len(keys) > 1:
            raise layer.error(f"several switches have this name: {', '.join(keys)}", path)
        if not keys:
            raise layer.error(f"the model {self.form.model.name!r} has no such switch", path, known, of=name)
        return keys[0]

    def _checked(self, at: Document, path: KeyPath, key: str, value: Any) -> float | str:
        """A value that its parameter admits; options stay words."""
        about = self.about[key]
        try:
            number = about.check(value)
        except InputError as error:
            raise at.error(error.problem, path, [error.nearest] if error.nearest else (), of=error.nearest) from None
        return about.options[int(number)] if about.options else number

    def _effects(self, provinces: tuple[str, ...]) -> list[tuple[KeyPath, Effect]]:
        left_out = self._left_out()
        whole: list[tuple[KeyPath, Effect]] = []
        for i, policy in enumerate(self.form.policies):
            if {policy.name, policy.id} & left_out:
                continue
            start, end = policy.start or self.form.run.start, policy.end or self.form.run.end
            whole += self._effect(("policies", i), policy, start, end, provinces, side=policy.side, kind="policy", role="drives")
        for i, shock in enumerate(self.form.shocks):
            if {shock.name, shock.id} & left_out:
                continue
            end = shock.date + datetime.timedelta(days=shock.days - 1) if shock.date.year < 9000 else shock.date
            more = {"kind": "shock", "role": shock.role}
            whole += self._effect(("shocks", i), shock, shock.date, end, provinces, **more)
        self._check_overlaps([entry for entry in whole if self._is_inherited(entry[0])])  # outside the run, too
        found = [(path, effect) for path, whole_effect in whole for effect in self._cut(path, whole_effect, provinces)]
        self._check_overlaps(found)
        return found

    def _left_out(self) -> set[str]:
        """The names and ids of what the scenario leaves out; each must be that of a policy, a shock or a campaign."""
        known = [text for entry in (*self.form.policies, *self.form.shocks) for text in (entry.name, entry.id) if text]
        for i, text in enumerate(self.form.scenario.without):
            if text not in known:
                problem = f"there is no policy, shock or campaign {text!r}"
                raise self.whole.error(problem, ("scenario", "without", i), dict.fromkeys(known), of=text)
        return set(self.form.scenario.without)

    def _effect(
        self, path: KeyPath, form: Any, start: date, end: date, provinces: tuple[str, ...], **more: Any
    ) -> list[tuple[KeyPath, Effect]]:
        """One policy or shock, in full."""
        run, inherited = self.form.run, self._is_inherited(path)
        if end < start:
            raise self.whole.error(f"the last day {end} is before the first, {start}", (*path, "end"))
        chosen = provinces or tuple(self.places)
        places = self._places(form.places, (*path, "places"), tuple(self.places) if inherited else chosen)
        key, value = self._driven(path, form, more["role"])
        first = "date" if path[0] == "shocks" else "start"
        if not inherited and not run.start <= start <= run.end:
            raise self.whole.error(f"{start} is outside the run, {run.start} to {run.end}", (*path, first))
        if not inherited and not run.start <= end <= run.end:
            last = "days" if path[0] == "shocks" else "end"
            raise self.whole.error(f"lasts until {end}, outside the run, {run.start} to {run.end}", (*path, last))
        texts = {"id": form.id, "name": form.name, "doc": form.doc, "source": form.source, "claimed_by": form.claimed_by}
        effect = Effect(parameter=key, value=value, operation=form.operation, start=start, end=end, places=places, **texts, **more)
        if inherited and is_shock(effect, self.case):
            effect = strengthened(effect, self.form.scenario.shock_strength)
        return [(path, effect)]

    def _cut(self, path: KeyPath, effect: Effect, provinces: tuple[str, ...]) -> list[Effect]:
        """An effect within the run and the chosen provinces; none where the case's own lies outside."""
        run = self.form.run
        if not self._is_inherited(path):
            return [effect]
        places = tuple(place for place in effect.places if place in (provinces or self.places))
        if effect.end < run.start or effect.start > run.end or (effect.places and not places):
            return []
        return [dataclasses.replace(effect, start=max(effect.start, run.start), end=min(effect.end, run.end), places=places)]

    def _driven(self, path: KeyPath, form: Any, role: str) -> tuple[str, float | str]:
        """The parameter and the value of an effect; neither where it only tests."""
        if role == "tests":
            for key in ("parameter", "value"):
                if getattr(form, key) is not None:
                    raise self.whole.error("what only tests changes no parameter", (*path, key))
            return "", 0.0
        for key in ("parameter", "value"):
            if getattr(form, key) is None:
                raise self.whole.error("is missing", (*path, key))
        if form.parameter not in self.about:
            problem = f"the model {self.form.model.name!r} has no parameter {form.parameter!r}"
            raise self.whole.error(problem, (*path, "parameter"), self.about, of=form.parameter)
        if self.about[form.parameter].options and (form.operation != "set" or form.places):
            wrong = "operation" if form.operation != "set" else "places"
            raise self.whole.error("a switch can only be set, and for all places alike", (*path, wrong))
        if form.operation == "set":
            return form.parameter, self._checked(self.whole, (*path, "value"), form.parameter, form.value)
        if isinstance(form.value, bool) or not isinstance(form.value, (int, float)):
            raise self.whole.error(f"needs a number, not {form.value!r}", (*path, "value"))
        return form.parameter, float(form.value)

    def _check_overlaps(self, effects: Sequence[tuple[KeyPath, Effect]]) -> None:
        """On one parameter, on the same day and in the same place: two entries of one name may not hold, nor two that set other values.

        A scenario's own entries may set what the case's set otherwise: they come later and win. A repetition of a run does not tell
        the two apart, and what it repeats was checked.
        """
        by_parameter: dict[str, list[tuple[KeyPath, Effect]]] = {}
        for path, effect in effects:
            if effect.role == "tests":
                continue
            for other_path, other in by_parameter.setdefault(effect.parameter, []):
                together = not effect.places or not other.places or set(effect.places) & set(other.places)
                if not together or effect.start > other.end or other.start > effect.end:
                    continue
                days = f"{max(effect.start, other.start)} to {min(effect.end, other.end)}"
                line = self.whole.origin(other_path).line
                first = f" (the other is in line {line})" if line else ""
                if effect.name == other.name:
                    raise self.whole.error(f"{effect.name!r} overlaps another of the same name on {days}{first}", path)
                contradict = effect.operation == other.operation == "set" and effect.value != other.value
                if contradict and self.inherited and self._is_inherited(path) == self._is_inherited(other_path):
                    problem = f"{effect.name!r} sets {effect.parameter}, and so does {other.name!r}, otherwise, on {days}{first}"
                    raise self.whole.error(problem, path)
            by_parameter[effect.parameter].append((path, effect))

    def _is_inherited(self, path: KeyPath) -> bool:
        """Whether a policy or a shock is the case's own."""
        return int(str(path[1])) < self.inherited.get(str(path[0]), 0)

    def _check_ranges(self, values: Mapping[str, float | str], effects: Sequence[tuple[KeyPath, Effect]]) -> None:
        """Changes together may not lead a parameter out of its range in any place on any day."""
        from groundswell.core.parameters import ParameterValues

        base = {**self.model.base_values(), **{key: self.about[key].check(value) for key, value in values.items()}}
        driving = {path: effect for path, effect in effects if effect.role == "drives"}
        latest = {effect.parameter: path for path, effect in driving.items()}
        changes = [change_of(effect, self.about, list(self.places)) for effect in driving.values()]
        try:
            ParameterValues(self.about, base, changes, len(self.places))
        except InputError as error:
            raise self.whole.error(f"{error.key}: {error.problem}", (*latest[error.key or ""], "value")) from None


def _settings(layer: Document) -> Iterator[tuple[KeyPath, Any]]:
    """Every leaf of the tables of parameters and switches of a layer; an empty table is a leaf too."""
    data = layer.data
    todo: list[tuple[KeyPath, Any]] = [
        ((key,), data[key]) for key in ("sources", "parameters", "switches") if isinstance(data.get(key), dict)
    ]
    sources = data.get("sources")
    if isinstance(sources, list):
        tables = [
            (("sources", i, "parameters"), s["parameters"]) for i, s in enumerate(sources) if isinstance(s, dict) and "parameters" in s
        ]
        todo = [*tables, *todo]
    roots = {path for path, _ in todo}
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict) and (value or path in roots):
            todo += [((*path, key), inner) for key, inner in reversed(value.items())]
        else:
            yield path, value


def switch_names(about: Mapping[str, Parameter]) -> dict[str, tuple[str, ...]]:
    """The names by which a model's switches can be given: full key, last part, or mechanism; with the keys they may mean."""
    names: dict[str, tuple[str, ...]] = {}
    for key in sorted(key for key, parameter in about.items() if parameter.options):
        for name in (key.rpartition(".")[2], key.partition(".")[0]):
            names[name] = (*names.get(name, ()), key)
        names[key] = (key,)
    return names


def model_of(name: str, document: Document | None = None) -> Model:
    """A model by name.

    Raises:
        InputError: there is no such model.
    """
    from groundswell.models import MODELS, names

    if name not in MODELS:
        problem = f"there is no model {name!r}"
        if name in names():
            problem = f"the model {name!r} has a world of its own, and no scenarios; see `groundswell reproduce {name}`"
        if document is not None:
            raise document.error(problem, ("model", "name"), MODELS, of=name)
        raise InputError(problem, key="model.name", nearest=nearest(name, MODELS))
    return MODELS[name]()
