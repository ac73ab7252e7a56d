"""The command `fit`, from a record in a file to a page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.calibration.worlds import FAULTS, cheap_counts, instead

from groundswell.calibration.counts import DEMONSTRATIONS, common_of
from groundswell.calibration.posterior import read_posterior
from groundswell.cases import load
from groundswell.cli import main

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    instead(monkeypatch)
    case = load(ATLANTIS)
    common, _ = common_of(case, ATLANTIS, start=date(2022, 1, 1), end=date(2023, 6, 30), scale=10)
    values = {"occasions.rate": 30.0, "livelihoods.rate": 60.0, "livelihoods.lasting": 0.4, "gathering.violent": 0.15}
    found = cheap_counts(common, {"seed": 5, **values})
    rows = [
        (date.fromordinal(date(2022, 1, 1).toordinal() + 7 * week), f"AT-0{k + 1}", int(found["total"][week, k]), 0, 0, 0)
        for week in range(len(found["total"]))
        for k in range(4)
    ]
    path = tmp_path / "record.csv"
    pl.DataFrame(rows, schema=["week_starting", "iso", *DEMONSTRATIONS], orient="row").write_csv(path)
    return path


def run(*words: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    try:
        code = main([str(word) for word in words], standalone_mode=False)
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    return int(code or 0), said.out, said.err


def test_a_fit_is_made_and_told(record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fit"
    words = ("fit", ATLANTIS, "--events", record, "--simulations", 120, "--predictive", 10, "--workers", 1, "--out", out)
    code, said, _ = run(*words, capsys=capsys)
    assert code == 0
    assert said.splitlines()[-1] == str(out / "fit.html")
    assert "livelihoods.rate" in said
    assert "known: 0 nothing but the prior" in said
    assert (out / "fit.html").read_text().startswith("<!DOCTYPE html>")
    assert read_posterior(out).keys == ("occasions.rate", "livelihoods.rate", "livelihoods.lasting", "gathering.violent")


def test_days_of_the_week_are_held_against_a_daily_count(record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = [date.fromordinal(date(2022, 1, 1).toordinal() + k) for k in range(140)]
    daily = tmp_path / "daily.csv"
    daily.write_text("date,count\n" + "".join(f"{day},{3 if k % 7 == 0 else 2 if k % 7 < 6 else 1}\n" for k, day in enumerate(days)))
    out = tmp_path / "fit"
    words = ("fit", ATLANTIS, "--events", record, "--simulations", 120, "--predictive", 10, "--workers", 1, "--out", out, "-q")
    assert run(*words, "--daily", daily, capsys=capsys)[0] == 0
    page = (out / "fit.html").read_text()
    assert "Events of the whole country in 20 weeks" in page
    assert "(0 of 7)" in page  # the shares of the simulated days
    assert run(*words, capsys=capsys)[0] == 0
    assert "Days of the week" not in (out / "fit.html").read_text()
    code, _, said = run(*words, "--daily", tmp_path / "absent.csv", capsys=capsys)
    assert (code, "absent.csv: cannot be read" in said) == (2, True)


def test_some_parameters_alone(record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("fit", ATLANTIS, "--events", record, "--simulations", 120, "--workers", 1, "--out", tmp_path / "fit", "-q")
    code, _, said = run(*words, "--parameters", "occasions.rat", capsys=capsys)
    assert code == 2
    assert "did you mean 'occasions.rate'" in said
    code, _, said = run(*words, "--simulations", 3, capsys=capsys)
    assert code == 2
    assert "too few" in said
    code, _, said = run(*words, "--parameters", ",", capsys=capsys)
    assert (code, "names no parameter" in said) == (2, True)
    code, _, said = run(*words, "--scale", 0, capsys=capsys)
    assert (code, "1<=x<=1000" in said) == (2, True)
    assert run(*words, "--predictive", 0, "--parameters", "occasions.rate, gathering.violent", capsys=capsys)[0] == 0
    assert read_posterior(tmp_path / "fit").keys == ("occasions.rate", "gathering.violent")


def test_what_is_read_is_never_written_over(record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    priors = tmp_path / "mine.toml"
    priors.write_bytes((ATLANTIS / "fit.toml").read_bytes())
    words = ("fit", ATLANTIS, "--events", record, "--simulations", 120, "--workers", 1, "--out", tmp_path / "fit", "-q")
    for file in (priors, record, ATLANTIS / "fit.toml"):
        before = file.read_bytes()
        code, _, said = run(*words, "--priors", priors, "--fitted", file, capsys=capsys)
        assert (code, "give the output another name" in said) == (2, True)
        assert file.read_bytes() == before
    assert not (tmp_path / "fit").exists()


def test_a_stopped_fit_says_how_it_goes_on(
    record: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(FAULTS, "after", 20)
    words = ("fit", ATLANTIS, "--events", record, "--simulations", 120, "--predictive", 0, "--workers", 1, "--out", tmp_path / "fit", "-q")
    code, _, said = run(*words, capsys=capsys)
    assert code == 130
    assert "stopped; what is done is kept in" in said
    monkeypatch.delitem(FAULTS, "after")
    assert run(*words, capsys=capsys)[0] == 0
