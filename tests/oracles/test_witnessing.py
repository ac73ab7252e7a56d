"""What neighbourhoods have seen by tomorrow, against counts by hand: acts, gatherings, raids, broadcasts, and the frames carried."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.oracles.stage import FIRST as TODAY, play, stub, world

from groundswell.core.columns import Table
from groundswell.mechanisms.witnessing import Witnessing
from groundswell.society import (
    ACTS,
    BLACKOUT,
    DETAINED,
    EXECUTIONS,
    GATHERINGS,
    LEADING_FRAME,
    TACTICS,
    TAKEN,
    UNITS,
)

FIRST, SECOND = 1 << 32, 2 << 32  # two provinces of two cities of two neighbourhoods of 50 rows of two persons
ROWS = {"a": 0, "b": 55, "c": 199}  # rows where the three units live: neighbourhoods 0 and 1 of the first, 3 of the first
UNIT = {name: (FIRST + row * 2) << 16 for name, row in ROWS.items()}
CITIES = {FIRST | 1: 0, FIRST | 2: 1, SECOND | 1: 2, SECOND | 2: 3}
NAMES = ("death", "raid", "broadcast", "gathering", "livelihood", *TACTICS)
ALONE = {f"witnessing.{k}": 0.0 for k in NAMES}


def seen(acts=(), met=(), *, taken=(), executions=0, blackout=(0.0, 0.0), leading=(0, 0), order=1, days=1, **values: float):
    """What was seen by neighbourhood, from

    acts: (unit, tactic, frame, detected); met: (city, stream, arrests, deaths); taken: addresses of those detained today.
    All that happens on the first of `days` days only.
    """

    def day(now) -> None:
        if now.day > TODAY:
            now.store(Table(ACTS))
            now.store(Table(GATHERINGS))
            now[EXECUTIONS][0] = 0
            return
        now.store(Table(UNITS, {"unit": list(UNIT.values()), "row": list(ROWS.values()), "small_since": [0] * 3, "organisation": [1] * 3}))
        number = np.arange(len(acts))
        unit, tactic, frame, caught = (np.array([a[k] for a in acts], np.int64) for k in range(4)) if acts else np.zeros((4, 0), np.int64)
        at = np.arange(len(acts))[::order]
        now.store(Table(ACTS, {n: v[at] for n, v in {
            "unit": unit, "number": number, "tactic": tactic, "night": 0 * unit, "seen": caught, "frame": frame,
        }.items()}))  # fmt: skip
        city, stream, arrests, deaths = (np.array([m[k] for m in met], np.int64) for k in range(4)) if met else np.zeros((4, 0), np.int64)
        now.store(Table(GATHERINGS, {
            "city": city, "stream": stream, "number": np.arange(len(met)), "at": [CITIES[c] for c in city.tolist()], "size": 50 + 0 * city,
            "violent": 0 * city, "response": 0 * city, "arrests": arrests, "deaths": deaths,
        }))  # fmt: skip
        now.ask(TAKEN, 2, person=np.array(taken, np.int64), fate=DETAINED, named=0)
        now[EXECUTIONS][0], now[BLACKOUT][:], now[LEADING_FRAME][:] = executions, blackout, leading

    things = stub("Things", day=day, writes=(ACTS, GATHERINGS, UNITS, EXECUTIONS, BLACKOUT, LEADING_FRAME), adds=(TAKEN,))
    done = play((things, Witnessing()), world(2, cities=2, hoods=2, rows=50, scale=2), days,
                values=ALONE | {f"witnessing.{k}": v for k, v in values.items()})  # fmt: skip
    return done.columns


def test_witnessing_per_1000() -> None:
    """Undetected acts count where their unit lives, gatherings in their whole city, per 1,000 residents; a punished one is no defiance."""
    acts = [(UNIT["a"], 0, 1, 0), (UNIT["a"], 0, 1, 0), (UNIT["b"], 0, 1, 1), (UNIT["c"], 0, 1, 0)]
    met = [(FIRST | 1, 0, 4, 0), (FIRST | 2, 0, 0, 0), (SECOND | 1, 0, 1, 2)]
    got = seen(acts, met, death=10.0, gathering=3.0, display=1.0)
    assert np.allclose(got["seen_repression"], np.array([4, 4, 0, 0, 21, 21, 0, 0]) * 1000 / 200)
    near, crowd = np.array([2, 0, 0, 1, 0, 0, 0, 0]) * 1000 / 100, np.array([0, 0, 3, 3, 0, 0, 0, 0]) * 1000 / 200
    assert np.allclose(got["seen_defiance"], near + crowd)


def test_several_gatherings_of_a_city_and_other_streams() -> None:
    """Gatherings of one city add up; livelihood weighs its share, pro-state nothing; repression of any stream is seen."""
    met = [(FIRST | 1, stream, 0, 0) for stream in (0, 0, 1, 2)] + [(FIRST | 2, 1, 3, 0), (FIRST | 2, 0, 2, 0)]
    got = seen((), met, gathering=2.0, livelihood=0.25)
    assert np.allclose(got["seen_defiance"], np.array([4.5, 4.5, 0, 0, 0, 0, 0, 0]) * 1000 / 200)
    assert np.allclose(got["seen_repression"], np.array([0, 0, 5, 5, 0, 0, 0, 0]) * 1000 / 200)


def test_arrests_by_detection_and_roll_up_are_seen_too() -> None:
    """Of five of a city taken today two were taken in the street; the other three weigh `raid` each, where they live."""
    taken = [FIRST | k for k in (0, 3, 99, 101, 199)] + [SECOND | 399]  # the second city of the second province has one
    got = seen((), [(FIRST | 1, 0, 2, 0)], taken=taken, raid=0.5)
    assert np.allclose(got["seen_repression"], np.array([3.5, 3.5, 0, 0, 0, 0, 0.5, 0.5]) * 1000 / 200)


@pytest.mark.parametrize(("executions", "weight"), [(0, 1.0), (6, 1.0), (6, 0.5)])
def test_the_nation_hears_of_deaths_as_far_as_there_is_no_blackout(executions, weight) -> None:
    """broadcast log(1 + deaths in the street + weight x executions) (1 - blackout), the same in all neighbourhoods of a province."""
    got = seen((), [(FIRST | 1, 0, 0, 3)], executions=executions, blackout=(0.25, 1.0), broadcast=2.0, execution=weight)
    heard = 2.0 * math.log(1 + 3 + weight * executions) * np.repeat([0.75, 0.0], 4)
    assert np.allclose(got["seen_repression"], heard, rtol=1e-6)


@pytest.mark.parametrize("tactic", TACTICS)
def test_each_tactic_is_as_visible_as_declared(tactic) -> None:
    """Where the unit lives, but for video messages, which the nation of 800 sees, as far as there is no blackout."""
    got = seen([(UNIT["b"], TACTICS.index(tactic), 0, 0)], blackout=(0.0, 0.5), **{tactic: 3.0})["seen_defiance"]
    if tactic == "video":
        assert np.allclose(got, 3.0 * 1000 / 800 * np.repeat([1.0, 0.5], 4))
    else:
        assert np.allclose(got, [0, 3.0 * 1000 / 100, 0, 0, 0, 0, 0, 0])


def test_frames_are_seen_as_they_are_carried() -> None:
    """Each frame's exposure is that of the acts that carry it; a gathering carries its province's leading one; frame 0 none."""
    acts = [(UNIT["a"], 0, 2, 0), (UNIT["a"], 0, 3, 0), (UNIT["a"], 0, 0, 0), (UNIT["c"], 3, 1, 0), (UNIT["c"], 0, 1, 1)]
    met = [(FIRST | 1, 0, 0, 0), (SECOND | 2, 0, 0, 0), (SECOND | 2, 1, 0, 0)]
    got = seen(acts, met, leading=(3, 0), display=1.0, video=8.0, gathering=1.0, livelihood=1.0)
    home, everywhere = np.eye(8)[0] * 10, 8 * 1000 / 800 * np.ones(8)
    crowd, other = np.array([1, 1, 0, 0, 0, 0, 0, 0]) * 5, np.array([0, 0, 0, 0, 0, 0, 2, 2]) * 5
    assert np.allclose(got["seen_frame_1"], everywhere)
    assert np.allclose(got["seen_frame_2"], home)
    assert np.allclose(got["seen_frame_3"], home + crowd)
    assert np.allclose(got["seen_defiance"], 3 * home + everywhere + crowd + other)


def test_the_order_of_acts_does_not_matter() -> None:
    """Equal bits whatever order they were listed in."""
    acts = [(UNIT[u], k % 5, k % 4, 0) for k, u in enumerate("abcabcabcaab")]
    weights = dict(zip(TACTICS, (0.1, 0.7, 0.3, 0.9, 1.1), strict=True))
    one, other = (seen(acts, order=o, **weights) for o in (1, -1))
    for name in ("seen_defiance", "seen_frame_1", "seen_frame_2", "seen_frame_3"):
        assert (one[name] == other[name]).all()
        assert one[name].any()


def test_a_quiet_day_is_forgotten() -> None:
    """Exposures are those of today: what was seen yesterday is gone."""
    acts, met = [(UNIT["b"], 3, 1, 0), (UNIT["c"], 0, 2, 0)], [(FIRST | 1, 0, 0, 0), (SECOND | 1, 0, 0, 2)]
    for days in (1, 2):
        got = seen(acts, met, taken=[FIRST], executions=3, leading=(3, 3), days=days, **dict.fromkeys(NAMES, 1.0))
        for name in ("seen_defiance", "seen_repression", "seen_frame_1", "seen_frame_2", "seen_frame_3"):
            assert got[name].any() == (days == 1)
