"""A hierarchical zero-inflated negative binomial regression with autoregression and calendar.

The count of province p in week t is 0 with probability pi, and otherwise negative binomial with mean mu and shape k_p:

    log mu = a + a_p + b . (lagged levels of the province and of the nation) + c . (calendar) + d log(1 + deaths forty days before)
    logit pi = e0 + e1 (level of 13 weeks)

a_p is normal with a standard deviation that is fitted (empirical Bayes), log k_p normal about log k with 0.5, effects of the calendar and
of deaths with 0.2, and all others are held by a wide prior: the mode of the posterior is used. More deaths than were seen before count as
the most that were. Paths are drawn week by week, each fed by its own past; a gamma factor that all provinces of a week share has the
variance that national counts show beyond independent provinces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.baselines.common import BEYOND, LEAST_SHAPE, MOST_SHAPE, drawn, fortieth, means, shared_variance
from groundswell.forecasts.calendars import Calendar
from groundswell.forecasts.history import History
from groundswell.forecasts.sampling import Sampler

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SPANS = (1, 4, 13, 52)  # weeks over which levels of the province are taken
NATION = (1, 4)  # and of the nation
FIRST = 13  # weeks before the first that is fitted
WIDE, CALENDAR, SHAPES = 2.0, 0.2, 0.5  # standard deviations of priors
BEGIN = 0.5  # of the provinces' standard deviation, before it is fitted
ROUNDS = 3  # in which it is
EXCESS_PRIOR = (-3.0, 1.5)  # of e0: mean and standard deviation


@dataclass(frozen=True)
class NegativeBinomial:
    """The baseline; see the module."""

    refit: int = 13
    name: str = "ZINB regression"

    def fit(self, history: History, calendar: Calendar) -> FittedNegativeBinomial:
        """The mode of the posterior, the provinces' spread being fitted in rounds."""
        known = slice(FIRST, len(history))
        x = np.concatenate([_levels(history.counts), _dated(history, calendar, np.arange(len(history)))], axis=2)[known]
        y, level = history.counts[known], _levels(history.counts)[known][:, :, 2]
        sizes = (x.shape[2], y.shape[1])
        lagged = 1 + len(SPANS) + len(NATION)
        # few weeks have many deaths: a wide prior of their effect would carry small ones far beyond what was seen
        prior = np.array([WIDE] * lagged + [CALENDAR] * (sizes[0] - lagged))
        theta = np.zeros(sizes[0] + 2 * sizes[1] + 3)
        theta[0], theta[-2] = np.log(max(y.mean(), 0.05)), EXCESS_PRIOR[0]
        spread = BEGIN
        for _ in range(ROUNDS):
            theta = _mode(theta, x, y, level, prior, spread)
            mu, shape, _ = _unpacked(theta, x, level, sizes)
            own = theta[sizes[0] : sizes[0] + sizes[1]]
            information = (mu / (1 + mu / shape)).sum(axis=0)
            spread = float(np.sqrt(np.mean(own**2 + 1 / (information + spread**-2))))
        mu, shape, excess = _unpacked(theta, x, level, sizes)
        mean = (1 - excess) * mu
        alone = ((1 - excess) * mu**2 * (1 + 1 / shape) - mean**2).sum(axis=1) / np.maximum(mean.sum(axis=1), 1e-9) ** 2
        variance = shared_variance(y.sum(axis=1), mean.sum(axis=1), alone)
        return FittedNegativeBinomial(theta, sizes, variance, spread, float(x[:, :, -1].max()))


@dataclass(frozen=True, eq=False)
class FittedNegativeBinomial:
    """The mode.

    Args:
        theta: coefficients, provinces' intercepts, their log shapes about log k, log k, e0, e1.
        sizes: how many coefficients and provinces.
        variance: of the shared factor.
        spread: standard deviation of the provinces' intercepts.
        deaths: the highest logarithm of deaths forty days before a week that was seen.
    """

    theta: Floats
    sizes: tuple[int, int]
    variance: float
    spread: float
    deaths: float

    def predict(self, history: History, calendar: Calendar, sampler: Sampler) -> Ints:
        """See `base.Fitted`."""
        ahead = np.arange(len(history), len(history) + sampler.horizons)
        dated = _dated(history, calendar, ahead).copy()
        dated[:, :, -1] = np.minimum(dated[:, :, -1], self.deaths)
        most = BEYOND * (history.counts.max(axis=0) + 1)
        longest = max(SPANS)
        past = np.broadcast_to(history.counts[-longest:], (sampler.draws, *history.counts[-longest:].shape))
        made = []
        for h in range(sampler.horizons):
            now = np.stack([np.log1p(past[:, -span:].mean(axis=1)) for span in SPANS], axis=-1)
            nation = np.stack([np.log1p(past[:, -span:].sum(axis=2).mean(axis=1)) for span in NATION], axis=-1)[:, None, :]
            levels = np.concatenate([np.ones((*now.shape[:2], 1)), now, np.broadcast_to(nation, (*now.shape[:2], len(NATION)))], axis=2)
            x = np.concatenate([levels, np.broadcast_to(dated[h], (sampler.draws, *dated[h].shape))], axis=2)
            mu, shape, excess = _unpacked(self.theta, x, now[:, :, 2], self.sizes)
            count = drawn(np.minimum(mu, most), shape, self.variance, sampler, h, excess)
            made.append(count)
            past = np.concatenate([past, count[:, None, :].astype(np.float64)], axis=1)
        return np.stack(made, axis=1)


def _levels(counts: Floats) -> Floats:
    """One, and lagged levels before each week; shape (weeks, provinces, 1 + spans). The first week has zeros."""
    rows, provinces = counts.shape
    found = np.zeros((rows, provinces, 1 + len(SPANS) + len(NATION)))
    found[:, :, 0] = 1.0
    for k, span in enumerate(SPANS):
        found[1:, :, 1 + k] = np.log1p(means(counts, span)[:-1])
    for k, span in enumerate(NATION):
        found[1:, :, 1 + len(SPANS) + k] = np.log1p(means(counts.sum(axis=1), span)[:-1])[:, None]
    return found


def _dated(history: History, calendar: Calendar, at: Ints) -> Floats:
    """Calendar and the fortieth day, of weeks by position; shape (weeks, provinces, features)."""
    features = calendar.features(history.first + 7 * at)
    provinces = len(history.provinces)
    deaths = np.log1p(fortieth(history.deaths, at).sum(axis=1) / provinces)
    both = np.concatenate([features, deaths[:, None]], axis=1)
    return np.broadcast_to(both[:, None, :], (len(at), provinces, both.shape[1]))


def _unpacked(theta: Floats, x: Floats, level: Floats, sizes: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
    """Means, shapes by province, and probabilities of no report."""
    n, provinces = sizes
    mu = np.exp(np.clip(x @ theta[:n] + theta[n : n + provinces], -12.0, 12.0))
    shape = np.clip(np.exp(np.clip(theta[n + provinces : n + 2 * provinces] + theta[-3], -12.0, 12.0)), LEAST_SHAPE, MOST_SHAPE)
    excess = 1 / (1 + np.exp(-np.clip(theta[-2] + theta[-1] * level, -30.0, 30.0)))
    return mu, shape, excess


def _mode(theta: Floats, x: Floats, y: Floats, level: Floats, prior: Floats, spread: float) -> Floats:
    """Where the posterior is highest, from a starting point."""
    from scipy.optimize import minimize

    found = minimize(_loss, theta, (x, y, level, prior, spread), jac=True, method="L-BFGS-B", options={"maxiter": 300, "ftol": 1e-7})
    return np.asarray(found.x)


def _loss(theta: Floats, x: Floats, y: Floats, level: Floats, prior: Floats, spread: float) -> tuple[float, Floats]:
    """Minus the logarithm of the posterior, up to a constant, and its gradient."""
    from scipy.special import digamma, gammaln

    n, provinces = x.shape[2], y.shape[1]
    mu, shape, excess = _unpacked(theta, x, level, (n, provinces))
    share = shape / (shape + mu)
    count = gammaln(y + shape) - gammaln(shape) - gammaln(y + 1) + shape * np.log(share) + y * np.log(np.maximum(1 - share, 1e-300))
    none = share**shape
    zero = y == 0
    likely = excess + (1 - excess) * none
    value = np.where(zero, np.log(likely), np.log1p(-np.minimum(excess, 1 - 1e-12)) + count)
    responsible = np.where(zero, (1 - excess) * none / likely, 1.0)  # how far the negative binomial answers for the count
    by_mean = responsible * (y - mu) * share
    by_shape = responsible * shape * (digamma(y + shape) - digamma(shape) + np.log(share) + 1 - (y + shape) / (shape + mu))
    by_excess = np.where(zero, excess * (1 - excess) * (1 - none) / likely, -excess)
    own, shapes = theta[n : n + provinces], theta[n + provinces : n + 2 * provinces]
    # the slopes of the priors; the intercept is free
    held = np.concatenate([theta[:n] / prior**2, own / spread**2, shapes / SHAPES**2, [theta[-3] / 4, 0.0, theta[-1] / WIDE**2]])
    held[0], held[-2] = 0.0, (theta[-2] - EXCESS_PRIOR[0]) / EXCESS_PRIOR[1] ** 2
    away = theta.copy()
    away[0], away[-2] = 0.0, theta[-2] - EXCESS_PRIOR[0]
    gradient: Any = np.concatenate(
        [
            np.tensordot(by_mean, x, axes=((0, 1), (0, 1))),
            by_mean.sum(axis=0),
            by_shape.sum(axis=0),
            [by_shape.sum(), by_excess.sum(), (by_excess * level).sum()],
        ]
    )
    return float(-value.sum() + 0.5 * (held * away).sum()), held - gradient
