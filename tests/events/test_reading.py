"""Reading: each row is kept, kept with a note, or set aside with a reason, and nothing is lost in silence."""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, strategies as st

from groundswell.core.draws import day_number
from groundswell.core.errors import InputError
from groundswell.core.places import City, Places, Province
from groundswell.events import reading as reading_module
from groundswell.events.acled import KEY, to_acled
from groundswell.events.fixtures import paths
from groundswell.events.reading import Reading, read
from groundswell.events.slicing import Text, last_end, well_formed
from groundswell.events.weekly import weekly

TODAY = date(2026, 1, 1)
HEAD = "event_id_cnty,event_date,sub_event_type,country,admin1,location,latitude,longitude,fatalities,notes\n"
RECORDS = Path(os.environ.get("GROUNDSWELL_RECORDS", "no-folder"))


def row(number: int, **other: object) -> str:
    cells = {"id": f"ATL{number}", "date": "2021-03-05", "sub": "Peaceful protest", "country": "Atlantis", "admin1": "North",
             "place": "Harbour",
             "lat": 10.5, "lon": 60.0, "deaths": 0, "notes": '"nothing, as ever"'}  # fmt: skip
    return ",".join(str(v) for v in (cells | other).values()) + "\n"


def of(tmp_path: Path, *rows: str, head: str = HEAD, **how: object) -> Reading:
    path = tmp_path / "file.csv"
    path.write_text(head + "".join(rows), encoding="utf-8")
    return read(path, today=TODAY, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("block", [0, 1 << 20])
def test_the_digest_is_of_the_bytes_of_the_file(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is taken after the reading or, as of a large file, at the same time."""
    monkeypatch.setattr(reading_module, "BLOCK", block)
    reading = of(tmp_path, row(1))
    assert reading.events.digest == hashlib.blake2b((tmp_path / "file.csv").read_bytes(), digest_size=16).hexdigest()


def reasons(reading: Reading) -> list[tuple[object, ...]]:
    return reading.set_aside.select("row", "reason").rows()


def test_rows_that_cannot_be_are_set_aside_with_the_reason(tmp_path: Path) -> None:
    reading = of(
        tmp_path, row(1), row(2, date="2031-01-01"), row(3, date="03/05/2021"), row(4, date=""), row(5), row(5), row(5, place="Hills"),
        "ATL9,too,few\n", row(10),
    )  # fmt: skip
    assert reading.events.frame["id"].to_list() == ["ATL1", "ATL5", "ATL10"]
    assert reasons(reading) == [
        (2, "in the future"),
        (3, "not a date such as 2022-09-16 or 16 September 2022"),
        (4, "no date"),
        (6, "a copy of an earlier row"),
        (7, "the id of an earlier row, with other content"),
        (8, "another number of fields than there are columns"),
    ]
    assert reading.set_aside["value"].to_list()[3:] == ["row 5: ATL5", "row 5: ATL5", "3 fields, 10 columns"]
    assert dict(reading.counts) == {"rows": 9, "kept": 3, "set_aside": 6, "noted": 0, "events": 3, "table": 3}
    assert sum(reading.reasons.values()) == 6


def test_cells_that_cannot_be_are_noted_and_left_out(tmp_path: Path) -> None:
    reading = of(
        tmp_path, row(1, lat=60.0, lon=100.5), row(2, lat=100.5, lon=60.0), row(3, lat=0, lon=0), row(4, lat=10, lon=""),
        row(5, lat=10, lon=500),
        row(6, deaths="many"), row(7, deaths=-1), row(8, sub="Singing"), row(9, admin1="=HYPERLINK(1)"), row(10, lat="x"),
    )  # fmt: skip
    assert reading.counts["kept"] == 10
    assert reading.noted.select("row", "reason").rows() == [
        (2, "latitude and longitude are swapped; left out"),
        (3, "coordinates 0, 0; left out"),
        (4, "only one coordinate; left out"),
        (5, "not on the globe; left out"),
        (6, "not a whole number"),
        (7, "not a whole number"),
        (8, "unknown, read as 'other'"),
        (9, "begins like a formula of a spreadsheet, kept as text"),
        (10, "not a number"),
        (10, "only one coordinate; left out"),
    ]
    assert reading.events.frame["latitude"].to_list() == [60.0, None, None, None, None, 10.5, 10.5, 10.5, 10.5, None]
    assert reading.events.frame["deaths"].null_count() == 2
    assert reading.noted["value"].to_list()[7] == "'=HYPERLINK(1)"
    assert any("1 cell begins like a formula" in note for note in reading.notes)


def test_coordinates_swapped_within_the_globe_are_found_by_their_country(tmp_path: Path) -> None:
    rows = [row(k, lat=10 + k / 10, lon=60 + k / 10) for k in range(1, 31)]
    reading = of(tmp_path, *rows, row(31, lat=60.5, lon=10.5), row(32, lat=40, lon=30))
    assert reading.noted.select("row", "value").rows() == [(31, "60.5, 10.5")]
    assert reading.events.frame["latitude"].to_list()[30:] == [None, 40.0]
    few = of(tmp_path, *rows[:5], row(31, lat=60.5, lon=10.5))
    assert few.counts["noted"] == 0


def test_countries_and_regions(tmp_path: Path) -> None:
    rows = (row(1), row(2, country="Lemuria"), row(3, admin1="Norht"))
    both = of(tmp_path, *rows)
    assert both.notes == ["2 countries (Atlantis, Lemuria); keep one with --country"]
    one = of(tmp_path, *rows, country="atlantis", regions=["North", "South"])
    assert reasons(one) == [(2, "another country")]
    assert one.noted.select("row", "column", "value").rows() == [(3, "region", "Norht")]


def test_columns_that_nobody_knows_are_named(tmp_path: Path) -> None:
    reading = of(tmp_path, row(1), head=HEAD.replace("fatalities", "fatalites").replace("notes", "colour"))
    assert reading.unknown_columns == {"fatalites": "fatalities", "colour": None}
    assert reading.events.frame["deaths"].to_list() == [None]


def test_quotes_new_lines_and_other_separators(tmp_path: Path) -> None:
    plain = of(tmp_path, row(1, notes='"a ""b"",\nc\n\nd"'), row(2), row(3, place='"Harbour, Old"'))
    assert plain.events.frame["place"].to_list() == ["Harbour", "Harbour", "Harbour, Old"]
    windows = tmp_path / "windows.csv"
    windows.write_bytes((HEAD + row(1) + row(2)).replace("\n", "\r\n").encode("utf-8-sig"))
    assert read(windows, today=TODAY).counts["kept"] == 2
    old_mac = tmp_path / "mac.csv"
    old_mac.write_bytes((HEAD + row(1) + row(2)).replace("\n", "\r").encode())
    assert read(old_mac, today=TODAY).counts["kept"] == 2
    tabs = tmp_path / "tabs.txt"
    tabs.write_text((HEAD + row(1, notes="x") + row(2, notes="y")).replace(",", "\t"), encoding="utf-8")
    assert read(tabs, today=TODAY).counts["kept"] == 2


def test_a_stray_quote_costs_only_its_own_row(tmp_path: Path) -> None:
    reading = of(tmp_path, row(1), row(2, place='5" Harbour'), row(3, place='"Old" Harbour'), row(4))
    assert reading.events.frame["place"].to_list() == ["Harbour", '5" Harbour', "Old Harbour", "Harbour"]


def test_a_file_that_was_cut_off_loses_its_last_row_only(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"
    path.write_text((HEAD + "".join(row(k) for k in range(1, 50)))[:-12])
    reading = read(path, today=TODAY)
    assert reading.counts["kept"] == 49  # the last row's notes are cut, and nobody reads them
    path.write_text((HEAD + "".join(row(k) for k in range(1, 50)))[:-40])
    reading = read(path, today=TODAY)
    assert (reading.counts["kept"], reading.counts["set_aside"]) == (48, 1)


def test_slices_give_what_one_piece_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.csv"
    rows = [row(k, notes=f'"{"x" * (k % 70)}\n,""{k}"""') for k in range(1, 400)]
    path.write_text(HEAD + "".join(rows[:200]) + "ATL,short\n" + "".join(rows[200:]), encoding="utf-8")
    whole = read(path, today=TODAY)
    assert whole.counts["kept"] == 399
    for size in (64, 333, 4096):
        monkeypatch.setattr(Text.__init__, "__defaults__", (size,))
        monkeypatch.setattr("groundswell.events.opening.BLOCK", 50)
        part = read(path, today=TODAY)
        assert part.events.frame.equals(whole.events.frame), size
        assert part.set_aside.equals(whole.set_aside)


@given(st.lists(st.lists(st.text(st.sampled_from('a1",;\n\r\t é'), max_size=6), min_size=3, max_size=3), min_size=1, max_size=8))
def test_any_written_table_is_read_cell_by_cell(rows: list[list[str]]) -> None:
    """What Python's csv module writes comes back, whichever way it is read."""
    import csv
    import io

    target = io.StringIO()
    quoting = csv.QUOTE_ALL if any("\r" in cell for cells in rows for cell in cells) else csv.QUOTE_MINIMAL  # Python 3.11 forgets returns
    csv.writer(target, lineterminator="\n", quoting=quoting).writerows([["one", "two", "three"], *rows])
    data = target.getvalue().encode()
    for block in (7, 1 << 20):
        text = Text(iter([data[k : k + block] for k in range(0, len(data), block)]), "f", 20)
        parts = list(text.slices([0, 1, 2]))
        assert not any(part.wrong for part in parts)
        read_back = [list(r) for part in parts for r in part.frame.select("c0", "c1", "c2").rows()]
        assert read_back == rows
        assert [n for part in parts for n in part.frame["row"].to_list()] == list(range(1, len(rows) + 1))


@pytest.mark.parametrize(
    ("data", "records"),
    [
        (b"1,2\n3,4\n", 2), (b"1,2\n3,4", 2), (b"1,2\n3\n", None), (b"1,2\n\n", None), (b'1,"2\n,"\n', 1), (b'1,"2"x\n', None),
        (b'1,x"2"\n', None), (b'1,"2\n', None), (b'1,"a""b"\r\n', 1), (b"1,2\r3\n", None), (b'"",""\n', 1), (b"1,2,3\n4\n", None),
    ],
)  # fmt: skip
def test_well_formed(data: bytes, records: int | None) -> None:
    assert well_formed(data, ord(","), 2) == records


def test_last_end() -> None:
    assert last_end(b'a\n"b\n') == 2
    assert last_end(b'a\n"b\n"\nc') == 7
    assert last_end(b'"' + b"a\n" * (1 << 20)) == 0


def test_archives(tmp_path: Path) -> None:
    data = paths()["acled"].read_bytes()
    packed = tmp_path / "acled.csv.gz"
    packed.write_bytes(gzip.compress(data))
    with zipfile.ZipFile(tmp_path / "acled.zip", "w") as archive:
        archive.writestr("__MACOSX/acled.csv", b"x")
        archive.writestr("acled.csv", data)
        archive.writestr("codebook.pdf", b"x")
    expected = read(paths()["acled"], today=TODAY).events.frame
    for path in (packed, tmp_path / "acled.zip"):
        assert read(path, today=TODAY).events.frame.equals(expected)


def test_what_is_exported_is_read_back(tmp_path: Path) -> None:
    events = of(tmp_path, row(1, admin1="=North", place="-Harbour"), row(2, lat="", lon="")).events
    events.write_csv(tmp_path / "out.csv")
    assert "'=North,'-Harbour" in (tmp_path / "out.csv").read_text()
    events.write_parquet(tmp_path / "out.parquet")
    for name in ("out.csv", "out.parquet"):
        again = read(tmp_path / name)
        assert again.format.name == "events"
        assert again.events.frame.equals(events.frame)


def test_details_are_bounded_and_counts_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MOST_TOLD", 3)
    reading = of(tmp_path, *(row(k, date="") for k in range(1, 11)))
    assert reading.counts["set_aside"] == 10
    assert reading.reasons == {"no date": 10}
    assert reading.set_aside["row"].to_list() == [1, 2, 3]
    assert "only the first 3 of the rows that were set aside are told one by one" in reading.notes


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MOST_ROWS", 5)
    assert of(tmp_path, *(row(k) for k in range(1, 6))).counts["kept"] == 5
    with pytest.raises(InputError, match="more than 5 rows: split"):
        of(tmp_path, *(row(k) for k in range(1, 7)))


def test_a_plain_table_with_ids_has_no_event_twice_and_one_column_may_serve_two(tmp_path: Path) -> None:
    columns = {"first": "day", "last": "day", "id": "number"}
    reading = of(tmp_path, "2021-01-01,1\n", "2021-01-02,2\n", "2021-01-01,1\n", head="day,number\n", columns=columns)
    assert reasons(reading) == [(3, "a copy of an earlier row")]
    without = of(tmp_path, "2021-01-01,1\n", "2021-01-01,1\n", head="day,number\n", columns={"first": "day"})
    assert without.counts["kept"] == 2
    assert without.noted["row"].to_list() == [2]


def test_the_simulators_record_is_read_back_to_the_same_table(tmp_path: Path) -> None:
    places = Places(
        provinces=(Province("XX-1", "North", 7, 3000), Province("XX-2", "South", 3, 1000)),
        cities=(City(11, "Harbour", 0, 10.0, 20.0), City(12, "Hills", 0, 11.0, 21.0), City(11, "Oasis", 1, -5.5, 30.25)),
        neighbourhood_start=np.array([0, 500, 3000, 4000]),
        city_start=np.array([0, 1, 2, 3]),
        province_start=np.array([0, 2, 3]),
    )
    day = day_number(date(2031, 11, 15))
    rows = np.array(
        [(day, 7, 11, 0, 0, 0, day, 120, 0), (day, 7, 12, 1, 0, 1, day + 1, 0, 0), (day + 8, 3, 11, 0, 0, 2, day + 9, 5000, 4),
         (day + 9, 7, 12, 2, 0, 3, day + 9, 40, 1), (day + 9, 3, 11, 0, 1, 4, day + 9, 3, 0)]
    )  # fmt: skip
    record = {name: rows[:, k] for k, name in enumerate(KEY)}
    export = to_acled(record, places, "Atlantis", 900, "monitor")
    export.write_parquet(tmp_path / "record.parquet")
    export.write_csv(tmp_path / "record.csv")
    parquet, text = read(tmp_path / "record.parquet"), read(tmp_path / "record.csv")
    assert parquet.format.name == text.format.name == "record"
    assert parquet.events.frame.equals(text.events.frame)
    frame = parquet.events.frame
    assert frame["id"].to_list() == export["event_id_cnty"].to_list()
    assert frame["first"].to_list() == export["event_date"].to_list()
    assert frame["region"].to_list() == export["admin1"].to_list()
    assert frame["size_low"].to_list() == [120, None, 5000, 40, None]
    assert frame["reporter"].unique().to_list() == ["monitor"]
    weekly(record, places).write_csv(tmp_path / "weekly.csv")
    counted = read(tmp_path / "weekly.csv", today=date(2032, 1, 1))
    assert counted.events.total == 5
    for kind, n in frame.group_by("kind").agg(pl.len()).iter_rows():
        assert counted.events.frame.filter(kind=kind)["count"].sum() == n


@pytest.mark.skipif(not RECORDS.is_dir(), reason="GROUNDSWELL_RECORDS does not name a folder with records")
def test_real_weekly_counts() -> None:
    path = RECORDS / "iran_demonstrations_weekly_2016_2023.csv"
    if not path.is_file():
        pytest.skip("no weekly counts there")
    reading, table = read(path), pl.read_csv(path)
    assert (reading.counts["set_aside"], reading.counts["noted"], reading.notes) == (0, 0, [])
    assert reading.events.frame["deaths"].sum() == table["fatalities"].sum()
    for kind in ("peaceful_protest", "violent_demonstration", "mob_violence"):
        assert reading.events.frame.filter(kind=kind)["count"].sum() == table[kind].sum()


@pytest.mark.skipif(not RECORDS.is_dir(), reason="GROUNDSWELL_RECORDS does not name a folder with records")
def test_real_tables_under_a_map() -> None:
    path = RECORDS / "iran_mass_mobilization_1990_2020.csv"
    if not path.is_file():
        pytest.skip("no Mass Mobilization there")
    columns = {"id": "id", "first": "start_date", "last": "end_date", "place": "location"}
    reading = read(path, columns=columns, country="Iran")
    assert reading.counts["rows"] == 124
    assert reading.counts["kept"] + reading.counts["set_aside"] == 124
    daily = RECORDS / "iran_protests_daily_2022_2023.csv"
    if daily.is_file():
        counted = read(daily, columns={"first": "date", "count": "protests", "kind": "=peaceful_protest"}, country="Iran")
        assert counted.events.total == pl.read_csv(daily)["protests"].sum()
