"""The one family of errors that groundswell raises for what a user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class GroundswellError(Exception):
    """Something that the caller can mend; its text is meant to be read by a person."""


class ModelError(GroundswellError):
    """A model that contradicts itself: two writers of a column, an undeclared read."""


class StoreError(GroundswellError):
    """A stored file that is missing, truncated, altered or of another version."""


class InputError(GroundswellError):
    """Wrong input, with the place where it stands.

    Args:
        problem: what is wrong, one sentence without a full stop.
        file, line: where it stands, as far as known (line counts from 1).
        key: the dotted key or the column that is wrong.
        nearest: the valid key that the user may have meant.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        key: str | None = None,
        nearest: str | None = None,
    ) -> None:
        self.problem, self.file, self.line, self.key, self.nearest = problem, file, line, key, nearest
        where = ""
        if file is not None:
            where = f"{file}:{line}: " if line is not None else f"{file}: "
        what = f"{key}: {problem}" if key else problem
        hint = f" (did you mean {nearest!r}?)" if nearest else ""
        super().__init__(f"{where}{what}{hint}")


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name closest to a misspelt one, or None where nothing is close."""
    found = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.5)
    return found[0] if found else None
