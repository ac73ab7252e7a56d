"""What a paper printed beside what we get: the parts of a reproduction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Verdict = Literal["reproduced", "differs"]
Tell = Callable[[float, str], None]  # progress: the share done, and what is being done


@dataclass(frozen=True)
class Comparison:
    """One line of a reproduction's table.

    Args:
        what: the quantity, in words.
        published: the printed number, or a printed statement ("none of 30 runs").
        ours: the number or the statement that came out.
        where: page, table, figure or equation of the paper; "closed form" where the number is a theorem's.
        tolerance: how far a number may lie off; 0 means exact.
        error: standard error of our number, where it is a mean of random runs.
        unit: of both numbers.
        reason: why it differs, where it does and we know; such a line is expected to differ.
    """

    what: str
    published: float | str
    ours: float | str
    where: str
    tolerance: float = 0.0
    error: float | None = None
    unit: str = ""
    reason: str = ""

    @property
    def verdict(self) -> Verdict:
        """Whether ours is within the tolerance of what is published; statements must be equal."""
        if isinstance(self.published, str) or isinstance(self.ours, str):
            return "reproduced" if self.published == self.ours else "differs"
        same = self.ours == self.published or abs(self.ours - self.published) <= self.tolerance
        return "reproduced" if same else "differs"

    @property
    def expected(self) -> bool:
        """Whether the verdict is the one that is declared: a line with a reason differs, any other is reproduced."""
        return (self.verdict == "differs") == bool(self.reason)


@dataclass(frozen=True)
class Outcome:
    """What a reproduction computed.

    Args:
        table: published and ours, line by line.
        data: what the figure draws, as named arrays.
    """

    table: tuple[Comparison, ...]
    data: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Reproduction:
    """A published model, what was printed of it, and how ours is computed.

    Args:
        name: of the module in `models` and of this one, such as "granovetter_1978".
        title: a line.
        citation: authors, year, title, journal, volume, pages.
        doi: without "https://doi.org/"; "" where there is none.
        rule: the model's rule as the paper states it; Markdown, a few paragraphs, with what we had to choose and why.
        use: a few lines of Python that run the model; executed by a test.
        caption: what the figure shows, and which figure of the paper it is.
        left_out: what is not reproduced, and why; Markdown, "" where nothing is.
        compute: the table and the figure's data; deterministic, so that the same version prints the same.
        draw: fills the figure; see `reproductions.drawing`.
    """

    name: str
    title: str
    citation: str
    doi: str
    rule: str
    use: str
    caption: str
    left_out: str
    compute: Callable[[Tell], Outcome]
    draw: Callable[[Figure, Mapping[str, npt.NDArray[Any]]], None]


def silent(_share: float, _text: str) -> None:
    """Progress that nobody is told."""


def mean_and_error(values: npt.ArrayLike) -> tuple[float, float]:
    """The mean of independent runs and its standard error."""
    array = np.asarray(values, np.float64)
    return float(array.mean()), float(array.std(ddof=1) / np.sqrt(len(array)))
