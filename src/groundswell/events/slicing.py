"""Text of a table in slices: whole records as frames of text, with every record that has another number of fields put aside.

A record may span lines, where a field is in quotes. A slice is checked as bytes: quotes stand where the rules allow them and each
record has as many fields as there are columns. Then polars reads only the columns that are wanted. A slice that fails is read record
by record instead, slowly, so that the wrong ones are known.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError

if TYPE_CHECKING:
    import polars as pl

SLICE = 8 << 20  # bytes that are read at once
LONGEST_RECORD = 64 << 20
SEPARATORS = (",", ";", "\t", "|")
MOST_COLUMNS = 1000
LONGEST_HEADER = 1 << 20  # bytes
QUOTE, NEW_LINE, RETURN = 34, 10, 13


@dataclass(frozen=True)
class Slice:
    """Some rows of a table.

    Args:
        frame: `row` (from 1) and the columns asked for, as text.
        wrong: rows that are no records: row, what is wrong, and what stands there.
        records: how many rows the slice has, wrong ones included.
    """

    frame: pl.DataFrame
    wrong: list[tuple[int, str, str]]
    records: int


class Text:
    """A table of text: its columns, then its slices.

    Args:
        blocks: UTF-8.
        file: what errors call it.
        size: bytes of a slice.

    Raises:
        InputError: there are no columns, or two of one name.
    """

    def __init__(self, blocks: Iterator[bytes], file: str, size: int = SLICE) -> None:
        self._blocks, self._file, self._size = blocks, file, size
        self._rest = b""
        self._ended = False
        head = self._next_records(first=True)
        self.separator, self.columns, taken = _header(head, file)
        self._rest = head[taken:] + self._rest

    def _next_records(self, *, first: bool = False) -> bytes:
        """Bytes up to the end of a record, about a slice of them; the last ones may end without a new line."""
        parts, length = [self._rest], len(self._rest)
        wanted = 1 if first else self._size
        while True:
            while length < wanted and not self._ended:
                block = next(self._blocks, None)
                self._ended = block is None
                parts.append(block or b"")
                length += len(parts[-1])
            data = b"".join(parts)
            if self._ended and data.endswith((b"\n\n", b"\n\r\n")) and data.count(b'"') % 2 == 0:
                data = data.rstrip(b"\r\n") + b"\n"  # empty lines at the end are nobody's mistake
            cut = len(data) if self._ended else last_end(data)
            if cut or self._ended:
                self._rest = data[cut:]
                return data[:cut]
            if length > LONGEST_RECORD:
                raise InputError("a record of more than 64 MiB: a quote is never closed, or lines do not end", file=self._file)
            parts, wanted = [data], 2 * length + 1

    def slices(self, wanted: Sequence[int], row: int = 1) -> Iterator[Slice]:
        """The rows below the names that are not read yet, in slices.

        Args:
            wanted: positions of the columns that are read; their frames call them `c0`, `c1`, ... by position.
            row: number of the first of them.
        """
        once = sorted(set(wanted))
        while data := self._next_records():
            part = _slice(data, self.separator, len(self.columns), once, row)
            yield part
            row += part.records
            if self._ended and not self._rest:
                return


def last_end(data: bytes) -> int:
    """The end of the last whole record: behind the last new line that is not in quotes; 0 where there is none."""
    quotes, end = data.count(b'"'), len(data)
    for _ in range(64):  # nearly always the last line, or one of a few above it
        end = data.rfind(b"\n", 0, end)
        if end < 0:
            return 0
        if (quotes - data.count(b'"', end)) % 2 == 0:
            return end + 1
    array = np.frombuffer(data, np.uint8)
    lines = np.flatnonzero(array == NEW_LINE)
    outside = lines[np.searchsorted(np.flatnonzero(array == QUOTE), lines) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def _header(head: bytes, file: str) -> tuple[str, list[str], int]:
    """The separator, the names of the columns, and the length of the first record in bytes."""
    start = 0
    while head[start : start + 1] in (b"\r", b"\n"):
        start += 1
    array = np.frombuffer(head, np.uint8)[start : start + LONGEST_RECORD]
    lines = np.flatnonzero(array == NEW_LINE)
    outside = lines[np.searchsorted(np.flatnonzero(array == QUOTE), lines) % 2 == 0]
    taken = start + (int(outside[0]) + 1 if len(outside) else len(array))
    if taken - start > LONGEST_HEADER:
        raise InputError(f"a first line of {taken - start:,} bytes; the names of columns are shorter", file=file, line=1)
    text = head[start:taken].decode("utf-8", "replace").rstrip("\r\n")
    best: list[str] = []
    separator, problem = SEPARATORS[0], ""
    for mark in SEPARATORS:
        try:
            names = next(csv.reader(io.StringIO(text, newline=""), delimiter=mark), [])
        except csv.Error as error:  # a name of two lines is in quotes for the right mark only
            problem = str(error)
            continue
        if len(names) > len(best):
            best, separator = names, mark
    if problem and not best:
        raise InputError(f"the first line does not name columns ({problem})", file=file, line=1)
    if not any(name.strip() for name in best):
        raise InputError("the first line names the columns, and this one is empty", file=file, line=1)
    if len(best) > MOST_COLUMNS:
        raise InputError(f"{len(best)} columns; at most {MOST_COLUMNS} are read", file=file, line=1)
    names = [name.strip() for name in best]
    twice = next((name for k, name in enumerate(names) if name and name in names[:k]), None)
    if twice is not None:
        raise InputError("the column stands there twice", file=file, line=1, key=twice[:40])
    return separator, names, taken


def _slice(data: bytes, separator: str, columns: int, wanted: Sequence[int], row: int) -> Slice:
    records = well_formed(data, ord(separator), columns)
    if records is None:
        return _slowly(data, separator, columns, wanted, row)
    import polars as pl

    names = [f"c{k}" for k in range(columns)]
    how: dict[str, Any] = {"empty_string_is_null": False, "infer_schema": False, "columns": [f"c{k}" for k in wanted], "glob": False}
    with_names = separator.join(names).encode() + b"\n" + data
    try:
        frame = pl.read_csv(with_names, separator=separator, schema=dict.fromkeys(names, pl.String), **how)
    except pl.exceptions.PolarsError:
        return _slowly(data, separator, columns, wanted, row)
    if frame.height != records:
        return _slowly(data, separator, columns, wanted, row)
    return Slice(_numbered(frame, np.arange(row, row + records)), [], records)


def _numbered(frame: pl.DataFrame, rows: npt.NDArray[Any]) -> pl.DataFrame:
    import polars as pl

    numbers = pl.Series("row", rows.astype(np.uint32))
    return frame.hstack([numbers]) if frame.width else numbers.to_frame()


def well_formed(data: bytes, separator: int, columns: int) -> int | None:
    """How many records bytes hold, if quotes stand where they may and each record has so many fields; else None."""
    array = np.frombuffer(data, np.uint8)
    quote, line, mark = array == QUOTE, array == NEW_LINE, array == separator
    quotes = np.flatnonzero(quote)
    if len(quotes):
        if not _quoted_rightly(array, quotes, separator):
            return None
        outside = (np.cumsum(quote, dtype=np.uint8) & 1) == 0
        line, mark = line & outside, mark & outside
    lines, marks = np.flatnonzero(line), np.flatnonzero(mark)
    ends = lines if len(lines) and lines[-1] == len(array) - 1 else np.append(lines, len(array))
    returns = np.flatnonzero(array == RETURN)
    lone = returns[array[np.minimum(returns + 1, len(array) - 1)] != NEW_LINE]
    if (np.searchsorted(quotes, lone) % 2 == 0).any():  # a return within an unquoted field ends a record for some programs
        return None
    if len(marks) != len(ends) * (columns - 1):
        return None
    before = np.searchsorted(marks, ends)
    if columns > 1:
        return len(ends) if (before == np.arange(1, len(ends) + 1) * (columns - 1)).all() else None
    starts = np.append(0, ends[:-1] + 1)
    return len(ends) if (ends > starts).all() and not (array[starts] == RETURN).any() else None


def _quoted_rightly(array: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64], separator: int) -> bool:
    """Whether each opening quote follows a separator, a new line or a closing quote, and each closing one is followed by one."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening == 0, NEW_LINE, array[opening - 1])
    behind = np.where(closing == len(array) - 1, NEW_LINE, array[np.minimum(closing + 1, len(array) - 1)])
    opens = (before == separator) | (before == NEW_LINE) | (before == QUOTE)
    closes = (behind == separator) | (behind == NEW_LINE) | (behind == RETURN) | (behind == QUOTE)
    return bool(opens.all() and closes.all())


def _slowly(data: bytes, separator: str, columns: int, wanted: Sequence[int], row: int) -> Slice:
    """The same, record by record."""
    import polars as pl

    reader = csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline=""), delimiter=separator)
    cells: list[list[str]] = [[] for _ in wanted]
    rows: list[int] = []
    wrong: list[tuple[int, str, str]] = []
    number, line = row, 0
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            wrong.append((number, "not a record of a table", str(error)))
            number, line = number + 1, reader.line_num
            continue
        if fields is None:
            break
        spans, line = reader.line_num - line, reader.line_num
        if not fields:
            continue
        if len(fields) == columns:
            rows.append(number)
            for at, k in enumerate(wanted):
                cells[at].append(fields[k])
        else:
            over = f", over {spans} lines" if spans > 1 else ""
            wrong.append((number, "another number of fields than there are columns", f"{len(fields)} fields, {columns} columns{over}"))
        number += 1
    frame = pl.DataFrame({f"c{k}": pl.Series(values, dtype=pl.String) for k, values in zip(wanted, cells, strict=True)})
    return Slice(_numbered(frame, np.array(rows, np.int64)), wrong, number - row)
