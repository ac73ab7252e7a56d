"""NAVCO: daily events (version 3.0) and the list of campaigns (version 1.3). Version 2.1 has years of campaigns, and no events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell.events.formats.base import NAMES_PEOPLE, NOT_NEEDED, PROSE, Batch, Format, only
from groundswell.events.formats.sizes import sizes

if TYPE_CHECKING:
    import polars as pl

NONE = ("-99", "-99.0", "-999")  # how NAVCO writes that nothing is known
PROTEST, VIOLENT = "14", "145"  # CAMEO: protest; protest violently, riot
ARMED = ("18", "19", "20")  # CAMEO: assault; fight; unconventional mass violence


def normalise(batch: Batch) -> pl.DataFrame:
    """Daily events; protests by CAMEO's codes, every other act of the state or of its opponents as armed violence or `other`."""
    import polars as pl

    day = batch.day("date")
    verbs = pl.DataFrame({"code": batch.cells("verb_10"), "finer": batch.cells("verb_100")}).select(
        code=pl.col("code").str.strip_suffix(".0").str.zfill(2), finer=pl.col("finer").str.strip_suffix(".0").str.slice(0, 3)
    )
    code = pl.col("code")
    of = verbs.select(
        odd=~code.str.contains(r"^(0[1-9]|1\d|20)$").fill_null(False),
        kind=pl.when((code == PROTEST) & (pl.col("finer") == VIOLENT).fill_null(False)).then(pl.lit("violent_demonstration"))
        .when(code == PROTEST).then(pl.lit("peaceful_protest"))
        .when(code.is_in(list(ARMED))).then(pl.lit("armed_violence"))
        .otherwise(pl.lit("other")),
    )  # fmt: skip
    batch.note(of["odd"], "no root code of CAMEO, read as 'other'", "verb_10")
    low, high = sizes(batch.cells("num_partic_event", NONE))
    return batch.events(
        {
            "id": batch.frame["row"].cast(pl.String),
            "first": day,
            "last": day,
            "precision": batch.constant("day"),
            "country": batch.text("country_name", missing=()),
            "place_precision": batch.constant("country"),
            "kind": of["kind"],
            "count": batch.constant(1),
            "size_low": low,
            "size_high": high,
            "deaths": batch.whole("fatal_casu", missing=("", ".", "NA", *NONE)),
        }
    )


def normalise_campaigns(batch: Batch) -> pl.DataFrame:
    """Campaigns, each from the first day of its first year to the last of its last."""
    import polars as pl

    begin, end = batch.whole("byear", low=1, fatal=True), batch.whole("eyear", low=1, fatal=True)
    for name, years in (("byear", begin), ("eyear", end)):
        if years.null_count():
            batch.note(batch.missing(name), "no date", name, fatal=True)
        batch.note(years > 9999, "no such year", name, fatal=True)
    begin, end = (only(years, years <= 9999) for years in (begin, end))
    days = pl.DataFrame({"begin": begin, "end": end}).select(first=pl.date("begin", 1, 1), last=pl.date("end", 12, 31))
    return batch.events(
        {
            "id": batch.frame["row"].cast(pl.String),
            "first": days["first"],
            "last": days["last"],
            "precision": batch.constant("year"),
            "country": batch.text("location", missing=()),
            "place_precision": batch.constant("country"),
            "kind": batch.constant("campaign"),
            "count": batch.constant(1),
        }
    )


DAILY = Format(
    name="navco-3",
    title="NAVCO 3.0, daily events in 26 countries, 1990 to 2012 (export the workbook as CSV)",
    codebook="Chenoweth, Pinckney and Lewis, NAVCO 3.0 Dataset (2019), doi:10.7910/DVN/INNYEO; verbs: CAMEO Codebook 1.1b3 (2012)",
    required=("date", "country_name", "verb_10"),
    optional=("verb_100", "num_partic_event", "fatal_casu"),
    dropped={
        "coder": NAMES_PEOPLE,
        "event_desc": PROSE,
        "nv_tactic_ns": PROSE,
        "v_tactic_ns": PROSE,
        "source": PROSE,
        **dict.fromkeys(("actor_name", "target_name", "cameo_actor_3", "cameo_actor_6", "target_3", "target_6"), NAMES_PEOPLE),
        **dict.fromkeys(
            ("cowcode", "verb_1000", "injuries", "damage", "camp_goals", "nv_categ", "nv_commission", "nv_concentration",
             "st_posture", "tactic_choice"),
            NOT_NEEDED,
        ),
    },
    normalise=normalise,
    unverified="The codebook was not at hand: of the 37 columns those are known that scripts for the file name; "
    "others are told as unknown.",
    since=1990,
    ids=False,
)  # fmt: skip
CAMPAIGNS = Format(
    name="navco-1",
    title="NAVCO 1.3, the list of 622 campaigns, 1900 to 2019 (export the workbook as CSV)",
    codebook="Chenoweth and Shay, List of Campaigns in NAVCO 1.3 (2020), doi:10.7910/DVN/ON9XND",
    required=("location", "byear", "eyear"),
    optional=(),
    dropped={
        "campaign": NAMES_PEOPLE,
        "target": NAMES_PEOPLE,
        **dict.fromkeys(("navcoid", "nonviol", "viol", "success", "limited", "failure", "ongoing"), NOT_NEEDED),
    },
    normalise=normalise_campaigns,
    unverified="The codebook was not at hand; the columns read are those that scripts for the file name. The count of 622 is the authors'.",
    ids=False,
)
