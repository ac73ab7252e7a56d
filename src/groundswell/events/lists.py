"""How many there were, from three or more matched lists: log-linear models of how lists depend on each other, and a lower bound.

A capture history says on which lists an event stands: "101" is on the first and the third. The counts of the histories that can be
seen are Poisson with a mean that is a product of effects of lists and of pairs of lists; the history that nobody can see, "000", has
what is left when all effects are out. Three lists can show that two of them depend on each other, which two alone cannot; that all
three depend in one way (no interaction of three) has still to be assumed, and so has it that events are equally easy to record, or
differ only in ways that look like a dependence of pairs.

Fienberg, S. E. (1972) The multiple recapture census for closed populations and incomplete 2^k contingency tables. Biometrika 59,
591-603. Cormack, R. M. (1992) Interval estimation for mark-recapture studies of closed populations. Biometrics 48, 567-576. Chao, A.
(1987) Estimating the population size for capture-recapture data with unequal catchability. Biometrics 43, 783-791.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf, nan, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import exp, exps, log, logs
from groundswell.core.errors import InputError
from groundswell.events.capture_recapture import Estimate, chapman, checked_level

MOST_LISTS = 5  # 1,024 models of pairs; with six there are 32,768
FARTHEST = 1000.0  # times what was seen: an estimate or a limit beyond is none
WORST = 10.0  # models whose criterion is worse by more are listed without a number
STEPS = 40  # of the first search for the most likely number
ROUNDS, FINE = 3, 31  # of the later ones: each looks closer by a factor of 15 or 30

Floats = npt.NDArray[np.float64]
Pair = tuple[int, int]
Criterion = Literal["bic", "aic"]


@dataclass(frozen=True)
class Model:
    """A log-linear model and what it says.

    Attributes:
        pairs: the lists that depend on each other, by position; () where all are independent.
        parameters: their number, the mean among them.
        deviance: of the counts of the histories that were seen, from those of the saturated model.
        aic, bic: deviance + 2 and log(seen) a parameter.
        conditional: Fienberg's estimate, from the histories that were seen alone; a little above `total`, and huge where there is none.
        total: estimated number, the most likely one; inf where the histories give none, nan where another model is better by far.
        low, high: what it adds to the interval; nan where it is so much worse than the best that it adds nothing.
    """

    pairs: tuple[Pair, ...]
    parameters: int
    deviance: float
    aic: float
    bic: float
    conditional: float
    total: float
    low: float
    high: float


@dataclass(frozen=True)
class MultiList:
    """The number of events by several lists.

    Attributes:
        seen: on at least one list.
        total: of the chosen model; inf where the lists overlap too little.
        low, high: interval of the wanted level; it takes in the doubt which model is right (`loglinear`). `high` may be inf.
        chosen: the model of the least criterion.
        models: all that were tried, best first.
        least: Chao's lower bound, which holds where events are unequally easy to record.
    """

    seen: int
    total: float
    low: float
    high: float
    chosen: Model
    models: tuple[Model, ...]
    least: Estimate


def checked_histories(histories: Mapping[str, int], least: int = 2) -> Floats:
    """The counts as an array of 2^k, position sum(2^list); that of the unseen history is 0.

    Raises:
        InputError: a history is no word of 0 and 1 of one length, is the unseen one, or its count is no whole number from 0 up; there
            are fewer lists than `least` or more than `MOST_LISTS`; or a list is empty.
    """
    lengths = {len(history) for history in histories}
    if len(lengths) != 1:
        raise InputError("needs capture histories of one length, such as {'110': 4, '001': 7}", key="histories")
    (k,) = lengths
    if not least <= k <= MOST_LISTS:
        raise InputError(f"has {k} lists; from {least} to {MOST_LISTS} can be used: put small ones together", key="histories")
    table = np.zeros(2**k)
    for history, count in histories.items():
        if set(history) - {"0", "1"} or "1" not in history:
            raise InputError("a capture history is a word of 0 and 1 with at least one 1", key=history)
        if isinstance(count, bool) or not hasattr(count, "__index__") or count < 0:
            raise InputError(f"needs a whole number from 0 up, not {count!r}", key=history)
        table[sum(1 << place for place, letter in enumerate(history) if letter == "1")] += int(count)
    on = _on(k)
    for place in range(k):
        if not table[on[:, place] == 1].sum():
            raise InputError(f"list {place + 1} is empty; an empty list tells nothing about the number of those on none", key="histories")
    return table


def estimate(histories: Mapping[str, int], *, level: float = 0.9) -> Estimate | MultiList:
    """Chapman's estimate from two lists, the log-linear models' from more."""
    table = checked_histories(histories)
    if len(table) > 4:
        return loglinear(histories, level=level)
    _, first, second, both = (int(count) for count in table)
    return chapman(first + both, second + both, both, level=level)


def chao(histories: Mapping[str, int], *, level: float = 0.9) -> Estimate:
    """Chao's lower bound, without bias where everything is equally easy to record: from those on one list and on two.

    The unseen are at least (k - 1) / k f1 (f1 - 1) / (2 (f2 + 1)) on average, however much events differ, as long as lists are
    independent for each event. The interval is log-normal in the unseen, and one of a bound: its lower end is what it is for.
    """
    table = checked_histories(histories)
    times = _on(_lists(table)).sum(axis=1)
    f1, f2, seen = (float(table[times == 1].sum()), float(table[times == 2].sum()), int(table.sum()))
    share = (_lists(table) - 1) / _lists(table)
    unseen = share * f1 * (f1 - 1) / (2 * (f2 + 1))
    variance = unseen + share**2 * (f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2) + f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4))
    if unseen <= 0:
        return Estimate(seen, float(seen), 0.0, float(seen), float(seen))
    z = NormalDist().inv_cdf((1 + checked_level(level)) / 2)
    factor = float(exp(z * sqrt(float(log(1 + variance / unseen**2)))))
    return Estimate(seen, seen + unseen, variance, seen + unseen / factor, seen + unseen * factor)


def loglinear(
    histories: Mapping[str, int], *, level: float = 0.9, criterion: Criterion = "bic", pairs: Sequence[Pair] | None = None
) -> MultiList:
    """The estimate from three to five lists.

    All models of main effects and of pairs of lists are fitted, and the one of the least criterion gives the number. The interval holds
    every number N at which some model's profile likelihood, less what the model is worse than the best, is within the wanted
    quantile: 2 (log L_m(N_m) - log L_m(N)) + (BIC_m - BIC_best) <= chi2. With one model this is Cormack's interval. An interval of the
    chosen model alone would forget that it was chosen by the same counts and cover too rarely (`verification/coverage_of_lists.py`).

    Args:
        histories: counts by capture history, such as {"110": 4}; those that are absent are 0.
        level: of the interval, above 0 and below 1.
        criterion: "bic", or "aic", which takes more interactions in and is the wilder for it.
        pairs: the interactions of the one model wanted, as positions of lists from 0; all models are tried without.

    Raises:
        InputError: as `checked_histories`; a pair is none.
    """
    table, quantile = checked_histories(histories, 3), NormalDist().inv_cdf((1 + checked_level(level)) / 2) ** 2
    k, seen = _lists(table), int(table.sum())
    least = chao(histories, level=level)
    if criterion not in ("bic", "aic"):
        raise InputError(f"is 'bic' or 'aic', not {criterion!r}", key="criterion")
    every = _all_models(k) if pairs is None else [_checked_pairs(pairs, k)]
    fits = [_fit(table, chosen) for chosen in every]
    marks = [fit.bic if criterion == "bic" else fit.aic for fit in fits]
    order = sorted(range(len(every)), key=lambda at: (marks[at], len(every[at]), every[at]))
    models = [_with_interval(table, fits[at], quantile - (marks[at] - marks[order[0]])) for at in order]
    chosen = models[0]
    low = min(model.low for model in models if model.low == model.low)
    high = max(model.high for model in models if model.high == model.high)
    return MultiList(seen, chosen.total, low, high, chosen, tuple(models), least)


def _lists(table: Floats) -> int:
    return len(table).bit_length() - 1


def _on(k: int) -> npt.NDArray[np.int64]:
    """Which lists a history is on; shape (2^k, k)."""
    return (np.arange(2**k)[:, None] >> np.arange(k)) & 1


def _all_models(k: int) -> list[tuple[Pair, ...]]:
    """All sets of pairs, the independent lists first."""
    every = list(combinations(range(k), 2))
    return [chosen for size in range(len(every) + 1) for chosen in combinations(every, size)]


def _checked_pairs(pairs: Sequence[Pair], k: int) -> tuple[Pair, ...]:
    for pair in pairs:
        if len(set(pair)) != 2 or not all(0 <= one < k for one in pair):
            raise InputError(f"{pair!r} is no pair of two of the lists 0 to {k - 1}", key="pairs")
    return tuple(sorted({(min(pair), max(pair)) for pair in pairs}))


def _design(k: int, pairs: Sequence[Pair]) -> Floats:
    """Columns of 0 and 1: the mean, the lists, the pairs; shape (2^k, parameters)."""
    on = _on(k)
    columns = [np.ones(2**k), *on.T, *(on[:, a] * on[:, b] for a, b in pairs)]
    return np.column_stack(columns).astype(np.float64)


def _means(counts: Floats, design: Floats, others: Floats) -> tuple[Floats, Floats]:
    """Fitted Poisson means by iteratively reweighted least squares, as `counts`: shape (tables, cells); and of cells beside.

    A margin that is 0 has no finite effect: its means sink towards 0 until the likelihood stands still.
    """
    means = counts + 0.5
    linear, last = logs(means), np.full(len(counts), inf)
    diagonal = np.arange(design.shape[1])
    for _ in range(100):
        weighted = means[:, :, None] * design
        information = design.T @ weighted
        information[:, diagonal, diagonal] = information[:, diagonal, diagonal] * (1 + 1e-10) + 1e-12  # effects without information
        score = (means * linear + counts - means) @ design
        effects = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        linear = np.clip(effects @ design.T, -30.0, 40.0)
        means = exps(linear)
        now = (counts * linear - means).sum(axis=1)
        if (np.abs(now - last) < 1e-9 * (1 + np.abs(now))).all():
            break
        last = now
    return means, exps(np.clip(effects @ others.T, -30.0, 40.0))


def _fit(table: Floats, pairs: tuple[Pair, ...]) -> Model:
    """A model fitted to the histories that can be seen."""
    design = _design(_lists(table), pairs)
    counts, seen = table[1:], float(table.sum())
    means, unseen = _means(counts[None], design[1:], design[:1])
    deviance = 2 * float((counts * (logs(np.maximum(counts, 1e-300)) - logs(means[0])) - counts + means[0]).sum())
    parameters = design.shape[1]
    aic, bic = deviance + 2 * parameters, deviance + parameters * float(log(seen))
    return Model(pairs, parameters, max(deviance, 0.0), aic, bic, seen + float(unseen[0, 0]), nan, nan, nan)


def _with_interval(table: Floats, fit: Model, room: float) -> Model:
    """The model with its most likely number, and the numbers whose log-likelihood is within `room` / 2 of the greatest."""
    if room < -WORST:
        return fit
    design, seen = _design(_lists(table), fit.pairs), float(table.sum())

    def likelihood(unseen: Floats) -> Floats:
        return _profile(table, design, unseen)

    grid = np.concatenate([[0.0], np.geomspace(0.05, FARTHEST * seen, STEPS)])
    values = likelihood(grid)
    best, most = _peak(likelihood, grid, values)
    total = inf if best > grid[-2] else seen + best
    if room <= 0:
        return replace(fit, total=total)
    place = int(np.searchsorted(grid, best))
    grid, values = np.insert(grid, place, best), np.insert(values, place, most)
    within = np.flatnonzero(values >= most - room / 2)
    first, last = int(within[0]), int(within[-1])
    low = 0.0 if first == 0 else _crossing(likelihood, grid[first - 1], grid[first], most - room / 2)
    high = inf if last == len(grid) - 1 else _crossing(likelihood, grid[last + 1], grid[last], most - room / 2)
    return replace(fit, total=total, low=seen + low, high=seen + high)


def _profile(table: Floats, design: Floats, unseen: Floats) -> Floats:
    """The multinomial log-likelihood of so many unseen events, with the effects that are the most likely then; shape as `unseen`."""
    counts = np.repeat(table[None], len(unseen), axis=0)
    counts[:, 0] = unseen
    means, total = _means(counts, design, design[:0])[0], counts.sum(axis=1)
    shares = logs(means) - logs(total)[:, None]
    result: Floats = _log_gamma(total + 1) - _log_gamma(unseen + 1) + (counts * shares).sum(axis=1)
    return result


def _peak(likelihood: Callable[[Floats], Floats], grid: Floats, values: Floats) -> tuple[float, float]:
    """Where a function with one summit is greatest, and how great."""
    for _ in range(ROUNDS):
        at = int(values.argmax())
        grid = np.linspace(grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)], FINE)
        values = likelihood(grid)
    return float(grid[values.argmax()]), float(values.max())


def _crossing(likelihood: Callable[[Floats], Floats], outside: float, inside: float, bound: float) -> float:
    """The number between two at which a likelihood that rises from the one to the other crosses a bound."""
    for _ in range(ROUNDS):
        steps = np.linspace(outside, inside, FINE)
        at = int((likelihood(steps[1:-1]) < bound).sum())  # those outside come first
        outside, inside = float(steps[at]), float(steps[at + 1])
    return inside


def _log_gamma(x: Floats) -> Floats:
    """log Gamma of numbers from 1 to 1e30, by Stirling's series ten further on."""
    far, below = x + 10, x.copy()
    for step in range(1, 10):
        below *= x + step
    result: Floats = (
        (far - 0.5) * logs(far) - far + 0.9189385332046727 + 1 / (12 * far) - 1 / (360 * far**3) + 1 / (1260 * far**5) - logs(below)
    )
    return result
