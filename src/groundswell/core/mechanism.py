"""A mechanism: one causal pathway, its parameters, what it reads and writes, and one step.

A mechanism is a frozen dataclass whose fields are parameters (`parameter(...)`, `switch(...)`). It has one of

* `step`: a static method over one tile of people, compiled by the engine. Its arguments are bound by name: declared
  columns, quantities and draws, its own parameters, and the words of `WORDS`. Arrays of people and neighbourhoods are
  the tile's part; of cities and groups, the province's part; of provinces and the nation, one number.
* `day`: a method over whole arrays and lists, once a day, in NumPy.
* `step` with `activation` set: sequential activation in addressed order over the whole population.

Where few people can be affected, two more functions over a tile save the work for all others:

* `screen`, of a mechanism that reads a quantity of people: from an upper limit of it in each neighbourhood (the argument
  `<quantity>_most`) it lists in `looked` the rows that are worth a look, in order, and returns how many; its `step` then gets
  `looked`, and the quantity for these rows only.
* `bound`, of a mechanism that adds to such a quantity: adds its upper limit to `<quantity>_most`; its `step` gets `looked` and adds
  to the quantity of these rows only, with one element for each of them. Who adds without a `bound` does so for everyone.

`begin`, where it is defined, sets the initial state of the columns and tables that the mechanism writes.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, cast

import numpy as np

from groundswell.core.columns import NEIGHBOURHOOD, PERSON, Column, Journal, Quantity, Queue, TableType
from groundswell.core.draws import Stream
from groundswell.core.errors import ModelError, nearest
from groundswell.core.parameters import Parameter, parameters_of

if TYPE_CHECKING:
    from groundswell.core.now import Now

F = TypeVar("F", bound=Callable[..., Any])


def _once(function: F) -> F:
    """`functools.cache`, with the function's own type: mypy takes a class of frozen dataclasses for unhashable."""
    return cast(F, functools.cache(function))


Declared = Column | Quantity | Queue | TableType | Journal

WORDS = {
    "starts": "first row of each neighbourhood of the tile and the number of rows, counted from the tile's first row",
    "city": "position of each neighbourhood's city within the province",
    "first": "index within the province of the tile's first row",
    "base": "position in storage of the tile's first row",
    "place": "code of the province",
    "day": "day number",
    "key0": "low word of the seed",
    "key1": "high word of the seed",
    "scale": "real persons a row stands for",
    "order": "rows in the order in which they act (sequential activation only)",
    "looked": "rows of the tile that a screen lets through, in order (mechanisms with a screen or a bound)",
}
FUNCTIONS = ("bound", "screen", "step")  # what a mechanism may have over tiles, in the order of a day


class Mechanism:
    """One causal pathway: a frozen dataclass whose fields are parameters, with what it reads and writes, and one step.

    A subclass has one of `step`, a function over one tile of people whose arguments are bound by name; `step` with
    `activation` set, over the whole population in addressed order; or `day(self, now)`, over whole arrays. `begin(self, now)`
    sets the initial state. In `step`, arrays of people and neighbourhoods are the tile's part; of cities and groups, the
    province's; of provinces and the nation, one number. In `day`, `now.p` holds today's parameters, by province.

    Attributes:
        reads, writes: columns, quantities, queues and tables.
        adds: quantities and queues to which it contributes.
        gathers: columns that a step sees of all people, as `<name>_all`, as they were when its phase began.
        draws: streams; a step gets the 16-bit draws of those that it names.
        networks: names of networks of the population; a step gets `<name>_indptr` and `<name>_indices`.
        activation: "snapshot", "each_once" or "with_replacement".
    """

    reads: ClassVar[tuple[Declared, ...]] = ()
    writes: ClassVar[tuple[Declared, ...]] = ()
    adds: ClassVar[tuple[Quantity | Queue, ...]] = ()
    gathers: ClassVar[tuple[Column, ...]] = ()
    draws: ClassVar[tuple[Stream, ...]] = ()
    networks: ClassVar[tuple[str, ...]] = ()
    activation: ClassVar[Literal["snapshot", "each_once", "with_replacement"]] = "snapshot"

    def begin(self, now: Now) -> None:
        """Set the initial state of what this mechanism writes; by default each column's `initial`."""

    @property
    def looked(self) -> Quantity | None:
        """The quantity of people to which it adds, or which it reads, for those only whom a screen lets through."""
        where = self.adds if has(type(self), "bound") else self.reads if has(type(self), "screen") else ()
        return next((d for d in where if isinstance(d, Quantity) and d.level == PERSON), None)

    @property
    def key(self) -> str:
        """The first part of its parameters' keys: the class name in snake case."""
        return key_of(type(self))

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Declared parameters by dotted key."""
        return _parameters(type(self))

    @property
    def kind(self) -> Literal["tile", "day", "ordered"]:
        """How the engine runs it."""
        if hasattr(type(self), "step") and hasattr(type(self), "day"):
            raise ModelError(f"mechanism {self.key} has both step and day; put them into two mechanisms")
        if self.activation not in ("snapshot", "each_once", "with_replacement"):
            raise ModelError(f"mechanism {self.key}: {self.activation!r} is not snapshot, each_once or with_replacement")
        if hasattr(type(self), "step"):
            return "tile" if self.activation == "snapshot" else "ordered"
        if hasattr(type(self), "day"):
            return "day"
        raise ModelError(f"mechanism {self.key} has neither step nor day")


@_once
def _parameters(kind: type[Mechanism]) -> dict[str, Parameter]:
    return parameters_of(kind, key_of(kind))


@_once
def key_of(kind: type[Mechanism]) -> str:
    """Class name in snake case."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


@_once
def _acting_kind(kind: type[Mechanism]) -> type[Mechanism]:
    def refusing(name: str) -> property:
        def refuse(_: Mechanism) -> None:
            raise ModelError(f"{key_of(kind)}: self.{name} is what it was made with; today's value is now.p.{name}, one for each province")

        return property(refuse)

    names = [key.partition(".")[2] for key in _parameters(kind)]
    return type(kind.__name__, (kind,), {name: refusing(name) for name in names})


def acting(mechanism: Mechanism) -> Mechanism:
    """The mechanism as a run calls its `begin` and `day`: without parameters of its own, which are not those of the run."""
    kind = _acting_kind(type(mechanism))
    twin = object.__new__(kind)
    vars(twin).update(vars(mechanism))
    return twin


def has(kind: type[Mechanism], function: str) -> bool:
    """Whether a mechanism has a function of that name, and not a parameter."""
    return inspect.isfunction(getattr(kind, function, None))


@_once
def arguments(kind: type[Mechanism], function: str = "step") -> tuple[str, ...]:
    """The argument names of a mechanism's step, or of its bound or screen."""
    return tuple(inspect.signature(getattr(kind, function)).parameters)


@dataclass(frozen=True, init=False)
class Phase:
    """Mechanisms that see the same snapshot; one of them writes a column.

    Args:
        name: the phase's name.
        mechanisms: in order.

    Raises:
        ModelError: two write one column, or a later one reads what an earlier one writes.
    """

    name: str
    mechanisms: tuple[Mechanism, ...]

    def __init__(self, name: str, *mechanisms: Mechanism) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "mechanisms", mechanisms)
        for mechanism in mechanisms:
            _check_kind(name, mechanism)
            _check_tuples(mechanism)
        written: dict[str, str] = {}
        for mechanism in mechanisms:
            for column in (*mechanism.reads, *mechanism.gathers):
                if isinstance(column, (Column, TableType)) and column.name in written and column not in mechanism.writes:
                    raise ModelError(
                        f"phase {name}: {mechanism.key} reads {column.name}, which {written[column.name]} writes in the same phase; "
                        "put it into a later phase"
                    )
            for column in mechanism.writes:
                if column.name in written and not isinstance(column, Journal):
                    raise ModelError(f"phase {name}: {written[column.name]} and {mechanism.key} both write {column.name}")
                written[column.name] = mechanism.key


@dataclass(frozen=True)
class Model:
    """A named schedule: what happens in a day, as data.

    Args:
        name: as used in scenario files.
        schedule: phases in the order of a day.
        doc: one paragraph.
    """

    name: str
    schedule: tuple[Phase, ...]
    doc: str = ""

    def __post_init__(self) -> None:
        schedule: Any = self.schedule
        if not isinstance(schedule, tuple) or not all(isinstance(phase, Phase) for phase in schedule):
            raise ModelError(f"model {self.name}: the schedule is a tuple of phases; one phase is written (Phase(...),)")
        keys = [m.key for m in self.mechanisms]
        if len(set(keys)) != len(keys):
            raise ModelError(f"model {self.name}: a mechanism stands twice in the schedule: {sorted(k for k in keys if keys.count(k) > 1)}")
        self._check_names()
        self._check_streams()
        for mechanism in self.mechanisms:
            _check_mechanism(mechanism)
        self._check_quantities()

    @property
    def mechanisms(self) -> tuple[Mechanism, ...]:
        """All mechanisms in order."""
        return tuple(m for phase in self.schedule for m in phase.mechanisms)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every declared parameter by dotted key."""
        return {key: about for m in self.mechanisms for key, about in m.parameters.items()}

    @property
    def declared(self) -> dict[str, Declared]:
        """Everything that a mechanism declares, by name."""
        return {d.name: d for m in self.mechanisms for d in (*m.reads, *m.writes, *m.adds, *m.gathers)}

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every declared column, by name."""
        return tuple(d for _, d in sorted(self.declared.items()) if isinstance(d, Column))

    def base_values(self) -> dict[str, float]:
        """The value of every parameter as this model's mechanisms were constructed."""
        values = {}
        for mechanism in self.mechanisms:
            for key, about in mechanism.parameters.items():
                values[key] = about.check(getattr(mechanism, key.partition(".")[2]))
        return values

    def __str__(self) -> str:
        lines = [f"{self.name}"]
        for number, phase in enumerate(self.schedule, 1):
            lines.append(f"{number:2d} {phase.name}")
            for m in phase.mechanisms:
                reads = ", ".join(d.name for d in m.reads) or "-"
                effects = ", ".join([d.name for d in m.writes] + [f"+{d.name}" for d in m.adds]) or "-"
                lines.append(f"     {m.key} ({m.kind}): {reads} -> {effects}")
        return "\n".join(lines)

    def _check_names(self) -> None:
        seen: dict[str, Declared] = {}
        owner: dict[str, str] = {}
        for m in self.mechanisms:
            for d in (*m.reads, *m.writes, *m.adds, *m.gathers):
                if not d.name.isidentifier():
                    raise ModelError(f"model {self.name}: {d.name!r} is no name; use letters, digits and _")
                if seen.setdefault(d.name, d) != d:
                    raise ModelError(f"model {self.name}: two different things are called {d.name}, in {owner[d.name]} and in {m.key}")
                owner.setdefault(d.name, m.key)

    def _check_streams(self) -> None:
        numbers: dict[int, Stream] = {}
        names: dict[str, Stream] = {}
        for m in self.mechanisms:
            for s in m.draws:
                if not 1 <= s.number <= 65535:
                    raise ModelError(f"model {self.name}: the stream {s.name} has the number {s.number}, which is outside 1 to 65535")
                if (other := numbers.setdefault(s.number, s)) != s:
                    raise ModelError(f"model {self.name}: the stream {s.name} has the number {s.number}, which {other.name} has taken")
                if names.setdefault(s.name, s) != s:
                    raise ModelError(f"model {self.name}: two streams are called {s.name}")

    def _check_quantities(self) -> None:
        """Whatever is added is added before it is read; a queue, before its owner, the last who reads it and does not add."""
        read: dict[str, str] = {}
        owner = {d.name: m.key for m in self.mechanisms for d in m.reads if isinstance(d, Queue) and d not in m.adds}
        settled: set[str] = set()
        for mechanism in self.mechanisms:
            for a in mechanism.adds:
                if a.name in read and isinstance(a, Quantity):
                    raise ModelError(f"{mechanism.key} adds to {a.name} after {read[a.name]} has read it")
                if a.name in settled:
                    raise ModelError(f"{mechanism.key} adds to {a.name} after {owner[a.name]} has settled it")
            for d in mechanism.reads:
                if isinstance(d, Quantity):
                    read.setdefault(d.name, mechanism.key)
            settled |= {name for name, key in owner.items() if key == mechanism.key}


def _check_kind(phase: str, given: Any) -> None:
    """What stands in a phase is a mechanism.

    Raises:
        ModelError: it is a class, or something else.
    """
    if not isinstance(given, Mechanism):
        needed = f"{given.__name__}()" if isinstance(given, type) else "a mechanism"
        raise ModelError(f"phase {phase}: needs {needed}, not {given!r}")


def _check_tuples(mechanism: Mechanism) -> None:
    """What a mechanism declares stands in tuples.

    Raises:
        ModelError: something else stands there, such as one column without its comma.
    """
    for name in ("reads", "writes", "adds", "gathers", "draws", "networks"):
        value = getattr(mechanism, name)
        if not isinstance(value, tuple):
            raise ModelError(f"{mechanism.key}: {name} needs a tuple, not {type(value).__name__}; one element is written (X,)")


def _check_mechanism(mechanism: Mechanism) -> None:
    """What one mechanism declares, by itself.

    Raises:
        ModelError: it declares what it cannot have, or its step takes what it does not declare.
    """
    for d in mechanism.writes:
        if isinstance(d, (Quantity, Queue)):
            raise ModelError(f"{mechanism.key} writes {d.name}, to which one can only add")
        if isinstance(d, Column) and d.static:
            raise ModelError(f"{mechanism.key} writes {d.name}, which is static")
        if mechanism.kind == "tile" and (not isinstance(d, Column) or d.level not in (PERSON, NEIGHBOURHOOD)):
            raise ModelError(f"{mechanism.key}: a step over tiles writes people and neighbourhoods only, not {d.name}")
    for a in mechanism.adds:
        if not isinstance(a, (Quantity, Queue)):
            raise ModelError(f"{mechanism.key} adds to {a.name}, which is neither a quantity nor a queue")
        if isinstance(a, Quantity) and a in mechanism.reads:
            raise ModelError(f"{mechanism.key} adds to {a.name} and reads it; put the two into two mechanisms")
        if mechanism.kind == "tile" and (isinstance(a, Queue) or a.level not in (PERSON, NEIGHBOURHOOD)):
            raise ModelError(f"{mechanism.key}: a step over tiles adds to people and neighbourhoods only, not to {a.name}")
    if mechanism.kind == "ordered" and not mechanism.draws:
        raise ModelError(f"{mechanism.key}: sequential activation needs a stream, the first of its draws, for the order")
    if mechanism.kind == "ordered" and "order" not in arguments(type(mechanism)):
        raise ModelError(f"{mechanism.key}: with sequential activation its step takes order, the rows in the order in which they act")
    _check_looked(mechanism)
    for name in FUNCTIONS:
        if has(type(mechanism), name):
            _check_arguments(mechanism, name)


def _check_looked(mechanism: Mechanism) -> None:
    """A bound or a screen belongs to a step over tiles and to one quantity of people, in whole numbers.

    Raises:
        ModelError: it does not.
    """
    kind, key = type(mechanism), mechanism.key
    named = [name for name in ("bound", "screen") if has(kind, name)]
    if not named:
        return
    where = mechanism.adds if named[0] == "bound" else mechanism.reads
    people = [d for d in where if isinstance(d, Quantity) and d.level == PERSON]
    if len(named) > 1 or mechanism.kind != "tile" or len(people) != 1 or not np.issubdtype(people[0].dtype, np.integer):
        what = "adds to" if named[0] == "bound" else "reads"
        raise ModelError(f"{key}: a {named[0]} belongs to a step over tiles that {what} one quantity of people, of whole numbers")
    for function, name in ((named[0], f"{people[0].name}_most"), ("step", people[0].name), ("step", "looked")):
        if name not in arguments(kind, function):
            raise ModelError(f"{key}: with a {named[0]}, its {function} takes {name}")
    changed = {d.name for d in (*mechanism.writes, *mechanism.adds)} - {people[0].name}
    if named[0] == "bound" and changed:
        raise ModelError(f"{key}: with a bound it adds to {people[0].name} and changes nothing else, such as {min(changed)}")
    if wrong := sorted(changed & set(arguments(kind, named[0]))):
        raise ModelError(f"{key}: a screen changes nothing, so it cannot take {wrong[0]}; its step may")


def _check_arguments(mechanism: Mechanism, function: str) -> None:
    """Each argument of a step, a bound or a screen is exactly one declared thing."""
    kind, looked = type(mechanism), mechanism.looked
    words = set(WORDS) - (set() if mechanism.kind == "ordered" else {"order"}) - (set() if looked else {"looked"})
    groups = (
        {d.name for d in (*mechanism.reads, *mechanism.writes, *mechanism.adds) if isinstance(d, (Column, Quantity))},
        {s.name for s in mechanism.draws},
        {key.partition(".")[2] for key in mechanism.parameters},
        words,
        {f"{c.name}_all" for c in mechanism.gathers},
        {f"{n}_{part}" for n in mechanism.networks for part in ("indptr", "indices")},
        {f"{looked.name}_most"} if looked and function != "step" else set[str](),
    )
    if "self" in arguments(kind, function):
        raise ModelError(f"{mechanism.key}: a {function} is a function over columns and takes no self; parameters are its arguments")
    for name in arguments(kind, function):
        meanings = sum(name in group for group in groups)
        if meanings == 0:
            known = nearest(name, sorted(n for group in groups for n in group))
            hint = f" (did you mean {known!r}?)" if known else ""
            mend = "add it to reads, writes, adds or draws, or make it a parameter"
            if name.endswith("_all"):
                mend = "put its column into gathers"
            elif name.endswith(("_indptr", "_indices")):
                mend = "put the network's name into networks"
            raise ModelError(f"{mechanism.key}: its {function} takes {name}, which it does not declare{hint}; {mend}")
        if meanings > 1:
            raise ModelError(f"{mechanism.key}: its {function} takes {name}, which means two things")
