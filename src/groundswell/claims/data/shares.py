"""Shares and numbers that stand in print, held against what is claimed of them. No record is needed."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

from groundswell.claims.data.bounds import share_bounds
from groundswell.claims.finding import REQUIRED, Finding, Given, option
from groundswell.claims.registry import estimator
from groundswell.core.errors import InputError, nearest

if TYPE_CHECKING:
    from groundswell.cases.records import Figure


def printed(given: Given, key: str, day: date | None = None, place: str = "") -> tuple[Figure, ...]:
    """The case's figures of a key (that begin on a day), of one place; several may contradict each other.

    Raises:
        InputError: the case has no figure of this key at all.
    """
    if not given.case.figures_of(key):
        raise InputError(f"the case prints no figure {key!r}", key="figure", nearest=nearest(key, {f.key for f in given.case.figures}))
    return tuple(f for f in given.case.figures_of(key, day) if f.place == place)


def values(figures: tuple[Figure, ...]) -> list[float]:
    """Every number that figures print: values and ends of ranges."""
    return [float(x) for f in figures for x in (f.value, f.low, f.high) if x is not None]


@estimator(
    "printed_share",
    meaning="A printed share (or what is left of it to one), with the range of all other figures of the same thing as bounds.",
    unit="1",
    options={
        "figure": option(REQUIRED, "key of the printed share, such as turnout.official"),
        "day": option(REQUIRED, "first day that the figure is about", kind=date),
        "place": option("", "a province's id; empty: the nation"),
        "others": option((), "keys of other figures of the same share, which widen the bounds", kind=tuple),
        "away": option(False, "take one minus the share"),
        "claimed": option(-1.0, "the share as claimed, to say by what factor the print must be wrong; -1: none"),
    },
)
def printed_share(given: Given, figure: str, day: date, place: str, others: tuple[str, ...], away: bool, claimed: float) -> Finding:
    """The first figure of a key, and the least and greatest of all keys: logical bounds, if one of the figures is right."""
    own = printed(given, figure, day, place)
    more = tuple(f for key in others for f in printed(given, str(key), day, place))
    if not own or not values(own):
        return Finding.missing("1", f"the case prints no {figure} of {day}" + (f" for {place}" if place else ""))
    best, every = values(own)[0], values((*own, *more))
    if not all(0 <= x <= 1 for x in every):
        raise InputError("is no share: a number below 0 or above 1", key="figure")
    low, high = (1 - max(every), 1 - min(every)) if away else (min(every), max(every))
    found = 1 - best if away else best
    numbers: dict[str, float | str] = {"figures": float(len(own) + len(more))}
    words = f"{found:.3g} by the figure of {own[0].claimed_by}; {low:.3g} to {high:.3g} by all {len(own) + len(more)} figures at hand"
    if 0 <= claimed <= 1:
        part = 1 - claimed if away else claimed
        factor = best / part if part else math.inf
        numbers["factor"] = factor
        least = ((min(every) if away else max(every)) / part) if part else math.inf
        words += f"; the claim needs the first to be {factor:.2g} times the truth, and the one nearest to it {least:.2g} times"
    return Finding(found, low, high, basis="figures", words=words + ".", numbers=numbers, figures=(*own, *more))


@estimator(
    "valid_share",
    meaning="Share of the eligible who cast a ballot that counts: printed turnout less ballots that are invalid or for nobody nominated.",
    unit="1",
    options={
        "day": option(REQUIRED, "day of the vote", kind=date),
        "turnout": option("turnout.official", "key of the printed turnout"),
        "invalid": option("turnout.invalid", "key of the share of ballots that are invalid"),
        "other": option("turnout.ineligible", "key of the share of ballots that do not count for another reason"),
    },
)
def valid_share(given: Given, day: date, turnout: str, invalid: str, other: str) -> Finding:
    """Best: turnout less invalid ballots; bounds: less both, and the whole turnout."""
    voted = printed(given, turnout, day)
    if not voted or voted[0].value is None:
        return Finding.missing("1", f"the case prints no {turnout} of {day}")
    less = [printed(given, key, day) for key in (invalid, other)]
    lost = [max(values(found), default=0.0) for found in less]
    whole = voted[0].value
    best, low = whole * (1 - lost[0]), whole * (1 - sum(lost))
    words = (
        f"{whole:.3g} voted, {best:.3g} with valid ballots, {low:.3g} where those that do not count for another reason are left out too."
    )
    return Finding(best, low, whole, basis="figures", words=words, figures=(voted[0], *less[0], *less[1]))


@estimator(
    "share_of",
    meaning="So many of so many, with exact binomial bounds.",
    unit="1",
    options={
        "hits": option(REQUIRED, "how many", kind=int),
        "of": option(REQUIRED, "of how many", kind=int),
        "what": option(REQUIRED, "what was counted, and where it is printed"),
    },
)
def share_of(given: Given, hits: int, of: int, what: str) -> Finding:  # noqa: ARG001  # every estimator is handed what is given
    """Clopper-Pearson bounds."""
    if not 0 <= hits <= of or of < 1:
        raise InputError(f"{hits} of {of} is no share", key="hits")
    low, high = share_bounds(hits, of)
    return Finding(hits / of, low, high, basis="figures", words=f"{hits} of {of}: {what}", numbers={"hits": float(hits), "of": float(of)})


@estimator(
    "printed_number",
    meaning="A number that others have published, with the bounds that they print.",
    unit="1",
    options={
        "value": option(REQUIRED, "the number", kind=float),
        "low": option(REQUIRED, "its lower bound", kind=float),
        "high": option(REQUIRED, "its upper bound", kind=float),
        "what": option(REQUIRED, "what it is, and where it is printed"),
    },
)
def printed_number(given: Given, value: float, low: float, high: float, what: str) -> Finding:  # noqa: ARG001  # as above
    """As it stands."""
    if not low <= value <= high:
        raise InputError(f"{value:g} is not between {low:g} and {high:g}", key="value")
    return Finding(value, low, high, basis="figures", words=what)


@estimator(
    "leading_frame",
    meaning="Share of coded slogans that carry one frame less the share that carry its rival, in one uprising.",
    unit="1",
    options={
        "day": option(REQUIRED, "first day of the uprising", kind=date),
        "frame": option("slogans.anti_ruler", "key of the number of slogans with the frame"),
        "rival": option("slogans.rival", "key of the number with the rival frame"),
        "coded": option("slogans.coded", "key of the number of coded slogans"),
    },
)
def leading_frame(given: Given, day: date, frame: str, rival: str, coded: str) -> Finding:
    """Difference of two shares of one multinomial, with its normal bounds."""
    known = {f.key for f in given.case.figures}
    told = [values(given.case.figures_of(key, day)) if key in known else [] for key in (frame, rival, coded)]
    if not all(told):
        return Finding.missing("1", f"a dated coding of slogans of {day} that prints how many carry {frame} and {rival}", null=0.0)
    ours, theirs, of = (found[0] for found in told)
    if of <= 0 or ours + theirs > of:
        raise InputError(f"{ours:g} and {theirs:g} of {of:g} slogans cannot be", key="coded")
    p, q = ours / of, theirs / of
    wide = 1.6449 * math.sqrt((p + q - (p - q) ** 2) / of)
    words = f"{ours:g} of {of:g} coded slogans carry the one frame, {theirs:g} the other. Who films, and who codes, is not random."
    return Finding(p - q, p - q - wide, p - q + wide, basis="figures", words=words, null=0.0)
