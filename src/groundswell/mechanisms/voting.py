"""Phase 1: on election days some vote and some stay away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import logistics
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import AGE, AWAY, ELIGIBLE, FRAME_SHARES, HARDSHIP, LEGITIMACY, VOTE, VOTED

BINS = 1024  # of hardship: the chance to vote is computed for the middle of each


@dataclass(frozen=True)
class Voting(Mechanism):
    """Free persons of voting age vote with chance 1 - (1 - coercion) (1 - logistic(base - grievance H (1 - L) - boycott b)).

    H is hardship, L perceived legitimacy, b the share of the province that holds the first frame; coercion is the share of
    those who would stay away that is made to vote. A province's votes are the expected number, its fraction rounded by a draw.
    """

    held: float = parameter(0.0, unit="1", range=(0, 1), doc="1: a vote is held.", source="a date, not a number", whole=True)
    base: float = parameter(1.0, unit="logit", range=(-20, 20), doc="Inclination to vote of who has no grievance.", source="assumed")
    grievance: float = parameter(
        5.0, unit="logit", range=(0, 100), doc="Weight of hardship times illegitimacy, H (1 - L).", source="assumed"
    )
    boycott: float = parameter(
        0.0, unit="logit", range=(0, 100), doc="Weight of a call to boycott, if everyone held the first frame.", source="assumed"
    )
    coercion: float = parameter(
        0.05, unit="1", range=(0, 1), doc="Share of those who would stay away that is made to vote.", source="assumed"
    )
    youngest: float = parameter(18.0, unit="years", range=(0, 120), doc="Voting age.", source="Iran since 2007")

    reads = (AGE, HARDSHIP, AWAY, LEGITIMACY, FRAME_SHARES[1])
    writes = (VOTED, ELIGIBLE)
    draws = (VOTE,)

    def day(self, now: Now) -> None:
        """Where a vote is held, count those who may vote by hardship, and draw the votes."""
        p_today = now.p
        held = now.remember("held", (p_today,), lambda: np.flatnonzero(p_today.held == 1).tolist())
        if np.count_nonzero(now[ELIGIBLE]):
            now[VOTED].fill(0)
            now[ELIGIBLE].fill(0)
        for province in held:
            counts = self._who_may(now, province)
            p = {name: float(values[province]) for name, values in vars(now.p).items()}
            hardship = (np.arange(BINS) + 0.5) / BINS
            denied = 1.0 - float(now[LEGITIMACY][province])
            against = p["boycott"] * float(now[FRAME_SHARES[1]][province])
            willing = logistics(p["base"] - p["grievance"] * denied * hardship - against)
            chance = 1.0 - (1.0 - willing) * (1.0 - p["coercion"])
            millionths = (chance * 1e6).astype(np.int64)  # whole numbers, so that no order of summing matters
            draw = now.draws.uniform(VOTE, now.day, now.places.codes[province] << 32)
            now[VOTED][province] = int(((counts * millionths).sum() + int(float(draw) * 1e6)) // 1_000_000)
            now[ELIGIBLE][province] = counts.sum()

    def _who_may(self, now: Now, province: int) -> Any:
        """Free persons of voting age of a province by bins of hardship; shape (BINS,)."""
        low, high = now.places.row_range(province)
        persons = now.scale - now[AWAY][low:high].astype(np.int64)
        old = now[AGE][low:high] >= now.p.youngest[province]
        bins = now[HARDSHIP][low:high] // np.uint16(65536 // BINS)
        return np.bincount(bins, persons * old, BINS).astype(np.int64)  # whole numbers, exact in float64
