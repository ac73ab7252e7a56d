"""Kinds of tasks: a function that has a place in a module, and a declaration of what it returns."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, ModelError, nearest

Array = npt.NDArray[Any]
Common = Mapping[str, Any]
TEXT = "text"
TYPES = ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8", TEXT)
LONGEST = 10_000  # characters of a text that a task returns


@dataclass(frozen=True)
class Output:
    """What a task returns under a name.

    Args:
        dtype: "?", "i1" to "i8", "u1" to "u8", "f4", "f8", or "text"; stored little-endian.
        shape: of an array, the same for all tasks of a study; empty for a number or a text.
    """

    dtype: str = "f8"
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.dtype not in TYPES:
            raise ModelError(f"an output has no type {self.dtype!r}; choose among {', '.join(TYPES)}")
        if self.dtype == TEXT and self.shape:
            raise ModelError("a text has no shape; return one text a name")
        if not all(type(n) is int and n >= 0 for n in self.shape):
            raise ModelError(f"{self.shape!r} is no shape")

    @property
    def stored(self) -> np.dtype[Any]:
        """The type in which values are stored."""
        return np.dtype("<" + self.dtype) if self.dtype != TEXT else np.dtype("<U1")

    @property
    def bytes(self) -> int:
        """Bytes of one task's value, about."""
        return math.prod(self.shape) * self.stored.itemsize if self.dtype != TEXT else 64

    @property
    def nothing(self) -> Any:
        """What stands for a failed task in an array: nan, 0 or False."""
        return np.nan if self.dtype.startswith("f") else self.stored.type(0)

    def checked(self, name: str, value: Any) -> Any:
        """A returned value as it is stored.

        Raises:
            InputError: of another type or shape, or a number that the type does not hold.
        """
        if self.dtype == TEXT:
            if not isinstance(value, str) or len(value) > LONGEST:
                raise InputError(f"needs a text of at most {LONGEST} characters, not {value!r:.60}", key=name)
            return value
        given = np.asarray(value)
        if given.dtype.kind not in "biuf":
            raise InputError(f"needs numbers, not {given.dtype}", key=name)
        if given.shape != self.shape:
            raise InputError(f"has the shape {given.shape}, and {self.shape} was declared", key=name)
        if given.dtype == self.stored:
            return given
        with np.errstate(invalid="ignore", over="ignore"):
            kept = given.astype(self.stored)
            same = self.dtype.startswith("f") or bool((kept.astype(given.dtype) == given).all() and ((kept < 0) == (given < 0)).all())
        if not same or (self.dtype.startswith("f") and (np.isinf(kept) & ~np.isinf(given)).any()):
            raise InputError(f"holds numbers that do not fit the declared type {self.dtype}", key=name)
        return kept


Outputs = Mapping[str, Output]
Do = Callable[[Any, Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, repr=False)
class Kind:
    """A kind of task; see `kind`.

    Args:
        name: "module:function", where a worker process finds it.
        do: from what `prepare` gave and a payload to values by name.
        outputs: what is returned, or a function of the common part that says so.
        prepare: done once a process; what it gives is handed to `do`. None hands it the common part.
        version: rises when results change.
        memory: bytes that a process needs, from the common part.
    """

    name: str
    do: Do
    outputs: Outputs | Callable[[Common], Outputs]
    prepare: Callable[[Common], Any] | None = None
    version: int = 1
    memory: Callable[[Common], float] | None = None

    def __call__(self, prepared: Any, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """The function itself."""
        return self.do(prepared, payload)

    def __repr__(self) -> str:
        return f"<kind of task {self.name}>"

    def declared(self, common: Common) -> dict[str, Output]:
        """What a task returns, by name.

        Raises:
            ModelError: nothing, or something that is no `Output`.
        """
        found = dict(self.outputs(common) if callable(self.outputs) else self.outputs)
        if not found or not all(isinstance(one, Output) for one in found.values()):
            raise ModelError(f"{self.name} declares no outputs, or something else among them")
        for name in found:
            if not name.replace(".", "_").isidentifier() or name in RESERVED:
                raise ModelError(f"{self.name}: an output cannot be called {name!r}")
        return found

    def ready(self, common: Common) -> Any:
        """What `do` is handed."""
        return common if self.prepare is None else self.prepare(common)

    def outcome(self, outputs: Outputs, prepared: Any, payload: Mapping[str, Any]) -> dict[str, Any]:
        """One task done: its values as they are stored.

        Raises:
            InputError: what it returned is not what was declared.
        """
        values = self.do(prepared, payload)
        if set(values) != set(outputs):
            odd = sorted({*values} ^ {*outputs})[0]
            raise InputError(f"{odd!r} is {'missing' if odd in outputs else 'not declared'} in what the task returned", key=self.name)
        return {name: about.checked(name, values[name]) for name, about in outputs.items()}


RESERVED = ("task", "key", "status", "problem")  # columns that every study has


def kind(
    *,
    outputs: Outputs | Callable[[Common], Outputs],
    prepare: Callable[[Common], Any] | None = None,
    version: int = 1,
    memory: Callable[[Common], float] | None = None,
) -> Callable[[Do], Kind]:
    """Make a function a kind of task.

    The function must stand at the top of a module that can be imported; worker processes find it by that name. What it returns must be a
    function of its two arguments, and it must leave the first one as it is.

    Args:
        outputs: what it returns; or a function of the common part (and paths) that says so.
        prepare: done once a process with the common part (and paths).
        version: rises when results change: a study of another version is not mixed with this one.
        memory: bytes that a process needs, from the common part (and paths).
    """

    def made(do: Do) -> Kind:
        return Kind(f"{do.__module__}:{do.__qualname__}", do, outputs, prepare, version, memory)

    return made


def find(name: str) -> Kind:
    """A kind by its name.

    Raises:
        InputError: there is no such module, or nothing of that name in it that is a kind.
    """
    module, _, attribute = name.partition(":")
    if module == "__main__":
        raise InputError("is defined in a script or notebook; put it into a module, so that worker processes find it", key=name)
    try:
        home = importlib.import_module(module)
    except (ImportError, ValueError, TypeError) as error:
        raise InputError(f"the module of this kind of task cannot be imported ({error})", key=name) from None
    found = getattr(home, attribute, None)
    if not isinstance(found, Kind):
        kinds = [each for each, value in vars(home).items() if isinstance(value, Kind)]
        raise InputError(f"{module} has no kind of task {attribute!r}", key=name, nearest=nearest(attribute, kinds))
    return found
