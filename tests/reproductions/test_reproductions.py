"""What every reproduction must be: whole, as declared, drawn with names and units, and with a page that says what comes out now."""

from __future__ import annotations

import re
import runpy
import sys
import xml.etree.ElementTree as ET
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axis import Axis

from groundswell import models, reproductions
from groundswell.core.errors import InputError
from groundswell.report.canvas import MARK, sheet
from groundswell.reproductions import pages, telling
from groundswell.reproductions.drawing import HEIGHT, WIDTH, as_svg
from groundswell.reproductions.published import Outcome

PAGES = Path(__file__).parents[2] / "docs" / "models"
NAMES = reproductions.names()
SLOW = {"eckles_2024", "epstein_2002_model_1"}  # those that compute for more than about ten seconds
ONE_PROCESS = [pytest.mark.xdist_group(name) for name in NAMES]  # what one process has computed another would compute again
EVERY = [
    pytest.param(name, marks=[pytest.mark.compiled, together, *([pytest.mark.slow] if name in SLOW else [])])
    for name, together in zip(NAMES, ONE_PROCESS, strict=True)
]
ELSEWHERE = {"resistance"}  # the flagship has figures of its own


TOLD: dict[str, list[float]] = {}


@cache
def outcome_of(name: str) -> Outcome:
    """Computed once for all tests; pages that were written elsewhere show that it is the same twice."""
    told = TOLD.setdefault(name, [])
    return reproductions.load(name).compute(lambda share, text: told.append(share))


def test_every_classic_is_reproduced() -> None:
    assert set(NAMES) == set(models.names()) - ELSEWHERE


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no reproduction 'chwe_1989' \(did you mean 'chwe_1999'\?\)"):
        reproductions.load("chwe_1989")
    with pytest.raises(InputError, match="no reproduction 'telling'"):
        reproductions.load("telling")


@pytest.mark.parametrize("name", NAMES)
class TestDeclared:
    def test_it_is_whole(self, name: str) -> None:
        r = reproductions.load(name)
        assert r.name == name
        for field in ("title", "citation", "rule", "use", "caption"):
            assert getattr(r, field).strip(), field
        assert "\n" not in r.title
        assert len(r.title) <= 100
        assert not r.title.endswith(".")
        assert name in r.use
        assert len(r.use.strip().splitlines()) <= 10

    def test_its_citation_has_the_year_and_a_doi_that_is_one(self, name: str) -> None:
        r = reproductions.load(name)
        found = re.search(r"_(\d{4})$", name)
        assert re.search(found[1] if found else r"(19|20)\d\d", r.citation)
        assert re.fullmatch(r"(10\.\d{4,9}/[^\s\"<>]+)?", r.doi)

    def test_its_model_exists(self, name: str) -> None:
        module = import_module(f"groundswell.models.{name}")
        assert (module.__doc__ or "").strip()
        if hasattr(module, name):
            assert models.find(name).name == name


@pytest.mark.parametrize("name", EVERY)
class TestComputed:
    def test_every_line_is_as_declared(self, name: str) -> None:
        table = outcome_of(name).table
        assert table
        odd = [f"{line.what}: {telling.cells_of(line)}" for line in table if not line.expected]
        assert not odd

    def test_every_line_says_where_it_stands(self, name: str) -> None:
        table = outcome_of(name).table
        assert len({(line.what, line.unit) for line in table}) == len(table)
        for line in table:
            assert line.what.strip(), line
            assert line.where.strip(), line
            assert np.isfinite(line.tolerance), line
            assert line.tolerance >= 0, line
            assert line.error is None or line.error >= 0, line
            assert type(line.published) in {int, float, str}, line
            for text in (line.what, line.where, line.reason, *telling.cells_of(line)):
                assert text == text.strip(), line
                assert "\n" not in text, line
                assert text.isprintable(), line

    def test_progress_grows_to_the_whole(self, name: str) -> None:
        outcome_of(name)
        assert TOLD[name] == sorted(TOLD[name])
        assert all(0 <= share <= 1 for share in TOLD[name])

    def test_its_figure_has_names_and_units(self, name: str) -> None:
        r, data = reproductions.load(name), outcome_of(name).data
        assert ET.fromstring(as_svg(r, data)).get("aria-label") == r.title
        assert MARK not in as_svg(r, data)
        with sheet(name, WIDTH, HEIGHT) as figure:
            figure.set_layout_engine("constrained")
            r.draw(figure, data)
            assert figure.axes
            figure.draw_without_rendering()
            for ax in figure.axes:
                assert ax.get_title(loc="left") or ax.get_title(), "an axes has no title"
                for axis, label in ((ax.xaxis, ax.get_xlabel()), (ax.yaxis, ax.get_ylabel())):
                    assert label or not _ticks(axis), f"{ax.get_title(loc='left')}: an axis has no name"
            for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize")):
                assert not text.get_text() or text.get_fontsize() >= 7, text

    def test_its_page_says_what_comes_out(self, name: str) -> None:
        text = pages.page(reproductions.load(name), outcome_of(name))
        assert (PAGES / f"{name}.md").read_text(encoding="utf-8") == text, "run python tools/make_models.py"
        assert (PAGES / f"{name}.svg").is_file()
        rows = (PAGES / "README.md").read_text(encoding="utf-8").splitlines()
        good, known, _ = telling.counts(outcome_of(name).table)
        (row,) = [row for row in rows if f"]({name}.md)" in row]
        assert row.split("|")[4:6] == [f" {good} ", f" {known or ''} "]

    def test_its_use_runs(self, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "use.py").write_text(reproductions.load(name).use, encoding="utf-8")
        before = set(sys.modules)
        runpy.run_path(str(tmp_path / "use.py"))
        assert not {module for module in set(sys.modules) - before if module.startswith("groundswell.reproductions.")}
        assert capsys.readouterr().out.strip(), "it shows nothing"


def _ticks(axis: Axis) -> list[str]:
    """What stands at an axis."""
    return [tick.get_text() for tick in axis.get_ticklabels() if tick.get_visible() and tick.get_text()]


def test_no_page_is_left_of_what_is_no_model() -> None:
    assert {path.name for path in PAGES.iterdir()} == {"README.md", *(f"{name}.{form}" for name in NAMES for form in ("md", "svg"))}


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_links_of_pages_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", (PAGES / page).read_text(encoding="utf-8")):
        assert target.startswith("https://") or (PAGES / target.partition("#")[0]).is_file(), target
