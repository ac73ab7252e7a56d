"""Reading CSV tables that a person wrote: every complaint names file, line and column, and text is text, whatever it looks like."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from groundswell.core.errors import InputError, nearest

LONGEST = 2000  # characters of a field
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # new lines too: a cell is one line of a report


@dataclass(frozen=True)
class Cell:
    """One field of a CSV file, with where it stands."""

    text: str
    file: str
    line: int
    column: str

    def error(self, problem: str, valid: Iterable[str] = (), *, of: str | None = None) -> InputError:
        """An error about the field; the closest of `valid` to its text (or to `of`) is offered."""
        return InputError(problem, file=self.file, line=self.line, key=self.column, nearest=nearest(of or self.text, valid))

    def words(self) -> str:
        """Text that may not be empty."""
        if not self.text:
            raise self.error("is empty")
        return self.text

    def choice(self, valid: Iterable[str]) -> str:
        """One of several words."""
        known = list(valid)
        if self.words() not in known:
            raise self.error(f"{self.text!r} is not one of {', '.join(known)}", known)
        return self.text

    def whole(self) -> int:
        """A whole number without a sign."""
        if not re.fullmatch(r"[0-9]{1,12}", self.text):
            raise self.error(f"{self.text!r} is not a whole number of at most 12 digits")
        return int(self.text)

    def whole_or_none(self) -> int | None:
        """A whole number, or None where the field is empty."""
        return self.whole() if self.text else None

    def number(self) -> float:
        """A decimal number."""
        if not NUMBER.fullmatch(self.text):
            raise self.error(f"{self.text!r} is not a finite decimal number")
        return float(self.text)

    def number_or_none(self) -> float | None:
        """A decimal number, or None where the field is empty."""
        return self.number() if self.text else None

    def day(self) -> date:
        """A date such as 2022-09-16."""
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", self.text):
                raise ValueError
            return date.fromisoformat(self.text)
        except ValueError:
            raise self.error(f"{self.text!r} is not a date such as 2022-09-16") from None


def _header(names: list[str], file: str, required: tuple[str, ...], optional: tuple[str, ...]) -> list[str]:
    header = [name.strip() for name in names]
    for name in header:
        if name not in required + optional:
            raise InputError("there is no such column", file=file, line=1, key=name or "''", nearest=nearest(name, required + optional))
        if header.count(name) > 1:
            raise InputError("the column stands there twice", file=file, line=1, key=name)
    for name in required:
        if name not in header:
            raise InputError("the column is missing", file=file, line=1, key=name)
    return header


def rows_of(file: str, text: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[dict[str, Cell]]:
    """The rows of a CSV file by column; optional columns that are absent are empty.

    Args:
        file: what errors call it.
        text: its content; the first line names the columns, in any order.
        required, optional: the columns that it must and may have.

    Raises:
        InputError: no CSV, an unknown, missing or doubled column, a row of another length, or control characters.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = next(reader, None)
        if names is None:
            raise InputError("the table is empty", file=file)
        if not names:
            raise InputError("the first line names the columns, and this one is empty", file=file, line=1)
        header = _header(names, file, required, optional)
        line = reader.line_num + 1  # a row begins after the last line of the one before, for a quoted field may have several lines
        for fields in reader:
            if len(fields) != len(header):
                raise InputError(f"{len(fields)} fields under {len(header)} columns", file=file, line=line)
            given = dict(zip(header, (value.strip() for value in fields), strict=True))
            for name, value in given.items():
                if len(value) > LONGEST:
                    raise Cell(value, file, line, name).error(f"a text of {len(value)} characters; at most {LONGEST} are possible")
                if _CONTROL.search(value):
                    raise Cell(value, file, line, name).error("control characters in a text")
            yield {name: Cell(given.get(name, ""), file, line, name) for name in required + optional}
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"this is not CSV ({error})", file=file, line=reader.line_num) from error
