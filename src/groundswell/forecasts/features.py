"""What regressions see of the last weeks: levels of the province and of the nation, the calendar of the week ahead, how far ahead it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.baselines.common import fortieth, means
from groundswell.forecasts.calendars import Calendar

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LAGS = (0, 1, 2, 3)  # weeks before the origin
SPANS = (4, 13, 52)
LEVEL = 13  # the span whose mean a response is taken relative to
YEAR = 52


@dataclass(frozen=True, eq=False)
class Past:
    """Counts from which features are made.

    Args:
        counts, other, deaths: shape (weeks, provinces); see `History`. Without deaths the features have none.
        known: features of the calendar for each of these weeks and those ahead; shape (weeks + horizons, features).
    """

    counts: Floats
    other: Floats
    deaths: Floats | None
    known: Floats


def past_of(counts: Floats, other: Floats, deaths: Floats | None, first: int, calendar: Calendar, horizons: int) -> Past:
    """Counts with the calendar of their weeks and of those ahead."""
    weeks = first + 7 * np.arange(len(counts) + horizons)
    return Past(counts, other, deaths, calendar.features(weeks))


def levels(counts: Floats) -> Floats:
    """The logarithm of the mean of the last 13 weeks, at each week; what responses are relative to. Shape of the counts."""
    return np.asarray(np.log(means(counts, LEVEL) + 0.1))


def features(past: Past, origins: npt.ArrayLike, horizon: int) -> Floats:
    """Features at origins for so many weeks ahead; they see no count after their origin.

    Args:
        past: the counts.
        origins: positions of weeks.
        horizon: 1 or more.

    Returns:
        Shape (origins, provinces, features).
    """
    at = np.asarray(origins, np.int64)
    shape = (len(at), past.counts.shape[1])
    nation, other = past.counts.mean(axis=1), past.other.mean(axis=1)
    own = [np.log1p(past.counts[np.maximum(at - lag, 0)]) for lag in LAGS]
    own += [np.log1p(means(past.counts, span)[at]) for span in SPANS]
    own += [np.log1p(means(past.other, 4)[at]), np.log1p(means(past.counts, len(past.counts))[at])]
    before = at + horizon - YEAR
    last_year = [past.counts[np.clip(before + k, 0, np.maximum(at, 0))] for k in (-1, 0, 1)]
    own.append(np.log1p(np.mean(last_year, axis=0)))
    every = [np.log1p(nation[np.maximum(at - lag, 0)]) for lag in (0, 1)]
    every += [np.log1p(means(nation, span)[at]) for span in SPANS]
    every += [np.log1p(other[at]), np.log1p(means(other, 4)[at])]
    every += [np.full(len(at), float(horizon)), *past.known[at + horizon].T]
    if past.deaths is not None:
        forty = _fortieth(past.deaths, at, horizon)
        own.append(np.log1p(forty))
        every += [np.log1p(forty.sum(axis=1)), np.log1p(past.deaths[at].sum(axis=1))]
    wide = [np.broadcast_to(one[:, None], shape) for one in every]
    return np.stack([*own, *wide], axis=2)


def _fortieth(deaths: Floats, at: Ints, horizon: int) -> Floats:
    """Deaths forty days before the week ahead; a week that is not known yet counts as none."""
    found = np.zeros((len(at), deaths.shape[1]))
    for row, week in enumerate(at):
        found[row] = fortieth(deaths[: week + 1], [week + horizon])[0]
    return found


def responses(counts: Floats, origins: npt.ArrayLike, horizon: int) -> Floats:
    """log(count + 0.1) less the level at the origin; shape (origins, provinces)."""
    at = np.asarray(origins, np.int64)
    return np.asarray(np.log(counts[at + horizon] + 0.1) - levels(counts)[at])
