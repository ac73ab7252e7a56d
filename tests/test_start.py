"""start.py: what it says where something is missing, and that no set-up is taken for finished before it is. No network."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

START = Path(__file__).resolve().parents[1] / "start.py"
PYPROJECT = """[build-system]
requires = ["flit_core"]
[project]
name = "groundswell"
dependencies = ["numpy"]
[tool.ruff]
line-length = 140
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="start.py refuses other systems")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like a checkout to start.py."""
    root = tmp_path / "checkout"
    root.mkdir()
    shutil.copy(START, root)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "constraints.txt").write_text("numpy==2.4.6\n")
    return root


@pytest.fixture
def start(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """start.py of the checkout as a module, with signals left as they are and nothing that leaves this process."""
    spec = importlib.util.spec_from_file_location("groundswell_start", checkout / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.signal, "signal", lambda number, handler: None)
    return module


def pretend(checkout: Path, version: tuple[int, int, int]) -> subprocess.CompletedProcess[str]:
    """Run start.py under another Python's version number."""
    code = f"import runpy, sys; sys.version_info = {version}; sys.argv[1:] = ['run']; runpy.run_path('start.py', run_name='__main__')"
    return subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13), (3, 14, 0)])
def test_another_python_gets_one_line(checkout: Path, version: tuple[int, int, int]) -> None:
    done = pretend(checkout, version)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"needs Python 3.11, 3.12 or 3.13, and this is Python {version[0]}.{version[1]}." in done.stderr
    assert not (checkout / ".venv").exists()


def test_old_pythons_can_read_the_file() -> None:
    ast.parse(START.read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("spec", [None, SimpleNamespace(origin=None)], ids=["absent", "an empty folder left over"])
def test_missing_venv_names_the_package(start: ModuleType, checkout: Path, spec: Any, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: spec if name == "ensurepip" else SimpleNamespace(origin="here"))
    assert start.main(["run", "iran"]) == 1
    said = capsys.readouterr().err
    assert "apt-get install python3-venv" in said
    assert f"python3.{sys.version_info.minor}-venv" in said
    assert not (checkout / ".venv").exists()


def test_full_disk_is_told_before_anything_is_fetched(start: ModuleType, checkout: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(start.shutil, "disk_usage", lambda folder: SimpleNamespace(free=12_000_000))
    assert start.main(["run", "iran"]) == 1
    assert "12 MB left" in capsys.readouterr().err
    assert not (checkout / ".venv").exists()


def test_fingerprint_follows_what_is_installed_and_nothing_else(start: ModuleType, checkout: Path, monkeypatch: Any) -> None:
    seen = {start.fingerprint(checkout, ())}
    (checkout / "pyproject.toml").write_text(PYPROJECT.replace("140", "120"))
    assert start.fingerprint(checkout, ()) in seen
    seen.add(start.fingerprint(checkout, ("test",)))
    (checkout / "pyproject.toml").write_text(PYPROJECT.replace("numpy", "numba"))
    seen.add(start.fingerprint(checkout, ()))
    (checkout / "constraints.txt").write_text("numpy==2.4.7\n")
    seen.add(start.fingerprint(checkout, ()))
    monkeypatch.setattr(start.sys, "version", "another build")
    seen.add(start.fingerprint(checkout, ()))
    moved = checkout.rename(checkout.with_name("moved"))
    seen.add(start.fingerprint(moved, ()))
    assert len(seen) == 6


def half_made(environment: Any, stamp: str | None) -> None:
    (environment.folder / "bin").mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    if stamp is not None:
        environment.stamp.write_text(stamp)


def test_ready_only_with_the_stamp_and_a_python(start: ModuleType, checkout: Path) -> None:
    environment = start.Environment(checkout / ".venv")
    assert not environment.is_ready("wanted\n")
    half_made(environment, start.UNFINISHED)
    assert not environment.is_ready("wanted\n")
    environment.stamp.write_text("wanted\n")
    assert environment.is_ready("wanted\n")
    assert not environment.is_ready("something else\n")
    environment.python.unlink()
    environment.python.symlink_to(checkout / "a-python-that-was-removed")
    assert not environment.is_ready("wanted\n")


def test_removes_its_own_folders_and_no_others(start: ModuleType, checkout: Path) -> None:
    environment = start.Environment(checkout / ".venv")
    environment.remove()
    half_made(environment, start.UNFINISHED)
    outside = checkout / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (environment.folder / "link").symlink_to(outside)
    environment.remove()
    assert not environment.folder.exists()
    assert (outside / "kept").exists()

    half_made(environment, None)
    with pytest.raises(start.SetupError, match="was not made by"):
        environment.remove()
    assert environment.python.exists()

    shutil.rmtree(environment.folder)
    environment.folder.symlink_to(outside)
    with pytest.raises(start.SetupError, match="not a folder of"):
        environment.remove()
    assert (outside / "kept").exists()


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("raised", ["interrupt", "failure", "disk"])
def test_stopped_setup_leaves_nothing(start: ModuleType, checkout: Path, monkeypatch: Any, capsys: Any, at: int, raised: str) -> None:
    error, status = {
        "interrupt": (KeyboardInterrupt(), 130),
        "failure": (start.SetupError("no such version"), 1),
        "disk": (OSError(28, "No space left on device"), 1),
    }[raised]
    calls: list[list[str]] = []

    def call(command: list[str], log: Path, lock: int) -> None:
        (checkout / ".venv" / "lib").mkdir(exist_ok=True)
        (checkout / ".venv" / "lib" / f"{len(calls)}.py").touch()
        if len(calls) == at:
            raise error
        calls.append(command)

    monkeypatch.setattr(start, "call", call)
    assert start.main(["run", "iran"]) == status
    assert not (checkout / ".venv").exists()
    assert "Traceback" not in capsys.readouterr().err


def stand_in(start: ModuleType, monkeypatch: Any, lines: list[Any]) -> None:
    """Let the set-up make a folder with programs in it and nothing else, and note what the process would become."""

    def call(command: list[str], log: Path, lock: int) -> None:
        lines.append(command)
        if command[-2] == "venv":
            for program in ("python", "groundswell", "ruff", "mypy", "lint-imports", "sphinx-build"):
                path = Path(command[-1]) / "bin" / program
                path.parent.mkdir(exist_ok=True)
                path.write_text("#!/bin/sh\nexit 0\n")
                path.chmod(0o755)

    locks: list[Any] = []
    lock = start.Lock
    monkeypatch.setattr(start, "Lock", lambda path: locks.append(lock(path)) or locks[-1])

    def execv(path: Path, argv: list[str]) -> None:
        lines.append(argv)
        os.close(locks.pop().descriptor)  # as it is when a real program ends
        raise SystemExit(0)

    monkeypatch.setattr(start, "call", call)
    monkeypatch.setattr(start.os, "execv", execv)


def test_set_up_once_and_again_when_the_versions_change(start: ModuleType, checkout: Path, monkeypatch: Any) -> None:
    lines: list[Any] = []
    stand_in(start, monkeypatch, lines)

    def steps() -> int:
        lines.clear()
        with pytest.raises(SystemExit):
            start.main(["run", "iran", "--days", "3"])
        assert lines[-1] == [str(checkout / ".venv/bin/groundswell"), "run", "iran", "--days", "3"]
        return len(lines) - 1

    assert steps() == 3
    assert steps() == 0
    (checkout / "constraints.txt").write_text("numpy==2.4.7\n")
    assert steps() == 3
    (checkout / ".venv" / start.STAMP).write_text(start.UNFINISHED)
    assert steps() == 3
    assert steps() == 0


def test_tests_run_only_after_the_checks_pass(start: ModuleType, checkout: Path, monkeypatch: Any, capsys: Any) -> None:
    lines: list[Any] = []
    stand_in(start, monkeypatch, lines)
    monkeypatch.chdir(checkout)
    monkeypatch.delenv("GROUNDSWELL_SKIP_CHECKS", raising=False)
    with pytest.raises(SystemExit) as ended:
        start.main(["test", "-k", "fear"])
    assert ended.value.code == 0
    folder = checkout / f".venv-3.{sys.version_info.minor}-test"
    assert lines[-1] == [str(folder / "bin/python"), "-m", "pytest", "-n", "2", "--dist", "loadgroup", "--durations=10", "-k", "fear"]
    assert lines[-2][-1] == ".[test,dev]"

    (folder / "bin" / "mypy").write_text("#!/bin/sh\nexit 2\n")
    lines.clear()
    with pytest.raises(SystemExit) as ended:
        start.main(["test"])
    assert ended.value.code == 1
    assert not lines
    assert "mypy failed" in capsys.readouterr().err

    monkeypatch.setenv("GROUNDSWELL_SKIP_CHECKS", "1")
    with pytest.raises(SystemExit) as ended:
        start.main(["test"])
    assert ended.value.code == 0


def test_the_site_is_built_strictly_in_an_environment_of_its_own(start: ModuleType, checkout: Path, monkeypatch: Any) -> None:
    lines: list[Any] = []
    stand_in(start, monkeypatch, lines)
    monkeypatch.chdir(checkout)
    with pytest.raises(SystemExit) as ended:
        start.main(["docs", "here"])
    assert ended.value.code == 0
    folder = checkout / f".venv-3.{sys.version_info.minor}-docs"
    assert lines[-1][0] == str(folder / "bin/sphinx-build")
    assert {"-W", "-n"} <= set(lines[-1])
    assert lines[-1][-1] == str(checkout / "here")
    assert lines[-2][-1] == ".[docs]"


def test_two_starts_at_once_set_up_once(start: ModuleType, checkout: Path, monkeypatch: Any) -> None:
    built: list[str] = []

    def build(environment: Any, wanted: str, lock: int) -> None:
        built.append(wanted)
        time.sleep(0.2)
        half_made(environment, wanted)

    monkeypatch.setattr(start, "build", build)
    monkeypatch.setattr(start, "WAIT", 0.01)
    environment = start.Environment(checkout / ".venv")
    threads = [threading.Thread(target=start.ensure, args=(environment,), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)  # nobody waits for another's program to end
    assert not any(thread.is_alive() for thread in threads)
    assert len(built) == 1


def test_environment_in_use_is_not_removed(start: ModuleType, checkout: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(start, "WAIT", 0.01)
    environment = start.Environment(checkout / ".venv")
    half_made(environment, "older\n")
    user = start.Lock(checkout / ".venv.lock")
    user.share(lambda: pytest.fail("nobody else is here"))

    def build(environment: Any, wanted: str, lock: int) -> None:
        environment.stamp.write_text(wanted)

    monkeypatch.setattr(start, "build", build)
    thread = threading.Thread(target=start.ensure, args=(environment,), daemon=True)
    thread.start()
    time.sleep(0.2)
    assert thread.is_alive()
    assert environment.stamp.read_text() == "older\n"
    os.close(user.descriptor)
    thread.join(10)
    assert environment.is_ready(start.fingerprint(checkout, ()))
    assert capsys.readouterr().err.count("waiting for it") == 1


def test_lock_waits_and_says_so(start: ModuleType, checkout: Path) -> None:
    first, second = start.Lock(checkout / "lock"), start.Lock(checkout / "lock")
    first.share(lambda: pytest.fail("nobody else is here"))
    second.share(lambda: pytest.fail("sharing does not wait"))
    assert not first.alone()
    os.close(second.descriptor)
    assert first.alone()

    third, waiting, got = start.Lock(checkout / "lock"), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: (third.share(waiting.set), got.set()), daemon=True)
    thread.start()
    assert waiting.wait(10)
    assert not got.is_set()
    os.close(first.descriptor)
    assert got.wait(10)
    os.close(third.descriptor)


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError'\nERROR: No matching distribution\n", "HTTPS_PROXY"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n", "disk is full"),
        ("Collecting numpy\nERROR: No matching distribution found for numpy==9\n", "No matching distribution found for numpy==9"),
        ("something odd\n", "something odd"),
    ],
)
def test_failure_is_explained(start: ModuleType, checkout: Path, printed: str, told: str) -> None:
    code = f"import sys; sys.stdout.write({printed!r}); sys.exit(1)"
    with pytest.raises(start.SetupError, match=told), (checkout / "lock").open("a") as lock:
        start.call([sys.executable, "-c", code], checkout / "log", lock.fileno())
    assert (checkout / "log").read_text() == printed


def test_pip_installs_here_whatever_the_user_has_set(start: ModuleType, monkeypatch: Any) -> None:
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    environ = start.clean_environ()
    assert "PIP_TARGET" not in environ
    assert environ["PIP_USER"] == "0"
    assert environ["PIP_INDEX_URL"] == "https://mirror.example/simple"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signal_stops_the_children_and_leaves_nothing(start: ModuleType, checkout: Path, number: signal.Signals, status: int) -> None:
    slow = checkout / "slow"
    slow.write_text("#!/bin/sh\necho $$ > child\nsleep 60\n")
    slow.chmod(0o755)
    # The first step of the set-up runs sys.executable: here a program that takes its time.
    code = "import sys, start; sys.executable = './slow'; sys.exit(start.main(['run', 'iran']))"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=checkout, stderr=subprocess.PIPE, text=True)
    child = checkout / "child"
    deadline = time.monotonic() + 20
    while not (child.exists() and child.read_text().endswith("\n")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == status
    assert "stopped" in said
    assert "Traceback" not in said
    assert not (checkout / ".venv").exists()
    lock = start.Lock(checkout / ".venv.lock")  # the children have it too, as long as one of them lives
    deadline = time.monotonic() + 20
    while not lock.alone() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert lock.alone()
    os.close(lock.descriptor)


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("Collecting numba<0.70,>=0.68 (from groundswell==0.1.0)\n", "fetching numba"),
        ("Collecting polars-runtime-32==2.1.0\n", "fetching polars-runtime-32"),
        ("Installing collected packages: numpy, numba\n", "installing (2 in all)"),
        ("  Using cached numba-0.68.1.whl\n", None),
    ],
)
def test_progress_is_short(start: ModuleType, printed: str, shown: str | None) -> None:
    assert start.progress(printed) == shown
