"""`groundswell data describe` on made-up records."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import groundswell.events.fixtures
from groundswell.cli import main

FIXTURES = Path(groundswell.events.fixtures.__path__[0])


def run(*words: object, expect: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == expect, (result.output, result.exception)
    return result


def refused(*words: object) -> str:
    """The one line that a mistake gives."""
    result = run("data", "describe", *words, expect=2)
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture
def record(tmp_path: Path) -> Path:
    days = [date(2001, 1, 1) + timedelta(days=k) for k in range(400)]
    rows = [f"{day},{'North' if k % 3 else 'South'},peaceful_protest" for k, day in enumerate(days)]
    path = tmp_path / "made-up.csv"
    path.write_text("\n".join(["day,region,kind", *rows]) + "\n", encoding="utf-8")
    return path


MAPS = ("--map", "first=day", "--map", "region=region", "--map", "kind=kind")


def test_numbers_are_printed(record: Path) -> None:
    said = run("data", "describe", record, *MAPS).stdout
    assert "mean a week" in said
    assert "7.0 (7.0 to 7.0)" in said
    assert "2001: 365" in said
    assert "weekdays: most on" in said
    assert max(len(line) for line in said.splitlines() if "(" in line and "note" not in line) <= 120


def test_page_figures_and_json(record: Path, tmp_path: Path) -> None:
    out, numbers = tmp_path / "out", tmp_path / "numbers.json"
    said = run("data", "describe", record, *MAPS, "--out", out, "--json", numbers).stdout.splitlines()
    assert said[-2:] == [str(out / "record.html"), str(numbers)]
    content = json.loads(numbers.read_text(encoding="utf-8"))
    assert content["moments"]["total"]["mean"]["value"] == 7
    assert content["format"] == "plain"
    assert sorted(path.name for path in out.iterdir()) == ["record.html", "regions.svg", "weekdays.svg", "weeks.svg", "years.svg"]


def test_a_period(record: Path) -> None:
    said = run("data", "describe", record, *MAPS, "--from", "2001-03-03", "--until", "2001-06-01").stdout
    assert "13 whole weeks" in said
    assert "outside the period left out" in said


def test_the_present_year_is_left_out(tmp_path: Path) -> None:
    today = date.today()
    path = tmp_path / "now.csv"
    path.write_text(f"day\n{today.year - 1}-03-01\n{today.year - 1}-05-01\n{today.year}-01-01\n", encoding="utf-8")
    said = run("data", "describe", path, "--map", "first=day").stdout
    assert f"1 event after {today.year - 1}-12-31 left out: only closed years" in " ".join(said.split())
    path.write_text(f"day\n{today.year}-01-01\n", encoding="utf-8")
    assert "no event lies within the period" in refused(path, "--map", "first=day")


def test_days_of_a_real_record_are_not_told(record: Path) -> None:
    assert "is less than a week" in refused(record, *MAPS, "--from", "2001-03-03", "--until", "2001-03-08")
    run("data", "describe", record, *MAPS, "--from", "2001-03-03", "--until", "2001-03-09")


@pytest.mark.parametrize(
    "name", ["acled.csv", "acled-weekly.csv", "mass-mobilization.tab", "navco-3.csv", "record.csv", "ucdp-ged.csv", "weekly.csv"]
)
def test_each_format_is_described(name: str, tmp_path: Path) -> None:
    """Short records: they have few figures, and say why."""
    said = run("data", "describe", FIXTURES / name, "--out", tmp_path / "out").stdout
    assert (tmp_path / "out" / "record.html").is_file()
    assert "note: " in said
    assert ("simulated" in said) == (name == "record.csv")
    if name == "navco-3.csv":
        assert "no whole week" in said


def test_mistakes_are_one_line(record: Path, tmp_path: Path) -> None:
    assert "no date such as" in refused(record, *MAPS, "--from", "yesterday")
    assert "before it begins" in refused(record, *MAPS, "--from", "2002-01-01", "--until", "2001-01-01")
    assert "this is a file, not a folder" in refused(record, *MAPS, "--out", record)
    assert refused(tmp_path / "none.csv")
    several = tmp_path / "several.csv"
    several.write_text("day,land\n2001-01-01,A\n2001-01-02,B\n", encoding="utf-8")
    assert "--country" in refused(several, "--map", "first=day", "--map", "country=land")
    one = run("data", "describe", several, "--map", "first=day", "--map", "country=land", "--country", "B").stdout
    assert "B, 2001" in one
