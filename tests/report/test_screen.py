"""What commands print: tables over replicates and pairs, and the demo's one screen."""

import dataclasses
import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from groundswell import experiments
from groundswell.experiments.campaigns import campaigns
from groundswell.experiments.compare import Pairs
from groundswell.experiments.replicates import Replicates
from groundswell.report.screen import HEIGHT, WIDTH, campaigns_table, demo_screen, pairs_table, replicates_table, verdicts_html

PERIOD = {"start": "2022-07-01", "end": "2024-12-31", "provinces": ["IR-22"], "first_organisation.initial": 30}


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return experiments.compare("iran", without="units", replicates=2, workers=1, common=PERIOD)


def first_of(runs: Replicates) -> Replicates:
    """The first replicate alone."""
    cut: dict[str, Any] = {name: getattr(runs, name)[:1] for name in ("seeds", "hashes", "weekly")}
    cut |= {name: {key: values[:1] for key, values in getattr(runs, name).items()} for name in ("nation", "series")}
    return dataclasses.replace(runs, **cut)


def printed(table: object) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(table)
    return out.getvalue()


@pytest.mark.compiled
class TestScreen:
    def test_it_fits_and_says_what_it_must(self, pairs: Pairs) -> None:
        lines = demo_screen(pairs, campaigns(pairs.a), "groundswell-demo.html")
        text = "\n".join(lines)
        assert len(lines) <= HEIGHT
        assert max(map(len, lines)) <= WIDTH
        for needed in (
            "persons in 1 provinces, one row for 1,000", "THE RECORD, 2022-2023", "2024 is kept back", "variance / mean",
            "empty province-weeks", "units", "members", "roll-ups", "detained", "fear: before", "peak", "after",
            "effective number of frames", "EFFECT OF THE UNITS",
            "CAMPAIGNS", "claimed", "true", "recorded by", "acts of May 2024", "C4", "C8", "CONTRADICTED", "rule: ", "CALIBRATED IN PART",
            pairs.a.hashes[0], "groundswell-demo.html", "next: ",
        ):  # fmt: skip
            assert needed in text, needed
        assert text.count("groundswell ") >= 3  # the next commands
        assert "nan" not in text
        assert "–0" not in text

    def test_real_figures_are_the_cases(self, pairs: Pairs) -> None:
        figure = next(f for f in pairs.a.scenario.case.figures if f.key == "weekly.variance_to_mean" and f.start.year == 2022)
        line = next(line for line in demo_screen(pairs, [], "x") if "variance / mean" in line)
        assert f"{figure.value:.1f}" in line

    def test_one_pair_has_no_band(self, pairs: Pairs) -> None:
        one = Pairs("a", "b", *(first_of(arm) for arm in (pairs.a, pairs.b)))
        lines = demo_screen(one, campaigns(one.a), "x")
        assert max(map(len, lines)) <= WIDTH
        assert "nan" not in "\n".join(lines)

    def test_tables(self, pairs: Pairs) -> None:
        text = printed(pairs_table(pairs))
        assert "with units" in text
        assert "without units" in text
        assert "Student's t over pairs" in " ".join(text.split())
        text = printed(replicates_table(pairs.a))
        assert pairs.a.hashes[0] in text
        text = printed(campaigns_table(campaigns(pairs.a), pairs.a))
        assert ">90" in text
        assert "official 66" in text
        assert "20,000" in text

    def test_what_others_wrote_is_escaped(self, pairs: Pairs) -> None:
        scenario = pairs.a.scenario
        figures = [dataclasses.replace(f, unit="<b>") for f in scenario.case.figures]
        assert "<b>" not in verdicts_html(dataclasses.replace(scenario.case, figures=tuple(figures)))
        hostile = dataclasses.replace(pairs, name_a="<script>[red]x")
        assert "<script>" not in hostile._repr_html_()
        assert "[red]" in printed(pairs_table(hostile))


def test_the_readme_shows_the_screen() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"^```text\n(.*?)^```", readme, flags=re.M | re.S)
    assert shown is not None
    lines = shown[1].splitlines()
    assert HEIGHT >= len(lines) > 30
    assert max(map(len, lines)) <= WIDTH
    for needed in ("THE RECORD", "EFFECT OF THE UNITS", "CAMPAIGNS", "CALIBRATED IN PART", "state hash"):
        assert any(line.startswith(needed) for line in lines)
