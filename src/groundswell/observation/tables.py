"""A source applied to a table of events, outside a simulation: its record, and the counts to be expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws, fill_uniforms
from groundswell.core.errors import InputError, nearest
from groundswell.core.places import Places
from groundswell.lookups import gathering_lane
from groundswell.observation.day import Run, inventions, reports, settings_of
from groundswell.observation.law import ACT, CODES, OTHER, PARAMETERS, Floats, expected_reports, invented
from groundswell.society import DISPERSED, HAPPENINGS, RECORD, SHOT

Array = npt.NDArray[Any]

FIELDS = ("day", *(f.name for f in HAPPENINGS.fields))  # of a table of events that sources can see


def happenings(truth: Mapping[str, Any], *, acts: bool = True) -> dict[str, Array]:
    """A run's journal of what happened as a table of events that sources can see; arrays by the names of `FIELDS`.

    A gathering keeps the address of its draws: `observe` tells of it what the run's source told. The journal does not say which unit
    acted, so an act is addressed by its city and its place among the acts there that day: the same law, with draws of its own. So are
    further gatherings of one address, where a journal was made coarser.

    Args:
        acts: whether acts are among the events; of a real case's run their places are not told.

    Raises:
        InputError: a field is missing: the files of a real case tell neither cities nor numbers.
    """
    names = ("day", "kind", "stream", "province", "city", "number", "size", "tactic", "violent", "response", "arrests", "deaths")
    t = _fields(truth, names)
    if not acts:
        t = {name: values[t["kind"] != 1] for name, values in t.items()}
    city = (t["province"].astype(np.int64) << 32) | t["city"].astype(np.int64)
    act = t["kind"] == 1
    sub = np.where(t["response"] >= DISPERSED, 1, 0)  # as the chronicle codes them
    sub[(t["deaths"] > 0) | (t["response"] == SHOT)] = 2
    sub[t["violent"] == 1] = 3
    lane = gathering_lane(t["stream"], t["number"])
    again = ~act & (_nth(t["day"], city, lane, act) > 0)
    nth = _nth(t["day"], city, act, again)
    lane = np.where(act, (1 << 28) | nth, np.where(again, (1 << 29) | nth, lane))
    found = t | {"who": city, "lane": lane, "city": city, "sub_event": np.where(act, OTHER, sub)}
    return {name: found[name] for name in FIELDS}


def _nth(*keys: Array) -> Array:
    """How many earlier rows have the same keys."""
    order = np.lexsort(keys)
    rows, at = np.column_stack(keys)[order], np.arange(len(order))
    new = np.ones(len(order), bool)
    new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    nth = np.empty_like(at)
    nth[order] = at - np.maximum.accumulate(np.where(new, at, 0))
    return nth


def _fields(table: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Array]:
    """The named fields as arrays of one length.

    Raises:
        InputError: a field is missing, or longer than another.
    """
    for name in names:
        if name not in table:
            raise InputError("the table of events lacks this field", key=name, nearest=nearest(name, table))
    found = {name: np.asarray(table[name]) for name in names}
    if len({array.shape for array in found.values()}) > 1:
        raise InputError(
            f"the fields of the table of events have different lengths: { {k: len(v) for k, v in found.items()} }", key="events"
        )
    return found


def _provinces(city: Array, places: Places) -> Array:
    """The position of each event's province.

    Raises:
        InputError: there is no such province.
    """
    found = places.province_of(city)
    if (found < 0).any():
        raise InputError("the table of events names a province that the population does not have", key="city")
    return found


def _period(days: Array, first: int | None, last: int | None) -> tuple[int, int]:
    """The first and the last day number: as given, else those of the events."""
    if first is None:
        first = int(days.min()) if days.size else 0
    if last is None:
        last = int(days.max()) if days.size else first - 1
    return first, last


def observe(
    events: Mapping[str, Any], source: Any, seed: int, *, places: Places, first: int | None = None, last: int | None = None,
    blackout: Any = 0.0, attention: Any = 0.0, compiled: bool = True,
) -> dict[str, Array]:  # fmt: skip
    """What a source reports of events, outside a simulation: the fields of `society.RECORD`, one element a report, in order of days.

    With a run's seed, parameters, blackouts and attention, and the events of its table `society.HAPPENINGS` with their `day`, these are
    the rows of that run's record that come from the source, bit for bit.

    Args:
        events: arrays by the names of `FIELDS`, in any order; see `happenings`.
        source: its parameters, `number` and `invents`. A parameter is a number or an array that broadcasts to (days, provinces).
        seed: 64 bits.
        places: where events happen.
        first, last: the period that it reports on, both included; by default that of the events. Those outside are not reported.
        blackout: share of online contact that is cut; a number or an array that broadcasts to (days, provinces).
        attention: attention abroad; a number or an array that broadcasts to (days, 1).
        compiled: whether to compile first, which pays beyond some thousands of events; the bits are the same.

    Raises:
        InputError: a field is missing or of another length, or a province does not exist.
        ValueError: an array does not fit days and provinces.
    """
    table = _fields(events, FIELDS)
    _provinces(table["city"], places)
    first, last = _period(table["day"], first, last)
    n, days = len(places.provinces), max(last - first + 1, 0)
    settings = {name: _by_day(getattr(source, name), days, n) for name in PARAMETERS}
    dark, noticed = _by_day(blackout, days, n), _by_day(attention, days, 1)
    run, draws = _engine(seed, compiled)
    order = np.lexsort([table["lane"], table["who"], table["day"]])
    table = {f.name: table[f.name][order].astype(f.dtype) for f in HAPPENINGS.fields} | {"day": table["day"][order]}
    starts = np.searchsorted(table["day"], np.arange(first, last + 2))
    parts = []
    for k in range(days):
        p = SimpleNamespace(**{name: _plain(values[k]) for name, values in settings.items()})
        today = {f.name: table[f.name][starts[k] : starts[k + 1]] for f in HAPPENINGS.fields}
        at: dict[str, Any] = {"day": first + k, "places": places, "draws": draws}
        if len(today["who"]):
            parts.append(reports(today, settings_of(p), source.number, blackout=dark[k], attention=noticed[k], run=run, **at))
        if p.invention.any():
            parts.append(inventions(p, source.number, source.invents, **at))
    told = [part for part in parts if part is not None]
    lengths = [len(part["city"]) for part in told]
    joined = {f.name: [np.broadcast_to(part[f.name], m) for part, m in zip(told, lengths, strict=True)] for f in RECORD.fields}
    return {f.name: np.concatenate([np.empty(0, f.dtype), *joined[f.name]]).astype(f.dtype) for f in RECORD.fields}


def _by_day(value: Any, days: int, width: int) -> Array:
    return np.broadcast_to(np.asarray(value), (days, width))


def _plain(values: Array) -> Array:
    """As an engine gives parameters, so that what is compiled for the one serves the other."""
    array = np.array(values, np.float64)
    array.setflags(write=False)
    return array


def _engine(seed: int, compiled: bool) -> tuple[Run, Draws]:
    """How functions are called, and draws."""
    if not compiled:
        return lambda function, *given: function(*given), Draws(seed)
    from groundswell.core import compile as compiling

    return lambda function, *given: compiling.compiled(function)(*given), Draws(seed, compiling.compiled(fill_uniforms))


def expected_counts(
    events: Mapping[str, Any], source: Any, *, places: Places, first: int | None = None, last: int | None = None, start: int | None = None,
    blackout: Any = 0.0, attention: Any = 0.0,
) -> Floats:  # fmt: skip
    """How the counts of events thin out: what `events.weekly.weekly_table` is to be expected to count of the record of a source.

    Args:
        events: arrays by the names of `FIELDS` but for the addresses `who` and `lane`; arguments else as in `observe`.
        start: the day number on which the first week begins; by default `first`. Weeks go on until one holds `last`.

    Returns:
        Shape (weeks, provinces, 6): expected reports by code (`events.acled.SUB_EVENTS`), dated in the week and in the period, and
        deaths that are told of demonstrations. Delays do not matter: a report counts in the week that it names.

    Raises:
        InputError: a field is missing or of another length, or a province does not exist.
        ValueError: an array does not fit days and provinces.
    """
    table = _fields(events, ("day", "city", "kind", "stream", "sub_event", "size", "deaths"))
    first, last = _period(table["day"], first, last)
    start = first if start is None else start
    n, days = len(places.provinces), max(last - first + 1, 0)
    counts = np.zeros(((last - start) // 7 + 1 if days else 0, n, CODES + 1))
    inside = (table["day"] >= first) & (table["day"] <= last)
    table = {name: values[inside] for name, values in table.items()}
    day, province, code = table["day"].astype(np.int64), _provinces(table["city"], places), table["sub_event"].astype(np.int64)
    p = SimpleNamespace(number=source.number)
    for name in PARAMETERS:
        setattr(p, name, _by_day(getattr(source, name), days, n)[day - first, province])
    topic = np.where(table["kind"] == 1, ACT, table["stream"])
    context = {"blackout": _by_day(blackout, days, n)[day - first, province], "attention": _by_day(attention, days, 1)[day - first, 0]}
    seen = expected_reports(p, table["size"], topic, contested=code > 0, day=day, **context)
    deaths = np.where(code == OTHER, 0.0, table["deaths"] * p.harm)
    for late, share in ((0, 1.0 - p.misdated), (1, p.misdated)):
        at = day + late <= last
        week, where, told = (day[at] + late - start) // 7, province[at], (seen * share)[at]
        np.add.at(counts, (week, where, code[at]), told)
        np.add.at(counts, (week, where, np.full(len(week), CODES)), told * deaths[at])
    made_up = _by_day(invented(SimpleNamespace(invention=np.asarray(source.invention, np.float64)), places), days, n)
    np.add.at(counts[:, :, OTHER if source.invents == ACT else 0], (np.arange(first, last + 1) - start) // 7, made_up)
    return counts
