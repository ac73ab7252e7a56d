"""A self-exciting process of weekly counts (Hawkes 1971, in weeks), with excitement within provinces and across the nation.

    rate = exp(c . calendar) (m q_p + own R_p + across q_p R_nation)

R is the past count, each week weighted by (1 - e^-decay) e^(-decay (weeks ago - 1)), which sums to 1: `own + across` is the branching
ratio, the events that one event makes on average. q_p is the province's share of the events of the last two years. Counts are negative
binomial about the rate, with a factor that all provinces of a week share. Fitted by maximum likelihood, the calendar with a prior.

Hawkes, A. G. (1971) Spectra of some self-exciting and mutually exciting point processes. Biometrika 58, 83-90.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.baselines.common import BEYOND, LEAST_SHAPE, MOST_SHAPE, drawn, shared_variance
from groundswell.forecasts.calendars import Calendar
from groundswell.forecasts.history import History
from groundswell.forecasts.sampling import Sampler

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHARES = 104  # weeks whose events give a province's share
FIRST = 13  # weeks before the first that is fitted
CALENDAR = 0.2  # standard deviation of an effect's prior
SLOW, FAST = 0.02, 5.0  # decay a week


@dataclass(frozen=True)
class Hawkes:
    """The baseline; see the module."""

    refit: int = 13
    name: str = "Hawkes process"

    def fit(self, history: History, calendar: Calendar) -> FittedHawkes:
        """Maximum likelihood; the gradient is exact."""
        from scipy.optimize import minimize

        counts = history.counts
        features = calendar.features(history.weeks)
        share = _shares(counts)
        start = np.concatenate([[np.log(max(counts.sum(axis=1).mean(), 0.1) / 2), -1.0, 0.0, -1.5, 0.0], np.zeros(features.shape[1])])
        bounds = [(-5, 12), (-8, 6), (-8, 8), (np.log(SLOW), np.log(FAST)), (np.log(LEAST_SHAPE), np.log(MOST_SHAPE))]
        bounds += [(-2, 2)] * features.shape[1]
        best = minimize(_loss, start, (counts, features, share), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200})
        theta = np.asarray(best.x)
        rate, shape = _rates(theta, counts, features, share)[0], float(np.exp(theta[4]))
        expected = rate[FIRST:]
        own = (expected**2 / shape).sum(axis=1) / np.maximum(expected.sum(axis=1), 1e-9) ** 2
        return FittedHawkes(theta, shared_variance(counts[FIRST:].sum(axis=1), expected.sum(axis=1), own))


@dataclass(frozen=True, eq=False)
class FittedHawkes:
    """The maximum.

    Args:
        theta: log m, logit of the branching ratio, logit of its share within provinces, log decay, log shape, effects of the calendar.
        variance: of the shared factor.
    """

    theta: Floats
    variance: float

    @property
    def branching(self) -> tuple[float, float]:
        """Events that one event makes in its province, and across the nation."""
        ratio, within = 1 / (1 + np.exp(-self.theta[1])), 1 / (1 + np.exp(-self.theta[2]))
        return float(ratio * within), float(ratio * (1 - within))

    def predict(self, history: History, calendar: Calendar, sampler: Sampler) -> Ints:
        """See `base.Fitted`."""
        share = _shares(history.counts)
        own, across = self.branching
        fade = float(np.exp(-np.exp(self.theta[3])))
        effect = np.exp(calendar.features(history.ahead(sampler.horizons)) @ self.theta[5:])
        excited = _excited(history.counts, fade)[-1] * fade + (1 - fade) * history.counts[-1]
        state = np.broadcast_to(excited, (sampler.draws, len(excited))).copy()
        most = BEYOND * (history.counts.max(axis=0) + 1)
        shape = np.full(len(excited), np.exp(self.theta[4]))
        made = []
        for h in range(sampler.horizons):
            rate = effect[h] * (np.exp(self.theta[0]) * share + own * state + across * share * state.sum(axis=1, keepdims=True))
            count = drawn(np.minimum(rate, most), shape, self.variance, sampler, h)
            made.append(count)
            state = fade * state + (1 - fade) * count
        return np.stack(made, axis=1)


def _shares(counts: Floats) -> Floats:
    recent = counts[-SHARES:].sum(axis=0) + 0.5
    return np.asarray(recent / recent.sum())


def _excited(counts: Floats, fade: float) -> Floats:
    """The weighted past before each week; shape of the counts. The first weeks take the mean count for a past."""
    found = np.empty_like(counts)
    state = counts.mean(axis=0)
    for week, count in enumerate(counts):
        found[week] = state
        state = fade * state + (1 - fade) * count
    return found


def _excited_slope(counts: Floats, excited: Floats, fade: float) -> Floats:
    """How the weighted past changes with the fade."""
    found = np.zeros_like(counts)
    for week in range(1, len(counts)):
        found[week] = fade * found[week - 1] + excited[week - 1] - counts[week - 1]
    return found


def _rates(theta: Floats, counts: Floats, features: Floats, share: Floats) -> tuple[Floats, dict[str, Floats]]:
    """The rate of each week and province, and its parts."""
    ratio, within = 1 / (1 + np.exp(-theta[1])), 1 / (1 + np.exp(-theta[2]))
    fade = float(np.exp(-np.exp(theta[3])))
    excited = _excited(counts, fade)
    nation = excited.sum(axis=1, keepdims=True) * share
    effect = np.exp(features @ theta[5:])[:, None]
    parts = {"effect": effect, "excited": excited, "nation": nation, "base": effect * np.exp(theta[0]) * share}
    rate = parts["base"] + effect * ratio * (within * excited + (1 - within) * nation)
    return np.maximum(rate, 1e-9), parts


def _loss(theta: Floats, counts: Floats, features: Floats, share: Floats) -> tuple[float, Floats]:
    """Minus the log likelihood (less the prior of the calendar's effects), up to a constant, and its gradient."""
    from scipy.special import digamma, gammaln

    rate, parts = _rates(theta, counts, features, share)
    k = float(np.exp(theta[4]))
    used = slice(FIRST, len(counts))
    y, m = counts[used], rate[used]
    value = gammaln(y + k) - gammaln(k) + k * np.log(k / (k + m)) + y * np.log(m / (k + m))
    slope = np.zeros_like(counts)
    slope[used] = (y - m) / (m * (1 + m / k))
    by_shape = k * (digamma(y + k) - digamma(k) + np.log(k / (k + m)) + 1 - (y + k) / (k + m))
    ratio, within = 1 / (1 + np.exp(-theta[1])), 1 / (1 + np.exp(-theta[2]))
    decay = float(np.exp(theta[3]))
    mixed = within * parts["excited"] + (1 - within) * parts["nation"]
    turned = _excited_slope(counts, parts["excited"], float(np.exp(-decay)))
    turned = within * turned + (1 - within) * turned.sum(axis=1, keepdims=True) * share
    gradient = np.concatenate(
        [
            [
                (slope * parts["base"]).sum(),
                (slope * parts["effect"] * mixed).sum() * ratio * (1 - ratio),
                (slope * parts["effect"] * (parts["excited"] - parts["nation"])).sum() * ratio * within * (1 - within),
                (slope * parts["effect"] * turned).sum() * ratio * -decay * np.exp(-decay),
                by_shape.sum(),
            ],
            ((slope * rate).sum(axis=1)) @ features,
        ]
    )
    held = np.concatenate([np.zeros(5), theta[5:] / CALENDAR**2])
    return float(-value.sum() + 0.5 * (held * theta).sum()), held - gradient
