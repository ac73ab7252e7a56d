"""Claim files: read, checked like scenarios, with file, line, key and nearest valid key in every error."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell import cases
from groundswell.core.documents import Document, read_document, validated
from groundswell.core.errors import InputError, nearest
from groundswell.core.store import digest
from groundswell.core.toml_lines import KeyPath, dotted

if TYPE_CHECKING:
    from groundswell.calibration.priors import Prior
    from groundswell.cases import Case
    from groundswell.claims.measures import Measure
    from groundswell.claims.schema import ArmTable, ClaimFile, DataTable, QuantityTable
    from groundswell.experiments.scenario import Scenario

FOLDER = "claims"
MOST_SETTINGS = 64
LEAST_DAYS = 14
# How survival depends on the size of cells, on night or on contacts is asked of invented countries only.
ABOUT_CELLS = ("units.split_size", "acting.night", "detection.", "interrogation.", "recruitment.")
ALLOWED = ("detection.caught",)  # that a detected act can lead to an arrest at all
Values = dict[str, float | str]


@dataclass(frozen=True)
class Quantity:
    """One number that the arms are compared in: its measure with options in full, and what matters."""

    form: QuantityTable
    measure: Measure
    options: Mapping[str, Any]
    first: int
    last: int

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.form.measure


@dataclass(frozen=True)
class Contrast:
    """The model's side of a claim: two arms that share people and draws.

    Args:
        case: in which it runs.
        a, b: the arms as scenarios; b is None where a alone is held against a number.
        own_a, own_b: what the claim file itself sets in an arm, by full key; there it wins over draws.
        quantities: what they are compared in.
        settings: every combination of the switches that it ranges over, by full key; one empty one where there are none.
        assumed: priors that the claim file lists.
        scale: real persons a row stands for.
    """

    case: Case
    a: Scenario
    b: Scenario | None
    own_a: Values
    own_b: Values
    quantities: tuple[Quantity, ...]
    settings: tuple[Values, ...]
    assumed: tuple[Prior, ...]
    scale: int


@dataclass(frozen=True)
class Claim:
    """A claim, checked.

    Args:
        id: its short name.
        form: the file's content.
        file: where it is.
        case: the country whose claim it is.
        digest: hash of the file's content.
        contrast: what the model is asked; None where it is not asked.
    """

    id: str
    form: ClaimFile
    file: Path
    case: Case
    digest: str
    contrast: Contrast | None = None
    document: Document = field(default_factory=lambda: Document({}), compare=False, repr=False)

    @property
    def sentence(self) -> str:
        """What is claimed."""
        return self.form.claim.sentence

    @property
    def data(self) -> Sequence[DataTable]:
        """What records and figures are asked."""
        return self.form.data


def folder_of(case: Case) -> Path:
    """Where a case's claims are."""
    return case.folder / FOLDER


def names(case: Case) -> tuple[str, ...]:
    """The ids of a case's claims, by number."""
    found = [path.stem for path in folder_of(case).glob("*.toml")] if folder_of(case).is_dir() else []
    return tuple(sorted(found, key=lambda name: (name.rstrip("0123456789"), int("".join(c for c in name if c.isdigit()) or 0), name)))


def read_claims(case: Case, ids: Iterable[str] = (), *, scale: int | None = None) -> tuple[Claim, ...]:
    """A case's claims.

    Args:
        case: the country.
        ids: which; all where none is given.
        scale: real persons a row stands for, where the claim's runs are of this case and it does not say.

    Raises:
        InputError: the case has no claims, an id is none of them, or a file is wrong.
    """
    known = names(case)
    for path in folder_of(case).glob("*.[tT][oO][mM][lL]"):
        if path.suffix != ".toml":
            raise InputError(f"is passed over as it is; call it {path.stem}.toml", file=path)
    if not known:
        raise InputError(f"the case {case.id!r} has no claims: no file C1.toml or the like in this folder", file=folder_of(case))
    chosen = tuple(dict.fromkeys(ids)) or known
    for name in chosen:
        if name not in known:
            raise InputError(f"there is no claim {name!r}; there are {', '.join(known)}", key="claim", nearest=nearest(name, known))
    return tuple(read_claim(folder_of(case) / f"{name}.toml", case, scale=scale) for name in chosen)


def read_claim(file: Path, case: Case, *, scale: int | None = None) -> Claim:
    """One claim file.

    Raises:
        InputError: something in it is wrong: file, line, key and the nearest valid key.
    """
    form, document = read_form(file)
    contrast = None if form.model is None else _contrast(form, document, case, file, scale)
    return Claim(form.claim.id, form, file, case, digest_of(form), contrast, document)


def read_form(file: Path) -> tuple[ClaimFile, Document]:
    """What a claim file says, before its arms are put together as scenarios; and the places of its keys.

    Raises:
        InputError: as `read_claim`, but for what only the scenarios show.
    """
    from groundswell.claims.schema import ClaimFile

    document = read_document(file, "claim file")
    form = validated(ClaimFile, document)
    _check_claim(form, document, file)
    _check_data(form, document)
    return form, document


def digest_of(form: ClaimFile) -> str:
    """Hash of the content of a claim file."""
    content = json.dumps(form.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
    return digest(content.encode())


def _check_claim(form: ClaimFile, document: Document, file: Path) -> None:
    from groundswell.claims.schema import MOST_WORDS

    about = form.claim
    words = len(about.sentence.split())
    if words > MOST_WORDS:
        raise document.error(f"has {words} words; a claim is a sentence of {MOST_WORDS} at most", ("claim", "sentence"))
    if file.stem != about.id:
        raise document.error(f"the file is called {file.name}; call it {about.id}.toml", ("claim", "id"))
    tested = form.model is not None or bool(form.data)
    if about.outside is not None and tested:
        raise document.error("a claim that is tested by a model or by data is not outside", ("claim", "outside"))
    if about.outside is None and not tested:
        raise document.error("nothing tests it: give [model], or [[data]], or in [claim] `outside` with the reason", ("claim",))


def _check_data(form: ClaimFile, document: Document) -> None:
    """Estimators and their options are there."""
    from groundswell.claims.registry import estimators

    known = estimators() if form.data else {}
    for i, table in enumerate(form.data):
        if table.estimator not in known:
            problem = f"there is no estimator {table.estimator!r}"
            raise document.error(problem, ("data", i, "estimator"), known, of=table.estimator)
        try:
            known[table.estimator].checked(table.with_)
        except InputError as error:
            raise located(document, error, ("data", i, "with", error.key or "")) from None
        if not table.whole and not table.part:
            raise document.error("say which part of the claim it bears on", ("data", i, "part"))
        if table.whole and table.part:
            raise document.error("bears on a part of the claim only with whole = false", ("data", i, "part"))


def located(document: Document, error: InputError, path: KeyPath) -> InputError:
    """An error of a called function, at its place in the file."""
    return document.error(error.problem, path, [error.nearest] if error.nearest else (), of=error.nearest)


def _contrast(form: ClaimFile, document: Document, case: Case, file: Path, scale: int | None) -> Contrast:
    """The two arms, resolved as scenarios are."""
    from groundswell.core.draws import day_number

    table = form.model
    assert table is not None
    other = case if table.case is None else _case(table.case, file.parent, document)
    same = other.folder == case.folder
    chosen = table.scale or (scale if same else None)
    arms = {name: getattr(table, name) for name in ("a", "b") if getattr(table, name) is not None}
    resolved = {name: _arm(table.both, arm, name, other, document, table, chosen) for name, arm in arms.items()}
    a, own_a = resolved["a"]
    b, own_b = resolved.get("b", (None, own_a))
    if (a.end - a.start).days + 1 < LEAST_DAYS:
        raise document.error(f"a run of a claim lasts {LEAST_DAYS} days at least", ("model", "end"))
    if b is not None and b == a:
        raise document.error("is the same as arm a: nothing could differ", ("model", "b"))
    quantities = tuple(_quantity(q, i, a, b is not None, table.judge, document) for i, q in enumerate(table.quantities))
    first = day_number(a.start)
    assert all(0 <= q.first <= q.last <= day_number(a.end) - first for q in quantities)
    settings = _settings(table.switches, a, {*own_a, *own_b}, document)
    assumed = _assumed(form, a, {*own_a} & {*own_b}, document)
    if other.real:
        _check_scope({*own_a, *own_b, *(key for one in settings for key in one), *(one.key for one in assumed)}, document)
    return Contrast(other, a, b, own_a, own_b, quantities, settings, assumed, a.scale)


def _case(name: str, base: Path, document: Document) -> Case:
    try:
        return cases.load(name, base)
    except InputError as error:
        if error.file is not None:
            raise
        raise document.error(error.problem, ("model", "case"), [error.nearest] if error.nearest else (), of=error.nearest) from None


def _flat(table: Mapping[str, Any], above: KeyPath) -> list[tuple[KeyPath, Any]]:
    """Leaves of nested tables, with their paths."""
    found: list[tuple[KeyPath, Any]] = []
    for key, value in table.items():
        found += _flat(value, (*above, key)) if isinstance(value, Mapping) else [((*above, key), value)]
    return found


def _options(arm: ArmTable, at: str) -> list[tuple[tuple[str, ...], Any, KeyPath]]:
    """What an arm sets: path in a scenario, value, path in the claim file."""
    found: list[tuple[tuple[str, ...], Any, KeyPath]] = []
    for name in ("parameters", "switches"):
        for path, value in _flat(getattr(arm, name), ()):
            found.append(((name, *map(str, path)), value, ("model", at, name, *path)))
    for name in ("policies", "shocks"):
        if getattr(arm, name):
            found.append(((name,), [dict(one) for one in getattr(arm, name)], ("model", at, name)))
    return found


def _arm(
    both: ArmTable, arm: ArmTable, name: str, case: Case, document: Document, table: Any, scale: int | None
) -> tuple[Scenario, Values]:
    """An arm as a scenario, and the values that the claim file itself sets."""
    from groundswell.experiments.read import read

    places: dict[tuple[str, ...], tuple[Any, KeyPath]] = {}
    for at, part in (("both", both), (name, arm)):
        for path, value, where in _options(part, at):
            held = places.get(path)
            places[path] = ([*held[0], *value], where) if held and path in (("policies",), ("shocks",)) else (value, where)
    places[("run", "start")] = (table.start, ("model", "start"))
    places[("run", "end")] = (table.end, ("model", "end"))
    if scale is not None:
        places[("population", "scale")] = (scale, ("model", "scale"))
    if table.provinces:
        places[("population", "provinces")] = (list(table.provinces), ("model", "provinces"))
    without = [*both.without, *arm.without]
    if without:
        places[("scenario", "without")] = (without, ("model", name, "without"))
    inherit = arm.inherit if arm.inherit is not None else both.inherit
    if inherit is not None:
        places[("scenario", "inherit")] = (inherit, ("model", name, "inherit"))
    texts = {f"{dotted(where)} (arm {name})": where for _, where in places.values()}
    words = {where: text for text, where in texts.items()}
    try:
        scenario = read(case.folder, [(path, value, words[where]) for path, (value, where) in places.items()])
    except InputError as error:
        at_fault = texts.get(error.key or "")
        if at_fault is None:
            if error.file is not None:
                raise
            raise document.error(f"{error.key}: {error.problem}" if error.key else error.problem, ("model", name)) from None
        raise located(document, error, at_fault) from None
    return scenario, _own(scenario, places)


def _own(scenario: Scenario, places: Mapping[tuple[str, ...], Any]) -> Values:
    """The values of an arm that the claim file sets, by full key."""
    from groundswell.experiments.resolve import model_of, switch_names

    short = switch_names(model_of(scenario.model).parameters)
    found: Values = {}
    for path in places:  # paths in a scenario
        if path[0] in ("parameters", "switches"):
            name = ".".join(path[1:])
            key = name if name in scenario.values else short[name][0]
            found[key] = scenario.values[key]
    return found


def _quantity(form: QuantityTable, i: int, scenario: Scenario, paired: bool, judge: str, document: Document) -> Quantity:
    """A quantity with its measure, options and days."""
    from groundswell.claims.measures import MEASURES, check_options

    path: KeyPath = ("model", "quantities", i)
    if form.measure not in MEASURES:
        raise document.error(f"there is no measure {form.measure!r}", (*path, "measure"), MEASURES, of=form.measure)
    measure = MEASURES[form.measure]
    try:
        options = check_options(measure, form.with_)
        _check_named(options, scenario)
    except InputError as error:
        raise located(document, error, (*path, "with", error.key or "")) from None
    if (form.compare != "a") != paired:
        problem = "compares two arms, and there is no [model.b]" if not paired else "looks at arm a alone, and there is a [model.b]"
        raise document.error(problem, (*path, "compare"))
    if judge == "mean" and not (measure.low > -float("inf") and measure.high < float("inf") and form.compare != "ratio"):
        bounded = ", ".join(name for name, one in MEASURES.items() if one.high < float("inf"))
        problem = f'a mean effect is judged of what is bounded ({bounded}), as a difference; use judge = "draws"'
        raise document.error(problem, (*path, "measure"))
    start, end = form.start or scenario.start, form.end or scenario.end
    for key, day in (("start", start), ("end", end)):
        if not scenario.start <= day <= scenario.end:
            raise document.error(f"{day} is outside the run, {scenario.start} to {scenario.end}", (*path, key))
    if end < start:
        raise document.error(f"the last day {end} is before the first, {start}", (*path, "end"))
    return Quantity(form, measure, options, (start - scenario.start).days, (end - scenario.start).days)


def _check_named(options: Mapping[str, Any], scenario: Scenario) -> None:
    """What options of a measure name is there: a series of the model, a province, so many provinces.

    Raises:
        InputError: it is not; its key is the option.
    """
    from groundswell.core.state import recorded
    from groundswell.experiments.resolve import model_of

    rows = scenario.case.census(scenario.tables).provinces
    ids = [row.id for row in rows if not scenario.provinces or row.id in scenario.provinces]
    series = [d.name for d in recorded(model_of(scenario.model))]
    for key, valid, what in (("name", series, "series"), ("place", ["", *ids], "province")):
        if key in options and options[key] not in valid:
            raise InputError(f"there is no {what} {options[key]!r}", key=key, nearest=nearest(str(options[key]), valid))
    if "provinces" in options and not 1 <= options["provinces"] <= len(ids):
        raise InputError(f"{options['provinces']} is not from 1 to {len(ids)}, the provinces that there are", key="provinces")


def _settings(switches: Mapping[str, Sequence[Any]], scenario: Scenario, own: set[str], document: Document) -> tuple[Values, ...]:
    """Every combination of the switches' values."""
    from groundswell.experiments.resolve import model_of, switch_names

    about = model_of(scenario.model).parameters
    short, axes = switch_names(about), []
    for name, values in switches.items():
        path: KeyPath = ("model", "switches", name)
        keys = (name,) if name in about else short.get(name, ())
        if not keys:
            raise document.error("the model has no such switch", path, [*short, *about], of=name)
        if len(keys) > 1:
            raise document.error(f"several switches have this name: {', '.join(keys)}", path)
        if keys[0] in own:
            raise document.error("an arm sets it; a verdict ranges over what both arms share", path)
        if not values or len({str(value) for value in values}) < len(values):
            raise document.error("needs different values, one or more", path)
        axes.append([(keys[0], _admitted(about[keys[0]], value, document, (*path, i))) for i, value in enumerate(values)])
    found = tuple(dict(combination) for combination in itertools.product(*axes))
    if len(found) > MOST_SETTINGS:
        raise document.error(f"{len(found)} settings; at most {MOST_SETTINGS} can be run", ("model", "switches"))
    return found


def _admitted(about: Any, value: Any, document: Document, path: KeyPath) -> float | str:
    try:
        number = about.check(value)
    except InputError as error:
        raise located(document, error, path) from None
    return str(about.options[int(number)]) if about.options else float(number)


def _assumed(form: ClaimFile, scenario: Scenario, own: set[str], document: Document) -> tuple[Prior, ...]:
    """The priors that the claim lists, checked against their parameters."""
    from groundswell.calibration.priors import _prior
    from groundswell.experiments.resolve import model_of

    assert form.model is not None
    model = model_of(scenario.model)
    about = model.parameters
    base = {**model.base_values(), **{k: about[k].check(v) for k, v in scenario.values.items()}}
    found, seen = [], set()
    for i, table in enumerate(form.model.parameters):
        path: KeyPath = ("model", "parameters", i, "key")
        if table.key in own:
            raise document.error("both arms set it; what is set is not drawn", path)
        if table.key in seen:
            raise document.error("stands twice", path)
        seen.add(table.key)
        found.append(_prior(table, about, base, document, i, above=("model",)))  # type: ignore[arg-type]
    return tuple(found)


def _check_scope(keys: set[str], document: Document) -> None:
    """Of a real case no claim asks how survival depends on how cells are built."""
    for key in sorted(keys - set(ALLOWED)):
        if key.startswith(ABOUT_CELLS) or key.endswith(".founders"):
            problem = f"{key}: how survival depends on how cells are built is asked of an invented country only: name one as `case`"
            raise document.error(problem, ("model", "case") if "case" in document.data["model"] else ("model",))
