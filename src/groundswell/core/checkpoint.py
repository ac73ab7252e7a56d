"""A run stopped at the end of a day: everything it needs to go on to the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell.core.errors import StoreError
from groundswell.core.provenance import identity
from groundswell.core.state import State
from groundswell.core.store import read_arrays, write_arrays

if TYPE_CHECKING:
    from groundswell.core.simulate import Engine


def save_checkpoint(engine: Engine, folder: Path, provenance: Mapping[str, Any], day: int) -> None:
    """Store the state after a day, the series and the journals so far; `day` is the next day to simulate."""
    arrays = engine.state.arrays()
    arrays |= {f"series.{name}": np.stack(rows) for name, rows in engine.series.items() if rows}
    for name, parts in engine.journals.items():
        if parts:
            arrays |= {f"journal.{name}.{f}": np.concatenate([p[f] for p in parts]) for f in parts[0]}
    write_arrays(folder, "checkpoint", {"day": day, "run": identity(provenance)}, arrays)


def load_checkpoint(engine: Engine, folder: Path, provenance: Mapping[str, Any]) -> int:
    """Put an engine where the checkpoint left it; returns the next day to simulate.

    Raises:
        StoreError: the checkpoint is altered, or belongs to another run (naming what differs).
    """
    about, arrays = read_arrays(folder, "checkpoint")
    mine = json.loads(json.dumps(identity(provenance)))
    theirs = about.get("run")
    if not isinstance(theirs, dict) or theirs != mine:
        differs = sorted(k for k in mine if not isinstance(theirs, dict) or theirs.get(k) != mine[k])
        raise StoreError(f"{folder}: the checkpoint belongs to another run; it differs in {', '.join(differs)}")
    engine.state = State.from_arrays(arrays, engine.model, engine.population.places)
    for name in engine.series:
        if f"series.{name}" in arrays:
            engine.series[name] = list(np.array(arrays[f"series.{name}"]))
    for name in engine.journals:
        fields = {key.split(".", 2)[2]: np.array(a) for key, a in arrays.items() if key.startswith(f"journal.{name}.")}
        engine.journals[name] = [fields] if fields else []
    return int(about["day"])
