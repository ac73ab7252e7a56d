"""A day of a source: what it reports of the day's events, and what it invents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64
from groundswell.core.draws import Draws, pair_uniform
from groundswell.core.places import Places
from groundswell.observation.law import ACT, FAVOURS, OTHER, chance, growth, interests, invented
from groundswell.society import HARM, INVENT, MISREPORT, REPORT

Run = Callable[..., Any]  # calls a function, compiled or not

ERRORS, TOLD = MISREPORT.number, REPORT.number  # compiled functions take plain numbers
HARMS = ("deaths", "arrests")


def reports(
    events: Any, p: Any, number: int, *, day: int, places: Places, blackout: Any, attention: Any, draws: Draws, run: Run
) -> dict[str, Any] | None:
    """What a source reports of a day's events: fields of `society.RECORD`; None where it reports nothing.

    Args:
        events: the day's table `society.HAPPENINGS`.
        p: the source's parameters, each an array of shape (provinces,).
        number: of the source.
        blackout, attention: as they are that day; shapes (provinces,) and (1,).
        draws: addressed draws of the streams REPORT, MISREPORT and HARM.
        run: calls a function with arguments, compiled or not.
    """
    salt = number << 40
    grown = growth(p.drift, day, p.attention * attention)
    province = places.province_of(events["city"])
    event = [events[name] for name in ("who", "lane", "kind", "stream", "sub_event", "size")]
    how = (interests(p), grown, p.half, p.contested, 1.0 - p.blackout * blackout, p.doubled, p.inflation, FAVOURS[number], salt)
    told, u = np.empty(0, np.int64), np.empty((0, 3))
    n = len(province)
    while n > len(told):  # a second time where many are counted more than once
        told, u = np.empty(n, np.int64), np.empty((n, 3))
        n = run(tell, province, *event, *how, day, *draws.keys, told, u)
    if not n:
        return None
    told, late, dated, placed = told[:n], u[:n, 0], u[:n, 1], u[:n, 2]
    here, kind, stream = province[told], events["kind"][told], events["stream"][told]
    act = kind == 1
    wrong = dated < p.misdated[here]
    city = misplace(events["city"][told], p.misplaced[here], here, places, placed)
    favoured = FAVOURS[number][stream] & ~act
    if p.confused.any():
        which = draws.uniform(MISREPORT, day, events["who"][told], events["lane"][told] | salt | (4 << 32))
        stream = confuse(stream, np.where(act, 0.0, p.confused[here]), which)
    size = events["size"][told] * np.where(favoured, p.inflation[here], 1.0)
    deaths, arrests = (harm_told(events, name, told, p.harm, here, salt, day, draws) for name in HARMS)
    return {
        "source": number,
        "reported_day": day + np.maximum((late * (p.delay[here] + 1)).astype(np.int64), wrong),
        "event_day": day + wrong,
        "province": city >> 32,
        "city": city & 0xFFFFFFFF,
        "stream": stream,
        "kind": kind,
        "tactic": events["tactic"][told],
        "sub_event": events["sub_event"][told],
        "size_reported": (size + 0.5).astype(np.int64),
        "fatalities_reported": deaths,
        "arrests_reported": arrests,
        "invented": 0,
    }


def tell(
    province: Any, who: Any, lane: Any, kind: Any, stream: Any, sub_event: Any, size: Any, interest: Any, grown: Any, half: Any,
    contested: Any, seen: Any, doubled: Any, inflation: Any, favours: Any, salt: Any, day: Any, key0: Any, key1: Any, told: Any, u: Any,
) -> int:  # fmt: skip
    """Which events a source reports, each as often as it counts it; compiled.

    Args:
        province: the position of each event's province; the next six are fields of the events.
        interest: by topic (the three streams, acts) and province; the other numbers up to `inflation` are by province.
        favours: by topic.
        salt: what tells the source's draws from another's.
        told, u: room for the positions of events and for their draws of delay, date and place.

    Returns:
        How many there are; those for which there is no room are counted only.
    """
    n = 0
    for i in range(who.size):
        p, topic, key = province[i], ACT if kind[i] == 1 else stream[i], lane[i] | salt
        likely = interest[topic, p] * seen[p]
        if topic != ACT:
            likely = chance(likely, F64(size[i]), grown[p], contested[p] if sub_event[i] > 0 else F64(1.0), half[p])
        if pair_uniform(who[i], key, day, TOLD, key0, key1) < likely:
            count = doubled[p] + (inflation[p] if topic == ACT and favours[ACT] else F64(1.0))
            for _ in range(I64(count + pair_uniform(who[i], key | I64(3 << 32), day, ERRORS, key0, key1))):
                if n < told.size:
                    told[n] = i
                    for k in range(3):
                        u[n, k] = pair_uniform(who[i], key | I64(k << 32), day, ERRORS, key0, key1)
                n += 1
    return n


def any_city(places: Places, province: Any, u: Any) -> Any:
    """The address of a city of each province, by the uniform numbers u."""
    low, high = places.province_start[province], places.province_start[province + 1]
    return places.city_keys[low + (u * (high - low)).astype(np.int64)]


def misplace(city: Any, share: Any, province: Any, places: Places, u: Any) -> Any:
    """Where the source says that it happened: a share of reports names any city of the province."""
    at = np.flatnonzero(u < share)
    city[at] = any_city(places, province[at], u[at] / share[at])
    return city


def confuse(stream: Any, share: Any, u: Any) -> Any:
    """The stream that the source names: for a share of reports one of the two others."""
    at = np.flatnonzero(u < share)
    stream[at] = (stream[at] + 1 + (2.0 * u[at] >= share[at])) % ACT
    return stream


def harm_told(events: Any, name: str, told: Any, harm: Any, province: Any, salt: int, day: int, draws: Draws) -> Any:
    """Deaths or arrests as the source tells them, rounded at random."""
    true = events[name][told]
    if not true.any() or ((factor := harm[province]) == 1.0).all():
        return true
    lane = events["lane"][told] | salt | (HARMS.index(name) << 32)
    return np.floor(true * factor + draws.uniform(HARM, day, events["who"][told], lane)).astype(np.int64)


def inventions(p: Any, number: int, topic: int, *, day: int, places: Places, draws: Draws) -> dict[str, Any]:
    """What a source invents on a day, all of one topic: fields of `society.RECORD`.

    Args:
        p: the source's parameters, each an array of shape (provinces,).
        draws: addressed draws of the stream INVENT.
    """
    lane, codes, act = number << 40, places.codes << 32, topic == ACT
    count = np.floor(invented(p, places) + draws.uniform(INVENT, day, codes, lane)).astype(np.int64)
    order = np.argsort(codes)
    owner, count = np.repeat(order, count[order]), count[order]
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 1
    city = any_city(places, owner, draws.uniform(INVENT, day, codes[owner], lane | nth))
    return {
        "source": number, "reported_day": day, "event_day": day, "province": city >> 32, "city": city & 0xFFFFFFFF,
        "stream": 0 if act else topic, "kind": int(act), "tactic": 0, "sub_event": OTHER if act else 0, "size_reported": 0,
        "fatalities_reported": 0, "arrests_reported": 0, "invented": 1,
    }  # fmt: skip
