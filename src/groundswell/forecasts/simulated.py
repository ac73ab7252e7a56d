"""Forecasts from simulated histories: nothing but the model is learned from, and it is applied to the real weeks before the origin.

Two ways, both of the state of the last weeks and not of any date of a shock:

* `Learned`: quantile boosting as in the baseline of that name, trained on simulated histories alone.
* `Analogues`: of all simulated weeks those are weighted whose last weeks were most like the real ones; what followed them there, brought to
  the level of the real provinces, is the forecast. Counts that are too many are thinned, and too few are added to, as Poisson counts at
  rates that vary would be: a count times a factor would be spread by the factor too much.

A simulated week after the origin is never used, for the dated shocks that the simulation is driven by may lie between; and since both see a
history's own weeks only, a shock helps them no sooner than it shows in the record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws
from groundswell.core.errors import InputError
from groundswell.core.store import read_arrays, write_arrays
from groundswell.forecasts.baselines.boosting import HORIZONS, FittedBoosting, flat, learned, ranks
from groundswell.forecasts.baselines.common import means
from groundswell.forecasts.calendars import YEAR, Calendar
from groundswell.forecasts.features import LEVEL, YEAR as LONG, Past, features, past_of, responses
from groundswell.forecasts.history import TARGETS, History, check_target
from groundswell.forecasts.sampling import MOST, Sampler, gammas, poissons
from groundswell.forecasts.streams import ANALOGUE, COUNT, PAIRS, ROUNDED, SPREAD

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KIND = "simulated weekly counts"
BEGIN = 26  # weeks of a history before the first origin that is used
HISTORIES, WEEKS = 80, 8  # of which a regression learns: histories, and weeks of each
WINDOWS = 20_000  # that analogues are looked for among
ALIKE = 150.0  # effective number of analogues
MOST_LEVEL = 20.0  # of the factor by which a province of an analogue is brought to the real level, and of its inverse
OLDER, ADDED = 4.0, 0.02  # what the mean of a year, and so many more events a week, count beside that of 13 weeks, in weeks
LEAST_SHAPE, MOST_SHAPE = 0.05, 100.0  # of the spread of a province's rate about the nation's course


@dataclass(frozen=True, eq=False)
class Simulated:
    """Simulated histories.

    Args:
        first: day number on which the first week begins.
        provinces: their ids.
        total, contested: as the monitor reported them; shape (histories, weeks, provinces).
        about: where they are from: the posterior's provenance, plain JSON.
    """

    first: int
    provinces: tuple[str, ...]
    total: npt.NDArray[Any]
    contested: npt.NDArray[Any]
    about: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.total.ndim != 3 or self.total.shape != self.contested.shape or self.total.shape[2] != len(self.provinces):
            raise InputError(f"simulated counts of shape {self.total.shape} and {self.contested.shape}", key="simulated")

    def write(self, folder: Path) -> None:
        """Keep them, whole or not at all."""
        about = {"first": self.first, "provinces": list(self.provinces), "about": self.about}
        write_arrays(folder, KIND, about, {"total": self.total.astype(np.uint16), "contested": self.contested.astype(np.uint16)})

    def known(self, target: str, origin: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """What is forecast and the other series, up to the week of an origin; shape (histories, weeks, provinces).

        Raises:
            InputError: fewer than a year of weeks before it.
        """
        check_target(target)
        weeks = min((origin - self.first) // 7 + 1, self.total.shape[1])
        if weeks < BEGIN * 2 + HORIZONS:
            raise InputError(f"simulated histories have {max(weeks, 0)} weeks before the origin", key="simulated")
        both = self.total[:, :weeks], self.contested[:, :weeks]
        return both if target == TARGETS[0] else both[::-1]


def read_simulated(folder: Path) -> Simulated:
    """What `Simulated.write` kept.

    Raises:
        StoreError: it was altered, or is something else.
    """
    about, arrays = read_arrays(folder, KIND)
    return Simulated(int(about["first"]), tuple(about["provinces"]), arrays["total"], arrays["contested"], dict(about["about"]))


def check_provinces(simulated: Simulated, history: History) -> None:
    """Refuse to apply one country's simulation to another.

    Raises:
        InputError: their provinces differ.
    """
    if simulated.provinces != history.provinces:
        raise InputError("the simulated histories have other provinces than the record", key="simulated")


@dataclass(frozen=True)
class Learned:
    """Quantile boosting that has seen simulated histories only.

    Args:
        simulated: the histories.
        target: which series is forecast.
    """

    simulated: Simulated
    target: str = "total"
    refit: int = 52
    name: str = "simulator, learned"

    def fit(self, history: History, calendar: Calendar) -> FittedBoosting:
        """Learn from simulated weeks up to the origin's."""
        check_provinces(self.simulated, history)
        counts, other = self.simulated.known(self.target, history.origin)
        pasts = list(self._pasts(counts, other, calendar))
        x = np.concatenate([flat(features(past, at, h)) for h in range(1, HORIZONS + 1) for past, at in pasts])
        y = np.concatenate([responses(past.counts, at, h).reshape(-1) for h in range(1, HORIZONS + 1) for past, at in pasts])
        models = learned(x, y)
        found = [ranks(models, past, at) for past, at in pasts]
        below, upto = (np.concatenate([one[k] for one in found]) for k in (0, 1))
        return FittedBoosting(models, below, upto, with_deaths=False)

    def _pasts(self, counts: npt.NDArray[Any], other: npt.NDArray[Any], calendar: Calendar) -> Iterator[tuple[Past, Ints]]:
        """Some histories with some weeks of each."""
        some = min(HISTORIES, len(counts))
        order = np.argsort(Draws(0).uniform(PAIRS, 0, np.arange(len(counts))), kind="stable")[:some]
        weeks = np.arange(BEGIN, counts.shape[1] - HORIZONS)
        each = min(WEEKS * -(-HISTORIES // some), len(weeks))
        for number in order:
            at = np.sort(weeks[np.argsort(Draws(0).uniform(PAIRS, 1, weeks, int(number)), kind="stable")[:each]])
            table, beside = np.asarray(counts[number], np.float64), np.asarray(other[number], np.float64)
            yield past_of(table, beside, None, self.simulated.first, calendar, HORIZONS), at


@dataclass(frozen=True)
class Analogues:
    """Simulated weeks like the present, and what followed them.

    Args:
        simulated: the histories.
        target: which series is forecast.
    """

    simulated: Simulated
    target: str = "total"
    refit: int = 13
    name: str = "simulator, analogues"

    def fit(self, history: History, calendar: Calendar) -> FittedAnalogues:
        """Gather simulated weeks up to the origin's."""
        del calendar
        check_provinces(self.simulated, history)
        counts, other = self.simulated.known(self.target, history.origin)
        weeks = np.arange(BEGIN, counts.shape[1] - HORIZONS)
        per = max(1, min(WINDOWS // len(counts), len(weeks)))
        windows, states, sizes = [], [], []
        for number in range(len(counts)):
            at = weeks[np.argsort(Draws(0).uniform(PAIRS, 2, weeks, number), kind="stable")[:per]]
            table = np.asarray(counts[number], np.float64)
            windows.append(np.stack([np.full(len(at), number), at], axis=1))
            states.append(state(table, np.asarray(other[number], np.float64), self.simulated.first, at))
            sizes.append(usual(table)[at])
        chosen, level = np.concatenate(windows), np.concatenate(sizes)
        return FittedAnalogues(counts, chosen, np.concatenate(states), level, shape_of(_after(counts, chosen, 1), level))


@dataclass(frozen=True, eq=False)
class FittedAnalogues:
    """The windows.

    Args:
        counts: shape (histories, weeks, provinces).
        windows: history and week of each; shape (windows, 2).
        states: what is compared; shape (windows, features).
        levels: usual counts of the provinces; shape (windows, provinces).
        shape: of the spread of a province's rate; see `shape_of`.
    """

    counts: npt.NDArray[Any]
    windows: Ints
    states: Floats
    levels: Floats
    shape: float

    def predict(self, history: History, calendar: Calendar, sampler: Sampler) -> Ints:
        """See `base.Fitted`."""
        del calendar
        now = state(history.counts, history.other, history.first, np.array([len(history) - 1]))[0]
        scale = np.maximum(self.states.std(axis=0), 1e-6)
        far = (((self.states - now) / scale) ** 2 * weights(len(history.provinces))).sum(axis=1)
        chosen = sampler.choice(ANALOGUE, kernel(far, ALIKE))
        level = self.levels[chosen]
        factor = np.clip(usual(history.counts)[-1] / level, 1 / MOST_LEVEL, MOST_LEVEL)
        made = []
        for h in range(sampler.horizons):
            found = _after(self.counts, self.windows[chosen], h + 1)
            kept = thinned(found, np.minimum(factor, 1.0), sampler.by_province(ROUNDED, found.shape[1], h))
            more = self._more(found, level, np.maximum(factor - 1.0, 0.0), sampler, h)
            made.append(np.minimum(kept + more, MOST))
        return np.stack(made, axis=1)

    def _more(self, found: Floats, level: Floats, factor: Floats, sampler: Sampler, lane: int) -> Ints:
        """Counts at a factor of the rates behind those that were found: a rate given its count is gamma distributed, too."""
        expected = expected_of(found, level)
        shape = self.shape + found
        rate = shape / (self.shape / expected + 1.0)
        provinces = found.shape[1]
        spread = gammas(shape, sampler.by_province(SPREAD, provinces, lane))
        return poissons(factor * rate * spread, sampler.by_province(COUNT, provinces, lane))


def _after(counts: npt.NDArray[Any], windows: Ints, ahead: int) -> Floats:
    """What came so many weeks after windows; shape (windows, provinces)."""
    number, week = windows.T
    return np.asarray(counts[number, week + ahead], np.float64)


def usual(counts: Floats) -> Floats:
    """The usual count of a week, at each week: the mean of 13, drawn a little to that of a year; above 0. Shape of the counts."""
    return np.asarray((LEVEL * means(counts, LEVEL) + OLDER * (means(counts, LONG) + ADDED)) / (LEVEL + OLDER))


def expected_of(found: Floats, level: Floats) -> Floats:
    """What was to be expected of provinces by the nation's count: their usual counts times what it was of its own; shape of both."""
    nation = (found.sum(axis=1) + ADDED) / (level.sum(axis=1) + ADDED)
    return np.asarray(level * nation[:, None])


def shape_of(found: Floats, level: Floats) -> float:
    """The shape of the gamma distribution of provinces' rates about what was to be expected, by moments: counts are negative binomial."""
    expected = expected_of(found, level)
    spread = float(((found - expected) ** 2 - expected).sum())
    return float(np.clip(float((expected * expected).sum()) / max(spread, 1e-9), LEAST_SHAPE, MOST_SHAPE))


def thinned(counts: Floats, share: Floats, u: Floats) -> Ints:
    """Of counts, each event kept with a chance: binomial, by inversion of uniforms; all of one shape."""
    from scipy.stats import binom

    found = np.where(share < 1.0, binom.ppf(u, counts, np.minimum(share, 1.0)), counts)
    return np.asarray(np.maximum(found, 0.0), np.int64)


def state(counts: Floats, other: Floats, first: int, at: Ints) -> Floats:
    """What tells whether two weeks are alike: the nation's last weeks, its season, and the provinces' last four weeks.

    All of it relative to what was usual there before, for a model that is less busy than the country has its own like weeks.

    Returns:
        Shape (weeks asked for, 8 + provinces).
    """
    nation, beside = counts.sum(axis=1), other.sum(axis=1)
    lately, year, theirs = (np.log1p(means(one, span)[at]) for one, span in ((nation, LEVEL), (nation, LONG), (beside, LONG)))
    own = [np.log1p(nation[at]) - lately, np.log1p(nation[at - 1]) - lately, np.log1p(means(nation, 4)[at]) - lately, lately - year]
    own += [np.log1p(beside[at]) - theirs, np.log1p(means(beside, 4)[at]) - theirs]
    angle = 2 * np.pi * ((first + 7 * at) % YEAR) / YEAR
    own += [np.sin(angle), np.cos(angle)]
    places = np.log1p(means(counts, 4)[at]) - np.log1p(means(counts, LEVEL)[at])
    return np.concatenate([np.stack(own, axis=1), places], axis=1)


def weights(provinces: int) -> Floats:
    """Of the features of a state: provinces together weigh as two national features, the season as a half."""
    return np.concatenate([np.ones(6), [0.25, 0.25], np.full(provinces, 2 / provinces)])


def kernel(far: Floats, alike: float) -> Floats:
    """Gaussian weights of squared distances, as wide as gives an effective number of so many; they sum to 1."""
    least = far - far.min()
    low, high = 1e-6, 1e6
    if len(far) <= alike:
        return np.full(len(far), 1 / len(far))
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        w = np.exp(-least / middle)
        if w.sum() ** 2 / (w * w).sum() < alike:
            low = middle
        else:
            high = middle
    w = np.exp(-least / high)
    return np.asarray(w / w.sum())
