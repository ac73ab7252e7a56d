"""Processes that this one starts: the same Python and the same groundswell, spoken to over pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = str(Path(__file__).parents[2])  # where groundswell is imported from


def start(program: str, *, environment: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[Any]:
    """Start a short program of Python with pipes for what it is told and says.

    Ctrl-C is for the process that asks: the child is in a group of its own and is told to stop, once.

    Args:
        program: its text, which imports what it needs.
        environment: variables beside those of this process.
        options: of `subprocess.Popen`.

    Raises:
        OSError: no process can be started.
    """
    paths = os.pathsep.join([HERE, *filter(None, [os.environ.get("PYTHONPATH")])])
    group: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
    variables = {**os.environ, "PYTHONPATH": paths, **(environment or {})}
    command = [sys.executable, "-P", "-c", program]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables, **group, **options)
