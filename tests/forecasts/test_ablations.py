"""A fitted model without its parts: paired draws, a loss where a part matters, none where it does not, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from tests.calibration.worlds import ATLANTIS, TRUTH, instead, record_of

from groundswell import cases
from groundswell.calibration import fitting
from groundswell.calibration.posterior import Posterior
from groundswell.calibration.priors import Ablation, read_priors
from groundswell.cases import Case
from groundswell.cli import main
from groundswell.core.errors import InputError
from groundswell.events.reading import read
from groundswell.forecasts.ablations import AFTER, FITTED, WHOLE, Ablations, ablate, figures_of

FEW = Ablation("disputes", "no disputes", {"livelihoods.rate": 1.0})
SAME = Ablation("nothing", "as it is", {"shocks.strength": 1.0})


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    instead(monkeypatch)


@pytest.fixture(scope="module")
def case() -> Case:
    return cases.load(ATLANTIS)


@pytest.fixture(scope="module")
def posterior(case: Case) -> Posterior:
    """Close to the truth."""
    priors = read_priors(case)
    values = np.array([[TRUTH[key] * (1 + 0.02 * k) for key in priors.keys] for k in range(-5, 6)])
    return Posterior(case.id, priors, values, np.full(11, 1 / 11), {"scale": 10})


@pytest.fixture(scope="module")
def path(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record_of(case, tmp_path_factory.mktemp("record") / "weekly.csv")


def made(case: Case, posterior: Posterior, path: Path, out: Path, *variants: Ablation, draws: int = 20) -> Ablations:
    record = fitting.compared(case, read(path).events, posterior.priors)
    return ablate(posterior, case, ATLANTIS, out, record, variants, draws=draws, workers=1)


def test_a_part_that_matters_is_missed_and_one_that_does_not_is_not(case: Case, posterior: Posterior, path: Path, tmp_path: Path) -> None:
    found = made(case, posterior, path, tmp_path, FEW, SAME)
    ratio = {(one.variant, one.target, one.period): one.ratio for one in found.losses}
    assert ratio["disputes", "total", FITTED].low > 1.5
    assert ratio["disputes", "total", AFTER].low > 1.5
    for period in (FITTED, AFTER):
        assert ratio["nothing", "total", period] == (1, 1, 1), "the same draws and seeds, so the same weeks"
        assert ratio[WHOLE, "contested", period] == (1, 1, 1)
    figures = {(one.variant, one.target, one.name): one for one in found.figures}
    assert figures[WHOLE, "total", "mean"].inside
    assert not figures["disputes", "total", "mean"].inside
    assert figures["disputes", "total", "mean"].real == pytest.approx(found.record.total[:52].sum() / 52)
    assert found.bands["nothing", "total"].shape == (78, 3)
    assert found.table().height == 3 * (4 + 12)


def test_a_record_that_begins_in_another_week_is_refused(case: Case, posterior: Posterior, path: Path, tmp_path: Path) -> None:
    record = fitting.compared(case, read(path).events, posterior.priors)
    later = record.between(record.weeks[1], record.weeks[-1])
    with pytest.raises(InputError, match="begins on 2022-01-08; the fit begins on 2022-01-01"):
        ablate(posterior, case, ATLANTIS, tmp_path, later, [], draws=20, workers=1)


def test_what_was_simulated_is_used_again_and_another_variant_is_not(case: Case, posterior: Posterior, path: Path, tmp_path: Path) -> None:
    first = made(case, posterior, path, tmp_path, FEW).table()
    here = sorted(p.name for p in tmp_path.iterdir())
    assert made(case, posterior, path, tmp_path, FEW).table().equals(first)
    assert sorted(p.name for p in tmp_path.iterdir()) == here
    made(case, posterior, path, tmp_path, Ablation("disputes", "", {"livelihoods.rate": 2.0}))
    assert len(list(tmp_path.iterdir())) == len(here) + 1


def test_another_case_is_refused(case: Case, posterior: Posterior, path: Path, tmp_path: Path) -> None:
    other = Posterior("lyonesse", posterior.priors, posterior.values, posterior.weights, posterior.provenance)
    with pytest.raises(InputError, match="is of the case 'lyonesse'"):
        made(case, other, path, tmp_path, FEW)


def test_figures_of_a_table() -> None:
    table = np.array([[1, 0], [3, 0], [2, 2]], np.float64)
    found = figures_of(table)
    assert (found["mean"], found["empty"], found["widest"]) == (pytest.approx(8 / 3), pytest.approx(1 / 3), 2)


def test_the_command(case: Case, posterior: Posterior, path: Path, tmp_path: Path) -> None:
    posterior.write(tmp_path / "posterior")
    words = ["ablate", str(ATLANTIS), "--posterior", str(tmp_path), "--events", str(path), "--draws", "10", "--workers", "1"]
    done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "out"), "--only", "shocks"])
    assert done.exit_code == 0, done.output
    assert "without shocks" in done.output
    assert "placebo" not in done.output
    assert "without shocks" in (tmp_path / "out" / "ablations.html").read_text()
    assert pl.read_parquet(tmp_path / "out" / "ablations.parquet")["variant"].unique().sort().to_list() == ["shocks", WHOLE]
    wrong = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "other"), "--only", "shoks"])
    assert wrong.exit_code == 2
    assert "shoks" in wrong.output
    assert "shocks" in wrong.output
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a"\nvalues = { "fear.decai" = 0 }', "fear.decay"),
        ('name = "a"\nvalues = { "fear.decay" = -1 }', "outside"),
        ('name = "a"\nvalues = { "shocks.strength" = 9 }', "outside"),
        ('name = "a"', "needs values or a shift"),
        ('name = "shocks"\nshift = 3', "stands twice"),
        ('name = "a"\nshft = 3', "shift"),
    ],
)
def test_what_is_wrong_in_the_list_is_named(case: Case, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "fit.toml"
    file.write_text((ATLANTIS / "fit.toml").read_text() + f"\n[[ablations]]\n{text}\n")
    with pytest.raises(InputError, match=said):
        read_priors(case, file)
