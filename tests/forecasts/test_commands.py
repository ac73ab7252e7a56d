"""`groundswell forecast` and `groundswell score` on an invented country."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result
from tests.forecasts import worlds

from groundswell.calibration.counts import Counts
from groundswell.cli import main
from groundswell.core.draws import day_date
from groundswell.forecasts import baselines, predictive, rolling
from groundswell.forecasts.baselines import Forecaster, LastValue, Recent
from groundswell.forecasts.simulated import Simulated

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
IDS = ("AT-01", "AT-02", "AT-03", "AT-04")


def run(*words: object, expect: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == expect, (result.output, result.exception)
    return result


def write(path: Path, weeks: slice = slice(None), *, ids: Sequence[str] = IDS) -> Path:
    """A made-up record in the project's own columns."""
    total = worlds.autoregression(210, 4, seed=8, shared=0.2)
    rows: list[dict[str, Any]] = []
    for week in range(210)[weeks]:
        start = day_date(worlds.FIRST) + timedelta(days=7 * week)
        for place, iso in enumerate(ids):
            hard = int(total[week, place]) // 5
            counts = {"peaceful_protest": int(total[week, place]) - hard, "violent_demonstration": hard}
            rows.append({"week_starting": start.isoformat(), "iso": iso, **counts, "fatalities": 0})
    pl.DataFrame(rows).write_csv(path)
    return path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two baselines only; the others have tests of their own."""

    def few() -> tuple[Forecaster, ...]:
        return LastValue(), Recent(52)

    monkeypatch.setattr(rolling, "baselines", few)
    monkeypatch.setattr(baselines, "baselines", few)


HOW = ("--workers", 1, "--draws", 40, "--from", "2019-06-01")


@pytest.mark.usefixtures("quick")
def test_a_forecast_prints_its_table_and_keeps_page_and_scores(tmp_path: Path) -> None:
    record = write(tmp_path / "record.csv")
    result = run("forecast", ATLANTIS, "--events", record, *HOW, "--out", tmp_path / "out")
    said = result.stdout
    assert "Demonstrations by province" in said
    assert "Contested demonstrations of the nation" in said
    assert "last 52 weeks" in said
    assert said.splitlines()[-1] == str(tmp_path / "out" / "forecasts.html")
    page = (tmp_path / "out" / "forecasts.html").read_text(encoding="utf-8")
    assert "Retrospective" in page
    assert "<svg" in page
    assert str(tmp_path) not in page
    scores = pl.read_parquet(tmp_path / "out" / "scores.parquet")
    assert set(scores["target"]) == {"total", "contested"}
    first = (tmp_path / "out" / "forecasts.html").read_bytes()
    run("forecast", ATLANTIS, "--events", record, *HOW, "--out", tmp_path / "out", "--quiet")
    assert (tmp_path / "out" / "forecasts.html").read_bytes() == first


@pytest.mark.usefixtures("quick")
def test_two_files_that_follow_each_other_are_one_record(tmp_path: Path) -> None:
    whole, parts = write(tmp_path / "a.csv"), [write(tmp_path / "b.csv", slice(0, 150)), write(tmp_path / "c.csv", slice(150, None))]
    how = (*HOW, "--target", "total")
    run("forecast", ATLANTIS, "--events", whole, *how, "--out", tmp_path / "one")
    run("forecast", ATLANTIS, "--events", parts[1], "--events", parts[0], *how, "--out", tmp_path / "two")
    one, two = (pl.read_parquet(tmp_path / name / "scores.parquet") for name in ("one", "two"))
    assert one.equals(two)
    result = run("forecast", ATLANTIS, "--events", whole, "--events", parts[0], *how, "--out", tmp_path / "no", expect=2)
    assert "would count twice" in result.stderr
    gap = write(tmp_path / "d.csv", slice(160, None))
    result = run("forecast", ATLANTIS, "--events", parts[0], "--events", gap, *how, "--out", tmp_path / "no", expect=2)
    assert "weeks between would count as weeks without events; give a record of them as another --events" in result.stderr


def test_a_file_is_no_folder_for_the_output(tmp_path: Path) -> None:
    record = write(tmp_path / "record.csv")
    before = record.read_bytes()
    for command in (("forecast",), ("score", "--posterior", tmp_path)):
        said = run(command[0], ATLANTIS, "--events", record, *command[1:], *HOW, "--out", record, expect=2).stderr
        assert "this is a file, not a folder" in said
    assert record.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--from", "2030-01-01"), "no whole week"),
        (("--from", "soon"), "is no date"),
        (("--from", "2016-06-01"), "are needed"),
        (("--target", "totl"), "totl"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, words: tuple[str, str], problem: str) -> None:
    record = write(tmp_path / "record.csv")
    result = run("forecast", ATLANTIS, "--events", record, *words, "--out", tmp_path / "out", expect=2)
    assert problem in result.stderr
    assert result.stderr.strip().count("\n") == 0


def test_an_unknown_province_is_refused(tmp_path: Path) -> None:
    record = write(tmp_path / "record.csv", ids=("AT-01", "AT-02", "AT-03", "AT-44"))
    assert "AT-44" in run("forecast", ATLANTIS, "--events", record, *HOW, "--out", tmp_path / "out", expect=2).stderr


def test_weeks_after_2023_of_a_real_case_are_not_forecast(tmp_path: Path) -> None:
    ids = [f"IR-{k:02d}" for k in range(4)]
    record = write(tmp_path / "record.csv", ids=ids)
    result = run("forecast", "iran", "--events", record, "--until", "2024-06-01", "--out", tmp_path / "out", expect=2)
    assert "weeks after 2023-12-31" in result.stderr


def fake(counts: Counts) -> tuple[Simulated, list[Counts]]:
    """Histories as if they had been simulated, in the weeks of a record."""
    weeks = len(counts.total)
    every = []
    for k in range(12):
        total = worlds.autoregression(weeks, 4, seed=50 + k, shared=0.2)
        kinds = np.stack([total.sum(axis=1) - total.sum(axis=1) // 5, *[total.sum(axis=1) // 15] * 3], axis=1)
        every.append(Counts(counts.first, counts.provinces, total, total // 5, 0 * total, kinds))
    stacked = np.stack([one.total for one in every])
    return Simulated(counts.first, counts.provinces, stacked, stacked // 5), every


@pytest.mark.usefixtures("quick")
def test_a_posterior_is_scored_and_forecasts_are_made_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from groundswell.calibration import posterior
    from groundswell.forecasts.baselines import boosting

    monkeypatch.setitem(boosting.TREES, "max_iter", 4)
    fitted = SimpleNamespace(priors=SimpleNamespace(end=date(2018, 12, 28)))
    monkeypatch.setattr(posterior, "read_posterior", lambda folder: fitted)
    monkeypatch.setattr(predictive, "simulate", lambda posterior, case, target, folder, counts, **how: fake(counts))
    record = write(tmp_path / "record.csv")
    words = ("score", ATLANTIS, "--posterior", tmp_path, "--events", record, *HOW, "--target", "total", "--out", tmp_path / "out")
    said = run(*words).stdout
    assert "12 simulated histories beside the record" in said
    assert "simulator, learned" in said
    assert "pool with the simulator against that without" in said
    kept = pl.read_parquet(tmp_path / "out" / "scores.parquet").filter(pl.col("ahead") == 0, pl.col("class") == "all", level="nation")
    with_it, without = (kept.filter(forecaster=f"pool {name}").row(0, named=True) for name in ("with the simulator", "of baselines"))
    assert with_it["gain"] == pytest.approx(1 - with_it["crps"] / without["crps"])
    assert np.isnan(without["gain"])
    page = (tmp_path / "out" / "forecasts.html").read_text(encoding="utf-8")
    assert "The fitted model beside the record" in page
    assert "least likely of" in page
    short = run(*words[:6], "--workers", 1, "--from", "2017-01-01", "--out", tmp_path / "short").stdout
    assert "give earlier weeks as another --events" in short
    assert "simulator, learned" not in short
    assert "the fit has seen weeks up to 2018-12-28" in short
    early = ("forecast", *words[1:6], "--workers", 1, "--from", "2018-12-01", "--out", tmp_path / "early")
    assert "was fitted to weeks up to 2018-12-28" in run(*early, expect=2).stderr
