"""Hostile and clumsy input to `groundswell data`: one clear line, nothing lost, nothing replaced that should not be."""

from __future__ import annotations

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from groundswell.cli import main
from groundswell.events.fixtures import paths

HEAD = "event_id_cnty,event_date,sub_event_type,country,admin1,fatalities"
WEEKS = "id,first,last,precision,place_precision,kind,count,country,region"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="names of files are bytes on POSIX only")


def run(*words: object, expect: int = 0) -> Result:
    result = CliRunner().invoke(main, ["data", *(str(word) for word in words)])
    assert result.exit_code == expect, (result.output, result.exception)
    return result


def refused(*words: object) -> str:
    """The one line that a mistake gives."""
    result = run(*words, expect=2)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


def table(path: Path, rows: list[str], head: str = HEAD) -> Path:
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def row(k: int, *, country: str = "Atlantis", region: str = "North", deaths: str = "0") -> str:
    return f"A{k},{date(2001, 1, 6) + timedelta(days=k)},Peaceful protest,{country},{region},{deaths}"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return table(tmp_path / "record.csv", [row(k, region=("North", "South")[k % 2]) for k in range(200)])


def weekly(path: Path, count: int, weeks: int = 20) -> Path:
    days = [date(2001, 1, 6) + timedelta(days=7 * k) for k in range(weeks)]
    rows = [f"{k},{day},{day + timedelta(days=6)},week,region,peaceful_protest,{count},Atlantis,North" for k, day in enumerate(days)]
    return table(path, rows, WEEKS)


def test_no_output_replaces_what_is_read(record: Path, tmp_path: Path) -> None:
    before = record.read_bytes()
    (tmp_path / "link.json").symlink_to(record)
    for target in (record, tmp_path / "x" / ".." / "record.csv", tmp_path / "link.json"):
        for words in (("check", record), ("describe", record, "-q"), ("lists", record, record)):
            assert "is read or written already" in refused(*words, "--json", target)
        assert "is read or written already" in refused("lists", record, record, "--table", target)
    assert "is read or written already" in refused("lists", record, record, "--table", tmp_path / "o", "--json", tmp_path / "o")
    assert record.read_bytes() == before


@POSIX
def test_no_output_replaces_a_pipe(record: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for words in (("check", record), ("describe", record, "-q"), ("lists", record, record)):
        assert "a device or a pipe" in refused(*words, "--json", tmp_path / "pipe")
    assert "a device or a pipe" in refused("lists", record, record, "--table", tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_table_that_cannot_be_written_is_one_line(record: Path, tmp_path: Path) -> None:
    assert "this is a folder" in refused("lists", record, record, "--table", tmp_path)
    assert "this is a file, not a folder" in refused("lists", record, record, "--table", record / "x.csv")
    assert "at most 200 bytes" in refused("lists", record, record, "--table", tmp_path / ("x" * 220))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@POSIX
def test_names_of_files_that_are_no_text(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"l\xe8.csv")
    table(odd, [row(k) for k in range(80)])
    out = tmp_path / os.fsdecode(b"\xff")
    for name, words in (("check", ("check", odd)), ("describe", ("describe", odd, "-q", "--out", out)), ("lists", ("lists", odd, odd))):
        run(*words, "--json", tmp_path / f"{name}.json")
        assert "l?.csv" in (tmp_path / f"{name}.json").read_text(encoding="utf-8")
    assert (out / "record.html").is_file()
    run("lists", odd, odd, "--table", tmp_path / os.fsdecode(b"\xfe.csv"))
    packed = tmp_path / os.fsdecode(b"l\xe8.parquet")
    packed.write_bytes(b"PAR1")
    assert "must be UTF-8" in refused("check", packed)
    lines = tmp_path / "a\nb\x1b[31m.csv"
    table(lines, [row(1)])
    assert "a b\\x1b[31m.csv: ACLED" in run("check", lines).stdout.splitlines()[0]


def test_json_that_loses_something(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text('[{"event_id_cnty": "A1", "event_date": "2001-01-01", "event_date": "2002-01-01"}]', encoding="utf-8")
    assert "event_date: stands twice in one object" in refused("check", path)
    path.write_text(json.dumps([{f"c{k}": 1 for k in range(1200)}]), encoding="utf-8")
    assert "1200 columns; at most 1000" in refused("check", path)
    cells = dict.fromkeys(HEAD.split(","), "x") | {"event_date": "2001-01-01", "\ud800": "1"}
    path.write_text(json.dumps([cells]), encoding="utf-8")
    run("check", path, "--json", tmp_path / "out.json")
    assert "?" in json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["unknown_columns"]


def test_parquet_of_too_many_or_odd_columns(tmp_path: Path) -> None:
    pl.DataFrame({f"c{k}": [1] for k in range(1200)}).write_parquet(tmp_path / "wide.parquet")
    assert "1200 columns; at most 1000" in refused("check", tmp_path / "wide.parquet")
    pl.DataFrame({"first": ["2001-01-01"], "took": [timedelta(1)]}).write_parquet(tmp_path / "odd.parquet")
    assert "took: the column is Duration" in refused("check", tmp_path / "odd.parquet", "--map", "first=first")


def test_a_damaged_archive_of_any_method(tmp_path: Path) -> None:
    path = tmp_path / "file.zip"
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("a.csv", "\n".join([HEAD, *(row(k) for k in range(500))]))
        data = bytearray(path.read_bytes())
        for k in range(60, 90):
            data[k] ^= 0x5A
        path.write_bytes(bytes(data))
        assert "cannot be unpacked or read to its end" in refused("check", path)
    (tmp_path / "a.gz").write_bytes(gzip.compress(gzip.compress(b"x")))
    assert "an archive within an archive" in refused("check", tmp_path / "a.gz")


def test_names_of_columns_over_two_lines_and_first_lines_without_end(tmp_path: Path) -> None:
    path = table(tmp_path / "file.csv", [row(1) + ",x"], HEAD + ',"what was\nsaid"')
    assert "unknown column, not read: 'what was\\nsaid'" in run("check", path).stdout
    path.write_text(",".join(f"c{k}" for k in range(10**6)), encoding="utf-8")
    assert f"{path}:1: a first line of " in refused("check", path)
    path.write_bytes(b"x" * (3 << 20))
    assert f"{path}:1: a first line of 3,145,728 bytes" in refused("check", path)


def test_numbers_that_nothing_counts(tmp_path: Path) -> None:
    path = table(tmp_path / "file.csv", [row(k, deaths="9007199254740992") for k in range(2000)])
    assert "more than 100,000,000,000, which nothing counts" in run("check", path).stdout
    run("describe", path, "-q", "--json", tmp_path / "out.json")
    years = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["years"]
    assert [year["deaths"] for year in years] == [0] * len(years)
    path = weekly(tmp_path / "weeks.csv", 10**19)
    assert "20  more than 100,000,000,000" in run("check", path, expect=1).stdout


def test_a_misspelt_country_is_named(record: Path) -> None:
    said = run("check", record, "--country", "Atlantes", expect=1).stdout
    assert "note: no row of 'Atlantes' is kept; did you mean 'Atlantis'?" in said
    assert "did you mean 'Atlantis'?" in refused("describe", record, "--country", "Atlantes")
    assert "country: is empty" in refused("check", record, "--country", "")


def test_words_in_capitals_and_other_names_of_encodings(record: Path) -> None:
    assert "did you mean 'acled'?" in refused("check", record, "--format", "ACLED")
    assert "did you mean 'first'?" in refused("check", record, "--map", "FIRST=event_date")
    assert "did you mean" not in refused("check", record, "--map", "row=event_date")
    for name in ("latin1", "ISO-8859-1", "windows-1252", "utf8", "UTF-8"):
        run("check", record, "--encoding", name)
    for name in ("base64", "idna", "utf-7", "zlib"):
        assert "this encoding is not known here" in refused("check", record, "--encoding", name)


def test_one_region_and_one_event_are_told_as_such(tmp_path: Path) -> None:
    said = run("describe", table(tmp_path / "a.csv", [row(k) for k in range(80)]), "-q").stdout
    assert "80 demonstrations, 11 whole weeks, 1 region\n" in said
    said = run("describe", table(tmp_path / "b.csv", [row(1)]), "-q").stdout
    assert "\n1 demonstration, 0 whole weeks\n" in said


def test_no_figure_of_another_record_stays_beside_the_page(record: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("describe", record, "-q", "--out", out)
    assert (out / "weekdays.svg").is_file()
    (out / "mine.svg").write_text("mine", encoding="utf-8")
    run("describe", table(tmp_path / "one.csv", [row(1)]), "-q", "--out", out)
    assert sorted(path.name for path in out.iterdir()) == ["mine.svg", "record.html", "years.svg"]


def test_lists_tell_what_is_set_aside_and_what_is_one_file(record: Path, tmp_path: Path) -> None:
    other = table(tmp_path / "other.csv", [*(row(k) for k in range(100)), row(1), "x,yesterday,Peaceful protest,Atlantis,North,0"])
    said = run("lists", record, other).stdout
    assert "other.csv (acled), 100 events; 2 rows set aside" in said
    assert "the same file" not in said
    assert "note: B is the same file as A" in run("lists", record, record).stdout
    assert "did you mean 'Atlantis'?" in run("lists", record, other, "--country", "Atlantes", expect=2).stdout


def test_a_ratio_that_is_none_is_told_in_words(tmp_path: Path) -> None:
    none, five = weekly(tmp_path / "none.csv", 0), weekly(tmp_path / "five.csv", 5)
    said = run("lists", none, five, "--ratio", "--json", tmp_path / "out.json").stdout
    assert "no ratio: A has no events in these weeks" in said
    assert "no correlation by week" in said
    assert "nan" not in said
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["ratio"] == [None, None, None]
    assert "nan" not in run("lists", five, five, "--ratio").stdout


def test_options_of_lists_that_mean_nothing(record: Path, tmp_path: Path) -> None:
    for option in (("--table", tmp_path / "t.csv"), ("--from", "2001-01-01"), ("--days", 3), ("--km", 3), ("--size", 2), ("--same-kind",)):
        assert "ratio: matches nothing" in refused("lists", record, record, "--ratio", *option)
    for level in ("nan", "90", "0"):
        assert "level: " in refused("lists", record, record, "--level", level)
    assert "kilometres: is a distance" in refused("lists", record, record, "--km", "inf")
    assert "size: is a ratio" in refused("lists", record, record, "--size", "inf")


def test_nothing_that_names_people_or_quotes_prose_is_read_or_told(tmp_path: Path) -> None:
    head, cells = f"{HEAD},source,notes,actor1", ',Daily News,"On 3 March, Nemo said: we were beaten",Nemo'
    whole = table(tmp_path / "whole.csv", [row(k) + cells for k in range(60)], head)
    headless = table(tmp_path / "headless.csv", [row(k) + cells for k in range(60)], row(61) + cells)
    out = tmp_path / "out"
    said = [refused(word, headless, "-q") if word == "describe" else refused(word, headless) for word in ("check", "describe")]
    said += [refused("check", headless, "--map", f"first={date(2001, 1, 6) + timedelta(days=61)}")]
    assert all(":1: the first line names the columns, and here it is a row" in line for line in said)
    for ours in ("first", "region", "place", "count", "kind"):
        maps = ("--map", "first=event_date") if ours != "first" else ()
        for theirs, why in (("notes", "quotes prose"), ("Actor1", "may name people")):
            said += [refused("check", whole, *maps, "--map", f"{ours}={theirs}")]
            assert f"{theirs}: this column {why} and is not read" in said[-1]
    said += [run("check", whole, "--map", "first=event_date", "--map", "reporter=source", "--rows").stdout]
    assert "not read, quotes prose: notes" in said[-1]
    for words in (("check", whole, "--rows"), ("describe", whole, "-q", "--out", out), ("lists", whole, whole, "--table", out / "t.csv")):
        said += [run(*words, "--json", out / "o.json").stdout, *(path.read_text(encoding="utf-8") for path in out.iterdir())]
    assert not [line for line in said if "Nemo" in line or "beaten" in line]


@POSIX
def test_a_process_that_is_told_to_end_leaves_no_half_file(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, signal, sys, time\n"
        "from groundswell.core.store import whole_file\n"
        "with whole_file(pathlib.Path(sys.argv[1])) as scratch:\n"
        "    scratch.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(20)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out.json")], check=False, timeout=60)
    assert done.returncode == -signal.SIGTERM
    assert not list(tmp_path.iterdir())


def test_weeks_that_begin_on_different_days_are_told(tmp_path: Path) -> None:
    days = [date(2001, 1, 6) + timedelta(days=7 * k + (k % 5 == 0)) for k in range(20)]
    rows = [f"{k},{day},{day + timedelta(days=6)},week,region,peaceful_protest,3,Atlantis,North" for k, day in enumerate(days)]
    said = run("describe", table(tmp_path / "weeks.csv", rows, WEEKS), "-q").stdout
    assert "9 events in weeks that begin on another day than most" in " ".join(said.split())
    assert "another day" not in run("describe", weekly(tmp_path / "same.csv", 3), "-q").stdout


def test_lists_of_a_real_country_are_told_of_closed_years_and_whole_weeks(tmp_path: Path) -> None:
    this = date.today().year
    days = [date(this - 1, 3, 1) + timedelta(days=k) for k in range(60)]
    rows = [f"{day},North,peaceful_protest" for day in [*days, date(this, 1, 1)]]
    paths = [tmp_path / name for name in ("a.csv", "b.csv")]
    for path in paths:
        path.write_text("\n".join(["day,region,kind", *rows]) + "\n", encoding="utf-8")
    maps = [word for letter in "AB" for one in ("first=day", "region=region", "kind=kind") for word in ("--map", f"{letter}:{one}")]
    said = " ".join(run("lists", *paths, *maps).stdout.split())
    for letter in "AB":
        assert f"note: {letter}: 1 event after {this - 1}-12-31 left out" in said
    assert f"{days[0]} to {days[-1]}" in said
    assert f"{this}-01-01" not in said
    # A mistake is told after what the files are, so that it is known which of them it is about.
    short = run("lists", *paths, *maps, "--from", str(days[0]), "--until", str(days[3]), expect=2)
    assert "is less than a week" in short.stderr


def test_only_our_own_error_is_told_of_a_damaged_parquet_file(tmp_path: Path) -> None:
    """What polars prints itself goes to the file descriptor, past Python; this damage would end the whole process."""
    whole, pages = paths()["record-table"].read_bytes(), b",\x15\x0a\x15\x10\x15\x06\x15\x06"
    path = tmp_path / "file.parquet"
    path.write_bytes(whole.replace(pages, pages.replace(b"\x0a", b"\x0b", 1), 1))
    for words in (("check", path), ("describe", path, "-q"), ("lists", path, path)):
        done = subprocess.run([sys.executable, "-m", "groundswell", "data", *map(str, words)], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: {path}: this Parquet file is damaged")
        assert done.stderr.count("\n") == 1
