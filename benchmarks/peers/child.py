"""What a process does that runs a system once: time it, count, and print one JSON object. Runs in any environment."""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

from memory import peak, settle

Build = Callable[..., tuple[Callable[[], object], Callable[[], int]]]


def answer(build: Build, versions: dict[str, str], whole: bool = False, small: int = 10_000) -> None:
    """Run what the first argument of the process asks for, and print the answer.

    Printed: versions; the share that `build`'s second function counted after every step; processor seconds of every step; bytes by
    which the process grew. Only steps are timed, not what counts them.

    Args:
        build: makes a world, and returns what does a step, and what counts.
        versions: of the system and what it stands on.
        whole: what does a step does all of them at once; their mean time is printed.
        small: agents of the run before, which loads and compiles whatever is late.
    """
    print(json.dumps(play(build, whole, small, **json.loads(sys.argv[1])) | {"versions": versions | {"Python": platform.python_version()}}))


def play(build: Build, whole: bool, small: int, agents: int, steps: int, seed: int, **rule: Any) -> dict[str, Any]:
    """One run, after a small one."""
    if whole:
        rule["steps"] = steps
    _warm(build, min(small, agents), seed + 1, rule)
    before = settle()
    step, count = build(agents, seed=seed, **rule)
    share, took = [], []
    for _ in range(1 if whole else steps):
        begin = time.process_time()
        step()
        took.append((time.process_time() - begin) / (steps if whole else 1))
        share.append(count() / agents)
    return {"share": share, "step": took, "bytes": peak() - before}


def _warm(build: Build, agents: int, seed: int, rule: dict[str, Any]) -> None:
    step, count = build(agents, seed=seed, **rule)
    step()
    count()
