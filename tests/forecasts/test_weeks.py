"""Classes of weeks and onsets, from training weeks alone; and the calendar."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tests.forecasts import worlds

from groundswell import cases
from groundswell.core.draws import day_date, day_number
from groundswell.core.errors import InputError
from groundswell.forecasts import calendars, weeks
from groundswell.forecasts.calendars import Calendar, Span, calendar_of, islamic
from groundswell.forecasts.rolling import rolling
from groundswell.forecasts.sampling import Sampler, gammas, poissons, rounded
from groundswell.forecasts.streams import ALL, COUNT, RECENT


def first_days(calendar: Calendar, group: str) -> list[date]:
    return sorted(day_date(span.first) for span in calendar.spans if span.group == group)


def test_a_burst_begins_with_an_onset_and_goes_on_as_an_uprising() -> None:
    contested = np.zeros((60, 2), np.int64)
    contested[40:44, 0] = 30
    contested[46, 1] = 30  # two weeks after: the same uprising
    contested[52, 0] = 30  # five weeks after: a new one
    counts = worlds.counts_of(contested * 3, contested)
    found = weeks.rules(counts, "total", 40)
    assert found.uprising == weeks.LEAST_UPRISING
    assert np.flatnonzero(weeks.classes(counts, found) == weeks.ONSET).tolist() == [40, 52]
    assert np.flatnonzero(weeks.classes(counts, found) == weeks.UPRISING).tolist() == [41, 42, 43, 46]


def test_the_levels_are_those_of_training_weeks() -> None:
    total = np.tile(np.arange(100)[:, None], (1, 2))
    counts = worlds.counts_of(total, total)
    found = weeks.rules(counts, "total", 80)
    assert found.onset.tolist() == [76, 76, 152]
    assert found.uprising == 152
    later = dataclasses.replace(counts, total=np.where(np.arange(100)[:, None] < 80, total, 10_000))
    assert np.array_equal(weeks.rules(later, "total", 80).onset, found.onset)


def test_a_harmonic_of_a_year_and_shares_of_days() -> None:
    calendar = Calendar(("feast",), (Span("feast", 1003, 7),))
    found = calendar.features([996, 1003, 1006, 1010])
    assert found[:, -1] == pytest.approx([0, 1, 4 / 7, 0])
    assert len(calendar.names) == found.shape[1] == 5
    assert np.hypot(found[:, 0], found[:, 1]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("year", "month", "day", "when"),
    [(1438, 9, 1, date(2017, 5, 27)), (1444, 9, 1, date(2023, 3, 23)), (1443, 1, 10, date(2021, 8, 19)), (1445, 1, 10, date(2023, 7, 28))],
)
def test_the_islamic_calendar_is_right_within_a_day(year: int, month: int, day: int, when: date) -> None:
    assert abs((day_date(islamic(year, month, day)) - when).days) <= 1


def test_iran_knows_its_new_year_and_its_votes_but_no_shock() -> None:
    calendar = calendar_of(cases.load("iran"))
    assert date(2021, 3, 20) in first_days(calendar, "new year")
    assert date(2021, 6, 18) - first_days(calendar, calendars.ELECTION)[3] == date(2021, 6, 18) - date(2021, 6, 4)
    known = {day.year for day in first_days(calendar, calendars.COMMEMORATION)}
    assert known == set(range(2014, 2029))
    for shock in (date(2017, 12, 28), date(2019, 11, 15), date(2022, 9, 16)):
        assert not any(span.first == day_number(shock) for span in calendar.spans)


def test_an_election_that_was_called_early_is_known_from_then_on() -> None:
    """The votes of June and July 2024 followed a death in May; the second, the outcome of the first."""
    calendar, vote = calendar_of(cases.load("iran")), calendars.ELECTION
    june, july = date(2024, 6, 14), date(2024, 6, 21)
    for day, known in (
        (date(2024, 5, 19), ()),
        (date(2024, 5, 20), (june,)),
        (date(2024, 6, 28), (june,)),
        (date(2024, 6, 29), (june, july)),
    ):
        told = first_days(calendar.at(day_number(day)), vote)
        assert tuple(one for one in told if one > date(2024, 4, 1)) == known
        assert date(2024, 2, 16) in told, "the regular calendar"
        assert calendar.at(day_number(day)).names == calendar.names


def test_no_forecast_knows_of_a_feast_before_it_was_called(tmp_path: Path) -> None:
    record = worlds.counts_of(worlds.autoregression(130, 3, seed=1))
    ahead = Span("feast", worlds.FIRST + 7 * 122, 7, known=worlds.FIRST + 7 * 121)  # called in the week before
    made = {}
    for name, calendar in (
        ("with", dataclasses.replace(worlds.CALENDAR, spans=(*worlds.CALENDAR.spans, ahead))),
        ("without", worlds.CALENDAR),
    ):
        how = {"names": ["last 13 weeks", "last value", "seasonal mean"], "draws": 60, "workers": 1}
        made[name] = rolling(tmp_path / name, record, calendar, "total", [119, 120, 121, 122], **how)[1]
    assert np.array_equal(made["with"][:3], made["without"][:3])
    assert not np.array_equal(made["with"][3], made["without"][3])


def test_a_commemoration_is_known_only_after_what_it_commemorates() -> None:
    assert not any(day == date(2019, 11, 15) for day in first_days(calendar_of(cases.load("iran")), calendars.COMMEMORATION))


@pytest.mark.parametrize(
    ("row", "problem"),
    [("a,A,g,lunar,1,1,1,s", "lunar"), ("a,A,g,islamic,13,1,1,s", "13"), ("a,A,g,gregorian,1,1,1,s\na,B,g,gregorian,1,1,1,s", "twice")],
)
def test_a_wrong_calendar_is_refused_with_its_line(tmp_path: Path, row: str, problem: str) -> None:
    path = tmp_path / calendars.FILE
    path.write_text(f"{','.join(calendars.COLUMNS)}\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        list(calendars._holidays(path, range(2020, 2022)))


def test_streams_are_in_their_range_and_differ() -> None:
    numbers = [stream.number for stream in ALL]
    assert len(set(numbers)) == len(numbers)
    assert all(5700 <= number < 5800 for number in numbers)


def test_poisson_and_gamma_draws_have_their_moments() -> None:
    sampler = Sampler(1, 40_000, 20_000, 1)
    u = sampler.by_draw(COUNT)
    for mean in (0.05, 3.0, 60.0, 900.0):
        made = poissons(np.full(20_000, mean), u)
        assert made.mean() == pytest.approx(mean, rel=0.03)
        assert made.var() == pytest.approx(mean, rel=0.05)
    assert poissons(np.array([0.0, 2.0]), np.array([0.999, 0.0])).tolist() == [0, 0]
    spread = gammas(2.0, u)
    assert (spread.mean(), spread.var()) == pytest.approx((1.0, 0.5), rel=0.05)
    assert rounded(np.full(20_000, 2.25), u).mean() == pytest.approx(2.25, abs=0.02)


def test_poisson_draws_are_the_quantiles() -> None:
    from scipy.stats import poisson

    u = (np.arange(999) + 0.5) / 999
    for mean in (0.4, 7.0, 150.0):
        assert np.array_equal(poissons(np.full(999, mean), u), poisson.ppf(u, mean))
    assert np.abs(poissons(np.full(999, 400.0), u) - poisson.ppf(u, 400.0)).max() <= 1


def test_choices_follow_their_weights_evenly() -> None:
    sampler = Sampler(3, 40_000, 1000, 1)
    assert np.bincount(sampler.choice(RECENT, np.array([1.0, 3.0])), minlength=2) == pytest.approx([250, 750], abs=1)
    assert not np.array_equal(sampler.choice(RECENT, np.ones(50), 0), sampler.choice(RECENT, np.ones(50), 1))
