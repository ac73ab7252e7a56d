"""What people do by day: occupations by area, sex and age that add up to the province's labour force."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import F64, I64, U8, U16
from groundswell.populations import kernels, streams
from groundswell.populations.kernels import Source
from groundswell.populations.kin import AGES, by_age
from groundswell.populations.tables import ProvinceRow

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NAMES = (
    "child", "student", "worker", "professional", "health worker", "teacher", "trader", "homemaker", "unemployed", "retired",
    "farmer", "soldier", "other",
)  # fmt: skip
(
    CHILD, STUDENT, WORKER, PROFESSIONAL, HEALTH, TEACHER, TRADER, HOMEMAKER, UNEMPLOYED, RETIRED, FARMER, SOLDIER, OTHER,
) = range(len(NAMES))  # fmt: skip
SCHOOL = 7  # first year of school
ROWS_AT_ONCE = 1 << 20

# Shares of a sex by age, men then women. Source: assumed; the labour force is scaled to the province's where given.
LABOUR_FORCE = (
    ((14, 0.0), (15, 0.10), (18, 0.32), (20, 0.52), (25, 0.82), (30, 0.94), (45, 0.95), (55, 0.80), (65, 0.45), (80, 0.12), (95, 0.0)),
    ((14, 0.0), (15, 0.02), (18, 0.07), (20, 0.15), (25, 0.32), (35, 0.29), (50, 0.18), (60, 0.09), (75, 0.02), (90, 0.0)),
)
JOBLESS = (
    ((14, 0.3), (20, 0.27), (25, 0.22), (30, 0.12), (40, 0.06), (60, 0.04), (100, 0.01)),
    ((14, 0.4), (20, 0.45), (25, 0.38), (30, 0.25), (40, 0.10), (60, 0.04), (100, 0.01)),
)
STUDENTS = (  # of those outside the labour force
    ((6, 0.0), (7, 0.98), (11, 0.98), (14, 0.95), (17, 0.90), (18, 0.75), (22, 0.62), (26, 0.30), (30, 0.10), (36, 0.0)),
    ((6, 0.0), (7, 0.98), (11, 0.98), (14, 0.94), (17, 0.86), (18, 0.56), (22, 0.44), (26, 0.12), (30, 0.04), (36, 0.0)),
)
PENSIONERS = (  # of those left
    ((44, 0.0), (50, 0.45), (60, 0.80), (70, 0.85), (100, 0.85)),
    ((44, 0.0), (50, 0.05), (60, 0.12), (70, 0.15), (100, 0.15)),
)
HOMEMAKERS = (((14, 0.0), (100, 0.0)), ((14, 0.0), (15, 0.90), (75, 0.92), (100, 0.75)))  # of those left then
CONSCRIPTS = (  # of the employed
    ((17, 0.0), (18, 0.22), (20, 0.28), (22, 0.16), (24, 0.05), (26, 0.01), (60, 0.0)),
    ((17, 0.0), (100, 0.0)),
)
# Of the employed in towns and in the countryside, men then women. Source: assumed; agriculture near 18 % of all.
FARMERS = ((0.04, 0.02), (0.46, 0.50))
TRADERS = ((0.22, 0.12), (0.12, 0.06))
TEACHERS = ((0.035, 0.17), (0.02, 0.06))
HEALTH_WORKERS = ((0.02, 0.11), (0.008, 0.04))
PROFESSIONALS = ((0.13, 0.24), (0.04, 0.07))


@functools.cache
def shares(name: str) -> Floats:
    """Shares of an occupation by area (towns, countryside), sex and age; shape (2, 2, 101)."""
    ages = {"labour": LABOUR_FORCE, "jobless": JOBLESS, "students": STUDENTS, "pensioners": PENSIONERS}
    ages |= {"homemakers": HOMEMAKERS, "conscripts": CONSCRIPTS}
    work = {FARMER: FARMERS, TRADER: TRADERS, TEACHER: TEACHERS, HEALTH: HEALTH_WORKERS, PROFESSIONAL: PROFESSIONALS}
    if name in ages:
        both = np.stack([by_age(points) for points in ages[name]])
        return np.stack([both, both])
    of_employed = np.array(work[NAMES.index(name)], np.float64)[:, :, None]
    adults = np.where(np.arange(AGES) >= 20, 1.0, 0.3 if name in ("farmer", "trader") else 0.0)
    return np.asarray(of_employed * adults)


def _split(available: Ints, share: Floats) -> Ints:
    """A share of each group, rounded cumulatively within each area and sex so that the totals are right."""
    exact = np.add.accumulate(available * share, axis=2)
    whole = (exact + 0.5).astype(np.int64)
    taken: Ints = np.diff(whole, axis=2, prepend=0)
    return np.clip(taken, 0, available)


def _take(available: Ints, share: Floats, total: int | None) -> Ints:
    if total is None:
        return _split(available, share)
    taken = kernels.compiled(kernels.take)(available.reshape(-1), np.ascontiguousarray(share).reshape(-1), total)
    return np.asarray(taken.reshape(available.shape), np.int64)


def plan_occupations(people: Ints, province: ProvinceRow) -> Ints:
    """How many people of each area, sex and age have each occupation.

    Args:
        people: rows by area (towns, countryside), sex and age; shape (2, 2, 101).
        province: with its labour force and its unemployed, which the rows match in proportion where they are given.

    Returns:
        shape (2, 2, 101, 13).
    """
    rows, persons = int(people.sum()), province.population
    totals = [None if n is None else (2 * n * rows + persons) // (2 * persons) for n in (province.labour_force, province.unemployed)]
    deck = np.zeros((*people.shape, len(NAMES)), np.int64)
    active = _take(people, shares("labour"), totals[0])
    deck[..., UNEMPLOYED] = _take(active, shares("jobless"), totals[1])
    employed = active - deck[..., UNEMPLOYED]
    deck[..., SOLDIER] = _split(employed, shares("conscripts"))
    civil = employed - deck[..., SOLDIER]
    left = civil
    for job in (FARMER, TRADER, TEACHER, HEALTH, PROFESSIONAL):
        deck[..., job] = np.minimum(_split(civil, shares(NAMES[job])), left)
        left = left - deck[..., job]
    deck[..., WORKER] = left
    idle = people - active
    for job, name in ((STUDENT, "students"), (RETIRED, "pensioners"), (HOMEMAKER, "homemakers")):
        deck[..., job] = _split(idle, shares(name))
        idle = idle - deck[..., job]
    deck[..., :15, CHILD] = idle[..., :15]
    deck[..., 15:, OTHER] = idle[..., 15:]
    return deck


def occupy(age: Any, profile: Any, deck: Any, left: Any, random: Any) -> None:
    """Deal occupations of one area to some rows, without replacement.

    Args:
        age, profile: of the rows; the occupation is written to bits 1 to 4.
        deck: left to deal by sex, age and occupation, int64, shape (2, 101, 13); used up.
        left: its sums over occupations, shape (2, 101); used up.
        random: uniforms of the rows.
    """
    for i in range(len(age)):
        sex, years = I64(profile[i] & 1), I64(age[i])
        pick = min(int(random[i, 0] * F64(left[sex, years])), left[sex, years] - 1)
        job = 0
        while pick >= deck[sex, years, job]:
            pick -= deck[sex, years, job]
            job += 1
        deck[sex, years, job] -= 1
        left[sex, years] -= 1
        profile[i] = U8(profile[i] | (job << 1))


def give_occupations(age: Any, profile: Any, rural_from: int, province: ProvinceRow, source: Source) -> None:
    """Write everybody's occupation to the profiles of a province.

    Args:
        age, profile: its columns.
        rural_from: first row of the countryside.
        province: its row in the tables.
        source: its draws.
    """
    areas = (0, rural_from), (rural_from, len(age))
    cells = [np.bincount((profile[a:b] & 1).astype(np.uint16) * U16(AGES) + age[a:b], minlength=2 * AGES) for a, b in areas]
    people = np.stack(cells).reshape(2, 2, AGES).astype(np.int64)
    deck = plan_occupations(people, province)
    for area, (start, end) in enumerate(areas):
        for first in range(start, end, ROWS_AT_ONCE):
            rows = slice(first, min(first + ROWS_AT_ONCE, end))
            random = source.uniforms(streams.OCCUPATIONS, np.arange(rows.start, rows.stop, dtype=np.uint32))
            kernels.compiled(occupy)(age[rows], profile[rows], deck[area], people[area], random)


def give_traits(hardship: Any, risk_aversion: Any, source: Source) -> None:
    """Write two independent uniform 16-bit numbers for every row of a province."""
    for first in range(0, len(hardship), ROWS_AT_ONCE):
        rows = slice(first, min(first + ROWS_AT_ONCE, len(hardship)))
        random = source.uniforms(streams.TRAITS, np.arange(rows.start, rows.stop, dtype=np.uint32))
        hardship[rows] = (random[:, 0] * 65536.0).astype(np.uint16)
        risk_aversion[rows] = (random[:, 1] * 65536.0).astype(np.uint16)
