"""How forces answer gatherings: shares, capacity, who is taken."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.oracles.stage import by_place, near, play, share_near, stub, world

from groundswell.mechanisms.custody import Custody
from groundswell.mechanisms.gathering import Gathering
from groundswell.mechanisms.policing import Policing
from groundswell.society import (
    ACTIVE,
    ANTI_REGIME,
    ASSEMBLING,
    AWAY,
    FORCES,
    LIVELIHOOD,
    PRO_STATE,
    STRENGTH,
    TAKEN,
    TOOK_PART,
)

ARRESTS = {"policing.arrest": 1.0, "policing.disperse": 0.0, "policing.shoot": 0.0}  # every gathering is answered by arrests


def crowd(took, forces, away=0):
    """A stub that writes who takes part, the forces of each province and who is away."""

    def day(now) -> None:
        now[TOOK_PART][:] = took
        now[ACTIVE][:] = np.add.reduceat(np.broadcast_to(took, now.places.rows), now.places.neighbourhood_start[:-1])
        now[FORCES][:] = forces
        now[AWAY][:] = away

    return stub("Crowd", day=day, writes=(TOOK_PART, ACTIVE, FORCES, AWAY))


def test_a_gathering_is_a_city_with_three_who_took_part() -> None:
    took = np.zeros(60)
    took[[0, 1, 20, 21, 30, 40, 45, 50, 59]] = 1  # 2 in the first city, 3 in the second, 4 in the third
    met = play((crowd(took, 10), Gathering(), Policing()), world(cities=3, hoods=2, rows=10)).tables["gatherings_today"]
    assert met["city"].tolist() == [1 << 32 | 2, 1 << 32 | 3]
    assert met["size"].tolist() == [3, 4]


def test_answers_have_the_declared_shares() -> None:
    people = world(20, cities=100, rows=5)
    values = {"policing.disperse": 0.2, "policing.arrest": 0.3, "policing.shoot": 0.1, "policing.arrested": 0.4, "policing.killed": 0.25}
    done = play((crowd(1, 1e6), Gathering(), Policing()), people, values=values)
    met = done.tables["gatherings_today"]
    for code, share in enumerate((0.4, 0.2, 0.3, 0.1)):
        share_near((met["response"] == code).sum(), 2000, share)
    arrested, shot = met["response"] == 2, met["response"] == 3
    share_near(met["arrests"][arrested].sum(), 5 * arrested.sum(), 0.4)
    share_near(met["arrests"][shot].sum(), 5 * shot.sum(), 0.4)
    share_near(met["deaths"][shot].sum(), 5 * shot.sum(), 0.25)
    assert met["deaths"][~shot].sum() == 0
    assert met["arrests"][met["response"] < 2].sum() == 0
    taken = done.engine.asked(TAKEN)
    assert (taken["fate"] == 1).sum() == met["arrests"].sum()
    assert (taken["fate"] == 2).sum() == met["deaths"].sum()
    assert len(np.unique(taken["person"])) == len(taken["person"])


def test_forces_answer_within_their_capacity() -> None:
    """Officers bound never exceed the forces of a province; none is idle while it could answer; none answers where none stands."""
    rng = np.random.default_rng(1)
    took = rng.random(4 * 30 * 20) < np.repeat(rng.random(120), 20)
    forces = np.array([0.0, 3.0, 11.0, 400.0])
    values = {"policing.disperse": 0.5, "policing.arrest": 0.4, "policing.officers": 0.7}
    met = play((crowd(took, forces), Gathering(), Policing()), world(4, cities=30, rows=20), values=values).tables["gatherings_today"]
    province = (met["city"] >> 32) - 1
    answered = met["response"] > 0
    used = np.bincount(province[answered], 0.7 * met["size"][answered], 4)
    assert (used <= forces).all()
    assert used[0] == 0
    assert used[1] > 0
    assert forces[2] - used[2] < 0.7 * met["size"].max()
    free = play((crowd(took, 1e9), Gathering(), Policing()), world(4, cities=30, rows=20), values=values).tables["gatherings_today"]
    assert (met["response"][province == 3] == free["response"][province == 3]).all()  # enough for all there


def test_forces_that_refuse_answer_nothing_even_where_an_answer_binds_nobody() -> None:
    values = {"policing.arrest": 1.0, "policing.disperse": 0.0, "policing.shoot": 0.0, "policing.officers": 0.0, "policing.arrested": 1.0}
    met = play((crowd(1, [0.0, 1.0]), Gathering(), Policing()), world(2), values=values).tables["gatherings_today"]
    assert met["response"].tolist() == [0, 2]
    assert met["arrests"].tolist() == [0, 10]


def test_who_is_reached_first_is_not_the_order_of_storage() -> None:
    """With forces for one gathering of thirty, each city has its turn."""
    first = set()
    for seed in range(40):
        met = play(
            (crowd(1, 3.0), Gathering(), Policing()),
            world(cities=30, rows=30),
            seed=seed,
            values={"policing.disperse": 1.0, "policing.arrest": 0.0, "policing.shoot": 0.0},
        )
        table = met.tables["gatherings_today"]
        assert (table["response"] == 1).sum() == 1
        first.add(int(table["city"][table["response"] == 1][0]))
    assert len(first) > 15


@pytest.mark.parametrize("took", [1, 5, 9])
def test_arrests_do_not_depend_on_scale(took) -> None:
    """Of a row's persons exactly those who took part can be arrested, however many they are: the rest of the row is not drawn twice."""
    rows = 400
    values = ARRESTS | {"policing.arrested": 0.5, "gathering.split": 1e9}
    done = play(
        (
            crowd(took, 1e9),
            Gathering(),
            Policing(),
        ),
        world(rows=rows, scale=10),
        values=values,
    )
    met = done.tables["gatherings_today"]
    assert met["size"][0] == rows * took
    share_near(met["arrests"][0], rows * took, 0.5)
    taken = done.engine.asked(TAKEN)["person"]
    near(np.bincount((taken & 0xFFFFFFFF) % 10, minlength=10).std(), 0, 3 * math.sqrt(rows * took * 0.5 / 10))


def test_the_detained_are_not_arrested_again() -> None:
    """At scale 10, day after day, nobody is taken twice while inside, and every free person can be taken."""
    values = {
        "policing.arrest": 1.0,
        "policing.disperse": 0.0,
        "policing.shoot": 0.0,
        "policing.arrested": 1.0,
        "custody.shortest": 100,
        "custody.execution": 0.0,
    }

    def day(now) -> None:
        left = 10 - now[AWAY].astype(int)
        took = np.minimum(left, 3)
        now[TOOK_PART][:] = took
        now[ACTIVE][:] = took.sum()
        now[FORCES][:] = 1e9

    meet = stub("Crowd", day=day, reads=(AWAY,), writes=(TOOK_PART, ACTIVE, FORCES))
    arrests = []
    play(
        (meet, Gathering(), Policing(), Custody()),
        world(rows=20, scale=10),
        5,
        values=values | {"custody.longest": 100},
        observe=lambda e, _: arrests.append(int(e.state.columns["arrests"].sum())),
    )
    assert arrests == [60, 60, 60, 20, 0]


def test_forces_stand_in_cities_by_residents() -> None:
    done = play((crowd(0, [7.0, 50.0]), Gathering(), Policing()), world(2, cities=4, rows=25), values={"policing.k": 0.5})
    assert np.allclose(done.columns["perceived_risk"], 1 - np.exp(-0.5 * np.repeat([7.0, 50.0], 4) / 4))
    done = play((crowd(0, 8.0), Gathering(), Policing()), world(2, cities=4, rows=25), changes=by_place("policing.k", [0.0, 2.0]))
    assert np.allclose(done.columns["perceived_risk"], np.repeat([0.0, 1 - math.exp(-4.0)], 4))


def streams(forces, turnout=0, livelihood=0, pro_state=0):
    """A stub: in every city so many of each row take part, and so many more assemble for livelihood and for the state."""

    def day(now) -> None:
        now[TOOK_PART][:] = turnout
        now[ACTIVE][:] = turnout * np.diff(now.places.neighbourhood_start)
        now[FORCES][:] = forces
        for stream, size in ((LIVELIHOOD, livelihood), (PRO_STATE, pro_state)):
            if size:
                now.ask(ASSEMBLING, 0, group=(now.places.city_keys << 16) | (stream << 14), size=size)

    return stub("Streams", day=day, writes=(TOOK_PART, ACTIVE, FORCES), adds=(ASSEMBLING,))


def test_livelihood_protest_is_answered_less_often_and_rallies_never() -> None:
    values = {"policing.disperse": 0.2, "policing.arrest": 0.3, "policing.shoot": 0.1, "policing.livelihood": 0.25}
    met = play((streams(1e9, 1, 50, 50), Gathering(), Policing()), world(20, cities=100, rows=5), values=values).tables["gatherings_today"]
    for stream, factor in ((ANTI_REGIME, 1.0), (LIVELIHOOD, 0.25), (PRO_STATE, 0.0)):
        mine = met["stream"] == stream
        assert mine.sum() == 2000
        for code, share in ((1, 0.2), (2, 0.3), (3, 0.1)):
            share_near((mine & (met["response"] == code)).sum(), 2000, factor * share)


def test_all_streams_draw_on_the_same_forces() -> None:
    """Forces that suffice for ten persons' gatherings serve either stream first, by lot, and never both."""
    values = ARRESTS | {"policing.livelihood": 1.0, "policing.officers": 1.0}
    met = play((streams(10.0, 1, 10), Gathering(), Policing()), world(400, rows=10), values=values).tables["gatherings_today"]
    answered = met["response"] > 0
    assert np.bincount((met["city"] >> 32)[answered]).tolist() == [0] + [1] * 400
    share_near((answered & (met["stream"] == LIVELIHOOD)).sum(), 400, 0.5)


def test_where_participants_are_counted_residents_of_the_city_are_taken() -> None:
    """As many as arrests and deaths say, different, old enough, free, and from all over the city."""
    age = np.tile(np.array([30, 14], np.uint8), 200)  # every other row is too young
    values = {"policing.shoot": 1.0, "policing.disperse": 0.0, "policing.arrest": 0.0, "policing.livelihood": 1.0}
    values |= {"policing.arrested": 0.1, "policing.killed": 0.02, "policing.officers": 0.0, "gathering.split": 1e9}
    people = world(cities=4, rows=100, scale=10, age=age)
    done = play((streams(1.0, 0, 1000), Gathering(), Policing()), people, values=values)
    met, taken = done.tables["gatherings_today"], done.engine.asked(TAKEN)
    assert met["size"].tolist() == [1000] * 4
    assert met["arrests"].tolist() == [100] * 4
    assert met["deaths"].tolist() == [20] * 4
    row = (taken["person"] & 0xFFFFFFFF) // 10
    assert len(np.unique(taken["person"])) == 480
    assert np.bincount(row // 100).tolist() == [120] * 4
    assert (row % 2 == 0).all()
    near(row.mean(), 199, 116 / 480**0.5)
    assert np.bincount(taken["fate"]).tolist() == [0, 400, 80]


def test_nobody_is_taken_twice_where_participants_are_counted() -> None:
    """Day after day until of a city of forty hardly anybody is left outside."""
    values = ARRESTS | {"policing.livelihood": 1.0, "policing.arrested": 0.5, "policing.officers": 0.0}
    values |= {"custody.shortest": 100, "custody.longest": 100, "custody.execution": 0.0}
    arrests = []

    def observe(engine, _) -> None:
        arrests.append(int(engine.state.columns["arrests"].sum()))
        assert engine.state.tables["gatherings_today"]["arrests"].tolist() == arrests[-1:]

    mechanisms = (streams(1.0, 0, 30), Gathering(), Policing(), Custody())
    play(mechanisms, world(rows=4, scale=10), 5, values=values, observe=observe)
    assert arrests[:2] == [15, 15]
    assert 38 <= sum(arrests) <= 40


def test_each_participant_is_at_one_of_a_citys_gatherings() -> None:
    """A turnout of 40 in four gatherings, of which one or another is answered: exactly those who were there are arrested."""
    values = {"policing.disperse": 0.0, "policing.shoot": 0.0, "policing.arrest": 0.5, "policing.arrested": 1.0}
    values |= {"gathering.split": 10, "gathering.exponent": 1.0}
    who = set()
    for seed in range(60):
        done = play((crowd(1, 1e9), Gathering(), Policing()), world(rows=40), seed=seed, values=values)
        met, taken = done.tables["gatherings_today"], done.engine.asked(TAKEN)["person"]
        assert met["size"].sum() == 40
        assert len(met) == 4
        assert (met["arrests"] == np.where(met["response"] == 2, met["size"], 0)).all()
        assert len(np.unique(taken)) == met["arrests"].sum()
        if (met["response"] == 2).sum() < 4:
            who.update((taken & 0xFFFFFFFF).tolist())
    assert who == set(range(40)), "everybody may be at any of them"


def test_the_regime_seems_as_strong_as_it_is_thought_to_be() -> None:
    """The perceived risk is P times the perceived strength, at most 1."""

    def day(now) -> None:
        now[STRENGTH][:] = [0.5, 1.0, 3.0]
        now[FORCES][:] = 1.0

    done = play((stub("Strong", day=day, writes=(STRENGTH, FORCES)), Policing()), world(3, rows=5), values={"policing.k": 0.7})
    p = 1 - math.exp(-0.7)
    assert np.allclose(done.columns["perceived_risk"], [0.5 * p, p, 1.0])
