"""A batch of tasks on a worker of a cluster: what `cluster` sends there."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from groundswell import __version__
from groundswell.core.errors import GroundswellError, InputError
from groundswell.core.store import digest
from groundswell.studies.kinds import Output, find
from groundswell.studies.manifest import ABOUT
from groundswell.studies.worker import Cut, Patience, Performer

ARRIVAL = 30.0  # seconds that a shared file system may take to show what another machine has written
LOOK = 1.0  # seconds between two looks of a worker at whether a stop is asked for, and of the driver at who is there
_LOCK = threading.Lock()  # one batch at a time in a process: what a kind prepares may not be shared by threads
_READY: dict[str, Performer] = {}  # the one of the last study


def do_batch(text: str) -> str:
    """Do a batch on a worker and write its outcomes into the study's folder; what became of it, as JSON.

    Args:
        text: what the driver wants, as JSON: plain words, so that nothing but texts is ever sent.
    """
    order = json.loads(text)
    with _LOCK:
        try:
            return json.dumps(_done(order))
        except InputError as error:
            return json.dumps({"problem": error.problem, "file": error.file and str(error.file), "line": error.line, "key": error.key})
        except GroundswellError as error:
            return json.dumps({"problem": str(error)})
        except OSError as error:
            return json.dumps({"problem": f"outcomes cannot be written: {error.strerror or error}", "file": error.filename})


def _done(order: dict[str, Any]) -> dict[str, Any]:
    about, parts = order["about"], Path(order["parts"])
    if about["version"] != __version__:
        raise InputError(f"a worker runs groundswell {__version__}, and this is {about['version']}", key="version")
    _check_seen(parts, order["seen"])
    key, patience = digest(json.dumps([about, order["parts"]]).encode()), Patience()
    if key not in _READY:
        _READY.clear()
        outputs = {name: Output(dtype, tuple(shape)) for name, (dtype, shape) in about["outputs"].items()}
        _READY[key] = Performer(find(about["kind"]), outputs, about["common"], patience)
    performer, stop = _READY[key], parts / order["stop"]
    performer.patience = patience
    looked = began = time.perf_counter()

    def begun(_: int) -> None:
        nonlocal looked
        if time.perf_counter() - looked > LOOK:
            looked = time.perf_counter()
            if stop.exists():
                raise Cut

    found = performer.perform(order["batch"], begun)
    name = found.write(parts, performer.outputs)
    return {"part": name, "seconds": time.perf_counter() - began, "whole": not patience.asked}


def _check_seen(parts: Path, seen: str) -> None:
    """Whether this machine sees the driver's folder, and not another one of the same name."""
    import socket

    end = time.monotonic() + ARRIVAL
    while True:
        try:
            if digest((parts.parent / ABOUT).read_bytes()) == seen:
                return
        except OSError:
            pass
        if time.monotonic() > end:
            problem = (
                f"the worker on {socket.gethostname()} does not see this study; a cluster needs a file system that all its machines share"
            )
            raise InputError(problem, file=parts.parent)
        time.sleep(LOOK)
