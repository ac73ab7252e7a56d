"""Runs as child processes: stopped, killed or abandoned at any point they lose nothing, and go on to the bytes of an undisturbed run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.lab.asking import SMALL, Lab, alive

from groundswell import experiments
from groundswell.cli import main
from groundswell.lab import kept as ordered

pytestmark = [pytest.mark.compiled, pytest.mark.slow]

LONG = {"case": "lyonesse", "settings": {"start": "2020-01-01", "end": "2024-12-31", "scale": 10}}
SHORT = {"case": "atlantis", "settings": SMALL}
Start = Callable[[Path], Lab]


@pytest.fixture(scope="module")
def long_hash() -> str:
    settings: Any = LONG["settings"]
    return experiments.run("lyonesse", settings=settings).state_hash


def under_way(job: dict[str, Any]) -> bool:
    return job["status"] == "running" and 0.02 < job["progress"] < 0.9


def ended(job: dict[str, Any]) -> bool:
    return job["status"] not in ("waiting", "running")


def children(lab: Lab) -> list[int]:
    path = Path(f"/proc/{lab.process.pid}/task")
    if not path.exists():
        pytest.skip("needs Linux's list of processes")
    return [int(word) for task in path.iterdir() for word in (task / "children").read_text().split()]


def gone(numbers: list[int], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while any(alive(number) for number in numbers) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(alive(number) for number in numbers)


def state_hash(folder: Path) -> str:
    return str(json.loads((folder / "run.json").read_text())["state_hash"])


def test_a_run_is_what_the_command_line_makes_of_it(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    assert lab.post("/api/runs", {"name": "mine", "scenario": SHORT}) == {"id": "mine"}
    assert lab.until("mine", ended)["status"] == "done"
    told = lab.get("/api/runs/mine")
    assert told["hash"] == state_hash(folder / "mine")
    assert {path.name for path in (folder / "mine").iterdir()} >= {"run.json", "nation.parquet", "report.html"}
    before = {path.name: path.read_bytes() for path in (folder / "mine").iterdir()}
    again = CliRunner().invoke(main, told["command"].split()[1:])
    assert again.exit_code == 0, again.output
    assert {path.name: path.read_bytes() for path in (folder / "mine").iterdir()} == before
    verified = CliRunner().invoke(main, told["verify"].split()[1:])
    assert "the run repeats to the same bytes" in verified.output


def test_a_run_that_only_a_file_can_say(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    settings = {**SMALL, "provinces": ["AT-01", "AT-02"], "without": ["lights in the windows"]}
    lab.post("/api/runs", {"name": "mine", "scenario": {"case": "atlantis", "settings": settings}})
    assert lab.until("mine", ended)["status"] == "done"
    before = state_hash(folder / "mine")
    words = lab.get("/api/runs/mine")["command"].split()
    assert words[2] == str(folder / "mine.toml")
    assert CliRunner().invoke(main, words[1:]).exit_code == 0
    assert state_hash(folder / "mine") == before


def test_a_comparison_goes_on_under_its_own_command(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    base = {"case": "atlantis", "settings": {**SMALL, "fear.decay": 0.3}}
    other = {"case": "atlantis", "settings": {**SMALL, "provinces": [], "fear.learning": 0.1}}
    del other["settings"]["fear.learning"]  # type: ignore[attr-defined]
    name = lab.post("/api/comparisons", {"base": base, "other": other, "replicates": 2})["id"]
    assert name == "atlantis-1"
    assert lab.until(name, ended)["status"] == "done"
    found = lab.get(f"/api/comparisons/{name}")
    assert found["names"] == ["fear.decay = 0.3", "as it stands"]
    again = CliRunner().invoke(main, found["commands"][0].split()[1:])
    assert again.exit_code == 0, again.output
    assert "4 of 4 runs are there already" in again.stderr
    assert lab.post("/api/runs", {"scenario": SHORT})["id"] == "atlantis-2"


def test_what_is_stopped_goes_on_to_the_same_bytes(folder: Path, labs: Start, long_hash: str) -> None:
    lab = labs(folder)
    lab.post("/api/runs", {"name": "mine", "scenario": LONG})
    lab.until("mine", under_way)
    lab.post("/api/jobs/mine/cancel")
    lab.post("/api/jobs/mine/cancel")  # another tab
    job = lab.until("mine", ended)
    assert (job["status"], job["resumable"]) == ("stopped", True)
    assert (folder / "mine.checkpoint").is_dir()
    assert not (folder / "mine").exists()
    lab.post("/api/jobs/mine/resume")
    lab.post("/api/jobs/mine/resume")
    assert lab.until("mine", ended)["status"] == "done"
    assert state_hash(folder / "mine") == long_hash
    assert not (folder / "mine.checkpoint").exists()
    assert lab.post("/api/jobs/mine/resume")["status"] == lab.post("/api/jobs/mine/cancel")["status"] == "done"


def test_a_killed_server_leaves_a_run_that_goes_on(folder: Path, labs: Start, long_hash: str) -> None:
    lab = labs(folder)
    lab.post("/api/runs", {"name": "mine", "scenario": LONG})
    lab.post("/api/runs", {"name": "next", "scenario": SHORT})
    lab.until("mine", under_way)
    mine = children(lab)
    assert mine
    lab.stop(signal.SIGKILL)
    assert gone(mine, 20.0)
    assert (folder / "mine.checkpoint").is_dir()
    other = labs(folder)
    assert {job["id"]: job["status"] for job in other.get("/api/jobs")} == {"mine": "stopped", "next": "stopped"}
    other.post("/api/jobs/mine/resume")
    other.post("/api/jobs/next/resume")
    assert other.until("mine", ended)["status"] == "done"
    assert state_hash(folder / "mine") == long_hash
    assert other.until("next", ended)["status"] == "done"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_ends_keeps_what_it_was_at(folder: Path, labs: Start, number: int) -> None:
    lab = labs(folder)
    lab.post("/api/runs", {"name": "mine", "scenario": LONG})
    lab.post("/api/runs", {"name": "next", "scenario": SHORT})
    lab.until("mine", under_way)
    mine = children(lab)
    with socket.create_connection(("127.0.0.1", lab.port)) as line:  # somebody still listens
        line.sendall(f"GET /api/jobs/mine/progress HTTP/1.1\r\nHost: {lab.host}\r\nAuthorization: Bearer {lab.token}\r\n\r\n".encode())
        assert line.recv(10)
        assert lab.stop(number) == (0 if number == signal.SIGINT else -signal.SIGTERM)
    assert gone(mine, 1.0)
    assert lab.said == ""
    assert (folder / "mine.checkpoint").is_dir()
    other = labs(folder)
    assert {job["id"]: job["status"] for job in other.get("/api/jobs")} == {"mine": "stopped", "next": "stopped"}


def test_one_runs_and_the_others_wait(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    for name in ("first", "second", "third"):
        lab.post("/api/runs", {"name": name, "scenario": LONG if name == "first" else SHORT})
    lab.until("first", under_way)
    assert lab.get("/api/jobs/third")["message"] == "2 before it"
    assert len(children(lab)) == 1
    assert lab.post("/api/jobs/second/cancel")["status"] == "stopped"
    assert lab.get("/api/jobs/third")["message"] == "1 before it"
    lab.post("/api/jobs/first/cancel")
    assert lab.until("third", ended)["status"] == "done"
    assert lab.get("/api/jobs/second")["status"] == "stopped"
    assert not (folder / "second").exists()
    with pytest.raises(AssertionError, match=r"is not done yet|there is no"):
        lab.get("/api/runs/second")


def test_two_at_once_get_names_of_their_own(folder: Path, labs: Start) -> None:
    """Two tabs, and two laboratories on one folder."""
    two = [labs(folder), labs(folder)]
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda lab=lab: got.append(lab.post("/api/runs", {"scenario": SHORT})["id"])) for lab in (*two, *two)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ["atlantis-1", "atlantis-2", "atlantis-3", "atlantis-4"]
    for lab in two:
        for name in got:
            if lab.get(f"/api/jobs/{name}")["status"] == "waiting":
                lab.post(f"/api/jobs/{name}/cancel")


def test_another_laboratory_sees_what_runs_and_lets_it_be(folder: Path, labs: Start) -> None:
    lab, other = labs(folder), labs(folder)
    lab.post("/api/runs", {"name": "mine", "scenario": LONG})
    lab.until("mine", under_way)
    job = other.get("/api/jobs/mine")
    assert job["status"] == "running"
    assert "another laboratory" in job["message"]
    other.post("/api/jobs/mine/resume")
    other.post("/api/jobs/mine/cancel")
    assert not children(other)
    assert lab.get("/api/jobs/mine")["status"] == "running"
    lab.post("/api/jobs/mine/cancel")
    lab.until("mine", ended)


def test_progress_comes_as_events_until_it_is_done(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    lab.post("/api/runs", {"name": "mine", "scenario": SHORT})
    answer = lab.ask("/api/jobs/mine/progress")
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(text.removeprefix("data: ")) for text in answer.body.decode().split("\n\n") if text.startswith("data: ")]
    assert told[-1]["status"] == "done"
    assert told[-1] == lab.get("/api/jobs/mine")
    every = [job["progress"] for job in told]
    assert every == sorted(every)


def test_a_browser_that_is_killed_does_no_harm(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    lab.post("/api/runs", {"name": "mine", "scenario": LONG})
    for _ in range(20):
        line = socket.create_connection(("127.0.0.1", lab.port))
        line.sendall(f"GET /api/jobs/mine/progress HTTP/1.1\r\nHost: {lab.host}\r\nAuthorization: Bearer {lab.token}\r\n\r\n".encode())
        assert line.recv(10)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # it ends with a reset
        line.close()
    lab.until("mine", under_way)
    lab.post("/api/jobs/mine/cancel")
    assert lab.until("mine", ended)["status"] == "stopped"
    assert lab.stop() == 0
    assert lab.said == ""


def test_what_fails_says_why_and_can_be_tried_again(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    lab.post("/api/runs", {"name": "first", "scenario": LONG})
    lab.post("/api/runs", {"name": "mine", "scenario": SHORT})
    shutil.move(folder / "atlantis", folder.parent / "away")
    lab.post("/api/jobs/first/cancel")
    job = lab.until("mine", ended)
    assert (job["status"], job["message"]) == ("failed", "case: there is no case 'atlantis'")
    lab.stop()
    other = labs(folder)
    assert other.get("/api/jobs/mine")["message"] == "case: there is no case 'atlantis'"
    shutil.move(folder.parent / "away", folder / "atlantis")
    assert other.post("/api/jobs/mine/resume")["status"] in ("waiting", "running")
    assert other.until("mine", ended)["status"] == "done"


def test_a_killed_run_can_be_tried_again(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    lab.post("/api/runs", {"name": "mine", "scenario": LONG})
    lab.until("mine", under_way)
    for number in children(lab):
        os.kill(number, signal.SIGKILL)
    job = lab.until("mine", ended)
    assert (job["status"], job["resumable"]) == ("failed", True)
    assert job["message"] == "its process ended before it was done (exit code -9)"
    lab.post("/api/jobs/mine/resume")
    lab.until("mine", under_way)
    lab.post("/api/jobs/mine/cancel")
    assert lab.until("mine", ended)["status"] == "stopped"


def test_nothing_is_written_through_a_link(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    away = folder.parent / "away"
    away.mkdir()
    lab.post("/api/runs", {"name": "first", "scenario": LONG})
    lab.post("/api/runs", {"name": "mine", "scenario": SHORT})
    lab.post("/api/runs", {"name": "other", "scenario": SHORT})
    (folder / "mine").symlink_to(away)
    (folder / "other.checkpoint").symlink_to(away)
    lab.post("/api/jobs/first/cancel")
    for name in ("mine", "other"):
        job = lab.until(name, ended)
        assert (job["status"], "links are not followed" in job["message"]) == ("failed", True)
    assert not list(away.iterdir())


def test_a_stopped_study_goes_on(folder: Path, labs: Start) -> None:
    lab = labs(folder)
    lab.post("/api/runs", {"name": "many", "scenario": LONG, "replicates": 3})
    lab.until("many", under_way)
    lab.post("/api/jobs/many/cancel")
    job = lab.until("many", ended)
    assert (job["status"], job["kind"], job["replicates"]) == ("stopped", "replicates", 3)
    lab.stop()
    other = labs(folder)
    other.post("/api/jobs/many/resume")
    assert other.until("many", ended)["status"] == "done"
    assert len(other.get("/api/runs/many")["hash"].split(", ")) == 3


def test_a_child_without_a_server_ends_by_itself(tmp_path: Path) -> None:
    """Also where it is in the middle of something that asks for no stop."""
    from groundswell.lab.jobs import Child

    ordered.write_order(
        tmp_path, ordered.Order("x", "run", {"runs": ordered.Sent("lyonesse", {"end": "2029-12-31"})}, None, "T", ordered.now())
    )
    child = Child(tmp_path, "x")
    child.process.stdin.close()  # type: ignore[union-attr]
    assert gone([child.process.pid], 30.0) or child.process.poll() is not None
    child.process.stdout.close()  # type: ignore[union-attr]
    assert child.process.wait(5) == 0
