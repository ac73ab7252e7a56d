"""The fit that comes with a case: its draws, and the values that were made of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from groundswell import calibration, cases
from groundswell.calibration.posterior import FOLDER, Posterior, posterior_of, read_posterior
from groundswell.core.errors import InputError, StoreError

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
IRAN = cases.load("iran")


def test_the_shipped_fit_of_iran_is_that_of_its_defaults_and_priors() -> None:
    fit, fitted = calibration.posterior_of(IRAN, "shipped"), IRAN.fitted
    assert fitted is not None
    assert (fit.case, fit.digest, fit.priors.digest) == ("iran", fitted.posterior, fitted.priors)
    assert calibration.read_priors(IRAN).digest == fit.priors.digest
    assert fit.provenance["record"] == fitted.record
    for one, told in zip(fitted.values, fit.marginals(), strict=False):
        assert (one.low, one.high, one.contraction) == pytest.approx((told.quantiles[0], told.quantiles[4], told.contraction), rel=1e-3)


def test_the_defaults_of_iran_are_one_draw_of_it() -> None:
    fit, fitted = posterior_of(IRAN, "shipped"), IRAN.fitted
    assert fitted is not None
    values = np.array([one.value for one in fitted.values])
    same = np.isclose(fit.values, values, rtol=1e-3).all(axis=1)
    assert same.any()
    assert fit.within(fit.values[same]).all()


def test_what_ships_has_figures_and_no_rows() -> None:
    """Summaries of the whole record, and of it no week, no province, no file name."""
    assert sorted(path.name for path in (IRAN.folder / FOLDER).iterdir()) == ["draws.parquet", "posterior.json"]
    fit = posterior_of(IRAN, "shipped")
    weeks, provinces = (fit.priors.end - fit.priors.start).days // 7, len(IRAN.census().provinces)
    assert len(fit.misfits) < min(weeks, 3 * provinces)
    assert not [value for value in fit.provenance.values() if str(value).startswith("/")]
    names = {row.name for row in IRAN.census().provinces}
    assert not [one.name for one in fit.misfits if any(name.lower() in one.name for name in names)]


def test_a_case_may_ship_one(tmp_path: Path) -> None:
    case = cases.load(shutil.copytree(ATLANTIS, tmp_path / "atlantis"))
    with pytest.raises(InputError, match="no fit ships with the case 'atlantis'"):
        posterior_of(case, "shipped")
    priors = calibration.read_priors(case)
    fit = Posterior("atlantis", priors, priors.draws(0, 60, 1), np.full(60, 1 / 60))
    fit.write(tmp_path / "fit" / FOLDER)
    shutil.copytree(tmp_path / "fit" / FOLDER, case.folder / FOLDER)
    again = cases.load(case.folder)
    assert (
        posterior_of(again, "shipped").digest
        == fit.digest
        == posterior_of(again, tmp_path / "fit").digest
        == read_posterior(case.folder).digest
    )
    (case.folder / FOLDER / "draws.parquet").write_bytes(b"")
    with pytest.raises(StoreError, match="altered"):
        posterior_of(again, Path("shipped"))
