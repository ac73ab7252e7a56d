"""A whole fit: the same bytes however it was interrupted, kept whole, read again, and what it refuses."""

from __future__ import annotations

import dataclasses
import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.calibration.worlds import ATLANTIS, FAULTS, TRUTH, instead, record_of

from groundswell import calibration, cases
from groundswell.calibration import fitting, reference, rounds
from groundswell.calibration.counts import whole_weeks
from groundswell.calibration.posterior import read_posterior
from groundswell.calibration.priors import Priors, read_priors
from groundswell.calibration.summaries import windows_of
from groundswell.cases import Case
from groundswell.core.errors import InputError, StoreError
from groundswell.events.reading import read
from groundswell.events.table import Events
from groundswell.studies import Stopped

ROWS = 300


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch)


@pytest.fixture(scope="module")
def case() -> Case:
    return cases.load(ATLANTIS)


@pytest.fixture(scope="module")
def priors(case: Case) -> Priors:
    return read_priors(case)


@pytest.fixture(scope="module")
def record(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Events:
    return read(record_of(case, tmp_path_factory.mktemp("record") / "weekly.csv")).events


def fitted(case: Case, record: Events, priors: Priors, out: Path, simulations: int = ROWS, **more: int) -> fitting.Fit:
    how = {"workers": 1, "predictive": 20, **more}
    return calibration.fit(case, ATLANTIS, record, priors, out, simulations=simulations, **how)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def test_a_fit_finds_what_made_the_record(case: Case, record: Events, priors: Priors, tmp_path: Path) -> None:
    found = fitted(case, record, priors, tmp_path / "fit")
    told = {one.name: one for one in found.posterior.marginals()}
    for key in ("livelihoods.rate", "gathering.violent"):
        assert told[key].quantiles[0] < TRUTH[key] < told[key].quantiles[4]
        assert told[key].informed
    assert found.training == 52
    assert len(found.observed.total) == 78
    assert found.predictive["total"].shape == (20, 78, 4)
    assert found.posterior.diagnostics["unusual"] > 0.02
    assert found.posterior.diagnostics["misfits"] == "ahead"
    assert min(one.tail for one in found.posterior.misfits) >= 2 / 21
    product = told["disputes times their length"]
    assert product.quantiles[2] == pytest.approx(
        float(np.exp(np.log(60 * 0.4))), rel=0.6
    )  # the truth's product  # fmt: skip


@pytest.mark.parametrize("after", [130, 200])  # in the first round, in the second
def test_an_interrupted_fit_equals_an_uninterrupted_one(
    case: Case, record: Events, priors: Priors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    fitted(case, record, priors, tmp_path / "whole")
    monkeypatch.setitem(FAULTS, "after", after)
    with pytest.raises((Stopped, KeyboardInterrupt)):
        fitted(case, record, priors, tmp_path / "cut")
    assert FAULTS["after"] < 0
    assert not (tmp_path / "cut" / "posterior").exists()
    monkeypatch.delitem(FAULTS, "after")
    fitted(case, record, priors, tmp_path / "cut")
    assert contents(tmp_path / "whole" / "posterior") == contents(tmp_path / "cut" / "posterior")
    for name in ("results.parquet",):
        assert (tmp_path / "whole" / "reference" / name).read_bytes() == (tmp_path / "cut" / "reference" / name).read_bytes()


def test_more_simulations_use_those_that_are_done(case: Case, record: Events, priors: Priors, tmp_path: Path) -> None:
    fitted(case, record, priors, tmp_path / "grown", 200)
    fitted(case, record, priors, tmp_path / "grown", ROWS)
    fitted(case, record, priors, tmp_path / "whole", ROWS)
    assert contents(tmp_path / "grown" / "posterior") == contents(tmp_path / "whole" / "posterior")


def test_a_posterior_is_kept_and_read(case: Case, record: Events, priors: Priors, tmp_path: Path) -> None:
    found = fitted(case, record, priors, tmp_path / "fit").posterior
    again = read_posterior(tmp_path / "fit")
    assert json.dumps(again.as_document(), sort_keys=True) == json.dumps(found.as_document(), sort_keys=True)
    assert (again.values == found.values).all()
    draws = again.draws(500)
    assert again.draws(500) == draws
    assert set(draws[0]) == set(priors.keys)
    mean = np.mean([draw["livelihoods.rate"] for draw in draws])
    assert mean == pytest.approx(float(found.weights @ found.values[:, 1]), rel=0.02)
    low, high = priors.entries[1].low, priors.entries[1].high
    assert low <= found.values[:, 1].min() <= found.values[:, 1].max() <= high
    with pytest.raises(InputError, match="are none"):
        again.draws(0)
    path = tmp_path / "fit" / "posterior" / "posterior.json"
    path.write_text(path.read_text().replace('"effective"', '"affective"', 1))
    with pytest.raises(StoreError, match="altered"):
        read_posterior(tmp_path / "fit")
    with pytest.raises(StoreError, match="not a posterior"):
        read_posterior(tmp_path)


def test_a_record_of_other_years_is_refused(case: Case, record: Events, priors: Priors, tmp_path: Path) -> None:
    short = dataclasses.replace(record, frame=record.frame.filter(pl.col("first") < date(2022, 7, 1)))
    with pytest.raises(InputError, match="the record runs from 2022-01-01 to"):
        fitted(case, short, priors, tmp_path / "fit")


def test_a_summary_beyond_all_simulations_is_told_and_not_used(case: Case, record: Events, priors: Priors, tmp_path: Path) -> None:
    study = reference.reference(case, ATLANTIS, priors, tmp_path / "study", simulations=200, scale=10, workers=1)
    table = reference.tabulate(study, case, priors, windows_of(case))
    told = table.summaries[7].copy()
    odd = table.names.index("contested.dispersion")
    told[odd] = 99.0
    posterior, _, _ = rounds.infer(table, told, priors, truths=50)
    assert posterior.diagnostics["beyond"] == ["contested.dispersion"]
    worst = next(one for one in posterior.misfits if one.name == "contested.dispersion")
    assert not worst.used
    assert worst.tail < 0.02
    assert posterior.diagnostics["misfits"] == "kept"


def test_failed_simulations_are_left_out_or_refused(case: Case, priors: Priors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAULTS, "above", 78.0)
    study = reference.reference(case, ATLANTIS, priors, tmp_path / "few", simulations=200, scale=10, workers=1)
    table = reference.tabulate(study, case, priors, windows_of(case))
    assert table.failed == len(study.failed()) == 200 - len(table.z) > 0
    monkeypatch.setitem(FAULTS, "above", 40.0)
    with pytest.raises(InputError, match="simulations failed, such as: too many"):
        reference.reference(case, ATLANTIS, priors, tmp_path / "many", simulations=200, scale=10, workers=1)


def test_failed_simulations_from_the_posterior_are_no_quiet_runs(
    case: Case, record: Events, priors: Priors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = fitted(case, record, priors, tmp_path / "fit", predictive=150)
    rates = sorted(draw["occasions.rate"] for draw in most.posterior.draws(150))
    some = next(k for k in (147, 148, 149) if rates[k] > rates[k - 1])  # from there on they fail
    shutil.rmtree(tmp_path / "fit" / "ahead")
    monkeypatch.setitem(FAULTS, "above", (rates[some] + rates[some - 1]) / 2)
    found = fitted(case, record, priors, tmp_path / "fit", predictive=150)
    assert {len(array) for array in found.predictive.values()} == {some}
    assert found.predictive["total"].sum(axis=(1, 2)).min() > 0
    shutil.rmtree(tmp_path / "fit" / "ahead")
    monkeypatch.setitem(FAULTS, "above", rates[100])
    with pytest.raises(InputError, match="of 150 simulations from the posterior failed, such as: too many"):
        fitted(case, record, priors, tmp_path / "fit", predictive=150)


def test_a_fault_in_the_weeks_after_the_fitted_ones_is_told_before_any_work(
    case: Case, record: Events, priors: Priors, tmp_path: Path
) -> None:
    late = pl.when(pl.col("first") > date(2023, 6, 1)).then(pl.lit("AT-09")).otherwise(pl.col("region"))
    wrong = dataclasses.replace(record, frame=record.frame.with_columns(region=late))
    with pytest.raises(InputError, match="no province 'AT-09'"):
        fitted(case, wrong, priors, tmp_path / "fit")
    assert not (tmp_path / "fit").exists()


def test_training_weeks_are_whole_wherever_the_period_ends(case: Case, record: Events, priors: Priors, tmp_path: Path) -> None:
    """An end on a Tuesday: the same weeks of the record, of the table and of simulations from the posterior."""
    cut = dataclasses.replace(priors, end=date(2022, 12, 27))
    found = fitted(case, record, cut, tmp_path / "fit", 120)
    assert found.training == 51 == whole_weeks(cut.start, cut.end)[1]
    assert len(found.observed.between(cut.start, cut.last_week).total) == 51
    assert len(found.observed.between(priors.start, priors.last_week).total) == 52


def test_the_page_of_a_fit_says_what_is_needed(case: Case, record: Events, priors: Priors, tmp_path: Path) -> None:
    from groundswell.report.fit import page

    found = fitted(case, record, priors, tmp_path / "fit")
    text = page(found, case)
    for words in ("Calibration", "only their product is known", "contraction", "Deaths were not fitted", "disputes times their length"):
        assert words in text
    assert text == page(found, case)
    assert "<script" not in text


def test_fitted_values_become_a_case_s_defaults(case: Case, record: Events, priors: Priors, tmp_path: Path) -> None:
    """As written: one draw of the posterior over what the case says, with where its values are from; shocks by their strength."""
    from groundswell.calibration.defaults import write_fitted
    from groundswell.experiments.read import read as scenario_of, settings_of

    fit = fitted(case, record, priors, tmp_path / "fit", choose=True)
    found, chosen = fit.posterior, fit.nearest
    assert chosen is not None
    assert chosen.distance < chosen.prior
    assert any(np.array_equal(row, [chosen.values[key] for key in found.keys]) for row in found.values)
    assert fitted(case, record, priors, tmp_path / "fit", choose=True).nearest == chosen
    folder = tmp_path / "country"
    shutil.copytree(ATLANTIS, folder)
    write_fitted(found, chosen, folder / "fitted.toml")
    again = cases.load(folder)
    for one in found.marginals()[:4]:
        assert scenario_of(folder).values[one.name] == pytest.approx(chosen.values[one.name], rel=1e-3)
        assert one.quantiles[0] <= chosen.values[one.name] <= one.quantiles[4]
        assert "fitted to 2022-2022" in again.parameter_sources[one.name]
    assert again.fitted is not None
    assert again.fitted.record == record.digest
    assert scenario_of(folder, settings_of({"occasions.rate": 7.0})).values["occasions.rate"] == 7, "a user's own value wins"
    text = (folder / "fitted.toml").read_text()
    (folder / "fitted.toml").write_text(
        text + '\n[[parameters]]\nkey = "shocks.strength"\nvalue = 0.5\nlow = 0\nhigh = 1\ncontraction = 0.2\n'
    )
    weak = scenario_of(folder)
    assert weak.shock_strength == 0.5
    assert {e.id: e.value for e in weak.effects}["bread-price"] == pytest.approx(2**0.5)
    (folder / "fitted.toml").write_text(text.replace('"livelihoods.rate"', '"livelihoods.rat"'))
    with pytest.raises(InputError, match=r"did you mean 'livelihoods\.rate'") as wrong:
        scenario_of(folder)
    assert wrong.value.file == folder / "fitted.toml"
    assert wrong.value.line is not None
    (folder / "fitted.toml").write_text(text.replace("value =", "vale =", 1))
    with pytest.raises(InputError, match="vale"):
        cases.load(folder)
