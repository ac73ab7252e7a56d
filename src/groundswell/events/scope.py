"""What of a record may be read and told: no column that names people or groups, nothing finer than region and week, no open year.

Formats say of each of their columns what it holds. Of any other column only the name is known, so a map of columns is judged by names:
a column called `leader` is not taken for a region, because a count by region and week would then follow a person. Whoever renames the
column has decided so; nothing here can see that.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta
from typing import TYPE_CHECKING

from groundswell.core.errors import InputError
from groundswell.events.formats.base import NAMES_PEOPLE, PROSE

if TYPE_CHECKING:
    from groundswell.events.reading import Reading

NUMBERS = ("count", "size_low", "size_high", "deaths", "arrests")  # of ours: a number says nobody's name
TIMES = ("first", "last")
# Words of a name of a column, with or without an s at the end. In languages of the records that are read most.
NAMES = (
    "name", "names", "fullname", "firstname", "lastname", "surname", "forename", "nickname", "alias", "username", "birth", "birthday",
    "birthdate", "dob", "passport", "phone", "telephone", "mobile", "email", "ip", "imei", "handle", "account", "twitter", "telegram",
    "instagram", "facebook", "prénom", "prenom", "apellido", "vorname", "nachname", "نام", "اسم", "الاسم",
)  # fmt: skip
PEOPLE = (
    "person", "people", "individual", "victim", "martyr", "suspect", "perpetrator", "assailant", "witness", "detainee", "detained",
    "prisoner", "arrested", "arrestee", "killed", "injured", "wounded", "casualty", "protester", "protestor", "demonstrator", "participant",
    "activist", "organiser", "organizer", "leader", "speaker", "member", "recruit", "journalist", "author", "coder", "user", "owner",
    "ethnicity", "ethnic", "religion", "religious", "faith", "occupation", "profession", "gender", "sex", "age",
)  # fmt: skip
GROUPS = (
    "actor", "group", "organisation", "organization", "party", "movement", "faction", "sect", "tribe", "clan", "cell", "network",
    "affiliation", "identity", "campaign", "side", "dyad", "militia", "union",
)  # fmt: skip
FINER = (
    "admin2", "admin3", "admin4", "adm2", "adm3", "adm4", "county", "counties", "district", "subdistrict", "municipality", "municipalities",
    "ward", "city", "cities", "town", "village", "settlement", "neighbourhood", "neighborhood", "quarter", "street", "address", "location",
    "place", "site", "venue", "postcode", "zip", "latitude", "longitude", "lat", "lon", "lng", "coordinate", "geohash", "hospital",
    "school", "university", "universities", "campus", "mosque", "church", "prison", "barracks", "factory", "workplace", "building",
)  # fmt: skip
PROSES = ("note", "notes", "description", "headline", "article", "text", "url", "link", "tweet", "quote", "comment", "summary")
OF_PLACES = frozenset(("region", "province", "state", "country", "place", "city", "town", "location", "district", "county", "event"))


def _words(column: str) -> list[str]:
    return [
        word for word in re.split(r"[\W_]+", re.sub(r"(?i)\b(adm|admin)[_\s]?(\d)\b", r"\1\2", column.replace("_", " ")).lower()) if word
    ]


def _one_of(words: Collection[str], of: Collection[str]) -> bool:
    return any(word in of or word.removesuffix("s") in of for word in words)


def sounds_of(column: str) -> str | None:
    """Why a column that no format knows may name people or quote prose, going by its name; None where it sounds like neither."""
    words = _words(column)
    if _one_of(words, PEOPLE) or (_one_of(words, NAMES) and not OF_PLACES & set(words)):
        return NAMES_PEOPLE
    return PROSE if _one_of(words, PROSES) else None


def why_not(ours: str, column: str) -> str | None:
    """Why a column of a file is not taken for one of ours; None where it may be.

    Args:
        ours: a column of the Events table.
        column: its name in the file.
    """
    words = _words(column)
    if _one_of(words, NAMES) and not OF_PLACES & set(words):
        return f"this column {NAMES_PEOPLE} and is not read"
    if ours in (*NUMBERS, *TIMES):
        return None
    if _one_of(words, PEOPLE) or (ours != "reporter" and _one_of(words, GROUPS)):
        return f"this column may name people or groups and is not read as {ours}: nobody is followed from week to week here"
    if ours in ("country", "region") and _one_of(words, FINER):
        return f"this column names places finer than a {ours}: map it to place, or call it {ours} where it is one"
    return None


def last_closed(reading: Reading) -> date | None:
    """The last day of a record that may be described: of a real one that of the last year that has ended."""
    from groundswell.events.formats.acled import SIMULATED

    return None if reading.format.name == SIMULATED.name else date(date.today().year - 1, 12, 31)


def check_period(first: date | None, last: date | None, closed: date | None) -> None:
    """Refuse a period of a real record that is shorter than a week.

    Raises:
        InputError: it is.
    """
    if closed is not None and first is not None and last is not None and timedelta(0) <= last - first < timedelta(days=6):
        raise InputError(f"{first} to {last} is less than a week: a real record is described by weeks", key="until")
