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
ENOUGH = 20  # events with coordinates in a country, from which its middle is known


def no_records(wrong: list[tuple[int, str, str]]) -> pl.DataFrame:
    """Rows that are no records, as problems: row, reason, value."""
    import polars as pl

    types = {"row": pl.UInt32, "reason": pl.String, "column": pl.String, "value": pl.String, "fatal": pl.Boolean}
    if not wrong:
        return pl.DataFrame(schema=types)
    return pl.DataFrame([(row, reason, "", value, True) for row, reason, value in wrong], schema=types, orient="row")


def check_time(own: Batch) -> None:
    """Note or set aside rows of the Events table whose days or ids cannot be."""
    events = own.frame
    first, last = events["first"], events["last"]
    own.note(last < first, "ends before it begins", "last", last, fatal=True)
    if not own.form.simulated:
        own.note(first > own.today, "in the future", "first", first, fatal=True)
    if own.form.since is not None:
        own.note(first < date(own.form.since, 1, 1), f"before {own.form.since}, when this project's record begins", "first", first)
    if events["id"].null_count():
        own.note(events["id"].is_null(), "no id", "id", events["id"], fatal=own.form.ids)


def check_place(own: Batch, country: str | None, regions: Sequence[str] | None) -> pl.DataFrame:
    """Coordinates that cannot be are left out, other countries set aside, unknown regions noted."""
    import polars as pl

    events = own.frame
    if events["latitude"].null_count() + events["longitude"].null_count() < 2 * events.height:
        events = _on_the_globe(own)
    if country is not None:
        other = events["country"].str.to_lowercase() != country.strip().lower()
        own.note(other, OTHER_COUNTRY, "country", events["country"], fatal=True)
    if regions is not None:
        known = {region.strip().lower() for region in regions}
        strange = events.select(~pl.col("region").str.to_lowercase().is_in(list(known))).to_series()
        own.note(strange, "a region that is not known", "region", events["region"])
    return events


def _on_the_globe(own: Batch) -> pl.DataFrame:
    """The events, coordinates that cannot be left out."""
    import polars as pl

    events, lat, lon = own.frame, pl.col("latitude"), pl.col("longitude")
    found = events.select(
        off=(lat.abs() > 90) | (lon.abs() > 180),
        turned=(lat.abs() > 90) & (lat.abs() <= 180) & (lon.abs() <= 90),
        nowhere=(lat == 0) & (lon == 0),
        half=lat.is_null() != lon.is_null(),
    )
    gone = found["off"] | found["nowhere"] | found["half"]
    if not gone.any():
        return events
    shown = events.select(pl.concat_str(pl.col("latitude", "longitude").cast(pl.String).fill_null("none"), separator=", ")).to_series()
    own.note(found["turned"], "latitude and longitude are swapped; left out", "latitude", shown)
    own.note(found["off"] & ~found["turned"], "not on the globe; left out", "latitude", shown)
    own.note(found["nowhere"], "coordinates 0, 0; left out", "latitude", shown)
    own.note(found["half"], "only one coordinate; left out", "latitude", shown)
    return events.with_columns(pl.when(~gone.fill_null(False)).then(pl.col("latitude", "longitude")))


def whole(parts: list[pl.DataFrame], *, ids: bool) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """All rows together without those that stand twice, those as problems, and what else is seen only of all, to be noted."""
    import polars as pl

    frame = pl.concat(parts) if parts else pl.DataFrame(schema=schema())
    twice = like = no_records([])
    if ids and frame["id"].n_unique() < frame.height:
        twice = _doubles(frame)
        frame = frame.filter(~pl.col("row").is_in(twice["row"].implode()))
    elif not ids and (content := frame.drop("row", "id").hash_rows()).n_unique() < frame.height:
        reason = "equal to an earlier row; kept, for nothing tells events apart"
        said = {"reason": pl.lit(reason), "column": pl.lit(""), "value": pl.lit(""), "fatal": pl.lit(False)}
        like = frame.filter(~content.is_first_distinct()).select("row", **said)
    frame, swapped = _swapped(frame)
    return frame, twice, pl.concat([like, swapped])


def _doubles(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with the id of an earlier row, as problems."""
    import polars as pl

    some = frame.select("id", "row", content=frame.drop("row").hash_rows())
    again = some.filter(~pl.col("id").is_first_distinct() & pl.col("id").is_not_null())
    first = some.unique("id", keep="first", maintain_order=True)
    same = pl.when(pl.col("content") == pl.col("content_first")).then(pl.lit("a copy of an earlier row"))
    twice = again.join(first, on="id", suffix="_first", maintain_order="left").select(
        "row",
        reason=same.otherwise(pl.lit("the id of an earlier row, with other content")),
        column=pl.lit("id"),
        value=pl.concat_str([pl.lit("row "), pl.col("row_first").cast(pl.String), pl.lit(": "), "id"]),
        fatal=pl.lit(True),
    )
    return twice.unique("row", keep="first", maintain_order=True)


def _swapped(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Coordinates that fit their country's other events only the other way round are left out.

    Both orders lie on the globe here, so they are judged by the middle of the country's events: more than 20 degrees off as they
    stand and within 10 degrees when turned, where nine tenths of at least `ENOUGH` events lie within 10 degrees.
    """
    import polars as pl

    none = no_records([])
    if frame.height - frame["latitude"].null_count() < ENOUGH:
        return frame, none
    middle = [pl.col(name).median().over("country").alias(f"mid_{name}") for name in ("latitude", "longitude")]
    near = frame.select("row", "latitude", "longitude", "country", *middle)
    lat, lon, mlat, mlon = (pl.col(name) for name in ("latitude", "longitude", "mid_latitude", "mid_longitude"))
    off, turned = pl.max_horizontal((lat - mlat).abs(), (lon - mlon).abs()), pl.max_horizontal((lon - mlat).abs(), (lat - mlon).abs())
    settled = ((off <= 10).mean().over("country") >= 0.9) & (lat.count().over("country") >= ENOUGH)
    wrong = near.select(((off > 20) & (turned <= 10) & settled).fill_null(False)).to_series()
    if not wrong.any():
        return frame, none
    value = pl.concat_str([lat.cast(pl.String), lon.cast(pl.String)], separator=", ")
    said = {"reason": pl.lit("latitude and longitude are swapped; left out"), "column": pl.lit("latitude"), "value": value}
    problems = near.filter(wrong).with_columns(**said, fatal=pl.lit(False)).select(PROBLEM)
    return frame.with_columns(pl.when(~wrong).then(pl.col("latitude", "longitude"))), problems
