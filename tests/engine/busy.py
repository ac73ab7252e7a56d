"""A world of a few people in which thousands of things happen every day: what a run writes grows, what it is does not."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from tests.engine.common import START
from tests.worlds import small_world

from groundswell.core import rows
from groundswell.core.columns import PROVINCE, Column
from groundswell.core.draws import Stream
from groundswell.core.mechanism import Mechanism, Model, Phase
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.core.run import Run
from groundswell.core.simulate import simulate
from groundswell.society import HAPPENED, RECORD

NOISE = Stream("noise", 960, "how large what happens is")
LOUD = Column("loud", np.float64, PROVINCE, "1", "a made-up level", recorded=True)
WORLD = small_world((40, 30))


@dataclass(frozen=True)
class Happening(Mechanism):
    """So many events a day, and a report of each some days late."""

    events: float = parameter(3000, unit="events", range=(0, 1e6), doc="Events a day.", source="assumed", whole=True)
    writes = (LOUD, HAPPENED, RECORD)
    draws = (NOISE,)

    def day(self, now: Now) -> None:
        """Every event is in the first city of a province; one in five is an act."""
        n = int(now.p.events[0]) + now.day % 7
        chance = now.draws.uniform(NOISE, now.day, np.arange(n))
        place = np.arange(n) % len(now.places.provinces)
        keys = np.array([now.places.cities[now.places.province_start[p]].key for p in range(len(now.places.provinces))], np.int64)
        now[LOUD][:] += np.bincount(place, chance)
        act = (np.arange(n) % 5 == 0).astype(np.uint8)
        where = {"province": now.places.codes[place], "city": keys[place], "stream": 0, "kind": act, "tactic": np.arange(n) % 5}
        size = np.where(act, 0, (chance * 1000).astype(np.int64))
        now.log(HAPPENED, day=now.day, number=np.arange(n), size=size, violent=0, response=1, arrests=0, deaths=0, **where)
        late = (chance * 20).astype(np.int32)
        now.log(RECORD, source=np.arange(n) % 3, reported_day=now.day, event_day=now.day - late, sub_event=act * 4, size_reported=size,
                fatalities_reported=0, arrests_reported=0, invented=0, **where)  # fmt: skip


def busy() -> Model:
    """The model."""
    return Model("busy", (Phase("happening", Happening()),))


def run(days: int, **options: Any) -> Run:
    """A run of some days."""
    return simulate(busy(), WORLD, seed=5, start=START, end=START + timedelta(days=days - 1), compiled=False, **options)


def anonymous() -> int:
    """Bytes of this process that are no file's; elsewhere than on Linux none are known."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


class Watch(threading.Thread):
    """Looks every few milliseconds at the memory of this process."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = anonymous()

    def run(self) -> None:
        """Until the process ends."""
        while True:
            self.peak = max(self.peak, anonymous())
            time.sleep(0.002)


def whole(days: int, folder: Path, *, real: bool = True) -> int:
    """A run of some days, its files, its report's numbers and what may be told of it; the highest memory on the way, in bytes."""
    from types import SimpleNamespace

    from groundswell.experiments.directory import write_tables
    from groundswell.experiments.running import within_scope
    from groundswell.report.numbers import reported

    watch = Watch()
    watch.start()
    done = run(days, checkpoint=folder / "out.checkpoint", checkpoint_every=50)
    case: Any = SimpleNamespace(real=real, interval="week" if real else "day", level="province" if real else "city", name="Busy", iso=900)
    (folder / "out").mkdir()
    write_tables(done, case, ("one", "two", "three"), folder / "out")
    reported(within_scope(done, case, folder / "out"), 1)
    return watch.peak


def told(done: Run) -> str:
    """A hash of everything that came out."""
    h = hashlib.blake2b(done.state_hash.encode(), digest_size=16)
    for name, fields in {"series": done.series, **done.journals}.items():
        for field, values in fields.items():
            h.update(f"{name} {field} {values.dtype.str} {values.shape}".encode())
            h.update(np.ascontiguousarray(values).data)
    return h.hexdigest()


def main() -> None:
    """What a child process of the tests does: `run`, `whole` or `killed`, days, a folder; of the last, seconds until it is killed."""
    what, days, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if what == "whole":
        print(whole(days, folder))
    elif what == "run":
        watch = Watch()
        watch.start()
        run(days, checkpoint=folder / "checkpoint", checkpoint_every=50)
        print(watch.peak)
    else:
        rows.PART = 1 << 19  # a part every third day
        after = float(sys.argv[4])
        if after:
            threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL)).start()
        print(told(run(days, checkpoint=folder / "checkpoint", checkpoint_every=4, resume=True)))


if __name__ == "__main__":
    main()
