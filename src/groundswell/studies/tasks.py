"""Tasks: a payload and the key by which its outcome is known."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell.core.errors import InputError
from groundswell.core.store import digest

if TYPE_CHECKING:
    import polars as pl

MOST = 10_000_000  # tasks of a study
PIECE = 10_000  # payloads that are held as objects at a time
DEEPEST = 16  # levels of a payload


@dataclass(frozen=True)
class Task:
    """One task of a study.

    Args:
        key: 32 hexadecimal digits: BLAKE2b of the kind, its version, that of groundswell, the common part and the payload.
        payload: what it is given beside the common part; plain JSON.
    """

    key: str
    payload: Mapping[str, Any]


def plain(value: Any, key: str, depth: int = 0) -> Any:
    """Plain JSON: NumPy's numbers become Python's.

    Raises:
        InputError: it holds something else, or a number that is not finite.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping) and depth < DEEPEST:
        if not all(isinstance(name, str) for name in value):
            raise InputError("has a key that is no text", key=key)
        return {name: plain(inner, f"{key}.{name}", depth + 1) for name, inner in value.items()}
    if isinstance(value, (list, tuple)) and depth < DEEPEST:
        return [plain(inner, key, depth + 1) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(1 << 63) <= value < 1 << 63:
        raise InputError(f"{value} does not fit 64 bits", key=key)
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"needs a finite number, not {value}", key=key)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise InputError(f"is not plain JSON: {value!r:.60}", key=key)


def canonical(value: Any) -> str:
    """The one text of a JSON value: sorted, without spaces."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class Keys:
    """Makes the keys of a study's tasks.

    Args:
        kind, version: of the kind.
        made_with: version of groundswell.
        common: what all tasks share, plain JSON.
    """

    def __init__(self, kind: str, version: int, made_with: str, common: Mapping[str, Any]) -> None:
        self.head = f"{digest(canonical([kind, version, made_with, common]).encode())}\n"

    def of(self, text: str) -> str:
        """The key of the task with this payload, given as its canonical text."""
        return digest((self.head + text).encode())


class Tasks(Sequence[Task]):
    """The tasks of a study in their order, held as texts: a hundred thousand are some megabytes.

    Args:
        keys, texts: of each task: its key, and its payload's canonical text.
    """

    def __init__(self, keys: list[str], texts: list[str]) -> None:
        self.keys, self.texts = keys, texts

    @classmethod
    def of(cls, payloads: Iterable[Mapping[str, Any]], keys: Keys) -> Tasks:
        """Tasks from their payloads.

        Raises:
            InputError: one is not plain JSON, is given twice, or there are too many.
        """
        found: dict[str, str] = {}
        for number, payload in enumerate(payloads):
            if number == MOST:
                raise InputError(f"a study has at most {MOST:,} tasks", key="tasks")
            if not isinstance(payload, Mapping):
                raise InputError(f"is no payload, a mapping: {payload!r:.60}", key=f"tasks.{number}")
            text = canonical(plain(payload, f"tasks.{number}"))
            key = keys.of(text)
            if key in found:
                raise InputError(f"is given twice: {text:.200}", key=f"tasks.{number}")
            found[key] = text
        return cls(list(found), list(found.values()))

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        return Task(self.keys[at], json.loads(self.texts[at]))

    def frame(self) -> pl.DataFrame:
        """One row a task: `task` (its number), `key`, and a column for each entry of the payloads.

        Numbers, texts and truth values are columns of their own type; whatever else, or mixed, is its JSON text; null where a payload
        has no such entry.
        """
        import polars as pl

        names: dict[str, set[type]] = {}
        for text in self.texts:  # read twice, so that only one piece is ever held as objects
            for name, value in json.loads(text).items():
                names.setdefault(name, set()).add(type(value))
        kinds = {name: types - {type(None)} for name, types in names.items()}
        columns: dict[str, Any] = {"task": pl.Series(range(len(self)), dtype=pl.Int64), "key": pl.Series(self.keys, dtype=pl.String)}
        pieces: dict[str, list[pl.Series]] = {name: [] for name in sorted(names)}
        for first in range(0, len(self), PIECE):
            payloads = [json.loads(text) for text in self.texts[first : first + PIECE]]
            for name, made in pieces.items():
                made.append(_column([payload.get(name) for payload in payloads], kinds[name]))
        return pl.DataFrame(columns | {name: pl.concat(made, rechunk=True) for name, made in pieces.items()})


def _column(values: list[Any], types: set[type]) -> pl.Series:
    """A column of the type that holds values of all these types."""
    import polars as pl

    if types <= {bool}:
        return pl.Series(values, dtype=pl.Boolean)
    if types <= {int}:
        return pl.Series(values, dtype=pl.Int64)
    if types <= {int, float}:
        return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
    if types <= {str}:
        return pl.Series(values, dtype=pl.String)
    return pl.Series([None if value is None else canonical(value) for value in values], dtype=pl.String)
