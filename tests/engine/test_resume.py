"""A run stopped after any day and resumed ends with the same bytes; a killed writer leaves a whole checkpoint."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine.common import START, country, run, same_arrays, same_run
from tests.engine.toys import toy

from groundswell.core import checkpoint as checkpoints, store
from groundswell.core.errors import StoreError
from groundswell.core.run import Run
from groundswell.core.simulate import Engine, simulate

ROOT = Path(__file__).resolve().parents[2]
DAYS = 200


class StoppedError(Exception):
    """The run was stopped from outside."""


def content(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return store.read_arrays(folder, "checkpoint")


def compiled_run(**options: Any) -> Run:
    return run(country((200, 130)), DAYS, compiled=True, **options)


@pytest.fixture
def fast_folder() -> Iterator[Path]:
    """A folder in memory where there is one: the test below writes thirty thousand small files."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


@pytest.mark.slow
@pytest.mark.compiled
def test_stopped_after_every_day_of_two_hundred(fast_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By induction: if each checkpoint, resumed for one day, gives the next checkpoint, bit by bit, and the last gives the result,
    then each, resumed to the end, gives the result. A handful is resumed to the end nevertheless.
    """
    monkeypatch.setattr(store, "sync", lambda path: None)  # twelve thousand files; the bytes are the same
    folder, kept, days = fast_folder / "checkpoint", [Path()] * (DAYS + 1), []

    def keep(engine: Engine, day: int) -> None:
        days.append(day)  # what is stored now was stored after the day before
        if len(days) > 1:
            kept[len(days) - 1] = Path(shutil.copytree(folder, fast_folder / f"{len(days) - 1}"))

    plain = compiled_run()
    assert all(len(j["province"]) > 50 for j in plain.journals.values())
    same_run(plain, compiled_run(checkpoint=folder, checkpoint_every=1, observe=keep))
    kept[DAYS] = folder

    def one_day(number: int) -> Path:
        again, seen = kept[number], []

        def stop(engine: Engine, day: int) -> None:
            seen.append(day)
            if len(seen) == 2:
                raise StoppedError

        if number == DAYS - 1:
            compiled_run(checkpoint=again, checkpoint_every=1, resume=True)
        else:
            with pytest.raises(StoppedError):
                compiled_run(checkpoint=again, checkpoint_every=1, resume=True, observe=stop)
            assert seen == [days[number], days[number] + 1]
        return again

    for number in range(1, DAYS):
        (about, arrays), (next_about, next_arrays) = content(one_day(number)), content(kept[number + 1])
        assert about == next_about
        same_arrays(arrays, next_arrays, f"day {number}")
    for number in (1, 37, 121, DAYS - 2, DAYS):
        same_run(plain, compiled_run(checkpoint=kept[number], resume=True))


def test_resumed_on_other_threads_and_tiles_and_uncompiled(tmp_path: Path) -> None:
    plain = run(days=12)
    for number, options in enumerate(({"threads": 3, "tile": 1}, {"tile": 1 << 18}, {"compiled": True, "threads": 2})):
        folder, seen = tmp_path / str(number), []

        def stop(engine: Engine, day: int, seen: list[int] = seen) -> None:
            seen.append(day)
            if len(seen) == 7:
                raise StoppedError

        with pytest.raises(StoppedError):
            run(days=12, checkpoint=folder, checkpoint_every=3, observe=stop)
        assert content(folder)[0]["day"] == seen[0] + 6
        same_run(plain, run(days=12, checkpoint=folder, resume=True, **options))  # type: ignore[arg-type]


def small(folder: Path, **options: Any) -> Run:
    options = {"checkpoint_every": 1, "values": {}, "days": 6} | options
    return run(country((12, 8), hood=6), model=toy(), checkpoint=folder, **options)


def test_without_a_checkpoint_resume_starts_anew(tmp_path: Path) -> None:
    same_run(small(tmp_path / "a", resume=True), small(tmp_path / "b"))
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


WRITER = """
import sys
from pathlib import Path
from tests.engine.test_resume import small
small(Path(sys.argv[1]), days=3000)
"""


def test_killed_while_writing(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    days = []
    for attempt in range(6):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], cwd=ROOT, env=env)
        deadline = time.monotonic() + 60
        while not folder.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.02 + 0.013 * attempt)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        store.recover(folder)
        days.append(content(folder)[0]["day"])
        assert [p.name for p in tmp_path.iterdir()] == ["checkpoint"]
        shutil.rmtree(folder)
    assert min(days) > 0


@pytest.mark.parametrize("step", ["write", "sync", "first rename", "second rename", "removal"])
def test_killed_at_each_step_of_writing(tmp_path: Path, step: str) -> None:
    folder = tmp_path / "checkpoint"
    small(folder, days=6)
    before = content(folder)[0]["day"]
    code = f"""
import os, signal, shutil, sys
from pathlib import Path
import numpy as np
from groundswell.core import store
from tests.engine.test_resume import small
step, calls = {step!r}, []
def dying(name, function, after):
    def call(*a, **k):
        calls.append(name)
        if calls.count(name) > after:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*a, **k)
    return call
if step == "write": np.save = dying("save", np.save, 2)
if step == "sync": store.sync = dying("sync", store.sync, 3)
if step == "first rename": store.os.rename = dying("rename", os.rename, 0)
if step == "second rename": store.os.rename = dying("rename", os.rename, 1)
if step == "removal": store.shutil.rmtree = dying("rmtree", shutil.rmtree, 0)
from groundswell.core import checkpoint
small(Path({str(folder)!r}), days=6, resume=False, checkpoint_every=2)
"""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=False).returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) > 1
    seen: list[int] = []
    resumed = small(folder, resume=True, checkpoint_every=0, observe=lambda engine, day: seen.append(day))
    assert len(seen) == (4 if step == "removal" else 0)
    assert content(folder)[0]["day"] == (before - 4 if step == "removal" else before)
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint"]
    same_run(resumed, run(country((12, 8), hood=6), 6, toy(), values={}))


def test_a_failed_rename_puts_the_old_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, rename = tmp_path / "checkpoint", os.rename
    small(folder)
    before = content(folder)[0]

    def failing(source: Any, target: Any) -> None:
        if Path(target) == folder and store.NEW in str(source):
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(store.os, "rename", failing)
    with pytest.raises(OSError, match="No space"):
        small(folder, checkpoint_every=2)
    assert content(folder)[0] == before
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint"]


def test_recover_leaves_other_files_alone(tmp_path: Path) -> None:
    for name in (".checkpoint.settings", "checkpoint.old", ".checkpoint", ".checkpointx.groundswell-old-1"):
        (tmp_path / name).mkdir()
    store.recover(tmp_path / "checkpoint")
    assert len(list(tmp_path.iterdir())) == 4
    store.recover(tmp_path / "no" / "such" / "folder")


def test_interrupted_run_finishes_the_day_and_can_be_resumed(tmp_path: Path) -> None:
    folder, seen = tmp_path / "checkpoint", []

    def press(engine: Engine, day: int) -> None:
        seen.append(day)
        if len(seen) == 3:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        small(folder, checkpoint_every=0, observe=press)
    assert signal.getsignal(signal.SIGINT) is before
    assert content(folder)[0]["day"] == seen[-1] + 1
    same_run(small(folder, resume=True), run(country((12, 8), hood=6), 6, toy(), values={}))


def test_a_second_interrupt_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt), checkpoints.interrupt_after_day() as pressed:  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        assert pressed()
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the second one was not raised")


def test_checkpoints_outside_the_main_thread(tmp_path: Path) -> None:
    thread = threading.Thread(target=small, args=(tmp_path / "checkpoint",))
    thread.start()
    thread.join()
    assert content(tmp_path / "checkpoint")[0]["day"] > 0


def test_the_end_decides_too(tmp_path: Path) -> None:
    small(tmp_path / "checkpoint")
    with pytest.raises(StoreError, match="differs in end"):
        small(tmp_path / "checkpoint", resume=True, days=7)


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    one = simulate(toy(), country((12, 8), hood=6), start=START, end=START + timedelta(days=3), seed=np.int64(5), compiled=False,
                   checkpoint=tmp_path / "c", checkpoint_every=1)  # fmt: skip
    assert one.provenance["seed"] == 5
