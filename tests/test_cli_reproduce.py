"""`reproduce`, `models`, and `explain` of every model."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result
from tests.reproductions.made_up import CURED, GOOD, KNOWN, UNKNOWN, made_up

from groundswell import __version__, models, reproductions
from groundswell.cli import main
from groundswell.cli.progress import Ticker
from groundswell.core.errors import ModelError
from groundswell.reproductions.published import Reproduction

HEAVY = ("numba", "numpy", "polars", "matplotlib", "rich", "groundswell.models", "groundswell.reproductions")
Kept = Callable[..., Reproduction]


def groundswell(*words: object, expect: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == expect, (result.output, result.exception)
    return result


def refused(*words: object) -> str:
    """The one line that a mistake gives."""
    result = groundswell(*words, expect=2)
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kept:
    """Makes reproductions be the only ones that there are; the current folder is empty."""
    every: list[str] = []
    monkeypatch.setattr(reproductions, "names", lambda: sorted(every))
    monkeypatch.chdir(tmp_path)

    def keep(reproduction: Reproduction) -> Reproduction:
        module = ModuleType(reproduction.name)
        module.REPRODUCTION = reproduction  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"groundswell.reproductions.{reproduction.name}", module)
        every.append(reproduction.name)
        return reproduction

    return keep


@pytest.mark.parametrize("words", [["reproduce", "--help"], ["models", "--help"], ["--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "groundswell", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not [name for name in HEAVY if name in imported]


class TestReproduce:
    def test_prints_the_table_and_the_path_of_the_figure(self, keep: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
        keep(made_up())
        monkeypatch.setenv("COLUMNS", "100")
        result = groundswell("reproduce", "made_up_1999")
        lines = result.stdout.splitlines()
        assert lines[0] == "made_up_1999: A crowd | made up"
        assert lines[1] == "Nobody, A. (1999). A crowd. Journal of Crowds 1, 1-2. https://doi.org/10.1000/182"
        assert lines[3].split() == ["what", "published", "ours", "tolerance", "verdict"]
        assert "    differs because: the paper does not say how the ratio is rounded | or cut" in lines
        assert lines[-3:] == ["3 reproduced, 1 differs for a reason, none unexplained", "reproductions/made_up_1999.svg", ""]
        assert result.stdout.isascii() or "\x1b" not in result.stdout
        assert result.stderr == ""
        assert Path("reproductions/made_up_1999.svg").read_text(encoding="utf-8").startswith("<svg")

    @pytest.mark.parametrize("form", ["png", "pdf", "svg"])
    def test_figures_in_other_formats_and_folders(self, keep: Kept, form: str) -> None:
        keep(made_up())
        result = groundswell("reproduce", "made_up_1999", "--format", form, "--out", "deep/er")
        assert result.stdout.splitlines()[-2] == f"deep/er/made_up_1999.{form}"
        assert [path.name for path in Path("deep/er").iterdir()] == [f"made_up_1999.{form}"]

    def test_no_figure(self, keep: Kept) -> None:
        keep(made_up())
        assert groundswell("reproduce", "made_up_1999", "--no-figure").stdout.splitlines()[-2].startswith("3 reproduced")
        assert not list(Path().iterdir())

    @pytest.mark.parametrize(("lines", "code"), [((GOOD, KNOWN), 0), ((GOOD, UNKNOWN), 1), ((CURED,), 1), ((KNOWN,), 0)])
    def test_the_exit_code_says_whether_all_is_as_declared(self, keep: Kept, lines: tuple[object, ...], code: int) -> None:
        keep(made_up(*lines))  # type: ignore[arg-type]
        groundswell("reproduce", "made_up_1999", "--no-figure", expect=code)

    def test_all_goes_on_and_sums_up(self, keep: Kept) -> None:
        keep(made_up(UNKNOWN, name="a_1999"))
        keep(made_up(GOOD, KNOWN, name="b_1999"))
        result = groundswell("reproduce", "--all", "--no-figure", expect=1)
        assert result.stdout.index("a_1999: ") < result.stdout.index("b_1999: ")
        assert result.stdout.splitlines()[-1] == "2 models, 3 lines: 1 reproduced, 1 differs for a reason, 1 unexplained"

    def test_a_model_that_fails_does_not_stop_the_others(self, keep: Kept) -> None:
        def fail(_: object) -> None:
            raise ModelError("two writers of a column")

        keep(dataclasses.replace(made_up(name="a_1999"), compute=fail))  # type: ignore[arg-type]
        keep(made_up(GOOD, name="b_1999"))
        result = groundswell("reproduce", "--all", "--json", "all.json", expect=1)
        assert result.stderr == "error: a_1999: two writers of a column\n"
        assert "b_1999: " in result.stdout
        assert (
            result.stdout.splitlines()[-1] == "1 model, 1 line: 1 reproduced, 0 differ for a reason, none unexplained; not computed: a_1999"
        )
        assert [model["name"] for model in json.loads(Path("all.json").read_text())["models"]] == ["b_1999"]

    def test_a_name_given_twice_is_done_once(self, keep: Kept) -> None:
        keep(made_up())
        result = groundswell("reproduce", "made_up_1999", "made_up_1999", "--no-figure")
        assert result.stdout.count("A crowd | made up") == 1

    def test_the_list(self, keep: Kept) -> None:
        assert groundswell("reproduce").stdout == ""
        keep(made_up(name="young_2001"))
        keep(made_up(name="old"))
        told = "old         1999  A crowd | made up\nyoung_2001  2001  A crowd | made up\n"
        for words in ([], ["--list"], ["--all", "--list"]):
            assert groundswell("reproduce", *words).stdout == told

    def test_json(self, keep: Kept) -> None:
        keep(made_up())
        groundswell("reproduce", "made_up_1999", "--no-figure", "--json", "out/tables.json")
        found = json.loads(Path("out/tables.json").read_text(encoding="utf-8"))
        assert found["made_with"]["groundswell"] == __version__
        assert [line["verdict"] for line in found["models"][0]["lines"]] == ["reproduced"] * 3 + ["differs"]

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (["made_up_1989"], "there is no reproduction 'made_up_1989' (did you mean 'made_up_1999'?)"),
            (["\x1b[31m"], "\\x1b[31m"),
            (["../../etc"], "no reproduction"),
            (["drawing"], "no reproduction"),
            (["published.Comparison"], "no reproduction"),
            ([""], "no reproduction"),
            (["made_up_1999", "nobody"], "no reproduction"),
            (["made_up_1999", "--all"], "give names, or --all, or --list"),
            (["made_up_1999", "--list"], "give names, or --all, or --list"),
            (["made_up_1999", "--out", "taken"], "this is a file, not a folder"),
            (["made_up_1999", "--out", "taken/below"], "this is a file, not a folder"),
            (["made_up_1999", "--out", "/proc/figures"], "cannot be used for output"),
            (["made_up_1999", "--out", "x" * 300], "cannot be used for output"),
            (["made_up_1999", "--out", "full"], "a folder, not a file"),
            (["made_up_1999", "--format", "gif"], "'gif'"),
            (["made_up_1999", "--json", "full"], "a folder, not a file"),
            (["made_up_1999", "--json", "/dev/null"], "a device or a pipe"),
            (["made_up_1999", "--json", "/proc/tables.json"], "cannot be used for output"),
            (["made_up_1999", "--json", "taken/tables.json"], "this is a file, not a folder"),
            (["made_up_1999", "--json", "x" * 240], "at most 200 bytes"),
            (["made_up_1999", "--json", "reproductions/made_up_1999.svg"], "is read or written already"),
            (["--list", "--json", "x"], "--json keeps what is computed"),
            (["made_up_1999", "--jsno", "x"], "--json"),
        ],
    )
    def test_mistakes_are_one_line_and_leave_nothing(self, keep: Kept, words: list[str], says: str) -> None:
        keep(dataclasses.replace(made_up(), compute=lambda _: pytest.fail("was computed first")))
        Path("taken").write_text("a thesis")
        Path("full/made_up_1999.svg").mkdir(parents=True)
        before = sorted(Path().rglob("*"))
        assert says in refused("reproduce", *words)
        assert sorted(Path().rglob("*")) == before
        assert Path("taken").read_text() == "a thesis"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_may_not_be_written(self, keep: Kept) -> None:
        keep(made_up())
        Path("shut").mkdir(mode=0o500)
        assert "cannot be used for output: Permission denied" in refused("reproduce", "made_up_1999", "--out", "shut")

    def test_a_stop_leaves_what_is_whole(self, keep: Kept) -> None:
        def stop(_: object) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)

        keep(made_up(name="a_1999"))
        keep(dataclasses.replace(made_up(name="b_1999"), compute=stop))  # type: ignore[arg-type]
        result = groundswell("reproduce", "--all", "--json", "all.json", expect=130)
        assert result.stderr == "stopped at b_1999; what is printed above is whole\n"
        assert [path.name for path in Path("reproductions").iterdir()] == ["a_1999.svg"]
        assert not Path("all.json").exists()

    def test_progress_is_told_on_stderr(self, keep: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
        def slowly(tell: Callable[[float, str], None]) -> object:
            tell(0.4, "crowds of 100")
            time.sleep(0.5)
            return made_up(GOOD).compute(lambda share, text: None)

        monkeypatch.setattr("groundswell.cli.progress.PATIENCE", 0.01)
        keep(dataclasses.replace(made_up(), compute=slowly))  # type: ignore[arg-type]
        result = groundswell("reproduce", "made_up_1999", "--no-figure")
        assert result.stderr.startswith("made_up_1999: crowds of 100: 40 %, about ")
        assert "crowds of 100" not in result.stdout
        assert groundswell("reproduce", "made_up_1999", "--no-figure", "--quiet").stderr == ""


def test_the_time_that_is_left_is_that_of_the_whole_model() -> None:
    with Ticker(quiet=True) as tick:
        began = []
        for what in ("a_1999", "a_1999: crowds", "a_1999: networks", "b_1999: crowds"):
            time.sleep(0.002)
            tick(what, 10, 100)
            began.append(tick.phase_began)
    assert began[0] == began[1] == began[2] < began[3]


class TestModels:
    def test_every_model_is_listed_with_its_year(self) -> None:
        lines = groundswell("models").stdout.splitlines()
        assert [line.split()[0] for line in lines if line.startswith("resistance")] == ["resistance"]
        assert {line.split()[0] for line in lines} == set(models.names())
        for line in lines:
            name, told = line.split(maxsplit=1)
            assert re.match(r"(19|20)\d\d  \S", told) or name == "resistance"
            assert len(told.split()) > 3
            assert line.isprintable()

    @pytest.mark.parametrize("name", models.names())
    def test_every_model_is_explained(self, name: str) -> None:
        listing = groundswell("explain", "--model", name).stdout
        first = listing.splitlines()[2].split()[0]
        assert first in groundswell("explain", "--model", name, first).stdout
        assert "nothing called 'xyzzy'" in refused("explain", "--model", name, "xyzzy")

    def test_a_misspelt_model(self) -> None:
        assert "did you mean 'chwe_1999'" in refused("explain", "--model", "chwe_1989")
        assert "there is no model" in refused("explain", "--model", "../resistance")
        assert "'chwe_1999' has a world of its own, and no scenarios" in refused("schema", "--model", "chwe_1999")
