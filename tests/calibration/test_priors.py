"""The frozen list of priors: what it refuses, and draws that are addressed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from groundswell import cases
from groundswell.calibration.priors import FURTHEST, Prior, from_document, read_priors
from groundswell.core.errors import InputError

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
FORMS = [
    Prior("a", "uniform", -1.0, 3.0),
    Prior("a", "log-uniform", 0.01, 5.0),
    Prior("a", "normal", -1.0, 3.0, 0.5, 1.0),
    Prior("a", "log-normal", 0.1, 9.0, 1.0, 0.7),
    Prior("a", "logit-normal", 0.0, 1.0, 0.2, 1.0),
]


@pytest.mark.parametrize("prior", FORMS, ids=[p.form for p in FORMS])
def test_quantile_and_share_are_inverses(prior: Prior) -> None:
    u = np.linspace(0.001, 0.999, 97)
    x = prior.quantile(u)
    assert (np.diff(x) > 0).all()
    assert x.min() >= prior.low
    assert x.max() <= prior.high
    np.testing.assert_allclose(prior.share(x), u, atol=1e-9)
    np.testing.assert_allclose(prior.from_normal(prior.to_normal(x)), x, rtol=1e-9)


@pytest.mark.parametrize("prior", FORMS, ids=[p.form for p in FORMS])
def test_a_value_at_the_end_of_its_prior_is_finite(prior: Prior) -> None:
    z = prior.to_normal(np.array([prior.low, prior.high]))
    assert (np.abs(z) == FURTHEST).all()


def test_draws_are_standard_normal_on_the_common_scale() -> None:
    priors = read_priors(cases.load(ATLANTIS))
    z = priors.to_normal(priors.draws(0, 4000, 1))
    assert np.abs(z.mean(axis=0)).max() < 0.06
    assert np.abs(z.std(axis=0) - 1).max() < 0.05
    assert np.abs(np.corrcoef(z.T) - np.eye(4)).max() < 0.06


def test_a_draw_depends_on_its_index_and_key_alone() -> None:
    priors = read_priors(cases.load(ATLANTIS))
    many = priors.draws(0, 50, 3)
    assert (priors.draws(20, 10, 3) == many[20:30]).all()
    fewer = priors.only(["gathering.violent", "occasions.rate"])
    assert (fewer.draws(0, 50, 3) == many[:, [0, 3]]).all()


def test_a_document_holds_everything() -> None:
    priors = read_priors(cases.load(ATLANTIS))
    again = from_document(priors.as_document())
    assert again == priors
    assert again.digest == priors.digest


WRONG = {
    'key = "occasions.rat"': ('key = "occasions.rate"', "did you mean 'occasions.rate'"),
    'prior = "uniforn"': ('prior = "uniform"', "uniform"),
    "low = -8": ("low = 8", "outside"),
    "high = 4": ("high = 80", "not between"),
    "spread = 1\nlow_ = 3": ("spread = 1", "no such key"),
    "": ("median = 0.2\n", "is missing, and a logit-normal prior needs it"),
    "low = 5\nmedian = 6": ("low = 5", "has no median"),
    'key = "livelihoods.rate" # twice': ('key = "occasions.rate"', "twice"),
    'key = "first_organisation.founders"': ('key = "occasions.rate"', "whole number"),
    'of = ["livelihoods.rat", "livelihoods.lasting"]': ('of = ["livelihoods.rate", "livelihoods.lasting"]', "is not fitted"),
    "powers = [1.0, 1.0, 1.0]": ("powers = [1.0, 1.0]", "3 powers for 2 parameters"),
    "end = 2031-12-30": ("end = 2022-12-30", "not within the case's"),
    "validate_end = 2021-06-30": ("validate_end = 2023-06-30", "is not after"),
    'shocks = "00000000000000000000000000000000"': (None, "not those that were frozen"),
}


@pytest.mark.parametrize("new", WRONG)
def test_what_is_wrong_is_named(new: str, tmp_path: Path) -> None:
    old, words = WRONG[new]
    text = (ATLANTIS / "fit.toml").read_text()
    if old is None:
        old = next(line for line in text.splitlines() if line.startswith("shocks"))
    assert old in text
    shutil.copytree(ATLANTIS, tmp_path / "case")
    (tmp_path / "case" / "fit.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=r"fit\.toml") as error:
        read_priors(cases.load(tmp_path / "case"))
    assert words in str(error.value)


def test_a_case_without_a_list_says_so(tmp_path: Path) -> None:
    shutil.copytree(ATLANTIS, tmp_path / "case")
    (tmp_path / "case" / "fit.toml").unlink()
    with pytest.raises(InputError, match="nothing says which parameters are fitted"):
        read_priors(cases.load(tmp_path / "case"))


def test_an_edited_list_of_dated_events_is_refused(tmp_path: Path) -> None:
    shutil.copytree(ATLANTIS, tmp_path / "case")
    events = tmp_path / "case" / "events.csv"
    events.write_text(
        events.read_text().replace(
            "bread-price,price of bread doubles,drives,2022-01-15,30", "bread-price,price of bread doubles,drives,2022-01-15,40"
        )
    )
    with pytest.raises(InputError, match="not those that were frozen"):
        read_priors(cases.load(tmp_path / "case"))
