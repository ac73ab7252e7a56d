"""What holds on every day of every run, over seeds and parameters, at 1 and at 10 persons a row."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.worlds import CROWDED, small_world

from groundswell.core.columns import NEIGHBOURHOOD
from groundswell.core.simulate import simulate
from groundswell.models.resistance import resistance
from groundswell.society import ASSEMBLING, TAKEN

START, DAYS = date(2022, 9, 1), 12
WORLDS = {1: small_world((600, 400), hood=50), 10: small_world((300, 200), hood=50, scale=10)}
MODEL = resistance()

shares = st.floats(0, 1)
scenarios = st.fixed_dictionaries(
    {},
    optional={
        "first_organisation.initial": st.floats(0, 30_000),
        "first_organisation.multiply": shares,
        "first_organisation.rate": st.floats(0, 1e5),
        "participation.threshold": st.floats(0, 12),
        "participation.rule": st.sampled_from(["logit", "threshold"]),
        "occasions.rate": st.floats(0, 100),
        "policing.arrested": shares,
        "policing.killed": shares,
        "policing.shoot": st.floats(0, 0.4),
        "acting.rate": st.floats(0, 5),
        "detection.patrol": shares,
        "detection.caught": shares,
        "interrogation.comember": shares,
        "interrogation.contact": st.floats(0, 0.3),
        "custody.longest": st.integers(1, 30),
        "custody.execution": st.floats(0, 10),
        "emigration.rate": st.floats(0, 1000),
        "recruitment.approach": shares,
        "recruitment.willing": shares,
        "recruitment.contacts": st.integers(1, 2),
        "units.split_size": st.integers(6, 12),
        "units.split_rate": shares,
        "units.loss": st.floats(0, 0.3),
        "units.patience": st.integers(1, 20),
        "units.informers": shares,
        "frames.imitation": shares,
        "frames.conformity": shares,
        "frames.push_2": st.floats(0, 0.3),
        "calendar.blackout": shares,
        "calendar.blackout_effect": st.sampled_from(["cuts", "pushes_to_street"]),
        "calendar.strength": st.floats(0, 3),
        "calendar.economy": st.floats(0, 2),
        "mourning.rule": st.sampled_from(["off", "40_day", "anniversary", "both"]),
        "voting.held": st.integers(0, 1),
        "voting.coercion": shares,
        "ending.share": shares,
        "ending.days": st.integers(1, 4),
        "ending.silence": st.integers(1, 6),
        "loyalty.rule": st.sampled_from(["off", "threshold", "contagion"]),
        "loyalty.followers": st.integers(0, 3),
        "meeting.coverage": shares,
        "livelihoods.rate": st.floats(0, 100),
        "livelihoods.lasting": st.floats(0, 0.9),
        "livelihoods.calls": st.floats(0, 365),
        "rallies.held": shares,
        "gathering.split": st.floats(3, 100),
        "gathering.exponent": shares,
        "gathering.violent": shares,
        "policing.livelihood": shares,
        "monitor.acts": shares,
        "monitor.doubled": shares,
        "monitor.misplaced": shares,
        "monitor.invention": st.sampled_from([0.0, 1e5]),
    },
)


class Watch:
    """Checks a run day by day against tables and columns, never against the census alone."""

    def __init__(self, population) -> None:
        self.places = population.places
        self.before = np.zeros(self.places.rows, np.int64)
        self.inside: set[int] = set()
        self.ended = (0, 0)

    def __call__(self, engine, day) -> None:
        c, t = engine.state.columns, engine.state.tables
        custody, members, units, acts = t["custody"], t["members"], t["units"], t["acts_today"]
        away = custody["person"][custody["status"] != 0]
        assert len(np.unique(custody["person"])) == len(custody)
        table = np.bincount(self.places.row_of(away), minlength=self.places.rows)
        assert (c["away"] == table).all()
        self.everyone(c, custody)
        self.turnout(engine, c, t)
        assert not members.has(away).any(), "the dead, the detained and those abroad belong to no unit"
        assert len(np.unique(members["person"])) == len(members), "nobody is in two units"
        assert len(np.unique(units["unit"])) == len(units)
        assert units.has(members["unit"]).all()
        size = np.bincount(units.find(members["unit"]), minlength=len(units))
        assert (c["units_live"].sum(), c["units_asleep"].sum(), c["members_now"].sum()) == (
            (size >= 3).sum(),
            (size < 3).sum(),
            len(members),
        )
        assert (units["row"] == self.places.row_of(units["unit"] >> 16)).all()
        assert len(acts) == c["acted"].sum()
        self.arrests(engine, c, custody, day)
        assert ((c["fear"] >= 0) & (c["fear"] <= 1)).all()
        assert ((c["fear_kept"] > 0) & (c["fear_kept"] + c["fear_added"] <= 1 + 1e-12)).all()
        assert ((c["loyalty"] >= 0) & (c["loyalty"] <= 1)).all()
        self.drivers(c)
        self.before = table

    def drivers(self, c) -> None:
        """Shares are shares; nobody votes who may not; an ending is for good, and no forces obey a regime that fell before today."""
        for name in ("attention", "capacity", "legitimacy", "blackout"):
            assert ((c[name] >= 0) & (c[name] <= 1)).all(), name
        people = np.diff(self.places.first_rows) * self.places.scale
        assert ((c["voted"] >= 0) & (c["voted"] <= c["eligible"]) & (c["eligible"] <= people)).all()
        holders = np.array([c[f"holders_{k}"] for k in range(4)])
        assert (holders >= 0).all()
        assert (holders.sum(axis=0) == np.diff(self.places.neighbourhood_start)).all()
        assert c["fallen"][0] >= self.ended[0]
        assert c["movement_over"][0] >= self.ended[1]
        if self.ended[0]:
            assert c["forces"].sum() == 0 == c["capacity"][0]
        self.ended = (c["fallen"][0], c["movement_over"][0])

    def everyone(self, c, custody) -> None:
        """Free, detained, dead and abroad are everybody: from the table, and from the rows."""
        places = self.places
        people = np.diff(places.first_rows) * places.scale
        free = people - np.add.reduceat(c["away"].astype(np.int64), places.first_rows[:-1])
        assert (c["free_now"] == free).all()
        code = {p.code: i for i, p in enumerate(places.provinces)}
        counts = np.zeros((4, len(people)), np.int64)
        for person, status in zip((custody["person"] >> 32).tolist(), custody["status"].tolist(), strict=True):
            counts[status, code[person]] += 1
        assert (c["detained_now"] == counts[1]).all()
        assert (c["dead_now"] == counts[2]).all()
        assert (c["abroad_now"] == counts[3]).all()
        assert (free + counts[1:].sum(axis=0) == people).all()

    def turnout(self, engine, c, t) -> None:
        """Nobody takes part who was away this morning; turnout is the sum of rows; a gathering has three people."""
        places = self.places
        took = c["took_part"].astype(np.int64)
        assert (took <= places.scale - self.before).all()
        assert (took[self.before == places.scale] == 0).all()
        assert (took[engine.population.columns["age"] < 15] == 0).all()
        assert (c["active"] == np.add.reduceat(took, places.neighbourhood_start[:-1])).all()
        assert (c["turnout"] == np.add.reduceat(took, places.first_rows[:-1])).all()
        met = t["gatherings_today"]
        assert (met["size"] >= 3).all()
        city = np.add.reduceat(took, places.neighbourhood_start[places.city_start[:-1]])
        mine = met["stream"] == 0
        assert (np.bincount(met["at"][mine], met["size"][mine], len(city)) == np.where(city >= 3, city, 0)).all(), "each is at one of them"
        asked = engine.asked(ASSEMBLING)
        for stream, name in ((1, "livelihood"), (2, "pro_state")):
            counted, came = (asked["group"] >> 14) & 3 == stream, met["stream"] == stream
            assert asked["size"][counted].sum() == met["size"][came].sum() == c[f"attended_{name}"].sum()
            assert came.sum() == c[f"gathered_{name}"].sum()
        assert (met["arrests"] + met["deaths"] <= met["size"]).all()
        assert c["killed"].sum() == met["deaths"].sum()
        assert (met["response"][met["stream"] == 2] == 0).all(), "the state leaves its own alone"

    def arrests(self, engine, c, custody, day) -> None:
        """Arrests recorded are the rows that entered custody today; all others who were inside stay or were let out or executed."""
        inside = set(custody["person"][custody["status"] == 1].tolist())
        entered = custody["person"][(custody["since"] == day) & (custody["status"] == 1)]
        assert c["arrests"].sum() == len(entered)
        assert (c["rolled_up"] <= c["arrests"]).all()
        asked = engine.asked(TAKEN)
        assert set(entered.tolist()) <= set(asked["person"][asked["fate"] == 1].tolist())
        out = self.inside - inside
        at = custody.find(np.array(sorted(out), np.int64))
        ended = (custody["status"][at] == 0) & (custody["until"][at] <= day) | (custody["status"][at] == 2) & (custody["since"][at] == day)
        assert ended.all()
        assert (custody["until"][custody["status"] == 1] > day).all()
        self.inside = inside


def acted_before(engine_units, engine_members):
    """Units that could act: at least three free members."""
    size = np.bincount(engine_units.find(engine_members["unit"]), minlength=len(engine_units))
    return engine_units["unit"][size >= 3]


@pytest.mark.compiled
@pytest.mark.parametrize("scale", [1, 10])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**64 - 1), values=scenarios)
def test_invariants(scale, seed, values) -> None:
    population = WORLDS[scale]
    watch, live = Watch(population), [None]

    def observe(engine, day) -> None:
        watch(engine, day)
        t = engine.state.tables
        if live[0] is not None:
            assert np.isin(t["acts_today"]["unit"], live[0]).all(), "a unit below three acts"
        live[0] = acted_before(t["units"], t["members"])

    run = simulate(
        MODEL, population, start=START, end=START + timedelta(days=DAYS - 1), seed=seed, values=CROWDED | values, observe=observe
    )
    reports_have_causes(run, values.get("monitor.invention", 0.0))


def reports_have_causes(run, invention) -> None:
    """Every report that is not marked as invented has a true event of its stream, kind, province and day, or the day before.

    The monitor tells sizes as they were.
    """
    truth, record = run.journals["events"], run.journals["record"]
    keys = ("stream", "kind", "province")
    happened = set(zip(*(truth[k].tolist() for k in ("day", *keys)), strict=True))
    sized = set(zip(*(truth[k].tolist() for k in ("day", *keys, "size")), strict=True))
    real = record["invented"] == 0
    fields = ("source", "reported_day", "size_reported", "event_day", *keys)
    for source, reported, size, day, *key in zip(*(record[k][real].tolist() for k in fields), strict=True):
        assert {(day, *key), (day - 1, *key)} & happened
        assert source > 0 or {(day, *key, size), (day - 1, *key, size)} & sized
        assert reported >= day
    assert invention > 0 or real.all()
    assert (truth["size"][truth["kind"] == 0] >= 3).all()
    events = ("gathered", "gathered_livelihood", "gathered_pro_state", "acted")
    assert len(truth["day"]) == sum(run.series[name].sum() for name in events)


@pytest.mark.compiled
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_without_anything_nothing_happens(seed) -> None:
    """With no units, no occasions and an unreachable threshold, nobody acts, nobody is taken, nothing is reported."""
    values = {"first_organisation.initial": 0.0, "first_organisation.rate": 0.0, "participation.threshold": 60.0, "occasions.rate": 0.0}
    values |= {"livelihoods.rate": 0.0}
    run = simulate(MODEL, WORLDS[1], start=START, end=START + timedelta(days=5), seed=seed, values=values)
    for name in ("turnout", "gathered", "acted", "arrests", "detained_now", "dead_now", "abroad_now", "units_live", "members_now"):
        assert run.series[name].sum() == 0
    assert (run.series["free_now"] == np.array([600, 400])).all()
    assert len(run.journals["record"]["city"]) == 0


@pytest.mark.compiled
def test_the_crowded_world_exercises_everything() -> None:
    """The invariants above would mean little if nothing happened in these worlds."""
    for scale, population in WORLDS.items():
        values = CROWDED | {"first_organisation.initial": 20_000.0}
        run = simulate(MODEL, population, start=START, end=START + timedelta(days=DAYS - 1), seed=1, values=values)
        for name in (
            "turnout",
            "gathered",
            "gathered_livelihood",
            "gathered_pro_state",
            "killed",
            "acted",
            "arrests",
            "rolled_up",
            "detained_now",
            "dead_now",
            "abroad_now",
            "units_live",
            "members_now",
        ):
            assert run.series[name].sum() > 0, (scale, name)
        assert len(run.journals["record"]["city"]) > 0
        assert set(run.journals["record"]["source"]) == {0, 1, 2}
        assert run.journals["events"]["number"].max() > 0
        assert population.places.size(NEIGHBOURHOOD) > 4
