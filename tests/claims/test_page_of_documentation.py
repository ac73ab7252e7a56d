"""What docs/claims.md says is so: its claim file is the one that ships and runs, its tables are those of the code, its commands exist."""

from __future__ import annotations

import importlib.util
import re
import shutil
import tomllib
from pathlib import Path

from groundswell import cases
from groundswell.claims.reading import read_claims
from groundswell.cli import main

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")


def test_the_claim_file_is_the_one_that_ships() -> None:
    block = TEXT.partition("```toml\n")[2].partition("```")[0]
    shipped = cases.load("lyonesse").folder / "claims" / "A1.toml"
    assert block == shipped.read_text(encoding="utf-8")


def test_a_newcomer_s_own_country_works_at_the_first_try(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(cases.load("lyonesse").folder, folder, ignore=shutil.ignore_patterns("claims"))
    (folder / "claims").mkdir()
    (folder / "claims" / "A1.toml").write_text(TEXT.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    (claim,) = read_claims(cases.load(folder))
    assert claim.contrast is not None
    assert claim.contrast.case.folder == folder


def test_its_tables_are_those_of_the_code() -> None:
    about = importlib.util.spec_from_file_location("make_claims", ROOT / "tools" / "make_claims.py")
    assert about is not None
    assert about.loader is not None
    tool = importlib.util.module_from_spec(about)
    about.loader.exec_module(tool)
    assert tool.page(TEXT) == TEXT, "python tools/make_claims.py"


def test_every_key_it_names_is_a_key_and_every_option_an_option() -> None:
    options = {option for parameter in main.commands["claims"].params for option in parameter.opts}
    named = set(re.findall(r"`(--[a-z]+)", TEXT))
    assert named <= options
    assert tomllib.loads(TEXT.partition("```toml\n")[2].partition("```")[0])["claim"]["id"] == "A1"
