"""The record in ACLED's columns: types, empty cells, ids from natural keys, coarse rows for real cases."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, strategies as st

from groundswell.core.draws import day_number
from groundswell.core.errors import InputError
from groundswell.core.places import City, Places, Province
from groundswell.events.acled import COLUMNS, KEY, NOTE, SUB_EVENTS, from_acled, of_source, schema, to_acled, week_start

FIELDS = (*KEY, "invented")


def two_provinces() -> Places:
    return Places(
        provinces=(Province("XX-1", "North", 7, 3000), Province("XX-2", "South", 3, 1000)),
        cities=(
            City(11, "Harbour", 0, 10.0, 20.0),
            City(12, "Hills", 0, 11.0, 21.0),
            City(13, "Fields", 0, 12.0, 22.0, rural=True),
            City(11, "Oasis", 1, -5.5, 30.25),
        ),
        neighbourhood_start=np.array([0, 500, 1500, 3000, 4000]),
        city_start=np.array([0, 1, 2, 3, 4]),
        province_start=np.array([0, 3, 4]),
    )


def record(*rows: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Rows in the order of `FIELDS`, provinces and cities as positions."""
    table = np.array(rows, np.int64).reshape(-1, len(FIELDS))
    table[:, 1] = np.array([7, 3, 99])[table[:, 1]]
    table[:, 2] = np.array([11, 12, 13, 11, 99])[table[:, 2]]
    return {name: table[:, k].astype(bool if name == "invented" else np.int32) for k, name in enumerate(FIELDS)}


DAY = day_number(date(2019, 11, 15))  # a Friday
FIRST_ID = "SIM12899986981935065"
#        day  province city stream kind sub reported size deaths invented
ROWS = (
    (DAY, 0, 0, 0, 0, 0, DAY, 120, 0, 0),
    (DAY, 0, 1, 1, 0, 1, DAY + 1, 0, 0, 1),
    (DAY + 1, 1, 3, 0, 0, 2, DAY + 1, 5000, 4, 0),
    (DAY + 1, 0, 2, 2, 0, 3, DAY + 3, 40, 1, 0),
    (DAY + 2, 0, 0, 0, 1, 4, DAY + 2, 3, 0, 0),
    (DAY + 2, 0, 0, 0, 1, 4, DAY + 2, 3, 0, 0),
)


def export(*rows: tuple[int, ...], **options: object) -> pl.DataFrame:
    return to_acled(record(*rows), two_provinces(), "Atlantis", 900, "record", **options)  # type: ignore[arg-type]


def test_columns_and_types_are_acleds() -> None:
    frame = export(*ROWS)
    assert frame.columns == [c.name for c in COLUMNS]
    assert dict(frame.schema) == schema()
    assert len(frame) == len(ROWS)
    assert len(COLUMNS) == 31
    assert all(c.doc.endswith(".") for c in COLUMNS)


def test_an_empty_record_has_the_same_columns() -> None:
    assert dict(export().schema) == schema()
    assert len(export()) == 0


def test_only_columns_that_acled_leaves_empty_are_empty() -> None:
    frame = export(*ROWS)
    optional = {c.name for c in COLUMNS if c.optional}
    assert {name for name in frame.columns if frame[name].null_count()} <= optional
    assert not any((frame[name] == "").any() for name in frame.columns if frame.schema[name] == pl.String)


def test_values() -> None:
    frame = export(*ROWS)
    first, force = frame.row(0, named=True), frame.filter(pl.col("sub_event_type") == SUB_EVENTS[2].name).row(0, named=True)
    assert (first["event_date"], first["year"], first["admin1"], first["location"]) == (date(2019, 11, 15), 2019, "North", "Harbour")
    assert (first["latitude"], first["longitude"], first["tags"], first["actor2"]) == (10.0, 20.0, "crowd size=120", None)
    assert (force["fatalities"], force["civilian_targeting"], force["inter2"]) == (4, "Civilian targeting", "State forces")
    assert force["disorder_type"] == "Political violence; Demonstrations"
    assert force["actor2"] == "Police Forces of Atlantis"
    assert frame.filter(pl.col("location") == "Fields")["geo_precision"].to_list() == [2]
    assert frame.filter(pl.col("location") == "Hills")["tags"].to_list() == ["crowd size=no report"]
    assert frame.filter(pl.col("sub_event_type") == "Other")["tags"].to_list() == [None, None]
    reported = pl.from_epoch(frame["timestamp"]).cast(pl.Date)
    assert ((reported - frame["event_date"]).dt.total_days()).to_list() == [0, 1, 2, 0, 0, 0]


def test_truth_stays_apart_and_nobody_is_named() -> None:
    frame = export(*ROWS)
    honest = export(*[(*row[:-1], 0) for row in ROWS])
    assert frame.equals(honest), "an invented report must look like any other"
    assert set(frame["notes"]) == {NOTE}
    assert set(frame["actor1"]) == {"Protesters (Atlantis)", "Rioters (Atlantis)", "Civilians (Atlantis)"}


def test_ids_come_from_natural_keys() -> None:
    frame = export(*ROWS)
    assert frame["event_id_cnty"].n_unique() == len(ROWS), "two equal rows are two events"
    assert frame["event_id_cnty"].str.contains(r"^SIM\d+$").all()
    assert export(*reversed(ROWS)).equals(frame), "the order of storage is nothing"
    more = export(*ROWS, (DAY, 0, 0, 0, 0, 0, DAY, 90, 0, 0))
    assert set(frame["event_id_cnty"]) < set(more["event_id_cnty"]), "one more event changes no other's id"
    assert frame["event_id_cnty"][0] == FIRST_ID, "stored records keep their ids over versions"


def test_real_cases_tell_province_and_week_only() -> None:
    frame = export(*ROWS, level="province", interval="week")
    acts = pl.col("event_type") == "Strategic developments"
    assert set(frame.filter(~acts)["location"]) == {"North", "South"}
    assert set(frame.filter(acts)["location"]) == set(frame.filter(acts)["admin1"]) == {"Atlantis"}, "where units are is not told"
    assert set(frame["geo_precision"]) == {3}
    assert set(frame["time_precision"]) == {2}
    assert set(frame["event_date"]) == {date(2019, 11, 9), date(2019, 11, 16)}
    north = frame.filter(pl.col("admin1") == "North")
    assert set(north["latitude"]) == {11.0}, "the largest town, not the countryside, stands for its province"
    moved = [(DAY + 1 if k == 0 else row[0], row[1], 1 if row[1] == 0 else 3, *row[3:]) for k, row in enumerate(ROWS)]
    moved[0] = (DAY - 1, *moved[0][1:])
    assert export(*moved, level="province", interval="week").equals(frame), "nothing finer shows, in the ids neither"


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ((DAY, 0, 4, 0, 0, 0, DAY, 9, 0, 0), "city"),
        ((DAY, 1, 1, 0, 0, 0, DAY, 9, 0, 0), "city"),
        ((DAY, 0, 0, 0, 0, 7, DAY, 9, 0, 0), "sub_event"),
        ((DAY, 0, 0, 0, 1, 0, DAY, 9, 0, 0), "sub_event"),
        ((DAY, 0, 0, 0, 0, 0, DAY, 9, -1, 0), "fatalities_reported"),
    ],
)
def test_impossible_rows_are_refused(row: tuple[int, ...], key: str) -> None:
    with pytest.raises(InputError) as caught:
        export(row)
    assert caught.value.key == key


def test_what_the_columns_hold_comes_back() -> None:
    """Everything but what is latent, in the order of the file; of coarse rows the chief city and the first day of the week."""
    given, places = record(*ROWS), two_provinces()
    back = from_acled(export(*ROWS), places, ("other", "record"))
    assert set(back["source"]) == {1}
    names = ("event_day", "province", "city", "kind", "sub_event", "reported_day", "size_reported", "fatalities_reported")
    latent = given["kind"] == 1  # an act's size is not told
    given["size_reported"] = np.where(latent, 0, given["size_reported"])
    rows = sorted(zip(*(given[name].tolist() for name in names), strict=True))
    assert sorted(zip(*(back[name].tolist() for name in names), strict=True)) == rows
    for name in ("stream", "tactic", "invented", "arrests_reported"):
        assert not back[name].any()
    coarse = from_acled(export(*ROWS, level="province", interval="week"), places, ("record",))
    assert set(coarse["event_day"]) == {int(week_start(DAY)), int(week_start(DAY + 2))}
    assert set(zip(coarse["province"].tolist(), coarse["city"].tolist(), strict=True)) == {(7, 12), (3, 11)}
    assert len(from_acled(export(), places, ("record",))["source"]) == 0


def test_a_record_of_other_places_does_not_come_back() -> None:
    places = two_provinces()
    with pytest.raises(InputError, match="province that the population does not have"):
        from_acled(export(*ROWS).with_columns(admin1=pl.lit("East")), places, ("record",))
    twins = Places(
        provinces=tuple(Province(p.id, "North", p.code, p.population) for p in places.provinces),
        cities=places.cities,
        neighbourhood_start=places.neighbourhood_start,
        city_start=places.city_start,
        province_start=places.province_start,
    )
    with pytest.raises(InputError, match="one name"):
        from_acled(export(*ROWS), twins, ("record",))


def test_the_rows_of_one_source() -> None:
    both = {"source": np.array([0, 2, 0, 1]), "size_reported": np.array([5, 6, 7, 8])}
    assert of_source(both, 0)["size_reported"].tolist() == [5, 7]
    assert of_source(both, 1)["size_reported"].tolist() == [8]
    assert set(of_source(both, 2)) == set(both)


def test_a_missing_field_is_named() -> None:
    fields = record(*ROWS)
    fields["size_report"] = fields.pop("size_reported")
    with pytest.raises(InputError, match="did you mean 'size_report'"):
        to_acled(fields, two_provinces(), "Atlantis", 900, "record")
    with pytest.raises(InputError, match="numeric code"):
        to_acled(record(*ROWS), two_provinces(), "Atlantis", 9000, "record")


@given(st.integers(0, 65535))
def test_weeks_begin_on_saturday(day: int) -> None:
    start = int(week_start(day))
    assert 0 <= day - start < 7
    assert start % 7 == day_number(date(2015, 12, 26)) % 7
    assert date(2015, 12, 26).weekday() == 5
