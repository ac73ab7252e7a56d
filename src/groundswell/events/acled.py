"""The simulated record in the columns of ACLED, so that whatever reads ACLED reads it.

The columns are those of ACLED's export of today (Codebook of October 2024; texts, not codes, in `inter1`, `inter2` and
`interaction`). Three things are said by construction:

* an id begins with `SIM` and the note says that nothing of it happened, so that no row passes for one of ACLED's;
* who stood behind an event is latent in a real record and stays out of this one: neither the stream nor whether a
  report was invented is exported;
* no field can hold a person's name.

A small unit's act (a banner, a slogan, a leaflet) is `Other` under `Strategic developments`. It is no protest, for which
ACLED wants three people or more demonstrating in public; `Looting/property destruction` would claim damage that the
abstract act does not have; a militia as its actor would claim arms. ACLED codes such acts only where a researcher finds
them important, so counts of them compare with nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import EPOCH, address
from groundswell.core.errors import InputError, nearest

if TYPE_CHECKING:
    import polars as pl

    from groundswell.core.places import Places

Array = npt.NDArray[Any]
Record = Mapping[str, Array]

UNIX_DAY = 25567  # days from 1900-01-01 to 1970-01-01
SATURDAY = 5  # 1900-01-01 was a Monday


@dataclass(frozen=True)
class AcledColumn:
    """A column of ACLED.

    Args:
        name: as in its export.
        kind: type of its values.
        doc: one sentence.
        optional: whether ACLED leaves it empty for some events.
    """

    name: str
    kind: Literal["text", "whole", "real", "date"]
    doc: str
    optional: bool = False


COLUMNS = (
    AcledColumn("event_id_cnty", "text", "Identifier of the event that never changes: letters and a number."),
    AcledColumn("event_date", "date", "Day of the event, or the first day of its week where only the week is known."),
    AcledColumn("year", "whole", "Year of the event."),
    AcledColumn("time_precision", "whole", "1: the day is known; 2: the week; 3: the month."),
    AcledColumn("disorder_type", "text", "Political violence, demonstrations (or both), or strategic developments."),
    AcledColumn("event_type", "text", "One of six types, such as Protests or Riots."),
    AcledColumn("sub_event_type", "text", "One of about 25 sub-types, such as Peaceful protest."),
    AcledColumn("actor1", "text", "A party to the event, named by its kind and country; the order of the two says nothing."),
    AcledColumn("assoc_actor_1", "text", "Groups that belong to or identify the first actor.", optional=True),
    AcledColumn("inter1", "text", "Kind of the first actor."),
    AcledColumn("actor2", "text", "The other party, where there is one.", optional=True),
    AcledColumn("assoc_actor_2", "text", "Groups that belong to or identify the second actor.", optional=True),
    AcledColumn("inter2", "text", "Kind of the second actor.", optional=True),
    AcledColumn("interaction", "text", "The two kinds of actors together."),
    AcledColumn("civilian_targeting", "text", "Says so where unarmed people were the target of violence.", optional=True),
    AcledColumn("iso", "whole", "The country's numeric code in ISO 3166-1."),
    AcledColumn("region", "text", "Part of the world."),
    AcledColumn("country", "text", "Name of the country."),
    AcledColumn("admin1", "text", "First-level region: the province."),
    AcledColumn("admin2", "text", "Second-level region.", optional=True),
    AcledColumn("admin3", "text", "Third-level region.", optional=True),
    AcledColumn("location", "text", "Name of the place, or of the province where nothing finer is known."),
    AcledColumn("latitude", "real", "Degrees north."),
    AcledColumn("longitude", "real", "Degrees east."),
    AcledColumn("geo_precision", "whole", "1: the town is known; 2: the part of the region; 3: the region, placed at its chief city."),
    AcledColumn("source", "text", "Who reported it."),
    AcledColumn("source_scale", "text", "How far the source reaches."),
    AcledColumn("notes", "text", "What happened, in words."),
    AcledColumn("fatalities", "whole", "Deaths as reported."),
    AcledColumn("tags", "text", "Further details divided by semicolons, such as the size of the crowd.", optional=True),
    AcledColumn("timestamp", "whole", "When the row was entered, in seconds since 1970."),
)


@dataclass(frozen=True)
class SubEvent:
    """How ACLED codes one kind of simulated event; `{}` stands for the country."""

    name: str
    event_type: str
    disorder_type: str
    actor1: str
    inter1: str
    actor2: str | None
    inter2: str | None
    interaction: str
    civilian_targeting: str | None = None


# In the order of the record's code. Reported violence by demonstrators is a riot to ACLED; whether forces were there is not recorded.
SUB_EVENTS = (
    SubEvent("Peaceful protest", "Protests", "Demonstrations", "Protesters ({})", "Protesters", None, None, "Protesters only"),
    SubEvent(
        "Protest with intervention",
        "Protests",
        "Demonstrations",
        "Protesters ({})",
        "Protesters",
        "Police Forces of {}",
        "State forces",
        "State forces-Protesters",
    ),
    SubEvent(
        "Excessive force against protesters",
        "Protests",
        "Political violence; Demonstrations",
        "Protesters ({})",
        "Protesters",
        "Police Forces of {}",
        "State forces",
        "State forces-Protesters",
        "Civilian targeting",
    ),
    SubEvent("Violent demonstration", "Riots", "Demonstrations", "Rioters ({})", "Rioters", None, None, "Rioters only"),
    SubEvent("Other", "Strategic developments", "Strategic developments", "Civilians ({})", "Civilians", None, None, "Civilians only"),
)
GATHERING, ACT = 0, 1  # kinds of the record
ACT_CODE = 4

KEY = ("event_day", "province", "city", "stream", "kind", "sub_event", "reported_day", "size_reported", "fatalities_reported")
NOTE = "Simulated event; it did not happen."


def schema() -> dict[str, Any]:
    """The polars type of each column. Whole numbers are Int64, as polars reads them from ACLED's own CSV."""
    import polars as pl

    types = {"text": pl.String, "whole": pl.Int64, "real": pl.Float64, "date": pl.Date}
    return {column.name: types[column.kind] for column in COLUMNS}


def checked(record: Record, places: Places) -> dict[str, Array]:
    """The record's fields as int64, `province` and `city` turned from natural keys into positions.

    Raises:
        InputError: a field is missing, of another length, or holds a code, key or number that does not exist.
    """
    fields: dict[str, Array] = {}
    for name in KEY:
        if name not in record:
            raise InputError("the record lacks this field", key=name, nearest=nearest(name, record))
        fields[name] = np.asarray(record[name]).astype(np.int64)
    if len({len(values) for values in fields.values()}) > 1:
        raise InputError(f"the fields of the record have different lengths: { {k: len(v) for k, v in fields.items()} }", key="record")
    most = {"kind": ACT, "sub_event": ACT_CODE, "stream": 2}
    for name, values in fields.items():
        low, high = int(values.min(initial=0)), int(values.max(initial=0))
        if low < 0 or high > most.get(name, high):
            raise InputError(f"{low if low < 0 else high} is outside its range", key=name)
    if ((fields["kind"] == ACT) != (fields["sub_event"] == ACT_CODE)).any():
        raise InputError(f"acts, and only acts, have the code {ACT_CODE}", key="sub_event")
    codes = np.asarray(places.codes)
    cities = address(codes[places.province_of_city], [city.key for city in places.cities])
    fields["city"] = _positions(address(fields["province"], fields["city"]), cities, "city")
    fields["province"] = _positions(fields["province"], codes, "province")
    return fields


def _positions(keys: Array, known: Array, field: str) -> Array:
    order = np.argsort(known)
    at = np.minimum(np.searchsorted(known[order], keys), len(known) - 1)
    if (known[order[at]] != keys).any():
        raise InputError(f"the record names a {field} that the population does not have", key=field)
    return order[at]


def of_source(record: Record, number: int) -> dict[str, Array]:
    """The rows of a record that come from one source, by its number."""
    mine = np.asarray(record["source"]) == number
    return {name: np.asarray(values)[mine] for name, values in record.items()}


def week_start(days: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The Saturday on or before each day number: the first day of ACLED's (and Iran's) week."""
    numbers = np.asarray(days, np.int64)
    return numbers - (numbers - SATURDAY) % 7


def _keyed(fields: dict[str, Array], places: Places, *, level: str, interval: str) -> dict[str, Array]:
    """Coarsened to the finest place and time allowed, then sorted by natural key, so that the order of storage is lost.

    Adds `repeat`: the number of earlier rows equal in everything, which no order of storage can change either.
    """
    fields = dict(fields)
    if interval == "week":
        fields["event_day"], fields["reported_day"] = week_start(fields["event_day"]), week_start(fields["reported_day"])
    if level == "province":  # an act of a unit is told of the nation only: where units are is never said of a real country
        act = fields["kind"] == ACT
        fields["province"] = np.where(act, chief_province(places), fields["province"])
        fields["city"] = chief_cities(places)[fields["province"]]
    order = np.lexsort([fields[name] for name in reversed(KEY)])
    fields = {name: values[order] for name, values in fields.items()}
    rows = np.column_stack([fields[name] for name in KEY])
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    at = np.arange(len(rows))
    fields["repeat"] = at - np.maximum.accumulate(np.where(new, at, 0)) if len(rows) else at
    return fields


def chief_province(places: Places) -> int:
    """The position of the province of most people, the lowest code first; it stands for the nation."""
    return max(range(len(places.provinces)), key=lambda p: (places.provinces[p].population, -places.provinces[p].code))


def chief_cities(places: Places) -> npt.NDArray[np.int64]:
    """The position of each province's city of most people, towns before countryside; shape (provinces,)."""
    from groundswell.core.columns import CITY

    people, best = places.represented(CITY), []
    for p in range(len(places.provinces)):
        cities = range(int(places.province_start[p]), int(places.province_start[p + 1]))
        best.append(max(cities, key=lambda c: (not places.cities[c].rural, int(people[c]), -c)))
    return np.array(best, np.int64)


def _ids(fields: dict[str, Array], places: Places, source: str, level: str) -> list[str]:
    """Ids from natural keys (codes of places, not positions): one more event changes no other's id."""
    keys = np.array([city.key for city in places.cities], np.int64)
    city = keys[fields["city"]] if level == "city" else np.zeros_like(fields["city"])
    named = {**fields, "province": places.codes[fields["province"]], "city": city}
    rows = np.column_stack([named[name] for name in (*KEY, "repeat")]).astype("<i8")
    salt = source.encode()
    return [f"SIM{int.from_bytes(hashlib.blake2b(row.tobytes() + salt, digest_size=7).digest(), 'little')}" for row in rows]


def to_acled(
    record: Record,
    places: Places,
    country: str,
    iso: int,
    source_name: str,
    *,
    region: str = "Simulated",
    source_scale: str = "Other",
    level: Literal["province", "city"] = "city",
    interval: Literal["week", "day"] = "day",
) -> pl.DataFrame:
    """The record of one source in ACLED's columns and types, sorted by day and place.

    Args:
        record: the journal `record`: `reported_day` and `event_day` (day numbers; the latter as reported), `province`
            (code) and `city` (key within it), `stream`, `kind` (0 gathering, 1 act), `sub_event` (position in
            `SUB_EVENTS`), `size_reported` (persons; 0: unknown) and `fatalities_reported`.
        places: what the codes and keys mean.
        country, iso: the country's name and its numeric code in ISO 3166-1 (0 or 900 to 999 for invented ones).
        source_name: the source whose record it is.
        region, source_scale: ACLED's words for the part of the world and for the reach of the source.
        level, interval: the finest place and time that may be told (`Case.level` and `Case.interval`). A coarser row has
            ACLED's own marks for it: its precision is 3 (province, placed at its chief city) and 2 (week).

    Raises:
        InputError: a field of the record is missing or outside its range, or `iso` is no numeric code.
    """
    import polars as pl

    if not 0 <= iso <= 999:
        raise InputError(f"{iso} is not a numeric code of ISO 3166-1", key="iso")
    fields = _keyed(checked(record, places), places, level=level, interval=interval)
    kinds = [SUB_EVENTS[code] for code in fields["sub_event"]]
    columns = {
        "event_id_cnty": _ids(fields, places, source_name, level),
        **_when(fields, interval),
        **_what(fields, kinds, country),
        **_where(fields, places, level, country),
        "iso": iso,
        "region": region,
        "country": country,
        "source": source_name,
        "source_scale": source_scale,
        "notes": NOTE,
    }
    types, length = schema(), len(kinds)
    constants = {name: value for name, value in columns.items() if value is None or isinstance(value, (int, str))}
    columns |= {name: pl.Series([value], dtype=types[name]).new_from_index(0, length) for name, value in constants.items()}
    return pl.DataFrame({name: columns[name] for name in types}, schema=types)


def from_acled(frame: pl.DataFrame, places: Places, sources: Sequence[str]) -> dict[str, Array]:
    """The journal `record` back from what `to_acled` wrote, as far as these columns hold it.

    Where only the province is told, its chief city stands for it, and an act of the nation stands in the chief province.
    Streams, tactics, arrests and inventions are latent: 0.

    Args:
        places: the same places.
        sources: names by number.

    Raises:
        InputError: a province's name is unknown, or stands for two.
    """
    by_name = {p.name: k for k, p in enumerate(places.provinces)}
    if len(by_name) < len(places.provinces):
        raise InputError("two provinces have one name; the record cannot be read back", key="admin1")
    chief = chief_cities(places)
    towns = {(c.province, c.name): k for k, c in enumerate(places.cities)}
    codes = {kind.name: k for k, kind in enumerate(SUB_EVENTS)}
    sub = np.array([codes[name] for name in frame["sub_event_type"].to_list()], np.int64)
    province = np.array([by_name.get(name, -1) for name in frame["admin1"].to_list()], np.int64)
    if ((province < 0) & (sub != ACT_CODE)).any():
        raise InputError("the record names a province that the population does not have", key="admin1")
    province = np.where(province < 0, chief_province(places), province)
    pairs = zip(province.tolist(), frame["location"].to_list(), strict=True)
    city = np.array([towns.get(pair, int(chief[pair[0]])) for pair in pairs], np.int64)
    size = [int(text.partition("=")[2]) if text and text[-1].isdigit() else 0 for text in frame["tags"].to_list()]
    day = (frame["event_date"].to_numpy().astype("datetime64[D]") - np.datetime64(EPOCH)).astype(np.int32)
    none = np.zeros(len(frame), np.uint8)
    keys = np.array([c.key for c in places.cities], np.int64)
    return {
        "source": np.array([list(sources).index(name) for name in frame["source"].to_list()], np.uint8),
        "reported_day": (frame["timestamp"].to_numpy() // 86400 + UNIX_DAY).astype(np.int32),
        "event_day": day,
        "province": places.codes[province],
        "city": keys[city],
        "stream": none,
        "kind": (sub == ACT_CODE).astype(np.uint8),
        "tactic": none,
        "sub_event": sub.astype(np.uint8),
        "size_reported": np.array(size, np.int64),
        "fatalities_reported": frame["fatalities"].to_numpy().astype(np.int64),
        "arrests_reported": none.astype(np.int64),
        "invented": none,
    }


def _when(fields: Mapping[str, Array], interval: str) -> dict[str, Any]:
    days = fields["event_day"].astype("timedelta64[D]") + np.datetime64(EPOCH)
    return {
        "event_date": days.astype("datetime64[D]"),
        "year": days.astype("datetime64[Y]").astype(np.int64) + 1970,
        "time_precision": 2 if interval == "week" else 1,
        "timestamp": (fields["reported_day"] - UNIX_DAY) * 86400,
    }


def _what(fields: Mapping[str, Array], kinds: list[SubEvent], country: str) -> dict[str, Any]:
    sizes = zip(fields["size_reported"].tolist(), kinds, strict=True)
    return {
        "disorder_type": [k.disorder_type for k in kinds],
        "event_type": [k.event_type for k in kinds],
        "sub_event_type": [k.name for k in kinds],
        "actor1": [k.actor1.format(country) for k in kinds],
        "assoc_actor_1": None,
        "inter1": [k.inter1 for k in kinds],
        "actor2": [k.actor2.format(country) if k.actor2 else None for k in kinds],
        "assoc_actor_2": None,
        "inter2": [k.inter2 for k in kinds],
        "interaction": [k.interaction for k in kinds],
        "civilian_targeting": [k.civilian_targeting for k in kinds],
        "fatalities": fields["fatalities_reported"],
        "tags": [None if k.event_type == "Strategic developments" else f"crowd size={n or 'no report'}" for n, k in sizes],
    }


def _where(fields: Mapping[str, Array], places: Places, level: str, country: str) -> dict[str, Any]:
    cities = [places.cities[c] for c in fields["city"]]
    national = (fields["kind"] == ACT) & (level == "province")
    provinces = [country if all_of_it else places.provinces[p].name for p, all_of_it in zip(fields["province"], national, strict=True)]
    return {
        "admin1": provinces,
        "admin2": None,
        "admin3": None,
        "location": provinces if level == "province" else [c.name for c in cities],
        "latitude": [c.latitude for c in cities],
        "longitude": [c.longitude for c in cities],
        "geo_precision": 3 if level == "province" else [2 if c.rural else 1 for c in cities],
    }
