"""When enough has been run: tests that may be looked at after every draw without raising their error rate.

A draw is *beyond* where the effect is on the claimed side of the smallest that matters, *short* where it is not, and neither where the
effect is not defined in that draw (which speaks against both verdicts). Four one-sided tests run side by side, each a wealth that starts
at 1 and, while its hypothesis holds, is expected not to grow (Ville 1939; Robbins 1970; Waudby-Smith and Ramdas 2024): that it ever
reaches 1 / ERROR has at most the chance ERROR. Whatever is concluded first stands.

* the share beyond is at most .95: refuted, the claim is supported
* the share short is at most .95: refuted, it is contradicted
* the share beyond is at least .95, and the share short is at least .95: both refuted, the truth lies between

For what happens or does not, the share of draws says little and the mean effect is tested instead, with bets on a bounded mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Decision = Literal["supported", "contradicted", "between", "undecided"]
SURE = 0.95  # share of draws from which on a claim is supported or contradicted
ERROR = 0.05  # chance that a test ever refutes what is true
BETS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)  # shares of the largest bet that cannot ruin
GRID = 401  # values at which an interval is looked up


@dataclass(frozen=True)
class Outcome:
    """What a setting's draws say.

    Args:
        decision: the first conclusion, or "undecided".
        at: draws after which it stood; those seen where it is undecided.
        draws, beyond, short: how many there were.
        share: estimate of the share beyond (of the mean effect, where that is judged).
        low, high: its 90 % bounds, which hold at every look.
    """

    decision: Decision
    at: int
    draws: int
    beyond: int
    short: int
    share: float
    low: float
    high: float


def wealth_above(hits: Any, draws: Any, share: float = SURE) -> Floats:
    """Wealth against "the share is at most `share`": half is bet on all hits, half spread evenly over the larger shares."""
    from scipy.special import betainc, betaln

    k, n = np.asarray(hits, np.float64), np.asarray(draws, np.float64)
    base = k * math.log(share) + (n - k) * math.log1p(-share)
    with np.errstate(divide="ignore"):
        spread = betaln(k + 1, n - k + 1) + np.log1p(-betainc(k + 1, n - k + 1, share)) - math.log1p(-share)
    every = np.where(k == n, -base, -np.inf)
    return np.asarray(np.exp(np.minimum(np.logaddexp(math.log(0.5) + every, math.log(0.5) + spread - base), 700.0)))


def wealth_below(hits: Any, draws: Any, share: float = SURE) -> Floats:
    """Wealth against "the share is at least `share`": spread evenly over the smaller shares."""
    from scipy.special import betainc, betaln

    k, n = np.asarray(hits, np.float64), np.asarray(draws, np.float64)
    base = k * math.log(share) + (n - k) * math.log1p(-share)
    with np.errstate(divide="ignore"):
        spread = betaln(k + 1, n - k + 1) + np.log(betainc(k + 1, n - k + 1, share)) - math.log(share)
    return np.asarray(np.exp(np.minimum(spread - base, 700.0)))


def _first(reached: npt.NDArray[np.bool_]) -> int | None:
    """After how many draws a line is crossed; None where it never is."""
    found = np.flatnonzero(reached)
    return int(found[0]) + 1 if len(found) else None


def _earliest(**crossed: int | None) -> tuple[Decision, int | None]:
    known = {name: at for name, at in crossed.items() if at is not None}
    if not known:
        return "undecided", None
    name = min(known, key=lambda one: known[one])
    return name, known[name]  # type: ignore[return-value]


def by_share(beyond: Any, defined: Any, *, error: float = ERROR, sure: float = SURE) -> Outcome:
    """The verdict on draws: in what share of them the effect is beyond.

    Args:
        beyond: one truth value a draw, in their order.
        defined: whether the effect is defined in it.
        error: chance of a wrong refusal.
        sure: the share from which on the claim is supported.
    """
    hit = np.asarray(beyond, bool) & np.asarray(defined, bool)
    miss = ~np.asarray(beyond, bool) & np.asarray(defined, bool)
    n, k, m = np.arange(1, len(hit) + 1), np.cumsum(hit), np.cumsum(miss)
    line = 1 / error
    not_sure = np.maximum.accumulate(wealth_below(k, n, sure)) >= line if len(hit) else np.zeros(0, bool)
    not_sure_not = np.maximum.accumulate(wealth_below(m, n, sure)) >= line if len(hit) else np.zeros(0, bool)
    decision, at = _earliest(
        supported=_first(wealth_above(k, n, sure) >= line),
        contradicted=_first(wealth_above(m, n, sure) >= line),
        between=_first(not_sure & not_sure_not),
    )
    low, high = share_bounds(int(hit.sum()), len(hit))
    share = float(hit.mean()) if len(hit) else float("nan")
    return Outcome(decision, at or len(hit), len(hit), int(hit.sum()), int(miss.sum()), share, low, high)


def share_bounds(hits: int, draws: int, error: float = 0.10) -> tuple[float, float]:
    """Bounds of a share that hold at every look: shares that a bet spread evenly over all shares does not refute."""
    from scipy.special import betaln

    if not draws:
        return 0.0, 1.0
    grid = np.linspace(0, 1, GRID)
    with np.errstate(divide="ignore", invalid="ignore"):
        likely = np.where(hits > 0, hits * np.log(grid), 0.0) + np.where(draws > hits, (draws - hits) * np.log1p(-grid), 0.0)
    kept = grid[betaln(hits + 1, draws - hits + 1) - likely < math.log(1 / error)]
    return float(kept[0]), float(kept[-1])


def _wealths(x: Floats, middle: float) -> tuple[Floats, Floats]:
    """Wealth by draw against "the mean of x in [0, 1] is at most `middle`", and against "at least": even mixtures of constant bets."""
    if middle <= 0:  # a single x above 0 refutes that the mean is 0
        return np.where(np.maximum.accumulate(x) > 0, np.inf, 1.0), np.ones(len(x))
    if middle >= 1:
        return np.ones(len(x)), np.where(np.minimum.accumulate(x) < 1, np.inf, 1.0)
    up, down = np.full(len(x), -np.inf), np.full(len(x), -np.inf)
    for share in BETS:
        up = np.logaddexp(up, np.cumsum(np.log1p(share * (x - middle) / middle)))
        down = np.logaddexp(down, np.cumsum(np.log1p(share * (middle - x) / (1 - middle))))
    count = math.log(len(BETS))
    return np.exp(np.minimum(up - count, 700.0)), np.exp(np.minimum(down - count, 700.0))


def by_mean(effect: Floats, least: float, most: float, smallest: float, above: bool, *, error: float = ERROR) -> Outcome:
    """The verdict on the mean effect of something bounded.

    Args:
        effect: one a draw, nan where it is not defined.
        least, most: what it cannot go below or above.
        smallest: the smallest mean effect that matters.
        above: whether the claim is right above it.
        error: chance of a wrong refusal.
    """
    defined = np.isfinite(effect)
    pessimist, optimist = (np.where(defined, effect, end) for end in ((least, most) if above else (most, least)))
    up, down = wealths_of_mean(pessimist, optimist, least, most, smallest, above)
    decision, at = _earliest(supported=_first(up >= 1 / error), contradicted=_first(down >= 1 / error))
    beyond = (effect >= smallest) if above else (effect <= smallest)
    low, high = mean_bounds(effect[defined], least, most)
    mean = float(effect[defined].mean()) if defined.any() else float("nan")
    count = int((beyond & defined).sum())
    return Outcome(decision, at or len(effect), len(effect), count, int(defined.sum()) - count, mean, low, high)


def wealths_of_mean(pessimist: Floats, optimist: Floats, least: float, most: float, smallest: float, above: bool) -> tuple[Floats, Floats]:
    """Wealth by draw against "the mean is short of the smallest effect", and against "it is beyond".

    Args:
        pessimist, optimist: effects, with the value that speaks against a verdict where one is not defined.
        least, most, smallest, above: as in `by_mean`.
    """
    width = most - least
    middle = min(max((smallest - least) / width, 0.0), 1.0)
    worst, best = (pessimist - least) / width, (optimist - least) / width
    if above:
        return _wealths(worst, middle)[0], _wealths(best, middle)[1]
    return _wealths(worst, middle)[1], _wealths(best, middle)[0]


def mean_bounds(effect: Floats, least: float, most: float, error: float = 0.10) -> tuple[float, float]:
    """Bounds of a bounded mean that hold at every look."""
    if not len(effect):
        return least, most
    x = (effect - least) / (most - least)
    grid = np.linspace(0, 1, GRID)[1:-1]
    logs = np.full((2, len(grid)), -np.inf)
    for share in BETS:
        gain = (x[:, None] - grid) * share
        logs[0] = np.logaddexp(logs[0], np.log1p(gain / grid).sum(axis=0))
        logs[1] = np.logaddexp(logs[1], np.log1p(-gain / (1 - grid)).sum(axis=0))
    kept = grid[logs.max(axis=0) - math.log(len(BETS)) < math.log(2 / error)].tolist()
    kept = [*([0.0] if not x.any() else []), *kept, *([1.0] if (x == 1).all() else [])]
    if not kept:  # between two values of the grid
        kept = [float(x.mean())]
    return least + kept[0] * (most - least), least + kept[-1] * (most - least)
