"""What the columns of a kept run are called: from the model's own words, its sources and tactics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from groundswell.society import COVERT, SOURCES, TACTICS

if TYPE_CHECKING:
    from groundswell.core.mechanism import Model

HELD = ("persons", "events", "units", "ties")  # units of what is counted
REPRESSION = ("abroad_now", "arrests", "dead_now", "detained_now", "executions", "free_now", "killed", "rolled_up")
MIND = ("fear", "frame", "legitimacy", "alternative", "strength")


class Label(NamedTuple):
    """A series for readers: what it is, in which unit ("" for a pure number), and with what it belongs."""

    title: str
    unit: str
    group: str


def label(name: str, model: Model, sources: Mapping[str, str], frames: Sequence[str] = ()) -> Label:
    """What a column of `nation.parquet` or `series.parquet` is called.

    Args:
        name: of the column.
        model: that ran.
        sources: what the run calls its sources, by their keys.
        frames: what the case calls its frames; the first is number 1.
    """
    declared: Any = model.declared.get(name)
    if declared is not None:
        return Label(_title(name, str(declared.doc), frames), "" if declared.unit == "1" else declared.unit, _group(name, declared.unit))
    kind, _, rest = name.partition("_")
    if kind == "acts" and rest in TACTICS:
        return Label(f"acts of units today: {rest}", "events", "acts")
    for source in SOURCES if kind == "reported" else ():
        if rest == source or rest.startswith(f"{source}_"):
            tactic = rest.removeprefix(source).strip("_")
            what = f"acts ({tactic})" if tactic else "gatherings"
            return Label(f"{what} of the day that {sources.get(source, source)} reported", "events", "reports")
    return Label(name.replace("_", " "), "", "regime")


def _title(name: str, doc: str, frames: Sequence[str]) -> str:
    """The words of the declaration; a frame by its name."""
    number = name.removeprefix("frame_")
    if number.isdigit() and name.startswith("frame_"):
        k = int(number)
        return "share that holds no frame" if k == 0 else f"share that holds “{frames[k - 1]}”" if k <= len(frames) else doc
    return doc


def _group(name: str, unit: str) -> str:
    if name in REPRESSION:
        return "repression"
    if name in COVERT or name.startswith("units_") or name in ("former_members", "called_units", "brokered", "united"):
        return "units"
    if name.startswith(MIND):
        return "mind"
    return "people" if unit in HELD else "regime"
