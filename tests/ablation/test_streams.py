"""The three streams: livelihood protest and state rallies beside anti-regime protest, and the forces that all of them meet."""

from __future__ import annotations

import numpy as np
import pytest
from tests.ablation.paired import FIRST, differences, goes, run_of

from groundswell.core.parameters import Change
from groundswell.core.run import Run

pytestmark = pytest.mark.compiled

DISPUTES = {"livelihoods.rate": 50.0, "livelihoods.least": 5.0}


def test_livelihood_protest() -> None:
    goes("up", differences("gathered_livelihood", DISPUTES, {"livelihoods.rate": 0.0}))
    goes("up", differences("gathered_livelihood", {"livelihoods.lasting": 0.8}, {"livelihoods.lasting": 0.0}, common=DISPUTES))


def test_a_worse_economy_brings_more_of_it() -> None:
    goes("up", differences("gathered_livelihood", {"calendar.economy": 3.0}, {"calendar.economy": 1.0}, common=DISPUTES))


def test_national_calls_bring_weeks_that_stand_out() -> None:
    """Output: the variance of gatherings a day over their mean."""

    def spread(run: Run) -> float:
        daily = run.total("gathered_livelihood").astype(float)
        return float(daily.var() / daily.mean())

    alike = DISPUTES | {"livelihoods.call_tail": 10.0}
    goes("up", differences(spread, {"livelihoods.calls": 60.0}, {"livelihoods.calls": 0.0}, common=alike, days=60))


def test_rallies_on_their_dates() -> None:
    day = [Change("rallies.held", 1.0, FIRST + 5, FIRST + 6)]
    goes("up", differences("gathered_pro_state", day))
    run = run_of({"rallies.answer": 0.0}, day, seed=1, days=20)
    assert set(np.flatnonzero(run.total("gathered_pro_state"))) == {5, 6}


def test_the_state_answers_protest_with_rallies() -> None:
    goes("up", differences("gathered_pro_state", {"rallies.answer": 0.5, "rallies.alarm": 1.0}, {"rallies.answer": 0.0}))


def test_large_turnouts_are_several_gatherings() -> None:
    goes("up", differences("gathered", {"gathering.split": 20.0}, {"gathering.split": 1e9}))
    split, whole = (run_of({"gathering.split": n}, seed=1, days=1) for n in (20.0, 1e9))
    assert (split.series["turnout"] == whole.series["turnout"]).all()


def test_violent_demonstrations() -> None:
    def violent(run: Run) -> float:
        return float(run.journals["events"]["violent"].sum())

    goes("up", differences(violent, {"gathering.violent": 0.5}, {"gathering.violent": 0.0}))


def test_livelihood_protest_is_policed() -> None:
    goes("up", differences("arrests", {"policing.livelihood": 1.0}, {"policing.livelihood": 0.0}, common=DISPUTES))


def test_forces_that_are_busy_elsewhere_leave_others_alone() -> None:
    """With few forces, livelihood protest that is answered leaves more anti-regime gatherings without an answer."""

    def answered(run: Run) -> float:
        events = run.journals["events"]
        mine = (events["kind"] == 0) & (events["stream"] == 0)
        return float((events["response"][mine] > 0).mean())

    few = DISPUTES | {"livelihoods.rate": 100.0, "livelihoods.least": 30.0, "calendar.forces": 1.0, "gathering.split": 10.0}
    goes("down", differences(answered, {"policing.livelihood": 1.0}, {"policing.livelihood": 0.0}, common=few))
