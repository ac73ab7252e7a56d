"""Runs in processes of their own, and what the heading of a comparison says about the machine."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from peers.environment import PeerError

PEERS = Path(__file__).parent
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS", "NUMEXPR_NUM_THREADS")
SINGLE = os.environ | dict.fromkeys(THREADS, "1")


def call(python: str, script: str, **request: Any) -> dict[str, Any]:
    """One run in a process of its own, on one thread.

    Raises:
        PeerError: it failed.
    """
    command = [python, str(PEERS / script), json.dumps(request)]
    done = subprocess.run(command, capture_output=True, text=True, env=SINGLE, check=False)
    if done.returncode != 0:
        raise PeerError(f"{script} failed on {request} ({done.returncode}):\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def machine() -> str:
    """Date, cores, memory, load and the command, in two lines."""
    cpu = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    memory = next((f"{int(line.split()[1]) / 2**20:.0f} GiB" for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "")
    today = f"{datetime.date.today():%d %B %Y}; {os.cpu_count()} cores, {cpu}, {memory}, {platform.system()}, load {os.getloadavg()[0]:.1f}"
    return f"{today}\npython {' '.join(sys.argv)}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
