"""Files that are none: one clear error each, and damaged ones never raise anything else."""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
import zipfile
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from groundswell.core.errors import InputError
from groundswell.core.parquet import one_decoder
from groundswell.events import opening
from groundswell.events.fixtures import paths
from groundswell.events.reading import Reading, read

HEAD = b"event_id_cnty,event_date,sub_event_type,country,admin1\n"


def refused(path: Path, match: str, **how: object) -> InputError:
    with pytest.raises(InputError, match=match) as caught:
        read(path, **how)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "this one is empty"),
        (b"\xef\xbb\xbf", "this one is empty"),
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "a page of a web site"),
        (b"  <html>\n<head>", "a page of a web site"),
        (b'{"status": 403, "success": false, "error": "access denied for this key"}', "answer of a server without data: access denied"),
        (b'{"data": []}', "has no rows"),
        (b'{"data": [1, 2]}', "not all objects"),
        (b'{"data": [{}]}', "have no columns"),
        (b'{"data": [{"a": 1}', "not JSON"),
        (b"[" * 100_000, "nested too deeply|not JSON"),
        (b'[{"first": ' + b"9" * 5000 + b"}]", "a number that is too long"),
        (b"a,b\n1,\xe9\n", "byte 0xe9 is not utf-8; .*cp1252"),
        ("first,kind\n2021-01-01,x\n".encode("utf-16"), "this is UTF-16; read it with --encoding utf-16"),
        (b"a,b\n1,\0\n", "a zero byte"),
        (b"a,a\n1,2\n", "the column stands there twice"),
        (b"PK\x03\x04 nothing", "zip archive cannot be read"),
        (b"\x1f\x8b nothing", "cannot be unpacked"),
        (b"PAR1 nothing", "Parquet file cannot be read"),
        (b"\xd0\xcf\x11\xe0....", "old Excel workbook"),
        (b"%PDF-1.7", "a PDF document"),
        (b"SQLite format 3\0", "a database"),
        (",".join(f"c{k}" for k in range(1200)).encode(), "1200 columns"),
    ],
)
def test_what_is_no_table(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    refused(path, problem)


def test_a_wrong_byte_is_told_with_its_line_and_another_encoding_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(HEAD + b"A1,2021-01-01,Peaceful protest,Atlantis,North\nA2,2021-01-01,Peaceful protest,Atlantis,Gen\xe8ve\n")
    assert refused(path, "0xe8").line == 3
    assert read(path, encoding="cp1252").events.frame["region"].to_list() == ["North", "Genève"]
    refused(path, "this encoding is not known", encoding="rot13")
    refused(path, "this is not utf-16|byte 0x", encoding="utf-16")


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    refused(tmp_path / "none.csv", "there is no such file of records")
    refused(tmp_path, "this is a folder")
    refused(Path("a\0b"), "cannot be read")
    if sys.platform != "win32":
        refused(Path("/dev/zero"), "a device or a pipe")
        os.mkfifo(tmp_path / "pipe")
        began = time.monotonic()
        refused(tmp_path / "pipe", "a device or a pipe")
        assert time.monotonic() - began < 5


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "FREE", 1 << 20)
    zeros = b"0" * (4 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", HEAD + zeros)
    refused(tmp_path / "bomb.zip", "unpacks to more than 200 times its size")
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(HEAD + b"1,2,3,4,5\n" * (1 << 18), 9))
    refused(tmp_path / "bomb.csv.gz", "unpacks to more than 200 times its size")


def test_archives_that_hold_something_else(tmp_path: Path) -> None:
    def packed(name: str, **files: bytes) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for file, data in files.items():
                archive.writestr(file, data)
        return tmp_path / name

    refused(packed("two.zip", **{"a.csv": HEAD, "b.csv": HEAD}), "holds 2 tables")
    refused(packed("none.zip", **{"a.pdf": b"x"}), "holds 0 tables")
    refused(packed("book.xlsx", **{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), "save the sheet as CSV")
    refused(packed("nested.zip", **{"a.csv": gzip.compress(HEAD)}), "an archive within an archive")
    refused(packed("page.zip", **{"a.csv": b"<html></html>"}), "a page of a web site")
    refused(packed("empty.zip", **{"a.csv": b""}), "is empty")


def test_limits_of_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(HEAD * 10)
    monkeypatch.setattr(opening, "LARGEST", 100)
    refused(path, "split it by country or year")
    json_file = tmp_path / "file.json"
    json_file.write_bytes(json.dumps({"data": []}).encode())
    monkeypatch.setattr("groundswell.events.structured.LARGEST_JSON", 4)
    refused(json_file, "ask for CSV")


def test_parquet_that_is_no_plain_table(tmp_path: Path) -> None:
    pl.DataFrame({"first": [[1, 2]]}).write_parquet(tmp_path / "nested.parquet")
    refused(tmp_path / "nested.parquet", "not text, number or date")
    pl.DataFrame({"colour": [1]}).write_parquet(tmp_path / "other.parquet")
    refused(tmp_path / "other.parquet", "no format known here")


def test_a_parquet_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    pl.DataFrame({"when": ["2001-01-01"] * 200, "where": ["x" * 1_000_000] * 200}).write_parquet(path)
    refused(path, "unpacks to more than 200 times its size", columns={"first": "when", "place": "where"})


def test_a_map_follows_nobody_and_goes_no_finer_than_a_region(tmp_path: Path) -> None:
    """A count by region and week is that of a person where the region is a column of persons."""
    path = tmp_path / "people.csv"
    head = "date,Province,City,leader,Organisation,victim_name,Event name,killed,نام,ADM2_EN,gov id"
    path.write_text(f"{head}\n2021-03-01,North,Alpha,Jane Roe,Free Bakers,Ann Doe,March,3,آن,Lower North,7\n", encoding="utf-8")

    def tried(**how: str) -> Reading:
        return read(path, columns={"first": "date", **how})

    for ours in ("region", "place", "country", "reporter", "id", "kind"):
        for theirs in ("leader", "victim_name", "نام"):
            refused(path, "may name people", columns={"first": "date", ours: theirs})
    refused(path, "may name people or groups", columns={"first": "date", "region": "Organisation"})
    refused(path, "may name people", columns={"first": "date", "arrests": "victim_name"})
    for theirs in ("City", "ADM2_EN"):
        refused(path, "finer than a region", columns={"first": "date", "region": theirs})
    found = tried(region="Province", place="City", deaths="killed", reporter="Organisation", id="gov id")
    assert found.counts["kept"] == 1
    assert set(found.dropped_columns) == {"leader", "victim_name", "نام"}
    assert set(found.unknown_columns) == {"Event name", "ADM2_EN"}
    assert tried(kind="Event name").counts["kept"] == 1


def test_maps(tmp_path: Path) -> None:
    plain = paths()["plain"]
    refused(plain, "has no such column .*did you mean 'Date'", columns={"first": "Dat"})
    refused(plain, "no such column of ours.*did you mean 'first'", columns={"frist": "Date"})
    refused(plain, "lacks the column of dates", columns={"region": "Province"})
    refused(plain, "a map of columns is for the format plain", columns={"first": "Date"}, format="acled")
    refused(plain, "--map first=COLUMN", format="plain")
    refused(plain, "most like acled|no format known here", format="acled")


def test_a_table_of_names_only(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(HEAD)
    reading = read(path)
    assert reading.counts["rows"] == 0
    assert reading.notes == ["the table has no rows"]


def test_values_that_are_told_are_short_and_harmless(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(HEAD + b'A1,"=1+1\x1b[31m' + b"x" * 5000 + b'",Peaceful protest,Atlantis,North\n')
    value = read(path).set_aside["value"].to_list()[0]
    assert value.startswith("'=1+1 [31m")
    assert len(value) <= 41


def fuzzer() -> ModuleType:
    import importlib.util

    path = Path(__file__).parents[2] / "verification" / "fuzz_readers.py"
    spec = importlib.util.spec_from_file_location("fuzz_readers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_damaged_files_raise_nothing_but_our_error(tmp_path: Path) -> None:
    """A few hundred of the million that verification/fuzz_readers.py makes."""
    for only, inputs in ((None, 250), ("record-table", 100)):
        with one_decoder():
            outcomes, failures = fuzzer().fuzz(0, inputs, 11, tmp_path, only)
        assert not failures
        assert sum(outcomes.values()) == inputs
        assert outcomes["refused"]


def test_damaged_files_are_the_same_tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive holds the time at which it was packed."""
    make, bases = fuzzer().make, {name: path.read_bytes() for name, path in paths().items()}
    made = []
    for now in (1.5e9, 1.6e9):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        made.append([make(number, 1, bases)[:2] for number in range(200)])
    assert made[0] == made[1]
    assert {data[:2] for _, data in made[0]} >= {b"\x1f\x8b", b"PK"}
