"""The one family of errors that groundswell raises for what a user can mend."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

LONGEST = 1000  # characters of a message on a terminal


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


def one_line(text: str) -> str:
    """A message fit for a terminal: one line of at most about a thousand characters, what does not print as its escape.

    Texts that others wrote are echoed in messages; they may hold control sequences, or be of any length.
    """
    text = " ".join(text.split())
    text = re.sub(r"\S{401,}", lambda found: f"{found[0][:200]}…{found[0][-150:]}", text)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 300]} … {text[-300:]}"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name closest to a misspelt one, or None where nothing is close."""
    names = list(valid)
    found = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if not found:  # it may be in capitals
        folded = {one.casefold(): one for one in names}
        found = [folded[one] for one in difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.5)]
    return found[0] if found else None
