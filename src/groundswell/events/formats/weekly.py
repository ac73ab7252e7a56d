"""The project's own table of counts by week and province, as `groundswell.events.weekly` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell.events.formats.base import NOT_NEEDED, Batch, Format

if TYPE_CHECKING:
    import polars as pl

KIND = {
    "peaceful_protest": "peaceful_protest",
    "protest_with_intervention": "protest_with_intervention",
    "excessive_force_against_protesters": "excessive_force_against_protesters",
    "violent_demonstration": "violent_demonstration",
    "mob_violence": "mob_violence",
    "other": "other",
    "arrests_recorded": "other",  # events of arrest as ACLED records them among strategic developments, not persons
}
REST = "deaths"  # ends the id of the row that holds what the table does not tell of any kind


def normalise(batch: Batch) -> pl.DataFrame:
    """One row for each kind that a week and province counts.

    Deaths are counted over all kinds together. They stand in a row of their own, of kind `other` that stands for 0 events; a
    province-week with nothing in it becomes such a row too, so that it can be told from one that the table leaves out.
    """
    import polars as pl

    first = batch.day("week_starting")
    region = batch.text("iso")
    batch.note(region.is_null(), "no province", "iso", fatal=True)
    code = region.str.extract(r"^([A-Z]{2})-")
    country = batch.constant(batch.country).cast(pl.String) if batch.country else code
    frame = pl.DataFrame(
        {"row": batch.frame["row"], "first": first, "region": region, "country": country, "deaths": batch.whole("fatalities")}
    )
    counts = {name: batch.whole(name, fatal=True) for name in KIND if batch.has(name)}
    for name in (name for name, n in counts.items() if n.null_count()):
        batch.note(batch.missing(name), "no count, read as 0", name)
    parts = [
        frame.with_columns(deaths=pl.lit(None, pl.Int64), kind=pl.lit(KIND[name]), name=pl.lit(name), count=n) for name, n in counts.items()
    ]
    long = pl.concat(parts).filter(pl.col("count") > 0)
    nothing = pl.lit(pl.DataFrame(counts).select(pl.sum_horizontal(pl.all()) == 0).to_series())
    rest = frame.filter(nothing | (pl.col("deaths") > 0)).with_columns(kind=pl.lit("other"), name=pl.lit(REST), count=pl.lit(0, pl.Int64))
    every = pl.concat([long, rest]).sort("row", maintain_order=True)
    inner = Batch(every, batch.form, batch.today)
    return inner.events(
        {
            "id": every.select(
                pl.concat_str([pl.col("first").dt.to_string(), "region", "name"], separator="/", ignore_nulls=True)
            ).to_series(),
            "first": every["first"],
            "last": every["first"].dt.offset_by("6d"),
            "precision": inner.constant("week"),
            "country": every["country"],
            "region": every["region"],
            "place_precision": inner.constant("region"),
            "kind": every["kind"],
            "count": every["count"],
            "deaths": every["deaths"],
        }
    )


TABLE = Format(
    name="weekly",
    title="groundswell's counts by week and province",
    codebook="groundswell.events.weekly",
    required=("week_starting", "iso", "peaceful_protest"),
    optional=(*(name for name in KIND if name != "peaceful_protest"), "fatalities"),
    dropped={"province": NOT_NEEDED},
    normalise=normalise,
    simulated=False,
)
