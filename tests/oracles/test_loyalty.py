"""Row 29: loyalty alone is Granovetter's cascade among provinces, so rows 1 to 6 hold through the mechanism."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
from tests.oracles.stage import FIRST, by_place, engine_of, near, play, stub, world

from groundswell.mechanisms.loyalty import Loyalty
from groundswell.society import ACTIVE, ALTERNATIVE, DEFECTED, GATHERINGS, STRENGTH

CONTAGION = {"loyalty.rule": "contagion", "loyalty.turnout": 0.0, "loyalty.deaths": 0.0, "loyalty.elsewhere": 0.0}
provinces = cache(lambda n: world(n, rows=1))


def cascade(thresholds) -> int:
    """How many provinces have defected in the end; `thresholds` are whole numbers of defected provinces."""
    engine = engine_of((Loyalty(),), provinces(len(thresholds)), values=CONTAGION, changes=by_place("loyalty.followers", thresholds))
    before, day = -1, FIRST
    while (now := int(engine.state.columns[DEFECTED.name].sum())) != before:
        before = now
        engine.step(day)
        day += 1
    return now


def whole_cascade(thresholds) -> int:
    """Granovetter's crowd in whole numbers, independently: r people are in equilibrium if r thresholds are at most r."""
    counts = np.bincount(np.minimum(thresholds, len(thresholds) + 1).astype(int), minlength=len(thresholds) + 2).cumsum()
    r = 0
    while counts[r] > r:
        r = int(counts[r])
    return r


def test_row_1_granovetter() -> None:
    """Through the mechanism, day by day as well: one province more each day; floating-point division would stop at 29."""
    assert cascade(range(100)) == 100
    assert cascade([0, 2, *range(2, 100)]) == 1


def test_row_29_one_wave_a_day() -> None:
    seen = []
    play(
        (Loyalty(),), provinces(100), 100, values=CONTAGION, changes=by_place("loyalty.followers", range(100)),
        observe=lambda engine, day: seen.append(int(engine.state.columns["defected"].sum())),
    )  # fmt: skip
    assert seen == list(range(1, 101))


@pytest.mark.parametrize(
    ("percent", "share"),
    [
        ([0, 20, 20, 30, 40, 50, 60, 70, 80, 100], 10), ([0, 10, 20, 30, 40, 50, 60, 70, 80, 100], 90),
        ([0, 20, 30, 30, 40, 50, 60, 70, 80, 100], 10), ([0, 10, 30, 30, 40, 50, 60, 70, 80, 100], 20),
    ],
)  # fmt: skip
def test_row_2_kurans_ten(percent, share) -> None:
    assert cascade([p // 10 for p in percent]) * 10 == share


def normal_limit(sigma: float, mean: float = 0.25) -> float:
    """The first r with Phi((r - mean) / sigma) = r: the limit of Granovetter's crowd with normal thresholds."""
    phi = NormalDist(mean, sigma).cdf
    r = 0.0
    while (new := phi(r)) - r > 1e-13:
        r = new
    return r


def test_row_3_critical_sigma() -> None:
    """At the critical sigma the curve touches the diagonal: Phi(z) = r and phi(z) = sigma."""
    low, high = 10.0, 20.0
    r = 0.0
    while high - low > 1e-10:  # the least distance of the curve from the diagonal below the mean changes sign
        sigma = (low + high) / 2
        z = -math.sqrt(-2 * math.log(sigma / 100 * math.sqrt(2 * math.pi)))  # where the slope is 1
        r = 25 + z * sigma
        low, high = (low, sigma) if NormalDist().cdf(z) * 100 > r else (sigma, high)
    assert abs(low - 12.2220868) < 1e-6
    assert abs(r - 6.2003) < 1e-4


def quantiles(n: int, sigma: float) -> np.ndarray:
    """Thresholds of n provinces at the quantiles of the normal distribution, as the whole number that each needs."""
    law = NormalDist(0.25, sigma / 100)
    exact = np.array([law.inv_cdf((i + 0.5) / n) for i in range(n)]) * n
    return np.clip(np.ceil(exact), 0, 2 * n)


@pytest.mark.parametrize(
    ("sigma", "percent"), [(10, 0.7696), (12, 4.0211), (12.2, 5.4792), (12.3, 100.0), (30, 99.3394), (50, 90.4852), (100, 65.8574)]
)
def test_row_4_normal_thresholds(sigma, percent) -> None:
    assert abs(normal_limit(sigma / 100) * 100 - percent) < 1e-3
    n = 10_000
    thresholds = quantiles(n, sigma)
    reached = cascade(thresholds)
    assert reached == whole_cascade(thresholds)
    assert abs(reached / n - percent / 100) < 1e-3


def test_row_3_either_side_of_the_critical_sigma() -> None:
    """Through the mechanism: below 12.222 the cascade dies at about 6 %, above it takes nearly all."""
    low, high = cascade(quantiles(10_000, 12.2)), cascade(quantiles(10_000, 12.3))
    assert 0.05 < low / 10_000 < 0.0621
    assert high > 9_990


def reached_by_chance(n: int, r: int) -> float:
    """P(r of n join) for iid thresholds on 0..n-1."""
    if r == n:
        return (n + 1) ** (n - 1) / n**n
    return math.comb(n, r) * (r + 1) ** (r - 1) * (n - r - 1) ** (n - r) / n**n


def test_row_5_formula() -> None:
    p = [reached_by_chance(100, r) for r in range(101)]
    assert abs(sum(p) - 1) < 1e-9
    assert abs(p[0] - 0.366032) < 1e-6
    assert abs(p[1] - 0.135326) < 1e-6
    assert abs(sum(r * q for r, q in enumerate(p)) - 12.20996) < 1e-5


def test_row_6_formula() -> None:
    assert abs(reached_by_chance(100, 100) - 0.0267803) < 1e-7
    assert abs(reached_by_chance(10, 10) - 0.2357948) < 1e-7
    for n in (2, 3, 4):  # by counting all crowds
        crowds = np.stack(np.meshgrid(*[range(n)] * n), -1).reshape(-1, n)
        assert sum(whole_cascade(c) == n for c in crowds) / n**n == pytest.approx(reached_by_chance(n, n), abs=1e-9)


def test_row_5_simulated() -> None:
    rng, n, runs = np.random.default_rng(5), 100, 2000
    crowds = rng.integers(0, n, (runs, n))
    reached = np.array([cascade(c) for c in crowds])
    assert (reached == [whole_cascade(c) for c in crowds]).all()
    p = np.array([reached_by_chance(n, r) for r in range(n + 1)])
    for r in (0, 1, 2, n):
        near((reached == r).mean(), p[r], math.sqrt(p[r] * (1 - p[r]) / runs))
    mean = (p * np.arange(n + 1)).sum()
    near(reached.mean(), mean, math.sqrt((p * (np.arange(n + 1) - mean) ** 2).sum() / runs))


def test_row_6_simulated() -> None:
    rng, n, runs = np.random.default_rng(6), 10, 2000
    joined = sum(cascade(rng.integers(0, n, n)) == n for _ in range(runs))
    near(joined / runs, 0.2357948, math.sqrt(0.2357948 * 0.7642052 / runs))


def test_loyalty_by_hand() -> None:
    """Loyalty falls by turnout and deaths, pay restores a share of what is lost, and below `refusal` the forces refuse for good."""

    def day(now) -> None:
        now[ACTIVE][:] = [50, 0]
        if now.day == FIRST:
            now.store(
                now.table(GATHERINGS).plus(
                    city=[(2 << 32) | 1], stream=0, number=0, at=[1], size=[9], violent=0, response=[3], arrests=[0], deaths=[1]
                )
            )
        else:
            now.store(now.table(GATHERINGS).where(np.zeros(len(now.table(GATHERINGS)), bool)))

    crowd = stub("Crowd", day=day, writes=(ACTIVE, GATHERINGS))
    values = {"loyalty.turnout": 0.4, "loyalty.deaths": 0.05, "loyalty.pay": 0.1, "loyalty.refusal": 0.3, "loyalty.elsewhere": 0.0}
    loyalty, defected = [], []

    def observe(engine, _) -> None:
        loyalty.append(engine.state.columns["loyalty"].astype(float).tolist())
        defected.append(engine.state.columns["defected"].tolist())

    play((crowd, Loyalty()), world(2, rows=100), 5, values=values, observe=observe)
    first, second = 1.0, 1.0
    for t in range(5):
        first = first + 0.1 * (1 - first) - 0.4 * 0.5
        second = second + 0.1 * (1 - second) - (0.05 * 10 if t == 0 else 0)
        assert np.allclose(loyalty[t], [first, second], atol=1e-6)
        assert defected[t] == [first < 0.3, False]
    assert defected[-1][0]


def test_loyalty_follows_strength_the_alternative_and_defection_elsewhere() -> None:
    """Four provinces, one driver each; the forces of the last refuse on the first day, and the others hear of it on the second."""

    def day(now) -> None:
        now[STRENGTH][:] = [0.5, 1.0, 1.5, 0.0]
        now[ALTERNATIVE][:] = [0.0, 2.0, 0.0, 0.0]

    drivers = stub("Drivers", day=day, writes=(STRENGTH, ALTERNATIVE))
    weights = {"strength": 0.08, "alternative": 0.03, "elsewhere": 0.3, "pay": 0.1, "refusal": 0.93}
    seen, refuse = [], []

    def observe(engine, _) -> None:
        seen.append(engine.state.columns["loyalty"].astype(float))
        refuse.append(engine.state.columns["defected"].tolist())

    play((drivers, Loyalty()), world(4), 3, values={f"loyalty.{k}": v for k, v in weights.items()}, observe=observe)
    loyalty, gone = np.ones(4), np.zeros(4, bool)
    for t in range(3):
        elsewhere = (gone.sum() - gone) / 3
        drift = 0.08 * np.array([-0.5, 0, 0.5, -1]) - 0.03 * np.array([0, 2, 0, 0])
        loyalty = np.clip(loyalty + 0.1 * (1 - loyalty) + drift - 0.3 * elsewhere, 0, 1)
        gone |= loyalty < 0.93
        assert np.allclose(seen[t], loyalty, atol=1e-6)
        assert refuse[t] == gone.tolist()
    assert refuse == [[0, 0, 0, 1], [1, 1, 0, 1], [1, 1, 1, 1]]


def test_a_regime_seen_as_usual_changes_nothing() -> None:
    """Strength 1 and no alternative: the two terms vanish, whatever their weights."""
    seen = play((Loyalty(),), world(2), 5, values={"loyalty.strength": 9.0, "loyalty.alternative": 9.0}).columns
    assert seen["loyalty"].tolist() == [1.0, 1.0]
