"""Whether a study whose workers and drivers are killed again and again ends with the bytes of one that nobody touched.

python verification/kill_a_study.py [--workers 30] [--drivers 10] [--on processes|dask|scheduler]

By default 30 workers and 10 drivers are killed (SIGKILL, at moments that nothing is prepared for), over 2,400 tasks of 0.02 seconds on two
workers. `--on dask`: Dask's workers on this machine, whose scheduler lives in the driver and dies with it. `--on scheduler`: a scheduler of
its own under TLS, killed together with each driver.

Then the folder is damaged (half a part, half a table, what a killed process left half written), and the study is done on a disk that
becomes full (in a mount namespace of its own; left out, and said so, where the system allows none).

The exit code is 1 where a byte differs, a task failed or is missing, or what was kept before a kill is gone after it. One to four minutes
on two cores.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.core.draws import Draws, Stream
from groundswell.core.errors import InputError
from groundswell.studies import Output, Study, kind
from groundswell.studies.cluster import Cluster

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


def drive(folder: str, pids: str, on: str, address: str) -> None:
    """What a driver does until it is killed."""
    certificates = {name: Path(folder).parent / f"{name}.pem" for name in ("ca", "certificate", "key")}
    clusters = {"dask": lambda: Cluster(workers=WORKERS), "scheduler": lambda: Cluster(address, **certificates)}
    study(Path(folder), Path(pids)).run(WORKERS, batch=BATCH, cluster=clusters[on]() if on in clusters else None)


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

    def __init__(self, folder: Path, room: Path, workers: int, drivers: int, on: str) -> None:
        self.folder, self.room, self.to_kill, self.drivers, self.on = folder, room, workers, drivers, on
        if on == "scheduler":
            self._certificates()
        self.killed_workers = self.killed_drivers = self.lost = 0

    def pause(self) -> None:
        number = self.killed_workers * 1000 + self.killed_drivers
        time.sleep(0.05 + 0.4 * float(Draws(1).uniform(WHEN, 0, np.array([number]))[0]))

    def life(self, number: int) -> None:
        """One driver, some of its workers, and its end."""
        pids = self.room / f"life-{number}"
        pids.mkdir()
        before = parts(self.folder)
        address, servers = self._servers() if self.on == "scheduler" else ("", [])
        program = "import sys, kill_a_study\nif __name__ == '__main__': kill_a_study.drive(*sys.argv[1:])"
        driver = subprocess.Popen([sys.executable, "-c", program, str(self.folder), str(pids), self.on, address], env=environment())
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
        for server in servers:  # the scheduler first
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        self.lost += len(before - parts(self.folder))
        print(f"life {number + 1}: {len(parts(self.folder))} parts, {self.killed_workers} workers killed so far", flush=True)

    def _certificates(self) -> None:
        from distributed import Security

        made = Security.temporary()
        for name, text in (("ca", made.tls_ca_file), ("certificate", made.tls_client_cert), ("key", made.tls_client_key)):
            (self.room / f"{name}.pem").write_text(text)

    def _servers(self) -> tuple[str, list[subprocess.Popen[bytes]]]:
        """A scheduler under TLS and its workers, each with a process group of its own."""
        files = [word for name, file in (("ca-file", "ca"), ("cert", "certificate"), ("key", "key"))
                 for word in (f"--tls-{name}", str(self.room / f"{file}.pem"))]  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        address = f"tls://127.0.0.1:{port}"
        common = ["--host", "127.0.0.1", "--no-dashboard", *files]
        how: dict[str, Any] = {"env": environment(), "stderr": subprocess.DEVNULL, "process_group": 0, "cwd": self.room}
        program = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), "--protocol", "tls", *common]
        found = [subprocess.Popen(program, **how)]
        for _ in range(WORKERS):
            worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", *common]
            found.append(subprocess.Popen(worker, **how))
        return address, found

    def _new(self, pids: Path, gone: set[str], driver: subprocess.Popen[bytes]) -> str:
        """A worker that has begun a task and was not killed yet."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end and driver.poll() is None:
            new = sorted({path.name for path in pids.iterdir()} - gone)
            if new:
                return new[-1]
            time.sleep(0.01)
        return ""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}


FILES = ("results.parquet", "arrays/waves.npy")


def same(one: Path, other: Path) -> bool:
    return all((one / file).read_bytes() == (other / file).read_bytes() for file in FILES)


def damaged(folder: Path, calm: Path) -> bool:
    """Whether a folder that a crash has left half written is whole after it was run again."""
    some = sorted(parts(folder))
    for name, left in ((some[0], 0), (some[1], 1), (some[2], 500)):
        path = folder / "parts" / name
        path.write_bytes(path.read_bytes()[:left])
    (folder / "parts" / some[3]).unlink()
    for file in FILES:
        (folder / file).write_bytes((folder / file).read_bytes()[:-100])
    (folder / "parts" / ".abc.npz.xyz.npz").write_bytes(b"half")
    again = study(folder)
    count = again.run(1)
    again.verify()
    print(f"half written: {len(again.aside)} parts set aside, {count.done} tasks done, files equal: {same(folder, calm)}")
    return count.done == TASKS and len(again.aside) == 3 and same(folder, calm)


def full_disk(room: Path) -> int:
    """Within a mount namespace: a study on a disk that becomes full, and is then made larger."""
    disk = room / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    told = ""
    for workers in (1, 2):
        try:
            study(disk / "study").run(workers, batch=100)
        except InputError as error:
            told = str(error)
        print(f"full disk: {told}; {len(study(disk / 'study').missing())} tasks are missing", flush=True)
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    left = len(study(disk / "study").missing())
    count = study(disk / "study").run(2)
    equal = same(disk / "study", room / "calm")
    print(f"full disk: {left} tasks were left, {count.done} done after it was made larger, files equal: {equal}", flush=True)
    return 0 if "No space left" in told and 0 < left < TASKS and equal and count.done == TASKS else 1


def main() -> int:
    """Kill, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=30)
    parser.add_argument("--drivers", type=int, default=10)
    parser.add_argument("--on", choices=["processes", "dask", "scheduler"], default="processes")
    parser.add_argument("--full-disk", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.full_disk is not None:
        return full_disk(given.full_disk)
    with tempfile.TemporaryDirectory(prefix="kill-a-study-") as name:
        room = Path(name)
        calm = study(room / "calm")
        calm.run(1)
        killer = Killer(room / "killed", room, given.workers, given.drivers, given.on)
        for number in range(given.drivers):
            killer.life(number)
        (room / "last").mkdir()
        left = len(study(room / "killed", room / "last").missing())
        count = study(room / "killed", room / "last").run(WORKERS)
        equal = same(room / "killed", room / "calm")
        study(room / "killed", room / "last").verify()
        print(f"{killer.killed_workers} workers and {killer.killed_drivers} drivers killed; {left} of {TASKS} tasks were left")
        print(f"{count.done} done, {count.failed} failed, {count.missing} missing, {killer.lost} parts lost, files equal: {equal}")
        enough = killer.killed_workers >= given.workers and killer.killed_drivers >= given.drivers and left > 0
        whole = enough and equal and (count.done, killer.lost) == (TASKS, 0)
        whole &= damaged(room / "killed", room / "calm")
        if subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode:
            print("full disk: not run, because this system allows no mount namespace")
        else:
            whole &= not subprocess.run(
                ["unshare", "-rm", sys.executable, __file__, "--full-disk", name], env=environment(), check=False
            ).returncode
    return 0 if whole else 1


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
