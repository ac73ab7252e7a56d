"""A made-up reproduction with a line of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from groundswell.reproductions.drawing import band, curve, labels, legend, published
from groundswell.reproductions.published import Comparison, Outcome, Reproduction, Tell

GOOD = Comparison("joiners", 100, 100, "p. 1424", unit="persons")
MEAN = Comparison("mean updates", 6812.905, 6790.2, "closed form", 120, error=41.3)
WORDS = Comparison("who wins", "one side, which is random", "one side, which is random", "p. 12")
KNOWN = Comparison(
    "wait", 60, 21.4, "fig. 4", 5, error=0.3, unit="ticks", reason="the paper does not say how the ratio is rounded | or cut"
)
UNKNOWN = Comparison("peak", 300, 338, "fig. 5", 3)
CURED = Comparison("depth", 0.5, 0.5, "p. 9", 0.1, reason="no longer so")


def made_up(*lines: Comparison, name: str = "made_up_1999") -> Reproduction:
    def compute(tell: Tell) -> Outcome:
        tell(0.5, "halfway")
        return Outcome(lines or (GOOD, MEAN, WORDS, KNOWN), {"x": np.arange(5.0)})

    def draw(figure: Any, data: Mapping[str, Any]) -> None:
        ax = figure.subplots()
        curve(ax, data["x"], data["x"], "ours")
        band(ax, data["x"], data["x"] - 1, data["x"] + 1)
        published(ax, [2], [3])
        labels(ax, "A line", "x, 1", "y, 1")
        legend(ax)

    return Reproduction(
        name=name,
        title="A crowd | made up",
        citation="Nobody, A. (1999). A crowd. Journal of Crowds 1, 1-2.",
        doi="10.1000/182",
        rule="They **join**.",
        use="print(1)",
        caption="A line.",
        left_out="Nothing *else*.",
        compute=compute,
        draw=draw,
    )
