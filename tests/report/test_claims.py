"""What the page of verdicts says of a claim."""

from __future__ import annotations

import pytest

from groundswell.report.claims import headline


@pytest.mark.parametrize(
    ("word", "data_word", "prior", "fit", "brackets"),
    [
        ("contradicted", None, True, False, True),  # assumptions alone
        ("supported", "not decidable", True, False, True),  # records that do not decide
        ("contradicted", "contradicted", True, False, False),  # records decide
        ("supported", None, True, True, False),  # a fit was asked
        ("supported", "supported", False, False, False),  # no model
        ("not decidable", None, True, False, False),  # nothing is claimed
    ],
)
def test_what_assumptions_alone_decide_stands_in_brackets(word: str, data_word: str | None, prior: bool, fit: bool, brackets: bool) -> None:
    told = headline(word, data_word, prior=prior, fit=fit)
    assert word in told.replace("\N{NO-BREAK SPACE}", " ")
    assert told.startswith("(") == told.endswith(")") == brackets
