"""Kill a run of the Iran case many times, at random moments, and compare what it ends with with a run that nobody killed.

python verification/kill_a_nation.py [KILLS] [SCALE] [SETTING=VALUE ...]

Every process is killed with SIGKILL some seconds after it has begun to simulate, wherever it is by then: within a day, a checkpoint, a
part of its rows, or the files of the finished run. The next one goes on. Parts are small here, so that they are written all the time.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

EVERY = 20  # days between checkpoints
PART = 1 << 18  # bytes of rows in a part
SETTINGS = {"start": "2022-07-01", "end": "2023-12-31", "acting.rate": 1.0, "first_organisation.initial": 200}


def simulate(out: Path, settings: dict[str, Any], after: tuple[float, float] | None) -> None:
    """What a child does: run, or go on; killed after a random number of seconds within the given bounds, from its first day on."""
    from groundswell import experiments
    from groundswell.core import rows

    rows.PART = PART
    began: list[float] = []

    def progress(what: str, done: int, _: int) -> None:
        if what == "days" and done and after and not began:
            began.append(time.monotonic())
            timer = threading.Timer(random.uniform(*after), os.kill, (os.getpid(), signal.SIGKILL))
            timer.daemon = True
            timer.start()

    experiments.run("iran", out=out, resume=True, progress=progress, settings={**settings, "checkpoint_every": EVERY})


def child(out: Path, settings: dict[str, Any], after: tuple[float, float] | None) -> int:
    """Its exit status."""
    words = [json.dumps({"out": str(out), "settings": settings, "after": after})]
    return subprocess.run([sys.executable, __file__, "child", *words], check=False).returncode


def content(folder: Path) -> dict[str, bytes]:
    """The files of a run."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _number(word: str) -> Any:
    """A number where it is one, else the word."""
    try:
        return float(word) if "." in word else int(word)
    except ValueError:
        return word


def main(kills: int, scale: int, more: dict[str, Any]) -> int:
    """Whether it ended with the same bytes, as an exit status."""
    settings = {**SETTINGS, "scale": scale, **more}
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        began = time.monotonic()
        if child(folder / "whole", settings, None):
            return 1
        spent = time.monotonic() - began
        print(f"not killed: {spent:.1f} s", flush=True)
        killed = 0
        while killed < kills:
            status = child(folder / "cut", settings, (0.0, max(spent / 4, 0.5)))
            if status == -signal.SIGKILL:
                killed += 1
                print(f"killed {killed} times; there is {', '.join(sorted(p.name for p in folder.iterdir()))}", flush=True)
            elif status:
                return 1
            elif content(folder / "whole") != content(folder / "cut"):
                break
            else:  # it came through: once more
                (folder / "cut").rename(folder / f"through-{killed}")
        if not (folder / "cut").exists() and child(folder / "cut", settings, None):
            return 1
        one, other = content(folder / "whole"), content(folder / "cut")
        differs = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
        left = sorted(p.name for p in folder.iterdir() if p.name.startswith(".") or p.name.endswith(".checkpoint"))
        print(f"differs: {', '.join(differs) or 'nothing'}; left over: {', '.join(left) or 'nothing'}")
        return int(bool(differs or left))


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        asked = json.loads(sys.argv[2])
        simulate(Path(asked["out"]), asked["settings"], asked["after"])
    else:
        numbers = [int(word) for word in sys.argv[1:3]]
        settings_more = {key: _number(value) for key, _, value in (word.partition("=") for word in sys.argv[3:])}
        sys.exit(main(*(numbers + [20, 1000][len(numbers) :]), settings_more))
