"""Processor seconds of a day by stage: an engine with a stopwatch, which benchmarks put in place of the plain one."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from groundswell.core.simulate import Engine
from groundswell.core.sweep import Sweep

DAYS: dict[str, list[float]] = defaultdict(list)  # seconds of each day, by stage and for "a day"


def timed(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, adding its seconds of processor time to those of a stage."""

    def run(*args: Any) -> Any:
        start = time.thread_time()
        result = function(*args)
        DAYS[name].append(time.thread_time() - start)
        return result

    return run


class Timed(Engine):
    """An engine whose days are timed."""

    stages = True  # whether each stage is, too

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for kind, stage in self._stages if self.stages else ():
            if isinstance(stage, Sweep):
                stage.run = timed(stage.run, " + ".join(m.key for m in stage.mechanisms))
            elif kind == "day":
                object.__setattr__(stage, "day", timed(stage.day, stage.key))
        self.step = timed(super().step, "a day")
