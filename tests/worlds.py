"""Small worlds for tests: made by hand, without census tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from groundswell.core.places import City, Places, Population, Province

CROWDED: dict[str, Any] = {
    # everything happens often, so that a few thousand people and forty days exercise every mechanism
    "first_organisation.initial": 3000, "first_organisation.multiply": 0.01, "participation.threshold": 8, "occasions.rate": 50,
    "policing.disperse": 0.3, "policing.arrest": 0.3, "policing.shoot": 0.2, "policing.arrested": 0.3,
    "policing.killed": 0.1, "acting.rate": 0.3, "detection.patrol": 0.1, "calendar.forces": 100,
    "frames.imitation": 0.05, "emigration.rate": 50, "recruitment.approach": 0.1, "interrogation.contact": 0.05,
    "custody.longest": 20, "custody.execution": 2, "monitor.half": 5, "monitor.acts": 0.5, "units.patience": 15,
    "livelihoods.rate": 100, "livelihoods.least": 5, "livelihoods.calls": 50, "policing.livelihood": 0.5, "rallies.held": 0.1,
    "gathering.split": 20,
    "units.loss": 0.01, "voting.held": 1, "calendar.blackout": 0.2, "frames.conformity": 0.5, "frames.push_3": 0.01, "emigration.fear": 1.0,
}  # fmt: skip


def province_columns(code: int, rows: int, hood: int) -> dict[str, np.ndarray]:
    """Columns of one province of two cities, a function of its code and size only."""
    rng = np.random.default_rng(code)
    household: list[int] = []
    for _ in range(2):
        for first in range(0, rows // 2, hood):
            left = min(hood, rows // 2 - first)
            while left:
                size = min(int(rng.integers(1, 6)), left)
                household += [i | (size << 4) for i in range(size)]
                left -= size
    n = 2 * (rows // 2)
    work = rng.integers(0, max(n // 20, 1), n).astype(np.uint32)
    work[rng.random(n) < 0.5] = 0xFFFFFFFF
    return {
        "age": rng.integers(0, 80, n).astype(np.uint8),
        "profile": np.zeros(n, np.uint8),
        "household": np.array(household, np.uint8),
        "workplace": work,
        "hardship": rng.integers(0, 65536, n).astype(np.uint16),
        "risk_aversion": rng.integers(0, 65536, n).astype(np.uint16),
    }


def small_world(rows: Sequence[int] = (3000, 2000), *, codes: Sequence[int] | None = None, scale: int = 1, hood: int = 250) -> Population:
    """Provinces of two cities each, in the given storage order.

    Args:
        rows: rows of each province.
        codes: their codes; 1, 2, ... by default. A province depends on its code and rows only.
        scale: real persons a row.
        hood: rows a neighbourhood.
    """
    codes = list(codes) if codes is not None else list(range(1, len(rows) + 1))
    parts = [province_columns(code, r, hood) for code, r in zip(codes, rows, strict=True)]
    cities, hoods, city_start, province_start, groups = [], [0], [0], [0], [0]
    for position, r in enumerate(rows):
        for c in range(2):
            cities.append(City(c + 1, f"city {c + 1}", position, 0.0, 0.0))
            for first in range(0, r // 2, hood):
                hoods.append(hoods[-1] + min(hood, r // 2 - first))
            city_start.append(len(hoods) - 1)
        province_start.append(len(cities))
        groups.append(groups[-1] + max(2 * (r // 2) // 20, 1))
    places = Places(
        provinces=tuple(Province(f"P-{c:02d}", f"Province {c}", c, r * scale) for c, r in zip(codes, rows, strict=True)),
        cities=tuple(cities),
        neighbourhood_start=np.array(hoods),
        city_start=np.array(city_start),
        province_start=np.array(province_start),
        scale=scale,
        groups={"workplace": np.array(groups)},
    )
    columns = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    for array in columns.values():
        array.setflags(write=False)
    return Population(places, columns, {"seed": 1}, {}, "small world")
