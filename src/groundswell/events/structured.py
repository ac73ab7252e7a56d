"""Records that are not text by lines: JSON as ACLED's API answers, and Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import InputError
from groundswell.core.parquet import ParquetFile, open_parquet
from groundswell.events.opening import FREE, LARGEST_JSON, RATIO, Source, utf8
from groundswell.events.slicing import MOST_COLUMNS

if TYPE_CHECKING:
    import polars as pl

SLICE = 100_000  # rows


def json_rows(source: Source) -> tuple[list[str], Iterator[pl.DataFrame]]:
    """The columns of a JSON file and its rows as text, in frames with `row` and `c0`, `c1`, ...

    Read are `{"data": [{...}, ...]}`, as ACLED's API answers, and a bare list of objects.

    Raises:
        InputError: too large, no JSON, an error of a server, or no list of objects.
    """
    rows = _objects(source)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        raise InputError("the rows of this JSON file have no columns", file=source.path)
    _few(len(columns), source)
    return columns, _frames(rows, columns)


def _few(columns: int, source: Source) -> None:
    if columns > MOST_COLUMNS:
        raise InputError(f"{columns} columns; at most {MOST_COLUMNS} are read", file=source.path)


class _TwiceError(ValueError):
    """A name that stands twice in one object of JSON."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; JSON lets a name stand twice, and readers drop the first without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for k, name in enumerate(names) if name in names[:k]))
    return found


def _objects(source: Source) -> list[dict[str, Any]]:
    parts, length = [], 0
    for block in utf8(source.path, source.blocks(), None):
        parts.append(block)
        length += len(block)
        if length > LARGEST_JSON:
            raise InputError(f"more than {LARGEST_JSON >> 20} MiB of JSON; ask for CSV, which is read in slices", file=source.path)
    try:
        data = json.loads(b"".join(parts), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InputError(f"this is not JSON ({error.msg}), nor a CSV table", file=source.path, line=error.lineno) from None
    except _TwiceError as error:
        raise InputError("stands twice in one object of this JSON file", file=source.path, key=str(error)[:40]) from None
    except (ValueError, RecursionError):
        raise InputError("this JSON is nested too deeply, or has a number that is too long", file=source.path) from None
    rows = data.get("data") if isinstance(data, dict) else data
    if isinstance(data, dict) and not isinstance(rows, list):
        said = next((str(data[key]) for key in ("error", "message", "messages", "detail") if data.get(key)), "")
        told = f": {said[:200]}" if said else ""
        raise InputError(f"this is an answer of a server without data{told}", file=source.path, line=1)
    if not rows:
        raise InputError("this JSON file has no rows", file=source.path)
    if not all(isinstance(row, dict) for row in rows):
        raise InputError("the rows of this JSON file are not all objects with names of columns", file=source.path)
    return list(rows)


def _frames(rows: list[dict[str, Any]], columns: list[str]) -> Iterator[pl.DataFrame]:
    import polars as pl

    for start in range(0, len(rows), SLICE):
        some = rows[start : start + SLICE]
        cells = {f"c{k}": pl.Series([_text(row.get(name)) for row in some], dtype=pl.String) for k, name in enumerate(columns)}
        row = pl.Series("row", range(start + 1, start + len(some) + 1), dtype=pl.UInt32)
        yield pl.DataFrame({"row": row, **cells})


def _text(value: Any) -> str | None:
    """A value as it would stand in a CSV table."""
    if value is None or isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = str(value).lower()
    else:
        text = json.dumps(value) if isinstance(value, dict | list) else str(value)
    return text.encode("utf-8", "replace").decode() if text else text  # lone surrogates are no text


def parquet_rows(source: Source, most: int) -> tuple[list[str], Iterator[pl.DataFrame]]:
    """The columns of a Parquet file and its rows as text, in frames with `row` and `c0`, `c1`, ...

    Raises:
        InputError: damaged, more rows than `most`, or columns that are not plain.
    """
    table = open_parquet(source.path)
    source.at_end.callback(table.close)
    columns = list(table.types)
    if table.rows > most:
        raise InputError(f"{table.rows:,} rows; at most {most:,} are read", file=source.path)
    _few(len(columns), source)
    if table.odd:
        odd = table.odd[0]
        raise InputError(f"the column is {table.types[odd]}, not text, number or date", file=source.path, key=odd[:40])
    return columns, _pages(source, table)


def _pages(source: Source, table: ParquetFile) -> Iterator[pl.DataFrame]:
    import polars as pl

    row, length = 0, 0
    for frame in table.pages():
        length += sum(frame.select(pl.all().str.len_bytes().sum()).row(0))
        if length > max(FREE, RATIO * source.packed):
            raise InputError(f"unpacks to more than {RATIO} times its size; this is not a table", file=source.path)
        yield frame.with_columns(pl.Series("row", range(row + 1, row + frame.height + 1), dtype=pl.UInt32))
        row += frame.height
