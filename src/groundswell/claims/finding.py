"""What an estimator is handed, and what it returns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws
from groundswell.core.errors import InputError

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.cases.records import Figure
    from groundswell.events.table import Events

Floats = npt.NDArray[np.float64]
Basis = Literal["record", "figures", "both", "none"]
BASES = ("record", "figures", "both", "none")
LEVEL = 0.90  # two-sided level of a finding's bounds: each side errs at most one time in twenty
WEEK = timedelta(days=7)


class _Required:
    """Stands for a default that there is none of."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@dataclass(frozen=True)
class Option:
    """One keyword argument of an estimator that a claim file may give.

    Args:
        default: what it is where the file says nothing; `REQUIRED` where it must.
        doc: what it means.
        kind: type that is admitted.
    """

    default: Any
    doc: str
    kind: type


def option(default: Any, doc: str, *, kind: type | None = None) -> Option:
    """An option whose type is that of its default, or `kind` where there is none."""
    chosen = kind or (type(default) if default is not REQUIRED else str)
    return Option(default, doc, chosen)


@dataclass(frozen=True)
class Finding:
    """What records or figures say of a quantity.

    Args:
        estimate: best value; None where nothing can be said.
        low, high: bounds at `level`, two-sided; infinite where one side is open. Equal where the number is printed.
        unit: of all three; "1" for a pure number.
        basis: what it rests on.
        words: one to three sentences for a reader: what was counted, over which time, and what it leaves out.
        needs: what was needed and not given; empty where all was there.
        numbers: further numbers and texts for a table, by name.
        figures: printed figures that were used.
        records: digests of the records that were used.
        level: of the bounds.
        null: the value that would mean no effect, where there is one (1 for a ratio, 0 for a difference).
        p: two-sided permutation or exact p-value against `null`, where one was computed.
        fallback: what figures alone say where a record was needed and not given.
    """

    estimate: float | None
    low: float
    high: float
    unit: str = "1"
    basis: Basis = "record"
    words: str = ""
    needs: str = ""
    numbers: Mapping[str, float | str] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    records: tuple[str, ...] = ()
    level: float = LEVEL
    null: float | None = None
    p: float | None = None
    fallback: str = ""

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            raise ValueError(f"{self.basis!r} is none of {', '.join(BASES)}")
        if self.estimate is None:
            return
        if not math.isfinite(self.estimate) or math.isnan(self.low) or math.isnan(self.high) or not self.low <= self.high:
            raise ValueError(f"{self.estimate} with bounds {self.low} and {self.high} is no finding")

    @classmethod
    def missing(cls, unit: str, needs: str, words: str = "", **more: Any) -> Finding:
        """Nothing can be said, and why: which record or figure is needed."""
        return cls(None, -math.inf, math.inf, unit=unit, basis="none", words=words, needs=needs, **more)


@dataclass(frozen=True, eq=False)
class Given:
    """What an estimator may look at.

    Args:
        case: with its figures, elections, campaigns, uprisings.
        records: those that the user gave, read.
        seed: of permutations and bootstraps.
        claim: id of the claim, which addresses its draws.
    """

    case: Case
    records: tuple[Events, ...] = ()
    seed: int = 1
    claim: str = ""

    def record(self, *formats: str) -> Events | None:
        """The first record of one of these formats; of any where none is named; None where there is none."""
        return next((one for one in self.records if not formats or one.source in formats), None)

    def weekly(self, *formats: str, first: date | None = None, last: date | None = None, contested: bool = False) -> Weekly | None:
        """Demonstrations by week and province, from the first record of these formats that can be counted so.

        Args:
            formats: names; by default every format that tells events by province.
            first, last: the period; by default what the record and the case have in common.
            contested: only those that were intervened in or turned violent.
        """
        from groundswell.claims.counting import weekly_of

        return weekly_of(self.case, self.records, formats, first, last, contested)

    def draws(self) -> Draws:
        """Addressed draws; the streams are in `groundswell.claims.streams`."""
        from groundswell.core.store import digest

        return Draws(int(digest(f"{self.seed} {self.claim}".encode())[:15], 16))


@dataclass(frozen=True, eq=False)
class Weekly:
    """Counts by week and province.

    Args:
        counts: shape (weeks, provinces).
        deaths: reported deaths in the same cells, where the record tells them.
        weeks: first day of each week.
        provinces: ids, in the order of the columns.
        digest: of the record.
        source: name of its format.
    """

    counts: Floats
    deaths: Floats | None
    weeks: Sequence[date]
    provinces: Sequence[str]
    digest: str
    source: str

    def between(self, first: date, last: date) -> Weekly:
        """The weeks that lie wholly within two days."""
        keep = np.array([first <= day and day + WEEK - timedelta(days=1) <= last for day in self.weeks], bool)
        if not keep.any():
            raise InputError(f"has no whole week between {first} and {last}", key=self.source)
        weeks = [day for day, kept in zip(self.weeks, keep, strict=True) if kept]
        return Weekly(
            self.counts[keep], None if self.deaths is None else self.deaths[keep], weeks, self.provinces, self.digest, self.source
        )
