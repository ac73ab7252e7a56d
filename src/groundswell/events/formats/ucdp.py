"""UCDP GED: events of organised violence with at least one death."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell.events.formats.base import NAMES_PEOPLE, NOT_NEEDED, PROSE, Batch, Format

if TYPE_CHECKING:
    import polars as pl

PRECISION = {"1": "day", "2": "week", "3": "week", "4": "month", "5": "year"}
PLACE = {"1": "town", "2": "district", "3": "district", "4": "region", "5": "region", "6": "country", "7": "country"}


def normalise(batch: Batch) -> pl.DataFrame:
    """Armed violence; the first and the last day are the file's own, deaths its best estimate."""
    return batch.events(
        {
            "id": batch.text("id", missing=()),
            "first": batch.day("date_start"),
            "last": batch.day("date_end"),
            "precision": batch.code("date_prec", PRECISION, "day", needed=batch.has("date_prec")),
            "country": batch.text("country", missing=()),
            "region": batch.text("adm_1"),
            "place": batch.text("where_coordinates"),
            "latitude": batch.real("latitude"),
            "longitude": batch.real("longitude"),
            "place_precision": batch.code("where_prec", PLACE, "region", needed=batch.has("where_prec")),
            "kind": batch.code("type_of_violence", dict.fromkeys("123", "armed_violence"), "armed_violence", needed=True),
            "count": batch.constant(1),
            "deaths": batch.whole("best"),
        }
    )


GED = Format(
    name="ucdp-ged",
    title="UCDP Georeferenced Event Dataset (GED)",
    codebook="UCDP GED Codebook, version 25.1 (2025), https://ucdp.uu.se/downloads/ged/ged251.pdf; Sundberg and Melander 2013, "
    "Journal of Peace Research 50 (4), 523-532",
    required=("id", "date_start", "date_end", "type_of_violence", "country"),
    optional=("date_prec", "where_prec", "where_coordinates", "adm_1", "latitude", "longitude", "best"),
    dropped={
        **dict.fromkeys(("conflict_name", "dyad_name", "side_a", "side_b", "source_original"), NAMES_PEOPLE),
        **dict.fromkeys(("source_article", "source_headline", "where_description"), PROSE),
        **dict.fromkeys(
            ("relid", "year", "active_year", "code_status", "conflict_dset_id", "conflict_new_id", "dyad_dset_id", "dyad_new_id",
             "side_a_dset_id", "side_a_new_id", "side_b_dset_id", "side_b_new_id", "number_of_sources", "source_office", "source_date",
             "adm_2", "geom_wkt", "priogrid_gid", "country_id", "region", "event_clarity", "deaths_a", "deaths_b", "deaths_civilians",
             "deaths_unknown", "high", "low", "gwnoa", "gwnob"),
            NOT_NEEDED,
        ),
    },
    normalise=normalise,
    unverified="The codebook was not at hand: the 49 columns and the meaning of where_prec are from software that reads the file; "
    "date_prec is read as 1 day, 2 and 3 within a week, 4 month, 5 year.",
    since=1989,
)  # fmt: skip
