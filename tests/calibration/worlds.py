"""A cheap kind of task with the outputs of `weekly_counts`, so that whole fits are tested in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from groundswell.calibration.counts import outputs_of
from groundswell.core.errors import InputError
from groundswell.studies import kind

PLACES = 4
FAULTS: dict[str, float] = {}  # "after": tasks after which a user stops; "above": occasions from which a task fails


@kind(outputs=outputs_of)
def cheap_counts(common: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Negative binomial weeks whose level, share of contested and dispersion follow the fitted parameters of Atlantis."""
    if "after" in FAULTS:
        FAULTS["after"] -= 1
        if FAULTS["after"] < 0:
            raise KeyboardInterrupt
    if payload["occasions.rate"] > FAULTS.get("above", np.inf):
        raise InputError("too many")
    random = np.random.default_rng(int(payload["seed"]))
    weeks = outputs_of(common)["total"].shape[0]
    rate, contested = 0.1 * payload.get("livelihoods.rate", 30.0), payload["gathering.violent"]
    size = 20 * payload.get("livelihoods.lasting", 0.5)
    total = random.poisson(rate * random.gamma(size, 1 / size, (weeks, PLACES))) + random.poisson(
        0.02 * payload["occasions.rate"], (weeks, 4)
    )
    hard = random.binomial(total, contested)
    kinds = np.stack([(total - hard).sum(axis=1), 0 * hard.sum(axis=1), 0 * hard.sum(axis=1), hard.sum(axis=1)], axis=1)
    return {
        "total": total.astype(np.uint16),
        "contested": hard.astype(np.uint16),
        "deaths": (0 * hard).astype(np.uint16),
        "kinds": kinds.astype(np.uint32),
    }
