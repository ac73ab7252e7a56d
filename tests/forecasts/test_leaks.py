"""No forecaster knows what came after its origin; one that does is caught."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from tests.forecasts import worlds

from groundswell.calibration.counts import Counts
from groundswell.forecasts.baselines import Forecaster, Recent, baselines, boosting
from groundswell.forecasts.calendars import Calendar
from groundswell.forecasts.features import features, past_of
from groundswell.forecasts.history import History, known
from groundswell.forecasts.leaks import CHANGES, changed, leaks
from groundswell.forecasts.sampling import Sampler
from groundswell.forecasts.simulated import Analogues, Learned, Simulated


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """What boosting sees does not depend on how many trees it has."""
    monkeypatch.setitem(boosting.TREES, "max_iter", 4)


RECORD = worlds.counts_of(worlds.autoregression(160, 4, seed=1), deaths=worlds.autoregression(160, 4, seed=2))


@pytest.mark.parametrize("one", baselines(), ids=lambda one: one.name)
@pytest.mark.parametrize("target", ["total", "contested"])
def test_no_baseline_sees_what_comes(one: Forecaster, target: str) -> None:
    assert leaks(lambda _: one, RECORD, worlds.CALENDAR, target, [150]) == []


@pytest.mark.parametrize("kind", [Learned, Analogues])
def test_the_simulators_forecasts_see_neither_the_record_nor_simulated_weeks_to_come(kind: type[Learned]) -> None:
    histories = np.stack([worlds.autoregression(160, 4, seed=k) for k in range(10, 22)])

    def make(counts: Counts) -> Forecaster:
        later = histories.copy()
        later[:, 150:] = counts.total[150:]  # a simulation that was told what would come
        return kind(Simulated(RECORD.first, RECORD.provinces, later, later // 5))

    assert leaks(make, RECORD, worlds.CALENDAR, "total", [150]) == []


@dataclass(frozen=True)
class Clairvoyant:
    """Looks at the week after the origin."""

    world: Counts
    slightly: bool = False
    refit: int = 1
    name: str = "clairvoyant"

    def fit(self, history: History, calendar: Calendar) -> Clairvoyant:
        return self

    def predict(self, history: History, calendar: Calendar, sampler: Sampler) -> np.ndarray:
        made = Recent(13).fit(history, calendar).predict(history, calendar, sampler)
        if self.slightly:  # one draw of one province
            made[0, 0, 0] = self.world.total[len(history), 0]
            return made
        return made + self.world.total[len(history) : len(history) + 4]


@pytest.mark.parametrize("slightly", [False, True])
def test_a_planted_leak_is_caught(slightly: bool) -> None:
    found = leaks(lambda counts: Clairvoyant(counts, slightly), RECORD, worlds.CALENDAR, "total", [150])
    assert found
    assert "clairvoyant, origin 150" in found[0]


@pytest.mark.parametrize("how", CHANGES)
def test_only_later_weeks_are_changed(how: str) -> None:
    other = changed(RECORD, 150, how)
    assert np.array_equal(other.total[:150], RECORD.total[:150])
    assert not np.array_equal(other.total[150:], RECORD.total[150:])


def test_a_history_ends_with_its_origin_and_is_a_copy() -> None:
    history = known(RECORD, "total", 120)
    assert len(history) == 120
    assert history.origin == RECORD.first + 7 * 119
    history.counts[:] = -1
    assert (RECORD.total >= 0).all()
    assert np.shares_memory(history.counts, RECORD.total) is False


def test_features_do_not_look_beyond_their_origin() -> None:
    other = changed(RECORD, 150, CHANGES[1])
    for horizon in (1, 4):
        rows = []
        for counts in (RECORD, other):
            tables = [np.asarray(t, float) for t in (counts.total, counts.contested, counts.deaths)]
            rows.append(features(past_of(*tables, counts.first, worlds.CALENDAR, 4), [149], horizon))
        assert np.array_equal(*rows)
