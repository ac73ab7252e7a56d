"""A run that nobody simulated: series and journals drawn by hand, so that reports are tested without the engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from groundswell.core.draws import day_number
from groundswell.core.places import City, Places, Province
from groundswell.core.run import Run
from groundswell.models.resistance import resistance

PER_PLACE = (
    "turnout",
    "gathered",
    "acted",
    "units_live",
    "units_asleep",
    "members_now",
    "arrests",
    "rolled_up",
    "detained_now",
    "dead_now",
)


def fake_places(provinces: int) -> Places:
    """Provinces of two cities; names are hostile on purpose."""
    names = [f"<b>Pro&vince</b> {k:02d}" for k in range(provinces)]
    return Places(
        provinces=tuple(Province(f"X-{k:02d}", name, 40 - k, 1000 * (k + 1)) for k, name in enumerate(names)),
        cities=tuple(City(c % 2 + 1, f"Town{c:03d}", c // 2, 1.0, 2.0) for c in range(2 * provinces)),
        neighbourhood_start=np.arange(0, 2 * provinces + 1) * 500,
        city_start=np.arange(2 * provinces + 1),
        province_start=np.arange(0, 2 * provinces + 1, 2),
        scale=10,
    )


def make_run(
    days: int = 90, provinces: int = 3, *, without: tuple[str, ...] = (), record: bool = True, start: date = date(2021, 1, 1)
) -> Run:
    """A run whose numbers are waves and counts without meaning."""
    rng = np.random.default_rng(1)
    number = np.arange(days, dtype=np.int64) + day_number(start)
    wave = 1 + np.sin(np.arange(days) / 37)[:, None] * 0.8
    shape = (days, provinces)
    rates = {
        "turnout": 2000,
        "gathered": 1.5,
        "acted": 3,
        "units_live": 40,
        "units_asleep": 5,
        "members_now": 160,
        "arrests": 6,
        "rolled_up": 1,
    }
    series: dict[str, Any] = {name: rng.poisson(rate * wave, shape).astype(np.int64) for name, rate in rates.items()}
    series["detained_now"] = np.cumsum(rng.poisson(0.2 * wave, shape), axis=0)
    series["dead_now"] = np.cumsum(rng.poisson(0.02 * wave, shape), axis=0)
    series["fear_mean"] = 0.3 + 0.2 * np.sin(np.arange(days) / 50)[:, None] * np.ones(shape)
    series["loyalty"] = np.full(shape, 0.9, np.float32)
    for k, share in enumerate((0.5, 0.3, 0.15, 0.05)):
        series[f"frame_{k}"] = np.full(shape, share)
    places = fake_places(provinces)
    events = days * provinces
    day = rng.choice(number, events).astype(np.int32)
    code = rng.choice([0, 0, 0, 1, 2, 3, 4, 4], events).astype(np.uint8)
    told = {"event_day": day, "reported_day": day + 1, "province": rng.choice(places.codes, events), "city": rng.integers(1, 3, events)}
    told |= {"stream": 0 * code, "kind": (code == 4).astype(np.uint8), "sub_event": code, "size_reported": rng.integers(0, 900, events)}
    told |= {"fatalities_reported": (code == 2).astype(np.int64), "arrests_reported": np.zeros(events, np.int64), "invented": 0 * code}
    model = resistance()
    parameters = {key: about.default for key, about in model.parameters.items()} | {"fear.decay": 0.0123}
    change = {
        "key": "fear.decay",
        "value": 0.1,
        "start": "2021-01-05",
        "end": "2021-01-09",
        "places": ["X-00"],
        "operation": "set",
        "name": "<i>x",
    }
    return Run(
        days=number,
        series={name: values for name, values in series.items() if name not in without},
        journals={"record": told} if record else {},
        state_hash="00ff" * 8,
        provenance={
            "model": "resistance",
            "parameters": parameters,
            "changes": [change],
            "seed": 7,
            "start": start.isoformat(),
            "end": (start + timedelta(days=days - 1)).isoformat(),
            "scale": 10,
            "persons": places.rows * 10,
            "made_with": {"groundswell": "0.1.0", "numpy": "2"},
        },
        places=places,
        model=model,
    )


@pytest.fixture(scope="session")
def fake_run() -> Callable[..., Run]:
    return make_run
