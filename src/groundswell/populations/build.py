"""Build a synthetic population from census tables, one province at a time.

Every draw is addressed by the province's code and a number within it, so a province's people do not depend on which
other provinces are built, on their order, or on the number of threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws
from groundswell.core.errors import InputError
from groundswell.core.places import City, Places, Population, Province
from groundswell.core.store import seal, whole_folder
from groundswell.populations.ages import age_table, rows_of
from groundswell.populations.districts import District, cut, districts_of
from groundswell.populations.households import house
from groundswell.populations.kernels import Source
from groundswell.populations.kin import SIZES, household_sizes
from groundswell.populations.occupations import give_occupations, give_traits
from groundswell.populations.stored import COLUMNS, KIND, described, open_population, place_arrays, population_digest, province_digest
from groundswell.populations.tables import CensusTables, ProvinceRow
from groundswell.populations.workplaces import give_workplaces

BUILDER = 1  # raised whenever the same tables would give other people
MOST_ROWS = 1 << 31
MOST_PERSONS = 2_000_000_000

Ints = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Built:
    """One finished province: where its people live, from its own first row on, and what was counted."""

    neighbourhood_start: Ints
    city_start: Ints
    groups: int
    counts: dict[str, int]


@dataclass(frozen=True)
class _Job:
    """What it takes to build one province."""

    tables: CensusTables
    province: ProvinceRow
    districts: tuple[District, ...]
    scale: int
    rows: int
    seed: int

    def run(self, columns: Mapping[str, npt.NDArray[Any]]) -> _Built:
        """Write the province's part of every column."""
        source = Source(self.province.code, Draws(self.seed).keys)
        people = age_table(self.tables.census_of(self.province.id), self.scale)
        shares = [0.0] * SIZES
        for row in self.tables.households:
            shares[row.size] = row.share
        known = self.province.households
        sizes = household_sizes(shares, self.rows, self.province.population / known if known else None)
        homes = house(people, sizes, source)
        starts, of_city = cut(homes.sizes, self.districts, self.scale, source)
        towns = sum(not d.rural for d in self.districts)
        give_occupations(homes.age, homes.profile, int(starts[of_city[towns]]), self.province, source)
        columns["age"][:], columns["profile"][:], columns["household"][:] = homes.age, homes.profile, homes.household
        groups = give_workplaces(homes.age, homes.profile, columns["workplace"], starts[of_city], self.districts, self.scale, source)
        give_traits(columns["hardship"], columns["risk_aversion"], source)
        return _Built(starts, of_city, groups, homes.counts)


def _chosen(tables: CensusTables, provinces: Sequence[str] | None) -> list[ProvinceRow]:
    if provinces is None:
        return list(tables.provinces)
    if isinstance(provinces, str) or not provinces:
        raise InputError("needs a list of at least one province", key="provinces")
    rows = [tables.province(name) for name in provinces]
    for i, row in enumerate(rows):
        if row in rows[:i]:
            raise InputError(f"{provinces[i]!r} is named twice", key="provinces")
    return rows


def _jobs(tables: CensusTables, chosen: list[ProvinceRow], scale: int, seed: int) -> list[_Job]:
    """The provinces to build.

    Raises:
        InputError: a scale, a seed or a size that cannot be had; nothing has been allocated by then.
    """
    for name, value, low, high in (("scale", scale, 1, 1000), ("seed", seed, 0, (1 << 64) - 1)):
        if type(value) is not int or not low <= value <= high:
            raise InputError(f"{value!r} is not a whole number from {low} to {high}", key=name)
    rows = [rows_of(province.population, scale) for province in chosen]
    persons = sum(province.population for province in chosen)
    if persons > MOST_PERSONS:
        raise InputError(f"{persons} persons; a population holds at most {MOST_PERSONS}", key="population")
    if sum(rows) > MOST_ROWS:
        raise InputError(f"{sum(rows)} rows at scale {scale}; a population holds at most {MOST_ROWS}", key="scale")
    for province, n in zip(chosen, rows, strict=True):
        if n < 1:
            raise InputError(f"{province.id} has {province.population} persons: no row at {scale} persons a row", key="scale")
    return [_Job(tables, p, districts_of(tables, p.id), scale, n, seed) for p, n in zip(chosen, rows, strict=True)]


def _columns(rows: int, folder: Path | None) -> dict[str, npt.NDArray[Any]]:
    """One array for each column: in memory, or mapped to a file of a folder."""
    if folder is None:
        return {name: np.empty(rows, dtype) for name, dtype in COLUMNS.items()}
    return {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=np.dtype(dtype), shape=(rows,))
        for name, dtype in COLUMNS.items()
    }


def _run(jobs: list[_Job], columns: Mapping[str, npt.NDArray[Any]], threads: int, progress: Progress | None) -> list[_Built]:
    """Build all provinces, the largest first, a thread each; `progress` hears of it in the calling thread."""
    first = np.concatenate([[0], np.add.accumulate([job.rows for job in jobs])]).tolist()
    stop, built, done = threading.Event(), {}, 0

    def one(i: int) -> _Built | None:
        part = {name: np.asarray(column)[first[i] : first[i + 1]] for name, column in columns.items()}
        return None if stop.is_set() else jobs[i].run(part)

    order = sorted(range(len(jobs)), key=lambda i: (-jobs[i].rows, i))
    with ThreadPoolExecutor(max_workers=threads) as pool:
        pending: dict[Future[_Built | None], int] = {pool.submit(one, i): i for i in order}
        try:
            while pending:
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    i, result = pending.pop(future), future.result()
                    if result is not None:
                        built[i] = result
                        done += jobs[i].rows
                        if progress is not None:
                            progress(done, first[-1])
        finally:  # an error or an interrupt: what has not begun never will
            stop.set()
    return [built[i] for i in range(len(jobs))]


def _places(jobs: list[_Job], built: list[_Built]) -> Places:
    """The places of all provinces, one after the other."""

    def joined(parts: list[Ints]) -> Ints:
        ends = np.add.accumulate([0, *(int(part[-1]) for part in parts)])
        shifted = [part[:-1] + end for part, end in zip(parts, ends[:-1], strict=True)]
        return np.concatenate([*shifted, ends[-1:]]).astype(np.int64)

    cities = [City(d.key, d.name, i, d.latitude, d.longitude, d.rural) for i, job in enumerate(jobs) for d in job.districts]
    return Places(
        provinces=tuple(Province(j.province.id, j.province.name, j.province.code, j.province.population) for j in jobs),
        cities=tuple(cities),
        neighbourhood_start=joined([b.neighbourhood_start for b in built]),
        city_start=joined([b.city_start for b in built]),
        province_start=np.add.accumulate([0, *(len(job.districts) for job in jobs)]).astype(np.int64),
        scale=jobs[0].scale,
        groups={"workplace": np.add.accumulate([0, *(b.groups for b in built)]).astype(np.int64)},
    )


def _provenance(tables: CensusTables, jobs: list[_Job], built: list[_Built], places: Places) -> dict[str, Any]:
    counts = {name: sum(b.counts[name] for b in built) for name in built[0].counts}
    counts |= {"rows": places.rows, "persons": sum(job.province.population for job in jobs)}
    counts |= {"neighbourhoods": places.neighbourhoods, "workplaces": int(places.groups["workplace"][-1])}
    return {
        "builder": BUILDER,
        "tables": dict(tables.hashes),
        "seed": jobs[0].seed,
        "scale": jobs[0].scale,
        "provinces": [job.province.id for job in jobs],
        "counts": counts,
    }


def build_population(
    tables: CensusTables,
    *,
    scale: int,
    provinces: Sequence[str] | None = None,
    seed: int,
    progress: Progress | None = None,
    threads: int = 2,
    out: Path | str | None = None,
) -> Population:
    """Synthetic people in households, neighbourhoods and workplaces that follow the tables.

    Args:
        tables: from `reading.read_tables`.
        scale: real persons a row stands for, 1 to 1000.
        provinces: ids or names, in the order of storage; all where None.
        seed: of the population; a run has its own.
        progress: called with rows done and rows in all, in this thread.
        threads: provinces built at the same time; the people are the same for any number.
        out: store the population in this folder (replaced where it exists) and open it by memory map.

    Returns:
        columns age, profile, household, workplace, hardship, risk_aversion; `provenance["counts"]` says how many
        households are headed by somebody under 18 and how many pairs of kin have an unusual difference of ages.

    Raises:
        InputError: the tables, the scale, the provinces or the seed do not make a population.
    """
    jobs = _jobs(tables, _chosen(tables, provinces), scale, seed)
    if type(threads) is not int or not 1 <= threads <= 1024:
        raise InputError(f"{threads!r} is not a whole number from 1 to 1024", key="threads")
    target = None if out is None else Path(out)
    scratch: AbstractContextManager[Path | None] = nullcontext() if target is None else whole_folder(target)
    with scratch as folder:
        columns = _columns(sum(job.rows for job in jobs), folder)
        built = _run(jobs, columns, threads, progress)
        places = _places(jobs, built)
        with ThreadPoolExecutor(max_workers=threads) as pool:
            digests = list(pool.map(lambda p: province_digest(places, columns, p), range(len(jobs))))
        digest, provenance = population_digest(places, digests), _provenance(tables, jobs, built, places)
        if folder is not None:
            for column in columns.values():
                if isinstance(column, np.memmap):
                    column.flush()
            seal(folder, KIND, described(places, provenance, digest), place_arrays(places))
    if target is not None:
        return open_population(target)
    for column in columns.values():
        column.setflags(write=False)
    return Population(places=places, columns=columns, provenance=provenance, digest=digest)
