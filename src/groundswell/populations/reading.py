"""Reading the tables of a country from CSV; every complaint names file, line and column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundswell.core.documents import read_text
from groundswell.core.errors import InputError, nearest
from groundswell.core.store import digest
from groundswell.populations.tables import OLDEST, CensusRow, CensusTables, CityRow, HouseholdRow, ProvinceRow

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # new lines too: a cell is one line of a report
LARGEST_FILE = 64 << 20  # bytes; a country's census by province is a thousand times smaller


@dataclass(frozen=True)
class _Cell:
    """One field of a CSV file, with where it stands."""

    text: str
    file: str
    line: int
    column: str

    def error(self, problem: str) -> InputError:
        return InputError(problem, file=self.file, line=self.line, key=self.column)

    def words(self) -> str:
        if not self.text:
            raise self.error("is empty")
        return self.text

    def whole(self) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", self.text):
            raise self.error(f"{self.text!r} is not a whole number of at most 12 digits")
        return int(self.text)

    def whole_or_none(self) -> int | None:
        return self.whole() if self.text else None

    def number(self) -> float:
        if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{0,20})?([eE][+-]?[0-9]{1,2})?", self.text):
            raise self.error(f"{self.text!r} is not a finite decimal number")
        return float(self.text)

    def band(self) -> tuple[int, int | None]:
        """First and last age of `20-24`, or the first of the open `>=100` or `100+`."""
        open_band = re.fullmatch(r">=([0-9]{1,3})|([0-9]{1,3})\+", self.text)
        if open_band:
            first = int(open_band[1] or open_band[2])
            if first > OLDEST:
                raise self.error(f"the open band {self.text!r} must begin at {OLDEST} or before")
            return first, None
        closed = re.fullmatch(r"([0-9]{1,3})-([0-9]{1,3})", self.text)
        if not closed or not int(closed[1]) <= int(closed[2]) < OLDEST:
            raise self.error(f"{self.text!r} is not an age band such as '20-24' below {OLDEST}, or '>=100'")
        return int(closed[1]), int(closed[2])


def _path_inside(folder: Path, name: str | Path) -> Path:
    """A table's path; a string is relative to the folder, a Path stands as it is, and both must lead inside."""
    try:
        path, root = (name if isinstance(name, Path) else folder / name).resolve(), folder.resolve()
        inside = path.is_relative_to(root)
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{str(name)!r} is not a path that can be followed ({type(error).__name__})", file=folder) from None
    if not inside:
        raise InputError("leads out of the folder of its case", file=folder, key=str(name))
    if not path.exists():
        found = [p.name for p in root.iterdir() if p.suffix == ".csv"] if root.is_dir() else []
        raise InputError("there is no such table", file=folder, key=str(name), nearest=nearest(path.name, found))
    return path


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


def _rows(file: str, text: str, required: tuple[str, ...], optional: tuple[str, ...]) -> Iterator[dict[str, _Cell]]:
    """The rows of a CSV file by column; optional columns that are absent are empty."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = next(reader, [])
        if not names:
            raise InputError("the table is empty", file=file)
        header = _header(names, file, required, optional)
        for fields in reader:
            line = reader.line_num
            if len(fields) != len(header):
                raise InputError(f"{len(fields)} fields under {len(header)} columns", file=file, line=line)
            given = dict(zip(header, (value.strip() for value in fields), strict=True))
            for name, value in given.items():
                if _CONTROL.search(value):
                    raise _Cell(value, file, line, name).error("control characters in a text")
            yield {name: _Cell(given.get(name, ""), file, line, name) for name in required + optional}
    except csv.Error as error:
        raise InputError(f"this is not CSV ({error})", file=file, line=reader.line_num) from error


def _province_row(c: dict[str, _Cell]) -> ProvinceRow:
    return ProvinceRow(
        c["id"].words(), c["name"].words(), c["code"].whole(), c["population"].whole(), c["labour_force"].whole_or_none(),
        c["unemployed"].whole_or_none(), c["households"].whole_or_none(), c["id"].line,
    )  # fmt: skip


def _census_row(c: dict[str, _Cell]) -> CensusRow:
    return CensusRow(c["province"].words(), *c["age_band"].band(), c["male"].whole(), c["female"].whole(), c["province"].line)


def _household_row(c: dict[str, _Cell]) -> HouseholdRow:
    return HouseholdRow(c["size"].whole(), c["share"].number(), c["size"].line)


def _city_row(c: dict[str, _Cell]) -> CityRow:
    where = c["latitude"].number(), c["longitude"].number()
    return CityRow(c["key"].whole(), c["name"].words(), c["province"].words(), *where, c["population"].whole(), c["key"].line)


_FORMATS: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[dict[str, _Cell]], Any]]] = {
    "provinces": (("id", "name", "code", "population"), ("labour_force", "unemployed", "households"), _province_row),
    "census": (("province", "age_band", "male", "female"), (), _census_row),
    "households": (("size", "share"), ("source",), _household_row),
    "cities": (("key", "name", "province", "latitude", "longitude", "population"), (), _city_row),
}


def read_tables(folder: Path | str, names: Mapping[str, str | Path] | None = None) -> CensusTables:
    """Read and check the tables of a country.

    Args:
        folder: the case's folder; every file must lie inside it, through links too.
        names: files by `provinces`, `census`, `households`, `cities`, where not `<name>.csv`; other roles are ignored.
            A string is relative to the folder, a Path stands as it is (a case's `tables` can be given).

    Raises:
        InputError: a file that is missing, empty, no CSV or outside the folder, or a value that cannot be right, with
            its file, line and column.
    """
    rows: dict[str, tuple[Any, ...]] = {}
    files, hashes = {}, {}
    for table, (required, optional, make) in _FORMATS.items():
        path = _path_inside(Path(folder), (names or {}).get(table, f"{table}.csv"))
        text = read_text(path, "table", LARGEST_FILE)
        files[table], hashes[table] = str(path), digest(text.encode())
        rows[table] = tuple(make(cells) for cells in _rows(str(path), text, required, optional))
    return CensusTables(**rows, files=files, hashes=hashes)
