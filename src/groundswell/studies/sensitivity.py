"""Sensitivity: how much of what comes out is due to which input, from designs that are made for the question.

* Sobol's indices (Saltelli et al. 2010): the share of the variance that goes when an input is known (first order), and the share that
  stays when all others are known (total). `pairs` makes the design, `sobol_indices` the estimates: Saltelli's for the first order,
  Jansen's (1999) for the total.
* Morris's elementary effects (1991; Campolongo et al. 2007): what one input does over its range, at many places of the others. mu* is the
  mean size of its effects, sigma how much they differ: by interaction, or because the effect is no straight line. `trajectories` makes the
  design, `morris_effects` the estimates.
* `explained`: the share of the variance between classes of one input, for designs that were made for nothing in particular.

Chance is an input like the others: the last one, whose values are seeds. What is estimated are shares of all variance, chance included, and
the line of chance says how much of it no parameter explains.

Own formulas, not SALib: that would bring pandas and, by way of multiprocess, dill.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws
from groundswell.studies.designs import random_shares, sobol_shares
from groundswell.studies.streams import RESAMPLE, START, TURN, WAY

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LEVELS = 4  # of a Morris trajectory
STEP = LEVELS / (2 * (LEVELS - 1))  # of the range: the steps of four levels that make all of them equally likely
RESAMPLES = 500
LEVEL = 0.9  # of intervals
OTHER = "other "  # begins the name of an axis's second column


@dataclass(frozen=True)
class Estimate:
    """A number for each input, with a bootstrap interval; each of shape (inputs,)."""

    value: Floats
    low: Floats
    high: Floats


def pairs(names: Sequence[str], count: int, *, seed: int = 0, first: int = 0) -> Floats:
    """Two points of the unit cube for each base point: a Sobol sequence of twice as many axes; shape (count, 2, axes).

    Args:
        names: of the axes.
        count, first: how many base points, and the index of the first.
        seed: of the design.

    Raises:
        InputError: SciPy is not installed, or there are too many axes or points.
    """
    found = sobol_shares((*names, *(OTHER + name for name in names)), count, seed=seed, first=first)
    return found.reshape(count, 2, len(names))


def crossed(first: Floats, second: Floats) -> Floats:
    """The runs of each base point: one point, the other, and the first with one column of the second, column after column.

    Args:
        first, second: shape (base points, inputs).

    Returns:
        Shape (base points, inputs + 2, inputs).
    """
    runs = np.repeat(first[:, None, :], first.shape[1] + 2, axis=1)
    runs[:, 1] = second
    for column in range(first.shape[1]):
        runs[:, 2 + column, column] = second[:, column]
    return runs


def sobol_indices(values: Floats, *, seed: int = 0, resamples: int = RESAMPLES) -> tuple[Estimate, Estimate]:
    """First-order and total indices, with intervals from a bootstrap of base points.

    Args:
        values: of the runs of `crossed`; shape (base points, inputs + 2).
        seed: of the bootstrap.
        resamples: of the bootstrap.

    Returns:
        First order, total. nan where nothing varies.
    """
    found = _indices(values[None])
    drawn = _resampled(values, _indices, seed, resamples)
    return _estimate(found[0][0], drawn[0]), _estimate(found[1][0], drawn[1])


def _indices(values: Floats) -> tuple[Floats, Floats]:
    """First order and total; values have the shape (samples, base points, inputs + 2)."""
    both = values[..., :2]
    centred = values - both.mean(axis=(1, 2), keepdims=True)  # the first order's estimate is less noisy about zero
    a, b, ab = centred[..., 0, None], centred[..., 1, None], centred[..., 2:]
    variance = centred[..., :2].var(axis=(1, 2))[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return (b * (ab - a)).mean(axis=1) / variance, ((a - ab) ** 2).mean(axis=1) / (2 * variance)


@dataclass(frozen=True)
class Trajectories:
    """Morris trajectories.

    Args:
        shares: where each run is on each axis; shape (trajectories, inputs + 1, axes). The last input is the seed, which is no axis.
        moved: the input that differs between run k and run k + 1; shape (trajectories, inputs). The number of axes stands for the seed.
        ways: +1 or -1: whether that step leads up; shape (trajectories, inputs).
    """

    shares: Floats
    moved: Ints
    ways: Floats


def trajectories(names: Sequence[str], count: int, *, seed: int = 0, first: int = 0) -> Trajectories:
    """Morris trajectories over four levels: from a random place, one input after the other moves by two thirds of its range.

    Args:
        names: of the axes.
        count, first: how many trajectories, and the index of the first.
        seed: of the design.
    """
    inputs, axes = (*names, "seed"), len(names)
    start = np.floor(random_shares(inputs, count, seed=seed, first=first, stream=START) * (LEVELS // 2)) / (LEVELS - 1)
    ways = np.where(random_shares(inputs, count, seed=seed, first=first, stream=WAY) < 0.5, 1.0, -1.0)
    moved = np.argsort(random_shares(inputs, count, seed=seed, first=first, stream=TURN), axis=1, kind="stable").astype(np.int64)
    now = start + np.where(ways < 0, STEP, 0.0)  # who moves down begins above
    rows, shares = np.arange(count), np.empty((count, axes + 2, axes))
    shares[:, 0] = now[:, :axes]
    for step in range(axes + 1):
        at = moved[:, step]
        now[rows, at] += STEP * ways[rows, at]
        shares[:, step + 1] = now[:, :axes]
    return Trajectories(np.clip(shares, 0.0, 1.0), moved, np.take_along_axis(ways, moved, axis=1))


def elementary_effects(values: Floats, found: Trajectories) -> Floats:
    """What each input does over its whole range at each trajectory; of the seed: what another one does. Shape (trajectories, inputs).

    Args:
        values: of the runs; shape (trajectories, inputs + 1).
        found: the trajectories.
    """
    axes = found.shares.shape[2]
    change = np.diff(values, axis=1) * np.where(found.moved == axes, 1.0, found.ways / STEP)
    effects = np.empty_like(change)
    np.put_along_axis(effects, found.moved, change, axis=1)
    return effects


@dataclass(frozen=True)
class Effects:
    """Morris's measures of each input, in the unit of what comes out over the whole range of the input.

    Args:
        size: mu*, the mean absolute effect, with its interval.
        mean: mu, the mean effect: its sign says which way.
        spread: sigma, the standard deviation of effects.
    """

    size: Estimate
    mean: Floats
    spread: Floats


def morris_effects(effects: Floats, *, seed: int = 0, resamples: int = RESAMPLES) -> Effects:
    """mu* with an interval from a bootstrap of trajectories, mu and sigma.

    Args:
        effects: shape (trajectories, inputs); at least two trajectories.
        seed: of the bootstrap.
        resamples: of the bootstrap.
    """
    (drawn,) = _resampled(effects, lambda sample: (np.abs(sample).mean(axis=1),), seed, resamples)
    return Effects(_estimate(np.abs(effects).mean(axis=0), drawn), effects.mean(axis=0), effects.std(axis=0, ddof=1))


def explained(classes: Ints, values: Floats) -> float:
    """The share of the variance that lies between classes of one input (the adjusted correlation ratio): its first-order index, about.

    Args:
        classes: of each run, counted from 0.
        values: what came out.

    Returns:
        At most 1; slightly below 0 where the input does nothing; nan where nothing varies or a class is all there is.
    """
    counts = np.bincount(classes)
    means = np.bincount(classes, values) / np.maximum(counts, 1)
    n, k = len(values), int((counts > 0).sum())
    total = float(((values - values.mean()) ** 2).sum())
    if n <= k or k < 2 or total <= 0:
        return float("nan")
    return 1.0 - (float(((values - means[classes]) ** 2).sum()) / (n - k)) / (total / (n - 1))


def _resampled(values: Floats, estimate: Callable[[Floats], tuple[Floats, ...]], seed: int, resamples: int) -> list[Floats]:
    """Estimates from samples of the rows, with replacement; each of shape (resamples, inputs)."""
    n, draws, found = len(values), Draws(seed), []
    for sample in range(resamples):  # one after the other: all at once would take as much memory as resamples
        rows = (draws.uniform(RESAMPLE, 0, np.arange(n), sample) * n).astype(np.int64)
        found.append([one[0] for one in estimate(values[rows][None])])
    return [np.array(column) for column in zip(*found, strict=True)]


def _estimate(value: Floats, drawn: Floats) -> Estimate:
    known = np.isfinite(drawn).all(axis=1)  # where few runs differ, a sample may hold none of them
    if not known.any():
        return Estimate(value, np.full_like(value, np.nan), np.full_like(value, np.nan))
    low, high = np.quantile(drawn[known], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return Estimate(value, np.asarray(low), np.asarray(high))
