"""S12, second half: what each source reports of what happened; the record is kept apart from the truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.ablation.paired import differences, goes, run_of

from groundswell.core.run import Run

pytestmark = pytest.mark.compiled

EVERY = {"livelihoods.rate": 100.0, "livelihoods.least": 5.0, "rallies.held": 0.2}
PROTEST, ACTS, RALLIES = 0, 3, 2  # what is reported: a stream, or acts


def told(source: int, what: int) -> Callable[[Run], float]:
    """How many events of a stream (or acts) a source reported."""

    def output(run: Run) -> float:
        record = run.journals["record"]
        topic = np.where(record["kind"] == 1, ACTS, record["stream"])
        return float(((record["source"] == source) & (topic == what)).sum())

    return output


@pytest.mark.parametrize(
    ("source", "what", "part", "without", "direction"),
    [
        (0, PROTEST, {}, {"monitor.reach": 0.3}, "up"),
        (0, PROTEST, {"monitor.drift": 0.5}, {"monitor.drift": 0.0}, "up"),
        (0, PROTEST, {"monitor.half": 1000.0}, {"monitor.half": 10.0}, "down"),
        (0, PROTEST, {"monitor.contested": 4.0}, {"monitor.contested": 1.0}, "up"),
        (0, PROTEST, {"monitor.doubled": 0.3}, {"monitor.doubled": 0.0}, "up"),
        (0, PROTEST, {"monitor.invention": 3000.0}, {}, "up"),
        (1, PROTEST, {}, {"state_media.anti_regime": 1.0}, "down"),
        (1, RALLIES, {}, {"state_media.pro_state": 0.1}, "up"),
        (2, ACTS, {}, {"channel.acts": 0.02}, "up"),
        (2, ACTS, {}, {"channel.inflation": 1.0}, "up"),
        (2, RALLIES, {"channel.pro_state": 0.5}, {}, "up"),
    ],
)
def test_a_source_reports_by_its_reach_interest_and_honesty(source, what, part, without, direction) -> None:
    goes(direction, differences(told(source, what), part, without, common=EVERY, seeds=3))


@pytest.mark.parametrize(("source", "key"), [(0, "monitor"), (2, "channel")])
def test_a_blackout_loses_reports(source, key) -> None:
    """Of what happens in a blackout a source loses more the more it relies on the net; the state's media lose nothing."""
    dark = EVERY | {"calendar.blackout": 1.0}
    goes("down", differences(told(source, PROTEST), {f"{key}.blackout": 0.9}, {f"{key}.blackout": 0.0}, common=dark, seeds=3))


def test_attention_brings_reports() -> None:
    goes("up", differences(told(0, PROTEST), {"monitor.attention": 50.0}, {"monitor.attention": 0.0}, common=EVERY, seeds=3))


def test_truth_depends_on_no_source() -> None:
    """Whatever the sources do, the same happens, to the last bit."""
    silent = {f"{of}.{name}": 0.0 for of in ("monitor", "state_media", "channel") for name in ("reach", "acts")}
    loud = {"monitor.doubled": 1.0, "monitor.misplaced": 1.0, "state_media.inflation": 50.0, "channel.invention": 5000.0}
    one, other = (run_of(EVERY | values, seed=1, days=20) for values in (silent, loud))
    assert one.state_hash == other.state_hash
    for name, values in one.journals["events"].items():
        assert (values == other.journals["events"][name]).all(), name
    assert len(one.journals["record"]["event_day"]) == 0
    assert len(other.journals["record"]["event_day"]) > 0
