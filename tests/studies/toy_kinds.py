"""Kinds of tasks for tests; worker processes import this file."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from groundswell.core.errors import InputError
from groundswell.studies import Output, kind

OUTPUTS = {
    "double": Output("i8"),
    "half": Output("f8"),
    "even": Output("?"),
    "name": Output("text"),
    "row": Output("u2", (3, 2)),
    "wave": Output("f8", (4,)),
}


def _outcome(n):
    return {
        "double": 2 * n,
        "half": n / 2,
        "even": n % 2 == 0,
        "name": f"task {n}",
        "row": np.arange(6).reshape(3, 2) + n,
        "wave": np.sin(np.arange(4) * n),
    }


@kind(outputs=OUTPUTS)
def toy(common, payload):
    """Some values; slower where asked; some tasks fail, kill their process or take long."""
    n = payload["n"]
    if "seconds" in common:
        time.sleep(common["seconds"])
    if "naps" in common:
        (Path(common["naps"]) / str(os.getpid())).touch()
        time.sleep(120)
    if n in common.get("refused", ()):
        raise InputError("is refused", key=f"task {n}")
    if n in common.get("faulty", ()):
        raise ZeroDivisionError("of course")
    if n in common.get("deadly", ()):
        os.kill(os.getpid(), signal.SIGKILL)
    if n in common.get("dies_once", ()):
        mark = Path(common["folder"]) / f"died-{n}"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return _outcome(n)


@kind(outputs={"pid": Output("i8"), "opened": Output("i8")}, prepare=lambda common: [0, common["start"]])
def opened_once(prepared, payload):
    """Whether preparing is done once a process."""
    prepared[0] += 1
    return {"pid": os.getpid(), "opened": prepared[0] + prepared[1]}


def _refuse(common):
    raise InputError("cannot be opened", file="here.csv", line=3, key="case")


@kind(outputs={"x": Output()}, prepare=_refuse)
def never_ready(prepared, payload):
    """Nothing comes of it."""
    return {"x": 1.0}


@kind(outputs={"x": Output()}, prepare=lambda common: os.kill(os.getpid(), signal.SIGKILL))
def stillborn(prepared, payload):
    """Its process ends before it is ready."""
    return {"x": 1.0}


@kind(outputs={"x": Output("u1"), "y": Output("f4", (2,))})
def wrong(prepared, payload):
    """Returns other things than it declares."""
    good = {"x": 1, "y": np.zeros(2, np.float32)}
    return {
        "good": good,
        "too large": {**good, "x": 256},
        "negative": {**good, "x": -1},
        "broken": {**good, "x": 1.5},
        "shape": {**good, "y": np.zeros(3)},
        "missing": {"x": 1},
        "more": {**good, "z": 1},
        "text": {**good, "x": "one"},
        "infinite": {**good, "y": np.array([1e300, 0.0])},
        "nothing": None,
    }[payload["case"]]


@kind(outputs=lambda common: {"row": Output("f8", (common["wide"],))})
def wide(common, payload):
    """What it returns depends on the common part."""
    return {"row": np.full(common["wide"], payload["n"], float)}
