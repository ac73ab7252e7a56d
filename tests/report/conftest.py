"""A run that nobody simulated: series and journals drawn by hand, so that reports are tested without the engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from groundswell.cases import Case, Citation
from groundswell.cases.records import Campaign, Election, Event, Figure, Names, Uprising
from groundswell.core.documents import Document
from groundswell.core.draws import day_number
from groundswell.core.places import City, Places, Province
from groundswell.core.run import Run
from groundswell.models.resistance import resistance
from groundswell.report.real import BY_YEAR


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
    days: int = 90,
    provinces: int = 3,
    *,
    without: tuple[str, ...] = (),
    record: bool = True,
    start: date = date(2021, 1, 1),
    seed: int = 1,
) -> Run:
    """A run whose numbers are waves and counts without meaning."""
    rng = np.random.default_rng(seed)
    number = np.arange(days, dtype=np.int64) + day_number(start)
    wave = 1 + np.sin(np.arange(days) / 37)[:, None] * 0.8
    places = fake_places(provinces)
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
    series = _series(rng, wave, provinces)
    return Run(
        days=number,
        series={name: values for name, values in series.items() if name not in without},
        journals={"record": _told(rng, number, places, 3), "events": _told(rng, number, places, 1)} if record else {},
        state_hash="00ff" * 8,
        provenance={
            "model": "resistance",
            "parameters": parameters,
            "changes": [change],
            "seed": seed,
            "start": start.isoformat(),
            "end": (start + timedelta(days=days - 1)).isoformat(),
            "scale": 10,
            "persons": places.rows * 10,
            "made_with": {"groundswell": "0.1.0", "numpy": "2"},
        },
        places=places,
        model=model,
    )


RATES = {
    "turnout": 2000,
    "gathered": 1.5,
    "gathered_livelihood": 2.5,
    "gathered_pro_state": 0.2,
    "attended_livelihood": 400,
    "attended_pro_state": 900,
    "acted": 3,
    "units_live": 40,
    "units_asleep": 5,
    "units_founded": 0.2,
    "units_split": 0.1,
    "units_dissolved": 0.1,
    "units_merged": 0.05,
    "members_now": 160,
    "arrests": 6,
    "killed": 0.05,
    "executions": 0.02,
    "rolled_up": 1,
}
VOTE = 45  # days after the first
NATIONAL = {"former_members": 30, "called_units": 20, "units_1": 100, "units_2": 20, "units_3": 5, "brokered": 6}


def _series(rng: np.random.Generator, wave: Any, provinces: int) -> dict[str, Any]:
    shape = (len(wave), provinces)
    series: dict[str, Any] = {name: rng.poisson(rate * wave, shape).astype(np.int64) for name, rate in RATES.items()}
    series |= {name: rng.poisson(rate * wave, (len(wave), 1)).astype(np.int64) for name, rate in NATIONAL.items()}
    series["detained_now"] = np.cumsum(rng.poisson(0.2 * wave, shape), axis=0)
    series["dead_now"] = np.cumsum(rng.poisson(0.02 * wave, shape), axis=0)
    series["abroad_now"], series["free_now"] = np.full(shape, 3), np.full(shape, 90_000)
    series["fear_mean"] = 0.3 + 0.2 * np.sin(np.arange(len(wave)) / 50)[:, None] * np.ones(shape)
    series |= {name: np.full(shape, level, np.float32) for name, level in (("loyalty", 0.9), ("strength", 1), ("legitimacy", 0.4))}
    series |= {name: np.full((len(wave), 1), level, np.float32) for name, level in (("capacity", 1), ("attention", 0.2), ("united", 0.7))}
    series["blackout"] = np.zeros(shape, np.float32)
    series["voted"], series["eligible"] = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    series["voted"][VOTE : VOTE + 1], series["eligible"][VOTE : VOTE + 1] = 40, 100
    for k, share in enumerate((0.5, 0.3, 0.15, 0.05)):
        series[f"frame_{k}"] = np.full(shape, share)
    return series


def _told(rng: np.random.Generator, number: Any, places: Places, sources: int) -> dict[str, Any]:
    """A journal of reports, or of events where there is one source."""
    events = len(number) * len(places.provinces) * sources
    day = rng.choice(number, events).astype(np.int32)
    code = rng.choice([0, 0, 0, 1, 2, 3, 4, 4], events).astype(np.uint8)
    told = {"event_day": day, "reported_day": day + 1, "day": day, "province": rng.choice(places.codes, events)}
    told |= {"city": rng.integers(1, 3, events), "stream": rng.integers(0, 3, events).astype(np.uint8)}
    told |= {"kind": (code == 4).astype(np.uint8), "sub_event": code, "size_reported": rng.integers(0, 900, events)}
    told |= {"fatalities_reported": (code == 2).astype(np.int64), "arrests_reported": np.zeros(events, np.int64), "invented": 0 * code}
    told |= {"tactic": rng.integers(0, 5, events).astype(np.uint8), "source": rng.integers(0, sources, events).astype(np.uint8)}
    return told


def make_case(folder: Path, provinces: int = 3) -> Case:
    """A country whose texts are hostile on purpose, with everything that a case may have; squares for provinces."""
    squares = [
        {
            "type": "Feature",
            "id": f"X-{k:02d}",
            "geometry": {"type": "Polygon", "coordinates": [[[k, 0], [k + 1, 0], [k + 1, 1], [k, 1], [k, 0]]]},
        }
        for k in range(provinces)
    ]
    (folder / "boundaries.json").write_text(json.dumps({"type": "FeatureCollection", "features": squares}), encoding="utf-8")
    who, doc = "<u>who</u>", "<u>doc</u>"
    first, last = date(2021, 2, 1), date(2021, 2, 9)
    figures = [
        Figure(BY_YEAR, "", date(year, 1, 1), date(year, 12, 31), 900.0 + year, None, None, "events", who, "src", doc)
        for year in (2020, 2021)
    ]
    figures += [
        Figure(f"{kind}.{key}", "", date(2021, 1, 1), date(2021, 12, 31), 3.0, 1.0, 70.0, "1", who, "src", doc)
        for kind in ("weekly", "contested")
        for key in ("mean", "variance_to_mean", "autocorrelation_1", "empty")
    ]
    figures += [Figure("deaths.2021", "", first, last, None, 200.0, 1500.0, "persons", f"{who} {k}", "src", doc) for k in (1, 2)]
    campaign = Campaign("c", "<u>hundred acts</u>", 1, "last winter", first, last, "video", 1, (), 2.0, 100, "acts", who, "src", doc)
    return Case(
        id="land",
        name="A <script>alert(1)</script> land",
        summary="Sum & mary.",
        iso=0,
        real=True,
        level="province",
        interval="week",
        start=date(2020, 1, 1),
        end=date(2022, 12, 31),
        folder=folder,
        tables={},
        citations=(Citation("k", "Someone, <i>Census</i>", "https://example.org/?a&b", "figures"),),
        document=Document({}),
        names=Names(frames=("<u>bread</u>", "roses", "peace")),
        boundaries=folder / "boundaries.json",
        events=(Event("e", "<u>flood</u>", "tests", first, 1, "", "", "", (), who, "src", doc),),
        campaigns=(campaign, replace(campaign, id="b", name="stay away", tactic="boycott", end=date(2021, 2, 15))),
        elections=(Election(date(2021, 2, 15), "<u>parliament</u>", "vote", 0.41, None, "src", who),),
        uprisings=(Uprising("u", "<u>spring</u>", first, last, "src", doc),),
        figures=tuple(figures),
    )


@pytest.fixture(scope="session")
def fake_run() -> Callable[..., Run]:
    return make_run


@pytest.fixture(scope="session")
def fake_case(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Case]:
    return lambda provinces=3: make_case(tmp_path_factory.mktemp("land"), provinces)
