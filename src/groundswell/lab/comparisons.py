"""What a kept comparison tells: national numbers with the difference and its interval, and both sides by day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.lab.answers import Opened, days, number, plain, table

if TYPE_CHECKING:
    import polars as pl

KINDS = ("comparison",)


def rows(one: Opened) -> list[dict[str, Any]]:
    """National numbers of both, their difference and its 90 % interval."""
    return [
        {
            "key": row["key"],
            "quantity": row["label"],
            "unit": "" if row["unit"] == "1" else row["unit"],
            "a": number(row["mean_a"]),
            "b": number(row["mean_b"]),
            **{key: number(row[key]) for key in ("difference", "low", "high")},
        }
        for row in table(one.folder / "numbers.parquet").to_dicts()
    ]


def series(one: Opened) -> dict[str, Any]:
    """Both sides by day, means over pairs, with the difference within pairs and its 90 % interval. Of the nation only."""
    whole = table(one.folder / "nation.parquet")
    parts = {str(name): part for (name,), part in whole.group_by("series", maintain_order=True)}
    means = {arm: _means(one.runs(arm), sorted(parts)) for arm in ("a", "b")}
    found = []
    for name, part in parts.items():
        told = one.label(name)
        sides = {arm: plain(means[arm][name]) for arm in ("a", "b")}
        limits = {key: plain(part[column]) for key, column in (("difference", "mean"), ("low", "low"), ("high", "high"))}
        found.append({"name": name, "title": told.title, "unit": told.unit, "group": told.group, **sides, **limits})
    dated = days(next(iter(parts.values()))["date"]) if parts else []
    return {"days": dated, "series": found}


def _means(folders: Sequence[Path], names: Sequence[str]) -> dict[str, Any]:
    """Means over runs of the nation's series; the days of each."""
    import numpy as np

    tables: list[pl.DataFrame] = [table(folder / "nation.parquet") for folder in folders]
    return {name: np.mean([one[name].to_numpy().astype(np.float64) for one in tables], axis=0) for name in names}
