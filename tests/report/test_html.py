"""The page: one file, nothing from outside, every text escaped, the same bytes for the same run, nothing too fine."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from groundswell.core.draws import day_date, day_number
from groundswell.core.mechanism import Model
from groundswell.core.run import Run
from groundswell.report.figures import STYLE, dates
from groundswell.report.html import page, write_report
from groundswell.report.panels import pictures

FakeRun = Callable[..., Run]
CASE: Any = SimpleNamespace(
    name="A <script>alert(1)</script> land",
    real=True,
    summary="Sum & mary.",
    level="province",
    interval="week",
    citations=(SimpleNamespace(key="k", text="Someone, <i>Census</i>", url="https://example.org/?a&b", reason="figures"),),
)


@pytest.fixture(scope="module")
def run(fake_run: FakeRun) -> Run:
    return fake_run(days=120, provinces=4)


@pytest.fixture(scope="module")
def text(run: Run) -> str:
    return page(run, CASE)


class Tags(HTMLParser):
    """Collects tags, attributes and ids; checks that elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_one_file_that_asks_for_nothing(text: str) -> None:
    tags = Tags(text)
    assert not tags.open
    assert not {tag for tag, _ in tags.tags} & {"script", "link", "iframe", "object", "embed", "img", "base", "form", "a"}
    for tag, attributes in tags.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href", "action", "data"):
                assert (value or "").startswith(("#", "data:image/png;base64,")), (tag, name)
    assert not re.search(r"url\((?!#)|@import", text)
    assert "default-src 'none'" in text
    assert len(text.encode()) < 2_000_000


def test_every_text_is_escaped(text: str) -> None:
    assert "<script>" not in text
    assert "<b>Pro" not in text
    assert "<i>" not in text
    words = "".join(Tags(text).words)
    assert "A <script>alert(1)</script> land" in words
    assert "<b>Pro&vince</b> 02" in words
    assert "Someone, <i>Census</i>" in words


def test_ids_are_unique_and_found(text: str) -> None:
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(|href=")#([\w.-]+)', text)) <= set(ids)


def test_what_the_header_says(text: str, run: Run) -> None:
    for words in (
        "2021-01-01 to 2021-04-30, 120 days",
        "Synthetic and uncalibrated",
        "1 row stands for 10 persons",
        run.state_hash,
        "groundswell 0.1.0",
    ):
        assert words in text
    assert "real country, synthetic people" in text


def test_figures_have_words_titles_and_units(text: str, run: Run) -> None:
    drawn, missing = pictures(run)
    assert not missing
    figures = [attributes for tag, attributes in Tags(text).tags if tag == "svg"]
    assert len(figures) == len(drawn) == 7
    for attributes, picture in zip(figures, drawn, strict=True):
        assert attributes["role"] == "img"
        assert attributes["aria-label"] == picture.alt
        assert len(picture.alt) > 40
        assert all(panel.unit and panel.title for panel in picture.panels)
    for svg in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        ElementTree.fromstring(svg)
        assert "currentColor" in svg
        assert "metadata" not in svg


def test_parameters_and_schedule(text: str, run: Run) -> None:
    for key in run.parameters:
        assert f'class="key">{key.partition(".")[2]}</th>' in text
    assert text.count(">changed<") == 1
    assert "0.0123" in text
    few = sum(about.source.startswith("assumed") for about in run.parameters.values())
    assert f"{few} of {len(run.parameters)} parameters rest on an assumption" in text
    for number, phase in enumerate(run.model.schedule, 1):
        assert f"{number}. {phase.name}<" in text
    assert "fear.decay = 0.1" in text


def test_nothing_finer_than_the_province_and_no_units_by_place(text: str, run: Run) -> None:
    assert not [city.name for city in run.places.cities if city.name in text]
    for name in ("units_live", "units_asleep", "members_now"):
        values = run.series[name]
        for k in range(values.shape[1]):
            values[:, k] += 987_000 + k  # a number that would be noticed
    try:
        numbers = "".join(Tags(page(run, CASE)).words)
        assert not re.search(r"98[78],\d{3}", numbers)
    finally:
        for name in ("units_live", "units_asleep", "members_now"):
            run.series[name][:] -= 987_000 + np.arange(run.series[name].shape[1])


def test_the_same_run_gives_the_same_bytes_in_another_process(fake_run: FakeRun, tmp_path: Path) -> None:
    script = (
        f"import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}]\n"
        "from pathlib import Path; from conftest import make_run; from groundswell.report.html import write_report\n"
        f"write_report(make_run(days=30, provinces=2), Path({str(tmp_path / 'other.html')!r}))\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", script], check=True, env={"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PYTHONHASHSEED": "9"}
    )
    write_report(fake_run(days=30, provinces=2), tmp_path / "one.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_drawing_leaves_no_trace_in_matplotlib(run: Run) -> None:
    import matplotlib

    before = {name: matplotlib.rcParams[name] for name in STYLE}
    page(run, None)
    assert {name: matplotlib.rcParams[name] for name in STYLE} == before


def test_figures_whose_series_are_absent_are_left_out_and_said_so(fake_run: FakeRun) -> None:
    text = page(fake_run(days=30, without=("fear_mean", "rolled_up"), record=False), None)
    assert text.count("<svg") == 3
    assert "Fear and loyalty: the run has no fear_mean." in text
    assert "Units and roll-ups: the run has no rolled_up." in text
    assert "What happened and what was reported: the run has no record." in text


@pytest.mark.parametrize("days", [1, 2, 8, 15])
def test_short_runs(fake_run: FakeRun, days: int) -> None:
    assert "<svg" in page(fake_run(days=days, provinces=1), None)


def test_nothing_ever_happens(fake_run: FakeRun) -> None:
    run = fake_run(days=30)
    empty = {name: np.zeros_like(values) for name, values in run.series.items()}
    record = {name: values[:0] for name, values in run.journals["record"].items()}
    text = page(dataclasses.replace(run, series=empty, journals={"record": record}), None)
    assert text.count("<svg") == 7
    assert "nan" not in "".join(Tags(text).words).replace("finance", "")


def test_another_model_shows_its_own_series(fake_run: FakeRun) -> None:
    run = fake_run(days=30)
    other = Model("other", run.model.schedule[-1:], "Counts only.")
    series = {"loyalty": run.series["loyalty"], "dead_now": run.series["dead_now"]}
    text = page(dataclasses.replace(run, model=other, series=series, journals={}), None)
    assert text.count("<svg") == 1
    assert "Persons killed or executed since the start" in text


def test_dollar_signs_are_no_mathematics(fake_run: FakeRun) -> None:
    run = fake_run(days=30, provinces=2)
    provinces = tuple(dataclasses.replace(p, name=rf"$\frac{p.code}") for p in run.places.provinces)
    assert "frac" in page(dataclasses.replace(run, places=dataclasses.replace(run.places, provinces=provinces)), None)


def test_letters_that_the_drawing_font_lacks_are_left_to_the_readers(fake_run: FakeRun) -> None:
    run = fake_run(days=30, provinces=2)  # a warning would be an error here
    provinces = tuple(dataclasses.replace(p, name=f"\u5317\u4eac {p.code}") for p in run.places.provinces)
    assert "\u5317\u4eac" in page(dataclasses.replace(run, places=dataclasses.replace(run.places, provinces=provinces)), None)


@pytest.mark.parametrize("length", [1, 5, 40, 62, 63, 200, 365, 800, 2000, 4400, 20000])
def test_dates_on_an_axis(length: int) -> None:
    for start in (date(2016, 1, 1), date(2019, 12, 31), date(2020, 2, 29)):
        first = day_number(start)
        ticks, labels = dates(first, first + length - 1)
        assert 1 <= len(ticks) <= 8
        assert len(ticks) == len(labels) == len(set(ticks))
        assert all(first <= t <= first + length - 1 for t in ticks)
        assert str(day_date(ticks[0]).year) in labels[0]
