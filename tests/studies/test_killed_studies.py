"""Whatever ends a worker or the process that started it, what was done is kept, and the end is the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy_kinds

from groundswell.core.errors import GroundswellError, InputError, StoreError
from groundswell.experiments.running import Interrupted
from groundswell.studies import Stopped, Study
from groundswell.studies.ledger import Ledger
from groundswell.studies.parts import Outcomes

HERE = Path(__file__).parent
SRC = HERE.parents[1] / "src"
PROGRAM = """
import sys
from groundswell.core.errors import InputError
from groundswell.studies import Stopped, Study
import toy_kinds
study = Study(sys.argv[1], toy_kinds.toy, [{"n": k} for k in range(40)], common={"seconds": 0.02})
print("begun", flush=True)
try:
    study.run(int(sys.argv[2]), batch=2)
except Stopped as stopped:
    sys.exit(3 if "run the study again" in str(stopped) else 4)
except InputError as error:
    print(error)
    sys.exit(5)
"""


def tasks(n):
    return [{"n": k} for k in range(n)]


def driver(folder, workers):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SRC), str(HERE)])}
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder), str(workers)], env=env, stdout=subprocess.PIPE, text=True)


def until_parts(folder, count):
    """Wait until so many parts are there."""
    end = time.monotonic() + 60
    while len(list((folder / "parts").glob("[0-9a-f]*.npz"))) < count:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def reference(tmp_path, files):
    study = Study(tmp_path / "reference", toy_kinds.toy, tasks(40), common={"seconds": 0.02})
    study.run(1)
    return files(study.folder)


def test_a_task_that_ends_its_worker_now_and_then_is_done(tmp_path, files):
    (tmp_path / "marks").mkdir()
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(12), common={"dies_once": [3, 8]}, paths={"folder": str(tmp_path / "marks")})
    count = study.run(2, batch=4)
    assert (count.done, count.failed) == (12, 0)
    assert len(list((tmp_path / "marks").iterdir())) == 2
    calm = Study(tmp_path / "t", toy_kinds.toy, tasks(12), common={"dies_once": [3, 8]}, paths={"folder": str(tmp_path / "marks")})
    calm.run(1)
    assert files(calm.folder) == files(study.folder)


def test_a_task_that_always_ends_its_worker_is_set_aside(tmp_path):
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(8), common={"deadly": [5]})
    count = study.run(2, batch=8)
    assert (count.done, count.failed) == (7, 1)
    assert study.failed() == {5: "ended its worker process 3 times (SIGKILL)"}


def test_processes_that_never_get_ready_are_given_up(tmp_path):
    study = Study(tmp_path / "s", toy_kinds.stillborn, tasks(4))
    with pytest.raises(GroundswellError, match="before they are ready"):
        study.run(2)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_driver_loses_nothing_that_was_kept(tmp_path, files, reference, workers):
    folder = tmp_path / "s"
    process = driver(folder, workers)
    until_parts(folder, 4)
    process.kill()
    process.wait()
    process.stdout.close()
    time.sleep(0.5)  # its workers end by themselves: nobody reads what they say
    kept = set(Path(folder / "parts").glob("[0-9a-f]*.npz"))
    time.sleep(0.5)
    assert set(Path(folder / "parts").glob("[0-9a-f]*.npz")) == kept
    study = Study(folder)
    left = len(study.missing())
    assert 0 < left <= 32
    study.run(2)
    assert kept <= set(Path(folder / "parts").iterdir())
    assert files(folder) == reference
    study.verify()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_driver_keeps_what_is_done(tmp_path, files, reference, workers, number):
    folder = tmp_path / "s"
    process = driver(folder, workers)
    until_parts(folder, 3)
    process.send_signal(number)
    assert process.wait(30) == 3
    process.stdout.close()
    study = Study(folder)
    assert 0 < len(study.missing()) < 36
    study.run(1)
    assert files(folder) == reference


def test_workers_end_with_their_driver_in_the_middle_of_a_long_task(tmp_path):
    naps = tmp_path / "naps"
    naps.mkdir()
    program = "import sys, toy_kinds; from groundswell.studies import Study; " + (
        "Study(sys.argv[1], toy_kinds.toy, [{'n': 0}, {'n': 1}], paths={'naps': sys.argv[2]}).run(2)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SRC), str(HERE)])}
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "s"), str(naps)], env=env)
    end = time.monotonic() + 60
    while len(list(naps.iterdir())) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)
    process.kill()
    process.wait()
    left = {int(path.name) for path in naps.iterdir()}
    while left and time.monotonic() < end:
        left = {pid for pid in left if _lives(pid)}
        time.sleep(0.05)
    assert not left


def _lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # a process that has ended may wait for somebody to ask how
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return Path("/proc/self").exists() is False


def test_two_drivers_do_not_share_a_folder(tmp_path):
    folder = tmp_path / "s"
    first = driver(folder, 1)
    until_parts(folder, 1)
    with pytest.raises(InputError, match="another process is working on this study"):
        Study(folder).run(1)
    first.kill()
    first.wait()
    first.stdout.close()
    assert Study(folder).run(1).missing == 0  # the lock went with it


def test_what_was_left_half_written_is_swept_away(tmp_path):
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(3))
    left = study.folder / "parts" / ".abc.npz.xyz.npz"
    left.write_bytes(b"half")
    study.run(1)
    assert not left.exists()


def test_a_crash_between_the_last_part_and_the_whole(tmp_path, files, monkeypatch):
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(5))

    def fail(*_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("groundswell.studies.study.merge", fail)
        with pytest.raises(MemoryError):
            study.run(1)
    assert study.missing() == []
    with pytest.raises(InputError, match="not put together yet"):
        study.arrays("row")
    Study(study.folder).run(1)
    other = Study(tmp_path / "t", toy_kinds.toy, tasks(5))
    other.run(1)
    assert files(study.folder) == files(other.folder)


def test_a_disk_that_is_full_is_told(tmp_path, monkeypatch):
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(5))

    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        study.run(1)


def test_a_task_in_two_parts_counts_once(tmp_path):
    """As when a worker whose driver was killed writes its part after all."""
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(6))
    study.run(1, batch=3)
    other = Study(tmp_path / "t", toy_kinds.toy, tasks(6))
    other.run(1, batch=2)
    for path in (other.folder / "parts").iterdir():
        (study.folder / "parts" / path.name).write_bytes(path.read_bytes())
    (study.folder / "results.parquet").unlink()
    study = Study(study.folder)
    assert study.count().done == 6
    assert study.frame()["double"].to_list() == [0, 2, 4, 6, 8, 10]
    ledger = Ledger(study.folder / "parts", study.tasks.keys)
    ledger.read()
    assert sum(len(found.rows) for found in ledger.parts()) == 6


@pytest.mark.parametrize("other", [1, 2, 3, 4])
def test_a_task_that_was_done_once_is_done(tmp_path, other):
    """Whichever of the two parts is read first."""
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(2))
    study.run(1)
    problems = {study.tasks.keys[1]: f"failed for the {other}. time"}
    Outcomes(problems=problems).write(study.folder / "parts", study.outputs)
    count = Study(study.folder).count()
    assert (count.done, count.failed) == (2, 0)


def test_a_part_under_another_name_is_refused(tmp_path):
    study = Study(tmp_path / "s", toy_kinds.toy, tasks(2))
    study.run(1, batch=2)
    (part,) = (study.folder / "parts").iterdir()
    part.rename(part.with_name("0" * 32 + ".npz"))
    with pytest.raises(StoreError, match="was altered"):
        Study(study.folder).count()


def test_stopped_is_an_interruption():
    assert issubclass(Stopped, Interrupted)
