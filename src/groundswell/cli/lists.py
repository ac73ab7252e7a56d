"""The command `data lists`: what two or more records of the same events say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import isfinite, isinf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from groundswell.cli.data import _indented, _many, _write, mapped
from groundswell.cli.outputs import check_target, write_text
from groundswell.core.errors import InputError, one_line

if TYPE_CHECKING:
    from groundswell.events.capture_recapture import Estimate
    from groundswell.events.joining import Rule
    from groundswell.events.lists import MultiList
    from groundswell.events.matching import Matched
    from groundswell.events.ratio import Ratio
    from groundswell.events.reading import Reading
    from groundswell.events.table import Events

LETTERS = "ABCDE"
BEST = 3  # models that are told


def lists_command(
    files: Sequence[Path],
    *,
    maps: Sequence[str],
    country: str | None,
    kinds: Sequence[str],
    days: int,
    kilometres: float | None,
    same_kind: bool,
    size: float | None,
    first: str | None,
    last: str | None,
    level: float,
    only_ratio: bool,
    table: Path | None,
    record: Path | None,
) -> int:
    """Match the events of the files, and print how many there were by what they share; without matching, the ratio of two counts."""
    from groundswell.events.capture_recapture import checked_level
    from groundswell.events.joining import Rule
    from groundswell.events.matching import match
    from groundswell.events.reading import read
    from groundswell.events.weekly import DEMONSTRATIONS

    if not 2 <= len(files) <= len(LETTERS):
        raise InputError(f"needs from 2 to {len(LETTERS)} files, not {len(files)}", key="lists")
    rule = Rule(days, kilometres, tuple(kinds) or DEMONSTRATIONS, same_kind, size)
    checked_level(level)
    columns, period = _columns(maps, LETTERS[: len(files)]), (_day(first, "from"), _day(last, "until"))
    if only_ratio and (rule != Rule(kinds=rule.kinds) or period != (None, None) or table is not None):
        raise InputError("matches nothing and takes all common weeks: of the other options only --country, --kind and --level", key="ratio")
    if table is not None:
        check_target(table, files)
    if record is not None:
        check_target(record, [*files, *([table] if table is not None else [])])
    readings = [read(file, columns=columns.get(letter), country=country) for letter, file in zip(LETTERS, files, strict=False)]
    for line in _lists_lines(readings):
        click.echo(line)
    records = [_closed(reading, letter, period) for letter, reading in zip(LETTERS, readings, strict=False)]
    if only_ratio:
        found = _ratio(records, rule.kinds, level)
    else:
        matched = match(records, rule=rule, period=period)
        found = _total(matched, level)
        if table is not None:
            write_text(table, matched.events.write_csv())
            click.echo(str(table))
    if record is not None:
        _write(record, {"lists": [{"file": one.file, "digest": one.digest} for one in records], "level": level, **found})
        click.echo(str(record))
    return 0


def _closed(reading: Reading, letter: str, period: tuple[date | None, date | None]) -> Events:
    """The events of a list that may be told, and a word about the others."""
    from groundswell.events.scope import check_period, last_closed

    closed = last_closed(reading)
    check_period(*period, closed)
    if closed is None:
        return reading.events
    frame = reading.events.frame.filter(reading.events.frame["first"] <= closed)
    if later := reading.events.total - int(frame["count"].sum()):
        click.echo(f"note: {letter}: {_many(later, 'event')} after {closed} left out: only closed years of a real country are told")
    return replace(reading.events, frame=frame)


def _lists_lines(readings: Sequence[Reading]) -> Iterator[str]:
    """What each list is, what of its file was not read, and which are one file."""
    first: dict[str, str] = {}
    for letter, reading in zip(LETTERS, readings, strict=False):
        events, lost = reading.events, reading.counts["set_aside"]
        left = f"; {_many(lost, 'row')} set aside, which `groundswell data check` tells" if lost else ""
        yield f"{letter}: {one_line(events.file)} ({events.source}), {_many(events.total, 'event')}{left}"
        for note in reading.notes if not len(events) else ():
            yield f"note: {note}"
        if events.digest in first:
            yield f"note: {letter} is the same file as {first[events.digest]}: what they share says nothing"
        first.setdefault(events.digest, letter)


def _columns(maps: Sequence[str], letters: str) -> dict[str, dict[str, str]]:
    """`LIST:OURS=THEIRS` by list."""
    given: dict[str, list[str]] = {}
    for one in maps:
        letter, mark, rest = one.partition(":")
        if not mark or letter not in letters or len(letter) != 1:
            raise InputError(f"begins with the letter of its list, one of {', '.join(letters)}, and a colon: B:first=Date", key=one[:80])
        given.setdefault(letter, []).append(rest)
    return {letter: mapped(some) for letter, some in given.items()}


def _day(text: str | None, key: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no date such as 2022-09-16", key=key) from None


def _total(matched: Matched, level: float) -> dict[str, Any]:
    """Print and return what matched lists say."""
    from groundswell.events.lists import MultiList, estimate

    for line in _matching_lines(matched):
        click.echo(line)
    found = estimate(matched.histories, level=level)
    lines = _many_lines(found, matched, level) if isinstance(found, MultiList) else _two_lines(found, level)
    for line in lines:
        click.echo(line)
    return {
        "rule": _rule(matched.rule),
        "from": str(matched.first),
        "until": str(matched.last),
        "kept": list(matched.kept),
        "set_aside": [dict(why) for why in matched.set_aside],
        "repeats": list(matched.repeats),
        "histories": dict(matched.histories),
        "matched": matched.matched,
        "ambiguous": matched.ambiguous,
        "by_chance": _number(matched.by_chance),
        "notes": list(matched.notes),
        "seen": found.seen,
        "total": _number(found.total),
        "low": _number(found.low),
        "high": _number(found.high),
        "least": _number(found.least.low) if isinstance(found, MultiList) else None,
        "models": [_model(model, matched.names) for model in found.models] if isinstance(found, MultiList) else None,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "days": rule.days,
        "kilometres": rule.kilometres,
        "kinds": list(rule.kinds),
        "same_kind": rule.same_kind,
        "size": rule.size,
    }


def _matching_lines(matched: Matched) -> Iterator[str]:
    """What was matched, what not, and what is doubtful."""
    rule = matched.rule
    asked = ["the same region", "the same day" if rule.days == 0 else f"at most {rule.days} {'day' if rule.days == 1 else 'days'} apart"]
    asked += [f"at most {rule.kilometres:g} km where towns are told"] if rule.kilometres is not None else []
    asked += ["the same kind"] if rule.same_kind else []
    asked += [f"sizes within a factor of {rule.size:g}"] if rule.size is not None else []
    yield f"{matched.first} to {matched.last}; one event: {', '.join(asked)}"
    for name, kept, why, repeats in zip(matched.names, matched.kept, matched.set_aside, matched.repeats, strict=True):
        left = f"; set aside: {', '.join(f'{n:,} {reason}' for reason, n in sorted(why.items()) if n)}" if any(why.values()) else ""
        again = f"; {repeats:,} say the same as another of the list" if repeats else ""
        yield from _indented(f"{name}: {kept:,} events{left}{again}").splitlines()
    for history, count in matched.histories.items():
        on = [name for name, letter in zip(matched.names, history, strict=True) if letter == "1"]
        yield f"  {history}  {count:>9,}  {'only ' if len(on) == 1 else ''}{' and '.join(on)}"
    chance = "" if matched.by_chance != matched.by_chance else f"; {matched.by_chance:,.0f} would match by chance"
    yield f"{matched.matched:,} on more than one list, {matched.ambiguous:,} of them ambiguous{chance}"
    yield from (line for note in matched.notes for line in _indented(f"note: {note}", "").splitlines())


def _interval(low: float, high: float, level: float) -> str:
    return f"{level:.0%} interval {_whole(low)} to {'no limit' if isinf(high) else _whole(high)}"


def _whole(number: float) -> str:
    return "more than can be told" if isinf(number) else f"{number:,.0f}"


def _two_lines(found: Estimate, level: float) -> Iterator[str]:
    yield f"seen {found.seen:,}; there were {_whole(found.total)} (Chapman), {_interval(found.low, found.high, level)}"
    yield from _indented(
        "It holds only if the lists are independent, which two lists cannot show. Sources that report the same large events, or read one "
        "another, make it too low: then it is nearer a least number.",
        "",
    ).splitlines()


def _many_lines(found: MultiList, matched: Matched, level: float) -> Iterator[str]:
    yield f"seen {found.seen:,}; there were {_whole(found.total)} (log-linear), {_interval(found.low, found.high, level)}"
    yield f"at least {found.least.total:,.0f} (Chao's bound), {_interval(found.least.low, found.least.high, level)}"
    yield f"best of {len(found.models)} models by BIC:"
    best = found.models[0].bic
    for model in found.models[:BEST]:
        says = _whole(model.total) if model.total == model.total else "no number"
        yield f"  {_dependence(model.pairs, matched.names)}: {says} (BIC {model.bic - best:+.1f})"
    yield from _indented(
        "It holds if no three lists depend on each other together and events are equally easy to record but for what pairs of lists share.",
        "",
    ).splitlines()


def _dependence(pairs: Sequence[tuple[int, int]], names: Sequence[str]) -> str:
    return ", ".join(f"{names[a]} with {names[b]}" for a, b in pairs) or "independent lists"


def _model(model: Any, names: Sequence[str]) -> dict[str, Any]:
    numbers = {name: _number(getattr(model, name)) for name in ("deviance", "aic", "bic", "total", "low", "high")}
    return {"depend": [[names[a], names[b]] for a, b in model.pairs], **numbers}


def _number(value: float) -> float | None:
    """What JSON can hold; None is no number or no limit."""
    return float(value) if isfinite(value) else None


def _ratio(records: Sequence[Events], kinds: Sequence[str], level: float) -> dict[str, Any]:
    """Print and return the ratio of two counts."""
    from groundswell.events.ratio import ratio, weekly_counts

    if len(records) != 2:
        raise InputError(f"a ratio is of two counts, not of {len(records)}", key="ratio")
    weeks, counts, left_out = weekly_counts(records, kinds)
    found = ratio(*counts, level=level)
    for line in _ratio_lines(found, weeks, left_out, level):
        click.echo(line)
    return {
        "weeks": found.weeks,
        "from": str(weeks[0]),
        "block": found.block,
        "counts": [found.first, found.second],
        "left_out": [dict(why) for why in left_out],
        "ratio": [_number(value) for value in (found.ratio, found.low, found.high)],
        "correlation": [_number(value) for value in (found.correlation, found.correlation_low, found.correlation_high)],
    }


def _ratio_lines(found: Ratio, weeks: Sequence[date], left_out: Sequence[Mapping[str, int]], level: float) -> Iterator[str]:
    yield f"{found.weeks} whole weeks from {weeks[0]}: A {found.first:,.0f}, B {found.second:,.0f} events"
    for letter, why in zip(LETTERS, left_out, strict=False):
        told = ", ".join(f"{n:,} {reason}" for reason, n in why.items() if n)
        if told:
            yield f"  {letter}: left out {told}"
    if isfinite(found.ratio):
        span = f"{level:.0%} interval {found.low:.2f} to {found.high:.2f}"
        yield f"B for each of A: {found.ratio:.2f}, {span} (blocks of {found.block} weeks)"
    else:
        yield "no ratio: A has no events in these weeks"
    if isfinite(found.correlation):
        yield f"correlation by week {found.correlation:.2f}, interval {found.correlation_low:.2f} to {found.correlation_high:.2f}"
    else:
        yield "no correlation by week: one of the counts is the same in all weeks"
    yield "Counts that are not matched event by event give no total."
