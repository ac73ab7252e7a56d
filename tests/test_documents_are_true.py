"""What the documents show does what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
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


def shown(name: str, kind: str) -> list[tuple[str, str]]:
    """Blocks of a kind with what the page says that they print: the block of text that is the next after each, or nothing."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w+)\n(.*?)^```", text, flags=re.M | re.S)
    after = [*found[1:], ("", "")]
    return [(body, said if what == "text" else "") for (block, body), (what, said) in zip(found, after, strict=True) if block == kind]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["randomness", "scale", "record", "verdicts"])
def test_what_the_concepts_show_is_what_comes_out(name: str, tmp_path: Path) -> None:
    pages = shown(f"docs/concepts/{name}.md", "python")
    assert pages
    for code, said in pages:
        assert run(code, tmp_path) == said


def command(line: str, folder: Path) -> str:
    """What a command of groundswell prints, its one line of error included."""
    name, *words = shlex.split(line)
    assert name == "groundswell"
    done = subprocess.run(
        [sys.executable, "-m", name, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(groundswell.__file__).parents[1]), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [printed for printed in done.stderr.splitlines() if printed.startswith("error: ")]
    assert bool(done.returncode) == bool(errors), done.stderr
    return "\n".join([done.stdout, *errors])


@pytest.mark.slow
def test_the_tutorial_from_the_first_command_to_the_last(tmp_path: Path) -> None:
    (scenario,) = (body for body, _ in shown("docs/tutorial.md", "toml"))
    (tmp_path / "concession.toml").write_text(scenario, encoding="utf-8")
    commands = shown("docs/tutorial.md", "sh")
    assert len(commands) >= 6
    for line, said in commands:
        printed = [row.rstrip() for row in command(line, tmp_path).splitlines()]
        missing = [row for row in said.splitlines() if row.rstrip() not in printed]
        assert not missing, (line, printed)
    ((code, said),) = shown("docs/tutorial.md", "python")
    assert run(code, tmp_path) == said
    assert (tmp_path / "runs" / "first" / "report.html").is_file()
    assert (tmp_path / "runs" / "concession" / "comparison.html").is_file()


@pytest.mark.slow
def test_a_mechanism_of_ones_own_is_checked_and_described(tmp_path: Path) -> None:
    mechanism, _ = blocks("CONTRIBUTING.md")
    (tmp_path / "solidarity.py").write_text(mechanism, encoding="utf-8")
    for code, said in shown("docs/your-own-mechanism.md", "python"):
        assert run(code, tmp_path) == said


NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert cells
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.slow
def test_the_notebook_of_two_policies_says_what_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a program; the site's build runs it in Jupyter (`docs/_ext/notebook.py`)."""
    (path,) = NOTEBOOKS
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    monkeypatch.setenv("MPLBACKEND", "agg")
    told = run("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"), tmp_path)
    found = {}
    for line in told.splitlines():
        policy, what, number = re.fullmatch(r"(\w+) +(.+): ([-+][\d.]+) .*", line).groups()  # type: ignore[union-attr]
        found[policy, what.split()[0]] = float(number)
    assert found["concession", "took"] < 10 * found["blackout", "took"] < 0
    assert found["blackout", "gatherings"] < 10 * found["concession", "gatherings"] < 0
