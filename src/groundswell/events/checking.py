"""What is checked of every record, whatever its format: time, place, and rows that stand twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from groundswell.events.formats.base import PROBLEM, Batch
from groundswell.events.table import schema

if TYPE_CHECKING:
    import polars as pl


OTHER_COUNTRY = "another country"


def no_records(wrong: list[tuple[int, str, str]]) -> pl.DataFrame:
    """Rows that are no records, as problems: row, reason, value."""
    import polars as pl

    types = {"row": pl.UInt32, "reason": pl.String, "column": pl.String, "value": pl.String, "fatal": pl.Boolean}
    return pl.DataFrame([(row, reason, "", value, True) for row, reason, value in wrong], schema=types, orient="row")


def check_time(own: Batch) -> None:
    """Note or set aside rows of the Events table whose days or ids cannot be."""
    import polars as pl

    events = own.frame
    first, last = events["first"], events["last"]
    text = first.dt.to_string()
    own.note(last < first, "ends before it begins", "last", last.dt.to_string(), fatal=True)
    if not own.form.simulated:
        own.note(first > own.today, "in the future", "first", text, fatal=True)
    if own.form.since is not None:
        own.note(first < date(own.form.since, 1, 1), f"before {own.form.since}, when this project's record begins", "first", text)
    own.note(events["id"].is_null(), "no id", "id", pl.Series([None], dtype=pl.String).new_from_index(0, events.height), fatal=own.form.ids)


def check_place(own: Batch, country: str | None, regions: Sequence[str] | None) -> pl.DataFrame:
    """Coordinates that cannot be are left out, other countries set aside, unknown regions noted."""
    import polars as pl

    events = own.frame
    latitude, longitude = events["latitude"], events["longitude"]
    shown = events.select(pl.concat_str(pl.col("latitude", "longitude").cast(pl.String).fill_null("none"), separator=", ")).to_series()
    off = (latitude.abs() > 90) | (longitude.abs() > 180)
    turned = (latitude.abs() > 90) & (latitude.abs() <= 180) & (longitude.abs() <= 90)
    nowhere = (latitude == 0) & (longitude == 0)
    half = latitude.is_null() != longitude.is_null()
    own.note(turned, "latitude and longitude are swapped; left out", "latitude", shown)
    own.note(off & ~turned, "not on the globe; left out", "latitude", shown)
    own.note(nowhere, "coordinates 0, 0; left out", "latitude", shown)
    own.note(half, "only one coordinate; left out", "latitude", shown)
    gone = (off | nowhere | half).fill_null(False)
    if gone.any():
        events = events.with_columns(pl.when(~gone).then(pl.col("latitude", "longitude")))
    if country is not None:
        other = events["country"].str.to_lowercase() != country.strip().lower()
        own.note(other, OTHER_COUNTRY, "country", events["country"], fatal=True)
    if regions is not None:
        known = {region.strip().lower() for region in regions}
        strange = ~events["region"].str.to_lowercase().is_in(list(known))
        own.note(strange & events["region"].is_not_null(), "a region that is not known", "region", events["region"])
    return events


def whole(parts: list[pl.DataFrame], *, ids: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All rows together without those that stand twice, and what can be seen only of all: doubles, swapped coordinates."""
    import polars as pl

    frame = pl.concat(parts) if parts else pl.DataFrame(schema=schema())
    problems = [no_records([])]
    content = frame.drop("row").hash_rows() if ids else frame.drop("row", "id").hash_rows()
    if ids:
        doubled = frame["id"].is_duplicated() & ~frame["id"].is_first_distinct() & frame["id"].is_not_null()
        if doubled.any():
            first = frame.select("id", "row", content=content).unique("id", keep="first", maintain_order=True)
            again = frame.select("id", "row", content=content).filter(doubled).join(first, on="id", suffix="_first", maintain_order="left")
            same = pl.when(pl.col("content") == pl.col("content_first")).then(pl.lit("a copy of an earlier row"))
            value = pl.concat_str([pl.lit("row "), pl.col("row_first").cast(pl.String), pl.lit(": "), "id"])
            said = {
                "reason": same.otherwise(pl.lit("the id of an earlier row, with other content")),
                "column": pl.lit("id"),
                "value": value,
            }
            twice = again.with_columns(**said, fatal=pl.lit(True)).select(PROBLEM)
            problems.append(twice.unique("row", keep="first", maintain_order=True))
            frame = frame.filter(~pl.col("row").is_in(twice["row"].implode()))
    elif (like := content.is_duplicated() & ~content.is_first_distinct()).any():
        said = {
            "reason": pl.lit("equal to an earlier row; kept, for nothing tells events apart"),
            "column": pl.lit(""),
            "value": pl.lit(""),
        }
        problems.append(frame.filter(like).select("row").with_columns(**said, fatal=pl.lit(False)).select(PROBLEM))
    frame, swapped = _swapped(frame)
    return frame, pl.concat([*problems, swapped])


def _swapped(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Coordinates that fit their country's other events only the other way round are left out.

    Both orders lie on the globe here, so they are judged by the middle of the country's events: more than 20 degrees off as they
    stand and within 10 degrees when turned, where nine tenths of at least 20 events lie within 10 degrees.
    """
    import polars as pl

    none = no_records([])
    if frame["latitude"].null_count() == frame.height:
        return frame, none
    middle = [pl.col(name).median().over("country").alias(f"mid_{name}") for name in ("latitude", "longitude")]
    near = frame.select("row", "latitude", "longitude", "country", *middle)
    lat, lon, mlat, mlon = (pl.col(name) for name in ("latitude", "longitude", "mid_latitude", "mid_longitude"))
    off, turned = pl.max_horizontal((lat - mlat).abs(), (lon - mlon).abs()), pl.max_horizontal((lon - mlat).abs(), (lat - mlon).abs())
    settled = ((off <= 10).mean().over("country") >= 0.9) & (lat.count().over("country") >= 20)
    wrong = near.select(((off > 20) & (turned <= 10) & settled).fill_null(False)).to_series()
    if not wrong.any():
        return frame, none
    value = pl.concat_str([lat.cast(pl.String), lon.cast(pl.String)], separator=", ")
    said = {"reason": pl.lit("latitude and longitude are swapped; left out"), "column": pl.lit("latitude"), "value": value}
    problems = near.filter(wrong).with_columns(**said, fatal=pl.lit(False)).select(PROBLEM)
    return frame.with_columns(pl.when(~wrong).then(pl.col("latitude", "longitude"))), problems
