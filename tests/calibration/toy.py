"""A small world whose posterior is known: counts of four provinces that feed on last week's.

Province p, week t: y ~ negative binomial with mean m_p mu (1 - a) + a y(t - 1) and size k; of them Binomial(y, q) are contested. The
likelihood is a product, so that the posterior under uniform priors of shares is a sum over a grid.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from scipy.special import gammaln

from groundswell.calibration.counts import Counts
from groundswell.calibration.priors import Prior, Priors
from groundswell.calibration.summaries import summarise

WEEKS, MASS = 104, np.array([1.0, 0.6, 0.4, 0.2])
PRIORS = Priors(
    (
        Prior("world.rate", "log-uniform", 2.0, 20.0),
        Prior("world.feedback", "uniform", 0.0, 0.9),
        Prior("world.size", "log-uniform", 0.5, 20.0),
        Prior("world.contested", "uniform", 0.02, 0.4),
    ),
    date(2020, 1, 4), date(2021, 12, 31),
)  # fmt: skip


def simulate(values: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Total and contested counts; shape (draws, weeks, provinces)."""
    random = np.random.default_rng(seed)
    rate, feedback, size, share = (values[:, k, None] for k in range(4))
    base = MASS * rate * (1 - feedback)
    y = np.rint(MASS * rate)
    total = np.zeros((len(values), WEEKS, 4), np.int64)
    for week in range(WEEKS):
        mean = base + feedback * y
        y = random.poisson(mean * random.gamma(np.broadcast_to(size, mean.shape), 1 / size))
        total[:, week] = y
    return total, random.binomial(total, share[:, :, None])


def counts_of(total: np.ndarray, contested: np.ndarray) -> Counts:
    """As the package counts them; the kinds are one."""
    kinds = np.stack([(total - contested).sum(axis=1), contested.sum(axis=1), 0 * total.sum(axis=1), 0 * total.sum(axis=1)], axis=1)
    return Counts(43832, ("A", "B", "C", "D"), total, contested, 0 * total, kinds)


def table(draws: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    """A reference table: parameters on the scale z, summaries, the counts themselves, and the summaries' names."""
    values = PRIORS.draws(0, draws, seed)
    total, contested = simulate(values, seed)
    found = [summarise(counts_of(t, c), 1e6 * MASS) for t, c in zip(total, contested, strict=True)]
    return PRIORS.to_normal(values), np.array([one.values for one in found]), total, contested, found[0].names


def exact(total: np.ndarray, contested: np.ndarray, points: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the exact posterior on the scale z, by a sum over a grid of shares of the prior."""
    share = (np.arange(points) + 0.5) / points
    rate, feedback, size = (PRIORS.entries[k].quantile(share) for k in range(3))
    before = np.vstack([np.rint(MASS * 1.0)[None] * 0, total[:-1]]).astype(float)
    log_p = np.zeros((points, points, points))
    for i, mu in enumerate(rate):
        first = np.rint(MASS * mu)
        y0 = before.copy()
        y0[0] = first
        mean = MASS * mu * (1 - feedback[:, None, None]) + feedback[:, None, None] * y0
        mean = mean.reshape(points, 1, -1)
        k, y = size[None, :, None], total.reshape(1, 1, -1)
        log_p[i] = (
            gammaln(y + k) - gammaln(k) + k * np.log(k / (k + mean)) + y * np.log(np.maximum(mean, 1e-300) / (k + mean))
        ).sum(axis=2)  # fmt: skip
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    z = np.column_stack([PRIORS.entries[k].to_normal(PRIORS.entries[k].quantile(share)) for k in range(4)])
    fine = (np.arange(4000) + 0.5) / 4000
    q = PRIORS.entries[3].quantile(fine)
    log_q = contested.sum() * np.log(q) + (total - contested).sum() * np.log1p(-q)
    w = np.exp(log_q - log_q.max())
    marginals = [(p.sum(axis=(1, 2)), z[:, 0]), (p.sum(axis=(0, 2)), z[:, 1]), (p.sum(axis=(0, 1)), z[:, 2])]
    marginals.append((w / w.sum(), PRIORS.entries[3].to_normal(q)))
    means = np.array([m @ x for m, x in marginals])
    return means, np.array([np.sqrt(max(m @ (x - mean) ** 2, 0)) for (m, x), mean in zip(marginals, means, strict=True)])
