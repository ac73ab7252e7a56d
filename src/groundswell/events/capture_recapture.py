"""How many there were, from two lists that were matched: what neither source has is estimated from how far they agree.

Chapman (1951) made Lincoln and Petersen's estimator nearly unbiased and finite; its variance is Seber's (1970). The interval is
Sadinle's (2009): symmetric in the logarithm of the odds, with half an event added to each count, so that it never falls below what was
seen and covers at least what it says with few matches, too (`verification/coverage_of_lists.py`). One that is log-normal in the unseen
covers 84 % instead of 90 % of 500 events that each list records with chance .1, five matches, and 70 % of 100 such events.

It assumes that nothing enters or leaves between the lists, that matches are found without error, and that being on one list says nothing
about being on the other. Where sources report the same big events, they depend positively and the estimate is too low; where each covers
what the other leaves, it is too high. Two lists alone cannot show which.

Chapman, D. G. (1951) Some properties of the hypergeometric distribution with applications to zoological sample censuses. University of
California Publications in Statistics 1, 131-160. Seber, G. A. F. (1970) The effects of trap response on tag recapture estimates.
Biometrics 26, 13-22. Sadinle, M. (2009) Transformed logit confidence intervals for small populations in single capture-recapture
estimation. Communications in Statistics: Simulation and Computation 38, 1909-1924.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from groundswell.core.arithmetic import exp
from groundswell.core.errors import InputError


@dataclass(frozen=True)
class Estimate:
    """The number of events, victims or people, on the lists or not.

    Attributes:
        seen: on at least one list.
        total: estimated number.
        variance: of the estimate.
        low, high: interval of the wanted level.
    """

    seen: int
    total: float
    variance: float
    low: float
    high: float


def chapman(first: int, second: int, both: int, *, level: float = 0.9) -> Estimate:
    """The estimate from two lists.

    Args:
        first, second: entries of each list.
        both: entries that were matched: on both lists.
        level: of the interval, above 0 and below 1.

    Raises:
        InputError: a count is no whole number or negative, a list is empty, or more were matched than a list has.
    """
    for name, count in (("first", first), ("second", second), ("both", both)):
        if isinstance(count, bool) or not hasattr(count, "__index__"):
            raise InputError(f"needs a whole number, not {count!r}", key=name)
        if count < (0 if name == "both" else 1):
            problem = "cannot be negative" if name == "both" else "an empty list tells nothing about the number of those on neither"
            raise InputError(f"{count} entries; {problem}", key=name)
    if both > min(first, second):
        raise InputError(f"{both} matched entries, but the shorter list has only {min(first, second)}", key="both")
    n1, n2, m = int(first), int(second), int(both)
    total = (n1 + 1) * (n2 + 1) / (m + 1) - 1
    variance = (n1 + 1) * (n2 + 1) * (n1 - m) * (n2 - m) / ((m + 1) ** 2 * (m + 2))
    low, high = _limits(n1 - m + 0.5, n2 - m + 0.5, m + 0.5, checked_level(level))
    seen = n1 + n2 - m
    low, high = seen + max(low - 0.5, 0.0), seen + max(high - 0.5, 0.0)
    return Estimate(seen, total, variance, min(low, total), max(high, total))  # with a level near 0, or a list within the other


def checked_level(level: float) -> float:
    """A level of an interval.

    Raises:
        InputError: it is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise InputError(f"{level!r} is no level between 0 and 1", key="level")
    return level


def _limits(first: float, second: float, both: float, level: float) -> tuple[float, float]:
    """Of the number on neither list, from those on the first only, on the second only, and on both.

    Sadinle's term 1 / unseen is held at 1: where all but everything was seen on both lists it has no bound, and an interval from 50 to 89
    million would come of 50 that were all found again. Coverage stays above the level (`verification/coverage_of_lists.py`).
    """
    unseen = first * second / both
    spread = sqrt(1 / first + 1 / second + 1 / both + 1 / max(unseen, 1.0))
    factor = float(exp(NormalDist().inv_cdf((1 + level) / 2) * spread))
    return unseen / factor, unseen * factor
