"""The epidemic against the final-size equation, the chance of a small outbreak, and its own recursion in the limit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from groundswell import Run, simulate
from groundswell.core.draws import below, toss
from groundswell.core.errors import InputError
from groundswell.models.kermack_mckendrick_1927 import CASES, OVER, STATE, kermack_mckendrick_1927, world

ROW_22 = [(1.5, 0.582812), (2.0, 0.796812), (3.0, 0.940480)]


def spread(people: int, groups: int, r0: float, duration: float = 1.0, infected: int = 1, **options: object) -> Run:
    """Groups until nobody is infectious."""
    values = {"contagion.r0": r0, "contagion.duration": duration}
    options = {"seed": 2, "steps": 5000, "until": OVER, "keep": (CASES, STATE)} | options
    return simulate(kermack_mckendrick_1927(), world(people, groups, infected), values=values, **options)  # type: ignore[arg-type]


def final_share(r0: float, first: float = 0.0) -> float:
    """The share infected at last where a share is infected first: 1 - z = (1 - first) exp(-r0 z)."""
    z = 1.0
    for _ in range(10_000):
        z = 1 - (1 - first) * math.exp(-r0 * z)
    return z


def fades(r0: float, duration: float) -> float:
    """The chance that one case among many leads to few: the branching process dies out."""
    q = 0.0
    for _ in range(100_000):
        e = math.exp(-r0 / duration * (1 - q))
        q = e / duration / (1 - (1 - 1 / duration) * e)
    return q


@pytest.mark.parametrize(("r0", "share"), ROW_22)
@pytest.mark.parametrize("duration", [1.0, 3.0, 10.0])
def test_row_22_closed_form_and_recursion(r0: float, share: float, duration: float) -> None:
    """The rule of a day on real numbers of people leads to the solution of the final-size equation, whatever the duration."""
    assert final_share(r0) == pytest.approx(share, abs=1e-6)
    s, i = 1.0 - 1e-9, 1e-9
    for _ in range(5000):
        stay = s * math.exp(-r0 / duration * i)
        s, i = stay, i * (1 - 1 / duration) + s - stay
    assert 1 - s == pytest.approx(share, abs=1e-6)


@pytest.mark.compiled
@pytest.mark.parametrize("duration", [1.0, 4.0])
@pytest.mark.parametrize(("r0", "share"), ROW_22)
def test_row_22_a_population(r0: float, share: float, duration: float) -> None:
    n, groups, infected = 100_000, 24, 5
    cases = spread(n, groups, r0, duration, infected).final["cases"] / n
    large = cases[cases > share / 2]
    error = large.std(ddof=1) / len(large) ** 0.5
    assert len(large) > groups / 2
    assert abs(large.mean() - final_share(r0, infected / n)) < 3 * error
    assert error < 0.002
    assert abs(large.mean() - share) < 3 * error + infected / n


@pytest.mark.compiled
def test_row_22_a_million_people() -> None:
    run = spread(1_000_000, 1, 2.0, infected=100)
    z = final_share(2.0, 1e-4)
    sd = (z * (1 - z)) ** 0.5 / (1 - 2 * (1 - z)) / 1000
    assert abs(run.final["cases"][0] / 1e6 - z) < 3 * sd
    assert run.series["ever"][-1, 0] == run.final["cases"][0]


@pytest.mark.compiled
def test_spread_of_large_outbreaks() -> None:
    """Reed-Frost (von Bahr & Martin-Loef 1980): the variance of the number infected is N z (1 - z) / (1 - R0 (1 - z))**2."""
    n, infected = 5000, 20
    cases = spread(n, 2000, 2.0, infected=infected).final["cases"] / n
    z = final_share(2.0, infected / n)
    assert cases.var() == pytest.approx(z * (1 - z) / (1 - 2 * (1 - z)) ** 2 / n, rel=0.12)


@pytest.mark.compiled
@pytest.mark.parametrize(("r0", "duration"), [(2.0, 1.0), (2.0, 5.0), (1.5, 1.0)])
def test_how_often_one_case_fades(r0: float, duration: float) -> None:
    groups = 2500
    cases = spread(2000, groups, r0, duration).final["cases"]
    small = (cases < 400).mean()
    q = fades(r0, duration)
    assert abs(small - q) < 3 * (q * (1 - q) / groups) ** 0.5 + 0.002
    if duration == 1:
        assert q == pytest.approx(1 - final_share(r0), abs=1e-9)  # Reed-Frost: chance and size solve one equation


@pytest.mark.compiled
def test_below_the_threshold() -> None:
    """One case leads to 1 / (1 - R0) in all, in a group that is large."""
    cases = spread(20_000, 1500, 0.5, 2.0).final["cases"]
    assert abs(cases.mean() - 2) < 3 * cases.std() / len(cases) ** 0.5


def test_conserved_uncompiled() -> None:
    run = spread(60, 3, 2.5, 2.0, infected=2, compiled=False)
    state = run.final["state"].reshape(3, 60)
    assert ((state == 2).sum(axis=1) == run.final["cases"]).all()
    assert (state != 1).all()
    assert (state[:, :2] == 2).all()
    ever, ill = run.series["ever"][:, 0], run.series["prevalence"][:, 0]
    assert (np.diff(ever) >= 0).all()
    assert ill[-1] == 0
    assert (ill[:-1] > 0).all()


def test_a_day_by_hand() -> None:
    """With D = 1 the first cases are removed after a day, and the next day's are as many as were infected."""
    run = spread(2000, 1, 3.0, infected=200, steps=1, until=None, compiled=False)
    state = run.final["state"]
    assert (state[:200] == 2).all()
    p = 1 - math.exp(-0.3)
    assert abs((state[200:] == 1).sum() - 1800 * p) < 4 * (1800 * p * (1 - p)) ** 0.5
    assert run.series["prevalence"][0, 0] == (state == 1).sum()


@pytest.mark.parametrize(("r0", "infected"), [(0.0, 7), (5.0, 0)])
def test_nothing_spreads_without_contacts_or_cases(r0: float, infected: int) -> None:
    run = spread(50, 2, r0, infected=infected, compiled=False)
    assert run.final["cases"].tolist() == [infected] * 2
    assert len(run.days) == 1


@pytest.mark.compiled
def test_same_bits() -> None:
    plain = spread(40, 6, 2.0, 3.0, 2, compiled=False)
    for options in ({}, {"threads": 2, "tile": 50}, {"tile": 1}):
        again = spread(40, 6, 2.0, 3.0, 2, **options)
        assert again.state_hash == plain.state_hash
        assert (again.series["ever"] == plain.series["ever"]).all()
    assert spread(40, 6, 2.0, 3.0, 2, seed=8).state_hash != plain.state_hash


@pytest.mark.parametrize(
    ("options", "key"),
    [({"people": 0}, "people"), ({"groups": 0}, "groups"), ({"people": 5, "infected": 6}, "infected"), ({"infected": -1}, "infected")],
)
def test_wrong_worlds(options: dict[str, int], key: str) -> None:
    with pytest.raises(InputError, match=rf"^{key}: "):
        world(**options)


@pytest.mark.parametrize("duration", [0.5, float("nan"), -1.0])
def test_wrong_duration(duration: float) -> None:
    with pytest.raises(InputError, match=r"contagion\.duration"):
        spread(10, 1, 2.0, duration)


@pytest.mark.parametrize("p", [0.0, 1e-7, 1 / 65536, 0.3, 19661 / 65536, 65535.5 / 65536, 1.0])
def test_a_toss_is_what_below_says_of_each(p: float) -> None:
    """Both for draws that decide and for those that leave it open."""
    bound = min(int(p * 65536), 65535)
    draws = np.array([0, 1, 65534, 65535, *[bound] * 400, max(bound - 1, 0)], np.uint16)
    keys = np.uint32(3), np.uint32(4)
    expected = [below(draw, p, *keys, 1, 70 + i, 5, 3130) for i, draw in enumerate(draws)]
    toss(draws, p, *keys, 1, 70, 5, 3130)
    assert draws.tolist() == expected
