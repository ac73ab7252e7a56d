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
from xml.etree import ElementTree

import numpy as np
import pytest

from groundswell.cases import Case
from groundswell.cases.fitted import Fitted, FittedValue
from groundswell.core.errors import InputError
from groundswell.core.mechanism import Model
from groundswell.core.run import Run
from groundswell.experiments.nation import weekly_frame
from groundswell.report.canvas import VARIABLES
from groundswell.report.html import page, write_report
from groundswell.report.pictures import ENTRIES, pictures
from groundswell.report.reading import Readings
from groundswell.society import COVERT

FakeRun = Callable[..., Run]
FakeCase = Callable[..., Case]
LONGEST = 4400  # days


@pytest.fixture(scope="module")
def run(fake_run: FakeRun) -> Run:
    return fake_run(days=400, provinces=4)


@pytest.fixture(scope="module")
def case(fake_case: FakeCase) -> Case:
    return fake_case(4)


@pytest.fixture(scope="module")
def text(run: Run, case: Case) -> str:
    return page(run, case)


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
    assert not {tag for tag, _ in tags.tags} & {"script", "link", "iframe", "object", "embed", "img", "base", "form"}
    for tag, attributes in tags.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href", "action", "data"):
                assert (value or "").startswith("#"), (tag, name)
    assert not re.search(r"url\((?!#)|@import", text)
    assert "default-src 'none'" in text


def test_every_text_is_escaped(text: str) -> None:
    for tag in ("<script>", "<b>Pro", "<i>", "<u>"):
        assert tag not in text
    words = "".join(Tags(text).words)
    for told in ("A <script>alert(1)</script> land", "<b>Pro&vince</b> 02", "Someone, <i>Census</i>", "<u>spring</u>"):
        assert told in words
    for told in ("<u>hundred acts</u>", "<u>who</u> 2", "<u>flood</u>", "<u>parliament</u>", "<u>bread</u>"):
        assert told in words


def test_ids_are_unique_and_found(text: str) -> None:
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(|href=")#([\w.-]+)', text)) <= set(ids)


def test_what_the_header_says(text: str, run: Run) -> None:
    for words in (
        "2021-01-01 to 2022-02-04, 400 days",
        "Synthetic and uncalibrated",
        "1 row stands for 10 persons",
        run.state_hash,
        "groundswell 0.1.0",
    ):
        assert words in text
    assert "real country, synthetic people" in text


def test_figures_have_words_titles_and_units(text: str, run: Run, case: Case) -> None:
    drawn, missing = pictures(Readings(run), case)
    assert not missing
    assert len(drawn) == len(ENTRIES)
    assert len({picture.key for _, picture in drawn}) == len(drawn)
    words = [attributes.get("aria-label") for tag, attributes in Tags(text).tags if tag == "svg" and "aria-hidden" not in attributes]
    assert all(words)
    for _, picture in drawn:
        assert picture.alt in words
        assert len(picture.alt) > 40
        assert all(panel.unit and panel.title for panel in picture.panels)
    for svg in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        ElementTree.fromstring(svg)
        assert "nan" not in svg
        assert not re.search(r"(?<!&)#[0-9a-fA-F]{3}", svg)  # colours are the style sheet's, for light and dark


def test_every_style_of_a_figure_is_in_the_style_sheet(text: str) -> None:
    styles = text[text.index("<style>") : text.index("</style>")]
    used = set(re.findall(r"var\((--[\w-]+)\)", text[text.index("</style>") :]))
    assert {"--ink", "--curve-1", "--map-8", "--paper", "--shade"} <= used
    given = set(re.findall(r"(--[\w-]+):", styles))
    assert set(re.findall(r"var\((--[\w-]+)\)", styles)) | used | {f"--{name}" for name in VARIABLES} <= given
    light, dark = styles.split("prefers-color-scheme: dark")[:2]
    assert set(re.findall(r"(--[\w-]+):", light)) == set(re.findall(r"(--[\w-]+):", dark.split("* {")[0]))


def test_a_fitted_case_says_how_far(run: Run, case: Case) -> None:
    """What is fitted counts only where the run uses the fitted value."""
    one, other = list(run.parameters)[:2]
    used = run.provenance["parameters"]
    values = (FittedValue(one, used[one], 0.0, 1e9, 0.5), FittedValue(other, used[other] + 1, 0.0, 1e9, 0.5))
    days = (date(2016, 1, 2), date(2021, 12, 31))
    fitted = Fitted(Path("fitted.toml"), "counts", "r" * 8, "p" * 8, "q" * 8, *days, 1000, 1.2, 1.6, "0.1.0", values)
    text = page(run, dataclasses.replace(case, fitted=fitted, parameter_sources=case.parameter_sources | fitted.sources))
    assert "Synthetic, calibrated in part." in text
    assert "2 defaults of the case are fitted to counts of 2016-2021" in text
    assert "parameters are assumed, 1 is fitted" in text
    assert "fitted to 2016-2021: 90 % interval 0 to 1e+09" in text
    assert "uncalibrated" not in text


def test_parameters_and_schedule(text: str, run: Run) -> None:
    for key in run.parameters:
        assert f'class="key">{key.partition(".")[2]}</th>' in text
    assert text.count(">changed<") == 1
    assert "0.0123" in text
    few = sum(about.source.startswith("assumed") for about in run.parameters.values())
    assert f"{few} of {len(run.parameters)} parameters are assumed, none is fitted" in text
    for number, phase in enumerate(run.model.schedule, 1):
        assert f"{number}. {phase.name}<" in text
    assert "fear.decay = 0.1" in text


def test_what_the_case_adds(text: str) -> None:
    for title in ("Campaigns", "Votes", "Contested and other figures", "Uprisings by province", "Real figures beside simulated"):
        assert f"<h2>{title}</h2>" in text
    assert "60 % stayed away" in text
    assert "100 acts" in text
    assert ">40 %<" in text  # of those who may vote
    assert "200 to 1,500" in text


def test_nothing_finer_than_the_province_and_no_units_by_place(text: str, run: Run, case: Case) -> None:
    assert not [city.name for city in run.places.cities if city.name in text]
    covert = [name for name in COVERT if name in run.series]
    assert len(covert) == len(COVERT)
    altered = {name: run.series[name] + 987_000 + np.arange(4) for name in covert}  # numbers that would be noticed
    numbers = "".join(Tags(page(dataclasses.replace(run, series={**run.series, **altered}), case)).words)
    assert not re.search(r"98[78],\d{3}", numbers)


def test_what_units_are_where_leaves_the_page_alone(run: Run, case: Case, text: str) -> None:
    """Only sums over provinces are shown: who moves units between provinces changes nothing."""
    moved = {}
    for name in ("units_live", "units_asleep", "members_now", "acted", "rolled_up"):
        values = run.series[name].copy()
        values[:, 0] += values[:, 1]
        values[:, 1] = 0
        moved[name] = values
    assert page(dataclasses.replace(run, series={**run.series, **moved}), case) == text


def test_the_same_run_gives_the_same_bytes_in_another_process(fake_run: FakeRun, fake_case: FakeCase, tmp_path: Path) -> None:
    script = (
        f"import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}]\n"
        "from pathlib import Path; from conftest import make_case, make_run; from groundswell.report.html import write_report\n"
        f"case = make_case(Path({str(tmp_path)!r}))\n"
        f"write_report(make_run(days=60), Path({str(tmp_path / 'other.html')!r}), case=case)\n"
        "assert not {'matplotlib.pyplot', 'rich'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", script], check=True, env={"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PYTHONHASHSEED": "9"}
    )
    write_report(fake_run(days=60), tmp_path / "one.html", case=fake_case())
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


def test_figures_whose_series_are_absent_are_left_out_and_said_so(fake_run: FakeRun, case: Case) -> None:
    text = page(fake_run(days=30, provinces=4, without=("fear_mean", "rolled_up"), record=False), case)
    assert "Fear: the run has no fear_mean." in text
    assert "Units, members and roll-ups: the run has no rolled_up." in text
    assert "What each source reported: the run has no record." in text
    assert "Maps of the uprisings: none of them lies within the run." in text


@pytest.mark.parametrize("days", [1, 2, 8, 15])
def test_short_runs(fake_run: FakeRun, case: Case, days: int) -> None:
    assert "<svg" in page(fake_run(days=days, provinces=1), None)
    assert "<svg" in page(fake_run(days=days, provinces=4), case, [fake_run(days=days, provinces=4, seed=k) for k in range(3)])


def test_a_long_run_stays_small(fake_run: FakeRun, fake_case: FakeCase) -> None:
    text = page(fake_run(days=LONGEST, provinces=31), fake_case(31))
    assert len(text.encode()) < 1_500_000


def test_nothing_ever_happens(fake_run: FakeRun, case: Case) -> None:
    run = fake_run(days=30, provinces=4)
    empty = {name: np.zeros_like(values) for name, values in run.series.items()}
    journals = {key: {name: values[:0] for name, values in journal.items()} for key, journal in run.journals.items()}
    text = page(dataclasses.replace(run, series=empty, journals=journals), case)
    assert "nan" not in "".join(Tags(text).words).replace("finance", "")
    assert text.count("<figure>") >= len(ENTRIES)


def test_replicates_give_bands(fake_run: FakeRun, case: Case, run: Run, text: str) -> None:
    many = [fake_run(days=400, provinces=4, seed=k) for k in (1, 2, 3)]
    banded = page(run, case, many)
    band = re.compile(r"fill: var\(--curve-1\)[^\"]*opacity: 0.25")
    assert band.search(banded)
    assert not band.search(text)
    assert "medians of 3 runs" in banded
    assert "90 % band" in banded
    assert page(run, case, many[:1]) == text  # one run is no band
    with pytest.raises(InputError, match="its period"):
        page(run, case, [run, fake_run(days=300, provinces=4)])
    assert band.search(page(run, case, [run, *(_by_week(one, run) for one in many[1:])]))


def _by_week(one: Run, run: Run) -> Run:
    whole = Readings(run).one.weeks
    return dataclasses.replace(one, days=whole, journals={}, series={name: values[: len(whole)] for name, values in one.series.items()})


def test_what_was_reported_comes_from_weekly_tables_where_runs_were_kept(fake_run: FakeRun, run: Run) -> None:
    table = weekly_frame(run, real=True)
    kept = _by_week(run, run)
    one = Readings(run).one.told
    other = Readings(run, [run, kept], [table, table]).many[1].told
    assert one is not None
    assert other is not None
    for kind in ("gatherings", "contested"):
        assert np.array_equal(one[kind], other[kind])
    assert "acts" not in other


def test_further_sections_stand_before_the_figures(run: Run) -> None:
    text = page(run, None, extra=[("A & B", "<p>trusted</p>")])
    assert text.index("<h2>A &amp; B</h2>") < text.index("<p>trusted</p>") < text.index("<h2>What happened</h2>")


def test_another_model_shows_its_own_series(fake_run: FakeRun) -> None:
    run = fake_run(days=30)
    other = Model("other", run.model.schedule[-2:], "Counts only.")
    series = {"executions": run.series["executions"], "dead_now": run.series["dead_now"]}
    text = page(dataclasses.replace(run, model=other, series=series, journals={}), None)
    assert text.count("<figure>") == 1
    assert "Persons killed or executed since the start" in text
