"""LASER's own SIR (laser-generic), in patches between which nobody carries anything. What is printed: `child.py`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

import geopandas
import laser.core.distributions as dists
import numpy as np
from child import answer
from laser.core import PropertySet
from laser.generic import SIR, Model
from shapely.geometry import Point


def build(
    agents: int, steps: int, seed: int, r0: float, days: int, first: float, groups: int
) -> tuple[Callable[[], object], Callable[[], int]]:
    """All steps, and the count of those ever infected."""
    people = agents // groups
    ill = round(first * people)
    patches = {"nodeid": range(groups), "population": people, "S": people - ill, "I": ill, "R": 0}
    scenario = geopandas.GeoDataFrame(patches, geometry=[Point(i % 10, i // 10) for i in range(groups)], crs="EPSG:4326")
    model = Model(scenario, PropertySet({"nticks": steps, "beta": r0 / days, "gravity_k": 0, "seed": seed}))
    model.network = np.zeros((groups, groups), np.float32)
    lasts = dists.constant_int(days)
    model.components = [
        SIR.Susceptible(model),
        SIR.Recovered(model),
        SIR.Infectious(model, lasts),
        SIR.Transmission(model, lasts),
    ]
    return model.run, lambda: agents - int(model.nodes.S[-1].sum())


if __name__ == "__main__":
    answer(build, {name: version(name) for name in ("laser-generic", "laser-core", "numba")}, whole=True)
