"""Resident memory of this process. Runs on its own, in any environment."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def settle() -> int:
    """Bytes resident now; from here on `peak` counts anew where the system can do that (Linux)."""
    if not STATUS.exists():
        return peak()
    Path("/proc/self/clear_refs").write_text("5")
    return _field("VmRSS")


def peak() -> int:
    """Highest number of bytes resident since `settle`, or since the start of the process."""
    if STATUS.exists():
        return _field("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _field(name: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name + ":"))
    return int(line.split()[1]) * 1024
