"""The whole builder: what is stable under what, what the other columns hold, and what is refused."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import numpy as np
import pytest

from groundswell.core.columns import CITY, NEIGHBOURHOOD, PROVINCE, group
from groundswell.core.errors import InputError
from groundswell.core.places import Population
from groundswell.populations import build, occupations, workplaces
from groundswell.populations.build import build_population
from groundswell.populations.districts import LARGEST, RURAL_KEY, SMALLEST, districts_of
from groundswell.populations.tables import CensusTables

pytestmark = pytest.mark.compiled


def part(population: Population, identifier: str) -> dict[str, Any]:
    """Everything about one province, counted from its own first row."""
    places = population.places
    i = places.position(identifier)
    rows, (first, last) = slice(*places.row_range(i)), places.bounds(CITY, i)
    low, high = places.neighbourhood_range(i)
    found: dict[str, Any] = {name: column[rows].tolist() for name, column in population.columns.items()}
    found["neighbourhoods"] = (places.neighbourhood_start[low : high + 1] - places.neighbourhood_start[low]).tolist()
    found["cities"] = [
        (dataclasses.replace(c, province=0), s)
        for c, s in zip(places.cities[first:last], np.diff(places.city_start)[first:last], strict=True)
    ]
    found["groups"] = int(np.diff(places.groups["workplace"])[i])
    found["address"] = int(places.address_of([places.row_range(i)[0]])[0])
    return found


def more_people(tables: CensusTables, identifier: str, number: int) -> CensusTables:
    """The tables with more men of the first age band in a province."""
    provinces = tuple(dataclasses.replace(p, population=p.population + number) if p.id == identifier else p for p in tables.provinces)
    rows = list(tables.census)
    at = next(i for i, row in enumerate(rows) if row.province == identifier)
    rows[at] = dataclasses.replace(rows[at], male=rows[at].male + number)
    return dataclasses.replace(tables, provinces=provinces, census=tuple(rows))


def test_people_elsewhere_change_nothing(atlantis: CensusTables, population: Population) -> None:
    other = build_population(more_people(atlantis, "AT-01", 1234), scale=1, seed=11)
    assert other.digest != population.digest
    assert part(other, "AT-01") != part(population, "AT-01")
    for identifier in ("AT-02", "AT-03", "AT-04"):
        assert part(other, identifier) == part(population, identifier)


def test_fewer_provinces_in_another_order(atlantis: CensusTables, population: Population) -> None:
    some = build_population(atlantis, scale=1, seed=11, provinces=["AT-04", "Kalliste"])
    assert [p.id for p in some.places.provinces] == ["AT-04", "AT-02"]
    for identifier in ("AT-02", "AT-04"):
        assert part(some, identifier) == part(population, identifier)


def test_order_of_tables_changes_no_digest(atlantis: CensusTables, population: Population) -> None:
    def backwards(rows: Any) -> Any:
        return tuple(dataclasses.replace(row, line=None) for row in rows[::-1])

    turned = dataclasses.replace(
        atlantis,
        provinces=backwards(atlantis.provinces),
        census=backwards(atlantis.census),
        households=backwards(atlantis.households),
        cities=backwards(atlantis.cities),
    )
    other = build_population(turned, scale=1, seed=11)
    assert other.columns["age"].tolist() != population.columns["age"].tolist()
    assert other.digest == population.digest


def test_twins_have_other_people(atlantis: CensusTables) -> None:
    """Provinces with the same tables, and towns of the same size, are filled by draws of their own."""
    crowded = more_people(atlantis, "AT-03", 40_000)
    one, rows = crowded.provinces[2], crowded.census_of("AT-03")
    towns = [dataclasses.replace(atlantis.cities[0], key=50 + i, province="AT-03", population=20_000) for i in range(2)]
    tables = dataclasses.replace(
        atlantis,
        provinces=(one, dataclasses.replace(one, id="AT-05", name="Twin", code=5)),
        census=(*rows, *(dataclasses.replace(row, province="AT-05") for row in rows)),
        cities=(*towns, *(dataclasses.replace(town, key=town.key + 10, province="AT-05") for town in towns)),
    )
    population = build_population(tables, scale=1, seed=11)
    first, second = part(population, "AT-03"), part(population, "Twin")
    assert sum(a == b for a, b in zip(first["age"], second["age"], strict=True)) < 0.75 * 47_200
    assert sum(a == b for a, b in zip(first["hardship"], second["hardship"], strict=True)) < 20
    assert first["neighbourhoods"] != second["neighbourhoods"]
    places = population.places
    sizes = [np.diff(places.neighbourhood_start[places.city_start[c] : places.city_start[c + 1] + 1])[:-1].tolist() for c in (0, 1)]
    assert min(len(s) for s in sizes) > 3
    assert max(abs(a - b) for a, b in zip(*sizes, strict=False)) > 50  # more than a household at the edge


def test_threads_give_the_same_bits(atlantis: CensusTables, population: Population) -> None:
    for threads in (1, 2, 5):
        other = build_population(atlantis, scale=1, seed=11, threads=threads)
        for name, column in population.columns.items():
            assert (other.columns[name] == column).all()
        assert other.digest == population.digest
        assert other.provenance == population.provenance


def test_seed_and_scale_change_the_people(atlantis: CensusTables, population: Population) -> None:
    digests = {build_population(atlantis, scale=scale, seed=seed).digest for scale in (1, 10) for seed in (11, 12, 11 + 2**32)}
    assert len(digests) == 6
    assert population.digest in digests


def test_every_column_enters_the_digest(population: Population) -> None:
    from groundswell.populations.stored import population_digest, province_digest

    def digest(columns: Any) -> str:
        return population_digest(population.places, [province_digest(population.places, columns, i) for i in range(4)])

    assert digest(population.columns) == population.digest
    for name, column in population.columns.items():
        changed = column.copy()
        changed[-1] ^= 1
        assert digest({**population.columns, name: changed}) != population.digest


def test_provenance(atlantis: CensusTables, population: Population) -> None:
    about = population.provenance
    assert about["tables"] == dict(atlantis.hashes)
    assert (about["seed"], about["scale"], about["provinces"]) == (11, 1, ["AT-01", "AT-02", "AT-03", "AT-04"])
    counts = about["counts"]
    assert counts["persons"] == counts["rows"] == 40_000
    assert counts["households"] == ((population.columns["household"] & 15) == 0).sum()
    assert counts["neighbourhoods"] == population.places.neighbourhoods
    assert counts["child_headed"] == 0
    assert {"odd_spouses", "odd_mothers", "odd_parents", "workplaces"} <= set(counts)


def test_progress(atlantis: CensusTables) -> None:
    heard: list[tuple[int, int]] = []
    build_population(atlantis, scale=10, seed=1, progress=lambda done, of: heard.append((done, of)))
    assert [of for _, of in heard] == [4000] * 4
    done = [done for done, _ in heard]
    assert done == sorted(set(done))
    assert done[-1] == 4000


@pytest.mark.parametrize("scale", [1, 10, 66])
def test_places(atlantis: CensusTables, scale: int) -> None:
    population = build_population(atlantis, scale=scale, seed=2)
    places, first = population.places, (population.columns["household"] & 15) == 0
    assert places.rows == len(first)
    assert first[places.neighbourhood_start[:-1]].all()  # no household is cut
    rows = np.diff(places.neighbourhood_start)
    assert (rows > 0).all()
    largest = 7  # rows of a household beyond the edge
    assert rows.max() <= (LARGEST + SMALLEST) / scale + 50 + largest
    for i, province in enumerate(atlantis.provinces):
        a, b = places.bounds(CITY, i)
        towns = districts_of(atlantis, province.id)
        assert [c.key for c in places.cities[a:b]] == [d.key for d in towns]
        assert [c.rural for c in places.cities[a:b]] == [False] * (b - a - 1) + [True]
        assert places.cities[b - 1].key == RURAL_KEY
        here = places.represented(CITY)[a:b]
        assert here == pytest.approx([d.population for d in towns], abs=scale * largest)
        for city in range(a, b):
            mine = rows[places.city_start[city] : places.city_start[city + 1]]
            assert len(mine) == 1 or mine.min() >= max(50, SMALLEST // scale) - largest
    assert places.represented(PROVINCE).sum() == pytest.approx(40_000, abs=4 * scale)


def test_neighbourhoods_have_the_mean_that_is_claimed(atlantis: CensusTables) -> None:
    big = more_people(atlantis, "AT-03", 3_000_000)
    places = build_population(big, scale=1, seed=2, provinces=["AT-03"]).places
    assert sum(c.rural for c in places.cities) == 8  # 3,003,100 in the countryside, at most 400,000 each
    sizes = places.represented(NEIGHBOURHOOD)
    assert sizes.mean() == pytest.approx(2500, rel=0.06)
    assert np.percentile(sizes, 5) < 900
    assert np.percentile(sizes, 95) > 5000


def test_occupations(atlantis: CensusTables, population: Population) -> None:
    age, profile = population.columns["age"], population.columns["profile"]
    job, female = (profile >> 1) & 15, (profile & 1) == 1
    assert job.max() < len(occupations.NAMES)
    active = np.isin(job, [2, 3, 4, 5, 6, 8, 10, 11])
    for i, province in enumerate(atlantis.provinces):
        rows = slice(*population.places.row_range(i))
        if province.labour_force is not None:
            assert active[rows].sum() == province.labour_force
            assert (job[rows] == occupations.UNEMPLOYED).sum() == province.unemployed
    assert age[job == occupations.CHILD].max() < 15
    assert (job[age < 7] == occupations.CHILD).all()
    assert (job[(age >= 8) & (age < 14)] == occupations.STUDENT).mean() > 0.9
    assert age[active].min() >= 15
    assert age[job == occupations.RETIRED].min() >= 45
    assert not female[job == occupations.SOLDIER].any()
    assert set(age[job == occupations.SOLDIER]) <= set(range(18, 61))
    assert female[job == occupations.HOMEMAKER].all()
    assert active[~female & (age >= 30) & (age < 45)].mean() > 0.85


def test_farmers_live_in_the_country(population: Population) -> None:
    job = (population.columns["profile"] >> 1) & 15
    places = population.places
    rural = np.repeat([c.rural for c in places.cities], places.represented(CITY))
    farmers, others = rural[job == occupations.FARMER].mean(), rural[job == occupations.WORKER].mean()
    assert farmers > others + 0.3


def test_workplaces(population: Population) -> None:
    age, profile, place = population.columns["age"], population.columns["profile"], population.columns["workplace"]
    job, places = (profile >> 1) & 15, population.places
    works = np.isin(job, [1, 2, 3, 4, 5, 6, 10, 11])
    assert ((place != workplaces.NONE) == works).all()
    city_of_row = np.repeat(np.arange(len(places.cities)), places.represented(CITY))
    for i in range(len(places.provinces)):
        rows = slice(*places.row_range(i))
        own, mine = place[rows][works[rows]].astype(int), works[rows]
        assert set(own) == set(range(int(np.diff(places.groups["workplace"])[i])))  # consecutive, none is empty
        pairs = set(zip(own.tolist(), city_of_row[rows][mine].tolist(), strict=True))
        assert len(pairs) == len(set(own))  # a group lies in one city
        sector = workplaces.sector_table()[job[rows][mine] + 16 * (age[rows][mine] >= 18)]
        assert len(set(zip(own.tolist(), sector.tolist(), strict=True))) == len(set(own))  # and in one sector
    assert places.size(group("workplace")) == population.provenance["counts"]["workplaces"]


def test_sizes_of_groups(population: Population) -> None:
    place, job = population.columns["workplace"], (population.columns["profile"] >> 1) & 15
    rows = slice(*population.places.row_range(0))
    own = place[rows].astype(np.int64)
    sizes = np.bincount(own[own != workplaces.NONE])
    work = sizes[np.unique(own[np.isin(job[rows], [2, 3, 4, 6])])]
    assert 0.4 < (work == 1).mean() < 0.62  # most are small
    assert work.mean() == pytest.approx(6.5, rel=0.35)
    assert work.max() > 60  # some are not
    schools = sizes[np.unique(own[job[rows] == occupations.TEACHER])]
    assert np.median(schools) > 60


def test_town_mixes_and_schools_are_near(population: Population) -> None:
    age, place = population.columns["age"], population.columns["workplace"]
    job = (population.columns["profile"] >> 1) & 15
    places = population.places
    town = slice(0, int(places.neighbourhood_start[places.city_start[1]]))
    rows = np.arange(town.stop)

    def spread(mask: Any) -> float:
        widths = []
        for number, size in Counter(place[town][mask].tolist()).items():
            if size >= 20:
                own = rows[mask & (place[town] == number)]
                widths.append((own.max() - own.min()) / town.stop)
        return float(np.median(widths))

    assert spread(np.isin(job[town], [2, 3])) > 0.7
    assert spread((job[town] == 1) & (age[town] < 18)) < 0.25


def test_traits_are_uniform_and_independent(population: Population) -> None:
    hardship, risk = population.columns["hardship"] / 65536, population.columns["risk_aversion"] / 65536
    for trait in (hardship, risk):
        counts, _ = np.histogram(trait, 20, (0, 1))
        assert ((counts - 2000) ** 2 / 2000).sum() < 43.8  # chi-square of 19 degrees at .001
    assert abs(np.corrcoef(hardship, risk)[0, 1]) < 0.02
    assert abs(np.corrcoef(hardship[1:], hardship[:-1])[0, 1]) < 0.02


def test_columns_have_their_widths_and_are_read_only(population: Population) -> None:
    for name, dtype in (
        ("age", "u1"),
        ("profile", "u1"),
        ("household", "u1"),
        ("workplace", "u4"),
        ("hardship", "u2"),
        ("risk_aversion", "u2"),
    ):
        assert population.columns[name].dtype == np.dtype(dtype)
        with pytest.raises(ValueError, match="read-only"):
            population.columns[name][0] = 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scale": 0}, "scale: 0 is not a whole number from 1 to 1000"),
        ({"scale": 1001}, "scale: 1001 is not a whole number from 1 to 1000"),
        ({"scale": 1.0}, "scale: 1.0 is not a whole number from 1 to 1000"),
        ({"scale": True}, "scale: True is not a whole number from 1 to 1000"),
        ({"seed": -1}, f"seed: -1 is not a whole number from 0 to {2**64 - 1}"),
        ({"threads": 0}, "threads: 0 is not a whole number from 1 to 1024"),
        ({"provinces": []}, "provinces: needs a list of at least one province"),
        ({"provinces": "AT-01"}, "provinces: needs a list of at least one province"),
        ({"provinces": ["AT-01", "Poseidonis"]}, "provinces: 'Poseidonis' is named twice"),
    ],
)
def test_refusals(atlantis: CensusTables, change: dict[str, Any], error: str) -> None:
    with pytest.raises(InputError) as raised:
        build_population(atlantis, **{"scale": 10, "seed": 1, **change})
    assert str(raised.value) == error


def test_unknown_province(atlantis: CensusTables) -> None:
    with pytest.raises(InputError, match=r"provinces: there is no province 'AT-05' \(did you mean 'AT-0[1-4]'\?\)"):
        build_population(atlantis, scale=10, seed=1, provinces=["AT-05"])


def test_too_coarse_a_scale(atlantis: CensusTables) -> None:
    small = dataclasses.replace(
        atlantis,
        provinces=(dataclasses.replace(atlantis.provinces[0], population=400, labour_force=None, unemployed=None),),
        census=(dataclasses.replace(atlantis.census[0], first=0, last=None, male=200, female=200),),
        cities=(dataclasses.replace(atlantis.cities[0], population=100),),
    )
    with pytest.raises(InputError, match="scale: AT-01 has 400 persons: no row at 1000 persons a row"):
        build_population(small, scale=1000, seed=1)
    one = build_population(small, scale=400, seed=1)  # one row, one household, one neighbourhood
    assert one.places.rows == 1
    assert (one.columns["household"] == 16).all()


@pytest.mark.parametrize(
    ("people", "scale", "error"),
    [
        (2_000_000_000, 1, "population: 2000040000 persons; a population holds at most 2000000000"),
        (10**11, 1000, "population: 100000040000 persons"),
    ],
)
def test_too_many_people_are_refused_before_anything_is_allocated(
    atlantis: CensusTables, monkeypatch: pytest.MonkeyPatch, people: int, scale: int, error: str
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("allocated")

    monkeypatch.setattr(build, "_columns", never)
    with pytest.raises(InputError, match=error):
        build_population(more_people(atlantis, "AT-03", people), scale=scale, seed=1)


def test_too_many_rows_are_refused(atlantis: CensusTables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "MOST_ROWS", 39_999)
    with pytest.raises(InputError, match="scale: 40000 rows at scale 1; a population holds at most 39999"):
        build_population(atlantis, scale=1, seed=1)
    assert build_population(atlantis, scale=2, seed=1).places.rows == 20_000
