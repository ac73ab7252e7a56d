"""Each measure of a run against a run whose numbers are known."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from groundswell.claims.measures import MEASURES, check_options, find
from groundswell.core.errors import InputError
from groundswell.society import SOURCES, TACTICS

DAYS = np.arange(44_000, 44_028)


class Made:
    """A run of 28 days and three provinces that holds what it is given."""

    def __init__(self, **series: Any) -> None:
        self.days = DAYS
        self.series = {name: np.broadcast_to(np.asarray(values, float).reshape(28, -1), (28, 3)) for name, values in series.items()}
        self.journals: dict[str, Any] = {}
        self.places = SimpleNamespace(provinces=[SimpleNamespace(id=f"P{k}") for k in range(3)])

    def national(self, name: str) -> np.ndarray:
        return self.series[name][:, 0]


def measured(run: Made, of: str, first: int = 0, last: int = 27, **options: Any) -> float:
    measure = find(of)
    return measure.of(run, slice(first, last + 1), check_options(measure, options))  # type: ignore[arg-type]


def happened(run: Made, *rows: tuple[int, int, int, int, int, int, int]) -> Made:
    """Rows of day (from 0), kind, stream, province, violent, response, tactic."""
    table = np.array(rows).reshape(-1, 7)
    names = ("day", "kind", "stream", "province", "violent", "response", "tactic")
    run.journals["events"] = {name: table[:, k] + (DAYS[0] if name == "day" else 0) for k, name in enumerate(names)}
    run.journals["events"]["deaths"] = np.zeros(len(table), int)
    return run


RAMP = np.arange(28.0)


def test_contested_gatherings_are_those_of_the_regime_s_opponents_that_were_answered_or_violent() -> None:
    rows = [(0, 0, 0, 0, 1, 0, 0), (1, 0, 0, 1, 0, 2, 0), (2, 0, 0, 1, 0, 0, 0), (3, 0, 1, 1, 1, 0, 0), (4, 1, 0, 1, 0, 1, 0)]
    run = happened(Made(), *rows)
    assert measured(run, "contested") == 2 / 4  # a week
    assert measured(run, "contested", 1, 7) == 1


def test_wide_unrest_begins_with_the_first_week_in_which_enough_provinces_have_a_contested_gathering() -> None:
    run = happened(Made(), (1, 0, 0, 0, 1, 0, 0), (9, 0, 0, 0, 1, 0, 0), (12, 0, 0, 2, 1, 0, 0), (20, 0, 0, 1, 1, 0, 0))
    assert measured(run, "days_to_wide_unrest", provinces=1) == 0
    assert measured(run, "days_to_wide_unrest", provinces=2) == 7
    assert measured(run, "days_to_wide_unrest", provinces=3) == 28  # it never came
    assert measured(run, "onset_spread") == np.quantile([1, 12, 20], 0.75) - np.quantile([1, 12, 20], 0.25)


def test_acts_are_counted_by_tactic() -> None:
    run = happened(Made(), (1, 1, 0, 0, 0, 0, 0), (2, 1, 0, 0, 0, 0, 3), (3, 0, 0, 0, 0, 0, 3))
    assert measured(run, "acts_of") == 2
    assert measured(run, "acts_of", tactic=TACTICS[3]) == 1


def test_reports_are_those_of_one_source() -> None:
    run = Made()
    columns = {"event_day": [0, 1, 2, 3], "source": [0, 1, 0, 0], "kind": [0, 0, 0, 1], "sub_event": [1, 1, 0, 4], "tactic": [0, 0, 0, 2]}
    run.journals["record"] = {name: np.array(values) + (DAYS[0] if name == "event_day" else 0) for name, values in columns.items()}
    assert measured(run, "contested_reported") == 1 / 4
    assert measured(run, "contested_reported", source=SOURCES[1]) == 1 / 4
    assert measured(run, "acts_reported") == 1
    assert measured(run, "acts_reported", tactic=TACTICS[1]) == 0


def test_fear_after_the_first_killing_is_not_defined_where_nobody_is_killed() -> None:
    killed = np.zeros(28)
    assert math.isnan(measured(Made(killed=killed, fear_mean=RAMP), "fear_after_killing"))
    killed[4] = 1
    assert measured(Made(killed=killed, fear_mean=RAMP), "fear_after_killing", window=3) == np.mean([5, 6, 7])


def test_growth_of_units_is_that_of_a_year() -> None:
    units = 100 * 1.2 ** (RAMP / 365.25)
    assert measured(Made(units_live=units), "units_growth") == pytest.approx(0.2)
    assert math.isnan(measured(Made(units_live=np.zeros(28)), "units_growth"))


def test_yes_and_no_are_one_and_zero() -> None:
    units = np.where(RAMP < 10, 3.0, 0.0)
    run = Made(units_live=units, fallen=RAMP > 20, movement_over=np.zeros(28))
    assert (measured(run, "extinct"), measured(run, "extinct", 0, 5)) == (1, 0)
    assert (measured(run, "fallen"), measured(run, "fallen", 0, 20), measured(run, "movement_ended")) == (1, 0, 0)


def test_rates_are_not_defined_without_what_they_are_a_rate_of() -> None:
    run = Made(arrests=np.full(28, 4.0), rolled_up=np.ones(28), acted=np.ones(28), members_now=np.full(28, 10.0))
    assert measured(run, "given_away_per_arrest") == 0.25
    assert measured(run, "acts_per_member_year") == pytest.approx(36.525)
    none = Made(arrests=np.zeros(28), rolled_up=np.zeros(28), acted=np.zeros(28), members_now=np.zeros(28))
    assert math.isnan(measured(none, "given_away_per_arrest"))
    assert math.isnan(measured(none, "acts_per_member_year"))


def test_provinces_with_a_unit_on_every_day_are_counted_and_not_named() -> None:
    units = np.ones((28, 3))
    units[5, 1] = 0
    run = Made()
    run.series["units_live"] = units
    assert measured(run, "provinces_with_units") == 2
    assert measured(run, "provinces_with_units", 6, 27) == 3


def test_frames_are_those_of_people_who_hold_one() -> None:
    run = Made(frame_1=np.full(28, 0.2), frame_2=np.full(28, 0.2), frame_3=np.zeros(28))
    assert measured(run, "frames_effective") == pytest.approx(2)
    assert measured(run, "frame_share", frame=2) == pytest.approx(0.5)


def test_abstention_is_of_the_days_on_which_votes_are_held_and_of_a_province_where_one_is_named() -> None:
    run = Made()
    run.series["eligible"], run.series["voted"] = np.zeros((28, 3)), np.zeros((28, 3))
    assert math.isnan(measured(run, "abstention"))
    run.series["eligible"][9], run.series["voted"][9] = [100, 100, 200], [40, 80, 200]
    assert measured(run, "abstention") == pytest.approx(0.2)
    assert measured(run, "abstention", place="P0") == pytest.approx(0.6)
    with pytest.raises(InputError, match="P0"):
        measured(run, "abstention", place="P00")


def test_series_that_all_runs_have_are_measures_by_their_names() -> None:
    run = Made(turnout=RAMP)
    assert measured(run, "turnout") == 13.5
    assert measured(run, "turnout_highest", 0, 9) == 9
    assert measured(run, "series", name="turnout", how="last") == 27


def test_options_and_needs_are_checked_with_the_nearest_word() -> None:
    with pytest.raises(InputError, match="display"):
        check_options(find("acts_of"), {"tactic": "dispaly"})
    with pytest.raises(InputError, match="provinces"):
        check_options(find("days_to_wide_unrest"), {"province": 3})
    with pytest.raises(InputError, match="a whole number"):
        check_options(find("days_to_wide_unrest"), {"provinces": "ten"})
    with pytest.raises(InputError, match="does not record"):
        measured(Made(), "contested")
    with pytest.raises(InputError, match="units_growth"):
        find("unit_growth")


def test_every_measure_says_what_it_is() -> None:
    assert all(one.meaning.endswith(".") and one.unit and name == one.name for name, one in MEASURES.items())
