"""What the documents show does what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import groundswell

ROOT = Path(__file__).parents[1]


def blocks(name: str) -> list[str]:
    """The Python examples of a document."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^( *)```python\n(.*?)^ *```", text, flags=re.M | re.S)
    return ["\n".join(line.removeprefix(indent) for line in body.splitlines()) for indent, body in found]


def run(code: str, folder: Path) -> str:
    """The output of a program, as a user would start it."""
    paths = [str(Path(groundswell.__file__).parents[1]), str(folder)]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_mechanism_in_one_file_works_and_matters(tmp_path: Path) -> None:
    mechanism, comparison = blocks("CONTRIBUTING.md")
    (tmp_path / "solidarity.py").write_text(mechanism, encoding="utf-8")
    plain, with_it = run(comparison, tmp_path).split("\n")[:2]
    assert plain.split()[1] != with_it.split()[1]
    assert int(with_it.split()[0]) > int(plain.split()[0]) > 0


@pytest.mark.slow
def test_the_five_lines_of_python_in_the_readme(tmp_path: Path) -> None:
    (code,) = blocks("README.md")
    turnout, state_hash = run(code, tmp_path).split()
    assert int(turnout) > 0
    assert re.fullmatch("[0-9a-f]{32}", state_hash)


@pytest.mark.slow
def test_your_own_model_in_one_file(tmp_path: Path) -> None:
    model, use, in_turn, check = blocks("docs/your-own-model.md")
    (tmp_path / "bandwagon.py").write_text(model, encoding="utf-8")
    told = run(use, tmp_path)
    turnout, rested = (float(x) for x in re.findall(r"(?:turnout|rest) ([\d.]+)", told))
    assert turnout > 2 * rested > 0
    assert run(in_turn, tmp_path).startswith("[")
    assert run(check, tmp_path) == "both limits hold\n"


@pytest.mark.slow
def test_studies_of_a_scenario_and_of_a_kind_of_ones_own(tmp_path: Path) -> None:
    decay, sweep, walks, use = blocks("docs/studies.md")
    assert run(sweep, tmp_path) == "most: participation.threshold\n"
    (tmp_path / "walks.py").write_text(walks, encoding="utf-8")
    told = run(decay, tmp_path)
    assert told.count("done") == 4
    assert told.endswith("(4, 61)\n")
    said = (ROOT / "docs/studies.md").read_text(encoding="utf-8").partition("It prints how many")[2].split("```")[1]
    assert run(use, tmp_path) == said.lstrip("\n")
