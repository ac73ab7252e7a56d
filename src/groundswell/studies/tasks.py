"""Tasks: a payload and the key by which its outcome is known."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell.core.errors import InputError
from groundswell.core.store import digest
from groundswell.studies.digests import BYTES, Digests

if TYPE_CHECKING:
    import polars as pl

    from groundswell.studies.payloads import PayloadFile

Types = dict[str, set[type]]  # of the values under each name of the payloads

MOST = 10_000_000  # tasks of a study
WINDOW = 1 << 13  # tasks whose payloads are held at a time
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
        head = f"{digest(canonical([kind, version, made_with, common]).encode())}\n"
        self._begun = hashlib.blake2b(head.encode(), digest_size=BYTES)

    def of(self, text: bytes) -> bytes:
        """The key of the task with this payload, given as its canonical text in UTF-8; 16 bytes."""
        found = self._begun.copy()
        found.update(text)
        return found.digest()

    def packed(self, texts: Iterable[str]) -> bytes:
        """The keys of several tasks, one after the other."""
        return b"".join([self.of(text.encode()) for text in texts])


class Tasks(Sequence[Task]):
    """The tasks of a study in their order. Their keys are held; their payloads are read from the study's folder when they are asked for.

    Args:
        keys: of each task.
        texts: the canonical text of each payload.
        types: of the payloads' values by name; None where they are to be looked for.
    """

    def __init__(self, keys: Digests, texts: PayloadFile, types: Types | None = None) -> None:
        self.keys, self.texts, self._types = keys, texts, types

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        return Task(self.keys[at], json.loads(self.texts[at]))

    @property
    def types(self) -> Types:
        """The types of the payloads' values, by name."""
        if self._types is None:
            found: Types = {}
            for text in self.texts:
                note_types(json.loads(text), found)
            self._types = found
        return self._types

    def frame(self, first: int = 0, last: int | None = None) -> pl.DataFrame:
        """One row a task: `task` (its number), `key`, and a column for each entry of the payloads.

        Numbers, texts and truth values are columns of their own type; whatever else, or mixed, is its JSON text; null where a payload
        has no such entry.

        Args:
            first, last: from one task up to another; all of them by default.
        """
        import polars as pl

        last = len(self) if last is None else last
        kinds = {name: self.types[name] - {type(None)} for name in sorted(self.types)}
        made: list[pl.DataFrame] = []
        for start in range(first, max(last, first + 1), WINDOW):
            end = min(start + WINDOW, last)
            payloads = [json.loads(text) for text in self.texts[start:end]]
            columns = {"task": pl.Series(range(start, end), dtype=pl.Int64), "key": pl.Series(self.keys[start:end], dtype=pl.String)}
            made.append(pl.DataFrame(columns | {name: _column([one.get(name) for one in payloads], of) for name, of in kinds.items()}))
        return pl.concat(made)


def note_types(payload: Mapping[str, Any], types: Types) -> None:
    """Add the types of a payload's values."""
    for name, value in payload.items():
        types.setdefault(name, set()).add(type(value))


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
