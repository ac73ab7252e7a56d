"""Rows 11, 12 and 13: Epstein's arrest probability and active shares, through Policing and Participation; and turnout by row."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.oracles.stage import FIRST, near, play, share_near, stub, world

from groundswell.core.arithmetic import logistics
from groundswell.core.draws import Draws
from groundswell.mechanisms.calendar import Calendar
from groundswell.mechanisms.participation import Participation
from groundswell.mechanisms.policing import LITERAL, Policing, arrest_probability
from groundswell.society import (
    ACTIVE,
    AWAY,
    FEAR,
    FORCES,
    FRAME,
    LEADING_FRAME,
    PERCEIVED_RISK,
    PUSH,
    SEEN_DEFIANCE,
    TAKE_PART,
    TAKE_PART_FINE,
    TOOK_PART,
)

EPSTEIN = {
    "participation.rule": "threshold", "participation.grievance": 1.0, "participation.threshold": 0.1, "participation.floor": 1.0,
    "participation.risk": 1.0, "participation.defiance": 0.0,
}  # fmt: skip
ALONE = {"policing.disperse": 0.0, "policing.arrest": 0.0, "policing.shoot": 0.0}


def perceived(participants: int, forces: float, **options: object) -> float:
    """The perceived risk that Policing writes for a city with so many participants and forces."""

    def day(now) -> None:
        now[TOOK_PART][:participants] = 1
        now[ACTIVE][:] = participants
        now[FORCES][:] = forces

    crowd = stub("Crowd", day=day, writes=(TOOK_PART, ACTIVE, FORCES))
    values = ALONE | {f"policing.{k}": v for k, v in options.items()}
    return float(play((crowd, Policing()), world(rows=100), values=values).columns["perceived_risk"][0])


@pytest.mark.parametrize("size", [1, 3, 10, 77])
def test_row_11_epsteins_arrest_probability(size) -> None:
    assert abs(perceived(size, size) - 0.8997412) < 1e-7
    assert abs(arrest_probability(size, size, 2.3, LITERAL) - 0.8997412) < 1e-7
    assert abs(perceived(size, size, k=1.0) - (1 - math.exp(-1))) < 1e-7


@pytest.mark.parametrize(
    ("rule", "forces", "ratio"),
    [
        ("literal", 9, 0.9),
        ("floor", 9, 0.0),
        ("round", 9, 1.0),
        ("literal", 15, 1.5),
        ("floor", 15, 1.0),
        ("round", 15, 2.0),
        ("round", 4, 0.0),
    ],
)
def test_row_11_the_three_arrest_ratios(rule, forces, ratio) -> None:
    assert abs(perceived(10, forces, arrest_ratio=rule) - (1 - math.exp(-2.3 * ratio))) < 1e-7


def test_risk_is_perceived_from_the_first_day_on() -> None:
    """Nobody was in the street before the first day: A is 1, and forces stand as the calendar says."""
    seen = []
    watch = stub("Watch", day=lambda now: seen.append(now[PERCEIVED_RISK].tolist()), reads=(PERCEIVED_RISK,))
    play((Calendar(), watch, Policing()), world(rows=1000), 2, values={"calendar.forces": 1.0})
    assert np.allclose(seen, 0.8997412, atol=1e-7)


def test_row_11_without_participants_counts_as_one() -> None:
    assert abs(perceived(0, 1) - 0.8997412) < 1e-7


def active(hardship, legitimacy: float, *, risk: float = 0.0, aversion=0, compiled: bool = True) -> int:
    """How many take part under Epstein's rule at a constant perceived risk."""
    people = world(hoods=len(hardship) // 1000, rows=1000, hardship=hardship, risk_aversion=aversion)
    danger = stub("Danger", day=lambda now: now[PERCEIVED_RISK].fill(risk), writes=(PERCEIVED_RISK,))
    done = play((Calendar(), danger, Participation()), people, values=EPSTEIN | {"calendar.legitimacy": legitimacy}, compiled=compiled)
    assert done.columns["took_part"].sum() == done.columns["active"].sum()
    return int(done.columns["active"].sum())


@pytest.mark.compiled
@pytest.mark.parametrize(("legitimacy", "share"), [(0.82, 0.444444), (0.89, 0.090909), (0.80, 0.5), (0.90, 0.0)])
def test_row_12_no_forces(legitimacy, share) -> None:
    hardship = np.random.default_rng(12).integers(0, 65536, 200_000)
    share_near(active(hardship, legitimacy), len(hardship), share)


@pytest.mark.compiled
@pytest.mark.parametrize(("legitimacy", "share"), [(0.82, 4 / 9), (0.89, 1 / 11), (0.80, 0.5), (0.90, 0.0)])
def test_row_12_on_all_values_of_hardship(legitimacy, share) -> None:
    """Every one of the 65,536 values once: the share is exact to one of them."""
    hardship = np.append(np.arange(65536), np.zeros(464))  # 464 without hardship fill the last neighbourhood
    assert abs(active(hardship, legitimacy) / 65536 - share) <= 1.5 / 65536


def epstein_share(legitimacy: float, threshold: float, risk: float) -> float:
    """Active share for H and R uniform and independent: (g - T)**2 / (2 g P) if g - T <= P, else 1 - T/g - P/(2 g)."""
    g = 1.0 - legitimacy
    return (g - threshold) ** 2 / (2 * g * risk) if g - threshold <= risk else 1 - threshold / g - risk / (2 * g)


def test_row_13_the_formula() -> None:
    assert abs(epstein_share(0.82, 0.1, 0.89974) - 0.0197588) < 1e-7
    grid = (np.arange(4000) + 0.5) / 4000
    for legitimacy, risk in ((0.82, 0.89974), (0.2, 0.3), (0.5, 0.39)):
        held = grid * (1 - legitimacy)
        exact = np.clip((held - 0.1) / risk, 0, 1).mean()  # integrates over R in closed form
        assert abs(exact - epstein_share(legitimacy, 0.1, risk)) < 1e-6


@pytest.mark.compiled
@pytest.mark.parametrize(("legitimacy", "risk"), [(0.82, 0.89974), (0.2, 0.3)])
def test_row_13_constant_risk(legitimacy, risk) -> None:
    rng = np.random.default_rng(13)
    n = 400_000
    count = active(rng.integers(0, 65536, n), legitimacy, risk=risk, aversion=rng.integers(0, 65536, n))
    share_near(count, n, epstein_share(legitimacy, 0.1, risk))


def scene(rows: int, seed: int):
    """A stub that writes everything Participation reads, at random but with many undecided."""
    rng = np.random.default_rng(seed)
    values = {
        FEAR: rng.random(rows), AWAY: rng.random(rows) < 0.1, FRAME: rng.integers(0, 3, rows), LEADING_FRAME: np.ones(1),
        PERCEIVED_RISK: rng.random(2),
        SEEN_DEFIANCE: rng.random(4) * 3,
    }  # fmt: skip

    def day(now) -> None:
        for column, array in values.items():
            now[column][:] = array
        now[PUSH][:] = np.array([0.5, 2.0], np.float32)

    return values, stub("Scene", day=day, writes=tuple(values), adds=(PUSH,))


@pytest.mark.parametrize("rule", ["threshold", "logit"])
def test_participation_by_hand(rule) -> None:
    """Row by row the same decision as the formula in NumPy, given the same draws."""
    rows = 400
    rng = np.random.default_rng(3)
    hardship, aversion, age = rng.integers(0, 65536, rows), rng.integers(0, 65536, rows), rng.integers(5, 60, rows)
    people = world(cities=2, hoods=2, rows=rows // 4, hardship=hardship, risk_aversion=aversion, age=age)
    values, stage = scene(rows, 4)
    given = {"participation.rule": rule, "participation.threshold": 1.75, "calendar.legitimacy": 0.25}
    done = play((stage, Calendar(), Participation()), people, values=given)
    f = {c.name: np.float32(a).astype(np.float64) for c, a in values.items()}
    city, hood = np.arange(rows) // 200, np.arange(rows) // 100
    push = np.array([0.5, 2.0])[city] + 0.5 * f["seen_defiance"][hood] - 1.75
    felt = np.float32(0.2) + (1 - np.float64(np.float32(0.2))) * f["fear"]
    x = 3.0 * 0.75 * (hardship + 0.5) / 65536 + push - 2.0 * f["perceived_risk"][city] * (aversion + 0.5) / 65536 * felt
    draws = Draws(1)
    coarse = np.empty(rows, np.uint16)
    play((stub("Look", day=lambda now: coarse.__setitem__(slice(None), now.rows_draw(TAKE_PART, 0)), draws=(TAKE_PART,)),), people)
    v = (coarse + draws.uniform(TAKE_PART_FINE, FIRST, (1 << 32) + np.arange(rows))) / 65536
    takes = (x > 0) if rule == "threshold" else (v < logistics(x))
    want = takes & (age >= 15) & (values[AWAY] == 0)
    assert 50 < want.sum() < 350
    assert (done.columns["took_part"] == want).all()
    assert (done.columns["active"] == np.bincount(hood, want)).all()


@pytest.mark.compiled
@pytest.mark.parametrize("scale", [1, 10, 200])
@pytest.mark.parametrize("p", [0.002, 0.3, 0.7, 0.98])
def test_turnout_is_binomial_at_any_scale(p, scale) -> None:
    """Mean and variance of a row of s persons, for rare and for common participation."""
    people = world(hoods=100, rows=200, scale=scale, hardship=0)
    push = math.log(p / (1 - p))
    given = {"participation.threshold": -push, "participation.grievance": 0.0, "participation.risk": 0.0, "participation.defiance": 0.0}
    took = play((Participation(),), people, values=given, compiled=True).columns["took_part"].astype(float)
    n, variance = took.size, scale * p * (1 - p)
    near(took.mean(), scale * p, math.sqrt(variance / n))
    fourth = variance * (1 + 3 * variance * (1 - 2 / scale))  # fourth central moment of a binomial
    near(took.var(), variance, math.sqrt((fourth - variance**2) / n), 3.5)


def test_those_who_stay_out() -> None:
    """Nobody under the least age, nobody who is away, takes part, whatever the push."""
    age, away = np.array([14, 15, 80, 30, 30, 30, 30, 30, 30, 30]), np.array([0, 0, 0, 10, 3, 0, 0, 0, 0, 0])
    gone = stub("Gone", day=lambda now: now[AWAY].__setitem__(slice(None), away), writes=(AWAY,))
    given = {"participation.threshold": -90.0, "participation.rule": "threshold"}
    took = play((gone, Participation()), world(rows=10, scale=10, age=age), values=given).columns["took_part"]
    assert took.tolist() == [0, 10, 10, 0, 7, 10, 10, 10, 10, 10]
