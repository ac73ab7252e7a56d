"""A plain CSV under a map of columns, and the Events table itself, as it is exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell.events.formats.acled import KIND as ACLED_KIND
from groundswell.events.formats.base import Batch, Format
from groundswell.events.table import COLUMNS, KINDS, PLACE_PRECISIONS, PRECISIONS

if TYPE_CHECKING:
    import polars as pl

KIND = {**{kind: kind for kind in KINDS}, **ACLED_KIND}


def normalise(batch: Batch) -> pl.DataFrame:
    """Rows whose columns have our names; what a file does not say is the least that can be said of it.

    Without `last` an event lasts one day, without `kind` it is `other`, without `count` one event, without `precision` a day,
    without `place_precision` as exact as the finest name of a place that is there.
    """
    import polars as pl

    first = batch.day("first")
    last = batch.day("last", needed=False)
    n = batch.whole("count", fatal=True)
    if batch.has("count") and n.null_count():
        batch.note(batch.missing("count"), "no count", "count", fatal=True)
    low, high = batch.whole("size_low"), batch.whole("size_high")
    row = batch.frame["row"].cast(pl.String)
    names = _names(batch)
    country = names["country"]
    if batch.country and not batch.has("country"):
        country = batch.constant(batch.country).cast(pl.String)
    return batch.events(
        {
            **names,
            "id": names["id"].fill_null(row) if names["id"].null_count() else names["id"],
            "first": first,
            "last": last.fill_null(first) if last.null_count() else last,
            "precision": batch.code("precision", {p: p for p in PRECISIONS}, "day", needed=batch.has("precision")),
            "country": country,
            "latitude": batch.real("latitude"),
            "longitude": batch.real("longitude"),
            "place_precision": _place_precision(batch, names),
            "kind": batch.code("kind", KIND, "other", needed=batch.has("kind")),
            "count": n.fill_null(1),
            "size_low": low,
            "size_high": high,
            "deaths": batch.whole("deaths"),
            "arrests": batch.whole("arrests"),
        }
    )


def _names(batch: Batch) -> dict[str, pl.Series]:
    """Texts without the apostrophe that an export puts before what a spreadsheet would take for a formula."""
    import polars as pl

    exact, others = ("id", "country"), ("region", "place", "reporter")
    texts = {**{name: batch.text(name, missing=()) for name in exact}, **{name: batch.text(name) for name in others}}
    return pl.DataFrame(texts).select(pl.all().str.replace(r"^'([=+\-@\t\r])", "$1")).to_dict()


def _place_precision(batch: Batch, names: dict[str, pl.Series]) -> pl.Series:
    import polars as pl

    if batch.has("place_precision"):
        return batch.code("place_precision", {p: p for p in PLACE_PRECISIONS}, "country", needed=True)
    finest = pl.when(names["place"].is_not_null()).then(pl.lit("town")).when(names["region"].is_not_null()).then(pl.lit("region"))
    return pl.select(finest.otherwise(pl.lit("country"))).to_series()


OURS = tuple(column.name for column in COLUMNS if column.name != "row")
PLAIN = Format(
    name="plain",
    title="A plain CSV, its columns mapped to ours (--map first=date --map region=province ...)",
    codebook="groundswell.events.table",
    required=("first",),
    optional=tuple(name for name in OURS if name != "first"),
    dropped={},
    normalise=normalise,
    ids=False,
)
TABLE = Format(
    name="events",
    title="groundswell's Events table, as exported",
    codebook="groundswell.events.table",
    required=("id", "first", "last", "precision", "place_precision", "kind", "count"),
    optional=("country", "region", "place", "latitude", "longitude", "size_low", "size_high", "deaths", "arrests", "reporter"),
    dropped={"row": "counts the rows of another file"},
    normalise=normalise,
    simulated=True,
)
