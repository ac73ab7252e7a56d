"""`audit.yaml`, in the form that ABMfact 0.1 reads (https://github.com/a7med7emedan/ABMfact): which conclusions, and how to run the model.

    abmfact run audit.yaml --out results/

reruns each claim's pairs under other implementations' choices. What its knobs ask is declared as not supported here: groundswell has one
order of events, addressed draws and no grid; ABMfact then maps seeds itself and says what it could not test.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import InputError
from groundswell.core.store import write_text

if TYPE_CHECKING:
    from groundswell.claims.judging import Verdict
    from groundswell.claims.reading import Quantity

AUDIT = "audit.yaml"
KNOBS = ("update_order", "agent_order", "rng_streams", "grid", "dt_scale", "pop_scale")
SEEDS = 20
_OPENED: dict[str, Any] = {}


def metric(quantity: Quantity, number: int) -> str:
    """The name of an effect in an audit file."""
    return f"effect_{number + 1}_{quantity.name}"


def document(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The audit file as plain data; claims without runs are left out."""
    claims = []
    for one in verdicts:
        contrast = one.claim.contrast
        if contrast is None:
            continue
        world = str(one.provenance["world"])
        for k, quantity in enumerate(contrast.quantities):
            above = quantity.form.direction == "above"
            suffix = f"_{k + 1}" if len(contrast.quantities) > 1 else ""
            claims.append(
                {
                    "id": f"{one.claim.id}{suffix}",
                    "statement": f"{one.claim.sentence} ({metric(quantity, k)} {'above' if above else 'below'} {quantity.form.smallest:g})",
                    "metric": metric(quantity, k),
                    "test": "greater_than" if above else "less_than",
                    "value": quantity.form.smallest,
                    "where": {"world": [world]},
                }
            )
    return {
        "title": "groundswell: claims",
        "model": {"adapter": "python", "target": f"{__name__}:run", "supports": dict.fromkeys(KNOBS, False)},
        "claims": claims,
        "budget": {"seeds": SEEDS, "jobs": 1, "alpha": 0.05},
    }


def write_audit(path: Path, verdicts: Sequence[Verdict], worlds: Path) -> None:
    """Write the audit file; where the files of its worlds are is told relative to it, so run ABMfact in its folder."""
    where = Path(os.path.relpath(worlds.resolve(), path.parent.resolve())).as_posix()
    found = document(verdicts) | {"params": {"worlds": where}}
    write_text(path, f"# In this folder: abmfact run {path.name} --out results/\n{yaml(found)}\n")


def yaml(value: Any, depth: int = 0) -> str:
    """Plain data as YAML: blocks of keys and items, texts in double quotes as JSON has them (which YAML reads)."""
    pad = "  " * depth
    if isinstance(value, Mapping) and value:
        return "\n".join(f"{pad}{key}:{_inline(inner, depth)}" for key, inner in value.items())
    if isinstance(value, list) and value:
        return "\n".join(
            f"{pad}-{yaml(one, depth + 1)[len(pad) + 1 :]}" if isinstance(one, Mapping) else f"{pad}- {_scalar(one)}" for one in value
        )
    return f"{pad}{_scalar(value)}"


def _inline(value: Any, depth: int) -> str:
    if isinstance(value, (Mapping, list)) and value:
        return "\n" + yaml(value, depth + 1)
    return f" {_scalar(value)}"


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def run(params: Mapping[str, Any], seed: int, knobs: Any = None) -> dict[str, float]:  # noqa: ARG001 - the adapter's form
    """One pair of runs of a claim, for ABMfact's adapter `python`.

    Args:
        params: `worlds` (the folder) and `world` (the hash); anything else is a parameter or switch by full key.
        seed: of both runs.
        knobs: ABMfact's; none is supported.

    Returns:
        Each quantity's effect.

    Raises:
        InputError: a parameter is missing.
    """
    from groundswell.claims.paired import opened, pair

    for key in ("worlds", "world"):
        if key not in params:
            raise InputError("is missing among the parameters of the audit", key=key)
    folder = str(params["worlds"])
    if folder not in _OPENED:
        _OPENED[folder] = opened({"worlds": folder})
    worlds = _OPENED[folder]
    values = {key: value for key, value in params.items() if key not in ("worlds", "world")}
    found = pair(worlds, {"world": params["world"], "seed": int(seed), "values": values})
    compares = worlds.world(params["world"])["quantities"]
    return {
        f"effect_{k + 1}_{q['measure']}": _effect(found[f"a{k}"], found[f"b{k}"], q.get("compare", "a")) for k, q in enumerate(compares)
    }


def _effect(a: float, b: float, compare: str) -> float:
    if compare == "difference":
        return float(a - b)
    if compare == "ratio":
        return float(a / b) if b else float("inf") if a else float("nan")
    return float(a)
