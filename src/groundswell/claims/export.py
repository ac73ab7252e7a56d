"""Verdicts kept: a table (Parquet), the whole (JSON), every pair's effects (Parquet), the audit file; and one repeated bit by bit."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.claims.audit import AUDIT, write_audit
from groundswell.core.errors import StoreError
from groundswell.core.store import digest, whole_file, write_text

if TYPE_CHECKING:
    import polars as pl

    from groundswell.claims.judging import DataVerdict, ModelVerdict, Verdict

TABLE, WHOLE, EFFECTS = "verdicts.parquet", "verdicts.json", "effects.parquet"
SCHEMA = 1
BY_HAND = ("seed", "draws")  # of the provenance: what a repetition needs to be told


def finite(value: Any) -> Any:
    """JSON without numbers that it does not have: infinities as words, what is not known as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "infinite" if value > 0 else "minus infinite"
    if isinstance(value, dict):
        return {str(key): finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(inner) for inner in value]
    return value


def as_document(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON."""
    about = verdict.claim.form.claim
    found: dict[str, Any] = finite(
        {
            "claim": verdict.claim.form.model_dump(mode="json", by_alias=True),
            "id": about.id,
            "verdict": verdict.word,
            "because": verdict.words,
            "prior": _model(verdict.prior),
            "posterior": _model(verdict.posterior),
            "no_posterior": verdict.no_posterior,
            "data_verdict": verdict.data_word,
            "data": [_data(one) for one in verdict.data],
            "why": _why(verdict),
            "would_change": verdict.change,
            "provenance": dict(verdict.provenance),
        }
    )
    return found


def _model(one: ModelVerdict | None) -> dict[str, Any] | None:
    if one is None:
        return None
    settings = [
        {
            "setting": dict(s.values),
            "decision": s.outcome.decision,
            "after": s.outcome.at,
            "draws": s.outcome.draws,
            "beyond": s.outcome.beyond,
            "short": s.outcome.short,
            "probability": s.outcome.share,
            "low": s.outcome.low,
            "high": s.outcome.high,
            "effects": [dict(zip(("low", "median", "high"), one, strict=True)) for one in bands(s.effects)],
        }
        for s in one.settings
    ]
    numbers = {"probability": one.share, "low": one.low, "high": one.high, "factor": one.factor}
    return {"verdict": one.word, "because": one.words, "drawn": one.drawn, **numbers, "settings": settings}


def bands(effects: Any) -> list[tuple[float, float, float]]:
    """5 %, median and 95 % of each quantity's effects over draws; nan where none is defined."""
    import numpy as np

    found = []
    for column in np.asarray(effects).T:
        known = column[~np.isnan(column)]
        ends = np.quantile(known, [0.05, 0.5, 0.95], method="nearest") if len(known) else np.full(3, np.nan)
        found.append((float(ends[0]), float(ends[1]), float(ends[2])))
    return found


def _data(one: DataVerdict) -> dict[str, Any]:
    f = one.finding
    return {
        "estimator": one.table.estimator,
        "asks": one.table.asks,
        "whole": one.table.whole,
        "part": one.table.part,
        "verdict": one.word,
        "because": one.words,
        "estimate": f.estimate,
        "low": f.low,
        "high": f.high,
        "level": f.level,
        "unit": f.unit,
        "p": f.p,
        "basis": f.basis,
        "words": f.words,
        "needs": f.needs,
        "fallback": f.fallback,
        "numbers": dict(f.numbers),
        "figures": [{"key": one.key, "start": str(one.start), "value": one.value, "source": one.source} for one in f.figures],
        "records": list(f.records),
    }


def _why(verdict: Verdict) -> dict[str, Any] | None:
    import dataclasses

    if verdict.why is None:
        return None
    return {"words": list(verdict.why.words), "weights": [dataclasses.asdict(one) for one in verdict.why.weights]}


def table(verdicts: Sequence[Verdict]) -> pl.DataFrame:
    """One row a claim."""
    import polars as pl

    rows = []
    for one in verdicts:
        about, found = one.claim.form.claim, as_document(one)
        row: dict[str, Any] = {"id": about.id, "sentence": about.sentence, "by": about.by, "who": about.who, "source": about.source}
        row |= {"date": about.date, "verdict": one.word, "because": one.words, "data": one.data_word}
        for basis in ("prior", "posterior"):
            side = getattr(one, basis)
            row |= {basis: side.word if side else None}
            row |= {f"{basis}_{name}": getattr(side, name) if side else None for name in ("share", "low", "high")}
        first = found["data"][0] if found["data"] else {}
        row |= {f"data_{name}": _real(first.get(name)) for name in ("estimate", "low", "high")} | {"data_unit": first.get("unit")}
        row |= {"would_change": one.change, "provenance": json.dumps(finite(dict(one.provenance)), sort_keys=True)}
        rows.append(row)
    schema = dict.fromkeys(_NUMBERS, pl.Float64) | dict.fromkeys(("data", "prior", "posterior", "data_unit"), pl.String)
    return pl.DataFrame(rows, schema_overrides=schema)


_NUMBERS = [
    *(f"{basis}_{name}" for basis in ("prior", "posterior") for name in ("share", "low", "high")),
    "data_estimate",
    "data_low",
    "data_high",
]


def _real(value: Any) -> float | None:
    return value if isinstance(value, float) else None


def effects(verdicts: Sequence[Verdict]) -> pl.DataFrame:
    """One row a pair of runs and quantity: what both arms measured, and the effect."""
    import polars as pl

    rows = []
    for one in verdicts:
        for side in (one.prior, one.posterior):
            for setting in side.settings if side is not None else ():
                contrast = one.claim.contrast
                assert contrast is not None
                for draw, values in enumerate(setting.effects):
                    rows += [
                        (one.claim.id, side.basis, setting.name, draw, q.name, setting.a[draw, k], setting.b[draw, k], values[k])  # type: ignore[union-attr]
                        for k, q in enumerate(contrast.quantities)
                    ]
    names = {"claim": pl.String, "basis": pl.String, "setting": pl.String, "draw": pl.Int64, "quantity": pl.String}
    return pl.DataFrame(rows, schema=names | {"a": pl.Float64, "b": pl.Float64, "effect": pl.Float64}, orient="row")


def write(folder: Path, verdicts: Sequence[Verdict], worlds: Path) -> list[Path]:
    """Keep verdicts in a folder, each file whole or not at all; the files. `worlds` is where their runs are described."""
    body = {"schema": SCHEMA, "verdicts": [as_document(one) for one in verdicts]}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
    sealed = {"seal": digest(text.encode()), "body": body}
    write_text(folder / WHOLE, json.dumps(sealed, sort_keys=True, ensure_ascii=False, indent=1))
    for name, frame in ((TABLE, table(verdicts)), (EFFECTS, effects(verdicts))):
        with whole_file(folder / name) as scratch:
            frame.write_parquet(scratch, compression="zstd")
    write_audit(folder / AUDIT, verdicts, worlds)
    return [folder / name for name in (WHOLE, TABLE, EFFECTS, AUDIT)]


def read(folder: Path) -> list[dict[str, Any]]:
    """Kept verdicts, as documents.

    Raises:
        StoreError: there are none, they were altered, or another version wrote them.
    """
    path = folder / WHOLE
    try:
        sealed = json.loads(path.read_text(encoding="utf-8"))
        body = sealed["body"]
        text = json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
        if digest(text.encode()) != sealed["seal"]:
            raise StoreError(f"{path}: the verdicts were altered since they were written")
        if body["schema"] != SCHEMA:
            raise StoreError(f"{path}: form {body['schema']!r}; this version reads {SCHEMA}")
        return list(body["verdicts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}: there are no verdicts that can be read; run `groundswell claims` first") from error


def differences(kept: dict[str, Any], again: dict[str, Any], above: str = "") -> list[str]:
    """Where two verdicts differ: dotted keys, with both values; every number bit by bit."""
    found = []
    for key in sorted({*kept, *again}):
        name = f"{above}.{key}" if above else key
        a, b = kept.get(key), again.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += differences(a, b, name)
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b) and all(isinstance(x, dict) for x in (*a, *b)):
            for k, (x, y) in enumerate(zip(a, b, strict=True)):
                found += differences(x, y, f"{name}.{k}")
        elif a != b:
            found.append(f"{name}: kept {a!r:.80}, now {b!r:.80}")
    return found
