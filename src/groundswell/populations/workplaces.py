"""Who spends the day with whom: schools, campuses, workplaces and barracks within a city.

Sizes follow a bounded Pareto law per sector, so that most groups are small and most people are in larger ones. A group
of up to 20 keeps its number of rows at every scale, as a household does (it stands for `scale` groups like it); a larger one
shrinks with the scale, down to 20 rows.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, U32, exp, exps, log, logs
from groundswell.populations import kernels, occupations, streams
from groundswell.populations.districts import District
from groundswell.populations.kernels import Source, shuffle

NONE = 0xFFFFFFFF  # the workplace of those who have none
ADULT = 18
SCHOOLS, CAMPUSES, WORKPLACES, BARRACKS = range(4)
# Smallest, largest, exponent. Workplaces: near Zipf's law (Axtell 2001, firms: 1.06); the others assumed.
LAWS = np.array([(60.0, 900.0, 1.0), (200.0, 20000.0, 1.0), (1.0, 2000.0, 1.06), (100.0, 2000.0, 1.2)])
QUANTILES = 1 << 16
GOLDEN = 0.6180339887498949  # steps of a sequence that fills [0, 1) evenly
SMALL = 20  # rows; a group up to this size is the same at every scale


def sector_table() -> Any:
    """The sector (4 for none) by occupation + 16 where adult; shape (32,), uint8. Teachers are in schools."""
    table = np.full(32, 4, np.uint8)
    for adult in (0, 16):
        for job in (occupations.WORKER, occupations.PROFESSIONAL, occupations.HEALTH, occupations.TRADER, occupations.FARMER):
            table[job + adult] = WORKPLACES
        table[occupations.TEACHER + adult] = SCHOOLS
        table[occupations.SOLDIER + adult] = BARRACKS
    table[occupations.STUDENT], table[occupations.STUDENT + 16] = SCHOOLS, CAMPUSES
    return table


@functools.cache
def group_sizes(scale: int) -> Any:
    """Rows of a group of each sector at evenly spaced quantiles of its law; shape (4, 65536), int64."""
    u = (np.arange(QUANTILES) + 0.5) / QUANTILES
    sizes = np.zeros((len(LAWS), QUANTILES), np.int64)
    for sector, (smallest, largest, exponent) in enumerate(LAWS):
        tail = exp(exponent * (log(smallest) - log(largest)))
        persons = (smallest * exps(logs(1.0 - u * (1.0 - tail)) / -exponent) + 1e-9).astype(np.int64)
        sizes[sector] = np.where(persons <= SMALL, persons, np.maximum(SMALL, persons // scale))
    return sizes


def assemble(age: Any, profile: Any, sectors: Any, sizes: Any, starts: Any, mixed: Any, offsets: Any, random: Any, workplace: Any) -> int:
    """Put the people of each district into groups by sector.

    Args:
        age, profile: columns of the province.
        sectors: sector by occupation and age (`sector_table`).
        sizes: rows of groups at the quantiles of each sector (`group_sizes`).
        starts: first row of each district and their end.
        mixed: 1 where groups draw from the whole district, 0 where from neighbouring rows; shape (districts, 4).
        offsets: where the sequence of quantiles begins, shape (districts, 4).
        random: two uniforms for each person of a mixed sector, in the order of rows.
        workplace: column to write, uint32; group within the province.

    Returns:
        number of groups.
    """
    groups, drawn, width = 0, 0, F64(sizes.shape[1])
    for d in range(len(starts) - 1):
        ends = np.zeros(6, np.int64)
        for row in range(starts[d], starts[d + 1]):
            ends[sectors[((profile[row] >> 1) & 15) + 16 * (age[row] >= ADULT)] + 1] += 1
        for s in range(1, 6):
            ends[s] += ends[s - 1]
        members, order, at = np.empty(ends[4], np.uint32), np.zeros((ends[4], 2), np.float64), ends.copy()
        for row in range(starts[d], starts[d + 1]):
            s = sectors[((profile[row] >> 1) & 15) + 16 * (age[row] >= ADULT)]
            if s < 4:
                members[at[s]] = row
                if mixed[d, s] and drawn < len(random):
                    order[at[s], 0] = random[drawn, 0]
                    drawn += 1
                at[s] += 1
        for s in range(4):
            if mixed[d, s]:
                shuffle(members[ends[s] : ends[s + 1]], order[ends[s] : ends[s + 1]])
            k, number = ends[s], 0
            while k < ends[s + 1]:
                u = offsets[d, s] + F64(number) * F64(GOLDEN)
                end = min(k + sizes[s, int((u - F64(int(u))) * width)], ends[s + 1])
                for i in range(k, end):
                    workplace[members[i]] = U32(groups)
                k, number, groups = end, number + 1, groups + 1
    return groups


def give_workplaces(
    age: Any, profile: Any, workplace: Any, starts: Any, districts: tuple[District, ...], scale: int, source: Source
) -> int:
    """Write the group of everybody who has one, and count the groups.

    In towns, pupils go to a school of their quarter and others all over the town; in the countryside all stay near.
    """
    workplace[:] = NONE
    towns = np.array([not d.rural for d in districts])
    mixed = np.zeros((len(districts), 4), np.uint8)
    mixed[towns, CAMPUSES:] = 1
    city = np.array([d.key for d in districts], np.uint32)
    offsets = np.stack([source.uniforms(streams.GROUP_SIZES, np.zeros(len(city), np.uint32), city, s)[:, 0] for s in range(4)], axis=1)
    urban = int(starts[int(towns.sum())])
    sector = sector_table()[((profile[:urban] >> 1) & 15) + np.uint8(16) * (age[:urban] >= ADULT)]
    random = source.uniforms(streams.GROUP_ORDER, np.flatnonzero((sector >= CAMPUSES) & (sector <= BARRACKS)))
    tables = (sector_table(), group_sizes(scale), np.asarray(starts, np.int64), mixed, np.ascontiguousarray(offsets), random)
    return int(kernels.compiled(assemble)(age, profile, *tables, workplace))
