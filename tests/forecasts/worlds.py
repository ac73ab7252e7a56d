"""Made-up weekly records from models whose parameters are known."""

from __future__ import annotations

from datetime import date

import numpy as np

from groundswell.calibration.counts import Counts
from groundswell.core.draws import day_number
from groundswell.forecasts.calendars import Calendar, Span

FIRST = day_number(date(2016, 1, 2))
CALENDAR = Calendar(("feast",), tuple(Span("feast", FIRST + 365 * k + 78, 14) for k in range(12)))


def counts_of(total: np.ndarray, contested: np.ndarray | None = None, deaths: np.ndarray | None = None) -> Counts:
    weeks, provinces = total.shape
    nothing = np.zeros_like(total)
    ids = tuple(f"P-{k:02d}" for k in range(provinces))
    other = contested if contested is not None else total // 5
    return Counts(FIRST, ids, total, other, deaths if deaths is not None else nothing, np.zeros((weeks, 4), np.int64))


def negative_binomials(rng: np.random.Generator, mean: np.ndarray, shape: float) -> np.ndarray:
    return rng.poisson(mean * rng.gamma(shape, 1 / shape, np.shape(mean)))


def autoregression(
    weeks: int, provinces: int, seed: int, *, shape: float = 2.0, strength: float = 0.6, excess: float = 0.0, shared: float = 0.0
) -> np.ndarray:
    """log mean = a_p + strength log(1 + last); with weeks of no report, and a factor that all share."""
    rng = np.random.default_rng(seed)
    level = np.linspace(-0.3, 0.7, provinces)
    made = np.zeros((weeks + 50, provinces), np.int64)
    for t in range(1, weeks + 50):
        factor = rng.gamma(1 / shared, shared) if shared else 1.0
        own = negative_binomials(rng, np.exp(level + strength * np.log1p(made[t - 1])) * factor, shape)
        made[t] = np.where(rng.random(provinces) < excess, 0, own)
    return made[50:]


def excited(
    weeks: int,
    provinces: int,
    seed: int,
    *,
    own: float = 0.4,
    across: float = 0.3,
    decay: float = 0.5,
    base: float = 6.0,
    shape: float = 5.0,
) -> np.ndarray:
    """The weekly Hawkes process of the baseline."""
    rng = np.random.default_rng(seed)
    share = np.linspace(1, 3, provinces) / np.linspace(1, 3, provinces).sum()
    fade = np.exp(-decay)
    state = base * share / (1 - own - across)
    made = np.zeros((weeks + 100, provinces), np.int64)
    for t in range(weeks + 100):
        rate = base * share + own * state + across * share * state.sum()
        made[t] = negative_binomials(rng, rate, shape)
        state = fade * state + (1 - fade) * made[t]
    return made[100:]
