"""The claims of the Iran case: complete, cited, alike for both sides; and what records say of them, where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from groundswell import cases
from groundswell.claims.finding import Given
from groundswell.claims.judging import CONTRADICTED, OPEN, SUPPORTED, DataVerdict, of_data, of_finding
from groundswell.claims.reading import Claim, read_claims
from groundswell.claims.registry import find

IRAN = cases.load("iran")
CLAIMS = {claim.id: claim for claim in read_claims(IRAN)}
RECORD = Path(os.environ.get("GROUNDSWELL_RECORDS", "no-folder")) / "iran_demonstrations_weekly_2016_2023.csv"
REGIME = {"C14", "C15", "C16", "C19", "C20"}


def told(claim: Claim, given: Given) -> list[DataVerdict]:
    return [of_finding(table, find(table.estimator)(given, **table.with_)) for table in claim.data]


def test_twenty_claims_stand_with_who_says_them() -> None:
    assert list(CLAIMS) == [f"C{k}" for k in range(1, 21)]
    for claim in CLAIMS.values():
        about = claim.form.claim
        assert about.by == ("regime" if claim.id in REGIME else "movement")
        assert about.operational.endswith(".")
        assert about.source
        assert about.decides


def test_the_regimes_claims_cite_a_statement_that_was_read() -> None:
    for name in REGIME:
        about = CLAIMS[name].form.claim
        assert about.checked
        assert about.url


def test_cells_and_nights_are_asked_of_an_invented_country() -> None:
    for name, claim in CLAIMS.items():
        if claim.contrast is not None:
            assert claim.contrast.case.real == (name not in ("C6", "C7"))
    assert {len(v) for v in CLAIMS["C7"].form.model.switches.values()} == {2}  # type: ignore[union-attr]  # two extremes


def test_orders_of_magnitude_alone_for_claimed_acts() -> None:
    for name in ("C9", "C10"):
        assert CLAIMS[name].contrast is None


def test_what_print_alone_decides() -> None:
    given = Given(IRAN, seed=1)
    words = {name: [one.word for one in told(claim, given)] for name, claim in CLAIMS.items()}
    assert words["C8"] == [CONTRADICTED]
    assert words["C9"] == [OPEN]
    assert words["C14"] == [CONTRADICTED]
    assert words["C19"] == [OPEN, CONTRADICTED]
    assert words["C20"] == [CONTRADICTED]
    assert words["C2"] == [OPEN, SUPPORTED]
    assert of_data(told(CLAIMS["C8"], given)) == CONTRADICTED
    for name, claim in CLAIMS.items():
        for one in told(claim, given):
            if one.finding.basis == "none":
                assert one.finding.needs, name


def test_both_sides_have_claims_that_print_contradicts() -> None:
    given = Given(IRAN, seed=1)
    sides = {claim.form.claim.by for claim in CLAIMS.values() if CONTRADICTED in {one.word for one in told(claim, given)}}
    assert sides == {"movement", "regime"}


@pytest.mark.skipif(not RECORD.is_file(), reason="GROUNDSWELL_RECORDS does not name a folder with the weekly records")
def test_what_the_weekly_record_says() -> None:
    from groundswell.events.reading import read

    given = Given(IRAN, (read(RECORD).events,), seed=1)
    found = {name: told(claim, given) for name, claim in CLAIMS.items()}
    quiet = found["C4"]
    assert quiet[0].finding.numbers["later"] == 51
    assert [one.word for one in quiet] == [SUPPORTED, OPEN, OPEN]
    assert found["C11"][0].finding.numbers["events"] == 7
    assert found["C11"][0].word == OPEN
    assert found["C17"][0].word == OPEN
    assert found["C17"][1].finding.estimate == pytest.approx(1.92, abs=0.02)
    assert found["C15"][0].word == OPEN
    assert found["C16"][0].finding.estimate == pytest.approx(3.2, abs=0.1)
    assert found["C16"][1].word == OPEN
