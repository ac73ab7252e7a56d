"""Placebo weeks: the counting itself, coverage of planted effects, and how often a placebo is taken for an effect."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pytest

from groundswell import cases
from groundswell.claims.data import dates, onsets, weeks
from groundswell.claims.data.bounds import by_clusters, by_null
from groundswell.claims.data.matching import away_from, followed, match
from groundswell.claims.finding import Finding, Given, Weekly
from groundswell.core.errors import InputError

Floats = npt.NDArray[np.float64]
IRAN = cases.load("iran")
IDS = tuple(sorted(row.id for row in IRAN.census().provinces))


class Counted(Given):
    """What an estimator is handed, with made-up counts."""

    def weekly(self, *formats: str, first: date | None = None, last: date | None = None, contested: bool = False) -> Weekly | None:
        return TABLE[self.claim]


TABLE: dict[str, Weekly] = {}


def given(counts: Floats, deaths: Floats | None = None, *, start: date = date(2016, 1, 2), name: str = "made up") -> Given:
    days = [start + timedelta(weeks=k) for k in range(len(counts))]
    TABLE[name] = Weekly(counts, deaths, days, IDS[: counts.shape[1]], "digest", "weekly")
    return Counted(IRAN, (), 1, name)


def rates(rng: np.random.Generator, length: int = 416, places: int = 20) -> Floats:
    """Expected counts: a nation that moves slowly, provinces of different size."""
    z = np.zeros(length)
    for t in range(1, length):
        z[t] = 0.8 * z[t - 1] + 0.48 * rng.normal()
    return np.asarray(np.exp(z)[:, None] * np.exp(rng.normal(-1.0, 0.7, places))[None], np.float64)


def test_sums_after_a_week() -> None:
    found = followed(np.arange(6.0)[:, None], 1, 2)[:, 0]
    assert found[:4].tolist() == [3, 5, 7, 9]
    assert np.isnan(found[4:]).all()


def test_placebo_weeks_are_alike_and_elsewhere() -> None:
    counts = np.zeros((60, 2))
    counts[20, 0] = counts[40, 0] = 5
    counts[21, 0], counts[41, 0] = 7, 2
    happened = np.zeros((60, 2), bool)
    happened[20, 0] = True
    found = match(counts, happened, away_from(happened, 4, 4), 1, 4)
    assert found.after.tolist() == [7]
    assert found.placebo[0].tolist() == [2]  # only week 40 had about as many
    assert found.dropped == 0
    counts[40:42] = 0
    assert match(counts, happened, away_from(happened, 4, 4), 1, 4).dropped == 1


@pytest.mark.parametrize("effect", [0.5, 1.0, 2.0])
def test_after_dates_covers_a_planted_effect(effect: float) -> None:
    rng, covered, found = np.random.default_rng(1), 0, 0
    for r in range(150):
        mu = rates(rng)
        happened, factor = np.zeros(mu.shape, bool), np.ones(mu.shape)
        for _ in range(8):
            t, p = rng.integers(30, 400), rng.integers(20)
            happened[t, p] = True
            factor[t + 1 : t + 5, p] = effect
        counts = rng.poisson(mu * factor * rng.gamma(1.5, 1 / 1.5, mu.shape)).astype(float)
        days = [f"{date(2016, 1, 2) + timedelta(weeks=int(t))} {IDS[p]}" for t, p in zip(*np.nonzero(happened), strict=True)]
        told = weeks.weeks_after_dates(given(counts, name=f"dates {r}"), events=days)
        covered += told.low <= effect <= told.high
        found += told.p is not None and told.p < 0.1
    assert covered / 150 >= 0.84  # 0.905 to 0.915 in 400 runs of other seeds
    if effect == 1:
        assert found / 150 <= 0.18


@pytest.mark.parametrize("effect", [0.5, 1.0, 2.0])
def test_after_first_deaths_covers_a_planted_effect(effect: float) -> None:
    rng, covered, apart, runs = np.random.default_rng(2), 0, 0, 80
    for _ in range(runs):
        mu = rates(rng)
        length, places = mu.shape
        counts, deaths, factor = np.zeros(mu.shape), np.zeros(mu.shape, bool), np.ones(mu.shape)
        extra = rng.gamma(1.5, 1 / 1.5, mu.shape)
        for t in range(length):
            counts[t] = rng.poisson(mu[t] * extra[t] * factor[t])
            hit = rng.random(places) < 1 - np.exp(-0.01 * counts[t])
            fresh = hit & ~deaths[max(0, t - 26) : t].any(axis=0)
            deaths[t] = hit
            factor[t + 1 : t + 5, fresh] = effect
        happened = deaths & weeks._none_before(deaths, 26) & (counts >= 1)
        found = match(counts, happened, away_from(deaths, 4, 2) & (counts >= 1), 1, 4)
        _, low, high, _ = by_clusters(found.after, found.expected, found.weeks // weeks.QUARTER)
        covered += low <= effect <= high
        apart += not low <= 1 <= high
    assert covered / runs >= 0.82
    assert apart / runs <= 0.2 if effect == 1 else apart / runs >= 0.4


def test_first_deaths_are_first_and_contested() -> None:
    counts, deaths = np.ones((120, 2)), np.zeros((120, 2))
    for week in (10, 40, 44, 80, 100):  # 10: too early to know; 44 and 100: not the first
        deaths[week, 0] = 3
    counts[41:45, 0] = 4
    found = weeks.weeks_after_deaths(given(counts, deaths))
    assert found.estimate is None  # two first deaths are too few
    deaths[60, 1] = deaths[95, 1] = 1
    found = weeks.weeks_after_deaths(given(counts, deaths))
    assert found.numbers["events"] == 4
    assert found.numbers["after"] == 16 + 3 * 4


@pytest.mark.parametrize("effect", [0.5, 1.0, 2.0])
def test_before_and_after_covers_a_planted_effect(effect: float) -> None:
    rng, covered, found = np.random.default_rng(3), 0, 0
    runs = 3000
    for _ in range(runs):
        mu = rates(rng).sum(axis=1)
        at = int(rng.integers(60, 350))
        mu[at : at + 12] *= effect
        ratio, placebo, _, _ = dates.placebo_ratios(rng.poisson(mu * rng.gamma(3, 1 / 3, mu.shape)).astype(float), at, 12, 12, 3.0)
        low, high, p = by_null(ratio, placebo)
        covered += low <= effect <= high
        found += p < 0.1
    assert covered / runs >= 0.88  # nominal 0.90
    if effect == 1:
        assert found / runs <= 0.12


def test_before_and_after_counts_what_the_record_covers() -> None:
    counts = np.ones((200, 2))
    counts[150:] = 3
    told = dates.before_and_after(given(counts), day=date(2016, 1, 2) + timedelta(weeks=150), weeks=12)
    assert told.numbers["before"] == 24
    assert told.numbers["after"] == 72
    assert told.estimate == pytest.approx(3, rel=0.02)
    late = dates.before_and_after(given(counts), day=date(2016, 1, 2) + timedelta(weeks=195), weeks=12)
    assert late.numbers["weeks_after"] == 5
    assert "too early" in late.words
    assert dates.before_and_after(given(counts), day=date(2014, 2, 1)).estimate is None  # before the record
    with pytest.raises(InputError, match="outside the period of the case"):
        dates.before_and_after(given(counts), day=date(2010, 1, 1))
    with pytest.raises(InputError, match="-3 weeks are none"):
        dates.before_and_after(given(counts), day=date(2018, 1, 1), weeks=-3)


def test_quiet_spells() -> None:
    counts = np.zeros((60, 12))
    counts[5], counts[30, :9], counts[40, :10] = 1, 1, 1
    assert dates.days_of_quiet(counts, [7 * k - 36 for k in range(60)], 10) == (244, True)
    assert dates.days_of_quiet(counts[:35], [7 * k - 36 for k in range(35)], 10) == (209, False)
    assert dates.days_of_quiet(counts, [7 * k + 1 for k in range(60)], 10) == (None, False)
    crackdown = date(2016, 1, 2) + timedelta(days=36)
    told = dates.quiet_spells(given(counts), earlier=488.0, after=crackdown)
    assert told.estimate == 2
    assert (told.low, told.high) == pytest.approx((2 / 19, 38))
    assert dates.quiet_spells(given(counts[:35]), earlier=488.0, after=crackdown).low == 0


def test_two_exponential_spells_are_known_to_a_factor_of_nineteen() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.exponential(3.0, 20000), rng.exponential(1.0, 20000)
    assert float(((a / b / 19 <= 3) & (a / b * 19 >= 3)).mean()) == pytest.approx(0.9, abs=0.01)


def test_onsets_are_bounded_by_the_first_week_and_the_first_two() -> None:
    start = next(one for one in IRAN.uprisings if one.id == "2019").start
    counts = np.zeros((6, 10))
    counts[0, 0], counts[1, 1:6], counts[2, 6:8] = 1, 1, 1
    assert onsets.early(counts) == (1, 6, 8)
    told = onsets.onsets_together(given(counts, start=start - timedelta(days=6)), uprisings=["2019"])
    assert told.numbers["of"] == 6  # the third week begins after the uprising's end
    with pytest.raises(InputError, match="no uprising '2091'"):
        onsets.onsets_together(given(counts), uprisings=["2091"])


def test_wrong_options_and_missing_records_are_told() -> None:
    counts = np.ones((60, 2))
    for wrong in ("yesterday IR-00", "2016-05-01", "2016-05-01 IR-99"):
        with pytest.raises(InputError):
            weeks.weeks_after_dates(given(counts), events=[wrong])
    with pytest.raises(InputError, match="weeks 5 to 4"):
        weeks.weeks_after_deaths(given(counts), first=5, last=4)
    nothing = Given(IRAN)
    asked = (
        weeks.weeks_after_dates(nothing, events=["2022-12-08 IR-23"]),
        weeks.weeks_after_deaths(nothing),
        dates.before_and_after(nothing, day=date(2022, 1, 1)),
        dates.quiet_spells(nothing, earlier=10.0, after=date(2019, 11, 21)),
        onsets.onsets_together(nothing, uprisings=["2019"]),
    )
    for told in asked:
        assert isinstance(told, Finding)
        assert told.estimate is None
        assert "record" in told.needs


def test_the_same_seed_gives_the_same_bounds() -> None:
    counts = np.random.default_rng(5).poisson(2.0, (200, 3)).astype(float)
    days = [f"{date(2016, 1, 2) + timedelta(weeks=k)} {IDS[0]}" for k in (40, 80, 120, 160)]
    one, other = (weeks.weeks_after_dates(given(counts), events=days) for _ in range(2))
    assert (one.low, one.high, one.p) == (other.low, other.high, other.p)
