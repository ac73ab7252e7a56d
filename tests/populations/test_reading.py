"""Wrong tables are refused with the file, the line and the column that is wrong."""

from __future__ import annotations

import dataclasses
import math
import shutil
from collections import Counter
from pathlib import Path

import pytest

from groundswell.core.errors import InputError
from groundswell.populations.reading import read_tables
from groundswell.populations.tables import CensusTables

ROOT = Path(__file__).parents[2]
ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
IRAN = ROOT / "src" / "groundswell" / "cases" / "iran"
PRINTED = ROOT.parent / "shared" / "data" / "iran_census_2016.csv"

NOT_WHOLE = " is not a whole number of at most 12 digits"
# what replaces what in which file, and the error after the folder
WRONG = [
    ("provinces", "AT-01,Poseidonis,7,18000", "AT-01,Poseidonis,7,-18000", ":2: population: '-18000'" + NOT_WHOLE),
    ("provinces", "AT-01,Poseidonis,7,18000", "AT-01,Poseidonis,7,nan", ":2: population: 'nan'" + NOT_WHOLE),
    ("provinces", "AT-01,Poseidonis,7,18000", "AT-01,Poseidonis,7,1e400", ":2: population: '1e400'" + NOT_WHOLE),
    ("provinces", "AT-01,Poseidonis,7", "AT-01,Poseidonis,0", ":2: code: 0 is outside 1 to 32767"),
    ("provinces", "AT-01,Poseidonis,7", "AT-01,Poseidonis,65536", ":2: code: 65536 is outside 1 to 32767"),
    ("provinces", "AT-02,Kalliste,12", "AT-02,Kalliste,7", ":3: code: 7 stands there twice (first in line 2)"),
    ("provinces", "AT-02,Kalliste", "AT-01,Kalliste", ":3: id: 'AT-01' stands there twice (first in line 2)"),
    ("provinces", "AT-02,Kalliste", "AT-02,Thera", ":4: name: 'Thera' stands there twice (first in line 3)"),
    ("provinces", "18000,7920", "18000,18001", ":2: labour_force: 18001 exceeds the population of 18000"),
    ("provinces", "7920,950", "7920,7921", ":2: unemployed: 7921 exceeds the labour_force of 7920"),
    ("provinces", "7920,950", ",950", ":2: unemployed: 950 needs a labour_force"),
    ("provinces", "414,3600", "414,700", ":3: households: 700 households do not fit 11500 persons"),
    ("provinces", "AT-01,Poseidonis", "AT-01,", ":2: name: is empty"),
    ("provinces", "AT-01,Poseidonis,7,18000", "AT-01,Poseidonis,7", ":2: 6 fields under 7 columns"),
    ("provinces", "population,", "populaton,", ":1: populaton: there is no such column (did you mean 'population'?)"),
    ("provinces", "name,code,population", "name,name,population", ":1: name: the column stands there twice"),
    ("households", "size,share", "size,source", ":1: share: the column is missing"),
    ("households", "1,0.09", "1,nan", ":2: share: 'nan' is not a finite decimal number"),
    ("households", "1,0.09", "1,inf", ":2: share: 'inf' is not a finite decimal number"),
    ("households", "1,0.09", "1,-0.09", ":2: share: -0.09 is not a share from 0 to 1"),
    ("households", "1,0.09", "1,0.08", ": share: the shares add up to 0.99, not 1"),
    ("households", "8,0.01", "16,0.01", ":9: size: 16 is outside 1 to 15 persons"),
    ("households", "8,0.01", "7,0.01", ":9: size: 7 stands there twice (first in line 8)"),
    ("census", "AT-01,0-4", "AT-1,0-4", ":2: province: there is no province 'AT-1' (did you mean 'AT-01'?)"),
    ("census", "AT-01,5-9", "AT-01,5-8", ":4: age_band: the band from 10 of AT-01 leaves out the ages 9 to 9"),
    ("census", "AT-01,5-9", "AT-01,4-9", ":3: age_band: the band from 4 of AT-01 overlaps another"),
    ("census", "AT-01,5-9", "AT-01,5-100", ":3: age_band: '5-100' is not an age band such as '20-24' below 100, or '>=100'"),
    ("census", "AT-01,>=85", "AT-01,85-99", ":19: age_band: the last band of AT-01 must be open, such as '>=100'"),
    ("census", "AT-01,>=85", "AT-01,>=101", ":19: age_band: the open band '>=101' must begin at 100 or before"),
    ("cities", "11,Basileia", "0,Basileia", ":2: key: 0 is outside 1 to 2147483647"),
    ("cities", "12,Akra", "11,Akra", ":3: key: 11 stands there twice (first in line 2)"),
    ("cities", "36.4500,25.4000", "96.4500,25.4000", ":2: latitude: 96.45 is outside -90 to 90 degrees"),
    ("cities", "36.4500,25.4000", "36.4500,", ":2: longitude: '' is not a finite decimal number"),
    ("cities", "25.6200,1900", "25.6200,7301", ":4: population: the cities of AT-01 have 18001 persons, more than the province's 18000"),
    ("cities", "25.6200,1900", "25.6200,0", ":4: population: a city needs at least one person"),
    ("cities", "41,Hesperos,AT-04", "41,Hesperos,AT-03", ": province: province 'AT-04' has no city"),
    ("cities", "12,Akra", '12,"Akra', ":9: this is not CSV (unexpected end of data)"),
    ("provinces", "AT-01,Poseidonis", "nation,Poseidonis", ":2: id: 'nation' stands for all provinces; choose another"),
    ("provinces", "AT-02,Kalliste", "AT-02,nation", ":3: name: 'nation' stands for all provinces; choose another"),
    ("provinces", "AT-02,Kalliste", "AT-02,AT-01", ":3: name: 'AT-01' is the id of another province"),
    ("provinces", "Poseidonis", "\x1b[31mred", ":2: name: control characters in a text"),
    ("provinces", "Poseidonis", '"Posei\ndonis"', ":2: name: control characters in a text"),
    ("cities", "Basileia", "\x9b31m", ":2: name: control characters in a text"),
    ("cities", "11,Basileia", "11,Basil\x00eia", ":2: NUL byte: this is not UTF-8 text"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ATLANTIS, tmp_path / "case")
    return tmp_path / "case"


@pytest.mark.parametrize(("table", "old", "new", "error"), WRONG, ids=[f"{w[0]}-{i}" for i, w in enumerate(WRONG)])
def test_wrong_value(folder: Path, table: str, old: str, new: str, error: str) -> None:
    path = folder / f"{table}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as raised:
        read_tables(folder)
    assert str(raised.value) == f"{path}{error}"


def test_sums_that_do_not_add_up(folder: Path) -> None:
    path = folder / "census.csv"
    lines = path.read_text().splitlines()
    province, band, male, female = lines[1].split(",")
    lines[1] = f"{province},{band},{int(male) + 1},{female}"
    path.write_text("\n".join(lines))
    problem = "male, female: AT-01 has 18001 persons here but 18000 in the table of provinces"
    with pytest.raises(InputError, match=f"census.csv:2: {problem}"):
        read_tables(folder)


def test_province_without_rows(folder: Path) -> None:
    path = folder / "census.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("AT-03")))
    with pytest.raises(InputError, match=r"census\.csv: province: province 'AT-03' has no rows"):
        read_tables(folder)


@pytest.mark.parametrize("table", ["provinces", "census", "households", "cities"])
def test_empty_and_missing_tables(folder: Path, table: str) -> None:
    path = folder / f"{table}.csv"
    header = path.read_text().splitlines()[0]
    path.write_text(header + "\n")
    with pytest.raises(InputError, match=f"{table}.csv: the table has no rows"):
        read_tables(folder)
    path.write_text("")
    with pytest.raises(InputError, match=f"{table}.csv: the table is empty"):
        read_tables(folder)
    path.rename(folder / f"{table}2.csv")
    with pytest.raises(InputError, match=rf"{table}\.csv: there is no such table \(did you mean '{table}2\.csv'\?\)"):
        read_tables(folder)


def test_not_utf8(folder: Path) -> None:
    path = folder / "cities.csv"
    path.write_bytes(path.read_bytes().replace(b"Pyrgos", b"P\xffrgos"))
    with pytest.raises(InputError, match=r"cities\.csv:6: this is not UTF-8 text"):
        read_tables(folder)


@pytest.mark.parametrize("name", ["../cities.csv", "sub/../../cities.csv", "link.csv"])
def test_tables_stay_in_their_folder(folder: Path, name: str) -> None:
    outside = folder.parent / "cities.csv"
    shutil.copy(folder / "cities.csv", outside)
    (folder / "link.csv").symlink_to(outside)
    for given in (name, folder / name, outside):
        with pytest.raises(InputError, match="leads out of the folder of its case"):
            read_tables(folder, {"cities": given})


def test_names_and_hashes(folder: Path, atlantis: CensusTables) -> None:
    (folder / "cities.csv").rename(folder / "towns.csv")
    for given in ("towns.csv", folder / "towns.csv"):
        tables = read_tables(folder, {"cities": given, "repertoire": "other.csv"})
        assert tables == atlantis
        assert tables.hashes == atlantis.hashes
    (folder / "towns.csv").write_text((folder / "towns.csv").read_text().replace("Akra", "Akre"))
    changed = read_tables(folder, {"cities": "towns.csv"})
    assert changed.hashes["cities"] != atlantis.hashes["cities"]
    assert changed.hashes["census"] == atlantis.hashes["census"]


def test_byte_order_mark_and_windows_lines(folder: Path, atlantis: CensusTables) -> None:
    for table in ("provinces", "census", "households", "cities"):
        path = folder / f"{table}.csv"
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_tables(folder) == atlantis


def test_tables_made_in_python_are_checked_too(atlantis: CensusTables) -> None:
    households = list(atlantis.households)
    households[0] = dataclasses.replace(households[0], share=math.nan)
    with pytest.raises(InputError, match="share: nan is not a share from 0 to 1"):
        dataclasses.replace(atlantis, households=tuple(households))


def test_iran() -> None:
    tables = read_tables(IRAN)
    assert len(tables.provinces) == 31
    assert sum(p.population for p in tables.provinces) == 79_926_270  # census of 2016
    assert sum(p.households or 0 for p in tables.provinces) == 24_196_035  # census of 2016
    mean = sum(row.size * row.share for row in tables.households)
    assert mean == pytest.approx(79_926_270 / 24_196_035, abs=1e-4)
    largest = {p.id: max(tables.cities_of(p.id), key=lambda c: c.population).name for p in tables.provinces}
    assert largest["IR-23"] == "Tehran"
    assert largest["IR-09"] == "Mashhad"
    assert largest["IR-07"] == "Shiraz"
    assert max(Counter(c.province for c in tables.cities).values()) < 80


@pytest.mark.skipif(not PRINTED.is_file(), reason="the census as received is not at hand")
def test_irans_census_is_the_one_received() -> None:
    received = [line.split(",") for line in PRINTED.read_text().splitlines()[1:]]
    mine = {(r.province, r.first): (r.male, r.female) for r in read_tables(IRAN).census}
    theirs = {(iso, int(band.strip(">").split("-")[0])): (int(m), int(f)) for iso, _, band, m, f in received}
    assert mine == theirs
