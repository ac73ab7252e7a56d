"""The page that leads from the founding article to the software is true: its table, its tests, its modules, its parameters."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from groundswell import cases
from groundswell.cases.records import Assertion
from groundswell.models import MODELS

ROOT = Path(__file__).parents[1]
CASE = cases.load("iran")
MODEL = MODELS["resistance"]()


def tool(name: str) -> ModuleType:
    """A script of `tools`, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def functions_of(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef))


def test_the_page_is_what_its_generator_gives() -> None:
    assert (ROOT / "docs" / "source.md").read_text(encoding="utf-8") == tool("make_source").page(CASE), "run python tools/make_source.py"


def test_text_of_a_table_is_no_markup() -> None:
    escaped = tool("make_source").escaped
    assert escaped("a|b <b>*x*</b> [y](z) `c`") == r"a\|b &lt;b&gt;\*x\*&lt;/b&gt; \[y\](z) \`c\`"


def test_every_part_of_the_system_has_assertions() -> None:
    assert {a.part for a in CASE.assertions} == {f"S{k}" for k in range(1, 16)} == set(tool("make_source").PARTS)
    claims = tool("make_source").CLAIMS
    assert {claim for a in CASE.assertions for claim in a.claim} == {f"C{k}" for k in range(1, 21)} == set(claims)
    assert all(len(said.split()) <= 25 for _, said in claims.values())


@pytest.mark.parametrize("assertion", CASE.assertions, ids=lambda a: a.id)
def test_every_assertion_leads_to_what_exists(assertion: Assertion) -> None:
    assert assertion.built
    assert assertion.test
    for name in assertion.built:
        module = ROOT / "src" / "groundswell" / f"{name.replace('.', '/')}.py"
        assert module.is_file() or name in MODEL.parameters, name
    assert any((ROOT / "src" / "groundswell" / f"{name.replace('.', '/')}.py").is_file() for name in assertion.built)
    for test in assertion.test:
        path, _, name = test.partition("::")
        assert name in functions_of(ROOT / path), test
        assert path.startswith("tests/ablation/") or path.startswith("tests/oracles/"), test
    assert assertion.output in MODEL.declared, assertion.output
    assert assertion.direction
    words = assertion.output in (ROOT / assertion.test[0].partition("::")[0]).read_text(encoding="utf-8")
    assert words, f"{assertion.output} is not named in the file of its first test"


def test_the_eight_campaigns_are_there_with_both_dates() -> None:
    printed = {a.id for a in CASE.assertions if a.part == "S13"}
    assert len(printed) == 8
    assert len(CASE.campaigns) == 9  # one item has two counts
    assert all(c.printed and c.claimed_by and c.frame for c in CASE.campaigns)
    assert {c.claimed_count for c in CASE.campaigns if c.claimed_count} == {90, 3000, 10_000, 20_000, 100}


def test_what_is_contested_says_who_says_what() -> None:
    for key in ("deaths.massacre_1988", "deaths.november_2019", "deaths.january_2026", "executions.7_august_2024"):
        rows = CASE.figures_of(key)
        assert len(rows) >= 2, key
        assert len({row.claimed_by for row in rows}) == len(rows), key
        assert all(row.claimed_by and row.source for row in rows), key


def test_sizes_say_that_they_are_assumed() -> None:
    """A shock's date is a fact or a claim; how strongly it acts is nobody's measurement."""
    for row in (*CASE.events, *CASE.commemorations):
        if getattr(row, "role", "drives") == "drives":
            assert "assumed" in row.source, row.id
            assert row.claimed_by, row.id


def test_no_crowd_dates_what_drives() -> None:
    """Protests, strikes and killings that were observed stand in rows that only test; calls have one strength, whatever is claimed."""
    outcomes = ("killings", "protests", "strike", "teachers", "fortieth", "zahedan", "khash", "executions-2024")
    observed = [e for e in CASE.events if e.id.startswith(outcomes)]
    assert len(observed) >= 10
    assert all(e.role == "tests" and not e.parameter for e in observed)
    assert {c.call for c in CASE.campaigns if c.tactic != "boycott"} == {0.0, 2.0}
    assert [c.id for c in CASE.campaigns if not c.call] == ["messages-2024"]  # the same item as the rally's, whose call it shares


def test_what_was_tuned_says_so_and_by_which_years() -> None:
    for e in CASE.events:
        if "tuned" in e.source:
            assert "2016-2021" in e.source, e.id
            assert ("on the scale of" in e.source) == (e.start.year > 2021), e.id


def test_no_observed_outcome_drives() -> None:
    """What drives changes drivers and policies; nothing sets how many protest, die, are arrested, live in units or vote."""
    driven = {e.parameter.split(".")[0] for e in CASE.events if e.role == "drives"}
    assert driven <= {"attention", "calendar", "custody", "detection", "frames", "occasions", "policing", "rallies"}
    assert {e.parameter for e in CASE.events if e.parameter.startswith(("custody", "policing", "detection"))} == {
        "custody.execution",
        "detection.camera",
        "policing.shoot",
    }
