"""The command line: light help, one-line errors with exit code 2, runs that resume, and verification."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from groundswell import __version__
from groundswell.cli import main
from groundswell.cli.progress import Ticker
from groundswell.cli.running import value_of

HEAVY = ("numba", "pydantic", "numpy", "polars", "matplotlib", "rich", "groundswell.experiments")


def groundswell(*words: str, expect: int = 0) -> Result:
    """Run the command line in this process."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == expect, (result.output, result.exception)
    return result


def refused(*words: str) -> str:
    """The one line that a mistake gives."""
    result = groundswell(*words, expect=2)
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def spawned(*words: str, **more: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "groundswell", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["compare", "--help"], ["demo", "-h"], ["--version"], ["explain", "-h"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "groundswell", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not [name for name in HEAVY if name in imported]
    assert "groundswell" in done.stdout


def test_help_is_instant() -> None:
    def seconds() -> float:
        started = time.perf_counter()
        with spawned("--help") as process:
            process.communicate()
        return time.perf_counter() - started

    assert min(seconds() for _ in range(5)) < 0.3  # 0.09 s where nothing else runs


@pytest.mark.usefixtures("tiny_model")
class TestRun:
    def test_a_run_prints_a_summary_and_the_path_of_the_report(self, twin: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        result = groundswell("run", twin, "--out", out)
        assert result.stdout.splitlines()[-1] == str(out / "report.html")
        assert (out / "report.html").stat().st_size > 1000
        assert groundswell("run", twin, "--out", out, "--quiet").stdout == f"{out / 'report.html'}\n"
        assert groundswell("run", twin, "--out", out, "-q", "--no-report").stdout == f"{out}\n"
        assert not (out / "report.html").exists()
        assert "verified" in groundswell("verify", out).stdout

    def test_options_win_over_the_file(self, write: Callable[..., Path], tmp_path: Path) -> None:
        path = write("[parameters]\nfear.decay = 0.3\n")
        words = ["--scale", "2", "--start", "2021-02-01", "--end", "2021-02-03", "--seed", "5", "--threads", "2"]
        settings = ["--set", "fear.decay=0.2", "--set", "rule=adaptive", "--set", "policing.fatigue=true"]
        groundswell("run", path, *words, *settings, "--out", tmp_path / "out", "-q", "--no-report")
        scenario = json.loads((tmp_path / "out" / "run.json").read_text())["scenario"]
        assert scenario["parameters"] == {"fear.decay": 0.2, "fear.witnesses": 3, "policing.fatigue": "on", "policing.rule": "adaptive"}
        assert scenario["run"] == {"start": "2021-02-01", "end": "2021-02-03", "seed": 5, "threads": 2}
        assert scenario["population"]["scale"] == 2

    def test_the_folder_has_a_default_name(self, twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        groundswell("run", twin, "-q", "--no-report", "--seed", "3")
        assert (tmp_path / "runs" / "twin-2021-01-01-s3-1to1" / "run.json").exists()

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (["--set", "fear.dcay=1"], "--set fear.dcay=1: the model 'tiny' has no such parameter (did you mean 'fear.decay'?)"),
            (["--set", "fear.decay"], "KEY=VALUE"),
            (["--set", "=3"], "KEY=VALUE"),
            (["--set", "fear.decay=-1"], "outside 0 to 1"),
            (["--set", "fear.decay=nan"], "finite"),
            (["--set", "fear.decay=1e999"], "finite"),
            (["--set", "fear.decay=" + "9" * 5000], "finite"),
            (["--set", "fear.decay=a lot"], "needs a number"),
            (["--set", "rule=adaptve"], "did you mean 'adaptive'?"),
            (["--set", "rul=fixed"], "did you mean 'rule'?"),
            (["--scale", "0"], "--scale: should be greater than or equal to 1"),
            (["--scale", "1e3"], "not a valid integer"),
            (["--scale", "10000000000000000000000"], "--scale"),
            (["--seed", "-1"], "--seed"),
            (["--threads", "0"], "--threads"),
            (["--start", "yesterday"], "--start: 'yesterday' is not a date"),
            (["--end", "2030-01-01"], "--end: 2030-01-01 is outside the case's closed period"),
            (["--sede", "1"], "--seed"),
            (["--set", "fear.decay=0.1", "--set", "fear.decay=0.2"], "--set fear.decay=0.2: is given twice"),
            (["extra"], "extra"),
        ],
    )
    def test_mistakes_are_one_line(self, twin: Path, tmp_path: Path, words: list[str], says: str) -> None:
        before = sorted(tmp_path.rglob("*"))
        assert says in refused("run", twin, "--out", tmp_path / "out", *words)
        assert sorted(tmp_path.rglob("*")) == before

    def test_another_folder_is_not_overwritten(self, twin: Path, tmp_path: Path) -> None:
        (tmp_path / "thesis").mkdir()
        (tmp_path / "thesis" / "chapter.txt").write_text("ten years")
        assert "not a groundswell run" in refused("run", twin, "--out", tmp_path / "thesis")

    def test_a_folder_that_a_detour_leads_to_is_not_overwritten(self, twin: Path, tmp_path: Path) -> None:
        before = sorted(tmp_path.rglob("*"))
        assert "no such folder to go up from" in refused("run", twin, "--out", tmp_path / "gone" / ".." / "twin")
        assert "not a groundswell run" in refused("run", twin, "--out", tmp_path / "twin" / ".." / "twin")
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.parametrize("words", [[], ["--resume"]])
    def test_a_name_too_long_for_a_folder(self, twin: Path, tmp_path: Path, words: list[str]) -> None:
        for length in (220, 250, 5000):
            assert "at most 200 bytes" in refused("run", twin, "--out", tmp_path / ("x" * length), *words)
        assert "cannot be used" in refused("run", twin, "--out", tmp_path / ("x" * 500) / "out", *words)
        assert "not UTF-8" in refused("run", twin, "--out", tmp_path / "\udcff", *words)

    def test_what_others_wrote_is_shown_escaped_and_short(self, twin: Path, tmp_path: Path) -> None:
        for words in (["--set", "\x9b31m.x=1"], ["--scale", "\x1b[31m"], ["\x1b[31m"], ["--set", "fear.decay=\u202e1"]):
            problem = refused("run", twin, *words)
            assert problem[:-1].isprintable()
        for words in (["--scale", "9" * 10_000], ["--set", "fear.decay=" + "x" * 10_000], ["--set", "fear.decay=" + "x " * 5000]):
            assert len(refused("run", twin, *words)) < 1100
        out = tmp_path / "out"
        groundswell("run", twin, "--out", out, "-q", "--no-report")
        about = json.loads((out / "run.json").read_text())
        about["files"]["\x1b[31m"] = about["made_with"]["numpy"] = "\x9b31m"
        (out / "run.json").write_text(json.dumps(about))
        result = groundswell("verify", out, expect=1)
        assert "\\x1b[31m (as kept): DIFFERS: was \\x9b31m" in result.stdout
        assert all(line.isprintable() for line in result.stdout.split("\n"))

    def test_a_terminal_without_the_letters(self, twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with io.TextIOWrapper(io.BytesIO(), encoding="ascii") as terminal:
            monkeypatch.setattr(sys, "stdout", terminal)
            assert main(["run", str(twin), "--out", str(tmp_path / "out")], standalone_mode=False) == 0
            terminal.flush()
            assert b"state hash" in terminal.buffer.getvalue()  # type: ignore[attr-defined]

    def test_verify_says_what_differs(self, twin: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        groundswell("run", twin, "--out", out, "-q", "--no-report")
        assert groundswell("verify", out, "-q").stdout == ""
        about = json.loads((out / "run.json").read_text())
        about["scenario"]["parameters"]["fear.decay"] = 0.7
        (out / "run.json").write_text(json.dumps(about))
        result = groundswell("verify", out, expect=1)
        assert "state: DIFFERS: was " in result.stdout
        assert "table census: the same" in result.stdout

    def test_resuming_without_a_checkpoint_starts_anew(self, twin: Path, tmp_path: Path) -> None:
        result = groundswell("run", twin, "--out", tmp_path / "out", "-q", "--no-report", "--resume")
        assert "starting from the first day" in result.stderr

    def test_a_stopped_run_says_where_it_stopped_and_how_to_go_on(
        self, twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out, call = tmp_path / "out", Ticker.__call__

        def stop(self: Ticker, what: str, done: int, of: int) -> None:
            call(self, what, done, of)
            if what == "days" and done == 30:
                os.kill(os.getpid(), signal.SIGINT)

        words = ["run", str(twin), "--out", str(out), "-q", "--no-report"]
        with monkeypatch.context() as patched:
            patched.setattr(Ticker, "__call__", stop)
            patched.setattr(sys, "argv", ["groundswell", *words])
            result = groundswell(*words, expect=130)
        assert "stopped after 2021-01-30 (30 of 90 days)" in result.stderr
        assert result.stderr.rstrip().endswith(f"groundswell run {twin} --out {out} -q --no-report --resume")
        assert not out.exists()
        groundswell(*words, "--resume")
        groundswell("verify", out)


@pytest.mark.usefixtures("tiny_model")
class TestStudies:
    def test_replicates_print_means_and_bands_and_go_on(self, twin: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        words = ["run", twin, "--replicates", "2", "--workers", "1", "--out", out]
        result = groundswell(*words)
        assert "2 replicates, seeds 1 to 2" in result.stdout
        assert "90 % band" in result.stdout
        assert result.stdout.splitlines()[-1] == str(out / "report.html")
        assert (out / "report.html").stat().st_size > 1000
        again = groundswell(*words)
        assert "2 of 2 runs are there already" in again.stderr
        assert groundswell(*words, "-q", "--no-report").stdout == f"{out}\n"
        groundswell("verify", out / "runs" / "seed-2")

    def test_a_comparison_prints_the_table_and_the_path(self, twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "200")
        common = ["--replicates", "2", "--workers", "1", "--end", "2021-02-20"]
        result = groundswell("compare", twin, "--set", "fear.decay=0.3", *common)
        assert "fear.decay = 0.3" in result.stdout
        assert "Student's t over pairs" in " ".join(result.stdout.split())
        assert result.stdout.splitlines()[-1] == "runs/twin-2021-01-01-s1-1to1-fear-decay-0-3/comparison.html"
        assert Path(result.stdout.splitlines()[-1]).stat().st_size > 1000
        assert groundswell("compare", twin, "--without", "curfew", *common, "-q", "--no-report").stdout == (
            "runs/twin-2021-01-01-s1-1to1-without-curfew\n"
        )
        (tmp_path / "other.toml").write_text('schema = 1\n[scenario]\nname = "x"\ncase = "twin"\n[parameters]\nfear.decay = 0.2\n')
        done = groundswell("compare", twin, tmp_path / "other.toml", *common, "-q", "--out", tmp_path / "two")
        assert done.stdout == f"{tmp_path / 'two' / 'comparison.html'}\n"

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (["compare", "twin"], "give a second scenario, or one of"),
            (["compare", "twin", "iran", "--without", "curfew"], "give a second scenario, or one of"),
            (["compare", "twin", "--without", "curfw"], "did you mean 'curfew'"),
            (["compare", "twin", "--set", "fear.decay"], "KEY=VALUE"),
            (["compare", "twin", "--set", "fear.dcay=1"], "did you mean 'fear.decay'"),
            (["compare", "twin", "iran"], "share no draws"),
            (["compare", "twin", "nowhere"], "no case"),
            (["compare", "twin", "--without", "curfew", "--replicates", "0"], "replicates"),
            (["run", "twin", "--replicates", "-2"], "replicates"),
            (["run", "twin", "--replicates", "2", "--workers", "0"], "workers"),
            (["run", "twin", "--workers", "2"], "--workers is for --replicates"),
            (["campaigns", "twin"], "no campaigns"),
            (["demo", "--pairs", "0"], "--pairs"),
            (["demo", "--out", "twin"], "a folder"),
            (["demo", "--out", "twin/case.toml"], "not overwritten"),
            (["demo", "--out", "no/where.html"], "no such folder"),
            (["demo", "--out", "/dev/null"], "a device or a pipe"),
            (["demo", "--out", "/proc/where.html"], "cannot be used for output"),
            (["run", "twin", "--replicates", "2", "--out", "/proc/where"], "cannot be used for output"),
            (["campaigns", "iran", "--replicates", "0", "--start", "2024-05-01", "--end", "2024-06-30"], "replicates"),
            (["campaigns", "iran", "--start", "2021-01-01", "--end", "2021-02-28"], "no campaign lies wholly in the run"),
        ],
    )
    def test_mistakes_are_one_line(self, twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str) -> None:
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        assert says in refused(*words)
        assert sorted(tmp_path.rglob("*")) == before

    def test_a_stopped_study_says_how_to_go_on(self, twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        call = Ticker.__call__

        def stop(self: Ticker, what: str, done: int, of: int) -> None:
            call(self, what, done, of)
            if done == 100:
                os.kill(os.getpid(), signal.SIGINT)

        words = ["run", str(twin), "--replicates", "2", "--workers", "1", "--out", str(tmp_path / "out"), "--no-report"]
        with monkeypatch.context() as patched:
            patched.setattr(Ticker, "__call__", stop)
            patched.setattr(sys, "argv", ["groundswell", *words])
            result = groundswell(*words, expect=130)
        assert result.stderr.rstrip().endswith(f"go on with: groundswell {' '.join(words)}")
        assert "1 of 2 runs are there already" in groundswell(*words).stderr


@pytest.mark.compiled
def test_campaigns_of_a_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    result = groundswell("campaigns", "iran", "--start", "2024-05-01", "--end", "2024-06-30")
    assert "acts of May 2024" in result.stdout
    assert "not in the run" in result.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words", [["run"], ["run", "irann"], ["run", "/dev/zero"], ["rnu", "iran"], ["verify", "/nowhere"], ["verify", "/dev"]]
)
def test_what_cannot_be_run_or_verified(words: list[str]) -> None:
    refused(*words)


def test_no_error_of_a_user_is_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("schema = 1\n[scenario\n")
    with spawned("run", str(tmp_path / "s.toml")) as process:
        out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert err.startswith(f"error: {tmp_path / 's.toml'}:2: not valid TOML")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_said_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "groundswell", "cases"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "error: what was to be printed cannot be written: No space left on device\n"


def test_a_fault_of_ours_is_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("groundswell.cli.showing.cases_command", fail)
    result = CliRunner().invoke(main, ["cases"])
    assert result.exit_code == 1
    assert isinstance(result.exception, ZeroDivisionError)


def test_explain() -> None:
    assert "unit     1/day" in groundswell("explain", "fear.decay").stdout
    everything = groundswell("explain").stdout
    assert "\nparameter\n" in everything
    assert "\nphase\n" in everything
    assert "nearest" in refused("explain", "fear.dekay")
    assert "did you mean 'resistance'" in refused("explain", "--model", "resistence", "fear")


def test_schema(tmp_path: Path) -> None:
    on_screen = groundswell("schema").stdout
    target = tmp_path / "schema.json"
    groundswell("schema", "-o", target)
    assert target.read_text(encoding="utf-8") == on_screen
    assert json.loads(on_screen)["$schema"].startswith("https://json-schema.org")
    assert "folder" in refused("schema", "-o", tmp_path)
    assert "cannot be written" in refused("schema", "-o", target / "below")
    assert "cannot be written" in refused("schema", "-o", tmp_path / ("x" * 300))


def test_cases_and_version() -> None:
    for line in ("iran: Iran, 2014-01-01 to 2026-01-31", "france_1942: France 1942-44, 1942-11-01 to 1944-07-31"):
        assert line in groundswell("cases").stdout
    assert groundswell("version").stdout.startswith(f"groundswell {__version__}\npython 3")
    assert groundswell("--version").stdout == f"groundswell {__version__}\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("-2", -2), ("0.5", 0.5), ("1e3", 1000.0), ("true", True), ("false", False), ("literal", "literal"), ("", "")],
)
def test_values_as_typed(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


class TestProgress:
    def test_nothing_is_said_of_what_is_quick(self, capfd: pytest.CaptureFixture[str]) -> None:
        with Ticker(quiet=False) as tick:
            tick("days", 1, 2)
        assert capfd.readouterr() == ("", "")

    def test_what_takes_longer_is_told_on_stderr(self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("groundswell.cli.progress.PATIENCE", 0.01)
        with Ticker(quiet=False) as tick:
            tick("days", 0, 2)
            tick("days", 1, 2)
            for _ in range(500):
                if tick.spoken:
                    break
                time.sleep(0.01)
        told = capfd.readouterr()
        assert told.out == ""
        assert told.err.startswith("simulating: 1 of 2 days, about ")

    def test_the_time_that_is_left_is_told_of_each_piece_of_work_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = [0.0]
        monkeypatch.setattr(time, "monotonic", lambda: now[0])
        tick, began = Ticker(quiet=True), []
        for at, what, done in ((10.0, "simulating", 50), (20.0, "simulating", 100), (21.0, "simulating", 0), (30.0, "drawing", 0)):
            now[0] = at
            tick(what, done, 100)
            began.append(tick.phase_began)
        assert began == [10.0, 10.0, 21.0, 30.0]

    def test_what_was_done_before_does_not_count_as_quick(self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        now = [100.0]
        monkeypatch.setattr(time, "monotonic", lambda: now[0])
        tick = Ticker(quiet=True)
        tick("round 8", 96, 100)
        now[0] += 60.0
        tick("round 8", 98, 100)
        tick._say()
        assert capfd.readouterr().err == "round 8: 98 %, about 60 s left\n"

    def test_before_it_is_known_how_much_there_is_no_number_is_told(
        self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("groundswell.cli.progress.PATIENCE", 0.01)
        with Ticker(quiet=False) as tick:
            for _ in range(500):
                if tick.spoken:
                    break
                time.sleep(0.01)
        assert capfd.readouterr().err == "getting ready\n"


@pytest.mark.usefixtures("tiny_model")
def test_a_folder_of_results_is_no_case(twin: Path, tmp_path: Path) -> None:
    groundswell("run", str(twin), "--out", str(tmp_path / "out"), "-q", "--no-report")
    for command in (["campaigns"], ["run"], ["compare", str(twin)]):
        assert "this folder keeps results" in refused(*command, str(tmp_path / "out"))


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["fit", "iran", "--events", "none.csv"], "fit: needs scipy"),
        (["claims", "iran"], "claims: needs scipy"),
        (["forecast", "iran", "--events", "none.csv"], "forecast: needs scipy and sklearn"),
        (["score", "iran", "--posterior", "shipped", "--events", "none.csv"], "score: needs scipy and sklearn"),
    ],
)
def test_what_an_extra_brings_is_told_before_any_work(
    words: list[str], missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("groundswell.core.extras.find_spec", lambda name: None if name in ("scipy", "sklearn") else object())
    Path("none.csv").write_text("")
    assert refused(*words) == f"error: {missing}: pip install 'groundswell[fit]'\n"
