"""Verdicts that data alone can give on a claim: a small rule over the case's figures, with its numbers and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.cases.records import Figure

SUPPORTED, CONTRADICTED, OPEN = "supported", "contradicted", "not decidable"
QUIET = 1 / 3  # of the crackdown year's count: a year with fewer protests is a quiet one
LARGE = 5000  # persons at a protest that no quiet time has
TIMES = 20  # by how much two lists of the same country must differ before it is the lists that differ
MOST_INFLATION = 2.0  # by how much a count would have to be inflated before we call the claim contradicted


@dataclass(frozen=True)
class Verdict:
    """What figures say on a claim.

    Attributes:
        claim: its number.
        about: what is judged, in a few words.
        verdict: supported, contradicted or not decidable.
        numbers: the figures that it rests on.
        rule: how they lead to it.
    """

    claim: str
    about: str
    verdict: str
    numbers: str
    rule: str


def verdicts(case: Case) -> list[Verdict]:
    """Those that the case's figures allow."""
    return [found for found in (quiet_after_2009(case.figures), boycott_of_2024(case.figures)) if found is not None]


def quiet_after_2009(figures: Sequence[Figure]) -> Verdict | None:
    """C4's premise: that years of quiet followed the crackdown of 2009.

    The quiet holds in a list if each of the next years has fewer than a third of 2009's protests. It is contradicted where a single
    protest in those years is large all the same, or where another list has twenty times as many events in a year that the first calls
    quiet: then the first list, not the country, was quiet.
    """
    claim = next((f for f in figures if f.key == "quiet.after_2009"), None)
    by_year = {f.start.year: f.value for f in figures if f.key == "mass_mobilization.year" and f.value is not None}
    crackdown = by_year.get(2009)
    if claim is None or crackdown is None:
        return None
    whole = range(claim.start.year, (claim.end + timedelta(days=1)).year)  # years that lie wholly in it
    after = {year: count for year, count in by_year.items() if year in whole}
    if not after:
        return None
    large = max((f.value for f in figures if f.key.startswith("protests.") and f.start.year in after and f.value is not None), default=0.0)
    other = {f.start.year: f.value for f in figures if f.key == "demonstrations.year" and f.value is not None and f.start.year in after}
    year = max(other, key=lambda y: other[y] / max(after[y], 1.0), default=None)
    lists_differ = year is not None and other[year] >= TIMES * max(after[year], 1.0)
    quiet = all(count < QUIET * crackdown for count in after.values())
    numbers = f"protests a year {crackdown:.0f} in 2009, then {min(after.values()):.0f} to {max(after.values()):.0f} to {max(after)}"
    numbers += f"; but {large:,.0f} persons at one in that time" if large else ""
    numbers += f"; another list has {other[year]:,.0f} for {year}" if year is not None else ""
    if quiet and not lists_differ and large < LARGE:
        verdict = SUPPORTED
    elif not quiet or (lists_differ and large >= LARGE):
        verdict = CONTRADICTED
    else:
        verdict = OPEN
    rule = (
        f"quiet: every year below a third of 2009; contradicted if one protest has {LARGE:,} persons or more and another list {TIMES} times"
        " the events"
    )
    return Verdict("C4", f"premise: {claim.value or 0:.0f} quiet years after 2009", verdict, numbers, rule)


def boycott_of_2024(figures: Sequence[Figure]) -> Verdict | None:
    """C8: that more than 90 % of the capital stayed away from the vote of March 2024.

    The official turnout and the claim can both stand only if ballots were inflated by official / claimed turnout. The best case for the
    claim leaves out invalid ballots, which are blank ones of people who did vote. It is contradicted where more than a doubling of the
    rest is needed, which no independent count has shown; supported where none is needed.
    """
    claim = next((f for f in figures if f.key == "turnout.claimed_abstention" and (f.low or f.value)), None)
    if claim is None:
        return None

    def share(key: str, place: str) -> float | None:
        return next((f.value for f in figures if f.key == key and f.place == place and f.start == claim.start), None)

    official, invalid = share("turnout.official", claim.place), share("turnout.invalid", "") or 0.0
    if official is None:
        return None
    at_most = round(1 - (claim.low if claim.low is not None else claim.value or 0.0), 9)
    needed, valid = official / at_most, official * (1 - invalid) / at_most
    verdict = SUPPORTED if needed <= 1 else CONTRADICTED if valid > MOST_INFLATION else OPEN
    numbers = f"official {100 * official:.0f} % voted, claimed at most {100 * at_most:.0f} %: {needed:.1f}-fold inflation"
    numbers += f", {valid:.1f}-fold without invalid ballots" if invalid else ""
    rule = f"supported up to 1-fold; contradicted above {MOST_INFLATION:g}-fold, for which there is no independent count; else open"
    return Verdict("C8", f"over {100 * (1 - at_most):.0f} % of the capital abstained", verdict, numbers, rule)
