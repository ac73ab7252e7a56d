"""Mass Mobilization: protests of 50 or more against a government, 1990 to 2020, with demands and what the state did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell.events.formats.base import NAMES_PEOPLE, NOT_NEEDED, PROSE, Batch, Format
from groundswell.events.formats.sizes import sizes

if TYPE_CHECKING:
    import polars as pl

CATEGORIES = ("50-99", "100-999", "1000-1999", "2000-4999", "5000-10000", ">10000")
RESPONSES = tuple(f"stateresponse{k}" for k in range(1, 8))
FORCE, INTERVENTION = ("killings", "shootings"), ("arrests", "beatings", "crowd dispersal")
NATIONAL = r"(?i)^(national|nationwide|nation-wide|countrywide|country-wide|throughout the country)"
STARTS, ENDS = ("startyear", "startmonth", "startday"), ("endyear", "endmonth", "endday")


def normalise(batch: Batch) -> pl.DataFrame:
    """Protests; a row that says that a country had none in a year is set aside.

    Where demonstrators were violent the kind is a violent demonstration, whatever the state did; else killings or shootings make it
    excessive force, and arrests, beatings or dispersal an intervention.
    """
    import polars as pl

    none = batch.cells("protest").is_in(["0", "0.0"]).fill_null(False)
    batch.note(none, "a year without a protest, not an event", "protest", fatal=True)
    protest = ~none
    first, last = _date(batch, STARTS, protest, needed=True), _date(batch, ENDS, protest, needed=False)
    place = batch.text("location")
    low, high = sizes(batch.cells("participants"))
    category_low, category_high = sizes(batch.cells("participants_category").str.replace(">10000", ">10,000", literal=True))
    national = pl.col("place").is_null() | pl.col("place").str.contains(NATIONAL)
    frame = pl.DataFrame({"low": low, "high": high, "clow": category_low, "chigh": category_high, "place": place})
    told = pl.col("low").is_not_null() | pl.col("high").is_not_null()
    of = frame.select(
        low=pl.when(told).then("low").otherwise("clow"),
        high=pl.when(told).then("high").otherwise("chigh"),
        where=pl.when(national).then(pl.lit("country")).otherwise(pl.lit("region")),
    )
    return batch.events(
        {
            "id": batch.text("id", missing=()),
            "first": first,
            "last": last.fill_null(first) if last.null_count() else last,
            "precision": batch.constant("day"),
            "country": batch.text("country", missing=()),
            "place": place,
            "place_precision": of["where"],
            "kind": _kind(batch),
            "count": batch.constant(1),
            "size_low": of["low"],
            "size_high": of["high"],
        }
    )


def _date(batch: Batch, parts: tuple[str, str, str], protest: pl.Series, *, needed: bool) -> pl.Series:
    import polars as pl

    year, month, day = (batch.whole(name, low=1) for name in parts)
    inside = (year <= 9999) & (month <= 12) & (day <= 31)
    text = pl.format("{}-{}-{}", *(pl.col(name).cast(pl.String).str.zfill(n) for name, n in (("y", 4), ("m", 2), ("d", 2))))
    made = pl.when("in").then(text).str.to_date("%Y-%m-%d", strict=False)
    days = pl.DataFrame({"y": year, "m": month, "d": day, "in": inside}).select(made).to_series()
    if (wrong := days.is_null() & protest).any():
        shown = pl.select(pl.concat_str([batch.cells(name).fill_null("") for name in parts], separator="-")).to_series()
        batch.note(wrong, "no such date" if needed else "no such date, taken as one day", parts[0], shown, fatal=needed)
    return days


def _kind(batch: Batch) -> pl.Series:
    import polars as pl

    violent = batch.code("protesterviolence", {"0": "0", "1": "1"}, "0")
    answers = pl.DataFrame({"violent": violent, **{name: batch.cells(name) for name in RESPONSES}})
    force, intervened = (
        pl.any_horizontal(pl.col(*RESPONSES).str.to_lowercase().is_in(list(words)).fill_null(False)) for words in (FORCE, INTERVENTION)
    )
    kind = (
        pl.when(pl.col("violent") == "1").then(pl.lit("violent_demonstration"))
        .when(force).then(pl.lit("excessive_force_against_protesters"))
        .when(intervened).then(pl.lit("protest_with_intervention"))
        .otherwise(pl.lit("peaceful_protest"))
    )  # fmt: skip
    return answers.select(kind).to_series()


PROTESTS = Format(
    name="mass-mobilization",
    title="Mass Mobilization Protest Data (mmALL)",
    codebook="Clark and Regan, Mass Mobilization Protest Data, version 5.1 (2022), doi:10.7910/DVN/HTTWYL; "
    "Mass Mobilization Project users' manual (May 2015), https://massmobilization.github.io/",
    required=("id", "country", "startyear", "startmonth", "startday", "protesterviolence"),
    optional=("protest", "endyear", "endmonth", "endday", "location", "participants_category", "participants", *RESPONSES),
    dropped={
        "protesteridentity": NAMES_PEOPLE,
        "sources": PROSE,
        "notes": PROSE,
        **dict.fromkeys(("ccode", "year", "region", "protestnumber", *(f"protesterdemand{k}" for k in range(1, 5))), NOT_NEEDED),
    },
    normalise=normalise,
    unverified="The manual itself was not at hand: codes of the state's responses and classes of size are those of scripts "
    "that read the file.",
    since=1990,
)
