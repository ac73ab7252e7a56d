"""Axes, lines, bars and classes, as they are drawn."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest

from groundswell.core.draws import day_number
from groundswell.report.axes import bursty, root_ticks, round_ticks, tick_labels
from groundswell.report.figures import SHADES, class_of, classes, draw, spread
from groundswell.report.panels import Curve, Panel, Picture, Shade, Yearly


def texts(drawn: str) -> list[str]:
    """What is written in a drawing."""
    return [element.text or "" for element in ElementTree.fromstring(drawn).iter("text")]


@pytest.mark.parametrize("length", [1, 5, 40, 62, 63, 200, 365, 800, 2000, 4400, 20000])
def test_dates_on_an_axis(length: int) -> None:
    x = np.arange(2.0)
    for start in (date(2016, 1, 1), date(2019, 12, 31), date(2020, 2, 29)):
        first = day_number(start)
        picture = Picture("k", "t", "", (Panel("Fear", "persons", (Curve(x + first, x),)),), period=(first, first + length - 1))
        words = [word for word in texts(draw(picture)) if word not in ("Fear", "persons", "0", "1")]
        assert 1 <= len(words) <= 10
        assert any(str(year) in word for word in words for year in range(start.year, start.year + length // 365 + 2))


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
    x = np.arange(100.0)
    assert any("√ axis" in word for word in texts(draw(Picture("k", "t", "", (Panel("p", "events", (Curve(x, wild),)),), period=(0, 99)))))
    assert not any("√" in word for word in texts(draw(Picture("k", "t", "", (Panel("p", "events", (Curve(x, calm),)),), period=(0, 99)))))


def test_a_line_breaks_where_nothing_is_known() -> None:
    x = np.arange(20.0)
    y = np.where((x > 5) & (x < 12), np.nan, x)
    drawn = draw(Picture("k", "t", "", (Panel("p", "1", (Curve(x, y),)),), period=(0, 19)))
    (line,) = re.findall(r'<path d="([^"]*)"[^>]*stroke: var\(--curve-1\)', drawn)
    assert line.count("M") == 2
    assert "nan" not in line


def test_lines_differ_without_colour_and_stand_over_their_bands() -> None:
    x = np.arange(30.0)
    curves = tuple(Curve(x, x + k, f"line {k}", low=x, high=x + 2 * k + 1) for k in range(5))
    drawn = draw(Picture("k", "t", "", (Panel("p", "1", curves),), period=(0, 29)))
    dashes = re.findall(r'style="([^"]*stroke: var\(--(?:curve-[1-4]|ink)\)[^"]*)"', drawn)
    assert len({re.sub(r"stroke: [^;]*;?", "", style) for style in dashes if "dasharray" in style}) == 3
    for name in ("curve-1", "curve-2", "curve-3", "curve-4", "ink"):
        assert re.search(rf"fill: var\(--{name}\)[^\"]*opacity: 0.2", drawn)
    assert {f"line {k}" for k in range(5)} <= set(texts(drawn))


def test_a_drawing_is_the_same_whatever_the_reader_set_for_matplotlib() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    x = np.arange(30.0)
    picture = Picture("k", "t", "", (Panel("p", "1", (Curve(x, x),)),), period=(0, 29))
    plain = draw(picture)
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "path"}):
        assert draw(picture) == plain
        assert matplotlib.rcParams["font.size"] == 30
    assert draw(picture) == plain


def test_hostile_names_stay_text() -> None:
    x = np.arange(3.0)
    drawn = draw(Picture("k", "t", "", (Panel('<b>"$x$" --> &', "<i>", (Curve(x, x, "<u>"), Curve(x, x, "_v"))),), period=(0, 2)))
    assert {'<b>"$x$" --> &', "<i>", "<u>", "_v"} <= set(texts(drawn))
    assert "<b>" not in drawn


def test_a_drawing_may_stand_alone() -> None:
    x = np.arange(3.0)
    drawn = draw(Picture("k", "t", "", (Panel("p", "1", (Curve(x, x),)),), period=(0, 2)), above="Above & over", below="Below")
    assert {"Above & over", "Below"} <= set(texts(drawn))


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
    drawn = draw(dataclasses.replace(picture, period=(0, 1000)))
    (found,) = re.findall(r'<path d="M([\d.]+) [\d.]+L([\d.]+) [^"]*"[^>]*clip-path[^>]*fill: var\(--shade\)', drawn)
    assert float(found[0]) == pytest.approx(37 + 0.5 * (370 - 10 - 37), abs=0.1)
    assert float(found[1]) - float(found[0]) == pytest.approx(1.2, abs=0.11)
    assert "days" in texts(drawn)


def test_years_have_bars_for_what_is_real_and_points_for_what_is_simulated() -> None:
    nan = float("nan")
    one = Yearly("Demonstrations", "a year", (2020, 2021, 2022), np.array([10, 20, nan]), np.array([nan, 15, 30]), ("real", "simulated"))
    drawn = draw(Picture("k", "t", "", yearly=(one,)))
    assert drawn.count("fill: var(--bar)") == 3  # one of them in the legend
    assert len(re.findall(r"<use [^>]*fill: var\(--curve-2\)", drawn)) == 3
    assert {"real", "simulated", "2020", "2022"} <= set(texts(drawn))
    assert "2021 20" in Picture("k", "t", "", yearly=(one,)).alt


def test_words_for_those_who_do_not_see_it() -> None:
    x = np.array([day_number(date(2021, 1, 1)) + 0.0, day_number(date(2021, 1, 8))])
    panel = Panel("Fear", "0 to 1", (Curve(x, np.array([0.1, 0.3]), "north"), Curve(x, np.array([np.nan, np.nan]), "south")))
    assert Picture("k", "Minds", "", (panel,)).alt == (
        "Minds. Fear, north: from 0.1 to 0.3 0 to 1, mean 0.2, highest 0.3 about 2021-01-08."
    )
