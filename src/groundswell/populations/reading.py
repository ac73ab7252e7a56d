"""Reading the tables of a country from CSV; every complaint names file, line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from groundswell.core.csv_tables import Cell, rows_of
from groundswell.core.documents import read_text
from groundswell.core.errors import InputError, nearest
from groundswell.core.store import digest
from groundswell.populations.tables import OLDEST, CensusRow, CensusTables, CityRow, HouseholdRow, ProvinceRow

LARGEST_FILE = 64 << 20  # bytes; a country's census by province is a thousand times smaller


def _band(cell: Cell) -> tuple[int, int | None]:
    """First and last age of `20-24`, or the first of the open `>=100` or `100+`."""
    open_band = re.fullmatch(r">=([0-9]{1,3})|([0-9]{1,3})\+", cell.text)
    if open_band:
        first = int(open_band[1] or open_band[2])
        if first > OLDEST:
            raise cell.error(f"the open band {cell.text!r} must begin at {OLDEST} or before")
        return first, None
    closed = re.fullmatch(r"([0-9]{1,3})-([0-9]{1,3})", cell.text)
    if not closed or not int(closed[1]) <= int(closed[2]) < OLDEST:
        raise cell.error(f"{cell.text!r} is not an age band such as '20-24' below {OLDEST}, or '>=100'")
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


def _province_row(c: dict[str, Cell]) -> ProvinceRow:
    return ProvinceRow(
        c["id"].words(), c["name"].words(), c["code"].whole(), c["population"].whole(), c["labour_force"].whole_or_none(),
        c["unemployed"].whole_or_none(), c["households"].whole_or_none(), c["id"].line,
    )  # fmt: skip


def _census_row(c: dict[str, Cell]) -> CensusRow:
    return CensusRow(c["province"].words(), *_band(c["age_band"]), c["male"].whole(), c["female"].whole(), c["province"].line)


def _household_row(c: dict[str, Cell]) -> HouseholdRow:
    return HouseholdRow(c["size"].whole(), c["share"].number(), c["size"].line)


def _city_row(c: dict[str, Cell]) -> CityRow:
    where = c["latitude"].number(), c["longitude"].number()
    return CityRow(c["key"].whole(), c["name"].words(), c["province"].words(), *where, c["population"].whole(), c["key"].line)


_FORMATS: dict[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[dict[str, Cell]], Any]]] = {
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
        rows[table] = tuple(make(cells) for cells in rows_of(str(path), text, required, optional))
    return CensusTables(**rows, files=files, hashes=hashes)
