"""Records counted by week and province, as estimators use them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from groundswell.claims.finding import Weekly

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.events.table import Events

BY_PROVINCE = ("acled-weekly", "weekly", "acled", "acled-before-2023", "record", "events", "plain")  # formats that tell provinces


def weekly_of(
    case: Case, records: Sequence[Events], formats: Sequence[str], first: date | None, last: date | None, contested: bool
) -> Weekly | None:
    """Demonstrations by week and province from the first record of these formats; see `Given.weekly`.

    Raises:
        InputError: a record is of other provinces, or the period is not closed.
    """
    from groundswell.calibration.counts import LAST_CLOSED, observed

    chosen = next((one for one in records if one.source in (formats or BY_PROVINCE)), None)
    if chosen is None or chosen.frame.is_empty():
        return None
    begins, ends = chosen.frame["first"].min(), chosen.frame["last"].max()
    if not isinstance(begins, date) or not isinstance(ends, date):
        return None
    until = min(case.end, LAST_CLOSED) if case.real else case.end
    start, end = max(first or case.start, case.start, begins), min(last or until, until, ends)
    if end < start:
        return None
    counted = observed(chosen, case, start, end)
    counts = counted.contested if contested else counted.total
    return Weekly(counts.astype(float), counted.deaths.astype(float), counted.weeks, counted.provinces, chosen.digest, chosen.source)
