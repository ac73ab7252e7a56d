"""ACLED: event files of today and of before March 2023, weekly aggregates by region, and the simulator's record in ACLED's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell.events.formats.base import NAMES_PEOPLE, NOT_NEEDED, PROSE, Batch, Format, spread
from groundswell.events.formats.sizes import sizes

if TYPE_CHECKING:
    import polars as pl

# By sub-event type, as in the codebook of October 2024 and, where they differ, as older files spell them.
KIND = {
    "peaceful protest": "peaceful_protest",
    "protest with intervention": "protest_with_intervention",
    "excessive force against protesters": "excessive_force_against_protesters",
    "excessive force against protestors": "excessive_force_against_protesters",
    "violent demonstration": "violent_demonstration",
    "mob violence": "mob_violence",
    **dict.fromkeys(
        (
            "armed clash", "government regains territory", "non-state actor overtakes territory",
            "chemical weapon", "air/drone strike", "suicide bomb", "shelling/artillery/missile attack",
            "remote explosive/landmine/ied", "grenade", "sexual violence", "attack", "abduction/forced disappearance",
        ),
        "armed_violence",
    ),
    **dict.fromkeys(
        (
            "agreement", "arrests", "change to group/activity", "disrupted weapons use", "headquarters or base established",
            "looting/property destruction", "non-violent transfer of territory", "other",
        ),
        "other",
    ),
}  # fmt: skip
PRECISION = {"1": "day", "2": "week", "3": "month"}
PLACE = {"1": "town", "2": "district", "3": "region"}

ACTORS = dict.fromkeys(("actor1", "assoc_actor_1", "actor2", "assoc_actor_2"), NAMES_PEOPLE)
WORDS = {**ACTORS, "notes": PROSE, "source": "names newspapers, and sometimes people"}
REST = dict.fromkeys(
    ("year", "event_type", "inter1", "inter2", "interaction", "iso", "region", "admin2", "admin3", "source_scale", "timestamp"), NOT_NEEDED
)
SINCE_2023 = dict.fromkeys(("disorder_type", "civilian_targeting", "population_best", "population_1km", "population_2km", "population_5km",
                            "inter1_num", "inter2_num", "interaction_num"), NOT_NEEDED)  # fmt: skip
UNTIL_2023 = dict.fromkeys(("data_id", "event_id_no_cnty", "iso3"), NOT_NEEDED)
NEEDED = ("event_id_cnty", "event_date", "sub_event_type", "country", "admin1")
READ = ("time_precision", "location", "latitude", "longitude", "geo_precision", "fatalities")


def normalise(batch: Batch) -> pl.DataFrame:
    """Events of ACLED's rows; an event known to the week or month spans it (weeks from Saturday, as in ACLED's aggregates)."""
    precision = batch.code("time_precision", PRECISION, "day", needed=batch.has("time_precision"))
    first, last = spread(batch.day("event_date"), precision)
    low, high = sizes(batch.cells("tags").str.extract(r"(?i)crowd size=([^;]*)"))
    columns = {
        "id": batch.text("event_id_cnty", missing=()),
        "first": first,
        "last": last,
        "precision": precision,
        "country": batch.text("country", missing=()),
        "region": batch.text("admin1"),
        "place": batch.text("location"),
        "latitude": batch.real("latitude"),
        "longitude": batch.real("longitude"),
        "place_precision": batch.code("geo_precision", PLACE, "region", needed=batch.has("geo_precision")),
        "kind": batch.code("sub_event_type", KIND, "other", needed=True),
        "count": batch.constant(1),
        "size_low": low,
        "size_high": high,
        "deaths": batch.whole("fatalities"),
    }
    if batch.form.simulated:
        columns["reporter"] = batch.text("source")
    return batch.events(columns)


def normalise_weekly(batch: Batch) -> pl.DataFrame:
    """Counts of events by week, region and sub-event type."""
    import polars as pl

    first = batch.day("week")
    batch.note(first.dt.weekday() != 6, "a week that does not begin on a Saturday", "week")
    country, region = batch.text("country", missing=()), batch.text("admin1")
    key = pl.concat_str(
        [first.dt.to_string(), country, region, batch.cells("sub_event_type").str.to_lowercase()], separator="/", ignore_nulls=True
    )
    columns = {
        "id": pl.select(key).to_series(),
        "first": first,
        "last": first.dt.offset_by("6d"),
        "precision": batch.constant("week"),
        "country": country,
        "region": region,
        "latitude": batch.real("centroid_latitude"),
        "longitude": batch.real("centroid_longitude"),
        "place_precision": batch.constant("region"),
        "kind": batch.code("sub_event_type", KIND, "other", needed=True),
        "count": batch.whole("events", fatal=True),
        "deaths": batch.whole("fatalities"),
    }
    if columns["count"].null_count():
        batch.note(batch.missing("events"), "no count", "events", fatal=True)
    return batch.events(columns)


EVENTS = Format(
    name="acled",
    title="ACLED, event files of today (from the export tool or the API)",
    codebook="Armed Conflict Location & Event Data (ACLED) Codebook, 7 October 2024; columns: ACLED endpoint, "
    "https://acleddata.com/api-documentation/acled-endpoint; changes of 2023: https://acleddata.com/knowledge-base/guide-to-2023-acled-column-changes",
    required=NEEDED,
    optional=(*READ, "tags"),
    dropped={**WORDS, **REST, **SINCE_2023},
    normalise=normalise,
    unverified="Which day of a week or month ACLED prints where only that is known; here an event then spans its week or month.",
    since=1997,
)
BEFORE_2023 = Format(
    name="acled-before-2023",
    title="ACLED, event files of before 20 March 2023",
    codebook="ACLED Codebook, 2019 to 2021; columns taken away and added on 20 March 2023: "
    "https://acleddata.com/knowledge-base/guide-to-2023-acled-column-changes",
    required=NEEDED,
    optional=READ,
    dropped={**WORDS, **REST, **UNTIL_2023},
    normalise=normalise,
    unverified="The order of the columns in old exports; they are found by name. Sizes of crowds stood in the notes, which are not read.",
    since=1997,
)
SIMULATED = Format(
    name="record",
    title="A record that groundswell simulated, in ACLED's columns (record.parquet, or its CSV)",
    codebook="groundswell.events.acled; after the ACLED Codebook of 7 October 2024",
    required=NEEDED,
    optional=(*READ, "tags", "source"),
    dropped={**ACTORS, "notes": "is the same for all", **REST, **SINCE_2023},
    normalise=normalise,
    simulated=True,
    told_by=("event_id_cnty", "SIM"),
)
WEEKLY = Format(
    name="acled-weekly",
    title="ACLED, weekly aggregates by country and first-level region",
    codebook="How to use ACLED's Aggregated Data, https://acleddata.com/use-access/how-use-acleds-aggregated-data (2025); "
    "the names of the columns as in the published files",
    required=("week", "country", "admin1", "sub_event_type", "events"),
    optional=("fatalities", "centroid_latitude", "centroid_longitude"),
    dropped=dict.fromkeys(("region", "event_type", "disorder_type", "population_exposure", "population_best", "id"), NOT_NEEDED),
    normalise=normalise_weekly,
    unverified="The page names a column population_best where the files have POPULATION_EXPOSURE, and no ID; neither is read.",
    since=1997,
)
