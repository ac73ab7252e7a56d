"""The table, its numbers, its verdicts, the page and the JSON of a made-up reproduction."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from tests.reproductions.made_up import CURED, GOOD, KNOWN, MEAN, UNKNOWN, WORDS, made_up

from groundswell.reproductions import pages, telling
from groundswell.reproductions.published import Comparison, Outcome, mean_and_error, silent

LONG = "a statement of many words that nobody could print in one cell of a table on a narrow terminal, however short the others are"


def told(*lines: Comparison, width: int = 100) -> list[str]:
    return [text for text, _ in telling.lines_of(made_up(), Outcome(lines), width)]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        (GOOD, ("joiners, persons", "100", "100", "exact")),
        (MEAN, ("mean updates", "6812.905", "6790 ± 41", "± 120")),
        (WORDS, ("who wins", "one side, which is random", "the same", "–")),
        (KNOWN, ("wait, ticks", "60", "21.40 ± 0.30", "± 5")),
        (Comparison("p", 0.366032, np.float64(0.36603201), "", 1e-6), ("p", "0.366032", "0.366032", "± 1e−6")),
        (Comparison("third", 1 / 3, 1 / 3 + 1e-12, "", 1e-9), ("third", "0.3333333", "0.3333333", "± 1e−9")),
        (Comparison("quarter", 971 + 0.225 * (1 + 1e-13), 982.91, "", 20, error=6.8), ("quarter", "971.225", "982.9 ± 6.8", "± 20")),
        (Comparison("near", 0.5, 0.50004, "", 0), ("near", "0.5", "0.50004", "exact")),
        (Comparison("drift", 0, 3e-14, "", 1e-12), ("drift", "0", "3e−14", "± 1e−12")),
        (Comparison("many", 1_234_567, np.int64(1_234_567), ""), ("many", "1,234,567", "1,234,567", "exact")),
        (Comparison("below", -2.5, -2.25, "", 0.5), ("below", "−2.5", "−2.2", "± 0.5")),
        (Comparison("never", "never", math.inf, ""), ("never", "never", "∞", "–")),
        (Comparison("lost", 1, math.nan, "", 1), ("lost", "1", "undefined", "± 1")),
        (Comparison("odd unit", 0.5, 0.5, "", unit="1"), ("odd unit", "0.5", "0.5", "exact")),
        (Comparison("none", 0, 0, "", 0.01, error=0.0), ("none", "0", "0.00", "± 0.01")),
    ],
)
def test_numbers_have_the_digits_that_they_have(line: Comparison, cells: tuple[str, ...]) -> None:
    assert telling.cells_of(line) == cells


def test_verdicts() -> None:
    assert [line.verdict for line in (GOOD, MEAN, WORDS, KNOWN, UNKNOWN, CURED)] == ["reproduced"] * 3 + ["differs"] * 2 + ["reproduced"]
    assert [line.expected for line in (GOOD, KNOWN, UNKNOWN, CURED)] == [True, True, False, False]
    assert Comparison("lost", 1, math.nan, "", 1).verdict == "differs"
    assert Comparison("at the edge", 1, 1.5, "", 0.5).verdict == "reproduced"
    assert Comparison("always", math.inf, math.inf, "").verdict == "reproduced"
    assert telling.counts((GOOD, MEAN, WORDS, KNOWN, UNKNOWN, CURED)) == (3, 1, 2)
    assert telling.summed((GOOD, KNOWN)) == "1 reproduced, 1 differs for a reason, none unexplained"
    assert telling.summed((UNKNOWN,)) == "0 reproduced, 0 differ for a reason, 1 unexplained"


def test_a_reason_stands_under_its_line() -> None:
    text = told(GOOD, KNOWN, UNKNOWN, CURED)
    at = next(k for k, line in enumerate(text) if line.startswith("  wait, ticks"))
    assert text[at].split() == ["wait,", "ticks", "60", "21.40", "±", "0.30", "±", "5", "differs"]
    assert text[at - 1] == "fig. 4"
    assert text[at + 1] == "    differs because: the paper does not say how the ratio is rounded | or cut"
    assert "    differs, and nobody has said why" in text
    assert "    is reproduced, though declared to differ because: no longer so" in text


def test_places_and_reasons_are_told_once() -> None:
    again = dataclasses.replace(KNOWN, what="wait again")
    text = told(GOOD, KNOWN, again, WORDS, UNKNOWN, UNKNOWN)
    assert text.count("fig. 4") == text.count("fig. 5") == 1
    assert sum("the paper does not say" in line for line in text) == 1
    assert text.count("    differs for the same reason") == 1
    assert text[-1] == "    differs, and nobody has said why"
    assert text.count("    differs, and nobody has said why") == 2
    page = pages.page(made_up(), Outcome((KNOWN, again, UNKNOWN)))
    assert page.count("differs (1)") == 2
    assert page.count("| *fig. 4* |") == 1
    assert "\n1. the paper does not say how the ratio is rounded | or cut\n2. differs, and nobody has said why\n" in page


@pytest.mark.parametrize("width", [10, 60, 80, 100, 120, 500])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    wordy = Comparison(LONG, LONG, f"{LONG} indeed", LONG, reason=LONG)
    lines = told(GOOD, MEAN, KNOWN, wordy, width=width)
    assert max(map(len, lines)) <= min(max(width, 60), 120)
    for word in LONG.split():
        assert sum(word in line for line in lines) >= 3


def test_json_is_plain() -> None:
    odd = Comparison("odd", np.float64(1), math.nan, "p. 1", np.float64(0.1), reason="it is no number")  # type: ignore[arg-type]
    found = json.loads(json.dumps(telling.as_json([(made_up(), Outcome((GOOD, KNOWN, WORDS, odd)))]), allow_nan=False))
    assert set(found["made_with"]) == {"groundswell", "python", "numpy"}
    (model,) = found["models"]
    assert (model["name"], model["doi"]) == ("made_up_1999", "10.1000/182")
    first, wait, words, last = model["lines"]
    assert set(first) == {field.name for field in dataclasses.fields(Comparison)} | {"verdict", "expected"}
    assert (wait["published"], wait["ours"], wait["error"], wait["verdict"], wait["expected"]) == (60, 21.4, 0.3, "differs", True)
    assert words["ours"] == "one side, which is random"
    assert last["ours"] == "nan"


def test_the_page() -> None:
    reproduction = made_up()
    text = pages.page(reproduction, reproduction.compute(silent))
    assert text.startswith("# A crowd | made up\n\nNobody, A. (1999).")
    assert "[doi:10.1000/182](https://doi.org/10.1000/182)" in text
    assert "\n```python\nprint(1)\n```\n" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 10
    assert len({row.replace("\\|", "").count("|") for row in rows}) == 1
    assert rows[-2:] == ["| *fig. 4* | | | | |", "| wait, ticks | 60 | 21.40 ± 0.30 | ± 5 | differs (1) |"]
    assert "\n1. the paper does not say" in text
    assert "](made_up_1999.svg)" in text
    assert "## Not reproduced\n\nNothing *else*." in text
    assert "## Not reproduced" not in pages.page(dataclasses.replace(reproduction, left_out=""), Outcome((GOOD,)))


def test_the_index_counts_lines() -> None:
    done = [(made_up(name=name), Outcome(lines)) for name, lines in (("b_2001", (GOOD, KNOWN)), ("a_1970", (GOOD,)))]
    told, left_out = pages.index(done).split("## Models that are not here")
    assert "Lohmann (1994)" in left_out
    rows = told.rstrip().splitlines()[-3:]
    assert rows == [
        "| 1970 | [a_1970](a_1970.md) | A crowd \\| made up | 1 |  |",
        "| 2001 | [b_2001](b_2001.md) | A crowd \\| made up | 1 | 1 |",
        "| | all | | 2 | 1 |",
    ]
    assert pages.year("voter", "Holley (1975)") == "1975"
    assert pages.year("riot_of_12345", "pp. 1420-1443") == ""


def test_a_mean_and_its_error() -> None:
    assert mean_and_error([1, 2, 3, 4]) == pytest.approx((2.5, math.sqrt(5 / 3) / 2))
