"""A cheap kind of task with the outputs of `weekly_counts`, so that whole fits are tested in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from groundswell.calibration import ahead, reference
from groundswell.calibration.counts import DEMONSTRATIONS, common_of, outputs_of
from groundswell.cases import Case
from groundswell.core.errors import InputError
from groundswell.studies import kind

PLACES = 4
SHARES = np.array([3, 2, 2, 2, 2, 2, 1]) / 14  # of the days of the week, Saturday first
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
    days = random.multinomial(total.sum(axis=1), SHARES).reshape(-1).astype(np.uint32)
    return {
        **({"days": days} if common.get("days") else {}),
        "total": total.astype(np.uint16),
        "contested": hard.astype(np.uint16),
        "deaths": (0 * hard).astype(np.uint16),
        "kinds": kinds.astype(np.uint32),
    }


def instead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits run the cheap kind."""
    for module in (ahead, reference):
        monkeypatch.setattr(module, "weekly_counts", cheap_counts)


TRUTH = {"occasions.rate": 30.0, "livelihoods.rate": 60.0, "livelihoods.lasting": 0.4, "gathering.violent": 0.15}
ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"


def record_of(case: Case, file: Path) -> Path:
    """A record of 78 weeks of Atlantis with known parameters, in the project's own columns."""
    common, _ = common_of(case, ATLANTIS, start=date(2022, 1, 1), end=date(2023, 6, 30), scale=10)
    found = cheap_counts(common, {"seed": 999, **TRUTH})
    rows = []
    for week in range(len(found["total"])):
        day = date.fromordinal(date(2022, 1, 1).toordinal() + 7 * week)
        for k, row in enumerate(sorted(p.id for p in case.census().provinces)):
            hard = int(found["contested"][week, k])
            rows.append((day, row, int(found["total"][week, k]) - hard, 0, 0, hard, 0))
    pl.DataFrame(rows, schema=["week_starting", "iso", *DEMONSTRATIONS, "fatalities"], orient="row").write_csv(file)
    return file
