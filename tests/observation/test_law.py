"""The law of observation as numbers: against counts by hand, against what a source draws, against the mean of many records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.engine.test_no_libm import uses_of_libm
from tests.observation.common import DAY, HONEST, WRONG, events, source
from tests.oracles.stage import near, world

from groundswell import observation
from groundswell.core.draws import Draws
from groundswell.core.errors import InputError
from groundswell.events.acled import ACT_CODE, SUB_EVENTS
from groundswell.events.weekly import COUNTS, weekly_table
from groundswell.mechanisms import chronicle
from groundswell.mechanisms.reporting import Channel, Monitor, StateMedia
from groundswell.observation import (
    ACT,
    FROM,
    PARAMETERS,
    YEAR,
    confusion,
    copies,
    dating,
    expected_counts,
    expected_reports,
    happenings,
    observe,
    placing,
    probability,
)
from groundswell.society import REPORT

PEOPLE = world(3, cities=4, rows=30, scale=1000)
PLACES = PEOPLE.places


def test_the_law_and_the_mechanism_speak_of_the_same() -> None:
    """Every parameter of a source is one of the law, and the codes are those of the record."""
    for kind in (Monitor, StateMedia, Channel):
        assert {key.partition(".")[2] for key in kind().parameters} == set(PARAMETERS)
    assert set(PARAMETERS) == set(HONEST) == set(WRONG)
    assert observation.OTHER == ACT_CODE == chronicle.OTHER == len(SUB_EVENTS) - 1
    assert len(COUNTS) == observation.CODES


@pytest.mark.parametrize("path", sorted(Path(observation.__file__).parent.glob("*.py")), ids=lambda path: path.name)
def test_no_libm_in_the_law(path: Path) -> None:
    assert not uses_of_libm(path.read_text(encoding="utf-8"), path.name)


def test_probabilities_by_hand() -> None:
    """Of 50 persons with half at 150, contested fourfold: odds 200 to 150; half of it is left of interest, reach and blackout."""
    of = source(reach=0.8, half=150.0, livelihood=0.5, contested=4.0, acts=0.3, blackout=0.5)
    assert probability(of, 50) == pytest.approx(0.8 * 50 / 200, rel=1e-15)
    assert probability(of, 50, 1, contested=True, blackout=0.4) == pytest.approx(0.5 * 0.8 * 0.8 * 200 / 350, rel=1e-15)
    assert probability(of, 50, ACT, contested=True, blackout=0.4) == pytest.approx(0.3 * 0.8, rel=1e-15)
    assert probability(source(reach=0.5), [3, 10**9]).tolist() == [0.5, 0.5]
    for years, odds in ((0, 1.0), (4, 1.8), (-5, 0.5)):
        assert probability(source(half=50.0, drift=0.2), 50, day=FROM + years * YEAR) == pytest.approx(odds / (1 + odds), rel=1e-14)
    assert probability(source(half=50.0, attention=4.0), 50, attention=0.5) == pytest.approx(3 / 4, rel=1e-15)
    assert probability(source(half=0.0), 0) == 0.0, "where nobody is, nothing is reported"


@given(
    st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1000), st.floats(0, 10), st.floats(0, 1), st.floats(0, 1), st.integers(36000, 60000)
)
def test_probabilities_are_probabilities_and_grow_with_size(reach, half, contested, drift, dark, noticed, day) -> None:
    of = source(reach=reach, half=half, contested=contested, drift=drift, attention=2.0, blackout=1.0)
    p = probability(of, [3, 10, 100, 10**6], day=day, blackout=dark, attention=noticed)
    assert ((p >= 0) & (p <= min(reach * (1 + 1e-15), 1.0))).all()
    assert (np.diff(p) >= -1e-15).all()


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.sampled_from([0, 1, 2]))
def test_a_source_reports_exactly_where_its_draw_is_below_the_probability(seed, number) -> None:
    """Not a bit apart: the probability that a likelihood uses is the one that a draw is compared with."""
    places, of = PLACES, source(number, **(WRONG | {"misplaced": 0.0, "misdated": 0.0, "delay": 0, "doubled": 0.0, "inflation": 1.0}))
    of.invention = of.confused = 0.0
    things = events(places, 40, seed=seed, days=1)
    told = observe(things, of, seed, places=places, blackout=[0.0, 0.3, 1.0], attention=0.25, compiled=False)
    dark = np.array([0.0, 0.3, 1.0])[places.province_of(things["city"])]
    topic = np.where(things["kind"] == 1, ACT, things["stream"])
    p = probability(of, things["size"], topic, contested=things["sub_event"] > 0, day=DAY, blackout=dark, attention=0.25)
    hit = Draws(seed).uniform(REPORT, DAY, things["who"], things["lane"] | (number << 40)) < p
    order = np.lexsort([things["lane"], things["who"]])
    assert (told["size_reported"] == things["size"][order][hit[order]]).all()
    assert 0 < hit.sum() < 40


@given(st.integers(0, 30), st.floats(0, 1))
def test_dating_is_what_the_formula_of_a_report_gives(delay, misdated) -> None:
    """Every delay has the same share; counted through the very expression by which a report is dated."""
    shares = dating(delay, misdated)
    late = (np.arange(delay + 1) + 0.5) / (delay + 1)
    by_hand = np.zeros_like(shares)
    for wrong, part in ((0, 1 - misdated), (1, misdated)):
        for day in np.maximum((late * (delay + 1)).astype(np.int64), wrong):
            by_hand[wrong, day] += part / (delay + 1)
    assert np.allclose(shares, by_hand, rtol=0, atol=1e-14)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)


def test_dating_placing_confusion_and_copies_are_the_means_of_many_reports() -> None:
    """One kind of error each, of some ten thousand events that are all reported."""
    n = 12000
    things = events(PLACES, n, acts=0.0, days=1)
    told = observe(things, source(delay=4, misdated=0.3), 1, places=PLACES)
    seen = np.zeros((2, 5))
    np.add.at(seen, (told["event_day"] - DAY, told["reported_day"] - DAY), 1.0 / n)
    for share, expected in zip(seen.ravel(), dating(4, 0.3).ravel(), strict=True):
        near(share, expected, (expected * (1 - expected) / n) ** 0.5, 4)
    told = observe(things, source(misplaced=0.4), 1, places=PLACES)
    at = np.searchsorted(PLACES.city_keys, things["city"])
    expected_by_city = placing(np.bincount(at, minlength=12), 0.4, PLACES)
    found = np.bincount(np.searchsorted(PLACES.city_keys, (told["province"] << 32) | told["city"]), minlength=12)
    assert expected_by_city.sum() == pytest.approx(n)
    for count, expected in zip(found, expected_by_city, strict=True):
        near(count, expected, expected**0.5, 4)
    told = observe(things, source(confused=0.3), 1, places=PLACES)
    moved = np.zeros((3, 3))
    np.add.at(moved, (things["stream"][np.lexsort([things["lane"], things["who"]])], told["stream"]), 1)
    for row, expected in zip(moved, confusion(0.3), strict=True):
        for count, p in zip(row, expected, strict=True):
            near(count / row.sum(), p, (p * (1 - p) / row.sum()) ** 0.5, 4)
    told = observe(things, source(doubled=0.25), 1, places=PLACES)
    near(len(told["city"]) / n, float(copies(source(doubled=0.25), 0)), (0.25 * 0.75 / n) ** 0.5)


def test_copies_of_acts() -> None:
    """Numbers of acts are inflated by who favours acts: the monitor and the channel, not the state's media."""
    for number, mean in ((0, 2.6), (1, 1.1), (2, 2.6)):
        of = source(number, doubled=0.1, inflation=2.5)
        assert copies(of, [0, ACT]).tolist() == pytest.approx([1.1, mean])
        things = events(PLACES, 5000, acts=1.0)
        near(len(observe(things, of, 3, places=PLACES)["city"]) / 5000, mean, 0.5 / 5000**0.5)


def test_placing_of_nothing_and_by_province() -> None:
    assert (placing(np.arange(12.0), 0.0, PLACES) == np.arange(12.0)).all()
    told = placing(np.eye(12), [0.0, 1.0, 0.4], PLACES)
    assert told.shape == (12, 12)
    assert told[0].tolist() == [1.0] + [0.0] * 11
    assert told[4].tolist() == [0.0] * 4 + [0.25] * 4 + [0.0] * 4
    assert told[8, 8:] == pytest.approx([0.7, 0.1, 0.1, 0.1])


@pytest.mark.compiled
@pytest.mark.parametrize("number", [0, 1, 2])
def test_expected_counts_are_the_mean_of_many_records(number) -> None:
    """A source that errs in everything, by week, province and code, with blackouts and attention by day."""
    rng = np.random.default_rng(number)
    days, seeds = 24, 300
    of = source(number, (0, 2, ACT)[number], **WRONG)
    of.reach = np.array([0.9, 0.5, 0.7])
    of.half = np.linspace(30, 120, days)[:, None]
    things = events(PLACES, 900, days=days, seed=number)
    given = {"places": PLACES, "first": DAY, "last": DAY + days - 1, "blackout": rng.random((days, 3)), "attention": rng.random((days, 1))}
    expected = expected_counts(things, of, **given)
    tables = np.array(
        [weekly_table(observe(things, of, seed, **given), PLACES, first=DAY, last=DAY + days - 1)[0] for seed in range(seeds)]
    )
    assert tables.shape[1:] == expected.shape == (4, 3, 6)
    error = tables.std(axis=0, ddof=1) / seeds**0.5
    z = (tables.mean(axis=0) - expected) / np.where(error > 0, error, 1.0)
    assert (expected[error == 0] == 0).all()
    assert np.abs(z).max() < 4.0
    assert 0.7 < (z[error > 0] ** 2).mean() < 1.4
    assert expected.min() >= 0
    assert expected[..., 0].sum() > 10


def test_expected_counts_of_an_honest_source_are_the_counts() -> None:
    things = events(PLACES, 500, days=20)
    table, start = weekly_table(observe(things, source(), 1, places=PLACES, compiled=False), PLACES)
    assert (expected_counts(things, source(), places=PLACES, start=start) == table).all()
    later = expected_counts(things, source(), places=PLACES, start=start - 14)
    assert later.shape[0] == table.shape[0] + 2
    assert not later[:2].any()
    assert expected_counts(things, source(), places=PLACES, first=DAY + 5, last=DAY + 4).shape == (0, 3, 6)


def test_expected_reports_of_sizes() -> None:
    """A number, an array of sizes, or sizes by days: whatever broadcasts."""
    of = source(half=100.0, doubled=0.5)
    assert expected_reports(of, 100) == 0.75
    assert expected_reports(of, np.array([100, 300])).tolist() == [0.75, 1.125]
    assert expected_reports(of, np.full((2, 3), 100), day=np.array([[FROM], [FROM + 365]])).shape == (2, 3)


def spoilt(name: str, values: object) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    return lambda table: {k: v for k, v in (table | {name: values}).items() if v is not None}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (spoilt("lane", None), "lane"),
        (spoilt("size", np.arange(3)), "events"),
        (spoilt("city", None), "city"),
        (spoilt("city", np.full(5, 9 << 32)), "city"),
    ],
    ids=["no lane", "short size", "no city", "a foreign city"],
)
def test_wrong_tables_are_named(change, key) -> None:
    with pytest.raises(InputError) as caught:
        observe(change(events(PLACES, 5)), source(), 1, places=PLACES, compiled=False)
    assert caught.value.key == key
    with pytest.raises(InputError, match=r"lacks this field|different lengths|does not have"):
        expected_counts(change(events(PLACES, 5)) if key != "lane" else {}, source(), places=PLACES)
    with pytest.raises(InputError, match="lacks this field"):
        happenings({"day": np.arange(3)})


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        observe(events(PLACES, 5), source(reach=np.ones(2)), 1, places=PLACES, compiled=False)
    with pytest.raises(AttributeError):
        observe(events(PLACES, 5), SimpleNamespace(reach=1.0), 1, places=PLACES, compiled=False)
