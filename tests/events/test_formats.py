"""Each format: how it is told, what its cells become, what is never read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, strategies as st

from groundswell.core.errors import InputError
from groundswell.events.fixtures import paths
from groundswell.events.formats import FORMATS, find, plainly, recognise
from groundswell.events.formats.acled import KIND
from groundswell.events.formats.base import LARGEST, MISSING, Batch, parsed, spread
from groundswell.events.formats.navco import NONE
from groundswell.events.formats.plain import PLAIN
from groundswell.events.formats.sizes import size, sizes
from groundswell.events.reading import Reading, read
from groundswell.events.table import COLUMNS, KINDS, harmless, schema

TODAY = date(2026, 1, 1)
MAP = {"first": "Date", "region": "Province", "place": "City", "count": "Number", "kind": "=peaceful_protest"}
FORMAT_OF = {"acled-api": "acled", "record-table": "record"}


def fixture(name: str) -> Reading:
    return read(paths()[name], columns=MAP if name == "plain" else None, today=TODAY)


def column(name: str, what: str) -> list[object]:
    return fixture(name).events.frame[what].to_list()


@pytest.mark.parametrize("name", sorted(paths()))
def test_each_fixture_is_told_and_read_whole(name: str) -> None:
    reading = fixture(name)
    assert reading.format.name == FORMAT_OF.get(name, name)
    assert dict(reading.events.frame.schema) == schema()
    assert reading.counts["set_aside"] == (name == "mass-mobilization")
    assert reading.counts["noted"] == 0
    assert reading.unknown_columns == ({"Who": None} if name == "plain" else {})
    for about in COLUMNS:
        assert about.optional or not reading.events.frame[about.name].null_count(), about.name


def test_there_is_a_fixture_for_each_format() -> None:
    assert {FORMAT_OF.get(name, name) for name in paths()} == set(FORMATS)


@pytest.mark.parametrize("form", FORMATS.values(), ids=list(FORMATS))
def test_formats_cite_and_do_not_contradict_themselves(form) -> None:
    assert form.codebook
    assert form.title
    assert len(form.known) == len(set(form.known)), form.known
    assert all(plainly(name) == name for name in form.known)


@pytest.mark.parametrize("name", sorted(paths()))
def test_no_word_of_people_or_prose_leaves_a_file(name: str) -> None:
    """The fixtures say 'invent' and 'not exist' wherever they name somebody or quote prose."""
    frame = fixture(name).events.frame
    text = " ".join(str(v) for c in frame.select(pl.col(pl.String)).iter_columns() for v in c.to_list())
    assert "nvent" not in text
    assert "exist" not in text
    assert "Protesters" not in text


def test_acled() -> None:
    reading = fixture("acled")
    frame = reading.events.frame
    assert frame["kind"].to_list() == [*KINDS[:6], "other", "peaceful_protest"]
    assert frame["first"].to_list()[4] == date(2021, 3, 20)  # week: the Saturday on or before 21 March
    assert frame["last"].to_list()[4] == date(2021, 3, 26)
    assert (frame["first"].to_list()[6], frame["last"].to_list()[6]) == (date(2021, 3, 1), date(2021, 3, 31))
    assert frame["size_low"].to_list() == [1000, None, 50, 200, None, None, None, 30]
    assert frame["size_high"].to_list() == [1000, None, 100, 999, None, None, None, None]
    assert frame["deaths"].to_list() == [0, 0, 2, 0, 1, 3, 0, 0]
    assert frame["place_precision"].to_list()[:4] == ["town", "district", "town", "region"]
    assert reading.dropped_columns["notes"] == "quotes prose"
    assert reading.dropped_columns["actor1"] == "may name people"


def test_acled_is_the_same_from_the_api_and_almost_from_an_old_export() -> None:
    today = fixture("acled").events.frame
    assert fixture("acled-api").events.frame.equals(today)
    sizes_apart = ["size_low", "size_high"]
    assert fixture("acled-before-2023").events.frame.drop(sizes_apart).equals(today.drop(sizes_apart))


def test_every_sub_event_type_has_a_kind() -> None:
    assert len(KIND) == 26  # 25 of the codebook, and one older spelling
    assert set(KIND.values()) <= set(KINDS)


def test_weekly_aggregates_of_acled() -> None:
    frame = fixture("acled-weekly").events.frame
    assert frame["count"].to_list() == list(range(1, 9))
    assert ((frame["last"] - frame["first"]).dt.total_days() == 6).all()
    assert frame["id"].n_unique() == 8
    assert frame["region"].to_list()[:2] == ["North", "North-East"]


def test_weekly_table_keeps_every_count_and_the_weeks_of_nothing() -> None:
    reading = fixture("weekly")
    frame = reading.events.frame
    given_ = pl.read_csv(paths()["weekly"])
    for name in ("peaceful_protest", "protest_with_intervention", "violent_demonstration", "mob_violence"):
        assert frame.filter(kind=name)["count"].sum() == given_[name].sum()
    assert frame["deaths"].sum() == given_["fatalities"].sum()
    assert frame.filter(kind="other")["count"].sum() == given_["arrests_recorded"].sum()
    nothing = frame.filter(row=3)
    assert nothing.select("count", "kind", "deaths").rows() == [(0, "other", 0)]
    assert frame["row"].n_unique() == 4
    assert set(frame["country"]) == {"XX"}


def test_mass_mobilization() -> None:
    frame = fixture("mass-mobilization").events.frame
    assert frame["kind"].to_list() == [
        "peaceful_protest", "protest_with_intervention", "excessive_force_against_protesters", "violent_demonstration",
        "protest_with_intervention", "peaceful_protest",
    ]  # fmt: skip
    assert frame["first"].to_list()[0] == date(1990, 5, 3)
    assert frame["place_precision"].to_list() == ["region", "country", "region", "region", "country", "region"]
    both = frame.select("size_low", "size_high").rows()
    assert both == [(1000, 1000), (200, 999), (200, 999), (2000, None), (20000, 20000), (60, 80)]


def test_navco() -> None:
    assert column("navco-3", "kind") == [
        "peaceful_protest", "violent_demonstration", "armed_violence", "armed_violence", "other", "peaceful_protest",
    ]  # fmt: skip
    assert column("navco-3", "deaths") == [0, 1, None, 4, None, 0]
    campaigns = fixture("navco-1")
    assert campaigns.events.frame["last"].to_list() == [date(1935, 12, 31), date(1988, 12, 31), date(2019, 12, 31)]
    assert campaigns.notes == ["2 countries (Atlantis, Lemuria); keep one with --country"]


def test_ucdp() -> None:
    assert column("ucdp-ged", "precision") == ["day", "week", "week", "month", "day"]
    assert column("ucdp-ged", "place_precision") == ["town", "district", "district", "region", "country"]
    assert column("ucdp-ged", "last")[1] == date(2019, 6, 13)
    assert column("ucdp-ged", "deaths") == [0, 1, 2, 3, 4]


def test_a_simulated_record_may_lie_in_the_future_and_names_its_source() -> None:
    reading = fixture("record")
    assert reading.counts["kept"] == 5
    assert reading.events.frame["reporter"].unique().sort().to_list() == ["independent monitor", "state media"]
    assert fixture("record-table").events.frame.equals(reading.events.frame)


def test_plain_map_with_a_constant() -> None:
    reading = fixture("plain")
    assert reading.events.total == 6
    assert reading.events.frame["kind"].unique().to_list() == ["peaceful_protest"]
    assert reading.events.frame["place_precision"].to_list() == ["town", "town", "country"]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (["EVENT_ID_CNTY", "Event Date", "sub_event_type", "country", "admin1"], "acled"),
        (["event_id_cnty", "event_date", "sub_event_type", "country", "admin1", "data_id", "iso3"], "acled-before-2023"),
        (["WEEK", "COUNTRY", "ADMIN1", "SUB_EVENT_TYPE", "EVENTS"], "acled-weekly"),
        (["week_starting", "iso", "peaceful_protest"], "weekly"),
    ],
)
def test_recognise(columns: list[str], told: str) -> None:
    assert recognise(columns).name == told


def test_a_misspelt_column_and_the_nearest_format_are_named() -> None:
    with pytest.raises(InputError, match=r"most like acled .* no column 'sub_event_type' \(is it 'sub_evnt_type'\?\)"):
        recognise(["event_id_cnty", "event_date", "sub_evnt_type", "country", "admin1"])
    with pytest.raises(InputError, match=r"no format known here; `groundswell data check` maps them with --map"):
        recognise(["a", "b"])
    with pytest.raises(InputError, match="did you mean 'acled'"):
        find("acledd")


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("no report", None, None), ("about 1,000", 1000, 1000), ("between 50 and 100", 50, 100), ("50-100", 50, 100),
        ("at least 300", 300, None), ("more than 2 thousand", 2000, None), ("up to 40", None, 40), ("hundreds", 200, 999),
        ("tens of thousands", 20_000, 99_999), ("several hundreds of thousands", 200_000, 999_999), ("1.5 million", 1_500_000, 1_500_000),
        ("100s", 200, 999), ("1000s", 2000, 9999), (">10000", 10_000, None), ("2000+", 2000, None), ("dozens", 24, 99), ("", None, None),
        ("5000-10000", 5000, 10000), ("10k", 10_000, 10_000), ("some", None, None),
    ],
)  # fmt: skip
def test_sizes(text: str, least: int | None, most: int | None) -> None:
    assert size(text) == (least, most)


@given(st.text(max_size=60))
def test_sizes_of_any_text_are_in_order(text: str) -> None:
    least, most = size(text)
    assert least is None or most is None or 0 <= least <= most
    low, high = sizes(pl.Series([text, None]))
    assert (low.to_list(), high.to_list()) == ([least, None], [most, None])


@pytest.mark.parametrize(
    "text", ["2021-03-05", "05 March 2021", "05-March-2021", "5 Mar 2021", "2021-03-05 00:00:00.000", "2021-03-05T00:00:00"]
)
def test_dates(text: str) -> None:
    assert parsed(pl.Series([text, None])).to_list() == [date(2021, 3, 5), None]


@pytest.mark.parametrize("text", ["2021-02-30", "5.3.21", "03/05/2021", "tomorrow", "99999-01-01", "-0001-01-01", ""])
def test_what_is_no_date(text: str) -> None:
    assert parsed(pl.Series([text, "2021-03-05"])).to_list() == [None, date(2021, 3, 5)]


@given(st.dates(date(1000, 1, 1), date(9000, 1, 1)), st.sampled_from(["day", "week", "month", "year"]))
def test_a_spread_holds_its_day(day: date, precision: str) -> None:
    first, last = (one.to_list()[0] for one in spread(pl.Series([day]), pl.Series([precision])))
    assert first <= day <= last
    assert (last - first).days in {"day": [0], "week": [6], "month": [27, 28, 29, 30], "year": [364, 365]}[precision]
    if precision == "week":
        assert first.weekday() == 5


def test_harmless() -> None:
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "fine", None, "'=x"]
    assert harmless(pl.DataFrame({"a": texts, "n": range(8)}))["a"].to_list() == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "fine", None, "'=x"]


def test_missing_words_are_no_numbers() -> None:
    assert all(pl.Series([word]).cast(pl.Int64, strict=False).to_list() == [None] for word in MISSING)


READERS = {  # cells that can be read, and what cannot
    "whole": (["0", "7", " 12 ", "", str(LARGEST)], ["x", "-1", "1.5", "inf", "1e12", str(LARGEST + 1), "9" * 30]),
    "real": (["0", "-7", " 1.5 ", "", "1e300", "-1e300"], ["x", "inf", "-inf", "1e999", "1,5"]),
    "day": (
        ["2021-03-05", " 0001-01-01 ", "9999-12-31", "", "5 Mar 2021", "05-March-2021", "2021-03-05T10:00:00"],
        ["x", "2021-02-30", "99999-01-01"],
    ),
    "text": (["North", " South ", "", "x" * 200], ["a\x1bb", "x" * 201, "=1+1", "-"]),
}


@given(st.data())
@pytest.mark.parametrize("reader", READERS)
def test_what_stands_in_one_cell_changes_no_other(reader: str, data: st.DataObject) -> None:
    """A column without anything odd in it is read in fewer steps than one with it, and to the same values."""
    good, bad = READERS[reader]
    cells = data.draw(st.lists(st.sampled_from(good), max_size=6))
    odd = data.draw(st.sampled_from([*bad, *MISSING]))
    alone, beside = (_batch(cells), _batch([*cells, odd]))
    values, more = (getattr(batch, reader)("first") for batch in (alone, beside))
    assert more.to_list()[:-1] == values.to_list()
    assert more.dtype == values.dtype
    told = [(row, value) for batch in (alone, beside) for row, value in _told(batch) if value]
    assert told == ([(len(cells) + 1, odd)] if odd in bad else [])
    if odd in MISSING:
        assert more.to_list()[-1] is None


def test_words_of_a_format_for_nothing_are_no_numbers() -> None:
    batch = _batch(["5", *NONE, "-1"])
    assert batch.whole("first", missing=NONE).to_list() == [5, *(None for _ in NONE), None]
    assert _told(batch) == [(len(NONE) + 2, "-1")]


def _batch(cells: list[str]) -> Batch:
    rows = pl.Series("row", range(1, len(cells) + 1), dtype=pl.UInt32)
    return Batch(pl.DataFrame([rows, pl.Series("first", cells, dtype=pl.String)]), PLAIN, TODAY)


def _told(batch: Batch) -> list[tuple[int, str]]:
    return [pair for problems in batch.problems for pair in problems.select("row", "value").iter_rows()]


@pytest.mark.parametrize("year", ["NaN", "", "NA", "x", "99999"])
def test_a_campaign_without_its_last_year_is_set_aside(year: str, tmp_path: Path) -> None:
    path = tmp_path / "campaigns.csv"
    path.write_text(f"NAVCOID,CAMPAIGN,LOCATION,BYEAR,EYEAR\n1,One,Atlantis,1931,{year}\n2,Two,Atlantis,1988,1988\n", encoding="utf-8")
    found = read(path)
    assert found.events.frame["row"].to_list() == [2]
    assert found.set_aside["row"].to_list() == [1]


@pytest.mark.parametrize("count", ["", ".", "NaN", "NA"])
def test_a_row_without_its_count_is_told(count: str, tmp_path: Path) -> None:
    """Nothing is taken for one event, or for none, in silence."""
    aggregate, counted, wide = (tmp_path / name for name in ("aggregate.csv", "counted.csv", "wide.csv"))
    head = paths()["acled-weekly"].read_text(encoding="utf-8").splitlines()[0]
    row = "2021-03-06,Middle Sea,Atlantis,North,Protests,Peaceful protest,{},0,12000,Demonstrations,{},10.5,20.25"
    aggregate.write_text("\n".join([head, row.format(count, 200), row.format(3, 201)]), encoding="utf-8")
    counted.write_text(f"first,region,count\n2021-03-06,North,{count}\n2021-03-07,North,3\n", encoding="utf-8")
    for found in (read(aggregate), read(counted, format="plain")):
        assert found.events.frame["count"].to_list() == [3]
        assert found.set_aside["reason"].to_list() == ["no count"]
    wide.write_text(f"week_starting,iso,peaceful_protest,violent_demonstration\n2021-03-06,IR-10,{count},2\n", encoding="utf-8")
    found = read(wide)
    assert found.events.frame["count"].to_list() == [2]
    assert found.noted["reason"].to_list() == ["no count, read as 0"]
