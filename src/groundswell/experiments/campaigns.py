"""A case's campaigns three ways: as claimed, as truly simulated, and as each source recorded them.

No claimed count drives the model, so that the three can differ; by how much is what the comparison is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import EPOCH, day_number
from groundswell.society import SOURCES, TACTICS

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.cases.records import Campaign, Figure
    from groundswell.experiments.replicates import Replicates

Floats = npt.NDArray[np.float64]
BOYCOTT = "boycott"


@dataclass(frozen=True)
class Told:
    """One campaign.

    Attributes:
        campaign: what was called for and what is claimed of it.
        claimed: the claimed figure; None where none is.
        true: what was simulated, one value a run: acts of its tactic in its window, or the share who stayed away from a vote in
            per cent; None where the run does not cover the window.
        recorded: acts that each source dates in the window, one value a run; of a boycott nothing.
        official: of a boycott, the share who stayed away by the official turnout, in per cent.
        place: of a boycott, the id of the province that is told; empty for the nation.
    """

    campaign: Campaign
    claimed: float | None
    true: Floats | None
    recorded: Mapping[str, Floats]
    official: float | None = None
    place: str = ""


def campaigns(runs: Replicates) -> list[Told]:
    """The campaigns of the runs' case, in the order of their beginning."""
    case = runs.scenario.case
    return [_told(runs, case, campaign) for campaign in sorted(case.campaigns, key=lambda c: (c.start, c.end, c.id))]


def _told(runs: Replicates, case: Case, campaign: Campaign) -> Told:
    claimed = None if campaign.claimed_count is None else float(campaign.claimed_count)
    covered = runs.scenario.start <= campaign.start and campaign.end <= runs.scenario.end
    if campaign.tactic == BOYCOTT:
        figure = _claimed_abstention(case, campaign)
        place = figure.place if figure is not None else ""
        true = stayed_away(runs, campaign, place) if covered else None
        return Told(campaign, claimed, true, {}, official_abstention(case, campaign, place), place)
    if not covered:
        return Told(campaign, claimed, None, {})
    days = slice(day_number(campaign.start) - int(runs.days[0]), day_number(campaign.end) - int(runs.days[0]) + 1)
    tactics = TACTICS if campaign.tactic not in TACTICS else (campaign.tactic,)

    def counted(prefix: str) -> Floats:
        return np.asarray(sum(runs.nation[f"{prefix}_{tactic}"][:, days].sum(axis=1) for tactic in tactics))

    return Told(campaign, claimed, counted("acts"), {source: counted(f"reported_{source}") for source in SOURCES})


def _claimed_abstention(case: Case, campaign: Campaign) -> Figure | None:
    found = (f for f in case.figures if f.key == "turnout.claimed_abstention" and campaign.start <= f.start <= campaign.end)
    return next(found, None)


def official_abstention(case: Case, campaign: Campaign, place: str) -> float | None:
    """The share who stayed away from the vote in a campaign's window by the official turnout, in per cent."""
    for figure in case.figures:
        if figure.key == "turnout.official" and figure.place == place and campaign.start <= figure.start <= campaign.end:
            return None if figure.value is None else 100 * (1 - figure.value)
    return None


def stayed_away(runs: Replicates, campaign: Campaign, place: str) -> Floats | None:
    """The simulated share of the eligible who stayed away from votes in the weeks of a campaign, in per cent, one value a run.

    Votes are counted by week, which is the finest that a real case tells of a province.
    """
    if not {"voted", "eligible"} <= set(runs.series):
        return None
    first, days = runs.intervals
    within = (first <= day_number(campaign.end)) & (first + days > day_number(campaign.start))
    where = [runs.places.index(place)] if place in runs.places else slice(None)
    voted, eligible = ((runs.series[n][:, within] * days[within, None])[:, :, where].sum(axis=(1, 2)) for n in ("voted", "eligible"))
    return 100 * (1 - voted / eligible) if (eligible > 0).all() else None


def span(case: Case) -> tuple[date, date] | None:
    """From the first day of the year of the first campaign to the last day of the last one; None without campaigns."""
    if not case.campaigns:
        return None
    first, last = min(c.start for c in case.campaigns), max(c.end for c in case.campaigns)
    return max(date(first.year, 1, 1), case.start, EPOCH), last
