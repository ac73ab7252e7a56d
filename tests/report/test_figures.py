"""Axes, paths and classes by hand."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest

from groundswell.core.draws import day_date, day_number
from groundswell.report import svg
from groundswell.report.axes import Scale, bursty, dates, root_ticks, round_ticks, tick_labels
from groundswell.report.figures import SHADES, body, class_of, classes, spread
from groundswell.report.panels import Curve, Panel, Picture, Shade, Yearly


@pytest.mark.parametrize("length", [1, 5, 40, 62, 63, 200, 365, 800, 2000, 4400, 20000])
def test_dates_on_an_axis(length: int) -> None:
    for start in (date(2016, 1, 1), date(2019, 12, 31), date(2020, 2, 29)):
        first = day_number(start)
        ticks, labels = dates(first, first + length - 1)
        assert 1 <= len(ticks) <= 8
        assert len(ticks) == len(labels) == len(set(ticks))
        assert all(first <= t <= first + length - 1 for t in ticks)
        assert str(day_date(ticks[0]).year) in labels[0]


def test_ticks_are_round_and_hold_zero() -> None:
    assert round_ticks(0, 9.3) == [0, 2, 4, 6, 8]
    assert round_ticks(-0.3, 0.11) == pytest.approx([-0.3, -0.2, -0.1, 0.0, 0.1])
    assert round_ticks(0, 2.2, whole=True) == [0, 1, 2]
    assert root_ticks(100) == [0, 5, 20, 50, 100]
    assert all(t == int(t) for t in root_ticks(7, whole=True))
    assert tick_labels([0.0, 50_000.0, 100_000.0]) == ["0", "50k", "100k"]
    assert tick_labels([-1500.0, 0.0]) == ["\u22121,500", "0"]
    assert tick_labels([0.0, 2e6]) == ["0", "2M"]


def test_an_axis_of_square_roots_stands_where_few_values_are_high() -> None:
    calm, wild = np.ones(100), np.ones(100)
    wild[3] = 500
    assert not bursty(calm)
    assert bursty(wild)
    assert not bursty(-wild)
    up = Scale(0, 100, 200, 100, root=True)
    assert up(25.0) == 150
    assert Scale(0, 100, 200, 100)(25.0) == 175


def test_a_path_has_small_steps_and_leaves_out_what_is_level() -> None:
    assert svg.trace(np.array([0.0, 1, 2, 3, 4]), np.array([5.0, 5, 5, 5, 6.25])) == "M0 5l3 0 1 1.2"
    assert svg.trace(np.array([0.0, 1, 2, 3]), np.array([1.0, np.nan, 2, 2.5])) == "M0 1h.1M2 2l1 .5"
    assert svg.between(np.array([0.0, 1]), np.array([0.0, 0]), np.array([2.0, 3])) == "M0 2l1 1 0 -3 -1 0z"
    assert svg.trace(np.array([]), np.array([])) == ""
    assert svg.n(12.04) == "12"
    assert svg.n(-0.51) == "-.5"


def test_a_path_ends_where_it_should() -> None:
    """Rounded steps do not add up to a drift."""
    rng = np.random.default_rng(1)
    x, y = np.cumsum(rng.random(700)), rng.random(700) * 90
    at = np.zeros(2)
    data = svg.trace(x, y)
    at += [float(v) for v in data[1 : data.index("l")].split()]
    steps = np.array([float(v) for v in re.findall(r"-?[\d.]+", data[data.index("l") :])]).reshape(-1, 2)
    at += steps.sum(axis=0)
    assert at == pytest.approx([x[-1], y[-1]], abs=0.051)


def test_classes_begin_above_nothing_and_end_at_or_above_the_highest() -> None:
    values = np.array([0.0, 0.4, 3, 7, 15, 99, np.nan])
    ends = classes(values, whole=False)
    assert ends[0] == 0
    assert ends == sorted(set(ends))
    assert len(ends) <= SHADES + 1
    assert ends[-1] >= 99
    found = class_of(values, ends)
    assert found[0] == 0
    assert found[-1] == -1
    assert found[1] >= 1
    assert found[-2] == len(ends) - 1
    assert class_of(np.array([ends[2]]), ends)[0] == 2  # an end belongs below it
    assert classes(np.zeros(3)) == [0.0, 1.0]
    assert [spread(k, 2) for k in range(3)] == [0, 1, SHADES]
    assert spread(1, 1) == SHADES


def test_shaded_days_lie_where_they_should_and_never_vanish() -> None:
    x = np.arange(0.0, 1000)
    picture = Picture("k", "t", "", (Panel("p", "events", (Curve(x, x),), shades=(Shade(500, 500), Shade(2000, 2001)), shaded="days"),))
    content = body(Picture(**{**picture.__dict__, "period": (0, 1000)}))[0]
    (found,) = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*class="shade"/>(?!<text)', content)
    assert float(found[0]) == pytest.approx(37 + 0.5 * (370 - 6 - 37), abs=0.1)
    assert float(found[1]) == pytest.approx(1.2)
    assert ">days<" in content


def test_years_have_bars_for_what_is_real_and_points_for_what_is_simulated() -> None:
    nan = float("nan")
    one = Yearly("Demonstrations", "a year", (2020, 2021, 2022), np.array([10, 20, nan]), np.array([nan, 15, 30]), ("real", "simulated"))
    content = body(Picture("k", "t", "", yearly=(one,)))[0]
    assert content.count('class="bar"') == 3  # one of them in the legend
    assert content.count("<circle") == 3
    assert "2021 20" in Picture("k", "t", "", yearly=(one,)).alt


def test_words_for_those_who_do_not_see_it() -> None:
    x = np.array([day_number(date(2021, 1, 1)) + 0.0, day_number(date(2021, 1, 8))])
    panel = Panel("Fear", "0 to 1", (Curve(x, np.array([0.1, 0.3]), "north"), Curve(x, np.array([np.nan, np.nan]), "south")))
    assert Picture("k", "Minds", "", (panel,)).alt == (
        "Minds. Fear, north: from 0.1 to 0.3 0 to 1, mean 0.2, highest 0.3 about 2021-01-08."
    )
