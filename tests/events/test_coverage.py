"""Coverage in small (`verification/coverage_of_lists.py` has it in full), how it fails, and the page about two Iranian counts."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RECORDS = Path(os.environ.get("GROUNDSWELL_RECORDS", "no-folder"))


def script(path: str) -> ModuleType:
    """A script that belongs to no package."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


check = script("verification/coverage_of_lists.py")


def of(world: Any, estimator: Any, number: int) -> dict[str, Any]:
    return check.coverage(world, estimator, number)  # type: ignore[no-any-return]


@pytest.mark.parametrize("chances", [(0.3, 0.4), (0.5, 0.5), (0.7, 0.3)])
def test_two_lists_cover_as_they_say(chances: tuple[float, float]) -> None:
    """Exactly: summed over all counts that can come about."""
    assert 0.88 <= check.exact(check.World("", 60, chances)) <= 0.925


def test_few_matches_make_the_interval_wide_and_not_wrong() -> None:
    assert check.exact(check.World("", 50, (0.2, 0.2))) > 0.9


def test_a_thousand_truths_of_two_lists() -> None:
    found = of(check.World("two independent lists", 300, (0.3, 0.4)), check.two, 1000)
    assert 0.88 <= found["covered"] <= 0.92
    assert found["median"] == pytest.approx(1, abs=0.02)


@pytest.mark.slow
def test_three_lists_cover_as_they_say() -> None:
    found = of(check.World("three independent lists", 500, (0.3, 0.4, 0.3)), check.many, 200)
    assert 0.85 <= found["covered"] <= 0.95  # 200 truths
    assert found["median"] == pytest.approx(1, abs=0.03)


@pytest.mark.slow
def test_lists_that_depend_on_each_other() -> None:
    """Two lists are too low and never cover; independence of three is too low as well; modelled, the interaction recovers."""
    world = check.World("the second follows the first", 500, (0.3, 0.3, 0.3), follows=1.5)
    two, three, modelled = (of(world, estimator, 100) for estimator in (check.two, check.independent, check.many))
    assert two["median"] < 0.7
    assert two["covered"] < 0.02
    assert three["median"] < 0.9
    assert three["covered"] < 0.1
    assert modelled["median"] == pytest.approx(1, abs=0.07)
    assert modelled["covered"] > 0.8


@pytest.mark.slow
def test_large_events_are_on_every_list() -> None:
    """No list depends on another, and yet all estimates are too low; the bound is one."""
    world = check.World("large events are recorded more easily", 500, (0.3, 0.3, 0.3), size=0.5)
    two, three, bound = (of(world, estimator, 100) for estimator in (check.two, check.many, check.bound))
    assert two["median"] < 0.9
    assert two["covered"] < 0.4
    assert three["covered"] < 0.4
    assert bound["median"] < 1
    assert bound["covered"] > 0.95


PAGE = ROOT / "docs" / "what-really-happened.md"


def test_the_page_holds_no_rows_of_the_records() -> None:
    """No week and no day is told: months at the finest, and no list of counts."""
    text = PAGE.read_text(encoding="utf-8")
    assert not re.search(r"\d{4}-\d{2}-\d{2}", text.split("## Two counts of Iran")[1])
    assert "](what-really-happened-lists.svg)" in text
    assert "](what-really-happened-iran.svg)" in text


@pytest.mark.skipif(
    not (RECORDS / "iran_protests_daily_2022_2023.csv").is_file(), reason="GROUNDSWELL_RECORDS does not name a folder with both counts"
)
def test_the_page_says_what_the_records_say() -> None:
    tool = script("tools/make_lists_page.py")
    found = tool.iran(RECORDS)
    assert tool.iran_part(found) in PAGE.read_text(encoding="utf-8"), "run python tools/make_lists_page.py"
    first, after = found["periods"][0], found["periods"][-1]
    assert first["correlation"] == pytest.approx(0.87, abs=0.02)
    assert abs(found["after"]["correlation"]) < 0.1
    assert after["ratio"] < 0.6
