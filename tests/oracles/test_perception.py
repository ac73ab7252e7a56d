"""What people see: occasions, layers of contacts, exposures of neighbourhoods, each against a count by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.oracles.stage import FIRST, by_place, near, play, share_near, stub, tile_stub, world

from groundswell.core.columns import PERSON, Column
from groundswell.core.layers import Contacts, Layer
from groundswell.core.network import Network
from groundswell.core.parameters import Change
from groundswell.lookups import circles_of
from groundswell.mechanisms.calendar import Calendar
from groundswell.mechanisms.meeting import Meeting
from groundswell.mechanisms.occasions import Occasions
from groundswell.mechanisms.perception import Perception
from groundswell.society import ACTIVE, BLACKOUT, CONTACT, DEFECTED, ECONOMY, FALLEN, NO_WORKPLACE, PUSH, SOCIAL, TOOK_PART

KEPT = Column("kept", np.int32, PERSON, "1/65536 logit", "the social push, kept for the test")


def keep(kept, social) -> None:
    kept[:] = social


KEEP = tile_stub("Keep", keep, reads=(SOCIAL,), writes=(KEPT,))


def turnout(days):
    """A stub that writes who took part after everything else has run; `days` are arrays of one count a row."""

    def day(now) -> None:
        took = np.asarray(days[now.day - FIRST])
        now[TOOK_PART][:] = took
        now[ACTIVE][:] = np.add.reduceat(took, now.places.neighbourhood_start[:-1])

    return stub("Turnout", day=day, writes=(TOOK_PART, ACTIVE))


def pushes():
    """A list that fills with the push of every city, day by day, and the observer that fills it."""
    seen: list[np.ndarray] = []
    return seen, lambda engine, day: seen.append(engine.quantity(PUSH).astype(np.float64))


def test_calendar_sets_drivers_by_place() -> None:
    seen, observe = pushes()
    done = play((Calendar(),), world(2, cities=2), values={"calendar.alternative": 0.25}, changes=[
        *by_place("calendar.legitimacy", [0.3, 0.7]), *by_place("calendar.focal", [0.0, 2.0]),
    ], observe=observe)  # fmt: skip
    assert np.allclose(done.columns["legitimacy"], [0.3, 0.7])
    assert seen[0].tolist() == [0.25, 0.25, 2.25, 2.25]


def test_calendar_deploys_the_forces_of_the_day() -> None:
    """A dated policy holds from its first day to its last; forces that refused orders yesterday stand nowhere."""
    refuse = stub("Refuse", day=lambda now: now[DEFECTED].__setitem__(1, now.day >= FIRST + 3), writes=(DEFECTED,))
    seen = []
    play((Calendar(), refuse), world(2, rows=500), 6, values={"calendar.forces": 40.0},
         changes=[Change("calendar.forces", 10.0, FIRST + 1, FIRST + 2, places=(0,))],
         observe=lambda engine, day: seen.append(engine.state.columns["forces"].tolist()))  # fmt: skip
    assert seen == [[20, 20], [5, 20], [5, 20], [20, 20], [20, 0], [20, 0]]


def test_forces_of_a_fallen_regime_stand_nowhere() -> None:
    """From the day after the fall; what a policy deploys is still known."""
    fall = stub("Fall", day=lambda now: now[FALLEN].__setitem__(0, now.day >= FIRST + 1), writes=(FALLEN,))
    seen = []
    play((Calendar(), fall), world(2, rows=500), 3, values={"calendar.forces": 40.0},
         observe=lambda engine, day: seen.append([engine.state.columns[c].tolist() for c in ("forces", "deployed")]))  # fmt: skip
    assert seen == [[[20, 20], [20, 20]], [[20, 20], [20, 20]], [[0, 0], [20, 20]]]


def test_legitimacy_that_propaganda_and_concessions_leave() -> None:
    """L = 1 - (1 - .3) (1 - .5) (1 - .4): each takes away a share of what is denied; at 0 they change nothing."""
    done = play((Calendar(),), world(3), values={"calendar.legitimacy": 0.3}, changes=[
        *by_place("calendar.propaganda", [0.0, 0.5, 0.5]), *by_place("calendar.concession", [0.0, 0.0, 0.4]),
    ])  # fmt: skip
    assert np.allclose(done.columns["legitimacy"], [0.3, 1 - 0.7 * 0.5, 1 - 0.7 * 0.5 * 0.6])


def test_calendar_hands_on_what_others_read() -> None:
    """Strength, economy, contact, alternative and blackout by place; by default nothing is out of the usual."""
    done = play((Calendar(),), world(2))
    usual = {"strength": 1, "economy": 1, "contact": 1, "alternative": 0, "blackout": 0}
    for name, value in usual.items():
        assert done.columns[name].tolist() == [value, value]
        set_ = play((Calendar(),), world(2), changes=by_place(f"calendar.{name}", [value, 0.5]))
        assert set_.columns[name].tolist() == [value, 0.5]


@pytest.mark.parametrize(("effect", "push"), [("cuts", (0, 0, 0)), ("pushes_to_street", (0, 0.75, 1.5))])
def test_what_a_blackout_does_to_the_street(effect, push) -> None:
    """It pushes by street x blackout only where the switch says so."""
    seen, observe = pushes()
    play((Calendar(),), world(3), values={"calendar.blackout_effect": effect, "calendar.street": 1.5},
         changes=by_place("calendar.blackout", [0.0, 0.5, 1.0]), observe=observe)  # fmt: skip
    assert tuple(seen[0]) == push


def test_occasions_come_more_often_in_a_bad_economy() -> None:
    """1 - exp(-rate E N / 10**6): twice the economy's factor is twice the rate, and none where it is 0."""
    people = world(3, cities=60, rows=50, scale=100)
    economy = stub("Economy", day=lambda now: now[ECONOMY].__setitem__(slice(None), [0.0, 1.0, 2.0]), writes=(ECONOMY,))
    seen, observe = pushes()
    play((economy, Occasions()), people, 60, values={"occasions.rate": 40.0}, observe=observe)
    hits = (np.array(seen) > 0).reshape(60, 3, 60).sum(axis=(0, 2))
    assert hits[0] == 0
    for times in (1, 2):
        share_near(hits[times], 3600, 1 - math.exp(-40 * times * 5000 / 1e6))


def test_occasions_come_at_the_declared_rate() -> None:
    """1 - exp(-rate N / 10**6) a city and day."""
    for size, rate in ((50, 20.0), (200, 90.0)):
        people = world(10, cities=40, rows=size, scale=100)
        seen, observe = pushes()
        play((Occasions(),), people, 40, values={"occasions.rate": rate}, observe=observe)
        p = 1 - math.exp(-rate * size * 100 / 1e6)
        share_near((np.array(seen) > 0).sum(), 40 * 400, p)


def test_occasions_have_a_pareto_tail() -> None:
    """e**push exceeds e**(least push) s with probability s**(-1 / spread), up to the cap."""
    people = world(10, cities=50, rows=200, scale=1000)
    seen, observe = pushes()
    play(
        (Occasions(),),
        people,
        20,
        values={"occasions.rate": 50.0, "occasions.push": 4.0, "occasions.spread": 0.8, "occasions.cap": 3.0},
        observe=observe,
    )
    hit = np.array(seen)[np.array(seen) > 0]
    assert len(hit) > 9000
    assert hit.min() >= 4.0
    assert hit.max() == 7.0
    for size in (1.5, 3.0, 10.0, math.e**2.99):
        share_near((np.exp(hit - 4.0) > size).sum(), len(hit), size ** (-1 / 0.8))


def test_household_push_by_hand() -> None:
    """Families of 3, 1, 2 and 4 rows: each row gets the share of its mates who took part yesterday."""
    household = np.concatenate([[i | (n << 4) for i in range(n)] for n in (3, 1, 2, 4)])
    took = np.array([1, 0, 0, 1, 1, 0, 1, 1, 0, 1])
    only = {
        "perception.neighbours": 0.0,
        "perception.colleagues": 0.0,
        "perception.friends": 0.0,
        "perception.online": 0.0,
        "perception.family": 1.5,
    }
    mates = [0, 0.5, 0.5, 0, 0, 1, 2 / 3, 2 / 3, 1, 2 / 3]
    for scale in (1, 10):
        done = play(
            (Meeting(), Perception(), KEEP, turnout([took * scale] * 2)), world(rows=10, scale=scale, household=household), 2, values=only
        )
        assert np.allclose(done.columns["kept"] / 65536, 1.5 * np.array(mates), atol=2 / 65536)


def test_push_of_every_layer_by_hand() -> None:
    """Neighbourhood, workplace, friends and the nation, each alone and together, at 1 and at 10 persons a row."""
    rng = np.random.default_rng(1)
    rows = 120
    work = rng.integers(0, 5, rows)
    work[::4] = NO_WORKPLACE
    for scale in (1, 10):
        people = world(2, hoods=2, rows=rows // 4, scale=scale, workplace=work, groups=np.array([0, 5, 10]))
        took = rng.binomial(scale, 0.3, rows)
        province, hood = np.arange(rows) // 60, np.arange(rows) // 30
        share = {"neighbours": np.bincount(hood, took)[hood] / (30 * scale), "online": np.full(rows, took.sum() / (rows * scale))}
        group = work + 5 * province
        known = work != NO_WORKPLACE
        share["colleagues"] = np.zeros(rows)
        for g in np.unique(group[known]):
            share["colleagues"][group == g] = took[group == g].sum() / ((group == g).sum() * scale)
        stages = (Meeting(), Perception(), KEEP, turnout([took] * 2))
        friends = play(stages, people, 2).columns["friends_active"]
        share["friends"] = np.minimum(friends / (10.4 * scale), 1.0)
        total, all_weights = np.zeros(rows), {}
        zero = {f"perception.{name}": 0.0 for name in ("family", *share)}
        for weight, name in enumerate(share, 1):
            got = play(stages, people, 2, values=zero | {f"perception.{name}": float(weight)}).columns["kept"] / 65536
            assert np.allclose(got, weight * share[name], atol=2 / 65536), name
            total += weight * share[name]
            all_weights[f"perception.{name}"] = float(weight)
        got = play(stages, people, 2, values=zero | all_weights).columns["kept"] / 65536
        assert np.allclose(got, total, atol=6 / 65536)


def test_contact_weighs_who_is_met_in_person() -> None:
    """Half the contact is half the push of neighbours, colleagues and friends; households and the media stay as they are."""
    rng = np.random.default_rng(6)
    rows, work = 180, rng.integers(0, 5, 180)
    took = rng.binomial(4, 0.3, rows)
    household = np.tile([0 | 2 << 4, 1 | 2 << 4], rows // 2)
    people = world(3, hoods=2, rows=30, scale=4, workplace=work, groups=np.array([0, 5, 10, 15]), household=household)
    factor = np.repeat([1.0, 0.5, 0.0], 60)
    contact = stub("Factor", day=lambda now: now[CONTACT].__setitem__(slice(None), [1.0, 0.5, 0.0]), writes=(CONTACT,))
    layers = ("family", "neighbours", "colleagues", "friends", "online")
    for layer in layers:
        only = {f"perception.{name}": 8.0 * (name == layer) for name in layers}
        usual, cut = (
            play((*first, Meeting(), Perception(), KEEP, turnout([took] * 2)), people, 2, values=only).columns["kept"]
            for first in ((), (contact,))
        )
        assert usual.min() >= 0
        assert usual.max() > 0
        share = factor if layer in ("neighbours", "colleagues", "friends") else np.ones(rows)
        assert np.allclose(cut, usual * share, atol=1), layer
        assert (cut[:60] == usual[:60]).all()


def test_a_blackout_cuts_what_is_seen_of_the_nation() -> None:
    """The share shown is that of the nation, times what is left of online contact in the province."""
    took = np.arange(30) % 3 == 0
    people = world(3, rows=10)
    blackout = stub("Cut", day=lambda now: now[BLACKOUT].__setitem__(slice(None), [0.0, 0.25, 1.0]), writes=(BLACKOUT,))
    done = play((blackout, Meeting(), turnout([took] * 2)), people, 2, values={"meeting.coverage": 0.9})
    assert np.allclose(done.columns["share_active"], 0.9 * np.array([1, 0.75, 0]) / 3)


def test_meeting_counts_friends_as_contacts_do() -> None:
    """Friends who took part, against the ties that core.layers lists for everybody."""
    people = world(2, hoods=4, rows=100)
    took = np.random.default_rng(2).random(800) < 0.2
    done = play((Meeting(), turnout([took.astype(int)] * 2)), people, 2)
    owner, friend = Contacts(people).contacts(
        people.places.address_of(np.arange(800)), Layer("friends", "friends", circles=circles_of(people))
    )
    want = np.bincount(owner, took[people.places.row_of(friend)], 800)
    assert want.sum() > 0
    assert (done.columns["friends_active"] == want).all()
    assert done.columns["active_before"].tolist() == [took[:400].sum(), took[400:].sum()]


def test_the_hub_of_a_star_overflows_no_column() -> None:
    """A person with 70,000 friends who all took part feels what "all friends took part" weighs, and no more."""
    leaves = 70_000
    star = Network(np.append(0, leaves + np.arange(leaves + 1)), np.append(np.arange(1, leaves + 1), np.zeros(leaves)).astype(np.int32))
    people = world(rows=leaves + 1, networks={"friends": star})
    took = np.append(0, np.ones(leaves, np.int64))
    alone = {f"perception.{name}": 0.0 for name in ("family", "neighbours", "colleagues", "online")}
    values = alone | {"perception.friends": 50.0, "perception.degree": 2.0}
    done = play((Meeting(), Perception(), KEEP, turnout([took] * 2)), people, 2, values=values)
    assert done.columns["friends_active"][:3].tolist() == [65535, 0, 0]
    assert done.columns["kept"][:2].tolist() == [50 * 65536, 0]


def test_meeting_of_weighted_rows_keeps_the_number_of_ties() -> None:
    """At 10 persons a row every participant pushes all of his or her friends, so the ties are those of so many persons."""
    people = world(hoods=5, rows=100, scale=10)
    took = np.random.default_rng(3).binomial(10, 0.1, 500)
    done = play((Meeting(), turnout([took] * 2)), people, 2)
    degree = circles_of(people).mean_degree(5000)
    near(done.columns["friends_active"].sum(), degree * took.sum(), 3.0 * math.sqrt(took.sum()))


@pytest.mark.parametrize("coverage", [1.0, 0.4, 0.0])
def test_meeting_forgets_the_day_before(coverage) -> None:
    """Exposures are those of yesterday only; a blackout hides the nation, not friends, colleagues and neighbours."""
    rng = np.random.default_rng(4)
    days = [rng.random(200) < 0.3, rng.random(200) < 0.3, np.zeros(200), np.zeros(200)]
    work = rng.integers(0, 10, 200)
    people = world(hoods=2, rows=100, workplace=work, groups=np.array([0, 10]))
    stages = (Meeting(), Perception(), KEEP)
    seen = []

    def observe(engine, day) -> None:
        c = engine.state.columns
        seen.append([c[n].astype(float).copy() for n in ("friends_active", "work_share", "kept", "share_active")])

    play((*stages, turnout([d.astype(int) for d in days])), people, 4, values={"meeting.coverage": coverage}, observe=observe)
    fresh = play((*stages, turnout([days[1].astype(int)] * 2)), people, 2, values={"meeting.coverage": coverage})
    assert (seen[2][0] == fresh.columns["friends_active"]).all()
    assert (seen[2][1] == fresh.columns["work_share"]).all()
    assert (seen[2][2] == fresh.columns["kept"]).all()
    assert abs(seen[2][3][0] - coverage * days[1].mean()) < 1e-7
    assert seen[2][2].max() > 0
    assert all(part.max() == 0 for part in seen[3])


def test_coverage_differs_between_places() -> None:
    """A blackout in one province hides the nation from that province only."""
    took = np.ones(20, int)
    done = play((Meeting(), turnout([took] * 2)), world(2), 2, changes=by_place("meeting.coverage", [0.0, 1.0]))
    assert done.columns["share_active"].tolist() == [0.0, 1.0]
    assert done.columns["friends_active"].sum() > 0
