"""Livelihood protest, pro-state rallies, and how turnouts become gatherings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.oracles.stage import by_place, near, play, share_near, stub, world

from groundswell.core.columns import Table
from groundswell.core.compile import compiled
from groundswell.core.places import City, Places
from groundswell.mechanisms.gathering import Gathering, parts_of
from groundswell.mechanisms.livelihoods import Livelihoods, pareto, poisson
from groundswell.mechanisms.rallies import Rallies
from groundswell.society import ACTIVE, ASSEMBLING, ECONOMY, GATHERINGS, LIVELIHOOD, LIVELIHOOD_CALL, PRO_STATE

QUIET = {"livelihoods.calls": 0.0, "livelihoods.lasting": 0.0}
MILLION = {"rows": 1000, "scale": 1000}


class Seen:
    """Records what assembles day by day: (day, city, stream, number, size)."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int, int]] = []

    def __call__(self, engine, day) -> None:
        asked = engine.asked(ASSEMBLING)
        for group, size in zip(asked["group"].tolist(), asked["size"].tolist(), strict=True):
            self.rows.append((day, group >> 16, (group >> 14) & 3, group & 0x3FFF, size))

    def field(self, k: int) -> np.ndarray:
        return np.array([row[k] for row in self.rows])


# --- livelihoods -------------------------------------------------------------------------------------------------
@pytest.mark.compiled
@pytest.mark.parametrize("x", [0.02, 0.7, 3.0, 40.0])
def test_poisson_numbers_by_inversion(x) -> None:
    """The probabilities of a grid of uniform numbers are Poisson's."""
    n = 200_000
    u = (np.arange(n) + 0.5) / n
    count = np.array([compiled(poisson)(x, v) for v in u])
    assert (np.diff(count) <= 0).all()
    for k in range(int(x) + 4):
        expected = math.exp(-x + k * math.log(x) - math.lgamma(k + 1))
        near((count == k).mean(), expected, 2 / n, 1)
    assert [poisson(x, v) for v in u[:: n // 50]] == count[:: n // 50].tolist(), "the same uncompiled"


def test_pareto_numbers_by_inversion() -> None:
    u = np.array([0.0, 0.5, 0.75, 1 - 1e-6])
    assert np.allclose([pareto(v, 20.0, 2.0) for v in u], 20.0 / np.sqrt(1 - u), rtol=1e-9)


def test_disputes_begin_at_the_declared_rate() -> None:
    """rate e (1 + w) N / 10**6 a day, by place: a third with twice the economy, a third without disputes."""

    def day(now) -> None:
        now[ECONOMY][:] = [1.0, 2.0, 1.0]

    seen = Seen()
    values = QUIET | {"livelihoods.tail": 1.0}
    changes = by_place("livelihoods.rate", [0.8, 0.8, 0.0])
    play(
        (stub("Economy", day=day, writes=(ECONOMY,)), Livelihoods()), world(3, **MILLION), 800, values=values, changes=changes, observe=seen
    )
    assert set(seen.field(2)) == {LIVELIHOOD}
    count = np.bincount(seen.field(1) >> 32, minlength=4)[1:]
    near(count[0], 640, 640**0.5)
    near(count[1], 1280, 1280**0.5)
    assert count[2] == 0
    per_day = np.bincount(seen.field(0)[seen.field(1) >> 32 == 2] - seen.field(0).min(), minlength=800)
    near(per_day.var() / per_day.mean(), 1.0, math.sqrt(2 / 800))


def test_sizes_of_disputes_have_a_pareto_tail_up_to_a_share_of_the_city() -> None:
    seen = Seen()
    values = QUIET | {"livelihoods.rate": 4.0, "livelihoods.least": 50, "livelihoods.tail": 1.5, "livelihoods.most": 0.001}
    play((Livelihoods(),), world(**MILLION), 1000, values=values, observe=seen)
    size = seen.field(4)
    assert size.min() == 50
    assert size.max() == 1000
    for x in (100, 200, 800):
        share_near((size >= x).sum(), len(size), (50 / x) ** 1.5)
    number = seen.field(3)
    assert set(number) >= {0, 1, 2, 3}, "several disputes of one city are several groups"


def test_disputes_go_on_with_the_declared_probability() -> None:
    """Geometric lengths: mean 1 / (1 - lasting); a dispute keeps its size."""
    length: dict[tuple[int, int, int], int] = {}
    sizes: dict[tuple[int, int, int], set[int]] = {}

    def observe(engine, day) -> None:
        t = engine.state.tables["disputes"]
        for city, began, number, size in zip(*(t[name].tolist() for name in ("city", "began", "number", "size")), strict=True):
            key = (city, began, number)
            assert length.get(key, 0) == day - began, "on every day from its first"
            length[key] = length.get(key, 0) + 1
            sizes.setdefault(key, set()).add(size)

    play((Livelihoods(),), world(**MILLION), 1000, values=QUIET | {"livelihoods.rate": 2.0, "livelihoods.lasting": 0.6}, observe=observe)
    found = np.array(list(length.values()))
    near(found.mean(), 2.5, math.sqrt(0.6) / 0.4 / math.sqrt(len(found)))
    share_near((found == 1).sum(), len(found), 0.4)
    assert all(len(s) == 1 for s in sizes.values())


def test_national_calls_raise_fade_and_are_joined() -> None:
    """The nation hears of one call; a province joins or not; what it raises fades by a fixed share a day."""
    strength = []
    values = {"livelihoods.rate": 0.0, "livelihoods.calls": 20.0, "livelihoods.call": 2.0, "livelihoods.call_tail": 1.0,
              "livelihoods.call_most": 10.0, "livelihoods.joining": 0.6, "livelihoods.fading": 0.5}  # fmt: skip
    play(
        (Livelihoods(),), world(40), 2000, values=values, observe=lambda e, _: strength.append(np.array(e.state.columns["livelihood_call"]))
    )
    w = np.array(strength, np.float64)
    rise = w[1:] - np.where(w[:-1] * 0.5 < 1e-3, 0.0, w[:-1] * 0.5)
    called = (rise > 0.1).any(axis=1)
    near(called.sum(), 2000 * 20 / 365.25, math.sqrt(2000 * 20 / 365.25))
    share_near((rise[called] > 0.1).sum(), 40 * called.sum(), 0.6)
    assert np.abs(rise[~called]).max() < 1e-6
    for row in rise[called]:
        assert np.ptp(row[row > 0.1]) < 1e-5, "one strength for all who join"
    top = rise[called].max(axis=1)
    assert top.min() >= 2.0 - 1e-6
    assert top.max() <= 10.0 + 1e-6
    share_near((top > 4.0).sum(), len(top), 0.5)


def test_a_call_multiplies_new_disputes() -> None:
    def day(now) -> None:
        now[LIVELIHOOD_CALL][:] = [0.0, 3.0]

    seen = Seen()
    values = QUIET | {"livelihoods.rate": 0.5, "livelihoods.fading": 0.0}
    play((stub("Call", day=day, writes=(LIVELIHOOD_CALL,)), Livelihoods()), world(2, **MILLION), 600, values=values, observe=seen)
    count = np.bincount(seen.field(1) >> 32, minlength=3)[1:]
    near(count[0], 300, 300**0.5)
    near(count[1], 1200, 1200**0.5)


def test_without_a_rate_there_is_no_dispute() -> None:
    seen = Seen()
    play((Livelihoods(),), world(3, **MILLION), 100, values={"livelihoods.rate": 0.0, "livelihoods.calls": 365.0}, observe=seen)
    assert not seen.rows


# --- rallies -----------------------------------------------------------------------------------------------------
def yesterday(gatherings: int, stream: int = 0):
    """A stub: as many gatherings of a stream in the first city, every day."""

    def day(now) -> None:
        n = np.arange(gatherings)
        zero = np.zeros(gatherings, np.int64)
        city = zero + now.places.city_keys[0]
        now.store(Table(GATHERINGS, {"city": city, "stream": zero + stream, "number": n, "at": zero, "size": zero + 9, "violent": zero,
                                     "response": zero, "arrests": zero, "deaths": zero}))  # fmt: skip

    return stub("Yesterday", day=day, writes=(GATHERINGS,))


def test_rallies_are_held_where_and_when_they_are_dated() -> None:
    """With the declared chance in each town, of exponential size with the declared mean."""
    seen = Seen()
    changes = by_place("rallies.held", [0.0, 0.4, 1.0])
    values = {"rallies.share": 0.02}
    play((Rallies(),), world(3, cities=10, rows=100, scale=1000), 100, values=values, changes=changes, observe=seen)
    assert set(seen.field(2)) == {PRO_STATE}
    count = np.bincount(seen.field(1) >> 32, minlength=4)[1:]
    assert count[0] == 0
    share_near(count[1], 1000, 0.4)
    assert count[2] == 1000
    size = seen.field(4)
    near(size.mean(), 2000, 2000 / math.sqrt(len(size)))
    share_near((size > 2000).sum(), len(size), math.exp(-1))


@pytest.mark.parametrize(("gatherings", "stream", "chance"), [(30, 0, 0.2), (29, 0, 0.0), (50, 1, 0.0), (50, 2, 0.0)])
def test_the_state_answers_much_anti_regime_protest(gatherings, stream, chance) -> None:
    seen = Seen()
    values = {"rallies.answer": 0.2, "rallies.alarm": 30}
    play((yesterday(gatherings, stream), Rallies()), world(cities=50, rows=100), 40, values=values, observe=seen)
    share_near(len(seen.rows), 2000, chance)


def test_the_countryside_holds_no_rally() -> None:
    people = world(cities=2, rows=10)
    p = people.places
    cities = (p.cities[0], City(2, "countryside", 0, 0.0, 0.0, rural=True))
    object.__setattr__(
        people, "places", Places(p.provinces, cities, p.neighbourhood_start, p.city_start, p.province_start, p.scale, p.groups)
    )
    seen = Seen()
    play((Rallies(),), people, 10, values={"rallies.held": 1.0}, observe=seen)
    assert set(seen.field(1)) == {1 << 32 | 1}


# --- gatherings --------------------------------------------------------------------------------------------------
def assembly(turnout, groups=()):
    """A stub: turnout by city, and groups of (city, stream, number, size)."""

    def day(now) -> None:
        now[ACTIVE][:] = turnout
        if groups:
            city, stream, number, size = np.array(groups).T
            now.ask(ASSEMBLING, 0, group=(now.places.city_keys[city] << 16) | (stream << 14) | number, size=size)

    return stub("Assembly", day=day, writes=(ACTIVE,), adds=(ASSEMBLING,))


def met(turnout, groups=(), cities=3, days=1, seed=1, **values):
    given = {"gathering.split": 1e9} | {f"gathering.{k}": v for k, v in values.items()}
    return play((assembly(turnout, groups), Gathering()), world(cities=cities, rows=3), days, seed=seed, values=given).tables[
        "gatherings_today"
    ]


def test_gatherings_by_city_stream_and_number() -> None:
    groups = [(1, LIVELIHOOD, 4, 40), (1, LIVELIHOOD, 9, 90), (0, PRO_STATE, 0, 700), (2, LIVELIHOOD, 0, 5), (1, PRO_STATE, 1, 8)]
    table = met([2, 3, 50], groups)
    rows = list(zip(*(table[name].tolist() for name in ("city", "stream", "number", "at", "size")), strict=True))
    key = 1 << 32
    assert rows == [
        (key | 1, 2, 0, 0, 700),
        (key | 2, 0, 0, 1, 3), (key | 2, 1, 0, 1, 40), (key | 2, 1, 1, 1, 90), (key | 2, 2, 0, 1, 8),
        (key | 3, 0, 0, 2, 50), (key | 3, 1, 0, 2, 5),
    ]  # fmt: skip
    assert len(met([2, 0, 1])) == 0


def test_parts_of_a_turnout_by_hand() -> None:
    """Three each, the rest in proportion 1, 1/2, 1/3, rounded down; the first gets what is left over."""
    left = 91
    shares = [math.floor(left * 6 / 11), math.floor(left * 3 / 11), math.floor(left * 2 / 11)]
    assert parts_of(100, 3, 1.0).tolist() == [3 + shares[0] + left - sum(shares), 3 + shares[1], 3 + shares[2]]
    assert parts_of(40, 4, 0.0).tolist() == [10, 10, 10, 10]
    assert parts_of(10, 3, 1.0).sum() == 10
    assert parts_of(9, 3, 2.0).tolist() == [3, 3, 3]


def test_large_turnouts_split_by_the_declared_law() -> None:
    """(n / split)**exponent gatherings on average, everybody in one of them, three at least in each."""
    counts = []
    for seed in range(5):
        table = met([1000] * 400, cities=400, seed=seed, split=100, exponent=0.5)
        assert (np.bincount(table["at"], table["size"]) == 1000).all()
        assert table["size"].min() >= 3
        count = np.bincount(table["at"])
        assert set(count) == {3, 4}
        counts.append((count == 4).sum())
        first = np.flatnonzero(table["number"] == 0)
        assert (table["size"][first] == np.maximum.reduceat(table["size"], first)).all()
    share_near(sum(counts), 2000, math.sqrt(10) - 3)
    assert len(met([100, 99, 101], split=100, exponent=0.0)) == 3
    assert len(met([7, 7, 7], split=3, exponent=1.0)) == 6, "never more than a third of the persons"


def test_what_splits_is_a_group_not_a_city() -> None:
    """Two disputes of a city, each too small to split, stay two; a large one beside them splits alone."""
    table = met([0, 0, 0], [(0, LIVELIHOOD, 0, 90), (0, LIVELIHOOD, 1, 90), (0, LIVELIHOOD, 2, 400)], split=100, exponent=0.5)
    assert table["number"].tolist() == [0, 1, 2, 3]
    assert table["size"].tolist()[:2] == [90, 90]
    assert table["size"][2:].sum() == 400


def test_violent_demonstrations_by_stream() -> None:
    groups = [(c, s, 0, 10) for c in range(1000) for s in (LIVELIHOOD, PRO_STATE)]
    table = met([10] * 1000, groups, cities=1000, violent=0.3, violent_livelihood=0.1)
    for stream, share in ((0, 0.3), (LIVELIHOOD, 0.1)):
        share_near(table["violent"][table["stream"] == stream].sum(), 1000, share)
    assert table["violent"][table["stream"] == PRO_STATE].sum() == 0
