"""Tables of events by hand, for tests of the law of observation."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from groundswell.core.draws import day_number
from groundswell.core.places import Places
from groundswell.lookups import gathering_lane
from groundswell.observation import ACT, OTHER

HONEST = {  # sees every stream alike, and errs nowhere
    "reach": 1.0, "half": 0.0, "anti_regime": 1.0, "livelihood": 1.0, "pro_state": 1.0, "contested": 1.0, "acts": 1.0, "drift": 0.0,
    "delay": 0, "misdated": 0.0, "misplaced": 0.0, "confused": 0.0, "doubled": 0.0, "inflation": 1.0, "harm": 1.0, "invention": 0.0,
    "blackout": 0.0, "attention": 0.0,
}  # fmt: skip
WRONG = {  # errs in everything
    "reach": 0.9, "half": 60.0, "anti_regime": 0.9, "livelihood": 0.6, "pro_state": 0.3, "contested": 3.0, "acts": 0.4, "drift": 0.2,
    "delay": 4, "misdated": 0.3, "misplaced": 0.4, "confused": 0.2, "doubled": 0.25, "inflation": 2.5, "harm": 1.3, "invention": 500.0,
    "blackout": 0.7, "attention": 3.0,
}  # fmt: skip
DAY = day_number(date(2018, 3, 3))  # a Saturday


def source(number: int = 0, invents: int = 0, **values: Any) -> SimpleNamespace:
    """A source that is honest but for the given parameters."""
    return SimpleNamespace(**(HONEST | values), number=number, invents=invents)


def events(places: Places, n: int, *, seed: int = 0, days: int = 10, acts: float = 0.2) -> dict[str, np.ndarray]:
    """Gatherings and acts of any kind on the days from `DAY` on, each with an address of its own."""
    rng = np.random.default_rng(seed)
    act = rng.random(n) < acts
    city = places.city_keys[rng.integers(0, len(places.cities), n)]
    stream = np.where(act, 0, rng.integers(0, ACT, n))
    return {
        "day": DAY + rng.integers(0, days, n),
        "who": city,
        "lane": np.where(act, (1 << 28) | np.arange(n), gathering_lane(stream, np.arange(n))),
        "city": city,
        "kind": act.astype(np.uint8),
        "stream": stream,
        "tactic": np.where(act, 1, 0),
        "sub_event": np.where(act, OTHER, rng.integers(0, OTHER, n)),
        "size": np.where(act, 3, rng.integers(3, 200, n)),
        "arrests": np.where(act, 0, rng.integers(0, 9, n)),
        "deaths": np.where(act, 0, rng.integers(0, 3, n)),
    }
