"""Row 28: fear alone, under constant exposure and under any history; and the exact step."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.oracles.stage import FIRST, fear_today, play, stub, world

from groundswell.mechanisms.fear import Fear
from groundswell.society import HURT, SEEN_DEFIANCE, SEEN_REPRESSION, SUFFERED

rates = st.floats(0, 20)


def exposed(history, rows: int = 4):
    """A stub that writes each day's (defiance, repression, suffering of the first row)."""

    def day(now) -> None:
        defiance, repression, suffered = history[now.day - FIRST]
        now[SEEN_DEFIANCE].fill(defiance)
        now[SEEN_REPRESSION].fill(repression)
        now[SUFFERED][0] = suffered
        now[HURT].fill(suffered)

    return stub("Exposed", day=day, writes=(SEEN_DEFIANCE, SEEN_REPRESSION, SUFFERED, HURT))


def fears(history, scale: int = 1, **values: float):
    """Fear of four people each day, and its sum as Fear reports it; shape (days, 4)."""
    seen: list[np.ndarray] = []

    def observe(engine, day) -> None:
        seen.append(fear_today(engine))
        assert abs(engine.state.columns["fear_sum"][0] - seen[-1].sum() * 65536) <= 1

    play(
        (exposed(history), Fear()),
        world(rows=4, scale=scale),
        len(history),
        values={f"fear.{k}": v for k, v in values.items()},
        observe=observe,
    )
    return np.array(seen, np.float64)


def fixed_point(a: float, b: float) -> float:
    """(1 - e^-B) / (1 - e^-(A + B))."""
    return (1 - math.exp(-b)) / (1 - math.exp(-(a + b)))


@pytest.mark.parametrize(("decay", "background"), [(0.3, 0.2), (0.1, 0.5), (1.0, 0.05), (0.02, 0.006)])
def test_row_28_fixed_point_of_fear(decay, background) -> None:
    days = round(25 / (decay + background))
    f = fears([(0, 0, 0)] * days, decay=decay, background=background)
    assert abs(f[-1, 1] - fixed_point(decay, background)) < 1e-6


def test_row_28_fixed_point_under_exposure() -> None:
    """Defiance v adds relief v to A, repression r adds alarm r to B, suffering x adds to B of those who suffer."""
    f = fears([(2, 5, 1)] * 200, decay=0.05, relief=0.1, background=0.01, alarm=0.04, suffering=0.7)
    assert abs(f[-1, 1] - fixed_point(0.05 + 0.2, 0.01 + 0.2)) < 1e-6
    assert abs(f[-1, 0] - fixed_point(0.25, 0.21 + 0.7)) < 1e-6
    f = fears([(2, 5, 3)] * 200, 10, decay=0.05, relief=0.1, background=0.01, alarm=0.04, suffering=0.7)
    assert abs(f[-1, 0] - fixed_point(0.25, 0.21 + 0.7 * 0.3)) < 1e-6  # three of a row's ten persons


def test_fear_moves_as_declared() -> None:
    """One day by hand: f' = 1 - (1 - f e^-A) e^-B from 0.25."""
    f = fears([(1, 2, 0)], decay=0.1, relief=0.2, alarm=0.3, background=0.05)[0, 0]
    assert abs(f - (1 - (1 - 0.25 * math.exp(-0.3)) * math.exp(-0.65))) < 1e-7
    quiet = fears([(0, 0, 0)], decay=0.1, background=0.0)[0, 0]
    assert abs(quiet - 0.25 * math.exp(-0.1)) < 1e-7


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e5), st.integers(0, 255)), min_size=1, max_size=12),
    rates,
    rates,
    rates,
    rates,
    rates,
)
def test_row_28_fear_stays_between_0_and_1(history, decay, relief, alarm, suffering, background) -> None:
    f = fears(history, 1000, decay=decay, relief=relief, alarm=alarm, suffering=suffering, background=background)
    assert ((f >= 0) & (f <= 1)).all()


def test_fear_is_as_declared_at_the_start() -> None:
    assert Fear().initial == 0.25
    places = world(2, rows=20)
    engine_fear = []
    play((Fear(),), places, 1, values={"fear.initial": 0.5, "fear.decay": 0.0, "fear.background": 0.0},
         observe=lambda engine, _: engine_fear.append(fear_today(engine)))  # fmt: skip
    assert (engine_fear[0] == 0.5).all()
