"""What a run was made of, as plain JSON: enough to repeat it and to refuse a checkpoint of another run."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from groundswell import __version__
from groundswell.core.draws import day_date
from groundswell.core.mechanism import Model
from groundswell.core.parameters import Change
from groundswell.core.places import Population


def provenance_of(
    model: Model, population: Population, first: int, last: int, seed: int, base: Mapping[str, float], changes: Sequence[Change]
) -> dict[str, Any]:
    """The provenance of a run; `repeatable` is what decides the result, `made_with` is for the record."""
    about = model.parameters
    shown = {key: about[key].options[int(v)] if about[key].options else v for key, v in sorted(base.items())}
    return {
        "model": model.name,
        "schedule": str(model),
        "parameters": shown,
        "changes": [
            {
                "key": c.key,
                "value": c.value,
                "start": day_date(c.start).isoformat(),
                "end": day_date(c.end).isoformat(),
                "places": [population.places.provinces[p].id for p in c.places],
                "operation": c.operation,
                "name": c.name,
            }
            for c in changes
        ],
        "seed": seed,
        "start": day_date(first).isoformat(),
        "end": day_date(last).isoformat(),
        "scale": population.places.scale,
        "rows": population.places.rows,
        "persons": population.places.rows * population.places.scale,
        "population": dict(population.provenance),
        "population_digest": population.digest or content_digest(population),
        "made_with": {"groundswell": __version__, "python": platform.python_version(), "numpy": np.__version__},
    }


def content_digest(population: Population) -> str:
    """A hash of a population made by hand, which has no digest of its own: its places and columns, in storage order."""
    h = hashlib.blake2b(digest_size=16)
    places = population.places
    starts = {f"start.{k}": v for k, v in places.groups.items()}
    starts |= {"neighbourhoods": places.neighbourhood_start, "cities": places.city_start, "provinces": places.province_start}
    for name, array in sorted({**population.columns, **starts}.items()):
        h.update(f"{name}:{array.dtype.str}:{array.shape}\n".encode())
        h.update(np.ascontiguousarray(array).data)
    for name, network in sorted(population.networks.items()):
        h.update(f"network {name}\n".encode())
        for part in (network.indptr, network.indices):
            h.update(np.ascontiguousarray(part).data)
    h.update(repr([p.code for p in places.provinces] + [c.key for c in places.cities]).encode())
    return h.hexdigest()


def identity(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a provenance that decides the result."""
    return {key: value for key, value in provenance.items() if key != "made_with"} | {"groundswell": provenance["made_with"]["groundswell"]}
