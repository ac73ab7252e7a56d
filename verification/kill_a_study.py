"""Whether a study whose workers and drivers are killed again and again ends with the bytes of one that nobody touched.

python verification/kill_a_study.py [WORKER_KILLS [DRIVER_KILLS]]

By default 30 workers and 10 drivers are killed (SIGKILL, at moments that nothing is prepared for), over 2,400 tasks of 0.02 seconds on two
workers. The exit code is 1 where a byte differs, a task failed or is missing, or what was kept before a kill is gone after it. About a
minute on two cores.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.core.draws import Draws, Stream
from groundswell.studies import Output, Study, kind

WHEN = Stream("kill", 903, "how long until the next kill, by its number")
TASKS, BATCH, WORKERS, SECONDS = 2400, 8, 2, 0.02
LONGEST = 60.0  # seconds to wait for a sign of life


@kind(outputs={"square": Output("i8"), "name": Output("text"), "waves": Output("f4", (50, 4))})
def slow(common: Any, payload: Any) -> dict[str, Any]:
    """A little arithmetic, after a pause; leaves a note of the process that does it."""
    if "pids" in common:
        (Path(common["pids"]) / str(os.getpid())).touch()
        time.sleep(SECONDS)
    n = payload["n"]
    return {"square": n * n, "name": f"task {n}", "waves": np.sin(np.arange(200) * n).reshape(50, 4).astype("f4")}


def study(folder: Path, pids: Path | None = None) -> Study:
    """The study: the same tasks, slow and with notes, or quick."""
    import kill_a_study  # by its name, under which workers find it

    paths = {} if pids is None else {"pids": str(pids)}
    return Study(folder, kill_a_study.slow, [{"n": n} for n in range(TASKS)], paths=paths)


def drive(folder: str, pids: str) -> None:
    """What a driver does until it is killed."""
    study(Path(folder), Path(pids)).run(WORKERS, batch=BATCH)


def parts(folder: Path) -> set[str]:
    return {path.name for path in (folder / "parts").glob("[0-9a-f]*.npz")}


def kill(pid: int) -> bool:
    """Whether there was such a process."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class Killer:
    """Kills the workers and drivers of one study."""

    def __init__(self, folder: Path, room: Path, workers: int, drivers: int) -> None:
        self.folder, self.room, self.to_kill, self.drivers = folder, room, workers, drivers
        self.killed_workers = self.killed_drivers = self.lost = 0

    def pause(self) -> None:
        number = self.killed_workers * 1000 + self.killed_drivers
        time.sleep(0.05 + 0.4 * float(Draws(1).uniform(WHEN, 0, np.array([number]))[0]))

    def life(self, number: int) -> None:
        """One driver, some of its workers, and its end."""
        pids = self.room / f"life-{number}"
        pids.mkdir()
        before = parts(self.folder)
        driver = subprocess.Popen(
            [sys.executable, "-c", "import sys, kill_a_study; kill_a_study.drive(*sys.argv[1:])", str(self.folder), str(pids)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        )
        gone: set[str] = set()
        share = -(-(self.to_kill - self.killed_workers) // max(self.drivers - number, 1))
        while share and driver.poll() is None:
            new = self._new(pids, gone, driver)
            self.pause()
            if new and kill(int(new)):
                self.killed_workers += 1
                share -= 1
            gone.add(new)
        while parts(self.folder) == before and driver.poll() is None:
            time.sleep(0.01)
        self.pause()
        if driver.poll() is None:
            driver.kill()
            self.killed_drivers += 1
        driver.wait()
        self.lost += len(before - parts(self.folder))
        print(f"life {number + 1}: {len(parts(self.folder))} parts, {self.killed_workers} workers killed so far", flush=True)

    def _new(self, pids: Path, gone: set[str], driver: subprocess.Popen[bytes]) -> str:
        """A worker that has begun a task and was not killed yet."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end and driver.poll() is None:
            new = sorted({path.name for path in pids.iterdir()} - gone)
            if new:
                return new[-1]
            time.sleep(0.01)
        return ""


def main() -> int:
    """Kill, and compare."""
    workers, drivers = (int(sys.argv[1]) if len(sys.argv) > 1 else 30), (int(sys.argv[2]) if len(sys.argv) > 2 else 10)
    with tempfile.TemporaryDirectory(prefix="kill-a-study-") as name:
        room = Path(name)
        calm = study(room / "calm")
        calm.run(1)
        killer = Killer(room / "killed", room, workers, drivers)
        for number in range(drivers):
            killer.life(number)
        (room / "last").mkdir()
        left = len(study(room / "killed", room / "last").missing())
        count = study(room / "killed", room / "last").run(WORKERS)
        files = ["results.parquet", "arrays/waves.npy"]
        same = [(room / "killed" / file).read_bytes() == (room / "calm" / file).read_bytes() for file in files]
        study(room / "killed", room / "last").verify()
    print(f"{killer.killed_workers} workers and {killer.killed_drivers} drivers killed; {left} of {TASKS} tasks were left for the last one")
    print(f"{count.done} done, {count.failed} failed, {count.missing} missing, {killer.lost} parts lost, files equal: {all(same)}")
    enough = killer.killed_workers >= workers and killer.killed_drivers >= drivers and left > 0
    return 0 if enough and all(same) and (count.done, killer.lost) == (TASKS, 0) else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
