"""What a study costs beside its work: memory and time of the process that drives it, over many tasks that do next to nothing.

    python benchmarks/many_tasks.py [--tasks 10000,100000,1000000] [--keep FOLDER]

Each step is done by a process of its own: a study is begun from a generator, run by one process (this one), run by two workers, added
to, and put together from its parts once more. Prints, for each, the peak of memory above what the process held once everything was
imported (workers are other processes, and not in it), in bytes a task, and microseconds a task; and at the end by how much the peak grows
a task between the two largest studies. What does not grow are some 50 MiB of windows and row groups in polars' hands, and they are full
only from some hundred thousand tasks on: a small size beside a large one tells of them. Some two minutes for a million tasks.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.studies import Output, Study, kind

sys.path.append(str(Path(__file__).parent / "peers"))
from memory import peak, settle  # beside the other systems

STEPS = {"begin": "begun", "one": "run by one process", "two": "run by two workers", "add": "ten more added", "merge": "put together again"}
MORE = 10


@kind(outputs={"y": Output("f8"), "name": Output("text"), "row": Output("f4", (4,))})
def trivial(_: Any, payload: Any) -> dict[str, Any]:
    """Next to nothing."""
    n = payload["n"]
    return {"y": n / 2, "name": f"task {n}", "row": np.zeros(4, np.float32)}


def payloads(first: int, last: int) -> Iterator[dict[str, Any]]:
    """About fifty characters each."""
    return ({"n": n, "fear.decay": n / 7, "seed": n * 1234567} for n in range(first, last))


def step(name: str, folder: Path, tasks: int) -> None:
    """One step, in a process of its own; prints what it took as JSON."""
    import many_tasks  # by its name, under which workers find it
    import polars as pl

    pl.select(1).lazy().collect()
    base, began = settle(), time.perf_counter()
    if name == "begin":
        study = Study(folder, many_tasks.trivial, payloads(0, tasks))
        assert len(study) == tasks
    else:
        study = Study(folder)
    if name in ("one", "two", "merge"):
        assert study.run(2 if name == "two" else 1).done == len(study)
    elif name == "add":
        assert study.extend(payloads(tasks, tasks + MORE)) == MORE
    print(json.dumps({"seconds": time.perf_counter() - began, "bytes": peak() - base}))


def measured(name: str, folder: Path, tasks: int) -> dict[str, float]:
    """What one step took."""
    program = "import sys, pathlib, many_tasks; many_tasks.step(sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", program, name, str(folder), str(tasks)], env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def of_size(tasks: int, room: Path) -> dict[str, dict[str, float]]:
    """Every step of a study of so many tasks."""
    folders = {name: room / name / "study" for name in ("one", "two")}
    found = {"begin": measured("begin", folders["one"], tasks)}
    shutil.copytree(folders["one"], folders["two"])
    found |= {name: measured(name, folder, tasks) for name, folder in folders.items()}
    one, two = ([(folder / name).read_bytes() for name in ("results.parquet", "arrays/row.npy")] for folder in folders.values())
    if one != two:
        raise SystemExit("the same study by one process and by two workers differs in its bytes")
    (folders["two"] / "results.parquet").unlink()
    found["merge"] = measured("merge", folders["two"], tasks)
    found["add"] = measured("add", folders["one"], tasks)
    return found


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", default="10000,100000,1000000")
    parser.add_argument("--keep", type=Path, help="a folder for the studies; a temporary one otherwise")
    given = parser.parse_args()
    sizes = sorted(int(float(size)) for size in given.tasks.split(","))
    found: dict[int, dict[str, dict[str, float]]] = {}
    print(f"{'tasks':>12}  {'step':22}{'seconds':>9}{'us a task':>11}{'MiB above':>11}{'bytes a task':>14}")
    for tasks in sizes:
        with tempfile.TemporaryDirectory(prefix="many-tasks-", dir=given.keep) as room:
            found[tasks] = of_size(tasks, Path(room))
        for name, words in STEPS.items():
            one = found[tasks][name]
            print(f"{tasks:>12,}  {words:22}{one['seconds']:>9.2f}{one['seconds'] / tasks * 1e6:>11.1f}", end="")
            print(f"{one['bytes'] / 2**20:>11.1f}{one['bytes'] / tasks:>14.0f}", flush=True)
    for low, high in [sizes[-2:]] if len(sizes) > 1 else ():
        for name, words in STEPS.items():
            more = (found[high][name]["bytes"] - found[low][name]["bytes"]) / (high - low)
            print(f"{words}: {more:.0f} bytes more a task, from {low:,} to {high:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
