"""Who heads a household, who is married, and how many live together: the plan that households are drawn from.

Numbers by age are chosen first for a whole province, so that every role gets a full deck and the last household is
made from the same mixture as the first. The shapes below are assumed; their levels are not: heads add up to the
households and everyone to the census.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import exps
from groundswell.populations import kernels
from groundswell.populations.ages import apportion
from groundswell.populations.tables import LARGEST_HOUSEHOLD, OLDEST

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

AGES = OLDEST + 1
ADULT = 18  # younger people head a household only where nobody else is left
BRIDE = 15  # youngest spouse
UNMARRIED, WOMEN = AGES, 2 * AGES  # a head's cell is its age, plus this for unmarried men and for women
CELLS = 3 * AGES
SIZES = LARGEST_HOUSEHOLD + 1  # arrays by size begin at 0

# Shares of a sex that live in a role, at some ages (straight lines between). Source: assumed; shaped like the
# marital status of a country where nearly all marry, men at about 27 and women at about 23, and where an eighth of the
# households are headed by a woman, mostly a widow.
HUSBANDS = ((17, 0.0), (20, 0.06), (25, 0.36), (30, 0.70), (35, 0.86), (45, 0.93), (70, 0.91), (85, 0.72), (100, 0.50))
WIVES = ((14, 0.0), (16, 0.06), (20, 0.34), (25, 0.62), (30, 0.79), (40, 0.86), (50, 0.84), (60, 0.72), (70, 0.52), (80, 0.27), (100, 0.04))
LONE_MEN = ((17, 0.0), (20, 0.02), (30, 0.05), (50, 0.035), (70, 0.05), (85, 0.15), (100, 0.20))
LONE_WOMEN = ((17, 0.0), (20, 0.012), (30, 0.035), (40, 0.07), (50, 0.12), (60, 0.22), (70, 0.40), (80, 0.56), (100, 0.45))
# Of those who head nothing and are married to nobody: live with a son or daughter; live as other kin or unrelated.
PARENTS = ((48, 0.0), (60, 0.35), (75, 0.85), (100, 0.90))
OTHERS = ((0, 0.02), (17, 0.03), (30, 0.05), (40, 0.12), (50, 0.55), (60, 0.96), (100, 0.96))

# Mean and standard deviation. The numbers by age decide on the means between spouses; these decide who marries whom.
SPOUSE_GAP = (4.0, 4.5)  # years by which the husband is older. Source: assumed
MOTHER_GAP = (27.0, 5.8)  # a mother's age at a birth. Source: assumed
PARENT_GAP = (28.0, 6.5)  # a parent's age at the head's birth. Source: assumed
LONE_CHILDREN = 0.6  # children with a mother without husband, against one of her age with one. Source: assumed
LONE_SIZES = 0.55  # how steeply larger households are rarer where the head has no spouse. Source: assumed
FATHER = 33  # an unmarried man below this age lives with other people, not with his children. Source: assumed
OLDER = 4  # years by which a father without wife counts as an older mother


def by_age(points: Sequence[tuple[int, float]]) -> Floats:
    """Straight lines between points (age, value); level before the first and after the last."""
    values = np.empty(AGES, np.float64)
    for age in range(AGES):
        left = max((p for p in points if p[0] <= age), default=points[0])
        right = min((p for p in points if p[0] >= age), default=points[-1])
        width = right[0] - left[0]
        values[age] = left[1] + (right[1] - left[1]) * (age - left[0]) / width if width else left[1]
    return values


@functools.cache
def prior(name: str) -> Floats:
    """One of the shapes above by age; shape (101,)."""
    points: dict[str, tuple[tuple[int, float], ...]] = {
        "husbands": HUSBANDS,
        "wives": WIVES,
        "lone_men": LONE_MEN,
        "lone_women": LONE_WOMEN,
        "parents": PARENTS,
        "others": OTHERS,
    }
    return by_age(points[name])


@functools.cache
def gaps(kind: str) -> Floats:
    """How much each pair of ages is liked: a bell over the gap, and a trace everywhere so that every deck can be used up.

    Args:
        kind: `spouse` (husband, wife), `mother` (mother, child) or `parent` (head, parent).

    Returns:
        shape (101, 101).
    """
    mean, deviation, low, high = {
        "spouse": (*SPOUSE_GAP, -12.0, 30.0),
        "mother": (*MOTHER_GAP, 15.0, 48.0),
        "parent": (*PARENT_GAP, 16.0, 50.0),
    }[kind]
    ages = np.arange(AGES, dtype=np.float64)
    gap = ages[None, :] - ages[:, None] if kind == "parent" else ages[:, None] - ages[None, :]
    z = (gap - mean) / deviation
    bell = exps(z * z * -0.5)
    return np.where((gap >= low) & (gap <= high), bell + 1e-6, np.where((gap >= low - 4.0) & (gap <= high + 8.0), 1e-9, 1e-15))


def household_sizes(shares: Sequence[float], rows: int, mean: float | None = None) -> Ints:
    """Households of each size that hold exactly a number of rows.

    Args:
        shares: share of households by size, from size 0 on; shape (16,).
        rows: people to house.
        mean: persons a household where the province's own figure is known: shares of larger households are multiplied by
            a power of one factor that leads to it.

    Returns:
        shape (16,).
    """
    weights = [float(s) for s in shares]
    if mean is not None:
        weights = _tilted(weights, mean)
    average = sum(size * w for size, w in enumerate(weights)) / sum(weights)
    numbers = apportion(weights, max(int(rows / average + 0.5), 1))
    used = [size for size in range(1, SIZES) if weights[size] > 0] or [1]
    while (surplus := rows - sum(size * n for size, n in enumerate(numbers))) != 0:
        if surplus > 0:  # one household more, as large as fits
            numbers[max([size for size in used if size <= surplus], default=min(surplus, LARGEST_HOUSEHOLD))] += 1
        else:  # one of the commonest size that can shrink becomes smaller
            size = max(range(2, SIZES), key=lambda s: (numbers[s], -s)) if any(numbers[2:]) else 1
            numbers[size] -= 1
            smaller = max(size + surplus, 0)
            if smaller:
                numbers[smaller] += 1
    return np.array(numbers, np.int64)


def _tilted(weights: list[float], mean: float) -> list[float]:
    low, high = 1.0 / 64.0, 64.0
    tilted = weights
    for _ in range(80):
        factor = 0.5 * (low + high)
        power, tilted = 1.0, []
        for w in weights:
            tilted.append(w * power)
            power *= factor
        if sum(size * w for size, w in enumerate(tilted)) / sum(tilted) < mean:
            low = factor
        else:
            high = factor
    whole = sum(tilted)
    return [w / whole for w in tilted]


@dataclass(frozen=True)
class HeadPlan:
    """Who heads a province's households.

    Args:
        cells: heads by cell (age; unmarried men from 101; women from 202); shape (303,).
        wives: spouses by age; shape (101,).
        rest: everyone else by sex and age; shape (2, 101).
    """

    cells: Ints
    wives: Ints
    rest: Ints


def plan_heads(people: Ints, sizes: Ints) -> HeadPlan:
    """Choose heads and spouses by sex and age.

    Args:
        people: by sex and age; shape (2, 101).
        sizes: households by size; shape (16,).
    """
    take = kernels.compiled(kernels.take)
    households, alone = int(sizes.sum()), int(sizes[1])
    grown = people.copy()
    grown[:, :ADULT] = 0
    brides = people[1].copy()
    brides[:BRIDE] = 0
    expected = {
        name: float(sum((grown[sex] * prior(name)).tolist()))
        for name, sex in (("husbands", 0), ("wives", 1), ("lone_men", 0), ("lone_women", 1))
    }
    pairs = 0.5 * (expected["husbands"] + expected["wives"])
    lone = expected["lone_men"] + expected["lone_women"]
    couples = int(households * pairs / (pairs + lone) + 0.5) if pairs else 0
    couples = max(min(couples, households - alone, int(grown[0].sum()), int(brides.sum()), int(grown.sum()) - households), 0)
    women = int((households - couples) * expected["lone_women"] / lone + 0.5) if lone else 0
    husbands = take(grown[0], prior("husbands"), couples)
    couples = int(husbands.sum())
    wives = take(brides, prior("wives"), couples)
    left = np.stack([people[0] - husbands, people[1] - wives])
    lone_women = take(np.minimum(grown[1], left[1]), prior("lone_women"), women)
    lone_men = take(np.minimum(grown[0], left[0]), prior("lone_men"), households - couples - int(lone_women.sum()))
    left -= np.stack([lone_men, lone_women])
    missing = households - couples - int(lone_men.sum() + lone_women.sum())
    for age in [*range(ADULT, AGES), *reversed(range(ADULT))]:
        for sex, heads in ((1, lone_women), (0, lone_men)):
            more = min(missing, int(left[sex, age]))
            heads[age] += more
            left[sex, age] -= more
            missing -= more
    return HeadPlan(np.concatenate([husbands, lone_men, lone_women]), wives, left)


def expected_children(plan: HeadPlan) -> Floats:
    """Children at home of a wife of each age, if those left over choose mothers by the gap of ages; shape (101,)."""
    children = plan.rest.sum(0) * (1.0 - prior("parents")) * (1.0 - prior("others"))
    older = np.concatenate([plan.cells[UNMARRIED + OLDER : WOMEN], np.zeros(OLDER, np.int64)])
    mothers = plan.wives + LONE_CHILDREN * plan.cells[WOMEN:] + 0.5 * LONE_CHILDREN * older
    likes = gaps("mother") * mothers[:, None]
    seekers = np.add.accumulate(likes, axis=0)[-1]  # accumulated in order: the same bits everywhere
    each = np.where(seekers > 0, children / np.where(seekers > 0, seekers, 1.0), 0.0)
    return np.add.accumulate(gaps("mother") * each[None, :], axis=1)[:, -1]


def size_weights(children: Floats) -> tuple[Floats, Floats]:
    """How much couples (by the wife's age) and lone heads (by cell) like each size: Poisson around expected children.

    Args:
        children: expected children at home by mother's age; shape (101,).

    Returns:
        shapes (101, 16) and (303, 16).
    """
    couples = _poisson(children, 2)
    older = np.concatenate([np.zeros(OLDER), children[:-OLDER]])
    men = np.where(np.arange(AGES) < FATHER, 0.35, 0.3 + 0.5 * LONE_CHILDREN * older)
    women = 0.1 + LONE_CHILDREN * children
    return couples, _poisson(np.concatenate([np.zeros(AGES), men, women]), 1)


def _poisson(mean: Floats, least: int) -> Floats:
    weights = np.zeros((len(mean), SIZES), np.float64)
    term = np.ones(len(mean), np.float64)
    for extra in range(SIZES - least):
        weights[:, least + extra] = term
        term = term * np.maximum(mean, 0.05) / (extra + 1)
    return weights


def lone_sizes(sizes: Ints, lone: int) -> Ints:
    """Sizes of the households whose head has no spouse: all that hold one person, then ever fewer of the larger."""
    chosen = np.zeros(SIZES, np.int64)
    chosen[1] = min(int(sizes[1]), lone)
    weight, weights = 1.0, np.zeros(SIZES, np.float64)
    for size in range(2, SIZES):
        weight *= LONE_SIZES
        weights[size] = weight
    rest = sizes.copy()
    rest[1] = 0
    result: Ints = chosen + kernels.compiled(kernels.take)(rest, weights, lone - int(chosen[1]))
    return result
