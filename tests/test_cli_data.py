"""`groundswell data check` and `groundswell data formats`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from groundswell.cli import main
from groundswell.events.fixtures import paths
from groundswell.events.formats import FORMATS


def run(*words: object) -> int:
    return int(main([str(word) for word in words], standalone_mode=False) or 0)


def test_check_says_what_it_is_and_what_is_set_aside(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert run("data", "check", paths()["mass-mobilization"], "--rows", "--json", out) == 0
    text = capsys.readouterr().out
    assert "Mass Mobilization Protest Data (mmALL) (mass-mobilization)" in text
    assert "6 of 7 rows kept, 6 events, 1990-05-03 to 1996-05-11: 2 peaceful protest" in text
    assert "1 row set aside:\n  1  a year without a protest, not an event" in text
    assert "not read, quotes prose: sources, notes" in text
    assert "Set aside, row 6, protest: a year without a protest, not an event (0)" in text
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["counts"] == {"rows": 7, "kept": 6, "set_aside": 1, "noted": 0, "events": 6, "table": 6}
    assert found["set_aside"] == [{"row": 6, "reason": "a year without a protest, not an event", "column": "protest", "value": "0"}]
    assert found["format"] == "mass-mobilization"
    assert found["unverified"]


def test_check_with_a_map_a_country_and_a_case(capsys: pytest.CaptureFixture[str]) -> None:
    plain = paths()["plain"]
    assert run("data", "check", plain, "--map", "first=Date", "--map", "count=Number", "--map", "kind==peaceful_protest") == 0
    assert "6 peaceful protest" in capsys.readouterr().out
    assert run("data", "check", plain, "--map", "first=Date") == 0
    assert "every event is 'other'" in capsys.readouterr().out
    assert run("data", "check", paths()["acled-weekly"], "--case", "iran", "--country", "Atlantis") == 0
    assert "region: 8 cells a region that is not known" in capsys.readouterr().out


def test_nothing_kept_is_code_1_and_errors_are_code_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("data", "check", paths()["acled"], "--country", "Lemuria") == 1
    assert "8  another country" in capsys.readouterr().out
    assert run("data", "check", tmp_path / "none.csv") == 2
    assert "there is no such file of records" in capsys.readouterr().err
    assert run("data", "check", paths()["plain"], "--map", "first") == 2
    assert "a map is OURS=THEIRS" in capsys.readouterr().err
    assert run("data", "check", paths()["plain"], "--map", "first=Date", "--map", "first=City") == 2
    assert "mapped twice" in capsys.readouterr().err
    assert run("data", "check", paths()["acled"], "--json", tmp_path) == 2
    assert "this is a folder" in capsys.readouterr().err


def test_formats_are_listed_with_their_codebooks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("data", "formats") == 0
    text = capsys.readouterr().out
    for name in FORMATS:
        assert f"{name}: " in text
    assert "doi:10.7910/DVN/HTTWYL" in text
    assert "Unverified:" in text


def test_help_is_light() -> None:
    code = "import sys; from groundswell.cli import main; main(['data', '--help'], standalone_mode=False); print('polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("False")
    assert "check" in done.stdout
