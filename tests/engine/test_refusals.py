"""A model or a request that contradicts itself is refused with one clear error, before or when it would matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from tests.engine.common import START, country, flagship, run

from groundswell import networks
from groundswell.core.columns import CITY, PERSON, Column, Field, Journal, Quantity, Queue, TableType
from groundswell.core.draws import Stream, day_number
from groundswell.core.errors import GroundswellError, InputError, ModelError
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.now import Now
from groundswell.core.parameters import Change, ParameterValues, parameter, switch
from groundswell.core.places import Population, single_place
from groundswell.core.simulate import simulate
from groundswell.models.resistance import resistance

A, B = Column("a", np.int32, PERSON, "1", "x"), Column("b", np.int32, PERSON, "1", "x")
TOWN = Column("town", np.int32, CITY, "1", "x")
FIXED = Column("fixed", np.int32, PERSON, "1", "x", static=True)
SUM, SUM_TOWN = Quantity("q", PERSON, "1", "x"), Quantity("q_town", CITY, "1", "x")
ASKED = Queue("asked", "person", (Field("person", np.int64),))
ROWS = TableType("rows", ("person",), (Field("person", np.int64),))
BOOK = Journal("book", (Field("day", np.int32),))
ONE, TWO = Stream("one", 1), Stream("two", 2)


def made(name: str = "M", step: Any = None, day: Any = None, parameters: dict[str, Any] | None = None, **about: Any) -> Mechanism:
    """A mechanism from its parts; it does nothing once a day unless something is given."""
    body: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in about.items()}
    if step is not None:
        body["step"] = step
    if day is not None or step is None:
        body["day"] = day or (lambda self, now: None)
    fields = parameters or {}
    body |= fields | {"__annotations__": dict.fromkeys(fields, "float")}
    return dataclass(frozen=True)(type(name, (Mechanism,), body))()


def phases(*mechanisms: Mechanism) -> Model:
    return Model("m", tuple(Phase(f"p{i}", m) for i, m in enumerate(mechanisms)))


RATE = parameter(0.5, unit="1", range=(0, 1), doc="x", source="assumed")
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "two writers in a phase": (lambda: Phase("p", made("M", writes=[A]), made("N", writes=[A])), "phase p: m and n both write a"),
    "two writers of a table": (lambda: Phase("p", made("M", writes=[ROWS]), made("N", writes=[ROWS])), "both write rows"),
    "reads what was written": (
        lambda: Phase("p", made("M", writes=[A]), made("N", reads=[A])),
        "n reads a, which m writes in the same phase",
    ),
    "gathers what was written": (lambda: Phase("p", made("M", writes=[A]), made("N", gathers=[A])), "n reads a, which m writes"),
    "added after it was read": (
        lambda: phases(made("M", reads=[SUM_TOWN]), made("N", adds=[SUM_TOWN])),
        "n adds to q_town after m has read it",
    ),
    "asked after it was settled": (
        lambda: phases(made("M", reads=[ASKED]), made("N", adds=[ASKED])),
        "n adds to asked after m has settled it",
    ),
    "adds and reads": (lambda: phases(made("M", reads=[SUM_TOWN], adds=[SUM_TOWN])), "adds to q_town and reads it"),
    "undeclared argument": (lambda: phases(made("M", step=lambda a, b: None, writes=[A])), "its step takes b, which it does not declare"),
    "misspelt argument": (lambda: phases(made("M", step=lambda town, strts: None, reads=[TOWN])), r"strts.*did you mean 'starts'"),
    "order without order": (lambda: phases(made("M", step=lambda order: None)), "takes order, which it does not declare"),
    "argument means two": (
        lambda: phases(made("M", step=lambda one: None, parameters={"one": RATE}, draws=[ONE])),
        "one, which means two things",
    ),
    "shadows a word": (lambda: phases(made("M", step=lambda scale: None, parameters={"scale": RATE})), "scale, which means two things"),
    "static column written": (lambda: phases(made("M", writes=[FIXED])), "m writes fixed, which is static"),
    "quantity written": (lambda: phases(made("M", writes=[SUM])), "writes q, to which one can only add"),
    "column added to": (lambda: phases(made("M", adds=[A])), "a, which is neither a quantity nor a queue"),
    "tile writes a city": (
        lambda: phases(made("M", step=lambda town: None, writes=[TOWN])),
        "writes people and neighbourhoods only, not town",
    ),
    "tile writes a table": (lambda: phases(made("M", step=lambda: None, writes=[ROWS])), "people and neighbourhoods only, not rows"),
    "tile adds to a city": (lambda: phases(made("M", step=lambda q_town: None, adds=[SUM_TOWN])), "adds to people and neighbourhoods only"),
    "tile asks": (lambda: phases(made("M", step=lambda: None, adds=[ASKED])), "adds to people and neighbourhoods only"),
    "two columns of one name": (
        lambda: phases(made("M", reads=[A]), made("N", reads=[replace(A, unit="2")])),
        "two different things are called a",
    ),
    "column and stream": (
        lambda: phases(made("M", reads=[A]), made("N", reads=[Column("q", np.int8, PERSON, "", "")], adds=[SUM])),
        "called q",
    ),
    "no name": (lambda: phases(made("M", reads=[replace(A, name="a/../b")])), "'a/../b' is no name"),
    "stream number taken": (
        lambda: phases(made("M", draws=[ONE]), made("N", draws=[Stream("other", 1)])),
        "other has the number 1, which one has taken",
    ),
    "stream number outside": (lambda: phases(made("M", draws=[Stream("far", 65536)])), "far has the number 65536"),
    "stream name taken": (lambda: phases(made("M", draws=[ONE]), made("N", draws=[Stream("one", 3)])), "two streams are called one"),
    "twice in the schedule": (lambda: phases(made("M"), made("M")), "stands twice in the schedule: .*m"),
    "neither step nor day": (lambda: phases(dataclass(frozen=True)(type("Empty", (Mechanism,), {}))()), "empty has neither step nor day"),
    "both step and day": (lambda: phases(made("M", step=lambda: None, day=lambda self, now: None)), "has both step and day"),
    "unknown activation": (
        lambda: phases(made("M", step=lambda order: None, draws=[ONE], activation="each_onec")),
        "'each_onec' is not snapshot",
    ),
    "order without a stream": (lambda: phases(made("M", step=lambda order: None, activation="each_once")), "needs a stream"),
    "sequential without its order": (
        lambda: phases(made("M", step=lambda a: None, writes=[A], draws=[ONE], activation="each_once")),
        "takes order",
    ),
    "undeclared gathering": (lambda: phases(made("M", step=lambda a_all: None)), "takes a_all, .*; put its column into gathers"),
    "undeclared network": (lambda: phases(made("M", step=lambda ties_indptr: None)), "put the network's name into networks"),
    "a class for a mechanism": (lambda: Phase("p", type(made("M"))), r"phase p: needs M\(\), not"),  # type: ignore[arg-type]
    "no dataclass": (
        lambda: phases(type("Bare", (Mechanism,), {"day": lambda self, now: None})()).parameters,
        r"Bare is no dataclass; write @dataclass",
    ),
    "a phase without its comma": (lambda: Model("m", (Phase("p", made("M")))), r"one phase is written \(Phase\(...\),\)"),  # type: ignore[arg-type]
    "persons recorded": (lambda: replace(A, recorded=True), r"a has one value for each person; .* keep=\(A,\)"),
    "a quantity of persons recorded": (lambda: replace(SUM, recorded=True), "only those of provinces and of the nation are recorded"),
    "initial too large": (lambda: Column("c", np.uint8, PERSON, "1", "x", initial=300), "c: 300 does not fit uint8"),
    "default is no option": (lambda: switch("maybe", options=("on", "off"), doc="x", source="x"), "the default 'maybe' is not among"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_models(name: str) -> None:
    make, message = REFUSED[name]
    with pytest.raises(ModelError, match=message):
        make()


def test_what_is_allowed_stays_allowed() -> None:
    phases(made("M", adds=[ASKED, SUM_TOWN]), made("N", reads=[ASKED], adds=[ASKED]), made("O", reads=[ASKED, SUM_TOWN]))
    Phase("p", made("M", reads=[A], writes=[B, BOOK]), made("N", reads=[A], writes=[A, BOOK]))
    phases(made("M", draws=[ONE, TWO]), made("N", draws=[ONE]))
    for left_out in ((m.key,) for m in flagship().mechanisms):
        resistance(without=left_out)
    resistance(without=("custody", "units"))


def touching(touch: Callable[[Now], Any], **about: Any) -> Model:
    return phases(made("M", day=lambda self, now: touch(now), **about))


UNDECLARED: dict[str, tuple[Callable[[Now], Any], dict[str, Any], str]] = {
    "column": (lambda now: now[A], {}, "m does not declare a"),
    "quantity": (lambda now: now[SUM_TOWN], {}, "m does not declare q_town"),
    "table": (lambda now: now.table(ROWS), {}, "m does not declare rows"),
    "storing": (lambda now: now.store(now.table(ROWS)), {"reads": [ROWS]}, "does not declare that it writes rows"),
    "asking": (lambda now: now.ask(ASKED, 1, person=[1]), {"reads": [ASKED]}, "does not declare that it adds to asked"),
    "asked": (lambda now: now.asked(ASKED), {"adds": [ASKED]}, "does not declare that it reads asked"),
    "journal": (lambda now: now.log(BOOK, day=1), {}, "does not declare that it writes book"),
    "stream": (lambda now: now.draws.uniform(ONE, now.day, 1), {"draws": [TWO]}, "does not declare that it draws from one"),
    "coin": (lambda now: now.draws.pair_coin(ONE, now.day, 0.5, 1, 2), {}, "does not declare that it draws from one"),
    "words": (lambda now: now.draws.words(ONE, now.day, 1), {}, "does not declare that it draws from one"),
    "rows_draw": (lambda now: now.rows_draw(ONE, 0), {}, "does not declare that it draws from one"),
    "column replaced": (lambda now: now.__setitem__(A, 1), {"writes": [A]}, r"m: write into the array, now\[A\]\[:\] = ..., not over it"),
    "missing field": (lambda now: now.log(BOOK, dy=1), {"writes": [BOOK]}, r"book has the fields \['day'\], not \['dy'\]"),
    "field of a queue": (lambda now: now.ask(ASKED, 1, persons=[1]), {"adds": [ASKED]}, r"asked has the fields \['person'\]"),
}


@pytest.mark.parametrize("name", UNDECLARED)
def test_undeclared_access(name: str) -> None:
    touch, about, message = UNDECLARED[name]
    with pytest.raises(ModelError, match=message):
        run(country(), 1, touching(touch, **about), values={})


def test_what_is_read_cannot_be_written() -> None:
    def touch(now: Now) -> None:
        now[TOWN][0] = 1

    with pytest.raises(ValueError, match="read-only"):
        run(country(), 1, touching(touch, reads=[TOWN]), values={})


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"keep": A}, r"keep is a tuple of columns"),
        ({"keep": ("a",)}, "keep and until take columns"),
        ({"until": "a"}, "keep and until take columns"),
    ],
)
def test_what_a_run_is_asked_for(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        simulate(phases(made("M", writes=[A])), Population(single_place(3)), steps=1, seed=1, **asked)


def test_a_parameter_is_todays_and_not_the_one_it_was_made_with() -> None:
    def day(self: Any, now: Now) -> None:
        assert now.p.rate.tolist() == [0.25]
        assert self.key == "m"
        _ = self.rate

    with pytest.raises(ModelError, match=r"m: self\.rate is what it was made with; today's value is now\.p\.rate"):
        simulate(
            phases(made("M", day=day, parameters={"rate": RATE})), Population(single_place(3)), steps=1, seed=1, values={"m.rate": 0.25}
        )


def test_a_step_cannot_change_what_it_gathers_or_the_network() -> None:
    ties = networks.ring(5, 1)
    people = Population(single_place(5), {}, {}, {"ties": ties})

    def over_ties(a: Any, ties_indices: Any) -> None:
        ties_indices[0] = 4

    def over_others(a: Any, a_all: Any) -> None:
        a_all[0] = 4

    for step, about in ((over_ties, {"networks": ["ties"]}), (over_others, {"gathers": [A]})):
        with pytest.raises(ValueError, match="read-only"):
            simulate(phases(made("M", step=step, writes=[A], **about)), people, steps=1, seed=1, compiled=False)
    assert ties.is_symmetric()


def _writes_what_it_reads(fixed: Any, a: Any) -> None:
    for i in range(a.size):
        fixed[i] = 1


def _knows_no_name(fixed: Any, a: Any) -> None:
    for i in range(a.size):
        a[i] = nothing_of_this_name  # type: ignore[name-defined]  # noqa: F821


def _takes_a_stream(fixed: Any, a: Any) -> None:
    for i in range(a.size):
        a[i] = ONE.number


def _in_turn(fixed: Any, a: Any, order: Any) -> None:
    for i in order:
        fixed[i] = a[i]


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("step", "message"),
    [
        (_writes_what_it_reads, r"cannot be compiled: .*readonly.*put it into writes"),
        (_knows_no_name, "cannot be compiled: name 'nothing_of_this_name' is not defined"),
        (_takes_a_stream, "cannot be compiled: Untyped global name 'ONE'.*of a stream, its number"),
        (_in_turn, r"test_refusals.py line \d+: cannot be compiled: .*put it into writes"),
    ],
)
def test_a_step_that_cannot_be_compiled(step: Callable[..., None], message: str) -> None:
    people = Population(single_place(3), {"fixed": np.zeros(3, np.int32)})
    activation = "each_once" if step is _in_turn else "snapshot"
    model = phases(made("M", step=step, reads=[FIXED], writes=[A], draws=[ONE], activation=activation))
    with pytest.raises(ModelError, match=message):
        simulate(model, people, steps=1, seed=1)


def test_what_the_population_lacks() -> None:
    with pytest.raises(ModelError, match=r"needs the column fixed \(int32, 400 elements\); the population has none"):
        run(country(), 1, phases(made("M", reads=[FIXED])), values={})
    age = Column("age", np.int64, PERSON, "years", "x", static=True)
    with pytest.raises(ModelError, match="the population has uint8"):
        run(country(), 1, phases(made("M", reads=[age])), values={})
    listed = Population(single_place(3), {"fixed": [1, 2, 3]})  # type: ignore[dict-item]
    with pytest.raises(ModelError, match="column fixed is a list; it must be an array of NumPy"):
        simulate(phases(made("M", reads=[FIXED])), listed, steps=1, seed=1)
    small = Population(single_place(3), {}, {}, {"ties": networks.ring(5, 1)})
    with pytest.raises(ModelError, match="the network ties has 5 nodes and the population 3 rows; node i is row i"):
        simulate(phases(made("M", networks=["ties"])), small, steps=1, seed=1)
    with pytest.raises(ModelError, match="needs the network friends"):
        run(country(), 1, phases(made("M", step=lambda friends_indptr: None, networks=["friends"])), values={})


NUMBERS: list[tuple[dict[str, Any], str]] = [
    ({"fear.decy": 0.1}, r"fear.decy: no such parameter \(did you mean 'fear.decay'\?\)"),
    ({"custody.execution_": 0.1}, "did you mean 'custody.execution'"),
    ({"fear.decay": -0.1}, "fear.decay: -0.1 is outside 0 to 20"),
    ({"fear.decay": 10**400}, "fear.decay: 10+ is outside"),
    ({"fear.decay": float("nan")}, "fear.decay: needs a finite number"),
    ({"fear.decay": float("-inf")}, "finite"),
    ({"fear.decay": "0.1"}, "fear.decay: needs a number, not '0.1'"),
    ({"fear.decay": True}, "needs a number, not True"),
    ({"fear.decay": None}, "needs a number, not None"),
    ({"fear.decay": [0.1]}, "needs a number"),
    ({"custody.shortest": 1.5}, "needs a whole number, not 1.5"),
    ({"loyalty.rule": "treshold"}, "did you mean 'threshold'"),
    ({"loyalty.rule": 1}, "1 is not one of off, threshold, contagion"),
]


@pytest.mark.parametrize(("values", "message"), NUMBERS)
def test_parameters(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(days=1, values=values)


def test_constructed_out_of_range() -> None:
    from groundswell.mechanisms.fear import Fear

    with pytest.raises(InputError, match=r"fear\.decay"):
        Model("m", (Phase("p", Fear(decay=-1)),)).base_values()


FIRST = day_number(START)
CHANGES: list[tuple[Change, str]] = [
    (Change("fear.decy", 1, FIRST, FIRST), "did you mean 'fear.decay'"),
    (Change("fear.decay", 21, FIRST, FIRST, name="shock"), r"the changes \['shock'\] lead to 21 to 21, outside 0 to 20"),
    (Change("fear.decay", -1, FIRST, FIRST, operation="add"), "outside 0 to 20"),
    (Change("fear.decay", 1e9, FIRST + 3, FIRST + 9, places=(1,), operation="multiply"), "outside 0 to 20"),
    (Change("fear.decay", float("nan"), FIRST, FIRST), "outside 0 to 20"),
    (Change("fear.decay", 1, FIRST, FIRST, operation="scale"), "'scale' is not one of set, add, multiply"),  # type: ignore[arg-type]
    (Change("fear.decay", 1, FIRST, FIRST - 1), "ends before it starts"),
    (Change("fear.decay", 1, FIRST, FIRST, places=(2,)), "a place that does not exist"),
    (Change("fear.decay", 1, FIRST, FIRST, places=(-1,)), "a place that does not exist"),
    (Change("custody.shortest", 1.5, FIRST, FIRST), "not whole"),
    (Change("loyalty.rule", 0.5, FIRST, FIRST), "not whole"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_changes(change: Change, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(days=1, changes=(change,))


def test_two_changes_that_only_together_lead_out_of_range() -> None:
    changes = [Change("fear.decay", 15, FIRST, FIRST + 9), Change("fear.decay", 15, FIRST + 5, FIRST + 20, operation="add")]
    model = flagship()
    with pytest.raises(InputError, match="outside 0 to 20"):
        ParameterValues(model.parameters, model.base_values(), changes, 2)
    ParameterValues(model.parameters, model.base_values(), [changes[0], replace(changes[1], start=FIRST + 10)], 2)


@pytest.mark.parametrize(("key", "value"), [
    ("policing.arrest", 0.9), ("policing.shoot", 0.75), ("acting.damage", 0.6), ("frames.share_2", 0.95),
])  # fmt: skip
def test_shares_of_one_whole_above_one(key: str, value: float) -> None:
    with pytest.raises(InputError, match=r"shares of one whole, at most 1") as caught:
        run(days=1, values={key: value})
    assert caught.value.key == key
    with pytest.raises(InputError, match=r"shares of one whole, at most 1") as caught:
        run(days=1, changes=(Change(key, value, FIRST + 400, FIRST + 500, places=(1,)),))
    assert caught.value.key == key


def test_shares_that_only_together_exceed_one() -> None:
    changes = [Change("policing.arrest", 0.7, FIRST, FIRST + 9), Change("policing.shoot", 0.3, FIRST + 9, FIRST + 20)]
    model = flagship()
    with pytest.raises(InputError, match=r"policing\.disperse \+ policing\.arrest \+ policing\.shoot is 1\.176"):
        ParameterValues(model.parameters, model.base_values(), changes, 2)
    ParameterValues(model.parameters, model.base_values(), [changes[0], replace(changes[1], start=FIRST + 10)], 2)


def test_a_switch_that_differs_between_places() -> None:
    with pytest.raises(GroundswellError, match=r"loyalty\.rule is a switch and cannot differ between places"):
        run(days=1, changes=(Change("loyalty.rule", 2, FIRST, FIRST, places=(1,)),))


@pytest.mark.parametrize(("options", "message"), [
    ({"start": date(2022, 1, 2), "end": date(2022, 1, 1)}, "has no days"),
    ({"start": date(1899, 12, 31)}, "outside 1900 to 2079"),
    ({"end": date(2200, 1, 1)}, "outside 1900 to 2079"),
    ({"seed": -1}, "run.seed: -1 is not a whole number"),
    ({"seed": 1 << 64}, "run.seed"),
    ({"seed": 1.0}, "run.seed: 1.0 is not a whole number"),
    ({"seed": "1"}, "run.seed"),
    ({"seed": True}, "run.seed"),
    ({"threads": 0}, "run.threads"),
    ({"threads": 1.5}, "run.threads"),
    ({"tile": 0}, "run.tile"),
    ({"checkpoint_every": -1}, "run.checkpoint_every"),
])  # fmt: skip
def test_requests(options: dict[str, Any], message: str) -> None:
    options = {"start": START, "end": START, "seed": 1, "compiled": False} | options
    with pytest.raises(InputError, match=message):
        simulate(flagship(), country(), **options)


def test_extreme_seeds_and_days_are_accepted() -> None:
    for seed in (0, (1 << 64) - 1):
        for start in (date(1900, 1, 1), date(2079, 6, 6)):
            assert simulate(flagship(), country(), start=start, end=start, seed=seed, compiled=False).state_hash


def test_unknown_level() -> None:
    nowhere = Column("x", np.int8, type(PERSON)("schools"), "1", "x")
    with pytest.raises(ModelError, match="no level 'schools'"):
        run(country(), 1, phases(made("M", reads=[nowhere])), values={})
