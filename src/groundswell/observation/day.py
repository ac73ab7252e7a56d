"""A day of a source: what it reports of the day's events, and what it invents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64
from groundswell.core.draws import Draws, pair_uniform
from groundswell.core.places import Places
from groundswell.observation.law import ACT, FAVOURS, OTHER, chance, growth, interests, invented, years_from_2016
from groundswell.society import HAPPENINGS, HARM, INVENT, MISREPORT, REPORT

Run = Callable[..., Any]  # calls a function, compiled or not

ERRORS, HARMS, TOLD = MISREPORT.number, HARM.number, REPORT.number  # compiled functions take plain numbers
COPY, CONFUSED = 3, 4  # lanes of draws of errors, after those of delay, date and place
WRITTEN = (
    "reported_day", "event_day", "province", "city", "stream", "kind", "tactic", "sub_event", "size_reported", "fatalities_reported",
    "arrests_reported",
)  # fmt: skip


def settings_of(p: Any) -> tuple[Any, ...]:
    """What `tell` takes of a source's parameters, each an array of shape (provinces,), interest first: shape (4, provinces)."""
    odds, errors = (p.half, p.contested, p.drift, p.attention, p.blackout), (p.delay, p.misdated, p.misplaced, p.confused)
    return (interests(p), *odds, p.doubled, p.inflation, *errors, p.harm)


def reports(
    events: Any, settings: tuple[Any, ...], number: int, *, day: int, places: Places, blackout: Any, attention: Any, draws: Draws, run: Run
) -> dict[str, Any] | None:
    """What a source reports of a day's events: fields of `society.RECORD`; None where it reports nothing.

    Args:
        events: the day's table `society.HAPPENINGS`.
        settings: `settings_of` the source's parameters that day.
        number: of the source.
        blackout, attention: as they are that day; shapes (provinces,) and (1,).
        draws: addressed draws of the streams REPORT, MISREPORT and HARM.
        run: calls a function with arguments, compiled or not.
    """
    event = [events[f.name] for f in HAPPENINGS.fields]
    context = np.array(blackout, np.float64), np.array(attention, np.float64)
    where = places.position_of_code, places.province_start, places.city_keys
    room, n = 0, len(event[0])
    while n > room:  # a second time where many are counted more than once
        room, rows = n, np.empty((len(WRITTEN), n), np.int64)
        n = run(tell, *event, settings, *context, *where, FAVOURS[number], number << 40, day, years_from_2016(day), *draws.keys, rows)
    return {"source": number, **dict(zip(WRITTEN, rows[:, :n], strict=True)), "invented": 0} if n else None


def tell(
    who: Any, lane: Any, city: Any, kind: Any, stream: Any, tactic: Any, sub_event: Any, size: Any, arrests: Any, deaths: Any,
    settings: Any, blackout: Any, attention: Any, position_of_code: Any, province_start: Any, city_keys: Any, favours: Any, salt: Any,
    day: Any, years: Any, key0: Any, key1: Any, rows: Any,
) -> int:  # fmt: skip
    """What a source reports, each event as often as it counts it; compiled.

    Args:
        who, lane, city, kind, stream, tactic, sub_event, size, arrests, deaths: of events.
        settings: as `settings_of` gives them.
        blackout: by province.
        position_of_code, province_start, city_keys: of the places.
        favours: by topic.
        salt: what tells the source's draws from another's.
        years: `years_from_2016` of the day.
        rows: room for what `WRITTEN` names; shape (11, reports).

    Returns:
        How many there are; those for which there is no room are counted only.
    """
    interest, half, contested, drift, noticed, darkened, doubled, inflation, delay, misdated, misplaced, confused, harm = settings
    n = 0
    for i in range(who.size):
        p, topic, key = position_of_code[city[i] >> I64(32)], ACT if kind[i] == 1 else I64(stream[i]), lane[i] | salt
        likely = interest[topic, p] * (F64(1.0) - darkened[p] * blackout[p])
        if topic != ACT:
            odds = contested[p] if sub_event[i] > 0 else F64(1.0)
            likely = chance(likely, F64(size[i]), growth(drift[p], years, noticed[p] * attention[0]), odds, half[p])
        if not pair_uniform(who[i], key, day, TOLD, key0, key1) < likely:
            continue
        count = doubled[p] + (inflation[p] if topic == ACT and favours[ACT] else F64(1.0))
        for _ in range(I64(count + error_draw(who[i], key, COPY, day, key0, key1))):
            if n < rows.shape[1]:
                late, dated, placed = (
                    error_draw(who[i], key, 0, day, key0, key1), error_draw(who[i], key, 1, day, key0, key1),
                    error_draw(who[i], key, 2, day, key0, key1),
                )  # fmt: skip
                wrong = I64(dated < misdated[p])
                where = misplace(city[i], misplaced[p], placed, province_start[p], province_start[p + 1], city_keys)
                named = I64(stream[i])
                if topic != ACT and confused[p] > 0.0:
                    named = confuse(named, confused[p], error_draw(who[i], key, CONFUSED, day, key0, key1))
                rows[0, n], rows[1, n] = day + max(I64(late * (delay[p] + F64(1.0))), wrong), day + wrong
                rows[2, n], rows[3, n], rows[4, n] = where >> I64(32), where & I64(0xFFFFFFFF), named
                rows[5, n], rows[6, n], rows[7, n] = kind[i], tactic[i], sub_event[i]
                factor = inflation[p] if topic != ACT and favours[topic] else F64(1.0)
                rows[8, n] = I64(size[i] * factor + F64(0.5))
                rows[9, n] = harm_told(deaths[i], harm[p], who[i], key, day, key0, key1)
                rows[10, n] = harm_told(arrests[i], harm[p], who[i], key | I64(1 << 32), day, key0, key1)
            n += 1
    return n


def error_draw(who: Any, key: Any, k: Any, day: Any, key0: Any, key1: Any) -> Any:
    """The k-th draw of the errors of a report."""
    return pair_uniform(who, key | (I64(k) << I64(32)), day, ERRORS, key0, key1)


def any_city(city_keys: Any, first: Any, last: Any, u: Any) -> Any:
    """The address of a city of a province, by the uniform number u; the province's cities are those from `first` up to `last`."""
    return city_keys[first + I64(u * (last - first))]


def misplace(city: Any, share: Any, u: Any, first: Any, last: Any, city_keys: Any) -> Any:
    """Where the source says that it happened: a share of reports names any city of the province."""
    return any_city(city_keys, first, last, u / share) if u < share else city


def confuse(stream: Any, share: Any, u: Any) -> Any:
    """The stream that the source names: for a share of reports one of the two others."""
    return (stream + I64(1) + I64(F64(2.0) * u >= share)) % I64(ACT) if u < share else stream


def harm_told(true: Any, factor: Any, who: Any, key: Any, day: Any, key0: Any, key1: Any) -> Any:
    """Deaths or arrests as the source tells them, rounded at random."""
    if true == 0 or factor == 1.0:
        return I64(true)
    return I64(true * factor + pair_uniform(who, key, day, HARMS, key0, key1))


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
    first, last = places.province_start[owner], places.province_start[owner + 1]
    city = places.city_keys[first + (draws.uniform(INVENT, day, codes[owner], lane | nth) * (last - first)).astype(np.int64)]
    return {
        "source": number, "reported_day": day, "event_day": day, "province": city >> 32, "city": city & 0xFFFFFFFF,
        "stream": 0 if act else topic, "kind": int(act), "tactic": 0, "sub_event": OTHER if act else 0, "size_reported": 0,
        "fatalities_reported": 0, "arrests_reported": 0, "invented": 1,
    }  # fmt: skip
