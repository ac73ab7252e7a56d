"""The law of observation as numbers and arrays: what is to be expected of a source, without a draw."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import F64
from groundswell.core.columns import PROVINCE
from groundswell.core.draws import day_number
from groundswell.core.places import Places
from groundswell.society import STREAMS

Floats = npt.NDArray[np.float64]

ACT = len(STREAMS)  # where the interest in acts stands, after those in the streams
OTHER = 4  # the code of acts among `events.acled.SUB_EVENTS`; all below are demonstrations
CODES = 5
FROM = day_number(date(2016, 1, 1))
YEAR = 365.25  # days
FAVOURS = (  # what each source inflates: gatherings of the three streams, and acts
    np.array([True, True, True, True]), np.array([False, False, True, False]), np.array([True, False, False, True]),
)  # fmt: skip
PARAMETERS = (
    "reach", "half", "anti_regime", "livelihood", "pro_state", "contested", "acts", "drift", "delay", "misdated", "misplaced", "confused",
    "doubled", "inflation", "harm", "invention", "blackout", "attention",
)  # fmt: skip


def years_from_2016(day: Any) -> Any:
    """Years from the beginning of 2016 to a day, negative before it."""
    return (day - FROM) / YEAR


def growth(drift: Any, years: Any, attention: Any) -> Any:
    """The factor on the odds n / half: 1 in 2016, plus `drift` a year after it, the inverse of that before it; also compiled.

    Args:
        years: `years_from_2016`.
        attention: the parameter times attention abroad; it adds this share.
    """
    since = years * (years > 0)
    return (1.0 + drift * since) / (1.0 - drift * (years - since)) * (1.0 + attention)


def chance(willing: Any, size: Any, grown: Any, contested: Any, half: Any) -> Any:
    """The probability of a report of a gathering of so many persons; for numbers and for arrays, and compiled.

    Args:
        willing: interest in it, times the share of reports that a blackout leaves.
        grown: `growth` of the day.
        contested: the factor on the odds if it was answered or violent, else 1.
        half: size of which half of `willing` is left.
    """
    weight = size * grown * contested
    return willing * weight / np.maximum(weight + half, F64(1e-9))


def interests(p: Any) -> Floats:
    """By topic and province, the probability of a report where nothing else stands in its way; shape (4, provinces)."""
    found = np.array([p.anti_regime, p.livelihood, p.pro_state, p.acts])
    found[:ACT] *= p.reach
    return found


def probability(
    source: Any, size: Any, topic: Any = 0, *, contested: Any = False, day: Any = FROM, blackout: Any = 0.0, attention: Any = 0.0
) -> Floats:
    """The probability that a source reports each event at all; arguments and the source's parameters broadcast.

    Args:
        source: its parameters, numbers or arrays.
        size: persons; of an act it does not matter.
        topic: a stream, or `ACT`.
        contested: whether the gathering was answered by the forces, or violent.
        day: day number.
        blackout: share of online contact that is cut, 0 to 1.
        attention: attention abroad, 0 to 1.
    """
    p, topic = source, np.asarray(topic)
    interest = np.choose(topic, [p.anti_regime * p.reach, p.livelihood * p.reach, p.pro_state * p.reach, p.acts])
    willing = interest * (1.0 - p.blackout * np.asarray(blackout))
    grown = growth(p.drift, years_from_2016(np.asarray(day)), p.attention * np.asarray(attention))
    seen = chance(willing, np.asarray(size, np.float64), grown, np.where(contested, p.contested, 1.0), p.half)
    return np.asarray(np.minimum(np.where(topic == ACT, willing, seen), 1.0), np.float64)  # rounding may end an ulp above it


def copies(source: Any, topic: Any) -> Any:
    """How often a source counts an event that it reports, in the mean: double counts, and inflated numbers of acts that it favours."""
    inflated = (np.asarray(topic) == ACT) & FAVOURS[source.number][ACT]
    return source.doubled + np.where(inflated, source.inflation, 1.0)


def expected_reports(source: Any, size: Any, topic: Any = 0, **what: Any) -> Floats:
    """How many reports are to be expected of each event; arguments as in `probability`."""
    return np.asarray(probability(source, size, topic, **what) * copies(source, topic))


def dating(delay: int, misdated: float) -> Floats:
    """How the reports of a day's events spread over days; shape (2, days), sum 1.

    Element (w, d) is the share that is dated w days late and comes d days after the event. Delays are uniform on 0 to `delay`
    days; no report comes before the day that it names.
    """
    shares = np.zeros((2, max(int(delay), 1) + 1))
    shares[0, : int(delay) + 1] = (1.0 - misdated) / (int(delay) + 1)
    np.add.at(shares[1], np.maximum(np.arange(int(delay) + 1), 1), misdated / (int(delay) + 1))
    return shares


def placing(counts: npt.ArrayLike, misplaced: Any, places: Places) -> Floats:
    """Expected reports by city as told, from those by city where it happened: a share names any city of the province.

    Args:
        counts: shape (..., cities).
        misplaced: the share, or one for each province.
    """
    true, of = np.asarray(counts, np.float64), places.province_of_city
    total = np.zeros((*true.shape[:-1], len(places.provinces)))
    np.add.at(total.T, of, true.T)
    share = np.broadcast_to(misplaced, len(places.provinces))
    return np.asarray((1.0 - share[of]) * true + (share / np.diff(places.province_start))[of] * total[..., of])


def confusion(confused: float) -> Floats:
    """The share of reports of gatherings of each stream (rows) that name each stream (columns); shape (3, 3)."""
    right = np.eye(ACT)
    return np.asarray((1.0 - confused) * right + confused / (ACT - 1) * (1.0 - right))


def invented(source: Any, places: Places) -> Any:
    """How many events a source invents a day in each province, in the mean; shape (provinces,) or (days, provinces)."""
    return source.invention * places.represented(PROVINCE) / 1e6 / YEAR
